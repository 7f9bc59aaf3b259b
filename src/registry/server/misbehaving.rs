//! What a server does that was told to misbehave (`chaos`).

use std::sync::PoisonError;

use axum::body::Bytes;
use serde_json::Value;
use tokio::time;

use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::registry::message::Problem;
use crate::registry::message::ProblemCode;
use crate::registry::server::app::AWAY;
use crate::registry::server::app::App;
use crate::registry::server::chaos::Chaos;
use crate::registry::server::reply::passing;

/// What it does before it looks.
pub async fn misbehave(chaos: &Chaos) -> Result<(), Problem> {
    if !chaos.delay.is_zero() {
        time::sleep(chaos.delay).await;
    }
    if chaos.unavailable > 0.0 {
        let mut octets = [0; 4];
        let drawn = System.fill(&mut octets);
        if drawn.is_err() || chaos.strikes(u32::from_be_bytes(octets)) {
            return Err(passing(ProblemCode::Unavailable, AWAY));
        }
    }
    Ok(())
}

/// The answer before, on a server that was told to misbehave in this way.
pub fn replayed(app: &App, bytes: Bytes) -> Bytes {
    if app.settings.chaos.replay.is_none() {
        return bytes;
    }
    let mut before = app.before.lock().unwrap_or_else(PoisonError::into_inner);
    before.replace(bytes.clone()).unwrap_or(bytes)
}

/// The same answer under a signature that does not hold.
pub fn spoil(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else {
        return bytes;
    };
    if let Some(Value::String(value)) = answer.pointer_mut("/signature/value") {
        let first = if value.starts_with('A') { "B" } else { "A" };
        let rest: String = value.chars().skip(1).collect();
        *value = format!("{first}{rest}");
    }
    // serde_json keeps members in the order of their names, which is that of the canonical form here.
    answer.to_string().into_bytes()
}
