//! Lists made for the purpose, and damaged.

use proptest::prelude::*;

use super::*;
use crate::bytes::tlv::encode;
use crate::pki::build;
use crate::pki::build::Draft;
use crate::pki::build::name;
use crate::pki::build::sequence;
use crate::pki::build::time;

fn signer() -> Certificate {
    Draft::signer(&name("VN", "Test DS"), 9, &name("VN", "Test CSCA"), 1).certificate(1)
}

/// A list with these deviations.
fn list(deviations: &[&[u8]]) -> Vec<u8> {
    let content = sequence(&[&[2, 1, 0], &encode(tag::SET, deviations)]);
    let signer =
        Draft::signer(&name("VN", "Test DLS"), 8, &name("VN", "Test CSCA"), 1).certificate(1);
    let attributes = build::attributes(DEVIATION_LIST, &content);
    let forms = [attributes.as_slice(), attributes.as_slice()];
    build::signed_data(DEVIATION_LIST, &content, &signer, 8, forms)
}

/// A description of a kind, with a parameter.
fn description(arcs: &[u8], parameter: &[u8]) -> Vec<u8> {
    let kind = encode(tag::OID, &[DEVIATION_LIST.octets(), arcs]);
    let parameter = match parameter {
        [] => Vec::new(),
        value => encode(0xA0, &[value]),
    };
    sequence(&[&kind, &parameter])
}

/// A deviation of these documents.
fn deviation(documents: &[&[u8]]) -> Vec<u8> {
    let what = description(&[2, 2], &[2, 1, 1]);
    sequence(&[&sequence(documents), &encode(tag::SET, &[&what])])
}

fn decoded(deviations: &[&[u8]]) -> DeviationList {
    DeviationList::decode(&list(deviations)).unwrap()
}

#[test]
fn one_bad_entry_does_not_take_the_others_away() {
    let bad = sequence(&[&[2, 1, 0]]);
    let decoded = decoded(&[&bad, &deviation(&[])]);
    assert_eq!(decoded.version, 0);
    assert_eq!(decoded.deviations.len(), 1);
    assert_eq!(decoded.unread.len(), 1);
    let [what] = decoded.deviations[0].descriptions.as_slice() else {
        panic!("{decoded:?}");
    };
    assert_eq!(what.kind.name(), "id-Deviation-LDS-DGHashWrong");
    assert_eq!(
        what.parameter,
        Some(Parameter::Datagroup(Datagroup::Group(1)))
    );
}

#[test]
fn every_kind_is_known_by_its_name_and_its_parameter() {
    let body = |field| Some(Parameter::Certificate(CertField::Body(field)));
    let oid = encode(tag::OID, &[&[0x55, 0x1D, 15]]);
    for (arcs, parameter, expected, name) in [
        (&[1][..], &[][..], None, "CertOrKey"),
        (&[1, 1], &[], None, "CertOrKey-DSSignature"),
        (
            &[1, 2],
            &[2, 1, 7],
            body(CertificateBodyField::SubjectPublicKeyInfo),
            "CertOrKey-DSEncoding",
        ),
        (
            &[1, 3],
            &oid,
            Some(Parameter::Certificate(CertField::Extension(
                "2.5.29.15".to_owned(),
            ))),
            "CertOrKey-CSCAEncoding",
        ),
        (&[1, 4], &[], None, "CertOrKey-AAKeyCompromised"),
        (&[2], &[], None, "LDS"),
        (
            &[2, 1],
            &[2, 1, 20],
            Some(Parameter::Datagroup(Datagroup::Sod)),
            "LDS-DGMalformed",
        ),
        (
            &[2, 2],
            &[2, 1, 21],
            Some(Parameter::Datagroup(Datagroup::Com)),
            "LDS-DGHashWrong",
        ),
        (&[2, 3], &[], None, "LDS-SODSignatureWrong"),
        (&[2, 4], &[], None, "LDS-COMInconsistent"),
        (&[3], &[], None, "MRZ"),
        (
            &[3, 1],
            &[2, 1, 9],
            Some(Parameter::Mrz(MrzField::OptionalData)),
            "MRZ-WrongData",
        ),
        (
            &[3, 2],
            &[2, 1, 0],
            Some(Parameter::Mrz(MrzField::Generic)),
            "MRZ-WrongCheckDigit",
        ),
        (&[4], &[], None, "Chip"),
        (&[5], &[], None, "NationalUse"),
        // What is said in another way stays as it stood.
        (&[2, 2], &[2, 1, 17], None, "LDS-DGHashWrong"),
        (&[3, 1], &[2, 1, 10], None, "MRZ-WrongData"),
        (&[2, 2], &[4, 1, 1], None, "LDS-DGHashWrong"),
    ] {
        let bytes = description(arcs, parameter);
        let element = Reader::new(&bytes).element("test").unwrap();
        let read = Description::read(element).unwrap();
        assert_eq!(read.kind.name(), format!("id-Deviation-{name}"));
        assert_eq!(read.parameter, expected, "{name}");
        let raw = Some(parameter.to_vec()).filter(|raw| !raw.is_empty());
        assert_eq!(read.raw_parameters, raw);
    }
    let new = DeviationType::of(&[0x67, 0x81, 8, 1, 1, 7, 6]);
    assert_eq!(new.name(), "2.23.136.1.1.7.6");
}

