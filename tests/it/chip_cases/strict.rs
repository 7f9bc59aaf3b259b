//! The table of `docs/chip.md`, row by row: each command with one thing wrong about it, the status word
//! that it must get, and what holds afterwards.
//!
//! A command that is refused inside the session leaves the session, takes the protocol down that was
//! under way, and gains nothing; one that is refused in the clear has ended the session.

use cancuoc::bytes::tlv::encode;
use cancuoc::lds::DataGroup;

use crate::chip_cases::host::Answer;
use crate::chip_cases::host::EMRTD;
use crate::chip_cases::host::EXTERNAL;
use crate::chip_cases::host::Form;
use crate::chip_cases::host::GENERAL;
use crate::chip_cases::host::GET_CHALLENGE;
use crate::chip_cases::host::INTERNAL;
use crate::chip_cases::host::SELECT_APPLICATION;
use crate::chip_cases::host::SELECT_FILE;
use crate::chip_cases::host::SELECT_MASTER;
use crate::chip_cases::host::SET_AT;
use crate::chip_cases::host::SET_CHIP;
use crate::chip_cases::host::SET_DST;
use crate::chip_cases::host::SET_PACE;
use crate::chip_cases::host::VERIFY;
use crate::chip_cases::host::apdu;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// MSE:Set KAT.
const SET_KAT: [u8; 4] = [0, 0x22, 0x41, 0xA6];
/// READ BINARY of EF.COM by its short identifier, and of the current file.
const READ_COM: [u8; 4] = [0, 0xB0, 0x9E, 0];
const READ: [u8; 4] = [0, 0xB0, 0, 0];
const UNBLOCK: [u8; 4] = [0, 0x2C, 3, 3];
const READ_RECORD: [u8; 4] = [0, 0xB2, 1, 4];

/// One row: what is wrong, the command, and the status word.
type Row<'a> = (&'a str, [u8; 4], &'a [u8], &'a [u8], u16);

fn with(header: [u8; 4], p1: u8, p2: u8) -> [u8; 4] {
    [header[0], header[1], p1, p2]
}

/// Plays a row inside the session, which must live on.
fn inside(stage: &mut Stage, (what, header, data, le, status): Row<'_>) {
    let answer = stage.host.send(header, data, le);
    let expected = Answer {
        data: Vec::new(),
        status,
        form: Form::Protected,
    };
    assert_eq!(answer, expected, "{what}");
}

/// The session is there, and fingers are shut.
fn nothing_gained(stage: &mut Stage) {
    assert_eq!(stage.host.send(READ_COM, &[], &[1]).status, 0x9000);
    assert!(!stage.opens(DataGroup::DG3) && !stage.opens(DataGroup::DG4));
}

fn all_inside(rows: &[Row<'_>], before: impl Fn(&mut Stage)) {
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        for row in rows {
            before(&mut stage);
            inside(&mut stage, *row);
        }
        nothing_gained(&mut stage);
    }
}

/// Plays rows in the clear, on a chip that has just been powered up; then reads EF.CardAccess.
fn all_plain(rows: &[Row<'_>], before: impl Fn(&mut Stage)) {
    for kind in Kind::ALL {
        let mut stage = Stage::new(kind);
        for (what, header, data, le, status) in rows {
            stage.host.reset();
            before(&mut stage);
            let answer = stage.host.plain(*header, data, le);
            let expected = Answer {
                data: Vec::new(),
                status: *status,
                form: Form::Plain,
            };
            assert_eq!(answer, expected, "{what}");
        }
        stage.anew();
    }
}

fn into_application(stage: &mut Stage) {
    let answer = stage.host.plain(SELECT_APPLICATION, &EMRTD, &[]);
    assert_eq!(answer.status, 0x9000);
}

#[test]
fn select() {
    let rows: [Row<'_>; 14] = [
        (
            "no such P1",
            with(SELECT_FILE, 3, 0x0C),
            &[1, 1],
            &[],
            0x6A86,
        ),
        (
            "an FCI asked for",
            with(SELECT_FILE, 2, 0),
            &[1, 1],
            &[],
            0x6A86,
        ),
        (
            "the next of that name",
            with(SELECT_APPLICATION, 4, 0x0E),
            &EMRTD,
            &[],
            0x6A86,
        ),
        ("no identifier", SELECT_FILE, &[], &[], 0x6700),
        ("half an identifier", SELECT_FILE, &[1], &[], 0x6700),
        (
            "an identifier and a half",
            SELECT_FILE,
            &[1, 1, 1],
            &[],
            0x6700,
        ),
        ("an Le for a file", SELECT_FILE, &[1, 1], &[0], 0x6700),
        (
            "a file that is not there",
            SELECT_FILE,
            &[1, 0x05],
            &[],
            0x6A82,
        ),
        ("no application", SELECT_APPLICATION, &[], &[], 0x6A82),
        (
            "part of a name",
            SELECT_APPLICATION,
            &EMRTD[..6],
            &[],
            0x6A82,
        ),
        (
            "a longer name",
            SELECT_APPLICATION,
            &[&EMRTD[..], &[0]].concat(),
            &[],
            0x6A82,
        ),
        (
            "an Le for an application",
            SELECT_APPLICATION,
            &EMRTD,
            &[0],
            0x6700,
        ),
        ("another root", SELECT_MASTER, &[0x3F, 0x01], &[], 0x6A82),
        (
            "an Le for the root",
            SELECT_MASTER,
            &[0x3F, 0x00],
            &[0],
            0x6700,
        ),
    ];
    all_inside(&rows, |_| {});
    // What was selected stays so.
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        assert_eq!(stage.host.send(SELECT_FILE, &[1, 1], &[]).status, 0x9000);
        for row in rows {
            inside(&mut stage, row);
        }
        assert_eq!(stage.host.send(READ, &[], &[1]).data, [0x61]);
    }
}

