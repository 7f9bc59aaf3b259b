//! A file of additional biometrics (Doc 9303-10 §5.3.3 table 93).
//!
//! ```text
//! 7F2E { 5F2E data (signed), 5F37 signature over 5F2E, 5F38 number of the signer's certificate }
//! ```

use std::fmt;

use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::lds2::Authenticity;
use crate::lds::lds2::finish;

/// Additional biometric data. What its octets are is its issuer's affair (Doc 9303-10 §5.3.3), so
/// they stay octets.
#[derive(Clone, PartialEq, Eq)]
pub struct AdditionalBiometrics {
    /// The data.
    pub data: Vec<u8>,
    /// Who signed it.
    pub authenticity: Authenticity,
}

impl AdditionalBiometrics {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when a part is missing or has another form, or something follows that is no
    /// filler.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let template = reader.expect(0x7F2E, "biometric data template")?;
        finish(&reader, "biometric data template")?;
        let mut inside = template.inside()?;
        let data = inside.expect(0x5F2E, "biometric data")?;
        let authenticity = Authenticity::take(&data, &mut inside)?;
        inside.finish("biometric data template")?;
        Ok(Self {
            data: data.value.to_vec(),
            authenticity,
        })
    }

    /// What it says: the octets, which are sensitive.
    pub fn fields(&self) -> Vec<Field> {
        vec![
            Field::shown(
                "biometric_bytes",
                Value::Number(u64::try_from(self.data.len()).unwrap_or(u64::MAX)),
            ),
            Field::sensitive("biometric_data", Value::Octets(self.data.clone())),
        ]
    }
}

impl fmt::Debug for AdditionalBiometrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdditionalBiometrics({} bytes)", self.data.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    #[test]
    fn data_and_signature_are_read() {
        let data = encode(0x5F2E, &[b"something"]);
        let file = encode(
            0x7F2E,
            &[
                &data,
                &encode(0x5F37, &[&[0x5A; 64]]),
                &encode(0x5F38, &[&[0x40]]),
            ],
        );
        let decoded = AdditionalBiometrics::decode(&file).unwrap();
        assert_eq!(decoded.data, b"something");
        assert_eq!(decoded.authenticity.signed, data);
        for cut in 0..file.len() {
            assert!(AdditionalBiometrics::decode(&file[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = AdditionalBiometrics::decode(&bytes);
            let _ = AdditionalBiometrics::decode(&encode(0x7F2E, &[&bytes]));
        }
    }
}
