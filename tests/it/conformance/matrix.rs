//! PACE over every group, in every mapping and with every cipher, and what else EF.CardAccess holds.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::channel::chip_auth;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::random::System;
use cancuoc::lds::FileId;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::seed::Seeded;

use crate::conformance::wire;
use crate::support::cards;

/// Every standardized prime field and curve (Doc 9303-11 §9.5.1 table).
const FIELDS: [u8; 3] = [0, 1, 2];
const CURVES: [u8; 11] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

/// NIST P-224.
const P224: u8 = 10;

fn card(variant: PaceVariant) -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![variant];
        // The other proofs have tests of their own.
        chip.chip_authentication = Vec::new();
    })
}

/// Reads what the verdict rests on.
fn opens(variant: PaceVariant) {
    let persona = card(variant);
    let plan = cards::least(cards::key(&persona));
    let mut chip = cards::card(&persona, "matrix");
    let ending = wire::ending(cards::read(&mut chip, &plan, "matrix"));
    assert_eq!(ending, "genuine", "{variant:?}");
}

#[test]
fn generic_mapping_opens_over_every_group() {
    for id in FIELDS.into_iter().chain(CURVES) {
        opens(PaceVariant::new(Mapping::Generic, Cipher::Aes128, id));
    }
}

#[test]
fn integrated_mapping_opens_over_every_group() {
    // The mapping wants a prime that is 3 modulo 4 (Doc 9303-11 appendix B), which that of P-224 is
    // not.
    let curves = CURVES.into_iter().filter(|id| *id != P224);
    for id in FIELDS.into_iter().chain(curves) {
        opens(PaceVariant::new(Mapping::Integrated, Cipher::Aes128, id));
    }
}

#[test]
fn chip_authentication_mapping_opens_over_every_curve() {
    for id in CURVES {
        let mapping = Mapping::ChipAuthentication;
        opens(PaceVariant::new(mapping, Cipher::Aes128, id));
    }
}

#[test]
fn every_cipher_opens_with_every_agreement_and_mapping() {
    for cipher in [
        Cipher::TripleDes,
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
    ] {
        for mapping in [Mapping::Generic, Mapping::Integrated] {
            opens(PaceVariant::new(mapping, cipher, FIELDS[0]));
            opens(PaceVariant::new(mapping, cipher, 13));
        }
        // Doc 9303-11 §9.2.3: chip authentication mapping is defined with AES alone.
        if cipher != Cipher::TripleDes {
            opens(PaceVariant::new(Mapping::ChipAuthentication, cipher, 13));
        }
    }
}

/// Reads a card whose EF.CardAccess, which is not signed, has one entry more.
fn with_entry(oid: &[u8]) -> String {
    let persona = card(PaceVariant::generic(Cipher::Aes128, 13));
    let mut written = persona.personalise().unwrap();
    let file = written.files.get_mut(&FileId::CardAccess).unwrap();
    let entry = encode(
        tag::SEQUENCE,
        &[
            &encode(tag::OID, &[oid]),
            &encode_integer(&[2]),
            &encode_integer(&[13]),
        ],
    );
    let known = Reader::new(file).expect(tag::SET, "infos").unwrap().value;
    *file = encode(tag::SET, &[&entry, known]);
    let mut chip = VirtualCard::new(written, Box::new(Seeded::new("chip matrix")));
    let plan = cards::whole(cards::key(&persona));
    wire::ending(cards::read(&mut chip, &plan, "matrix"))
}

#[test]
fn entries_that_nobody_knows_are_passed_over() {
    // 1.3.6.1.4.1.99999.1
    let other = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8D, 0x1F, 0x01];
    assert_eq!(with_entry(&other), "genuine");
}

/// id-PACE-ECDH-CAM with a last arc that means no cipher.
#[test]
fn a_mapping_under_a_wrong_identifier_leaves_the_ordinary_one() {
    let wrong = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x06, 0x09];
    assert_eq!(with_entry(&wrong), "genuine");
}

#[test]
fn every_run_of_chip_authentication_has_an_ephemeral_key_of_its_own() {
    for id in [0, 13] {
        let domain = Domain::from_parameter_id(id).unwrap();
        let mut seen = Vec::new();
        for _ in 0..20 {
            let private = chip_auth::ephemeral(&domain, &mut System).unwrap();
            let public = private.public().encoded().to_vec();
            assert!(!seen.contains(&public));
            seen.push(public);
        }
    }
}
