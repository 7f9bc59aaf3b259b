//! Draws the personas' portraits: curves, gradients and a little grain, in whole numbers only, so
//! that every machine draws the same. No photograph of anybody went in.
//!
//! Shared by `examples/draw_faces.rs`, which writes the images, and by the test that compares them
//! with those that ship.

mod canvas;
mod clothes;
mod look;
mod signature;

use jpeg_encoder::ColorType;
use jpeg_encoder::Encoder;
use jpeg_encoder::SamplingFactor;

use canvas::Canvas;
use canvas::HEIGHT;
use canvas::WIDTH;

pub use signature::signature;

/// The drawn portraits: the file name without its ending, and the JPEG.
pub fn portraits() -> Vec<(&'static str, Vec<u8>)> {
    [
        ("an", look::an(), 61),
        ("binh", look::binh(), 62),
        ("chi", look::chi(), 64),
    ]
    .into_iter()
    .map(|(name, canvas, quality)| (name, jpeg(&canvas, quality)))
    .collect()
}

/// Baseline JPEG with halved colour resolution, as cards hold it.
fn jpeg(canvas: &Canvas, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_optimized_huffman_tables(true);
    match encoder.encode(&canvas.rgb(), WIDTH, HEIGHT, ColorType::Rgb) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}
