//! Whether the chip is the original, end to end: keys of every kind and in every odd manner,
//! refusals and what is tried after them, challenges of a relying party, and clones that try to
//! gain from any of it.

use std::fmt::Write as _;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::crypto::agreement::Agreement;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::System;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::ChipAuthenticationKey;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::verify;

use crate::support::cards;
use crate::support::forge;
use crate::support::forge::Scene;

/// Content octets of bsi-de protocols smartcard, below which everything here stands.
const SMARTCARD: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];

/// A challenge as a relying party would give it.
const CHALLENGE: [u8; 8] = *b"\x10\x32\x54\x76\x98\xBA\xDC\xFE";

fn oid(below: &[u8]) -> Vec<u8> {
    encode(tag::OID, &[&SMARTCARD, below])
}

fn agreement_arc(domain: &Domain) -> u8 {
    match domain.agreement() {
        Agreement::Dh => 1,
        Agreement::Ecdh => 2,
    }
}

fn cipher_arc(cipher: Cipher) -> u8 {
    match cipher {
        Cipher::TripleDes => 1,
        Cipher::Aes128 => 2,
        Cipher::Aes192 => 3,
        Cipher::Aes256 => 4,
    }
}

/// A key of chip authentication, how DG14 tells of it, and what the chip knows of it.
struct Offered {
    domain: Domain,
    cipher: Cipher,
    version: u8,
    /// Reference in ChipAuthenticationInfo; `None` in the outer option leaves the info out.
    info_id: Option<Option<u8>>,
    /// Reference in ChipAuthenticationPublicKeyInfo.
    key_id: Option<u8>,
    /// Reference by which the chip knows it; `None` in the outer option: it does not have the key.
    chip_id: Option<Option<u8>>,
    /// Changes the public key's value.
    spoil: fn(Vec<u8>) -> Vec<u8>,
}

fn offered(parameter_id: u8, cipher: Cipher) -> Offered {
    Offered {
        domain: Domain::from_parameter_id(parameter_id).unwrap(),
        cipher,
        version: 1,
        info_id: Some(None),
        key_id: None,
        chip_id: Some(None),
        spoil: |value| value,
    }
}

impl Offered {
    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The same reference everywhere.
    fn named(self, id: u8) -> Self {
        self.but(|it| {
            it.info_id = Some(Some(id));
            it.key_id = Some(id);
            it.chip_id = Some(Some(id));
        })
    }
}

fn with_id(mut parts: Vec<Vec<u8>>, id: Option<u8>) -> Vec<u8> {
    parts.extend(id.map(|id| encode_integer(&[id])));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    encode(tag::SEQUENCE, &parts)
}

/// The persona's card with these keys in place of its own, and DG14 signed anew.
fn scene(persona: Persona, keys: Vec<Offered>) -> Scene {
    let mut entries = others(&persona);
    let mut chip_keys = Vec::new();
    for key in keys {
        let private = key.domain.generate(&mut System).unwrap();
        let arc = agreement_arc(&key.domain);
        let protocol = [3, arc, cipher_arc(key.cipher)];
        if let Some(id) = key.info_id {
            let version = encode_integer(&[key.version]);
            entries.push(with_id(vec![oid(&protocol), version], id));
        }
        let value = private.public().encoded().to_vec();
        let value = match key.domain.agreement() {
            Agreement::Dh => encode_integer(&(key.spoil)(value)),
            Agreement::Ecdh => (key.spoil)(value),
        };
        let parameters = encode_integer(&[key.domain.parameter_id().unwrap()]);
        let standardized = encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 1, 2]]);
        let info = encode(
            tag::SEQUENCE,
            &[
                &encode(tag::SEQUENCE, &[&standardized, &parameters]),
                &encode(tag::BIT_STRING, &[&[0], &value]),
            ],
        );
        entries.push(with_id(vec![oid(&[1, arc]), info], key.key_id));
        if let Some(id) = key.chip_id {
            chip_keys.push(ChipAuthenticationKey {
                private,
                oid: [&SMARTCARD, &protocol[..]].concat(),
                cipher: key.cipher,
                key_id: id.map(|id| vec![id]),
                version: u32::from(key.version),
            });
        }
    }
    Scene::of(persona)
        .but(|scene| {
            scene.card.chip_keys = chip_keys;
            let group = FileId::Group(DataGroup::DG14);
            scene.card.files.insert(group, dg14(&entries));
        })
        .sealed()
}

