//! Builds certificate revocation lists (RFC 5280 §5, Doc 9303-12 §7.1.4).

use jiff::civil::DateTime;

use crate::bytes::tlv::encode_integer;
use crate::error::Malformed;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::der;

/// What a revocation list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationListSpec {
    /// When it was made, in UTC.
    pub this_update: DateTime,
    /// When the next one is due, in UTC.
    pub next_update: DateTime,
    /// CRL number.
    pub number: u32,
    /// Serial numbers that are revoked, unsigned.
    pub revoked: Vec<Vec<u8>>,
}

impl RevocationListSpec {
    /// Signs the list; gives DER.
    ///
    /// # Errors
    /// [`Malformed`] when the issuer's key cannot sign.
    pub fn sign(&self, issuer: &Entity) -> Result<Vec<u8>, Malformed> {
        let algorithm = issuer.key.algorithm(issuer.spec.hash);
        let revoked: Vec<Vec<u8>> = self
            .revoked
            .iter()
            .map(|serial| der::sequence(&[&encode_integer(serial), &der::time(self.this_update)]))
            .collect();
        // RFC 5280 §5.1.2.6: an empty list is left out.
        let revoked = match revoked.as_slice() {
            [] => Vec::new(),
            list => der::sequence_of(list),
        };
        let key_identifier = der::sequence(&[&der::implicit(0, &issuer.key_identifier()?)]);
        let extensions = der::sequence(&[
            &extension(&[0x55, 0x1D, 35], Critical::No, &key_identifier),
            &extension(&[0x55, 0x1D, 20], Critical::No, &der::small(self.number)),
        ]);
        let tbs = der::sequence(&[
            &der::small(1),
            &algorithm,
            &issuer.spec.subject.encode(),
            &der::time(self.this_update),
            &der::time(self.next_update),
            &revoked,
            &der::explicit(0, &[&extensions]),
        ]);
        let signature = issuer.key.sign(issuer.spec.hash, &tbs)?;
        Ok(der::sequence(&[&tbs, &algorithm, &der::bits(&signature)]))
    }
}
