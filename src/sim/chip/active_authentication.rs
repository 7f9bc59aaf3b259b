//! Active authentication on the chip's side (Doc 9303-11 §6.1).

use crate::bytes::tlv;
use crate::bytes::tlv::tag;
use crate::crypto::iso9796_2;
use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::fault::Fault;
use crate::sim::personalisation::ActiveKey;
use crate::sim::quirk::Quirk;

/// Length of RND.IFD, in bytes (Doc 9303-11 §6.1.2.1).
const CHALLENGE: usize = 8;

impl Chip {
    /// INTERNAL AUTHENTICATE: signs the terminal's challenge.
    pub(super) fn internal_authenticate(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        if self.session.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if self.df != Df::Application {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        if self.has_fault(Fault::ActiveAuthenticationRefused) {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        command.require_parameters([0, 0])?;
        command.require_expected()?;
        if command.data.len() != CHALLENGE {
            return Err(Status::WRONG_LENGTH);
        }
        let signature = self.sign(&command.data)?;
        // An exact Le must leave room for all of it; Le all zeros means "up to".
        match command.expected {
            Expected::Exactly(most) if most < signature.len() => {
                Err(self.wrong_expected(signature.len()))
            }
            _ => Ok(signature),
        }
    }

    fn sign(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Status> {
        let clone = self.has_fault(Fault::WrongActiveKey);
        let in_der = self.has(Quirk::ActiveSignatureDer);
        let failed = |_| Status::UNSPECIFIED;
        let random = self.random.as_mut();
        match &self.card.active {
            None => Err(Status::UNKNOWN_INSTRUCTION),
            Some(ActiveKey::Rsa { key, .. }) if clone => {
                // Under the right public key, another key's signature is a random number.
                let mut signature = vec![0; key.public().modulus().len()];
                random
                    .fill(&mut signature)
                    .map_err(|_| Status::UNSPECIFIED)?;
                if let Some(first) = signature.first_mut() {
                    *first = 0;
                }
                Ok(signature)
            }
            Some(ActiveKey::Rsa { key, hash }) => {
                iso9796_2::sign(key, *hash, random, challenge).map_err(failed)
            }
            Some(ActiveKey::Ec { key, hash }) => {
                let signature = if clone {
                    let other = key
                        .curve()
                        .generate(random)
                        .map_err(|_| Status::UNSPECIFIED)?;
                    other.sign(*hash, challenge)
                } else {
                    key.sign(*hash, challenge)
                }
                .map_err(failed)?;
                Ok(if in_der { der(&signature) } else { signature })
            }
        }
    }
}

/// The same signature as a SEQUENCE of two INTEGERs.
fn der(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(plain.len() / 2);
    tlv::encode(
        tag::SEQUENCE,
        &[&tlv::encode_integer(r), &tlv::encode_integer(s)],
    )
}
