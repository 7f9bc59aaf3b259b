use std::collections::BTreeSet;

use elliptic_curve::bigint::Encoding;
use elliptic_curve::ff::PrimeField;
use primeorder::PrimeCurveParams;

use super::parameters::compressed;
use super::*;
use crate::bytes::tlv::trim_zeros;
use crate::crypto::random::System;
use crate::crypto::vectors;

fn private(curve: Curve, octets: Vec<u8>) -> PrivateKey {
    curve.private_key(Secret::new(octets)).unwrap()
}

/// The number minus one, or plus one.
fn step(number: &[u8], up: bool) -> Vec<u8> {
    let mut out = number.to_vec();
    for octet in out.iter_mut().rev() {
        let (next, over) = if up {
            octet.overflowing_add(1)
        } else {
            octet.overflowing_sub(1)
        };
        *octet = next;
        if !over {
            break;
        }
    }
    out
}

fn small(curve: Curve, number: u8) -> Vec<u8> {
    let mut octets = vec![0; curve.order_len()];
    *octets.last_mut().unwrap() = number;
    octets
}

#[test]
fn generic_mapping_and_agreement_of_appendix_g1() {
    let file = vectors::parse(include_str!("../../../tests/vectors/pace_gm_ecdh.toml"));
    let curve = Curve::BrainpoolP256r1;
    let map = vectors::table(&file, "map");
    let key = |table, name: &str| private(curve, vectors::hex(table, name));
    let point = |table, name: &str| curve.point(&vectors::hex(table, name)).unwrap();

    let terminal = key(map, "terminal_map_private");
    let chip = key(map, "chip_map_private");
    assert_eq!(terminal.public(), point(map, "terminal_map_public"));
    assert_eq!(chip.public(), point(map, "chip_map_public"));
    let shared = point(map, "shared_secret_h");
    assert_eq!(terminal.times(&chip.public()).unwrap(), shared);
    assert_eq!(chip.times(&terminal.public()).unwrap(), shared);

    let nonce = vectors::table(&file, "nonce");
    let nonce = Secret::new(vectors::hex(nonce, "nonce"));
    let generator = map_generic(&nonce, &shared).unwrap();
    assert_eq!(generator, point(map, "mapped_generator"));

    let agreement = vectors::table(&file, "key_agreement");
    let terminal = key(agreement, "terminal_private");
    let chip = key(agreement, "chip_private");
    let terminal_public = terminal.times(&generator).unwrap();
    let chip_public = chip.times(&generator).unwrap();
    assert_eq!(terminal_public, point(agreement, "terminal_public"));
    assert_eq!(chip_public, point(agreement, "chip_public"));
    let secret = vectors::hex(agreement, "shared_secret");
    assert_eq!(terminal.agree(&chip_public).unwrap().expose(), secret);
    assert_eq!(chip.agree(&terminal_public).unwrap().expose(), secret);
}

#[test]
fn agreements_of_openssl() {
    let file = vectors::parse(include_str!("../../../tests/vectors/ecdh_openssl.toml"));
    let mut seen = BTreeSet::new();
    for entry in vectors::tables(&file, "curve") {
        let curve = vectors::curve(entry);
        let key = private(curve, vectors::hex(entry, "private"));
        assert_eq!(key.public().encoded(), vectors::hex(entry, "public"));
        let peer = curve.point(&vectors::hex(entry, "peer")).unwrap();
        let shared = key.agree(&peer).unwrap();
        assert_eq!(shared.expose(), vectors::hex(entry, "shared"));
        seen.insert(curve);
    }
    assert_eq!(seen.len(), Curve::ALL.len());
}

#[test]
fn signatures_of_rfc_6979() {
    let file = vectors::parse(include_str!("../../../tests/vectors/rfc6979.toml"));
    let mut seen = 0;
    for entry in vectors::tables(&file, "curve") {
        let key = private(vectors::curve(entry), vectors::hex(entry, "private"));
        for signature in vectors::tables(entry, "signature") {
            let hash = vectors::hash(vectors::text(signature, "hash"));
            let message = vectors::text(signature, "message").as_bytes();
            let expected = [vectors::hex(signature, "r"), vectors::hex(signature, "s")].concat();
            assert_eq!(key.sign(hash, message).unwrap(), expected);
            let digest = hash.digest(&[message]);
            key.public().verify(&digest, &expected).unwrap();
            seen += 1;
        }
    }
    assert_eq!(seen, 50);
}

