//! What is encoded here is what the decoders give back.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::image::Format;
use crate::lds::biometrics::Oddity;
use crate::lds::dg2::Dg2;
use crate::lds::dg3::Dg3;
use crate::lds::dg4::Dg4;
use crate::sim::biometrics::face::Face;
use crate::sim::biometrics::face::Point;
use crate::sim::biometrics::finger::Finger;
use crate::sim::biometrics::iris::Eye;
use crate::sim::biometrics::iris::Iris;
use crate::sim::biometrics::iris::Side;
use crate::sim::faces::Portrait;
use crate::sim::prints::Picture;

/// Beginnings of images that are told by them.
const SIGNS: [&[u8]; 5] = [
    &[0xFF, 0xD8, 0xFF, 0xE0],
    &[0, 0, 0, 0x0C, b'j', b'P', b' ', b' '],
    &[0xFF, 0xA0, 0xFF],
    b"\x89PNG\r\n\x1A\n",
    &[0xFF, 0x4F, 0xFF, 0x51],
];

fn image(signs: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let sign = proptest::sample::select(signs);
    (sign, vec(any::<u8>(), 0..40)).prop_map(|(sign, rest)| [sign, &rest].concat())
}

fn point() -> impl Strategy<Value = Point> {
    (any::<u8>(), any::<u16>(), any::<u16>()).prop_map(|(code, x, y)| Point { code, x, y })
}

prop_compose! {
    fn face()(
        codes in any::<[u8; 3]>(),
        properties in 0_u32..0x0100_0000,
        expression: u16,
        angles in any::<[[u8; 3]; 2]>(),
        points in vec(point(), 0..5),
        kinds in any::<[u8; 4]>(),
        numbers in any::<[u16; 4]>(),
        bytes in image(&[SIGNS[0], SIGNS[1], SIGNS[4]]),
    ) -> Face {
        let [gender, eye_colour, hair_colour] = codes;
        let [pose, uncertainty] = angles;
        let [image_type, data_type, colour_space, source] = kinds;
        let [device, quality, width, height] = numbers;
        Face {
            gender, eye_colour, hair_colour, properties, expression, pose, uncertainty, points,
            image_type, data_type, colour_space, source, device, quality,
            portrait: Portrait::of(bytes, width, height),
        }
    }
}

fn pictured(bytes: Vec<u8>, width: u16, height: u16) -> Picture {
    Picture {
        image: bytes.into(),
        width,
        height,
    }
}

prop_compose! {
    fn finger()(
        octets in any::<[u8; 4]>(),
        numbers in any::<[u16; 2]>(),
        bytes in image(&SIGNS),
    ) -> Finger {
        let [position, view, quality, impression] = octets;
        let [width, height] = numbers;
        Finger {
            position, views: 1, view, quality, impression,
            picture: pictured(bytes, width, height),
        }
    }
}

prop_compose! {
    fn fingers()(
        numbers in any::<[u16; 6]>(),
        scale: u8,
        depth: u8,
        // Samples without compression have no sign.
        compression in 2_u8..,
        fingers in vec(finger(), 1..4),
    ) -> finger::Record {
        let [capture_device, level, a, b, c, d] = numbers;
        finger::Record {
            capture_device, level, announced: None, scale, scan_resolution: [a, b],
            image_resolution: [c, d], depth, compression, fingers,
        }
    }
}

prop_compose! {
    fn iris_image()(numbers in any::<[u16; 3]>(), quality: u8, image in image(&SIGNS)) -> Iris {
        let [number, rotation, uncertainty] = numbers;
        Iris { number, quality, rotation, uncertainty, image }
    }
}

prop_compose! {
    fn irises()(
        numbers in any::<[u16; 5]>(),
        octets in any::<[u8; 2]>(),
        format in 5_u16..,
        device: [u8; 16],
        eyes in vec((any::<u8>(), vec(iris_image(), 1..3)), 1..=2),
    ) -> iris::Record {
        let [capture_device, properties, diameter, width, height] = numbers;
        let [depth, transformation] = octets;
        let eyes = eyes.into_iter().map(|(which, images)| Eye { which, images }).collect();
        iris::Record {
            capture_device, properties, diameter, format, width, height, depth, transformation,
            device, eyes,
        }
    }
}

