//! The cases `LDS_G_*`: EF.CVCA. Without an authority that the terminal knows, fingers and irises stay
//! shut, and the report says why; the rest of the document is genuine.

use cancuoc::sim::fault::Fault;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::support::cards::TODAY;
use crate::terminal_authentication as ta;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // The first reference is not under its tag
    ("LDS_G_01", Played(NOBODY)),
    // Empty, and the chip trusts nobody
    ("LDS_G_02", Played(NOBODY)),
];

const NOBODY: &str = "conformance::lds::authorities::a_file_that_names_nobody_opens_nothing";

#[test]
fn a_file_that_names_nobody_opens_nothing() {
    let pki = ta::pki(ta::USUAL);
    let terminal = ta::terminal_with(&pki, &[]);
    for fault in [Fault::CvcaWrongTag, Fault::CvcaEmpty] {
        let persona = ta::persona(&pki, TODAY, |chip| {
            chip.faults = vec![fault.into()];
            let trust = chip.terminal.as_mut().unwrap();
            trust.versions = vec![1];
            if fault == Fault::CvcaEmpty {
                trust.authorities.clear();
            }
        });
        ta::fails(&persona, &terminal, "no authority named");
    }
}
