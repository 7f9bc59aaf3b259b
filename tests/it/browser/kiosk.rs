//! The kiosk's page: a citizen alone with a card, a screen to touch and no keyboard.

use std::time::Duration;

use cancuoc::error::TransportError;
use cancuoc::sim::fault::Fault;

use super::agent::Counter;
use super::agent::Setup;
use super::axe;
use super::clerk;
use super::clerk::LANGUAGES;
use super::clerk::shipped;
use super::seen::LONG_NAME;
use super::seen::assert_caveat;
use super::seen::assert_forgotten;
use super::seen::assert_not_sideways;
use super::seen::read_and_left;
use super::seen::shown;
use super::seen::slipped;
use super::tab::Person;
use super::tab::Tab;

/// A kiosk's screen.
const SCREEN: (u32, u32) = (1080, 1920);

/// The smallest thing that a finger meets at a kiosk, in CSS pixels.
const TARGET: f64 = 60.0;

/// The smallest letters that are read at two metres, in CSS pixels: 24 are some 6 mm on such a screen.
const LETTERS: f64 = 24.0;

/// A kiosk's page, paired by whoever set it up.
fn kiosk(counter: &Counter, person: &Person, lang: &str) -> Tab {
    let tab = person.tab();
    tab.screen(SCREEN.0, SCREEN.1);
    tab.before_all(clerk::RECORDER);
    tab.go(&counter.url(&format!("/kiosk.html?lang={lang}")));
    clerk::stage(&tab, &["pair"]);
    clerk::assert_both_commands(&tab);
    clerk::enter_code(counter, &tab);
    clerk::stage(&tab, &["welcome", "no-reader", "taken"]);
    tab
}

/// Touches the digits of a card's number.
#[track_caller]
fn touch_key(tab: &Tab, digits: &str) {
    clerk::stage(tab, &["key"]);
    for digit in digits.chars() {
        tab.touch(&format!("#keypad [data-key='{digit}']"));
    }
    tab.touch("[data-key=enter]");
}

#[test]
fn a_citizen_sees_the_own_card_in_both_languages() {
    for (lang, name) in LANGUAGES.into_iter().zip(["Nguyễn Thị Mẫu An", LONG_NAME]) {
        let mut an = shipped("an");
        an.citizen.name = name.to_owned();
        let counter = Counter::open();
        let Some(person) = Person::new() else {
            return;
        };
        let tab = kiosk(&counter, &person, lang);
        shown(&tab, &format!("kiosk-welcome-{lang}"));
        assert_readable(&tab);
        tab.touch("#start");
        clerk::stage(&tab, &["idle"]);
        shown(&tab, &format!("kiosk-lay-{lang}"));
        counter.lay(0, &an);
        clerk::stage(&tab, &["key"]);
        shown(&tab, &format!("kiosk-key-{lang}"));
        assert_readable(&tab);
        // A finger that slipped.
        tab.touch("#keypad [data-key='7']");
        tab.touch("[data-key=erase]");
        touch_key(&tab, &an.can());
        clerk::verdict(&tab, "genuine");
        assert_eq!(tab.text("#holder-name"), an.citizen.name);
        assert_caveat(&tab, "not_asked");
        assert_uncut(&tab);
        shown(&tab, &format!("kiosk-genuine-{lang}"));
        assert_readable(&tab);
        tab.screen(320, 640);
        assert_not_sideways(&tab);
        tab.screen(SCREEN.0, SCREEN.1);
        assert_eq!(
            tab.eval("document.querySelectorAll('a[href]:not([href^=\"#\"])').length"),
            0
        );
        tab.touch("#finish");
        clerk::stage(&tab, &["welcome", "idle"]);
        assert_forgotten(&tab, &an);
        counter.take(0);
        tab.assert_well_behaved();
    }
}

#[test]
fn a_kiosk_tells_what_is_wrong() {
    let counter = Counter::open();
    let an = shipped("an");
    let clone = an
        .clone()
        .with(|chip| chip.faults.push(Fault::WrongChipKey.into()));
    let Some(person) = Person::new() else {
        return;
    };
    let tab = kiosk(&counter, &person, "vi");

    tab.touch("#start");
    counter.lay(0, &clone);
    touch_key(&tab, "999999");
    tab.until("document.querySelector('#key-error').innerText.trim() !== ''");
    shown(&tab, "kiosk-wrong-key-vi");
    touch_key(&tab, &an.can());
    clerk::verdict(&tab, "not_genuine");
    shown(&tab, "kiosk-cloned-vi");
    tab.touch("#finish");
    counter.take(0);
    clerk::stage(&tab, &["welcome"]);

    tab.touch("#start");
    slipped(&counter, &tab, &an, touch_key, "kiosk-paused-vi");
    tab.prefers(&[("prefers-color-scheme", "dark")], false);
    shown(&tab, "kiosk-genuine-dark-vi");
    tab.assert_well_behaved();
}

#[test]
fn a_kiosk_that_is_left_alone_clears_by_itself() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::with(Setup {
        clear: Duration::from_secs(1),
        ..Setup::default()
    });
    let tab = kiosk(&counter, &person, "vi");
    tab.touch("#start");
    read_and_left(&counter, &tab, &shipped("an"), touch_key);
}

