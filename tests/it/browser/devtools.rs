//! A client of the Chrome DevTools Protocol: commands, answers and events over one WebSocket.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tungstenite::Message;
use tungstenite::WebSocket;
use tungstenite::client::client_with_config;
use tungstenite::protocol::WebSocketConfig;

use super::chromium::Chromium;

/// Longest wait for an answer on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// How long the socket is listened to before the clock is looked at again.
const SLICE: Duration = Duration::from_millis(20);

/// A whole page's picture in base64 is below this.
const LARGEST: usize = 256 << 20;

/// What the browser tells without being asked.
#[derive(Debug)]
pub struct Event {
    pub method: String,
    pub params: Value,
    pub session: Option<String>,
}

/// A connection to the browser.
pub struct DevTools {
    socket: WebSocket<TcpStream>,
    last: u64,
    events: VecDeque<Event>,
}

impl DevTools {
    /// Connects to a browser.
    pub fn connect(browser: &Chromium) -> Self {
        let (address, path) = browser.address();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        let url = format!("ws://{address}/{path}");
        let (socket, _) = client_with_config(url, stream, Some(config)).unwrap();
        socket.get_ref().set_read_timeout(Some(SLICE)).unwrap();
        Self {
            socket,
            last: 0,
            events: VecDeque::new(),
        }
    }

    /// Gives a command, to a page's session or to the browser, and waits for the answer.
    ///
    /// # Panics
    /// When it is refused, or there is no answer.
    #[track_caller]
    pub fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.attempt(session, method, params)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// As [`DevTools::call`]; `Err` is the browser's refusal.
    pub fn attempt(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, Value> {
        self.last += 1;
        let id = self.last;
        let mut command = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.socket
            .send(Message::text(command.to_string()))
            .unwrap();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let Some(mut message) = self.receive() else {
                continue;
            };
            if message["id"] != id {
                self.keep(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].take());
            } else {
                return Err(message["error"].take());
            }
        }
        panic!("{method}: no answer within {PATIENCE:?}");
    }

    /// Gives commands of one kind to a page's session, one after the other and without waiting in between, and
    /// waits for all answers.
    ///
    /// # Panics
    /// When one is refused, or there is no answer.
    #[track_caller]
    pub fn call_all(&mut self, session: &str, method: &str, all: Vec<Value>) {
        let first = self.last + 1;
        for params in all {
            self.last += 1;
            let command = json!({
                "id": self.last, "method": method, "params": params, "sessionId": session,
            });
            self.socket
                .write(Message::text(command.to_string()))
                .unwrap();
        }
        self.socket.flush().unwrap();
        let mut open: BTreeSet<u64> = (first..=self.last).collect();
        let until = Instant::now() + PATIENCE;
        while !open.is_empty() {
            assert!(
                Instant::now() < until,
                "{method}: no answer within {PATIENCE:?}"
            );
            let Some(message) = self.receive() else {
                continue;
            };
            match message["id"].as_u64() {
                Some(id) if open.remove(&id) => {
                    assert!(message["error"].is_null(), "{method}: {message}");
                }
                _ => self.keep(message),
            }
        }
    }

    /// The events that have come since this was asked last.
    pub fn events(&mut self) -> Vec<Event> {
        self.events.drain(..).collect()
    }

    /// Puts an event back, for somebody else to take.
    pub fn keep_event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// One message, if one comes in a moment.
    fn receive(&mut self) -> Option<Value> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Some(serde_json::from_str(&text).unwrap()),
            Ok(_) => None,
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                None
            }
            Err(error) => panic!("the browser has gone: {error}"),
        }
    }

    fn keep(&mut self, mut message: Value) {
        if let Some(method) = message["method"].as_str() {
            self.events.push_back(Event {
                method: method.to_owned(),
                session: message["sessionId"].as_str().map(str::to_owned),
                params: message["params"].take(),
            });
        }
    }
}
