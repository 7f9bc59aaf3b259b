//! Chip authentication and active authentication, and the clones that fail them.

use crate::bytes::tlv;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::iso9796_2;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::sim::chip::tests::CA_3DES;
use crate::sim::chip::tests::CA_AES;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::host::Keys;
use crate::sim::chip::tests::key;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::keys;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Trailer;
use crate::sim::quirk::Quirk;

const SET_AT: [u8; 4] = [0, 0x22, 0x41, 0xA4];
const SET_KAT: [u8; 4] = [0, 0x22, 0x41, 0xA6];
const GENERAL: [u8; 4] = [0, 0x86, 0, 0];
const INTERNAL: [u8; 4] = [0, 0x88, 0, 0];
const READ_COM: [u8; 4] = [0, 0xB0, 0x9E, 0];
const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fn protocol(oid: [u8; 10], key_id: Option<&[u8]>) -> Vec<u8> {
    let reference = key_id.map_or_else(Vec::new, |id| tlv::encode(0x84, &[id]));
    [tlv::encode(0x80, &[&oid]), reference].concat()
}

fn with_key(oid: [u8; 10], cipher: Cipher, key_id: Option<&[u8]>) -> Personalisation {
    let mut card = card();
    card.chip_keys = vec![ChipAuthenticationKey {
        private: key("chip", Curve::P256).into(),
        oid: oid.to_vec(),
        cipher,
        key_id: key_id.map(<[u8]>::to_vec),
        version: 1,
    }];
    card
}

/// MSE:Set AT and GENERAL AUTHENTICATE; the keys that must follow.
fn authenticate(host: &mut Host, oid: [u8; 10], cipher: Cipher, key_id: Option<&[u8]>) -> Keys {
    let ephemeral = key("ephemeral", Curve::P256);
    let answer = host.send(SET_AT, &protocol(oid, key_id), &[]);
    assert_eq!(answer, (vec![], 0x9000));
    let data = tlv::encode(0x7C, &[&tlv::encode(0x80, &[ephemeral.public().encoded()])]);
    // The answer still comes under the old keys.
    assert_eq!(host.send(GENERAL, &data, &[0]), (vec![0x7C, 0], 0x9000));
    let shared = ephemeral.agree(&key("chip", Curve::P256).public()).unwrap();
    Keys::new(cipher, shared.expose(), 0)
}

#[test]
fn chip_authentication_changes_the_keys() {
    for (oid, cipher, key_id) in [
        (CA_AES, Cipher::Aes128, None),
        (CA_AES, Cipher::Aes128, Some(&[0x02][..])),
        (CA_3DES, Cipher::TripleDes, Some(&[0x00])),
    ] {
        let mut host = Host::into_application(with_key(oid, cipher, key_id));
        let keys = authenticate(&mut host, oid, cipher, key_id);
        host.use_keys(keys);
        assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
    }
}

#[test]
fn chip_authentication_with_3des_goes_in_one_command() {
    let ephemeral = key("ephemeral", Curve::P256);
    let mut host = Host::into_application(with_key(CA_3DES, Cipher::TripleDes, Some(&[1])));
    let data = [
        tlv::encode(0x91, &[ephemeral.public().encoded()]),
        tlv::encode(0x84, &[&[1]]),
    ]
    .concat();
    assert_eq!(host.send(SET_KAT, &data, &[]), (vec![], 0x9000));
    let shared = ephemeral.agree(&key("chip", Curve::P256).public()).unwrap();
    host.use_keys(Keys::new(Cipher::TripleDes, shared.expose(), 0));
    assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
}

#[test]
fn chip_authentication_is_refused_where_it_must_be() {
    // Before access control.
    let mut host = Host::new(card());
    let data = protocol(CA_AES, None);
    let command = format!("002241a4{:02x}{}", data.len(), hex::encode(&data));
    assert_eq!(host.plain(&command), "6982");

    let mut host = Host::into_application(with_key(CA_AES, Cipher::Aes128, Some(&[2])));
    let good = key("e", Curve::P256).public().encoded().to_vec();
    for (header, data, le, status) in [
        // The only key needs no reference.
        (SET_AT, protocol(CA_AES, None), &[][..], 0x9000),
        // Another protocol; another key; nonsense; Le where there is no data.
        (SET_AT, protocol(CA_3DES, Some(&[2])), &[], 0x6A80),
        (SET_AT, protocol(CA_AES, Some(&[3])), &[], 0x6A88),
        (SET_AT, protocol(CA_AES, Some(&[])), &[], 0x6A88),
        (SET_AT, vec![0x84, 0], &[], 0x6A80),
        (SET_AT, protocol(CA_AES, Some(&[2])), &[0], 0x6700),
        // No 3DES key for MSE:Set KAT.
        (SET_KAT, tlv::encode(0x91, &[&good]), &[], 0x6A80),
        // Nothing was chosen.
        (GENERAL, vec![0x7C, 0], &[0], 0x6985),
    ] {
        assert_eq!(host.send(header, &data, le).1, status, "{data:02X?}");
    }
    let mut off = good;
    off[64] ^= 1;
    for wrong in [
        vec![0x7C, 0],
        tlv::encode(0x7C, &[&tlv::encode(0x80, &[&off])]),
        tlv::encode(0x7C, &[&tlv::encode(0x81, &[&off])]),
    ] {
        let set = host.send(SET_AT, &protocol(CA_AES, Some(&[2])), &[]);
        assert_eq!(set.1, 0x9000);
        assert_eq!(host.send(GENERAL, &wrong, &[0]).1, 0x6A80);
        // The choice is used up, the old keys live on.
        assert_eq!(host.send(GENERAL, &wrong, &[0]).1, 0x6985);
    }
    // Of two keys one is named (Doc 9303-11 §6.2.4.2).
    let mut two = with_key(CA_AES, Cipher::Aes128, Some(&[2]));
    let other = with_key(CA_AES, Cipher::Aes128, Some(&[3])).chip_keys;
    two.chip_keys.extend(other);
    let mut both = Host::into_application(two);
    for (key, status) in [
        (None, 0x6A88),
        (Some(&[2][..]), 0x9000),
        (Some(&[3]), 0x9000),
    ] {
        assert_eq!(both.send(SET_AT, &protocol(CA_AES, key), &[]).1, status);
    }
    // In the master file there are no keys.
    host.send([0, 0xA4, 0, 0x0C], &[], &[]);
    let set = host.send(SET_AT, &protocol(CA_AES, Some(&[2])), &[]);
    assert_eq!(set.1, 0x6985);
}

