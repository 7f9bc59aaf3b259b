//! Numbers of the fields on a Vietnamese citizen card.

/// Citizen number, 12 digits
pub const CITIZEN_NUMBER: u32 = 1;
/// Full name
pub const NAME: u32 = 2;
/// Date of birth
pub const BIRTH: u32 = 3;
/// Sex
pub const SEX: u32 = 4;
/// Nationality
pub const NATIONALITY: u32 = 5;
/// Ethnicity
pub const ETHNICITY: u32 = 6;
/// Religion
pub const RELIGION: u32 = 7;
/// Place of origin, or of birth registration
pub const ORIGIN: u32 = 8;
/// Place of residence
pub const RESIDENCE: u32 = 9;
/// Identifying features
pub const FEATURES: u32 = 10;
/// Date of issue
pub const ISSUED: u32 = 11;
/// Date of expiry, or words
pub const EXPIRES: u32 = 12;
/// Father and mother
pub const PARENTS: u32 = 13;
/// Spouse
pub const SPOUSE: u32 = 14;
/// Old identity number
pub const OLD_NUMBER: u32 = 15;
/// Sixteen characters of unpublished meaning
pub const CODE16: u32 = 16;
