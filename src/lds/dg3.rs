//! DG3: the fingers (Doc 9303-10 §4.7.3), as finger records in a biometric information group
//! template, in either of two formats; [`biometrics`] has the layouts.

use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::biometrics;
use crate::lds::biometrics::Encoding;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::Instance;
use crate::lds::biometrics::MAX_IMAGES;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::extensible;
use crate::lds::biometrics::extensible::Block;
use crate::lds::biometrics::finger::Finger;
use crate::lds::biometrics::finger::Record;
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::FormatType;
use crate::lds::biometrics::header::Subtype;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of a finger record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x08,
    fixed: FormatType {
        registered: 0x0007,
        outdated: Some(0x0401),
    },
    extensible: FormatType {
        registered: 0x0028,
        outdated: None,
    },
    subtype: Subtype::Mandatory,
};

/// A record of fingers: ISO/IEC 19794-4 or 39794-4.
pub type Fingers = Encoding<Record, Block<extensible::finger::Finger>>;

/// The contents of DG3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg3 {
    /// None where the document holds no finger.
    pub instances: Vec<Instance<Fingers>>,
    /// Octets that differ from card to card, so that the group's hash tells nobody that it holds
    /// nothing.
    pub filler: Vec<u8>,
}

impl Dg3 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there are too many fingers, an image is too large or of no
    /// form that is known, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let templates = biometrics::templates(file, DataGroup::DG3)?;
        let filler = templates.filler.to_vec();
        let instances = biometrics::instances(templates.list, &EXPECTED, |block, oddities| {
            let application = extensible::finger::APPLICATION;
            if let Some(content) = extensible::content(block, application)? {
                let block = Block::fingers(&content, oddities)?;
                let subtypes = block.subtypes();
                return Ok((Encoding::Extensible(block), subtypes));
            }
            let record = Record::decode(block, oddities)?;
            let subtypes = record.subtypes();
            Ok((Encoding::Fixed(record), subtypes))
        })?;
        let group = Self { instances, filler };
        if group.images().count() > MAX_IMAGES {
            return Err(Malformed::new("number of fingers", 0));
        }
        Ok(group)
    }

    /// The image of every finger, in order and in either format.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().flat_map(|instance| {
            let images: Vec<&Image> = match &instance.record {
                Encoding::Fixed(record) => {
                    let fingers = record.fingers.iter();
                    fingers.map(|finger| &finger.image).collect()
                }
                Encoding::Extensible(block) => {
                    let fingers = block.representations.iter();
                    fingers.map(|finger| &finger.image).collect()
                }
            };
            images
        })
    }

    /// Every finger of the records of ISO/IEC 19794-4, in order.
    pub fn fingers(&self) -> impl Iterator<Item = &Finger> {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records.flat_map(|record| &record.fingers)
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// How many fingers there are; what is said of them only to who asks for it.
    pub fn fields(&self) -> Vec<Field> {
        let record = |instance: &Instance<Fingers>| {
            let mut fields = match &instance.record {
                Encoding::Fixed(record) => record.fields(),
                Encoding::Extensible(block) => block.fields(),
            };
            fields.extend(instance.header.fields());
            Value::Fields(fields)
        };
        let count = u64::try_from(self.images().count()).unwrap_or(u64::MAX);
        let mut fields = vec![Field::shown("count", Value::Number(count))];
        if count > 0 {
            let records = self.instances.iter().map(record).collect();
            fields.push(Field::sensitive("fingers", Value::List(records)));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::image::Format;
    use crate::lds::biometrics::Oddity;
    use crate::sim::biometrics::Header;
    use crate::sim::biometrics::counted;
    use crate::sim::biometrics::finger;
    use crate::sim::biometrics::group;
    use crate::sim::biometrics::nothing;
    use crate::sim::biometrics::template;
    use crate::sim::persona::EnrolledFinger;
    use crate::sim::prints::Compression;
    use crate::sim::prints::Picture;

    fn record() -> Vec<u8> {
        let image: &[u8] = &[0xFF, 0xA0, 0xFF, 0xA4, 0, 58];
        let picture = Picture {
            image: image.into(),
            width: 320,
            height: 400,
        };
        finger::Record::of(2, picture).encode()
    }

    fn file(record: &[u8]) -> Vec<u8> {
        counted(DataGroup::DG3, &[template(&Header::finger(2), record)])
    }

    #[test]
    fn a_group_without_fingers_is_lawful() {
        let dg3 = Dg3::decode(&nothing(DataGroup::DG3, *b"invented")).unwrap();
        assert_eq!(dg3.filler, b"invented");
        assert_eq!(dg3.fingers().count(), 0);
        assert_eq!(dg3.fields().len(), 1);
        assert!(Dg3::decode(&nothing(DataGroup::DG4, [0; 8])).is_err());
    }

    #[test]
    fn octets_that_differ_may_stand_behind_the_template() {
        let octets = encode(0x53, &[b"invented"]);
        let file = |none: &[u8]| encode(0x63, &[&encode(0x7F61, &[none]), &octets]);
        let dg3 = Dg3::decode(&file(&[2, 1, 0])).unwrap();
        assert_eq!(dg3.filler, b"invented");
        assert_eq!(dg3.fingers().count(), 0);
        let twice = file(&[&[2, 1, 0][..], &octets].concat());
        assert!(Dg3::decode(&twice).is_err());
        let bare = encode(0x63, &[&encode(0x7F61, &[&[2, 1, 0]])]);
        assert_eq!(Dg3::decode(&bare).unwrap().filler, b"");
    }

    #[test]
    fn fingers_are_told_by_their_content() {
        for (compression, format) in [
            (Compression::Raw, Format::Raw),
            (Compression::Wsq, Format::Wsq),
            (Compression::Jpeg2000, Format::Jpeg2000),
        ] {
            let EnrolledFinger { picture, .. } = EnrolledFinger::drawn(2, compression);
            let mut record = finger::Record::of(2, picture);
            let dg3 = Dg3::decode(&file(&record.encode())).unwrap();
            let image = &dg3.fingers().next().unwrap().image;
            assert_eq!((image.format, image.announced), (format, Some(format)));
            assert!(dg3.oddities().is_empty());

            // The record says PNG.
            record.compression = 5;
            let dg3 = Dg3::decode(&file(&record.encode()));
            match dg3 {
                Ok(dg3) => assert!(dg3.oddities().contains(&Oddity::ImageType)),
                // Samples have no sign of their own.
                Err(error) => {
                    assert_eq!((error.what, format), ("format of the image", Format::Raw))
                }
            }
        }
    }

    #[test]
    fn counts_and_lengths_that_lie_are_refused() {
        let with = |at: usize, bytes: &[u8]| {
            let mut record = record();
            record[at..at + bytes.len()].copy_from_slice(bytes);
            Dg3::decode(&file(&record)).map_err(|error| error.what)
        };
        assert!(with(0, b"FIR").is_ok());
        assert_eq!(with(0, b"FMR").unwrap_err(), "finger record header");
        assert_eq!(with(4, b"020").unwrap_err(), "finger record header");
        for length in [[0; 6], [0xFF; 6], [0, 0, 0, 0, 0, 31], [0, 0, 0, 0, 1, 0]] {
            assert_eq!(with(8, &length).unwrap_err(), "finger record length");
        }
        assert_eq!(with(18, &[0]).unwrap_err(), "number of fingers");
        assert_eq!(with(18, &[255]).unwrap_err(), "number of fingers");
        assert_eq!(with(18, &[2]).unwrap_err(), "finger length");
        assert_eq!(with(32, &[0, 0, 0, 13]).unwrap_err(), "finger length");
        assert_eq!(with(32, &[0xFF; 4]).unwrap_err(), "finger image");
        assert_eq!(with(32, &[0, 0, 0, 14]).unwrap_err(), "format of the image");
        let shorter = with(8, &[0, 0, 0, 0, 0, 40]).unwrap();
        assert!(shorter.oddities().contains(&Oddity::Lengths));

        let one = template(&Header::finger(2), &record());
        let lie = |announced, templates: &[Vec<u8>]| {
            let file = group(DataGroup::DG3, announced, templates);
            Dg3::decode(&file).map_err(|error| error.what).unwrap_err()
        };
        let one = std::slice::from_ref(&one);
        assert_eq!(lie(Some(2), one), "biometric information template");
        assert_eq!(lie(Some(0), one), "biometric information group template");
        assert_eq!(lie(Some(17), one), "number of instances");
        assert_eq!(lie(Some(u32::MAX), one), "number of instances");
        assert_eq!(lie(None, one), "number of instances");
        assert_eq!(lie(None, &[]), "number of instances");
    }

    #[test]
    fn nothing_personal_is_in_its_debug_output() {
        let dg3 = Dg3::decode(&file(&record())).unwrap();
        let finger = dg3.fingers().next().unwrap();
        assert_eq!(format!("{finger:?}"), "Finger(Wsq, 6 bytes)");
        assert_eq!(format!("{:?}", finger.image), "Image(Wsq, 6 bytes)");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..120, value: u8) {
            let _ = Dg3::decode(&bytes);
            let _ = Dg3::decode(&file(&bytes)).map(|dg3| dg3.fields());
            let _ = Dg3::decode(&file(&[&record()[..32], &bytes].concat())).map(|dg3| dg3.fields());
            let mut mutated = file(&record());
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = Dg3::decode(&mutated).map(|dg3| dg3.fields());
        }
    }
}
