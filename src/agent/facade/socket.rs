//! The numbered form: a Socket.IO service (Engine.IO 4, Socket.IO protocol 5).
//!
//! Everything goes to one socket by name; nothing here knows how to tell all of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use socketioxide::extract::TryData;
use socketioxide::handler::ConnectHandler as _;
use socketioxide::layer::SocketIoLayer;
use socketioxide::socket::DisconnectReason;
use tokio::sync::mpsc;
use tokio::task;
use zeroize::Zeroizing;

use crate::agent::door::limits::MAX_MESSAGE;
use crate::agent::door::token::Kept;
use crate::agent::facade::App;
use crate::agent::facade::guard;
use crate::agent::facade::guard::Whose;
use crate::agent::facade::message::Failure;
use crate::agent::facade::message::Message;
use crate::agent::facade::session::QUEUE;
use crate::agent::facade::session::Session;
use crate::agent::facade::session::Wish;
use crate::agent::protocol::wipe;
use crate::error::DoorError;

/// How long a client may take from its first request to its token.
const CONNECT: Duration = Duration::from_secs(10);

/// Packets that may wait for a socket; a read has under fifty.
const PACKETS: usize = 128;

/// Channel on which a page tells the key that it read elsewhere.
pub const KEY: &str = "/key";

/// What a refused client reads: the code, and what it means.
struct Refused(Failure);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { code, about, .. } = &self.0;
        let said = about.get("message").and_then(|message| message.get("vi"));
        write!(
            f,
            "{code}: {}",
            said.and_then(Value::as_str).unwrap_or_default()
        )
    }
}

/// The service as a layer.
pub fn layer(app: &Arc<App>) -> SocketIoLayer {
    let (layer, io) = SocketIo::builder()
        .max_payload(u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX))
        .max_buffer_size(PACKETS)
        .connect_timeout(CONNECT)
        .ping_interval(app.heartbeat.every)
        .ping_timeout(app.heartbeat.within)
        .build_layer();
    let admits = Arc::clone(app);
    let admit = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let admitted = holder(&admits, &socket, auth.ok().as_ref()).map(drop);
        let admitted = admitted.map_err(|error| Refused(admits.refused(&error)));
        async move { admitted }
    };
    let serves = Arc::clone(app);
    let serve = move |socket: SocketRef, TryData(auth): TryData<Value>| {
        let holder = holder(&serves, &socket, auth.ok().as_ref());
        let app = Arc::clone(&serves);
        async move {
            match holder {
                Ok(kept) => open(&app, &socket, kept),
                Err(error) => tell(&socket, &Message::Failed(app.refused(&error))),
            }
        }
    };
    // The local adapter has nothing that could fail.
    io.ns("/", serve.with(admit));
    layer
}

/// The holder of the token in the client's `auth`, or in the address that it connected to.
fn holder(app: &App, socket: &SocketRef, auth: Option<&Value>) -> Result<Kept, DoorError> {
    let parts = socket.req_parts();
    let whose = parts.extensions.get::<Whose>();
    match auth.and_then(guard::token_of) {
        Some(token) => guard::holder(app, whose, Some(token)),
        None => {
            let token = guard::token(&parts.uri, &parts.headers);
            guard::holder(app, whose, token.as_ref().map(|token| token.as_str()))
        }
    }
}

fn open(app: &Arc<App>, socket: &SocketRef, kept: Kept) {
    let Some(seat) = app.seats.take(&kept.origin) else {
        tell(socket, &Message::Failed(app.refused(&DoorError::Sessions)));
        // It may be gone already.
        let _ = socket.clone().disconnect();
        return;
    };
    let session = Session::begin(app, kept, seat);
    let (messages, mut heard) = mpsc::channel::<Message>(QUEUE);
    // A session that has just begun has room for a wish.
    let _ = session.wish(Wish::Listen(messages));
    let (keys, tells) = (session.clone(), Arc::clone(app));
    socket.on(
        KEY,
        move |socket: SocketRef, TryData(key): TryData<String>| {
            let told = match key {
                Ok(key) => keys
                    .wish(Wish::Key(Zeroizing::new(key)))
                    .map_err(|error| tells.refused(&error)),
                Err(_) => Err(tells.failed("agent.malformed", 400)),
            };
            async move {
                if let Err(failed) = told {
                    tell(&socket, &Message::Failed(failed));
                }
            }
        },
    );
    socket.on_disconnect(move |socket: SocketRef, reason: DisconnectReason| {
        // A session that takes no wish finds out by itself that nobody listens.
        let _ = session.wish(Wish::Leave);
        if reason == DisconnectReason::ClientNSDisconnect {
            // Over polling a client that said farewell may still wait for an answer to its last question, and
            // some say nothing more before it has one. It may be gone already.
            let _ = socket.clone().disconnect();
        }
        async {}
    });
    let socket = socket.clone();
    task::spawn(async move {
        while let Some(message) = heard.recv().await {
            tell(&socket, &message);
        }
        let _ = socket.disconnect();
    });
}

/// Sends a message to one socket.
fn tell(socket: &SocketRef, message: &Message) {
    for (channel, event) in message.numbered() {
        let sent = socket.emit(channel, &event);
        wipe(event);
        if sent.is_err() {
            // It takes nothing, or is gone: a page that missed one event must not go on as if it had not.
            let _ = socket.clone().disconnect();
            return;
        }
    }
}
