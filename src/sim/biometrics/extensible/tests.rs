//! What is encoded here is what the decoders give back.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::image::Format;
use crate::lds::DataGroup;
use crate::lds::biometrics::extensible as read;
use crate::lds::biometrics::extensible::common::Score;
use crate::lds::biometrics::extensible::landmark as read_landmark;
use crate::lds::dg2::Dg2;
use crate::lds::dg3::Dg3;
use crate::lds::dg4::Dg4;
use crate::sim::biometrics::counted;
use crate::sim::biometrics::extensible::face::Face;
use crate::sim::biometrics::extensible::face::Kind;
use crate::sim::biometrics::extensible::face::Landmark;
use crate::sim::biometrics::extensible::face::Place;
use crate::sim::biometrics::extensible::finger::Device;
use crate::sim::biometrics::extensible::finger::Finger;
use crate::sim::biometrics::extensible::finger::Segment;
use crate::sim::biometrics::extensible::iris::Iris;
use crate::sim::biometrics::iris::Side;
use crate::sim::faces::Portrait;
use crate::sim::prints::Picture;

const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0];
const JPEG2000: &[u8] = &[0, 0, 0, 0x0C, b'j', b'P', b' ', b' '];
const WSQ: &[u8] = &[0xFF, 0xA0, 0xFF];

fn image(signs: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let sign = proptest::sample::select(signs);
    (sign, vec(any::<u8>(), 0..40)).prop_map(|(sign, rest)| [sign, &rest].concat())
}

/// Boxed, as the others are: strategies within strategies take more stack than a test has.
fn code() -> BoxedStrategy<Code> {
    let codes = (any::<bool>(), any::<u16>()).prop_map(|(plain, code)| match plain {
        true => Code::Plain(code),
        false => Code::Fallback(code),
    });
    codes.boxed()
}

fn quality() -> BoxedStrategy<Quality> {
    let score = prop_oneof![
        any::<u32>().prop_map(|n| n >> 1).prop_map(Ok),
        code().prop_map(Err)
    ];
    (any::<(u16, u16)>(), score)
        .prop_map(|(algorithm, score)| Quality { algorithm, score })
        .boxed()
}

fn moment() -> BoxedStrategy<Moment> {
    (any::<u16>(), any::<[Option<u16>; 6]>())
        .prop_map(|(year, parts)| Moment { year, parts })
        .boxed()
}

prop_compose! {
    fn detection()(
        decision in option::of(code()),
        scores in vec(quality(), 0..3),
        codes in (option::of(code()), option::of(code()), option::of(code())),
        risk in option::of(0_u32..1000),
        parameter in vec(any::<u8>(), 0..5),
        challenges in vec(vec(any::<u8>(), 0..5), 0..3),
        captured in option::of(moment()),
    ) -> AttackDetection {
        let (context, supervision, criteria) = codes;
        AttackDetection {
            decision, scores, context, supervision, risk, criteria, parameter, challenges, captured,
        }
    }
}

fn landmark() -> BoxedStrategy<Landmark> {
    let kind = prop_oneof![
        code().prop_map(Kind::Mpeg4),
        (0_u8..3, code()).prop_map(|(form, code)| Kind::Anthropometric(form, code)),
    ];
    let place = prop_oneof![
        any::<(u16, u16)>().prop_map(|(x, y)| Place::Plane(x, y)),
        any::<(u16, u16)>().prop_map(|(u, v)| Place::Texture(u.into(), v.into())),
        any::<(u16, u16, u16)>().prop_map(|(x, y, z)| Place::Space(x, y, z)),
    ];
    (kind, option::of(place))
        .prop_map(|(kind, place)| Landmark { kind, place })
        .boxed()
}

