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

/// Most certificates in one list. The largest list known has under 700.
const MAX_CERTIFICATES: usize = 4096;

/// A master list, decoded and not trusted.
#[derive(Debug, Clone)]
pub struct MasterList {
    /// The signed data around it, for checking who made it.
    pub signed: SignedData,
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
        let mut outer = Reader::new(&signed.content);
        let mut inside = outer.expect(tag::SEQUENCE, "CscaMasterList")?.inside()?;
        outer.finish("CscaMasterList")?;
        inside.expect(tag::INTEGER, "CscaMasterListVersion")?;
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
        Ok(Self {
            signed,
            certificates,
            unread,
        })
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
