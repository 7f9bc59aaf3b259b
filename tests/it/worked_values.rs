//! What the worked examples print between their commands: every value follows from the ones before.

use cancuoc::bytes::oid::Oid;
use cancuoc::bytes::tlv;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::algorithm::agreement_key;
use cancuoc::crypto::cipher;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::kdf;
use cancuoc::crypto::kdf::Purpose;
use cancuoc::crypto::mac;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::ins;
use cancuoc::lds::mrz::Mrz;
use cancuoc::lds::mrz::check_digit;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::secret::Secret;
use openssl::bn::BigNum;
use openssl::bn::BigNumContext;
use toml::Table;
use toml::Value;

use crate::transcripts::file;
use crate::transcripts::member;
use crate::transcripts::octets;
use crate::transcripts::text;

const ACTIVE: &str = include_str!("../vectors/active_auth_rsa.toml");
const BAC: &str = include_str!("../vectors/bac.toml");
const CAM: &str = include_str!("../vectors/pace_cam.toml");
const CHECK_DIGITS: &str = include_str!("../vectors/check_digits.toml");
const EAC2_DH: &str = include_str!("../vectors/eac2_dh.toml");
const EAC2_ECDH: &str = include_str!("../vectors/eac2_ecdh.toml");
const GM_DH: &str = include_str!("../vectors/pace_gm_dh.toml");
const GM_ECDH: &str = include_str!("../vectors/pace_gm_ecdh.toml");
const IM_DH: &str = include_str!("../vectors/pace_im_dh.toml");
const IM_ECDH: &str = include_str!("../vectors/pace_im_ecdh.toml");
const KDF: &str = include_str!("../vectors/kdf.toml");
const SECURE_MESSAGING: &str = include_str!("../vectors/secure_messaging_3des.toml");

/// Prime of brainpoolP256r1 (RFC 5639 §3.4).
const FIELD: &str = "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377";

/// Order of brainpoolP256r1 (RFC 5639 §3.4).
const ORDER: &str = "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7";

fn key(cipher: Cipher, octets: Vec<u8>) -> Key {
    Key::new(cipher, Secret::new(octets)).unwrap()
}

/// Whether two keys are one: neither shows itself.
fn same(a: &Key, b: &Key) -> bool {
    let block = vec![0x5A; a.cipher().block_len()];
    a.cipher() == b.cipher() && a.encrypt(&[], &block).unwrap() == b.encrypt(&[], &block).unwrap()
}

fn printed(file: &Table, table: &str, name: &str) -> String {
    hex::encode(octets(file, table, name))
}

/// `number` modulo `modulus`, as long as the modulus.
fn modulo(number: &[u8], modulus: &[u8]) -> Vec<u8> {
    let of = |octets: &[u8]| BigNum::from_slice(octets).unwrap();
    let mut rest = BigNum::new().unwrap();
    let mut context = BigNumContext::new().unwrap();
    rest.nnmod(&of(number), &of(modulus), &mut context).unwrap();
    rest.to_vec_padded(i32::try_from(modulus.len()).unwrap())
        .unwrap()
}

