//! PACE (Doc 9303-11 §4.4), in the clear.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::support::cards;

/// A card that opens with PACE, and does not open with its number in another way.
fn card() -> Persona {
    cards::persona("an")
}

/// The tags of the answers to the four GENERAL AUTHENTICATE.
const TAGS: [u8; 4] = [0x80, 0x82, 0x84, 0x86];

/// Reads while the answer to one step is changed: 0 is MSE:Set AT, then the four GENERAL
/// AUTHENTICATE.
fn ending(step: usize, mut change: impl FnMut(&[u8], Vec<u8>) -> Vec<u8>) -> String {
    let mut at = 0;
    wire::with_change(&card(), |command, answer| {
        if !matches!(
            command,
            [0x00, 0x22, 0xC1, 0xA4, ..] | [0x00 | 0x10, 0x86, ..]
        ) {
            return answer;
        }
        at += 1;
        if at == step + 1 {
            change(command, answer)
        } else {
            answer
        }
    })
}

/// Reads while the value of the one data object in the answer to a step is changed; gives tag and
/// value as they shall be.
fn object(step: usize, mut change: impl FnMut(u8, Vec<u8>) -> (u8, Vec<u8>)) -> String {
    ending(step, |_, answer| {
        wire::with_data(&answer, |data| {
            let mut reader = Reader::new(&data);
            let outer = reader.expect(0x7C, "dynamic data").unwrap();
            let tag = TAGS[step - 1];
            let value = outer
                .inside()
                .unwrap()
                .expect(tag.into(), "object")
                .unwrap()
                .value
                .to_vec();
            let (tag, value) = change(tag, value);
            encode(0x7C, &[&encode(tag.into(), &[&value])])
        })
    })
}

#[test]
fn a_chip_that_does_all_right_is_genuine() {
    let commands = wire::commands(&card());
    let set_at = commands
        .iter()
        .position(|command| command.starts_with(&[0x00, 0x22, 0xC1, 0xA4]))
        .unwrap();
    let classes: Vec<[u8; 2]> = commands[set_at + 1..set_at + 5]
        .iter()
        .map(|command| [command[0], command[1]])
        .collect();
    // Chained, but for the last (Doc 9303-11 §4.4.4.2).
    assert_eq!(
        classes,
        [[0x10, 0x86], [0x10, 0x86], [0x10, 0x86], [0x00, 0x86]]
    );
    // The application is selected in the channel, and nothing goes in the clear afterwards.
    assert!(
        commands[set_at + 5..]
            .iter()
            .all(|command| command[0] == 0x0C)
    );
    for step in 1..=4 {
        assert_eq!(object(step, |tag, value| (tag, value)), "genuine");
    }
}

#[test]
fn a_step_that_the_chip_refuses_opens_nothing() {
    for step in 0..=4 {
        for word in [0x6982, 0x6985, 0x6F00] {
            let ending = ending(step, |_, _| wire::status(word));
            assert_eq!(ending, "access.refused", "step {step}, {word:04X}");
        }
    }
    // What a chip says to a wrong password.
    assert_eq!(ending(4, |_, _| wire::status(0x6300)), "access.wrong_key");
    assert_eq!(ending(4, |_, _| wire::status(0x63C2)), "access.wrong_key");
    assert_eq!(ending(4, |_, _| wire::status(0x63C0)), "access.blocked");
}

#[test]
fn an_answer_without_data_opens_nothing() {
    for step in 1..=4 {
        let ending = ending(step, |_, _| wire::status(0x9000));
        assert_eq!(ending, "access.bad_answer", "step {step}");
    }
}

#[test]
fn a_wrong_tag_opens_nothing() {
    for step in 1..=4 {
        let inner = object(step, |tag, value| (tag + 0x10, value));
        assert_eq!(inner, "access.bad_answer", "step {step}");
        let outer = ending(step, |_, mut answer| {
            answer[0] = 0x7D;
            answer
        });
        assert_eq!(outer, "access.bad_answer", "step {step}");
    }
}

