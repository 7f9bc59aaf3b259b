//! What the tests of both pages look at: what is shown, what is said of it, what is left afterwards.

use cancuoc::agent::slots::Pace;
use cancuoc::sim::link::Link;
use cancuoc::sim::persona::Persona;

use super::agent::Counter;
use super::axe;
use super::clerk;
use super::tab::Tab;

/// A name as long as they come, with nowhere to break it.
pub const LONG_NAME: &str =
    "Nguyễnphúcmẫuvĩnhbảothiênhoàngphúckhangcôngtằngtônnữphươngthảonguyênkhánhlinhhuyềntrân";

/// Asserts that nothing of the page is beside the screen.
#[track_caller]
pub fn assert_not_sideways(tab: &Tab) {
    let wide =
        tab.eval("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth");
    assert_eq!(wide, 0, "it must be moved sideways");
}

/// A link with the times of a common reader, which are slept: one sees in which order things come.
pub fn as_it_feels() -> Pace {
    Pace::Slept(Link::named("nfc-424").unwrap())
}

/// What the page shows, kept as a picture and given to axe.
#[track_caller]
pub fn shown(tab: &Tab, name: &str) {
    tab.picture(name);
    axe::assert_usable(tab, name);
}

/// Asserts that nothing of the person is left in the page or in what the browser keeps.
#[track_caller]
pub fn assert_forgotten(tab: &Tab, persona: &Persona) {
    let kept = tab.eval(
        "JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])",
    );
    let everything = tab.everything() + kept.as_str().unwrap();
    for value in clerk::personal(persona) {
        assert!(!everything.contains(&value), "{value} is still there");
    }
}

/// Asserts that the verdict says, on the first screen, in words and with a shape of its own, that nobody
/// knows whether the card is in force.
#[track_caller]
pub fn assert_caveat(tab: &Tab, why: &str) {
    tab.until_seen("#verdict #verdict-caveat .sign");
    let said = tab.text("#verdict-caveat");
    let lang = tab.eval("document.documentElement.lang");
    let expected = tab.eval(&format!(
        "import('/words.js').then(words => words.say('{}', 'caveat_{why}'))",
        lang.as_str().unwrap()
    ));
    assert_eq!(expected, said.as_str());
    let below = tab.eval(
        "document.querySelector('#verdict-caveat').getBoundingClientRect().bottom > innerHeight",
    );
    assert_eq!(below, false, "the caveat must be scrolled to");
}

/// Lays a card down that slips while its photo is read, and puts it back once the page has asked for it.
#[track_caller]
pub fn slipped(counter: &Counter, tab: &Tab, persona: &Persona, key: fn(&Tab, &str), name: &str) {
    counter.lay_at(0, persona, as_it_feels());
    key(tab, &persona.can());
    clerk::stage(tab, &["reading"]);
    tab.until_seen("#partial #holder-name");
    counter.take(0);
    clerk::stage(tab, &["paused"]);
    shown(tab, name);
    counter.put_back(0);
    clerk::verdict(tab, "genuine");
}

/// Lays a card down whose result goes by itself; nothing of the person is left then.
#[track_caller]
pub fn read_and_left(counter: &Counter, tab: &Tab, persona: &Persona, key: fn(&Tab, &str)) {
    counter.lay(0, persona);
    key(tab, &persona.can());
    tab.until("window.recorded.some(entry => entry.verdict === 'genuine')");
    clerk::stage(tab, &["welcome", "idle", "key"]);
    assert_forgotten(tab, persona);
    tab.assert_well_behaved();
}
