//! Unit L: what a chain opens, and what takes it away.

use cancuoc::lds::DataGroup;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::FINGERS;
use crate::chip_cases::forge::IRISES;
use crate::chip_cases::forge::USUAL;
use crate::chip_cases::host::Form;
use crate::chip_cases::host::GET_CHALLENGE;
use crate::chip_cases::host::SELECT_MASTER;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// Chain with these rights, whole authentication, and what opens then.
fn opens(kind: Kind, [verifier, terminal]: [u8; 2], group: DataGroup) -> bool {
    let mut stage = Stage::ready(kind);
    let verifier = stage.authority.certify(&stage.domestic, verifier, USUAL);
    let verifier = verifier.sign(&stage.authority.key);
    let terminal = stage.domestic.certify(&stage.terminal, terminal, USUAL);
    let terminal = terminal.sign(&stage.domestic.key);
    assert_eq!(stage.chain(&verifier, &terminal), [0x9000; 4]);
    stage.prove_rightly();
    stage.opens(group)
}

pub fn l_1(kind: Kind) {
    assert!(opens(kind, [BOTH, FINGERS], DataGroup::DG3));
}

pub fn l_2(kind: Kind) {
    assert!(!opens(kind, [BOTH, FINGERS], DataGroup::DG4));
}

pub fn l_3(kind: Kind) {
    assert!(opens(kind, [BOTH, IRISES], DataGroup::DG4));
}

pub fn l_4(kind: Kind) {
    assert!(!opens(kind, [BOTH, IRISES], DataGroup::DG3));
}

pub fn l_5(kind: Kind) {
    assert!(opens(kind, [FINGERS, BOTH], DataGroup::DG3));
}

pub fn l_6(kind: Kind) {
    assert!(!opens(kind, [FINGERS, BOTH], DataGroup::DG4));
}

pub fn l_7(kind: Kind) {
    assert!(opens(kind, [IRISES, BOTH], DataGroup::DG4));
}

pub fn l_8(kind: Kind) {
    assert!(!opens(kind, [IRISES, BOTH], DataGroup::DG3));
}

/// The chain was taken and a challenge given, and no more.
fn unproven(kind: Kind, group: DataGroup) {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    let name = stage.terminal.name;
    assert_eq!(stage.name_terminal(name), 0x9000);
    assert_eq!(stage.challenge(8).status, 0x9000);
    assert!(!stage.opens(group));
}

pub fn l_9(kind: Kind) {
    unproven(kind, DataGroup::DG3);
}

pub fn l_10(kind: Kind) {
    unproven(kind, DataGroup::DG4);
}

/// The signature was false.
fn falsely_proven(kind: Kind, group: DataGroup) {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    let name = stage.terminal.name;
    assert_eq!(stage.name_terminal(name), 0x9000);
    let challenge = stage.challenge(8);
    assert_eq!((challenge.status, challenge.data.len()), (0x9000, 8));
    assert_eq!(stage.prove(&[0; 8]), 0x6300);
    assert!(!stage.opens(group));
}

pub fn l_11(kind: Kind) {
    falsely_proven(kind, DataGroup::DG3);
}

pub fn l_12(kind: Kind) {
    falsely_proven(kind, DataGroup::DG4);
}

/// How a session is begun anew.
type Access = fn(&mut Stage) -> u16;

/// A chip with all rights open.
fn open(kind: Kind) -> Stage {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    stage.prove_rightly();
    assert!(stage.opens(DataGroup::DG3) && stage.opens(DataGroup::DG4));
    stage
}

/// The master file, and access control once more: it is refused in the session, whose rights stay as
/// they are, and it succeeds when a command in the clear has ended that session, without any rights.
fn begun_anew(kind: Kind, inside: Access, outside: Access) {
    let mut stage = open(kind);
    let answer = stage.host.send(SELECT_MASTER, &[], &[]);
    assert_eq!((answer.status, answer.form), (0x9000, Form::Protected));
    assert_eq!(inside(&mut stage), 0x6985);
    stage.host.keys = None;
    let answer = stage.host.plain(SELECT_MASTER, &[], &[]);
    assert_eq!((answer.status, answer.form), (0x6982, Form::Plain));
    assert_eq!(outside(&mut stage), 0x9000);
    assert_eq!(stage.host.select_application().status, 0x9000);
    assert!(!stage.opens(DataGroup::DG3) && !stage.opens(DataGroup::DG4));
    stage.authenticate_chip();
    assert!(!stage.opens(DataGroup::DG3) && !stage.opens(DataGroup::DG4));
}

/// BAC cannot be begun under secure messaging, in the application or elsewhere.
fn bac_inside(stage: &mut Stage) -> u16 {
    assert_eq!(stage.host.select_application().status, 0x9000);
    stage.host.send(GET_CHALLENGE, &[], &[8]).status
}

pub fn l_13(kind: Kind) {
    begun_anew(kind, bac_inside, Stage::bac);
}

pub fn l_14(kind: Kind) {
    begun_anew(kind, Stage::pace, Stage::pace);
}

pub fn l_15(kind: Kind) {
    begun_anew(kind, bac_inside, Stage::bac);
}

pub fn l_16(kind: Kind) {
    begun_anew(kind, Stage::pace, Stage::pace);
}
