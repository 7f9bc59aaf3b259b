//! What a person or script types, turned into library calls. No protocol and no judgement here.

mod agent;
#[cfg(feature = "agent")]
mod agent_access;
mod arguments;
mod asked;
mod attest;
mod audit;
#[cfg(unix)]
mod bench;
mod card;
mod chance;
mod config;
mod doctor;
mod evidence_check;
mod input;
mod inspect;
#[cfg(unix)]
mod kept;
mod key;
mod load;
mod lookup;
mod manage;
mod output;
mod personas;
mod policy;
mod portrait;
mod progress;
mod protocols;
mod purpose;
mod receipt_check;
mod reconcile;
mod register;
mod registry_config;
mod report_check;
mod save;
mod sealed;
mod serve;
mod service;
mod sim;
mod sim_faults;
mod sim_pki;
mod snapshot;
mod trace;
mod trust;

use std::env;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde_json::Map;
use serde_json::Value;

use crate::cli::arguments::Arguments;
use crate::cli::arguments::Command;
use crate::cli::config::Manner;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::verify::Verdict;

/// How a command ended.
pub(crate) enum Ended {
    /// A verdict was reached and printed.
    Judged(Verdict),
    /// What was asked for was done.
    Done,
    /// Another program was run, and this is its exit status.
    Passed(u8),
    /// Something was looked for, found and printed.
    Found,
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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misunderstood(&error),
    };
    output::log_level(&arguments.common);
    let gathered = match &arguments.command {
        Command::Doctor => Settings::gather_anyway(&arguments.common),
        _ => Settings::gather(&arguments.common),
    };
    let settings = match gathered {
        Ok(settings) => settings,
        Err((manner, error)) => {
            Output::new(manner).failure(&error.into());
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    let out = Output::new(settings.manner);
    match run(&arguments.command, &settings, &out) {
        Ok(Ended::Done | Ended::Judged(Verdict::Genuine)) => ExitCode::SUCCESS,
        Ok(Ended::Passed(status)) => ExitCode::from(status),
        Ok(Ended::Found | Ended::Judged(Verdict::NotGenuine | Verdict::NotInForce)) => {
            ExitCode::from(1)
        }
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

/// Why the command line cannot be understood; or the help or version that was asked for.
fn misunderstood(error: &clap::Error) -> ExitCode {
    let helps = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || helps {
        error.exit();
    }
    let rendered = error.to_string();
    let (why, words) = rendered.split_once('\n').unwrap_or((&rendered, ""));
    let refusal = Refusal {
        error: SetupError::Usage {
            why: why.trim_start_matches("error: ").to_owned(),
        }
        .into(),
        words: format!("{}\n", words.trim_matches('\n')),
        facts: Map::new(),
    };
    Output::new(Manner::at_a_glance(env::args_os().skip(1))).refusal(&refusal);
    ExitCode::from(COULD_NOT_RUN)
}

fn run(command: &Command, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match command {
        Command::Agent(request) => agent::run(request, settings, out),
        Command::Read(request) => inspect::read(request, settings, out),
        Command::Verify(request) => inspect::verify(request, settings, out),
        Command::Show(request) => inspect::show(request, settings, out),
        Command::Readers => manage::readers(out),
        Command::Protocols => protocols::protocols(out),
        Command::Profile(request) => manage::profile(request, out),
        Command::Policy(request) => policy::run(request, out),
        Command::Trust(request) => trust::run(request, settings, out),
        Command::Registry(request) => manage::registry(request, settings, out),
        Command::Audit(request) => audit::run(request, out),
        Command::Sim(request) => sim::run(request, settings, out),
        Command::Trace(request) => trace::run(request, settings, out),
        Command::DeviceKey(request) => attest::device_key(request, out),
        Command::Doctor => doctor::run(settings, out),
    }
}
