//! The first look through a list: its form, its columns, how many rows it has, which rows are of one
//! person, and whether what an earlier run has done is the beginning of it.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::stdin;
use std::path::Path;

use sha2::Sha256;

use crate::error::Error;
use crate::error::ReconcileError;
use crate::error::SetupError;
use crate::registry::reconcile::columns::Columns;
use crate::registry::reconcile::columns::Mapping;
use crate::registry::reconcile::duplicates::Found;
use crate::registry::reconcile::duplicates::HELD;
use crate::registry::reconcile::duplicates::Persons;
use crate::registry::reconcile::duplicates::Survey;
use crate::registry::reconcile::records;
use crate::registry::reconcile::records::Form;
use crate::registry::reconcile::records::Records;
use crate::registry::reconcile::records::Row;
use crate::registry::reconcile::records::delimiter;
use crate::registry::reconcile::row;
use crate::registry::reconcile::run::Progress;

/// Bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// A list that is being read, from a file or from standard input.
pub(super) type List = Records<BufReader<Box<dyn Read + Send>>>;

/// A list before its first row.
pub(super) struct Begun {
    pub(super) list: List,
    pub(super) columns: Columns,
    /// The first row, where it had to be read to know the columns of a list that has no first line of
    /// names.
    pub(super) first: Option<Row>,
}

pub(super) fn unreadable(path: Option<&Path>) -> Error {
    SetupError::from(ReconcileError::Unreadable {
        path: path.map_or_else(
            || "standard input".to_owned(),
            |path| path.display().to_string(),
        ),
    })
    .into()
}

fn source(path: Option<&Path>) -> Result<Box<dyn Read + Send>, Error> {
    match path {
        None => Ok(Box::new(stdin())),
        Some(path) => {
            let file = File::open(path).map_err(|_| unreadable(Some(path)))?;
            let plain = file.metadata().is_ok_and(|known| !known.is_dir());
            if plain {
                Ok(Box::new(file))
            } else {
                Err(unreadable(Some(path)))
            }
        }
    }
}

/// Opens a list and finds its columns.
///
/// # Errors
/// [`ReconcileError`].
pub(super) fn begin(path: Option<&Path>, mapping: &Mapping) -> Result<Begun, Error> {
    let mut source = BufReader::with_capacity(BUFFER, source(path)?);
    let ahead = source.fill_buf().map_err(|_| unreadable(path))?;
    let plain = ahead.strip_prefix(records::MARK);
    let mark = plain.is_some();
    let json = plain.unwrap_or(ahead).trim_ascii_start().starts_with(b"{");
    let mut list: List = Records::new(source);
    if mark {
        list.skip_mark();
    }
    let read = |list: &mut List| list.next_row().map_err(|_| unreadable(path));
    let nobody = || {
        Error::from(SetupError::from(ReconcileError::Columns {
            wanted: "number".to_owned(),
        }))
    };
    if json {
        list.form = Form::Json;
        // The first object that is one tells the names of all.
        let first = read(&mut list)?.ok_or_else(nobody)?;
        let value: serde_json::Value = serde_json::from_slice(&first.text).map_err(|_| nobody())?;
        let object = value.as_object().ok_or_else(nobody)?;
        let names: Vec<String> = object.keys().cloned().collect();
        let columns = mapping.place(&names).map_err(SetupError::from)?;
        return Ok(Begun {
            list,
            columns,
            first: Some(first),
        });
    }
    // Quotation marks are heeded from the first line on; the delimiter is not known yet.
    list.form = Form::Csv { delimiter: b',' };
    let header = read(&mut list)?.ok_or_else(nobody)?;
    let text = String::from_utf8(header.text).map_err(|_| nobody())?;
    let sign = delimiter(&text);
    list.form = Form::Csv { delimiter: sign };
    let names = records::values(&text, sign).ok_or_else(nobody)?;
    let columns = mapping.place(&names).map_err(SetupError::from)?;
    // A run that is taken up cuts the list into the same rows.
    list.width = columns.width;
    Ok(Begun {
        list,
        columns,
        first: None,
    })
}

/// What a first look found.
pub(super) struct Looked {
    pub(super) rows: Option<u64>,
    pub(super) found: Found,
    /// Digest of the list up to where an earlier run came, where a row begins there.
    pub(super) known: Option<Sha256>,
}

/// Looks through a list. Nothing is looked at in standard input, which cannot be read twice.
///
/// # Errors
/// [`ReconcileError`].
pub(super) fn look(
    path: Option<&Path>,
    mapping: &Mapping,
    persons: &Persons,
    done: Option<u64>,
    progress: &dyn Fn(Progress),
) -> Result<Looked, Error> {
    let Some(path) = path else {
        return Ok(Looked {
            rows: None,
            found: Found::Seen(HashMap::new()),
            known: None,
        });
    };
    let mut survey = Survey::new(HELD);
    let mut known = None;
    loop {
        let begun = begin(Some(path), mapping)?;
        let (mut list, columns) = (begun.list, begun.columns);
        let mut first = begun.first;
        let mut rows = 0_u64;
        loop {
            if Some(list.offset) == done && first.is_none() {
                known = Some(list.digest.clone());
            }
            let next = match first.take() {
                Some(first) => Some(first),
                None => list.next_row().map_err(|_| unreadable(Some(path)))?,
            };
            let Some(next) = next else {
                break;
            };
            rows = rows.saturating_add(1);
            if rows.is_multiple_of(1 << 14) {
                progress(Progress::Looking { rows });
            }
            let number = row::values(&next, list.form, &columns)
                .ok()
                .and_then(|values| row::number(&values, &columns));
            if let Some(number) = number {
                survey.see(persons.of(&number), rows);
            }
        }
        if !survey.end_look() {
            return Ok(Looked {
                rows: Some(rows),
                found: survey.found(),
                known,
            });
        }
    }
}

/// Goes on behind what an earlier run has done.
///
/// # Errors
/// [`ReconcileError::Unreadable`].
pub(super) fn go_on(
    path: &Path,
    (form, width): (Form, usize),
    digest: Sha256,
    offset: u64,
) -> Result<List, Error> {
    let mut file = File::open(path).map_err(|_| unreadable(Some(path)))?;
    file.seek(SeekFrom::Start(offset))
        .map_err(|_| unreadable(Some(path)))?;
    let source: Box<dyn Read + Send> = Box::new(file);
    let mut list: List = Records::new(BufReader::with_capacity(BUFFER, source));
    (list.form, list.width) = (form, width);
    list.offset = offset;
    list.digest = digest;
    Ok(list)
}
