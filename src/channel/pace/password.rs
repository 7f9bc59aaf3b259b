//! Passwords of PACE, and what a chip's statuses mean for each of them (Doc 9303-11 §4.4.4.1,
//! TR-03110-3 §B.11.1).

use crate::channel::refusal;
use crate::crypto::hash::Hash;
use crate::error::AccessError;
use crate::iso7816::Status;
use crate::secret::Secret;

/// A password and the reference that names its kind.
#[derive(Debug)]
pub struct Password {
    pub(super) state: State,
    /// K of §9.7.3: SHA-1 of the MRZ information, or the number itself.
    pub(super) secret: Secret,
}

/// What a password is, and how many wrong tries the chip said it still takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    kind: Kind,
    tries: Option<u8>,
}

/// The kinds, by their references (§4.4.4.1 table, tag 83).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mrz,
    Can,
    Pin,
    /// A PIN after the card access number opened the channel that it is sent in.
    ResumedPin,
    Puk,
}

/// Tries left at which a PIN is suspended (TR-03110-3 §B.11.1).
const SUSPENDED: u8 = 1;

impl Password {
    /// The password from the machine-readable zone.
    pub fn mrz(mrz_information: &Secret) -> Self {
        let digest = Hash::Sha1.digest(&[mrz_information.expose()]);
        Self::new(Kind::Mrz, Secret::new(digest))
    }

    /// The card access number, as its printed characters.
    pub fn can(can: &Secret) -> Self {
        Self::new(Kind::Can, Secret::copy_of(can.expose()))
    }

    /// The holder's number, as its characters. A chip with one try left refuses it by
    /// [`AccessError::PinSuspended`] before anything is tried.
    pub fn pin(pin: &Secret) -> Self {
        Self::new(Kind::Pin, Secret::copy_of(pin.expose()))
    }

    /// The holder's number inside a channel that the card access number opened: the last try
    /// counts.
    pub fn resumed_pin(pin: &Secret) -> Self {
        Self::new(Kind::ResumedPin, Secret::copy_of(pin.expose()))
    }

    /// The number that unblocks the PIN, as its characters.
    pub fn puk(puk: &Secret) -> Self {
        Self::new(Kind::Puk, Secret::copy_of(puk.expose()))
    }

    /// The reference that names its kind.
    pub const fn reference(&self) -> u8 {
        self.state.reference()
    }

    /// K of Doc 9303-11 §9.7.3: of all but the zone the characters themselves.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What it means that the chip refused the terminal's token, whoever sent it.
    pub fn refused(&self, status: Status) -> AccessError {
        self.state.wrong("mutual authentication", status)
    }

    const fn new(kind: Kind, secret: Secret) -> Self {
        Self {
            state: State { kind, tries: None },
            secret,
        }
    }
}

impl State {
    /// The password reference.
    pub(super) const fn reference(self) -> u8 {
        match self.kind {
            Kind::Mrz => 1,
            Kind::Can => 2,
            Kind::Pin | Kind::ResumedPin => 3,
            Kind::Puk => 4,
        }
    }

    /// What MSE:Set AT says of the password: a warning (63Cx) tells the tries left and goes on.
    pub(super) fn selected(self, step: &'static str, status: Status) -> Result<Self, AccessError> {
        match (self.kind, status) {
            (_, Status::SUCCESS) => Ok(self),
            (Kind::Pin | Kind::ResumedPin, Status::DEACTIVATED) => {
                Err(AccessError::Deactivated { password: "PIN" })
            }
            (Kind::Puk, Status::DEACTIVATED) => Err(AccessError::Deactivated { password: "PUK" }),
            (Kind::Pin | Kind::ResumedPin, Status::REFERENCE_NOT_FOUND) => {
                Err(AccessError::NoSuchPassword { password: "PIN" })
            }
            (Kind::Puk, Status::REFERENCE_NOT_FOUND) => {
                Err(AccessError::NoSuchPassword { password: "PUK" })
            }
            (kind, status) => match status.tries_left() {
                None | Some(0) => Err(self.refused(step, status)),
                Some(SUSPENDED) if kind == Kind::Pin => Err(AccessError::PinSuspended),
                tries => Ok(Self { tries, ..self }),
            },
        }
    }

