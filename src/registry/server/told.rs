//! What is told of what was found about one card, and what that costs.

use jiff::Timestamp;

use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::Decision;
use crate::registry::backend::Found;
use crate::registry::facts::FactKind;
use crate::registry::query::Query;
use crate::registry::server::buckets::Costs;
use crate::registry::server::chaos::Chaos;

/// The facts of a question that its procedure lets be looked up.
pub fn facts(query: &Query, allowed: &[FactKind]) -> Vec<FactKind> {
    let asked = query.disclose.iter().copied();
    asked.filter(|kind| allowed.contains(kind)).collect()
}

/// The answer to one question, with what may be told of it. `facts` are those that were looked up.
pub fn answer(
    found: &Found,
    query: &Query,
    facts: &[FactKind],
    at: Timestamp,
    chaos: &Chaos,
) -> Answer {
    let mut answer = found.answer(query, at);
    if let Some(age) = chaos.age {
        answer.data_as_of = answer.data_as_of.checked_sub(age).unwrap_or(Timestamp::MIN);
    }
    let known = found.record.as_ref().is_some_and(|record| record.sod_known);
    let holder = match query.card.sod {
        // Of a card that the register knows by another security object, none is found by number.
        Some(_) if known => Holder::Shown,
        _ => Holder::Claimed,
    };
    withhold(&mut answer, &query.disclose, facts, holder);
    answer
}

/// What a decision costs, in tokens.
pub const fn cost(costs: Costs, decision: Decision) -> u32 {
    match decision {
        Decision::NotOnFile => costs.unknown,
        Decision::Mismatch => costs.mismatch,
        // What is known and not in force was asked about a card that was there.
        Decision::Confirmed | Decision::NotInForce(_) | Decision::PersonNotInForce(_) => {
            costs.confirmed
        }
    }
}

/// Leaves in the answer what may be told, and says what is not.
///
/// A procedure's permission is not enough. Facts are told about the holder of a card in force of whom
/// whoever asks knows more than the number: the card's security object, which nobody can guess, or the
/// name. A number alone opens nobody's address.
fn withhold(answer: &mut Answer, asked: &[FactKind], allowed: &[FactKind], holder: Holder) {
    let named = answer.agreements.name == Agreement::Match;
    let shown = named || holder == Holder::Shown;
    let told = shown && answer.decision() == Decision::Confirmed;
    let tells = |kind: &FactKind| told && allowed.contains(kind);
    answer.disclosed.retain(|fact| tells(&fact.kind));
    answer.withheld = asked.iter().copied().filter(|kind| !tells(kind)).collect();
}

/// Whether the card that was asked about was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// It was found by its security object
    Shown,
    /// Anybody can say a number
    Claimed,
}

#[cfg(test)]
mod tests;
