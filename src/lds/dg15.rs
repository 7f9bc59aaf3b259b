//! DG15: the public key of active authentication (Doc 9303-10 §4.7.15):
//! `6F { SubjectPublicKeyInfo }`.

use crate::bytes::tlv::Reader;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::algorithm::subject_public_key;
use crate::crypto::signature::PublicKey;
use crate::lds::DataGroup;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// Decodes the file into the key that the chip proves to hold.
///
/// # Errors
/// [`KeyFault`] when the form is another, bytes follow, or the key is of a kind or on a curve that
/// this build does not know.
pub fn decode(file: &[u8]) -> Result<PublicKey, KeyFault> {
    let mut reader = Reader::new(file);
    let template = reader.expect(DataGroup::DG15.tag(), "DG15")?;
    reader.finish("DG15")?;
    match subject_public_key(template.value)? {
        // Doc 9303-11 §6.1 has RSA and ECDSA alone.
        PublicKey::Dsa(_) => Err(KeyFault::Unsupported("DSA key".to_owned())),
        key => Ok(key),
    }
}

/// What a key is, field by field: its kind and size, never the key itself.
pub fn fields(key: &PublicKey) -> Vec<Field> {
    let (word, name, bits) = match key {
        PublicKey::Rsa(rsa) => ("rsa", None, rsa.bits()),
        PublicKey::Dsa(dsa) => ("dsa", None, dsa.bits()),
        PublicKey::Ec(point) => {
            let curve = point.curve();
            ("ec", Some(curve.name().to_owned()), curve.field_bits())
        }
    };
    let mut fields = vec![Field::shown("key_kind", Value::Word(word))];
    fields.extend(name.map(|name| Field::shown("domain", Value::Text(name))));
    let bits = u64::try_from(bits).unwrap_or(u64::MAX);
    fields.push(Field::shown("key_bits", Value::Number(bits)));
    fields
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_unknown_kind_of_key_is_named_and_other_forms_are_malformed() {
        // Ed25519, 1.3.101.112.
        let file = hex::decode("6F0D300B300506032B6570030200FF").unwrap();
        assert!(matches!(decode(&file), Err(KeyFault::Unsupported(_))));
        assert!(matches!(decode(&file[2..]), Err(KeyFault::Malformed(_))));
        assert!(matches!(decode(&[]), Err(KeyFault::Malformed(_))));
    }

    #[test]
    fn the_reference_passports_key_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/Datagroup15.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        assert!(matches!(decode(&file).unwrap(), PublicKey::Rsa(_)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
            let _ = decode(&crate::bytes::tlv::encode(0x6F, &[&bytes]));
        }
    }
}
