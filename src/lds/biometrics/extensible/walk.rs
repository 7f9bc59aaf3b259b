//! Taking ASN.1 apart in which every member has a number.

use std::fmt;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;

/// Most members of one SEQUENCE. The longest has seventeen; extensions may follow.
const MAX_MEMBERS: usize = 64;

/// Most elements that are kept although they are not known, in a whole block.
const MAX_EXTENSIONS: usize = 64;

/// Most elements of lists that count nothing else: qualities, certifications, challenges.
pub(super) const MAX_LIST: usize = 64;

/// Bits of a tag octet that tell the class, and the class of numbered members
const CLASS: u32 = 0xC0;
const CONTEXT: u32 = 0x80;
/// Bit of a tag octet that says that elements are inside
const CONSTRUCTED: u32 = 0x20;

/// An element that this program does not know: a later edition's, or a vendor's. [`fmt::Debug`] shows
/// the tag and the length.
#[derive(Clone, PartialEq, Eq)]
pub struct Extension {
    /// What it stood in.
    pub within: &'static str,
    /// Its tag.
    pub tag: u32,
    /// Its value.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { within, tag, bytes } = self;
        write!(f, "Extension({within}, {tag:X}, {} bytes)", bytes.len())
    }
}

/// What is met on the way.
pub(super) struct Walk<'o> {
    oddities: &'o mut Oddities,
    odd: Oddity,
    pub extensions: Vec<Extension>,
}

impl<'o> Walk<'o> {
    /// `odd` is noted where a number is out of its range.
    pub(super) const fn new(oddities: &'o mut Oddities, odd: Oddity) -> Self {
        Self {
            oddities,
            odd,
            extensions: Vec::new(),
        }
    }

    pub(super) const fn oddities(&mut self) -> &mut Oddities {
        self.oddities
    }

    /// Notes a number out of its range.
    pub(super) fn note(&mut self, odd: bool) {
        if odd {
            self.oddities.insert(self.odd);
        }
    }

    /// Keeps an element that is not known.
    pub(super) fn keep(
        &mut self,
        within: &'static str,
        element: &Element<'_>,
    ) -> Result<(), Malformed> {
        if self.extensions.len() >= MAX_EXTENSIONS {
            return Err(Malformed::new("number of extensions", element.offset));
        }
        self.extensions.push(Extension {
            within,
            tag: element.tag,
            bytes: element.value.to_vec(),
        });
        Ok(())
    }

    /// A code that is an ENUMERATED by itself.
    pub(super) fn enumerated(
        &mut self,
        element: &Element<'_>,
        table: &Table,
        odd: Oddity,
    ) -> Result<Code, Malformed> {
        Ok(Code::of(table, short(element)?, odd, self.oddities))
    }

    /// A code that may be extended: `CHOICE { code [0], extensionBlock [1] { fallback [0], ... } }`;
    /// nothing for an extension without a fallback.
    pub(super) fn code(
        &mut self,
        element: &Element<'_>,
        table: &Table,
        odd: Oddity,
    ) -> Result<Option<Code>, Malformed> {
        let code = self.bare_code(element)?;
        Ok(code.map(|code| Code::of(table, code, odd, self.oddities)))
    }

    /// The number of such a code.
    pub(super) fn bare_code(&mut self, element: &Element<'_>) -> Result<Option<u16>, Malformed> {
        const WHAT: &str = "code";
        match choice(element, WHAT)? {
            (0, code) => short(&code).map(Some),
            (1, extension) => {
                let mut members = Members::of(&extension, WHAT)?;
                let fallback = members.take(0);
                members.rest(self)?;
                fallback.map(|code| short(&code)).transpose()
            }
            _ => self.keep(WHAT, element).map(|()| None),
        }
    }

    /// Such a code, if the member is there.
    pub(super) fn coded(
        &mut self,
        members: &mut Members<'_>,
        number: u8,
        table: &Table,
        odd: Oddity,
    ) -> Result<Option<Code>, Malformed> {
        match members.take(number) {
            Some(member) => self.code(&member, table, odd),
            None => Ok(None),
        }
    }

    /// The elements of a SEQUENCE OF SEQUENCE.
    pub(super) fn list<T>(
        &mut self,
        element: &Element<'_>,
        most: usize,
        what: &'static str,
        mut one: impl FnMut(&Element<'_>, &mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        constructed(element, what)?;
        let mut reader = element.inside()?;
        let mut list = Vec::new();
        while !reader.at_end() {
            if list.len() >= most {
                return Err(Malformed::new(what, reader.offset()));
            }
            list.push(one(&reader.expect(tag::SEQUENCE, what)?, self)?);
        }
        Ok(list)
    }

    /// Which of these members are there and true.
    pub(super) fn flags(
        &mut self,
        element: &Element<'_>,
        words: &[&'static str],
        what: &'static str,
    ) -> Result<Vec<&'static str>, Malformed> {
        let mut members = Members::of(element, what)?;
        let mut set = Vec::new();
        for (number, word) in (0_u8..).zip(words) {
            if let Some(flag) = members.take(number)
                && boolean(&flag)?
            {
                set.push(*word);
            }
        }
        members.rest(self)?;
        Ok(set)
    }
}

/// The members of a SEQUENCE, by their numbers.
pub(super) struct Members<'a> {
    list: Vec<Element<'a>>,
    what: &'static str,
    end: usize,
}

