//! DG2: the face (Doc 9303-10 §4.7.2), as face records in a biometric information group
//! template, in either of two formats; [`biometrics`] has the layouts.

use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::biometrics;
use crate::lds::biometrics::Encoding;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::Instance;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::extensible;
use crate::lds::biometrics::extensible::Block;
use crate::lds::biometrics::face::Face;
use crate::lds::biometrics::face::MAX_FACES;
use crate::lds::biometrics::face::Record;
use crate::lds::biometrics::header::Expected;
use crate::lds::biometrics::header::FormatType;
use crate::lds::biometrics::header::Subtype;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// What the header of a face record says.
const EXPECTED: Expected = Expected {
    biometric_type: 0x02,
    fixed: FormatType {
        registered: 0x0008,
        outdated: Some(0x0501),
    },
    extensible: FormatType {
        registered: 0x002A,
        outdated: None,
    },
    subtype: Subtype::Optional,
};

/// A record of faces: ISO/IEC 19794-5 or 39794-5.
pub type Faces = Encoding<Record, Block<extensible::face::Face>>;

/// The contents of DG2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg2 {
    /// At least one record with at least one face; the first is the portrait.
    pub instances: Vec<Instance<Faces>>,
}

impl Dg2 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there is no face or too many, an image is too large
    /// or neither JPEG nor JPEG 2000, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let templates = biometrics::templates(file, DataGroup::DG2)?;
        if templates.list.is_empty() {
            return Err(Malformed::new("number of instances", 0));
        }
        let instances = biometrics::instances(templates.list, &EXPECTED, |block, oddities| {
            let application = extensible::face::APPLICATION;
            let record = match extensible::content(block, application)? {
                Some(content) => Encoding::Extensible(Block::faces(&content, oddities)?),
                None => Encoding::Fixed(Record::decode(block, oddities)?),
            };
            // No part of a face has a number; 0 says so.
            Ok((record, vec![0]))
        })?;
        let dg2 = Self { instances };
        if dg2.images().count() > MAX_FACES {
            return Err(Malformed::new("number of facial images", 0));
        }
        Ok(dg2)
    }

    /// The image of every face, in order and in either format; the first is the portrait.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().flat_map(|instance| {
            let images: Vec<&Image> = match &instance.record {
                Encoding::Fixed(record) => record.faces.iter().map(|face| &face.image).collect(),
                Encoding::Extensible(block) => {
                    let faces = block.representations.iter();
                    faces.map(|face| &face.image).collect()
                }
            };
            images
        })
    }

    /// Every face of the records of ISO/IEC 19794-5, in order.
    pub fn faces(&self) -> impl Iterator<Item = &Face> {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records.flat_map(|record| &record.faces)
    }

    /// Bytes behind the last face of each record.
    pub fn padding(&self) -> usize {
        let records = self.instances.iter();
        let records = records.filter_map(|instance| instance.record.fixed());
        records.map(|record| record.padding).sum()
    }

    /// What is legible and odd.
    pub fn oddities(&self) -> Oddities {
        biometrics::oddities(&self.instances)
    }

    /// What is said of each face.
    pub fn fields(&self) -> Vec<Field> {
        let faces = self.instances.iter().flat_map(|instance| {
            let faces: Vec<Vec<Field>> = match &instance.record {
                Encoding::Fixed(record) => record.faces.iter().map(Face::fields).collect(),
                Encoding::Extensible(block) => block.fields(),
            };
            faces.into_iter().map(|mut fields| {
                fields.extend(instance.header.fields());
                Value::Fields(fields)
            })
        });
        vec![Field::shown("faces", Value::List(faces.collect()))]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::image::Format;
    use crate::lds::biometrics::MAX_IMAGE;

    const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9];

    fn faces(dg2: &Dg2) -> Vec<&Face> {
        dg2.faces().collect()
    }

    fn be<const N: usize>(number: usize) -> [u8; N] {
        let octets = number.to_be_bytes();
        octets[octets.len() - N..].try_into().unwrap()
    }

    fn face(points: usize, image: &[u8]) -> Vec<u8> {
        let mut face = be::<4>(32 + 8 * points + image.len()).to_vec();
        face.extend(be::<2>(points));
        face.extend(vec![0; 14 + 8 * points + 12]);
        face.extend(image);
        face
    }

    fn record(faces: &[Vec<u8>]) -> Vec<u8> {
        let body = faces.concat();
        let mut record = b"FAC\x00010\x00".to_vec();
        record.extend(be::<4>(14 + body.len()));
        record.extend(be::<2>(faces.len()));
        record.extend(body);
        record
    }

    fn file(data_tag: u32, records: &[Vec<u8>]) -> Vec<u8> {
        let mut group = vec![2, 1, u8::try_from(records.len()).unwrap()];
        for record in records {
            let header = encode(0xA1, &[&[0x87, 2, 1, 1, 0x88, 2, 0, 8]]);
            let data = encode(data_tag, &[record]);
            group.extend(encode(0x7F60, &[&header, &data]));
        }
        encode(0x75, &[&encode(0x7F61, &[&group])])
    }

    #[test]
    fn images_are_found_behind_feature_points_under_either_tag() {
        for data_tag in [0x5F2E, 0x7F2E] {
            for points in [0, 1, 5] {
                let dg2 = Dg2::decode(&file(data_tag, &[record(&[face(points, JPEG)])])).unwrap();
                let [face] = faces(&dg2)[..] else { panic!() };
                assert_eq!(face.image.bytes, JPEG);
                assert_eq!(face.image.format, Format::Jpeg);
                assert_eq!(face.points.len(), points);
            }
        }
    }

    #[test]
    fn several_faces_in_one_record_or_in_several_are_all_there() {
        let codestream = [0xFF, 0x4F, 0xFF, 0x51, 0, 0];
        let jp2 = [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', 0x0D, 0x0A];
        let two = record(&[face(0, JPEG), face(2, &codestream)]);
        let dg2 = Dg2::decode(&file(0x5F2E, &[two, record(&[face(0, &jp2)])])).unwrap();
        let formats: Vec<_> = dg2.faces().map(|face| face.image.format).collect();
        assert_eq!(formats, [Format::Jpeg, Format::Jpeg2000, Format::Jpeg2000]);
        assert_eq!(format!("{:?}", faces(&dg2)[0]), "Face(Jpeg, 9 bytes)");
    }

    #[test]
    fn padding_after_the_last_face_is_passed_over() {
        let mut padded = record(&[face(0, JPEG)]);
        padded.extend([0; 7]);
        let dg2 = Dg2::decode(&file(0x5F2E, &[padded])).unwrap();
        assert_eq!(faces(&dg2)[0].image.bytes, JPEG);
        assert_eq!(dg2.padding(), 7);
        assert!(dg2.oddities().is_empty());
    }

    #[test]
    fn counts_and_lengths_that_lie_are_refused() {
        let good = record(&[face(0, JPEG)]);
        let with = |at: usize, bytes: &[u8]| {
            let mut record = good.clone();
            record[at..at + bytes.len()].copy_from_slice(bytes);
            Dg2::decode(&file(0x5F2E, &[record]))
        };
        assert_eq!(with(0, b"FAX").unwrap_err().what, "facial record header");
        assert_eq!(with(4, b"020").unwrap_err().what, "facial record header");
        assert_eq!(
            with(8, &[0, 0, 0, 13]).unwrap_err().what,
            "facial record length"
        );
        assert_eq!(
            with(8, &[0, 1, 0, 0]).unwrap_err().what,
            "facial record length"
        );
        assert_eq!(
            with(12, &[0, 0]).unwrap_err().what,
            "number of facial images"
        );
        assert_eq!(
            with(12, &[0, 17]).unwrap_err().what,
            "number of facial images"
        );
        assert_eq!(with(12, &[0, 2]).unwrap_err().what, "face record length");
        assert_eq!(
            with(14, &[0, 0, 0, 31]).unwrap_err().what,
            "face record length"
        );
        assert_eq!(with(14, &[0xFF; 4]).unwrap_err().what, "face record length");
        assert_eq!(with(14, &[0, 0, 1, 0]).unwrap_err().what, "face image");
        assert_eq!(
            with(18, &[0xFF, 0xFF]).unwrap_err().what,
            "face record length"
        );
        assert_eq!(with(46, &[0]).unwrap_err().what, "format of the image");

        let many: Vec<_> = (0..9)
            .map(|_| record(&[face(0, JPEG), face(0, JPEG)]))
            .collect();
        assert!(Dg2::decode(&file(0x5F2E, &many)).is_err());
        assert!(Dg2::decode(&file(0x5F2F, &[good])).is_err());
        assert!(Dg2::decode(&file(0x5F2E, &[])).is_err());
        let large = record(&[face(0, &[JPEG, &vec![0; MAX_IMAGE]].concat())]);
        assert!(Dg2::decode(&file(0x5F2E, &[large])).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128), at in 0_usize..120, value: u8) {
            let _ = Dg2::decode(&bytes);
            let _ = Dg2::decode(&file(0x5F2E, std::slice::from_ref(&bytes)));
            let mut mutated = file(0x5F2E, &[record(&[face(2, JPEG)])]);
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = Dg2::decode(&mutated);
        }
    }
}
