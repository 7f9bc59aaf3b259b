//! Each rule of a path, broken by itself.

use super::*;
use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::pki::build;
use crate::pki::build::Draft;
use crate::pki::build::name;
use crate::pki::extensions;

const ROOT: u8 = 1;
const NEW_ROOT: u8 = 2;
const SIGNER: u8 = 9;
const UNKNOWN: Oid<'_> = Oid::new(&[0x2A, 3, 4]);

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn root_name() -> Vec<u8> {
    name("VN", "Test CSCA")
}

fn root() -> Draft {
    Draft::authority(&root_name(), ROOT, &root_name(), ROOT)
}

fn signer() -> Draft {
    Draft::signer(&name("VN", "Test DS"), SIGNER, &root_name(), ROOT)
}

fn store(anchors: &[Certificate]) -> TrustStore {
    let mut store = TrustStore::empty();
    for anchor in anchors {
        store.add_anchor(anchor.clone(), Provenance::TestCard);
    }
    store
}

/// The path of a signer, signed by the root's key, under one anchor.
fn try_path(signer: &Draft, anchor: &Draft) -> Result<Path, PathFault> {
    let store = store(&[anchor.certificate(ROOT)]);
    signer_path(&signer.certificate(ROOT), &store, now())
}

/// The fault of such a path.
fn fault(signer: &Draft, anchor: &Draft) -> PathFault {
    try_path(signer, anchor).unwrap_err()
}

#[test]
fn a_signer_leads_to_its_anchor_with_evidence() {
    let path = try_path(&signer(), &root()).unwrap();
    let anchor = root().certificate(ROOT);
    assert_eq!(path.anchor, anchor);
    assert_eq!(path.country, "VN");
    assert_eq!(path.provenance, Provenance::TestCard);
    assert_eq!(*path.issuer(), anchor);
    assert!(path.links.is_empty());
    let [made] = path.signatures.as_slice() else {
        panic!("one signature: {path:?}");
    };
    assert_eq!(made.scheme.name(), "ECDSA with SHA-256");
    assert_eq!(made.key, anchor.public_key().unwrap());
}

#[test]
fn lower_case_countries_are_the_same_countries() {
    let mut signer = signer();
    signer.subject = name("vn", "Test DS");
    signer.issuer = name("vn", "TEST csca");
    assert_eq!(try_path(&signer, &root()).unwrap().country, "VN");
}

#[test]
fn without_an_anchor_of_the_country_nothing_is_known() {
    let german = name("DE", "Test CSCA");
    let german = Draft::authority(&german, ROOT + 20, &german, ROOT + 20);
    assert_eq!(fault(&signer(), &german), PathFault::NoAnchor);
}

#[test]
fn an_anchor_of_another_country_does_not_serve() {
    let mut foreign = signer();
    foreign.subject = name("DE", "Test DS");
    assert_eq!(fault(&foreign, &root()), PathFault::Country);
    foreign.subject = {
        let common = name("DE", "Test DS");
        // The same name without its country.
        let mut reader = Reader::new(&common);
        let mut inside = reader.element("name").unwrap().inside().unwrap();
        inside.element("country").unwrap();
        build::sequence(&[inside.rest()])
    };
    assert_eq!(fault(&foreign, &root()), PathFault::Country);
}

#[test]
fn another_name_or_key_identifier_does_not_serve() {
    let mut other = signer();
    other.issuer = name("VN", "Other CSCA");
    assert_eq!(fault(&other, &root()), PathFault::UnknownIssuer);
    let named = signer().with(
        extensions::AUTHORITY_KEY_ID,
        false,
        build::authority_key_id(77),
    );
    assert_eq!(fault(&named, &root()), PathFault::AuthorityKeyId);
}

#[test]
fn key_identifiers_may_be_missing() {
    let bare = signer().without(extensions::AUTHORITY_KEY_ID);
    assert!(try_path(&bare, &root()).is_ok());
    let anchor = root().without(extensions::SUBJECT_KEY_ID);
    assert!(try_path(&signer(), &anchor).is_ok());
}

#[test]
fn a_forged_signature_fails() {
    let forged = signer().certificate(66);
    let store = store(&[root().certificate(ROOT)]);
    assert_eq!(
        signer_path(&forged, &store, now()),
        Err(PathFault::Signature)
    );
}

#[test]
fn several_anchors_with_one_name_and_identifier_are_all_tried() {
    let decoy = Draft::authority(&root_name(), 50, &root_name(), 50).with(
        extensions::SUBJECT_KEY_ID,
        false,
        encode(tag::OCTET_STRING, &[&build::key_id(ROOT)]),
    );
    let store = store(&[decoy.certificate(50), root().certificate(ROOT)]);
    let path = signer_path(&signer().certificate(ROOT), &store, now()).unwrap();
    assert_eq!(path.anchor, root().certificate(ROOT));
}

