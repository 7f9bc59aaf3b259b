//! A registry over HTTPS, asked through the library: right ones, wrong ones, slow ones and none.

use std::env;
use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use cancuoc::crypto::random::System;
use cancuoc::error::TransportError;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::reader::Progress;
use cancuoc::registry::Decision;
use cancuoc::registry::Https;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::registry::RegistryOptions;
use cancuoc::registry::http;
use cancuoc::registry::http::FAILURES;
use cancuoc::registry::http::Health;
use cancuoc::registry::http::MAX_RETRIES;
use cancuoc::registry::http::REST;
use cancuoc::registry::http::State;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Problem;
use cancuoc::registry::message::ProblemCode;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona;
use cancuoc::sim::pki::test_root;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::workflow;
use cancuoc::workflow::Judgement;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::support::registry::Fake;
use crate::support::registry::Keys;
use crate::support::registry::Then;
use crate::support::registry::answer;
use crate::support::registry::days;
use crate::support::registry::json;
use crate::support::registry::query;
use crate::support::registry::reply;

/// Tries of a question that nobody answers.
const TRIES: usize = 3;

/// Longer than anything on this machine takes, however busy it is.
const LONG: Duration = Duration::from_secs(30);

/// Time enough for a machine under load, where the time itself is not what is tested.
fn patient(keys: &Keys) -> RegistryOptions {
    RegistryOptions {
        limit: LONG,
        ..keys.options()
    }
}

fn open(fake: &Fake, keys: &Keys) -> Https {
    Https::open(&fake.url(), &patient(keys)).unwrap()
}

