//! Rows of CSV (RFC 4180), one at a time.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::io::Read;
use std::io::Write;
use std::rc::Rc;

use csv::ByteRecord;
use csv::Reader;
use csv::ReaderBuilder;

use super::Totals;
use super::table;
use super::table::Bad;
use super::table::COUNT;
use crate::error::LoadError;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::query::CitizenNumber;

/// Octets that are read at once.
const BUFFER: usize = 256 * 1024;

/// Octets that may be read while one row is: the longest row, every column with its longest text, and
/// what a buffer holds of the rows after it.
const MAX_READ: u64 = 128 * 1024 + 256 * 1024;

/// The mark that some programs begin UTF-8 with.
const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// A table to be read.
pub struct Input {
    /// Its name, for messages
    pub name: String,
    /// The text
    pub text: Box<dyn Read>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Input(..)")
    }
}

/// Rows of one table after another. The bad ones are set aside.
pub struct Rows<'a> {
    waiting: VecDeque<Input>,
    open: Option<Open>,
    /// Which columns the tables have: the same ones each.
    present: Option<[bool; COUNT]>,
    record: ByteRecord,
    current: Option<Keys>,
    totals: Totals,
    rejects: Option<&'a mut dyn Write>,
    progress: &'a mut dyn FnMut(&Totals),
}

/// A table that is being read.
struct Open {
    name: String,
    reader: Reader<Bounded>,
    budget: Rc<Cell<u64>>,
    /// For each cell of a row, the place of its column.
    places: Vec<usize>,
}

/// What is reckoned from a row.
#[derive(Clone, Copy)]
struct Keys {
    person: PersonKey,
    old: Option<PersonKey>,
    sod: Option<[u8; 32]>,
}

/// A row that may be loaded.
pub(in crate::registry) struct Entry<'a> {
    /// Where it is among all rows, for a later row to count before an earlier one.
    pub(in crate::registry) place: i64,
    pub(in crate::registry) person: PersonKey,
    pub(in crate::registry) old: Option<PersonKey>,
    pub(in crate::registry) sod: Option<[u8; 32]>,
    /// By the places of the columns.
    pub(in crate::registry) cells: [Option<&'a str>; COUNT],
}

impl std::fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows(..)")
    }
}

impl<'a> Rows<'a> {
    /// The rows of these tables. Bad ones are written as CSV to `rejects`, by file, line, column and
    /// code, without what stands in them; `progress` is told now and then how far it is.
    pub fn new(
        inputs: Vec<Input>,
        rejects: Option<&'a mut dyn Write>,
        progress: &'a mut dyn FnMut(&Totals),
    ) -> Self {
        Self {
            waiting: inputs.into(),
            open: None,
            present: None,
            record: ByteRecord::new(),
            current: None,
            totals: Totals::default(),
            rejects,
            progress,
        }
    }

    /// What was read so far.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Which columns there are, by their places.
    pub(in crate::registry) fn present(&self) -> [bool; COUNT] {
        self.present.unwrap_or([false; COUNT])
    }

    /// Goes on to the next row that may be loaded: `None` after the last.
    pub(in crate::registry) fn advance(
        &mut self,
        key: &NumberKey,
    ) -> Result<Option<()>, LoadError> {
        loop {
            if !self.read()? {
                if !self.begin()? {
                    return Ok(None);
                }
                continue;
            }
            self.totals.rows += 1;
            if self.totals.rows.is_multiple_of(10_000) {
                (self.progress)(&self.totals);
            }
            match self.keys(key) {
                Ok(keys) => {
                    self.current = Some(keys);
                    self.totals.loaded += 1;
                    return Ok(Some(()));
                }
                Err(bad) => self.reject(bad)?,
            }
        }
    }

