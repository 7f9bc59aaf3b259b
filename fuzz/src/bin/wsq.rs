#![no_main]

use std::time::Duration;

use cancuoc::image::wsq;
use cancuoc_fuzz::bounded_within;
use libfuzzer_sys::fuzz_target;

/// Under a second for any picture in release builds; the checks and counters of this build, and a busy
/// machine, make it take several times as long.
const TIME: Duration = Duration::from_secs(5);

fuzz_target!(|bytes: &[u8]| bounded_within(TIME, || wsq::decode(bytes)));
