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

/// The costliest pictures that are still decoded, with the least in their files.
const WORST: [(&str, &[u8]); 2] = [
    (
        "1600x1200 of noise",
        include_bytes!("../tests/hostile/picture/passes-12-noise.j2k"),
    ),
    (
        "4096x2000 of nothing",
        include_bytes!("../tests/hostile/picture/large.png"),
    ),
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

#[divan::bench(args = ["1600x1200 of noise", "4096x2000 of nothing"], sample_count = 5)]
fn worst(bencher: Bencher<'_, '_>, picture: &str) {
    let file = of(&WORST, picture);
    bencher.bench(|| image::decode(file, None).expect("within the limits"));
}
