//! DG14: security options (Doc 9303-10 §4.7.14): `6E { SecurityInfos }`.

use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::security_infos::SecurityInfos;

/// Decodes the file into what it wraps.
///
/// # Errors
/// [`Malformed`] when the form is another or bytes follow. Offsets within the set count from its
/// own start.
pub fn decode(file: &[u8]) -> Result<SecurityInfos, Malformed> {
    let mut reader = Reader::new(file);
    let template = reader.expect(DataGroup::DG14.tag(), "DG14")?;
    reader.finish("DG14")?;
    SecurityInfos::decode(template.value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::agreement::Domain;
    use crate::crypto::cipher::Cipher;
    use crate::crypto::curve::Curve;
    use crate::lds::security_infos::Agreement;

    #[test]
    fn the_set_is_unwrapped() {
        let file = [
            0x6E, 0x0F, 0x31, 0x0D, 0x30, 0x0B, 0x06, 0x06, 0x67, 0x81, 0x08, 1, 1, 6, 2, 1, 1,
        ];
        assert_eq!(decode(&file).unwrap().other, ["2.23.136.1.1.6"]);
        assert!(decode(&file[2..]).is_err());
        assert!(decode(&[&file[..], &[0]].concat()).is_err());
    }

    #[test]
    fn the_reference_passports_key_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/Datagroup14.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        let infos = decode(&file).unwrap();
        assert_eq!(infos.terminal_authentication[0].version, 1);
        assert_eq!(infos.chip_authentication[0].agreement, Agreement::Ecdh);
        assert_eq!(infos.chip_authentication[0].cipher, Cipher::TripleDes);
        // Explicit parameters.
        let key = infos.chip_keys[0].key.as_ref().unwrap();
        assert_eq!(key.domain(), Domain::Curve(Curve::BrainpoolP224r1));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
            let _ = decode(&crate::bytes::tlv::encode(0x6E, &[&bytes]));
        }
    }
}
