//! What is wrong with a chip or with the line to it: breakdowns, attacks on the channel, clones.
//!
//! Commands and responses are counted from 1 since power-up; response n answers command n.

use std::fmt;

/// A forgery, an attack or a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The card is gone when this command comes, until it is powered up again. Happens once.
    LostAtCommand(u32),
    /// The message authentication code of this response is wrong in its last bit. After every
    /// power-up.
    BadMacAtCommand(u32),
    /// This response is a bare 9000 in the clear, whatever the chip had to say. After every
    /// power-up.
    PlainStatusAtCommand(u32),
    /// One bit of one response comes over changed. After every power-up.
    FlipBit {
        /// Number of the response.
        response: u32,
        /// Number of the bit in it, from 0 at the most significant bit of the first octet, status
        /// word included; a number beyond the end changes nothing.
        bit: u32,
    },
    /// The chip answers nothing at all.
    Mute,
    /// The chip refuses chip authentication, although its files offer it.
    ChipAuthenticationRefused,
    /// The chip refuses active authentication, although its files offer it.
    ActiveAuthenticationRefused,
    /// A clone: the chip does chip authentication with another private key than its files say.
    WrongChipKey,
    /// A clone: the chip does active authentication with another private key than its files say.
    WrongActiveKey,
}

impl Fault {
    /// Every fault; those with numbers stand here with small ones.
    pub const ALL: [Self; 9] = [
        Self::LostAtCommand(1),
        Self::BadMacAtCommand(1),
        Self::PlainStatusAtCommand(1),
        Self::FlipBit {
            response: 1,
            bit: 0,
        },
        Self::Mute,
        Self::ChipAuthenticationRefused,
        Self::ActiveAuthenticationRefused,
        Self::WrongChipKey,
        Self::WrongActiveKey,
    ];

    /// Stable name, without the numbers it may have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LostAtCommand(_) => "lost-at-command",
            Self::BadMacAtCommand(_) => "bad-mac-at-command",
            Self::PlainStatusAtCommand(_) => "plain-status-at-command",
            Self::FlipBit { .. } => "flip-bit",
            Self::Mute => "mute",
            Self::ChipAuthenticationRefused => "chip-authentication-refused",
            Self::ActiveAuthenticationRefused => "active-authentication-refused",
            Self::WrongChipKey => "wrong-chip-key",
            Self::WrongActiveKey => "wrong-active-key",
        }
    }

    /// The fault with this name and its numbers after colons: `mute`, `lost-at-command:12`,
    /// `flip-bit:3:17`. Numbers that are missing are those of [`Fault::ALL`].
    ///
    /// ```
    /// use cancuoc::sim::fault::Fault;
    /// assert_eq!(Fault::from_name("lost-at-command:12"), Some(Fault::LostAtCommand(12)));
    /// assert_eq!(Fault::from_name("mute:1"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split(':');
        let word = parts.next()?;
        let usual = Self::ALL.into_iter().find(|fault| fault.name() == word)?;
        let numbers = parts
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        match (usual, numbers.as_slice()) {
            (fault, []) => Some(fault),
            (Self::LostAtCommand(_), [command]) => Some(Self::LostAtCommand(*command)),
            (Self::BadMacAtCommand(_), [command]) => Some(Self::BadMacAtCommand(*command)),
            (Self::PlainStatusAtCommand(_), [command]) => {
                Some(Self::PlainStatusAtCommand(*command))
            }
            (Self::FlipBit { .. }, [response, bit]) => Some(Self::FlipBit {
                response: *response,
                bit: *bit,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    /// The name that [`Fault::from_name`] reads, with the numbers where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::LostAtCommand(command)
            | Self::BadMacAtCommand(command)
            | Self::PlainStatusAtCommand(command) => write!(f, ":{command}"),
            Self::FlipBit { response, bit } => write!(f, ":{response}:{bit}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(&fault.to_string()), Some(fault));
            assert_eq!(Fault::from_name(fault.name()), Some(fault));
        }
        assert_eq!(
            Fault::from_name("flip-bit:3:17"),
            Some(Fault::FlipBit {
                response: 3,
                bit: 17
            })
        );
        assert_eq!(Fault::from_name("flip-bit:3"), None);
    }
}
