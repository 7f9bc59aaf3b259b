//! Pictures of every kind that a document may hold, against what other decoders make of them.

use std::fs;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use cancuoc::image;
use cancuoc::image::Channels;
use cancuoc::image::Fault;
use cancuoc::image::Format;
use cancuoc::image::Pixels;
use cancuoc::image::RawLayout;
use jpeg_encoder::ColorType;
use jpeg_encoder::Encoder;
use jpeg_encoder::SamplingFactor;
use proptest::prelude::*;
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

/// Where the file says that it is a PNG picture and JPEG 2000 is inside, what is inside counts.
#[test]
fn the_content_tells_the_format_and_a_wrong_start_is_a_broken_picture() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sim/faces/an.j2k");
    let codestream = fs::read(path).unwrap();
    assert_eq!(Format::of(&codestream), Some(Format::Jpeg2000));
    let lying = [b"\x89PNG\r\n\x1A\n", codestream.as_slice()].concat();
    assert_eq!(image::decode(&lying, None), Err(Fault::Malformed));
    let lying = [&[0xFF, 0xD8, 0xFF], codestream.as_slice()].concat();
    assert_eq!(image::decode(&lying, None), Err(Fault::Malformed));
    // A layout does not turn a picture with a header into bare samples.
    let layout = RawLayout {
        width: 2,
        height: 2,
        depth: 8,
    };
    assert_eq!(
        image::decode(&codestream, Some(layout)).unwrap().width(),
        480
    );
    assert_eq!(image::decode(b"nothing", Some(layout)).unwrap().width(), 2);
    assert_eq!(image::decode(b"nothing", None), Err(Fault::UnknownFormat));
    assert_eq!(image::decode(b"", None), Err(Fault::UnknownFormat));
    let long = vec![0; image::MAX_BYTES + 1];
    assert_eq!(image::decode(&long, Some(layout)), Err(Fault::TooLarge));
}

/// Every pair of a style and a quantization is reckoned for every tile part: few bytes, and much work.
#[test]
fn headers_that_say_the_same_over_and_over_are_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/grey.j2k");
    let file = fs::read(path).unwrap();
    let (mut headers, mut styles) = (file[..2].to_vec(), Vec::new());
    let mut rest = &file[2..];
    while !rest.starts_with(&[0xFF, 0x90]) {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let (segment, others) = rest.split_at(2 + length);
        headers.extend(segment);
        // COD and QCD
        if matches!(segment[1], 0x52 | 0x5C) {
            styles.extend(segment);
        }
        rest = others;
    }
    // SOT of an empty tile part, and SOD
    let part = [0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 14, 0, 1, 0xFF, 0x93];
    let of = |styles: &[u8], parts: usize| [&headers, styles, &part.repeat(parts), rest].concat();
    assert!(image::decode(&of(&styles, 4), None).is_ok());
    let start = Instant::now();
    let hostile = of(&styles.repeat(120), 4_000);
    assert!(hostile.len() < 64 * 1024);
    assert_eq!(image::decode(&hostile, None), Err(Fault::TooLarge));
    assert!(start.elapsed() < Duration::from_secs(5), "{start:?}");
}

fn channels() -> impl Strategy<Value = Channels> {
    prop_oneof![Just(Channels::Grey), Just(Channels::Rgb)]
}

/// Smooth pictures, as lossy coding expects them: a plane for each channel.
fn smooth() -> impl Strategy<Value = Pixels> {
    (1_u32..70, 1_u32..70, channels(), [0_u32..3, 0..3, 0..200]).prop_map(
        |(width, height, channels, [across, down, start])| {
            let samples = (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .flat_map(|(x, y)| {
                    let value = |channel: u32| start + x * across / 2 + y * down / 2 + 7 * channel;
                    [value(0), value(1), value(2)]
                        .into_iter()
                        .take(channels.count())
                })
                .map(|value| u8::try_from(value.min(255)).unwrap())
                .collect();
            Pixels::new(width, height, channels, samples).unwrap()
        },
    )
}

fn any_pixels() -> impl Strategy<Value = Pixels> {
    (1_u32..40, 1_u32..40, channels()).prop_flat_map(|(width, height, channels)| {
        let count = usize::try_from(width * height).unwrap() * channels.count();
        proptest::collection::vec(any::<u8>(), count)
            .prop_map(move |samples| Pixels::new(width, height, channels, samples).unwrap())
    })
}

/// Scans of all components together or apart, and more of them.
fn jpeg(pixels: &Pixels, sampling: SamplingFactor, progressive: bool, optimized: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(progressive);
    encoder.set_optimized_huffman_tables(optimized);
    let colours = match pixels.channels() {
        Channels::Grey => ColorType::Luma,
        Channels::Rgb => ColorType::Rgb,
    };
    let (width, height) = (pixels.width(), pixels.height());
    let side = |side: u32| u16::try_from(side).unwrap();
    encoder
        .encode(pixels.samples(), side(width), side(height), colours)
        .unwrap();
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_another_encoder_makes_a_jpeg_comes_back_nearly(
        pixels in smooth(),
        sampling in 0_usize..4,
        progressive: bool,
        optimized: bool,
    ) {
        let sampling = [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_2_2, SamplingFactor::F_1_2][sampling];
        let file = jpeg(&pixels, sampling, progressive, optimized);
        let decoded = image::decode(&file, None).unwrap();
        prop_assert_eq!(format!("{decoded:?}"), format!("{pixels:?}"));
        let differences = decoded.samples().iter().zip(pixels.samples());
        let sum: u32 = differences.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        prop_assert!(sum <= 4 * u32::try_from(pixels.samples().len()).unwrap(), "{}", sum);
    }

    #[test]
    fn a_png_comes_back_as_it_was(pixels in any_pixels(), keyword in ".{0,90}", text in ".{0,300}") {
        let file = image::png::encode(&pixels, &[(&keyword, &text)]);
        prop_assert_eq!(image::decode(&file, None).unwrap(), pixels);
    }

    #[test]
    fn never_panics(
        file in 0_usize..40,
        changes in proptest::collection::vec((0_usize..400, any::<u8>()), 1..4),
        cut in 0_usize..20_000,
    ) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let mut bytes = fs::read(&files[file % files.len()]).unwrap();
        for (at, value) in changes {
            let length = bytes.len();
            bytes[at % length] = value;
        }
        bytes.truncate(cut.max(1));
        let _ = image::decode(&bytes, None);
    }
}
