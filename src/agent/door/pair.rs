//! Pairing: a code that a person reads off this machine's terminal and types into the page, once.

use jiff::Timestamp;
use jiff::ToSpan as _;
use serde::Deserialize;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::agent::door::moment;
use crate::agent::door::state::State;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::DoorError;
use crate::error::Error;
use crate::error::SetupError;

/// The file.
const FILE: &str = "pairing.json";

/// The form of the file.
const SCHEMA: &str = "cancuoc.agent_pairing/1";

/// Digits of a code.
const DIGITS: usize = 8;

/// Codes that there are: ten to the power of [`DIGITS`].
const CODES: u32 = 100_000_000;

/// Minutes for which a code is good.
const MINUTES: i64 = 5;

/// Times that somebody may try. One of twenty million guesses is right then.
const TRIES: u8 = 5;

/// Octets of the salt.
const SALT: usize = 16;

/// What is kept of the code: one at a time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    schema: String,
    salt: String,
    /// SHA-256 of salt and code
    sha256: String,
    #[serde(with = "moment")]
    made: Timestamp,
    #[serde(with = "moment")]
    until: Timestamp,
    tries_left: u8,
}

/// A code that was just made.
pub struct Code {
    /// Eight digits
    pub digits: Zeroizing<String>,
    /// When it ends
    pub until: Timestamp,
}

/// The code that is waited for.
#[derive(Debug)]
pub struct Pairing {
    state: State,
}

impl Pairing {
    /// The pairing of a folder.
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    /// Makes a code. An earlier one is good no more.
    ///
    /// # Errors
    /// [`DoorError::State`]; [`SetupError::NoRandomness`].
    pub fn begin(&self, random: &mut dyn Random, now: Timestamp) -> Result<Code, Error> {
        let digits = Zeroizing::new(format!("{:0DIGITS$}", below(CODES, random)?));
        let mut salt = [0; SALT];
        random.fill(&mut salt)?;
        let salt = hex::encode(salt);
        let until = now
            .checked_add(MINUTES.minutes())
            .map_err(|_| SetupError::Time)?;
        let waiting = Waiting {
            schema: SCHEMA.to_owned(),
            sha256: digest(&salt, &digits),
            salt,
            made: now,
            until,
            tries_left: TRIES,
        };
        self.state
            .change(FILE, |_| Ok((Some(encode(&waiting)), ())))
            .map_err(SetupError::from)?;
        Ok(Code { digits, until })
    }

    /// Tries a code. The try is written down before anything is said; a right code is gone then.
    ///
    /// # Errors
    /// [`DoorError::PairCode`], whatever is wrong about it; [`DoorError::State`].
    pub fn attempt(&self, code: &str, now: Timestamp) -> Result<(), DoorError> {
        let right = self.state.change(FILE, |file| {
            let waiting = file.and_then(|file| serde_json::from_slice::<Waiting>(file).ok());
            // What is no code, or is over, is only in the way. A clock that was set back ends it, too.
            let Some(mut waiting) = waiting.filter(|waiting| {
                waiting.schema == SCHEMA && now >= waiting.made && now < waiting.until
            }) else {
                return Ok((None, Right::No));
            };
            let digest = digest(&waiting.salt, code);
            if bool::from(digest.as_bytes().ct_eq(waiting.sha256.as_bytes())) {
                return Ok((None, Right::Yes));
            }
            waiting.tries_left = waiting.tries_left.saturating_sub(1);
            let next = (waiting.tries_left > 0).then(|| encode(&waiting));
            Ok((next, Right::No))
        })?;
        match right {
            Right::Yes => Ok(()),
            Right::No => Err(DoorError::PairCode),
        }
    }
}

enum Right {
    Yes,
    No,
}

fn encode(waiting: &Waiting) -> Vec<u8> {
    // Strings and numbers alone, which always have a form.
    serde_json::to_vec_pretty(waiting).unwrap_or_default()
}

fn digest(salt: &str, code: &str) -> String {
    hex::encode(Hash::Sha256.digest(&[salt.as_bytes(), code.as_bytes()]))
}

/// A number below another, each as likely: draws that would favour the small ones are thrown away.
fn below(most: u32, random: &mut dyn Random) -> Result<u32, SetupError> {
    let even = u32::MAX - u32::MAX % most;
    loop {
        let mut octets = [0; 4];
        random.fill(&mut octets)?;
        let drawn = u32::from_be_bytes(octets);
        if drawn < even {
            return Ok(drawn % most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::door::state::tests::Scratch;
    use crate::crypto::random::System;

    fn now() -> Timestamp {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_code_is_good_once() {
        let scratch = Scratch::new();
        let pairing = Pairing::new(scratch.state());
        assert_eq!(pairing.attempt("00000000", now()), Err(DoorError::PairCode));
        let code = pairing.begin(&mut System, now()).unwrap();
        assert_eq!(code.digits.len(), DIGITS);
        let text = scratch.state().read(FILE).unwrap().unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(!text.contains(code.digits.as_str()));
        assert_eq!(pairing.attempt(&code.digits, now()), Ok(()));
        assert_eq!(
            pairing.attempt(&code.digits, now()),
            Err(DoorError::PairCode)
        );
    }

    #[test]
    fn a_code_ends_after_its_tries_its_time_or_another_code() {
        let scratch = Scratch::new();
        let pairing = Pairing::new(scratch.state());
        let code = pairing.begin(&mut System, now()).unwrap();
        for wrong in ["", "1", "x", &"9".repeat(100)] {
            assert_eq!(pairing.attempt(wrong, now()), Err(DoorError::PairCode));
        }
        assert_eq!(pairing.attempt(&code.digits, now()), Ok(()));

        let code = pairing.begin(&mut System, now()).unwrap();
        for _ in 0..TRIES {
            assert_eq!(pairing.attempt("no", now()), Err(DoorError::PairCode));
        }
        assert_eq!(
            pairing.attempt(&code.digits, now()),
            Err(DoorError::PairCode)
        );

        let code = pairing.begin(&mut System, now()).unwrap();
        let late = now() + MINUTES.minutes();
        assert_eq!(
            pairing.attempt(&code.digits, late),
            Err(DoorError::PairCode)
        );

        let code = pairing.begin(&mut System, now()).unwrap();
        let early = now() - 1.second();
        assert_eq!(
            pairing.attempt(&code.digits, early),
            Err(DoorError::PairCode)
        );

        let one = pairing.begin(&mut System, now()).unwrap();
        let other = pairing.begin(&mut System, now()).unwrap();
        assert_eq!(
            pairing.attempt(&one.digits, now()),
            Err(DoorError::PairCode)
        );
        assert_eq!(pairing.attempt(&other.digits, now()), Ok(()));
    }

    #[test]
    fn every_number_below_is_drawn_alike() {
        struct Given(Vec<u32>);
        impl Random for Given {
            fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
                buffer.copy_from_slice(&self.0.remove(0).to_be_bytes());
                Ok(())
            }
        }
        let mut given = Given(vec![u32::MAX, 4_200_000_000, 4_199_999_999]);
        assert_eq!(below(CODES, &mut given), Ok(99_999_999));
    }
}
