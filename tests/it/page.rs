//! The agent's page as files: its words are the program's, its colours can be read, it asks nobody.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use cancuoc::render::words;
use cancuoc::render::words::Kind;
use serde_json::json;

/// What stands above the table in `codes.js`.
const HEAD: &str = "\
// Made from the table in src/render/words; do not edit. After a change there, run
// CANCUOC_BLESS=1 cargo test --test it page::

/** @type {Readonly<Record<string, readonly [string, string, string, string]>>} Of each code of a check: what is the matter and what to do, in Vietnamese and in English. */
export const CODES = {
";

/// Codes of checks that no reading of a card gives.
const ELSEWHERE: [&str; 4] = ["report.", "evidence.", "receipt.", "doctor."];

/// Least contrast of text, and of what a control is known by (WCAG 2.2, 1.4.3 and 1.4.11).
const TEXT: f64 = 4.5;
const CONTROL: f64 = 3.0;

/// Foreground, background, least contrast.
const PAIRS: [(&str, &str, f64); 32] = [
    ("ink", "paper", TEXT),
    ("ink", "card", TEXT),
    ("quiet", "paper", TEXT),
    ("quiet", "card", TEXT),
    ("accent", "paper", TEXT),
    ("accent", "card", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("pass", "card", TEXT),
    ("fail", "card", TEXT),
    ("open", "card", TEXT),
    ("pass", "paper", TEXT),
    ("fail", "paper", TEXT),
    ("open", "paper", TEXT),
    ("warn", "card", TEXT),
    ("warn", "paper", TEXT),
    ("on-verdict", "genuine", TEXT),
    ("on-verdict", "not-in-force", TEXT),
    ("on-verdict", "not-genuine", TEXT),
    ("on-verdict", "inconclusive", TEXT),
    ("on-test", "test", TEXT),
    ("edge", "paper", CONTROL),
    ("edge", "card", CONTROL),
    ("accent", "line", CONTROL),
    ("genuine", "on-verdict", CONTROL),
    ("not-in-force", "on-verdict", CONTROL),
    ("not-genuine", "on-verdict", CONTROL),
    ("inconclusive", "on-verdict", CONTROL),
    ("accent", "paper", CONTROL),
    ("accent", "card", CONTROL),
    ("fail", "line", CONTROL),
    ("warn", "line", CONTROL),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/agent/page")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

#[test]
fn the_page_says_of_a_check_what_the_program_says() {
    let mut made = HEAD.to_owned();
    for entry in words::entries() {
        let elsewhere = ELSEWHERE.iter().any(|start| entry.code.starts_with(start));
        if entry.kind == Kind::Error || elsewhere {
            continue;
        }
        let sentences = [entry.vi, entry.vi_remedy, entry.en, entry.en_remedy];
        let sentences = sentences.map(|one| json!(one).to_string()).join(", ");
        writeln!(made, "  {}: [{sentences}],", json!(entry.code)).unwrap();
    }
    made.push_str("};\n");
    if env::var_os("CANCUOC_BLESS").is_some() {
        fs::write(folder().join("codes.js"), &made).unwrap();
    }
    assert!(
        read("codes.js") == made,
        "run CANCUOC_BLESS=1 cargo test --test it page::"
    );
}

#[test]
fn every_colour_can_be_read_in_light_and_in_dark() {
    for file in ["base.css", "dark.css"] {
        let style = read(file);
        let colours = colours(&style);
        let of = |name: &str| {
            let found = colours.iter().find(|(this, _)| *this == name);
            found.unwrap_or_else(|| panic!("no --{name}")).1
        };
        for (front, back, least) in PAIRS {
            let contrast = contrast(of(front), of(back));
            assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
        }
    }
}

/// Names and colours of a block of custom properties.
fn colours(block: &str) -> Vec<(&str, [f64; 3])> {
    let lines = block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--"));
    let named = lines.filter_map(|line| line.trim_end_matches(';').split_once(": #"));
    named
        .map(|(name, digits)| {
            let channel =
                |at: usize| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            (name, [0, 2, 4].map(channel))
        })
        .collect()
}

/// Contrast ratio of two colours as WCAG 2.2 defines it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour: [f64; 3]| {
        let [red, green, blue] = colour.map(|channel| {
            let share = channel / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn no_file_of_the_page_asks_another_machine_or_holds_script_in_markup() {
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = read(&name);
        // The names of SVG and what a template makes of the agent's own address.
        let text = text
            .replace("http://www.w3.org/2000/svg", "")
            .replace("http://${address}", "")
            .replace("ws://${this.#address}", "");
        for scheme in [
            "http://", "https://", "ws://", "wss://", "\"//", "@import", "url(",
        ] {
            assert!(!text.contains(scheme), "{name} has {scheme}");
        }
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(!text.contains(way), "{name} has {way}");
        }
        if name.ends_with(".html") {
            for inline in [
                "style=",
                "<style",
                " onclick",
                " onload",
                "javascript:",
                "target=",
                "<a href=\"h",
            ] {
                assert!(!text.contains(inline), "{name} has {inline}");
            }
            let scripts = text.matches("<script").count();
            assert_eq!(
                scripts,
                text.matches("<script type=\"module\" src=\"").count()
            );
        }
    }
}

#[test]
fn every_name_in_the_documentation_is_in_a_page() {
    let documentation = fs::read_to_string(folder().join("../../../docs/page.md")).unwrap();
    let pages = [
        "index.html",
        "kiosk.html",
        "counter.js",
        "kiosk.js",
        "holder.js",
        "slip.js",
        "tabs.js",
    ]
    .map(read)
    .concat();
    let names = documentation.split("`#").skip(1);
    let names: Vec<&str> = names.filter_map(|rest| rest.split('`').next()).collect();
    assert!(names.len() > 40, "the table of elements");
    for name in names {
        let found = pages.contains(&format!("id=\"{name}\""))
            || pages.contains(&format!("\"{name}\""))
            || name.starts_with("holder-");
        assert!(found, "#{name}");
    }
}