    /// What the refusal of our token means: the chip tells a wrong password only there.
    pub(super) fn wrong(self, step: &'static str, status: Status) -> AccessError {
        match (status, self.tries) {
            (Status::VERIFICATION_FAILED, Some(tries)) => match tries.saturating_sub(1) {
                0 => self.blocked(),
                left => AccessError::WrongKey {
                    tries_left: Some(left),
                },
            },
            (Status::VERIFICATION_FAILED, None) => AccessError::WrongKey { tries_left: None },
            _ => self.refused(step, status),
        }
    }

    /// What the refusal of any step means.
    pub(super) fn refused(self, step: &'static str, status: Status) -> AccessError {
        match refusal(step, status) {
            AccessError::Blocked => self.blocked(),
            other => other,
        }
    }

    const fn blocked(self) -> AccessError {
        match self.kind {
            Kind::Mrz | Kind::Can => AccessError::Blocked,
            Kind::Pin | Kind::ResumedPin => AccessError::PinBlocked,
            Kind::Puk => AccessError::PukBlocked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = "step";

    /// A maker of passwords of one kind.
    type Make = fn(&Secret) -> Password;

    fn state(make: impl Fn(&Secret) -> Password) -> State {
        make(&Secret::new(b"123456".to_vec())).state
    }

    fn tries(left: u8) -> Status {
        Status(0x63C0 | u16::from(left))
    }

    #[test]
    fn each_kind_has_its_reference() {
        let references = [Password::mrz, Password::can, Password::pin, Password::puk]
            .map(|make| state(make).reference());
        assert_eq!(references, [1, 2, 3, 4]);
        assert_eq!(state(Password::resumed_pin).reference(), 3);
    }

    #[test]
    fn a_suspended_pin_is_not_tried_before_the_card_access_number() {
        let pin = state(Password::pin);
        assert_eq!(pin.selected(STEP, tries(1)), Err(AccessError::PinSuspended));
        assert!(pin.selected(STEP, tries(2)).is_ok());
        assert!(pin.selected(STEP, Status::SUCCESS).is_ok());
        for make in [Password::resumed_pin, Password::can, Password::puk] {
            assert!(state(make).selected(STEP, tries(1)).is_ok());
        }
    }

    #[test]
    fn a_blocked_password_is_named() {
        let blocked: [(Make, _); 5] = [
            (Password::can, AccessError::Blocked),
            (Password::mrz, AccessError::Blocked),
            (Password::pin, AccessError::PinBlocked),
            (Password::resumed_pin, AccessError::PinBlocked),
            (Password::puk, AccessError::PukBlocked),
        ];
        for (make, error) in blocked {
            let state = state(make);
            for status in [tries(0), Status::BLOCKED, Status::REFERENCE_UNUSABLE] {
                assert_eq!(state.selected(STEP, status), Err(error.clone()));
                assert_eq!(state.wrong(STEP, status), error);
            }
        }
        let deactivated: [(Make, _); 2] = [(Password::pin, "PIN"), (Password::puk, "PUK")];
        for (make, password) in deactivated {
            assert_eq!(
                state(make).selected(STEP, Status::DEACTIVATED),
                Err(AccessError::Deactivated { password })
            );
        }
    }

    #[test]
    fn the_tries_left_are_counted_from_either_status() {
        let wrong = |tries_left| AccessError::WrongKey { tries_left };
        let pin = state(Password::pin);
        assert_eq!(pin.wrong(STEP, tries(2)), wrong(Some(2)));
        assert_eq!(pin.wrong(STEP, Status::VERIFICATION_FAILED), wrong(None));
        let warned = pin.selected(STEP, tries(2)).unwrap();
        assert_eq!(
            warned.wrong(STEP, Status::VERIFICATION_FAILED),
            wrong(Some(1))
        );
        let last = state(Password::resumed_pin).selected(STEP, tries(1));
        assert_eq!(
            last.unwrap().wrong(STEP, Status::VERIFICATION_FAILED),
            AccessError::PinBlocked
        );
    }
}
