//! The registry: made, filled, served, compared with.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::lookup::Lookup;
use crate::cli::purpose::Asker;
use crate::cli::snapshot;

#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Make a registry with the sample citizens, in a file or in PostgreSQL (--registry); one that is
    /// there is left as it is
    Init(RegistryInit),
    /// Ask the registry about a card or a person, without a card on a reader
    Lookup(Box<Lookup>),
    /// Answer questions over HTTPS with mutual TLS, until SIGTERM; docs/registry.md describes it
    Serve(ServeRegistry),
    /// Snapshots of the cards that are not in force, for counters without a line; docs/snapshot.md
    /// describes them
    #[command(subcommand)]
    Snapshot(Box<snapshot::Request>),
    /// Print an invented register as CSV, for benchmarks: the same seed gives the same register
    Sample(Sampled),
    /// Compare a list with the registry, row by row; docs/reconcile.md describes it
    Reconcile(Reconciled),
    /// Fill the registry from CSV, all of it or nothing; docs/registry-load.md has the columns
    Load(Load),
}

/// Rows for a registry.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Files of CSV with a header; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Take everybody else out of the registry
    #[arg(long)]
    pub(crate) replace: bool,
    /// Write line, column and code of every row that cannot be used, without what stands in it
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// When the rows were known to be true [default: now]
    #[arg(long, value_name = "RFC3339")]
    pub(crate) as_of: Option<jiff::Timestamp>,
}

/// An invented register.
#[derive(Debug, Args)]
pub(crate) struct Sampled {
    /// How many rows, each a citizen with a card
    #[arg(long, value_name = "N")]
    pub(crate) rows: u64,
    /// Whose numbers, names and cards
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// With columns of facts: residence, household relation, identity level
    #[arg(long)]
    pub(crate) facts: bool,
}

/// Which registry to make.
#[derive(Debug, Args)]
pub(crate) struct RegistryInit {
    /// Make a folder with all that a registry server and who asks it need, for tests: authority,
    /// certificates, keys, a register of sample citizens, server.toml and client.toml
    #[arg(long, value_name = "DIR")]
    pub(crate) service: Option<PathBuf>,
    /// Without the sample citizens: nobody is on file, until “registry load”
    #[arg(long, conflicts_with = "service")]
    pub(crate) empty: bool,
}

/// How the registry's server runs. What is given here counts more than the file; the register itself is
/// named by --registry.
#[derive(Debug, Args)]
pub(crate) struct ServeRegistry {
    /// Configuration in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen, such as 0.0.0.0:8443; port 0 is any free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Where health and metrics are, on this machine alone, such as 127.0.0.1:9443
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) status: Option<String>,
    /// The server's certificate, and those above it, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Its key, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The authorities that clients' certificates come from, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) clients: Option<PathBuf>,
    /// The key that answers and checkpoints are signed with, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: Option<PathBuf>,
    /// Folder of the audit log
    #[arg(long, value_name = "DIR")]
    pub(crate) audit: Option<PathBuf>,
    /// This is a test, so --chaos may be given
    #[arg(long)]
    pub(crate) test: bool,
    /// Misbehave: delay:MILLISECONDS, 5xx:SHARE, stale, replay, wrong-signature, skew:SECONDS, with
    /// commas between them
    #[arg(long, value_name = "LIST")]
    pub(crate) chaos: Option<String>,
}

/// A list and how to compare it.
#[derive(Debug, Args)]
pub(crate) struct Reconciled {
    /// The list, as CSV with a first line of names, or as JSON lines; - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) list: PathBuf,
    /// Which column holds what, such as number=so_dinh_danh,name=ho_ten; of key, number, sod_sha256,
    /// name, family_name, middle_name, given_name, birth, sex, nationality, document_number, expiry
    /// [default: by the names of the columns]
    #[arg(long, value_name = "LIST")]
    pub(crate) map: Option<String>,
    /// Write each row's result into this file: CSV, or JSON lines where it ends in .jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Repeat what the list says in the output (personal data)
    #[arg(long, requires = "out")]
    pub(crate) with_values: bool,
    /// Begin anew, in the place of what an earlier run left
    #[arg(long)]
    pub(crate) restart: bool,
    /// Days that the registry's data may be old and a person count as alive by it
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) max_age: u32,
    /// How many ask the registry at once [default: as many as there are cores; one over HTTPS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) readers: Option<u8>,
    #[command(flatten)]
    pub(crate) asker: Asker,
}