#[test]
fn chip_authentication_cannot_be_refused_or_cloned_unnoticed() {
    let mut card = with_key(CA_AES, Cipher::Aes128, None);
    card.faults = vec![Fault::ChipAuthenticationRefused.into()];
    let mut host = Host::into_application(card);
    assert_eq!(host.send(SET_AT, &protocol(CA_AES, None), &[]).1, 0x6985);

    let mut card = with_key(CA_AES, Cipher::Aes128, None);
    card.faults = vec![Fault::WrongChipKey.into()];
    let mut host = Host::into_application(card);
    let keys = authenticate(&mut host, CA_AES, Cipher::Aes128, None);
    host.use_keys(keys);
    let command = host.protect(READ_COM, &[], &[0]);
    assert_eq!(host.plain(&hex::encode(command)), "6988");
}

fn verify(signature: &[u8], scheme: Scheme) -> bool {
    PublicKey::Ec(key("active", Curve::P256).public())
        .verify(scheme, &[&CHALLENGE], signature)
        .is_ok()
}

#[test]
fn active_authentication_signs_eight_bytes_inside_the_channel() {
    let mut host = Host::new(card());
    assert_eq!(host.plain("0088000008010203040506070800"), "6982");
    let mut host = Host::into_application(card());
    let (signature, status) = host.send(INTERNAL, &CHALLENGE, &[0]);
    assert_eq!((signature.len(), status), (64, 0x9000));
    assert!(verify(&signature, Scheme::EcdsaPlain(Hash::Sha256)));
    assert_eq!(host.send(INTERNAL, &CHALLENGE[1..], &[0]).1, 0x6700);
    assert_eq!(host.send(INTERNAL, &[0; 9], &[0]).1, 0x6700);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[]).1, 0x6700);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[63]).1, 0x6700);
    assert_eq!(host.send([0, 0x88, 1, 0], &CHALLENGE, &[0]).1, 0x6A86);

    let mut none = card();
    none.active = None;
    let mut host = Host::into_application(none);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[0]).1, 0x6D00);

    let mut der = card();
    der.quirks.insert(Quirk::ActiveSignatureDer);
    let mut host = Host::into_application(der);
    let (signature, _) = host.send(INTERNAL, &CHALLENGE, &[0]);
    assert!(verify(&signature, Scheme::Ecdsa(Hash::Sha256)));
}

#[test]
fn active_authentication_cannot_be_refused_or_cloned_unnoticed() {
    let mut refused = card();
    refused.faults = vec![Fault::ActiveAuthenticationRefused.into()];
    let mut host = Host::into_application(refused);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[0]).1, 0x6A88);

    let mut clone = card();
    clone.faults = vec![Fault::WrongActiveKey.into()];
    let mut host = Host::into_application(clone);
    let (signature, status) = host.send(INTERNAL, &CHALLENGE, &[0]);
    assert_eq!(status, 0x9000);
    assert!(!verify(&signature, Scheme::EcdsaPlain(Hash::Sha256)));
}

#[test]
fn a_long_signature_is_fetched_in_pieces_in_short_form() {
    for fault in [None, Some(Fault::WrongActiveKey)] {
        let mut card = card();
        let rsa = || keys::rsa(keys::RsaKey::Active).unwrap();
        card.active = Some(ActiveKey::Rsa {
            key: rsa(),
            hash: Hash::Sha256,
            trailer: Trailer::Usual,
        });
        card.faults.extend(fault.map(Cue::from));
        let mut host = Host::into_application(card);
        let command = host.protect(INTERNAL, &CHALLENGE, &[0]);
        let first = host.plain(&hex::encode(command));
        // 4 + 1 + 272 + 4 + 10 bytes, of which 256 come at once.
        assert_eq!((first.len(), &first[512..]), (516, "6123"));
        assert_eq!(host.plain("00c0000040"), "6c23");
        let second = host.plain("00c0000003");
        assert_eq!((second.len(), &second[6..]), (10, "6120"));
        let third = host.plain("00c0000000");
        assert_eq!(&third[64..], "9000");
        let whole = [&first[..512], &second[..6], &third].concat();
        let (signature, status) = host.open(&hex::decode(whole).unwrap(), false);
        assert_eq!((signature.len(), status), (256, 0x9000));
        let verified = iso9796_2::verify(&rsa().public(), &CHALLENGE, &signature);
        assert_eq!(verified == Ok(Hash::Sha256), fault.is_none());
        // The channel lives on.
        assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
        // What is not fetched is dropped; then GET RESPONSE is a plain command like any other.
        let command = host.protect(INTERNAL, &CHALLENGE, &[0]);
        let first = host.chip.process(&command);
        assert_eq!(first[256..], [0x61, 0x23]);
        assert_eq!(host.plain("00b0000000"), "6982");
        assert_eq!(host.plain("00c0000000"), "6985");
    }
}
