//! The cases `LDS_*`: what stands in the files, a module for each group of them.

mod active_key;
mod authorities;
mod biometrics;
mod card_security;
mod chip_keys;
mod com;
mod face;
mod fingers;
mod irises;
mod lengths;
mod security_object;
mod zone;

use crate::conformance::ids::Place;

/// Every case of this kind.
pub fn all() -> impl Iterator<Item = &'static (&'static str, Place)> {
    [
        com::CASES,
        zone::CASES,
        face::CASES,
        fingers::CASES,
        irises::CASES,
        chip_keys::CASES,
        authorities::CASES,
        security_object::CASES,
        active_key::CASES,
        card_security::CASES,
        lengths::CASES,
    ]
    .into_iter()
    .flatten()
}
