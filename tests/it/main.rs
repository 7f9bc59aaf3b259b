//! Behaviour through the public interface, in one binary.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by stopping where it stands, in its helpers too"
)]

#[cfg(feature = "agent")]
mod agent_access;
#[cfg(feature = "agent")]
mod agent_desk;
#[cfg(all(feature = "agent", feature = "cli"))]
mod agent_facade;
#[cfg(all(feature = "agent", feature = "cli"))]
mod agent_program;
#[cfg(feature = "agent")]
mod agent_readers;
#[cfg(all(feature = "agent", feature = "cli", target_os = "linux"))]
mod agent_soak;
#[cfg(all(feature = "cli", feature = "sim"))]
mod attacks;
#[cfg(feature = "sim")]
mod attacks_protocols;
#[cfg(unix)]
mod audit;
#[cfg(all(feature = "cli", feature = "sim"))]
mod bad_input;
#[cfg(all(feature = "control", feature = "pcsc", feature = "cli"))]
mod bench;
mod biometrics;
#[cfg(all(unix, feature = "agent", feature = "cli"))]
mod browser;
#[cfg(feature = "sim")]
mod channel;
#[cfg(all(feature = "cli", feature = "sim"))]
mod checklist;
#[cfg(feature = "sim")]
mod chip;
#[cfg(feature = "sim")]
mod chip_cases;
#[cfg(feature = "sim")]
mod citizen;
#[cfg(all(
    unix,
    feature = "cli",
    feature = "pcsc",
    feature = "postgres",
    feature = "serve",
    feature = "sim"
))]
mod cluster;
#[cfg(feature = "sim")]
mod conformance;
#[cfg(all(feature = "control", feature = "pcsc", feature = "cli"))]
mod control;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod cost;
mod cues;
#[cfg(feature = "sim")]
mod details;
#[cfg(all(feature = "cli", feature = "sim"))]
mod documents;
mod eac_transcripts;
#[cfg(all(feature = "pcsc", feature = "cli"))]
mod end_to_end;
#[cfg(all(feature = "cli", feature = "sim"))]
mod extensible;
mod fault_command;
mod floors;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod foreign;
#[cfg(feature = "sim")]
mod forgeries;
#[cfg(feature = "sim")]
mod found;
mod hostile;
#[cfg(all(unix, feature = "cli", feature = "sim"))]
mod kept;
#[cfg(feature = "sim")]
mod lds2;
#[cfg(feature = "sim")]
mod link_time;
#[cfg(feature = "sim")]
mod listed;
#[cfg(feature = "sim")]
mod lists;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "sim"))]
mod many;
#[cfg(feature = "sim")]
mod matrix;
#[cfg(feature = "sim")]
mod models;
#[cfg(feature = "sim")]
mod pace;
mod pace_transcripts;
#[cfg(all(target_os = "linux", feature = "agent", feature = "cli"))]
mod package;
mod page;
mod path_referee;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod pcsc;
#[cfg(all(feature = "pcsc", feature = "sim"))]
mod pcsc_found;
#[cfg(all(feature = "cli", feature = "sim"))]
mod personas;
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
#[cfg(all(feature = "cli", feature = "sim"))]
#[cfg(all(feature = "control", feature = "pcsc", feature = "cli"))]
mod recipes;
#[cfg(all(feature = "cli", feature = "sim"))]
mod reconcile;
#[cfg(all(
    unix,
    feature = "cli",
    feature = "fetch",
    feature = "postgres",
    feature = "serve",
    feature = "sim"
))]
mod reconcile_elsewhere;
#[cfg(feature = "sim")]
mod redact;
mod redact_attacks;
mod referee;
#[cfg(all(feature = "cli", feature = "sim"))]
mod registry;
#[cfg(all(feature = "cli", feature = "fetch", feature = "sim"))]
mod registry_client;
#[cfg(all(feature = "cli", feature = "fetch", feature = "sim"))]
mod registry_client_lists;
#[cfg(all(feature = "cli", feature = "fetch", feature = "serve", feature = "sim"))]
mod registry_client_program;
#[cfg(all(
    feature = "cli",
    feature = "postgres",
    feature = "serve",
    feature = "sim",
    unix
))]
mod registry_databases;
#[cfg(all(feature = "cli", feature = "postgres", feature = "sim", unix))]
mod registry_load;
#[cfg(all(unix, feature = "cli", feature = "postgres", feature = "sim"))]
mod registry_load_breaks;
#[cfg(all(feature = "cli", feature = "sim"))]
mod registry_receipts;
#[cfg(all(
    unix,
    feature = "cli",
    feature = "fetch",
    feature = "postgres",
    feature = "sim"
))]
mod registry_rounds;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "serve", feature = "sim"))]
mod registry_server;
#[cfg(feature = "sim")]
mod removal;
mod replay;
#[cfg(feature = "sim")]
mod roundtrip;
#[cfg(all(feature = "cli", feature = "sim"))]
mod same_bytes;
#[cfg(all(feature = "cli", feature = "sim"))]
mod samples;
#[cfg(all(feature = "cli", feature = "sim"))]
mod signed_reports;
mod snapshot;
#[cfg(feature = "sim")]
mod support;
#[cfg(feature = "sim")]
mod ten_thousand;
#[cfg(feature = "sim")]
mod terminal_authentication;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "pkcs11", feature = "sim"))]
mod terminal_identity;
#[cfg(all(feature = "cli", feature = "sim"))]
mod test_pki;
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
