//! Where the key comes from: a file, standard input, the environment, or a prompt. Never an
//! argument, since arguments show in the list of processes.

use std::env;
use std::fs;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::stdin;
use std::path::Path;

use dialoguer::Input;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz;
use zeroize::Zeroizing;

use crate::error::SetupError;
use crate::lds::key::AccessKey;
use crate::lds::printed::Printed;
use crate::render::words::Lang;

/// Longest key text, in bytes: a QR code's text with long names and addresses.
const MAX_KEY: u64 = 4_096;

/// Gets the key.
///
/// # Errors
/// [`SetupError::KeyMissing`] when there is none and nobody to ask, [`SetupError::KeyUnreadable`],
/// [`SetupError::KeyFormat`].
pub(crate) fn obtain(source: Option<&Path>, lang: Lang) -> Result<AccessKey, SetupError> {
    let text = match source {
        Some(path) if path == Path::new("-") => read_all(stdin().lock())?,
        Some(path) => {
            let file = open(path).map_err(|_| SetupError::KeyUnreadable {
                path: path.display().to_string(),
            })?;
            read_all(file)?
        }
        None => match env::var("CANCUOC_KEY") {
            Ok(text) => Zeroizing::new(text),
            Err(_) if stdin().is_terminal() => ask(lang)?,
            Err(_) => return Err(SetupError::KeyMissing),
        },
    };
    AccessKey::parse(text.trim(), today())
}

/// Reads a file with what is printed.
///
/// # Errors
/// [`SetupError::PrintedUnreadable`], [`SetupError::PrintedFormat`], [`SetupError::KeyMisread`].
pub(crate) fn printed(path: &Path) -> Result<Printed, SetupError> {
    let file = open(path).map_err(|_| SetupError::PrintedUnreadable {
        path: path.display().to_string(),
    })?;
    let text = read_all(file).map_err(|_| SetupError::PrintedFormat)?;
    Printed::parse(&text)
}

/// The day in Vietnam, where cards get their dates. The computer's own time zone is not asked for:
/// finding it walks through the whole zone database, which costs more than reading the key.
fn today() -> Date {
    day(Timestamp::now())
}

/// The day in Vietnam at this time.
pub(crate) fn day(at: Timestamp) -> Date {
    tz::offset(7).to_datetime(at).date()
}

/// Opens a file; a folder can be opened, and holds no text.
fn open(path: &Path) -> io::Result<fs::File> {
    let file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}

fn read_all(source: impl Read) -> Result<Zeroizing<String>, SetupError> {
    let mut text = Zeroizing::new(String::new());
    source
        .take(MAX_KEY)
        .read_to_string(&mut text)
        .map_err(|_| SetupError::KeyFormat)?;
    Ok(text)
}

/// Asks on the terminal. What is typed is seen: it stands on the card, and nobody types the lines of
/// a machine-readable zone blind.
fn ask(lang: Lang) -> Result<Zeroizing<String>, SetupError> {
    let prompt = lang.choose(
        "Mã mở thẻ (sáu số cuối, số căn cước, mã QR, các dòng MRZ hoặc pin:…)",
        "Key of the card (last six digits, citizen number, QR code, MRZ lines or pin:...)",
    );
    let mut text = Zeroizing::new(line(prompt)?);
    let next = lang.choose("Dòng MRZ tiếp theo", "Next line of the MRZ");
    for _ in 0..further_lines(&text) {
        let more = Zeroizing::new(line(next)?);
        text.push('\n');
        text.push_str(&more);
    }
    Ok(text)
}

fn line(prompt: &str) -> Result<String, SetupError> {
    Input::new()
        .with_prompt(prompt)
        .interact()
        .map_err(|_| SetupError::KeyMissing)
}

/// Lines that follow the first one of a machine-readable zone (Doc 9303-4 to 9303-6): one in TD3 and
/// TD2, two in TD1.
fn further_lines(first: &str) -> usize {
    match first.trim().len() {
        30 if first.contains('<') => 2,
        36 | 44 if first.contains('<') => 1,
        _ => 0,
    }
}
