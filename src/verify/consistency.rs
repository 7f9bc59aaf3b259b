//! Whether the parts of a document agree with each other.

use crate::bytes::country::Agreement;
use crate::bytes::date::PartialDate;
use crate::bytes::vietnamese;
use crate::bytes::vietnamese::Transliteration;
use crate::capture::Capture;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::com::Com;
use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Expiry;
use crate::lds::dg14;
use crate::lds::mrz::Form;
use crate::lds::mrz::Mrz;
use crate::lds::security_infos::SecurityInfos;
use crate::verify::Outcome;
use crate::verify::card_security;
use crate::verify::citizen;
use crate::verify::contents::Groups;
use crate::verify::holder::Document;
use crate::verify::holder::RecordState;
use crate::verify::passive;
use crate::verify::passive::Passive;

/// Compares what was read; the first disagreement decides, milder ones become deviations.
pub(super) fn examine(
    capture: &Capture,
    passive: &Passive<'_>,
    document: &Document,
    contents: &Groups,
    deviations: &mut Vec<&'static str>,
) -> Outcome {
    let com = com(capture, passive, deviations);
    let Some(holder) = document.holder() else {
        // Without a zone that decodes there is nothing to compare with.
        return match capture.files.get(&FileId::Group(DataGroup::DG1)) {
            Some(_) => Outcome::fail("consistency.mrz").with("group", "DG1"),
            None => Outcome::open("consistency.not_checked").with("unread", "DG1"),
        };
    };
    let mrz = holder.mrz();
    if !mrz.wrong_check_digits().is_empty() {
        deviations.push("deviation.mrz_check_digit");
    }
    [
        com,
        card_access(capture),
        countries(mrz, passive),
        document_type(mrz, passive),
        match holder.record() {
            Some(record) => citizen_record(mrz, record),
            None if document.record == RecordState::Malformed => {
                Some(Outcome::fail("consistency.dg13").with("differs", "layout"))
            }
            None => None,
        },
        // What is known to be wrong comes before what nobody can read.
        contents.malformed(passive),
    ]
    .into_iter()
    .flatten()
    .next()
    .unwrap_or_else(|| Outcome::pass("consistency.agrees"))
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
    if passive
        .signed()
        .iter()
        .any(|group| !com.groups.contains(group))
    {
        deviations.push("deviation.com_lists_less");
    }
    if !passive.signed().is_empty()
        && com
            .groups
            .iter()
            .any(|group| !passive.signed().contains(group))
    {
        deviations.push("deviation.com_lists_more");
    }
    let (lds, unicode) = passive.object.as_ref()?.versions.as_ref()?;
    let (major, minor) = com.lds_version;
    let (first, second, third) = com.unicode_version;
    let same = *lds == format!("{major:02}{minor:02}")
        && *unicode == format!("{first:02}{second:02}{third:02}");
    (!same).then(|| Outcome::fail("consistency.versions"))
}

/// EF.CardAccess is not signed. Whatever PACE the signed DG14 or EF.CardSecurity offers, it must
/// offer too (Doc 9303-11 §9.2.12 asks the inspection system to compare).
fn card_access(capture: &Capture) -> Option<Outcome> {
    let card_access = capture.files.get(&FileId::CardAccess)?;
    let group = capture
        .files
        .get(&FileId::Group(DataGroup::DG14))
        .and_then(|file| dg14::decode(file).ok());
    let master = capture
        .files
        .get(&FileId::CardSecurity)
        .and_then(|file| card_security::decode(file).ok())
        .map(|(_, infos)| infos);
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
    if let Some(birth) = record.birth() {
        // Only two digits of the year are printed: compared within the record's own century.
        let printed = mrz.birth();
        let last = jiff::civil::date(birth.year(), 12, 31);
        let agrees = printed
            .birth_until(last)
            .is_some_and(|printed| birth.agrees_with(printed));
        if !agrees {
            return differs("date of birth");
        }
    }
    if record.sex().is_some_and(|sex| sex != mrz.sex()) {
        return differs("sex");
    }
    if let Expiry::Date(date @ PartialDate::Day(_)) = record.expires() {
        let printed = mrz.expiry().expiry_date(date.year());
        if printed.is_none_or(|printed| !date.agrees_with(printed)) {
            return differs("date of expiry");
        }
    }
    if record.expires() == Expiry::None && citizen::never_differs(mrz) {
        return differs("date of expiry");
    }
    if let Some(name) = record.name() {
        let field = match mrz.form() {
            Form::Td1 => 30,
            Form::Td2 => 31,
            Form::Td3 => 39,
        };
        let compared =
            vietnamese::compare_with_mrz(name, &mrz.surname(), &mrz.given_names(), field);
        if compared == Transliteration::Different {
            return differs("name");
        }
    }
    None
}
