//! Lookups in rounds: what comes in while a connection is at work is looked up by its next statement.
//!
//! Most of what a lookup costs the database is the statement and not the row. A lookup that comes alone
//! goes out at once, alone; under load one statement finds the cards of many. The records of the audit
//! log are written in the same way.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::registry::tables::Row;

use super::TRY;
use super::lines::Lines;
use super::trouble::Trouble;

/// Most lookups of a round, but for those of a list that fills it up.
const LARGEST: usize = 64;

/// Most lookups that wait for one; others go out for themselves.
const WAITING: usize = 4096;

/// One that waits: for the rows of each of its cards, or for nothing where there is none.
struct Waiting {
    sods: Vec<[u8; 32]>,
    found: oneshot::Sender<Vec<Option<Pair>>>,
}

/// The row of a card, and the register's own.
pub(super) type Pair = [Arc<Row>; 2];

type Queue = Arc<Mutex<mpsc::Receiver<Waiting>>>;

/// Where lookups wait for a round.
#[derive(Debug)]
pub(super) struct Rounds(mpsc::Sender<Waiting>);

impl Rounds {
    /// Begins, with one round at a time on each connection. Ends when this is dropped.
    pub(super) fn begin(lines: &Arc<Lines>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let queue = Arc::new(Mutex::new(receiver));
        for place in 0..lines.count() {
            tokio::spawn(work(Arc::clone(lines), place, Arc::clone(&queue)));
        }
        Self(sender)
    }

    /// The card of a security object with the register's own row. None if there is no such card, or if
    /// that could not be found out.
    pub(super) async fn find(&self, sod: [u8; 32]) -> Option<Pair> {
        self.find_all(vec![sod]).await?.pop().flatten()
    }

    /// The same for several cards, which go out in one statement.
    pub(super) async fn find_all(&self, sods: Vec<[u8; 32]>) -> Option<Vec<Option<Pair>>> {
        let (found, finding) = oneshot::channel();
        self.0.try_send(Waiting { sods, found }).ok()?;
        finding.await.ok()
    }
}

async fn work(lines: Arc<Lines>, place: usize, queue: Queue) {
    loop {
        let mut round = Vec::with_capacity(LARGEST);
        if gather(&queue, &mut round).await == Queued::Over {
            return;
        }
        round.retain(|waiting| !waiting.found.is_closed());
        // Whoever waits in vain looks for themselves, and meets the trouble there.
        let Ok((cards, register)) = look_up(&lines, place, &round).await else {
            continue;
        };
        for waiting in round {
            let pair = |sod: &[u8; 32]| {
                let card = cards.get(sod.as_slice())?;
                Some([Arc::clone(card), Arc::clone(&register)])
            };
            let pairs = waiting.sods.iter().map(pair).collect();
            let _ = waiting.found.send(pairs);
        }
    }
}

/// Whether there will be more lookups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queued {
    Some,
    Over,
}

/// Waits for a lookup, and takes those along that are about to come.
///
/// Between the first and the others every task has a turn that is ready for one: on a server with
/// nothing else to do that takes no time, and on a busy one many of them are about to ask.
async fn gather(queue: &Queue, round: &mut Vec<Waiting>) -> Queued {
    let mut queue = queue.lock().await;
    let Some(first) = queue.recv().await else {
        return Queued::Over;
    };
    let mut cards = first.sods.len();
    round.push(first);
    yield_now().await;
    while cards < LARGEST
        && let Ok(next) = queue.try_recv()
    {
        cards = cards.saturating_add(next.sods.len());
        round.push(next);
    }
    Queued::Some
}

/// Cards by the digests of their security objects, and the register's own row.
async fn look_up(
    lines: &Lines,
    place: usize,
    round: &[Waiting],
) -> Result<(HashMap<Vec<u8>, Arc<Row>>, Arc<Row>), Trouble> {
    let sods = round.iter().flat_map(|waiting| &waiting.sods);
    let sods: Vec<&[u8]> = sods.map(<[u8; 32]>::as_slice).collect();
    let link = lines.link(place).await?;
    let looked = timeout(TRY, link.by_sods(&sods)).await;
    let (rows, register) = match looked.unwrap_or(Err(Trouble::Late)) {
        Ok(found) => found,
        Err(trouble) => {
            lines.forget(place, &link, &trouble);
            return Err(trouble);
        }
    };
    let cards = rows
        .into_iter()
        .map(|row| row.sod.clone().zip(Some(Arc::new(row))));
    Ok((cards.flatten().collect(), register))
}
