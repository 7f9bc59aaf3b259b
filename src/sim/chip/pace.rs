//! PACE with ECDH and generic mapping on the chip's side (Doc 9303-11 §4.4).
//!
//! A run is a chain of four GENERAL AUTHENTICATE commands after MSE:Set AT. Anything else in
//! between ends it.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve;
use crate::crypto::curve::Point;
use crate::crypto::curve::PrivateKey;
use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::iso7816::Status;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::LAST_OF_CHAIN_EXPECTED;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::personalisation::PaceOffer;
use crate::sim::quirk::Quirk;

/// id-PACE-ECDH-GM (0.4.0.127.0.7.2.2.4.2): one more octet names the cipher.
const ECDH_GENERIC_MAPPING: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02];

/// Dynamic authentication data.
pub(super) const DYNAMIC: u32 = 0x7C;
/// A public key data object (Doc 9303-11 §9.4).
const PUBLIC_KEY: u32 = 0x7F49;

/// A run of PACE, after MSE:Set AT.
pub(super) struct Run {
    offer: PaceOffer,
    password: Password,
    awaits: Awaits,
}

/// What the run waits for.
enum Awaits {
    /// The request for the encrypted nonce.
    NonceRequest,
    /// The terminal's mapping data.
    Mapping { nonce: Secret },
    /// The terminal's ephemeral public key on the mapped generator.
    EphemeralKey { generator: Point },
    /// The terminal's authentication token.
    Token {
        ours: Point,
        theirs: Point,
        shared: Secret,
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
}

/// Which password was named (Doc 9303-11 §4.4.4.1, data object 83).
#[derive(Clone, Copy)]
enum Password {
    Mrz,
    Can,
}

impl Chip {
    /// MSE:Set AT for mutual authentication: chooses protocol, password and domain parameters.
    pub(super) fn set_pace(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        if self.session.is_some() {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        let template = Template::read(&command.data)?;
        let offer = self.offer(&template)?;
        let password = match template.password {
            [1] if !self.card.mrz_information.is_empty() => Password::Mrz,
            [2] if !self.card.can.is_empty() => Password::Can,
            [_] => return Err(Status::REFERENCE_NOT_FOUND),
            _ => return Err(Status::INCORRECT_DATA),
        };
        self.step = Step::Pace(Box::new(Run {
            offer,
            password,
            awaits: Awaits::NonceRequest,
        }));
        Ok(Vec::new())
    }

    /// The offer that the terminal means.
    fn offer(&self, template: &Template<'_>) -> Result<PaceOffer, Status> {
        if template.parameter_id.is_some() && self.has(Quirk::ParameterReferenceRefused) {
            return Err(Status::INCORRECT_DATA);
        }
        if template.parameter_id.is_none() && self.has(Quirk::ParameterReferenceRequired) {
            return Err(Status::REFERENCE_NOT_FOUND);
        }
        let known = |offer: &&PaceOffer| {
            offer.oid == template.protocol && offer.oid.starts_with(ECDH_GENERIC_MAPPING)
        };
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
            awaits,
        } = run;
        // Doc 9303-11 §4.4.4.3: the chain links the steps. TR-03110-3 §B.10.3 names the status.
        match (&awaits, chain) {
            (Awaits::Token { .. }, Chain::More) => return Err(LAST_OF_CHAIN_EXPECTED),
            (Awaits::Token { .. }, Chain::Last) | (_, Chain::More) => {}
            (_, Chain::Last) => return Err(Status::CONDITIONS_NOT_SATISFIED),
        }
        let value = dynamic_value(&command.data, awaits.object())?;
        let (awaits, tag, answer) = match awaits {
            Awaits::NonceRequest => self.encrypted_nonce(&offer, password)?,
            Awaits::Mapping { nonce } => self.map(&offer, &nonce, value)?,
            Awaits::EphemeralKey { generator } => self.agree(&offer, &generator, value)?,
            Awaits::Token {
                ours,
                theirs,
                shared,
            } => {
                let token = self.finish(&offer, [&ours, &theirs], &shared, value)?;
                return Ok(dynamic(0x86, &token));
            }
        };
        self.step = Step::Pace(Box::new(Run {
            offer,
            password,
            awaits,
        }));
        Ok(dynamic(tag, &answer))
    }

