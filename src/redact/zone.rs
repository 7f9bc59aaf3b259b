//! The zone of the invented persona: the form, state and kind of the person's, and nothing else.

use crate::bytes::tlv::Reader;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::dg1::Dg1;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::check_digit;
use crate::redact::invent::Inventor;

/// Digits of a Vietnamese citizen number.
const CITIZEN: usize = 12;

/// Codes of provinces in citizen numbers: the five cities.
const PROVINCES: [&str; 5] = ["001", "031", "048", "079", "092"];

/// Where the fields of a zone stand in its characters, without line breaks (Doc 9303-4 to 9303-6).
struct Layout {
    number: usize,
    birth: usize,
    expiry: usize,
    /// Optional data, from and to.
    optional: (usize, usize),
    /// Optional data of the second line of a card.
    second: Option<(usize, usize)>,
    name: (usize, usize),
    /// What the composite check digit is over, and where it stands.
    composite: (&'static [(usize, usize)], usize),
    /// Whether the optional data of a passport have a check digit behind them.
    optional_check: Option<usize>,
}

const TD1: Layout = Layout {
    number: 5,
    birth: 30,
    expiry: 38,
    optional: (15, 30),
    second: Some((48, 59)),
    name: (60, 90),
    composite: (&[(5, 30), (30, 37), (38, 45), (48, 59)], 59),
    optional_check: None,
};

const TD2: Layout = Layout {
    number: 36,
    birth: 49,
    expiry: 57,
    optional: (64, 71),
    second: None,
    name: (5, 36),
    composite: (&[(36, 46), (49, 56), (57, 71)], 71),
    optional_check: None,
};

const TD3: Layout = Layout {
    number: 44,
    birth: 57,
    expiry: 65,
    optional: (72, 86),
    second: None,
    name: (5, 44),
    composite: (&[(44, 54), (57, 64), (65, 87)], 87),
    optional_check: Some(86),
};

/// Length of the field of a document number.
const NUMBER: usize = 9;

/// What is known of a person before anything is invented.
pub(super) fn learn(dg1: &[u8], inventor: &mut Inventor) -> Result<Option<Mrz>, SetupError> {
    let Ok(Dg1 { mrz, .. }) = Dg1::decode(dg1) else {
        return Ok(None);
    };
    inventor.learn(&format!("{} {}", mrz.surname(), mrz.given_names()));
    Ok(Some(mrz))
}

/// Invents the numbers of a person, and says which takes the place of which.
pub(super) fn number(
    mrz: &Mrz,
    citizen: Option<&str>,
    inventor: &mut Inventor,
) -> Result<(), SetupError> {
    let birth = mrz.birth().to_string();
    let citizen = mrz.citizen_number().or(citizen);
    let year: Option<i16> = birth.get(..2).and_then(|year| year.parse().ok());
    if let Some(year) = year {
        // Whose century is not known was born in this one or the last: the two digits decide.
        let century = citizen
            .and_then(century)
            .unwrap_or(if year <= 26 { 2000 } else { 1900 });
        inventor.set_birth(century + year)?;
    }
    if let Some(number) = citizen.filter(|number| number.len() == CITIZEN) {
        let (Some(sex), Some(year)) = (number.get(3..4), number.get(4..6)) else {
            return Ok(());
        };
        let year = inventor.short_year(year);
        let rest = inventor.other_digits(number.get(6..).unwrap_or_default())?;
        // Whichever it is, it says nothing of whence the person is.
        let province = inventor.choice(&PROVINCES)?;
        let invented = format!("{province}{sex}{year}{rest}");
        inventor.set_number(number, &invented);
        // The card access number, and the document number, which is the end of it.
        let document = number.strip_suffix(mrz.document_number());
        for from in [6, document.map_or(3, str::len)] {
            if let (Some(old), Some(new)) = (number.get(from..), invented.get(from..)) {
                inventor.set_number(old, new);
            }
        }
    }
    let number = mrz.document_number().to_owned();
    let _ = inventor.characters(&number)?;
    Ok(())
}

/// Begin of the century that the fourth digit of a citizen number tells of.
fn century(number: &str) -> Option<i16> {
    let digit: i16 = number.get(3..4)?.parse().ok()?;
    Some(1900 + digit / 2 * 100)
}

/// DG1 of the persona: the same file with another zone in it.
pub(super) fn dg1(file: &[u8], inventor: &mut Inventor) -> Result<Option<Vec<u8>>, SetupError> {
    let Some(text) = zone_of(file) else {
        return Ok(None);
    };
    let layout = match text.len() {
        90 => TD1,
        72 => TD2,
        88 => TD3,
        _ => return Ok(None),
    };
    let Some(zone) = invented(&text, &layout, inventor)? else {
        return Ok(None);
    };
    let mut out = file
        .get(..file.len().saturating_sub(zone.len()))
        .unwrap_or_default()
        .to_vec();
    out.extend(zone.bytes());
    Ok(Some(out))
}

/// The characters of the zone, which end the file.
fn zone_of(file: &[u8]) -> Option<String> {
    let mut reader = Reader::new(file);
    let template = reader.expect(DataGroup::DG1.tag(), "DG1").ok()?;
    let zone = template.inside().ok()?.expect(0x5F1F, "zone").ok()?;
    if !file.ends_with(zone.value) || !zone.value.is_ascii() {
        return None;
    }
    String::from_utf8(zone.value.to_vec()).ok()
}

fn invented(
    text: &str,
    layout: &Layout,
    inventor: &mut Inventor,
) -> Result<Option<String>, SetupError> {
    let mut zone: Vec<char> = text.chars().collect();
    let old = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let check = |text: &str| check_digit(text).unwrap_or('<');

    let (from, to) = layout.name;
    let mut name = String::new();
    for part in old(from, to).split_inclusive('<') {
        let word = part.trim_end_matches('<');
        if !word.is_empty() {
            name.push_str(&inventor.word(word)?);
        }
        name.push_str(part.get(word.len()..).unwrap_or_default());
    }
    put(&mut zone, from, &name);

    // The number, which a card may go on with in its optional data (Doc 9303-5 §4.2.2 note j).
    let field = old(layout.number, layout.number + NUMBER);
    let (first, last) = layout.optional;
    let optional = old(first, last);
    let overflow = match optional.find('<') {
        Some(end) if old(layout.number + NUMBER, layout.number + NUMBER + 1) == "<" && end > 0 => {
            optional.get(..end).unwrap_or_default()
        }
        _ => "",
    };
    let tail = overflow
        .get(..overflow.len().saturating_sub(1))
        .unwrap_or_default();
    let number = inventor.characters(format!("{field}{tail}").trim_end_matches('<'))?;
    let number = format!("{number:<<NUMBER$}");
    let rest = number.get(NUMBER..).unwrap_or_default();
    put(
        &mut zone,
        layout.number,
        number.get(..NUMBER).unwrap_or_default(),
    );
    let mut other = if overflow.is_empty() {
        if digit_at(text, layout.number + NUMBER) {
            put(
                &mut zone,
                layout.number + NUMBER,
                &check(&number).to_string(),
            );
        }
        self_checked(optional, inventor)?
    } else {
        let rest = format!("{rest}{}", check(&number));
        let behind = optional.get(rest.len()..).unwrap_or_default();
        format!("{rest}{}", self_checked(behind, inventor)?)
    };
    other.truncate(optional.len());
    put(&mut zone, first, &other);
    if let Some((from, to)) = layout.second {
        put(&mut zone, from, &self_checked(old(from, to), inventor)?);
    }

    for place in [layout.birth, layout.expiry] {
        let date = inventor.zone_date(old(place, place + 6))?;
        put(&mut zone, place, &date);
        if digit_at(text, place + 6)
            && check(old(place, place + 6)).to_string() == old(place + 6, place + 7)
        {
            put(&mut zone, place + 6, &check(&date).to_string());
        }
    }
    if let Some(place) = layout.optional_check
        && digit_at(text, place)
    {
        put(&mut zone, place, &check(&other).to_string());
    }
    let (parts, place) = layout.composite;
    if digit_at(text, place) {
        let all: String = parts
            .iter()
            .flat_map(|(from, to)| zone.get(*from..*to).unwrap_or_default())
            .collect();
        put(&mut zone, place, &check(&all).to_string());
    }
    let zone: String = zone.into_iter().collect();
    Ok((zone.len() == text.len()).then_some(zone))
}

/// Optional data: other characters, with a check digit at the end where there was one over them.
fn self_checked(text: &str, inventor: &mut Inventor) -> Result<String, SetupError> {
    let whole = text.trim_end_matches('<');
    let behind = text.get(whole.len()..).unwrap_or_default();
    let (body, last) = whole
        .split_at_checked(whole.len().saturating_sub(1))
        .unwrap_or_default();
    let digits = body.trim_end_matches('<');
    let checks =
        !last.is_empty() && check_digit(digits).is_some_and(|digit| last == digit.to_string());
    if !checks || digits.is_empty() {
        return Ok(format!("{}{behind}", inventor.characters(whole)?));
    }
    let invented = inventor.characters(digits)?;
    let fillers = body.get(digits.len()..).unwrap_or_default();
    let check = check_digit(&invented).unwrap_or('<');
    Ok(format!("{invented}{fillers}{check}{behind}"))
}

fn put(zone: &mut [char], from: usize, text: &str) {
    for (place, character) in zone.iter_mut().skip(from).zip(text.chars()) {
        *place = character;
    }
}

fn digit_at(text: &str, place: usize) -> bool {
    text.get(place..=place)
        .is_some_and(|character| character.bytes().all(|byte| byte.is_ascii_digit()))
}
