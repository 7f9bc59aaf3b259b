//! Every answer of a chip, in the clear and in the channel, its status word too.

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::channel::preference::AccessPreference;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::iso7816::ins;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use super::bits::Ended;
use super::bits::Exception;
use super::bits::Flip;
use super::bits::keep;
use super::bits::sample;
use super::regions;
use super::truth::Truth;
use crate::support::cards;
use crate::support::cards::Rehearsal;

/// Class octet of a protected command.
const PROTECTED: u8 = 0x0C;

/// Bits of each region of an ordinary run.
const FEW: usize = 3;

/// Where an answer may change and the card be genuine all the same. None of it is in the channel.
const HARMLESS: &[Exception] = &[
    (
        "READ BINARY, in the clear",
        "EF.CardAccess is not signed; its PACE is compared with the signed DG14, the rest is used \
         by nobody",
    ),
    (
        "READ BINARY, in the clear: status word",
        "how EF.CardAccess, or a first trial of a file, is answered; what is read afterwards decides",
    ),
    (
        "SELECT, in the clear: status word",
        "a selection that is refused is made in another way; what is read afterwards decides",
    ),
];

/// A card whose only proof is the mapping of PACE, under the key in EF.CardSecurity.
pub fn mapping_card() -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![PaceVariant::new(
            Mapping::ChipAuthentication,
            Cipher::Aes128,
            13,
        )];
        chip.chip_authentication.clear();
        chip.active = None;
    })
}

/// The command by its instruction.
fn command_name(command: &[u8]) -> &'static str {
    match command[1] {
        ins::SELECT => "SELECT",
        0xB0 | 0xB1 => "READ BINARY",
        0x84 => "GET CHALLENGE",
        0x82 => "EXTERNAL AUTHENTICATE",
        0x22 => "MSE",
        0x86 => "GENERAL AUTHENTICATE",
        0x88 => "INTERNAL AUTHENTICATE",
        _ => "another command",
    }
}

/// Every bit of every answer; the place is the answer's number, from 1.
fn flips(rehearsal: &Rehearsal) -> Vec<Flip<usize>> {
    let mut flips = Vec::new();
    for ((number, command), answer) in (1..).zip(rehearsal.commands()).zip(rehearsal.answers()) {
        let name = command_name(command);
        let in_channel = command[0] & PROTECTED == PROTECTED;
        let parts = in_channel.then(|| regions::of_protected(answer));
        for bit in 0..answer.len() * 8 {
            let region = match &parts {
                Some(parts) => format!("{name}, protected: {}", parts[bit / 8]),
                None if bit / 8 + 2 >= answer.len() => {
                    format!("{name}, in the clear: status word")
                }
                None => format!("{name}, in the clear"),
            };
            flips.push(Flip {
                region,
                place: number,
                bit,
            });
        }
    }
    flips
}

/// A break of the channel is an error before the groups are in, and a failure after.
pub fn is_a_broken_channel(outcome: &Result<Reading, Error>) -> bool {
    match outcome {
        Err(error) => matches!(error, Error::Channel(_)),
        Ok(reading) => {
            let report: Report = cards::judge(reading);
            let (access, chip) = (report.checks().access.code(), report.checks().chip.code());
            report.verdict() == Verdict::NotGenuine
                && (access == "access.channel" || chip == "chip.proof_failed")
        }
    }
}

fn keep_for(class: &str, persona: Persona) {
    let rehearsal = Rehearsal::of(persona, "promise");
    let truth = Truth::of_reading(rehearsal.reading());
    let protected: Vec<bool> = rehearsal
        .commands()
        .map(|command| command[0] & PROTECTED == PROTECTED)
        .collect();
    let flips = sample(class, flips(&rehearsal), FEW);
    keep(class, &flips, HARMLESS, |flip| {
        let (outcome, sent) = rehearsal.flip(flip.place, flip.bit);
        if protected[flip.place - 1] {
            if !is_a_broken_channel(&outcome) {
                return Ended::Broken("the channel took it".to_owned());
            }
            if sent != flip.place {
                return Ended::Broken("a byte went out after the break".to_owned());
            }
        }
        truth.read(&outcome)
    });
}

#[test]
fn no_bit_of_an_answer_under_pace() {
    keep_for("answers under PACE", cards::persona("an"));
}

#[test]
fn no_bit_of_an_answer_under_bac() {
    keep_for("answers under BAC", cards::persona("chi"));
}

#[test]
fn no_bit_of_an_answer_under_chip_authentication_mapping() {
    keep_for("answers under PACE-CAM", mapping_card());
}

/// The card does the same as the rehearsal: a bit of every answer flipped by the card's own fault.
#[test]
fn bits_flipped_by_the_card_itself_do_no_better() {
    let persona = cards::persona("an");
    let rehearsal = Rehearsal::of(persona.clone(), "channel");
    let truth = Truth::of_reading(rehearsal.reading());
    let lengths: Vec<usize> = rehearsal.answers().map(<[u8]>::len).collect();
    for (number, length) in (1_usize..).zip(lengths) {
        let bit = length * 4;
        let fault = Fault::FlipBit {
            response: u32::try_from(number).unwrap(),
            bit: u32::try_from(bit).unwrap(),
        };
        let faulty = persona.clone().with(|chip| chip.faults.push(fault.into()));
        let outcome = cards::read_own(&faulty, "channel");
        let (rehearsed, _) = rehearsal.flip(number, bit);
        let ended = truth.read(&outcome);
        assert!(!matches!(ended, Ended::Broken(_)), "{number}: {ended}");
        assert_eq!(ended, truth.read(&rehearsed), "{number}");
    }
}

/// With basic access control allowed beside PACE, too: the way is another, the promise the same.
#[test]
fn a_flip_that_leads_to_another_way_in_gives_the_same_data_or_none() {
    let persona = cards::persona("an");
    let plan = cancuoc::reader::Plan {
        access: AccessPreference::AllowBac,
        ..cards::whole(cards::mrz(&persona))
    };
    let read = |fault: Option<Fault>| {
        let persona = persona
            .clone()
            .with(|chip| chip.faults.extend(fault.map(Cue::from)));
        cards::read(&mut cards::card(&persona, "way"), &plan, "way")
    };
    let truth = Truth::of_reading(&read(None).unwrap());
    // EF.CardAccess is in the first answers.
    for response in 1..=3 {
        for bit in [0, 9, 17, 40, 70, 100, 130] {
            let outcome = read(Some(Fault::FlipBit { response, bit }));
            let ended = truth.read(&outcome);
            assert!(
                !matches!(ended, Ended::Broken(_)),
                "{response}.{bit}: {ended}"
            );
        }
    }
}
