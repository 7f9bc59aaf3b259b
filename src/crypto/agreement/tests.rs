use proptest::prelude::*;
use toml::Table;

use super::*;
use crate::crypto::algorithm::agreement_key;
use crate::crypto::random::System;
use crate::crypto::signature;
use crate::crypto::signature::Scheme;
use crate::crypto::vectors;

/// Every standardized domain.
fn domains() -> Vec<Domain> {
    (0..=u8::MAX)
        .filter_map(Domain::from_parameter_id)
        .collect()
}

fn domain_of(file: &Table) -> Domain {
    let parameters = vectors::table(file, "parameters");
    let id = vectors::number(parameters, "parameter_id");
    Domain::from_parameter_id(u8::try_from(id).unwrap()).unwrap()
}

struct Example {
    file: Table,
    domain: Domain,
}

impl Example {
    fn new(text: &str) -> Self {
        let file = vectors::parse(text);
        let domain = domain_of(&file);
        Self { file, domain }
    }

    fn bytes(&self, table: &str, key: &str) -> Vec<u8> {
        vectors::hex(vectors::table(&self.file, table), key)
    }

    fn secret(&self, table: &str, key: &str) -> Secret {
        Secret::new(self.bytes(table, key))
    }

    fn public(&self, table: &str, key: &str) -> Public {
        self.domain.public(&self.bytes(table, key)).unwrap()
    }

    fn private(&self, table: &str, key: &str) -> Private {
        self.domain.private(self.secret(table, key)).unwrap()
    }

    /// The keys and the secret that the generic mapping begins with.
    fn generic_mapping(&self) -> Public {
        let terminal = self.private("map", "terminal_map_private");
        let chip = self.private("map", "chip_map_private");
        assert_eq!(terminal.public(), self.public("map", "terminal_map_public"));
        assert_eq!(chip.public(), self.public("map", "chip_map_public"));
        let shared = self.public("map", "shared_secret_h");
        assert_eq!(terminal.shared(&chip.public()).unwrap(), shared);
        assert_eq!(chip.shared(&terminal.public()).unwrap(), shared);
        self.domain
            .map_generic(&self.secret("nonce", "nonce"), &shared)
            .unwrap()
    }

    fn integrated_mapping(&self) -> Public {
        self.domain
            .map_integrated(
                Cipher::Aes128,
                &self.secret("nonce", "nonce"),
                &self.bytes("map", "terminal_nonce"),
            )
            .unwrap()
    }

    /// The agreement on the mapped generator; of a chip whose key is not published the terminal's
    /// half.
    fn agreement(&self, generator: &Public) {
        assert_eq!(generator, &self.public("map", "mapped_generator"));
        let terminal = self.private("key_agreement", "terminal_private");
        let terminal_public = self.public("key_agreement", "terminal_public");
        let chip_public = self.public("key_agreement", "chip_public");
        let secret = self.secret("key_agreement", "shared_secret");
        assert_eq!(terminal.public_under(generator).unwrap(), terminal_public);
        assert_eq!(terminal.agree(&chip_public).unwrap(), secret);
        if vectors::table(&self.file, "key_agreement").contains_key("chip_private") {
            let chip = self.private("key_agreement", "chip_private");
            assert_eq!(chip.public_under(generator).unwrap(), chip_public);
            assert_eq!(chip.agree(&terminal_public).unwrap(), secret);
        }
        // What an authentication token covers ends with the key's data.
        let input = self.bytes("tokens", "token_terminal_input");
        assert!(input.ends_with(chip_public.data()));
    }

    /// Version 2 of terminal and chip authentication, which the BSI's examples go on with.
    fn extended_access(&self, scheme: Scheme, key: &signature::PublicKey) {
        let static_key = self.private("chip_authentication", "chip_private");
        let ephemeral = self.private("chip_authentication", "terminal_private");
        let chip = self.public("chip_authentication", "chip_public");
        let terminal = self.public("chip_authentication", "terminal_public");
        assert_eq!(static_key.public(), chip);
        assert_eq!(ephemeral.public(), terminal);
        let secret = self.secret("chip_authentication", "shared_secret");
        assert_eq!(ephemeral.agree(&chip).unwrap(), secret);
        assert_eq!(static_key.agree(&terminal).unwrap(), secret);

        let chip_identifier = self.public("key_agreement", "chip_public").compressed();
        let challenge = self.bytes("terminal_authentication", "challenge");
        let message = [chip_identifier, challenge, terminal.compressed()].concat();
        assert_eq!(
            message,
            self.bytes("terminal_authentication", "signed_data")
        );
        let signature = self.bytes("terminal_authentication", "signature");
        assert_eq!(key.verify(scheme, &[&message], &signature), Ok(()));
    }

