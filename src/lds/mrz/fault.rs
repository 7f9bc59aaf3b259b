//! What is wrong in a zone, field by field.
//!
//! A zone on a chip is signed as it is: what is wrong in it was issued so, and is told, not refused.

use std::fmt;

use crate::bytes::country;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::MrzDate;
use crate::lds::mrz::check_digit;
use crate::lds::mrz::layout::Layout;
use crate::lds::mrz::layout::Range;
use crate::lds::mrz::layout::char_at;
use crate::lds::mrz::layout::slice;

/// A field of the zone.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MrzField {
    /// Document code, the first two characters
    DocumentCode,
    /// Issuing state or organization
    IssuingState,
    /// Names
    Name,
    /// Document number
    DocumentNumber,
    /// Nationality
    Nationality,
    /// Date of birth
    Birth,
    /// Sex
    Sex,
    /// Date of expiry
    Expiry,
    /// Optional data
    OptionalData,
    /// Everything that the composite check digit covers
    Composite,
}

impl MrzField {
    /// Stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DocumentCode => "document_code",
            Self::IssuingState => "issuing_state",
            Self::Name => "name",
            Self::DocumentNumber => "document_number",
            Self::Nationality => "nationality",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Expiry => "expiry",
            Self::OptionalData => "optional_data",
            Self::Composite => "composite",
        }
    }
}

/// What is wrong with a field.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MrzFaultKind {
    /// A character outside the alphabet of `A` to `Z`, `0` to `9` and `<`.
    Character,
    /// The check digit is not that of the field.
    CheckDigit,
    /// A filler stands in place of the check digit.
    NoCheckDigit,
    /// Not what the field holds: letters in a date, digits in a name or a state, a sex that is none.
    Malformed,
    /// A date that no calendar has.
    Impossible,
    /// A code that nobody has assigned.
    Unassigned,
    /// Nothing but fillers.
    Empty,
    /// Fillers where none may stand: before a name, or more than two in it.
    Filler,
}

impl MrzFaultKind {
    /// Stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Character => "character",
            Self::CheckDigit => "check_digit",
            Self::NoCheckDigit => "no_check_digit",
            Self::Malformed => "malformed",
            Self::Impossible => "impossible",
            Self::Unassigned => "unassigned",
            Self::Empty => "empty",
            Self::Filler => "filler",
        }
    }
}

/// One thing that is wrong in a zone. [`fmt::Display`] gives `birth: check_digit`, nothing of what
/// the zone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MrzFault {
    /// Where.
    pub field: MrzField,
    /// What.
    pub kind: MrzFaultKind,
}

impl fmt::Display for MrzFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field.name(), self.kind.name())
    }
}

