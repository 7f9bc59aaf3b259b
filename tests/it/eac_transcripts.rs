//! The published runs of extended access control version 2, step by step on the terminal's side:
//! PACE with the PIN, the first command behind it, terminal and chip authentication.

use std::collections::BTreeSet;

use cancuoc::bytes::oid::Oid;
use cancuoc::bytes::tlv;
use cancuoc::bytes::tlv::Reader;
use cancuoc::channel::chip_auth;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Password;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::channel::terminal_auth;
use cancuoc::channel::terminal_auth::Binding;
use cancuoc::channel::terminal_auth::Next;
use cancuoc::channel::terminal_auth::Version;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::agreement::Private;
use cancuoc::crypto::cipher;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::mac;
use cancuoc::crypto::signature::Scheme;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Form;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::Status;
use cancuoc::iso7816::ins;
use cancuoc::lds::card_security;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc::pki::cvc::CvCertificate;
use cancuoc::pki::cvc::chain::Holder;
use cancuoc::pki::cvc::chat::Role;
use cancuoc::pki::signer;
use cancuoc::pki::signer::SignerFault;
use cancuoc::secret::Secret;
use cancuoc::terminal::Terminal;
use cancuoc::terminal::file::Key as FileKey;
use jiff::civil::Date;
use toml::Table;

use crate::pace_transcripts::run;
use crate::transcripts::Published;
use crate::transcripts::file;
use crate::transcripts::member;
use crate::transcripts::octets;
use crate::transcripts::protected;
use crate::transcripts::sent;

const ECDH: &str = include_str!("../vectors/eac2_ecdh.toml");
const DH: &str = include_str!("../vectors/eac2_dh.toml");

const TA: &str = "terminal_authentication";
const CA: &str = "chip_authentication";

fn both() -> [Table; 2] {
    [ECDH, DH].map(file)
}

fn domain(published: &Table) -> Domain {
    let id = published["parameters"]["parameter_id"].as_integer();
    Domain::from_parameter_id(u8::try_from(id.unwrap()).unwrap()).unwrap()
}

fn private(published: &Table, name: &str) -> Private {
    let scalar = Secret::new(octets(published, CA, name));
    domain(published).private(scalar).unwrap()
}

/// Authority, verifier, terminal.
fn certificates(published: &Table) -> [CvCertificate; 3] {
    ["cvca", "dv", "terminal"].map(|name| {
        let bytes = octets(published, TA, &format!("{name}_certificate"));
        CvCertificate::decode(&bytes).unwrap()
    })
}

