//! Chip authentication version 1 on the chip's side (Doc 9303-11 §6.2).

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::trim_zeros;
use crate::crypto::cipher::Cipher;
use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::LAST_OF_CHAIN_EXPECTED;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::pace::DYNAMIC;
use crate::sim::chip::pace::dynamic_object;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::fault::Fault;
use crate::sim::personalisation::ChipAuthenticationKey;

impl Chip {
    /// MSE:Set KAT: chooses the key and agrees, in one command; 3DES only (§6.2.4.1).
    pub(super) fn set_key_agreement(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        self.chip_authentication_is_possible()?;
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(&command.data);
        let theirs = reader.expect(0x91, "ephemeral key").map_err(wrong)?.value;
        let key_id = reader
            .optional(0x84, "private key reference")
            .map_err(wrong)?
            .map(|element| element.value);
        reader.finish("MSE:Set KAT").map_err(wrong)?;
        let number = self.chip_key(key_id, |key| key.cipher == Cipher::TripleDes)?;
        self.agree_with_chip_key(number, theirs)?;
        Ok(Vec::new())
    }

    /// MSE:Set AT for internal authentication: chooses protocol and key (§6.2.4.2).
    pub(super) fn set_chip_authentication(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        self.chip_authentication_is_possible()?;
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(&command.data);
        let protocol = reader.expect(0x80, "protocol").map_err(wrong)?.value;
        let key_id = reader
            .optional(0x84, "private key reference")
            .map_err(wrong)?
            .map(|element| element.value);
        reader.finish("MSE:Set AT").map_err(wrong)?;
        let number = self.chip_key(key_id, |key| key.oid == protocol)?;
        self.step = Step::ChipAuthentication(number);
        Ok(Vec::new())
    }

    /// GENERAL AUTHENTICATE: agrees with the key that was chosen (§6.2.4.2). One single command.
    pub(super) fn chip_authentication_step(
        &mut self,
        number: usize,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        if chain == Chain::More {
            return Err(LAST_OF_CHAIN_EXPECTED);
        }
        let (Some(0x80), theirs) = dynamic_object(&command.data)? else {
            return Err(Status::INCORRECT_DATA);
        };
        self.agree_with_chip_key(number, theirs)?;
        Ok(tlv::encode(DYNAMIC, &[]))
    }

    /// The keys lie in the eMRTD application, behind access control.
    fn chip_authentication_is_possible(&self) -> Result<(), Status> {
        if self.session.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        if self.df != Df::Application || self.has_fault(Fault::ChipAuthenticationRefused) {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        }
        Ok(())
    }

    /// Number of the key that is meant: by its identifier where it has one, by being the only one
    /// where it has none.
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
        let meant = |own: &Option<Vec<u8>>| match (own, key_id) {
            (Some(own), Some(asked)) => !asked.is_empty() && trim_zeros(own) == trim_zeros(asked),
            (None, None) => true,
            _ => false,
        };
        let mut found = keys.filter(|(_, key)| meant(&key.key_id));
        match (found.next(), found.next()) {
            (Some((number, _)), None) => Ok(number),
            _ => Err(Status::REFERENCE_NOT_FOUND),
        }
    }

    /// Agrees on new session keys. They are used from the next command on; the response to this
    /// one still goes under the old ones (Doc 9303-11 §9.8.2).
    fn agree_with_chip_key(&mut self, number: usize, theirs: &[u8]) -> Result<(), Status> {
        let clone = self.has_fault(Fault::WrongChipKey);
        let key = self.card.chip_keys.get(number).ok_or(Status::UNSPECIFIED)?;
        let theirs = key
            .private
            .curve()
            .point(theirs)
            .map_err(|_| Status::INCORRECT_DATA)?;
        let shared = if clone {
            let curve = key.private.curve();
            let other = curve
                .generate(self.random.as_mut())
                .map_err(|_| Status::UNSPECIFIED)?;
            other.agree(&theirs)
        } else {
            key.private.agree(&theirs)
        };
        let shared = shared.map_err(|_| Status::INCORRECT_DATA)?;
        self.next = Some(Session::new(key.cipher, shared.expose()));
        Ok(())
    }
}
