//! Keys that agree on keys, and the groups they name: PKCS #3, X9.42 (RFC 3279 §2.3.3), curves
//! (RFC 5480), and standardized domain parameters (Doc 9303-11 §9.5.1).

use super::Algorithm;
use super::EC_PUBLIC_KEY;
use super::KeyFault;
use super::ec_curve;
use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::modp::Modp;
use crate::error::Malformed;

/// Reads a whole SubjectPublicKeyInfo element whose key agrees on keys: a point on a known curve
/// or a number in a prime field, under whatever way of naming the group chips use.
///
/// ```text
/// dhKeyAgreement   DHParameter      ::= SEQUENCE { prime INTEGER, base INTEGER,
///                                        privateValueLength INTEGER OPTIONAL }   -- PKCS #3
/// dhpublicnumber   DomainParameters ::= SEQUENCE { p INTEGER, g INTEGER, q INTEGER,
///                                        j INTEGER OPTIONAL,
///                                        validationParms SEQUENCE OPTIONAL }     -- RFC 3279 §2.3.3
/// standardizedDomainParameters INTEGER                                   -- TR-03110-3 A.2.1.1
/// ```
/// The key itself is a point as in RFC 5480 §2.2, or a number in an INTEGER.
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form or the key is no element of its group;
/// [`KeyFault::Unsupported`] when the group, or the kind of key, is unknown.
pub fn agreement_key(spki: &[u8]) -> Result<Public, KeyFault> {
    let mut outer = Reader::new(spki);
    let info = outer.expect(tag::SEQUENCE, "SubjectPublicKeyInfo")?;
    outer.finish("SubjectPublicKeyInfo")?;
    let mut inside = info.inside()?;
    let algorithm = Algorithm::read(inside.expect(tag::SEQUENCE, "key AlgorithmIdentifier")?)?;
    let bits = inside.expect(tag::BIT_STRING, "subjectPublicKey")?;
    inside.finish("SubjectPublicKeyInfo")?;
    let key = bits
        .value
        .strip_prefix(&[0])
        .ok_or(Malformed::new("subjectPublicKey", bits.offset))?;
    let domain = agreement_domain(&algorithm)?;
    let public = match domain {
        Domain::Curve(_) => domain.public(key),
        Domain::Modp(_) => domain.public(dh_public_number(key)?),
    };
    Ok(public.map_err(|_| Malformed::new("subjectPublicKey", bits.offset))?)
}

/// Reads the AlgorithmIdentifier of domain parameters: the algorithm of an [`agreement_key`], which
/// also stands alone where a chip lists parameters (Doc 9303-11 §9.2.1).
///
/// # Errors
/// [`KeyFault::Malformed`] when the bytes have another form; [`KeyFault::Unsupported`] when the
/// group is unknown.
pub fn domain(algorithm: Element<'_>) -> Result<Domain, KeyFault> {
    agreement_domain(&Algorithm::read(algorithm)?)
}

fn agreement_domain(algorithm: &Algorithm<'_>) -> Result<Domain, KeyFault> {
    let missing = Malformed::new("domain parameters", algorithm.offset);
    let parameters = algorithm.parameters.ok_or(missing);
    match algorithm.oid {
        EC_PUBLIC_KEY | EC_DH => Ok(Domain::Curve(ec_curve(parameters?)?)),
        DH_KEY_AGREEMENT => dh_domain(parameters?, false),
        DH_PUBLIC_NUMBER => dh_domain(parameters?, true),
        STANDARDIZED_PARAMETERS => {
            let parameters = parameters?;
            if parameters.tag != tag::INTEGER {
                return Err(missing.into());
            }
            let id = parameters.small_integer()?;
            u8::try_from(id)
                .ok()
                .and_then(Domain::from_parameter_id)
                .ok_or_else(|| {
                    KeyFault::Unsupported(format!("standardized domain parameters {id}"))
                })
        }
        other => Err(KeyFault::Unsupported(format!("key algorithm {other}"))),
    }
}

/// Reads the parameters of a prime field; with the order in those of X9.42.
fn dh_domain(parameters: Element<'_>, ordered: bool) -> Result<Domain, KeyFault> {
    if parameters.tag != tag::SEQUENCE {
        return Err(Malformed::new("DH parameters", parameters.offset).into());
    }
    let mut inside = parameters.inside()?;
    let p = inside.expect(tag::INTEGER, "DH prime")?.magnitude()?;
    let g = inside.expect(tag::INTEGER, "DH base")?.magnitude()?;
    let mut q = None;
    if ordered {
        q = Some(inside.expect(tag::INTEGER, "DH order")?.magnitude()?);
        inside.optional(tag::INTEGER, "DH cofactor")?;
        inside.optional(tag::SEQUENCE, "validationParms")?;
    } else {
        // How long the issuer's exponents are says nothing to us.
        inside.optional(tag::INTEGER, "privateValueLength")?;
    }
    inside.finish("DH parameters")?;
    Modp::new(p, g, q)
        .map(Domain::Modp)
        .map_err(|fault| Malformed::new(fault.what, parameters.offset).into())
}

/// `DHPublicKey ::= INTEGER` (RFC 3279 §2.3.3)
fn dh_public_number(key: &[u8]) -> Result<&[u8], Malformed> {
    let mut outer = Reader::new(key);
    let number = outer.expect(tag::INTEGER, "DHPublicKey")?.magnitude()?;
    outer.finish("DHPublicKey")?;
    Ok(number)
}

/// id-ecDH, a key for agreement alone (RFC 5480 §2.1.2)
const EC_DH: Oid<'_> = Oid::new(&[0x2B, 0x81, 0x04, 1, 12]);
/// dhKeyAgreement of PKCS #3
const DH_KEY_AGREEMENT: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 3, 1]);
/// dhpublicnumber of X9.42 (RFC 3279 §2.3.3)
const DH_PUBLIC_NUMBER: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3E, 2, 1]);
/// standardizedDomainParameters, 0.4.0.127.0.7.1.2
const STANDARDIZED_PARAMETERS: Oid<'_> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 2]);
