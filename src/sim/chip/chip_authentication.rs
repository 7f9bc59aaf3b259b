//! Chip authentication on the chip's side: version 1 (Doc 9303-11 §6.2), and version 2, which
//! comes after terminal authentication version 2 (BSI TR-03110-2, -3).
//!
//! Keys of version 1 lie in the eMRTD application, keys of version 2 in the master file: which
//! version is meant follows from where the terminal is.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::tlv::trim_zeros;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Cipher;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::iso7816::Status;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::pace::DYNAMIC;
use crate::sim::chip::pace::dynamic_object;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::fault::Fault;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::quirk::Quirk;

/// A public key data object (Doc 9303-11 §9.4).
const PUBLIC_KEY: u32 = 0x7F49;

/// Length of the nonce that version 2 puts into the session keys, in bytes (TR-03110-3).
const NONCE: usize = 8;

/// Longest chain of GENERAL AUTHENTICATE that the chip puts together, in bytes: a key of 4096 bits
/// and its headers.
const MAX_CHAINED: usize = 600;

/// Which key was chosen, and what came of a chain so far.
pub(super) struct Chosen {
    number: usize,
    chained: Vec<u8>,
}

/// What the terminal agreed with.
struct Agreed {
    theirs: Public,
    shared: Secret,
}

impl Chip {
    /// MSE:Set KAT: chooses the key and agrees, in one command; 3DES only (§6.2.4.1).
    pub(super) fn set_key_agreement(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        self.chip_authentication_is_possible()?;
        if self.has(Quirk::ChipSetKat6f00) {
            return Err(Status::UNSPECIFIED);
        }
        if self.has(Quirk::ChipSetKat6a80) {
            return Err(Status::INCORRECT_DATA);
        }
        command.require_shortest_lengths()?;
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(&command.data);
        let theirs = reader.expect(0x91, "ephemeral key").map_err(wrong)?.value;
        let key_id = reader
            .optional(0x84, "private key reference")
            .map_err(wrong)?
            .map(|element| element.value);
        reader.finish("MSE:Set KAT").map_err(wrong)?;
        let any_cipher = self.has(Quirk::ChipSetAt6f00) || self.has(Quirk::ChipSetAt6a80);
        let number = self.chip_key(key_id, |key| {
            key.version == 1 && (any_cipher || key.cipher == Cipher::TripleDes)
        })?;
        self.agree_in_version_1(number, theirs)?;
        Ok(Vec::new())
    }

    /// MSE:Set AT for internal authentication: chooses protocol and key (§6.2.4.2).
    pub(super) fn set_chip_authentication(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        self.chip_authentication_is_possible()?;
        if self.has(Quirk::ChipSetAt6f00) {
            return Err(Status::UNSPECIFIED);
        }
        if self.has(Quirk::ChipSetAt6a80) {
            return Err(Status::INCORRECT_DATA);
        }
        command.require_shortest_lengths()?;
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(&command.data);
        let protocol = reader.expect(0x80, "protocol").map_err(wrong)?.value;
        let key_id = reader
            .optional(0x84, "private key reference")
            .map_err(wrong)?
            .map(|element| element.value);
        reader.finish("MSE:Set AT").map_err(wrong)?;
        let version = self.version_here();
        let number = self.chip_key(key_id, |key| key.oid == protocol && key.version == version)?;
        self.step = Step::ChipAuthentication(Chosen {
            number,
            chained: Vec::new(),
        });
        Ok(Vec::new())
    }

    /// GENERAL AUTHENTICATE: agrees with the key that was chosen (§6.2.4.2). One command, or a chain
    /// where the terminal's key is too long for one (ISO/IEC 7816-4 §5.3.3).
    pub(super) fn chip_authentication_step(
        &mut self,
        mut chosen: Chosen,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        if self.has(Quirk::ChipNeedsChaining) && chain == Chain::Last && chosen.chained.is_empty() {
            // The choice lives on, for the same key in pieces.
            self.step = Step::ChipAuthentication(chosen);
            return Err(Status::WRONG_LENGTH);
        }
        // A link of a chain without anything in it moves nothing on.
        if command.data.is_empty() {
            return Err(Status::WRONG_LENGTH);
        }
        chosen.chained.extend_from_slice(&command.data);
        if chosen.chained.len() > MAX_CHAINED {
            return Err(Status::WRONG_LENGTH);
        }
        if chain == Chain::More {
            self.step = Step::ChipAuthentication(chosen);
            return Ok(Vec::new());
        }
        let (Some(0x80), theirs) = dynamic_object(&chosen.chained)? else {
            return Err(Status::INCORRECT_DATA);
        };
        match self.chosen_key(chosen.number)?.version {
            1 => {
                self.agree_in_version_1(chosen.number, theirs)?;
                Ok(tlv::encode(DYNAMIC, &[]))
            }
            _ => self.agree_in_version_2(chosen.number, theirs),
        }
    }

