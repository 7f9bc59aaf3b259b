//! The worked examples of Doc 9303-11, answered byte for byte.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::bytes::oid::Oid;
use crate::bytes::tlv;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::lds::FileId;
use crate::lds::security_infos::PaceProtocol;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::chip::tests::Given;
use crate::sim::chip::tests::SELECT_AID;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::eac::with_terminals;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::host::Keys;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::PaceOffer;
use crate::sim::personalisation::Pin;
use crate::sim::personalisation::Trailer;

const ACTIVE: &str = include_str!("../../../../tests/vectors/active_auth_rsa.toml");
const BAC: &str = include_str!("../../../../tests/vectors/bac.toml");
const KDF: &str = include_str!("../../../../tests/vectors/kdf.toml");
const SECURE_MESSAGING: &str = include_str!("../../../../tests/vectors/secure_messaging_3des.toml");
const PACE_GM_ECDH: &str = include_str!("../../../../tests/vectors/pace_gm_ecdh.toml");
const PACE_GM_DH: &str = include_str!("../../../../tests/vectors/pace_gm_dh.toml");
const PACE_IM_ECDH: &str = include_str!("../../../../tests/vectors/pace_im_ecdh.toml");
const PACE_IM_DH: &str = include_str!("../../../../tests/vectors/pace_im_dh.toml");
const PACE_CAM: &str = include_str!("../../../../tests/vectors/pace_cam.toml");
pub(super) const EAC_ECDH: &str = include_str!("../../../../tests/vectors/eac2_ecdh.toml");
pub(super) const EAC_DH: &str = include_str!("../../../../tests/vectors/eac2_dh.toml");

#[derive(Deserialize)]
struct Exchange {
    name: String,
    command: String,
    response: String,
}

#[derive(Deserialize)]
struct Transcript {
    exchange: Vec<Exchange>,
}

/// One value of a vector file.
pub(super) fn value(text: &str, table: &str, name: &str) -> String {
    let file: BTreeMap<String, toml::Value> = toml::from_str(text).unwrap();
    file[table][name].as_str().unwrap().to_owned()
}

fn replay(chip: &mut Chip, text: &str) {
    let transcript: Transcript = toml::from_str(text).unwrap();
    assert!(transcript.exchange.len() > 1);
    for exchange in transcript.exchange {
        let answer = chip.process(&hex::decode(&exchange.command).unwrap());
        assert_eq!(hex::encode(answer), exchange.response, "{}", exchange.name);
    }
}

#[test]
fn bac_and_secure_messaging_go_as_in_appendix_d() {
    let mut card = card();
    card.mrz_information = Secret::new(value(BAC, "password", "mrz_information").into_bytes());
    let com = hex::decode(value(SECURE_MESSAGING, "result", "ef_com")).unwrap();
    card.files.insert(FileId::Com, com);
    let random = Given::hex(&[
        &value(BAC, "random", "rnd_ic"),
        &value(BAC, "random", "k_ic"),
    ]);
    let mut chip = Chip::new(card, random);
    assert_eq!(
        chip.process(&hex::decode(SELECT_AID).unwrap()),
        [0x90, 0x00]
    );
    replay(&mut chip, BAC);
    replay(&mut chip, SECURE_MESSAGING);
}