#[test]
fn read_binary() {
    let long: [u8; 4] = [0, 0xB1, 0, 0x10];
    let rows: [Row<'_>; 18] = [
        ("no current file", READ, &[], &[1], 0x6986),
        ("data", READ_COM, &[0], &[1], 0x6700),
        ("no Le", READ_COM, &[], &[], 0x6700),
        ("short identifier 0", with(READ, 0x80, 0), &[], &[1], 0x6A86),
        (
            "short identifier 31",
            with(READ, 0x9F, 0),
            &[],
            &[1],
            0x6A86,
        ),
        (
            "bits that are not used",
            with(READ, 0xA1, 0),
            &[],
            &[1],
            0x6A86,
        ),
        (
            "a file that is not there",
            with(READ, 0x85, 0),
            &[],
            &[1],
            0x6A82,
        ),
        ("behind the end", with(READ, 0x9E, 0xFF), &[], &[1], 0x6B00),
        ("odd: no offset", long, &[], &[9], 0x6A80),
        ("odd: another object", long, &[0x53, 1, 0], &[9], 0x6A80),
        ("odd: an empty offset", long, &[0x54, 0], &[9], 0x6A80),
        (
            "odd: five octets",
            long,
            &[0x54, 5, 0, 0, 0, 0, 0],
            &[9],
            0x6A80,
        ),
        ("odd: twice", long, &[0x54, 1, 0, 0x54, 1, 0], &[9], 0x6A80),
        (
            "odd: a long length",
            long,
            &[0x54, 0x81, 1, 0],
            &[9],
            0x6A80,
        ),
        ("odd: cut", long, &[0x54, 2, 0], &[9], 0x6A80),
        ("odd: no Le", long, &[0x54, 1, 0], &[], 0x6700),
        ("odd: no room", long, &[0x54, 1, 0], &[2], 0x6700),
        (
            "odd: short identifier 31",
            with(long, 0, 31),
            &[0x54, 1, 0],
            &[9],
            0x6A86,
        ),
    ];
    all_inside(&rows, |stage| {
        assert_eq!(stage.host.select_application().status, 0x9000);
    });
    let plain: [Row<'_>; 2] = [
        ("without a session", READ_COM, &[], &[1], 0x6982),
        ("a record", READ_RECORD, &[], &[0], 0x6D00),
    ];
    all_plain(&plain, into_application);
}

