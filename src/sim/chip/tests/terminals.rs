//! Terminal authentication, what it opens, and how it is refused.

use jiff::civil::Date;
use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use proptest::prelude::any;
use proptest::proptest;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::security_infos::Mapping;
use crate::secret::Secret;
use crate::sim::chip::tests::CA_AES;
use crate::sim::chip::tests::CAN;
use crate::sim::chip::tests::MRZ;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::content;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::host::Keys;
use crate::sim::chip::tests::key;
use crate::sim::chip::tests::pace::any_offer;
use crate::sim::chip::tests::pace::card_with;
use crate::sim::fault::Fault;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::pki::card_verifiable::AUTHENTICATION_TERMINAL;
use crate::sim::pki::card_verifiable::CertificateSpec;
use crate::sim::pki::card_verifiable::Entity;
use crate::sim::pki::card_verifiable::Key;
use crate::sim::pki::card_verifiable::KeyKind;
use crate::sim::pki::card_verifiable::READ_DG3;
use crate::sim::pki::card_verifiable::READ_DG4;
use crate::sim::pki::card_verifiable::Role;
use crate::sim::pki::card_verifiable::TerminalPki;

mod certificates;

const SET_DST: [u8; 4] = [0, 0x22, 0x81, 0xB6];
const VERIFY: [u8; 4] = [0, 0x2A, 0, 0xBE];
const SET_AT: [u8; 4] = [0, 0x22, 0x81, 0xA4];
const CHALLENGE: [u8; 4] = [0, 0x84, 0, 0];
const EXTERNAL: [u8; 4] = [0, 0x82, 0, 0];
const CHIP_AT: [u8; 4] = [0, 0x22, 0x41, 0xA4];
const GENERAL: [u8; 4] = [0, 0x86, 0, 0];
const READ_DG3_BY_SFI: [u8; 4] = [0, 0xB0, 0x83, 0];
const READ_DG4_BY_SFI: [u8; 4] = [0, 0xB0, 0x84, 0];
const READ_CVCA: [u8; 4] = [0, 0xB0, 0x9C, 0];
const SELECT_FILE: [u8; 4] = [0, 0xA4, 2, 0x0C];

const KIND: KeyKind = KeyKind::Ecdsa(Curve::P256, Hash::Sha256);
const DAY: Date = date(2025, 6, 1);

/// A card with DG3 and DG4 and a key of either version.
fn guarded(pki: &TerminalPki) -> Personalisation {
    let mut card = card();
    card.lengths = Lengths::Extended { max_response: 4096 };
    card.files
        .insert(FileId::Group(DataGroup::DG4), content(30));
    card.terminal = Some(pki.trust(DAY));
    let own = |label, version| ChipAuthenticationKey {
        private: key(label, Curve::P256).into(),
        oid: CA_AES.to_vec(),
        cipher: Cipher::Aes128,
        key_id: None,
        version,
    };
    card.chip_keys = vec![own("chip", 1), own("chip 2", 2)];
    card
}

/// Chip authentication version 1; gives Comp() of the terminal's key.
fn authenticate_chip(host: &mut Host) -> Vec<u8> {
    let ephemeral = Private::from(key("ephemeral", Curve::P256));
    let answer = host.send(CHIP_AT, &tlv::encode(0x80, &[&CA_AES]), &[]);
    assert_eq!(answer.1, 0x9000);
    let own = tlv::encode(0x80, &[ephemeral.public().data()]);
    let answer = host.send(GENERAL, &tlv::encode(0x7C, &[&own]), &[0]);
    assert_eq!(answer.1, 0x9000);
    let chip = Public::from(key("chip", Curve::P256).public());
    let shared = ephemeral.agree(&chip).unwrap();
    host.use_keys(Keys::new(Cipher::Aes128, shared.expose(), 0));
    ephemeral.public().compressed()
}