/// The example sends in the clear what goes inside a channel here.
#[test]
fn active_authentication_goes_as_published_with_every_trailer() {
    let file: toml::Table = toml::from_str(ACTIVE).unwrap();
    let signatures = file["own_signature"].as_array().unwrap();
    assert_eq!(signatures.len(), 5);
    for signature in signatures {
        let part = |name| signature[name].as_str().unwrap();
        let own = |name| hex::decode(value(ACTIVE, "own_key", name)).unwrap();
        let primes = [own("prime_1"), own("prime_2")];
        let key = rsa::PrivateKey::new(
            &own("modulus"),
            &own("public_exponent"),
            &own("private_exponent"),
            primes.each_ref().map(Vec::as_slice),
        );
        let mut card = card();
        card.active = Some(ActiveKey::Rsa {
            key: key.unwrap(),
            hash: match part("hash") {
                "sha1" => Hash::Sha1,
                "sha224" => Hash::Sha224,
                "sha256" => Hash::Sha256,
                "sha384" => Hash::Sha384,
                "sha512" => Hash::Sha512,
                other => panic!("{other}"),
            },
            trailer: Trailer::Usual,
        });
        // RND.IC and K.IC of BAC, then what the signature gives back.
        let random = Given::hex(&[&"1c".repeat(24), part("m1")]);
        let mut host = Host::with(Chip::new(card, random));
        assert_eq!(host.bac("28"), "9000");
        let command = hex::decode(part("command")).unwrap();
        let (header, rest) = command.split_first_chunk().unwrap();
        let (answer, status) = host.send(*header, &rest[1..9], &rest[9..]);
        let answer = [answer, status.to_be_bytes().to_vec()].concat();
        assert_eq!(hex::encode(answer), part("response"), "{}", part("hash"));
    }
}

#[test]
fn sessions_from_every_published_secret_have_the_published_keys() {
    let file: toml::Table = toml::from_str(KDF).unwrap();
    let entries = file["kdf"].as_array().unwrap();
    let octets = |entry: &toml::Value, name: &str| {
        let text = entry.get(name).map_or("", |value| value.as_str().unwrap());
        hex::decode(text).unwrap()
    };
    let seed = |entry: &toml::Value| [octets(entry, "k"), octets(entry, "nonce")].concat();
    let counted = |entry: &toml::Value, counter| entry["counter"].as_integer() == Some(counter);
    let mut sessions = 0;
    for enc in entries.iter().filter(|entry| counted(entry, 1)) {
        let fits = |mac: &&toml::Value| {
            counted(mac, 2) && mac["cipher"] == enc["cipher"] && seed(mac) == seed(enc)
        };
        let Some(mac) = entries.iter().find(fits) else {
            continue;
        };
        let cipher = match enc["cipher"].as_str().unwrap() {
            "3des" => Cipher::TripleDes,
            "aes128" => Cipher::Aes128,
            "aes192" => Cipher::Aes192,
            "aes256" => Cipher::Aes256,
            other => panic!("{other}"),
        };
        let [enc_key, mac_key] =
            [enc, mac].map(|entry| Key::new(cipher, Secret::new(octets(entry, "key"))).unwrap());
        let mut host = Host::new(card());
        host.use_keys(Keys::printed(enc_key, mac_key));
        let mut session = Session::new(cipher, &seed(enc));
        let command = host.protect([0, 0xA4, 2, 0x0C], &[1, 0x1E], &[]);
        let command = session.open(&Apdu::parse(&command).unwrap()).unwrap();
        assert_eq!(command.data, [1, 0x1E], "{}", enc["name"]);
        let response = Response {
            data: vec![7; 20],
            status: Status::SUCCESS,
        };
        let sealed = session.seal(&response, 0xA4, None).unwrap();
        let sealed = [sealed.data, sealed.status.0.to_be_bytes().to_vec()].concat();
        assert_eq!(host.open(&sealed, false), (vec![7; 20], 0x9000));
        sessions += 1;
    }
    assert!(sessions >= 13, "{sessions}");
}

