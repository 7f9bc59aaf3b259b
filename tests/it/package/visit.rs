//! What a page does with an agent of which it knows the address and a code: it pairs, and reads a card.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tungstenite::ClientRequestBuilder;

/// Longest time for one answer.
const LIMIT: Duration = Duration::from_secs(60);

/// A token for a code.
fn pair(address: &str, code: &str) -> String {
    let paired = ask(address, "POST", "/v1/pair", "", &json!({"code": code}));
    paired["ok"]["token"].as_str().unwrap().to_owned()
}

/// What is read, and how.
fn order(reader: &str, key: &str) -> Value {
    json!({
        "reader": reader, "key": key,
        "fields": ["name", "citizen_number"], "portrait": false, "evidence": "none",
    })
}

fn ask(address: &str, method: &str, path: &str, token: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        address,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// Reads the card on the first reader, by the REST door alone; the report.
pub(super) fn read(address: &str, code: &str, key: &str) -> Value {
    let token = &pair(address, code);
    let hello = ask(
        address,
        "POST",
        "/v1/hello",
        token,
        &json!({"id": "1", "level": 1}),
    );
    let session = hello["ok"]["session"].as_str().unwrap();
    let reader = hello["ok"]["readers"][0]["reader"].as_str().unwrap();
    let command = |name: &str, body: Value| {
        ask(
            address,
            "POST",
            &format!("/v1/{name}?session={session}"),
            token,
            &body,
        )
    };
    command("claim", json!({"id": "2", "reader": reader}));
    let mut read = order(reader, key);
    read["id"] = "3".into();
    command("read", read);
    let until = Instant::now() + LIMIT * 2;
    let mut after = 0;
    while Instant::now() < until {
        let path = format!("/v1/events?session={session}&after={after}&wait=10");
        let answer = ask(address, "GET", &path, token, &Value::Null);
        after = answer["seq"].as_u64().unwrap();
        for event in answer["events"].as_array().unwrap() {
            match event["event"].as_str().unwrap() {
                "result" => {
                    command("release", json!({"id": "4", "reader": reader}));
                    return event["report"].clone();
                }
                "failed" => panic!("{event}"),
                _ => {}
            }
        }
    }
    panic!("no result");
}

/// Reads the card on the first reader, by WebSocket; the report.
pub(super) fn read_by_socket(address: &str, code: &str, key: &str) -> Value {
    let token = pair(address, code);
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT * 2)).unwrap();
    let uri = format!("ws://{address}/v1/socket").parse().unwrap();
    let request = ClientRequestBuilder::new(uri)
        .with_sub_protocol("cancuoc.agent.1")
        .with_sub_protocol(format!("cancuoc.token.{token}"));
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    let mut reader = String::new();
    for (id, command) in [("1", "hello"), ("2", "claim"), ("3", "read")] {
        let mut said = match command {
            "hello" => json!({"level": 1}),
            "claim" => json!({"reader": reader}),
            _ => order(&reader, key),
        };
        said["id"] = id.into();
        said["command"] = command.into();
        socket.send(said.to_string().into()).unwrap();
        loop {
            let message = socket.read().unwrap();
            let message: Value =
                serde_json::from_str(message.to_text().unwrap()).unwrap_or_default();
            if message["reply_to"] == id {
                assert!(message["ok"].is_object(), "{command}: {message}");
                if command == "hello" {
                    let own = &message["ok"]["readers"][0]["reader"];
                    own.as_str().unwrap().clone_into(&mut reader);
                }
                break;
            }
        }
    }
    let until = Instant::now() + LIMIT * 2;
    while Instant::now() < until {
        let message = socket.read().unwrap();
        let event: Value = serde_json::from_str(message.to_text().unwrap()).unwrap_or_default();
        match event["event"].as_str() {
            Some("result") => {
                let release = json!({"id": "4", "command": "release", "reader": reader});
                socket.send(release.to_string().into()).unwrap();
                loop {
                    let message = socket.read().unwrap();
                    if message.to_text().unwrap().contains("\"reply_to\":\"4\"") {
                        break;
                    }
                }
                return event["report"].clone();
            }
            Some("failed") => panic!("{event}"),
            _ => {}
        }
    }
    panic!("no result");
}