#[test]
fn basic_access_control() {
    let right = [0x5A; 40];
    let rows: [Row<'_>; 6] = [
        ("P1", with(GET_CHALLENGE, 1, 0), &[], &[8], 0x6A86),
        ("P2", with(GET_CHALLENGE, 0, 1), &[], &[8], 0x6A86),
        ("data", GET_CHALLENGE, &[0], &[8], 0x6700),
        ("no Le", GET_CHALLENGE, &[], &[], 0x6700),
        ("seven octets", GET_CHALLENGE, &[], &[7], 0x6700),
        ("no challenge before", EXTERNAL, &right, &[40], 0x6985),
    ];
    all_plain(&rows, into_application);
    let master: [Row<'_>; 1] = [("in the master file", GET_CHALLENGE, &[], &[8], 0x6985)];
    all_plain(&master, |_| {});
    let challenged = |stage: &mut Stage| {
        into_application(stage);
        assert_eq!(stage.host.plain(GET_CHALLENGE, &[], &[8]).status, 0x9000);
    };
    let rows: [Row<'_>; 8] = [
        ("P1", with(EXTERNAL, 1, 0), &right, &[40], 0x6A86),
        ("P2", with(EXTERNAL, 0, 1), &right, &[40], 0x6A86),
        ("no data", EXTERNAL, &[], &[40], 0x6700),
        ("one octet less", EXTERNAL, &right[1..], &[40], 0x6700),
        ("one octet more", EXTERNAL, &[0x5A; 41], &[40], 0x6700),
        ("no Le", EXTERNAL, &right, &[], 0x6700),
        ("another Le", EXTERNAL, &right, &[41], 0x6700),
        ("a false cryptogram", EXTERNAL, &right, &[40], 0x6300),
    ];
    all_plain(&rows, challenged);
    for kind in Kind::ALL {
        // A challenge serves once, and for the next command only.
        let mut stage = Stage::new(kind);
        for between in [EXTERNAL, SELECT_MASTER, with(EXTERNAL, 1, 0)] {
            challenged(&mut stage);
            stage.host.plain(between, &[0x3F, 0], &[]);
            into_application(&mut stage);
            assert_eq!(stage.host.plain(EXTERNAL, &right, &[40]).status, 0x6985);
        }
        // Nor does it live on through power-down.
        challenged(&mut stage);
        stage.host.reset();
        into_application(&mut stage);
        assert_eq!(stage.host.plain(EXTERNAL, &right, &[40]).status, 0x6985);
        // In a session there is no BAC.
        stage.anew();
        inside(
            &mut stage,
            ("in a session", GET_CHALLENGE, &[], &[8], 0x6985),
        );
        inside(
            &mut stage,
            ("in a session", EXTERNAL, &right, &[40], 0x6985),
        );
    }
}

#[test]
fn pace() {
    let stage = Stage::new(Kind::EcdsaPace);
    let oid = encode(0x80, &[&stage.offer.oid]);
    let can: [u8; 3] = [0x83, 1, 2];
    let parameters: [u8; 3] = [0x84, 1, stage.offer.parameter_id];
    let right = [&oid[..], &can].concat();
    let of = |parts: &[&[u8]]| parts.concat();
    let bad: [(&str, Vec<u8>, u16); 16] = [
        ("nothing", Vec::new(), 0x6A80),
        ("no such password", of(&[&oid, &[0x83, 1, 9]]), 0x6A88),
        ("no protocol", can.to_vec(), 0x6A80),
        ("no password", oid.clone(), 0x6A80),
        ("the protocol twice", of(&[&oid, &oid, &can]), 0x6A80),
        ("the password twice", of(&[&oid, &can, &can]), 0x6A80),
        ("the other order", of(&[&can, &oid]), 0x6A80),
        (
            "parameters in front",
            of(&[&oid, &parameters, &can]),
            0x6A80,
        ),
        (
            "parameters twice",
            of(&[&oid, &can, &parameters, &parameters]),
            0x6A80,
        ),
        ("an object more", of(&[&oid, &can, &[0x85, 1, 0]]), 0x6A80),
        ("a long length", of(&[&oid, &[0x83, 0x81, 1, 2]]), 0x6A80),
        ("a length too long", of(&[&oid, &[0x83, 2, 2]]), 0x6A80),
        ("a length too short", of(&[&oid, &[0x83, 0, 2]]), 0x6A80),
        ("an empty password", of(&[&oid, &[0x83, 0]]), 0x6A80),
        ("an empty protocol", of(&[&[0x80, 0], &can]), 0x6A80),
        ("another curve", of(&[&oid, &can, &[0x84, 1, 12]]), 0x6A88),
    ];
    let rows: Vec<Row<'_>> = bad
        .iter()
        .map(|(what, data, status)| (*what, SET_PACE, data.as_slice(), &[][..], *status))
        .chain([
            (
                "P2",
                with(SET_PACE, 0xC1, 0xA5),
                right.as_slice(),
                &[][..],
                0x6A86,
            ),
            ("an Le", SET_PACE, &right, &[0], 0x6700),
        ])
        .collect();
    all_plain(&rows, |_| {});

    let chosen = |stage: &mut Stage| {
        assert_eq!(stage.host.plain(SET_PACE, &right, &[]).status, 0x9000);
    };
    let chained = [0x10, 0x86, 0, 0];
    let rows: [Row<'_>; 12] = [
        ("P1", with(chained, 1, 0), &[0x7C, 0], &[0], 0x6A86),
        ("P2", with(chained, 0, 1), &[0x7C, 0], &[0], 0x6A86),
        ("not chained", GENERAL, &[0x7C, 0], &[0], 0x6985),
        ("no Le", chained, &[0x7C, 0], &[], 0x6700),
        ("no data", chained, &[], &[0], 0x6A80),
        ("another template", chained, &[0x7D, 0], &[0], 0x6A80),
        (
            "the template twice",
            chained,
            &[0x7C, 0, 0x7C, 0],
            &[0],
            0x6A80,
        ),
        ("a long length", chained, &[0x7C, 0x81, 0], &[0], 0x6A80),
        ("a length too long", chained, &[0x7C, 1], &[0], 0x6A80),
        (
            "an object that is not known",
            chained,
            &[0x7C, 2, 0x99, 0],
            &[0],
            0x6A80,
        ),
        (
            "the next step's object",
            chained,
            &[0x7C, 2, 0x81, 0],
            &[0],
            0x6985,
        ),
        (
            "two objects",
            chained,
            &[0x7C, 4, 0x81, 0, 0x83, 0],
            &[0],
            0x6A80,
        ),
    ];
    all_plain(&rows, chosen);
    // Whatever was wrong, the run is over: it begins with MSE:Set AT again.
    let mut stage = Stage::new(Kind::EcdsaPace);
    for (what, header, data, le, status) in rows {
        chosen(&mut stage);
        assert_eq!(stage.host.plain(header, data, le).status, status, "{what}");
        let answer = stage.host.plain(chained, &[0x7C, 0], &[0]);
        assert_eq!(answer.status, 0x6985, "{what}");
    }
    // The nonce may not be asked for twice.
    chosen(&mut stage);
    assert_eq!(stage.host.plain(chained, &[0x7C, 0], &[0]).status, 0x9000);
    assert_eq!(stage.host.plain(chained, &[0x7C, 0], &[0]).status, 0x6985);
    // Nor does a run live on through power-down, or another command.
    for between in [None, Some(SELECT_MASTER)] {
        chosen(&mut stage);
        match between {
            None => stage.host.reset(),
            Some(header) => assert_eq!(stage.host.plain(header, &[], &[]).status, 0x9000),
        }
        let answer = stage.host.plain(chained, &[0x7C, 0], &[0]);
        assert_eq!(answer.status, 0x6985);
    }
}

#[test]
fn chip_authentication() {
    // id-CA-ECDH-AES-CBC-CMAC-128
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02];
    let protocol = encode(0x80, &[&oid]);
    let of = |parts: &[&[u8]]| parts.concat();
    let key = [0x04; 65];
    let bad: [(&str, [u8; 4], Vec<u8>, u16); 11] = [
        ("nothing", SET_CHIP, Vec::new(), 0x6A80),
        ("an empty protocol", SET_CHIP, vec![0x80, 0], 0x6A80),
        (
            "the protocol twice",
            SET_CHIP,
            of(&[&protocol, &protocol]),
            0x6A80,
        ),
        (
            "an object more",
            SET_CHIP,
            of(&[&protocol, &[0x85, 1, 0]]),
            0x6A80,
        ),
        (
            "the other order",
            SET_CHIP,
            of(&[&[0x84, 1, 1], &protocol]),
            0x6A80,
        ),
        (
            "a key that is not there",
            SET_CHIP,
            of(&[&protocol, &[0x84, 1, 1]]),
            0x6A88,
        ),
        (
            "a long length",
            SET_CHIP,
            of(&[&[0x80, 0x81, 10], &oid]),
            0x6A80,
        ),
        (
            "a length too long",
            SET_CHIP,
            of(&[&[0x80, 11], &oid]),
            0x6A80,
        ),
        ("P2", with(SET_CHIP, 0x41, 0xA5), protocol.clone(), 0x6A86),
        ("Set KAT: no key", SET_KAT, Vec::new(), 0x6A80),
        (
            "Set KAT: not with AES",
            SET_KAT,
            encode(0x91, &[&key]),
            0x6A80,
        ),
    ];
    let mut rows: Vec<Row<'_>> = bad
        .iter()
        .map(|(what, header, data, status)| (*what, *header, data.as_slice(), &[][..], *status))
        .collect();
    rows.push(("an Le", SET_CHIP, &protocol, &[0], 0x6700));
    rows.push(("no key chosen", GENERAL, &[0x7C, 0], &[0], 0x6985));
    all_inside(&rows, |_| {});

    let point = encode(0x7C, &[&encode(0x80, &[&key])]);
    let rows: [Row<'_>; 8] = [
        ("P1", with(GENERAL, 1, 0), &point, &[0], 0x6A86),
        ("no Le", GENERAL, &point, &[], 0x6700),
        ("no data", GENERAL, &[], &[0], 0x6700),
        ("no object", GENERAL, &[0x7C, 0], &[0], 0x6A80),
        ("an empty key", GENERAL, &[0x7C, 2, 0x80, 0], &[0], 0x6A80),
        (
            "another object",
            GENERAL,
            &[0x7C, 3, 0x81, 1, 4],
            &[0],
            0x6A80,
        ),
        (
            "two objects",
            GENERAL,
            &[0x7C, 4, 0x80, 0, 0x80, 0],
            &[0],
            0x6A80,
        ),
        ("not on the curve", GENERAL, &point, &[0], 0x6A80),
    ];
    all_inside(&rows, |stage| {
        assert_eq!(stage.host.send(SET_CHIP, &protocol, &[]).status, 0x9000);
    });
    let plain: [Row<'_>; 3] = [
        ("Set AT without a session", SET_CHIP, &protocol, &[], 0x6982),
        (
            "Set KAT without a session",
            SET_KAT,
            &[0x91, 0],
            &[],
            0x6982,
        ),
        ("without a session", GENERAL, &[0x7C, 0], &[0], 0x6985),
    ];
    all_plain(&plain, into_application);
}

