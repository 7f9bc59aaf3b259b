use super::*;
use crate::registry::snapshot::Signers;
use crate::registry::snapshot::tests::Edited;
use crate::registry::snapshot::tests::at;
use crate::registry::snapshot::tests::edition;
use crate::registry::snapshot::tests::key;

type Universe = Vec<(SodDigest, CardStatus)>;

const STATUSES: [CardStatus; 5] = [
    CardStatus::Active,
    CardStatus::Replaced,
    CardStatus::ReportedLost,
    CardStatus::Revoked,
    CardStatus::Expired,
];

fn sod(number: u64) -> SodDigest {
    SodDigest::from_bytes(sha256(&number.to_be_bytes()))
}

/// Cards of which one in eight is not in force.
fn universe(cards: u64) -> Universe {
    let status = |number: u64| match number % 32 {
        0 | 1 => CardStatus::Replaced,
        2 => CardStatus::ReportedLost,
        3 => CardStatus::Revoked,
        4 => CardStatus::Expired,
        _ => CardStatus::Active,
    };
    (0..cards)
        .map(|number| (sod(number), status(number)))
        .collect()
}

fn made(cards: &mut Universe, bits: u64) -> Snapshot {
    let bits = FingerprintBits::new(bits).unwrap();
    let octets = full(cards, &edition(1), bits, key(), at(0)).unwrap();
    Snapshot::decode(&octets, Signers::Any).unwrap()
}

fn assert_exact(cards: &mut Universe, snapshot: &Snapshot) {
    let compared = compare(cards, snapshot).unwrap();
    let expected = Compared {
        cards: u64::try_from(cards.len()).unwrap(),
        different: 0,
    };
    assert_eq!(compared, expected);
}

/// Every card that was known has the register's answer. `CANCUOC_SNAPSHOT_CARDS` says how many.
#[test]
fn the_whole_universe_is_answered_exactly() {
    let asked = std::env::var("CANCUOC_SNAPSHOT_CARDS").ok();
    let cards = asked.map_or(60_000, |text| text.parse().unwrap());
    let mut cards = universe(cards);
    for bits in [8, 16] {
        let snapshot = made(&mut cards, bits);
        assert_exact(&mut cards, &snapshot);
        let said = snapshot.contents();
        assert_eq!(said.known, u64::try_from(cards.len()).unwrap());
        assert!(said.replaced > said.revoked && said.listed() * 7 < said.known);
        // With 8 bits, one card in 256 of those in force is in the list.
        let in_force = cards.len() * 7 / 8;
        let (least, most) = match bits {
            8 => (in_force / 256 / 2, in_force / 256 * 2),
            _ => (0, cards.len() / 8 / 20),
        };
        assert!((least..=most).contains(&snapshot.corrections()), "{bits}");
    }
}

#[test]
fn a_digest_that_was_not_known_is_seldom_called_not_in_force() {
    let mut cards = universe(8_000);
    for bits in [8_u32, 12] {
        let snapshot = made(&mut cards, u64::from(bits));
        let unknown = (1_000_000..1_040_000).map(sod);
        let wrong = unknown.filter(|sod| snapshot.lookup(sod).is_some()).count();
        // Six standard deviations around the expected share.
        let expected = 40_000 >> bits;
        let spread = 6 * usize::isqrt(expected) + 6;
        assert!(wrong.abs_diff(expected) <= spread, "{bits}: {wrong}");
        assert!(snapshot.false_positive_rate() >= 1.0 / f64::from(1 << bits));
        assert!(snapshot.false_positive_rate() < 1.001 / f64::from(1 << bits));
    }
}

#[test]
fn registers_without_some_statuses_or_any_cards_have_snapshots() {
    for status in STATUSES {
        for count in [0, 1, 2, 200] {
            let mut cards: Universe = (0..count).map(|number| (sod(number), status)).collect();
            let snapshot = made(&mut cards, 16);
            assert_exact(&mut cards, &snapshot);
            assert_eq!(snapshot.lookup(&sod(1 << 40)), None);
        }
    }
}

/// Nobody can choose digests, but whoever could, makes a snapshot longer and never wrong.
#[test]
fn digests_that_crowd_one_place_are_answered_exactly() {
    let crowded = |number: u64| {
        let mut digest = *sod(number).as_bytes();
        digest[..8].copy_from_slice(&[0xAA; 8]);
        SodDigest::from_bytes(digest)
    };
    let mut cards: Universe = (0..400)
        .map(|number| {
            let status = STATUSES[usize::try_from(number % 5).unwrap()];
            (crowded(number), status)
        })
        .collect();
    let snapshot = made(&mut cards, 16);
    assert_exact(&mut cards, &snapshot);
    // 64 bits are not enough to tell them apart.
    assert_eq!(snapshot.tables[0].key_bits().get(), 128);

    // The same in a delta: one of two that agree in 64 bits changes.
    let mut base: Universe = (0..2)
        .map(|number| (crowded(number), CardStatus::Active))
        .collect();
    let octets = full(&mut base, &edition(1), FingerprintBits::USUAL, key(), at(0)).unwrap();
    let before = Snapshot::decode(&octets, Signers::Any).unwrap();
    base[0].1 = CardStatus::Revoked;
    let change = delta(&mut base, &before, &edition(2), key(), at(0)).unwrap();
    let after = Snapshot::decode(&[octets, change].concat(), Signers::Any).unwrap();
    assert_exact(&mut base, &after);
    assert_eq!(after.tables[0].key_bits().get(), 128);
    assert_eq!(after.tables[1].key_bits().get(), 64);
}

