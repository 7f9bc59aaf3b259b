//! A table that gives the right bits for every key that it was made with, and random ones for every
//! other: retrieval by a banded system of linear equations over GF(2) (Dillinger and Walzer, "Ribbon
//! filter", 2021; with keys left over, as in "Fast succinct retrieval and approximate membership
//! using ribbon", 2022).
//!
//! A key names 128 slots in a row and which of them count; the sum of what stands there, column by
//! column, is its value. Keys whose equation contradicts those before it are left over, and whoever
//! builds puts them elsewhere: so building never fails, and the table is as long as it has to be and
//! little longer.

use crate::registry::query::SodDigest;

/// Slots that a key takes part in.
const WIDTH: u32 = 128;

/// The same, for counting slots.
const BLOCK: u64 = 128;

/// Octets of one block in one column.
const CELL: usize = 16;

/// One slot more than keys for each so many keys. Keys left over cost three times what a slot does;
/// this is about where both together are least.
const SPARE: u64 = 200;

/// Most slots: sixteen times those for 5 million cards.
pub(super) const MAX_SLOTS: u64 = 1 << 27;

/// The parts of a digest that say where it is looked for. A digest is uniform already, so nothing is
/// hashed again.
///
/// ```text
/// octets 0..8    place among the slots, big-endian
/// octets 8..12   fingerprint, big-endian, its first bits first
/// octets 16..32  which of the 128 slots count, big-endian; the lowest always does
/// ```
#[derive(Clone, Copy)]
pub(super) struct Probe {
    place: u64,
    fingerprint: u32,
    coefficients: u128,
}

impl Probe {
    pub(super) const fn of(sod: &SodDigest) -> Self {
        let [
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            i,
            j,
            k,
            l,
            _,
            _,
            _,
            _,
            coefficients @ ..,
        ] = *sod.as_bytes();
        Self {
            place: u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            fingerprint: u32::from_be_bytes([i, j, k, l]),
            coefficients: u128::from_be_bytes(coefficients) | 1,
        }
    }

    /// The first bits of the fingerprint, lowest bit last.
    pub(super) fn fingerprint(&self, bits: u32) -> u64 {
        u64::from(
            self.fingerprint
                .checked_shr(32_u32.saturating_sub(bits))
                .unwrap_or(0),
        )
    }