#[test]
fn active_authentication() {
    let rows: [Row<'_>; 6] = [
        ("P1", with(INTERNAL, 1, 0), &[0; 8], &[0], 0x6A86),
        ("P2", with(INTERNAL, 0, 1), &[0; 8], &[0], 0x6A86),
        ("no challenge", INTERNAL, &[], &[0], 0x6700),
        ("seven octets", INTERNAL, &[0; 7], &[0], 0x6700),
        ("nine octets", INTERNAL, &[0; 9], &[0], 0x6700),
        ("no Le", INTERNAL, &[0; 8], &[], 0x6700),
    ];
    all_inside(&rows, |_| {});
    let plain: [Row<'_>; 1] = [("without a session", INTERNAL, &[0; 8], &[0], 0x6982)];
    all_plain(&plain, into_application);
}

#[test]
fn terminal_authentication() {
    let name = b"VNCASECVCA00001";
    let reference = encode(0x83, &[name]);
    let terminal = encode(0x83, &[b"VNCASEIS00001"]);
    let of = |parts: &[&[u8]]| parts.concat();
    let bad = |header: [u8; 4], right: &[u8], value: &[u8]| -> Vec<(&str, [u8; 4], Vec<u8>, u16)> {
        vec![
            ("nothing", header, Vec::new(), 0x6A80),
            ("an empty name", header, vec![0x83, 0], 0x6A88),
            ("the name twice", header, of(&[right, right]), 0x6A80),
            (
                "an object behind",
                header,
                of(&[right, &[0x84, 1, 0]]),
                0x6A80,
            ),
            (
                "an object in front",
                header,
                of(&[&[0x84, 1, 0], right]),
                0x6A80,
            ),
            ("another object", header, encode(0x84, &[value]), 0x6A80),
            (
                "a long length",
                header,
                of(&[&[0x83, 0x81], &right[1..]]),
                0x6A80,
            ),
            (
                "a length too long",
                header,
                right[..right.len() - 1].to_vec(),
                0x6A80,
            ),
            ("an octet behind", header, of(&[right, &[0]]), 0x6A80),
            (
                "a name that is not known",
                header,
                encode(0x83, &[b"VNNOBODY00001"]),
                0x6A88,
            ),
        ]
    };
    let both = [
        bad(SET_DST, &reference, name),
        bad(SET_AT, &terminal, b"VNCASEIS00001"),
    ]
    .concat();
    let mut rows: Vec<Row<'_>> = both
        .iter()
        .map(|(what, header, data, status)| (*what, *header, data.as_slice(), &[][..], *status))
        .collect();
    let full = of(&[
        &encode(0x80, &[&[0; 10]]),
        &terminal,
        &encode(0x91, &[&[1; 32]]),
    ]);
    rows.extend([
        (
            "an Le for Set DST",
            SET_DST,
            reference.as_slice(),
            &[0][..],
            0x6700,
        ),
        ("an Le for Set AT", SET_AT, &terminal, &[0], 0x6700),
        (
            "P1 of Set DST",
            with(SET_DST, 0xC1, 0xB6),
            &reference,
            &[],
            0x6A86,
        ),
        (
            "P2 of Set AT",
            with(SET_AT, 0x81, 0xA8),
            &terminal,
            &[],
            0x6A86,
        ),
        ("objects of version 2", SET_AT, &full, &[], 0x6A80),
        ("no key chosen", VERIFY, &[0x7F, 0x4E, 0], &[], 0x6985),
        ("no terminal chosen", EXTERNAL, &[0; 64], &[], 0x6985),
        ("no terminal chosen", GET_CHALLENGE, &[], &[8], 0x6985),
    ]);
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        stage.right_chain();
        for row in &rows {
            inside(&mut stage, *row);
        }
        nothing_gained(&mut stage);
        // Whatever went wrong, what was chosen before is chosen no more.
        for row in rows.iter().filter(|(_, header, ..)| *header == SET_DST) {
            assert_eq!(stage.choose("VNCASECVCA00001"), 0x9000);
            inside(&mut stage, *row);
            assert_eq!(stage.verify(&[0x7F, 0x4E, 0]), 0x6985);
        }
        stage.right_chain();
        stage.prove_rightly();
    }

    let chosen = |stage: &mut Stage| assert_eq!(stage.choose("VNCASECVCA00001"), 0x9000);
    let rows: [Row<'_>; 6] = [
        ("P1", with(VERIFY, 1, 0xBE), &[0x7F, 0x4E, 0], &[], 0x6A86),
        ("P2", with(VERIFY, 0, 0xAE), &[0x7F, 0x4E, 0], &[], 0x6A86),
        ("no data", VERIFY, &[], &[], 0x6700),
        ("an Le", VERIFY, &[0x7F, 0x4E, 0], &[0], 0x6700),
        ("no certificate", VERIFY, &[0x30, 0], &[], 0x6A80),
        (
            "a link without data",
            [0x10, 0x2A, 0, 0xBE],
            &[],
            &[],
            0x6700,
        ),
    ];
    all_inside(&rows, chosen);

    let ready = |stage: &mut Stage| {
        stage.right_chain();
        assert_eq!(stage.name_terminal("VNCASEIS00001"), 0x9000);
    };
    let rows: [Row<'_>; 6] = [
        ("P1", with(GET_CHALLENGE, 1, 0), &[], &[8], 0x6A86),
        ("data", GET_CHALLENGE, &[0], &[8], 0x6700),
        ("no Le", GET_CHALLENGE, &[], &[], 0x6700),
        ("any Le", GET_CHALLENGE, &[], &[0], 0x6700),
        ("nine octets", GET_CHALLENGE, &[], &[9], 0x6700),
        ("no challenge before", EXTERNAL, &[0; 64], &[], 0x6985),
    ];
    all_inside(&rows, ready);
    let challenged = |stage: &mut Stage| {
        ready(stage);
        assert_eq!(stage.challenge(8).status, 0x9000);
    };
    let rows: [Row<'_>; 5] = [
        ("P1", with(EXTERNAL, 1, 0), &[0; 64], &[], 0x6A86),
        ("P2", with(EXTERNAL, 0, 1), &[0; 64], &[], 0x6A86),
        ("no data", EXTERNAL, &[], &[], 0x6700),
        ("an Le", EXTERNAL, &[0; 64], &[0], 0x6700),
        ("a false signature", EXTERNAL, &[0; 64], &[], 0x6300),
    ];
    all_inside(&rows, challenged);
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        for (what, header, data, le, status) in rows {
            challenged(&mut stage);
            inside(&mut stage, (what, header, data, le, status));
            inside(&mut stage, (what, EXTERNAL, &[0; 64], &[], 0x6985));
        }
        // A signature proves once.
        stage.right_chain();
        assert_eq!(stage.name_terminal("VNCASEIS00001"), 0x9000);
        let challenge = stage.challenge(8).data;
        assert_eq!(stage.prove(&challenge), 0x9000);
        assert_eq!(stage.prove(&challenge), 0x6985);
        assert!(stage.opens(DataGroup::DG3));
        // A session has one proof (Doc 9303-11 §7.1.3), with new keys, too.
        for anew in [false, true] {
            if anew {
                stage.authenticate_chip();
                stage.right_chain();
            }
            assert_eq!(stage.name_terminal("VNCASEIS00001"), 0x9000);
            let challenge = stage.challenge(8).data;
            assert_eq!(stage.prove(&challenge), 0x6982);
            assert_eq!(stage.opens(DataGroup::DG3), !anew);
        }
    }
    let plain: [Row<'_>; 5] = [
        (
            "Set DST without a session",
            SET_DST,
            &reference,
            &[],
            0x6982,
        ),
        (
            "a certificate without a session",
            VERIFY,
            &[0x7F, 0x4E, 0],
            &[],
            0x6982,
        ),
        ("Set AT without a session", SET_AT, &terminal, &[], 0x6982),
        (
            "a signature without a session",
            EXTERNAL,
            &[0; 64],
            &[],
            0x6985,
        ),
        (
            "a link without a session",
            [0x10, 0x82, 0, 0],
            &[0; 64],
            &[],
            0x6985,
        ),
    ];
    all_plain(&plain, into_application);
    // Before chip authentication.
    for kind in Kind::ALL {
        let mut stage = Stage::in_session(kind);
        for header in [SET_DST, SET_AT] {
            inside(&mut stage, ("too early", header, &reference, &[], 0x6985));
        }
        inside(
            &mut stage,
            ("too early", VERIFY, &[0x7F, 0x4E, 0], &[], 0x6985),
        );
    }
}

