//! Keys that sign certificates, security objects and revocation lists, and how they are written.

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::curve;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Point;
use crate::crypto::dsa;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::crypto::signature::der_from_plain;
use crate::error::Malformed;
use crate::sim::pki::der;

/// id-ecPublicKey, 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

/// prime-field, 1.2.840.10045.1.1
const PRIME_FIELD: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x01, 0x01];

/// pkcs-1, 1.2.840.113549.1.1
const PKCS_1: [u8; 8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];

/// A private key, with the way it signs.
#[derive(Debug)]
pub enum SigningKey {
    /// ECDSA with a DER signature
    Ec(curve::PrivateKey),
    /// RSASSA-PKCS1-v1_5
    RsaPkcs1(rsa::PrivateKey),
    /// RSASSA-PSS with a salt as long as the hash
    RsaPss(rsa::PrivateKey),
    /// RSASSA-PSS with a salt of so many bytes
    RsaPssSalt(rsa::PrivateKey, usize),
    /// RSASSA-PSS with every parameter left to its default: SHA-1, and a salt of 20 bytes
    /// (RFC 4055 §3.1)
    RsaPssDefaults(rsa::PrivateKey),
    /// ECDSA with r and s in a row, by the identifiers of TR-03111 §5.2.1
    EcPlain(curve::PrivateKey),
    /// RSASSA-PKCS1-v1_5 under rsaEncryption, which leaves the hash to the SignerInfo
    RsaBare(rsa::PrivateKey),
    /// DSA with a DER signature
    Dsa(dsa::PrivateKey),
}

/// How a public key names its curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EcParameters {
    /// By object identifier
    Named,
    /// By all of its numbers (TR-03111 §5.1.1.1), as Doc 9303-11 §9.4 asks for chip keys
    Explicit,
    /// The same with a seed behind the coefficients
    ExplicitSeed,
    /// The same without the cofactor
    ExplicitBare,
    /// By the number of standardized domain parameters (Doc 9303-11 §9.5.1); for chip keys alone
    Standardized,
}

impl SigningKey {
    /// Signs, in the form that certificates and signed data carry.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign with this hash.
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        match self {
            Self::Ec(key) => Ok(der_from_plain(&key.sign(hash, message)?)),
            Self::EcPlain(key) => key.sign(hash, message),
            Self::Dsa(key) => Ok(der_from_plain(&key.sign(hash, message)?)),
            Self::RsaPkcs1(key) | Self::RsaBare(key) => key.sign_pkcs1(hash, message),
            Self::RsaPss(key) => key.sign_pss(hash, &salt(hash, message, hash.len()), message),
            Self::RsaPssSalt(key, length) => {
                key.sign_pss(hash, &salt(hash, message, *length), message)
            }
            Self::RsaPssDefaults(key) => {
                key.sign_pss(Hash::Sha1, &salt(Hash::Sha1, message, 20), message)
            }
        }
    }

    /// AlgorithmIdentifier of such a signature (RFC 5758 §3.2, RFC 4055 §3, §5).
    pub fn algorithm(&self, hash: Hash) -> Vec<u8> {
        match self {
            Self::Ec(_) => {
                const ECDSA: [u8; 6] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04];
                let last: &[u8] = match hash {
                    Hash::Sha1 => &[1],
                    Hash::Sha224 => &[3, 1],
                    Hash::Sha256 => &[3, 2],
                    Hash::Sha384 => &[3, 3],
                    Hash::Sha512 => &[3, 4],
                };
                der::sequence(&[&encode(tag::OID, &[&ECDSA, last])])
            }
            Self::RsaPkcs1(_) => {
                let last = match hash {
                    Hash::Sha1 => 5,
                    Hash::Sha224 => 14,
                    Hash::Sha256 => 11,
                    Hash::Sha384 => 12,
                    Hash::Sha512 => 13,
                };
                der::sequence(&[&pkcs_1(last), &null()])
            }
            Self::RsaPss(_) => pss_algorithm(hash, hash.len()),
            Self::RsaPssSalt(_, length) => pss_algorithm(hash, *length),
            Self::RsaPssDefaults(_) => der::sequence(&[&pkcs_1(10), &der::sequence(&[])]),
            Self::RsaBare(_) => der::sequence(&[&pkcs_1(1), &null()]),
            // ecdsa-plain-signatures, 0.4.0.127.0.7.1.1.4.1 (TR-03111 §5.2.1.1)
            Self::EcPlain(_) => {
                const PLAIN: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 1, 1, 4, 1];
                let last = match hash {
                    Hash::Sha1 => 1,
                    Hash::Sha224 => 2,
                    Hash::Sha256 => 3,
                    Hash::Sha384 => 4,
                    Hash::Sha512 => 5,
                };
                der::sequence(&[&encode(tag::OID, &[&PLAIN, &[last]])])
            }
            // RFC 3279 §2.2.2: 1.2.840.10040.4.3; RFC 5758 §3.1: 2.16.840.1.101.3.4.3
            Self::Dsa(_) => {
                const SHA2: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 3, 4, 3];
                let identifier = match hash {
                    Hash::Sha1 => der::oid(&[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 3]),
                    Hash::Sha224 => encode(tag::OID, &[&SHA2, &[1]]),
                    Hash::Sha256 => encode(tag::OID, &[&SHA2, &[2]]),
                    Hash::Sha384 => encode(tag::OID, &[&SHA2, &[3]]),
                    Hash::Sha512 => encode(tag::OID, &[&SHA2, &[4]]),
                };
                der::sequence(&[&identifier])
            }
        }
    }

    /// SubjectPublicKeyInfo of the public half.
    pub fn public_key_info(&self, parameters: EcParameters) -> Vec<u8> {
        match self {
            Self::Ec(key) | Self::EcPlain(key) => ec_public_key_info(&key.public(), parameters),
            Self::Dsa(key) => dsa_public_key_info(key.public()),
            Self::RsaPkcs1(key)
            | Self::RsaBare(key)
            | Self::RsaPss(key)
            | Self::RsaPssSalt(key, _)
            | Self::RsaPssDefaults(key) => rsa_public_key_info(&key.public()),
        }
    }

    /// The same, and the curve goes by the name of another. Keys of RSA have none.
    pub fn misnamed_key_info(&self, other: Curve) -> Vec<u8> {
        match self {
            Self::Ec(key) | Self::EcPlain(key) => {
                let name = der::oid(other.oid().octets());
                key_info(&name, key.public().encoded())
            }
            _ => self.public_key_info(EcParameters::Named),
        }
    }
}

