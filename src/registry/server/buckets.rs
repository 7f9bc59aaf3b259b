//! Token buckets: how fast an agency, its officers and its devices may ask, and what each answer costs
//! them.
//!
//! A number that the register does not know costs the most, so that whoever walks through numbers is
//! slowed the most. The worst case is taken from all three buckets before the register is looked at, and
//! what the answer did not cost is given back after it: questions asked side by side cannot overrun.
//!
//! Memory is bounded without anybody's bucket being forgotten while something is missing from it. A
//! full bucket says nothing and is dropped; where there is room for no more, new names share one bucket
//! of their agency, so that an agency that makes names up slows itself alone.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use unicode_normalization::UnicodeNormalization as _;

/// A token is counted in this many parts, so that a slow bucket fills evenly.
const PARTS: u64 = 1_000_000;

/// Most officers, and most devices, of one agency that have buckets of their own.
const MAX_NAMES: usize = 20_000;

/// How long to wait before looking again for full buckets to drop.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(1);

/// Longest time that anybody is told to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How large a bucket is and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens in a full bucket
    pub capacity: u32,
    /// Tokens that flow in each second
    pub per_second: f64,
}

impl Rate {
    /// How long an empty bucket takes to fill.
    pub fn time_to_fill(self) -> Duration {
        self.time_for(self.capacity_parts())
    }

    fn capacity_parts(self) -> u64 {
        u64::from(self.capacity) * PARTS
    }

    /// What flows in within this time.
    fn inflow(self, time: Duration) -> u64 {
        parts(time.as_secs_f64() * self.per_second)
    }

    /// How long until this much has flowed in.
    fn time_for(self, missing: u64) -> Duration {
        // Zero per second gives an infinite time, which no duration holds.
        let tokens = Duration::from_micros(missing).as_secs_f64();
        let time = Duration::try_from_secs_f64(tokens / self.per_second);
        time.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
    }
}

/// Tokens in parts; as many as fit where there are more.
fn parts(tokens: f64) -> u64 {
    let time = Duration::try_from_secs_f64(tokens).unwrap_or(Duration::MAX);
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The rates of an agency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Of the agency as a whole
    pub agency: Rate,
    /// Of each of its officers
    pub officer: Rate,
    /// Of each of its devices
    pub device: Rate,
}

impl Rates {
    /// Tokens that can ever be taken at once: as many as the smallest of the three buckets holds.
    pub fn hold(&self) -> u64 {
        let smallest = self.officer.capacity.min(self.device.capacity);
        u64::from(smallest.min(self.agency.capacity))
    }
}

/// What answers cost, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// A card or person that the register does not know
    pub unknown: u32,
    /// A card in force with attributes that differ
    pub mismatch: u32,
    /// Any other answer: confirmed, or known and not in force
    pub confirmed: u32,
}

impl Costs {
    /// The most that any answer costs.
    pub fn worst(self) -> u32 {
        self.unknown.max(self.mismatch).max(self.confirmed)
    }

    /// How many questions so many tokens let through.
    pub fn lets(self, tokens: u64) -> u64 {
        let each = u64::from(self.worst());
        tokens.checked_div(each).unwrap_or(u64::MAX)
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Parts of tokens that are missing
    missing: u64,
    /// When that was so
    at: Duration,
}

impl Bucket {
    const fn full(at: Duration) -> Self {
        Self { missing: 0, at }
    }

    fn refill(&mut self, rate: Rate, now: Duration) {
        let passed = now.saturating_sub(self.at);
        self.missing = self.missing.saturating_sub(rate.inflow(passed));
        self.at = self.at.max(now);
    }

    /// Takes an amount that was taken then; no bucket lacks more than it holds.
    fn pay(&mut self, rate: Rate, amount: u64, at: Duration) {
        self.refill(rate, at);
        self.missing = (self.missing + amount).min(rate.capacity_parts());
    }

    /// How much is there.
    fn left(&self, rate: Rate) -> u64 {
        rate.capacity_parts().saturating_sub(self.missing)
    }

