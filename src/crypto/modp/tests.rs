use proptest::prelude::*;

use super::*;
use crate::crypto::random::System;

fn group(id: u8) -> Modp {
    Modp::from_parameter_id(id).unwrap()
}

/// A number plus a small one, which may be negative.
fn plus(number: &[u8], small: i32) -> Vec<u8> {
    let mut out = number.to_vec();
    let mut carry = small;
    for octet in out.iter_mut().rev() {
        let sum = i32::from(*octet) + carry;
        *octet = u8::try_from(sum.rem_euclid(256)).unwrap();
        carry = sum.div_euclid(256);
    }
    assert_eq!(carry, 0);
    out
}

/// An element of order `r`, a small factor of p - 1: some number to the power of (p - 1) / r.
fn of_small_order(group: &Modp, r: u8) -> Option<Vec<u8>> {
    let exponent = group.0.cofactor(&[r])?;
    (2..50_u8)
        .map(|base| group.0.power(&[base], &exponent).to_vec())
        .find(|power| !group.0.is_one(power))
}

#[test]
fn the_groups_of_rfc_5114_hold_together() {
    let sizes: Vec<_> = (0..3)
        .map(|id| (group(id).prime_bits(), group(id).order_bits()))
        .collect();
    assert_eq!(
        sizes,
        [(1024, Some(160)), (2048, Some(224)), (2048, Some(256))]
    );
    for id in 0..3 {
        let group = group(id);
        assert_eq!(group.parameter_id(), Some(id));
        let q = group.order().unwrap();
        assert!(group.0.is_one(&group.0.power(group.generator(), q)));
        assert!(group.element(group.generator()).is_some());
    }
    assert!(Modp::from_parameter_id(3).is_none());
}

#[test]
fn elements_that_everybody_knows_are_refused() {
    for id in 0..3 {
        let group = group(id);
        let p = group.prime();
        for bad in [
            vec![],
            vec![0],
            vec![0; p.len()],
            vec![1],
            plus(p, -1),
            p.to_vec(),
            plus(p, 1),
            plus(p, 2),
            vec![0xFF; p.len()],
            vec![0xFF; p.len() + 1],
            [&[1], group.generator()].concat(),
            vec![0xFF; 100_000],
        ] {
            assert!(group.element(&bad).is_none(), "{id} {}", bad.len());
        }
    }
}