#[test]
fn a_kiosk_out_of_reach_of_its_agent_says_so() {
    let counter = Counter::open();
    let Some(person) = Person::new() else {
        return;
    };
    let tab = kiosk(&counter, &person, "en");
    drop(counter);
    clerk::stage(&tab, &["connect"]);
    tab.picture("kiosk-offline-en");
    axe::assert_usable(&tab, "kiosk-offline-en");
}

#[test]
fn a_kiosk_without_a_reader_says_why_to_its_keeper_and_whom_to_ask_to_citizens() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::with(Setup {
        readers: 0,
        ..Setup::default()
    });
    counter.without_service(TransportError::NoService);
    let tab = kiosk(&counter, &person, "vi");
    clerk::stage(&tab, &["no-reader"]);
    for (lang, ask, remedy) in [
        ("vi", "gọi nhân viên", "khởi động dịch vụ pcscd"),
        ("en", "ask a member of staff", "Start the pcscd service"),
    ] {
        tab.until(&format!("document.documentElement.lang === '{lang}'"));
        tab.until_says("#connect-code", "reader.no_service");
        tab.until_says("#connect-remedy", remedy);
        tab.until_says("[data-view~=no-reader]", ask);
        shown(&tab, &format!("kiosk-no-service-{lang}"));
        assert_readable(&tab);
        tab.touch("#lang-switch");
    }
    tab.assert_well_behaved();

    let busy = Counter::open();
    let clerk = clerk::paired(&busy, &person, "/?lang=en");
    let tab = clerk::again(&busy, &person, "/kiosk.html?lang=en");
    clerk::stage(&tab, &["taken"]);
    tab.until_says("#connect-text", &busy.authority());
    tab.until_says("#connect-code", "agent.reader_claimed");
    clerk.assert_well_behaved();
}

/// Lets a page's clock be moved on.
const CLOCK: &str = "const real = performance.now.bind(performance); \
    window.ahead = 0; performance.now = () => real() + window.ahead;";

#[test]
fn a_citizen_is_asked_before_the_kiosk_goes_back_and_a_touch_is_an_answer() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = Counter::open();
    let tab = person.tab();
    tab.screen(SCREEN.0, SCREEN.1);
    tab.before_all(CLOCK);
    tab.go(&counter.url("/kiosk.html?lang=en"));
    clerk::pair(&counter, &tab);
    tab.touch("#start");
    clerk::stage(&tab, &["idle"]);
    assert!(!tab.sees("#still"));
    tab.eval("window.ahead += 42_000");
    tab.until_seen("#still");
    tab.until_says("#alert", "Are you still there?");
    shown(&tab, "kiosk-still-en");
    assert_readable(&tab);
    tab.touch("#lay-title");
    tab.until_gone("#still");
    clerk::stage(&tab, &["idle"]);
    tab.eval("window.ahead += 61_000");
    clerk::stage(&tab, &["welcome"]);
    assert!(!tab.sees("#still"));

    // The card was taken and the result is left alone.
    let an = shipped("an");
    tab.touch("#start");
    counter.lay(0, &an);
    touch_key(&tab, &an.can());
    clerk::verdict(&tab, "genuine");
    counter.take(0);
    tab.until("window.ahead += 200, document.querySelector('#away').checkVisibility()");
    let left =
        tab.eval("parseInt(document.querySelector('#countdown').innerText.match(/\\d+/)[0])");
    assert!(
        (12..=20).contains(&left.as_i64().unwrap()),
        "{left} s to answer"
    );
    tab.touch("#more-time");
    tab.until_gone("#away");
    tab.assert_well_behaved();
}

/// Asserts that everything of the person stands above the bar with the buttons.
#[track_caller]
fn assert_uncut(tab: &Tab) {
    let cut = tab.eval(
        "document.querySelector('#who').getBoundingClientRect().bottom - \
         document.querySelector('#deeds').getBoundingClientRect().top",
    );
    assert!(cut.as_f64().unwrap() <= 0.0, "{cut} pixels are cut");
}

/// Asserts that all that is seen can be read and met from where a citizen stands.
#[track_caller]
fn assert_readable(tab: &Tab) {
    let small = tab.eval(&format!(
        "[...document.querySelectorAll('#main button')].filter(button => button.checkVisibility())\
         .map(button => [button.id || button.textContent, button.getBoundingClientRect()])\
         .filter(([, box]) => box.width < {TARGET} || box.height < {TARGET})\
         .map(([name, box]) => `${{name}}: ${{box.width}} by ${{box.height}}`)"
    ));
    assert_eq!(small, serde_json::json!([]), "too small to be touched");
    let small = tab.eval(&format!(
        "[...document.querySelectorAll('#main *')].filter(element => element.checkVisibility() && \
         [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()) && \
         !element.closest('[aria-hidden=true], svg') && element.getBoundingClientRect().width > 2 && \
         parseFloat(getComputedStyle(element).fontSize) < {LETTERS})\
         .map(element => element.textContent.trim().slice(0, 40) + ' ' + getComputedStyle(element).fontSize)"
    ));
    assert_eq!(small, serde_json::json!([]), "too small to be read");
}
