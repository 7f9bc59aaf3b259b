//! What keeps people from using a page, as axe-core finds it.
//!
//! `make packages-test` puts axe-core, in a version and with a digest that the Makefile names, under
//! `target`; nothing of it is part of this project.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;

use super::tab::Tab;

/// Where `make packages-test` puts it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/axe/axe.min.js");

/// The success criteria of WCAG up to 2.2, levels A and AA, and what is good practice besides.
const TAGS: &str =
    "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']";

/// Asserts that axe finds nothing wrong with what the page shows now.
///
/// Where axe cannot decide, as with text over a picture, it says so apart; those are not asserted.
#[track_caller]
pub fn assert_usable(tab: &Tab, screen: &str) {
    let Some(script) = script() else {
        return;
    };
    if tab.eval("typeof axe") == "undefined" {
        tab.eval(&format!("{script}; 0"));
    }
    let found = tab.eval(&format!(
        "axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations'], preload: false}}).then(found => \
         ({{version: found.testEngine.version, passes: found.passes.length, \
         violations: found.violations.map(rule => ({{rule: rule.id, why: rule.help, \
         where: rule.nodes.map(node => node.html + ' ' + node.failureSummary)}}))}}))"
    ));
    assert!(found["passes"].as_u64().unwrap() > 5, "{screen}: {found}");
    let none = found["violations"].as_array().is_some_and(Vec::is_empty);
    assert!(none, "{screen}: {:#}", found["violations"]);
}

/// axe-core; said once when it is not there.
fn script() -> Option<&'static str> {
    static SCRIPT_TEXT: OnceLock<Option<String>> = OnceLock::new();
    let text = SCRIPT_TEXT.get_or_init(|| match fs::read_to_string(SCRIPT) {
        Ok(text) => Some(text),
        Err(error) => {
            eprintln!(
                "NOT TESTED: accessibility, since axe-core is not there ({error}); \
                 `make packages-test` fetches it"
            );
            None
        }
    });
    text.as_deref()
}

/// Whether axe is there and finds what is wrong with a page that is meant to be wrong.
#[test]
fn axe_finds_what_is_wrong() {
    use super::tab::Person;

    let Some(script) = script() else {
        return;
    };
    let Some(person) = Person::new() else {
        return;
    };
    let tab = person.tab();
    tab.go("data:text/html,<title>x</title><button></button><p style='color:%23ccc'>pale</p>");
    tab.eval(&format!("{script}; 0"));
    let rules = tab.eval(&format!(
        "axe.run(document, {{runOnly: {TAGS}}}).then(found => found.violations.map(rule => rule.id))"
    ));
    for rule in ["button-name", "color-contrast", "html-has-lang"] {
        assert!(
            rules.as_array().unwrap().contains(&Value::from(rule)),
            "{rules}"
        );
    }
}