/// What the group law computes with is what `parameters` says.
#[test]
fn every_curve_has_its_published_parameters() {
    fn check<C: PrimeCurveParams>(curve: Curve)
    where
        C::FieldElement: PrimeField<Repr = elliptic_curve::FieldBytes<C>>,
    {
        let parameters = curve.parameters();
        let same = |ours: &[u8], theirs: &[u8]| assert_eq!(trim_zeros(ours), trim_zeros(theirs));
        same(
            &hex::decode(<C::FieldElement as PrimeField>::MODULUS).unwrap(),
            parameters.p,
        );
        same(C::ORDER.as_ref().to_be_bytes().as_ref(), parameters.n);
        same(&C::EQUATION_A.to_repr(), parameters.a);
        same(&C::EQUATION_B.to_repr(), parameters.b);
        let (x, y) = C::GENERATOR;
        assert_eq!(
            parameters.g,
            [&[4], x.to_repr().as_slice(), y.to_repr().as_slice()].concat()
        );
        assert_eq!(parameters.p.len(), curve.field_len());
        assert_eq!(parameters.n.len(), curve.order_len());
        let spare = parameters.n.first().unwrap().leading_zeros();
        assert_eq!(
            curve.order_bits(),
            curve.order_len() * 8 - usize::try_from(spare).unwrap()
        );
    }
    check::<declared::NistP192>(Curve::P192);
    check::<declared::NistP224>(Curve::P224);
    check::<NistP256>(Curve::P256);
    check::<NistP384>(Curve::P384);
    check::<declared::BrainpoolP160r1>(Curve::BrainpoolP160r1);
    check::<declared::BrainpoolP192r1>(Curve::BrainpoolP192r1);
    check::<declared::BrainpoolP224r1>(Curve::BrainpoolP224r1);
    check::<BrainpoolP256r1>(Curve::BrainpoolP256r1);
    check::<declared::BrainpoolP320r1>(Curve::BrainpoolP320r1);
    check::<BrainpoolP384r1>(Curve::BrainpoolP384r1);
    check::<declared::BrainpoolP512r1>(Curve::BrainpoolP512r1);
    check::<NistP521>(Curve::P521);
}

#[test]
fn the_order_ends_every_group() {
    for curve in Curve::ALL {
        let generator = curve.generator();
        assert_eq!(curve.point(generator.encoded()).unwrap(), generator);
        let one = private(curve, small(curve, 1));
        assert_eq!(one.public(), generator);

        // (n - 1) G = -G
        let order = curve.parameters().n;
        let last = private(curve, step(order, false));
        let negative = last.public();
        assert_eq!(negative.x(), generator.x());
        assert_ne!(negative, generator);
        assert_eq!(last.times(&generator).unwrap(), negative);
        assert_eq!(last.times(&negative).unwrap(), generator);

        // One times the generator plus its negative is the identity; so is n - 1 times it, plus it.
        assert!(map_generic(&Secret::new(vec![1]), &negative).is_err());
        assert!(map_generic(&Secret::new(step(order, false)), &generator).is_err());
        // A nonce is reduced, and zero is one.
        for zero in [
            vec![],
            vec![0; 32],
            order.to_vec(),
            [&[0; 9], order].concat(),
        ] {
            let mapped = map_generic(&Secret::new(zero), &generator).unwrap();
            assert_eq!(mapped, generator);
        }
        let two = map_generic(&Secret::new(step(order, true)), &generator).unwrap();
        assert_eq!(two, private(curve, small(curve, 2)).public());
    }
}

#[test]
fn long_nonces_count_in_full() {
    // 2^255 modulo the order of a 160-bit curve, by doubling.
    let curve = Curve::BrainpoolP160r1;
    let mut nonce = vec![0; 32];
    nonce[0] = 0x80;
    let generator = curve.generator();
    let mut point = generator.clone();
    let two = private(curve, small(curve, 2));
    for _ in 0..255 {
        point = two.times(&point).unwrap();
    }
    let minus_one = private(curve, step(curve.parameters().n, false));
    let negative = minus_one.times(&point).unwrap();
    assert!(map_generic(&Secret::new(nonce), &negative).is_err());
}

#[test]
fn bad_points_are_refused() {
    for curve in Curve::ALL {
        let good = curve.generator().encoded().to_vec();
        let mut off_curve = good.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        let beyond_field = [&[4], curve.parameters().p, &vec![0; curve.field_len()]].concat();
        let compressed = compressed(&good);
        let mut hybrid = good.clone();
        hybrid[0] = 6 | (good.last().unwrap() & 1);
        let mut compact = good[..=curve.field_len()].to_vec();
        compact[0] = 5;
        for bad in [
            vec![],
            vec![0],
            vec![0; good.len()],
            vec![4],
            good[1..].to_vec(),
            good[..good.len() - 1].to_vec(),
            [&good[..], &[0]].concat(),
            off_curve,
            beyond_field,
            compressed,
            hybrid,
            compact,
        ] {
            assert!(curve.point(&bad).is_err(), "{} {bad:02x?}", curve.name());
        }
    }
}

