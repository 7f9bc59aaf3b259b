//! What the files of a document say, in words and as JSON: every field with its label, and nothing
//! sensitive unless it was asked for.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use serde_json::Map;
use serde_json::Value as Json;
use serde_json::json;

use crate::bytes::date::PartialDate;
use crate::bytes::legible::legible;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::profile::Profile;
use crate::render::reveal::Reveal;
use crate::render::screen;
use crate::render::screen::MOST_VALUES;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;

/// Columns of the labels before the values, if none is longer.
const MARGIN: usize = 26;

/// Columns by which what belongs together is set in.
const STEP: usize = 2;

/// Most octets that are written out for a person.
const FEW_OCTETS: usize = 32;

/// Most characters of a list in one line.
const LONG: usize = 60;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Only what was asked for by name.
    Asked,
    /// Every field, and which ones are hidden.
    Whole,
}

/// Lines of text about files, one after the other.
#[derive(Debug)]
pub struct Sections<'a> {
    lang: Lang,
    reveal: &'a Reveal,
    extent: Extent,
    profile: Option<&'static Profile>,
    /// Whether the fields of this file go by the names that the profile has for them.
    by_profile: bool,
    /// Columns before the values of this file.
    margin: usize,
    out: String,
    hidden: BTreeSet<String>,
}

impl<'a> Sections<'a> {
    /// Begins without any.
    pub const fn new(lang: Lang, reveal: &'a Reveal, extent: Extent) -> Self {
        Self {
            lang,
            reveal,
            extent,
            profile: None,
            by_profile: false,
            margin: MARGIN,
            out: String::new(),
            hidden: BTreeSet::new(),
        }
    }

    /// The same with the labels that the profile of such a document has for DG13: the generations of
    /// a card name some fields otherwise.
    #[must_use]
    pub const fn labelled_by(mut self, profile: Option<&'static Profile>) -> Self {
        self.profile = profile;
        self
    }

    /// Adds a file that could be decoded; `remark` stands behind its name.
    pub fn add(&mut self, file: &str, remark: Option<&str>, fields: Vec<Field>) {
        self.by_profile = file == FileId::Group(DataGroup::DG13).name();
        if self.extent == Extent::Whole {
            self.hidden.extend(self.reveal.hidden(&fields));
        }
        let fields = match self.extent {
            Extent::Asked => self.reveal.asked(fields),
            Extent::Whole => self.reveal.seen(fields),
        };
        if fields.is_empty() {
            return;
        }
        self.head(file, remark);
        self.margin = self.widest(&fields, STEP).max(MARGIN);
        self.lines(&fields, STEP);
    }

    /// Adds a file that could not be decoded.
    pub fn add_undecoded(&mut self, file: &str, malformed: &Malformed) {
        if self.extent == Extent::Asked {
            return;
        }
        self.head(file, None);
        let (before, at) = self.lang.choose(
            ("Không giải mã được", "từ byte"),
            ("Cannot be decoded", "at offset"),
        );
        let (what, offset) = (malformed.what, malformed.offset);
        self.line(STEP, &format!("{before}: {what}, {at} {offset}"));
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.by_profile = true;
        if !self.hidden.is_empty() {
            let labels: Vec<&str> = self.hidden.iter().map(|name| self.label(name)).collect();
            let names = Vec::from_iter(self.hidden.iter().map(String::as_str)).join(",");
            let hidden = self.lang.choose("Đang ẩn", "Hidden");
            let text = format!("· {hidden}: {} (--reveal {names})", labels.join(", "));
            self.out.push('\n');
            self.line(0, &text);
        }
        self.out
    }

    fn head(&mut self, file: &str, remark: Option<&str>) {
        let label = words::label(Labelled::File, file, self.lang).unwrap_or_default();
        let remark = remark.map_or_else(String::new, |remark| format!(" ({remark})"));
        self.out.push('\n');
        self.line(0, &format!("{file} · {label}{remark}"));
    }

    fn lines(&mut self, fields: &[Field], indent: usize) {
        for field in fields {
            let label = self.label(&field.name).to_owned();
            self.value(&label, &field.value, indent);
        }
    }

