//! Units M and N: the chip's date, its authorities, and EF.CVCA.

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::Role;
use jiff::civil::Date;
use jiff::civil::date;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::Holder;
use crate::chip_cases::forge::USUAL;
use crate::chip_cases::host::SELECT_FILE;
use crate::chip_cases::stage::AUTHORITY;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::stage::Stage;

pub fn m_1(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let verifier = stage.verifier_certificate();
    let terminal = |stage: &Stage, period| {
        let forgery = stage.domestic.certify(&stage.terminal, BOTH, period);
        forgery.sign(&stage.domestic.key)
    };
    let later = terminal(&stage, [date(2030, 1, 1), date(2031, 1, 1)]);
    assert_eq!(stage.chain(&verifier, &later), [0x9000; 4]);
    assert_eq!(stage.host.chip.date(), date(2030, 1, 1));
    let over = terminal(&stage, [date(2025, 1, 1), date(2029, 12, 31)]);
    let expected = [0x9000, 0x9000, 0x9000, 0x6984];
    assert_eq!(stage.chain(&verifier, &over), expected);
}

pub fn m_2(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let name = stage.authority.name;
    for (period, status) in [
        ([date(2030, 1, 1), date(2031, 1, 1)], 0x9000),
        ([date(2025, 1, 1), date(2029, 12, 31)], 0x6984),
    ] {
        let forgery = stage.authority.certify(&stage.domestic, BOTH, period);
        let certificate = forgery.sign(&stage.authority.key);
        assert_eq!(stage.choose(name), 0x9000);
        assert_eq!(stage.verify(&certificate), status);
    }
    assert_eq!(stage.host.chip.date(), date(2030, 1, 1));
}

/// EF.CVCA with these references, the newest first.
fn file(names: &[&str]) -> Vec<u8> {
    let mut file: Vec<u8> = names
        .iter()
        .flat_map(|name| [&[0x42, 15][..], name.as_bytes()].concat())
        .collect();
    file.resize(36, 0);
    file
}

fn read(stage: &mut Stage) -> Vec<u8> {
    let answer = stage.host.send([0, 0xB0, 0x9C, 0], &[], &[36]);
    assert_eq!(answer.status, 0x9000);
    answer.data
}

/// Takes one authority over under another.
fn link(stage: &mut Stage, old: &Holder, new: &Holder, period: [Date; 2]) {
    let certificate = old.certify(new, BOTH, period).sign(&old.key);
    assert_eq!(stage.choose(old.name), 0x9000);
    assert_eq!(stage.verify(&certificate), 0x9000);
}

/// Both follow the chip's first authority.
fn next(kind: Kind) -> [Holder; 2] {
    ["VNCASECVCA00002", "VNCASECVCA00003"]
        .map(|name| Holder::new(Role::Authority, name, kind.keys()))
}

/// After the chip's first authority has come to its end.
const AFTERWARDS: [Date; 2] = [date(2036, 1, 1), date(2045, 1, 1)];

pub fn m_3(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let [second, _] = next(kind);
    let first = Holder::new(Role::Authority, stage.authority.name, kind.keys());
    link(
        &mut stage,
        &first,
        &second,
        [date(2030, 1, 1), date(2050, 1, 1)],
    );
    assert_eq!(read(&mut stage), file(&[second.name, first.name]));
    let verifier = second
        .certify(&stage.domestic, BOTH, AFTERWARDS)
        .sign(&second.key);
    let terminal = stage.domestic.certify(&stage.terminal, BOTH, AFTERWARDS);
    let terminal = terminal.sign(&stage.domestic.key);
    let domestic = stage.domestic.name;
    assert_eq!(stage.choose(second.name), 0x9000);
    assert_eq!(stage.verify(&verifier), 0x9000);
    assert_eq!(stage.choose(domestic), 0x9000);
    assert_eq!(stage.verify(&terminal), 0x9000);
    // The first has expired by the chip's date.
    assert_eq!(stage.host.chip.date(), date(2036, 1, 1));
    let late = first
        .certify(&stage.domestic, BOTH, AFTERWARDS)
        .sign(&first.key);
    assert_eq!(stage.choose(first.name), 0x9000);
    assert_eq!(stage.verify(&late), 0x6984);
}

pub fn m_4(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let [second, third] = next(kind);
    let first = Holder::new(Role::Authority, stage.authority.name, kind.keys());
    link(
        &mut stage,
        &first,
        &second,
        [date(2030, 1, 1), date(2050, 1, 1)],
    );
    link(
        &mut stage,
        &second,
        &third,
        [date(2031, 1, 1), date(2051, 1, 1)],
    );
    assert_eq!(stage.choose(third.name), 0x9000);
    let verifier = third
        .certify(&stage.domestic, BOTH, AFTERWARDS)
        .sign(&third.key);
    assert_eq!(stage.verify(&verifier), 0x9000);
    assert_eq!(read(&mut stage), file(&[third.name, second.name]));
    // The first is no authority of this chip any more, and stays so.
    assert_eq!(stage.choose(first.name), 0x6A88);
    stage.anew();
    assert_eq!(read(&mut stage), file(&[third.name, second.name]));
}

pub fn m_6(kind: Kind) {
    let mut stage = Stage::ready(kind);
    let [second, _] = next(kind);
    let first = Holder::new(Role::Authority, stage.authority.name, kind.keys());
    link(&mut stage, &first, &second, AUTHORITY);
    stage.host.reset();
    stage.access();
    assert_eq!(stage.host.send(SELECT_FILE, &[1, 0x1C], &[]).status, 0x9000);
    let answer = stage.host.send([0, 0xB0, 0, 0], &[], &[36]);
    assert_eq!((answer.status, answer.data.len()), (0x9000, 36));
    assert_eq!(answer.data, file(&[second.name, first.name]));
    let answer = stage.host.send([0, 0xB0, 0, 36], &[], &[1]);
    assert_eq!(answer.status, 0x6B00);
    assert!(answer.is_refusal());
}

/// Every migration that there may be: to a longer curve, to another form of signature, from either
/// family to the other.
pub fn n_1(kind: Kind) {
    for keys in [
        KeyKind::Ecdsa(Curve::BrainpoolP384r1, Hash::Sha384),
        KeyKind::Ecdsa(Curve::P256, Hash::Sha512),
        KeyKind::RsaPss(Hash::Sha512),
        KeyKind::RsaPkcs1(Hash::Sha512),
    ] {
        let mut stage = Stage::ready(kind);
        let second = Holder::new(Role::Authority, "VNCASECVCA00002", keys);
        let verifier = Holder::new(Role::DomesticVerifier, "VNCASEDV00002", keys);
        stage.terminal = Holder::new(Role::Terminal, "VNCASEIS00002", keys);
        let first = Holder::new(Role::Authority, stage.authority.name, kind.keys());
        link(&mut stage, &first, &second, AUTHORITY);
        let under = second.certify(&verifier, BOTH, USUAL).sign(&second.key);
        let terminal = verifier.certify(&stage.terminal, BOTH, USUAL);
        let terminal = terminal.sign(&verifier.key);
        assert_eq!(stage.choose(second.name), 0x9000);
        assert_eq!(stage.verify(&under), 0x9000, "{keys:?}");
        assert_eq!(stage.choose(verifier.name), 0x9000);
        assert_eq!(stage.verify(&terminal), 0x9000, "{keys:?}");
        stage.prove_rightly();
    }
}
