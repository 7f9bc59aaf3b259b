//! PACE with a chip that is wrong by itself, in every mapping and over both kinds of group.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::support::cards;

/// brainpoolP256r1
const CURVE: u8 = 13;
/// The group of 1024 bits
const FIELD: u8 = 0;

/// Every mapping, over a curve and over a prime field where it is defined there.
const VARIANTS: [PaceVariant; 5] = [
    PaceVariant::new(Mapping::Generic, Cipher::Aes128, CURVE),
    PaceVariant::new(Mapping::Integrated, Cipher::Aes128, CURVE),
    PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, CURVE),
    PaceVariant::new(Mapping::Generic, Cipher::Aes128, FIELD),
    PaceVariant::new(Mapping::Integrated, Cipher::Aes128, FIELD),
];

fn card(variant: PaceVariant) -> Persona {
    cards::changed("an", |chip| chip.pace = vec![variant])
}

/// Every variant with one thing wrong in the chip, where the fault concerns the variant.
fn each(fault: Fault, expected: impl Fn(PaceVariant) -> Option<&'static str>) {
    for variant in VARIANTS {
        if let Some(expected) = expected(variant) {
            let ending = wire::with_fault(&card(variant), fault);
            assert_eq!(ending, expected, "{fault}: {variant:?}");
        }
    }
}

/// The terminal sends a nonce in the second step and the chip gives no key.
fn is_integrated(variant: PaceVariant) -> bool {
    variant.mapping == Mapping::Integrated
}

fn is_curve(variant: PaceVariant) -> bool {
    variant.parameter_id == CURVE
}

/// Whether the answer to this step holds a public key.
fn has_key(variant: PaceVariant, step: u32) -> bool {
    step == 3 || step == 2 && !is_integrated(variant)
}

#[test]
fn a_chip_that_does_all_right_is_genuine() {
    for variant in VARIANTS {
        assert_eq!(wire::with_faults(&card(variant), &[]), "genuine");
    }
}

#[test]
fn an_error_status_in_any_step_opens_nothing() {
    for step in 0..=4 {
        let expected = match step {
            // To the token a chip says no when the password was wrong.
            4 => "access.wrong_key",
            _ => "access.refused",
        };
        each(Fault::PaceErrorStatus(step), |_| Some(expected));
    }
}

#[test]
fn a_wrong_tag_in_any_step_opens_nothing() {
    for step in 1..=4 {
        each(Fault::PaceWrongTag(step), |_| Some("access.bad_answer"));
    }
}

#[test]
fn a_value_of_the_wrong_length_in_any_step_opens_nothing() {
    for step in 1..=4 {
        each(Fault::PaceWrongLength(step), |variant| {
            Some(match step {
                4 => "access.chip_token",
                _ if has_key(variant, step) => "access.invalid_key",
                _ => "access.bad_answer",
            })
        });
    }
}

#[test]
fn an_empty_object_in_any_step_opens_nothing() {
    for step in 1..=4 {
        each(Fault::PaceEmptyObject(step), |variant| {
            Some(match step {
                4 => "access.chip_token",
                1 => "access.bad_answer",
                _ if has_key(variant, step) => "access.invalid_key",
                // The object of the integrated mapping is empty anyway.
                _ => "genuine",
            })
        });
    }
}

#[test]
fn another_nonce_than_was_encrypted_opens_nothing() {
    each(Fault::PaceNonceChanged, |_| Some("access.wrong_key"));
}

#[test]
fn a_key_that_is_not_on_the_curve_opens_nothing() {
    for step in [2, 3] {
        let expected = |variant| {
            let concerned = is_curve(variant) && has_key(variant, step);
            concerned.then_some("access.invalid_key")
        };
        for coordinate in [0, 1] {
            each(Fault::PaceOffCurve { step, coordinate }, expected);
        }
        each(Fault::PaceInfinity(step), expected);
    }
}

#[test]
fn a_value_that_is_no_key_of_the_prime_field_opens_nothing() {
    for step in [2, 3] {
        for fault in [
            Fault::PaceDhValueZero(step),
            Fault::PaceDhValueOne(step),
            Fault::PaceDhValueOrderTwo(step),
            Fault::PaceDhValueModulus(step),
        ] {
            each(fault, |variant| {
                let concerned = !is_curve(variant) && has_key(variant, step);
                concerned.then_some("access.invalid_key")
            });
        }
    }
}

