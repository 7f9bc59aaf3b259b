//! The cases `LDS_I_*`: DG15, the key of active authentication, signed as it is.

use cancuoc::lds::DataGroup;
use cancuoc::sim::persona::Persona;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::wire;
use crate::support::cards;
use crate::support::issued;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Another outer tag
    ("LDS_I_01", Played(FRAME)),
    // Outer length too small
    ("LDS_I_02", Played(FRAME)),
    // Outer length too large
    ("LDS_I_03", Played(FRAME)),
];

const FRAME: &str = "conformance::lds::active_key::a_key_in_a_wrong_frame_proves_nothing";

/// A card that proves itself by active authentication alone, and one that has another way beside.
fn personas() -> [Persona; 2] {
    let alone = cards::changed("an", |chip| chip.chip_authentication = Vec::new());
    [alone, cards::persona("an")]
}

#[test]
fn a_key_in_a_wrong_frame_proves_nothing() {
    for persona in personas() {
        let file = issued::file(&persona, DataGroup::DG15);
        for (bytes, expected) in [
            (
                issued::retagged(&file, 0x70),
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
            let card = issued::with_group(&persona, DataGroup::DG15, bytes);
            assert_eq!(wire::ending(issued::read(&persona, card)), expected);
        }
    }
}
