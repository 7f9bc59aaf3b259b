//! JPEG 2000 (ISO/IEC 15444-1): JP2 files and bare codestreams.
//!
//! The boxes of a JP2 file are read here; the decoder behind meets the codestream alone, after its
//! headers have been found to ask for no more than a picture of a person needs.

mod codestream;
mod container;

use hayro_jpeg2000::DecodeSettings;
use hayro_jpeg2000::DecoderContext;
use hayro_jpeg2000::Image;

use crate::image::Channels;
use crate::image::Fault;
use crate::image::Pixels;
use crate::image::guarded;
use crate::image::jpeg2000::container::Colours;
use crate::image::jpeg2000::container::Container;
use crate::image::rgb_of_ycc;

pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, Fault> {
    let container = Container::read(bytes)?;
    let size = codestream::check(container.codestream)?;
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: false,
        target_resolution: None,
    };
    let samples = guarded(|| {
        let image = Image::new(container.codestream, &settings).map_err(|_| Fault::Malformed)?;
        if (image.width(), image.height()) != (size.width, size.height) {
            return Err(Fault::Malformed);
        }
        let mut context = DecoderContext::default();
        let decoded = image.decode(&mut context).map_err(|_| Fault::Malformed)?;
        if decoded.components().len() != size.components {
            return Err(Fault::Malformed);
        }
        Ok(decoded.data_u8())
    })?;
    let plan = container.plan(size.components)?;
    let mut pixels =
        Vec::with_capacity(samples.len() / size.components * plan.colours.channels().count());
    for pixel in samples.chunks_exact(size.components) {
        plan.colour(pixel, &mut pixels)?;
    }
    Pixels::new(size.width, size.height, plan.colours.channels(), pixels).ok_or(Fault::Malformed)
}

impl Colours {
    const fn channels(self) -> Channels {
        match self {
            Self::Grey => Channels::Grey,
            Self::Rgb | Self::Ycc | Self::Cmyk => Channels::Rgb,
        }
    }

    /// Adds one pixel, given as its samples in the order of the colour space.
    fn push(self, samples: [u8; 4], pixels: &mut Vec<u8>) {
        let [a, b, c, d] = samples;
        match self {
            Self::Grey => pixels.push(a),
            Self::Rgb => pixels.extend_from_slice(&[a, b, c]),
            Self::Ycc => pixels.extend_from_slice(&rgb_of_ycc(a, b, c)),
            Self::Cmyk => pixels.extend_from_slice(&[a, b, c].map(|ink| {
                let light = u16::from(255 - ink) * u16::from(255 - d);
                u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
            })),
        }
    }
}
