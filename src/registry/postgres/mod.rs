//! The register in PostgreSQL, or in what speaks its protocol: Citus, YugabyteDB.
//!
//! A few connections carry all lookups, by statements that are prepared once. What comes in while the
//! database works is looked up together (`rounds`); a security object that it does not know, a number
//! alone, or a question for facts is one statement, sent without waiting for those before it. A lookup that meets a conflict, a host that went away or one
//! that is no leader any more is tried again, elsewhere, within its time.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout;
use tokio::time::timeout_at;

use crate::error::SetupError;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::backend;
use crate::registry::backend::Found;
use crate::registry::backend::Wanted;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::query::CardKey;
use crate::registry::query::Query;
use crate::registry::tables::Row;

mod address;
mod cards;
mod connect;
mod lines;
mod listed;
#[cfg(feature = "cli")]
pub(in crate::registry) mod load;
mod make;
mod probe;
mod rounds;
mod tls;
mod trouble;

pub use cards::DatabaseCards;
pub use make::Made;
pub use make::make;
pub use probe::Probed;
pub use probe::probe;

use address::Address;
use connect::Hosts;
use lines::Lines;
use lines::check;
use lines::read;
use listed::All;
use listed::Facts;
use rounds::Pair;
use rounds::Rounds;
use trouble::Trouble;

/// How long a lookup may take, with all its tries. At the counter it is given up after three seconds.
const LIMIT: Duration = Duration::from_millis(2_500);

/// How long one try may take.
const TRY: Duration = Duration::from_secs(1);

/// Pause before the second try, doubled for each further one.
const PAUSE: Duration = Duration::from_millis(10);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A register in a database, for a program that does many things at once.
#[derive(Debug)]
pub struct Postgres {
    lines: Arc<Lines>,
    rounds: Rounds,
    key: NumberKey,
}

impl Postgres {
    /// Opens the register at an address.
    ///
    /// A database that cannot be reached now may be reached later: that is no error here.
    ///
    /// # Errors
    /// [`SetupError::Registry`] for an address that cannot be used, a wrong password, a database
    /// without a register of this version, a number key that is not the register's.
    pub async fn open(url: &str) -> Result<Self, SetupError> {
        let opened = Self::at(url)?;
        match timeout(LIMIT, opened.lines.link(0)).await {
            Ok(Err(trouble)) if !trouble.may_pass() => Err(trouble.into()),
            _ => Ok(opened),
        }
    }

    /// Reads the address and the number key.
    fn at(url: &str) -> Result<Self, Trouble> {
        let address = Address::parse(url).map_err(Trouble::Address)?;
        let key = NumberKey::read(&address.number_key)?;
        let lines = Arc::new(Lines::new(Hosts::new(address), key.check()));
        Ok(Self {
            rounds: Rounds::begin(&lines),
            lines,
            key,
        })
    }

    /// Looks a card up.
    ///
    /// # Errors
    /// [`RegistryError::NotReached`] when no host answered in time, [`RegistryError::BadAnswer`] when
    /// the tables hold what cannot be there.
    pub async fn find(&self, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let asked = wanted.card.number.as_ref();
        let asked = asked.map(|number| self.key.person(number));
        let deadline = Instant::now() + LIMIT;
        let found = match self.round(wanted).await {
            Some(pair) => backend::gather(pair, wanted, asked, self.lines.check),
            None => {
                // On its own, since few lookups come here: what makes a connection is in it, and would
                // be most of the memory of every question that waits.
                let rows = self.rows(Looking::One(wanted, asked), deadline);
                let rows = Box::pin(rows).await?;
                backend::gather(rows, wanted, asked, self.lines.check)
            }
        };
        Ok(found.map_err(Trouble::from)?)
    }