#[test]
fn other_commands() {
    let rows: [Row<'_>; 9] = [
        ("no such instruction", [0, 0x20, 0, 1], &[], &[], 0x6D00),
        (
            "no such environment",
            [0, 0x22, 0x81, 0xB8],
            &[],
            &[],
            0x6A86,
        ),
        ("records without any", READ_RECORD, &[], &[0], 0x6D00),
        ("unblocked without the PUK", UNBLOCK, &[], &[], 0x6982),
        ("P1 of unblocking", with(UNBLOCK, 2, 3), &[], &[], 0x6A86),
        ("P2 of unblocking", with(UNBLOCK, 3, 4), &[], &[], 0x6A86),
        ("data for unblocking", UNBLOCK, &[0], &[], 0x6700),
        ("an Le for unblocking", UNBLOCK, &[], &[0], 0x6700),
        (
            "GET RESPONSE of nothing",
            [0, 0xC0, 0, 0],
            &[],
            &[0],
            0x6985,
        ),
    ];
    all_inside(&rows, |_| {});
    let chained: [Row<'_>; 4] = [
        ("SELECT", [0x10, 0xA4, 2, 0x0C], &[1, 1], &[], 0x6884),
        ("READ BINARY", [0x10, 0xB0, 0x9E, 0], &[], &[1], 0x6884),
        ("MSE", [0x10, 0x22, 0x81, 0xB6], &[0x83, 1, 1], &[], 0x6884),
        (
            "INTERNAL AUTHENTICATE",
            [0x10, 0x88, 0, 0],
            &[0; 8],
            &[0],
            0x6884,
        ),
    ];
    all_inside(&chained, |_| {});
}

