//! Builds certificate revocation lists (RFC 5280 §5, Doc 9303-12 §7.1.4).

use jiff::civil::DateTime;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::error::Malformed;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::der;
use crate::sim::pki::parts::Changes;

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

/// What a list may have beyond that, and what of it is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extras {
    /// Reason codes (RFC 5280 §5.3.1) of the first entries, in their order; Doc 9303-12 §7.1.4 has none.
    pub reasons: Vec<u8>,
    /// Finished Extension elements for every entry.
    pub entry_extensions: Vec<Vec<u8>>,
    /// Finished Extension elements for the list.
    pub more_extensions: Vec<Vec<u8>>,
    /// Parts that are written otherwise, or not at all.
    pub changes: Changes<Part>,
}

/// A part of a revocation list (RFC 5280 §5.1). Whatever stands in its place is signed, but for the
/// two parts that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// version
    Version,
    /// The algorithm inside what is signed
    InnerAlgorithm,
    /// issuer
    Issuer,
    /// thisUpdate
    ThisUpdate,
    /// nextUpdate
    NextUpdate,
    /// revokedCertificates
    Revoked,
    /// The Extension element of the authority key identifier
    AuthorityKeyId,
    /// The Extension element of the number
    Number,
    /// `[0]` and all of the extensions inside
    Extensions,
    /// signatureAlgorithm, which is not signed
    OuterAlgorithm,
    /// signatureValue
    Signature,
}

impl Extras {
    /// Nothing beyond.
    pub const fn none() -> Self {
        Self {
            reasons: Vec::new(),
            entry_extensions: Vec::new(),
            more_extensions: Vec::new(),
            changes: Changes::none(),
        }
    }
}

impl RevocationListSpec {
    /// Signs the list; gives DER.
    ///
    /// # Errors
    /// [`Malformed`] when the issuer's key cannot sign.
    pub fn sign(&self, issuer: &Entity) -> Result<Vec<u8>, Malformed> {
        self.sign_with(issuer, &Extras::none())
    }

    /// Signs the list with more in it; gives DER.
    ///
    /// # Errors
    /// [`Malformed`] when the issuer's key cannot sign.
    pub fn sign_with(&self, issuer: &Entity, extras: &Extras) -> Result<Vec<u8>, Malformed> {
        let algorithm = issuer.key.algorithm(issuer.spec.hash);
        let part = |part, usual| extras.changes.of(part, usual);
        let extensions = self.extensions(issuer, extras)?;
        let tbs = der::sequence(&[
            &part(Part::Version, der::small(1)),
            &part(Part::InnerAlgorithm, algorithm.clone()),
            &part(Part::Issuer, issuer.spec.subject.encode()),
            &part(Part::ThisUpdate, der::time(self.this_update)),
            &part(Part::NextUpdate, der::time(self.next_update)),
            &part(Part::Revoked, self.entries(extras)),
            &part(Part::Extensions, der::explicit(0, &[&extensions])),
        ]);
        let signature = issuer.key.sign(issuer.spec.hash, &tbs)?;
        Ok(der::sequence(&[
            &tbs,
            &part(Part::OuterAlgorithm, algorithm),
            &part(Part::Signature, der::bits(&signature)),
        ]))
    }

    fn entries(&self, extras: &Extras) -> Vec<u8> {
        let mut reasons = extras.reasons.iter();
        let revoked: Vec<Vec<u8>> = self
            .revoked
            .iter()
            .map(|serial| {
                let mut extensions = extras.entry_extensions.clone();
                if let Some(reason) = reasons.next() {
                    let reason = encode(ENUMERATED, &[&[*reason]]);
                    extensions.push(extension(&[0x55, 0x1D, 21], Critical::No, &reason));
                }
                let extensions = match extensions.as_slice() {
                    [] => Vec::new(),
                    list => der::sequence_of(list),
                };
                der::sequence(&[
                    &encode_integer(serial),
                    &der::time(self.this_update),
                    &extensions,
                ])
            })
            .collect();
        // RFC 5280 §5.1.2.6: an empty list is left out.
        match revoked.as_slice() {
            [] => Vec::new(),
            list => der::sequence_of(list),
        }
    }

    fn extensions(&self, issuer: &Entity, extras: &Extras) -> Result<Vec<u8>, Malformed> {
        let part = |part, usual| extras.changes.of(part, usual);
        let key_identifier = der::sequence(&[&der::implicit(0, &issuer.key_identifier()?)]);
        let authority = extension(&[0x55, 0x1D, 35], Critical::No, &key_identifier);
        let number = extension(&[0x55, 0x1D, 20], Critical::No, &der::small(self.number));
        let mut list = vec![
            part(Part::AuthorityKeyId, authority),
            part(Part::Number, number),
        ];
        list.extend_from_slice(&extras.more_extensions);
        Ok(der::sequence_of(&list))
    }
}

const ENUMERATED: u32 = 0x0A;
