//! Faces, fingers and irises of ISO/IEC 39794: as ICAO's sample has them, and on virtual cards.

use std::collections::BTreeMap;

use cancuoc::bytes::tlv::encode;
use cancuoc::image;
use cancuoc::image::Format;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::biometrics::Code;
use cancuoc::lds::biometrics::Oddity;
use cancuoc::lds::biometrics::extensible::iris::Range;
use cancuoc::lds::biometrics::extensible::landmark::Kind;
use cancuoc::lds::biometrics::extensible::landmark::Place;
use cancuoc::lds::dg2::Dg2;
use cancuoc::lds::dg3::Dg3;
use cancuoc::lds::dg4::Dg4;
use cancuoc::lds::field::Field;
use cancuoc::lds::field::Sensitivity;
use cancuoc::lds::field::Value;
use cancuoc::render::words::Labelled;
use cancuoc::render::words::Lang;
use cancuoc::render::words::label;
use cancuoc::sim::persona::EnrolledFinger;
use cancuoc::sim::persona::EnrolledIris;
use cancuoc::sim::persona::Records;
use cancuoc::sim::prints::Compression;
use cancuoc::sim::quirk::Issued;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::support::cards;
use crate::support::cards::TODAY;
use crate::support::home::Home;
use crate::terminal_authentication as ta;

/// The picture in place of the sample's.
const IMAGE: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9];

/// ICAO's sample around another picture.
fn sample() -> Vec<u8> {
    let text = include_str!("../vectors/extensible_face.toml");
    let vectors: BTreeMap<String, String> = toml::from_str(text).unwrap();
    let part = |name: &str| hex::decode(&vectors[name]).unwrap();
    let image = encode(0x80, &[IMAGE]);
    let plane = encode(0xA0, &[&image, &part("image_information"), &part("camera")]);
    let representation = encode(0xA1, &[&encode(0xA0, &[&plane])]);
    let one = encode(0x30, &[&[0x80, 1, 0], &representation, &part("rest")]);
    let block = encode(0x65, &[&part("version"), &encode(0xA1, &[&one])]);
    let data = encode(0x7F2E, &[&encode(0xA1, &[&block])]);
    let template = encode(0x7F60, &[&part("header"), &data]);
    encode(0x75, &[&encode(0x7F61, &[&[2, 1, 1], &template])])
}

#[test]
fn the_sample_of_icao_is_read_whole() {
    let dg2 = Dg2::decode(&sample()).unwrap();
    // JPEG stands where the sample has JPEG 2000; nothing else is odd.
    let odd: Vec<_> = dg2.oddities().into_iter().collect();
    assert_eq!(odd, [Oddity::ImageType]);
    let instance = &dg2.instances[0];
    assert_eq!(instance.header.format_type, Some(0x2A));
    assert_eq!(instance.header.creator, Some(0x0103_0001));
    let block = instance.record.extensible().unwrap();
    assert_eq!((block.version.generation, block.version.year), (3, 2019));
    // Colours of reference are kept as they stand.
    assert_eq!(block.extensions.len(), 1);
    let [face] = &block.representations[..] else {
        panic!()
    };
    assert_eq!(face.image.bytes, IMAGE);
    let information = &face.information;
    let word = |code: Option<Code>| code.unwrap().word.unwrap();
    assert_eq!(word(information.format), "jpeg2000_lossy");
    assert_eq!(word(information.kind), "mrtd");
    assert_eq!(word(information.attempts), "not_once");
    assert_eq!(word(information.colour_space), "rgb_24_bit");
    assert_eq!(information.size, Some((0x023C, 0x02DB)));
    let lengths = [
        information.distance,
        information.diagonal,
        information.focal_length,
    ];
    assert_eq!(lengths, [Some(3000), Some(43), Some(55)]);
    let measured = [Some(300), Some(150), Some(180), Some(500)];
    assert_eq!(information.measurements, measured);
    assert!(information.processing.is_empty() && face.lights.is_empty());
    assert_eq!(word(face.source), "photo_digital_camera");
    let captured = face.captured.unwrap();
    assert_eq!((captured.year, captured.month), (2024, Some(1)));
    assert_eq!(face.qualities.len(), 1);
    let detection = &face.attack_detection[0];
    assert_eq!(word(detection.decision), "no_attack");
    assert_eq!(word(detection.context), "enrolment");
    assert_eq!(word(detection.supervision), "unknown");
    assert_eq!(word(detection.criteria), "common");
    assert_eq!(detection.risk, Some(5));
    assert_eq!(detection.parameter, b"PAD Parameter");
    assert_eq!(detection.challenges, [b"Challenge1"]);
    assert_eq!((face.session, face.derived_from), (Some(9), Some(0)));
    assert_eq!(face.device.map(|device| device.id), Some(1));
    assert_eq!(face.certifications.len(), 1);
    let identity = &face.identity;
    assert_eq!(word(identity.gender), "female");
    assert_eq!(word(identity.eye_colour), "blue");
    assert_eq!(word(identity.hair_colour), "brown");
    assert_eq!(identity.height, Some(1786));
    assert_eq!(identity.expressions.as_deref(), Some(&["neutral"][..]));
    assert_eq!(identity.properties.as_deref(), Some(&[][..]));
    let angles = identity.pose.map(|angle| angle.unwrap().degrees);
    assert_eq!(angles, [2, 3, 1]);
    let [landmark] = face.landmarks[..] else {
        panic!()
    };
    assert_eq!(landmark.kind, Some(Kind::Mpeg4(10)));
    assert_eq!(landmark.place, Some(Place::Plane(90, 22)));
    labelled(&dg2.fields());
}

