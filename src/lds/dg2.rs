//! DG2: the face (Doc 9303-10 §4.7.2), as ISO/IEC 19794-5:2005 records in a CBEFF template.
//!
//! ```text
//! 75 { 7F61 { 02 count  { 7F60 { A1 { header }  5F2E | 7F2E record } }* } }
//!
//! record  = "FAC" 0, "010" 0, length (4), faces (2), face*
//! face    = information (20: block length (4), feature points (2), …),
//!           feature point (8)*, image information (12), image
//! ```

use std::fmt;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::image::Format;
use crate::lds::DataGroup;

const GROUP_TEMPLATE: u32 = 0x7F61;
const INFORMATION_TEMPLATE: u32 = 0x7F60;
const DATA_BLOCK: u32 = 0x5F2E;
const DATA_BLOCK_CONSTRUCTED: u32 = 0x7F2E;

/// Most faces in all records. One is usual; the limit stops a count that costs time.
const MAX_FACES: usize = 16;

/// Largest image, in bytes. Thirty times a usual portrait.
const MAX_IMAGE: usize = 512 * 1024;

/// Format identifier and version number (ISO/IEC 19794-5 §5.4).
const RECORD_START: &[u8] = b"FAC\x00010\x00";
/// Length of the record header, in bytes.
const RECORD_HEADER: usize = 14;
/// Length of what the information block holds after the block's length and the number of points.
const INFORMATION_REST: usize = 14;
/// Length of one feature point block, in bytes.
const FEATURE_POINT: usize = 8;
/// Length of the image information block, in bytes.
const IMAGE_INFORMATION: usize = 12;
/// Length of a face record data block without feature points and image, in bytes.
const FACE_FIXED: usize = 20 + IMAGE_INFORMATION;

/// What the image data type of the image information block says (ISO/IEC 19794-5:2005).
const fn of_type(kind: u8) -> Option<Format> {
    match kind {
        0 => Some(Format::Jpeg),
        1 => Some(Format::Jpeg2000),
        _ => None,
    }
}

/// One image of a face.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    /// How it is compressed.
    pub format: Format,
    /// How the type byte says that it is compressed; nothing for a number without meaning.
    pub announced: Option<Format>,
    /// The image file, which may be followed by padding.
    pub image: Vec<u8>,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({:?}, {} bytes)", self.format, self.image.len())
    }
}

/// The contents of DG2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg2 {
    /// At least one image; the first is the portrait.
    pub faces: Vec<Face>,
    /// Bytes behind the last face of each record.
    pub padding: usize,
}

impl Dg2 {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, there is no face or too many, an image is too large
    /// or neither JPEG nor JPEG 2000, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut group = reader.expect(DataGroup::DG2.tag(), "DG2")?.inside()?;
        reader.finish("DG2")?;
        let mut templates = group
            .expect(GROUP_TEMPLATE, "biometric information group template")?
            .inside()?;
        group.finish("DG2")?;
        let count = templates.expect(tag::INTEGER, "number of instances")?;
        let instances = usize::try_from(count.small_integer()?)
            .ok()
            .filter(|instances| (1..=MAX_FACES).contains(instances))
            .ok_or(Malformed::new("number of instances", count.offset))?;

        let mut faces = Vec::new();
        let mut padding = 0;
        for _ in 0..instances {
            let mut template = templates
                .expect(INFORMATION_TEMPLATE, "biometric information template")?
                .inside()?;
            let mut record = None;
            while !template.at_end() {
                // The biometric header template (A1) says nothing that the record does not.
                let element = template.element("biometric information template")?;
                if matches!(element.tag, DATA_BLOCK | DATA_BLOCK_CONSTRUCTED) {
                    record = Some(element);
                }
            }
            let record = record.ok_or(Malformed::new("biometric data block", template.offset()))?;
            padding += faces_of(record.value, &mut faces)
                .map_err(|inner| Malformed::new(inner.what, record.offset + inner.offset))?;
        }
        templates.finish("biometric information group template")?;
        Ok(Self { faces, padding })
    }
}