fn dg14(entries: &[Vec<u8>]) -> Vec<u8> {
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    encode(0x6E, &[&encode(tag::SET, &entries)])
}

/// The entries of the persona's own DG14 that are not about chip authentication.
fn others(persona: &Persona) -> Vec<Vec<u8>> {
    let card = persona.personalise().unwrap();
    let file = &card.files[&FileId::Group(DataGroup::DG14)];
    let mut outer = Reader::new(file);
    let mut set = outer.expect(0x6E, "DG14").unwrap().inside().unwrap();
    let mut entries = set.expect(tag::SET, "SET").unwrap().inside().unwrap();
    let mut kept = Vec::new();
    while !entries.at_end() {
        let entry = entries.element("SecurityInfo").unwrap();
        let oid = entry.inside().unwrap().expect(tag::OID, "OID").unwrap();
        let below = oid.value.strip_prefix(&SMARTCARD);
        if !below.is_some_and(|below| [1, 3].contains(&below[0])) {
            kept.push(entry.raw.to_vec());
        }
    }
    kept
}

/// Without active authentication: nothing but chip authentication can prove it.
fn alone() -> Persona {
    forge::find("an").with(|chip| chip.active = None)
}

fn report(scene: Scene) -> Report {
    scene.inspect().unwrap().report
}

fn assert_genuine(report: &Report, quirks: &[&str], what: &str) {
    assert_eq!(report.verdict(), Verdict::Genuine, "{what}: {report:?}");
    assert_eq!(
        report.checks().chip.code(),
        "chip.chip_authentication",
        "{what}"
    );
    assert_eq!(report.quirks(), quirks, "{what}");
}

#[test]
fn diffie_hellman_in_every_group_with_every_cipher_and_length() {
    // The shorter groups with every cipher, the longer ones with one each: they take their time.
    let cases = [
        (0, Cipher::TripleDes),
        (0, Cipher::Aes128),
        (0, Cipher::Aes192),
        (0, Cipher::Aes256),
        (1, Cipher::TripleDes),
        (2, Cipher::Aes256),
    ];
    for (parameter_id, cipher) in cases {
        for lengths in [
            Lengths::Short,
            Lengths::Extended {
                max_response: 65_536,
            },
        ] {
            let persona = alone().with(|chip| chip.lengths = lengths);
            let what = format!("{parameter_id} {} {lengths:?}", cipher.name());
            let found = report(scene(persona, vec![offered(parameter_id, cipher)]));
            // MSE:Set KAT cannot be chained, so a long value in short lengths goes the other way.
            assert_genuine(&found, &[], &what);
        }
    }
}

#[test]
fn several_keys_are_told_apart_by_their_references() {
    let keys = || {
        vec![
            offered(13, Cipher::Aes128).named(1),
            offered(13, Cipher::Aes128).named(2),
            offered(0, Cipher::TripleDes).named(3),
        ]
    };
    for count in 1..=3 {
        let keys = keys().into_iter().take(count).collect();
        assert_genuine(&report(scene(alone(), keys)), &[], "several");
    }
    // The strongest cipher first, then the strongest key.
    let keys = vec![
        offered(12, Cipher::Aes128).named(1),
        offered(13, Cipher::Aes256).named(2),
        offered(16, Cipher::Aes256).named(3),
    ];
    let found = report(scene(alone(), keys));
    assert_genuine(&found, &[], "strongest");
    let name = &found.checks().chip.facts()["chip_authentication"];
    assert_eq!(name, "brainpoolP384r1 AES-256");
}

