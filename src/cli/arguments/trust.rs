//! What is trusted.

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

#[derive(Debug, Subcommand)]
pub(crate) enum Trust {
    /// Add certificates, master lists, deviation lists and CRLs, from files or addresses
    ///
    /// A country's root certificate is taken in when its SHA-256 fingerprint is given by somebody who
    /// has it from elsewhere: with --fingerprint, or typed when asked. A master list is taken in when
    /// an authority that is trusted already signed it. Nothing is changed before it is shown.
    Add(TrustAdd),
    /// List what is trusted, by country, and how old it is
    List {
        /// Of this country only
        #[arg(long, value_name = "XX")]
        country: Option<String>,
        /// Only what is out of date
        #[arg(long)]
        expired: bool,
    },
    /// Say everything of one entry, or of a country's
    Show {
        /// At least eight digits that a SHA-256 fingerprint begins with, or a country's two letters
        #[arg(value_name = "FINGERPRINT|COUNTRY")]
        what: String,
    },
    /// Fetch everything again from where it came, and the CRLs that the authorities publish
    Update(TrustUpdate),
    /// Take entries out
    Remove {
        /// At least eight digits that a SHA-256 fingerprint begins with
        #[arg(required = true, value_name = "FINGERPRINT")]
        fingerprints: Vec<String>,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// What to add, and on whose word.
#[derive(Debug, Args)]
pub(crate) struct TrustAdd {
    /// File, - for standard input, or http(s) address: certificates, PEM bundles, master lists,
    /// deviation lists, CRLs, LDIF of the PKD
    #[arg(required = true, value_name = "FILE|-|URL")]
    pub(crate) sources: Vec<String>,
    /// SHA-256 fingerprint of a root certificate, or of who signed a list, that you have from
    /// elsewhere; may repeat
    #[arg(long, value_name = "HEX")]
    pub(crate) fingerprint: Vec<String>,
    /// Whose word it is: your own, a state's publication, or the PKD's [default: operator]
    #[arg(long = "as", value_name = "WHO")]
    pub(crate) word: Option<Word>,
    /// Keep it beside one of the same name with another key, which authorities do when keys change
    #[arg(long)]
    pub(crate) beside: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Seconds that one download may take [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}

/// What to fetch again.
#[derive(Debug, Args)]
pub(crate) struct TrustUpdate {
    /// Only these files or addresses [default: every address that something came from]
    #[arg(value_name = "FILE|URL")]
    pub(crate) sources: Vec<String>,
    /// Only what is of this country
    #[arg(long, value_name = "XX", conflicts_with = "sources")]
    pub(crate) country: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Seconds that one download may take [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}

/// Whose word vouches for what is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    /// Your own
    Operator,
    /// A state that published it as its own
    National,
    /// The public key directory of ICAO
    Pkd,
}
