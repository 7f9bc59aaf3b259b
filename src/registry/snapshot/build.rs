//! Making snapshots and deltas out of every card of a register.
//!
//! Both go through the cards twice. What is not in force is held in memory, 40 octets for each card;
//! the others are not.

use jiff::Timestamp;

use crate::crypto::hash::Hash;
use crate::error::Error;
use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::Snapshot;
use crate::registry::snapshot::cards::Cards;
use crate::registry::snapshot::cards::unusable;
use crate::registry::snapshot::file;
use crate::registry::snapshot::filter::Codes;
use crate::registry::snapshot::filter::Filter;
use crate::registry::snapshot::filter::FingerprintBits;
use crate::registry::snapshot::header::Contents;
use crate::registry::snapshot::header::FilterShape;
use crate::registry::snapshot::header::Header;
use crate::registry::snapshot::header::MAX_NUMBER;
use crate::registry::snapshot::header::Part;
use crate::registry::snapshot::header::RegisterId;
use crate::registry::snapshot::header::TableShape;
use crate::registry::snapshot::header::Times;
use crate::registry::snapshot::header::sha256;
use crate::registry::snapshot::table;
use crate::registry::snapshot::table::Clash;
use crate::registry::snapshot::table::KeyBits;
use crate::registry::snapshot::table::Table;
use crate::seal::key::DeviceKey;

/// Most cards that are not in force: thirteen times those of 100 million with 5 in 100. They take
/// 2.7 GB while a filter is made.
const MAX_LISTED: usize = 1 << 26;

/// Cards hashed at once for the digest of the contents.
const RUN: usize = 65_536;

/// Of which register a snapshot is made, and for how long it counts.
#[derive(Debug, Clone)]
pub struct Edition {
    /// The register
    pub register: RegisterId,
    /// The number, higher than every one before
    pub revision: u64,
    /// When it counts
    pub times: Times,
}

impl Edition {
    /// Takes a number that every program holds.
    ///
    /// # Errors
    /// [`SnapshotError::Parameter`].
    pub fn new(register: RegisterId, revision: u64, times: Times) -> Result<Self, SnapshotError> {
        if (1..=MAX_NUMBER).contains(&revision) {
            Ok(Self {
                register,
                revision,
                times,
            })
        } else {
            Err(SnapshotError::Parameter { what: "revision" })
        }
    }
}

/// The cards of a register that are not in force, in the order of their digests, and how many there
/// are in all.
struct Listed {
    known: u64,
    cards: Vec<(SodDigest, CardStatus)>,
}

impl Listed {
    /// Gathers the cards. `beside` sees every one.
    fn gather(
        cards: &mut dyn Cards,
        beside: &mut dyn FnMut(&SodDigest, CardStatus) -> Result<(), SnapshotError>,
    ) -> Result<Self, SnapshotError> {
        let mut known = 0_u64;
        let mut listed = Vec::new();
        cards.each(&mut |sod, status| {
            known += 1;
            if !in_force(status)? {
                if listed.len() == MAX_LISTED {
                    return Err(unusable("too many cards are not in force"));
                }
                listed.push((sod, status));
            }
            beside(&sod, status)
        })?;
        listed.sort_unstable_by(|one, two| one.0.as_bytes().cmp(two.0.as_bytes()));
        let twice = |pair: &[(SodDigest, CardStatus)]| match pair {
            [one, two] => one.0 == two.0,
            _ => false,
        };
        if listed.windows(2).any(twice) {
            return Err(unusable("a card is there twice"));
        }
        Ok(Self {
            known,
            cards: listed,
        })
    }

    fn find(&self, sod: &SodDigest) -> Option<CardStatus> {
        let order = |card: &(SodDigest, CardStatus)| card.0.as_bytes().cmp(sod.as_bytes());
        let place = self.cards.binary_search_by(order).ok()?;
        self.cards.get(place).map(|card| card.1)
    }

    fn count(&self, status: CardStatus) -> u64 {
        let cards = self.cards.iter().filter(|card| card.1 == status);
        u64::try_from(cards.count()).unwrap_or(u64::MAX)
    }

    /// What is said in all: cards in the order of their digests, 33 octets each, digest and number of
    /// the status; SHA-256 over the SHA-256 of each 65,536 of them.
    fn contents(&self) -> Contents {
        let mut digests = Vec::new();
        for run in self.cards.chunks(RUN) {
            let mut octets = Vec::with_capacity(run.len() * 33);
            for (sod, status) in run {
                octets.extend_from_slice(sod.as_bytes());
                octets.push(table::number(*status).unwrap_or(0));
            }
            digests.extend(Hash::Sha256.digest(&[&octets]));
        }
        Contents {
            known: self.known,
            replaced: self.count(CardStatus::Replaced),
            reported_lost: self.count(CardStatus::ReportedLost),
            revoked: self.count(CardStatus::Revoked),
            sha256: sha256(&digests),
        }
    }