prop_compose! {
    fn face()(
        bytes in image(&[JPEG, JPEG2000]).boxed(),
        size in any::<(u16, u16)>(),
        format in code(),
        codes in (option::of(code()), option::of(code()), option::of(code()), option::of(code())),
        flags in any::<[Option<u16>; 4]>(),
        optics in any::<[Option<u16>; 3]>(),
        measurements in option::of([0_u32..70_000, 0..9, 0..300, 0..9]),
        captured in option::of(moment()),
        qualities in vec(quality(), 0..3),
        attack_detection in vec(detection().boxed(), 0..3),
        origin in [option::of(0_u32..70_000), option::of(0_u32..9)],
        devices in (option::of(any::<Registered>()), vec(any::<Registered>(), 0..3)),
        looks in [option::of(code()), option::of(code()), option::of(code())],
        height in option::of(any::<u16>()),
        pose in any::<[Option<(i16, Option<u16>)>; 3]>(),
        landmarks in vec(landmark(), 0..4),
    ) -> Face {
        let [processing, lights, properties, expression] = flags;
        let (kind, attempts, colour_space, source) = codes;
        let (device, certifications) = devices;
        let (width, height_of) = size;
        Face {
            number: 7, portrait: Portrait::of(bytes, width, height_of), format, kind,
            processing: processing.map(|bits| bits & 0x0FFF), attempts, optics, measurements,
            colour_space, lights: lights.map(|bits| bits & 7), source, captured, qualities,
            attack_detection, origin, device, certifications, looks, height,
            properties: properties.map(|bits| bits & 0x07FF),
            expression: expression.map(|bits| bits & 0x3F), pose, landmarks, more: Vec::new(),
        }
    }
}

prop_compose! {
    fn device()(
        model: Registered,
        technology in option::of(code()),
        certifications in vec(any::<Registered>(), 0..3),
    ) -> Device {
        Device { model, technology, certifications }
    }
}

prop_compose! {
    fn segment()(
        algorithm: Registered,
        position in code(),
        corners in vec(any::<(u16, u16)>(), 2..5),
        orientation: Option<u8>,
        confidence in option::of(prop_oneof![(0_u32..101).prop_map(Ok), code().prop_map(Err)]),
    ) -> Segment {
        Segment { algorithm, position, corners, orientation, confidence }
    }
}

prop_compose! {
    fn finger()(
        codes in (code(), code(), code()),
        image in image(&[JPEG2000, WSQ, b"\x89PNG\r\n\x1A\n"]),
        captured in option::of(moment()),
        device in option::of(device().boxed()),
        qualities in vec(quality(), 0..3),
        resolution: Option<(u16, u16)>,
        flags: [Option<bool>; 3],
        rotation: Option<i16>,
        segments in vec(segment().boxed(), 0..3),
        annotations in vec((code(), code()), 0..3),
        attack_detection in option::of(detection().boxed()),
        comments in vec("[ -~]{0,9}", 0..3),
        vendor in vec((any::<Registered>(), vec(any::<u8>(), 0..9)), 0..3),
    ) -> Finger {
        let (position, impression, format) = codes;
        Finger {
            position, impression, format, image, captured, device, qualities, resolution, flags,
            rotation, segments, annotations, attack_detection, comments, vendor,
        }
    }
}

prop_compose! {
    fn eye()(
        numbers: [u16; 5],
        codes in (code(), code()),
        captured in moment(),
        image in image(&[JPEG2000, b"\x89PNG\r\n\x1A\n"]),
        range: Option<Result<u16, u16>>,
        device in option::of(device().boxed()),
        qualities in vec(quality(), 0..3),
        roll: Option<(u16, u16)>,
        localisation: Option<[u16; 6]>,
        attack_detection in option::of(detection().boxed()),
    ) -> Iris {
        let [eye, depth, codes_of @ ..] = numbers;
        let (kind, format) = codes;
        Iris {
            eye, kind, depth, format, codes: codes_of, captured, image, range, device, qualities,
            roll, localisation, attack_detection,
        }
    }
}

fn number(code: Option<crate::lds::biometrics::Code>) -> Option<u16> {
    code.map(|code| code.value)
}

fn same_registered(read: read::Registered, (organization, id): Registered) -> bool {
    (read.organization, read.id) == (organization, id)
}

fn same_score(read: Score, written: Result<u32, Code>) -> bool {
    match (read, written) {
        (Score::Score(read), Ok(written)) => read == written,
        (Score::Failed(read), Err(written)) => number(read) == Some(written.number()),
        _ => false,
    }
}

