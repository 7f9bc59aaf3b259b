//! Log lines: JSON on standard error, one for each request. They say who asked by agency, how it ended
//! and how long it took; never what was asked, nor by which officer.

use std::time::Duration;

use serde_json::json;

use crate::telemetry::lines::Lines;
use crate::telemetry::lines::now;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What happens to the server
    Server,
    /// And requests that were refused
    Refusals,
    /// And every request
    All,
}

/// Where lines go. Dropped, it writes what waits.
pub struct Log {
    lines: Lines,
    level: Level,
}

impl Log {
    /// A log on standard error.
    pub fn start(level: Level) -> Self {
        Self {
            lines: Lines::start(),
            level,
        }
    }

    /// Lines that nobody took in time.
    pub fn lost(&self) -> u64 {
        self.lines.lost()
    }

    /// A request that ended.
    pub fn request(&self, request: &str, agency: &str, code: &str, status: u16, time: Duration) {
        let level = if status < 400 {
            Level::All
        } else {
            Level::Refusals
        };
        if self.level >= level {
            self.lines.put(&json!({
                "time": now(),
                "event": "request",
                "request": request,
                "agency": agency,
                "status": status,
                "code": code,
                "micros": u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            }));
        }
    }

    /// Something that happened to the server.
    pub fn event(&self, event: &str, what: &str) {
        self.lines
            .put(&json!({"time": now(), "event": event, "what": what}));
    }

    /// The same, with a reason; nothing of a person may stand in it.
    pub fn trouble(&self, event: &str, what: &str, why: &str) {
        self.lines
            .put(&json!({"time": now(), "event": event, "what": what, "why": why}));
    }
}