/// Adds the faces of one record; gives how many bytes follow them.
fn faces_of(record: &[u8], faces: &mut Vec<Face>) -> Result<usize, Malformed> {
    let mut fields = Fields {
        rest: record,
        offset: 0,
    };
    if fields.take(RECORD_START.len(), "facial record header")? != RECORD_START {
        return Err(Malformed::new("facial record header", 0));
    }
    let announced = fields.number::<4>("facial record length")?;
    if announced < RECORD_HEADER || announced > record.len() {
        return Err(Malformed::new("facial record length", 8));
    }
    let count = fields.number::<2>("number of facial images")?;
    if count == 0 || count > MAX_FACES - faces.len().min(MAX_FACES) {
        return Err(Malformed::new("number of facial images", 12));
    }
    for _ in 0..count {
        let start = fields.offset;
        let length = fields.number::<4>("face record length")?;
        let points = fields.number::<2>("number of feature points")?;
        fields.take(INFORMATION_REST, "facial information")?;
        fields.take(points * FEATURE_POINT, "feature points")?;
        let information = fields.take(IMAGE_INFORMATION, "image information")?;
        let image_len = length
            .checked_sub(FACE_FIXED + points * FEATURE_POINT)
            .filter(|length| *length <= MAX_IMAGE)
            .ok_or(Malformed::new("face record length", start))?;
        let at = fields.offset;
        let image = fields.take(image_len, "face image")?;
        let format = Format::of(image)
            .filter(|format| matches!(format, Format::Jpeg | Format::Jpeg2000))
            .ok_or(Malformed::new("face image format", at))?;
        faces.push(Face {
            format,
            announced: information.get(1).and_then(|kind| of_type(*kind)),
            image: image.to_vec(),
        });
    }
    // What follows the last face is padding.
    Ok(fields.rest.len())
}

/// Fields of fixed length in a row, with their position.
struct Fields<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let malformed = Malformed::new(what, self.offset);
        let (field, rest) = self.rest.split_at_checked(length).ok_or(malformed)?;
        self.rest = rest;
        self.offset += length;
        Ok(field)
    }

    /// A big-endian number of N bytes.
    fn number<const N: usize>(&mut self, what: &'static str) -> Result<usize, Malformed> {
        let field = self.take(N, what)?;
        Ok(field
            .iter()
            .fold(0, |number, octet| (number << 8) | usize::from(*octet)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9];

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
                assert_eq!(dg2.faces.len(), 1);
                assert_eq!(dg2.faces[0].image, JPEG);
                assert_eq!(dg2.faces[0].format, Format::Jpeg);
            }
        }
    }

    #[test]
    fn several_faces_in_one_record_or_in_several_are_all_there() {
        let codestream = [0xFF, 0x4F, 0xFF, 0x51, 0, 0];
        let jp2 = [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', 0x0D, 0x0A];
        let two = record(&[face(0, JPEG), face(2, &codestream)]);
        let dg2 = Dg2::decode(&file(0x5F2E, &[two, record(&[face(0, &jp2)])])).unwrap();
        let formats: Vec<_> = dg2.faces.iter().map(|face| face.format).collect();
        assert_eq!(formats, [Format::Jpeg, Format::Jpeg2000, Format::Jpeg2000]);
        assert_eq!(format!("{:?}", dg2.faces[0]), "Face(Jpeg, 9 bytes)");
    }

    #[test]
    fn padding_after_the_last_face_is_passed_over() {
        let mut padded = record(&[face(0, JPEG)]);
        padded.extend([0; 7]);
        assert_eq!(
            Dg2::decode(&file(0x5F2E, &[padded])).unwrap().faces[0].image,
            JPEG
        );
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
        assert_eq!(with(18, &[0xFF, 0xFF]).unwrap_err().what, "feature points");
        assert_eq!(with(46, &[0]).unwrap_err().what, "face image format");

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
