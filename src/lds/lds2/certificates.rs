//! Records of EF.Certificates: the certificates of those who signed records (Doc 9303-10 §5.1.2
//! table 83).
//!
//! ```text
//! 5F3A country of the issuer (two letters) and the certificate's serial number
//! 72   the X.509 certificate
//! ```

use std::fmt;

use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::lds2::finish;

/// Longest name of a certificate: two letters and a serial number of twenty octets, and as much
/// again.
const MAX_NAME: usize = 44;

/// One signer's certificate. Nothing has been checked of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRecord {
    /// Country and serial number as they stand before the certificate.
    pub name: Vec<u8>,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

impl CertificateRecord {
    /// Decodes one record.
    ///
    /// # Errors
    /// [`Malformed`] when a part is missing or has another form, or something follows that is no
    /// filler.
    pub fn decode(record: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(record);
        let name = reader.expect(0x5F3A, "certificate serial number")?;
        let certificate = reader.expect(0x72, "X.509 certificate")?;
        finish(&reader, "certificate record")?;
        // A country and at least one octet.
        if name.value.len() < 3 || name.value.len() > MAX_NAME {
            return Err(Malformed::new("certificate serial number", name.offset));
        }
        Ok(Self {
            name: name.value.to_vec(),
            certificate: certificate.value.to_vec(),
        })
    }
}

impl fmt::Debug for CertificateRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateRecord({} bytes)", self.certificate.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    #[test]
    fn name_and_certificate_are_read() {
        let record = [
            encode(0x5F3A, &[b"US", &[0x12, 0x34]]),
            encode(0x72, &[&[0x30, 0x00]]),
        ]
        .concat();
        let decoded = CertificateRecord::decode(&record).unwrap();
        assert_eq!(decoded.name, [b'U', b'S', 0x12, 0x34]);
        assert_eq!(decoded.certificate, [0x30, 0x00]);
        for cut in 0..record.len() {
            assert!(CertificateRecord::decode(&record[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = CertificateRecord::decode(&bytes);
        }
    }
}