#[test]
fn references_may_be_zero_absent_or_others_than_the_chips() {
    type Case = (fn(&mut Offered), &'static [&'static str]);
    let cases: [Case; 6] = [
        (
            |it| {
                it.info_id = Some(Some(0));
                it.key_id = Some(0);
                it.chip_id = Some(Some(0));
            },
            &["ca-key-id-zero"],
        ),
        // The key alone has one.
        (
            |it| {
                it.key_id = Some(7);
                it.chip_id = Some(Some(7));
            },
            &[],
        ),
        // The info alone has one.
        (
            |it| {
                it.info_id = Some(Some(7));
                it.chip_id = Some(Some(7));
            },
            &[],
        ),
        // They differ, and the chip knows that of the info, or that of the key.
        (
            |it| {
                it.info_id = Some(Some(1));
                it.key_id = Some(2);
                it.chip_id = Some(Some(1));
            },
            &["ca-key-id-mismatch"],
        ),
        (
            |it| {
                it.info_id = Some(Some(1));
                it.key_id = Some(2);
                it.chip_id = Some(Some(2));
            },
            &["ca-key-id-refused", "ca-key-id-mismatch"],
        ),
        // The chip wants none.
        (
            |it| {
                it.info_id = Some(Some(1));
                it.key_id = Some(1);
                it.chip_id = Some(None);
            },
            &["ca-key-id-refused"],
        ),
    ];
    for (number, (change, quirks)) in cases.into_iter().enumerate() {
        for cipher in [Cipher::TripleDes, Cipher::Aes128] {
            let key = offered(13, cipher).but(change);
            let what = format!("case {number} {}", cipher.name());
            assert_genuine(&report(scene(alone(), vec![key])), quirks, &what);
        }
    }
}

#[test]
fn a_key_without_its_info_means_triple_des() {
    for parameter_id in [0, 12] {
        let key = offered(parameter_id, Cipher::TripleDes).but(|it| it.info_id = None);
        let found = report(scene(alone(), vec![key]));
        assert_genuine(&found, &["ca-info-missing"], "lone key");
    }
    // A clone gains nothing by it.
    let persona = alone().with(|chip| chip.faults.push(Fault::WrongChipKey.into()));
    let key = offered(12, Cipher::TripleDes).but(|it| it.info_id = None);
    let found = report(scene(persona, vec![key]));
    assert_eq!(found.checks().chip.code(), "chip.proof_failed");
}

#[test]
fn infos_of_unknown_versions_are_passed_over() {
    let keys = vec![
        offered(13, Cipher::Aes256)
            .named(1)
            .but(|it| it.version = 3),
        offered(12, Cipher::Aes128).named(2),
    ];
    let found = report(scene(alone(), keys));
    assert_genuine(&found, &[], "one of two");
    let keys = vec![offered(13, Cipher::Aes256).but(|it| it.version = 9)];
    let found = report(scene(alone(), keys));
    assert_eq!(found.checks().chip.code(), "chip.unsupported");
    assert_eq!(found.verdict(), Verdict::Inconclusive);
}

#[test]
fn a_refused_key_gives_way_to_the_next_but_never_to_a_weak_one() {
    let missing = |it: &mut Offered| it.chip_id = None;
    let keys = vec![
        offered(16, Cipher::Aes256).named(1).but(missing),
        offered(12, Cipher::Aes128).named(2),
    ];
    assert_genuine(
        &report(scene(alone(), keys)),
        &["ca-key-refused"],
        "next key",
    );
    // 1024 bits, which somebody may have broken.
    let keys = vec![
        offered(16, Cipher::Aes256).named(1).but(missing),
        offered(0, Cipher::Aes128).named(2),
    ];
    let found = report(scene(alone(), keys));
    assert_eq!(found.checks().chip.code(), "chip.refused");
    assert_eq!(found.verdict(), Verdict::NotGenuine);
}

