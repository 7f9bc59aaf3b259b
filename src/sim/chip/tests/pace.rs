//! Every kind of PACE against the small terminal, the passwords, and what is refused.

use jiff::civil::date;

use crate::bytes::oid::Oid;
use crate::bytes::tlv;
use crate::crypto::agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::lds::FileId;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::secret::Secret;
use crate::sim::chip::tests::CAN;
use crate::sim::chip::tests::MRZ;
use crate::sim::chip::tests::PACE_128;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::key;
use crate::sim::chip::tests::offer;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::files;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::PaceOffer;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::quirk::Quirk;

const EAC: &str = include_str!("../../../../tests/vectors/eac2_ecdh.toml");

const PIN: &[u8] = b"123456";
const PUK: &[u8] = b"9876543210";

const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];
const PARAMETER_IDS: [u8; 14] = [0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

/// The offer of this kind, where there is such a protocol.
pub(super) fn any_offer(mapping: Mapping, cipher: Cipher, parameter_id: u8) -> Option<PaceOffer> {
    let domain = Domain::from_parameter_id(parameter_id).unwrap();
    let protocol = PaceProtocol {
        agreement: domain.agreement(),
        mapping,
        cipher,
    };
    let oid = files::pace_oid(protocol)?;
    assert_eq!(PaceProtocol::from_oid(Oid::new(&oid)), Some(protocol));
    Some(PaceOffer {
        oid,
        protocol,
        domain,
        parameter_id,
        advertised: Advertised::Id,
    })
}

/// A card with this offer alone and every password, on a chip with extended length.
pub(super) fn card_with(offer: &PaceOffer) -> Personalisation {
    let mut card = card();
    card.pace = vec![offer.clone()];
    card.pin = Some(Pin::new(Secret::copy_of(PIN)));
    card.puk = Some(Secret::copy_of(PUK));
    card.lengths = Lengths::Extended {
        max_response: 65_536,
    };
    if let (Mapping::ChipAuthentication, Domain::Curve(curve)) =
        (offer.protocol.mapping, &offer.domain)
    {
        card.mapping_key = Some(key("mapping", *curve).into());
    }
    card
}

fn pin_card(tries: u8) -> Personalisation {
    let mut card = card_with(&offer(PACE_128, Curve::BrainpoolP256r1));
    card.pin = Some(Pin {
        tries,
        ..Pin::new(Secret::copy_of(PIN))
    });
    card
}

fn passwords() -> [(u8, Vec<u8>); 4] {
    [
        (1, Hash::Sha1.digest(&[MRZ])),
        (2, CAN.to_vec()),
        (3, PIN.to_vec()),
        (4, PUK.to_vec()),
    ]
}

#[test]
fn every_mapping_runs_over_every_group_with_every_cipher() {
    let mut runs = 0;
    for mapping in [
        Mapping::Generic,
        Mapping::Integrated,
        Mapping::ChipAuthentication,
    ] {
        for id in PARAMETER_IDS {
            for (cipher, (password, secret)) in CIPHERS.into_iter().zip(passwords()) {
                let Some(offer) = any_offer(mapping, cipher, id) else {
                    continue;
                };
                // There is no integrated mapping on P-224.
                if mapping == Mapping::Integrated && id == 10 {
                    continue;
                }
                let mut host = Host::new(card_with(&offer));
                let status = host.pace_as(&offer, password, &secret, &[]);
                assert_eq!(status, "9000", "{mapping:?} {cipher:?} {id}");
                host.select_application();
                runs += 1;
            }
        }
    }
    // Generic and integrated over 14 and 13 groups with 4 ciphers, the third over 11 with 3.
    assert_eq!(runs, 14 * 4 + 13 * 4 + 11 * 3);
}

#[test]
fn every_password_opens_every_mapping() {
    for mapping in [
        Mapping::Generic,
        Mapping::Integrated,
        Mapping::ChipAuthentication,
    ] {
        for (password, secret) in passwords() {
            let offer = any_offer(mapping, Cipher::Aes128, 12).unwrap();
            let mut host = Host::new(card_with(&offer));
            assert_eq!(host.pace_as(&offer, password, &secret, &[]), "9000");
            let mut host = Host::new(card_with(&offer));
            let wrong = if password == 3 { "63c2" } else { "6300" };
            assert_eq!(host.pace_as(&offer, password, b"000000", &[]), wrong);
        }
    }
}

#[test]
fn the_mapping_proves_the_static_key() {
    for id in 8..=18 {
        let offer = any_offer(Mapping::ChipAuthentication, Cipher::Aes256, id).unwrap();
        for (fault, proven) in [(None, true), (Some(Fault::CamWrong), false)] {
            let mut card = card_with(&offer);
            card.faults.extend(fault.map(Cue::from));
            let public = card.mapping_key.as_ref().unwrap().public();
            let mut host = Host::new(card);
            assert_eq!(host.pace(&offer, CAN, &[]), "9000");
            let quotient = Secret::new(host.quotient.take().unwrap());
            let mapped = agreement::times(&quotient, &public).unwrap();
            assert_eq!(Some(mapped) == host.mapped, proven, "{id}");
        }
    }
    let generic = any_offer(Mapping::Generic, Cipher::Aes256, 13).unwrap();
    let mut host = Host::new(card_with(&generic));
    assert_eq!(host.pace(&generic, CAN, &[]), "9000");
    assert_eq!(host.quotient, None);
}

#[test]
fn the_terminals_nonce_of_integrated_mapping_is_as_long_as_a_key() {
    for (cipher, right) in CIPHERS.into_iter().zip([16, 16, 24, 32]) {
        let offer = any_offer(Mapping::Integrated, cipher, 13).unwrap();
        for (length, status) in [
            (0, "6a80"),
            (right - 1, "6a80"),
            (right, "7c0282009000"),
            (right + 1, "6a80"),
        ] {
            let mut host = Host::new(card_with(&offer));
            host.plain(&set_at(&offer, 2, ""));
            host.plain("10860000027c0000");
            let nonce = vec![7; length];
            assert_eq!(host.general_authenticate("10", 0x81, &nonce), status);
        }
    }
}

#[test]
fn numbers_outside_the_subgroup_are_refused() {
    let offer = any_offer(Mapping::Generic, Cipher::Aes128, 0).unwrap();
    let Domain::Modp(group) = &offer.domain else {
        panic!("no prime field");
    };
    let prime = group.prime().to_vec();
    let mut below = prime.clone();
    below[127] -= 1;
    for bad in [vec![], vec![0], vec![1], vec![2], below, prime] {
        let mut host = Host::new(card_with(&offer));
        host.plain(&set_at(&offer, 2, ""));
        host.plain("10860000027c0000");
        assert_eq!(host.general_authenticate("10", 0x81, &bad), "6a80");
    }
}

fn set_at(offer: &PaceOffer, password: u8, behind: &str) -> String {
    let data = [
        tlv::encode(0x80, &[&offer.oid]),
        tlv::encode(0x83, &[&[password]]),
        hex::decode(behind).unwrap(),
    ]
    .concat();
    format!("0022c1a4{:02x}{}", data.len(), hex::encode(data))
}

#[test]
fn a_wrong_pin_loses_a_try_and_a_right_one_gives_them_back() {
    let card = pin_card(3);
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "9000");
    assert_eq!(host.pace_as(&offer, 3, b"000000", &[]), "63c2");
    // The count outlives the session, and other passwords do not touch it.
    host.chip.reset();
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "63c2");
    assert_eq!(host.pace_as(&offer, 2, b"000000", &[]), "6300");
    assert_eq!(host.chip.pin_tries(), Some(2));
    // A run that does not come to the token costs nothing.
    host.plain("10860000027c0000");
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "63c2");
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "9000");
    assert_eq!(host.chip.pin_tries(), Some(3));
}

