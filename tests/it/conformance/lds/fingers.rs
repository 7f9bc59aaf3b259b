//! The cases `LDS_D_*`: DG3, behind terminal authentication.

use cancuoc::lds::DataGroup;
use cancuoc::lds::field::Sensitivity;
use cancuoc::sim::biometrics::Header;
use cancuoc::sim::biometrics::finger::Record;
use cancuoc::sim::persona::EnrolledFinger;
use cancuoc::sim::prints::Compression;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::lds::biometrics::framed_wrongly;
use crate::conformance::lds::biometrics::group;
use crate::conformance::lds::biometrics::last_without_record;
use crate::conformance::lds::biometrics::of_other_format;
use crate::conformance::lds::biometrics::of_other_subtype;
use crate::conformance::lds::biometrics::told;
use crate::support::cards;
use crate::support::cards::TODAY;
use crate::terminal_authentication as ta;

const FINGERS: &str = "conformance::lds::fingers::fingers_of_every_kind_are_read";
const FRAME: &str = "conformance::lds::fingers::a_group_that_is_framed_wrongly_is_never_genuine";
const HEADER: &str = "conformance::lds::fingers::a_header_that_is_not_as_it_should_be_is_noted";
const RECORD: &str = "conformance::lds::fingers::a_record_that_is_none_is_malformed";

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Two in JPEG 2000; two in WSQ; three in WSQ.
    ("LDS_D_01", Played(FINGERS)),
    ("LDS_D_02", Played(FINGERS)),
    ("LDS_D_03", Played(FINGERS)),
    // Another outer tag; outer length too small; too large; no number of instances.
    ("LDS_D_04", Played(FRAME)),
    ("LDS_D_05", Played(FRAME)),
    ("LDS_D_06", Played(FRAME)),
    ("LDS_D_07", Played(FRAME)),
    // Format owner: another, none. Format type: another, none.
    ("LDS_D_08", Played(HEADER)),
    ("LDS_D_09", Played(HEADER)),
    ("LDS_D_10", Played(HEADER)),
    ("LDS_D_11", Played(HEADER)),
    // Subtype: another finger, none.
    ("LDS_D_12", Played(HEADER)),
    ("LDS_D_13", Played(HEADER)),
    // Format identifier; no data block in the second instance.
    ("LDS_D_14", Played(RECORD)),
    ("LDS_D_15", Played(RECORD)),
    // Two without compression.
    ("LDS_D_16", Played(FINGERS)),
];

/// What is said of a card with this DG3.
fn ending(file: &[u8]) -> String {
    let pki = ta::pki(ta::USUAL);
    let persona = ta::persona(&pki, TODAY, |_| {});
    let terminal = ta::terminal_with(&pki, &[]);
    told(&persona, Some(&terminal), DataGroup::DG3, file)
}

/// Both index fingers.
fn two() -> [(Header, Vec<u8>); 2] {
    [2, 7].map(|position| {
        let finger = EnrolledFinger::drawn(position, Compression::Wsq);
        let record = Record::of(position, finger.picture);
        (Header::finger(position), record.encode())
    })
}

#[test]
fn fingers_of_every_kind_are_read() {
    let pki = ta::pki(ta::USUAL);
    let terminal = ta::terminal_with(&pki, &[]);
    for (positions, compression) in [
        (&[2, 7][..], Compression::Jpeg2000),
        (&[2, 7], Compression::Wsq),
        (&[1, 2, 7], Compression::Wsq),
        (&[2, 7], Compression::Raw),
    ] {
        let persona = ta::persona(&pki, TODAY, |chip| {
            let drawn = |position: &u8| EnrolledFinger::drawn(*position, compression);
            chip.fingers = positions.iter().map(drawn).collect();
        });
        let reading = ta::passes(&persona, &terminal, "fingers");
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine);
        let own = cards::judge(&cards::read_own(&cards::persona("an"), "own").unwrap());
        assert_eq!(report.deviations(), own.deviations(), "{compression:?}");
        let contents = &report.contents()[&DataGroup::DG3];
        let Vouched::Verified(contents) = contents else {
            panic!("{compression:?}")
        };
        // How many there are; and what is said of them, to who asks for it.
        let fields = contents.get().fields();
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[1].sensitivity, Sensitivity::Sensitive);
    }
}

#[test]
fn a_group_that_is_framed_wrongly_is_never_genuine() {
    for (file, expected) in framed_wrongly(DataGroup::DG3, &two(), 0x64) {
        assert_eq!(ending(&file), expected);
    }
}

#[test]
fn a_header_that_is_not_as_it_should_be_is_noted() {
    let formats = of_other_format(DataGroup::DG3, &two(), [0x00, 0x08]);
    // The thumb of the other hand, and no finger at all.
    let subtypes = of_other_subtype(DataGroup::DG3, &two(), [0x06, 0xFF]);
    for (file, expected) in formats.into_iter().chain(subtypes) {
        assert_eq!(ending(&file), expected);
    }
}

#[test]
fn a_record_that_is_none_is_malformed() {
    let mut instances = two();
    instances[1].1[..3].copy_from_slice(b"FAX");
    assert_eq!(
        ending(&group(DataGroup::DG3, &instances)),
        "inconclusive: consistency.group_malformed, DG3: finger record header"
    );
    assert_eq!(
        ending(&last_without_record(DataGroup::DG3, &two())),
        "inconclusive: consistency.group_malformed, DG3: biometric data block"
    );
}
