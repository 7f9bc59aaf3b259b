//! Draws ridges and rings. No finger and no eye of anybody went in.
//!
//! Sums, products, quotients, roots and whole parts only, which every machine computes alike; what
//! looks like a wave is a smoothed triangle.

use std::fmt;

use crate::crypto::random::Random;
use crate::sim::seed::Seeded;

/// A grey picture, row by row. [`fmt::Debug`] shows the size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Width × height octets.
    pub samples: Vec<u8>,
}

impl fmt::Debug for Grey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grey({}x{})", self.width, self.height)
    }
}

/// Distance from ridge to ridge, in pixels: about half a millimetre at 500 pixels an inch.
const RIDGES: f64 = 9.0;

/// How the ridges of a finger run.
#[derive(Debug, Clone, Copy)]
enum Flow {
    /// Around a line that leaves downwards, to this side
    Loop(f64),
    /// Around a point
    Whorl,
    /// Over a hill
    Arch,
}

/// A finger of 320 by 400 pixels. The number tells the pattern and where it lies.
pub(super) fn finger(number: u8) -> Grey {
    let flow = match number % 5 {
        0 => Flow::Loop(0.35),
        1 => Flow::Whorl,
        2 => Flow::Loop(-0.35),
        3 => Flow::Arch,
        _ => Flow::Loop(0.15),
    };
    let own = f64::from(number);
    let (middle, core) = (150.0 + 2.0 * own, 170.0 + 5.0 * own);
    paint(320, 400, &format!("finger {number}"), |x, y| {
        let across = x - middle + 7.0 * wave(y / 130.0 + own / 10.0);
        let down = y - core + 7.0 * wave(x / 110.0 - own / 10.0);
        let around = match flow {
            Flow::Loop(side) => {
                let length = (side * side + 1.0).sqrt();
                let along = (across * side + down) / length;
                if along > 0.0 {
                    ((across - down * side) / length).abs()
                } else {
                    (across * across + down * down).sqrt()
                }
            }
            Flow::Whorl => (across * across + 0.6 * down * down).sqrt(),
            Flow::Arch => down + 80.0 / (1.0 + across * across / 3600.0) + 400.0,
        };
        let below = 0.9 * (down - 100.0) + 0.3 * across.abs();
        let ridge = match flow {
            Flow::Arch => around,
            Flow::Loop(_) | Flow::Whorl => around.max(below),
        };
        let (rim_x, rim_y) = ((x - 160.0) / 150.0, (y - 200.0) / 190.0);
        let touch = (6.0 * (1.0 - rim_x * rim_x - rim_y * rim_y)).clamp(0.0, 1.0);
        let skin = 130.0 + 65.0 * wave(ridge / RIDGES);
        238.0 * (1.0 - touch) + skin * touch
    })
}

/// An eye of 320 by 240 pixels.
pub(super) fn iris(number: u8) -> Grey {
    let own = f64::from(number);
    paint(320, 240, &format!("iris {number}"), |x, y| {
        let (across, down) = (x - 156.0 - 4.0 * own, y - 120.0);
        let radius = (across * across + down * down).sqrt();
        // The lids cut the iris off above and below.
        let open = 88.0 - across * across / 260.0;
        if down.abs() > open {
            return 172.0 + 6.0 * wave(down / 40.0);
        }
        if radius < 34.0 {
            return 24.0;
        }
        if radius > 92.0 {
            return 214.0;
        }
        let rings = wave(radius / 8.0 + 0.2 * wave(across / 31.0) + own / 3.0);
        let fibres = wave((across * down) / 700.0 + radius / 23.0);
        112.0 + 30.0 * rings + 16.0 * fibres
    })
}

/// A picture of what the formula gives at each place, and some grain.
fn paint(width: u16, height: u16, seed: &str, shade: impl Fn(f64, f64) -> f64) -> Grey {
    let mut samples = vec![128; usize::from(width) * usize::from(height)];
    // The source of numbers never ends; without it there would be no grain.
    let _ = Seeded::new(seed).fill(&mut samples);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (f64::from(x), f64::from(y))));
    for (sample, (x, y)) in samples.iter_mut().zip(places) {
        let grain = (f64::from(*sample) - 127.5) / 20.0;
        *sample = octet(shade(x, y) + grain);
    }
    Grey {
        width,
        height,
        samples,
    }
}

/// One wave of height 1 in each unit: a triangle with its corners rounded off.
fn wave(place: f64) -> f64 {
    let up = (2.0 * (place - place.floor()) - 1.0).abs();
    2.0 * up * up * (3.0 - 2.0 * up) - 1.0
}

#[expect(
    clippy::as_conversions,
    reason = "saturates, and there is no other way from a float to an octet"
)]
const fn octet(value: f64) -> u8 {
    value as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_repeat_and_stay_between_one_and_minus_one() {
        for (place, value) in [
            (0.0, 1.0),
            (0.5, -1.0),
            (1.0, 1.0),
            (-7.0, 1.0),
            (0.25, 0.0),
        ] {
            assert!((wave(place) - value).abs() < 1e-12, "{place}");
        }
    }

    #[test]
    fn every_number_gives_another_picture_and_always_the_same() {
        let all: Vec<Vec<u8>> = (0..10).map(|number| finger(number).samples).collect();
        for (number, one) in all.iter().enumerate() {
            assert!(!all[number + 1..].contains(one));
        }
        assert!(finger(3) == finger(3));
        assert!(iris(0) != iris(1));
    }
}
