//! Whether the parts of a document agree with each other.

use std::collections::BTreeSet;

use crate::bytes::country::Agreement;
use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::vietnamese;
use crate::bytes::vietnamese::Transliteration;
use crate::capture::Capture;
use crate::capture::Reading;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::com::Com;
use crate::lds::dg1::Dg1;
use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Expiry;
use crate::lds::dg14;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::MrzFault;
use crate::lds::mrz::MrzFaultKind;
use crate::lds::mrz::MrzField;
use crate::lds::security_infos::SecurityInfos;
use crate::verify::Outcome;
use crate::verify::card_security;
use crate::verify::citizen;
use crate::verify::contents::Groups;
use crate::verify::holder::Document;
use crate::verify::holder::RecordState;
use crate::verify::passive;
use crate::verify::passive::Passive;
use crate::verify::printed;

/// Most SecurityInfos that are compared one by one.
const MAX_INFOS: usize = 64;

/// How an OBJECT IDENTIFIER of PACE with mapping and cipher begins, id-PACE being
/// 0.4.0.127.0.7.2.2.4 (Doc 9303-11 §9.2.3).
const ID_PACE: [u8; 10] = [0x06, 0x0A, 0x04, 0x00, 0x7F, 0x00, 0x07, 2, 2, 4];

/// Compares what was read; the first disagreement decides, milder ones become deviations.
pub(super) fn examine(
    reading: &Reading,
    passive: &Passive<'_>,
    document: &Document,
    contents: &Groups,
    deviations: &mut Vec<&'static str>,
) -> Outcome {
    let capture = &reading.capture;
    let com = com(capture, passive, deviations);
    let Some(holder) = document.holder() else {
        // Without a zone that decodes there is nothing to compare with.
        let zone = capture.files.get(&FileId::Group(DataGroup::DG1));
        return match zone.map(|file| Dg1::decode(file)) {
            Some(Err(Malformed { what, offset })) => Outcome::fail("consistency.mrz")
                .with("group", "DG1")
                .with("what", what)
                .with("offset", offset.to_string()),
            Some(Ok(_)) | None => Outcome::open("consistency.not_checked").with("unread", "DG1"),
        };
    };
    let mrz = holder.mrz();
    let faults = mrz.faults();
    for fault in &faults {
        let code = mrz_deviation(*fault);
        if !deviations.contains(&code) {
            deviations.push(code);
        }
    }
    // The issuer signed both: told, and no failure.
    if holder.details_contradict_birth() {
        deviations.push("deviation.details_birth");
    }
    let outcome = [
        com,
        card_access(capture, deviations),
        countries(mrz, passive),
        document_type(mrz, passive),
        match holder.record() {
            Some(record) => citizen_record(mrz, record),
            None if document.record == RecordState::Malformed => {
                Some(Outcome::fail("consistency.dg13").with("differs", "layout"))
            }
            None => None,
        },
        printed::compare(&reading.printed, holder),
        // What is known to be wrong comes before what nobody can read.
        contents.malformed(passive),
    ]
    .into_iter()
    .flatten()
    .next()
    .unwrap_or_else(|| Outcome::pass("consistency.agrees"));
    if faults.is_empty() {
        return outcome;
    }
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    outcome.with("mrz_faults", faults.join(", "))
}

/// The note about something that is wrong in the zone. It is signed, so the issuer wrote it so: told,
/// and no failure.
const fn mrz_deviation(fault: MrzFault) -> &'static str {
    match (fault.field, fault.kind) {
        (_, MrzFaultKind::Character) => "deviation.mrz_character",
        (field, MrzFaultKind::CheckDigit | MrzFaultKind::NoCheckDigit) => match field {
            MrzField::DocumentNumber => "deviation.mrz_check_digit.document_number",
            MrzField::Birth => "deviation.mrz_check_digit.birth",
            MrzField::Expiry => "deviation.mrz_check_digit.expiry",
            MrzField::OptionalData => "deviation.mrz_check_digit.optional_data",
            _ => "deviation.mrz_check_digit.composite",
        },
        (MrzField::DocumentCode, _) => "deviation.mrz_document_code",
        (MrzField::IssuingState, _) => "deviation.mrz_issuing_state",
        (MrzField::Nationality, _) => "deviation.mrz_nationality",
        (MrzField::Name, _) => "deviation.mrz_name",
        (MrzField::Birth, _) => "deviation.mrz_birth",
        (MrzField::Expiry, _) => "deviation.mrz_expiry",
        (MrzField::Sex, _) => "deviation.mrz_sex",
        (_, _) => "deviation.mrz_document_number",
    }
}

