//! What every connection needs: the desk, who may ask, who is there.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::watch;

use crate::agent::desk::Desk;
use crate::agent::door::admit::Admission;
use crate::agent::door::limits::Pairings;
use crate::agent::door::limits::Seats;
use crate::agent::door::mirror::Mirror;
use crate::agent::door::pair::Pairing;
use crate::agent::door::pass::Passes;
use crate::agent::door::token::Tokens;
use crate::agent::ops::config::MetricsDoor;
use crate::agent::ops::metrics::Gauges;
use crate::agent::ops::teller::Teller;

/// What is measured when somebody looks: the readers' half of it.
pub type Measured = Arc<dyn Fn() -> Gauges + Send + Sync>;

/// Whether the agent is about to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopping {
    /// It runs.
    No,
    /// Nothing new is taken; who is there is told.
    Soon,
    /// All have been told.
    Yes,
}

/// What every connection needs.
pub struct House {
    pub(super) desk: Desk,
    pub(super) admission: Admission,
    pub(super) tokens: Arc<Tokens>,
    pub(super) pairing: Pairing,
    pub(super) passes: Passes,
    pub(super) seats: Arc<Seats>,
    pub(super) mirror: Mirror,
    pub(super) teller: Teller,
    pub(super) metrics_door: MetricsDoor,
    pub(super) measured: Measured,
    pub(super) stall: Duration,
    pub(super) connections: AtomicUsize,
    pub(super) pairings: Pairings,
    pub(super) stopping: watch::Receiver<Stopping>,
}

impl House {
    /// All figures as Prometheus reads them.
    pub(super) fn figures(&self) -> String {
        self.teller.metrics.text(&Gauges {
            sessions: self.seats.taken(),
            connections: self.connections.load(Relaxed),
            log_lost: self.teller.log.lost(),
            ..(self.measured)()
        })
    }

    /// Whether it is about to end.
    pub(super) fn stopping(&self) -> Stopping {
        *self.stopping.borrow()
    }
}
