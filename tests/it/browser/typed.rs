//! The pages' scripts against their own types.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::support::program;

/// The pages of the agent.
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/agent/page");

/// What would silence the compiler.
const SILENCERS: [&str; 3] = ["@ts-nocheck", "@ts-ignore", "@ts-expect-error"];

#[test]
fn the_scripts_keep_to_their_types() {
    let mut command = Command::new("tsc");
    command
        .args(["--project", "jsconfig.json", "--listFiles"])
        .args(["--noEmit", "--checkJs", "--strict"])
        .current_dir(PAGES);
    let output = program::run(&mut command, Duration::from_secs(180));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let scripts = scripts();
    assert!(!scripts.is_empty(), "{PAGES} has no scripts");
    for script in scripts {
        let path = script.to_str().unwrap();
        assert!(said.contains(path), "{path} is not checked");
        let text = fs::read_to_string(&script).unwrap();
        for silencer in SILENCERS {
            assert!(!text.contains(silencer), "{path}: {silencer}");
        }
    }
}

/// Every script in the folder and below.
fn scripts() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(PAGES)];
    let mut scripts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "js") {
                scripts.push(path);
            }
        }
    }
    scripts
}