/// EF.COM is information only: what it lists is a note. Versions that a version 1 security object
/// signs must be the same.
fn com(
    capture: &Capture,
    passive: &Passive<'_>,
    deviations: &mut Vec<&'static str>,
) -> Option<Outcome> {
    let decoded = capture
        .files
        .get(&FileId::Com)
        .and_then(|file| Com::decode(file).ok());
    let Some(com) = decoded else {
        deviations.push("deviation.com_unread");
        return None;
    };
    match com.lds_version {
        None => deviations.push("deviation.com_no_lds_version"),
        Some((1, 7 | 8)) => {}
        Some(_) => deviations.push("deviation.com_lds_version"),
    }
    match com.unicode_version {
        None => deviations.push("deviation.com_no_unicode_version"),
        Some((4, 0, 0)) => {}
        Some(_) => deviations.push("deviation.com_unicode_version"),
    }
    if !com.unknown_tags.is_empty() {
        deviations.push("deviation.com_unknown_tag");
    }
    match &com.groups {
        None => deviations.push("deviation.com_no_list"),
        Some(groups) => {
            let signed = passive.signed();
            if signed.iter().any(|group| !groups.contains(group)) {
                deviations.push("deviation.com_lists_less");
            }
            if !signed.is_empty() && groups.iter().any(|group| !signed.contains(group)) {
                deviations.push("deviation.com_lists_more");
            }
        }
    }
    let (lds, unicode) = passive.object.as_ref()?.versions.as_ref()?;
    // A version that EF.COM does not tell contradicts none.
    let lds_differs = com
        .lds_version
        .is_some_and(|(major, minor)| *lds != format!("{major:02}{minor:02}"));
    let unicode_differs = com.unicode_version.is_some_and(|(first, second, third)| {
        *unicode != format!("{first:02}{second:02}{third:02}")
    });
    (lds_differs || unicode_differs).then(|| Outcome::fail("consistency.versions"))
}

/// EF.CardAccess is not signed. Whatever PACE the signed DG14 or EF.CardSecurity offers, it must
/// offer too (Doc 9303-11 §9.2.12 asks the inspection system to compare).
fn card_access(capture: &Capture, deviations: &mut Vec<&'static str>) -> Option<Outcome> {
    let card_access = capture.files.get(&FileId::CardAccess)?;
    let group = capture
        .files
        .get(&FileId::Group(DataGroup::DG14))
        .and_then(|file| dg14::decode(file).ok());
    let master = capture
        .files
        .get(&FileId::CardSecurity)
        .and_then(|file| card_security::decode(file).ok());
    if let Some((signed, _)) = &master
        && !is_signed(card_access, &signed.content, capture)
    {
        deviations.push("deviation.card_access_unsigned");
    }
    let master = master.map(|(_, infos)| infos);
    let signed = [group, master]
        .into_iter()
        .flatten()
        .flat_map(|infos| infos.pace);
    let offered = SecurityInfos::decode(card_access)
        .map(|infos| infos.pace)
        .unwrap_or_default();
    let weaker = signed.into_iter().any(|signed| {
        // An id that one of them leaves out (quirk row 5) is no difference.
        !offered.iter().any(|offered| {
            let ids = offered.parameter_id.zip(signed.parameter_id);
            offered.oid == signed.oid && ids.is_none_or(|(offered, signed)| offered == signed)
        })
    });
    weaker.then(|| Outcome::fail("consistency.card_access"))
}