#[test]
fn every_value_of_basic_access_control_follows() {
    let file = file(BAC);
    let of = |table: &str, name: &str| octets(&file, table, name);
    let fields = ["document_number", "date_of_birth", "date_of_expiry"].map(|name| {
        let field = text(&file, "password", name);
        let digit = text(&file, "password", &format!("{name}_check_digit"));
        assert_eq!(check_digit(field).map(String::from).as_deref(), Some(digit));
        format!("{field}{digit}")
    });
    let information = text(&file, "password", "mrz_information");
    assert_eq!(fields.concat(), information);
    let digest = Hash::Sha1.digest(&[information.as_bytes()]);
    assert_eq!(digest, of("password", "sha1_mrz_information"));
    assert_eq!(digest[..16], of("password", "k_seed"));

    for (table, enc, mac) in [
        ("document_keys", "k_enc", "k_mac"),
        ("session", "ks_enc", "ks_mac"),
    ] {
        let seed = match table {
            "session" => of("session", "k_seed"),
            _ => of("password", "k_seed"),
        };
        for (name, purpose) in [(enc, Purpose::Encryption), (mac, Purpose::Authentication)] {
            let derived = kdf::derive(Cipher::TripleDes, &seed, purpose);
            assert!(same(&derived, &key(Cipher::TripleDes, of(table, name))));
        }
    }
    let [rnd_ic, rnd_ifd, k_ifd, k_ic] =
        ["rnd_ic", "rnd_ifd", "k_ifd", "k_ic"].map(|name| of("random", name));
    let enc = key(Cipher::TripleDes, of("document_keys", "k_enc"));
    let mac = key(Cipher::TripleDes, of("document_keys", "k_mac"));
    for (table, names, plain) in [
        (
            "terminal",
            ["s", "e_ifd", "m_ifd", "cmd_data"],
            [&rnd_ifd, &rnd_ic, &k_ifd],
        ),
        (
            "chip",
            ["r", "e_ic", "m_ic", "resp_data"],
            [&rnd_ic, &rnd_ifd, &k_ic],
        ),
    ] {
        let plain = plain.map(Vec::as_slice).concat();
        let [s, e, m, data] = names.map(|name| of(table, name));
        assert_eq!(plain, s);
        assert_eq!(enc.encrypt(&[], &s).unwrap(), e);
        assert_eq!(enc.decrypt(&[], &e).unwrap(), s);
        assert_eq!(mac::tag(&mac, &[&e]).as_slice(), m);
        assert_eq!([e, m].concat(), data);
    }
    let seed: Vec<u8> = k_ifd.iter().zip(&k_ic).map(|(a, b)| a ^ b).collect();
    assert_eq!(seed, of("session", "k_seed"));
    assert_eq!([&rnd_ic[4..], &rnd_ifd[4..]].concat(), of("session", "ssc"));
}

#[test]
fn every_value_of_secure_messaging_follows() {
    let file = file(SECURE_MESSAGING);
    let session = |name| key(Cipher::TripleDes, octets(&file, "session", name));
    let (enc, mac) = (session("ks_enc"), session("ks_mac"));
    let count = |counter: &[u8]| {
        let counter = u64::from_be_bytes(counter.try_into().unwrap());
        (counter + 1).to_be_bytes().to_vec()
    };
    let mut counter = octets(&file, "session", "ssc");
    let mut read = Vec::new();
    for exchange in file["exchange"].as_array().unwrap() {
        let of = |name: &str| member(exchange, name);
        let optional = |name: &str| exchange.get(name).map(|_| of(name)).unwrap_or_default();
        assert_eq!(of("ssc_before"), counter);
        counter = count(&counter);
        assert_eq!(of("ssc_command"), counter);
        let plain = of("command_plain");
        let header = [&[plain[0] | 0x0C], &plain[1..4]].concat();
        let padded = cipher::pad(&header, 8);
        assert_eq!(padded, of("cmd_header_padded"));
        if exchange.get("do87").is_some() {
            let data = cipher::pad(&plain[5..], 8);
            assert_eq!(data, of("data_padded"));
            let cryptogram = enc.encrypt(&[], &data).unwrap();
            assert_eq!(cryptogram, of("encrypted_data"));
            let object = tlv::encode(0x87, &[&[0x01], &cryptogram]);
            assert_eq!(object, of("do87"));
        } else {
            assert_eq!(tlv::encode(0x97, &[&plain[4..]]), of("do97"));
        }
        let objects = [optional("do87"), optional("do97")].concat();
        let m = [padded, objects.clone()].concat();
        assert_eq!(m, of("m"));
        let n = [counter.clone(), m].concat();
        assert_eq!(cipher::pad(&n, 8), of("n"));
        let cc = mac::tag(&mac, &[&n]);
        assert_eq!(cc.as_slice(), of("cc"));
        let checksum = tlv::encode(0x8E, &[&cc]);
        assert_eq!(checksum, of("do8e"));
        let length = u8::try_from(objects.len() + checksum.len()).unwrap();
        let command = [header, vec![length], objects, checksum, vec![0]];
        assert_eq!(command.concat(), of("command"));

        counter = count(&counter);
        assert_eq!(of("ssc_response"), counter);
        let response = of("response");
        // Before the checksum with its header and the status word.
        let (objects, end) = response.split_at(response.len() - 12);
        let k = [counter.as_slice(), objects].concat();
        assert_eq!(cipher::pad(&k, 8), of("k"));
        if exchange.get("k_printed").is_some() {
            assert_eq!(k, of("k_printed"));
        }
        let cc = mac::tag(&mac, &[&k]);
        assert_eq!(cc.as_slice(), of("cc_response"));
        let checksum = tlv::encode(0x8E, &[&cc]);
        assert_eq!([&checksum, &[0x90, 0x00][..]].concat(), end);
        let mut data = Vec::new();
        if exchange.get("decrypted_data").is_some() {
            let (header, cryptogram) = objects[..objects.len() - 4].split_at(3);
            assert_eq!((header[0], header[2]), (0x87, 0x01));
            let padded = enc.decrypt(&[], cryptogram).unwrap();
            data = cipher::unpad(&padded).unwrap().to_vec();
            assert_eq!(data, of("decrypted_data"));
        }
        read.extend_from_slice(&data);
        assert_eq!([data, vec![0x90, 0x00]].concat(), of("response_plain"));
    }
    assert_eq!(read, octets(&file, "result", "ef_com"));
}

