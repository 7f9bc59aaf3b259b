//! Active authentication (Doc 9303-11 §6.1).

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Flaw;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::seed::Seeded;

use crate::conformance::wire;
use crate::support::cards;

/// Cards that prove themselves by active authentication alone, with both kinds of key.
fn cards_of_both_kinds() -> [Persona; 2] {
    let kinds = [
        ActiveAuthentication::Rsa(Hash::Sha256),
        ActiveAuthentication::Ecdsa {
            curve: Curve::BrainpoolP256r1,
            hash: Hash::Sha256,
        },
    ];
    kinds.map(|kind| {
        cards::changed("an", |chip| {
            chip.chip_authentication = Vec::new();
            chip.active = Some(kind);
        })
    })
}

/// Number of INTERNAL AUTHENTICATE: it comes last.
fn last(persona: &Persona) -> u32 {
    u32::try_from(wire::commands(persona).len()).unwrap()
}

#[test]
fn a_chip_that_signs_rightly_is_genuine() {
    for persona in cards_of_both_kinds() {
        assert!(last(&persona) > 10);
    }
}

#[test]
fn a_chip_that_refuses_is_not_genuine() {
    for persona in cards_of_both_kinds() {
        let ending = wire::with_fault(&persona, Fault::ActiveAuthenticationRefused);
        assert_eq!(ending, "not genuine: chip.refused");
    }
}

#[test]
fn a_signature_of_another_key_is_not_genuine() {
    for persona in cards_of_both_kinds() {
        let ending = wire::with_fault(&persona, Fault::WrongActiveKey);
        assert_eq!(ending, "not genuine: chip.proof_failed");
    }
}

#[test]
fn a_signature_with_a_wrong_or_unknown_trailer_is_not_genuine() {
    let [rsa, _] = cards_of_both_kinds();
    for fault in [Fault::ActiveTrailerWrong, Fault::ActiveTrailerUnknown] {
        let ending = wire::with_fault(&rsa, fault);
        assert_eq!(ending, "not genuine: chip.proof_failed", "{fault}");
    }
}

/// Asked again with other expected lengths, as honest chips need (quirk row 34): one that never
/// signs has refused, one that signs then has proven itself.
#[test]
fn success_without_a_signature_is_a_refusal() {
    for persona in cards_of_both_kinds() {
        let last = last(&persona);
        let never: Vec<Fault> = (last..last + 10)
            .map(|number| Fault::Messaging(Flaw::WithoutData, number))
            .collect();
        let ending = wire::with_faults(&persona, &never);
        assert_eq!(ending, "not genuine: chip.refused");
        assert_eq!(wire::with_faults(&persona, &never[..1]), "genuine");
    }
}

#[test]
fn a_signature_in_an_answer_that_is_not_authentic_is_not_genuine() {
    for persona in cards_of_both_kinds() {
        let last = last(&persona);
        let flaws = Flaw::ALL
            .into_iter()
            .filter(|flaw| *flaw != Flaw::WithoutData);
        for fault in flaws
            .map(|flaw| Fault::Messaging(flaw, last))
            .chain([Fault::BadMacAtCommand(last)])
        {
            let ending = wire::with_fault(&persona, fault);
            assert_eq!(ending, "not genuine: access.channel", "{fault}");
        }
    }
}

#[test]
fn a_key_that_nobody_signed_is_not_genuine() {
    let [rsa, ec] = cards_of_both_kinds();
    for (persona, other) in [(&rsa, &ec), (&ec, &rsa)] {
        let mut card = persona.personalise().unwrap();
        let dg15 = FileId::Group(DataGroup::DG15);
        let forged = other.personalise().unwrap();
        card.files.insert(dg15, forged.files[&dg15].clone());
        card.active = forged.active;
        let mut card = VirtualCard::new(card, Box::new(Seeded::new("conformance")));
        let plan = cards::whole(cards::key(persona));
        let ending = wire::ending(cards::read(&mut card, &plan, "conformance"));
        assert_eq!(ending, "not genuine: hashes.mismatch");
    }
}

#[test]
fn an_algorithm_that_nobody_knows_is_not_guessed() {
    let [_, ec] = cards_of_both_kinds();
    let ending = wire::with_fault(&ec, Fault::ActiveAlgorithmUnknown);
    assert_eq!(ending, "inconclusive: chip.unsupported");
}

#[test]
fn every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip() {
    for hash in [
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
    ] {
        for kind in [
            ActiveAuthentication::Rsa(hash),
            ActiveAuthentication::Ecdsa {
                curve: Curve::P256,
                hash,
            },
        ] {
            let persona = cards::changed("an", |chip| {
                chip.chip_authentication = Vec::new();
                chip.active = Some(kind);
            });
            assert_eq!(wire::with_faults(&persona, &[]), "genuine", "{kind:?}");
        }
    }
}