    /// Looks several cards up.
    ///
    /// # Errors
    /// As [`Postgres::find`], for all of them.
    pub async fn find_all(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Found>, RegistryError> {
        self.find_together(wanted).await
    }

    /// When the data was last known to be true.
    ///
    /// # Errors
    /// As [`Postgres::find`].
    pub async fn ready(&self) -> Result<Timestamp, RegistryError> {
        Ok(self.find(&NOBODY).await?.as_of)
    }

    /// Lets every connection go.
    pub fn close(&self) {
        self.lines.close();
    }

    /// The card by its security object, looked up together with others. What goes wrong with a round goes
    /// wrong in [`Postgres::rows`] too, or does not matter.
    async fn round(&self, wanted: &Wanted<'_>) -> Option<Pair> {
        let ([], Some(sod)) = (wanted.facts, &wanted.card.sod) else {
            return None;
        };
        let round = timeout(TRY, self.rounds.find(*sod.as_bytes())).await;
        round.ok().flatten()
    }

    /// The rows of a lookup, tried again while there is time.
    async fn rows(&self, looking: Looking<'_>, deadline: Instant) -> Result<Vec<Row>, Trouble> {
        let mut pause = PAUSE;
        let mut last = Trouble::Late;
        loop {
            let trying = timeout_at(deadline, self.try_rows(looking)).await;
            match trying {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(trouble)) if trouble.may_pass() => last = trouble,
                Ok(Err(trouble)) => return Err(trouble),
                Err(_) => return Err(last),
            }
            if timeout_at(deadline, sleep(pause)).await.is_err() {
                return Err(last);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn try_rows(&self, looking: Looking<'_>) -> Result<Vec<Row>, Trouble> {
        let place = self.lines.next();
        let link = self.lines.link(place).await?;
        let asked = async {
            match looking {
                Looking::One(wanted, asked) => {
                    let statement = match wanted.facts {
                        [] => &link.lookup,
                        _ => &link.with_facts,
                    };
                    let sod = wanted.card.sod.as_ref();
                    let sod: Option<&[u8]> = sod.map(|sod| sod.as_bytes().as_slice());
                    let person: Option<&[u8]> = asked.as_ref().map(|key| key.as_bytes().as_slice());
                    link.client.query(statement, &[&sod, &person]).await
                }
                Looking::All(all) => {
                    let statement = match all.facts {
                        Facts::None => &link.lookup_all,
                        Facts::Some => &link.all_with_facts,
                    };
                    link.client
                        .query(statement, &[&all.sods, &all.persons])
                        .await
                }
            }
        };
        let trouble = match timeout(TRY, asked).await {
            Ok(Ok(rows)) => return rows.iter().map(read).collect(),
            Ok(Err(error)) => Trouble::Database(error),
            Err(_) => Trouble::Late,
        };
        self.lines.forget(place, &link, &trouble);
        Err(trouble)
    }
}

/// What a statement looks up.
#[derive(Clone, Copy)]
enum Looking<'a> {
    One(&'a Wanted<'a>, Option<PersonKey>),
    All(&'a All<'a>),
}

/// A card that no register knows.
const NOBODY: Wanted<'static> = Wanted {
    card: &CardKey {
        sod: None,
        number: None,
    },
    expiry: None,
    facts: &[],
};

/// What runs a connection for a program that does one thing at a time.
fn runtime() -> Result<Runtime, Trouble> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|_| Trouble::Runtime)
}

/// A register in a database, for a program that does one thing at a time.
pub struct Blocking {
    runtime: Runtime,
    register: Postgres,
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking(..)")
    }
}

impl Blocking {
    /// Opens the register at an address.
    ///
    /// # Errors
    /// As [`Postgres::open`].
    pub fn open(url: &str) -> Result<Self, SetupError> {
        let runtime = runtime()?;
        let register = runtime.block_on(Postgres::open(url))?;
        Ok(Self { runtime, register })
    }

    /// Looks a card up.
    ///
    /// # Errors
    /// As [`Postgres::find`].
    pub fn find(&self, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        self.runtime.block_on(self.register.find(wanted))
    }
}

impl Registry for Blocking {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        let found = self.find(&Wanted::of(query, &query.disclose))?;
        Ok(found.answer(query, Timestamp::now()))
    }

    /// Sends the questions of a round one behind the other, without waiting for answers in between.
    fn check_all(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        let mut answers = Vec::with_capacity(queries.len());
        for round in queries.chunks(ROUND) {
            let wanted: Vec<Wanted<'_>> = round
                .iter()
                .map(|query| Wanted::of(query, &query.disclose))
                .collect();
            let found = wanted.iter().map(|wanted| self.register.find(wanted));
            let found = self.runtime.block_on(together(found.collect()));
            for (query, found) in round.iter().zip(found) {
                answers.push(found?.answer(query, Timestamp::now()));
            }
        }
        Ok(answers)
    }
}

/// Questions that are under way at once: as many as hide the way to the server and back, and few enough
/// that the last is answered within the time of one.
const ROUND: usize = 100;

/// Waits for several things that are under way at once.
async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (future, done) in waiting.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *done = Some(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How much memory a lookup takes while it waits.
    fn size<'a, F: Future>(_: impl Fn(&'a Postgres, &'a Wanted<'a>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_lookup_that_waits_is_small() {
        assert!(size(|register, wanted| register.find(wanted)) < 2048);
    }
}