/// A host behind BAC and chip authentication, and Comp() of its key.
fn behind_chip_authentication(card: Personalisation) -> (Host, Vec<u8>) {
    let mut host = Host::new(card);
    assert_eq!(host.bac("28"), "9000");
    let agreed = authenticate_chip(&mut host);
    (host, agreed)
}

/// Body and signature of a certificate.
fn inside(certificate: &[u8]) -> Vec<u8> {
    let outer = Reader::new(certificate).expect(0x7F21, "all").unwrap();
    outer.value.to_vec()
}

/// MSE:Set DST and PSO:VERIFY CERTIFICATE; the status word of the one that failed.
fn import(host: &mut Host, authority: &str, certificate: &[u8]) -> u16 {
    let set = tlv::encode(0x83, &[authority.as_bytes()]);
    let (_, status) = host.command(SET_DST, &set, false);
    if status != 0x9000 {
        return status;
    }
    host.command(VERIFY, &inside(certificate), false).1
}

fn import_entity(host: &mut Host, entity: &Entity) -> u16 {
    import(host, &entity.spec.authority, &entity.certificate)
}

/// MSE:Set AT, GET CHALLENGE and EXTERNAL AUTHENTICATE of version 1.
fn authenticate(host: &mut Host, terminal: &Entity, identity: &[u8], agreed: &[u8]) -> u16 {
    let set = tlv::encode(0x83, &[terminal.spec.holder.as_bytes()]);
    let (_, status) = host.command(SET_AT, &set, false);
    if status != 0x9000 {
        return status;
    }
    let (challenge, status) = host.send(CHALLENGE, &[], &[8]);
    assert_eq!((challenge.len(), status), (8, 0x9000));
    let message = [identity, &challenge, agreed].concat();
    let signature = terminal.key.sign(&message).unwrap();
    host.command(EXTERNAL, &signature, false).1
}

/// ID_PICC behind BAC: document number and check digit.
fn number() -> &'static [u8] {
    &MRZ[..10]
}

fn pki() -> TerminalPki {
    TerminalPki::new(KIND, 1).unwrap()
}

/// Everything up to the open groups.
fn open(host: &mut Host, pki: &TerminalPki, agreed: &[u8]) {
    assert_eq!(import_entity(host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(host, &pki.terminal), 0x9000);
    let status = authenticate(host, &pki.terminal, number(), agreed);
    assert_eq!(status, 0x9000);
}

#[test]
fn fingers_and_irises_open_for_every_kind_of_key() {
    let mut kinds = Vec::new();
    for (number, curve) in Curve::ALL.into_iter().enumerate() {
        let hashes = [
            Hash::Sha1,
            Hash::Sha224,
            Hash::Sha256,
            Hash::Sha384,
            Hash::Sha512,
        ];
        kinds.push(KeyKind::Ecdsa(curve, hashes[number % hashes.len()]));
    }
    for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
        kinds.extend([KeyKind::RsaPkcs1(hash), KeyKind::RsaPss(hash)]);
    }
    for kind in kinds {
        let pki = TerminalPki::new(kind, 1).unwrap();
        let (mut host, agreed) = behind_chip_authentication(guarded(&pki));
        for header in [READ_DG3_BY_SFI, READ_DG4_BY_SFI] {
            assert_eq!(host.send(header, &[], &[0]), (vec![], 0x6982), "{kind:?}");
        }
        assert_eq!(host.send(SELECT_FILE, &[1, 3], &[]).1, 0x6982);
        open(&mut host, &pki, &agreed);
        for header in [READ_DG3_BY_SFI, READ_DG4_BY_SFI] {
            let (data, status) = host.send(header, &[], &[0]);
            assert_eq!((data.is_empty(), status), (false, 0x9000), "{kind:?}");
        }
        assert_eq!(host.send(SELECT_FILE, &[1, 3], &[]).1, 0x9000);
        let (data, status) = host.send([0, 0xB0, 0, 0], &[], &[0]);
        assert_eq!((data, status), (content(20), 0x9000));
        // A new session of chip authentication takes the rights away, from the open file, too.
        authenticate_chip(&mut host);
        assert_eq!(host.send([0, 0xB0, 0, 0], &[], &[0]).1, 0x6982);
        assert_eq!(host.send(READ_DG4_BY_SFI, &[], &[0]).1, 0x6982);
    }
}

