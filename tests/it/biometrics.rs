//! Faces, fingers and irises as another program writes them.

use std::collections::BTreeMap;

use cancuoc::image::Format;
use cancuoc::lds::biometrics::Oddity;
use cancuoc::lds::dg2::Dg2;
use cancuoc::lds::dg3::Dg3;
use cancuoc::lds::dg4::Dg4;

fn vector(name: &str) -> Vec<u8> {
    let text = include_str!("../vectors/biometrics.toml");
    let vectors: BTreeMap<String, String> = toml::from_str(text).unwrap();
    hex::decode(&vectors[name]).unwrap()
}

#[test]
fn a_face_of_another_program_is_read() {
    let dg2 = Dg2::decode(&vector("dg2")).unwrap();
    let [face] = dg2.faces().collect::<Vec<_>>()[..] else {
        panic!()
    };
    assert_eq!(face.gender.word, Some("female"));
    assert_eq!(face.eye_colour.word, Some("brown"));
    assert_eq!(face.hair_colour.word, Some("black"));
    assert_eq!(face.properties.words(), Some(vec!["glasses"]));
    assert_eq!(face.expression.word, Some("neutral"));
    let pose = [face.pose.yaw, face.pose.pitch, face.pose.roll];
    assert_eq!(
        pose.map(|angle| (angle.degrees(), angle.uncertainty())),
        [(Some(0), Some(0)), (Some(2), None), (Some(-2), Some(2))]
    );
    let [point] = face.points[..] else { panic!() };
    assert_eq!(
        (point.major, point.minor, point.x, point.y),
        (12, 1, 10, 20)
    );
    assert_eq!(face.image_type.word, Some("full_frontal"));
    assert_eq!(face.colour_space.word, Some("rgb_24_bit"));
    assert_eq!(face.source.word, Some("photo_digital_camera"));
    assert_eq!((face.device, face.quality), (9, 0));
    assert_eq!(face.image.format, Format::Jpeg2000);
    assert_eq!(face.image.announced, Some(Format::Jpeg2000));
    let size = (face.image.layout.width, face.image.layout.height);
    assert_eq!(size, (480, 640));
    assert!(dg2.oddities().is_empty());
}

#[test]
fn fingers_of_another_program_are_read() {
    let dg3 = Dg3::decode(&vector("dg3")).unwrap();
    let positions: Vec<_> = dg3.fingers().map(|finger| finger.position.word).collect();
    assert_eq!(positions, [Some("right_index"), Some("left_index")]);
    for instance in &dg3.instances {
        let record = instance.record.fixed().unwrap();
        assert_eq!((record.capture_device, record.level), (77, 31));
        assert_eq!(record.scale.word, Some("pixels_per_inch"));
        assert_eq!(record.scan_resolution, [500; 2]);
        assert_eq!(record.image_resolution, [500; 2]);
        assert_eq!(record.depth, 8);
        assert_eq!(record.compression.word, Some("wsq"));
        let finger = &record.fingers[0];
        assert_eq!((finger.views, finger.view, finger.quality), (1, 1, 80));
        assert_eq!(finger.impression.word, Some("live_plain"));
        assert_eq!(finger.image.format, Format::Wsq);
        let layout = finger.image.layout;
        assert_eq!((layout.width, layout.height), (320, 400));
    }
    assert!(dg3.oddities().is_empty());
}

#[test]
fn irises_of_another_program_are_read_and_their_headers_noted() {
    let dg4 = Dg4::decode(&vector("dg4")).unwrap();
    let records = dg4.instances.iter();
    let records = records.filter_map(|instance| instance.record.fixed());
    let eyes = records.flat_map(|record| &record.eyes);
    let eyes: Vec<_> = eyes.map(|eye| eye.which.word).collect();
    assert_eq!(eyes, [Some("right"), Some("left")]);
    for instance in &dg4.instances {
        let record = instance.record.fixed().unwrap();
        assert_eq!((record.capture_device, record.diameter), (5, 200));
        assert_eq!(record.properties.horizontal.word, Some("base"));
        assert_eq!(record.properties.vertical.word, Some("base"));
        assert_eq!(record.properties.scan.word, Some("progressive"));
        assert_eq!(record.format.word, Some("grey_jpeg2000"));
        assert_eq!((record.width, record.height, record.depth), (320, 240, 8));
        let iris = &record.eyes[0].images[0];
        assert_eq!((iris.number, iris.quality), (1, 90));
        assert_eq!(iris.rotation_hundredths(), Some(2_250));
        assert_eq!(iris.image.format, Format::Jpeg2000);
    }
    let noted: Vec<_> = dg4.oddities().into_iter().collect();
    assert_eq!(noted, [Oddity::BiometricType, Oddity::Subtype]);
}

#[cfg(all(feature = "images", feature = "sim"))]
#[test]
fn every_finger_and_iris_of_a_virtual_card_becomes_pixels() {
    use cancuoc::lds::FileId;
    use cancuoc::sim::persona;
    use cancuoc::sim::persona::EnrolledFinger;
    use cancuoc::sim::persona::EnrolledIris;
    use cancuoc::sim::prints::Compression;

    for compression in [Compression::Raw, Compression::Wsq, Compression::Jpeg2000] {
        let irises = match compression {
            Compression::Wsq => Compression::Raw,
            other => other,
        };
        let persona = persona::find("an").unwrap().with(|chip| {
            chip.fingers = vec![EnrolledFinger::drawn(1, compression)];
            chip.irises = EnrolledIris::both_drawn(irises).to_vec();
        });
        let card = persona.personalise().unwrap();
        let file = |number| {
            let group = cancuoc::lds::DataGroup::new(number).unwrap();
            &card.files[&FileId::Group(group)]
        };
        let dg3 = Dg3::decode(file(3)).unwrap();
        let dg4 = Dg4::decode(file(4)).unwrap();
        let images = dg3.fingers().map(|finger| &finger.image);
        for image in images.chain(dg4.irises().map(|iris| &iris.image)) {
            let pixels = cancuoc::image::decode(&image.bytes, image.raw()).unwrap();
            let size = (pixels.width(), pixels.height());
            let layout = image.layout;
            assert_eq!(size, (layout.width.into(), layout.height.into()));
        }
    }
}