    /// Step 1: chooses the nonce and encrypts it under the password.
    fn encrypted_nonce(
        &mut self,
        offer: &PaceOffer,
        password: Password,
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        // Doc 9303-11 §9.7.3: the MRZ goes in as its SHA-1, the CAN as its characters.
        let secret = match password {
            Password::Mrz => Secret::new(Hash::Sha1.digest(&[self.card.mrz_information.expose()])),
            Password::Can => Secret::copy_of(self.card.can.expose()),
        };
        let key = kdf::derive(offer.protocol.cipher, secret.expose(), Purpose::Password);
        // Doc 9303-11 §4.4.3.3: any multiple of the block; here at least as long as the key.
        let length = match offer.protocol.cipher {
            Cipher::TripleDes | Cipher::Aes128 => 16,
            Cipher::Aes192 | Cipher::Aes256 => 32,
        };
        let mut nonce = vec![0; length];
        self.fill(&mut nonce)?;
        let encrypted = key.encrypt(&[], &nonce).map_err(|_| Status::UNSPECIFIED)?;
        let nonce = Secret::new(nonce);
        Ok((Awaits::Mapping { nonce }, 0x80, encrypted))
    }

    /// Step 2: generic mapping.
    fn map(
        &mut self,
        offer: &PaceOffer,
        nonce: &Secret,
        theirs: &[u8],
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        let theirs = point(offer, theirs)?;
        let private = self.generate(offer.curve)?;
        let shared = private.times(&theirs).map_err(|_| Status::INCORRECT_DATA)?;
        let generator =
            curve::map_generic(nonce, &shared).map_err(|_| Status::VERIFICATION_FAILED)?;
        let ours = private.public().encoded().to_vec();
        Ok((Awaits::EphemeralKey { generator }, 0x82, ours))
    }

    /// Step 3: key agreement on the mapped generator.
    fn agree(
        &mut self,
        offer: &PaceOffer,
        generator: &Point,
        theirs: &[u8],
    ) -> Result<(Awaits, u32, Vec<u8>), Status> {
        let theirs = point(offer, theirs)?;
        let private: PrivateKey = self.generate(offer.curve)?;
        let ours = private.times(generator).map_err(|_| Status::UNSPECIFIED)?;
        // Doc 9303-11 §4.4.1 step 3d: the two ephemeral public keys must differ.
        if ours == theirs {
            return Err(Status::VERIFICATION_FAILED);
        }
        let shared = private.agree(&theirs).map_err(|_| Status::INCORRECT_DATA)?;
        let answer = ours.encoded().to_vec();
        let awaits = Awaits::Token {
            ours,
            theirs,
            shared,
        };
        Ok((awaits, 0x84, answer))
    }

    /// Step 4: checks the terminal's token and gives the chip's; secure messaging starts after the
    /// response, with the master file current.
    fn finish(
        &mut self,
        offer: &PaceOffer,
        [ours, theirs]: [&Point; 2],
        shared: &Secret,
        token: &[u8],
    ) -> Result<Vec<u8>, Status> {
        if token.len() != mac::TAG_LEN {
            return Err(Status::INCORRECT_DATA);
        }
        let key = kdf::derive(
            offer.protocol.cipher,
            shared.expose(),
            Purpose::Authentication,
        );
        // Doc 9303-11 §4.4.3.4: each token is over the key that its maker received.
        mac::verify(&key, &[&public_key(offer, ours)], token)
            .map_err(|_| Status::VERIFICATION_FAILED)?;
        let answer = mac::tag(&key, &[&public_key(offer, theirs)]);
        self.next = Some(Session::new(offer.protocol.cipher, shared.expose()));
        self.df = Df::Master;
        self.file = None;
        Ok(answer.to_vec())
    }
}

/// The data objects of MSE:Set AT for PACE: 80, 83, 84 where it is there, and nothing else.
struct Template<'a> {
    protocol: &'a [u8],
    password: &'a [u8],
    parameter_id: Option<&'a [u8]>,
}

impl<'a> Template<'a> {
    fn read(data: &'a [u8]) -> Result<Self, Status> {
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(data);
        let protocol = reader.expect(0x80, "protocol").map_err(wrong)?.value;
        let password = reader.expect(0x83, "password").map_err(wrong)?.value;
        let parameter_id = reader
            .optional(0x84, "domain parameters")
            .map_err(wrong)?
            .map(|element| element.value);
        reader.finish("MSE:Set AT").map_err(wrong)?;
        Ok(Self {
            protocol,
            password,
            parameter_id,
        })
    }
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

fn dynamic(tag: u32, value: &[u8]) -> Vec<u8> {
    tlv::encode(DYNAMIC, &[&tlv::encode(tag, &[value])])
}

/// A point from the terminal, checked.
fn point(offer: &PaceOffer, encoded: &[u8]) -> Result<Point, Status> {
    offer
        .curve
        .point(encoded)
        .map_err(|_| Status::INCORRECT_DATA)
}

/// The public key data object that a token is made over (Doc 9303-11 §9.4.5), without domain
/// parameters.
fn public_key(offer: &PaceOffer, point: &Point) -> Vec<u8> {
    tlv::encode(
        PUBLIC_KEY,
        &[
            &tlv::encode(tag::OID, &[&offer.oid]),
            &tlv::encode(0x86, &[point.encoded()]),
        ],
    )
}
