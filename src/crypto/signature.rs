//! Verifying a signature under a public key, whatever its kind.

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Fault as CurveFault;
use crate::crypto::curve::Point;
use crate::crypto::dsa;
use crate::crypto::engine;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;

/// How a signature is made, with all parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017 §8.1)
    RsaPss {
        /// Hash of the message
        hash: Hash,
        /// Hash inside MGF1
        mgf: Hash,
        /// Length of the salt, in bytes
        salt_len: usize,
    },
    /// ECDSA with a DER signature (BSI TR-03111 §5.2.2)
    Ecdsa(Hash),
    /// ECDSA with r and s in a row, each as long as the order (TR-03111 §5.2.1)
    EcdsaPlain(Hash),
    /// DSA with a DER signature (RFC 3279 §2.2.2)
    Dsa(Hash),
}

/// A public key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA
    Rsa(rsa::PublicKey),
    /// A point on a known curve
    Ec(Point),
    /// DSA
    Dsa(dsa::PublicKey),
}

/// What was wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The key is of another kind than the scheme.
    KeyKind,
    /// The signature does not have the scheme's form.
    Form,
    /// The signature is well formed and wrong.
    Wrong,
}

impl Scheme {
    /// The hash of the message.
    pub const fn hash(&self) -> Hash {
        match self {
            Self::RsaPkcs1(hash)
            | Self::RsaPss { hash, .. }
            | Self::Ecdsa(hash)
            | Self::EcdsaPlain(hash)
            | Self::Dsa(hash) => *hash,
        }
    }

    /// Name as people write it, such as `ECDSA with SHA-384`.
    pub fn name(&self) -> String {
        match self {
            Self::RsaPkcs1(hash) => format!("RSA PKCS#1 v1.5 with {}", hash.name()),
            Self::RsaPss { hash, mgf, .. } if hash == mgf => {
                format!("RSA-PSS with {}", hash.name())
            }
            Self::RsaPss { hash, mgf, .. } => {
                format!("RSA-PSS with {} and MGF1 over {}", hash.name(), mgf.name())
            }
            Self::Ecdsa(hash) => format!("ECDSA with {}", hash.name()),
            Self::EcdsaPlain(hash) => format!("plain ECDSA with {}", hash.name()),
            Self::Dsa(hash) => format!("DSA with {}", hash.name()),
        }
    }
}

impl PublicKey {
    /// Verifies a signature over the message parts in a row.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn verify(&self, scheme: Scheme, message: &[&[u8]], signature: &[u8]) -> Result<(), Fault> {
        let digest = scheme.hash().digest(message);
        match (self, scheme) {
            (Self::Rsa(key), Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. })
                if signature.len() != key.modulus_len() =>
            {
                Err(Fault::Form)
            }
            (Self::Rsa(key), Scheme::RsaPkcs1(hash)) => {
                engine::pkcs1(key, hash, &digest, signature)
                    .or_else(|| key.verify_pkcs1(hash, &digest, signature))
                    .map_err(|_| Fault::Wrong)
            }
            (
                Self::Rsa(key),
                Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                },
            ) if mgf == hash && salt_len == hash.len() => {
                engine::pss(key, hash, &digest, signature)
                    .or_else(|| key.verify_pss(hash, mgf, salt_len, &digest, signature))
                    .map_err(|_| Fault::Wrong)
            }
            (
                Self::Rsa(key),
                Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                },
            ) => key
                .verify_pss(hash, mgf, salt_len, &digest, signature)
                .map_err(|_| Fault::Wrong),
            (Self::Ec(key), Scheme::Ecdsa(_)) => {
                let r_and_s = from_der(signature, key.curve().order_len()).ok_or(Fault::Form)?;
                verify_ecdsa(key, &digest, &r_and_s)
            }
            (Self::Ec(key), Scheme::EcdsaPlain(_)) => verify_ecdsa(key, &digest, signature),
            (Self::Dsa(key), Scheme::Dsa(_)) => {
                let r_and_s = from_der(signature, key.order_len()).ok_or(Fault::Form)?;
                key.verify(&digest, &r_and_s).map_err(|_| Fault::Wrong)
            }
            (Self::Rsa(_), Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) | Scheme::Dsa(_))
            | (Self::Ec(_), Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. } | Scheme::Dsa(_))
            | (
                Self::Dsa(_),
                Scheme::RsaPkcs1(_)
                | Scheme::RsaPss { .. }
                | Scheme::Ecdsa(_)
                | Scheme::EcdsaPlain(_),
            ) => Err(Fault::KeyKind),
        }
    }

    /// Whether it takes less than 2^112 steps to break (SP 800-57 part 1 §5.6.1.1), as far as its
    /// length tells.
    pub fn is_short(&self) -> bool {
        match self {
            Self::Rsa(key) => key.bits() < 2048,
            Self::Ec(key) => key.curve().order_bits() < 224,
            Self::Dsa(key) => key.bits() < 2048,
        }
    }

    /// What the key is, such as `brainpoolP384r1` or `RSA-2048`.
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA-{}", key.bits()),
            Self::Ec(key) => key.curve().name().to_owned(),
            Self::Dsa(key) => format!("DSA-{}", key.bits()),
        }
    }
}

