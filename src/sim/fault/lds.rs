//! What can be wrong with a file since it was signed.

use std::collections::BTreeMap;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::error::Malformed;
use crate::lds::FileId;

named! {
    /// A change to one file of a card that was signed without it.
    Lds {
        /// The last bit is another one.
        Flipped = "lds-flipped",
        /// The last octet is not there, and the length says that it is.
        Truncated = "lds-truncated",
        /// Nothing but the outer tag and the length of nothing.
        WithoutContent = "lds-without-content",
        /// The file is there and holds no octet.
        Empty = "lds-empty",
        /// Every octet is zero.
        Zeroed = "lds-zeroed",
        /// The file is not there, although it is signed and listed.
        Missing = "lds-missing",
        /// The outer tag is another one.
        WrongTag = "lds-wrong-tag",
        /// What is inside stands there twice.
        Duplicated = "lds-duplicated",
        /// Further octets stand behind the end.
        OctetsBehind = "lds-octets-behind",
        /// The outer length says one octet too few.
        LengthTooShort = "lds-length-too-short",
        /// The outer length says one octet too many.
        LengthTooLong = "lds-length-too-long",
        /// The outer length says two gigabytes.
        LengthHuge = "lds-length-huge",
        /// The outer length is of the indefinite form, which DER does not have.
        LengthIndefinite = "lds-length-indefinite",
        /// The outer length begins with the octet that no form has.
        LengthReserved = "lds-length-reserved",
    }
}

impl Lds {
    /// Changes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the card has no such file.
    pub(super) fn apply(
        self,
        file: FileId,
        files: &mut BTreeMap<FileId, Vec<u8>>,
    ) -> Result<(), Malformed> {
        const WHAT: &str = "file that a fault is about";
        if self == Self::Missing {
            let removed = files.remove(&file);
            return removed.map(|_| ()).ok_or(Malformed::new(WHAT, 0));
        }
        let bytes = files.get_mut(&file).ok_or(Malformed::new(WHAT, 0))?;
        let element = Reader::new(bytes).element(WHAT)?;
        let (tag, value) = (element.tag, element.value.to_vec());
        let (whole, behind) = (element.raw.to_vec(), bytes.get(element.raw.len()..));
        let behind = behind.unwrap_or_default().to_vec();
        let first = bytes.first().copied().unwrap_or_default();
        let with_length = |length: &[u8]| [&[first], length, &value].concat();
        let announcing = |length: usize| {
            // As long a length field as the right one has, or a longer one.
            let length = length.to_be_bytes();
            with_length(
                &[
                    &[0x84],
                    length.last_chunk::<4>().unwrap_or(&[0; 4]).as_slice(),
                ]
                .concat(),
            )
        };
        *bytes = match self {
            Self::Missing => return Ok(()),
            Self::Flipped => [flipped(whole), behind].concat(),
            Self::Truncated => whole
                .split_last()
                .map_or_else(Vec::new, |(_, rest)| rest.to_vec()),
            Self::WithoutContent => encode(tag, &[]),
            Self::Empty => Vec::new(),
            Self::Zeroed => vec![0; bytes.len()],
            Self::WrongTag => {
                let mut other = bytes.clone();
                if let Some(tag) = other.first_mut() {
                    *tag ^= 0x03;
                }
                other
            }
            Self::Duplicated => encode(tag, &[&value, &value]),
            Self::OctetsBehind => [bytes.as_slice(), &[0x5A; 16]].concat(),
            Self::LengthTooShort => announcing(value.len().saturating_sub(1)),
            Self::LengthTooLong => announcing(value.len().saturating_add(1)),
            Self::LengthHuge => with_length(&[0x84, 0x7F, 0xFF, 0xFF, 0xFF]),
            Self::LengthIndefinite => [with_length(&[0x80]).as_slice(), &[0, 0]].concat(),
            Self::LengthReserved => with_length(&[0xFF]),
        };
        Ok(())
    }
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}