#[test]
fn bad_private_keys_are_refused() {
    for curve in Curve::ALL {
        let order = curve.parameters().n;
        for bad in [
            vec![],
            vec![1],
            small(curve, 0),
            order.to_vec(),
            step(order, true),
            vec![0xFF; curve.order_len()],
            [&[0], small(curve, 1).as_slice()].concat(),
        ] {
            assert!(curve.private_key(Secret::new(bad)).is_err());
        }
    }
}

#[test]
fn a_point_of_another_curve_is_refused() {
    let key = private(Curve::P256, small(Curve::P256, 3));
    assert!(key.times(&Curve::BrainpoolP256r1.generator()).is_err());
    assert!(key.agree(&Curve::BrainpoolP256r1.generator()).is_err());
}

struct Fixed(Vec<u8>);

impl Random for Fixed {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        buffer.copy_from_slice(&self.0);
        Ok(())
    }
}

#[test]
fn given_randomness_becomes_the_key() {
    for curve in Curve::ALL {
        let mut octets = step(curve.parameters().n, false);
        let expected = private(curve, octets.clone()).public();
        if curve == Curve::P521 {
            octets[0] |= 0xFE;
        }
        let key = curve.generate(&mut Fixed(octets)).unwrap();
        assert_eq!(key.public(), expected);
        assert_eq!(
            curve.generate(&mut Fixed(small(curve, 0))).err(),
            Some(SetupError::NoRandomness)
        );
    }
}

#[test]
fn three_hundred_agreements_are_the_same_from_both_sides() {
    let curve = Curve::BrainpoolP256r1;
    for _ in 0..300 {
        let ours = curve.generate(&mut System).unwrap();
        let theirs = curve.generate(&mut System).unwrap();
        let shared = ours.agree(&theirs.public()).unwrap();
        assert_eq!(shared, theirs.agree(&ours.public()).unwrap());
        assert_eq!(shared.len(), curve.field_len());
    }
}

#[test]
fn every_curve_agrees_and_maps() {
    for curve in Curve::ALL {
        let ours = curve.generate(&mut System).unwrap();
        let theirs = curve.generate(&mut System).unwrap();
        let shared = ours.times(&theirs.public()).unwrap();
        assert_eq!(shared, theirs.times(&ours.public()).unwrap());
        let generator = map_generic(&Secret::new(vec![7; 24]), &shared).unwrap();
        let product = ours.times(&theirs.times(&generator).unwrap()).unwrap();
        assert_eq!(
            product,
            theirs.times(&ours.times(&generator).unwrap()).unwrap()
        );
    }
}

#[test]
fn identifiers_lead_to_their_curve_and_back() {
    let mut oids = BTreeSet::new();
    for curve in Curve::ALL {
        assert_eq!(Curve::from_oid(curve.oid()), Some(curve));
        assert!(oids.insert(curve.oid()));
    }
    for id in 0..=u8::MAX {
        let curve = Curve::from_parameter_id(id);
        assert_eq!(curve.is_some(), (8..=18).contains(&id));
        assert!(curve.is_none_or(|curve| curve.parameter_id() == Some(id)));
    }
    assert_eq!(
        Curve::BrainpoolP384r1.oid().to_string(),
        "1.3.36.3.3.2.8.1.1.11"
    );
    assert_eq!(Curve::P256.oid().to_string(), "1.2.840.10045.3.1.7");
    assert_eq!(Curve::P521.oid().to_string(), "1.3.132.0.35");
}

#[test]
fn explicit_parameters_must_be_those_of_a_known_curve() {
    for curve in Curve::ALL {
        let known = curve.parameters();
        assert_eq!(Curve::from_parameters(&known), Some(curve));
        let long = [&[0, 0], known.a].concat();
        let g = compressed(known.g);
        let other_form = Parameters {
            a: &long,
            b: trim_zeros(known.b),
            g: &g,
            h: None,
            ..known
        };
        assert_eq!(Curve::from_parameters(&other_form), Some(curve));

        let mut negative = g.clone();
        negative[0] ^= 1;
        for changed in [
            Parameters {
                p: &step(known.p, true),
                ..known
            },
            Parameters {
                a: &step(known.a, true),
                ..known
            },
            Parameters {
                b: &step(known.b, true),
                ..known
            },
            Parameters {
                g: &negative,
                ..known
            },
            Parameters { g: &[], ..known },
            Parameters {
                g: private(curve, small(curve, 2)).public().encoded(),
                ..known
            },
            Parameters {
                n: &step(known.n, false),
                ..known
            },
            Parameters {
                h: Some(&[2]),
                ..known
            },
            Parameters {
                h: Some(&[]),
                ..known
            },
        ] {
            assert_eq!(Curve::from_parameters(&changed), None);
        }
    }
}
