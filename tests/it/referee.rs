//! OpenSSL as a second implementation: the same keys, nonces and messages through both, drawn from
//! seeds so that a failure repeats. Where the system's library leaves something out, the test says
//! so by name.

mod agreement;

use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::cipher::pad;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::mac;
use cancuoc::crypto::random::Random;
use cancuoc::crypto::rsa;
use cancuoc::crypto::signature::PublicKey;
use cancuoc::crypto::signature::Scheme;
use cancuoc::error::SetupError;
use cancuoc::secret::Secret;
use openssl::bn::BigNum;
use openssl::bn::BigNumContext;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::ec::EcPoint;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::rsa::Rsa;
use openssl::sign::RsaPssSaltlen;
use openssl::sign::Signer;
use openssl::sign::Verifier;
use openssl::symm;
use openssl::symm::Crypter;
use openssl::symm::Mode;

/// Random bytes that come again: SHA-256 over a label, a number and a counter.
struct Seeded {
    label: &'static str,
    number: u32,
    counter: u32,
}

impl Seeded {
    const fn new(label: &'static str, number: u32) -> Self {
        Self {
            label,
            number,
            counter: 0,
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < length {
            let counter = self.counter.to_be_bytes();
            let number = self.number.to_be_bytes();
            let block = [self.label.as_bytes(), &number, &counter].concat();
            out.extend(openssl::sha::sha256(&block));
            self.counter += 1;
        }
        out.truncate(length);
        out
    }
}

impl Random for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        let bytes = self.bytes(buffer.len());
        buffer.copy_from_slice(&bytes);
        Ok(())
    }
}

/// The curves that OpenSSL has. brainpoolP160r1 it has as well, under a name that the binding does
/// not list.
const CURVES: [(Curve, Nid); 11] = [
    (Curve::P192, Nid::X9_62_PRIME192V1),
    (Curve::P224, Nid::SECP224R1),
    (Curve::P256, Nid::X9_62_PRIME256V1),
    (Curve::P384, Nid::SECP384R1),
    (Curve::P521, Nid::SECP521R1),
    (Curve::BrainpoolP192r1, Nid::BRAINPOOL_P192R1),
    (Curve::BrainpoolP224r1, Nid::BRAINPOOL_P224R1),
    (Curve::BrainpoolP256r1, Nid::BRAINPOOL_P256R1),
    (Curve::BrainpoolP320r1, Nid::BRAINPOOL_P320R1),
    (Curve::BrainpoolP384r1, Nid::BRAINPOOL_P384R1),
    (Curve::BrainpoolP512r1, Nid::BRAINPOOL_P512R1),
];

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

fn digest(hash: Hash) -> MessageDigest {
    match hash {
        Hash::Sha1 => MessageDigest::sha1(),
        Hash::Sha224 => MessageDigest::sha224(),
        Hash::Sha256 => MessageDigest::sha256(),
        Hash::Sha384 => MessageDigest::sha384(),
        Hash::Sha512 => MessageDigest::sha512(),
    }
}

fn number(octets: &[u8]) -> BigNum {
    BigNum::from_slice(octets).unwrap()
}

fn padded(number: &openssl::bn::BigNumRef, length: usize) -> Vec<u8> {
    number
        .to_vec_padded(i32::try_from(length).unwrap())
        .unwrap()
}

#[test]
fn hashes_agree() {
    let mut seed = Seeded::new("hashes", 0);
    for hash in HASHES {
        for length in (0..300).step_by(7) {
            let data = seed.bytes(length);
            let theirs = openssl::hash::hash(digest(hash), &data).unwrap();
            let (one, other) = data.split_at(length / 3);
            assert_eq!(hash.digest(&[one, other]), theirs.as_ref());
        }
    }
}

/// Whole blocks in CBC mode.
fn cbc(cipher: symm::Cipher, mode: Mode, key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv)).unwrap();
    crypter.pad(false);
    let mut out = vec![0; data.len() + cipher.block_size()];
    let mut length = crypter.update(data, &mut out).unwrap();
    length += crypter.finalize(&mut out[length..]).unwrap();
    out.truncate(length);
    out
}

/// OpenSSL's cipher and its key: of two-key triple DES it takes the first key again as third.
fn theirs(cipher: Cipher, key: &[u8]) -> (symm::Cipher, Vec<u8>) {
    match cipher {
        Cipher::TripleDes => (symm::Cipher::des_ede3_cbc(), [key, &key[..8]].concat()),
        Cipher::Aes128 => (symm::Cipher::aes_128_cbc(), key.to_vec()),
        Cipher::Aes192 => (symm::Cipher::aes_192_cbc(), key.to_vec()),
        Cipher::Aes256 => (symm::Cipher::aes_256_cbc(), key.to_vec()),
    }
}

const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

#[test]
fn ciphers_agree() {
    let mut seed = Seeded::new("ciphers", 0);
    for cipher in CIPHERS {
        for blocks in 0..20 {
            let bytes = seed.bytes(cipher.key_len());
            let iv = seed.bytes(cipher.block_len());
            let data = seed.bytes(blocks * cipher.block_len());
            let key = Key::new(cipher, Secret::copy_of(&bytes)).unwrap();
            let (name, key_theirs) = theirs(cipher, &bytes);
            let encrypted = key.encrypt(&iv, &data).unwrap();
            assert_eq!(encrypted, cbc(name, Mode::Encrypt, &key_theirs, &iv, &data));
            assert_eq!(
                key.decrypt(&iv, &data).unwrap(),
                cbc(name, Mode::Decrypt, &key_theirs, &iv, &data)
            );
        }
    }
}

