//! EF.CVCA: which authorities the chip takes terminal certificates of (Doc 9303-11 §7.1,
//! TR-03110-3).
//!
//! ```text
//! EF.CVCA := 42 L CAR(current) [42 L CAR(previous)] 00*
//! ```
//! There is no outer tag; the file is filled up with zeros to 36 bytes.

use crate::bytes::tlv::Reader;
use crate::error::Malformed;

/// Length of the file: two references of sixteen characters with their headers, in bytes.
pub const LENGTH: usize = 36;

/// Certification authority reference
const REFERENCE: u32 = 0x42;

/// Longest reference, in characters.
const MAX_REFERENCE: usize = 16;

/// Reads the references: the current one, then the one before it where there is one.
///
/// # Errors
/// [`Malformed`] when the file does not begin with a reference, has three, or holds something else
/// than zeros after them.
pub fn decode(file: &[u8]) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut reader = Reader::new(file);
    let mut references = vec![reference(&mut reader)?];
    if reader.peek() == Some(REFERENCE) {
        references.push(reference(&mut reader)?);
    }
    if reader.rest().iter().any(|octet| *octet != 0) {
        return Err(Malformed::new("EF.CVCA", reader.offset()));
    }
    Ok(references)
}

fn reference(reader: &mut Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let element = reader.expect(REFERENCE, "certification authority reference")?;
    if element.value.is_empty() || element.value.len() > MAX_REFERENCE {
        return Err(Malformed::new(
            "certification authority reference",
            element.offset,
        ));
    }
    Ok(element.value.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    fn file(references: &[&str]) -> Vec<u8> {
        references
            .iter()
            .flat_map(|reference| encode(REFERENCE, &[reference.as_bytes()]))
            .collect()
    }

    #[test]
    fn one_or_two_references_are_read() {
        let mut one = file(&["UTCVCA00001"]);
        assert_eq!(decode(&one).unwrap(), [b"UTCVCA00001"]);
        one.resize(LENGTH, 0);
        assert_eq!(decode(&one).unwrap(), [b"UTCVCA00001"]);
        let two = file(&["UTCVCA0000000002", "UTCVCA0000000001"]);
        assert_eq!(two.len(), LENGTH);
        assert_eq!(
            decode(&two).unwrap(),
            [b"UTCVCA0000000002", b"UTCVCA0000000001"]
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            vec![],
            vec![0; LENGTH],
            file(&[""]),
            file(&["UTCVCA00000000003"]),
            file(&["UTCVCA00003", "UTCVCA00002", "UTCVCA00001"]),
            [file(&["UTCVCA00001"]), vec![0, 0, 1]].concat(),
            vec![0x42, 0x0B, b'U', b'T'],
        ] {
            assert!(decode(&wrong).is_err(), "{wrong:02X?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..48)) {
            let _ = decode(&bytes);
        }
    }
}
