//! A faster engine beside RustCrypto, for verifying signatures and for signing much with one key.
//!
//! Verifying is work on public data alone. The engine can only say yes: whatever it refuses or does
//! not know, RustCrypto decides, so that the same signatures are right with the engine and without
//! it. The one secret that comes here is a key on P-256 that signs answers by the thousand; AWS-LC
//! computes with it in constant time, draws a fresh nonce for every signature, and wipes its memory
//! when it is given back.

use crate::crypto::curve::Curve;
use crate::crypto::curve::Point;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::secret::Secret;

/// What an engine says of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is right.
    Right,
    /// It may be wrong, or made in a way that the engine does not have.
    Undecided,
}

impl Answer {
    /// Leaves what is undecided to another.
    pub(super) fn or_else<F>(self, decide: impl FnOnce() -> Result<(), F>) -> Result<(), F> {
        match self {
            Self::Right => Ok(()),
            Self::Undecided => decide(),
        }
    }
}

/// An RSA key in the engine's own form, made when it is first needed.
#[derive(Default)]
pub(super) struct RsaKey(inside::RsaKey);

/// RSASSA-PKCS1-v1_5 over a digest. The signature is as long as the modulus.
pub(super) fn pkcs1(key: &rsa::PublicKey, hash: Hash, digest: &[u8], signature: &[u8]) -> Answer {
    answer(inside::pkcs1(&key.engine().0, key, hash, digest, signature))
}

/// RSASSA-PSS over a digest, with the same hash inside MGF1 and a salt as long as it. The signature
/// is as long as the modulus.
pub(super) fn pss(key: &rsa::PublicKey, hash: Hash, digest: &[u8], signature: &[u8]) -> Answer {
    answer(inside::pss(&key.engine().0, key, hash, digest, signature))
}

/// ECDSA over a digest of any length, with r and s in a row, each as long as the order.
pub(super) fn ecdsa(key: &Point, digest: &[u8], r_and_s: &[u8]) -> Answer {
    answer(inside::ecdsa(key, digest, r_and_s))
}

/// A private key on P-256 in the engine's own form.
pub(super) struct SigningKey(inside::SigningKey);

impl SigningKey {
    /// Takes a key over, where the engine has its curve.
    pub(super) fn new(curve: Curve, scalar: &Secret, public: &Point) -> Option<Self> {
        inside::SigningKey::new(curve, scalar, public).map(Self)
    }

    /// ECDSA with SHA-256, r and s in a row, each as long as the order.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.0.sign(message)
    }
}

fn answer(right: Option<()>) -> Answer {
    right.map_or(Answer::Undecided, |()| Answer::Right)
}

/// AWS-LC: RSA of 2048 to 8192 bits, and the curves of NIST from P-256 upwards.
#[cfg(feature = "aws-lc")]
mod inside {
    use std::borrow::Cow;
    use std::sync::OnceLock;

    use aws_lc_rs::digest;
    use aws_lc_rs::digest::Digest;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature;
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    use aws_lc_rs::signature::EcdsaKeyPair;
    use aws_lc_rs::signature::EcdsaVerificationAlgorithm;
    use aws_lc_rs::signature::ParsedPublicKey;
    use aws_lc_rs::signature::RsaParameters;
    use aws_lc_rs::signature::RsaPublicKeyComponents;
    use aws_lc_rs::signature::UnparsedPublicKey;

    use crate::crypto::curve::Curve;
    use crate::crypto::curve::Point;
    use crate::crypto::hash::Hash;
    use crate::crypto::rsa;
    use crate::secret::Secret;

    pub(super) struct SigningKey(EcdsaKeyPair);

    impl SigningKey {
        pub(super) fn new(curve: Curve, scalar: &Secret, public: &Point) -> Option<Self> {
            let algorithm = match curve {
                Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
                _ => return None,
            };
            let (scalar, public) = (scalar.expose(), public.encoded());
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, public)
                .ok()
                .map(Self)
        }

        pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
            let signature = self.0.sign(&SystemRandom::new(), message).ok()?;
            Some(signature.as_ref().to_vec())
        }
    }

    /// A key is made ready for one scheme, the first that it is asked for: keys are seldom used in
    /// two.
    pub(super) type RsaKey = OnceLock<Option<Ready>>;

    pub(super) struct Ready {
        parameters: &'static RsaParameters,
        key: ParsedPublicKey,
    }

    impl Ready {
        fn new(key: &rsa::PublicKey, parameters: &'static RsaParameters) -> Option<Self> {
            let numbers = RsaPublicKeyComponents {
                n: key.modulus(),
                e: key.exponent(),
            };
            let key = numbers.to_parsed_public_key(parameters).ok()?;
            Some(Self { parameters, key })
        }

        fn verify(&self, digest: &Digest, signature: &[u8]) -> Option<()> {
            self.key.verify_digest_sig(digest, signature).ok()
        }
    }

    pub(super) fn pkcs1(
        kept: &RsaKey,
        key: &rsa::PublicKey,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Option<()> {
        let parameters = match hash {
            Hash::Sha1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha224 => return None,
            Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        };
        with_rsa(kept, key, parameters, hash, digest, signature)
    }

    pub(super) fn pss(
        kept: &RsaKey,
        key: &rsa::PublicKey,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Option<()> {
        let parameters = match hash {
            Hash::Sha1 | Hash::Sha224 => return None,
            Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
            Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
            Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        };
        with_rsa(kept, key, parameters, hash, digest, signature)
    }

    fn with_rsa(
        kept: &RsaKey,
        key: &rsa::PublicKey,
        parameters: &'static RsaParameters,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Option<()> {
        let hash = match hash {
            Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha224 => &digest::SHA224,
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        let digest = Digest::import_less_safe(digest, hash).ok()?;
        let ready = kept.get_or_init(|| Ready::new(key, parameters)).as_ref()?;
        if ready.parameters == parameters {
            ready.verify(&digest, signature)
        } else {
            Ready::new(key, parameters)?.verify(&digest, signature)
        }
    }

    /// Of a digest the leftmost bits count, as many as the order has (SEC 1 §4.1.4), as a number.
    /// So a digest of every length is one of the length that goes with the curve: cut, or with
    /// zeros in front. P-521 has more bits than any digest.
    pub(super) fn ecdsa(key: &Point, digest: &[u8], r_and_s: &[u8]) -> Option<()> {
        let (curve, hash): (&'static EcdsaVerificationAlgorithm, _) = match key.curve() {
            Curve::P256 => (&signature::ECDSA_P256_SHA256_FIXED, &digest::SHA256),
            Curve::P384 => (&signature::ECDSA_P384_SHA384_FIXED, &digest::SHA384),
            Curve::P521 => (&signature::ECDSA_P521_SHA512_FIXED, &digest::SHA512),
            _ => return None,
        };
        let length = hash.output_len();
        let number = match digest.get(..length) {
            Some(leftmost) => Cow::Borrowed(leftmost),
            None => {
                let mut padded = vec![0; length.checked_sub(digest.len())?];
                padded.extend_from_slice(digest);
                Cow::Owned(padded)
            }
        };
        let digest = Digest::import_less_safe(&number, hash).ok()?;
        UnparsedPublicKey::new(curve, key.encoded())
            .verify_digest(&digest, r_and_s)
            .ok()
    }
}

/// No engine: RustCrypto alone.
#[cfg(not(feature = "aws-lc"))]
mod inside {
    use crate::crypto::curve::Curve;
    use crate::crypto::curve::Point;
    use crate::crypto::hash::Hash;
    use crate::crypto::rsa;
    use crate::secret::Secret;

    #[derive(Default)]
    pub(super) struct RsaKey;

    /// There is none.
    pub(super) enum SigningKey {}

    impl SigningKey {
        pub(super) const fn new(_: Curve, _: &Secret, _: &Point) -> Option<Self> {
            None
        }

        pub(super) const fn sign(&self, _: &[u8]) -> Option<Vec<u8>> {
            match *self {}
        }
    }

    pub(super) const fn pkcs1(
        _: &RsaKey,
        _: &rsa::PublicKey,
        _: Hash,
        _: &[u8],
        _: &[u8],
    ) -> Option<()> {
        None
    }

    pub(super) const fn pss(
        _: &RsaKey,
        _: &rsa::PublicKey,
        _: Hash,
        _: &[u8],
        _: &[u8],
    ) -> Option<()> {
        None
    }

    pub(super) const fn ecdsa(_: &Point, _: &[u8], _: &[u8]) -> Option<()> {
        None
    }
}

#[cfg(test)]
mod tests;
