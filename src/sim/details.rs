//! Encodes DG11 and DG12, further details of the holder and of the document (Doc 9303-10 §4.7.11 and
//! §4.7.12), apart from the decoder.

use crate::bytes::tlv::encode;
use crate::bytes::tlv::trim_zeros;
use crate::sim::pki::der;

/// What stands in one of the two groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// One data element.
    One {
        /// Its tag
        tag: u32,
        /// What is in it
        value: Vec<u8>,
    },
    /// Several of one kind, in a template with their number.
    Several {
        /// The tag of each
        tag: u32,
        /// How many the template announces
        announced: u8,
        /// Those there are
        values: Vec<Vec<u8>>,
    },
}

impl Detail {
    /// One data element.
    pub fn one(tag: u32, value: impl Into<Vec<u8>>) -> Self {
        Self::One {
            tag,
            value: value.into(),
        }
    }

    const fn tag(&self) -> u32 {
        match self {
            Self::One { tag, .. } | Self::Several { tag, .. } => *tag,
        }
    }

    fn encode(&self) -> Vec<u8> {
        match self {
            Self::One { tag, value } => encode(*tag, &[value]),
            Self::Several {
                tag,
                announced,
                values,
            } => {
                let values: Vec<u8> = values
                    .iter()
                    .flat_map(|value| encode(*tag, &[value]))
                    .collect();
                encode(0xA0, &[&der::small(u32::from(*announced)), &values])
            }
        }
    }
}

/// DG11: a list of the tags, then the data elements in this order.
pub fn dg11(details: &[Detail]) -> Vec<u8> {
    group(0x6B, details)
}

/// DG12, in the same way.
pub fn dg12(details: &[Detail]) -> Vec<u8> {
    group(0x6C, details)
}

fn group(tag: u32, details: &[Detail]) -> Vec<u8> {
    let tags: Vec<u8> = details
        .iter()
        .flat_map(|detail| trim_zeros(&detail.tag().to_be_bytes()).to_vec())
        .collect();
    let elements: Vec<u8> = details.iter().flat_map(Detail::encode).collect();
    encode(tag, &[&encode(0x5C, &[&tags]), &elements])
}

/// Two digits in each octet.
pub fn binary_coded(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |octet, digit| (octet << 4) | (digit & 0x0F))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lds::details::Oddity;
    use crate::lds::dg11::Dg11;
    use crate::lds::dg12::Dg12;

    #[test]
    fn digits_are_packed_in_pairs() {
        assert_eq!(binary_coded("20210119"), [0x20, 0x21, 0x01, 0x19]);
    }

    proptest! {
        #[test]
        fn dg11_comes_back(
            name in "[A-Za-zĐđơư< ]{1,30}",
            others in proptest::collection::vec("[A-Z<]{1,20}", 1..5),
            place in proptest::collection::vec("[A-Za-zà ]{1,12}", 1..4),
            year in 1900_i16..2026, month in 1_i8..=12, day in 1_i8..=28,
            packed: bool,
            unknown in proptest::collection::vec(any::<u8>(), 1..9),
        ) {
            let digits = format!("{year:04}{month:02}{day:02}");
            let birth = if packed { binary_coded(&digits) } else { digits.into_bytes() };
            let file = dg11(&[
                Detail::one(0x5F0E, name.as_bytes()),
                Detail::Several {
                    tag: 0x5F0F,
                    announced: u8::try_from(others.len()).unwrap(),
                    values: others.iter().map(|name| name.as_bytes().to_vec()).collect(),
                },
                Detail::one(0x5F2B, birth),
                Detail::one(0x5F11, place.join("<")),
                Detail::one(0x5F70, unknown.clone()),
            ]);
            let read = Dg11::decode(&file).unwrap();
            prop_assert_eq!(read.name, Some(name));
            prop_assert_eq!(read.other_names, others);
            prop_assert_eq!(read.birth.map(|date| date.to_string()), Some(format!("{year:04}-{month:02}-{day:02}")));
            prop_assert_eq!(read.place_of_birth, place);
            prop_assert_eq!(read.rest.unknown, vec![(0x5F70, unknown)]);
            prop_assert_eq!(read.rest.tags, vec![0x5F0E, 0x5F0F, 0x5F2B, 0x5F11, 0x5F70]);
            let mut odd = vec![Oddity::UnknownField];
            odd.extend(packed.then_some(Oddity::BinaryDate));
            prop_assert_eq!(read.rest.oddities.into_iter().collect::<Vec<_>>(), odd);
        }

        #[test]
        fn dg12_comes_back(
            authority in "[A-Za-zà ]{1,30}",
            year in 2000_i16..2026, month in 1_i8..=12, day in 1_i8..=28,
            hour in 0..24, minute in 0..60, second in 0..60,
            packed: bool,
            front in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let digits = format!("{year:04}{month:02}{day:02}");
            let clock = format!("{digits}{hour:02}{minute:02}{second:02}");
            let put = |digits: &str| if packed { binary_coded(digits) } else { digits.as_bytes().to_vec() };
            let file = dg12(&[
                Detail::one(0x5F19, authority.as_bytes()),
                Detail::one(0x5F26, put(&digits)),
                Detail::one(0x5F1D, front.clone()),
                Detail::one(0x5F55, put(&clock)),
            ]);
            let read = Dg12::decode(&file).unwrap();
            prop_assert_eq!(read.authority, Some(authority));
            prop_assert_eq!(read.issued.map(|date| date.to_string()), Some(format!("{year:04}-{month:02}-{day:02}")));
            prop_assert_eq!(read.front, Some(front));
            prop_assert_eq!(
                read.personalised.map(|time| time.to_string()),
                Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
            );
            prop_assert_eq!(read.rest.oddities.contains(&Oddity::BinaryDate), packed);
        }
    }
}