/// From the password to the tokens; the agreements themselves are beside the code of the groups.
#[test]
fn every_value_of_pace_follows() {
    for vector in [GM_ECDH, GM_DH, IM_ECDH, IM_DH, CAM, EAC2_ECDH, EAC2_DH] {
        let file = file(vector);
        let of = |table: &str, name: &str| octets(&file, table, name);
        let password = match text(&file, "password", "kind") {
            "mrz" => {
                let zone = ["document_number", "date_of_birth", "date_of_expiry"].map(|name| {
                    let field = text(&file, "password", name);
                    let (value, digit) = field.split_at(field.len() - 1);
                    assert_eq!(check_digit(value).map(String::from).as_deref(), Some(digit));
                    field
                });
                Hash::Sha1.digest(&[zone.concat().as_bytes()])
            }
            _ => text(&file, "password", "value").as_bytes().to_vec(),
        };
        assert_eq!(password, of("password", "k"));
        let derived = kdf::derive(Cipher::Aes128, &password, Purpose::Password);
        assert!(same(&derived, &key(Cipher::Aes128, of("password", "k_pi"))));
        let [nonce, encrypted] = ["nonce", "nonce_encrypted"].map(|name| of("nonce", name));
        assert_eq!(derived.encrypt(&[], &nonce).unwrap(), encrypted);
        assert_eq!(derived.decrypt(&[], &encrypted).unwrap(), nonce);

        let oid = of("parameters", "oid");
        let protocol = PaceProtocol::from_oid(Oid::new(&oid));
        let id = file["parameters"]["parameter_id"].as_integer().unwrap();
        let id = u32::try_from(id).unwrap();
        if file["parameters"].get("pace_info").is_some() {
            let set = tlv::encode(0x31, &[&of("parameters", "pace_info")]);
            let [info] = SecurityInfos::decode(&set)
                .unwrap()
                .pace
                .try_into()
                .unwrap();
            assert_eq!((&info.oid, info.protocol), (&oid, protocol));
            assert_eq!((info.version, info.parameter_id), (2, Some(id)));
        }
        let domain = Domain::from_parameter_id(u8::try_from(id).unwrap()).unwrap();
        let tag = match &domain {
            Domain::Curve(curve) => {
                assert_eq!(text(&file, "parameters", "curve"), curve.name());
                0x86
            }
            Domain::Modp(group) => {
                assert_eq!(
                    printed(&file, "parameters", "p"),
                    hex::encode(group.prime())
                );
                let order = hex::encode(group.order().unwrap());
                assert_eq!(printed(&file, "parameters", "q"), order);
                let generator = of("parameters", "g");
                assert_eq!(modulo(group.generator(), group.prime()), generator);
                0x84
            }
        };
        if file["map"].get("pseudo_random").is_some() {
            let prime = match &domain {
                Domain::Modp(group) => group.prime().to_vec(),
                Domain::Curve(_) => hex::decode(FIELD).unwrap(),
            };
            assert_eq!(
                hex::encode(modulo(&of("map", "pseudo_random"), &prime)),
                printed(&file, "map", "pseudo_random_mod_p")
            );
        }
        let shared = of("key_agreement", "shared_secret");
        for (name, purpose) in [
            ("ks_enc", Purpose::Encryption),
            ("ks_mac", Purpose::Authentication),
        ] {
            let derived = kdf::derive(Cipher::Aes128, &shared, purpose);
            assert!(same(&derived, &key(Cipher::Aes128, of("session", name))));
        }
        let mac = key(Cipher::Aes128, of("session", "ks_mac"));
        for (side, peer) in [("terminal", "chip"), ("chip", "terminal")] {
            let public = of("key_agreement", &format!("{peer}_public"));
            let objects = [tlv::encode(0x06, &[&oid]), tlv::encode(tag, &[&public])];
            let input = tlv::encode(0x7F49, &[&objects.concat()]);
            assert_eq!(input, of("tokens", &format!("token_{side}_input")));
            let token = mac::tag(&mac, &[&input]);
            assert_eq!(token.as_slice(), of("tokens", &format!("token_{side}")));
        }
    }
}

