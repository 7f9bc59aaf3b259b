//! Published samples that this project did not make, through the public interface.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use cancuoc::capture::AccessUsed;
use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::capture::TerminalAttempt;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::pki::store::TrustStore;
use cancuoc::trust::folder;
use cancuoc::verify::GroupState;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;
use cancuoc::verify::verify;

use crate::support::forge::NOW;
use crate::support::forge::at;
use crate::support::home::Home;

/// A folder of the published data, where it is there.
fn data(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(folder);
    if path.is_dir() {
        Some(path)
    } else {
        println!("skipped: no ../shared/data");
        None
    }
}

/// The document of BSI TR-03105 part 5, of which these groups were asked for, judged under a store.
fn sample(folder: &Path, trust: &TrustStore, requested: &[DataGroup]) -> Report {
    let files: BTreeMap<FileId, Vec<u8>> = [
        (FileId::Com, "EF_COM.bin"),
        (FileId::Sod, "EF_SOD.bin"),
        (FileId::Group(DataGroup::DG1), "Datagroup1.bin"),
        (FileId::Group(DataGroup::DG14), "Datagroup14.bin"),
        (FileId::Group(DataGroup::DG15), "Datagroup15.bin"),
    ]
    .into_iter()
    .map(|(file, name)| (file, fs::read(folder.join(name)).unwrap()))
    .collect();
    let capture = Capture {
        files,
        missing: BTreeMap::new(),
        requested: requested.to_vec(),
        active: None,
        active_for_party: None,
        access: AccessUsed::Bac,
        terminal: TerminalAttempt::NotTried,
        quirks: Vec::new(),
        applications: BTreeMap::new(),
    };
    verify(
        &Reading::stored(capture),
        trust,
        &Policy::counter(),
        at(NOW),
    )
}

#[test]
fn the_sample_of_tr_03105_5_is_judged_as_it_is() {
    let Some(folder) = data("samples/tr03105-5") else {
        return;
    };
    // Its security object has no entry for the DG15 that is given beside it: no hash matches.
    let store = TrustStore::empty();
    let not_asked = sample(&folder, &store, &[]);
    let asked = sample(&folder, &store, &[DataGroup::DG1, DataGroup::DG15]);
    for report in [&not_asked, &asked] {
        let checks = report.checks();
        assert_eq!(checks.sod_signature.code(), "sod.signed");
        assert_eq!(checks.signer_chain.code(), "chain.no_anchor");
        assert!(matches!(checks.signer_chain, Outcome::Open(_)));
        // Matching, and not vouched for: the chain is open.
        let state = |group| report.groups()[&group];
        assert_eq!(state(DataGroup::DG1), GroupState::Unverified);
        assert_eq!(state(DataGroup::DG14), GroupState::Unverified);
        assert_eq!(state(DataGroup::DG15), GroupState::Unsigned);
        assert_eq!(state(DataGroup::DG2), GroupState::Unread);
        assert!(matches!(report.holder(), Some(Vouched::Unverified(_))));
    }
    let hashes = |report: &Report| {
        let outcome = &report.checks().hashes;
        (outcome.code(), outcome.facts()["groups"].clone())
    };
    let matching = ("hashes.match", "DG1, DG14".to_owned());
    assert_eq!(hashes(&not_asked), matching);
    // The zone's date of expiry has passed long ago.
    assert_eq!(not_asked.verdict(), Verdict::NotInForce);
    let unsigned = ("hashes.unsigned", "DG15".to_owned());
    assert_eq!(hashes(&asked), unsigned);
    assert_eq!(asked.verdict(), Verdict::NotGenuine);
}

#[test]
fn real_trust_data_does_not_close_the_samples_chain() {
    let (Some(folder), Some(trust)) = (data("samples/tr03105-5"), data("trust")) else {
        return;
    };
    let mut store = TrustStore::empty();
    folder::load(&mut store, &trust).unwrap();
    let report = sample(&folder, &store, &[]);
    assert!(matches!(report.checks().signer_chain, Outcome::Open(_)));
    assert_eq!(report.checks().signer_chain.code(), "chain.no_anchor");
}

#[test]
fn a_folder_of_real_trust_data_serves_as_an_option() {
    let Some(trust) = data("trust") else {
        return;
    };
    let home = Home::new();
    let trust = trust.to_str().unwrap();
    let listed = home.json(&["trust", "list", "--trust", trust], 0);
    let anchors = listed["anchors"].as_array().unwrap();
    assert!(anchors.len() > 100, "{}", anchors.len());
    for anchor in anchors {
        assert_eq!(anchor["country"].as_str().unwrap().len(), 2, "{anchor}");
        assert_eq!(anchor["sha256"].as_str().unwrap().len(), 64, "{anchor}");
        assert!(!anchor["provenance"].as_str().unwrap().is_empty());
    }
    // Real anchors beside the virtual card's own change nothing for it.
    let read = home.json(&["read", "--virtual", "an", "--trust", trust], 0);
    assert_eq!(read["verdict"], "genuine");
}
