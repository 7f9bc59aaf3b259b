//! What somebody does to a log who has its folder and not its key.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use cancuoc::audit::Signed;
use cancuoc::audit::verify;
use cancuoc::error::AuditError;
use cancuoc::error::AuditFault;
use cancuoc::seal::key::DeviceKey;
use proptest::prelude::*;

use super::Options;
use super::Place;
use super::entry;
use super::newest;
use super::small;

/// Says what is wrong and among which records.
fn broken(error: AuditError) -> (RangeInclusive<u64>, AuditFault) {
    match error {
        AuditError::Broken {
            seq,
            through,
            fault,
        } => (seq..=through, fault),
        other => panic!("{other}"),
    }
}

/// What a log with 20 records in several segments is found to be after something was done to it, by
/// who looks at it and by who would go on writing it.
fn after(change: impl FnOnce(&Place)) -> (RangeInclusive<u64>, AuditFault) {
    let place = Place::new();
    place.filled(20);
    change(&place);
    let found = broken(verify(&place.log(), &[], &[]).unwrap_err());
    let refused = broken(place.open().map(drop).unwrap_err());
    assert_eq!(refused, found);
    found
}

/// Writes the lines of the first segment anew.
fn first_segment(place: &Place, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let path = &place.segments()[0];
    let bytes = fs::read(path).unwrap();
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    assert!(lines.len() > 5);
    change(&mut lines);
    fs::write(path, lines.concat()).unwrap();
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text);
    fs::write(path, changed).unwrap();
}

#[test]
fn records_that_are_removed_added_moved_or_changed_are_named() {
    let lines = |change: fn(&mut Vec<Vec<u8>>)| after(|place| first_segment(place, change));
    let removed = lines(|lines| {
        lines.remove(3);
    });
    assert_eq!(removed, (3..=3, AuditFault::Sequence));
    let first = lines(|lines| {
        lines.remove(0);
    });
    assert_eq!(first, (0..=0, AuditFault::Sequence));
    let added = lines(|lines| lines.insert(3, lines[2].clone()));
    assert_eq!(added, (3..=3, AuditFault::Sequence));
    let moved = lines(|lines| lines.swap(2, 4));
    assert_eq!(moved, (2..=2, AuditFault::Sequence));
    let changed = lines(|lines| {
        let text = String::from_utf8(lines[2].clone()).unwrap();
        lines[2] = text.replace("confirmed", "mismatch").into_bytes();
    });
    assert_eq!(changed, (2..=2, AuditFault::Chain));
    let renumbered = lines(|lines| {
        lines.remove(3);
        for (at, line) in lines.iter_mut().enumerate().skip(3) {
            let text = String::from_utf8(line.clone()).unwrap();
            let from = format!("\"seq\":{},", at + 1);
            *line = text.replace(&from, &format!("\"seq\":{at},")).into_bytes();
        }
    });
    assert_eq!(renumbered, (3..=3, AuditFault::Chain));
    let spelled = lines(|lines| lines[4].insert(1, b' '));
    assert_eq!(spelled, (4..=4, AuditFault::Line));
    let twice = lines(|lines| {
        let text = String::from_utf8(lines[4].clone()).unwrap();
        lines[4] = text.replace("}", ",\"cost\":2}").into_bytes();
    });
    assert_eq!(twice, (4..=4, AuditFault::Line));
    let not_text = lines(|lines| lines[1][30] = 0xFF);
    assert_eq!(not_text, (1..=1, AuditFault::Line));
    let long = lines(|lines| lines[5] = vec![b'x'; 10_000]);
    assert_eq!(long, (5..=5, AuditFault::Line));
}

#[test]
fn a_chain_that_was_made_anew_does_not_fit_the_checkpoints() {
    // Somebody changes record 7 and makes every line after it anew, which needs no key.
    let found = after(|place| {
        let other = Place::new();
        let log = other.open().unwrap();
        for (seq, line) in (0..).zip(place.lines()) {
            let record: serde_json::Value = serde_json::from_slice(&line).unwrap();
            let mut entry = entry(seq);
            if seq == 7 {
                entry.verdict = "mismatch".to_owned();
            }
            assert_eq!(record["seq"], seq);
            log.append(&entry).wait().unwrap();
        }
        log.close();
        for (from, to) in other.segments().iter().zip(place.segments()) {
            fs::copy(from, to).unwrap();
        }
    });
    assert_eq!(found.1, AuditFault::Root);
}

