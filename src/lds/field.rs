//! What a decoded file says, field by field: the one form in which a person and a program get it.
//!
//! A decoder keeps its own types; [`Field`]s are made from them for showing. Names are stable and have
//! labels in `render::words`.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::DateTime;

use crate::bytes::date::PartialDate;
use crate::image::Format;

/// Whether a field may be shown to whoever did not ask for it by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// It may.
    Shown,
    /// Law counts it among sensitive personal data (decree 356/2025): only by name.
    Sensitive,
}

/// The names of fields that are sensitive, or have something sensitive in them: those that can be
/// asked for. Whoever makes a sensitive field adds its name.
pub const REVEALABLE: [&str; 18] = [
    "ethnicity",
    "religion",
    "features",
    "personal_summary",
    "custody",
    "proof_of_citizenship",
    "front",
    "rear",
    "faces",
    "fingers",
    "irises",
    "displayed_portrait",
    "signature",
    "image",
    "content",
    "not_understood",
    "unknown_octets",
    "biometric_data",
];

/// One field of a file. [`fmt::Debug`] shows the name alone.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// Stable name: lower-case words joined by `_`.
    pub name: Cow<'static, str>,
    /// What it says.
    pub value: Value,
    /// Whether it is shown unasked.
    pub sensitivity: Sensitivity,
}

/// What a field says.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Text as written, unfit for a screen until control characters are removed.
    Text(String),
    /// One of our own words, with a label of its own: `male`, `frontal`.
    Word(&'static str),
    /// A day, month or year.
    Date(PartialDate),
    /// A time of day without a zone.
    Time(DateTime),
    /// A number.
    Number(u64),
    /// Octets that mean nothing to this program.
    Octets(Vec<u8>),
    /// Several of a kind.
    List(Vec<Value>),
    /// Fields that belong together: a person to notify, a finger.
    Fields(Vec<Field>),
}

impl Field {
    /// A field that anybody may see.
    pub fn shown(name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
            sensitivity: Sensitivity::Shown,
        }
    }

    /// A field that is shown only to who asks for it by name.
    pub fn sensitive(name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        Self {
            name: name.into(),
            value,
            sensitivity: Sensitivity::Sensitive,
        }
    }
}

/// Adds a text that anybody may see, unless there is none.
pub(super) fn put_text(fields: &mut Vec<Field>, name: &'static str, text: Option<String>) {
    let text = text.filter(|text| !text.is_empty());
    fields.extend(text.map(|text| Field::shown(name, Value::Text(text))));
}

/// Adds a date that anybody may see, unless there is none.
pub(super) fn put_date(fields: &mut Vec<Field>, name: &'static str, date: Option<PartialDate>) {
    fields.extend(date.map(|date| Field::shown(name, Value::Date(date))));
}

/// Adds a list that anybody may see, unless it is empty.
pub(super) fn put_list(fields: &mut Vec<Field>, name: &'static str, values: Vec<Value>) {
    if !values.is_empty() {
        fields.push(Field::shown(name, Value::List(values)));
    }
}

/// Adds what only those see who ask for it, unless there is none.
pub(super) fn put_sensitive(fields: &mut Vec<Field>, name: &'static str, text: Option<&str>) {
    let text = text.filter(|text| !text.is_empty());
    fields.extend(text.map(|text| Field::sensitive(name, Value::Text(text.to_owned()))));
}

/// A picture: anybody may see of what kind and how large it is, and who asks for it the file.
pub(super) fn picture(image: &[u8]) -> Value {
    Value::Fields(vec![
        Field::shown("format", Value::Word(format_word(Format::of(image)))),
        Field::shown(
            "length",
            Value::Number(u64::try_from(image.len()).unwrap_or(u64::MAX)),
        ),
        Field::sensitive("image", Value::Octets(image.to_vec())),
    ])
}

/// The word for how a picture is compressed.
pub(super) const fn format_word(format: Option<Format>) -> &'static str {
    match format {
        Some(Format::Jpeg) => "jpeg",
        Some(Format::Jpeg2000) => "jpeg2000",
        Some(Format::Wsq) => "wsq",
        Some(Format::Png) => "png",
        Some(Format::Raw) => "raw",
        None => "unknown",
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.name)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}
