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

/// Most tags listed. There are sixteen data groups.
const MAX_TAGS: usize = 32;

/// The contents of EF.COM. What is missing is `None`; that it is missing is a note of `verify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Com {
    /// LDS version: `(1, 7)` or `(1, 8)`.
    pub lds_version: Option<(u8, u8)>,
    /// Unicode version: major, minor, release.
    pub unicode_version: Option<(u8, u8, u8)>,
    /// The data groups that are said to be there.
    pub groups: Option<BTreeSet<DataGroup>>,
    /// Listed tags that are no data group's.
    pub unknown_tags: Vec<u8>,
}

impl Com {
    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the form is another, the template is empty, a version holds no digits, the
    /// list is longer than any, or bytes follow.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut inside = reader.expect(TEMPLATE, "EF.COM")?.inside()?;
        reader.finish("EF.COM")?;
        if inside.at_end() {
            return Err(Malformed::new("EF.COM", inside.offset()));
        }
        let lds = inside.optional(LDS_VERSION, "LDS version")?;
        let unicode = inside.optional(UNICODE_VERSION, "Unicode version")?;
        let list = inside.optional(TAG_LIST, "tag list")?;
        inside.finish("EF.COM")?;

        let lds_version = match lds {
            Some(lds) => {
                let [major, minor] = pairs(&lds, "LDS version")?;
                Some((major, minor))
            }
            None => None,
        };
        let unicode_version = match unicode {
            Some(unicode) => {
                let [major, minor, release] = pairs(&unicode, "Unicode version")?;
                Some((major, minor, release))
            }
            None => None,
        };
        let mut unknown_tags = Vec::new();
        let mut groups = None;
        if let Some(list) = list {
            if list.value.len() > MAX_TAGS {
                return Err(Malformed::new("tag list", list.offset));
            }
            let known: &mut BTreeSet<DataGroup> = groups.insert(BTreeSet::new());
            for octet in list.value {
                match DataGroup::from_tag(u32::from(*octet)) {
                    Some(group) => {
                        known.insert(group);
                    }
                    None => unknown_tags.push(*octet),
                }
            }
        }
        Ok(Self {
            lds_version,
            unicode_version,
            groups,
            unknown_tags,
        })
    }

    /// The fields for showing.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        if let Some((major, minor)) = self.lds_version {
            let text = Value::Text(format!("{major}.{minor}"));
            fields.push(Field::shown("lds_version", text));
        }
        if let Some((major, minor, release)) = self.unicode_version {
            let text = Value::Text(format!("{major}.{minor}.{release}"));
            fields.push(Field::shown("unicode_version", text));
        }
        if let Some(groups) = &self.groups {
            let names = groups.iter().map(|group| Value::Text(group.to_string()));
            fields.push(Field::shown("groups", Value::List(names.collect())));
        }
        if !self.unknown_tags.is_empty() {
            let tags = Value::Octets(self.unknown_tags.clone());
            fields.push(Field::shown("unknown_tags", tags));
        }
        fields
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
    use crate::sim::files;

    const VIETNAMESE: &str = "60185F0104303130375F36063034303030305C066175636D6E6F";

    #[test]
    fn the_citizen_cards_list_is_read() {
        let com = Com::decode(&hex::decode(VIETNAMESE).unwrap()).unwrap();
        assert_eq!(com.lds_version, Some((1, 7)));
        assert_eq!(com.unicode_version, Some((4, 0, 0)));
        let groups = com.groups.as_ref().unwrap();
        let numbers: Vec<u8> = groups.iter().map(|group| group.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 13, 14, 15]);
    }

    #[test]
    fn what_is_missing_or_unknown_is_told_apart() {
        let decode = |hex: &str| Com::decode(&hex::decode(hex).unwrap()).unwrap();
        let names = |com: &Com| -> Vec<String> {
            let fields = com.fields().into_iter();
            fields.map(|field| field.name.into_owned()).collect()
        };
        let com = decode(VIETNAMESE);
        assert_eq!(names(&com), ["lds_version", "unicode_version", "groups"]);
        let com = decode("60115F36063034303030305C066175636D6E6F");
        assert_eq!(
            (com.lds_version, com.groups.map(|all| all.len())),
            (None, Some(6))
        );
        let com = decode("600F5F0104303130375C066175636D6E6F");
        assert_eq!(com.unicode_version, None);
        let com = decode("60105F0104303130375F3606303430303030");
        assert_eq!(names(&com), ["lds_version", "unicode_version"]);
        let com = decode("60185F0104303330305F36063035303030305C066175636D6E60");
        assert_eq!(com.lds_version, Some((3, 0)));
        assert_eq!(com.unicode_version, Some((5, 0, 0)));
        assert_eq!(com.unknown_tags, [0x60]);
    }

    #[test]
    fn wrong_digits_lengths_orders_and_trailing_bytes_are_refused() {
        for wrong in [
            "60185F0104303130415F36063034303030305C066175636D6E6F",
            "60165F01023031375F36063034303030305C066175636D6E6F",
            "60185F36063034303030305F0104303130375C066175636D6E6F",
            "601F5F0104303130375F0104303130375F36063034303030305C066175636D6E6F",
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
        let groups = com.groups.unwrap();
        let numbers: Vec<u8> = groups.iter().map(|group| group.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 14]);
    }

    proptest! {
        #[test]
        fn what_the_issuer_lists_is_read(numbers in proptest::collection::btree_set(1_u8..=16, 0..16)) {
            let listed: Vec<DataGroup> =
                numbers.iter().filter_map(|number| DataGroup::new(*number)).collect();
            let com = Com::decode(&files::com(&listed)).unwrap();
            prop_assert_eq!(com.groups, Some(listed.into_iter().collect()));
            prop_assert_eq!(com.lds_version, Some((1, 7)));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0_usize..26, value: u8) {
            let _ = Com::decode(&bytes);
            let mut mutated = hex::decode(VIETNAMESE).unwrap();
            mutated[at] = value;
            if let Ok(com) = Com::decode(&mutated) {
                let _ = com.fields();
            }
        }
    }
}
