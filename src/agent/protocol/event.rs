//! What the agent tells a client unasked.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::agent::protocol::Fault;
use crate::agent::protocol::Personal;
use crate::agent::slots::CardKind;
use crate::agent::slots::Material;
use crate::agent::slots::SlotId;
use crate::agent::slots::Why;

/// What happened. A session sees those about its own reads, and of other readers only that they are
/// there, taken, and whether a card lies on them.
#[derive(Debug)]
pub enum Event {
    /// A reader is there.
    ReaderAttached {
        /// Which.
        reader: SlotId,
        /// Its name.
        name: String,
        /// What its cards are worth.
        material: Material,
    },
    /// A reader is gone.
    ReaderDetached {
        /// Which.
        reader: SlotId,
        /// Its name.
        name: String,
    },
    /// A card lies there, or more is known of it.
    CardPresent {
        /// Where.
        reader: SlotId,
        /// What it is.
        card: CardKind,
    },
    /// The card is gone.
    CardRemoved {
        /// Where.
        reader: SlotId,
    },
    /// A reader was taken or given back, or is at work.
    ReaderState {
        /// Which.
        reader: SlotId,
        /// What it is now.
        state: ReaderWord,
        /// Whether this session has it.
        mine: bool,
    },
    /// A read has come so far.
    Phase {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// How far.
        phase: Phase,
        /// File `index` of `count`, where files are read.
        file: Option<(usize, usize)>,
        /// The same for a bar that never goes back.
        percent: u8,
    },
    /// The read goes on when it is given a key.
    KeyWanted {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// Why.
        why: Why,
        /// Tries left before the chip blocks the key, where it tells.
        tries_left: Option<u8>,
    },
    /// The card slipped.
    Paused {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// How long it is waited for.
        within: Duration,
    },
    /// The card is there again.
    Resumed {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
    },
    /// The text, before it is verified.
    Partial {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// The fields that were asked for.
        holder: Personal,
    },
    /// What came of a read.
    Result {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// What was found.
        body: Box<ResultBody>,
        /// When it is wiped.
        clear_after: Duration,
    },
    /// A read came to nothing. What was told of the card before is to be forgotten.
    Failed {
        /// Where.
        reader: SlotId,
        /// Which read.
        read: u64,
        /// Why.
        fault: Fault,
    },
    /// Everything about the card is wiped; the client does the same.
    Cleared {
        /// Where.
        reader: SlotId,
        /// Why.
        why: Cleared,
    },
    /// The agent ends.
    Shutdown,
}

/// What came of a read.
#[derive(Debug, PartialEq, Eq)]
pub struct ResultBody {
    /// Verdict and checks: what may be told twice.
    pub verdict: Map<String, Value>,
    /// The members `report`, `receipt` and `evidence`, as far as they were asked for.
    pub members: Personal,
}

/// What a reader is to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderWord {
    /// Nobody has it.
    Free,
    /// A session has it.
    Claimed,
    /// A session has it, and a read is at work.
    Busy,
}

impl ReaderWord {
    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Claimed => "claimed",
            Self::Busy => "busy",
        }
    }
}

/// How far a read has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// For card or key.
    Waiting,
    /// The chip is being opened.
    Opening,
    /// Text is read.
    Text,
    /// The portrait is read.
    Photo,
    /// The chip proves itself.
    Proof,
    /// What was read is judged.
    Verifying,
    /// The registry is asked.
    Registry,
}

impl Phase {
    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opening => "opening",
            Self::Text => "text",
            Self::Photo => "photo",
            Self::Proof => "proof",
            Self::Verifying => "verifying",
            Self::Registry => "registry",
        }
    }
}

/// Why everything about a card was wiped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// The clerk is done, or the next read begins.
    Ended,
    /// Nobody was done with it in time.
    Time,
    /// The reader is gone.
    Removed,
    /// The reader was given back.
    Released,
}

impl Cleared {
    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Time => "time",
            Self::Removed => "removed",
            Self::Released => "released",
        }
    }
}

/// A reader as a session sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderView {
    /// Which.
    pub reader: SlotId,
    /// Its name.
    pub name: String,
    /// What it is to everybody.
    pub state: ReaderWord,
    /// Whether this session has it.
    pub mine: bool,
    /// What lies on it.
    pub card: CardKind,
    /// What its cards are worth.
    pub material: Material,
}

impl ReaderView {
    /// The object that is sent.
    pub fn json(&self) -> Value {
        let mut out = Map::new();
        out.insert("reader".into(), json!(self.reader.to_string()));
        out.insert("name".into(), json!(self.name));
        out.insert("state".into(), json!(self.state.code()));
        out.insert("mine".into(), json!(self.mine));
        out.insert("card".into(), json!(self.card.code()));
        mark(&mut out, self.material);
        Value::Object(out)
    }
}

