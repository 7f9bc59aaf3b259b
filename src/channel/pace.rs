//! Password authenticated connection establishment with ECDH and generic mapping
//! (Doc 9303-11 §4.4), terminal side.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::channel::refusal;
use crate::channel::sm::SecureMessaging;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::curve;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Point;
use crate::crypto::curve::PrivateKey;
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

/// Dynamic authentication data (Doc 9303-11 §4.4.4.2 table).
const DYNAMIC_DATA: u32 = 0x7C;
/// Bit of the class octet for every GENERAL AUTHENTICATE but the last.
const NOT_LAST: u8 = 0x10;
/// Public key data object (TR-03110-3 §D.3), for the token.
const PUBLIC_KEY: u32 = 0x7F49;

const SET_AT: &str = "MSE:Set AT";
const NONCE: &str = "encrypted nonce";
const MAP: &str = "map nonce";
const AGREE: &str = "key agreement";
const TOKEN: &str = "mutual authentication";

/// The protocol to run: one PACEInfo that this build can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Content octets of the protocol's object identifier.
    pub oid: Vec<u8>,
    /// Cipher of the nonce and of the session.
    pub cipher: Cipher,
    /// The curve of the standardized domain parameters.
    pub curve: Curve,
    /// Sent as the domain parameter reference when several sets share the identifier (§4.4.4.1).
    pub reference: Option<u8>,
}

/// A password and the reference that names its kind (§4.4.4.1 table, tag 83).
#[derive(Debug)]
pub struct Password {
    reference: u8,
    /// K of §9.7.3: SHA-1 of the MRZ information, or the number itself.
    secret: Secret,
}

impl Password {
    /// The password from the machine-readable zone.
    pub fn mrz(mrz_information: &Secret) -> Self {
        Self {
            reference: 1,
            secret: Secret::new(Hash::Sha1.digest(&[mrz_information.expose()])),
        }
    }

    /// The card access number, as its printed characters.
    pub fn can(can: &Secret) -> Self {
        Self {
            reference: 2,
            secret: Secret::copy_of(can.expose()),
        }
    }
}

/// Named protocol and password.
#[derive(Debug)]
pub struct AwaitSelection {
    parameters: Parameters,
    password: Key,
}

/// Asked for the encrypted nonce.
#[derive(Debug)]
pub struct AwaitNonce {
    parameters: Parameters,
    password: Key,
}

/// Sent our mapping key.
#[derive(Debug)]
pub struct AwaitMapping {
    parameters: Parameters,
    nonce: Secret,
    private: PrivateKey,
    public: Point,
}

/// Sent our ephemeral key under the mapped generator.
#[derive(Debug)]
pub struct AwaitAgreement {
    parameters: Parameters,
    private: PrivateKey,
    public: Point,
}

/// Sent our token.
#[derive(Debug)]
pub struct AwaitToken {
    session: SecureMessaging,
    expected: Secret,
}

/// Begins with MSE:Set AT.
pub fn start(parameters: Parameters, password: &Password) -> (AwaitSelection, Command) {
    let mut data = tlv::encode(0x80, &[&parameters.oid]);
    data.extend(tlv::encode(0x83, &[&[password.reference]]));
    if let Some(reference) = parameters.reference {
        data.extend(tlv::encode(0x84, &[&[reference]]));
    }
    let key = kdf::derive(
        parameters.cipher,
        password.secret.expose(),
        Purpose::Password,
    );
    let step = AwaitSelection {
        parameters,
        password: key,
    };
    let command = Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4).with_data(data);
    (step, command)
}

impl AwaitSelection {
    /// Takes the answer to MSE:Set AT and asks for the nonce.
    ///
    /// # Errors
    /// [`AccessError`] when the chip refuses protocol or password.
    pub fn selected(self, response: &Response) -> Result<(AwaitNonce, Command), Error> {
        // TR-03110-3 §B.11.1: 63Cx warns how many tries are left and goes on.
        match response.status.tries_left() {
            Some(0) => return Err(AccessError::Blocked.into()),
            Some(_) => {}
            None => succeeded(SET_AT, response)?,
        }
        let step = AwaitNonce {
            parameters: self.parameters,
            password: self.password,
        };
        Ok((step, general_authenticate(NOT_LAST, &[])))
    }
}

impl AwaitNonce {
    /// Decrypts the nonce and sends our mapping key.
    ///
    /// # Errors
    /// [`AccessError`] when the answer is no nonce.
    pub fn nonce(
        self,
        response: &Response,
        random: &mut dyn Random,
    ) -> Result<(AwaitMapping, Command), Error> {
        let encrypted = dynamic_data(NONCE, response, 0x80)?;
        // §4.4.3.2: as long as the cipher's key at least, in whole blocks. `decrypt` sees to the
        // blocks; 32 bytes is what AES-192 and AES-256 come to.
        if encrypted.len() < self.parameters.cipher.key_len() || encrypted.len() > 32 {
            return Err(AccessError::BadAnswer { step: NONCE }.into());
        }
        let nonce = self
            .password
            .decrypt(&[], encrypted)
            .map_err(|_| AccessError::BadAnswer { step: NONCE })?;
        let private = self.parameters.curve.generate(random)?;
        let public = private.public();
        let command = general_authenticate(NOT_LAST, &tlv::encode(0x81, &[public.encoded()]));
        let step = AwaitMapping {
            parameters: self.parameters,
            nonce: Secret::new(nonce),
            private,
            public,
        };
        Ok((step, command))
    }
}

