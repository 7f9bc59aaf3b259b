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

    /// The same JPEG with an empty Exif segment in front (JEITA CP-3451).
    #[must_use]
    pub fn with_exif(&self) -> Self {
        // APP1 and its length, "Exif", a TIFF header and a directory without entries.
        const SEGMENT: &[u8] = b"\xFF\xE1\x00\x16Exif\0\0MM\0\x2A\0\0\0\x08\0\0\0\0\0\0";
        let (start, rest) = self.image.split_at_checked(2).unwrap_or((&[], &self.image));
        Self {
            image: Cow::Owned([start, SEGMENT, rest].concat()),
            ..*self
        }
    }

    /// A grey image of eight by eight pixels as a bare codestream of JPEG 2000 (ITU-T T.800 Annex
    /// A): one tile, one component, one quality layer, and nothing in its packet.
    pub fn codestream() -> Self {
        let parts: [&[u8]; 7] = [
            // SOC
            &[0xFF, 0x4F],
            // SIZ: eight by eight, one tile, one component of eight bits
            &[
                0xFF, 0x51, 0, 41, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 1, 1,
            ],
            // COD: no decomposition, blocks of 64 by 64, reversible
            &[0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, 1],
            // QCD: no quantization, one band
            &[0xFF, 0x5C, 0, 4, 0x40, 0x40],
            // SOT: the one tile part, 15 bytes with its header
            &[0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 15, 0, 1],
            // SOD and an empty packet
            &[0xFF, 0x93, 0x00],
            // EOC
            &[0xFF, 0xD9],
        ];
        Self::of(parts.concat(), 8, 8)
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

/// Portrait of `an` as a JP2 file of 20 KB, the kind that most passports hold: irreversible transform,
/// colour transform, five levels, one layer. This one and the two below were coded by OpenJPEG 2.5.4,
/// through Pillow 13.0.0, from the pixels that `draw` draws.
pub const AN_JP2: Portrait = Portrait::drawn(include_bytes!("an.jp2"));

/// Portrait of `an` as a bare codestream of JPEG 2000.
pub const AN_CODESTREAM: Portrait = Portrait::drawn(include_bytes!("an.j2k"));

/// Portrait of `an` in grey, as a JP2 file with the reversible transform.
pub const AN_GREY: Portrait = Portrait::drawn(include_bytes!("an-grey.jp2"));

/// Portrait of `binh`.
pub const BINH: Portrait = Portrait::drawn(include_bytes!("binh.jpg"));

/// Portrait of `chi`.
pub const CHI: Portrait = Portrait::drawn(include_bytes!("chi.jpg"));

/// A scribble that stands for everybody's signature: a JPEG in grey.
pub const SIGNATURE: &[u8] = include_bytes!("signature.jpg");

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
    fn the_signature_comes_from_the_drawing_code() {
        assert!(
            draw::signature() == SIGNATURE,
            "run `cargo run --example draw_faces`"
        );
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
