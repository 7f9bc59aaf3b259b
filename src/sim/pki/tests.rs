use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::crypto::hash::Hash;
use crate::lds::DataGroup;
use crate::lds::sod::SecurityObject;
use crate::lds::sod::signed_data;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::crl::Crl;
use crate::pki::signer;
use crate::pki::signer::SignerFault;
use crate::sim::keys::DsaKey;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::revocation_list::RevocationListSpec;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignedAttributes;
use crate::sim::pki::security_object::SignerId;
use crate::sim::pki::signing_key::EcParameters;

fn groups() -> BTreeMap<DataGroup, Vec<u8>> {
    BTreeMap::from([
        (DataGroup::DG1, b"one".to_vec()),
        (DataGroup::DG13, b"thirteen".to_vec()),
    ])
}

fn spec() -> SecurityObjectSpec {
    SecurityObjectSpec::new(date(2021, 5, 10).at(5, 0, 0, 0))
}

/// What the signer's check says, under the certificate that is embedded.
fn check(file: &[u8]) -> Result<SignedData, SignerFault> {
    let signed = SignedData::decode(&signed_data(file).unwrap()).unwrap();
    let certificate = Certificate::decode(&signed.certificates[0]).unwrap();
    assert!(signed.signers[0].id.names(&certificate));
    let key = certificate.public_key().unwrap();
    signer::verify(&signed, &signed.signers[0], &key).map(|_| signed)
}

/// To renew the files, write what the builder makes in their place.
#[test]
fn frozen_certificates_are_what_the_builder_makes() {
    let TestPki { csca, signer } = TestPki::shipped().unwrap();
    let built = csca.spec.self_signed(csca.key).unwrap();
    assert_eq!(hex::encode(&built.certificate), hex::encode(test_root()));
    let built = signer.spec.issued_by(&built, signer.key).unwrap();
    assert_eq!(
        hex::encode(&built.certificate),
        hex::encode(&signer.certificate)
    );
}

#[test]
fn the_certificates_say_what_they_should_and_chain() {
    let pki = TestPki::shipped().unwrap();
    let csca = Certificate::decode(&pki.csca.certificate).unwrap();
    let signer = Certificate::decode(&pki.signer.certificate).unwrap();
    assert!(csca.verify(&csca.public_key().unwrap()).is_ok());
    assert!(signer.verify(&csca.public_key().unwrap()).is_ok());
    assert_eq!(signer.country().as_deref(), Some("VN"));
    assert_eq!(csca.country().as_deref(), Some("VN"));
    assert!(csca.subject_text().contains("TEST CSCA"));
    assert_eq!(signer.authority_key_id(), csca.subject_key_id());
    assert_eq!(
        signer.subject_key_id(),
        Some(pki.signer.key_identifier().unwrap().as_slice())
    );
    assert_eq!(signer.document_types().unwrap(), ["I", "ID"]);
    assert!(csca.basic_constraints().is_some());
    assert!(signer.basic_constraints().is_none());
    assert!(signer.private_key_usage().is_some());
    assert!(csca.unknown_critical().is_empty() && signer.unknown_critical().is_empty());
}

#[test]
fn every_kind_of_signer_makes_a_security_object_that_verifies() {
    let kinds = [
        SHIPPED_SIGNER,
        SignerKey::Ec(Curve::P256),
        SignerKey::Ec(Curve::BrainpoolP512r1),
        SignerKey::RsaPkcs1,
        SignerKey::RsaPss,
        SignerKey::RsaBare,
        SignerKey::EcPlain(Curve::BrainpoolP256r1),
        SignerKey::Dsa(DsaKey::L2048N224),
    ];
    for (kind, digest) in kinds
        .into_iter()
        .flat_map(|kind| [Hash::Sha256, Hash::Sha512].map(|digest| (kind, digest)))
    {
        let pki = TestPki::with_signer(kind).unwrap();
        let certificate = Certificate::decode(&pki.signer.certificate).unwrap();
        let csca = Certificate::decode(&test_root()).unwrap();
        assert!(certificate.verify(&csca.public_key().unwrap()).is_ok());
        let spec = SecurityObjectSpec { digest, ..spec() };
        let file = spec.sign(&groups(), &pki.signer).unwrap();
        let signed = check(&file).unwrap();
        assert_eq!(signed.signers.len(), 1);
        let object = SecurityObject::decode(&signed.content).unwrap();
        assert_eq!(object.version, 0);
        assert_eq!(object.hash, Hash::Sha256);
        assert_eq!(
            object.hashes[&DataGroup::DG13],
            Hash::Sha256.digest(&[b"thirteen"])
        );
        assert_eq!(object.hashes.len(), 2);
    }
}

