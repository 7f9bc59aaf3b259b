//! What is malformed, oversized, slow or meant to be understood by a database.

use std::io;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::support::registry_server::Line;
use crate::support::registry_server::Running;
use crate::support::registry_server::Stand;
use crate::support::registry_server::WIDE;

use super::answers::AN;
use super::answers::right;

fn open(stand: &Stand, server: &Running) -> Line {
    Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap()
}

#[test]
fn a_malformed_question_is_refused_by_the_place_of_its_mistake() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&stand, &server);
    let mut refused = |bytes: &[u8], place: &str| {
        let reply = line.post(bytes);
        reply.refused(400, "question.malformed");
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(place), "{detail}");
        assert!(!reply.text().contains("Mẫu"), "{}", reply.text());
    };
    refused(b"", "the whole");
    refused(b"{", "the whole");
    refused(b"[]", "the whole");
    refused(b"\xFF\xFE", "the whole");
    refused(br#"{"schema": "a", "schema": "b"}"#, "the whole");
    refused(
        &[b"[".repeat(5_000), b"]".repeat(5_000)].concat(),
        "the whole",
    );
    for (place, value) in [
        ("/schema", json!("cancuoc.question/2")),
        ("/id", json!("short")),
        ("/id", json!("with spaces and more")),
        ("/nonce", json!("%%%%")),
        ("/asked_at", json!("yesterday")),
        ("/purpose", json!("Mẫu")),
        ("/purpose/case", json!("Mẫu".repeat(100))),
        ("/officer", json!("")),
        ("/device", json!("Mẫu\u{0}")),
        ("/card/number", json!("03619500012")),
        ("/card/number", json!(36_195_000_123_u64)),
        ("/card", json!({})),
        ("/attributes", json!({"name": "Mẫu".repeat(1000)})),
        ("/attributes", json!({"shoe_size": "Mẫu"})),
        ("/disclose", json!(["everything"])),
        ("/disclose", json!(["identity_level", "identity_level"])),
    ] {
        let mut question = right(&stand);
        match question.pointer_mut(place) {
            Some(member) => *member = value,
            None => question["disclose"] = value,
        }
        refused(&stand.signed(question), place);
    }
}

/// Text that would change a statement that it was put into.
const SQL: [&str; 4] = [
    "' OR '1'='1",
    "'; DROP TABLE person; --",
    "x\" UNION SELECT * FROM card --",
    "$1)); DELETE FROM card; /*",
];

#[test]
fn sql_in_every_field_is_only_text() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&stand, &server);
    let before = stand.ask(&mut line, right(&stand));
    for text in SQL {
        for place in [
            "/schema",
            "/id",
            "/nonce",
            "/asked_at",
            "/purpose/procedure",
            "/purpose/case",
            "/officer",
            "/device",
            "/card/number",
            "/attributes/name",
            "/attributes/birth",
        ] {
            let mut question = right(&stand);
            *question.pointer_mut(place).unwrap() = json!(text);
            let reply = line.post(&stand.signed(question));
            match place {
                "/purpose/case" | "/officer" => assert_eq!(reply.status, 200, "{place}"),
                "/attributes/name" => {
                    assert_eq!(reply.json()["attributes"]["name"], "mismatch", "{place}");
                }
                "/purpose/procedure" => reply.refused(403, "question.unknown_procedure"),
                "/device" => reply.refused(403, "question.unknown_device"),
                _ => reply.refused(400, "question.malformed"),
            }
        }
        for member in ["nationality", "document_number", "sex", "expiry"] {
            let mut question = right(&stand);
            question["attributes"][member] = json!(text);
            let reply = line.post(&stand.signed(question));
            match member {
                "nationality" | "document_number" => assert_eq!(reply.status, 200, "{member}"),
                _ => reply.refused(400, "question.malformed"),
            }
        }
    }
    let after = stand.ask(&mut line, right(&stand));
    assert_eq!(before["attributes"], after["attributes"]);
    assert_eq!(after["decision"], "confirmed");
}

