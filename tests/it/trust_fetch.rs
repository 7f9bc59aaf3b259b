//! Fetching by HTTP, from servers right and wrong.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::Error;
use cancuoc::error::FetchError;
use cancuoc::error::Retry;
use cancuoc::sim::pki::test_root;
use cancuoc::trust::fetch;
use cancuoc::trust::fetch::get;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::ssl::SslAcceptor;
use openssl::ssl::SslMethod;
use openssl::x509::X509;
use openssl::x509::X509NameBuilder;
use openssl::x509::extension::SubjectAlternativeName;

use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::output;
use crate::support::home::parsed;
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

/// A certificate of the web for this machine, signed by itself, and its key.
fn web_certificate() -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    let (begin, end) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(2));
    builder.set_not_before(&begin.unwrap()).unwrap();
    builder.set_not_after(&end.unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

/// A server that speaks TLS and gives one file to everybody; its port.
fn secure_server(certificate: &X509, key: &PKey<Private>, file: Vec<u8>) -> u16 {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Who does not trust this server hangs up.
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else {
                continue;
            };
            let _ = stream.read(&mut [0; 4_096]);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", file.len());
            let _ = stream.write_all(&[head.as_bytes(), &file].concat());
        }
    });
    port
}

#[test]
fn https_is_checked_by_the_certificates_of_the_system() {
    let home = Home::new();
    let (certificate, key) = web_certificate();
    let port = secure_server(&certificate, &key, test_root());
    let url = format!("https://localhost:{port}/csca.cer");
    let run = |roots: &str| {
        let arguments = ["trust", "add", &url, "--format", "json"];
        let mut command = home.command(&arguments);
        command
            .env("SSL_CERT_FILE", roots)
            .env("SSL_CERT_DIR", "/nonexistent");
        parsed(&output(&mut command), 2)
    };
    let own = home.write("own.pem", certificate.to_pem().unwrap());
    let other = home.write("other.pem", web_certificate().0.to_pem().unwrap());
    let none = home.write("none.pem", "");
    // It came, and what came is trusted no more than from anywhere else.
    assert_refusal(&run(&own), "trust.unconfirmed");
    assert_refusal(&run(&other), "trust.fetch_tls");
    assert_refusal(&run(&none), "trust.fetch_tls_roots");
}
