//! What a registry answered: what it told beside yes and no, and the answer itself as evidence.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::registry::Answer;
use crate::registry::FactKind;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::seal::canonical;

/// Columns of the names before the values, if none is longer.
const MARGIN: usize = 26;

/// The members of a report that hold the exchange with the registry.
pub const QUESTION: &str = "registry_question";
/// The registry's answer, as it was signed.
pub const ANSWER: &str = "registry_answer";

/// The members that an answer adds to a report.
///
/// `disclosed` and `withheld` are there where something was asked for beside; question and answer
/// where the registry signs its answers, and as they were signed: their canonical forms (RFC 8785) are
/// what went over the wire.
pub fn members(answer: &Answer) -> Map<String, Value> {
    let mut out = Map::new();
    if !answer.disclosed.is_empty() {
        let facts = answer.disclosed.iter();
        let facts = facts.map(|fact| {
            let mut entry = json!({"kind": fact.kind.code(), "value": fact.value});
            if let (Value::Object(entry), Some(place)) = (&mut entry, &fact.place) {
                entry.insert("place".to_owned(), json!(place));
            }
            entry
        });
        out.insert("disclosed".to_owned(), facts.collect());
    }
    if !answer.withheld.is_empty() {
        let kinds = answer.withheld.iter().copied().map(FactKind::code);
        out.insert("withheld".to_owned(), kinds.collect());
    }
    if let Some(receipt) = &answer.receipt {
        let parts = [(QUESTION, &receipt.question), (ANSWER, &receipt.answer)];
        for (name, bytes) in parts {
            if let Ok(value) = canonical::parse(bytes) {
                out.insert(name.to_owned(), value);
            }
        }
    }
    out
}

/// What the registry told beside, and what it may not tell, as lines of text; empty where nothing was
/// asked for.
pub fn text(answer: &Answer, lang: Lang) -> String {
    let name = |kind: FactKind| words::label(Labelled::Fact, kind.code(), lang);
    let mut out = String::new();
    let mut line = |kind: FactKind, value: &str| {
        let name = name(kind).unwrap_or_default();
        let padding = MARGIN.saturating_sub(name.chars().count()).max(1);
        out.push_str(&format!("{name}{}{value}\n", " ".repeat(padding)));
    };
    for fact in &answer.disclosed {
        // What a register holds is somebody else's text.
        let value = screen::line(&fact.value, lang);
        match &fact.place {
            Some(place) => line(
                fact.kind,
                &format!("{value} ({})", screen::line(place, lang)),
            ),
            None => line(fact.kind, &value),
        }
    }
    for kind in &answer.withheld {
        let words = lang.choose(
            "không cung cấp cho thủ tục này",
            "not told for this procedure",
        );
        line(*kind, words);
    }
    if out.is_empty() {
        return out;
    }
    let title = lang.choose(
        "Cơ sở dữ liệu căn cước cho biết:",
        "What the registry tells:",
    );
    format!("\n{title}\n{out}")
}
