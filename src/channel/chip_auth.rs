//! Chip authentication versions 1 (Doc 9303-11 §6.2) and 2 (TR-03110-2, TR-03110-3) with DH and
//! ECDH, terminal side.
//!
//! Version 1 gives only a new channel. That the chip holds the key is proven by the first exchange
//! that succeeds under it, and by nothing before. Version 2 ends with the chip's token, which is
//! the proof.

use std::ops::RangeInclusive;

use crate::bytes::oid::Oid;
use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::channel::sm::SecureMessaging;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Cipher;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::crypto::random::Random;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::secret::Secret;

/// id-CA-DH-3DES-CBC-CBC (TR-03110-3): what a lone DH key means.
pub const CA_DH_3DES: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 3, 1, 1]);
/// id-CA-ECDH-3DES-CBC-CBC (TR-03110-3): what a lone elliptic-curve key means.
pub const CA_ECDH_3DES: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 3, 2, 1]);

/// Lengths of the chip's nonce that are taken, in bytes. It has eight in every published example;
/// the upper bound keeps a hostile chip's small.
const NONCE: RangeInclusive<usize> = 8..=64;

/// Most draws for a DH key without leading zeros: fewer than one in 256 needs another.
const MAX_DRAWS: usize = 16;

/// Tags of the data objects.
mod object {
    pub(super) const PROTOCOL: u32 = 0x80;
    pub(super) const KEY_REFERENCE: u32 = 0x84;
    pub(super) const KEY_TEMPLATE_VALUE: u32 = 0x91;
    pub(super) const DYNAMIC: u32 = 0x7C;
    pub(super) const EPHEMERAL: u32 = 0x80;
    pub(super) const NONCE: u32 = 0x81;
    pub(super) const TOKEN: u32 = 0x82;
    pub(super) const PUBLIC_KEY: u32 = 0x7F49;
    pub(super) const DH_VALUE: u32 = 0x84;
    pub(super) const POINT: u32 = 0x86;
}

/// How version 1 is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// MSE:Set KAT alone (§6.2.4.1), the standard's form for 3DES.
    KeyAgreementTemplate,
    /// MSE:Set AT and GENERAL AUTHENTICATE (§6.2.4.2), the standard's form for AES.
    AuthenticationTemplate,
}

impl Form {
    /// The form that the standard has for a cipher.
    pub const fn standard(cipher: Cipher) -> Self {
        match cipher {
            Cipher::TripleDes => Self::KeyAgreementTemplate,
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => Self::AuthenticationTemplate,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::KeyAgreementTemplate => Self::AuthenticationTemplate,
            Self::AuthenticationTemplate => Self::KeyAgreementTemplate,
        }
    }
}

/// One key of the chip and the protocol to run with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Content octets of the protocol's object identifier.
    pub oid: Vec<u8>,
    /// Cipher of the new session.
    pub cipher: Cipher,
    /// The chip's static public key, from DG14 or EF.CardSecurity.
    pub public: Public,
    /// The key's reference, where one is sent.
    pub key_id: Option<Vec<u8>>,
}

/// Where version 1 stands after a command.
#[derive(Debug)]
pub enum Step {
    /// One more command.
    Send(AwaitSelection, Command),
    /// The last command; its answer is still under the old keys.
    Last(AwaitAgreement, Command),
}

/// Named protocol and key; the ephemeral key comes next.
#[derive(Debug)]
pub struct AwaitSelection {
    agreed: Agreed,
}

/// Sent the ephemeral key.
#[derive(Debug)]
pub struct AwaitAgreement {
    agreed: Agreed,
}

/// A new channel. After version 1 nothing has proven it yet.
#[derive(Debug)]
pub struct Agreed {
    /// The channel under the new keys, for the next command on.
    pub session: SecureMessaging,
    /// The terminal's ephemeral public key.
    pub ephemeral: Public,
}

/// The chip said no; the channel that carried this lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The status word.
    pub status: Status,
}

/// Makes an ephemeral key. A DH value with leading zeros is drawn again: chips differ on whether
/// these are sent (quirk rows 38 and 40).
///
/// # Errors
/// When there is no randomness.
pub fn ephemeral(domain: &Domain, random: &mut dyn Random) -> Result<Private, SetupError> {
    for _ in 0..MAX_DRAWS {
        let private = domain.generate(random)?;
        if private.public().encoded().first() != Some(&0) {
            return Ok(private);
        }
    }
    Err(SetupError::NoRandomness)
}

/// Begins version 1 with a fresh ephemeral key.
///
/// # Errors
/// When the ephemeral key is of another group than the chip's, or the chip's key is impossible.
pub fn start(parameters: &Parameters, form: Form, ephemeral: &Private) -> Result<Step, Malformed> {
    let shared = ephemeral.agree(&parameters.public)?;
    let agreed = Agreed {
        session: SecureMessaging::from_shared(parameters.cipher, shared.expose()),
        ephemeral: ephemeral.public(),
    };
    Ok(match form {
        Form::KeyAgreementTemplate => {
            let mut data = tlv::encode(object::KEY_TEMPLATE_VALUE, &[agreed.ephemeral.data()]);
            data.extend(key_reference(parameters));
            let command =
                Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA6).with_data(data);
            Step::Last(AwaitAgreement { agreed }, command)
        }
        Form::AuthenticationTemplate => Step::Send(
            AwaitSelection { agreed },
            set_authentication_template(parameters),
        ),
    })
}

