//! `trace`: keeping a whole conversation with a card, and running it again.

use std::path::Path;
use std::time::Duration;

use crate::cli::Ended;
use crate::cli::arguments::Trace;
use crate::cli::config::Settings;
use crate::cli::inspect;
use crate::cli::output::Output;
use crate::cli::save::Saving;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::SetupError;
use crate::transport::trace;
use crate::transport::trace::Recorder;

/// Longest trace accepted, in bytes: a full read in short APDUs, in hexadecimal, ten times over.
const MAX_TRACE: usize = 16 * 1024 * 1024;

pub(super) fn run(request: &Trace, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Trace::Record { file, read } => {
            let trust = settings.trust()?;
            let mut registry = settings.registry()?;
            let saving = Saving::begin(file)?;
            let (transport, plan) = inspect::open(read, settings, out)?;
            let recorder = Recorder::new();
            let mut transport = recorder.transport(transport);
            let inspected = inspect::inspect_card(
                &mut transport,
                &plan,
                Duration::from_secs(read.timeout),
                &mut recorder.random(System),
                trust,
                registry.as_deref_mut(),
                settings,
                out,
            );
            // A conversation that failed is the more worth keeping.
            saving.finish(recorder.text().as_bytes())?;
            Ok(inspect::tell(&inspected?, out))
        }
        Trace::Replay { file, key, groups } => {
            let (mut transport, mut random) = load(file)?.replay();
            let trust = settings.trust()?;
            let plan = inspect::plan(key.as_deref(), groups.as_deref(), None, settings)?;
            let inspected = inspect::inspect_card(
                &mut transport,
                &plan,
                Duration::from_secs(60),
                &mut random,
                trust,
                None,
                settings,
                out,
            )?;
            Ok(inspect::tell(&inspected, out))
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
