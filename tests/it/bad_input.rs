//! Whatever is given, the program ends with a clear coded error in both languages, or with a
//! verdict that is not genuine; nothing half-written stays behind.

use std::fs;
use std::time::Duration;
use std::time::Instant;

use cancuoc::error::Error;
use cancuoc::lds::FileId;
use cancuoc::render::words;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Verdict;
use serde_json::Value;

use crate::support::forge::Scene;
use crate::support::forge::find;
use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::output;
use crate::support::home::parsed;

/// Much longer than any read of a virtual card takes.
const ENDLESS: Duration = Duration::from_secs(20);

const READ: [&str; 3] = ["read", "--virtual", "an"];

fn read_with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&READ, arguments].concat()
}

#[test]
fn a_wrong_key_is_told_apart_from_no_key_and_the_wrong_kind() {
    let home = Home::new();
    let refused = |persona: &str, key: &str, code: &str| {
        let key = home.write("key", key);
        let error = home.refused(&["read", "--virtual", persona, "--key", &key], code);
        assert_eq!(error["error"]["next_action"], "key_again", "{error}");
        assert_eq!(error["error"]["retriable"], false);
    };
    refused("an", "999999", "access.wrong_key");
    refused("binh", "048055000457", "access.wrong_key");
    refused(
        "chi",
        "079303000789,2003-09-22,2028-09-21",
        "access.wrong_key",
    );
    refused("chi", "000789", "access.key_kind");
    let garbage = ["", "x", "12345", "٠٠٠١٢٣", "000123\0", "|||||||", ",,"];
    for key in garbage {
        refused("an", key, "key.format");
    }
    home.write("bytes", [0xFF; 64]);
    home.refused(&read_with(&["--key", &home.text("bytes")]), "key.format");
    home.refused(&read_with(&["--key", &home.text("none")]), "key.unreadable");
    let said = home.run_with_input(&read_with(&["--key", "-", "--format", "json"]), "");
    assert_refusal(&parsed(&said, 2), "key.format");
    // Nobody to ask and nothing given.
    home.json(
        &["trace", "record", &home.text("trace"), "--virtual", "an"],
        0,
    );
    home.refused(&["trace", "replay", &home.text("trace")], "key.missing");
}

