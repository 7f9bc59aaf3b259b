use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;

use super::*;
use crate::lds::lds2;

/// Length of what is looked for: far over what an allocator writes into memory that was given back.
const LENGTH: usize = 4096;

/// The middle of it, which an allocator leaves alone.
const MIDDLE: std::ops::Range<usize> = LENGTH / 4..LENGTH / 2;

/// What no other test of this process has in its memory.
fn pattern(seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed);
    let octet = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(octet).take(LENGTH).collect()
}

/// What stands at a place of this process's memory; nothing where the system has it back.
fn memory(place: u64, into: &mut [u8]) {
    into.fill(0);
    let mut all = File::open("/proc/self/mem").unwrap();
    all.seek(SeekFrom::Start(place)).unwrap();
    let _ = all.read_exact(into);
}

fn place(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.as_ptr().addr()).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_of_a_capture_stays_in_memory() {
    let application = ApplicationCapture {
        state: ApplicationState::Selected,
        files: BTreeMap::from([(
            lds2::File::Biometrics(1),
            FileCapture {
                records: vec![pattern(2)],
                end: FileEnd::Complete,
            },
        )]),
    };
    let capture = Capture {
        files: BTreeMap::from([(FileId::Group(DataGroup::DG1), pattern(1))]),
        missing: BTreeMap::new(),
        requested: Vec::new(),
        active: Some(ActiveExchange {
            challenge: vec![0; CHALLENGE],
            response: pattern(3),
        }),
        active_for_party: None,
        access: AccessUsed::None,
        terminal: TerminalAttempt::NotTried,
        quirks: Vec::new(),
        applications: BTreeMap::from([(Application::Biometrics, application)]),
    };
    let records = capture
        .applications
        .values()
        .flat_map(|one| one.files.values());
    let places: Vec<u64> = capture
        .files
        .values()
        .chain(records.flat_map(|file| &file.records))
        .chain(capture.active.iter().map(|exchange| &exchange.response))
        .map(|bytes| place(bytes))
        .collect();
    let expected = [pattern(1), pattern(2), pattern(3)];
    // Made before anything is given back, or it would stand in the very place.
    let mut found = vec![0; LENGTH];
    for (place, expected) in places.iter().zip(&expected) {
        memory(*place, &mut found);
        assert!(found == *expected, "the test looks where nothing is");
    }
    drop(capture);
    for (number, (place, expected)) in places.iter().zip(&expected).enumerate() {
        memory(*place, &mut found);
        let same = found[MIDDLE].iter().zip(&expected[MIDDLE]);
        let left = same.filter(|(found, expected)| found == expected).count();
        assert!(
            left < MIDDLE.len() / 8,
            "{left} octets of {number} are left"
        );
    }
}
