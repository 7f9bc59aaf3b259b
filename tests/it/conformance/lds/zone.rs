//! The cases `LDS_B_*`: DG1, the machine-readable zone, signed as it is. What the issuer wrote wrongly
//! into it is a note that names the field; what is no zone, or not what is printed, is a failure.

use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::mrz::check_digit;
use cancuoc::sim::files;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::quirk::Issued;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Filled optional data
    ("LDS_B_01", Played(LAWFUL)),
    // Names shortened
    ("LDS_B_02", Played(LAWFUL)),
    // One name only
    ("LDS_B_03", Played(LAWFUL)),
    // No optional data, check digit 0
    ("LDS_B_04", Played(LAWFUL)),
    // Another outer tag
    ("LDS_B_05", Played(FRAME)),
    // Outer length too small
    ("LDS_B_06", Played(FRAME)),
    // Outer length too large
    ("LDS_B_07", Played(FRAME)),
    // Unknown type of document
    ("LDS_B_08", Played(FIELDS)),
    // Issuing state malformed
    ("LDS_B_09", Played(STATE)),
    // No name
    ("LDS_B_10", Played(FIELDS)),
    // Another name is printed
    ("LDS_B_11", Played(PRINTED)),
    // Another document number is printed
    ("LDS_B_12", Played(PRINTED)),
    // Check digit of the document number
    ("LDS_B_13", Played(CHECKS)),
    // Nationality malformed
    ("LDS_B_14", Played(FIELDS)),
    // Date of birth malformed
    ("LDS_B_15", Played(FIELDS)),
    // Date of birth impossible
    ("LDS_B_16", Played(FIELDS)),
    // Check digit of the date of birth
    ("LDS_B_17", Played(CHECKS)),
    // Sex that is none
    ("LDS_B_18", Played(FIELDS)),
    // Date of expiry malformed
    ("LDS_B_19", Played(EXPIRY)),
    // Date of expiry impossible
    ("LDS_B_20", Played(EXPIRY)),
    // Check digit of the date of expiry
    ("LDS_B_21", Played(CHECKS)),
    // Check digit of the optional data
    ("LDS_B_22", Played(CHECKS)),
    // Overall check digit
    ("LDS_B_23", Played(CHECKS)),
    // No zone in the file
    ("LDS_B_24", Played(FRAME)),
    // Birth without day, without month, without year, unknown
    ("LDS_B_25", Played(UNKNOWN)),
    ("LDS_B_26", Played(UNKNOWN)),
    ("LDS_B_27", Played(UNKNOWN)),
    ("LDS_B_28", Played(UNKNOWN)),
];

const LAWFUL: &str = "conformance::lds::zone::a_zone_that_is_lawful_and_unusual_is_genuine";
const FRAME: &str = "conformance::lds::zone::a_file_without_a_zone_is_not_genuine";
const FIELDS: &str = "conformance::lds::zone::a_field_that_is_wrong_is_named";
const STATE: &str = "conformance::lds::zone::a_state_that_is_none_is_not_the_signers";
const PRINTED: &str = "conformance::lds::zone::another_page_is_not_genuine";
const CHECKS: &str = "conformance::lds::zone::a_false_check_digit_is_named";
const EXPIRY: &str =
    "conformance::lds::zone::an_expiry_that_is_no_date_is_named_and_leaves_it_open";
const UNKNOWN: &str = "conformance::lds::zone::a_birth_that_is_known_in_part_is_genuine";

fn an() -> Persona {
    cards::persona("an")
}

/// The zone of TD1 with these characters at this place, and all check digits made right.
fn td1(at: usize, characters: &str) -> String {
    let mut zone = an().mrz();
    zone.replace_range(at..at + characters.len(), characters);
    rechecked(zone)
}

fn rechecked(mut zone: String) -> String {
    for (from, to) in [(5, 14), (30, 36), (38, 44)] {
        let digit = check_digit(&zone[from..to]).unwrap().to_string();
        zone.replace_range(to..=to, &digit);
    }
    composed(zone)
}

fn composed(mut zone: String) -> String {
    let covered = [&zone[5..30], &zone[30..37], &zone[38..45], &zone[48..59]].concat();
    let digit = check_digit(&covered).unwrap().to_string();
    zone.replace_range(59..60, &digit);
    zone
}

fn with_zone(persona: &Persona, zone: &str) -> Report {
    let card = issued::with_group(persona, DataGroup::DG1, files::dg1(zone));
    issued::report(persona, card, &[])
}