fn why(error: &RegistryError) -> &str {
    match error {
        RegistryError::NotReached { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_retries_are_those_that_the_tests_count() {
    assert_eq!(u32::try_from(TRIES).unwrap(), MAX_RETRIES + 1);
}

#[test]
fn an_answer_is_taken_and_kept_with_its_question() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::start(&keys, move |_, body, out| json(out, &own.answer(body)));
    let answer = open(&fake, &keys).check(&query()).unwrap();
    assert_eq!(answer.decision(), Decision::Confirmed);
    let receipt = answer.receipt.unwrap();
    assert_eq!(vec![receipt.question.to_vec()], fake.asked());
    // The device signed, and the agency is told by its certificate alone.
    let asked = Asked::decode(&receipt.question).unwrap();
    let device = DeviceKey::load(&keys.home.path("device.key")).unwrap();
    match asked.signature {
        cancuoc::seal::signature::Signature::Right(signer) => {
            assert_eq!(signer.device, device.public().id());
        }
        other => panic!("{other:?}"),
    }
}

type Wrong = fn(&Keys, &[u8], &mut dyn Write) -> io::Result<Then>;

/// An answer with a member changed, signed again by the registry.
fn changed(keys: &Keys, question: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut said: Value = serde_json::from_slice(&keys.answer(question)).unwrap();
    said.as_object_mut().unwrap().remove("signature").unwrap();
    change(&mut said);
    let signed = sign(said, &keys.signing, Timestamp::now()).unwrap();
    cancuoc::seal::canonical::canonical(&signed).unwrap()
}

#[test]
fn whatever_is_no_answer_to_this_question_is_told_apart_and_not_asked_again() {
    let wrong: [(&str, Wrong, &str); 17] = [
        (
            "altered after it was signed",
            |keys, question, out| {
                let text = String::from_utf8(keys.answer(question)).unwrap();
                json(out, text.replace("\"active\"", "\"revoked\"").as_bytes())
            },
            "registry.",
        ),
        (
            "signature of other bytes",
            |keys, question, out| {
                let mut said: Value = serde_json::from_slice(&keys.answer(question)).unwrap();
                let other: Value = serde_json::from_slice(
                    &keys.answer_at(question, Timestamp::now() - Duration::from_secs(2)),
                )
                .unwrap();
                said["signature"]["value"] = other["signature"]["value"].clone();
                json(out, &cancuoc::seal::canonical::canonical(&said).unwrap())
            },
            "registry.wrong_signature",
        ),
        (
            "signed by another key",
            |keys, question, out| {
                let stranger = keys.home.path("device.key");
                let stranger = DeviceKey::load(&stranger).unwrap();
                json(out, &answer(question, &stranger, Timestamp::now()))
            },
            "registry.foreign_signer",
        ),
        (
            "of an hour ago",
            |keys, question, out| {
                let at = Timestamp::now() - Duration::from_secs(3_600);
                json(out, &keys.answer_at(question, at))
            },
            "registry.not_ours",
        ),
        (
            "of the future",
            |keys, question, out| {
                let at = Timestamp::now() + Duration::from_secs(3_600);
                json(out, &keys.answer_at(question, at))
            },
            "registry.not_ours",
        ),
        (
            "another nonce",
            |keys, question, out| {
                let nonce = json!("AAAAAAAAAAAAAAAAAAAAAA==");
                json(out, &changed(keys, question, |said| said["nonce"] = nonce))
            },
            "registry.not_ours",
        ),
        (
            "another id",
            |keys, question, out| {
                let id = json!("0123456789abcdef");
                json(out, &changed(keys, question, |said| said["id"] = id))
            },
            "registry.not_ours",
        ),
        (
            "another question",
            |keys, question, out| {
                let digest = json!("00".repeat(32));
                let changed = changed(keys, question, |said| said["question_sha256"] = digest);
                json(out, &changed)
            },
            "registry.not_ours",
        ),
        (
            "a decision that does not follow",
            |keys, question, out| {
                let decision = json!("not_in_force");
                let changed = changed(keys, question, |said| said["decision"] = decision);
                json(out, &changed)
            },
            "registry.bad_answer",
        ),
        (
            "a page",
            |_, _, out| reply(out, 200, "text/html", "", b"<html>Please log in</html>"),
            "registry.bad_answer",
        ),
        (
            "no content type",
            |keys, question, out| reply(out, 200, "", "", &keys.answer(question)),
            "registry.bad_answer",
        ),
        (
            "too long",
            |_, _, out| json(out, &vec![b' '; 1_000_000]),
            "registry.bad_answer",
        ),
        (
            "without an end",
            |_, _, out| {
                write!(
                    out,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
                )?;
                loop {
                    out.write_all(&[b'{'; 4_096])?;
                }
            },
            "registry.bad_answer",
        ),
        (
            "a head without an end",
            |_, _, out| {
                write!(out, "HTTP/1.1 200 OK\r\n")?;
                loop {
                    write!(out, "X-More: {}\r\n", "x".repeat(1_000))?;
                }
            },
            "registry.bad_answer",
        ),
        (
            "no HTTP",
            |_, _, out| {
                out.write_all(b"220 mail.example ESMTP\r\n\r\n")?;
                Ok(Then::Close)
            },
            "registry.bad_answer",
        ),
        (
            "elsewhere",
            |_, _, out| {
                reply(
                    out,
                    307,
                    "text/plain",
                    "Location: https://127.0.0.1/\r\n",
                    b"",
                )
            },
            "registry.not_reached",
        ),
        (
            "failed",
            |_, _, out| reply(out, 500, "text/plain", "", b"stack trace"),
            "registry.not_reached",
        ),
    ];
    let keys = Arc::new(Keys::new());
    for (what, wrong, code) in wrong {
        let own = Arc::clone(&keys);
        let fake = Fake::start(&keys, move |_, body, out| wrong(&own, body, out));
        let error = open(&fake, &keys).check(&query()).unwrap_err();
        assert!(error.code().starts_with(code), "{what}: {error:?}");
        assert_eq!(fake.asked().len(), 1, "{what}");
        assert!(!error.to_string().contains("stack trace"));
    }
}

#[test]
fn an_answer_that_was_given_before_is_not_taken_again() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let first = Mutex::new(None);
    let fake = Fake::start(&keys, move |_, body, out| {
        let mut first = first.lock().unwrap();
        json(out, first.get_or_insert_with(|| own.answer(body)))
    });
    let registry = open(&fake, &keys);
    assert!(registry.check(&query()).is_ok());
    // Somebody answers all the same: the line is up.
    for _ in 0..=FAILURES {
        assert_eq!(registry.check(&query()), Err(RegistryError::Stale));
    }
    assert_eq!(registry.state(), State::Closed { failures: 0 });
}

#[test]
fn what_may_pass_is_asked_again_with_the_same_bytes_and_no_more_than_twice() {
    let problem = |code: ProblemCode| Problem::from(code).encode(None, None);
    let busy = move |status, more: &'static str, code| {
        move |out: &mut dyn Write| {
            reply(
                out,
                status,
                "application/problem+json",
                more,
                &problem(code),
            )
        }
    };
    type Busy = Box<dyn Fn(&mut dyn Write) -> io::Result<Then> + Send + Sync>;
    let cases: [(&str, Busy, usize, &str); 8] = [
        (
            "overloaded",
            Box::new(busy(503, "", ProblemCode::Overloaded)),
            TRIES,
            "registry.not_reached",
        ),
        (
            "a gateway",
            Box::new(|out| reply(out, 502, "text/html", "", b"<h1>Bad Gateway</h1>")),
            TRIES,
            "registry.not_reached",
        ),
        (
            "the register was slow",
            Box::new(busy(504, "", ProblemCode::Timeout)),
            TRIES,
            "registry.not_reached",
        ),
        (
            "too many, for a moment",
            Box::new(busy(429, "Retry-After: 0\r\n", ProblemCode::TooMany)),
            TRIES,
            "registry.refused",
        ),
        (
            "too many, for an hour",
            Box::new(busy(429, "Retry-After: 3600\r\n", ProblemCode::TooMany)),
            1,
            "registry.refused",
        ),
        (
            "too many",
            Box::new(busy(429, "", ProblemCode::TooMany)),
            1,
            "registry.refused",
        ),
        (
            "refused",
            Box::new(busy(403, "Retry-After: 0\r\n", ProblemCode::UnknownDevice)),
            1,
            "registry.refused",
        ),
        (
            "hung up",
            Box::new(|_| Ok(Then::Close)),
            TRIES,
            "registry.not_reached",
        ),
    ];
    let keys = Arc::new(Keys::new());
    for (what, busy, tries, code) in cases {
        let fake = Fake::start(&keys, move |_, _, out| busy(out));
        let error = open(&fake, &keys).check(&query()).unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error:?}");
        let asked = fake.asked();
        assert_eq!(asked.len(), tries, "{what}");
        assert!(asked.iter().all(|one| *one == asked[0]), "{what}");
    }
}