/// Keys that no chip can hold.
fn damaged() -> Vec<Offered> {
    vec![
        offered(12, Cipher::Aes128).but(|it| {
            it.spoil = |mut point| {
                *point.last_mut().unwrap() ^= 1;
                point
            }
        }),
        offered(12, Cipher::Aes128).but(|it| {
            it.spoil = |mut point| {
                point.pop();
                point
            }
        }),
        offered(0, Cipher::Aes128).but(|it| it.spoil = |_| vec![0]),
        offered(0, Cipher::Aes128).but(|it| it.spoil = |_| vec![1]),
        offered(0, Cipher::Aes128).but(|it| it.spoil = |value| vec![0xFF; value.len()]),
    ]
}

#[test]
fn a_damaged_key_is_named_and_proves_nothing() {
    for (number, key) in damaged().into_iter().enumerate() {
        let found = report(scene(alone(), vec![key]));
        let what = format!("{number}: {found:?}");
        assert_eq!(found.checks().chip.code(), "chip.key_malformed", "{what}");
        assert_eq!(found.verdict(), Verdict::Inconclusive, "{what}");
        let deviations = found.deviations();
        assert_eq!(deviations, ["deviation.chip_key_malformed"], "{what}");
    }
    // Another proof counts, and the damage is told all the same.
    let persona = forge::find("an").with(|chip| {
        chip.active = Some(ActiveAuthentication::Rsa(Hash::Sha256));
    });
    let key = damaged().remove(0);
    let found = report(scene(persona, vec![key]));
    assert_eq!(found.checks().chip.code(), "chip.active_authentication");
    assert_eq!(found.deviations(), ["deviation.chip_key_malformed"]);
    // So does another key.
    let keys = vec![
        damaged().remove(0).named(1),
        offered(13, Cipher::Aes128).named(2),
    ];
    let found = report(scene(alone(), keys));
    assert_genuine(&found, &[], "the other key");
    assert_eq!(found.deviations(), ["deviation.chip_key_malformed"]);
}

#[test]
fn damaged_entries_are_named() {
    let key = || offered(12, Cipher::TripleDes).but(|it| it.info_id = None);
    let spoilt = [
        // An info without its version: nothing is inferred in its place.
        encode(tag::SEQUENCE, &[&oid(&[3, 2, 1])]),
        // A key that is no SubjectPublicKeyInfo.
        encode(tag::SEQUENCE, &[&oid(&[1, 2]), &encode_integer(&[1])]),
    ];
    for (number, entry) in spoilt.into_iter().enumerate() {
        let card = scene(alone(), vec![key()])
            .group(DataGroup::DG14, |file| {
                let mut reader = Reader::new(file);
                let set = reader.expect(0x6E, "DG14").unwrap().inside().unwrap();
                let mut set = set;
                let set = set.expect(tag::SET, "SET").unwrap().value.to_vec();
                *file = encode(0x6E, &[&encode(tag::SET, &[&set, &entry])]);
            })
            .sealed();
        let found = report(card);
        assert_eq!(
            found.checks().chip.code(),
            "chip.key_malformed",
            "{number}: {found:?}"
        );
        assert_eq!(found.verdict(), Verdict::Inconclusive);
    }
    // The group as a whole: another tag, a length too small.
    let changes: [fn(&mut Vec<u8>); 2] = [|file| file[0] = 0x6F, |file| file[1] -= 1];
    for change in changes {
        let card = scene(alone(), vec![key()])
            .group(DataGroup::DG14, change)
            .sealed();
        match card.inspect() {
            Ok(inspected) => {
                let found = inspected.report;
                assert_ne!(found.verdict(), Verdict::Genuine, "{found:?}");
            }
            Err(error) => assert!(error.code().starts_with("data."), "{error}"),
        }
    }
}

/// A card with one quirk or fault, read and judged.
fn odd(name: &str, change: impl FnOnce(&mut ChipOptions)) -> Report {
    let persona = cards::changed(name, change);
    cards::judge(&cards::read_own(&persona, "odd").unwrap())
}

