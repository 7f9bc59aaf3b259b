//! The floors of the house: a module names only modules on lower floors.
//!
//! Reads `src` as text. What is compiled for tests alone is left out: `#[cfg(test)]` items, the
//! modules that such an item declares, and files called `tests.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Every room and the floor it is on. `transport` has two: the trait below, what implements it
/// above.
const ROOMS: [(&str, u8); 33] = [
    ("error", 0),
    ("secret", 0),
    ("bytes", 1),
    ("telemetry", 1),
    ("iso7816", 2),
    ("crypto", 2),
    ("image", 2),
    ("transport", 2),
    ("lds", 3),
    ("pki", 3),
    ("profile", 3),
    ("channel", 4),
    ("trust", 4),
    ("transport::pcsc", 5),
    ("transport::trace", 5),
    ("link", 5),
    ("capture", 5),
    ("terminal", 5),
    ("reader", 6),
    ("verify", 6),
    ("seal", 6),
    ("audit", 6),
    ("registry", 7),
    ("render", 7),
    ("attest", 7),
    ("doctor", 8),
    ("workflow", 8),
    ("redact", 9),
    ("around", 9),
    ("agent", 9),
    ("cli", 10),
    ("main", 10),
    ("lib", 10),
];

/// The one room beside the floors. It is named by floor 9 alone.
const ASIDE: &str = "sim";

/// Highest floor that the room aside may name.
const ASIDE_MAY_NAME: u8 = 3;

/// First floor that may name the room aside.
const NAMES_ASIDE: u8 = 9;

/// Edges on one floor from one room to another. `reader` and `verify` are not among them: they
/// never name each other. Nor are `lds` and `pki`, which need nothing of each other so far.
const BESIDE: [(&str, &str); 6] = [
    // A report holds the registry's answer, which is checked and shown.
    ("attest", "registry"),
    ("render", "registry"),
    // The checkpoints of an audit log are signed.
    ("audit", "seal"),
    // A reading carries the figures of the link it was made on.
    ("capture", "link"),
    // A profile selects among the decoders.
    ("profile", "lds"),
    // The agent reads virtual cards, too.
    ("agent", "around"),
];

/// What no code outside tests may hold, but for [`EXCEPTIONS`].
const FORBIDDEN: [&str; 9] = [
    "unsafe",
    ".unwrap()",
    ".expect(\"",
    "todo!",
    "unimplemented!",
    "panic!",
    "unreachable!",
    "#[allow(",
    "#![allow(",
];

/// Places where one of [`FORBIDDEN`] stands once, and why.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    (
        "crypto/curve.rs",
        ".expect(\"",
        "the key was checked when it was made",
    ),
    (
        "crypto/kdf.rs",
        ".expect(\"",
        "the bytes were cut to the key's length",
    ),
    (
        "crypto/mac.rs",
        ".expect(\"",
        "a key has the length of its cipher",
    ),
    (
        "crypto/curve/declared.rs",
        "#[allow(",
        "what the macros of another crate expand to",
    ),
];

/// Lints that the manifest must carry.
const LINTS: [&str; 7] = [
    "missing_docs = \"warn\"",
    "unsafe_code = \"forbid\"",
    "as_conversions = \"warn\"",
    "expect_used = \"warn\"",
    "indexing_slicing = \"warn\"",
    "panic = \"warn\"",
    "unwrap_used = \"warn\"",
];

