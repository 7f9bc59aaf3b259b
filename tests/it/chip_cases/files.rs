//! The `LDS_*` rows: files as a terminal reads them out of the chips of personas, with fingers and
//! irises and without.

use std::sync::LazyLock;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::has_shortest_lengths;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::persona;
use cancuoc::sim::persona::AtrInfo;
use cancuoc::sim::personalisation::CvcaFile;
use cancuoc::sim::seed::Seeded;

use crate::chip_cases::host::Form;
use crate::chip_cases::host::Host;
use crate::chip_cases::host::SELECT_FILE;
use crate::chip_cases::host::SELECT_MASTER;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

/// id-TA and nothing below it.
const TERMINAL_AUTHENTICATION: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];

/// What ISO/IEC 19785 has registered for ISO/IEC JTC 1/SC 37.
const OWNER: [u8; 2] = [0x01, 0x01];

/// A whole file, selected and read in pieces, under secure messaging where there is a session.
fn read(host: &mut Host, file: FileId) -> Vec<u8> {
    let id = file.id().to_be_bytes();
    assert_eq!(host.send(SELECT_FILE, &id, &[]).status, 0x9000);
    let mut bytes = Vec::new();
    loop {
        let [high, low] = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let answer = host.send([0, 0xB0, high, low], &[], &[0x80]);
        if answer.status == 0x6B00 {
            return bytes;
        }
        assert!(matches!(answer.status, 0x9000 | 0x6282));
        bytes.extend(answer.data);
    }
}

/// The TerminalAuthenticationInfos of DG14, each without its SEQUENCE.
fn infos(file: &[u8]) -> Vec<Vec<u8>> {
    let outer = Reader::new(file).expect(0x6E, "DG14").unwrap();
    let mut set = outer
        .inside()
        .unwrap()
        .expect(0x31, "set")
        .unwrap()
        .inside()
        .unwrap();
    let mut found = Vec::new();
    while !set.at_end() {
        let info = set.expect(0x30, "info").unwrap();
        let oid = info.inside().unwrap().expect(0x06, "protocol").unwrap();
        if oid.value.starts_with(&TERMINAL_AUTHENTICATION) {
            found.push(info.value.to_vec());
        }
    }
    found
}

/// DG14 of the chip as it is, and with EF.CVCA elsewhere.
fn terminal_infos(kind: Kind) -> Vec<Vec<u8>> {
    let elsewhere = [None, Some(0x1A)].map(|sfi| CvcaFile { id: 0x0123, sfi });
    [CvcaFile::DEFAULT]
        .into_iter()
        .chain(elsewhere)
        .flat_map(|file| {
            let mut stage = Stage::with_file(kind, file);
            stage.access();
            infos(&read(&mut stage.host, FileId::Group(DataGroup::DG14)))
        })
        .collect()
}

pub fn e_2(kind: Kind) {
    let infos = terminal_infos(kind);
    assert_eq!(infos.len(), 3);
    for info in infos {
        let mut reader = Reader::new(&info);
        let oid = reader.expect(0x06, "protocol").unwrap();
        assert_eq!(oid.value, TERMINAL_AUTHENTICATION);
        let version = reader.expect(0x02, "version").unwrap();
        assert_eq!(version.value, [1]);
    }
}

pub fn e_5(kind: Kind) {
    let mut places = Vec::new();
    for info in terminal_infos(kind) {
        assert!(has_shortest_lengths(&info));
        let mut reader = Reader::new(&info);
        reader.expect(0x06, "protocol").unwrap();
        reader.expect(0x02, "version").unwrap();
        let file = reader.optional(0x30, "file").unwrap();
        reader.finish("info").unwrap();
        let Some(file) = file else {
            continue;
        };
        let mut inside = file.inside().unwrap();
        let id = inside.expect(0x04, "file identifier").unwrap();
        let short = inside.optional(0x04, "short file identifier").unwrap();
        inside.finish("file").unwrap();
        places.push((id.value.to_vec(), short.map(|short| short.value.to_vec())));
    }
    let id = vec![0x01, 0x23];
    assert_eq!(places, [(id.clone(), None), (id, Some(vec![0x1A]))]);
}

pub fn f_1(kind: Kind) {
    let mut stage = Stage::in_session(kind);
    let file = read(&mut stage.host, FileId::Cvca);
    assert_eq!(file.len(), 36);
    let mut reader = Reader::new(&file);
    let first = reader.expect(0x42, "reference").unwrap();
    assert!((1..=16).contains(&first.value.len()));
    let second = reader.optional(0x42, "reference").unwrap();
    assert!(second.is_none_or(|second| (1..=16).contains(&second.value.len())));
    assert!(reader.rest().iter().all(|octet| *octet == 0));
}

