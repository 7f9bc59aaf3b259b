//! Plain building blocks for bytes from outside: TLV, object identifiers, dates.

pub mod date;
pub mod oid;
pub mod tlv;