#[test]
fn signature_checks_are_bounded() {
    let bare = signer().without(extensions::AUTHORITY_KEY_ID);
    let decoys: Vec<Certificate> = (100..=200)
        .map(|number| Draft::authority(&root_name(), number, &root_name(), number))
        .map(|draft| draft.certificate(ROOT))
        .collect();
    assert_eq!(
        signer_path(&bare.certificate(ROOT), &store(&decoys), now()),
        Err(PathFault::TooManyCandidates)
    );
}

#[test]
fn a_signer_that_is_its_own_authority_is_refused() {
    let subject = name("VN", "Test DS");
    let own = Draft::signer(&subject, SIGNER, &subject, SIGNER).certificate(SIGNER);
    let roots = store(&[root().certificate(ROOT)]);
    assert_eq!(signer_path(&own, &roots, now()), Err(PathFault::SelfSigned));
    // Even when somebody put it among the anchors.
    assert_eq!(
        signer_path(&own, &store(std::slice::from_ref(&own)), now()),
        Err(PathFault::SelfSigned)
    );
    let proper = signer().certificate(ROOT);
    let both = store(&[root().certificate(ROOT), proper.clone()]);
    assert_eq!(
        signer_path(&proper, &both, now()),
        Err(PathFault::SelfSigned)
    );
}

#[test]
fn the_signers_key_is_for_signing_documents() {
    for usage in [None, Some(0x40), Some(0x06)] {
        let draft = match usage {
            None => signer().without(extensions::KEY_USAGE),
            Some(bits) => signer().with(extensions::KEY_USAGE, true, build::key_usage(bits)),
        };
        assert_eq!(fault(&draft, &root()), PathFault::KeyUsage);
    }
}

#[test]
fn a_signer_of_master_lists_signs_no_documents() {
    let purpose = |octets: &'static [u8]| {
        let list = build::sequence(&[&build::oid(Oid::new(octets))]);
        signer().with(extensions::EXTENDED_KEY_USAGE, false, list)
    };
    let master_list = purpose(&[0x67, 0x81, 8, 1, 1, 3]);
    assert_eq!(fault(&master_list, &root()), PathFault::Purpose);
    let any = purpose(&[0x55, 0x1D, 37, 0]);
    assert!(try_path(&any, &root()).is_ok());
}

#[test]
fn an_unknown_critical_extension_fails_wherever_it_stands() {
    let expected = PathFault::CriticalExtension("1.2.3.4".to_owned());
    let unknown = |draft: Draft, critical| draft.with(UNKNOWN, critical, vec![5, 0]);
    assert_eq!(fault(&unknown(signer(), true), &root()), expected);
    assert_eq!(fault(&signer(), &unknown(root(), true)), expected);
    assert!(try_path(&unknown(signer(), false), &unknown(root(), false)).is_ok());
}

#[test]
fn the_issuer_may_sign_certificates() {
    let not_ca = build::sequence(&[]);
    let without = root().without(extensions::BASIC_CONSTRAINTS);
    let denied = root().with(extensions::BASIC_CONSTRAINTS, true, not_ca);
    let lists_only = root().with(extensions::KEY_USAGE, true, build::key_usage(0x02));
    for anchor in [without, denied, lists_only] {
        assert_eq!(fault(&signer(), &anchor), PathFault::NotCa);
    }
    let unsaid = root().without(extensions::KEY_USAGE);
    assert!(try_path(&signer(), &unsaid).is_ok());
}

#[test]
fn the_signer_was_issued_while_the_authoritys_key_was_in_use() {
    let period = build::usage_period("20200101000000Z", "20211231000000Z");
    let retired = root().with(extensions::PRIVATE_KEY_USAGE, false, period);
    assert_eq!(fault(&signer(), &retired), PathFault::IssuedOutsidePeriod);
    let period = build::usage_period("20200101000000Z", "20220101000000Z");
    let in_use = root().with(extensions::PRIVATE_KEY_USAGE, false, period);
    assert!(try_path(&signer(), &in_use).is_ok());
    let mut later = root();
    later.validity = ["20230101000000Z", "20400101000000Z"];
    assert_eq!(fault(&signer(), &later), PathFault::IssuedOutsidePeriod);
}

