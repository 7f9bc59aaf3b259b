//! The worked example of EAC version 2 behind PACE: terminal and chip authentication, byte for byte.

use jiff::civil::date;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::lds::FileId;
use crate::secret::Secret;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::host::Keys;
use crate::sim::chip::tests::transcripts::EAC_DH;
use crate::sim::chip::tests::transcripts::EAC_ECDH;
use crate::sim::chip::tests::transcripts::pace_chip;
use crate::sim::chip::tests::transcripts::value;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::TerminalTrust;

fn hex(text: &str, table: &str, name: &str) -> Vec<u8> {
    hex::decode(value(text, table, name)).unwrap()
}

/// The authority of the example is of inspection systems, what is under it of authentication
/// terminals: a chip cannot grant what both allow. So the trust point here is the same certificate,
/// for authentication terminals; its own signature is never looked at.
fn trust_point(certificate: &[u8]) -> Vec<u8> {
    let template = [
        tlv::encode(0x06, &[&[4, 0, 0x7F, 0, 7, 3, 1, 2, 2]]),
        tlv::encode(0x53, &[&[0xDF, 0xFF, 0xFF, 0xFF, 0xFF]]),
    ]
    .concat();
    let outer = Reader::new(certificate).expect(0x7F21, "all").unwrap();
    let mut inside = outer.inside().unwrap();
    let body = inside.expect(0x7F4E, "body").unwrap();
    let mut objects = Vec::new();
    let mut reader = body.inside().unwrap();
    while !reader.at_end() {
        let object = reader.element("object").unwrap();
        objects.extend(if object.tag == 0x7F4C {
            tlv::encode(0x7F4C, &[&template])
        } else {
            object.raw.to_vec()
        });
    }
    let body = tlv::encode(0x7F4E, &[&objects]);
    tlv::encode(0x7F21, &[&body, inside.rest()])
}

/// Gives a card the authority and the key of the example.
pub(super) fn with_terminals(card: &mut Personalisation, text: &str) {
    let of = |name| hex(text, "terminal_authentication", name);
    card.lengths = Lengths::Extended { max_response: 4096 };
    for (file, name) in [
        (FileId::CardAccess, "card_access"),
        (FileId::CardSecurity, "card_security"),
    ] {
        card.files.insert(file, hex(text, "files", name));
    }
    card.terminal = Some(TerminalTrust {
        authorities: vec![trust_point(&of("cvca_certificate"))],
        date: date(2010, 3, 2),
        file: CvcaFile::DEFAULT,
        versions: vec![2],
    });
    let id = if text == EAC_DH { 0 } else { 13 };
    let domain = Domain::from_parameter_id(id).unwrap();
    let private = Secret::new(hex(text, "chip_authentication", "chip_private"));
    card.chip_keys = vec![ChipAuthenticationKey {
        private: domain.private(private).unwrap(),
        oid: hex(text, "chip_authentication", "oid"),
        cipher: Cipher::Aes128,
        key_id: None,
        version: 2,
    }];
}

/// A host in the session that the example's PACE opens.
fn after_pace(text: &str) -> Host {
    let mut chip = pace_chip(text);
    let set = [
        tlv::encode(0x80, &[&hex(text, "parameters", "oid")]),
        tlv::encode(0x83, &[&[3]]),
    ]
    .concat();
    let dynamic = |tag, value: &[u8]| tlv::encode(0x7C, &[&tlv::encode(tag, &[value])]);
    for (header, data) in [
        ([0, 0x22, 0xC1, 0xA4], set),
        ([0x10, 0x86, 0, 0], vec![0x7C, 0]),
        (
            [0x10, 0x86, 0, 0],
            dynamic(0x81, &hex(text, "map", "terminal_map_public")),
        ),
        (
            [0x10, 0x86, 0, 0],
            dynamic(0x83, &hex(text, "key_agreement", "terminal_public")),
        ),
        (
            [0, 0x86, 0, 0],
            dynamic(0x85, &hex(text, "tokens", "token_terminal")),
        ),
    ] {
        let length = u8::try_from(data.len()).unwrap();
        let le: &[u8] = if header[1] == 0x86 { &[0] } else { &[] };
        let answer = chip.process(&[&header[..], &[length], &data, le].concat());
        assert_eq!(answer[answer.len() - 2..], [0x90, 0x00]);
    }
    let mut host = Host::with(chip);
    let shared = hex(text, "key_agreement", "shared_secret");
    host.use_keys(Keys::new(Cipher::Aes128, &shared, 0));
    host
}