fn verify_ecdsa(key: &Point, digest: &[u8], r_and_s: &[u8]) -> Result<(), Fault> {
    engine::ecdsa(key, digest, r_and_s)
        .or_else(|| key.verify(digest, r_and_s))
        .map_err(|fault| match fault {
            CurveFault::Range => Fault::Form,
            CurveFault::Equation => Fault::Wrong,
        })
}

/// Takes `Ecdsa-Sig-Value` or `Dss-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` apart into r and s, each as long as
/// the order. Exactly the DER encoding (X.690 §10.1, §8.3.2), so no signature has a second form.
fn from_der(signature: &[u8], order_len: usize) -> Option<Vec<u8>> {
    let mut reader = Reader::new(signature);
    let mut inside = reader
        .expect(tag::SEQUENCE, "ECDSA signature")
        .and_then(|sequence| sequence.inside())
        .ok()?;
    reader.finish("ECDSA signature").ok()?;
    let r = inside.expect(tag::INTEGER, "r").ok()?.magnitude().ok()?;
    let s = inside.expect(tag::INTEGER, "s").ok()?.magnitude().ok()?;
    inside.finish("ECDSA signature").ok()?;
    if to_der(r, s) != signature {
        return None;
    }
    let mut out = Vec::with_capacity(2 * order_len);
    for number in [r, s] {
        out.resize(out.len() + order_len.checked_sub(number.len())?, 0);
        out.extend_from_slice(number);
    }
    Some(out)
}

fn to_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    encode(tag::SEQUENCE, &[&encode_integer(r), &encode_integer(s)])
}

