//! EF.CardSecurity: the SecurityInfos of the master file, signed (Doc 9303-11 §9.2, TR-03110-3
//! §A.1.2).
//!
//! The file is a CMS `ContentInfo` and nothing around it; its content is one set of
//! [`SecurityInfos`]. Chip authentication mapping proves a key that stands in it.

use std::borrow::Cow;

use crate::bytes::oid::Oid;
use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::security_infos::SecurityInfos;

/// id-SecurityObject, 0.4.0.127.0.7.3.2.1: what the content must be called.
pub const SECURITY_OBJECT: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 3, 2, 1]);

/// Takes the CMS `ContentInfo`, in definite form.
///
/// # Errors
/// [`Malformed`] when the file is anything but one SEQUENCE.
pub fn signed_data(file: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let definite = tlv::definite(file)?;
    let mut reader = Reader::new(&definite);
    reader.expect(tag::SEQUENCE, "EF.CardSecurity")?;
    reader.finish("EF.CardSecurity")?;
    Ok(definite)
}

/// Decodes the `eContent` octets of a content of this type.
///
/// # Errors
/// [`Malformed`] when the type is another, or as [`SecurityInfos::decode`].
pub fn decode(content_type: Oid<'_>, econtent: &[u8]) -> Result<SecurityInfos, Malformed> {
    if content_type != SECURITY_OBJECT {
        return Err(Malformed::new("EF.CardSecurity content type", 0));
    }
    SecurityInfos::decode(econtent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_file_is_one_sequence() {
        assert!(signed_data(&[0x30, 0x02, 0x05, 0x00]).is_ok());
        assert_eq!(
            signed_data(&[0x30, 0x80, 0x05, 0x00, 0x00, 0x00]).unwrap(),
            [0x30, 0x02, 0x05, 0x00].as_slice()
        );
        for wrong in [
            &[][..],
            &[0x77, 0x02, 0x30, 0x00],
            &[0x30, 0x02, 0x05, 0x00, 0x00],
            &[0x30, 0x03, 0x05, 0x00],
        ] {
            assert!(signed_data(wrong).is_err());
        }
    }

    #[test]
    fn the_content_has_a_type_of_its_own() {
        let set = [0x31, 0x00];
        assert!(decode(SECURITY_OBJECT, &set).is_ok());
        // An LDS security object is signed by the same signers.
        let other = Oid::new(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x01]);
        assert!(decode(other, &set).is_err());
        assert!(decode(SECURITY_OBJECT, &[0x30, 0x00]).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = signed_data(&bytes);
            let _ = decode(SECURITY_OBJECT, &bytes);
        }
    }
}
