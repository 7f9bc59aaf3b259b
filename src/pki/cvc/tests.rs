use jiff::civil::date;
use proptest::prelude::*;

use super::build::CVCA;
use super::build::DV;
use super::build::Domain;
use super::build::Draft;
use super::build::IS;
use super::build::Key;
use super::chain::Fault;
use super::chain::Holder;
use super::chat::TerminalType;
use super::*;
use crate::crypto::curve::Curve;

const ECDSA_256: [u8; 2] = [2, 3];

fn today() -> Date {
    date(2026, 11, 22)
}

fn decode(bytes: &[u8]) -> CvCertificate {
    CvCertificate::decode(bytes).unwrap()
}

/// Authority, verifier and terminal on one curve.
fn three(curve: Curve) -> [Vec<u8>; 3] {
    let keys = [1, 2, 3].map(|number| Key::ec(curve, number));
    let [root, dv, is] = &keys;
    [
        Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, root, ECDSA_256).sign(root, ECDSA_256),
        Draft::new("UTCVCA00001", "UTDV00001", DV, dv, ECDSA_256).sign(root, ECDSA_256),
        Draft::new("UTDV00001", "UTIS00001", IS, is, ECDSA_256).sign(dv, ECDSA_256),
    ]
}

#[test]
fn a_certificate_is_read_whole() {
    let [root, dv, is] = three(Curve::BrainpoolP256r1).map(|bytes| decode(&bytes));
    assert!(root.is_self_signed() && !root.is_link());
    assert_eq!(root.key.curve(), Some(Curve::BrainpoolP256r1));
    assert_eq!(dv.key.curve(), None);
    assert_eq!(dv.chat.role(), Role::DomesticVerifier);
    assert_eq!(is.chat.role(), Role::Terminal);
    assert_eq!(is.holder.to_string(), "UTIS00001");
    assert_eq!(is.authority, dv.holder);
    assert_eq!(
        (is.effective, is.expiration),
        (date(2020, 1, 1), date(2039, 12, 31))
    );
    assert!(is.chat.rights().fingers() && is.chat.rights().irises());
    assert_eq!(
        hex::encode(is.chat.rights().terminal_template()),
        "7f4c0e060904007f000703010201530103"
    );
    assert_eq!(format!("{is:?}"), "CvCertificate(UTIS00001 by UTDV00001)");
}

#[test]
fn every_algorithm_carries_a_chain() {
    let rsa = [Key::rsa(2048), Key::rsa(2048), Key::rsa(1024)];
    let ec = [1, 2, 3].map(|number| Key::ec(Curve::P521, number));
    let algorithms = (1..=6)
        .map(|arc| ([1, arc], &rsa))
        .chain((1..=5).map(|arc| ([2, arc], &ec)));
    for (arcs, [root_key, dv_key, is_key]) in algorithms {
        let root = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, root_key, arcs);
        let dv = Draft::new("UTCVCA00001", "UTDV00001", 0x41, dv_key, arcs);
        let is = Draft::new("UTDV00001", "UTIS00001", IS, is_key, arcs);
        let anchor = Holder::authority(&decode(&root.sign(root_key, arcs))).unwrap();
        let dv = anchor
            .issued(&decode(&dv.sign(root_key, arcs)), today())
            .unwrap();
        // A terminal's own algorithm may differ from its issuer's hash.
        let is = dv.issued(&decode(&is.sign(dv_key, arcs)), today()).unwrap();
        assert_eq!(is.scheme(), decode(&root.sign(root_key, arcs)).key.scheme());
        assert!(
            is.rights().fingers() && !is.rights().irises(),
            "rights shrink"
        );
        assert_eq!(is.rights().terminal_type(), TerminalType::Inspection);
    }
}

#[test]
fn every_known_curve_may_stand_in_full() {
    for curve in Curve::ALL {
        let [root, dv, is] = three(curve).map(|bytes| decode(&bytes));
        let anchor = Holder::authority(&root).unwrap();
        let dv = anchor.issued(&dv, today()).unwrap();
        assert_eq!(dv.issued(&is, today()).unwrap().key().name(), curve.name());
    }
}

