//! Which bits are flipped, and the count of what caught them.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::SystemTime;

/// Takes every bit instead of a sample.
const EVERY_BIT: &str = "CANCUOC_EVERY_BIT";

/// Takes the bits of those regions alone whose name has this in it.
const REGION: &str = "CANCUOC_REGION";

/// Repeats the sample of an earlier run.
const SEED: &str = "CANCUOC_SEED";

/// Most broken promises that are told one by one.
const TOLD: usize = 20;

/// Most flips for which a virtual chip is read from the first command to the last.
pub const MOST_READS: usize = 200;

/// Whether every bit is wanted.
pub fn every_bit() -> bool {
    env::var_os(EVERY_BIT).is_some()
}

/// Seed of this run's samples: the one that is asked for, else a new one.
pub fn seed() -> u64 {
    static CHOSEN: OnceLock<u64> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let asked = env::var(SEED).ok().and_then(|text| text.parse().ok());
        asked.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            u64::from(now.unwrap().subsec_nanos())
        })
    })
}

/// Turns one bit over, bits from the most significant of the first octet on.
pub fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
}

/// One bit: where it stands, and in which region.
#[derive(Debug, Clone)]
pub struct Flip<P> {
    /// What the bytes are, for the count and for the exceptions.
    pub region: String,
    /// Which bytes.
    pub place: P,
    /// Which bit of them.
    pub bit: usize,
}

/// What a flip came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Nothing was judged: this error refused it.
    Refused(String),
    /// Judged, and not genuine: this check or state stands out.
    Caught(String),
    /// Genuine with the very data of the card.
    NoDifference,
    /// The promise is broken, in this way.
    Broken(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code) => write!(f, "error {code}"),
            Self::Caught(code) => f.write_str(code),
            Self::NoDifference => f.write_str("no difference"),
            Self::Broken(how) => write!(f, "BROKEN: {how}"),
        }
    }
}

/// A sequence of numbers that look random (SplitMix64). No secret hangs on it.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }
}

/// All flips, or so many of each region.
pub fn sample<P>(class: &str, flips: Vec<Flip<P>>, of_each_region: usize) -> Vec<Flip<P>> {
    let wanted = env::var(REGION).unwrap_or_default();
    let of_wanted = flips
        .into_iter()
        .filter(|flip| flip.region.contains(&wanted));
    let flips: Vec<Flip<P>> = of_wanted.collect();
    if every_bit() {
        return flips;
    }
    let start = class.bytes().fold(seed(), |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let mut dice = Dice(start);
    let mut regions: BTreeMap<String, Vec<Flip<P>>> = BTreeMap::new();
    for flip in flips {
        regions.entry(flip.region.clone()).or_default().push(flip);
    }
    let mut taken = Vec::new();
    for mut region in regions.into_values() {
        for _ in 0..of_each_region.min(region.len()) {
            taken.push(region.swap_remove(dice.below(region.len())));
        }
    }
    taken
}

/// A sample of the bits of so many octets, for tests that know no regions.
pub fn some_bits(class: &str, length: usize, most: usize) -> Vec<usize> {
    let flips = (0..length * 8).map(|bit| Flip {
        region: String::new(),
        place: (),
        bit,
    });
    let taken = sample(class, flips.collect(), most);
    taken.into_iter().map(|flip| flip.bit).collect()
}

/// A region in which a bit may be turned over without anybody noticing, and why that is no harm.
pub type Exception = (&'static str, &'static str);

/// How often each region ended in each way.
type Counts = BTreeMap<(String, Ended), usize>;

/// Flips all of them on every core there is; gives the counts, and every flip that breaks the
/// promise.
///
/// A flip that makes no difference is allowed in the regions of `exceptions` alone.
fn count<P: Sync + fmt::Debug>(
    flips: &[Flip<P>],
    exceptions: &[Exception],
    work: impl Fn(&Flip<P>) -> Ended + Sync,
) -> (Counts, Vec<String>) {
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(Counts::new());
    let broken = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(flip) = flips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut ended = work(flip);
                    let allowed = || exceptions.iter().any(|(region, _)| *region == flip.region);
                    if ended == Ended::NoDifference && !allowed() {
                        ended = Ended::Broken("makes no difference".to_owned());
                    }
                    if let Ended::Broken(_) = ended {
                        broken.lock().unwrap().push(format!("{flip:?}: {ended}"));
                    }
                    let key = (flip.region.clone(), ended);
                    *counts.lock().unwrap().entry(key).or_default() += 1;
                }
            });
        }
    });
    (counts.into_inner().unwrap(), broken.into_inner().unwrap())
}

