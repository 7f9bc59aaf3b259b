//! ASN.1 of keys and algorithms: what an AlgorithmIdentifier and a SubjectPublicKeyInfo say
//! (RFC 5280 §4.1.1.2 and §4.1.2.7, RFC 3279, RFC 4055, RFC 5480, BSI TR-03111 §5).
//!
//! Real certificates write parameters in every way that any edition allowed: NULL or nothing,
//! curves by name or in full, RSASSA-PSS with defaults left out. All of it is read; what is not
//! known is named, so that a report can say what this build lacks.

mod agreement;

pub use agreement::agreement_key;
pub use agreement::domain;
pub use agreement::is_prime_field_in_full;

use thiserror::Error;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Parameters;
use crate::crypto::dsa;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;

/// Why a key or an algorithm cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// The bytes do not have the form they must have.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Well formed, and unknown to this build: what it is.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// A SubjectPublicKeyInfo taken apart.
struct KeyInfo<'a> {
    algorithm: Algorithm<'a>,
    /// The key's octets: every kind of key here has whole ones, so no bit is unused.
    key: &'a [u8],
    /// Where the BIT STRING stands.
    offset: usize,
}

impl<'a> KeyInfo<'a> {
    fn read(spki: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(spki);
        let info = outer.expect(tag::SEQUENCE, "SubjectPublicKeyInfo")?;
        outer.finish("SubjectPublicKeyInfo")?;
        let mut inside = info.inside()?;
        let algorithm = Algorithm::read(inside.expect(tag::SEQUENCE, "key AlgorithmIdentifier")?)?;
        let bits = inside.expect(tag::BIT_STRING, "subjectPublicKey")?;
        inside.finish("SubjectPublicKeyInfo")?;
        let offset = bits.offset;
        let key = bits
            .value
            .strip_prefix(&[0])
            .ok_or(Malformed::new("subjectPublicKey", offset))?;
        Ok(Self {
            algorithm,
            key,
            offset,
        })
    }
}

/// Reads a whole SubjectPublicKeyInfo element: RSA, DSA, or a point on a known curve.
///
/// ```text
/// SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
/// RSAPublicKey         ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
/// DSAPublicKey         ::= INTEGER
/// ```
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form or the key is none;
/// [`KeyFault::Unsupported`] when the kind of key or the curve is unknown.
pub fn subject_public_key(spki: &[u8]) -> Result<PublicKey, KeyFault> {
    let KeyInfo {
        algorithm,
        key,
        offset,
    } = KeyInfo::read(spki)?;
    match algorithm.oid {
        RSA_ENCRYPTION => {
            algorithm.null_or_absent()?;
            rsa_public_key(key)
        }
        // RFC 4055 §1.2: the same key, bound to one padding; parameters may be left out.
        RSASSA_PSS => rsa_public_key(key),
        EC_PUBLIC_KEY => {
            let parameters = algorithm
                .parameters
                .ok_or(Malformed::new("ECParameters", algorithm.offset))?;
            let point = ec_curve(parameters)?
                .point(key)
                .map_err(|_| Malformed::new("ECPoint", offset))?;
            Ok(PublicKey::Ec(point))
        }
        DSA => dsa_public_key(&algorithm, key),
        other => Err(KeyFault::Unsupported(format!("key algorithm {other}"))),
    }
}

fn rsa_public_key(key: &[u8]) -> Result<PublicKey, KeyFault> {
    let mut outer = Reader::new(key);
    let sequence = outer.expect(tag::SEQUENCE, "RSAPublicKey")?;
    outer.finish("RSAPublicKey")?;
    let mut inside = sequence.inside()?;
    let modulus = inside.expect(tag::INTEGER, "RSA modulus")?.magnitude()?;
    let exponent = inside.expect(tag::INTEGER, "RSA exponent")?.magnitude()?;
    inside.finish("RSAPublicKey")?;
    Ok(PublicKey::Rsa(rsa::PublicKey::new(modulus, exponent)?))
}