    fn value(&mut self, label: &str, value: &Value, indent: usize) {
        match value {
            Value::Fields(fields) => {
                self.line(indent, &format!("{label}:"));
                self.lines(fields, indent + STEP);
            }
            Value::List(values) if values.iter().any(is_deep) => {
                for (number, value) in (1_u32..).zip(values).take(MOST_VALUES) {
                    let label = match values.as_slice() {
                        [_] => label.to_owned(),
                        _ => format!("{label} {number}"),
                    };
                    self.value(&label, value, indent);
                }
                self.more(label, values.len(), indent);
            }
            Value::List(values) if is_long(values, self.lang) => {
                let mut label = label;
                for value in values.iter().take(MOST_VALUES) {
                    let text = words_of(value, self.lang);
                    self.line(
                        indent,
                        &row(label, &text, self.margin.saturating_sub(indent)),
                    );
                    label = "";
                }
                self.more("", values.len(), indent);
            }
            simple => {
                let text = words_of(simple, self.lang);
                self.line(
                    indent,
                    &row(label, &text, self.margin.saturating_sub(indent)),
                );
            }
        }
    }

    /// The line for what a list has beyond what is written out, if anything.
    fn more(&mut self, label: &str, count: usize, indent: usize) {
        let left = count.saturating_sub(MOST_VALUES);
        if left > 0 {
            let text = screen::more(left, self.lang);
            self.line(
                indent,
                &row(label, &text, self.margin.saturating_sub(indent)),
            );
        }
    }

    /// Columns that the longest label in front of a value takes, and a space.
    fn widest(&self, fields: &[Field], indent: usize) -> usize {
        let columns = fields.iter().map(|field| {
            if is_deep(&field.value) {
                self.widest_within(&field.value, indent)
            } else {
                indent + self.label(&field.name).chars().count() + 1
            }
        });
        columns.max().unwrap_or_default()
    }

    fn widest_within(&self, value: &Value, indent: usize) -> usize {
        match value {
            Value::Fields(fields) => self.widest(fields, indent + STEP),
            Value::List(values) => {
                let columns = values.iter().map(|one| self.widest_within(one, indent));
                columns.max().unwrap_or_default()
            }
            _ => 0,
        }
    }

    fn label(&self, name: &str) -> &'static str {
        let profile = self.profile.filter(|_| self.by_profile);
        profile
            .and_then(|profile| profile.label(name))
            .map(|words| self.lang.choose(words.vi.as_str(), words.en.as_str()))
            .or_else(|| words::label(Labelled::Field, name, self.lang))
            .unwrap_or(self.lang.choose("Mục khác", "Other field"))
    }

    fn line(&mut self, indent: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{}{text}", " ".repeat(indent));
    }
}

/// Fields as one JSON object, without what is hidden. Several of one name become a list.
pub fn object(fields: Vec<Field>, reveal: &Reveal) -> Json {
    object_of(reveal.seen(fields))
}

/// Where a file could not be decoded, as one JSON object.
pub fn undecoded(malformed: &Malformed) -> Json {
    json!({"what": malformed.what, "offset": malformed.offset})
}

/// A date in the reader's manner: `17/08/1995`, `08/1995` or `1995` in Vietnamese, ISO 8601 in
/// English.
pub fn date(date: PartialDate, lang: Lang) -> String {
    match (lang, date) {
        (Lang::En, date) => date.to_string(),
        (Lang::Vi, PartialDate::Year(year)) => format!("{year:04}"),
        (Lang::Vi, PartialDate::Month(year, month)) => format!("{month:02}/{year:04}"),
        (Lang::Vi, PartialDate::Day(day)) => {
            format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
        }
    }
}

fn time(time: DateTime, lang: Lang) -> String {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let day = date(PartialDate::Day(time.date()), lang);
    format!("{day} {hour:02}:{minute:02}:{second:02}")
}

/// Whether a value takes lines of its own.
fn is_deep(value: &Value) -> bool {
    match value {
        Value::Fields(_) => true,
        Value::List(values) => values.iter().any(is_deep),
        _ => false,
    }
}

/// Whether values are too long to stand in one line together.
fn is_long(values: &[Value], lang: Lang) -> bool {
    let lengths = values
        .iter()
        .take(MOST_VALUES)
        .map(|value| words_of(value, lang).chars().count());
    values.len() > MOST_VALUES || lengths.sum::<usize>() > LONG
}

