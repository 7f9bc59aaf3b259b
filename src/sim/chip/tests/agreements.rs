//! Chip authentication over every kind of group and form, and active authentication of every length.

use crate::bytes::tlv;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::iso9796_2;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::chip::tests::host::Keys;
use crate::sim::chip::tests::key;
use crate::sim::fault::Fault;
use crate::sim::files;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Trailer;
use crate::sim::quirk::Quirk;

const SET_AT: [u8; 4] = [0, 0x22, 0x41, 0xA4];
const SET_KAT: [u8; 4] = [0, 0x22, 0x41, 0xA6];
const GENERAL: [u8; 4] = [0, 0x86, 0, 0];
const INTERNAL: [u8; 4] = [0, 0x88, 0, 0];
const READ_COM: [u8; 4] = [0, 0xB0, 0x9E, 0];
const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const LONG: Lengths = Lengths::Extended { max_response: 4096 };

const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

fn domains() -> impl Iterator<Item = Domain> {
    (0..=2)
        .chain(8..=18)
        .map(|id| Domain::from_parameter_id(id).unwrap())
}

fn chip_key(domain: &Domain, cipher: Cipher, key_id: Option<&[u8]>) -> ChipAuthenticationKey {
    let label = format!("chip {key_id:?}");
    ChipAuthenticationKey {
        private: keys::agreement(domain, &label).unwrap(),
        oid: files::chip_authentication_oid(domain.agreement(), cipher),
        cipher,
        key_id: key_id.map(<[u8]>::to_vec),
        version: 1,
    }
}

fn with(keys: Vec<ChipAuthenticationKey>) -> Personalisation {
    let mut card = card();
    card.lengths = LONG;
    card.chip_keys = keys;
    card
}

fn ephemeral(domain: &Domain) -> Private {
    keys::agreement(domain, "ephemeral").unwrap()
}

fn choice(domain: &Domain, cipher: Cipher, key_id: Option<&[u8]>) -> Vec<u8> {
    let oid = files::chip_authentication_oid(domain.agreement(), cipher);
    let id = key_id.map_or_else(Vec::new, |id| tlv::encode(0x84, &[id]));
    [tlv::encode(0x80, &[&oid]), id].concat()
}

fn own_key(value: &[u8]) -> Vec<u8> {
    tlv::encode(0x7C, &[&tlv::encode(0x80, &[value])])
}

/// The keys that must follow.
fn follow(host: &mut Host, domain: &Domain, cipher: Cipher, key_id: Option<&[u8]>) {
    let chip = chip_key(domain, cipher, key_id).private.public();
    let shared = ephemeral(domain).agree(&chip).unwrap();
    host.use_keys(Keys::new(cipher, shared.expose(), 0));
    assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
}

#[test]
fn every_group_and_cipher_agrees() {
    for (number, domain) in domains().enumerate() {
        for (other, cipher) in CIPHERS.into_iter().enumerate() {
            // All ciphers on a prime field and a curve, elsewhere one after the other.
            if ![0, 8].contains(&number) && number % CIPHERS.len() != other {
                continue;
            }
            let mut host = Host::into_application(with(vec![chip_key(&domain, cipher, None)]));
            let set = choice(&domain, cipher, None);
            assert_eq!(host.command(SET_AT, &set, false), (vec![], 0x9000));
            let ours = ephemeral(&domain).public();
            let answer = host.command(GENERAL, &own_key(ours.data()), true);
            assert_eq!(answer, (vec![0x7C, 0], 0x9000), "{}", domain.name());
            follow(&mut host, &domain, cipher, None);

            let mut host = Host::into_application(with(vec![chip_key(&domain, cipher, None)]));
            let set = tlv::encode(0x91, &[ours.data()]);
            let (_, status) = host.command(SET_KAT, &set, false);
            if cipher == Cipher::TripleDes {
                assert_eq!(status, 0x9000);
                follow(&mut host, &domain, cipher, None);
            } else {
                assert_eq!(status, 0x6A80);
            }
        }
    }
}