fn same_qualities(read: &[read::Quality], written: &[Quality]) -> bool {
    let mut pairs = read.iter().zip(written);
    read.len() == written.len()
        && pairs.all(|(read, written)| {
            same_registered(read.algorithm, written.algorithm)
                && same_score(read.score, written.score)
        })
}

fn same_moment(read: Option<read::Moment>, written: Option<Moment>) -> bool {
    let read = read.map(|read| {
        let parts = [
            read.month,
            read.day,
            read.hour,
            read.minute,
            read.second,
            read.millisecond,
        ];
        Moment {
            year: read.year,
            parts,
        }
    });
    read == written
}

fn same_detection(read: &read::AttackDetection, written: &AttackDetection) -> bool {
    let codes = [read.decision, read.context, read.supervision, read.criteria];
    let expected = [
        written.decision,
        written.context,
        written.supervision,
        written.criteria,
    ];
    codes.map(number) == expected.map(|code| code.map(Code::number))
        && same_qualities(&read.scores, &written.scores)
        && read.risk == written.risk
        && read.parameter == written.parameter
        && read.challenges == written.challenges
        && same_moment(read.captured, written.captured)
}

fn same_device(read: Option<&read::device::Device>, written: Option<&Device>) -> bool {
    match (read, written) {
        (Some(read), Some(written)) => {
            read.model
                .is_some_and(|model| same_registered(model, written.model))
                && number(read.technology) == written.technology.map(Code::number)
                && same_registrations(&read.certifications, &written.certifications)
        }
        (read, written) => read.is_none() && written.is_none(),
    }
}

fn same_registrations(read: &[read::Registered], written: &[Registered]) -> bool {
    let mut pairs = read.iter().zip(written);
    read.len() == written.len() && pairs.all(|(read, written)| same_registered(*read, *written))
}

fn same_landmark(read: &read_landmark::Landmark, written: &Landmark) -> bool {
    let kind = match written.kind {
        Kind::Mpeg4(code) => read_landmark::Kind::Mpeg4(code.number()),
        Kind::Anthropometric(0, code) => read_landmark::Kind::Name(code.number()),
        Kind::Anthropometric(1, code) => read_landmark::Kind::Point(code.number()),
        Kind::Anthropometric(_, code) => read_landmark::Kind::Id(code.number()),
    };
    let place = written.place.map(|place| match place {
        Place::Plane(x, y) => read_landmark::Place::Plane(x, y),
        Place::Texture(u, v) => read_landmark::Place::Texture(u, v),
        Place::Space(x, y, z) => read_landmark::Place::Space(x, y, z),
    });
    (read.kind, read.place) == (Some(kind), place)
}