#[test]
fn chips_that_want_it_another_way_are_genuine_and_clones_are_not() {
    let set_at = |chip: &mut ChipOptions| chip.chip_authentication[0].cipher = Cipher::Aes128;
    let set_kat = |chip: &mut ChipOptions| chip.chip_authentication[0].cipher = Cipher::TripleDes;
    type Case<'a> = (Quirk, &'a dyn Fn(&mut ChipOptions), &'static str);
    let cases: [Case<'_>; 5] = [
        (Quirk::ChipSetAt6f00, &set_at, "ca-set-at-6f00"),
        (Quirk::ChipSetAt6a80, &set_at, "ca-set-at-6a80"),
        (Quirk::ChipSetKat6f00, &set_kat, "ca-set-kat-6f00"),
        (Quirk::ChipSetKat6a80, &set_kat, "ca-set-kat-6a80"),
        (Quirk::ChipNeedsChaining, &set_at, "ca-needs-chaining"),
    ];
    for (quirk, cipher, name) in cases {
        let honest = |chip: &mut ChipOptions| {
            chip.active = None;
            cipher(chip);
            chip.quirks.insert(quirk);
        };
        let found = odd("an", honest);
        assert_eq!(found.verdict(), Verdict::Genuine, "{quirk}: {found:?}");
        assert!(
            found.quirks().iter().any(|known| known == name),
            "{quirk}: {:?}",
            found.quirks()
        );
        let found = odd("an", |chip| {
            honest(chip);
            chip.faults.push(Fault::WrongChipKey.into());
        });
        assert_eq!(
            found.checks().chip.code(),
            "chip.proof_failed",
            "{quirk}: {found:?}"
        );
    }
}

#[test]
fn a_chip_that_refuses_everything_is_refused_whatever_it_says() {
    for status in [
        0x6300, 0x6700, 0x6883, 0x6884, 0x6982, 0x6985, 0x6A80, 0x6A81, 0x6A86, 0x6A88, 0x6D00,
        0x6F00,
    ] {
        for fault in [
            Fault::ChipKeyRefused(status),
            Fault::ChipAgreementRefused(status),
        ] {
            let found = odd("an", |chip| chip.faults.push(fault.into()));
            assert_eq!(
                found.checks().chip.code(),
                "chip.refused",
                "{fault}: {found:?}"
            );
            assert_eq!(found.verdict(), Verdict::NotGenuine, "{fault}");
        }
    }
}

#[test]
fn a_chip_that_stays_on_its_old_keys_has_proven_nothing() {
    for active in [None, Some(ActiveAuthentication::Rsa(Hash::Sha256))] {
        let found = odd("an", |chip| {
            chip.active = active;
            chip.faults.push(Fault::ChipKeepsOldKeys.into());
        });
        assert_eq!(found.checks().chip.code(), "chip.proof_failed");
    }
}

fn active_only(chip: &mut ChipOptions) {
    chip.chip_authentication = Vec::new();
}

fn with_ecdsa(chip: &mut ChipOptions) {
    active_only(chip);
    chip.active = Some(ActiveAuthentication::Ecdsa {
        curve: Curve::BrainpoolP256r1,
        hash: Hash::Sha256,
    });
}

fn with_rsa(chip: &mut ChipOptions) {
    active_only(chip);
    chip.active = Some(ActiveAuthentication::Rsa(Hash::Sha256));
}

