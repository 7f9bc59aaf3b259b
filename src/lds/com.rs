//! EF.COM: what the document says it holds (Doc 9303-10 §4.6.1). Unsigned, so information only.
//!
//! ```text
//! 60 { 5F01 "0107"  5F36 "040000"  5C { one tag octet per data group } }
//! ```

use std::collections::BTreeSet;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::field::Field;
use crate::lds::field::Value;

const TEMPLATE: u32 = 0x60;
const LDS_VERSION: u32 = 0x5F01;
const UNICODE_VERSION: u32 = 0x5F36;
const TAG_LIST: u32 = 0x5C;

/// The contents of EF.COM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Com {
    /// LDS version: `(1, 7)` or `(1, 8)`.
    pub lds_version: (u8, u8),
    /// Unicode version: major, minor, release.
    pub unicode_version: (u8, u8, u8),
    /// The data groups that are said to be there.
    pub groups: BTreeSet<DataGroup>,
}

impl Com {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, a tag is no data group's, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut inside = reader.expect(TEMPLATE, "EF.COM")?.inside()?;
        reader.finish("EF.COM")?;
        let lds = inside.expect(LDS_VERSION, "LDS version")?;
        let unicode = inside.expect(UNICODE_VERSION, "Unicode version")?;
        let list = inside.expect(TAG_LIST, "tag list")?;
        inside.finish("EF.COM")?;

        let [lds_major, lds_minor] = pairs(&lds, "LDS version")?;
        let [major, minor, release] = pairs(&unicode, "Unicode version")?;
        let groups = list
            .value
            .iter()
            .map(|octet| DataGroup::from_tag(u32::from(*octet)))
            .collect::<Option<_>>()
            .ok_or(Malformed::new("tag list", list.offset))?;
        Ok(Self {
            lds_version: (lds_major, lds_minor),
            unicode_version: (major, minor, release),
            groups,
        })
    }

    /// What it says, field by field.
    pub fn fields(&self) -> Vec<Field> {
        let (major, minor) = self.lds_version;
        let (first, second, third) = self.unicode_version;
        let groups = self.groups.iter();
        let groups = groups.map(|group| Value::Text(group.to_string())).collect();
        vec![
            Field::shown("lds_version", Value::Text(format!("{major}.{minor}"))),
            Field::shown(
                "unicode_version",
                Value::Text(format!("{first}.{second}.{third}")),
            ),
            Field::shown("groups", Value::List(groups)),
        ]
    }
}

/// Pairs of decimal digits: `"0107"` is 1 and 7.
fn pairs<const N: usize>(element: &Element<'_>, what: &'static str) -> Result<[u8; N], Malformed> {
    let malformed = Malformed::new(what, element.offset);
    let mut numbers = [0; N];
    let chunks = element.value.chunks(2);
    if chunks.len() != N {
        return Err(malformed);
    }
    for (number, chunk) in numbers.iter_mut().zip(chunks) {
        *number = match chunk {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => (tens - b'0') * 10 + (ones - b'0'),
            _ => return Err(malformed),
        };
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VIETNAMESE: &str = "60185F0104303130375F36063034303030305C066175636D6E6F";

    #[test]
    fn the_citizen_cards_list_is_read() {
        let com = Com::decode(&hex::decode(VIETNAMESE).unwrap()).unwrap();
        assert_eq!(com.lds_version, (1, 7));
        assert_eq!(com.unicode_version, (4, 0, 0));
        let numbers: Vec<u8> = com.groups.iter().map(|group| group.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 13, 14, 15]);
    }

    #[test]
    fn wrong_digits_lengths_tags_and_trailing_bytes_are_refused() {
        for wrong in [
            "60185F0104303130415F36063034303030305C066175636D6E6F",
            "60165F01023031375F36063034303030305C066175636D6E6F",
            "60185F0104303130375F36063034303030305C066175636D6E60",
            "60185F0104303130375F36063034303030305C066175636D6E6F00",
            "6000",
            "",
        ] {
            assert!(
                Com::decode(&hex::decode(wrong).unwrap()).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_reference_passports_list_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/EF_COM.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        let com = Com::decode(&file).unwrap();
        let numbers: Vec<u8> = com.groups.iter().map(|group| group.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 14]);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0_usize..26, value: u8) {
            let _ = Com::decode(&bytes);
            let mut mutated = hex::decode(VIETNAMESE).unwrap();
            mutated[at] = value;
            let _ = Com::decode(&mutated);
        }
    }
}
