//! A list cut into rows, in bounded memory whatever it holds (RFC 4180, JSON lines).
//!
//! A row that is no row costs itself and nothing behind it: a quotation mark that is never closed makes
//! one bad row, not one row of the rest of the list.

use std::collections::VecDeque;
use std::io;
use std::io::BufRead;

use sha2::Digest as _;
use sha2::Sha256;

/// Longest row, in bytes. Rows of registers have some hundreds.
pub(super) const MAX_ROW: usize = 64 * 1024;

/// Byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Most lines that a row may have, within quotation marks.
const MAX_LINES: usize = 16;

/// The forms of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Values between delimiters.
    Csv { delimiter: u8 },
    /// An object on each line.
    Json,
}

/// A row as it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) text: Vec<u8>,
    pub(super) bad: Option<&'static str>,
}

/// One line, with its end.
struct Line {
    text: Vec<u8>,
    /// Of the whole line, where it is longer than a row may be.
    digest: Option<[u8; 32]>,
    length: u64,
}

/// The rows of a list, from where it is read on.
pub(super) struct Records<R> {
    source: R,
    ahead: VecDeque<Line>,
    pub(super) form: Form,
    /// Most values that a row has.
    pub(super) width: usize,
    /// Bytes of the list before the next row.
    pub(super) offset: u64,
    /// Of the bytes before the next row: what this program reads again to know a list again.
    pub(super) digest: Sha256,
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            ahead: VecDeque::new(),
            form: Form::Json,
            width: usize::MAX,
            offset: 0,
            digest: Sha256::new(),
        }
    }

    /// Leaves out the byte order mark that the list begins with.
    pub(super) fn skip_mark(&mut self) {
        self.source.consume(MARK.len());
        self.digest.update(MARK);
        self.offset = self.offset.saturating_add(3);
    }

    /// The next row that is not blank.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(line) = self.next_line()? else {
                return Ok(None);
            };
            if line.digest.is_some() {
                self.consume(&line);
                return Ok(Some(Row {
                    text: Vec::new(),
                    bad: Some("row.too_long"),
                }));
            }
            if line.text.trim_ascii().is_empty() {
                self.consume(&line);
                continue;
            }
            let open = self.form != Form::Json && is_open(&line.text);
            if open {
                return self.continued(line).map(Some);
            }
            self.consume(&line);
            let text = without_end(line.text);
            return Ok(Some(Row { text, bad: None }));
        }
    }

    /// A row whose quotation mark is not closed on its first line.
    fn continued(&mut self, first: Line) -> io::Result<Row> {
        let mut lines = vec![first];
        let mut length = lines.iter().map(|line| line.text.len()).sum::<usize>();
        let mut open = true;
        while open && lines.len() < MAX_LINES && length < MAX_ROW {
            let Some(line) = self.next_line()? else {
                break;
            };
            length += line.text.len();
            // An odd number of quotation marks closes what is open.
            open = !is_open(&line.text) || line.digest.is_some();
            lines.push(line);
        }
        if !open && length <= MAX_ROW {
            let parts: Vec<&[u8]> = lines.iter().map(|line| line.text.as_slice()).collect();
            let text = without_end(parts.concat());
            // What closes it may be what another row opens.
            if self.is_row(&text) {
                for line in &lines {
                    self.consume(line);
                }
                return Ok(Row { text, bad: None });
            }
        }
        let mut lines = lines.into_iter();
        if let Some(first) = lines.next() {
            self.consume(&first);
        }
        for line in lines.rev() {
            self.ahead.push_front(line);
        }
        Ok(Row {
            text: Vec::new(),
            bad: Some("row.quote_open"),
        })
    }

    /// Whether values can be taken out of lines together; of what is no UTF-8, nobody can say.
    fn is_row(&self, text: &[u8]) -> bool {
        match (self.form, str::from_utf8(text)) {
            (Form::Csv { delimiter }, Ok(text)) => {
                values(text, delimiter).is_some_and(|values| values.len() <= self.width)
            }
            _ => false,
        }
    }

    fn consume(&mut self, line: &Line) {
        self.offset = self.offset.saturating_add(line.length);
        match &line.digest {
            Some(digest) => self.digest.update(digest),
            None => self.digest.update(&line.text),
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let mut text = Vec::new();
        let mut length = 0_u64;
        let mut long: Option<Sha256> = None;
        loop {
            let buffer = match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |at| at.saturating_add(1));
            let part = buffer.get(..taken).unwrap_or_default();
            if long.is_none() && text.len().saturating_add(taken) > MAX_ROW {
                let mut digest = Sha256::new();
                digest.update(&text);
                text.clear();
                long = Some(digest);
            }
            match &mut long {
                Some(digest) => digest.update(part),
                None => text.extend_from_slice(part),
            }
            length = length.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            self.source.consume(taken);
            if end.is_some() {
                break;
            }
        }
        let digest = long.map(|digest| digest.finalize().into());
        Ok((length > 0).then_some(Line {
            text,
            digest,
            length,
        }))
    }
}