/// DG3 or DG4 of the chip of the cases, which has nothing in it, read after terminal authentication.
fn empty(kind: Kind, group: DataGroup) -> Vec<u8> {
    let mut stage = Stage::ready(kind);
    stage.right_chain();
    stage.prove_rightly();
    read(&mut stage.host, FileId::Group(group))
}

/// DG3 and DG4 of every persona that ships, made once: their fingers are drawn.
static ENROLLED: LazyLock<[Vec<Vec<u8>>; 2]> =
    LazyLock::new(|| [DataGroup::DG3, DataGroup::DG4].map(every));

/// The same group of every persona that ships and has it.
fn enrolled(group: DataGroup) -> Vec<Vec<u8>> {
    let [fingers, irises] = &*ENROLLED;
    match group {
        DataGroup::DG3 => fingers.clone(),
        _ => irises.clone(),
    }
}

fn every(group: DataGroup) -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = persona::shipped()
        .iter()
        .filter_map(|persona| {
            let mut card = persona.personalise().unwrap();
            card.files.remove(&FileId::Group(group))
        })
        .collect();
    files.sort();
    files.dedup();
    assert!(!files.is_empty());
    files
}

/// A group taken apart: the templates, and what stands behind the group template.
struct Taken {
    count: u32,
    templates: Vec<Template>,
}

struct Template {
    header: Vec<(u32, Vec<u8>)>,
    block_tag: u32,
    block: Vec<u8>,
}

fn take(file: &[u8], group: DataGroup) -> Taken {
    assert!(has_shortest_lengths(file));
    let mut reader = Reader::new(file);
    let outer = reader.expect(group.tag(), "group").unwrap();
    reader.finish("group").unwrap();
    let mut content = outer.inside().unwrap();
    let inner = content.expect(0x7F61, "group template").unwrap();
    let mut inside = inner.inside().unwrap();
    let count = inside.expect(0x02, "instances").unwrap();
    assert_eq!(count.value.len(), 1);
    let count = count.small_integer().unwrap();
    let mut templates = Vec::new();
    while !inside.at_end() {
        let template = inside.expect(0x7F60, "template").unwrap();
        let mut parts = template.inside().unwrap();
        let mut header = parts.expect(0xA1, "header").unwrap().inside().unwrap();
        let mut elements = Vec::new();
        while !header.at_end() {
            let element = header.element("element").unwrap();
            elements.push((element.tag, element.value.to_vec()));
        }
        let block = parts.element("block").unwrap();
        parts.finish("template").unwrap();
        templates.push(Template {
            header: elements,
            block_tag: block.tag,
            block: block.value.to_vec(),
        });
    }
    // Only where there is no template, random data follows (Doc 9303-10 §4.7.3.1).
    if count == 0 {
        let random = content.expect(0x53, "random data").unwrap();
        assert_eq!(random.value.len(), 8);
    }
    content.finish("group").unwrap();
    Taken { count, templates }
}

/// All that there is of a group, taken apart; one at least has something in it.
fn groups(kind: Kind, group: DataGroup) -> Vec<Taken> {
    let mut files = enrolled(group);
    files.push(empty(kind, group));
    let taken: Vec<Taken> = files.iter().map(|file| take(file, group)).collect();
    assert!(taken.iter().any(|taken| taken.count == 0));
    assert!(taken.iter().any(|taken| taken.count > 0));
    taken
}

fn every_template(kind: Kind, group: DataGroup, check: impl Fn(&Template)) {
    for taken in groups(kind, group) {
        taken.templates.iter().for_each(&check);
    }
}

fn element(template: &Template, tag: u32) -> &[u8] {
    let found = template.header.iter().find(|(other, _)| *other == tag);
    &found.unwrap().1
}

fn outer(kind: Kind, group: DataGroup, tag: u8) {
    for file in [enrolled(group), vec![empty(kind, group)]].concat() {
        assert_eq!(file[0], tag);
    }
}

fn counted(kind: Kind, group: DataGroup) {
    for taken in groups(kind, group) {
        let count = usize::try_from(taken.count).unwrap();
        assert_eq!(count, taken.templates.len());
    }
}

fn format(kind: Kind, group: DataGroup, wanted: &[[u8; 2]]) {
    every_template(kind, group, |template| {
        let found = element(template, 0x88);
        assert!(wanted.iter().any(|wanted| wanted == found));
    });
}

fn block(kind: Kind, group: DataGroup) {
    every_template(kind, group, |template| {
        assert!(matches!(template.block_tag, 0x5F2E | 0x7F2E));
        assert!(!template.block.is_empty());
    });
}

fn record(kind: Kind, group: DataGroup, identifier: &[u8; 4]) {
    every_template(kind, group, |template| {
        assert!(template.block.starts_with(identifier));
    });
}

pub fn g_1(kind: Kind) {
    outer(kind, DataGroup::DG3, 0x63);
}

