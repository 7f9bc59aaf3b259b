//! Two faults at once: neither hides the other.

use std::env;

use cancuoc::crypto::hash::Hash;
use cancuoc::sim::fault::Content;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Row;
use cancuoc::sim::fault::Sod;
use cancuoc::sim::fault::Stage;
use cancuoc::verify::Verdict;

use super::faults::play;

/// How many pairs an ordinary run plays.
const SAMPLE: usize = 40;

/// Plays so many in place of that, and all of them where it is 1.
const ALL: &str = "CANCUOC_EVERY_PAIR";

/// Whether one takes away what the other is about: a group that is not signed is not read, and so
/// nothing in it counts.
fn is_moot(one: Fault, other: Fault) -> bool {
    let of_dg13 = |fault: Fault| {
        matches!(
            fault,
            Fault::Content(
                Content::Dg13Number
                    | Content::Dg13Name
                    | Content::Dg13Birth
                    | Content::Dg13Sex
                    | Content::Dg13Expiry
            )
        )
    };
    let unsigned = Fault::Sod(Sod::GroupMissing);
    (one == unsigned && of_dg13(other)) || (other == unsigned && of_dg13(one))
}

/// Every pair of faults that can be seen on one card, in an order that is always the same and says
/// nothing.
fn pairs() -> Vec<(Row, Row)> {
    let mut pairs = Vec::new();
    for stage in Stage::ALL {
        let rows: Vec<Row> = Fault::ALL
            .into_iter()
            .map(Fault::row)
            .filter(|row| row.stage == stage)
            .collect();
        for (number, one) in rows.iter().enumerate() {
            for other in rows.iter().skip(number + 1) {
                if !is_moot(one.played, other.played) {
                    pairs.push((one.clone(), other.clone()));
                }
            }
        }
    }
    pairs.sort_by_cached_key(|(one, other)| {
        let names = format!("{} {}", one.played, other.played);
        Hash::Sha256.digest(&[names.as_bytes()])
    });
    pairs
}

#[test]
fn two_faults_at_once_are_never_genuine_where_one_is_not() {
    let pairs = pairs();
    let asked = env::var(ALL).ok().and_then(|count| count.parse().ok());
    let count = match asked {
        None => SAMPLE,
        Some(1) => pairs.len(),
        Some(count) => pairs.len().min(count),
    };
    let mut wrong = Vec::new();
    for (one, other) in pairs.iter().take(count) {
        let genuine = match play(one.stage, &[one.played, other.played]) {
            Ok(report) => report.verdict() == Verdict::Genuine,
            Err(_) => false,
        };
        if genuine && !(one.answer.is_genuine() && other.answer.is_genuine()) {
            wrong.push(format!("{} {}", one.played, other.played));
        }
    }
    println!("{count} of {} pairs", pairs.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