#[test]
fn every_value_of_chip_authentication_mapping_follows() {
    let file = file(CAM);
    let of = |name| octets(&file, "chip_authentication", name);
    let enc = key(Cipher::Aes128, octets(&file, "session", "ks_enc"));
    let iv = enc.encrypt(&[], &[0xFF; 16]).unwrap();
    assert_eq!(iv, of("iv"));
    assert_eq!(cipher::pad(&of("data"), 16), of("data_padded"));
    assert_eq!(
        enc.encrypt(&iv, &of("data_padded")).unwrap(),
        of("data_encrypted")
    );
    let order = hex::decode(ORDER).unwrap();
    assert_eq!(
        hex::encode(modulo(
            &octets(&file, "key_agreement", "chip_private_printed"),
            &order
        )),
        printed(&file, "key_agreement", "chip_private_mod_order")
    );
    // ChipAuthenticationPublicKeyInfo: the key stands behind the object identifier.
    let info = of("public_key_info");
    let key = agreement_key(&info[13..info.len() - 3]).unwrap();
    assert_eq!(key.data(), of("chip_static_public"));
    let infos = SecurityInfos::decode(&tlv::encode(0x31, &[&info])).unwrap();
    assert_eq!(infos.chip_keys[0].key.as_ref(), Some(&key));
}

#[test]
fn every_value_of_active_authentication_follows() {
    let file = file(ACTIVE);
    let of = |name| octets(&file, "values", name);
    assert_eq!(of("m2"), of("rnd_ifd"));
    assert_eq!([of("m1"), of("m2")].concat(), of("m"));
    let digest = Hash::Sha1.digest(&[&of("m")]);
    assert_eq!(digest, of("h"));
    let f = [&[0x6A], of("m1").as_slice(), &digest, &[0xBC]].concat();
    assert_eq!(f, of("f"));
    let number = |name| file["parameters"][name].as_integer().unwrap();
    let bits = |octets: &[u8]| i64::try_from(octets.len() * 8).unwrap();
    assert_eq!(bits(&f), number("modulus_bits"));
    assert_eq!(bits(&of("m1")), number("m1_bits"));
    // c = k - L_h - 8t - 4, and what is recovered is as long as c, less four bits.
    assert_eq!(number("c_bits"), bits(&f) - bits(&digest) - 8 - 4);
    assert_eq!(number("m1_bits"), number("c_bits") - 4);
    assert_eq!(of("s").len(), f.len());
    for signature in file["own_signature"].as_array().unwrap() {
        let part = |name| member(signature, name);
        let (hash, trailer): (_, &[u8]) = match signature["hash"].as_str().unwrap() {
            "sha1" => (Hash::Sha1, &[0xBC]),
            "sha224" => (Hash::Sha224, &[0x38, 0xCC]),
            "sha256" => (Hash::Sha256, &[0x34, 0xCC]),
            "sha384" => (Hash::Sha384, &[0x36, 0xCC]),
            "sha512" => (Hash::Sha512, &[0x35, 0xCC]),
            other => panic!("{other}"),
        };
        let digest = hash.digest(&[&part("m1"), &of("m2")]);
        assert_eq!(digest, part("h"));
        let f = [&[0x6A], part("m1").as_slice(), &digest, trailer].concat();
        assert_eq!(f, part("f"));
        assert!(of("m1").starts_with(&part("m1")));
    }
}

fn kdf_entry(entry: &Value) -> (Cipher, Vec<u8>) {
    let cipher = match entry["cipher"].as_str().unwrap() {
        "3des" => Cipher::TripleDes,
        "aes128" => Cipher::Aes128,
        "aes192" => Cipher::Aes192,
        "aes256" => Cipher::Aes256,
        other => panic!("{other}"),
    };
    let nonce = entry.get("nonce").map(|_| member(entry, "nonce"));
    let seed = [member(entry, "k"), nonce.unwrap_or_default()].concat();
    (cipher, seed)
}

