use proptest::prelude::*;

use super::*;

const GOOD: &str = r#"
name = "utopia-1"
title = { vi = "Thẻ Utopia", en = "Card of Utopia" }
[recognise]
issuing_states = ["UTO"]
document_codes = ["I"]
issued_from = "2020-01-01"
[access]
keys = ["can", "mrz"]
card_access = "31143012060A04007F0007020204020202010202010D"
quirks = ["select-mf-6d00"]
[read]
groups = ["DG14", "DG1", "DG2"]
commands = "short"
answer = 1000
piece = 112
files = "select"
[dg13]
layout = "vn-citizen"
[[dg13.fields]]
number = 13
person = 1
name = "mother"
vi = "Mẹ"
en = "Mother"
"#;

/// What is wrong: line, key, code.
type Seen = (usize, String, &'static str);

fn faults(text: &str) -> Vec<Seen> {
    let faults = parse(text).unwrap_err();
    let seen = faults.into_iter();
    seen.map(|fault| (fault.line, fault.at, fault.wrong.code()))
        .collect()
}

/// The one thing that is wrong once a piece is replaced.
fn fault(from: &str, to: &str) -> Seen {
    let text = GOOD.replacen(from, to, 1);
    assert_ne!(text, GOOD, "{from}");
    match faults(&text).as_slice() {
        [only] => only.clone(),
        several => panic!("{to}: {several:?}"),
    }
}

#[test]
fn a_whole_profile_is_read() {
    let profile = parse(GOOD).unwrap();
    assert_eq!(profile.keys, [KeyKind::Can, KeyKind::Mrz]);
    assert_eq!(
        profile.groups,
        [DataGroup::DG14, DataGroup::DG1, DataGroup::DG2]
    );
    assert_eq!(profile.recognise.issued_before, None);
    let mother = profile.field(13, Some(1)).unwrap();
    assert_eq!((mother.label.vi.as_str(), mother.sensitive), ("Mẹ", false));
    assert_eq!(profile.field(13, None), None);
}

#[test]
fn unknown_keys_are_refused_wherever_they_stand() {
    for (from, to, line, at) in [
        ("name =", "colour = 1\nname =", 2, "colour"),
        ("issued_from", "issued_form", 7, "recognise.issued_form"),
        ("[access]\n", "[access]\npace = false\n", 9, "access.pace"),
        ("[read]\n", "[read]\nskip = []\n", 13, "read.skip"),
        ("[dg13]\n", "[dg13]\nskip = 1\n", 19, "dg13.skip"),
        ("person =", "persons =", 22, "dg13.fields[1].persons"),
        ("[read]", "[anchors]\n[read]", 12, "anchors"),
        (
            "en = \"Card of",
            "fr = \"x\", en = \"Card of",
            3,
            "title.fr",
        ),
    ] {
        assert_eq!(
            fault(from, to),
            (line, at.to_owned(), "unknown_key"),
            "{to}"
        );
    }
}

#[test]
fn every_wrong_value_is_placed() {
    let after = "issued_from = \"2020-01-01\"\nissued_before = \"2020-01-01\"";
    for (from, to, line, at, code) in [
        ("utopia-1", "Utopia", 2, "name", "name"),
        ("utopia-1", "utopia--1", 2, "name", "name"),
        ("\"utopia-1\"", "1", 2, "name", "kind"),
        ("Card of Utopia", " ", 3, "title.en", "words"),
        (
            "\"UTO\"",
            "\"uto\"",
            5,
            "recognise.issuing_states[1]",
            "capitals",
        ),
        (
            "\"UTO\"",
            "\"D<<\"",
            5,
            "recognise.issuing_states[1]",
            "capitals",
        ),
        (
            "\"I\"",
            "\"IDX\"",
            6,
            "recognise.document_codes[1]",
            "capitals",
        ),
        (
            "2020-01-01",
            "01/01/2020",
            7,
            "recognise.issued_from",
            "date",
        ),
        (
            "2020-01-01",
            "2020-01-01T00:00",
            7,
            "recognise.issued_from",
            "date",
        ),
        (
            "issued_from = \"2020-01-01\"",
            after,
            8,
            "recognise.issued_before",
            "date_order",
        ),
        (
            "\"can\", \"mrz\"",
            "\"can\", \"can\"",
            9,
            "access.keys[2]",
            "twice",
        ),
        ("\"can\", \"mrz\"", "", 9, "access.keys", "empty"),
        ("\"can\", \"mrz\"", "\"pin\"", 9, "access.keys[1]", "choice"),
        (
            "31143012",
            "3114301",
            10,
            "access.card_access",
            "hexadecimal",
        ),
        (
            "31143012",
            "31143013",
            10,
            "access.card_access",
            "security_infos",
        ),
        (
            "select-mf-6d00",
            "Select MF",
            11,
            "access.quirks[1]",
            "unknown_quirk",
        ),
        (
            "select-mf-6d00",
            "no-such",
            11,
            "access.quirks[1]",
            "unknown_quirk",
        ),
        ("\"DG14\"", "\"DG17\"", 13, "read.groups[1]", "choice"),
        ("\"DG14\"", "\"EF.SOD\"", 13, "read.groups[1]", "choice"),
        ("\"DG14\"", "\"DG1\"", 13, "read.groups[2]", "twice"),
        ("\"short\"", "\"long\"", 14, "read.commands", "choice"),
        ("1000", "255", 15, "read.answer", "range"),
        ("1000", "-1", 15, "read.answer", "range"),
        (
            "1000",
            "99999999999999999999999",
            15,
            "read.answer",
            "range",
        ),
        ("1000", "\"much\"", 15, "read.answer", "kind"),
        ("112", "63", 16, "read.piece", "range"),
        ("112", "65537", 16, "read.piece", "range"),
        ("\"select\"", "\"by-name\"", 17, "read.files", "choice"),
        ("vn-citizen", "xx", 19, "dg13.layout", "choice"),
        (
            "\"mother\"",
            "\"Mother\"",
            23,
            "dg13.fields[1].name",
            "name",
        ),
        ("\"Mẹ\"", "\"\"", 24, "dg13.fields[1].vi", "words"),
        (
            "name = \"mother\"\n",
            "",
            20,
            "dg13.fields[1].name",
            "missing",
        ),
    ] {
        assert_eq!(fault(from, to), (line, at.to_owned(), code), "{to}");
    }
    let twice = format!(
        "{GOOD}[[dg13.fields]]\nnumber = 13\nperson = 1\nname = \"x\"\nvi = \"x\"\nen = \"x\"\n"
    );
    assert_eq!(faults(&twice), [(26, "dg13.fields[2]".to_owned(), "twice")]);
    assert_eq!(
        faults(&"#".repeat(MAX_FILE + 1)),
        [(1, String::new(), "too_long")]
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replace("utopia-1", "Utopia")
        .replace("\"UTO\"", "\"uto\", \"D<<\"")
        .replace("select-mf-6d00", "no-such")
        .replace("groups =", "order =")
        .replace("112", "1");
    let seen: Vec<(usize, String)> = faults(&text)
        .into_iter()
        .map(|(line, at, _)| (line, at))
        .collect();
    let expected = [
        (2, "name"),
        (5, "recognise.issuing_states[1]"),
        (5, "recognise.issuing_states[2]"),
        (11, "access.quirks[1]"),
        (12, "read.groups"),
        (13, "read.order"),
        (16, "read.piece"),
    ];
    assert_eq!(seen, expected.map(|(line, at)| (line, at.to_owned())));
    // Of an empty file all that is missing is told.
    let missing: Vec<String> = faults("").into_iter().map(|(_, at, _)| at).collect();
    assert_eq!(missing, ["name", "title", "recognise", "access", "read"]);
}

#[test]
fn what_is_no_toml_is_told_with_whatever_else_is_wrong() {
    let seen = faults(&GOOD.replace("[read]", "[read").replace("112", "1"));
    assert!(seen.contains(&(12, String::new(), "syntax")), "{seen:?}");
    let doubled = faults(&GOOD.replace("piece = 112", "piece = 112\npiece = 113"));
    assert_eq!(doubled[0].2, "syntax");
}

#[test]
fn an_unknown_quirk_is_answered_with_those_that_are_known() {
    let wrong = parse(&GOOD.replace("select-mf-6d00", "no-such")).unwrap_err();
    let text = wrong[0].to_string();
    assert!(text.starts_with("line 11: access.quirks[1]: no such quirk; known are "));
    for name in [
        "select-mf-6d00",
        "external-authenticate-le-00",
        "mrz-long-number",
    ] {
        assert!(text.contains(name), "{name}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,200}", at in 0_usize..600, character: char) {
        let _ = parse(&text);
        let mut mutated: Vec<char> = GOOD.chars().collect();
        if let Some(place) = mutated.get_mut(at) {
            *place = character;
        }
        let _ = parse(&String::from_iter(mutated));
    }
}
