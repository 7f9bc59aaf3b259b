//! What is kept: traces of sessions, and the audit log.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::arguments::Beside;
use crate::cli::arguments::read::Read;

#[derive(Debug, Subcommand)]
pub(crate) enum Trace {
    /// Read a card and keep the whole conversation (personal data and keys)
    Record {
        /// The file to write
        file: PathBuf,
        #[command(flatten)]
        read: Box<Read>,
    },
    /// Run a saved conversation again
    Replay {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        terms: Terms,
    },
    /// Rewrite a saved conversation as that of an invented person, so that it can be given away
    Redact {
        /// The file that was recorded
        file: PathBuf,
        #[command(flatten)]
        terms: Terms,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Text that everything invented follows from; it stands in the file
        #[arg(long, value_name = "TEXT")]
        seed: Option<String>,
    },
    /// Look for anything of a person in a redacted conversation
    Lint {
        /// The file that was redacted
        file: PathBuf,
        /// The file that was recorded, to look for anything of it
        #[arg(long, value_name = "FILE")]
        original: Option<PathBuf>,
        #[command(flatten)]
        terms: Terms,
    },
}

/// Under which terms a conversation was recorded. One that was redacted says so itself.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// File with the key of the card that was recorded, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    pub key: Option<PathBuf>,
    /// Data groups that were asked for
    #[arg(long, value_name = "LIST")]
    pub groups: Option<String>,
    /// Challenge of a relying party that was given
    #[arg(long, value_name = "HEX")]
    pub challenge: Option<String>,
    /// Folder with the terminal's certificates and key that were used
    #[arg(long, value_name = "FOLDER", env = "CANCUOC_TERMINAL")]
    pub terminal: Option<PathBuf>,
    /// Applications beside the eMRTD application that were asked for
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub applications: Vec<Beside>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Hold a whole log against its chain, its checkpoints and those kept elsewhere; it may be
    /// written meanwhile
    Verify {
        /// The log's folder
        dir: PathBuf,
        /// Count only checkpoints that this key signed: its SHA-256, or a file with the public key;
        /// may repeat
        #[arg(long, value_name = "FINGERPRINT|FILE")]
        key: Vec<String>,
        /// A checkpoint that was kept elsewhere; may repeat
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
    /// Print one record
    Show {
        /// The log's folder
        dir: PathBuf,
        /// Its number, from 0
        #[arg(long, value_name = "NUMBER")]
        seq: u64,
    },
    /// Print the newest checkpoint, to be kept elsewhere
    Checkpoint {
        /// The log's folder
        dir: PathBuf,
        /// With the proof that what a checkpoint of this size counted is still there: what a witness
        /// is sent
        #[arg(long, value_name = "SIZE")]
        since: Option<u64>,
    },
    /// Prove that a record is in the log, to whoever holds the newest checkpoint
    Prove {
        /// The log's folder
        dir: PathBuf,
        /// The record's number, from 0
        #[arg(long, value_name = "NUMBER")]
        seq: u64,
    },
}
