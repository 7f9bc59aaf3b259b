//! Values that files of this program have in common: lists, words, numbers, labels.

use crate::bytes::legible::is_legible;
use crate::error::Wrong;
use crate::profile::Words;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;

/// Longest name, label or list.
pub(crate) const MAX_LENGTH: usize = 128;

/// Whether a list may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtLeast {
    /// Yes.
    None,
    /// No.
    One,
}

/// A list of values, none of them twice.
pub(crate) fn list<T: PartialEq>(
    reader: &mut Reader<'_>,
    entry: Option<Entry<'_>>,
    least: AtLeast,
    read: impl Fn(&mut Reader<'_>, &Entry<'_>) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::new();
    let Some(entry) = entry else {
        return values;
    };
    let Some(entries) = reader.entries(&entry, "a list of text") else {
        return values;
    };
    if entries.is_empty() && least == AtLeast::One {
        reader.fault(&entry, Wrong::Empty);
    }
    if entries.len() > MAX_LENGTH {
        reader.fault(&entry, Wrong::TooMany { most: MAX_LENGTH });
    }
    for entry in entries.iter().take(MAX_LENGTH) {
        match read(reader, entry) {
            Some(value) if values.contains(&value) => reader.fault(entry, Wrong::Twice),
            Some(value) => values.push(value),
            None => {}
        }
    }
    values
}

/// One of several words.
pub(crate) fn choice<T: Copy>(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    words: &[(&'static str, T)],
) -> Option<T> {
    let text = reader.text(entry)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let known = words.iter().map(|(word, _)| *word).collect();
        reader.fault(entry, Wrong::Choice { known });
    }
    found.map(|(_, value)| *value)
}

/// A number in a range.
pub(crate) fn number(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    least: usize,
    most: usize,
) -> Option<usize> {
    let number = reader.number(entry)?;
    let number = usize::try_from(number).ok();
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        reader.fault(entry, Wrong::Range { least, most });
    }
    number
}

/// `vi` and `en` of a table, each of so many bytes at most.
pub(crate) fn labels(reader: &mut Reader<'_>, table: &Table<'_>, most: usize) -> Words {
    let mut words = |key| {
        let entry = table.needed(reader, key)?;
        let text = reader.text(&entry)?;
        let shown = !text.trim().is_empty() && text.len() <= most && is_legible(text);
        if !shown {
            reader.fault(&entry, Wrong::Words);
        }
        shown.then(|| text.to_owned())
    };
    Words {
        vi: words("vi").unwrap_or_default(),
        en: words("en").unwrap_or_default(),
    }
}
