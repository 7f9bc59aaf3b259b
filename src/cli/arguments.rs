//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

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
    /// Registry to ask: sqlite:PATH, or none [default: the embedded one]
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
    Read(Learning),
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
    /// The virtual card
    #[command(subcommand)]
    Sim(Sim),
    /// Saved conversations with a card
    #[command(subcommand)]
    Trace(Trace),
    /// The key that this device signs reports with
    #[command(subcommand)]
    DeviceKey(DeviceKey),
}

/// What to read, and with which key.
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// Reader by its name or a part of it [default: the first with a card]
    #[arg(
        long,
        value_name = "NAME",
        env = "CANCUOC_READER",
        conflicts_with = "persona"
    )]
    pub(crate) reader: Option<String>,
    /// Read the built-in virtual card of this persona
    #[arg(long = "virtual", value_name = "PERSONA")]
    pub(crate) persona: Option<String>,
    /// Switch a quirk of the virtual card on; may repeat
    #[arg(long, value_name = "NAME", requires = "persona")]
    pub(crate) quirk: Vec<String>,
    /// Switch a fault of the virtual card on; may repeat
    #[arg(long, value_name = "NAME", requires = "persona")]
    pub(crate) fault: Vec<String>,
    /// File with the key, or - for standard input: six digits (CAN), twelve digits (citizen
    /// number), an MRZ, the QR code's text, number,birth,expiry, or pin:, puk:, can: and the digits
    #[arg(long, value_name = "FILE|-")]
    pub(crate) key: Option<PathBuf>,
    /// File with what is printed, to compare with the chip: an MRZ, the QR code's text, or
    /// number,birth,expiry. A key that holds as much is compared anyhow
    #[arg(long, value_name = "FILE")]
    pub(crate) printed: Option<PathBuf>,
    /// Data groups to read, such as 1,2,13 [default: all that are signed]
    #[arg(long, value_name = "LIST")]
    pub(crate) groups: Option<String>,
    /// Challenge of a relying party, 16 hexadecimal digits: the chip signs it beside the reader's own
    #[arg(long, value_name = "HEX")]
    pub(crate) challenge: Option<String>,
    /// Folder with a terminal's certificates and key, for fingers and irises [default: none]
    #[arg(long, value_name = "FOLDER", env = "CANCUOC_TERMINAL")]
    pub(crate) terminal: Option<PathBuf>,
    /// Say these fields too, which are sensitive, such as ethnicity,religion
    #[arg(long, value_name = "NAME")]
    pub(crate) reveal: Vec<String>,
    /// Applications beside the eMRTD application to read, or to list only; it takes a terminal with
    /// rights in them [default: none]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) applications: Vec<Beside>,
    /// Keep what was read in this file (personal data)
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Seconds to wait for a card
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) wait: u64,
    /// Seconds after which a read is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}

/// A read, and what to learn for the next one.
#[derive(Debug, Args)]
pub(crate) struct Learning {
    #[command(flatten)]
    pub(crate) read: Read,
    /// Start from what this card profile knows of such cards: a hint that saves trials
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Write what card and reader turned out to need into this file, as a card profile
    #[arg(long, value_name = "FILE")]
    pub(crate) learn: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) picture: Picture,
    #[command(flatten)]
    pub(crate) attest: Attest,
}

/// What to make of the report beside showing it.
#[derive(Debug, Default, Args)]
pub(crate) struct Attest {
    /// Sign the report with this device key, as `device-key new` or openssl makes one
    /// [default: not signed]
    #[arg(long, value_name = "FILE", env = "CANCUOC_SIGN")]
    pub(crate) sign: Option<PathBuf>,
    /// Write the report into this file, as JSON (personal data)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// What to do with the portrait.
#[derive(Debug, Args)]
pub(crate) struct Picture {
    /// Write the portrait into this file, as PNG (personal data)
    #[arg(long, value_name = "FILE")]
    pub(crate) portrait: Option<PathBuf>,
    /// Draw the portrait on the terminal [default: auto for show, none for read and verify]
    #[arg(long, value_name = "HOW")]
    pub(crate) draw: Option<Draw>,
}

/// How to draw on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Draw {
    /// As TERM, TERM_PROGRAM, COLORTERM and NO_COLOR say
    Auto,
    /// Sixels, whatever they say
    Sixel,
    /// Half blocks in colour, whatever they say
    Blocks,
    /// Not at all
    None,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// File that `read --save` wrote, or a report
    pub(crate) file: PathBuf,
    /// For a report: a device whose signature counts, by its public key or that key's SHA-256; may
    /// repeat
    #[arg(long, value_name = "FILE|SHA256")]
    pub(crate) device: Vec<String>,
    /// For a report: the capture of the same read, to be verified again and compared
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// Say these fields too, which are sensitive, such as ethnicity,religion
    #[arg(long, value_name = "NAME")]
    pub(crate) reveal: Vec<String>,
    #[command(flatten)]
    pub(crate) picture: Picture,
    #[command(flatten)]
    pub(crate) attest: Attest,
    /// The challenge that you gave to the reader: a signature over it proves the chip to you
    #[arg(long, value_name = "HEX")]
    pub(crate) challenge: Option<String>,
    /// File with what is printed, to compare with the chip: an MRZ, the QR code's text, or
    /// number,birth,expiry
    #[arg(long, value_name = "FILE")]
    pub(crate) printed: Option<PathBuf>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Make the embedded registry and fill it with the sample citizens
    Init,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sim {
    /// Lay a virtual card on a vpcd reader
    Serve(Serve),
    /// List the personas
    Personas,
    /// List faults and quirks
    Faults,
    /// Write certificates and a key that open fingers and irises of virtual cards, for `read --terminal`
    Terminal {
        /// The folder
        folder: PathBuf,
    },
    /// Write the virtual cards' root certificate and a fresh CRL into a folder, to trust in tests only
    Pki {
        /// The folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Whose card
    #[arg(long, default_value = "an")]
    pub(crate) persona: String,
    /// Where vpcd listens
    #[arg(long, default_value = "127.0.0.1:35963")]
    pub(crate) address: SocketAddr,
    /// Switch a quirk on; may repeat
    #[arg(long, value_name = "NAME")]
    pub(crate) quirk: Vec<String>,
    /// Switch a fault on; may repeat
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Vec<String>,
    /// Lay invented travel records, a visa and additional biometrics onto the card, too
    #[arg(long)]
    pub(crate) applications: bool,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Trace {
    /// Read a card and keep the whole conversation (personal data and keys)
    Record {
        /// The file to write
        file: PathBuf,
        #[command(flatten)]
        read: Read,
    },
    /// Run a saved conversation again
    Replay {
        /// The file
        file: PathBuf,
        /// File with the key of the card that was recorded, or - for standard input
        #[arg(long, value_name = "FILE|-")]
        key: Option<PathBuf>,
        /// Data groups that were asked for
        #[arg(long, value_name = "LIST")]
        groups: Option<String>,
        /// Challenge of a relying party that was given
        #[arg(long, value_name = "HEX")]
        challenge: Option<String>,
        /// Folder with the terminal's certificates and key that were used
        #[arg(long, value_name = "FOLDER", env = "CANCUOC_TERMINAL")]
        terminal: Option<PathBuf>,
        /// Applications beside the eMRTD application that were asked for
        #[arg(long, value_name = "LIST", value_delimiter = ',')]
        applications: Vec<Beside>,
    },
}
