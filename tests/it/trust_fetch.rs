//! Fetching by HTTP, from servers right and wrong.

use std::time::Duration;
use std::time::Instant;

use cancuoc::Error;
use cancuoc::error::FetchError;
use cancuoc::error::Retry;
use cancuoc::trust::fetch;
use cancuoc::trust::fetch::get;

use crate::support::server::Answer;
use crate::support::server::Server;
use crate::support::server::nobody;

/// Time enough for whatever a server on this machine answers.
const LONG: Duration = Duration::from_secs(30);

/// Less than a slow server takes.
const SHORT: Duration = Duration::from_millis(300);

/// Fetching through somebody else's proxy would ask it for this machine.
fn proxied() -> bool {
    let named = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some());
    if named {
        println!("skipped: a proxy is set in the environment");
    }
    named
}

fn fault(url: &str, whole: Duration) -> FetchError {
    match get(url, whole) {
        Err(Error::Fetch(fault)) => fault,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn a_file_comes_whole_and_from_where_the_server_sends() {
    if proxied() {
        return;
    }
    let server = Server::start();
    let url = server.file("/lists/a.ml", [0x30; 100_000]);
    assert_eq!(get(&url, LONG).unwrap(), [0x30; 100_000]);
    server.lay("/lists/now", Answer::Moved("a.ml".to_owned()));
    server.lay("/now", Answer::Moved("/lists/now".to_owned()));
    let start = server.lay("/", Answer::Moved(server.url("/now")));
    assert_eq!(get(&start, LONG).unwrap().len(), 100_000);
    assert_eq!(
        server.asked(),
        ["/lists/a.ml", "/", "/now", "/lists/now", "/lists/a.ml"]
    );
}

#[test]
fn what_a_server_does_wrong_is_told_apart() {
    if proxied() {
        return;
    }
    let server = Server::start();
    let around = server.lay("/around", Answer::Moved("/around".to_owned()));
    let out = server.lay("/out", Answer::Moved("ldap://a.example/cn=x".to_owned()));
    let nowhere = server.lay("/nowhere", Answer::MovedNowhere);
    let cut = server.lay("/cut", Answer::Cut(vec![0x30; 70]));
    let words = server.lay("/words", Answer::Words);
    let endless = server.lay("/endless", Answer::Endless(vec![0x30]));
    let busy = server.lay("/busy", Answer::Status(503));
    for (url, code, again) in [
        (server.url("/missing"), "trust.fetch_status", Retry::Useless),
        (busy, "trust.fetch_status", Retry::MayHelp),
        (around.clone(), "trust.fetch_redirect", Retry::Useless),
        (out, "trust.fetch_redirect", Retry::Useless),
        (nowhere, "trust.fetch_redirect", Retry::Useless),
        (cut, "trust.fetch_broken", Retry::MayHelp),
        (words, "trust.fetch_broken", Retry::MayHelp),
        (endless, "trust.fetch_too_large", Retry::Useless),
        (nobody(), "trust.fetch_unreachable", Retry::MayHelp),
        (
            "http://nobody.invalid/x".to_owned(),
            "trust.fetch_unreachable",
            Retry::MayHelp,
        ),
    ] {
        let fault = fault(&url, LONG);
        assert_eq!(fault.code(), code, "{fault:?}");
        assert!(fault.subject().contains(&url), "{fault:?}");
        assert_eq!(Error::from(fault).retry(), again, "{url}");
    }
    let rounds = server
        .asked()
        .iter()
        .filter(|path| *path == "/around")
        .count();
    assert_eq!(rounds, fetch::MAX_REDIRECTS + 1);
}

#[test]
fn a_slow_server_is_waited_for_no_longer_than_was_said() {
    if proxied() {
        return;
    }
    let server = Server::start();
    let slow = server.lay("/slow", Answer::Slow);
    let begun = Instant::now();
    assert_eq!(fault(&slow, SHORT).code(), "trust.fetch_timeout");
    // Bytes that keep coming do not make the time longer.
    let endless = server.lay("/endless", Answer::Endless(b"dn: c=VN\n".to_vec()));
    let fault = fault(&endless, SHORT);
    let codes = ["trust.fetch_timeout", "trust.fetch_too_large"];
    assert!(codes.contains(&fault.code()), "{fault:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_server_that_cannot_prove_itself_is_refused() {
    if proxied() {
        return;
    }
    let server = Server::start();
    let secure = server.url("/x").replace("http:", "https:");
    let fault = fault(&secure, LONG);
    let codes = [
        "trust.fetch_tls",
        "trust.fetch_tls_roots",
        "trust.fetch_broken",
    ];
    assert!(codes.contains(&fault.code()), "{fault:?}");
}
