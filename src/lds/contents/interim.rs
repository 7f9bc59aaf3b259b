//! Fields of groups whose decoders do not make them yet.

use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Expiry;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::put_date;
use crate::lds::field::put_sensitive;
use crate::lds::field::put_text;
use crate::lds::mrz::Sex;

/// The record of a citizen.
pub(super) fn citizen(record: &CitizenRecord) -> Vec<Field> {
    let mut fields = Vec::new();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    put_text(
        &mut fields,
        "citizen_number",
        owned(record.citizen_number()),
    );
    put_text(&mut fields, "name", owned(record.name()));
    put_date(&mut fields, "birth", record.birth());
    let sex = record.sex().map(|sex| match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unspecified => "unspecified",
    });
    fields.extend(sex.map(|sex| Field::shown("sex", Value::Word(sex))));
    put_text(&mut fields, "nationality", owned(record.nationality()));
    put_sensitive(&mut fields, "ethnicity", record.ethnicity());
    put_sensitive(&mut fields, "religion", record.religion());
    put_text(&mut fields, "origin", owned(record.origin()));
    put_text(&mut fields, "residence", owned(record.residence()));
    put_sensitive(&mut fields, "features", record.features());
    put_date(&mut fields, "issued", record.issued());
    match record.expires() {
        Expiry::Date(date) => put_date(&mut fields, "expiry", Some(date)),
        Expiry::None => fields.push(Field::shown("expiry", Value::Word("never"))),
        Expiry::Unknown => {}
    }
    put_text(&mut fields, "father", owned(record.father()));
    put_text(&mut fields, "mother", owned(record.mother()));
    put_text(&mut fields, "spouse", owned(record.spouse()));
    put_text(&mut fields, "old_number", owned(record.old_number()));
    put_text(&mut fields, "code16", owned(record.code16()));
    fields
}
