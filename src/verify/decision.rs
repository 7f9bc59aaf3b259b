//! What follows from the outcomes of all checks: the verdict, and what a person does next.
//!
//! One function for a report that is being made and for one that is checked on another machine, so
//! that the two cannot come to different ends.

use crate::error::NextAction;
use crate::verify::Check;
use crate::verify::Outcome;
use crate::verify::Verdict;
use crate::verify::Weight;

/// What the checks that ask for today's date are open with when the clock cannot be right.
const CLOCK_DOUBTFUL: [&str; 3] = [
    "validity.clock_doubtful",
    "chain.clock_doubtful",
    "revocation.clock_doubtful",
];

/// What the check of the chain is open with where no newer list helps.
const NO_LIST_HELPS: [&str; 3] = [
    "chain.algorithm_weak",
    "chain.test_anchor",
    "chain.real_anchor",
];

/// What the check of the registry is open with where asking again does not help.
const NO_WAITING_HELPS: [&str; 2] = ["registry.refused", "registry.foreign_signer"];

/// What a check adds to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It found what it must find.
    Passed,
    /// It found something wrong.
    Failed(Weight),
    /// It could not find out.
    Open(Want),
}

/// What an open check wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A clock that is right.
    Clock,
    /// A person's eyes, whichever check it is.
    Person,
    /// What the check itself goes by: lists, the registry.
    Sources,
}

impl Standing {
    /// An open check by its code.
    pub fn open(code: &str) -> Self {
        Self::Open(if CLOCK_DOUBTFUL.contains(&code) {
            Want::Clock
        } else if NO_LIST_HELPS.contains(&code) || NO_WAITING_HELPS.contains(&code) {
            Want::Person
        } else {
            Want::Sources
        })
    }
}

/// What all checks together come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// What the person does next.
    pub next_action: NextAction,
    /// The first required check that is open; a doubtful clock before all others, since they may be
    /// open only because of it.
    pub first_gap: Option<Check>,
    /// The first check that failed, those against genuineness before those against force.
    pub first_failure: Option<Check>,
}

impl From<&Outcome> for Standing {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Pass(_) => Self::Passed,
            Outcome::Fail(finding) => Self::Failed(finding.weight()),
            Outcome::Open(_) => Self::open(outcome.code()),
        }
    }
}

/// Any failure decides; then every check that is required must have passed.
pub fn decide(
    standing: impl Fn(Check) -> Standing,
    is_required: impl Fn(Check) -> bool,
) -> Decision {
    let first =
        |wanted: &dyn Fn(Check) -> bool| Check::ALL.into_iter().find(|check| wanted(*check));
    let failed = |weight| first(&|check| standing(check) == Standing::Failed(weight));
    let against_genuineness = failed(Weight::NotGenuine);
    let against_force = failed(Weight::NotInForce);
    let want = |check| match standing(check) {
        Standing::Open(want) if is_required(check) => Some(want),
        _ => None,
    };
    let doubtful = |check: &Check| want(*check) == Some(Want::Clock);
    // Validity tells best why.
    let first_gap = std::iter::once(Check::Validity)
        .chain(Check::ALL)
        .find(doubtful)
        .or_else(|| first(&|check| want(check).is_some()));
    let verdict = match (against_genuineness, against_force, first_gap) {
        (Some(_), _, _) => Verdict::NotGenuine,
        (None, Some(_), _) => Verdict::NotInForce,
        (None, None, Some(_)) => Verdict::Inconclusive,
        (None, None, None) => Verdict::Genuine,
    };
    let next_action = match verdict {
        Verdict::Genuine => NextAction::Proceed,
        Verdict::NotGenuine | Verdict::NotInForce => NextAction::Refuse,
        Verdict::Inconclusive => match first_gap.map(|check| (check, want(check))) {
            Some((_, Some(Want::Clock))) => NextAction::CheckClock,
            Some((_, Some(Want::Person))) => NextAction::ManualReview,
            Some((Check::SignerChain | Check::Revocation, _)) => NextAction::UpdateTrust,
            Some((Check::Registry, _)) => NextAction::WaitRegistry,
            _ => NextAction::ManualReview,
        },
    };
    Decision {
        verdict,
        next_action,
        first_gap,
        first_failure: against_genuineness.or(against_force),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(found: &[(Check, Standing)], required: &[Check]) -> Decision {
        decide(
            |check| {
                let found = found.iter().find(|(one, _)| *one == check);
                found.map_or(Standing::Passed, |(_, standing)| *standing)
            },
            |check| required.contains(&check),
        )
    }

    #[test]
    fn a_failure_decides_then_every_required_check_must_have_passed() {
        use Standing::Failed;
        let open = Standing::open;
        let all = Check::ALL;
        assert_eq!(decided(&[], &all).verdict, Verdict::Genuine);
        let waiting = decided(&[(Check::Registry, open("registry.not_reached"))], &all);
        assert_eq!(waiting.verdict, Verdict::Inconclusive);
        assert_eq!(waiting.next_action, NextAction::WaitRegistry);
        let unasked = [(Check::Registry, open("registry.not_reached"))];
        let unasked = decided(&unasked, &[Check::Hashes]);
        assert_eq!(unasked.next_action, NextAction::Proceed);
        let test = decided(&[(Check::SignerChain, open("chain.test_anchor"))], &all);
        assert_eq!(test.next_action, NextAction::ManualReview);
        let unknown = decided(&[(Check::SignerChain, open("chain.no_anchor"))], &all);
        assert_eq!(unknown.next_action, NextAction::UpdateTrust);
        let both = decided(
            &[
                (Check::Hashes, Failed(Weight::NotGenuine)),
                (Check::Validity, Failed(Weight::NotInForce)),
            ],
            &all,
        );
        assert_eq!(both.verdict, Verdict::NotGenuine);
        assert_eq!(both.first_failure, Some(Check::Hashes));
        let over = decided(&[(Check::Validity, Failed(Weight::NotInForce))], &[]);
        assert_eq!(over.verdict, Verdict::NotInForce);
        // What could not be found out takes nothing away from what was.
        let gap = (Check::SignerChain, open("chain.no_anchor"));
        let revoked = (Check::Registry, Failed(Weight::NotInForce));
        let lost = decided(&[gap, revoked], &all);
        assert_eq!(lost.verdict, Verdict::NotInForce);
        assert_eq!(lost.next_action, NextAction::Refuse);
        let forged = (Check::Hashes, Failed(Weight::NotGenuine));
        assert_eq!(decided(&[gap, forged], &all).verdict, Verdict::NotGenuine);
        let clock = decided(
            &[
                (Check::Access, open("access.none")),
                (Check::SignerChain, open("chain.clock_doubtful")),
                (Check::Validity, open("validity.clock_doubtful")),
            ],
            &all,
        );
        assert_eq!(clock.first_gap, Some(Check::Validity));
        assert_eq!(clock.next_action, NextAction::CheckClock);
    }
}
