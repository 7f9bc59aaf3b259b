//! Unit J, third part, and M_5: who may certify whom.

use cancuoc::sim::pki::card_verifiable::Role;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::Holder;
use crate::chip_cases::forge::USUAL;
use crate::chip_cases::stage::AUTHORITY;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// A certificate of this holder by that one.
fn certified(issuer: &Holder, subject: &Holder) -> Vec<u8> {
    issuer.certify(subject, BOTH, USUAL).sign(&issuer.key)
}

pub fn j_43(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let certificate = certified(&stage.authority, &stage.terminal);
    let name = stage.authority.name;
    assert_eq!(stage.choose(name), 0x9000);
    assert_eq!(stage.verify(&certificate), 0x6984);
}

/// A verifier of the first role, and under it somebody of the second.
fn under_verifier(kind: Kind, first: Role, second: Role) {
    let mut stage = Stage::ready(kind);
    let next = Holder::new(second, "VNCASEXX00002", kind.keys());
    let verifier = match first {
        Role::ForeignVerifier => &stage.foreign,
        _ => &stage.domestic,
    };
    let name = verifier.name;
    let certificates = [
        certified(&stage.authority, verifier),
        certified(verifier, &next),
    ];
    let authority = stage.authority.name;
    assert_eq!(stage.choose(authority), 0x9000);
    assert_eq!(stage.verify(&certificates[0]), 0x9000);
    assert_eq!(stage.choose(name), 0x9000);
    assert_eq!(stage.verify(&certificates[1]), 0x6984);
    // Nothing was taken over.
    assert_eq!(stage.choose(next.name), 0x6A88);
}

pub fn j_44(kind: Kind) {
    under_verifier(kind, Role::DomesticVerifier, Role::Authority);
}

pub fn j_45(kind: Kind) {
    under_verifier(kind, Role::ForeignVerifier, Role::Authority);
}

pub fn j_46(kind: Kind) {
    under_verifier(kind, Role::DomesticVerifier, Role::DomesticVerifier);
}

pub fn j_47(kind: Kind) {
    under_verifier(kind, Role::DomesticVerifier, Role::ForeignVerifier);
}

pub fn j_48(kind: Kind) {
    under_verifier(kind, Role::ForeignVerifier, Role::DomesticVerifier);
}

pub fn j_49(kind: Kind) {
    under_verifier(kind, Role::ForeignVerifier, Role::ForeignVerifier);
}

/// Somebody of this role under a terminal.
fn under_terminal(kind: Kind, role: Role) {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    let next = Holder::new(role, "VNCASEXX00002", kind.keys());
    let certificate = certified(&stage.terminal, &next);
    let name = stage.terminal.name;
    // A terminal's key verifies no certificates.
    assert_eq!(stage.choose(name), 0x6A88);
    assert_eq!(stage.verify(&certificate), 0x6985);
}

pub fn j_50(kind: Kind) {
    under_terminal(kind, Role::ForeignVerifier);
}

pub fn j_51(kind: Kind) {
    under_terminal(kind, Role::DomesticVerifier);
}

pub fn j_52(kind: Kind) {
    under_terminal(kind, Role::Terminal);
}

pub fn j_53(kind: Kind) {
    under_terminal(kind, Role::Authority);
}

pub fn m_5(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let next = Holder::new(Role::Authority, "VNCASECVCA00002", kind.keys());
    let link = stage.authority.certify(&next, BOTH, AUTHORITY);
    let link = link.sign(&stage.authority.key);
    let terminal = certified(&next, &stage.terminal);
    let name = stage.authority.name;
    assert_eq!(stage.choose(name), 0x9000);
    assert_eq!(stage.verify(&link), 0x9000);
    assert_eq!(stage.choose(next.name), 0x9000);
    assert_eq!(stage.verify(&terminal), 0x6984);
}
