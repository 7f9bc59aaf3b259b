//! Pages that are closed, put aside and loaded anew: whose the reader is then.

use std::time::Duration;

use super::agent::Counter;
use super::agent::Setup;
use super::clerk;
use super::clerk::shipped;
use super::seen::assert_forgotten;
use super::tab::Person;

/// The socket carries nothing any more, as where the browser has torn it down before the page's last words.
const MUTE: &str = "WebSocket.prototype.send = () => {}; 0";

/// Notes when what the page asks beside the socket was answered.
const ANSWERED: &str = "const ask = fetch; \
    window.fetch = (...what) => ask(...what).finally(() => { window.left = true; }); 0";

/// An agent that keeps sessions for longer than a test waits.
fn patient() -> Counter {
    Counter::with(Setup {
        grace: Duration::from_secs(3600),
        ..Setup::default()
    })
}

#[test]
fn a_page_that_is_closed_or_left_gives_its_reader_back_at_once() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = patient();
    let first = clerk::paired(&counter, &person, "/?lang=en");
    let second = clerk::again(&counter, &person, "/?lang=en");
    clerk::stage(&second, &["taken"]);
    first.eval(MUTE);
    first.close();
    clerk::stage(&second, &["idle"]);
    let third = clerk::again(&counter, &person, "/kiosk.html?lang=en");
    clerk::stage(&third, &["taken"]);
    second.eval(MUTE);
    second.go("about:blank");
    clerk::stage(&third, &["welcome"]);
    // And it is that one's, not only free.
    counter.lay(0, &shipped("an"));
    clerk::stage(&third, &["key"]);
    third.assert_well_behaved();
}

#[test]
fn a_page_that_is_loaded_again_has_its_reader_at_once() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = patient();
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    for _ in 0..3 {
        tab.eval(MUTE);
        tab.go(&counter.url("/?lang=vi"));
        clerk::stage(&tab, &["idle"]);
        let taken = tab.eval("window.recorded.some(entry => entry.stage === 'taken')");
        assert_eq!(taken, false, "it met its own claim");
    }
    counter.lay(0, &shipped("an"));
    clerk::stage(&tab, &["key"]);
    tab.assert_well_behaved();
}

#[test]
fn a_page_that_is_put_aside_keeps_nothing_and_works_when_somebody_goes_back() {
    let Some(person) = Person::new() else {
        return;
    };
    let counter = patient();
    let an = shipped("an");
    let tab = clerk::paired(&counter, &person, "/?lang=vi");
    clerk::read(&counter, &tab, &an, "genuine");
    counter.take(0);
    tab.assert_well_behaved();
    tab.eval(ANSWERED);
    let moves = |event: &str| {
        tab.eval(&format!(
            "dispatchEvent(new PageTransitionEvent('{event}', {{persisted: true}}))"
        ))
    };
    moves("pagehide");
    assert_forgotten(&tab, &an);
    // That it leaves is said twice, and what comes second finds nobody any more: no error for that either.
    tab.until("window.left");
    let other = clerk::again(&counter, &person, "/?lang=vi");
    clerk::stage(&other, &["idle"]);
    other.go("about:blank");
    moves("pageshow");
    clerk::stage(&tab, &["idle"]);
    clerk::read(&counter, &tab, &an, "genuine");
    counter.take(0);
    tab.assert_well_behaved();
}
