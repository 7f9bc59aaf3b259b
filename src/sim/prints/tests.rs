//! What the encoder makes of a picture is what the decoder gives back.

use proptest::prelude::*;

#[cfg(feature = "images")]
use crate::image;
use crate::image::Format;
use crate::image::Pixels;
use crate::image::wsq as decoder;

use super::draw::Grey;
use super::wsq::Quantization;
use super::*;

/// Ratio of the largest sample to the mean error, in decibels.
fn likeness(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let errors = one.iter().zip(other);
    let errors: u32 = errors.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = f64::from(errors) / f64::from(u32::try_from(one.len()).unwrap());
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

fn decoded(bytes: &[u8], picture: &Grey) -> Pixels {
    let pixels = decoder::decode(bytes).unwrap();
    assert_eq!(pixels.width(), u32::from(picture.width));
    assert_eq!(pixels.height(), u32::from(picture.height));
    pixels
}

/// A hill of any size on a slope.
fn smooth(width: u16, height: u16, (x, y): (f64, f64), wide: f64, slope: f64) -> Grey {
    painted(width, height, |column, row| {
        let (across, down) = (column - x, row - y);
        let hill = 120.0 / (1.0 + (across * across + down * down) / (wide * wide));
        60.0 + hill + slope * (across + 2.0 * down)
    })
}

/// Straight ridges across this direction.
fn ridges(width: u16, height: u16, (x, y): (f64, f64), period: f64) -> Grey {
    let turn = std::f64::consts::TAU / period / x.hypot(y);
    painted(width, height, |column, row| {
        128.0 + 70.0 * ((column * x + row * y) * turn).sin()
    })
}

fn painted(width: u16, height: u16, shade: impl Fn(f64, f64) -> f64) -> Grey {
    let places = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
    let samples = places.map(|(column, row)| shade(f64::from(column), f64::from(row)));
    let grey = |value: f64| (1..=255).rev().find(|grey| f64::from(*grey) <= value);
    Grey {
        width,
        height,
        samples: samples.map(|value| grey(value).unwrap_or(0)).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// From a single pixel on, odd and even.
    #[test]
    fn fine_bins_give_nearly_the_same_pixels(
        width in 1_u16..90,
        height in 1_u16..90,
        place in (-10.0..100.0, -10.0..100.0),
        wide in 3.0..40.0,
        slope in -0.6..0.6,
    ) {
        let picture = smooth(width, height, place, wide, slope);
        let bytes = wsq::encode(&picture, Quantization::Step(0.2), &[]);
        let pixels = decoded(&bytes, &picture);
        let likeness = likeness(pixels.samples(), &picture.samples);
        prop_assert!(likeness > 48.0, "{width} by {height}: {likeness}");
    }

    #[test]
    fn the_standard_rate_keeps_ridges(
        width in 120_u16..200,
        height in 120_u16..200,
        direction in (-1.0..1.0, 0.2..1.0),
        period in 7.0..12.0,
    ) {
        let picture = ridges(width, height, direction, period);
        let bytes = wsq::encode(&picture, Quantization::Rate(0.75), &[b"ridges"]);
        let pixels = decoded(&bytes, &picture);
        let likeness = likeness(pixels.samples(), &picture.samples);
        prop_assert!(likeness > 28.0, "{width} by {height}: {likeness}");
    }
}

#[test]
fn noise_comes_back_with_long_and_with_short_symbols() {
    let mut samples = vec![0; 97 * 61];
    for (place, sample) in samples.iter_mut().enumerate() {
        *sample = u8::try_from(place * place * 7919 / 13 % 256).unwrap();
    }
    let picture = Grey {
        width: 97,
        height: 61,
        samples,
    };
    for step in [0.02, 0.2, 40.0] {
        let bytes = wsq::encode(&picture, Quantization::Step(step), &[]);
        // The highest frequencies are left out, so noise is never quite the same again.
        let pixels = decoded(&bytes, &picture);
        let likeness = likeness(pixels.samples(), &picture.samples);
        assert!(likeness > 15.0, "{step}: {likeness}");
    }
}

#[test]
fn one_grey_comes_back_exactly() {
    for grey in [0, 128, 255] {
        let picture = Grey {
            width: 40,
            height: 50,
            samples: vec![grey; 2000],
        };
        let bytes = wsq::encode(&picture, Quantization::Rate(0.75), &[]);
        assert_eq!(decoded(&bytes, &picture).samples(), picture.samples);
    }
}

#[test]
fn fingers_have_the_size_and_the_likeness_of_coded_scans() {
    for number in [1, 3] {
        let raw = finger(number, Compression::Raw);
        let coded = finger(number, Compression::Wsq);
        assert_eq!(Format::of(&coded.image), Some(Format::Wsq));
        let pixels = decoder::decode(&coded.image).unwrap();
        let ratio = raw.image.len() / coded.image.len();
        assert!((8..=20).contains(&ratio), "{ratio}");
        let likeness = likeness(pixels.samples(), &raw.image);
        assert!(likeness > 33.0, "{likeness}");
    }
}

/// The files that ship are of the pictures that are drawn.
#[cfg(feature = "images")]
#[test]
fn the_jpeg_2000_files_come_from_the_drawing_code() {
    let pair = |picture: fn(u8, Compression) -> Picture, number| {
        (
            picture(number, Compression::Raw),
            picture(number, Compression::Jpeg2000),
        )
    };
    let fingers = (0..10).map(|number| pair(finger, number));
    let eyes = (0..2).map(|number| pair(iris, number));
    for (drawn, shipped) in fingers.chain(eyes) {
        assert_eq!(Format::of(&shipped.image), Some(Format::Jpeg2000));
        let pixels = image::decode(&shipped.image, None).unwrap();
        let likeness = likeness(pixels.samples(), &drawn.image);
        assert!(likeness > 29.0, "{likeness}");
    }
}