#[test]
fn signatures_in_odd_forms_hold_and_are_named() {
    type Case = (Quirk, fn(&mut ChipOptions), &'static str);
    let cases: [Case; 2] = [
        (
            Quirk::ActiveSignatureDer,
            with_ecdsa,
            "active-signature-der",
        ),
        (
            Quirk::ActiveSignatureZeros,
            with_ecdsa,
            "active-signature-zeros",
        ),
    ];
    for (quirk, setting, name) in cases {
        let found = odd("an", |chip| {
            setting(chip);
            chip.quirks.insert(quirk);
        });
        assert_eq!(found.verdict(), Verdict::Genuine, "{quirk}: {found:?}");
        assert_eq!(found.quirks(), [name], "{quirk}");
        let found = odd("an", |chip| {
            setting(chip);
            chip.quirks.insert(quirk);
            chip.faults.push(Fault::WrongActiveKey.into());
        });
        assert_eq!(found.checks().chip.code(), "chip.proof_failed", "{quirk}");
    }
}

#[test]
fn an_empty_answer_to_a_short_length_is_asked_for_again() {
    let found = odd("an", |chip| {
        with_rsa(chip);
        chip.quirks.insert(Quirk::ActiveEmptyOnShortLe);
    });
    assert_eq!(found.verdict(), Verdict::Genuine, "{found:?}");
}

#[test]
fn trailers_and_algorithms_that_nobody_signed_prove_nothing() {
    for fault in [Fault::ActiveTrailerWrong, Fault::ActiveTrailerUnknown] {
        let found = odd("an", |chip| {
            with_rsa(chip);
            chip.faults.push(fault.into());
        });
        assert_eq!(found.checks().chip.code(), "chip.proof_failed", "{fault}");
    }
    // An algorithm of ECDSA that nobody knows: none is guessed in its place.
    let found = report(with_active_info(Some(&[
        0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 99,
    ])));
    assert_eq!(found.checks().chip.code(), "chip.unsupported", "{found:?}");
    assert_eq!(found.verdict(), Verdict::Inconclusive);
}

/// A card with ECDSA whose DG14 has this algorithm in ActiveAuthenticationInfo, or no such entry.
fn with_active_info(algorithm: Option<&[u8]>) -> Scene {
    let persona = forge::find("an").with(with_ecdsa);
    let id_aa = encode(tag::OID, &[&[0x67, 0x81, 0x08, 1, 1, 5]]);
    let mut entries = others(&persona);
    entries.retain(|entry| !entry.windows(id_aa.len()).any(|window| window == id_aa));
    entries.extend(algorithm.map(|algorithm| {
        let algorithm = encode(tag::OID, &[algorithm]);
        encode(tag::SEQUENCE, &[&id_aa, &encode_integer(&[1]), &algorithm])
    }));
    Scene::of(persona)
        .but(|scene| {
            let group = FileId::Group(DataGroup::DG14);
            scene.card.files.insert(group, dg14(&entries));
        })
        .sealed()
}

#[test]
fn a_hash_that_dg14_does_not_name_is_found() {
    let found = report(with_active_info(None));
    assert_eq!(found.verdict(), Verdict::Genuine, "{found:?}");
    assert_eq!(found.quirks(), ["aa-hash-missing"]);
    // One that it names is the only one that counts.
    let sha_512: &[u8] = &[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1, 5];
    let found = report(with_active_info(Some(sha_512)));
    assert_eq!(found.checks().chip.code(), "chip.proof_failed");
}

/// Reads for a relying party.
fn read_for(persona: &Persona, challenge: [u8; 8]) -> Reading {
    let mut plan = cards::whole(cards::key(persona));
    plan.challenge = Some(challenge);
    cards::read(&mut cards::card(persona, "party"), &plan, "party").unwrap()
}

fn saved(capture: &Capture) -> Capture {
    Capture::from_json(&capture.to_json(), "card.json").unwrap()
}

fn judge(reading: &Reading) -> Report {
    verify(reading, &cards::trust(), &Policy::counter(), cards::now())
}

#[test]
fn a_relying_partys_challenge_is_signed_beside_the_readers_own() {
    for setting in [with_rsa, with_ecdsa] {
        let persona = cards::changed("an", setting);
        let reading = read_for(&persona, CHALLENGE);
        let own = reading.capture.active.clone().unwrap();
        let party = reading.capture.active_for_party.clone().unwrap();
        assert_ne!(own.challenge, CHALLENGE);
        assert_eq!(party.challenge, CHALLENGE);
        let live = judge(&reading);
        let mut response = String::new();
        for octet in &party.response {
            write!(response, "{octet:02x}").unwrap();
        }
        let kept = saved(&reading.capture);
        assert_eq!(kept, reading.capture);
        let again = judge(&Reading::stored_for(kept.clone(), CHALLENGE));
        for report in [live, again] {
            let chip = &report.checks().chip;
            assert_eq!(chip.code(), "chip.active_authentication", "{report:?}");
            assert_eq!(chip.facts()["challenge"], "1032547698badcfe");
            assert_eq!(chip.facts()["response"], response);
            assert_eq!(report.verdict(), Verdict::Genuine);
        }
        // For nobody else.
        let mut other = CHALLENGE;
        other[7] ^= 1;
        for reading in [
            Reading::stored(kept.clone()),
            Reading::stored_for(kept.clone(), other),
        ] {
            assert_eq!(judge(&reading).checks().chip.code(), "chip.not_live");
        }
        // Whoever knew the reader's challenge beforehand may go by that, too.
        let own: [u8; 8] = own.challenge.try_into().unwrap();
        let report = judge(&Reading::stored_for(kept, own));
        assert_eq!(report.checks().chip.code(), "chip.active_authentication");
    }
}

#[test]
fn with_chip_authentication_both_are_told_and_the_stored_exchange_serves_the_party() {
    let persona = cards::persona("an");
    let reading = read_for(&persona, CHALLENGE);
    let report = judge(&reading);
    assert_eq!(report.checks().chip.code(), "chip.both", "{report:?}");
    assert_eq!(
        report.checks().chip.facts()["challenge"],
        "1032547698badcfe"
    );
    let kept = saved(&reading.capture);
    let report = judge(&Reading::stored_for(kept, CHALLENGE));
    assert_eq!(report.checks().chip.code(), "chip.active_authentication");
}

#[test]
fn an_exchange_that_was_not_made_for_the_party_does_not_serve_it() {
    let persona = cards::changed("an", with_rsa);
    let reading = read_for(&persona, CHALLENGE);
    // The challenge written over another signature.
    let mut forged = reading.capture.clone();
    forged.active_for_party = forged.active.clone();
    forged.active_for_party.as_mut().unwrap().challenge = CHALLENGE.to_vec();
    let report = judge(&Reading::stored_for(forged, CHALLENGE));
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
    // The exchange of another session, in a live one.
    let mut live = cards::read_own(&persona, "another").unwrap();
    live.capture.active_for_party = reading.capture.active_for_party.clone();
    assert_eq!(judge(&live).checks().chip.code(), "chip.proof_failed");
    // A signature by another card.
    let clone = cards::changed("an", |chip| {
        with_rsa(chip);
        chip.faults.push(Fault::WrongActiveKey.into());
    });
    let report = judge(&read_for(&clone, CHALLENGE));
    assert_eq!(report.checks().chip.code(), "chip.proof_failed");
}

#[test]
fn captures_of_earlier_versions_load() {
    let text = r#"{"schema": "cancuoc.capture/1", "access": "none", "files": {},
        "active": {"challenge": "0001020304050607", "response": "01"}}"#;
    let capture = Capture::from_json(text, "old.json").unwrap();
    assert!(capture.active.is_some());
    assert!(capture.active_for_party.is_none());
    assert!(!capture.to_json().contains("active_for_party"));
}

#[cfg(feature = "cli")]
#[test]
fn the_program_takes_a_challenge_and_verifies_by_it() {
    use crate::support::home::Home;

    let home = Home::new();
    let (file, trust) = (home.text("card.json"), home.text("trust"));
    home.run(&["sim", "pki", "--out", &trust]);
    let challenge = "1032547698badcfe";
    let read = ["read", "--virtual", "an", "--save", &file];
    let report = home.json(&[&read[..], &["--challenge", challenge]].concat(), 0);
    assert_eq!(report["checks"]["chip"]["evidence"]["challenge"], challenge);
    let policy = ["--policy", "ci-simulator"];
    let verify = ["verify", &file, "--trust", &trust, "--challenge"];
    let chip = |challenge: &str, code: i32| {
        let report = home.json(&[&verify[..], &[challenge], &policy].concat(), code);
        report["checks"]["chip"]["code"].clone()
    };
    assert_eq!(chip("1032547698BADCFE", 0), "chip.active_authentication");
    assert_eq!(chip("1032547698badcff", 3), "chip.not_live");
    for wrong in ["", "10", "1032547698badcfe00", "1032547698badcfg"] {
        let output = home.run(&[&verify[..], &[wrong]].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("challenge.format"), "{said}");
    }
}
