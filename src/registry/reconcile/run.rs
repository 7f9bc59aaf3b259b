//! A run through a list: one thread reads it, several ask, and this one writes in the order of the list.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::SignedDuration;
use jiff::Timestamp;
use sha2::Digest as _;
use sha2::Sha256;

use crate::error::Error;
use crate::error::ReconcileError;
use crate::error::SetupError;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::query::Query;
use crate::registry::reconcile::Options;
use crate::registry::reconcile::Restart;
use crate::registry::reconcile::columns::Columns;
use crate::registry::reconcile::duplicates::Found;
use crate::registry::reconcile::duplicates::Persons;
use crate::registry::reconcile::judged;
use crate::registry::reconcile::judged::Judged;
use crate::registry::reconcile::judged::Style;
use crate::registry::reconcile::kept::Kept;
use crate::registry::reconcile::look;
use crate::registry::reconcile::look::List;
use crate::registry::reconcile::output;
use crate::registry::reconcile::output::Output;
use crate::registry::reconcile::records::Form;
use crate::registry::reconcile::records::Row;
use crate::registry::reconcile::row;
use crate::registry::reconcile::row::Asking;
use crate::registry::reconcile::totals::Totals;

/// Opens the registry once more, for one more reader.
pub type Opener<'a> = &'a (dyn Fn() -> Result<Box<dyn Registry>, SetupError> + Sync);

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The list is looked through for the first time
    Looking {
        /// Rows so far
        rows: u64,
    },
    /// An earlier run was taken up
    Resumed {
        /// Rows that it had done
        rows: u64,
    },
    /// Rows are asked about
    Asking {
        /// Rows that are done
        done: u64,
        /// Rows of the list, where that is known
        of: Option<u64>,
    },
    /// The registry asked to wait
    Waiting,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Done {
    /// Counts over the whole list
    pub totals: Totals,
    /// Which columns were recognised, and what the list calls them
    pub columns: Columns,
    /// Rows that an earlier run had done
    pub resumed: u64,
}

/// How often what is done is made to last.
const SETTLE: Duration = Duration::from_millis(500);

/// How long a registry that asks to wait is waited for, each time.
const WAIT: Duration = Duration::from_secs(2);

/// How often. A token bucket fills within minutes.
const WAITS: u32 = 300;

/// Rows of a list, on their way to who asks.
struct Batch {
    number: u64,
    /// Number of the first row, from 1.
    first: u64,
    rows: Vec<Row>,
    duplicates: Vec<Option<u64>>,
    /// Where the list goes on behind them, and the digest of it up to there.
    offset: u64,
    digest: Sha256,
}

/// What became of them.
struct Written {
    text: String,
    totals: Totals,
    offset: u64,
    digest: Sha256,
}

