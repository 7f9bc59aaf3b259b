//! Password authenticated connection establishment (Doc 9303-11 §4.4, TR-03110-3), terminal side:
//! every mapping, group, cipher and password that the standards know.

mod objects;
mod password;

pub use password::Password;

use crate::bytes::tlv;
use crate::channel::sm::SecureMessaging;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::cipher;
use crate::crypto::cipher::Key;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::random::Random;
use crate::error::AccessError;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::secret::Secret;

use objects::NOT_LAST;
use objects::general_authenticate;
use password::State;

/// The name of the first step in errors: the chip took neither protocol nor password.
pub const SET_AT: &str = "MSE:Set AT";
const NONCE: &str = "encrypted nonce";
const MAP: &str = "map nonce";
const AGREE: &str = "key agreement";
const TOKEN: &str = "mutual authentication";

/// Longest encrypted nonce, in bytes: twice what the longest key comes to in whole blocks.
const MAX_NONCE: usize = 64;

/// The protocol to run: one PACEInfo that this build can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Content octets of the protocol's object identifier.
    pub oid: Vec<u8>,
    /// What it means.
    pub protocol: PaceProtocol,
    /// The domain parameters of the key agreement.
    pub domain: Domain,
    /// Sent as the domain parameter reference when several sets share the identifier (§4.4.4.1).
    pub reference: Option<u8>,
}

/// What PACE leaves behind.
#[derive(Debug)]
pub struct Established {
    /// The secure channel.
    pub session: SecureMessaging,
    /// The chip's ephemeral key of the key agreement; its short form is ID_PICC in terminal
    /// authentication.
    pub chip_ephemeral: Public,
    /// References of the authorities whose certificates the chip takes, the current one first.
    pub authorities: Vec<Vec<u8>>,
    /// CA_IC of chip authentication mapping, decrypted and proving nothing yet (§4.4.3.3.3). None
    /// in other mappings, and where the chip gave none that decrypts.
    pub chip_authentication_data: Option<Secret>,
    /// The chip's key of the mapping, in the mappings that have one.
    pub mapping_key: Option<Public>,
}

/// Named protocol and password.
#[derive(Debug)]
pub struct AwaitSelection {
    parameters: Parameters,
    password: Key,
    state: State,
}

/// Asked for the encrypted nonce.
#[derive(Debug)]
pub struct AwaitNonce {
    parameters: Parameters,
    password: Key,
    state: State,
}

/// Sent our part of the mapping.
#[derive(Debug)]
pub struct AwaitMapping {
    parameters: Parameters,
    state: State,
    nonce: Secret,
    sent: Sent,
}

/// Our part of the mapping.
#[derive(Debug)]
enum Sent {
    /// A public key; generic mapping, and chip authentication mapping which begins alike.
    Key(Private, Public),
    /// The nonce t; integrated mapping.
    Nonce(Secret),
}

/// Sent our ephemeral key under the mapped generator.
#[derive(Debug)]
pub struct AwaitAgreement {
    parameters: Parameters,
    state: State,
    mapping_key: Option<Public>,
    private: Private,
    public: Public,
}

/// Sent our token.
#[derive(Debug)]
pub struct AwaitToken {
    mapping: Mapping,
    state: State,
    mapping_key: Option<Public>,
    chip_ephemeral: Public,
    encryption: Key,
    session: SecureMessaging,
    expected: Secret,
}

/// Begins with MSE:Set AT. `holder_authorisation` is the whole template 7F4C that a terminal of
/// extended access control asks its rights with (TR-03110-3 §B.11.1).
pub fn start(
    parameters: Parameters,
    password: &Password,
    holder_authorisation: Option<&[u8]>,
) -> (AwaitSelection, Command) {
    let state = password.state;
    let mut data = tlv::encode(0x80, &[&parameters.oid]);
    data.extend(tlv::encode(0x83, &[&[state.reference()]]));
    if let Some(reference) = parameters.reference {
        data.extend(tlv::encode(0x84, &[&[reference]]));
    }
    data.extend_from_slice(holder_authorisation.unwrap_or_default());
    let key = kdf::derive(
        parameters.protocol.cipher,
        password.secret.expose(),
        Purpose::Password,
    );
    let step = AwaitSelection {
        parameters,
        password: key,
        state,
    };
    let command = Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4).with_data(data);
    (step, command)
}

impl AwaitSelection {
    /// Takes the answer to MSE:Set AT and asks for the nonce.
    ///
    /// # Errors
    /// [`AccessError`] when the chip refuses protocol or password;
    /// [`AccessError::PinSuspended`] when the card access number must come first.
    pub fn selected(self, response: &Response) -> Result<(AwaitNonce, Command), Error> {
        let step = AwaitNonce {
            parameters: self.parameters,
            password: self.password,
            state: self.state.selected(SET_AT, response.status)?,
        };
        Ok((step, general_authenticate(NOT_LAST, &[])))
    }
}

