//! A list of cards with a definite answer each: those that the filter would answer wrongly, and those
//! that changed since.
//!
//! A card is named by the first bits of its digest. The list is in order, so only the steps from one
//! to the next are written, in the code of Golomb and Rice.
//!
//! ```text
//! entry    = quotient remainder answer
//! quotient = step >> rice_bits, as that many 1 and a 0
//! remainder= the lowest rice_bits of the step, highest bit first
//! answer   = 2 bits: 0 active, 1 replaced, 2 reported_lost, 3 revoked
//! ```
//! The first step is the first key; every other is the distance to the key before, less 1. Bits fill
//! octets from the highest; those that are left in the last octet are 0.

use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::bits::Bits;
use crate::registry::snapshot::bits::BitsOut;

/// Most entries of one list: half a year of 30,000 changes a day is a third of it.
pub(super) const MAX_ENTRIES: usize = 1 << 24;

/// Bits of an answer.
const ANSWER_BITS: u32 = 2;

/// Bits of the index over the first bits of the keys, at most: 16 MiB in memory.
const MAX_INDEX_BITS: u32 = 22;

/// How many bits of the digest name a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyBits(u32);

impl KeyBits {
    /// What is tried first. That one of 100 million cards has the bits of one of a million in the
    /// list by chance: 1 in 180,000. Then more bits are taken.
    pub(super) const USUAL: Self = Self(64);

    /// Takes 16 to 128.
    pub(super) fn new(bits: u64) -> Option<Self> {
        let bits = u32::try_from(bits).ok()?;
        (16..=128).contains(&bits).then_some(Self(bits))
    }

    pub(super) const fn get(self) -> u32 {
        self.0
    }

    /// The next that is tried; none after all 128.
    pub(super) fn more(self) -> Option<Self> {
        (self.0 < 128).then(|| Self(self.0.saturating_mul(2).min(128)))
    }

    /// The name of a card.
    pub(super) fn key(self, sod: &SodDigest) -> u128 {
        let [first, ..] = sod.as_bytes().as_chunks::<16>().0 else {
            return 0;
        };
        u128::from_be_bytes(*first)
            .checked_shr(128_u32.saturating_sub(self.0))
            .unwrap_or(0)
    }
}

/// The number of a status in a file; none for what is never written.
pub(super) const fn number(status: CardStatus) -> Option<u8> {
    match status {
        CardStatus::Active => Some(0),
        CardStatus::Replaced => Some(1),
        CardStatus::ReportedLost => Some(2),
        CardStatus::Revoked => Some(3),
        CardStatus::Expired | CardStatus::NotIssued | CardStatus::NotOnFile => None,
    }
}

/// The status of a number.
pub(super) const fn status(number: u128) -> Option<CardStatus> {
    match number {
        0 => Some(CardStatus::Active),
        1 => Some(CardStatus::Replaced),
        2 => Some(CardStatus::ReportedLost),
        3 => Some(CardStatus::Revoked),
        _ => None,
    }
}

/// The list.
#[derive(Clone)]
pub(super) struct Table {
    key_bits: KeyBits,
    /// In order, each once, with its answer
    entries: Vec<(u128, CardStatus)>,
    /// For each value of the first `index_bits` bits, how many keys come before it; one more behind
    index: Vec<u32>,
    index_bits: u32,
}

/// Two cards with different answers have the same bits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clash;

impl Table {
    /// Makes a list.
    pub(super) fn new(
        key_bits: KeyBits,
        mut entries: Vec<(u128, CardStatus)>,
    ) -> Result<Self, Clash> {
        entries.sort_unstable_by_key(|entry| entry.0);
        let clash = entries.windows(2).any(|pair| match pair {
            [one, two] => one.0 == two.0 && one.1 != two.1,
            _ => false,
        });
        if clash {
            return Err(Clash);
        }
        entries.dedup_by_key(|entry| entry.0);
        Ok(Self::sorted(key_bits, entries))
    }

