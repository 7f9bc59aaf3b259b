//! The kept store with the real lists of one state, and a real CRL.

use std::path::Path;
use std::time::Instant;

use cancuoc::trust::change::Change;
use cancuoc::trust::change::Skip;
use cancuoc::trust::change::What;
use cancuoc::trust::holding::Content;
use cancuoc::trust::holding::holdings;
use cancuoc::trust::kept::Kept;
use cancuoc::trust::kept::Kind;

use super::support::kept::Place;
use super::support::kept::count;
use super::support::kept::file_digest;

/// A file of the data beside the project, where it is there.
fn data(name: &str) -> Option<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/trust");
    let bytes = std::fs::read(Path::new(folder).join(name)).ok();
    if bytes.is_none() {
        println!("skipped: no ../shared/data");
    }
    bytes
}

fn lists() -> Option<[Vec<u8>; 2]> {
    Some([
        data("DE_ML_2024-08-07-07-38-24.ml")?,
        data("DE_ML_2026-05-28-08-28-45.ml")?,
    ])
}

/// The authority whose certificate came along with a list.
fn authority(list: &[u8]) -> [u8; 32] {
    let holding = holdings(list, "list").unwrap().remove(0);
    let Content::MasterList(list) = holding.content else {
        panic!("no master list");
    };
    let signers = list.signers();
    let root = signers.iter().find(|one| one.is_authority()).unwrap();
    *root.fingerprint()
}

/// Nothing of a real list is left out.
fn whole(changes: &[Change]) {
    for change in changes {
        let skipped = matches!(&change.what, What::Skipped(why) if *why != Skip::Present);
        assert!(!skipped, "{change:?}");
    }
}

#[test]
fn a_real_list_replaces_its_forerunner_and_never_the_other_way() {
    let Some([old, new]) = lists() else {
        return;
    };
    let place = Place::new();
    place.refuses(&[&old], &[], "trust.list_signer_unknown");
    let first = place.add(&[&old], &[authority(&old)]).unwrap();
    whole(&first);
    let changes = place.add(&[&new], &[]).unwrap();
    whole(&changes);
    assert_eq!(count(&changes, Kind::MasterList, "replaced"), 1);
    let [added, removed] = ["added", "removed"].map(|what| count(&changes, Kind::Anchor, what));
    assert!(
        added > 10 && removed > 0,
        "{added} added, {removed} removed"
    );
    println!("{added} anchors added, {removed} removed");
    place.refuses(&[&old], &[], "trust.older");
    place.refuses(&[&old], &[file_digest(&old)], "trust.older");

    let start = Instant::now();
    let kept = Kept::open(place.path()).unwrap();
    let loaded = start.elapsed();
    let trust = kept.trust();
    println!(
        "{} anchors and {} links, loaded in {loaded:?}",
        trust.anchors().len(),
        trust.links().len()
    );
    assert_eq!(trust.anchors().len() + trust.links().len(), 588);
    let of_list = kept
        .entries()
        .iter()
        .filter(|one| one.list.is_some())
        .count();
    assert_eq!(of_list, 588);
}

#[test]
fn half_a_real_list_and_one_with_a_changed_bit_are_refused() {
    let Some([_, list]) = lists() else {
        return;
    };
    let place = Place::new();
    let known = [authority(&list)];
    for part in 1..32 {
        let cut = list.len() / 32 * part;
        place.refuses(&[&list[..cut]], &known, "trust.malformed");
    }
    for part in 1..16 {
        let mut changed = list.clone();
        changed[list.len() / 16 * part] ^= 0x10;
        let before = place.state();
        let fault = place.add(&[&changed], &known).unwrap_err();
        assert!(
            ["trust.malformed", "trust.list_signature"].contains(&fault.code()),
            "{fault}"
        );
        assert_eq!(place.state(), before);
    }
}

#[test]
fn a_real_crl_gets_in_under_its_country_alone() {
    let (Some([list, _]), Some(crl)) = (lists(), data("COL.crl")) else {
        return;
    };
    let place = Place::new();
    place.refuses(&[&crl], &[], "trust.crl_foreign");
    place.add(&[&list], &[authority(&list)]).unwrap();
    let mut wrong = crl.clone();
    *wrong.last_mut().unwrap() ^= 1;
    place.refuses(&[&wrong], &[], "trust.crl_unsigned");
    let changes = place.add(&[&crl], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Crl, "added"), 1);
}
