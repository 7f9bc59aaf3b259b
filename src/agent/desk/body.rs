//! What of a read leaves the agent: the fields that were asked for, and no others.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::agent::desk::bay::Wish;
use crate::agent::protocol::Evidence;
use crate::agent::protocol::Personal;
use crate::agent::protocol::Portrait;
use crate::agent::protocol::ResultBody;
use crate::agent::protocol::wipe;
use crate::agent::receipt;
use crate::agent::receipt::Told;
use crate::error::Error;
use crate::lds::field::REVEALABLE;
use crate::render::answer;
use crate::render::details;
use crate::render::json;
use crate::render::json::Times;
use crate::render::reveal::Reveal;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::verify::Holder;
use crate::verify::Report;
use crate::verify::Unverified;
use crate::verify::Vouched;
use crate::workflow::Inspected;

/// The members of a report that say who the holder is.
const HOLDERS: [&str; 2] = ["holder", "unverified_holder"];

/// The portrait, verified or not.
const PORTRAITS: [&str; 2] = ["portrait", "unverified_portrait"];

/// What else a report says of what the card holds. None of it leaves but what is asked for by name.
const CONTENTS: [&str; 3] = ["details", "unverified_details", "applications"];

/// The asked fields of a holder whom nothing vouches for yet.
pub(super) fn partial(holder: Option<&Unverified<Holder>>, wish: &Wish) -> Personal {
    let mut out = Map::new();
    for (name, value) in holder
        .map(|holder| holder.inspect_unverified().fields())
        .unwrap_or_default()
    {
        let value = Value::String(value);
        if wish.fields.contains(&name) {
            out.insert(name.to_owned(), value);
        } else {
            wipe(value);
        }
    }
    Personal::new(out)
}

/// What came of a read, as far as it was asked for.
///
/// # Errors
/// What keeps the device key from signing.
pub(super) fn result(
    inspected: &Inspected,
    wish: &Wish,
    key: Option<&DeviceKey>,
    picture: Option<&[u8]>,
) -> Result<ResultBody, Error> {
    let report = &inspected.report;
    let mut members = Personal::nothing();
    if let Some(key) = key {
        if wish.evidence != Evidence::None {
            let told = Told {
                nonce: wish.nonce.as_ref(),
                origin: &wish.origin,
                trust_as_of: inspected.trust_as_of,
            };
            let statement = receipt::statement(report, &told);
            members.insert("receipt", sign(statement, key, report.judged_at())?);
        }
        if wish.evidence == Evidence::Full {
            let whole = sign(whole(inspected), key, report.judged_at())?;
            let saved = Zeroizing::new(inspected.capture.to_json());
            let capture = serde_json::from_str(&saved);
            let mut evidence = Map::new();
            evidence.insert("report".to_owned(), whole);
            evidence.insert("capture".to_owned(), capture.unwrap_or(Value::Null));
            members.insert("evidence", Value::Object(evidence));
        }
    }
    members.insert("report", asked(inspected, wish, picture));
    Ok(ResultBody {
        verdict: verdict(report),
        members,
    })
}

/// The report with nothing left out but what is sensitive: what the capture beside it is compared with.
fn whole(inspected: &Inspected) -> Value {
    let mut said = json::report(&inspected.report, times(inspected), &Reveal::nothing());
    if let (Some(said), Some(answer)) = (said.as_object_mut(), &inspected.answer) {
        said.extend(answer::members(answer));
    }
    said
}

/// The report with the asked fields only, and the portrait in a form that browsers show.
fn asked(inspected: &Inspected, wish: &Wish, picture: Option<&[u8]>) -> Value {
    let report = &inspected.report;
    let mut said = json::report(report, times(inspected), &Reveal::nothing());
    let Some(members) = said.as_object_mut() else {
        return said;
    };
    for name in HOLDERS {
        if let Some(Value::Object(holder)) = members.get_mut(name) {
            let unasked: Vec<String> = holder
                .keys()
                .filter(|field| !wish.fields.contains(&field.as_str()))
                .cloned()
                .collect();
            for field in unasked {
                if let Some(value) = holder.remove(&field) {
                    wipe(value);
                }
            }
        }
    }
    let pictures = match wish.portrait {
        Portrait::Wanted => [].as_slice(),
        Portrait::Unwanted => PORTRAITS.as_slice(),
    };
    for name in pictures.iter().chain(&CONTENTS) {
        if let Some(value) = members.remove(*name) {
            wipe(value);
        }
    }
    for name in PORTRAITS {
        if let (Some(shown), Some(picture)) = (members.get_mut(name), picture) {
            let picture = json!({"mime": "image/png", "base64": STANDARD.encode(picture)});
            wipe(std::mem::replace(shown, picture));
        }
    }
    for (name, contents) in sensitive(report, wish) {
        members.insert(name.to_owned(), Value::Object(contents));
    }
    if let Some(answer) = &inspected.answer {
        for (name, value) in answer::members(answer) {
            // Question and answer name the holder.
            if name == answer::QUESTION || name == answer::ANSWER {
                wipe(value);
            } else {
                members.insert(name, value);
            }
        }
    }
    said
}

/// The sensitive fields that were asked for by name.
fn sensitive(report: &Report, wish: &Wish) -> Vec<(&'static str, Map<String, Value>)> {
    let names = wish.fields.iter().copied();
    let names: Vec<&str> = names.filter(|name| REVEALABLE.contains(name)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let reveal = Reveal::parse(names).unwrap_or_default();
    let (mut verified, mut unverified) = (Map::new(), Map::new());
    for (group, vouched) in report.contents() {
        let (out, fields) = match vouched {
            Vouched::Verified(contents) => (&mut verified, contents.get().fields()),
            Vouched::Unverified(contents) => {
                (&mut unverified, contents.inspect_unverified().fields())
            }
        };
        let fields = reveal.asked(fields);
        if !fields.is_empty() {
            out.insert(group.to_string(), details::object(fields, &reveal));
        }
    }
    [("details", verified), ("unverified_details", unverified)]
        .into_iter()
        .filter(|(_, contents)| !contents.is_empty())
        .collect()
}

/// What may be told twice: verdict and outcomes, without what they rest on.
fn verdict(report: &Report) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("verdict".into(), json!(report.verdict().word()));
    out.insert("next_action".into(), json!(report.next_action().code()));
    out.insert("checks".into(), Value::Object(receipt::outcomes(report)));
    out
}

fn times(inspected: &Inspected) -> Times {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Times {
        verify_ms: milliseconds(inspected.verifying),
        registry_ms: milliseconds(inspected.asking),
    }
}

#[cfg(test)]
mod tests;
