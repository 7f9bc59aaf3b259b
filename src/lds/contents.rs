//! What a file of a document says, whichever file it is: one decoder and one list of fields for all.
//!
//! Nothing here is judged. A file that decodes may be forged, and only `verify` says whether it is
//! not.

mod signed;

use std::fmt;

use crate::bytes::tlv::Reader;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::signature::PublicKey;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::com::Com;
use crate::lds::cvca;
use crate::lds::dg1::Dg1;
use crate::lds::dg2::Dg2;
use crate::lds::dg3::Dg3;
use crate::lds::dg4::Dg4;
use crate::lds::dg11::Dg11;
use crate::lds::dg12::Dg12;
use crate::lds::dg13::Dg13;
use crate::lds::dg13::Layout;
use crate::lds::dg14;
use crate::lds::dg15;
use crate::lds::dg16::Dg16;
use crate::lds::displayed::Displayed;
use crate::lds::displayed::Shown;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::security_infos::SecurityInfos;
use crate::lds::sod;
use crate::lds::sod::SecurityObject;
use crate::lds::sod::SecurityObjectFault;

/// What a file says.
///
/// The bytes themselves are not in it, but for [`Contents::Raw`]: whoever decodes a file has them,
/// and a capture keeps every file as the chip gave it. [`fmt::Debug`] says only which file it is.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Contents {
    /// EF.COM
    Com(Com),
    /// EF.SOD: what is signed, not by whom
    Sod(SecurityObject),
    /// EF.CardAccess
    CardAccess(SecurityInfos),
    /// EF.CardSecurity: what is signed, not by whom
    CardSecurity(SecurityInfos),
    /// EF.CVCA: the references of the authorities
    Cvca(Vec<Vec<u8>>),
    /// DG1
    Dg1(Dg1),
    /// DG2
    Dg2(Dg2),
    /// DG3
    Dg3(Dg3),
    /// DG4
    Dg4(Dg4),
    /// DG5
    Dg5(Displayed),
    /// DG7
    Dg7(Displayed),
    /// DG11
    Dg11(Dg11),
    /// DG12
    Dg12(Dg12),
    /// DG13 in a layout that its profile names
    Dg13(Dg13),
    /// DG14
    Dg14(SecurityInfos),
    /// DG15
    Dg15(PublicKey),
    /// DG16
    Dg16(Dg16),
    /// The value of a file whose frame is right and whose inside has no meaning here: what is
    /// reserved, laid out by the issuer, or uses an algorithm that this build does not know. Of
    /// EF.ATR/INFO and EF.DIR, which have no frame, the whole file.
    Raw(Vec<u8>),
}

impl Contents {
    /// Decodes a file. DG13 needs the layout that the card's profile names; without it, and in
    /// another layout, it stays raw.
    ///
    /// ```
    /// use cancuoc::lds::{DataGroup, contents::Contents};
    /// let file = [0x6D, 0x03, 0x5F, 0x1F, 0x00];
    /// let contents = Contents::decode(DataGroup::DG13.into(), &file, None)?;
    /// assert!(contents == Contents::Raw(vec![0x5F, 0x1F, 0x00]));
    /// # Ok::<(), cancuoc::error::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are not what the file must be.
    pub fn decode(file: FileId, bytes: &[u8], layout: Option<Layout>) -> Result<Self, Malformed> {
        Ok(match file {
            FileId::Com => Self::Com(Com::decode(bytes)?),
            FileId::Sod => return security_object(bytes),
            FileId::CardAccess => Self::CardAccess(SecurityInfos::decode(bytes)?),
            FileId::CardSecurity => {
                let content_info = card_security::signed_data(bytes)?;
                let (kind, content) = signed::content(&content_info)?;
                Self::CardSecurity(card_security::decode(kind, content)?)
            }
            FileId::Cvca => Self::Cvca(cvca::decode(bytes)?),
            FileId::AtrInfo | FileId::Dir => Self::Raw(bytes.to_vec()),
            FileId::Group(group) => return Self::of_group(group, bytes, layout),
        })
    }

    fn of_group(group: DataGroup, bytes: &[u8], layout: Option<Layout>) -> Result<Self, Malformed> {
        Ok(match group {
            DataGroup::DG1 => Self::Dg1(Dg1::decode(bytes)?),
            DataGroup::DG2 => Self::Dg2(Dg2::decode(bytes)?),
            DataGroup::DG3 => Self::Dg3(Dg3::decode(bytes)?),
            DataGroup::DG4 => Self::Dg4(Dg4::decode(bytes)?),
            DataGroup::DG5 => Self::Dg5(Displayed::decode(bytes, Shown::Portrait)?),
            DataGroup::DG7 => Self::Dg7(Displayed::decode(bytes, Shown::Signature)?),
            DataGroup::DG11 => Self::Dg11(Dg11::decode(bytes)?),
            DataGroup::DG12 => Self::Dg12(Dg12::decode(bytes)?),
            DataGroup::DG13 => match layout.map(|layout| Dg13::decode(bytes, layout)) {
                Some(dg13) => match dg13? {
                    Dg13::Foreign => raw(group, bytes)?,
                    known => Self::Dg13(known),
                },
                None => raw(group, bytes)?,
            },
            DataGroup::DG14 => Self::Dg14(dg14::decode(bytes)?),
            DataGroup::DG15 => match dg15::decode(bytes) {
                Ok(key) => Self::Dg15(key),
                Err(KeyFault::Malformed(malformed)) => return Err(malformed),
                Err(KeyFault::Unsupported(_)) => raw(group, bytes)?,
            },
            DataGroup::DG16 => Self::Dg16(Dg16::decode(bytes)?),
            _ => raw(group, bytes)?,
        })
    }

