//! Which test plays which of the cases `LDS_H_*`.

use crate::conformance::ids::Place;

use Place::NotPlayable;
use Place::Played;

/// What is said of a case that is there no more.
const DELETED: &str = "the edition that the list follows has deleted the case";

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // RSA PKCS#1 v1.5 with SHA-1.
    (
        "LDS_H_01",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA-PSS with SHA-1.
    (
        "LDS_H_02",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA-PSS with SHA-256.
    (
        "LDS_H_03",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA PKCS#1 v1.5 with SHA-224.
    (
        "LDS_H_04",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA PKCS#1 v1.5 with SHA-256.
    (
        "LDS_H_05",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA PKCS#1 v1.5 with SHA-384.
    (
        "LDS_H_06",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA PKCS#1 v1.5 with SHA-512.
    (
        "LDS_H_07",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // DSA with SHA-1.
    (
        "LDS_H_08",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // ECDSA with SHA-1.
    (
        "LDS_H_09",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Plain ECDSA with SHA-1.
    (
        "LDS_H_10",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Plain ECDSA with SHA-224.
    (
        "LDS_H_11",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Plain ECDSA with SHA-256.
    (
        "LDS_H_12",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Plain ECDSA with SHA-384.
    (
        "LDS_H_13",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Plain ECDSA with SHA-512.
    (
        "LDS_H_14",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // The signer's certificate is not inside.
    (
        "LDS_H_15",
        Played(
            "conformance::lds::security_object::algorithms::a_signer_that_is_not_inside_is_taken_from_the_operator",
        ),
    ),
    ("LDS_H_16", NotPlayable(DELETED)),
    // The file begins with another tag.
    (
        "LDS_H_17",
        Played(
            "conformance::lds::security_object::structure::a_frame_that_is_no_frame_ends_the_read",
        ),
    ),
    // The file's length is less than what it holds.
    (
        "LDS_H_18",
        Played(
            "conformance::lds::security_object::structure::a_frame_that_is_no_frame_ends_the_read",
        ),
    ),
    // The file's length is more than what it holds.
    (
        "LDS_H_19",
        Played(
            "conformance::lds::security_object::structure::a_frame_that_is_no_frame_ends_the_read",
        ),
    ),
    // SignedData has a false version.
    (
        "LDS_H_20",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignedData has no version.
    (
        "LDS_H_21",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignedData announces MD5.
    (
        "LDS_H_22",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignedData announces no digest algorithms.
    (
        "LDS_H_23",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The content has another type.
    (
        "LDS_H_24",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The content has no type.
    (
        "LDS_H_25",
        Played(
            "conformance::lds::security_object::structure::signed_data_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo has a false version.
    (
        "LDS_H_26",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo has no version.
    (
        "LDS_H_27",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo names another issuer and number.
    (
        "LDS_H_28",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo names another key.
    (
        "LDS_H_29",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo's digest is MD5.
    (
        "LDS_H_30",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo has no digest algorithm.
    (
        "LDS_H_31",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The signed digest is of other content.
    (
        "LDS_H_32",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // There is no signed digest.
    (
        "LDS_H_33",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    ("LDS_H_34", NotPlayable(DELETED)),
    ("LDS_H_35", NotPlayable(DELETED)),
    // SignerInfo's signature is RSA with MD5.
    (
        "LDS_H_36",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The signature is wrong.
    (
        "LDS_H_37",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // There is no signature.
    (
        "LDS_H_38",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The security object has a false version.
    (
        "LDS_H_39",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The security object has no version.
    (
        "LDS_H_40",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The groups are hashed with MD5.
    (
        "LDS_H_41",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // No hash algorithm is named.
    (
        "LDS_H_42",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The hash of DG2 is another.
    (
        "LDS_H_43",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // There is no hash of DG1.
    (
        "LDS_H_44",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // There is a hash of a DG10 that is not there.
    (
        "LDS_H_45",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // DG1 has the number FF.
    (
        "LDS_H_46",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // DG2 has no number.
    (
        "LDS_H_47",
        Played(
            "conformance::lds::security_object::structure::security_objects_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // The certificate has a false version.
    (
        "LDS_H_48",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no version.
    (
        "LDS_H_49",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no serial number.
    (
        "LDS_H_50",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate names two signature algorithms.
    (
        "LDS_H_51",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no algorithm inside.
    (
        "LDS_H_52",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The issuer's name is not as names must be.
    (
        "LDS_H_53",
        Played(
            "conformance::lds::security_object::certificates::an_issuer_that_is_not_right_is_told",
        ),
    ),
    // The issuer is none that is trusted.
    (
        "LDS_H_54",
        Played(
            "conformance::lds::security_object::certificates::an_issuer_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no issuer.
    (
        "LDS_H_55",
        Played(
            "conformance::lds::security_object::certificates::an_issuer_that_is_not_right_is_told",
        ),
    ),
    // The dates of the certificate have another form.
    (
        "LDS_H_56",
        Played("conformance::lds::security_object::certificates::dates_in_another_form_are_told"),
    ),
    // The certificate has no dates.
    (
        "LDS_H_57",
        Played("conformance::lds::security_object::certificates::dates_in_another_form_are_told"),
    ),
    // The certificate's key goes by RSA with MD5.
    (
        "LDS_H_58",
        Played("conformance::lds::security_object::certificates::a_key_that_is_none_is_told"),
    ),
    // The certificate has no key.
    (
        "LDS_H_59",
        Played("conformance::lds::security_object::certificates::a_key_that_is_none_is_told"),
    ),
    // The authority's key identifier has no key identifier.
    (
        "LDS_H_60",
        Played(
            "conformance::lds::security_object::certificates::extensions_that_are_not_right_are_told",
        ),
    ),
    // The certificate has no authority key identifier.
    (
        "LDS_H_61",
        Played(
            "conformance::lds::security_object::certificates::extensions_that_are_not_right_are_told",
        ),
    ),
    // The key usage is not critical.
    (
        "LDS_H_62",
        Played(
            "conformance::lds::security_object::certificates::extensions_that_are_not_right_are_told",
        ),
    ),
    // The key usage lacks digitalSignature.
    (
        "LDS_H_63",
        Played(
            "conformance::lds::security_object::certificates::extensions_that_are_not_right_are_told",
        ),
    ),
    // The certificate has no key usage.
    (
        "LDS_H_64",
        Played(
            "conformance::lds::security_object::certificates::extensions_that_are_not_right_are_told",
        ),
    ),
    // The certificate is signed with RSA and MD5.
    (
        "LDS_H_65",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no algorithm outside.
    (
        "LDS_H_66",
        Played(
            "conformance::lds::security_object::certificates::a_version_a_number_or_an_algorithm_that_is_not_right_is_told",
        ),
    ),
    // The certificate's signature is wrong.
    (
        "LDS_H_67",
        Played(
            "conformance::lds::security_object::certificates::a_signature_that_is_not_right_is_told",
        ),
    ),
    // The certificate has no signature.
    (
        "LDS_H_68",
        Played(
            "conformance::lds::security_object::certificates::a_signature_that_is_not_right_is_told",
        ),
    ),
    // What is shown before signatures are checked.
    (
        "LDS_H_69",
        Played(
            "conformance::lds::security_object::structure::nothing_is_shown_as_verified_before_its_signature_holds",
        ),
    ),
    // ECDSA with SHA-224.
    (
        "LDS_H_70",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // ECDSA with SHA-256.
    (
        "LDS_H_71",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // ECDSA with SHA-384.
    (
        "LDS_H_72",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // ECDSA with SHA-512.
    (
        "LDS_H_73",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // Groups and signature have different hashes.
    (
        "LDS_H_74",
        Played(
            "conformance::lds::security_object::algorithms::content_signature_and_certificates_may_differ_in_their_algorithms",
        ),
    ),
    // RSA-PSS and SHA-256 over hashes of SHA-224.
    (
        "LDS_H_75",
        Played(
            "conformance::lds::security_object::algorithms::content_signature_and_certificates_may_differ_in_their_algorithms",
        ),
    ),
    // RSA below an authority with ECDSA and SHA-224.
    (
        "LDS_H_76",
        Played(
            "conformance::lds::security_object::algorithms::content_signature_and_certificates_may_differ_in_their_algorithms",
        ),
    ),
    // RSA-PSS with SHA-256 below RSA-PSS with SHA-224.
    (
        "LDS_H_77",
        Played(
            "conformance::lds::security_object::algorithms::content_signature_and_certificates_may_differ_in_their_algorithms",
        ),
    ),
    // RSA-PSS below RSA PKCS#1 v1.5.
    (
        "LDS_H_78",
        Played(
            "conformance::lds::security_object::algorithms::content_signature_and_certificates_may_differ_in_their_algorithms",
        ),
    ),
    // RSA under its bare identifier with SHA-1.
    (
        "LDS_H_79",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // The same with SHA-224.
    (
        "LDS_H_80",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // The same with SHA-256.
    (
        "LDS_H_81",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // The same with SHA-384.
    (
        "LDS_H_82",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // The same with SHA-512.
    (
        "LDS_H_83",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // SignerInfo of version 3 with issuer and number.
    (
        "LDS_H_84",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // SignerInfo of version 1 with a key identifier.
    (
        "LDS_H_85",
        Played(
            "conformance::lds::security_object::structure::signer_infos_that_are_not_as_they_must_be_are_named",
        ),
    ),
    // LDS 1.8.
    (
        "LDS_H_86",
        Played(
            "conformance::lds::security_object::structure::versions_of_the_structure_are_told_apart",
        ),
    ),
    // LDS 1.8 with another version of the structure.
    (
        "LDS_H_87",
        Played(
            "conformance::lds::security_object::structure::versions_of_the_structure_are_told_apart",
        ),
    ),
    // LDS 1.7 with the version of 1.8.
    (
        "LDS_H_88",
        Played(
            "conformance::lds::security_object::structure::versions_of_the_structure_are_told_apart",
        ),
    ),
    // A later LDS.
    (
        "LDS_H_89",
        Played(
            "conformance::lds::security_object::structure::versions_of_the_structure_are_told_apart",
        ),
    ),
    // EF.SOD lists more groups than EF.COM.
    (
        "LDS_H_90",
        Played(
            "conformance::lds::security_object::structure::lists_of_groups_that_differ_are_told",
        ),
    ),
    // EF.SOD lists fewer groups than EF.COM.
    (
        "LDS_H_91",
        Played(
            "conformance::lds::security_object::structure::lists_of_groups_that_differ_are_told",
        ),
    ),
    // EF.SOD lists others than EF.COM, as many.
    (
        "LDS_H_92",
        Played(
            "conformance::lds::security_object::structure::lists_of_groups_that_differ_are_told",
        ),
    ),
    // A digest of EF.CardSecurity does not match.
    (
        "LDS_H_93",
        Played(
            "conformance::lds::security_object::structure::a_digest_of_card_security_that_does_not_match_is_told",
        ),
    ),
    // RSA-PSS with SHA-224.
    (
        "LDS_H_94",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA-PSS with SHA-384.
    (
        "LDS_H_95",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // RSA-PSS with SHA-512.
    (
        "LDS_H_96",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // DSA with SHA-224.
    (
        "LDS_H_97",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
    // DSA with SHA-256.
    (
        "LDS_H_98",
        Played(
            "conformance::lds::security_object::algorithms::every_algorithm_of_a_signer_is_verified",
        ),
    ),
];
