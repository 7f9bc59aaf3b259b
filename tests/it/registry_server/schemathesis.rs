//! The description of the protocol held against the running server by an outside tool.
//!
//! `make packages-test` puts the tool, in the version below, into a folder of its own under `target`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::program;
use crate::support::registry_server::Stand;
use crate::support::registry_server::WIDE;

/// Where `make packages-test` puts it.
const TOOL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/schemathesis/bin/schemathesis"
);

/// The description.
const API: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/registry-api.json");

/// Makes the examples fresh: see there.
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis/hooks.py");

#[test]
fn the_server_is_as_its_description_says() {
    if !Path::new(TOOL).exists() {
        eprintln!("NOT TESTED: schemathesis is not there; `make packages-test` fetches it");
        return;
    }
    let stand = Stand::with(&format!("device_signatures = \"optional\"\n{WIDE}"));
    let server = stand.start();
    let mut command = Command::new(TOOL);
    command
        .arg("run")
        .arg(API)
        .args(["--url", &format!("https://{}", server.address)])
        .args(["--request-cert", &stand.home.text("ward.pem")])
        .args(["--request-cert-key", &stand.home.text("ward.key")])
        .args(["--tls-verify", &stand.home.text("ca.pem")])
        .args(["--max-examples", "25", "--seed", "7", "--no-color"])
        .current_dir(stand.home.path("."))
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .env("HOME", stand.home.path("."))
        // Its examples depend on nothing but the seed.
        .env(
            "HYPOTHESIS_STORAGE_DIRECTORY",
            stand.home.path("hypothesis"),
        );
    let output = program::run(&mut command, Duration::from_secs(600));
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    // It was let in, and the examples were answered.
    let answered = server.figure("cancuoc_registry_requests_total{outcome=\"confirmed\"}");
    assert!(answered >= 1.0, "{said}\n{errors}");
    let lists = server.figure("cancuoc_registry_requests_total{outcome=\"list\"}");
    assert!(lists >= 1.0, "{said}\n{errors}");
    let refused = server.figure("cancuoc_registry_requests_total{outcome=\"question.malformed\"}");
    assert!(refused >= 1.0, "{said}\n{errors}");
}
