//! The counter's page, from pairing to the slip, with keys alone.

use std::fs;
use std::time::Duration;

use cancuoc::registry::Embedded;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::pki;
use serde_json::Value;

use super::agent::Counter;
use super::agent::Setup;
use super::clerk;
use super::clerk::LANGUAGES;
use super::clerk::shipped;
use super::key;
use super::seen::LONG_NAME;
use super::seen::as_it_feels;
use super::seen::assert_caveat;
use super::seen::assert_forgotten;
use super::seen::assert_not_sideways;
use super::seen::read_and_left;
use super::seen::shown;
use super::seen::slipped;
use super::tab::Person;
use super::tab::Tab;
use crate::support::home::Home;

/// What a person notices as at once.
pub const FEEDBACK: f64 = 300.0;

/// A busy machine may take so many times what a quiet one takes.
pub const BUSY: f64 = 10.0;

/// How often the first feedback is measured.
const TIMES: usize = 10;

#[test]
fn a_genuine_card_is_read_by_keyboard_in_both_languages() {
    let an = shipped("an");
    for lang in LANGUAGES {
        let counter = Counter::open();
        let Some(person) = Person::new() else {
            return;
        };
        let tab = person.tab();
        tab.before_all(clerk::RECORDER);
        tab.go(&counter.url(&format!("/?lang={lang}")));
        clerk::stage(&tab, &["pair"]);
        assert_eq!(tab.eval("document.documentElement.lang"), lang);
        shown(&tab, &format!("counter-pair-{lang}"));
        clerk::assert_both_commands(&tab);
        clerk::pair(&counter, &tab);
        shown(&tab, &format!("counter-idle-{lang}"));
        clerk::read(&counter, &tab, &an, "genuine");
        assert_eq!(tab.text("#holder-name"), an.citizen.name);
        tab.until("document.querySelector('#portrait').naturalWidth > 100");
        shown(&tab, &format!("counter-genuine-{lang}"));
        assert!(tab.text("#next-sentence").ends_with('.'));
        assert!(!tab.text("#trust-age").is_empty(), "the age of trust data");
        assert_eq!(
            tab.eval("document.querySelector('#holder-number').offsetHeight < 45"),
            true,
            "the number stands on one line"
        );
        let unexplained = tab.eval(
            "[...document.querySelectorAll('#checks li')]\
             .filter(row => !row.querySelector('.check-why').innerText.trim()).length",
        );
        assert_eq!(unexplained, 0, "checks without a reason");
        // Fetched early and once: no picture comes later than its words.
        let fetched = tab.eval(
            "performance.getEntriesByType('resource').filter(one => one.name.includes('pictures'))\
             .map(one => one.initiatorType)",
        );
        assert_eq!(fetched, serde_json::json!(["link"]));
        assert_eq!(
            tab.eval("document.querySelector('#verdict-shape').getBBox().width > 1"),
            true
        );
        assert_caveat(&tab, "not_asked");
        for check in ["access", "sod_signature", "chip", "validity"] {
            let outcome = format!("document.querySelector('[data-check={check}]').dataset.outcome");
            assert_eq!(tab.eval(&outcome), "pass", "{check}");
        }
        tab.press("F10");
        clerk::stage(&tab, &["idle", "key"]);
        assert_forgotten(&tab, &an);
        counter.take(0);
        tab.assert_well_behaved();
        for value in clerk::personal(&an) {
            assert!(!counter.log().contains(&value), "the log names a person");
        }
    }
}

#[test]
fn trust_data_that_cannot_be_read_is_told_with_what_to_do() {
    let home = Home::new();
    home.write("trust/root.cer", pki::test_root());
    let counter = Counter::with(Setup {
        trust: vec![home.path("trust")],
        ..Setup::default()
    });
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    assert!(!tab.sees("#trust-unread"), "nothing is wrong yet");
    let broken = home.write("trust/other.cer", "no certificate");
    for (lang, next) in [
        ("en", "Tell the administrator"),
        ("vi", "báo người quản trị"),
    ] {
        // Whoever changes the language has everything asked for anew.
        tab.eval("document.querySelector('#lang-switch').click() ?? 0");
        tab.until(&format!("document.documentElement.lang === '{lang}'"));
        tab.until_says("#trust-unread", next);
        assert!(tab.text("#trust-unread").contains("cancuoc doctor"));
        let code = tab.text("#trust-unread");
        assert!(code.contains("(trust."), "no code in {code}");
        shown(&tab, &format!("counter-trust-unread-{lang}"));
    }
    fs::remove_file(broken).unwrap();
    tab.eval("document.querySelector('#lang-switch').click() ?? 0");
    tab.until_gone("#trust-unread");
    tab.assert_well_behaved();
}

