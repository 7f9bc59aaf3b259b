use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use jiff::ToSpan;

use super::build::Edition;
use super::*;
use crate::crypto::random::System;
use crate::error::Error;
use crate::registry::query::CardKey;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::seal::canonical::canonical;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("cancuoc-snapshot-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, octets).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn new_key() -> DeviceKey {
    let folder = Folder::new();
    let path = folder.0.join("key.pem");
    DeviceKey::create(&path, &mut System).unwrap();
    DeviceKey::load(&path).unwrap()
}

static KEY: LazyLock<DeviceKey> = LazyLock::new(new_key);

pub(super) fn key() -> &'static DeviceKey {
    &KEY
}

/// So many days after the first.
pub(super) fn at(days: i64) -> Timestamp {
    let first: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    first + (24 * days).hours()
}

/// Of this revision, as of its day; the next is due after one, and it counts for seven.
pub(super) fn edition(revision: u64) -> Edition {
    let register = RegisterId::new("test").unwrap();
    let day = i64::try_from(revision).unwrap();
    let times = Times::new(at(day), at(day + 1), at(day + 7)).unwrap();
    Edition::new(register, revision, times).unwrap()
}

/// Editions that differ in one thing.
pub(super) trait Edited {
    fn of(self, register: &str) -> Self;
    fn on(self, day: i64) -> Self;
}

impl Edited for Edition {
    fn of(mut self, register: &str) -> Self {
        self.register = RegisterId::new(register).unwrap();
        self
    }

    fn on(mut self, day: i64) -> Self {
        self.times = Times::new(at(day), at(day + 1), at(day + 7)).unwrap();
        self
    }
}

fn sod(number: u8) -> SodDigest {
    SodDigest::of(&[number])
}

type Universe = Vec<(SodDigest, CardStatus)>;

/// Sixty cards, of which these are revoked.
fn cards(revoked: &[u8]) -> Universe {
    let status = |number| match revoked.contains(&number) {
        true => CardStatus::Revoked,
        false => CardStatus::Active,
    };
    (0..60)
        .map(|number| (sod(number), status(number)))
        .collect()
}

fn full(revoked: &[u8], edition: &Edition, key: &DeviceKey) -> Vec<u8> {
    let bits = FingerprintBits::new(8).unwrap();
    build::full(&mut cards(revoked), edition, bits, key, at(0)).unwrap()
}

fn delta(base: &[u8], revoked: &[u8], edition: &Edition) -> Result<Vec<u8>, Error> {
    let base = Snapshot::decode(base, Signers::Any).unwrap();
    build::delta(&mut cards(revoked), &base, edition, key(), at(0))
}

fn trusted() -> [DeviceId; 1] {
    [key().public().id()]
}

fn code<T>(result: Result<T, SnapshotError>) -> &'static str {
    match result {
        Ok(_) => "taken",
        Err(error) => error.code(),
    }
}

fn decoded(octets: &[u8]) -> &'static str {
    code(Snapshot::decode(octets, Signers::These(&trusted())))
}

fn query(sod: Option<SodDigest>) -> Query {
    Query {
        context: Context::default(),
        card: CardKey {
            sod,
            number: CitizenNumber::new("001200000001"),
        },
        attributes: Attributes {
            name: None,
            birth: None,
            sex: None,
            nationality: Some("VNM".to_owned()),
            document_number: None,
            expiry: None,
        },
        disclose: Vec::new(),
    }
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let mut octets = full(&[1, 2], &edition(1), key());
    octets.extend(delta(&octets, &[2, 3], &edition(2)).unwrap());
    assert_eq!(decoded(&octets), "taken");
    for place in 0..octets.len() {
        let bit = 1 << (place % 8);
        octets[place] ^= bit;
        assert_ne!(decoded(&octets), "taken", "octet {place}");
        octets[place] ^= bit;
    }
    assert_eq!(decoded(&octets), "taken");
}

