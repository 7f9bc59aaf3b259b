//! The published worked examples of every mapping and agreement.

use toml::Table;

use super::*;
use crate::crypto::rsa;
use crate::crypto::signature;
use crate::crypto::signature::Scheme;
use crate::crypto::vectors;

fn domain_of(file: &Table) -> Domain {
    let parameters = vectors::table(file, "parameters");
    let id = vectors::number(parameters, "parameter_id");
    Domain::from_parameter_id(u8::try_from(id).unwrap()).unwrap()
}

pub(super) struct Example {
    file: Table,
    pub(super) domain: Domain,
}

impl Example {
    pub(super) fn new(text: &str) -> Self {
        let file = vectors::parse(text);
        let domain = domain_of(&file);
        Self { file, domain }
    }

    pub(super) fn bytes(&self, table: &str, key: &str) -> Vec<u8> {
        vectors::hex(vectors::table(&self.file, table), key)
    }

    fn secret(&self, table: &str, key: &str) -> Secret {
        Secret::new(self.bytes(table, key))
    }

    pub(super) fn public(&self, table: &str, key: &str) -> Public {
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
    let example = Example::new(include_str!("../../../../tests/vectors/pace_gm_ecdh.toml"));
    example.agreement(&example.generic_mapping());
}

#[test]
fn generic_mapping_over_a_prime_field_of_appendix_g2() {
    let example = Example::new(include_str!("../../../../tests/vectors/pace_gm_dh.toml"));
    example.agreement(&example.generic_mapping());
}

#[test]
fn integrated_mapping_over_a_curve_of_appendix_h1() {
    let example = Example::new(include_str!("../../../../tests/vectors/pace_im_ecdh.toml"));
    example.agreement(&example.integrated_mapping());
}

#[test]
fn integrated_mapping_over_a_prime_field_of_appendix_h2() {
    let example = Example::new(include_str!("../../../../tests/vectors/pace_im_dh.toml"));
    example.agreement(&example.integrated_mapping());
}

#[test]
fn the_pseudo_random_numbers_of_appendix_h() {
    for (text, bits) in [
        (
            include_str!("../../../../tests/vectors/pace_im_ecdh.toml"),
            256,
        ),
        (
            include_str!("../../../../tests/vectors/pace_im_dh.toml"),
            1024,
        ),
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
    let example = Example::new(include_str!("../../../../tests/vectors/pace_cam.toml"));
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
    let example = Example::new(include_str!("../../../../tests/vectors/eac2_ecdh.toml"));
    example.agreement(&example.generic_mapping());
    // The terminal's key is a point of brainpoolP512r1.
    let point = example.in_certificate(&[0x86, 0x81, 0x81], 129);
    let key = signature::PublicKey::Ec(Curve::BrainpoolP512r1.point(&point).unwrap());
    example.extended_access(Scheme::EcdsaPlain(Hash::Sha512), &key);
}

#[test]
fn extended_access_control_over_a_prime_field() {
    let example = Example::new(include_str!("../../../../tests/vectors/eac2_dh.toml"));
    example.agreement(&example.generic_mapping());
    let modulus = example.in_certificate(&[0x81, 0x81, 0x80], 128);
    let key = rsa::PublicKey::new(&modulus, &[1, 0, 1]).unwrap();
    let key = signature::PublicKey::Rsa(key);
    example.extended_access(Scheme::RsaPkcs1(Hash::Sha1), &key);
}
