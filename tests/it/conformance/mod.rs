//! The cases `ISO7816_*` and `LDS_*` of BSI TR-03105-5.1, which tests inspection systems, as far as a
//! virtual card can play them.
//!
//! A case is played by ordinary tests, here and in the modules beside; [`ids::all`] and [`lds::all`] say
//! which test plays which case, or why none can. Each test holds the exact outcome: the error, or verdict and first code.

mod active;
mod bac;
mod chip;
mod ids;
mod lds;
mod matrix;
mod messaging;
mod pace;
mod pace_chip;
mod reading;
mod terminal;
pub mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::conformance::ids::Place;

/// Where the published list of cases lies, beside the project. It is not part of it.
const LIST: &str = "../shared/data/conformance/tr03105_5_1.csv";

/// How the cases are called.
const PREFIXES: [&str; 2] = ["ISO7816_", "LDS_"];

/// The names of the cases in a list: what its lines begin with.
fn names<'a>(prefix: &str, list: &'a str) -> BTreeSet<&'a str> {
    list.lines()
        .filter(|line| line.starts_with(prefix))
        .filter_map(|line| line.split(',').next())
        .collect()
}

/// Whether there is a test of this name: modules below `tests/it`, and a function.
pub fn is_test(place: &str) -> bool {
    let (module, function) = place.rsplit_once("::").unwrap();
    let file = format!("tests/it/{}.rs", module.replace("::", "/"));
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    source.is_ok_and(|source| source.contains(&format!("#[test]\nfn {function}() {{")))
}

/// Counts the cases that are called so, and compares them with the list.
fn count<'a>(prefix: &str, cases: impl Iterator<Item = &'a (&'static str, Place)>) {
    let mut known = BTreeSet::new();
    let (mut played, mut not_playable) = (0, 0);
    for (id, place) in cases {
        assert!(known.insert(*id), "{id} twice");
        assert_eq!(
            names(prefix, id),
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
        println!(
            "{prefix}*: passed {played}, not playable {not_playable}, missing: the list is not here"
        );
        return;
    };
    let listed = names(prefix, &list);
    let missing: Vec<_> = listed.difference(&known).collect();
    println!(
        "{prefix}*: passed {played}, not playable {not_playable}, missing {}",
        missing.len()
    );
    assert!(missing.is_empty(), "missing: {missing:?}");
    let unknown: Vec<_> = known.difference(&listed).collect();
    assert!(unknown.is_empty(), "not in the list: {unknown:?}");
}

#[test]
fn every_case_is_played_or_says_why_not() {
    let [protocols, files] = PREFIXES;
    count(protocols, ids::all());
    count(files, lds::all());
}

#[test]
fn what_names_no_case_and_no_test_is_found() {
    let list = "id,purpose\nISO7816_A_01,x,ISO7816_A,see ISO7816_B_02\nLDS_A_01,y\n";
    let [iso7816, lds] = PREFIXES;
    assert_eq!(names(iso7816, list), BTreeSet::from(["ISO7816_A_01"]));
    assert_eq!(names(lds, list), BTreeSet::from(["LDS_A_01"]));
    assert!(is_test(
        "conformance::bac::a_chip_that_does_all_right_is_genuine"
    ));
    assert!(!is_test("conformance::bac::no_such_test"));
}
