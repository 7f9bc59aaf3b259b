//! Kinds of cards: what holds where a file says nothing else.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::sim::faces;
use crate::sim::persona::ActiveAuthentication;
use crate::sim::persona::ActiveRsa;
use crate::sim::persona::AtrInfo;
use crate::sim::persona::Biometrics;
use crate::sim::persona::CardSecurity;
use crate::sim::persona::ChipAuthentication;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::Details;
use crate::sim::persona::Document;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::Records;
use crate::sim::persona::Size;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::Lengths;
use crate::sim::pki::SHIPPED_SIGNER;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::quirk::Quirk;

/// A kind of card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The Vietnamese card with a chip of January 2021 to June 2024
    Cccd2021,
    /// The Vietnamese card from July 2024 on
    CanCuoc2024,
    /// A passport booklet, TD3
    Passport,
    /// A card of any other sort, TD1
    Td1,
    /// A larger card, TD2
    Td2,
}

/// When a document ends.
pub(super) enum Lawful {
    /// On this day.
    Day(Date),
    /// Never.
    Never,
    /// No rule says it.
    Unsaid,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Cccd2021,
        Self::CanCuoc2024,
        Self::Passport,
        Self::Td1,
        Self::Td2,
    ];

    /// The word in persona files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cccd2021 => "cccd-2021",
            Self::CanCuoc2024 => "can-cuoc-2024",
            Self::Passport => "passport",
            Self::Td1 => "td1",
            Self::Td2 => "td2",
        }
    }

    /// The chip of this kind, as far as it is known.
    pub fn chip(self) -> ChipOptions {
        let plain = chip_of_2021();
        match self {
            Self::Cccd2021 | Self::CanCuoc2024 => plain,
            Self::Passport => ChipOptions {
                document: Document::of("VNM", "VN", "P"),
                dg11: Details::Present,
                dg12: Details::Present,
                dg13: Details::Absent,
                quirks: BTreeSet::new(),
                ..plain
            },
            Self::Td1 | Self::Td2 => ChipOptions {
                document: Document {
                    size: match self {
                        Self::Td2 => Size::Td2,
                        _ => Size::Td1,
                    },
                    ..Document::of("VNM", "VN", "I")
                },
                dg11: Details::Present,
                dg13: Details::Absent,
                quirks: BTreeSet::new(),
                ..plain
            },
        }
    }

    /// When a document of this kind ends by law, that is issued on this day to somebody born then: a
    /// card on the 14th, 25th, 40th or 60th birthday, or on the one after it where less than two years
    /// are left, or never; a passport after ten years, or five for a child under fourteen.
    pub(super) fn ends(self, birth: PartialDate, issued: Date) -> Lawful {
        let (Self::Cccd2021 | Self::CanCuoc2024 | Self::Passport) = self else {
            return Lawful::Unsaid;
        };
        let Some(birth) = birth.day() else {
            return Lawful::Unsaid;
        };
        let birthday = |age: i16| birth.checked_add(i32::from(age).years()).ok();
        let before = |age| birthday(age).is_some_and(|day| issued < day);
        let day = if self == Self::Passport {
            let years = if before(14) { 5 } else { 10 };
            issued.checked_add(years.years()).ok()
        } else {
            // Age at issue, and the birthday that ends the card.
            let classes = [(12, 14), (23, 25), (38, 40), (58, 60)];
            let class = classes.into_iter().find(|(under, _)| before(*under));
            match class {
                Some((_, end)) => birthday(end),
                None => return Lawful::Never,
            }
        };
        day.map_or(Lawful::Unsaid, Lawful::Day)
    }
}

/// The chip of the 2021 card, as far as it is known.
fn chip_of_2021() -> ChipOptions {
    ChipOptions {
        pace: vec![PaceVariant::generic(Cipher::Aes128, 13)],
        pin: None,
        puk: None,
        card_security: CardSecurity::Absent,
        directory: Vec::new(),
        bac: Bac::Offered,
        chip_authentication: vec![ChipAuthentication {
            cipher: Cipher::Aes128,
            domain: Domain::Curve(Curve::BrainpoolP256r1),
            key_id: None,
            parameters: EcParameters::Explicit,
            version: 1,
        }],
        active: Some(ActiveAuthentication::Rsa(Hash::Sha256)),
        portrait: faces::AN,
        lengths: Lengths::Extended {
            max_response: 65_536,
        },
        atr_info: AtrInfo::Absent,
        signer: SHIPPED_SIGNER,
        signature_hash: Hash::Sha256,
        quirks: BTreeSet::from([
            Quirk::SelectMf6d00,
            Quirk::CardAccess6982AfterAid,
            Quirk::ReadWhatFits,
        ]),
        faults: Vec::new(),
        terminal: None,
        biometrics: Biometrics::Fingers,
        active_rsa: ActiveRsa::USUAL,
        dg11: Details::Absent,
        dg12: Details::Absent,
        applications: Vec::new(),
        dg13: Details::Present,
        dg5: Details::Absent,
        dg7: Details::Absent,
        dg16: Details::Absent,
        reserved: Details::Absent,
        fingers: Vec::new(),
        irises: Vec::new(),
        document: Document::citizen_card(),
        records: Records::Fixed,
    }
}
