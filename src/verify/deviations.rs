//! What issuers write otherwise in the groups than the standard says, or than readers expect, and what
//! changes no check: named, so that a person who wonders finds it (docs/deviations.md has the rows;
//! `notes.rs` has what is noted of what is signed around the groups).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv;
use crate::capture::Capture;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::biometrics::Oddities;
use crate::lds::contents::Contents;
use crate::lds::details::Oddity;
use crate::lds::dg2::Dg2;
use crate::lds::dg3::Dg3;
use crate::lds::dg4::Dg4;
use crate::lds::dg13::CitizenRecord;
use crate::lds::mrz::Form;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::Sex;
use crate::verify::GroupState;
use crate::verify::biometrics;
use crate::verify::citizen;
use crate::verify::holder::Document;
use crate::verify::holder::Holder;
use crate::verify::holder::RecordState;
use crate::verify::notes::Met;
use crate::verify::notes::note;
use crate::verify::passive::Passive;

/// Oldest age that anybody reaches, in years: a younger holder may be a hundred years older.
const OLDEST: i16 = 120;

/// Groups whose elements issuers write in their own manner.
const DETAILS: [DataGroup; 5] = [
    DataGroup::DG5,
    DataGroup::DG7,
    DataGroup::DG11,
    DataGroup::DG12,
    DataGroup::DG16,
];

/// What is unusual about the groups that are as they were signed.
pub(super) fn of_groups(
    capture: &Capture,
    passive: &Passive<'_>,
    document: &Document,
    now: Timestamp,
) -> Met {
    let mut met = Vec::new();
    let signed = |group: DataGroup| {
        let state = passive.groups.get(&group);
        capture
            .files
            .get(&FileId::Group(group))
            .filter(|_| matches!(state, Some(GroupState::Verified | GroupState::Unverified)))
    };
    let mut files = DataGroup::ALL.into_iter().filter_map(signed);
    if files.any(|file| !tlv::has_shortest_lengths(file)) {
        note(&mut met, "deviation.group_lengths");
    }
    if signed(DataGroup::DG1).is_some()
        && let Some(holder) = document.holder()
    {
        zone(holder.mrz(), &mut met);
        century(holder, now, &mut met);
        citizen_card(holder, &mut met);
    }
    if let Some(Ok(dg2)) = signed(DataGroup::DG2).map(|file| Dg2::decode(file)) {
        portrait(&dg2, &mut met);
        records(DataGroup::DG2, &dg2.oddities(), &mut met);
    }
    if let Some(Ok(dg3)) = signed(DataGroup::DG3).map(|file| Dg3::decode(file)) {
        records(DataGroup::DG3, &dg3.oddities(), &mut met);
    }
    if let Some(Ok(dg4)) = signed(DataGroup::DG4).map(|file| Dg4::decode(file)) {
        records(DataGroup::DG4, &dg4.oddities(), &mut met);
    }
    for group in DETAILS {
        let decoded = signed(group).map(|file| Contents::decode(group.into(), file, None));
        if let Some(Ok(contents)) = decoded {
            details_of(&contents, &mut met);
        }
    }
    if signed(DataGroup::DG13).is_some() && document.record == RecordState::Unknown {
        note(&mut met, "deviation.dg13_layout_unknown");
    }
    met
}

/// Lawful ways of writing a zone that readers stumble over (Doc 9303-3 §5, 9303-4 §4.2.2, 9303-5
/// §4.2.2).
fn zone(mrz: &Mrz, met: &mut Met) {
    if mrz.issuing_state().len() == 1 {
        note(met, "deviation.mrz_state_code");
    }
    match mrz.document_number().len() {
        ..9 => note(met, "deviation.mrz_short_number"),
        9 => {}
        _ => note(met, "deviation.mrz_long_number"),
    }
    let check = mrz.lines().get(1).and_then(|line| line.chars().nth(42));
    if mrz.form() == Form::Td3 && check == Some('<') {
        note(met, "deviation.mrz_optional_check_digit");
    }
}

/// The zone has two digits of the year of birth. They say too little where another part of the
/// document tells another century, or none does and both are possible.
fn century(holder: &Holder, now: Timestamp, met: &mut Met) {
    let today = TimeZone::UTC.to_datetime(now).date();
    let guessed = holder.mrz().birth().birth_until(today);
    let told = holder.tells_century();
    let either = guessed.is_some_and(|birth| today.year() - birth.year() + 100 <= OLDEST);
    // A zone without a year tells no century.
    let years = guessed.zip(holder.birth());
    let other = years.is_some_and(|(guessed, birth)| guessed.year() != birth.year());
    if other || (!told && either) {
        note(met, "deviation.mrz_century");
    }
}

/// What does not fit the number of a Vietnamese identity card, or the law of its term.
fn citizen_card(holder: &Holder, met: &mut Met) {
    if !citizen::is_card(holder.mrz()) {
        return;
    }
    if let Some(number) = holder.number() {
        if holder.sex() != Sex::Unspecified && number.sex() != holder.sex() {
            note(met, "deviation.number_sex");
        }
        let year = holder.birth().map(PartialDate::year);
        if year.is_some_and(|year| year != number.birth_year()) {
            note(met, "deviation.number_birth");
        }
        if number.origin().is_none() {
            note(met, "deviation.number_origin");
        }
    }
    let issued = holder.record().and_then(CitizenRecord::issued);
    let days = holder.birth().and_then(PartialDate::day).zip(issued);
    if let Some((birth, PartialDate::Day(issued))) = days
        && !citizen::keeps_the_term(birth, issued, holder.expiry())
    {
        note(met, "deviation.expiry_not_by_age");
    }
}

fn portrait(dg2: &Dg2, met: &mut Met) {
    const APP1: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE1];
    const CODESTREAM: &[u8] = &[0xFF, 0x4F];
    let Some(image) = dg2.images().next() else {
        return;
    };
    let image = &image.bytes;
    if image.starts_with(APP1) {
        note(met, "deviation.portrait_exif");
    }
    if image.starts_with(CODESTREAM) {
        note(met, "deviation.portrait_codestream");
    }
    if dg2.padding() > 0 || image.ends_with(&[0, 0]) {
        note(met, "deviation.portrait_padding");
    }
}

fn records(group: DataGroup, oddities: &Oddities, met: &mut Met) {
    for oddity in oddities {
        note(met, biometrics::code(group, *oddity));
    }
}

fn details_of(contents: &Contents, met: &mut Met) {
    let oddities = match contents {
        Contents::Dg5(displayed) | Contents::Dg7(displayed) => &displayed.oddities,
        Contents::Dg11(dg11) => &dg11.rest.oddities,
        Contents::Dg12(dg12) => &dg12.rest.oddities,
        Contents::Dg16(dg16) => &dg16.oddities,
        _ => return,
    };
    for oddity in oddities {
        note(
            met,
            match oddity {
                Oddity::EmptyField => "deviation.details_empty_field",
                Oddity::Count => "deviation.details_count",
                Oddity::UnknownField => "deviation.details_unknown_field",
                Oddity::BinaryDate => "deviation.details_bcd_date",
            },
        );
    }
}
