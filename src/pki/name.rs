//! Distinguished names: comparing them and showing them (RFC 5280 §4.1.2.4 and §7.1, RFC 4514).
//!
//! Real certificates write the same name in different string types, cases and spacings, and some in
//! TeletexString; a name is therefore kept as its raw bytes and compared by what it says.

use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;

/// Most attributes read in one name. Real names have up to eight.
const MAX_ATTRIBUTES: usize = 64;

/// One attribute: its type, its value, and the relative name it stands in, from 0.
struct Attribute<'a> {
    relative: usize,
    kind: Oid<'a>,
    value: Element<'a>,
}

/// Reads a name.
///
/// ```text
/// Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY }
/// ```
fn attributes(raw: &[u8]) -> Result<Vec<Attribute<'_>>, Malformed> {
    let mut outer = Reader::new(raw);
    let mut names = outer.expect(tag::SEQUENCE, "Name")?.inside()?;
    outer.finish("Name")?;
    let mut attributes = Vec::new();
    let mut relative = 0;
    while !names.at_end() {
        let mut set = names
            .expect(tag::SET, "RelativeDistinguishedName")?
            .inside()?;
        while !set.at_end() {
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(Malformed::new("Name", set.offset()));
            }
            let mut pair = set.expect(tag::SEQUENCE, "attribute of a name")?.inside()?;
            let kind = Oid::new(pair.expect(tag::OID, "attribute type")?.value);
            let value = pair.element("attribute value")?;
            pair.finish("attribute of a name")?;
            attributes.push(Attribute {
                relative,
                kind,
                value,
            });
        }
        relative += 1;
    }
    Ok(attributes)
}

/// Checks that a raw name has the form of one.
pub(crate) fn check(raw: &[u8]) -> Result<(), Malformed> {
    attributes(raw).map(|_| ())
}

/// Whether a raw name is written as Doc 9303-12 §7.1.1 asks: with a common name, and a country of two
/// capital letters in a PrintableString.
pub(crate) fn is_profiled(raw: &[u8]) -> bool {
    let Ok(attributes) = attributes(raw) else {
        return false;
    };
    let named = attributes
        .iter()
        .any(|attribute| attribute.kind == COMMON_NAME);
    let mut countries = attributes
        .iter()
        .filter(|attribute| attribute.kind == COUNTRY);
    let country = countries.next().map(|attribute| attribute.value);
    let profiled = country.is_some_and(|value| {
        value.tag == tag::PRINTABLE_STRING
            && value.value.len() == 2
            && value.value.iter().all(u8::is_ascii_uppercase)
    });
    named && profiled && countries.next().is_none()
}