#[test]
fn words_and_national_use_are_kept() {
    let words = encode(tag::PRINTABLE_STRING, &[b"see www.example.org"]);
    let bytes = sequence(&[
        &words,
        &encode(tag::OID, &[DEVIATION_LIST.octets(), &[5]]),
        &encode(0xA1, &[&[5, 0]]),
    ]);
    let element = Reader::new(&bytes).element("test").unwrap();
    let read = Description::read(element).unwrap();
    assert_eq!(read.text.as_deref(), Some("see www.example.org"));
    assert_eq!(read.national_use.as_deref(), Some(&[5, 0][..]));
}

/// The issuer and serial number of [`signer`] under both ways of tagging.
fn issuer_and_serial() -> [Vec<u8>; 2] {
    let signer = signer();
    let serial = encode(tag::INTEGER, &[signer.serial()]);
    let pair = sequence(&[signer.issuer(), &serial]);
    [
        encode(0xA1, &[signer.issuer(), &serial]),
        encode(0xA1, &[&pair]),
    ]
}

#[test]
fn a_signer_is_named_in_three_ways_and_either_tagging() {
    let signer = signer();
    let other =
        Draft::signer(&name("VN", "Test DS"), 7, &name("VN", "Test CSCA"), 1).certificate(1);
    let id = signer.subject_key_id().unwrap();
    let digest = Hash::Sha256.digest(&[signer.raw()]);
    let octets = |value: &[u8]| encode(tag::OCTET_STRING, &[value]);
    let [implicit, explicit] = issuer_and_serial();
    for named in [
        implicit,
        explicit,
        encode(0x82, &[id]),
        encode(0xA2, &[&octets(id)]),
        encode(0x83, &[&digest]),
        encode(0xA3, &[&octets(&digest)]),
    ] {
        let list = decoded(&[&deviation(&[&named])]);
        let ask = |signer| {
            let document = Document {
                signer,
                ..Document::default()
            };
            let found = list.concerning(&document);
            found.first().map(|(_, concern)| *concern)
        };
        assert_eq!(ask(Some(&signer)), Some(Concern::Named), "{named:02X?}");
        assert_eq!(ask(Some(&other)), None);
        assert_eq!(ask(None), Some(Concern::Possible));
    }
}

#[test]
fn all_conditions_must_be_met_at_once() {
    let [signed_by, _] = issuer_and_serial();
    let number = |text: &[u8]| encode(tag::PRINTABLE_STRING, &[text]);
    let list = decoded(&[&deviation(&[
        &encode(0x80, &[b"P<"]),
        &signed_by,
        &encode(0xA4, &[&time("20200101000000Z"), &time("20201231235959Z")]),
        &encode(0xA5, &[&number(b"C1234567"), &number(b"C7654321")]),
    ])]);
    let signer = signer();
    let day = |first: &str, last: &str| {
        Some(IssuancePeriod {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
        })
    };
    let right = Document {
        signer: Some(&signer),
        document_type: Some("p"),
        number: Some("C1234567<"),
        issued: day("2020-06-01T00:00:00Z", "2020-06-01T23:59:59Z"),
    };
    let ask = |document: Document<'_>| {
        let found = list.concerning(&document);
        found.first().map(|(_, concern)| *concern)
    };
    assert_eq!(ask(right), Some(Concern::Named));
    let unknown_date = Document {
        issued: None,
        ..right
    };
    assert_eq!(ask(unknown_date), Some(Concern::Possible));
    let straddling = Document {
        issued: day("2020-12-31T12:00:00Z", "2021-01-01T12:00:00Z"),
        ..right
    };
    assert_eq!(ask(straddling), Some(Concern::Possible));
    for wrong in [
        Document {
            document_type: Some("PM"),
            ..right
        },
        Document {
            number: Some("C1234568"),
            ..right
        },
        Document {
            issued: day("2021-06-01T00:00:00Z", "2021-06-01T23:59:59Z"),
            number: None,
            ..right
        },
    ] {
        assert_eq!(ask(wrong), None, "{wrong:?}");
    }
}

#[test]
fn counts_are_bounded() {
    let most = deviation(&[]);
    let one: &[u8] = &most;
    assert!(DeviationList::decode(&list(&vec![one; MAX_DEVIATIONS])).is_ok());
    assert!(DeviationList::decode(&list(&vec![one; MAX_DEVIATIONS + 1])).is_err());
    let what = description(&[4], &[]);
    let what: Vec<&[u8]> = vec![&what; MAX_DESCRIPTIONS + 1];
    let talkative = sequence(&[&sequence(&[]), &encode(tag::SET, &what)]);
    assert_eq!(decoded(&[&talkative]).unread.len(), 1);
}

#[test]
fn other_signed_data_and_every_truncation_are_refused() {
    let whole = list(&[&deviation(&[])]);
    for keep in 0..whole.len() {
        assert!(DeviationList::decode(&whole[..keep]).is_err(), "{keep}");
    }
    let Some(file) = build::shared("trust/DE_ML_2024-08-07-07-38-24.ml") else {
        return;
    };
    assert!(DeviationList::decode(&file).is_err());
}

proptest! {
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        keep in any::<usize>(),
    ) {
        let [signed_by, _] = issuer_and_serial();
        let whole = list(&[&deviation(&[&signed_by])]);
        if let Ok(list) = DeviationList::decode(&build::damaged(&whole, &changes, keep)) {
            let signer = signer();
            let document = Document { signer: Some(&signer), ..Document::default() };
            let _ = list.concerning(&document);
        }
    }
}
