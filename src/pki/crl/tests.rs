//! Lists made for the purpose, damaged, and one of a country.

use proptest::prelude::*;

use super::*;
use crate::pki::build;
use crate::pki::build::CrlDraft;
use crate::pki::build::Draft;
use crate::pki::build::name;

fn draft() -> CrlDraft {
    let mut draft = CrlDraft::new(&name("VN", "Test CSCA"), &[&[9], &[0x00, 0x81]]);
    draft.extensions = vec![
        (CRL_NUMBER, false, vec![2, 1, 7]),
        (
            extensions::AUTHORITY_KEY_ID,
            false,
            build::authority_key_id(1),
        ),
    ];
    draft
}

#[test]
fn a_list_is_read_and_verifies() {
    let crl = draft().crl(1);
    assert_eq!(crl.issuer_text(), "CN=Test CSCA,C=VN");
    assert_eq!(crl.this_update().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(
        crl.next_update().unwrap().to_string(),
        "2026-04-01T00:00:00Z"
    );
    assert_eq!(crl.number(), Some(&[7_u8][..]));
    assert_eq!(crl.authority_key_id(), Some(&[1_u8; 20][..]));
    assert_eq!(crl.len(), 2);
    assert!(crl.revoked(&[9]).is_some());
    assert!(crl.revoked(&[0x00, 0x81]).is_some());
    assert!(crl.revoked(&[0x81]).is_none());
    let root = name("VN", "Test CSCA");
    let right = Draft::authority(&root, 1, &root, 1).certificate(1);
    let wrong = Draft::authority(&root, 2, &root, 2).certificate(2);
    assert_eq!(crl.verify(&right), Ok(()));
    assert!(crl.verify(&wrong).is_err());
}

#[test]
fn an_empty_list_is_a_list() {
    let mut draft = draft();
    draft.revoked.clear();
    draft.extensions.clear();
    assert!(draft.crl(1).is_empty());
}

#[test]
fn unknown_critical_extensions_are_named() {
    let mut draft = draft();
    // deltaCRLIndicator
    draft
        .extensions
        .push((Oid::new(&[0x55, 0x1D, 27]), true, vec![2, 1, 1]));
    assert_eq!(draft.crl(1).unknown_critical(), ["2.5.29.27"]);
}

#[test]
fn a_real_list_is_read_and_verifies() {
    let Some(bytes) = build::shared("trust/COL.crl") else {
        return;
    };
    let crl = Crl::decode(&bytes).unwrap();
    assert_eq!(crl.len(), 15);
    assert_eq!(crl.number(), Some(&[0x03, 0x7B][..]));
    assert!(crl.revoked(&[0x55, 0x78, 0x0B, 0x03]).is_some());
    assert_eq!(crl.this_update().to_string(), "2020-05-08T12:38:29Z");
    assert!(crl.unknown_critical().is_empty());
    let [list, _] = build::master_lists().unwrap();
    let verified = list
        .certificates
        .iter()
        .filter(|certificate| crl.is_issued_by(certificate))
        .any(|certificate| crl.verify(certificate).is_ok());
    assert!(verified);
}

proptest! {
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        keep in any::<usize>(),
    ) {
        let bytes = build::damaged(&draft().sign(1), &changes, keep);
        if let Ok(crl) = Crl::decode(&bytes) {
            let _ = (crl.issuer_text(), crl.covers(crl.issuer()), crl.len());
        }
    }
}

/// The same list with an extension of the list.
fn extended(last: u8, critical: bool, value: Vec<u8>) -> Crl {
    let mut draft = draft();
    let kind: &'static [u8] = match last {
        27 => &[0x55, 0x1D, 27],
        28 => &[0x55, 0x1D, 28],
        _ => panic!("no such extension here"),
    };
    draft.extensions.push((Oid::new(kind), critical, value));
    draft.crl(1)
}

