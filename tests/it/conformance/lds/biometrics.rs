//! A card of which one group was written otherwise and signed so, and what is said of it: for DG2 to
//! DG4, the latter two behind terminal authentication.

use std::sync::Arc;

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::biometrics;
use cancuoc::sim::biometrics::Header;
use cancuoc::sim::biometrics::element;
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
fn retagged(file: &[u8], tag: u8) -> Vec<u8> {
    let [_, rest @ ..] = file else { panic!() };
    [&[tag], rest].concat()
}

/// The file with an outer length that is so much more than its contents, or less.
fn relengthened(file: &[u8], by: isize) -> Vec<u8> {
    // Long forms of the length: 82 and two octets.
    let [tag, 0x82, high, low, content @ ..] = file else {
        panic!()
    };
    let length = u16::from_be_bytes([*high, *low]);
    let length = length.checked_add_signed(i16::try_from(by).unwrap());
    [&[*tag, 0x82], &length.unwrap().to_be_bytes()[..], content].concat()
}

/// Instances without the number of them in front.
fn uncounted(number: DataGroup, instances: &[(Header, Vec<u8>)]) -> Vec<u8> {
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

/// Another outer tag, outer lengths that are too small and too large, and no number of instances; and
/// what a read with each ends with.
pub fn framed_wrongly(
    number: DataGroup,
    instances: &[(Header, Vec<u8>)],
    tag: u8,
) -> [(Vec<u8>, String); 4] {
    let good = group(number, instances);
    let malformed = |what| format!("inconclusive: consistency.group_malformed, {number}: {what}");
    let of_group = malformed(number.to_string());
    [
        (retagged(&good, tag), of_group.clone()),
        // What is read is what the length says: less than was signed.
        (
            relengthened(&good, -5),
            "not genuine: hashes.mismatch".to_owned(),
        ),
        (relengthened(&good, 5), of_group),
        (
            uncounted(number, instances),
            malformed("number of instances".to_owned()),
        ),
    ]
}

/// Instances of which every header has another value in an element, or is without it.
pub fn reheaded(
    number: DataGroup,
    instances: &[(Header, Vec<u8>)],
    tag: u32,
    value: Option<&[u8]>,
) -> Vec<u8> {
    let changed = instances.iter().map(|(header, record)| {
        let header = header.clone();
        let header = match value {
            Some(value) => header.with(tag, value),
            None => header.without(tag),
        };
        (header, record.clone())
    });
    group(number, &changed.collect::<Vec<_>>())
}

/// Another format owner and none, this format type and none; and what a read with each ends with.
pub fn of_other_format(
    number: DataGroup,
    instances: &[(Header, Vec<u8>)],
    format_type: [u8; 2],
) -> [(Vec<u8>, &'static str); 4] {
    let with = |tag, value: &[u8]| reheaded(number, instances, tag, Some(value));
    let without = |tag| reheaded(number, instances, tag, None);
    [
        (
            with(element::FORMAT_OWNER, &[0x01, 0x02]),
            "genuine, biometric_owner",
        ),
        (
            without(element::FORMAT_OWNER),
            "genuine, biometric_owner_absent",
        ),
        (
            with(element::FORMAT_TYPE, &format_type),
            "genuine, biometric_format",
        ),
        (
            without(element::FORMAT_TYPE),
            "genuine, biometric_format_absent",
        ),
    ]
}

/// Subtypes that the records do not bear out, and none; and what a read with each ends with.
pub fn of_other_subtype(
    number: DataGroup,
    instances: &[(Header, Vec<u8>)],
    subtypes: [u8; 2],
) -> [(Vec<u8>, &'static str); 3] {
    let with = |value| reheaded(number, instances, element::SUBTYPE, Some(&[value]));
    let [one, other] = subtypes;
    [
        (with(one), "genuine, biometric_subtype"),
        (with(other), "genuine, biometric_subtype"),
        (
            reheaded(number, instances, element::SUBTYPE, None),
            "genuine, biometric_subtype_absent",
        ),
    ]
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