#[test]
fn a_file_that_is_cut_short_or_goes_on_is_refused() {
    let first = full(&[1, 2], &edition(1), key());
    let mut octets = first.clone();
    octets.extend(delta(&octets, &[2, 3], &edition(2)).unwrap());
    for length in 0..octets.len() {
        // Without its last delta it is whole, and older.
        let expected = if length == first.len() {
            "taken"
        } else {
            "snapshot.truncated"
        };
        assert_eq!(decoded(&octets[..length]), expected, "{length}");
    }
    octets.push(b'C');
    assert_eq!(decoded(&octets), "snapshot.truncated");
    octets.extend([0; 40]);
    assert_eq!(decoded(&octets), "snapshot.malformed");
}

#[test]
fn what_is_no_snapshot_is_refused_with_its_own_code() {
    assert_eq!(decoded(b"CCSNAP2\n\0\0\0\x02{}"), "snapshot.version");
    assert_eq!(decoded(b"<!doctype html>"), "snapshot.malformed");
    assert_eq!(
        decoded(b"CCSNAP1\n\xFF\xFF\xFF\xFF{}"),
        "snapshot.malformed"
    );
    assert_eq!(decoded(b"CCSNAP1\n\0\0\0\x02{}"), "snapshot.malformed");
    let unsigned = br#"{"schema":"cancuoc.snapshot/1"}"#;
    let octets = file::encode(unsigned, &[]).unwrap();
    assert_eq!(decoded(&octets), "snapshot.wrong_signature");
    let later = br#"{"schema":"cancuoc.snapshot/2"}"#;
    assert_eq!(
        decoded(&file::encode(later, &[]).unwrap()),
        "snapshot.version"
    );
    let spaced = br#"{"schema": "cancuoc.snapshot/1"}"#;
    assert_eq!(
        decoded(&file::encode(spaced, &[]).unwrap()),
        "snapshot.malformed"
    );
    let octets = full(&[1], &edition(1), key());
    let change = delta(&octets, &[2], &edition(2)).unwrap();
    assert_eq!(decoded(&change), "snapshot.malformed");
    let twice = [octets.clone(), octets.clone()].concat();
    assert_eq!(decoded(&twice), "snapshot.malformed");
    let mut damaged = octets.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(decoded(&damaged), "snapshot.damaged");
}

#[test]
fn only_those_who_are_trusted_sign_snapshots() {
    let other = new_key();
    let octets = full(&[1], &edition(1), &other);
    assert_eq!(decoded(&octets), "snapshot.foreign_signer");
    let nobody = Snapshot::decode(&octets, Signers::These(&[]));
    assert_eq!(code(nobody), "snapshot.no_signer");
    let shown = Snapshot::decode(&octets, Signers::Any).unwrap();
    assert_eq!(shown.signer(), other.public().id());
    assert_eq!(format!("{shown:?}"), "Snapshot(test, 1)");
}

#[test]
fn nobody_goes_back_behind_the_newest() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let open = |octets: &[u8]| {
        let path = folder.put("cards", octets);
        code(Snapshot::open(&path, &trusted(), &state))
    };
    let second = full(&[1, 2], &edition(2), key());
    assert_eq!(open(&full(&[1], &edition(1), key())), "taken");
    assert_eq!(open(&second), "taken");
    assert_eq!(open(&second), "taken");
    let kept = std::fs::read(&state).unwrap();
    assert_eq!(open(&full(&[1], &edition(1), key())), "snapshot.older");
    assert_eq!(open(&full(&[1, 3], &edition(2), key())), "snapshot.forked");
    assert_eq!(
        open(&full(&[1, 2], &edition(2).on(3), key())),
        "snapshot.forked"
    );
    assert_eq!(
        open(&full(&[1, 2], &edition(3).on(1), key())),
        "snapshot.older"
    );
    let other = full(&[1, 2], &edition(9).of("other"), key());
    assert_eq!(open(&other), "snapshot.other_register");
    assert_eq!(std::fs::read(&state).unwrap(), kept);
    // Made again, with another signature, it says the same.
    assert_eq!(open(&full(&[1, 2], &edition(2), key())), "taken");

    let name = RegisterId::new("other").unwrap();
    let path = folder.put("cards", &other);
    let named = Snapshot::open_expecting(&path, &trusted(), &state, Expected::Named(&name));
    assert_eq!(code(named), "taken");
    let path = folder.put("cards", &second);
    let named = Snapshot::open_expecting(&path, &trusted(), &state, Expected::Named(&name));
    assert_eq!(code(named), "snapshot.other_register");
    assert_eq!(open(&second), "taken");

    for damaged in [&b""[..], b"{}", &kept[1..], &[b' '; 70_000]] {
        std::fs::write(&state, damaged).unwrap();
        let code = open(&second);
        assert!(
            matches!(code, "snapshot.state" | "snapshot.unreadable"),
            "{code}"
        );
        assert_eq!(std::fs::read(&state).unwrap(), damaged);
    }
}

