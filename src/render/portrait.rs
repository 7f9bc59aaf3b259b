//! A picture drawn on a terminal: as sixels, or as half blocks in colour.
//!
//! What a terminal can do is told by its environment alone. Asking it (DA1) would need its raw mode,
//! and a program that ends in the midst of that leaves a broken terminal behind; who knows better says
//! so on the command line.

use std::fmt::Write;

use crate::image::Pixels;

/// Widest drawing, in columns of text.
const COLUMNS: usize = 40;

/// Width of a column in sixels: terminals have 8 to 12 of them.
const SIXELS_A_COLUMN: usize = 8;

/// Most rows of text for a picture that is high and narrow.
const ROWS: usize = 40;

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Sixels (DEC STD 070), in 216 colours
    Sixel,
    /// Half blocks in 24 bits of colour
    TrueColour,
    /// Half blocks in the 256 colours of xterm
    Colours256,
}

impl Manner {
    /// What the environment says that the terminal shows; nothing where it wants or has no colours.
    ///
    /// ```
    /// use cancuoc::render::portrait::Manner;
    /// let variable = |name: &str| (name == "TERM").then(|| "xterm-256color".to_owned());
    /// assert_eq!(Manner::of_terminal(variable), Some(Manner::Colours256));
    /// ```
    pub fn of_terminal(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = variable("TERM")?;
        if term == "dumb" || variable("NO_COLOR").is_some() {
            return None;
        }
        // A terminal in a terminal hands no sixels on.
        let inner = term.starts_with("screen") || term.starts_with("tmux");
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let sixel = ["foot", "mlterm", "yaft", "contour"]
            .iter()
            .any(|known| term.starts_with(known))
            || term.contains("sixel")
            || ["WezTerm", "iTerm.app", "mintty"].contains(&program.as_str());
        if sixel && !inner {
            return Some(Self::Sixel);
        }
        Self::blocks(variable)
    }

    /// Half blocks, in as many colours as the environment says that there are.
    pub fn blocks(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let colours = variable("COLORTERM").unwrap_or_default();
        if ["truecolor", "24bit"].contains(&colours.as_str()) {
            return Some(Self::TrueColour);
        }
        variable("TERM")
            .filter(|term| term.contains("256color"))
            .map(|_| Self::Colours256)
    }
}

/// Draws a picture at most 40 columns wide, in lines that end with a line feed and leave the colours
/// of the terminal as they were.
pub fn draw(pixels: &Pixels, manner: Manner) -> String {
    match manner {
        Manner::Sixel => {
            let fields = Small::of(
                pixels,
                COLUMNS * SIXELS_A_COLUMN,
                ROWS * 2 * SIXELS_A_COLUMN,
            );
            sixels(&fields)
        }
        Manner::TrueColour => blocks(
            &Small::of(pixels, COLUMNS, ROWS * 2),
            |out, [r, g, b], ground| {
                let _ = write!(out, "\x1B[{ground}8;2;{r};{g};{b}m");
            },
        ),
        Manner::Colours256 => blocks(
            &Small::of(pixels, COLUMNS, ROWS * 2),
            |out, colour, ground| {
                let _ = write!(out, "\x1B[{ground}8;5;{}m", 16 + cube(colour));
            },
        ),
    }
}

/// A picture made small, in red, green and blue.
struct Small {
    width: usize,
    rows: Vec<Vec<[u8; 3]>>,
}

impl Small {
    /// Scales a picture down to fit, each new pixel the mean of those that it covers.
    fn of(pixels: &Pixels, most_columns: usize, most_rows: usize) -> Self {
        let (width, height) = (size(pixels.width()), size(pixels.height()));
        let mut columns = width.min(most_columns).max(1);
        let mut rows = (height * columns / width.max(1)).max(1);
        if rows > most_rows {
            rows = most_rows;
            columns = (width * rows / height.max(1)).max(1);
        }
        let channels = pixels.channels().count();
        let row = width * channels;
        let span = |at: usize, count: usize, side: usize| {
            let start = at * side / count;
            start..((at + 1) * side / count).max(start + 1)
        };
        let mean = |x: usize, y: usize| {
            let (across, down) = (span(x, columns, width), span(y, rows, height));
            let (mut sums, mut count) = ([0_u64; 3], 0_u64);
            let lines = pixels.samples().chunks_exact(row.max(1));
            for line in lines.skip(down.start).take(down.len()) {
                let covered = line.chunks_exact(channels);
                for pixel in covered.skip(across.start).take(across.len()) {
                    // Grey is all three colours.
                    let samples = pixel.iter().cycle();
                    for (sum, sample) in sums.iter_mut().zip(samples) {
                        *sum += u64::from(*sample);
                    }
                    count += 1;
                }
            }
            sums.map(|sum| octet((sum + count / 2) / count.max(1)))
        };
        Self {
            width: columns,
            rows: (0..rows)
                .map(|y| (0..columns).map(|x| mean(x, y)).collect())
                .collect(),
        }
    }
}

fn size(side: u32) -> usize {
    usize::try_from(side).unwrap_or(1).max(1)
}