impl AwaitMapping {
    /// Maps the nonce to a generator and sends our key under it.
    ///
    /// # Errors
    /// [`AccessError`] when the chip's point is off the curve, or ours sent back.
    pub fn mapped(
        self,
        response: &Response,
        random: &mut dyn Random,
    ) -> Result<(AwaitAgreement, Command), Error> {
        let peer = peer_point(MAP, response, 0x82, self.parameters.curve)?;
        if peer == self.public {
            return Err(AccessError::ReflectedKey.into());
        }
        let bad = |_| AccessError::BadAnswer { step: MAP };
        let shared = self.private.times(&peer).map_err(bad)?;
        let generator = curve::map_generic(&self.nonce, &shared).map_err(bad)?;
        let private = self.parameters.curve.generate(random)?;
        let public = private.times(&generator).map_err(bad)?;
        let command = general_authenticate(NOT_LAST, &tlv::encode(0x83, &[public.encoded()]));
        let step = AwaitAgreement {
            parameters: self.parameters,
            private,
            public,
        };
        Ok((step, command))
    }
}

impl AwaitAgreement {
    /// Agrees on the session keys and sends our token.
    ///
    /// # Errors
    /// [`AccessError`] when the chip's point is off the curve, or ours sent back.
    pub fn agreed(self, response: &Response) -> Result<(AwaitToken, Command), Error> {
        let peer = peer_point(AGREE, response, 0x84, self.parameters.curve)?;
        // §4.4.1 step 3d: check that the two ephemeral public keys differ.
        if peer == self.public {
            return Err(AccessError::ReflectedKey.into());
        }
        let shared = self
            .private
            .agree(&peer)
            .map_err(|_| AccessError::BadAnswer { step: AGREE })?;
        let cipher = self.parameters.cipher;
        let key = kdf::derive(cipher, shared.expose(), Purpose::Authentication);
        let ours = token(&key, &self.parameters.oid, &peer);
        let theirs = token(&key, &self.parameters.oid, &self.public);
        let step = AwaitToken {
            session: SecureMessaging::from_shared(cipher, shared.expose()),
            expected: Secret::copy_of(&theirs),
        };
        Ok((step, general_authenticate(0, &tlv::encode(0x85, &[&ours]))))
    }
}

impl AwaitToken {
    /// Compares the chip's token in constant time and opens the secure channel.
    ///
    /// # Errors
    /// [`AccessError::WrongKey`] when the chip refuses ours, [`AccessError::ChipToken`] when its
    /// own is wrong.
    pub fn token(self, response: &Response) -> Result<SecureMessaging, Error> {
        match response.status {
            Status::SUCCESS => {}
            // The chip tells a wrong password only here, by the token that does not verify.
            Status::VERIFICATION_FAILED => {
                return Err(AccessError::WrongKey { tries_left: None }.into());
            }
            status => return Err(refusal(TOKEN, status).into()),
        }
        let theirs = dynamic_data(TOKEN, response, 0x86)?;
        if Secret::copy_of(theirs) == self.expected {
            Ok(self.session)
        } else {
            Err(AccessError::ChipToken.into())
        }
    }
}

/// §4.4.3.4: the code over identifier and the other side's public key.
fn token(key: &Key, oid: &[u8], public: &Point) -> [u8; mac::TAG_LEN] {
    let input = tlv::encode(
        PUBLIC_KEY,
        &[
            &tlv::encode(tlv::tag::OID, &[oid]),
            &tlv::encode(0x86, &[public.encoded()]),
        ],
    );
    mac::tag(key, &[&input])
}

fn general_authenticate(class: u8, objects: &[u8]) -> Command {
    Command {
        class,
        ..Command::new(ins::GENERAL_AUTHENTICATE, 0, 0)
            .with_data(tlv::encode(DYNAMIC_DATA, &[objects]))
            .expecting(256)
    }
}

/// The one data object of an answer's dynamic authentication data. Further objects that newer
/// chips add after it (certificate references, CAM data) are left alone.
fn dynamic_data<'a>(
    step: &'static str,
    response: &'a Response,
    tag: u32,
) -> Result<&'a [u8], AccessError> {
    succeeded(step, response)?;
    let bad = |_| AccessError::BadAnswer { step };
    let mut outer = Reader::new(&response.data);
    let mut inside = outer
        .expect(DYNAMIC_DATA, step)
        .and_then(|element| element.inside())
        .map_err(bad)?;
    outer.finish(step).map_err(bad)?;
    Ok(inside.expect(tag, step).map_err(bad)?.value)
}

fn peer_point(
    step: &'static str,
    response: &Response,
    tag: u32,
    curve: Curve,
) -> Result<Point, AccessError> {
    let encoded = dynamic_data(step, response, tag)?;
    curve
        .point(encoded)
        .map_err(|_| AccessError::BadAnswer { step })
}

fn succeeded(step: &'static str, response: &Response) -> Result<(), AccessError> {
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(refusal(step, response.status))
    }
}
