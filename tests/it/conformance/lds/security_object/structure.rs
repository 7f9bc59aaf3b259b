//! How a security object is built: frame, versions, names of algorithms, and the list of hashes.

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::pki::security_object::Part;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::pki::security_object::SignedAttributes;
use cancuoc::sim::pki::security_object::SignerId;
use cancuoc::sim::pki::spelling::Spelling;
use cancuoc::verify::Check;
use cancuoc::verify::GroupState;
use cancuoc::verify::Report;
use cancuoc::verify::Vouched;

use super::Came;
use super::MD5;
use super::MD5_WITH_RSA;
use super::algorithm;
use super::assert_all;
use super::came;
use super::card;
use super::find;
use super::signed_by;
use crate::support::forge::Scene;
use crate::support::forge::replaced;
use crate::support::forge::signer;

const NO: &[&str] = &[];
const DIGESTS: &[&str] = &["deviation.digest_algorithms"];
const SINGLE: &[&str] = &["deviation.signer_by_single_certificate"];
const SINGLE_BY_KEY: &[&str] = &[
    "deviation.signer_by_single_certificate",
    "deviation.signer_by_key_id",
];
const LESS: &[&str] = &["deviation.com_lists_less"];
const MORE: &[&str] = &["deviation.com_lists_more"];
const LESS_AND_MORE: &[&str] = &["deviation.com_lists_less", "deviation.com_lists_more"];
// Nobody signed DG1, so that it is not even read, and nothing tells whose layout DG13 has.
const WITHOUT_DG1: &[&str] = &["deviation.com_lists_more", "deviation.dg13_layout_unknown"];
const LATER: &[&str] = &["deviation.lds_version", "deviation.com_lds_version"];

/// The card with its security object signed anew in another manner.
fn sod(change: impl FnOnce(&mut SecurityObjectSpec)) -> Scene {
    card().sod(change)
}

/// With one part in another form.
fn with(part: Part, bytes: &[u8]) -> Scene {
    sod(|sod| sod.changes = sod.changes.clone().with(part, bytes))
}

/// With one part left out.
fn without(part: Part) -> Scene {
    with(part, &[])
}

fn integer(number: u8) -> Vec<u8> {
    encode_integer(&[number])
}

/// The card with other bytes in EF.SOD, signed or not.
fn file(change: impl FnOnce(&mut Vec<u8>)) -> Scene {
    card().but(|scene| change(scene.card.files.get_mut(&FileId::Sod).unwrap()))
}

#[test]
fn a_frame_that_is_no_frame_ends_the_read() {
    assert_all([
        // The outer tag 77 is 78.
        (
            "LDS_H_17",
            file(|bytes| bytes[0] = 0x78),
            "malformed (EF.SOD)",
            NO,
        ),
        // The outer length is smaller, and larger, than the contents.
        (
            "LDS_H_18",
            file(|bytes| bytes[3] -= 1),
            "malformed (BER element)",
            NO,
        ),
        (
            "LDS_H_19",
            file(|bytes| bytes[3] += 1),
            "malformed (BER element)",
            NO,
        ),
    ]);
}

#[test]
fn signed_data_that_are_not_as_they_must_be_are_named() {
    assert_all([
        // A false version, and none.
        (
            "LDS_H_20",
            with(Part::Version, &integer(1)),
            "inconclusive: sod.version (SignedData)",
            NO,
        ),
        (
            "LDS_H_21",
            without(Part::Version),
            "malformed (CMSVersion)",
            NO,
        ),
        // MD5 among the digest algorithms, and no list of them.
        (
            "LDS_H_22",
            with(
                Part::DigestAlgorithms,
                &encode(tag::SET, &[&algorithm(MD5)]),
            ),
            "inconclusive: sod.algorithm_unknown (hash algorithm 1.2.840.113549.2.5)",
            NO,
        ),
        (
            "LDS_H_23",
            without(Part::DigestAlgorithms),
            "malformed (digestAlgorithms)",
            NO,
        ),
        // The list is there and empty.
        (
            "LDS_H_23",
            with(Part::DigestAlgorithms, &encode(tag::SET, &[])),
            "genuine",
            DIGESTS,
        ),
        // Content of the type id-data, and of no type.
        (
            "LDS_H_24",
            with(
                Part::ContentType,
                &encode(tag::OID, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]]),
            ),
            "not genuine: sod.content_type",
            NO,
        ),
        (
            "LDS_H_25",
            without(Part::ContentType),
            "malformed (eContentType)",
            NO,
        ),
    ]);
}