/// Reads a DSA key with its domain parameters (RFC 3279 §2.3.2).
///
/// ```text
/// Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }
/// ```
fn dsa_public_key(algorithm: &Algorithm<'_>, key: &[u8]) -> Result<PublicKey, KeyFault> {
    // RFC 3279 §2.3.2: absent parameters are those of the issuer. Nobody but the issuer's own
    // certificate could tell them, and no document signer is known that leaves them out.
    let parameters = algorithm.parameters.ok_or_else(|| {
        KeyFault::Unsupported("DSA key with the parameters of its issuer".to_owned())
    })?;
    if parameters.tag != tag::SEQUENCE {
        return Err(Malformed::new("Dss-Parms", parameters.offset).into());
    }
    let mut inside = parameters.inside()?;
    let mut number = |what| inside.expect(tag::INTEGER, what)?.magnitude();
    let (p, q, g) = (number("DSA p")?, number("DSA q")?, number("DSA g")?);
    inside.finish("Dss-Parms")?;
    let mut outer = Reader::new(key);
    let y = outer.expect(tag::INTEGER, "DSAPublicKey")?.magnitude()?;
    outer.finish("DSAPublicKey")?;
    match dsa::PublicKey::new(dsa::Parameters { p, q, g }, y) {
        Ok(key) => Ok(PublicKey::Dsa(key)),
        Err(dsa::Fault::Malformed(malformed)) => Err(malformed.into()),
        Err(dsa::Fault::Size(p, q)) => Err(KeyFault::Unsupported(format!(
            "DSA key of {p} bits with an order of {q} bits"
        ))),
    }
}

/// Reads EC domain parameters, by name or in full.
///
/// Doc 9303-12 §4.4 asks for the full form, so most country certificates have it. It counts only
/// when it describes a known curve; seed and cofactor may be left out.
///
/// ```text
/// ECParameters ::= SEQUENCE {
///   version  INTEGER,
///   fieldID  SEQUENCE { fieldType OID (prime-field), prime INTEGER },
///   curve    SEQUENCE { a OCTET STRING, b OCTET STRING, seed BIT STRING OPTIONAL },
///   base     OCTET STRING,
///   order    INTEGER,
///   cofactor INTEGER OPTIONAL }
/// ```
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form; [`KeyFault::Unsupported`] when the
/// curve or the kind of field is unknown.
pub fn ec_curve(parameters: Element<'_>) -> Result<Curve, KeyFault> {
    match parameters.tag {
        tag::OID => {
            let name = Oid::new(parameters.value);
            Curve::from_oid(name).ok_or_else(|| KeyFault::Unsupported(format!("curve {name}")))
        }
        tag::SEQUENCE => explicit_curve(parameters),
        // RFC 5480 §2.1.1: implicitCurve must not be used.
        _ => Err(Malformed::new("ECParameters", parameters.offset).into()),
    }
}

fn explicit_curve(parameters: Element<'_>) -> Result<Curve, KeyFault> {
    let mut inside = parameters.inside()?;
    inside.expect(tag::INTEGER, "ECParameters version")?;
    let mut field = inside.expect(tag::SEQUENCE, "fieldID")?.inside()?;
    let field_type = Oid::new(field.expect(tag::OID, "fieldType")?.value);
    if field_type != PRIME_FIELD {
        return Err(KeyFault::Unsupported(format!("field type {field_type}")));
    }
    let p = field.expect(tag::INTEGER, "prime")?.magnitude()?;
    field.finish("fieldID")?;
    let mut curve = inside.expect(tag::SEQUENCE, "Curve")?.inside()?;
    let a = curve.expect(tag::OCTET_STRING, "Curve a")?.value;
    let b = curve.expect(tag::OCTET_STRING, "Curve b")?.value;
    curve.optional(tag::BIT_STRING, "Curve seed")?;
    curve.finish("Curve")?;
    let g = inside.expect(tag::OCTET_STRING, "base point")?.value;
    let n = inside.expect(tag::INTEGER, "order")?.magnitude()?;
    let h = inside
        .optional(tag::INTEGER, "cofactor")?
        .map(|cofactor| cofactor.magnitude())
        .transpose()?;
    inside.finish("ECParameters")?;
    Curve::from_parameters(&Parameters { p, a, b, g, n, h })
        .ok_or_else(|| KeyFault::Unsupported("curve given in full and unknown".to_owned()))
}