    /// What it says, field by field, in the order people read them.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Com(com) => com.fields(),
            Self::Sod(object) => signed::fields(object),
            Self::CardAccess(infos) | Self::CardSecurity(infos) | Self::Dg14(infos) => {
                dg14::fields(infos)
            }
            Self::Cvca(references) => {
                let references = references
                    .iter()
                    .map(|reference| Value::Text(String::from_utf8_lossy(reference).into_owned()));
                vec![Field::shown(
                    "authorities",
                    Value::List(references.collect()),
                )]
            }
            Self::Dg1(dg1) => dg1.fields(),
            Self::Dg2(dg2) => dg2.fields(),
            Self::Dg3(dg3) => dg3.fields(),
            Self::Dg4(dg4) => dg4.fields(),
            Self::Dg5(displayed) | Self::Dg7(displayed) => displayed.fields(),
            Self::Dg11(dg11) => dg11.fields(),
            Self::Dg12(dg12) => dg12.fields(),
            Self::Dg13(dg13) => dg13.fields(),
            Self::Dg15(key) => dg15::fields(key),
            Self::Dg16(dg16) => dg16.fields(),
            Self::Raw(value) if value.is_empty() => Vec::new(),
            Self::Raw(value) => vec![
                Field::shown(
                    "length",
                    Value::Number(u64::try_from(value.len()).unwrap_or(u64::MAX)),
                ),
                // Nobody knows whether it may be seen.
                Field::sensitive("content", Value::Octets(value.clone())),
            ],
        }
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Com(_) => "Com(..)",
            Self::Sod(_) => "Sod(..)",
            Self::CardAccess(_) => "CardAccess(..)",
            Self::CardSecurity(_) => "CardSecurity(..)",
            Self::Cvca(_) => "Cvca(..)",
            Self::Dg1(_) => "Dg1(..)",
            Self::Dg2(_) => "Dg2(..)",
            Self::Dg3(_) => "Dg3(..)",
            Self::Dg4(_) => "Dg4(..)",
            Self::Dg5(_) => "Dg5(..)",
            Self::Dg7(_) => "Dg7(..)",
            Self::Dg11(_) => "Dg11(..)",
            Self::Dg12(_) => "Dg12(..)",
            Self::Dg13(_) => "Dg13(..)",
            Self::Dg14(_) => "Dg14(..)",
            Self::Dg15(_) => "Dg15(..)",
            Self::Dg16(_) => "Dg16(..)",
            Self::Raw(_) => "Raw(..)",
        })
    }
}

/// The value of a group whose frame alone is known.
fn raw(group: DataGroup, bytes: &[u8]) -> Result<Contents, Malformed> {
    let mut reader = Reader::new(bytes);
    let template = reader.expect(group.tag(), "data group")?;
    reader.finish("data group")?;
    Ok(Contents::Raw(template.value.to_vec()))
}

fn security_object(bytes: &[u8]) -> Result<Contents, Malformed> {
    let content_info = sod::signed_data(bytes)?;
    let (_, content) = signed::content(&content_info)?;
    match SecurityObject::decode(content) {
        Ok(object) => Ok(Contents::Sod(object)),
        Err(SecurityObjectFault::Malformed(malformed)) => Err(malformed),
        Err(SecurityObjectFault::UnknownHash(_) | SecurityObjectFault::UnknownVersion(_)) => {
            Ok(Contents::Raw(content.to_vec()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::sim::persona;

    #[test]
    fn every_file_of_a_virtual_card_is_decoded() {
        let persona = persona::find("an").unwrap();
        let card = persona.personalise().unwrap();
        for (file, bytes) in &card.files {
            let contents = Contents::decode(*file, bytes, Some(Layout::VnCitizen)).unwrap();
            assert!(!contents.fields().is_empty(), "{file}");
            assert!(format!("{contents:?}").ends_with("(..)"));
        }
    }

    #[test]
    fn reserved_groups_are_framed_and_nothing_more() {
        for group in [
            DataGroup::DG6,
            DataGroup::DG8,
            DataGroup::DG9,
            DataGroup::DG10,
        ] {
            let file = encode(group.tag(), &[b"anything"]);
            let decode = |bytes: &[u8]| Contents::decode(group.into(), bytes, None);
            assert_eq!(decode(&file), Ok(Contents::Raw(b"anything".to_vec())));
            assert!(decode(&file[1..]).is_err());
            assert!(decode(&[&file[..], &[0]].concat()).is_err());
            assert!(decode(&[]).is_err());
            assert_eq!(decode(&encode(group.tag(), &[])).unwrap().fields(), []);
        }
    }

    #[test]
    fn sixty_five_thousand_nested_tags_end_early() {
        let mut nested = Vec::new();
        for _ in 0..65_536 {
            nested.extend_from_slice(&[0x30, 0x80]);
        }
        for group in DataGroup::ALL {
            let file = encode(group.tag(), &[&nested]);
            let _ = Contents::decode(group.into(), &file, Some(Layout::VnCitizen));
        }
        let sod = encode(0x77, &[&nested]);
        assert!(Contents::decode(FileId::Sod, &sod, None).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), layout: bool) {
            let layout = layout.then_some(Layout::VnCitizen);
            for file in [
                FileId::Com, FileId::Sod, FileId::CardAccess, FileId::CardSecurity,
                FileId::Cvca, FileId::AtrInfo, FileId::Dir,
            ] {
                let _ = Contents::decode(file, &bytes, layout).map(|read| read.fields());
            }
            for group in DataGroup::ALL {
                let framed = encode(group.tag(), &[&bytes]);
                let _ = Contents::decode(group.into(), &framed, layout).map(|read| read.fields());
            }
        }
    }
}
