//! Basic access control (Doc 9303-11 §4.3), terminal side.

use crate::channel;
use crate::channel::sm::SecureMessaging;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::crypto::random::Random;
use crate::error::AccessError;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::secret::Secret;

/// Length of RND.IC and RND.IFD, in bytes.
const NONCE: usize = 8;
/// Length of K.IC and K.IFD, in bytes.
const KEYING: usize = 16;
/// Length of each encrypted half, E.IC and E.IFD, in bytes.
const CRYPTOGRAM: usize = 2 * NONCE + KEYING;
/// Bytes of SHA-1 that make the key seed (§9.7.2).
const SEED: usize = 16;

const CHALLENGE: &str = "GET CHALLENGE";
const AUTHENTICATE: &str = "EXTERNAL AUTHENTICATE";

/// Asked for a challenge.
#[derive(Debug)]
pub struct AwaitChallenge {
    encryption: Key,
    authentication: Key,
}

/// Sent both nonces and our keying material.
#[derive(Debug)]
pub struct AwaitAuthentication {
    encryption: Key,
    authentication: Key,
    nonce_chip: [u8; NONCE],
    nonce_terminal: [u8; NONCE],
    keying: Secret,
}

/// Begins with the MRZ information: number, birth and expiry, each with its check digit.
pub fn start(mrz_information: &Secret) -> (AwaitChallenge, Command) {
    let digest = Secret::new(Hash::Sha1.digest(&[mrz_information.expose()]));
    let seed = digest.expose().get(..SEED).unwrap_or_default();
    let step = AwaitChallenge {
        encryption: kdf::derive(Cipher::TripleDes, seed, Purpose::Encryption),
        authentication: kdf::derive(Cipher::TripleDes, seed, Purpose::Authentication),
    };
    (
        step,
        Command::new(ins::GET_CHALLENGE, 0, 0).expecting(NONCE),
    )
}

impl AwaitChallenge {
    /// Takes RND.IC and gives EXTERNAL AUTHENTICATE.
    ///
    /// # Errors
    /// [`AccessError`] when the chip offers no challenge.
    pub fn challenge(
        self,
        response: &Response,
        random: &mut dyn Random,
    ) -> Result<(AwaitAuthentication, Command), Error> {
        if response.status != Status::SUCCESS {
            return Err(refusal(CHALLENGE, response.status).into());
        }
        let nonce_chip = <[u8; NONCE]>::try_from(response.data.as_slice())
            .map_err(|_| AccessError::BadAnswer { step: CHALLENGE })?;
        let mut nonce_terminal = [0; NONCE];
        random.fill(&mut nonce_terminal)?;
        let mut keying = vec![0; KEYING];
        random.fill(&mut keying)?;
        let keying = Secret::new(keying);
        // §4.3.1 step 2: S = RND.IFD || RND.IC || K.IFD
        let plain = Secret::new([&nonce_terminal[..], &nonce_chip, keying.expose()].concat());
        let mut cryptogram = self.encryption.encrypt(&[], plain.expose())?;
        let code = mac::tag(&self.authentication, &[&cryptogram]);
        cryptogram.extend_from_slice(&code);
        let command = Command::new(ins::EXTERNAL_AUTHENTICATE, 0, 0)
            .with_data(cryptogram)
            .expecting(CRYPTOGRAM + mac::TAG_LEN);
        let step = AwaitAuthentication {
            encryption: self.encryption,
            authentication: self.authentication,
            nonce_chip,
            nonce_terminal,
            keying,
        };
        Ok((step, command))
    }
}

impl AwaitAuthentication {
    /// Takes the chip's cryptogram: its code, RND.IC and RND.IFD are all checked.
    ///
    /// # Errors
    /// [`AccessError::WrongKey`] when the chip refuses ours, [`AccessError::ChipToken`] when its
    /// own does not hold.
    pub fn authenticated(self, response: &Response) -> Result<SecureMessaging, Error> {
        if response.status != Status::SUCCESS {
            return Err(refusal(AUTHENTICATE, response.status).into());
        }
        let (cryptogram, code) = response
            .data
            .split_at_checked(CRYPTOGRAM)
            .ok_or(AccessError::BadAnswer { step: AUTHENTICATE })?;
        mac::verify(&self.authentication, &[cryptogram], code)
            .map_err(|_| AccessError::ChipToken)?;
        let plain = Secret::new(self.encryption.decrypt(&[], cryptogram)?);
        let nonces = [self.nonce_chip, self.nonce_terminal].concat();
        let keying_chip = plain
            .expose()
            .strip_prefix(nonces.as_slice())
            .ok_or(AccessError::ChipToken)?;
        // §4.3.1 step 6: the seed is K.IC xor K.IFD.
        let seed = Secret::new(
            keying_chip
                .iter()
                .zip(self.keying.expose())
                .map(|(chip, terminal)| chip ^ terminal)
                .collect(),
        );
        // §9.8.6.3: the counter is the low half of RND.IC and then of RND.IFD.
        let low = |nonce: &[u8; NONCE]| nonce.iter().skip(NONCE / 2).copied().collect::<Vec<u8>>();
        let counter = [low(&self.nonce_chip), low(&self.nonce_terminal)].concat();
        let session = SecureMessaging::new(
            kdf::derive(Cipher::TripleDes, seed.expose(), Purpose::Encryption),
            kdf::derive(Cipher::TripleDes, seed.expose(), Purpose::Authentication),
            &counter,
        )?;
        Ok(session)
    }
}

/// What a refusal means. "Not offered" and "wrong key" are two different answers to a person.
fn refusal(step: &'static str, status: Status) -> AccessError {
    match status {
        Status::VERIFICATION_FAILED => AccessError::WrongKey { tries_left: None },
        // Chips in the field also say 6982 and 6988 to a cryptogram that does not verify.
        Status::SECURITY_NOT_SATISFIED | Status::OBJECTS_INCORRECT if step == AUTHENTICATE => {
            AccessError::WrongKey { tries_left: None }
        }
        Status::REFERENCE_NOT_FOUND
        | Status::CONDITIONS_NOT_SATISFIED
        | Status::UNKNOWN_INSTRUCTION => AccessError::Unsupported,
        other => channel::refusal(step, other),
    }
}