/// Whether EF.CardSecurity holds what EF.CardAccess says of PACE, and it or DG14 the rest, byte for
/// byte.
fn is_signed(card_access: &[u8], card_security: &[u8], capture: &Capture) -> bool {
    let group = capture.files.get(&FileId::Group(DataGroup::DG14));
    let group = group.and_then(|file| Reader::new(file).element("DG14").ok());
    let group = elements(group.map_or(&[], |template| template.value));
    let master = elements(card_security);
    let of_pace = |info: &[u8]| {
        let inside = Reader::new(info).element("SecurityInfo");
        inside.is_ok_and(|info| info.value.starts_with(&ID_PACE))
    };
    elements(card_access)
        .into_iter()
        .all(|info| master.contains(info) || (group.contains(info) && !of_pace(info)))
}

/// The elements of a SET, as far as there are.
fn elements(set: &[u8]) -> BTreeSet<&[u8]> {
    let mut found = BTreeSet::new();
    let inside = Reader::new(set)
        .expect(tag::SET, "SecurityInfos")
        .and_then(|set| set.inside());
    if let Ok(mut inside) = inside {
        while found.len() < MAX_INFOS
            && let Ok(element) = inside.element("SecurityInfo")
        {
            found.insert(element.raw);
        }
    }
    found
}

/// The zone's issuing state, the signer's country and its issuer's are one.
fn countries(mrz: &Mrz, passive: &Passive<'_>) -> Option<Outcome> {
    let signer = passive.signer.as_ref()?;
    match passive::same_country(mrz, signer) {
        Agreement::Same => None,
        Agreement::Different => Some(
            Outcome::fail("consistency.country")
                .with("zone", mrz.issuing_state())
                .with("signer", signer.country().unwrap_or_default()),
        ),
    }
}

/// A signer that lists document types signs only those (Doc 9303-12 §7.1.1.6). The zone's second
/// letter is the state's own, so the first one is compared.
fn document_type(mrz: &Mrz, passive: &Passive<'_>) -> Option<Outcome> {
    let types = passive.signer.as_ref()?.document_types()?;
    let letter = mrz.document_code().chars().next();
    let listed = types.iter().any(|kind| kind.chars().next() == letter);
    (!listed).then(|| Outcome::fail("consistency.document_type"))
}

/// DG13 of a citizen card against the zone. Places are not compared with anything: districts were
/// abolished and provinces merged in July 2025.
fn citizen_record(mrz: &Mrz, record: &CitizenRecord) -> Option<Outcome> {
    let differs = |what: &str| Some(Outcome::fail("consistency.dg13").with("differs", what));
    if let Some(number) = record.citizen_number() {
        // The document number is the last nine digits; the optional data has all twelve.
        let tail = number.len() < 9 || !number.ends_with(mrz.document_number());
        let whole = mrz.citizen_number().is_some_and(|zone| zone != number);
        if tail || whole {
            return differs("citizen number");
        }
    }
    // What the zone does not say, or says in no form, contradicts nothing: it has its own note.
    let faulty = |field| mrz.faults().iter().any(|fault| fault.field == field);
    if record
        .birth()
        .is_some_and(|birth| !mrz.birth().agrees_with(birth))
    {
        return differs("date of birth");
    }
    if !faulty(MrzField::Sex) && record.sex().is_some_and(|sex| sex != mrz.sex()) {
        return differs("sex");
    }
    if let Expiry::Date(date @ PartialDate::Day(_)) = record.expires()
        && !mrz.expiry().agrees_with(date)
    {
        return differs("date of expiry");
    }
    if record.expires() == Expiry::None && citizen::never_differs(mrz) {
        return differs("date of expiry");
    }
    let said = !mrz.surname().is_empty() || !mrz.given_names().is_empty();
    if let Some(name) = record.name().filter(|_| said) {
        let (surname, given_names) = (mrz.surname(), mrz.given_names());
        let field = mrz.form().name_len();
        let compared = vietnamese::compare_with_mrz(name, &surname, &given_names, field);
        if compared == Transliteration::Different {
            return differs("name");
        }
    }
    None
}
