//! The cases `LDS_C_*`: DG2.
//!
//! The list does not say what an inspection system makes of them; that is in another document. A
//! record that is none, or lies about its lengths, is open and named; a wrong code is noted.

use cancuoc::lds::DataGroup;
use cancuoc::sim::biometrics::Header;
use cancuoc::sim::biometrics::element;
use cancuoc::sim::biometrics::face;
use cancuoc::sim::biometrics::face::Face;
use cancuoc::sim::biometrics::face::Point;
use cancuoc::sim::faces::Portrait;

use crate::conformance::ids::Place;
use crate::conformance::ids::Place::Played;
use crate::conformance::lds::biometrics::framed_wrongly;
use crate::conformance::lds::biometrics::group;
use crate::conformance::lds::biometrics::last_without_record;
use crate::conformance::lds::biometrics::of_other_format;
use crate::conformance::lds::biometrics::reheaded;
use crate::conformance::lds::biometrics::told;
use crate::support::cards;

const FACES: &str = "conformance::lds::face::faces_of_every_kind_are_read";
const FRAME: &str = "conformance::lds::face::a_group_that_is_framed_wrongly_is_never_genuine";
const HEADER: &str = "conformance::lds::face::a_header_that_is_not_as_it_should_be_is_noted";
const RECORD: &str = "conformance::lds::face::a_record_that_is_none_is_malformed";
const CODES: &str = "conformance::lds::face::a_code_outside_its_table_is_noted";

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[
    // JPEG 2000; JPEG; JPEG 2000 with feature points.
    ("LDS_C_01", Played(FACES)),
    ("LDS_C_02", Played(FACES)),
    ("LDS_C_03", Played(FACES)),
    // Another outer tag; outer length too small; too large; no number of instances.
    ("LDS_C_04", Played(FRAME)),
    ("LDS_C_05", Played(FRAME)),
    ("LDS_C_06", Played(FRAME)),
    ("LDS_C_07", Played(FRAME)),
    // Format owner: another, none. Format type: another, none.
    ("LDS_C_08", Played(HEADER)),
    ("LDS_C_09", Played(HEADER)),
    ("LDS_C_10", Played(HEADER)),
    ("LDS_C_11", Played(HEADER)),
    // Type: outdated, wrong.
    ("LDS_C_12", Played(HEADER)),
    ("LDS_C_13", Played(HEADER)),
    // Format identifier; version; feature points beside the length.
    ("LDS_C_14", Played(RECORD)),
    ("LDS_C_15", Played(RECORD)),
    ("LDS_C_16", Played(RECORD)),
    // Gender, eyes, hair.
    ("LDS_C_17", Played(CODES)),
    ("LDS_C_18", Played(CODES)),
    ("LDS_C_19", Played(CODES)),
    // Yaw, pitch, roll, and how sure each is.
    ("LDS_C_20", Played(CODES)),
    ("LDS_C_21", Played(CODES)),
    ("LDS_C_22", Played(CODES)),
    ("LDS_C_23", Played(CODES)),
    ("LDS_C_24", Played(CODES)),
    ("LDS_C_25", Played(CODES)),
    // Face image type; image data type.
    ("LDS_C_26", Played(CODES)),
    ("LDS_C_27", Played(CODES)),
    // No data block.
    ("LDS_C_28", Played(RECORD)),
];

/// What is said of a card with this DG2.
fn ending(file: &[u8]) -> String {
    told(&cards::persona("an"), None, DataGroup::DG2, file)
}

fn jpeg() -> Face {
    Face::of(&cards::persona("an").chip.portrait)
}

fn one(face: Face) -> [(Header, Vec<u8>); 1] {
    [(Header::face(), face::record(&[face]))]
}

/// DG2 of one JPEG of which something was changed.
fn changed(change: impl FnOnce(&mut Face)) -> String {
    let mut face = jpeg();
    change(&mut face);
    ending(&group(DataGroup::DG2, &one(face)))
}

