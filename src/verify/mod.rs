//! Judging a reading: a pure function of bytes, anchors, policy and time.
//!
//! Nothing here talks to a card. Trouble is never an error but an [`Outcome`].

mod access;
mod active_signature;
mod applications;
mod biometrics;
mod card_security;
mod chip;
mod citizen;
mod consistency;
mod contents;
mod deviations;
mod expiry;
mod holder;
mod judge;
mod notes;
mod outcome;
mod passive;
mod policy;
mod printed;
mod report;
mod signed;
mod validity;
mod verified;

pub use applications::ApplicationReport;
pub use applications::DirectoryState;
pub use applications::Doubt;
pub use applications::FileReport;
pub use applications::RecordReport;
pub use applications::RecordSigner;
pub use applications::SignedFields;
pub use applications::unverified_applications;
pub use contents::Decoded;
pub use contents::unverified_contents;
pub use expiry::DocumentExpiry;
pub use holder::Holder;
pub use holder::Portrait;
pub use holder::unverified;
pub use judge::verify;
pub use outcome::Evidence;
pub use outcome::Facts;
pub use outcome::Finding;
pub use outcome::Gap;
pub use outcome::Outcome;
pub use outcome::Weight;
pub use policy::Check;
pub use policy::Policy;
pub use policy::Requirement;
pub use report::Checks;
pub use report::GroupState;
pub use report::Report;
pub use report::Verdict;
pub use verified::Unverified;
pub use verified::Verified;
pub use verified::Vouched;
