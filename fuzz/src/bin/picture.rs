#![no_main]

use std::time::Duration;

use cancuoc::image;
use cancuoc_fuzz::bounded_within;
use libfuzzer_sys::fuzz_target;

/// Under a second for any picture in release builds (docs/performance.md). The checks and counters of
/// this build make it take up to six times as long, and a busy machine again as much.
const TIME: Duration = Duration::from_secs(20);

fuzz_target!(|bytes: &[u8]| bounded_within(TIME, || image::decode(bytes, None)));
