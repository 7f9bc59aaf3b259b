//! The published runs of PACE, byte for byte on the terminal's side, and what becomes of them when
//! the chip says something else.

use cancuoc::bytes::oid::Oid;
use cancuoc::bytes::tlv;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Established;
use cancuoc::channel::pace::Parameters;
use cancuoc::channel::pace::Password;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::agreement;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::random::System;
use cancuoc::error::AccessError;
use cancuoc::error::Error;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::Status;
use cancuoc::iso7816::ins;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::secret::Secret;
use toml::Table;

use crate::transcripts::Published;
use crate::transcripts::file;
use crate::transcripts::member;
use crate::transcripts::octets;
use crate::transcripts::protected;
use crate::transcripts::sent;
use crate::transcripts::text;

const GM_ECDH: &str = include_str!("../vectors/pace_gm_ecdh.toml");
const GM_DH: &str = include_str!("../vectors/pace_gm_dh.toml");
const IM_ECDH: &str = include_str!("../vectors/pace_im_ecdh.toml");
const IM_DH: &str = include_str!("../vectors/pace_im_dh.toml");
const CAM: &str = include_str!("../vectors/pace_cam.toml");
const EAC2_ECDH: &str = include_str!("../vectors/eac2_ecdh.toml");
const EAC2_DH: &str = include_str!("../vectors/eac2_dh.toml");

/// The steps, by their names in the files.
const STEPS: [&str; 5] = [
    "mse_set_at",
    "encrypted_nonce",
    "map_nonce",
    "key_agreement",
    "mutual_authentication",
];

fn parameters(file: &Table) -> Parameters {
    let oid = octets(file, "parameters", "oid");
    let id = file["parameters"]["parameter_id"].as_integer().unwrap();
    Parameters {
        protocol: PaceProtocol::from_oid(Oid::new(&oid)).unwrap(),
        oid,
        domain: Domain::from_parameter_id(u8::try_from(id).unwrap()).unwrap(),
        reference: None,
    }
}

fn password(file: &Table) -> Password {
    match text(file, "password", "kind") {
        "mrz" => {
            let zone = ["document_number", "date_of_birth", "date_of_expiry"]
                .map(|name| text(file, "password", name))
                .concat();
            Password::mrz(&Secret::new(zone.into_bytes()))
        }
        _ => {
            let pin = text(file, "password", "value").as_bytes();
            Password::pin(&Secret::copy_of(pin))
        }
    }
}

/// The published command of a step, where there is one, and its answer.
fn exchange(file: &Table, step: &str) -> (Option<Vec<u8>>, Response) {
    let published = file
        .get("exchange")
        .and_then(|exchanges| exchanges.as_array());
    if let Some(exchanges) = published {
        let exchange = exchanges
            .iter()
            .find(|exchange| exchange["name"].as_str() == Some(step))
            .unwrap();
        let response = Response::parse(member(exchange, "response")).unwrap();
        return (Some(member(exchange, "command")), response);
    }
    let object = match step {
        "encrypted_nonce" => tlv::encode(0x80, &[&octets(file, "nonce", "nonce_encrypted")]),
        "map_nonce" => tlv::encode(0x82, &[&octets(file, "map", "chip_map_public")]),
        "key_agreement" => tlv::encode(0x84, &[&octets(file, "key_agreement", "chip_public")]),
        "mutual_authentication" => tlv::encode(0x86, &[&octets(file, "tokens", "token_chip")]),
        _ => Vec::new(),
    };
    let data = match object.as_slice() {
        [] => Vec::new(),
        object => tlv::encode(0x7C, &[object]),
    };
    let status = Status::SUCCESS;
    (None, Response { data, status })
}