/// A chip that gives the values of a published run of PACE, and of terminal and chip authentication
/// of version 2 where they follow.
pub(super) fn pace_chip(text: &str) -> Chip {
    let file: BTreeMap<String, toml::Value> = toml::from_str(text).unwrap();
    let find = |table: &str, name: &str| {
        let value = file.get(table)?.get(name)?;
        Some(value.as_str().unwrap().to_owned())
    };
    let mut card = card();
    match find("password", "kind").unwrap().as_str() {
        "mrz" => {
            let mrz = ["document_number", "date_of_birth", "date_of_expiry"]
                .map(|name| find("password", name).unwrap());
            card.mrz_information = Secret::new(mrz.concat().into_bytes());
        }
        "pin" => {
            let pin = find("password", "value").unwrap();
            card.pin = Some(Pin::new(Secret::new(pin.into_bytes())));
        }
        other => panic!("{other}"),
    }
    let oid = hex::decode(find("parameters", "oid").unwrap()).unwrap();
    let id = file["parameters"]["parameter_id"].as_integer().unwrap();
    let domain = Domain::from_parameter_id(u8::try_from(id).unwrap()).unwrap();
    // What a random source gives for a private key: as many octets as the order or the prime has.
    let octets = match &domain {
        Domain::Curve(curve) => curve.order_len(),
        Domain::Modp(group) => group.element_len(),
    };
    let random = [
        find("nonce", "nonce"),
        find("map", "chip_map_private").map(|key| padded(&key, octets)),
        find("key_agreement", "chip_private")
            .or_else(|| find("key_agreement", "chip_private_mod_order"))
            .map(|key| padded(&key, octets)),
        find("terminal_authentication", "challenge"),
        find("chip_authentication", "nonce"),
    ];
    if file.contains_key("terminal_authentication") {
        with_terminals(&mut card, text);
    }
    card.mapping_key = find("chip_authentication", "chip_static_private").map(|key| {
        let key = Secret::new(hex::decode(key).unwrap());
        domain.private(key).unwrap()
    });
    card.pace = vec![PaceOffer {
        protocol: PaceProtocol::from_oid(Oid::new(&oid)).unwrap(),
        oid,
        domain,
        parameter_id: u8::try_from(id).unwrap(),
        advertised: Advertised::Id,
    }];
    let random = random.map(Option::unwrap_or_default);
    Chip::new(card, Given::hex(&random.each_ref().map(String::as_str)))
}

fn padded(hex: &str, octets: usize) -> String {
    format!("{hex:0>width$}", width = octets * 2)
}

#[test]
fn pace_goes_as_in_the_appendices() {
    for text in [PACE_GM_ECDH, PACE_GM_DH, PACE_IM_ECDH, PACE_IM_DH, PACE_CAM] {
        replay(&mut pace_chip(text), text);
    }
}

/// The worked example of EAC version 2 names values and no commands.
#[test]
fn pace_with_the_pin_goes_as_in_the_worked_example_of_eac() {
    for text in [EAC_ECDH, EAC_DH] {
        let mut chip = pace_chip(text);
        let of = |table, name| hex::decode(value(text, table, name)).unwrap();
        let set = [
            tlv::encode(0x80, &[&of("parameters", "oid")]),
            tlv::encode(0x83, &[&[3]]),
        ]
        .concat();
        let mut send = |header: [u8; 4], data: &[u8], le: &[u8]| {
            let length = u8::try_from(data.len()).unwrap();
            let mut answer = chip.process(&[&header[..], &[length], data, le].concat());
            let status = answer.split_off(answer.len() - 2);
            assert_eq!(status, [0x90, 0x00]);
            answer
        };
        assert!(send([0, 0x22, 0xC1, 0xA4], &set, &[]).is_empty());
        let dynamic = |tag, value: &[u8]| tlv::encode(0x7C, &[&tlv::encode(tag, &[value])]);
        let nonce = send([0x10, 0x86, 0, 0], &[0x7C, 0], &[0]);
        assert_eq!(nonce, dynamic(0x80, &of("nonce", "nonce_encrypted")));
        for (class, tag, table, ours, theirs) in [
            (0x10, 0x81, "map", "terminal_map_public", "chip_map_public"),
            (
                0x10,
                0x83,
                "key_agreement",
                "terminal_public",
                "chip_public",
            ),
            (0x00, 0x85, "tokens", "token_terminal", "token_chip"),
        ] {
            let data = dynamic(tag, &of(table, ours));
            let answer = send([class, 0x86, 0, 0], &data, &[0]);
            assert_eq!(answer, dynamic(tag + 1, &of(table, theirs)), "{theirs}");
        }
    }
}
