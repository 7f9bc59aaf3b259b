//! Attacks that no fault and no forgery of a file makes.

use std::collections::BTreeSet;

use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::crypto::random::System;
use cancuoc::iso7816::ins;
use cancuoc::lds::FileId;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::pki;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Tap;

/// GENERAL AUTHENTICATE, GET CHALLENGE's answerer EXTERNAL AUTHENTICATE: what carries our own nonces
/// and keys in the clear.
const OURS: [u8; 2] = [0x86, 0x82];

/// Shortest command that can hold a nonce.
const NONCE: usize = 16;

/// Line 9: two reads of one card with the system's own randomness. Nothing that we chose comes again,
/// neither in the clear nor in the channel.
#[test]
fn no_nonce_and_no_key_of_ours_comes_in_two_sessions() {
    for name in ["an", "chi"] {
        let persona = cards::persona(name);
        let plan = cards::whole(cards::key(&persona));
        let session = || {
            let chip = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
            let mut tap = Tap::new(chip);
            let heard = tap.heard();
            cards::read_with(&mut tap, &plan, &mut System).unwrap();
            let commands = heard.take();
            let chosen = |command: &&Vec<u8>| {
                let clear = command[0] & 0x0C == 0 && OURS.contains(&command[1]);
                let proof = command[1] == ins::READ_BINARY || command[1] == ins::SELECT;
                (clear && command.len() > NONCE) || (command[0] & 0x0C != 0 && !proof)
            };
            commands
                .iter()
                .filter(chosen)
                .cloned()
                .collect::<BTreeSet<Vec<u8>>>()
        };
        let [first, second, third] = [session(), session(), session()];
        assert!(first.len() >= 2, "{name}: {}", first.len());
        assert!(first.is_disjoint(&second), "{name}");
        assert!(first.is_disjoint(&third), "{name}");
        assert!(second.is_disjoint(&third), "{name}");
    }
}

/// Line 25: whoever reads the report knows who says that the anchor is one.
#[test]
fn who_vouches_for_the_anchor_is_told() {
    let reading = cards::read_own(&cards::persona("an"), "provenance").unwrap();
    let file = || "csca.pem".to_owned();
    for (provenance, told) in [
        (Provenance::Operator { file: file() }, "operator: csca.pem"),
        (
            Provenance::National { source: file() },
            "national publication: csca.pem",
        ),
        (Provenance::Pkd { source: file() }, "PKD: csca.pem"),
        (
            Provenance::MasterList {
                file: file(),
                state: Some("DE".to_owned()),
                signed: None,
            },
            "master list of DE: csca.pem",
        ),
        (Provenance::TestCard, "test card"),
    ] {
        let mut trust = TrustStore::empty();
        trust.add_anchor(Certificate::decode(&pki::test_root()).unwrap(), provenance);
        let policy = Policy::named("ci-simulator").unwrap();
        let report = verify::verify(&reading, &trust, policy, cards::now());
        let chain = &report.checks().signer_chain;
        assert_eq!(chain.code(), "chain.anchored");
        assert_eq!(chain.facts()["provenance"], told);
    }
}

/// Line 41: nothing is wrong with a capture that has nothing in it, and nothing passes.
#[test]
fn where_nothing_was_found_out_nothing_passes() {
    let empty = r#"{"schema": "cancuoc.capture/1", "access": "none", "files": {}}"#;
    let capture = Capture::from_json(empty, "empty").unwrap();
    let report = cards::judge(&Reading::stored(capture));
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    for check in Check::ALL {
        let outcome = report.checks().outcome(check);
        assert!(matches!(outcome, Outcome::Open(_)), "{}", check.name());
    }
    // A file that is gone, without anything that says why: no error anywhere, and no pass either.
    let mut reading = cards::read_own(&cards::persona("an"), "gone").unwrap();
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
    let files: Vec<FileId> = reading.capture.files.keys().copied().collect();
    for file in files {
        let bytes = reading.capture.files.remove(&file).unwrap();
        let verdict = cards::judge(&reading).verdict();
        println!("without {}: {verdict:?}", file.name());
        let needed = [FileId::Sod, FileId::Group(cancuoc::lds::DataGroup::DG1)];
        assert!(
            !needed.contains(&file) || verdict != Verdict::Genuine,
            "{}",
            file.name()
        );
        reading.capture.files.insert(file, bytes);
    }
}

/// Line 33: no reader can tell; whoever relies on a verdict is told so, in both languages.
#[test]
fn that_a_relay_cannot_be_excluded_is_told() {
    assert!(include_str!("../../../README.md").contains("exclude a relay"));
    let vietnamese = include_str!("../../../docs/README.vi.md");
    assert!(vietnamese.contains("chuyển tiếp"));
}
