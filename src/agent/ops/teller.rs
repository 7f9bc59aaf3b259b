//! Whoever lets clients in tells of refusals in one way, in the log and in the figures: by code alone.

use std::sync::Arc;

use crate::agent::ops::log::Happening;
use crate::agent::ops::log::Log;
use crate::agent::ops::metrics::Metrics;
use crate::error::DoorError;

/// Log and figures of an agent.
#[derive(Clone)]
pub struct Teller {
    /// The log
    pub log: Arc<Log>,
    /// The figures
    pub metrics: Arc<Metrics>,
}

impl Teller {
    /// Tells of a refusal: its code, and nothing of who was refused.
    pub fn refused(&self, error: &DoorError) {
        self.counted(error.code(), error.status());
    }

    /// Tells of a command that came to nothing.
    pub fn counted(&self, code: &'static str, status: u16) {
        self.metrics.refused(code);
        self.log.tell(&Happening::Refused { code, status });
    }
}
