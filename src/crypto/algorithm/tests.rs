//! Every way in which certificates write keys and algorithms.

use super::*;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;

fn read(bytes: &[u8]) -> Element<'_> {
    Reader::new(bytes).element("test").unwrap()
}

#[test]
fn object_identifiers_are_those_of_the_standards() {
    let names: Vec<String> = SIGNATURES.iter().map(|(oid, _)| oid.to_string()).collect();
    assert_eq!(names[0], "1.2.840.113549.1.1.5");
    assert_eq!(names[2], "1.2.840.113549.1.1.11");
    assert_eq!(names[5], "1.2.840.10045.4.1");
    assert_eq!(names[8], "1.2.840.10045.4.3.3");
    assert_eq!(names[12], "0.4.0.127.0.7.1.1.4.1.3");
    assert_eq!(HASHES[0].0.to_string(), "1.3.14.3.2.26");
    assert_eq!(HASHES[1].0.to_string(), "2.16.840.1.101.3.4.2.4");
    assert_eq!(EC_PUBLIC_KEY.to_string(), "1.2.840.10045.2.1");
    assert_eq!(PRIME_FIELD.to_string(), "1.2.840.10045.1.1");
    assert_eq!(RSASSA_PSS.to_string(), "1.2.840.113549.1.1.10");
}

#[test]
fn null_and_absent_parameters_mean_the_same() {
    let absent = hex::decode("300b0609608648016503040201").unwrap();
    let null = hex::decode("300d06096086480165030402010500").unwrap();
    let other = hex::decode("300e0609608648016503040201020105").unwrap();
    assert_eq!(hash(read(&absent)), Ok(Hash::Sha256));
    assert_eq!(hash(read(&null)), Ok(Hash::Sha256));
    assert!(matches!(hash(read(&other)), Err(KeyFault::Malformed(_))));
}

#[test]
fn a_signature_without_a_hash_takes_the_signers() {
    let rsa = hex::decode("300d06092a864886f70d0101010500").unwrap();
    assert_eq!(
        scheme(read(&rsa), Some(Hash::Sha512)),
        Ok(Scheme::RsaPkcs1(Hash::Sha512))
    );
    assert!(matches!(
        scheme(read(&rsa), None),
        Err(KeyFault::Unsupported(_))
    ));
    let ec = hex::decode("300906072a8648ce3d0201").unwrap();
    assert_eq!(
        scheme(read(&ec), Some(Hash::Sha384)),
        Ok(Scheme::Ecdsa(Hash::Sha384))
    );
}

#[test]
fn pss_defaults_are_filled_in() {
    let sha1 = Scheme::RsaPss {
        hash: Hash::Sha1,
        mgf: Hash::Sha1,
        salt_len: 20,
    };
    let empty = hex::decode("300d06092a864886f70d01010a3000").unwrap();
    assert_eq!(scheme(read(&empty), None), Ok(sha1));
    // The salt length alone is given: 64.
    let salt = hex::decode("301206092a864886f70d01010a3005a203020140").unwrap();
    assert_eq!(
        scheme(read(&salt), None),
        Ok(Scheme::RsaPss {
            hash: Hash::Sha1,
            mgf: Hash::Sha1,
            salt_len: 64,
        })
    );
    let trailer = hex::decode("301206092a864886f70d01010a3005a303020102").unwrap();
    assert!(matches!(
        scheme(read(&trailer), None),
        Err(KeyFault::Unsupported(_))
    ));
}

#[test]
fn pss_parameters_are_read_in_full() {
    let full = hex::decode(
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500\
         a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
    )
    .unwrap();
    assert_eq!(
        scheme(read(&full), None),
        Ok(Scheme::RsaPss {
            hash: Hash::Sha256,
            mgf: Hash::Sha256,
            salt_len: 32,
        })
    );
}

#[test]
fn the_unknown_is_named() {
    let ed25519 = hex::decode("300506032b6570").unwrap();
    assert_eq!(
        scheme(read(&ed25519), None),
        Err(KeyFault::Unsupported(
            "signature algorithm 1.3.101.112".to_owned()
        ))
    );
}

/// ECParameters in full; `change` is given the integers and strings to spoil one.
fn explicit(curve: Curve, change: impl Fn(&mut [Vec<u8>; 5]), optional: &[&[u8]]) -> Vec<u8> {
    let known = curve.parameters();
    let mut values = [known.p, known.a, known.b, known.g, known.n].map(<[u8]>::to_vec);
    change(&mut values);
    let [p, a, b, g, n] = values;
    let oid = encode(tag::OID, &[PRIME_FIELD.octets()]);
    let seed = encode(tag::BIT_STRING, &[&[0; 21]]);
    let string = |value: &[u8]| encode(tag::OCTET_STRING, &[value]);
    let parts = [
        encode_integer(&[1]),
        encode(tag::SEQUENCE, &[&oid, &encode_integer(&p)]),
        encode(tag::SEQUENCE, &[&string(&a), &string(&b), &seed]),
        string(&g),
        encode_integer(&n),
        optional.concat(),
    ];
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    encode(tag::SEQUENCE, &parts)
}

