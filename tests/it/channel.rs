//! The secure channel under attack: wrong codes, answers in the clear, single bits that flip.
//!
//! Here whole answers are changed, and bits against the channel alone; [`super::promise`] flips the
//! bits of every answer of a read.

use cancuoc::Error;
use cancuoc::bytes::tlv::Reader;
use cancuoc::capture::Reading;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::error::ChannelError;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::ins;
use cancuoc::lds::FileId;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Verdict;

use crate::promise::bits::Ended;
use crate::promise::bits::flip;
use crate::promise::bits::some_bits;
use crate::promise::responses;
use crate::promise::truth::Truth;
use crate::support::cards;
use crate::support::cards::Rehearsal;
use crate::support::cards::Tap;

/// Class octet of a protected command.
const PROTECTED: u8 = 0x0C;

/// Number of the answer, from 1, with which PACE gives the chip's last point in the clear: after
/// EF.CardAccess (2), MSE:Set AT, nonce and map.
const KEY_AGREEMENT: usize = 6;

/// Number of the first protected answer of a read with PACE.
const FIRST_PROTECTED: usize = 8;

/// Answers up to this length have every bit flipped against the channel alone, in bytes.
const SHORT: usize = 600;

/// The promise itself: an error of the card or the line, or a report that says nothing false.
fn keeps_the_promise(outcome: &Result<Reading, Error>, truth: &Truth, what: &dyn Fn() -> String) {
    let ended = truth.read(outcome);
    assert!(!matches!(ended, Ended::Broken(_)), "{}: {ended}", what());
}

/// A break of the channel is an error before the groups are in, and a failure after.
fn is_a_broken_channel(outcome: &Result<Reading, Error>, what: &dyn Fn() -> String) {
    let ended = outcome.as_ref().map(cards::judge);
    assert!(
        responses::is_a_broken_channel(outcome),
        "{}: {ended:?}",
        what()
    );
}

/// A file that is refused in the clear stays unread, access control runs again for the others, and
/// the report says so (quirk row 16). Nothing that is signed may be missing from a genuine card.
fn is_an_unread_file(outcome: &Result<Reading, Error>, what: &dyn Fn() -> String) {
    let reading = outcome
        .as_ref()
        .unwrap_or_else(|error| panic!("{}: {error}", what()));
    let report = cards::judge(reading);
    assert!(
        report.quirks().iter().any(|quirk| quirk == "plain-refusal"),
        "{}",
        what()
    );
    let missing: Vec<FileId> = reading.capture.missing.keys().copied().collect();
    assert_eq!(missing.len(), 1, "{}: {missing:?}", what());
    let genuine = report.verdict() == Verdict::Genuine;
    assert_eq!(genuine, missing == [FileId::Com], "{}: {missing:?}", what());
}

/// A chip that refuses the first file, asked for by its short identifier, in the clear may know none:
/// access control runs again and every file is selected (quirk row 16). Nothing is left out.
fn is_read_by_selecting(outcome: &Result<Reading, Error>, what: &dyn Fn() -> String) {
    let reading = outcome
        .as_ref()
        .unwrap_or_else(|error| panic!("{}: {error}", what()));
    let report = cards::judge(reading);
    assert_eq!(report.verdict(), Verdict::Genuine, "{}", what());
    assert!(reading.capture.missing.is_empty(), "{}", what());
    for quirk in ["plain-refusal", "sfi-unsupported"] {
        assert!(
            report.quirks().iter().any(|met| met == quirk),
            "{}: {quirk}",
            what()
        );
    }
}

/// Numbers, from 1, of the commands that go out protected.
fn protected(rehearsal: &Rehearsal) -> Vec<usize> {
    (1..)
        .zip(rehearsal.commands())
        .filter(|(_, command)| command[0] == PROTECTED)
        .map(|(number, _)| number)
        .collect()
}

