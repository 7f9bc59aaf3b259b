//! Pages that are not the agent's: of a site that may ask, and of everybody else.

use std::fs;
use std::time::Duration;

use cancuoc::sim::persona::Persona;
use serde_json::Value;
use serde_json::json;

use crate::support::server::Server;

use super::agent::Counter;
use super::agent::Setup;
use super::chromium::REBOUND;
use super::clerk;
use super::clerk::shipped;
use super::tab::Person;
use super::tab::Tab;

/// The client that sites copy.
const EMBED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/agent/page/embed.js");

/// How long a page that gets nothing listens, in milliseconds.
const LISTENING: u32 = 700;

/// A site's own page that uses the client, as its documentation shows.
fn site(server: &Server) -> String {
    let client = fs::read_to_string(EMBED).unwrap();
    server.file(
        "/form",
        format!(
            "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\">\
             <title>Form</title><script type=\"module\">{client}\n\
             window.Cancuoc = Cancuoc; window.heard = [];</script>"
        ),
    )
}

#[test]
fn a_site_that_opened_the_page_is_handed_what_the_clerk_hands_over() {
    let (server, an) = (Server::start(), shipped("an"));
    let Some((counter, _person, tab)) = visited(&server) else {
        return;
    };
    let address = json!(counter.url("/?lang=vi"));
    let page = json!(counter.url("/").trim_end_matches('/'));
    let opened = tab.opened(&format!(
        "window.addEventListener('message', ({{data, origin}}) => {{
            if (origin === {page}) window.heard.push(data);
        }});
        window.counter = window.open({address});
        window.asking = setInterval(() => {{
            if (window.heard.length) clearInterval(window.asking);
            else counter.postMessage({{cancuoc: 'want', fields: ['name']}}, {page});
        }}, 100); 0"
    ));
    clerk::pair(&counter, &opened);
    tab.until("window.heard[0]?.cancuoc === 'ready'");
    clerk::read(&counter, &opened, &an, "genuine");
    // Whoever asks twice before the first answer is told twice that the page is ready.
    let handed = "window.heard.filter(one => one.cancuoc !== 'ready')";
    assert_eq!(tab.eval(&format!("{handed}.length")), 0);
    opened.until_seen("#transfer");
    opened.eval("document.querySelector('#transfer').click() ?? 0");
    tab.until(&format!("{handed}[0]"));
    let handed = tab.eval(&format!("{handed}[0]"));
    assert_eq!(handed["cancuoc"], "fields");
    assert_eq!(handed["verdict"], "genuine");
    assert_eq!(handed["fields"], json!({"name": an.citizen.name.as_str()}));
    counter.take(0);
    tab.assert_well_behaved();
    opened.assert_well_behaved();
}

/// A site's page, and a counter of which that site may ask.
fn visited(server: &Server) -> Option<(Counter, Person, Tab)> {
    let url = site(server);
    let counter = Counter::with(Setup {
        origins: vec![origin(&url)],
        ..Setup::default()
    });
    let person = Person::new()?;
    let tab = person.tab();
    tab.go(&url);
    tab.until("window.Cancuoc");
    Some((counter, person, tab))
}

/// The origin of an address.
fn origin(url: &str) -> String {
    let mut parts = url.splitn(4, '/');
    let (scheme, _, host) = (parts.next(), parts.next(), parts.next());
    format!("{}//{}", scheme.unwrap(), host.unwrap())
}

#[test]
fn a_site_that_may_ask_reads_a_card_on_its_own_page() {
    let (server, an) = (Server::start(), shipped("an"));
    let Some((counter, _person, tab)) = visited(&server) else {
        return;
    };
    let (address, code, key) = (
        json!(counter.authority()),
        json!(counter.code()),
        json!(an.can()),
    );
    tab.eval(&format!(
        "(async () => {{
            const token = await Cancuoc.pair({code}, {{address: {address}}});
            const agent = new Cancuoc({{token, address: {address}}});
            agent.on('*', event => window.heard.push(event));
            const hello = await agent.connect();
            const reader = hello.readers[0].reader;
            await agent.claim(reader);
            await agent.read({{reader, key: {key}, fields: ['name', 'citizen_number']}});
            window.agent = agent;
            return 0;
        }})()"
    ));
    counter.lay(0, &an);
    tab.until("window.heard.some(event => event.event === 'result' || event.event === 'failed')");
    let result = tab.eval("window.heard.find(event => event.event === 'result')");
    assert_eq!(
        result["report"]["verdict"],
        "genuine",
        "{}",
        tab.eval("window.heard")
    );
    // What was asked for, and nothing else of the person.
    let holder = &result["report"]["holder"];
    assert_eq!(holder["name"], an.citizen.name.as_str());
    assert!(
        !result.to_string().contains(&an.citizen.residence),
        "{holder}"
    );
    let numbers: Vec<u64> = tab
        .eval("window.heard.map(event => event.seq)")
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{numbers:?}"
    );
    counter.take(0);
    tab.assert_well_behaved();
}

