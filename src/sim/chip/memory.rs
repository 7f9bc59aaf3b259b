//! What a chip remembers without power: the tries of its PIN, the uses of its PUK, its date, and the
//! authorities that it trusts terminals of (TR-03110-3).
//!
//! As text it is one fact a line, so that it can be kept between two lives of a process and looked
//! at:
//!
//! ```text
//! cancuoc.memory/1
//! pin-tries 3
//! puk-uses 10
//! date 2025-06-01
//! authority - 7f2182..
//! authority NIST P-256 7f2181..
//! ```
//!
//! The curve stands with an authority whose certificate leaves it to the one before.

use std::fmt::Write;

use jiff::civil::Date;

use crate::crypto::curve::Curve;
use crate::error::Malformed;
use crate::sim::chip::Chip;
use crate::sim::chip::terminal_trust::Issuer;
use crate::sim::chip::terminal_trust::MAX_TRUST_POINTS;

/// First line of the text.
const SCHEMA: &str = "cancuoc.memory/1";

/// Longest text that is looked at, in bytes: two certificates with RSA keys of 8192 bits in
/// hexadecimal are shorter.
const MAX_TEXT: usize = 32 * 1024;

/// Uses of a PUK that was never used. The standards leave the number to the issuer; ten is usual.
pub(super) const PUK_USES: u8 = 10;

/// What outlives power-down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Tries that are left of the PIN; `None` where the chip has none.
    pub pin_tries: Option<u8>,
    /// How often the PUK may still unblock the PIN; `None` where the chip has none.
    pub puk_uses: Option<u8>,
    /// The chip's date, and the authorities that it trusts, the newest first; `None` where the chip
    /// knows no terminals.
    pub terminals: Option<TerminalMemory>,
}

/// What a chip remembers for terminal authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalMemory {
    /// The chip's date, as certificates advanced it.
    pub date: Date,
    /// At most two, the newest first.
    pub authorities: Vec<TrustPoint>,
}

/// An authority that a chip trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPoint {
    /// The certificate that brought it, data object 7F21.
    pub certificate: Vec<u8>,
    /// The curve of its key, where the certificate does not write it out.
    pub curve: Option<Curve>,
}

impl Memory {
    /// The memory as text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{SCHEMA}\n");
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name} {value}");
        };
        if let Some(tries) = self.pin_tries {
            line("pin-tries", &tries);
        }
        if let Some(uses) = self.puk_uses {
            line("puk-uses", &uses);
        }
        if let Some(terminals) = &self.terminals {
            line("date", &terminals.date);
            for point in &terminals.authorities {
                let curve = point.curve.map_or("-", Curve::name);
                let certificate = hex::encode(&point.certificate);
                line("authority", &format_args!("{curve} {certificate}"));
            }
        }
        text
    }

    /// Reads what [`Memory::to_text`] wrote.
    ///
    /// # Errors
    /// [`Malformed`] with the offset of the line that is not of that form, stands twice or elsewhere.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_TEXT {
            return Err(Malformed::new("length of a chip's memory", MAX_TEXT));
        }
        let mut lines = Lines { text, offset: 0 };
        match lines.next() {
            Some((_, SCHEMA)) => {}
            _ => return Err(Malformed::new("schema of a chip's memory", 0)),
        }
        let pin_tries = lines.number("pin-tries")?;
        let puk_uses = lines.number("puk-uses")?;
        let terminals = match lines.value("date") {
            None => None,
            Some((offset, value)) => Some(TerminalMemory {
                date: date(value).ok_or(Malformed::new("date", offset))?,
                authorities: lines.authorities()?,
            }),
        };
        match lines.next() {
            None => Ok(Self {
                pin_tries,
                puk_uses,
                terminals,
            }),
            Some((offset, _)) => Err(Malformed::new("line of a chip's memory", offset)),
        }
    }
}

impl TrustPoint {
    /// Whether a chip can trust an authority by it.
    pub fn is_usable(&self) -> bool {
        self.issuer().is_ok()
    }

    /// The key and the rights; nobody vouches for them but this memory.
    fn issuer(&self) -> Result<Issuer, Malformed> {
        Issuer::trusted(&self.certificate, self.curve)
    }
}