/// A day on which the whole chain is in force.
fn day(published: &Table) -> Date {
    published["certificate"][2]["effective"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn binding(published: &Table) -> Binding {
    Binding {
        chip: octets(published, TA, "chip_identifier"),
        ephemeral: octets(published, TA, "compressed_ephemeral_key"),
    }
}

fn said(data: Vec<u8>) -> Response {
    Response {
        data,
        status: Status::SUCCESS,
    }
}

/// The published command of a step and its answer, as far as there are any: over the curve all but
/// the last, over the prime field the first.
fn terminal_exchange(published: &Table, name: &str) -> Option<(Vec<u8>, Response)> {
    let found = match published.get("terminal_exchange") {
        Some(exchanges) => exchanges
            .as_array()
            .unwrap()
            .iter()
            .find(|exchange| exchange["name"].as_str() == Some(name))?,
        None => published
            .get("sm_exchange")
            .filter(|first| first["name"].as_str() == Some(name))?,
    };
    let response = Response::parse(member(found, "response")).unwrap();
    Some((member(found, "command"), response))
}

fn header(command: &Command) -> [u8; 4] {
    [command.class, command.instruction, command.p1, command.p2]
}

/// The first command has its objects in another order: there the parameters come last.
#[test]
fn pace_with_the_terminals_rights_goes_as_published() {
    let published = file(ECDH);
    let exchanges = published["pace_exchange"].as_array().unwrap();
    let oid = octets(&published, "parameters", "oid");
    let parameters = pace::Parameters {
        protocol: PaceProtocol::from_oid(Oid::new(&oid)).unwrap(),
        oid,
        domain: domain(&published),
        reference: Some(13),
    };
    let mut random = Published::of(vec![
        octets(&published, "map", "terminal_map_private"),
        octets(&published, "key_agreement", "terminal_private"),
    ]);
    let [_, _, terminal] = certificates(&published);
    let rights = terminal.chat.rights().terminal_template();
    let password = Password::pin(&Secret::copy_of(b"123456"));
    let answer = |step: usize| Response::parse(member(&exchanges[step], "response")).unwrap();
    let is_published = |step: usize, command: &Command| {
        let published = member(&exchanges[step], "command");
        assert_eq!(hex::encode(sent(command)), hex::encode(published));
    };
    let (step, command) = pace::start(parameters, &password, Some(&rights));
    let objects = |data: &[u8]| {
        let mut reader = Reader::new(data);
        let mut objects = BTreeSet::new();
        while !reader.at_end() {
            objects.insert(reader.element("object").unwrap().raw.to_vec());
        }
        objects
    };
    let first = member(&exchanges[0], "command");
    let (header, data) = first.split_at(5);
    assert_eq!(sent(&command)[..5], *header);
    assert_eq!(objects(&command.data), objects(data));
    let (step, command) = step.selected(&answer(0)).unwrap();
    is_published(1, &command);
    let (step, command) = step.nonce(&answer(1), &mut random).unwrap();
    is_published(2, &command);
    let (step, command) = step.mapped(&answer(2), &mut random).unwrap();
    is_published(3, &command);
    let (_, command) = step.agreed(&answer(3)).unwrap();
    is_published(4, &command);
    assert!(random.is_drawn());
}

#[test]
fn terminal_authentication_goes_as_published_from_the_channel_of_pace_to_the_signature() {
    for published in both() {
        let mut established = run(&published, "", |_| {}).unwrap();
        let chip = established.chip_ephemeral.compressed();
        let ephemeral = private(&published, "terminal_private")
            .public()
            .compressed();
        let bound = Binding { chip, ephemeral };
        assert!(bound == binding(&published));

        let [cvca, dv, terminal] = certificates(&published);
        let oid = octets(&published, TA, "oid");
        let version = Version::Two {
            oid: oid.clone(),
            auxiliary: None,
        };
        let chain = [dv.clone(), terminal.clone()];
        let Next::Certificate(step, command) = terminal_auth::start(&chain, version, bound) else {
            panic!("a certificate first");
        };
        assert_eq!(
            hex::encode(sent(&command)),
            hex::encode(octets(&published, "sm_exchange", "command_plain"))
        );
        assert_eq!(command.data, octets(&published, "sm_encrypt", "data"));
        let session = &mut established.session;
        let mut exchange = |name, command: &Command, answer| {
            let Some((protected_command, response)) = terminal_exchange(&published, name) else {
                return said(answer);
            };
            let protected = session.protect(command).unwrap();
            let most = if protected.data.len() > 255 {
                65_536
            } else {
                256
            };
            let form = if most > 256 {
                Form::Extended
            } else {
                Form::Short
            };
            let protected = protected.expecting(most).encode(form).unwrap();
            assert_eq!(hex::encode(protected), hex::encode(protected_command));
            let opened = session.unprotect(&response).unwrap();
            assert_eq!(opened, said(answer), "{name}");
            opened
        };
        let (step, command) = step
            .selected(&exchange("mse_set_dst", &command, Vec::new()))
            .unwrap();
        let reference = |of: &CvCertificate| tlv::encode(0x83, &[of.holder.octets()]);
        assert_eq!(header(&command), [0x00, 0x2A, 0x00, 0xBE]);
        let whole = tlv::encode(0x7F21, &[&command.data]);
        assert_eq!(whole, octets(&published, TA, "dv_certificate"));
        let answer = exchange("verify_certificate_dv", &command, Vec::new());
        let Next::Certificate(step, command) = step.verified(&answer).unwrap() else {
            panic!("two certificates");
        };
        assert_eq!(header(&command), [0x00, 0x22, 0x81, 0xB6]);
        assert_eq!(command.data, reference(&dv));
        assert_eq!(chain[0].authority, cvca.holder);
        let (step, command) = step
            .selected(&exchange("mse_set_dst_dv", &command, Vec::new()))
            .unwrap();
        let whole = tlv::encode(0x7F21, &[&command.data]);
        assert_eq!(whole, octets(&published, TA, "terminal_certificate"));
        let answer = exchange("verify_certificate_terminal", &command, Vec::new());
        let Next::Terminal(step, command) = step.verified(&answer).unwrap() else {
            panic!("no third certificate");
        };
        assert_eq!(header(&command), [0x00, 0x22, 0x81, 0xA4]);
        let announced = octets(&published, TA, "compressed_ephemeral_key");
        let expected = [
            tlv::encode(0x80, &[&oid]),
            reference(&terminal),
            tlv::encode(0x91, &[&announced]),
        ];
        assert_eq!(command.data, expected.concat());
        let (step, command) = step
            .selected(&exchange("mse_set_at", &command, Vec::new()))
            .unwrap();
        assert_eq!(sent(&command), [0x00, 0x84, 0x00, 0x00, 0x08]);
        let challenge = octets(&published, TA, "challenge");
        let step = step
            .challenge(&exchange("get_challenge", &command, challenge))
            .unwrap();
        assert_eq!(step.message(), octets(&published, TA, "signed_data"));
        let signature = octets(&published, TA, "signature");
        let (step, command) = step.signed(signature.clone());
        assert_eq!(header(&command), [0x00, 0x82, 0x00, 0x00]);
        assert_eq!(command.data, signature);
        assert_eq!(step.finished(&said(Vec::new())), Ok(()));
    }
}

/// PKCS#1 v1.5 comes out byte for byte. An ECDSA signature depends on a nonce that nobody printed:
/// there the published one is verified, and ours beside it.
#[test]
fn the_published_terminal_signs_as_published() {
    for (published, deterministic) in [(file(ECDH), false), (file(DH), true)] {
        let key = FileKey::decode(&octets(&published, TA, "terminal_key_pkcs8")).unwrap();
        let [cvca, dv, certificate] = certificates(&published);
        let authorities = [cvca.holder.octets().to_vec()];
        let terminal =
            Terminal::new(vec![certificate, dv, cvca], Box::new(key), day(&published)).unwrap();
        let chain = terminal.chain(&authorities).unwrap();
        let message = octets(&published, TA, "signed_data");
        let signature = octets(&published, TA, "signature");
        let ours = terminal.sign(&chain, &message).unwrap();
        assert_eq!(ours.len(), signature.len());
        assert_eq!(ours == signature, deterministic);
        let holder = chain.terminal();
        let verify = |message: &[u8], signature: &[u8]| {
            let scheme = holder.scheme();
            holder.key().verify(scheme, &[message], signature).is_ok()
        };
        assert!(verify(&message, &ours));
        assert!(verify(&message, &signature));
        for bit in 0..message.len() * 8 {
            let mut changed = message.clone();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            // Every 13th, and both ends: each costs a verification.
            if bit % 13 == 0 || bit + 1 == message.len() * 8 {
                assert!(!verify(&changed, &signature), "bit {bit}");
            }
        }
    }
}

#[test]
fn the_published_certificates_say_what_the_example_says_and_hang_together() {
    for (published, scheme) in [
        (file(ECDH), Scheme::EcdsaPlain(Hash::Sha512)),
        (file(DH), Scheme::RsaPkcs1(Hash::Sha1)),
    ] {
        let [cvca, dv, terminal] = certificates(&published);
        let listed = published["certificate"].as_array().unwrap();
        for (certificate, listed) in [&cvca, &dv, &terminal].into_iter().zip(listed) {
            let text = |name: &str| listed[name].as_str().unwrap();
            assert_eq!(certificate.authority.to_string(), text("authority"));
            assert_eq!(certificate.holder.to_string(), text("holder"));
            assert_eq!(hex::encode(certificate.key.oid()), text("key_oid"));
            assert_eq!(certificate.effective.to_string(), text("effective"));
            assert_eq!(certificate.expiration.to_string(), text("expiration"));
            let template = [
                tlv::encode(0x06, &[&hex::decode(text("terminal_type")).unwrap()]),
                tlv::encode(0x53, &[&hex::decode(text("authorization")).unwrap()]),
            ];
            let template = tlv::encode(0x7F4C, &[&template.concat()]);
            let body = certificate.body();
            assert!(
                body.windows(template.len())
                    .any(|window| window == template)
            );
            assert!(certificate.extensions.is_empty());
        }
        assert!(cvca.is_self_signed());
        let roles = [&cvca, &dv, &terminal].map(|certificate| certificate.chat.role());
        assert_eq!(roles, [Role::Cvca, Role::DomesticVerifier, Role::Terminal]);
        let today = day(&published);
        let authority = Holder::authority(&cvca).unwrap();
        let verifier = authority.issued(&dv, today).unwrap();
        let holder = verifier.issued(&terminal, today).unwrap();
        assert_eq!(holder.algorithm(), octets(&published, TA, "oid"));
        assert_eq!(holder.scheme(), scheme);
        // The terminal's certificate is not the authority's work.
        assert!(authority.issued(&terminal, today).is_err());
    }
}

#[test]
fn chip_authentication_goes_as_published_down_to_the_session_keys() {
    for published in both() {
        let value = |name| octets(&published, CA, name);
        let parameters = chip_auth::Parameters {
            oid: value("oid"),
            cipher: Cipher::Aes128,
            public: domain(&published).public(&value("chip_public")).unwrap(),
            key_id: None,
        };
        let ephemeral = private(&published, "terminal_private");
        let (step, command) = chip_auth::start_version_two(&parameters, &ephemeral).unwrap();
        let data = tlv::encode(0x80, &[&value("oid")]);
        let length = u8::try_from(data.len()).unwrap();
        assert_eq!(
            sent(&command),
            [&[0x00, 0x22, 0x41, 0xA4, length], data.as_slice()].concat()
        );
        let (step, command) = step.selected(&said(Vec::new())).unwrap();
        let public = tlv::encode(0x80, &[&value("terminal_public")]);
        let data = tlv::encode(0x7C, &[&public]);
        let length = u8::try_from(data.len()).unwrap();
        assert_eq!(
            sent(&command),
            [&[0x00, 0x86, 0x00, 0x00, length], data.as_slice(), &[0x00]].concat()
        );
        let answer = [
            tlv::encode(0x81, &[&value("nonce")]),
            tlv::encode(0x82, &[&value("token")]),
        ];
        let answer = tlv::encode(0x7C, &[&answer.concat()]);
        let mut agreed = step.token(&said(answer)).unwrap();
        assert_eq!(agreed.ephemeral.data(), value("terminal_public"));
        let key = |name| Key::new(Cipher::Aes128, Secret::new(value(name))).unwrap();
        let mut expected = SecureMessaging::new(key("ks_enc"), key("ks_mac"), &[0; 16]).unwrap();
        for offset in [0, 4] {
            let command = Command::new(ins::READ_BINARY, 0x9E, offset)
                .with_data(vec![0x54, 0x00])
                .expecting(4);
            assert_eq!(
                protected(&mut agreed.session, &command),
                protected(&mut expected, &command)
            );
        }
        let token = mac::tag(&key("ks_mac"), &[&value("token_input")]);
        assert_eq!(token.as_slice(), value("token"));
    }
}

#[test]
fn the_first_cryptogram_and_the_first_code_behind_pace_come_out() {
    for published in both() {
        let key = |name| {
            let octets = Secret::new(octets(&published, "session", name));
            Key::new(Cipher::Aes128, octets).unwrap()
        };
        let encrypted = |name| octets(&published, "sm_encrypt", name);
        let iv = key("ks_enc").encrypt(&[], &encrypted("ssc")).unwrap();
        assert_eq!(iv, encrypted("iv"));
        let padded = cipher::pad(&encrypted("data"), 16);
        let cryptogram = key("ks_enc").encrypt(&iv, &padded).unwrap();
        assert_eq!(cryptogram, encrypted("encrypted_data"));

        let coded = |name| octets(&published, "sm_mac", name);
        let padded = cipher::pad(&coded("data"), 16);
        let code = mac::tag(&key("ks_mac"), &[&coded("ssc"), &padded]);
        assert_eq!(code.as_slice(), coded("cc"));
        let answer = [coded("data"), tlv::encode(0x8E, &[&code]), vec![0x90, 0x00]];
        assert_eq!(
            answer.concat(),
            octets(&published, "sm_exchange", "response")
        );
    }
}

#[test]
fn the_published_card_security_is_signed_and_says_what_card_access_says_and_more() {
    for published in both() {
        let bytes = octets(&published, "files", "card_security");
        let content_info = card_security::signed_data(&bytes).unwrap();
        let signed = SignedData::decode(&content_info).unwrap();
        assert_eq!(
            hex::encode(&signed.content),
            hex::encode(octets(&published, "files", "card_security_content"))
        );
        let [certificate] = signed.certificates.as_slice() else {
            panic!("one certificate");
        };
        let certificate = Certificate::decode(certificate).unwrap();
        let [info] = signed.signers.as_slice() else {
            panic!("one signer");
        };
        assert!(info.id.names(&certificate));
        let key = certificate.public_key().unwrap();
        signer::verify(&signed, info, &key).unwrap();
        let mut other = signed.clone();
        *other.content.last_mut().unwrap() ^= 1;
        assert_eq!(
            signer::verify(&other, info, &key).unwrap_err(),
            SignerFault::MessageDigest
        );
        let mut wrong = info.clone();
        wrong.signature[7] ^= 1;
        assert!(matches!(
            signer::verify(&signed, &wrong, &key),
            Err(SignerFault::Wrong(_))
        ));

        let content_type = Oid::new(&signed.content_type);
        let infos = card_security::decode(content_type, &signed.content).unwrap();
        let [chip_key] = infos.chip_keys.as_slice() else {
            panic!("one key");
        };
        assert_eq!(
            chip_key.key.as_ref().unwrap().data(),
            octets(&published, CA, "chip_public")
        );
        let access = octets(&published, "files", "card_access");
        let access = SecurityInfos::decode(&access).unwrap();
        assert_eq!(access.pace, infos.pace);
        assert_eq!(access.chip_authentication, infos.chip_authentication);
        assert_eq!(access.terminal_authentication[0].version, 2);
        assert!(access.chip_keys.is_empty());
        assert_eq!(access.pace[0].oid, octets(&published, "parameters", "oid"));
        assert_eq!(
            infos.chip_authentication[0].oid,
            octets(&published, CA, "oid")
        );
        assert_eq!(infos.chip_authentication[0].version, 2);
    }
}
