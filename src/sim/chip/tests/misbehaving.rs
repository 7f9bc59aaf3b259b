//! What the chip does wrong in PACE when it is asked to: each fault against the honest answers to
//! the same commands.

use crate::bytes::tlv::Reader;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::lds::security_infos::Mapping;
use crate::sim::chip::Chip;
use crate::sim::chip::tests::CAN;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::pace::any_offer;
use crate::sim::chip::tests::pace::card_with;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::personalisation::PaceOffer;
use crate::sim::seed::Seeded;

/// The answers to MSE:Set AT and four times GENERAL AUTHENTICATE: the honest ones, and those of a
/// chip that differs in the fault alone.
fn answers(offer: &PaceOffer, fault: Fault) -> [Vec<String>; 2] {
    let mut host = Host::new(card_with(offer));
    assert_eq!(host.pace(offer, CAN, &[]), "9000");
    [None, Some(fault)].map(|fault| {
        let mut card = card_with(offer);
        card.faults.extend(fault.map(Cue::from));
        let mut chip = Chip::new(card, Box::new(Seeded::new("chip")));
        host.sent
            .iter()
            .map(|command| hex::encode(chip.process(command)))
            .collect()
    })
}

/// Tags and values inside an answer.
fn objects(answer: &str) -> Vec<(u32, Vec<u8>)> {
    let bytes = hex::decode(answer.strip_suffix("9000").unwrap()).unwrap();
    let mut inside = Reader::new(&bytes)
        .expect(0x7C, "answer")
        .unwrap()
        .inside()
        .unwrap();
    let mut objects = Vec::new();
    while !inside.at_end() {
        let object = inside.element("object").unwrap();
        objects.push((object.tag, object.value.to_vec()));
    }
    objects
}

/// The first object of the step's answer, honest and not; the answers before are the same.
fn first_objects(offer: &PaceOffer, fault: Fault, step: usize) -> [(u32, Vec<u8>); 2] {
    let [honest, faulty] = answers(offer, fault);
    assert_eq!(honest[..step], faulty[..step], "{fault}");
    assert_ne!(honest[step], faulty[step], "{fault}");
    [honest, faulty].map(|answers| objects(&answers[step]).remove(0))
}

fn generic() -> PaceOffer {
    any_offer(Mapping::Generic, Cipher::Aes128, 12).unwrap()
}

fn prime_field() -> PaceOffer {
    any_offer(Mapping::Generic, Cipher::Aes128, 0).unwrap()
}

fn mapped() -> PaceOffer {
    any_offer(Mapping::ChipAuthentication, Cipher::Aes128, 12).unwrap()
}

#[test]
fn a_step_ends_in_an_error() {
    for (step, status) in [
        (0, "6a80"),
        (1, "6a80"),
        (2, "6a80"),
        (3, "6a80"),
        (4, "6300"),
    ] {
        let [honest, faulty] = answers(&generic(), Fault::PaceErrorStatus(step));
        let step = usize::try_from(step).unwrap();
        assert_eq!(honest[..step], faulty[..step]);
        assert_eq!(faulty[step], status);
        assert!(faulty[step + 1..].iter().all(|answer| answer == "6985"));
    }
}

#[test]
fn tags_lengths_and_values_of_any_step_are_wrong() {
    let integrated = any_offer(Mapping::Integrated, Cipher::Aes128, 12).unwrap();
    for (step, tag) in [(1, 0x80), (2, 0x82), (3, 0x84), (4, 0x86)] {
        let at = usize::try_from(step).unwrap();
        let [honest, faulty] = first_objects(&generic(), Fault::PaceWrongTag(step), at);
        assert_eq!(honest.0, tag);
        assert_eq!(faulty, (tag + 0x10, honest.1));
        let [honest, faulty] = first_objects(&generic(), Fault::PaceWrongLength(step), at);
        assert_eq!(honest.1[..honest.1.len() - 1], faulty.1);
        let [_, faulty] = first_objects(&generic(), Fault::PaceEmptyObject(step), at);
        assert_eq!(faulty, (tag, vec![]));
    }
    let [honest, faulty] = first_objects(&integrated, Fault::PaceWrongLength(2), 2);
    assert_eq!([honest.1, faulty.1], [vec![], vec![0]]);
}

