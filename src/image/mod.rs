//! Pictures: what they are, by their content, and their pixels.
//!
//! A picture from a chip is hostile: its header is read first, and what would take too much memory or
//! time is refused by name before a pixel is decoded.

pub mod format;
pub mod pixels;
pub mod wsq;

pub use format::Format;
pub use pixels::Channels;
pub use pixels::Pixels;

use thiserror::Error;

/// Why a picture could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The content is of no format that is known.
    #[error("the picture is of no known format")]
    UnknownFormat,
    /// The picture is larger than this program decodes, in pixels or in bytes.
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