#[test]
fn every_refusal_is_a_problem() {
    let stand = Stand::new();
    let server = stand.start();
    let body = stand.signed(right(&stand));
    let length = body.len();
    let ask = |head: &str, body: &[u8]| {
        // Each on a line of its own: some refusals end it.
        open(&stand, &server).request(head, body)
    };
    let post = "POST /v1/questions HTTP/1.1\nHost: localhost\n";
    ask("GET /v1/questions HTTP/1.1\nHost: localhost", b"").refused(405, "question.method");
    let refused = ask("DELETE /v1/health HTTP/1.1\nHost: localhost", b"");
    refused.refused(405, "question.method");
    assert!(
        refused.header("allow").unwrap().contains("GET"),
        "{refused:?}"
    );
    ask("GET / HTTP/1.1\nHost: localhost", b"").refused(404, "question.not_found");
    ask("GET /metrics HTTP/1.1\nHost: localhost", b"").refused(404, "question.not_found");
    ask("GET /v1/questions/../../etc HTTP/1.1\nHost: localhost", b"")
        .refused(404, "question.not_found");
    for kind in [
        "",
        "Content-Type: text/plain\n",
        "Content-Type: application/json; charset=utf-16\n",
        "Content-Type: application/json\nContent-Type: text/html\n",
        "Content-Type: application/json\nContent-Encoding: gzip\n",
    ] {
        let head = format!("{post}{kind}Content-Length: {length}");
        ask(&head, &body).refused(415, "question.media_type");
    }
    let json = "Content-Type: application/json; charset=utf-8\n";
    for announced in ["16385", "99999999999999999"] {
        let head = format!("{post}{json}Content-Length: {announced}");
        ask(&head, b"").refused(413, "question.too_large");
    }
    // As many chunks as one likes.
    let chunk = [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat();
    let chunks = [chunk.repeat(2), b"0\r\n\r\n".to_vec()].concat();
    let head = format!("{post}{json}Transfer-Encoding: chunked");
    ask(&head, &chunks).refused(413, "question.too_large");
    let head = format!("{post}{json}Content-Length: {length}");
    assert_eq!(ask(&head, &body).status, 200);
    let chunked = [
        format!("{length:x}\r\n").as_bytes(),
        &body,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let head = format!("{post}{json}Transfer-Encoding: chunked");
    assert_eq!(ask(&head, &chunked).status, 200);
}

#[test]
fn half_a_head_and_a_slow_body_are_cut() {
    let limits = format!("[limits]\nhead_seconds = 0.3\nbody_seconds = 0.3\n{WIDE}");
    let stand = Stand::with(&limits);
    let server = stand.start();
    let mut half = open(&stand, &server);
    half.send(b"POST /v1/questions HTTP/1.1\r\nHost: local")
        .unwrap();
    let mut slow = open(&stand, &server);
    slow.send(b"POST /v1/questions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    // Others are served meanwhile.
    let mut line = open(&stand, &server);
    assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
    slow.receive().unwrap().refused(408, "question.timeout");
    // hyper answers a head that does not come with 408 or with nothing, and ends the line.
    let end = half.receive();
    assert!(end.is_err() || end.unwrap().status == 408);
    assert!(
        half.receive()
            .is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock)
    );
}

#[test]
fn who_asks_and_never_reads_the_answers_is_cut() {
    let stand = Stand::with(&format!("[limits]\nhead_seconds = 0.5\n{WIDE}"));
    let server = stand.start();
    // Over both doors: as many requests in a row as they take in.
    let ask = |write: &mut dyn FnMut(&[u8]) -> io::Result<()>, path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(100);
        let full = (0..10_000).find(|_| write(request.as_bytes()).is_err());
        assert!(full.is_some(), "{path}: all of it was taken in");
    };
    let mut line = open(&stand, &server);
    let stuck = Duration::from_secs(1);
    line.0.get_ref().set_write_timeout(Some(stuck)).unwrap();
    ask(&mut |bytes| line.send(bytes), "/v1/health");
    let mut plain = TcpStream::connect(server.status).unwrap();
    plain.set_write_timeout(Some(stuck)).unwrap();
    ask(&mut |bytes| plain.write_all(bytes), "/livez");
    // Both are still held open here. The one that asks for the figures is the third.
    let until = Instant::now() + Duration::from_secs(60);
    while server.figure("cancuoc_registry_connections") > 1.0 {
        assert!(Instant::now() < until, "they keep their places");
        thread::sleep(Duration::from_millis(50));
    }
    drop((line, plain));
}

#[test]
fn nothing_personal_is_in_metrics_or_the_audit_log() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&stand, &server);
    stand.ask(&mut line, right(&stand));
    let mut wrong = right(&stand);
    wrong["attributes"]["name"] = json!("Nguyễn Thị Mẫu Ân");
    stand.ask(&mut line, wrong);
    let metrics = server.get("/metrics").text();
    server.stop();
    let log = std::fs::read_to_string(stand.home.path("audit/00000000000000000000.jsonl")).unwrap();
    for text in [&metrics, &log] {
        for word in [AN, "Mẫu", "1995-08-17"] {
            assert!(!text.contains(word), "{word} in\n{text}");
        }
    }
    assert!(!metrics.contains("officer-1") && !metrics.contains("case-1"));
    let records: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdicts: Vec<_> = records.iter().map(|record| &record["verdict"]).collect();
    assert_eq!(verdicts, ["confirmed", "mismatch"]);
    assert_eq!(records[0]["agency"], "ward-1");
    assert_eq!(records[0]["subject"], records[1]["subject"]);
    assert_eq!(
        (&records[0]["cost"], &records[1]["cost"]),
        (&json!(1), &json!(5))
    );
}

#[test]
fn more_connections_than_allowed_are_turned_away() {
    let stand = Stand::with(&format!("[limits]\nconnections = 2\n{WIDE}"));
    let server = stand.start();
    let mut lines = [(); 2].map(|()| open(&stand, &server));
    for line in &mut lines {
        assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
    }
    assert!(Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).is_err());
    assert!(server.figure("cancuoc_registry_connections_refused_total") >= 1.0);
    drop(lines);
    for _ in 0..1000 {
        if let Ok(mut line) = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)) {
            assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no place becomes free");
}
