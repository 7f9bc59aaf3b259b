//! DG13: optional details, in the layout of the issuing state (Doc 9303-10 §4.7.13).
//!
//! A card profile names the [`Layout`]; without one the group stays raw bytes.

mod citizen;
mod entry;
pub mod field;
mod shown;

use crate::error::Malformed;
use crate::lds::field::Field;

pub use citizen::CitizenRecord;
pub use citizen::Expiry;
pub use entry::Value;

/// A layout that this build can decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// `vn-citizen`: the Vietnamese citizen card.
    VnCitizen,
}

impl Layout {
    /// Every one of them.
    pub const ALL: [Self; 1] = [Self::VnCitizen];

    /// Name in card profiles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VnCitizen => "vn-citizen",
        }
    }

    /// The layout with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.name() == name)
    }
}

/// The contents of DG13.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dg13 {
    /// The record of a citizen.
    Citizen(CitizenRecord),
    /// Something else than the layout has: it stays as it stands in the file.
    Foreign,
}

impl Dg13 {
    /// Decodes the file. What does not even begin as the layout does has another one.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes begin as the layout does and go on otherwise, or are no DG13.
    pub fn decode(file: &[u8], layout: Layout) -> Result<Self, Malformed> {
        match layout {
            Layout::VnCitizen if CitizenRecord::begins(file)? => {
                CitizenRecord::decode(file).map(Self::Citizen)
            }
            Layout::VnCitizen => Ok(Self::Foreign),
        }
    }

    /// The record of a citizen, where this is one.
    pub const fn citizen(&self) -> Option<&CitizenRecord> {
        match self {
            Self::Citizen(record) => Some(record),
            Self::Foreign => None,
        }
    }

    /// What the record says, field by field; nothing of another layout.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Citizen(record) => record.fields(),
            Self::Foreign => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_found_by_name_and_decode() {
        let layout = Layout::from_name("vn-citizen").unwrap();
        assert_eq!(layout.name(), "vn-citizen");
        assert_eq!(Layout::from_name("VN-citizen"), None);
        let file = hex::decode("6D0F300D020101060628D3160100083100").unwrap();
        let dg13 = Dg13::decode(&file, layout).unwrap();
        assert!(dg13.citizen().unwrap().fields.is_empty());
    }

    #[test]
    fn what_begins_otherwise_is_foreign_and_what_is_nothing_is_malformed() {
        let decode = |file: &str| Dg13::decode(&hex::decode(file).unwrap(), Layout::VnCitizen);
        // Another text encoding, another frame.
        for file in ["6D0F300D020101060628D3160100093100", "6D05A1035F1F00"] {
            assert_eq!(decode(file), Ok(Dg13::Foreign), "{file}");
        }
        // Begins so and goes on otherwise; no data elements; another tag.
        for file in [
            "6D0D300B020101060628D316010008",
            "6D00",
            "6D03FFFFFF",
            "6C00",
        ] {
            assert!(decode(file).is_err(), "{file}");
        }
    }
}
