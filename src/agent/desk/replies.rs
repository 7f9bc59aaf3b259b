//! What commands are answered with.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agent::judge::Judge;
use crate::agent::judge::Summary;
use crate::agent::protocol::LEVEL;
use crate::agent::protocol::OLDEST_LEVEL;
use crate::seal::key::DeviceKey;
use crate::seal::sign::time;

/// The agent itself.
pub(super) fn agent(key: Option<&DeviceKey>) -> Value {
    let mut out = Map::new();
    out.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
    if let Some(key) = key {
        out.insert("device".into(), json!(key.public().id().to_string()));
    }
    Value::Object(out)
}

/// The API levels that are spoken.
pub(super) fn levels() -> Value {
    json!({"oldest": OLDEST_LEVEL, "newest": LEVEL})
}

/// The time, and whether it can be right.
pub(super) fn clock(judge: &Judge) -> Value {
    let mut out = Map::new();
    match judge.timestamp() {
        None => {
            out.insert("doubtful".into(), json!(true));
        }
        Some(now) => {
            out.insert("now".into(), json!(time(now)));
            if judge.doubts(now) {
                out.insert("doubtful".into(), json!(true));
            }
        }
    }
    Value::Object(out)
}

/// What is trusted, and how old it is.
pub(super) fn trust(summary: &Summary, now: Option<Timestamp>) -> Value {
    let mut out = Map::new();
    out.insert("anchors".into(), json!(summary.anchors));
    out.insert("countries".into(), json!(summary.countries));
    if let Some(newest) = summary.newest {
        out.insert("newest".into(), json!(time(newest)));
        if let Some(now) = now {
            let days = now.duration_since(newest).as_hours() / 24;
            out.insert("age_days".into(), json!(days.max(0)));
        }
    }
    if summary.is_stale(now) {
        out.insert("stale".into(), json!(true));
    }
    if let Some(code) = summary.unread {
        out.insert("unread".into(), json!(code));
    }
    Value::Object(out)
}