#[test]
fn deltas_go_behind_what_they_follow_on() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let first = full(&[1], &edition(1), key());
    let second = delta(&first, &[1, 2], &edition(2)).unwrap();
    let chained = [first.clone(), second.clone()].concat();
    let third = delta(&chained, &[2], &edition(3)).unwrap();
    let path = folder.put("cards", &first);
    let (second, third) = (folder.put("2", &second), folder.put("3", &third));
    let apply = |deltas: &[&Path]| code(Snapshot::apply(&path, deltas, &trusted(), &state));

    assert_eq!(apply(&[&third]), "snapshot.chain");
    assert_eq!(std::fs::read(&path).unwrap(), first);
    assert_eq!(apply(&[&second]), "taken");
    assert_eq!(apply(&[&second]), "snapshot.chain");
    assert_eq!(std::fs::read(&path).unwrap(), chained);
    assert_eq!(apply(&[&third]), "taken");
    let opened = Snapshot::open(&path, &trusted(), &state).unwrap();
    assert_eq!((opened.revision(), opened.deltas()), (3, 2));
    assert_eq!(opened.lookup(&sod(1)), None);
    assert_eq!(opened.lookup(&sod(2)), Some(CardStatus::Revoked));

    // Both at once, and a full one of the same revision, say the same.
    std::fs::write(&path, &first).unwrap();
    assert_eq!(apply(&[]), "snapshot.older");
    let fresh = folder.0.join("fresh");
    let both = Snapshot::apply(&path, &[&second, &third], &trusted(), &fresh);
    assert_eq!(both.unwrap().contents(), opened.contents());
    let path = folder.put("cards", &full(&[2], &edition(3), key()));
    assert_eq!(code(Snapshot::open(&path, &trusted(), &state)), "taken");

    // A delta of the same revision on another snapshot of the same contents is not taken.
    let bits = FingerprintBits::USUAL;
    let again = build::full(&mut cards(&[1]), &edition(1), bits, key(), at(0)).unwrap();
    std::fs::write(&path, &again).unwrap();
    let other = folder.0.join("other");
    let applied = Snapshot::apply(&path, &[&second], &trusted(), &other);
    assert_eq!(code(applied), "snapshot.chain");
    assert_eq!(std::fs::read(&path).unwrap(), again);
}

#[test]
fn an_answer_tells_status_age_and_where_it_comes_from() {
    let snapshot = Snapshot::decode(&full(&[1], &edition(1), key()), Signers::Any).unwrap();
    let answer = snapshot.check_at(&query(Some(sod(1))), at(3)).unwrap();
    assert_eq!(answer.decision().code(), "registry.revoked");
    assert_eq!(answer.source, Source::Snapshot { revision: 1 });
    assert_eq!(answer.person, Person::NotOnFile);
    assert_eq!(answer.age().as_secs(), 2 * 24 * 60 * 60);
    assert_eq!(answer.agreements.number, Agreement::NotOnFile);
    assert_eq!(answer.agreements.nationality, Agreement::NotOnFile);
    assert_eq!(answer.agreements.name, Agreement::NotSupplied);
    let answer = snapshot.check_at(&query(Some(sod(2))), at(1)).unwrap();
    assert_eq!(answer.status, CardStatus::Active);
    assert_eq!(answer.decision().code(), "registry.confirmed");
    let number = snapshot.check_at(&query(None), at(1)).unwrap_err();
    assert_eq!(number.code(), "registry.not_reached");
}

