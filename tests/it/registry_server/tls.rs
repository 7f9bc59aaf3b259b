//! Who gets a connection.

use std::io;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use crate::support::registry_pki::Identity;
use crate::support::registry_pki::Pki;
use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;
use crate::support::registry_server::WIDE;

use super::answers::right;

/// A revocation list of the clients' authority with the ward's certificate on it, made by OpenSSL.
fn revoking_the_ward(stand: &Stand) -> Vec<u8> {
    let serial = stand.pki.ward.certificate.serial_number();
    let serial = serial.to_bn().unwrap().to_hex_str().unwrap().to_string();
    let index = format!("R\t491231235959Z\t200101000000Z\t{serial}\tunknown\t/CN=Ward 1\n");
    list(stand, &index, &["-crldays", "30"])
}

/// A revocation list of these certificates and for this time, in words of OpenSSL's.
fn list(stand: &Stand, index: &str, time: &[&str]) -> Vec<u8> {
    stand.home.write("index.txt", index);
    stand.home.write("crlnumber", "01\n");
    stand.home.write("index.txt.attr", "unique_subject = no\n");
    stand.home.write("clients.key", stand.pki.clients.key_pem());
    let path = |name: &str| stand.home.path(name).display().to_string();
    let config = format!(
        "[ca]\ndefault_ca = own\n[own]\ndatabase = {}\ncrlnumber = {}\ndefault_md = sha256\n",
        path("index.txt"),
        path("crlnumber")
    );
    stand.home.write("ca.cnf", config);
    let made = Command::new("openssl")
        .args(["ca", "-gencrl", "-config", &path("ca.cnf")])
        .args(time)
        .args([
            "-cert",
            &path("clients.pem"),
            "-keyfile",
            &path("clients.key"),
        ])
        .args(["-out", &path("clients.crl")])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    std::fs::read(stand.home.path("clients.crl")).unwrap()
}

#[test]
fn a_certificate_that_was_revoked_ends_the_connection_that_it_opened() {
    let stand = Stand::new();
    let server = stand.start();
    let open = |who| Line::open(server.address, &stand.pki, Some(who)).unwrap();
    let (mut ward, mut bank) = (open(&stand.pki.ward), open(&stand.pki.bank));
    assert_eq!(ward.post(&stand.signed(right(&stand))).status, 200);
    stand.home.write("clients.crl", revoking_the_ward(&stand));
    let config = std::fs::read_to_string(stand.home.path("server.toml")).unwrap();
    stand.home.write(
        "server.toml",
        format!("revoked = [\"clients.crl\"]\n{config}"),
    );
    let own = server.server.as_ref().unwrap();
    own.reload(stand.settings(None)).unwrap();
    let refused = ward.post(&stand.signed(right(&stand)));
    refused.refused(403, "question.agency_unknown");
    assert_eq!(refused.header("connection"), Some("close"));
    let counted = server.figure("cancuoc_registry_tls_failures_total{reason=\"revoked\"}");
    assert!(counted >= 1.0);
    assert!(!is_let_in(&stand, server.address, Some(&stand.pki.ward)));
    // Others keep theirs.
    let mut question = right(&stand);
    question["purpose"]["procedure"] = json!("marriage");
    assert_eq!(bank.post(&stand.signed(question)).status, 200);
}

#[test]
fn a_list_past_its_next_update_refuses_everybody_of_its_authority() {
    let stand = Stand::new();
    let server = stand.start();
    let mut ward = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(ward.post(&stand.signed(right(&stand))).status, 200);
    let config = std::fs::read_to_string(stand.home.path("server.toml")).unwrap();
    let config = format!("revoked = [\"clients.crl\"]\n{config}");
    stand.home.write("server.toml", config);
    let own = server.server.as_ref().unwrap();
    let begun = ["-crl_lastupdate", "20260101000000Z", "-crl_nextupdate"];
    // Nobody stands on either.
    for (until, there) in [("20491231235959Z", true), ("20260102000000Z", false)] {
        let time = [&begun[..], &[until]].concat();
        stand.home.write("clients.crl", list(&stand, "", &time));
        own.reload(stand.settings(None)).unwrap();
        let let_in = is_let_in(&stand, server.address, Some(&stand.pki.ward));
        assert_eq!(let_in, there, "{until}");
        let reply = ward.post(&stand.signed(right(&stand)));
        assert_eq!(reply.status == 200, there, "{until}: {reply:?}");
    }
}

