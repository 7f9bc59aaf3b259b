//! One entry of a Vietnamese citizen card's record: its number and, in any of the forms that were
//! seen, its value.

use std::fmt;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::dg13::field;

/// Most persons followed in one entry; the parents are two.
const MAX_PERSONS: usize = 8;

/// IA5String, which stands for PrintableString now and then.
const IA5_STRING: u32 = 0x16;

/// What one entry holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: no value at all, an empty string or an empty SEQUENCE.
    Absent,
    /// Text as it is written, without white space at its ends.
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

/// Reads `SEQUENCE { INTEGER number, value }`.
///
/// # Errors
/// [`Malformed`] when it is no SEQUENCE that begins with a number, or does not hold whole elements.
pub(super) fn entry(entries: &mut Reader<'_>) -> Result<(u32, Value), Malformed> {
    let mut entry = entries.expect(tag::SEQUENCE, "DG13 entry")?.inside()?;
    let number = entry.expect(tag::INTEGER, "DG13 field number")?;
    let number = number.small_integer()?;
    Ok((number, value(number, &mut entry)?))
}

/// The value of an entry: everything after its number.
fn value(number: u32, entry: &mut Reader<'_>) -> Result<Value, Malformed> {
    let raw = entry.rest();
    let mut elements = Vec::new();
    while !entry.at_end() {
        let element = entry.element("DG13 value")?;
        // One more than anything is made of is enough to know that it is nothing known.
        if elements.len() <= MAX_PERSONS {
            elements.push(element);
        }
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

/// What lies in a SEQUENCE, and no more of it than [`names`] tells from too much.
fn children<'a>(element: &Element<'a>) -> Result<Vec<Element<'a>>, Malformed> {
    let mut inside = element.inside()?;
    let mut children = Vec::new();
    while !inside.at_end() {
        let child = inside.element("DG13 person")?;
        if children.len() <= MAX_PERSONS {
            children.push(child);
        }
    }
    Ok(children)
}
