//! No bytes make the chip panic, and every answer has a status word.

use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop_oneof;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;

use crate::bytes::tlv;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::security_infos::Mapping;
use crate::secret::Secret;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::content;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::key;
use crate::sim::chip::tests::pace::any_offer;
use crate::sim::chip::tests::pace::card_with;
use crate::sim::fault::Fault;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Pin;
use crate::sim::quirk::Quirk;

/// Commands that mean something, to be cut and changed.
const COMMANDS: [&str; 20] = [
    "00a4040c07a0000002471001",
    "00a4020c02011c",
    "00a4020c02011e",
    "00a4000c",
    "00b0000000",
    "00b09c0000",
    "00b1000003540200ff00",
    "00b100000454028000000000",
    "0084000008",
    "0022c1a40f800a04007f00070202040202830102",
    "0022c1a40f800a04007f00070202040402830103",
    "0022c1a412800a04007f0007020204060283010284010c",
    "10860000147c1281105dd4cbfc96f5453b130d890a1cdbae3200",
    "002c0300",
    "002241a40c800a04007f00070202030202",
    "002241a6039101ff",
    "10860000027c0000",
    "008600000c7c0a8508c2b0bd78d94ba86600",
    "0088000008f173589974bf40c600",
    "00c0000000",
];

fn command() -> impl Strategy<Value = Vec<u8>> {
    let known = (0..COMMANDS.len()).prop_map(|number| hex::decode(COMMANDS[number]).unwrap());
    let changed = (known.clone(), any::<usize>(), any::<u8>()).prop_map(|(mut bytes, at, to)| {
        let at = at % bytes.len();
        bytes[at] = to;
        bytes
    });
    let cut = (known.clone(), any::<usize>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at % bytes.len());
        bytes
    });
    prop_oneof![known, changed, cut, vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_chip_answers_anything(
        commands in vec(command(), 1..12),
        lengths in prop_oneof![
            Just(Lengths::Short),
            Just(Lengths::Extended { max_response: 1000 }),
            Just(Lengths::Extended { max_response: 0 }),
        ],
        quirks in vec(0..Quirk::ALL.len(), 0..4),
    ) {
        let mut card = card();
        card.lengths = lengths;
        card.quirks = quirks.into_iter().map(|number| Quirk::ALL[number]).collect();
        card.files.insert(FileId::Group(DataGroup::DG2), content(40_000));
        let cam = any_offer(Mapping::ChipAuthentication, Cipher::Aes128, 12).unwrap();
        card.pin = Some(Pin::new(Secret::copy_of(b"123456")));
        card.mapping_key = Some(key("mapping", Curve::P256).into());
        card.pace.extend([
            cam,
            any_offer(Mapping::Integrated, Cipher::Aes128, 13).unwrap(),
        ]);
        let mut host = Host::new(card);
        for command in commands {
            let answer = host.chip.process(&command);
            assert!(answer.len() >= 2, "{}", hex::encode(&command));
        }
    }

    #[test]
    fn pace_takes_no_nonsense(
        mapping in prop_oneof![
            Just(Mapping::Generic),
            Just(Mapping::Integrated),
            Just(Mapping::ChipAuthentication),
        ],
        id in prop_oneof![Just(0_u8), Just(12), Just(13)],
        password in 1_u8..5,
        faults in vec(0..Fault::ALL.len(), 0..2),
        nonsense in vec(any::<u8>(), 0..140),
        tag in prop_oneof![Just(0x81_u32), Just(0x83), Just(0x85), 0_u32..0x100],
        step in 0_usize..3,
    ) {
        let mapping = if id == 0 { Mapping::Generic } else { mapping };
        let offer = any_offer(mapping, Cipher::Aes128, id).unwrap();
        let mut card = card_with(&offer);
        card.faults = faults.into_iter().map(|number| Fault::ALL[number].into()).collect();
        card.faults.retain(|cue| !matches!(
            cue.fault,
            Fault::Mute | Fault::LostAtCommand(_) | Fault::PlainStatusAtCommand(_)
        ));
        let mut host = Host::new(card);
        let set = [tlv::encode(0x80, &[&offer.oid]), tlv::encode(0x83, &[&[password]])].concat();
        host.command([0, 0x22, 0xC1, 0xA4], &set, false);
        for good in [
            vec![0x7C, 0],
            tlv::encode(0x7C, &[&tlv::encode(0x81, &[offer.domain.generator().encoded()])]),
        ].iter().take(step) {
            host.command([0x10, 0x86, 0, 0], good, true);
        }
        let wrong = tlv::encode(0x7C, &[&tlv::encode(tag, &[&nonsense])]);
        let (answer, status) = host.command([0x10, 0x86, 0, 0], &wrong, true);
        // A nonce of integrated mapping may be any octets.
        let nonce = mapping == Mapping::Integrated && nonsense.len() == 16;
        prop_assert!(nonce || (answer.is_empty() && status != 0x9000));
        prop_assert_eq!(host.chip.pin_tries(), Some(3));
    }

    #[test]
    fn the_chip_answers_anything_in_a_session(
        header in any::<[u8; 4]>(),
        data in vec(any::<u8>(), 0..150),
        le in vec(any::<u8>(), 0..4),
        known in command(),
        flipped in 0_usize..400,
    ) {
        let mut host = Host::new(card());
        assert_eq!(host.bac("28"), "9000");
        // Well protected, and nonsense inside.
        let inside = known.get(5..).unwrap_or_default().to_vec();
        let inside = if inside.len() > 150 { Vec::new() } else { inside };
        let outer: [u8; 4] = known
            .get(..4)
            .and_then(|header| header.try_into().ok())
            .unwrap_or(header);
        for (header, data) in [(header, data), (outer, inside)] {
            let command = host.protect([0, header[1], header[2], header[3]], &data, &le);
            assert!(host.chip.process(&command).len() >= 2);
            host.chip.reset();
            assert_eq!(host.bac("28"), "9000");
        }
        // One bit changed.
        let mut command = host.protect([0, 0xB0, 0x9E, 0], &[], &[0]);
        let bit = flipped % (command.len() * 8);
        command[bit / 8] ^= 1 << (bit % 8);
        let answer = host.chip.process(&command);
        assert!(answer.len() == 2, "{}", hex::encode(&answer));
        assert!(answer != [0x90, 0x00]);
    }
}
