//! One request, from its head to its answer, in the order that keeps strangers out: by which name they
//! called this machine, whose page asks, what for, in which form, with which token; only then what they
//! want.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::extract::Request;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agent::door::admit::Guest;
use crate::agent::door::admit::protocols;
use crate::agent::door::body;
use crate::agent::door::files;
use crate::agent::door::house::House;
use crate::agent::door::house::Stopping;
use crate::agent::door::limits::MAX_MESSAGE;
use crate::agent::door::listen::Place;
use crate::agent::door::origin::Caller;
use crate::agent::door::reply;
use crate::agent::door::socket;
use crate::agent::door::socket::Arrival;
use crate::agent::ops::config::MetricsDoor;
use crate::agent::ops::log::Happening;
use crate::crypto::random::System;
use crate::error::DoorError;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::canonical;

/// The subprotocol of API level 1 and what follows it: the message forms, not the commands.
const PROTOCOL: &str = "cancuoc.agent.1";

/// How its name begins, whatever the number.
const ANY_PROTOCOL: &str = "cancuoc.agent.";

/// Bytes that are read ahead of a client, and that are gathered before they are written. A command or
/// event without a photo is smaller.
const BUFFER: usize = 8 * 1024;

/// Answers a request.
pub async fn answer(house: &Arc<House>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = match house.admission.caller(&parts.uri, &parts.headers) {
        Ok(caller) => caller,
        Err(error) => {
            house.teller.refused(&error);
            return reply::refused(&error, None);
        }
    };
    match admitted(house, &caller, parts, body).await {
        Ok(response) => response,
        Err(error) => {
            let error = reply::outward(&error);
            house.teller.refused(&error);
            reply::refused(&error, Some(&caller))
        }
    }
}

