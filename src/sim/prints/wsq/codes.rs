//! Numbers of bins as symbols, and symbols as Huffman codes (IAFIS-IC-0110 Annex A and Annex B).

/// One symbol with the bits that follow its code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    value: u8,
    /// The number that follows, and of how many bits.
    extra: (u16, u8),
}

/// Runs of nought and what lies between them.
pub(super) fn symbols(numbers: &[i32]) -> Vec<Symbol> {
    let mut out = Vec::new();
    let mut run: u16 = 0;
    for number in numbers {
        if *number == 0 && run < u16::MAX {
            run += 1;
            continue;
        }
        end_run(run, &mut out);
        run = 0;
        if *number == 0 {
            run = 1;
            continue;
        }
        let size = u16::try_from(number.unsigned_abs()).unwrap_or(u16::MAX);
        let value = u8::try_from(number + 180)
            .ok()
            .filter(|value| (107..=254).contains(value));
        out.push(match (value, u8::try_from(size)) {
            (Some(value), _) => Symbol {
                value,
                extra: (0, 0),
            },
            (None, Ok(_)) => Symbol {
                value: if *number > 0 { 101 } else { 102 },
                extra: (size, 8),
            },
            (None, Err(_)) => Symbol {
                value: if *number > 0 { 103 } else { 104 },
                extra: (size, 16),
            },
        });
    }
    end_run(run, &mut out);
    out
}

fn end_run(run: u16, out: &mut Vec<Symbol>) {
    let (value, extra) = match (run, u8::try_from(run)) {
        (0, _) => return,
        (..=100, Ok(short)) => (short, (0, 0)),
        (_, Ok(_)) => (105, (run, 8)),
        (_, Err(_)) => (106, (run, 16)),
    };
    out.push(Symbol { value, extra });
}

/// The code of each symbol.
#[derive(Debug)]
pub(super) struct Codebook {
    /// Value, length and code, the shortest first.
    words: Vec<(u8, u8, u16)>,
}

impl Codebook {
    /// Codes by how often each symbol stands in these blocks.
    pub(super) fn of(blocks: &[&[Symbol]]) -> Self {
        let mut counts: [u64; 256] = [0; 256];
        for symbol in blocks.iter().copied().flatten() {
            if let Some(count) = counts.get_mut(usize::from(symbol.value)) {
                *count += 1;
            }
        }
        // A table has at least one code, used or not.
        if counts.iter().all(|count| *count == 0) {
            counts = [0; 256];
            if let Some(count) = counts.get_mut(1) {
                *count = 1;
            }
        }
        let mut lengths = lengths(&counts);
        while lengths.iter().any(|(length, _)| *length > 16) {
            // Flatter counts make shorter codes.
            counts = counts.map(|count| count.div_ceil(2));
            lengths = self::lengths(&counts);
        }
        lengths.sort_unstable();
        let (mut code, mut before) = (0_u16, 0);
        let mut words = Vec::new();
        for (length, value) in lengths {
            code <<= length - before;
            before = length;
            words.push((value, length, code));
            // The last code of all would be only ones; it is the one left out.
            code = code.wrapping_add(1);
        }
        Self { words }
    }

    /// How many codes there are of each length, and their values.
    pub(super) fn table(&self) -> Vec<u8> {
        let of_length = |length: u8| {
            let words = self.words.iter().filter(|(_, of, _)| *of == length);
            u8::try_from(words.count()).unwrap_or(u8::MAX)
        };
        let mut out: Vec<u8> = (1..=16).map(of_length).collect();
        out.extend(self.words.iter().map(|(value, ..)| *value));
        out
    }

    /// Codes and numbers bit by bit, the last octet filled with ones, and a nought after every octet
    /// of ones.
    pub(super) fn write(&self, symbols: &[Symbol], out: &mut Vec<u8>) {
        let mut by_value = [(0_u16, 0_u8); 256];
        for (value, length, code) in &self.words {
            if let Some(word) = by_value.get_mut(usize::from(*value)) {
                *word = (*code, *length);
            }
        }
        let (mut octet, mut used) = (0_u8, 0);
        let mut bit = |bit: u8| {
            octet = octet << 1 | bit;
            used += 1;
            if used == 8 {
                out.push(octet);
                if octet == 0xFF {
                    out.push(0);
                }
                (octet, used) = (0, 0);
            }
            used
        };
        let mut left = 0;
        for symbol in symbols {
            let word = by_value.get(usize::from(symbol.value)).copied();
            for (number, bits) in [word.unwrap_or_default(), symbol.extra] {
                for place in (0..bits).rev() {
                    left = bit(u8::from(number >> place & 1 == 1));
                }
            }
        }
        while left != 0 {
            left = bit(1);
        }
    }
}

/// Huffman's algorithm: the two rarest groups become one, and each symbol in them a bit longer. One
/// more group, of no symbol, takes the place of the code that is only ones.
fn lengths(counts: &[u64; 256]) -> Vec<(u8, u8)> {
    let mut lengths = [0_u8; 256];
    let mut groups: Vec<(u64, Vec<u8>)> = (0..=255)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(value, count)| (*count, vec![value]))
        .collect();
    groups.push((0, Vec::new()));
    while groups.len() > 1 {
        groups.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let (Some(one), Some(other)) = (groups.pop(), groups.pop()) else {
            break;
        };
        let values = [one.1, other.1].concat();
        for value in &values {
            if let Some(length) = lengths.get_mut(usize::from(*value)) {
                *length = length.saturating_add(1);
            }
        }
        groups.push((one.0 + other.0, values));
    }
    (0..=255)
        .zip(lengths)
        .filter(|(_, length)| *length > 0)
        .map(|(value, length)| (length, value))
        .collect()
}