#[test]
fn files_that_are_missing_or_stand_for_others_are_named() {
    let number = |path: &Path| path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let mut second: u64 = 0;
    let found = after(|place| {
        let segments = place.segments();
        second = number(&segments[1]);
        fs::remove_file(&segments[1]).unwrap();
    });
    assert_eq!(found, (second..=second, AuditFault::Segment));
    let swapped = after(|place| {
        let segments = place.segments();
        let aside = place.0.join("aside");
        fs::rename(&segments[0], &aside).unwrap();
        fs::rename(&segments[1], &segments[0]).unwrap();
        fs::rename(&aside, &segments[1]).unwrap();
    });
    assert_eq!(swapped, (0..=0, AuditFault::Sequence));
    let first = after(|place| fs::remove_file(&place.segments()[0]).unwrap());
    assert_eq!(first, (0..=0, AuditFault::Segment));
    // A segment in the middle that does not end with a line.
    let torn = after(|place| {
        let path = &place.segments()[0];
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    });
    assert_eq!(torn, (second - 1..=second - 1, AuditFault::Line));
}

#[test]
fn the_end_cannot_be_cut_off_below_a_checkpoint() {
    let found = after(|place| {
        let last = place.segments().pop().unwrap();
        fs::remove_file(last).unwrap();
    });
    assert_eq!(found.1, AuditFault::Missing);
    assert_eq!(*found.0.end(), 19);
    let line = after(|place| {
        let path = place.segments().pop().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let at = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        fs::write(&path, &text[..at]).unwrap();
    });
    assert_eq!(line, (19..=19, AuditFault::Missing));
    let all = after(|place| {
        for path in place.segments() {
            fs::remove_file(path).unwrap();
        }
    });
    assert_eq!(all, (0..=19, AuditFault::Missing));
}

#[test]
fn whoever_cuts_off_checkpoints_too_is_found_by_one_kept_elsewhere() {
    let place = Place::new();
    place.filled(8);
    let before: Vec<(_, Vec<u8>)> = fs::read_dir(place.log())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    let (early, _) = newest(&place.log()).unwrap();
    place.filled(12);
    let (late, _) = newest(&place.log()).unwrap();
    let kept = [late, early.clone()];
    assert_eq!(verify(&place.log(), &[], &kept).unwrap().kept, 2);
    // The folder as it was twelve records ago, as a backup has it.
    for path in place.segments() {
        fs::remove_file(path).unwrap();
    }
    for (path, bytes) in before {
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, 8);
    assert_eq!(verify(&place.log(), &[], &[early]).unwrap().kept, 1);
    let found = broken(verify(&place.log(), &[], &kept).unwrap_err());
    assert_eq!(found, (8..=19, AuditFault::Missing));
    // Going on from there makes another log of it.
    place.filled(12);
    let found = broken(verify(&place.log(), &[], &kept).unwrap_err());
    assert_eq!(found, (8..=19, AuditFault::Root));
}

