use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;
use crate::bytes::date::PartialDate;
use crate::bytes::vietnamese::fold_ascii;
use crate::lds::mrz::Sex;

const PEOPLE: &str = include_str!("../../../tests/vectors/names/people.csv");
const FAMILIES: &str = include_str!("../../../tests/vectors/names/families.csv");
const VALUES: &str = include_str!("../../../tests/vectors/names/values.csv");

/// Puts characters in the place of their escapes, `\u{1234}`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        plain.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain
}

fn rows(file: &str) -> Vec<[String; 5]> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(file.as_bytes());
    reader
        .records()
        .map(|row| {
            let row: Vec<String> = row.unwrap().iter().map(unescaped).collect();
            row.try_into().unwrap()
        })
        .collect()
}

fn said(compared: Compared) -> (String, String) {
    (
        compared.agreement.code().to_owned(),
        compared.rule.code().to_owned(),
    )
}

#[test]
fn the_corpus_of_names_compares_as_it_says() {
    let rows = [rows(PEOPLE), rows(FAMILIES)].concat();
    assert!(rows.len() >= 400);
    let mut wrong = Vec::new();
    for [one, two, agreement, rule, why] in &rows {
        let expected = (agreement.clone(), rule.clone());
        for (one, two) in [(one, two), (two, one)] {
            let said = said(compare_name(one, two));
            // What is not there is on one side only.
            let nothing = said.0.starts_with("not_") && agreement.starts_with("not_");
            if said != expected && !nothing {
                wrong.push(format!("{one} | {two}: {said:?} ({why})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_of_other_values_compares_as_it_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(VALUES.as_bytes());
    for row in reader.records() {
        let row: Vec<String> = row.unwrap().iter().map(unescaped).collect();
        let [attribute, one, two, agreement, rule, why]: [String; 6] = row.try_into().unwrap();
        let date = || PartialDate::from_iso(&one).unwrap();
        let compared = match attribute.as_str() {
            "number" => compare_number(&one, &two),
            "birth" => compare_date_text(date(), &two),
            "sex" if one == "male" => compare_sex_text(Sex::Male, &two),
            "sex" => compare_sex_text(Sex::Female, &two),
            "nationality" => compare_nationality(&one, &two),
            "document_number" => compare_document_number(&one, &two),
            "place" => compare_place(&one, &two, |_| None),
            other => panic!("{other}"),
        };
        let said = said(compared);
        if said != (agreement, rule) {
            wrong.push(format!("{attribute}: {one} | {two}: {said:?} ({why})"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 60);
}

#[test]
fn every_rule_is_shown_by_a_pair() {
    let corpus = [PEOPLE, FAMILIES, VALUES].concat();
    // Those of two sides that lists cannot have.
    let elsewhere = [Rule::OldNumber, Rule::FormerUnit];
    for rule in Rule::ALL.iter().filter(|rule| !elsewhere.contains(rule)) {
        let shown = corpus.contains(&format!(",{},", rule.code()));
        assert!(shown, "no pair for {}", rule.code());
    }
}

#[test]
fn a_name_longer_than_any_is_compared_as_it_stands() {
    let long = "Mẫu ".repeat(MAX_NAME);
    assert_eq!(compare_name(&long, &long).rule, Rule::Exact);
    assert_eq!(
        compare_name(&long, &long.to_uppercase()).rule,
        Rule::Letters
    );
}

#[test]
fn what_comes_close_to_a_rule_and_is_beyond_it() {
    for (one, two, rule) in [
        // Five vowels are no syllable, and two tones are not those of one.
        ("Aeioú", "Áeiou", Rule::Diacritics),
        ("Hoáò", "Hóaò", Rule::Diacritics),
        // A second tone is another mark, and one behind a space belongs to no letter.
        ("Má", "Ma\u{300}\u{301}", Rule::Diacritics),
        ("Má n", "Ma \u{301}n", Rule::Letters),
        ("Müan", "Mu An", Rule::Letters),
        ("Nguyễn Văn Mẫu", "T V Mẫu", Rule::Letters),
        ("Nguyễn Văn Mẫu", "Mẫu Văn", Rule::Letters),
        ("Nguyễn Văn Mẫu", "Nguy?n", Rule::Letters),
        ("Nguyễn Văn Mẫu", "Nguyễn ?ăn Mẫu", Rule::Letters),
    ] {
        let compared = compare_name(one, two);
        assert!(compared.is_mismatch(), "{one} {two}");
        if two.contains('\u{301}') {
            // Which of the reasons is said of marks that no keyboard makes is no promise.
            continue;
        }
        assert_eq!(compared.rule, rule, "{one} {two}");
    }
    // Marks of two classes in either order are one letter.
    let compared = compare_name("n\u{327}\u{308}o", "n\u{308}\u{327}o");
    assert_eq!(compared.rule, Rule::Composition);
    assert!(compared.is_match());
}

#[test]
fn a_name_in_parts_is_one_name() {
    let parts = |parts: &[&str]| compare_name_parts(parts, "Nguyễn Văn Mẫu");
    assert_eq!(parts(&["Nguyễn", "Văn", "Mẫu"]).rule, Rule::PartsJoined);
    assert_eq!(parts(&["Nguyễn Văn Mẫu"]).rule, Rule::Exact);
    assert!(parts(&["Nguyễn", "Văn"]).is_mismatch());
}

/// Text of the letters of names, with marks and spaces in any order.
fn names() -> impl Strategy<Value = String> {
    let letter = proptest::sample::select(
        "aăâbcdđeêghiklmnoôơpqrstuưvxyAĐÊÔàảãáạếộỳữ '-.\u{300}\u{301}\u{302}\u{323}\u{31B}\u{A0}"
            .chars()
            .collect::<Vec<char>>(),
    );
    proptest::collection::vec(letter, 0..24).prop_map(|letters| letters.into_iter().collect())
}

/// The letters of a name and nothing else.
fn bases(name: &str) -> String {
    let folded = fold_ascii(name);
    folded.chars().filter(|sign| sign.is_alphabetic()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_name_is_itself_in_any_form(name in names()) {
        let nothing = !name.chars().any(char::is_alphabetic);
        for form in [
            name.clone(),
            name.nfd().collect(),
            name.nfc().collect(),
            format!(" {name}\u{A0}"),
        ] {
            let compared = compare_name(&name, &form);
            prop_assert!(compared.is_match() || nothing, "{form:?}: {compared:?}");
        }
    }

    #[test]
    fn comparing_is_the_same_from_both_sides(one in names(), two in names()) {
        let (there, back) = (compare_name(&one, &two), compare_name(&two, &one));
        prop_assert_eq!(there.is_match(), back.is_match());
        if there.is_mismatch() {
            prop_assert_eq!(there, back);
        }
    }

    #[test]
    fn names_of_other_letters_never_match(one in names(), two in names(), at in 0_usize..24) {
        // Two names at random, and one with a letter changed.
        let changed: String = one
            .chars()
            .enumerate()
            .map(|(place, sign)| if place == at { 'x' } else { sign })
            .collect();
        for other in [two, changed] {
            if bases(&one) != bases(&other) {
                prop_assert!(!compare_name(&one, &other).is_match(), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn no_text_stops_the_comparison(one in ".{0,40}", two in ".{0,40}") {
        let _ = compare_name(&one, &two);
        let _ = compare_nationality(&one, &two);
        let _ = compare_document_number(&one, &two);
        let _ = compare_number(&one, &two);
        let _ = read_sex(&one);
        let _ = read_date(&one);
        let itself = compare_name(&one, &one);
        prop_assert!(itself.is_match() || !one.chars().any(char::is_alphabetic));
        prop_assert!(!itself.is_match() || one.nfkc().any(char::is_alphabetic));
    }
}
