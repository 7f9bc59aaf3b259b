//! A facade for pages that counters have today: the events, field names and status codes of the common
//! local reader services, on a port of its own, off unless it is configured. `docs/facade.md` says of what
//! it is like which product, and what differs.
//!
//! Nothing here reads a card or judges one. A page's session is one of the agent's own, with the same
//! owner, the same wiping and the same admission: Host, Origin, and a token that is bound to that origin.
//!
//! **Why a token, and no cookie.** Pages of old send no header of ours, and Origin alone would let every
//! program on the machine in, since only browsers keep to it. A cookie would come by itself with the
//! request of any page, is not sent at all with the first request of a Socket.IO client (which polls
//! without credentials), and browsers stop sending those of a third party. The address of the service is
//! what every such page lets its operator set, and Socket.IO clients keep its query: so the token is taken
//! from there, or from the client's `auth`.

mod bounded;
pub mod counter;
mod guard;
mod listen;
pub mod message;
mod post;
mod session;
mod socket;
pub mod text;
mod timed;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::desk::Desk;
use crate::agent::desk::Visitor;
use crate::agent::door::limits::Pairings;
use crate::agent::door::limits::Seats;
use crate::agent::door::origin::Gate;
use crate::agent::door::origin::Origin;
use crate::agent::door::pair::Pairing;
use crate::agent::door::token::Kept;
use crate::agent::door::token::Tokens;
use crate::agent::facade::counter::Rules;
use crate::agent::facade::counter::failure;
use crate::agent::facade::message::Failure;
use crate::agent::facade::session::Posts;
use crate::agent::ops::teller::Teller;
use crate::agent::vital::Vital;
use crate::error::DoorError;

/// The port of the services that it stands in for.
pub const PORT: u16 = 8000;

/// What an operator sets: the table `[agent.facade]`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens: a loopback address
    pub listen: SocketAddr,
    /// Whose pages may ask
    pub origins: Vec<Origin>,
    /// What it reads and gives out
    pub rules: Rules,
    /// How long a client may take to send what it began
    pub stall: Duration,
    /// How a page that is gone without a word is noticed
    pub heartbeat: Heartbeat,
    /// Who is told when nobody is let in any more, for a fault of this program
    pub vital: Vital,
}

/// How a page is asked whether it is still there (Engine.IO 4, `pingInterval` and `pingTimeout`). Over polling
/// it has no connection by whose end that is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// How often it is asked
    pub every: Duration,
    /// How long it may take to answer
    pub within: Duration,
}

impl Default for Heartbeat {
    /// Asked five times as often as Engine.IO does without a word (25 seconds), since the next clerk waits for
    /// the reader; with as much time for an answer (20 seconds), since a page that shows a dialog gives none.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(5),
            within: Duration::from_secs(20),
        }
    }
}

/// What every connection needs.
struct App {
    desk: Desk,
    gate: Gate,
    tokens: Arc<Tokens>,
    pairing: Pairing,
    pairings: Pairings,
    seats: Arc<Seats>,
    rules: Rules,
    posts: Posts,
    teller: Teller,
    stall: Duration,
    heartbeat: Heartbeat,
}

impl App {
    /// How others see who holds a token.
    fn visitor(&self, kept: &Kept) -> Visitor {
        Visitor {
            label: kept.origin.clone(),
            officer: kept.officer.clone(),
        }
    }

    /// A refusal in the door's own words, and tells of it.
    fn refused(&self, error: &DoorError) -> Failure {
        self.failed(error.code(), error.status())
    }

    /// The same for what the door has no word for.
    fn failed(&self, code: &'static str, status: u16) -> Failure {
        self.teller.counted(code, status);
        failure(code, status)
    }
}

pub use listen::Facade;