#[test]
fn the_last_try_of_the_pin_needs_the_can_first() {
    let card = pin_card(2);
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    assert_eq!(host.pace_as(&offer, 3, b"000000", &[]), "63c1");
    // Suspended: named, and not taken.
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "63c1");
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6985");
    assert_eq!(host.chip.pin_tries(), Some(1));
    // The MRZ does not help; the CAN does, and inside its channel alone.
    let mut other = Host::new(pin_card(1));
    let mrz = Hash::Sha1.digest(&[MRZ]);
    assert_eq!(other.pace_as(&offer, 1, &mrz, &[]), "9000");
    assert_eq!(other.pace_as(&offer, 3, PIN, &[]), "6985");
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "6982");
    host.forget_keys();
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6985");
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "9000");
    assert_eq!(host.chip.pin_tries(), Some(3));
    host.select_application();
}

#[test]
fn a_pin_without_tries_is_blocked_until_the_puk_comes() {
    let card = pin_card(1);
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    let reset = [0, 0x2C, 0x03, 0x00];
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    assert_eq!(host.pace_as(&offer, 3, b"000000", &[]), "63c0");
    // The channel of the CAN lives on, and helps no more.
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6983");
    assert_eq!(host.command(reset, &[], false).1, 0x6982);
    host.chip.reset();
    host.forget_keys();
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "63c0");
    assert_eq!(host.pace_as(&offer, 3, PIN, &[]), "6983");
    assert_eq!(host.plain("002c0300"), "6982");
    assert_eq!(host.pace_as(&offer, 4, b"9876543211", &[]), "6300");
    assert_eq!(host.pace_as(&offer, 4, PUK, &[]), "9000");
    for (header, status) in [
        ([0, 0x2C, 0x02, 0x03], 0x6A86),
        ([0, 0x2C, 0x03, 0x02], 0x6A86),
        (reset, 0x9000),
    ] {
        assert_eq!(host.command(header, &[], false).1, status);
    }
    assert_eq!(host.chip.pin_tries(), Some(3));
    assert_eq!(host.command(reset, &[1], false).1, 0x6700);
    assert_eq!(host.command([0, 0x2C, 3, 3], &[], false).1, 0x9000);
}