/// Reads a card with one fault and gives what came of it and the number of commands sent.
fn with_fault(persona: &Persona, fault: Fault) -> (Result<Reading, Error>, usize) {
    let faulty = persona.clone().with(|chip| chip.faults.push(fault.into()));
    let mut tap = Tap::new(cards::card(&faulty, "channel"));
    let heard = tap.heard();
    let plan = cards::whole(cards::key(persona));
    let outcome = cards::read(&mut tap, &plan, "channel");
    let sent = heard.borrow().len();
    (outcome, sent)
}

#[test]
fn a_wrong_code_ends_the_channel_at_every_protected_answer() {
    for name in ["an", "chi"] {
        let persona = cards::persona(name);
        let rehearsal = Rehearsal::of(persona.clone(), "channel");
        for number in protected(&rehearsal) {
            let what = || format!("{name}, answer {number}");
            let fault = Fault::BadMacAtCommand(u32::try_from(number).unwrap());
            let (outcome, sent) = with_fault(&persona, fault);
            if let Err(error) = &outcome {
                assert_eq!(error, &Error::Channel(ChannelError::BadMac), "{}", what());
            }
            is_a_broken_channel(&outcome, &what);
            assert_eq!(sent, number, "a byte went out after the break: {}", what());
        }
    }
}

#[test]
fn a_bare_9000_is_never_success_in_the_channel() {
    for name in ["an", "chi"] {
        let persona = cards::persona(name);
        let rehearsal = Rehearsal::of(persona.clone(), "channel");
        let truth = Truth::of_reading(rehearsal.reading());
        let protected = protected(&rehearsal);
        for number in 1..=rehearsal.commands().count() {
            let what = || format!("{name}, answer {number}");
            let fault = Fault::PlainStatusAtCommand(u32::try_from(number).unwrap());
            let (outcome, sent) = with_fault(&persona, fault);
            keeps_the_promise(&outcome, &truth, &what);
            if protected.contains(&number) {
                is_a_broken_channel(&outcome, &what);
                assert_eq!(sent, number, "a byte went out after the break: {}", what());
            }
        }
    }
}

/// Statuses in the clear other than success, which invite to go on in another way. A refusal of a
/// file alone is borne, as that of a file that nobody read, and that of the first short identifier.
#[test]
fn no_status_in_the_clear_is_followed_in_the_channel() {
    let rehearsal = Rehearsal::of(cards::persona("an"), "channel");
    // SELECT of the application is the first protected command, EF.SOD is read in the second.
    let first_read = protected(&rehearsal)[1];
    for number in protected(&rehearsal) {
        for status in [0x6C10_u16, 0x6700, 0x6982, 0x6988, 0x6A82, 0x6B00, 0x6D00] {
            let what = || format!("answer {number} is {status:04X}");
            let (outcome, sent) = rehearsal.perform(|at, answer| {
                Ok(if at == number {
                    status.to_be_bytes().to_vec()
                } else {
                    answer
                })
            });
            let command = rehearsal.commands().nth(number - 1).unwrap();
            let reads = command[1] == ins::READ_BINARY && number > first_read;
            if reads && matches!(status, 0x6982 | 0x6A82) {
                is_an_unread_file(&outcome, &what);
                continue;
            }
            if number == first_read && matches!(status, 0x6982 | 0x6A82 | 0x6B00) {
                is_read_by_selecting(&outcome, &what);
                continue;
            }
            is_a_broken_channel(&outcome, &what);
            // "Wrong length" to the first long read has access control run once more, from the
            // start and in short lengths; this chip, whose session lives on, refuses that.
            let more = usize::from(status == 0x6700 && number == first_read);
            assert_eq!(sent, number + more, "{}", what());
        }
    }
}

