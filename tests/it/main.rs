//! Behaviour through the public interface, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by stopping where it stands, in its helpers too"
)]

#[cfg(all(feature = "cli", target_os = "linux"))]
mod cost;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod pcsc;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod support;
