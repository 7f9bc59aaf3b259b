//! The record on a Vietnamese citizen card, as independent readers agree on it.

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::bytes::date::PartialDate;
use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::mrz::Sex;

/// Most entries followed. The card has sixteen.
const MAX_ENTRIES: usize = 64;

/// Most persons followed in one entry; the parents are two.
const MAX_PERSONS: usize = 8;

/// IA5String, which stands for PrintableString now and then.
const IA5_STRING: u32 = 0x16;

/// 1.0.10646.1.0.8: text in UTF-8.
const UTF8_ENCODING: Oid<'static> = Oid::new(&[0x28, 0xD3, 0x16, 0x01, 0x00, 0x08]);

/// Numbers of the fields in [`CitizenRecord`].
pub mod field {
    /// Citizen number, 12 digits
    pub const CITIZEN_NUMBER: u32 = 1;
    /// Full name
    pub const NAME: u32 = 2;
    /// Date of birth
    pub const BIRTH: u32 = 3;
    /// Sex
    pub const SEX: u32 = 4;
    /// Nationality
    pub const NATIONALITY: u32 = 5;
    /// Ethnicity
    pub const ETHNICITY: u32 = 6;
    /// Religion
    pub const RELIGION: u32 = 7;
    /// Place of origin, or of birth registration
    pub const ORIGIN: u32 = 8;
    /// Place of residence
    pub const RESIDENCE: u32 = 9;
    /// Identifying features
    pub const FEATURES: u32 = 10;
    /// Date of issue
    pub const ISSUED: u32 = 11;
    /// Date of expiry, or words
    pub const EXPIRES: u32 = 12;
    /// Father and mother
    pub const PARENTS: u32 = 13;
    /// Spouse
    pub const SPOUSE: u32 = 14;
    /// Old identity number
    pub const OLD_NUMBER: u32 = 15;
    /// Sixteen characters of unpublished meaning
    pub const CODE16: u32 = 16;
}

/// What one entry holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: no value at all, an empty string or an empty SEQUENCE.
    Absent,
    /// Text without white space at its ends.
    Text(String),
    /// Names of persons by their place, an empty one where the place is empty. At least one is not.
    Persons(Vec<String>),
    /// A value of another form, or of a field that is not known: the octets after the number.
    Raw(Vec<u8>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Text(_) => "Text(..)",
            Self::Persons(_) => "Persons(..)",
            Self::Raw(_) => "Raw(..)",
        })
    }
}

/// When a card expires, as its record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// On a date.
    Date(PartialDate),
    /// Never: `Không thời hạn`.
    None,
    /// The record does not say, or says something else.
    Unknown,
}

/// The record on a Vietnamese citizen card.
///
/// ```text
/// 6D { SEQUENCE { INTEGER 1, OBJECT IDENTIFIER 1.0.10646.1.0.8,
///                 SET OF SEQUENCE { INTEGER n, value } } }
/// ```
/// No specification is public; the layout is what independent readers agree on. Entries are found
/// by their number, never by their place. [`fmt::Debug`] shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenRecord {
    /// Every entry by its number.
    pub fields: BTreeMap<u32, Value>,
}

impl CitizenRecord {
    /// Whether the file begins as a record does: version, then the identifier of UTF-8.
    ///
    /// # Errors
    /// [`Malformed`] when it is no DG13 at all, or has no data elements in it.
    pub(super) fn begins(file: &[u8]) -> Result<bool, Malformed> {
        let mut reader = Reader::new(file);
        let template = reader.expect(DataGroup::DG13.tag(), "DG13")?;
        reader.finish("DG13")?;
        // Whatever the layout, it is made of data elements.
        let mut elements = template.inside()?;
        elements.element("DG13")?;
        while !elements.at_end() {
            elements.element("DG13")?;
        }
        let encoding = || {
            let mut inside = template.inside().ok()?;
            let mut frame = inside.expect(tag::SEQUENCE, "record").ok()?.inside().ok()?;
            frame.expect(tag::INTEGER, "version").ok()?;
            frame.expect(tag::OID, "encoding").ok()
        };
        Ok(encoding().is_some_and(|encoding| Oid::new(encoding.value) == UTF8_ENCODING))
    }

    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, the text encoding is not UTF-8, a number is doubled,
    /// there are too many entries, or bytes follow. A value of unexpected form is kept raw.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut template = reader.expect(DataGroup::DG13.tag(), "DG13")?.inside()?;
        reader.finish("DG13")?;
        let mut frame = template.expect(tag::SEQUENCE, "DG13 record")?.inside()?;
        template.finish("DG13")?;
        frame
            .expect(tag::INTEGER, "DG13 version")?
            .small_integer()?;
        let encoding = frame.expect(tag::OID, "DG13 text encoding")?;
        if Oid::new(encoding.value) != UTF8_ENCODING {
            return Err(Malformed::new("DG13 text encoding", encoding.offset));
        }
        let mut entries = frame.expect(tag::SET, "DG13 entries")?.inside()?;
        frame.finish("DG13 record")?;