    fn sorted(key_bits: KeyBits, entries: Vec<(u128, CardStatus)>) -> Self {
        let bits = entries.len().checked_ilog2().unwrap_or(0) + 1;
        let index_bits = bits.min(MAX_INDEX_BITS).min(key_bits.get());
        let shift = key_bits.get().saturating_sub(index_bits);
        let room = 1_usize.checked_shl(index_bits).unwrap_or(1);
        let mut index = Vec::with_capacity(room + 1);
        let mut count = 0_u32;
        for (key, _) in &entries {
            let bucket = usize::try_from(key.checked_shr(shift).unwrap_or(0)).unwrap_or(room);
            while index.len() <= bucket.min(room) {
                index.push(count);
            }
            count += 1;
        }
        index.resize(room + 1, count);
        Self {
            key_bits,
            entries,
            index,
            index_bits,
        }
    }

    pub(super) const fn key_bits(&self) -> KeyBits {
        self.key_bits
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The answer for a card that is in the list.
    pub(super) fn find(&self, sod: &SodDigest) -> Option<CardStatus> {
        let key = self.key_bits.key(sod);
        let shift = self.key_bits.get().saturating_sub(self.index_bits);
        let bucket = usize::try_from(key.checked_shr(shift).unwrap_or(0)).ok()?;
        let from = usize::try_from(*self.index.get(bucket)?).ok()?;
        let to = usize::try_from(*self.index.get(bucket + 1)?).ok()?;
        let near = self.entries.get(from..to)?;
        let found = near.binary_search_by_key(&key, |entry| entry.0).ok()?;
        near.get(found).map(|entry| entry.1)
    }

    /// Lists that name cards by as many bits, as one; what a later one says holds.
    pub(super) fn layered(key_bits: KeyBits, tables: Vec<Self>) -> Self {
        let mut entries: Vec<_> = tables.into_iter().flat_map(|table| table.entries).collect();
        // The sort keeps the order of equal ones; of them the last is wanted, and the first kept.
        entries.reverse();
        entries.sort_by_key(|entry| entry.0);
        entries.dedup_by_key(|entry| entry.0);
        Self::sorted(key_bits, entries)
    }

    /// How many low bits of a step are written as they are, for so many keys: as many as a usual
    /// step has.
    pub(super) fn rice_bits(key_bits: KeyBits, entries: usize) -> u32 {
        let spread = entries.max(1).next_power_of_two().ilog2();
        key_bits.get().saturating_sub(spread)
    }

    /// The octets, and how many bits of a step are written as they are.
    pub(super) fn encode(&self) -> (Vec<u8>, u32) {
        let rice_bits = Self::rice_bits(self.key_bits, self.len());
        let mut out = BitsOut::default();
        let mut least = 0_u128;
        for (key, answer) in &self.entries {
            let step = key.saturating_sub(least);
            let mut quotient = step.checked_shr(rice_bits).unwrap_or(0);
            while quotient > 0 {
                out.put(1, 1);
                quotient -= 1;
            }
            out.put(0, 1);
            out.put(step, rice_bits);
            out.put(u128::from(number(*answer).unwrap_or(0)), ANSWER_BITS);
            least = key.saturating_add(1);
        }
        (out.finish(), rice_bits)
    }

    /// Reads a list of so many entries, of which there must be exactly these octets. The error says
    /// what is wrong.
    pub(super) fn decode(
        key_bits: KeyBits,
        rice_bits: u32,
        count: usize,
        octets: &[u8],
    ) -> Result<Self, &'static str> {
        if count > MAX_ENTRIES || rice_bits != Self::rice_bits(key_bits, count) {
            return Err("table: shape");
        }
        // An entry has three bits at least.
        if count / 3 > octets.len() {
            return Err("table: length");
        }
        let mut bits = Bits::new(octets);
        let mut entries = Vec::with_capacity(count);
        let most = u128::MAX
            .checked_shr(128_u32.saturating_sub(key_bits.get()))
            .unwrap_or(0);
        let mut least = Some(0_u128);
        for _ in 0..count {
            let quotient = bits.unary().ok_or("table: end")?;
            let remainder = bits.take(rice_bits).ok_or("table: end")?;
            let key = (quotient <= most.checked_shr(rice_bits).unwrap_or(0))
                .then(|| quotient.checked_shl(rice_bits).unwrap_or(0) | remainder)
                .and_then(|step| least?.checked_add(step))
                .filter(|key| *key <= most)
                .ok_or("table: key")?;
            let answer = bits.take(ANSWER_BITS).ok_or("table: end")?;
            entries.push((key, status(answer).ok_or("table: answer")?));
            least = key.checked_add(1);
        }
        if !bits.is_at_end() {
            return Err("table: length");
        }
        Ok(Self::sorted(key_bits, entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sod(key: u128) -> SodDigest {
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&key.to_be_bytes());
        SodDigest::from_bytes(digest)
    }

    fn made(bits: u64, entries: &[(u128, CardStatus)]) -> Table {
        let bits = KeyBits::new(bits).unwrap();
        let shift = 128 - bits.get();
        let entries = entries.iter().map(|one| (one.0 >> shift, one.1)).collect();
        Table::new(bits, entries).unwrap()
    }

    fn any_status() -> impl Strategy<Value = CardStatus> {
        (0..4_u128).prop_map(|number| status(number).unwrap())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            wide in any::<bool>(),
            entries in proptest::collection::btree_map(any::<u128>(), any_status(), 0..200),
        ) {
            let entries: Vec<_> = entries.into_iter().collect();
            let table = made(if wide { 128 } else { 64 }, &entries);
            let (octets, rice) = table.encode();
            let again = Table::decode(table.key_bits(), rice, table.len(), &octets).unwrap();
            prop_assert_eq!(&again.entries, &table.entries);
            for (key, status) in &entries {
                prop_assert_eq!(again.find(&sod(*key)), Some(*status));
                prop_assert_eq!(again.find(&sod(*key ^ (1 << 64))), None);
            }
        }

        #[test]
        fn any_octets_are_read_or_refused(
            octets in proptest::collection::vec(any::<u8>(), 0..64),
            count in 0..40_usize,
            bits in 16..=128_u64,
        ) {
            let bits = KeyBits::new(bits).unwrap();
            let rice = Table::rice_bits(bits, count);
            if let Ok(table) = Table::decode(bits, rice, count, &octets) {
                // One list has one spelling.
                prop_assert_eq!(table.encode(), (octets, rice));
            }
        }

        #[test]
        fn a_later_list_lies_over_an_earlier(
            one in proptest::collection::btree_map(0..64_u128, any_status(), 0..40),
            two in proptest::collection::btree_map(0..64_u128, any_status(), 0..40),
        ) {
            let shifted = |map: &std::collections::BTreeMap<u128, CardStatus>| {
                map.iter().map(|(key, status)| (key << 100, *status)).collect::<Vec<_>>()
            };
            let tables = vec![made(64, &shifted(&one)), made(64, &shifted(&two))];
            let both = Table::layered(KeyBits::USUAL, tables);
            for key in 0..64 {
                let expected = two.get(&key).or(one.get(&key)).copied();
                prop_assert_eq!(both.find(&sod(key << 100)), expected);
            }
        }
    }

    #[test]
    fn two_answers_for_the_same_bits_clash() {
        let bits = KeyBits::new(16).unwrap();
        let same = vec![(1, CardStatus::Active), (1, CardStatus::Active)];
        assert_eq!(Table::new(bits, same).unwrap().len(), 1);
        let other = vec![(1, CardStatus::Active), (1, CardStatus::Revoked)];
        assert_eq!(Table::new(bits, other).err(), Some(Clash));
        assert_eq!(bits.more().unwrap().get(), 32);
        assert_eq!(KeyBits::new(128).unwrap().more(), None);
    }

    #[test]
    fn a_key_at_the_end_of_all_is_read() {
        let all = [
            (0, CardStatus::Revoked),
            (u128::MAX, CardStatus::ReportedLost),
        ];
        let table = made(128, &all);
        let (octets, rice) = table.encode();
        let again = Table::decode(table.key_bits(), rice, 2, &octets).unwrap();
        assert_eq!(again.entries, all);
    }
}