#[test]
fn the_unusual_forms_are_as_they_say() {
    let pki = TestPki::shipped().unwrap();
    let version_1 = SecurityObjectSpec {
        versions: Some(("0108".to_owned(), "040000".to_owned())),
        group_hash: Hash::Sha384,
        signer_id: SignerId::SubjectKeyId,
        signing_time: None,
        ..spec()
    };
    let signed = check(&version_1.sign(&groups(), &pki.signer).unwrap()).unwrap();
    let attributes = signed.signers[0].signed_attributes.as_ref().unwrap();
    assert!(attributes.signing_time.is_none());
    let object = SecurityObject::decode(&signed.content).unwrap();
    assert_eq!(object.version, 1);
    assert_eq!(object.hash, Hash::Sha384);
    assert_eq!(
        object.versions,
        Some(("0108".to_owned(), "040000".to_owned()))
    );
}

#[test]
fn forged_attributes_are_forged_in_one_way_each() {
    let pki = TestPki::shipped().unwrap();
    for (attributes, fault) in [
        (SignedAttributes::Absent, SignerFault::NoSignedAttributes),
        (SignedAttributes::OtherDigest, SignerFault::MessageDigest),
        (SignedAttributes::OtherContentType, SignerFault::ContentType),
    ] {
        let spec = SecurityObjectSpec {
            attributes,
            ..spec()
        };
        let file = spec.sign(&groups(), &pki.signer).unwrap();
        assert_eq!(check(&file).unwrap_err(), fault);
    }
}

#[test]
fn another_key_behind_the_certificate_does_not_verify() {
    let mut pki = TestPki::shipped().unwrap();
    pki.signer.key = SigningKey::Ec(keys::ec(Curve::BrainpoolP384r1, "impostor").unwrap());
    let file = spec().sign(&groups(), &pki.signer).unwrap();
    assert!(matches!(check(&file), Err(SignerFault::Wrong(_))));
}

#[test]
fn certificates_can_be_made_wrong() {
    let pki = TestPki::shipped().unwrap();
    let foreign = CertificateSpec::document_signer(Name::test("XX", "TEST DS foreign"));
    let spec = CertificateSpec {
        validity: (
            date(2010, 1, 1).at(0, 0, 0, 0),
            date(2051, 1, 1).at(0, 0, 0, 0),
        ),
        key_usage: None,
        private_key_usage: None,
        document_types: Vec::new(),
        parameters: EcParameters::Explicit,
        more_extensions: vec![extension(&[0x2A, 3], Critical::Yes, &[5, 0])],
        ..foreign
    };
    let key = SignerKey::Ec(Curve::P521).key().unwrap();
    let entity = spec.issued_by(&pki.csca, key).unwrap();
    let certificate = Certificate::decode(&entity.certificate).unwrap();
    assert_eq!(certificate.country().as_deref(), Some("XX"));
    assert_eq!(certificate.unknown_critical(), ["1.2.3"]);
    assert!(certificate.key_usage().is_none());
    assert!(certificate.document_types().is_none());
    assert_eq!(certificate.not_after().to_string(), "2051-01-01T00:00:00Z");
    // The explicit parameters are those of the named curve.
    assert!(certificate.public_key().is_ok());
}

#[test]
fn revocation_lists_verify_and_name_what_is_revoked() {
    let pki = TestPki::shipped().unwrap();
    let spec = RevocationListSpec {
        this_update: date(2026, 11, 1).at(0, 0, 0, 0),
        next_update: date(2027, 2, 1).at(0, 0, 0, 0),
        number: 7,
        revoked: vec![pki.signer.spec.serial.clone()],
    };
    let csca = Certificate::decode(&test_root()).unwrap();
    let crl = Crl::decode(&spec.sign(&pki.csca).unwrap()).unwrap();
    assert!(crl.verify(&csca).is_ok());
    assert_eq!(crl.number(), Some([7].as_slice()));
    let signer = Certificate::decode(&pki.signer.certificate).unwrap();
    assert!(crl.revoked(signer.serial()).is_some());
    assert!(crl.revoked(csca.serial()).is_none());
    let empty = RevocationListSpec {
        revoked: Vec::new(),
        ..spec
    };
    let crl = Crl::decode(&empty.sign(&pki.csca).unwrap()).unwrap();
    assert!(crl.is_empty());
}

/// How the profile of document signers is departed from (Doc 9303-12 §7.1.1).
mod departures {
    use super::*;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::tag;
    use crate::pki::profile::Departure;
    use crate::pki::profile::departures;
    use crate::sim::pki::certificate::Part;

    const UTC_TIME: u32 = 0x17;
    const GENERALIZED_TIME: u32 = 0x18;

