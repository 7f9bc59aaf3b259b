//! What the issuer signed rightly and is not true, or not of one piece.

use jiff::Span;
use jiff::civil::Date;
use jiff::civil::date;

use crate::bytes::date::PartialDate;
use crate::crypto::cipher::Cipher;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::mrz::Sex;
use crate::sim::files;
use crate::sim::persona;
use crate::sim::persona::Citizen;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::Persona;
use crate::sim::personalisation::Personalisation;

named! {
    /// Contents that contradict each other, or the day.
    Content {
        /// DG13 has another number than the zone.
        Dg13Number = "content-dg13-number",
        /// DG13 has another name than the zone.
        Dg13Name = "content-dg13-name",
        /// DG13 has another date of birth than the zone.
        Dg13Birth = "content-dg13-birth",
        /// DG13 has another sex than the zone.
        Dg13Sex = "content-dg13-sex",
        /// DG13 has another date of expiry than the zone.
        Dg13Expiry = "content-dg13-expiry",
        /// The last check digit of the zone is wrong.
        ZoneCheckDigit = "content-zone-check-digit",
        /// The zone is of a state that the signer is not of.
        ZoneState = "content-zone-state",
        /// The document's time is over.
        DocumentExpired = "content-document-expired",
        /// The portrait is that of somebody else, put there after signing.
        PortraitSwapped = "content-portrait-swapped",
        /// The portrait and the signed hash are those of somebody else: all of it is rightly signed.
        PortraitSigned = "content-portrait-signed",
        /// The portrait is no picture, rightly signed.
        PortraitBroken = "content-portrait-broken",
        /// EF.COM lists fewer groups than are signed.
        ComListsLess = "content-com-lists-less",
        /// EF.COM lists a group that is not signed.
        ComListsMore = "content-com-lists-more",
        /// EF.CardAccess offers a weaker way than the signed DG14, and the chip goes it.
        CardAccessWeaker = "content-card-access-weaker",
        /// EF.CardAccess keeps back the strongest way of the signed DG14.
        CardAccessHides = "content-card-access-hides",
    }
}

/// A day on which the documents with that fault had expired.
const EXPIRED: Date = date(2026, 1, 20);

impl Content {
    /// The holder as the whole card has it, where this says otherwise.
    pub(in crate::sim) fn holder(self, citizen: Citizen) -> Citizen {
        match self {
            Self::DocumentExpired => Citizen {
                expires: Some(EXPIRED),
                ..citizen
            },
            _ => citizen,
        }
    }

    /// The holder as DG13 has it, where this says otherwise.
    pub(in crate::sim) fn in_dg13(self, citizen: Citizen) -> Citizen {
        let later = |date: Date| date.checked_add(Span::new().days(1)).unwrap_or(date);
        match self {
            Self::Dg13Number => Citizen {
                number: other_last_digit(&citizen.number),
                ..citizen
            },
            Self::Dg13Name => Citizen {
                name: format!("{} Anh", citizen.name),
                ..citizen
            },
            Self::Dg13Birth => Citizen {
                birth: match citizen.birth {
                    PartialDate::Day(day) => PartialDate::Day(later(day)),
                    PartialDate::Month(year, month) => PartialDate::Month(year, month % 12 + 1),
                    PartialDate::Year(year) => PartialDate::Year(year.saturating_add(1)),
                },
                ..citizen
            },
            Self::Dg13Sex => Citizen {
                sex: match citizen.sex {
                    Sex::Male => Sex::Female,
                    _ => Sex::Male,
                },
                ..citizen
            },
            Self::Dg13Expiry => Citizen {
                expires: Some(citizen.expires.map_or(date(2060, 1, 1), later)),
                ..citizen
            },
            _ => citizen,
        }
    }

    /// The issuing state in the zone, where this says otherwise.
    pub(in crate::sim) const fn state(self) -> Option<&'static str> {
        match self {
            // Doc 9303-3 §5 part D: Utopia, for specimens.
            Self::ZoneState => Some("UTO"),
            _ => None,
        }
    }

    /// Changes the groups before they are signed.
    pub(super) fn before_signing(
        self,
        persona: &Persona,
        card: &mut Personalisation,
    ) -> Result<(), Malformed> {
        let file = |group| FileId::Group(group);
        match self {
            Self::ZoneCheckDigit => {
                let mut zone = persona.mrz();
                // TD1 has the last check digit at the end of its second line, the others at the end.
                let at = if zone.len() == 90 {
                    59
                } else {
                    zone.len().saturating_sub(1)
                };
                let wrong = zone.get(at..=at).map(other_last_digit).unwrap_or_default();
                zone.replace_range(at..=at, &wrong);
                card.files.insert(file(DataGroup::DG1), files::dg1(&zone));
            }
            Self::PortraitSigned => {
                card.files
                    .insert(file(DataGroup::DG2), other_portrait(persona)?);
            }
            Self::PortraitBroken => {
                card.files
                    .insert(file(DataGroup::DG2), files::dg2_of(&[0x5A; 64]));
            }
            Self::CardAccessWeaker => {
                let weaker = honest(persona, |ways| {
                    for way in ways {
                        way.cipher = Cipher::TripleDes;
                    }
                })?;
                card.pace = weaker.pace;
                card.files.extend(
                    weaker
                        .files
                        .into_iter()
                        .filter(|(id, _)| *id == FileId::CardAccess),
                );
            }
            Self::CardAccessHides => {
                let stronger = honest(persona, |ways| {
                    let more = ways.iter().map(|way| PaceVariant {
                        cipher: Cipher::Aes256,
                        ..*way
                    });
                    let more: Vec<PaceVariant> = more.collect();
                    ways.extend(more);
                })?;
                let dg14 = file(DataGroup::DG14);
                card.files
                    .extend(stronger.files.into_iter().filter(|(id, _)| *id == dg14));
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes the files when they are signed.
    pub(super) fn after_signing(
        self,
        persona: &Persona,
        card: &mut Personalisation,
    ) -> Result<(), Malformed> {
        let mut listed: Vec<DataGroup> = card.groups().into_keys().collect();
        match self {
            Self::PortraitSwapped => {
                let file = FileId::Group(DataGroup::DG2);
                card.files.insert(file, other_portrait(persona)?);
            }
            Self::ComListsLess => {
                listed.pop();
                card.files.insert(FileId::Com, files::com(&listed));
            }
            Self::ComListsMore => {
                listed.push(DataGroup::DG16);
                card.files.insert(FileId::Com, files::com(&listed));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The persona's card without faults, with other ways of PACE.
fn honest(
    persona: &Persona,
    change: impl FnOnce(&mut Vec<PaceVariant>),
) -> Result<Personalisation, Malformed> {
    let honest = persona.clone().with(|chip| {
        chip.faults.clear();
        change(&mut chip.pace);
    });
    honest.personalise()
}

/// DG2 of somebody else.
fn other_portrait(persona: &Persona) -> Result<Vec<u8>, Malformed> {
    persona::shipped()
        .into_iter()
        .map(|other| files::dg2(&other.chip.portrait))
        .find(|dg2| *dg2 != files::dg2(&persona.chip.portrait))
        .ok_or(Malformed::new("portrait of somebody else", 0))
}

/// The same with another digit at the end.
fn other_last_digit(text: &str) -> String {
    let (rest, last) = text.split_at(text.len().saturating_sub(1));
    let other = if last == "1" { "2" } else { "1" };
    format!("{rest}{other}")
}
