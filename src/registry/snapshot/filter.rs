//! Which cards are not in force, and how: right for the cards that it was made of, and silent for
//! nearly all others.
//!
//! A first table holds a fingerprint for each card and whether it has the most frequent status; a
//! second one tells the other two apart, for the cards that do not. So a status costs little more
//! than its entropy. By chance one digest of 2^`fingerprint_bits` has the fingerprint that its place
//! asks for.

use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::ribbon::Built;
use crate::registry::snapshot::ribbon::Probe;
use crate::registry::snapshot::ribbon::Ribbon;

/// How many bits of fingerprint each card has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerprintBits(u32);

impl FingerprintBits {
    /// One digest of 65,536 that the register does not know looks like one of a card that is not in
    /// force.
    pub const USUAL: Self = Self(16);

    /// Takes 8 to 32.
    pub fn new(bits: u64) -> Option<Self> {
        let bits = u32::try_from(bits).ok()?;
        (8..=32).contains(&bits).then_some(Self(bits))
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Columns of the first table: the fingerprint, and one more for the status.
    pub(super) fn columns(self) -> Option<usize> {
        usize::try_from(self.0).ok()?.checked_add(1)
    }
}

/// The three statuses, the most frequent first.
pub(super) type Codes = [CardStatus; 3];

/// The two tables.
pub(super) struct Filter {
    pub(super) bits: FingerprintBits,
    pub(super) codes: Codes,
    pub(super) first: Ribbon,
    pub(super) second: Ribbon,
}

impl Filter {
    /// Makes the tables of cards in the order of their digests, each once, with their statuses, and
    /// says which of them have no place in it, by number. Other statuses than the three are left
    /// over. None when there are too many.
    pub(super) fn build(
        cards: &[(SodDigest, CardStatus)],
        bits: FingerprintBits,
        codes: Codes,
    ) -> Option<(Self, Vec<usize>)> {
        let [common, one, two] = codes;
        let value = |probe: &Probe, status| {
            probe.fingerprint(bits.get()) << 1 | u64::from(status != common)
        };
        let keys = cards.iter().map(|(sod, status)| {
            let probe = Probe::of(sod);
            (probe, value(&probe, *status))
        });
        let Built {
            ribbon: first,
            left_over: mut left,
        } = Ribbon::build(keys, bits.columns()?)?;
        let rare: Vec<usize> = cards
            .iter()
            .enumerate()
            .filter(|(_, card)| card.1 != common)
            .map(|(number, _)| number)
            .collect();
        let keys = rare.iter().filter_map(|number| cards.get(*number));
        let keys: Vec<(Probe, u64)> = keys
            .map(|(sod, status)| (Probe::of(sod), u64::from(*status == two)))
            .collect();
        let built = Ribbon::build(keys.into_iter(), 1)?;
        left.extend(built.left_over.iter().filter_map(|place| rare.get(*place)));
        let strange = |number: &&usize| {
            cards
                .get(**number)
                .is_none_or(|card| card.1 != one && card.1 != two)
        };
        left.extend(rare.iter().filter(strange));
        left.sort_unstable();
        left.dedup();
        let filter = Self {
            bits,
            codes,
            first,
            second: built.ribbon,
        };
        Some((filter, left))
    }

    /// The status that the tables have for a card.
    pub(super) fn find(&self, sod: &SodDigest) -> Option<CardStatus> {
        let probe = Probe::of(sod);
        let bits = self.bits.get();
        let at = self.first.at(&probe)?;
        if !at.says(probe.fingerprint(bits), bits) {
            return None;
        }
        let [common, one, two] = self.codes;
        if !at.bit(usize::try_from(bits).ok()?)? {
            return Some(common);
        }
        // Without a second table nobody has another status.
        match self.second.at(&probe)?.bit(0)? {
            false => Some(one),
            true => Some(two),
        }
    }
}
