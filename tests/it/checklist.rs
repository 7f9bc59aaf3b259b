//! What a verifier must get right, line by line: the forgeries and attacks that show it, and the one
//! check or error that must catch them.
//!
//! The forgeries say themselves which lines they attack (`forgeries::rows`), and so does every fault
//! of the virtual card (`Fault::row`); neither compiles without. What is attacked otherwise is
//! named here by its test. [`docs/checklist.md`] is this table, held in step.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Source;

use crate::conformance;
use crate::forgeries;

mod attacks;
mod faults;
mod lines;
mod pairs;

use lines::LINES;

/// Where the table is written for people.
const DOCUMENT: &str = "docs/checklist.md";

/// The codes that people may meet, with their words.
const CODES: &str = include_str!("../../docs/codes.md");

/// One line of the checklist.
struct Line {
    number: u8,
    /// What must be right, in a few words.
    is: &'static str,
    /// The codes that say it is not; none where a test of the program itself is the catch.
    codes: &'static [&'static str],
    /// Attacks beside the forgeries and the faults, by their tests.
    tests: &'static [&'static str],
}

/// Whether there is a test of this name, in a file of its module or a `mod.rs`.
fn is_test(place: &str) -> bool {
    conformance::is_test(place)
}

/// Forgeries and faults of every line, each with what catches it.
fn attacks() -> BTreeMap<u8, Vec<(String, String)>> {
    let mut by_line: BTreeMap<u8, Vec<(String, String)>> = BTreeMap::new();
    for (name, lines, code) in forgeries::rows() {
        assert!(!lines.is_empty(), "{name}");
        for line in lines {
            let attack = (name.clone(), code.to_owned());
            by_line.entry(*line).or_default().push(attack);
        }
    }
    for fault in Fault::ALL {
        let row = fault.row();
        for source in row.sources {
            if let Source::Checklist(line) = source {
                let by = row.answer.code().unwrap_or("genuine").to_owned();
                let attack = (fault.name().to_owned(), by);
                by_line.entry(*line).or_default().push(attack);
            }
        }
    }
    by_line
}

/// The table as it is printed and kept.
fn table(attacks: &BTreeMap<u8, Vec<(String, String)>>) -> String {
    let mut text = String::from(
        "# What a verifier must get right\n\n\
         Each line is attacked by forgeries of the test PKI, by faults of the virtual card (`cancuoc \
         sim faults`), or by a test that plays the attack; the codes are those that catch it \
         ([codes.md](codes.md)). A forgery or a fault without its line does not compile, and a line \
         without an attack fails the tests. This page is written by `CANCUOC_BLESS=1 cargo test \
         --test it checklist`.\n\n\
         | | what must be right | caught by | forgeries and faults | further attacks |\n\
         |---|---|---|---|---|\n",
    );
    let code = |name: &&str| format!("`{name}`");
    for line in LINES {
        let codes: Vec<String> = line.codes.iter().map(code).collect();
        let mut forged: Vec<String> = attacks
            .get(&line.number)
            .into_iter()
            .flatten()
            .map(|(name, by)| {
                let by = by.rsplit(' ').next().unwrap_or_default();
                match by {
                    "" => name.clone(),
                    by if line.codes == [by] => name.clone(),
                    by => format!("{name} (`{by}`)"),
                }
            })
            .collect();
        forged.dedup();
        let tests: Vec<String> = line.tests.iter().map(code).collect();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            line.number,
            line.is,
            codes.join(", "),
            forged.join(", "),
            tests.join(", ")
        )
        .unwrap();
    }
    text
}

#[test]
fn every_line_has_an_attack_and_what_catches_it() {
    let attacks = attacks();
    let numbers: Vec<u8> = LINES.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=45).collect::<Vec<u8>>());
    assert!(attacks.keys().all(|line| numbers.contains(line)));
    let mut wrong = Vec::new();
    for line in LINES {
        let number = line.number;
        if !attacks.contains_key(&number) && line.tests.is_empty() {
            wrong.push(format!("{number}: nobody attacks it"));
        }
        for test in line.tests.iter().filter(|test| !is_test(test)) {
            wrong.push(format!("{number}: no test {test}"));
        }
        for code in line.codes {
            if !CODES.contains(&format!("`{code}`")) {
                wrong.push(format!("{number}: no code {code}"));
            }
        }
        // What the line promises as its catch does catch one of its forgeries, where it has some.
        let caught = |(_, by): &(String, String)| {
            let by = by.rsplit(' ').next().unwrap_or_default();
            line.codes.contains(&by)
        };
        if let Some(forged) = attacks.get(&number)
            && !line.codes.is_empty()
            && !forged.iter().any(caught)
            && line.tests.is_empty()
        {
            wrong.push(format!("{number}: {:?} catch none of them", line.codes));
        }
    }
    let table = table(&attacks);
    print!("{table}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if env::var_os("CANCUOC_BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == table,
        "{DOCUMENT} is not this table: CANCUOC_BLESS=1 cargo test --test it checklist"
    );
}