#[test]
fn a_key_that_the_chip_does_not_use_opens_nothing() {
    for step in [2, 3] {
        each(Fault::PaceOtherKey(step), |variant| {
            has_key(variant, step).then_some("access.wrong_key")
        });
    }
}

#[test]
fn our_own_key_sent_back_opens_nothing() {
    each(Fault::PaceMirrorsKey, |_| Some("access.reflected_key"));
}

#[test]
fn a_false_token_opens_nothing() {
    each(Fault::PaceBadToken, |_| Some("access.chip_token"));
}

/// Nothing says how to run PACE, and a card access number opens nothing else.
#[test]
fn an_offer_that_cannot_be_read_is_none() {
    for fault in [
        Fault::CardAccessMalformed,
        Fault::CardAccessUnknownParameters,
    ] {
        each(fault, |_| Some("access.key_kind"));
    }
}

/// Whoever hides the offer of PACE, so that the weaker protocol is run, is found out by DG14.
#[test]
fn an_offer_that_was_hidden_is_found_out() {
    for fault in [
        Fault::CardAccessMalformed,
        Fault::CardAccessUnknownParameters,
    ] {
        let persona = card(VARIANTS[0]).with(|chip| chip.faults.push(fault.into()));
        let plan = cards::whole(cards::mrz(&persona));
        let mut card = cards::card(&persona, "conformance");
        let ending = wire::ending(cards::read(&mut card, &plan, "conformance"));
        assert_eq!(ending, "not genuine: consistency.card_access", "{fault}");
    }
}

/// A card of chip authentication mapping, with and without the other proofs beside it: a mapping
/// that failed is not made good by them.
fn mapped() -> [Persona; 2] {
    let whole = card(PaceVariant::new(
        Mapping::ChipAuthentication,
        Cipher::Aes128,
        CURVE,
    ));
    let alone = whole.clone().with(|chip| {
        chip.active = None;
        chip.chip_authentication = Vec::new();
    });
    [whole, alone]
}

#[test]
fn a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine() {
    for persona in mapped() {
        for fault in [
            Fault::CamDataMissing,
            Fault::CamWrongTag,
            Fault::CamEmpty,
            Fault::CamNotOctetString,
            Fault::CamWrong,
        ] {
            let ending = wire::with_fault(&persona, fault);
            assert_eq!(ending, "not genuine: chip.proof_failed", "{fault}");
        }
        // What stands in its place is no data object.
        let ending = wire::with_fault(&persona, Fault::CamDataWithoutTag);
        assert_eq!(ending, "access.bad_answer");
    }
}

#[test]
fn a_key_of_the_mapping_that_is_not_the_signed_one_is_not_genuine() {
    for persona in mapped() {
        for fault in [
            Fault::CardSecurityWrongKey,
            Fault::CardSecurityWithoutKey,
            Fault::CardSecurityChanged,
        ] {
            let ending = wire::with_fault(&persona, fault);
            assert_eq!(ending, "not genuine: chip.proof_failed", "{fault}");
        }
    }
}

#[test]
fn data_of_the_mapping_in_another_mapping_prove_nothing_and_do_no_harm() {
    for variant in VARIANTS {
        let persona = card(variant);
        let ending = wire::with_fault(&persona, Fault::CamDataInGenericMapping);
        assert_eq!(ending, "genuine", "{variant:?}");
        // Without any other proof the chip has not proven itself.
        let alone = persona.with(|chip| {
            chip.active = None;
            chip.chip_authentication = Vec::new();
        });
        let expected = match variant.mapping {
            Mapping::ChipAuthentication => "genuine",
            Mapping::Generic | Mapping::Integrated => "inconclusive: chip.no_clone_protection",
        };
        let ending = wire::with_fault(&alone, Fault::CamDataInGenericMapping);
        assert_eq!(ending, expected, "{variant:?}");
    }
}

/// EF.CardSecurity, which is signed too, offers the mapping that DG14 leaves out, and so nothing says
/// that this document's chip does it.
#[test]
fn a_mapping_that_dg14_leaves_out_does_not_prove_this_document() {
    let [whole, alone] = mapped();
    let ending = |persona| wire::with_fault(persona, Fault::CamMissingInDg14);
    assert_eq!(ending(&whole), "genuine");
    assert_eq!(ending(&alone), "inconclusive: chip.not_bound");
}

#[test]
fn a_mapping_under_an_unknown_identifier_is_no_offer() {
    for persona in mapped() {
        let ending = wire::with_fault(&persona, Fault::CamOidUnknown);
        assert_eq!(ending, "access.key_kind");
    }
}
