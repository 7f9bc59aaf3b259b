//! Every file of a full card decoded, and all of them together; no picture is made pixels.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use cancuoc::lds::FileId;
use cancuoc::lds::contents::Contents;
use cancuoc::lds::dg13::Layout;
use divan::Bencher;

fn main() {
    divan::main();
}

/// What is on the card of `dung`, which has every group: fingers and irises, too.
const FILES: [&str; 19] = [
    "EF.CardAccess",
    "EF.COM",
    "EF.SOD",
    "DG1",
    "DG2",
    "DG3",
    "DG4",
    "DG5",
    "DG6",
    "DG7",
    "DG8",
    "DG9",
    "DG10",
    "DG11",
    "DG12",
    "DG13",
    "DG14",
    "DG15",
    "DG16",
];

fn file(name: &str) -> (FileId, Vec<u8>) {
    let id = FileId::from_name(name).expect("a file");
    let card = support::persona("dung")
        .personalise()
        .expect("a shipped persona");
    (id, card.files.get(&id).expect("on the card").clone())
}

fn decode((id, bytes): &(FileId, Vec<u8>)) -> Contents {
    Contents::decode(*id, bytes, Some(Layout::VnCitizen)).expect("decodes")
}

#[divan::bench(args = FILES)]
fn one(bencher: Bencher<'_, '_>, name: &str) {
    let file = file(name);
    bencher.bench(|| decode(&file));
}

#[divan::bench]
fn all(bencher: Bencher<'_, '_>) {
    let files = FILES.map(file);
    bencher.bench(|| files.iter().map(decode).collect::<Vec<_>>());
}
