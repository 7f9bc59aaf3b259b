//! The server before a real PostgreSQL, which goes away and comes back.

use std::fs;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::registry::postgres;
use cancuoc::registry::samples::Contents;
use serde_json::json;

use crate::support::postgres::Postgres;
use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;

/// How long a database may take to be found again, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_database_that_goes_away_is_told_and_found_again() {
    let mut database = Postgres::start();
    let stand = Stand::new();
    let key = stand.home.text("number.key");
    // By TCP and with a password, which is to show nowhere.
    let url = format!("{}&number_key={key}", database.tcp_url("postgres"));
    postgres::make(&url, Contents::Samples).unwrap();
    let config = fs::read_to_string(stand.home.path("server.toml")).unwrap();
    let config = config.replace("sqlite:register.sqlite", &url);
    stand.home.write("server.toml", config);
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let confirmed = stand.question("036195000123");
    assert_eq!(stand.ask(&mut line, confirmed)["decision"], "confirmed");
    // Connections that the database ends are made again, and nobody notices.
    for _ in 0..3 {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE pid <> pg_backend_pid() AND usename = current_user";
        assert_ne!(database.sql("postgres", cut), "0\n");
        let question = stand.question("036195000123");
        assert_eq!(stand.ask(&mut line, question)["decision"], "confirmed");
    }
    // The test's database waits for no disk: what it has not written yet would be lost.
    database.sql("postgres", "CHECKPOINT");
    database.kill();
    let question = stand.signed(stand.question("036195000123"));
    let refused = line.post(&question);
    assert!(matches!(refused.status, 503 | 504), "{}", refused.text());
    assert!(!refused.text().contains("invented"), "{}", refused.text());
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(!ready.text().contains("invented"), "{}", ready.text());
    // Nothing was answered, so the question keeps its id until the database is back.
    database.restart();
    let until = Instant::now() + PATIENCE;
    let mut question = question;
    loop {
        let reply = line.post(&question);
        match reply.status {
            200 => {
                assert_eq!(reply.json()["decision"], json!("confirmed"));
                break;
            }
            // It took so long that the question is too old by now.
            409 => question = stand.signed(stand.question("036195000123")),
            503 | 504 => {}
            _ => panic!("{}", reply.text()),
        }
        assert!(Instant::now() < until, "{}", database.log());
        thread::sleep(Duration::from_millis(200));
    }
    server.stop();
}
