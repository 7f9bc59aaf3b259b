//! The cases `LDS_E_*`: DG4, behind terminal authentication.

use cancuoc::lds::DataGroup;
use cancuoc::lds::field::Sensitivity;
use cancuoc::sim::biometrics::Header;
use cancuoc::sim::biometrics::iris::Record;
use cancuoc::sim::persona::EnrolledIris;
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

const IRISES: &str = "conformance::lds::irises::irises_of_every_kind_are_read";
const FRAME: &str = "conformance::lds::irises::a_group_that_is_framed_wrongly_is_never_genuine";
const HEADER: &str = "conformance::lds::irises::a_header_that_is_not_as_it_should_be_is_noted";
const RECORD: &str = "conformance::lds::irises::a_record_that_is_none_is_malformed";

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // Two in JPEG 2000; two without compression.
    ("LDS_E_01", Played(IRISES)),
    ("LDS_E_02", Played(IRISES)),
    // Another outer tag; outer length too small; too large; no number of instances.
    ("LDS_E_03", Played(FRAME)),
    ("LDS_E_04", Played(FRAME)),
    ("LDS_E_05", Played(FRAME)),
    ("LDS_E_06", Played(FRAME)),
    // Format owner: another, none. Format type: another, none.
    ("LDS_E_07", Played(HEADER)),
    ("LDS_E_08", Played(HEADER)),
    ("LDS_E_09", Played(HEADER)),
    ("LDS_E_10", Played(HEADER)),
    // Subtype: another eye, none.
    ("LDS_E_11", Played(HEADER)),
    ("LDS_E_12", Played(HEADER)),
    // Format identifier; no data block in the second instance.
    ("LDS_E_13", Played(RECORD)),
    ("LDS_E_14", Played(RECORD)),
];

/// What is said of a card with this DG4.
fn ending(file: &[u8]) -> String {
    let pki = ta::pki(ta::USUAL);
    let persona = ta::persona(&pki, TODAY, |_| {});
    let terminal = ta::terminal_with(&pki, &[]);
    told(&persona, Some(&terminal), DataGroup::DG4, file)
}

/// Both irises.
fn two() -> [(Header, Vec<u8>); 2] {
    EnrolledIris::both_drawn(Compression::Jpeg2000).map(|iris| {
        let record = Record::of(iris.side, &iris.picture);
        (Header::iris(iris.side), record.encode())
    })
}

#[test]
fn irises_of_every_kind_are_read() {
    let pki = ta::pki(ta::USUAL);
    let terminal = ta::terminal_with(&pki, &[]);
    for compression in [Compression::Jpeg2000, Compression::Raw] {
        let persona = ta::persona(&pki, TODAY, |chip| {
            chip.irises = EnrolledIris::both_drawn(compression).to_vec();
        });
        let reading = ta::passes(&persona, &terminal, "irises");
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine);
        let own = cards::judge(&cards::read_own(&cards::persona("an"), "own").unwrap());
        assert_eq!(report.deviations(), own.deviations(), "{compression:?}");
        let contents = &report.contents()[&DataGroup::DG4];
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
    for (file, expected) in framed_wrongly(DataGroup::DG4, &two(), 0x77) {
        assert_eq!(ending(&file), expected);
    }
}

#[test]
fn a_header_that_is_not_as_it_should_be_is_noted() {
    let formats = of_other_format(DataGroup::DG4, &two(), [0x00, 0x07]);
    // Neither eye, and the undefined one of a record that says which.
    let subtypes = of_other_subtype(DataGroup::DG4, &two(), [0x03, 0x00]);
    for (file, expected) in formats.into_iter().chain(subtypes) {
        assert_eq!(ending(&file), expected);
    }
}

#[test]
fn a_record_that_is_none_is_malformed() {
    let mut instances = two();
    instances[1].1[..3].copy_from_slice(b"FIR");
    assert_eq!(
        ending(&group(DataGroup::DG4, &instances)),
        "inconclusive: consistency.group_malformed, DG4: iris record header"
    );
    assert_eq!(
        ending(&last_without_record(DataGroup::DG4, &two())),
        "inconclusive: consistency.group_malformed, DG4: biometric data block"
    );
}
