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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Session;
    use crate::reader::chip::script::Script;
    use crate::transport::Stop;

    /// What one chip says to INTERNAL AUTHENTICATE, and how often it is asked.
    fn ask(
        known: ExtendedLength,
        answer: impl FnMut(&[u8]) -> Vec<u8>,
    ) -> (Answer, usize, Vec<String>, ExtendedLength) {
        let stop = Stop::never();
        let mut script = Script::new(answer);
        let mut habits = Habits::default();
        let mut link = Link::new(&mut script, &stop);
        link.learn_extended(known);
        let mut live = Live::new(Session::Live);
        let answer = exchange(&mut link, &mut habits, &mut live, b"12345678").unwrap();
        let known = link.extended();
        (answer, script.heard.len(), habits.quirks, known)
    }

    fn is_long(command: &[u8]) -> bool {
        command[4] == 0
    }

    const EMPTY: [u8; 2] = [0x90, 0];

    #[test]
    fn the_usual_way_takes_one_command() {
        for known in [
            ExtendedLength::Works,
            ExtendedLength::Unknown,
            ExtendedLength::Refused,
        ] {
            let (answer, count, quirks, after) = ask(known, |_| vec![1, 2, 3, 0x90, 0]);
            assert!(matches!(answer, Answer::Signature(bytes) if bytes == [1, 2, 3]));
            assert_eq!((count, quirks.len(), after), (1, 0, known));
        }
    }

    #[test]
    fn another_length_is_tried_where_the_first_gives_nothing() {
        // Nothing on a short length, the signature on a long one.
        let (answer, count, quirks, known) = ask(ExtendedLength::Unknown, |command| {
            if is_long(command) {
                [vec![7; 384], EMPTY.to_vec()].concat()
            } else {
                EMPTY.to_vec()
            }
        });
        assert!(matches!(answer, Answer::Signature(bytes) if bytes.len() == 384));
        assert_eq!(count, 2);
        assert_eq!(quirks, ["active-empty-on-short-le"]);
        assert_eq!(known, ExtendedLength::Works);
        // The length all zeros, or the short one, where an exact one is wrong.
        for right in [&[0, 0][..], &[0][..]] {
            let (answer, _, quirks, _) = ask(ExtendedLength::Works, |command| {
                let body = if is_long(command) { 5 + 2 } else { 5 };
                if command[body + 8..] == *right {
                    vec![7, 0x90, 0]
                } else {
                    vec![0x67, 0]
                }
            });
            assert!(matches!(answer, Answer::Signature(_)));
            assert_eq!(quirks, ["active-expected-length"]);
        }
    }

    #[test]
    fn a_refusal_is_one_and_nothing_goes_on_for_ever() {
        for status in [
            [0x6D, 0],
            [0x6A, 0x88],
            [0x6A, 0x81],
            [0x69, 0x82],
            [0x69, 0x85],
        ] {
            let (answer, count, ..) = ask(ExtendedLength::Works, |_| status.to_vec());
            assert!(matches!(answer, Answer::Refused));
            assert_eq!(count, 1, "{status:02X?}");
        }
        for status in [[0x67, 0], [0x90, 0], [0x6C, 0x80]] {
            for known in [
                ExtendedLength::Works,
                ExtendedLength::Unknown,
                ExtendedLength::Refused,
            ] {
                let (answer, count, _, after) = ask(known, |_| status.to_vec());
                assert!(matches!(answer, Answer::Refused));
                assert!(count <= 4, "{status:02X?}: {count}");
                assert_eq!(after, known);
            }
        }
    }
}