#[test]
fn signer_infos_that_are_not_as_they_must_be_are_named() {
    assert_all([
        // A false version, and none.
        (
            "LDS_H_26",
            with(Part::SignerVersion, &integer(2)),
            "inconclusive: sod.version (SignerInfo)",
            NO,
        ),
        (
            "LDS_H_27",
            without(Part::SignerVersion),
            "malformed (CMSVersion)",
            NO,
        ),
        // Version 1 names another issuer, version 3 another key.
        (
            "LDS_H_28",
            sod(|sod| sod.signer_id = SignerId::Respelled(Spelling::Foreign)),
            "genuine",
            SINGLE,
        ),
        (
            "LDS_H_29",
            sod(|sod| {
                sod.signer_id = SignerId::SubjectKeyId;
                let other = encode(0x80, &[&[0x5A; 20]]);
                sod.changes = sod.changes.clone().with(Part::SignerId, &other);
            }),
            "genuine",
            SINGLE_BY_KEY,
        ),
        // MD5 as digest algorithm, and none.
        (
            "LDS_H_30",
            with(Part::SignerDigest, &algorithm(MD5)),
            "inconclusive: sod.algorithm_unknown (hash algorithm 1.2.840.113549.2.5)",
            NO,
        ),
        (
            "LDS_H_31",
            without(Part::SignerDigest),
            "malformed (digestAlgorithm)",
            NO,
        ),
        // The signed digest is of other content, and there is none.
        (
            "LDS_H_32",
            sod(|sod| sod.attributes = SignedAttributes::OtherDigest),
            "not genuine: sod.digest_mismatch",
            NO,
        ),
        (
            "LDS_H_33",
            without(Part::MessageDigest),
            "not genuine: sod.attributes_missing",
            NO,
        ),
        // RSA with MD5 as signature algorithm.
        (
            "LDS_H_36",
            with(Part::SignatureAlgorithm, &algorithm(MD5_WITH_RSA)),
            "inconclusive: sod.algorithm_unknown (signature algorithm 1.2.840.113549.1.1.4)",
            NO,
        ),
        // The signature is wrong by a bit; it is empty; it is not there.
        (
            "LDS_H_37",
            file(|bytes| *bytes.last_mut().unwrap() ^= 1),
            "not genuine: sod.signature_wrong (ECDSA with SHA-256)",
            NO,
        ),
        (
            "LDS_H_38",
            with(Part::Signature, &encode(tag::OCTET_STRING, &[])),
            "not genuine: sod.signature_wrong (ECDSA with SHA-256)",
            NO,
        ),
        (
            "LDS_H_38",
            without(Part::Signature),
            "malformed (signature)",
            NO,
        ),
        // Version 3 beside issuer and serial number, version 1 beside a key identifier.
        (
            "LDS_H_84",
            with(Part::SignerVersion, &integer(3)),
            "inconclusive: sod.version (SignerInfo)",
            NO,
        ),
        (
            "LDS_H_85",
            sod(|sod| {
                sod.signer_id = SignerId::SubjectKeyId;
                sod.changes = sod.changes.clone().with(Part::SignerVersion, &integer(1));
            }),
            "inconclusive: sod.version (SignerInfo)",
            NO,
        ),
    ]);
}

