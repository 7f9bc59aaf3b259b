//! Secure messaging (Doc 9303-11 §9.8): the chip's own answers with one thing wrong, under AES after
//! PACE and under 3DES after BAC.

use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Flaw;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::support::cards;

/// What is sent protected, in its order: the application is selected after PACE, and before BAC.
const PACE_STEPS: [&str; 8] = [
    "SELECT", "EF.SOD", "EF.COM", "DG14", "DG15", "DG1", "DG13", "DG2",
];
/// The same after BAC: the first files, which stand for all.
const BAC_STEPS: [&str; 3] = ["EF.SOD", "EF.COM", "DG14"];

/// Cards of both ciphers, with the protected commands.
fn cards_and_steps() -> [(Persona, &'static [&'static str]); 2] {
    [
        (cards::persona("an"), &PACE_STEPS),
        (cards::persona("chi"), &BAC_STEPS),
    ]
}

/// The number of the command of each step, from 1.
fn numbered(persona: &Persona, steps: &'static [&'static str]) -> Vec<(u32, &'static str)> {
    let commands = wire::commands(persona);
    let protected = (1..)
        .zip(&commands)
        .filter(|(_, command)| command[0] == 0x0C);
    protected
        .zip(steps)
        .map(|((number, _), step)| (number, *step))
        .collect()
}

/// Spoils the answer of every step in one way, and compares the ending with what it should be.
fn each(flaw: Flaw, expected: impl Fn(&str) -> &'static str) {
    for (persona, steps) in cards_and_steps() {
        let numbers = numbered(&persona, steps);
        assert_eq!(numbers.len(), steps.len());
        for (number, step) in numbers {
            let ending = wire::with_fault(&persona, Fault::Messaging(flaw, number));
            assert_eq!(
                ending,
                expected(step),
                "{}: {} in {step}",
                persona.name,
                flaw.name()
            );
        }
    }
}

#[test]
fn an_answer_without_a_code_ends_the_channel() {
    each(Flaw::WithoutChecksum, |_| "channel.malformed");
}

#[test]
fn an_answer_with_a_false_code_ends_the_channel() {
    for (persona, steps) in cards_and_steps() {
        for (number, step) in numbered(&persona, steps) {
            let ending = wire::with_fault(&persona, Fault::BadMacAtCommand(number));
            assert_eq!(ending, "channel.bad_mac", "{}: {step}", persona.name);
        }
    }
}

#[test]
fn an_answer_with_a_code_under_another_counter_ends_the_channel() {
    each(Flaw::CounterAhead, |_| "channel.bad_mac");
}

#[test]
fn an_answer_without_a_status_object_ends_the_channel() {
    each(Flaw::WithoutStatus, |_| "channel.status_mismatch");
}

#[test]
fn an_answer_with_another_status_inside_ends_the_channel() {
    each(Flaw::OtherStatus, |_| "channel.status_mismatch");
}

#[test]
fn a_false_cryptogram_ends_the_channel_although_its_code_is_right() {
    let expected = |step: &str| match step {
        // No data, no cryptogram.
        "SELECT" => "genuine",
        _ => "channel.malformed",
    };
    each(Flaw::FalseCryptogram, expected);
    each(Flaw::CutCryptogram, expected);
}

#[test]
fn a_status_of_secure_messaging_in_the_clear_ends_the_channel() {
    each(Flaw::ObjectsMissing, |_| "channel.plain_answer");
    each(Flaw::ObjectsIncorrect, |_| "channel.plain_answer");
}

#[test]
fn data_in_the_clear_are_not_taken() {
    each(Flaw::Unprotected, |step| match step {
        "SELECT" => "channel.plain_answer",
        _ => "channel.malformed",
    });
}

/// The code is right, so the chip itself says that there is nothing. It is asked again in another
/// way, as honest chips need, and gives the file then.
#[test]
fn success_without_data_is_no_file() {
    each(Flaw::WithoutData, |_| "genuine");
    // One that never gives anything has no security object.
    let persona = cards::persona("an");
    let [(_, _), (first, _), ..] = numbered(&persona, &PACE_STEPS)[..] else {
        panic!("steps");
    };
    let never: Vec<Fault> = (first..first + 20)
        .map(|number| Fault::Messaging(Flaw::WithoutData, number))
        .collect();
    let ending = wire::with_faults(&persona, &never);
    assert_eq!(ending, "card.no_security_object");
}
