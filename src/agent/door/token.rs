//! Tokens: who may ask, as which origin, until when. Kept as digests; the token itself is said once.

use std::sync::Mutex;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::ToSpan as _;
use serde::Deserialize;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::agent::door::moment;
use crate::agent::door::state::Stamp;
use crate::agent::door::state::State;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::DoorError;
use crate::error::Error;
use crate::error::SetupError;

/// The file.
const FILE: &str = "tokens.json";

/// The form of the file.
const SCHEMA: &str = "cancuoc.agent_tokens/1";

/// Octets of a token: nobody guesses 256 bits.
const TOKEN: usize = 32;

/// Characters of a token in base64url without padding, which is a legal name of a WebSocket subprotocol.
const SPELLED: usize = 43;

/// Octets of a token's name.
const NAME: usize = 4;

/// Hours for which a token that a code was exchanged for is in force: 30 days.
const HOURS: i64 = 30 * 24;

/// Most tokens in force: a site that has its officers sign on with passes needs one for each of them a
/// day.
const MOST: usize = 1024;

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its name on the command line; says nothing about the token
    pub id: String,
    /// SHA-256 of the token
    sha256: String,
    /// Whose it is: an origin, or `local`
    pub origin: String,
    /// Who sits there, by the site's own word
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// When it was given out
    #[serde(with = "moment")]
    pub made: Timestamp,
    /// When it ends
    #[serde(with = "moment")]
    pub until: Timestamp,
}

/// The file's contents.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    schema: String,
    tokens: Vec<Kept>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tokens: Vec::new(),
        }
    }
}

/// A token that was just made: the only time that anybody sees it.
pub struct Given {
    /// The token
    pub token: Zeroizing<String>,
    /// What is kept of it
    pub kept: Kept,
}

/// The tokens in force.
#[derive(Debug)]
pub struct Tokens {
    state: State,
    /// What the file held when it was last looked at
    known: Mutex<(Option<Stamp>, Vec<Kept>)>,
}

impl Tokens {
    /// The tokens of a folder.
    pub const fn new(state: State) -> Self {
        Self {
            state,
            known: Mutex::new((None, Vec::new())),
        }
    }

    /// Makes a token of 30 days.
    ///
    /// # Errors
    /// What [`Tokens::give_until`] gives.
    pub fn give(
        &self,
        origin: &str,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Result<Given, Error> {
        let until = now
            .checked_add(HOURS.hours())
            .map_err(|_| SetupError::Time)?;
        self.give_until(origin, None, until, random, now)
    }

    /// Makes a token that ends at this time.
    ///
    /// # Errors
    /// [`DoorError::State`], [`DoorError::TokensFull`]; [`SetupError::NoRandomness`].
    pub fn give_until(
        &self,
        origin: &str,
        officer: Option<String>,
        until: Timestamp,
        random: &mut dyn Random,
        now: Timestamp,
    ) -> Result<Given, Error> {
        let mut octets = Zeroizing::new([0; TOKEN]);
        random.fill(octets.as_mut_slice())?;
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(octets.as_slice()));
        let mut name = [0; NAME];
        random.fill(&mut name)?;
        let kept = Kept {
            id: hex::encode(name),
            sha256: digest(&token),
            origin: origin.to_owned(),
            officer,
            made: now,
            until,
        };
        let new = kept.clone();
        self.change(|held| {
            held.tokens.retain(|kept| kept.until > now);
            if held.tokens.len() >= MOST {
                return Err(DoorError::TokensFull);
            }
            held.tokens.push(new);
            Ok(())
        })
        .map_err(SetupError::from)?;
        Ok(Given { token, kept })
    }

    /// Whose token this is, if it is in force for this origin.
    ///
    /// # Errors
    /// [`DoorError::Token`], whatever is wrong about it; [`DoorError::State`].
    pub fn find(&self, token: &str, origin: &str, now: Timestamp) -> Result<Kept, DoorError> {
        if token.len() != SPELLED {
            return Err(DoorError::Token);
        }
        let digest = digest(token);
        let mut found = None;
        for kept in self.all()? {
            // Every one is looked at, and all of each: how long it takes tells nothing.
            let same = kept.sha256.as_bytes().ct_eq(digest.as_bytes());
            if bool::from(same) {
                found = Some(kept);
            }
        }
        found
            .filter(|kept| kept.origin == origin && now < kept.until)
            .ok_or(DoorError::Token)
    }

