//! How much to ask for in one READ BINARY when a card refuses large pieces (quirk row 14).
//!
//! Cards keep their answers in buffers whose sizes are mostly powers of two. So the sizes go down
//! by such steps to the first that works, and from there up again by doubling, as long as what is
//! left of the file is worth the command that a refusal costs.

/// Smallest piece worth asking for when a card refuses larger ones, in bytes.
pub(super) const SMALLEST: usize = 64;

/// Answers tried on the way down, in bytes: a kilobyte, and what the short form carries.
const DOWN: [usize; 2] = [1_024, 256];

/// Smallest and largest powers of two that are tried on the way up, as exponents.
const UP: std::ops::RangeInclusive<u32> = 7..=15;

/// Commands that a doubled size must save to be tried.
const WORTH_DOUBLING: usize = 2;

/// Commands that a size between a power of two and the next, which was refused, must save.
const WORTH_REFINING: usize = 8;

/// Most refusals that looking for a larger size may cost in one read.
const MOST_TRIALS: u8 = 5;

/// What turned out about the sizes of pieces.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pieces {
    /// Most bytes that came in one piece.
    works: usize,
    /// The smallest size that was refused.
    refused: Option<usize>,
    /// How often a size above `works` was refused since something worked.
    trials: u8,
}

impl Pieces {
    /// Starts from a size that worked on such a card before: nothing above it is tried.
    pub(super) fn known(works: usize) -> Self {
        let works = works.max(SMALLEST);
        Self {
            works,
            refused: Some(works.saturating_add(1)),
            trials: MOST_TRIALS,
        }
    }

    /// The size that turned out to be the largest, where a larger one was refused.
    pub(super) fn limit(&self) -> Option<usize> {
        self.refused.map(|_| self.works).filter(|works| *works > 0)
    }

    /// The size to ask for next: at most `capacity`, in a file with so many bytes left; all ones
    /// where that is not known. `payload` tells how much of a file an answer of so many bytes
    /// carries.
    pub(super) fn next(
        &self,
        capacity: usize,
        payload: impl Fn(usize) -> usize + Copy,
        left: usize,
    ) -> usize {
        let Some(refused) = self.refused.filter(|refused| *refused <= capacity) else {
            return capacity;
        };
        let works = self.works.min(refused.saturating_sub(1));
        if works < SMALLEST {
            let lower = DOWN.into_iter().map(payload).find(|size| *size < refused);
            let half = (refused / 2).max(SMALLEST.min(refused.saturating_sub(1)));
            return lower.filter(|size| *size >= SMALLEST).unwrap_or(half);
        }
        if self.trials >= MOST_TRIALS {
            return works;
        }
        // A size that is hardly larger is no step, and who gave more than a kilobyte gives four.
        let least = match works {
            ..1_024 => works.saturating_add(works / 2),
            _ => works.saturating_mul(2),
        };
        let up = |least| {
            UP.map(|exponent| payload(1 << exponent))
                .find(|size| *size >= least)
                .filter(|size| *size < refused)
        };
        let doubled = up(least).or_else(|| up(works.saturating_add(works / 2)));
        let (larger, worth) = match doubled {
            Some(size) => (size, WORTH_DOUBLING),
            None if left < usize::MAX => (works + (refused - works) / 2, WORTH_REFINING),
            None => return works,
        };
        let saved = left.div_ceil(works).saturating_sub(left.div_ceil(larger));
        if saved >= worth { larger } else { works }
    }

    /// So many bytes came in one piece.
    pub(super) fn worked(&mut self, bytes: usize) {
        self.works = self.works.max(bytes);
        if self.refused.is_some_and(|refused| refused <= self.works) {
            self.refused = Some(self.works.saturating_add(1));
        }
    }

    /// This size was refused.
    pub(super) fn refused(&mut self, asked: usize) {
        if self.works >= SMALLEST && asked > self.works {
            self.trials = self.trials.saturating_add(1);
        }
        if asked <= self.works {
            // What worked before, or on another card, works no longer.
            self.works = 0;
            self.trials = 0;
        }
        self.refused = Some(self.refused.map_or(asked, |refused| refused.min(asked)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer carries beside some thirty bytes of wrapping.
    fn wrapped(answer: usize) -> usize {
        answer.saturating_sub(33)
    }

    /// Reads a file of so many bytes from a card with this limit; gives commands and refusals.
    fn play(limit: usize, capacity: usize, file: usize) -> (usize, usize) {
        let mut pieces = Pieces::default();
        let (mut left, mut commands, mut refusals) = (file, 0, 0);
        while left > 0 {
            let asked = pieces.next(capacity, wrapped, left).min(left);
            commands += 1;
            assert!(commands < 10_000);
            if asked > limit {
                refusals += 1;
                pieces.refused(asked);
            } else {
                left -= asked;
                pieces.worked(asked);
            }
        }
        (commands, refusals)
    }

    #[test]
    fn a_card_without_a_limit_is_asked_for_all() {
        assert_eq!(play(65_519, 65_519, 200_000), (4, 0));
        assert_eq!(play(223, 223, 2_230), (10, 0));
    }

    #[test]
    fn the_largest_size_that_works_is_found_with_few_refusals() {
        for limit in [
            64, 100, 112, 128, 200, 223, 231, 255, 500, 1_000, 1_024, 2_000, 4_096, 10_000, 30_000,
        ] {
            for capacity in [223, 65_519] {
                let best = 60_000_usize.div_ceil(limit.min(capacity));
                let (commands, refusals) = play(limit, capacity, 60_000);
                assert!(refusals <= 10, "{limit} {capacity}: {refusals}");
                let most = best + best / 3 + refusals + 6;
                assert!(commands <= most, "{limit} {capacity}: {commands} {best}");
            }
        }
    }

    #[test]
    fn a_size_known_from_before_costs_nothing() {
        let pieces = Pieces::known(112);
        assert_eq!(pieces.next(65_519, wrapped, 60_000), 112);
        assert_eq!(pieces.limit(), Some(112));
        assert_eq!(Pieces::default().limit(), None);
    }

    #[test]
    fn a_size_that_was_wrongly_known_is_left_behind() {
        let mut pieces = Pieces::known(1_000);
        let mut refusals = 0;
        loop {
            let asked = pieces.next(65_519, wrapped, 60_000);
            if asked <= 100 {
                pieces.worked(asked);
                if pieces.next(65_519, wrapped, 60_000) <= 100 {
                    break;
                }
                continue;
            }
            pieces.refused(asked);
            refusals += 1;
            assert!(refusals < 12);
        }
    }

    #[test]
    fn a_card_that_refuses_everything_is_asked_ever_less() {
        let mut pieces = Pieces::default();
        let mut asked = usize::MAX;
        for _ in 0..40 {
            let next = pieces.next(65_519, wrapped, 60_000);
            if next <= SMALLEST {
                return;
            }
            assert!(next < asked);
            asked = next;
            pieces.refused(next);
        }
        panic!("never reached the smallest piece");
    }
}