/// Answers of the same session, given again or in another place.
#[test]
fn an_earlier_answer_does_not_serve_again() {
    let rehearsal = Rehearsal::of(cards::persona("an"), "channel");
    let answers: Vec<Vec<u8>> = rehearsal.answers().map(<[u8]>::to_vec).collect();
    let protected = protected(&rehearsal);
    for pair in protected.windows(2) {
        for (number, other) in [(pair[1], pair[0]), (pair[0], pair[1])] {
            let what = || format!("answer {other} in place of {number}");
            let (outcome, sent) = rehearsal.perform(|at, answer| {
                Ok(if at == number {
                    answers[other - 1].clone()
                } else {
                    answer
                })
            });
            is_a_broken_channel(&outcome, &what);
            assert_eq!(sent, number, "{}", what());
        }
    }
}

#[test]
fn an_answer_cut_short_or_made_longer_ends_the_channel() {
    let rehearsal = Rehearsal::of(cards::persona("an"), "channel");
    for number in protected(&rehearsal) {
        for change in 0..4 {
            let what = || format!("answer {number}, change {change}");
            let (outcome, sent) = rehearsal.perform(|at, mut answer| {
                if at == number {
                    let end = answer.len() - 2;
                    match change {
                        0 => drop(answer.remove(0)),
                        1 => drop(answer.remove(end - 1)),
                        2 => answer.insert(end, 0),
                        // A second checksum object behind the first.
                        _ => {
                            let again = answer[end - 10..end].to_vec();
                            answer.splice(end..end, again);
                        }
                    }
                }
                Ok(answer)
            });
            is_a_broken_channel(&outcome, &what);
            assert_eq!(sent, number, "{}", what());
        }
    }
}

/// The shared secret of a rehearsed PACE, from the terminal's own randomness.
fn shared_secret(answer: &[u8], seed: &str) -> Vec<u8> {
    let curve = Curve::BrainpoolP256r1;
    let mut random = cards::terminal(seed);
    let _mapping = curve.generate(&mut random).unwrap();
    let ephemeral = curve.generate(&mut random).unwrap();
    let mut outer = Reader::new(answer);
    let mut inside = outer.expect(0x7C, "").unwrap().inside().unwrap();
    let point = curve.point(inside.expect(0x84, "").unwrap().value).unwrap();
    ephemeral.agree(&point).unwrap().expose().to_vec()
}

/// Every bit of the shorter protected answers, and very many of the photo's, against the channel
/// alone: none is taken.
#[test]
fn no_flipped_bit_of_a_protected_answer_is_taken_by_the_channel() {
    let rehearsal = Rehearsal::of(cards::persona("an"), "bits");
    let answers: Vec<&[u8]> = rehearsal.answers().collect();
    let commands: Vec<&[u8]> = rehearsal.commands().collect();
    let shared = shared_secret(answers[KEY_AGREEMENT - 1], "bits");
    // Up to chip authentication, whose answer is the last one under these keys.
    let last = protected(&rehearsal).pop().unwrap() - 1;
    let any = Command::new(ins::READ_BINARY, 0, 0).expecting(1);
    let mut flips = 0;
    for number in FIRST_PROTECTED..=last {
        let answer = answers[number - 1];
        assert_eq!(commands[number - 1][0], PROTECTED);
        let session_at = || {
            let mut session = SecureMessaging::from_shared(Cipher::Aes128, &shared);
            // One step of the counter for every command and every answer before.
            for _ in 0..2 * (number - FIRST_PROTECTED) + 1 {
                session.protect(&any).unwrap();
            }
            session
        };
        let parse = |bytes: &[u8]| Response::parse(bytes.to_vec()).unwrap();
        assert!(session_at().unprotect(&parse(answer)).is_ok(), "{number}");
        let most = if answer.len() <= SHORT {
            usize::MAX
        } else {
            400
        };
        for bit in some_bits("channel", answer.len(), most) {
            let mut changed = answer.to_vec();
            flip(&mut changed, bit);
            let outcome = session_at().unprotect(&parse(&changed));
            assert!(outcome.is_err(), "answer {number}, bit {bit}");
            flips += 1;
        }
    }
    println!("{flips} bits");
}
