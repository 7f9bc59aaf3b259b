//! Portraits of the personas: drawn by `draw.rs`, never photographed.

use std::borrow::Cow;

#[cfg(test)]
mod draw;

/// A portrait as a card holds it: a finished JPEG or JPEG 2000 image.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    /// The image file.
    pub image: Cow<'static, [u8]>,
    /// Width, in pixels.
    pub width: u16,
    /// Height, in pixels.
    pub height: u16,
}

impl Portrait {
    /// Takes any image file, to be handed on as it is.
    pub fn of(image: Vec<u8>, width: u16, height: u16) -> Self {
        Self {
            image: Cow::Owned(image),
            width,
            height,
        }
    }

    /// A drawn portrait that ships with this crate: 480 by 640 pixels.
    pub const fn drawn(image: &'static [u8]) -> Self {
        Self {
            image: Cow::Borrowed(image),
            width: 480,
            height: 640,
        }
    }

    /// The same JPEG, made at least this long with comment segments (ITU-T T.81 §B.2.4.5): for
    /// files of any length without drawing anew.
    #[must_use]
    pub fn padded_to(&self, length: usize) -> Self {
        const LONGEST: usize = 65_533;
        let (start, rest) = self.image.split_at_checked(2).unwrap_or((&[], &self.image));
        let mut image = start.to_vec();
        let mut missing = length.saturating_sub(self.image.len());
        while missing > 0 {
            // Marker and length take four of the missing bytes.
            let filler = missing.saturating_sub(4).min(LONGEST);
            image.extend_from_slice(&[0xFF, 0xFE]);
            image.extend_from_slice(&u16::try_from(filler + 2).unwrap_or(2).to_be_bytes());
            image.resize(image.len() + filler, b'.');
            missing = missing.saturating_sub(filler + 4);
        }
        image.extend_from_slice(rest);
        Self {
            image: Cow::Owned(image),
            ..*self
        }
    }
}

impl std::fmt::Debug for Portrait {
    /// Shows the size only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height) = (self.width, self.height);
        write!(f, "Portrait({width}x{height}, {} bytes)", self.image.len())
    }
}

/// Portrait of `an`.
pub const AN: Portrait = Portrait::drawn(include_bytes!("an.jpg"));

/// Portrait of `binh`.
pub const BINH: Portrait = Portrait::drawn(include_bytes!("binh.jpg"));

/// Portrait of `chi`.
pub const CHI: Portrait = Portrait::drawn(include_bytes!("chi.jpg"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portraits_come_from_the_drawing_code() {
        let shipped = [("an", AN), ("binh", BINH), ("chi", CHI)];
        for ((name, jpeg), (shipped_name, portrait)) in draw::portraits().into_iter().zip(shipped) {
            assert_eq!(name, shipped_name);
            assert!(
                jpeg == portrait.image.as_ref(),
                "{name}: run `cargo run --example draw_faces`"
            );
        }
    }

    #[test]
    fn padding_gives_the_length_that_was_asked_for() {
        for length in [AN.image.len() + 4, 32_768, 100_000, 300_000] {
            let padded = AN.padded_to(length);
            assert_eq!(padded.image.len(), length);
            assert!(padded.image.ends_with(&[0xFF, 0xD9]));
        }
    }
}
