//! The published transcripts, byte for byte on the terminal's side.

use std::collections::VecDeque;

use cancuoc::bytes::tlv;
use cancuoc::channel::active_auth;
use cancuoc::channel::bac;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Parameters;
use cancuoc::channel::pace::Password;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::iso9796_2;
use cancuoc::crypto::random::Random;
use cancuoc::crypto::rsa;
use cancuoc::error::AccessError;
use cancuoc::error::ChannelError;
use cancuoc::error::Error;
use cancuoc::error::SetupError;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Form;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::Status;
use cancuoc::iso7816::ins;
use cancuoc::secret::Secret;
use toml::Table;
use toml::Value;

const BAC: &str = include_str!("../vectors/bac.toml");
const SECURE_MESSAGING: &str = include_str!("../vectors/secure_messaging_3des.toml");
const PACE: &str = include_str!("../vectors/pace_gm_ecdh.toml");
const ACTIVE: &str = include_str!("../vectors/active_auth_rsa.toml");

/// Published values, in the order in which they are drawn.
struct Published(VecDeque<Vec<u8>>);

impl Published {
    fn of(values: Vec<Vec<u8>>) -> Self {
        Self(values.into())
    }
}

impl Random for Published {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        let value = self.0.pop_front().ok_or(SetupError::NoRandomness)?;
        assert_eq!(value.len(), buffer.len());
        buffer.copy_from_slice(&value);
        Ok(())
    }
}

fn file(text: &str) -> Table {
    text.parse().unwrap()
}

fn text<'a>(file: &'a Table, table: &str, name: &str) -> &'a str {
    file[table][name].as_str().unwrap()
}

fn octets(file: &Table, table: &str, name: &str) -> Vec<u8> {
    hex::decode(text(file, table, name)).unwrap()
}

fn member(table: &Value, name: &str) -> Vec<u8> {
    hex::decode(table[name].as_str().unwrap()).unwrap()
}

/// The published command and answer of this name.
fn exchange(file: &Table, name: &str) -> (Vec<u8>, Response) {
    let exchange = file["exchange"]
        .as_array()
        .unwrap()
        .iter()
        .find(|exchange| exchange["name"].as_str() == Some(name))
        .unwrap();
    let response = Response::parse(member(exchange, "response")).unwrap();
    (member(exchange, "command"), response)
}

fn sent(command: &Command) -> Vec<u8> {
    command.encode(Form::Short).unwrap()
}

/// A protected command as it goes out in the short form: with Le 00.
fn protected(session: &mut SecureMessaging, command: &Command) -> Vec<u8> {
    let protected = session.protect(command).unwrap();
    sent(&protected.expecting(256))
}

fn bac_key(file: &Table) -> Secret {
    Secret::new(
        text(file, "password", "mrz_information")
            .as_bytes()
            .to_vec(),
    )
}

/// Runs BAC as published, up to this last answer.
fn run_bac(last: impl FnOnce(&mut Response)) -> Result<SecureMessaging, Error> {
    let file = file(BAC);
    let mut random = Published::of(vec![
        octets(&file, "random", "rnd_ifd"),
        octets(&file, "random", "k_ifd"),
    ]);
    let (step, command) = bac::start(&bac_key(&file));
    let (published, answer) = exchange(&file, "get_challenge");
    assert_eq!(sent(&command), published);
    let (step, command) = step.challenge(&answer, &mut random)?;
    let (published, mut answer) = exchange(&file, "external_authenticate");
    assert_eq!(sent(&command), published);
    last(&mut answer);
    step.authenticated(&answer)
}

/// Runs the published exchanges under the session that BAC gave.
fn run_secure_messaging(session: &mut SecureMessaging) {
    let file = file(SECURE_MESSAGING);
    let commands = [
        (
            "select_ef_com",
            Command::new(ins::SELECT, 0x02, 0x0C).with_data(vec![0x01, 0x1E]),
        ),
        (
            "read_binary_first_4",
            Command::new(ins::READ_BINARY, 0, 0).expecting(4),
        ),
        (
            "read_binary_remaining_18",
            Command::new(ins::READ_BINARY, 0, 4).expecting(18),
        ),
    ];
    let mut read = Vec::new();
    for (name, command) in commands {
        let (published, answer) = exchange(&file, name);
        assert_eq!(
            hex::encode(protected(session, &command)),
            hex::encode(published),
            "{name}"
        );
        let answer = session.unprotect(&answer).unwrap();
        assert_eq!(answer.status, Status::SUCCESS);
        read.extend(answer.data);
    }
    assert_eq!(read, octets(&file, "result", "ef_com"));
}

