//! Invented fingers and eyes as pictures, for the records of EF.DG3 and EF.DG4. They are drawn
//! ([`draw`]), never taken from anybody.

use std::borrow::Cow;
use std::fmt;

pub mod draw;
pub mod wsq;

use draw::Grey;
use wsq::Quantization;

/// How a picture is to be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Samples one after the other
    Raw,
    /// At 0.75 bits a pixel
    Wsq,
    /// A JP2 file, from those that ship
    Jpeg2000,
}

/// A picture as a biometric record holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The image file, or the samples.
    pub image: Cow<'static, [u8]>,
    /// Width, in pixels.
    pub width: u16,
    /// Height, in pixels.
    pub height: u16,
}

impl fmt::Debug for Picture {
    /// Shows the size only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = (self.width, self.height);
        write!(f, "Picture({width}x{height}, {} bytes)", self.image.len())
    }
}

/// An invented finger of 320 by 400 pixels, at 500 pixels an inch. There are ten, from 0 to 9; other
/// numbers repeat them.
///
/// ```
/// use cancuoc::image::Format;
/// use cancuoc::sim::prints;
/// use cancuoc::sim::prints::Compression;
/// let thumb = prints::finger(0, Compression::Wsq);
/// assert_eq!(Format::of(&thumb.image), Some(Format::Wsq));
/// assert_eq!((thumb.width, thumb.height), (320, 400));
/// ```
pub fn finger(number: u8, compression: Compression) -> Picture {
    let number = number % 10;
    let shipped = FINGERS.get(usize::from(number)).copied();
    picture(compression, (320, 400), shipped, || draw::finger(number))
}

/// An invented eye of 320 by 240 pixels. There are two, 0 and 1; other numbers repeat them.
pub fn iris(number: u8, compression: Compression) -> Picture {
    let number = number % 2;
    let shipped = IRISES.get(usize::from(number)).copied();
    picture(compression, (320, 240), shipped, || draw::iris(number))
}

/// The fingers as JPEG 2000. Made once from the drawn samples with Pillow (OpenJPEG):
/// `Image.frombytes("L", (320, 400), samples).save(path, quality_mode="rates", quality_layers=[24])`.
const FINGERS: [&[u8]; 10] = [
    include_bytes!("finger_0.jp2"),
    include_bytes!("finger_1.jp2"),
    include_bytes!("finger_2.jp2"),
    include_bytes!("finger_3.jp2"),
    include_bytes!("finger_4.jp2"),
    include_bytes!("finger_5.jp2"),
    include_bytes!("finger_6.jp2"),
    include_bytes!("finger_7.jp2"),
    include_bytes!("finger_8.jp2"),
    include_bytes!("finger_9.jp2"),
];

/// The eyes as JPEG 2000, made in the same way.
const IRISES: [&[u8]; 2] = [include_bytes!("iris_0.jp2"), include_bytes!("iris_1.jp2")];

/// The picture as it ships, or else as it is drawn.
fn picture(
    compression: Compression,
    (width, height): (u16, u16),
    shipped: Option<&'static [u8]>,
    draw: impl FnOnce() -> Grey,
) -> Picture {
    let image = match (compression, shipped) {
        (Compression::Wsq, _) => wsq::encode(&draw(), Quantization::Rate(0.75), &[]).into(),
        (Compression::Jpeg2000, Some(shipped)) => Cow::Borrowed(shipped),
        (Compression::Raw, _) | (Compression::Jpeg2000, None) => draw().samples.into(),
    };
    Picture {
        image,
        width,
        height,
    }
}

#[cfg(test)]
mod tests;