proptest! {
    #[test]
    fn faces_come_back(faces in vec(face().boxed(), 1..3)) {
        let one = template(&face_header(), &face::record(&faces));
        let dg2 = Dg2::decode(&counted(DataGroup::DG2, &[one])).unwrap();
        prop_assert!(!dg2.fields().is_empty());
        let block = dg2.instances[0].record.extensible().unwrap();
        prop_assert_eq!(block.version, read::Version { generation: 3, year: 2019 });
        prop_assert_eq!(block.representations.len(), faces.len());
        prop_assert!(block.extensions.is_empty());
        for (read, written) in block.representations.iter().zip(&faces) {
            prop_assert_eq!(&read.image.bytes, written.portrait.image.as_ref());
            prop_assert_eq!(read.image.layout.width, written.portrait.width);
            prop_assert_eq!(read.image.layout.height, written.portrait.height);
            let information = &read.information;
            let codes = [
                information.format, information.kind, information.attempts,
                information.colour_space, read.source,
            ];
            let expected = [
                Some(written.format), written.kind, written.attempts, written.colour_space,
                written.source,
            ];
            prop_assert_eq!(codes.map(number), expected.map(|code| code.map(Code::number)));
            let bits = |bits: Option<u16>| usize::try_from(bits.unwrap_or(0).count_ones()).unwrap();
            prop_assert_eq!(information.processing.len(), bits(written.processing));
            prop_assert_eq!(read.lights.len(), bits(written.lights));
            let optics = [information.distance, information.diagonal, information.focal_length];
            prop_assert_eq!(optics, written.optics.map(|length| length.map(u32::from)));
            let measured = written.measurements.map_or([None; 4], |lengths| lengths.map(Some));
            prop_assert_eq!(information.measurements, measured);
            prop_assert!(same_moment(read.captured, written.captured));
            prop_assert!(same_qualities(&read.qualities, &written.qualities));
            prop_assert_eq!(read.attack_detection.len(), written.attack_detection.len());
            for (read, written) in read.attack_detection.iter().zip(&written.attack_detection) {
                prop_assert!(same_detection(read, written));
            }
            prop_assert_eq!([read.session, read.derived_from], written.origin);
            let device = read.device.map(|device| (device.organization, device.id));
            prop_assert_eq!(device, written.device);
            prop_assert!(same_registrations(&read.certifications, &written.certifications));
            let identity = &read.identity;
            let looks = [identity.gender, identity.eye_colour, identity.hair_colour];
            let expected = written.looks.map(|code| code.map(Code::number));
            prop_assert_eq!(looks.map(number), expected);
            prop_assert_eq!(identity.height, written.height);
            let properties = identity.properties.as_ref().map(Vec::len);
            prop_assert_eq!(properties, written.properties.map(|word| bits(Some(word))));
            let expressions = identity.expressions.as_ref().map(Vec::len);
            prop_assert_eq!(expressions, written.expression.map(|word| bits(Some(word))));
            let pose = identity.pose.map(|angle| {
                angle.map(|angle| (angle.degrees, angle.uncertainty))
            });
            prop_assert_eq!(pose, written.pose);
            prop_assert_eq!(read.landmarks.len(), written.landmarks.len());
            for (read, written) in read.landmarks.iter().zip(&written.landmarks) {
                prop_assert!(same_landmark(read, written));
            }
        }
    }

    #[test]
    fn fingers_come_back(fingers in vec(finger().boxed(), 1..3)) {
        // Samples without compression are told by their head, which these do not have.
        let one = template(&finger_header(1), &finger::record(&fingers));
        let dg3 = Dg3::decode(&counted(DataGroup::DG3, &[one])).unwrap();
        prop_assert!(!dg3.fields().is_empty());
        prop_assert_eq!(dg3.images().count(), fingers.len());
        let block = dg3.instances[0].record.extensible().unwrap();
        for (read, written) in block.representations.iter().zip(&fingers) {
            let codes = [read.position, read.impression, read.compression];
            let expected = [written.position, written.impression, written.format];
            prop_assert_eq!(codes.map(number), expected.map(|code| Some(code.number())));
            prop_assert_eq!(&read.image.bytes, &written.image);
            prop_assert!(same_moment(read.captured, written.captured));
            prop_assert!(same_device(read.device.as_ref(), written.device.as_ref()));
            prop_assert!(same_qualities(&read.qualities, &written.qualities));
            let resolution = read.resolution.map(|(samples, unit)| (samples, unit.value));
            prop_assert_eq!(resolution, written.resolution);
            let flags = [read.position_computed, read.upright, read.compressed_before];
            prop_assert_eq!(flags, written.flags);
            prop_assert_eq!(read.original_rotation, written.rotation);
            prop_assert_eq!(read.segments.len(), written.segments.len());
            for (read, written) in read.segments.iter().zip(&written.segments) {
                prop_assert!(same_registered(read.algorithm, written.algorithm));
                prop_assert_eq!(number(read.position), Some(written.position.number()));
                prop_assert_eq!(&read.corners, &written.corners);
                prop_assert_eq!(read.orientation, written.orientation.map(u32::from));
                let (sure, expected) = (read.confidence, written.confidence);
                prop_assert_eq!(sure.is_some(), expected.is_some());
                let pair = sure.zip(expected);
                prop_assert!(pair.is_none_or(|(read, written)| same_score(read, written)));
            }
            let missing: Vec<_> = read.missing.iter().map(|one| (number(one.position), number(one.reason))).collect();
            let annotations = written.annotations.iter();
            let annotations: Vec<_> = annotations.map(|(a, b)| (Some(a.number()), Some(b.number()))).collect();
            prop_assert_eq!(missing, annotations);
            prop_assert_eq!(read.attack_detection.len(), usize::from(written.attack_detection.is_some()));
            for (read, written) in read.attack_detection.iter().zip(&written.attack_detection) {
                prop_assert!(same_detection(read, written));
            }
            prop_assert_eq!(&read.comments, &written.comments);
            let vendor = read.vendor.iter();
            let vendor: Vec<_> = vendor
                .map(|data| ((data.form.organization, data.form.id), data.data.clone()))
                .collect();
            prop_assert_eq!(&vendor, &written.vendor);
        }
    }

    #[test]
    fn irises_come_back(irises in vec(eye().boxed(), 1..3)) {
        let one = template(&iris_header(Side::Left), &iris::record(&irises));
        let dg4 = Dg4::decode(&counted(DataGroup::DG4, &[one])).unwrap();
        prop_assert!(!dg4.fields().is_empty());
        let block = dg4.instances[0].record.extensible().unwrap();
        prop_assert_eq!(block.version.year, 2021);
        prop_assert_eq!(block.representations.len(), irises.len());
        for (read, written) in block.representations.iter().zip(&irises) {
            prop_assert_eq!(read.eye.value, written.eye);
            prop_assert_eq!(number(read.kind), Some(written.kind.number()));
            prop_assert_eq!(number(read.compression), Some(written.format.number()));
            prop_assert_eq!(read.depth, written.depth);
            let codes = [read.horizontal, read.vertical, read.history];
            prop_assert_eq!(codes.map(|code| code.value), written.codes);
            prop_assert!(same_moment(Some(read.captured), Some(written.captured)));
            prop_assert_eq!(&read.image.bytes, &written.image);
            let range = read.range.map(|range| match range {
                read::iris::Range::Distance(distance) => Ok(u16::try_from(distance).unwrap()),
                read::iris::Range::Failed(code) => Err(code.value),
            });
            prop_assert_eq!(range, written.range);
            prop_assert!(same_device(read.device.as_ref(), written.device.as_ref()));
            prop_assert!(same_qualities(&read.qualities, &written.qualities));
            prop_assert_eq!(read.rotation, written.roll);
            let place = written.localisation.map_or([None; 6], |numbers| numbers.map(Some));
            prop_assert_eq!(read.localisation, place);
            for (read, written) in read.attack_detection.iter().zip(&written.attack_detection) {
                prop_assert!(same_detection(read, written));
            }
        }
    }
}

