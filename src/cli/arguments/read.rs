//! Reading a card, and judging what was read.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::arguments::Beside;
use crate::cli::purpose::Purpose;

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
    /// Read the virtual card of this persona: a name that `sim personas` lists, or a TOML file
    #[arg(long = "virtual", value_name = "PERSONA")]
    pub(crate) persona: Option<String>,
    /// Switch a quirk of the virtual card on; may repeat
    #[arg(long, value_name = "NAME", requires = "persona")]
    pub(crate) quirk: Vec<String>,
    /// Switch a fault of the virtual card on, at a moment if one is given: mute@read:DG2:3; may repeat
    #[arg(long, value_name = "NAME", requires = "persona")]
    pub(crate) fault: Vec<String>,
    /// Reckon the time of the read on this modelled link, such as nfc-424 or contact-9600, or
    /// nfc-424:40 for 40 ms a command; nothing waits
    #[arg(long, value_name = "NAME", requires = "persona")]
    pub(crate) link: Option<String>,
    /// Draw chip's and terminal's randomness from this text: the same seed, the same bytes
    #[arg(long, value_name = "TEXT", requires = "persona")]
    pub(crate) seed: Option<String>,
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
    #[command(flatten)]
    pub(crate) purpose: Purpose,
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
