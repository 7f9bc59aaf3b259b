//! Unit K: the terminal proves itself, or does not.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;

use crate::chip_cases::certificates::invalid_class;
use crate::chip_cases::host::EXTERNAL;
use crate::chip_cases::host::Form;
use crate::chip_cases::host::INTERNAL;
use crate::chip_cases::host::SET_AT;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// A chip that has taken the whole chain.
fn chained(kind: Kind) -> Stage {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    stage
}

/// Everything before EXTERNAL AUTHENTICATE; gives the challenge.
fn challenged(stage: &mut Stage) -> Vec<u8> {
    let name = stage.terminal.name;
    assert_eq!(stage.name_terminal(name), 0x9000);
    let challenge = stage.challenge(8);
    assert_eq!((challenge.status, challenge.data.len()), (0x9000, 8));
    challenge.data
}

/// MSE:Set AT is refused, so is all that follows, and nothing opens.
fn refused(stage: &mut Stage, set_at: u16, status: u16) {
    assert_eq!(set_at, status);
    let challenge = stage.challenge(8);
    assert_eq!(challenge.status, 0x6985);
    assert_eq!(stage.prove(&[0; 8]), 0x6985);
    assert!(!stage.opens(DataGroup::DG3) && !stage.opens(DataGroup::DG4));
}

pub fn k_1(kind: Kind) {
    chained(kind).prove_rightly();
}

pub fn k_2(kind: Kind) {
    let mut stage = chained(kind);
    let status = stage.name_terminal("VNCASEIS00009");
    refused(&mut stage, status, 0x6A88);
}

pub fn k_4(kind: Kind) {
    let mut stage = chained(kind);
    let challenge = challenged(&mut stage);
    let signature = stage.signature(&challenge);
    stage.host.keys = None;
    let answer = stage.host.send(EXTERNAL, &signature, &[]);
    assert_eq!((answer.status, answer.form), (0x6982, Form::Plain));
    stage.anew();
    assert!(!stage.opens(DataGroup::DG3));
}

pub fn k_5(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let (authority, domestic) = (stage.authority.name, stage.domestic.name);
    let certificate = stage.verifier_certificate();
    assert_eq!(stage.choose(authority), 0x9000);
    assert_eq!(stage.verify(&certificate), 0x9000);
    let status = stage.name_terminal(domestic);
    refused(&mut stage, status, 0x6A88);
}

pub fn k_6(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let authority = stage.authority.name;
    let status = stage.name_terminal(authority);
    refused(&mut stage, status, 0x6A88);
}

pub fn k_7(kind: Kind) {
    let mut stage = chained(kind);
    let challenge = challenged(&mut stage);
    let signature = stage.signature(&challenge);
    let part = signature.get(..64).unwrap();
    invalid_class(&mut stage, EXTERNAL, part);
}

pub fn k_10(kind: Kind) {
    let mut stage = chained(kind);
    let first = challenged(&mut stage);
    let second = stage.challenge(8);
    assert_eq!((second.status, second.data.len()), (0x9000, 8));
    assert_ne!(second.data, first);
    assert_eq!(stage.prove(&first), 0x6300);
    assert!(!stage.opens(DataGroup::DG3));
}

pub fn k_12(kind: Kind) {
    let mut stage = chained(kind);
    let name = stage.terminal.name;
    assert_eq!(stage.name_terminal(name), 0x9000);
    assert_eq!(stage.challenge(7).status, 0x6700);
    assert_eq!(stage.prove(&[0; 7]), 0x6985);
}

pub fn k_14(kind: Kind) {
    let mut stage = chained(kind);
    let name = stage.terminal.name;
    assert_eq!(stage.name_terminal(name), 0x9000);
    assert_eq!(stage.prove(&[0; 8]), 0x6985);
    assert!(!stage.opens(DataGroup::DG3));
}

pub fn k_15(kind: Kind) {
    let mut stage = chained(kind);
    assert_eq!(stage.challenge(8).status, 0x6985);
    assert_eq!(stage.prove(&[0; 8]), 0x6985);
    assert!(!stage.opens(DataGroup::DG3));
}

pub fn k_17(kind: Kind) {
    let name = b"VNCASEIS00001";
    let right = encode(0x83, &[name]);
    for malformed in [
        encode(0x84, &[name]),
        right[..right.len() - 1].to_vec(),
        [&right[..], &[0]].concat(),
        [right.clone(), right.clone()].concat(),
        [&[0x83, 0x81, 13][..], name].concat(),
        encode(0x30, &[&right]),
    ] {
        let mut stage = chained(kind);
        let status = stage.host.send(SET_AT, &malformed, &[]).status;
        refused(&mut stage, status, 0x6A80);
    }
}

pub fn k_18(kind: Kind) {
    let mut stage = chained(kind);
    stage.prove_rightly();
    assert!(stage.opens(DataGroup::DG3));
    stage.host.reset();
    let answer = stage.host.plain([0, 0xB0, 0x83, 0], &[], &[6]);
    assert!(answer.is_refusal());
    stage.anew();
    assert!(!stage.opens(DataGroup::DG3));
}

/// Reads a whole file by its short identifier.
fn read(stage: &mut Stage, file: FileId) -> Vec<u8> {
    const PIECE: usize = 0x60;
    let mut bytes = Vec::new();
    let mut header = [0, 0xB0, 0x80 | file.sfi(), 0];
    loop {
        let answer = stage.host.send(header, &[], &[0x60]);
        let short = answer.data.len() < PIECE;
        bytes.extend(answer.data);
        if short || answer.status != 0x9000 {
            return bytes;
        }
        let offset = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        header = [0, 0xB0, offset[0], offset[1]];
    }
}

pub fn k_19(kind: Kind) {
    let mut stage = Stage::ready(kind);
    // Passive authentication: the digest of DG1 stands in EF.SOD.
    let sod = read(&mut stage, FileId::Sod);
    Reader::new(&sod).expect(0x77, "EF.SOD").unwrap();
    let dg1 = read(&mut stage, FileId::Group(DataGroup::DG1));
    let digest = Hash::Sha256.digest(&[&dg1]);
    assert!(
        sod.windows(digest.len())
            .any(|window| window == digest.as_slice())
    );
    let answer = stage.host.send(INTERNAL, &[0xC5; 8], &[0]);
    assert_eq!((answer.status, answer.data.len()), (0x9000, 256));
    stage.right_chain();
    stage.prove_rightly();
    assert!(stage.opens(DataGroup::DG3));
}

pub fn k_20(kind: Kind) {
    let mut stage = chained(kind);
    let challenge = challenged(&mut stage);
    // The key of another run, and the document number, which serves after BAC alone.
    stage.identity[0] ^= 1;
    assert_eq!(stage.prove(&challenge), 0x6300);
    assert!(!stage.opens(DataGroup::DG3));
}