#[test]
fn what_does_not_follow_is_named() {
    let keys = [1, 2, 3, 4].map(|number| Key::ec(Curve::P256, number));
    let [root, dv, is, other] = &keys;
    let anchor = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, root, ECDSA_256);
    let anchor = Holder::authority(&decode(&anchor.sign(root, ECDSA_256))).unwrap();
    let draft = |change: &dyn Fn(&mut Draft<'_>)| {
        let mut draft = Draft::new("UTCVCA00001", "UTDV00001", DV, dv, ECDSA_256);
        change(&mut draft);
        decode(&draft.sign(root, ECDSA_256))
    };
    let fault = |certificate: &CvCertificate| anchor.issued(certificate, today()).unwrap_err();
    assert_eq!(
        fault(&draft(&|d| d.authority = "UTCVCA00002")),
        Fault::Reference
    );
    assert_eq!(fault(&draft(&|d| d.authorization = vec![IS])), Fault::Role);
    // An authority for inspection systems gives no rights to other kinds of terminals.
    let other_kind = draft(&|d| d.terminal_type = 3);
    let holder = anchor.issued(&other_kind, today()).unwrap();
    assert_eq!(holder.rights().bits(), [0]);
    assert_eq!(
        fault(&draft(&|d| d.dates = ["261123", "391231"])),
        Fault::NotYetValid
    );
    assert_eq!(
        fault(&draft(&|d| d.dates = ["200101", "261121"])),
        Fault::Expired
    );
    assert!(
        anchor
            .issued(&draft(&|d| d.dates = ["261122", "261122"]), today())
            .is_ok()
    );
    let forged = Draft::new("UTCVCA00001", "UTDV00001", DV, dv, ECDSA_256);
    assert_eq!(
        fault(&decode(&forged.sign(other, ECDSA_256))),
        Fault::Signature
    );
    // A point of another curve, without its domain parameters.
    let elsewhere = Key::ec(Curve::P384, 9);
    let mut stray = Draft::new("UTCVCA00001", "UTDV00001", DV, &elsewhere, ECDSA_256);
    assert_eq!(fault(&decode(&stray.sign(root, ECDSA_256))), Fault::Key);
    stray.domain = Domain::Full;
    assert!(
        anchor
            .issued(&decode(&stray.sign(root, ECDSA_256)), today())
            .is_ok()
    );
    // A terminal signs nothing, a verifier no verifier.
    let dv_holder = anchor.issued(&draft(&|_| {}), today()).unwrap();
    let leaf = Draft::new("UTDV00001", "UTIS00001", IS, is, ECDSA_256);
    let leaf = dv_holder
        .issued(&decode(&leaf.sign(dv, ECDSA_256)), today())
        .unwrap();
    let below = Draft::new("UTIS00001", "UTIS00002", IS, other, ECDSA_256);
    assert_eq!(
        leaf.issued(&decode(&below.sign(is, ECDSA_256)), today())
            .unwrap_err(),
        Fault::Role
    );
    // An authority that does not vouch for itself.
    let link = Draft::new("UTCVCA00001", "UTCVCA00002", CVCA, other, ECDSA_256);
    let link = decode(&link.sign(root, ECDSA_256));
    assert_eq!(Holder::authority(&link).unwrap_err(), Fault::Role);
    let broken = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, root, ECDSA_256);
    let broken = decode(&broken.sign(other, ECDSA_256));
    assert_eq!(Holder::authority(&broken).unwrap_err(), Fault::Signature);
}