    /// How much is short of this amount.
    fn short(&self, rate: Rate, amount: u64) -> u64 {
        self.missing
            .saturating_add(amount)
            .saturating_sub(rate.capacity_parts())
    }
}

/// Which of the three buckets had too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The officer's
    Officer,
    /// The device's
    Device,
    /// The agency's
    Agency,
}

impl Whose {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Officer, Self::Device, Self::Agency];

    /// The word in metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Device => "device",
            Self::Agency => "agency",
        }
    }
}

/// There are too few tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Where
    pub whose: Whose,
    /// How long until there are enough
    pub wait: Duration,
    /// Tokens that could be taken now
    pub left: u64,
}

/// Where tokens were taken and can be given back to.
#[derive(Debug)]
#[must_use]
pub struct Taken {
    officer: Place,
    device: Place,
    amount: u64,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Own(u64),
    Shared,
}

/// The buckets of one kind of name within an agency.
struct Names {
    own: HashMap<u64, Bucket>,
    shared: Bucket,
    swept: Option<Duration>,
    room: usize,
}

impl Names {
    fn new(room: usize) -> Self {
        Self {
            own: HashMap::new(),
            shared: Bucket::full(Duration::ZERO),
            swept: None,
            room,
        }
    }

    /// Where the bucket of a name is, with what has flowed in since.
    fn place(&mut self, name: u64, rate: Rate, now: Duration) -> Place {
        if !self.own.contains_key(&name) && self.own.len() >= self.room {
            let due = self.swept.is_none_or(|at| now >= at + BETWEEN_SWEEPS);
            if due {
                self.swept = Some(now);
                self.own.retain(|_, bucket| {
                    bucket.refill(rate, now);
                    bucket.missing > 0
                });
            }
            if self.own.len() >= self.room {
                self.shared.refill(rate, now);
                return Place::Shared;
            }
        }
        let bucket = self.own.entry(name).or_insert(Bucket::full(now));
        bucket.refill(rate, now);
        Place::Own(name)
    }

    fn at(&mut self, place: Place) -> Option<&mut Bucket> {
        match place {
            Place::Own(name) => self.own.get_mut(&name),
            Place::Shared => Some(&mut self.shared),
        }
    }
}

struct Inside {
    agency: Bucket,
    officers: Names,
    devices: Names,
}

/// The buckets of one agency.
pub struct Buckets {
    inside: Mutex<Inside>,
    hasher: RandomState,
}

impl Buckets {
    /// Full buckets.
    pub fn new() -> Self {
        Self::with_room(MAX_NAMES)
    }

    fn with_room(room: usize) -> Self {
        Self {
            inside: Mutex::new(Inside {
                agency: Bucket::full(Duration::ZERO),
                officers: Names::new(room),
                devices: Names::new(room),
            }),
            hasher: RandomState::new(),
        }
    }

    /// The number of a name: one for all its spellings, so that nobody has a bucket for each of them.
    ///
    /// Spellings are what a keyboard or a program makes of one name: composed or not, large or small,
    /// with other spaces. Diacritics are no spelling: Ân and Ấn are two officers, of whom the one must not
    /// be slowed by what the other asks. Whoever leaves them out to get another bucket gains no more than
    /// by any other name that they make up, which the buckets of device and agency bound.
    fn name(&self, name: &str) -> u64 {
        let folded: String = if name.is_ascii() {
            // What is composed already, as nearly every name is.
            let letters = name.chars().filter(|one| !one.is_whitespace());
            letters.map(|one| one.to_ascii_lowercase()).collect()
        } else {
            let composed = name.nfkc().flat_map(char::to_lowercase);
            composed.filter(|one| !one.is_whitespace()).collect()
        };
        self.hasher.hash_one(folded)
    }

