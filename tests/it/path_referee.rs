//! OpenSSL's path validation as a second opinion: random small countries of authorities, links and
//! signers, each with some defects, where the rules of both coincide.
//!
//! What Doc 9303-12 asks beyond RFC 5280 (countries, the signer's key usage, dates of issue) is right
//! in all of them; the unit tests of `pki::path` break it.

use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::path::PathFault;
use cancuoc::pki::path::signer_path;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use jiff::Timestamp;
use openssl::asn1::Asn1Integer;
use openssl::asn1::Asn1Object;
use openssl::asn1::Asn1OctetString;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::X509Builder;
use openssl::x509::X509Extension;
use openssl::x509::X509Name;
use openssl::x509::X509NameBuilder;
use openssl::x509::X509StoreContext;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::extension::KeyUsage;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::verify::X509VerifyParam;
use proptest::prelude::*;

/// The moment of every verification.
const NOW: &str = "2026-12-01T00:00:00Z";

/// Before any certificate here begins.
const BEGIN: i64 = 1_600_000_000;

/// After the moment of every verification.
const END: i64 = 2_000_000_000;

/// Most links between root and signer.
const MAX_LINKS: usize = 4;

/// What is wrong with one certificate, or unusual and right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    /// Another key signed it.
    Signature,
    /// Its issuer's name is another.
    IssuerName,
    /// Its issuer's name has other capitals and spaces: the same name.
    IssuerSpelling,
    /// Its authority key identifier names another key.
    AuthorityKey,
    /// It says that it is no authority.
    NotCa,
    /// Its key signs lists alone.
    NoCertSign,
    /// It has no key usage, which forbids nothing.
    NoKeyUsage,
    /// It has a critical extension that nobody knows.
    UnknownCritical,
    /// It has the same extension, and need not be understood.
    UnknownUncritical,
    /// It is over.
    Expired,
    /// It is still to come.
    NotYetValid,
    /// It allows no authority below.
    NoneBelow,
    /// It allows one authority below.
    OneBelow,
}

const DEFECTS: [Defect; 13] = [
    Defect::Signature,
    Defect::IssuerName,
    Defect::IssuerSpelling,
    Defect::AuthorityKey,
    Defect::NotCa,
    Defect::NoCertSign,
    Defect::NoKeyUsage,
    Defect::UnknownCritical,
    Defect::UnknownUncritical,
    Defect::Expired,
    Defect::NotYetValid,
    Defect::NoneBelow,
    Defect::OneBelow,
];

/// Root, links, signer.
#[derive(Debug, Clone)]
struct Country {
    /// For every link whether it bears the name of the one above.
    renamed: Vec<Renamed>,
    /// What is wrong with which certificate, from the root down.
    defects: Vec<(usize, Defect)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renamed {
    Yes,
    No,
}

impl Country {
    /// How many certificates it has.
    fn len(&self) -> usize {
        self.renamed.len() + 2
    }

    /// Whether a certificate, counted from the root, has a defect. Those of authorities alone do
    /// nothing to the signer, and the root is taken at its word.
    fn has(&self, at: usize, defect: Defect) -> bool {
        let signer = self.len() - 1;
        let of_issuing = matches!(
            defect,
            Defect::Signature | Defect::IssuerName | Defect::IssuerSpelling | Defect::AuthorityKey
        );
        let of_both = matches!(defect, Defect::UnknownCritical | Defect::UnknownUncritical);
        let fits = if of_issuing {
            at > 0
        } else {
            of_both || at < signer
        };
        fits && self.defects.contains(&(at, defect))
    }

    /// The common name of each certificate's subject.
    fn names(&self) -> Vec<String> {
        let mut names = vec!["TEST CSCA 0".to_owned()];
        for (at, renamed) in self.renamed.iter().enumerate() {
            names.push(match renamed {
                Renamed::Yes => format!("TEST CSCA {}", at + 1),
                Renamed::No => names[at].clone(),
            });
        }
        names.push("TEST DS".to_owned());
        names
    }

    fn certificates(&self) -> Vec<X509> {
        let names = self.names();
        let keys: Vec<PKey<Private>> = names.iter().map(|_| fresh_key()).collect();
        let ids: Vec<Vec<u8>> = keys
            .iter()
            .map(|key| openssl::sha::sha1(&key.public_key_to_der().unwrap()).to_vec())
            .collect();
        (0..self.len())
            .map(|at| {
                let above = at.saturating_sub(1);
                self.certificate(at, [&names[at], &names[above]], [&ids[at], &ids[above]], {
                    [&keys[at], &keys[above]]
                })
            })
            .collect()
    }

    fn certificate(
        &self,
        at: usize,
        [subject, issuer]: [&str; 2],
        [own, above]: [&[u8]; 2],
        [key, issuer_key]: [&PKey<Private>; 2],
    ) -> X509 {
        let has = |defect| self.has(at, defect);
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(u32::try_from(at).unwrap() + 1).unwrap();
        let serial = Asn1Integer::from_bn(&serial).unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&name(subject)).unwrap();
        let issuer = if has(Defect::IssuerName) {
            name("TEST CSCA of others")
        } else if has(Defect::IssuerSpelling) {
            name(&format!("  {}", issuer.to_lowercase().replace(' ', "  ")))
        } else {
            name(issuer)
        };
        builder.set_issuer_name(&issuer).unwrap();
        let now: Timestamp = NOW.parse().unwrap();
        let [from, to] = if has(Defect::Expired) {
            [BEGIN, now.as_second() - 86_400]
        } else if has(Defect::NotYetValid) {
            [now.as_second() + 86_400, END]
        } else {
            [BEGIN, END]
        };
        let [from, to] = [from, to].map(|at| Asn1Time::from_unix(at).unwrap());
        builder.set_not_before(&from).unwrap();
        builder.set_not_after(&to).unwrap();
        builder.set_pubkey(key).unwrap();
        self.extend(at, &mut builder);
        let id = der(0x04, own);
        builder
            .append_extension(extension("2.5.29.14", false, &id))
            .unwrap();
        let named = if has(Defect::AuthorityKey) {
            vec![7; 20]
        } else {
            above.to_vec()
        };
        let named = der(0x30, &der(0x80, &named));
        builder
            .append_extension(extension("2.5.29.35", false, &named))
            .unwrap();
        let other = fresh_key();
        let signing = if has(Defect::Signature) {
            &other
        } else {
            issuer_key
        };
        builder.sign(signing, MessageDigest::sha256()).unwrap();
        builder.build()
    }

