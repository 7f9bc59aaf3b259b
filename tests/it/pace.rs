//! PACE of every kind against the virtual card: a few of each; the whole matrix is a test of its own.

use cancuoc::capture::AccessUsed;
use cancuoc::capture::Reading;
use cancuoc::channel::preference::AccessPreference;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::error::AccessError;
use cancuoc::error::Error;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::sim::personalisation::Advertised;
use cancuoc::sim::personalisation::Bac;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;

use crate::support::cards;

const PIN: &str = "pin:135790";

/// The citizen card with these ways of PACE and a PIN and a PUK.
fn card_with(pace: &[PaceVariant]) -> Persona {
    cards::changed("an", |chip| {
        chip.pace = pace.to_vec();
        chip.pin = Some(PinOptions {
            digits: "135790".to_owned(),
            tries: 3,
        });
        chip.puk = Some("9876543210".to_owned());
    })
}

fn key(text: &str) -> AccessKey {
    AccessKey::parse(text, cards::TODAY).unwrap()
}

fn read(card: &mut VirtualCard, text: &str) -> Result<Reading, Error> {
    cards::read(card, &cards::least(key(text)), "pace")
}

fn refusal(card: &mut VirtualCard, text: &str) -> Error {
    read(card, text).map(|_| ()).unwrap_err()
}

/// The same card, powered up anew; what it counts it goes on counting.
fn laid_down_again(card: &mut VirtualCard) {
    card.remove();
    card.insert();
}

/// The facts of the access check.
fn access(reading: &Reading) -> Vec<String> {
    let report = cards::judge(reading);
    let access = &report.checks().access;
    assert_eq!(access.code(), "access.pace");
    ["mapping", "agreement", "cipher", "parameter_id"]
        .map(|name| access.facts()[name].clone())
        .to_vec()
}

#[test]
fn every_mapping_agreement_and_password_opens() {
    use Cipher::Aes128;
    use Cipher::Aes192;
    use Cipher::Aes256;
    use Cipher::TripleDes;
    use Mapping::ChipAuthentication;
    use Mapping::Generic;
    use Mapping::Integrated;
    for (mapping, cipher, id, expected) in [
        (Generic, TripleDes, 0, ["generic", "DH", "3DES", "0"]),
        (Generic, Aes128, 2, ["generic", "DH", "AES-128", "2"]),
        (Integrated, Aes256, 1, ["integrated", "DH", "AES-256", "1"]),
        (
            Integrated,
            Aes192,
            18,
            ["integrated", "ECDH", "AES-192", "18"],
        ),
        (Generic, Aes192, 8, ["generic", "ECDH", "AES-192", "8"]),
        (
            ChipAuthentication,
            Aes256,
            17,
            ["chip authentication", "ECDH", "AES-256", "17"],
        ),
    ] {
        for lengths in [
            Lengths::Short,
            Lengths::Extended {
                max_response: 65_536,
            },
        ] {
            // Doc 9303-11 §4.4.4: a key of 2048 bits needs extended length.
            if lengths == Lengths::Short && matches!(id, 1 | 2) {
                continue;
            }
            let mut persona = card_with(&[PaceVariant::new(mapping, cipher, id)]);
            persona.chip.lengths = lengths;
            let can = format!("can:{}", persona.can());
            let mrz = persona.mrz();
            for text in [can.as_str(), PIN, "puk:9876543210", mrz.as_str()] {
                let mut card = cards::card(&persona, "pace");
                let mut key = key(text);
                if text == mrz {
                    key.can = None;
                }
                let reading = cards::read(&mut card, &cards::least(key), "pace");
                let reading = reading.unwrap_or_else(|error| {
                    panic!("{mapping:?} {cipher:?} {id} {lengths:?}: {error}")
                });
                assert_eq!(access(&reading), expected);
                assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
            }
        }
    }
}

#[test]
fn a_wrong_pin_costs_one_try_and_is_never_tried_again() {
    let persona = card_with(&[PaceVariant::generic(Cipher::Aes128, 13)]);
    let mut card = cards::card(&persona, "pin");
    let wrong = "pin:111111 can:000123";
    for left in [2, 1] {
        let tries_left = Some(left);
        assert_eq!(
            refusal(&mut card, wrong),
            AccessError::WrongKey { tries_left }.into()
        );
        laid_down_again(&mut card);
    }
    // The last one needs the card access number, and nothing is tried without.
    assert_eq!(refusal(&mut card, PIN), AccessError::PinSuspended.into());
    laid_down_again(&mut card);
    assert_eq!(refusal(&mut card, PIN).tries_left(), Some(1));
    laid_down_again(&mut card);
    let both = format!("{PIN} can:{}", persona.can());
    let reading = read(&mut card, &both).unwrap();
    let report = cards::judge(&reading);
    assert!(report.quirks().contains(&"pin-resumed".to_owned()));
    assert_eq!(report.verdict(), Verdict::Genuine);
    laid_down_again(&mut card);
    assert!(read(&mut card, PIN).is_ok());
}

