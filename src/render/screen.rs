//! Text from a document among lines of this program: one line, of bounded length, that cannot pass for
//! one of ours.

use unicode_normalization::char::is_combining_mark;

use crate::bytes::legible::legible;
use crate::render::words::Lang;

/// Most characters of one text. Programs get all of it in JSON.
const LONGEST: usize = 2_000;

/// Most values of one list.
pub(super) const MOST_VALUES: usize = 64;

/// Most marks on one letter. Vietnamese has two; more of them grow over the lines around.
const MOST_MARKS: usize = 4;

/// What checks are told with, and what looks like it.
const SIGNS: [char; 14] = [
    '✓', '✔', '✗', '✘', '✕', '✖', '☑', '☒', '✅', '❌', '❎', '🗸', '🗹', '🗴',
];

/// The text, fit to stand in a line of ours. White space is one space, since a terminal begins a new line
/// where many of them end; the signs that checks are told with go.
pub fn line(text: &str, lang: Lang) -> String {
    let text = legible(text);
    let mut out = String::new();
    let (mut gap, mut marks, mut count) = (false, 0, 0_usize);
    let mut rest = 0_usize;
    for character in text.chars().filter(|one| !SIGNS.contains(one)) {
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        if marks > MOST_MARKS {
            continue;
        }
        if count >= LONGEST {
            rest += 1;
            continue;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        out.push(character);
        count += 1;
    }
    if rest > 0 {
        let (before, after) = lang.choose(("còn", "ký tự"), ("another", "characters"));
        out.push_str(&format!("… ({before} {rest} {after})"));
    }
    out
}

/// What stands in place of the values of a list that are not written out.
pub(super) fn more(count: usize, lang: Lang) -> String {
    let (before, after) = lang.choose(("còn", "mục"), ("another", "entries"));
    format!("… ({before} {count} {after})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_and_no_line_of_ours() {
        let of = |text: &str| line(text, Lang::En);
        assert_eq!(of("Đặng  Văn\u{3000}\u{A0}Mẫu "), "Đặng Văn Mẫu");
        assert_eq!(
            of(&format!("A{}✓ Chip   genuine\n✗", " ".repeat(80))),
            "A Chip genuine"
        );
        let piled = format!("a{}b", "\u{301}".repeat(900));
        assert_eq!(of(&piled), format!("a{}b", "\u{301}".repeat(MOST_MARKS)));
        assert_eq!(of("e\u{302}\u{301}"), "e\u{302}\u{301}");
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        let long = "x".repeat(LONGEST);
        assert_eq!(line(&long, Lang::Vi), long);
        let longer = format!("{long} yyy");
        assert_eq!(line(&longer, Lang::Vi), format!("{long}… (còn 3 ký tự)"));
        assert_eq!(
            line(&longer, Lang::En),
            format!("{long}… (another 3 characters)")
        );
        assert_eq!(more(7, Lang::En), "… (another 7 entries)");
    }
}
