//! Disks that are full, folders that go away.

use std::env;
use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cancuoc::audit::Placed;
use cancuoc::audit::verify;
use cancuoc::error::AuditError;

use super::Options;
use super::Place;
use super::entry;
use super::open;
use super::small;
use crate::support::program::run;

/// Says to the program that is started again which place to fill.
const PLACE: &str = "CANCUOC_AUDIT_FILL";

/// Time for a program that works for well under a second.
const LIMIT: Duration = Duration::from_secs(120);

/// A log in a place that has room for some hundred records takes what goes in, refuses the rest by
/// its code, and goes on when there is room.
fn fill(place: &Path, hog: &Path) {
    let options = Options {
        segment_bytes: 16 * 1024,
        ..small()
    };
    let log = open(place, options.clone()).unwrap();
    let mut taken = 0;
    let mut refused = 0;
    while refused < 20 {
        assert!(taken < 100_000, "the place has no end");
        match log.append(&entry(taken)).wait() {
            Ok(Placed { seq }) => {
                assert_eq!(seq, taken);
                assert_eq!(refused, 0, "what is full stays full");
                taken += 1;
            }
            Err(error) => {
                assert_eq!(error, AuditError::Full);
                refused += 1;
            }
        }
    }
    assert!(taken > 10, "{taken}");
    // Nothing half-written stands behind what was confirmed.
    let verified = verify(&place.join("log"), &[], &[]).unwrap();
    assert_eq!((verified.records, verified.torn), (taken, 0));
    if hog.exists() {
        fs::remove_file(hog).unwrap();
        for seq in taken..taken + 10 {
            assert_eq!(log.append(&entry(seq)).wait(), Ok(Placed { seq }));
        }
        taken += 10;
    }
    drop(log);
    let verified = verify(&place.join("log"), &[], &[]).unwrap();
    assert_eq!(verified.records, taken);
}

/// The other half of [`a_file_that_may_not_grow_is_a_full_disk`].
#[test]
fn a_place_is_filled_when_asked() {
    if let Some(place) = env::var_os(PLACE) {
        fill(Path::new(&place), Path::new("/nonexistent"));
    }
}

/// The limit of the shell: a file that reaches it is a full disk for one program alone.
#[test]
fn a_file_that_may_not_grow_is_a_full_disk() {
    let place = Place::new();
    // The system sends a signal besides, which would end a program that does not ignore it.
    let script =
        "trap '' XFSZ; ulimit -f 32; exec \"$0\" --exact audit::room::a_place_is_filled_when_asked";
    let output = run(
        Command::new("sh")
            .args(["-c", script])
            .arg(env::current_exe().unwrap())
            .env(PLACE, &place.0),
        LIMIT,
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // Without the limit it goes on where it stopped.
    let before = verify(&place.log(), &[], &[]).unwrap().records;
    place.filled(1);
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, before + 1);
}

/// A file system of its own, which only an administrator can make.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(at: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(at);
        let mounted = mount.output().ok()?.status.success();
        mounted.then_some(Self(at))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_takes_no_record_and_goes_on_when_there_is_room() {
    let outer = Place::new();
    let disk = outer.0.join("disk");
    fs::create_dir(&disk).unwrap();
    // Nobody else can have a small disk; the limit on files is tried in any case.
    let Some(mounted) = Mounted::new(&disk) else {
        return;
    };
    let place = Place::at(&disk.join("place"));
    let hog = disk.join("hog");
    File::create(&hog)
        .unwrap()
        .write_all(&[0; 128 * 1024])
        .unwrap();
    fill(&place.0, &hog);
    drop(place);
    drop(mounted);
}

#[test]
fn records_of_a_log_that_was_taken_away_are_not_confirmed() {
    let place = Place::new();
    let log = place.open().unwrap();
    log.append(&entry(0)).wait().unwrap();
    // Away and back: what was refused meanwhile is not there.
    let aside = place.0.join("aside");
    fs::rename(place.log(), &aside).unwrap();
    assert_eq!(log.append(&entry(1)).wait(), Err(AuditError::Vanished));
    fs::rename(&aside, place.log()).unwrap();
    assert_eq!(log.append(&entry(1)).wait(), Ok(Placed { seq: 1 }));
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, 2);
    // Another folder in its place is not the log.
    fs::remove_dir_all(place.log()).unwrap();
    for _ in 0..20 {
        assert_eq!(log.append(&entry(2)).wait(), Err(AuditError::Vanished));
    }
    fs::create_dir(place.log()).unwrap();
    for _ in 0..20 {
        assert_eq!(log.append(&entry(2)).wait(), Err(AuditError::Vanished));
    }
    drop(log);
    assert!(matches!(
        verify(&place.log(), &[], &[]),
        Err(AuditError::Absent { .. })
    ));
}

#[test]
fn a_folder_that_cannot_be_made_is_no_place_for_a_log() {
    let place = Place::new();
    fs::write(place.log(), "a file").unwrap();
    assert!(matches!(
        place.open().map(drop),
        Err(AuditError::Unusable { .. })
    ));
    assert!(matches!(
        verify(&place.0.join("nowhere"), &[], &[]),
        Err(AuditError::Unusable { .. })
    ));
    assert!(matches!(
        verify(&place.0, &[], &[]),
        Err(AuditError::Absent { .. })
    ));
}
