//! How a picture is compressed, told by its first bytes.

/// How a picture is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// JPEG (ISO/IEC 10918-1)
    Jpeg,
    /// JPEG 2000 (ISO/IEC 15444-1), as a JP2 file or a bare codestream
    Jpeg2000,
    /// Wavelet scalar quantization of fingerprints (FBI IAFIS-IC-0110)
    Wsq,
    /// Portable network graphics
    Png,
    /// Samples of grey, one after the other, without a header
    Raw,
}

impl Format {
    /// Tells the format by the first bytes, because the type byte of real documents may be wrong.
    /// [`Format::Raw`] has no sign of its own, so it is never told.
    ///
    /// ```
    /// use cancuoc::image::Format;
    /// assert_eq!(Format::of(&[0xFF, 0xD8, 0xFF, 0xE0]), Some(Format::Jpeg));
    /// assert_eq!(Format::of(b"GIF89a"), None);
    /// ```
    pub fn of(image: &[u8]) -> Option<Self> {
        const SIGNS: [(&[u8], Format); 5] = [
            (&[0xFF, 0xD8, 0xFF], Format::Jpeg),
            (&[0, 0, 0, 0x0C, b'j', b'P', b' ', b' '], Format::Jpeg2000),
            (&[0xFF, 0x4F, 0xFF, 0x51], Format::Jpeg2000),
            (&[0xFF, 0xA0, 0xFF], Format::Wsq),
            (b"\x89PNG\r\n\x1A\n", Format::Png),
        ];
        SIGNS
            .into_iter()
            .find(|(sign, _)| image.starts_with(sign))
            .map(|(_, format)| format)
    }

    /// Media type: `image/jpeg`, `image/jp2`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Jpeg2000 => "image/jp2",
            Self::Wsq => "image/x-wsq",
            Self::Png => "image/png",
            Self::Raw => "application/octet-stream",
        }
    }
}
