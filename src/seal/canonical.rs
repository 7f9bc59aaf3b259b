//! JSON that has one meaning and one spelling: strict reading, and the canonical form of RFC 8785.
//!
//! Reading refuses what two programs could understand in two ways: a member that stands twice,
//! numbers that are no integers or beyond what every program holds exactly (RFC 7493 §2.2), halves
//! of surrogate pairs, anything behind the value.

use std::cmp::Ordering;
use std::fmt;

use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;
use thiserror::Error;

/// Longest text, in bytes: a report with every picture of a document in it has a few megabytes.
pub const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// Deepest nesting. A record of an application beside the eMRTD application, the deepest thing in a
/// report, has less than half of it.
const MAX_DEPTH: usize = 32;

/// Most values in one text: ten times what a document with every feature point of a face says.
const MAX_VALUES: usize = 250_000;

/// Room for what is written most often, questions and answers of a registry.
pub(crate) const USUAL_LENGTH: usize = 1280;

/// Largest magnitude of an integer that a double holds exactly together with its neighbours,
/// 2^53 - 1 (RFC 7493 §2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a text is not read, or a value has no canonical form. Never says what the text says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// No JSON as this module reads it.
    #[error("{what} (line {line}, column {column})")]
    Text {
        /// What is wrong.
        what: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Longer than any report.
    #[error("longer than {MAX_LENGTH} bytes")]
    Length,
    /// A number that has no canonical form here.
    #[error("a number that is no integer within 2^53")]
    Number,
    /// Nested more deeply than any report.
    #[error("nested more deeply than {MAX_DEPTH}")]
    Depth,
}

/// Reads a text strictly.
///
/// ```
/// use cancuoc::seal::canonical::{canonical, parse};
/// let value = parse(br#" {"b": [1, "\u0041"], "a": null} "#)?;
/// assert_eq!(canonical(&value)?, br#"{"a":null,"b":[1,"A"]}"#);
/// assert!(parse(br#"{"a": 1, "a": 2}"#).is_err());
/// # Ok::<(), cancuoc::seal::canonical::Fault>(())
/// ```
///
/// # Errors
/// [`Fault`].
pub fn parse(text: &[u8]) -> Result<Value, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::Length);
    }
    let mut left = MAX_VALUES;
    let mut reader = serde_json::Deserializer::from_slice(text);
    let seed = Node {
        depth_left: MAX_DEPTH,
        values_left: &mut left,
    };
    let value = seed
        .deserialize(&mut reader)
        .map_err(|error| fault(&error))?;
    reader.end().map_err(|error| fault(&error))?;
    Ok(value)
}

fn fault(error: &serde_json::Error) -> Fault {
    // What serde_json quotes from a text is a number at most; the kind of mistake is enough.
    let what = match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            OWN.into_iter().find(|own| text.starts_with(own))
        }
        serde_json::error::Category::Eof => Some("the end is missing"),
        _ => None,
    };
    Fault::Text {
        what: what.unwrap_or("no JSON").to_owned(),
        line: error.line(),
        column: error.column(),
    }
}

const TWICE: &str = "a name stands twice in one object";
const NUMBER: &str = "a number is no integer within 2^53";
const DEPTH: &str = "nested too deeply";
const VALUES: &str = "too many values";

/// What this module itself complains of.
const OWN: [&str; 4] = [TWICE, NUMBER, DEPTH, VALUES];

/// One value of the text.
struct Node<'a> {
    depth_left: usize,
    values_left: &'a mut usize,
}

impl Node<'_> {
    fn below(&mut self) -> Option<Node<'_>> {
        Some(Node {
            depth_left: self.depth_left.checked_sub(1)?,
            values_left: self.values_left,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom(VALUES))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_INTEGER {
            return Err(E::custom(NUMBER));
        }
        Ok(Value::from(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_INTEGER {
            return Err(E::custom(NUMBER));
        }
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, _value: f64) -> Result<Value, E> {
        Err(E::custom(NUMBER))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let node = self.below().ok_or_else(|| A::Error::custom(DEPTH))?;
            match entries.next_element_seed(node)? {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(TWICE));
            }
            let node = self.below().ok_or_else(|| A::Error::custom(DEPTH))?;
            object.insert(name, entries.next_value_seed(node)?);
        }
        Ok(Value::Object(object))
    }
}

