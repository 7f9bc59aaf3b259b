//! A card of which one group was written otherwise and signed so, and what is said of it: for DG2 to
//! DG4, the latter two behind terminal authentication.

use std::sync::Arc;

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::biometrics;
use cancuoc::sim::biometrics::Header;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::seed::Seeded;
use cancuoc::terminal::Terminal;
use cancuoc::verify::Report;

use crate::conformance::wire;
use crate::support::cards;
use crate::terminal_authentication as ta;

/// Reads the card with this group in it, sealed by its issuer, and judges.
fn report(
    persona: &Persona,
    terminal: Option<&Arc<Terminal>>,
    group: DataGroup,
    file: &[u8],
) -> Result<Report, String> {
    let mut card = persona.personalise().unwrap();
    card.files.insert(FileId::Group(group), file.to_vec());
    persona.seal(&mut card).unwrap();
    let mut card = VirtualCard::new(card, Box::new(Seeded::new("chip biometrics")));
    let plan = match terminal {
        Some(terminal) => ta::plan(persona, terminal),
        None => cards::whole(cards::key(persona)),
    };
    let reading = cards::read(&mut card, &plan, "biometrics").map_err(|error| error.code())?;
    Ok(cards::judge(&reading))
}

/// What a read with this group ends with, in words: the ending, what exactly is malformed, and every
/// note that the persona's own card does not have.
pub fn told(
    persona: &Persona,
    terminal: Option<&Arc<Terminal>>,
    group: DataGroup,
    file: &[u8],
) -> String {
    let report = match report(persona, terminal, group, file) {
        Ok(report) => report,
        Err(code) => return code,
    };
    let own = cards::judge(&cards::read_own(persona, "own").unwrap());
    let mut told = wire::words(&report);
    let facts = report.checks().consistency.facts();
    if let (Some(group), Some(what)) = (facts.get("group"), facts.get("what")) {
        told += &format!(", {group}: {what}");
    }
    for note in report.deviations() {
        if !own.deviations().contains(note) {
            told += &format!(", {}", note.trim_start_matches("deviation."));
        }
    }
    told
}

/// A group of one instance for each header and record.
pub fn group(number: DataGroup, instances: &[(Header, Vec<u8>)]) -> Vec<u8> {
    let templates: Vec<Vec<u8>> = instances
        .iter()
        .map(|(header, record)| biometrics::template(header, record))
        .collect();
    biometrics::counted(number, &templates)
}

/// The file under another outer tag.
pub fn retagged(file: &[u8], tag: u8) -> Vec<u8> {
    let [_, rest @ ..] = file else { panic!() };
    [&[tag], rest].concat()
}

/// The file with an outer length that is so much more than its contents, or less.
pub fn relengthened(file: &[u8], by: isize) -> Vec<u8> {
    // Long forms of the length: 82 and two octets.
    let [tag, 0x82, high, low, content @ ..] = file else {
        panic!()
    };
    let length = u16::from_be_bytes([*high, *low]);
    let length = length.checked_add_signed(i16::try_from(by).unwrap());
    [&[*tag, 0x82], &length.unwrap().to_be_bytes()[..], content].concat()
}

/// Instances without the number of them in front.
pub fn uncounted(number: DataGroup, instances: &[(Header, Vec<u8>)]) -> Vec<u8> {
    let templates: Vec<Vec<u8>> = instances
        .iter()
        .map(|(header, record)| biometrics::template(header, record))
        .collect();
    biometrics::group(number, None, &templates)
}

/// Instances of which the last one has no data block.
pub fn last_without_record(number: DataGroup, instances: &[(Header, Vec<u8>)]) -> Vec<u8> {
    let (last, before) = instances.split_last().unwrap();
    let mut templates: Vec<Vec<u8>> = before
        .iter()
        .map(|(header, record)| biometrics::template(header, record))
        .collect();
    templates.push(biometrics::template_without_record(&last.0));
    biometrics::counted(number, &templates)
}

/// An empty group, for what is asked of every kind of record.
#[test]
fn an_empty_group_is_malformed_and_named() {
    let persona = cards::persona("an");
    assert_eq!(
        told(&persona, None, DataGroup::DG2, &encode(0x75, &[])),
        "inconclusive: consistency.group_malformed, DG2: biometric information group template, \
         portrait_unread"
    );
}