    /// The value of an element in the terminal's certificate, whose tag and length come before it.
    fn in_certificate(&self, header: &[u8], length: usize) -> Vec<u8> {
        let certificate = self.bytes("terminal_authentication", "terminal_certificate");
        let at = certificate
            .windows(header.len())
            .position(|window| window == header)
            .unwrap();
        certificate[at + header.len()..][..length].to_vec()
    }
}

#[test]
fn generic_mapping_over_a_curve_of_appendix_g1() {
    let example = Example::new(include_str!("../../../tests/vectors/pace_gm_ecdh.toml"));
    example.agreement(&example.generic_mapping());
}

#[test]
fn generic_mapping_over_a_prime_field_of_appendix_g2() {
    let example = Example::new(include_str!("../../../tests/vectors/pace_gm_dh.toml"));
    example.agreement(&example.generic_mapping());
}

#[test]
fn integrated_mapping_over_a_curve_of_appendix_h1() {
    let example = Example::new(include_str!("../../../tests/vectors/pace_im_ecdh.toml"));
    example.agreement(&example.integrated_mapping());
}

#[test]
fn integrated_mapping_over_a_prime_field_of_appendix_h2() {
    let example = Example::new(include_str!("../../../tests/vectors/pace_im_dh.toml"));
    example.agreement(&example.integrated_mapping());
}

#[test]
fn the_pseudo_random_numbers_of_appendix_h() {
    for (text, bits) in [
        (
            include_str!("../../../tests/vectors/pace_im_ecdh.toml"),
            256,
        ),
        (include_str!("../../../tests/vectors/pace_im_dh.toml"), 1024),
    ] {
        let example = Example::new(text);
        let number = pseudo_random(
            Cipher::Aes128,
            &example.secret("nonce", "nonce"),
            &example.bytes("map", "terminal_nonce"),
            bits,
        );
        assert_eq!(
            number.unwrap().expose(),
            example.bytes("map", "pseudo_random")
        );
    }
}

#[test]
fn chip_authentication_mapping_of_appendix_i1() {
    let example = Example::new(include_str!("../../../tests/vectors/pace_cam.toml"));
    example.agreement(&example.generic_mapping());
    let static_key = example.private("chip_authentication", "chip_static_private");
    let mapping = example.private("map", "chip_map_private");
    let data = example.secret("chip_authentication", "data");
    assert_eq!(static_key.divide(&mapping).unwrap(), data);
    let static_public = example.public("chip_authentication", "chip_static_public");
    assert_eq!(static_key.public(), static_public);
    assert_eq!(times(&data, &static_public).unwrap(), mapping.public());

    // ChipAuthenticationPublicKeyInfo: the key stands behind the object identifier.
    let info = example.bytes("chip_authentication", "public_key_info");
    let spki = &info[13..info.len() - 3];
    assert_eq!(agreement_key(spki).unwrap(), static_public);
}

#[test]
fn extended_access_control_over_a_curve() {
    let example = Example::new(include_str!("../../../tests/vectors/eac2_ecdh.toml"));
    example.agreement(&example.generic_mapping());
    // The terminal's key is a point of brainpoolP512r1.
    let point = example.in_certificate(&[0x86, 0x81, 0x81], 129);
    let key = signature::PublicKey::Ec(Curve::BrainpoolP512r1.point(&point).unwrap());
    example.extended_access(Scheme::EcdsaPlain(Hash::Sha512), &key);
}

#[test]
fn extended_access_control_over_a_prime_field() {
    let example = Example::new(include_str!("../../../tests/vectors/eac2_dh.toml"));
    example.agreement(&example.generic_mapping());
    let modulus = example.in_certificate(&[0x81, 0x81, 0x80], 128);
    let key = crate::crypto::rsa::PublicKey::new(&modulus, &[1, 0, 1]).unwrap();
    let key = signature::PublicKey::Rsa(key);
    example.extended_access(Scheme::RsaPkcs1(Hash::Sha1), &key);
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
        let example = Example::new(text);
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
