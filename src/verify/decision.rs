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
pub const CLOCK_DOUBTFUL: [&str; 3] = [
    "validity.clock_doubtful",
    "chain.clock_doubtful",
    "revocation.clock_doubtful",
];

/// What a check adds to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It found what it must find.
    Passed,
    /// It found something wrong.
    Failed(Weight),
    /// It could not find out.
    Open,
    /// It could not find out because the clock cannot be right.
    ClockDoubtful,
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
            Outcome::Open(_) if CLOCK_DOUBTFUL.contains(&outcome.code()) => Self::ClockDoubtful,
            Outcome::Open(_) => Self::Open,
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
    let open = |check| matches!(standing(check), Standing::Open | Standing::ClockDoubtful);
    let doubtful = |check| is_required(check) && standing(check) == Standing::ClockDoubtful;
    // Of those that ask for the clock, validity tells best why.
    let clock = [Check::Validity]
        .into_iter()
        .find(|check| doubtful(*check))
        .or_else(|| first(&doubtful));
    let first_gap = clock.or_else(|| first(&|check| is_required(check) && open(check)));
    let verdict = match (against_genuineness, against_force, first_gap) {
        (Some(_), _, _) => Verdict::NotGenuine,
        (None, Some(_), _) => Verdict::NotInForce,
        (None, None, Some(_)) => Verdict::Inconclusive,
        (None, None, None) => Verdict::Genuine,
    };
    let next_action = match verdict {
        Verdict::Genuine => NextAction::Proceed,
        Verdict::NotGenuine | Verdict::NotInForce => NextAction::Refuse,
        Verdict::Inconclusive => match first_gap {
            Some(_) if clock.is_some() => NextAction::CheckClock,
            Some(Check::SignerChain | Check::Revocation) => NextAction::UpdateTrust,
            Some(Check::Registry) => NextAction::WaitRegistry,
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
        use Standing::ClockDoubtful;
        use Standing::Failed;
        use Standing::Open;
        let all = Check::ALL;
        assert_eq!(decided(&[], &all).verdict, Verdict::Genuine);
        let open = decided(&[(Check::Registry, Open)], &all);
        assert_eq!(open.verdict, Verdict::Inconclusive);
        assert_eq!(open.next_action, NextAction::WaitRegistry);
        let unasked = decided(&[(Check::Registry, Open)], &[Check::Hashes]);
        assert_eq!(unasked.next_action, NextAction::Proceed);
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
        let clock = decided(
            &[(Check::Access, Open), (Check::Validity, ClockDoubtful)],
            &[Check::Access, Check::Validity],
        );
        assert_eq!(clock.first_gap, Some(Check::Validity));
        assert_eq!(clock.next_action, NextAction::CheckClock);
    }
}
