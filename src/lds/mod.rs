//! The logical data structure (ICAO Doc 9303-10): its files, and what stands in them.
//!
//! Decoders only. They trust nothing, bound everything and judge nothing: a decoded file may still
//! be forged, and only `verify` says whether it is not.

use std::fmt;

pub mod biometrics;
pub mod card_security;
pub mod citizen;
pub mod com;
pub mod contents;
pub mod cvca;
pub mod details;
pub mod dg1;
pub mod dg11;
pub mod dg12;
pub mod dg13;
pub mod dg14;
pub mod dg15;
pub mod dg16;
pub mod dg2;
pub mod dg3;
pub mod dg4;
pub mod displayed;
pub mod field;
pub mod key;
pub mod lds2;
pub mod mrz;
pub mod printed;
pub mod qr;
pub mod security_infos;
pub mod sod;

/// One of the sixteen data groups (Doc 9303-10 §4.7).
///
/// ```
/// use cancuoc::lds::DataGroup;
/// assert_eq!(DataGroup::new(13).unwrap().tag(), 0x6D);
/// assert_eq!(DataGroup::DG2.to_string(), "DG2");
/// assert!(DataGroup::new(17).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataGroup(u8);

impl DataGroup {
    /// Machine-readable zone
    pub const DG1: Self = Self(1);
    /// Face
    pub const DG2: Self = Self(2);
    /// Fingers
    pub const DG3: Self = Self(3);
    /// Irises
    pub const DG4: Self = Self(4);
    /// Displayed portrait
    pub const DG5: Self = Self(5);
    /// Reserved
    pub const DG6: Self = Self(6);
    /// Displayed signature
    pub const DG7: Self = Self(7);
    /// Data features
    pub const DG8: Self = Self(8);
    /// Structure features
    pub const DG9: Self = Self(9);
    /// Substance features
    pub const DG10: Self = Self(10);
    /// Additional personal details
    pub const DG11: Self = Self(11);
    /// Additional document details
    pub const DG12: Self = Self(12);
    /// Optional details, as the issuing state lays them out
    pub const DG13: Self = Self(13);
    /// Security options
    pub const DG14: Self = Self(14);
    /// Active authentication public key
    pub const DG15: Self = Self(15);
    /// Persons to notify
    pub const DG16: Self = Self(16);

    /// Groups that stay shut without terminal authentication (Doc 9303-11 §7.1).
    pub const PROTECTED: [Self; 2] = [Self::DG3, Self::DG4];

    /// Every data group, in order.
    pub const ALL: [Self; 16] = [
        Self::DG1,
        Self::DG2,
        Self::DG3,
        Self::DG4,
        Self::DG5,
        Self::DG6,
        Self::DG7,
        Self::DG8,
        Self::DG9,
        Self::DG10,
        Self::DG11,
        Self::DG12,
        Self::DG13,
        Self::DG14,
        Self::DG15,
        Self::DG16,
    ];

    /// The data group of this number, 1 to 16.
    pub const fn new(number: u8) -> Option<Self> {
        match number {
            1..=16 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, 1 to 16.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Tag of the template that the file holds (Doc 9303-10 §4.6.1, table of tags).
    pub const fn tag(self) -> u32 {
        match self.0 {
            1 => 0x61,
            2 => 0x75,
            3 => 0x63,
            4 => 0x76,
            5 => 0x65,
            6 => 0x66,
            7 => 0x67,
            8 => 0x68,
            9 => 0x69,
            10 => 0x6A,
            11 => 0x6B,
            12 => 0x6C,
            13 => 0x6D,
            14 => 0x6E,
            15 => 0x6F,
            _ => 0x70,
        }
    }

    /// The data group with this tag.
    pub fn from_tag(tag: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.tag() == tag)
    }
}

impl fmt::Display for DataGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DG{}", self.0)
    }
}

