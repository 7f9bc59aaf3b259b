//! The rows of BSI TR-03105-3.2, which tests chips with extended access control of version 1, played
//! as commands against the virtual chip: one with ECDSA, PACE and extended length, one with RSA, BAC
//! and chaining.
//!
//! Where a row lets the chip choose, these tests hold what this chip answers; `docs/chip.md` says why.

mod authentication;
mod certificates;
mod files;
mod forge;
mod hidden;
mod host;
mod ids;
mod order;
mod rights;
mod stage;
mod strict;
mod trust;
mod unmoved;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::chip_cases::ids::DELETED;
use crate::chip_cases::ids::NOT_APPLICABLE;
use crate::chip_cases::ids::Outcome;
use crate::chip_cases::ids::PLAYED;

/// Where the published list of rows lies, beside the project. It is not part of it.
const LIST: &str = "../shared/data/conformance/tr03105_3_2.csv";

/// How many rows the list has, and how many of them it has deleted itself.
const ROWS: usize = 148;
const GONE: usize = 13;

/// The identifiers in a list, in lower case, and whether the row is deleted or moved away.
fn rows(list: &str) -> Vec<(String, bool)> {
    list.lines()
        .skip(1)
        .filter_map(|line| {
            let (id, rest) = line.split_once(',')?;
            let gone = rest.ends_with(",deleted") || rest.contains(",moved to ");
            Some((id.to_lowercase(), gone))
        })
        .collect()
}

#[test]
fn every_row_is_played_deleted_or_says_why_not() {
    let mut failed = Vec::new();
    for row in PLAYED {
        if row.play() == Outcome::Failed {
            failed.push(row.id);
        }
    }
    let played: Vec<&str> = PLAYED.iter().map(|row| row.id).collect();
    let deleted: Vec<&str> = DELETED.iter().map(|(id, _)| *id).collect();
    let others: Vec<&str> = NOT_APPLICABLE.iter().map(|(id, _)| *id).collect();
    let all = [&played[..], &deleted, &others].concat();
    let known: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(known.len(), all.len(), "a row stands here twice");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST);
    let list = fs::read_to_string(path).ok();
    let listed = list.as_deref().map(rows);
    let missing = match &listed {
        Some(listed) => {
            let missing = listed.iter().filter(|(id, _)| !known.contains(id.as_str()));
            missing.map(|(id, _)| id.as_str()).collect()
        }
        None => Vec::new(),
    };
    println!(
        "TR-03105-3.2: passed {}, deleted in the list {}, not applicable {}, missing {}{}",
        played.len() - failed.len(),
        deleted.len(),
        others.len(),
        missing.len(),
        if listed.is_some() {
            ""
        } else {
            " (the list is not here)"
        }
    );
    for (id, reason) in DELETED.iter().chain(NOT_APPLICABLE) {
        println!("{}: {reason}", id.to_uppercase());
        assert!(!reason.is_empty(), "{id}");
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
    assert!(missing.is_empty(), "missing: {missing:?}");
    assert_eq!(
        (all.len(), deleted.len()),
        (ROWS, GONE),
        "a count has changed"
    );
    if let Some(listed) = listed {
        assert_eq!(listed.len(), ROWS);
        let ids: BTreeSet<&str> = listed.iter().map(|(id, _)| id.as_str()).collect();
        let unknown: Vec<_> = known.difference(&ids).collect();
        assert!(unknown.is_empty(), "not in the list: {unknown:?}");
        for (id, gone) in &listed {
            let said = deleted.contains(&id.as_str());
            assert_eq!(said, *gone, "{id}: deleted in the list, or here");
        }
    }
}

#[test]
fn a_list_is_told_row_by_row() {
    let list = "id,purpose\nISO7816_J_14,(deleted),ISO7816_J,,,deleted\nLDS_L_1,x,LDS_L,EFATR,none,y\n\
                ISO7816_J_54,(moved to M_5),ISO7816_J,,,moved to ISO7816_M_5\n";
    let expected = [
        ("iso7816_j_14", true),
        ("lds_l_1", false),
        ("iso7816_j_54", true),
    ];
    assert_eq!(rows(list), expected.map(|(id, gone)| (id.to_owned(), gone)));
}