    /// The first of its slots. Grows with the digest, so that keys in order come slot by slot.
    fn start(&self, slots: u64) -> u64 {
        let choices = u128::from(slots.saturating_sub(BLOCK) + 1);
        let product = u128::from(self.place) * choices;
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

/// The table.
pub(super) struct Ribbon {
    slots: u64,
    columns: usize,
    /// For each block of 128 slots its columns in a row, and a block of zeros behind the last, so
    /// that every key finds two. Bit k of a cell belongs to slot k of its block.
    cells: Vec<u128>,
}

/// What building gives.
pub(super) struct Built {
    pub(super) ribbon: Ribbon,
    /// Which of the keys, by number, are left over
    pub(super) left_over: Vec<usize>,
}

impl Ribbon {
    /// Slots for so many keys: a whole number of blocks.
    pub(super) const fn slots_for(keys: u64) -> u64 {
        if keys == 0 {
            return 0;
        }
        (keys + keys / SPARE).div_ceil(BLOCK) * BLOCK + BLOCK
    }

    /// Whether a table may have so many slots.
    pub(super) const fn fits(slots: u64) -> bool {
        slots <= MAX_SLOTS && slots.is_multiple_of(BLOCK)
    }

    /// Octets of a table.
    pub(super) fn octets(slots: u64, columns: usize) -> Option<usize> {
        usize::try_from(slots / BLOCK)
            .ok()?
            .checked_mul(columns)?
            .checked_mul(CELL)
    }

    /// Solves for the values of the keys, of which the lowest `columns` bits count, the highest of
    /// them in the first column. Keys in order are solved fastest.
    pub(super) fn build(
        keys: impl ExactSizeIterator<Item = (Probe, u64)>,
        columns: usize,
    ) -> Option<Built> {
        let count = u64::try_from(keys.len()).ok()?;
        let slots = Self::slots_for(count);
        if !Self::fits(slots) {
            return None;
        }
        let mut band = Band::new(usize::try_from(slots).ok()?);
        let mut left_over = Vec::new();
        for (number, (probe, value)) in keys.enumerate() {
            let start = usize::try_from(probe.start(slots)).ok()?;
            if band.add(start, probe.coefficients, value).is_none() {
                left_over.push(number);
            }
        }
        Some(Built {
            ribbon: Self {
                slots,
                columns,
                cells: band.solve(columns)?,
            },
            left_over,
        })
    }

    /// Reads a table of this shape, of which there must be exactly these octets.
    pub(super) fn decode(slots: u64, columns: usize, octets: &[u8]) -> Option<Self> {
        if !Self::fits(slots) || Self::octets(slots, columns)? != octets.len() {
            return None;
        }
        let (cells, _) = octets.as_chunks::<CELL>();
        let mut read = Vec::with_capacity(cells.len() + columns);
        read.extend(cells.iter().map(|cell| u128::from_be_bytes(*cell)));
        read.resize(cells.len() + columns, 0);
        Some(Self {
            slots,
            columns,
            cells: read,
        })
    }

    /// The octets, block by block, column by column, each cell big-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        let stored = self.cells.len().saturating_sub(self.columns);
        let cells = self.cells.iter().take(stored);
        let mut octets = Vec::with_capacity(stored * CELL);
        cells.for_each(|cell| octets.extend_from_slice(&cell.to_be_bytes()));
        octets
    }

    pub(super) const fn slots(&self) -> u64 {
        self.slots
    }

    /// The two blocks that a key lies in; none of a table without slots.
    pub(super) fn at(&self, probe: &Probe) -> Option<At<'_>> {
        if self.slots == 0 {
            return None;
        }
        let start = probe.start(self.slots);
        let first = usize::try_from(start / BLOCK).ok()? * self.columns;
        let blocks = self.cells.get(first..first + 2 * self.columns)?;
        let (here, next) = blocks.split_at_checked(self.columns)?;
        let shift = u32::try_from(start % BLOCK).ok()?;
        Some(At {
            here,
            next,
            low: probe.coefficients.checked_shl(shift).unwrap_or(0),
            high: probe
                .coefficients
                .checked_shr(WIDTH.saturating_sub(shift))
                .unwrap_or(0),
        })
    }
}

/// Where one key lies in a table.
pub(super) struct At<'a> {
    here: &'a [u128],
    next: &'a [u128],
    low: u128,
    high: u128,
}

impl At<'_> {
    /// Whether the first columns say these bits, the last of them in the lowest. Looks no further
    /// than the first that differs.
    pub(super) fn says(&self, bits: u64, columns: u32) -> bool {
        (0..columns)
            .rev()
            .zip(self.here.iter().zip(self.next))
            .all(|(bit, (here, next))| self.sum(*here, *next) == ((bits >> bit) & 1 == 1))
    }

    /// What one column says.
    pub(super) fn bit(&self, column: usize) -> Option<bool> {
        Some(self.sum(*self.here.get(column)?, *self.next.get(column)?))
    }

    const fn sum(&self, here: u128, next: u128) -> bool {
        odd((here & self.low) ^ (next & self.high))
    }
}

const fn odd(bits: u128) -> bool {
    bits.count_ones() & 1 == 1
}

/// The equations, each under the first slot that it names; a slot without one is free.
struct Band {
    coefficients: Vec<u128>,
    values: Vec<u64>,
}

impl Band {
    fn new(slots: usize) -> Self {
        Self {
            coefficients: vec![0; slots],
            values: vec![0; slots],
        }
    }

    /// Adds an equation, less those that are there; none when it contradicts them.
    fn add(&mut self, start: usize, mut coefficients: u128, mut value: u64) -> Option<()> {
        let mut slot = start;
        loop {
            let there = self.coefficients.get_mut(slot)?;
            let known = self.values.get_mut(slot)?;
            if *there == 0 {
                *there = coefficients;
                *known = value;
                return Some(());
            }
            coefficients ^= *there;
            value ^= *known;
            if coefficients == 0 {
                return (value == 0).then_some(());
            }
            let shift = coefficients.trailing_zeros();
            coefficients >>= shift;
            slot += usize::try_from(shift).ok()?;
        }
    }

