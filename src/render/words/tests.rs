use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use unicode_normalization::is_nfc;

use super::*;
use crate::registry::message::ProblemCode;
use crate::registry::names::Rule;
use crate::registry::reconcile::ADVICE;

/// The ways to make an outcome, and what each gives.
const MAKERS: [(&str, Kind); 4] = [
    ("Outcome::pass(", Kind::Pass),
    ("Outcome::open(", Kind::Open),
    ("Outcome::fail(", Kind::Fail),
    ("Outcome::out_of_force(", Kind::Fail),
];

/// The ways to make a finding about a machine, and what each gives.
const FINDERS: [(&str, Kind); 4] = [
    ("Finding::ok(", Kind::Ok),
    ("Finding::warning(", Kind::Warning),
    ("Finding::problem(", Kind::Problem),
    ("Finding::unknown(", Kind::Unknown),
];

/// The source of a room, without its tests.
fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.to_owned()
}

/// Every source file directly in a folder.
fn sources(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(folder);
    let names = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.ends_with(".rs"))
        .map(|name| source(&format!("{folder}/{name}")))
        .collect()
}

/// Text literals that begin right after a marker, white space aside.
fn literals_after(source: &str, marker: &str) -> Vec<String> {
    source
        .split(marker)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The codes that `verify` and the workflow give, with what each is about.
fn codes_of_checks() -> BTreeSet<(String, &'static str)> {
    let mut codes = BTreeSet::new();
    let rooms = sources("verify").into_iter().chain(sources("attest"));
    let workflow = [source("workflow.rs"), source("workflow/judging.rs")];
    for text in rooms.chain(workflow) {
        for (maker, kind) in MAKERS {
            let calls = text.split(maker).skip(1);
            for call in calls.map(str::trim_start) {
                // A code is a literal, but for the registry's own.
                assert!(
                    call.starts_with('"')
                        || call.starts_with("decision.code()")
                        || call.starts_with("error.code()"),
                    "{maker}{}: a code that this test cannot see",
                    call.lines().next().unwrap_or_default()
                );
            }
            let literals = literals_after(&text, maker);
            codes.extend(literals.into_iter().map(|code| (code, kind.code())));
        }
        let notes = text.split("\"deviation.").skip(1);
        let notes = notes.filter_map(|rest| rest.split('"').next());
        codes.extend(notes.map(|name| (format!("deviation.{name}"), Kind::Note.code())));
    }
    for text in sources("doctor") {
        for (finder, kind) in FINDERS {
            let literals = literals_after(&text, finder);
            codes.extend(literals.into_iter().map(|code| (code, kind.code())));
        }
    }
    for code in arms(&source("registry/answer.rs")) {
        let kind = match code.as_str() {
            "registry.confirmed" => Kind::Pass,
            "registry.not_on_file" => Kind::Open,
            other if other.starts_with("registry.") => Kind::Fail,
            _ => continue,
        };
        codes.insert((code, kind.code()));
    }
    for code in arms(&source("registry/mod.rs")) {
        codes.insert((code, Kind::Open.code()));
    }
    codes
}

/// Text literals that follow `=> ` in a source file.
fn arms(source: &str) -> BTreeSet<String> {
    literals_after(source, "=> ").into_iter().collect()
}

#[test]
fn every_error_has_an_entry_and_no_other_code_is_an_error() {
    let entries: BTreeSet<String> = entries()
        .filter(|entry| entry.kind == Kind::Error)
        .map(|entry| entry.code.to_owned())
        .collect();
    let codes: BTreeSet<String> = [
        "error.rs",
        "error/attest.rs",
        "error/audit.rs",
        "error/bench.rs",
        "error/door.rs",
        "error/fetch.rs",
        "error/line.rs",
        "error/reconcile.rs",
        "error/serve.rs",
        "error/load.rs",
        "error/setup.rs",
        "error/snapshot.rs",
        "error/trust.rs",
        "agent/protocol/fault.rs",
    ]
    .into_iter()
    .flat_map(|file| arms(&source(file)))
    .filter(|word| word.contains('.'))
    .collect();
    assert_eq!(entries, codes);
}

#[test]
fn every_code_in_use_has_an_entry_and_every_entry_is_in_use() {
    let entries: BTreeSet<(String, &str)> = entries()
        .filter(|entry| entry.kind != Kind::Error)
        .map(|entry| (entry.code.to_owned(), entry.kind.code()))
        .collect();
    let codes = codes_of_checks();
    let without_words: Vec<_> = codes.difference(&entries).collect();
    assert!(without_words.is_empty(), "no words: {without_words:?}");
    let unused: Vec<_> = entries.difference(&codes).collect();
    assert!(unused.is_empty(), "nobody gives: {unused:?}");
    assert!(codes.len() > 50, "the scan sees the code");
}

#[test]
fn every_field_has_a_name() {
    let holder = source("verify/holder.rs");
    let mut fields = literals_after(&holder, "put(");
    fields.extend(literals_after(&holder, "vec![("));
    assert!(fields.len() > 10, "the scan sees the fields");
    // The names under which the registry compares stand before a comma.
    let answer = source("registry/answer.rs");
    fields.extend(
        literals_after(&answer, "(")
            .into_iter()
            .filter(|name| answer.contains(&format!("(\"{name}\", self."))),
    );
    for lang in [Lang::Vi, Lang::En] {
        for field in &fields {
            assert!(label(Labelled::Field, field, lang).is_some(), "{field}");
        }
    }
}

/// The tables of codes have a number in front of each word.
#[test]
fn every_word_and_field_of_a_biometric_record_has_a_name() {
    let mut words = Vec::new();
    let mut fields = Vec::new();
    let fixed = sources("lds/biometrics").into_iter();
    for text in fixed.chain(sources("lds/biometrics/extensible")) {
        for (before, rest) in text
            .match_indices("\"")
            .step_by(2)
            .map(|(at, _)| text.split_at(at))
        {
            let literal = rest.trim_start_matches('"').split('"').next().unwrap();
            let number = before
                .trim_end()
                .strip_suffix(',')
                .and_then(|head| head.rsplit('(').next());
            let code =
                number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
            let named = literal
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if code && named {
                words.push(literal.to_owned());
            } else if named
                && (before.trim_end().ends_with("shown(") || before.trim_end().ends_with("put("))
            {
                fields.push(literal.to_owned());
            }
        }
    }
    assert!(words.len() > 90 && fields.len() > 20, "the scan sees them");
    for word in words {
        assert!(label(Labelled::Value, &word, Lang::Vi).is_some(), "{word}");
    }
    for field in fields {
        assert!(
            label(Labelled::Field, &field, Lang::Vi).is_some(),
            "{field}"
        );
    }
}

#[test]
fn every_quirk_that_a_read_can_meet_has_a_name() {
    let mut quirks: Vec<String> = sources("reader")
        .iter()
        .flat_map(|text| literals_after(text, "note("))
        .collect();
    quirks.push("select-mf-6a87".to_owned());
    quirks.extend(literals_after(&source("reader/setback.rs"), "Some("));
    quirks.extend(arms(&source("sim/quirk.rs")));
    quirks.extend(arms(&source("sim/quirk/issued.rs")));
    assert!(quirks.len() > 20, "the scan sees the quirks");
    for quirk in quirks {
        assert!(
            label(Labelled::Quirk, &quirk, Lang::Vi).is_some(),
            "{quirk}"
        );
    }
}

#[test]
fn every_text_is_whole() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        assert!(seen.insert(entry.code), "{} twice", entry.code);
        for text in [entry.vi, entry.vi_remedy, entry.en, entry.en_remedy] {
            assert!(
                text.ends_with('.') && text.len() > 5,
                "{}: {text}",
                entry.code
            );
            assert!(!text.contains(". "), "one sentence each: {text}");
            assert!(is_nfc(text), "{text}");
        }
        assert!(
            !entry.vi.is_ascii() && !entry.vi_remedy.is_ascii(),
            "{}",
            entry.code
        );
        assert!(
            entry.vi_remedy.starts_with("Vui lòng "),
            "{}",
            entry.vi_remedy
        );
        for text in [entry.en, entry.en_remedy] {
            assert!(
                text.chars()
                    .all(|letter| letter.is_ascii() || "“”".contains(letter)),
                "{text}"
            );
        }
    }
    let mut named = BTreeSet::new();
    for (kind, names) in tables() {
        for (name, _, _) in *names {
            assert!(
                named.insert(format!("{kind:?} {name}")),
                "{kind:?} {name} twice"
            );
        }
        assert!(
            names
                .iter()
                .all(|(_, vi, en)| !vi.is_empty() && en.is_ascii() && is_nfc(vi))
        );
    }
}

