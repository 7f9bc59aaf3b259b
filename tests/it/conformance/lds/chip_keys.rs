//! The cases `LDS_F_*`: DG14, the keys and ways of chip authentication, signed as they are.

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::DataGroup;
use cancuoc::sim::files;
use cancuoc::sim::persona::Persona;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Another outer tag
    ("LDS_F_01", Played(FRAME)),
    // Outer length too small
    ("LDS_F_02", Played(FRAME)),
    // Outer length too large
    ("LDS_F_03", Played(FRAME)),
    // Identifier of the public key that may not be
    ("LDS_F_04", Played(ENTRIES)),
    // No identifier of chip authentication
    ("LDS_F_05", Played(ENTRIES)),
    // Version of ChipAuthenticationInfo that may not be
    ("LDS_F_06", Played(ENTRIES)),
    // No version
    ("LDS_F_07", Played(ENTRIES)),
];

const FRAME: &str = "conformance::lds::chip_keys::a_group_in_a_wrong_frame_proves_nothing";
const ENTRIES: &str = "conformance::lds::chip_keys::an_entry_that_is_wrong_proves_nothing";

/// A card that proves itself by chip authentication alone.
fn persona() -> Persona {
    cards::changed("an", |chip| chip.active = None)
}

fn ending(file: Vec<u8>) -> String {
    let card = issued::with_group(&persona(), DataGroup::DG14, file);
    wire::ending(issued::read(&persona(), card))
}

#[test]
fn a_group_in_a_wrong_frame_proves_nothing() {
    let file = issued::file(&persona(), DataGroup::DG14);
    for (bytes, expected) in [
        (
            issued::retagged(&file, 0x6F),
            "inconclusive: consistency.group_malformed",
        ),
        (
            issued::relengthed(&file, -1),
            "not genuine: hashes.mismatch",
        ),
        (
            issued::relengthed(&file, 1),
            "inconclusive: consistency.group_malformed",
        ),
    ] {
        assert_eq!(ending(bytes), expected);
    }
}

/// id-CA-… and id-PK-…, 0.4.0.127.0.7.2.2.3 and .1, as they begin in an entry.
const CHIP_AUTHENTICATION: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 2, 2, 3];
const PUBLIC_KEY: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 2, 2, 1];

/// The group with the parts of each entry of one kind changed.
fn with(kind: [u8; 8], change: impl Fn(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let file = issued::file(&persona(), DataGroup::DG14);
    let mut changed = 0;
    let infos: Vec<Vec<u8>> = issued::elements(&file, 2)
        .into_iter()
        .map(|info| {
            let mut parts = issued::elements(&info, 1);
            if !parts[0][2..].starts_with(&kind) {
                return info;
            }
            changed += 1;
            change(&mut parts);
            encode(0x30, &[&parts.concat()])
        })
        .collect();
    assert_eq!(changed, 1);
    files::dg14(&infos)
}

#[test]
fn an_entry_that_is_wrong_proves_nothing() {
    // The key under an identifier that nobody knows: the chip's way has no key.
    let unknown = with(PUBLIC_KEY, |parts| *parts[0].last_mut().unwrap() = 9);
    assert_eq!(ending(unknown), "inconclusive: chip.unsupported");
    // An entry without its identifier is none.
    let nameless = with(CHIP_AUTHENTICATION, |parts| {
        parts.remove(0);
    });
    assert_eq!(
        ending(nameless),
        "inconclusive: consistency.group_malformed"
    );
    let future = with(CHIP_AUTHENTICATION, |parts| {
        *parts[1].last_mut().unwrap() = 9;
    });
    assert_eq!(ending(future), "inconclusive: chip.unsupported");
    let without = with(CHIP_AUTHENTICATION, |parts| {
        parts.remove(1);
    });
    assert_eq!(ending(without), "inconclusive: chip.key_malformed");
}
