//! The certificates of real states in the two German master lists, with openssl as referee: every key
//! is usable, and whether a signature is right is no matter of who checks it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cancuoc::bytes::oid::Oid;
use cancuoc::bytes::tlv::Element;
use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::algorithm;
use cancuoc::crypto::signature::Fault;
use cancuoc::crypto::signature::PublicKey;
use cancuoc::crypto::signature::Scheme;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::certificate::SignatureFault;
use cancuoc::pki::master_list::MasterList;
use openssl::error::ErrorStack;
use openssl::x509::X509;

/// The lists, and how many certificates each has.
const LISTS: [(&str, usize); 2] = [
    ("DE_ML_2024-08-07-07-38-24.ml", 541),
    ("DE_ML_2026-05-28-08-28-45.ml", 588),
];

/// The certificates of every list that is there.
fn lists() -> Vec<(&'static str, Vec<Certificate>)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/trust"));
    if !folder.is_dir() {
        println!("skipped: no ../shared/data");
        return Vec::new();
    }
    LISTS
        .into_iter()
        .map(|(name, count)| {
            let list = MasterList::decode(&fs::read(folder.join(name)).unwrap()).unwrap();
            assert_eq!(list.unread, []);
            assert_eq!(list.certificates.len(), count, "{name}");
            (name, list.certificates)
        })
        .collect()
}

/// How often each thing was met.
#[derive(Default)]
struct Count(BTreeMap<String, usize>);

impl Count {
    fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }

    fn starting_with(&self, what: &str) -> usize {
        let met = self.0.iter().filter(|(name, _)| name.starts_with(what));
        met.map(|(_, count)| count).sum()
    }

    fn print(&self, heading: &str) {
        println!("{heading}");
        for (what, count) in &self.0 {
            println!("{count:6}  {what}");
        }
    }
}

#[test]
fn every_key_is_usable_whatever_its_certificate_looks_like() {
    for (name, certificates) in lists() {
        let mut count = Count::default();
        for certificate in &certificates {
            let who = certificate.subject_text();
            let key = certificate.public_key();
            let key = key.unwrap_or_else(|fault| panic!("{who}: {fault}"));
            describe_key(certificate, &key, &mut count);
            let scheme = certificate.scheme();
            let scheme = scheme.unwrap_or_else(|fault| panic!("{who}: {fault}"));
            count.add(format!("signed with {}", scheme.name()));
            if let Scheme::RsaPss { salt_len, .. } = scheme {
                count.add(format!("PSS salt of {salt_len}"));
            }
            describe_fields(certificate, &mut count);
        }
        count.print(name);
        let keys = count.starting_with("key RSA") + count.starting_with("key on");
        assert_eq!(keys, certificates.len());
        // What the standard knows nothing of, or forbids, and real states have all the same. No name
        // here is in T61; a list of another state has some.
        assert_eq!(count.of("T61 name"), 0);
        for unusual in [
            "curve in full",
            "without authority key id",
            "negative serial number",
            "lower-case country",
            "exponent 3",
            "key RSA-6144",
            "PSS salt of 20",
            "PSS salt of 32",
        ] {
            assert!(count.of(unusual) > 0, "{unusual}");
        }
    }
}

fn describe_key(certificate: &Certificate, key: &PublicKey, count: &mut Count) {
    match key {
        PublicKey::Rsa(rsa) => {
            count.add(format!("key {}", key.name()));
            let exponent = rsa.exponent().iter();
            let exponent = exponent.fold(0_u64, |sum, octet| sum * 256 + u64::from(*octet));
            count.add(format!("exponent {exponent}"));
        }
        PublicKey::Ec(_) => {
            count.add(format!("key on {}", key.name()));
            let in_full = algorithm::names_curve_in_full(certificate.public_key_info());
            count.add(if in_full {
                "curve in full"
            } else {
                "curve by name"
            });
        }
        PublicKey::Dsa(_) => count.add(format!("key {}", key.name())),
    }
}

fn describe_fields(certificate: &Certificate, count: &mut Count) {
    if certificate.authority_key_id().is_none() {
        count.add("without authority key id");
    }
    match certificate.serial() {
        serial if serial.iter().all(|octet| *octet == 0) => count.add("serial number zero"),
        [first, ..] if *first >= 0x80 => count.add("negative serial number"),
        _ => {}
    }
    let mut fields = Vec::new();
    for name in [certificate.subject(), certificate.issuer()] {
        attributes(name, &mut fields);
    }
    let lower = |(kind, value): &(Oid<'_>, Element<'_>)| {
        *kind == COUNTRY && value.value.iter().any(u8::is_ascii_lowercase)
    };
    if fields.iter().any(lower) {
        count.add("lower-case country");
    }
    if fields.iter().any(|(_, value)| value.tag == T61_STRING) {
        count.add("T61 name");
    }
}