    /// Whether a token that was found is still in force: somebody may have revoked it.
    pub fn holds(&self, kept: &Kept, now: Timestamp) -> Holds {
        let known = self.with(|all| all.contains(kept));
        match now < kept.until && known.unwrap_or(false) {
            true => Holds::Yes,
            false => Holds::NoMore,
        }
    }

    /// All that are kept, ended ones among them.
    ///
    /// # Errors
    /// [`DoorError::State`].
    pub fn all(&self) -> Result<Vec<Kept>, DoorError> {
        self.with(<[Kept]>::to_vec)
    }

    /// Looks at what the file holds now.
    fn with<T>(&self, look: impl FnOnce(&[Kept]) -> T) -> Result<T, DoorError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.state.stamp(FILE);
        // Without a stamp the file is not there, or the folder lets nobody look: reading tells which.
        if stamp != known.0 || stamp.is_none() {
            let bytes = self.state.read(FILE)?;
            *known = (
                stamp,
                self.decode(bytes.as_deref().map(Vec::as_slice))?.tokens,
            );
        }
        Ok(look(&known.1))
    }

    /// Ends a token.
    ///
    /// # Errors
    /// [`DoorError::NoSuchToken`], [`DoorError::State`].
    pub fn revoke(&self, id: &str) -> Result<(), DoorError> {
        self.change(|held| {
            let before = held.tokens.len();
            held.tokens.retain(|kept| kept.id != id);
            if held.tokens.len() == before {
                return Err(DoorError::NoSuchToken {
                    id: id.chars().take(64).collect(),
                });
            }
            Ok(())
        })
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Held) -> Result<(), DoorError>,
    ) -> Result<(), DoorError> {
        self.state.change(FILE, |now| {
            let mut held = self.decode(now)?;
            change(&mut held)?;
            let text = serde_json::to_vec_pretty(&held).map_err(|_| self.broken())?;
            Ok((Some(text), ()))
        })
    }

    fn decode(&self, bytes: Option<&[u8]>) -> Result<Held, DoorError> {
        let Some(bytes) = bytes else {
            return Ok(Held::default());
        };
        let held: Held = serde_json::from_slice(bytes).map_err(|_| self.broken())?;
        // Ended ones are dropped whenever one is given, so there are never more.
        match held.schema == SCHEMA && held.tokens.len() <= MOST {
            true => Ok(held),
            false => Err(self.broken()),
        }
    }

    fn broken(&self) -> DoorError {
        DoorError::State {
            path: self.state.path(FILE).display().to_string(),
            why: format!("it is no {SCHEMA}"),
        }
    }
}

/// Whether a token is in force.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It is.
    Yes,
    /// It has ended, or was revoked.
    NoMore,
}