#[test]
fn terminal_and_chip_authentication_go_as_in_the_worked_example() {
    for text in [EAC_ECDH, EAC_DH] {
        let terminal = |name| hex(text, "terminal_authentication", name);
        let chip = |name| hex(text, "chip_authentication", name);
        let mut host = after_pace(text);
        let ephemeral = host.chip.pace_ephemeral.as_ref().unwrap();
        assert_eq!(ephemeral.compressed(), terminal("chip_identifier"));
        let mut key = Vec::new();
        for certificate in ["dv_certificate", "terminal_certificate"] {
            let certificate = terminal(certificate);
            let inside = Reader::new(&certificate).expect(0x7F21, "all").unwrap();
            let body = inside.inside().unwrap().expect(0x7F4E, "body").unwrap();
            let mut body = body.inside().unwrap();
            body.element("profile").unwrap();
            let authority = body.expect(0x42, "authority").unwrap().value;
            key = body.element("key").unwrap().value.to_vec();
            let set = tlv::encode(0x83, &[authority]);
            let answer = host.command([0, 0x22, 0x81, 0xB6], &set, false);
            assert_eq!(answer, (vec![], 0x9000));
            let answer = host.command([0, 0x2A, 0, 0xBE], inside.value, false);
            assert_eq!(answer, (vec![], 0x9000));
        }
        let protocol = Reader::new(&key).expect(0x06, "protocol").unwrap().value;
        let set = [
            tlv::encode(0x80, &[protocol]),
            tlv::encode(0x83, &[b"DETESTATDE019"]),
            tlv::encode(0x91, &[&terminal("compressed_ephemeral_key")]),
        ]
        .concat();
        let answer = host.command([0, 0x22, 0x81, 0xA4], &set, false);
        assert_eq!(answer, (vec![], 0x9000));
        let answer = host.send([0, 0x84, 0, 0], &[], &[8]);
        assert_eq!(answer, (terminal("challenge"), 0x9000));
        let answer = host.command([0, 0x82, 0, 0], &terminal("signature"), false);
        assert_eq!(answer, (vec![], 0x9000));

        let set = tlv::encode(0x80, &[&chip("oid")]);
        let answer = host.command([0, 0x22, 0x41, 0xA4], &set, false);
        assert_eq!(answer, (vec![], 0x9000));
        let data = tlv::encode(0x7C, &[&tlv::encode(0x80, &[&chip("terminal_public")])]);
        let answer = host.command([0, 0x86, 0, 0], &data, true);
        let expected = [
            tlv::encode(0x81, &[&chip("nonce")]),
            tlv::encode(0x82, &[&chip("token")]),
        ]
        .concat();
        assert_eq!(answer, (tlv::encode(0x7C, &[&expected]), 0x9000));
        // The new keys come from secret and nonce.
        let seed = [chip("shared_secret"), chip("nonce")].concat();
        host.use_keys(Keys::new(Cipher::Aes128, &seed, 0));
        host.select_application();
    }
}