proptest! {
    #[test]
    fn faces_come_back(faces in vec(face(), 1..4)) {
        let record = face::record(&faces);
        let file = counted(DataGroup::DG2, &[template(&Header::face(), &record)]);
        let dg2 = Dg2::decode(&file).unwrap();
        prop_assert_eq!(dg2.faces().count(), faces.len());
        prop_assert!(!dg2.fields().is_empty());
        for (read, written) in dg2.faces().zip(&faces) {
            prop_assert_eq!(read.gender.value, u16::from(written.gender));
            prop_assert_eq!(read.eye_colour.value, u16::from(written.eye_colour));
            prop_assert_eq!(read.hair_colour.value, u16::from(written.hair_colour));
            prop_assert_eq!(read.properties.mask(), written.properties);
            prop_assert_eq!(read.expression.value, written.expression);
            let pose = [read.pose.yaw, read.pose.pitch, read.pose.roll];
            prop_assert_eq!(pose.map(|angle| angle.code), written.pose);
            prop_assert_eq!(pose.map(|angle| angle.uncertainty_code), written.uncertainty);
            let points: Vec<_> = read.points.iter().map(|point| Point {
                code: point.major << 4 | point.minor, x: point.x, y: point.y,
            }).collect();
            prop_assert_eq!(&points, &written.points);
            prop_assert_eq!(read.image_type.value, u16::from(written.image_type));
            prop_assert_eq!(read.colour_space.value, u16::from(written.colour_space));
            prop_assert_eq!(read.source.value, u16::from(written.source));
            prop_assert_eq!(read.device, written.device);
            prop_assert_eq!(read.quality, written.quality);
            prop_assert_eq!(read.image.layout.width, written.portrait.width);
            prop_assert_eq!(read.image.layout.height, written.portrait.height);
            prop_assert_eq!(&read.image.bytes, written.portrait.image.as_ref());
        }
    }

    #[test]
    fn fingers_come_back(records in vec(fingers(), 1..4)) {
        let header = Header::finger(2);
        let templates: Vec<_> = records
            .iter()
            .map(|record| template(&header, &record.encode()))
            .collect();
        let dg3 = Dg3::decode(&counted(DataGroup::DG3, &templates)).unwrap();
        prop_assert_eq!(dg3.instances.len(), records.len());
        prop_assert!(!dg3.fields().is_empty());
        for (read, written) in dg3.instances.iter().zip(&records) {
            let read = read.record.fixed().unwrap();
            prop_assert_eq!(read.capture_device, written.capture_device);
            prop_assert_eq!(read.level, written.level);
            prop_assert_eq!(read.scale.value, u16::from(written.scale));
            prop_assert_eq!(read.scan_resolution, written.scan_resolution);
            prop_assert_eq!(read.image_resolution, written.image_resolution);
            prop_assert_eq!(read.depth, written.depth);
            prop_assert_eq!(read.compression.value, u16::from(written.compression));
            prop_assert_eq!(read.fingers.len(), written.fingers.len());
            for (read, written) in read.fingers.iter().zip(&written.fingers) {
                prop_assert_eq!(read.position.value, u16::from(written.position));
                prop_assert_eq!([read.views, read.view], [written.views, written.view]);
                prop_assert_eq!(read.quality, written.quality);
                prop_assert_eq!(read.impression.value, u16::from(written.impression));
                prop_assert_eq!(read.image.layout.width, written.picture.width);
                prop_assert_eq!(read.image.layout.height, written.picture.height);
                prop_assert_eq!(&read.image.bytes, written.picture.image.as_ref());
            }
        }
    }

    #[test]
    fn irises_come_back(records in vec(irises(), 1..3)) {
        let header = Header::iris(Side::Right);
        let templates: Vec<_> = records
            .iter()
            .map(|record| template(&header, &record.encode()))
            .collect();
        let dg4 = Dg4::decode(&counted(DataGroup::DG4, &templates)).unwrap();
        prop_assert_eq!(dg4.instances.len(), records.len());
        prop_assert!(!dg4.fields().is_empty());
        for (read, written) in dg4.instances.iter().zip(&records) {
            let read = read.record.fixed().unwrap();
            prop_assert_eq!(read.capture_device, written.capture_device);
            let properties = [
                (read.properties.horizontal, 0), (read.properties.vertical, 2),
                (read.properties.scan, 4), (read.properties.occlusions, 6),
                (read.properties.filling, 7), (read.properties.boundary, 8),
            ];
            let bits: u16 = properties.iter().map(|(code, shift)| code.value << shift).sum();
            prop_assert_eq!(bits, written.properties & 0x01FF);
            prop_assert_eq!(read.diameter, written.diameter);
            prop_assert_eq!(read.format.value, written.format);
            prop_assert_eq!([read.width, read.height], [written.width, written.height]);
            prop_assert_eq!(read.depth, written.depth);
            prop_assert_eq!(read.transformation.value, u16::from(written.transformation));
            prop_assert_eq!(read.device, written.device);
            prop_assert_eq!(read.eyes.len(), written.eyes.len());
            for (read, written) in read.eyes.iter().zip(&written.eyes) {
                prop_assert_eq!(read.which.value, u16::from(written.which));
                prop_assert_eq!(read.images.len(), written.images.len());
                for (read, written) in read.images.iter().zip(&written.images) {
                    prop_assert_eq!(read.number, written.number);
                    prop_assert_eq!(read.quality, written.quality);
                    prop_assert_eq!(read.rotation, written.rotation);
                    prop_assert_eq!(read.uncertainty, written.uncertainty);
                    prop_assert_eq!(&read.image.bytes, &written.image);
                }
            }
        }
    }

    #[test]
    fn bare_samples_come_back(width in 1_u16..20, height in 1_u16..20, depth in 1_u8..=16, packed: bool) {
        let size = usize::from(width) * usize::from(height);
        let octets = if packed { (size * usize::from(depth)).div_ceil(8) } else { size * usize::from(depth).div_ceil(8) };
        let mut record = finger::Record::of(1, pictured(vec![0x55; octets], width, height));
        record.depth = depth;
        record.compression = u8::from(packed);
        let read = |record: &finger::Record| {
            let one = template(&Header::finger(1), &record.encode());
            Dg3::decode(&counted(DataGroup::DG3, &[one]))
        };
        let dg3 = read(&record).unwrap();
        let finger = dg3.fingers().next().unwrap();
        prop_assert_eq!(finger.image.format, Format::Raw);
        prop_assert_eq!(finger.image.layout.octets(), Some(octets));
        prop_assert!(dg3.oddities().is_empty(), "{:?}", dg3.oddities());
        record.fingers[0].picture.image.to_mut().pop();
        prop_assert_eq!(read(&record).unwrap_err().what, "format of the image");
    }
}

