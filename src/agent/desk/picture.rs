//! Portraits in a form that browsers show. Chips hold JPEG 2000, which most browsers do not.

use zeroize::Zeroizing;

use crate::image;
use crate::image::Pixels;
use crate::image::png;
use crate::verify::Portrait;
use crate::verify::Report;
use crate::verify::Vouched;

/// What browsers show as it is.
const SHOWN: [&str; 2] = ["image/jpeg", "image/png"];

/// Most pixels of a portrait that is made anew: 400 by 500. Three octets each, they stay well below what
/// may wait for one client, in base64 and beside a report.
const MAX_PIXELS: u32 = 200_000;

/// Whether a report's portrait must be made anew to be shown.
pub(super) fn is_needed(report: &Report) -> bool {
    portrait(report).is_some_and(|(portrait, _)| !SHOWN.contains(&portrait.mime()))
}

/// The portrait as a PNG file; none where there is none, or it cannot be decoded.
pub(super) fn made(report: &Report) -> Option<Zeroizing<Vec<u8>>> {
    let (portrait, standing) = portrait(report)?;
    let mut pixels = image::decode(portrait.image(), None).ok()?;
    while pixels.width().saturating_mul(pixels.height()) > MAX_PIXELS {
        pixels = halved(&pixels)?;
    }
    let text = [("Standing", standing)];
    Some(Zeroizing::new(png::encode(&pixels, &text)))
}

fn portrait(report: &Report) -> Option<(&Portrait, &'static str)> {
    match report.portrait()? {
        Vouched::Verified(portrait) => Some((portrait.get(), "verified")),
        Vouched::Unverified(portrait) => Some((portrait.inspect_unverified(), "unverified")),
    }
}

/// Half as wide and high, each pixel the mean of four.
fn halved(pixels: &Pixels) -> Option<Pixels> {
    let (width, height) = (pixels.width() / 2, pixels.height() / 2);
    let channels = pixels.channels();
    let row = usize::try_from(pixels.width())
        .ok()?
        .checked_mul(channels.count())?;
    let columns = usize::try_from(width).ok()?;
    let mut samples = Vec::with_capacity(columns.checked_mul(channels.count())?);
    let mut rows = pixels.samples().chunks_exact(row);
    for _ in 0..height {
        let (upper, lower) = (rows.next()?, rows.next()?);
        let pairs = |row: &'_ [u8]| -> Vec<Vec<u16>> {
            let pairs = row.chunks_exact(2 * channels.count()).take(columns);
            let sums = pairs.map(|pair| {
                let (left, right) = pair.split_at(channels.count());
                let both = left.iter().zip(right);
                both.map(|(left, right)| u16::from(*left) + u16::from(*right))
                    .collect()
            });
            sums.collect()
        };
        for (above, below) in pairs(upper).into_iter().zip(pairs(lower)) {
            for (above, below) in above.into_iter().zip(below) {
                samples.push(u8::try_from((above + below) / 4).unwrap_or(u8::MAX));
            }
        }
    }
    Pixels::new(width, height, channels, samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    #[test]
    fn a_pixel_is_the_mean_of_four() {
        let samples = vec![0, 4, 9, 8, 4, 8, 9, 255, 255, 254];
        let pixels = Pixels::new(5, 2, Channels::Grey, samples).unwrap();
        let half = halved(&pixels).unwrap();
        assert_eq!((half.width(), half.height()), (2, 1));
        assert_eq!(half.samples(), [5, 131]);
        let samples = vec![1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9];
        let pixels = Pixels::new(2, 2, Channels::Rgb, samples).unwrap();
        assert_eq!(halved(&pixels).unwrap().samples(), [4, 5, 6]);
    }
}
