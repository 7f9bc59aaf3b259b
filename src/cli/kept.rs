//! What a virtual chip remembers, kept in a file between two lives of this program.
//!
//! ```text
//! cancuoc.state/1
//! card 5c1f..
//! cancuoc.memory/1
//! pin-tries 2
//! ```
//!
//! The card is a digest over the digest of its EF.SOD: it says which card this is and nothing of whose.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::input;
use crate::cli::save::Saving;
use crate::crypto::hash::Hash;
use crate::error::BenchError;
use crate::error::Error;
use crate::lds::FileId;
use crate::sim::chip::Chip;
use crate::sim::chip::Memory;
use crate::sim::stand::Keeper;
use crate::sim::stand::Setting;

/// First line of the file.
const SCHEMA: &str = "cancuoc.state/1";

/// What the digest begins with, so that it is no digest that stands anywhere else.
const SALT: &[u8] = b"cancuoc.state/1 card";

/// Largest file that is looked at, in bytes: somewhat more than a memory may have.
const MOST: usize = 33 * 1024;

/// A file that a chip's memory is written to before any answer leaves that changed it.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    card: String,
}

impl Kept {
    /// The chip with what the file remembers of it, or as it is where there is no file yet; the file is
    /// there afterwards.
    ///
    /// # Errors
    /// [`BenchError`] with a code for a file that is none, or another card's; when the file cannot be
    /// written.
    pub(super) fn open(path: &Path, setting: &Setting, chip: Chip) -> Result<(Chip, Self), Error> {
        let mut kept = Self {
            path: path.to_owned(),
            card: card(setting)?,
        };
        let chip = match kept.read()? {
            Some(memory) => chip.with_memory(&memory).map_err(|_| kept.another_card())?,
            None => chip,
        };
        kept.keep(&chip.memory())?;
        Ok((chip, kept))
    }

    fn read(&self) -> Result<Option<Memory>, BenchError> {
        // A pipe or a device would never end, or remember nothing.
        match fs::metadata(&self.path) {
            Ok(there) if there.is_file() => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            _ => return Err(self.malformed("no file that can be read")),
        }
        let bytes = input::read_bounded(&self.path, MOST);
        let bytes = bytes.map_err(|_| self.malformed("no file that can be read"))?;
        if bytes.len() > MOST {
            return Err(self.malformed("too long"));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.malformed("no UTF-8"))?;
        let rest = text.strip_prefix(SCHEMA).and_then(|rest| {
            let (card, memory) = rest.strip_prefix("\ncard ")?.split_once('\n')?;
            Some((card, memory))
        });
        let (card, memory) = rest.ok_or_else(|| self.malformed("another form"))?;
        if card != self.card {
            return Err(self.another_card());
        }
        let memory = Memory::from_text(memory);
        memory
            .map(Some)
            .map_err(|malformed| self.malformed(malformed.what))
    }

    fn malformed(&self, why: &'static str) -> BenchError {
        BenchError::StateMalformed {
            path: self.path.display().to_string(),
            why,
        }
    }

    fn another_card(&self) -> BenchError {
        BenchError::StateOfAnotherCard {
            path: self.path.display().to_string(),
        }
    }
}

impl Keeper for Kept {
    fn keep(&mut self, memory: &Memory) -> Result<(), Error> {
        let text = format!("{SCHEMA}\ncard {}\n{}", self.card, memory.to_text());
        Ok(Saving::begin(&self.path)?.finish(text.as_bytes())?)
    }
}

/// Which card it is, whatever is switched on beside the persona's own.
fn card(setting: &Setting) -> Result<String, Error> {
    let card = setting.persona.personalise()?;
    let sod = card.files.get(&FileId::Sod).map_or(&[][..], Vec::as_slice);
    let sod = Hash::Sha256.digest(&[sod]);
    Ok(hex::encode(Hash::Sha256.digest(&[SALT, sod.as_ref()])))
}