#[test]
fn rights_are_what_the_whole_chain_allows() {
    let pki = pki();
    let period = [date(2025, 1, 1), date(2030, 1, 1)];
    for (verifier, terminal, fingers, irises) in [
        (READ_DG3 | READ_DG4, READ_DG3, 0x9000, 0x6982),
        (READ_DG4, READ_DG3 | READ_DG4, 0x6982, 0x9000),
        (READ_DG3, READ_DG4, 0x6982, 0x6982),
        (0, READ_DG3 | READ_DG4, 0x6982, 0x6982),
    ] {
        let (mut host, agreed) = behind_chip_authentication(guarded(&pki));
        let entity = |issuer: &Entity, role, holder: &str, rights| {
            let authority = &issuer.spec.holder;
            let spec = CertificateSpec::new(role, authority, holder, rights, period);
            issuer
                .sign(spec, Key::new(KIND, role, holder).unwrap())
                .unwrap()
        };
        let verifier = entity(
            &pki.authorities[0],
            Role::ForeignVerifier,
            "VNFOREIGN00001",
            verifier,
        );
        let terminal = entity(&verifier, Role::Terminal, "VNFOREIGN00002", terminal);
        assert_eq!(import_entity(&mut host, &verifier), 0x9000);
        assert_eq!(import_entity(&mut host, &terminal), 0x9000);
        let status = authenticate(&mut host, &terminal, number(), &agreed);
        assert_eq!(status, 0x9000);
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, fingers);
        assert_eq!(host.send(READ_DG4_BY_SFI, &[], &[0]).1, irises);
    }
}

#[test]
fn after_pace_the_chip_is_known_by_its_ephemeral_key() {
    let pki = pki();
    let card = guarded(&pki);
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    host.select_application();
    let agreed = authenticate_chip(&mut host);
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    // The document number serves after BAC alone.
    let status = authenticate(&mut host, &pki.terminal, number(), &agreed);
    assert_eq!(status, 0x6300);
    let ephemeral = host.chip.pace_ephemeral.as_ref().unwrap().compressed();
    let status = authenticate(&mut host, &pki.terminal, &ephemeral, &agreed);
    assert_eq!(status, 0x9000);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
}

#[test]
fn pace_with_chip_authentication_mapping_stands_for_chip_authentication() {
    let pki = pki();
    for mapping in [Mapping::Generic, Mapping::ChipAuthentication] {
        let offer = any_offer(mapping, Cipher::Aes128, 12).unwrap();
        let mut card = guarded(&pki);
        card.mapping_key = card_with(&offer).mapping_key;
        card.pace = vec![offer.clone()];
        let mut host = Host::new(card);
        // The authorities come with PACE where they are asked for (Doc 9303-11 §4.4.5).
        host.rights = hex::decode("7f4c0e060904007f000703010201530103").unwrap();
        assert_eq!(host.pace(&offer, CAN, &[]), "9000");
        assert_eq!(host.authorities.len(), 1);
        host.select_application();
        if mapping == Mapping::Generic {
            assert_eq!(import_entity(&mut host, &pki.verifier), 0x6985);
            continue;
        }
        assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
        assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
        let ours = host.ephemeral.as_ref().unwrap().compressed();
        let identity = host.chip.pace_ephemeral.as_ref().unwrap().compressed();
        let status = authenticate(&mut host, &pki.terminal, &identity, &ours);
        assert_eq!(status, 0x9000);
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
        // Other keys are another authentication's, and the proof was given.
        let agreed = authenticate_chip(&mut host);
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
        let status = authenticate(&mut host, &pki.terminal, &identity, &agreed);
        assert_eq!(status, 0x6982);
    }
}

