//! Why the agent's door does not open, or lets somebody not in.

use thiserror::Error;

/// The agent cannot listen, or refuses a request. Nothing here says anything about the machine: whoever
/// is refused reads it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DoorError {
    /// An address that others than this machine could reach.
    #[error("{address} is not a loopback address")]
    ListenPlace {
        /// The address as given.
        address: String,
    },
    /// Another program listens there.
    #[error("another program listens on {address}")]
    ListenTaken {
        /// The address as given.
        address: String,
    },
    /// The system does not let the agent listen there, or gives no threads or signals.
    #[error("the agent cannot run: {why}")]
    System {
        /// What the system says.
        why: String,
    },
    /// The folder with tokens and codes cannot be used.
    #[error("the agent's folder {path} cannot be used: {why}")]
    State {
        /// The folder or file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// An origin of the configuration is none.
    #[error("{text} is no origin")]
    OriginFormat {
        /// As given.
        text: String,
    },
    /// A site's key in the configuration is none.
    #[error("{given} is no key of a site")]
    SiteKey {
        /// As given.
        given: String,
    },
    /// No token has this name.
    #[error("no token is called {id}")]
    NoSuchToken {
        /// As given.
        id: String,
    },
    /// So many tokens are in force that no more are given out.
    #[error("too many tokens are in force")]
    TokensFull,
    /// The request called this machine by a name that is not its own.
    #[error("called by a foreign name")]
    Host,
    /// A page asks whose origin was not allowed to.
    #[error("this origin may not ask")]
    Origin,
    /// There is no token, or it is unknown, over, or another origin's.
    #[error("no token that is in force for this origin")]
    Token,
    /// The pairing code is wrong, over, or was used.
    #[error("the pairing code is not, or no longer, the right one")]
    PairCode,
    /// A pass of a site does not hold.
    #[error("the pass is not accepted: {why}")]
    Pass {
        /// Why, without what it says.
        why: &'static str,
    },
    /// Nothing is at this path.
    #[error("nothing is at this path")]
    Path,
    /// The path takes another method.
    #[error("not with this method")]
    Method,
    /// The body is not said to be JSON, as forms of foreign pages are not.
    #[error("the body must be application/json")]
    MediaType,
    /// The body is longer than any command, or came too slowly.
    #[error("the message is too large")]
    TooLarge,
    /// The body did not come to its end in time.
    #[error("the request did not come to its end")]
    Slow,
    /// The request is not a request of this interface.
    #[error("the request is malformed: {why}")]
    Request {
        /// What is wrong about it.
        why: &'static str,
    },
    /// Too many commands in a short time.
    #[error("too many commands")]
    Flood,
    /// Too many sessions.
    #[error("too many sessions")]
    Sessions,
    /// No session of this token has this name.
    #[error("there is no such session")]
    NoSession,
    /// The agent is about to end, or cannot serve.
    #[error("the agent is not ready")]
    NotReady,
}

impl DoorError {
    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ListenPlace { .. } => "agent.listen_place",
            Self::ListenTaken { .. } => "agent.listen_taken",
            Self::System { .. } => "agent.system",
            Self::State { .. } => "agent.state",
            Self::OriginFormat { .. } => "agent.origin_format",
            Self::SiteKey { .. } => "agent.site_key",
            Self::NoSuchToken { .. } => "agent.no_such_token",
            Self::TokensFull => "agent.tokens_full",
            Self::Host => "agent.host",
            Self::Origin => "agent.origin",
            Self::Token => "agent.token",
            Self::PairCode => "agent.pairing",
            Self::Pass { .. } => "agent.pass",
            Self::Path => "agent.no_such_path",
            Self::Method => "agent.method",
            Self::MediaType => "agent.media_type",
            Self::TooLarge => "agent.too_large",
            Self::Slow => "agent.slow",
            Self::Request { .. } => "agent.request",
            Self::Flood => "agent.flood",
            Self::Sessions => "agent.connections",
            Self::NoSession => "agent.session_gone",
            Self::NotReady => "agent.closing",
        }
    }

    /// The status of HTTP that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Token => 401,
            Self::Host | Self::Origin | Self::PairCode | Self::Pass { .. } => 403,
            Self::Path | Self::NoSession | Self::NoSuchToken { .. } => 404,
            Self::Method => 405,
            Self::Slow => 408,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Flood | Self::Sessions | Self::TokensFull => 429,
            Self::NotReady => 503,
            Self::Request { .. } | Self::OriginFormat { .. } | Self::SiteKey { .. } => 400,
            Self::ListenPlace { .. }
            | Self::ListenTaken { .. }
            | Self::System { .. }
            | Self::State { .. } => 500,
        }
    }

    /// Whether the same may succeed a moment later.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Flood
                | Self::Sessions
                | Self::NotReady
                | Self::Slow
                | Self::ListenTaken { .. }
                | Self::TokensFull
        )
    }

    /// What exactly is meant: an address, a file, a reason.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::ListenPlace { address } | Self::ListenTaken { address } => Some(address.clone()),
            Self::System { why } => Some(why.clone()),
            Self::State { path, why } => Some(format!("{path}: {why}")),
            Self::OriginFormat { text } => Some(text.clone()),
            Self::SiteKey { given } => Some(given.clone()),
            Self::NoSuchToken { id } => Some(id.clone()),
            Self::Pass { why } | Self::Request { why } => Some((*why).to_owned()),
            _ => None,
        }
    }
}