#[test]
fn sessions_from_every_published_secret_have_the_published_keys() {
    let file = file(KDF);
    let entries = file["kdf"].as_array().unwrap();
    let counter = |entry: &Value| entry["counter"].as_integer();
    let mut sessions = 0;
    for enc in entries.iter().filter(|entry| counter(entry) == Some(1)) {
        let (cipher, seed) = kdf_entry(enc);
        let Some(mac) = entries
            .iter()
            .find(|mac| counter(mac) == Some(2) && kdf_entry(mac) == (cipher, seed.clone()))
        else {
            continue;
        };
        let [enc, mac] = [enc, mac].map(|entry| key(cipher, member(entry, "key")));
        let zeros = vec![0; cipher.block_len()];
        let mut expected = SecureMessaging::new(enc, mac, &zeros).unwrap();
        let mut session = SecureMessaging::from_shared(cipher, &seed);
        let command = Command::new(ins::READ_BINARY, 0, 4).with_data(vec![7; 20]);
        assert_eq!(session.protect(&command), expected.protect(&command));
        sessions += 1;
    }
    assert!(sessions >= 13, "{sessions}");
    for entry in entries {
        let (cipher, seed) = kdf_entry(entry);
        let purpose = match counter(entry) {
            Some(1) => Purpose::Encryption,
            Some(2) => Purpose::Authentication,
            _ => Purpose::Password,
        };
        let derived = kdf::derive(cipher, &seed, purpose);
        assert!(same(&derived, &key(cipher, member(entry, "key"))));
        // What is printed on the way to the key.
        let number = u32::try_from(counter(entry).unwrap()).unwrap();
        let hash = match entry["hash"].as_str().unwrap() {
            "sha1" => Hash::Sha1,
            "sha256" => Hash::Sha256,
            other => panic!("{other}"),
        };
        let digest = hash.digest(&[&seed, &number.to_be_bytes()]);
        for (name, part) in [
            ("digest", digest.as_slice()),
            ("ka_before_parity", &digest[..8]),
            ("kb_before_parity", &digest[8..16]),
        ] {
            if entry.get(name).is_some() {
                assert_eq!(member(entry, name), part, "{name}");
            }
        }
    }
}

#[test]
fn every_published_zone_and_digit_follows() {
    let file = file(CHECK_DIGITS);
    let weigh = |input: &str| -> u32 {
        let weights = [7, 3, 1].into_iter().cycle();
        let values = input.chars().map(|octet| octet.to_digit(36).unwrap_or(0));
        values
            .zip(weights)
            .map(|(value, weight)| value * weight)
            .sum()
    };
    for entry in file["check_digit"].as_array().unwrap() {
        let input = entry["input"].as_str().unwrap();
        let digit = entry["digit"].as_str().unwrap();
        assert_eq!(check_digit(input).map(String::from).as_deref(), Some(digit));
        if let Some(sum) = entry.get("sum") {
            assert_eq!(sum.as_integer(), Some(i64::from(weigh(input))));
        }
        // A composite is taken from the zone: each field of it, in order, and the digit last.
        let Some(lines) = entry.get("lines") else {
            continue;
        };
        let lines: Vec<&str> = lines
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect();
        let (places, at): (&[(usize, usize)], usize) = match lines.last().unwrap().len() {
            44 => (&[(0, 10), (13, 20), (21, 43)], 43),
            36 => (&[(0, 10), (13, 20), (21, 35)], 35),
            _ => (&[(5, 30), (30, 37), (38, 45), (48, 59)], 59),
        };
        let zone = lines.concat();
        let fields: String = places.iter().map(|&(from, to)| &zone[from..to]).collect();
        assert_eq!(fields, input);
        assert_eq!(&zone[at..=at], digit);
    }
    for zone in file["mrz"].as_array().unwrap() {
        let lines: Vec<&str> = zone["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect();
        let mrz = Mrz::parse(&lines.concat()).unwrap();
        let information = mrz.key();
        let digest = Hash::Sha1.digest(&[information.information().expose()]);
        assert_eq!(digest, member(zone, "sha1"));
    }
}
