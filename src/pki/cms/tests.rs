//! Signed data made for the purpose, damaged, and real.

use proptest::prelude::*;

use super::*;
use crate::bytes::tlv::definite;
use crate::crypto::algorithm;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::pki::build;
use crate::pki::build::Draft;
use crate::pki::build::name;

const CONTENT: &[u8] = b"what is signed";
const KIND: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 1]);

fn signer() -> Certificate {
    Draft::signer(&name("VN", "Test DS"), 9, &name("VN", "Test CSCA"), 1).certificate(1)
}

fn message(sent: &[Vec<u8>], signed: &[Vec<u8>]) -> Vec<u8> {
    build::signed_data(KIND, CONTENT, &signer(), 9, [sent, signed])
}

/// RFC 5652 §5.4 and §5.6 as a verifier walks them; says which form was signed.
fn verify(signed: &SignedData) -> Option<&'static str> {
    let [info] = signed.signers.as_slice() else {
        return None;
    };
    let certificates: Vec<Certificate> = signed
        .certificates
        .iter()
        .map(|raw| Certificate::decode(raw).unwrap())
        .collect();
    let signer = certificates.iter().find(|one| info.id.names(one))?;
    let hash = algorithm::hash_of(&info.digest_algorithm).ok()?;
    let scheme = algorithm::scheme_of(&info.signature_algorithm, Some(hash)).ok()?;
    let attributes = info.signed_attributes.as_ref()?;
    let right = scheme.hash() == hash
        && attributes.content_type.as_ref() == Some(&signed.content_type)
        && attributes.message_digest == Some(hash.digest(&[&signed.content]));
    let key = signer.public_key().ok()?;
    let holds = |set: &[u8]| key.verify(scheme, &[set], &info.signature).is_ok();
    match (holds(&attributes.as_set()), holds(&attributes.sorted_set())) {
        (true, _) if right => Some("as sent"),
        (false, true) if right => Some("sorted"),
        _ => None,
    }
}

#[test]
fn signed_attributes_are_read_and_verify() {
    let list = build::attributes(KIND, CONTENT);
    let signed = SignedData::decode(&message(&list, &list)).unwrap();
    assert_eq!(signed.content, CONTENT);
    assert_eq!(signed.content_type, KIND.octets());
    assert_eq!(signed.certificates, [signer().raw()]);
    let attributes = signed.signers[0].signed_attributes.as_ref().unwrap();
    assert_eq!(
        attributes.signing_time.unwrap().to_string(),
        "2023-06-15T12:00:00Z"
    );
    assert_eq!(attributes.as_set(), attributes.sorted_set());
    assert_eq!(verify(&signed), Some("as sent"));
}

#[test]
fn attributes_sent_in_another_order_verify_sorted() {
    let sorted = build::attributes(KIND, CONTENT);
    let mut sent = sorted.clone();
    sent.reverse();
    let signed = SignedData::decode(&message(&sent, &sorted)).unwrap();
    assert_eq!(verify(&signed), Some("sorted"));
    // And a signer that never sorts.
    let signed = SignedData::decode(&message(&sent, &sent)).unwrap();
    assert_eq!(verify(&signed), Some("as sent"));
}

#[test]
fn another_content_or_type_does_not_verify() {
    let digest = build::attributes(KIND, b"something else");
    let signed = SignedData::decode(&message(&digest, &digest)).unwrap();
    assert_eq!(verify(&signed), None);
    let kind = build::attributes(Oid::new(&[0x2A, 3]), CONTENT);
    let signed = SignedData::decode(&message(&kind, &kind)).unwrap();
    assert_eq!(verify(&signed), None);
}

#[test]
fn a_doubled_attribute_is_refused() {
    let mut list = build::attributes(KIND, CONTENT);
    list.push(build::attribute(4, &[4, 1, 7]));
    assert!(SignedData::decode(&message(&list, &list)).is_err());
}

#[test]
fn an_attribute_has_one_value() {
    let mut list = build::attributes(KIND, CONTENT);
    list.retain(|one| *one != build::attribute(5, &build::time("20230615120000Z")));
    list.push(build::attribute(
        5,
        &[
            build::time("20230615120000Z"),
            build::time("20230615120001Z"),
        ]
        .concat(),
    ));
    assert!(SignedData::decode(&message(&list, &list)).is_err());
}

#[test]
fn indefinite_lengths_verify_when_made_definite() {
    let list = build::attributes(KIND, CONTENT);
    let der = message(&list, &list);
    let mut ber = vec![0x30, 0x80];
    let inside = Reader::new(&der).element("ContentInfo").unwrap().value;
    ber.extend_from_slice(inside);
    ber.extend_from_slice(&[0, 0]);
    assert!(SignedData::decode(&ber).is_err());
    let signed = SignedData::decode(&definite(&ber).unwrap()).unwrap();
    assert_eq!(verify(&signed), Some("as sent"));
}

#[test]
fn too_many_certificates_are_refused() {
    let count = |count: usize| {
        let one = signer();
        let all = vec![one.raw(); count];
        let set = encode(0xA0, &all);
        let element = Reader::new(&set).element("certificates").unwrap();
        members(element, "certificates", MAX_CERTIFICATES).map(|list| list.len())
    };
    assert_eq!(count(32), Ok(32));
    assert!(count(33).is_err());
}

#[test]
fn a_real_security_object_verifies_under_its_certificate() {
    let Some(file) = build::shared("samples/tr03105-5/EF_SOD.bin") else {
        return;
    };
    let mut outer = Reader::new(&file);
    let content_info = outer.expect(0x77, "EF.SOD").unwrap().value;
    let signed = SignedData::decode(content_info).unwrap();
    assert_eq!(signed.content_type, KIND.octets());
    let info = &signed.signers[0];
    let hash = algorithm::hash_of(&info.digest_algorithm).unwrap();
    let scheme = algorithm::scheme_of(&info.signature_algorithm, Some(hash)).unwrap();
    let expected = Scheme::RsaPss {
        hash: Hash::Sha256,
        mgf: Hash::Sha256,
        salt_len: 32,
    };
    assert_eq!(scheme, expected);
    assert_eq!(verify(&signed), Some("as sent"));
}

#[test]
fn real_master_lists_verify_under_their_signers() {
    let Some(lists) = build::master_lists() else {
        return;
    };
    for list in &lists {
        assert_eq!(verify(&list.signed), Some("as sent"));
    }
}

proptest! {
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        keep in any::<usize>(),
    ) {
        let list = build::attributes(KIND, CONTENT);
        let bytes = build::damaged(&message(&list, &list), &changes, keep);
        if let Ok(bytes) = definite(&bytes) {
            let _ = SignedData::decode(&bytes);
        }
    }
}

#[test]
fn the_shortest_form_of_a_number_is_told_from_its_negative() {
    for (long, short) in [
        (&[0, 0, 1][..], &[1][..]),
        (&[0, 0x80], &[0, 0x80]),
        (&[0xFF, 0xFF], &[0xFF]),
        (&[0xFF, 0x7F], &[0xFF, 0x7F]),
        (&[0, 0, 0], &[0]),
        (&[], &[]),
    ] {
        assert_eq!(shortest(long), short, "{long:?}");
    }
    assert!(!same_serial(&[0x80], &[0, 0x80]));
}
