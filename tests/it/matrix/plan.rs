//! Which combinations are read: every family of each protocol with every family of the others,
//! where that is lawful, and in these cells the parameters one after the other until all were there.

use std::collections::BTreeMap;

use cancuoc::crypto::agreement::Agreement;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::sim::pki::card_verifiable::KeyKind;

use crate::matrix::lists;
use crate::matrix::lists::Active;
use crate::matrix::lists::Chip;
use crate::matrix::lists::Pace;
use crate::matrix::lists::Terminal;

/// What one card does, and one read of it runs.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Basic access control where there is none.
    pub pace: Option<Pace>,
    pub chip: Option<Chip>,
    pub active: Option<Active>,
    pub terminal: Option<Terminal>,
}

impl Cell {
    pub fn label(&self) -> String {
        let labels = [
            Some(self.pace.as_ref().map_or("BAC".to_owned(), Pace::label)),
            self.chip.as_ref().map(Chip::label),
            self.active.as_ref().map(Active::label),
            self.terminal.as_ref().map(Terminal::label),
        ];
        labels.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Whether PACE proves the chip.
    pub fn maps_to_chip(&self) -> bool {
        self.pace
            .as_ref()
            .is_some_and(|pace| pace.protocol.mapping == Mapping::ChipAuthentication)
    }
}

/// Key agreement and mapping of PACE.
type PaceFamily = (Agreement, Mapping);

/// Version, key agreement and cipher of chip authentication.
type ChipFamily = (u32, Agreement, Cipher);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ActiveFamily {
    Rsa,
    Ecdsa,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SignatureFamily {
    Pkcs1,
    Pss,
    Ecdsa,
}

/// Version and signature of terminal authentication.
type TerminalFamily = (u32, SignatureFamily);

/// The families of one cell.
type Families = (
    Option<PaceFamily>,
    Option<ChipFamily>,
    Option<ActiveFamily>,
    Option<TerminalFamily>,
);

const fn pace_family(pace: &Pace) -> PaceFamily {
    (pace.protocol.agreement, pace.protocol.mapping)
}

const fn chip_family(chip: &Chip) -> ChipFamily {
    (chip.version, chip.domain.agreement(), chip.cipher)
}

const fn active_family(active: &Active) -> ActiveFamily {
    match active {
        Active::Rsa(..) => ActiveFamily::Rsa,
        Active::Ecdsa(..) => ActiveFamily::Ecdsa,
    }
}

const fn terminal_family(terminal: &Terminal) -> TerminalFamily {
    let signature = match terminal.kind {
        KeyKind::RsaPkcs1(_) => SignatureFamily::Pkcs1,
        KeyKind::RsaPss(_) => SignatureFamily::Pss,
        KeyKind::Ecdsa(..) => SignatureFamily::Ecdsa,
    };
    (terminal.version, signature)
}

/// The parameters of one family: first each once, then those that take little time in turn.
struct Turns<T> {
    left: Vec<T>,
    quick: Vec<T>,
    turn: usize,
}

impl<T: Clone> Turns<T> {
    fn next(&mut self, fits: impl Fn(&T) -> bool) -> T {
        if let Some(at) = self.left.iter().position(&fits) {
            return self.left.remove(at);
        }
        let fitting: Vec<&T> = self.quick.iter().filter(|one| fits(one)).collect();
        self.turn += 1;
        fitting[self.turn % fitting.len()].clone()
    }
}

/// A list by families.
fn turns<T: Clone, F: Ord>(
    list: Vec<T>,
    family: impl Fn(&T) -> F,
    is_quick: impl Fn(&T) -> bool,
) -> BTreeMap<F, Turns<T>> {
    let mut families = BTreeMap::new();
    for one in list {
        let turns = families.entry(family(&one)).or_insert_with(|| Turns {
            left: Vec::new(),
            quick: Vec::new(),
            turn: 0,
        });
        if is_quick(&one) {
            turns.quick.push(one.clone());
        }
        turns.left.push(one);
    }
    families
}

/// Everything that is still to be read.
struct Planner {
    pace: BTreeMap<PaceFamily, Turns<Pace>>,
    chip: BTreeMap<ChipFamily, Turns<Chip>>,
    active: BTreeMap<ActiveFamily, Turns<Active>>,
    terminal: BTreeMap<TerminalFamily, Turns<Terminal>>,
}

impl Planner {
    fn new() -> Self {
        Self {
            pace: turns(lists::pace(), pace_family, Pace::is_quick),
            chip: turns(lists::chip(), chip_family, Chip::is_quick),
            active: turns(lists::active(), active_family, Active::is_quick),
            terminal: turns(lists::terminal(), terminal_family, Terminal::is_quick),
        }
    }

    /// Every lawful combination of families.
    ///
    /// Terminal authentication binds its signature to the key agreement of chip authentication of
    /// its own version, so there is none without. Chip authentication version 2 takes the key that
    /// terminal authentication version 2 announced, so there is none without that either; and that
    /// names the chip by its key of PACE, so basic access control knows neither (BSI TR-03110-2).
    fn families(&self) -> Vec<Families> {
        let mut all = Vec::new();
        for pace in with_none(self.pace.keys()) {
            for chip in with_none(self.chip.keys()) {
                for active in with_none(self.active.keys()) {
                    for terminal in with_none(self.terminal.keys()) {
                        let chip_version = chip.map(|(version, ..)| version);
                        let terminal_version = terminal.map(|(version, _)| version);
                        let lawful = match (chip_version, terminal_version) {
                            (None | Some(1), None) | (Some(1), Some(1)) => true,
                            (Some(2), Some(2)) => pace.is_some(),
                            _ => false,
                        };
                        if lawful {
                            all.push((pace, chip, active, terminal));
                        }
                    }
                }
            }
        }
        all
    }

    fn cell(&mut self, (pace, chip, active, terminal): Families) -> Cell {
        let pace = pace.map(|family| self.pace.get_mut(&family).unwrap().next(|_| true));
        let maps = pace.as_ref().map(|pace| pace.protocol.mapping);
        // A key of chip authentication mapping stands beside those of version 2 in EF.CardSecurity:
        // then each has a number (Doc 9303-11 §9.2.5).
        let numbered = maps == Some(Mapping::ChipAuthentication);
        let fits = |chip: &Chip| !numbered || chip.version == 1 || chip.key_id.is_some();
        Cell {
            pace,
            chip: chip.map(|family| self.chip.get_mut(&family).unwrap().next(fits)),
            active: active.map(|family| self.active.get_mut(&family).unwrap().next(|_| true)),
            terminal: terminal.map(|family| self.terminal.get_mut(&family).unwrap().next(|_| true)),
        }
    }

    /// The families of a cell in which something is read that was not yet.
    fn left(&self) -> Option<Families> {
        let pace = first_left(&self.pace);
        let active = first_left(&self.active);
        let terminal = first_left(&self.terminal);
        let chip = first_left(&self.chip);
        let quick_pace = Some((Agreement::Ecdh, Mapping::Generic));
        match (pace, chip, active, terminal) {
            (None, None, None, None) => None,
            (_, _, _, Some((version, signature))) => {
                let chip = chip.filter(|(other, ..)| *other == version);
                let chip = chip.or(Some((version, Agreement::Ecdh, Cipher::Aes128)));
                Some((
                    pace.or(quick_pace),
                    chip,
                    active,
                    Some((version, signature)),
                ))
            }
            (_, Some(chip @ (2, ..)), ..) => {
                let terminal = Some((2, SignatureFamily::Ecdsa));
                Some((pace.or(quick_pace), Some(chip), active, terminal))
            }
            _ => Some((pace.or(quick_pace), chip, active, None)),
        }
    }
}

fn with_none<'a, T: Copy + 'a>(some: impl Iterator<Item = &'a T>) -> Vec<Option<T>> {
    std::iter::once(None)
        .chain(some.copied().map(Some))
        .collect()
}

fn first_left<F: Copy, T>(families: &BTreeMap<F, Turns<T>>) -> Option<F> {
    let mut families = families.iter();
    families
        .find(|(_, turns)| !turns.left.is_empty())
        .map(|(family, _)| *family)
}

/// The whole matrix: how many of its cells are the product of the families, and all cells.
pub fn cells() -> (usize, Vec<Cell>) {
    let mut planner = Planner::new();
    let families = planner.families();
    let product = families.len();
    let mut cells: Vec<Cell> = families
        .into_iter()
        .map(|families| planner.cell(families))
        .collect();
    while let Some(families) = planner.left() {
        cells.push(planner.cell(families));
    }
    (product, cells)
}
