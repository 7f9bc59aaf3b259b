//! `trace`: keeping a whole conversation with a card, and running it again.

use std::path::Path;
use std::time::Duration;

use crate::cli::Ended;
use crate::cli::arguments::Trace;
use crate::cli::attest::Signing;
use crate::cli::config::Settings;
use crate::cli::inspect;
use crate::cli::inspect::Session;
use crate::cli::output::Output;
use crate::cli::save::Saving;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::SetupError;
use crate::reader::Plan;
use crate::render::reveal::Reveal;
use crate::transport::trace;
use crate::transport::trace::Recorder;

/// Longest trace accepted, in bytes: a full read in short APDUs, in hexadecimal, ten times over.
const MAX_TRACE: usize = 16 * 1024 * 1024;

/// Longest time for a replay, which waits for nothing.
const REPLAY_LIMIT: Duration = Duration::from_secs(60);

/// Keeps a conversation, or runs a kept one again.
pub(super) fn run(request: &Trace, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Trace::Record { file, read } => {
            let reveal = inspect::reveal(&read.reveal)?;
            let session = Session::begin(settings, out)?;
            let keeping = Saving::begin(file)?;
            let saving = inspect::saving(read)?;
            let (card, plan) = inspect::open(read, settings, out)?;
            let recorder = Recorder::new();
            let inspected = session.inspect(
                &mut recorder.transport(card),
                &plan,
                inspect::limit(read),
                &mut recorder.random(System),
            );
            // A conversation that failed is the more worth keeping.
            keeping.finish(recorder.text().as_bytes())?;
            inspect::finish(&inspected?, saving, Signing::none(), &reveal, out)
        }
        Trace::Replay {
            file,
            key,
            groups,
            challenge,
            terminal,
            applications,
        } => {
            let (mut card, mut random) = load(file)?.replay();
            let session = Session::offline(settings, out)?;
            let terminal = settings.terminal(terminal.as_deref())?;
            let plan = inspect::plan(
                key.as_deref(),
                groups.as_deref(),
                challenge.as_deref(),
                None,
                settings,
            )?;
            let plan = Plan {
                terminal,
                applications: inspect::applications(applications),
                ..plan
            };
            let inspected = session.inspect(&mut card, &plan, REPLAY_LIMIT, &mut random)?;
            inspect::finish(&inspected, None, Signing::none(), &Reveal::nothing(), out)
        }
    }
}

fn load(path: &Path) -> Result<trace::Trace, SetupError> {
    let unreadable = |_| SetupError::TraceUnreadable {
        path: path.display().to_string(),
    };
    let bytes = inspect::read_bounded(path, MAX_TRACE).map_err(unreadable)?;
    if bytes.len() > MAX_TRACE {
        return Err(SetupError::TraceMalformed { line: 1 });
    }
    let text = String::from_utf8(bytes).map_err(|_| SetupError::TraceMalformed { line: 1 })?;
    trace::Trace::parse(&text)
}
