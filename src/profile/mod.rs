//! Card profiles: what is known about a kind of document, as data (`card-profiles/*.toml`).
//!
//! A profile selects among compiled decoders and holds no logic. It is a hint for speed and words,
//! never evidence: it adds no anchor, drops no check and loosens no limit. `docs/profiles.md`
//! describes the file.

mod file;
mod hints;
pub mod quirks;
pub(crate) mod table;
pub(crate) mod values;

pub use hints::Commands;
pub use hints::Files;
pub use hints::Hints;

use std::sync::LazyLock;

use jiff::civil::Date;

use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::dg13::Layout;

/// The profiles that come with this program, the more special first.
const SHIPPED: [&str; 8] = [
    include_str!("../../card-profiles/vn-cccd-2021.toml"),
    include_str!("../../card-profiles/vn-can-cuoc-2024.toml"),
    include_str!("../../card-profiles/vn-epassport.toml"),
    include_str!("../../card-profiles/be-eid.toml"),
    include_str!("../../card-profiles/de-passport.toml"),
    include_str!("../../card-profiles/fr-cnie.toml"),
    include_str!("../../card-profiles/it-cie.toml"),
    include_str!("../../card-profiles/icao-emrtd.toml"),
];

/// What is known about a kind of document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name: `vn-cccd-2021`.
    pub name: String,
    /// What people call the document.
    pub title: Words,
    /// How to recognise it.
    pub recognise: Recognise,
    /// Keys that open it, the better first.
    pub keys: Vec<KeyKind>,
    /// EF.CardAccess as these cards are known to have it: a hint where a card does not show its own.
    pub card_access: Option<Vec<u8>>,
    /// Names of quirks that these cards are known to have: some of them save trials.
    pub quirks: Vec<String>,
    /// Order in which data groups are best read; others come after, and the face last of all.
    pub groups: Vec<DataGroup>,
    /// What reading these cards needs, where that is known.
    pub hints: Hints,
    /// What DG13 holds, where that is known.
    pub dg13: Option<Dg13Profile>,
}

/// A few words in both languages.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Words {
    /// Vietnamese
    pub vi: String,
    /// English
    pub en: String,
}

/// How a document is recognised. An empty list takes every value.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recognise {
    /// Issuing states as the machine-readable zone names them: `VNM`, `D`.
    pub issuing_states: Vec<String>,
    /// What the document code begins with: `I`, `P`.
    pub document_codes: Vec<String>,
    /// First day of issue.
    pub issued_from: Option<Date>,
    /// First day on which it was no longer issued.
    pub issued_before: Option<Date>,
}

/// A kind of key that opens a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Card access number
    Can,
    /// Machine-readable zone
    Mrz,
}

impl KeyKind {
    /// The word in the file.
    const fn word(self) -> &'static str {
        match self {
            Self::Can => "can",
            Self::Mrz => "mrz",
        }
    }
}

/// What DG13 holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dg13Profile {
    /// The decoder.
    pub layout: Layout,
    /// Its fields, in the order they are shown.
    pub fields: Vec<Field>,
}

/// One field of DG13.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Number in the layout.
    pub number: u32,
    /// Which person, from 0, where the field names several.
    pub person: Option<usize>,
    /// Name for programs: `citizen_number`.
    pub name: String,
    /// Name for people.
    pub label: Words,
    /// Whether law counts it among sensitive personal data (decree 356/2025).
    pub sensitive: bool,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`SetupError::Profile`] with every mistake: where it is, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        file::parse(text).map_err(|faults| SetupError::Profile {
            path: String::new(),
            faults,
        })
    }

    /// The shipped profile of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        shipped().iter().find(|profile| profile.name == name)
    }

    /// Label of a field of DG13.
    pub fn field(&self, number: u32, person: Option<usize>) -> Option<&Field> {
        let fields = &self.dg13.as_ref()?.fields;
        fields
            .iter()
            .find(|field| field.number == number && field.person == person)
    }

    /// What these documents call the field of DG13 with this name for programs.
    pub fn label(&self, name: &str) -> Option<&Words> {
        let fields = &self.dg13.as_ref()?.fields;
        let field = fields.iter().find(|field| field.name == name)?;
        Some(&field.label)
    }

    fn describes(&self, issuing_state: &str, document_code: &str, issued: Option<Date>) -> bool {
        let rules = &self.recognise;
        let state = rules.issuing_states.iter().any(|s| s == issuing_state);
        let code = |start: &String| document_code.starts_with(start.as_str());
        let early = |day: Date| rules.issued_from.is_some_and(|from| day < from);
        let late = |day: Date| rules.issued_before.is_some_and(|end| day >= end);
        (state || rules.issuing_states.is_empty())
            && (rules.document_codes.is_empty() || rules.document_codes.iter().any(code))
            && !issued.is_some_and(|day| early(day) || late(day))
    }
}

