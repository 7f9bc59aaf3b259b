//! What the READMEs and the pages beside them print is what the program prints, and what the code cites stands in the list of
//! references.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;

use crate::support::home::Home;
use crate::support::home::output;

/// Each README and the language of its sessions.
const READMES: [(&str, &str); 2] = [("README.md", "en"), ("docs/README.vi.md", "vi")];

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The blocks of one kind, such as `text` or `json`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let marker = format!("```{kind}\n");
    page.split(&marker)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_session_is_what_the_program_prints() {
    for (name, lang) in READMES {
        let home = Home::new();
        // Only the first run tells of the registry that it makes.
        assert_eq!(home.run(&["registry", "init"]).status.code(), Some(0));
        let mut sessions = 0;
        for block in blocks(&page(name), "text") {
            let (command, printed) = block.split_once('\n').unwrap();
            let mut arguments: Vec<&str> = command
                .strip_prefix("$ cancuoc ")
                .unwrap()
                .split(' ')
                .collect();
            arguments.extend(["--lang", lang]);
            let said = home.run(&arguments);
            let said = [said.stderr, said.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(said.concat(), printed, "{name}: {command}");
            sessions += 1;
        }
        assert!(sessions > 0, "{name}");
    }
}

/// Whether a line is as shown; what comes after `…` is not shown.
fn is_as_shown(line: &str, shown: &str) -> bool {
    match shown.split_once('…') {
        Some((start, _)) => line.starts_with(start.trim_end()),
        None => line == shown,
    }
}

/// What was printed is what is shown; a line of `…` alone stands for lines that are not.
#[track_caller]
fn assert_shown(printed: &str, shown: &str) {
    let mut lines = printed.lines();
    let mut skipping = false;
    for wanted in shown.lines() {
        if wanted.trim() == "…" {
            skipping = true;
            continue;
        }
        let found = match (lines.next(), skipping) {
            (Some(line), false) => is_as_shown(line, wanted),
            (Some(line), true) => {
                is_as_shown(line, wanted) || lines.any(|line| is_as_shown(line, wanted))
            }
            (None, _) => false,
        };
        assert!(found, "{wanted}\nis not in\n{printed}");
        skipping = false;
    }
    assert!(
        skipping || lines.next().is_none(),
        "more was printed: {printed}"
    );
}

/// The real files of docs/trust.md.
const TRUST_FILES: [&str; 3] = [
    "csca_vietnam_cccd_001.pem",
    "DE_ML_2026-05-28-08-28-45.ml",
    "DE_ML_2024-08-07-07-38-24.ml",
];

/// Fingerprints that docs/trust.md shows the beginning of.
const FINGERPRINTS: [&str; 2] = [
    "6F0A20D63A43FC589EAF0D8C52113A2A8BFA341C6F2FAB04121238AA0C22B1A9",
    "2084aed7a991b3158e63ad750d3dc38bc6c9dcf5958f28d1162f49884e91ada8",
];

#[test]
fn the_sessions_of_the_trust_store_are_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/trust");
    let home = Home::new();
    for name in TRUST_FILES {
        let Ok(bytes) = fs::read(folder.join(name)) else {
            println!("skipped: no {name} in ../shared/data");
            return;
        };
        home.write(name, bytes);
    }
    let blocks = blocks(&page("docs/trust.md"), "text").concat();
    let mut sessions = 0;
    for session in blocks.split("$ cancuoc ").skip(1) {
        let (command, shown) = session.split_once('\n').unwrap();
        let mut arguments: Vec<&str> = command.split(' ').collect();
        for argument in &mut arguments {
            if let Some(start) = argument.strip_suffix('…') {
                let whole = FINGERPRINTS.iter().find(|whole| whole.starts_with(start));
                *argument = whole.unwrap();
            }
        }
        arguments.extend(["--lang", "en", "--now", "2026-11-22T12:00:00Z"]);
        let mut run = home.command(&arguments);
        // Nothing is fetched: nobody listens there.
        run.envs(["http_proxy", "https_proxy"].map(|name| (name, "http://127.0.0.1:9")));
        let said = output(&mut run);
        let said = [said.stderr, said.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
        let own = home.text("data/cancuoc");
        let printed = said.concat().replace(&own, "/home/an/.local/share/cancuoc");
        assert_shown(&printed, shown);
        sessions += 1;
    }
    assert_eq!(sessions, 6);
}

/// Runs the commands of a block, each to the end that is expected of it.
fn play(home: &Home, block: &str, expected: &[i32]) {
    let lines: Vec<&str> = block.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{block}");
    let program = Path::new(env!("CARGO_BIN_EXE_cancuoc"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    for (line, status) in lines.iter().zip(expected) {
        // `sh` is for the pipes; the program's own folder comes first.
        let own = home.command(&[]);
        let mut run = Command::new("sh");
        run.args(["-c", line]).current_dir(home.path(""));
        run.env_clear().env("PATH", &path).stdin(Stdio::null());
        for (name, value) in own.get_envs() {
            run.env(name, value.unwrap());
        }
        let said = output(&mut run);
        let words = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(*status), "{line}: {words}");
    }
}

#[test]
fn a_border_is_played_with_test_material() {
    let home = Home::new();
    let page = page("docs/policies.md");
    let block = blocks(&page, "sh")
        .into_iter()
        .find(|block| block.contains("border-test.toml"))
        .unwrap();
    play(&home, &block, &[0, 0, 0]);
    // Without the CRL the very same is open.
    fs::remove_file(home.path("trust/cancuoc-test-csca.crl")).unwrap();
    let read = "cancuoc read --virtual an --trust trust --policy border-test.toml";
    play(&home, read, &[3]);
    play(
        &home,
        "cancuoc read --virtual an --policy border-strict",
        &[3],
    );
}

#[test]
fn the_test_pki_is_used_as_shown() {
    let page = page("docs/test-pki.md");
    let blocks = blocks(&page, "sh");
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let home = Home::new();
        let statuses = vec![0; block.lines().count()];
        play(&home, &block, &statuses);
    }
}

#[test]
fn a_report_is_signed_and_checked_as_shown() {
    let home = Home::new();
    let page = page("docs/report.md");
    let block = blocks(&page, "sh")
        .into_iter()
        .find(|block| block.contains("device-key new"))
        .unwrap();
    // A virtual card lies where a real one would, and its root is trusted under the policy for tests.
    let block = block.replace("cancuoc read ", "cancuoc read --virtual an ");
    let lines: Vec<&str> = block.lines().collect();
    let [new, show, read, by_digits, by_key] = <[&str; 5]>::try_from(lines).unwrap();
    play(&home, "cancuoc sim pki --out trust", &[0]);
    home.configure("trust = [\"trust\"]\npolicy = \"ci-simulator\"");
    for line in [new, show, read, by_key] {
        play(&home, line, &[0]);
    }
    let printed = fs::read_to_string(home.path("device.pub")).unwrap();
    let digits = printed.split_whitespace().nth(1).unwrap();
    play(&home, &by_digits.replace("5e884898…", digits), &[0]);
}

/// Everything that stands in the shortened report stands so in the whole one.
fn assert_part(part: &Value, whole: &Value, place: &str) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (name, value) in part {
                let other = whole.get(name).unwrap_or(&Value::Null);
                assert_part(value, other, &format!("{place}.{name}"));
            }
        }
        (Value::String(part), Value::String(whole)) if part.ends_with('…') => {
            assert!(whole.starts_with(part.trim_end_matches('…')), "{place}");
        }
        _ => assert_eq!(part, whole, "{place}"),
    }
}

