//! The cases `LDS_C_*`: DG2.

use crate::conformance::ids::Place;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[];