/// SubjectPublicKeyInfo of a curve's generator under these parameters.
fn ec_key(parameters: &[u8], point: &[u8]) -> Vec<u8> {
    let oid = encode(tag::OID, &[EC_PUBLIC_KEY.octets()]);
    let algorithm = encode(tag::SEQUENCE, &[&oid, parameters]);
    let bits = encode(tag::BIT_STRING, &[&[0], point]);
    encode(tag::SEQUENCE, &[&algorithm, &bits])
}

#[test]
fn a_curve_is_the_same_by_name_and_in_full() {
    for curve in Curve::ALL {
        let point = curve.generator();
        let named = encode(tag::OID, &[curve.oid().octets()]);
        let cofactor: &[u8] = &[2, 1, 1];
        let forms = [
            named,
            explicit(curve, |_| {}, &[cofactor]),
            explicit(curve, |_| {}, &[]),
        ];
        for form in forms {
            assert_eq!(ec_curve(read(&form)), Ok(curve));
            let key = subject_public_key(&ec_key(&form, point.encoded()));
            assert_eq!(key, Ok(PublicKey::Ec(point.clone())));
        }
    }
}

#[test]
fn parameters_that_differ_anywhere_are_no_known_curve() {
    let unsupported = |bytes: &[u8]| matches!(ec_curve(read(bytes)), Err(KeyFault::Unsupported(_)));
    for field in 0..5 {
        let spoiled = explicit(
            Curve::BrainpoolP384r1,
            |values| *values[field].last_mut().unwrap() ^= 1,
            &[],
        );
        assert!(unsupported(&spoiled), "field {field}");
    }
    let cofactor: &[u8] = &[2, 1, 2];
    assert!(unsupported(&explicit(Curve::P256, |_| {}, &[cofactor])));
    // secp256k1, which no document uses.
    assert!(unsupported(&[6, 5, 0x2B, 0x81, 4, 0, 10]));
}

#[test]
fn a_point_off_the_curve_is_no_key() {
    let named = encode(tag::OID, &[Curve::P256.oid().octets()]);
    let mut point = Curve::P256.generator().encoded().to_vec();
    *point.last_mut().unwrap() ^= 1;
    assert!(matches!(
        subject_public_key(&ec_key(&named, &point)),
        Err(KeyFault::Malformed(_))
    ));
    // implicitCurve (RFC 5480 §2.1.1)
    assert!(matches!(
        subject_public_key(&ec_key(&[5, 0], &point)),
        Err(KeyFault::Malformed(_))
    ));
}

#[test]
fn an_rsa_key_is_read_with_null_or_without() {
    let modulus = [0xC5; 256];
    let inner = encode(
        tag::SEQUENCE,
        &[&encode_integer(&modulus), &encode_integer(&[0x94, 0xF1])],
    );
    let oid = encode(tag::OID, &[RSA_ENCRYPTION.octets()]);
    for parameters in [&[][..], &[5, 0]] {
        let algorithm = encode(tag::SEQUENCE, &[&oid, parameters]);
        let bits = encode(tag::BIT_STRING, &[&[0], &inner]);
        let key = subject_public_key(&encode(tag::SEQUENCE, &[&algorithm, &bits]));
        assert_eq!(key.unwrap().name(), "RSA-2048");
    }
}

#[test]
fn unusual_ways_of_writing_an_algorithm_are_told() {
    let null: &[u8] = &[5, 0];
    let written = |oid: &str, parameters: &[u8]| {
        let oid = encode(tag::OID, &[&hex::decode(oid).unwrap()]);
        spelling_of(&encode(tag::SEQUENCE, &[&oid, parameters]))
    };
    let (rsa, ecdsa, pss) = (
        "2A864886F70D01010B",
        "2A8648CE3D040302",
        "2A864886F70D01010A",
    );
    assert_eq!(written(rsa, null), Spelling::Usual);
    assert_eq!(written(rsa, &[]), Spelling::OtherParameters);
    assert_eq!(written(ecdsa, &[]), Spelling::Usual);
    assert_eq!(written(ecdsa, null), Spelling::OtherParameters);
    for defaults in [&[][..], null, &[0x30, 0], &[0x30, 5, 0xA2, 3, 2, 1, 32]] {
        assert_eq!(written(pss, defaults), Spelling::Defaults);
    }
    assert_eq!(written(pss, &[0x30, 4, 0xA0, 2, 0x30, 0]), Spelling::Usual);
    assert_eq!(spelling_of(b"none"), Spelling::Usual);
}