        let mut fields = BTreeMap::new();
        while !entries.at_end() {
            let offset = entries.offset();
            let mut entry = entries.expect(tag::SEQUENCE, "DG13 entry")?.inside()?;
            let number = entry.expect(tag::INTEGER, "DG13 field number")?;
            let number = number.small_integer()?;
            let value = value(number, &mut entry)?;
            if fields.insert(number, value).is_some() || fields.len() > MAX_ENTRIES {
                return Err(Malformed::new("DG13 entry", offset));
            }
        }
        Ok(Self { fields })
    }

    /// Text of a field, unless it is absent or no text. Numbers stand in [`field`].
    pub fn text(&self, number: u32) -> Option<&str> {
        match self.fields.get(&number)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Citizen number, as the card writes it.
    pub fn citizen_number(&self) -> Option<&str> {
        self.text(field::CITIZEN_NUMBER)
    }

    /// Full name with its diacritics.
    pub fn name(&self) -> Option<&str> {
        self.text(field::NAME)
    }

    /// Date of birth.
    pub fn birth(&self) -> Option<PartialDate> {
        self.date(field::BIRTH)
    }

    /// Sex: `Nam` or `Nữ`.
    pub fn sex(&self) -> Option<Sex> {
        match folded(self.text(field::SEX)?).as_str() {
            "nam" => Some(Sex::Male),
            "nu" => Some(Sex::Female),
            _ => None,
        }
    }

    /// Nationality.
    pub fn nationality(&self) -> Option<&str> {
        self.text(field::NATIONALITY)
    }

    /// Ethnicity. Sensitive by law.
    pub fn ethnicity(&self) -> Option<&str> {
        self.text(field::ETHNICITY)
    }

    /// Religion. Sensitive by law.
    pub fn religion(&self) -> Option<&str> {
        self.text(field::RELIGION)
    }

    /// Place of origin; on cards of 2024 the place of birth registration.
    pub fn origin(&self) -> Option<&str> {
        self.text(field::ORIGIN)
    }

    /// Place of residence.
    pub fn residence(&self) -> Option<&str> {
        self.text(field::RESIDENCE)
    }

    /// Identifying features.
    pub fn features(&self) -> Option<&str> {
        self.text(field::FEATURES)
    }

    /// Date of issue.
    pub fn issued(&self) -> Option<PartialDate> {
        self.date(field::ISSUED)
    }

    /// Date of expiry, or that there is none.
    pub fn expires(&self) -> Expiry {
        let Some(text) = self.text(field::EXPIRES) else {
            return Expiry::Unknown;
        };
        if let Some(date) = PartialDate::from_vietnamese(text) {
            return Expiry::Date(date);
        }
        // "Không thời hạn", "Không có thời hạn", "Vô thời hạn".
        let words = folded(text);
        let negated = words.starts_with("khong") || words.starts_with("vo ");
        if negated && words.ends_with("thoi han") {
            Expiry::None
        } else {
            Expiry::Unknown
        }
    }

    /// Father's name.
    pub fn father(&self) -> Option<&str> {
        self.person(field::PARENTS, 0)
    }

    /// Mother's name.
    pub fn mother(&self) -> Option<&str> {
        self.person(field::PARENTS, 1)
    }

    /// Spouse's name.
    pub fn spouse(&self) -> Option<&str> {
        self.person(field::SPOUSE, 0)
    }

    /// Number of the identity card before, 9 or 12 digits.
    pub fn old_number(&self) -> Option<&str> {
        self.text(field::OLD_NUMBER)
    }

    /// Sixteen characters of unpublished meaning.
    pub fn code16(&self) -> Option<&str> {
        self.text(field::CODE16)
    }

    /// Name of a person in a field of several, by place from 0, unless it is absent.
    pub fn person(&self, number: u32, place: usize) -> Option<&str> {
        match self.fields.get(&number)? {
            Value::Persons(names) => names.get(place).map(String::as_str),
            _ => None,
        }
        .filter(|name| !name.is_empty())
    }

    fn date(&self, number: u32) -> Option<PartialDate> {
        PartialDate::from_vietnamese(self.text(number)?)
    }
}