/// A protected command, changed on its way: data objects and everything around them.
type Change = fn(&[u8]) -> Vec<u8>;

/// The data objects of a short command.
fn objects(command: &[u8]) -> &[u8] {
    &command[5..command.len() - 1]
}

fn around(command: &[u8], objects: &[u8]) -> Vec<u8> {
    let header = [command[0], command[1], command[2], command[3]];
    apdu(header, objects, &[0])
}

/// READ BINARY has [97 01 01] and [8E 08 ..]: three octets, then ten.
#[test]
fn secure_messaging() {
    let changes: [(&str, u16, Change); 17] = [
        ("no objects", 0x6700, |command| {
            [&command[..4], &[0, 0]].concat()
        }),
        ("no checksum", 0x6987, |command| {
            around(command, &objects(command)[..3])
        }),
        ("the checksum alone", 0x6988, |command| {
            around(command, &objects(command)[3..])
        }),
        ("the checksum twice", 0x6988, |command| {
            around(
                command,
                &[objects(command), &objects(command)[3..]].concat(),
            )
        }),
        ("the Le twice", 0x6988, |command| {
            around(
                command,
                &[&objects(command)[..3], objects(command)].concat(),
            )
        }),
        ("the other order", 0x6988, |command| {
            around(
                command,
                &[&objects(command)[3..], &objects(command)[..3]].concat(),
            )
        }),
        ("an object more in front", 0x6988, |command| {
            around(command, &[&[0x81, 1, 0], objects(command)].concat())
        }),
        ("an object more behind", 0x6988, |command| {
            around(command, &[objects(command), &[0x81, 1, 0]].concat())
        }),
        ("an empty cryptogram", 0x6988, |command| {
            around(command, &[&[0x87, 1, 1], objects(command)].concat())
        }),
        ("an empty Le", 0x6988, |command| {
            around(command, &[&[0x97, 0], &objects(command)[3..]].concat())
        }),
        ("a long length", 0x6988, |command| {
            around(
                command,
                &[&[0x97, 0x81, 1, 1], &objects(command)[3..]].concat(),
            )
        }),
        ("a short checksum", 0x6988, |command| {
            let code = &objects(command)[5..12];
            around(
                command,
                &[&objects(command)[..3], &[0x8E, 7], code].concat(),
            )
        }),
        ("a false checksum", 0x6988, |command| {
            let mut objects = objects(command).to_vec();
            objects[12] ^= 1;
            around(command, &objects)
        }),
        ("another header", 0x6988, |command| {
            let mut command = command.to_vec();
            command[3] ^= 1;
            command
        }),
        ("no outer Le", 0x6700, |command| {
            command[..command.len() - 1].to_vec()
        }),
        ("another outer Le", 0x6700, |command| {
            [&command[..command.len() - 1], &[9]].concat()
        }),
        ("a wrong Lc", 0x6700, |command| {
            let mut command = command.to_vec();
            command[4] += 1;
            command
        }),
    ];
    for kind in Kind::ALL {
        for (what, status, change) in changes {
            let mut stage = Stage::ready(kind);
            stage.right_chain();
            stage.prove_rightly();
            let command = stage.host.protect(READ_COM, &[], &[1]);
            let late = stage.host.protect(READ_COM, &[], &[1]);
            let answer = stage.host.raw(&change(&command));
            assert_eq!((answer.status, answer.data.len()), (status, 0), "{what}");
            // The session is over: keys, rights, selection.
            assert_eq!(stage.host.raw(&late).status, 0x6882, "{what}");
            let answer = stage.host.plain(READ_COM, &[], &[1]);
            assert_eq!(answer.status, 0x6A82, "{what}: the master file is current");
            stage.host.keys = None;
            stage.access();
            assert!(!stage.opens(DataGroup::DG3), "{what}");
        }
    }
}

