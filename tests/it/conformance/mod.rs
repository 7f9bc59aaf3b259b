//! The cases `ISO7816_*` of BSI TR-03105-5.1, which tests inspection systems, as far as a virtual
//! card can play them.
//!
//! A case is played by ordinary tests of the modules here; [`ids::IDS`] says which test plays which
//! case, or why none can. Each test holds the exact outcome: the error, or verdict and first code.

mod active;
mod bac;
mod chip;
mod ids;
mod messaging;
mod pace;
mod pace_chip;
mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::conformance::ids::IDS;
use crate::conformance::ids::Place;

/// Where the published list of cases lies, beside the project. It is not part of it.
const LIST: &str = "../shared/data/conformance/tr03105_5_1.csv";

/// How the cases are called.
const PREFIX: &str = "ISO7816_";

/// The sources of the tests that play cases.
const SOURCES: [(&str, &str); 6] = [
    ("active", include_str!("active.rs")),
    ("bac", include_str!("bac.rs")),
    ("chip", include_str!("chip.rs")),
    ("messaging", include_str!("messaging.rs")),
    ("pace", include_str!("pace.rs")),
    ("pace_chip", include_str!("pace_chip.rs")),
];

/// Every name of a case in a text: the prefix, and what of letters, digits and `_` follows.
fn names(text: &str) -> BTreeSet<&str> {
    text.match_indices(PREFIX)
        .map(|(start, _)| {
            let rest = &text[start..];
            let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            &rest[..rest.find(|letter| !word(letter)).unwrap_or(rest.len())]
        })
        .collect()
}

/// Whether there is a test of this name: `module::function`.
fn is_test(place: &str) -> bool {
    let (module, function) = place.split_once("::").unwrap();
    let source = SOURCES.iter().find(|(name, _)| *name == module);
    source.is_some_and(|(_, source)| source.contains(&format!("#[test]\nfn {function}(")))
}

#[test]
fn every_case_is_played_or_says_why_not() {
    let mut known = BTreeSet::new();
    let (mut played, mut not_playable) = (0, 0);
    for (id, place) in IDS {
        assert!(known.insert(*id), "{id} twice");
        assert_eq!(
            names(id),
            BTreeSet::from([*id]),
            "{id} is no name of a case"
        );
        match place {
            Place::Played(test) => {
                assert!(is_test(test), "{id}: no test {test}");
                played += 1;
            }
            Place::NotPlayable(reason) => {
                assert!(!reason.is_empty(), "{id}");
                not_playable += 1;
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    let Ok(list) = fs::read_to_string(path) else {
        println!("passed {played}, not playable {not_playable}, missing: the list is not here");
        return;
    };
    let listed = names(&list);
    let missing: Vec<_> = listed.difference(&known).collect();
    println!(
        "passed {played}, not playable {not_playable}, missing {}",
        missing.len()
    );
    assert!(missing.is_empty(), "missing: {missing:?}");
    let unknown: Vec<_> = known.difference(&listed).collect();
    assert!(unknown.is_empty(), "not in the list: {unknown:?}");
}

#[test]
fn names_are_found_whatever_stands_around_them() {
    let text = "x;\"ISO7816_A_01\",ISO7816_B_2a ISO7816_A_01";
    assert_eq!(
        names(text),
        BTreeSet::from(["ISO7816_A_01", "ISO7816_B_2a"])
    );
    assert!(is_test("bac::a_chip_that_does_all_right_is_genuine"));
    assert!(!is_test("bac::no_such_test"));
}
