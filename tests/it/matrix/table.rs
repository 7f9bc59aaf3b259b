//! What `cancuoc protocols` prints is what the matrix reads: no more, no less.

use std::collections::BTreeSet;

use cancuoc::crypto::agreement::Agreement;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use serde_json::Value;

use crate::matrix::lists;
use crate::matrix::lists::Active;
use crate::support::home::Home;

fn printed() -> Value {
    let home = Home::new();
    let output = home.run(&["protocols", "--format", "json"]);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn list<'a>(table: &'a Value, name: &str) -> &'a Vec<Value> {
    table[name].as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

const fn agreement(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Dh => "DH",
        Agreement::Ecdh => "ECDH",
    }
}

#[test]
fn the_printed_ways_of_pace_are_those_that_are_read() {
    let table = printed();
    let mut printed = BTreeSet::new();
    for entry in list(&table, "pace") {
        for id in list(entry, "parameter_ids") {
            for password in list(&table, "passwords") {
                let words = ["agreement", "mapping", "cipher"].map(|name| text(&entry[name]));
                let line = format!("{} {id} {}", words.join(", "), text(password));
                assert!(printed.insert(line));
            }
        }
    }
    let read: BTreeSet<String> = lists::pace()
        .iter()
        .map(|pace| {
            let protocol = pace.protocol;
            format!(
                "{}, {} mapping, {} {} {}",
                agreement(protocol.agreement),
                protocol.mapping.name(),
                protocol.cipher.name(),
                pace.parameter_id,
                pace.password.name()
            )
        })
        .collect();
    assert_eq!(printed, read);
    let bac = &table["bac"];
    assert_eq!(bac[0]["cipher"], "3DES");
    assert_eq!(bac[0]["passwords"], serde_json::json!(["MRZ"]));
}

#[test]
fn the_printed_ways_of_chip_authentication_are_those_that_are_read() {
    let table = printed();
    let mut printed = BTreeSet::new();
    for entry in list(&table, "chip_authentication") {
        for domain in list(entry, "domains") {
            let words = ["agreement", "cipher"].map(|name| text(&entry[name]));
            let line = format!(
                "v{} {} {}",
                entry["version"],
                words.join(", "),
                text(domain)
            );
            assert!(printed.insert(line));
        }
    }
    let read: BTreeSet<String> = lists::chip()
        .iter()
        .map(|chip| {
            format!(
                "v{} {}, {} {}",
                chip.version,
                agreement(chip.domain.agreement()),
                chip.cipher.name(),
                chip.domain.name()
            )
        })
        .collect();
    assert_eq!(printed, read);
}

#[test]
fn the_printed_ways_of_active_authentication_are_those_that_are_read() {
    let table = printed();
    let active = &table["active_authentication"];
    let mut printed = BTreeSet::new();
    for hash in list(active, "rsa_iso9796_2") {
        printed.insert(format!("RSA {}", text(hash)));
    }
    for hash in list(&active["ecdsa"], "hashes") {
        for curve in list(&active["ecdsa"], "curves") {
            printed.insert(format!("{} {}", text(curve), text(hash)));
        }
    }
    let read: BTreeSet<String> = lists::active()
        .iter()
        .map(|active| match active {
            Active::Rsa(_, hash, _) => format!("RSA {}", hash.name()),
            Active::Ecdsa(curve, hash, _) => format!("{} {}", curve.name(), hash.name()),
        })
        .collect();
    assert_eq!(printed, read);
}

#[test]
fn the_printed_ways_of_terminal_authentication_are_those_that_are_read() {
    let table = printed();
    let mut printed = BTreeSet::new();
    for entry in list(&table, "terminal_authentication") {
        let signature = text(&entry["signature"]);
        for version in list(entry, "versions") {
            if signature.contains("ECDSA") {
                for curve in list(&table, "terminal_curves") {
                    printed.insert(format!("v{version} {signature}, {}", text(curve)));
                }
            } else {
                printed.insert(format!("v{version} {signature}"));
            }
        }
    }
    let read: BTreeSet<String> = lists::terminal()
        .iter()
        .map(|terminal| {
            let version = terminal.version;
            match terminal.kind {
                KeyKind::RsaPkcs1(hash) => {
                    format!("v{version} RSA PKCS#1 v1.5 with {}", hash.name())
                }
                KeyKind::RsaPss(hash) => format!("v{version} RSA-PSS with {}", hash.name()),
                KeyKind::Ecdsa(curve, hash) => {
                    format!(
                        "v{version} plain ECDSA with {}, {}",
                        hash.name(),
                        curve.name()
                    )
                }
            }
        })
        .collect();
    assert_eq!(printed, read);
}