fn octet(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// The nearest of six steps.
fn step(sample: u8) -> u8 {
    octet((u64::from(sample) * 5 + 127) / 255)
}

/// The number of a colour in the cube of six steps each.
fn cube(colour: [u8; 3]) -> u8 {
    let [red, green, blue] = colour.map(step);
    red * 36 + green * 6 + blue
}

/// Two rows of pixels in one line of text: the upper in the colour of the letter, the lower in that of
/// the ground.
fn blocks(small: &Small, colour: impl Fn(&mut String, [u8; 3], u8)) -> String {
    let mut out = String::new();
    for pair in small.rows.chunks(2) {
        let (upper, lower) = match pair {
            [upper, lower] => (upper, Some(lower)),
            [upper] => (upper, None),
            _ => continue,
        };
        for (column, pixel) in upper.iter().enumerate() {
            colour(&mut out, *pixel, 3);
            if let Some(pixel) = lower.and_then(|lower| lower.get(column)) {
                colour(&mut out, *pixel, 4);
            }
            out.push('▀');
        }
        out.push_str("\x1B[0m\n");
    }
    out
}

/// Bands of six rows, each colour of a band in turn.
fn sixels(small: &Small) -> String {
    let mut out = format!("\x1BP0;1;0q\"1;1;{};{}", small.width, small.rows.len());
    for number in 0..216_u8 {
        // Parts of a hundred
        let [red, green, blue] = [number / 36, number / 6 % 6, number % 6].map(|part| part * 20);
        let _ = write!(out, "#{number};2;{red};{green};{blue}");
    }
    for band in small.rows.chunks(6) {
        let colours: Vec<Vec<u8>> = band
            .iter()
            .map(|row| row.iter().map(|pixel| cube(*pixel)).collect())
            .collect();
        for number in 0..216_u8 {
            if !colours.iter().any(|row| row.contains(&number)) {
                continue;
            }
            let _ = write!(out, "#{number}");
            let column = |x: usize| {
                let rows = colours.iter().rev();
                rows.fold(0_u8, |bits, row| {
                    (bits << 1) | u8::from(row.get(x) == Some(&number))
                })
            };
            let mut run: (u8, usize) = (0, 0);
            for bits in (0..small.width).map(column) {
                if bits != run.0 {
                    push_run(&mut out, run);
                    run = (bits, 0);
                }
                run.1 += 1;
            }
            push_run(&mut out, run);
            out.push('$');
        }
        out.push('-');
    }
    out.push_str("\x1B\\\n");
    out
}

fn push_run(out: &mut String, (bits, count): (u8, usize)) {
    let sixel = char::from(b'?' + (bits & 0x3F));
    if count > 3 {
        let _ = write!(out, "!{count}{sixel}");
    } else {
        out.extend(std::iter::repeat_n(sixel, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Channels;

    fn picture(width: u32, height: u32, samples: Vec<u8>) -> Pixels {
        Pixels::new(width, height, Channels::Rgb, samples).unwrap()
    }

    #[test]
    fn two_rows_become_one_line_of_half_blocks() {
        let red_over_blue = picture(1, 2, vec![255, 0, 0, 0, 0, 255]);
        assert_eq!(
            draw(&red_over_blue, Manner::TrueColour),
            "\x1B[38;2;255;0;0m\x1B[48;2;0;0;255m▀\x1B[0m\n"
        );
        assert_eq!(
            draw(&red_over_blue, Manner::Colours256),
            "\x1B[38;5;196m\x1B[48;5;21m▀\x1B[0m\n"
        );
        let grey = Pixels::new(1, 1, Channels::Grey, vec![128]).unwrap();
        assert_eq!(
            draw(&grey, Manner::TrueColour),
            "\x1B[38;2;128;128;128m▀\x1B[0m\n"
        );
    }

    #[test]
    fn a_large_picture_is_averaged_down_to_forty_columns() {
        // Columns of black and white by turns: grey, and no stripes.
        let samples = (0..80 * 120).flat_map(|at| [if at % 2 == 0 { 0 } else { 255 }; 3]);
        let striped = picture(80, 120, samples.collect());
        let small = Small::of(&striped, COLUMNS, ROWS * 2);
        assert_eq!((small.width, small.rows.len()), (40, 60));
        assert!(small.rows.iter().flatten().all(|pixel| *pixel == [128; 3]));
        let drawn = draw(&striped, Manner::TrueColour);
        assert_eq!(drawn.lines().count(), 30);
        assert!(drawn.lines().all(|line| line.matches('▀').count() == 40));
        // High and narrow, wide and low
        let lines = draw(&picture(1, 4000, vec![9; 12_000]), Manner::TrueColour);
        assert_eq!(lines.lines().count(), ROWS);
        let lines = draw(&picture(4000, 1, vec![9; 12_000]), Manner::TrueColour);
        assert_eq!(lines.lines().count(), 1);
    }

    #[test]
    fn sixels_hold_every_colour_of_a_band() {
        let drawn = draw(
            &picture(2, 2, vec![255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
            Manner::Sixel,
        );
        assert!(drawn.starts_with("\x1BP0;1;0q\"1;1;2;2#0;2;0;0;0#1;2;0;0;20"));
        assert!(drawn.ends_with("#0AA$#180@@$-\x1B\\\n"), "{drawn:?}");
    }

    #[test]
    fn the_environment_says_what_a_terminal_shows() {
        let manner = |variables: &[(&str, &str)]| {
            Manner::of_terminal(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(manner(&[]), None);
        assert_eq!(
            manner(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]),
            None
        );
        assert_eq!(manner(&[("TERM", "vt100")]), None);
        assert_eq!(
            manner(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]),
            None
        );
        assert_eq!(
            manner(&[("TERM", "foot"), ("NO_COLOR", "")]),
            Some(Manner::Sixel)
        );
        assert_eq!(
            manner(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Some(Manner::TrueColour)
        );
        assert_eq!(
            manner(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]),
            Some(Manner::Sixel)
        );
        assert_eq!(
            manner(&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "WezTerm")]),
            Some(Manner::Colours256)
        );
    }
}
