//! Which test plays which case.

/// Where a case is played.
#[expect(
    dead_code,
    reason = "the list of cases was not at hand when the tests were written; each id gets its place"
)]
pub enum Place {
    /// By this test: `module::function`.
    Played(&'static str),
    /// By none, for this reason.
    NotPlayable(&'static str),
}

/// Every case.
pub const IDS: &[(&str, Place)] = &[];
