//! The cases `LDS_E_*`: DG4.

use crate::conformance::ids::Place;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[];