impl AwaitNonce {
    /// Decrypts the nonce and sends our part of the mapping: a public key, or in integrated mapping
    /// a nonce as long as the cipher's key (§4.4.3.3).
    ///
    /// # Errors
    /// [`AccessError`] when the answer is no nonce.
    pub fn nonce(
        self,
        response: &Response,
        random: &mut dyn Random,
    ) -> Result<(AwaitMapping, Command), Error> {
        succeeded(self.state, NONCE, response)?;
        let encrypted = objects::object(NONCE, response, 0x80)?;
        let cipher = self.parameters.protocol.cipher;
        // §4.4.3.3: any multiple of the block, which chips choose from one block on; in integrated
        // mapping the smallest that is as long as the key at least.
        let length = encrypted.len();
        let possible = match self.parameters.protocol.mapping {
            Mapping::Generic | Mapping::ChipAuthentication => {
                (cipher.block_len()..=MAX_NONCE).contains(&length)
                    && length.is_multiple_of(cipher.block_len())
            }
            Mapping::Integrated => length == cipher.key_len().next_multiple_of(cipher.block_len()),
        };
        if !possible {
            return Err(AccessError::BadAnswer { step: NONCE }.into());
        }
        let nonce = self
            .password
            .decrypt(&[], encrypted)
            .map_err(|_| AccessError::BadAnswer { step: NONCE })?;
        let (sent, data) = match self.parameters.protocol.mapping {
            Mapping::Generic | Mapping::ChipAuthentication => {
                let private = self.parameters.domain.generate(random)?;
                let public = private.public();
                let data = tlv::encode(0x81, &[public.data()]);
                (Sent::Key(private, public), data)
            }
            Mapping::Integrated => {
                let mut own = vec![0; cipher.key_len()];
                random.fill(&mut own)?;
                let own = Secret::new(own);
                let data = tlv::encode(0x81, &[own.expose()]);
                (Sent::Nonce(own), data)
            }
        };
        let step = AwaitMapping {
            parameters: self.parameters,
            state: self.state,
            nonce: Secret::new(nonce),
            sent,
        };
        Ok((step, general_authenticate(NOT_LAST, &data)))
    }
}

impl AwaitMapping {
    /// Maps the nonce to a generator and sends our key under it.
    ///
    /// # Errors
    /// [`AccessError`] when the chip's key is none of the group, or ours sent back.
    pub fn mapped(
        self,
        response: &Response,
        random: &mut dyn Random,
    ) -> Result<(AwaitAgreement, Command), Error> {
        succeeded(self.state, MAP, response)?;
        let Parameters {
            protocol, domain, ..
        } = &self.parameters;
        let bad = |_| AccessError::InvalidKey { step: MAP };
        let (generator, mapping_key) = match &self.sent {
            Sent::Key(private, public) => {
                let peer = objects::public_key(MAP, response, 0x82, domain)?;
                if peer == *public {
                    return Err(AccessError::ReflectedKey.into());
                }
                let shared = private.shared(&peer).map_err(bad)?;
                let generator = domain.map_generic(&self.nonce, &shared).map_err(bad)?;
                (generator, Some(peer))
            }
            Sent::Nonce(own) => {
                objects::nothing(MAP, response, 0x82)?;
                let generator = domain
                    .map_integrated(protocol.cipher, &self.nonce, own.expose())
                    .map_err(bad)?;
                (generator, None)
            }
        };
        let private = domain.generate(random)?;
        let public = private.public_under(&generator).map_err(bad)?;
        let command = general_authenticate(NOT_LAST, &tlv::encode(0x83, &[public.data()]));
        let step = AwaitAgreement {
            parameters: self.parameters,
            state: self.state,
            mapping_key,
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
    /// [`AccessError`] when the chip's key is none of the group, or ours sent back.
    pub fn agreed(self, response: &Response) -> Result<(AwaitToken, Command), Error> {
        succeeded(self.state, AGREE, response)?;
        let Parameters {
            oid,
            protocol,
            domain,
            ..
        } = &self.parameters;
        let peer = objects::public_key(AGREE, response, 0x84, domain)?;
        // §4.4.1 step 3d: check that the two ephemeral public keys differ.
        if peer == self.public {
            return Err(AccessError::ReflectedKey.into());
        }
        let shared = self
            .private
            .agree(&peer)
            .map_err(|_| AccessError::InvalidKey { step: AGREE })?;
        let derive = |purpose| kdf::derive(protocol.cipher, shared.expose(), purpose);
        let key = derive(Purpose::Authentication);
        let ours = objects::token(&key, oid, &peer);
        let theirs = objects::token(&key, oid, &self.public);
        let step = AwaitToken {
            mapping: protocol.mapping,
            state: self.state,
            mapping_key: self.mapping_key,
            chip_ephemeral: peer,
            encryption: derive(Purpose::Encryption),
            session: SecureMessaging::from_shared(protocol.cipher, shared.expose()),
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
    pub fn token(self, response: &Response) -> Result<Established, Error> {
        if response.status != Status::SUCCESS {
            return Err(self.state.wrong(TOKEN, response.status).into());
        }
        let answer = objects::last_answer(TOKEN, response)?;
        if Secret::copy_of(answer.token) != self.expected {
            return Err(AccessError::ChipToken.into());
        }
        let chip_authentication_data = match self.mapping {
            Mapping::ChipAuthentication => answer
                .chip_authentication
                .and_then(|encrypted| chip_authentication_data(&self.encryption, encrypted)),
            // Nothing that these mappings know of.
            Mapping::Generic | Mapping::Integrated => None,
        };
        Ok(Established {
            session: self.session,
            chip_ephemeral: self.chip_ephemeral,
            authorities: answer.authorities,
            chip_authentication_data,
            mapping_key: self.mapping_key,
        })
    }
}

/// Decrypts CA_IC of chip authentication mapping: CBC under KSenc, the vector being a block of ones encrypted under
/// the same key, padding by method 2.
fn chip_authentication_data(key: &Key, encrypted: &[u8]) -> Option<Secret> {
    let ones = vec![0xFF; key.cipher().block_len()];
    let vector = key.encrypt(&[], &ones).ok()?;
    let padded = Secret::new(key.decrypt(&vector, encrypted).ok()?);
    let data = cipher::unpad(padded.expose()).ok()?;
    (!data.is_empty()).then(|| Secret::copy_of(data))
}

fn succeeded(state: State, step: &'static str, response: &Response) -> Result<(), AccessError> {
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(state.refused(step, response.status))
    }
}
