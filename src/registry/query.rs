//! What a registry is asked: who asks and why, which card, and which attributes to confirm.
//!
//! Everything here is owned and handed over by value. Nothing here prints: a number, a name and
//! even a case reference lead to a person.

use std::fmt;

use crate::bytes::date::PartialDate;
use crate::crypto::hash::Hash;
use crate::lds::mrz::Sex;
use crate::registry::facts::FactKind;

/// One question about one card.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// Who asks, where, and for what.
    pub context: Context,
    /// The card in question.
    pub card: CardKey,
    /// What the card says, for the registry to confirm.
    pub attributes: Attributes,
    /// What the registry is asked to tell beside; it does only where the procedure's policy allows.
    pub disclose: Vec<FactKind>,
}

/// Who asks, where, and for what. Every query carries it, so that every look into the register can
/// be accounted for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The administrative procedure.
    pub procedure: Option<Procedure>,
    /// The case file.
    pub case: Option<Case>,
    /// The officer.
    pub officer: Option<Officer>,
    /// The counter's device.
    pub device: Option<Device>,
    /// The agency. A registry with mutual TLS takes it from the certificate, and not from here.
    pub agency: Option<Agency>,
}

/// Longest code in a [`Context`], in characters. Request ids of the national exchange have 40.
const MAX_CODE: usize = 64;

/// Whether a character has no shape of its own: controls, format characters and separators of lines
/// (Unicode, general categories Cc, Cf, Zl, Zp). In a code they do nothing but make two that look alike
/// differ, or have one that is printed look like another, and one line of a log like two.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{61C}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
        )
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes 1 to 64 characters that can be seen, and spaces between them, trimmed.
            pub fn new(text: &str) -> Option<Self> {
                let text = text.trim();
                let fits = (1..=MAX_CODE).contains(&text.chars().count());
                let plain = !text.chars().any(is_unseen);
                (fits && plain).then(|| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        silent!($name);
    };
}

/// A `Debug` that shows the type and nothing in it.
macro_rules! silent {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

code! {
    /// Code of an administrative procedure.
    Procedure
}
code! {
    /// Reference of a case file.
    Case
}
code! {
    /// Code of the officer who asks.
    Officer
}
code! {
    /// Code of the device at the counter.
    Device
}

code! {
    /// Code of the agency that asks.
    Agency
}

/// Which card: the plastic by its security object, the person by the number. A key without either
/// finds nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct CardKey {
    /// Names the plastic; cannot be guessed without the card.
    pub sod: Option<SodDigest>,
    /// Names the person, where the card has such a number.
    pub number: Option<CitizenNumber>,
}

/// SHA-256 of EF.SOD as read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SodDigest([u8; 32]);

impl SodDigest {
    /// Hashes the file.
    pub fn of(file: &[u8]) -> Self {
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(Hash::Sha256.digest(&[file])) {
            *to = from;
        }
        Self(digest)
    }

    /// Takes a digest that was made elsewhere.
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The number of a citizen: twelve digits, or nine on old cards. Text, since leading zeros count.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenNumber(String);

impl CitizenNumber {
    /// Takes twelve or nine ASCII digits, and no other text.
    pub fn new(text: &str) -> Option<Self> {
        let right = matches!(text.len(), 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the card says about its holder and itself. What is absent is not asked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Full name, with diacritics where the card has them.
    pub name: Option<String>,
    /// Date of birth; a year alone is common.
    pub birth: Option<PartialDate>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Nationality, as a code (`VNM`) or in Vietnamese (`Việt Nam`).
    pub nationality: Option<String>,
    /// Document number.
    pub document_number: Option<String>,
    /// Last day of validity, or that there is none.
    pub expiry: Option<Expiry>,
}

/// How long a card is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Until this date.
    Date(PartialDate),
    /// Without limit ("Không thời hạn").
    Never,
}

silent!(
    Query,
    Context,
    CardKey,
    SodDigest,
    CitizenNumber,
    Attributes,
    Expiry
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_query_prints() {
        let query = Query {
            context: Context {
                officer: Officer::new("officer 7"),
                ..Context::default()
            },
            card: CardKey {
                sod: Some(SodDigest::of(b"abc")),
                number: CitizenNumber::new("001099000123"),
            },
            attributes: Attributes {
                name: Some("Mẫu".to_owned()),
                ..Attributes::default()
            },
            disclose: Vec::new(),
        };
        assert_eq!(format!("{query:?}"), "Query(..)");
        assert_eq!(format!("{:?}", query.context), "Context(..)");
        assert_eq!(format!("{:?}", query.context.officer), "Some(Officer(..))");
        assert_eq!(format!("{:?}", query.card), "CardKey(..)");
        assert_eq!(format!("{:?}", query.card.sod), "Some(SodDigest(..))");
        assert_eq!(format!("{:?}", query.attributes), "Attributes(..)");
    }

    #[test]
    fn the_digest_is_sha_256() {
        let digest = hex::encode(SodDigest::of(b"abc").as_bytes());
        assert!(digest.starts_with("ba7816bf8f01cfea"));
        assert!(digest.ends_with("f20015ad"));
    }

    #[test]
    fn numbers_and_codes_are_checked() {
        assert!(CitizenNumber::new("001099000123").is_some());
        assert!(CitizenNumber::new("012345678").is_some());
        for wrong in ["", "1099000123", "00109900012a", "٠٠١٠٩٩", "001099000123 "] {
            assert!(CitizenNumber::new(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Case::new(" A-1 ").unwrap().as_str(), "A-1");
        assert!(Case::new("").is_none());
        // Ends of lines, of whatever kind, and what nobody sees or what turns the rest of a line around.
        for unseen in [
            '\n', '\u{85}', '\u{1B}', '\u{2028}', '\u{202E}', '\u{2066}', '\u{200B}', '\u{FEFF}',
        ] {
            assert!(Case::new(&format!("a{unseen}b")).is_none(), "{unseen:?}");
        }
        assert!(Case::new("Hồ sơ 12/2026").is_some());
        assert!(Case::new(&"x".repeat(65)).is_none());
    }
}