#[test]
fn numbers_outside_the_subgroup_are_refused() {
    for id in 0..=2 {
        let domain = Domain::from_parameter_id(id).unwrap();
        let Domain::Modp(group) = &domain else {
            panic!("a prime field");
        };
        let prime = group.prime().to_vec();
        let mut below = prime.clone();
        *below.last_mut().unwrap() ^= 1;
        for value in [vec![], vec![0], vec![1], vec![2], below, prime] {
            let keys = vec![chip_key(&domain, Cipher::Aes128, None)];
            let mut host = Host::into_application(with(keys));
            let set = choice(&domain, Cipher::Aes128, None);
            assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
            assert_eq!(host.command(GENERAL, &own_key(&value), true).1, 0x6A80);
            // The old keys live on.
            assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
        }
    }
}

#[test]
fn several_keys_go_by_their_identifiers() {
    let curve = Domain::Curve(Curve::P256);
    let field = Domain::from_parameter_id(0).unwrap();
    let aes = Cipher::Aes128;
    let keys = || {
        vec![
            chip_key(&curve, aes, Some(&[0])),
            chip_key(&curve, aes, Some(&[1])),
            chip_key(&curve, aes, Some(&[0x80, 0x01])),
            chip_key(&curve, Cipher::TripleDes, Some(&[1])),
            chip_key(&field, aes, None),
        ]
    };
    for (domain, cipher, key_id, status) in [
        (&curve, aes, Some(&[0][..]), 0x9000),
        (&curve, aes, Some(&[0, 0]), 0x9000),
        (&curve, aes, Some(&[1]), 0x9000),
        (&curve, aes, Some(&[0x80, 0x01]), 0x9000),
        (&curve, aes, Some(&[2]), 0x6A88),
        (&curve, aes, Some(&[]), 0x6A88),
        (&curve, aes, None, 0x6A88),
        (&curve, Cipher::TripleDes, Some(&[1]), 0x9000),
        (&curve, Cipher::TripleDes, Some(&[0]), 0x6A88),
        (&curve, Cipher::Aes256, Some(&[1]), 0x6A80),
        (&field, aes, None, 0x9000),
        (&field, aes, Some(&[1]), 0x6A88),
    ] {
        let mut host = Host::into_application(with(keys()));
        let set = choice(domain, cipher, key_id);
        assert_eq!(host.send(SET_AT, &set, &[]).1, status, "{key_id:?}");
        if status == 0x9000 && key_id != Some(&[0, 0]) {
            let ours = ephemeral(domain).public();
            let answer = host.command(GENERAL, &own_key(ours.data()), true);
            assert_eq!(answer.1, 0x9000);
            follow(&mut host, domain, cipher, key_id);
        }
    }
}

/// Sends a key in pieces of a chain; the status word of the last.
fn in_pieces(host: &mut Host, data: &[u8], size: usize) -> u16 {
    let mut pieces = data.chunks(size).peekable();
    let mut status = 0;
    while let Some(piece) = pieces.next() {
        let more = pieces.peek().is_some();
        let header = [if more { 0x10 } else { 0 }, 0x86, 0, 0];
        // Le where the answer comes, and a piece without it.
        let le: &[u8] = if more { &[] } else { &[0] };
        status = host.send(header, piece, le).1;
        if status != 0x9000 {
            break;
        }
    }
    status
}

#[test]
fn a_key_too_long_for_one_command_comes_in_pieces() {
    let domain = Domain::from_parameter_id(2).unwrap();
    assert_eq!(domain.agreement(), Agreement::Dh);
    let mut card = with(vec![chip_key(&domain, Cipher::Aes256, None)]);
    card.lengths = Lengths::Short;
    let mut host = Host::into_application(card);
    let set = choice(&domain, Cipher::Aes256, None);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    let data = own_key(ephemeral(&domain).public().data());
    assert_eq!(in_pieces(&mut host, &data, 100), 0x9000);
    follow(&mut host, &domain, Cipher::Aes256, None);
    // A chain without an end, and one that something else interrupts.
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    assert_eq!(in_pieces(&mut host, &[0x7C; 1000], 200), 0x6700);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    assert_eq!(host.send([0x10, 0x86, 0, 0], &data[..50], &[]).1, 0x9000);
    assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000);
    assert_eq!(host.send(GENERAL, &data[50..100], &[0]).1, 0x6985);
}