#[test]
fn every_next_action_and_verdict_has_a_name() {
    let words = arms(&source("error.rs")).into_iter();
    for action in words.filter(|word| !word.contains('.')) {
        assert!(
            label(Labelled::NextAction, &action, Lang::Vi).is_some(),
            "{action}"
        );
    }
    for verdict in ["genuine", "not_in_force", "not_genuine", "inconclusive"] {
        for kind in [Labelled::Verdict, Labelled::VerdictExplanation] {
            assert!(label(kind, verdict, Lang::En).is_some(), "{verdict}");
        }
    }
    let words = arms(&source("registry/answer.rs")).into_iter();
    for word in words.filter(|word| !word.contains('.')) {
        let name = |kind| label(kind, &word, Lang::Vi);
        assert!(
            name(Labelled::CardStatus)
                .or(name(Labelled::Agreement))
                .or(name(Labelled::Person))
                .or(name(Labelled::Decision))
                .or(name(Labelled::Source))
                .is_some(),
            "{word}"
        );
    }
}

#[test]
fn every_refusal_of_a_registry_has_a_sentence() {
    for problem in ProblemCode::ALL {
        let words = label(Labelled::Problem, problem.code(), Lang::Vi);
        assert!(words.is_some(), "{}", problem.code());
        let words = label(Labelled::Problem, problem.code(), Lang::En);
        assert_eq!(words, Some(problem.title()));
    }
}

