//! Unit J, second part: a verifier's certificate of a later day is refused, and the chip's date stays,
//! so that one which had expired by then is taken.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use jiff::civil::Date;
use jiff::civil::date;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::Forgery;
use crate::chip_cases::stage::HANDED_OUT;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// Of the certificate that is refused.
const LATER: [Date; 2] = [date(2030, 1, 1), date(2034, 1, 1)];
/// Of the one that is taken: over by then.
const EARLIER: [Date; 2] = [date(2025, 1, 1), date(2029, 12, 31)];

/// Steps 3 and 4.
fn unmoved(stage: &mut Stage) {
    assert_eq!(stage.host.chip.date(), HANDED_OUT);
    let forgery = stage.authority.certify(&stage.domestic, BOTH, EARLIER);
    let certificate = forgery.sign(&stage.authority.key);
    let name = stage.authority.name;
    assert_eq!(stage.choose(name), 0x9000);
    assert_eq!(stage.verify(&certificate), 0x9000);
}

/// A certificate of the later day.
fn later(stage: &Stage) -> Forgery {
    stage.authority.certify(&stage.domestic, BOTH, LATER)
}

fn refused(kind: Kind, status: u16, certificate: impl FnOnce(&Stage) -> Vec<u8>) {
    let mut stage = Stage::ready(kind);
    let name = stage.authority.name;
    assert_eq!(stage.choose(name), 0x9000);
    let certificate = certificate(&stage);
    assert_eq!(stage.verify(&certificate), status);
    unmoved(&mut stage);
}

fn refused_signed(kind: Kind, status: u16, change: impl FnOnce(&mut Forgery)) {
    refused(kind, status, |stage| {
        later(stage).but(change).sign(&stage.authority.key)
    });
}

/// Body, and this in place of the signature.
fn refused_with(kind: Kind, status: u16, signature: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    refused(kind, status, |stage| {
        let forgery = later(stage);
        let signature = signature(forgery.signature(&stage.authority.key));
        [forgery.body(), encode(0x5F37, &[&signature])].concat()
    });
}

pub fn j_25(kind: Kind) {
    let mut stage = Stage::ready(kind);
    assert_eq!(stage.choose("VNCASECVCA00009"), 0x6A88);
    let certificate = later(&stage).sign(&stage.authority.key);
    assert_eq!(stage.verify(&certificate), 0x6985);
    unmoved(&mut stage);
}

pub fn j_26(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        let mut certificate = later(stage).sign(&stage.authority.key);
        certificate[1] = 0x4F;
        certificate
    });
}

pub fn j_27(kind: Kind) {
    refused(kind, 0x6A80, |stage| {
        let forgery = later(stage);
        let signature = encode(0x5F38, &[&forgery.signature(&stage.authority.key)]);
        [forgery.body(), signature].concat()
    });
}

/// A data object whose length field says one more, or one less, than there is.
fn misstated(tag: [u8; 2], value: &[u8], by: i16) -> Vec<u8> {
    let length = i16::try_from(value.len()).unwrap() + by;
    let length = u16::try_from(length).unwrap().to_be_bytes();
    [&tag[..], &[0x82], &length, value].concat()
}

pub fn j_28(kind: Kind) {
    for by in [-1, 1] {
        refused(kind, 0x6A80, |stage| {
            let forgery = later(stage);
            let signature = encode(0x5F37, &[&forgery.signature(&stage.authority.key)]);
            [misstated([0x7F, 0x4E], &forgery.content(), by), signature].concat()
        });
    }
}

pub fn j_29(kind: Kind) {
    for by in [-1, 1] {
        refused(kind, 0x6A80, |stage| {
            let forgery = later(stage);
            let signature = forgery.signature(&stage.authority.key);
            [forgery.body(), misstated([0x5F, 0x37], &signature, by)].concat()
        });
    }
}

pub fn j_30(kind: Kind) {
    refused_with(kind, 0x6300, |mut signature| {
        *signature.last_mut().unwrap() ^= 1;
        signature
    });
}

pub fn j_31(kind: Kind) {
    refused_with(kind, 0x6300, |mut signature| {
        signature.pop();
        signature
    });
}

pub fn j_32(kind: Kind) {
    refused_with(kind, 0x6300, |signature| vec![0xFF; signature.len()]);
}

pub fn j_33(kind: Kind) {
    refused_with(kind, 0x6300, |mut signature| {
        let half = signature.len() / 2;
        signature[..half].fill(0);
        signature
    });
}

pub fn j_34(kind: Kind) {
    refused_with(kind, 0x6300, |mut signature| {
        let half = signature.len() / 2;
        signature[half..].fill(0);
        signature
    });
}

pub fn j_35(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let certificate = later(&stage).sign(&stage.authority.key);
    assert_eq!(stage.verify(&certificate), 0x6985);
    unmoved(&mut stage);
}

/// The data objects inside a public key, each with its tag.
fn parts(key: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let outer = Reader::new(key).expect(0x7F49, "key").unwrap();
    let mut inside = outer.inside().unwrap();
    let mut parts = Vec::new();
    while !inside.at_end() {
        let part = inside.element("part").unwrap();
        parts.push((part.tag, part.raw.to_vec()));
    }
    parts
}

/// The key without the object of this tag.
fn without(key: &[u8], tag: u32) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = parts(key)
        .into_iter()
        .filter(|(other, _)| *other != tag)
        .map(|(_, raw)| raw)
        .collect();
    encode(0x7F49, &[&parts.concat()])
}

pub fn j_36(kind: Kind) {
    // The identifier of the other algorithm.
    let arcs: [u8; 2] = match kind {
        Kind::EcdsaPace => [1, 2],
        Kind::RsaBac => [2, 3],
    };
    refused_signed(kind, 0x6A80, |body| {
        let family = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];
        let identifier = encode(0x06, &[&family, &arcs]);
        let rest: Vec<Vec<u8>> = parts(&body.key).into_iter().map(|(_, raw)| raw).collect();
        body.key = encode(0x7F49, &[&identifier, &rest[1..].concat()]);
    });
}

pub fn j_37(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.key = without(&body.key, 0x06));
}

pub fn j_38(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.key = without(&body.key, 0x86));
}

pub fn j_39(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.key = without(&body.key, 0x81));
}

pub fn j_40(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| body.key = without(&body.key, 0x82));
}

pub fn j_41(kind: Kind) {
    refused_signed(kind, 0x6A80, |body| {
        let rest: Vec<Vec<u8>> = parts(&body.key).into_iter().map(|(_, raw)| raw).collect();
        body.key = encode(0x7F49, &[&rest.concat(), &[0x77, 1, 0]]);
    });
}