#[test]
fn points_are_no_points() {
    let Domain::Curve(curve) = generic().domain else {
        panic!("no curve");
    };
    for step in [2, 3] {
        let at = usize::try_from(step).unwrap();
        for (coordinate, octet) in [(0, 32), (1, 64)] {
            let fault = Fault::PaceOffCurve { step, coordinate };
            let [honest, faulty] = first_objects(&generic(), fault, at);
            assert!(curve.point(&honest.1).is_ok());
            assert!(curve.point(&faulty.1).is_err());
            let differ: Vec<usize> = (0..65)
                .filter(|at| honest.1[*at] != faulty.1[*at])
                .collect();
            assert_eq!(differ, [octet]);
        }
        let [_, faulty] = first_objects(&generic(), Fault::PaceInfinity(step), at);
        assert_eq!(faulty.1, [0]);
        let [honest, faulty] = first_objects(&generic(), Fault::PaceOtherKey(step), at);
        assert!(curve.point(&faulty.1).is_ok());
        assert_ne!(honest.1, faulty.1);
    }
}

#[test]
fn numbers_are_not_in_the_group() {
    let offer = prime_field();
    let Domain::Modp(group) = &offer.domain else {
        panic!("no prime field");
    };
    let mut below = group.prime().to_vec();
    below[127] -= 1;
    for step in [2, 3] {
        let at = usize::try_from(step).unwrap();
        for (fault, number) in [
            (Fault::PaceDhValueZero(step), vec![0]),
            (Fault::PaceDhValueOne(step), vec![1]),
            (Fault::PaceDhValueOrderTwo(step), below.clone()),
            (Fault::PaceDhValueModulus(step), group.prime().to_vec()),
        ] {
            let [honest, faulty] = first_objects(&offer, fault, at);
            assert!(offer.domain.public(&honest.1).is_ok());
            assert!(offer.domain.public(&faulty.1).is_err());
            assert_eq!(faulty.1, number);
        }
    }
}

#[test]
fn the_terminals_key_comes_back() {
    let offer = generic();
    let mut host = Host::new(card_with(&offer));
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    let command = hex::encode(&host.sent[3]);
    let [_, faulty] = first_objects(&offer, Fault::PaceMirrorsKey, 3);
    assert!(command.contains(&hex::encode(&faulty.1)));
}

#[test]
fn nonce_and_token_do_not_fit() {
    for (offer, fault, status) in [
        (generic(), Fault::PaceNonceChanged, "6300"),
        (generic(), Fault::PaceOtherKey(2), "6300"),
        (generic(), Fault::PaceOtherKey(3), "6300"),
    ] {
        let mut card = card_with(&offer);
        card.faults.push(fault.into());
        assert_eq!(Host::new(card).pace(&offer, CAN, &[]), status, "{fault}");
    }
    let [honest, faulty] = first_objects(&generic(), Fault::PaceBadToken, 4);
    assert_eq!(honest.1[..7], faulty.1[..7]);
    assert_eq!(honest.1[7] ^ 1, faulty.1[7]);
}

#[test]
fn the_data_of_chip_authentication_mapping_is_wrong() {
    let last = |offer: &PaceOffer, fault| answers(offer, fault).map(|answers| answers[4].clone());
    let [honest, _] = last(&mapped(), Fault::CamEmpty);
    let honest = objects(&honest);
    let [(0x86, token), (0x8A, data)] = honest.as_slice() else {
        panic!("{honest:?}");
    };
    // 32 octets of the order's length and a block of padding.
    assert_eq!(data.len(), 48);
    let token = (0x86, token.clone());
    for (fault, expected) in [
        (Fault::CamDataMissing, vec![token.clone()]),
        (
            Fault::CamWrongTag,
            vec![token.clone(), (0x8B, data.clone())],
        ),
        (Fault::CamEmpty, vec![token.clone(), (0x8A, vec![])]),
    ] {
        let [_, faulty] = last(&mapped(), fault);
        assert_eq!(objects(&faulty), expected, "{fault}");
    }
    let [_, faulty] = last(&mapped(), Fault::CamDataWithoutTag);
    let bare = format!("7c3a8608{}{}9000", hex::encode(&token.1), hex::encode(data));
    assert_eq!(faulty, bare);
    for fault in [Fault::CamWrong, Fault::CamNotOctetString] {
        let mut card = card_with(&mapped());
        card.faults.push(fault.into());
        let mut host = Host::new(card);
        assert_eq!(host.pace(&mapped(), CAN, &[]), "9000");
        let quotient = host.quotient.unwrap();
        let integer = quotient[..2] == [0x02, u8::try_from(quotient.len() - 2).unwrap()];
        assert_eq!(integer, fault == Fault::CamNotOctetString);
    }
    let [honest, faulty] = last(&generic(), Fault::CamDataInGenericMapping);
    let tags = |answer| objects(answer).into_iter().map(|(tag, _)| tag);
    assert!(tags(&honest).eq([0x86]));
    assert!(tags(&faulty).eq([0x86, 0x8A]));
}
