//! The cases `LDS_I_*`: DG15.

use crate::conformance::ids::Place;

/// Which test plays which case, with the case in our own words.
pub const CASES: &[(&str, Place)] = &[];
