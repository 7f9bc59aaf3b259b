//! The passwords of PACE on the chip's side: which there are, and how often they may be wrong
//! (Doc 9303-11 §4.4.1, TR-03110-2, TR-03110-3 §B.11).
//!
//! MRZ, CAN and PUK may be tried for ever. Each wrong PIN takes one of its tries; the last one is
//! suspended until the CAN has opened the session, and without any the PIN is blocked until the PUK
//! has. The PUK unblocks so often and no more. Both counts outlive power.

use crate::crypto::hash::Hash;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::status;

/// Verification failed, with the tries that are left in the last four bits.
const TRIES_LEFT: u16 = 0x63C0;

/// Which password was named (Doc 9303-11 §4.4.4.1, data object 83).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Password {
    Mrz,
    Can,
    Pin,
    Puk,
}

impl Chip {
    /// The password with this number, if it is on the card.
    pub(super) fn named_password(&self, number: &[u8]) -> Result<Password, Status> {
        let (password, there) = match number {
            [1] => (Password::Mrz, !self.card.mrz_information.is_empty()),
            [2] => (Password::Can, !self.card.can.is_empty()),
            [3] => (Password::Pin, self.card.pin.is_some()),
            [4] => (Password::Puk, self.card.puk.is_some()),
            [_] => return Err(Status::REFERENCE_NOT_FOUND),
            _ => return Err(Status::INCORRECT_DATA),
        };
        if there {
            Ok(password)
        } else {
            Err(Status::REFERENCE_NOT_FOUND)
        }
    }

    /// Doc 9303-11 §9.7.3: the MRZ goes in as its SHA-1, the others as their characters.
    pub(super) fn password_secret(&self, password: Password) -> Secret {
        let characters = match password {
            Password::Mrz => {
                return Secret::new(Hash::Sha1.digest(&[self.card.mrz_information.expose()]));
            }
            Password::Can => Some(&self.card.can),
            Password::Pin => self.card.pin.as_ref().map(|pin| &pin.value),
            Password::Puk => self.card.puk.as_ref(),
        };
        Secret::copy_of(characters.map(Secret::expose).unwrap_or_default())
    }

    /// What MSE:Set AT says of the password: success, or the tries left of a PIN that was wrong.
    pub(super) fn password_state(&self, password: Password) -> Status {
        match (&self.card.pin, password) {
            (Some(pin), Password::Pin) if pin.tries < pin.limit => tries_left(pin.tries),
            _ => Status::SUCCESS,
        }
    }

    /// Refuses a PIN that is blocked, or suspended where the CAN did not open the session.
    pub(super) fn require_usable(&self, password: Password) -> Result<(), Status> {
        match (&self.card.pin, password) {
            (Some(pin), Password::Pin) if pin.tries == 0 => Err(Status::BLOCKED),
            (Some(pin), Password::Pin) if pin.tries == 1 && !self.opened_with(Password::Can) => {
                Err(Status::CONDITIONS_NOT_SATISFIED)
            }
            _ => Ok(()),
        }
    }

    /// A right PIN has all its tries again.
    pub(super) fn password_was_right(&mut self, password: Password) {
        if let (Some(pin), Password::Pin) = (&mut self.card.pin, password) {
            pin.tries = pin.limit;
        }
    }

    /// A wrong PIN loses a try, and the answer tells how many are left.
    pub(super) fn password_was_wrong(&mut self, password: Password) -> Status {
        match (&mut self.card.pin, password) {
            (Some(pin), Password::Pin) => {
                pin.tries = pin.tries.saturating_sub(1);
                tries_left(pin.tries)
            }
            _ => Status::VERIFICATION_FAILED,
        }
    }

    /// RESET RETRY COUNTER without data: the PUK has opened the session, so the PIN has all its
    /// tries again. The PIN goes by its number, or by being the only one (P2 is 00).
    pub(super) fn reset_retry_counter(&mut self, command: &Apdu) -> Result<Response, Status> {
        if !matches!(command.parameters(), [0x03, 0x00 | 0x03]) {
            return Err(Status::INCORRECT_P1_P2);
        }
        command.require_no_data()?;
        command.require_no_expected()?;
        let unlocked = self.opened_with(Password::Puk);
        let pin = self.card.pin.as_mut().ok_or(Status::REFERENCE_NOT_FOUND)?;
        if !unlocked {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        // ISO/IEC 7816-4: authentication method blocked. A session under the PUK still opens.
        let uses = self.puk_uses.and_then(|uses| uses.checked_sub(1));
        self.puk_uses = Some(uses.ok_or(Status::BLOCKED)?);
        pin.tries = pin.limit;
        Ok(status(Status::SUCCESS))
    }

    /// Whether PACE with this password opened the session that there is.
    pub(super) fn opened_with(&self, password: Password) -> bool {
        self.session.is_some() && self.access == Some(password)
    }

    /// How often the PUK may still unblock the PIN, if there is one.
    pub const fn puk_uses(&self) -> Option<u8> {
        self.puk_uses
    }

    /// Tries that are left of the PIN, if there is one.
    pub fn pin_tries(&self) -> Option<u8> {
        self.card.pin.as_ref().map(|pin| pin.tries)
    }
}

const fn tries_left(tries: u8) -> Status {
    // The count has four bits.
    let shown = if tries < 0x0F { tries } else { 0x0F };
    let [high, low] = TRIES_LEFT.to_be_bytes();
    Status(u16::from_be_bytes([high, low | shown]))
}