    /// The three statuses, the most frequent first.
    fn codes(&self) -> Codes {
        let mut codes = [
            CardStatus::Replaced,
            CardStatus::ReportedLost,
            CardStatus::Revoked,
        ];
        codes.sort_by_key(|status| std::cmp::Reverse(self.count(*status)));
        codes
    }
}

/// Whether a snapshot has nothing to say of a card. One that expired is as good as one in force here:
/// the date stands on the card.
fn in_force(status: CardStatus) -> Result<bool, SnapshotError> {
    match status {
        CardStatus::Active | CardStatus::Expired => Ok(true),
        CardStatus::Replaced | CardStatus::ReportedLost | CardStatus::Revoked => Ok(false),
        CardStatus::NotIssued | CardStatus::NotOnFile => Err(unusable("status of a card")),
    }
}

/// What a snapshot says of a card of this status.
fn said(status: CardStatus) -> Result<Option<CardStatus>, SnapshotError> {
    Ok((!in_force(status)?).then_some(status))
}

/// Makes a full snapshot of these cards, signed.
///
/// Every card gets the answer that it has in the register: one in force that the filter would hit
/// goes into the list, and so does one not in force that found no place in the filter.
///
/// # Errors
/// [`SnapshotError::Cards`] when a card is there twice with different statuses, or others come the
/// second time; what keeps the key from signing.
pub fn full(
    cards: &mut dyn Cards,
    edition: &Edition,
    bits: FingerprintBits,
    key: &DeviceKey,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let listed = Listed::gather(cards, &mut |_, _| Ok(()))?;
    let codes = listed.codes();
    let many = || unusable("too many cards are not in force");
    let (filter, left) = Filter::build(&listed.cards, bits, codes).ok_or_else(many)?;
    let left: Vec<(SodDigest, CardStatus)> = left
        .iter()
        .filter_map(|place| listed.cards.get(*place).copied())
        .collect();
    let table = exceptions(cards, &listed, &filter, &left, KeyBits::USUAL)?;
    let first = filter.first.encode();
    let second = filter.second.encode();
    let (list, rice_bits) = table.encode();
    let header = Header {
        register: edition.register.clone(),
        revision: edition.revision,
        times: edition.times,
        contents: listed.contents(),
        base: None,
        filter: Some(FilterShape {
            bits,
            codes,
            first_slots: filter.first.slots(),
            first: Part::of(&first),
            second_slots: filter.second.slots(),
            second: Part::of(&second),
        }),
        table: shape(&table, &list, rice_bits),
    };
    let header = header.sign(key, now)?;
    Ok(file::encode(&header, &[&first, &second, &list]).ok_or(SnapshotError::TooLarge)?)
}

/// The list of a full snapshot: the cards that the filter alone would answer wrongly.
///
/// A card that is not among them may have the same first bits as one that is. One of both is then in
/// force and the other is not, and both go into the list, where they clash; or the answer is the
/// same, and right for both. After a clash more bits are taken.
fn exceptions(
    cards: &mut dyn Cards,
    listed: &Listed,
    filter: &Filter,
    left: &[(SodDigest, CardStatus)],
    mut key_bits: KeyBits,
) -> Result<Table, SnapshotError> {
    let mut hit: Vec<SodDigest> = Vec::new();
    let mut known = 0_u64;
    let mut gone = listed.cards.len();
    // In whatever width the list will be, a card with the same 16 bits or more as one left over is
    // looked at.
    let near = near(left)?;
    cards.each(&mut |sod, status| {
        known += 1;
        match said(status)? {
            None if filter.find(&sod).is_some() || near.find(&sod).is_some() => {
                if listed.find(&sod).is_some() {
                    return Err(unusable("a card is there twice"));
                }
                if hit.len() == table::MAX_ENTRIES {
                    return Err(unusable(
                        "too many exceptions; more fingerprint bits are needed",
                    ));
                }
                hit.push(sod);
            }
            None => {}
            status if listed.find(&sod) == status => gone = gone.saturating_sub(1),
            Some(_) => return Err(changed()),
        }
        Ok(())
    })?;
    if known != listed.known || gone != 0 {
        return Err(changed());
    }
    loop {
        let active = hit
            .iter()
            .map(|sod| (key_bits.key(sod), CardStatus::Active));
        let others = left.iter().map(|card| (key_bits.key(&card.0), card.1));
        let clash = match Table::new(key_bits, active.chain(others).collect()) {
            Ok(table) if clashes(&table, listed) => Clash,
            Ok(table) => return Ok(table),
            Err(clash) => clash,
        };
        key_bits = wider(key_bits, clash)?;
    }
}

