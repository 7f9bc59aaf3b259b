//! The citizens of the filled register. Each follows from a number, in Rust and in SQL alike.

/// The citizen's number: twelve digits.
pub fn number(citizen: u64) -> String {
    format!("{:012}", 79_000_000_000 + citizen)
}

/// What the register's tables say of everybody's security object, in SQL: its digest is that of the
/// citizen's number, so that pgbench can name it. `{citizen}` is the citizen.
pub const NUMBER: &str = "lpad((79000000000 + {citizen})::text, 12, '0')";

pub const NAME: &str = "NGUYỄN THỊ MINH KHAI";

pub const BIRTH: &str = "1990-05-17";

pub const NATIONALITY: &str = "VNM";

pub const ISSUED: &str = "2021-07-01";

pub const EXPIRY: &str = "2030-05-17";

/// The document number: the last nine digits.
pub fn document_number(citizen: u64) -> String {
    number(citizen).split_off(3)
}
