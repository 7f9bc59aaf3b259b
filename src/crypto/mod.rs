//! Ciphers, hashes, curves and signatures: no roles, no protocol, nothing of cards.
//!
//! Every primitive comes from RustCrypto; what stands here chooses among them at run time and
//! checks what comes from outside. Signatures of public data may be verified by a faster engine.

pub mod agreement;
pub mod algorithm;
pub mod cipher;
pub mod curve;
pub mod dsa;
mod engine;
pub mod hash;
mod integrated;
pub mod iso9796_2;
pub mod kdf;
pub mod mac;
pub mod modp;
pub mod random;
pub mod rsa;
pub mod signature;

#[cfg(test)]
mod vectors;
