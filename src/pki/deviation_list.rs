//! Deviation lists: what a state says is wrong with documents that it issued (Doc 9303-3 §7,
//! Doc 9303-12 §10).
//!
//! ```text
//! DeviationList ::= SEQUENCE {
//!   version INTEGER, digestAlgorithm AlgorithmIdentifier OPTIONAL, deviations SET OF Deviation }
//! Deviation ::= SEQUENCE {
//!   documents DeviationDocuments, descriptions SET OF DeviationDescription }
//! ```

mod description;
mod documents;

use std::borrow::Cow;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::definite;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::list;
use crate::pki::list::ListFault;
use crate::pki::list::Signatory;

pub use description::CertField;
pub use description::CertificateBodyField;
pub use description::Datagroup;
pub use description::Description;
pub use description::DeviationType;
pub use description::MrzField;
pub use description::Parameter;
pub use documents::Concern;
pub use documents::Document;
pub use documents::DocumentSigner;
pub use documents::Documents;
pub use documents::IssuancePeriod;

/// id-icao-DeviationListSigningKey, 2.23.136.1.1.8: what a signer of such lists has in its extended
/// key usage (Doc 9303-12 §7.1.1.3).
pub const SIGNING_KEY: &str = "2.23.136.1.1.8";

/// Most deviations in one list. A list speaks of batches of thousands of documents, and of few.
const MAX_DEVIATIONS: usize = 4096;

/// Most descriptions of one deviation. There are fifteen types.
const MAX_DESCRIPTIONS: usize = 64;

/// Most numbers of documents in one list: what a file of 16 MiB holds by far, without growing much
/// in memory.
const MAX_NUMBERS: usize = 1_048_576;

/// A deviation list, decoded and not trusted.
///
/// It speaks of the documents of the state that signed it, and of no other's: who asks a list about
/// a document has made sure that both are of one state.
#[derive(Debug, Clone)]
pub struct DeviationList {
    /// The signed data around it, for checking who made it.
    pub signed: SignedData,
    /// Version of the list; there is only 0.
    pub version: u32,
    /// The AlgorithmIdentifier of the digests of certificates, as it stood.
    pub digest_algorithm: Option<Vec<u8>>,
    /// The deviations, in order.
    pub deviations: Vec<Deviation>,
    /// What stood there that could not be read as a deviation; one bad entry does not take the
    /// others away.
    pub unread: Vec<Malformed>,
}

/// What is wrong, and with which documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The documents.
    pub documents: Documents,
    /// What is wrong with them.
    pub descriptions: Vec<Description>,
}

impl DeviationList {
    /// Decodes a list: CMS in BER or DER, which must be all there is.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no deviation list, or it is too long.
    pub fn decode(cms: &[u8]) -> Result<Self, Malformed> {
        let signed = SignedData::decode(&definite(cms)?)?;
        if Oid::new(&signed.content_type) != DEVIATION_LIST {
            return Err(Malformed::new("content type of a deviation list", 0));
        }
        let content: Cow<'_, [u8]> = definite(&signed.content)?;
        let mut outer = Reader::new(&content);
        let mut inside = outer.expect(tag::SEQUENCE, "DeviationList")?.inside()?;
        outer.finish("DeviationList")?;
        let version = inside
            .expect(tag::INTEGER, "DeviationListVersion")?
            .small_integer()?;
        let digest_algorithm = inside
            .optional(tag::SEQUENCE, "digestAlgorithm")?
            .map(|algorithm| algorithm.raw.to_vec());
        let mut set = inside.expect(tag::SET, "deviations")?.inside()?;
        inside.finish("DeviationList")?;
        let mut deviations = Vec::new();
        let mut unread = Vec::new();
        let mut numbers_left = MAX_NUMBERS;
        while !set.at_end() {
            if deviations.len() + unread.len() >= MAX_DEVIATIONS {
                return Err(Malformed::new("deviations", set.offset()));
            }
            let entry = set.expect(tag::SEQUENCE, "Deviation")?;
            match Deviation::read(entry, &mut numbers_left) {
                Ok(deviation) => deviations.push(deviation),
                Err(fault) => unread.push(fault),
            }
        }
        drop(content);
        Ok(Self {
            signed,
            version,
            digest_algorithm,
            deviations,
            unread,
        })
    }

    /// The certificates that came along with the signature, as [`crate::pki::master_list`] has them.
    pub fn signers(&self) -> Vec<Certificate> {
        list::certificates(&self.signed)
    }

    /// Checks every signature on the list and says whose they are: one for each, at least one.
    ///
    /// `beside` are certificates that may stand in for a signer's that the list does not bring.
    /// Nothing is trusted by this: each signatory must lead to an anchor still.
    ///
    /// # Errors
    /// [`ListFault`].
    pub fn verify(&self, beside: &[Certificate]) -> Result<Vec<Signatory>, ListFault> {
        list::verify(&self.signed, SIGNING_KEY, beside)
    }

    /// The deviations that concern a document of the list's state, as far as it is known.
    ///
    /// Doc 9303-3 §7.3.6: where an entry names its documents in several ways, all of them must be met.
    pub fn concerning(&self, document: &Document<'_>) -> Vec<(&Deviation, Concern)> {
        let hash = self.certificate_hash();
        self.deviations
            .iter()
            .filter_map(|deviation| {
                let concern = deviation.documents.concern(document, hash)?;
                Some((deviation, concern))
            })
            .collect()
    }

    /// The hash that digests of certificates are made with: the one that is named, else the one in
    /// the signature of the list (Doc 9303-3 §7.3.6). Nothing when it is unknown to this build.
    fn certificate_hash(&self) -> Option<Hash> {
        let signers = || Some(&self.signed.signers.first()?.digest_algorithm);
        let algorithm = self.digest_algorithm.as_ref().or_else(signers)?;
        algorithm::hash_of(algorithm).ok()
    }
}

impl Deviation {
    fn read(entry: Element<'_>, numbers_left: &mut usize) -> Result<Self, Malformed> {
        let mut inside = entry.inside()?;
        let documents = inside.expect(tag::SEQUENCE, "DeviationDocuments")?;
        let documents = Documents::read(documents, numbers_left)?;
        let mut set = inside.expect(tag::SET, "descriptions")?.inside()?;
        inside.finish("Deviation")?;
        let mut descriptions = Vec::new();
        while !set.at_end() {
            if descriptions.len() >= MAX_DESCRIPTIONS {
                return Err(Malformed::new("descriptions", set.offset()));
            }
            descriptions.push(Description::read(
                set.expect(tag::SEQUENCE, "DeviationDescription")?,
            )?);
        }
        Ok(Self {
            documents,
            descriptions,
        })
    }
}

/// The members of a field that the module tags implicitly, and that some write with an explicit tag:
/// then the one inner element is opened. Both are told apart by the inner tag.
fn inside_of<'a>(field: Element<'a>, inner: u32) -> Result<Reader<'a>, Malformed> {
    let members = field.inside()?;
    let mut explicit = members.clone();
    if explicit.peek() == Some(inner)
        && let Ok(only) = explicit.element("explicit tag")
        && explicit.at_end()
    {
        // SEQUENCE { Name, … } begins with a SEQUENCE as well; it has two members, and this has one.
        return only.inside();
    }
    Ok(members)
}

/// id-icao-DeviationList, 2.23.136.1.1.7
const DEVIATION_LIST: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 7]);

#[cfg(test)]
mod tests;
