//! Certificates made for the purpose, damaged ones, and all of two real master lists.

use proptest::prelude::*;
use x509_parser::pem::Pem;

use super::*;
use crate::pki::build;
use crate::pki::build::Draft;
use crate::pki::build::name;
use crate::pki::extensions;

fn draft() -> Draft {
    Draft::signer(&name("VN", "Test DS"), 9, &name("VN", "Test CSCA"), 1)
}

#[test]
fn every_field_is_read() {
    let types = build::sequence(&[&[2, 1, 0], &[0x31, 7, 0x13, 1, b'P', 0x13, 2, b'I', b'D']]);
    let certificate = draft()
        .with(extensions::DOCUMENT_TYPES, false, types)
        .with(
            extensions::PRIVATE_KEY_USAGE,
            false,
            build::usage_period("20220101000000Z", "20220401000000Z"),
        )
        .certificate(1);
    assert_eq!(certificate.subject_text(), "CN=Test DS,C=VN");
    assert_eq!(certificate.issuer_text(), "CN=Test CSCA,C=VN");
    assert_eq!(certificate.country().as_deref(), Some("VN"));
    assert_eq!(certificate.serial(), [9]);
    assert_eq!(certificate.not_before().to_string(), "2022-01-01T00:00:00Z");
    assert_eq!(certificate.not_after().to_string(), "2035-01-01T00:00:00Z");
    let usage = certificate.key_usage().unwrap();
    assert!(usage.digital_signature && !usage.key_cert_sign && !usage.crl_sign);
    assert_eq!(certificate.basic_constraints(), None);
    assert_eq!(certificate.authority_key_id(), Some(&[1_u8; 20][..]));
    assert_eq!(certificate.subject_key_id(), Some(&[9_u8; 20][..]));
    assert_eq!(certificate.document_types().unwrap(), ["P", "ID"]);
    let period = certificate.private_key_usage().unwrap();
    assert!(period.contains(certificate.not_before()));
    assert!(!period.contains(certificate.not_after()));
    assert!(certificate.unknown_critical().is_empty());
    assert!(!certificate.self_issued());
    let raw = certificate.raw();
    assert!(
        raw.windows(certificate.tbs().len())
            .any(|part| part == certificate.tbs())
    );
}

#[test]
fn negative_and_zero_serials_are_kept_as_they_are() {
    for serial in [&[0_u8][..], &[0x80], &[0xFF, 0x01], &[0x00, 0x80]] {
        let mut draft = draft();
        draft.serial = serial.to_vec();
        assert_eq!(draft.certificate(1).serial(), serial);
    }
}

#[test]
fn an_extension_stands_once() {
    let list = |count: usize| {
        let one = build::sequence(&[&build::oid(extensions::NAME_CHANGE), &[4, 2, 5, 0]]);
        build::sequence(&vec![one.as_slice(); count])
    };
    let read = |list: &[u8]| {
        let element = Reader::new(list).element("test").unwrap();
        Extensions::read(element).map(|_| ())
    };
    assert_eq!(read(&list(1)), Ok(()));
    assert!(read(&list(2)).is_err());
}

#[test]
fn another_algorithm_inside_than_outside_is_refused() {
    let mut bytes = draft().sign(1);
    let outer = build::ecdsa_sha256();
    let at = bytes
        .windows(outer.len())
        .rposition(|window| window == outer)
        .unwrap();
    // ecdsa-with-SHA384 outside.
    bytes[at + outer.len() - 1] = 3;
    let certificate = Certificate::decode(&bytes).unwrap();
    assert!(matches!(
        certificate.scheme(),
        Err(KeyFault::Malformed(malformed)) if malformed.what == "signatureAlgorithm"
    ));
}

#[test]
fn trailing_bytes_are_refused() {
    let mut bytes = draft().sign(1);
    bytes.push(0);
    assert!(Certificate::decode(&bytes).is_err());
}

#[test]
fn the_vietnamese_authorities_are_who_they_are_said_to_be() {
    let Some(passport) = build::shared("trust/csca_epassport_vietnam_2022.der") else {
        return;
    };
    let passport = Certificate::decode(&passport).unwrap();
    assert_eq!(
        hex::encode_upper(passport.fingerprint()),
        "6B5FA6FE45CC4E855A73760413E08B7A9AC50A27722C702F3909A90FACC991BD"
    );
    // Explicit parameters, recognized as a known curve.
    assert_eq!(passport.public_key().unwrap().name(), "brainpoolP512r1");
    let card = build::shared("trust/csca_vietnam_cccd_001.pem").unwrap();
    let card = Pem::iter_from_buffer(&card).next().unwrap().unwrap();
    let card = Certificate::decode(&card.contents).unwrap();
    assert_eq!(
        hex::encode_upper(card.fingerprint()),
        "6F0A20D63A43FC589EAF0D8C52113A2A8BFA341C6F2FAB04121238AA0C22B1A9"
    );
    assert_eq!(card.crl_urls(), ["http://ca.gov.vn/csca-vietnam.crl"]);
    let usage = card.private_key_usage().unwrap().not_after.unwrap();
    assert_eq!(usage.to_string(), "2026-01-21T18:11:36Z");
    for certificate in [passport, card] {
        assert_eq!(certificate.country().as_deref(), Some("VN"));
        let key = certificate.public_key().unwrap();
        assert!(certificate.verify(&key).is_ok());
    }
}

#[test]
fn every_certificate_of_two_real_master_lists_is_usable() {
    let Some(lists) = build::master_lists() else {
        return;
    };
    let [older, newer] = &lists;
    assert_eq!(older.certificates.len(), 541);
    assert_eq!(newer.certificates.len(), 588);
    for list in &lists {
        assert!(list.unread.is_empty());
        for certificate in &list.certificates {
            let who = certificate.subject_text();
            assert!(certificate.public_key().is_ok(), "{who}");
            assert!(certificate.scheme().is_ok(), "{who}");
            assert!(certificate.country().is_some(), "{who}");
            assert!(certificate.unknown_critical().is_empty(), "{who}");
        }
    }
}

#[test]
fn self_signed_authorities_verify_under_their_own_keys() {
    let Some(lists) = build::master_lists() else {
        return;
    };
    for list in &lists {
        let own: Vec<&Certificate> = list
            .certificates
            .iter()
            .filter(|certificate| certificate.self_keyed())
            .collect();
        // The rest are links, from an older key or name.
        println!("{} of {}", own.len(), list.certificates.len());
        let failed: Vec<String> = own
            .into_iter()
            .filter(|certificate| {
                let key = certificate.public_key().unwrap();
                certificate.verify(&key).is_err()
            })
            .map(Certificate::subject_text)
            .collect();
        assert_eq!(failed, Vec::<String>::new());
    }
}

proptest! {
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        keep in any::<usize>(),
    ) {
        let bytes = build::damaged(&draft().sign(1), &changes, keep);
        if let Ok(certificate) = Certificate::decode(&bytes) {
            let _ = (certificate.public_key(), certificate.scheme(), certificate.subject_text());
            let _ = (certificate.tbs().len(), certificate.signature().len());
        }
    }
}