#[test]
fn a_link_is_followed_past_its_last_day_and_keeps_the_curve() {
    let keys = [1, 2, 3].map(|number| Key::ec(Curve::BrainpoolP384r1, number));
    let [old, new, dv] = &keys;
    let root = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, old, ECDSA_256);
    let anchor = Holder::authority(&decode(&root.sign(old, ECDSA_256))).unwrap();
    let mut link = Draft::new("UTCVCA00001", "UTCVCA00002", CVCA, new, ECDSA_256);
    link.dates = ["200101", "210101"];
    link.domain = Domain::Left;
    let link = decode(&link.sign(old, ECDSA_256));
    assert!(link.is_link());
    let newer = anchor.issued(&link, today()).unwrap();
    let dv = Draft::new("UTCVCA00002", "UTDV00001", DV, dv, ECDSA_256);
    let dv = newer
        .issued(&decode(&dv.sign(new, ECDSA_256)), today())
        .unwrap();
    assert_eq!(dv.key().name(), "brainpoolP384r1");
}

#[test]
fn rights_of_authentication_terminals_are_kept_as_bits() {
    let key = Key::ec(Curve::P256, 1);
    let mut draft = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &key, ECDSA_256);
    draft.terminal_type = 2;
    draft.authorization = vec![0xFE, 0x0F, 0x01, 0xFF, 0xFF];
    let rights = decode(&draft.sign(&key, ECDSA_256)).chat.rights().clone();
    assert_eq!(rights.terminal_type(), TerminalType::Authentication);
    assert_eq!(rights.bits(), [0x3E, 0x0F, 0x01, 0xFF, 0xFF]);
    assert!(!rights.fingers() && !rights.irises());
    draft.authorization = vec![0xC3];
    assert!(CvCertificate::decode(&draft.sign(&key, ECDSA_256)).is_err());
}

#[test]
fn extensions_are_kept_and_bounded() {
    let key = Key::ec(Curve::P256, 1);
    let one = encode(
        0x73,
        &[&encode(0x06, &[&[0x2A, 3]]), &encode(0x80, &[b"hash"])],
    );
    let read = |count: usize| {
        let mut draft = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &key, ECDSA_256);
        draft.extensions = encode(0x65, &[&one.repeat(count)]);
        CvCertificate::decode(&draft.sign(&key, ECDSA_256)).map(|found| found.extensions)
    };
    let found = read(2).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].oid, [0x2A, 3]);
    assert_eq!(found[0].data, encode(0x80, &[b"hash"]));
    assert!(read(MAX_EXTENSIONS).is_ok());
    assert!(read(MAX_EXTENSIONS + 1).is_err());
}

#[test]
fn other_forms_are_refused() {
    let key = Key::ec(Curve::P256, 1);
    let draft = |change: &dyn Fn(&mut Draft<'_>)| {
        let mut draft = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &key, ECDSA_256);
        change(&mut draft);
        CvCertificate::decode(&draft.sign(&key, ECDSA_256))
    };
    assert!(draft(&|_| {}).is_ok());
    assert!(draft(&|d| d.dates[0] = "201301").is_err());
    assert!(draft(&|d| d.dates[1] = "250229").is_err());
    assert!(draft(&|d| d.dates[1] = "25021:").is_err());
    assert!(draft(&|d| d.dates[1] = "25021").is_err());
    assert!(draft(&|d| d.authority = "UT").is_err());
    assert!(draft(&|d| d.holder = "UTCVCA00000000001").is_err());
    assert!(draft(&|d| d.holder = "UT\u{7}A").is_err());
    assert!(matches!(
        draft(&|d| d.terminal_type = 9),
        Err(KeyFault::Unsupported(_))
    ));
    // Unknown algorithms, and an elliptic-curve key under the name of RSA.
    assert!(matches!(
        draft(&|d| d.arcs = [2, 6]),
        Err(KeyFault::Unsupported(_))
    ));
    assert!(matches!(
        draft(&|d| d.arcs = [3, 1]),
        Err(KeyFault::Unsupported(_))
    ));
    let good = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &key, ECDSA_256);
    let mut renamed = good.sign(&key, ECDSA_256);
    let arc = renamed.windows(2).position(|pair| pair == [2, 3]).unwrap();
    renamed[arc] = 1;
    assert!(CvCertificate::decode(&renamed).is_err());
    // A curve that differs by one bit is no known curve.
    let mut bent = good.sign(&key, ECDSA_256);
    let prime = bent
        .windows(4)
        .position(|window| window == [0xFF, 0xFF, 0xFF, 0xFF])
        .unwrap();
    bent[prime] ^= 1;
    assert!(matches!(
        CvCertificate::decode(&bent),
        Err(KeyFault::Unsupported(_))
    ));
    // Cut short anywhere, with bytes after it, or too long.
    let whole = good.sign(&key, ECDSA_256);
    for length in 0..whole.len() {
        assert!(CvCertificate::decode(&whole[..length]).is_err());
    }
    assert!(CvCertificate::decode(&[&whole[..], &[0]].concat()).is_err());
    assert!(
        draft(&|d| d.extensions = encode(
            0x65,
            &[&encode(
                0x73,
                &[&[0x06, 1, 1], &encode(0x80, &[&[0; MAX_CERTIFICATE]])]
            )]
        ))
        .is_err()
    );
}