#[test]
fn an_anchor_serves_within_its_validity() {
    let store = store(&[root().certificate(ROOT)]);
    let signer = signer().certificate(ROOT);
    let at = |time: &str| {
        let time: Timestamp = time.parse().unwrap();
        signer_path(&signer, &store, time).map(|_| ())
    };
    assert_eq!(at("2040-01-01T00:00:00Z"), Ok(()));
    assert_eq!(at("2040-01-01T00:00:01Z"), Err(PathFault::AnchorExpired));
    assert_eq!(
        at("2019-12-31T23:59:59Z"),
        Err(PathFault::AnchorNotYetValid)
    );
}

#[test]
fn of_several_certificates_over_one_key_the_same_fault_is_told_in_every_order() {
    // The authority had its key certified twice: one has ended, and the other began after the signer
    // was issued. The first would vouch for it, so nothing is known to be wrong.
    let mut ended = root();
    ended.validity = ["20200101000000Z", "20260101000000Z"];
    let mut late = root();
    late.serial = vec![77];
    late.validity = ["20230101000000Z", "20400101000000Z"];
    let [ended, late] = [ended, late].map(|draft| draft.certificate(ROOT));
    for anchors in [[ended.clone(), late.clone()], [late, ended]] {
        let found = signer_path(&signer().certificate(ROOT), &store(&anchors), now());
        assert_eq!(found.unwrap_err(), PathFault::AnchorExpired);
    }
}

#[test]
fn of_several_certificates_over_one_key_the_nearest_to_the_operator_serves_in_every_order() {
    let numbered = |serial| {
        let mut draft = root();
        draft.serial = vec![serial];
        draft.certificate(ROOT)
    };
    let list = |signed: &str| Provenance::MasterList {
        file: "list".to_owned(),
        state: None,
        signed: signed.parse().ok(),
    };
    let own = || Provenance::Operator {
        file: "own".to_owned(),
    };
    let anchors = [
        (numbered(1), list("2024-08-07T07:38:24Z")),
        (numbered(2), own()),
        (numbered(3), list("2026-05-28T08:28:45Z")),
    ];
    let found = |anchors: &[(Certificate, Provenance)]| {
        let mut store = TrustStore::empty();
        for (anchor, provenance) in anchors {
            store.add_anchor(anchor.clone(), provenance.clone());
        }
        let path = signer_path(&signer().certificate(ROOT), &store, now()).unwrap();
        path.anchor.serial().to_vec()
    };
    let mut turned = anchors.clone();
    for _ in 0..3 {
        turned.rotate_left(1);
        assert_eq!(found(&turned), [2]);
    }
    let [old, _, new] = anchors;
    assert_eq!(found(&[old.clone(), new.clone()]), [3]);
    assert_eq!(found(&[new, old]), [3]);
}

#[test]
fn an_unknown_algorithm_is_no_forgery() {
    let mut signer = signer();
    // Ed25519, which no document uses.
    signer.algorithm = build::sequence(&[&[6, 3, 0x2B, 0x65, 0x70]]);
    assert_eq!(
        fault(&signer, &root()),
        PathFault::UnknownAlgorithm("signature algorithm 1.3.101.112".to_owned())
    );
}

#[test]
fn a_link_carries_trust_to_the_new_key() {
    let link = Draft::authority(&root_name(), NEW_ROOT, &root_name(), ROOT).certificate(ROOT);
    let signer = Draft::signer(&name("VN", "Test DS"), SIGNER, &root_name(), NEW_ROOT);
    let signer = signer.certificate(NEW_ROOT);
    let mut store = store(&[root().certificate(ROOT)]);
    assert!(signer_path(&signer, &store, now()).is_err());
    store.add_link(link.clone());
    let path = signer_path(&signer, &store, now()).unwrap();
    assert_eq!(path.links, std::slice::from_ref(&link));
    assert_eq!(*path.issuer(), link);
    assert_eq!(path.anchor, root().certificate(ROOT));
    let keys: Vec<PublicKey> = path.signatures.into_iter().map(|made| made.key).collect();
    let expected = [&link, &path.anchor].map(|issuer| issuer.public_key().unwrap());
    assert_eq!(keys, expected);
}

#[test]
fn a_forged_link_carries_nothing() {
    let link = Draft::authority(&root_name(), NEW_ROOT, &root_name(), ROOT).certificate(NEW_ROOT);
    let signer = Draft::signer(&name("VN", "Test DS"), SIGNER, &root_name(), NEW_ROOT);
    let mut store = store(&[root().certificate(ROOT)]);
    store.add_link(link);
    assert_eq!(
        signer_path(&signer.certificate(NEW_ROOT), &store, now()),
        Err(PathFault::Signature)
    );
}