#[test]
fn elements_outside_the_subgroup_are_refused() {
    let mut seen = 0;
    for id in 0..3 {
        let group = group(id);
        for r in [2, 3, 5, 7, 11, 13] {
            let Some(small) = of_small_order(&group, r) else {
                continue;
            };
            seen += 1;
            assert!(group.element(&small).is_none());
            // Hidden behind a good one, too: its order is then r times as large.
            let hidden = group.0.product(group.generator(), &small);
            assert!(group.element(&hidden).is_none());
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn without_an_order_the_trivial_elements_and_results_are_refused() {
    let known = group(1);
    let (p, g) = (known.prime(), known.generator());
    // A generator that is not the standardized one, so that the order is not filled in.
    let other = known.power(g, &[5]).unwrap();
    let group = Modp::new(p, &other, None).unwrap();
    assert_eq!((group.order(), group.parameter_id()), (None, None));
    for bad in [vec![], vec![1], plus(p, -1), p.to_vec(), plus(p, 1)] {
        assert!(group.element(&bad).is_none());
    }
    let small = of_small_order(&group, 3).or(of_small_order(&group, 5));
    if let Some(small) = small {
        assert!(group.element(&small).is_some());
        let to_one = [15];
        assert!(group.power(&small, &to_one).is_none());
    }
    assert!(group.map_integrated(&[7; 300]).is_none());
    let key = group.generate(&mut System).unwrap();
    assert!(group.power(&other, key.expose()).is_some());
}

#[test]
fn leading_zeros_of_an_element_may_be_there_or_lack() {
    let group = group(0);
    // The first power with a leading zero, found once.
    let (power, element) = (1..2000_u16)
        .map(|power| (power, group.power_of_generator(&power.to_be_bytes())))
        .find(|(_, element)| element[0] == 0)
        .unwrap();
    assert_eq!(element.len(), group.element_len());
    assert_eq!(power, 48);
    let trimmed = trim_zeros(&element);
    assert!(trimmed.len() < element.len());
    let longer = [&[0, 0], element.as_slice()].concat();
    for form in [element.as_slice(), trimmed, &longer] {
        assert_eq!(group.element(form).unwrap(), *element);
    }
}

#[test]
fn exponents_are_reduced_and_never_zero() {
    for id in 0..3 {
        let group = group(id);
        let q = group.order().unwrap();
        assert!(group.exponent(&[]).is_none());
        assert!(group.exponent(&[0; 64]).is_none());
        assert!(group.exponent(q).is_none());
        let next = group.exponent(&plus(q, 1)).unwrap();
        assert_eq!(trim_zeros(next.expose()), [1]);
        assert_eq!(next.len(), q.len());
        assert!(group.exponent(&vec![0xFF; group.element_len()]).is_some());
        assert!(
            group
                .exponent(&vec![0xFF; group.element_len() + 1])
                .is_none()
        );
        let padded = [vec![0; group.element_len()], vec![9]].concat();
        assert_eq!(
            group.exponent(&padded).unwrap(),
            group.exponent(&[9]).unwrap()
        );
    }
}

#[test]
fn parameters_of_a_known_group_give_that_group() {
    for id in 0..3 {
        let group = group(id);
        let p = [&[0], group.prime()].concat();
        let (g, q) = (group.generator(), group.order());
        for q in [None, q] {
            assert_eq!(Modp::new(&p, g, q).unwrap().parameter_id(), Some(id));
        }
        assert!(Modp::new(&p, g, Some(&plus(q.unwrap(), 2))).is_err());
    }
}

#[test]
fn parameters_that_are_no_group_are_refused() {
    let known = group(0);
    let (p, g, q) = (known.prime(), known.generator(), known.order().unwrap());
    let other = known.power(g, &[5]).unwrap();
    assert!(Modp::new(p, &other, Some(q)).is_ok());
    let even = plus(p, 1);
    let short = &p[1..];
    let huge = [&[1], [0xFF; 512].as_slice()].concat();
    let endless = vec![0xFF; 1_000_000];
    for bad in [&[], [0].as_slice(), &[7], &even, short, &huge, &endless] {
        assert!(Modp::new(bad, &[2], None).is_err(), "{}", bad.len());
    }
    for bad in [
        vec![],
        vec![0],
        vec![1],
        plus(p, -1),
        p.to_vec(),
        endless.clone(),
    ] {
        assert!(Modp::new(p, &bad, None).is_err(), "{}", bad.len());
    }
    let top = plus(p, -1);
    let half = known.0.cofactor(&[2]).unwrap();
    let one = [1_u8];
    for bad in [
        &[] as &[u8],
        &[0],
        &one,
        &plus(q, 2),
        &plus(q, -2),
        // Divides p - 1 and kills the generator, but tells nothing: refused where g^q is not 1.
        &of_no_use(&known),
        &endless,
    ] {
        assert!(Modp::new(p, &other, Some(bad)).is_err(), "{}", bad.len());
    }
    // Multiples of the order are taken for one: they only let more elements in.
    assert!(Modp::new(p, &other, Some(&top)).is_ok());
    assert!(Modp::new(p, &other, Some(&half)).is_ok());
}

/// (p - 1) / q divides p - 1 and is not a multiple of the order.
fn of_no_use(group: &Modp) -> Vec<u8> {
    group.0.cofactor(group.order().unwrap()).unwrap()
}

#[test]
fn a_group_is_not_its_neighbour() {
    assert_ne!(group(0), group(1));
    assert_ne!(group(1), group(2));
    assert_eq!(group(1), group(1).clone());
    assert_eq!(
        format!("{:?}", group(2)),
        "Modp(2048-bit MODP group with 256-bit prime order subgroup)"
    );
}

proptest! {
    #[test]
    fn powers_add_up(one: [u8; 20], other: [u8; 20]) {
        let group = group(0);
        prop_assume!(group.exponent(&one).is_some() && group.exponent(&other).is_some());
        let product = group.0.product(
            &group.power_of_generator(&one),
            &group.power_of_generator(&other),
        );
        let both = group.0.power(&group.0.power(group.generator(), &one), &other);
        let back = group.0.power(&group.0.power(group.generator(), &other), &one);
        prop_assert_eq!(&both, &back);
        let sum = crypto_bigint::BoxedUint::from_be_slice_vartime(&one)
            .concatenating_add(crypto_bigint::BoxedUint::from_be_slice_vartime(&other));
        prop_assert_eq!(group.power_of_generator(&sum.to_be_bytes()), product);
    }

    #[test]
    fn any_parameters_are_a_group_or_a_finding(
        p in prop::collection::vec(any::<u8>(), 0..600),
        g in prop::collection::vec(any::<u8>(), 0..600),
        q in prop::option::of(prop::collection::vec(any::<u8>(), 0..600)),
    ) {
        if let Ok(group) = Modp::new(&p, &g, q.as_deref()) {
            prop_assert!(group.prime_bits() >= MIN_PRIME_BITS);
            prop_assert!(group.prime_bits() <= MAX_PRIME_BITS);
        }
    }
}