#[test]
fn checkpoints_of_other_logs_and_keys_are_refused() {
    let place = Place::new();
    place.filled(10);
    let key = |place: &Place| {
        let key = DeviceKey::load(&place.0.join("key.pem")).unwrap();
        key.public().id()
    };
    // The same name, and another key.
    let other = Place::new();
    other.filled(10);
    let (foreign, text) = newest(&other.log()).unwrap();
    let found =
        |trusted: &[_], kept: &[Signed]| broken(verify(&place.log(), trusted, kept).unwrap_err());
    assert_eq!(found(&[], &[foreign]), (10..=10, AuditFault::Signer));
    assert_eq!(found(&[key(&other)], &[]).1, AuditFault::Signer);
    assert!(verify(&place.log(), &[key(&place)], &[]).is_ok());
    // Another name.
    let named = Place::new();
    let options = Options {
        origin: "other.example/audit".to_owned(),
        ..small()
    };
    drop(named.open_with(options).unwrap());
    let (foreign, _) = newest(&named.log()).unwrap();
    assert_eq!(found(&[], &[foreign]).1, AuditFault::Origin);
    // One more in the log's own file.
    let path = place.log().join("checkpoints");
    let own = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{own}{text}\n")).unwrap();
    assert_eq!(found(&[], &[]), (10..=10, AuditFault::Signer));
    // All of them, with the other's key beside the log: only a trusted key tells.
    let theirs = fs::read(other.log().join("checkpoints")).unwrap();
    fs::write(&path, theirs).unwrap();
    let name = format!("{}.pem", key(&other));
    fs::copy(other.log().join(&name), place.log().join(&name)).unwrap();
    assert_eq!(found(&[], &[]).1, AuditFault::Root);
    assert_eq!(found(&[key(&place)], &[]).1, AuditFault::Signer);
    fs::remove_file(&path).unwrap();
    assert_eq!(found(&[], &[]), (0..=0, AuditFault::Signer));
}

#[test]
fn checkpoints_that_were_changed_are_refused() {
    let checkpoints = |from: &'static str, to: &'static str| {
        let place = Place::new();
        place.filled(20);
        edit(&place.log().join("checkpoints"), from, to);
        broken(verify(&place.log(), &[], &[]).unwrap_err()).1
    };
    assert_eq!(checkpoints("\n20\n", "\n19\n"), AuditFault::Signature);
    assert_eq!(checkpoints("\n20\n", "\n2\n"), AuditFault::Order);
    assert_eq!(checkpoints("\n20\n", "\n20\n\n"), AuditFault::Checkpoint);
    assert_eq!(checkpoints("\n20\n", "\nx\n"), AuditFault::Checkpoint);
    assert_eq!(checkpoints("\n0\n", "\n1\n"), AuditFault::Signature);
    // One that was not written whole was never given away.
    let place = Place::new();
    place.filled(20);
    let path = place.log().join("checkpoints");
    let text = fs::read_to_string(&path).unwrap();
    for end in text.len() - 100..text.len() {
        fs::write(&path, &text.as_bytes()[..end]).unwrap();
        let verified = verify(&place.log(), &[], &[]).unwrap();
        assert!(verified.records == 20 && verified.covered < 20);
    }
    place.filled(1);
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().covered, 21);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// One bit of one record. A whole log is made once for many bits.
    #[test]
    fn no_bit_can_be_flipped(bits in proptest::collection::vec(any::<u32>(), 24)) {
        let place = Place::new();
        place.filled(20);
        let segments = place.segments();
        let files: Vec<Vec<u8>> = segments.iter().map(|path| fs::read(path).unwrap()).collect();
        let total: usize = files.iter().map(Vec::len).sum();
        for bit in bits {
            let mut at = usize::try_from(bit).unwrap() / 8 % total;
            let mut file = 0;
            while at >= files[file].len() {
                at -= files[file].len();
                file += 1;
            }
            let mut changed = files[file].clone();
            changed[at] ^= 1 << (bit % 8);
            fs::write(&segments[file], &changed).unwrap();
            let before: usize = files[..file]
                .iter()
                .chain([&files[file][..at].to_vec()])
                .map(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
                .sum();
            let record = u64::try_from(before).unwrap();
            let (named, fault) = broken(verify(&place.log(), &[], &[]).unwrap_err());
            // Where two lines disagree across two files, either may be the one that was changed.
            let near = named.contains(&record) || named.start().abs_diff(record) <= 1;
            prop_assert!(near, "bit {bit}: record {record}, named {named:?} {fault:?}");
            prop_assert!(place.open().is_err());
            fs::write(&segments[file], &files[file]).unwrap();
        }
        prop_assert!(verify(&place.log(), &[], &[]).is_ok());
    }
}