#[test]
fn an_answer_after_two_failures_is_an_answer() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::start(&keys, move |number, body, out| match number {
        0 => Ok(Then::Close),
        1 => reply(out, 503, "text/plain", "", b""),
        _ => json(out, &own.answer(body)),
    });
    let registry = open(&fake, &keys);
    assert!(registry.check(&query()).is_ok());
    assert_eq!(fake.asked().len(), TRIES);
    assert_eq!(registry.state(), State::Closed { failures: 0 });
}

#[test]
fn a_slow_registry_is_given_up_in_time() {
    let keys = Arc::new(Keys::new());
    let slow: [fn(&mut dyn Write) -> io::Result<Then>; 3] = [
        |_| {
            thread::sleep(LONG);
            Ok(Then::Close)
        },
        |out| {
            // A byte now and then.
            write!(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")?;
            write!(out, "Content-Length: 60000\r\n\r\n")?;
            loop {
                out.write_all(b" ")?;
                thread::sleep(Duration::from_millis(20));
            }
        },
        |out| loop {
            out.write_all(b"H")?;
            thread::sleep(Duration::from_millis(20));
        },
    ];
    for slow in slow {
        let fake = Fake::start(&keys, move |_, _, out| slow(out));
        let options = RegistryOptions {
            limit: Duration::from_millis(500),
            ..keys.options()
        };
        let registry = Https::open(&fake.url(), &options).unwrap();
        let begun = Instant::now();
        let error = registry.check(&query()).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(10));
        let codes = ["registry.not_reached", "registry.bad_answer"];
        assert!(codes.contains(&error.code()), "{error:?}");
    }
}

