//! Chip authentication version 1 with ECDH (Doc 9303-11 §6.2), terminal side.
//!
//! What comes out is only a new channel. That the chip holds the key is proven by the first
//! exchange that succeeds under it, and by nothing before.

use crate::bytes::tlv;
use crate::channel::sm::SecureMessaging;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Point;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::secret::Secret;

/// One key of the chip and the protocol to run with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Content octets of the protocol's object identifier.
    pub oid: Vec<u8>,
    /// Cipher of the new session.
    pub cipher: Cipher,
    /// The chip's static public key, from DG14.
    pub public: Point,
    /// The key's reference, where the chip has several.
    pub key_id: Option<Vec<u8>>,
}

/// Where the protocol stands after a command.
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
    session: SecureMessaging,
    public: Point,
}

/// Sent the ephemeral key.
#[derive(Debug)]
pub struct AwaitAgreement {
    session: SecureMessaging,
    public: Point,
}

/// A new channel, not yet proven.
#[derive(Debug)]
pub struct Agreed {
    /// The channel under the new keys, for the next command on.
    pub session: SecureMessaging,
    /// The terminal's ephemeral public key.
    pub ephemeral: Point,
}

/// The chip said no; the channel that carried this lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The status word.
    pub status: Status,
}

/// Begins: 3DES in one command (MSE:Set KAT), AES in two (MSE:Set AT, GENERAL AUTHENTICATE), as
/// §6.2.4.1 and §6.2.4.2 have it.
///
/// # Errors
/// When no ephemeral key can be made or the chip's key is impossible.
pub fn start(parameters: &Parameters, random: &mut dyn Random) -> Result<Step, Error> {
    let private = parameters.public.curve().generate(random)?;
    let public = private.public();
    let shared: Secret = private.agree(&parameters.public)?;
    let session = SecureMessaging::from_shared(parameters.cipher, shared.expose());
    let key_id = parameters
        .key_id
        .as_ref()
        .map(|id| tlv::encode(0x84, &[id]))
        .unwrap_or_default();
    Ok(match parameters.cipher {
        Cipher::TripleDes => {
            let mut data = tlv::encode(0x91, &[public.encoded()]);
            data.extend(key_id);
            let command =
                Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA6).with_data(data);
            Step::Last(AwaitAgreement { session, public }, command)
        }
        _ => {
            let mut data = tlv::encode(0x80, &[&parameters.oid]);
            data.extend(key_id);
            let command =
                Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4).with_data(data);
            Step::Send(AwaitSelection { session, public }, command)
        }
    })
}

impl AwaitSelection {
    /// Sends the ephemeral key.
    ///
    /// # Errors
    /// [`Refused`] when the chip does not know protocol or key.
    pub fn selected(self, response: &Response) -> Result<(AwaitAgreement, Command), Refused> {
        accepted(response)?;
        let object = tlv::encode(0x80, &[self.public.encoded()]);
        let command = Command::new(ins::GENERAL_AUTHENTICATE, 0, 0)
            .with_data(tlv::encode(0x7C, &[&object]))
            .expecting(256);
        Ok((
            AwaitAgreement {
                session: self.session,
                public: self.public,
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
        Ok(Agreed {
            session: self.session,
            ephemeral: self.public,
        })
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