#[test]
fn what_contradicts_itself_makes_no_snapshot() {
    let refused = |mut cards: Universe| {
        let made = full(
            &mut cards,
            &edition(1),
            FingerprintBits::USUAL,
            key(),
            at(0),
        );
        made.unwrap_err().code()
    };
    let (one, two) = (sod(1), sod(2));
    let twice = vec![(one, CardStatus::Revoked), (one, CardStatus::Revoked)];
    assert_eq!(refused(twice), "snapshot.cards");
    let both = vec![
        (one, CardStatus::Active),
        (two, CardStatus::Active),
        (one, CardStatus::Revoked),
    ];
    assert_eq!(refused(both), "snapshot.cards");
    assert_eq!(
        refused(vec![(one, CardStatus::NotOnFile)]),
        "snapshot.cards"
    );
}

/// Cards that are others each time.
struct Shifting(Vec<Universe>);

impl Cards for Shifting {
    fn each(
        &mut self,
        take: &mut crate::registry::snapshot::cards::Take<'_>,
    ) -> Result<(), SnapshotError> {
        self.0.remove(0).each(take)
    }
}

#[test]
fn cards_that_change_meanwhile_make_no_snapshot() {
    let cards = universe(100);
    let mut fewer = cards.clone();
    fewer.pop();
    let mut other = cards.clone();
    other[0].1 = CardStatus::Revoked;
    let mut mended = cards.clone();
    mended[0].1 = CardStatus::Active;
    for changed in [fewer, other, mended] {
        let mut shifting = Shifting(vec![cards.clone(), changed]);
        let made = full(
            &mut shifting,
            &edition(1),
            FingerprintBits::USUAL,
            key(),
            at(0),
        );
        assert_eq!(made.unwrap_err().code(), "snapshot.cards");
    }
}

mod full_or_delta {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever happens to cards from day to day, whoever takes the deltas and whoever takes the
        /// full snapshot has the same answers.
        #[test]
        fn reach_the_same_answers(days in proptest::collection::vec(
            proptest::collection::btree_map(0..120_u64, 0..5_usize, 0..60), 1..5,
        )) {
            let bits = FingerprintBits::new(8).unwrap();
            let mut register = std::collections::BTreeMap::new();
            let mut chain: Option<Vec<u8>> = None;
            for (day, changes) in (1_u64..).zip(days) {
                register.extend(changes);
                let mut cards: Universe = register
                    .iter()
                    .map(|(number, status)| (sod(*number), STATUSES[*status]))
                    .collect();
                let whole = full(&mut cards, &edition(day), bits, key(), at(0)).unwrap();
                let mut octets = chain.take().unwrap_or_default();
                if octets.is_empty() {
                    octets.clone_from(&whole);
                } else {
                    let before = Snapshot::decode(&octets, Signers::Any).unwrap();
                    let change = delta(&mut cards, &before, &edition(day), key(), at(0));
                    octets.extend(change.unwrap());
                }
                let whole = Snapshot::decode(&whole, Signers::Any).unwrap();
                let chained = Snapshot::decode(&octets, Signers::Any).unwrap();
                assert_exact(&mut cards, &whole);
                assert_exact(&mut cards, &chained);
                prop_assert_eq!(whole.contents(), chained.contents());
                prop_assert_eq!(whole.revision(), chained.revision());
                chain = Some(octets);
            }
        }
    }
}

#[test]
fn a_delta_follows_on_its_own_register_and_goes_forward() {
    let mut cards = universe(10);
    let base = made(&mut cards, 16);
    let refused = |edition: &Edition| {
        let made = delta(&mut cards.clone(), &base, edition, key(), at(0));
        made.unwrap_err().code()
    };
    assert_eq!(refused(&edition(1)), "snapshot.parameter");
    assert_eq!(refused(&edition(2).of("other")), "snapshot.other_register");
    assert_eq!(refused(&edition(2).on(-1)), "snapshot.parameter");
    assert!(Edition::new(RegisterId::new("a").unwrap(), 0, edition(1).times).is_err());
    assert!(Edition::new(RegisterId::new("a").unwrap(), 1 << 53, edition(1).times).is_err());
}
