//! A scribble that nobody signs with, for DG7.

use jpeg_encoder::ColorType;
use jpeg_encoder::Encoder;

use super::canvas::Canvas;
use super::canvas::Paint;
use super::canvas::Path;
use super::canvas::WIDTH;

/// Height of the strip, in pixels.
pub const STRIP: u16 = 160;

/// A few strokes in ink on white, as a baseline JPEG in grey.
pub fn signature() -> Vec<u8> {
    let mut canvas = Canvas::new([255; 3]);
    let ink = Paint::Flat([24, 28, 60]);
    let strokes = [
        // A tall loop, waves, and a line below.
        Path::at(60, 110)
            .curve((90, 10), (130, 0), (110, 70))
            .curve((100, 120), (80, 140), (140, 90)),
        Path::at(140, 90)
            .curve((160, 70), (170, 120), (190, 90))
            .curve((205, 65), (215, 120), (235, 92))
            .curve((255, 60), (265, 125), (290, 88))
            .curve((310, 50), (330, 20), (320, 80)),
        Path::at(320, 80).curve((330, 130), (370, 100), (420, 60)),
        Path::at(90, 135).curve((200, 118), (300, 150), (410, 122)),
    ];
    for stroke in strokes {
        canvas.fill(&stroke.brush(40), ink);
    }
    let length = usize::from(WIDTH) * usize::from(STRIP);
    let pixels = canvas.rgb();
    let pixels = pixels.chunks_exact(3).take(length);
    let grey: Vec<u8> = pixels.filter_map(|rgb| rgb.get(1).copied()).collect();
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 60);
    encoder.set_optimized_huffman_tables(true);
    match encoder.encode(&grey, WIDTH, STRIP, ColorType::Luma) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}