/// An elementary file of an eMRTD (Doc 9303-10 §3.11 and §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileId {
    /// EF.CardAccess in the master file
    CardAccess,
    /// EF.CardSecurity in the master file
    CardSecurity,
    /// EF.ATR/INFO in the master file
    AtrInfo,
    /// EF.DIR in the master file
    Dir,
    /// EF.COM in the eMRTD application
    Com,
    /// EF.SOD in the eMRTD application
    Sod,
    /// EF.CVCA in the eMRTD application, unless DG14 says where else
    Cvca,
    /// A data group in the eMRTD application
    Group(DataGroup),
}

impl FileId {
    /// The files that are no data group.
    const OTHERS: [Self; 7] = [
        Self::CardAccess,
        Self::CardSecurity,
        Self::AtrInfo,
        Self::Dir,
        Self::Com,
        Self::Sod,
        Self::Cvca,
    ];

    /// File identifier. EF.CardSecurity and EF.SOD share one, and so do EF.CardAccess and EF.CVCA;
    /// they lie in different applications.
    pub fn id(self) -> u16 {
        match self {
            Self::CardAccess | Self::Cvca => 0x011C,
            Self::CardSecurity | Self::Sod => 0x011D,
            Self::AtrInfo => 0x2F01,
            Self::Dir => 0x2F00,
            Self::Com => 0x011E,
            Self::Group(group) => 0x0100 | u16::from(group.number()),
        }
    }

    /// Short file identifier, 1 to 30.
    pub const fn sfi(self) -> u8 {
        match self {
            Self::CardAccess | Self::Cvca => 0x1C,
            Self::CardSecurity | Self::Sod => 0x1D,
            Self::AtrInfo => 0x01,
            Self::Dir | Self::Com => 0x1E,
            Self::Group(group) => group.number(),
        }
    }

    /// Tag of the template that a file of the eMRTD application is (Doc 9303-10 §4.6, table of tags);
    /// EF.CVCA and the files of the master file are none.
    pub const fn template(self) -> Option<u32> {
        match self {
            Self::Com => Some(0x60),
            Self::Sod => Some(0x77),
            Self::Group(group) => Some(group.tag()),
            Self::CardAccess | Self::CardSecurity | Self::AtrInfo | Self::Dir | Self::Cvca => None,
        }
    }

    /// Name in reports and captures: `EF.SOD`, `DG1`.
    pub fn name(self) -> String {
        let name = match self {
            Self::CardAccess => "EF.CardAccess",
            Self::CardSecurity => "EF.CardSecurity",
            Self::AtrInfo => "EF.ATR/INFO",
            Self::Dir => "EF.DIR",
            Self::Com => "EF.COM",
            Self::Sod => "EF.SOD",
            Self::Cvca => "EF.CVCA",
            Self::Group(group) => return group.to_string(),
        };
        name.to_owned()
    }

    /// The file with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let groups = DataGroup::ALL.into_iter().map(Self::Group);
        Self::OTHERS
            .into_iter()
            .chain(groups)
            .find(|file| file.name() == name)
    }
}

impl From<DataGroup> for FileId {
    fn from(group: DataGroup) -> Self {
        Self::Group(group)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_numbers_name_the_same_group() {
        for group in DataGroup::ALL {
            assert_eq!(DataGroup::from_tag(group.tag()), Some(group));
            assert_eq!(DataGroup::new(group.number()), Some(group));
            assert_eq!(FileId::from_name(&group.to_string()), Some(group.into()));
        }
        assert_eq!(DataGroup::from_tag(0x60), None);
        assert_eq!(DataGroup::new(0), None);
    }

    #[test]
    fn files_have_the_identifiers_of_the_standard() {
        assert_eq!(FileId::Group(DataGroup::DG16).id(), 0x0110);
        assert_eq!(FileId::Sod.id(), FileId::CardSecurity.id());
        assert_eq!(FileId::Com.sfi(), 0x1E);
        for file in FileId::OTHERS {
            assert_eq!(FileId::from_name(&file.name()), Some(file));
        }
        assert_eq!(FileId::from_name("DG17"), None);
    }
}
