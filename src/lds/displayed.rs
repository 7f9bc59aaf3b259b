//! DG5 and DG7: pictures to be shown, the portrait and the signature or usual mark of the holder
//! (Doc 9303-10, EF.DG5 and EF.DG7).
//!
//! ```text
//! 65 { 02 count, 5F40 portrait* }
//! 67 { 02 count, 5F43 signature* }
//! ```

use std::collections::BTreeSet;
use std::fmt;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::image::Format;
use crate::lds::DataGroup;
use crate::lds::details::Oddity;
use crate::lds::details::count;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::picture;

/// Most pictures in a group. The standard has nine.
const MAX_PICTURES: usize = 16;

/// Which of the two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// DG5: portraits.
    Portrait,
    /// DG7: signatures or usual marks.
    Signature,
}

impl Shown {
    const fn group(self) -> DataGroup {
        match self {
            Self::Portrait => DataGroup::DG5,
            Self::Signature => DataGroup::DG7,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Portrait => "displayed_portrait",
            Self::Signature => "signature",
        }
    }

    const fn tag(self) -> u32 {
        match self {
            Self::Portrait => 0x5F40,
            Self::Signature => 0x5F43,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Portrait => "DG5",
            Self::Signature => "DG7",
        }
    }
}

/// One picture, still compressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// How it is compressed, by its content; nothing for what is no picture that is known.
    pub format: Option<Format>,
    /// The file.
    pub image: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({:?}, {} bytes)", self.format, self.image.len())
    }
}

/// The contents of DG5 or DG7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Displayed {
    /// Which of the two it is.
    pub shown: Shown,
    /// The pictures; none is odd and may be.
    pub pictures: Vec<Picture>,
    /// What the issuer does otherwise.
    pub oddities: BTreeSet<Oddity>,
}

impl Displayed {
    /// Decodes the file. A picture of no length is passed over, and the count says nothing that the
    /// bytes do not.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, there are too many pictures, or bytes follow.
    pub fn decode(file: &[u8], shown: Shown) -> Result<Self, Malformed> {
        let what = shown.what();
        let mut reader = Reader::new(file);
        let mut group = reader.expect(shown.group().tag(), what)?.inside()?;
        reader.finish(what)?;
        let mut oddities = BTreeSet::new();
        let announced = count(group.optional(tag::INTEGER, what)?);
        let mut there = 0;
        let mut pictures = Vec::new();
        while !group.at_end() {
            let element = group.element(what)?;
            there += 1;
            if there > MAX_PICTURES {
                return Err(Malformed::new(what, element.offset));
            }
            if element.tag != shown.tag() {
                oddities.insert(Oddity::UnknownField);
            } else if element.value.is_empty() {
                oddities.insert(Oddity::EmptyField);
            } else {
                pictures.push(Picture {
                    format: Format::of(element.value),
                    image: element.value.to_vec(),
                });
            }
        }
        if announced != Some(there) {
            oddities.insert(Oddity::Count);
        }
        Ok(Self {
            shown,
            pictures,
            oddities,
        })
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let pictures = self.pictures.iter().map(|one| picture(&one.image));
        let pictures: Vec<Value> = pictures.collect();
        if pictures.is_empty() {
            return Vec::new();
        }
        vec![Field::shown(self.shown.name(), Value::List(pictures))]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F'];

    #[test]
    fn pictures_are_told_by_their_content() {
        let file = encode(
            0x67,
            &[
                &encode(2, &[&[2]]),
                &encode(0x5F43, &[JPEG]),
                &encode(0x5F43, &[b"GIF89a"]),
            ],
        );
        let dg7 = Displayed::decode(&file, Shown::Signature).unwrap();
        let formats: Vec<_> = dg7.pictures.iter().map(|one| one.format).collect();
        assert_eq!(formats, [Some(Format::Jpeg), None]);
        assert_eq!(dg7.pictures[0].image, JPEG);
        assert!(dg7.oddities.is_empty());
        assert!(Displayed::decode(&file, Shown::Portrait).is_err());
    }

    #[test]
    fn counts_that_lie_and_empty_pictures_are_odd() {
        let odd = |parts: &[&[u8]]| {
            let dg5 = Displayed::decode(&encode(0x65, parts), Shown::Portrait).unwrap();
            (dg5.pictures.len(), Vec::from_iter(dg5.oddities))
        };
        let picture = encode(0x5F40, &[JPEG]);
        assert_eq!(
            odd(&[&encode(2, &[&[9]]), &picture]),
            (1, vec![Oddity::Count])
        );
        assert_eq!(odd(&[&picture]), (1, vec![Oddity::Count]));
        assert_eq!(odd(&[&encode(2, &[&[0xFF; 16]]), &picture]).0, 1);
        let empty = encode(0x5F40, &[]);
        assert_eq!(
            odd(&[&encode(2, &[&[1]]), &empty]),
            (0, vec![Oddity::EmptyField])
        );
        let other = encode(0x5F43, &[JPEG]);
        assert_eq!(
            odd(&[&encode(2, &[&[1]]), &other]),
            (0, vec![Oddity::UnknownField])
        );
    }

    #[test]
    fn other_frames_and_too_many_pictures_are_refused() {
        let many: Vec<u8> = (0..17).flat_map(|_| encode(0x5F40, &[JPEG])).collect();
        for wrong in [
            encode(0x65, &[&many]),
            encode(0x66, &[]),
            [encode(0x65, &[]), vec![0]].concat(),
            vec![0x65, 5, 0x5F, 0x40, 0x7F, 0, 0],
            Vec::new(),
        ] {
            assert!(Displayed::decode(&wrong, Shown::Portrait).is_err());
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            for (shown, tag) in [(Shown::Portrait, 0x65), (Shown::Signature, 0x67)] {
                let _ = Displayed::decode(&bytes, shown);
                let _ = Displayed::decode(&encode(tag, &[&bytes]), shown).map(|read| read.fields());
            }
        }
    }
}