/// Runs PACE as published, with a change to the answer of one step.
pub fn run(
    file: &Table,
    changed: &str,
    change: impl Fn(&mut Response),
) -> Result<Established, Error> {
    let answered = |name: &str, command: &Command| {
        let (published, mut answer) = exchange(file, name);
        if let Some(published) = published {
            assert_eq!(hex::encode(sent(command)), hex::encode(published), "{name}");
        }
        if name == changed {
            change(&mut answer);
        }
        answer
    };
    let parameters = parameters(file);
    let ours = match parameters.protocol.mapping {
        Mapping::Integrated => "terminal_nonce",
        _ => "terminal_map_private",
    };
    let mut random = Published::of(vec![
        octets(file, "map", ours),
        octets(file, "key_agreement", "terminal_private"),
    ]);
    let (step, command) = pace::start(parameters, &password(file), None);
    let (step, command) = step.selected(&answered(STEPS[0], &command))?;
    let (step, command) = step.nonce(&answered(STEPS[1], &command), &mut random)?;
    let (step, command) = step.mapped(&answered(STEPS[2], &command), &mut random)?;
    let (step, command) = step.agreed(&answered(STEPS[3], &command))?;
    let token = octets(file, "tokens", "token_terminal");
    assert!(sent(&command).windows(8).any(|window| window == token));
    let established = step.token(&answered(STEPS[4], &command))?;
    assert!(random.is_drawn());
    Ok(established)
}

fn refusal(file: &Table, changed: &str, change: impl Fn(&mut Response)) -> Error {
    run(file, changed, change).map(|_| ()).unwrap_err()
}

#[test]
fn every_published_run_goes_as_published_down_to_the_session_keys() {
    for vector in [GM_ECDH, GM_DH, IM_ECDH, IM_DH, CAM, EAC2_ECDH, EAC2_DH] {
        let published = file(vector);
        let key = |name| {
            let octets = Secret::new(octets(&published, "session", name));
            Key::new(Cipher::Aes128, octets).unwrap()
        };
        let mut established = run(&published, "", |_| {}).unwrap();
        let mut expected = SecureMessaging::new(key("ks_enc"), key("ks_mac"), &[0; 16]).unwrap();
        // Two commands: the counter goes on in both alike.
        for offset in [0, 4] {
            let command = Command::new(ins::READ_BINARY, 0x9E, offset)
                .with_data(vec![0x54, 0x00])
                .expecting(4);
            assert_eq!(
                protected(&mut established.session, &command),
                protected(&mut expected, &command)
            );
        }
        assert_eq!(
            established.chip_ephemeral.data(),
            octets(&published, "key_agreement", "chip_public")
        );
        let mapping = published["map"].get("chip_map_public");
        assert_eq!(
            established.mapping_key.map(|key| hex::encode(key.data())),
            mapping.map(|key| key.as_str().unwrap().to_owned())
        );
    }
}

#[test]
fn what_the_chip_proves_in_the_mapping_is_decrypted_and_fits_its_key() {
    let published = file(CAM);
    let table = "chip_authentication";
    let established = run(&published, "", |_| {}).unwrap();
    let data = established.chip_authentication_data.unwrap();
    assert_eq!(data.expose(), octets(&published, table, "data"));
    let domain = Domain::from_parameter_id(13).unwrap();
    let key = domain
        .public(&octets(&published, table, "chip_static_public"))
        .unwrap();
    let product = agreement::times(&data, &key).unwrap();
    assert_eq!(Some(product), established.mapping_key);
}

/// The last answer of the mapping with another object in place of 8A, or with none.
#[test]
fn a_chip_that_proves_nothing_in_the_mapping_still_opens() {
    let published = file(CAM);
    let token = tlv::encode(0x86, &[&octets(&published, "tokens", "token_chip")]);
    let encrypted = octets(&published, "chip_authentication", "data_encrypted");
    let mut flipped = encrypted.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for object in [
        vec![],
        tlv::encode(0x8A, &[]),
        tlv::encode(0x8A, &[&encrypted[..47]]),
        tlv::encode(0x8A, &[&flipped]),
        tlv::encode(0x8B, &[&encrypted]),
        tlv::encode(0xAA, &[&tlv::encode(0x04, &[&encrypted])]),
    ] {
        let established = run(&published, "mutual_authentication", |answer| {
            answer.data = tlv::encode(0x7C, &[&token, &object]);
        });
        assert_eq!(established.unwrap().chip_authentication_data, None);
    }
    // In generic mapping the object is none of ours.
    let published = file(GM_ECDH);
    let token = tlv::encode(0x86, &[&octets(&published, "tokens", "token_chip")]);
    let established = run(&published, "mutual_authentication", |answer| {
        answer.data = tlv::encode(0x7C, &[&token, &tlv::encode(0x8A, &[&encrypted])]);
    });
    assert_eq!(established.unwrap().chip_authentication_data, None);
}

