//! Master lists and deviation lists: made by the test PKI and by OpenSSL in every way that states
//! publish them, forged, and real.

mod cms_program;

use std::path::Path;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::crl::Reason;
use cancuoc::pki::deviation_list;
use cancuoc::pki::deviation_list::Concern;
use cancuoc::pki::deviation_list::Datagroup;
use cancuoc::pki::deviation_list::DeviationList;
use cancuoc::pki::deviation_list::DeviationType;
use cancuoc::pki::deviation_list::Document;
use cancuoc::pki::deviation_list::DocumentSigner;
use cancuoc::pki::deviation_list::Parameter;
use cancuoc::pki::list::Capacity;
use cancuoc::pki::list::ListFault;
use cancuoc::pki::master_list;
use cancuoc::pki::master_list::MasterList;
use cancuoc::pki::path;
use cancuoc::pki::path::PathFault;
use cancuoc::pki::path::Signs;
use cancuoc::pki::signer::AttributeForm;
use cancuoc::pki::signer::SignerFault;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::keys;
use cancuoc::sim::keys::DsaKey;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::deviation_list::DescriptionSpec;
use cancuoc::sim::pki::deviation_list::DeviationListSpec;
use cancuoc::sim::pki::deviation_list::DeviationSpec;
use cancuoc::sim::pki::deviation_list::NamedSigner;
use cancuoc::sim::pki::deviation_list::Tags;
use cancuoc::sim::pki::deviation_list::deviation_list_signer;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::master_list::master_list_signer;
use cancuoc::sim::pki::renewal::RenewalSpec;
use cancuoc::sim::pki::revocation_list::Extras;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::sim::pki::security_object::AttributeOrder;
use cancuoc::sim::pki::security_object::Encoding;
use cancuoc::sim::pki::security_object::Part;
use cancuoc::sim::pki::security_object::SignedAttributes;
use cancuoc::sim::pki::security_object::SignerId;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::sim::pki::spelling::AlgorithmParameters;
use cancuoc::sim::pki::spelling::Spelling;
use cancuoc::sim::pki::test_root;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const SIGNED: &str = "2024-03-01T08:00:00Z";

