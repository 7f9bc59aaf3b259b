//! With what a security object and the certificates above it are signed.

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::pki::certificate::Certificate;
use cancuoc::sim::keys;
use cancuoc::sim::keys::DsaKey;
use cancuoc::sim::keys::RsaKey;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::signing_key::SigningKey;

use super::Came;
use super::came;
use super::card;
use super::signed_by;
use crate::support::forge::Scene;

use Hash::Sha1;
use Hash::Sha224;
use Hash::Sha256;
use Hash::Sha384;
use Hash::Sha512;

/// A curve whose order is as long as the longest hash.
const CURVE: Curve = Curve::BrainpoolP512r1;

const ANSI: SignerKey = SignerKey::Ec(CURVE);
const BSI: SignerKey = SignerKey::EcPlain(CURVE);

/// The card with a security object of this hash throughout, signed with this kind of key.
fn signed(kind: SignerKey, hash: Hash) -> Scene {
    let signer = TestPki::with_signer(kind).unwrap().signer;
    signed_by(card(), &signer, |sod| {
        sod.digest = hash;
        sod.group_hash = hash;
    })
}

#[test]
fn every_algorithm_of_a_signer_is_verified() {
    const RSA: &str = "RSA PKCS#1 v1.5";
    const PSS: &str = "RSA-PSS";
    const WEAK: &[&str] = &["deviation.weak_algorithm"];
    for (id, kind, hash, scheme, notes) in [
        ("LDS_H_01", SignerKey::RsaPkcs1, Sha1, RSA, WEAK),
        ("LDS_H_02", SignerKey::RsaPss, Sha1, PSS, WEAK),
        ("LDS_H_03", SignerKey::RsaPss, Sha256, PSS, &[]),
        ("LDS_H_04", SignerKey::RsaPkcs1, Sha224, RSA, &[]),
        ("LDS_H_05", SignerKey::RsaPkcs1, Sha256, RSA, &[]),
        ("LDS_H_06", SignerKey::RsaPkcs1, Sha384, RSA, &[]),
        ("LDS_H_07", SignerKey::RsaPkcs1, Sha512, RSA, &[]),
        (
            "LDS_H_08",
            SignerKey::Dsa(DsaKey::L1024N160),
            Sha1,
            "DSA",
            WEAK,
        ),
        ("LDS_H_09", ANSI, Sha1, "ECDSA", WEAK),
        ("LDS_H_10", BSI, Sha1, "plain ECDSA", WEAK),
        ("LDS_H_11", BSI, Sha224, "plain ECDSA", &[]),
        ("LDS_H_12", BSI, Sha256, "plain ECDSA", &[]),
        ("LDS_H_13", BSI, Sha384, "plain ECDSA", &[]),
        ("LDS_H_14", BSI, Sha512, "plain ECDSA", &[]),
        ("LDS_H_70", ANSI, Sha224, "ECDSA", &[]),
        ("LDS_H_71", ANSI, Sha256, "ECDSA", &[]),
        ("LDS_H_72", ANSI, Sha384, "ECDSA", &[]),
        ("LDS_H_73", ANSI, Sha512, "ECDSA", &[]),
        ("LDS_H_79", SignerKey::RsaBare, Sha1, RSA, WEAK),
        ("LDS_H_80", SignerKey::RsaBare, Sha224, RSA, &[]),
        ("LDS_H_81", SignerKey::RsaBare, Sha256, RSA, &[]),
        ("LDS_H_82", SignerKey::RsaBare, Sha384, RSA, &[]),
        ("LDS_H_83", SignerKey::RsaBare, Sha512, RSA, &[]),
        ("LDS_H_94", SignerKey::RsaPss, Sha224, PSS, &[]),
        ("LDS_H_95", SignerKey::RsaPss, Sha384, PSS, &[]),
        ("LDS_H_96", SignerKey::RsaPss, Sha512, PSS, &[]),
        (
            "LDS_H_97",
            SignerKey::Dsa(DsaKey::L2048N224),
            Sha224,
            "DSA",
            &[],
        ),
        (
            "LDS_H_98",
            SignerKey::Dsa(DsaKey::L2048N256),
            Sha256,
            "DSA",
            &[],
        ),
    ] {
        let came = came(signed(kind, hash));
        assert_eq!(came, Came::new("genuine", notes), "{id}");
        let report = signed(kind, hash).inspect().unwrap().report;
        let checks = report.checks();
        assert_eq!(
            checks.sod_signature.facts()["algorithm"],
            format!("{scheme} with {}", hash.name()),
            "{id}"
        );
        assert_eq!(checks.hashes.facts()["algorithm"], hash.name(), "{id}");
    }
}

