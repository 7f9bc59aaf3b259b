//! A table of a configuration, taken apart key by key. Every mistake is noted, and reading goes on, so
//! that whoever wrote it hears of all of them at once.

use std::collections::BTreeMap;

use toml::Value;

/// Most mistakes that are told; the rest is a number.
const MAX_TOLD: usize = 20;

/// Longest part of a value that is repeated to whoever wrote it, in characters.
const MAX_SHOWN: usize = 60;

/// Mistakes, each with its place.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<String>);

impl Mistakes {
    /// Notes one.
    pub(super) fn note(&mut self, at: &str, wrong: &str) {
        self.0.push(format!("{at}: {wrong}"));
    }

    /// All of them in a line, if there are any.
    pub(super) fn told(&self) -> Option<String> {
        let more = self.0.len().saturating_sub(MAX_TOLD);
        let mut told: Vec<&str> = self.0.iter().map(String::as_str).take(MAX_TOLD).collect();
        let rest = format!("… (+{more})");
        if more > 0 {
            told.push(&rest);
        }
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What is left of a table.
pub(super) struct Table {
    at: String,
    left: BTreeMap<String, Value>,
    known: Vec<&'static str>,
}

impl Table {
    /// A table, and where it stands.
    pub(super) fn new(at: &str, value: Value, mistakes: &mut Mistakes) -> Self {
        let left = match value {
            Value::Table(table) => table.into_iter().collect(),
            _ => {
                mistakes.note(at, "a table is expected");
                BTreeMap::new()
            }
        };
        Self {
            at: at.to_owned(),
            left,
            known: Vec::new(),
        }
    }

    /// The place of a key.
    pub(super) fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.at)
    }

    /// A value of any kind.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.left.remove(key)
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            _ => {
                mistakes.note(&self.at(key), "a text is expected");
                None
            }
        }
    }

    /// A number within limits.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        [least, most]: [u64; 2],
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        let value = self.take(key)?;
        let number = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok());
        let fitting = number.filter(|number| (least..=most).contains(number));
        if fitting.is_none() {
            let wrong = format!("a whole number from {least} to {most} is expected");
            mistakes.note(&self.at(key), &wrong);
        }
        fitting
    }

    /// A list; one value alone is a list of one.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        most: usize,
        mistakes: &mut Mistakes,
    ) -> Vec<Value> {
        let list = match self.take(key) {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(one) => vec![one],
        };
        if list.len() > most {
            mistakes.note(&self.at(key), &format!("more than {most} entries"));
            return Vec::new();
        }
        list
    }

    /// A text read by a function that says what is wrong with it.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let text = self.text(key, mistakes)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                mistakes.note(&self.at(key), &wrong);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let value = self.take(key)?;
        let said = value.as_str();
        let meant = words.iter().find(|(word, _)| Some(*word) == said);
        if meant.is_none() {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            let wrong = format!("one of {} is expected", words.join(", "));
            mistakes.note(&self.at(key), &wrong);
        }
        meant.map(|(_, value)| *value)
    }

    /// Whatever is left is unknown.
    pub(super) fn end(self, mistakes: &mut Mistakes) {
        for key in self.left.keys() {
            let known = self.known.join(", ");
            mistakes.note(
                &self.at(&shown(key)),
                &format!("unknown; there are {known}"),
            );
        }
    }
}

/// As much of a text as can be repeated: nothing in it speaks to a terminal.
pub(super) fn shown(text: &str) -> String {
    let safe = text.chars().take(MAX_SHOWN);
    safe.map(|one| if one.is_control() { '\u{FFFD}' } else { one })
        .collect()
}