/// A value that takes one line.
fn words_of(value: &Value, lang: Lang) -> String {
    match value {
        Value::Text(text) => screen::line(text, lang),
        Value::Word(word) => words::label(Labelled::Value, word, lang)
            .unwrap_or(word)
            .to_owned(),
        Value::Date(day) => date(*day, lang),
        Value::Time(at) => time(*at, lang),
        Value::Number(number) => number.to_string(),
        Value::Octets(octets) if octets.len() <= FEW_OCTETS => hex::encode_upper(octets),
        Value::Octets(octets) => format!("{} {}", octets.len(), lang.choose("byte", "bytes")),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|value| words_of(value, lang)).collect();
            values.join(", ")
        }
        Value::Fields(fields) => {
            let fields = fields.iter().map(|field| words_of(&field.value, lang));
            fields.collect::<Vec<_>>().join(", ")
        }
    }
}

fn object_of(fields: Vec<Field>) -> Json {
    let mut out: Map<String, Json> = Map::new();
    let mut several: BTreeSet<String> = BTreeSet::new();
    for field in fields {
        let value = json_of(field.value);
        let name = field.name.into_owned();
        match out.remove(&name) {
            None => {
                out.insert(name, value);
            }
            Some(Json::Array(mut values)) if several.contains(&name) => {
                values.push(value);
                out.insert(name, Json::Array(values));
            }
            Some(first) => {
                out.insert(name.clone(), Json::Array(vec![first, value]));
                several.insert(name);
            }
        }
    }
    Json::Object(out)
}

fn json_of(value: Value) -> Json {
    match value {
        Value::Text(text) => json!(legible(&text)),
        Value::Word(word) => json!(word),
        Value::Date(date) => json!(date.to_string()),
        Value::Time(time) => json!(time.to_string()),
        Value::Number(number) => json!(number),
        Value::Octets(octets) => json!(STANDARD.encode(octets)),
        Value::List(values) => Json::Array(values.into_iter().map(json_of).collect()),
        Value::Fields(fields) => object_of(fields),
    }
}

/// A label padded to the margin, and a value.
fn row(label: &str, value: &str, margin: usize) -> String {
    let padding = margin.saturating_sub(label.chars().count()).max(1);
    format!("{label}{}{value}", " ".repeat(padding))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_the_readers_manner() {
        for (iso, vi) in [
            ("1995-08-17", "17/08/1995"),
            ("1950-07", "07/1950"),
            ("1950", "1950"),
        ] {
            let read = PartialDate::from_iso(iso).unwrap();
            assert_eq!(date(read, Lang::Vi), vi);
            assert_eq!(date(read, Lang::En), iso);
        }
        let at = jiff::civil::date(2021, 5, 10).at(5, 0, 9, 0);
        assert_eq!(time(at, Lang::Vi), "10/05/2021 05:00:09");
        assert_eq!(time(at, Lang::En), "2021-05-10 05:00:09");
    }

    #[test]
    fn several_of_one_name_become_a_list() {
        let field = |text: &str| Field::shown("name", Value::Text(text.to_owned()));
        let list = |fields| object(fields, &Reveal::nothing());
        assert_eq!(list(vec![field("A")]), json!({"name": "A"}));
        let three = vec![field("A"), field("B"), field("C\u{202E}\n")];
        assert_eq!(list(three), json!({"name": ["A", "B", "C "]}));
    }

    #[test]
    fn lists_of_things_are_numbered_and_others_are_joined() {
        let person =
            |name: &str| Value::Fields(vec![Field::shown("name", Value::Text(name.to_owned()))]);
        let reveal = Reveal::nothing();
        let mut sections = Sections::new(Lang::En, &reveal, Extent::Whole);
        sections.add(
            "DG16",
            None,
            vec![
                Field::shown(
                    "persons_to_notify",
                    Value::List(vec![person("A"), person("B")]),
                ),
                Field::shown(
                    "groups",
                    Value::List(vec![Value::Text("DG1".into()), Value::Text("DG2".into())]),
                ),
                Field::sensitive("religion", Value::Text("C".into())),
            ],
        );
        assert_eq!(
            sections.finish(),
            "\nDG16 · Persons to notify\n\
             \x20 Persons to notify 1:\n\
             \x20   Full name             A\n\
             \x20 Persons to notify 2:\n\
             \x20   Full name             B\n\
             \x20 Data groups             DG1, DG2\n\
             \n· Hidden: Religion (--reveal religion)\n"
        );
    }
}