#[test]
fn quirks_of_chip_authentication_want_another_way() {
    let domain = Domain::Curve(Curve::P256);
    let ours = ephemeral(&domain).public();
    let agreement = tlv::encode(0x91, &[ours.data()]);
    for (quirk, status) in [
        (Quirk::ChipSetAt6f00, 0x6F00),
        (Quirk::ChipSetAt6a80, 0x6A80),
    ] {
        let mut card = with(vec![chip_key(&domain, Cipher::Aes128, None)]);
        card.quirks.insert(quirk);
        let mut host = Host::into_application(card);
        let set = choice(&domain, Cipher::Aes128, None);
        assert_eq!(host.send(SET_AT, &set, &[]).1, status);
        assert_eq!(host.send(SET_KAT, &agreement, &[]).1, 0x9000);
        follow(&mut host, &domain, Cipher::Aes128, None);
    }
    for (quirk, status) in [
        (Quirk::ChipSetKat6f00, 0x6F00),
        (Quirk::ChipSetKat6a80, 0x6A80),
    ] {
        let mut card = with(vec![chip_key(&domain, Cipher::TripleDes, None)]);
        card.quirks.insert(quirk);
        let mut host = Host::into_application(card);
        assert_eq!(host.send(SET_KAT, &agreement, &[]).1, status);
        let set = choice(&domain, Cipher::TripleDes, None);
        assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
        let answer = host.send(GENERAL, &own_key(ours.data()), &[0]);
        assert_eq!(answer.1, 0x9000);
        follow(&mut host, &domain, Cipher::TripleDes, None);
    }
    for key_id in [None, Some(&[0][..])] {
        let mut card = with(vec![chip_key(&domain, Cipher::Aes128, Some(&[0]))]);
        card.quirks.insert(Quirk::ChipKeyIdZero);
        let mut host = Host::into_application(card);
        let set = choice(&domain, Cipher::Aes128, key_id);
        assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    }
    let mut card = with(vec![chip_key(&domain, Cipher::Aes128, None)]);
    card.quirks.insert(Quirk::ChipNeedsChaining);
    let mut host = Host::into_application(card);
    let set = choice(&domain, Cipher::Aes128, None);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    let data = own_key(ours.data());
    assert_eq!(host.send(GENERAL, &data, &[0]).1, 0x6700);
    assert_eq!(in_pieces(&mut host, &data, 40), 0x9000);
    follow(&mut host, &domain, Cipher::Aes128, None);
}

#[test]
fn faults_of_chip_authentication_do_what_they_say() {
    let domain = Domain::Curve(Curve::P256);
    let set = choice(&domain, Cipher::Aes128, None);
    let data = own_key(ephemeral(&domain).public().data());
    for (fault, first, second) in [
        (Fault::ChipKeyRefused(0x6A88), 0x6A88, 0x6985),
        (Fault::ChipAgreementRefused(0x6300), 0x9000, 0x6300),
        (Fault::ChipKeepsOldKeys, 0x9000, 0x9000),
    ] {
        let mut card = with(vec![chip_key(&domain, Cipher::Aes128, None)]);
        card.faults = vec![fault.into()];
        let mut host = Host::into_application(card);
        assert_eq!(host.send(SET_AT, &set, &[]).1, first, "{fault}");
        assert_eq!(host.send(GENERAL, &data, &[0]).1, second, "{fault}");
        assert_eq!(host.send(READ_COM, &[], &[0]).1, 0x9000, "{fault}");
    }
}

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

fn with_rsa(which: RsaKey, hash: Hash, trailer: Trailer) -> Personalisation {
    let mut card = with(Vec::new());
    let key = keys::rsa(which).unwrap();
    card.active = Some(ActiveKey::Rsa { key, hash, trailer });
    card
}

