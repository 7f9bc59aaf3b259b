//! Personas as files: what ships, what the guide shows, what the schema says, and what is refused.

use std::process::Command;

use cancuoc::sim::persona::file;
use cancuoc::sim::persona::names;
use cancuoc::sim::persona::text_of;
use serde_json::Value;
use serde_json::json;

use crate::support::home::Home;
use crate::support::home::assert_refusal;

const GUIDE: &str = include_str!("../../docs/personas.md");

/// The examples of the guide.
fn examples() -> Vec<&'static str> {
    let blocks = GUIDE.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

/// The exit status that goes with a verdict.
fn status(verdict: &str) -> i32 {
    match verdict {
        "genuine" => 0,
        "inconclusive" => 3,
        _ => 1,
    }
}

/// Every card as its file says that it ends, from its name and from a copy of its file.
#[test]
fn every_shipped_persona_ends_as_its_file_says() {
    let home = Home::new();
    let now = "2026-11-22T12:00:00Z";
    for name in names() {
        let expected = file::parse(text_of(name).unwrap()).unwrap().expected.code();
        let path = home.write(&format!("{name}.toml"), text_of(name).unwrap());
        for card in [name, &path] {
            let read = ["read", "--virtual", card, "--now", now];
            let report = home.json(&read, status(expected));
            assert_eq!(report["verdict"], expected, "{card}");
        }
    }
}

#[test]
fn the_file_that_is_printed_is_a_beginning() {
    let home = Home::new();
    let printed = home.run(&["sim", "personas", "oanh"]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(text, text_of("oanh").unwrap());
    let mine = text.replace("\"oanh\"", "\"mine\"").replace("1950", "1951");
    let mine = mine.replace("040150", "040151");
    let path = home.write("mine.toml", mine);
    let listed = home.json(&["sim", "personas", &path], 0);
    assert_eq!(listed["personas"][0]["name"], "mine");
    assert!(
        listed["personas"][0]["mrz"]
            .as_str()
            .unwrap()
            .contains("51<<<<")
    );
    let report = home.json(&["read", "--virtual", &path], 0);
    assert_eq!(report["verdict"], "genuine");
}

#[test]
fn every_state_reaches_the_register_that_is_asked() {
    let home = Home::new();
    let text = examples()[0];
    for (state, code, verdict) in [
        ("active", "registry.confirmed", "genuine"),
        ("replaced", "registry.replaced", "not_in_force"),
        ("reported_lost", "registry.reported_lost", "not_in_force"),
        ("revoked", "registry.revoked", "not_in_force"),
        ("expired", "registry.expired", "not_in_force"),
        ("not_issued", "registry.not_issued", "not_in_force"),
        ("not_on_file", "registry.not_on_file", "genuine"),
    ] {
        let text = format!("{text}\n[register]\nstate = \"{state}\"\n");
        let path = home.write("state.toml", text);
        let report = home.json(&["read", "--virtual", &path], status(verdict));
        assert_eq!(report["checks"]["registry"]["code"], code);
        assert_eq!(report["verdict"], verdict);
    }
    // A registry that is named is asked as it is: the embedded one does not know this citizen.
    let path = home.write("named.toml", text);
    let registry = format!("sqlite:{}", home.text("r.sqlite"));
    let report = home.json(&["read", "--virtual", &path, "--registry", &registry], 0);
    assert_eq!(report["checks"]["registry"]["code"], "registry.not_on_file");
}

#[test]
fn the_examples_of_the_guide_are_cards() {
    let home = Home::new();
    let examples = examples();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let persona = file::parse(example).unwrap();
        let path = home.write("example.toml", example);
        let verdict = persona.expected.code();
        let report = home.json(&["read", "--virtual", &path], status(verdict));
        assert_eq!(report["verdict"], verdict, "{}", report["checks"]);
    }
}

/// Every key that the schema has is named in the guide.
#[test]
fn the_guide_names_every_key() {
    fn keys(schema: &Value, found: &mut Vec<String>) {
        let at = if schema["type"] == "array" {
            &schema["items"]
        } else {
            schema
        };
        for (key, value) in at["properties"].as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(value, found);
        }
    }
    let mut found = Vec::new();
    keys(
        &serde_json::from_str(file::JSON_SCHEMA).unwrap(),
        &mut found,
    );
    assert!(found.len() > 70);
    for key in found {
        let named = [format!("`{key}`"), format!(".{key}]"), format!("[{key}]")];
        assert!(named.iter().any(|name| GUIDE.contains(name)), "{key}");
    }
}