#[test]
fn a_snapshot_counts_for_as_long_as_it_says() {
    let snapshot = Snapshot::decode(&full(&[1], &edition(3), key()), Signers::Any).unwrap();
    let query = query(Some(sod(1)));
    let asked = |now| snapshot.check_at(&query, now).map_err(|error| error.code());
    for (now, freshness) in [
        (at(3), Freshness::Fresh),
        (at(2), Freshness::Fresh),
        (at(4), Freshness::Due),
        (at(9), Freshness::Due),
    ] {
        assert_eq!(snapshot.freshness(now), freshness);
        assert!(asked(now).is_ok());
    }
    assert_eq!(snapshot.freshness(at(10)), Freshness::Stale);
    assert_eq!(asked(at(10)).unwrap_err(), "registry.snapshot_stale");
    assert_eq!(snapshot.freshness(at(1)), Freshness::ClockDoubtful);
    assert_eq!(asked(at(1)).unwrap_err(), "registry.clock_doubtful");
}

mod any_octets {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn are_refused(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_ne!(decoded(&octets), "taken");
            let header = file::encode(&octets, &[]).unwrap();
            prop_assert_ne!(decoded(&header), "taken");
        }
    }
}

/// A snapshot with another header, signed by its own register.
fn with_header(octets: &[u8], change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let (magic, rest) = octets.split_at(8);
    let (length, rest) = rest.split_first_chunk().unwrap();
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
    let (header, parts) = rest.split_at(length);
    let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
    header.as_object_mut().unwrap().remove("signature");
    change(&mut header);
    let header = canonical(&sign(header, key(), at(0)).unwrap()).unwrap();
    let length = u32::try_from(header.len()).unwrap();
    [magic, &length.to_be_bytes(), &header, parts].concat()
}

#[test]
fn a_time_has_one_spelling_so_that_a_snapshot_is_no_forgery_of_itself() {
    let octets = full(&[1], &edition(1), key());
    let folder = Folder::new();
    let state = folder.0.join("seen");
    for (time, taken) in [
        ("2026-03-02T00:00:00Z", true),
        ("2026-03-02T00:00:00.5Z", false),
        ("2026-03-02T07:00:00+07:00", false),
        ("2026-03-02 00:00:00Z", false),
    ] {
        let other = with_header(&octets, |header| header["as_of"] = time.into());
        let path = folder.put("snapshot", &other);
        // As often as it is opened.
        for _ in 0..2 {
            let opened = Snapshot::open(&path, &trusted(), &state);
            assert_eq!(opened.is_ok(), taken, "{time}: {opened:?}");
        }
    }
}

#[test]
fn what_only_a_register_could_sign_is_refused_all_the_same() {
    let first = full(&[1], &edition(2), key());
    let second = delta(&first, &[1, 2], &edition(3)).unwrap();
    let behind = |change: &dyn Fn(&mut serde_json::Value)| {
        let changed = with_header(&second, change);
        decoded(&[first.clone(), changed].concat())
    };
    let alone = |change: &dyn Fn(&mut serde_json::Value)| decoded(&with_header(&first, change));
    assert_eq!((behind(&|_| ()), alone(&|_| ())), ("taken", "taken"));
    assert_eq!(
        behind(&|header| header["register"] = "other".into()),
        "snapshot.other_register"
    );
    assert_eq!(
        behind(&|header| header["as_of"] = "2026-03-02T00:00:00Z".into()),
        "snapshot.chain"
    );
    assert_eq!(
        behind(&|header| header["base"]["revision"] = 1.into()),
        "snapshot.chain"
    );
    // Its own number is no higher than what it follows on.
    assert_eq!(
        behind(&|header| header["revision"] = 2.into()),
        "snapshot.malformed"
    );
    let header = |octets: &[u8]| -> serde_json::Value {
        let length = usize::from(octets[10]) * 256 + usize::from(octets[11]);
        serde_json::from_slice(&octets[12..12 + length]).unwrap()
    };
    let base = header(&second)["base"].clone();
    let lower = serde_json::json!({"revision": 1, "header_sha256": base["header_sha256"]});
    assert_eq!(
        alone(&|header| header["base"] = lower.clone()),
        "snapshot.malformed"
    );
    assert_eq!(
        alone(&|header| header["contents"]["known"] = 0.into()),
        "snapshot.malformed"
    );
}