/// RSASSA-PSS with one hash throughout and every parameter there (RFC 4055 §3.1).
fn pss_algorithm(hash: Hash, salt_len: usize) -> Vec<u8> {
    let inner = der::hash_algorithm(hash);
    let mgf = der::sequence(&[&pkcs_1(8), &inner]);
    let salt_len = der::small(u32::try_from(salt_len).unwrap_or(0));
    let parameters = der::sequence(&[
        &der::explicit(0, &[&inner]),
        &der::explicit(1, &[&mgf]),
        &der::explicit(2, &[&salt_len]),
    ]);
    der::sequence(&[&pkcs_1(10), &parameters])
}

/// Any salt verifies; this one makes the signature the same each time.
fn salt(hash: Hash, message: &[u8], length: usize) -> Vec<u8> {
    let digest = hash.digest(&[b"cancuoc test salt", message]);
    digest.into_iter().cycle().take(length).collect()
}

/// SubjectPublicKeyInfo of a point (RFC 5480 §2).
pub fn ec_public_key_info(point: &Point, parameters: EcParameters) -> Vec<u8> {
    let parameters = match parameters {
        EcParameters::Named => der::oid(point.curve().oid().octets()),
        // Certificates know no numbers.
        EcParameters::Explicit | EcParameters::Standardized => explicit_parameters(point.curve()),
        EcParameters::ExplicitSeed => explicit_parameters_with(point.curve(), Extra::Seed),
        EcParameters::ExplicitBare => explicit_parameters_with(point.curve(), Extra::Nothing),
    };
    key_info(&parameters, point.encoded())
}

fn key_info(parameters: &[u8], point: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::oid(EC_PUBLIC_KEY), parameters]);
    der::sequence(&[&algorithm, &der::bits(point)])
}

/// SubjectPublicKeyInfo of an RSA key (RFC 3279 §2.3.1).
pub fn rsa_public_key_info(key: &rsa::PublicKey) -> Vec<u8> {
    let numbers = der::sequence(&[
        &encode_integer(key.modulus()),
        &encode_integer(key.exponent()),
    ]);
    let algorithm = der::sequence(&[&pkcs_1(1), &null()]);
    der::sequence(&[&algorithm, &der::bits(&numbers)])
}

/// SubjectPublicKeyInfo of a DSA key with its domain parameters (RFC 3279 §2.3.2).
fn dsa_public_key_info(key: &dsa::PublicKey) -> Vec<u8> {
    /// id-dsa, 1.2.840.10040.4.1
    const ID_DSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1];
    let [p, q, g, y] = key.numbers().map(|number| encode_integer(&number));
    let algorithm = der::sequence(&[&der::oid(ID_DSA), &der::sequence(&[&p, &q, &g])]);
    der::sequence(&[&algorithm, &der::bits(&y)])
}

/// ECParameters version 1 with the cofactor (TR-03111 §5.1.1.1).
fn explicit_parameters(curve: Curve) -> Vec<u8> {
    explicit_parameters_with(curve, Extra::Cofactor)
}

/// What stands in ECParameters beside the numbers that must.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Cofactor,
    /// The cofactor and a seed. A seed of 20 octets; nobody derives a curve from it.
    Seed,
    Nothing,
}

