//! DG4: the irises (Doc 9303-10 §4.7.4), as iris records in a biometric information group
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
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::FormatType;
use crate::lds::biometrics::header::Subtype;
use crate::lds::biometrics::iris::Iris;
use crate::lds::biometrics::iris::Record;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of an iris record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x10,
    fixed: FormatType {
        registered: 0x0009,
        outdated: Some(0x0601),
    },
    extensible: FormatType {
        registered: 0x002C,
        outdated: None,
    },
    subtype: Subtype::Mandatory,
};

/// A record of irises: ISO/IEC 19794-6 or 39794-6.
pub type Irises = Encoding<Record, Block<extensible::iris::Iris>>;

/// The contents of DG4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg4 {
    /// None where the document holds no iris.
    pub instances: Vec<Instance<Irises>>,
    /// Octets that differ from card to card, so that the group's hash tells nobody that it holds
    /// nothing.
    pub filler: Vec<u8>,
}

impl Dg4 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there are too many irises, an image is too large or of no
    /// form that is known, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let templates = biometrics::templates(file, DataGroup::DG4)?;
        let filler = templates.filler.to_vec();
        let instances = biometrics::instances(templates.list, &EXPECTED, |block, oddities| {
            let application = extensible::iris::APPLICATION;
            if let Some(content) = extensible::content(block, application)? {
                let block = Block::irises(&content, oddities)?;
                let subtypes = block.subtypes();
                return Ok((Encoding::Extensible(block), subtypes));
            }
            let record = Record::decode(block, oddities)?;
            let subtypes = record.subtypes();
            Ok((Encoding::Fixed(record), subtypes))
        })?;
        let group = Self { instances, filler };
        if group.images().count() > MAX_IMAGES {
            return Err(Malformed::new("number of irises", 0));
        }
        Ok(group)
    }

    /// The image of every iris, in order and in either format.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().flat_map(|instance| {
            let images: Vec<&Image> = match &instance.record {
                Encoding::Fixed(record) => {
                    let irises = record.eyes.iter().flat_map(|eye| &eye.images);
                    irises.map(|iris| &iris.image).collect()
                }
                Encoding::Extensible(block) => {
                    let irises = block.representations.iter();
                    irises.map(|iris| &iris.image).collect()
                }
            };
            images
        })
    }

    /// Every iris of the records of ISO/IEC 19794-6, in order.
    pub fn irises(&self) -> impl Iterator<Item = &Iris> {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records
            .flat_map(|record| &record.eyes)
            .flat_map(|eye| &eye.images)
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// How many irises there are; what is said of them only to who asks for it.
    pub fn fields(&self) -> Vec<Field> {
        let record = |instance: &Instance<Irises>| {
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
            fields.push(Field::sensitive("irises", Value::List(records)));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::Format;
    use crate::lds::biometrics::Oddity;
    use crate::sim::biometrics::Header;
    use crate::sim::biometrics::counted;
    use crate::sim::biometrics::iris;
    use crate::sim::biometrics::iris::Side;
    use crate::sim::biometrics::nothing;
    use crate::sim::biometrics::template;
    use crate::sim::persona::EnrolledIris;
    use crate::sim::prints::Compression;
    use crate::sim::prints::Picture;

    fn written() -> iris::Record {
        let image: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51, 0, 41];
        let picture = Picture {
            image: image.into(),
            width: 320,
            height: 240,
        };
        iris::Record::of(Side::Left, &picture)
    }

    fn record() -> Vec<u8> {
        written().encode()
    }

    fn file(record: &[u8]) -> Vec<u8> {
        let header = Header::iris(Side::Left);
        counted(DataGroup::DG4, &[template(&header, record)])
    }

    fn odd(change: impl FnOnce(&mut iris::Record)) -> bool {
        let mut record = written();
        change(&mut record);
        let dg4 = Dg4::decode(&file(&record.encode())).unwrap();
        dg4.oddities().contains(&Oddity::IrisCode)
    }

    #[test]
    fn a_group_without_irises_is_lawful() {
        let dg4 = Dg4::decode(&nothing(DataGroup::DG4, *b"invented")).unwrap();
        assert_eq!(dg4.filler, b"invented");
        assert_eq!(dg4.irises().count(), 0);
        assert_eq!(dg4.fields().len(), 1);
    }

    #[test]
    fn irises_are_told_by_their_content() {
        for (compression, format) in [
            (Compression::Raw, Format::Raw),
            (Compression::Jpeg2000, Format::Jpeg2000),
        ] {
            let [_, left] = EnrolledIris::both_drawn(compression);
            let mut record = iris::Record::of(Side::Left, &left.picture);
            let dg4 = Dg4::decode(&file(&record.encode())).unwrap();
            let image = &dg4.irises().next().unwrap().image;
            assert_eq!((image.format, image.announced), (format, Some(format)));
            assert!(dg4.oddities().is_empty());
            // Nothing has this number.
            record.format = 3;
            match Dg4::decode(&file(&record.encode())) {
                Ok(dg4) => assert!(dg4.oddities().contains(&Oddity::ImageType)),
                Err(error) => {
                    assert_eq!((error.what, format), ("format of the image", Format::Raw))
                }
            }
        }
    }

    #[test]
    fn a_code_outside_its_table_is_noted() {
        assert!(!odd(|_| {}));
        assert!(!odd(|record| record.device = *b"D0123456789ABCDE"));
        assert!(!odd(|record| record.device = [b'0'; 16]));
        assert!(odd(|record| record.device = [b'X'; 16]));
        assert!(odd(|record| record.properties = 3));
        assert!(odd(|record| record.properties = 1 << 9));
        assert!(odd(|record| record.transformation = 2));
        assert!(odd(|record| record.eyes[0].which = 3));
        assert!(odd(|record| record.eyes[0].images[0].quality = 101));
        assert!(odd(|record| record.eyes[0].images[0].number = 2));
    }

    #[test]
    fn a_rotation_is_given_in_degrees() {
        let mut record = written();
        let read = |record: &iris::Record| {
            let dg4 = Dg4::decode(&file(&record.encode())).unwrap();
            dg4.irises().next().unwrap().rotation_hundredths()
        };
        assert_eq!(read(&record), None);
        record.eyes[0].images[0].rotation = 0x4000;
        assert_eq!(read(&record), Some(9_000));
    }

    #[test]
    fn counts_and_lengths_that_lie_are_refused() {
        let with = |at: usize, bytes: &[u8]| {
            let mut record = record();
            record[at..at + bytes.len()].copy_from_slice(bytes);
            Dg4::decode(&file(&record)).map_err(|error| error.what)
        };
        assert!(with(0, b"IIR").is_ok());
        assert_eq!(with(0, b"FIR").unwrap_err(), "iris record header");
        assert_eq!(with(4, b"020").unwrap_err(), "iris record header");
        for length in [[0; 4], [0xFF; 4], [0, 0, 0, 44], [0, 0, 1, 0]] {
            assert_eq!(with(8, &length).unwrap_err(), "iris record length");
        }
        assert_eq!(with(14, &[0]).unwrap_err(), "number of eyes");
        assert_eq!(with(14, &[3]).unwrap_err(), "number of eyes");
        assert_eq!(with(14, &[2]).unwrap_err(), "iris biometric subtype header");
        assert_eq!(with(15, &[0, 46]).unwrap_err(), "iris record header length");
        assert_eq!(with(46, &[0, 0]).unwrap_err(), "number of iris images");
        assert_eq!(
            with(46, &[0xFF, 0xFF]).unwrap_err(),
            "number of iris images"
        );
        assert_eq!(with(46, &[0, 2]).unwrap_err(), "iris image header");
        assert_eq!(with(55, &[0xFF; 4]).unwrap_err(), "iris image");
        assert_eq!(with(55, &[0; 4]).unwrap_err(), "format of the image");
        let shorter = with(8, &[0, 0, 0, 50]).unwrap();
        assert!(shorter.oddities().contains(&Oddity::Lengths));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..140, value: u8) {
            let _ = Dg4::decode(&bytes);
            let _ = Dg4::decode(&file(&bytes)).map(|dg4| dg4.fields());
            let _ = Dg4::decode(&file(&[&record()[..45], &bytes].concat())).map(|dg4| dg4.fields());
            let mut mutated = file(&record());
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = Dg4::decode(&mutated).map(|dg4| dg4.fields());
        }
    }
}
