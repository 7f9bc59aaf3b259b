//! Which reads of an agent's log have a beginning and no end: what was read may have been shown, and a power
//! cut came before anybody could write down how it ended.

use std::collections::BTreeMap;

use crate::audit::entry::BEGUN;
use crate::audit::entry::Record;

/// Most reads without an end that are told one by one; an agent has as many under way as it has readers.
const MAX_OPEN: usize = 1024;

/// Reads that began.
#[derive(Debug, Clone, Default)]
pub(super) struct Reads {
    /// All of them.
    pub(super) begun: u64,
    /// Those without an end so far: name and number of the record that they begin with.
    open: BTreeMap<String, u64>,
    /// Those that have no place there any more.
    more: u64,
}

/// Reads that began and did not end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unended {
    /// How many.
    pub count: u64,
    /// The records that they begin with: the newest, where there are very many.
    pub records: Vec<u64>,
}

impl Reads {
    /// Takes the next record.
    pub(super) fn take(&mut self, record: &Record<'_>) {
        let Some(id) = record.id else { return };
        if record.verdict != BEGUN {
            self.open.remove(id);
            return;
        }
        self.begun = self.begun.saturating_add(1);
        if self.open.len() >= MAX_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, seq)| **seq);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                self.open.remove(&oldest);
                self.more = self.more.saturating_add(1);
            }
        }
        self.open.insert(id.to_owned(), record.seq);
    }

    /// Those without an end.
    pub(super) fn unended(&self) -> Unended {
        let mut records: Vec<u64> = self.open.values().copied().collect();
        records.sort_unstable();
        let open = u64::try_from(records.len()).unwrap_or(u64::MAX);
        Unended {
            count: self.more.saturating_add(open),
            records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(seq: u64, id: Option<&'a str>, verdict: &'a str) -> Record<'a> {
        Record {
            seq,
            prev: [0; 32],
            time: "",
            clock: None,
            agency: None,
            officer: None,
            device: None,
            id,
            verdict,
            question: None,
            cost: None,
        }
    }

    #[test]
    fn a_read_is_open_from_its_beginning_to_the_record_of_the_same_name() {
        let mut reads = Reads::default();
        for (seq, id, verdict) in [
            (0, Some("r1.1.a"), BEGUN),
            (1, Some("r2.2.a"), BEGUN),
            (2, Some("r1.1.a"), "genuine"),
            (3, None, "agent.trial"),
            // One that never came so far has an end alone.
            (4, Some("r1.3.a"), "access.wrong_key"),
            (5, Some("r1.4.a"), BEGUN),
        ] {
            reads.take(&record(seq, id, verdict));
        }
        let unended = reads.unended();
        assert_eq!((reads.begun, unended.count), (3, 2));
        assert_eq!(unended.records, [1, 5]);
    }

    #[test]
    fn a_log_of_nothing_but_beginnings_takes_no_more_memory_than_is_told() {
        let mut reads = Reads::default();
        let all = u64::try_from(MAX_OPEN).unwrap() + 7;
        for seq in 0..all {
            reads.take(&record(seq, Some(&format!("r1.{seq}")), BEGUN));
        }
        let unended = reads.unended();
        assert_eq!((unended.count, unended.records.len()), (all, MAX_OPEN));
        assert_eq!(unended.records.first(), Some(&7));
    }
}