#[test]
fn an_authority_in_between_counts_unless_it_is_the_same_one_renamed() {
    let new_name = name("VN", "New CSCA");
    let link = Draft::authority(&new_name, NEW_ROOT, &root_name(), ROOT);
    let signer = Draft::signer(&name("VN", "Test DS"), SIGNER, &new_name, NEW_ROOT);
    let through = |link: &Draft, anchor: &Draft| {
        let mut store = store(&[anchor.certificate(ROOT)]);
        store.add_link(link.certificate(ROOT));
        signer_path(&signer.certificate(NEW_ROOT), &store, now()).map(|_| ())
    };
    assert_eq!(through(&link, &root()), Err(PathFault::PathLength));
    let renamed = link
        .clone()
        .with(extensions::NAME_CHANGE, false, vec![5, 0]);
    assert_eq!(through(&renamed, &root()), Ok(()));
    let longer = root().with(
        extensions::BASIC_CONSTRAINTS,
        true,
        build::authority(Some(1)),
    );
    assert_eq!(through(&link, &longer), Ok(()));
}

#[test]
fn links_are_followed_only_so_far() {
    let links = |count: u8| {
        let mut store = store(&[root().certificate(ROOT)]);
        for number in 1..=count {
            let link =
                Draft::authority(&root_name(), ROOT + number, &root_name(), ROOT + number - 1);
            store.add_link(link.certificate(ROOT + number - 1));
        }
        let issuer = ROOT + count;
        let signer = Draft::signer(&name("VN", "Test DS"), 99, &root_name(), issuer);
        signer_path(&signer.certificate(issuer), &store, now()).map(|path| path.links.len())
    };
    assert_eq!(links(4), Ok(4));
    assert!(links(5).is_err());
}

/// The new authority's own root, and the signer that it certifies.
fn new_root() -> Draft {
    let mut root = Draft::authority(&root_name(), NEW_ROOT, &root_name(), NEW_ROOT);
    root.validity = ["20240101000000Z", "20450101000000Z"];
    root
}

/// A link over the old key, signed with the new one when that began.
fn backward_link() -> Draft {
    let mut link = Draft::authority(&root_name(), ROOT, &root_name(), NEW_ROOT);
    link.serial = vec![77];
    link.validity = ["20240601000000Z", "20400101000000Z"];
    link
}

#[test]
fn a_link_carries_trust_to_the_old_key_as_well() {
    let mut store = store(&[new_root().certificate(NEW_ROOT)]);
    let old = signer().certificate(ROOT);
    assert_eq!(
        signer_path(&old, &store, now()),
        Err(PathFault::AuthorityKeyId)
    );
    let link = backward_link().certificate(NEW_ROOT);
    store.add_link(link.clone());
    // The signer was issued before the link was made.
    let path = signer_path(&old, &store, now()).unwrap();
    assert_eq!(path.links, [link]);
    assert_eq!(path.anchor, new_root().certificate(NEW_ROOT));
}

#[test]
fn nothing_is_issued_after_a_links_end_or_its_keys() {
    let through = |link: Draft| {
        let mut store = store(&[new_root().certificate(NEW_ROOT)]);
        store.add_link(link.certificate(NEW_ROOT));
        let mut late = signer();
        late.validity = ["20250101000000Z", "20350101000000Z"];
        signer_path(&late.certificate(ROOT), &store, now()).map(|_| ())
    };
    assert_eq!(through(backward_link()), Ok(()));
    let mut short = backward_link();
    short.validity = ["20240601000000Z", "20241231000000Z"];
    assert_eq!(through(short), Err(PathFault::IssuedOutsidePeriod));
    let period = build::usage_period("20200101000000Z", "20240101000000Z");
    let retired = backward_link().with(extensions::PRIVATE_KEY_USAGE, false, period);
    assert_eq!(through(retired), Err(PathFault::IssuedOutsidePeriod));
}

#[test]
fn links_that_name_each_other_lead_nowhere() {
    let forward = Draft::authority(&root_name(), NEW_ROOT, &root_name(), ROOT);
    let other = name("VN", "Other CSCA");
    let mut store = store(&[Draft::authority(&other, 50, &other, 50).certificate(50)]);
    store.add_link(forward.certificate(ROOT));
    store.add_link(backward_link().certificate(NEW_ROOT));
    let fault = signer_path(&signer().certificate(ROOT), &store, now());
    assert_eq!(fault, Err(PathFault::AuthorityKeyId));
    // With either root among the anchors they serve in their direction.
    store.add_anchor(root().certificate(ROOT), Provenance::TestCard);
    assert!(signer_path(&signer().certificate(ROOT), &store, now()).is_ok());
}

