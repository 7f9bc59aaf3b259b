//! `cancuoc audit`.

use std::fs;
use std::path::Path;

use cancuoc::audit::Signed;
use cancuoc::audit::proof;
use cancuoc::audit::proof::Proven;
use cancuoc::audit::tree::Digest;
use cancuoc::audit::tree::leaf;
use cancuoc::seal::key::DeviceKey;
use serde_json::Value;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Place;
use crate::support::home::Home;

/// Runs a command about a log. Gives its exit status and what it said.
fn audit(log: &Path, command: &str, more: &[&str]) -> (i32, Value) {
    let home = Home::new();
    let first = ["--format", "json", "audit", command, log.to_str().unwrap()];
    let output = home.run(&[&first, more].concat());
    let said = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), said)
}

fn digests(list: &Value) -> Vec<Digest> {
    let decode = |text: &Value| STANDARD.decode(text.as_str().unwrap()).unwrap();
    let list = list.as_array().unwrap().iter();
    list.map(|text| decode(text).try_into().unwrap()).collect()
}

#[test]
fn the_commands_say_what_the_library_does() {
    let place = Place::new();
    place.filled(9);
    let log = place.log();
    let key = DeviceKey::load(&place.0.join("key.pem"))
        .unwrap()
        .public()
        .id();
    let key = key.to_string();
    let (status, older) = audit(&log, "checkpoint", &[]);
    assert_eq!((status, &older["size"]), (0, &Value::from(9)));
    let kept = place.0.join("kept");
    fs::write(&kept, older["note"].as_str().unwrap()).unwrap();
    place.filled(5);
    let whole = ["--key", &key, "--checkpoint", kept.to_str().unwrap()];
    let (status, said) = audit(&log, "verify", &whole);
    assert_eq!(status, 0, "{said}");
    assert_eq!(said["state"], "whole");
    assert_eq!((&said["records"], &said["kept"]), (&14.into(), &1.into()));
    assert_eq!(said["signers"], serde_json::json!([key]));
    let (status, record) = audit(&log, "show", &["--seq", "13"]);
    assert_eq!((status, &record["seq"]), (0, &Value::from(13)));
    let (status, said) = audit(&log, "show", &["--seq", "14"]);
    assert_eq!(
        (status, &said["error"]["code"]),
        (2, &"audit.no_record".into())
    );
    // What a witness is sent, and what somebody who may see one record is.
    let (_, newer) = audit(&log, "checkpoint", &["--since", "9"]);
    let head = |said: &Value| Signed::read(said["note"].as_str().unwrap().as_bytes()).unwrap();
    let (old, new) = (head(&older), head(&newer));
    let (old, new) = (old.checkpoint(), new.checkpoint());
    let made = digests(&newer["proof"]);
    let held = proof::consistency(9, 14, &old.root, &new.root, &made);
    assert_eq!(held, Proven::Holds);
    let (_, proved) = audit(&log, "prove", &["--seq", "3"]);
    let line = proved["record"].as_str().unwrap();
    let made = digests(&proved["proof"]);
    let held = proof::inclusion(3, 14, &leaf(line.as_bytes()), &made, &new.root);
    assert_eq!(held, Proven::Holds);
    // Other keys, other places, and a record that was changed.
    let (status, said) = audit(&log, "verify", &["--key", &"0".repeat(64)]);
    assert_eq!((status, &said["code"]), (1, &"audit.signer".into()));
    let (status, said) = audit(&log, "verify", &["--key", "nothing"]);
    assert_eq!(
        (status, &said["error"]["code"]),
        (2, &"report.device".into())
    );
    let (status, said) = audit(&place.0, "verify", &[]);
    assert_eq!(
        (status, &said["error"]["code"]),
        (2, &"audit.absent".into())
    );
    let path = &place.segments()[0];
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = lines[4].replace("HS-1", "HS-2");
    let text = [&lines[..4], &[&changed], &lines[5..]].concat().concat();
    fs::write(path, text).unwrap();
    let (status, said) = audit(&log, "verify", &[]);
    assert_eq!(status, 1);
    assert_eq!(
        (&said["state"], &said["seq"]),
        (&"broken".into(), &4.into())
    );
    assert_eq!(said["code"], "audit.chain");
    let home = Home::new();
    let words = |language: &str| {
        let log = log.to_str().unwrap();
        let output = home.run(&["--lang", language, "audit", "verify", log]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(words("vi").contains("bản ghi 4;") && words("en").contains("record 4;"));
}