#[test]
fn all_tries_together_have_the_time_of_one_check() {
    let keys = Keys::new();
    let fake = Fake::start(&keys, |_, _, out| {
        thread::sleep(Duration::from_millis(300));
        reply(out, 503, "text/plain", "Retry-After: 0\r\n", b"")
    });
    let options = RegistryOptions {
        limit: Duration::from_millis(500),
        ..keys.options()
    };
    let registry = Https::open(&fake.url(), &options).unwrap();
    let error = registry.check(&query()).unwrap_err();
    // Each answer by itself came in time; the second did not come in what the first had left.
    assert!(why(&error).starts_with("timeout: "), "{error:?}");
    assert!(fake.asked().len() < TRIES);
}

#[test]
fn nobody_is_led_elsewhere_with_a_question() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let elsewhere = Fake::start(&keys, move |_, body, out| json(out, &own.answer(body)));
    for status in [301, 302, 303, 307, 308] {
        let there = format!("Location: {}/v1/questions\r\n", elsewhere.url());
        let fake = Fake::start(&keys, move |_, _, out| {
            reply(out, status, "text/plain", &there, b"")
        });
        let error = open(&fake, &keys).check(&query()).unwrap_err();
        assert_eq!(why(&error), format!("status: {status}"));
        assert_eq!(fake.asked().len(), 1, "{status}");
        // Not even a connection, which would say that somebody asks.
        assert_eq!(elsewhere.connections(), 0, "{status}");
    }
}

#[test]
fn tls_lets_in_nobody_whom_the_operator_did_not_name() {
    let keys = Keys::new();
    let other = Keys::new();
    let old = Keys::valid(days(-30, -1));
    let silent = |_: usize, _: &[u8], _: &mut dyn Write| Ok(Then::Close);
    // A server of another authority, and one whose certificate is over.
    let foreign = Fake::with(&other.pki.server, &keys.pki.authority, silent);
    let expired = Fake::with(&old.pki.server, &keys.pki.authority, silent);
    let roots = |keys: &Keys| Some(keys.home.path("ca.pem"));
    let of_old = RegistryOptions {
        roots: roots(&old),
        ..patient(&keys)
    };
    // An agency of another authority, and one without a certificate.
    let own = Fake::start(&keys, silent);
    let stranger = RegistryOptions {
        roots: roots(&keys),
        ..patient(&other)
    };
    let nobody = RegistryOptions {
        certificate: None,
        private_key: None,
        ..patient(&keys)
    };
    for (what, fake, options) in [
        ("another authority", &foreign, &patient(&keys)),
        ("expired", &expired, &of_old),
        ("a foreign agency", &own, &stranger),
        ("no certificate", &own, &nobody),
    ] {
        let registry = Https::open(&fake.url(), options).unwrap();
        let error = registry.check(&query()).unwrap_err();
        let stage = why(&error).split(':').next().unwrap().to_owned();
        // A server that refuses an agency says so and hangs up; which comes first is chance.
        let stages: &[&str] = match what {
            "another authority" | "expired" => &["tls"],
            _ => &["tls", "answer"],
        };
        assert!(stages.contains(&stage.as_str()), "{what}: {error:?}");
        assert!(fake.asked().is_empty(), "{what}");
        // Certificates get no better by looking again.
        if stages == ["tls"] {
            assert_eq!(fake.connections(), 1, "{what}");
        }
    }
}

