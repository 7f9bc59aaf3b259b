//! Pictures: what they are, by their content, and their pixels.
//!
//! A picture from a chip is hostile: its header is read first, and what would take too much memory or
//! time is refused by name before a pixel is decoded. Every decoder is safe Rust. A picture that
//! breaks off is refused, not shown in part; bytes behind its end are passed over, and a missing end
//! marker is forgiven where all the pixels are there. Orientation tags are not followed: what the
//! issuer put on the chip is shown as it is.

pub mod format;
#[cfg(feature = "images")]
mod jpeg;
#[cfg(feature = "images")]
mod jpeg2000;
#[cfg(feature = "images")]
mod octets;
pub mod pixels;
#[cfg(feature = "images")]
pub mod png;
#[cfg(feature = "images")]
mod raw;
pub mod wsq;

pub use format::Format;
pub use pixels::Channels;
pub use pixels::Pixels;
#[cfg(feature = "images")]
pub use raw::RawLayout;

use thiserror::Error;

use crate::error::SetupError;

/// Largest width and height, in pixels: four fingers side by side at 1000 pixels an inch, the finest
/// of ISO/IEC 19794-4, take 3200. A frontal face takes 1200 by 1600 where a card is generous.
pub const MAX_SIDE: u32 = 4096;

/// Largest picture file, in bytes: eight times the largest file that is read from a chip, for samples
/// that are not compressed.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Most memory that decoding one picture may take beside the picture file itself, in bytes, as
/// reckoned from its header.
#[cfg(feature = "images")]
const MAX_WORK: usize = 52 * 1024 * 1024;

/// Why a picture could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The content is of no format that is known.
    #[error("the picture is of no known format")]
    UnknownFormat,
    /// The picture is larger than this program decodes, in pixels or in bytes, or would take too long.
    #[error("the picture is too large")]
    TooLarge,
    /// The content breaks the rules of its format.
    #[error("the picture is broken")]
    Malformed,
    /// The format is known, and this way of using it is not.
    #[error("the picture uses what this build does not decode")]
    Unsupported,
}

impl Fault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownFormat => "image.unknown_format",
            Self::TooLarge => "image.too_large",
            Self::Malformed => "image.malformed",
            Self::Unsupported => "image.unsupported",
        }
    }
}

impl From<Fault> for SetupError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownFormat => Self::ImageFormat,
            Fault::TooLarge => Self::ImageTooLarge,
            Fault::Malformed => Self::ImageMalformed,
            Fault::Unsupported => Self::ImageUnsupported,
        }
    }
}

/// Decodes a picture, whatever its record says that it is: the content tells. With a layout, what is
/// of no known format is taken for samples without a header.
///
/// # Errors
/// A [`Fault`] where the content is of no known format, is too large, broken, cut off, or of a kind
/// that is not decoded.
///
/// ```
/// use cancuoc::image;
/// assert_eq!(image::decode(b"GIF89a", None).unwrap_err().code(), "image.unknown_format");
/// ```
#[cfg(feature = "images")]
pub fn decode(bytes: &[u8], raw: Option<RawLayout>) -> Result<Pixels, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    match (Format::of(bytes), raw) {
        (Some(Format::Jpeg), _) => jpeg::decode(bytes),
        (Some(Format::Jpeg2000), _) => jpeg2000::decode(bytes),
        (Some(Format::Png), _) => png::decode(bytes),
        (Some(Format::Wsq), _) => wsq::decode(bytes),
        (Some(Format::Raw) | None, Some(layout)) => raw::decode(bytes, layout),
        (Some(Format::Raw) | None, None) => Err(Fault::UnknownFormat),
    }
}

/// Checks a size that a header declares; gives the number of pixels.
#[cfg(feature = "images")]
fn pixel_count(width: u32, height: u32) -> Result<usize, Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::Malformed);
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Fault::TooLarge);
    }
    // Both are below 4097.
    usize::try_from(width.saturating_mul(height)).map_err(|_| Fault::TooLarge)
}

/// Runs a decoder of another crate. Where it trips over an assertion of its own, the picture is
/// broken, and nothing else is.
#[cfg(feature = "images")]
fn guarded<T>(decoder: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decoder)).unwrap_or(Err(Fault::Malformed))
}

/// Red, green and blue of luma and the differences to blue and red, as JFIF (ITU-T T.871) and sYCC
/// have them.
#[cfg(feature = "images")]
fn rgb_of_ycc(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = i32::from(luma) << 16;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + 91_881 * red,
        luma - 22_554 * blue - 46_802 * red,
        luma + 116_130 * blue,
    ]
    .map(|sum| u8::try_from(((sum + 32_768) >> 16).clamp(0, 255)).unwrap_or(u8::MAX))
}