impl fmt::Debug for CitizenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenRecord({} fields)", self.fields.len())
    }
}

/// The value of an entry: everything after its number.
fn value(number: u32, entry: &mut Reader<'_>) -> Result<Value, Malformed> {
    let raw = entry.rest();
    let mut elements = Vec::new();
    while !entry.at_end() {
        elements.push(entry.element("DG13 value")?);
    }
    let known = match number {
        field::PARENTS | field::SPOUSE => persons(&elements)?.map(|names| {
            if names.iter().all(String::is_empty) {
                Value::Absent
            } else {
                Value::Persons(names)
            }
        }),
        field::CITIZEN_NUMBER..=field::CODE16 => match elements.as_slice() {
            [] => Some(Value::Absent),
            [element] => text(element).map(|text| match text.as_str() {
                "" => Value::Absent,
                _ => Value::Text(text),
            }),
            _ => None,
        },
        _ => None,
    };
    Ok(known.unwrap_or_else(|| Value::Raw(raw.to_vec())))
}

/// The text of a string; an empty SEQUENCE or NULL is an empty one. `None` for anything else.
fn text(element: &Element<'_>) -> Option<String> {
    match element.tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | IA5_STRING => {
            let text = std::str::from_utf8(element.value).ok()?;
            Some(text.trim().to_owned())
        }
        tag::SEQUENCE | tag::NULL if element.value.is_empty() => Some(String::new()),
        _ => None,
    }
}

/// Names by their place. Each person is a SEQUENCE that begins with the name, or the bare name; all
/// of them may lie in one SEQUENCE more. `None` when the form is another.
fn persons(elements: &[Element<'_>]) -> Result<Option<Vec<String>>, Malformed> {
    if let [only] = elements
        && only.tag == tag::SEQUENCE
    {
        let inner = children(only)?;
        let nested = inner.iter().any(|element| element.tag == tag::SEQUENCE);
        if nested || inner.len() > 1 {
            return names(&inner);
        }
    }
    names(elements)
}

fn names(elements: &[Element<'_>]) -> Result<Option<Vec<String>>, Malformed> {
    if elements.len() > MAX_PERSONS {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(elements.len());
    for element in elements {
        let name = match element.tag {
            tag::SEQUENCE => match children(element)?.first() {
                Some(first) => text(first),
                None => Some(String::new()),
            },
            _ => text(element),
        };
        let Some(name) = name else {
            return Ok(None);
        };
        names.push(name);
    }
    Ok(Some(names))
}

fn children<'a>(element: &Element<'a>) -> Result<Vec<Element<'a>>, Malformed> {
    let mut inside = element.inside()?;
    let mut children = Vec::new();
    while !inside.at_end() {
        children.push(inside.element("DG13 person")?);
    }
    Ok(children)
}

/// Lower case without diacritics, for comparing words.
fn folded(text: &str) -> String {
    text.nfd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .map(|character| if character == 'đ' { 'd' } else { character })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::encode_integer;

    #[derive(Deserialize)]
    struct Vector {
        file: String,
        father: String,
        mother: String,
        fields: BTreeMap<String, String>,
    }

    fn vector() -> Vector {
        toml::from_str(include_str!("../../../tests/vectors/dg13_synthetic.toml")).unwrap()
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

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..403, value: u8) {
            let _ = CitizenRecord::decode(&bytes);
            let _ = CitizenRecord::decode(&file(std::slice::from_ref(&bytes)));
            let mut mutated = hex::decode(vector().file).unwrap();
            mutated[at] = value;
            if let Ok(record) = CitizenRecord::decode(&mutated) {
                let _ = (record.birth(), record.expires(), record.sex(), record.mother());
            }
        }
    }
}