/// Lengths, nesting and the place of random data: [`take`] asserts them.
pub fn g_2(kind: Kind) {
    groups(kind, DataGroup::DG3);
}

pub fn g_3(kind: Kind) {
    groups(kind, DataGroup::DG3);
}

pub fn g_4(kind: Kind) {
    counted(kind, DataGroup::DG3);
}

pub fn g_5(kind: Kind) {
    counted(kind, DataGroup::DG3);
}

pub fn g_6(kind: Kind) {
    every_template(kind, DataGroup::DG3, |template| {
        assert!(template.header.len() >= 3)
    });
}

pub fn g_7(kind: Kind) {
    every_template(kind, DataGroup::DG3, |template| {
        assert_eq!(element(template, 0x87), OWNER)
    });
}

pub fn g_8(kind: Kind) {
    format(kind, DataGroup::DG3, &[[0x00, 0x07]]);
}

pub fn g_9(kind: Kind) {
    every_template(kind, DataGroup::DG3, |template| {
        let [subtype] = element(template, 0x82) else {
            panic!("one octet");
        };
        // A finger (b5 to b3) of the right or the left hand (b2 b1).
        assert!((1..=5).contains(&(subtype >> 2)) && matches!(subtype & 3, 1 | 2));
    });
}

pub fn g_10(kind: Kind) {
    block(kind, DataGroup::DG3);
}

pub fn g_11(kind: Kind) {
    record(kind, DataGroup::DG3, b"FIR\0");
}

pub fn h_1(kind: Kind) {
    outer(kind, DataGroup::DG4, 0x76);
}

pub fn h_2(kind: Kind) {
    groups(kind, DataGroup::DG4);
}

pub fn h_3(kind: Kind) {
    groups(kind, DataGroup::DG4);
}

pub fn h_4(kind: Kind) {
    counted(kind, DataGroup::DG4);
}

pub fn h_5(kind: Kind) {
    counted(kind, DataGroup::DG4);
}

pub fn h_6(kind: Kind) {
    every_template(kind, DataGroup::DG4, |template| {
        assert!(template.header.len() >= 3)
    });
}

pub fn h_7(kind: Kind) {
    every_template(kind, DataGroup::DG4, |template| {
        assert_eq!(element(template, 0x87), OWNER)
    });
}

pub fn h_8(kind: Kind) {
    format(kind, DataGroup::DG4, &[[0x00, 0x09], [0x00, 0x0B]]);
}

pub fn h_9(kind: Kind) {
    every_template(kind, DataGroup::DG4, |template| {
        // The right eye or the left one.
        assert!(matches!(element(template, 0x82), [1 | 2]));
    });
}

pub fn h_10(kind: Kind) {
    block(kind, DataGroup::DG4);
}

pub fn h_11(kind: Kind) {
    record(kind, DataGroup::DG4, b"IIR\0");
}

/// EF.ATR/INFO of a chip that takes extended length, read in the clear.
fn atr_info() -> Vec<u8> {
    let persona = persona::find("an").unwrap().with(|chip| {
        chip.quirks.clear();
        chip.atr_info = AtrInfo::Present;
    });
    let card = persona.personalise().unwrap();
    let mut host = Host::new(Chip::new(card, Box::new(Seeded::new("EF.ATR/INFO"))), false);
    let answer = host.plain(SELECT_MASTER, &[], &[]);
    assert_eq!((answer.status, answer.form), (0x9000, Form::Plain));
    read(&mut host, FileId::AtrInfo)
}

fn object(file: &[u8], tag: u32) -> Vec<u8> {
    let mut reader = Reader::new(file);
    loop {
        let element = reader.element("EF.ATR/INFO").unwrap();
        if element.tag == tag {
            return element.value.to_vec();
        }
    }
}

pub fn l_1(_: Kind) {
    let file = atr_info();
    assert!(has_shortest_lengths(&file));
    let mut reader = Reader::new(&file);
    while !reader.at_end() {
        reader.element("EF.ATR/INFO").unwrap();
    }
}

pub fn l_2(_: Kind) {
    object(&atr_info(), 0x7F66);
}

pub fn l_3(_: Kind) {
    let object = object(&atr_info(), 0x7F66);
    let mut reader = Reader::new(&object);
    for _ in 0..2 {
        let number = reader.expect(0x02, "length").unwrap();
        assert!(number.value[0] & 0x80 == 0 && number.small_integer().unwrap() > 0);
    }
    reader.finish("extended length information").unwrap();
}

pub fn l_4(_: Kind) {
    // The third table of software functions: chaining, extended length fields.
    let capabilities = object(&atr_info(), 0x47);
    assert_eq!(capabilities.len(), 3);
    assert_eq!(capabilities[2] & 0xC0, 0xC0);
}

pub fn l_5(_: Kind) {
    assert!(!atr_info().is_empty());
}
