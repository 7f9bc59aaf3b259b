//! Choices among protocols, document signers of every kind, and numbers with leading zeros: each read
//! ends genuine. Every combination of the protocols is in `matrix`.

use cancuoc::bytes::tlv::Reader;
use cancuoc::channel::preference::AccessPreference;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::Random;
use cancuoc::crypto::random::System;
use cancuoc::lds::key::AccessKey;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::pki::SignerKey;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Rehearsal;

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

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
        chip.pace = vec![PaceVariant::generic(cipher, curve.parameter_id().unwrap())];
        // The other protocols have tables of their own.
        chip.chip_authentication = Vec::new();
    })
}

#[test]
fn of_several_offers_the_strongest_is_taken() {
    let variant =
        |cipher, curve: Curve| PaceVariant::generic(cipher, curve.parameter_id().unwrap());
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
fn a_chip_without_any_proof_is_open_and_never_genuine() {
    let persona = cards::changed("chi", |chip| {
        chip.active = None;
        chip.chip_authentication = Vec::new();
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

/// The x coordinates of a PACE session: both mapping keys and their shared point, both ephemeral
/// keys and their shared point.
fn pace_coordinates(session: &Rehearsal, seed: &str) -> [Vec<u8>; 6] {
    const CURVE: Curve = Curve::BrainpoolP256r1;
    /// Numbers of the exchanges that map and agree, after EF.CardAccess and the nonce.
    const MAP: usize = 5;
    const AGREE: usize = 6;
    let point = |message: &[u8], tag| {
        let mut outer = Reader::new(message);
        let mut inside = outer.expect(0x7C, "").unwrap().inside().unwrap();
        CURVE.point(inside.expect(tag, "").unwrap().value).unwrap()
    };
    let ours = |number: usize, tag| point(&session.commands().nth(number - 1).unwrap()[5..], tag);
    let theirs = |number: usize, tag| point(session.answers().nth(number - 1).unwrap(), tag);
    let mut random = cards::terminal(seed);
    let mut shared = |peer| {
        let private = CURVE.generate(&mut random).unwrap();
        private.agree(peer).unwrap().expose().to_vec()
    };
    let (map, agree) = (theirs(MAP, 0x82), theirs(AGREE, 0x84));
    [
        ours(MAP, 0x81).x().to_vec(),
        map.x().to_vec(),
        shared(&map),
        ours(AGREE, 0x83).x().to_vec(),
        agree.x().to_vec(),
        shared(&agree),
    ]
}

/// One session in 256 has a leading zero in any one coordinate, and must go like any other. The
/// seeds are chosen so that each coordinate has one once.
#[test]
fn leading_zeros_in_the_coordinates_of_pace_do_not_matter() {
    let persona = pace(Cipher::Aes128, Curve::BrainpoolP256r1);
    let seeds = [46, 47, 159, 317, 38, 23];
    for (place, seed) in seeds.into_iter().enumerate() {
        let seed = format!("zeros {seed}");
        let session = Rehearsal::of(persona.clone(), &seed);
        let coordinates = pace_coordinates(&session, &seed);
        assert_eq!(coordinates[place].len(), 32);
        assert_eq!(coordinates[place][0], 0, "coordinate {place} of {seed}");
        let report = cards::judge(session.reading());
        assert_eq!(report.verdict(), Verdict::Genuine, "{seed}");
    }
    // The mapped generator, which is never seen.
    let persona = cards::persona("an");
    let session = Rehearsal::of(persona, "zeros 192");
    assert_eq!(cards::judge(session.reading()).verdict(), Verdict::Genuine);
}

#[test]
fn leading_zeros_in_the_coordinates_of_chip_authentication_do_not_matter() {
    let persona = cards::persona("chi");
    let chip = persona.personalise().unwrap().chip_keys[0].private.public();
    let chip = chip.point().unwrap();
    for (seed, on_the_wire) in [(33, false), (240, false), (66, true), (68, true)] {
        let seed = format!("zeros {seed}");
        let mut random = cards::terminal(&seed);
        // RND.IFD and K.IFD of BAC come before.
        random.fill(&mut [0; 24]).unwrap();
        let private = chip.curve().generate(&mut random).unwrap();
        let x = if on_the_wire {
            private.public().x().to_vec()
        } else {
            private.agree(chip).unwrap().expose().to_vec()
        };
        assert_eq!(x[0], 0, "{seed}");
        let report = genuine(&persona, cards::mrz(&persona), &seed);
        assert_eq!(report.checks().chip.code(), "chip.both", "{seed}");
    }
}

/// Sessions with the system's randomness on both sides: none fails by chance.
#[test]
fn sessions_with_real_randomness_do_not_fail_by_chance() {
    for (persona, sessions) in [("an", 10), ("chi", 30)] {
        let persona = cards::persona(persona);
        for session in 0..sessions {
            let contents = persona.personalise().unwrap();
            let mut card = VirtualCard::new(contents, Box::new(System));
            let plan = cards::least(cards::key(&persona));
            let reading = cards::read_with(&mut card, &plan, &mut System).unwrap();
            assert_eq!(
                cards::judge(&reading).verdict(),
                Verdict::Genuine,
                "session {session}"
            );
        }
    }
}
