//! Pictures: from the file on the chip to pixels, and on to a PNG file; with the most memory that each
//! takes, beside what it is given.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

use cancuoc::image;
use cancuoc::image::Channels;
use cancuoc::image::Pixels;
use cancuoc::image::png;
use cancuoc::sim::faces;
use divan::AllocProfiler;
use divan::Bencher;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A face of 480 by 640 pixels as cards hold it.
const FACES: [(&str, &faces::Portrait); 4] = [
    ("jp2", &faces::AN_JP2),
    ("codestream", &faces::AN_CODESTREAM),
    ("grey", &faces::AN_GREY),
    ("jpeg", &faces::AN),
];

fn of<T: Copy>(list: &[(&str, T)], name: &str) -> T {
    let found = list.iter().find(|(known, _)| *known == name);
    found.expect("one of the list").1
}

#[divan::bench(args = ["jp2", "codestream", "grey", "jpeg"])]
fn decode(bencher: Bencher<'_, '_>, face: &str) {
    let file = of(&FACES, face).image.as_ref();
    bencher.bench(|| image::decode(file, None).expect("a face"));
}

#[divan::bench(args = ["jp2", "codestream", "grey", "jpeg"])]
fn decode_and_write_png(bencher: Bencher<'_, '_>, face: &str) {
    let file = of(&FACES, face).image.as_ref();
    bencher.bench(|| png::encode(&image::decode(file, None).expect("a face"), &[]));
}

/// The costliest codestream within the limits, by its header: 1600 by 1200 pixels of noise.
#[divan::bench(sample_count = 5)]
fn worst_jpeg_2000(bencher: Bencher<'_, '_>) {
    let file = include_bytes!("../tests/hostile/picture/passes-12-noise.j2k");
    bencher.bench(|| image::decode(file, None).expect("within the limits"));
}

/// The largest PNG within the limits: a few bytes that unpack to 25 MB.
#[divan::bench(sample_count = 5)]
fn worst_png(bencher: Bencher<'_, '_>) {
    let black = Pixels::new(4096, 2048, Channels::Rgb, vec![0; 4096 * 2048 * 3]);
    let file = png::encode(&black.expect("as many samples"), &[]);
    bencher.bench(|| image::decode(&file, None).expect("within the limits"));
}