#[test]
fn inside_a_channel_there_is_pace_with_the_pin_after_the_can_alone() {
    let offer = offer(PACE_128, Curve::BrainpoolP256r1);
    for (first, secret) in passwords() {
        for (second, other) in passwords() {
            let mut host = Host::new(pin_card(3));
            assert_eq!(host.pace_as(&offer, first, &secret, &[]), "9000");
            let allowed = (first, second) == (2, 3);
            let status = if allowed { "9000" } else { "6985" };
            let answer = host.pace_as(&offer, second, &other, &[]);
            assert_eq!(answer, status, "{first} {second}");
            // Whatever was refused, the channel lives.
            host.select_application();
        }
    }
}

#[test]
fn a_card_without_pin_has_none() {
    let mut host = Host::new(card());
    let offer = offer(PACE_128, Curve::BrainpoolP256r1);
    assert_eq!(host.plain(&set_at(&offer, 3, "")), "6a88");
    assert_eq!(host.plain(&set_at(&offer, 4, "")), "6a88");
    assert_eq!(host.plain(&set_at(&offer, 0, "")), "6a88");
    assert_eq!(host.plain(&set_at(&offer, 5, "")), "6a88");
    assert_eq!(host.plain("002c0300"), "6a88");
    assert_eq!(host.chip.pin_tries(), None);
}

#[test]
fn a_terminals_rights_are_taken_where_terminals_are_known() {
    const RIGHTS: &str = "7f4c0e060904007f0007030102015301c3";
    let offer = offer(PACE_128, Curve::BrainpoolP256r1);
    let mut host = Host::new(pin_card(3));
    assert_eq!(host.plain(&set_at(&offer, 2, RIGHTS)), "6a80");
    assert_eq!(host.plain(&set_at(&offer, 2, "")), "9000");

    let trusting = || {
        let mut card = pin_card(3);
        let file: toml::Table = toml::from_str(EAC).unwrap();
        let certificate = file["terminal_authentication"]["cvca_certificate"].as_str();
        card.terminal = Some(TerminalTrust {
            authorities: vec![hex::decode(certificate.unwrap()).unwrap()],
            date: date(2010, 10, 1),
            file: CvcaFile::DEFAULT,
            versions: vec![2],
        });
        Host::new(card)
    };
    // Without asking for rights there is nothing more in the answer.
    let mut host = trusting();
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    assert!(host.authorities.is_empty());
    let mut host = trusting();
    host.rights = hex::decode(RIGHTS).unwrap();
    assert_eq!(host.pace(&offer, CAN, &[13]), "9000");
    assert_eq!(host.authorities, [b"DECVCAAT00001".to_vec()]);
    // The rights may come before the parameters, as in the worked example, and after them.
    for order in [format!("{RIGHTS}84010d"), format!("84010d{RIGHTS}")] {
        let mut host = trusting();
        assert_eq!(host.plain(&set_at(&offer, 2, &order)), "9000", "{order}");
    }
    for wrong in [
        "7f4c00",
        "7f4c0d060904007f00070301020153 00",
        "7f4c035301c3",
        "7f4c11060904007f0007030102015301c3530100",
        "7f4c0e060904007f0007030102015301c384010d84010d",
        "7f4c0e060904007f0007030102015301c384010d7f4c0e060904007f0007030102015301c3",
        "7f4c0e060904007f0007030102015301c3870101",
    ] {
        let mut host = trusting();
        let wrong = wrong.replace(' ', "");
        assert_eq!(host.plain(&set_at(&offer, 2, &wrong)), "6a80", "{wrong}");
    }
}

