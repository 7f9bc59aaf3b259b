//! Whether the present can be believed. Where it cannot, every check that compares something with
//! today is open.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::pki::certificate::Certificate;

/// Before this a clock is certainly wrong: this source was written later.
pub const WRITTEN: Date = jiff::civil::date(2026, 11, 1);

/// How far a clock may lag behind a signed time without doubt.
const TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the clock says, and whether it can be right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    says: Timestamp,
    doubt: Option<&'static str>,
}

impl Clock {
    /// The clock by itself.
    pub(super) fn new(says: Timestamp) -> Self {
        let today = TimeZone::UTC.to_datetime(says).date();
        Self {
            says,
            doubt: (today < WRITTEN).then_some("the clock is before this program was written"),
        }
    }

    /// The clock against what a signer signed, and when its certificate began.
    pub(super) fn against(self, signer: &Certificate, signing_time: Option<Timestamp>) -> Self {
        let newest = signing_time.map_or(signer.not_before(), |at| at.max(signer.not_before()));
        // Only a believable signed time speaks against the clock: one inside the signer's own period.
        let believable = signing_time.is_none_or(|at| signer.valid_at(at));
        self.after(
            believable.then_some(newest),
            "the document was signed later than the clock says",
        )
    }

    /// The clock against a moment that is past.
    fn after(mut self, past: Option<Timestamp>, doubt: &'static str) -> Self {
        let late = past
            .and_then(|past| past.checked_sub(TOLERANCE).ok())
            .is_some_and(|earliest| self.says < earliest);
        if late {
            self.doubt = self.doubt.or(Some(doubt));
        }
        self
    }

    /// The present, where the clock can be believed.
    pub(super) const fn now(&self) -> Option<Timestamp> {
        match self.doubt {
            None => Some(self.says),
            Some(_) => None,
        }
    }

    /// Why it cannot, if so.
    pub(super) const fn doubt(&self) -> Option<&'static str> {
        self.doubt
    }
}