/// The canonical form of a value (RFC 8785 §3.2): no white space, members in the order of their
/// names' UTF-16 code units, as few escapes as JSON allows, UTF-8.
///
/// # Errors
/// [`Fault::Number`] for a number that is no integer within 2^53, [`Fault::Depth`],
/// [`Fault::Length`].
pub fn canonical(value: &Value) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    put(&mut out, value, MAX_DEPTH)?;
    Ok(out)
}

fn put(out: &mut Vec<u8>, value: &Value, depth_left: usize) -> Result<(), Fault> {
    let below = || depth_left.checked_sub(1).ok_or(Fault::Depth);
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let magnitude = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_none_or(|magnitude| magnitude > MAX_INTEGER) {
                return Err(Fault::Number);
            }
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::String(text) => put_text(out, text),
        Value::Array(list) => {
            let below = below()?;
            out.push(b'[');
            for (at, entry) in list.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                put(out, entry, below)?;
            }
            out.push(b']');
        }
        Value::Object(object) => {
            let below = below()?;
            out.push(b'{');
            if object.keys().all(|name| name.is_ascii()) {
                // A map has its members in the order of their octets, which for these is the right one.
                put_members(out, object.iter(), below)?;
            } else {
                // RFC 8785 §3.2.3: by UTF-16 code units, which is neither the order of UTF-8 nor that
                // of code points beyond the basic plane.
                let mut members: Vec<_> = object.iter().collect();
                members.sort_by(|(one, _), (other, _)| by_utf16(one, other));
                put_members(out, members.into_iter(), below)?;
            }
            out.push(b'}');
        }
    }
    if out.len() > MAX_LENGTH {
        return Err(Fault::Length);
    }
    Ok(())
}

fn put_members<'a>(
    out: &mut Vec<u8>,
    members: impl Iterator<Item = (&'a String, &'a Value)>,
    depth_left: usize,
) -> Result<(), Fault> {
    for (at, (name, entry)) in members.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put_text(out, name);
        out.push(b':');
        put(out, entry, depth_left)?;
    }
    Ok(())
}

fn by_utf16(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

/// RFC 8785 §3.2.2.2: the seven short escapes, the other controls as `\u00xx` in lower case, all
/// else as it stands.
fn put_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    // Nearly every text is one piece.
    while let Some(at) = rest.iter().position(|byte| escaped(*byte)) {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, behind)) = from.split_first() else {
            break;
        };
        put_escape(out, *byte);
        rest = behind;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

const fn escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0x00..=0x1F)
}

fn put_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        0x00..=0x1F => {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            return;
        }
        other => other,
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// An object that is written straight into its canonical form, member by member in the order of their
/// names: for what this program says itself, and often.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    last: &'static str,
}

