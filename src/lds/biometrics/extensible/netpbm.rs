//! Grey and colour maps without compression, with a short head in front (Netpbm: PGM and PPM).

use crate::image::Channels;
use crate::lds::biometrics::image::Layout;
use crate::lds::biometrics::image::Packing;

/// Digits of the largest number that is followed
const MAX_DIGITS: usize = 5;
/// Octets of blanks and comments that are passed over in front of a number
const MAX_BLANKS: usize = 256;

/// What the samples are, and the samples; nothing where this is no such map.
pub(super) fn samples(map: &[u8]) -> Option<(Layout, &[u8])> {
    let (channels, mut rest) = match map {
        [b'P', b'5', rest @ ..] => (Channels::Grey, rest),
        [b'P', b'6', rest @ ..] => (Channels::Rgb, rest),
        _ => return None,
    };
    let width = number(&mut rest)?;
    let height = number(&mut rest)?;
    let largest = number(&mut rest)?;
    let (blank, samples) = rest.split_first()?;
    let depth = match largest {
        0 => return None,
        1..=0xFF => 8,
        _ => 16,
    };
    let layout = Layout {
        width,
        height,
        depth,
        channels,
        packing: Packing::Octets,
    };
    blank.is_ascii_whitespace().then_some((layout, samples))
}

/// The next number, behind blanks and comments that reach to the end of their line.
fn number(rest: &mut &[u8]) -> Option<u16> {
    let mut comment = false;
    for _ in 0..MAX_BLANKS {
        let (first, after) = rest.split_first()?;
        match first {
            b'\n' | b'\r' => comment = false,
            b'#' => comment = true,
            _ if comment || first.is_ascii_whitespace() => {}
            _ => break,
        }
        *rest = after;
    }
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit());
    let (digits, after) = rest.split_at_checked(digits.count())?;
    *rest = after;
    let short = (1..=MAX_DIGITS).contains(&digits.len());
    let text = short.then(|| str::from_utf8(digits).ok()).flatten()?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_told_by_their_head() {
        let (layout, rest) = samples(b"P5\n# made\n3 2\n255\nabcdef").unwrap();
        assert_eq!((layout.width, layout.height, layout.depth), (3, 2, 8));
        assert_eq!((layout.octets(), rest.len()), (Some(6), 6));
        let (layout, _) = samples(b"P6 1 1 65535 abcdef").unwrap();
        assert_eq!((layout.depth, layout.octets()), (16, Some(6)));
        for wrong in [
            &b"P4 1 1 1 a"[..],
            b"P5 1 1",
            b"P5 1 1 0 a",
            b"P5 70000 1 1 a",
            b"P5 1 1 255a",
            b"P5 123456 1 1 ",
            b"P5 -1 1 1 a",
            b"",
        ] {
            assert!(samples(wrong).is_none());
        }
    }
}