fn signed() -> DateTime {
    date(2024, 3, 1).at(8, 0, 0, 0)
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// The test authority.
fn authority() -> Entity {
    TestPki::shipped().unwrap().csca
}

/// A list signer of the test authority with this kind of key.
fn list_signer(kind: SignerKey) -> Entity {
    let spec = master_list_signer(Name::test("VN", "TEST master list signer"));
    spec.issued_by(&authority(), kind.key().unwrap()).unwrap()
}

/// A small list.
fn spec() -> MasterListSpec {
    MasterListSpec::new(vec![test_root()], signed())
}

const EC: SignerKey = SignerKey::Ec(Curve::P256);

/// What a change to the list's making comes to.
fn fault(change: impl FnOnce(&mut MasterListSpec)) -> ListFault {
    let mut spec = spec();
    change(&mut spec);
    let list = spec.sign(&list_signer(EC)).unwrap();
    MasterList::decode(&list).unwrap().verify(&[]).unwrap_err()
}

/// A store that has the test authority alone.
fn store() -> TrustStore {
    let mut store = TrustStore::empty();
    store.add_anchor(
        Certificate::decode(&test_root()).unwrap(),
        Provenance::TestCard,
    );
    store
}

#[test]
fn lists_by_every_kind_of_key_verify_and_lead_to_the_authority() {
    for kind in [
        EC,
        SignerKey::Ec(Curve::P521),
        SignerKey::Ec(Curve::BrainpoolP256r1),
        SignerKey::EcPlain(Curve::BrainpoolP384r1),
        SignerKey::RsaPkcs1,
        SignerKey::RsaBare,
        SignerKey::RsaPss,
        SignerKey::RsaPssSalt(0),
        SignerKey::RsaPssSalt(20),
        SignerKey::RsaPssSalt(64),
        SignerKey::Dsa(DsaKey::L2048N256),
    ] {
        for digest in [Hash::Sha256, Hash::Sha512] {
            let mut spec = spec();
            spec.cms.digest = digest;
            let list = MasterList::decode(&spec.sign(&list_signer(kind)).unwrap()).unwrap();
            assert_eq!(list.version, 0);
            assert_eq!(list.certificates.len(), 1);
            let signatories = list.verify(&[]).unwrap();
            let [signatory] = signatories.as_slice() else {
                panic!("{signatories:?}");
            };
            assert_eq!(signatory.capacity, Capacity::ListSigner);
            assert_eq!(signatory.signed, Some(at(SIGNED)));
            assert_eq!(signatory.scheme.hash(), digest);
            let path = path::path(
                &signatory.certificate,
                &store(),
                at("2026-12-01T00:00:00Z"),
                Signs::Records(master_list::SIGNING_KEY),
            );
            assert_eq!(path.unwrap().country, "VN", "{kind:?}");
            let as_document_signer =
                path::signer_path(&signatory.certificate, &store(), at(SIGNED));
            assert_eq!(as_document_signer.unwrap_err(), PathFault::Purpose);
        }
    }
    // Everything by default is SHA-1.
    let mut spec = spec();
    spec.cms.digest = Hash::Sha1;
    let list = spec.sign(&list_signer(SignerKey::RsaPssDefaults)).unwrap();
    assert!(MasterList::decode(&list).unwrap().verify(&[]).is_ok());
}

#[test]
fn lists_in_every_honest_form_verify() {
    let forms: [fn(&mut MasterListSpec); 9] = [
        |spec| spec.cms.encoding = Encoding::Indefinite,
        |spec| spec.cms.encoding = Encoding::SplitOctets,
        |spec| spec.cms.order = AttributeOrder::Reversed,
        |spec| spec.cms.order = AttributeOrder::ReversedAfterSigning,
        |spec| spec.cms.parameters = AlgorithmParameters::Null,
        |spec| spec.cms.signer_id = SignerId::IssuerAndSerial,
        |spec| spec.cms.signer_id = SignerId::Respelled(Spelling::UpperCase),
        |spec| {
            let none = encode(tag::SET, &[]);
            let changes = spec.cms.changes.clone();
            spec.cms.changes = changes.with(Part::DigestAlgorithms, &none);
        },
        |spec| spec.cms.signing_time = None,
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let mut spec = spec();
        form(&mut spec);
        let list = MasterList::decode(&spec.sign(&list_signer(EC)).unwrap()).unwrap();
        let signatories = list.verify(&[]).unwrap();
        let undated = number == 8;
        assert_eq!(signatories[0].signed.is_none(), undated);
        let sent = match number {
            2 => AttributeForm::Unsorted,
            3 => AttributeForm::Sorted,
            _ => AttributeForm::AsSent,
        };
        assert_eq!(signatories[0].form, sent);
    }
}

#[test]
fn a_signer_that_the_list_does_not_bring_may_stand_beside() {
    let mut spec = spec();
    spec.cms.certificates = Some(Vec::new());
    let signer = list_signer(EC);
    let list = MasterList::decode(&spec.sign(&signer).unwrap()).unwrap();
    assert!(list.signers().is_empty());
    assert_eq!(list.verify(&[]).unwrap_err(), ListFault::SignerMissing);
    let kept = Certificate::decode(&signer.certificate).unwrap();
    let other = Certificate::decode(&test_root()).unwrap();
    let signatories = list.verify(&[other, kept.clone()]).unwrap();
    assert_eq!(signatories[0].certificate, kept);
}

#[test]
fn what_is_not_signed_as_it_stands_is_refused_by_its_name() {
    let wrong = |fault: ListFault| match fault {
        ListFault::Signature(fault) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        wrong(fault(|spec| spec.cms.attributes = SignedAttributes::Absent)),
        SignerFault::NoSignedAttributes
    );
    assert_eq!(
        wrong(fault(
            |spec| spec.cms.attributes = SignedAttributes::OtherDigest
        )),
        SignerFault::MessageDigest
    );
    assert_eq!(
        wrong(fault(
            |spec| spec.cms.attributes = SignedAttributes::OtherContentType
        )),
        SignerFault::ContentType
    );
    let other_signature = fault(|spec| {
        let signature = encode(tag::OCTET_STRING, &[&[0x30, 6, 2, 1, 1, 2, 1, 1]]);
        let changes = spec.cms.changes.clone();
        spec.cms.changes = changes.with(Part::Signature, &signature);
    });
    assert!(matches!(wrong(other_signature), SignerFault::Wrong(_)));
    let unread = fault(|spec| {
        spec.cms.certificates = Some(vec![encode(tag::SEQUENCE, &[&[2, 1, 0]])]);
    });
    assert!(matches!(unread, ListFault::SignerMalformed(_)));
}

#[test]
fn only_a_certificate_for_the_purpose_or_an_authority_s_signs_lists() {
    let pki = TestPki::shipped().unwrap();
    let by = |signer: &Entity| MasterList::decode(&spec().sign(signer).unwrap()).unwrap();
    let document_signer = by(&pki.signer).verify(&[]);
    assert_eq!(document_signer.unwrap_err(), ListFault::Purpose);
    let other_purpose = deviation_list_signer(Name::test("VN", "TEST deviation list signer"))
        .issued_by(&pki.csca, EC.key().unwrap())
        .unwrap();
    assert_eq!(
        by(&other_purpose).verify(&[]).unwrap_err(),
        ListFault::Purpose
    );
    let signatories = by(&pki.csca).verify(&[]).unwrap();
    assert_eq!(signatories[0].capacity, Capacity::Authority);
}

/// The list with its signed data's certificates, CRLs and signers made anew, each as the octets
/// inside the set.
fn rebuilt(list: &[u8], change: impl FnOnce(&mut [Vec<u8>; 3])) -> Vec<u8> {
    let mut info = Reader::new(list).element("list").unwrap().inside().unwrap();
    let kind = info.element("kind").unwrap().raw;
    let mut content = info.element("content").unwrap().inside().unwrap();
    let mut fields = content.element("data").unwrap().inside().unwrap();
    let mut head = Vec::new();
    for _ in 0..3 {
        head.extend_from_slice(fields.element("field").unwrap().raw);
    }
    let certificates = fields.optional(0xA0, "certificates").unwrap();
    let certificates = certificates.map(|set| set.value.to_vec());
    let signers = fields.element("signers").unwrap().value.to_vec();
    let mut sets = [certificates.unwrap_or_default(), Vec::new(), signers];
    change(&mut sets);
    let [certificates, crls, signers] = sets;
    let optional = |tag, inside: &[u8]| match inside {
        [] => Vec::new(),
        inside => encode(tag, &[inside]),
    };
    let data = encode(
        tag::SEQUENCE,
        &[
            &head,
            &optional(0xA0, &certificates),
            &optional(0xA1, &crls),
            &encode(tag::SET, &[&signers]),
        ],
    );
    encode(tag::SEQUENCE, &[kind, &encode(0xA0, &[&data])])
}

/// Certificates and signers of a list.
fn parts(list: &[u8]) -> [Vec<u8>; 3] {
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    rebuilt(list, |sets| parts = sets.clone());
    parts
}

#[test]
fn every_one_of_several_signatures_must_hold() {
    let first = spec().sign(&list_signer(EC)).unwrap();
    let second_signer = list_signer(SignerKey::RsaPss);
    let second = parts(&spec().sign(&second_signer).unwrap());
    let both = rebuilt(&first, |[certificates, _, signers]| {
        certificates.extend_from_slice(&second[0]);
        signers.extend_from_slice(&second[2]);
    });
    let list = MasterList::decode(&both).unwrap();
    let signatories = list.verify(&[]).unwrap();
    assert_eq!(signatories.len(), 2);
    assert_eq!(
        signatories[1].certificate.raw(),
        second_signer.certificate.as_slice()
    );
    // One that is wrong takes the right one with it.
    let mut other = spec();
    other.certificates.clear();
    let foreign = parts(&other.sign(&second_signer).unwrap());
    let mixed = rebuilt(&first, |[certificates, _, signers]| {
        certificates.extend_from_slice(&second[0]);
        signers.extend_from_slice(&foreign[2]);
    });
    assert_eq!(
        MasterList::decode(&mixed).unwrap().verify(&[]).unwrap_err(),
        ListFault::Signature(SignerFault::MessageDigest)
    );
    let none = rebuilt(&first, |sets| sets[2].clear());
    let none = MasterList::decode(&none).unwrap().verify(&[]);
    assert_eq!(none.unwrap_err(), ListFault::Unsigned);
    let five = rebuilt(&first, |sets| sets[2] = sets[2].repeat(5));
    let five = MasterList::decode(&five).unwrap().verify(&[]);
    assert_eq!(five.unwrap_err(), ListFault::TooManySigners(5));
}

#[test]
fn what_else_stands_beside_the_signer_disturbs_nothing() {
    let list = spec().sign(&list_signer(EC)).unwrap();
    let crl = RevocationListSpec {
        this_update: signed(),
        next_update: date(2024, 6, 1).at(0, 0, 0, 0),
        number: 1,
        revoked: Vec::new(),
    };
    let crl = crl.sign(&authority()).unwrap();
    let crowded = rebuilt(&list, |[certificates, crls, _]| {
        // An attribute certificate (RFC 5652 §10.2.2), the authority's own, one that is none.
        let mut all = encode(0xA1, &[&encode(tag::SEQUENCE, &[])]);
        all.extend(test_root());
        all.extend(encode(tag::SEQUENCE, &[&[5, 0]]));
        all.append(certificates);
        *certificates = all;
        crls.extend(crl);
    });
    let list = MasterList::decode(&crowded).unwrap();
    assert_eq!(list.signers().len(), 2);
    assert!(list.verify(&[]).is_ok());
}

#[test]
fn roots_and_links_with_one_key_identifier_are_told_apart_by_what_they_may() {
    // The authority signs by its key's identifier, and its link has the same.
    let old = authority();
    let key = keys::ec(Curve::P384, "CSCA 2").unwrap();
    let renewal = RenewalSpec {
        subject: None,
        validity: (signed(), date(2040, 1, 1).at(0, 0, 0, 0)),
        number: 2,
    };
    let renewal = renewal.sign(&old, SigningKey::Ec(key)).unwrap();
    let link = Certificate::decode(&renewal.link).unwrap();
    let root = Certificate::decode(&renewal.root.certificate).unwrap();
    assert_eq!(link.subject_key_id(), root.subject_key_id());
    assert_ne!(link.serial(), root.serial());
    let old = Certificate::decode(&old.certificate).unwrap();
    assert!(link.verify(&old.public_key().unwrap()).is_ok());
    assert!(root.verify(&root.public_key().unwrap()).is_ok());
    let mut spec = spec();
    spec.cms.certificates = Some(vec![renewal.link.clone(), renewal.root.certificate.clone()]);
    let list = MasterList::decode(&spec.sign(&renewal.root).unwrap()).unwrap();
    let signatories = list.verify(&[]).unwrap();
    assert_eq!(signatories[0].capacity, Capacity::Authority);
}

#[test]
fn no_truncation_and_no_lie_about_a_length_decodes() {
    let list = spec().sign(&list_signer(EC)).unwrap();
    for keep in 0..list.len() {
        assert!(MasterList::decode(&list[..keep]).is_err(), "{keep}");
    }
    let mut trailing = list.clone();
    trailing.push(0);
    assert!(MasterList::decode(&trailing).is_err());
    // A billion octets.
    let lie = [&[0x30, 0x84, 0x3B, 0x9A, 0xCA, 0x00][..], &test_root()].concat();
    assert!(Certificate::decode(&lie).is_err());
    let mut liar = spec();
    liar.certificates = vec![lie];
    let list = liar.sign(&list_signer(EC)).unwrap();
    assert!(MasterList::decode(&list).is_err());
}

/// A file of the data beside the project, where it is there.
fn shared(file: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/trust");
    let bytes = std::fs::read(folder.join(file)).ok();
    if bytes.is_none() {
        println!("skipped: no ../shared/data");
    }
    bytes
}

#[test]
fn the_real_german_lists_verify_and_lead_to_their_authority() {
    let Some(root) = shared("DE_ROOT_CA_CSCA07.cer") else {
        return;
    };
    let root = Certificate::decode(&root).unwrap();
    for (file, signed, certificates) in [
        ("DE_ML_2024-08-07-07-38-24.ml", "2024-08-07T05:38:24Z", 541),
        ("DE_ML_2026-05-28-08-28-45.ml", "2026-05-28T06:28:45Z", 588),
    ] {
        let bytes = shared(file).unwrap();
        let list = MasterList::decode(&bytes).unwrap();
        assert_eq!(list.certificates.len(), certificates);
        assert!(list.unread.is_empty());
        let signatories = list.verify(&[]).unwrap();
        assert_eq!(signatories.len(), 1);
        assert_eq!(signatories[0].capacity, Capacity::ListSigner);
        assert_eq!(signatories[0].signed, Some(at(signed)));
        assert_eq!(signatories[0].form, AttributeForm::AsSent);
        // Its authority is the one in the file, or one that the list itself has.
        let of = |anchors: Vec<Certificate>| {
            let mut store = TrustStore::empty();
            for anchor in anchors.into_iter().filter(Certificate::self_keyed) {
                let source = "test".to_owned();
                store.add_anchor(anchor, Provenance::National { source });
            }
            path::path(
                &signatories[0].certificate,
                &store,
                at(signed),
                Signs::Records(master_list::SIGNING_KEY),
            )
        };
        let inside = of(list.certificates.clone()).unwrap();
        assert_eq!(inside.country, "DE");
        let alone = of(vec![root.clone()]);
        println!(
            "{file}: under CSCA07 alone {:?}",
            alone.map(|path| path.signatures.len())
        );
        // Any other octet of the list, and the signature is wrong.
        let mut forged = bytes.clone();
        forged[5000] ^= 1;
        if let Ok(forged) = MasterList::decode(&forged) {
            assert!(forged.verify(&[]).is_err());
        }
    }
}

#[test]
fn deviation_lists_come_back_as_they_were_written() {
    let pki = TestPki::shipped().unwrap();
    let signer = deviation_list_signer(Name::test("VN", "TEST deviation list signer"))
        .issued_by(&pki.csca, SignerKey::RsaPss.key().unwrap())
        .unwrap();
    let document_signer = Certificate::decode(&pki.signer.certificate).unwrap();
    let (issuer, serial) = pki.signer.issuer_and_serial();
    let named = [
        NamedSigner::IssuerAndSerial(issuer, serial),
        NamedSigner::SubjectKeyId(pki.signer.key_identifier().unwrap()),
        NamedSigner::Digest(Hash::Sha384.digest(&[&pki.signer.certificate])),
    ];
    for tags in [Tags::Implicit, Tags::Explicit] {
        for named in named.clone() {
            let mut text = DescriptionSpec::of(&[1, 1]);
            text.text = Some("Wrong signature".to_owned());
            let mut spec = DeviationListSpec::new(
                vec![DeviationSpec {
                    document_type: Some("I<".to_owned()),
                    signer: Some(named),
                    issued: Some((signed(), date(2025, 1, 1).at(0, 0, 0, 0))),
                    numbers: Some(vec!["000000001".to_owned(), "000000002".to_owned()]),
                    descriptions: vec![text, DescriptionSpec::of(&[2, 2]).at(14)],
                    tags,
                }],
                signed(),
            );
            spec.digest_algorithm = Some(Hash::Sha384);
            let list = DeviationList::decode(&spec.sign(&signer).unwrap()).unwrap();
            assert!(list.unread.is_empty(), "{:?}", list.unread);
            let signatories = list.verify(&[]).unwrap();
            assert_eq!(signatories[0].capacity, Capacity::ListSigner);
            let path = path::path(
                &signatories[0].certificate,
                &store(),
                at(SIGNED),
                Signs::Records(deviation_list::SIGNING_KEY),
            );
            assert!(path.is_ok());
            let document = Document {
                signer: Some(&document_signer),
                document_type: Some("I"),
                number: Some("000000002"),
                issued: None,
            };
            let found = list.concerning(&document);
            let [(deviation, Concern::Possible)] = found.as_slice() else {
                panic!("{found:?}");
            };
            let kinds: Vec<(&DeviationType, Option<&Parameter>)> = deviation
                .descriptions
                .iter()
                .map(|what| (&what.kind, what.parameter.as_ref()))
                .collect();
            assert!(kinds.contains(&(&DeviationType::DsSignature, None)));
            let group = Parameter::Datagroup(Datagroup::Group(14));
            assert!(kinds.contains(&(&DeviationType::DgHashWrong, Some(&group))));
            let other = Document {
                number: Some("000000003"),
                ..document
            };
            assert!(list.concerning(&other).is_empty());
        }
    }
    // A master list is none, nor the other way round.
    let master = spec().sign(&list_signer(EC)).unwrap();
    assert!(DeviationList::decode(&master).is_err());
}

/// A deviation of any documents, and nothing else about them.
fn any_deviation() -> impl Strategy<Value = DeviationSpec> {
    let kinds: Vec<Vec<u8>> = vec![
        vec![1],
        vec![1, 2],
        vec![2, 2],
        vec![3, 1],
        vec![4],
        vec![6],
    ];
    let named = prop::collection::vec(any::<u8>(), 1..40).prop_flat_map(|octets| {
        prop::sample::select(vec![
            NamedSigner::SubjectKeyId(octets.clone()),
            NamedSigner::Digest(octets),
        ])
    });
    (
        prop::option::of("[A-Z]{2}"),
        prop::option::of(named),
        prop::option::of((0_i16..40, 0_i16..40)),
        prop::option::of(prop::collection::vec("[A-Z0-9]{1,9}", 0..5)),
        prop::collection::vec((prop::sample::select(kinds), 0_u32..24), 0..4),
        prop::sample::select(vec![Tags::Implicit, Tags::Explicit]),
    )
        .prop_map(|(document_type, signer, years, numbers, kinds, tags)| {
            let day = |year: i16| date(2010 + year, 2, 3).at(4, 5, 6, 0);
            DeviationSpec {
                document_type,
                signer,
                issued: years.map(|(first, last)| (day(first), day(last))),
                numbers,
                descriptions: kinds
                    .into_iter()
                    .map(|(kind, at)| DescriptionSpec::of(&kind).at(at))
                    .collect(),
                tags,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_deviation_comes_back(spec in any_deviation()) {
        let list = DeviationListSpec::new(vec![spec.clone()], signed());
        let list = DeviationList::decode(&list.sign(&authority()).unwrap()).unwrap();
        prop_assert!(list.unread.is_empty());
        let [deviation] = list.deviations.as_slice() else {
            panic!("{list:?}");
        };
        let documents = &deviation.documents;
        prop_assert_eq!(&documents.document_type, &spec.document_type);
        prop_assert_eq!(
            documents.numbers.clone(),
            spec.numbers.map(|numbers| numbers.into_iter().collect())
        );
        let signer = match &documents.signer {
            None => None,
            Some(DocumentSigner::SubjectKeyId(id)) => Some(NamedSigner::SubjectKeyId(id.clone())),
            Some(DocumentSigner::Digest(digest)) => Some(NamedSigner::Digest(digest.clone())),
            Some(other) => panic!("{other:?}"),
        };
        prop_assert_eq!(signer, spec.signer);
        let time = |at: DateTime| at.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let issued = documents.issued.map(|issued| (issued.first, issued.last));
        prop_assert_eq!(issued, spec.issued.map(|(first, last)| (time(first), time(last))));
        prop_assert_eq!(deviation.descriptions.len(), spec.descriptions.len());
    }
}

#[test]
fn revocation_lists_keep_reasons() {
    let list = RevocationListSpec {
        this_update: signed(),
        next_update: date(2024, 6, 1).at(0, 0, 0, 0),
        number: 77,
        revoked: vec![vec![1], vec![2], vec![3]],
    };
    let mut extras = Extras::none();
    extras.reasons = vec![1, 8];
    let crl = Crl::decode(&list.sign_with(&authority(), &extras).unwrap()).unwrap();
    let reason = |serial: u8| crl.entry_of(&[serial]).unwrap().reason;
    assert_eq!(reason(1), Some(Reason::KeyCompromise));
    assert_eq!(reason(2), Some(Reason::RemoveFromCrl));
    assert_eq!(reason(3), None);
    assert_eq!(crl.number_text().as_deref(), Some("77"));
    assert_eq!(
        crl.verify(&Certificate::decode(&test_root()).unwrap()),
        Ok(())
    );
}
