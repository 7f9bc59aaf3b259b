//! What a person or script types, turned into library calls. No protocol and no judgement here.

mod arguments;
mod attest;
mod config;
mod inspect;
mod key;
mod manage;
mod output;
mod policy;
mod portrait;
mod progress;
mod protocols;
mod report_check;
mod save;
mod sim;
mod trace;
mod trust;

use std::process::ExitCode;

use clap::Parser;
use serde_json::Map;
use serde_json::Value;

use crate::cli::arguments::Arguments;
use crate::cli::arguments::Command;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::verify::Verdict;

/// How a command ended.
pub(crate) enum Ended {
    /// A verdict was reached and printed.
    Judged(Verdict),
    /// What was asked for was done.
    Done,
    /// The answer was printed, and something else that was asked for could not be done.
    Unfinished(Error),
    /// It was refused, and there is more to say than the error does.
    Refused(Refusal),
}

/// Why something was refused, with what a person or program needs to go on.
pub(crate) struct Refusal {
    /// Why.
    pub(crate) error: Error,
    /// What is meant, in words, to stand below the error.
    pub(crate) words: String,
    /// The same for programs, in the error's object.
    pub(crate) facts: Map<String, Value>,
}

/// Exit status for "could not run".
const COULD_NOT_RUN: u8 = 2;

/// Parses the command line, runs one command, and gives the exit status: 0 genuine or done, 1 not
/// genuine or not in force, 2 could not run, 3 inconclusive.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    output::log_level(&arguments.common);
    let settings = match Settings::gather(&arguments.common) {
        Ok(settings) => settings,
        Err((manner, error)) => {
            Output::new(manner).failure(&error.into());
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    let out = Output::new(settings.manner);
    match run(&arguments.command, &settings, &out) {
        Ok(Ended::Done | Ended::Judged(Verdict::Genuine)) => ExitCode::SUCCESS,
        Ok(Ended::Judged(Verdict::NotGenuine | Verdict::NotInForce)) => ExitCode::from(1),
        Ok(Ended::Judged(Verdict::Inconclusive)) => ExitCode::from(3),
        Ok(Ended::Unfinished(error)) => {
            out.complaint(&error);
            ExitCode::from(COULD_NOT_RUN)
        }
        Ok(Ended::Refused(refusal)) => {
            out.refusal(&refusal);
            ExitCode::from(COULD_NOT_RUN)
        }
        Err(error) => {
            out.failure(&error);
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn run(command: &Command, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match command {
        Command::Read(request) => inspect::read(request, settings, out),
        Command::Verify(request) => inspect::verify(request, settings, out),
        Command::Show(request) => inspect::show(request, settings, out),
        Command::Readers => manage::readers(out),
        Command::Protocols => protocols::protocols(out),
        Command::Profile(request) => manage::profile(request, out),
        Command::Policy(request) => policy::run(request, out),
        Command::Trust(request) => trust::run(request, settings, out),
        Command::Registry(request) => manage::registry(request, settings, out),
        Command::Sim(request) => sim::run(request, settings, out),
        Command::Trace(request) => trace::run(request, settings, out),
        Command::DeviceKey(request) => attest::device_key(request, out),
    }
}
