//! Behaviour through the public interface, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by stopping where it stands, in its helpers too"
)]

#[cfg(all(feature = "cli", feature = "sim"))]
mod attacks;
#[cfg(feature = "sim")]
mod attacks_protocols;
#[cfg(all(feature = "cli", feature = "sim"))]
mod bad_input;
mod biometrics;
#[cfg(feature = "sim")]
mod channel;
#[cfg(all(feature = "cli", feature = "sim"))]
mod checklist;
#[cfg(feature = "sim")]
mod chip;
#[cfg(feature = "sim")]
mod citizen;
#[cfg(feature = "sim")]
mod conformance;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod cost;
#[cfg(feature = "sim")]
mod details;
#[cfg(all(feature = "cli", feature = "sim"))]
mod documents;
mod eac_transcripts;
#[cfg(all(feature = "pcsc", feature = "cli"))]
mod end_to_end;
#[cfg(all(feature = "cli", feature = "sim"))]
mod extensible;
mod floors;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod foreign;
#[cfg(feature = "sim")]
mod forgeries;
#[cfg(feature = "sim")]
mod found;
mod hostile;
#[cfg(feature = "sim")]
mod lds2;
#[cfg(feature = "sim")]
mod link_time;
#[cfg(feature = "sim")]
mod listed;
#[cfg(feature = "sim")]
mod lists;
#[cfg(feature = "sim")]
mod matrix;
#[cfg(feature = "sim")]
mod models;
#[cfg(feature = "sim")]
mod pace;
mod pace_transcripts;
mod path_referee;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod pcsc;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod pcsc_found;
#[cfg(feature = "images")]
mod pictures;
#[cfg(all(feature = "cli", feature = "registry", feature = "sim"))]
mod policies;
#[cfg(all(feature = "cli", feature = "sim"))]
mod portrait;
#[cfg(feature = "sim")]
mod profiles;
#[cfg(all(feature = "cli", feature = "sim"))]
mod program;
#[cfg(feature = "sim")]
mod promise;
#[cfg(feature = "sim")]
mod protocols;
#[cfg(feature = "sim")]
mod quirk_rows;
#[cfg(feature = "sim")]
mod quirks;
#[cfg(feature = "sim")]
mod reader_pace;
mod real_certificates;
mod referee;
#[cfg(all(feature = "cli", feature = "sim"))]
mod registry;
#[cfg(feature = "sim")]
mod removal;
#[cfg(feature = "sim")]
mod replay;
#[cfg(feature = "sim")]
mod roundtrip;
#[cfg(all(feature = "cli", feature = "sim"))]
mod samples;
#[cfg(all(feature = "cli", feature = "sim"))]
mod signed_reports;
#[cfg(feature = "sim")]
mod support;
#[cfg(feature = "sim")]
mod ten_thousand;
#[cfg(feature = "sim")]
mod terminal_authentication;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "pkcs11", feature = "sim"))]
mod terminal_identity;
mod transcripts;
#[cfg(feature = "sim")]
mod trust_attacks;
#[cfg(all(feature = "cli", feature = "fetch", feature = "sim"))]
mod trust_command;
#[cfg(all(feature = "cli", feature = "fetch", feature = "sim"))]
mod trust_fetch;
#[cfg(feature = "sim")]
mod trust_lists;
#[cfg(feature = "sim")]
mod trust_publishers;
#[cfg(feature = "sim")]
mod trust_signers;
#[cfg(feature = "sim")]
mod trust_store;
mod vectors;
#[cfg(feature = "sim")]
mod wire;
mod worked_values;
mod wsq;
mod wycheproof;