impl<'a> Object<'a> {
    /// Begins an object.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, last: "" }
    }

    /// Writes the name of a member, of ASCII and greater than the one before, and gives the place of its
    /// value.
    pub(crate) fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        debug_assert!(self.last < name && name.bytes().all(|byte| byte.is_ascii_graphic()));
        if !self.last.is_empty() {
            self.out.push(b',');
        }
        self.last = name;
        put_text(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// A member that is a text.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        put_text(self.member(name), value);
    }

    /// A member that is a number.
    ///
    /// # Errors
    /// [`Fault::Number`] for one beyond 2^53 - 1.
    pub(crate) fn number(&mut self, name: &'static str, value: u64) -> Result<(), Fault> {
        if value > MAX_INTEGER {
            return Err(Fault::Number);
        }
        self.member(name)
            .extend_from_slice(value.to_string().as_bytes());
        Ok(())
    }

    /// A member that is an object.
    pub(crate) fn object(&mut self, name: &'static str) -> Object<'_> {
        Object::begin(self.member(name))
    }

    /// A member that is a list.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        entries: impl IntoIterator<Item = T>,
        mut put: impl FnMut(&mut Vec<u8>, T),
    ) {
        let out = self.member(name);
        out.push(b'[');
        for (at, entry) in entries.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            put(out, entry);
        }
        out.push(b']');
    }

    /// Ends it.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes a text in its canonical form.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    put_text(out, text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelled(text: &str) -> String {
        String::from_utf8(canonical(&parse(text.as_bytes()).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_8785() {
        // §3.2.3
        let sorted = r#"{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"#;
        assert_eq!(
            spelled(sorted),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
        // §3.2.2, without its numbers
        assert_eq!(
            spelled(
                r#"{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#
            ),
            r#"{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
        assert_eq!(
            spelled("[9007199254740991, -9007199254740991, 0]"),
            "[9007199254740991,-9007199254740991,0]"
        );
        assert_eq!(
            spelled("\"\\b\\t\\n\\f\\r\u{7f}\""),
            "\"\\b\\t\\n\\f\\r\u{7f}\""
        );
    }

    #[test]
    fn what_could_be_understood_in_two_ways_is_refused() {
        for (text, what) in [
            (r#"{"a": 1, "a": 1}"#, TWICE),
            (r#"{"a": 1, "\u0061": 1}"#, TWICE),
            (r#"[{"b": {"c": 1, "c": 2}}]"#, TWICE),
            ("1.5", NUMBER),
            ("1.0", NUMBER),
            ("1e2", NUMBER),
            ("-0", NUMBER),
            ("9007199254740992", NUMBER),
            ("-9007199254740992", NUMBER),
            ("123456789012345678901234567890", NUMBER),
            ("1e999", "no JSON"),
            (r#""\ud800""#, "no JSON"),
            (r#""\udc00\ud800""#, "no JSON"),
            (r#""\u12zz""#, "no JSON"),
            ("\"a\nb\"", "no JSON"),
            ("{} {}", "no JSON"),
            ("{},", "no JSON"),
            ("[1,]", "no JSON"),
            ("{'a': 1}", "no JSON"),
            ("\u{feff}{}", "no JSON"),
            ("NaN", "no JSON"),
            ("", "the end is missing"),
            ("{\"a\": ", "the end is missing"),
        ] {
            let fault = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(&fault, Fault::Text { what: said, .. } if said == what),
                "{text}: {fault}"
            );
        }
        assert!(parse(b"\"\xff\"").is_err());
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 100_000] {
            assert!(parse(nested(depth).as_bytes()).is_err(), "{depth}");
        }
        let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert!(
            parse(many.as_bytes())
                .unwrap_err()
                .to_string()
                .starts_with(VALUES)
        );
        assert_eq!(parse(&vec![b' '; MAX_LENGTH + 1]), Err(Fault::Length));
    }

    #[test]
    fn a_number_without_a_canonical_form_is_not_signed() {
        for number in [serde_json::json!(0.5), serde_json::json!(u64::MAX)] {
            assert_eq!(canonical(&number), Err(Fault::Number));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_has_one_spelling(text in any::<Vec<u8>>()) {
            if let Ok(value) = parse(&text) {
                let spelled = canonical(&value).unwrap();
                prop_assert_eq!(parse(&spelled), Ok(value));
            }
        }

        #[test]
        fn texts_come_back_as_they_were(text in any::<String>(), name in any::<String>()) {
            let value = serde_json::json!({name: [text]});
            let spelled = canonical(&value).unwrap();
            prop_assert_eq!(parse(&spelled), Ok(value.clone()));
            prop_assert_eq!(serde_json::from_slice::<Value>(&spelled).unwrap(), value);
        }
    }
}
