use proptest::prelude::*;

use super::*;
use crate::bytes::tlv::encode;
use crate::lds::DataGroup;
use crate::lds::biometrics::MAX_IMAGE;
use crate::lds::dg2::Dg2;
use crate::lds::dg3::Dg3;
use crate::lds::dg4::Dg4;

const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9];

fn group(number: DataGroup, format: u8, data: &[u8]) -> Vec<u8> {
    let header = encode(0xA1, &[&[0x87, 2, 1, 1, 0x88, 2, 0, format]]);
    let one = encode(0x7F60, &[&header, &encode(0x7F2E, &[data])]);
    let file = encode(0x7F61, &[&[2, 1, 1], &one]);
    encode(number.tag(), &[&file])
}

const VERSION: &[u8] = &[0xA0, 7, 0x80, 1, 3, 0x81, 2, 0x07, 0xE3];

/// A representation of the parts that must be there, and what comes behind them.
fn representation(information: &[u8], image: &[u8], more: &[u8]) -> Vec<u8> {
    let plane = encode(
        0xA0,
        &[&encode(0x80, &[image]), &encode(0xA1, &[information])],
    );
    let choice = encode(0xA1, &[&encode(0xA0, &[&plane])]);
    encode(0x30, &[&[0x80, 1, 0], &choice, more])
}

fn faces(version: &[u8], list: &[u8], more: &[u8]) -> Vec<u8> {
    encode(0x65, &[version, &encode(0xA1, &[list]), more])
}

fn face(information: &[u8], image: &[u8], more: &[u8]) -> Vec<u8> {
    faces(VERSION, &representation(information, image, more), &[])
}

fn dg2(block: &[u8]) -> Result<Dg2, Malformed> {
    Dg2::decode(&group(DataGroup::DG2, 0x2A, &encode(0xA1, &[block])))
}

const FORMAT: &[u8] = &[0xA0, 3, 0x80, 1, 2];

#[test]
fn the_least_that_the_profile_asks_for_is_read_with_and_without_the_tag_of_standardized_formats() {
    let block = face(FORMAT, JPEG, &[]);
    for file in [
        group(DataGroup::DG2, 0x2A, &encode(0xA1, &[&block])),
        group(DataGroup::DG2, 0x2A, &block),
    ] {
        let dg2 = Dg2::decode(&file).unwrap();
        let image = dg2.images().next().unwrap();
        assert_eq!(image.bytes, JPEG);
        assert_eq!((image.layout.width, image.layout.height), (0, 0));
        assert!(dg2.oddities().is_empty());
        let fields = format!("{:?}", dg2.fields());
        assert!(!fields.contains("width"), "{fields}");
    }
    let fixed = Dg2::decode(&group(DataGroup::DG2, 0x08, &block)).unwrap();
    assert!(fixed.oddities().contains(&Oddity::FormatType));
}

#[test]
fn what_is_not_known_is_kept_and_passed_over() {
    let information = [FORMAT, &[0x9E, 1, 7]].concat();
    let image = representation(&information, JPEG, &[0x8A, 1, 8, 0xBF, 0x40, 0]);
    let block = faces(VERSION, &image, &[0xA9, 2, 5, 0]);
    let dg2 = dg2(&block).unwrap();
    let block = dg2.instances[0].record.extensible().unwrap();
    let kept: Vec<_> = block
        .extensions
        .iter()
        .map(|extension| (extension.tag, extension.bytes.as_slice()))
        .collect();
    assert_eq!(
        kept,
        [
            (0x9E, &[7][..]),
            (0x8A, &[8]),
            (0xBF40, &[]),
            (0xA9, &[5, 0])
        ]
    );
    assert!(dg2.oddities().is_empty());
}

#[test]
fn a_code_of_an_extension_falls_back_or_is_none() {
    let gender = |code: &[u8]| {
        let identity = encode(0xA8, &[&encode(0xA0, &[code])]);
        let dg2 = dg2(&face(FORMAT, JPEG, &identity)).unwrap();
        let block = dg2.instances[0].record.extensible().unwrap();
        let gender = block.representations[0].identity.gender;
        (gender.map(|gender| gender.word), dg2.oddities())
    };
    assert_eq!(gender(&[0x80, 1, 3]).0, Some(Some("female")));
    assert_eq!(gender(&[0xA1, 3, 0x80, 1, 2]).0, Some(Some("male")));
    assert_eq!(gender(&[0xA1, 0]).0, None);
    let (odd, oddities) = gender(&[0x80, 2, 1, 0]);
    assert_eq!(odd, Some(None));
    assert_eq!(oddities, Oddities::from([Oddity::Gender]));
}

#[test]
fn numbers_out_of_their_range_are_noted() {
    let odd = |more: &[u8]| dg2(&face(FORMAT, JPEG, more)).unwrap().oddities();
    let pose = |angle: &[u8]| encode(0xA8, &[&encode(0xA6, &[&encode(0xA0, &[angle])])]);
    assert!(odd(&pose(&[0x80, 2, 0, 180])).is_empty());
    assert!(odd(&pose(&[0x80, 2, 0xFF, 0x4C, 0x81, 1, 9])).is_empty());
    let angle = odd(&pose(&[0x80, 2, 0, 181]));
    assert_eq!(angle, Oddities::from([Oddity::PoseAngle]));
    let unsure = odd(&pose(&[0x80, 1, 0, 0x81, 2, 0, 181]));
    assert_eq!(unsure, Oddities::from([Oddity::PoseUncertainty]));
    // The thirteenth month.
    let month = odd(&[0xA2, 7, 0x80, 2, 7, 0xE8, 0x81, 1, 13]);
    assert_eq!(month, Oddities::from([Oddity::FaceCode]));
    let old = &[0xA0, 6, 0x80, 1, 2, 0x81, 1, 9];
    let old = faces(old, &representation(FORMAT, JPEG, &[]), &[]);
    assert_eq!(
        dg2(&old).unwrap().oddities(),
        Oddities::from([Oddity::FaceCode])
    );
}

