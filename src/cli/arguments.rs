//! The command line.

pub(super) mod agent;
pub(super) mod read;
pub(super) mod records;
pub(super) mod registry;
pub(super) mod sim;
pub(super) mod trust;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

use crate::cli::arguments::agent::Agent;
use crate::cli::arguments::read::Learning;
use crate::cli::arguments::read::Picture;
use crate::cli::arguments::read::Verify;
use crate::cli::arguments::records::Audit;
use crate::cli::arguments::records::Trace;
use crate::cli::arguments::registry::Registry;
use crate::cli::arguments::sim::Lying;
use crate::cli::arguments::sim::Sim;
use crate::cli::arguments::trust::Trust;

/// Reads a citizen's chip identity card, verifies it, and asks a registry whether it is in force.
#[derive(Debug, Parser)]
#[command(name = "cancuoc", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Trust store, or folder of certificates, master lists and CRLs; may repeat [default: the store
    /// that `cancuoc trust` keeps]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "CANCUOC_TRUST",
        value_delimiter = ':'
    )]
    pub(crate) trust: Vec<PathBuf>,
    /// Registry to ask: sqlite:PATH, postgres://…, https://…, snapshot:PATH, or none [default: the
    /// embedded one]
    #[arg(long, global = true, value_name = "URL", env = "CANCUOC_REGISTRY")]
    pub(crate) registry: Option<String>,
    /// Policy: counter, kiosk, border-strict, ci-simulator, or a file [default: counter]
    #[arg(long, global = true, value_name = "NAME|FILE", env = "CANCUOC_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Judge as of this time instead of now
    #[arg(long, global = true, value_name = "RFC3339", env = "CANCUOC_NOW")]
    pub(crate) now: Option<String>,
    /// Form of the answer [default: text]
    #[arg(long, global = true, env = "CANCUOC_FORMAT")]
    pub(crate) format: Option<Format>,
    /// Language of the text [default: by the locale]
    #[arg(long, global = true, env = "CANCUOC_LANG")]
    pub(crate) lang: Option<Language>,
    /// No progress and no remarks
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Say what every data group holds, and log what goes on, without personal data in the log; twice
    /// for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Applications beside the eMRTD application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Beside {
    /// Say which ones there are, and read none
    List,
    /// Travel records
    Travel,
    /// Visa records
    Visas,
    /// Additional biometrics
    Biometrics,
    /// All three
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Vi,
    En,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read a card, verify it, ask the registry
    Read(Box<Learning>),
    /// Verify a saved capture again, offline, or check a report that another machine made
    Verify(Verify),
    /// Say what is in a saved capture, in words
    Show(Stored),
    /// List readers and what lies on them
    Readers,
    /// List the protocols that this build runs with a chip
    Protocols,
    /// Card profiles
    #[command(subcommand)]
    Profile(Profile),
    /// What a purpose requires: policies
    #[command(subcommand)]
    Policy(Policy),
    /// The trust store: the root certificates, lists and CRLs that cards are checked by
    #[command(subcommand)]
    Trust(Trust),
    /// The registry
    #[command(subcommand)]
    Registry(Registry),
    /// The audit log of a registry's server
    #[command(subcommand)]
    Audit(Audit),
    /// The service of counters and kiosks, for pages and programs of this machine
    Agent(Agent),
    /// The virtual card
    #[command(subcommand)]
    Sim(Sim),
    /// Saved conversations with a card
    #[command(subcommand)]
    Trace(Trace),
    /// The key that this device signs reports with
    #[command(subcommand)]
    DeviceKey(DeviceKey),
    /// Find what is wrong on this machine, and how to mend it; changes nothing
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct Stored {
    /// File that `read --save` wrote
    pub(crate) capture: PathBuf,
    /// Say these fields too, which are sensitive, such as ethnicity,religion
    #[arg(long, value_name = "NAME")]
    pub(crate) reveal: Vec<String>,
    #[command(flatten)]
    pub(crate) picture: Picture,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// List the shipped card profiles
    List,
    /// Say what is wrong with a profile
    Check {
        /// The profile
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// List the shipped policies
    List,
    /// Say everything that a policy decides, as a file that may serve as the beginning of another
    Show {
        /// Name of a shipped policy, or a file
        #[arg(value_name = "NAME|FILE")]
        policy: PathBuf,
    },
    /// Say what is wrong with a policy file
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Whose card: a name that `sim personas` lists, or a TOML file; may repeat, with a reader for each
    #[arg(long, default_value = "an")]
    pub(crate) persona: Vec<String>,
    #[command(flatten)]
    pub(crate) lying: Lying,
    /// What to run; without it the readers stand until this program is ended
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceKey {
    /// Make a new key, for you alone; a file that is there is never replaced
    New {
        /// The file to write
        file: PathBuf,
    },
    /// Say by which name and public key others know a key
    Show {
        /// A private or a public key
        file: PathBuf,
    },
}
