//! What a test state publishes: master lists, CRLs, and what is wrong with them.

use jiff::civil::DateTime;
use jiff::civil::date;

use cancuoc::crypto::curve::Curve;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::master_list::master_list_signer;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;

pub fn country(country: &str) -> TestPki {
    TestPki::of_country(country, SignerKey::Ec(Curve::P256)).unwrap()
}

/// Somebody who signs the lists of a country.
pub fn publisher(pki: &TestPki) -> Entity {
    let subject = Name::test(&pki.csca.spec.subject.country, "TEST list signer");
    master_list_signer(subject)
        .issued_by(&pki.csca, SignerKey::Ec(Curve::P521).key().unwrap())
        .unwrap()
}

pub fn day(year: i16, month: i8) -> DateTime {
    date(year, month, 1).at(0, 0, 0, 0)
}

pub fn list(pki: &TestPki, certificates: &[&[u8]], signed: Option<DateTime>) -> Vec<u8> {
    let certificates = certificates.iter().map(|one| one.to_vec()).collect();
    let mut spec = MasterListSpec::new(certificates, day(2025, 1));
    spec.cms.signing_time = signed;
    spec.sign(&publisher(pki)).unwrap()
}

pub fn crl(pki: &TestPki, number: u32, made: DateTime, revoked: &[u8]) -> Vec<u8> {
    let spec = RevocationListSpec {
        this_update: made,
        next_update: day(2027, 1),
        number,
        revoked: vec![revoked.to_vec()],
    };
    spec.sign(&pki.csca).unwrap()
}

/// A root of the same name with another key.
pub fn namesake(pki: &TestPki, serial: &[u8]) -> Entity {
    let mut spec = CertificateSpec::country_signer(pki.csca.spec.subject.clone());
    spec.serial = serial.to_vec();
    spec.self_signed(SignerKey::Ec(Curve::P256).key().unwrap())
        .unwrap()
}

pub fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// Flips a bit of the last octet, which is a signature's.
pub fn missigned(bytes: &[u8]) -> Vec<u8> {
    flipped(bytes, bytes.len() - 1)
}
