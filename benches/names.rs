//! Two names compared: the same, the same in another spelling, and two names with the reason why.

#![allow(missing_docs, reason = "a program")]

use cancuoc::registry::names::compare_name;
use divan::Bencher;
use divan::black_box;

fn main() {
    divan::main();
}

/// Pairs of one length, from the plainest to the one that takes every explanation.
const PAIRS: [(&str, &str); 7] = [
    ("Nguyễn Thị Mẫu An", "Nguyễn Thị Mẫu An"),
    ("Nguyễn Thị Mẫu An", "NGUYỄN THỊ MẪU AN"),
    ("Lê Thị Thuý Hoà", "LÊ THỊ THÚY HÒA"),
    (
        "Nguyê\u{303}n Thi\u{323} Mâ\u{303}u An",
        "Nguyễn Thị Mẫu An",
    ),
    ("Nguyen Thi Mau An", "Nguyễn Thị Mẫu An"),
    ("NguyÔn ThÞ MÉu An", "Nguyễn Thị Mẫu An"),
    ("Nguyễn Thị Mẫu An", "Trần Văn Thử Bình"),
];

#[divan::bench(args = 0..PAIRS.len())]
fn compared(bencher: Bencher<'_, '_>, pair: usize) {
    let Some((register, supplied)) = PAIRS.get(pair) else {
        return;
    };
    bencher.bench(|| compare_name(black_box(register), black_box(supplied)));
}
