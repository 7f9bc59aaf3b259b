//! The certificate of a signer with something wrong about it, and everything else right.

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Critical;
use cancuoc::sim::pki::certificate::DIGITAL_SIGNATURE;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::certificate::Part;
use cancuoc::sim::pki::certificate::SIGN_CERTIFICATES_AND_CRLS;
use cancuoc::sim::pki::certificate::extension;

use super::Came;
use super::MD5_WITH_RSA;
use super::algorithm;
use super::assert_all;
use super::came;
use super::card;
use super::signed_by;
use crate::support::forge::Scene;
use crate::support::forge::authority;
use crate::support::forge::signer;
use crate::support::forge::signer_under;

const NO: &[&str] = &[];
const SINGLE: &[&str] = &["deviation.signer_by_single_certificate"];
const NAME: &[&str] = &["deviation.certificate_name"];
const AUTHORITY_KEY: &[&str] = &["deviation.authority_key_id"];
const NOT_CRITICAL: &[&str] = &["deviation.key_usage_not_critical"];

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
fn a_version_a_number_or_an_algorithm_that_is_not_right_is_told() {
    assert_all([
        // Version 1 by number, version 4, and none, which means 1.
        (
            "LDS_H_48",
            with(Part::Version, &version(0)),
            "inconclusive: chain.certificate_form (version)",
            NO,
        ),
        (
            "LDS_H_48",
            with(Part::Version, &version(3)),
            "inconclusive: chain.certificate_form (version)",
            NO,
        ),
        (
            "LDS_H_49",
            without(Part::Version),
            "inconclusive: chain.certificate_form (version)",
            NO,
        ),
        // No serial number.
        (
            "LDS_H_50",
            without(Part::Serial),
            "not genuine: sod.signer_malformed (serialNumber)",
            NO,
        ),
        // The inner algorithm is ECDSA with SHA-256, the outer one with SHA-384; none inside.
        (
            "LDS_H_51",
            {
                let sha256 = algorithm(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]);
                with(Part::InnerAlgorithm, &sha256)
            },
            "not genuine: chain.algorithm_inconsistent",
            NO,
        ),
        (
            "LDS_H_52",
            without(Part::InnerAlgorithm),
            "not genuine: sod.signer_malformed (RelativeDistinguishedName)",
            NO,
        ),
        // RSA with MD5 outside, and nothing.
        (
            "LDS_H_65",
            with(Part::OuterAlgorithm, &algorithm(MD5_WITH_RSA)),
            "inconclusive: chain.algorithm_unknown (signature algorithm 1.2.840.113549.1.1.4)",
            NO,
        ),
        (
            "LDS_H_66",
            without(Part::OuterAlgorithm),
            "not genuine: sod.signer_malformed (signatureAlgorithm)",
            NO,
        ),
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
fn an_issuer_that_is_not_right_is_told() {
    assert_all([
        // A country in small letters, and none that is a country.
        ("LDS_H_53", authority_named("vn"), "genuine", NAME),
        (
            "LDS_H_53",
            authority_named(""),
            "not genuine: chain.country",
            NAME,
        ),
        // The issuer is not the subject of the authority.
        (
            "LDS_H_54",
            with(Part::Issuer, &Name::test("VN", "TEST CSCA other").encode()),
            "inconclusive: chain.no_anchor (no anchor bears the name of the signer's issuer)",
            SINGLE,
        ),
        (
            "LDS_H_55",
            without(Part::Issuer),
            "not genuine: sod.signer_malformed (RelativeDistinguishedName)",
            NO,
        ),
    ]);
}

/// Dates of validity, each a tag and text.
fn validity(from: (u32, &str), to: (u32, &str)) -> Vec<u8> {
    let [from, to] = [from, to].map(|(tag, text)| encode(tag, &[text.as_bytes()]));
    encode(tag::SEQUENCE, &[&from, &to])
}

#[test]
fn dates_in_another_form_are_told() {
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
            "inconclusive: chain.certificate_form (validity)",
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
            "inconclusive: chain.certificate_form (validity)",
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
            "not genuine: sod.signer_malformed (notBefore)",
            NO,
        ),
        (
            "LDS_H_57",
            without(Part::Validity),
            "not genuine: sod.signer_malformed (notBefore)",
            NO,
        ),
    ]);
}

#[test]
fn a_key_that_is_none_is_told() {
    assert_all([
        // A key under the identifier of RSA with MD5, and none.
        (
            "LDS_H_58",
            {
                let key = encode(tag::BIT_STRING, &[&[0, 0x30, 0]]);
                let info = encode(tag::SEQUENCE, &[&algorithm(MD5_WITH_RSA), &key]);
                with(Part::PublicKey, &info)
            },
            "inconclusive: sod.algorithm_unknown (key algorithm 1.2.840.113549.1.1.4)",
            NO,
        ),
        (
            "LDS_H_59",
            without(Part::PublicKey),
            "not genuine: sod.signer_malformed (subjectPublicKeyInfo)",
            NO,
        ),
    ]);
}

#[test]
fn extensions_that_are_not_right_are_told() {
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
            AUTHORITY_KEY,
        ),
        (
            "LDS_H_61",
            without(Part::AuthorityKeyId),
            "genuine",
            AUTHORITY_KEY,
        ),
        // The key usage is not critical, is for certificates and lists, is not there.
        (
            "LDS_H_62",
            {
                let usage = encode(tag::BIT_STRING, &[&[7, DIGITAL_SIGNATURE]]);
                with(Part::KeyUsage, &extension(&KEY_USAGE, Critical::No, &usage))
            },
            "genuine",
            NOT_CRITICAL,
        ),
        (
            "LDS_H_63",
            under(|spec| spec.key_usage = Some(SIGN_CERTIFICATES_AND_CRLS)),
            "not genuine: chain.key_usage (the signer's key usage has no digital signature)",
            NO,
        ),
        (
            "LDS_H_64",
            without(Part::KeyUsage),
            "not genuine: chain.key_usage (the signer's key usage has no digital signature)",
            NO,
        ),
    ]);
}

#[test]
fn a_signature_that_is_not_right_is_told() {
    assert_all([
        // A signature with a changed bit; an empty one; none.
        (
            "LDS_H_67",
            {
                let mut changed = signer(|_| {});
                *changed.certificate.last_mut().unwrap() ^= 1;
                signed_by(card(), &changed, |_| {})
            },
            "not genuine: chain.signature_wrong (the signer's certificate is not signed by an anchor)",
            NO,
        ),
        (
            "LDS_H_68",
            with(Part::Signature, &encode(tag::BIT_STRING, &[&[0]])),
            "not genuine: chain.signature_wrong (the signer's certificate is not signed by an anchor)",
            NO,
        ),
        (
            "LDS_H_68",
            without(Part::Signature),
            "not genuine: sod.signer_malformed (signatureValue)",
            NO,
        ),
    ]);
}