#[test]
fn a_part_of_a_list_never_passes_for_the_whole() {
    use crate::bytes::tlv::encode;
    let point = |fields: &[&[u8]]| build::sequence(fields);
    let full_name = encode(0xA0, &[&encode(0xA0, &[&encode(0x86, &[b"http://crl"])])]);
    for critical in [true, false] {
        let delta = extended(27, critical, vec![2, 1, 1]);
        assert_eq!(delta.restriction(), Some(Restriction::Delta));
        assert_eq!(delta.unknown_critical(), ["2.5.29.27"]);
        for (fields, expected) in [
            (vec![&[0x84, 1, 0xFF][..]], Restriction::Indirect),
            (vec![&[0x81, 1, 0xFF][..]], Restriction::Partial),
            (vec![&full_name, &[0x82, 1, 0xFF][..]], Restriction::Partial),
            (vec![&[0x83, 2, 1, 6][..]], Restriction::Partial),
        ] {
            let list = extended(28, critical, point(&fields));
            assert_eq!(list.restriction(), Some(expected));
            assert_eq!(list.unknown_critical(), ["2.5.29.28"]);
        }
    }
    // A place alone, not critical, takes nothing away.
    let placed = extended(28, false, point(&[&full_name]));
    assert_eq!(placed.restriction(), None);
    assert!(placed.unknown_critical().is_empty());
}

#[test]
fn serial_numbers_are_compared_as_numbers() {
    let list = CrlDraft::new(
        &name("VN", "Test CSCA"),
        &[&[0], &[0x00, 0x00, 0x09], &[0xFF, 0x81], &[0x00, 0x90]],
    )
    .crl(1);
    for listed in [
        &[0][..],
        &[0, 0],
        &[9],
        &[0, 9],
        &[0x81],
        &[0xFF, 0x81],
        &[0x00, 0x90],
        &[0x00, 0x00, 0x90],
    ] {
        assert!(list.revoked(listed).is_some(), "{listed:?}");
    }
    // The same octets with another sign are another number.
    for other in [&[0x00, 0x81][..], &[0x90], &[0xFF], &[1], &[]] {
        assert!(list.revoked(other).is_none(), "{other:?}");
    }
}

#[test]
fn a_doubled_serial_number_counts_from_its_earlier_date() {
    let list = CrlDraft::new(&name("VN", "Test CSCA"), &[&[9], &[0, 9]]).crl(1);
    assert_eq!(list.len(), 1);
}

#[test]
fn a_list_due_before_it_was_made_is_refused() {
    let mut draft = draft();
    draft.updates = ["20260401000000Z", "20260101000000Z"];
    let fault = Crl::decode(&draft.sign(1)).unwrap_err();
    assert_eq!(fault.what, "nextUpdate");
}

#[test]
fn numbers_are_shown_and_ordered() {
    let numbered = |octets: &[u8]| {
        let mut draft = CrlDraft::new(&name("VN", "Test CSCA"), &[]);
        let number = crate::bytes::tlv::encode(tag::INTEGER, &[octets]);
        draft.extensions = vec![(CRL_NUMBER, false, number)];
        draft.crl(1)
    };
    assert_eq!(numbered(&[0]).number_text().as_deref(), Some("0"));
    assert_eq!(numbered(&[3, 0x7B]).number_text().as_deref(), Some("891"));
    let long = numbered(&[1; 20]).number_text().unwrap();
    assert_eq!(long, format!("0x{}", "01".repeat(20)));
    assert_eq!(numbered(&[0x80]).number_text(), None);
    let order = |a: &[u8], b: &[u8]| numbered(a).order(&numbered(b));
    assert_eq!(order(&[9], &[1, 0]), Ordering::Less);
    assert_eq!(order(&[0, 9], &[9]), Ordering::Equal);
    assert_eq!(order(&[2], &[1]), Ordering::Greater);
    // Without a number the date decides.
    let mut later = CrlDraft::new(&name("VN", "Test CSCA"), &[]);
    later.updates = ["20260201000000Z", "20260401000000Z"];
    assert_eq!(later.crl(1).order(&numbered(&[9])), Ordering::Greater);
}

#[test]
fn the_number_of_entries_is_bounded() {
    let serials: Vec<[u8; 4]> = (0..65_537_u32)
        .map(|number| (number | 0x0100_0000).to_be_bytes())
        .collect();
    let serials: Vec<&[u8]> = serials.iter().map(<[u8; 4]>::as_slice).collect();
    let issuer = name("VN", "Test CSCA");
    let most = CrlDraft::new(&issuer, &serials[..65_536]).crl(1);
    assert_eq!(most.len(), 65_536);
    assert!(Crl::decode(&CrlDraft::new(&issuer, &serials).sign(1)).is_err());
}

#[test]
fn every_truncation_is_refused() {
    let whole = draft().sign(1);
    for keep in 0..whole.len() {
        assert!(Crl::decode(&whole[..keep]).is_err(), "{keep}");
    }
}