impl<'a> Members<'a> {
    /// Takes a SEQUENCE apart; no member may be there twice.
    pub(super) fn of(element: &Element<'a>, what: &'static str) -> Result<Self, Malformed> {
        constructed(element, what)?;
        let mut reader = element.inside()?;
        let mut list: Vec<Element<'a>> = Vec::new();
        while !reader.at_end() {
            let member = reader.element(what)?;
            let twice = list.iter().any(|other| other.tag == member.tag);
            if twice || list.len() >= MAX_MEMBERS {
                return Err(Malformed::new(what, member.offset));
            }
            list.push(member);
        }
        Ok(Self {
            list,
            what,
            end: reader.offset(),
        })
    }

    /// Takes a member out, if it is there.
    pub(super) fn take(&mut self, number: u8) -> Option<Element<'a>> {
        let at = |member: &Element<'_>| numbered(member) == Some(u32::from(number));
        let place = self.list.iter().position(at)?;
        Some(self.list.remove(place))
    }

    /// Takes out a member that must be there.
    pub(super) fn need(&mut self, number: u8) -> Result<Element<'a>, Malformed> {
        let malformed = Malformed::new(self.what, self.end);
        self.take(number).ok_or(malformed)
    }

    /// Keeps what nobody took.
    pub(super) fn rest(self, walk: &mut Walk<'_>) -> Result<(), Malformed> {
        let what = self.what;
        let mut left = self.list.iter();
        left.try_for_each(|member| walk.keep(what, member))
    }
}

/// The number of a member; nothing for elements with tags of other classes.
const fn numbered(member: &Element<'_>) -> Option<u32> {
    let low = member.tag & 0x1F;
    let one_octet = member.tag <= 0xFF && low != 0x1F;
    if one_octet && member.tag & CLASS == CONTEXT {
        Some(low)
    } else {
        None
    }
}

fn constructed(element: &Element<'_>, what: &'static str) -> Result<(), Malformed> {
    let inside = element.tag > 0xFF || element.tag & CONSTRUCTED != 0;
    inside
        .then_some(())
        .ok_or(Malformed::new(what, element.offset))
}

/// The octets of a member that has no elements inside.
pub(super) fn octets<'a>(element: &Element<'a>, what: &'static str) -> Result<&'a [u8], Malformed> {
    let plain = element.tag <= 0xFF && element.tag & CONSTRUCTED == 0;
    plain
        .then_some(element.value)
        .ok_or(Malformed::new(what, element.offset))
}

/// The alternative of a CHOICE and its number.
pub(super) fn choice<'a>(
    element: &Element<'a>,
    what: &'static str,
) -> Result<(u32, Element<'a>), Malformed> {
    constructed(element, what)?;
    let mut reader = element.inside()?;
    let alternative = reader.element(what)?;
    reader.finish(what)?;
    let number = numbered(&alternative).ok_or(Malformed::new(what, alternative.offset))?;
    Ok((number, alternative))
}

/// The octets of each element of a list of strings that have this tag.
pub(super) fn strings(
    element: &Element<'_>,
    tag: u32,
    what: &'static str,
) -> Result<Vec<Vec<u8>>, Malformed> {
    constructed(element, what)?;
    let mut reader = element.inside()?;
    let mut list = Vec::new();
    while !reader.at_end() {
        if list.len() >= MAX_LIST {
            return Err(Malformed::new(what, reader.offset()));
        }
        list.push(reader.expect(tag, what)?.value.to_vec());
    }
    Ok(list)
}

/// An INTEGER that is not negative, in 32 bits.
pub(super) fn number(element: &Element<'_>) -> Result<u32, Malformed> {
    octets(element, "INTEGER")?;
    element.small_integer()
}

/// An INTEGER that is not negative, in 16 bits.
pub(super) fn short(element: &Element<'_>) -> Result<u16, Malformed> {
    u16::try_from(number(element)?).map_err(|_| Malformed::new("short INTEGER", element.offset))
}

/// An INTEGER in 16 bits with its sign.
pub(super) fn signed(element: &Element<'_>) -> Result<i16, Malformed> {
    match octets(element, "INTEGER")? {
        [one] => Ok(i16::from(i8::from_be_bytes([*one]))),
        [high, low] => Ok(i16::from_be_bytes([*high, *low])),
        _ => Err(Malformed::new("short INTEGER", element.offset)),
    }
}

/// A BOOLEAN.
pub(super) fn boolean(element: &Element<'_>) -> Result<bool, Malformed> {
    match octets(element, "BOOLEAN")? {
        [value] => Ok(*value != 0),
        _ => Err(Malformed::new("BOOLEAN", element.offset)),
    }
}
