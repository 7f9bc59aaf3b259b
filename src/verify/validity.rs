//! Dates: the signer's certificate at signing, and the document today (Doc 9303-12 §7.1.2).

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::pki::certificate::Certificate;
use crate::verify::DocumentExpiry;
use crate::verify::Outcome;
use crate::verify::passive::Passive;

/// Before this a clock is certainly wrong: this source was written later.
const WRITTEN: Date = jiff::civil::date(2026, 11, 1);

/// How far a clock may lag behind a signed time without doubt.
const TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Judges the dates. `expiry` is what the document says of itself, where it was read.
pub(super) fn examine(
    passive: &Passive<'_>,
    expiry: Option<DocumentExpiry>,
    now: Timestamp,
) -> Outcome {
    let Some(signer) = &passive.signer else {
        return Outcome::open("validity.unread").with("unread", "signer certificate");
    };
    if let Some(reason) = doubtful(signer, passive.signing_time, now) {
        return Outcome::open("validity.clock_doubtful").with("reason", reason);
    }
    let signed = match passive.signing_time {
        Some(at) if at < signer.not_before() || at > signer.not_after() => {
            return Outcome::fail("validity.signed_outside_period").with("signed", at.to_string());
        }
        Some(at) => Outcome::pass("validity.in_force").with("signed", at.to_string()),
        // Out of date is out of date, whatever is known of the signing.
        None if expired(expiry, now).is_some() => Outcome::pass("validity.in_force"),
        // Without a signing time it holds only while the certificate does.
        None if now > signer.not_after() => {
            return Outcome::open("validity.signer_expired")
                .with("signer_not_after", signer.not_after().to_string());
        }
        None => Outcome::pass("validity.in_force"),
    };
    match expiry {
        None => Outcome::open("validity.unread").with("unread", "DG1"),
        Some(DocumentExpiry::Unknown) => {
            Outcome::open("validity.unread").with("unread", "date of expiry")
        }
        Some(DocumentExpiry::Never) => signed.with("document", "no expiry"),
        Some(DocumentExpiry::On(_)) => match expired(expiry, now) {
            Some(date) => {
                Outcome::out_of_force("validity.document_expired").with("expired", date.to_string())
            }
            None => signed.with("document", "not expired"),
        },
    }
}

/// The last day of a document that is over.
fn expired(expiry: Option<DocumentExpiry>, now: Timestamp) -> Option<Date> {
    let today = TimeZone::UTC.to_datetime(now).date();
    match expiry {
        Some(DocumentExpiry::On(date)) if today > date => Some(date),
        _ => None,
    }
}

/// Why the clock cannot be trusted, if so.
fn doubtful(
    signer: &Certificate,
    signing_time: Option<Timestamp>,
    now: Timestamp,
) -> Option<&'static str> {
    let today = TimeZone::UTC.to_datetime(now).date();
    if today < WRITTEN {
        return Some("the clock is before this program was written");
    }
    let newest = signing_time.map_or(signer.not_before(), |at| at.max(signer.not_before()));
    // Only a believable signed time speaks against the clock: one inside the signer's own period.
    let believable =
        signing_time.is_none_or(|at| at >= signer.not_before() && at <= signer.not_after());
    let late = newest
        .checked_sub(TOLERANCE)
        .is_ok_and(|earliest| now < earliest);
    (believable && late).then_some("the document was signed later than the clock says")
}