/// The example has the cryptogram of this command and the code of its answer.
#[test]
fn the_first_protected_command_of_the_worked_example_is_answered_byte_for_byte() {
    for text in [EAC_ECDH, EAC_DH] {
        let mut host = after_pace(text);
        let command = value(text, "sm_exchange", "command");
        let answer = host.plain(&command);
        assert_eq!(answer, value(text, "sm_exchange", "response"));
        // The key that was named verifies the next certificate; one command and one answer on.
        let shared = hex(text, "key_agreement", "shared_secret");
        host.use_keys(Keys::new(Cipher::Aes128, &shared, 2));
        let certificate = hex(text, "terminal_authentication", "dv_certificate");
        let inside = Reader::new(&certificate).expect(0x7F21, "all").unwrap();
        let answer = host.command([0, 0x2A, 0, 0xBE], inside.value, false);
        assert_eq!(answer, (vec![], 0x9000));

        // Any other cryptogram or code ends the channel.
        for at in [9, 20, 30] {
            let mut host = after_pace(text);
            let mut wrong = hex::decode(&command).unwrap();
            wrong[at] ^= 1;
            assert_eq!(host.plain(&hex::encode(wrong)), "6988");
        }
    }
}

#[test]
fn card_security_of_the_worked_example_is_read_behind_pace_alone() {
    for text in [EAC_ECDH, EAC_DH] {
        let access = value(text, "files", "card_access");
        let mut host = Host::with(pace_chip(text));
        assert_eq!(host.plain("00b09c0000"), format!("{access}9000"));
        assert_eq!(host.plain("00b09d0000"), "6982");

        let mut host = after_pace(text);
        let (mut read, status) = host.send([0, 0xB0, 0x9D, 0], &[], &[200]);
        assert_eq!(status, 0x9000);
        let whole = hex(text, "files", "card_security");
        while read.len() < whole.len() {
            let [high, low] = u16::try_from(read.len()).unwrap().to_be_bytes();
            let left = u8::try_from((whole.len() - read.len()).min(200)).unwrap();
            let (piece, status) = host.send([0, 0xB0, high, low], &[], &[left]);
            assert_eq!((piece.len(), status), (usize::from(left), 0x9000));
            read.extend(piece);
        }
        assert_eq!(hex::encode(read), hex::encode(whole));
    }
}

/// Of PACE the last answer is not published; it names the authority that the next command names.
#[test]
fn the_published_commands_of_pace_and_terminal_authentication_are_answered_byte_for_byte() {
    let file: toml::Table = toml::from_str(EAC_ECDH).unwrap();
    let exchanges = |name: &str| file[name].as_array().unwrap().clone();
    let text = |exchange: &toml::Value, name: &str| {
        let text = exchange.get(name)?.as_str()?;
        Some(text.to_owned())
    };
    let mut host = Host::with(pace_chip(EAC_ECDH));
    let mut last = String::new();
    for exchange in exchanges("pace_exchange") {
        last = host.plain(&text(&exchange, "command").unwrap());
        if let Some(response) = text(&exchange, "response") {
            assert_eq!(last, response, "{}", exchange["name"]);
        }
    }
    let objects = [
        tlv::encode(0x86, &[&hex(EAC_ECDH, "tokens", "token_chip")]),
        tlv::encode(0x87, &[b"DECVCAAT00001"]),
    ];
    let answer = tlv::encode(0x7C, &[&objects.concat()]);
    assert_eq!(last, format!("{}9000", hex::encode(answer)));
    let published = exchanges("terminal_exchange");
    assert_eq!(published.len(), 6);
    for exchange in &published {
        let answer = host.plain(&text(exchange, "command").unwrap());
        let response = text(exchange, "response").unwrap();
        assert_eq!(answer, response, "{}", exchange["name"]);
    }
    let shared = hex(EAC_ECDH, "key_agreement", "shared_secret");
    host.use_keys(Keys::new(Cipher::Aes128, &shared, 12));
    let signature = hex(EAC_ECDH, "terminal_authentication", "signature");
    let answer = host.command([0, 0x82, 0, 0], &signature, false);
    assert_eq!(answer, (vec![], 0x9000));
}
