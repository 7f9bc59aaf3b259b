//! Basic access control on the chip's side (Doc 9303-11 §4.3).

use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::iso7816::Status;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::fault::Fault;
use crate::sim::personalisation::Bac;
use crate::sim::quirk::Quirk;

/// Length of a challenge, in bytes.
const CHALLENGE: usize = 8;
/// Length of the keying material of either side, in bytes.
const KEYING: usize = 16;
/// Length of the cryptogram: both challenges and the keying material, in bytes.
const CRYPTOGRAM: usize = 2 * CHALLENGE + KEYING;
/// Length of what EXTERNAL AUTHENTICATE carries in either direction, in bytes.
const AUTHENTICATION: usize = CRYPTOGRAM + mac::TAG_LEN;

impl Chip {
    /// GET CHALLENGE: gives RND.IC.
    pub(super) fn get_challenge(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        self.bac_is_possible()?;
        command.require_parameters([0, 0])?;
        command.require_no_data()?;
        if command.expected != Expected::Exactly(CHALLENGE) {
            return Err(self.wrong_expected(CHALLENGE));
        }
        let mut challenge = [0; CHALLENGE];
        self.fill(&mut challenge)?;
        self.step = Step::Challenge(challenge);
        Ok(challenge.to_vec())
    }

    /// EXTERNAL AUTHENTICATE, once for each challenge: checks the terminal's cryptogram, answers
    /// with the chip's, and starts secure messaging after the response.
    pub(super) fn external_authenticate(
        &mut self,
        step: Step,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        self.bac_is_possible()?;
        let Step::Challenge(challenge) = step else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        command.require_parameters([0, 0])?;
        let (cryptogram, code) = match command.data.split_at_checked(CRYPTOGRAM) {
            Some(parts) if command.data.len() == AUTHENTICATION => parts,
            _ => return Err(Status::WRONG_LENGTH),
        };
        if let Err(status) = self.check_authentication_length(command.expected) {
            if status.right_length().is_some() {
                // 6Cxx asks for the same command again, so the challenge must live.
                self.step = Step::Challenge(challenge);
            }
            return Err(status);
        }

        // Doc 9303-11 §9.7.2: the key seed is the first 16 bytes of SHA-1 over the MRZ information.
        let digest = Hash::Sha1.digest(&[self.card.mrz_information.expose()]);
        let seed = Secret::copy_of(digest.get(..KEYING).ok_or(Status::UNSPECIFIED)?);
        let encryption = kdf::derive(Cipher::TripleDes, seed.expose(), Purpose::Encryption);
        let authentication = kdf::derive(Cipher::TripleDes, seed.expose(), Purpose::Authentication);

        // Doc 9303-11 §4.3.1 step 3: checksum, then RND.IC.
        mac::verify(&authentication, &[cryptogram], code)
            .map_err(|_| Status::VERIFICATION_FAILED)?;
        let terminal = encryption
            .decrypt(&[], cryptogram)
            .map_err(|_| Status::VERIFICATION_FAILED)?;
        let (their_challenge, rest) = terminal
            .split_first_chunk::<CHALLENGE>()
            .ok_or(Status::UNSPECIFIED)?;
        let (returned, their_keying) = rest
            .split_first_chunk::<CHALLENGE>()
            .ok_or(Status::UNSPECIFIED)?;
        if *returned != challenge {
            return Err(Status::VERIFICATION_FAILED);
        }

        let mut keying = [0; KEYING];
        self.fill(&mut keying)?;
        let mut ours = [&challenge[..], their_challenge, &keying].concat();
        for (fault, place) in [
            (Fault::BacOtherChipNonce, 0),
            (Fault::BacOtherTerminalNonce, CHALLENGE),
        ] {
            if self.has_fault(fault)
                && let Some(octet) = ours.get_mut(place)
            {
                *octet ^= 1;
            }
        }
        let mut answer = encryption
            .encrypt(&[], &ours)
            .map_err(|_| Status::UNSPECIFIED)?;
        let code = mac::tag(&authentication, &[&answer]);
        answer.extend(code);
        if self.has_fault(Fault::BacFalseCode)
            && let Some(last) = answer.last_mut()
        {
            *last ^= 1;
        }

        let shared: Vec<u8> = keying
            .iter()
            .zip(their_keying)
            .map(|(ours, theirs)| ours ^ theirs)
            .collect();
        // Doc 9303-11 §9.8.6.3: the last four bytes of RND.IC, then those of RND.IFD.
        let counter = [&challenge[4..], &their_challenge[4..]].concat();
        let shared = Secret::new(shared);
        self.next = Some(Session::counted(
            Cipher::TripleDes,
            shared.expose(),
            counter,
        ));
        Ok(answer)
    }

    /// BAC runs in the eMRTD application (Doc 9303-11 §4.2 step 4) and outside any session.
    fn bac_is_possible(&self) -> Result<(), Status> {
        // Terminal authentication has the same commands: there they are known, and out of order.
        let known = self.session.is_some() && self.knows_terminals();
        if self.card.bac == Bac::Absent && !known {
            return Err(if self.has(Quirk::BacAbsent6985) {
                Status::CONDITIONS_NOT_SATISFIED
            } else if self.has(Quirk::BacAbsent6a88) {
                Status::REFERENCE_NOT_FOUND
            } else {
                Status::UNKNOWN_INSTRUCTION
            });
        }
        if self.session.is_some() || self.df != Df::Application {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        Ok(())
    }

    fn check_authentication_length(&self, expected: Expected) -> Result<(), Status> {
        let right = if self.has(Quirk::ExternalAuthenticateLe00) {
            expected == Expected::UpTo(256)
        } else if self.has(Quirk::ExternalAuthenticateNoLe) {
            expected == Expected::Nothing
        } else {
            // The standard names no Le (Doc 9303-11 §4.3.4.2): all zeros mean "up to".
            match expected {
                Expected::UpTo(_) => !self.has(Quirk::Le6cxx),
                other => other == Expected::Exactly(AUTHENTICATION),
            }
        };
        if right {
            Ok(())
        } else {
            Err(self.wrong_expected(AUTHENTICATION))
        }
    }
}