    /// The keys lie behind access control, those of version 2 behind terminal authentication, too.
    fn chip_authentication_is_possible(&self) -> Result<(), Status> {
        if self.session.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if self.has_fault(Fault::ChipAuthenticationRefused) {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        let refused = self.watch.acting().find_map(|fault| match fault {
            Fault::ChipKeyRefused(status) => Some(Status(status)),
            _ => None,
        });
        match (refused, self.df) {
            (Some(status), _) => Err(status),
            (None, Df::Application) => Ok(()),
            (None, Df::Master) if self.announced_key().is_some() => Ok(()),
            (None, Df::Master | Df::Beside(_)) => Err(Status::CONDITIONS_NOT_SATISFIED),
        }
    }

    const fn version_here(&self) -> u32 {
        match self.df {
            Df::Application => 1,
            Df::Master | Df::Beside(_) => 2,
        }
    }

    /// Number of the key that is meant: by its identifier, or by being the only one. A terminal must
    /// name the key where the chip has several (Doc 9303-11 §6.2.4).
    fn chip_key(
        &self,
        key_id: Option<&[u8]>,
        usable: impl Fn(&ChipAuthenticationKey) -> bool,
    ) -> Result<usize, Status> {
        let mut keys = self
            .card
            .chip_keys
            .iter()
            .enumerate()
            .filter(|(_, key)| usable(key))
            .peekable();
        if keys.peek().is_none() {
            // Algorithm not supported.
            return Err(Status::INCORRECT_DATA);
        }
        // One key may be there for several protocols.
        let mut ids = self
            .card
            .chip_keys
            .iter()
            .filter(|key| key.version == self.version_here())
            .map(|key| &key.key_id);
        let first = ids.next();
        let alone = ids.all(|id| Some(id) == first);
        let meant = |own: &Option<Vec<u8>>| match (own, key_id) {
            (Some(own), Some(asked)) => !asked.is_empty() && trim_zeros(own) == trim_zeros(asked),
            (Some(_), None) => alone,
            (None, None) => true,
            (None, Some(_)) => false,
        };
        let mut found = keys.filter(|(_, key)| meant(&key.key_id));
        match (found.next(), found.next()) {
            (Some((number, _)), None) => Ok(number),
            _ => Err(Status::REFERENCE_NOT_FOUND),
        }
    }

    fn chosen_key(&self, number: usize) -> Result<&ChipAuthenticationKey, Status> {
        self.card.chip_keys.get(number).ok_or(Status::UNSPECIFIED)
    }

    /// The secret that the chosen key and the terminal's share.
    fn agree_with_chip_key(&mut self, number: usize, theirs: &[u8]) -> Result<Agreed, Status> {
        let refused = self.watch.acting().find_map(|fault| match fault {
            Fault::ChipAgreementRefused(status) => Some(Status(status)),
            _ => None,
        });
        if let Some(status) = refused {
            return Err(status);
        }
        let clone = self.has_fault(Fault::WrongChipKey);
        let key = self.card.chip_keys.get(number).ok_or(Status::UNSPECIFIED)?;
        let domain = key.private.domain();
        let theirs = domain.public(theirs).map_err(|_| Status::INCORRECT_DATA)?;
        let shared = if clone {
            let other = domain
                .generate(self.random.as_mut())
                .map_err(|_| Status::UNSPECIFIED)?;
            other.agree(&theirs)
        } else {
            key.private.agree(&theirs)
        };
        let shared = shared.map_err(|_| Status::INCORRECT_DATA)?;
        Ok(Agreed { theirs, shared })
    }

    /// Agrees on new session keys. They are used from the next command on; the response to this
    /// one still goes under the old ones (Doc 9303-11 §9.8.2).
    fn agree_in_version_1(&mut self, number: usize, theirs: &[u8]) -> Result<(), Status> {
        let Agreed { theirs, shared } = self.agree_with_chip_key(number, theirs)?;
        let session = Session::new(self.chosen_key(number)?.cipher, shared.expose());
        // Whatever a terminal was allowed belongs to the session that ends here.
        self.terminal.forget_rights();
        self.terminal.agreed_with(&theirs);
        self.start(session);
        Ok(())
    }

    /// The same in version 2: the key must be the one that terminal authentication announced, a
    /// nonce goes into the session keys, and a token proves them (TR-03110-2, TR-03110-3).
    fn agree_in_version_2(&mut self, number: usize, theirs: &[u8]) -> Result<Vec<u8>, Status> {
        let announced = self
            .announced_key()
            .map(<[u8]>::to_vec)
            .ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let Agreed { theirs, shared } = self.agree_with_chip_key(number, theirs)?;
        if theirs.compressed() != announced {
            return Err(Status::VERIFICATION_FAILED);
        }
        let mut nonce = [0; NONCE];
        self.fill(&mut nonce)?;
        let key = self.chosen_key(number)?;
        // TR-03110-3: the key derivation function takes the nonce after the shared secret.
        let mut seed = Vec::with_capacity(shared.len() + NONCE);
        seed.extend_from_slice(shared.expose());
        seed.extend_from_slice(&nonce);
        let seed = Secret::new(seed);
        let authentication = kdf::derive(key.cipher, seed.expose(), Purpose::Authentication);
        let mut token = mac::tag(&authentication, &[&public_key(&key.oid, &theirs)]);
        let session = Session::new(key.cipher, seed.expose());
        if self.has_fault(Fault::ChipTokenWrong)
            && let Some(last) = token.last_mut()
        {
            *last ^= 1;
        }
        self.terminal.open_rights();
        self.start(session);
        Ok(tlv::encode(
            DYNAMIC,
            &[&tlv::encode(0x81, &[&nonce]), &tlv::encode(0x82, &[&token])],
        ))
    }

    fn start(&mut self, session: Session) {
        if !self.has_fault(Fault::ChipKeepsOldKeys) {
            self.next = Some(session);
        }
    }
}

/// The public key data object that the token is made over, without domain parameters.
fn public_key(oid: &[u8], key: &Public) -> Vec<u8> {
    let value = match key.domain().agreement() {
        Agreement::Dh => 0x84,
        Agreement::Ecdh => 0x86,
    };
    tlv::encode(
        PUBLIC_KEY,
        &[
            &tlv::encode(tag::OID, &[oid]),
            &tlv::encode(value, &[key.data()]),
        ],
    )
}
