//! Ways for the server to misbehave, for testing those who ask it. Refused unless the server was told
//! that it is a test.

use std::time::Duration;

use jiff::SignedDuration;

/// How old the data of a stale answer is.
const STALE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Longest delay that may be asked for.
const MAX_DELAY: Duration = Duration::from_secs(600);

/// What goes wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chaos {
    /// Time before each answer
    pub delay: Duration,
    /// Share of questions that get 503, from 0 to 1
    pub unavailable: f64,
    /// Taken from the time up to which the data is true
    pub age: Option<SignedDuration>,
    /// Whether answers are those to the question before
    pub replay: Option<Replay>,
    /// Whether signatures do not hold
    pub signature: Option<WrongSignature>,
    /// Added to the time of the answer
    pub skew: SignedDuration,
}

/// Answers to the question before are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay;

/// Signatures do not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongSignature;

impl Chaos {
    /// Reads a list such as `delay:200,5xx:0.1,stale,replay,wrong-signature,skew:300`: milliseconds, a
    /// share, and seconds.
    ///
    /// # Errors
    /// The part that is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut chaos = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let wrong = || part.to_owned();
            match part.split_once(':') {
                Some(("delay", milliseconds)) => {
                    let milliseconds = milliseconds.parse().map_err(|_| wrong())?;
                    chaos.delay = Duration::from_millis(milliseconds);
                    if chaos.delay > MAX_DELAY {
                        return Err(wrong());
                    }
                }
                Some(("5xx", share)) => {
                    let share: f64 = share.parse().map_err(|_| wrong())?;
                    if !(0.0..=1.0).contains(&share) {
                        return Err(wrong());
                    }
                    chaos.unavailable = share;
                }
                Some(("skew", seconds)) => {
                    let seconds: i32 = seconds.parse().map_err(|_| wrong())?;
                    chaos.skew = SignedDuration::from_secs(i64::from(seconds));
                }
                None if part == "stale" => chaos.age = Some(STALE),
                None if part == "replay" => chaos.replay = Some(Replay),
                None if part == "wrong-signature" => chaos.signature = Some(WrongSignature),
                _ => return Err(wrong()),
            }
        }
        Ok(chaos)
    }

    /// Whether it strikes this time: `number` is a random one.
    pub fn strikes(&self, number: u32) -> bool {
        f64::from(number) < self.unavailable * f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_understood_and_no_other() {
        let chaos =
            Chaos::parse("delay:200,5xx:0.1,stale,replay,wrong-signature,skew:-300").unwrap();
        assert_eq!(chaos.delay, Duration::from_millis(200));
        assert_eq!(chaos.skew, SignedDuration::from_secs(-300));
        assert!(chaos.age.is_some() && chaos.replay.is_some() && chaos.signature.is_some());
        assert!(chaos.strikes(0) && !chaos.strikes(u32::MAX));
        assert_eq!(Chaos::parse(""), Ok(Chaos::default()));
        for wrong in [
            "delay",
            "delay:-1",
            "5xx:2",
            "5xx:NaN",
            "skew:soon",
            "fire",
            "stale:1",
            "delay:999999999",
        ] {
            assert!(Chaos::parse(wrong).is_err(), "{wrong}");
        }
    }
}