#[test]
fn a_register_of_sample_citizens_is_warned_of() {
    let home = Home::new();
    let counter = Counter::with(Setup {
        registry: format!("sqlite:{}", home.text("register.sqlite")),
        ..Setup::default()
    });
    drop(Embedded::open(&home.path("register.sqlite")).unwrap());
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    tab.until_says("#registry-samples", "công dân mẫu");
    shown(&tab, "counter-samples-vi");
    tab.eval("document.querySelector('#lang-switch').click() ?? 0");
    tab.until_says("#registry-samples", "sample citizens only");
    shown(&tab, "counter-samples-en");
    tab.assert_well_behaved();
}

#[test]
fn every_verdict_is_told_in_words_shape_and_colour() {
    let counter = Counter::open();
    let clone = shipped("an").with(|chip| chip.faults.push(Fault::WrongChipKey.into()));
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    let mut seen = Vec::new();
    for (name, persona, verdict) in [
        ("genuine", shipped("an"), "genuine"),
        ("cloned", clone, "not_genuine"),
        ("expired", shipped("uyen"), "not_in_force"),
        ("unprotected", shipped("son"), "inconclusive"),
    ] {
        clerk::read(&counter, &tab, &persona, verdict);
        for _ in LANGUAGES {
            let lang = tab.eval("document.documentElement.lang");
            let lang = lang.as_str().unwrap();
            shown(&tab, &format!("counter-{name}-{lang}"));
            assert_eq!(tab.sees("#who.unverified"), verdict == "not_genuine");
            seen.push((
                verdict,
                lang.to_owned(),
                tab.text("#verdict-word"),
                tab.eval("document.querySelector('#verdict-icon').innerHTML"),
                tab.eval("getComputedStyle(document.querySelector('#verdict')).backgroundColor"),
                tab.text("#next-sentence"),
            ));
            tab.tab_to("#lang-switch");
            tab.press("Enter");
            tab.until(&format!("document.documentElement.lang !== '{lang}'"));
        }
        tab.press("F10");
        counter.take(0);
        clerk::stage(&tab, &["idle"]);
    }
    tab.assert_well_behaved();
    // No two verdicts look or read alike, whatever one does not see of them.
    for (index, one) in seen.iter().enumerate() {
        assert!(!one.2.is_empty() && !one.5.is_empty(), "{one:?}");
        for other in seen.iter().take(index) {
            assert_ne!(one.2, other.2);
            if one.0 != other.0 {
                assert_ne!(one.3, other.3, "{} {}", one.0, other.0);
                assert_ne!(one.4, other.4, "{} {}", one.0, other.0);
            }
        }
    }
}

#[test]
fn a_wrong_key_is_asked_for_again_and_a_card_that_slipped_is_waited_for() {
    let counter = Counter::open();
    let an = shipped("an");
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=en");

    counter.lay(0, &an);
    clerk::key(&tab, "999999");
    tab.until("document.querySelector('#key-error').innerText.trim() !== ''");
    clerk::stage(&tab, &["key"]);
    shown(&tab, "counter-wrong-key-en");
    clerk::key(&tab, &an.can());
    clerk::verdict(&tab, "genuine");
    tab.press("F4");
    tab.until("document.querySelector('#number-toggle[aria-pressed=true]')");
    counter.take(0);

    // Every card begins masked, also where the one before was not, and nobody said that it is done with.
    slipped(&counter, &tab, &an, clerk::key, "counter-paused-en");
    let masked = tab.eval("document.querySelector('#number-toggle').getAttribute('aria-pressed')");
    assert_eq!(masked, "false");
    counter.take(0);
    tab.assert_well_behaved();
}

/// What needs the scripts of a page and nothing of an agent.
#[test]
fn the_scripts_do_alone_what_they_are_for() {
    let counter = Counter::open();
    let Some(person) = Person::new() else {
        return;
    };
    let tab = person.tab();
    tab.go(&counter.url("/?lang=en"));
    a_card_that_leaves_before_its_key_arrives_is_asked_for(&tab);
    what_a_page_shows_is_of_its_own_session_and_of_the_card_that_lies_there(&tab);
    what_the_registry_did_not_say_is_said_of_cards_that_passed_only(&tab);
}

