//! Log lines of an agent: JSON on standard error, one for each thing that happened.
//!
//! What can be said is a closed list, [`Happening`], and its parts are words of this program, numbers,
//! origins, and names of readers. There is no place for a key, a number, a name, an officer or a case.
//!
//! ```text
//! {"time":"2026-11-22T08:00:00.123456Z","event":"read_ended","reader":"r1","verdict":"genuine","millis":2140}
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::telemetry::lines::Lines;
use crate::telemetry::lines::now;

/// Longest text that came from outside, in characters: names of readers, origins.
const MAX_TEXT: usize = 128;

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What happens to the agent and its readers
    Agent,
    /// And what was refused or failed
    #[default]
    Refusals,
    /// And every session and read
    All,
}

/// How a read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a verdict, by its code.
    Verdict(&'static str),
    /// Without one; the code of the error.
    Failed(&'static str),
    /// Because whoever asked for it wanted it no more.
    Cancelled,
}

/// Something that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening<'a> {
    /// The agent listens.
    Started {
        /// Where
        address: SocketAddr,
    },
    /// The agent ends.
    Stopped,
    /// A reader was plugged in.
    ReaderAttached {
        /// Its id
        reader: &'a str,
        /// The name that PC/SC has for it
        name: &'a str,
    },
    /// A reader was unplugged.
    ReaderDetached {
        /// Its id
        reader: &'a str,
    },
    /// The service of the readers is away.
    ServiceLost,
    /// It is back.
    ServiceBack,
    /// A page was paired.
    Paired {
        /// Its origin
        origin: &'a str,
    },
    /// A session began.
    SessionOpened {
        /// From which origin, or `local`
        origin: &'a str,
    },
    /// A session ended.
    SessionClosed,
    /// A read ended.
    ReadEnded {
        /// On which reader; empty where that is not known
        reader: &'a str,
        /// How
        ending: Ending,
        /// How long it took
        time: Duration,
    },
    /// A request or command was refused.
    Refused {
        /// The code
        code: &'static str,
        /// The status of HTTP
        status: u16,
    },
    /// The audit log takes no record.
    AuditFailed {
        /// The code
        code: &'static str,
    },
    /// The audit log was torn by a crash, and mended.
    AuditMended {
        /// Bytes that were cut off
        bytes: u64,
    },
    /// Something that the agent cannot do without was broken off: it ends.
    Broken {
        /// What
        name: &'a str,
    },
    /// What is trusted has changed, and cannot be loaded: what was trusted before still is.
    TrustKept {
        /// The code
        code: &'static str,
    },
    /// The register that is asked holds sample citizens.
    SampleRegister,
    /// Something in this program went wrong.
    Fault {
        /// Where: file and line of the source
        place: &'a str,
    },
}

