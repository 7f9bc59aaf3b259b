//! What a chip remembers without power, on a reader, and from one life of a process to the next.

use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::ProptestConfig;
use proptest::prelude::any;
use proptest::prop_assert_eq;
use proptest::proptest;

use crate::bytes::tlv;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::secret::Secret;
use crate::sim::VirtualCard;
use crate::sim::chip::Chip;
use crate::sim::chip::Memory;
use crate::sim::chip::TerminalMemory;
use crate::sim::chip::card_verifiable::Certificate;
use crate::sim::chip::tests::CAN;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::pki::card_verifiable::CertificateSpec;
use crate::sim::pki::card_verifiable::DomainParameters;
use crate::sim::pki::card_verifiable::KeyKind;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::seed::Seeded;
use crate::sim::vpcd::Card;
use crate::transport::Stop;
use crate::transport::Transport;

const PIN: &[u8] = b"246810";
const PUK: &[u8] = b"1357924680";
const WRONG: &[u8] = b"000000";

const UNBLOCK: [u8; 4] = [0, 0x2C, 3, 3];

fn pki() -> TerminalPki {
    TerminalPki::new(KeyKind::Ecdsa(Curve::P256, Hash::Sha256), 2).unwrap()
}

/// A card with every password, which trusts the first authority alone.
fn all() -> Personalisation {
    let mut card = card();
    card.pin = Some(Pin::new(Secret::copy_of(PIN)));
    card.puk = Some(Secret::copy_of(PUK));
    card.terminal = Some(pki().trust(date(2021, 5, 10)));
    card
}

fn chip(card: Personalisation) -> Chip {
    Chip::new(card, Box::new(Seeded::new("chip with a memory")))
}

/// PACE from power-up.
fn pace(host: &mut Host, password: u8, secret: &[u8]) -> String {
    let offer = card().pace[0].clone();
    host.chip.reset();
    host.forget_keys();
    host.pace_as(&offer, password, secret, &[])
}

#[test]
fn the_counts_survive_every_way_of_taking_the_power_away() {
    let mut host = Host::with(chip(all()));
    assert_eq!(pace(&mut host, 3, WRONG), "63c2");
    // On a reader in this process.
    let mut reader = VirtualCard::from(host.chip);
    reader.remove();
    assert!(reader.transmit(&[0, 0xA4, 0, 0x0C]).is_err());
    reader.insert();
    assert_eq!(reader.transmit(&[0, 0xA4, 0, 0x0C]).unwrap(), [0x90, 0]);
    reader.reconnect(&Stop::never(), Duration::ZERO).unwrap();
    assert_eq!(reader.chip().pin_tries(), Some(2));
    let memory = reader.chip().memory();

    // On a reader of PC/SC, after another life of the process.
    let mut next = chip(all()).with_memory(&memory).unwrap();
    Card::power(&mut next);
    let mut host = Host::with(next);
    assert_eq!(pace(&mut host, 3, WRONG), "63c1");
    Card::power(&mut host.chip);
    // Suspended: the CAN resumes it, for that session alone.
    assert_eq!(pace(&mut host, 3, PIN), "6985");
    assert_eq!(pace(&mut host, 2, CAN), "9000");
    Card::power(&mut host.chip);
    assert_eq!(pace(&mut host, 3, PIN), "6985");
    assert_eq!(pace(&mut host, 2, CAN), "9000");
    let offer = card().pace[0].clone();
    assert_eq!(host.pace_as(&offer, 3, WRONG, &[]), "63c0");
    // Blocked, and so in the next life.
    let mut host = Host::with(chip(all()).with_memory(&host.chip.memory()).unwrap());
    assert_eq!(pace(&mut host, 2, CAN), "9000");
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6983");
    assert_eq!(pace(&mut host, 4, PUK), "9000");
    assert_eq!(host.send(UNBLOCK, &[], &[]).1, 0x9000);
    assert_eq!(pace(&mut host, 3, PIN), "9000");
    let memory = host.chip.memory();
    assert_eq!((memory.pin_tries, memory.puk_uses), (Some(3), Some(9)));
}

#[test]
fn a_puk_unblocks_ten_times() {
    let mut host = Host::with(chip(all()));
    for left in (0..10).rev() {
        assert_eq!(pace(&mut host, 4, PUK), "9000");
        assert_eq!(host.send(UNBLOCK, &[], &[]).1, 0x9000);
        assert_eq!(host.chip.puk_uses(), Some(left));
    }
    assert_eq!(host.send(UNBLOCK, &[], &[]).1, 0x6983);
    let memory = Memory {
        pin_tries: Some(0),
        ..host.chip.memory()
    };
    let mut host = Host::with(chip(all()).with_memory(&memory).unwrap());
    assert_eq!(pace(&mut host, 4, PUK), "9000");
    assert_eq!(host.send(UNBLOCK, &[], &[]).1, 0x6983);
    assert_eq!(pace(&mut host, 2, CAN), "9000");
    let offer = card().pace[0].clone();
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6983");
}

/// The second authority's certificate by the first, with the curve written out or left to the first.
fn link(pki: &TerminalPki) -> [Vec<u8>; 2] {
    let [first, second] = &pki.authorities[..] else {
        panic!("two");
    };
    let short = CertificateSpec {
        authority: first.spec.holder.clone(),
        parameters: DomainParameters::Inherited,
        ..second.spec.clone()
    };
    [
        pki.links[0].clone(),
        short.sign(&second.key, &first.key).unwrap(),
    ]
}