#[test]
fn a_sites_page_that_is_left_gives_its_reader_back_at_once() {
    let server = Server::start();
    // What the page itself says, which the browser puts aside with its connection; and what the browser says
    // of a page that it does not keep, where that can say nothing any more.
    for mute in [
        "0",
        "WebSocket.prototype.send = () => {}; window.fetch = async () => {}; \
         addEventListener('unload', () => {}); 0",
    ] {
        let url = site(&server);
        let counter = Counter::with(Setup {
            origins: vec![origin(&url)],
            // Longer than a test waits.
            grace: Duration::from_secs(3600),
            ..Setup::default()
        });
        let Some(person) = Person::new() else {
            return;
        };
        let tab = person.tab();
        tab.go(&url);
        tab.until("window.Cancuoc");
        let (address, code) = (json!(counter.authority()), json!(counter.code()));
        tab.eval(&format!(
            "(async () => {{
                const token = await Cancuoc.pair({code}, {{address: {address}}});
                const agent = new Cancuoc({{token, address: {address}}});
                const hello = await agent.connect();
                await agent.claim(hello.readers[0].reader);
                window.agent = agent;
                return 0;
            }})()"
        ));
        let clerk = person.tab();
        clerk.go(&counter.url("/?lang=vi"));
        clerk::enter_code(&counter, &clerk);
        clerk::stage(&clerk, &["taken"]);
        tab.eval(mute);
        tab.go("about:blank");
        clerk::stage(&clerk, &["idle"]);
        clerk.assert_well_behaved();
    }
}

#[test]
fn a_sites_page_that_somebody_goes_back_to_is_connected_again() {
    let server = Server::start();
    let Some((counter, _person, tab)) = visited(&server) else {
        return;
    };
    let (address, code) = (json!(counter.authority()), json!(counter.code()));
    tab.eval(&format!(
        "(async () => {{
            const token = await Cancuoc.pair({code}, {{address: {address}}});
            window.agent = new Cancuoc({{token, address: {address}}});
            await window.agent.connect();
            return 0;
        }})()"
    ));
    let first = tab.eval("window.agent.place.session");
    for (event, state) in [("pagehide", "closed"), ("pageshow", "open")] {
        tab.eval(&format!(
            "dispatchEvent(new PageTransitionEvent('{event}', {{persisted: true}}))"
        ));
        tab.until(&format!("window.agent.state === '{state}'"));
    }
    assert_ne!(tab.eval("window.agent.place.session"), first, "it was left");
    // Closed by its page, it stays closed whatever becomes of that.
    tab.eval("window.agent.close() ?? 0");
    tab.eval("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))");
    assert_eq!(tab.eval("window.agent.state"), "closed");
}

#[test]
fn a_page_that_may_not_ask_gets_nothing() {
    let counter = Counter::open();
    let an = shipped("an");
    let Some(person) = Person::new() else {
        return;
    };
    let clerk = clerk::paired(&counter, &person, "/?lang=vi");
    clerk::read(&counter, &clerk, &an, "genuine");

    let server = Server::start();
    let hostile = person.tab();
    hostile.go(&site(&server));
    hostile.until("window.Cancuoc");
    // The code that the clerk could be talked into telling does not help another origin.
    let code = counter.code();
    let got = attack(&hostile, &counter.authority(), &code);
    assert_nothing(&got, &an);
    for way in ["fetch", "simple", "socket", "pair", "events"] {
        assert_eq!(got[way], Value::Null, "{way}: {got}");
    }
    assert_eq!(got["framed"], false, "{got}");
    // Its own complaints are meant to be there.
    hostile.forgive();

    // The attacker's name leads to this machine now (DNS rebinding): the page would be of the same origin.
    let rebound = person.tab();
    rebound.go(&counter.url("/").replace("127.0.0.1", REBOUND));
    assert!(!rebound.sees("#main"));
    let got = attack(
        &rebound,
        &counter.authority().replace("127.0.0.1", REBOUND),
        &code,
    );
    assert_nothing(&got, &an);
    rebound.forgive();

    // Nothing of all this disturbed the clerk.
    assert_eq!(clerk.text("#holder-name"), an.citizen.name);
    counter.take(0);
    clerk.assert_well_behaved();
}

/// Tries every way in that a page has; gives what could be read of the answers, `null` for nothing.
fn attack(tab: &Tab, address: &str, code: &str) -> Value {
    tab.eval(&format!(
        "(async () => {{
            const base = 'http://{address}';
            const soon = new Promise(done => setTimeout(done, {LISTENING}, null));
            const text = async (path, options) => {{
                try {{
                    const answer = await fetch(base + path, options);
                    return answer.ok ? await answer.text() : null;
                }} catch {{ return null; }}
            }};
            const socket = new Promise(done => {{
                const socket = new WebSocket('ws://{address}/v1/socket', ['cancuoc.agent.1']);
                let heard = null;
                socket.onopen = () => {{ heard = ''; socket.send('{{\"id\":\"1\",\"command\":\"hello\",\"level\":1}}'); }};
                socket.onmessage = ({{data}}) => {{ heard += data; }};
                socket.onclose = () => done(heard);
                setTimeout(() => done(heard), {LISTENING});
            }});
            const frame = document.createElement('iframe');
            frame.src = base + '/';
            (document.body ?? document.documentElement).append(frame);
            const json = {{'Content-Type': 'application/json'}};
            const got = {{
                fetch: await text('/v1/status', {{method: 'POST', headers: json, body: '{{}}'}}),
                simple: await text('/v1/read', {{method: 'POST', mode: 'cors', headers: {{'Content-Type': 'text/plain'}}, body: '{{\"reader\":\"r1\"}}'}}),
                pair: await text('/v1/pair', {{method: 'POST', headers: json, body: JSON.stringify({{code: '{code}'}})}}),
                events: await text('/v1/events?session=1&after=0&wait=0', {{}}),
                socket: await socket,
            }};
            await soon;
            let framed = false;
            try {{ framed = !!frame.contentDocument?.querySelector('#main'); }} catch {{ framed = 'shown'; }}
            return {{...got, framed: framed === true}};
        }})()"
    ))
}

fn assert_nothing(got: &Value, persona: &Persona) {
    let got = got.to_string();
    for value in clerk::personal(persona) {
        assert!(!got.contains(&value), "{got}");
    }
}