/// Reads the AlgorithmIdentifier of a signature.
///
/// `digest` is what a SignerInfo names beside it; it counts where the signature algorithm names no
/// hash of its own (rsaEncryption, RFC 3370 §3.2, and id-ecPublicKey, seen in the field).
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form; [`KeyFault::Unsupported`] when the
/// algorithm, its hash or its mask generation is unknown.
pub fn scheme(algorithm: Element<'_>, digest: Option<Hash>) -> Result<Scheme, KeyFault> {
    let algorithm = Algorithm::read(algorithm)?;
    let from_digest = || {
        digest.ok_or_else(|| {
            KeyFault::Unsupported(format!("signature algorithm {} alone", algorithm.oid))
        })
    };
    let named = SIGNATURES.iter().find(|(oid, _)| *oid == algorithm.oid);
    if let Some((_, scheme)) = named {
        algorithm.null_or_absent()?;
        return Ok(*scheme);
    }
    match algorithm.oid {
        RSASSA_PSS => pss(algorithm),
        RSA_ENCRYPTION => {
            algorithm.null_or_absent()?;
            Ok(Scheme::RsaPkcs1(from_digest()?))
        }
        // The parameters, if any, repeat the key's curve; the key decides.
        EC_PUBLIC_KEY => Ok(Scheme::Ecdsa(from_digest()?)),
        other => Err(KeyFault::Unsupported(format!(
            "signature algorithm {other}"
        ))),
    }
}

/// Longest PSS salt, in bytes: longer than the largest modulus leaves room for.
const MAX_SALT: u32 = 1024;

/// Reads the parameters of RSASSA-PSS; each of them has a default (RFC 4055 §3.1).
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///   hashAlgorithm    [0] DEFAULT sha1,
///   maskGenAlgorithm [1] DEFAULT mgf1 with sha1,
///   saltLength       [2] INTEGER DEFAULT 20,
///   trailerField     [3] INTEGER DEFAULT 1 }
/// ```
fn pss(algorithm: Algorithm<'_>) -> Result<Scheme, KeyFault> {
    let (mut message_hash, mut mask_hash, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    let Some(parameters) = algorithm
        .parameters
        .filter(|element| element.tag != tag::NULL)
    else {
        return pss_scheme(message_hash, mask_hash, salt);
    };
    if parameters.tag != tag::SEQUENCE {
        return Err(Malformed::new("RSASSA-PSS-params", parameters.offset).into());
    }
    let mut inside = parameters.inside()?;
    if let Some(field) = inside.optional(0xA0, "PSS hashAlgorithm")? {
        message_hash = hash(only(field, tag::SEQUENCE, "PSS hashAlgorithm")?)?;
    }
    if let Some(field) = inside.optional(0xA1, "PSS maskGenAlgorithm")? {
        let mask = Algorithm::read(only(field, tag::SEQUENCE, "PSS maskGenAlgorithm")?)?;
        if mask.oid != MGF1 {
            return Err(KeyFault::Unsupported(format!(
                "mask generation function {}",
                mask.oid
            )));
        }
        mask_hash = match mask.parameters {
            Some(element) => hash(element)?,
            None => Hash::Sha1,
        };
    }
    if let Some(field) = inside.optional(0xA2, "PSS saltLength")? {
        salt = only(field, tag::INTEGER, "PSS saltLength")?.small_integer()?;
    }
    if let Some(field) = inside.optional(0xA3, "PSS trailerField")? {
        // RFC 4055 §3.1: the only trailer there is.
        let trailer = only(field, tag::INTEGER, "PSS trailerField")?.small_integer()?;
        if trailer != 1 {
            return Err(KeyFault::Unsupported(format!("PSS trailer {trailer}")));
        }
    }
    inside.finish("RSASSA-PSS-params")?;
    pss_scheme(message_hash, mask_hash, salt)
}

fn pss_scheme(hash: Hash, mgf: Hash, salt: u32) -> Result<Scheme, KeyFault> {
    match usize::try_from(salt) {
        Ok(salt_len) if salt <= MAX_SALT => Ok(Scheme::RsaPss {
            hash,
            mgf,
            salt_len,
        }),
        _ => Err(KeyFault::Unsupported(format!("PSS salt of {salt} bytes"))),
    }
}

/// How an AlgorithmIdentifier of a signature is written where it could be written otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As its standard has it.
    Usual,
    /// NULL where there are to be no parameters, or none where there is to be NULL.
    OtherParameters,
    /// RSASSA-PSS that leaves its hash to the default, SHA-1.
    Defaults,
}