/// Whether somebody gets any answer at all. With TLS 1.3 a client learns only after its handshake that
/// it was refused.
fn is_let_in(stand: &Stand, address: std::net::SocketAddr, who: Option<&Identity>) -> bool {
    let asked = |mut line: Line| -> io::Result<u16> {
        line.send(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        Ok(line.receive()?.status)
    };
    Line::open(address, &stand.pki, who).and_then(asked).is_ok()
}

#[test]
fn certificates_that_are_expired_foreign_or_for_another_use_are_refused_and_counted() {
    let stand = Stand::new();
    let server = stand.start();
    let Pki {
        ward,
        expired,
        not_yet,
        foreign,
        wrong_use,
        ..
    } = &stand.pki;
    assert!(is_let_in(&stand, server.address, Some(ward)));
    for (who, reason) in [
        (None, "no_certificate"),
        (Some(expired), "expired"),
        (Some(not_yet), "not_yet_valid"),
        (Some(foreign), "foreign"),
        (Some(wrong_use), "bad_certificate"),
    ] {
        assert!(!is_let_in(&stand, server.address, who), "{reason}");
        let name = format!("cancuoc_registry_tls_failures_total{{reason=\"{reason}\"}}");
        let until = Instant::now() + Duration::from_secs(30);
        while server.figure(&name) < 1.0 {
            assert!(Instant::now() < until, "{reason} is not counted");
            thread::sleep(Duration::from_millis(10));
        }
    }
    assert!(is_let_in(&stand, server.address, Some(ward)));
}

#[test]
fn what_is_no_handshake_or_none_that_ends_is_cut() {
    let stand = Stand::with(&format!("[limits]\nhandshake_seconds = 0.3\n{WIDE}"));
    let server = stand.start();
    let mut words = TcpStream::connect(server.address).unwrap();
    words.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let silent = TcpStream::connect(server.address).unwrap();
    for (stream, reason) in [(words, "protocol"), (silent, "timeout")] {
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        // An alert and the end, or the end at once.
        let end = io::copy(&mut &stream, &mut io::sink());
        let slow = |error: &io::Error| {
            matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            )
        };
        assert!(
            end.as_ref().err().is_none_or(|error| !slow(error)),
            "{reason}"
        );
        let name = format!("cancuoc_registry_tls_failures_total{{reason=\"{reason}\"}}");
        assert!(server.figure(&name) >= 1.0, "{reason}");
    }
    // Others were served meanwhile, and are now.
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
}

#[test]
fn a_new_certificate_and_policy_are_taken_while_it_runs() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
    let config = std::fs::read_to_string(stand.home.path("server.toml")).unwrap();
    stand
        .home
        .write("server.toml", config.replace("\"Ward 1\"", "\"Ward 2\""));
    let own = server.server.as_ref().unwrap();
    own.reload(stand.settings(None)).unwrap();
    // On the connection that is open, too.
    let refused = line.post(&stand.signed(right(&stand)));
    refused.refused(403, "question.agency_unknown");

    stand.home.write("server.toml", config);
    own.reload(stand.settings(None)).unwrap();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(line.post(&stand.signed(right(&stand))).status, 200);
    stand
        .home
        .write("clients.pem", stand.pki.server_authority.certificate_pem());
    own.reload(stand.settings(None)).unwrap();
    assert!(!is_let_in(&stand, server.address, Some(&stand.pki.ward)));
    // Nor does the connection help that was opened before.
    let refused = line.post(&stand.signed(right(&stand)));
    refused.refused(403, "question.agency_unknown");
    stand.home.write("clients.pem", b"no certificate");
    assert_eq!(
        own.reload(stand.settings(None)).unwrap_err().code(),
        "serve.certificate"
    );
}
