//! What people read, in Vietnamese and English: a sentence and a remedy for every code, and names
//! for everything that a report shows.
//!
//! One table, so that nothing is said in one language only. `docs/codes.md` is made from it. The
//! sentences address a clerk; nothing in them depends on the person whose card it is.

mod agent;
mod applications;
mod attest;
mod audit;
mod bench;
mod biometrics;
mod deviations;
mod doctor;
mod door;
mod errors;
mod extensible;
mod faults;
mod fetch;
mod fields;
mod issued;
mod judgement;
mod labels;
mod passive;
mod policies;
pub mod profiles;
mod quirks;
mod receipts;
mod registry;
mod registry_client;
mod registry_load;
mod registry_names;
mod registry_reconcile;
mod registry_snapshot;
mod serve;
mod setup;
pub mod terminal;
mod trust;
mod zone;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Vietnamese
    Vi,
    /// English
    En,
}

impl Lang {
    /// The word on the command line and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language that a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Vi, Self::En]
            .into_iter()
            .find(|lang| lang.code() == code)
    }

    /// The one of two in this language.
    ///
    /// ```
    /// use cancuoc::render::words::Lang;
    /// assert_eq!(Lang::Vi.choose("thẻ", "card"), "thẻ");
    /// ```
    pub const fn choose<T: Copy>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

/// What a code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something could not be found out, and nothing is judged.
    Error,
    /// A check that found what it must find.
    Pass,
    /// A check without a result.
    Open,
    /// A check that found something wrong.
    Fail,
    /// A deviation that changes no check.
    Note,
    /// Something about this machine that is as it should be.
    Ok,
    /// Something about it that will cause trouble.
    Warning,
    /// Something about it that keeps cards from being read or judged.
    Problem,
    /// Something about it that could not be found out.
    Unknown,
}

impl Kind {
    /// The word in documentation.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Pass => "pass",
            Self::Open => "open",
            Self::Fail => "fail",
            Self::Note => "note",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Unknown => "unknown",
        }
    }
}

/// What is said about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// What is the matter, in Vietnamese.
    pub vi: &'static str,
    /// What to do, in Vietnamese.
    pub vi_remedy: &'static str,
    /// What is the matter, in English.
    pub en: &'static str,
    /// What to do, in English.
    pub en_remedy: &'static str,
}

/// Every entry, in the order of the documentation.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    [
        errors::ERRORS,
        setup::SETUP,
        bench::BENCH,
        serve::SERVE,
        agent::AGENT,
        door::DOOR,
        attest::ATTEST,
        receipts::RECEIPTS,
        audit::AUDIT,
        registry_snapshot::SNAPSHOT,
        fetch::FETCH,
        trust::TRUST,
        registry_client::REGISTRY_CLIENT,
        registry_load::REGISTRY_LOAD,
        passive::PASSIVE,
        policies::POLICIES,
        judgement::JUDGEMENT,
        registry::REGISTRY,
        deviations::DEVIATIONS,
        biometrics::BIOMETRICS,
        zone::ZONE,
        registry_reconcile::RECONCILE,
        doctor::DOCTOR,
    ]
    .into_iter()
    .flatten()
}

/// What is said about a code, if it has an entry.
pub fn entry(code: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.code == code)
}

/// What is the matter. A code without an entry gives a sentence that says so.
///
/// ```
/// use cancuoc::render::words::{Lang, sentence};
/// assert_eq!(sentence("card.none", Lang::En), "There is no card on the reader.");
/// ```
pub fn sentence(code: &str, lang: Lang) -> &'static str {
    match entry(code) {
        Some(entry) => lang.choose(entry.vi, entry.en),
        None => lang.choose(
            "Không có mô tả cho mã này.",
            "This code has no description.",
        ),
    }
}

/// What to do about it, in one sentence.
pub fn remedy(code: &str, lang: Lang) -> &'static str {
    match entry(code) {
        Some(entry) => lang.choose(entry.vi_remedy, entry.en_remedy),
        None => lang.choose(
            "Vui lòng chuyển cho người có thẩm quyền xem xét.",
            "Hand the matter to a supervisor.",
        ),
    }
}

/// What a label is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Labelled {
    /// A check: `access`, `sod_signature` and so on.
    Check,
    /// An outcome: `pass`, `fail`, `open`.
    Outcome,
    /// A verdict, as a title.
    Verdict,
    /// A verdict, in a sentence.
    VerdictExplanation,
    /// What to do next.
    NextAction,
    /// A file: `EF.SOD`, `DG1`.
    File,
    /// What became of a data group.
    FileState,
    /// A field of the holder or the document.
    Field,
    /// A value that is the same in many fields.
    Value,
    /// How an attribute compares with the register.
    Agreement,
    /// What the register says about a card.
    CardStatus,
    /// What the register says about a person.
    Person,
    /// A fact that a register may tell.
    Fact,
    /// Why a registry refused a question, in a sentence.
    Problem,
    /// What a registry's answer comes to.
    Decision,
    /// Where a registry's answer comes from.
    Source,
    /// By which rule a value of the register and another are one, or are two.
    Rule,
    /// What to do about a row of a list.
    Advice,
    /// Why a row of a list is none.
    RowFault,
    /// An honest deviation of a chip from the standard, in a sentence.
    Quirk,
    /// What a fault of the virtual card does, in a sentence.
    Fault,
    /// An application beside the eMRTD application.
    Application,
    /// What became of such an application, or of a file in it.
    ApplicationState,
    /// Whether the issuer vouches for the list of applications, in a sentence.
    Directory,
    /// Why nothing vouches for a record.
    Doubt,
}

/// A name in the table, with its words in Vietnamese and English.
type Name = (&'static str, &'static str, &'static str);

/// The name of something in a language, if it has one.
///
/// ```
/// use cancuoc::render::words::{Labelled, Lang, label};
/// assert_eq!(label(Labelled::Verdict, "genuine", Lang::Vi), Some("Giấy tờ thật"));
/// ```
pub fn label(kind: Labelled, name: &str, lang: Lang) -> Option<&'static str> {
    // A quirk may end in its number or status word: `chunk-limit-112`, `select-mf-6a87`.
    let stem = match (kind, name.rsplit_once('-')) {
        (Labelled::Quirk, Some((stem, end))) if u16::from_str_radix(end, 16).is_ok() => Some(stem),
        // EF.Biometrics1 to 64.
        (Labelled::File, _) => Some(name.trim_end_matches(|digit: char| digit.is_ascii_digit())),
        _ => None,
    };
    let of_kind = tables().filter(|(this, _)| *this == kind);
    let names = of_kind.flat_map(|(_, names)| names.iter());
    let named = |wanted: &str| names.clone().find(|(this, _, _)| *this == wanted);
    named(name)
        .or_else(|| named(stem?))
        .map(|(_, vi, en)| lang.choose(*vi, *en))
}

/// Every table of names.
fn tables() -> impl Iterator<Item = &'static (Labelled, &'static [Name])> + Clone {
    labels::LABELS
        .iter()
        .chain(fields::FIELDS)
        .chain(biometrics::FIELDS)
        .chain(extensible::FIELDS)
        .chain(applications::APPLICATIONS)
        .chain(faults::FAULTS)
        .chain(registry_names::NAMES)
}

#[cfg(test)]
mod tests;