/// MSE:Set AT: protocol and key.
fn set_authentication_template(parameters: &Parameters) -> Command {
    let mut data = tlv::encode(object::PROTOCOL, &[&parameters.oid]);
    data.extend(key_reference(parameters));
    Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4).with_data(data)
}

fn key_reference(parameters: &Parameters) -> Vec<u8> {
    parameters
        .key_id
        .as_ref()
        .map(|id| tlv::encode(object::KEY_REFERENCE, &[id]))
        .unwrap_or_default()
}

/// GENERAL AUTHENTICATE with the ephemeral key.
fn general_authenticate(ephemeral: &Public) -> Command {
    let object = tlv::encode(object::EPHEMERAL, &[ephemeral.data()]);
    Command::new(ins::GENERAL_AUTHENTICATE, 0, 0)
        .with_data(tlv::encode(object::DYNAMIC, &[&object]))
        .expecting(256)
}

impl AwaitSelection {
    /// Sends the ephemeral key.
    ///
    /// # Errors
    /// [`Refused`] when the chip does not know protocol or key.
    pub fn selected(self, response: &Response) -> Result<(AwaitAgreement, Command), Refused> {
        accepted(response)?;
        let command = general_authenticate(&self.agreed.ephemeral);
        Ok((
            AwaitAgreement {
                agreed: self.agreed,
            },
            command,
        ))
    }
}

impl AwaitAgreement {
    /// Gives the new channel, not yet proven.
    ///
    /// # Errors
    /// [`Refused`] when the chip does not agree.
    pub fn agreed(self, response: &Response) -> Result<Agreed, Refused> {
        accepted(response)?;
        Ok(self.agreed)
    }
}

fn accepted(response: &Response) -> Result<(), Refused> {
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(Refused {
            status: response.status,
        })
    }
}

/// Version 2: named protocol and key; the ephemeral key comes next.
#[derive(Debug)]
pub struct AwaitTemplate {
    shared: Secret,
    cipher: Cipher,
    oid: Vec<u8>,
    ephemeral: Public,
}

/// Version 2: sent the ephemeral key; the chip's nonce and token come next.
#[derive(Debug)]
pub struct AwaitToken(AwaitTemplate);

/// Why version 2 did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The chip said no.
    Refused(Refused),
    /// The answer has another form.
    Malformed(Malformed),
    /// The token was made with other keys: the chip does not hold its own.
    WrongToken,
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Malformed> for Failed {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Begins version 2 with the ephemeral key that terminal authentication announced.
///
/// # Errors
/// When the ephemeral key is of another group than the chip's, or the chip's key is impossible.
pub fn start_version_two(
    parameters: &Parameters,
    ephemeral: &Private,
) -> Result<(AwaitTemplate, Command), Malformed> {
    Ok((
        AwaitTemplate {
            shared: ephemeral.agree(&parameters.public)?,
            cipher: parameters.cipher,
            oid: parameters.oid.clone(),
            ephemeral: ephemeral.public(),
        },
        set_authentication_template(parameters),
    ))
}

impl AwaitTemplate {
    /// Sends the ephemeral key.
    ///
    /// # Errors
    /// [`Refused`] when the chip does not know protocol or key.
    pub fn selected(self, response: &Response) -> Result<(AwaitToken, Command), Refused> {
        accepted(response)?;
        let command = general_authenticate(&self.ephemeral);
        Ok((AwaitToken(self), command))
    }
}

impl AwaitToken {
    /// Derives the keys from the shared secret and the chip's nonce, checks the chip's token in
    /// constant time, and gives the new channel with its counter at zero. The chip holds its key.
    ///
    /// # Errors
    /// [`Failed`].
    pub fn token(self, response: &Response) -> Result<Agreed, Failed> {
        accepted(response)?;
        let mut reader = Reader::new(&response.data);
        let mut inside = reader
            .expect(object::DYNAMIC, "dynamic authentication data")?
            .inside()?;
        reader.finish("dynamic authentication data")?;
        let nonce = inside.expect(object::NONCE, "nonce of the chip")?;
        let token = inside.expect(object::TOKEN, "authentication token")?.value;
        inside.finish("dynamic authentication data")?;
        if !NONCE.contains(&nonce.value.len()) {
            return Err(Malformed::new("nonce of the chip", nonce.offset).into());
        }
        let Self(AwaitTemplate {
            shared,
            cipher,
            oid,
            ephemeral,
        }) = self;
        // TR-03110-3: KDF(K, r), the hash over secret, nonce and counter.
        let secret = Secret::new([shared.expose(), nonce.value].concat());
        let authentication = kdf::derive(cipher, secret.expose(), Purpose::Authentication);
        mac::verify(&authentication, &[&token_input(&oid, &ephemeral)], token)
            .map_err(|_| Failed::WrongToken)?;
        Ok(Agreed {
            session: SecureMessaging::from_shared(cipher, secret.expose()),
            ephemeral,
        })
    }
}

/// What the token is over: the terminal's ephemeral public key as a data object.
fn token_input(oid: &[u8], ephemeral: &Public) -> Vec<u8> {
    let tag = match ephemeral.domain().agreement() {
        Agreement::Dh => object::DH_VALUE,
        Agreement::Ecdh => object::POINT,
    };
    let protocol = tlv::encode(tlv::tag::OID, &[oid]);
    let value = tlv::encode(tag, &[ephemeral.data()]);
    tlv::encode(object::PUBLIC_KEY, &[&protocol, &value])
}

#[cfg(test)]
mod tests;