#[test]
fn an_unknown_code_still_has_words() {
    assert!(entry("no.such_code").is_none());
    assert!(!sentence("no.such_code", Lang::Vi).is_empty());
    assert!(!remedy("no.such_code", Lang::En).is_empty());
    assert_eq!(label(Labelled::Field, "no_such_field", Lang::En), None);
    assert_eq!(Lang::from_code("vi"), Some(Lang::Vi));
    assert_eq!(Lang::from_code("fr"), None);
}

#[test]
fn a_quirk_is_named_with_or_without_its_number() {
    let name = |name| label(Labelled::Quirk, name, Lang::En);
    assert_eq!(name("chunk-limit-112"), name("chunk-limit"));
    assert!(name("chunk-limit").is_some());
    assert!(name("select-mf-6d00").is_some());
    assert_ne!(name("select-mf-6d00"), name("select-mf-6a86"));
    assert!(name("external-authenticate-le-00").is_some());
    assert!(name("select-mf-6a87").is_some());
    assert_eq!(name("no-such-quirk-7"), None);
}

/// What `docs/codes.md` must hold.
fn documentation() -> String {
    let mut page = String::from(
        "# Codes\n\n\
         Made from the table in `src/render/words`; do not edit. After a change there, run\n\
         `CANCUOC_BLESS=1 cargo test --lib words`.\n\n\
         Codes are stable: scripts may lean on them. An *error* says that something could not be\n\
         found out; *pass*, *open* and *fail* are the outcomes of a check; a *note* changes\n\
         nothing; *ok*, *warning*, *problem* and *unknown* are what `cancuoc doctor` finds. The second\n\
         sentence is the remedy.\n",
    );
    let title = |family: &str, kind| match (family, kind) {
        (_, Kind::Error) => "Errors",
        ("access", _) => "Check `access`",
        ("sod", _) => "Check `sod_signature`",
        ("chain", _) => "Check `signer_chain`",
        ("revocation", _) => "Check `revocation`",
        ("hashes", _) => "Check `hashes`",
        ("consistency", _) => "Check `consistency`",
        ("chip", _) => "Check `chip`",
        ("validity", _) => "Check `validity`",
        ("registry", _) => "Check `registry`",
        ("doctor", _) => "Findings of `cancuoc doctor`",
        _ => "Deviations",
    };
    let mut last = "";
    for Entry {
        code,
        kind,
        vi,
        vi_remedy,
        en,
        en_remedy,
    } in entries()
    {
        let title = title(code.split('.').next().unwrap(), *kind);
        if title != last {
            last = title;
            let head = "| code | | English | Tiếng Việt |\n|---|---|---|---|";
            writeln!(page, "\n## {title}\n\n{head}").unwrap();
        }
        let kind = kind.code();
        writeln!(
            page,
            "| `{code}` | {kind} | {en} {en_remedy} | {vi} {vi_remedy} |"
        )
        .unwrap();
    }
    page
}