#[test]
fn a_server_is_asked_how_it_is_and_about_nobody() {
    let keys = Keys::new();
    let other = Keys::new();
    let health =
        |fake: &Fake, options: &RegistryOptions| http::health(&fake.url(), options).unwrap();
    let well = Fake::start(&keys, |_, _, out| json(out, b"{\"status\":\"ok\"}"));
    assert_eq!(health(&well, &patient(&keys)), Health::Ready);
    // No body was sent with it.
    assert!(well.asked().iter().all(Vec::is_empty), "{:?}", well.asked());
    let away = Fake::start(&keys, |_, _, out| {
        reply(out, 503, "application/problem+json", "", b"{}")
    });
    assert_eq!(health(&away, &patient(&keys)), Health::Unready(503));
    let foreign = Fake::with(&other.pki.server, &keys.pki.authority, |_, _, _| {
        Ok(Then::Close)
    });
    let met = health(&foreign, &patient(&keys));
    assert!(matches!(met, Health::Unbelieved(_)), "{met:?}");
    let silent = Fake::start(&keys, |_, _, _| Ok(Then::Close));
    let met = health(&silent, &patient(&keys));
    assert!(matches!(met, Health::Unreached(_)), "{met:?}");
}

#[test]
fn the_name_of_the_server_counts() {
    let keys = Keys::new();
    let fake = Fake::start(&keys, |_, _, _| Ok(Then::Close));
    let url = format!("https://127.0.0.2:{}", fake.port);
    let error = Https::open(&url, &patient(&keys)).unwrap().check(&query());
    let stage = why(&error.unwrap_err()).to_owned();
    assert!(
        stage.starts_with("tls") || stage.starts_with("connect"),
        "{stage}"
    );
    assert!(fake.asked().is_empty());
}

#[test]
fn nobody_there_and_no_such_host_are_told_apart() {
    let keys = Keys::new();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for (url, stage) in [
        (format!("https://127.0.0.1:{port}"), "connect: "),
        ("https://nobody.invalid".to_owned(), "dns: "),
    ] {
        let registry = Https::open(&url, &patient(&keys)).unwrap();
        let error = registry.check(&query()).unwrap_err();
        assert!(why(&error).starts_with(stage), "{error:?}");
    }
}

/// A hundred in the ordinary run; `CANCUOC_CHECKS=1000` asks a thousand times.
#[test]
fn many_checks_go_over_one_connection() {
    let checks = match env::var("CANCUOC_CHECKS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 100,
    };
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::start(&keys, move |_, body, out| json(out, &own.answer(body)));
    let registry = open(&fake, &keys);
    for _ in 0..checks {
        assert!(registry.check(&query()).is_ok());
    }
    assert_eq!(fake.asked().len(), checks);
    assert_eq!(fake.connections(), 1);
}

#[test]
fn a_connection_that_the_server_closed_is_not_used_again() {
    let keys = Arc::new(Keys::new());
    for then in [Then::Close, Then::Mute] {
        let own = Arc::clone(&keys);
        let fake = Fake::start(&keys, move |_, body, out| {
            json(out, &own.answer(body))?;
            Ok(then)
        });
        let registry = open(&fake, &keys);
        for _ in 0..5 {
            assert!(registry.check(&query()).is_ok(), "{then:?}");
        }
        assert_eq!(fake.connections(), 5, "{then:?}");
    }
}

#[test]
fn many_threads_ask_at_once() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::start(&keys, move |_, body, out| json(out, &own.answer(body)));
    let registry = open(&fake, &keys);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert!(registry.check(&query()).is_ok());
                }
            });
        }
    });
    assert_eq!(fake.asked().len(), 160);
    assert!(fake.connections() <= 16, "{}", fake.connections());
}

#[test]
fn a_line_that_is_down_is_not_asked_at_every_card() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let up = Arc::new(Mutex::new(false));
    let is_up = Arc::clone(&up);
    let fake = Fake::start(&keys, move |_, body, out| match *is_up.lock().unwrap() {
        true => json(out, &own.answer(body)),
        false => reply(out, 500, "text/plain", "", b""),
    });
    let begun = Instant::now();
    let later = Arc::new(Mutex::new(Duration::ZERO));
    let clock = Arc::clone(&later);
    let registry = open(&fake, &keys).timed_by(Arc::new(move || begun + *clock.lock().unwrap()));
    let failures = usize::try_from(FAILURES).unwrap();
    for _ in 0..failures {
        assert!(why(&registry.check(&query()).unwrap_err()).starts_with("status: 500"));
    }
    assert_eq!(
        registry.state(),
        State::Open {
            until: begun + REST
        }
    );
    assert!(why(&registry.check(&query()).unwrap_err()).starts_with("breaker: "));
    assert_eq!(fake.asked().len(), failures);
    // One trial fails, and the next one does not.
    *later.lock().unwrap() = REST;
    assert!(why(&registry.check(&query()).unwrap_err()).starts_with("status: 500"));
    assert!(why(&registry.check(&query()).unwrap_err()).starts_with("breaker: "));
    assert_eq!(fake.asked().len(), failures + 1);
    *later.lock().unwrap() = REST * 2;
    *up.lock().unwrap() = true;
    assert!(registry.check(&query()).is_ok());
    assert_eq!(registry.state(), State::Closed { failures: 0 });
    assert!(registry.check(&query()).is_ok());
}

