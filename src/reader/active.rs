//! Active authentication: the reader's own challenge, then that of a relying party.

use crate::capture::ActiveAttempt;
use crate::capture::ActiveExchange;
use crate::capture::Capture;
use crate::capture::Live;
use crate::channel::active_auth;
use crate::channel::active_auth::CHALLENGE;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::EXTENDED_EXPECTED;
use crate::iso7816::SHORT_EXPECTED;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::reader::chip::over;
use crate::reader::chip::settle;
use crate::reader::files::Habits;
use crate::reader::plan::Plan;

/// Longest signature that is asked for, in bytes: RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1_024;

/// Expected lengths in the order they are tried where extended length works (quirk row 34).
const LONG: [usize; 3] = [LONGEST_SIGNATURE, EXTENDED_EXPECTED, SHORT_EXPECTED];
/// The same where nobody knows whether it does.
const UNKNOWN: [usize; 2] = [SHORT_EXPECTED, LONGEST_SIGNATURE];
/// The same where it does not.
const SHORT: [usize; 1] = [SHORT_EXPECTED];

/// Runs active authentication where DG15 is there. Its first exchange is also the one that proves
/// the keys of chip authentication.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`.
pub(super) fn active_authentication(
    link: &mut Link<'_>,
    habits: &mut Habits,
    plan: &Plan,
    capture: &mut Capture,
    live: &mut Live,
    random: &mut dyn Random,
) -> Result<(), Error> {
    let offered = capture.files.contains_key(&FileId::Group(DataGroup::DG15));
    if over(live) || !offered {
        return Ok(());
    }
    let own = active_auth::challenge(random)?;
    match exchange(link, habits, live, &own)? {
        Answer::Broken => return Ok(()),
        Answer::Refused => {
            live.active_authentication = ActiveAttempt::Refused;
            return Ok(());
        }
        Answer::Signature(response) => {
            capture.active = Some(ActiveExchange {
                challenge: own.to_vec(),
                response,
            });
            live.active_authentication = ActiveAttempt::Answered {
                challenge: own.to_vec(),
                party: None,
            };
        }
    }
    let Some(party) = &plan.challenge else {
        return Ok(());
    };
    match exchange(link, habits, live, party)? {
        Answer::Broken => {}
        // It signed a fresh challenge just now: the chip is no copy. The relying party sees that it
        // has no proof of its own.
        Answer::Refused => habits.note("active-once"),
        Answer::Signature(response) => {
            capture.active_for_party = Some(ActiveExchange {
                challenge: party.to_vec(),
                response,
            });
            live.active_authentication = ActiveAttempt::Answered {
                challenge: own.to_vec(),
                party: Some(party.to_vec()),
            };
        }
    }
    Ok(())
}

/// What INTERNAL AUTHENTICATE gave.
enum Answer {
    Signature(Vec<u8>),
    Refused,
    /// The channel is gone; `live` says so.
    Broken,
}

/// One challenge, asked for with another expected length where the chip stumbles over that
/// (quirk row 34).
fn exchange(
    link: &mut Link<'_>,
    habits: &mut Habits,
    live: &mut Live,
    challenge: &[u8; CHALLENGE],
) -> Result<Answer, Error> {
    let known = link.extended();
    let mut lengths = match known {
        ExtendedLength::Works => LONG.to_vec(),
        ExtendedLength::Unknown => UNKNOWN.to_vec(),
        ExtendedLength::Refused => SHORT.to_vec(),
    }
    .into_iter();
    let mut next = lengths.next();
    let mut told = None;
    let mut quirk = None;
    while let Some(expected) = next {
        if expected > SHORT_EXPECTED && known == ExtendedLength::Unknown {
            link.learn_extended(ExtendedLength::Works);
        }
        let response = link.send(&active_auth::command(challenge, expected));
        let Some(response) = settle(response, live)? else {
            return Ok(Answer::Broken);
        };
        if response.status == Status::SUCCESS && !response.data.is_empty() {
            if let Some(quirk) = quirk {
                habits.note(quirk);
            }
            return Ok(Answer::Signature(response.data));
        }
        quirk = Some(if response.status == Status::SUCCESS {
            "active-empty-on-short-le"
        } else {
            "active-expected-length"
        });
        next = match response.status.right_length() {
            // Taken at its word once.
            Some(length) if told.is_none() => {
                told = Some(length);
                Some(match length {
                    0 => SHORT_EXPECTED,
                    length => usize::from(length),
                })
            }
            Some(_) => None,
            None if [Status::SUCCESS, Status::WRONG_LENGTH].contains(&response.status) => {
                lengths.next()
            }
            None => None,
        };
    }
    link.learn_extended(known);
    Ok(Answer::Refused)
}
