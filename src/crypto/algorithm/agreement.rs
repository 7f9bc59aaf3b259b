//! Keys that agree on keys, and the groups they name: PKCS #3, X9.42 (RFC 3279 §2.3.3), curves
//! (RFC 5480), and standardized domain parameters (Doc 9303-11 §9.5.1).

use super::Algorithm;
use super::EC_PUBLIC_KEY;
use super::KeyFault;
use super::KeyInfo;
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
    let KeyInfo {
        algorithm,
        key,
        offset,
    } = KeyInfo::read(spki)?;
    let domain = agreement_domain(&algorithm)?;
    let public = match domain {
        Domain::Curve(_) => domain.public(key),
        Domain::Modp(_) => domain.public(dh_public_number(key)?),
    };
    Ok(public.map_err(|_| Malformed::new("subjectPublicKey", offset))?)
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

/// Whether an AlgorithmIdentifier gives the numbers of a prime field in full. To check these takes
/// long, and whoever wrote them says how long.
pub fn is_prime_field_in_full(algorithm: Element<'_>) -> bool {
    Algorithm::read(algorithm)
        .is_ok_and(|algorithm| [DH_KEY_AGREEMENT, DH_PUBLIC_NUMBER].contains(&algorithm.oid))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::tlv::encode as encode_parts;
    use crate::bytes::tlv::encode_integer;
    use crate::crypto::curve::Curve;
    use crate::crypto::random::System;

    fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
        encode_parts(tag, &[value])
    }

    /// `SubjectPublicKeyInfo` of an algorithm, its parameters and a key.
    fn info(oid: Oid<'_>, parameters: &[u8], key: &[u8]) -> Vec<u8> {
        let algorithm = [encode(tag::OID, oid.octets()), parameters.to_vec()].concat();
        let bits = [&[0], key].concat();
        let parts = [
            encode(tag::SEQUENCE, &algorithm),
            encode(tag::BIT_STRING, &bits),
        ];
        encode(tag::SEQUENCE, &parts.concat())
    }

    fn sequence(numbers: &[&[u8]]) -> Vec<u8> {
        let integers: Vec<Vec<u8>> = numbers.iter().map(|one| encode_integer(one)).collect();
        encode(tag::SEQUENCE, &integers.concat())
    }

    fn key(id: u8) -> Public {
        let domain = Domain::from_parameter_id(id).unwrap();
        domain.generate(&mut System).unwrap().public()
    }

    fn malformed(spki: &[u8]) -> bool {
        matches!(agreement_key(spki), Err(KeyFault::Malformed(_)))
    }

    fn unsupported(spki: &[u8]) -> bool {
        matches!(agreement_key(spki), Err(KeyFault::Unsupported(_)))
    }

    #[test]
    fn object_identifiers_are_those_of_the_standards() {
        assert_eq!(EC_DH.to_string(), "1.3.132.1.12");
        assert_eq!(DH_KEY_AGREEMENT.to_string(), "1.2.840.113549.1.3.1");
        assert_eq!(DH_PUBLIC_NUMBER.to_string(), "1.2.840.10046.2.1");
        assert_eq!(STANDARDIZED_PARAMETERS.to_string(), "0.4.0.127.0.7.1.2");
    }

    #[test]
    fn every_standardized_domain_is_read() {
        for id in (0..=2).chain(8..=18) {
            let key = key(id);
            let parameters = encode_integer(&[id]);
            let encoded = match key.point() {
                Some(point) => point.encoded().to_vec(),
                None => encode_integer(key.data()),
            };
            let spki = info(STANDARDIZED_PARAMETERS, &parameters, &encoded);
            assert_eq!(agreement_key(&spki), Ok(key));
        }
        for id in [3, 7, 19, 31, 255] {
            let spki = info(STANDARDIZED_PARAMETERS, &encode_integer(&[id]), &[4]);
            assert!(unsupported(&spki));
        }
        let spki = info(STANDARDIZED_PARAMETERS, &encode_integer(&[1, 13]), &[4]);
        assert!(unsupported(&spki));
        assert!(malformed(&info(STANDARDIZED_PARAMETERS, &[], &[4])));
        assert!(malformed(&info(STANDARDIZED_PARAMETERS, &[4, 1, 13], &[4])));
    }

    #[test]
    fn curves_are_read_by_name_for_both_uses() {
        for curve in Curve::ALL {
            let key = Domain::Curve(curve).generate(&mut System).unwrap().public();
            let name = encode(tag::OID, curve.oid().octets());
            for oid in [EC_PUBLIC_KEY, EC_DH] {
                let spki = info(oid, &name, key.encoded());
                assert_eq!(agreement_key(&spki), Ok(key.clone()));
            }
        }
    }

    #[test]
    fn prime_fields_are_read_in_both_ways() {
        for id in 0..3 {
            let key = key(id);
            let Domain::Modp(group) = key.domain() else {
                panic!("a prime field")
            };
            let (p, g) = (group.prime(), group.generator());
            let q = group.order().unwrap();
            let number = encode_integer(key.data());
            let pkcs3 = sequence(&[p, g]);
            let with_length = sequence(&[p, g, &[160]]);
            let x942 = sequence(&[p, g, q]);
            let with_cofactor = sequence(&[p, g, q, &[2]]);
            for (oid, parameters) in [
                (DH_KEY_AGREEMENT, &pkcs3),
                (DH_KEY_AGREEMENT, &with_length),
                (DH_PUBLIC_NUMBER, &x942),
                (DH_PUBLIC_NUMBER, &with_cofactor),
            ] {
                let spki = info(oid, parameters, &number);
                assert_eq!(agreement_key(&spki).as_ref(), Ok(&key));
                assert_eq!(key.domain().parameter_id(), Some(id));
            }
            assert!(malformed(&info(DH_PUBLIC_NUMBER, &pkcs3, &number)));
            assert!(malformed(&info(DH_KEY_AGREEMENT, &[], &number)));
            assert!(malformed(&info(DH_KEY_AGREEMENT, &number, &number)));
            assert!(malformed(&info(DH_KEY_AGREEMENT, &pkcs3, key.data())));
            let twice = [number.clone(), number.clone()].concat();
            assert!(malformed(&info(DH_KEY_AGREEMENT, &pkcs3, &twice)));
        }
    }

    #[test]
    fn keys_that_are_no_elements_are_refused() {
        let Some(Domain::Modp(group)) = Domain::from_parameter_id(0) else {
            panic!("a prime field")
        };
        let parameters = sequence(&[group.prime(), group.generator()]);
        for bad in [vec![], vec![0], vec![1], vec![2], group.prime().to_vec()] {
            let spki = info(DH_KEY_AGREEMENT, &parameters, &encode_integer(&bad));
            assert!(malformed(&spki));
        }
        let negative = encode(tag::INTEGER, &[0x80, 1]);
        assert!(malformed(&info(DH_KEY_AGREEMENT, &parameters, &negative)));
        let even = sequence(&[&[0x80; 128], &[2]]);
        let spki = info(DH_KEY_AGREEMENT, &even, &encode_integer(&[5]));
        assert!(malformed(&spki));

        let name = encode(tag::OID, Curve::P256.oid().octets());
        let mut off = key(12).encoded().to_vec();
        off[40] ^= 1;
        for bad in [vec![], vec![0], off[..64].to_vec(), off] {
            assert!(malformed(&info(EC_PUBLIC_KEY, &name, &bad)));
        }
        assert!(unsupported(&info(Oid::new(&[0x2A, 3]), &name, &[4])));
    }

    #[test]
    fn no_cut_of_a_key_is_taken_for_one() {
        let key = key(13);
        let spki = info(STANDARDIZED_PARAMETERS, &[2, 1, 13], key.encoded());
        assert!(agreement_key(&spki).is_ok());
        for end in 0..spki.len() {
            assert!(agreement_key(&spki[..end]).is_err());
        }
        assert!(agreement_key(&[spki.as_slice(), &[0]].concat()).is_err());
    }
}
