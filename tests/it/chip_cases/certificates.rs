//! Unit J, first part: chains, right and with a verifier's certificate that is wrong in one part.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::sim::pki::card_verifiable::AUTHENTICATION_TERMINAL;
use cancuoc::sim::pki::card_verifiable::DomainParameters;
use jiff::civil::date;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::Forgery;
use crate::chip_cases::forge::USUAL;
use crate::chip_cases::forge::short_ec_key;
use crate::chip_cases::forge::short_rsa_key;
use crate::chip_cases::host::Form;
use crate::chip_cases::host::SET_DST;
use crate::chip_cases::host::VERIFY;
use crate::chip_cases::stage::HANDED_OUT;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// A class octet that no standard has for a command under secure messaging: b8 and b7 are those of a
/// proprietary class.
const INVALID_CLASS: u8 = 0x8C;

/// A chain whose verifier's certificate is wrong: it is refused with this status, and the terminal has
/// no one above it.
fn refused(kind: Kind, status: u16, certificate: impl FnOnce(&Stage) -> Vec<u8>) {
    let mut stage = Stage::ready(kind);
    let (verifier, terminal) = (certificate(&stage), stage.terminal_certificate());
    let expected = [0x9000, status, 0x6A88, 0x6985];
    assert_eq!(stage.chain(&verifier, &terminal), expected);
    // The right chain passes afterwards.
    stage.right_chain();
}

/// The same with one part changed before it is signed.
fn refused_signed(kind: Kind, status: u16, change: impl FnOnce(&mut Forgery)) {
    refused(kind, status, |stage| {
        let forgery = stage.authority.certify(&stage.domestic, BOTH, USUAL);
        forgery.but(change).sign(&stage.authority.key)
    });
}

pub fn j_1(kind: Kind) {
    Stage::ready(kind).right_chain();
}

pub fn j_2(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let verifier = stage
        .authority
        .certify(&stage.domestic, BOTH, USUAL)
        .but(|body| body.authority = encode(0x42, &[b"VNCASECVCA00009"]))
        .sign(&stage.authority.key);
    assert_eq!(stage.choose("VNCASECVCA00009"), 0x6A88);
    assert_eq!(stage.verify(&verifier), 0x6985);
    let name = stage.domestic.name;
    assert_eq!(stage.choose(name), 0x6A88);
    let terminal = stage.terminal_certificate();
    assert_eq!(stage.verify(&terminal), 0x6985);
}

pub fn j_3(kind: Kind) {
    refused(kind, 0x6300, |stage| {
        let mut certificate = stage.verifier_certificate();
        let middle = certificate.len() - 20;
        certificate[middle] ^= 0x10;
        certificate
    });
}

pub fn j_4(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        stage.authority.certify(&stage.domestic, BOTH, USUAL).body()
    });
}

pub fn j_5(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        let forgery = stage.authority.certify(&stage.domestic, BOTH, USUAL);
        encode(0x5F37, &[&forgery.signature(&stage.authority.key)])
    });
}

pub fn j_6(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.template.clear());
}

pub fn j_7(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.effective.clear());
}

pub fn j_8(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.expires.clear());
}

pub fn j_9(kind: Kind) {
    for digits in [*b"250101", [2, 5, 0, 1, 0, 0x0A], [0x25, 1, 1, 0, 0, 0]] {
        refused_signed(kind, 0x6A80, |body| {
            body.effective = encode(0x5F25, &[&digits]);
        });
    }
}

pub fn j_10(kind: Kind) {
    for digits in [*b"400101", [4, 0, 0, 1, 0, 0x0A], [0x40, 1, 1, 0, 0, 0]] {
        refused_signed(kind, 0x6A80, |body| {
            body.expires = encode(0x5F24, &[&digits]);
        });
    }
}

pub fn j_11(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let later = [date(2030, 1, 1), date(2034, 1, 1)];
    let foreign = stage.authority.certify(&stage.foreign, BOTH, USUAL);
    let foreign = foreign.sign(&stage.authority.key);
    let terminal = stage.foreign.certify(&stage.terminal, BOTH, later);
    let terminal = terminal.sign(&stage.foreign.key);
    let (authority, name) = (stage.authority.name, stage.foreign.name);
    assert_eq!(stage.choose(authority), 0x9000);
    assert_eq!(stage.verify(&foreign), 0x9000);
    assert_eq!(stage.choose(name), 0x9000);
    assert_eq!(stage.verify(&terminal), 0x9000);
    assert_eq!(stage.host.chip.date(), HANDED_OUT);
    // What expired before that date is still in force.
    let earlier = [date(2025, 1, 1), date(2029, 12, 31)];
    let verifier = stage.authority.certify(&stage.domestic, BOTH, earlier);
    let verifier = verifier.sign(&stage.authority.key);
    let terminal = stage.domestic.certify(&stage.terminal, BOTH, earlier);
    let terminal = terminal.sign(&stage.domestic.key);
    assert_eq!(stage.chain(&verifier, &terminal), [0x9000; 4]);
}