fn thumb() -> Picture {
    pictured([SIGNS[2], &[0; 9]].concat(), 320, 400)
}

#[test]
fn every_finger_and_eye_is_called_the_same_in_header_and_record() {
    for position in 1..=10 {
        let record = finger::Record::of(position, thumb()).encode();
        for named in 1..=10 {
            let one = template(&Header::finger(named), &record);
            let dg3 = Dg3::decode(&counted(DataGroup::DG3, &[one])).unwrap();
            let odd = dg3.oddities().contains(&Oddity::Subtype);
            assert_eq!(odd, named != position, "{position} as {named}");
        }
    }
    let picture = pictured(SIGNS[1].to_vec(), 8, 8);
    let sides = [Side::Right, Side::Left];
    for side in sides {
        let record = iris::Record::of(side, &picture).encode();
        for named in sides {
            let one = template(&Header::iris(named), &record);
            let dg4 = Dg4::decode(&counted(DataGroup::DG4, &[one])).unwrap();
            assert_eq!(dg4.oddities().is_empty(), side == named);
        }
    }
}

#[test]
fn views_of_one_finger_are_counted_as_fingers_or_as_images() {
    let mut record = finger::Record::of(1, thumb());
    let mut second = record.fingers[0].clone();
    record.fingers[0].views = 2;
    second.views = 2;
    second.view = 2;
    record.fingers.push(second);
    for announced in [1, 2] {
        record.announced = Some(announced);
        let one = template(&Header::finger(1), &record.encode());
        let dg3 = Dg3::decode(&counted(DataGroup::DG3, &[one])).unwrap();
        assert_eq!(dg3.fingers().count(), 2);
        assert!(dg3.oddities().is_empty(), "{:?}", dg3.oddities());
    }
    record.announced = Some(3);
    let one = template(&Header::finger(1), &record.encode());
    let lie = Dg3::decode(&counted(DataGroup::DG3, &[one]));
    assert_eq!(lie.unwrap_err().what, "finger length");
}

#[test]
fn what_a_header_says_of_time_is_read() {
    let header = Header::finger(1)
        .with(
            element::CREATED,
            &[0x20, 0x21, 0x05, 0x10, 0x07, 0x30, 0x59],
        )
        .with(
            element::VALIDITY,
            &[0x20, 0x21, 0x05, 0x10, 0x20, 0x31, 0x05, 0x09],
        )
        .with(element::CREATOR, &[0x12, 0x34]);
    let one = template(&header, &finger::Record::of(1, thumb()).encode());
    let dg3 = Dg3::decode(&counted(DataGroup::DG3, std::slice::from_ref(&one))).unwrap();
    let read = &dg3.instances[0].header;
    assert_eq!(read.created.unwrap().to_string(), "2021-05-10T07:30:59");
    let (from, until) = read.valid.unwrap();
    assert_eq!(
        (from.to_string(), until.to_string()),
        ("2021-05-10".into(), "2031-05-09".into())
    );
    assert_eq!(read.creator, Some(0x1234));
    assert!(dg3.oddities().is_empty());

    for wrong in [
        &[0x20, 0x21, 0x13, 0x10, 0, 0, 0][..],
        &[0x2A; 7],
        &[0x20, 0x21],
        &[],
    ] {
        let header = Header::finger(1).with(element::CREATED, wrong);
        let one = template(&header, &finger::Record::of(1, thumb()).encode());
        let dg3 = Dg3::decode(&counted(DataGroup::DG3, &[one])).unwrap();
        assert_eq!(dg3.instances[0].header.created, None);
        assert!(dg3.oddities().contains(&Oddity::HeaderElement));
    }
}
