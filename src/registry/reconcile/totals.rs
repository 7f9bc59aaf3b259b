//! What a list comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::registry::reconcile::judged::FIELDS;
use crate::registry::reconcile::judged::Judged;
use crate::registry::reconcile::judged::Result;
use crate::registry::reconcile::moment;

/// Counts over the rows of a list. Holds nothing of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Rows of the list that are not blank
    pub rows: u64,
    /// Rows that no registry can be asked about
    pub bad: u64,
    /// Those by their code
    pub bad_codes: BTreeMap<String, u64>,
    /// Rows of a person who has a row further up
    pub duplicates: u64,
    /// "đúng": on file, and no field differs
    pub right: u64,
    /// "đủ": every column holds something
    pub complete: u64,
    /// "sạch": one row for one person, and every field can be read
    pub clean: u64,
    /// "sống": person and card in force, by data that is fresh
    pub live: u64,
    /// All four
    pub all_four: u64,
    /// The oldest data that an answer was given by
    #[serde(with = "moment::maybe")]
    pub data_as_of: Option<Timestamp>,
    /// By the card's status
    pub cards: BTreeMap<String, u64>,
    /// By the person's status
    pub persons: BTreeMap<String, u64>,
    /// By field, how often it agrees how
    pub fields: BTreeMap<String, BTreeMap<String, u64>>,
    /// By field and rule, how often that decided
    pub rules: BTreeMap<String, BTreeMap<String, u64>>,
    /// By advice
    pub advice: BTreeMap<String, u64>,
}

/// Adds one to the count of a word.
fn count(counts: &mut BTreeMap<String, u64>, word: &str) {
    match counts.get_mut(word) {
        Some(number) => *number = number.saturating_add(1),
        None => {
            counts.insert(word.to_owned(), 1);
        }
    }
}

fn merge(into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>) {
    for (word, number) in from {
        let sum = into.entry(word.clone()).or_default();
        *sum = sum.saturating_add(*number);
    }
}

impl Totals {
    pub(super) fn add(&mut self, result: &Result, duplicate: Option<u64>) {
        self.rows = self.rows.saturating_add(1);
        if duplicate.is_some() {
            self.duplicates = self.duplicates.saturating_add(1);
        }
        match result {
            Result::Bad(code) => {
                self.bad = self.bad.saturating_add(1);
                count(&mut self.bad_codes, code);
                count(&mut self.advice, "mend_row");
            }
            Result::Judged(judged) => self.add_judged(judged),
        }
    }

    fn add_judged(&mut self, judged: &Judged) {
        let words = judged.words;
        let all = words.right && words.complete && words.clean && words.live;
        for (sum, word) in [
            (&mut self.right, words.right),
            (&mut self.complete, words.complete),
            (&mut self.clean, words.clean),
            (&mut self.live, words.live),
            (&mut self.all_four, all),
        ] {
            *sum = sum.saturating_add(u64::from(word));
        }
        count(&mut self.cards, judged.card.code());
        count(&mut self.persons, judged.person.code());
        count(&mut self.advice, judged.advice);
        for (name, field) in FIELDS.iter().zip(&judged.fields) {
            let counts = match self.fields.get_mut(*name) {
                Some(counts) => counts,
                None => self.fields.entry((*name).to_owned()).or_default(),
            };
            count(counts, field.agreement.code());
            if let Some(rule) = field.rule {
                let rules = match self.rules.get_mut(*name) {
                    Some(rules) => rules,
                    None => self.rules.entry((*name).to_owned()).or_default(),
                };
                count(rules, rule);
            }
        }
    }

    pub(super) fn see(&mut self, as_of: Timestamp) {
        self.data_as_of = Some(self.data_as_of.map_or(as_of, |oldest| oldest.min(as_of)));
    }

    /// Adds the counts of rows further down.
    pub(super) fn merge(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.rows, other.rows),
            (&mut self.bad, other.bad),
            (&mut self.duplicates, other.duplicates),
            (&mut self.right, other.right),
            (&mut self.complete, other.complete),
            (&mut self.clean, other.clean),
            (&mut self.live, other.live),
            (&mut self.all_four, other.all_four),
        ] {
            *sum = sum.saturating_add(more);
        }
        if let Some(as_of) = other.data_as_of {
            self.see(as_of);
        }
        merge(&mut self.bad_codes, &other.bad_codes);
        merge(&mut self.cards, &other.cards);
        merge(&mut self.persons, &other.persons);
        merge(&mut self.advice, &other.advice);
        for (into, from) in [
            (&mut self.fields, &other.fields),
            (&mut self.rules, &other.rules),
        ] {
            for (name, counts) in from {
                merge(into.entry(name.clone()).or_default(), counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_parts_are_those_of_the_whole() {
        let second = |second| Timestamp::from_second(second).unwrap();
        let (mut whole, mut sum) = (Totals::default(), Totals::default());
        for (rows, as_of) in [(3, 200), (2, 100), (4, 300)] {
            let mut part = Totals::default();
            for row in 0..rows {
                let duplicate = (row == 1).then_some(1);
                for totals in [&mut whole, &mut part] {
                    totals.add(&Result::Bad("row.json"), duplicate);
                    totals.see(second(as_of));
                }
            }
            sum.merge(&part);
        }
        assert_eq!(sum, whole);
        assert_eq!((sum.rows, sum.bad, sum.duplicates), (9, 9, 3));
        assert_eq!(sum.bad_codes["row.json"], 9);
        assert_eq!(sum.advice["mend_row"], 9);
        assert_eq!(sum.data_as_of, Some(second(100)));
    }
}