#[test]
fn bac_and_the_secure_messaging_after_it_go_as_published() {
    run_secure_messaging(&mut run_bac(|_| {}).unwrap());
}

#[test]
fn secure_messaging_goes_as_published_from_its_own_keys() {
    let file = file(SECURE_MESSAGING);
    let key = |name| {
        Key::new(
            Cipher::TripleDes,
            Secret::new(octets(&file, "session", name)),
        )
    };
    let mut session = SecureMessaging::new(
        key("ks_enc").unwrap(),
        key("ks_mac").unwrap(),
        &octets(&file, "session", "ssc"),
    )
    .unwrap();
    run_secure_messaging(&mut session);
}

#[test]
fn every_bit_of_the_chips_bac_cryptogram_counts() {
    let length = exchange(&file(BAC), "external_authenticate").1.data.len();
    for bit in 0..length * 8 {
        let outcome = run_bac(|answer| answer.data[bit / 8] ^= 0x80 >> (bit % 8));
        assert_eq!(
            outcome.map(|_| ()),
            Err(AccessError::ChipToken.into()),
            "bit {bit}"
        );
    }
    let longer = run_bac(|answer| answer.data.push(0)).map(|_| ());
    assert_eq!(longer, Err(AccessError::ChipToken.into()));
    assert!(run_bac(|answer| answer.data.truncate(39)).is_err());
    assert!(run_bac(|answer| answer.data.clear()).is_err());
}

#[test]
fn every_bit_of_a_published_protected_answer_counts() {
    let published = file(SECURE_MESSAGING);
    let (_, answer) = exchange(&published, "select_ef_com");
    let whole = answer.data.len() * 8 + 16;
    for bit in 0..whole {
        let mut session = run_bac(|_| {}).unwrap();
        let command = Command::new(ins::SELECT, 0x02, 0x0C).with_data(vec![0x01, 0x1E]);
        let _ = protected(&mut session, &command);
        let mut bytes = [answer.data.clone(), answer.status.0.to_be_bytes().to_vec()].concat();
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        let changed = Response::parse(bytes).unwrap();
        assert!(session.unprotect(&changed).is_err(), "bit {bit}");
    }
    let mut session = run_bac(|_| {}).unwrap();
    let bare = Response {
        data: Vec::new(),
        status: Status::SUCCESS,
    };
    assert_eq!(
        session.unprotect(&bare),
        Err(ChannelError::PlainAnswer { status: 0x9000 })
    );
}

/// Runs PACE as published, with a change to the answer of this name.
fn run_pace(changed: &str, change: impl Fn(&mut Response)) -> Result<SecureMessaging, Error> {
    let file = file(PACE);
    let answered = |name: &str, command: &Command| {
        let (published, mut answer) = exchange(&file, name);
        assert_eq!(hex::encode(sent(command)), hex::encode(published), "{name}");
        if name == changed {
            change(&mut answer);
        }
        answer
    };
    let mut random = Published::of(vec![
        octets(&file, "map", "terminal_map_private"),
        octets(&file, "key_agreement", "terminal_private"),
    ]);
    let zone = ["document_number", "date_of_birth", "date_of_expiry"]
        .map(|name| text(&file, "password", name))
        .concat();
    let password = Password::mrz(&Secret::new(zone.into_bytes()));
    let parameters = Parameters {
        oid: octets(&file, "parameters", "oid"),
        cipher: Cipher::Aes128,
        curve: Curve::from_parameter_id(13).unwrap(),
        reference: None,
    };
    let (step, command) = pace::start(parameters, &password);
    let (step, command) = step.selected(&answered("mse_set_at", &command))?;
    let (step, command) = step.nonce(&answered("encrypted_nonce", &command), &mut random)?;
    let (step, command) = step.mapped(&answered("map_nonce", &command), &mut random)?;
    let (step, command) = step.agreed(&answered("key_agreement", &command))?;
    let session = step.token(&answered("mutual_authentication", &command))?;
    assert!(random.0.is_empty());
    Ok(session)
}