#[test]
fn a_lower_revision_of_a_later_time_is_older() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let open = |octets: &[u8]| {
        let path = folder.put("cards", octets);
        code(Snapshot::open(&path, &trusted(), &state))
    };
    assert_eq!(open(&full(&[1], &edition(3), key())), "taken");
    assert_eq!(
        open(&full(&[1], &edition(2).on(4), key())),
        "snapshot.older"
    );
    assert_eq!(open(&full(&[1], &edition(4), key())), "taken");
}

#[test]
fn what_a_delta_led_to_is_remembered_at_once() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let first = full(&[1], &edition(1), key());
    let second = delta(&first, &[1, 2], &edition(2)).unwrap();
    let path = folder.put("cards", &first);
    let second = folder.put("2", &second);
    let applied = Snapshot::apply(&path, &[&second], &trusted(), &state);
    assert_eq!(code(applied), "taken");
    std::fs::write(&path, &first).unwrap();
    let opened = Snapshot::open(&path, &trusted(), &state);
    assert_eq!(code(opened), "snapshot.older");
}

#[test]
fn a_file_of_before_is_not_led_on_by_its_deltas() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let first = full(&[1], &edition(1), key());
    let second = delta(&first, &[1, 2], &edition(2)).unwrap();
    let chained = [first.clone(), second.clone()].concat();
    let third = delta(&chained, &[2], &edition(3)).unwrap();
    let path = folder.put("cards", &first);
    let (second, third) = (folder.put("2", &second), folder.put("3", &third));
    let apply = |deltas: &[&Path]| code(Snapshot::apply(&path, deltas, &trusted(), &state));
    assert_eq!(apply(&[&second, &third]), "taken");
    // What was used is not put back and taken forward again: the record knows of the newest.
    std::fs::write(&path, &first).unwrap();
    let kept = std::fs::read(&state).unwrap();
    for deltas in [&[][..], &[&second], &[&second, &third]] {
        let deltas: Vec<&Path> = deltas
            .iter()
            .map(|delta: &&PathBuf| delta.as_path())
            .collect();
        assert_eq!(apply(&deltas), "snapshot.older");
        assert_eq!(std::fs::read(&path).unwrap(), first);
        assert_eq!(std::fs::read(&state).unwrap(), kept);
    }
}

#[test]
fn whoever_changes_a_snapshot_or_its_record_waits_for_whoever_does() {
    let folder = Folder::new();
    let state = folder.0.join("seen");
    let first = full(&[1], &edition(1), key());
    let second = delta(&first, &[1, 2], &edition(2)).unwrap();
    let path = folder.put("cards", &first);
    let second = folder.put("2", &second);
    for locked in [&path, &state] {
        std::fs::write(&path, &first).unwrap();
        let _ = std::fs::remove_file(&state);
        let held = disk::lock(locked).unwrap();
        std::thread::scope(|scope| {
            let applied =
                scope.spawn(|| code(Snapshot::apply(&path, &[&second], &trusted(), &state)));
            std::thread::sleep(std::time::Duration::from_millis(150));
            assert!(!applied.is_finished(), "{}", locked.display());
            assert!(!state.exists(), "{}", locked.display());
            drop(held);
            assert_eq!(applied.join().unwrap(), "taken");
        });
    }
}
