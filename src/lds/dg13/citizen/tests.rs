use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::lds::field::Sensitivity;
use crate::lds::field::Value as Shown;

#[derive(Deserialize)]
struct Vector {
    file: String,
    father: String,
    mother: String,
    fields: BTreeMap<String, String>,
}

fn vector() -> Vector {
    toml::from_str(include_str!(
        "../../../../tests/vectors/dg13_synthetic.toml"
    ))
    .unwrap()
}

fn utf8(text: &str) -> Vec<u8> {
    encode(tag::UTF8_STRING, &[text.as_bytes()])
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &[&parts.concat()])
}

fn entry(number: u8, values: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[encode_integer(&[number]), values.concat()])
}

fn file(entries: &[Vec<u8>]) -> Vec<u8> {
    let encoding = encode(tag::OID, &[UTF8_ENCODING.octets()]);
    let set = encode(tag::SET, &[&entries.concat()]);
    encode(0x6D, &[&sequence(&[encode_integer(&[1]), encoding, set])])
}

fn record(entries: &[Vec<u8>]) -> CitizenRecord {
    CitizenRecord::decode(&file(entries)).unwrap()
}

fn parents(values: &[Vec<u8>]) -> (Option<String>, Option<String>) {
    let record = record(&[entry(13, values)]);
    (
        record.father().map(str::to_owned),
        record.mother().map(str::to_owned),
    )
}

#[test]
fn every_field_of_the_invented_record_is_read() {
    let vector = vector();
    let bytes = hex::decode(&vector.file).unwrap();
    let record = CitizenRecord::decode(&bytes).unwrap();
    for (number, text) in &vector.fields {
        assert_eq!(
            record.text(number.parse().unwrap()),
            Some(text.as_str()),
            "{number}"
        );
    }
    assert_eq!(record.father(), Some(vector.father.as_str()));
    assert_eq!(record.mother(), Some(vector.mother.as_str()));
    assert_eq!(record.fields[&field::SPOUSE], Value::Absent);
    assert_eq!(record.spouse(), None);
    assert_eq!(record.fields.len(), 16);
    assert_eq!(record.birth().unwrap().to_string(), "1999-03-15");
    assert_eq!(record.issued().unwrap().to_string(), "2021-05-10");
    assert_eq!(
        record.expires(),
        Expiry::Date(PartialDate::from_iso("2024-03-15").unwrap())
    );
    assert_eq!(record.sex(), Some(Sex::Male));
    assert_eq!(format!("{record:?}"), "CitizenRecord(16 fields)");
}

#[test]
fn absent_takes_every_form_and_no_field_moves() {
    let empty_sequence = sequence(&[]);
    let record = record(&[
        entry(9, &[utf8("Hà Nội")]),
        entry(6, &[]),
        entry(7, &[utf8("")]),
        entry(8, std::slice::from_ref(&empty_sequence)),
        entry(10, &[utf8("  ")]),
        entry(13, &[]),
        entry(14, &[empty_sequence]),
    ]);
    for number in [6, 7, 8, 10, 13, 14] {
        assert_eq!(record.fields[&number], Value::Absent, "{number}");
    }
    assert_eq!(record.residence(), Some("Hà Nội"));
    assert_eq!(record.name(), None);
    assert_eq!(record.expires(), Expiry::Unknown);
}

#[test]
fn parents_stay_in_their_places_in_every_form() {
    let (father, mother) = (utf8("Cha"), utf8("Mẹ"));
    let both = (Some("Cha".to_owned()), Some("Mẹ".to_owned()));
    let one = |name: &Vec<u8>| sequence(std::slice::from_ref(name));
    assert_eq!(parents(&[one(&father), one(&mother)]), both);
    assert_eq!(
        parents(&[sequence(&[father.clone(), mother.clone()])]),
        both
    );
    assert_eq!(parents(&[sequence(&[one(&father), one(&mother)])]), both);
    assert_eq!(parents(&[father.clone(), mother.clone()]), both);

    let only_mother = (None, Some("Mẹ".to_owned()));
    assert_eq!(parents(&[sequence(&[]), one(&mother)]), only_mother);
    assert_eq!(parents(&[one(&utf8("")), one(&mother)]), only_mother);
    assert_eq!(
        parents(&[sequence(&[utf8(""), mother.clone()])]),
        only_mother
    );
    assert_eq!(
        parents(&[sequence(&[sequence(&[]), one(&mother)])]),
        only_mother
    );

    let only_father = (Some("Cha".to_owned()), None);
    assert_eq!(parents(&[one(&father), sequence(&[])]), only_father);
    assert_eq!(parents(&[one(&father)]), only_father);
    assert_eq!(parents(&[sequence(&[one(&father)])]), only_father);
    assert_eq!(parents(&[sequence(&[]), sequence(&[])]), (None, None));
    assert_eq!(parents(&[encode(tag::INTEGER, &[&[5]])]), (None, None));
}

#[test]
fn the_spouse_is_read_in_a_sequence_or_bare() {
    for value in [sequence(&[utf8("Vợ")]), utf8("Vợ")] {
        assert_eq!(record(&[entry(14, &[value])]).spouse(), Some("Vợ"));
    }
}

