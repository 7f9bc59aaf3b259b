//! Certificates and signed data (RFC 5280, RFC 5652, Doc 9303-12): decoding, the operator's trust,
//! and the way from a document signer to it.
//!
//! Framing is our own TLV reader's, so that what is verified are the bytes as they came; the
//! contents of the fields are x509-parser's. Decoding trusts nothing: [`path`] alone says whether
//! a certificate leads to an anchor.

pub mod certificate;
pub mod cms;
pub mod crl;
pub mod cvc;
pub mod deviation_list;
mod extensions;
pub mod ldif;
pub mod list;
pub mod master_list;
mod memo;
pub mod name;
pub mod path;
pub mod profile;
pub mod revocation;
pub mod signer;
pub mod store;
mod time;

#[cfg(test)]
pub(crate) mod build;