#[test]
fn the_authorities_that_a_chip_trusts_come_with_its_token() {
    let published = file(GM_DH);
    let token = tlv::encode(0x86, &[&octets(&published, "tokens", "token_chip")]);
    let with = |objects: &[Vec<u8>]| {
        let established = run(&published, "mutual_authentication", |answer| {
            answer.data = tlv::encode(0x7C, &[&token, &objects.concat()]);
        });
        established.unwrap().authorities
    };
    let current = tlv::encode(0x87, &[b"DETESTCVCA00003"]);
    let previous = tlv::encode(0x88, &[b"DETESTCVCA00002"]);
    let both = [b"DETESTCVCA00003".to_vec(), b"DETESTCVCA00002".to_vec()];
    assert_eq!(with(&[]), Vec::<Vec<u8>>::new());
    assert_eq!(with(std::slice::from_ref(&current)), both[..1]);
    assert_eq!(with(&[current.clone(), previous.clone()]), both);
    assert_eq!(with(&[previous, current]), both);
    let endless = tlv::encode(0x87, &[&[b'A'; 17]]);
    assert!(with(&[endless]).is_empty());
}

/// Appendix G.2 prints an authority that nobody asked for, and no status word.
#[test]
fn the_last_answer_of_appendix_g2_opens_as_it_is_printed() {
    let published = file(GM_DH);
    let last = published["exchange"][4].clone();
    let printed = member(&last, "response_printed");
    let established = run(&published, "mutual_authentication", |answer| {
        answer.data.clone_from(&printed);
    });
    let authorities = established.unwrap().authorities;
    assert_eq!(authorities, [b"DETESTCVCA00003".to_vec()]);
}

#[test]
fn a_terminal_with_rights_sends_them_along() {
    let published = file(GM_ECDH);
    let template = tlv::encode(0x7F4C, &[&[0x06, 0x01, 0x00], &[0x53, 0x01, 0x03]]);
    let mut parameters = parameters(&published);
    parameters.reference = Some(13);
    let (_, command) = pace::start(parameters, &password(&published), Some(&template));
    assert!(
        command
            .data
            .ends_with(&[&[0x84, 0x01, 13], template.as_slice()].concat())
    );
}

#[test]
fn a_chip_that_sends_our_own_keys_back_is_refused() {
    for (vector, steps) in [
        (GM_ECDH, &[("map_nonce", 0x82), ("key_agreement", 0x84)][..]),
        (GM_DH, &[("map_nonce", 0x82), ("key_agreement", 0x84)]),
        (CAM, &[("map_nonce", 0x82), ("key_agreement", 0x84)]),
        (IM_ECDH, &[("key_agreement", 0x84)]),
        (IM_DH, &[("key_agreement", 0x84)]),
    ] {
        let published = file(vector);
        for (step, tag) in steps {
            let own = match *step {
                "map_nonce" => octets(&published, "map", "terminal_map_public"),
                _ => octets(&published, "key_agreement", "terminal_public"),
            };
            let error = refusal(&published, step, |answer| {
                answer.data = tlv::encode(0x7C, &[&tlv::encode(*tag, &[&own])]);
            });
            assert_eq!(error, AccessError::ReflectedKey.into(), "{step}");
        }
    }
}

/// Points off the curve, the identity, points of another length or form.
#[test]
fn a_chip_whose_points_are_not_on_the_curve_is_refused() {
    let published = file(GM_ECDH);
    for (name, tag, step) in [
        ("map_nonce", 0x82, "map nonce"),
        ("key_agreement", 0x84, "key agreement"),
    ] {
        let good = exchange(&published, name).1.data[4..].to_vec();
        let mut off = good.clone();
        off[64] ^= 1;
        let compressed = [vec![0x02], good[1..33].to_vec()].concat();
        let zeros = [vec![0x04], vec![0; 64]].concat();
        for point in [
            off,
            vec![0x00],
            zeros,
            good[..64].to_vec(),
            [good.clone(), vec![0]].concat(),
            compressed,
            Vec::new(),
        ] {
            let error = refusal(&published, name, |answer| {
                answer.data = tlv::encode(0x7C, &[&tlv::encode(tag, &[&point])]);
            });
            let what = hex::encode(&point);
            assert_eq!(error, AccessError::InvalidKey { step }.into(), "{what}");
        }
    }
}