#[test]
fn bytes_that_look_like_entries_inside_values_are_text() {
    let trap = "A\u{2}\u{1}\u{3}B";
    let record = record(&[entry(9, &[utf8(trap)]), entry(2, &[utf8("Mẫu")])]);
    assert_eq!(record.residence(), Some(trap));
    assert_eq!(record.birth(), None);
    assert_eq!(record.name(), Some("Mẫu"));
}

#[test]
fn long_form_lengths_and_both_kinds_of_strings_are_read() {
    let value = [0x0C, 0x82, 0x00, 0x03, b'N', b'a', b'm'].to_vec();
    let number = encode(tag::PRINTABLE_STRING, &[b"001099000123"]);
    let name = encode(tag::PRINTABLE_STRING, &["Nguyễn".as_bytes()]);
    let record = record(&[entry(4, &[value]), entry(1, &[number]), entry(2, &[name])]);
    assert_eq!(record.sex(), Some(Sex::Male));
    assert_eq!(record.citizen_number(), Some("001099000123"));
    assert_eq!(record.name(), Some("Nguyễn"));
    let long = record.text(field::NAME).unwrap().repeat(40);
    assert_eq!(
        self::record(&[entry(9, &[utf8(&long)])]).residence(),
        Some(long.as_str())
    );
}

#[test]
fn dates_and_words_of_every_form_are_read() {
    for (text, date) in [
        ("15031999", "1999-03-15"),
        ("03/1999", "1999-03"),
        ("1950", "1950"),
    ] {
        let record = record(&[entry(3, &[utf8(text)])]);
        assert_eq!(record.birth().unwrap().to_string(), date);
    }
    let expires = |text: &str| record(&[entry(12, &[utf8(text)])]).expires();
    assert_eq!(expires("Không thời hạn"), Expiry::None);
    assert_eq!(expires("KHÔNG THỜI HẠN"), Expiry::None);
    // Decomposed.
    assert_eq!(
        expires("Kho\u{302}ng tho\u{31B}\u{300}i ha\u{323}n"),
        Expiry::None
    );
    assert_eq!(expires("Không xác định"), Expiry::Unknown);
    assert_eq!(expires("31/02/2030"), Expiry::Unknown);
    let female = record(&[entry(4, &[utf8("Nữ")])]);
    assert_eq!(female.sex(), Some(Sex::Female));
}

#[test]
fn unknown_fields_and_unexpected_values_are_kept_raw() {
    let integer = encode(tag::INTEGER, &[&[7]]);
    let record = record(&[
        entry(17, &[utf8("x")]),
        entry(5, std::slice::from_ref(&integer)),
        entry(9, &[utf8("a"), utf8("b")]),
        entry(2, &[encode(tag::UTF8_STRING, &[&[0xFF]])]),
    ]);
    assert_eq!(record.fields[&17], Value::Raw(utf8("x")));
    assert_eq!(record.fields[&5], Value::Raw(integer));
    assert_eq!(
        record.fields[&9],
        Value::Raw([utf8("a"), utf8("b")].concat())
    );
    assert_eq!(record.name(), None);
}

#[test]
fn doubled_numbers_other_frames_and_trailing_bytes_are_refused() {
    let decode = |bytes: &[u8]| CitizenRecord::decode(bytes);
    let doubled = file(&[entry(1, &[utf8("a")]), entry(1, &[])]);
    assert!(decode(&doubled).is_err());
    let good = file(&[entry(1, &[utf8("a")])]);
    assert!(decode(&[&good[..], &[0]].concat()).is_err());
    assert!(decode(&good[..good.len() - 1]).is_err());
    let mut other_encoding = good.clone();
    other_encoding[12] = 9;
    assert!(decode(&other_encoding).is_err());
    let many: Vec<_> = (0..65).map(|number| entry(number, &[])).collect();
    assert!(decode(&file(&many)).is_err());
    assert!(decode(&file(&[sequence(&[])])).is_err());
    assert!(decode(&[]).is_err());
    assert!(decode(&file(&[])).unwrap().fields.is_empty());
}

#[test]
fn values_that_hold_the_pattern_of_any_entry_move_nothing() {
    // Readers that look for `02 01 nn` find a field in the middle of an address.
    for number in 1..=16 {
        let trap = [b"A", &encode_integer(&[number])[..], b"\x0C\x01X"].concat();
        let trap = String::from_utf8(trap).unwrap();
        for holder in [2, 9, 10] {
            let record = record(&[entry(holder, &[utf8(&trap)])]);
            assert_eq!(record.text(u32::from(holder)), Some(trap.as_str()));
            assert_eq!(record.fields.len(), 1);
        }
        let names = [sequence(&[utf8(&trap)]), sequence(&[utf8("Mẹ")])];
        assert_eq!(parents(&names), (Some(trap), Some("Mẹ".to_owned())));
    }
}

