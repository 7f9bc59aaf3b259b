//! The records since a time, for a server that starts again and wants to know what it said last.

use std::path::Path;

use jiff::Timestamp;

use crate::audit::entry::Record;
use crate::audit::folder;
use crate::audit::folder::Lines;
use crate::audit::folder::Next;
use crate::error::AuditError;

/// Shows every record since a time by the clock, in their order. Lines that are no records are passed over: whether
/// the log holds is another question.
///
/// # Errors
/// [`AuditError::Unusable`].
pub fn recent(
    dir: &Path,
    since: Timestamp,
    mut each: impl FnMut(&Record<'_>),
) -> Result<(), AuditError> {
    // As lines have it, so that the order of texts is that of times.
    let since = since.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let segments = folder::segments(dir)?;
    let mut line = Vec::new();
    let mut first = 0;
    for (number, segment) in segments.iter().enumerate().rev() {
        first = number;
        if let Next::Line = Lines::open(&segment.path)?.next(&mut line)?
            && Record::read(&line).is_some_and(|record| record.by_the_clock() < since.as_str())
        {
            break;
        }
    }
    for segment in segments.iter().skip(first) {
        let mut lines = Lines::open(&segment.path)?;
        while let Next::Line = lines.next(&mut line)? {
            if let Some(record) = Record::read(&line)
                && record.by_the_clock() >= since.as_str()
            {
                each(&record);
            }
        }
    }
    Ok(())
}
