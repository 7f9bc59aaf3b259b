//! Pictures of every kind that a document may hold, against what other decoders make of them.

use std::fs;
use std::path::Path;

use cancuoc::image;
use cancuoc::image::Channels;
use cancuoc::image::Pixels;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    picture: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    file: String,
    width: u32,
    height: u32,
    channels: usize,
    means: String,
    points: String,
}

/// Farthest that a mean may be from the other decoder's: both round.
const MEAN: u8 = 1;

/// Farthest that a single sample may be: colours that are kept at half resolution are spread in
/// different manners.
const POINT: u8 = 40;

/// Farthest that the single samples may be on average, in tenths.
const POINTS: u32 = 15;

#[test]
fn every_picture_looks_as_other_decoders_show_it() {
    let vectors: Vectors = toml::from_str(include_str!("../vectors/pictures.toml")).unwrap();
    let mut wrong = Vec::new();
    for vector in vectors.picture {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&vector.file);
        match image::decode(&fs::read(path).unwrap(), None) {
            Ok(pixels) => {
                if let Err(difference) = vector.compare(&pixels) {
                    wrong.push(format!("{}: {difference}", vector.file));
                }
            }
            Err(fault) => wrong.push(format!("{}: {fault}", vector.file)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

impl Vector {
    fn compare(&self, pixels: &Pixels) -> Result<(), String> {
        let size = (pixels.width(), pixels.height());
        if size != (self.width, self.height) || pixels.channels().count() != self.channels {
            return Err(format!("{pixels:?}"));
        }
        let means = means(pixels, 6, 8);
        let theirs = hex::decode(&self.means).unwrap();
        let worst = means.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        if means.len() != theirs.len() || worst > Some(MEAN) {
            return Err(format!("a field differs by {worst:?}"));
        }
        let (width, height, channels) = sizes(pixels);
        let mut sum = 0;
        let theirs = hex::decode(&self.points).unwrap();
        for (at, their) in theirs.iter().enumerate() {
            let (point, channel) = (at / channels, at % channels);
            let place = (29 * point % height) * width + 13 * point % width;
            let difference = pixels.samples()[place * channels + channel].abs_diff(*their);
            if difference > POINT {
                return Err(format!("sample {at} differs by {difference}"));
            }
            sum += u32::from(difference);
        }
        let count = u32::try_from(theirs.len()).unwrap();
        if 10 * sum > POINTS * count {
            return Err(format!("{sum} in {count} samples"));
        }
        Ok(())
    }
}

fn sizes(pixels: &Pixels) -> (usize, usize, usize) {
    (
        usize::try_from(pixels.width()).unwrap(),
        usize::try_from(pixels.height()).unwrap(),
        pixels.channels().count(),
    )
}

/// Means of every channel in the fields of a grid.
fn means(pixels: &Pixels, across: usize, down: usize) -> Vec<u8> {
    let (width, height, channels) = sizes(pixels);
    let mut means = Vec::new();
    for field in 0..across * down {
        let (column, row) = (field % across, field / across);
        let columns = column * width / across..(column + 1) * width / across;
        let rows = row * height / down..(row + 1) * height / down;
        let count = columns.len() * rows.len();
        for channel in 0..channels {
            let sum: usize = rows
                .clone()
                .flat_map(|y| {
                    columns
                        .clone()
                        .map(move |x| (y * width + x) * channels + channel)
                })
                .map(|at| usize::from(pixels.samples()[at]))
                .sum();
            means.push(u8::try_from((sum + count / 2) / count).unwrap());
        }
    }
    means
}

#[test]
fn a_picture_is_written_as_png_and_read_again_by_another_reader() {
    for name in ["src/sim/faces/an.jp2", "src/sim/faces/an-grey.jp2"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let pixels = image::decode(&fs::read(path).unwrap(), None).unwrap();
        let file = image::png::encode(&pixels, &[("Comment", "Không được chứng thực")]);
        assert_eq!(image::decode(&file, None).unwrap(), pixels);

        let decoder = png::Decoder::new(std::io::Cursor::new(&file));
        let mut reader = decoder.read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut samples).unwrap();
        assert_eq!(
            (frame.width, frame.height),
            (pixels.width(), pixels.height())
        );
        assert!(samples == pixels.samples());
        reader.finish().unwrap();
        let text = &reader.info().utf8_text[0];
        assert_eq!(text.keyword, "Comment");
        assert_eq!(text.get_text().unwrap(), "Không được chứng thực");
        assert_eq!(
            frame.color_type == png::ColorType::Grayscale,
            pixels.channels() == Channels::Grey
        );
    }
}