/// The certificate may be kept by whoever checks (LDS_H_15).
#[test]
fn a_signer_that_is_not_inside_is_taken_from_the_operator() {
    let signer = TestPki::with_signer(SignerKey::RsaPkcs1).unwrap().signer;
    let bare = || signed_by(card(), &signer, |sod| sod.certificates = Some(Vec::new()));
    let kept = bare().but(|scene| {
        let certificate = Certificate::decode(&signer.certificate).unwrap();
        scene.trust.add_signer(certificate);
    });
    assert_eq!(
        came(kept),
        Came::new("genuine", &["deviation.signer_from_store"])
    );
    assert_eq!(
        came(bare()),
        Came::new("inconclusive: sod.unread (signer certificate)", &[])
    );
}

/// An authority with this key and a signer below it, both certificates signed with this hash.
fn pki(authority: SigningKey, signer: SignerKey, hash: Hash) -> (Entity, Entity) {
    let name = Name::test("VN", "TEST CSCA mixed");
    let authority = CertificateSpec {
        hash,
        ..CertificateSpec::country_signer(name)
    }
    .self_signed(authority)
    .unwrap();
    let name = Name::test("VN", "TEST DS mixed");
    let signer = CertificateSpec {
        hash,
        ..CertificateSpec::document_signer(name)
    }
    .issued_by(&authority, signer.key().unwrap())
    .unwrap();
    (authority, signer)
}

#[test]
fn content_signature_and_certificates_may_differ_in_their_algorithms() {
    let rsa = || keys::rsa(RsaKey::Active3072).unwrap();
    let ec = keys::ec(Curve::P384, "CSCA mixed").unwrap();
    for (id, groups, signer, authority, certificates, scheme) in [
        // Security object and signature use different hash algorithms.
        (
            "LDS_H_74",
            Sha512,
            SignerKey::RsaPkcs1,
            SigningKey::RsaPkcs1(rsa()),
            Sha256,
            "RSA PKCS#1 v1.5 with SHA-256",
        ),
        (
            "LDS_H_75",
            Sha224,
            SignerKey::RsaPss,
            SigningKey::RsaPss(rsa()),
            Sha256,
            "RSA-PSS with SHA-256",
        ),
        (
            "LDS_H_76",
            Sha256,
            SignerKey::RsaPkcs1,
            SigningKey::Ec(ec),
            Sha224,
            "ECDSA with SHA-224",
        ),
        (
            "LDS_H_77",
            Sha256,
            SignerKey::RsaPss,
            SigningKey::RsaPss(rsa()),
            Sha224,
            "RSA-PSS with SHA-224",
        ),
        (
            "LDS_H_78",
            Sha256,
            SignerKey::RsaPss,
            SigningKey::RsaPkcs1(rsa()),
            Sha256,
            "RSA PKCS#1 v1.5 with SHA-256",
        ),
    ] {
        let (authority, signer) = pki(authority, signer, certificates);
        let scene = signed_by(card(), &signer, |sod| {
            sod.digest = Sha256;
            sod.group_hash = groups;
        })
        .trusting(&[&authority.certificate]);
        assert_eq!(came(scene), Came::new("genuine", &[]), "{id}");
        let certificate = Certificate::decode(&signer.certificate).unwrap();
        assert_eq!(certificate.scheme().unwrap().name(), scheme, "{id}");
    }
}