/// Whether a line has an odd number of quotation marks.
fn is_open(line: &[u8]) -> bool {
    line.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

fn without_end(mut text: Vec<u8>) -> Vec<u8> {
    while matches!(text.last(), Some(b'\n' | b'\r')) {
        text.pop();
    }
    text
}

/// The values of a row of CSV; nothing where quotation marks stand as they cannot.
pub(super) fn values(text: &str, delimiter: u8) -> Option<Vec<String>> {
    let delimiter = char::from(delimiter);
    let mut values = Vec::with_capacity(16);
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut inner = quoted;
            loop {
                let (part, after) = inner.split_once('"')?;
                value.push_str(part);
                // A mark that is doubled is one of the value.
                let Some(again) = after.strip_prefix('"') else {
                    inner = after;
                    break;
                };
                value.push('"');
                inner = again;
            }
            values.push(value);
            if inner.is_empty() {
                return Some(values);
            }
            rest = inner.strip_prefix(delimiter)?;
        } else if let Some((value, after)) = rest.split_once(delimiter) {
            values.push(value.to_owned());
            rest = after;
        } else {
            values.push(rest.to_owned());
            return Some(values);
        }
    }
}

/// What stands between the values of a first line: whichever of the usual signs is there most, outside
/// quotation marks. Where a comma is there as often as another it is part of a name: names of columns
/// have commas, and hardly ever the others.
pub(super) fn delimiter(header: &str) -> u8 {
    let outside = || header.split('"').step_by(2).flat_map(str::bytes);
    let count = |sign: u8| outside().filter(|byte| *byte == sign).count();
    let mut best = b',';
    for sign in [b';', b'\t', b'|'] {
        let (this, most) = (count(sign), count(best));
        if this > most || (this > 0 && this == most && best == b',') {
            best = sign;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(list: &[u8]) -> Vec<(String, Option<&'static str>)> {
        let mut records = Records::new(list);
        records.form = Form::Csv { delimiter: b',' };
        let mut rows = Vec::new();
        while let Some(row) = records.next_row().unwrap() {
            rows.push((String::from_utf8(row.text).unwrap(), row.bad));
        }
        assert_eq!(records.offset, u64::try_from(list.len()).unwrap());
        rows
    }

    #[test]
    fn a_bad_row_costs_itself_alone() {
        let long = "x".repeat(MAX_ROW + 1);
        let list = format!("a,b\r\n\r\n\"c\nd\",e\n\"f,g\nh,i\n\"f,g\n{long}\nj,k");
        let bad = |code| (String::new(), Some(code));
        let good = |text: &str| (text.to_owned(), None);
        assert_eq!(
            rows(list.as_bytes()),
            [
                good("a,b"),
                good("\"c\nd\",e"),
                bad("row.quote_open"),
                good("h,i"),
                bad("row.quote_open"),
                bad("row.too_long"),
                good("j,k"),
            ]
        );
        assert_eq!(rows(b""), []);
    }

    #[test]
    fn values_are_taken_out_of_quotation_marks() {
        let values = |text| values(text, b',');
        assert_eq!(values("a,,\"b,\"\"c\"").unwrap(), ["a", "", "b,\"c"]);
        assert_eq!(values("").unwrap(), [""]);
        assert_eq!(values("\"a\"b,c"), None);
        assert_eq!(delimiter("so;ho ten, dem"), b';');
        assert_eq!(delimiter("number"), b',');
        assert_eq!(delimiter("so,\"ho; chu dem; ten\""), b',');
    }
}
