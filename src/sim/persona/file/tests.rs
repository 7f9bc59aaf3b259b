use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::bytes::date::PartialDate;
use crate::crypto::curve::Curve;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg13::CitizenRecord;
use crate::lds::mrz::Mrz;
use crate::sim::persona::file::kind::Lawful;
use crate::sim::persona::names;
use crate::sim::persona::text_of;
use crate::sim::pki::SignerKey;

/// The shortest file that is a persona.
const LEAST: &str = r#"schema = "cancuoc.persona/1"
name = "mau"
kind = "cccd-2021"
title = { vi = "Thẻ mẫu", en = "A specimen" }
[holder]
number = "001195000111"
name = "Nguyễn Thị Mẫu"
birth = "1995-08-17"
sex = "female"
[document]
issued = "2021-05-10"
"#;

/// The same with lines behind and one line in another form.
fn with(from: &str, to: &str, behind: &str) -> Result<Persona, PersonaError> {
    assert!(LEAST.contains(from), "{from}");
    parse(&format!("{}{behind}\n", LEAST.replacen(from, to, 1)))
}

/// Line, key and code of the only mistake.
fn mistake(text: &str) -> (usize, String, &'static str) {
    let faults = parse(text).unwrap_err().faults;
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}");
    };
    (fault.line, fault.at.clone(), fault.wrong.code())
}

#[test]
fn the_shortest_file_is_a_card() {
    let persona = parse(LEAST).unwrap();
    assert_eq!(persona.citizen.expires.unwrap().to_string(), "2035-08-17");
    assert_eq!(persona.expected, Expected::Genuine);
    persona.personalise().unwrap();
}

/// Issued the day before a class begins and on that day: under 12, 23, 38 and 58 the next birthday that
/// ends a card is the 14th, 25th, 40th and 60th, and from 58 on there is none.
#[test]
fn a_card_ends_on_the_birthday_of_its_class() {
    let birth = PartialDate::Day(date(1990, 8, 17));
    let mut before = Some(14);
    for (age, next) in [(12, Some(25)), (23, Some(40)), (38, Some(60)), (58, None)] {
        for (day, end) in [(16, before), (17, next)] {
            let issued = date(1990 + age, 8, day);
            let lawful = match Kind::Cccd2021.ends(birth, issued) {
                Lawful::Day(day) => Some(day),
                Lawful::Never => None,
                Lawful::Unsaid => panic!("{issued}"),
            };
            let end = end.map(|age: i16| date(1990 + age, 8, 17));
            assert_eq!(lawful, end, "{issued}");
        }
        before = next;
    }
}

#[test]
fn what_does_not_show_is_refused_and_not_repeated() {
    let turned = with("A specimen", "A \u{202e}specimen", "").unwrap_err();
    assert_eq!(turned.faults[0].at, "title.en");
    let key = with("", "", "\"\\u202e\\u001b[31mkey\" = 1").unwrap_err();
    assert!(
        key.faults[0].at.chars().all(|c| c.is_ascii_graphic()),
        "{key}"
    );
}

#[test]
fn every_kind_makes_a_card() {
    for kind in Kind::ALL {
        let expires = match kind {
            Kind::Td1 | Kind::Td2 => "expires = \"2031-05-10\"",
            _ => "",
        };
        let persona = with("cccd-2021", kind.name(), expires).unwrap();
        assert_eq!(persona.kind, kind);
        persona.personalise().unwrap();
        let zone = Mrz::parse(&persona.mrz()).unwrap();
        assert!(zone.wrong_check_digits().is_empty(), "{}", kind.name());
        assert_eq!(zone.surname(), "NGUYEN");
    }
}

#[test]
fn a_birth_that_is_known_in_part_is_written_as_far_as_it_is_known() {
    for (birth, zone, written) in [
        ("1995", "95<<<<", "1995"),
        ("1995-08", "9508<<", "08/1995"),
        ("1995-08-17", "950817", "17/08/1995"),
    ] {
        let persona = with("1995-08-17", birth, "expires = \"2035-08-17\"").unwrap();
        assert_eq!(persona.mrz()[30..36], *zone);
        assert_eq!(persona.mrz_information()[10..16], *zone);
        let card = persona.personalise().unwrap();
        let dg13 = &card.files[&FileId::Group(DataGroup::DG13)];
        let held = dg13.windows(written.len());
        assert!(held.into_iter().any(|at| at == written.as_bytes()));
        let record = CitizenRecord::decode(dg13).unwrap();
        assert_eq!(record.birth().unwrap().to_string(), birth);
        assert_eq!(Mrz::parse(&persona.mrz()).unwrap().faults(), []);
    }
}

