//! Walks through a TOML document and collects what is wrong in it, each with its line.

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::bytes::legible::legible;
use crate::error::ProfileFault;
use crate::error::Wrong;

/// Most mistakes that are told at once.
const MAX_FAULTS: usize = 64;

/// The document, and what was found wrong so far.
pub(crate) struct Reader<'a> {
    text: &'a str,
    faults: Vec<ProfileFault>,
}

/// A table and where it stands.
pub(crate) struct Table<'a> {
    entries: &'a DeTable<'a>,
    at: String,
    start: usize,
}

/// A value and where it stands.
pub(crate) struct Entry<'a> {
    value: &'a DeValue<'a>,
    at: String,
    start: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text,
            faults: Vec::new(),
        }
    }

    /// Reads the document by its top table. What is no TOML is told, and the rest is read.
    pub(crate) fn document<T>(
        &mut self,
        known: &'static [&'static str],
        read: impl Fn(&mut Reader<'_>, &Table<'_>) -> T,
    ) -> T {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let start = error.span().map_or(0, |span| span.start);
            let why = error.message().trim().to_owned();
            self.fault_at(start, String::new(), Wrong::Syntax { why });
        }
        let table = Table {
            entries: document.get_ref(),
            at: String::new(),
            start: 0,
        };
        self.unknown_keys(&table, known);
        read(self, &table)
    }

    /// The value, unless anything was found wrong.
    pub(crate) fn finish<T>(mut self, value: T) -> Result<T, Vec<ProfileFault>> {
        if self.faults.is_empty() {
            return Ok(value);
        }
        self.faults.sort_by_key(|fault| fault.line);
        Err(self.faults)
    }

    /// Tells what is wrong with a value.
    pub(crate) fn fault(&mut self, entry: &Entry<'_>, wrong: Wrong) {
        self.fault_at(entry.start, entry.at.clone(), wrong);
    }

    fn fault_at(&mut self, start: usize, at: String, wrong: Wrong) {
        if self.faults.len() < MAX_FAULTS {
            let before = self.text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count().saturating_add(1);
            self.faults.push(ProfileFault { line, at, wrong });
        }
    }

    fn unknown_keys(&mut self, table: &Table<'_>, known: &'static [&'static str]) {
        for (key, _) in table.entries {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                // A key may be any text; only what it begins with is repeated.
                let name: String = legible(name).chars().take(64).collect();
                let at = format!("{}{name}", table.at);
                self.fault_at(key.span().start, at, Wrong::UnknownKey { known });
            }
        }
    }

    fn of_kind<T>(
        &mut self,
        entry: &Entry<'_>,
        value: Option<T>,
        expected: &'static str,
    ) -> Option<T> {
        if value.is_none() {
            self.fault(entry, Wrong::Kind { expected });
        }
        value
    }

    /// A table of known keys.
    pub(crate) fn table<'v>(
        &mut self,
        entry: &Entry<'v>,
        known: &'static [&'static str],
    ) -> Option<Table<'v>> {
        let entries = self.of_kind(entry, entry.value.as_table(), "a table")?;
        let table = Table {
            entries,
            at: format!("{}.", entry.at),
            start: entry.start,
        };
        self.unknown_keys(&table, known);
        Some(table)
    }

    /// The entries of a list.
    pub(crate) fn entries<'v>(
        &mut self,
        entry: &Entry<'v>,
        expected: &'static str,
    ) -> Option<Vec<Entry<'v>>> {
        let array = self.of_kind(entry, entry.value.as_array(), expected)?;
        let entries = (1_usize..).zip(array.iter());
        let entries = entries.map(|(number, value)| Entry {
            value: value.get_ref(),
            at: format!("{}[{number}]", entry.at),
            start: value.span().start,
        });
        Some(entries.collect())
    }

    /// Text.
    pub(crate) fn text<'v>(&mut self, entry: &Entry<'v>) -> Option<&'v str> {
        self.of_kind(entry, entry.value.as_str(), "text")
    }

    /// A whole number, as large as any place takes.
    pub(crate) fn number(&mut self, entry: &Entry<'_>) -> Option<i64> {
        let number = entry.value.as_integer();
        let number = number.map(|number| {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            // One that is too large for any place.
            parsed.unwrap_or(i64::MAX)
        });
        self.of_kind(entry, number, "a number")
    }

    /// `true` or `false`.
    pub(crate) fn truth(&mut self, entry: &Entry<'_>) -> Option<bool> {
        self.of_kind(entry, entry.value.as_bool(), "true or false")
    }
}

impl<'v> Table<'v> {
    /// The value of a key, where it is there.
    pub(crate) fn get(&self, key: &str) -> Option<Entry<'v>> {
        let found = self.entries.iter().find(|(name, _)| name.get_ref() == key);
        found.map(|(_, value)| self.entry(key, value))
    }

    /// The value of a key that must be there.
    pub(crate) fn needed(&self, reader: &mut Reader<'_>, key: &str) -> Option<Entry<'v>> {
        let entry = self.get(key);
        if entry.is_none() {
            let at = format!("{}{key}", self.at);
            reader.fault_at(self.start, at, Wrong::Missing);
        }
        entry
    }

    fn entry(&self, key: &str, value: &'v Spanned<DeValue<'v>>) -> Entry<'v> {
        Entry {
            value: value.get_ref(),
            at: format!("{}{key}", self.at),
            start: value.span().start,
        }
    }
}
