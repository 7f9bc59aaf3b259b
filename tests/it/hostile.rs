//! Files that are made to hurt: `tests/hostile/DECODER/FILE`, each with the outcome that
//! `tests/hostile/outcomes.toml` names, and inputs that hurt every decoder alike.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use cancuoc::attest::signed::SignedReport;
use cancuoc::bytes::tlv::definite;
use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::algorithm;
#[cfg(feature = "images")]
use cancuoc::image;
use cancuoc::image::wsq;
use cancuoc::lds::DataGroup;
use cancuoc::lds::com::Com;
use cancuoc::lds::cvca;
use cancuoc::lds::dg1::Dg1;
use cancuoc::lds::dg2::Dg2;
use cancuoc::lds::dg3::Dg3;
use cancuoc::lds::dg4::Dg4;
use cancuoc::lds::dg11::Dg11;
use cancuoc::lds::dg12::Dg12;
use cancuoc::lds::dg13::Dg13;
use cancuoc::lds::dg13::Layout;
use cancuoc::lds::dg14;
use cancuoc::lds::dg15;
use cancuoc::lds::dg16::Dg16;
use cancuoc::lds::displayed::Displayed;
use cancuoc::lds::displayed::Shown;
use cancuoc::lds::lds2::biometrics::AdditionalBiometrics;
use cancuoc::lds::lds2::certificates::CertificateRecord;
use cancuoc::lds::lds2::travel::TravelRecord;
use cancuoc::lds::lds2::visa::VisaRecord;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::lds::sod;
use cancuoc::lds::sod::SecurityObject;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::deviation_list::DeviationList;
use cancuoc::pki::ldif;
use cancuoc::pki::master_list::MasterList;
use cancuoc::registry::message::Asked;
use cancuoc::verify::Policy;

/// Longest time for one input. Debug builds on busy machines are slow; a loop without end is slower.
const LIMIT: Duration = Duration::from_secs(10);

/// Longest file that a reader takes from a chip by short addressing, and so what is nested here.
const LONGEST: usize = 65_535;

/// What a decoder makes of bytes, in words.
type Decoder = fn(&[u8]) -> String;

/// Every decoder that has a fuzz target of this name.
const DECODERS: &[(&str, Decoder)] = &[
    ("additional_biometrics", |bytes| {
        said(AdditionalBiometrics::decode(bytes))
    }),
    ("certificate", |bytes| said(Certificate::decode(bytes))),
    ("certificate_record", |bytes| {
        said(CertificateRecord::decode(bytes))
    }),
    ("cms", |bytes| {
        said(definite(bytes).and_then(|content| SignedData::decode(&content)))
    }),
    ("com", |bytes| said(Com::decode(bytes))),
    ("cvca", |bytes| said(cvca::decode(bytes))),
    ("deviation_list", |bytes| said(DeviationList::decode(bytes))),
    ("dg1", |bytes| said(Dg1::decode(bytes))),
    ("dg2", |bytes| said(Dg2::decode(bytes))),
    ("dg3", |bytes| said(Dg3::decode(bytes))),
    ("dg4", |bytes| said(Dg4::decode(bytes))),
    ("dg5", |bytes| {
        said(Displayed::decode(bytes, Shown::Portrait))
    }),
    ("dg7", |bytes| {
        said(Displayed::decode(bytes, Shown::Signature))
    }),
    ("dg11", |bytes| said(Dg11::decode(bytes))),
    ("dg12", |bytes| said(Dg12::decode(bytes))),
    ("dg13", |bytes| said(Dg13::decode(bytes, Layout::VnCitizen))),
    ("dg14", |bytes| said(dg14::decode(bytes))),
    ("dg15", |bytes| {
        said(dg15::decode(bytes).map_err(|fault| format!("{fault:?}")))
    }),
    ("dg16", |bytes| said(Dg16::decode(bytes))),
    ("explicit_parameters", |bytes| {
        said(algorithm::subject_public_key(bytes))
    }),
    ("hashes", |bytes| {
        said(SecurityObject::decode(bytes).map_err(|fault| format!("{fault:?}")))
    }),
    ("policy", |bytes| match std::str::from_utf8(bytes) {
        Ok(text) => said(Policy::parse(text)),
        Err(error) => error.to_string(),
    }),
    ("ldif", |bytes| said(ldif::entries(bytes))),
    ("master_list", |bytes| said(MasterList::decode(bytes))),
    #[cfg(feature = "images")]
    ("picture", |bytes| match image::decode(bytes, None) {
        Ok(pixels) => format!("{pixels:?}"),
        Err(fault) => fault.to_string(),
    }),
    ("registry_message", |bytes| said(Asked::decode(bytes))),
    ("report", |bytes| {
        said(SignedReport::decode(bytes).map(|report| report.signature(&[])))
    }),
    ("revocation_list", |bytes| said(Crl::decode(bytes))),
    ("security_infos", |bytes| said(SecurityInfos::decode(bytes))),
    ("security_object", |bytes| {
        said(sod::signed_data(bytes).and_then(|content| SignedData::decode(&content)))
    }),
    ("travel_record", |bytes| said(TravelRecord::decode(bytes))),
    ("visa_record", |bytes| said(VisaRecord::decode(bytes))),
    ("wsq", |bytes| said(wsq::decode(bytes))),
];