/// The notes on a genuine card, and the faults in its evidence.
fn noted(zone: &str) -> (Vec<&'static str>, String) {
    let report = with_zone(&an(), zone);
    assert_eq!(report.verdict(), Verdict::Genuine, "{:?}", report.checks());
    assert!(report.holder().is_some());
    (report.deviations().to_vec(), faults(&report))
}

fn faults(report: &Report) -> String {
    let facts = report.checks().consistency.facts();
    facts.get("mrz_faults").cloned().unwrap_or_default()
}

#[test]
fn a_zone_that_is_lawful_and_unusual_is_genuine() {
    let nothing = (vec![], String::new());
    assert_eq!(noted(&td1(48, "AB12345CD67")), nothing);
    for name in ["Công Tằng Tôn Nữ Thị Phương Uyên Thảo", "Siti"] {
        let mut persona = an();
        persona.citizen.name = name.to_owned();
        let card = persona.personalise().unwrap();
        let report = issued::report(&persona, card, &[]);
        assert_eq!(report.verdict(), Verdict::Genuine, "{name}");
        assert!(report.deviations().is_empty(), "{name}");
    }
    for quirk in [Issued::MrzOptionalZero, Issued::MrzOptionalFiller] {
        let persona = cards::changed("an", |chip| {
            chip.quirks.insert(Quirk::Issued(quirk));
        });
        assert_eq!(wire::with_faults(&persona, &[]), "genuine");
    }
}

#[test]
fn a_file_without_a_zone_is_not_genuine() {
    let file = issued::file(&an(), DataGroup::DG1);
    let ending = |bytes: Vec<u8>| {
        let card = issued::with_group(&an(), DataGroup::DG1, bytes);
        wire::ending(issued::read(&an(), card))
    };
    let failed = "not genuine: consistency.mrz";
    assert_eq!(ending(issued::retagged(&file, 0x62)), failed);
    assert_eq!(ending(vec![0x61, 0x00]), failed);
    // What is read ends where the length says, and that is not what was signed.
    assert_eq!(
        ending(issued::relengthed(&file, -1)),
        "not genuine: hashes.mismatch"
    );
    assert_eq!(ending(issued::relengthed(&file, 1)), failed);
}

