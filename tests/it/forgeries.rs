//! Every forgery and every attack has one named check that catches it.
//!
//! A row says which card is on the reader, which check must stand out with which code, and the
//! verdict. Every other check must say what it says of an honest card, but for those whose question
//! cannot be asked any more. A forgery without its row does not compile.

use cancuoc::lds::DataGroup;
use cancuoc::render::words;
use cancuoc::verify::Check;
use cancuoc::verify::GroupState;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::support::forge::Scene;

/// Defines a list of forgeries, and every one of them in `ALL`.
macro_rules! forgeries {
    ($(#[$about:meta])* $name:ident: $($variant:ident,)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy)]
        enum $name { $($variant,)+ }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }
    };
}

mod document;
mod neighbours;
mod passive;

/// What the ordinary card gets.
const HONEST: [(Check, &str); 9] = [
    (Check::Access, "access.pace"),
    (Check::SodSignature, "sod.signed"),
    (Check::SignerChain, "chain.anchored"),
    (Check::Revocation, "revocation.no_crl"),
    (Check::Hashes, "hashes.match"),
    (Check::Consistency, "consistency.agrees"),
    (Check::Chip, "chip.both"),
    (Check::Validity, "validity.in_force"),
    (Check::Registry, "registry.not_asked"),
];

/// Nothing vouches for the chip's keys.
const UNVOUCHED: &[(Check, &str)] = &[(Check::Chip, "chip.not_vouched")];

/// Without a path there is nobody whose revocation list counts, either.
const UNCHAINED: &[(Check, &str)] = &[
    (Check::Revocation, "revocation.not_checked"),
    (Check::Chip, "chip.not_vouched"),
];

/// A forgery: name, lines of the checklist, and the code that catches it.
pub type ForgeryRow = (String, &'static [u8], &'static str);

/// Every forgery there is.
pub fn rows() -> Vec<ForgeryRow> {
    [passive::rows(), document::rows()].concat()
}

/// How a forgery is caught.
struct Caught {
    check: Check,
    code: &'static str,
    verdict: Verdict,
    /// Checks that say something else than of an honest card, because of the first.
    also: &'static [(Check, &'static str)],
}

impl Caught {
    const fn new(check: Check, code: &'static str, verdict: Verdict) -> Self {
        Self {
            check,
            code,
            verdict,
            also: &[],
        }
    }

    const fn also(self, also: &'static [(Check, &'static str)]) -> Self {
        Self { also, ..self }
    }
}

/// Reads and judges a card, and compares every check with the row.
#[track_caller]
fn assert_caught(name: &str, scene: Scene, caught: &Caught) -> Report {
    let report = match scene.inspect() {
        Ok(inspected) => inspected.report,
        Err(error) => panic!("{name}: {error}"),
    };
    let wrong = differences(&report, caught);
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    assert_vouched_for(name, &report);
    report
}

/// The same for every row of a table, told all at once.
fn assert_all_caught(rows: impl Iterator<Item = (String, Scene, Caught)>) -> Vec<Report> {
    let mut wrong = Vec::new();
    let mut reports = Vec::new();
    for (name, scene, caught) in rows {
        match scene.inspect() {
            Ok(inspected) => {
                let differing = differences(&inspected.report, &caught);
                wrong.extend(differing.iter().map(|line| format!("{name}: {line}")));
                assert_vouched_for(&name, &inspected.report);
                reports.push(inspected.report);
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    reports
}

fn differences(report: &Report, caught: &Caught) -> Vec<String> {
    let mut wrong = Vec::new();
    for (check, honest) in HONEST {
        let also = caught.also.iter().find(|(other, _)| *other == check);
        let expected = match also {
            _ if check == caught.check => caught.code,
            Some((_, code)) => code,
            None => honest,
        };
        let outcome = report.checks().outcome(check);
        let word = words::entry(expected).map(|entry| entry.kind.code());
        if outcome.code() != expected || Some(outcome.word()) != word {
            wrong.push(format!("{}: {outcome:?}, not {expected}", check.name()));
        }
    }
    if report.verdict() != caught.verdict {
        wrong.push(format!(
            "verdict {:?}, not {:?}",
            report.verdict(),
            caught.verdict
        ));
    }
    wrong
}

/// A holder or portrait counts as verified only under a right signature, a path and a right hash.
fn assert_vouched_for(name: &str, report: &Report) {
    let checks = report.checks();
    let passive = ["sod.signed", "chain.anchored"]
        == [checks.sod_signature.code(), checks.signer_chain.code()];
    let verified = |group| report.groups().get(&group) == Some(&GroupState::Verified);
    if let Some(Vouched::Verified(_)) = report.holder() {
        assert!(passive && verified(DataGroup::DG1), "{name}: holder");
    }
    if let Some(Vouched::Verified(_)) = report.portrait() {
        assert!(passive && verified(DataGroup::DG2), "{name}: portrait");
    }
}

#[test]
fn an_honest_card_is_genuine() {
    let caught = Caught::new(Check::Chip, "chip.both", Verdict::Genuine);
    let report = assert_caught("an", Scene::an(), &caught);
    assert!(report.deviations().is_empty(), "{:?}", report.deviations());
    assert!(matches!(report.holder(), Some(Vouched::Verified(_))));
    assert!(matches!(report.portrait(), Some(Vouched::Verified(_))));
}
