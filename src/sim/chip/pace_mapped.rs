//! Chip authentication mapping on the chip's side: what its last answer carries beside the token
//! (Doc 9303-11 §4.4.3.3.3).

use crate::bytes::tlv;
use crate::crypto::agreement::Private;
use crate::crypto::cipher;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::iso7816::Status;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::fault::Fault;
use crate::sim::personalisation::PaceOffer;

/// Encrypted chip authentication data.
const ENCRYPTED_DATA: u32 = 0x8A;

impl Chip {
    /// The data object with the encrypted chip authentication data; nothing in other mappings.
    pub(super) fn chip_authentication_data(
        &mut self,
        offer: &PaceOffer,
        shared: &Secret,
        mapping: Option<Private>,
    ) -> Result<Vec<u8>, Status> {
        let data = match mapping {
            Some(mapping) => self.quotient(&mapping)?,
            None if self.has_fault(Fault::CamDataInGenericMapping) => Secret::new(vec![0x5A; 32]),
            None => return Ok(Vec::new()),
        };
        let data = if self.has_fault(Fault::CamNotOctetString) {
            Secret::new(tlv::encode_integer(data.expose()))
        } else {
            data
        };
        let encrypted = encrypt(offer, shared, &data)?;
        Ok(if self.has_fault(Fault::CamDataMissing) {
            Vec::new()
        } else if self.has_fault(Fault::CamDataWithoutTag) {
            encrypted
        } else if self.has_fault(Fault::CamWrongTag) {
            tlv::encode(0x8B, &[&encrypted])
        } else if self.has_fault(Fault::CamEmpty) {
            tlv::encode(ENCRYPTED_DATA, &[])
        } else {
            tlv::encode(ENCRYPTED_DATA, &[&encrypted])
        })
    }

    /// CA_IC: the mapping key divided by the static key.
    fn quotient(&mut self, mapping: &Private) -> Result<Secret, Status> {
        let wrong;
        let fixed = if self.has_fault(Fault::CamWrong) {
            wrong = self.generate(&mapping.domain())?;
            &wrong
        } else {
            self.card.mapping_key.as_ref().ok_or(Status::UNSPECIFIED)?
        };
        fixed.divide(mapping).map_err(|_| Status::UNSPECIFIED)
    }
}

/// Encrypts under the new session key for encryption, padded by method 2, with the encrypted
/// all-ones block as initial vector.
fn encrypt(offer: &PaceOffer, shared: &Secret, data: &Secret) -> Result<Vec<u8>, Status> {
    let failed = |_| Status::UNSPECIFIED;
    let cipher = offer.protocol.cipher;
    let key = kdf::derive(cipher, shared.expose(), Purpose::Encryption);
    let ones = vec![0xFF; cipher.block_len()];
    let vector = key.encrypt(&[], &ones).map_err(failed)?;
    let padded = Secret::new(cipher::pad(data.expose(), cipher.block_len()));
    key.encrypt(&vector, padded.expose()).map_err(failed)
}