#[test]
fn faces_of_every_kind_are_read() {
    let jpeg2000 = Portrait::drawn(include_bytes!("../../../../src/sim/faces/an.jp2"));
    let points = [0x2A, 0x31, 0x93].map(|code| Point {
        code,
        x: 200,
        y: 300,
    });
    let dotted = Face {
        points: points.to_vec(),
        ..Face::of(&jpeg2000)
    };
    for face in [Face::of(&jpeg2000), jpeg(), dotted] {
        assert_eq!(ending(&group(DataGroup::DG2, &one(face))), "genuine");
    }
}

#[test]
fn a_group_that_is_framed_wrongly_is_never_genuine() {
    for (file, expected) in framed_wrongly(DataGroup::DG2, &one(jpeg()), 0x76) {
        assert_eq!(ending(&file), format!("{expected}, portrait_unread"));
    }
}

#[test]
fn a_header_that_is_not_as_it_should_be_is_noted() {
    let instances = one(jpeg());
    let with = |tag, value: &[u8]| reheaded(DataGroup::DG2, &instances, tag, Some(value));
    let others = [
        // The number of the draft of ISO/IEC 19794-5.
        (
            with(element::FORMAT_TYPE, &[0x05, 0x01]),
            "genuine, biometric_format_outdated",
        ),
        (with(element::TYPE, &[0x08]), "genuine, biometric_type"),
    ];
    let formats = of_other_format(DataGroup::DG2, &instances, [0x00, 0x09]);
    for (file, expected) in formats.into_iter().chain(others) {
        assert_eq!(ending(&file), expected);
    }
}

#[test]
fn a_record_that_is_none_is_malformed() {
    let malformed = |what: &str| {
        format!("inconclusive: consistency.group_malformed, DG2: {what}, portrait_unread")
    };
    let good = face::record(&[jpeg()]);
    let with = |place: usize, octets: &[u8]| {
        let mut record = good.clone();
        record[place..place + octets.len()].copy_from_slice(octets);
        ending(&group(DataGroup::DG2, &[(Header::face(), record)]))
    };
    assert_eq!(with(0, b"FAX"), malformed("facial record header"));
    assert_eq!(with(4, b"020"), malformed("facial record header"));
    // Points that are not there, and fewer than are there.
    assert_eq!(with(18, &[0, 2]), malformed("format of the image"));
    assert_eq!(with(18, &[0xFF, 0xFF]), malformed("face record length"));
    // A length that leaves the points out.
    let mut face = jpeg();
    face.points = vec![
        Point {
            code: 0x21,
            x: 1,
            y: 1
        };
        2
    ];
    let mut record = face::record(&[face]);
    let length = u32::from_be_bytes(record[14..18].try_into().unwrap()) - 16;
    record[14..18].copy_from_slice(&length.to_be_bytes());
    let file = group(DataGroup::DG2, &[(Header::face(), record)]);
    assert_eq!(
        ending(&file),
        "genuine, portrait_padding, biometric_lengths"
    );
    assert_eq!(
        ending(&last_without_record(DataGroup::DG2, &one(jpeg()))),
        malformed("biometric data block")
    );
}

#[test]
fn a_code_outside_its_table_is_noted() {
    assert_eq!(changed(|face| face.gender = 4), "genuine, face_gender");
    assert_eq!(
        changed(|face| face.eye_colour = 8),
        "genuine, face_eye_colour"
    );
    assert_eq!(
        changed(|face| face.hair_colour = 10),
        "genuine, face_hair_colour"
    );
    for axis in 0..3 {
        assert_eq!(changed(|face| face.pose[axis] = 182), "genuine, face_pose");
        assert_eq!(
            changed(|face| face.uncertainty[axis] = 182),
            "genuine, face_pose_uncertainty"
        );
    }
    assert_eq!(
        changed(|face| face.image_type = 3),
        "genuine, face_image_type"
    );
    assert_eq!(changed(|face| face.data_type = 2), "genuine, portrait_type");
    for change in [
        |face: &mut Face| face.expression = 8,
        |face: &mut Face| face.colour_space = 5,
        |face: &mut Face| face.source = 8,
        |face: &mut Face| face.properties = 0x800,
    ] {
        assert_eq!(changed(change), "genuine, face_code");
    }
}
