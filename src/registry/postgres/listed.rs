//! Looking several cards up that were asked about in one message: those with a security object in one
//! statement, and those that it does not find, with those of a number alone, in a second.
//!
//! Every card takes the way that it takes when it is asked about alone, and all that are on the second have
//! the same statement, known or not: a list tells no more about numbers by its time than a question does.

use tokio::time::Instant;
use tokio::time::timeout;

use crate::registry::RegistryError;
use crate::registry::backend;
use crate::registry::backend::Found;
use crate::registry::backend::Wanted;
use crate::registry::number_key::PersonKey;
use crate::registry::tables::MOST_ROWS;
use crate::registry::tables::Row;

use super::LIMIT;
use super::Looking;
use super::Postgres;
use super::TRY;
use super::rounds::Pair;
use super::together;
use super::trouble::Trouble;

/// What one statement looks up of several cards.
pub(super) struct All<'a> {
    pub(super) sods: Vec<&'a [u8]>,
    pub(super) persons: Vec<&'a [u8]>,
    pub(super) facts: Facts,
}

/// Whether facts are among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facts {
    None,
    Some,
}

/// One card, and the citizen whose number it is asked about with.
struct One<'a> {
    wanted: &'a Wanted<'a>,
    asked: Option<PersonKey>,
}

impl Postgres {
    /// What was found of each card, in their order.
    pub(super) async fn find_together(
        &self,
        wanted: &[Wanted<'_>],
    ) -> Result<Vec<Found>, RegistryError> {
        let deadline = Instant::now() + LIMIT;
        let all: Vec<One<'_>> = wanted
            .iter()
            .map(|wanted| One {
                wanted,
                asked: wanted
                    .card
                    .number
                    .as_ref()
                    .map(|number| self.key.person(number)),
            })
            .collect();
        let pairs = self.pairs(&all).await;
        let mut rest = Vec::new();
        for (one, pair) in all.iter().zip(&pairs) {
            if pair.is_none() {
                rest.push(one);
            }
        }
        let rows = match rest.as_slice() {
            [] => Vec::new(),
            _ => self.rows(Looking::All(&looking(&rest)), deadline).await?,
        };
        if (1..=4).any(|part| rows.iter().filter(|row| row.part == part).count() >= MOST_ROWS) {
            // A register in which somebody has hundreds of cards: nobody else's may be missing for it.
            let each = wanted.iter().map(|wanted| self.find(wanted));
            return together(each.collect()).await.into_iter().collect();
        }
        let gather = |(one, pair): (&One<'_>, Option<Pair>)| {
            let (wanted, asked, check) = (one.wanted, one.asked, self.lines.check);
            let found = match pair {
                Some(pair) => backend::gather(pair, wanted, asked, check),
                None => backend::gather(own(&rows, one), wanted, asked, check),
            };
            found.map_err(|malformed| Trouble::from(malformed).into())
        };
        all.iter().zip(pairs).map(gather).collect()
    }

    /// The cards that are found by their security objects; of those that are asked about for facts, none.
    async fn pairs(&self, all: &[One<'_>]) -> Vec<Option<Pair>> {
        let sod = |one: &One<'_>| match (one.wanted.facts, &one.wanted.card.sod) {
            ([], Some(sod)) => Some(*sod.as_bytes()),
            _ => None,
        };
        let sods: Vec<[u8; 32]> = all.iter().filter_map(sod).collect();
        let mut pairs = Vec::new();
        if !sods.is_empty() {
            // What goes wrong here goes wrong in the second statement too, or does not matter.
            let round = timeout(TRY, self.rounds.find_all(sods)).await;
            pairs = round.ok().flatten().unwrap_or_default();
        }
        let mut pairs = pairs.into_iter();
        let each = all.iter().map(|one| match sod(one) {
            Some(_) => pairs.next().flatten(),
            None => None,
        });
        each.collect()
    }
}

fn looking<'a>(rest: &[&'a One<'a>]) -> All<'a> {
    let sods = rest.iter().filter_map(|one| one.wanted.card.sod.as_ref());
    let persons = rest.iter().filter_map(|one| one.asked.as_ref());
    let facts = rest.iter().any(|one| !one.wanted.facts.is_empty());
    All {
        sods: sods.map(|sod| sod.as_bytes().as_slice()).collect(),
        persons: persons.map(|key| key.as_bytes().as_slice()).collect(),
        facts: match facts {
            true => Facts::Some,
            false => Facts::None,
        },
    }
}

/// The rows of one card among those of all: what its own lookup would have found.
fn own<'a>(rows: &'a [Row], one: &One<'_>) -> Vec<&'a Row> {
    let sod = one.wanted.card.sod.as_ref();
    let sod = sod.map(|sod| sod.as_bytes().as_slice());
    let person = one.asked.as_ref().map(|key| key.as_bytes().as_slice());
    let is = |found: &Option<Vec<u8>>, asked: Option<&[u8]>| {
        asked.is_some() && found.as_deref() == asked
    };
    let mine = |row: &&Row| match row.part {
        0 => true,
        1 => is(&row.sod, sod),
        2 => is(&row.person, person),
        3 => is(&row.old_person, person),
        _ => false,
    };
    let mut own: Vec<&Row> = rows.iter().filter(mine).collect();
    let holders: Vec<&[u8]> = own
        .iter()
        .filter(|row| row.part > 0)
        .filter_map(|row| row.person.as_deref())
        .collect();
    let about = |row: &&Row| {
        let person = row.person.as_deref();
        row.part == 4 && person.is_some_and(|person| holders.contains(&person))
    };
    own.extend(rows.iter().filter(about));
    own
}
