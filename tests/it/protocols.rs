//! Every combination of protocol, cipher, curve, hash and key that a card may have: each read ends
//! genuine.

use cancuoc::channel::preference::AccessPreference;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::key::AccessKey;
use cancuoc::reader::Plan;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ChipAuthentication;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::support::cards;

const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// Curves that have a standardized parameter id.
fn curves() -> Vec<Curve> {
    Curve::ALL
        .into_iter()
        .filter(|curve| curve.parameter_id().is_some())
        .collect()
}

/// Reads what the verdict rests on, and judges it.
fn report(persona: &Persona, key: AccessKey, what: &str) -> Report {
    let plan = cards::least(key);
    let reading = cards::read(&mut cards::card(persona, what), &plan, what)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    cards::judge(&reading)
}

/// The same, and it must be genuine.
fn genuine(persona: &Persona, key: AccessKey, what: &str) -> Report {
    let report = report(persona, key, what);
    assert_eq!(
        report.verdict(),
        Verdict::Genuine,
        "{what}: {:?}",
        report.checks()
    );
    report
}

fn pace(cipher: Cipher, curve: Curve) -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![PaceVariant { cipher, curve }];
        // The other protocols have tables of their own.
        chip.chip_authentication = None;
    })
}

#[test]
fn pace_with_every_cipher_on_every_curve_by_both_keys() {
    assert_eq!(curves().len(), 11);
    for (number, curve) in curves().into_iter().enumerate() {
        for (other, cipher) in CIPHERS.into_iter().enumerate() {
            let persona = pace(cipher, curve);
            let keys = [("CAN", cards::can(&persona)), ("MRZ", cards::mrz(&persona))];
            // On the two curves that cards use, both keys; elsewhere one after the other.
            let usual = matches!(curve, Curve::P256 | Curve::BrainpoolP256r1);
            for (turn, (kind, key)) in keys.into_iter().enumerate() {
                if !usual && (number + other) % 2 != turn {
                    continue;
                }
                let what = format!("PACE {} {} {kind}", cipher.name(), curve.name());
                let report = genuine(&persona, key, &what);
                let access = &report.checks().access;
                assert_eq!(access.code(), "access.pace", "{what}");
                let id = curve.parameter_id().unwrap().to_string();
                assert_eq!(access.facts()["parameter_id"], id, "{what}");
            }
        }
    }
}

#[test]
fn of_several_offers_the_strongest_is_taken() {
    let variant = |cipher, curve| PaceVariant { cipher, curve };
    let offers = [
        variant(Cipher::TripleDes, Curve::P521),
        variant(Cipher::Aes128, Curve::P256),
        variant(Cipher::Aes256, Curve::P256),
        variant(Cipher::Aes256, Curve::BrainpoolP384r1),
        variant(Cipher::Aes192, Curve::BrainpoolP512r1),
    ];
    for turn in 0..offers.len() {
        let persona = cards::changed("an", |chip| {
            chip.pace = offers.to_vec();
            chip.pace.rotate_left(turn);
        });
        let report = genuine(&persona, cards::can(&persona), "several");
        let access = &report.checks().access;
        // id-PACE-ECDH-GM-AES-CBC-CMAC-256, brainpoolP384r1.
        assert_eq!(access.facts()["protocol"], "0.4.0.127.0.7.2.2.4.2.4");
        assert_eq!(access.facts()["parameter_id"], "16");
    }
}

#[test]
fn bac_opens_a_card_that_has_nothing_else_and_the_report_says_so() {
    let chi = cards::persona("chi");
    for lengths in [
        Lengths::Short,
        Lengths::Extended { max_response: 300 },
        Lengths::Extended {
            max_response: 65_536,
        },
    ] {
        let persona = chi.clone().with(|chip| chip.lengths = lengths);
        let report = genuine(&persona, cards::mrz(&persona), "BAC");
        assert_eq!(report.checks().access.code(), "access.bac");
    }
}

#[test]
fn a_policy_that_requires_pace_does_not_open_by_bac() {
    let chi = cards::persona("chi");
    let plan = Plan {
        access: AccessPreference::RequirePace,
        ..cards::least(cards::mrz(&chi))
    };
    let outcome = cards::read(&mut cards::card(&chi, "require"), &plan, "require");
    assert_eq!(
        outcome.map(|_| ()).unwrap_err().code(),
        "access.pace_required"
    );
}

#[test]
fn chip_authentication_with_every_cipher_curve_and_way_to_name_the_key() {
    let curves = [
        Curve::P256,
        Curve::BrainpoolP256r1,
        Curve::BrainpoolP224r1,
        Curve::P384,
        Curve::BrainpoolP384r1,
        Curve::BrainpoolP512r1,
        Curve::P521,
    ];
    let key_ids = [None, Some(vec![0]), Some(vec![5]), Some(vec![0x80, 0x01])];
    for (number, curve) in curves.into_iter().enumerate() {
        for (other, cipher) in CIPHERS.into_iter().enumerate() {
            for (turn, key_id) in key_ids.iter().enumerate() {
                // All ways on the first two curves, elsewhere one after the other.
                if number > 1 && (number + other) % key_ids.len() != turn {
                    continue;
                }
                let persona = cards::changed("chi", |chip| {
                    chip.active = None;
                    chip.chip_authentication = Some(ChipAuthentication {
                        cipher,
                        curve,
                        key_id: key_id.clone(),
                        parameters: if turn % 2 == 0 {
                            EcParameters::Named
                        } else {
                            EcParameters::Explicit
                        },
                    });
                });
                let what = format!("CA {} {} {key_id:?}", cipher.name(), curve.name());
                let report = genuine(&persona, cards::mrz(&persona), &what);
                let chip = &report.checks().chip;
                assert_eq!(chip.code(), "chip.chip_authentication", "{what}");
                let name = format!("{} {}", curve.name(), cipher.name());
                assert_eq!(chip.facts()["chip_authentication"], name, "{what}");
            }
        }
    }
}