#[test]
fn counts_lengths_and_choices_that_lie_are_refused() {
    let what = |block: &[u8]| dg2(block).unwrap_err().what;
    let good = representation(FORMAT, JPEG, &[]);
    assert_eq!(what(&faces(VERSION, &[], &[])), "number of representations");
    assert_eq!(what(&faces(VERSION, &[0x80, 0], &[])), "representations");
    let many = good.repeat(17);
    assert_eq!(what(&faces(VERSION, &many, &[])), "representations");
    assert_eq!(what(&encode(0x65, &[VERSION])), "extensible data block");
    assert_eq!(what(&encode(0x64, &[VERSION])), "extensible data block");
    assert_eq!(
        what(&faces(&[0xA0, 0], &good, &[])),
        "version of the format"
    );
    // Twice the same member.
    assert_eq!(
        what(&faces(VERSION, &good, VERSION)),
        "extensible data block"
    );
    let more = |more: &[u8]| what(&face(FORMAT, JPEG, more));
    assert_eq!(more(&[0xA2, 0]), "capture date and time");
    assert_eq!(more(&[0x82, 0]), "capture date and time");
    assert_eq!(more(&[0xA3, 2, 0x30, 9]), "quality blocks");
    assert_eq!(more(&[0x85, 0]), "small INTEGER");
    assert_eq!(more(&[0x85, 1, 0xFF]), "small INTEGER");
    assert_eq!(more(&[0xA5, 0]), "INTEGER");
    assert_eq!(more(&[0xA8, 6, 0xA4, 4, 0x80, 2, 0, 0]), "BOOLEAN");
    assert_eq!(more(&[0xA8, 2, 0xA0, 0]), "code");
    // Two alternatives of a choice.
    assert_eq!(more(&[0xA8, 8, 0xA0, 6, 0x80, 1, 1, 0x80, 1, 1]), "code");
    let extensions: Vec<u8> = (0..65).flat_map(|n| [0x5F, n + 0x20, 0]).collect();
    assert_eq!(more(&extensions), "representation");
    assert_eq!(more(&[0xA9, 2, 0x30, 0]), "landmarks");
    let landmark = [0x30, 9, 0xA0, 7, 0xA0, 5, 0xA0, 3, 0x80, 1, 0];
    let landmarks = encode(0xA9, &[&landmark.repeat(257)]);
    assert_eq!(more(&landmarks), "landmarks");

    assert_eq!(what(&face(&[], JPEG, &[])), "image information");
    assert_eq!(what(&face(FORMAT, &[0; 9], &[])), "format of the image");
    assert_eq!(
        what(&face(FORMAT, b"\x89PNG\r\n\x1A\n", &[])),
        "face image format"
    );
    let large = [JPEG, &vec![0; MAX_IMAGE]].concat();
    assert_eq!(what(&face(FORMAT, &large, &[])), "length of the image");
    // A representation of another dimension.
    let other = encode(0x30, &[&[0x80, 1, 0, 0xA1, 4, 0xA0, 2, 0xA1, 0]]);
    assert_eq!(what(&faces(VERSION, &other, &[])), "face image");
    // Bytes behind the block.
    let trailing = [face(FORMAT, JPEG, &[]), vec![0]].concat();
    assert_eq!(what(&trailing), "extensible data block");
}

#[test]
fn nests_end() {
    let nest = |depth: usize| (0..depth).fold(vec![0xA1, 0], |inner, _| encode(0xA1, &[&inner]));
    let decode = |block: &[u8]| {
        assert!(Dg2::decode(&group(DataGroup::DG2, 0x2A, block)).is_err());
        assert!(Dg3::decode(&group(DataGroup::DG3, 0x28, block)).is_err());
        assert!(Dg4::decode(&group(DataGroup::DG4, 0x2C, block)).is_err());
    };
    for depth in [1, 40, 2_000] {
        decode(&nest(depth));
        decode(&encode(0x65, &[VERSION, &nest(depth)]));
        decode(&encode(0x64, &[VERSION, &nest(depth)]));
        decode(&encode(0x66, &[VERSION, &nest(depth)]));
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..160, value: u8) {
        let any = |data: &[u8]| {
            let _ = Dg2::decode(&group(DataGroup::DG2, 0x2A, data));
            let _ = Dg3::decode(&group(DataGroup::DG3, 0x28, data));
            let _ = Dg4::decode(&group(DataGroup::DG4, 0x2C, data));
        };
        for application in [0x64, 0x65, 0x66] {
            any(&encode(application, &[&bytes]));
            any(&encode(application, &[VERSION, &encode(0xA1, &[&encode(0x30, &[&bytes])])]));
        }
        let more = encode(0xA8, &[&encode(0xA6, &[&[0xA0, 3, 0x80, 1, 5]]), &[0xA0, 3, 0x80, 1, 2]]);
        let mut block = face(FORMAT, JPEG, &more);
        if let Some(octet) = block.get_mut(at) {
            *octet = value;
        }
        any(&block);
        any(&face(FORMAT, JPEG, &bytes));
    }
}
