//! Selecting the application and basic access control (Doc 9303-11 §4.3), in the clear.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::kdf;
use cancuoc::crypto::kdf::Purpose;
use cancuoc::crypto::mac;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::support::cards;

/// A card that opens with BAC alone.
fn card() -> Persona {
    cards::persona("chi")
}

/// SELECT of the application.
const SELECT: [u8; 3] = [0x00, 0xA4, 0x04];
/// GET CHALLENGE.
const CHALLENGE: [u8; 3] = [0x00, 0x84, 0x00];
/// EXTERNAL AUTHENTICATE.
const AUTHENTICATE: [u8; 3] = [0x00, 0x82, 0x00];

/// Reads while the answers to one command are changed.
fn ending(of: [u8; 3], mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> String {
    wire::with_change(&card(), |command, answer| {
        if command.starts_with(&of) {
            change(answer)
        } else {
            answer
        }
    })
}

/// Reads while one command is answered with a status word alone.
fn refused(of: [u8; 3], word: u16) -> String {
    ending(of, |_| wire::status(word))
}

#[test]
fn a_chip_that_does_all_right_is_genuine() {
    let commands = wire::commands(&card());
    let place = |of: [u8; 3]| commands.iter().position(|one| one.starts_with(&of));
    let (select, challenge, authenticate) = (
        place(SELECT).unwrap(),
        place(CHALLENGE).unwrap(),
        place(AUTHENTICATE).unwrap(),
    );
    // EF.CardAccess is looked for once more in the application.
    assert!(select < challenge);
    assert_eq!(authenticate, challenge + 1);
    assert_eq!(
        commands[select],
        [
            0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01
        ]
    );
    // 32 bytes of cryptogram and 8 of code go out; as many are asked for.
    assert_eq!(commands[authenticate][..5], [0x00, 0x82, 0x00, 0x00, 0x28]);
    assert_eq!(commands[authenticate].len(), 5 + 40 + 1);
    // Nothing goes in the clear afterwards.
    assert!(
        commands[authenticate + 1..]
            .iter()
            .all(|command| command[0] == 0x0C)
    );
}

#[test]
fn a_chip_without_the_application_is_no_travel_document() {
    for word in [0x6A82, 0x6A86, 0x6D00, 0x6F00, 0x6283] {
        assert_eq!(refused(SELECT, word), "card.not_emrtd", "{word:04X}");
    }
}

#[test]
fn a_chip_that_gives_no_challenge_has_no_bac() {
    for word in [0x6A88, 0x6985, 0x6D00] {
        assert_eq!(refused(CHALLENGE, word), "access.unsupported", "{word:04X}");
    }
    for word in [0x6982, 0x6F00, 0x6A86] {
        assert_eq!(refused(CHALLENGE, word), "access.refused", "{word:04X}");
    }
}

#[test]
fn a_challenge_of_another_length_is_none() {
    for length in [0, 7, 9, 16] {
        let ending = ending(CHALLENGE, |answer| {
            wire::with_data(&answer, |mut data| {
                data.resize(length, 0x5A);
                data
            })
        });
        assert_eq!(ending, "access.bad_answer", "{length} bytes");
    }
}

#[test]
fn a_cryptogram_that_the_chip_refuses_means_another_key() {
    for word in [0x6300, 0x6982, 0x6988, 0x63C2] {
        assert_eq!(
            refused(AUTHENTICATE, word),
            "access.wrong_key",
            "{word:04X}"
        );
    }
    for word in [0x63C0, 0x6983] {
        assert_eq!(refused(AUTHENTICATE, word), "access.blocked", "{word:04X}");
    }
    for word in [0x6F00, 0x6A80] {
        assert_eq!(refused(AUTHENTICATE, word), "access.refused", "{word:04X}");
    }
}

#[test]
fn an_answer_of_another_length_proves_nothing() {
    for (length, expected) in [
        (0, "access.bad_answer"),
        (31, "access.bad_answer"),
        // The cryptogram alone, without its code; a code too short; a byte too many.
        (32, "access.chip_token"),
        (39, "access.chip_token"),
        (41, "access.chip_token"),
    ] {
        let ending = ending(AUTHENTICATE, |answer| {
            wire::with_data(&answer, |mut data| {
                data.resize(length, 0);
                data
            })
        });
        assert_eq!(ending, expected, "{length} bytes");
    }
}

#[test]
fn a_false_code_or_cryptogram_proves_nothing() {
    for place in [0, 15, 31, 32, 39] {
        let ending = ending(AUTHENTICATE, |answer| {
            wire::with_data(&answer, |mut data| {
                data[place] ^= 1;
                data
            })
        });
        assert_eq!(ending, "access.chip_token", "byte {place}");
    }
}

/// The keys of the card's zone (Doc 9303-11 §9.7.2).
fn keys() -> (Key, Key) {
    let digest = Hash::Sha1.digest(&[card().mrz_information().as_bytes()]);
    let derive = |purpose| kdf::derive(Cipher::TripleDes, &digest[..16], purpose);
    (derive(Purpose::Encryption), derive(Purpose::Authentication))
}

/// A chip that knows the key and answers with other numbers than it was sent: its code is right.
#[test]
fn numbers_that_are_not_those_of_this_session_prove_nothing() {
    let (encryption, authentication) = keys();
    let spoilt = |place: Option<usize>| {
        ending(AUTHENTICATE, |answer| {
            wire::with_data(&answer, |data| {
                let mut plain = encryption.decrypt(&[], &data[..32]).unwrap();
                if let Some(place) = place {
                    plain[place] ^= 1;
                }
                let mut cryptogram = encryption.encrypt(&[], &plain).unwrap();
                let code = mac::tag(&authentication, &[&cryptogram]);
                cryptogram.extend(code);
                cryptogram
            })
        })
    };
    assert_eq!(spoilt(None), "genuine");
    // RND.IC stands first, RND.IFD after it.
    for place in [0, 7, 8, 15] {
        assert_eq!(spoilt(Some(place)), "access.chip_token", "byte {place}");
    }
    // Other keying material makes other session keys: the first protected answer shows it, and
    // the chip, which does not understand the command, answers in the clear.
    assert_eq!(spoilt(Some(16)), "channel.plain_answer");
}
