//! Every certificate and list that is trusted: anchor, link, signer from the store, revocation list.
//! The signer's certificate that a card brings is a part of its files.

use cancuoc::capture::Reading;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::verify;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use jiff::civil::date;

use super::bits::Ended;
use super::bits::Exception;
use super::bits::Flip;
use super::bits::flip;
use super::bits::keep;
use super::bits::sample;
use super::regions;
use super::truth::Truth;
use crate::support::forge::NOW;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::linked;
use crate::support::forge::trusting;

/// Bits of each region of an ordinary run.
const FEW: usize = 4;

/// What an anchor says of itself and nothing rests on. A kept store finds every such bit by the
/// digest of the object; in a plain folder the anchor is the operator's word, as it lies there.
const ANCHOR: &[Exception] = &[
    (
        "anchor: version",
        "every version of an anchor is the operator's word",
    ),
    (
        "anchor: serial",
        "nobody refers to an anchor by its serial number",
    ),
    (
        "anchor: algorithm",
        "of its own signature, which vouches for nothing",
    ),
    (
        "anchor: issuer",
        "of a self-signed certificate it says nothing",
    ),
    (
        "anchor: validity",
        "another day, and the signer was issued and is used before it",
    ),
    (
        "anchor: extension authorityKeyIdentifier",
        "of its own signature",
    ),
    (
        "anchor: extension basicConstraints",
        "a longer path than the card's",
    ),
    (
        "anchor: extension keyUsage",
        "one more use beside the signing of certificates",
    ),
    (
        "anchor: extension subjectKeyIdentifier",
        "under another identifier it is none: the name finds the anchor, the signature decides",
    ),
    (
        "anchor: subject",
        "a capital letter for a small one: names are compared so (RFC 5280 §7.1)",
    ),
    (
        "anchor: extension privateKeyUsagePeriod",
        "another day, and the signer was issued before it",
    ),
    ("anchor: outer algorithm", "of its own signature"),
    (
        "anchor: signature",
        "its own, which vouches for nothing: the store does",
    ),
];

/// Every bit of these bytes, in their regions.
fn flips(bytes: &[u8], regions: &[String]) -> Vec<Flip<()>> {
    (0..bytes.len() * 8)
        .map(|bit| Flip {
            region: regions[bit / 8].clone(),
            place: (),
            bit,
        })
        .collect()
}

fn judge(reading: &Reading, trust: &TrustStore, policy: &Policy) -> Report {
    verify::verify(reading, trust, policy, at(NOW))
}

fn decoded(der: &[u8]) -> Certificate {
    Certificate::decode(der).unwrap()
}

/// Flips in one certificate, which `trust` puts into a store.
fn keep_for(
    class: &str,
    der: &[u8],
    exceptions: &[Exception],
    reading: &Reading,
    trust: impl Fn(Certificate) -> TrustStore + Sync,
) {
    let policy = Policy::counter();
    let truth = Truth::of(&judge(reading, &trust(decoded(der)), &policy));
    let regions = regions::of_certificate(der, class);
    let flips = sample(class, flips(der, &regions), FEW);
    keep(class, &flips, exceptions, |one| {
        let mut changed = der.to_vec();
        flip(&mut changed, one.bit);
        match Certificate::decode(&changed) {
            Err(malformed) => Ended::Refused(format!("{} is malformed", malformed.what)),
            Ok(certificate) => truth.judged(&judge(reading, &trust(certificate), &policy)),
        }
    });
}

#[test]
fn no_bit_of_an_anchor() {
    let reading = Scene::an().read().unwrap();
    let anchor = TestPki::shipped().unwrap().csca.certificate;
    keep_for("anchor", &anchor, ANCHOR, &reading, |certificate| {
        let mut store = TrustStore::empty();
        store.add_anchor(certificate, Provenance::TestCard);
        store
    });
}

#[test]
fn no_bit_of_a_link_certificate() {
    let (old, link, signer) = linked();
    let reading = Scene::an().signed_by(&signer).read().unwrap();
    keep_for("link", &link.certificate, &[], &reading, |certificate| {
        let mut store = trusting(&[&old.certificate]);
        store.add_link(certificate);
        store
    });
}

#[test]
fn no_bit_of_a_signer_from_the_store() {
    let shipped = TestPki::shipped().unwrap();
    let scene = Scene::an().sod(|sod| sod.certificates = Some(Vec::new()));
    let reading = scene.read().unwrap();
    let signer = &shipped.signer.certificate;
    keep_for("stored signer", signer, &[], &reading, |certificate| {
        let mut store = trusting(&[&shipped.csca.certificate]);
        store.add_signer(certificate);
        store
    });
}

/// A list of the test authority.
fn list(revoked: &[&[u8]]) -> Vec<u8> {
    let list = RevocationListSpec {
        this_update: date(2026, 11, 1).at(0, 0, 0, 0),
        next_update: date(2027, 2, 1).at(0, 0, 0, 0),
        number: 1,
        revoked: revoked.iter().map(|serial| serial.to_vec()).collect(),
    };
    list.sign(&authority(|_| {})).unwrap()
}

/// Flips in a list, judged under a policy that requires a good one and under one that does not.
fn keep_for_list(class: &str, der: &[u8], exceptions: &[Exception], honest: &str) {
    let reading = Scene::an().read().unwrap();
    let strict = "name = \"strict\"\nrequire = [\"chip\", \"revocation\"]";
    let strict = Policy::parse(strict).unwrap();
    let store = |crl: Option<Crl>| {
        let mut store = own_store();
        crl.into_iter().for_each(|crl| store.add_crl(crl));
        store
    };
    let with_honest = store(Some(Crl::decode(der).unwrap()));
    let report = judge(&reading, &with_honest, &strict);
    assert_eq!(report.checks().revocation.code(), honest);
    let truth = Truth::of(&judge(&reading, &store(None), &Policy::counter()));
    let regions = regions::of_list(der, class);
    let flips = sample(class, flips(der, &regions), FEW);
    keep(class, &flips, exceptions, |one| {
        let mut changed = der.to_vec();
        flip(&mut changed, one.bit);
        let crl = match Crl::decode(&changed) {
            Err(malformed) => return Ended::Refused(format!("{} is malformed", malformed.what)),
            Ok(crl) => crl,
        };
        let store = store(Some(crl));
        let report = judge(&reading, &store, &strict);
        let code = report.checks().revocation.code();
        if code == "revocation.good" && honest != code {
            return Ended::Broken("a revoked signer became good".to_owned());
        }
        let ended = truth.judged(&report);
        // Where the policy does not require it, the gap is still told.
        let lax = judge(&reading, &store, &Policy::counter());
        let lax_code = lax.checks().revocation.code();
        if lax.verdict() == Verdict::Genuine && lax_code != code {
            return Ended::Broken(format!("{code}, and {lax_code} under another policy"));
        }
        if let broken @ Ended::Broken(_) = truth.judged(&lax) {
            return broken;
        }
        ended
    });
}

fn own_store() -> TrustStore {
    trusting(&[&TestPki::shipped().unwrap().csca.certificate])
}

#[test]
fn no_bit_of_a_list_makes_a_revoked_signer_good() {
    let serial = TestPki::shipped().unwrap().signer.spec.serial;
    let der = list(&[&serial]);
    keep_for_list("list with the signer", &der, &[], "revocation.revoked");
}

#[test]
fn no_bit_of_a_list_without_the_signer() {
    let der = list(&[&[0x11, 0x22, 0x33]]);
    keep_for_list("list without the signer", &der, &[], "revocation.good");
}