/// What is asked for.
enum Asked<'a> {
    Alive,
    Ready,
    Figures,
    Socket,
    Events,
    Pair,
    Command(&'a str),
    File(&'static files::Static),
}

impl<'a> Asked<'a> {
    fn of(path: &'a str) -> Result<Self, DoorError> {
        Ok(match path {
            "/livez" => Self::Alive,
            "/readyz" => Self::Ready,
            "/metrics" => Self::Figures,
            "/v1/socket" => Self::Socket,
            "/v1/events" => Self::Events,
            "/v1/pair" => Self::Pair,
            _ => match path.strip_prefix("/v1/") {
                Some(command) => Self::Command(command),
                None => Self::File(files::find(path).ok_or(DoorError::Path)?),
            },
        })
    }

    /// The one method of it: what changes anything is never a GET, which a page sends with a picture.
    const fn method(&self) -> Method {
        match self {
            Self::Pair | Self::Command(_) => Method::POST,
            _ => Method::GET,
        }
    }
}

async fn admitted(
    house: &Arc<House>,
    caller: &Caller,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Error> {
    let uri = parts.uri.clone();
    let asked = Asked::of(uri.path()).map_err(SetupError::from)?;
    if parts.method == Method::OPTIONS {
        return match caller {
            Caller::Page(_) => Ok(reply::preflight(caller)),
            Caller::Local | Caller::Navigation => Err(refuse(DoorError::Method)),
        };
    }
    if parts.method != asked.method() {
        return Err(refuse(DoorError::Method));
    }
    match asked {
        Asked::Alive => Ok(reply::text(200, "alive\n".to_owned(), Some(caller))),
        Asked::File(file) => {
            let host = parts.headers.get(header::HOST);
            let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
            let allowed = house.admission.gate().allowed();
            Ok(file.response(caller, host, uri.query(), allowed))
        }
        Asked::Pair => pair(house, caller, &parts, body).await,
        Asked::Figures if house.metrics_door == MetricsDoor::Off => Err(refuse(DoorError::Path)),
        Asked::Figures => {
            let open = house.metrics_door == MetricsDoor::Local && *caller == Caller::Local;
            if !open {
                guest(house, caller, &parts)?;
            }
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            let figures = Body::from(house.figures());
            Ok(reply::of(200, kind, figures, Some(caller)))
        }
        Asked::Ready => {
            guest(house, caller, &parts)?;
            match house.stopping() {
                Stopping::No => Ok(reply::text(200, "ready\n".to_owned(), Some(caller))),
                Stopping::Soon | Stopping::Yes => Err(refuse(DoorError::NotReady)),
            }
        }
        Asked::Socket => {
            let guest = guest(house, caller, &parts)?;
            upgrade(house, guest, &mut parts).await
        }
        Asked::Events => {
            let guest = guest(house, caller, &parts)?;
            let answer = house.mirror.events(house, &guest, uri.query()).await;
            let text = answer.map_err(SetupError::from)?;
            Ok(reply::json_text(200, text, Some(caller)))
        }
        Asked::Command(name) => {
            let guest = guest(house, caller, &parts)?;
            let body = body::take(&parts.headers, body, house.stall).await;
            let body = body.map_err(SetupError::from)?;
            let answer = house
                .mirror
                .command(house, &guest, name, uri.query(), &body);
            let (status, text) = answer.map_err(SetupError::from)?;
            Ok(reply::json_text(status, text, Some(caller)))
        }
    }
}

fn refuse(error: DoorError) -> Error {
    SetupError::from(error).into()
}

fn guest(house: &House, caller: &Caller, parts: &Parts) -> Result<Guest, Error> {
    let guest = house.admission.guest(caller, &parts.headers);
    Ok(guest.map_err(SetupError::from)?)
}

/// A code or a pass for a token.
async fn pair(
    house: &House,
    caller: &Caller,
    parts: &Parts,
    body: Body,
) -> Result<Response, Error> {
    let body = body::take(&parts.headers, body, house.stall).await;
    let body = body.map_err(SetupError::from)?;
    house.pairings.take().map_err(SetupError::from)?;
    let malformed = || {
        refuse(DoorError::Request {
            why: "neither a code nor a pass",
        })
    };
    let value = canonical::parse(&body).map_err(|_| malformed())?;
    let Value::Object(mut members) = value else {
        return Err(malformed());
    };
    let shown = (members.remove("code"), members.remove("pass"));
    if !members.is_empty() {
        return Err(malformed());
    }
    let now = Timestamp::now();
    let (tokens, origin) = (&house.tokens, caller.name());
    let given = match shown {
        (Some(Value::String(code)), None) => {
            let attempt = house.pairing.attempt(&code, now);
            attempt.map_err(SetupError::from)?;
            tokens.give(origin, &mut System, now)?
        }
        (None, Some(Value::Object(pass))) => {
            let pass = house.passes.take(pass, origin, now);
            let pass = pass.map_err(SetupError::from)?;
            tokens.give_until(origin, pass.officer, pass.until, &mut System, now)?
        }
        _ => return Err(malformed()),
    };
    house.teller.log.tell(&Happening::Paired { origin });
    let mut ok = Map::new();
    ok.insert("token".to_owned(), json!(given.token.as_str()));
    ok.insert("origin".to_owned(), json!(given.kept.origin));
    ok.insert("until".to_owned(), json!(given.kept.until.to_string()));
    if let Some(officer) = &given.kept.officer {
        ok.insert("officer".to_owned(), json!(officer));
    }
    let text = json!({"reply_to": null, "ok": ok}).to_string();
    Ok(reply::json_text(200, text, Some(caller)))
}

/// Makes a WebSocket of a request.
async fn upgrade(house: &Arc<House>, guest: Guest, parts: &mut Parts) -> Result<Response, Error> {
    let ours: Vec<&str> = protocols(&parts.headers)
        .filter(|one| one.starts_with(ANY_PROTOCOL))
        .collect();
    if !ours.is_empty() && !ours.contains(&PROTOCOL) {
        let why = "another version of the protocol than cancuoc.agent.1";
        return Err(refuse(DoorError::Request { why }));
    }
    if house.stopping() != Stopping::No {
        return Err(refuse(DoorError::NotReady));
    }
    let place = parts.extensions.get::<Place>().cloned();
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    let upgrade = upgrade.map_err(|_| {
        refuse(DoorError::Request {
            why: "no handshake of a WebSocket",
        })
    })?;
    let seat = house.seats.take(&guest.token.origin);
    let seat = seat.ok_or_else(|| refuse(DoorError::Sessions))?;
    let arrival = Arrival {
        house: Arc::clone(house),
        guest,
        seat,
        place,
    };
    Ok(upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .on_upgrade(|socket| socket::serve(socket, arrival)))
}

#[cfg(test)]
mod tests;
