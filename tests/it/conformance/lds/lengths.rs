//! The cases `LDS_K_*`: EF.ATR/INFO.

use crate::conformance::ids::Place;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[];