/// Zero, one, p - 1, p, and a number outside the subgroup.
#[test]
fn a_chip_whose_numbers_are_not_in_the_subgroup_is_refused() {
    let Some(Domain::Modp(group)) = Domain::from_parameter_id(0) else {
        panic!("a prime field");
    };
    let p = group.prime().to_vec();
    let mut below = p.clone();
    *below.last_mut().unwrap() -= 1;
    for (vector, name, tag, step) in [
        (GM_DH, "map_nonce", 0x82, "map nonce"),
        (GM_DH, "key_agreement", 0x84, "key agreement"),
        (IM_DH, "key_agreement", 0x84, "key agreement"),
    ] {
        for number in [
            vec![],
            vec![0],
            vec![1],
            vec![2],
            below.clone(),
            p.clone(),
            [vec![1], p.clone()].concat(),
        ] {
            let error = refusal(&file(vector), name, |answer| {
                answer.data = tlv::encode(0x7C, &[&tlv::encode(tag, &[&number])]);
            });
            let what = hex::encode(&number);
            assert_eq!(error, AccessError::InvalidKey { step }.into(), "{what}");
        }
    }
}

#[test]
fn leading_zeros_of_a_chips_number_may_be_there() {
    let published = file(GM_DH);
    let with_zero = |name| {
        let (tag, table, value) = match name {
            "map_nonce" => (0x82, "map", "chip_map_public"),
            _ => (0x84, "key_agreement", "chip_public"),
        };
        let number = [vec![0], octets(&published, table, value)].concat();
        run(&published, name, |answer| {
            answer.data = tlv::encode(0x7C, &[&tlv::encode(tag, &[&number])]);
        })
    };
    assert!(with_zero("map_nonce").is_ok());
    assert!(with_zero("key_agreement").is_ok());
}

#[test]
fn answers_under_another_tag_or_of_another_form_are_refused() {
    for vector in [GM_ECDH, IM_ECDH, GM_DH, CAM] {
        let published = file(vector);
        for (name, tag, step) in [
            ("encrypted_nonce", 0x80, "encrypted nonce"),
            ("map_nonce", 0x82, "map nonce"),
            ("key_agreement", 0x84, "key agreement"),
            ("mutual_authentication", 0x86, "mutual authentication"),
        ] {
            let good = exchange(&published, name).1.data;
            if good == [0x7C, 0x00] {
                continue;
            }
            let offset = if good[1] == 0x81 { 3 } else { 2 };
            let wrong = |change: &dyn Fn(&mut Response)| {
                let error = refusal(&published, name, change);
                assert_eq!(error, AccessError::BadAnswer { step }.into(), "{name}");
            };
            // 90, 92, 94 and 96: the tags with one bit more.
            wrong(&|answer| answer.data[offset] = tag | 0x10);
            wrong(&|answer| answer.data[0] = 0x7D);
            wrong(&|answer| answer.data.clear());
            wrong(&|answer| answer.data.push(0));
            wrong(&|answer| {
                answer.data.pop();
            });
        }
    }
    // A mapping that takes nothing from the chip.
    let error = refusal(&file(IM_ECDH), "map_nonce", |answer| {
        answer.data = vec![0x7C, 0x03, 0x82, 0x01, 0x00];
    });
    let step = "map nonce";
    assert_eq!(error, AccessError::BadAnswer { step }.into());
    assert!(
        run(&file(IM_ECDH), "map_nonce", |answer| answer.data =
            vec![0x7C, 0])
        .is_ok()
    );
}

/// What the terminal sends after a nonce of this length: in generic mapping the command after the
/// next, so that the nonce has become a generator.
fn nonce_of(length: usize, mapping: Mapping, cipher: Cipher) -> Result<Command, Error> {
    let answer = |data: Vec<u8>| Response {
        data,
        status: Status::SUCCESS,
    };
    let (variant, domain) = match mapping {
        Mapping::Generic => (2, 12),
        Mapping::Integrated => (4, 12),
        Mapping::ChipAuthentication => (6, 12),
    };
    let last = match cipher {
        Cipher::TripleDes => 1,
        Cipher::Aes128 => 2,
        Cipher::Aes192 => 3,
        Cipher::Aes256 => 4,
    };
    let oid = vec![4, 0, 0x7F, 0, 7, 2, 2, 4, variant, last];
    let parameters = Parameters {
        protocol: PaceProtocol::from_oid(Oid::new(&oid)).unwrap(),
        oid,
        domain: Domain::from_parameter_id(domain).unwrap(),
        reference: None,
    };
    let password = Password::can(&Secret::copy_of(b"123456"));
    let (step, _) = pace::start(parameters, &password, None);
    let (step, _) = step.selected(&answer(Vec::new()))?;
    let nonce = tlv::encode(0x7C, &[&tlv::encode(0x80, &[&vec![7; length]])]);
    let (step, command) = step.nonce(&answer(nonce), &mut System)?;
    let Mapping::Generic = mapping else {
        return Ok(command);
    };
    let domain = Domain::from_parameter_id(domain).unwrap();
    let theirs = domain.generate(&mut System).unwrap().public();
    let theirs = tlv::encode(0x7C, &[&tlv::encode(0x82, &[theirs.data()])]);
    let (_, command) = step.mapped(&answer(theirs), &mut System)?;
    Ok(command)
}

