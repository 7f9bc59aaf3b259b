//! From the rows that lie in the table `incoming` into the register: the statements, which are the
//! same for every database.
//!
//! A later row counts before an earlier one. A column that the tables do not have is left as it is in
//! the register; an empty cell of one that they have means that there is no such value.

use super::table;
use super::table::COUNT;
use crate::registry::facts::FactKind;

/// The columns of `incoming`, with what the database calls whole numbers and strings of octets in
/// braces.
pub(in crate::registry) const INCOMING: &str = "
    line {number} NOT NULL, person {octets} NOT NULL, old_person {octets}, sod {octets},
    name TEXT, birth TEXT, sex TEXT, nationality TEXT, person_status TEXT, card_status TEXT,
    document_number TEXT, issued TEXT, expiry TEXT, permanent_residence TEXT,
    temporary_residence TEXT, current_residence TEXT, household_relation TEXT, identity_level TEXT";

/// Of the columns of a row, those that `incoming` takes as text begin here.
pub(in crate::registry) const FIRST_TEXT: usize = 3;

/// Whether the register knows nobody yet, as far as the merging is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::registry) enum Register {
    Empty,
    Filled,
}

/// Everybody goes.
pub(in crate::registry) const CLEAR: &str =
    "DELETE FROM fact; DELETE FROM card; DELETE FROM person";

/// Whether somebody is there.
pub(in crate::registry) const SOMEBODY: &str =
    "SELECT 1 FROM (SELECT person FROM person UNION ALL SELECT person FROM card) AS known LIMIT 1";

/// The newest row of each, by a column.
fn newest(by: &str, only: &str) -> String {
    format!(
        "(SELECT *, ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY line DESC) AS place \
         FROM incoming WHERE {only}) AS newest"
    )
}

/// The statements that bring persons into the register.
pub(in crate::registry) fn persons(present: [bool; COUNT]) -> Vec<String> {
    let columns = [
        ("status", "person_status"),
        ("name", "name"),
        ("birth", "birth"),
        ("sex", "sex"),
        ("nationality", "nationality"),
        ("old_person", "old_number"),
    ];
    let set: Vec<String> = columns
        .iter()
        .filter(|(_, cell)| has(present, cell))
        .map(|(column, _)| format!("{column} = excluded.{column}"))
        .collect();
    let conflict = match set.as_slice() {
        [] => "NOTHING".to_owned(),
        set => format!("UPDATE SET {}", set.join(", ")),
    };
    vec![format!(
        "INSERT INTO person (person, status, name, birth, sex, nationality, old_person) \
         SELECT person, COALESCE(person_status, 'in_force'), name, birth, sex, nationality, \
         old_person FROM {} WHERE place = 1 ORDER BY person \
         ON CONFLICT (person) DO {conflict}",
        newest("person", "1 = 1")
    )]
}

/// The same card of a citizen, where one of the two has no digest.
const SAME_CARD: &str = "card.person = newest.person \
     AND card.document_number IS NOT DISTINCT FROM newest.document_number \
     AND card.issued IS NOT DISTINCT FROM newest.issued";

/// The statements that bring cards with a known security object into the register.
pub(in crate::registry) fn seen_cards(present: [bool; COUNT], register: Register) -> Vec<String> {
    if !has(present, "sod_sha256") || !has(present, "card_status") {
        return Vec::new();
    }
    let seen = newest("sod", "sod IS NOT NULL AND card_status IS NOT NULL");
    let mut set = vec![
        "person = excluded.person".to_owned(),
        "status = excluded.status".to_owned(),
    ];
    let optional = ["document_number", "issued", "expiry"];
    let there = optional.iter().filter(|column| has(present, column));
    set.extend(there.map(|column| format!("{column} = excluded.{column}")));
    let insert = format!(
        "INSERT INTO card (sod, person, status, document_number, issued, expiry) \
         SELECT sod, person, card_status, document_number, issued, expiry \
         FROM {seen} WHERE place = 1 ORDER BY sod"
    );
    match register {
        Register::Empty => vec![insert],
        Register::Filled => vec![
            // A card that was on file, and whose security object was not.
            format!(
                "UPDATE card SET sod = newest.sod FROM {seen} \
                 WHERE place = 1 AND card.sod IS NULL AND {SAME_CARD} \
                 AND NOT EXISTS (SELECT 1 FROM card AS other WHERE other.sod = newest.sod)"
            ),
            format!(
                "{insert} ON CONFLICT (sod) DO UPDATE SET {}",
                set.join(", ")
            ),
        ],
    }
}

/// The statements that bring the other cards into the register, for which the index by persons is
/// needed.
pub(in crate::registry) fn unseen_cards(present: [bool; COUNT], register: Register) -> Vec<String> {
    if !has(present, "card_status") {
        return Vec::new();
    }
    let unseen = newest(
        "person, document_number, issued",
        "sod IS NULL AND card_status IS NOT NULL",
    );
    let mut set = vec!["status = newest.card_status"];
    if has(present, "expiry") {
        set.push("expiry = newest.expiry");
    }
    let insert = format!(
        "INSERT INTO card (sod, person, status, document_number, issued, expiry) \
         SELECT sod, person, card_status, document_number, issued, expiry \
         FROM {unseen} WHERE place = 1 \
         AND NOT EXISTS (SELECT 1 FROM card WHERE {SAME_CARD}) ORDER BY person"
    );
    match register {
        Register::Empty => vec![insert],
        Register::Filled => vec![
            format!(
                "UPDATE card SET {} FROM {unseen} WHERE place = 1 AND {SAME_CARD}",
                set.join(", ")
            ),
            insert,
        ],
    }
}

/// The statements that bring facts into the register.
pub(in crate::registry) fn facts(present: [bool; COUNT], register: Register) -> Vec<String> {
    let mut all = Vec::new();
    for kind in FactKind::ALL {
        let code = kind.code();
        if !has(present, code) {
            continue;
        }
        let newest = newest("person", "1 = 1");
        if register == Register::Filled {
            all.push(format!(
                "DELETE FROM fact WHERE kind = '{code}' AND person IN \
                 (SELECT person FROM {newest} WHERE place = 1 AND {code} IS NULL)"
            ));
        }
        all.push(format!(
            "INSERT INTO fact (person, kind, value) SELECT person, '{code}', {code} \
             FROM {newest} WHERE place = 1 AND {code} IS NOT NULL ORDER BY person \
             ON CONFLICT (person, kind) DO UPDATE SET value = excluded.value, place = NULL"
        ));
    }
    all
}

fn has(present: [bool; COUNT], column: &str) -> bool {
    let place = table::place(column);
    place.is_some_and(|place| present.get(place).is_some_and(|there| *there))
}