/// Readers whose cards are nobody's say so; others say nothing.
fn mark(members: &mut Map<String, Value>, material: Material) {
    if material == Material::Test {
        members.insert("virtual".into(), json!(true));
    }
}

impl Event {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ReaderAttached { .. } => "reader_attached",
            Self::ReaderDetached { .. } => "reader_detached",
            Self::CardPresent { .. } => "card_present",
            Self::CardRemoved { .. } => "card_removed",
            Self::ReaderState { .. } => "reader_state",
            Self::Phase { .. } => "phase",
            Self::KeyWanted { .. } => "key_wanted",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Partial { .. } => "partial",
            Self::Result { .. } => "result",
            Self::Failed { .. } => "failed",
            Self::Cleared { .. } => "cleared",
            Self::Shutdown => "shutdown",
        }
    }

    /// Whether it says something about a person, and so is sent once.
    pub const fn is_personal(&self) -> bool {
        matches!(self, Self::Partial { .. } | Self::Result { .. })
    }

    /// The text that is sent.
    pub fn json(&self, seq: u64, at: Timestamp) -> Zeroizing<String> {
        let mut out = self.plain(seq, at);
        let personal = match self {
            Self::Partial { holder, .. } => {
                vec![("unverified_holder", Value::Object(holder.members().clone()))]
            }
            Self::Result { body, .. } => {
                let members = body.members.members().iter();
                members
                    .map(|(name, value)| (name.as_str(), value.clone()))
                    .collect()
            }
            _ => Vec::new(),
        };
        for (name, value) in personal {
            out.insert(name.to_owned(), value);
        }
        let whole = Personal::new(out);
        write(&whole)
    }

    /// The text that is sent when the event was sent before: nothing about a person is in it.
    pub fn json_again(&self, seq: u64, at: Timestamp) -> String {
        let mut out = self.plain(seq, at);
        if self.is_personal() {
            out.insert("sent_before".into(), json!(true));
        }
        if let Self::Result { body, .. } = self {
            out.insert("report".into(), Value::Object(body.verdict.clone()));
        }
        Value::Object(out).to_string()
    }

    /// Everything but what says something about a person.
    fn plain(&self, seq: u64, at: Timestamp) -> Map<String, Value> {
        let mut out = Map::new();
        out.insert("seq".into(), json!(seq));
        out.insert("event".into(), json!(self.name()));
        out.insert("at".into(), json!(moment(at)));
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        match self {
            Self::ReaderAttached { reader, name, .. } | Self::ReaderDetached { reader, name } => {
                put("reader", json!(reader.to_string()));
                put("name", json!(name));
            }
            Self::CardPresent { reader, card } => {
                put("reader", json!(reader.to_string()));
                put("card", json!(card.code()));
            }
            Self::CardRemoved { reader } => {
                put("reader", json!(reader.to_string()));
            }
            Self::ReaderState {
                reader,
                state,
                mine,
            } => {
                put("reader", json!(reader.to_string()));
                put("state", json!(state.code()));
                put("mine", json!(mine));
            }
            Self::Phase {
                reader,
                read,
                phase,
                file,
                percent,
            } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
                put("phase", json!(phase.code()));
                if let Some((index, count)) = file {
                    put("index", json!(index));
                    put("count", json!(count));
                }
                put("percent", json!(percent));
            }
            Self::KeyWanted {
                reader,
                read,
                why,
                tries_left,
            } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
                put("kinds", json!(["can", "mrz", "qr", "number"]));
                put("why", json!(why.code()));
                if let Some(tries) = tries_left {
                    put("tries_left", json!(tries));
                }
            }
            Self::Paused {
                reader,
                read,
                within,
            } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
                put("cause", json!("card_lost"));
                put("within_ms", json!(milliseconds(*within)));
            }
            Self::Resumed { reader, read } | Self::Partial { reader, read, .. } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
            }
            Self::Result {
                reader,
                read,
                clear_after,
                ..
            } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
                put("clear_in_s", json!(clear_after.as_secs()));
            }
            Self::Failed {
                reader,
                read,
                fault,
            } => {
                put("reader", json!(reader.to_string()));
                put("read", json!(read));
                put("error", fault.json());
            }
            Self::Cleared { reader, why } => {
                put("reader", json!(reader.to_string()));
                put("why", json!(why.code()));
            }
            Self::Shutdown => {}
        }
        if let Self::ReaderAttached { material, .. } = self {
            mark(&mut out, *material);
        }
        out
    }
}

/// Writes a message into memory that is wiped: the room is there beforehand, since a text that grows
/// leaves copies behind.
fn write(message: &Personal) -> Zeroizing<String> {
    let members = message.members();
    let mut room = Counted(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut room, members);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.0));
    let _ = serde_json::to_writer(&mut *bytes, members);
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_default())
}

/// Counts what is written.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A time as RFC 3339 writes it, in UTC and milliseconds.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
