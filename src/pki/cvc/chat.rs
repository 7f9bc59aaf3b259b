//! Certificate holder authorization templates (TR-03110-3): what a holder is, and
//! what it may do.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm::KeyFault;
use crate::error::Malformed;

/// id-roles, 0.4.0.127.0.7.3.1.2. One arc follows: the kind of terminal.
const ID_ROLES: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 3, 1, 2]);

/// Certificate holder authorization template
const CHAT: u32 = 0x7F4C;
/// Discretionary data: the authorization
const DISCRETIONARY: u32 = 0x53;

/// Bits of the first octet that say the role.
const ROLE: u8 = 0xC0;
/// Bit of an inspection system's octet for DG3.
const FINGERS: u8 = 0x01;
/// Bit of an inspection system's octet for DG4.
const IRISES: u8 = 0x02;

/// Kind of terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TerminalType {
    /// Inspection system
    Inspection,
    /// Authentication terminal
    Authentication,
    /// Signature terminal
    Signature,
}

impl TerminalType {
    const ALL: [Self; 3] = [Self::Inspection, Self::Authentication, Self::Signature];

    /// Last arc of its identifier.
    const fn arc(self) -> u8 {
        match self {
            Self::Inspection => 1,
            Self::Authentication => 2,
            Self::Signature => 3,
        }
    }

    /// Length of the authorization, in bytes.
    const fn length(self) -> usize {
        match self {
            Self::Inspection | Self::Signature => 1,
            Self::Authentication => 5,
        }
    }

    fn oid(self) -> Vec<u8> {
        [ID_ROLES.octets(), &[self.arc()]].concat()
    }
}

/// Place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Country verifying certification authority
    Cvca,
    /// Document verifier of the document's own country
    DomesticVerifier,
    /// Document verifier of another country, or of no state
    ForeignVerifier,
    /// A terminal
    Terminal,
}

/// What a holder may do, without the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    terminal_type: TerminalType,
    /// As in the certificate, with the bits of the role cleared.
    bits: Vec<u8>,
}

impl Rights {
    /// What a holder with rights of its own may do under these: rights only ever shrink along a
    /// chain, and those for one kind of terminal are none for another.
    #[must_use]
    pub fn and(&self, own: &Self) -> Self {
        let same = self.terminal_type == own.terminal_type;
        Self {
            terminal_type: own.terminal_type,
            bits: own
                .bits
                .iter()
                .zip(&self.bits)
                .map(|(own, given)| own & given)
                .filter(|_| same)
                .chain(std::iter::repeat_n(0, own.bits.len()))
                .take(own.bits.len())
                .collect(),
        }
    }

    /// Kind of terminal.
    pub const fn terminal_type(&self) -> TerminalType {
        self.terminal_type
    }

    /// The bits as in the certificate, those of the role cleared.
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// Whether fingerprints (DG3) may be read.
    pub fn fingers(&self) -> bool {
        self.inspection() & FINGERS != 0
    }

    /// Whether irises (DG4) may be read.
    pub fn irises(&self) -> bool {
        self.inspection() & IRISES != 0
    }

    fn inspection(&self) -> u8 {
        match (self.terminal_type, self.bits.as_slice()) {
            (TerminalType::Inspection, [bits]) => *bits,
            _ => 0,
        }
    }

    /// The template of a terminal with these rights, as PACE takes it.
    pub fn terminal_template(&self) -> Vec<u8> {
        template(self.terminal_type, &self.bits)
    }
}

/// What a holder is and may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    role: Role,
    rights: Rights,
}

impl Chat {
    pub(super) fn read(element: &Element<'_>) -> Result<Self, KeyFault> {
        let mut inside = element.inside()?;
        let oid = Oid::new(inside.expect(tag::OID, "terminal type")?.value);
        let authorization = inside.expect(DISCRETIONARY, "authorization")?;
        inside.finish("holder authorization")?;
        let terminal_type = TerminalType::ALL
            .into_iter()
            .find(|known| known.oid() == oid.octets())
            .ok_or_else(|| KeyFault::Unsupported(format!("terminal type {oid}")))?;
        let mut bits = authorization.value.to_vec();
        if bits.len() != terminal_type.length() {
            return Err(Malformed::new("authorization", authorization.offset).into());
        }
        let mut role = 0;
        if let Some(first) = bits.first_mut() {
            role = *first & ROLE;
            *first &= !ROLE;
        }
        Ok(Self {
            role: match role {
                0xC0 => Role::Cvca,
                0x80 => Role::DomesticVerifier,
                0x40 => Role::ForeignVerifier,
                _ => Role::Terminal,
            },
            rights: Rights {
                terminal_type,
                bits,
            },
        })
    }

    /// Place in the chain.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What the holder may do at most.
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }
}

fn template(terminal_type: TerminalType, authorization: &[u8]) -> Vec<u8> {
    let oid = encode(tag::OID, &[&terminal_type.oid()]);
    encode(CHAT, &[&oid, &encode(DISCRETIONARY, &[authorization])])
}
