//! Unit H: what is shut before terminal authentication, and EF.CVCA.

use cancuoc::lds::DataGroup;

use crate::chip_cases::host::Answer;
use crate::chip_cases::host::EMRTD;
use crate::chip_cases::host::Form;
use crate::chip_cases::host::SELECT_APPLICATION;
use crate::chip_cases::host::SELECT_FILE;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// EF.CVCA: identifier, then short identifier.
const CVCA: [u8; 2] = [0x01, 0x1C];
const CVCA_SHORT: u8 = 0x1C;

/// Offset 0 for the odd instruction.
const FIRST_OCTET: [u8; 3] = [0x54, 0x01, 0x00];

/// A refusal with this status, in this form.
fn refused(answer: &Answer, status: u16, form: Form) {
    assert!(answer.is_refusal());
    assert_eq!((answer.status, answer.form), (status, form));
}

/// SELECT and READ BINARY.
fn shut_by_name(kind: Kind, group: DataGroup) {
    let mut stage = Stage::ready(kind);
    let answer = stage.host.send(SELECT_FILE, &[1, group.number()], &[]);
    refused(&answer, 0x6982, Form::Protected);
    let answer = stage.host.send([0, 0xB0, 0, 0], &[], &[1]);
    refused(&answer, 0x6986, Form::Protected);
}

fn shut_by_short_name(kind: Kind, group: DataGroup) {
    let answer = Stage::ready(kind).read_group(group);
    refused(&answer, 0x6982, Form::Protected);
}

/// The odd instruction, by short identifier (P1 is zero) or by identifier.
fn shut_to_odd(kind: Kind, p1: u8, group: DataGroup) {
    let mut stage = Stage::ready(kind);
    let header = [0, 0xB1, p1, group.number()];
    let answer = stage.host.send(header, &FIRST_OCTET, &[6]);
    refused(&answer, 0x6982, Form::Protected);
}

pub fn h_1(kind: Kind) {
    shut_by_name(kind, DataGroup::DG3);
}

pub fn h_2(kind: Kind) {
    shut_by_name(kind, DataGroup::DG4);
}

pub fn h_3(kind: Kind) {
    shut_by_short_name(kind, DataGroup::DG3);
}

pub fn h_4(kind: Kind) {
    shut_by_short_name(kind, DataGroup::DG4);
}

pub fn h_5(kind: Kind) {
    shut_to_odd(kind, 0, DataGroup::DG3);
}

pub fn h_6(kind: Kind) {
    shut_to_odd(kind, 0, DataGroup::DG4);
}

pub fn h_7(kind: Kind) {
    let mut host = Stage::new(kind).host;
    assert_eq!(host.plain(SELECT_APPLICATION, &EMRTD, &[]).status, 0x9000);
    let answer = host.plain(SELECT_FILE, &CVCA, &[]);
    refused(&answer, 0x6982, Form::Plain);
    let answer = host.plain([0, 0xB0, 0, 0], &[], &[1]);
    refused(&answer, 0x6986, Form::Plain);
}

/// In the clear, after SELECT of the application.
fn shut_without_session(kind: Kind, header: [u8; 4], data: &[u8]) {
    let mut host = Stage::new(kind).host;
    assert_eq!(host.plain(SELECT_APPLICATION, &EMRTD, &[]).status, 0x9000);
    let answer = host.plain(header, data, &[36]);
    refused(&answer, 0x6982, Form::Plain);
}

pub fn h_8(kind: Kind) {
    shut_without_session(kind, [0, 0xB0, 0x80 | CVCA_SHORT, 0], &[]);
}

pub fn h_9(kind: Kind) {
    shut_without_session(kind, [0, 0xB1, 0, CVCA_SHORT], &FIRST_OCTET);
}

pub fn h_10(kind: Kind) {
    let [high, low] = CVCA;
    shut_without_session(kind, [0, 0xB1, high, low], &FIRST_OCTET);
}

pub fn h_11(kind: Kind) {
    shut_to_odd(kind, 1, DataGroup::DG3);
}

pub fn h_12(kind: Kind) {
    shut_to_odd(kind, 1, DataGroup::DG4);
}

/// EF.CVCA of a chip with one authority.
fn file(stage: &Stage) -> Vec<u8> {
    let name = stage.authority.name.as_bytes();
    let mut file = [&[0x42, 15][..], name].concat();
    file.resize(36, 0);
    file
}

pub fn h_13(kind: Kind) {
    let mut stage = Stage::in_session(kind);
    let answer = stage.host.send(SELECT_FILE, &CVCA, &[]);
    assert_eq!(answer.status, 0x9000);
    let answer = stage.host.send([0, 0xB0, 0, 0], &[], &[36]);
    assert_eq!((answer.status, answer.data), (0x9000, file(&stage)));
}

pub fn h_14(kind: Kind) {
    let mut stage = Stage::in_session(kind);
    let header = [0, 0xB0, 0x80 | CVCA_SHORT, 0];
    let answer = stage.host.send(header, &[], &[36]);
    assert_eq!((answer.status, answer.data), (0x9000, file(&stage)));
}

/// By the odd instruction, inside data object 53.
fn read_odd(kind: Kind, p1: u8) {
    let mut stage = Stage::in_session(kind);
    let header = [0, 0xB1, p1, CVCA_SHORT];
    let answer = stage.host.send(header, &FIRST_OCTET, &[38]);
    let wanted = [&[0x53, 36][..], &file(&stage)].concat();
    assert_eq!((answer.status, answer.data), (0x9000, wanted));
}

pub fn h_15(kind: Kind) {
    read_odd(kind, 0);
}

pub fn h_16(kind: Kind) {
    read_odd(kind, 1);
}