#[test]
fn a_nonce_has_any_number_of_whole_blocks_but_one_number_in_integrated_mapping() {
    let step = "encrypted nonce";
    let ciphers = [
        (Cipher::TripleDes, 8, 16),
        (Cipher::Aes128, 16, 16),
        (Cipher::Aes192, 16, 32),
        (Cipher::Aes256, 16, 32),
    ];
    for (cipher, block, integrated) in ciphers {
        for length in 0..=80 {
            let blocks = length > 0 && length <= 64 && length % block == 0;
            let mut wanted = vec![
                (Mapping::Generic, blocks),
                (Mapping::Integrated, length == integrated),
            ];
            if cipher != Cipher::TripleDes {
                wanted.push((Mapping::ChipAuthentication, blocks));
            }
            for (mapping, taken) in wanted {
                let outcome = nonce_of(length, mapping, cipher);
                let what = format!("{length} bytes, {mapping:?}, {cipher:?}");
                match outcome {
                    Ok(_) => assert!(taken, "{what}"),
                    Err(error) => {
                        assert!(!taken, "{what}");
                        assert_eq!(error, AccessError::BadAnswer { step }.into(), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_bit_of_the_chips_token_counts_and_a_wrong_one_is_no_wrong_key() {
    let published = file(GM_ECDH);
    for bit in 0..64 {
        let error = refusal(&published, "mutual_authentication", |answer| {
            answer.data[4 + bit / 8] ^= 0x80 >> (bit % 8);
        });
        assert_eq!(error, AccessError::ChipToken.into(), "bit {bit}");
    }
    for length in [0, 7, 9] {
        let error = refusal(&published, "mutual_authentication", |answer| {
            let mut token = octets(&published, "tokens", "token_chip");
            token.resize(length, 0);
            answer.data = tlv::encode(0x7C, &[&tlv::encode(0x86, &[&token])]);
        });
        assert_eq!(error, AccessError::ChipToken.into(), "{length}");
    }
}

#[test]
fn a_refused_password_says_how_often_it_may_still_be_tried() {
    let answer = |status| {
        move |answer: &mut Response| {
            answer.data.clear();
            answer.status = Status(status);
        }
    };
    let wrong = |tries_left| Error::from(AccessError::WrongKey { tries_left });
    let pin = file(EAC2_ECDH);
    let last = "mutual_authentication";
    assert_eq!(refusal(&pin, last, answer(0x6300)), wrong(None));
    assert_eq!(refusal(&pin, last, answer(0x63C2)), wrong(Some(2)));
    assert_eq!(refusal(&pin, last, answer(0x63C1)), wrong(Some(1)));
    for status in [0x63C0, 0x6983, 0x6984] {
        let blocked = Error::from(AccessError::PinBlocked);
        assert_eq!(refusal(&pin, last, answer(status)), blocked);
        assert_eq!(refusal(&pin, "mse_set_at", answer(status)), blocked);
        let mrz = refusal(&file(GM_ECDH), last, answer(status));
        assert_eq!(mrz, AccessError::Blocked.into());
    }
    assert_eq!(
        refusal(&pin, "mse_set_at", answer(0x63C1)),
        AccessError::PinSuspended.into()
    );
    assert!(run(&pin, "mse_set_at", answer(0x63C2)).is_ok());
    assert_eq!(
        refusal(&pin, "mse_set_at", answer(0x6A88)),
        AccessError::NoSuchPassword { password: "PIN" }.into()
    );
}