/// How a signature's AlgorithmIdentifier is written (RFC 4055 §5: RSA has NULL; RFC 5758 §3: ECDSA
/// and DSA have nothing). What is none is as usual.
pub fn spelling_of(algorithm: &[u8]) -> Spelling {
    let Ok(algorithm) = alone(algorithm).and_then(Algorithm::read) else {
        return Spelling::Usual;
    };
    let named = SIGNATURES.iter().find(|(oid, _)| *oid == algorithm.oid);
    match (named.map(|(_, scheme)| scheme), algorithm.parameters) {
        (Some(Scheme::RsaPkcs1(_)), None)
        | (Some(Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) | Scheme::Dsa(_)), Some(_)) => {
            Spelling::OtherParameters
        }
        (None, parameters) if algorithm.oid == RSASSA_PSS => {
            let first = parameters
                .and_then(|element| element.inside().ok())
                .and_then(|inside| inside.peek());
            match first {
                Some(0xA0) => Spelling::Usual,
                _ => Spelling::Defaults,
            }
        }
        _ => Spelling::Usual,
    }
}

/// Whether a SubjectPublicKeyInfo gives its curve by all of its numbers.
pub fn names_curve_in_full(spki: &[u8]) -> bool {
    let parameters = || {
        let mut inside = Reader::new(spki).element("key").ok()?.inside().ok()?;
        let algorithm = Algorithm::read(inside.element("algorithm").ok()?).ok()?;
        algorithm
            .parameters
            .filter(|_| algorithm.oid == EC_PUBLIC_KEY)
    };
    parameters().is_some_and(|parameters| parameters.tag == tag::SEQUENCE)
}

/// The single element inside an explicit tag.
fn only<'a>(outer: Element<'a>, inner: u32, what: &'static str) -> Result<Element<'a>, Malformed> {
    let mut inside = outer.inside()?;
    let element = inside.expect(inner, what)?;
    inside.finish(what)?;
    Ok(element)
}

/// Reads the AlgorithmIdentifier of a hash function.
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form; [`KeyFault::Unsupported`] when the
/// hash is unknown.
pub fn hash(algorithm: Element<'_>) -> Result<Hash, KeyFault> {
    let algorithm = Algorithm::read(algorithm)?;
    let (_, hash) = HASHES
        .iter()
        .find(|(oid, _)| *oid == algorithm.oid)
        .ok_or_else(|| KeyFault::Unsupported(format!("hash algorithm {}", algorithm.oid)))?;
    algorithm.null_or_absent()?;
    Ok(*hash)
}

/// As [`hash`], from an AlgorithmIdentifier's bytes, which must be all there is.
///
/// # Errors
/// As [`hash`].
pub fn hash_of(algorithm: &[u8]) -> Result<Hash, KeyFault> {
    hash(alone(algorithm)?)
}

/// As [`scheme`], from an AlgorithmIdentifier's bytes, which must be all there is.
///
/// # Errors
/// As [`scheme`].
pub fn scheme_of(algorithm: &[u8], digest: Option<Hash>) -> Result<Scheme, KeyFault> {
    scheme(alone(algorithm)?, digest)
}

fn alone(bytes: &[u8]) -> Result<Element<'_>, Malformed> {
    let mut reader = Reader::new(bytes);
    let element = reader.element("AlgorithmIdentifier")?;
    reader.finish("AlgorithmIdentifier")?;
    Ok(element)
}