#[test]
fn a_counter_serves_once() {
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        let command = stage.host.protect(READ_COM, &[], &[1]);
        assert_eq!(stage.host.deliver(&command).status, 0x9000);
        // Replayed.
        assert_eq!(stage.host.raw(&command).status, 0x6988);
        assert_eq!(stage.host.raw(&command).status, 0x6882);
        // Left out.
        stage.anew();
        stage.host.protect(READ_COM, &[], &[1]);
        let command = stage.host.protect(READ_COM, &[], &[1]);
        assert_eq!(stage.host.raw(&command).status, 0x6988);
        // Of the session before, which chip authentication has ended.
        stage.host.keys = None;
        stage.access();
        let command = stage.host.protect(READ_COM, &[], &[1]);
        stage.anew();
        assert_eq!(stage.host.raw(&command).status, 0x6988);
    }
}

#[test]
fn a_plain_command_ends_the_session() {
    for kind in Kind::ALL {
        for header in [READ_COM, SELECT_MASTER, GET_CHALLENGE, SET_PACE] {
            let mut stage = Stage::ready(kind);
            stage.right_chain();
            stage.prove_rightly();
            let late = stage.host.protect(READ_COM, &[], &[1]);
            let answer = stage.host.plain(header, &[], &[]);
            assert_eq!((answer.status, answer.data.len()), (0x6982, 0));
            assert_eq!(stage.host.raw(&late).status, 0x6882);
            stage.host.keys = None;
            stage.access();
            assert!(!stage.opens(DataGroup::DG3));
        }
    }
}

