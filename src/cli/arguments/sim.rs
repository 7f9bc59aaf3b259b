//! Virtual cards and what they are made of.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

use crate::cli::arguments::Bench;

#[derive(Debug, Subcommand)]
pub(crate) enum Sim {
    /// Lay a virtual card on a vpcd reader
    Serve(Serve),
    /// Run a command before virtual cards on readers of its own, and end both together
    Bench(Bench),
    /// List the personas, or print the file of one to begin a new one with
    Personas(Personas),
    /// List faults and quirks: what each does, and what a verifier must answer
    Faults {
        /// Only this fault
        name: Option<String>,
        /// Only faults of this category: transport, access, messaging, lds, sod, pki, clone, content,
        /// register, clock
        #[arg(long, value_name = "NAME")]
        category: Option<String>,
    },
    /// Write certificates and a key that open fingers and irises of virtual cards, for `read --terminal`
    Terminal {
        /// The folder
        folder: PathBuf,
    },
    /// Write a test PKI into a folder: authorities, signers, lists of every kind and what terminals need,
    /// with all private keys; to trust in tests only
    ///
    /// Without any option but --out it is the one of the shipped personas, and its CRLs are fresh. With a
    /// seed the same bytes come each time, and lists have the date 2026-01-01 unless --now names another.
    Pki(TestPki),
}

/// Which test PKI.
#[derive(Debug, Args)]
pub(crate) struct TestPki {
    /// The folder; what an earlier run wrote there is replaced, and nothing else
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Names, serial numbers and keys follow from this text [default: the shipped PKI; "cancuoc" where
    /// --country or --authority asks for another]
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,
    /// Country of the authority [default: VN]
    #[arg(long, value_name = "XX")]
    pub(crate) country: Option<String>,
    /// Key and hash of the authority, such as rsa-4096-sha512 [default: ecdsa-p384-sha384]
    #[arg(long, value_name = "KIND")]
    pub(crate) authority: Option<String>,
    /// Key and hash of a document signer, such as ecdsa-brainpoolp256r1-sha256, rsa-pss-3072,
    /// dsa-2048-256; may repeat; all for every kind that real documents have [default: a few that most
    /// have]
    #[arg(long, value_name = "KIND")]
    pub(crate) signer: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Personas {
    /// Print the file of this persona, or check a file and say what its card is
    #[arg(value_name = "PERSONA")]
    pub(crate) name: Option<String>,
    /// Print the JSON schema of such files
    #[arg(long, conflicts_with = "name")]
    pub(crate) schema: bool,
}

/// What the cards on readers are like, and how long they lie there.
#[derive(Debug, Args)]
pub(crate) struct Lying {
    /// Switch a quirk on, on every card; may repeat
    #[arg(long, value_name = "NAME")]
    pub(crate) quirk: Vec<String>,
    /// Switch a fault on, on every card, at a moment if one is given: mute@read:DG2:3; may repeat
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Vec<String>,
    /// Lay invented travel records, a visa and additional biometrics onto the card, too
    #[arg(long)]
    pub(crate) applications: bool,
    /// Answer no sooner than on this modelled link, such as nfc-424 or contact-9600, or nfc-424:40
    /// for 40 ms a command [default: at once]
    #[arg(long, value_name = "NAME")]
    pub(crate) link: Option<String>,
    /// Draw the chip's randomness from this text: the same seed, the same bytes
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,
    /// End after so many seconds, and the command of a bench with it
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,
    /// Start with no card on the reader: it is laid down over --control
    #[arg(long, requires = "control")]
    pub(crate) empty: bool,
    /// Take orders over HTTP at this address of this machine; port 0 is any free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) control: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Whose card: a name that `sim personas` lists, or a TOML file
    #[arg(long, default_value = "an")]
    pub(crate) persona: String,
    /// Where vpcd listens
    #[arg(long, default_value = "127.0.0.1:35963")]
    pub(crate) address: SocketAddr,
    /// Keep what the chip remembers (tries of its PIN and PUK, date, authorities) in this file, as a real
    /// chip does without power
    #[arg(long, value_name = "FILE", conflicts_with = "control")]
    pub(crate) state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lying: Lying,
}