/// Whether two raw names say the same (RFC 5280 §7.1): the same attributes in the same relative
/// names in the same order, text compared without regard to string type, case and extra spaces.
pub fn same_name(a: &[u8], b: &[u8]) -> bool {
    if a == b {
        return true;
    }
    let (Ok(first), Ok(second)) = (attributes(a), attributes(b)) else {
        return false;
    };
    if first.len() != second.len() {
        return false;
    }
    // Where every relative name has one attribute, the first difference decides.
    if is_plain(&first) && is_plain(&second) {
        let same = |(a, b): (&Attribute<'_>, &Attribute<'_>)| {
            a.kind == b.kind && comparable(a.value) == comparable(b.value)
        };
        return first.iter().zip(&second).all(same) && relative_names(a) == relative_names(b);
    }
    match (prepared(a), prepared(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether the relative names have one attribute each, as far as they have any.
fn is_plain(attributes: &[Attribute<'_>]) -> bool {
    let mut in_order = attributes.iter().enumerate();
    in_order.all(|(at, attribute)| attribute.relative == at)
}

/// The value of an attribute as values are compared.
fn comparable(value: Element<'_>) -> Vec<u8> {
    match text(value) {
        Some(text) => fold(&text).into_bytes(),
        None => value.raw.to_vec(),
    }
}

/// Relative name, attribute type, comparable value.
type Prepared = (usize, Vec<u8>, Vec<u8>);

/// A name in the form in which names are compared: how many relative names it has, and its
/// attributes, those of one relative name sorted.
fn prepared(raw: &[u8]) -> Result<(usize, Vec<Prepared>), Malformed> {
    let mut prepared: Vec<_> = attributes(raw)?
        .into_iter()
        .map(|attribute| {
            let value = comparable(attribute.value);
            (attribute.relative, attribute.kind.octets().to_vec(), value)
        })
        .collect();
    prepared.sort();
    Ok((relative_names(raw)?, prepared))
}

fn relative_names(raw: &[u8]) -> Result<usize, Malformed> {
    let mut names = Reader::new(raw).expect(tag::SEQUENCE, "Name")?.inside()?;
    let mut count = 0;
    while !names.at_end() {
        names.element("RelativeDistinguishedName")?;
        count += 1;
    }
    Ok(count)
}

/// String preparation (RFC 4518 §2, as RFC 5280 §7.1 asks): what nobody sees is taken out, then
/// compatibility form and one case, and single spaces.
fn fold(text: &str) -> String {
    let mapped = text.chars().filter_map(mapped);
    // ASCII is its own compatibility form.
    let folded: String = if text.is_ascii() {
        mapped.map(|letter| letter.to_ascii_lowercase()).collect()
    } else {
        mapped.nfkc().flat_map(one_case).nfkc().collect()
    };
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// RFC 4518 §2.2: separators are spaces; controls, soft hyphens, joiners and other marks that format
/// and are not seen are nothing.
fn mapped(letter: char) -> Option<char> {
    match letter {
        '\t' | '\n' | '\u{0B}' | '\u{0C}' | '\r' | '\u{85}' => Some(' '),
        '\u{AD}'
        | '\u{34F}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{1806}'
        | '\u{180B}'..='\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2063}'
        | '\u{206A}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFC}' => None,
        letter if letter.is_control() => None,
        letter => Some(letter),
    }
}

/// RFC 3454 table B.2, which is more than small letters for these.
fn one_case(letter: char) -> impl Iterator<Item = char> {
    let special = match letter {
        'ß' | 'ẞ' => "ss",
        'ς' => "σ",
        _ => "",
    };
    let plain = special.is_empty().then(|| letter.to_lowercase());
    special.chars().chain(plain.into_iter().flatten())
}

/// The text of a DirectoryString or one of its relatives (RFC 5280 §4.1.2.4).
pub(crate) fn text(value: Element<'_>) -> Option<String> {
    match value.tag {
        // UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString. The
        // field uses TeletexString for Latin-1 and sometimes for UTF-8, never for T.61.
        0x0C | 0x12 | 0x13 | 0x14 | 0x16 | 0x1A => Some(match std::str::from_utf8(value.value) {
            Ok(text) => text.to_owned(),
            Err(_) => value.value.iter().copied().map(char::from).collect(),
        }),
        // BMPString
        0x1E => {
            let (units, []) = value.value.as_chunks::<2>() else {
                return None;
            };
            {
                let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
                String::from_utf16(&units).ok()
            }
        }
        // UniversalString
        0x1C => {
            let (units, []) = value.value.as_chunks::<4>() else {
                return None;
            };
            units
                .iter()
                .map(|unit| char::from_u32(u32::from_be_bytes(*unit)))
                .collect()
        }
        _ => None,
    }
}

/// The country of a raw name in upper case; nothing when it is missing or there are several.
pub fn country(raw: &[u8]) -> Option<String> {
    let attributes = attributes(raw).ok()?;
    let mut countries = attributes
        .iter()
        .filter(|attribute| attribute.kind == COUNTRY)
        .filter_map(|attribute| text(attribute.value))
        // Only letters of the codes: "ﬁ" is not Finland.
        .map(|country| country.trim().to_ascii_uppercase());
    let first = countries.next().filter(|country| !country.is_empty())?;
    countries.all(|other| other == first).then_some(first)
}

/// A raw name as people read it, such as `CN=CSCA Vietnam,serialNumber=001,C=VN` (RFC 4514).
///
/// Control characters and those that turn the direction of writing are escaped, so that a name
/// from outside cannot disturb a screen or a log.
pub fn display(raw: &[u8]) -> String {
    let Ok(attributes) = attributes(raw) else {
        return String::new();
    };
    let mut out = String::new();
    let mut last = None;
    // RFC 4514 §2.1: the last relative name comes first.
    for attribute in attributes.iter().rev() {
        match last {
            None => {}
            Some(relative) if relative == attribute.relative => out.push('+'),
            Some(_) => out.push(','),
        }
        last = Some(attribute.relative);
        match KINDS.iter().find(|(kind, _)| *kind == attribute.kind) {
            Some((_, name)) => out.push_str(name),
            None => out.push_str(&attribute.kind.to_string()),
        }
        out.push('=');
        match text(attribute.value) {
            Some(text) => escape(&mut out, &text),
            None => {
                out.push('#');
                out.push_str(&hex::encode(attribute.value.raw));
            }
        }
    }
    out
}

/// Escapes a value (RFC 4514 §2.4).
fn escape(out: &mut String, text: &str) {
    let last = text.chars().count().saturating_sub(1);
    for (at, letter) in text.chars().enumerate() {
        let special = matches!(letter, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (letter == '#' && at == 0)
            || (letter == ' ' && (at == 0 || at == last));
        let turning = matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
        if letter.is_control() || turning {
            let mut octets = [0; 4];
            for octet in letter.encode_utf8(&mut octets).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\{octet:02X}");
            }
        } else {
            if special {
                out.push('\\');
            }
            out.push(letter);
        }
    }
}

const COUNTRY: Oid<'_> = Oid::new(&[0x55, 4, 6]);
const COMMON_NAME: Oid<'_> = Oid::new(&[0x55, 4, 3]);

/// Attribute types with a short name (RFC 4514 §3; serialNumber and the address from RFC 4519).
const KINDS: [(Oid<'_>, &str); 9] = [
    (Oid::new(&[0x55, 4, 3]), "CN"),
    (Oid::new(&[0x55, 4, 5]), "serialNumber"),
    (COUNTRY, "C"),
    (Oid::new(&[0x55, 4, 7]), "L"),
    (Oid::new(&[0x55, 4, 8]), "ST"),
    (Oid::new(&[0x55, 4, 9]), "STREET"),
    (Oid::new(&[0x55, 4, 10]), "O"),
    (Oid::new(&[0x55, 4, 11]), "OU"),
    (
        Oid::new(&[0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25]),
        "DC",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::tlv::encode;

    /// A name with one attribute in each relative name.
    fn name(parts: &[(u8, u32, &[u8])]) -> Vec<u8> {
        let sets: Vec<Vec<u8>> = parts
            .iter()
            .map(|(kind, string, value)| {
                let kind = encode(tag::OID, &[&[0x55, 4, *kind]]);
                let value = encode(*string, &[value]);
                encode(tag::SET, &[&encode(tag::SEQUENCE, &[&kind, &value])])
            })
            .collect();
        let sets: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        encode(tag::SEQUENCE, &sets)
    }

    #[test]
    fn string_type_case_and_spaces_do_not_matter() {
        let printable = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA Vietnam")]);
        let utf8 = name(&[(6, 0x13, b"vn"), (3, 0x0C, b" CSCA   VIETNAM")]);
        let teletex = name(&[(6, 0x13, b"VN"), (3, 0x14, b"csca vietnam")]);
        assert!(same_name(&printable, &utf8));
        assert!(same_name(&printable, &teletex));
    }

    #[test]
    fn order_and_content_matter() {
        let a = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA")]);
        let b = name(&[(3, 0x13, b"CSCA"), (6, 0x13, b"VN")]);
        let c = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA 2")]);
        let shorter = name(&[(6, 0x13, b"VN")]);
        assert!(!same_name(&a, &b));
        assert!(!same_name(&a, &c));
        assert!(!same_name(&a, &shorter));
        assert!(!same_name(&a, b"no name"));
    }

    #[test]
    fn every_string_type_is_read() {
        let latin = name(&[(10, 0x14, &[b'M', 0xFC, b'n', b'z', b'e'])]);
        let utf8 = name(&[(10, 0x0C, "Münze".as_bytes())]);
        let bmp = name(&[(10, 0x1E, &[0, b'M', 0, 0xFC, 0, b'n', 0, b'z', 0, b'e'])]);
        let decomposed = name(&[(10, 0x0C, "Mu\u{308}nze".as_bytes())]);
        for other in [&latin, &bmp, &decomposed] {
            assert!(same_name(other, &utf8));
        }
        assert_eq!(display(&latin), "O=Münze");
    }

    #[test]
    fn what_nobody_sees_does_not_matter() {
        let plain = name(&[(10, 0x0C, b"Strasse")]);
        for other in [
            "Stra\u{AD}sse",
            "STRA\u{200B}SSE\u{FEFF}",
            "Straße",
            "\u{A0}Strasse\t",
            "Stras\u{1}se",
        ] {
            assert!(
                same_name(&name(&[(10, 0x0C, other.as_bytes())]), &plain),
                "{other:?}"
            );
        }
        assert!(!same_name(&name(&[(10, 0x0C, b"Stra sse")]), &plain));
        // Dotless i is a letter of its own.
        let [dotless, dotted] = ["Sırp", "Sirp"].map(|text| name(&[(10, 0x0C, text.as_bytes())]));
        assert!(!same_name(&dotless, &dotted));
    }

    #[test]
    fn a_relative_name_of_several_attributes_is_a_set() {
        let attribute = |kind: u8, value: &[u8]| {
            let kind = encode(tag::OID, &[&[0x55, 4, kind]]);
            encode(tag::SEQUENCE, &[&kind, &encode(0x13, &[value])])
        };
        let (number, common) = (attribute(5, b"001"), attribute(3, b"CSCA"));
        let one = encode(tag::SEQUENCE, &[&encode(tag::SET, &[&number, &common])]);
        let turned = encode(tag::SEQUENCE, &[&encode(tag::SET, &[&common, &number])]);
        let apart = encode(
            tag::SEQUENCE,
            &[&encode(tag::SET, &[&number]), &encode(tag::SET, &[&common])],
        );
        assert!(same_name(&one, &turned));
        assert!(!same_name(&one, &apart));
        assert_eq!(display(&one), "CN=CSCA+serialNumber=001");
        // An empty set is a relative name, too.
        let longer = encode(
            tag::SEQUENCE,
            &[
                &encode(tag::SET, &[&number, &common]),
                &encode(tag::SET, &[]),
            ],
        );
        assert!(!same_name(&one, &longer));
        let empty = encode(tag::SEQUENCE, &[]);
        assert!(same_name(&empty, &empty));
        assert!(!same_name(&empty, &one));
    }

    #[test]
    fn a_country_is_one_and_in_upper_case() {
        assert_eq!(country(&name(&[(6, 0x13, b"de")])).as_deref(), Some("DE"));
        assert_eq!(country(&name(&[(3, 0x13, b"X")])), None);
        let two = name(&[(6, 0x13, b"DE"), (6, 0x13, b"VN")]);
        assert_eq!(country(&two), None);
        assert_eq!(country(b"\x30"), None);
        let ligature = country(&name(&[(6, 0x0C, "ﬁ".as_bytes())]));
        assert_ne!(ligature.as_deref(), Some("FI"));
    }

    #[test]
    fn names_are_shown_last_first_and_harmless() {
        let plain = name(&[(6, 0x13, b"VN"), (5, 0x13, b"001"), (3, 0x13, b"CSCA")]);
        assert_eq!(display(&plain), "CN=CSCA,serialNumber=001,C=VN");
        let odd = name(&[(3, 0x0C, "a,b\n\u{202E}c ".as_bytes()), (99, 0x04, &[1])]);
        assert_eq!(
            display(&odd),
            "2.5.4.99=#040101,CN=a\\,b\\0A\\E2\\80\\AEc\\ "
        );
    }
}