fn floor(room: &str) -> Option<u8> {
    ROOMS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

/// The room of a path's first names: two where the room is half of another, else one.
fn room(path: &str) -> String {
    let mut names = path.split("::").map(|name| {
        name.chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect::<String>()
    });
    let first = names.next().unwrap_or_default();
    let two = format!("{first}::{}", names.next().unwrap_or_default());
    if floor(&two).is_some() { two } else { first }
}

/// The module path of a file under `src`: `lds/mrz/mod.rs` is `lds::mrz`.
fn module(file: &str) -> String {
    file.trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .replace('/', "::")
}

/// Why one room may not name another, if it may not.
fn trespass(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    if from == ASIDE {
        return match floor(to) {
            Some(floor) if floor <= ASIDE_MAY_NAME => None,
            _ => Some(format!("{from} names {to}, which is above it")),
        };
    }
    let Some(own) = floor(from) else {
        return Some(format!("{from} is on no floor"));
    };
    if to == ASIDE {
        return (own < NAMES_ASIDE).then(|| format!("{from} names {to}, which stands aside"));
    }
    match floor(to) {
        None => Some(format!("{from} names {to}, which is on no floor")),
        Some(other) if other > own => Some(format!("{from} names {to}, which is above it")),
        Some(other) if other == own && own < 10 && !BESIDE.contains(&(from, to)) => {
            Some(format!("{from} names {to}, which is beside it"))
        }
        Some(_) => None,
    }
}

/// The text with comments and the insides of literals as blanks; lines stay where they are.
fn bare(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let at = |place: usize| source.get(place).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let blank = |character: char| if character == '\n' { '\n' } else { ' ' };
    let mut place = 0;
    while place < source.len() {
        let character = at(place);
        match (character, at(place + 1)) {
            ('/', '/') => {
                while place < source.len() && at(place) != '\n' {
                    out.push(' ');
                    place += 1;
                }
            }
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(place), at(place + 1)) {
                        ('/', '*') => depth += 1,
                        ('*', '/') => depth -= 1,
                        _ => {
                            out.push(blank(at(place)));
                            place += 1;
                            continue;
                        }
                    }
                    out.push_str("  ");
                    place += 2;
                    if depth == 0 || place >= source.len() {
                        break;
                    }
                }
            }
            ('r', '"' | '#') if !at(place.wrapping_sub(1)).is_alphanumeric() => {
                let hashes = source[place + 1..]
                    .iter()
                    .take_while(|c| **c == '#')
                    .count();
                if at(place + 1 + hashes) != '"' {
                    out.push(character);
                    place += 1;
                    continue;
                }
                out.push('r');
                place += 1 + hashes;
                out.push('"');
                place += 1;
                let closes = |place: usize| {
                    at(place) == '"' && (1..=hashes).all(|step| at(place + step) == '#')
                };
                while place < source.len() && !closes(place) {
                    out.push(blank(at(place)));
                    place += 1;
                }
                out.push('"');
                place += 1 + hashes;
            }
            ('"', _) => {
                out.push('"');
                place += 1;
                while place < source.len() && at(place) != '"' {
                    if at(place) == '\\' {
                        out.push(' ');
                        place += 1;
                    }
                    out.push(blank(at(place)));
                    place += 1;
                }
                out.push('"');
                place += 1;
            }
            // A character, not a lifetime.
            ('\'', next) if next == '\\' || at(place + 2) == '\'' => {
                out.push('\'');
                place += if next == '\\' { 3 } else { 2 };
                while place < source.len() && at(place) != '\'' {
                    place += 1;
                }
                out.push('\'');
                place += 1;
            }
            _ => {
                out.push(character);
                place += 1;
            }
        }
    }
    out
}

/// What is compiled outside tests, and the names of the modules that are for tests alone.
fn shipped(bare: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut modules = Vec::new();
    let mut rest = bare;
    while let Some((before, marked)) = rest.split_once(MARK) {
        out.push_str(before);
        let end = marked.find([';', '{']).unwrap_or(marked.len());
        let (head, body) = marked.split_at(end);
        let length = if body.starts_with('{') {
            let mut depth = 0_usize;
            body.char_indices()
                .find_map(|(place, character)| {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    (depth == 0).then_some(place + 1)
                })
                .unwrap_or(body.len())
        } else {
            if let Some((_, name)) = head.split_once("mod ") {
                modules.push(name.trim().to_owned());
            }
            1.min(body.len())
        };
        let (item, after) = body.split_at(length);
        out.extend((head.to_owned() + item).chars().filter(|c| *c == '\n'));
        rest = after;
    }
    out.push_str(rest);
    (out, modules)
}

