//! What a clerk does at the counter's page, with keys alone.

use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;

use super::agent::Counter;
use super::tab::Person;
use super::tab::Tab;

/// Notes every change of what the page says, with the page's own clock.
pub const RECORDER: &str = r#"
window.recorded = [];
new MutationObserver(() => {
    const text = selector => document.querySelector(selector)?.innerText?.trim() ?? '';
    const now = {
        stage: document.querySelector('#main')?.dataset.stage ?? '',
        verdict: document.querySelector('#main')?.dataset.verdict ?? '',
        said: text('#status') + '|' + text('#alert') + '|' + text('#phase'),
        name: text('#holder-name'),
        photo: document.querySelector('img#portrait:not([hidden])')?.src?.length > 0,
    };
    const words = JSON.stringify(now);
    if (words !== window.recordedLast) {
        window.recordedLast = words;
        window.recorded.push({at: performance.now(), ...now});
    }
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"#;

/// The two languages of the pages.
pub const LANGUAGES: [&str; 2] = ["vi", "en"];

/// A shipped persona.
pub fn shipped(name: &str) -> Persona {
    persona::find(name).unwrap()
}

/// A page of the agent's in a person's browser that is paired already.
pub fn again(counter: &Counter, person: &Person, path: &str) -> Tab {
    let tab = person.tab();
    tab.before_all(RECORDER);
    assert_eq!(tab.go(&counter.url(path)), None);
    tab
}

/// A page of the agent's, paired with it by typing the code.
pub fn paired(counter: &Counter, person: &Person, path: &str) -> Tab {
    let tab = again(counter, person, path);
    pair(counter, &tab);
    tab
}

/// Types the code where it is asked for.
pub fn pair(counter: &Counter, tab: &Tab) {
    enter_code(counter, tab);
    stage(tab, &["idle", "welcome"]);
}

/// The same where the page may come to anything then.
pub fn enter_code(counter: &Counter, tab: &Tab) {
    stage(tab, &["pair"]);
    tab.tab_to("#pair-code");
    tab.typed(&counter.code());
    tab.press("Enter");
}

/// Asserts that a page which wants to be paired names the command for the service of the package, and the one
/// for the program that somebody runs.
#[track_caller]
pub fn assert_both_commands(tab: &Tab) {
    let commands = tab
        .eval("[...document.querySelectorAll('[data-view=pair] code')].map(one => one.innerText)");
    let both = ["sudo cancuoc-service agent pair", "cancuoc agent pair"];
    assert_eq!(commands, serde_json::json!(both));
}

/// Waits for one of these stages, and for everything that moves with it to have come to rest.
#[track_caller]
pub fn stage(tab: &Tab, stages: &[&str]) {
    let any: Vec<String> = stages
        .iter()
        .map(|stage| format!("document.querySelector('#main[data-stage={stage}]')"))
        .collect();
    tab.until(&any.join(" || "));
}

/// Waits for the result; checks the verdict.
#[track_caller]
pub fn verdict(tab: &Tab, verdict: &str) {
    stage(tab, &["result", "failed"]);
    let found = tab.eval("document.querySelector('#main').dataset.verdict ?? ''");
    assert_eq!(found, verdict, "{}", tab.text("#main"));
}

/// Types the key of a card that lies on the reader.
#[track_caller]
pub fn key(tab: &Tab, key: &str) {
    stage(tab, &["key"]);
    tab.tab_to("#key-input");
    tab.typed(key);
    tab.press("Enter");
}

/// Lays a card down, types its key and waits for the verdict.
#[track_caller]
pub fn read(counter: &Counter, tab: &Tab, persona: &Persona, expected: &str) {
    counter.lay(0, persona);
    key(tab, &persona.can());
    verdict(tab, expected);
}

/// Every value of a person that must not be left anywhere.
pub fn personal(persona: &Persona) -> Vec<String> {
    let citizen = &persona.citizen;
    vec![
        citizen.name.clone(),
        citizen.number.clone(),
        citizen.residence.clone(),
        persona.mrz(),
        persona.can(),
    ]
}