fn a_card_that_leaves_before_its_key_arrives_is_asked_for(tab: &Tab) {
    let phase = tab.eval(
        "import('/readers.js').then(async ({Readers}) => { \
         let tell; \
         const agent = {on: (_, hears) => { tell = hears; }, claim: async () => {}, \
            read: async () => ({read: 'a'}), key: async () => {}}; \
         const readers = new Readers(agent, () => {}); \
         const reader = {reader: 'r1', name: 'R', state: 'free', mine: false, card: 'emrtd'}; \
         await readers.greeted({session: 's', seq: 0, readers: [reader], owns: []}); \
         tell({event: 'key_wanted', reader: 'r1', read: 'a', kinds: ['can']}); \
         await readers.key(readers.slot, '000123'); \
         const before = readers.slot.phase; \
         tell({event: 'card_removed', reader: 'r1'}); \
         return [before, readers.slot.phase]; })",
    );
    assert_eq!(phase, serde_json::json!(["opening", "waiting"]));
}

fn what_a_page_shows_is_of_its_own_session_and_of_the_card_that_lies_there(tab: &Tab) {
    // The connection broke after a result, and the next card came before it was back.
    let kept = tab.eval(
        "import('/readers.js').then(async ({Readers}) => { \
         let tell; \
         const agent = {on: (_, hears) => { tell = hears; }, claim: async () => {}, \
            read: async () => ({read: 2})}; \
         const readers = new Readers(agent, () => {}); \
         const greet = (session, card) => readers.greeted({session, seq: 0, owns: [], \
            readers: [{reader: 'r1', name: 'R', state: 'claimed', mine: true, card}]}); \
         const kept = []; \
         agent.end = async () => {}; \
         await greet('s', 'none'); \
         for (const card of ['none', 'emrtd']) { \
            tell({event: 'result', reader: 'r1', read: 1, report: {checks: {}}, clear_in_s: 120}); \
            await greet('s', card); \
            kept.push(readers.slot.report !== undefined); \
         } \
         tell({event: 'result', reader: 'r1', read: 1, report: {checks: {}}, clear_in_s: 120}); \
         tell({event: 'card_removed', reader: 'r1'}); \
         readers.current = 'r2'; \
         await greet('s', 'emrtd'); \
         kept.push(readers.slots.get('r1').report !== undefined); \
         return kept; })",
    );
    assert_eq!(kept, serde_json::json!([true, false, false]));
    // Two attempts to connect at once make one session, and only what is of it is heard.
    let heard = tab.eval(
        "import('/embed.js').then(async ({Cancuoc}) => { \
         const made = []; \
         window.WebSocket = class { \
            static OPEN = 1; \
            readyState = 1; \
            constructor() { made.push(this); queueMicrotask(() => this.onopen()); } \
            say(what) { this.onmessage({data: JSON.stringify(what)}); } \
            send(text) { \
               const ok = {session: `s${made.indexOf(this)}`, seq: 0, readers: [], owns: []}; \
               queueMicrotask(() => this.say({reply_to: JSON.parse(text).id, ok})); } \
            close() { this.readyState = 3; queueMicrotask(() => this.onclose()); } \
         }; \
         const heard = []; \
         const agent = new Cancuoc({token: 't'}); \
         agent.on('*', ({event}) => heard.push(event)); \
         await Promise.allSettled([agent.connect(), agent.connect()]); \
         made[0].say({seq: 5, event: 'card_removed'}); \
         made[1].say({seq: 1, event: 'result'}); \
         return [heard, made[0].readyState, agent.place.session, agent.state]; })",
    );
    assert_eq!(heard, serde_json::json!([["result"], 3, "s1", "open"]));
}

fn what_the_registry_did_not_say_is_said_of_cards_that_passed_only(tab: &Tab) {
    for (verdict, outcome, code, word) in [
        ("genuine", "open", "registry.not_asked", "caveat_not_asked"),
        (
            "genuine",
            "open",
            "registry.not_reached",
            "caveat_not_reached",
        ),
        ("genuine", "open", "registry.stale", "caveat_stale"),
        ("genuine", "open", "registry.snapshot_stale", "caveat_stale"),
        ("genuine", "open", "registry.refused", "caveat_other"),
        ("inconclusive", "open", "registry.offline", "caveat_other"),
        ("genuine", "pass", "registry.confirmed", ""),
        ("not_in_force", "fail", "registry.revoked", ""),
        ("not_in_force", "open", "registry.not_asked", ""),
        ("not_genuine", "open", "registry.not_asked", ""),
    ] {
        let said = tab.eval(&format!(
            "import('/show.js').then(show => show.caveat({{verdict: '{verdict}', \
             checks: {{registry: {{outcome: '{outcome}', code: '{code}'}}}}}}) ?? '')"
        ));
        assert_eq!(said, word, "{verdict} {code}");
    }
}

