//! The image in a record, still compressed.

use std::fmt;

use crate::error::Malformed;
use crate::image::Channels;
use crate::image::Format;
#[cfg(feature = "images")]
use crate::image::RawLayout;
use crate::lds::biometrics::MAX_IMAGE;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::format_word;

/// An image of a face, finger or iris. [`fmt::Debug`] shows format and length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// How it is compressed, by its content.
    pub format: Format,
    /// How the record says that it is compressed; nothing for a code without meaning.
    pub announced: Option<Format>,
    /// Its size and samples, as the record says.
    pub layout: Layout,
    /// The image file, or the samples where it is not compressed; padding may follow.
    pub bytes: Vec<u8>,
}

/// How large an image is, and what its samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns; 0 where the record does not say.
    pub width: u16,
    /// Rows; 0 where the record does not say.
    pub height: u16,
    /// Bits of a sample; 0 where the record does not say.
    pub depth: u8,
    /// What a pixel is made of.
    pub channels: Channels,
    /// How samples without compression stand side by side.
    pub packing: Packing,
}

/// How samples without compression stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Each begins an octet.
    Octets,
    /// One behind the other, bit by bit.
    Bits,
}

impl Layout {
    /// Octets that all samples take without compression; nothing for an image without pixels or one
    /// that no machine can hold.
    pub fn octets(self) -> Option<usize> {
        let depth = match self.depth {
            0 => 8,
            depth => usize::from(depth),
        };
        let samples = usize::from(self.width)
            .checked_mul(usize::from(self.height))?
            .checked_mul(self.channels.count())?;
        let octets = match self.packing {
            Packing::Octets => samples.checked_mul(depth.div_ceil(8))?,
            Packing::Bits => samples.checked_mul(depth)?.div_ceil(8),
        };
        (octets > 0).then_some(octets)
    }
}

impl Image {
    /// Tells an image by its content. `offset` is its place in the file.
    ///
    /// Samples without compression have no sign of their own: they are taken for such where the record
    /// says so and there are enough of them.
    pub(super) fn new(
        bytes: &[u8],
        offset: usize,
        announced: Option<Format>,
        layout: Layout,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        if bytes.len() > MAX_IMAGE {
            return Err(Malformed::new("length of the image", offset));
        }
        let enough = layout.octets().is_some_and(|octets| octets <= bytes.len());
        let format = if announced == Some(Format::Raw) && enough {
            Format::Raw
        } else {
            Format::of(bytes).ok_or(Malformed::new("format of the image", offset))?
        };
        if announced != Some(format) {
            oddities.insert(Oddity::ImageType);
        }
        Ok(Self {
            format,
            announced,
            layout,
            bytes: bytes.to_vec(),
        })
    }

    /// How its samples stand, where they are of grey and not compressed: what `image::decode` needs
    /// beside the bytes.
    #[cfg(feature = "images")]
    pub fn raw(&self) -> Option<RawLayout> {
        let layout = self.layout;
        let grey = self.format == Format::Raw && layout.channels == Channels::Grey;
        grey.then(|| RawLayout {
            width: layout.width.into(),
            height: layout.height.into(),
            depth: match layout.depth {
                0 => 8,
                depth => depth,
            },
        })
    }

    /// Writes format and length alone, for what has this image and shows no more of it.
    pub(super) fn outline(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{name}({:?}, {} bytes)", self.format, self.bytes.len())
    }

    /// What there is to show of it; the file itself only to who asks for it.
    pub(in crate::lds) fn fields(&self) -> Vec<Field> {
        let number = |number: u16| Value::Number(u64::from(number));
        let mut fields = vec![Field::shown(
            "format",
            Value::Word(format_word(Some(self.format))),
        )];
        let Layout { width, height, .. } = self.layout;
        if (width, height) != (0, 0) {
            fields.push(Field::shown("width", number(width)));
            fields.push(Field::shown("height", number(height)));
        }
        fields.push(Field::shown(
            "length",
            Value::Number(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)),
        ));
        fields.push(Field::sensitive("image", Value::Octets(self.bytes.clone())));
        fields
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outline("Image", f)
    }
}
