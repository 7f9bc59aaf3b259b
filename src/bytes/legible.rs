//! Text from outside, made fit for a screen, a terminal or a file.

use std::iter::Peekable;
use std::str::Chars;

/// Begins a control sequence of a terminal (ECMA-48 §5.4).
const ESCAPE: char = '\u{1B}';

/// The same in one character.
const CONTROL_SEQUENCE: char = '\u{9B}';

/// Longest control sequence that is taken away whole, in characters; of what is longer the rest
/// stays as harmless text.
const LONGEST_SEQUENCE: usize = 64;

/// Characters that are not drawn, or that change how others are: format characters, those that turn
/// the direction of writing around (Unicode Standard Annex 9), joiners and other letters of no
/// width, fillers, selectors of variants, tags, what is for private use, and what is no character.
///
/// Each of them lets a text look like another one, or like nothing.
const UNSEEN: [(char, char); 35] = [
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{600}', '\u{605}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{6DD}', '\u{6DD}'),
    ('\u{70F}', '\u{70F}'),
    ('\u{890}', '\u{891}'),
    ('\u{8E2}', '\u{8E2}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{E000}', '\u{F8FF}'),
    ('\u{FDD0}', '\u{FDEF}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFFB}'),
    ('\u{FFFE}', '\u{FFFF}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1345F}'),
    ('\u{16FE4}', '\u{16FE4}'),
    ('\u{1BCA0}', '\u{1BCAF}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{1FFFE}', '\u{1FFFF}'),
    ('\u{2FFFE}', '\u{2FFFF}'),
    ('\u{3FFFE}', '\u{3FFFF}'),
    ('\u{E0000}', '\u{E0FFF}'),
    ('\u{EFFFE}', '\u{EFFFF}'),
    ('\u{F0000}', '\u{10FFFF}'),
];

/// The text without anything that does not show as what it is.
///
/// Control sequences of terminals go as a whole, line ends and other white space become one space
/// each, and what is not drawn goes. Letters, marks, signs and spaces stay as they are.
///
/// ```
/// use cancuoc::bytes::legible::legible;
/// assert_eq!(legible("Nguyễn\u{1B}[31m Văn\r\nMẫu\u{202E}"), "Nguyễn Văn Mẫu");
/// ```
pub fn legible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ESCAPE => skip_sequence(&mut rest, true),
            CONTROL_SEQUENCE => skip_sequence(&mut rest, false),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\t' | '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push(' ');
            }
            _ if character.is_control() || is_unseen(character) => {}
            _ => out.push(character),
        }
    }
    out
}

/// Whether nothing would be taken away or changed.
///
/// ```
/// use cancuoc::bytes::legible::is_legible;
/// assert!(is_legible("Đặng Văn Mẫu") && !is_legible("\u{200B}"));
/// ```
pub fn is_legible(text: &str) -> bool {
    legible(text) == text
}

fn is_unseen(character: char) -> bool {
    UNSEEN
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&character))
}

/// Takes the rest of a control sequence: parameters and intermediates, then the final character. Of
/// an escape without a bracket the escape alone goes.
fn skip_sequence(rest: &mut Peekable<Chars<'_>>, bracket: bool) {
    if bracket && rest.next_if_eq(&'[').is_none() {
        return;
    }
    for _ in 0..LONGEST_SEQUENCE {
        if rest
            .next_if(|c| ('\u{20}'..='\u{3F}').contains(c))
            .is_none()
        {
            break;
        }
    }
    // The final character; anything else is text.
    let _ = rest.next_if(|c| ('\u{40}'..='\u{7E}').contains(c));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_terminals_obey_goes() {
        assert_eq!(legible("\u{1B}[2J\u{1B}[1;31mA\u{1B}[0m"), "A");
        assert_eq!(legible("\u{9B}31mA\u{7}\u{8}\u{7F}\u{0}"), "A");
        assert_eq!(legible("\u{1B}]0;title\u{7}"), "]0;title");
        assert_eq!(legible("\u{1B}["), "");
    }

    #[test]
    fn ends_of_lines_become_spaces() {
        assert_eq!(legible("a\r\nb\nc\rd\te\u{2028}f\u{85}g"), "a b c d e f g");
    }

    #[test]
    fn what_is_not_drawn_goes() {
        for unseen in [
            '\u{AD}',
            '\u{200B}',
            '\u{200D}',
            '\u{200E}',
            '\u{202E}',
            '\u{2066}',
            '\u{FEFF}',
            '\u{E0041}',
            '\u{E000}',
            '\u{10FFFD}',
            '\u{FE0F}',
            '\u{3164}',
            '\u{61C}',
            '\u{FFFF}',
        ] {
            assert_eq!(legible(&format!("A{unseen}B")), "AB", "{unseen:?}");
            assert!(!is_legible(&unseen.to_string()));
        }
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in [
            "Đặng Thị Mẫu",
            "e\u{301}",
            "赵彬",
            "İğne",
            "Ωμέγα",
            "١٢٣",
            "𠮷",
            "£ – “”",
        ] {
            assert_eq!(legible(text), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_legible_stays_so(text in any::<String>()) {
            let once = legible(&text);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert!(once.len() <= text.len());
        }
    }
}
