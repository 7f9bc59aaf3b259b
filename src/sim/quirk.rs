//! How honest chips differ from the standard (placeholder).

/// An honest deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quirk {
    /// SELECT of the master file answers 6D00.
    SelectMf6d00,
    /// EF.CardAccess answers 6982 once the application was selected.
    CardAccess6982AfterAid,
}