/// Compares a list with the registry.
///
/// # Errors
/// [`ReconcileError`], [`SetupError::OutputUnwritable`], and what opening the registry gives. What was
/// done before stays done, and the next run with the same options goes on from there.
pub fn reconcile(
    options: &Options,
    open: Opener<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Done, Error> {
    let persons = Persons::new()?;
    let list = options.list.as_deref();
    let begun = look::begin(list, &options.mapping)?;
    let (form, columns) = (begun.list.form, begun.columns.clone());
    let signature = signature(options, form, &columns);
    let place = list.map(Kept::beside);
    let mut kept = match &place {
        Some(place) if options.restart == Restart::No => earlier(place, &signature)?,
        _ => None,
    };
    let done = kept.as_ref().map(|kept| kept.offset);
    let looked = look::look(list, &options.mapping, &persons, done, &|step| {
        progress(step)
    })?;
    let style = options.out.as_deref().map_or(Style::Csv, output::style);
    let header = judged::header(style, &columns, options.values);
    let (rows, output) = match (&kept, &place, list) {
        (Some(earlier), Some(place), Some(list)) => {
            let foreign = || foreign(place);
            let known = looked.known.ok_or_else(foreign)?;
            if hex::encode(known.clone().finalize()) != earlier.digest {
                return Err(foreign());
            }
            let output = Output::resume(options.out.as_deref(), earlier.written)?;
            let output = output.ok_or_else(foreign)?;
            let behind = look::go_on(list, (form, columns.width), known, earlier.offset)?;
            progress(Progress::Resumed {
                rows: earlier.totals.rows,
            });
            ((behind, None), output)
        }
        _ => {
            let replaces = options.restart == Restart::Yes;
            let mut output = Output::new(options.out.as_deref(), replaces)?;
            output.put(header.as_bytes())?;
            ((begun.list, begun.first), output)
        }
    };
    let kept = kept
        .take()
        .unwrap_or_else(|| Kept::new(signature, options.now));
    let resumed = kept.totals.rows;
    let run = Run {
        options,
        columns: &columns,
        form,
        style,
        oldest: oldest(kept.now, options.fresh),
        progress,
        stop: AtomicBool::new(false),
    };
    let (list, first) = rows;
    let totals = run.through(
        Reading {
            list,
            first,
            found: looked.found,
            persons,
        },
        (kept, place.as_deref(), output),
        open,
        looked.rows,
    )?;
    Ok(Done {
        totals,
        columns,
        resumed,
    })
}

fn foreign(place: &Path) -> Error {
    SetupError::from(ReconcileError::ProgressForeign {
        path: place.display().to_string(),
    })
    .into()
}

/// What an earlier run left, where it was a run with these options.
fn earlier(place: &Path, signature: &str) -> Result<Option<Kept>, Error> {
    match Kept::read(place) {
        Ok(None) => Ok(None),
        Ok(Some(Some(kept))) if kept.options == signature => Ok(Some(kept)),
        _ => Err(foreign(place)),
    }
}

/// Data that is older is not fresh.
fn oldest(now: Timestamp, fresh: Duration) -> Timestamp {
    let fresh = SignedDuration::try_from(fresh).unwrap_or(SignedDuration::MAX);
    now.checked_sub(fresh).unwrap_or(Timestamp::MIN)
}

/// Digest of what decides what is written for a row.
fn signature(options: &Options, form: Form, columns: &Columns) -> String {
    let mut digest = Sha256::new();
    let recognised: Vec<(&str, &str)> = columns
        .recognised()
        .map(|(column, name)| (column.code(), name))
        .collect();
    let out = options.out.as_ref().map(|path| path.display().to_string());
    let decides = format!(
        "{form:?} {recognised:?} {} {out:?} {:?} {:?} {:?}",
        columns.width, options.values, options.fresh, options.also
    );
    digest.update(decides.as_bytes());
    hex::encode(digest.finalize())
}

/// A list that is read on.
struct Reading {
    list: List,
    first: Option<Row>,
    found: Found,
    persons: Persons,
}

/// What every thread of a run knows.
struct Run<'a> {
    options: &'a Options,
    columns: &'a Columns,
    form: Form,
    style: Style,
    oldest: Timestamp,
    progress: &'a (dyn Fn(Progress) + Sync),
    stop: AtomicBool,
}

