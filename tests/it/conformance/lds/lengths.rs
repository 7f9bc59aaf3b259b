//! The cases `LDS_K_*`: how long commands and answers may be, as EF.ATR/INFO says. It is nobody's word
//! but the chip's and vouches for nothing; without it the usual lengths hold, and that is noted.

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::FileId;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Both in two octets
    ("LDS_K_01", Played(READ)),
    // Both in three octets
    ("LDS_K_02", Played(READ)),
    // One of two
    ("LDS_K_03", Played(NOTED)),
    // Another tag
    ("LDS_K_04", Played(NOTED)),
];

const READ: &str = "conformance::lds::lengths::lengths_in_two_and_three_octets_are_kept_to";
const NOTED: &str = "conformance::lds::lengths::lengths_that_are_not_there_are_noted";

/// The note of a read without lengths.
const NONE: &str = "no-length-information";

/// Reads a card whose answer to reset points to this file: genuine, with these quirks.
fn quirks(file: Vec<u8>) -> Vec<String> {
    let persona = cards::persona("an");
    let mut card = persona.personalise().unwrap();
    card.files.insert(FileId::AtrInfo, file);
    // Third software function: extended lengths, and lengths in EF.ATR/INFO (ISO/IEC 7816-4).
    let [.., functions, check] = card.atr.as_mut_slice() else {
        panic!("no answer to reset");
    };
    *check ^= *functions ^ 0x60;
    *functions = 0x60;
    let reading = issued::read(&persona, card).unwrap();
    assert!(reading.exchange.commands > 0);
    let quirks = reading.capture.quirks.clone();
    assert_eq!(wire::ending(Ok(reading)), "genuine");
    quirks
}

/// The information object with these numbers.
fn lengths(tag: u32, numbers: &[&[u8]]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers
        .iter()
        .flat_map(|number| encode(0x02, &[number]))
        .collect();
    encode(tag, &[&numbers])
}

#[test]
fn lengths_in_two_and_three_octets_are_kept_to() {
    for file in [
        lengths(0x7F66, &[&[0x04, 0x00], &[0x04, 0x00]]),
        lengths(0x7F66, &[&[0x01, 0x00, 0x00], &[0x01, 0x00, 0x00]]),
    ] {
        assert!(!quirks(file).iter().any(|quirk| quirk == NONE));
    }
}

#[test]
fn lengths_that_are_not_there_are_noted() {
    for file in [
        lengths(0x7F66, &[&[0x04, 0x00]]),
        lengths(0x7F65, &[&[0x04, 0x00], &[0x04, 0x00]]),
    ] {
        assert!(quirks(file).iter().any(|quirk| quirk == NONE));
    }
}
