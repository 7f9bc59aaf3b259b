//! What the two READMEs print is what the program prints.

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