#[test]
fn an_empty_object_opens_nothing() {
    for (step, expected) in [
        (1, "access.bad_answer"),
        (2, "access.invalid_key"),
        (3, "access.invalid_key"),
        (4, "access.chip_token"),
    ] {
        let ending = object(step, |tag, _| (tag, Vec::new()));
        assert_eq!(ending, expected, "step {step}");
    }
}

#[test]
fn a_length_that_lies_opens_nothing() {
    for step in 1..=4 {
        for change in [0x01, 0xFF] {
            let ending = ending(step, |_, mut answer| {
                // 7C, its length, the tag, its length.
                answer[3] = answer[3].wrapping_add(change);
                answer
            });
            let expected = match (step, change) {
                // A key of one octet less, and something behind it.
                (2 | 3, 0xFF) => "access.invalid_key",
                _ => "access.bad_answer",
            };
            assert_eq!(ending, expected, "step {step}, {change:02X}");
        }
    }
}

#[test]
fn a_value_of_another_length_opens_nothing() {
    for (step, expected) in [
        (1, "access.bad_answer"),
        (2, "access.invalid_key"),
        (3, "access.invalid_key"),
        (4, "access.chip_token"),
    ] {
        let shorter = object(step, |tag, mut value| {
            value.pop();
            (tag, value)
        });
        assert_eq!(shorter, expected, "step {step}");
        let longer = object(step, |tag, mut value| {
            value.push(0);
            (tag, value)
        });
        assert_eq!(longer, expected, "step {step}");
    }
}

#[test]
fn another_nonce_ends_at_the_chips_refusal() {
    let ending = object(1, |tag, mut value| {
        value[0] ^= 1;
        (tag, value)
    });
    assert_eq!(ending, "access.wrong_key");
}

#[test]
fn a_point_that_is_not_on_the_curve_opens_nothing() {
    for step in [2, 3] {
        // The first octet of x, the last octet of y.
        for place in [1, 64] {
            let ending = object(step, |tag, mut value| {
                value[place] ^= 1;
                (tag, value)
            });
            assert_eq!(ending, "access.invalid_key", "step {step}, byte {place}");
        }
    }
}

#[test]
fn the_point_at_infinity_and_zeros_open_nothing() {
    for step in [2, 3] {
        for point in [vec![0], vec![0; 65], [vec![4], vec![0; 64]].concat()] {
            let ending = object(step, |tag, _| (tag, point.clone()));
            assert_eq!(ending, "access.invalid_key", "step {step}");
        }
    }
}

#[test]
fn a_point_in_another_form_opens_nothing() {
    for step in [2, 3] {
        let compressed = object(step, |tag, value| {
            let sign = 2 + (value[64] & 1);
            (tag, [&[sign], &value[1..33]].concat())
        });
        assert_eq!(compressed, "access.invalid_key", "step {step}");
    }
}

#[test]
fn our_own_key_sent_back_opens_nothing() {
    for step in [2, 3] {
        let ending = ending(step, |command, _| {
            // Header, Lc, 7C and length, tag and length, the point, Le.
            let point = &command[9..9 + 65];
            let data = encode(0x7C, &[&encode(TAGS[step - 1].into(), &[point])]);
            [data.as_slice(), &[0x90, 0x00]].concat()
        });
        assert_eq!(ending, "access.reflected_key", "step {step}");
    }
}

#[test]
fn a_false_token_opens_nothing() {
    for place in 0..8 {
        let ending = object(4, |tag, mut value| {
            value[place] ^= 1;
            (tag, value)
        });
        assert_eq!(ending, "access.chip_token", "byte {place}");
    }
}

#[test]
fn our_own_token_sent_back_opens_nothing() {
    let ending = ending(4, |command, _| {
        let data = encode(0x7C, &[&encode(0x86, &[&command[9..17]])]);
        [data.as_slice(), &[0x90, 0x00]].concat()
    });
    assert_eq!(ending, "access.chip_token");
}
