//! Passes: a site that signed its officer on vouches for the page, so that nobody types a code.
//!
//! ```text
//! { "schema": "cancuoc.pass/1", "origin", "officer"?, "until", "nonce", "signature" }
//! ```
//!
//! Signed as reports are, over the canonical form. The site's key stands in the configuration beside its
//! origin: the key that a signature brings says only that the pass is whole.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::agent::door::moment;
use crate::agent::door::origin::Origin;
use crate::agent::door::state::State;
use crate::crypto::hash::Hash;
use crate::error::DoorError;
use crate::registry::query::Officer;
use crate::seal::key::DeviceId;
use crate::seal::signature::Signature;

/// The form of a pass.
const SCHEMA: &str = "cancuoc.pass/1";

/// Longest time that a pass may be good for: a working day.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Fewest and most octets of a nonce.
const NONCE: RangeInclusive<usize> = 16..=64;

/// Members of a pass without its signature.
const MEMBERS: [&str; 5] = ["schema", "origin", "officer", "until", "nonce"];

/// The file with the nonces that were used.
const FILE: &str = "passes.json";

/// The form of that file.
const USED: &str = "cancuoc.agent_passes/1";

/// Most nonces that are remembered: a pass a minute for each of twelve hours, from fourteen sites.
const MOST: usize = 10_000;

/// Nonces that are remembered beyond the end of their passes. By which clock would that be? One that was
/// set ahead and back would have a pass taken twice.
const LINGERING: usize = 1_000;

/// A site that may vouch for its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Whose pages
    pub origin: Origin,
    /// The key that signs its passes
    pub key: DeviceId,
}

/// What a pass that holds says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Who signed on there
    pub officer: Option<String>,
    /// When it ends
    pub until: Timestamp,
}

/// The passes that were used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    schema: String,
    /// No nonce of a pass that ends later than this was forgotten
    #[serde(default = "never", with = "moment")]
    forgotten: Timestamp,
    passes: Vec<One>,
}

impl Default for Used {
    fn default() -> Self {
        Self {
            schema: USED.to_owned(),
            forgotten: never(),
            passes: Vec::new(),
        }
    }
}

/// Before every pass.
const fn never() -> Timestamp {
    Timestamp::MIN
}