#[test]
fn feedback_is_at_once_and_text_comes_before_the_photo() {
    let counter = Counter::open();
    let an = shipped("an");
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=en");
    for time in 1..=TIMES {
        let before = tab.eval("performance.now()").as_f64().unwrap();
        counter.lay_at(0, &an, as_it_feels());
        clerk::stage(&tab, &["key"]);
        let first = recorded(&tab)
            .into_iter()
            .filter_map(|entry| entry["at"].as_f64())
            .find(|at| *at > before)
            .unwrap();
        let took = first - before;
        println!("first feedback after {took:.0} ms");
        assert!(took < FEEDBACK * BUSY, "{took} ms");
        if time < TIMES {
            counter.take(0);
            tab.press("Escape");
            clerk::stage(&tab, &["idle"]);
        }
    }

    clerk::key(&tab, &an.can());
    tab.until_seen("#partial #holder-name");
    shown(&tab, "counter-partial-en");
    clerk::verdict(&tab, "genuine");
    let entries = recorded(&tab);
    let text = entries
        .iter()
        .position(|entry| entry["name"] == an.citizen.name.as_str());
    let photo = entries.iter().position(|entry| entry["photo"] == true);
    let (text, photo) = (
        &entries[text.unwrap()]["at"],
        &entries[photo.unwrap()]["at"],
    );
    println!("text after {text}, photo after {photo} ms of the page's life");
    assert!(text.as_f64() < photo.as_f64());
    counter.take(0);
    tab.assert_well_behaved();
}

fn recorded(tab: &Tab) -> Vec<Value> {
    tab.eval("window.recorded").as_array().unwrap().clone()
}

#[test]
fn a_result_is_masked_and_printed() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::open();
    let an = shipped("an");
    let number = an.citizen.number.as_str();
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    clerk::read(&counter, &tab, &an, "genuine");
    assert!(!digits(&tab.text("#main")).contains(number));
    tab.press("F4");
    tab.until(&format!(
        "document.querySelector('#holder-number').innerText.replace(/\\s/g, '').includes('{number}')"
    ));
    shown(&tab, "counter-unmasked-vi");
    tab.press("F4");
    tab.until(&format!(
        "!document.querySelector('#main').innerText.replace(/\\s/g, '').includes('{number}')"
    ));

    // The browser's own dialog would stop the page.
    tab.eval(
        "window.print = () => { dispatchEvent(new Event('beforeprint')); window.printed = true; }; 0",
    );
    tab.press("F9");
    tab.until("window.printed");
    tab.prefers(&[], true);
    assert!(tab.sees("#slip") && !tab.sees("#bar"));
    assert!(!digits(&tab.text("#slip")).contains(number));
    assert!(!tab.text("#slip-verdict").is_empty() && !tab.text("#slip-time").is_empty());
    assert!(!tab.text("#slip-caveat").is_empty());
    shown(&tab, "counter-slip-vi");
    tab.paper("counter-slip-vi");
    tab.prefers(&[], false);

    // A browser may keep a page that is left, for who goes back to it.
    let left = tab.eval(
        "dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true})); \
         ['holder', 'slip'].map(id => document.getElementById(id).childElementCount) \
            .concat(document.querySelector('#portrait').getAttribute('src'))",
    );
    assert_eq!(left, serde_json::json!([0, 0, null]));
    tab.assert_well_behaved();
}

/// A text without what stands between its digits.
fn digits(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn a_result_is_cleared_after_its_time() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::with(Setup {
        clear: Duration::from_secs(1),
        ..Setup::default()
    });
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    read_and_left(&counter, &tab, &shipped("an"), clerk::key);
}

#[test]
fn a_registry_that_is_down_is_told_and_not_passed_over() {
    let counter = Counter::with(Setup {
        registry: "postgres://nobody@127.0.0.1:9/nothing".into(),
        ..Setup::default()
    });
    let an = shipped("an");
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=en");
    counter.lay(0, &an);
    clerk::key(&tab, &an.can());
    clerk::stage(&tab, &["result"]);
    let check = tab.eval("({...document.querySelector('[data-check=registry]').dataset})");
    assert_eq!(check["outcome"], "open", "{check}");
    assert_caveat(&tab, "not_reached");
    shown(&tab, "counter-registry-down-en");
    tab.touch("#lang-switch");
    tab.until("document.documentElement.lang === 'vi'");
    assert_caveat(&tab, "not_reached");
    shown(&tab, "counter-registry-down-vi");
    counter.take(0);
    tab.assert_well_behaved();
}