    /// Solves from the last slot to the first; free slots get zero. The block behind the last is
    /// there, and zero.
    fn solve(self, columns: usize) -> Option<Vec<u128>> {
        let block = usize::try_from(BLOCK).ok()?;
        let blocks = self.coefficients.len() / block;
        let mut cells = vec![0; (blocks + 1) * columns];
        // What the 128 slots from the present one on say, in each column.
        let mut ahead = vec![0_u128; columns];
        let equations = self.coefficients.iter().zip(&self.values).enumerate();
        for (slot, (coefficients, value)) in equations.rev() {
            for (column, said) in (0..columns).rev().zip(&mut ahead) {
                *said <<= 1;
                let wanted = *coefficients != 0 && (value >> column) & 1 == 1;
                *said |= u128::from(odd(*said & coefficients) != wanted);
            }
            if slot.is_multiple_of(block) {
                let first = slot / block * columns;
                for (cell, said) in cells.get_mut(first..)?.iter_mut().zip(&ahead) {
                    *cell = *said;
                }
            }
        }
        Some(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hash::Hash;

    fn probe(number: u64) -> Probe {
        let digest = Hash::Sha256.digest(&[&number.to_be_bytes()]);
        Probe::of(&SodDigest::from_bytes(digest.try_into().unwrap()))
    }

    fn value(number: u64) -> u64 {
        number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 47
    }

    fn read(ribbon: &Ribbon, probe: &Probe, columns: usize) -> u64 {
        let at = ribbon.at(probe).unwrap();
        (0..columns).fold(0, |bits, column| {
            bits << 1 | u64::from(at.bit(column).unwrap())
        })
    }

    #[test]
    fn every_key_has_its_value_or_is_left_over() {
        for (keys, columns) in [(1, 17), (2, 1), (127, 17), (20_000, 17), (20_000, 1)] {
            let mask = (1 << columns) - 1;
            let list: Vec<(Probe, u64)> = (0..keys)
                .map(|key| (probe(key), value(key) & mask))
                .collect();
            let built = Ribbon::build(list.iter().copied(), columns).unwrap();
            assert!(built.left_over.len() < 2 + list.len() / 50);
            let again =
                Ribbon::decode(built.ribbon.slots(), columns, &built.ribbon.encode()).unwrap();
            for (number, (probe, value)) in list.iter().enumerate() {
                let bits = u32::try_from(columns).unwrap();
                if !built.left_over.contains(&number) {
                    assert_eq!(read(&again, probe, columns), *value, "{number}");
                    assert!(again.at(probe).unwrap().says(*value, bits));
                    assert!(!again.at(probe).unwrap().says(*value ^ 1, bits));
                }
            }
        }
    }

    #[test]
    fn the_same_key_twice_needs_the_same_value() {
        let same = [(probe(1), 5), (probe(1), 5)];
        assert!(
            Ribbon::build(same.into_iter(), 3)
                .unwrap()
                .left_over
                .is_empty()
        );
        let other = [(probe(1), 5), (probe(1), 6)];
        assert_eq!(Ribbon::build(other.into_iter(), 3).unwrap().left_over, [1]);
    }

    #[test]
    fn a_table_of_another_length_is_none() {
        let built = Ribbon::build([(probe(1), 1)].into_iter(), 2).unwrap();
        let octets = built.ribbon.encode();
        let slots = built.ribbon.slots();
        assert!(Ribbon::decode(slots, 2, &octets).is_some());
        assert!(Ribbon::decode(slots, 1, &octets).is_none());
        assert!(Ribbon::decode(slots - 1, 2, &octets).is_none());
        assert!(Ribbon::decode(slots, 2, &octets[1..]).is_none());
        assert!(Ribbon::decode(MAX_SLOTS + BLOCK, 2, &octets).is_none());
        assert!(Ribbon::decode(u64::MAX, 33, &[]).is_none());
        assert!(Ribbon::decode(0, 17, &[]).unwrap().at(&probe(1)).is_none());
    }
}