#[test]
fn card_security_opens_to_pace_alone() {
    let mut host = Host::new(card());
    assert!(card().files.contains_key(&FileId::CardSecurity));
    assert_eq!(host.plain("00b09d0000"), "6982");
    assert_eq!(host.plain("00a4020c02011d"), "6982");
    let offer = offer(PACE_128, Curve::BrainpoolP256r1);
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    let (content, status) = host.command([0, 0xB0, 0x9D, 0], &[], true);
    assert_eq!((content.len(), status), (90, 0x9000));

    let mut host = Host::new(card());
    assert_eq!(host.bac("28"), "9000");
    assert_eq!(
        host.command([0, 0xA4, 0, 0x0C], &[0x3F, 0], false).1,
        0x9000
    );
    assert_eq!(host.command([0, 0xB0, 0x9D, 0], &[], true).1, 0x6982);
}

#[test]
fn general_authenticate_may_be_particular_about_its_form() {
    let short = "10860000027c0000";
    let unchained = "00860000027c0000";
    let no_le = "10860000027c00";
    let le_256 = "108600000000027c000100";
    let extended = "108600000000027c000000";
    for (quirk, right, wrong) in [
        (
            Quirk::GeneralAuthenticateNoLe,
            vec![no_le],
            vec![(short, "6700"), (extended, "6700")],
        ),
        (
            Quirk::GeneralAuthenticateLe256,
            vec![le_256],
            vec![(short, "6700"), (no_le, "6700"), (extended, "6700")],
        ),
        (
            Quirk::GeneralAuthenticateExtended,
            vec![le_256, extended],
            vec![(short, "6700"), (no_le, "6700")],
        ),
        (
            Quirk::GeneralAuthenticateUnchained6884,
            vec![unchained],
            vec![(short, "6884"), (extended, "6884")],
        ),
        (
            Quirk::GeneralAuthenticateUnchained6883,
            vec![unchained],
            vec![(short, "6883")],
        ),
    ] {
        let offer = offer(PACE_128, Curve::BrainpoolP256r1);
        let mut card = card_with(&offer);
        card.quirks.insert(quirk);
        let mut host = Host::new(card);
        for right in right {
            assert_eq!(host.plain(&set_at(&offer, 2, "")), "9000");
            // The run lives on, for the same command in another form.
            for (wrong, status) in &wrong {
                assert_eq!(host.plain(wrong), *status, "{quirk} {wrong}");
            }
            let answer = host.plain(right);
            assert!(answer.ends_with("9000"), "{quirk} {right} {answer}");
            assert!(answer.starts_with("7c128010"), "{quirk} {right} {answer}");
        }
    }
}

#[test]
fn explicit_parameters_go_by_their_own_number() {
    let mut own = offer(PACE_128, Curve::BrainpoolP256r1);
    own.parameter_id = 32;
    own.advertised = Advertised::Explicit;
    let mut host = Host::new(card_with(&own));
    assert_eq!(host.plain(&set_at(&own, 2, "84010d")), "6a88");
    assert_eq!(host.pace(&own, CAN, &[32]), "9000");
    assert_eq!(Host::new(card_with(&own)).pace(&own, CAN, &[]), "9000");
}
