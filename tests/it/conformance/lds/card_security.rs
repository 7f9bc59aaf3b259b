//! The cases `LDS_J_*`: EF.CardSecurity.

use crate::conformance::ids::Place;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[];