/// Flips all of them, prints the count, and holds the promise.
pub fn keep<P: Sync + fmt::Debug>(
    class: &str,
    flips: &[Flip<P>],
    exceptions: &[Exception],
    work: impl Fn(&Flip<P>) -> Ended + Sync,
) {
    let (counts, broken) = count(flips, exceptions, work);
    print!("{}", table(class, flips.len(), &counts, exceptions));
    assert!(
        broken.is_empty(),
        "{class}, seed {}: {} of {} flips break the promise:\n{}",
        seed(),
        broken.len(),
        flips.len(),
        broken[..broken.len().min(TOLD)].join("\n")
    );
}

/// The count of one class, as a person reads it.
fn table(class: &str, tried: usize, counts: &Counts, exceptions: &[Exception]) -> String {
    let how = if every_bit() {
        "every bit".to_owned()
    } else {
        format!("a sample, {SEED}={}", seed())
    };
    let mut text = format!("\n== {class}: {tried} flips ({how})\n");
    let mut by_catch: BTreeMap<&Ended, usize> = BTreeMap::new();
    for ((_, ended), count) in counts {
        *by_catch.entry(ended).or_default() += count;
    }
    for (ended, count) in by_catch {
        text += &format!("   {count:>8}  {ended}\n");
    }
    let mut last = "";
    for ((region, ended), count) in counts {
        if region != last {
            text += &format!(" - {region}\n");
            last = region;
            if let Some((_, why)) = exceptions.iter().find(|(name, _)| name == region) {
                text += &format!("             ({why})\n");
            }
        }
        text += &format!("   {count:>8}  {ended}\n");
    }
    text
}

fn flips() -> Vec<Flip<()>> {
    let flip = |bit: usize| Flip {
        region: ["even", "odd"][bit % 2].to_owned(),
        place: (),
        bit,
    };
    (0..100).map(flip).collect()
}

#[test]
fn a_sample_has_something_of_every_region_and_no_bit_twice() {
    let taken = sample("test", flips(), 10);
    let mut bits: Vec<usize> = taken.iter().map(|flip| flip.bit).collect();
    bits.sort_unstable();
    bits.dedup();
    let expected = if every_bit() { 100 } else { 20 };
    assert_eq!((taken.len(), bits.len()), (expected, expected));
}

#[test]
fn a_broken_promise_is_found_and_an_exception_is_only_for_its_region() {
    let broken = |exceptions: &[Exception], ended: fn(usize) -> Ended| {
        let (counts, broken) = count(&flips(), exceptions, |flip| ended(flip.bit));
        assert_eq!(counts.values().sum::<usize>(), 100);
        broken.len()
    };
    let odd_passes: fn(usize) -> Ended = |bit| match bit % 2 {
        1 => Ended::NoDifference,
        _ => Ended::Caught("hashes.mismatch".to_owned()),
    };
    let refused: fn(usize) -> Ended = |_| Ended::Refused("data.malformed".to_owned());
    assert_eq!(broken(&[], refused), 0);
    assert_eq!(broken(&[("odd", "a test")], odd_passes), 0);
    assert_eq!(broken(&[("even", "a test")], odd_passes), 50);
    assert_eq!(broken(&[], |_| Ended::Broken("test".to_owned())), 100);
}