impl Used {
    /// Notes a pass, if it is not among those that were used, whatever the clock says now.
    fn note(&mut self, one: One, now: Timestamp) -> Result<(), DoorError> {
        if self.passes.iter().any(|used| used.sha256 == one.sha256) {
            return Err(no("it was used before"));
        }
        if one.until <= self.forgotten {
            return Err(no("it is as old as passes that were forgotten"));
        }
        self.passes.push(one);
        self.passes.sort_by_key(|one| one.until);
        let surplus = self.passes.len().saturating_sub(LINGERING);
        let over = self.passes.partition_point(|one| one.until <= now);
        for forgotten in self.passes.drain(..over.min(surplus)) {
            self.forgotten = self.forgotten.max(forgotten.until);
        }
        match self.passes.len() <= MOST {
            true => Ok(()),
            false => Err(DoorError::TokensFull),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    /// SHA-256 of the signer's name and the nonce
    sha256: String,
    #[serde(with = "moment")]
    until: Timestamp,
}

/// Takes passes, each of them once.
#[derive(Debug)]
pub struct Passes {
    state: State,
    sites: Vec<Site>,
}

impl Passes {
    /// Passes of these sites.
    pub const fn new(state: State, sites: Vec<Site>) -> Self {
        Self { state, sites }
    }

    /// Takes a pass that a page of this origin shows.
    ///
    /// # Errors
    /// [`DoorError::Pass`]; [`DoorError::State`].
    pub fn take(
        &self,
        pass: Map<String, Value>,
        origin: &str,
        now: Timestamp,
    ) -> Result<Pass, DoorError> {
        let (pass, mark) = self.check(pass, origin, now)?;
        self.use_up(mark, pass.until, now)?;
        Ok(pass)
    }

    fn check(
        &self,
        mut pass: Map<String, Value>,
        origin: &str,
        now: Timestamp,
    ) -> Result<(Pass, String), DoorError> {
        let signature = Signature::take(&mut pass).map_err(|_| no("it has no canonical form"))?;
        let signer = match signature {
            Signature::Right(signer) => signer.device,
            Signature::Wrong(_) => return Err(no("its signature does not hold")),
            Signature::Absent => return Err(no("it is not signed")),
            Signature::Malformed(_) => return Err(no("its signature is malformed")),
            Signature::Unknown(_) => return Err(no("it is signed in an unknown way")),
        };
        let site = |site: &&Site| site.origin.as_str() == origin && site.key == signer;
        if !self.sites.iter().any(|one| site(&one)) {
            return Err(no("its signer may not vouch for this origin"));
        }
        if !pass.keys().all(|name| MEMBERS.contains(&name.as_str())) {
            return Err(no("it has an unknown member"));
        }
        let member = |name: &str| pass.get(name).and_then(Value::as_str);
        if member("schema") != Some(SCHEMA) {
            return Err(no("it is of another form"));
        }
        if member("origin") != Some(origin) {
            return Err(no("it is for another origin"));
        }
        let until = member("until").and_then(|text| text.parse::<Timestamp>().ok());
        let until = until.ok_or(no("its end is no time"))?;
        if until <= now {
            return Err(no("it is over"));
        }
        if until.duration_since(now) > LONGEST {
            return Err(no("it ends more than twelve hours from now by this clock"));
        }
        let nonce = member("nonce").and_then(|text| STANDARD.decode(text).ok());
        let nonce = nonce.filter(|nonce| NONCE.contains(&nonce.len()));
        let nonce = nonce.ok_or(no("its nonce is malformed"))?;
        let officer = match pass.get("officer") {
            None => None,
            Some(Value::String(name)) if is_name(name) => Some(name.clone()),
            Some(_) => return Err(no("its officer is malformed")),
        };
        let mark = Hash::Sha256.digest(&[signer.to_string().as_bytes(), &nonce]);
        Ok((Pass { officer, until }, hex::encode(mark)))
    }

    /// Writes down that a pass was used, before anything is given for it.
    fn use_up(&self, sha256: String, until: Timestamp, now: Timestamp) -> Result<(), DoorError> {
        self.state.change(FILE, |file| {
            let mut used = match file {
                None => Used::default(),
                Some(file) => serde_json::from_slice::<Used>(file)
                    .ok()
                    .filter(|used| used.schema == USED)
                    .ok_or_else(|| self.broken())?,
            };
            used.note(One { sha256, until }, now)?;
            let text = serde_json::to_vec(&used).map_err(|_| self.broken())?;
            Ok((Some(text), ()))
        })
    }

    fn broken(&self) -> DoorError {
        DoorError::State {
            path: self.state.path(FILE).display().to_string(),
            why: format!("it is no {USED}"),
        }
    }
}

const fn no(why: &'static str) -> DoorError {
    DoorError::Pass { why }
}

/// Whether records and the registry take the name as it stands. One that they do not would leave the
/// page to say who the officer is.
fn is_name(name: &str) -> bool {
    Officer::new(name).is_some_and(|officer| officer.as_str() == name)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use serde_json::json;

    use super::*;
    use crate::agent::door::state::tests::Scratch;
    use crate::crypto::random::System;
    use crate::seal::key::DeviceKey;
    use crate::seal::sign::sign;

    const PAGE: &str = "https://counter.example";

    fn now() -> Timestamp {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn nonce(octet: u8) -> String {
        STANDARD.encode([octet; 16])
    }

    /// The passes of one site.
    fn passes(scratch: &Scratch, key: &DeviceKey) -> Passes {
        let site = Site {
            origin: Origin::parse(PAGE).unwrap(),
            key: key.public().id(),
        };
        Passes::new(scratch.state(), vec![site])
    }

    fn signed(pass: Value, key: &DeviceKey) -> Map<String, Value> {
        sign(pass, key, now()).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn a_pass_of_the_sites_key_is_taken_once() {
        let scratch = Scratch::new();
        let key = DeviceKey::generate(&mut System).unwrap();
        let passes = passes(&scratch, &key);
        let until = (now() + 12.hours()).to_string();
        let pass = json!({
            "schema": SCHEMA, "origin": PAGE, "officer": "cán bộ 7", "until": until, "nonce": nonce(1),
        });
        let taken = passes.take(signed(pass.clone(), &key), PAGE, now());
        assert_eq!(taken.unwrap().officer.as_deref(), Some("cán bộ 7"));
        let again = passes.take(signed(pass.clone(), &key), PAGE, now());
        assert_eq!(again, Err(no("it was used before")));

        let other = DeviceKey::generate(&mut System).unwrap();
        let with = |name: &str, value: Value| {
            let mut pass = pass.clone();
            pass["nonce"] = json!(nonce(2));
            pass[name] = value;
            pass
        };
        let later = (now() + 12.hours() + 1.second()).to_string();
        for (pass, why) in [
            (with("schema", json!("other")), "it is of another form"),
            (
                with("origin", json!("https://evil.example")),
                "it is for another origin",
            ),
            (with("until", json!(now().to_string())), "it is over"),
            (with("until", json!("tomorrow")), "its end is no time"),
            (
                with("until", json!(later)),
                "it ends more than twelve hours from now by this clock",
            ),
            (
                with("nonce", json!(STANDARD.encode([1; 15]))),
                "its nonce is malformed",
            ),
            (with("officer", json!("")), "its officer is malformed"),
            (
                with("officer", json!("7".repeat(65))),
                "its officer is malformed",
            ),
            (
                with("officer", json!("cb-7\u{200b}")),
                "its officer is malformed",
            ),
            (with("officer", json!(" cb-7")), "its officer is malformed"),
            (with("officer", json!(7)), "its officer is malformed"),
            (
                with("officer", json!("cán bộ\n7")),
                "its officer is malformed",
            ),
            (with("role", json!("admin")), "it has an unknown member"),
        ] {
            assert_eq!(passes.take(signed(pass, &key), PAGE, now()), Err(no(why)));
        }
        let fresh = with("nonce", json!(nonce(3)));
        let stranger = passes.take(signed(fresh.clone(), &other), PAGE, now());
        assert_eq!(
            stranger,
            Err(no("its signer may not vouch for this origin"))
        );
        let elsewhere = passes.take(signed(fresh.clone(), &key), "https://b.example", now());
        assert_eq!(
            elsewhere,
            Err(no("its signer may not vouch for this origin"))
        );
        let mut changed = signed(fresh.clone(), &key);
        changed.insert("officer".to_owned(), json!("another"));
        assert_eq!(
            passes.take(changed, PAGE, now()),
            Err(no("its signature does not hold"))
        );
        let unsigned = fresh.as_object().unwrap().clone();
        assert_eq!(
            passes.take(unsigned, PAGE, now()),
            Err(no("it is not signed"))
        );
    }

    #[test]
    fn a_pass_is_taken_once_whatever_the_clock_does() {
        let scratch = Scratch::new();
        let key = DeviceKey::generate(&mut System).unwrap();
        let passes = passes(&scratch, &key);
        let pass = |number: u8, until: Timestamp| {
            let pass = json!({
                "schema": SCHEMA, "origin": PAGE, "until": until.to_string(), "nonce": nonce(number),
            });
            signed(pass, &key)
        };
        let first = pass(1, now() + 1.hour());
        assert!(passes.take(first.clone(), PAGE, now()).is_ok());
        // Years ahead for a moment, where another pass is used, and back.
        let ahead = now() + (24 * 365 * 14).hours();
        let then = pass(2, ahead + 1.hour());
        assert!(passes.take(then.clone(), PAGE, ahead).is_ok());
        assert_eq!(
            passes.take(first.clone(), PAGE, now()),
            Err(no("it was used before"))
        );
        // In 1970 it ends too late, and so does every other.
        assert_eq!(
            passes.take(first, PAGE, Timestamp::UNIX_EPOCH),
            Err(no("it ends more than twelve hours from now by this clock"))
        );
        let fresh = pass(3, now() + 1.hour());
        assert!(passes.take(fresh, PAGE, now()).is_ok());
        assert_eq!(
            passes.take(then, PAGE, ahead),
            Err(no("it was used before"))
        );
    }

    #[test]
    fn what_is_forgotten_is_not_taken_again_either() {
        let one = |number: usize, until: Timestamp| One {
            sha256: number.to_string(),
            until,
        };
        let mut used = Used::default();
        let end = |number: usize| now() + i64::try_from(number).unwrap().seconds();
        for number in 1..=LINGERING {
            used.note(one(number, end(number)), now()).unwrap();
        }
        let ahead = now() + 24.hours();
        // One more: the pass that ended first makes room.
        let more = LINGERING + 1;
        used.note(one(more, ahead + 1.hour()), ahead).unwrap();
        assert_eq!(used.passes.len(), LINGERING);
        assert_eq!(used.forgotten, end(1));
        assert!(used.note(one(1, end(1)), now()).is_err());
        assert!(used.note(one(2, end(2)), now()).is_err());
        assert!(used.note(one(0, end(2)), now()).is_ok());
        // By a clock in 1970 none has ended, and there is an end to what is kept.
        used.passes.resize(MOST, one(usize::MAX, ahead + 2.hours()));
        let full = used.note(one(more + 1, end(3)), Timestamp::UNIX_EPOCH);
        assert_eq!(full, Err(DoorError::TokensFull));
    }
}
