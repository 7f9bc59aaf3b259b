//! The virtual card before readers that this project did not write (`tests/foreign`).
//!
//! Card and terminal side of this project were written apart, but by the same people from the same
//! pages. A foreign reader shares neither with us.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::process::Command;
use std::process::Output;
use std::sync::OnceLock;
use std::time::Duration;

use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::System;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::persona;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki;

use crate::support::card::Laid;
use crate::support::pcscd::Stand;
use crate::support::program;

/// Longest time for building the readers from nothing, on a slow machine.
const BUILD: Duration = Duration::from_secs(20 * 60);

/// Longest time for reading a card.
const READ: Duration = Duration::from_secs(120);

/// The files that the foreign readers read.
const FILES: [&str; 7] = ["EF.COM", "EF.SOD", "DG1", "DG2", "DG13", "DG14", "DG15"];

/// Lays a persona's card down; gives its files as a foreign reader prints them.
fn lay(persona: &Persona, address: SocketAddr) -> (Laid, BTreeMap<String, String>) {
    let personalisation = persona.personalise().unwrap();
    let files = personalisation
        .files
        .iter()
        .map(|(id, file)| (id.name(), format!("{} {}", file.len(), digest(file))))
        .filter(|(name, _)| FILES.contains(&name.as_str()))
        .collect();
    let card = Chip::new(personalisation, Box::new(System));
    (Laid::down(card, address), files)
}

fn digest(file: &[u8]) -> String {
    let mut text = String::new();
    for byte in Hash::Sha256.digest(&[file]) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Builds the foreign readers, once for all tests; a finished build is left as it is.
fn reader(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = BUILT.get_or_init(|| {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        let target = package.join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--locked", "--quiet", "--manifest-path"])
            .arg(package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target);
        let output = program::run(&mut cargo, BUILD);
        assert!(
            output.status.success(),
            "the foreign readers cannot be built:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        target.join("debug")
    });
    target.join(name)
}

/// Lets a foreign reader read a persona's card; gives what came of it, and the files on the card.
fn attempt(
    name: &str,
    persona: &Persona,
    key: &[(&str, String)],
) -> (Output, BTreeMap<String, String>) {
    let reader = reader(name);
    let stand = Stand::start();
    let (_laid, files) = lay(persona, stand.vpcd_address());
    let mut command = stand.command(reader);
    command.envs(key.iter().map(|(name, value)| (name, value)));
    (program::run(&mut command, READ), files)
}

/// Lets a foreign reader read a persona's card; gives what it printed, after comparing the files.
fn read(name: &str, persona: &Persona, key: &[(&str, String)]) -> String {
    let (output, files) = attempt(name, persona, key);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{name} on the card of {}: {}\n{printed}\n{}",
        persona.name,
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let read = printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| FILES.contains(name))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect();
    assert_eq!(files, read, "{name} on the card of {}", persona.name);
    printed
}

fn persona(name: &str) -> Persona {
    persona::find(name).unwrap()
}

/// The same card with PACE on the only curve that `dmrtd` knows, and none of the quirks: it has no
/// other way to EF.CardAccess than through the master file.
fn on_p256(persona: Persona, cipher: Cipher) -> Persona {
    persona.with(|chip| {
        chip.pace = vec![PaceVariant::generic(cipher, 12)];
        chip.quirks.clear();
    })
}

/// Number, birth and expiry as the machine-readable zone has them.
fn mrz_fields(persona: &Persona) -> [String; 3] {
    let information = persona.mrz_information();
    [0..9, 10..16, 17..23].map(|range| information[range].trim_end_matches('<').to_owned())
}

/// The key for `emrtd`, which wants dates in six digits.
fn short_key(persona: &Persona) -> Vec<(&'static str, String)> {
    let [number, birth, expiry] = mrz_fields(persona);
    vec![
        ("DOCUMENT_NUMBER", number),
        ("BIRTH", birth),
        ("EXPIRY", expiry),
    ]
}

/// The key for `dmrtd`, which wants dates with a century.
fn long_key(persona: &Persona) -> Vec<(&'static str, String)> {
    let [number, _, expiry] = mrz_fields(persona);
    let (year, rest) = expiry.split_at(2);
    let (month, day) = rest.split_at(2);
    vec![
        ("DOCUMENT_NUMBER", number),
        ("BIRTH", persona.citizen.birth.to_string()),
        ("EXPIRY", format!("20{year}-{month}-{day}")),
    ]
}

#[test]
fn emrtd_reads_a_card_after_basic_access_control() {
    for name in ["an", "chi"] {
        let persona = persona(name);
        read("emrtd-reader", &persona, &short_key(&persona));
    }
}

#[test]
fn emrtd_reads_a_card_that_takes_short_commands_only_and_does_not_expire() {
    let persona = persona("binh");
    read("emrtd-reader", &persona, &short_key(&persona));
}

#[test]
fn dmrtd_reads_a_card_after_basic_access_control() {
    for name in ["an", "binh"] {
        let persona = persona(name);
        read("dmrtd-reader", &persona, &long_key(&persona));
    }
}

#[test]
fn dmrtd_finds_the_chip_genuine_by_active_authentication() {
    let persona = persona("chi");
    let mut key = long_key(&persona);
    key.push(("CHALLENGE", "yes".to_owned()));
    let printed = read("dmrtd-reader", &persona, &key);
    assert!(printed.contains("active authentication passed"));
}

#[test]
fn dmrtd_reads_a_card_after_pace_with_the_can() {
    for cipher in [Cipher::Aes128, Cipher::Aes192, Cipher::Aes256] {
        let persona = on_p256(persona("an"), cipher);
        read("dmrtd-reader", &persona, &[("CAN", persona.can())]);
    }
}

#[test]
fn dmrtd_reads_a_card_after_pace_with_the_mrz() {
    let persona = on_p256(persona("an"), Cipher::Aes128);
    let mut key = long_key(&persona);
    key.push(("ACCESS", "pace".to_owned()));
    read("dmrtd-reader", &persona, &key);
}

#[test]
fn dmrtd_does_not_open_a_card_with_a_wrong_can() {
    let persona = on_p256(persona("an"), Cipher::Aes128);
    let wrong = match persona.can().as_str() {
        "000000" => "000001",
        _ => "000000",
    };
    let (output, _) = attempt("dmrtd-reader", &persona, &[("CAN", wrong.to_owned())]);
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("PACE step failed with status sw=6300"),
        "{said}"
    );
}

#[test]
fn dmrtd_finds_every_group_vouched_for_by_the_test_root() {
    let root = env::temp_dir().join(format!("cancuoc-root-{}.der", process::id()));
    fs::write(&root, pki::test_root()).unwrap();
    for name in ["an", "binh", "chi"] {
        let persona = persona(name);
        let mut key = long_key(&persona);
        key.push(("CSCA", root.display().to_string()));
        let printed = read("dmrtd-reader", &persona, &key);
        assert!(printed.contains("passive authentication passed"));
    }
    fs::remove_file(root).unwrap();
}