#[test]
fn authorities_and_the_date_live_on() {
    let pki = pki();
    for link in link(&pki) {
        let mut first = chip(all());
        let certificate = Certificate::read(&link).unwrap();
        let issuer = first.terminal.points[0].clone();
        first.terminal.import(&certificate, &issuer).unwrap();
        let memory = first.memory();
        let text = memory.to_text();
        assert_eq!(Memory::from_text(&text).unwrap(), memory);
        let next = chip(all()).with_memory(&memory).unwrap();
        assert_eq!(next.memory(), memory);
        assert_eq!(next.date(), date(2022, 1, 1));
        let named: Vec<Vec<u8>> = next.authority_references();
        assert_eq!(named, [b"VNTESTCVCA00002", b"VNTESTCVCA00001"]);
        // The key is whole: it verifies what the second authority signed.
        let verifier = Certificate::read(&pki.verifier.certificate);
        let mut next = next;
        let issuer = next.terminal.points[0].clone();
        next.terminal.import(&verifier.unwrap(), &issuer).unwrap();
    }
}

#[test]
fn a_memory_of_another_card_is_refused() {
    let mine = chip(all()).memory();
    for other in [
        Memory {
            pin_tries: None,
            ..mine.clone()
        },
        Memory {
            pin_tries: Some(4),
            ..mine.clone()
        },
        Memory {
            puk_uses: None,
            ..mine.clone()
        },
        Memory {
            puk_uses: Some(11),
            ..mine.clone()
        },
        Memory {
            terminals: None,
            ..mine.clone()
        },
    ] {
        assert!(chip(all()).with_memory(&other).is_err(), "{other:?}");
    }
    let mut terminals = mine.terminals.clone().unwrap();
    terminals.authorities = vec![terminals.authorities[0].clone(); 3];
    let three = Memory {
        terminals: Some(terminals.clone()),
        ..mine.clone()
    };
    assert!(chip(all()).with_memory(&three).is_err());
    // A chip forgets no authority without a newer one, and its date never goes back.
    let without = TerminalMemory {
        authorities: Vec::new(),
        ..terminals.clone()
    };
    terminals.authorities.truncate(1);
    let earlier = TerminalMemory {
        date: terminals.date.yesterday().unwrap(),
        ..terminals.clone()
    };
    for wrong in [without, earlier] {
        let memory = Memory {
            terminals: Some(wrong),
            ..mine.clone()
        };
        assert!(chip(all()).with_memory(&memory).is_err(), "{memory:?}");
    }
    terminals.authorities[0].certificate = pki().terminal.certificate;
    let no_authority = Memory {
        terminals: Some(terminals),
        ..mine.clone()
    };
    assert!(chip(all()).with_memory(&no_authority).is_err());
    assert!(chip(card()).with_memory(&mine).is_err());
    let nothing = Memory {
        pin_tries: None,
        puk_uses: None,
        terminals: None,
    };
    assert!(chip(card()).with_memory(&nothing).is_ok());
}

#[test]
fn a_text_that_is_no_memory_is_refused() {
    let good = chip(all()).memory().to_text();
    let lines: Vec<&str> = good.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "cancuoc.memory/1",
            "pin-tries 3",
            "puk-uses 10",
            "date 2021-05-10"
        ]
    );
    let authority = lines[4];
    let with = |line: &str| format!("{good}{line}\n");
    for bad in [
        String::new(),
        "cancuoc.memory/2\n".to_owned(),
        good.replacen("pin-tries 3", "pin-tries 03", 1),
        good.replacen("pin-tries 3", "pin-tries 256", 1),
        good.replacen("pin-tries 3", "pin-tries -1", 1),
        good.replacen("pin-tries 3", "pin-tries", 1),
        good.replacen("pin-tries 3\n", "pin-tries 3\npin-tries 3\n", 1),
        good.replacen("date 2021-05-10", "date 2021-02-30", 1),
        good.replacen("date 2021-05-10", "date 2021-05-10T00:00", 1),
        good.replacen("date 2021-05-10\n", "", 1),
        good.replacen("authority - 7f21", "authority P-256 x 7f21", 1),
        good.replacen("authority - 7f21", "authority - 7f20", 1),
        with("pin-tries 3"),
        with("more"),
        with(""),
        with(&[authority, "\n", authority].concat()),
        " ".repeat(40_000),
    ] {
        assert!(Memory::from_text(&bad).is_err(), "{bad}");
    }
    assert!(Memory::from_text(&good).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_memory_comes_back_from_its_text(
        pin_tries in any::<Option<u8>>(),
        puk_uses in any::<Option<u8>>(),
        known in any::<bool>(),
    ) {
        let terminals = known.then(|| TerminalMemory {
            date: date(2031, 12, 31),
            authorities: Vec::new(),
        });
        let memory = Memory { pin_tries, puk_uses, terminals };
        prop_assert_eq!(Memory::from_text(&memory.to_text()), Ok(memory));
    }

    /// One octet of a good text, changed.
    #[test]
    fn no_text_makes_it_fail(at in any::<usize>(), octet in 0_u8..128) {
        let mut text = chip(all()).memory().to_text().into_bytes();
        let at = at % text.len();
        text[at] = octet;
        if let Ok(text) = String::from_utf8(text) {
            let memory = Memory::from_text(&text);
            drop(memory.map(|memory| chip(all()).with_memory(&memory)));
        }
        drop(Memory::from_text(&hex::encode(tlv::encode(0x42, &[&[octet]]))));
    }
}
