//! Master lists: the country certificates that one state vouches for (Doc 9303-12 §9).
//!
//! ```text
//! CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }
//! ```

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::definite;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::list;
use crate::pki::list::ListFault;
use crate::pki::list::Signatory;

/// id-icao-cscaMasterListSigningKey, 2.23.136.1.1.3: what a signer of such lists has in its
/// extended key usage (Doc 9303-12 §7.1.1.3).
pub const SIGNING_KEY: &str = "2.23.136.1.1.3";

/// Most certificates in one list. The largest list known has under 700.
const MAX_CERTIFICATES: usize = 4096;

/// A master list, decoded and not trusted.
#[derive(Debug, Clone)]
pub struct MasterList {
    /// The signed data around it, for checking who made it.
    pub signed: SignedData,
    /// Version of the list; there is only 0.
    pub version: u32,
    /// The certificates, in order.
    pub certificates: Vec<Certificate>,
    /// What stood there that could not be read as a certificate; one bad entry does not take the
    /// others away.
    pub unread: Vec<Malformed>,
}

impl MasterList {
    /// Decodes a list: CMS in BER or DER, which must be all there is.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no master list, or it is too long.
    pub fn decode(cms: &[u8]) -> Result<Self, Malformed> {
        let signed = SignedData::decode(&definite(cms)?)?;
        if Oid::new(&signed.content_type) != CSCA_MASTER_LIST {
            return Err(Malformed::new("content type of a master list", 0));
        }
        let content = definite(&signed.content)?;
        let mut outer = Reader::new(&content);
        let mut inside = outer.expect(tag::SEQUENCE, "CscaMasterList")?.inside()?;
        outer.finish("CscaMasterList")?;
        let version = inside
            .expect(tag::INTEGER, "CscaMasterListVersion")?
            .small_integer()?;
        let mut set = inside.expect(tag::SET, "certList")?.inside()?;
        inside.finish("CscaMasterList")?;
        let mut certificates = Vec::new();
        let mut unread = Vec::new();
        while !set.at_end() {
            if certificates.len() + unread.len() >= MAX_CERTIFICATES {
                return Err(Malformed::new("certList", set.offset()));
            }
            let entry = set.expect(tag::SEQUENCE, "certList")?;
            match Certificate::decode(entry.raw) {
                Ok(certificate) => certificates.push(certificate),
                Err(fault) => unread.push(fault),
            }
        }
        drop(content);
        Ok(Self {
            signed,
            version,
            certificates,
            unread,
        })
    }

    /// The certificates that came along with the signature: the signer's, and mostly its
    /// authority's. Those that cannot be read are left out.
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
}

/// id-icao-cscaMasterList, 2.23.136.1.1.2
const CSCA_MASTER_LIST: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 2]);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::pki::build;
    use crate::pki::build::Draft;
    use crate::pki::build::name;

    /// A list with these entries.
    fn list(entries: &[&[u8]]) -> Vec<u8> {
        let set = encode(tag::SET, entries);
        let content = build::sequence(&[&[2, 1, 0], &set]);
        let signer =
            Draft::signer(&name("VN", "Test MLS"), 8, &name("VN", "Test CSCA"), 1).certificate(1);
        let attributes = build::attributes(CSCA_MASTER_LIST, &content);
        let forms = [attributes.as_slice(), attributes.as_slice()];
        build::signed_data(CSCA_MASTER_LIST, &content, &signer, 8, forms)
    }

    fn root() -> Vec<u8> {
        let root = name("VN", "Test CSCA");
        Draft::authority(&root, 1, &root, 1).sign(1)
    }

    #[test]
    fn one_bad_entry_does_not_take_the_others_away() {
        let bad = build::sequence(&[&[2, 1, 0]]);
        let decoded = MasterList::decode(&list(&[&bad, &root()])).unwrap();
        assert_eq!(decoded.certificates.len(), 1);
        assert_eq!(decoded.certificates[0].subject_text(), "CN=Test CSCA,C=VN");
        assert_eq!(decoded.unread.len(), 1);
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        let entry: &[u8] = &[0x30, 0];
        assert!(MasterList::decode(&list(&vec![entry; 4096])).is_ok());
        assert!(MasterList::decode(&list(&vec![entry; 4097])).is_err());
    }

    #[test]
    fn other_signed_data_is_no_master_list() {
        let Some(file) = build::shared("samples/tr03105-5/EF_SOD.bin") else {
            return;
        };
        let inside = Reader::new(&file).element("EF.SOD").unwrap().value;
        assert!(SignedData::decode(inside).is_ok());
        assert!(MasterList::decode(inside).is_err());
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
            keep in any::<usize>(),
        ) {
            let _ = MasterList::decode(&build::damaged(&list(&[&root()]), &changes, keep));
        }
    }
}