    /// The row that [`Rows::advance`] went to.
    pub(in crate::registry) fn entry(&self) -> Option<Entry<'_>> {
        let keys = self.current?;
        Some(Entry {
            place: i64::try_from(self.totals.rows).unwrap_or(i64::MAX),
            person: keys.person,
            old: keys.old,
            sod: keys.sod,
            cells: self.cells().ok()?,
        })
    }

    /// Nothing was loaded, and there was something to load.
    pub(in crate::registry) fn is_useless(&self) -> bool {
        self.totals.loaded == 0
    }

    /// Reads a row of the open table: whether there was one.
    fn read(&mut self) -> Result<bool, LoadError> {
        let Some(open) = &mut self.open else {
            return Ok(false);
        };
        open.budget.set(MAX_READ);
        let line = open.reader.position().line();
        let read = open.reader.read_byte_record(&mut self.record);
        read.map_err(|error| open.trouble(&error, line))
    }

    /// Opens the next table: whether there was one.
    fn begin(&mut self) -> Result<bool, LoadError> {
        self.open = None;
        let Some(Input { name, text }) = self.waiting.pop_front() else {
            return Ok(false);
        };
        let budget = Rc::new(Cell::new(MAX_READ));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(Bounded {
                text,
                budget: Rc::clone(&budget),
            });
        let mut open = Open {
            name,
            reader,
            budget,
            places: Vec::new(),
        };
        let read = open.reader.read_byte_record(&mut self.record);
        if !read.map_err(|error| open.trouble(&error, 1))? {
            return Err(open.header("the file is empty"));
        }
        let mut present = [false; COUNT];
        for (number, cell) in self.record.iter().enumerate() {
            let cell = match number {
                0 => cell.strip_prefix(BOM).unwrap_or(cell),
                _ => cell,
            };
            let name = str::from_utf8(cell).unwrap_or_default().trim();
            let Some(place) = table::place(name) else {
                return Err(
                    open.header(&format!("column {} has no name that is known", number + 1))
                );
            };
            match present.get_mut(place) {
                Some(known) if !*known => *known = true,
                _ => return Err(open.header(&format!("{name} is there twice"))),
            }
            open.places.push(place);
        }
        if !present.get(table::NUMBER).is_some_and(|there| *there) {
            return Err(open.header("there is no column number"));
        }
        if self.present.is_some_and(|others| others != present) {
            return Err(open.header("the columns are not those of the file before"));
        }
        self.present = Some(present);
        self.open = Some(open);
        Ok(true)
    }

    fn cells(&self) -> Result<[Option<&str>; COUNT], Bad> {
        let places = self.open.as_ref().map_or(&[][..], |open| &open.places);
        if self.record.len() != places.len() {
            return Err(Bad {
                column: "",
                code: "cells",
            });
        }
        let mut cells = [None; COUNT];
        for (octets, place) in self.record.iter().zip(places) {
            let text = table::cell(*place, octets)?;
            if let Some(cell) = cells.get_mut(*place) {
                *cell = text;
            }
        }
        Ok(cells)
    }

    fn keys(&self, key: &NumberKey) -> Result<Keys, Bad> {
        let cells = self.cells()?;
        table::whole(&cells)?;
        let text = |place: usize| cells.get(place).copied().flatten();
        let person = |place| Some(key.person(&CitizenNumber::new(text(place)?)?));
        Ok(Keys {
            person: person(table::NUMBER).ok_or(Bad {
                column: "number",
                code: "number_missing",
            })?,
            old: person(table::OLD_NUMBER),
            sod: text(table::SOD).and_then(table::digest),
        })
    }

    fn reject(&mut self, bad: Bad) -> Result<(), LoadError> {
        *self.totals.rejected.entry(bad.code).or_default() += 1;
        let Some(rejects) = &mut self.rejects else {
            return Ok(());
        };
        let line = self.record.position().map_or(0, csv::Position::line);
        let name = self.open.as_ref().map_or("", |open| open.name.as_str());
        let name = name.replace(['"', '\n', '\r'], "");
        writeln!(rejects, "\"{name}\",{line},{},{}", bad.column, bad.code).map_err(|_| {
            LoadError::Rejects {
                path: String::new(),
            }
        })
    }
}

impl Open {
    fn trouble(&self, error: &csv::Error, line: u64) -> LoadError {
        let path = self.name.clone();
        match error.kind() {
            csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                LoadError::RowTooLong { path, line }
            }
            _ => LoadError::Unreadable { path },
        }
    }

    fn header(&self, why: &str) -> LoadError {
        LoadError::Header {
            path: self.name.clone(),
            why: why.to_owned(),
        }
    }
}

/// Reads no more for one row than the longest takes, so that a quotation mark which is not closed does
/// not fill the memory.
struct Bounded {
    text: Box<dyn Read>,
    budget: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.text.read(buffer)?;
        let counted = u64::try_from(read).unwrap_or(u64::MAX);
        self.budget.set(left.saturating_sub(counted));
        Ok(read)
    }
}