/// What is wrong in one file. `file` is relative to `src`; `code` is what ships of it.
fn faults(file: &str, code: &str) -> Vec<String> {
    let module = module(file);
    let own = room(&module);
    let depth = module.split("::").count();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut fault = |what: String| faults.push(format!("{file}:{number}: {what}"));
        let line = line.trim();
        let imported = line.find("use ").filter(|place| {
            let before = &line[..*place];
            before.is_empty() || before.starts_with("pub")
        });
        let used = imported.map(|place| &line[place + 4..]);
        if let Some(path) = used.and_then(|used| used.strip_prefix("crate::")) {
            if path.contains('{') || path.contains('*') || !path.ends_with(';') {
                fault("one path per line".to_owned());
            }
            if let Some(why) = trespass(&own, &room(path)) {
                fault(why);
            }
        } else {
            for (place, _) in line.match_indices("crate::") {
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
                if line[..place].ends_with(word) {
                    continue;
                }
                let to = room(&line[place + "crate::".len()..]);
                if to != own {
                    fault(format!("{to} is named inline"));
                }
            }
        }
        if line.matches("super::").count() >= depth {
            fault("super leaves the room".to_owned());
        }
        if own != "main" && line.contains("cancuoc::") {
            fault("the crate is named from outside".to_owned());
        }
        // The lower half of a split room must not reach up into its other halves.
        for (upper, _) in ROOMS {
            if let Some((lower, half)) = upper.split_once("::")
                && module == lower
                && line.contains(&format!("{half}::"))
            {
                fault(format!("{own} names {upper}, which is above it"));
            }
        }
    }
    let excused = |what: &str| {
        EXCEPTIONS
            .iter()
            .filter(|(name, excused, _)| *name == file && *excused == what)
            .count()
    };
    let tight: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let tight = tight.replace("( \"", "(\"").replace(" .", ".");
    for what in FORBIDDEN {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let count = tight
            .match_indices(what)
            .filter(|(place, _)| {
                let starts_a_word = what.starts_with(word);
                let (before, after) = (&tight[..*place], &tight[place + what.len()..]);
                let joined = starts_a_word && before.ends_with(word)
                    || what.ends_with(word) && after.starts_with(word);
                !joined
            })
            .count();
        let excused = excused(what);
        if count != excused {
            faults.push(format!(
                "{file}: {what} {count} times in place of {excused}"
            ));
        }
    }
    faults
}

/// Every Rust file under a folder, relative to it, with `/` between names.
fn files(root: &Path) -> Vec<(String, PathBuf)> {
    let mut folders = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let names: Vec<&str> = path
                    .strip_prefix(root)
                    .unwrap()
                    .iter()
                    .map(|name| name.to_str().unwrap())
                    .collect();
                found.push((names.join("/"), path.clone()));
            }
        }
    }
    found.sort();
    found
}

/// Every file that ships, relative to `src`, as code alone.
fn house() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut for_tests = BTreeSet::new();
    let mut house = Vec::new();
    for (file, path) in files(&root) {
        let (code, modules) = shipped(&bare(&fs::read_to_string(path).unwrap()));
        let parent = match file.as_str() {
            "lib.rs" | "main.rs" => String::new(),
            _ => module(&file),
        };
        for name in modules {
            for_tests.insert(format!("{parent}::{name}").trim_matches(':').to_owned());
        }
        house.push((file, code));
    }
    house.retain(|(file, _)| {
        let module = module(file);
        !file.ends_with("tests.rs")
            && !for_tests
                .iter()
                .any(|name| module == *name || module.starts_with(&format!("{name}::")))
    });
    house
}

#[test]
fn nobody_names_a_higher_floor() {
    let house = house();
    assert!(house.len() > 100, "{} files", house.len());
    let faults: Vec<String> = house
        .iter()
        .flat_map(|(file, code)| faults(file, code))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_is_in_a_room_and_every_room_is_there() {
    let rooms: BTreeSet<String> = house()
        .iter()
        .map(|(file, _)| room(&module(file)))
        .collect();
    let mut known: BTreeSet<String> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.insert(ASIDE.to_owned());
    assert_eq!(rooms, known);
}

#[test]
fn the_documentation_has_every_room_on_its_floor() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(path).unwrap();
    for (room, floor) in ROOMS.iter().filter(|(room, _)| *room != "lib") {
        let row = page
            .lines()
            .find(|line| line.contains(&format!("`{room}`")) && line.starts_with("| "))
            .unwrap_or_else(|| panic!("docs/architecture.md has no row with {room}"));
        assert!(row.starts_with(&format!("| {floor} |")), "{room}: {row}");
    }
}

#[test]
fn the_lints_are_in_the_manifest() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    for lint in LINTS {
        assert!(manifest.lines().any(|line| line == lint), "{lint}");
    }
}