impl Chip {
    /// What the chip remembers without power.
    pub fn memory(&self) -> Memory {
        Memory {
            pin_tries: self.pin_tries(),
            puk_uses: self.puk_uses(),
            terminals: self.knows_terminals().then(|| TerminalMemory {
                date: self.terminal.date,
                authorities: self.terminal.points.iter().map(Issuer::point).collect(),
            }),
        }
    }

    /// The same chip with what another life of it remembered.
    ///
    /// # Errors
    /// [`Malformed`] when that is no memory of this card: it has no such password, or more tries than
    /// there can be, or does not know terminals, or the authorities are none, or its date lies before
    /// the card's own: a chip's date never goes back.
    pub fn with_memory(mut self, memory: &Memory) -> Result<Self, Malformed> {
        match (&mut self.card.pin, memory.pin_tries) {
            (None, None) => {}
            (Some(pin), Some(tries)) if tries <= pin.limit => pin.tries = tries,
            _ => return Err(Malformed::new("tries of the PIN", 0)),
        }
        match (self.puk_uses, memory.puk_uses) {
            (None, None) => {}
            (Some(_), Some(uses)) if uses <= PUK_USES => self.puk_uses = Some(uses),
            _ => return Err(Malformed::new("uses of the PUK", 0)),
        }
        match (&memory.terminals, self.knows_terminals()) {
            (None, false) => {}
            (Some(terminals), true)
                if terminals.authorities.len() <= MAX_TRUST_POINTS
                    && terminals.authorities.is_empty() == self.terminal.points.is_empty()
                    && terminals.date >= self.terminal.date =>
            {
                let points = terminals.authorities.iter().map(TrustPoint::issuer);
                self.terminal.points = points.collect::<Result<_, _>>()?;
                self.terminal.date = terminals.date;
                self.write_cvca_file();
            }
            _ => return Err(Malformed::new("authorities of terminals", 0)),
        }
        Ok(self)
    }
}

/// The lines of a text with their offsets.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Lines<'a> {
    /// What the next line holds, if it begins with this name.
    fn value(&mut self, name: &str) -> Option<(usize, &'a str)> {
        let (text, offset) = (self.text, self.offset);
        let (at, line) = self.next()?;
        match line
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '))
        {
            Some(value) => Some((at, value)),
            None => {
                (self.text, self.offset) = (text, offset);
                None
            }
        }
    }

    fn number(&mut self, name: &'static str) -> Result<Option<u8>, Malformed> {
        let Some((offset, value)) = self.value(name) else {
            return Ok(None);
        };
        let number = value.parse::<u8>().ok();
        let number = number.filter(|number| number.to_string() == value);
        number.map(Some).ok_or(Malformed::new(name, offset))
    }

    fn authorities(&mut self) -> Result<Vec<TrustPoint>, Malformed> {
        let mut points = Vec::new();
        while let Some((offset, value)) = self.value("authority") {
            let malformed = Malformed::new("authority", offset);
            if points.len() == MAX_TRUST_POINTS {
                return Err(malformed);
            }
            let (curve, certificate) = value.rsplit_once(' ').ok_or(malformed)?;
            let curve = match curve {
                "-" => None,
                name => Some(
                    Curve::ALL
                        .into_iter()
                        .find(|curve| curve.name() == name)
                        .ok_or(malformed)?,
                ),
            };
            let point = TrustPoint {
                certificate: hex::decode(certificate).map_err(|_| malformed)?,
                curve,
            };
            point.issuer().map_err(|_| malformed)?;
            points.push(point);
        }
        Ok(points)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    /// Each line ends with a line feed, the last one too.
    fn next(&mut self) -> Option<Self::Item> {
        let (line, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        if self.text.is_empty() {
            return None;
        }
        let at = self.offset;
        self.offset += self.text.len() - rest.len();
        self.text = rest;
        Some((at, line))
    }
}

/// YYYY-MM-DD and nothing else.
fn date(text: &str) -> Option<Date> {
    let date = text.parse::<Date>().ok()?;
    (date.to_string() == text).then_some(date)
}
