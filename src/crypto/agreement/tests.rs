mod examples;

use proptest::prelude::*;

use super::*;
use crate::crypto::algorithm::agreement_key;
use crate::crypto::random::System;

/// Every standardized domain.
fn domains() -> Vec<Domain> {
    (0..=u8::MAX)
        .filter_map(Domain::from_parameter_id)
        .collect()
}

#[test]
fn standardized_domains_are_those_of_the_table() {
    let all = domains();
    let ids: Vec<u8> = all.iter().filter_map(Domain::parameter_id).collect();
    assert_eq!(ids, [0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    let dh = all.iter().filter(|one| one.agreement() == Agreement::Dh);
    let names: Vec<(String, u16)> = dh.map(|one| (one.name(), one.strength())).collect();
    let name = |p, q| format!("{p}-bit MODP group with {q}-bit prime order subgroup");
    assert_eq!(
        names,
        [
            (name(1024, 160), 80),
            (name(2048, 224), 112),
            (name(2048, 256), 112)
        ]
    );
    assert_eq!(Domain::Curve(Curve::P521).strength(), 260);
    assert_eq!(
        Domain::Curve(Curve::BrainpoolP256r1).name(),
        "brainpoolP256r1"
    );
}

#[test]
fn both_sides_agree_in_every_domain() {
    for domain in domains() {
        let ours = domain.generate(&mut System).unwrap();
        let theirs = domain.generate(&mut System).unwrap();
        let secret = ours.agree(&theirs.public()).unwrap();
        assert_eq!(theirs.agree(&ours.public()).unwrap(), secret);
        let again = domain.public(ours.public().encoded()).unwrap();
        assert_eq!(again, ours.public());
        assert_eq!(domain.public(again.data()).unwrap(), again);
        let generator = domain.generator();
        assert_eq!(ours.public_under(&generator).unwrap(), ours.public());
        let nonce = Secret::new(vec![7; 16]);
        let shared = ours.shared(&theirs.public()).unwrap();
        let mapped = domain.map_generic(&nonce, &shared).unwrap();
        assert_ne!(mapped, generator);
        let under = theirs.public_under(&mapped).unwrap();
        assert_eq!(
            ours.agree(&under).unwrap(),
            theirs.agree(&ours.public_under(&mapped).unwrap()).unwrap()
        );
    }
}

#[test]
fn integrated_mapping_is_there_in_every_domain_but_one() {
    for domain in domains() {
        for cipher in [
            Cipher::TripleDes,
            Cipher::Aes128,
            Cipher::Aes192,
            Cipher::Aes256,
        ] {
            let length = if cipher.key_len() > 16 { 32 } else { 16 };
            let nonce = Secret::new(vec![0x5A; length]);
            let theirs = vec![0xA5; cipher.key_len()];
            let mapped = domain.map_integrated(cipher, &nonce, &theirs);
            if domain == Domain::Curve(Curve::P224) {
                assert!(mapped.is_err());
                continue;
            }
            let mapped = mapped.unwrap();
            assert_eq!(domain.public(mapped.encoded()).unwrap(), mapped);
            let again = domain.map_integrated(cipher, &nonce, &theirs).unwrap();
            assert_eq!(again, mapped);
            let other = Secret::new(vec![0x5B; length]);
            let other = domain.map_integrated(cipher, &other, &theirs).unwrap();
            assert_ne!(other, mapped);
            let short = Secret::new(vec![0x5A; length - 1]);
            assert!(domain.map_integrated(cipher, &short, &theirs).is_err());
            let theirs = &theirs[1..];
            assert!(domain.map_integrated(cipher, &nonce, theirs).is_err());
        }
    }
}

#[test]
fn division_undoes_multiplication_on_every_curve() {
    for curve in Curve::ALL {
        let domain = Domain::Curve(curve);
        let own = domain.generate(&mut System).unwrap();
        let mapping = domain.generate(&mut System).unwrap();
        let quotient = own.divide(&mapping).unwrap();
        assert_eq!(quotient.len(), curve.order_len());
        let product = times(&quotient, &own.public()).unwrap();
        assert_eq!(product, mapping.public());
        // Chips write the number with a leading zero, or without one that it begins with.
        let longer = Secret::new([&[0], quotient.expose()].concat());
        assert_eq!(times(&longer, &own.public()).unwrap(), product);
        assert!(times(&Secret::new(vec![0; 8]), &own.public()).is_err());
        let order = Secret::copy_of(curve.parameters().n);
        assert!(times(&order, &own.public()).is_err());
        let longer = Secret::new([&[1], quotient.expose()].concat());
        assert!(times(&longer, &own.public()).is_err());
    }
}

#[test]
fn division_is_for_one_curve_alone() {
    let key = |id| {
        let domain = Domain::from_parameter_id(id).unwrap();
        domain.generate(&mut System).unwrap()
    };
    assert!(key(13).divide(&key(12)).is_err());
    assert!(key(0).divide(&key(0)).is_err());
    assert!(key(13).divide(&key(0)).is_err());
}

#[test]
fn keys_of_two_groups_never_meet() {
    let all = domains();
    for ours in &all {
        for theirs in all.iter().filter(|theirs| *theirs != ours) {
            let key = ours.private(Secret::new(vec![3; 8])).unwrap();
            let foreign = theirs.generator();
            assert!(key.shared(&foreign).is_err());
            assert!(key.agree(&foreign).is_err());
            assert!(key.public_under(&foreign).is_err());
            let nonce = Secret::new(vec![1; 16]);
            assert!(ours.map_generic(&nonce, &foreign).is_err());
        }
    }
}

#[test]
fn points_that_are_none_are_refused_in_every_domain() {
    for domain in domains() {
        let good = domain.generator();
        let good = good.encoded();
        let mut off = good.to_vec();
        *off.last_mut().unwrap() ^= 1;
        let mut identity = vec![0; good.len()];
        identity[0] = 4;
        let mut compressed = good[..good.len() / 2 + 1].to_vec();
        compressed[0] = 2;
        let cut = good[..good.len() - 1].to_vec();
        let long = [good, &[0]].concat();
        for bad in [vec![], vec![0], vec![4], off, cut, long, vec![0xFF; 70_000]] {
            assert!(
                domain.public(&bad).is_err(),
                "{} {}",
                domain.name(),
                bad.len()
            );
        }
        if domain.agreement() == Agreement::Ecdh {
            assert!(domain.public(&identity).is_err());
            assert!(domain.public(&compressed).is_err());
        }
        for bad in [vec![], vec![0; 8], vec![0xFF; 70_000]] {
            assert!(domain.private(Secret::new(bad)).is_err());
        }
    }
}

#[test]
fn a_generic_mapping_onto_the_identity_is_refused() {
    // The nonce and the shared element cancel out: s · G + (n - s) · G.
    for domain in domains() {
        let order = match &domain {
            Domain::Curve(curve) => curve.parameters().n.to_vec(),
            Domain::Modp(group) => group.order().unwrap().to_vec(),
        };
        let mut rest = order;
        *rest.last_mut().unwrap() -= 1;
        let shared = domain.private(Secret::new(rest)).unwrap().public();
        let one = Secret::new([vec![0; 15], vec![1]].concat());
        assert!(
            domain.map_generic(&one, &shared).is_err(),
            "{}",
            domain.name()
        );
        let two = Secret::new([vec![0; 15], vec![2]].concat());
        let mapped = domain.map_generic(&two, &shared).unwrap();
        assert_eq!(mapped, domain.generator());
    }
}

#[test]
fn generation_takes_a_published_key_as_it_is() {
    struct Fixed(Vec<u8>);
    impl Random for Fixed {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
            let zeros = buffer.len() - self.0.len();
            buffer[..zeros].fill(0);
            buffer[zeros..].copy_from_slice(&self.0);
            Ok(())
        }
    }
    for text in [
        include_str!("../../../tests/vectors/pace_gm_ecdh.toml"),
        include_str!("../../../tests/vectors/pace_gm_dh.toml"),
        include_str!("../../../tests/vectors/eac2_dh.toml"),
    ] {
        let example = examples::Example::new(text);
        let bytes = example.bytes("map", "chip_map_private");
        let key = example.domain.generate(&mut Fixed(bytes)).unwrap();
        assert_eq!(key.public(), example.public("map", "chip_map_public"));
    }
    for domain in domains() {
        assert_eq!(
            domain.generate(&mut Fixed(vec![0])).unwrap_err(),
            SetupError::NoRandomness
        );
    }
}

#[test]
fn nothing_of_a_key_is_printed() {
    for domain in domains() {
        let key = domain.private(Secret::new(vec![0xAB; 8])).unwrap();
        let text = format!("{key:?} {:?}", key.public()).to_lowercase();
        let value = hex::encode(key.public().data());
        assert!(!text.contains("abab") && !text.contains(&value[..16]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_key_or_a_finding(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for domain in domains() {
            if let Ok(key) = domain.public(&bytes) {
                prop_assert_eq!(domain.public(key.encoded()).unwrap(), key);
            }
            if let Ok(key) = domain.private(Secret::copy_of(&bytes)) {
                prop_assert_eq!(key.domain(), domain);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_public_key_info_or_a_finding(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let _ = agreement_key(&bytes);
    }

    #[test]
    fn mapped_generators_lie_in_the_group(nonce: [u8; 16], theirs: [u8; 16]) {
        for id in [0, 8, 9, 12, 13, 18] {
            let domain = Domain::from_parameter_id(id).unwrap();
            let nonce = Secret::copy_of(&nonce);
            let mapped = domain.map_integrated(Cipher::Aes128, &nonce, &theirs).unwrap();
            prop_assert!(domain.public(mapped.encoded()).is_ok());
        }
    }
}
