//! Chip authentication (Doc 9303-11 §6.2).

use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Flaw;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::support::cards;

/// A DH key and an ECDH key: nothing but the key, so that nothing else can prove the chip.
fn with_key(parameter_id: u8) -> Persona {
    aes().with(|chip| {
        for key in &mut chip.chip_authentication {
            key.domain = Domain::from_parameter_id(parameter_id).unwrap();
        }
    })
}

/// A card that proves itself by chip authentication alone, with AES after PACE.
fn aes() -> Persona {
    cards::changed("an", |chip| chip.active = None)
}

/// The same with 3DES: one command in place of two.
fn triple_des() -> Persona {
    cards::changed("an", |chip| {
        chip.active = None;
        for key in &mut chip.chip_authentication {
            key.cipher = Cipher::TripleDes;
        }
    })
}

/// Numbers of the commands of chip authentication, and of the first under the new keys, which is
/// the last of the read.
fn steps(persona: &Persona, commands: usize) -> (Vec<u32>, u32) {
    let last = u32::try_from(wire::commands(persona).len()).unwrap();
    let commands = u32::try_from(commands).unwrap();
    ((last - commands..last).collect(), last)
}

#[test]
fn a_chip_that_agrees_is_genuine() {
    for persona in [aes(), triple_des()] {
        assert!(wire::commands(&persona).len() > 10);
    }
}

#[test]
fn a_chip_that_refuses_is_not_genuine() {
    for persona in [aes(), triple_des()] {
        let ending = wire::with_fault(&persona, Fault::ChipAuthenticationRefused);
        assert_eq!(ending, "not genuine: chip.refused");
    }
}

#[test]
fn a_chip_with_another_key_is_not_genuine() {
    for persona in [aes(), triple_des()] {
        let ending = wire::with_fault(&persona, Fault::WrongChipKey);
        assert_eq!(ending, "not genuine: chip.proof_failed");
    }
}

#[test]
fn an_answer_that_is_not_authentic_before_the_new_keys_is_not_genuine() {
    for (persona, commands) in [(aes(), 2), (triple_des(), 1)] {
        for number in steps(&persona, commands).0 {
            for flaw in [
                Flaw::WithoutChecksum,
                Flaw::WithoutStatus,
                Flaw::OtherStatus,
                Flaw::CounterAhead,
                Flaw::ObjectsMissing,
                Flaw::ObjectsIncorrect,
                Flaw::Unprotected,
            ] {
                let fault = Fault::Messaging(flaw, number);
                let ending = wire::with_fault(&persona, fault);
                assert_eq!(ending, "not genuine: access.channel", "{fault}");
            }
            let ending = wire::with_fault(&persona, Fault::BadMacAtCommand(number));
            assert_eq!(ending, "not genuine: access.channel", "{number}");
        }
    }
}

#[test]
fn the_first_answer_under_the_new_keys_decides() {
    for (persona, commands) in [(aes(), 2), (triple_des(), 1)] {
        let (_, first) = steps(&persona, commands);
        for flaw in Flaw::ALL {
            let fault = Fault::Messaging(flaw, first);
            let expected = match flaw {
                // The code is right, so the chip has the keys; nothing hangs on the data.
                Flaw::WithoutData => "genuine",
                _ => "not genuine: chip.proof_failed",
            };
            assert_eq!(wire::with_fault(&persona, fault), expected, "{fault}");
        }
        let ending = wire::with_fault(&persona, Fault::BadMacAtCommand(first));
        assert_eq!(ending, "not genuine: chip.proof_failed");
    }
}

#[test]
fn a_step_that_the_chip_refuses_is_not_genuine() {
    for word in [0x6300, 0x6982, 0x6985, 0x6A80, 0x6A88, 0x6F00] {
        for fault in [
            Fault::ChipKeyRefused(word),
            Fault::ChipAgreementRefused(word),
        ] {
            let ending = wire::with_fault(&aes(), fault);
            assert_eq!(ending, "not genuine: chip.refused", "{fault}");
        }
    }
}

#[test]
fn a_chip_that_goes_on_under_the_old_keys_is_not_genuine() {
    let ending = wire::with_fault(&aes(), Fault::ChipKeepsOldKeys);
    assert_eq!(ending, "not genuine: chip.proof_failed");
}

#[test]
fn key_information_that_is_malformed_proves_nothing() {
    for id in [0, 13] {
        for (fault, expected) in [
            (Fault::ChipKeyMissing, "inconclusive: chip.unsupported"),
            (Fault::ChipKeyCut, "inconclusive: chip.key_malformed"),
            // The key alone means 3DES, which this chip does not do.
            (Fault::ChipProtocolUnknown, "not genuine: chip.refused"),
        ] {
            let ending = wire::with_fault(&with_key(id), fault);
            assert_eq!(ending, expected, "{id} {fault}");
        }
    }
}