#[test]
fn version_2_comes_before_chip_authentication_and_opens_with_it() {
    let pki = TerminalPki::new(KIND, 2).unwrap();
    let mut card = guarded(&pki);
    card.terminal.as_mut().unwrap().versions = vec![2];
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    host.rights = pki.terminal.spec.template();
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    let known: Vec<&[u8]> = host.authorities.iter().map(Vec::as_slice).collect();
    assert_eq!(known, [b"VNTESTCVCA00002", b"VNTESTCVCA00001"]);

    // Chip authentication of version 2 has to wait.
    let chosen = tlv::encode(0x80, &[&CA_AES]);
    assert_eq!(host.send(CHIP_AT, &chosen, &[]).1, 0x6985);
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    let ephemeral = Private::from(key("ephemeral", Curve::P256));
    let announced = ephemeral.public().compressed();
    let auxiliary = tlv::encode(0x67, &[b"auxiliary"]);
    let holder = pki.terminal.spec.holder.as_bytes();
    let part = |tag, value: &[u8]| tlv::encode(tag, &[value]);
    let protocol = part(0x80, &pki.terminal.key.protocol());
    let reference = part(0x83, holder);
    let public = part(0x91, &announced);
    for wrong in [
        [protocol.clone(), reference.clone()].concat(),
        [reference.clone(), public.clone()].concat(),
        [protocol.clone(), public.clone()].concat(),
        [part(0x80, &CA_AES), reference.clone(), public.clone()].concat(),
        [
            protocol.clone(),
            reference.clone(),
            reference.clone(),
            public.clone(),
        ]
        .concat(),
    ] {
        assert_eq!(host.send(SET_AT, &wrong, &[]).1, 0x6A80);
    }
    let template = [protocol, reference, auxiliary.clone(), public].concat();
    assert_eq!(host.send(SET_AT, &template, &[]).1, 0x9000);
    let (challenge, _) = host.send(CHALLENGE, &[], &[8]);
    let identity = host.chip.pace_ephemeral.as_ref().unwrap().compressed();
    let message = [identity, challenge, announced, auxiliary].concat();
    let signature = pki.terminal.key.sign(&message).unwrap();
    assert_eq!(host.send(EXTERNAL, &signature, &[]).1, 0x9000);

    // Another key than the one that was announced.
    let other = key("other", Curve::P256).public().encoded().to_vec();
    for (own, status) in [
        (other, 0x6300),
        (ephemeral.public().encoded().to_vec(), 0x9000),
    ] {
        assert_eq!(host.send(CHIP_AT, &chosen, &[]).1, 0x9000);
        let data = tlv::encode(0x7C, &[&tlv::encode(0x80, &[&own])]);
        let (answer, found) = host.send(GENERAL, &data, &[0]);
        assert_eq!(found, status);
        if status == 0x9000 {
            let answer = Reader::new(&answer).expect(0x7C, "answer").unwrap();
            let mut answer = answer.inside().unwrap();
            let nonce = answer.expect(0x81, "nonce").unwrap().value;
            let token = answer.expect(0x82, "token").unwrap().value;
            let chip = Public::from(key("chip 2", Curve::P256).public());
            let shared = ephemeral.agree(&chip).unwrap();
            let seed = [shared.expose(), nonce].concat();
            host.use_keys(Keys::new(Cipher::Aes128, &seed, 0));
            let oid = tlv::encode(0x06, &[&CA_AES]);
            let point = tlv::encode(0x86, &[&own]);
            let input = tlv::encode(0x7F49, &[&oid, &point]);
            let mac_key = kdf::derive(Cipher::Aes128, &seed, Purpose::Authentication);
            assert_eq!(mac::tag(&mac_key, &[&input]), token);
        }
    }
    host.select_application();
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
    assert_eq!(host.send(READ_DG4_BY_SFI, &[], &[0]).1, 0x9000);
    // Version 2 has no EF.CVCA.
    assert_eq!(host.send(READ_CVCA, &[], &[0]).1, 0x6A82);
}

