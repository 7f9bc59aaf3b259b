//! The program as scripts and people use it.

use std::fs;
use std::path::Path;

use cancuoc::sim::persona::Persona;
use serde_json::Value;

use crate::support::forge::find;
use crate::support::home::Home;
use crate::support::home::mode;
use crate::support::home::output;
use crate::support::home::parsed;

/// Every check of the report.
const CHECKS: [&str; 9] = [
    "access",
    "sod_signature",
    "signer_chain",
    "revocation",
    "hashes",
    "consistency",
    "chip",
    "validity",
    "registry",
];

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap_or_else(|| panic!("no object: {object}"))
        .keys()
        .map(String::as_str)
        .collect()
}

/// The report's shape as scripts lean on it. `holder` and `portrait` say whether anything vouches.
fn assert_report(report: &Value, vouched: bool) {
    let prefix = if vouched { "" } else { "unverified_" };
    let [holder, portrait, details] =
        ["holder", "portrait", "details"].map(|name| format!("{prefix}{name}"));
    let mut expected = vec![
        "schema",
        "verdict",
        "next_action",
        "tool",
        "judged_at",
        "reading",
        "policy",
        "policy_sha256",
        "required",
        "checks",
        &holder,
        &portrait,
        &details,
        "quirks",
        "deviations",
        "groups",
        "files",
        "sod_sha256",
        "exchange",
    ];
    let mut there = keys(report);
    expected.sort_unstable();
    there.sort_unstable();
    assert_eq!(there, expected);
    assert_eq!(report["schema"], "cancuoc.report/1");
    for word in ["verdict", "next_action", "policy", "sod_sha256"] {
        assert!(report[word].is_string(), "{word}");
    }
    let mut checks = keys(&report["checks"]);
    checks.sort_unstable();
    let mut all = CHECKS;
    all.sort_unstable();
    assert_eq!(checks, all);
    for check in CHECKS {
        let check = &report["checks"][check];
        let outcome = check["outcome"].as_str().unwrap();
        assert!(["pass", "fail", "open"].contains(&outcome), "{check}");
        let code = check["code"].as_str().unwrap();
        assert!(code.contains('.'), "{check}");
        for fact in check["evidence"].as_object().unwrap().values() {
            assert!(fact.is_string(), "{check}");
        }
    }
    // Numbers of persons are strings, since the leading zero counts.
    for (name, value) in report[&holder].as_object().unwrap() {
        assert!(value.is_string(), "{name}");
    }
    let mime = report[&portrait]["mime"].as_str().unwrap();
    assert!(["image/jpeg", "image/jp2"].contains(&mime));
    assert!(report[&portrait]["base64"].as_str().unwrap().len() > 1_000);
    for (group, said) in report[&details].as_object().unwrap() {
        assert!(group.starts_with("DG") && said.is_object(), "{group}");
    }
    for list in ["quirks", "deviations"] {
        let list = report[list].as_array().unwrap();
        assert!(list.iter().all(Value::is_string));
    }
    for (group, state) in report["groups"].as_object().unwrap() {
        let states = [
            "verified",
            "unverified",
            "unread",
            "unsigned",
            "hash_mismatch",
        ];
        assert!(group.starts_with("DG") && states.contains(&state.as_str().unwrap()));
    }
    let figures = [
        "commands",
        "bytes_sent",
        "bytes_received",
        "access_ms",
        "read_ms",
        "verify_ms",
        "registry_ms",
    ];
    assert_eq!(keys(&report["exchange"]).len(), figures.len());
    for figure in figures {
        assert!(report["exchange"][figure].is_u64(), "{figure}");
    }
}

#[test]
fn every_virtual_card_is_genuine_with_the_documented_report() {
    for name in ["an", "binh", "chi", "dung"] {
        let home = Home::new();
        let Persona { citizen, .. } = find(name);
        let report = home.json(&["read", "--virtual", name], 0);
        assert_report(&report, true);
        assert_eq!(report["verdict"], "genuine", "{name}");
        assert_eq!(report["next_action"], "proceed", "{name}");
        let holder = &report["holder"];
        assert_eq!(holder["name"], citizen.name);
        assert_eq!(holder["citizen_number"], citizen.number);
        assert_eq!(holder["birth"], citizen.birth.to_string());
        let never = "never".to_owned();
        let expiry = citizen.expires.map_or(never, |date| date.to_string());
        assert_eq!(holder["expiry"], expiry);
        // What the law calls sensitive is not told.
        for sensitive in ["ethnicity", "religion", "features"] {
            assert!(holder.get(sensitive).is_none(), "{sensitive}");
        }
        assert_eq!(report["checks"]["registry"]["code"], "registry.confirmed");
        assert_eq!(report["groups"]["DG1"], "verified");
        assert_eq!(report["groups"]["DG3"], "unread");
    }
}

