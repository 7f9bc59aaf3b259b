//! Plain building blocks for bytes from outside: TLV, object identifiers, dates, Vietnamese names.

pub mod country;
pub mod date;
pub mod legible;
pub mod oid;
pub mod tlv;
pub mod vietnamese;
