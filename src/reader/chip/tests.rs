//! What is sent to chips that refuse, and in which order; chips by script, in the clear.

use std::collections::BTreeMap;

use super::*;
use crate::bytes::tlv;
use crate::bytes::tlv::tag;
use crate::capture::AccessUsed;
use crate::capture::Session;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::random::System;
use crate::reader::chip::script::Script;
use crate::transport::Stop;

const SMARTCARD: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];

fn oid(below: &[u8]) -> Vec<u8> {
    tlv::encode(tag::OID, &[&SMARTCARD, below])
}

/// Info and key under standardized domain parameters, with a reference in both.
fn entries(parameter_id: u8, cipher_arc: u8, id: Option<u8>) -> Vec<u8> {
    let domain = Domain::from_parameter_id(parameter_id).unwrap();
    let public = domain.generate(&mut System).unwrap().public();
    let (arc, value) = match domain.agreement() {
        Agreement::Dh => (1, tlv::encode_integer(public.encoded())),
        Agreement::Ecdh => (2, public.encoded().to_vec()),
    };
    let id = id.map(|id| tlv::encode_integer(&[id])).unwrap_or_default();
    let standardized = tlv::encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 1, 2]]);
    let algorithm = tlv::encode(
        tag::SEQUENCE,
        &[&standardized, &tlv::encode_integer(&[parameter_id])],
    );
    let bits = tlv::encode(tag::BIT_STRING, &[&[0], &value]);
    let key = tlv::encode(tag::SEQUENCE, &[&algorithm, &bits]);
    let version = tlv::encode_integer(&[1]);
    [
        tlv::encode(tag::SEQUENCE, &[&oid(&[3, arc, cipher_arc]), &version, &id]),
        tlv::encode(tag::SEQUENCE, &[&oid(&[1, arc]), &key, &id]),
    ]
    .concat()
}

fn capture(entries: &[Vec<u8>]) -> Capture {
    let set = tlv::encode(tag::SET, &[&entries.concat()]);
    let file = tlv::encode(DataGroup::DG14.tag(), &[&set]);
    let group = FileId::Group(DataGroup::DG14);
    let text = r#"{"schema": "cancuoc.capture/1", "access": "none", "files": {}}"#;
    let mut capture = Capture::from_json(text, "").unwrap();
    assert_eq!(capture.access, AccessUsed::None);
    capture.files = BTreeMap::from([(group, file)]);
    capture
}

/// What came of it.
struct Run {
    live: Live,
    quirks: Vec<String>,
    heard: Vec<Vec<u8>>,
}

impl Run {
    /// Instruction and second parameter of every command.
    fn commands(&self) -> Vec<[u8; 3]> {
        let short = |command: &Vec<u8>| [command[0], command[1], command[3]];
        self.heard.iter().map(short).collect()
    }
}

fn run(capture: &Capture, known: ExtendedLength, mut answer: impl FnMut(&[u8]) -> u16) -> Run {
    let stop = Stop::never();
    let mut script = Script::new(|command: &[u8]| answer(command).to_be_bytes().to_vec());
    let mut habits = Habits::default();
    let mut live = Live::new(Session::Live);
    let mut link = Link::new(&mut script, &stop);
    link.learn_extended(known);
    let agreed =
        chip_authentication(&mut link, &mut habits, capture, &mut live, &mut System).unwrap();
    let is_agreed = matches!(live.chip_authentication, ChipAttempt::Agreed(_));
    assert_eq!(agreed.is_some(), is_agreed);
    Run {
        live,
        quirks: habits.quirks,
        heard: script.heard,
    }
}

const SET_KAT: [u8; 3] = [0, 0x22, 0xA6];
const SET_AT: [u8; 3] = [0, 0x22, 0xA4];
const AUTHENTICATE: [u8; 3] = [0, 0x86, 0];
const PART: [u8; 3] = [0x10, 0x86, 0];

fn is_set_at(command: &[u8]) -> bool {
    command[1] == 0x22 && command[3] == 0xA4
}

#[test]
fn the_standards_way_is_first_and_alone() {
    let triple_des = run(
        &capture(&[entries(13, 1, None)]),
        ExtendedLength::Works,
        |_| 0x9000,
    );
    assert_eq!(triple_des.commands(), [SET_KAT]);
    let aes = run(
        &capture(&[entries(13, 4, None)]),
        ExtendedLength::Works,
        |_| 0x9000,
    );
    assert_eq!(aes.commands(), [SET_AT, AUTHENTICATE]);
    for run in [triple_des, aes] {
        assert!(run.quirks.is_empty());
        assert!(matches!(
            run.live.chip_authentication,
            ChipAttempt::Agreed(_)
        ));
    }
}