    /// Takes tokens from all three buckets, or from none.
    ///
    /// # Errors
    /// [`TooMany`] with the longest of the three waits.
    pub fn take(
        &self,
        rates: &Rates,
        officer: &str,
        device: &str,
        tokens: u64,
        now: Duration,
    ) -> Result<Taken, TooMany> {
        // Two names that share a number, once in 2^64, share a bucket: no way around the limit.
        let (officer, device) = (self.name(officer), self.name(device));
        let amount = tokens.saturating_mul(PARTS);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = &mut *inside;
        inside.agency.refill(rates.agency, now);
        let officer = inside.officers.place(officer, rates.officer, now);
        let device = inside.devices.place(device, rates.device, now);
        let buckets = [
            (
                Whose::Officer,
                rates.officer,
                inside.officers.at(officer).copied(),
            ),
            (
                Whose::Device,
                rates.device,
                inside.devices.at(device).copied(),
            ),
            (Whose::Agency, rates.agency, Some(inside.agency)),
        ];
        let least = buckets
            .iter()
            .filter_map(|(_, rate, bucket)| Some(bucket.as_ref()?.left(*rate)))
            .min();
        let left = least.unwrap_or(0) / PARTS;
        let longest = buckets
            .into_iter()
            .filter_map(|(whose, rate, bucket)| {
                let short = bucket?.short(rate, amount);
                let wait = rate.time_for(short);
                (short > 0).then_some(TooMany { whose, wait, left })
            })
            .max_by_key(|refused| refused.wait);
        if let Some(refused) = longest {
            return Err(refused);
        }
        let taken = Taken {
            officer,
            device,
            amount,
        };
        inside.each(&taken, |missing| missing + amount);
        Ok(taken)
    }

    /// Gives back what an answer did not cost.
    pub fn settle(&self, taken: Taken, cost: u64) {
        let back = taken.amount.saturating_sub(cost.saturating_mul(PARTS));
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.each(&taken, |missing| missing.saturating_sub(back));
    }

    /// Takes what was paid at an earlier time, before this server started. What was paid first comes
    /// first: between one payment and the next, each bucket fills as it would have.
    pub fn charge(&self, rates: &Rates, officer: &str, device: &str, tokens: u32, at: Duration) {
        let (officer, device) = (self.name(officer), self.name(device));
        let amount = u64::from(tokens) * PARTS;
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = &mut *inside;
        inside.agency.pay(rates.agency, amount, at);
        let place = inside.officers.place(officer, rates.officer, at);
        if let Some(bucket) = inside.officers.at(place) {
            bucket.pay(rates.officer, amount, at);
        }
        let place = inside.devices.place(device, rates.device, at);
        if let Some(bucket) = inside.devices.at(place) {
            bucket.pay(rates.device, amount, at);
        }
    }

    /// How many officers and devices have buckets of their own.
    pub fn names(&self) -> usize {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.officers.own.len() + inside.devices.own.len()
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buckets({})", self.names())
    }
}

impl Default for Buckets {
    fn default() -> Self {
        Self::new()
    }
}

