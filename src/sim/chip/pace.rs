//! PACE on the chip's side (Doc 9303-11 §4.4): every mapping, key agreement, cipher and password.
//!
//! A run is a chain of four GENERAL AUTHENTICATE commands after MSE:Set AT. Anything else in
//! between ends it.

use crate::bytes::tlv;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Key;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::lds::security_infos::Mapping;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::LAST_OF_CHAIN_EXPECTED;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::pace_password::Password;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::fault::Fault;
use crate::sim::personalisation::PaceOffer;
use crate::sim::quirk::Quirk;

/// Dynamic authentication data.
pub(super) const DYNAMIC: u32 = 0x7C;
/// A public key data object (Doc 9303-11 §9.4).
const PUBLIC_KEY: u32 = 0x7F49;
/// Certificate holder authorisation template (TR-03110-3 appendix C).
const HOLDER_AUTHORISATION: u32 = 0x7F4C;

/// A run of PACE, after MSE:Set AT.
pub(super) struct Run {
    offer: PaceOffer,
    password: Password,
    holder_authorisation: Option<Vec<u8>>,
    awaits: Awaits,
}

/// What the run waits for.
pub(super) enum Awaits {
    /// The request for the encrypted nonce.
    NonceRequest,
    /// The terminal's mapping data.
    Mapping { nonce: Secret },
    /// The terminal's ephemeral public key on the mapped generator.
    EphemeralKey {
        generator: Public,
        /// The chip's mapping key, which chip authentication mapping comes back to.
        mapping: Option<Private>,
    },
    /// The terminal's authentication token.
    Token {
        ours: Public,
        theirs: Public,
        shared: Secret,
        mapping: Option<Private>,
    },
}

impl Awaits {
    /// Tag of the data object that the terminal sends; the first one is absent.
    const fn object(&self) -> Option<u32> {
        match self {
            Self::NonceRequest => None,
            Self::Mapping { .. } => Some(0x81),
            Self::EphemeralKey { .. } => Some(0x83),
            Self::Token { .. } => Some(0x85),
        }
    }

    /// Number of the step, from 1.
    const fn step(&self) -> u32 {
        match self {
            Self::NonceRequest => 1,
            Self::Mapping { .. } => 2,
            Self::EphemeralKey { .. } => 3,
            Self::Token { .. } => 4,
        }
    }
}