#[test]
fn active_authentication_with_every_hash_and_several_curves() {
    let mut kinds: Vec<ActiveAuthentication> =
        HASHES.into_iter().map(ActiveAuthentication::Rsa).collect();
    let curves = [
        Curve::P224,
        Curve::P256,
        Curve::BrainpoolP256r1,
        Curve::P384,
        Curve::BrainpoolP384r1,
        Curve::BrainpoolP512r1,
        Curve::P521,
    ];
    for curve in curves {
        for hash in HASHES {
            kinds.push(ActiveAuthentication::Ecdsa { curve, hash });
        }
    }
    for kind in kinds {
        for lengths in [
            Lengths::Short,
            Lengths::Extended {
                max_response: 65_536,
            },
        ] {
            if lengths == Lengths::Short && !matches!(kind, ActiveAuthentication::Rsa(_)) {
                continue;
            }
            let persona = cards::changed("chi", |chip| {
                chip.active = Some(kind);
                chip.chip_authentication = None;
                chip.lengths = lengths;
            });
            let what = format!("{kind:?} {lengths:?}");
            let report = genuine(&persona, cards::mrz(&persona), &what);
            let chip = &report.checks().chip;
            assert_eq!(chip.code(), "chip.active_authentication", "{what}");
            let hash = match kind {
                ActiveAuthentication::Rsa(hash) | ActiveAuthentication::Ecdsa { hash, .. } => hash,
            };
            let named = &chip.facts()["active_authentication"];
            assert!(named.contains(hash.name()), "{what}: {named}");
        }
    }
}

#[test]
fn a_chip_without_any_proof_is_open_and_never_genuine() {
    let persona = cards::changed("chi", |chip| {
        chip.active = None;
        chip.chip_authentication = None;
    });
    let report = report(&persona, cards::mrz(&persona), "no proof");
    assert_eq!(report.checks().chip.code(), "chip.no_clone_protection");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
}

#[test]
fn document_signers_of_every_kind() {
    let mut kinds: Vec<(SignerKey, Hash)> = Vec::new();
    for curve in [
        Curve::P224,
        Curve::P256,
        Curve::P384,
        Curve::P521,
        Curve::BrainpoolP224r1,
        Curve::BrainpoolP256r1,
        Curve::BrainpoolP320r1,
        Curve::BrainpoolP384r1,
        Curve::BrainpoolP512r1,
    ] {
        for hash in [Hash::Sha256, Hash::Sha512] {
            kinds.push((SignerKey::Ec(curve), hash));
        }
    }
    for hash in HASHES {
        kinds.push((SignerKey::RsaPkcs1, hash));
        kinds.push((SignerKey::RsaPss, hash));
        kinds.push((SignerKey::Ec(Curve::BrainpoolP384r1), hash));
    }
    for (signer, hash) in kinds {
        let persona = cards::changed("chi", |chip| {
            chip.signer = signer;
            chip.signature_hash = hash;
        });
        let what = format!("{signer:?} {hash:?}");
        let report = genuine(&persona, cards::mrz(&persona), &what);
        let signature = &report.checks().sod_signature;
        assert_eq!(signature.code(), "sod.signed", "{what}");
        assert!(
            signature.facts()["algorithm"].contains(hash.name()),
            "{what}: {:?}",
            signature.facts()
        );
    }
}

/// Shared secrets with leading zeros: one session in 256 has one, and must go like any other.
///
/// The seeds are chosen: with each of them, one coordinate that goes over the wire or into the
/// keys begins with a zero octet. Which one is found out from the conversation itself.
#[test]
fn coordinates_with_leading_zeros_do_not_matter() {
    // A small curve makes a session cheap, and its zeros are as frequent as anywhere.
    let persona = pace(Cipher::Aes128, Curve::BrainpoolP256r1);
    let mut zeros = 0;
    for session in 0..SESSIONS {
        let what = format!("session {session}");
        let mut tap = cards::Tap::new(cards::card(&persona, &what));
        let heard = tap.heard();
        let plan = cards::least(cards::can(&persona));
        let reading = cards::read(&mut tap, &plan, &what).unwrap();
        assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine, "{what}");
        zeros += heard
            .borrow()
            .iter()
            .filter(|command| command[1] == 0x86 && command.len() > 70)
            .filter(|command| command[10] == 0)
            .count();
    }
    println!("{SESSIONS} sessions, {zeros} leading zeros");
}

const SESSIONS: usize = 60;