/// Everything that is wrong, each once, in the order of the fields.
pub(super) fn of(mrz: &Mrz) -> Vec<MrzFault> {
    let layout = mrz.form.layout();
    let text = &mrz.text;
    let mut faults = Vec::new();
    let mut put = |field, kind| faults.push(MrzFault { field, kind });
    for offset in &mrz.strays {
        put(field_at(&layout, *offset), MrzFaultKind::Character);
    }
    let code = mrz.document_code();
    if !code.starts_with(|first| layout.codes.contains(first)) {
        put(MrzField::DocumentCode, MrzFaultKind::Unassigned);
    }
    for (field, code) in [
        (MrzField::IssuingState, slice(text, (2, 5))),
        (
            MrzField::Nationality,
            slice(text, (layout.nationality, layout.nationality + 3)),
        ),
    ] {
        if let Some(kind) = state(code) {
            put(field, kind);
        }
    }
    for kind in names(slice(text, layout.names)) {
        put(MrzField::Name, kind);
    }
    if mrz.number.is_empty() {
        put(MrzField::DocumentNumber, MrzFaultKind::Empty);
    }
    for (field, date) in [(MrzField::Birth, mrz.birth), (MrzField::Expiry, mrz.expiry)] {
        if let Some(kind) = date_fault(date) {
            put(field, kind);
        }
    }
    // Doc 9303-3 §4.1: M, F, or a filler where it is not specified. X is for the visual zone.
    if !matches!(char_at(text, layout.sex), 'M' | 'F' | '<') {
        put(MrzField::Sex, MrzFaultKind::Malformed);
    }
    for (field, kind) in check_digits(mrz, &layout) {
        put(field, kind);
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// The check digits that are wrong or missing (Doc 9303-3 §4.9).
///
/// That of optional data may be `<` or `0` where there are none (Doc 9303-4 §4.2.2).
fn check_digits(mrz: &Mrz, layout: &Layout) -> Vec<(MrzField, MrzFaultKind)> {
    let text = &mrz.text;
    let date = |at: usize| (slice(text, (at, at + 6)).to_owned(), char_at(text, at + 6));
    let (birth, birth_check) = date(layout.birth);
    let (expiry, expiry_check) = date(layout.expiry);
    let mut checks = vec![
        (
            MrzField::DocumentNumber,
            mrz.padded_number(),
            mrz.number_check,
        ),
        (MrzField::Birth, birth, birth_check),
        (MrzField::Expiry, expiry, expiry_check),
    ];
    if let Some(at) = layout.optional_check {
        let [optional, _] = layout.optional;
        let optional = slice(text, optional);
        let check = char_at(text, at);
        if check != '<' || optional.contains(|c| c != '<') {
            checks.push((MrzField::OptionalData, optional.to_owned(), check));
        }
    }
    if let Some(number) = mrz.citizen_number() {
        let check = char_at(text, CITIZEN_CHECK);
        checks.push((MrzField::OptionalData, number.to_owned(), check));
    }
    if let Some(at) = layout.composite_check {
        let fields = layout.composite.iter().map(|field| slice(text, *field));
        checks.push((MrzField::Composite, fields.collect(), char_at(text, at)));
    }
    checks
        .into_iter()
        .filter(|(_, covered, printed)| check_digit(covered) != Some(*printed))
        .map(|(field, _, printed)| match printed {
            '<' => (field, MrzFaultKind::NoCheckDigit),
            _ => (field, MrzFaultKind::CheckDigit),
        })
        .collect()
}

/// Where the check digit over a Vietnamese citizen number stands.
const CITIZEN_CHECK: usize = 29;

/// What is wrong with a state (Doc 9303-3 §5).
fn state(code: &str) -> Option<MrzFaultKind> {
    let letters = code.trim_end_matches('<');
    if letters.is_empty() {
        Some(MrzFaultKind::Empty)
    } else if letters.contains('<') {
        Some(MrzFaultKind::Filler)
    } else if letters.bytes().any(|byte| byte.is_ascii_digit()) {
        Some(MrzFaultKind::Malformed)
    } else if country::assigned(letters).is_none() {
        Some(MrzFaultKind::Unassigned)
    } else {
        None
    }
}

/// What is wrong with the names (Doc 9303-3 §4.6): letters, one filler between words, two between the
/// identifiers, and none but at the end.
fn names(field: &str) -> Vec<MrzFaultKind> {
    let names = field.trim_end_matches('<');
    let mut kinds = Vec::new();
    if !names.bytes().any(|byte| byte.is_ascii_uppercase()) {
        kinds.push(MrzFaultKind::Empty);
    }
    if names.bytes().any(|byte| byte.is_ascii_digit()) {
        kinds.push(MrzFaultKind::Malformed);
    }
    let twice = names.match_indices("<<").count() > 1;
    if names.starts_with('<') || names.contains("<<<") || twice {
        kinds.push(MrzFaultKind::Filler);
    }
    kinds
}

fn date_fault(date: MrzDate) -> Option<MrzFaultKind> {
    match date.parts() {
        None => Some(MrzFaultKind::Malformed),
        Some(_) if !date.is_possible() => Some(MrzFaultKind::Impossible),
        Some(_) => None,
    }
}

/// The field in which an offset lies. A check digit belongs to the field that it is of.
fn field_at(layout: &Layout, offset: usize) -> MrzField {
    let within = |(from, to): Range| (from..to).contains(&offset);
    let [first, second] = layout.optional;
    if within((0, 2)) {
        MrzField::DocumentCode
    } else if within((2, 5)) {
        MrzField::IssuingState
    } else if within(layout.names) {
        MrzField::Name
    } else if within((layout.number, layout.number + 10)) {
        MrzField::DocumentNumber
    } else if within((layout.nationality, layout.nationality + 3)) {
        MrzField::Nationality
    } else if within((layout.birth, layout.birth + 7)) {
        MrzField::Birth
    } else if within((layout.expiry, layout.expiry + 7)) {
        MrzField::Expiry
    } else if offset == layout.sex {
        MrzField::Sex
    } else if within(first) || within(second) || Some(offset) == layout.optional_check {
        MrzField::OptionalData
    } else {
        MrzField::Composite
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The samples of Doc 9303-5, -6, -4 and -7 (two), and an invented citizen card.
    const GOOD: [&str; 6] = [
        "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
        "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<L8988901C4XXX4009078F9612109<<<<<<<<",
        "IDVNM0990001232001099000123<<39903159M2403155VNM<<<<<<<<<<<0NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<",
    ];

    fn faults(zone: &str) -> Vec<String> {
        let mrz = Mrz::decode(zone.as_bytes()).unwrap();
        mrz.faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_is_wrong_with_the_published_samples() {
        for zone in GOOD {
            assert!(faults(zone).is_empty(), "{zone}: {:?}", faults(zone));
        }
        let visa = Mrz::parse(GOOD[3]).unwrap();
        assert_eq!(visa.optional_data()[0], "6ZE184226B");
        assert_eq!(
            (visa.document_number(), visa.nationality()),
            ("L8988901C", "XXX")
        );
        let passport = Mrz::parse(GOOD[2]).unwrap();
        assert_eq!(passport.optional_data()[0], "ZE184226B");
    }

    /// Of a character that is changed, what no check digit covers cannot be told (document code,
    /// states, names, sex, the optional data of visas), nor one of the same weight: the values of
    /// `0`, `A`, `K`, `U` and `<` differ by tens. Every other change is told, and of which field.
    #[test]
    fn a_changed_character_is_told_by_its_field_or_cannot_be() {
        let value = |character: char| character.to_digit(36).unwrap_or(0);
        let mut told = 0;
        for zone in GOOD {
            let layout = Mrz::decode(zone.as_bytes()).unwrap().form.layout();
            for (at, old) in zone.char_indices() {
                for new in ('0'..='9').chain('A'..='Z').chain(['<']) {
                    let mut changed = zone.to_owned();
                    changed.replace_range(at..=at, &new.to_string());
                    let mrz = Mrz::decode(changed.as_bytes()).unwrap();
                    // A first letter V makes another form of it.
                    if new == old || mrz.form.layout().codes != layout.codes {
                        continue;
                    }
                    let field = field_at(&layout, at);
                    let covered = match field {
                        MrzField::DocumentNumber | MrzField::Birth | MrzField::Expiry => true,
                        MrzField::OptionalData | MrzField::Composite => {
                            layout.composite_check.is_some()
                        }
                        _ => false,
                    };
                    if !covered || value(new) % 10 == value(old) % 10 {
                        continue;
                    }
                    told += 1;
                    let named = mrz
                        .faults()
                        .iter()
                        .any(|fault| fault.field == field || fault.field == MrzField::Composite);
                    assert!(named, "{zone} at {at}: {old} to {new}: {:?}", mrz.faults());
                    let own = matches!(
                        field,
                        MrzField::DocumentNumber | MrzField::Birth | MrzField::Expiry
                    );
                    // A filler in place of the check digit may begin a longer number.
                    let longer = new == '<' && at == layout.number + 9;
                    let of_field = mrz.faults().iter().any(|fault| fault.field == field);
                    assert!(!own || longer || of_field, "{changed}");
                }
            }
        }
        assert!(told > 5_000, "{told}");
    }

    #[test]
    fn every_fault_has_its_field_and_kind() {
        let citizen = |at: usize, text: &str| {
            let mut zone = GOOD[5].to_owned();
            zone.replace_range(at..at + text.len(), text);
            faults(&zone)
        };
        assert_eq!(citizen(0, "X"), ["document_code: unassigned"]);
        assert_eq!(citizen(2, "V<M"), ["issuing_state: filler"]);
        assert_eq!(citizen(2, "<<<")[0], "issuing_state: empty");
        assert_eq!(citizen(45, "VN1"), ["nationality: malformed"]);
        assert_eq!(citizen(45, "VNN"), ["nationality: unassigned"]);
        assert_eq!(citizen(60, "<NGUYEN"), ["name: filler"]);
        assert_eq!(citizen(60, "NGUYEN<<<VAN"), ["name: filler"]);
        assert_eq!(citizen(60, "NGUYEN<<VAN<<MAU"), ["name: filler"]);
        assert_eq!(citizen(60, "NGUY3N"), ["name: malformed"]);
        assert_eq!(citizen(60, "<<<<<<<<<<<<<<<<<<<<<"), ["name: empty"]);
        assert_eq!(citizen(60, "MAU<<<<<<<<<<<<<<<<<<"), [""; 0]);
        assert_eq!(citizen(37, "X"), ["sex: malformed"]);
        assert_eq!(citizen(30, "990315<")[0], "birth: no_check_digit");
        assert!(citizen(30, "990230").contains(&"birth: impossible".to_owned()));
        assert!(citizen(30, "990015").contains(&"birth: impossible".to_owned()));
        assert!(citizen(38, "24O315").contains(&"expiry: malformed".to_owned()));
        assert_eq!(citizen(59, "<"), ["composite: no_check_digit"]);
        assert!(citizen(5, "<<<<<<<<<0").contains(&"document_number: empty".to_owned()));
        let mut strange = GOOD[5].as_bytes().to_vec();
        strange[62] = 0xC9;
        strange[37] = b'm';
        let mrz = Mrz::decode(&strange).unwrap();
        assert_eq!(mrz.surname(), "NG YEN");
        let faults: Vec<_> = mrz.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["name: character", "sex: character"]);
    }

    proptest! {
        #[test]
        fn any_octets_of_a_zones_length_decode(
            zone in prop::sample::select(vec![72, 88, 90])
                .prop_flat_map(|length: usize| prop::collection::vec(any::<u8>(), length)),
        ) {
            let mrz = Mrz::decode(&zone).unwrap();
            let _ = (mrz.faults(), mrz.key().information(), mrz.surname(), mrz.lines().len());
            let today = jiff::civil::date(2026, 11, 22);
            let _ = (mrz.birth().birth_until(today), mrz.expiry().expiry_date(2026));
        }
    }
}