    /// The departures of the test signer with one part in another form.
    fn with(part: Part, bytes: &[u8]) -> Vec<Departure> {
        let TestPki { csca, signer } = TestPki::shipped().unwrap();
        let mut spec = signer.spec;
        spec.changes = spec.changes.with(part, bytes);
        let issued = spec.issued_by(&csca, signer.key).unwrap();
        departures(&Certificate::decode(&issued.certificate).unwrap())
    }

    fn validity(tag: u32, text: &str) -> Vec<u8> {
        let time = encode(tag, &[text.as_bytes()]);
        encode(tag::SEQUENCE, &[&time, &time])
    }

    #[test]
    fn every_departure_is_found_alone() {
        let shipped = TestPki::shipped().unwrap();
        for entity in [shipped.signer, shipped.csca] {
            let certificate = Certificate::decode(&entity.certificate).unwrap();
            assert_eq!(departures(&certificate), []);
        }
        let usage = extension(&[0x55, 0x1D, 15], Critical::No, &[3, 2, 7, 0x80]);
        for (part, bytes, expected) in [
            (Part::Version, vec![], Departure::Version),
            (Part::Version, vec![0xA0, 3, 2, 1, 1], Departure::Version),
            (
                Part::Validity,
                validity(GENERALIZED_TIME, "20210201000000Z"),
                Departure::TimeForm,
            ),
            (
                Part::Validity,
                validity(UTC_TIME, "2102010000Z"),
                Departure::TimeForm,
            ),
            (
                Part::Subject,
                Name::test("vn", "TEST DS").encode(),
                Departure::Name,
            ),
            (Part::AuthorityKeyId, vec![], Departure::AuthorityKeyId),
            (Part::KeyUsage, usage, Departure::KeyUsageNotCritical),
        ] {
            assert_eq!(with(part, &bytes), [expected], "{part:?}");
        }
    }
}

mod roundtrip {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::pki::security_object::Encoding;

    const HASHES: [Hash; 5] = [
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
    ];

    /// 2.23.136.1.1.1, 1.3.27.1.1.1 and 1.2.528.1.1006.1.20.1
    const CONTENT_TYPES: [&[u8]; 3] = [
        &[0x67, 0x81, 0x08, 1, 1, 1],
        &[0x2B, 0x1B, 1, 1, 1],
        &[0x2A, 0x84, 0x10, 1, 0x87, 0x6E, 1, 20, 1],
    ];

    const ENCODINGS: [Encoding; 3] = [Encoding::Der, Encoding::Indefinite, Encoding::SplitOctets];

    fn some_groups() -> impl Strategy<Value = BTreeMap<DataGroup, Vec<u8>>> {
        let content = proptest::collection::vec(any::<u8>(), 0..40);
        proptest::collection::btree_map(1_u8..=16, content, 1..=16).prop_map(|groups| {
            groups
                .into_iter()
                .filter_map(|(number, bytes)| Some((DataGroup::new(number)?, bytes)))
                .collect()
        })
    }

    proptest! {
        // Each signs twice.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_comes_back(
            groups in some_groups(),
            versions in proptest::option::of(("[0-9]{4}", "[0-9]{6}")),
            group_hash in proptest::sample::select(&HASHES[..]),
            digest in proptest::sample::select(&HASHES[..]),
            content_type in proptest::sample::select(&CONTENT_TYPES[..]),
            encoding in proptest::sample::select(&ENCODINGS[..]),
            signer_id in proptest::sample::select(&[SignerId::IssuerAndSerial, SignerId::SubjectKeyId][..]),
        ) {
            let pki = TestPki::shipped().unwrap();
            let spec = SecurityObjectSpec {
                group_hash,
                versions: versions.clone(),
                content_type: content_type.to_vec(),
                digest,
                signer_id,
                encoding,
                ..spec()
            };
            let file = spec.sign(&groups, &pki.signer).unwrap();
            let signed = check(&file).unwrap();
            prop_assert_eq!(signed.version, 3);
            prop_assert_eq!(&signed.content_type, content_type);
            prop_assert_eq!(&signed.content, &spec.security_object(&groups));
            let version = match signer_id {
                SignerId::SubjectKeyId => 3,
                _ => 1,
            };
            prop_assert_eq!(signed.signers[0].version, version);
            let object = SecurityObject::decode(&signed.content).unwrap();
            prop_assert!(object.version_fits());
            prop_assert_eq!(object.hash, group_hash);
            prop_assert_eq!(object.version, u32::from(versions.is_some()));
            prop_assert_eq!(object.versions, versions);
            let expected: BTreeMap<DataGroup, Vec<u8>> = groups
                .iter()
                .map(|(group, bytes)| (*group, group_hash.digest(&[bytes])))
                .collect();
            prop_assert_eq!(object.hashes, expected);
        }
    }
}