impl Happening<'_> {
    /// From which level on it is told.
    pub const fn level(&self) -> Level {
        match self {
            Self::Refused { .. }
            | Self::ReadEnded {
                ending: Ending::Failed(_),
                ..
            } => Level::Refusals,
            Self::SessionOpened { .. } | Self::SessionClosed | Self::ReadEnded { .. } => Level::All,
            _ => Level::Agent,
        }
    }

    /// What it is called, and what belongs to it.
    fn told(&self) -> (&'static str, Value) {
        match *self {
            Self::Started { address } => ("started", json!({"address": address.to_string()})),
            Self::Stopped => ("stopped", json!({})),
            Self::ReaderAttached { reader, name } => (
                "reader_attached",
                json!({"reader": plain(reader), "name": plain(name)}),
            ),
            Self::ReaderDetached { reader } => {
                ("reader_detached", json!({"reader": plain(reader)}))
            }
            Self::ServiceLost => ("service_lost", json!({})),
            Self::ServiceBack => ("service_back", json!({})),
            Self::Paired { origin } => ("paired", json!({"origin": plain(origin)})),
            Self::SessionOpened { origin } => ("session_opened", json!({"origin": plain(origin)})),
            Self::SessionClosed => ("session_closed", json!({})),
            Self::ReadEnded {
                reader,
                ending,
                time,
            } => {
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let mut what = json!({"millis": millis});
                let (key, word) = match ending {
                    Ending::Verdict(code) => ("verdict", code),
                    Ending::Failed(code) => ("code", code),
                    Ending::Cancelled => ("code", "agent.cancelled"),
                };
                if let Some(what) = what.as_object_mut() {
                    what.insert(key.to_owned(), json!(word));
                    if !reader.is_empty() {
                        what.insert("reader".to_owned(), json!(plain(reader)));
                    }
                }
                ("read_ended", what)
            }
            Self::Refused { code, status } => ("refused", json!({"code": code, "status": status})),
            Self::AuditFailed { code } => ("audit_failed", json!({"code": code})),
            Self::AuditMended { bytes } => ("audit_mended", json!({"bytes": bytes})),
            Self::Broken { name } => ("broken", json!({"code": "internal", "name": plain(name)})),
            Self::TrustKept { code } => ("trust_kept", json!({"code": code})),
            Self::SampleRegister => ("sample_register", json!({})),
            Self::Fault { place } => ("fault", json!({"place": plain(place)})),
        }
    }

    /// The line, without its time.
    fn line(&self) -> Map<String, Value> {
        let (event, what) = self.told();
        let mut line = Map::new();
        line.insert("event".to_owned(), json!(event));
        if let Value::Object(what) = what {
            line.extend(what);
        }
        line
    }
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

    /// A log that is written by a closure, whole lines at a time.
    pub fn to(level: Level, out: impl Fn(&[u8]) + Send + 'static) -> Self {
        Self {
            lines: Lines::to(out),
            level,
        }
    }

    /// Tells what happened, if the level asks for it.
    pub fn tell(&self, happening: &Happening<'_>) {
        if self.level >= happening.level() {
            let mut line = happening.line();
            line.insert("time".to_owned(), json!(now()));
            self.lines.put(&Value::Object(line));
        }
    }

    /// Lines that nobody took in time.
    pub fn lost(&self) -> u64 {
        self.lines.lost()
    }

    /// Writes what waits, and nothing from then on.
    pub fn end(&self) {
        self.lines.end();
    }
}

/// A text from outside, short and without what speaks to a terminal.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|one| !one.is_control())
        .take(MAX_TEXT)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

    const READ: Happening<'static> = Happening::ReadEnded {
        reader: "r1",
        ending: Ending::Verdict("genuine"),
        time: Duration::from_millis(2140),
    };

    fn lines(level: Level, happenings: &[Happening<'_>]) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&written);
        let log = Log::to(level, move |lines| {
            theirs.lock().unwrap().extend_from_slice(lines);
        });
        for happening in happenings {
            log.tell(happening);
        }
        drop(log);
        let written = written.lock().unwrap();
        let lines = written.split(|octet| *octet == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_says_when_what_and_no_more() {
        let lines = lines(Level::All, &[READ]);
        let mut line = lines[0].clone();
        let time = line.as_object_mut().unwrap().remove("time").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'));
        assert_eq!(
            line,
            json!({"event": "read_ended", "reader": "r1", "verdict": "genuine", "millis": 2140})
        );
    }

    #[test]
    fn the_level_says_how_much() {
        let refused = Happening::Refused {
            code: "agent.origin",
            status: 403,
        };
        let failed = Happening::ReadEnded {
            reader: "r1",
            ending: Ending::Failed("card.removed"),
            time: Duration::ZERO,
        };
        let all = [Happening::Stopped, refused, failed, READ];
        assert_eq!(lines(Level::Agent, &all).len(), 1);
        assert_eq!(lines(Level::Refusals, &all).len(), 3);
        assert_eq!(lines(Level::All, &all).len(), 4);
    }

    #[test]
    fn what_comes_from_outside_is_cut_and_cleaned() {
        let name = "ACME\u{1b}[2J\n".to_owned() + &"x".repeat(500);
        let attached = Happening::ReaderAttached {
            reader: "r1",
            name: &name,
        };
        let told = lines(Level::Agent, &[attached]);
        let shown = told[0]["name"].as_str().unwrap();
        assert!(shown.starts_with("ACME[2Jxxx") && shown.len() == MAX_TEXT);
        let origin = name.as_str();
        let told = lines(
            Level::All,
            &[
                Happening::Paired { origin },
                Happening::SessionOpened { origin },
            ],
        );
        for line in told {
            assert_eq!(line["origin"].as_str().unwrap().len(), MAX_TEXT);
        }
    }
}