#[test]
fn what_the_holder_did_not_allow_stays_shut() {
    let pki = pki();
    let mut card = guarded(&pki);
    card.terminal.as_mut().unwrap().versions = vec![1, 2];
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    let mut asked = pki.terminal.spec.clone();
    asked.authorization = vec![READ_DG4];
    host.rights = asked.template();
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    host.select_application();
    let agreed = authenticate_chip(&mut host);
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    let ephemeral = host.chip.pace_ephemeral.as_ref().unwrap().compressed();
    let status = authenticate(&mut host, &pki.terminal, &ephemeral, &agreed);
    assert_eq!(status, 0x9000);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
    assert_eq!(host.send(READ_DG4_BY_SFI, &[], &[0]).1, 0x9000);
}

/// The one access control that a session takes: PACE with the PIN after the CAN. It makes another session.
#[test]
fn pace_inside_the_channel_takes_every_right_away() {
    let pki = pki();
    let mut card = guarded(&pki);
    card.pin = Some(Pin::new(Secret::copy_of(b"246810")));
    let offer = card.pace[0].clone();
    let mut host = Host::new(card);
    assert_eq!(host.pace(&offer, CAN, &[]), "9000");
    host.select_application();
    let agreed = authenticate_chip(&mut host);
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    let ephemeral = host.chip.pace_ephemeral.as_ref().unwrap().compressed();
    let status = authenticate(&mut host, &pki.terminal, &ephemeral, &agreed);
    assert_eq!(status, 0x9000);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
    assert_eq!(host.pace_as(&offer, 3, b"246810", &[]), "9000");
    host.select_application();
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
    // Nor is the chip authentication of before one of this session, or the terminal's key known.
    let set = tlv::encode(0x83, &[pki.terminal.spec.holder.as_bytes()]);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x6985);
    authenticate_chip(&mut host);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x6A88);
}

#[test]
fn terminals_are_refused_in_the_wrong_order() {
    let pki = pki();
    let set = tlv::encode(0x83, &[b"VNTESTCVCA00001"]);
    // A chip that trusts nobody does not know the commands.
    let mut host = Host::into_application(card());
    assert_eq!(host.send(SET_DST, &set, &[]).1, 0x6A86);
    assert_eq!(host.send(VERIFY, &set, &[]).1, 0x6D00);
    // Before access control, and before chip authentication.
    let mut host = Host::new(guarded(&pki));
    assert_eq!(
        host.plain(&format!("002281b611{}", hex::encode(&set))),
        "6982"
    );
    assert_eq!(host.plain("002281a403830101"), "6982");
    assert_eq!(host.bac("28"), "9000");
    assert_eq!(host.send(SET_DST, &set, &[]).1, 0x6985);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x6985);
    let agreed = authenticate_chip(&mut host);
    // No key was chosen; no certificate was sent.
    assert_eq!(host.send(VERIFY, &[0x7F, 0x4E, 0], &[]).1, 0x6985);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x6A88);
    // A terminal that skips its verifier, and one without any certificate.
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x6A88);
    let status = authenticate(&mut host, &pki.terminal, number(), &agreed);
    assert_eq!(status, 0x6A88);
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    let status = authenticate(&mut host, &pki.verifier, number(), &agreed);
    assert_eq!(status, 0x6A88);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    // A signature without a challenge, and one challenge for two.
    let own = tlv::encode(0x83, &[b"VNTESTIS00001"]);
    assert_eq!(host.send(SET_AT, &own, &[]).1, 0x9000);
    assert_eq!(host.send(EXTERNAL, &[0; 64], &[]).1, 0x6985);
    assert_eq!(host.send(CHALLENGE, &[], &[8]).1, 0x6985);
    assert_eq!(host.send(SET_AT, &own, &[]).1, 0x9000);
    assert_eq!(host.send(CHALLENGE, &[], &[8]).1, 0x9000);
    assert_eq!(host.send(EXTERNAL, &[0; 64], &[]).1, 0x6300);
    assert_eq!(host.send(EXTERNAL, &[0; 64], &[]).1, 0x6985);
    // Anything in between ends it.
    assert_eq!(host.send(SET_DST, &set, &[]).1, 0x9000);
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[0]).1, 0x9000);
    let verifier = inside(&pki.verifier.certificate);
    assert_eq!(host.command(VERIFY, &verifier, false).1, 0x6985);
    // All of it in order.
    open(&mut host, &pki, &agreed);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
}

