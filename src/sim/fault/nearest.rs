//! Names that are much like one that nobody has.

use crate::sim::fault::Fault;
use crate::sim::quirk::Quirk;

/// How many names are told.
const TOLD: usize = 3;

/// Longest name that is compared, in letters.
const LONGEST: usize = 64;

/// The names of faults and quirks that are nearest: one is often taken for the other.
pub fn switch(text: &str) -> Vec<String> {
    of(text, both())
}

fn both() -> impl Iterator<Item = &'static str> {
    let quirks = Quirk::ALL.into_iter().map(|quirk| quirk.name());
    Fault::ALL
        .into_iter()
        .map(|fault| fault.name())
        .chain(quirks)
}

/// The nearest among any names, numbers and moment of the text left out.
pub fn of(text: &str, names: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let name = text.split([':', '@']).next().unwrap_or_default();
    let name: String = name.chars().take(LONGEST).collect();
    let begun = |other: &str| !name.is_empty() && other.starts_with(name.as_str());
    let mut names: Vec<(bool, usize, &str)> = names
        .into_iter()
        .map(|other| (!begun(other), distance(&name, other), other))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .take(TOLD)
        .map(|(_, _, name)| name.to_owned())
        .collect()
}

/// How many letters must be put in, taken out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = number;
        let mut left = number + 1;
        let mut next = vec![left];
        for (above, letter_of_other) in row.iter().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(letter != letter_of_other);
            left = replaced.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_told() {
        assert_eq!(distance("mute", "mute"), 0);
        assert_eq!(distance("", "mute"), 4);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(switch("mutes@read:DG2:3")[0], "mute");
        assert_eq!(switch("pki-signer-revokd")[0], "pki-signer-revoked");
        assert_eq!(switch("lost")[0], "lost-at-byte", "what was begun");
        assert_eq!(switch(&"x".repeat(100_000)).len(), TOLD);
    }
}