#[test]
fn an_exponent_or_modulus_out_of_bounds_is_refused() {
    let key = Key::rsa(1024);
    let whole = Draft::new("UTCVCA00001", "UTCVCA00001", CVCA, &key, [1, 2]).sign(&key, [1, 2]);
    assert!(CvCertificate::decode(&whole).is_ok());
    let with = |modulus: &[u8], exponent: &[u8]| {
        let oid = encode(0x06, &[ID, &[1, 2]]);
        let template = encode(
            0x7F49,
            &[&oid, &encode(0x81, &[modulus]), &encode(0x82, &[exponent])],
        );
        let element = Reader::new(&template).element("test").unwrap();
        KeyData::read(&element)
    };
    const ID: &[u8] = &[0x04, 0, 0x7F, 0, 7, 2, 2, 2];
    assert!(with(&[0xFF; 128], &[1, 0, 1]).is_ok());
    assert!(with(&[0xFF; 128], &[0xFF; 128]).is_err());
    assert!(with(&[0xFF; 127], &[1, 0, 1]).is_err());
    assert!(with(&[0xFF; 1025], &[1, 0, 1]).is_err());
    assert!(with(&[], &[]).is_err());
}

/// Every certificate of the published examples of EAC version 2, by whatever name it stands there:
/// each is read, and each that another one issued bears its signature.
#[test]
fn the_published_chains_hold() {
    fn certificates(value: &toml::Value, found: &mut Vec<CvCertificate>) {
        match value {
            toml::Value::String(text) if text.to_lowercase().starts_with("7f21") => {
                found.push(decode(&hex::decode(text).unwrap()));
            }
            toml::Value::Array(values) => {
                values.iter().for_each(|value| certificates(value, found))
            }
            toml::Value::Table(table) => {
                table.values().for_each(|value| certificates(value, found));
            }
            _ => {}
        }
    }
    for file in [
        include_str!("../../../tests/vectors/eac2_ecdh.toml"),
        include_str!("../../../tests/vectors/eac2_dh.toml"),
    ] {
        let table: toml::Table = file.parse().unwrap();
        let mut found = Vec::new();
        certificates(&toml::Value::Table(table), &mut found);
        let roots = found.iter().filter(|found| found.is_self_signed());
        let mut holders: Vec<Holder> = roots.map(|root| Holder::authority(root).unwrap()).collect();
        let mut at = 0;
        while let Some(issuer) = holders.get(at).cloned() {
            for certificate in found.iter().filter(|found| !found.is_self_signed()) {
                if certificate.authority == *issuer.reference() {
                    holders.push(issuer.issued(certificate, certificate.effective).unwrap());
                }
            }
            at += 1;
        }
        assert!(holders.iter().any(|holder| holder.role() == Role::Terminal));
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..500, value: u8) {
        let _ = CvCertificate::decode(&bytes);
        let [root, dv, _] = three(Curve::P256);
        for mut mutated in [root, dv] {
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = CvCertificate::decode(&mutated);
        }
    }
}