#[test]
fn the_documentation_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes.md");
    let expected = documentation();
    if env::var_os("CANCUOC_BLESS").is_some() {
        fs::write(path, &expected).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/codes.md is old: CANCUOC_BLESS=1 cargo test --lib words"
    );
}

#[test]
fn a_profile_may_list_the_quirks_that_have_a_name_and_no_others() {
    let lists = labels::LABELS.iter().chain(fields::FIELDS);
    let lists = lists.filter(|(kind, _)| *kind == Labelled::Quirk);
    let named: BTreeSet<&str> = lists
        .flat_map(|(_, names)| names.iter().map(|(name, _, _)| *name))
        .chain(issued::ISSUED.iter().map(|(name, _, _)| *name))
        .collect();
    let known: BTreeSet<&str> = crate::profile::quirks::KNOWN.into_iter().collect();
    let missing: Vec<_> = named.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "not in profile::quirks::KNOWN: {missing:?}"
    );
    let unnamed: Vec<_> = known.difference(&named).collect();
    assert!(unnamed.is_empty(), "no words: {unnamed:?}");
}

#[test]
fn every_rule_advice_and_fault_of_a_row_has_a_name() {
    let faults: BTreeSet<String> = ["records.rs", "row.rs"]
        .into_iter()
        .map(|file| source(&format!("registry/reconcile/{file}")))
        .flat_map(|text| {
            let found = text.split("\"row.").skip(1);
            let found = found.filter_map(|rest| rest.split('"').next());
            found.map(|name| format!("row.{name}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.len() > 8, "the scan sees the faults");
    let rules = Rule::ALL.iter().map(|rule| (Labelled::Rule, rule.code()));
    let advice = ADVICE.into_iter().map(|word| (Labelled::Advice, word));
    let faults = faults
        .iter()
        .map(|code| (Labelled::RowFault, code.as_str()));
    for (kind, name) in rules.chain(advice).chain(faults) {
        for lang in [Lang::Vi, Lang::En] {
            assert!(label(kind, name, lang).is_some(), "{name}");
        }
    }
}

/// A program that takes a field for granted must find it in the documentation.
#[test]
fn every_field_and_deviation_is_documented() {
    let page = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(name);
        fs::read_to_string(path).unwrap()
    };
    let fields = page("report.md") + &page("terminal.md");
    let undocumented: BTreeSet<&str> = tables()
        .filter(|(kind, _)| *kind == Labelled::Field)
        .flat_map(|(_, names)| names.iter().map(|(name, _, _)| *name))
        .filter(|name| !fields.contains(&format!("`{name}`")))
        .collect();
    assert!(
        undocumented.is_empty(),
        "neither in docs/report.md nor in docs/terminal.md: {undocumented:?}"
    );
    let deviations = page("deviations.md");
    let undocumented: BTreeSet<&str> = entries()
        .map(|entry| entry.code)
        .filter(|code| code.starts_with("deviation."))
        .filter(|code| {
            // `.birth` behind a code stands for that code with another end.
            let (_, end) = code.rsplit_once('.').unwrap();
            let short = code.matches('.').count() > 1 && deviations.contains(&format!("`.{end}`"));
            !short && !deviations.contains(&format!("`{code}`"))
        })
        .collect();
    assert!(
        undocumented.is_empty(),
        "no row in docs/deviations.md: {undocumented:?}"
    );
}