/// Puts r and s in a row, as a private key's `sign` gives them, into the DER form (TR-03111 §5.2.2).
pub fn der_from_plain(r_and_s: &[u8]) -> Vec<u8> {
    let (r, s) = r_and_s
        .split_at_checked(r_and_s.len() / 2)
        .unwrap_or_default();
    to_der(r, s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::curve::Curve;
    use crate::crypto::random::System;
    use crate::crypto::vectors;

    const HASHES: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

    #[test]
    fn ecdsa_signatures_of_openssl() {
        let file = vectors::parse(include_str!("../../tests/vectors/ecdsa_openssl.toml"));
        let message = vectors::hex(&file, "message");
        let mut seen = 0;
        for entry in vectors::tables(&file, "curve") {
            let curve = vectors::curve(entry);
            let key = PublicKey::Ec(curve.point(&vectors::hex(entry, "public")).unwrap());
            for name in HASHES {
                let hash = vectors::hash(name);
                let der = vectors::hex(entry, name);
                let (head, tail) = message.split_at(3);
                assert_eq!(key.verify(Scheme::Ecdsa(hash), &[head, tail], &der), Ok(()));
                let plain = from_der(&der, curve.order_len()).unwrap();
                assert_eq!(der_from_plain(&plain), der);
                let scheme = Scheme::EcdsaPlain(hash);
                assert_eq!(key.verify(scheme, &[&message], &plain), Ok(()));
                assert_eq!(key.verify(scheme, &[tail], &plain), Err(Fault::Wrong));
                assert_eq!(key.verify(scheme, &[&message], &der), Err(Fault::Form));
                seen += 1;
            }
        }
        assert_eq!(seen, 60);
    }

    #[test]
    fn a_digest_longer_than_the_order_counts_with_its_leftmost_bits() {
        let key = Curve::BrainpoolP160r1.generate(&mut System).unwrap();
        let signature = key.sign(Hash::Sha512, b"message").unwrap();
        let digest = Hash::Sha512.digest(&[b"message"]);
        let public = key.public();
        assert_eq!(public.verify(&digest, &signature), Ok(()));
        assert_eq!(public.verify(&digest[..20], &signature), Ok(()));
        assert!(public.verify(&digest[..19], &signature).is_err());
        assert!(public.verify(&digest[44..], &signature).is_err());
    }

    #[test]
    fn r_and_s_must_be_in_range_and_their_encoding_der() {
        let curve = Curve::BrainpoolP256r1;
        let key = curve.generate(&mut System).unwrap();
        let public = PublicKey::Ec(key.public());
        let scheme = Scheme::EcdsaPlain(Hash::Sha256);
        let good = key.sign(Hash::Sha256, b"m").unwrap();
        let (r, s) = good.split_at(32);
        let order = curve.parameters().n;
        for (r, s) in [
            (&[0; 32][..], s),
            (r, &[0; 32][..]),
            (order, s),
            (r, order),
            (&[0xFF; 32], s),
            (&r[1..], s),
            (&[], &[]),
        ] {
            let bad = [r, s].concat();
            assert_eq!(public.verify(scheme, &[b"m"], &bad), Err(Fault::Form));
        }

        let der = der_from_plain(&good);
        let scheme = Scheme::Ecdsa(Hash::Sha256);
        assert_eq!(public.verify(scheme, &[b"m"], &der), Ok(()));
        let one = encode_integer(&[1]);
        let integers = [encode_integer(r), encode_integer(s)].concat();
        let length = u8::try_from(integers.len()).unwrap();
        for bad in [
            vec![],
            der[..der.len() - 1].to_vec(),
            [&der[..], &[0]].concat(),
            // Trailing element, long form of the length, indefinite length.
            encode(tag::SEQUENCE, &[&integers, &one]),
            [&[0x30, 0x81, length], integers.as_slice()].concat(),
            [&[0x30, 0x80], integers.as_slice(), &[0, 0]].concat(),
            // A zero in front that is not needed, a negative number, an empty one, zero.
            encode(tag::SEQUENCE, &[&[2, 2, 0, 1], &one]),
            encode(tag::SEQUENCE, &[&[2, 1, 0x81], &one]),
            encode(tag::SEQUENCE, &[&[2, 0], &one]),
            encode(tag::SEQUENCE, &[&[2, 1, 0], &one]),
            encode(tag::SEQUENCE, &[&one]),
            encode(tag::SET, &[&integers]),
            encode(tag::SEQUENCE, &[&encode_integer(&[1; 33]), &one]),
        ] {
            assert_eq!(public.verify(scheme, &[b"m"], &bad), Err(Fault::Form));
        }
        let small = encode(tag::SEQUENCE, &[&one, &one]);
        assert_eq!(public.verify(scheme, &[b"m"], &small), Err(Fault::Wrong));
    }

    #[test]
    fn rsa_signatures_of_openssl() {
        let file = vectors::parse(include_str!("../../tests/vectors/rsa_openssl.toml"));
        let message = vectors::hex(&file, "message");
        let check =
            |key: &PublicKey, scheme, signature: &[u8]| key.verify(scheme, &[&message], signature);
        let mut seen = 0;
        for entry in vectors::tables(&file, "key") {
            let key = PublicKey::Rsa(vectors::rsa_public_key(entry));
            assert_eq!(
                key.name(),
                format!("RSA-{}", vectors::number(entry, "bits"))
            );
            for signed in vectors::tables(entry, "pkcs1") {
                let hash = vectors::hash(vectors::text(signed, "hash"));
                let mut signature = vectors::hex(signed, "signature");
                let scheme = Scheme::RsaPkcs1(hash);
                assert_eq!(check(&key, scheme, &signature), Ok(()));
                *signature.last_mut().unwrap() ^= 1;
                assert_eq!(check(&key, scheme, &signature), Err(Fault::Wrong));
                seen += 1;
            }
            for signed in vectors::tables(entry, "pss") {
                let hash = vectors::hash(vectors::text(signed, "hash"));
                let mgf = vectors::hash(vectors::text(signed, "mgf"));
                let salt_len = vectors::number(signed, "salt_len");
                let signature = vectors::hex(signed, "signature");
                let scheme = |hash, mgf, salt_len| Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                };
                assert_eq!(check(&key, scheme(hash, mgf, salt_len), &signature), Ok(()));
                let other = if mgf == Hash::Sha256 {
                    Hash::Sha1
                } else {
                    Hash::Sha256
                };
                for wrong in [
                    scheme(hash, other, salt_len),
                    scheme(other, mgf, salt_len),
                    scheme(hash, mgf, salt_len + 1),
                    scheme(hash, mgf, salt_len.saturating_sub(1).max(1)),
                    scheme(hash, mgf, usize::MAX),
                    Scheme::RsaPkcs1(hash),
                ] {
                    if wrong != scheme(hash, mgf, salt_len) {
                        assert_eq!(check(&key, wrong, &signature), Err(Fault::Wrong));
                    }
                }
                let mut changed = signature.clone();
                *changed.last_mut().unwrap() ^= 1;
                let result = check(&key, scheme(hash, mgf, salt_len), &changed);
                assert_eq!(result, Err(Fault::Wrong));
                let shorter = check(&key, scheme(hash, mgf, salt_len), &signature[1..]);
                assert_eq!(shorter, Err(Fault::Form));
                seen += 1;
            }
        }
        assert_eq!(seen, 33);
    }

    #[test]
    fn dsa_signatures_of_openssl() {
        let file = vectors::parse(include_str!("../../tests/vectors/dsa_openssl.toml"));
        let message = vectors::hex(&file, "message");
        let mut seen = 0;
        for entry in vectors::tables(&file, "key") {
            let part = |name| vectors::hex(entry, name);
            let (p, q, g, y) = (
                part("prime"),
                part("order"),
                part("generator"),
                part("public"),
            );
            let parameters = dsa::Parameters {
                p: &p,
                q: &q,
                g: &g,
            };
            let key = PublicKey::Dsa(dsa::PublicKey::new(parameters, &y).unwrap());
            assert_eq!(
                key.name(),
                format!("DSA-{}", vectors::number(entry, "bits"))
            );
            assert_eq!(key.is_short(), p.len() == 128);
            for name in HASHES {
                let hash = vectors::hash(name);
                let signature = part(name);
                let check = |message: &[u8], signature: &[u8]| {
                    key.verify(Scheme::Dsa(hash), &[message], signature)
                };
                assert_eq!(check(&message, &signature), Ok(()), "{name}");
                assert_eq!(check(b"other", &signature), Err(Fault::Wrong));
                let plain = from_der(&signature, q.len()).unwrap();
                assert_eq!(check(&message, &plain), Err(Fault::Form));
                let (r, s) = plain.split_at(q.len());
                for (r, s) in [(&q[..], s), (r, &q), (&[], s), (r, &[]), (s, r)] {
                    assert!(check(&message, &to_der(r, s)).is_err());
                }
                let ecdsa = key.verify(Scheme::Ecdsa(hash), &[&message], &signature);
                assert_eq!(ecdsa, Err(Fault::KeyKind));
                seen += 1;
            }
        }
        assert_eq!(seen, 20);
    }

    #[test]
    fn a_scheme_of_another_kind_is_refused() {
        let key = PublicKey::Ec(Curve::P256.generator());
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        assert_eq!(key.verify(scheme, &[], &[]), Err(Fault::KeyKind));
    }
}
