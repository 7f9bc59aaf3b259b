//! The program with a terminal's folder, and keys in a hardware module: SoftHSM, in a store of its
//! own, where that is installed.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::terminal::Terminal;
use serde_json::Value;

use crate::support::cards::TODAY;
use crate::support::home::Home;
use crate::support::home::output;
use crate::support::home::parsed;
use crate::support::program::run;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const TOKEN: &str = "cancuoc test";
const KEY: &str = "terminal";
const PIN: &str = "731902";

/// Longest time for one tool.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the child of [`keys_in_a_module_sign_every_way`] finds its folder.
const FOLDER: &str = "CANCUOC_TEST_TERMINAL";

const READ: [&str; 3] = ["read", "--virtual", "an"];

fn said(report: &Value) -> &Value {
    &report["checks"]["access"]["evidence"]["terminal_authentication"]
}

/// A home with a folder for a terminal that virtual cards take.
fn home() -> Home {
    let home = Home::new();
    let made = home.run(&["sim", "terminal", &home.text("terminal")]);
    assert!(made.status.success());
    home
}

#[test]
fn the_folder_comes_by_option_environment_or_configuration() {
    let home = home();
    let folder = home.text("terminal");
    let by_option = home.json(&[&READ[..], &["--terminal", &folder]].concat(), 0);
    assert_eq!(said(&by_option), "passed DG3 DG4");
    assert_eq!(by_option["groups"]["DG3"], "verified");
    let mut command = home.command(&[&READ[..], &["--format", "json"]].concat());
    let by_environment = parsed(&output(command.env("CANCUOC_TERMINAL", &folder)), 0);
    assert_eq!(said(&by_environment), "passed DG3 DG4");
    let without = home.json(&READ, 0);
    assert_eq!(said(&without), &Value::Null);
    assert_eq!(without["groups"]["DG3"], "unread");
    home.configure(&format!("terminal = '{folder}'\n"));
    assert_eq!(said(&home.json(&READ, 0)), "passed DG3 DG4");
}

#[test]
fn a_folder_that_cannot_be_used_is_told_before_the_card_is_read() {
    let home = home();
    let with = |folder: &str| [&READ[..], &["--terminal", folder]].concat().join("\n");
    let refused = |folder: &str, code: &str| {
        let arguments = with(folder);
        home.refused(&arguments.split('\n').collect::<Vec<_>>(), code)
    };
    refused("/nonexistent/terminal", "terminal.unreadable");
    fs::remove_file(home.path("terminal/terminal.pkcs8")).unwrap();
    refused(&home.text("terminal"), "terminal.unusable");
    home.write("terminal/bad.cvcert", b"no certificate");
    refused(&home.text("terminal"), "terminal.unusable");
}

/// Makes a token with the key of a folder in it, and puts `pkcs11.toml` in the key's place. `None`
/// where there is no SoftHSM.
fn into_module(home: &Home) -> Option<()> {
    if !Path::new(MODULE).exists() {
        println!("skipped: no {MODULE}");
        return None;
    }
    fs::create_dir_all(home.path("tokens")).unwrap();
    let settings = format!("directories.tokendir = {}\n", home.text("tokens"));
    home.write("softhsm2.conf", settings);
    let der = fs::read(home.path("terminal/terminal.pkcs8")).unwrap();
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let label = "PRIVATE KEY";
    let pem = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    );
    let pem = home.write("key.pem", pem);
    let util = |arguments: &[&str]| {
        let mut command = Command::new("softhsm2-util");
        command
            .args(arguments)
            .env("SOFTHSM2_CONF", home.path("softhsm2.conf"));
        let done = run(&mut command, LIMIT);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
    };
    util(&[
        "--init-token",
        "--free",
        "--label",
        TOKEN,
        "--so-pin",
        "90210731",
        "--pin",
        PIN,
    ]);
    util(&[
        "--import", &pem, "--token", TOKEN, "--label", KEY, "--id", "01", "--pin", PIN,
    ]);
    fs::remove_file(home.path("terminal/terminal.pkcs8")).unwrap();
    fs::remove_file(home.path("key.pem")).unwrap();
    home.write("pin", format!("{PIN}\n"));
    settings_of(home, TOKEN, KEY, "pin_file = '../pin'");
    Some(())
}