/// What another program wrote.
fn written(name: &str) -> Vec<u8> {
    let text = include_str!("../vectors/extensible_jmrtd.toml");
    let vectors: BTreeMap<String, String> = toml::from_str(text).unwrap();
    hex::decode(&vectors[name]).unwrap()
}

#[test]
fn a_face_of_another_program_is_read() {
    let dg2 = Dg2::decode(&written("dg2")).unwrap();
    assert!(dg2.oddities().is_empty(), "{:?}", dg2.oddities());
    let block = dg2.instances[0].record.extensible().unwrap();
    assert!(block.extensions.is_empty());
    let face = &block.representations[0];
    assert_eq!(face.number, 300);
    assert_eq!(face.lights, ["white_light", "thermal"]);
    let processing = [
        "rotated",
        "multiply_compressed",
        "contrast_stretched",
        "age_progressed",
        "normalised",
    ];
    assert_eq!(face.information.processing, processing);
    assert_eq!(face.attack_detection.len(), 2);
    assert_eq!((face.session, face.derived_from), (Some(128), Some(255)));
    let identity = &face.identity;
    let word = |code: Option<Code>| code.unwrap().word.unwrap();
    assert_eq!(word(identity.gender), "female");
    assert_eq!(word(identity.eye_colour), "hazel");
    assert_eq!(word(identity.hair_colour), "known_colour");
    let properties = ["glasses", "beard", "head_covering"];
    assert_eq!(identity.properties.as_deref(), Some(&properties[..]));
    let expressions = ["neutral", "frowning"];
    assert_eq!(identity.expressions.as_deref(), Some(&expressions[..]));
    let pose = identity.pose.map(|angle| {
        let angle = angle.unwrap();
        (angle.degrees, angle.uncertainty)
    });
    assert_eq!(pose, [(-180, Some(180)), (-5, None), (130, Some(3))]);
    let first = face.landmarks[0];
    assert_eq!(first.kind, Some(Kind::Mpeg4(43)));
    assert_eq!(first.place, Some(Place::Plane(200, 40_000)));
    labelled(&dg2.fields());
}

#[test]
fn a_finger_and_an_iris_of_another_program_are_read() {
    let word = |code: Option<Code>| code.unwrap().word.unwrap();
    let dg3 = Dg3::decode(&written("dg3")).unwrap();
    assert!(dg3.oddities().is_empty(), "{:?}", dg3.oddities());
    let block = dg3.instances[0].record.extensible().unwrap();
    let finger = &block.representations[0];
    assert_eq!(word(finger.position), "left_middle");
    assert_eq!(word(finger.impression), "plain_contact");
    assert_eq!(word(finger.compression), "pgm");
    let layout = finger.image.layout;
    assert_eq!((layout.width, layout.height), (4, 3));
    assert_eq!(finger.image.bytes, [7; 12]);
    let (samples, unit) = finger.resolution.unwrap();
    assert_eq!((samples, unit.word), (1000, Some("pixels_per_centimetre")));
    assert_eq!(finger.original_rotation, Some(-90));
    let corners = [(1, 2), (300, 4), (5, 60_000)];
    assert_eq!(finger.segments[0].corners, corners);
    let missing = finger.missing[0];
    assert_eq!(word(missing.position), "left_ring");
    assert_eq!(word(missing.reason), "amputated");
    assert_eq!(finger.comments, ["left hand", "x"]);
    assert_eq!(finger.vendor[0].data, [1, 2, 3]);
    labelled(&dg3.fields());

    let dg4 = Dg4::decode(&written("dg4")).unwrap();
    assert!(dg4.oddities().is_empty(), "{:?}", dg4.oddities());
    let block = dg4.instances[0].record.extensible().unwrap();
    assert_eq!(block.version.year, 2021);
    let iris = &block.representations[0];
    assert_eq!(iris.eye.word, Some("left"));
    assert_eq!(word(iris.kind), "cropped_and_masked");
    assert_eq!(iris.horizontal.word, Some("right_to_left"));
    assert_eq!(iris.history.word, Some("lossy"));
    assert_eq!(iris.range, Some(Range::Distance(300)));
    assert_eq!(iris.rotation_hundredths(), Some(2_250));
    let place = [1, 2, 3, 4, 200, 210].map(Some);
    assert_eq!(iris.localisation, place);
    assert_eq!(iris.image.bytes, [7; 12]);
    labelled(&dg4.fields());
}