impl Run<'_> {
    fn through(
        &self,
        reading: Reading,
        kept: (Kept, Option<&Path>, Output),
        open: Opener<'_>,
        rows: Option<u64>,
    ) -> Result<Totals, Error> {
        let readers = self.options.readers.max(1);
        // Opened here, so that what is wrong is said before a thread begins.
        let mut registries = Vec::with_capacity(readers);
        for _ in 0..readers {
            registries.push(open()?);
        }
        let before = kept.0.totals.rows;
        let (give, take) = sync_channel::<Batch>(readers.saturating_mul(self.at_once()));
        let (tell, hear) = sync_channel(readers);
        let take = &Mutex::new(take);
        thread::scope(|scope| {
            let source = scope.spawn(move || self.read(reading, before, &give));
            for registry in registries {
                let tell = tell.clone();
                scope.spawn(move || self.ask(registry.as_ref(), take, &tell));
            }
            drop(tell);
            let collected = self.collect(&hear, kept, rows);
            if collected.is_err() {
                self.stop.store(true, Ordering::Relaxed);
            }
            // Nobody waits on a channel that nobody empties.
            for _ in hear {}
            let read = source
                .join()
                .unwrap_or_else(|_| Err(look::unreadable(self.options.list.as_deref())));
            let (totals, place) = collected?;
            read?;
            if let Some(place) = place {
                // Where it stays, the next run finds everything done.
                let _ = fs::remove_file(place);
            }
            Ok(totals)
        })
    }

    /// Reads the list and hands its rows on.
    fn read(
        &self,
        mut reading: Reading,
        before: u64,
        give: &SyncSender<Batch>,
    ) -> Result<(), Error> {
        let size = self.options.step.max(1);
        let path = self.options.list.as_deref();
        let mut row = before;
        let mut number = 0_u64;
        loop {
            let first = row.saturating_add(1);
            let mut rows = Vec::with_capacity(size);
            let mut duplicates = Vec::with_capacity(size);
            while rows.len() < size {
                let next = match reading.first.take() {
                    Some(first) => Some(first),
                    None => reading
                        .list
                        .next_row()
                        .map_err(|_| look::unreadable(path))?,
                };
                let Some(next) = next else {
                    break;
                };
                row = row.saturating_add(1);
                let person = match &reading.found {
                    Found::Listed(_) => None,
                    Found::Seen(_) => row::values(&next, self.form, self.columns)
                        .ok()
                        .and_then(|values| row::number(&values, self.columns))
                        .map(|number| reading.persons.of(&number)),
                };
                duplicates.push(reading.found.first(row, person));
                rows.push(next);
            }
            if rows.is_empty() || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let batch = Batch {
                number,
                first,
                rows,
                duplicates,
                offset: reading.list.offset,
                digest: reading.list.digest.clone(),
            };
            number = number.saturating_add(1);
            if give.send(batch).is_err() {
                return Ok(());
            }
        }
    }

    /// How many batches are asked about together.
    fn at_once(&self) -> usize {
        let step = self.options.step.max(1);
        self.options.together.div_ceil(step).max(1)
    }

    /// Asks about rows until there are no more.
    fn ask(
        &self,
        registry: &dyn Registry,
        take: &Mutex<Receiver<Batch>>,
        tell: &SyncSender<(u64, Result<Written, Error>)>,
    ) {
        loop {
            let batches: Vec<Batch> = {
                let take = take.lock().unwrap_or_else(PoisonError::into_inner);
                take.iter().take(self.at_once()).collect()
            };
            if batches.is_empty() {
                return;
            }
            if self.stop.load(Ordering::Relaxed) {
                continue;
            }
            if self.answer(registry, batches, tell).is_break() {
                return;
            }
        }
    }

    /// Asks about several batches together, and tells what becomes of each as soon as it is known.
    /// Breaks where there is nothing more to ask.
    fn answer(
        &self,
        registry: &dyn Registry,
        batches: Vec<Batch>,
        tell: &SyncSender<(u64, Result<Written, Error>)>,
    ) -> ControlFlow<()> {
        let mut queries = Vec::new();
        let mut prepared = Vec::with_capacity(batches.len());
        for batch in batches {
            let askings = self.askings(&batch);
            let asked = askings.iter().flatten();
            queries.extend(asked.map(|asking| asking.query.clone()));
            prepared.push((batch, askings));
        }
        let mut rest = queries.as_slice();
        let mut answers = VecDeque::new();
        for (batch, askings) in prepared {
            let number = batch.number;
            let needed = askings.iter().flatten().count();
            let mut failed = None;
            while answers.len() < needed && failed.is_none() {
                match self.some(registry, rest) {
                    Ok(some) => {
                        rest = rest.get(some.len()..).unwrap_or_default();
                        answers.extend(some);
                    }
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                self.stop.store(true, Ordering::Relaxed);
                // Where nobody hears it, the run is over anyway.
                let _ = tell.send((number, Err(error)));
                return ControlFlow::Break(());
            }
            let own: Vec<Answer> = answers.drain(..needed).collect();
            let written = self.write(batch, &askings, own);
            if tell.send((number, written)).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// What is asked about each row, or what it lacks.
    fn askings(&self, batch: &Batch) -> Vec<Result<Asking, &'static str>> {
        let asking = |row| {
            row::values(row, self.form, self.columns)
                .and_then(|values| row::read(values, self.columns, &self.options.context))
        };
        batch.rows.iter().map(asking).collect()
    }

    fn write(
        &self,
        batch: Batch,
        askings: &[Result<Asking, &'static str>],
        answers: Vec<Answer>,
    ) -> Result<Written, Error> {
        let mut answers = answers.into_iter();
        let mut text = String::new();
        let mut totals = Totals::default();
        let rows = batch.first..;
        for ((row, asking), duplicate) in rows.zip(askings).zip(batch.duplicates) {
            let result = match asking {
                Err(code) => judged::Result::Bad(code),
                Ok(asking) => {
                    let answer = answers.next().ok_or_else(|| {
                        no_answer(&RegistryError::BadAnswer {
                            what: "number of answers",
                        })
                    })?;
                    totals.see(answer.data_as_of);
                    let judged = Judged::new(asking, &answer, duplicate, self.oldest);
                    judged::Result::Judged(Box::new(judged))
                }
            };
            totals.add(&result, duplicate);
            if self.options.out.is_some() {
                let line = judged::Line {
                    row,
                    key: asking
                        .as_ref()
                        .ok()
                        .and_then(|asking| asking.key.as_deref()),
                    result: &result,
                    duplicate,
                    values: asking
                        .as_ref()
                        .map_or(&[], |asking| asking.values.as_slice()),
                };
                judged::write(
                    &mut text,
                    self.style,
                    self.columns,
                    self.options.values,
                    &line,
                );
            }
        }
        Ok(Written {
            text,
            totals,
            offset: batch.offset,
            digest: batch.digest,
        })
    }

    /// Asks about the first of these, and waits where the registry says that this is too much at once.
    fn some(&self, registry: &dyn Registry, queries: &[Query]) -> Result<Vec<Answer>, Error> {
        let mut waits = 0;
        loop {
            match registry.check_some(queries) {
                Ok(answers) if (1..=queries.len()).contains(&answers.len()) => return Ok(answers),
                Ok(_) => {
                    return Err(no_answer(&RegistryError::BadAnswer {
                        what: "number of answers",
                    }));
                }
                Err(RegistryError::Refused { code }) if waits < WAITS && may_wait(code) => {
                    waits += 1;
                    (self.progress)(Progress::Waiting);
                    thread::sleep(WAIT);
                }
                Err(error) => return Err(no_answer(&error)),
            }
        }
    }

    /// Writes what comes, in the order of the list, and makes it last now and then.
    fn collect<'p>(
        &self,
        hear: &Receiver<(u64, Result<Written, Error>)>,
        (mut kept, place, mut output): (Kept, Option<&'p Path>, Output),
        rows: Option<u64>,
    ) -> Result<(Totals, Option<&'p Path>), Error> {
        let mut early = BTreeMap::new();
        let mut next = 0_u64;
        let mut digest = None;
        let mut failed = None;
        let settle = |kept: &mut Kept, output: &mut Output, digest: &Option<Sha256>| {
            output.settle()?;
            kept.written = output.length;
            if let (Some(place), Some(digest)) = (place, digest) {
                kept.digest = hex::encode(digest.clone().finalize());
                kept.write(place).map_err(|_| {
                    Error::from(SetupError::OutputUnwritable {
                        path: place.display().to_string(),
                    })
                })?;
            }
            Ok::<Instant, Error>(Instant::now())
        };
        let mut last = Instant::now();
        for (number, written) in hear {
            early.insert(number, written);
            while let Some(written) = early.remove(&next) {
                next = next.saturating_add(1);
                let written = match written {
                    Ok(written) => written,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                };
                output.put(written.text.as_bytes())?;
                kept.totals.merge(&written.totals);
                kept.offset = written.offset;
                digest = Some(written.digest);
            }
            if failed.is_some() {
                break;
            }
            (self.progress)(Progress::Asking {
                done: kept.totals.rows,
                of: rows,
            });
            if last.elapsed() >= SETTLE {
                last = settle(&mut kept, &mut output, &digest)?;
            }
        }
        settle(&mut kept, &mut output, &digest)?;
        match failed {
            Some(error) => Err(error),
            None => Ok((kept.totals, place)),
        }
    }
}

/// Whether a refusal is one of measure and not of right.
fn may_wait(code: &str) -> bool {
    ["too_many", "overloaded", "unavailable"]
        .iter()
        .any(|word| code.ends_with(word))
}

fn no_answer(error: &RegistryError) -> Error {
    SetupError::from(ReconcileError::NoAnswer { code: error.code() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_measure_is_waited_for_and_no_other() {
        for (code, waits) in [
            ("question.too_many", true),
            ("question.overloaded", true),
            ("question.unavailable", true),
            ("question.audit_unavailable", true),
            ("question.unknown_device", false),
            ("question.stale", false),
            ("question.reused_id", false),
        ] {
            assert_eq!(may_wait(code), waits, "{code}");
        }
    }
}
