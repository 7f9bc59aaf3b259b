//! Rows of one person, found in bounded memory.
//!
//! Numbers are held as digests under a key of this run, and nowhere but in memory.

use std::collections::HashMap;

use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::error::SetupError;
use crate::registry::query::CitizenNumber;

/// Octets of a digest: two of 10^8 persons fall together with a chance of 10^-13.
const DIGEST: usize = 12;

/// A person, for the time of a run.
pub(super) type Person = [u8; DIGEST];

/// Most persons that are held at once: 16 octets each.
pub(super) const HELD: usize = 8 << 20;

/// Most looks through one list: enough for 8·10^9 persons.
const MOST_LOOKS: u32 = 1024;

/// Makes persons out of numbers.
pub(super) struct Persons(Zeroizing<[u8; 32]>);

impl Persons {
    pub(super) fn new() -> Result<Self, SetupError> {
        let mut key = Zeroizing::new([0; 32]);
        System.fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    pub(super) fn of(&self, number: &CitizenNumber) -> Person {
        let mut digest = Sha256::new();
        digest.update(self.0.as_slice());
        digest.update(number.as_str().as_bytes());
        let mut person = [0; DIGEST];
        for (to, from) in person.iter_mut().zip(digest.finalize()) {
            *to = from;
        }
        person
    }
}

/// What a first look through a list finds: for rows that are not the first of their person, which one
/// is. A list with more persons than are held at once is looked through again for the others.
pub(super) struct Survey {
    /// How many looks it takes, and which this is.
    looks: u32,
    look: u32,
    held: Vec<(Person, u32)>,
    most: usize,
    /// How many are held before they are gathered: more than `most` where chance makes a later look
    /// larger than the first.
    full: usize,
    found: Vec<(u32, u32)>,
}

impl Survey {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            looks: 1,
            look: 0,
            held: Vec::new(),
            most,
            full: most,
            found: Vec::new(),
        }
    }

    /// Notes a person of a row. Rows come in order.
    pub(super) fn see(&mut self, person: Person, row: u64) {
        if part(&person, self.looks) != self.look {
            return;
        }
        let Ok(row) = u32::try_from(row) else {
            return;
        };
        if self.held.len() >= self.full {
            self.gather();
            // Persons of one row each fill it: the others have to wait for another look.
            if self.look == 0 && self.held.len() > self.most / 2 && self.looks < MOST_LOOKS {
                self.looks = self.looks.saturating_mul(2);
                let looks = self.looks;
                self.held.retain(|(person, _)| part(person, looks) == 0);
                if part(&person, looks) != 0 {
                    return;
                }
            }
            let half_again = self.held.len().saturating_add(self.held.len() / 2);
            self.full = self.most.max(half_again);
        }
        self.held.push((person, row));
    }

    /// Keeps the first row of each person, and notes the others.
    fn gather(&mut self) {
        self.held.sort_unstable();
        for group in self.held.chunk_by(|one, other| one.0 == other.0) {
            if let [(_, first), others @ ..] = group {
                self.found
                    .extend(others.iter().map(|(_, row)| (*row, *first)));
            }
        }
        self.held.dedup_by_key(|entry| entry.0);
    }

    /// Ends a look; whether another is needed.
    pub(super) fn end_look(&mut self) -> bool {
        self.gather();
        self.held.clear();
        self.look = self.look.saturating_add(1);
        self.look < self.looks
    }

    pub(super) fn found(mut self) -> Found {
        self.found.sort_unstable();
        // Persons who were put off to a later look were found in the first one too.
        self.found.dedup();
        Found::Listed(self.found)
    }
}

/// Which look a person belongs to.
fn part(person: &Person, looks: u32) -> u32 {
    let [a, b, c, d, ..] = *person;
    u32::from_be_bytes([a, b, c, d]) % looks
}

/// Which rows are not the first of their person.
pub(super) enum Found {
    /// By a survey
    Listed(Vec<(u32, u32)>),
    /// Found as they come, as long as there is room
    Seen(HashMap<Person, u32>),
}

impl Found {
    /// The first row of the person of a row, where that is another.
    pub(super) fn first(&mut self, row: u64, person: Option<Person>) -> Option<u64> {
        let row = u32::try_from(row).ok()?;
        match self {
            Self::Listed(found) => {
                let at = found.binary_search_by_key(&row, |entry| entry.0).ok()?;
                found.get(at).map(|entry| u64::from(entry.1))
            }
            Self::Seen(seen) => {
                let person = person?;
                let first = seen.get(&person).copied();
                if first.is_none() && seen.len() < HELD {
                    seen.insert(person, row);
                }
                first.map(u64::from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_person_are_found_however_little_is_held() {
        let persons = Persons::new().unwrap();
        let person = |number: u64| {
            let number = CitizenNumber::new(&format!("{number:012}")).unwrap();
            persons.of(&number)
        };
        // Every seventh row is of the person of row 3.
        let rows: Vec<(u64, Person)> = (1..=200)
            .map(|row| (row, person(if row % 7 == 3 { 3 } else { row })))
            .collect();
        let expected: Vec<(u32, u32)> = (4..=200)
            .filter(|row| row % 7 == 3)
            .map(|row| (row, 3))
            .collect();
        for most in [1000, 50, 3] {
            let mut survey = Survey::new(most);
            loop {
                for (row, person) in &rows {
                    survey.see(*person, *row);
                }
                if !survey.end_look() {
                    break;
                }
            }
            let Found::Listed(found) = survey.found() else {
                panic!();
            };
            assert_eq!(found, expected, "{most}");
        }
        let mut seen = Found::Seen(HashMap::new());
        let found: Vec<u64> = rows
            .iter()
            .filter_map(|(row, person)| seen.first(*row, Some(*person)))
            .collect();
        assert_eq!(found.len(), expected.len());
    }
}
