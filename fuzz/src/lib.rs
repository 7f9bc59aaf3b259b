//! What every fuzz target runs under: 64 MiB of memory and a second of work for one input.

use std::alloc::System;
use std::time::Duration;

use cap::Cap;
use cpu_time::ThreadTime;

/// Most memory, in bytes, that the process takes, but for what the fuzzer itself takes.
const MEMORY: usize = 64 * 1024 * 1024;

/// Most time that decoding one input may take.
const TIME: Duration = Duration::from_secs(1);

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY);

/// Runs what is tried on one input, and stops the program where it took too long.
///
/// # Panics
/// When it worked for longer than a second.
pub fn bounded<T>(decode: impl FnOnce() -> T) {
    bounded_within(TIME, decode);
}

/// The same, for what takes a second in builds without the fuzzer's checks.
///
/// # Panics
/// When it worked for longer than that.
pub fn bounded_within<T>(limit: Duration, decode: impl FnOnce() -> T) {
    let start = ThreadTime::now();
    let decoded = decode();
    let time = start.elapsed();
    drop(decoded);
    assert!(time <= limit, "{time:?} for one input");
}