#[test]
fn signatures_over_anything_else_are_refused() {
    let pki = pki();
    let (mut host, agreed) = behind_chip_authentication(guarded(&pki));
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
    assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
    for (identity, ephemeral) in [
        (&b"L898902C<4"[..], agreed.as_slice()),
        (number(), &[7; 32]),
        (b"", &agreed),
    ] {
        let status = authenticate(&mut host, &pki.terminal, identity, ephemeral);
        assert_eq!(status, 0x6300);
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
    }
}

#[test]
fn the_file_of_authorities_lies_where_the_card_says() {
    let pki = pki();
    let mut card = guarded(&pki);
    card.terminal.as_mut().unwrap().file = CvcaFile {
        id: 0x0123,
        sfi: Some(0x1A),
    };
    let (mut host, _) = behind_chip_authentication(card);
    assert_eq!(host.send(READ_CVCA, &[], &[0]).1, 0x6A82);
    let (by_sfi, status) = host.send([0, 0xB0, 0x9A, 0], &[], &[0]);
    assert_eq!((by_sfi.len(), status), (36, 0x9000));
    assert_eq!(host.send(SELECT_FILE, &[1, 0x1C], &[]).1, 0x6A82);
    assert_eq!(host.send(SELECT_FILE, &[1, 0x23], &[]).1, 0x9000);
    assert_eq!(host.send([0, 0xB0, 0, 0], &[], &[0]), (by_sfi, 0x9000));
    // In the master file there is EF.CardAccess under the usual number.
    let mut host = Host::new(guarded(&pki));
    assert_eq!(host.plain("00a4020c02011c"), "9000");
    assert_eq!(host.plain("00b0000000").len(), 2 * (54 + 2));
    assert_eq!(host.bac("28"), "9000");
    host.select_application();
    let (file, _) = host.send(READ_CVCA, &[], &[0]);
    assert_eq!(file[..2], [0x42, 15]);
}

