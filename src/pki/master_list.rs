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