#[test]
fn extended_length_is_taken_where_it_is_known_and_length_fields_must_fit() {
    for (kind, status) in [(Kind::EcdsaPace, 0x9000), (Kind::RsaBac, 0x6700)] {
        let mut host = Stage::new(kind).host;
        assert_eq!(host.raw(&[0, 0xB0, 0x9C, 0, 0, 0, 1]).status, status);
    }
    let broken: [(&str, &[u8]); 6] = [
        ("no header", &[0, 0xB0, 0x9E]),
        ("too little data", &[0, 0xA4, 2, 0x0C, 2, 1]),
        ("too much data", &[0, 0xA4, 2, 0x0C, 2, 1, 1, 0, 0]),
        ("Lc of zero", &[0, 0xA4, 2, 0x0C, 0, 1]),
        ("extended Lc of zero", &[0, 0xA4, 2, 0x0C, 0, 0, 0, 1]),
        (
            "short Le behind extended Lc",
            &[0, 0xA4, 2, 0x0C, 0, 0, 2, 1, 1, 0],
        ),
    ];
    for kind in Kind::ALL {
        for (what, command) in broken {
            let mut stage = Stage::ready(kind);
            let late = stage.host.protect(READ_COM, &[], &[1]);
            let answer = stage.host.raw(command);
            assert_eq!((answer.status, answer.data.len()), (0x6700, 0), "{what}");
            assert_eq!(stage.host.raw(&late).status, 0x6882, "{what}");
        }
    }
    for class in [0x01, 0x04, 0x08, 0x20, 0x40, 0x80, 0x8C, 0xFF] {
        let mut stage = Stage::ready(Kind::EcdsaPace);
        let late = stage.host.protect(READ_COM, &[], &[1]);
        assert_eq!(stage.host.raw(&[class, 0xB0, 0x9E, 0, 1]).status, 0x6E00);
        assert_eq!(stage.host.raw(&late).status, 0x6882);
    }
}

#[test]
fn a_right_is_gained_by_a_whole_proof_alone() {
    for kind in Kind::ALL {
        let mut stage = Stage::ready(kind);
        stage.right_chain();
        nothing_gained(&mut stage);
        assert_eq!(stage.name_terminal("VNCASEIS00001"), 0x9000);
        nothing_gained(&mut stage);
        stage.prove_rightly();
        assert!(stage.opens(DataGroup::DG3));
        // Chip authentication anew makes another session, without the rights of the one before.
        stage.authenticate_chip();
        nothing_gained(&mut stage);
    }
}