#[test]
fn names_that_are_cut_end_in_a_letter() {
    // The thirtieth character would be a filler; a longer word gives up a letter.
    for (name, zone) in [
        (
            "Nguyễn Thị Mẫu Phương Hoàng Oanh",
            "NGUYEN<<THI<MAU<PHUONG<HOANG<O",
        ),
        (
            "Nguyễn Thị Mẫu Phương Hoàngg Oanh",
            "NGUYEN<<THI<MAU<PHUONG<HOANG<O",
        ),
        ("Nguyễn Thị Mẫu", "NGUYEN<<THI<MAU<<<<<<<<<<<<<<<"),
        ("Mẫu", "MAU<<<<<<<<<<<<<<<<<<<<<<<<<<<"),
    ] {
        let persona = with("Nguyễn Thị Mẫu", name, "").unwrap();
        assert_eq!(persona.mrz()[60..], *zone);
    }
}

#[test]
fn a_long_document_number_goes_on_in_the_optional_data() {
    // Doc 9303-5 §4.2.2 note j, and its like in Doc 9303-6.
    for (kind, number) in [
        ("td1", "AB12345678901234567890"),
        ("td2", "AB123456789012"),
        ("td2", "AB12345678"),
        ("passport", "C1234567"),
    ] {
        let more = format!("number = \"{number}\"\nexpires = \"2031-05-10\"");
        let persona = with("cccd-2021", kind, &more).unwrap();
        let zone = Mrz::parse(&persona.mrz()).unwrap();
        assert_eq!(zone.document_number(), number);
        assert!(zone.wrong_check_digits().is_empty());
        let information = zone.key().information();
        assert_eq!(information.expose(), persona.mrz_information().as_bytes());
    }
}