impl Chip {
    /// MSE:Set AT for mutual authentication: chooses protocol, password and domain parameters. The
    /// answer warns when a PIN was wrong before (TR-03110-3 §B.11.1).
    pub(super) fn set_pace(&mut self, command: &Apdu) -> Result<Response, Status> {
        command.require_no_expected()?;
        // In a session there is one thing left to do: a suspended PIN, after the CAN.
        if self.session.is_some() && !self.opened_with(Password::Can) {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        if self.has_fault(Fault::PaceErrorStatus(0)) {
            return Err(Status::INCORRECT_DATA);
        }
        command.require_shortest_lengths()?;
        let template = Template::read(&command.data)?;
        let offer = self.offer(&template)?;
        let password = self.named_password(template.password)?;
        if self.session.is_some() && password != Password::Pin {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        if template.holder_authorisation.is_some() && !self.has_trust_points() {
            return Err(Status::INCORRECT_DATA);
        }
        self.step = Step::Pace(Box::new(Run {
            offer,
            password,
            holder_authorisation: template.holder_authorisation.map(<[u8]>::to_vec),
            awaits: Awaits::NonceRequest,
        }));
        Ok(Response {
            data: Vec::new(),
            status: self.password_state(password),
        })
    }

    /// The offer that the terminal means.
    fn offer(&self, template: &Template<'_>) -> Result<PaceOffer, Status> {
        if template.parameter_id.is_some() && self.has(Quirk::ParameterReferenceRefused) {
            return Err(Status::INCORRECT_DATA);
        }
        if template.parameter_id.is_none() && self.has(Quirk::ParameterReferenceRequired) {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        let known = |offer: &&PaceOffer| offer.oid == template.protocol;
        let mut offers = self.card.pace.iter().filter(known).peekable();
        if offers.peek().is_none() {
            return Err(Status::INCORRECT_DATA);
        }
        let found = match template.parameter_id {
            Some([id]) => offers.find(|offer| offer.parameter_id == *id),
            Some(_) => return Err(Status::INCORRECT_DATA),
            // The reference is required when the domain parameters are ambiguous.
            None => offers.next().filter(|_| offers.peek().is_none()),
        };
        found.cloned().ok_or(Status::REFERENCE_NOT_FOUND)
    }

    /// One GENERAL AUTHENTICATE of the chain.
    pub(super) fn pace_step(
        &mut self,
        run: Run,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        let Run {
            offer,
            password,
            holder_authorisation,
            awaits,
        } = run;
        self.check_chain(&awaits, chain)?;
        let step = awaits.step();
        let value = dynamic_value(&command.data, awaits.object())?;
        if self.has_fault(Fault::PaceErrorStatus(step)) {
            return Err(match awaits {
                Awaits::Token { .. } => Status::VERIFICATION_FAILED,
                _ => Status::INCORRECT_DATA,
            });
        }
        let (awaits, tag, answer) = match awaits {
            Awaits::NonceRequest => self.encrypted_nonce(&offer, password)?,
            Awaits::Mapping { nonce } => self.map(&offer, &nonce, value)?,
            Awaits::EphemeralKey { generator, mapping } => {
                self.agree(&offer, &generator, mapping, value)?
            }
            Awaits::Token {
                ours,
                theirs,
                shared,
                mapping,
            } => {
                self.check_token(&offer, password, &ours, &shared, value)?;
                let authorities = match holder_authorisation {
                    Some(_) => self.authority_references(),
                    None => Vec::new(),
                };
                let token = token(&offer, &shared, &theirs);
                let token = self.spoiled_token(token.to_vec());
                let mut objects = self.spoiled(step, &offer, 0x86, token)?;
                // TR-03110-3: 87 is the newest authority, 88 the one before.
                for (tag, reference) in (0x87..=0x88).zip(&authorities) {
                    objects.extend(tlv::encode(tag, &[reference]));
                }
                objects.extend(self.chip_authentication_data(&offer, &shared, mapping)?);
                self.next = Some(Session::new(offer.protocol.cipher, shared.expose()));
                self.terminal.end_session();
                if offer.protocol.mapping == Mapping::ChipAuthentication {
                    // Doc 9303-11 §7.1: it stands for chip authentication.
                    self.terminal.mapped = Some(theirs.compressed());
                }
                self.access = Some(password);
                self.pace_ephemeral = Some(ours);
                self.pace_authorization = holder_authorisation;
                self.df = Df::Master;
                self.file = None;
                return Ok(tlv::encode(DYNAMIC, &[&objects]));
            }
        };
        let answer = self.spoiled(step, &offer, tag, answer)?;
        self.step = Step::Pace(Box::new(Run {
            offer,
            password,
            holder_authorisation,
            awaits,
        }));
        Ok(tlv::encode(DYNAMIC, &[&answer]))
    }

    /// Doc 9303-11 §4.4.4.3: the chain links the steps. TR-03110-3 §B.10.3 names the status.
    fn check_chain(&self, awaits: &Awaits, chain: Chain) -> Result<(), Status> {
        let unchained = self.has(Quirk::GeneralAuthenticateUnchained6884)
            || self.has(Quirk::GeneralAuthenticateUnchained6883);
        match (awaits, chain) {
            (Awaits::Token { .. }, Chain::More) => Err(LAST_OF_CHAIN_EXPECTED),
            (Awaits::Token { .. }, Chain::Last) | (_, Chain::More) => Ok(()),
            (_, Chain::Last) if unchained => Ok(()),
            (_, Chain::Last) => Err(Status::CONDITIONS_NOT_SATISFIED),
        }
    }

    /// Step 1: chooses the nonce and encrypts it under the password.
    fn encrypted_nonce(
        &mut self,
        offer: &PaceOffer,
        password: Password,
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        self.require_usable(password)?;
        let cipher = offer.protocol.cipher;
        let key = kdf::derive(
            cipher,
            self.password_secret(password).expose(),
            Purpose::Password,
        );
        // Doc 9303-11 §4.4.3.3: any multiple of the block; here at least as long as the key.
        let block = 16;
        let mut nonce = vec![0; cipher.key_len().div_ceil(block) * block];
        self.fill(&mut nonce)?;
        let encrypted = key.encrypt(&[], &nonce).map_err(|_| Status::UNSPECIFIED)?;
        if self.has_fault(Fault::PaceNonceChanged) {
            self.fill(&mut nonce)?;
        }
        let nonce = Secret::new(nonce);
        Ok((Awaits::Mapping { nonce }, 0x80, encrypted))
    }

    /// Step 2: the nonce becomes a generator.
    fn map(
        &mut self,
        offer: &PaceOffer,
        nonce: &Secret,
        theirs: &[u8],
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        let domain = &offer.domain;
        if offer.protocol.mapping == Mapping::Integrated {
            // Doc 9303-11 §4.4.3.3.2: the terminal's nonce is a key of the cipher. The chip has
            // nothing to send, so its data object is empty.
            let cipher = offer.protocol.cipher;
            if theirs.len() != cipher.key_len() {
                return Err(Status::INCORRECT_DATA);
            }
            let generator = domain
                .map_integrated(cipher, nonce, theirs)
                .map_err(|_| Status::VERIFICATION_FAILED)?;
            let mapping = None;
            return Ok((
                Awaits::EphemeralKey { generator, mapping },
                0x82,
                Vec::new(),
            ));
        }
        let theirs = public(domain, theirs)?;
        let private = self.generate(domain)?;
        let shared = private
            .shared(&theirs)
            .map_err(|_| Status::INCORRECT_DATA)?;
        let generator = domain
            .map_generic(nonce, &shared)
            .map_err(|_| Status::VERIFICATION_FAILED)?;
        let ours = private.public().data().to_vec();
        let mapping = match offer.protocol.mapping {
            Mapping::ChipAuthentication => Some(private),
            Mapping::Generic | Mapping::Integrated => None,
        };
        Ok((Awaits::EphemeralKey { generator, mapping }, 0x82, ours))
    }

    /// Step 3: key agreement on the mapped generator.
    fn agree(
        &mut self,
        offer: &PaceOffer,
        generator: &Public,
        mapping: Option<Private>,
        theirs: &[u8],
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        let theirs = public(&offer.domain, theirs)?;
        let private = self.generate(&offer.domain)?;
        let ours = private
            .public_under(generator)
            .map_err(|_| Status::UNSPECIFIED)?;
        // Doc 9303-11 §4.4.1 step 3d: the two ephemeral public keys must differ.
        if ours == theirs {
            return Err(Status::VERIFICATION_FAILED);
        }
        let shared = private.agree(&theirs).map_err(|_| Status::INCORRECT_DATA)?;
        let answer = if self.has_fault(Fault::PaceMirrorsKey) {
            theirs.data().to_vec()
        } else {
            ours.data().to_vec()
        };
        let awaits = Awaits::Token {
            ours,
            theirs,
            shared,
            mapping,
        };
        Ok((awaits, 0x84, answer))
    }

    /// Step 4: checks the terminal's token and counts the try of a PIN.
    fn check_token(
        &mut self,
        offer: &PaceOffer,
        password: Password,
        ours: &Public,
        shared: &Secret,
        token: &[u8],
    ) -> Result<(), Status> {
        if token.len() != mac::TAG_LEN {
            return Err(Status::INCORRECT_DATA);
        }
        let key = token_key(offer, shared);
        // Doc 9303-11 §4.4.3.4: each token is over the key that its maker received.
        match mac::verify(&key, &[&public_key(offer, ours)], token) {
            Ok(()) => {
                self.password_was_right(password);
                Ok(())
            }
            Err(_) => Err(self.password_was_wrong(password)),
        }
    }
}

/// The data objects of MSE:Set AT for PACE: 80, 83, 84 and 7F4C where they are there, and nothing
/// else. The worked example of extended access control has 7F4C before 84.
struct Template<'a> {
    protocol: &'a [u8],
    password: &'a [u8],
    parameter_id: Option<&'a [u8]>,
    holder_authorisation: Option<&'a [u8]>,
}

impl<'a> Template<'a> {
    fn read(data: &'a [u8]) -> Result<Self, Status> {
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(data);
        let protocol = reader.expect(0x80, "protocol").map_err(wrong)?.value;
        let password = reader.expect(0x83, "password").map_err(wrong)?.value;
        let first = reader
            .optional(HOLDER_AUTHORISATION, "holder authorisation")
            .map_err(wrong)?;
        let parameter_id = reader
            .optional(0x84, "domain parameters")
            .map_err(wrong)?
            .map(|element| element.value);
        let holder_authorisation = match first {
            Some(first) => Some(first),
            None => reader
                .optional(HOLDER_AUTHORISATION, "holder authorisation")
                .map_err(wrong)?,
        };
        reader.finish("MSE:Set AT").map_err(wrong)?;
        Ok(Self {
            protocol,
            password,
            parameter_id,
            holder_authorisation: holder_authorisation
                .map(|element| checked_authorisation(&element))
                .transpose()?,
        })
    }
}

/// A holder authorisation template with the kind of terminal and its bits, and nothing else.
fn checked_authorisation<'a>(template: &Element<'a>) -> Result<&'a [u8], Status> {
    let wrong = |_| Status::INCORRECT_DATA;
    let mut inside = template.inside().map_err(wrong)?;
    inside.expect(tag::OID, "kind of terminal").map_err(wrong)?;
    let bits = inside.expect(0x53, "authorisation").map_err(wrong)?;
    inside.finish("holder authorisation").map_err(wrong)?;
    if bits.value.is_empty() {
        return Err(Status::INCORRECT_DATA);
    }
    Ok(template.raw)
}