#[test]
fn security_objects_that_are_not_as_they_must_be_are_named() {
    let dg1 = DataGroup::DG1;
    let dg2 = DataGroup::DG2;
    assert_all([
        // A false version, and none.
        (
            "LDS_H_39",
            with(Part::ObjectVersion, &integer(2)),
            "inconclusive: sod.version (LDSSecurityObject)",
            NO,
        ),
        (
            "LDS_H_40",
            without(Part::ObjectVersion),
            "malformed (LDSSecurityObject version)",
            NO,
        ),
        // MD5 as hash of the groups, and none.
        (
            "LDS_H_41",
            with(Part::HashAlgorithm, &algorithm(MD5)),
            "inconclusive: hashes.unread (1.2.840.113549.2.5)",
            NO,
        ),
        (
            "LDS_H_42",
            without(Part::HashAlgorithm),
            "malformed (algorithm)",
            NO,
        ),
        // The hash of DG2 is another, that of DG1 is absent.
        (
            "LDS_H_43",
            with(
                Part::HashValue(dg2),
                &encode(tag::OCTET_STRING, &[&[0x5A; 32]]),
            ),
            "not genuine: hashes.mismatch (DG2)",
            NO,
        ),
        (
            "LDS_H_44",
            without(Part::Entry(dg1)),
            "inconclusive: consistency.not_checked (DG1)",
            WITHOUT_DG1,
        ),
        // A hash for a DG10 that the chip does not have.
        (
            "LDS_H_45",
            surplus(),
            "inconclusive: hashes.unread (DG10)",
            LESS,
        ),
        // DG1 has the number FF, DG2 none.
        (
            "LDS_H_46",
            with(Part::Number(dg1), &integer(0xFF)),
            "malformed (DataGroupHash)",
            NO,
        ),
        (
            "LDS_H_47",
            without(Part::Number(dg2)),
            "malformed (dataGroupNumber)",
            NO,
        ),
    ]);
}

/// Signed with a DG10 that is then not written.
fn surplus() -> Scene {
    let dg10 = FileId::Group(DataGroup::DG10);
    card()
        .but(|scene| {
            scene.card.files.insert(dg10, vec![0x6A, 0]);
        })
        .sod(|_| {})
        .but(|scene| {
            scene.card.files.remove(&dg10);
        })
}

/// With these versions of LDS and Unicode, in EF.COM too.
fn of_version(lds: &str) -> Scene {
    let versions = Some((lds.to_owned(), "040000".to_owned()));
    card()
        .but(|scene| {
            let com = scene.card.files.get_mut(&FileId::Com).unwrap();
            *com = replaced(com, b"0107", lds.as_bytes());
        })
        .sod(|sod| sod.versions = versions)
}

/// The same with another number of the structure.
fn numbered(lds: &str, number: u8) -> Scene {
    let versions = Some((lds.to_owned(), "040000".to_owned()));
    of_version(lds).sod(|sod| {
        sod.versions = versions;
        sod.changes = sod
            .changes
            .clone()
            .with(Part::ObjectVersion, &integer(number));
    })
}

#[test]
fn versions_of_the_structure_are_told_apart() {
    assert_all([
        // LDS 1.8, rightly and with the number of 1.7.
        ("LDS_H_86", of_version("0108"), "genuine", NO),
        (
            "LDS_H_87",
            numbered("0108", 0),
            "inconclusive: sod.version (LDSSecurityObject)",
            NO,
        ),
        // LDS 1.7 with the number of 1.8.
        (
            "LDS_H_88",
            with(Part::ObjectVersion, &integer(1)),
            "inconclusive: sod.version (LDSSecurityObject)",
            NO,
        ),
        // LDS 1.9, in the form of 1.8, and with a number of its own.
        ("LDS_H_89", of_version("0109"), "genuine", LATER),
        (
            "LDS_H_89",
            numbered("0109", 2),
            "inconclusive: sod.version (LDSSecurityObject)",
            LATER,
        ),
    ]);
}

/// EF.COM that lists these tags.
fn com(tags: &[u8]) -> Scene {
    card().but(|scene| {
        let list = encode(0x5C, &[tags]);
        let versions = [encode(0x5F01, &[b"0107"]), encode(0x5F36, &[b"040000"])].concat();
        let file = encode(0x60, &[&versions, &list]);
        scene.card.files.insert(FileId::Com, file);
    })
}