pub fn j_12(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let name = encode(0x83, &[stage.authority.name.as_bytes()]);
    let verifier = stage.verifier_certificate();
    let plain = |stage: &mut Stage, header, data: &[u8]| {
        // In the clear, long data goes out in a chain as well.
        stage.host.keys = None;
        let answer = stage.host.send(header, data, &[]);
        assert!(answer.is_refusal() && answer.form == Form::Plain);
        answer.status
    };
    assert_eq!(plain(&mut stage, SET_DST, &name), 0x6982);
    assert_eq!(plain(&mut stage, VERIFY, &verifier), 0x6982);
    stage.anew();
    let authority = stage.authority.name;
    assert_eq!(stage.choose(authority), 0x9000);
    assert_eq!(plain(&mut stage, VERIFY, &verifier), 0x6982);
    assert_eq!(plain(&mut stage, SET_DST, &name), 0x6982);
}

/// A protected command with a class octet that is none: refused in the clear, and the session is over.
pub fn invalid_class(stage: &mut Stage, header: [u8; 4], data: &[u8]) {
    let [_, instruction, p1, p2] = header;
    let command = stage
        .host
        .protect([INVALID_CLASS, instruction, p1, p2], data, &[]);
    let late = stage.host.protect(SET_DST, &[0x83, 1, 1], &[]);
    assert_eq!(stage.host.raw(&command).status, 0x6E00);
    let answer = stage.host.raw(&late);
    assert_eq!((answer.status, answer.data.len()), (0x6882, 0));
}

pub fn j_13(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let name = encode(0x83, &[stage.authority.name.as_bytes()]);
    invalid_class(&mut stage, SET_DST, &name);
}

pub fn j_15(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let name = stage.authority.name;
    assert_eq!(stage.choose(name), 0x9000);
    let certificate = stage.verifier_certificate();
    let part = certificate.get(..100).unwrap();
    invalid_class(&mut stage, VERIFY, part);
}

pub fn j_17(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        let mut certificate = stage.verifier_certificate();
        certificate[1] = 0x4F;
        certificate
    });
}

pub fn j_18(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        let forgery = stage.authority.certify(&stage.domestic, BOTH, USUAL);
        let signature = encode(0x5F38, &[&forgery.signature(&stage.authority.key)]);
        [forgery.body(), signature].concat()
    });
}

pub fn j_19(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| {
        body.effective = encode(0x5F25, &[&[2, 5, 0, 2, 3, 0]]);
    });
}

pub fn j_20(kind: Kind) {
    for digits in [[3, 9, 1, 3, 0, 1], [3, 9, 0, 2, 2, 9]] {
        refused_signed(kind, 0x6A80, |body| {
            body.expires = encode(0x5F24, &[&digits]);
        });
    }
}

pub fn j_21(kind: Kind) {
    refused(kind, 0x6984, |stage| {
        let backwards = [date(2030, 1, 2), date(2030, 1, 1)];
        let forgery = stage.authority.certify(&stage.domestic, BOTH, backwards);
        forgery.sign(&stage.authority.key)
    });
}

pub fn j_22(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let (authority, domestic) = (stage.authority.name, stage.domestic.name);
    let certificate = stage.verifier_certificate();
    assert_eq!(stage.choose(authority), 0x9000);
    assert_eq!(stage.verify(&certificate), 0x9000);
    stage.anew();
    assert_eq!(stage.choose(domestic), 0x6A88);
    let terminal = stage.terminal_certificate();
    assert_eq!(stage.verify(&terminal), 0x6985);
}

pub fn j_23(kind: Kind) {
    // Another kind of terminal, and an identifier that is none.
    for identifier in [&AUTHENTICATION_TERMINAL[..], &[0x7F], &[]] {
        let status = if identifier.is_empty() {
            0x6A80
        } else {
            0x6984
        };
        refused_signed(kind, status, |body| {
            let parts: [&[u8]; 2] = [&encode(0x06, &[identifier]), &[0x53, 1, 0x83]];
            body.template = encode(0x7F4C, &parts);
        });
    }
}

/// The same key under another identifier.
fn under(key: &[u8], identifier: &[u8]) -> Vec<u8> {
    let inside = Reader::new(key).expect(0x7F49, "key").unwrap();
    let mut parts = inside.inside().unwrap();
    parts.expect(0x06, "identifier").unwrap();
    encode(0x7F49, &[identifier, parts.rest()])
}

pub fn j_24(kind: Kind) {
    // id-TA itself, an arc that is not there, and nobody's.
    let terminal = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];
    for identifier in [
        terminal.to_vec(),
        [&terminal[..], &[9, 9]].concat(),
        vec![0x88, 0x37, 1],
    ] {
        refused_signed(kind, 0x6A80, |body| {
            body.key = under(&body.key, &encode(0x06, &[&identifier]));
        });
    }
}

/// Keys that are shorter than those above them.
fn short_keys(kind: Kind) -> Vec<Vec<u8>> {
    match kind {
        Kind::EcdsaPace => [DomainParameters::Inherited, DomainParameters::Given]
            .map(short_ec_key)
            .to_vec(),
        Kind::RsaBac => vec![short_rsa_key(kind.keys())],
    }
}

pub fn j_55(kind: Kind) {
    for key in short_keys(kind) {
        refused_signed(kind, 0x6A80, |body| body.key = key);
    }
}

pub fn j_56(kind: Kind) {
    for key in short_keys(kind) {
        let mut stage = Stage::ready(kind);
        let verifier = stage.verifier_certificate();
        let terminal = stage.domestic.certify(&stage.terminal, BOTH, USUAL);
        let terminal = terminal.but(|body| body.key = key);
        let terminal = terminal.sign(&stage.domestic.key);
        let expected = [0x9000, 0x9000, 0x9000, 0x6A80];
        assert_eq!(stage.chain(&verifier, &terminal), expected);
    }
}