#[test]
fn a_field_that_is_wrong_is_named() {
    for (at, characters, code, fault) in [
        (60, "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "name", "name: empty"),
        (45, "V1M", "nationality", "nationality: malformed"),
        (45, "QQQ", "nationality", "nationality: unassigned"),
        (30, "99O315", "birth", "birth: malformed"),
        (30, "991331", "birth", "birth: impossible"),
        (37, "A", "sex", "sex: malformed"),
    ] {
        let (notes, faults) = noted(&td1(at, characters));
        assert_eq!(notes, [format!("deviation.mrz_{code}")], "{characters}");
        assert_eq!(faults, fault);
    }
    // The signer says which types of document it signs.
    let (notes, faults) = noted_or_failed(&td1(0, "X<"));
    assert!(notes.contains(&"deviation.mrz_document_code"));
    assert_eq!(faults, "document_code: unassigned");
    // Small letters, and what is none of the alphabet: shown all the same.
    let mut zone = an().mrz();
    zone.replace_range(60..62, "n*");
    let (notes, faults) = noted_or_failed(&zone);
    assert!(notes.contains(&"deviation.mrz_character"));
    assert!(faults.contains("name: character"), "{faults}");
}

/// The same without a look at the verdict.
fn noted_or_failed(zone: &str) -> (Vec<&'static str>, String) {
    let report = with_zone(&an(), zone);
    assert!(report.holder().is_some());
    (report.deviations().to_vec(), faults(&report))
}

#[test]
fn a_state_that_is_none_is_not_the_signers() {
    for state in ["V1M", "<<<", "QQQ"] {
        let report = with_zone(&an(), &td1(2, state));
        assert_eq!(report.verdict(), Verdict::NotGenuine);
        assert_eq!(report.checks().consistency.code(), "consistency.country");
        assert!(faults(&report).starts_with("issuing_state: "));
        assert!(report.deviations().contains(&"deviation.mrz_issuing_state"));
    }
}

#[test]
fn a_false_check_digit_is_named() {
    for (at, field) in [
        (14, "document_number"),
        (29, "optional_data"),
        (36, "birth"),
        (44, "expiry"),
        (59, "composite"),
    ] {
        let mut zone = an().mrz();
        let other = if zone[at..].starts_with('4') {
            "5"
        } else {
            "4"
        };
        zone.replace_range(at..=at, other);
        if field != "composite" {
            zone = composed(zone);
        }
        let (notes, faults) = noted(&zone);
        assert_eq!(notes, [format!("deviation.mrz_check_digit.{field}")]);
        assert_eq!(faults, format!("{field}: check_digit"));
    }
}

#[test]
fn an_expiry_that_is_no_date_is_named_and_leaves_it_open() {
    for (characters, fault) in [("24O315", "malformed"), ("301331", "impossible")] {
        let zone = td1(38, characters);
        // DG13 says when the card expires.
        let (notes, faults) = noted(&zone);
        assert_eq!(notes, ["deviation.mrz_expiry"]);
        assert_eq!(faults, format!("expiry: {fault}"));
        // Nothing else says it.
        let card = issued::sealed(&an(), |card| {
            card.files
                .insert(FileId::Group(DataGroup::DG1), files::dg1(&zone));
            card.files.remove(&FileId::Group(DataGroup::DG13));
        });
        let report = issued::report(&an(), card, &[]);
        assert_eq!(report.verdict(), Verdict::Inconclusive);
        assert_eq!(report.checks().validity.code(), "validity.unread");
        assert!(report.deviations().contains(&"deviation.mrz_expiry"));
    }
}

#[test]
fn a_birth_that_is_known_in_part_is_genuine() {
    let birth = an().mrz()[30..36].to_owned();
    let (year, month, day) = (&birth[..2], &birth[2..4], &birth[4..]);
    for (printed, shown) in [
        (format!("{year}{month}<<"), Some(7)),
        (format!("{year}<<{day}"), Some(4)),
        (format!("<<{month}{day}"), None),
        ("<<<<<<".to_owned(), None),
    ] {
        let zone = td1(30, &printed);
        assert_eq!(noted(&zone).1, "");
        // Without DG13 the zone alone tells.
        let card = issued::sealed(&an(), |card| {
            card.files
                .insert(FileId::Group(DataGroup::DG1), files::dg1(&zone));
            card.files.remove(&FileId::Group(DataGroup::DG13));
        });
        let report = issued::report(&an(), card, &[]);
        assert_eq!(report.verdict(), Verdict::Genuine, "{printed}");
        let holder = report.holder().unwrap();
        let cancuoc::verify::Vouched::Verified(holder) = holder else {
            panic!("not verified");
        };
        let told = holder.get().birth().map(|birth| birth.to_string().len());
        assert_eq!(told, shown, "{printed}");
    }
}

#[test]
fn another_page_is_not_genuine() {
    let differs = |printed: &str| {
        let card = an().personalise().unwrap();
        let report = issued::report(&an(), card, &[printed]);
        let consistency = &report.checks().consistency;
        match report.verdict() {
            Verdict::Genuine => String::new(),
            Verdict::NotGenuine if consistency.code() == "consistency.printed" => {
                consistency.facts()["differs"].clone()
            }
            other => panic!("{other:?} {consistency:?}"),
        }
    };
    let (zone, qr) = (an().mrz(), an().qr());
    assert_eq!(differs(&zone), "");
    assert_eq!(differs(&qr), "");
    for (at, characters, field) in [
        (60, "TRAN<<THI<BINH<<<<<<<<<<<<<<<<", "name"),
        (5, "099999999", "document number"),
        (15, "001099999999<<", "citizen number"),
        (30, "800101", "date of birth"),
        (38, "450101", "date of expiry"),
        (45, "LAO", "nationality"),
        (0, "IX", "document code"),
        (48, "ABC", "optional data"),
    ] {
        assert_eq!(differs(&td1(at, characters)), field);
    }
    // The composite check digit says that it was misread.
    let mut misread = zone.clone();
    misread.replace_range(48..49, "1");
    assert_eq!(differs(&misread), "");
    let sex = if zone[37..].starts_with('F') {
        "M"
    } else {
        "F"
    };
    assert_eq!(differs(&td1(37, sex)), "sex");
    // Another citizen's code, whose last six digits open the same card.
    let number = &an().citizen.number;
    let other = format!("079{}{}", &number[3..5], &number[5..]);
    assert_eq!(
        differs(&qr.replacen(number.as_str(), &other, 1)),
        "citizen number"
    );
    assert_eq!(differs(&other), "citizen number");
    let name = an().citizen.name;
    assert_eq!(differs(&qr.replacen(&name, "Trần Thị Bình", 1)), "name");
    // A scanner that loses letters makes no other name.
    let lost: String = name.chars().filter(char::is_ascii).collect();
    assert_eq!(differs(&qr.replacen(&name, &lost, 1)), "");
    let born = an().citizen.birth;
    assert_eq!(differs(&format!("{number},{born}")), "");
    assert_eq!(differs(&format!("{number},1980-01-01")), "date of birth");
}