/// Each of these must be found, in this file and for this reason.
#[test]
fn the_check_can_fail() {
    let bad = [
        ("lds/x.rs", "use crate::verify::Report;", "above"),
        ("lds/x.rs", "pub use crate::channel::sm::Secret;", "above"),
        ("lds/x.rs", "pub(crate) use crate::link::Link;", "above"),
        ("lds/x.rs", "use crate::pki::cms::SignedData;", "beside"),
        ("reader/x.rs", "use crate::verify::Outcome;", "beside"),
        ("verify/x.rs", "use crate::reader::Plan;", "beside"),
        ("iso7816/x.rs", "use crate::crypto::mac;", "beside"),
        (
            "channel/bac.rs",
            "use crate::transport::trace::Trace;",
            "above",
        ),
        (
            "transport/mod.rs",
            "use crate::transport::pcsc::Card;",
            "above",
        ),
        ("transport/mod.rs", "pub use pcsc::Card;", "above"),
        ("workflow.rs", "use crate::sim::VirtualCard;", "aside"),
        ("sim/chip/x.rs", "use crate::channel::sm::Session;", "above"),
        ("sim/x.rs", "use crate::capture::Capture;", "above"),
        ("sim/vpcd.rs", "use crate::transport::pcsc::Card;", "above"),
        ("attic.rs", "use crate::error::Error;", "no floor"),
        ("lds/x.rs", "use crate::attic::Thing;", "no floor"),
        ("verify/x.rs", "use crate::{error, lds};", "one path"),
        ("verify/x.rs", "use crate::lds::*;", "one path"),
        (
            "verify/x.rs",
            "use crate::lds::{\n    DataGroup,\n};",
            "one path",
        ),
        (
            "verify/x.rs",
            "let x = crate::lds::DataGroup::DG1;",
            "inline",
        ),
        ("lds/x.rs", "use super::super::verify::Report;", "super"),
        ("link.rs", "use super::reader::Plan;", "super"),
        ("lds/x.rs", "use cancuoc::verify::Report;", "outside"),
        ("lds/x.rs", "unsafe { go() }", "unsafe"),
        ("lds/x.rs", "let x = y.unwrap();", ".unwrap()"),
        (
            "lds/x.rs",
            "let x = y\n    .expect(\n        \"why\",\n    );",
            ".expect(",
        ),
        ("lds/x.rs", "fn x() { todo!() }", "todo!"),
        ("lds/x.rs", "#[allow(dead_code)]\nfn x() {}", "#[allow("),
        ("crypto/mac.rs", "", ".expect(\" 0 times"),
        (
            "lds/x.rs",
            "let s = \"a\\\"b\"; let x = s.unwrap();",
            ".unwrap()",
        ),
        ("lds/x.rs", "let c = '\"'; let x = c.unwrap();", ".unwrap()"),
        (
            "lds/x.rs",
            "#[cfg(test)]\nmod tests { fn a() {} }\nuse crate::cli::main;",
            "above",
        ),
    ];
    for (file, text, reason) in bad {
        let faults = faults(file, &shipped(&bare(text)).0);
        assert!(
            faults.iter().any(|fault| fault.contains(reason)),
            "{file}: {text}: {faults:?}"
        );
    }
}

#[test]
fn the_check_lets_good_code_pass() {
    let good = [
        ("verify/x.rs", "use crate::lds::DataGroup;"),
        ("verify/x.rs", "use crate::verify::Report;"),
        ("verify/x.rs", "pub(in crate::verify) fn f() {}"),
        ("capture.rs", "use crate::link::Exchange;"),
        ("profile/x.rs", "use crate::lds::DataGroup;"),
        ("sim/x.rs", "use crate::transport::Transport;"),
        ("cli/x.rs", "use crate::sim::VirtualCard;"),
        ("lds/x.rs", "// crate::verify, .unwrap(), unsafe"),
        ("lds/x.rs", "/* crate::verify /* unsafe */ todo! */"),
        ("lds/x.rs", "let s = \"crate::verify unsafe\";"),
        ("lds/x.rs", "let s = r#\"crate::verify \" unsafe\"#;"),
        ("lds/x.rs", "let e = reader.expect(0x30, \"Name\")?;"),
        ("lds/x.rs", "#[expect(clippy::unwrap_used, reason = \"x\")]"),
        ("lds/x.rs", "fn f<'a>(x: &'a str) -> &'a str { x }"),
        (
            "lds/x.rs",
            "#[cfg(test)]\nmod tests {\n fn f() { x.unwrap(); { } }\n}",
        ),
    ];
    for (file, text) in good {
        let faults = faults(file, &shipped(&bare(text)).0);
        assert!(faults.is_empty(), "{file}: {text}: {faults:?}");
    }
}

#[test]
fn modules_for_tests_alone_are_known_by_their_declaration() {
    let (code, modules) = shipped("mod a;\n#[cfg(test)]\nmod vectors;\nmod b;\n");
    assert_eq!(modules, ["vectors"]);
    assert_eq!(code, "mod a;\n\n\nmod b;\n");
}