/// countryName (RFC 5280 Appendix A.1)
const COUNTRY: Oid<'static> = Oid::new(&[0x55, 4, 6]);

/// TeletexString, which is also called T61String (X.680 §41)
const T61_STRING: u32 = 0x14;

/// The attributes of a name, with their values.
fn attributes<'a>(name: &'a [u8], found: &mut Vec<(Oid<'a>, Element<'a>)>) {
    let mut parts = Reader::new(name)
        .expect(tag::SEQUENCE, "Name")
        .and_then(|name| name.inside())
        .unwrap();
    while !parts.at_end() {
        let mut set = parts.expect(tag::SET, "part").unwrap().inside().unwrap();
        while !set.at_end() {
            let pair = set.expect(tag::SEQUENCE, "attribute").unwrap();
            let mut pair = pair.inside().unwrap();
            let kind = Oid::new(pair.expect(tag::OID, "type").unwrap().value);
            found.push((kind, pair.element("value").unwrap()));
        }
    }
}

/// What openssl says of a certificate's signature under a key.
#[derive(Debug, PartialEq, Eq)]
enum Referee {
    Right,
    Wrong,
    /// It cannot say: why.
    Unable(String),
}

fn referee(child: &Certificate, issuer: &Certificate) -> Referee {
    let unable = |step: &str, stack: ErrorStack| {
        let reasons: Vec<&str> = stack.errors().iter().filter_map(|e| e.reason()).collect();
        Referee::Unable(format!("{step}: {}", reasons.join(", ")))
    };
    let child = match X509::from_der(child.raw()) {
        Ok(child) => child,
        Err(stack) => return unable("certificate", stack),
    };
    let key = match X509::from_der(issuer.raw()).and_then(|issuer| issuer.public_key()) {
        Ok(key) => key,
        Err(stack) => return unable("key", stack),
    };
    let answer = match child.verify(&key) {
        Ok(true) => Referee::Right,
        Ok(false) => Referee::Wrong,
        Err(stack) => unable("signature", stack),
    };
    // Why a signature is wrong stays behind, and would be read as the next one's trouble.
    let _ = ErrorStack::get();
    answer
}

/// Compares every certificate under the keys that `wanted` picks for it.
fn compare(
    certificates: &[Certificate],
    wanted: impl Fn(&Certificate, &Certificate) -> bool,
) -> Count {
    let mut count = Count::default();
    for child in certificates {
        for issuer in certificates {
            if !wanted(child, issuer) {
                continue;
            }
            let ours = child.verify(&issuer.public_key().unwrap());
            let theirs = referee(child, issuer);
            let who = child.subject_text();
            match (&ours, theirs) {
                (Ok(_), Referee::Right) => count.add("right"),
                (Err(_), Referee::Wrong) => count.add("wrong"),
                // A name kept with a key of another kind: openssl does not look at the signature.
                (Err(SignatureFault::Wrong(Fault::KeyKind)), Referee::Unable(why)) => {
                    count.add(format!("wrong, as a key of another kind is ({why})"));
                }
                (_, theirs) => panic!("{who}: {ours:?}, openssl: {theirs:?}"),
            }
        }
    }
    count
}

#[test]
fn openssl_says_the_same_of_every_self_issued_certificate() {
    for (name, certificates) in lists() {
        let count = compare(&certificates, |child, issuer| {
            child == issuer && child.self_issued()
        });
        count.print(name);
        let self_issued = certificates.iter().filter(|one| one.self_issued()).count();
        assert_eq!(count.starting_with(""), self_issued);
    }
}

#[test]
fn openssl_says_the_same_of_every_link_under_the_keys_that_it_names() {
    for (name, certificates) in lists() {
        let count = compare(&certificates, |child, issuer| {
            child.authority_key_id().is_some()
                && child.authority_key_id() != child.subject_key_id()
                && child.authority_key_id() == issuer.subject_key_id()
        });
        count.print(name);
        assert!(count.of("right") > 100);
    }
}