    /// The extensions that say what the key may do.
    fn extend(&self, at: usize, builder: &mut X509Builder) {
        let has = |defect| self.has(at, defect);
        if at == self.len() - 1 {
            let usage = KeyUsage::new().critical().digital_signature().build();
            builder.append_extension(usage.unwrap()).unwrap();
        } else {
            let mut constraints = BasicConstraints::new();
            constraints.critical();
            if !has(Defect::NotCa) {
                constraints.ca();
                if has(Defect::NoneBelow) {
                    constraints.pathlen(0);
                } else if has(Defect::OneBelow) {
                    constraints.pathlen(1);
                }
            }
            builder
                .append_extension(constraints.build().unwrap())
                .unwrap();
            let mut usage = KeyUsage::new();
            usage.critical().crl_sign();
            if !has(Defect::NoCertSign) {
                usage.key_cert_sign();
            }
            if !has(Defect::NoKeyUsage) {
                builder.append_extension(usage.build().unwrap()).unwrap();
            }
        }
        for (defect, critical) in [
            (Defect::UnknownCritical, true),
            (Defect::UnknownUncritical, false),
        ] {
            if has(defect) {
                let kind = if critical { "1.2.3.4" } else { "1.2.3.5" };
                builder
                    .append_extension(extension(kind, critical, &[5, 0]))
                    .unwrap();
            }
        }
    }
}

fn fresh_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common: &str) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_text("C", "VN").unwrap();
    builder.append_entry_by_text("CN", common).unwrap();
    builder.build()
}

/// A short element.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
}

fn extension(kind: &str, critical: bool, value: &[u8]) -> X509Extension {
    let kind = Asn1Object::from_str(kind).unwrap();
    let value = Asn1OctetString::new_from_bytes(value).unwrap();
    X509Extension::new_from_der(&kind, critical, &value).unwrap()
}

fn ours(certificates: &[X509]) -> Result<(), PathFault> {
    let decoded: Vec<Certificate> = certificates
        .iter()
        .map(|certificate| Certificate::decode(&certificate.to_der().unwrap()).unwrap())
        .collect();
    let [root, links @ .., signer] = decoded.as_slice() else {
        panic!("no country without root and signer");
    };
    let mut store = TrustStore::empty();
    store.add_anchor(root.clone(), Provenance::TestCard);
    for link in links {
        store.add_link(link.clone());
    }
    let now: Timestamp = NOW.parse().unwrap();
    signer_path(signer, &store, now).map(|_| ())
}

fn theirs(certificates: &[X509]) -> Result<(), String> {
    let [root, links @ .., signer] = certificates else {
        panic!("no country without root and signer");
    };
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(root.clone()).unwrap();
    let mut param = X509VerifyParam::new().unwrap();
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN).unwrap();
    param.set_time(NOW.parse::<Timestamp>().unwrap().as_second());
    store.set_param(&param).unwrap();
    let mut untrusted = Stack::new().unwrap();
    for link in links {
        untrusted.push(link.clone()).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), signer, &untrusted, |context| {
            let good = context.verify_cert()?;
            Ok(if good {
                Ok(())
            } else {
                Err(context.error().to_string())
            })
        })
        .unwrap()
}

fn assert_agree(country: &Country) -> bool {
    let certificates = country.certificates();
    let (ours, theirs) = (ours(&certificates), theirs(&certificates));
    assert_eq!(
        ours.is_ok(),
        theirs.is_ok(),
        "{country:?}: {ours:?}, OpenSSL: {theirs:?}"
    );
    ours.is_ok()
}

#[test]
fn every_defect_in_every_place_is_judged_as_openssl_judges_it() {
    let mut judged = [0_u32; 2];
    for links in 0..=MAX_LINKS {
        for renamed in [Renamed::Yes, Renamed::No] {
            let sound = Country {
                renamed: vec![renamed; links],
                defects: Vec::new(),
            };
            assert!(assert_agree(&sound));
            for at in 0..sound.len() {
                for defect in DEFECTS {
                    let country = Country {
                        defects: vec![(at, defect)],
                        ..sound.clone()
                    };
                    judged[usize::from(assert_agree(&country))] += 1;
                }
            }
        }
    }
    println!("{} refused, {} accepted by both", judged[0], judged[1]);
}

fn country() -> impl Strategy<Value = Country> {
    let renamed = prop_oneof![Just(Renamed::Yes), Just(Renamed::No)];
    let defect = (0..=MAX_LINKS + 1, prop::sample::select(DEFECTS.to_vec()));
    (
        prop::collection::vec(renamed, 0..=MAX_LINKS),
        prop::collection::vec(defect, 0..3),
    )
        .prop_map(|(renamed, defects)| Country { renamed, defects })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_countries_are_judged_as_openssl_judges_them(country in country()) {
        let _ = assert_agree(&country);
    }
}
