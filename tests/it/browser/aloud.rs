//! What is heard: tones, and what a screen reader says.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::agent::Counter;
use super::agent::Setup;
use super::clerk;
use super::clerk::LANGUAGES;
use super::clerk::shipped;
use super::tab::Person;
use super::tab::Tab;

/// Notes the frequencies of tones, and every sentence that the live regions say.
const EARS: &str = r#"
window.tones = [];
window.AudioContext = class {
    state = 'running';
    currentTime = 0;
    createOscillator() {
        const frequency = { set value(hertz) { window.tones.push(hertz); } };
        return { frequency, connect: (to) => to, start() {}, stop() {} };
    }
    createGain() {
        return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to) => to };
    }
};
window.said = [];
new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
        if (!['status', 'alert'].includes(target.id)) continue;
        for (const node of addedNodes) window.said.push([target.id, node.textContent]);
    }
}).observe(document, { subtree: true, childList: true });
"#;

/// Tones of the beginning, of the end, and of a card that is taken, in hertz.
const TONES: [u32; 4] = [660, 660, 880, 392];

fn sentences(tab: &Tab) -> Vec<(String, String)> {
    let said = tab.eval("window.said");
    let said = said.as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    said.map(|one| (text(&one[0]), text(&one[1]))).collect()
}

#[test]
fn what_happens_is_heard_once_and_more_time_is_to_be_had() {
    let Some(person) = Person::new() else {
        return;
    };
    let an = shipped("an");
    for (lang, page) in LANGUAGES.into_iter().zip(["/", "/kiosk.html"]) {
        // So little time that its end is told of at once.
        let counter = Counter::with(Setup {
            clear: Duration::from_secs(19),
            ..Setup::default()
        });
        let tab = person.tab();
        tab.before_all(EARS);
        tab.go(&counter.url(&format!("{page}?lang={lang}")));
        clerk::pair(&counter, &tab);
        counter.lay(0, &an);
        clerk::stage(&tab, &["key"]);
        tab.typed(&an.can());
        tab.press("Enter");
        clerk::verdict(&tab, "genuine");
        let verdict = tab.text("#verdict-word");
        let warned = tab.eval(&format!(
            "import('/words.js').then(words => words.say('{lang}', 'soonCleared').split('{{count}}'))"
        ));
        let warns = |text: &str| {
            let parts = warned.as_array().unwrap().iter();
            parts
                .into_iter()
                .all(|part| text.contains(part.as_str().unwrap()))
        };
        let said = sentences(&tab);
        let of = |which: &dyn Fn(&str) -> bool| -> Vec<&str> {
            let found = said.iter().filter(|(_, text)| which(text));
            found.map(|(region, _)| region.as_str()).collect()
        };
        assert_eq!(
            of(&|text| text.starts_with(&verdict)),
            ["alert"],
            "{said:?}"
        );
        tab.until("window.said.length > 2");
        counter.take(0);
        tab.until("window.tones.length > 3");
        assert_eq!(tab.eval("window.tones"), json!(TONES));
        tab.until("document.querySelector('#countdown').checkVisibility()");
        assert_eq!(
            sentences(&tab)
                .iter()
                .filter(|(_, text)| warns(text))
                .count(),
            1
        );
        tab.eval("window.said = []; document.querySelector('#more-time').click() ?? 0");
        tab.until("window.said.length > 0");
        tab.assert_well_behaved();
    }
}

#[test]
fn a_page_whose_sound_is_off_is_silent() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::open();
    let tab = person.tab();
    tab.before_all(EARS);
    tab.go(&counter.url("/?lang=vi&sound=off"));
    clerk::pair(&counter, &tab);
    counter.lay(0, &shipped("an"));
    clerk::stage(&tab, &["key"]);
    assert_eq!(tab.eval("window.tones"), json!([]));
    tab.assert_well_behaved();
}