#[test]
fn pace_with_generic_mapping_goes_as_published_down_to_the_session_keys() {
    let published = file(PACE);
    let key = |name| {
        let octets = Secret::new(octets(&published, "session", name));
        Key::new(Cipher::Aes128, octets).unwrap()
    };
    let mut session = run_pace("", |_| {}).unwrap();
    let mut expected = SecureMessaging::new(key("ks_enc"), key("ks_mac"), &[0; 16]).unwrap();
    // Two commands: the counter goes on in both alike.
    for offset in [0, 4] {
        let command = Command::new(ins::READ_BINARY, 0x9E, offset)
            .with_data(vec![0x54, 0x00])
            .expecting(4);
        assert_eq!(
            protected(&mut session, &command),
            protected(&mut expected, &command)
        );
    }
}

#[test]
fn a_chip_that_sends_our_own_points_back_is_refused() {
    let published = file(PACE);
    for (name, tag, table, value) in [
        ("map_nonce", 0x82, "map", "terminal_map_public"),
        ("key_agreement", 0x84, "key_agreement", "terminal_public"),
    ] {
        let own = octets(&published, table, value);
        let outcome = run_pace(name, |answer| {
            answer.data = tlv::encode(0x7C, &[&tlv::encode(tag, &[&own])]);
        });
        assert_eq!(
            outcome.map(|_| ()),
            Err(AccessError::ReflectedKey.into()),
            "{name}"
        );
    }
}

/// Points off the curve, the identity, and points of another length.
#[test]
fn a_chip_whose_points_are_not_on_the_curve_is_refused() {
    for (name, tag) in [("map_nonce", 0x82), ("key_agreement", 0x84)] {
        let good = exchange(&file(PACE), name).1.data;
        let mut off = good[4..].to_vec();
        off[64] ^= 1;
        let identity = vec![0x00];
        let zeros = [vec![0x04], vec![0; 64]].concat();
        let short = good[4..68].to_vec();
        let compressed = [vec![0x02], good[5..37].to_vec()].concat();
        for point in [off, identity, zeros, short, compressed, Vec::new()] {
            let outcome = run_pace(name, |answer| {
                answer.data = tlv::encode(0x7C, &[&tlv::encode(tag, &[&point])]);
            });
            assert!(
                matches!(outcome, Err(Error::Access(AccessError::BadAnswer { .. }))),
                "{name} {}",
                hex::encode(&point)
            );
        }
    }
}

#[test]
fn every_bit_of_the_chips_token_counts_and_a_wrong_one_is_no_wrong_key() {
    for bit in 0..64 {
        let outcome = run_pace("mutual_authentication", |answer| {
            answer.data[4 + bit / 8] ^= 0x80 >> (bit % 8);
        });
        assert_eq!(
            outcome.map(|_| ()),
            Err(AccessError::ChipToken.into()),
            "bit {bit}"
        );
    }
    let refused = run_pace("mutual_authentication", |answer| {
        answer.data.clear();
        answer.status = Status::VERIFICATION_FAILED;
    });
    assert_eq!(
        refused.map(|_| ()),
        Err(AccessError::WrongKey { tries_left: None }.into())
    );
}

#[test]
fn active_authentication_goes_as_published_with_every_trailer() {
    let file = file(ACTIVE);
    let key = rsa::PublicKey::new(
        &octets(&file, "own_key", "modulus"),
        &octets(&file, "own_key", "public_exponent"),
    )
    .unwrap();
    let signatures = file["own_signature"].as_array().unwrap();
    assert_eq!(signatures.len(), 5);
    for signature in signatures {
        let mut random = Published::of(vec![octets(&file, "values", "rnd_ifd")]);
        let challenge = active_auth::challenge(&mut random).unwrap();
        let command = active_auth::command(&challenge, 256);
        assert_eq!(sent(&command), member(signature, "command"));
        let answer = Response::parse(member(signature, "response")).unwrap();
        assert_eq!(answer.status, Status::SUCCESS);
        let hash = iso9796_2::verify(&key, &challenge, &answer.data).unwrap();
        let named = hash.name().replace('-', "").to_lowercase();
        assert_eq!(signature["hash"].as_str(), Some(named.as_str()));
        let other = [0; active_auth::CHALLENGE];
        assert!(iso9796_2::verify(&key, &other, &answer.data).is_err());
    }
    let (published, _) = exchange(&file, "internal_authenticate");
    let mut random = Published::of(vec![octets(&file, "values", "rnd_ifd")]);
    let challenge = active_auth::challenge(&mut random).unwrap();
    assert_eq!(sent(&active_auth::command(&challenge, 256)), published);
}