#[test]
fn a_blocked_pin_says_so_and_the_puk_still_opens() {
    let mut persona = card_with(&[PaceVariant::generic(Cipher::Aes128, 13)]);
    persona.chip.pin.as_mut().unwrap().tries = 1;
    let mut card = cards::card(&persona, "pin");
    let wrong = format!("pin:111111 can:{}", persona.can());
    assert_eq!(refusal(&mut card, &wrong), AccessError::PinBlocked.into());
    laid_down_again(&mut card);
    let right = format!("{PIN} can:{}", persona.can());
    assert_eq!(refusal(&mut card, &right), AccessError::PinBlocked.into());
    laid_down_again(&mut card);
    assert!(read(&mut card, "puk:9876543210").is_ok());
    laid_down_again(&mut card);
    let error = refusal(&mut card, "puk:9876543211");
    assert_eq!(error, AccessError::WrongKey { tries_left: None }.into());
}

#[test]
fn a_wrong_card_access_number_leaves_the_suspended_pin_alone() {
    let mut persona = card_with(&[PaceVariant::generic(Cipher::Aes128, 13)]);
    persona.chip.pin.as_mut().unwrap().tries = 1;
    let mut card = cards::card(&persona, "pin");
    let error = refusal(&mut card, "pin:135790 can:999999");
    assert_eq!(error, AccessError::WrongKey { tries_left: None }.into());
    laid_down_again(&mut card);
    let both = format!("{PIN} can:{}", persona.can());
    assert!(read(&mut card, &both).is_ok());
}

#[test]
fn a_card_without_a_pin_says_that_it_has_none() {
    let mut card = cards::card(&cards::persona("binh"), "pin");
    assert_eq!(
        refusal(&mut card, PIN),
        AccessError::NoSuchPassword { password: "PIN" }.into()
    );
    laid_down_again(&mut card);
    assert_eq!(
        refusal(&mut card, "puk:12345678"),
        AccessError::NoSuchPassword { password: "PUK" }.into()
    );
    // BAC takes the zone alone.
    let mut card = cards::card(&cards::persona("chi"), "pin");
    assert_eq!(refusal(&mut card, PIN), AccessError::KeyKind.into());
}

#[test]
fn the_strongest_way_is_taken() {
    let weak = PaceVariant::generic(Cipher::TripleDes, 12);
    let strong = PaceVariant::new(Mapping::Integrated, Cipher::Aes256, 17);
    let apart = PaceVariant::generic(Cipher::Aes128, 16).advertised(Advertised::Explicit);
    let persona = card_with(&[weak, apart, strong]);
    let reading = read(&mut cards::card(&persona, "several"), PIN).unwrap();
    assert_eq!(access(&reading), ["integrated", "ECDH", "AES-256", "17"]);
    let quirks = &reading.capture.quirks;
    assert!(quirks.contains(&"several-pace-infos".to_owned()));
    // Two sets under one identifier: the reference tells them apart.
    let persona = card_with(&[
        PaceVariant::generic(Cipher::Aes128, 12),
        PaceVariant::generic(Cipher::Aes128, 16),
    ]);
    let reading = read(&mut cards::card(&persona, "several"), PIN).unwrap();
    assert_eq!(access(&reading), ["generic", "ECDH", "AES-128", "16"]);
}

#[test]
fn parameters_that_stand_apart_are_found() {
    for (advertised, quirk) in [
        (Advertised::Standardized, "pace-info-without-id"),
        (Advertised::Explicit, "pace-domain-parameters"),
        (Advertised::ExtraElements, "pace-info-extra-elements"),
    ] {
        for id in [2, 13] {
            let variant = PaceVariant::generic(Cipher::Aes128, id).advertised(advertised);
            let persona = card_with(&[variant]);
            let reading = read(&mut cards::card(&persona, "apart"), PIN).unwrap();
            let report = cards::judge(&reading);
            assert_eq!(report.verdict(), Verdict::Genuine, "{advertised:?} {id}");
            let quirks = report.quirks();
            assert!(quirks.contains(&quirk.to_owned()), "{quirks:?}");
        }
    }
}

