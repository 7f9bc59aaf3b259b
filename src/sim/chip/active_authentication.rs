//! Active authentication on the chip's side (Doc 9303-11 §6.1).

use crate::bytes::tlv;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::rsa;
use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::fault::Fault;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::Trailer;
use crate::sim::quirk::Quirk;

/// Length of RND.IFD, in bytes (Doc 9303-11 §6.1.2.1).
const CHALLENGE: usize = 8;

/// Most bytes that a short Le asks for.
const SHORT: usize = 256;

/// First octet of the recoverable string of ISO/IEC 9796-2 scheme 1: the bits 01, partial recovery,
/// no padding in between, then the nibble A that ends the header.
const HEADER: u8 = 0x6A;
/// Trailer of one octet: the hash function is understood, in documents SHA-1.
const IMPLICIT: u8 = 0xBC;
/// Last octet of a trailer of two: the octet before it names the hash function.
const EXPLICIT: u8 = 0xCC;
/// Identifier of the hash function that ISO/IEC 10118-3 has not given away.
const NO_HASH: u8 = 0x7F;
/// What the fault `active-trailer-wrong` ends with.
const NO_TRAILER: u8 = 0xBD;
/// The challenge of another session, which the fault `active-replayed` answers.
const OLD_CHALLENGE: [u8; CHALLENGE] = [0x5A; CHALLENGE];

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
        let challenge = if self.has_fault(Fault::ActiveReplayed) {
            &OLD_CHALLENGE
        } else {
            command.data.as_slice()
        };
        let signature = self.sign(challenge)?;
        if self.has(Quirk::ActiveEmptyOnShortLe)
            && command.expected.most() <= SHORT
            && self.sealed_len(signature.len()) > SHORT
        {
            return Ok(Vec::new());
        }
        // An exact Le must leave room for all of it; Le all zeros means "up to".
        match command.expected {
            Expected::Exactly(most) if most < signature.len() => {
                Err(self.wrong_expected(signature.len()))
            }
            _ => Ok(signature),
        }
    }

    /// Length of an answer as it goes out.
    fn sealed_len(&self, data_len: usize) -> usize {
        self.session
            .as_ref()
            .map_or(data_len, |session| session.sealed_len(data_len))
    }

    fn sign(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Status> {
        let clone = self.has_fault(Fault::WrongActiveKey);
        let in_der = self.has(Quirk::ActiveSignatureDer);
        let with_zeros = self.has(Quirk::ActiveSignatureZeros);
        let end = if self.has_fault(Fault::ActiveTrailerWrong) {
            Some(&[NO_TRAILER][..])
        } else if self.has_fault(Fault::ActiveTrailerUnknown) {
            Some(&[NO_HASH, EXPLICIT][..])
        } else {
            None
        };
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
            Some(ActiveKey::Rsa { key, hash, trailer }) => {
                let end = end.unwrap_or_else(|| self::trailer(*hash, *trailer));
                sign_with_recovery(key, *hash, end, random, challenge)
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
                Ok(match (in_der, with_zeros) {
                    (true, _) => der(&signature),
                    (false, true) => zeros(&signature),
                    (false, false) => signature,
                })
            }
        }
    }
}

/// The trailer that names a hash function (ISO/IEC 9796-2 §8.1.2; identifiers of ISO/IEC 10118-3).
const fn trailer(hash: Hash, form: Trailer) -> &'static [u8] {
    match (hash, form) {
        (Hash::Sha1, Trailer::Usual) => &[IMPLICIT],
        (Hash::Sha1, Trailer::Explicit) => &[0x33, EXPLICIT],
        (Hash::Sha224, _) => &[0x38, EXPLICIT],
        (Hash::Sha256, _) => &[0x34, EXPLICIT],
        (Hash::Sha384, _) => &[0x36, EXPLICIT],
        (Hash::Sha512, _) => &[0x35, EXPLICIT],
    }
}

/// ISO/IEC 9796-2 scheme 1: a first part by chance, as long as there is room, then the challenge,
/// which only the hash carries (Doc 9303-11 §6.1.2.2).
fn sign_with_recovery(
    key: &rsa::PrivateKey,
    hash: Hash,
    trailer: &[u8],
    random: &mut dyn Random,
    challenge: &[u8],
) -> Result<Vec<u8>, Status> {
    let room = key.public().modulus_len();
    let room = room
        .checked_sub(1 + hash.len() + trailer.len())
        .ok_or(Status::UNSPECIFIED)?;
    let mut ours = vec![0; room];
    random.fill(&mut ours).map_err(|_| Status::UNSPECIFIED)?;
    let digest = hash.digest(&[&ours, challenge]);
    let message = [&[HEADER], ours.as_slice(), &digest, trailer].concat();
    key.raw(&message).map_err(|_| Status::UNSPECIFIED)
}

/// The same signature as a SEQUENCE of two INTEGERs.
fn der(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(plain.len() / 2);
    tlv::encode(
        tag::SEQUENCE,
        &[&tlv::encode_integer(r), &tlv::encode_integer(s)],
    )
}

/// The same signature with one zero more before either number.
fn zeros(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(plain.len() / 2);
    [&[0], r, &[0], s].concat()
}