#[test]
fn each_mistake_is_told_with_its_line_and_key() {
    for (from, to, line, at, code) in [
        (
            "cancuoc.persona/1",
            "cancuoc.persona/2",
            1,
            "schema",
            "choice",
        ),
        ("\"mau\"", "\"../mau\"", 2, "name", "name"),
        ("cccd-2021", "cccd-2020", 3, "kind", "choice"),
        ("name = \"mau\"", "nome = \"mau\"", 2, "nome", "unknown_key"),
        (
            "sex = \"female\"",
            "sex = \"female\"\nage = 3",
            10,
            "holder.age",
            "unknown_key",
        ),
        ("\"female\"", "\"male\"", 6, "holder.number", "against"),
        (
            "001195000111",
            "001395000111",
            6,
            "holder.number",
            "against",
        ),
        (
            "001195000111",
            "001196000111",
            6,
            "holder.number",
            "against",
        ),
        ("001195000111", "00119500011", 6, "holder.number", "digits"),
        ("\"001195000111\"", "1195000111", 6, "holder.number", "kind"),
        (
            "1995-08-17",
            "1995-02-31",
            8,
            "holder.birth",
            "partial_date",
        ),
        (
            "2021-05-10",
            "1994-05-10",
            11,
            "document.issued",
            "not_after",
        ),
        (
            "2021-05-10",
            "2020-05-10",
            11,
            "document.issued",
            "date_range",
        ),
        ("2021-05-10", "2021-02-30", 11, "document.issued", "date"),
        ("Nguyễn Thị", "Nguyễn 阮", 7, "holder.name", "letters"),
        ("Nguyễn Thị", "Nguyễn  Thị", 7, "holder.name", "letters"),
        (
            "Nguyễn",
            "Nguyễnnguyễnnguyễnnguyễnnguyễn",
            7,
            "holder.name",
            "family_name",
        ),
    ] {
        assert!(LEAST.contains(from), "{from}");
        let found = parse(&LEAST.replacen(from, to, 1)).unwrap_err().faults;
        let found: Vec<_> = found
            .iter()
            .map(|fault| (fault.line, fault.at.as_str(), fault.wrong.code()))
            .collect();
        assert!(found.contains(&(line, at, code)), "{to}: {found:?}");
    }
    for (behind, at, code) in [
        ("expires = \"2021-05-10\"", "document.expires", "not_after"),
        ("number = \"C 12\"", "document.number", "document_number"),
        ("code = \"P\"", "document.code", "against"),
        ("[chip]\npin = \"12345\"", "chip.pin", "digits"),
        ("[chip]\npin_tries = 2", "chip.pin_tries", "against"),
        ("[chip]\npuk = \"12x45678\"", "chip.puk", "digits"),
        ("[chip]\nmax_response = 65537", "chip.max_response", "range"),
        (
            "[chip]\nannounced_command = 500",
            "chip.announced_response",
            "missing",
        ),
        (
            "[chip.portrait]\nfile = \"no.jpg\"\nwidth = 9\nheight = 9",
            "chip.portrait.file",
            "image",
        ),
        (
            "[chip.portrait]\nface = \"nobody\"",
            "chip.portrait.face",
            "choice",
        ),
        (
            "[chip.active]\nalgorithm = \"ecdsa\"\nbits = 1024",
            "chip.active.bits",
            "against",
        ),
        (
            "[chip.active]\nalgorithm = \"rsa\"\nbits = 1025",
            "chip.active.bits",
            "choice",
        ),
        (
            "[[chip.pace]]\ncipher = \"AES-128\"\nparameters = 7",
            "chip.pace[1].parameters",
            "choice",
        ),
        (
            "[[chip.pace]]\ncipher = \"DES\"\nparameters = 8",
            "chip.pace[1].cipher",
            "choice",
        ),
        (
            "[[chip.pace]]\nparameters = 8",
            "chip.pace[1].cipher",
            "missing",
        ),
        (
            "[[chip.pace]]\nmapping = \"integrated\"\ncipher = \"AES-128\"\nparameters = 10",
            "chip.pace[1]",
            "against",
        ),
        (
            "[[chip.chip_authentication]]\ncipher = \"AES-128\"\ndomain = \"P-255\"",
            "chip.chip_authentication[1].domain",
            "choice",
        ),
        (
            "[chip.terminal]\nauthorities = [\"0102030405\"]",
            "chip.terminal.authorities[1]",
            "certificate",
        ),
        (
            "[chip.terminal]\nauthorities = [\"7f21047f210000\"]",
            "chip.terminal.authorities[1]",
            "certificate",
        ),
        (
            "[chip.terminal]\nshort_id = 31",
            "chip.terminal.short_id",
            "range",
        ),
        (
            "[[chip.finger]]\nposition = 11",
            "chip.finger[1].position",
            "range",
        ),
        (
            "[[chip.directory]]\naid = \"A0\"",
            "chip.directory[1].aid",
            "hexadecimal",
        ),
        (
            "[issuer]\nsigner = \"rsa-512\"",
            "issuer.signer",
            "signing_kind",
        ),
        (
            "[issuer]\nauthority = \"rsa-2048\"",
            "issuer.authority",
            "against",
        ),
        ("[issuer]\ncountry = \"V\"", "issuer.country", "capitals"),
        ("[register]\nstate = \"lost\"", "register.state", "choice"),
    ] {
        let (_, place, found) = mistake(&format!("{LEAST}{behind}\n"));
        assert_eq!((place.as_str(), found), (at, code), "{behind}");
    }
    for (list, code) in [
        ("quirks = [\"no-such\"]", "unknown_switch"),
        ("faults = [\"no-such\"]", "unknown_switch"),
        ("faults = [\"mute@lunch\"]", "moment"),
        ("faults = [\"cvca-empty@power:1\"]", "timeless"),
        ("faults = [\"lost-at-command:3@power:1\"]", "two_moments"),
        ("faults = [\"mute\", \"mute\"]", "twice"),
        ("faults = 3", "kind"),
    ] {
        let (line, _, found) = mistake(&format!("{list}\n{LEAST}"));
        assert_eq!((line, found), (1, code), "{list}");
    }
    let long = format!("{LEAST}#{}", " ".repeat(MAX_FILE));
    assert_eq!(mistake(&long).2, "too_long");
    assert!(parse("").is_err());
}

#[test]
fn an_image_may_lie_beside_the_file() {
    let more = "[chip.portrait]\nfile = \"face.jpg\"\nwidth = 480\nheight = 640\n";
    let image = crate::sim::faces::BINH.image.to_vec();
    let beside = |name: &str| (name == "face.jpg").then(|| image.clone());
    let persona = parse_with(&format!("{LEAST}{more}"), &beside).unwrap();
    assert_eq!(persona.chip.portrait.image.as_ref(), image);
    let other = |_: &str| Some(b"GIF89a".to_vec());
    assert!(parse_with(&format!("{LEAST}{more}"), &other).is_err());
}