/// One DES block through triple DES with one key three times, since single DES is in a provider
/// that systems leave out.
fn des(mode: Mode, key: &[u8], block: &[u8]) -> Vec<u8> {
    let cipher = symm::Cipher::des_ede3_cbc();
    cbc(cipher, mode, &[key, key, key].concat(), &[0; 8], block)
}

/// MAC algorithm 3 of ISO/IEC 9797-1, padding method 2.
fn retail_mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let (first, second) = key.split_at(8);
    let chained = des(Mode::Encrypt, first, &pad(data, 8));
    let last = &chained[chained.len() - 8..];
    let turned = des(Mode::Decrypt, second, last);
    des(Mode::Encrypt, first, &turned)
}

#[test]
fn authentication_codes_agree() {
    let mut seed = Seeded::new("codes", 0);
    for cipher in CIPHERS {
        for length in (0..120).step_by(5) {
            let bytes = seed.bytes(cipher.key_len());
            let data = seed.bytes(length);
            let key = Key::new(cipher, Secret::copy_of(&bytes)).unwrap();
            let full = match cipher {
                Cipher::TripleDes => retail_mac(&bytes, &data),
                _ => {
                    let key = PKey::cmac(&theirs(cipher, &bytes).0, &bytes).unwrap();
                    let mut signer = Signer::new_without_digest(&key).unwrap();
                    signer.sign_oneshot_to_vec(&data).unwrap()
                }
            };
            assert_eq!(mac::tag(&key, &[&data]), full[..mac::TAG_LEN]);
        }
    }
}

#[test]
fn signatures_over_curves_agree_both_ways() {
    let mut context = BigNumContext::new().unwrap();
    for (curve, nid) in CURVES {
        let group = EcGroup::from_curve_name(nid).unwrap();
        for hash in HASHES {
            let mut seed =
                Seeded::new("signatures", u32::try_from(hash.digest(&[]).len()).unwrap());
            let key = curve.generate(&mut seed).unwrap();
            let point = EcPoint::from_bytes(&group, key.public().encoded(), &mut context).unwrap();
            let public = EcKey::from_public_key(&group, &point).unwrap();
            let message = seed.bytes(50);
            let digest = openssl::hash::hash(digest(hash), &message).unwrap();
            let scheme = Scheme::EcdsaPlain(hash);

            let signature = key.sign(hash, &message).unwrap();
            let (r, s) = signature.split_at(signature.len() / 2);
            let parsed = EcdsaSig::from_private_components(number(r), number(s)).unwrap();
            assert!(
                parsed.verify(&digest, &public).unwrap(),
                "{curve:?} {hash:?}"
            );

            let theirs = EcKey::generate(&group).unwrap();
            let signature = EcdsaSig::sign(&digest, &theirs).unwrap();
            let encoded = theirs
                .public_key()
                .to_bytes(
                    &group,
                    openssl::ec::PointConversionForm::UNCOMPRESSED,
                    &mut context,
                )
                .unwrap();
            let ours = PublicKey::Ec(curve.point(&encoded).unwrap());
            let der = signature.to_der().unwrap();
            assert_eq!(ours.verify(Scheme::Ecdsa(hash), &[&message], &der), Ok(()));
            let length = curve.order_len();
            let plain = [padded(signature.r(), length), padded(signature.s(), length)].concat();
            assert_eq!(ours.verify(scheme, &[&message], &plain), Ok(()));
            assert!(ours.verify(scheme, &[&message, &[0]], &plain).is_err());
        }
    }
}

#[test]
fn signatures_of_rsa_agree_both_ways() {
    let theirs = Rsa::generate(2048).unwrap();
    let [n, e, d] = [theirs.n(), theirs.e(), theirs.d()].map(|number| number.to_vec());
    let (p, q) = (theirs.p().unwrap().to_vec(), theirs.q().unwrap().to_vec());
    let ours = rsa::PrivateKey::new(&n, &e, &d, [&p, &q]).unwrap();
    let public = PublicKey::Rsa(rsa::PublicKey::new(&n, &e).unwrap());
    let theirs = PKey::from_rsa(theirs).unwrap();
    let message = Seeded::new("rsa", 0).bytes(99);
    for hash in HASHES {
        let mut signer = Signer::new(digest(hash), &theirs).unwrap();
        signer.update(&message).unwrap();
        let signature = signer.sign_to_vec().unwrap();
        let scheme = Scheme::RsaPkcs1(hash);
        assert_eq!(public.verify(scheme, &[&message], &signature), Ok(()));
        assert_eq!(ours.sign_pkcs1(hash, &message).unwrap(), signature);

        for mgf in HASHES {
            for salt_len in [0, 20, 32] {
                let mut signer = Signer::new(digest(hash), &theirs).unwrap();
                signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
                signer.set_rsa_mgf1_md(digest(mgf)).unwrap();
                let length = RsaPssSaltlen::custom(i32::try_from(salt_len).unwrap());
                signer.set_rsa_pss_saltlen(length).unwrap();
                signer.update(&message).unwrap();
                let signature = signer.sign_to_vec().unwrap();
                let scheme = Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                };
                assert_eq!(public.verify(scheme, &[&message], &signature), Ok(()));
            }
        }

        let salt = [0x5A; 20];
        let signature = ours.sign_pss(hash, &salt, &message).unwrap();
        let mut verifier = Verifier::new(digest(hash), &theirs).unwrap();
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        let length = RsaPssSaltlen::custom(i32::try_from(salt.len()).unwrap());
        verifier.set_rsa_pss_saltlen(length).unwrap();
        verifier.update(&message).unwrap();
        assert!(verifier.verify(&signature).unwrap());
    }
}