/// `AlgorithmIdentifier ::= SEQUENCE { algorithm OID, parameters ANY OPTIONAL }`
#[derive(Clone, Copy)]
struct Algorithm<'a> {
    oid: Oid<'a>,
    parameters: Option<Element<'a>>,
    offset: usize,
}

impl<'a> Algorithm<'a> {
    fn read(element: Element<'a>) -> Result<Self, Malformed> {
        if element.tag != tag::SEQUENCE {
            return Err(Malformed::new("AlgorithmIdentifier", element.offset));
        }
        let mut inside = element.inside()?;
        let oid = Oid::new(inside.expect(tag::OID, "algorithm")?.value);
        let parameters = if inside.at_end() {
            None
        } else {
            Some(inside.element("algorithm parameters")?)
        };
        inside.finish("AlgorithmIdentifier")?;
        Ok(Self {
            oid,
            parameters,
            offset: element.offset,
        })
    }

    /// RFC 4055 §2.1: NULL or absent parameters mean the same.
    fn null_or_absent(&self) -> Result<(), Malformed> {
        match self.parameters {
            None => Ok(()),
            Some(element) if element.tag == tag::NULL && element.value.is_empty() => Ok(()),
            Some(element) => Err(Malformed::new("algorithm parameters", element.offset)),
        }
    }
}

const RSA_ENCRYPTION: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]);
const MGF1: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8]);
const RSASSA_PSS: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]);
const EC_PUBLIC_KEY: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
const DSA: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1]);
const PRIME_FIELD: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 1, 1]);

const HASHES: [(Oid<'_>, Hash); 5] = [
    (Oid::new(&[0x2B, 0x0E, 3, 2, 26]), Hash::Sha1),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4]),
        Hash::Sha224,
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]),
        Hash::Sha256,
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2]),
        Hash::Sha384,
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3]),
        Hash::Sha512,
    ),
];

/// Signature algorithms that name their hash: RSASSA-PKCS1-v1_5 (RFC 4055 §5), ECDSA with a DER
/// signature (RFC 5758 §3.2), ECDSA in plain form (TR-03111 §5.2.1.1), DSA (RFC 3279 §2.2.2, RFC 5758
/// §3.1; with the longer hashes as FIPS 186-4 has them).
const SIGNATURES: [(Oid<'_>, Scheme); 20] = [
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5]),
        Scheme::RsaPkcs1(Hash::Sha1),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 14]),
        Scheme::RsaPkcs1(Hash::Sha224),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11]),
        Scheme::RsaPkcs1(Hash::Sha256),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 12]),
        Scheme::RsaPkcs1(Hash::Sha384),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13]),
        Scheme::RsaPkcs1(Hash::Sha512),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1]),
        Scheme::Ecdsa(Hash::Sha1),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 1]),
        Scheme::Ecdsa(Hash::Sha224),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]),
        Scheme::Ecdsa(Hash::Sha256),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3]),
        Scheme::Ecdsa(Hash::Sha384),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4]),
        Scheme::Ecdsa(Hash::Sha512),
    ),
    (
        Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 1]),
        Scheme::EcdsaPlain(Hash::Sha1),
    ),
    (
        Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 2]),
        Scheme::EcdsaPlain(Hash::Sha224),
    ),
    (
        Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 3]),
        Scheme::EcdsaPlain(Hash::Sha256),
    ),
    (
        Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 4]),
        Scheme::EcdsaPlain(Hash::Sha384),
    ),
    (
        Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 5]),
        Scheme::EcdsaPlain(Hash::Sha512),
    ),
    (
        Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3]),
        Scheme::Dsa(Hash::Sha1),
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1]),
        Scheme::Dsa(Hash::Sha224),
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2]),
        Scheme::Dsa(Hash::Sha256),
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 3]),
        Scheme::Dsa(Hash::Sha384),
    ),
    (
        Oid::new(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 4]),
        Scheme::Dsa(Hash::Sha512),
    ),
];

#[cfg(test)]
mod tests;
