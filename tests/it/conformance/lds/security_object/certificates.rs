//! The certificate of a signer with something wrong about it, and everything else right.

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::pki::certificate::Certificate;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Critical;
use cancuoc::sim::pki::certificate::DIGITAL_SIGNATURE;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::certificate::Part;
use cancuoc::sim::pki::certificate::SIGN_CERTIFICATES_AND_CRLS;
use cancuoc::sim::pki::certificate::extension;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::pki::signing_key::SigningKey;

use super::Came;
use super::MD5_WITH_RSA;
use super::algorithm;
use super::assert_all;
use super::came;
use super::card;
use super::signed_by;
use crate::support::forge::Scene;
use crate::support::forge::authority;
use crate::support::forge::replaced;
use crate::support::forge::signer;
use crate::support::forge::signer_key;
use crate::support::forge::signer_under;

const NO: &[&str] = &[];

/// The card under a changed certificate.
fn under(change: impl FnOnce(&mut CertificateSpec)) -> Scene {
    signed_by(card(), &signer(change), |_| {})
}

/// With one part in another form.
fn with(part: Part, bytes: &[u8]) -> Scene {
    under(|spec| spec.changes = spec.changes.clone().with(part, bytes))
}

/// With one part left out.
fn without(part: Part) -> Scene {
    with(part, &[])
}

/// `[0]` and a version number.
fn version(number: u8) -> Vec<u8> {
    encode(0xA0, &[&encode_integer(&[number])])
}

#[test]
fn version_number_and_algorithms() {
    assert_all([
        // Version 1 by number, version 4, and none, which means 1.
        ("LDS_H_48", with(Part::Version, &version(0)), "?", NO),
        ("LDS_H_48", with(Part::Version, &version(3)), "?", NO),
        ("LDS_H_49", without(Part::Version), "?", NO),
        // No serial number.
        ("LDS_H_50", without(Part::Serial), "?", NO),
        // The inner algorithm is ECDSA with SHA-256, the outer one with SHA-384; none inside.
        (
            "LDS_H_51",
            {
                let sha256 = algorithm(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]);
                with(Part::InnerAlgorithm, &sha256)
            },
            "?",
            NO,
        ),
        ("LDS_H_52", without(Part::InnerAlgorithm), "?", NO),
        // RSA with MD5 outside, and nothing.
        (
            "LDS_H_65",
            with(Part::OuterAlgorithm, &algorithm(MD5_WITH_RSA)),
            "?",
            NO,
        ),
        ("LDS_H_66", without(Part::OuterAlgorithm), "?", NO),
    ]);
}

/// The card under an authority of this name, as the operator trusts it.
fn authority_named(country: &str) -> Scene {
    let mut name = Name::test(country, "TEST CSCA of another name");
    name.country = country.to_owned();
    let authority = authority(|spec| spec.subject = name);
    signed_by(card(), &signer_under(&authority, |_| {}), |_| {}).trusting(&[&authority.certificate])
}

#[test]
fn issuer() {
    assert_all([
        // A country in small letters, and none that is a country.
        (
            "LDS_H_53",
            authority_named("vn"),
            "genuine",
            &["deviation.certificate_name"],
        ),
        ("LDS_H_53", authority_named(""), "?", NO),
        // The issuer is not the subject of the authority.
        (
            "LDS_H_54",
            with(Part::Issuer, &Name::test("VN", "TEST CSCA other").encode()),
            "?",
            NO,
        ),
        ("LDS_H_55", without(Part::Issuer), "?", NO),
    ]);
}

/// Dates of validity, each a tag and text.
fn validity(from: (u32, &str), to: (u32, &str)) -> Vec<u8> {
    let [from, to] = [from, to].map(|(tag, text)| encode(tag, &[text.as_bytes()]));
    encode(tag::SEQUENCE, &[&from, &to])
}

#[test]
fn dates() {
    const UTC_TIME: u32 = 0x17;
    const GENERALIZED_TIME: u32 = 0x18;
    let right = validity((UTC_TIME, "210201000000Z"), (UTC_TIME, "360201000000Z"));
    assert_eq!(came(with(Part::Validity, &right)), Came::new("genuine", NO));
    assert_all([
        // GeneralizedTime before 2050, UTCTime without seconds, text.
        (
            "LDS_H_56",
            {
                with(
                    Part::Validity,
                    &validity(
                        (GENERALIZED_TIME, "20210201000000Z"),
                        (GENERALIZED_TIME, "20360201000000Z"),
                    ),
                )
            },
            "?",
            NO,
        ),
        (
            "LDS_H_56",
            {
                with(
                    Part::Validity,
                    &validity((UTC_TIME, "2102010000Z"), (UTC_TIME, "3602010000Z")),
                )
            },
            "?",
            NO,
        ),
        (
            "LDS_H_56",
            {
                with(
                    Part::Validity,
                    &validity(
                        (tag::UTF8_STRING, "210201000000Z"),
                        (tag::UTF8_STRING, "360201000000Z"),
                    ),
                )
            },
            "?",
            NO,
        ),
        ("LDS_H_57", without(Part::Validity), "?", NO),
    ]);
}

#[test]
fn public_key() {
    assert_all([
        // A key under the identifier of RSA with MD5, and none.
        (
            "LDS_H_58",
            {
                let key = encode(tag::BIT_STRING, &[&[0, 0x30, 0]]);
                let info = encode(tag::SEQUENCE, &[&algorithm(MD5_WITH_RSA), &key]);
                with(Part::PublicKey, &info)
            },
            "?",
            NO,
        ),
        ("LDS_H_59", without(Part::PublicKey), "?", NO),
    ]);
}

#[test]
fn extensions() {
    const AUTHORITY_KEY_ID: [u8; 3] = [0x55, 0x1D, 35];
    const KEY_USAGE: [u8; 3] = [0x55, 0x1D, 15];
    assert_all([
        // The authority key identifier has a serial number and no key identifier; is not there.
        (
            "LDS_H_60",
            {
                let serial = encode(tag::SEQUENCE, &[&encode(0x82, &[&[1]])]);
                with(
                    Part::AuthorityKeyId,
                    &extension(&AUTHORITY_KEY_ID, Critical::No, &serial),
                )
            },
            "genuine",
            &["deviation.authority_key_id"],
        ),
        (
            "LDS_H_61",
            without(Part::AuthorityKeyId),
            "genuine",
            &["deviation.authority_key_id"],
        ),
        // The key usage is not critical, is for certificates and lists, is not there.
        (
            "LDS_H_62",
            {
                let usage = encode(tag::BIT_STRING, &[&[7, DIGITAL_SIGNATURE]]);
                with(Part::KeyUsage, &extension(&KEY_USAGE, Critical::No, &usage))
            },
            "genuine",
            &["deviation.key_usage_not_critical"],
        ),
        (
            "LDS_H_63",
            under(|spec| spec.key_usage = Some(SIGN_CERTIFICATES_AND_CRLS)),
            "?",
            NO,
        ),
        ("LDS_H_64", without(Part::KeyUsage), "?", NO),
    ]);
}

#[test]
fn signature() {
    assert_all([
        // A signature with a changed bit; an empty one; none.
        (
            "LDS_H_67",
            {
                let mut changed = signer(|_| {});
                *changed.certificate.last_mut().unwrap() ^= 1;
                signed_by(card(), &changed, |_| {})
            },
            "?",
            NO,
        ),
        (
            "LDS_H_68",
            with(Part::Signature, &encode(tag::BIT_STRING, &[&[0]])),
            "?",
            NO,
        ),
        ("LDS_H_68", without(Part::Signature), "?", NO),
    ]);
}