fn explicit_parameters_with(curve: Curve, extra: Extra) -> Vec<u8> {
    let numbers = curve.parameters();
    let seed = match extra {
        Extra::Seed => der::bits(&Hash::Sha1.digest(&[b"seed ", curve.name().as_bytes()])),
        Extra::Cofactor | Extra::Nothing => Vec::new(),
    };
    let cofactor = match extra {
        Extra::Nothing => Vec::new(),
        Extra::Cofactor | Extra::Seed => encode_integer(numbers.h.unwrap_or(&[1])),
    };
    der::sequence(&[
        &der::small(1),
        &der::sequence(&[&der::oid(PRIME_FIELD), &encode_integer(numbers.p)]),
        &der::sequence(&[&der::octets(numbers.a), &der::octets(numbers.b), &seed]),
        &der::octets(numbers.g),
        &encode_integer(numbers.n),
        &cofactor,
    ])
}

/// AlgorithmIdentifier with all the numbers of a group: ECParameters, or DomainParameters of X9.42
/// (RFC 3279 §2.3.3, §2.3.5).
///
/// # Errors
/// [`Malformed`] for a prime field whose order is not known.
pub fn explicit_domain(domain: &Domain) -> Result<Vec<u8>, Malformed> {
    /// dhpublicnumber, 1.2.840.10046.2.1
    const DH_PUBLIC_NUMBER: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3E, 2, 1];
    match domain {
        Domain::Curve(curve) => Ok(der::sequence(&[
            &der::oid(EC_PUBLIC_KEY),
            &explicit_parameters(*curve),
        ])),
        Domain::Modp(group) => {
            let order = group
                .order()
                .ok_or(Malformed::new("order of the group", 0))?;
            let numbers = der::sequence(&[
                &encode_integer(group.prime()),
                &encode_integer(group.generator()),
                &encode_integer(order),
            ]);
            Ok(der::sequence(&[&der::oid(DH_PUBLIC_NUMBER), &numbers]))
        }
    }
}

/// AlgorithmIdentifier that names standardized domain parameters by their number
/// (Doc 9303-11 §9.5.1).
pub fn standardized_parameters(parameter_id: u8) -> Vec<u8> {
    /// 0.4.0.127.0.7.1.2
    const STANDARDIZED: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 1, 2];
    der::sequence(&[
        &der::oid(STANDARDIZED),
        &der::small(u32::from(parameter_id)),
    ])
}

/// SubjectPublicKeyInfo under standardized domain parameters (Doc 9303-11 §9.5.1): a point, or a
/// number as INTEGER.
pub fn standardized_key_info(key: &Public, parameter_id: u8) -> Vec<u8> {
    let value = match key.domain() {
        Domain::Curve(_) => key.encoded().to_vec(),
        Domain::Modp(_) => encode_integer(key.encoded()),
    };
    der::sequence(&[&standardized_parameters(parameter_id), &der::bits(&value)])
}

/// AlgorithmIdentifier of a chip's key. A prime field has no name: where a curve would be named,
/// it goes by PKCS #3, with prime and generator (RFC 3279 §2.3.3 has the other form).
///
/// # Errors
/// [`Malformed`] for domain parameters that cannot be written so.
pub fn agreement_algorithm(
    domain: &Domain,
    parameters: EcParameters,
) -> Result<Vec<u8>, Malformed> {
    /// dhKeyAgreement, 1.2.840.113549.1.3.1
    const DH_KEY_AGREEMENT: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 3, 1];
    match (parameters, domain) {
        (EcParameters::Standardized, _) => {
            let id = domain.parameter_id();
            let id = id.ok_or(Malformed::new("standardized domain parameters", 0))?;
            Ok(standardized_parameters(id))
        }
        (EcParameters::Explicit | EcParameters::ExplicitSeed | EcParameters::ExplicitBare, _) => {
            explicit_domain(domain)
        }
        (EcParameters::Named, Domain::Curve(curve)) => Ok(der::sequence(&[
            &der::oid(EC_PUBLIC_KEY),
            &der::oid(curve.oid().octets()),
        ])),
        (EcParameters::Named, Domain::Modp(group)) => {
            let numbers = der::sequence(&[
                &encode_integer(group.prime()),
                &encode_integer(group.generator()),
            ]);
            Ok(der::sequence(&[&der::oid(DH_KEY_AGREEMENT), &numbers]))
        }
    }
}

/// SubjectPublicKeyInfo of a chip's key, right or wrong: a point as it is given, or a number.
///
/// # Errors
/// [`Malformed`] for domain parameters that cannot be written so.
pub fn agreement_key_info(
    domain: &Domain,
    value: &[u8],
    parameters: EcParameters,
) -> Result<Vec<u8>, Malformed> {
    let value = match domain {
        Domain::Curve(_) => value.to_vec(),
        Domain::Modp(_) => encode_integer(value),
    };
    let algorithm = agreement_algorithm(domain, parameters)?;
    Ok(der::sequence(&[&algorithm, &der::bits(&value)]))
}

fn pkcs_1(last: u8) -> Vec<u8> {
    encode(tag::OID, &[&PKCS_1, &[last]])
}

fn null() -> Vec<u8> {
    encode(tag::NULL, &[])
}