#[test]
fn lists_of_groups_that_differ_are_told() {
    let signed = [0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F];
    assert_eq!(came(com(&signed)), Came::new("genuine", &[]));
    assert_all([
        // EF.SOD lists more than EF.COM, fewer, and equally many others.
        ("LDS_H_90", com(&signed[..5]), "genuine", LESS),
        (
            "LDS_H_91",
            com(&[0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F, 0x6B]),
            "genuine",
            MORE,
        ),
        (
            "LDS_H_92",
            com(&[0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6B]),
            "genuine",
            LESS_AND_MORE,
        ),
    ]);
}

/// EF.SOD has no place for a hash of EF.CardSecurity but that of a group, and 1D, its short
/// identifier, is the number of none. EF.CardSecurity has a signature of its own: where what was
/// signed is other content, the chip has no key to prove (LDS_H_93).
#[test]
fn a_digest_of_card_security_that_does_not_match_is_told() {
    let number = with(Part::Number(DataGroup::DG2), &integer(0x1D));
    assert_eq!(came(number), Came::new("malformed (DataGroupHash)", NO));

    let mapped = |faults: &[Fault]| {
        let faults = faults.iter().copied().map(Into::into).collect();
        Scene::of(find("an").with(|chip| {
            chip.pace = vec![PaceVariant {
                mapping: Mapping::ChipAuthentication,
                ..PaceVariant::generic(Cipher::Aes128, 13)
            }];
            chip.faults = faults;
        }))
    };
    assert_eq!(came(mapped(&[])).ending, "genuine");
    let changed = came(mapped(&[Fault::CardSecurityChanged]));
    assert_eq!(changed.ending, "not genuine: chip.proof_failed");
}

/// The names of what a program is shown of a card.
fn shown(report: &Report) -> Vec<String> {
    let times = Times {
        verify_ms: 0,
        registry_ms: 0,
    };
    let json = json::report(report, times, &Reveal::nothing());
    json.as_object().unwrap().keys().cloned().collect()
}

/// What nobody vouches for is decoded, so that a person can see it, and never under the name of
/// what is verified (LDS_H_69).
#[test]
fn nothing_is_shown_as_verified_before_its_signature_holds() {
    const VERIFIED: [&str; 3] = ["holder", "portrait", "details"];
    const UNVERIFIED: [&str; 3] = [
        "unverified_holder",
        "unverified_portrait",
        "unverified_details",
    ];
    let has = |report: &Report, names: [&str; 3]| {
        let shown = shown(report);
        names.map(|name| shown.iter().any(|other| other == name))
    };
    let honest = card().inspect().unwrap().report;
    assert!(matches!(honest.holder(), Some(Vouched::Verified(_))));
    assert_eq!(has(&honest, VERIFIED), [true; 3]);
    assert_eq!(has(&honest, UNVERIFIED), [false; 3]);

    // The signature of the security object, then that of the signer's certificate.
    let wrong = file(|bytes| *bytes.last_mut().unwrap() ^= 1);
    let mut signer = signer(|_| {});
    *signer.certificate.last_mut().unwrap() ^= 1;
    let unchained = signed_by(card(), &signer, |_| {});
    for (scene, check) in [
        (wrong, Check::SodSignature),
        (unchained, Check::SignerChain),
    ] {
        let report = scene.inspect().unwrap().report;
        assert_eq!(report.first_failure(), Some(check));
        assert!(matches!(report.holder(), Some(Vouched::Unverified(_))));
        assert!(matches!(report.portrait(), Some(Vouched::Unverified(_))));
        assert_eq!(has(&report, VERIFIED), [false; 3]);
        assert_eq!(has(&report, UNVERIFIED), [true; 3]);
        assert!(
            report
                .groups()
                .values()
                .all(|state| *state != GroupState::Verified)
        );
    }
}