#[test]
fn faults_do_what_they_say() {
    let pki = pki();
    let with = |fault: Fault| {
        let mut card = guarded(&pki);
        card.faults = vec![fault.into()];
        card
    };
    for (fault, wanted) in [
        (Fault::TerminalKeyRefused(0x6A88), [0x6A88, 0, 0]),
        (Fault::CertificateRefused(0x6300), [0x6300, 0, 0]),
        (
            Fault::TerminalTemplateRefused(0x6A80),
            [0x9000, 0x9000, 0x6A80],
        ),
        (Fault::TerminalRefused(0x6982), [0x9000, 0x9000, 0x6982]),
        (Fault::OtherDocumentNumber, [0x9000, 0x9000, 0x6300]),
    ] {
        let (mut host, agreed) = behind_chip_authentication(with(fault));
        let mut seen = [0; 3];
        seen[0] = import_entity(&mut host, &pki.verifier);
        if seen[0] == 0x9000 {
            seen[1] = import_entity(&mut host, &pki.terminal);
            seen[2] = authenticate(&mut host, &pki.terminal, number(), &agreed);
        }
        assert_eq!(seen, wanted, "{fault}");
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
    }
    let (mut host, agreed) = behind_chip_authentication(with(Fault::TerminalRightsIgnored));
    open(&mut host, &pki, &agreed);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);

    for length in [7, 9, 0] {
        let fault = Fault::TerminalChallengeLength(length);
        let (mut host, _) = behind_chip_authentication(with(fault));
        assert_eq!(import_entity(&mut host, &pki.verifier), 0x9000);
        assert_eq!(import_entity(&mut host, &pki.terminal), 0x9000);
        let own = tlv::encode(0x83, &[b"VNTESTIS00001"]);
        assert_eq!(host.send(SET_AT, &own, &[]).1, 0x9000);
        let (challenge, _) = host.send(CHALLENGE, &[], &[8]);
        assert_eq!(challenge.len(), usize::from(length));
    }
    for (fault, references) in [
        (Fault::CvcaMissing, None),
        (Fault::CvcaEmpty, Some(0)),
        (Fault::CvcaUnknown, Some(1)),
        (Fault::CvcaThree, Some(3)),
        (Fault::CvcaWrongTag, Some(0)),
    ] {
        let (mut host, _) = behind_chip_authentication(with(fault));
        let (file, status) = host.send(READ_CVCA, &[], &[0]);
        assert_eq!(status == 0x6A82, references.is_none(), "{fault}");
        let mut reader = Reader::new(&file);
        let mut found = 0;
        while reader.optional(0x42, "reference").unwrap().is_some() {
            found += 1;
        }
        assert_eq!(found, references.unwrap_or(0), "{fault}");
    }
    let (mut host, _) = {
        let mut host = Host::new(with(Fault::ChipKeepsOldKeys));
        assert_eq!(host.bac("28"), "9000");
        let ephemeral = Domain::Curve(Curve::P256).generator();
        host.send(CHIP_AT, &tlv::encode(0x80, &[&CA_AES]), &[]);
        let own = tlv::encode(0x80, &[ephemeral.data()]);
        let answer = host.send(GENERAL, &tlv::encode(0x7C, &[&own]), &[0]);
        (host, answer)
    };
    assert_eq!(host.send([0, 0xB0, 0x9E, 0], &[], &[0]).1, 0x9000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Well protected nonsense at every step of terminal authentication.
    #[test]
    fn no_bytes_make_it_fail_or_open(
        step in 0_usize..5,
        noise in vec(any::<u8>(), 0..120),
        flipped in any::<usize>(),
    ) {
        let pki = pki();
        let (mut host, agreed) = behind_chip_authentication(guarded(&pki));
        let set = tlv::encode(0x83, &[b"VNTESTCVCA00001"]);
        let status = match step {
            0 => host.send(SET_DST, &noise, &[]).1,
            1 => {
                host.send(SET_DST, &set, &[]);
                host.send(VERIFY, &noise, &[]).1
            }
            2 => {
                // One bit of a good certificate.
                let mut certificate = inside(&pki.verifier.certificate);
                let bit = flipped % (certificate.len() * 8);
                certificate[bit / 8] ^= 1 << (bit % 8);
                host.send(SET_DST, &set, &[]);
                host.command(VERIFY, &certificate, false).1
            }
            3 => host.send(SET_AT, &noise, &[]).1,
            _ => {
                import_entity(&mut host, &pki.verifier);
                import_entity(&mut host, &pki.terminal);
                let own = tlv::encode(0x83, &[b"VNTESTIS00001"]);
                host.send(SET_AT, &own, &[]);
                host.send(CHALLENGE, &[], &[8]);
                host.send(EXTERNAL, &noise, &[]).1
            }
        };
        assert_ne!(status, 0x9000);
        assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x6982);
        open(&mut host, &pki, &agreed);
    }
}