/// `decoded`, or why not.
fn said<T, E: Display>(decoded: Result<T, E>) -> String {
    match decoded {
        Ok(_) => "decoded".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What the decoder says, within the time limit.
fn run(name: &str, decoder: Decoder, what: impl Debug, bytes: &[u8]) -> String {
    let start = Instant::now();
    let outcome = decoder(bytes);
    let time = start.elapsed();
    assert!(time < LIMIT, "{name}: {what:?} took {time:?}");
    outcome
}

/// The outer tags that the decoders expect.
fn outer_tags() -> Vec<u32> {
    let groups = DataGroup::ALL.into_iter().map(DataGroup::tag);
    groups.chain([0x60, 0x77, 0x30, 0x31, 0x42]).collect()
}

/// A tag in a tag in a tag, each with the length that it has.
fn nested(outer: u32, inner: u32, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Written from the inside: reversed, so that each round appends.
    while bytes.len() < most {
        let length = bytes.len();
        let tag = if length + 8 < most { inner } else { outer };
        let header = header(tag, length);
        bytes.extend(header.iter().rev());
        if tag == outer {
            break;
        }
    }
    bytes.reverse();
    bytes
}

/// Tag and length in their shortest form.
fn header(tag: u32, length: usize) -> Vec<u8> {
    let octets = |number: u32| {
        let all = number.to_be_bytes();
        let first = all.iter().position(|octet| *octet != 0).unwrap_or(3);
        all[first..].to_vec()
    };
    let length = octets(u32::try_from(length).unwrap());
    let mut header = octets(tag);
    if length.len() > 1 || length[0] > 0x7F {
        header.push(0x80 | u8::try_from(length.len()).unwrap());
    }
    header.extend(length);
    header
}

#[test]
fn every_hostile_file_has_the_outcome_that_is_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let text = fs::read_to_string(folder.join("outcomes.toml")).unwrap();
    let named: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&text).unwrap();
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (name, decoder) in DECODERS {
        let Ok(files) = fs::read_dir(folder.join(name)) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            let outcome = run(name, *decoder, &file, &bytes);
            found
                .entry((*name).to_owned())
                .or_default()
                .insert(file, outcome);
        }
    }
    assert_eq!(found, named);
}

#[test]
fn nesting_without_end_is_an_outcome_of_every_decoder() {
    for outer in outer_tags() {
        for inner in [outer, 0x30, 0x31, 0x7F61, 0xA0] {
            let bytes = nested(outer, inner, LONGEST);
            for (name, decoder) in DECODERS {
                run(name, *decoder, (outer, inner), &bytes);
            }
        }
    }
}

#[test]
fn indefinite_lengths_without_end_are_an_outcome_of_every_decoder() {
    let tags = outer_tags();
    for outer in tags.into_iter().filter_map(|tag| u8::try_from(tag).ok()) {
        for inner in [outer, 0x30, 0x31, 0x24] {
            let mut bytes = vec![outer, 0x80];
            while bytes.len() < LONGEST {
                bytes.extend([inner, 0x80]);
            }
            for (name, decoder) in DECODERS {
                run(name, *decoder, (outer, inner), &bytes);
            }
        }
    }
}

#[test]
fn empty_cut_and_doubled_frames_are_outcomes_of_every_decoder() {
    for (name, decoder) in DECODERS {
        assert_ne!(run(name, *decoder, "nothing", &[]), "decoded");
        for outer in outer_tags() {
            let empty = encode(outer, &[]);
            let doubled = [empty.clone(), empty.clone()].concat();
            let inside = encode(outer, &[&empty, &empty]);
            let lies = [&header(outer, LONGEST)[..], &[0; 9]].concat();
            for bytes in [empty, doubled, inside, lies] {
                run(name, *decoder, hex::encode(&bytes), &bytes);
            }
        }
    }
}