fn digest(token: &str) -> String {
    hex::encode(Hash::Sha256.digest(&[token.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::door::state::tests::Scratch;
    use crate::crypto::random::System;

    const PAGE: &str = "https://counter.example";

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_looked_at_is_not_one_without_tokens() {
        let scratch = Scratch::new();
        let state = scratch.state();
        std::os::unix::fs::symlink(FILE, state.path(FILE)).unwrap();
        let tokens = Tokens::new(state);
        assert!(matches!(tokens.all(), Err(DoorError::State { .. })));
    }

    #[test]
    fn a_token_is_its_origins_until_it_ends_or_is_revoked() {
        let scratch = Scratch::new();
        let tokens = Tokens::new(scratch.state());
        let elsewhere = Tokens::new(scratch.state());
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        assert_eq!(tokens.all(), Ok(Vec::new()));
        let given = tokens.give(PAGE, &mut System, now).unwrap();
        assert_eq!(given.token.len(), SPELLED);
        let text = scratch.state().read(FILE).unwrap().unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(!text.contains(given.token.as_str()));
        let later = now + 29.hours() * 24;
        assert_eq!(
            elsewhere.find(&given.token, PAGE, later),
            Ok(given.kept.clone())
        );
        for (token, origin, at) in [
            (given.token.as_str(), "https://other.example", now),
            (given.token.as_str(), "local", now),
            (given.token.as_str(), PAGE, now + 720.hours()),
            ("", PAGE, now),
            (&"A".repeat(SPELLED), PAGE, now),
            (&given.kept.sha256, PAGE, now),
        ] {
            assert_eq!(elsewhere.find(token, origin, at), Err(DoorError::Token));
        }
        assert_eq!(tokens.holds(&given.kept, later), Holds::Yes);
        let end = given.kept.until;
        assert_eq!(tokens.holds(&given.kept, end), Holds::NoMore);
        assert!(elsewhere.revoke("ffffffff0").is_err());
        elsewhere.revoke(&given.kept.id).unwrap();
        assert_eq!(tokens.holds(&given.kept, later), Holds::NoMore);
        assert_eq!(tokens.find(&given.token, PAGE, now), Err(DoorError::Token));
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_while_takes_no_token_away_and_gives_none_for_longer() {
        let scratch = Scratch::new();
        let tokens = Tokens::new(scratch.state());
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let long_ago = Timestamp::UNIX_EPOCH;
        let given = tokens.give(PAGE, &mut System, now).unwrap();
        // A page keeps its token over a start before the network has told the time.
        assert_eq!(tokens.find(&given.token, PAGE, long_ago), Ok(given.kept));
        let then = tokens.give(PAGE, &mut System, long_ago).unwrap();
        assert!(tokens.find(&then.token, PAGE, long_ago).is_ok());
        // One that was given then has ended long since.
        assert_eq!(tokens.find(&then.token, PAGE, now), Err(DoorError::Token));
        assert!(tokens.find(&given.token, PAGE, now).is_ok());
        // Where no time of the calendar is left, none is given.
        let end = tokens.give(PAGE, &mut System, Timestamp::MAX);
        assert_eq!(end.err().map(|error| error.code()), Some("time.format"));
    }

    #[test]
    fn a_file_that_is_none_lets_nobody_in_and_is_not_replaced() {
        let scratch = Scratch::new();
        let tokens = Tokens::new(scratch.state());
        for text in ["", "{}", "[]", "{\"schema\":\"other\",\"tokens\":[]}"] {
            scratch.state().write(FILE, text.as_bytes()).unwrap();
            let now = Timestamp::UNIX_EPOCH;
            assert!(matches!(
                tokens.find(&"A".repeat(SPELLED), PAGE, now),
                Err(DoorError::State { .. })
            ));
            assert!(tokens.give(PAGE, &mut System, now).is_err());
            let kept = scratch.state().read(FILE).unwrap().unwrap();
            assert_eq!(kept.as_slice(), text.as_bytes());
        }
    }

    #[test]
    fn there_are_never_more_tokens_than_are_looked_at() {
        let scratch = Scratch::new();
        let tokens = Tokens::new(scratch.state());
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let held = |count: usize, ended: usize| {
            let one = |number: usize| Kept {
                id: number.to_string(),
                sha256: String::new(),
                origin: PAGE.to_owned(),
                officer: None,
                made: now,
                until: now + i64::from(number >= ended).hours(),
            };
            let held = Held {
                schema: SCHEMA.to_owned(),
                tokens: (0..count).map(one).collect(),
            };
            let text = serde_json::to_vec(&held).unwrap();
            scratch.state().write(FILE, &text).unwrap();
        };
        held(MOST, 0);
        let full = tokens.give(PAGE, &mut System, now).err().unwrap();
        assert_eq!(full.code(), DoorError::TokensFull.code());
        // One that has ended makes room, and those that have are kept no longer.
        held(MOST, 1);
        tokens.give(PAGE, &mut System, now).unwrap();
        assert_eq!(tokens.all().unwrap().len(), MOST);
        held(3, 3);
        tokens.give(PAGE, &mut System, now).unwrap();
        assert_eq!(tokens.all().unwrap().len(), 1);
        held(MOST + 1, MOST + 1);
        assert!(tokens.all().is_err());
    }
}