#[test]
fn what_a_card_has_is_not_odd() {
    let portrait = Portrait::of(JPEG.to_vec(), 3, 4);
    let one = template(&face_header(), &face::record(&[Face::of(&portrait)]));
    let dg2 = Dg2::decode(&counted(DataGroup::DG2, &[one])).unwrap();
    assert!(dg2.oddities().is_empty(), "{:?}", dg2.oddities());

    let bare = Picture {
        image: vec![9; 12].into(),
        width: 3,
        height: 4,
    };
    let one = template(&finger_header(2), &finger::record(&[Finger::of(2, &bare)]));
    let dg3 = Dg3::decode(&counted(DataGroup::DG3, &[one])).unwrap();
    assert!(dg3.oddities().is_empty(), "{:?}", dg3.oddities());
    let image = dg3.images().next().unwrap();
    assert_eq!((image.format, image.bytes.len()), (Format::Raw, 12));
    assert_eq!((image.layout.width, image.layout.height), (3, 4));

    for side in [Side::Right, Side::Left] {
        let one = template(&iris_header(side), &iris::record(&[Iris::of(side, &bare)]));
        let dg4 = Dg4::decode(&counted(DataGroup::DG4, &[one])).unwrap();
        assert!(dg4.oddities().is_empty(), "{:?}", dg4.oddities());
        assert_eq!(dg4.images().next().unwrap().format, Format::Raw);
    }
}
