//! Letting in: from the headers of a request to whoever may ask.

use std::fmt;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header;
use jiff::Timestamp;

use crate::agent::desk::Visitor;
use crate::agent::door::origin::Caller;
use crate::agent::door::origin::Gate;
use crate::agent::door::token::Holds;
use crate::agent::door::token::Kept;
use crate::agent::door::token::Tokens;
use crate::error::DoorError;

/// How a token is shown in a header.
const BEARER: &str = "Bearer ";

/// How a token is shown where a browser lets a page set no header: as a subprotocol of a WebSocket.
const TOKEN_PROTOCOL: &str = "cancuoc.token.";

/// Most subprotocols that are looked at.
const MAX_PROTOCOLS: usize = 8;

/// Who looks at every request: by which name, from which page, with which token.
#[derive(Debug)]
pub struct Admission {
    gate: Gate,
    tokens: Arc<Tokens>,
}

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// What is kept of the token
    pub token: Kept,
}

impl Guest {
    /// As the desk knows them.
    pub fn visitor(&self) -> Visitor {
        Visitor {
            label: self.token.origin.clone(),
            officer: self.token.officer.clone(),
        }
    }
}

impl Admission {
    /// Lets in by this gate and with these tokens.
    pub const fn new(gate: Gate, tokens: Arc<Tokens>) -> Self {
        Self { gate, tokens }
    }

    /// Who asks, by Host and Origin. Comes before all else: a stranger learns nothing by it.
    ///
    /// # Errors
    /// [`DoorError::Host`], [`DoorError::Origin`].
    pub fn caller(&self, uri: &Uri, headers: &HeaderMap) -> Result<Caller, DoorError> {
        self.gate.admit(uri, headers)
    }

    /// The origins that may ask beside the agent's own pages.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Whether the caller holds a token that is in force for it.
    ///
    /// # Errors
    /// [`DoorError::Token`]; [`DoorError::State`] when the tokens cannot be read.
    pub fn guest(&self, caller: &Caller, headers: &HeaderMap) -> Result<Guest, DoorError> {
        let token = shown(headers).ok_or(DoorError::Token)?;
        self.guest_with(caller, token)
    }

    /// The same for a token that came in another way.
    ///
    /// # Errors
    /// What [`Admission::guest`] gives.
    pub fn guest_with(&self, caller: &Caller, token: &str) -> Result<Guest, DoorError> {
        let kept = self.tokens.find(token, caller.name(), Timestamp::now())?;
        Ok(Guest { token: kept })
    }

    /// Whether somebody who was let in may still ask.
    pub fn holds(&self, guest: &Guest) -> Holds {
        self.tokens.holds(&guest.token, Timestamp::now())
    }
}

/// The token that a request shows, if it shows exactly one.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(|value| value.to_str().ok()?.strip_prefix(BEARER));
    match (all.next(), all.next()) {
        (Some(token), None) => token,
        (Some(_), Some(_)) => None,
        (None, _) => {
            let mut tokens = protocols(headers).filter_map(|one| one.strip_prefix(TOKEN_PROTOCOL));
            tokens.next().filter(|_| tokens.next().is_none())
        }
    }
}

/// The subprotocols that a client offers (RFC 6455 §11.3.4).
pub fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .take(MAX_PROTOCOLS)
}

impl fmt::Display for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token.origin)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_shown_once_or_not_at_all() {
        let protocol = header::SEC_WEBSOCKET_PROTOCOL;
        let of = |said: &[(HeaderName, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in said {
                headers.append(name, HeaderValue::from_static(value));
            }
            shown(&headers).map(str::to_owned)
        };
        let bearer = |text| (header::AUTHORIZATION, text);
        assert_eq!(of(&[bearer("Bearer abc")]).as_deref(), Some("abc"));
        let offered = (protocol.clone(), "cancuoc.agent.1, cancuoc.token.abc");
        assert_eq!(of(std::slice::from_ref(&offered)).as_deref(), Some("abc"));
        assert_eq!(of(&[bearer("Bearer abc"), bearer("Bearer def")]), None);
        assert_eq!(of(&[bearer("Bearer abc"), bearer("Basic def")]), None);
        assert_eq!(of(&[bearer("Basic abc"), offered]), None);
        assert_eq!(of(&[(protocol, "cancuoc.token.a, cancuoc.token.b")]), None);
        assert_eq!(of(&[]), None);
    }
}
