use super::*;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;

/// TBSCertificate or TBSCertList, and the signature.
fn signed(der: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = Reader::new(der)
        .expect(tag::SEQUENCE, "test")
        .unwrap()
        .inside()
        .unwrap();
    let tbs = parts.expect(tag::SEQUENCE, "test").unwrap().raw;
    parts.expect(tag::SEQUENCE, "test").unwrap();
    let signature = parts.expect(tag::BIT_STRING, "test").unwrap().value;
    (tbs, &signature[1..])
}

fn public(key: &SigningKey) -> PublicKey {
    match key {
        SigningKey::Ec(key) => PublicKey::Ec(key.public()),
        SigningKey::RsaPkcs1(key) | SigningKey::RsaPss(key) => PublicKey::Rsa(key.public()),
    }
}

#[test]
fn frozen_certificates_are_what_the_builder_makes() {
    let shipped = TestPki::shipped().unwrap();
    let csca = shipped
        .csca
        .spec
        .clone()
        .self_signed(csca_key().unwrap())
        .unwrap();
    if let Ok(folder) = std::env::var("BLESS") {
        std::fs::write(format!("{folder}/test-csca.der"), &csca.certificate).unwrap();
        let signer = shipped
            .signer
            .spec
            .clone()
            .issued_by(&csca, SHIPPED_SIGNER.key().unwrap())
            .unwrap();
        std::fs::write(format!("{folder}/test-signer.der"), &signer.certificate).unwrap();
    }
    assert_eq!(csca.certificate, test_root());
    let signer = shipped
        .signer
        .spec
        .clone()
        .issued_by(&csca, SHIPPED_SIGNER.key().unwrap())
        .unwrap();
    assert_eq!(signer.certificate, shipped.signer.certificate);
}
