//! Somebody in the middle who changes answers, and what a read ends with.

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::error::TransportError;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::transport::Limits;
use cancuoc::transport::Transport;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Tap;

/// A card whose answers come over changed.
struct Middle<F> {
    card: VirtualCard,
    change: F,
}

impl<F: FnMut(&[u8], Vec<u8>) -> Vec<u8>> Transport for Middle<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.card.transmit(command)?;
        Ok((self.change)(command, answer))
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }
}

/// What a read ends with: the error's code; or `genuine`; or the verdict and the code of the check
/// that decided it.
pub fn ending(outcome: Result<Reading, Error>) -> String {
    let reading = match outcome {
        Ok(reading) => reading,
        Err(error) => return error.code().to_owned(),
    };
    words(&cards::judge(&reading))
}

/// `genuine`; or the verdict and the code of the check that decided it.
pub fn words(report: &Report) -> String {
    let verdict = match report.verdict() {
        Verdict::Genuine => return "genuine".to_owned(),
        Verdict::NotInForce => "not in force",
        Verdict::NotGenuine => "not genuine",
        Verdict::Inconclusive => "inconclusive",
    };
    let check = report.first_failure().or_else(|| report.first_gap());
    let code = report.checks().outcome(check.unwrap()).code();
    format!("{verdict}: {code}")
}

/// Reads the persona's own card with its own key while `change` alters answers; gives the ending.
pub fn with_change(persona: &Persona, change: impl FnMut(&[u8], Vec<u8>) -> Vec<u8>) -> String {
    let mut middle = Middle {
        card: cards::card(persona, "conformance"),
        change,
    };
    let plan = cards::whole(cards::key(persona));
    ending(cards::read(&mut middle, &plan, "conformance"))
}

/// The same with a chip that is wrong by itself.
pub fn with_fault(persona: &Persona, fault: Fault) -> String {
    with_faults(persona, &[fault])
}

/// The same with a chip that is wrong in several ways.
pub fn with_faults(persona: &Persona, faults: &[Fault]) -> String {
    let faulty = persona
        .clone()
        .with(|chip| chip.faults.extend(faults.iter().copied().map(Cue::from)));
    ending(cards::read_own(&faulty, "conformance"))
}

/// The commands of a read that is not disturbed.
pub fn commands(persona: &Persona) -> Vec<Vec<u8>> {
    let mut tap = Tap::new(cards::card(persona, "conformance"));
    let heard = tap.heard();
    let plan = cards::whole(cards::key(persona));
    assert_eq!(
        ending(cards::read(&mut tap, &plan, "conformance")),
        "genuine"
    );
    heard.take()
}

/// The answer without data.
pub fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}

/// The answer with other data and the same status word.
pub fn with_data(answer: &[u8], change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let (data, word) = answer.split_at(answer.len() - 2);
    [change(data.to_vec()).as_slice(), word].concat()
}