#[test]
fn an_error_is_told_in_words_on_standard_error_too() {
    let home = Home::new();
    let key = home.write("key", "999999");
    for (lang, remedy) in [("vi", "access.wrong_key"), ("en", "access.wrong_key")] {
        let said = home.run(&read_with(&["--key", &key, "--lang", lang]));
        assert_eq!(said.status.code(), Some(2));
        assert!(said.stdout.is_empty());
        let text = String::from_utf8(said.stderr).unwrap();
        let language = words::Lang::from_code(lang).unwrap();
        assert!(text.contains(words::sentence(remedy, language)), "{text}");
        assert!(text.contains(words::remedy(remedy, language)), "{text}");
        assert!(text.contains("[access.wrong_key]"), "{text}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_their_code() {
    let home = Home::new();
    let nowhere = home.text("nowhere");
    home.refused(&read_with(&["--trust", &nowhere]), "trust.unreadable");
    home.write("trust/odd.pem", "words");
    let odd = home.text("trust");
    let error = home.refused(&read_with(&["--trust", &odd]), "trust.malformed");
    assert_eq!(error["error"]["next_action"], "update_trust");
    assert!(
        error["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("odd.pem")
    );
    home.refused(&["trust", "list", "--trust", &odd], "trust.malformed");
    home.refused(&read_with(&["--policy", &nowhere]), "policy.malformed");
    for policy in [
        "",
        "name = 1",
        "name = \"x\"\nrequire = [\"luck\"]",
        "\u{0}",
    ] {
        let policy = home.write("policy.toml", policy);
        home.refused(&read_with(&["--policy", &policy]), "policy.malformed");
    }
    for time in ["", "tomorrow", "2026-13-01T00:00:00Z", "2026-12-01"] {
        home.refused(&read_with(&["--now", time]), "time.format");
    }
    for groups in [
        "",
        "0",
        "17",
        "1,,2",
        "DG",
        "x",
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,1",
    ] {
        home.refused(&read_with(&["--groups", groups]), "groups.format");
    }
    home.refused(&["read", "--virtual", "nobody"], "sim.persona_unknown");
    home.refused(&read_with(&["--registry", "ftp:x"]), "registry.unusable");
    // Whose answers could be believed is not said.
    home.refused(
        &read_with(&["--registry", "https://registry.example"]),
        "registry.key_missing",
    );
    for profile in ["", "name = 1", "\u{0}"] {
        let profile = home.write("profile.toml", profile);
        home.refused(&["profile", "check", &profile], "profile.malformed");
    }
    home.refused(&["profile", "check", &nowhere], "profile.unreadable");
    home.refused(&read_with(&["--profile", &nowhere]), "profile.unreadable");
    home.refused(&read_with(&["--quirk", "none"]), "sim.switch_unknown");
    home.refused(&read_with(&["--fault", "none"]), "sim.switch_unknown");
    home.refused(&read_with(&["--no-such-option"]), "usage.arguments");
    home.refused(
        &["sim", "faults", "--category", "none"],
        "sim.category_unknown",
    );
    home.refused(
        &["sim", "serve", "--quirk", "tag-drops"],
        "sim.switch_around",
    );
}

#[test]
fn a_malformed_configuration_is_told_in_the_form_that_was_asked_for() {
    for toml in [
        "format = 1",
        "format = \"xml\"",
        "lang = \"fr\"",
        "luck = 1",
        "\u{0}",
    ] {
        let home = Home::new();
        home.configure(toml);
        home.refused(&["profile", "list"], "config.malformed");
    }
    // A policy that the file names, told in the file's own form and language.
    let home = Home::new();
    home.configure("format = \"json\"\nlang = \"vi\"\npolicy = \"/nonexistent\"\n");
    let said = home.run(&READ);
    assert_refusal(&parsed(&said, 2), "policy.malformed");
    let words = words::sentence("policy.malformed", words::Lang::Vi);
    assert!(String::from_utf8(said.stderr).unwrap().contains(words));
}

#[test]
fn a_command_line_that_is_none_ends_with_2() {
    let home = Home::new();
    for arguments in [
        &["luck"][..],
        &["read", "--luck"],
        &["read", "--virtual", "an", "--reader", "x"],
        &["read", "--format", "xml"],
        &["verify"],
    ] {
        let said = home.run(arguments);
        assert_eq!(said.status.code(), Some(2), "{arguments:?}");
        assert!(said.stdout.is_empty() && !said.stderr.is_empty());
    }
}

#[test]
fn without_the_pc_sc_service_there_is_no_reader() {
    let home = Home::new();
    for arguments in [&["read"][..], &["read", "--reader", "x"], &["readers"]] {
        let error = home.refused(arguments, "reader.no_service");
        assert_eq!(error["error"]["next_action"], "other_reader");
    }
}

/// A saved capture, to be spoilt.
fn capture(home: &Home) -> (String, Value) {
    let path = home.text("card.json");
    home.json(&read_with(&["--save", &path]), 0);
    let value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    (path, value)
}

#[test]
fn a_capture_that_is_none_is_refused() {
    let home = Home::new();
    let (path, good) = capture(&home);
    home.refused(&["verify", &home.text("none")], "capture.unreadable");
    home.refused(&["show", &home.text("none")], "capture.unreadable");
    home.refused(
        &["verify", home.path(".").to_str().unwrap()],
        "capture.unreadable",
    );
    let text = fs::read_to_string(&path).unwrap();
    let spoilt = |name: &str, change: fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        home.write(name, value.to_string())
    };
    for malformed in [
        home.write("empty", ""),
        home.write("words", "words"),
        home.write("bytes", [0xFF; 64]),
        home.write("half", text.get(..text.len() / 2).unwrap()),
        home.write("list", "[]"),
        home.write("deep", "[".repeat(100_000)),
        spoilt("schema", |value| {
            value["schema"] = "cancuoc.capture/2".into()
        }),
        spoilt("more", |value| value["luck"] = 1.into()),
        spoilt("hex", |value| value["files"]["DG1"] = "6".into()),
        spoilt("file", |value| value["files"]["DG17"] = "61".into()),
        spoilt("access", |value| value["access"] = "luck".into()),
        spoilt("group", |value| value["requested"] = serde_json::json!([0])),
    ] {
        for command in ["verify", "show"] {
            home.refused(&[command, &malformed], "capture.malformed");
        }
    }
}

#[test]
fn a_capture_with_a_file_less_is_never_more_than_inconclusive() {
    let home = Home::new();
    let (_, good) = capture(&home);
    home.json(&["sim", "pki", "--out", &home.text("root")], 0);
    let root = home.text("root");
    for (file, check, code) in [
        ("EF.SOD", "sod_signature", "sod.unread"),
        ("DG1", "consistency", "consistency.not_checked"),
        ("DG14", "chip", "chip.not_live"),
        ("DG15", "chip", "chip.not_live"),
        ("DG2", "chip", "chip.not_live"),
        ("DG13", "chip", "chip.not_live"),
    ] {
        let mut value = good.clone();
        value["files"]
            .as_object_mut()
            .unwrap()
            .remove(file)
            .unwrap();
        let path = home.write("less.json", value.to_string());
        let verify = [
            "verify",
            &path,
            "--trust",
            &root,
            "--policy",
            "ci-simulator",
        ];
        let report = home.json(&verify, 3);
        assert_eq!(report["checks"][check]["code"], code, "{file}: {report}");
        if file.starts_with("DG") {
            assert_eq!(report["groups"][file], "unread", "{file}");
        }
        home.json(&["show", &path], 0);
    }
}

#[test]
fn a_foreign_or_truncated_trace_ends_with_its_code() {
    let home = Home::new();
    let trace = home.text("trace");
    home.json(&["trace", "record", &trace, "--virtual", "an"], 0);
    let key = home.write("key", find("an").qr());
    let replay = |trace: &str, key: &str, code: &str| {
        home.refused(&["trace", "replay", trace, "--key", key], code);
    };
    replay(&home.text("none"), &key, "trace.unreadable");
    for malformed in ["", "words", "cancuoc.trace/2\n", "cancuoc.trace/1\n> 0\n"] {
        replay(&home.write("odd", malformed), &key, "trace.malformed");
    }
    replay(&home.write("bytes", [0xFF; 64]), &key, "trace.malformed");
    let text = fs::read_to_string(&trace).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // After every answer in turn; between a command and its answer the file itself is torn.
    let torn = lines.iter().enumerate().take(lines.len() - 1);
    for (index, line) in torn.step_by(3) {
        let part = home.write("part", lines.get(..=index).unwrap().join("\n"));
        if line.starts_with('>') {
            replay(&part, &key, "trace.malformed");
        } else {
            let error = home.json(&["trace", "replay", &part, "--key", &key], 2);
            let code = error["error"]["code"].as_str().unwrap();
            let expected = ["trace.ended", "system.no_randomness", "trace.malformed"];
            assert!(expected.contains(&code), "{index}: {error}");
        }
    }
    // Somebody else's key, and another conversation than the one recorded.
    let other = home.write("other", "999999");
    replay(&trace, &other, "trace.diverged");
    let policy = home.write("bac.toml", "name = \"x\"");
    let arguments = ["trace", "replay", &trace, "--key", &key];
    home.json(
        &[&arguments[..], &["--policy", &policy, "--groups", "1"]].concat(),
        2,
    );
}

#[test]
fn what_cannot_be_saved_leaves_nothing_behind() {
    let home = Home::new();
    fs::create_dir_all(home.path("folder/inside")).unwrap();
    for path in ["nowhere/card.json", "folder"] {
        let path = home.text(path);
        home.refused(&read_with(&["--save", &path]), "output.unwritable");
        home.refused(
            &["trace", "record", &path, "--virtual", "an"],
            "output.unwritable",
        );
    }
    assert_eq!(home.files("."), ["data", "folder"]);
    assert_eq!(home.files("folder"), ["inside"]);
    let file = home.write("file", "x");
    home.refused(&["sim", "pki", "--out", &file], "output.unwritable");
    assert_eq!(fs::read_to_string(&file).unwrap(), "x");
    // An earlier capture stays whole when the next read does not come to its end.
    let (path, _) = capture(&home);
    let before = fs::read(&path).unwrap();
    let wrong = home.write("wrong", "999999");
    let arguments = read_with(&["--key", &wrong, "--save", &path]);
    home.refused(&arguments, "access.wrong_key");
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn a_database_of_something_else_is_refused_and_not_changed() {
    let home = Home::new();
    for (name, bytes) in [
        ("words", b"hello".to_vec()),
        ("zeros", vec![0; 8_192]),
        ("bytes", vec![0xA5; 8_192]),
    ] {
        let path = home.write(name, &bytes);
        let url = format!("sqlite:{path}");
        home.refused(
            &["registry", "init", "--registry", &url],
            "registry.unusable",
        );
        home.refused(&read_with(&["--registry", &url]), "registry.unusable");
        assert!(fs::read(&path).unwrap() == bytes, "{name}");
    }
    // The one in its usual place, too.
    home.write("data/cancuoc/registry.sqlite", "hello");
    let said = output(home.command(&READ).args(["--format", "json"]));
    assert_refusal(&parsed(&said, 2), "registry.unusable");
    let left = fs::read(home.path("data/cancuoc/registry.sqlite")).unwrap();
    assert_eq!(left, b"hello");
}

/// Kinds of garbage for a file that begins with this tag, and was this.
fn garbage(honest: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let noise = |length: usize| -> Vec<u8> {
        // A linear congruence: repeats, and looks like nothing.
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(state.to_be_bytes()[0])
        };
        let mut state = 4_711;
        std::iter::from_fn(|| next(&mut state))
            .take(length)
            .collect()
    };
    let tag = honest[0];
    let long = [&[tag, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..], &noise(64)].concat();
    let endless = [&[tag, 0x80][..], &noise(64)].concat();
    let random = [&[tag, 0x82, 0x01, 0x28][..], &noise(296)].concat();
    vec![
        ("empty", Vec::new()),
        ("one byte", vec![tag]),
        ("noise", noise(300)),
        ("noise under its tag", random),
        ("length of 4 GiB", long),
        ("indefinite length", endless),
        ("half", honest[..honest.len() / 2].to_vec()),
        ("zeros", vec![0; honest.len()]),
    ]
}

/// Reads a card with one file spoilt. What matters is how it ends.
fn read_spoilt(
    persona: &Persona,
    file: FileId,
    bytes: Vec<u8>,
) -> Result<(Verdict, Vec<&'static str>), Error> {
    let scene = Scene::of(persona.clone()).but(|scene| {
        scene.card.files.insert(file, bytes);
    });
    let report = scene.inspect()?.report;
    Ok((report.verdict(), report.deviations().to_vec()))
}

#[test]
fn garbage_in_any_file_ends_cleanly_and_never_as_genuine() {
    let an = find("an");
    let files = an.personalise().unwrap().files;
    for (file, honest) in files {
        // DG3 stays shut; EF.ATR/INFO is not there.
        if file.name() == "DG3" {
            continue;
        }
        for (kind, bytes) in garbage(&honest) {
            let what = format!("{}: {kind}", file.name());
            let started = Instant::now();
            let ended = read_spoilt(&an, file, bytes);
            assert!(started.elapsed() < ENDLESS, "{what}");
            match ended {
                // EF.COM vouches for nothing, so that nothing hangs on it.
                Ok((verdict, deviations)) if file == FileId::Com => {
                    assert_eq!(verdict, Verdict::Genuine, "{what}");
                    assert_eq!(deviations, ["deviation.com_unread"], "{what}");
                }
                Ok((verdict, _)) => assert_ne!(verdict, Verdict::Genuine, "{what}"),
                Err(error) => {
                    assert_ne!(file, FileId::Com, "{what}: {error}");
                    assert_ne!(error.code(), "run.timeout", "{what}");
                    assert!(words::entry(error.code()).is_some(), "{what}: {error}");
                }
            }
        }
    }
}

#[test]
fn garbage_under_an_honest_seal_ends_cleanly_too() {
    let an = find("an");
    for (file, honest) in an.personalise().unwrap().files {
        if !matches!(file, FileId::Group(_)) || file.name() == "DG3" {
            continue;
        }
        for (kind, bytes) in garbage(&honest) {
            let scene = Scene::of(an.clone()).but(|scene| {
                scene.card.files.insert(file, bytes);
            });
            let what = format!("{}: {kind}", file.name());
            match scene.sealed().inspect() {
                Ok(inspected) => {
                    let verdict = inspected.report.verdict();
                    // What the issuer sealed is genuine; only what nobody can read may lack. A
                    // proof that the garbage hides is a proof the less.
                    let group = file.name();
                    if group == "DG1" || group == "DG13" {
                        assert_ne!(verdict, Verdict::Genuine, "{what}");
                    }
                    assert!(
                        inspected.report.portrait().is_none() || group != "DG2",
                        "{what}"
                    );
                }
                Err(error) => assert!(words::entry(error.code()).is_some(), "{what}: {error}"),
            }
        }
    }
}
