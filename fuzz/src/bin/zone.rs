#![no_main]

use cancuoc::lds::mrz::Mrz;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| bounded(|| {
    let typed = std::str::from_utf8(octets).map(Mrz::parse);
    let held = Mrz::decode(octets).map(|mrz| mrz.faults());
    (typed, held)
}));