#[test]
fn wrong_files_are_refused_by_line_and_key() {
    let home = Home::new();
    let wrong = examples()[0].replace("1995-08-17", "1995-02-31");
    let path = home.write("wrong.toml", wrong);
    for command in [
        vec!["read", "--virtual", &path],
        vec!["sim", "personas", &path],
        vec!["sim", "serve", "--persona", &path],
    ] {
        let error = home.refused(&command, "sim.persona_malformed");
        let fault = &error["error"]["faults"][0];
        assert_eq!(fault["at"], "holder.birth");
        assert_eq!(
            (&fault["line"], &fault["code"]),
            (&json!(9), &json!("partial_date"))
        );
        assert_ne!(fault["message"]["vi"], fault["message"]["en"]);
    }
    let bytes = home.write("bytes.toml", [0xFF, 0xFE, 0x00]);
    home.refused(&["read", "--virtual", &bytes], "sim.persona_malformed");
    let long = home.write("long.toml", "#".repeat(100_000));
    home.refused(&["read", "--virtual", &long], "sim.persona_malformed");
    home.refused(
        &["read", "--virtual", "./none.toml"],
        "sim.persona_unreadable",
    );
    let error = home.json(&["read", "--virtual", "nobody"], 2);
    assert_refusal(&error, "sim.persona_unknown");
    // An image is looked for beside the file and nowhere else.
    home.write("face.jpg", [0xFF, 0xD8, 0xFF, 0xE0]);
    let portrait = |file: &str| {
        let portrait = format!("[chip.portrait]\nfile = \"{file}\"\nwidth = 8\nheight = 8\n");
        home.write("sub/face.toml", format!("{}{portrait}", examples()[0]))
    };
    for name in ["../face.jpg", "/etc/passwd", "face.jpg", "", "."] {
        let error = home.refused(
            &["sim", "personas", &portrait(name)],
            "sim.persona_malformed",
        );
        assert_eq!(error["error"]["faults"][0]["code"], "image", "{name}");
    }
    home.write("sub/face.jpg", [0xFF, 0xD8, 0xFF, 0xE0]);
    home.json(&["sim", "personas", &portrait("face.jpg")], 0);
}

/// What is wrong in form, which a schema can see.
const WRONG: [(&str, &str); 22] = [
    ("cancuoc.persona/1", "cancuoc.persona/2"),
    ("\"mine\"", "\"Mine\""),
    ("\"mine\"", "\"../mine\""),
    ("cccd-2021", "cccd"),
    ("en = \"A specimen\"", "fr = \"Un spécimen\""),
    ("001195000111", "00119500011"),
    ("\"001195000111\"", "1195000111"),
    ("1995-08-17", "17/08/1995"),
    ("\"female\"", "\"F\""),
    ("sex = \"female\"", ""),
    ("2021-05-10", "2021"),
    ("[holder]", "[holder]\nage = 30"),
    ("[document]", "[document]\nstate = \"vnm\""),
    ("[document]", "[document]\nexpires = \"soon\""),
    ("[document]", "[chip]\npin = \"12345\"\n[document]"),
    ("[document]", "[chip]\npin_tries = 4\n[document]"),
    ("[document]", "[chip]\nbac = true\n[document]"),
    (
        "[document]",
        "[[chip.pace]]\ncipher = \"AES-128\"\nparameters = 7\n[document]",
    ),
    ("[document]", "[[chip.pace]]\nparameters = 13\n[document]"),
    ("[document]", "[chip.active]\nbits = 2048\n[document]"),
    (
        "[document]",
        "[chip.portrait]\nface = \"nobody\"\n[document]",
    ),
    ("[document]", "[register]\nstate = \"lost\"\n[document]"),
];

/// Reads TOML with `tomllib`, checks the schema and every file against it.
const REFEREE: &str = r#"
import json, sys, tomllib
import jsonschema
told = json.load(sys.stdin)
validator = jsonschema.Draft202012Validator
validator.check_schema(told["schema"])
schema = validator(told["schema"])
print(json.dumps([schema.is_valid(tomllib.loads(text)) for text in told["files"]]))
"#;

#[test]
fn another_reader_of_toml_and_schemas_agrees() {
    use std::io::Write;
    use std::process::Stdio;
    let here = Command::new("python3")
        .args(["-c", "import jsonschema, tomllib"])
        .stderr(Stdio::null())
        .status();
    if !here.is_ok_and(|status| status.success()) {
        println!("skipped: python3 with jsonschema (python3-jsonschema) is not here");
        return;
    }
    let home = Home::new();
    let printed = home.run(&["sim", "personas", "--schema"]);
    let schema: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let right: Vec<String> = names()
        .map(|name| text_of(name).unwrap().to_owned())
        .chain(examples().into_iter().map(str::to_owned))
        .collect();
    let wrong = WRONG.iter().map(|(from, to)| {
        let text = examples()[0].replacen(from, to, 1);
        assert_ne!(text, examples()[0], "{from}");
        assert!(file::parse(&text).is_err(), "{to}");
        text
    });
    let files: Vec<String> = right.iter().cloned().chain(wrong).collect();
    let told = json!({"schema": schema, "files": files}).to_string();
    let mut child = Command::new("python3")
        .args(["-c", REFEREE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(told.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let valid: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    let expected: Vec<bool> = (0..files.len()).map(|at| at < right.len()).collect();
    assert_eq!(valid, expected);
}