#[test]
fn active_authentication_with_rsa_of_every_length_hash_and_trailer() {
    for which in RsaKey::ALL {
        let public = keys::rsa(which).unwrap().public();
        for (number, hash) in HASHES.into_iter().enumerate() {
            for trailer in [Trailer::Usual, Trailer::Explicit] {
                // All of them on the shortest key; long ones take their time.
                if which != RsaKey::Active1024 && number % 3 != which.bits() / 256 % 3 {
                    continue;
                }
                let mut host = Host::into_application(with_rsa(which, hash, trailer));
                let (signature, status) = host.send_extended(INTERNAL, &CHALLENGE, &[0, 0]);
                assert_eq!((signature.len() * 8, status), (which.bits(), 0x9000));
                let found = iso9796_2::verify(&public, &CHALLENGE, &signature);
                assert_eq!(found, Ok(hash), "{which:?}");
                // The trailer itself, by the public operation.
                let opened = public.raw(&signature).unwrap();
                let short = hash == Hash::Sha1 && trailer == Trailer::Usual;
                let last = if short { 0xBC } else { 0xCC };
                assert_eq!(opened.last(), Some(&last));
            }
        }
    }
}

#[test]
fn active_authentication_with_a_trailer_of_nobody_fails() {
    for (fault, expected) in [
        (Fault::ActiveTrailerWrong, iso9796_2::Fault::Form),
        (
            Fault::ActiveTrailerUnknown,
            iso9796_2::Fault::UnknownTrailer,
        ),
    ] {
        let mut card = with_rsa(RsaKey::Active, Hash::Sha256, Trailer::Usual);
        card.faults = vec![fault.into()];
        let mut host = Host::into_application(card);
        let (signature, _) = host.send_extended(INTERNAL, &CHALLENGE, &[0, 0]);
        let public = keys::rsa(RsaKey::Active).unwrap().public();
        let found = iso9796_2::verify(&public, &CHALLENGE, &signature);
        assert_eq!(found, Err(expected), "{fault}");
    }
}

#[test]
fn active_authentication_with_ecdsa_on_every_curve() {
    for curve in Curve::ALL {
        for hash in HASHES {
            for zeros in [false, true] {
                let mut card = with(Vec::new());
                let own = key("active", curve);
                let public = PublicKey::Ec(own.public());
                card.active = Some(ActiveKey::Ec { key: own, hash });
                if zeros {
                    card.quirks.insert(Quirk::ActiveSignatureZeros);
                }
                let mut host = Host::into_application(card);
                let (signature, status) = host.send(INTERNAL, &CHALLENGE, &[0]);
                assert_eq!(status, 0x9000);
                let plain = if zeros {
                    let (r, s) = signature.split_at(signature.len() / 2);
                    assert_eq!((r[0], s[0]), (0, 0));
                    [&r[1..], &s[1..]].concat()
                } else {
                    signature
                };
                let verified = public.verify(Scheme::EcdsaPlain(hash), &[&CHALLENGE], &plain);
                assert_eq!(verified, Ok(()), "{}", curve.name());
            }
        }
    }
}

#[test]
fn a_long_signature_may_be_empty_where_the_le_is_short() {
    let mut card = with_rsa(RsaKey::Active, Hash::Sha256, Trailer::Usual);
    card.quirks.insert(Quirk::ActiveEmptyOnShortLe);
    let mut host = Host::into_application(card);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[0]), (vec![], 0x9000));
    let (signature, status) = host.send_extended(INTERNAL, &CHALLENGE, &[0, 0]);
    assert_eq!((signature.len(), status), (256, 0x9000));
    // One that fits comes either way.
    let mut card = with_rsa(RsaKey::Active1024, Hash::Sha256, Trailer::Usual);
    card.quirks.insert(Quirk::ActiveEmptyOnShortLe);
    let mut host = Host::into_application(card);
    assert_eq!(host.send(INTERNAL, &CHALLENGE, &[0]).0.len(), 128);
}
