//! Dates: the signer's certificate at signing, and the document today (Doc 9303-12 §7.1.2).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz;
use jiff::tz::Offset;

use crate::pki::certificate::Certificate;
use crate::verify::DocumentExpiry;
use crate::verify::Outcome;
use crate::verify::ValidityModel;
use crate::verify::citizen;
use crate::verify::holder::Document;
use crate::verify::passive::Passive;

/// Where a Vietnamese identity card ends: the country has one time.
const VIETNAM: Offset = tz::offset(7);

/// Where a day ends last on Earth. A passport is still good on its last day wherever it is shown.
const LAST_ON_EARTH: Offset = tz::offset(-12);

/// Judges the dates of the signer and of what the document says of itself, where it was read.
pub(super) fn examine(passive: &Passive<'_>, document: &Document, model: ValidityModel) -> Outcome {
    let Some(signer) = &passive.signer else {
        return Outcome::open("validity.unread").with("unread", "signer certificate");
    };
    // Two moments that the signer itself names: no clock is asked.
    if let Some(at) = passive.signing_time
        && !signer.valid_at(at)
    {
        return Outcome::fail("validity.signed_outside_period").with("signed", at.to_string());
    }
    let Some(now) = passive.clock.now() else {
        let doubt = passive.clock.doubt().unwrap_or_default();
        return Outcome::open("validity.clock_doubtful").with("reason", doubt);
    };
    let outcome = today(passive.signing_time, signer, document, model, now);
    outcome.with("signer_today", standing(signer, now))
}

/// What the present says.
fn today(
    signing_time: Option<Timestamp>,
    signer: &Certificate,
    document: &Document,
    model: ValidityModel,
    now: Timestamp,
) -> Outcome {
    let expired = expired(document, now);
    // Out of date is out of date, whatever is known of the signing.
    if let Some(date) = expired {
        return Outcome::out_of_force("validity.document_expired")
            .with("expired", date.to_string());
    }
    let over = now > signer.not_after();
    let signer_not_after = signer.not_after().to_string();
    // RFC 5280 §6.1.3 (a)(2), where a policy asks for that model.
    if over && model == ValidityModel::Shell {
        return Outcome::out_of_force("validity.signer_out_of_date")
            .with("signer_not_after", signer_not_after);
    }
    let signed = match signing_time {
        Some(at) => Outcome::pass("validity.in_force").with("signed", at.to_string()),
        // Without a signing time it holds only while the certificate does.
        None if over => {
            return Outcome::open("validity.signer_expired")
                .with("signer_not_after", signer_not_after);
        }
        None => Outcome::pass("validity.in_force"),
    };
    match document.expiry() {
        None => Outcome::open("validity.unread").with("unread", "DG1"),
        Some(DocumentExpiry::Unknown) => {
            Outcome::open("validity.unread").with("unread", "date of expiry")
        }
        Some(DocumentExpiry::Never) => signed.with("document", "no expiry"),
        Some(DocumentExpiry::On(_)) => signed.with("document", "not expired"),
    }
}

/// The last day of a document that is over.
fn expired(document: &Document, now: Timestamp) -> Option<Date> {
    let Some(DocumentExpiry::On(last)) = document.expiry() else {
        return None;
    };
    let of_vietnam = document
        .holder()
        .is_some_and(|holder| citizen::is_card(holder.mrz()));
    let offset = if of_vietnam { VIETNAM } else { LAST_ON_EARTH };
    (offset.to_datetime(now).date() > last).then_some(last)
}

/// How the signer's certificate stands now, which decides only where the model says so.
fn standing(signer: &Certificate, now: Timestamp) -> &'static str {
    if now < signer.not_before() {
        "not yet"
    } else if now > signer.not_after() {
        "over"
    } else {
        "valid"
    }
}
