//! A circuit breaker: a line that is down is not waited for again at every card.
//!
//! ```text
//!           FAILURES in a row                 REST is over
//!  Closed ───────────────────▶ Open ─────────────────────────▶ Trying (one question goes)
//!    ▲                           ▲                               │   │
//!    │                           └──────── it failed, too ───────┘   │
//!    └──────────────────────────── it was answered ──────────────────┘
//! ```

use std::time::Duration;
use std::time::Instant;

/// Checks in a row that may fail before the line counts as down.
pub const FAILURES: u32 = 3;

/// How long nothing is asked once the line counts as down.
pub const REST: Duration = Duration::from_secs(15);

/// Whether questions may go over a line. Holds no clock: the time is told.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    /// How long a question that is on its way may hold up others.
    patience: Duration,
}

/// Whether a line counts as up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Questions go.
    Closed {
        /// Checks that failed since the last that did not
        failures: u32,
    },
    /// No question goes.
    Open {
        /// Until when
        until: Instant,
    },
    /// One question is on its way, and no other goes.
    Trying {
        /// Since when
        since: Instant,
    },
}

impl Breaker {
    /// A line that counts as up; a question takes no longer than `limit`.
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            state: State::Closed { failures: 0 },
            patience: limit,
        }
    }

    /// Where it stands.
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Lets a question go, or says how long none will.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        // A question that never came back must not keep all others from going.
        let free = match self.state {
            State::Closed { .. } => return Ok(()),
            State::Open { until } => until,
            State::Trying { since } => since + self.patience,
        };
        if now < free {
            return Err(free.saturating_duration_since(now));
        }
        self.state = State::Trying { since: now };
        Ok(())
    }

    /// A question was answered, whatever the answer.
    pub(super) const fn answered(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// A question got no answer.
    pub(super) fn failed(&mut self, now: Instant) {
        let failures = match self.state {
            State::Closed { failures } => failures.saturating_add(1),
            State::Trying { .. } => FAILURES,
            // A question that was on its way when the line went down adds nothing.
            State::Open { .. } => return,
        };
        self.state = if failures < FAILURES {
            State::Closed { failures }
        } else {
            State::Open { until: now + REST }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);
    const MOMENT: Duration = Duration::from_millis(1);

    fn down(at: Instant) -> Breaker {
        let mut breaker = Breaker::new(LIMIT);
        for _ in 0..FAILURES {
            assert_eq!(breaker.admit(at), Ok(()));
            breaker.failed(at);
        }
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let now = Instant::now();
        let mut breaker = Breaker::new(LIMIT);
        for _ in 0..10 {
            for _ in 1..FAILURES {
                breaker.failed(now);
            }
            breaker.answered();
        }
        assert_eq!(breaker.admit(now), Ok(()));
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }

    #[test]
    fn an_open_one_lets_nothing_go_until_its_rest_is_over() {
        let now = Instant::now();
        let mut breaker = down(now);
        assert_eq!(breaker.state(), State::Open { until: now + REST });
        assert_eq!(breaker.admit(now), Err(REST));
        assert_eq!(breaker.admit(now + REST - MOMENT), Err(MOMENT));
        assert_eq!(breaker.admit(now + REST), Ok(()));
    }

    #[test]
    fn one_trial_goes_and_decides() {
        let now = Instant::now();
        let later = now + REST;
        let mut breaker = down(now);
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(LIMIT));
        breaker.failed(later + MOMENT);
        assert_eq!(breaker.admit(later + REST), Err(MOMENT));
        assert_eq!(breaker.admit(later + REST + MOMENT), Ok(()));
        breaker.answered();
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
        assert_eq!(breaker.admit(later + REST + MOMENT), Ok(()));
    }

    #[test]
    fn a_trial_that_never_came_back_blocks_nothing_for_ever() {
        let now = Instant::now();
        let mut breaker = down(now);
        assert_eq!(breaker.admit(now + REST), Ok(()));
        assert_eq!(breaker.admit(now + REST + LIMIT), Ok(()));
    }

    #[test]
    fn a_late_failure_does_not_make_the_rest_longer() {
        let now = Instant::now();
        let mut breaker = down(now);
        breaker.failed(now + LIMIT);
        assert_eq!(breaker.state(), State::Open { until: now + REST });
    }
}
