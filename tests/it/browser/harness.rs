//! What the other tests rest on: that a page's misdeeds are seen, and that keys are keys.

use crate::support::server::Server;

use super::chromium::REBOUND;
use super::key;
use super::tab::Person;

const FORM: &str = r#"<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Form</title>
<label>First <input id="first"></label><button id="go">Go</button><p id="said"></p>
<script>
addEventListener('keydown', event => {
    if (event.altKey && event.key === 'n') document.title = 'shortcut';
});
go.onclick = () => { said.textContent = first.value + ' ' + matchMedia('(prefers-color-scheme: dark)').matches
    + ' ' + innerWidth + ' ' + devicePixelRatio; };
</script>"#;

const NAUGHTY: &str = r#"<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Naughty</title>
<meta http-equiv="Content-Security-Policy" content="img-src 'none'">
<img src="/allowed-nowhere.png" alt="">
<script>
fetch('http://elsewhere.test/').catch(() => {});
console.error('something', 7);
setTimeout(() => { throw new Error('thrown'); });
setTimeout(() => { document.title = 'done'; }, 50);
</script>"#;

#[test]
fn keys_reach_the_page_and_a_form_is_filled_without_a_mouse() {
    let server = Server::start();
    let Some(person) = Person::new() else {
        return;
    };
    let tab = person.tab();
    assert_eq!(tab.go(&server.file("/form", FORM)), None);
    tab.press("Tab");
    tab.typed("Ab 1/é");
    tab.tab_to("#go");
    tab.press("Enter");
    tab.until_says("#said", "Ab 1/é false 1280 1");
    tab.prefers(&[("prefers-color-scheme", "dark")], false);
    tab.zoomed(1280, 800, 2);
    tab.press(" ");
    tab.until_says("#said", "true 640 2");
    tab.press_with("n", key::ALT);
    tab.until("document.title === 'shortcut'");
    assert!(tab.sees("#go") && !tab.sees("#nothing"));
    tab.language("vi-VN");
    let locale = tab.eval("new Intl.NumberFormat().resolvedOptions().locale");
    assert_eq!(locale, "vi-VN");
    tab.assert_well_behaved();
}

#[test]
fn what_a_page_does_wrong_is_seen() {
    let server = Server::start();
    let Some(person) = Person::new() else {
        return;
    };
    let (naughty, quiet) = (person.tab(), person.tab());
    quiet.go("data:text/html,<title>quiet</title>");
    naughty.go(&server.file("/naughty", NAUGHTY));
    naughty.until("document.title === 'done'");
    let misdeeds = naughty.misdeeds().join("\n");
    for misdeed in [
        "asks http://elsewhere.test/",
        "breaks its policy",
        "says ",
        "thrown",
    ] {
        assert!(misdeeds.contains(misdeed), "{misdeed} is not in {misdeeds}");
    }
    quiet.assert_well_behaved();
    // The name of the attacks leads to this machine, every other name nowhere.
    let rebound = server
        .file("/r", "<title>r</title>")
        .replace("127.0.0.1", REBOUND);
    assert_eq!(quiet.go(&rebound), None);
    let nowhere = rebound.replace(REBOUND, "localhost.test");
    assert!(quiet.go(&nowhere).unwrap().contains("NAME_NOT_RESOLVED"));
}