#[test]
fn two_readers_are_two_tabs_and_another_page_gets_nothing_of_them() {
    let counter = Counter::with(Setup {
        readers: 2,
        ..Setup::default()
    });
    let (an, binh) = (shipped("an"), shipped("binh"));
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=en");
    tab.until("document.querySelectorAll('[data-test=reader-tab]').length === 2");
    clerk::read(&counter, &tab, &an, "genuine");
    shown(&tab, "counter-two-readers-en");
    counter.lay(1, &binh);
    tab.tab_to("[data-test=reader-tab][aria-selected=true]");
    tab.press("ArrowRight");
    clerk::key(&tab, &binh.can());
    tab.until_says("#holder-name", &binh.citizen.name);
    clerk::verdict(&tab, "genuine");

    // The same person's second window: it may ask, but it owns no reader.
    let other = clerk::again(&counter, &person, "/?lang=en");
    clerk::stage(&other, &["taken"]);
    shown(&other, "counter-taken-en");
    assert_forgotten(&other, &an);
    assert_forgotten(&other, &binh);

    tab.tab_to("[data-test=reader-tab][aria-selected=true]");
    tab.press("ArrowLeft");
    tab.until_says("#holder-name", &an.citizen.name);
    assert_forgotten(&other, &an);
    tab.assert_well_behaved();
    other.assert_well_behaved();
    other.close();
    tab.until_says("#holder-name", &an.citizen.name);

    // The next card on the reader that is not shown: whoever was before is forgotten there, too.
    counter.take(1);
    counter.lay(1, &an);
    tab.tab_to("[data-test=reader-tab][aria-selected=true]");
    tab.press("ArrowRight");
    clerk::stage(&tab, &["key"]);
    assert_forgotten(&tab, &binh);
}

#[test]
fn the_page_holds_at_any_size_and_in_the_dark() {
    let counter = Counter::open();
    let mut phuc = shipped("phuc");
    phuc.citizen.name = LONG_NAME.to_owned();
    let Some(person) = Person::new() else {
        return;
    };
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    clerk::read(&counter, &tab, &phuc, "genuine");
    tab.prefers(&[("prefers-color-scheme", "dark")], false);
    shown(&tab, "counter-genuine-dark-vi");
    tab.prefers(&[("prefers-reduced-motion", "reduce")], false);
    let moving =
        tab.eval("document.getAnimations().filter(one => one.playState === 'running').length");
    assert_eq!(moving, 0);
    for (name, times) in [("200", 2), ("400", 4)] {
        tab.zoomed(1280, 1024, times);
        assert_not_sideways(&tab);
        shown(&tab, &format!("counter-genuine-zoom-{name}-vi"));
    }
    tab.screen(1280, 800);
    // Colours that the person has chosen: every sign is of the colour of text.
    tab.prefers(
        &[
            ("forced-colors", "active"),
            ("prefers-color-scheme", "dark"),
        ],
        false,
    );
    let strange = tab.eval(
        "[...document.querySelectorAll('.check-sign')].filter(sign => \
         getComputedStyle(sign).color !== getComputedStyle(document.body).color).length",
    );
    assert_eq!(strange, 0, "signs in colours of their own");
    tab.picture("counter-forced-colours-vi");
    // What is chosen goes before what the machine wishes.
    tab.prefers(&[("prefers-color-scheme", "dark")], false);
    for (theme, paper) in [("light", "rgb(244, 246, 248)"), ("dark", "rgb(18, 23, 28)")] {
        tab.until(&format!(
            "document.documentElement.dataset.theme === '{theme}' || \
             void document.querySelector('#theme-switch').click()"
        ));
        tab.until(&format!(
            "getComputedStyle(document.body).backgroundColor === '{paper}'"
        ));
    }
    tab.press("F1");
    tab.until_seen("#help-dialog");
    shown(&tab, "counter-keys-vi");
    tab.press_with("Tab", key::SHIFT);
    tab.press("Escape");
    tab.until_gone("#help-dialog");
    tab.assert_well_behaved();
}
