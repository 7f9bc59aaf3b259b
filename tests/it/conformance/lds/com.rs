//! The cases `LDS_A_*`: EF.COM. Nobody signs it and nothing hangs on it, so that what is wrong in it is
//! a note.

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::FileId;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Another outer tag
    ("LDS_A_01", Played(FRAME)),
    // Outer length too small
    ("LDS_A_02", Played(FRAME)),
    // Outer length too large
    ("LDS_A_03", Played(FRAME)),
    // LDS version 3.0
    ("LDS_A_04", Played(VERSIONS)),
    // No LDS version
    ("LDS_A_05", Played(VERSIONS)),
    // Unicode version 5.0.0
    ("LDS_A_06", Played(VERSIONS)),
    // No Unicode version
    ("LDS_A_07", Played(VERSIONS)),
    // DG1 is not listed
    ("LDS_A_08", Played(LISTS)),
    // No list
    ("LDS_A_09", Played(LISTS)),
    // LDS version 1.8
    ("LDS_A_10", Played(VERSIONS)),
];

const FRAME: &str = "conformance::lds::com::a_frame_that_is_wrong_is_noted";
const VERSIONS: &str =
    "conformance::lds::com::versions_are_noted_where_they_are_missing_or_unknown";
const LISTS: &str = "conformance::lds::com::a_list_that_is_short_or_missing_is_noted";

/// Reads a card with this EF.COM: genuine, with these notes.
fn notes(file: Vec<u8>) -> Vec<&'static str> {
    let persona = cards::persona("an");
    let mut card = persona.personalise().unwrap();
    card.files.insert(FileId::Com, file);
    let reading = issued::read(&persona, card).unwrap();
    let notes = cards::judge(&reading).deviations().to_vec();
    assert_eq!(wire::ending(Ok(reading)), "genuine");
    notes
}

fn honest() -> Vec<u8> {
    issued::file(&cards::persona("an"), FileId::Com)
}

/// EF.COM of these parts.
fn com(lds: Option<&[u8]>, unicode: Option<&[u8]>, list: Option<&[u8]>) -> Vec<u8> {
    let part = |tag, value: Option<&[u8]>| value.map(|value| encode(tag, &[value]));
    let parts = [part(0x5F01, lds), part(0x5F36, unicode), part(0x5C, list)];
    encode(
        0x60,
        &[&parts.into_iter().flatten().flatten().collect::<Vec<u8>>()],
    )
}

const LDS: Option<&[u8]> = Some(b"0107");
const UNICODE: Option<&[u8]> = Some(b"040000");
const LIST: Option<&[u8]> = Some(&[0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F]);

#[test]
fn a_frame_that_is_wrong_is_noted() {
    for file in [
        issued::retagged(&honest(), 0x61),
        issued::relengthed(&honest(), -1),
        issued::relengthed(&honest(), 1),
    ] {
        assert_eq!(notes(file), ["deviation.com_unread"]);
    }
}

#[test]
fn versions_are_noted_where_they_are_missing_or_unknown() {
    assert_eq!(com(LDS, UNICODE, LIST), honest());
    for (file, expected) in [
        (
            com(Some(b"0300"), UNICODE, LIST),
            "deviation.com_lds_version",
        ),
        (com(None, UNICODE, LIST), "deviation.com_no_lds_version"),
        (
            com(LDS, Some(b"050000"), LIST),
            "deviation.com_unicode_version",
        ),
        (com(LDS, None, LIST), "deviation.com_no_unicode_version"),
    ] {
        assert_eq!(notes(file), [expected]);
    }
    assert!(notes(com(Some(b"0108"), UNICODE, LIST)).is_empty());
}

#[test]
fn a_list_that_is_short_or_missing_is_noted() {
    let short = com(LDS, UNICODE, Some(&[0x75, 0x63, 0x6D, 0x6E, 0x6F]));
    assert_eq!(notes(short), ["deviation.com_lists_less"]);
    assert_eq!(notes(com(LDS, UNICODE, None)), ["deviation.com_no_list"]);
}