#[test]
fn whom_the_authority_key_identifier_names_is_tried_first() {
    let number = |serial: u8| build::sequence(&[&encode(0x82, &[&[serial]])]);
    let by_serial = signer().with(extensions::AUTHORITY_KEY_ID, false, number(ROOT));
    let mut anchors: Vec<Certificate> = (100..=200)
        .map(|number| Draft::authority(&root_name(), number, &root_name(), number))
        .map(|draft| draft.without(extensions::SUBJECT_KEY_ID).certificate(ROOT))
        .collect();
    anchors.push(root().certificate(ROOT));
    for named in [by_serial, signer()] {
        let path = signer_path(&named.certificate(ROOT), &store(&anchors), now()).unwrap();
        assert_eq!(path.anchor, root().certificate(ROOT));
    }
    // Another number excludes nobody: the signature decides.
    let other = signer().with(extensions::AUTHORITY_KEY_ID, false, number(99));
    assert!(try_path(&other, &root()).is_ok());
}

#[test]
fn a_signer_may_outlive_its_authority() {
    let mut long = signer();
    long.validity = ["20220101000000Z", "20600101000000Z"];
    assert!(try_path(&long, &root()).is_ok());
}

#[test]
fn authorities_are_valid_when_the_signer_signed_where_that_is_asked_for() {
    let store = store(&[root().certificate(ROOT)]);
    let signer = signer().certificate(ROOT);
    let used = |time: &str| {
        let when = When {
            now: Some(now()),
            used: Some(time.parse().unwrap()),
        };
        signer_path(&signer, &store, when).map(|_| ())
    };
    assert_eq!(used("2030-01-01T00:00:00Z"), Ok(()));
    assert_eq!(
        used("2041-01-01T00:00:00Z"),
        Err(PathFault::NotValidWhenUsed)
    );
}

#[test]
fn without_a_clock_nothing_is_compared_with_the_present() {
    let mut expired = root();
    expired.validity = ["20200101000000Z", "20230101000000Z"];
    let store = store(&[expired.certificate(ROOT)]);
    let signer = signer().certificate(ROOT);
    assert_eq!(
        signer_path(&signer, &store, now()),
        Err(PathFault::AnchorExpired)
    );
    let when = When {
        now: None,
        used: None,
    };
    assert!(signer_path(&signer, &store, when).is_ok());
    let forged = self::signer().certificate(66);
    assert_eq!(
        signer_path(&forged, &store, when),
        Err(PathFault::Signature)
    );
}

#[test]
fn a_wrong_hash_in_the_signers_certificate_passes_only_where_its_state_says_so() {
    let mut misnamed = signer();
    // ecdsa-with-SHA384 over what is signed with SHA-256.
    misnamed.algorithm = build::sequence(&[&[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3]]);
    let signer = misnamed.certificate(ROOT);
    let store = store(&[root().certificate(ROOT)]);
    assert_eq!(
        signer_path(&signer, &store, now()),
        Err(PathFault::Signature)
    );
    let path = excused_signer_path(&signer, &store, now()).unwrap();
    assert_eq!(path.signatures[0].scheme.name(), "ECDSA with SHA-256");
    // Nothing of it is remembered, and nobody else's signature passes so.
    assert_eq!(
        signer_path(&signer, &store, now()),
        Err(PathFault::Signature)
    );
    let forged = misnamed.certificate(66);
    assert_eq!(
        excused_signer_path(&forged, &store, now()),
        Err(PathFault::Signature)
    );
}

#[test]
fn links_that_multiply_end_within_the_budget() {
    // Twelve keys of one name, each certified by each: the ways through them are without number.
    let keys: Vec<u8> = (60..72).collect();
    let mut store = store(&[root().certificate(ROOT)]);
    for subject in &keys {
        for issuer in keys.iter().filter(|issuer| *issuer != subject) {
            let link = Draft::authority(&root_name(), *subject, &root_name(), *issuer);
            store.add_link(link.certificate(*issuer));
        }
    }
    let lost = Draft::signer(&name("VN", "Test DS"), SIGNER, &root_name(), 60).certificate(60);
    assert_eq!(
        signer_path(&lost, &store, now()),
        Err(PathFault::TooManyCandidates)
    );
}

#[test]
fn no_flipped_bit_of_the_signers_certificate_passes() {
    let bytes = signer().sign(ROOT);
    let store = store(&[root().certificate(ROOT)]);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let passed = Certificate::decode(&flipped)
                .is_ok_and(|signer| signer_path(&signer, &store, now()).is_ok());
            assert!(!passed, "bit {bit} of octet {at}");
        }
    }
}