#[test]
fn seeds_and_issuers_change_keys() {
    let group = |persona: &Persona, number| {
        let card = persona.personalise().unwrap();
        card.files[&FileId::Group(number)].clone()
    };
    let plain = parse(LEAST).unwrap();
    let seeded = parse(&format!("seed = \"one\"\n{LEAST}")).unwrap();
    assert_ne!(
        group(&plain, DataGroup::DG14),
        group(&seeded, DataGroup::DG14)
    );
    assert_eq!(
        group(&plain, DataGroup::DG1),
        group(&seeded, DataGroup::DG1)
    );
    let issuer =
        "[issuer]\nseed = \"one\"\nsigner = \"ecdsa-p256-sha256\"\nauthority = \"ecdsa-p384\"";
    let own = parse(&format!("{LEAST}{issuer}")).unwrap();
    assert_eq!(own.chip.signer, SignerKey::Ec(Curve::P256));
    let roots = [&plain, &own].map(|persona| persona.pki().unwrap().csca.certificate);
    assert_ne!(roots[0], roots[1]);
    own.personalise().unwrap();
}

/// The keys of a table in the schema.
fn keys(schema: &Value, path: &[&str]) -> BTreeSet<String> {
    let mut at = schema;
    for step in path {
        at = &at["properties"][step];
        if at["type"] == "array" {
            at = &at["items"];
        }
    }
    assert_eq!(at["additionalProperties"], false, "{path:?}");
    let keys = at["properties"].as_object().unwrap().keys();
    keys.cloned().collect()
}

/// The keys that the parser takes at a place, as it names them itself when it meets another.
fn taken(text: &str) -> BTreeSet<String> {
    let faults = parse(text).unwrap_err().faults;
    let unknown = faults.iter().find_map(|fault| match &fault.wrong {
        Wrong::UnknownKey { known } => Some(known),
        _ => None,
    });
    unknown
        .unwrap()
        .iter()
        .map(|key| (*key).to_owned())
        .collect()
}

#[test]
fn the_schema_and_the_parser_take_the_same_keys() {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    assert_eq!(keys(&schema, &[]), taken("x = 1"));
    let tables: [(&[&str], &str); 16] = [
        (&["title"], "title = { x = 1 }"),
        (&["document"], "[document]\nx = 1"),
        (&["holder"], "[holder]\nx = 1"),
        (&["chip"], "[chip]\nx = 1"),
        (&["issuer"], "[issuer]\nx = 1"),
        (&["register"], "[register]\nx = 1"),
        (&["chip", "portrait"], "[chip.portrait]\nx = 1"),
        (&["chip", "directory"], "[[chip.directory]]\nx = 1"),
        (&["chip", "finger"], "[[chip.finger]]\nx = 1"),
        (&["chip", "iris"], "[[chip.iris]]\nx = 1"),
        (&["chip", "pace"], "[[chip.pace]]\nx = 1"),
        (
            &["chip", "chip_authentication"],
            "[[chip.chip_authentication]]\nx = 1",
        ),
        (&["chip", "active"], "[chip.active]\nx = 1"),
        (&["chip", "terminal"], "[chip.terminal]\nx = 1"),
        (&["issuer"], "issuer = { x = 1 }"),
        (&["holder"], "holder = { x = 1 }"),
    ];
    for (path, text) in tables {
        assert_eq!(keys(&schema, path), taken(text), "{path:?}");
    }
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(schema["properties"]["kind"]["enum"], Value::from(kinds));
    let states: Vec<&str> = CardState::ALL.iter().map(|state| state.code()).collect();
    let register = &schema["properties"]["register"]["properties"];
    assert_eq!(register["state"]["enum"], Value::from(states));
}

proptest! {
    // One of the files draws its fingers, which takes a while.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is cut, doubled or overwritten in a file: it is refused or a card, never a panic.
    #[test]
    fn damaged_files_are_refused_or_are_cards(
        which in 0_usize..16,
        start in 0_usize..2_000,
        length in 0_usize..40,
        junk in "[-=\\[\\]{}\"',.#a-z0-9\\n|\u{0}\u{1F600}]{0,12}",
    ) {
        let text = names().nth(which).and_then(text_of).unwrap();
        let mut characters: Vec<char> = text.chars().collect();
        let start = start.min(characters.len());
        let end = (start + length).min(characters.len());
        characters.splice(start..end, junk.chars());
        let damaged: String = characters.into_iter().collect();
        if let Ok(persona) = parse(&damaged) {
            prop_assert_eq!(Mrz::parse(&persona.mrz()).unwrap().wrong_check_digits().len(), 0);
        }
    }
}
