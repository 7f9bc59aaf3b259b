//! What the two READMEs print is what the program prints, and what the code cites stands in the list of
//! references.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::home::Home;

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
