//! What a registry's answer means for the document.

use jiff::SignedDuration;

use crate::crypto::hash::Hash;
use crate::pki::store::Provenance;
use crate::registry::Answer;
use crate::registry::Decision;
use crate::registry::RegistryError;
use crate::registry::Source;
use crate::seal::sign::time;
use crate::verify::Offline;
use crate::verify::Outcome;
use crate::verify::Policy;

/// Judges an answer by a policy. That none could be had says nothing of the document.
///
/// How old the register's data is can only make a yes into an open question: a card that was withdrawn
/// a year ago is not in force today.
pub(super) fn outcome(answer: &Result<Answer, RegistryError>, policy: &Policy) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let open = Outcome::open(error.code()).with("reason", error.to_string());
            return match error {
                RegistryError::Refused { code } => open.with("problem", *code),
                _ => open,
            };
        }
    };
    let decision = answer.decision();
    let outcome = match (decision, answer.source) {
        (Decision::Confirmed, _) if is_stale(answer, policy) => Outcome::open("registry.stale"),
        (Decision::Confirmed, Source::Register | Source::Samples) => Outcome::pass(decision.code()),
        (Decision::Confirmed, Source::Snapshot { .. }) => match policy.registry_offline() {
            Offline::Accept => Outcome::pass("registry.not_listed"),
            Offline::Refuse => Outcome::open("registry.offline"),
        },
        (Decision::NotOnFile, _) => Outcome::open(decision.code()),
        (Decision::NotInForce(_) | Decision::PersonNotInForce(_), _) => {
            Outcome::out_of_force(decision.code())
        }
        (Decision::Mismatch, _) => Outcome::fail(decision.code())
            .with("differs", answer.agreements.mismatches().join(", ")),
    };
    with_evidence(outcome, answer)
}

/// The same for a card that was read, whose signer's chain was judged so.
///
/// Sample citizens are invented, and some true person may have a number like one of theirs. What a
/// register of nobody else says of a card that a state has issued is therefore neither for it nor against
/// it.
pub(super) fn of_card(
    answer: Result<Answer, RegistryError>,
    chain: &Outcome,
    policy: &Policy,
) -> (Outcome, Option<Answer>) {
    if let Ok(Answer {
        source: source @ Source::Samples,
        ..
    }) = &answer
        && is_issued(chain)
    {
        let open = Outcome::open("registry.samples_only");
        return (open.with("source", source.code()), None);
    }
    (outcome(&answer, policy), answer.ok())
}

/// Whether a path leads to an anchor that is not the published one of test cards.
fn is_issued(chain: &Outcome) -> bool {
    let test = Provenance::TestCard.to_string();
    let anchor = chain.facts().get("provenance");
    matches!(chain, Outcome::Pass(_)) && anchor.is_some_and(|anchor| *anchor != test)
}

fn is_stale(answer: &Answer, policy: &Policy) -> bool {
    let age = SignedDuration::try_from(answer.age()).unwrap_or(SignedDuration::MAX);
    policy.registry_age().is_some_and(|most| age > most)
}

/// What the answer says of itself, in words of this program's own lists: no attribute and no fact.
fn with_evidence(outcome: Outcome, answer: &Answer) -> Outcome {
    let mut outcome = outcome
        .with("status", answer.status.code())
        .with("person", answer.person.code())
        .with("data_as_of", time(answer.data_as_of))
        .with("answered_at", time(answer.answered_at))
        .with("source", answer.source.code());
    if let Source::Snapshot { revision } = answer.source {
        outcome = outcome.with("revision", revision.to_string());
    }
    if let Some(line) = &answer.instead_of {
        outcome = outcome
            .with("line", line.code())
            .with("line_reason", line.to_string());
    }
    if !answer.reasons.is_empty() {
        let rules = answer.reasons.iter();
        let rules = rules.map(|reason| format!("{}: {}", reason.attribute, reason.rule));
        outcome = outcome.with("rules", rules.collect::<Vec<_>>().join(", "));
    }
    if let Some(receipt) = &answer.receipt {
        let digest = |bytes: &[u8]| hex::encode(Hash::Sha256.digest(&[bytes]));
        outcome = outcome
            .with("question_sha256", digest(&receipt.question))
            .with("answer_sha256", digest(&receipt.answer))
            .with("registry_key_sha256", receipt.signer.to_string());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::registry::Agreement;
    use crate::registry::Agreements;
    use crate::registry::CardStatus;

    #[test]
    fn sample_citizens_say_nothing_of_a_card_that_a_state_issued() {
        let now = Timestamp::now();
        let policy = Policy::counter();
        let chain = |provenance: &Provenance| {
            Outcome::pass("chain.anchored").with("provenance", provenance.to_string())
        };
        let issued = chain(&Provenance::Operator {
            file: "csca.cer".to_owned(),
        });
        let test = chain(&Provenance::TestCard);
        let agreements = Agreements {
            number: Agreement::NotSupplied,
            name: Agreement::NotSupplied,
            birth: Agreement::NotSupplied,
            sex: Agreement::NotSupplied,
            nationality: Agreement::NotSupplied,
            document_number: Agreement::NotSupplied,
            expiry: Agreement::NotSupplied,
        };
        for (status, of_test) in [
            (CardStatus::NotOnFile, "registry.not_on_file"),
            (CardStatus::NotIssued, "registry.not_issued"),
            (CardStatus::Active, "registry.confirmed"),
        ] {
            let mut answer = Answer::new(status, agreements, now, now);
            let (outcome, kept) = of_card(Ok(answer.clone()), &issued, &policy);
            assert_eq!((outcome.code(), kept.is_some()), (of_test, true));
            answer.source = Source::Samples;
            let (outcome, kept) = of_card(Ok(answer.clone()), &issued, &policy);
            assert_eq!((outcome.code(), kept), ("registry.samples_only", None));
            assert!(matches!(outcome, Outcome::Open(_)));
            let (outcome, kept) = of_card(Ok(answer), &test, &policy);
            assert_eq!((outcome.code(), kept.is_some()), (of_test, true));
            assert_eq!(outcome.facts()["source"], "samples");
        }
    }
}