#[test]
fn a_long_key_goes_in_parts_and_by_the_form_that_may_be_chained() {
    for cipher in [1, 2] {
        let run = run(
            &capture(&[entries(2, cipher, None)]),
            ExtendedLength::Refused,
            |_| 0x9000,
        );
        assert_eq!(run.commands(), [SET_AT, PART, AUTHENTICATE]);
        assert!(run.quirks.is_empty());
    }
    let run = run(
        &capture(&[entries(2, 1, None)]),
        ExtendedLength::Works,
        |_| 0x9000,
    );
    assert_eq!(run.commands(), [SET_KAT]);
}

#[test]
fn a_chip_that_knows_no_chaining_gets_it_in_one() {
    let run = run(
        &capture(&[entries(2, 2, None)]),
        ExtendedLength::Unknown,
        |command| {
            if command[0] == 0x10 { 0x6884 } else { 0x9000 }
        },
    );
    assert_eq!(
        run.commands(),
        [SET_AT, PART, SET_AT, PART, SET_AT, AUTHENTICATE]
    );
    assert_eq!(run.quirks, ["ca-needs-extended"]);
}

#[test]
fn references_are_left_out_before_another_form_is_tried() {
    let refusing = |command: &[u8]| {
        let named = command.windows(3).any(|window| window == [0x84, 1, 5]);
        if named { 0x6A88 } else { 0x9000 }
    };
    let run = run(
        &capture(&[entries(13, 2, Some(5))]),
        ExtendedLength::Works,
        refusing,
    );
    assert_eq!(run.commands(), [SET_AT, SET_AT, AUTHENTICATE]);
    assert_eq!(run.quirks, ["ca-key-id-refused"]);
}

#[test]
fn the_other_form_is_tried_once() {
    for status in [0x6F00_u16, 0x6A80, 0x6A81, 0x6A86, 0x6D00] {
        let run = run(
            &capture(&[entries(13, 2, None)]),
            ExtendedLength::Works,
            |command| {
                if is_set_at(command) { status } else { 0x9000 }
            },
        );
        assert_eq!(run.commands(), [SET_AT, SET_KAT]);
        assert_eq!(run.quirks, [format!("ca-set-at-{status:04x}")]);
    }
}

#[test]
fn whatever_a_chip_refuses_ends_soon_and_as_a_refusal() {
    let offers = [
        entries(12, 4, Some(1)),
        entries(12, 2, Some(2)),
        entries(12, 1, Some(3)),
    ];
    let capture = capture(&offers);
    for status in [
        0x6300, 0x63C0, 0x6400, 0x6700, 0x6883, 0x6884, 0x6A80, 0x6A88, 0x6D00, 0x6F00,
    ] {
        let run = run(&capture, ExtendedLength::Unknown, |_| status);
        assert!(
            matches!(run.live.chip_authentication, ChipAttempt::Refused),
            "{status:04X}"
        );
        assert!(run.heard.len() <= MAX_ATTEMPTS + 3, "{status:04X}");
        assert!(run.quirks.is_empty());
    }
    for last in [0x6982, 0x6985] {
        let run = run(&capture, ExtendedLength::Works, |_| last);
        assert_eq!(run.commands(), [SET_AT]);
    }
}

/// DG14 is not vouched for yet: whoever wrote it must not choose how long the terminal works.
#[test]
fn many_keys_are_not_all_tried() {
    let offers: Vec<Vec<u8>> = (0..32).map(|_| entries(13, 2, None)).collect();
    let run = run(&capture(&offers), ExtendedLength::Works, |_| 0x6A80);
    let runs = run.heard.iter().filter(|command| command[1] == 0x22);
    assert!(runs.count() <= MAX_ATTEMPTS);
    assert!(matches!(run.live.chip_authentication, ChipAttempt::Refused));
}

/// EF.CardAccess in somebody's hand names a group of his own, and the terminal makes no key in it.
#[test]
fn the_group_for_version_two_is_a_standardized_one() {
    let domain_info = |domain: &[u8]| {
        let version = tlv::encode_integer(&[2]);
        let info = tlv::encode(tag::SEQUENCE, &[&oid(&[3, 1, 2]), &version]);
        let group = tlv::encode(tag::SEQUENCE, &[&oid(&[3, 1]), domain]);
        let infos = SecurityInfos::decode(&tlv::encode(tag::SET, &[&info, &group])).unwrap();
        assert!(infos.chip_domains[0].domain.is_some());
        offer::domain_for_version_two(&infos)
    };
    let standardized = tlv::encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 1, 2]]);
    let named = tlv::encode(tag::SEQUENCE, &[&standardized, &tlv::encode_integer(&[2])]);
    assert_eq!(domain_info(&named), Domain::from_parameter_id(2));
    // dhKeyAgreement with a composite modulus of 2048 bits and three as generator.
    let agreement = tlv::encode(tag::OID, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 3, 1]]);
    let numbers = tlv::encode(
        tag::SEQUENCE,
        &[
            &tlv::encode_integer(&[0xFF; 256]),
            &tlv::encode_integer(&[3]),
        ],
    );
    let own = tlv::encode(tag::SEQUENCE, &[&agreement, &numbers]);
    assert_eq!(domain_info(&own), None);
}
