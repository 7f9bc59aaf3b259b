//! What else is tried when a chip refuses chip authentication (quirk rows 37 and 38).
//!
//! No step here proves anything or makes a proof easier: whatever way the chip takes, it must then
//! speak under keys that only the private half of its signed key gives.

use crate::channel::chip_auth::Form;
use crate::channel::chip_auth::Refused;
use crate::iso7816::Status;
use crate::link::ExtendedLength;
use crate::reader::chip::offer::Offer;

/// ISO/IEC 7816-4 table 7: last command of the chain expected.
const LAST_OF_CHAIN_EXPECTED: Status = Status(0x6883);
/// The same: command chaining not supported.
const CHAINING_NOT_SUPPORTED: Status = Status(0x6884);

/// One way to run the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) form: Form,
    /// The key reference in data object 84; none leaves it out.
    pub(super) reference: Option<Vec<u8>>,
    /// How the ephemeral key is sent.
    pub(super) passage: Passage,
}

/// How a command goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// As the link does it for everything.
    Usual,
    /// In parts, also where it would fit into one.
    Chained,
    /// In one, in the extended form, although nobody knows whether the chip takes it.
    Extended,
}

/// Where the chip said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// To protocol and key, before any ephemeral key was sent.
    Selection,
    /// To the ephemeral key.
    Key,
}

/// That the chip said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    status: Status,
    stage: Stage,
}

impl Refusal {
    pub(super) const fn new(refused: Refused, stage: Stage) -> Self {
        Self {
            status: refused.status,
            stage,
        }
    }

    /// Whether the chip refuses the protocol as such: another form would be told the same.
    pub(super) fn is_final(self) -> bool {
        [
            Status::SECURITY_NOT_SATISFIED,
            Status::BLOCKED,
            Status::REFERENCE_UNUSABLE,
            Status::CONDITIONS_NOT_SATISFIED,
        ]
        .contains(&self.status)
    }

    /// Whether it may be the key reference that the chip does not like.
    pub(super) fn is_of_the_reference(self) -> bool {
        [Status::REFERENCE_NOT_FOUND, Status::INCORRECT_DATA].contains(&self.status)
    }

    /// Whether it is the length of the command.
    fn is_of_the_length(self) -> bool {
        [
            Status::WRONG_LENGTH,
            LAST_OF_CHAIN_EXPECTED,
            CHAINING_NOT_SUPPORTED,
        ]
        .contains(&self.status)
    }
}

impl Attempt {
    /// What the standard has.
    pub(super) fn standard(offer: &Offer) -> Self {
        Self {
            form: Form::standard(offer.cipher),
            reference: offer.references.first().cloned().flatten(),
            passage: Passage::Usual,
        }
    }

    /// Name of the quirk that this attempt shows when it goes well after the first was refused.
    pub(super) fn quirk(&self, first: &Self, refusal: Refusal) -> String {
        let status = refusal.status.0;
        match (self.passage, first.form) {
            (Passage::Chained, _) => "ca-needs-chaining".to_owned(),
            (Passage::Extended, _) => "ca-needs-extended".to_owned(),
            (Passage::Usual, form) if form == self.form => "ca-key-id-refused".to_owned(),
            (Passage::Usual, Form::AuthenticationTemplate) => format!("ca-set-at-{status:04x}"),
            (Passage::Usual, Form::KeyAgreementTemplate) => format!("ca-set-kat-{status:04x}"),
        }
    }
}

/// What to try after the first attempt was refused, likeliest first.
pub(super) fn after(
    first: &Attempt,
    refusal: Refusal,
    offer: &Offer,
    extended: ExtendedLength,
) -> Vec<Attempt> {
    let other_form = Attempt {
        form: first.form.other(),
        ..first.clone()
    };
    let references = offer.references.iter().skip(1).map(|reference| Attempt {
        reference: reference.clone(),
        ..first.clone()
    });
    let mut passages = Vec::new();
    if refusal.stage == Stage::Key {
        passages.push(Attempt {
            passage: Passage::Chained,
            ..first.clone()
        });
        if extended == ExtendedLength::Unknown {
            passages.push(Attempt {
                passage: Passage::Extended,
                ..first.clone()
            });
        }
    }
    let mut attempts = Vec::new();
    if refusal.is_of_the_length() {
        attempts.extend(passages);
        attempts.push(other_form);
    } else if refusal.status == Status::REFERENCE_NOT_FOUND {
        attempts.extend(references);
        attempts.push(other_form);
    } else if refusal.is_of_the_reference() {
        attempts.push(other_form);
        attempts.extend(references);
        attempts.extend(passages);
    } else {
        attempts.push(other_form);
        attempts.extend(passages);
    }
    attempts
}
