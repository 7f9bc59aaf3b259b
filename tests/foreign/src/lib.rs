//! What the foreign readers share: arguments, the card on the reader, and what they print.
//!
//! A reader takes its key from the environment, never from its arguments, reads the first card it
//! finds, and prints one line for each file:
//!
//! ```text
//! EF.SOD 1912 5f2c…
//! DG1 95 0b7e…
//! ```
//!
//! name, length in bytes, SHA-256 in hexadecimal. It exits with 0 when all files were read.

use std::env;
use std::error::Error;
use std::ffi::CString;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use sha2::Digest;
use sha2::Sha256;

/// What goes wrong is only ever shown.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// pcscd notices a new card after about half a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// Data groups to read where `GROUPS` does not say: those of a citizen card.
const GROUPS: [u8; 5] = [1, 2, 13, 14, 15];

/// Numbers of the data groups to read, from `GROUPS`, such as `1,2,11`.
pub fn groups() -> Outcome<Vec<u8>> {
    match env::var("GROUPS") {
        Err(_) => Ok(GROUPS.to_vec()),
        Ok(list) => Ok(list
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<u8>, _>>()?),
    }
}

/// A value from the environment.
pub fn variable(name: &str) -> Outcome<String> {
    env::var(name).map_err(|_| format!("{name} is not set").into())
}

/// Connects to the first card on any reader, waiting for it a little.
pub fn first_card() -> Outcome<pcsc::Card> {
    let until = Instant::now() + PATIENCE;
    let context = pcsc::Context::establish(pcsc::Scope::User)?;
    loop {
        let readers: Vec<CString> = context.list_readers_owned()?;
        for reader in &readers {
            match context.connect(reader, pcsc::ShareMode::Shared, pcsc::Protocols::ANY) {
                Ok(card) => return Ok(card),
                Err(pcsc::Error::NoSmartcard) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if Instant::now() > until {
            return Err("no card on any reader".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Prints a file that was read.
pub fn show(name: &str, file: &[u8]) {
    let digest: String = Sha256::digest(file)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("{name} {} {digest}", file.len());
}