/// The value of the one data object inside dynamic authentication data, which must be this one.
///
/// # Errors
/// 6985 when it belongs to another step, 6A80 when the data is anything else.
fn dynamic_value(data: &[u8], wanted: Option<u32>) -> Result<&[u8], Status> {
    let (found, value) = dynamic_object(data)?;
    if found == wanted {
        return Ok(value);
    }
    match found {
        None | Some(0x81 | 0x83 | 0x85) => Err(Status::CONDITIONS_NOT_SATISFIED),
        Some(_) => Err(Status::INCORRECT_DATA),
    }
}

/// Tag and value of the one data object, if any, inside dynamic authentication data.
///
/// # Errors
/// 6A80 when the data has another form.
pub(super) fn dynamic_object(data: &[u8]) -> Result<(Option<u32>, &[u8]), Status> {
    let wrong = |_| Status::INCORRECT_DATA;
    if !tlv::has_shortest_lengths(data) {
        return Err(Status::INCORRECT_DATA);
    }
    let mut reader = Reader::new(data);
    let outer = reader
        .expect(DYNAMIC, "dynamic authentication data")
        .map_err(wrong)?;
    reader
        .finish("dynamic authentication data")
        .map_err(wrong)?;
    let mut inside = outer.inside().map_err(wrong)?;
    if inside.at_end() {
        return Ok((None, &[]));
    }
    let object = inside.element("protocol data").map_err(wrong)?;
    inside.finish("protocol data").map_err(wrong)?;
    Ok((Some(object.tag), object.value))
}

/// A public key from the terminal, checked.
fn public(domain: &Domain, encoded: &[u8]) -> Result<Public, Status> {
    domain.public(encoded).map_err(|_| Status::INCORRECT_DATA)
}

fn token_key(offer: &PaceOffer, shared: &Secret) -> Key {
    kdf::derive(
        offer.protocol.cipher,
        shared.expose(),
        Purpose::Authentication,
    )
}

/// The chip's token, over the key that it received.
fn token(offer: &PaceOffer, shared: &Secret, theirs: &Public) -> [u8; mac::TAG_LEN] {
    mac::tag(&token_key(offer, shared), &[&public_key(offer, theirs)])
}

/// The public key data object that a token is made over (Doc 9303-11 §9.4.5), without domain
/// parameters.
fn public_key(offer: &PaceOffer, key: &Public) -> Vec<u8> {
    let value = match offer.domain.agreement() {
        Agreement::Dh => 0x84,
        Agreement::Ecdh => 0x86,
    };
    tlv::encode(
        PUBLIC_KEY,
        &[
            &tlv::encode(tag::OID, &[&offer.oid]),
            &tlv::encode(value, &[key.data()]),
        ],
    )
}