#[test]
fn entries_are_found_in_any_order() {
    let bytes = hex::decode(vector().file).unwrap();
    let ordered = CitizenRecord::decode(&bytes).unwrap();
    let entries: Vec<Vec<u8>> = [(4, "Nam"), (1, "001099000123"), (12, "15/03/2024")]
        .into_iter()
        .map(|(number, text)| entry(number, &[utf8(text)]))
        .collect();
    let record = record(&entries);
    assert_eq!(record.sex(), ordered.sex());
    assert_eq!(record.citizen_number(), ordered.citizen_number());
    assert_eq!(record.expires(), ordered.expires());
}

#[test]
fn what_is_nested_deeper_than_anything_known_is_kept_raw_or_refused() {
    let beginnings = [0x30, 0x80].repeat(0x8000);
    assert!(CitizenRecord::decode(&beginnings).is_err());
    assert!(CitizenRecord::decode(&file(&[beginnings])).is_err());
    // 65,536 whole SEQUENCEs, one in another; written from the inside, so backwards.
    let mut nested: Vec<u8> = Vec::new();
    for _ in 0..65_536 {
        let length = u32::try_from(nested.len()).unwrap().to_be_bytes();
        nested.extend(length.into_iter().rev().chain([0x84, 0x30]));
    }
    nested.reverse();
    for number in [2, 13, 14, 17] {
        let record = record(&[entry(number, std::slice::from_ref(&nested))]);
        assert_eq!(
            record.fields[&u32::from(number)],
            Value::Raw(nested.clone()),
            "{number}"
        );
    }
}

#[test]
fn a_crowd_of_values_or_persons_is_kept_raw() {
    let crowd = vec![utf8("x"); 20_000];
    for number in [2, 13, 14] {
        let record = record(&[entry(number, &crowd)]);
        assert_eq!(
            record.fields[&u32::from(number)],
            Value::Raw(crowd.concat())
        );
        assert_eq!(record.father(), None);
    }
    let inside = record(&[entry(13, &[sequence(&crowd)])]);
    assert_eq!(inside.mother(), None);
}

#[test]
fn fields_are_shown_with_their_kinds_and_the_sensitive_ones_marked() {
    let record = CitizenRecord::decode(&hex::decode(vector().file).unwrap()).unwrap();
    let fields = record.fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_ref()).collect();
    assert_eq!(
        names,
        [
            "citizen_number",
            "name",
            "birth",
            "sex",
            "nationality",
            "ethnicity",
            "religion",
            "origin",
            "residence",
            "features",
            "issued",
            "expires",
            "father",
            "mother",
            "old_number",
            "code16"
        ]
    );
    for field in &fields {
        let law = ["ethnicity", "religion", "features"].contains(&field.name.as_ref());
        assert_eq!(field.sensitivity == Sensitivity::Sensitive, law);
    }
    assert!(fields[3].value == Shown::Word("male"));
    let day = PartialDate::from_iso("2024-03-15").unwrap();
    assert!(fields[11].value == Shown::Date(day));
}

#[test]
fn what_is_not_known_is_listed_and_its_octets_are_sensitive() {
    let unknown = utf8("mẫu");
    let persons: Vec<Vec<u8>> = ["Cha", "Mẹ", "Ai đó"]
        .iter()
        .map(|name| sequence(&[utf8(name)]))
        .collect();
    let record = record(&[
        entry(3, &[utf8("khoảng năm 1950")]),
        entry(4, &[utf8("?")]),
        entry(12, &[utf8("Không thời hạn.")]),
        entry(13, &persons),
        entry(17, std::slice::from_ref(&unknown)),
        entry(6, &[encode_integer(&[1])]),
    ]);
    let fields = record.fields();
    let find = |name: &str| {
        let field = fields.iter().find(|field| field.name == name);
        field.cloned().unwrap()
    };
    let text = |text: &str| Shown::Text(text.to_owned());
    assert!(find("birth").value == text("khoảng năm 1950"));
    assert!(find("sex").value == text("?"));
    assert!(find("expires").value == Shown::Word("never"));
    assert!(find("further_persons").value == Shown::List(vec![text("Ai đó")]));
    let numbers = Shown::List(vec![Shown::Number(6), Shown::Number(17)]);
    assert!(find("unknown_entries").value == numbers);
    assert_eq!(find("unknown_entries").sensitivity, Sensitivity::Shown);
    assert_eq!(find("unknown_octets").sensitivity, Sensitivity::Sensitive);
    let Shown::List(octets) = find("unknown_octets").value else {
        panic!("a list");
    };
    assert!(matches!(
        &octets[1],
        Shown::Fields(fields) if fields[1].value == Shown::Octets(unknown)
    ));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..403, value: u8) {
        let _ = CitizenRecord::decode(&bytes);
        let _ = CitizenRecord::decode(&file(std::slice::from_ref(&bytes)));
        let mut mutated = hex::decode(vector().file).unwrap();
        mutated[at] = value;
        if let Ok(record) = CitizenRecord::decode(&mutated) {
            let _ = (record.birth(), record.expires(), record.sex(), record.mother());
            let _ = record.fields();
        }
    }
}