#[test]
fn a_question_that_lacks_its_purpose_is_not_sent() {
    let keys = Keys::new();
    let fake = Fake::start(&keys, |_, _, _| Ok(Then::Close));
    let registry = open(&fake, &keys);
    let mut query = query();
    query.context.officer = None;
    let error = registry.check(&query).unwrap_err();
    assert_eq!(error, RegistryError::NoPurpose { what: "officer" });
    assert_eq!(registry.state(), State::Closed { failures: 0 });
    assert_eq!(fake.connections(), 0);
}

#[test]
fn what_is_configured_and_cannot_be_used_is_told_before_the_first_card() {
    let keys = Keys::new();
    let other = Keys::new();
    keys.home.write("words.pem", "no certificate");
    let file = |name: &str| Some(keys.home.path(name));
    let options = || keys.options();
    for (options, code) in [
        (
            RegistryOptions {
                keys: Vec::new(),
                ..options()
            },
            "registry.key_missing",
        ),
        (
            RegistryOptions {
                private_key: None,
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                certificate: None,
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                private_key: Some(other.home.path("agency.key")),
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                certificate: file("words.pem"),
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                private_key: file("agency.pem"),
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                roots: file("missing.pem"),
                ..options()
            },
            "registry.credential",
        ),
        (
            RegistryOptions {
                roots: file("words.pem"),
                ..options()
            },
            "registry.credential",
        ),
    ] {
        let error = Https::open("https://127.0.0.1", &options).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

/// What reader and registry see of each other.
#[derive(Default)]
struct Sight {
    /// All text is in, and the photo is next.
    text: AtomicBool,
    /// The question has come.
    asked: AtomicBool,
    /// Commands that the card was given since.
    since: AtomicUsize,
    /// When the answer went out.
    answered: Mutex<Option<Instant>>,
    /// When the card was given its last command.
    last: Mutex<Option<Instant>>,
}

impl Sight {
    /// Waits for the other side, though not for ever.
    fn wait(&self, until: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !until(self) && begun.elapsed() < LONG / 3 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A card whose photo does not come before the question has gone out.
struct Waiting {
    card: VirtualCard,
    sight: Arc<Sight>,
    /// What each command takes beside.
    pause: Duration,
}

impl Waiting {
    fn new(sight: &Arc<Sight>, pause: Duration) -> Self {
        let persona = persona::find("an").unwrap();
        Self {
            card: VirtualCard::new(persona.personalise().unwrap(), Box::new(System)),
            sight: Arc::clone(sight),
            pause,
        }
    }
}

impl Transport for Waiting {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.sight.text.load(Ordering::SeqCst) {
            self.sight.wait(|sight| sight.asked.load(Ordering::SeqCst));
        }
        if self.sight.asked.load(Ordering::SeqCst) {
            self.sight.since.fetch_add(1, Ordering::SeqCst);
        }
        thread::sleep(self.pause);
        *self.sight.last.lock().unwrap() = Some(Instant::now());
        self.card.transmit(command)
    }

    fn limits(&self) -> Limits {
        // A chip that gives 256 bytes at a time, so that the photo takes its time.
        Limits {
            max_response: 258,
            ..self.card.limits()
        }
    }
}

/// Reads the ordinary card and asks this registry; how long it took.
fn inspect(card: &mut dyn Transport, registry: Option<Https>, sight: &Sight) -> (Report, Duration) {
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&test_root()).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    let policy = Policy::counter();
    let can = persona::find("an").unwrap().can();
    let key = AccessKey::parse(&can, jiff::Zoned::now().date()).unwrap();
    let plan = Plan::new(key, Groups::Signed, policy.access());
    let judgement = Judgement {
        trust: &trust,
        policy: &policy,
        now: SystemTime::now(),
        context: query().context,
        disclose: Vec::new(),
    };
    let mut registry: Option<Box<dyn Registry>> = match registry {
        Some(https) => Some(Box::new(https)),
        None => None,
    };
    let begun = Instant::now();
    let inspected = workflow::inspect(
        card,
        &plan,
        &Stop::never(),
        &mut System,
        &judgement,
        registry.as_deref_mut(),
        &mut |step| {
            if let Progress::Text(_) = step {
                sight.text.store(true, Ordering::SeqCst);
            }
        },
    );
    (inspected.unwrap().report, begun.elapsed())
}

/// The card keeps its photo back until the question has come, and the registry keeps its answer back
/// until the card is read on: were one to wait for the other, neither would ever come.
#[test]
fn the_question_goes_out_while_the_photo_is_read() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let sight = Arc::new(Sight::default());
    let seen = Arc::clone(&sight);
    let fake = Fake::start(&keys, move |_, body, out| {
        seen.asked.store(true, Ordering::SeqCst);
        seen.wait(|sight| sight.since.load(Ordering::SeqCst) > 0);
        match seen.since.load(Ordering::SeqCst) {
            0 => reply(out, 500, "text/plain", "", b""),
            _ => json(out, &own.answer(body)),
        }
    });
    let mut card = Waiting::new(&sight, Duration::ZERO);
    let (report, _) = inspect(&mut card, Some(open(&fake, &keys)), &sight);
    let outcome = &report.checks().registry;
    assert_eq!(outcome.code(), "registry.confirmed", "{outcome:?}");
}

/// What a command takes on a real card.
const PAUSE: Duration = Duration::from_millis(60);

/// The photo takes some sixty commands from when the question is there, so that an answer two seconds
/// later is there before the card is done, and nobody waits for it.
#[test]
fn a_registry_that_takes_two_seconds_costs_nothing_beside_a_photo_that_takes_longer() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let sight = Arc::new(Sight::default());
    let seen = Arc::clone(&sight);
    let late = Fake::start(&keys, move |_, body, out| {
        seen.asked.store(true, Ordering::SeqCst);
        thread::sleep(Duration::from_secs(2));
        let then = json(out, &own.answer(body));
        *seen.answered.lock().unwrap() = Some(Instant::now());
        then
    });
    let mut card = Waiting::new(&sight, PAUSE);
    let (report, _) = inspect(&mut card, Some(open(&late, &keys)), &sight);
    assert_eq!(report.checks().registry.code(), "registry.confirmed");
    let answered = sight.answered.lock().unwrap().unwrap();
    let last = sight.last.lock().unwrap().unwrap();
    assert!(answered < last, "{:?} too late", answered - last);
}

#[test]
fn a_registry_that_is_mute_costs_no_more_than_its_limit() {
    let keys = Arc::new(Keys::new());
    let sight = Arc::new(Sight::default());
    let seen = Arc::clone(&sight);
    let mute = Fake::start(&keys, move |_, _, _| {
        seen.asked.store(true, Ordering::SeqCst);
        thread::sleep(LONG);
        Ok(Then::Close)
    });
    let registry = Https::open(&mute.url(), &keys.options()).unwrap();
    let mut card = Waiting::new(&sight, PAUSE);
    let (report, together) = inspect(&mut card, Some(registry), &sight);
    let outcome = &report.checks().registry;
    assert_eq!(outcome.code(), "registry.not_reached", "{outcome:?}");
    // The mute one would have taken as long; the card alone takes some five seconds.
    assert!(together < LONG, "{together:?}");
}