/// What is decoded after any change has fields that can be shown.
#[test]
fn no_octet_of_a_block_and_no_cut_brings_a_decoder_down() {
    fn decode(file: &[u8]) {
        let _ = Dg2::decode(file).map(|dg2| dg2.fields());
        let _ = Dg3::decode(file).map(|dg3| dg3.fields());
        let _ = Dg4::decode(file).map(|dg4| dg4.fields());
    }
    for name in ["dg2", "dg3", "dg4"] {
        let file = written(name);
        for at in 0..file.len() {
            for value in [0x00, 0x01, 0x30, 0x7F, 0x80, 0x84, 0xA0, 0xA1, 0xFF] {
                let mut changed = file.clone();
                changed[at] = value;
                decode(&changed);
            }
            decode(&file[..at]);
        }
    }
}

/// Every field and every word has a name in both languages.
fn labelled(fields: &[Field]) {
    fn of(value: &Value) {
        match value {
            Value::Word(word) => named(Labelled::Value, word),
            Value::List(values) => values.iter().for_each(of),
            Value::Fields(fields) => labelled(fields),
            _ => {}
        }
    }
    fn named(kind: Labelled, name: &str) {
        for lang in [Lang::Vi, Lang::En] {
            assert!(label(kind, name, lang).is_some(), "{name}");
        }
    }
    for field in fields {
        named(Labelled::Field, &field.name);
        of(&field.value);
    }
}

#[test]
fn a_card_with_such_a_face_is_genuine_and_its_portrait_is_a_picture() {
    let persona = cards::changed("an", |chip| chip.records = Records::Extensible);
    let reading = cards::read_own(&persona, "extensible face").unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.verdict(), Verdict::Genuine, "{:?}", report.checks());
    let own = cards::judge(&cards::read_own(&cards::persona("an"), "own").unwrap());
    assert_eq!(report.deviations(), own.deviations());
    let Some(Vouched::Verified(portrait)) = report.portrait() else {
        panic!()
    };
    let pixels = image::decode(portrait.get().image(), None).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (480, 640));

    let home = Home::new();
    home.write("card.json", reading.capture.to_json());
    let shown = home.run(&["show", "card.json", "--portrait", "p.png"]);
    assert_eq!(shown.status.code(), Some(0));
    let drawn = image::decode(&std::fs::read(home.path("p.png")).unwrap(), None).unwrap();
    assert_eq!(drawn, pixels);
}

#[test]
fn what_issuers_do_otherwise_with_a_portrait_is_noted_of_such_a_face_too() {
    for (issued, expected) in [
        (Issued::PortraitType, "deviation.portrait_type"),
        (Issued::PortraitPadding, "deviation.portrait_padding"),
        (Issued::PortraitExif, "deviation.portrait_exif"),
    ] {
        let persona = cards::changed("an", |chip| {
            chip.records = Records::Extensible;
            chip.quirks.insert(Quirk::Issued(issued));
        });
        let report = cards::judge(&cards::read_own(&persona, "odd face").unwrap());
        assert_eq!(report.verdict(), Verdict::Genuine, "{expected}");
        assert!(report.deviations().contains(&expected), "{expected}");
    }
}

#[test]
fn fingers_and_irises_of_such_a_card_are_read_by_an_authorized_terminal() {
    let pki = ta::pki(ta::USUAL);
    let terminal = ta::terminal_with(&pki, &[]);
    for compression in [Compression::Raw, Compression::Wsq, Compression::Jpeg2000] {
        let irises = match compression {
            Compression::Wsq => Compression::Raw,
            other => other,
        };
        let persona = ta::persona(&pki, TODAY, |chip| {
            chip.records = Records::Extensible;
            let finger = |position| EnrolledFinger::drawn(position, compression);
            chip.fingers = vec![finger(2), finger(7)];
            chip.irises = EnrolledIris::both_drawn(irises).to_vec();
        });
        let reading = ta::passes(&persona, &terminal, "extensible fingers");
        let file = |group| &reading.capture.files[&FileId::Group(group)];
        let dg3 = Dg3::decode(file(DataGroup::DG3)).unwrap();
        let dg4 = Dg4::decode(file(DataGroup::DG4)).unwrap();
        assert!(dg3.oddities().is_empty(), "{:?}", dg3.oddities());
        assert!(dg4.oddities().is_empty(), "{:?}", dg4.oddities());
        assert_eq!((dg3.images().count(), dg4.images().count()), (2, 2));
        let expected = match compression {
            Compression::Raw => Format::Raw,
            Compression::Wsq => Format::Wsq,
            Compression::Jpeg2000 => Format::Jpeg2000,
        };
        assert!(dg3.images().all(|image| image.format == expected));
        for picture in dg3.images().chain(dg4.images()) {
            let pixels = image::decode(&picture.bytes, picture.raw()).unwrap();
            assert!(pixels.width() > 100 && pixels.height() > 100);
        }
        for fields in [dg3.fields(), dg4.fields()] {
            let [count, list] = &fields[..] else { panic!() };
            assert_eq!(count.name, "count");
            assert_eq!(list.sensitivity, Sensitivity::Sensitive);
            labelled(&fields);
        }
    }
}