fn settings_of(home: &Home, token: &str, key: &str, pin: &str) {
    home.write(
        "terminal/pkcs11.toml",
        format!("module = '{MODULE}'\ntoken = '{token}'\nkey = '{key}'\n{pin}\n"),
    );
}

#[test]
fn the_key_may_stay_in_a_hardware_module() {
    let home = home();
    if into_module(&home).is_none() {
        return;
    }
    let folder = home.text("terminal");
    let command = || {
        let arguments = [&READ[..], &["--terminal", &folder, "--format", "json"]].concat();
        let mut command = home.command(&arguments);
        command.env("SOFTHSM2_CONF", home.path("softhsm2.conf"));
        command
    };
    let by_file = parsed(&output(&mut command()), 0);
    assert_eq!(said(&by_file), "passed DG3 DG4");
    settings_of(&home, TOKEN, KEY, "pin_env = 'TERMINAL_PIN'");
    let by_variable = parsed(&output(command().env("TERMINAL_PIN", PIN)), 0);
    assert_eq!(said(&by_variable), "passed DG3 DG4");
    let why = |command: &mut Command| {
        let done = output(command);
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let error = parsed(&done, 2);
        assert_eq!(error["error"]["code"], "terminal.unusable");
        assert!(!text.contains(PIN) && !text.contains("000000"), "{text}");
        text
    };
    assert!(why(&mut command()).contains("not set"));
    let wrong = why(command().env("TERMINAL_PIN", "000000"));
    assert!(wrong.contains("PinIncorrect"), "{wrong}");
    settings_of(&home, "another", KEY, "pin_file = '../pin'");
    assert!(why(&mut command()).contains("no token has that label"));
    settings_of(&home, TOKEN, "another", "pin_file = '../pin'");
    assert!(why(&mut command()).contains("no private key has that label"));
    settings_of(&home, TOKEN, KEY, "pin_file = '../missing'");
    let missing = parsed(&output(&mut command()), 2);
    assert_eq!(missing["error"]["code"], "terminal.unreadable");
}

/// Every algorithm through the module, in a process of its own: the environment says where
/// SoftHSM's store is.
#[test]
fn keys_in_a_module_sign_every_way() {
    if let Some(folder) = env::var_os(FOLDER) {
        let terminal = Terminal::load(Path::new(&folder), TODAY).unwrap();
        let authority = b"VNTESTCVCA00002".to_vec();
        let chain = terminal.chain(&[authority]).unwrap();
        let message = b"what a chip wants to have signed";
        // The signature is verified under the certificate's key there.
        terminal.sign(&chain, message).unwrap();
        terminal.sign(&chain, message).unwrap();
        return;
    }
    for kind in [
        KeyKind::RsaPkcs1(Hash::Sha1),
        KeyKind::RsaPkcs1(Hash::Sha256),
        KeyKind::RsaPkcs1(Hash::Sha512),
        KeyKind::RsaPss(Hash::Sha256),
        KeyKind::Ecdsa(Curve::P256, Hash::Sha512),
        KeyKind::Ecdsa(Curve::P384, Hash::Sha256),
        KeyKind::Ecdsa(Curve::BrainpoolP320r1, Hash::Sha384),
    ] {
        let home = Home::new();
        for (name, bytes) in TerminalPki::new(kind, 2).unwrap().files().unwrap() {
            home.write(&format!("terminal/{name}"), bytes);
        }
        if into_module(&home).is_none() {
            return;
        }
        let mut child = Command::new(env::current_exe().unwrap());
        child
            .args([
                "--exact",
                "terminal_identity::keys_in_a_module_sign_every_way",
            ])
            .env(FOLDER, home.path("terminal"))
            .env("SOFTHSM2_CONF", home.path("softhsm2.conf"));
        let done = run(&mut child, LIMIT);
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success() && said.contains("1 passed"),
            "{kind:?}: {said}"
        );
    }
}