/// A card with chip authentication mapping, and nothing else that proves it.
fn mapping_card(faults: &[Fault]) -> Persona {
    let variant = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
    let mut persona = card_with(&[variant]);
    persona.chip.chip_authentication.clear();
    persona.chip.active = None;
    persona.chip.faults = faults.iter().copied().map(Into::into).collect();
    persona
}

fn mapping_reading(persona: &Persona) -> Reading {
    read(&mut cards::card(persona, "mapping"), PIN).unwrap()
}

#[test]
fn the_mapping_proves_the_chip_under_the_signed_key() {
    let persona = mapping_card(&[]);
    let reading = mapping_reading(&persona);
    let report = cards::judge(&reading);
    let chip = &report.checks().chip;
    assert_eq!(chip.code(), "chip.pace_cam", "{:?}", chip.facts());
    assert_eq!(chip.facts()["pace_cam"], "brainpoolP256r1");
    assert!(chip.facts().contains_key("card_security_signer_sha256"));
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(reading.capture.files.contains_key(&FileId::CardSecurity));
    // With chip authentication beside it, both are in the evidence.
    let mut both = mapping_card(&[]);
    both.chip.chip_authentication = cards::persona("an").chip.chip_authentication;
    let report = cards::judge(&mapping_reading(&both));
    let chip = &report.checks().chip;
    assert_eq!(chip.code(), "chip.chip_authentication");
    assert!(chip.facts().contains_key("pace_cam"));
}

#[test]
fn the_mapping_counts_only_where_the_signature_is_vouched_for() {
    let reading = mapping_reading(&mapping_card(&[]));
    let report = verify::verify(
        &reading,
        &TrustStore::empty(),
        &Policy::counter(),
        cards::now(),
    );
    let chip = &report.checks().chip;
    assert_eq!(chip.code(), "chip.not_vouched");
    // A saved reading proves no chip.
    let text = reading.capture.to_json();
    let stored = cancuoc::capture::Capture::from_json(&text, "saved").unwrap();
    let report = cards::judge(&Reading::stored(stored));
    assert_eq!(report.checks().chip.code(), "chip.not_live");
}

#[test]
fn a_chip_that_fails_the_mapping_opens_and_is_found_out() {
    for fault in [
        Fault::CamDataMissing,
        Fault::CamDataWithoutTag,
        Fault::CamWrongTag,
        Fault::CamEmpty,
        Fault::CamNotOctetString,
        Fault::CamWrong,
        Fault::CardSecurityWrongKey,
        Fault::CardSecurityWithoutKey,
        Fault::CardSecurityChanged,
    ] {
        let persona = mapping_card(&[fault]);
        let reading = match read(&mut cards::card(&persona, "mapping"), PIN) {
            Ok(reading) => reading,
            // Octets without a tag may be no answer at all.
            Err(error) if fault == Fault::CamDataWithoutTag => {
                assert_eq!(error.code(), "access.bad_answer");
                continue;
            }
            Err(error) => panic!("{fault}: {error}"),
        };
        assert!(matches!(reading.capture.access, AccessUsed::Pace { .. }));
        let report = cards::judge(&reading);
        let chip = &report.checks().chip;
        assert!(matches!(chip, Outcome::Fail(_)), "{fault}: {}", chip.code());
        assert_eq!(chip.code(), "chip.proof_failed", "{fault}");
        assert_eq!(chip.facts()["protocol"], "PACE-CAM", "{fault}");
    }
}

#[test]
fn data_of_the_mapping_in_another_one_is_passed_over() {
    let mut persona = card_with(&[PaceVariant::generic(Cipher::Aes128, 13)]);
    persona.chip.faults = vec![Fault::CamDataInGenericMapping.into()];
    let reading = read(&mut cards::card(&persona, "mapping"), PIN).unwrap();
    let report = cards::judge(&reading);
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert!(!report.checks().chip.facts().contains_key("pace_cam"));
}

#[test]
fn an_unknown_mapping_is_passed_over_for_the_ordinary_one() {
    let mapping = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
    let generic = PaceVariant::generic(Cipher::Aes128, 13);
    let mut persona = card_with(&[mapping, generic]);
    persona.chip.faults = vec![Fault::CamOidUnknown.into()];
    let reading = read(&mut cards::card(&persona, "mapping"), PIN).unwrap();
    assert_eq!(access(&reading)[0], "generic");
    // The signed groups offer what EF.CardAccess hides.
    let report = cards::judge(&reading);
    assert_eq!(
        report.checks().consistency.code(),
        "consistency.card_access"
    );
}