#[test]
fn the_shortened_report_is_part_of_the_whole_one() {
    let home = Home::new();
    let report = home.json(&["read", "--virtual", "an"], 0);
    for (name, _) in READMES {
        let [shortened] = <[String; 1]>::try_from(blocks(&page(name), "json")).unwrap();
        assert_part(&serde_json::from_str(&shortened).unwrap(), &report, name);
    }
}

#[test]
fn both_readmes_have_the_same_examples() {
    let [english, vietnamese] = READMES.map(|(name, _)| page(name));
    for kind in ["json", "toml"] {
        assert_eq!(blocks(&english, kind), blocks(&vietnamese, kind), "{kind}");
    }
    // Commands differ in their remarks alone, programs in theirs and in what they say to people.
    let bare = |page: &str, kind, remark: &str| -> Vec<String> {
        let blocks = blocks(page, kind).concat();
        let lines = blocks
            .lines()
            .map(|line| line.split(remark).next().unwrap());
        lines
            .map(|line| line.trim_end().split('"').next().unwrap().to_owned())
            .collect()
    };
    for (kind, remark) in [("sh", "#"), ("rust", "//")] {
        assert_eq!(
            bare(&english, kind, remark),
            bare(&vietnamese, kind, remark),
            "{kind}"
        );
    }
}

/// What the names of standards begin with, before their numbers.
const PUBLISHERS: [&str; 6] = [
    "RFC ",
    "ISO/IEC ",
    "ITU-T ",
    "FIPS ",
    "BSI TR-",
    "Doc 9303-",
];

/// The numbers of the standards that a text cites, without their parts.
fn cited(text: &str) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for publisher in PUBLISHERS {
        for rest in text.split(publisher).skip(1) {
            let name: String = rest
                .chars()
                .take_while(|character| character.is_ascii_alphanumeric() || *character == '.')
                .collect();
            let name = name.trim_end_matches('.');
            if name.contains(|character: char| character.is_ascii_digit()) {
                numbers.insert(format!("{publisher}{name}"));
            }
        }
    }
    numbers
}

fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.extend(cited(&fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn every_standard_that_the_code_cites_has_its_edition() {
    let mut all = BTreeSet::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 30, "{all:?}");
    let page = page("docs/references.md");
    let missing: Vec<&String> = all
        .iter()
        .filter(|standard| {
            let number = PUBLISHERS
                .iter()
                .find_map(|name| standard.strip_prefix(name));
            !page.contains(number.unwrap())
        })
        .collect();
    assert!(missing.is_empty(), "not in docs/references.md: {missing:?}");
}