impl Inside {
    fn each(&mut self, taken: &Taken, change: impl Fn(u64) -> u64) {
        self.agency.missing = change(self.agency.missing);
        if let Some(bucket) = self.officers.at(taken.officer) {
            bucket.missing = change(bucket.missing);
        }
        if let Some(bucket) = self.devices.at(taken.device) {
            bucket.missing = change(bucket.missing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        agency: Rate {
            capacity: 1000,
            per_second: 10.0,
        },
        officer: Rate {
            capacity: 100,
            per_second: 1.0,
        },
        device: Rate {
            capacity: 200,
            per_second: 2.0,
        },
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn who_asks_for_unknown_numbers_is_slowed_to_the_pace_of_the_bucket() {
        let buckets = Buckets::new();
        let mut asked = 0;
        for second in 0..1000 {
            while let Ok(taken) = buckets.take(&RATES, "o", "d", 20, at(second)) {
                buckets.settle(taken, 20);
                asked += 1;
            }
        }
        // 100 tokens at once, then one each second: 5 + 999 / 20.
        assert_eq!(asked, 54);
        let refused = buckets.take(&RATES, "o", "d", 20, at(999)).unwrap_err();
        assert_eq!(refused.whose, Whose::Officer);
        // 19 are there.
        assert_eq!(refused.wait, at(1));
        assert!(
            buckets
                .take(&RATES, "o", "d", 20, at(999) + refused.wait)
                .is_ok()
        );
    }

    #[test]
    fn questions_side_by_side_cannot_overrun() {
        let buckets = Buckets::new();
        let open: Vec<Taken> = (0..50)
            .filter_map(|_| buckets.take(&RATES, "o", "d", 20, at(0)).ok())
            .collect();
        assert_eq!(open.len(), 5);
        for taken in open {
            buckets.settle(taken, 1);
        }
        // 5 of 100 are gone.
        let open: Vec<Taken> = (0..50)
            .filter_map(|_| buckets.take(&RATES, "o", "d", 20, at(0)).ok())
            .collect();
        assert_eq!(open.len(), 4);
    }

    #[test]
    fn other_officers_do_not_help_beyond_the_device_and_the_agency() {
        let buckets = Buckets::new();
        let asked = |device: &dyn Fn(usize) -> String| {
            (0..1000)
                .filter(|number| {
                    let officer = format!("officer {number}");
                    buckets
                        .take(&RATES, &officer, &device(*number), 20, at(0))
                        .is_ok()
                })
                .count()
        };
        assert_eq!(asked(&|_| "one".to_owned()), 10);
        assert_eq!(asked(&|number| format!("device {number}")), 40);
    }

    #[test]
    fn spellings_of_one_name_share_a_bucket() {
        let buckets = Buckets::new();
        let spellings = [
            "cán bộ 1",
            "ca\u{301}n bô\u{323} 1",
            "CÁN BỘ 1",
            "cán bộ\u{A0}1",
            "cánbộ１",
        ];
        for officer in spellings {
            let device = format!("device {officer}");
            assert!(buckets.take(&RATES, officer, &device, 20, at(0)).is_ok());
        }
        let refused = buckets.take(&RATES, "Cán Bộ 1", "other", 20, at(0));
        assert_eq!(refused.unwrap_err().whose, Whose::Officer);
        assert!(buckets.take(&RATES, "can bo 1", "other", 20, at(0)).is_ok());
    }

    #[test]
    fn officers_whose_names_differ_in_diacritics_alone_have_buckets_of_their_own() {
        let buckets = Buckets::new();
        let officers = [
            "Trần Thị Ân",
            "Trần Thị Ấn",
            "Trần Thị Ẩn",
            "Trần Thị An",
            "Đoàn Hòa",
            "Doàn Hòa",
            "Đoàn Hóa",
        ];
        for officer in officers {
            for turn in 0..5 {
                let device = format!("device {officer} {turn}");
                let taken = buckets.take(&RATES, officer, &device, 20, at(0));
                assert!(taken.is_ok(), "{officer}");
            }
        }
    }

    #[test]
    fn a_flood_of_names_neither_grows_nor_resets_anything() {
        let rich = Rates {
            agency: Rate {
                capacity: 1_000_000,
                per_second: 1.0,
            },
            ..RATES
        };
        let buckets = Buckets::with_room(10);
        for _ in 0..5 {
            let taken = buckets.take(&rich, "walker", "w", 20, at(0)).unwrap();
            buckets.settle(taken, 20);
        }
        let mut through = 0;
        for number in 0..1000 {
            let name = format!("name {number}");
            if let Ok(taken) = buckets.take(&rich, &name, &name, 20, at(0)) {
                buckets.settle(taken, 20);
                through += 1;
            }
        }
        assert!(buckets.names() <= 20);
        // Nine of their own, and five of the bucket that the others share.
        assert_eq!(through, 14);
        assert!(buckets.take(&rich, "walker", "w", 20, at(1)).is_err());
        // When they have filled again, there is room for others.
        assert!(buckets.take(&rich, "new", "new", 20, at(500)).is_ok());
        assert_eq!(buckets.names(), 2);
    }

    #[test]
    fn a_restart_fills_no_bucket_by_more_than_time_does() {
        let buckets = Buckets::new();
        for _ in 0..5 {
            buckets.charge(&RATES, "o", "d", 20, at(90));
        }
        // Ten tokens have flowed in, not ten for each of the five.
        let refused = buckets.take(&RATES, "o", "d", 20, at(100)).unwrap_err();
        assert_eq!(refused.whose, Whose::Officer);
        assert_eq!(refused.wait, at(10));
        assert!(buckets.take(&RATES, "o", "d", 10, at(100)).is_ok());
    }

    #[test]
    fn many_small_payments_are_not_forgotten_at_a_restart() {
        let (lived, restarted) = (Buckets::new(), Buckets::new());
        for tenth in 0..500_u64 {
            let now = Duration::from_millis(tenth * 100);
            if let Ok(taken) = lived.take(&RATES, "o", "d", 20, now) {
                lived.settle(taken, 1);
                restarted.charge(&RATES, "o", "d", 1, now);
            }
        }
        let left = |buckets: &Buckets| {
            let tries = (0..200).filter(|_| buckets.take(&RATES, "o", "d", 1, at(50)).is_ok());
            tries.count()
        };
        let (lived, restarted) = (left(&lived), left(&restarted));
        assert!(lived < 25, "{lived}");
        assert_eq!(restarted, lived);
    }

    #[test]
    fn payments_of_a_clock_that_was_ahead_empty_a_bucket_and_no_more() {
        let buckets = Buckets::new();
        for _ in 0..1000 {
            buckets.charge(&RATES, "o", "d", 20, at(100));
        }
        let refused = buckets.take(&RATES, "o", "d", 20, at(100)).unwrap_err();
        assert_eq!(refused.wait, at(20));
    }

    #[test]
    fn plain_spellings_of_one_name_share_a_bucket_too() {
        let buckets = Buckets::new();
        for officer in [
            "Officer 1",
            "OFFICER 1",
            "officer\t1",
            "officer1",
            "o f f icer 1",
        ] {
            let device = hex::encode(officer);
            assert!(buckets.take(&RATES, officer, &device, 20, at(0)).is_ok());
        }
        let refused = buckets.take(&RATES, "officer 1", "other", 20, at(0));
        assert_eq!(refused.unwrap_err().whose, Whose::Officer);
        assert!(
            buckets
                .take(&RATES, "officer 2", "other", 20, at(0))
                .is_ok()
        );
    }

    #[test]
    fn of_several_waits_the_longest_is_told() {
        let slow = Rates {
            agency: Rate {
                capacity: 40,
                per_second: 0.1,
            },
            ..RATES
        };
        let buckets = Buckets::new();
        for _ in 0..2 {
            buckets.charge(&slow, "o", "d", 50, at(0));
        }
        // 20 are wanted of the officer at one each second, and of the agency at one in ten.
        let refused = buckets.take(&slow, "o", "d", 20, at(0)).unwrap_err();
        assert_eq!((refused.whose, refused.wait), (Whose::Agency, at(200)));
        let quick = Rates {
            agency: Rate {
                capacity: 40,
                per_second: 10.0,
            },
            ..RATES
        };
        let refused = buckets.take(&quick, "o", "d", 20, at(0)).unwrap_err();
        assert_eq!((refused.whose, refused.wait), (Whose::Officer, at(20)));
    }

    #[test]
    fn a_restart_forgets_neither_what_devices_nor_what_the_agency_spent() {
        let buckets = Buckets::new();
        for number in 0..10 {
            buckets.charge(&RATES, &format!("o{number}"), "d", 20, at(0));
        }
        let refused = buckets.take(&RATES, "new", "d", 20, at(0)).unwrap_err();
        assert_eq!(refused.whose, Whose::Device);
        for number in 10..50 {
            let name = format!("n{number}");
            buckets.charge(&RATES, &name, &name, 20, at(0));
        }
        let refused = buckets.take(&RATES, "new", "new", 20, at(0)).unwrap_err();
        assert_eq!(refused.whose, Whose::Agency);
    }

    #[test]
    fn the_dearest_answer_may_be_any() {
        for (unknown, mismatch, confirmed) in [(20, 5, 1), (5, 20, 1), (1, 5, 20)] {
            let costs = Costs {
                unknown,
                mismatch,
                confirmed,
            };
            assert_eq!(costs.worst(), 20);
        }
    }
}