#[test]
fn a_card_with_every_group_and_a_passport_are_among_the_virtual_ones() {
    let home = Home::new();
    let gate = home.text("gate");
    home.json(&["sim", "terminal", &gate], 0);
    let whole = home.json(&["read", "--virtual", "dung", "--terminal", &gate], 0);
    let groups = whole["groups"].as_object().unwrap();
    assert_eq!(groups.len(), 16);
    assert!(groups.values().all(|state| state == "verified"));
    let details = whole["details"].as_object().unwrap();
    assert!(groups.keys().all(|group| details.contains_key(group)));
    assert_eq!(whole["portrait"]["mime"], "image/jp2");
    let passport = home.json(&["read", "--virtual", "giang"], 0);
    assert_eq!(passport["verdict"], "genuine");
    let lines = passport["details"]["DG1"]["mrz"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(passport["holder"]["document_code"], "P");
    assert_eq!(passport["portrait"]["mime"], "image/jpeg");
    let face = &passport["details"]["DG2"]["faces"][0];
    assert!(face["width"].is_u64(), "{face}");
    assert_eq!(passport["holder"]["name"], "Hà Văn Mẫu Giang");
    assert!(passport["groups"].get("DG13").is_none());
}

#[test]
fn a_person_reads_the_verdict_first_in_either_language() {
    let home = Home::new();
    for (lang, title, sentence) in [("vi", "GIẤY TỜ THẬT", "Họ"), ("en", "GENUINE", "Full name")]
    {
        let said = home.run(&["read", "--virtual", "an", "--lang", lang]);
        assert_eq!(said.status.code(), Some(0));
        let text = String::from_utf8(said.stdout).unwrap();
        let first = text.lines().next().unwrap();
        assert_eq!(first, title);
        assert!(text.contains("Nguyễn Thị Mẫu An"), "{text}");
        assert!(text.contains(sentence), "{text}");
        assert!(text.contains('✓') && !text.contains('✗'), "{text}");
        // What is no data goes elsewhere.
        assert!(!said.stderr.is_empty());
        let quiet = home.run(&["read", "--virtual", "an", "--lang", lang, "--quiet"]);
        assert!(quiet.stderr.is_empty(), "{quiet:?}");
    }
}

#[test]
fn the_exit_status_follows_the_verdict() {
    let home = Home::new();
    let read = |arguments: &[&str], status| {
        let report = home.json(&[&["read", "--virtual", "an"], arguments].concat(), status);
        (
            report["verdict"].as_str().unwrap().to_owned(),
            report["next_action"].as_str().unwrap().to_owned(),
        )
    };
    let (verdict, action) = read(&["--now", "2035-09-01T00:00:00Z"], 1);
    assert_eq!(
        (verdict.as_str(), action.as_str()),
        ("not_in_force", "refuse")
    );
    let (verdict, action) = read(&["--now", "1970-01-02T00:00:00Z"], 3);
    assert_eq!(
        (verdict.as_str(), action.as_str()),
        ("inconclusive", "check_clock")
    );
    let strict = home.write(
        "strict.toml",
        "name = \"strict\"\nrequire = [\"revocation\"]",
    );
    let (verdict, action) = read(&["--policy", &strict], 3);
    assert_eq!(
        (verdict.as_str(), action.as_str()),
        ("inconclusive", "update_trust")
    );
}

#[test]
fn only_the_groups_that_are_wanted_are_read() {
    let home = Home::new();
    let report = home.json(&["read", "--virtual", "an", "--groups", "1,13"], 0);
    assert_eq!(report["groups"]["DG13"], "verified");
    assert_eq!(report["groups"]["DG2"], "unread");
    assert!(report.get("portrait").is_none());
    // A group that the card does not have is an open question, no verdict against it.
    let report = home.json(&["read", "--virtual", "an", "--groups", "1,11"], 0);
    assert_eq!(report["groups"]["DG11"], "unread");
}

#[test]
fn a_key_comes_from_a_file_or_standard_input() {
    let home = Home::new();
    let persona = find("an");
    let texts = [
        persona.can(),
        persona.citizen.number.clone(),
        persona.mrz(),
        persona.qr(),
        "195000123,1995-08-17,2035-08-17".to_owned(),
    ];
    for (index, text) in texts.iter().enumerate() {
        let key = home.write(&format!("key-{index}"), format!("{text}\n"));
        let report = home.json(&["read", "--virtual", "an", "--key", &key], 0);
        assert_eq!(report["verdict"], "genuine", "key {index}");
    }
    let arguments = ["read", "--virtual", "an", "--key", "-", "--format", "json"];
    let said = home.run_with_input(&arguments, &persona.can());
    assert_eq!(parsed(&said, 0)["verdict"], "genuine");
}

/// Saves what `read` found; gives the path.
fn saved(home: &Home) -> String {
    let path = home.text("card.json");
    home.json(&["read", "--virtual", "an", "--save", &path], 0);
    path
}

#[test]
fn a_saved_capture_is_private_and_never_alive() {
    let home = Home::new();
    let capture = saved(&home);
    assert_eq!(mode(Path::new(&capture)), 0o600);
    assert_eq!(home.files("."), ["card.json", "data"]);
    // The virtual card's root counts for the card on the virtual reader only.
    let report = home.json(&["verify", &capture], 3);
    assert_report(&report, false);
    assert_eq!(report["checks"]["signer_chain"]["code"], "chain.no_anchor");
    assert_eq!(report["checks"]["chip"]["code"], "chip.not_vouched");
    home.json(&["sim", "pki", "--out", &home.text("root")], 0);
    let root = home.text("root");
    let report = home.json(&["verify", &capture, "--trust", &root], 3);
    assert_report(&report, true);
    assert_eq!(report["checks"]["chip"]["code"], "chip.not_live");
    for check in ["sod_signature", "signer_chain", "hashes", "consistency"] {
        assert_eq!(report["checks"][check]["outcome"], "pass", "{check}");
    }
    assert_eq!(report["verdict"], "inconclusive");
}

#[test]
fn a_capture_is_shown_in_words_without_a_verdict() {
    let home = Home::new();
    let capture = saved(&home);
    let shown = home.json(&["show", &capture], 0);
    assert_eq!(shown["schema"], "cancuoc.contents/1");
    assert_eq!(shown["unverified_holder"]["citizen_number"], "036195000123");
    assert!(shown.get("verdict").is_none());
    for (lang, words) in [("vi", "CHƯA"), ("en", "Nothing vouches")] {
        let said = home.run(&["show", &capture, "--lang", lang]);
        let text = String::from_utf8(said.stdout).unwrap();
        assert!(text.contains(words) && text.contains("EF.SOD"), "{text}");
    }
}

#[test]
fn a_trace_is_recorded_and_replayed() {
    let home = Home::new();
    let trace = home.text("trace");
    let record = ["trace", "record", &trace, "--virtual", "an"];
    let recorded = home.json(&record, 0);
    assert_eq!(recorded["verdict"], "genuine");
    assert_eq!(mode(Path::new(&trace)), 0o600);
    home.json(&["sim", "pki", "--out", &home.text("root")], 0);
    let capture = home.text("card.json");
    home.json(&[&record[..], &["--save", &capture]].concat(), 0);
    let shown = home.json(&["show", &capture], 0);
    assert_eq!(shown["unverified_holder"], recorded["holder"]);
    let key = home.write("key", find("an").qr());
    let root = home.text("root");
    let replay = ["trace", "replay", &trace, "--key", &key, "--trust", &root];
    let policy = ["--policy", "ci-simulator"];
    let replayed = home.json(&[&replay[..], &policy].concat(), 3);
    assert_eq!(replayed["checks"]["chip"]["code"], "chip.not_live");
    assert_eq!(replayed["holder"], recorded["holder"]);
    for figure in ["commands", "bytes_sent", "bytes_received"] {
        assert_eq!(replayed["exchange"][figure], recorded["exchange"][figure]);
    }
}

#[test]
fn a_person_is_told_what_a_terminal_and_a_quirk_came_to() {
    let home = Home::new();
    let folder = home.text("gate");
    home.json(&["sim", "terminal", &folder], 0);
    let read = |lang: &str, more: &[&str]| {
        let mut arguments = vec!["read", "--virtual", "an", "--registry", "none"];
        arguments.extend(["--lang", lang]);
        arguments.extend(more);
        let output = home.run(&arguments);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let terminal = ["--terminal", folder.as_str()];
    for (lang, told) in [
        (
            "en",
            "· The chip took the terminal, whose rights open DG3, DG4.\n· DG3 (Fingerprints): verified",
        ),
        (
            "vi",
            "· Chip chấp nhận thiết bị đầu cuối, với quyền đọc DG3, DG4.\n· DG3 (Vân tay): đã xác nhận",
        ),
    ] {
        let text = read(lang, &terminal);
        assert!(text.contains(told), "{text}");
        assert!(!read(lang, &[]).contains(told));
    }
    let text = read("en", &["--quirk", "reset-by-other-12"]);
    assert!(text.contains("· Another program reset the card"), "{text}");
    // A recording with a terminal runs again with that terminal.
    let trace = home.text("trace");
    home.json(
        &[
            "trace",
            "record",
            &trace,
            "--virtual",
            "an",
            "--registry",
            "none",
            "--terminal",
            &folder,
        ],
        0,
    );
    let replay = [
        "trace",
        "replay",
        &trace,
        "--key",
        &home.write("key", "000123"),
    ];
    home.refused(&replay, "trace.diverged");
    let again = home.json(&[replay.as_slice(), &terminal].concat(), 3);
    assert_eq!(again["groups"]["DG3"], "unverified");
}

#[test]
fn the_lists_list() {
    let home = Home::new();
    let personas = home.json(&["sim", "personas"], 0);
    let names = personas["personas"].as_array().unwrap();
    let names: Vec<&str> = names
        .iter()
        .map(|persona| persona["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..5], ["an", "binh", "chi", "dung", "giang"]);
    assert!(names.len() >= 12, "{names:?}");
    let faults = home.json(&["sim", "faults"], 0);
    assert!(faults["faults"].as_array().unwrap().len() >= 9);
    assert!(faults["quirks"].as_array().unwrap().len() >= 24);
    let profiles = home.json(&["profile", "list"], 0);
    assert_eq!(profiles["profiles"].as_array().unwrap().len(), 8);
    let none = home.json(&["trust", "list"], 0);
    assert_eq!(none["anchors"].as_array().unwrap().len(), 0);
    home.json(&["sim", "pki", "--out", &home.text("root")], 0);
    for name in ["cancuoc-test-csca.crl", "cancuoc-test-csca.der"] {
        assert!(home.files("root").contains(&name.to_owned()));
    }
    let one = home.json(&["trust", "list", "--trust", &home.text("root")], 0);
    assert_eq!(one["anchors"][0]["country"], "VN");
    assert!(
        one["anchors"][0]["provenance"]
            .as_str()
            .unwrap()
            .starts_with("operator: ")
    );
}

#[test]
fn every_shipped_profile_passes_its_check() {
    let home = Home::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("card-profiles");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let checked = home.json(&["profile", "check", path.to_str().unwrap()], 0);
        assert_eq!(checked["name"], path.file_stem().unwrap().to_str().unwrap());
    }
}

#[test]
fn every_mistake_in_a_profile_is_told_at_once_in_both_languages() {
    let home = Home::new();
    let good = include_str!("../../card-profiles/fr-cnie.toml");
    let text = good
        .replace("\"FRA\"", "\"fra\"")
        .replace("select-mf-6a86", "no-such-quirk")
        .replace("\"mrz\"", "\"pin\"");
    let file = home.write("wrong.toml", &text);
    let error = home.refused(&["profile", "check", &file], "profile.malformed");
    let faults = error["error"]["faults"].as_array().unwrap();
    let codes: Vec<&str> = faults
        .iter()
        .map(|fault| fault["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["capitals", "choice", "unknown_quirk"]);
    for fault in faults {
        assert!(fault["line"].as_u64().unwrap() > 1);
        assert!(fault["message"]["vi"] != fault["message"]["en"]);
    }
    let listed = faults[2]["message"]["vi"].as_str().unwrap();
    assert!(listed.contains("select-mf-6d00"), "{listed}");
    let ran = home.command(&[
        "profile", "check", &file, "--format", "text", "--lang", "vi",
    ]);
    let ran = { ran }.output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let words = String::from_utf8(ran.stderr).unwrap();
    assert!(
        words.contains("dòng ") && words.contains("access.quirks[1]"),
        "{words}"
    );
}

#[test]
fn the_registry_is_made_once_for_this_user_alone() {
    let home = Home::new();
    assert_eq!(home.json(&["registry", "init"], 0)["registry"], "ready");
    let file = home.path("data/cancuoc/registry.sqlite");
    assert_eq!(mode(&file), 0o600);
    let before = fs::read(&file).unwrap();
    home.json(&["registry", "init"], 0);
    assert!(fs::read(&file).unwrap() == before);
    let none = home.json(&["read", "--virtual", "an", "--registry", "none"], 0);
    assert_eq!(none["checks"]["registry"]["code"], "registry.not_asked");
}

#[test]
fn options_come_before_the_environment_and_that_before_the_file() {
    let home = Home::new();
    home.configure("format = \"json\"\nlang = \"vi\"\nregistry = \"none\"\n");
    let list = || home.command(&["profile", "list"]);
    let text =
        |command: &mut std::process::Command| String::from_utf8(output(command).stdout).unwrap();
    assert!(text(&mut list()).starts_with('{'));
    let environment = text(list().env("CANCUOC_FORMAT", "text"));
    assert!(!environment.starts_with('{'), "{environment}");
    assert!(environment.contains("Việt Nam") || environment.contains("ẻ"));
    let english = text(
        list()
            .env("CANCUOC_FORMAT", "text")
            .env("CANCUOC_LANG", "en"),
    );
    assert_ne!(english, environment);
    let option = text(
        list()
            .env("CANCUOC_FORMAT", "text")
            .args(["--format", "json"]),
    );
    assert!(option.starts_with('{'), "{option}");
    // The file's registry, the environment's, the option's.
    let registry = |command: &mut std::process::Command| {
        parsed(&output(command), 0)["checks"]["registry"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let read = || home.command(&["read", "--virtual", "an"]);
    assert_eq!(registry(&mut read()), "registry.not_asked");
    let sqlite = format!("sqlite:{}", home.text("register.sqlite"));
    let asked = registry(read().env("CANCUOC_REGISTRY", &sqlite));
    assert_eq!(asked, "registry.confirmed");
    let asked = registry(
        read()
            .env("CANCUOC_REGISTRY", &sqlite)
            .args(["--registry", "none"]),
    );
    assert_eq!(asked, "registry.not_asked");
}

/// Pieces of a person's data that no log may have, as text and in hexadecimal.
fn pieces(persona: &Persona) -> Vec<String> {
    let citizen = &persona.citizen;
    let mrz = persona.mrz();
    let mut plain = vec![
        citizen.name.clone(),
        citizen.number.clone(),
        persona.can(),
        citizen.residence.clone(),
        citizen.birth.to_string(),
        persona.mrz_information(),
    ];
    plain.extend(citizen.father.clone());
    plain.extend([0, 30, 60].map(|at| mrz[at..at + 20].to_owned()));
    let hex: Vec<String> = plain.iter().map(hex::encode).collect();
    [plain, hex].concat()
}

#[test]
fn no_log_holds_personal_data() {
    for name in ["an", "chi"] {
        let home = Home::new();
        let persona = find(name);
        let capture = home.text("card.json");
        let wrong = home.write("wrong", "079303000789,2003-09-22,2028-09-21");
        let runs: [&[&str]; 4] = [
            &["read", "--virtual", name, "--save", &capture],
            &["read", "--virtual", name, "--key", &wrong],
            &["verify", &capture],
            &["show", &capture],
        ];
        for arguments in runs {
            let said = home.run(&[arguments, &["-vv", "--format", "json"]].concat());
            let log = String::from_utf8_lossy(&said.stderr).to_lowercase();
            for piece in pieces(&persona) {
                let piece = piece.to_lowercase();
                assert!(!log.contains(&piece), "{arguments:?}: {piece} in\n{log}");
            }
            if arguments[0] == "read" {
                assert!(log.lines().count() > 5, "{arguments:?}: {log}");
            }
        }
    }
}
