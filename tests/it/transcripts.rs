//! The published transcripts, byte for byte on the terminal's side.

use std::collections::VecDeque;

use cancuoc::channel::active_auth;
use cancuoc::channel::bac;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
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
const ACTIVE: &str = include_str!("../vectors/active_auth_rsa.toml");

/// Published values, in the order in which they are drawn.
pub struct Published(VecDeque<Vec<u8>>);

impl Published {
    pub fn of(values: Vec<Vec<u8>>) -> Self {
        Self(values.into())
    }

    /// Whether every value was drawn.
    pub fn is_drawn(&self) -> bool {
        self.0.is_empty()
    }
}

impl Random for Published {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        let value = self.0.pop_front().ok_or(SetupError::NoRandomness)?;
        // A private key may be printed shorter than it is drawn.
        let (zeros, rest) = buffer.split_at_mut(buffer.len() - value.len());
        zeros.fill(0);
        rest.copy_from_slice(&value);
        Ok(())
    }
}

pub fn file(text: &str) -> Table {
    text.parse().unwrap()
}

pub fn text<'a>(file: &'a Table, table: &str, name: &str) -> &'a str {
    file[table][name].as_str().unwrap()
}

pub fn octets(file: &Table, table: &str, name: &str) -> Vec<u8> {
    hex::decode(text(file, table, name)).unwrap()
}

pub fn member(table: &Value, name: &str) -> Vec<u8> {
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

pub fn sent(command: &Command) -> Vec<u8> {
    command.encode(Form::Short).unwrap()
}

/// A protected command as it goes out in the short form: with Le 00.
pub fn protected(session: &mut SecureMessaging, command: &Command) -> Vec<u8> {
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