/// The profiles that come with this program, the more special first.
pub fn shipped() -> &'static [Profile] {
    static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        // A test reads every one of them, so none is lost here.
        SHIPPED
            .iter()
            .flat_map(|text| Profile::parse(text))
            .collect()
    });
    &PROFILES
}

/// The first shipped profile that describes a document with this issuing state and document code,
/// both without filler, and this date of issue, where it is known.
///
/// ```
/// use cancuoc::profile::recognise;
/// let issued = jiff::civil::date(2024, 7, 1);
/// assert_eq!(recognise("VNM", "ID", None).unwrap().name, "vn-cccd-2021");
/// assert_eq!(recognise("VNM", "ID", Some(issued)).unwrap().name, "vn-can-cuoc-2024");
/// assert_eq!(recognise("D", "P", None).unwrap().name, "de-passport");
/// assert_eq!(recognise("UTO", "P", None).unwrap().name, "icao-emrtd");
/// ```
pub fn recognise(
    issuing_state: &str,
    document_code: &str,
    issued: Option<Date>,
) -> Option<&'static Profile> {
    shipped()
        .iter()
        .find(|profile| profile.describes(issuing_state, document_code, issued))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::dg13::field;
    use crate::lds::security_infos::SecurityInfos;

    #[test]
    fn every_shipped_profile_is_read() {
        for text in SHIPPED {
            Profile::parse(text).unwrap();
        }
        let names: Vec<&str> = shipped()
            .iter()
            .map(|profile| profile.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "vn-cccd-2021",
                "vn-can-cuoc-2024",
                "vn-epassport",
                "be-eid",
                "de-passport",
                "fr-cnie",
                "it-cie",
                "icao-emrtd"
            ]
        );
        for name in names {
            assert_eq!(Profile::named(name).unwrap().name, name);
        }
    }

    #[test]
    fn every_field_of_the_citizen_cards_has_a_label_and_the_sensitive_ones_say_so() {
        for profile in shipped().iter().take(2) {
            for number in field::CITIZEN_NUMBER..=field::CODE16 {
                let persons: &[Option<usize>] = match number {
                    field::PARENTS => &[Some(0), Some(1)],
                    field::SPOUSE => &[Some(0)],
                    _ => &[None],
                };
                for person in persons {
                    let shown = profile.field(number, *person).unwrap();
                    let sensitive = [field::ETHNICITY, field::RELIGION, field::FEATURES];
                    assert_eq!(
                        shown.sensitive,
                        sensitive.contains(&number),
                        "{}",
                        shown.name
                    );
                }
            }
        }
    }

    #[test]
    fn the_card_access_of_2021_offers_pace() {
        let profile = Profile::named("vn-cccd-2021").unwrap();
        let infos = SecurityInfos::decode(profile.card_access.as_ref().unwrap()).unwrap();
        assert_eq!(infos.pace[0].parameter_id, Some(13));
    }

    #[test]
    fn documents_are_recognised_by_state_code_and_date_of_issue() {
        let name = |state, code, issued| recognise(state, code, issued).unwrap().name.as_str();
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        assert_eq!(name("VNM", "ID", day("2024-06-30")), "vn-cccd-2021");
        assert_eq!(name("VNM", "I", day("2024-07-01")), "vn-can-cuoc-2024");
        assert_eq!(name("VNM", "P", None), "vn-epassport");
        assert_eq!(name("VNM", "PP", None), "vn-epassport");
        assert_eq!(name("D", "P", None), "de-passport");
        assert_eq!(name("D", "ID", None), "icao-emrtd");
        assert_eq!(name("ITA", "C", None), "it-cie");
        assert_eq!(name("ITA", "P", None), "icao-emrtd");
        assert_eq!(name("FRA", "ID", None), "fr-cnie");
        assert_eq!(name("BEL", "ID", None), "be-eid");
        assert_eq!(name("UTO", "I", None), "icao-emrtd");
        assert_eq!(name("", "", None), "icao-emrtd");
    }
}
