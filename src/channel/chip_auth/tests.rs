//! Chip authentication against the worked examples, and against answers of every wrong form.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::crypto::cipher::Key;
use crate::crypto::random::System;

/// Figures of one worked example.
struct Example {
    parameters: Parameters,
    ephemeral: Private,
    nonce: Vec<u8>,
    token: Vec<u8>,
    session: SecureMessaging,
    token_input: Vec<u8>,
    public: Vec<u8>,
}

/// Where the figures of an example stand, as far as they are used here.
#[derive(Deserialize)]
struct Figures {
    parameters: General,
    chip_authentication: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct General {
    parameter_id: u8,
}

fn example(text: &str) -> Example {
    let figures: Figures = toml::from_str(text).unwrap();
    let value = |name: &str| {
        let text = figures.chip_authentication[name].as_str().unwrap();
        hex::decode(text).unwrap()
    };
    let domain = Domain::from_parameter_id(figures.parameters.parameter_id).unwrap();
    let key = |name: &str| Key::new(Cipher::Aes128, Secret::new(value(name))).unwrap();
    Example {
        parameters: Parameters {
            oid: value("oid"),
            cipher: Cipher::Aes128,
            public: domain.public(&value("chip_public")).unwrap(),
            key_id: None,
        },
        ephemeral: domain
            .private(Secret::new(value("terminal_private")))
            .unwrap(),
        nonce: value("nonce"),
        token: value("token"),
        session: SecureMessaging::new(key("ks_enc"), key("ks_mac"), &[0; 16]).unwrap(),
        token_input: value("token_input"),
        public: value("terminal_public"),
    }
}

fn examples() -> [Example; 2] {
    [
        example(include_str!("../../../tests/vectors/eac2_ecdh.toml")),
        example(include_str!("../../../tests/vectors/eac2_dh.toml")),
    ]
}

fn answer(data: Vec<u8>) -> Response {
    Response {
        data,
        status: Status::SUCCESS,
    }
}

fn said(status: u16) -> Response {
    Response {
        data: Vec::new(),
        status: Status(status),
    }
}

fn dynamic(nonce: &[u8], token: &[u8]) -> Response {
    let nonce = tlv::encode(object::NONCE, &[nonce]);
    let token = tlv::encode(object::TOKEN, &[token]);
    answer(tlv::encode(object::DYNAMIC, &[&nonce, &token]))
}

#[test]
fn version_two_goes_as_in_the_worked_examples() {
    for Example {
        parameters,
        ephemeral,
        nonce,
        token,
        mut session,
        token_input: input,
        public,
    } in examples()
    {
        let (step, command) = start_version_two(&parameters, &ephemeral).unwrap();
        let protocol = tlv::encode(0x80, &[&parameters.oid]);
        assert_eq!(
            (command.instruction, command.p1, command.p2),
            (0x22, 0x41, 0xA4)
        );
        assert_eq!(command.data, protocol);
        let (step, command) = step.selected(&answer(Vec::new())).unwrap();
        let object = tlv::encode(0x80, &[&public]);
        assert_eq!(command.data, tlv::encode(0x7C, &[&object]));
        assert_eq!(token_input(&parameters.oid, &ephemeral.public()), input);
        let mut agreed = step.token(&dynamic(&nonce, &token)).unwrap();
        assert_eq!(agreed.ephemeral, ephemeral.public());
        // Keys and counter: both sessions say the same.
        let probe = Command::new(ins::READ_BINARY, 0x9D, 0).expecting(8);
        assert_eq!(agreed.session.protect(&probe), session.protect(&probe));
    }
}

fn awaiting_token() -> (AwaitToken, Vec<u8>, Vec<u8>) {
    let [example, _] = examples();
    let (step, _) = start_version_two(&example.parameters, &example.ephemeral).unwrap();
    let (step, _) = step.selected(&answer(Vec::new())).unwrap();
    (step, example.nonce, example.token)
}

#[test]
fn no_changed_bit_of_nonce_or_token_is_accepted() {
    let (_, nonce, token) = awaiting_token();
    for bit in 0..64 {
        for (spoil_nonce, spoil_token) in [(1_u8, 0_u8), (0, 1)] {
            let (step, ..) = awaiting_token();
            let (mut nonce, mut token) = (nonce.clone(), token.clone());
            nonce[bit / 8] ^= spoil_nonce << (bit % 8);
            token[bit / 8] ^= spoil_token << (bit % 8);
            let failed = step.token(&dynamic(&nonce, &token)).unwrap_err();
            assert_eq!(failed, Failed::WrongToken);
        }
    }
}

#[test]
fn answers_of_another_form_are_named() {
    let (_, nonce, token) = awaiting_token();
    for bad in [
        answer(Vec::new()),
        answer(vec![0x7C, 0]),
        dynamic(&[], &token),
        dynamic(&nonce[1..], &token),
        dynamic(&[0; 65], &token),
        answer([dynamic(&nonce, &token).data, vec![0]].concat()),
    ] {
        let (step, ..) = awaiting_token();
        assert!(matches!(step.token(&bad), Err(Failed::Malformed(_))));
    }
    for token in [&[][..], &token[1..], &[0; 9]] {
        let (step, ..) = awaiting_token();
        let failed = step.token(&dynamic(&nonce, token)).unwrap_err();
        assert_eq!(failed, Failed::WrongToken);
    }
    let (step, ..) = awaiting_token();
    let refused = Refused {
        status: Status(0x6300),
    };
    assert_eq!(step.token(&said(0x6300)).unwrap_err(), refused.into());
}

#[test]
fn version_one_has_two_forms_and_leaves_out_what_is_not_there() {
    for Example {
        mut parameters,
        ephemeral,
        public,
        ..
    } in examples()
    {
        for key_id in [None, Some(vec![0]), Some(vec![1, 2])] {
            let reference = key_id
                .as_ref()
                .map(|id| tlv::encode(0x84, &[id]))
                .unwrap_or_default();
            parameters.key_id = key_id;
            let Step::Last(step, command) =
                start(&parameters, Form::KeyAgreementTemplate, &ephemeral).unwrap()
            else {
                panic!("one command");
            };
            assert_eq!((command.p1, command.p2), (0x41, 0xA6));
            let value = tlv::encode(0x91, &[&public]);
            assert_eq!(command.data, [value, reference.clone()].concat());
            assert_eq!(step.agreed(&said(0x6A80)).unwrap_err().status.0, 0x6A80);
            let Step::Send(step, command) =
                start(&parameters, Form::AuthenticationTemplate, &ephemeral).unwrap()
            else {
                panic!("two commands");
            };
            assert_eq!((command.p1, command.p2), (0x41, 0xA4));
            let protocol = tlv::encode(0x80, &[&parameters.oid]);
            assert_eq!(command.data, [protocol, reference].concat());
            let (step, command) = step.selected(&said(0x9000)).unwrap();
            let object = tlv::encode(0x80, &[&public]);
            assert_eq!(command.data, tlv::encode(0x7C, &[&object]));
            assert_eq!(
                step.agreed(&said(0x9000)).unwrap().ephemeral,
                ephemeral.public()
            );
        }
    }
    assert_eq!(
        Form::standard(Cipher::TripleDes).other(),
        Form::standard(Cipher::Aes256)
    );
}

#[test]
fn keys_of_two_groups_do_not_agree() {
    let [curve, field] = examples();
    let form = Form::AuthenticationTemplate;
    assert!(start(&curve.parameters, form, &field.ephemeral).is_err());
    assert!(start_version_two(&field.parameters, &curve.ephemeral).is_err());
}

#[test]
fn ephemeral_keys_are_fresh_and_without_leading_zeros() {
    let domain = Domain::from_parameter_id(0).unwrap();
    let one = ephemeral(&domain, &mut System).unwrap().public();
    let other = ephemeral(&domain, &mut System).unwrap().public();
    assert_ne!(one, other);
    assert_eq!(one.data(), one.encoded());
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(data in proptest::collection::vec(any::<u8>(), 0..64)) {
        let (step, ..) = awaiting_token();
        prop_assert!(step.token(&answer(data.clone())).is_err());
        let (step, ..) = awaiting_token();
        prop_assert!(step.token(&answer(tlv::encode(0x7C, &[&data]))).is_err());
    }
}