/// The cards left over, by as many bits as are tried first.
fn near(left: &[(SodDigest, CardStatus)]) -> Result<Table, SnapshotError> {
    let bits = KeyBits::USUAL;
    let entries = left
        .iter()
        .map(|card| (bits.key(&card.0), CardStatus::Active));
    Table::new(bits, entries.collect()).map_err(|Clash| changed())
}

/// Whether the list has another answer for a card that is not in force than the register.
fn clashes(table: &Table, listed: &Listed) -> bool {
    let mut cards = listed.cards.iter();
    cards.any(|(sod, status)| table.find(sod).is_some_and(|found| found != *status))
}

fn wider(bits: KeyBits, _clash: Clash) -> Result<KeyBits, SnapshotError> {
    // Two digests that agree in 128 bits are one card twice, or a broken hash.
    bits.more()
        .ok_or_else(|| unusable("two cards have the same digest"))
}

/// Makes a delta: the cards of the register that `base` answers otherwise, signed.
///
/// # Errors
/// As for [`full`]; [`SnapshotError::OtherRegister`] and [`SnapshotError::Parameter`] when it cannot
/// follow on that snapshot.
pub fn delta(
    cards: &mut dyn Cards,
    base: &Snapshot,
    edition: &Edition,
    key: &DeviceKey,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    if edition.register != *base.register() {
        return Err(SnapshotError::OtherRegister.into());
    }
    if edition.revision <= base.revision() {
        return Err(SnapshotError::Parameter { what: "revision" }.into());
    }
    if edition.times.as_of < base.times().as_of {
        return Err(SnapshotError::Parameter { what: "as_of" }.into());
    }
    let mut different = Vec::new();
    let listed = Listed::gather(cards, &mut |sod, status| {
        let wanted = said(status)?;
        if base.lookup(sod) != wanted {
            if different.len() == table::MAX_ENTRIES {
                return Err(unusable("too many changes; make a full snapshot"));
            }
            different.push((*sod, wanted.unwrap_or(CardStatus::Active)));
        }
        Ok(())
    })?;
    let table = corrections(cards, &listed, base, &different, KeyBits::USUAL)?;
    let (list, rice_bits) = table.encode();
    let header = Header {
        register: edition.register.clone(),
        revision: edition.revision,
        times: edition.times,
        contents: listed.contents(),
        base: Some(base.as_base()),
        filter: None,
        table: shape(&table, &list, rice_bits),
    };
    let header = header.sign(key, now)?;
    Ok(file::encode(&header, &[&list]).ok_or(SnapshotError::TooLarge)?)
}

/// The list of a delta. With each width, every card is looked up again: one that did not change may
/// have the same first bits as one that did.
fn corrections(
    cards: &mut dyn Cards,
    listed: &Listed,
    base: &Snapshot,
    different: &[(SodDigest, CardStatus)],
    mut key_bits: KeyBits,
) -> Result<Table, SnapshotError> {
    loop {
        let entries = different.iter().map(|card| (key_bits.key(&card.0), card.1));
        let table = match Table::new(key_bits, entries.collect()) {
            Ok(table) => table,
            Err(clash) => {
                key_bits = wider(key_bits, clash)?;
                continue;
            }
        };
        let mut known = 0_u64;
        let mut gone = listed.cards.len();
        let mut wrong = 0_u64;
        cards.each(&mut |sod, status| {
            known += 1;
            let wanted = said(status)?;
            if wanted.is_some() {
                if listed.find(&sod) != wanted {
                    return Err(changed());
                }
                gone = gone.saturating_sub(1);
            }
            let found = match table.find(&sod) {
                Some(CardStatus::Active) => None,
                Some(status) => Some(status),
                None => base.lookup(&sod),
            };
            wrong += u64::from(found != wanted);
            Ok(())
        })?;
        if known != listed.known || gone != 0 {
            return Err(changed());
        }
        if wrong == 0 {
            return Ok(table);
        }
        key_bits = wider(key_bits, Clash)?;
    }
}

/// Looks every card up, and counts those with another answer than the register's.
///
/// # Errors
/// [`SnapshotError::Cards`].
pub fn compare(cards: &mut dyn Cards, snapshot: &Snapshot) -> Result<Compared, SnapshotError> {
    let mut compared = Compared::default();
    cards.each(&mut |sod, status| {
        compared.cards += 1;
        compared.different += u64::from(snapshot.lookup(&sod) != said(status)?);
        Ok(())
    })?;
    Ok(compared)
}

/// What a comparison of every card gives.
#[must_use]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Cards looked up
    pub cards: u64,
    /// Of them those with another answer
    pub different: u64,
}

fn shape(table: &Table, list: &[u8], rice_bits: u32) -> TableShape {
    TableShape {
        entries: table.len(),
        key_bits: table.key_bits(),
        rice_bits,
        part: Part::of(list),
    }
}

fn changed() -> SnapshotError {
    unusable("the cards changed while they were read")
}

#[cfg(test)]
mod tests;
