//! Decoded pixels.

use std::fmt;

/// Samples of one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Grey, one octet
    Grey,
    /// Red, green and blue, an octet each
    Rgb,
}

impl Channels {
    /// Octets of a pixel.
    pub const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// A picture as pixels of eight bits a sample, row by row from the top, without gaps.
/// [`fmt::Debug`] shows the size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    width: u32,
    height: u32,
    channels: Channels,
    samples: Vec<u8>,
}

impl Pixels {
    /// Pixels from their samples; `None` where there are too few or too many for the size, or none.
    pub fn new(width: u32, height: u32, channels: Channels, samples: Vec<u8>) -> Option<Self> {
        let count = usize::try_from(width)
            .ok()?
            .checked_mul(usize::try_from(height).ok()?)?
            .checked_mul(channels.count())?;
        (count > 0 && samples.len() == count).then_some(Self {
            width,
            height,
            channels,
            samples,
        })
    }

    /// Columns, at least one.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows, at least one.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// What a pixel is made of.
    pub const fn channels(&self) -> Channels {
        self.channels
    }

    /// All samples: width × height × channels octets.
    pub fn samples(&self) -> &[u8] {
        &self.samples
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Pixels({}x{}, {:?})",
            self.width, self.height, self.channels
        )
    }
}