#[test]
fn an_offer_that_cannot_be_read_is_none() {
    for fault in [
        Fault::CardAccessMalformed,
        Fault::CardAccessUnknownParameters,
    ] {
        let mut persona = card_with(&[PaceVariant::generic(Cipher::Aes128, 13)]);
        persona.chip.faults = vec![fault.into()];
        persona.chip.bac = Bac::Absent;
        let mut card = cards::card(&persona, "offer");
        let plan = Plan::new(
            key(&persona.can()),
            cancuoc::reader::Groups::Signed,
            AccessPreference::RequirePace,
        );
        let error = cards::read(&mut card, &plan, "offer").map(|_| ());
        assert_eq!(error, Err(AccessError::PaceRequired.into()), "{fault}");
    }
}

#[test]
fn what_a_chip_does_wrong_in_pace_is_named() {
    let curve = PaceVariant::generic(Cipher::Aes128, 13);
    let field = PaceVariant::generic(Cipher::Aes128, 0);
    let off = |step, coordinate| Fault::PaceOffCurve { step, coordinate };
    for (variant, fault, code) in [
        (curve, Fault::PaceErrorStatus(0), "access.refused"),
        (curve, Fault::PaceErrorStatus(3), "access.refused"),
        (curve, Fault::PaceWrongTag(1), "access.bad_answer"),
        (curve, Fault::PaceWrongTag(2), "access.bad_answer"),
        (curve, Fault::PaceWrongTag(3), "access.bad_answer"),
        (curve, Fault::PaceWrongTag(4), "access.bad_answer"),
        (curve, Fault::PaceWrongLength(1), "access.bad_answer"),
        (curve, Fault::PaceWrongLength(2), "access.invalid_key"),
        (curve, Fault::PaceEmptyObject(3), "access.invalid_key"),
        (curve, Fault::PaceNonceChanged, "access.wrong_key"),
        (curve, off(2, 0), "access.invalid_key"),
        (curve, off(3, 1), "access.invalid_key"),
        (curve, Fault::PaceInfinity(2), "access.invalid_key"),
        (curve, Fault::PaceOtherKey(2), "access.wrong_key"),
        (curve, Fault::PaceMirrorsKey, "access.reflected_key"),
        (curve, Fault::PaceBadToken, "access.chip_token"),
        (field, Fault::PaceDhValueZero(2), "access.invalid_key"),
        (field, Fault::PaceDhValueOne(3), "access.invalid_key"),
        (field, Fault::PaceDhValueOrderTwo(2), "access.invalid_key"),
        (field, Fault::PaceDhValueModulus(3), "access.invalid_key"),
        (field, Fault::PaceMirrorsKey, "access.reflected_key"),
    ] {
        let mut persona = card_with(&[variant]);
        persona.chip.faults = vec![fault.into()];
        let text = format!("can:{}", persona.can());
        let error = refusal(&mut cards::card(&persona, "fault"), &text);
        assert_eq!(error.code(), code, "{fault}: {error}");
    }
}

/// Rows 4 to 8 of the quirks, over curves and prime fields.
#[test]
fn odd_forms_of_the_commands_are_found() {
    for (quirk, name) in [
        (Quirk::GeneralAuthenticateNoLe, "general-authenticate-no-le"),
        (
            Quirk::GeneralAuthenticateLe256,
            "general-authenticate-le-256",
        ),
        (
            Quirk::GeneralAuthenticateExtended,
            "general-authenticate-extended",
        ),
        (
            Quirk::GeneralAuthenticateUnchained6884,
            "general-authenticate-unchained-6884",
        ),
        (
            Quirk::GeneralAuthenticateUnchained6883,
            "general-authenticate-unchained-6883",
        ),
        (Quirk::FurtherInfos, ""),
        (Quirk::SeveralPaceInfos, "several-pace-infos"),
    ] {
        for id in [0, 13] {
            let mut persona = card_with(&[PaceVariant::generic(Cipher::Aes128, id)]);
            persona.chip.quirks.insert(quirk);
            // Active authentication has another command.
            persona.chip.chip_authentication.clear();
            persona.chip.active = cards::persona("chi").chip.active;
            let reading = read(&mut cards::card(&persona, "odd"), PIN);
            let reading = reading.unwrap_or_else(|error| panic!("{quirk} {id}: {error}"));
            let report = cards::judge(&reading);
            assert_eq!(report.verdict(), Verdict::Genuine, "{quirk} {id}");
            let met = report.quirks().iter().any(|met| met == name);
            assert!(
                met || name.is_empty(),
                "{quirk} {id}: {:?}",
                report.quirks()
            );
        }
    }
}
