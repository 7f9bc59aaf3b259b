//! DG13 of the Vietnamese card: the simulator writes it, the decoder reads it.

use std::collections::BTreeMap;

use cancuoc::lds::dg13::CitizenRecord;
use cancuoc::lds::dg13::Dg13;
use cancuoc::lds::dg13::Layout;
use cancuoc::lds::dg13::Value;
use cancuoc::lds::dg13::field;
use cancuoc::sim::files;
use cancuoc::sim::files::Dg13Field;
use proptest::prelude::*;

/// What the decoder must make of a field.
fn expected(number: u8, field: &Dg13Field) -> Value {
    let text = |text: &str| match text.trim() {
        "" => Value::Absent,
        text => Value::Text(text.to_owned()),
    };
    let of_persons = [field::PARENTS, field::SPOUSE].contains(&u32::from(number));
    match field {
        Dg13Field::Absent => Value::Absent,
        Dg13Field::Printable(words) | Dg13Field::Utf8(words) if of_persons => match text(words) {
            Value::Text(name) => Value::Persons(vec![name]),
            other => other,
        },
        Dg13Field::Printable(words) | Dg13Field::Utf8(words) => text(words),
        Dg13Field::Persons(names) => {
            let names = names.iter().map(|name| name.clone().unwrap_or_default());
            let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
            match names.iter().all(String::is_empty) {
                true => Value::Absent,
                false => Value::Persons(names),
            }
        }
    }
}

fn words() -> impl Strategy<Value = String> {
    // Values with the pattern of an entry inside, among others.
    prop_oneof![
        "[A-Za-zÀ-ỹ ,.0-9/]{0,200}",
        Just("\u{2}\u{1}\u{3}".to_owned()),
        Just("0\u{3}\u{2}\u{1}\u{E}".to_owned()),
    ]
}

fn entry() -> impl Strategy<Value = (u8, Dg13Field)> {
    let persons = proptest::collection::vec(proptest::option::of(words()), 1..3);
    let of_text = prop_oneof![
        Just(Dg13Field::Absent),
        "[0-9/]{0,12}".prop_map(Dg13Field::Printable),
        words().prop_map(Dg13Field::Utf8),
    ];
    prop_oneof![
        (prop_oneof![1_u8..13, 15_u8..17], of_text),
        (13_u8..15, persons.prop_map(Dg13Field::Persons)),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in proptest::collection::vec(entry(), 0..17)) {
        let entries: BTreeMap<u8, Dg13Field> = entries.into_iter().collect();
        let forward: Vec<(u8, Dg13Field)> = entries.clone().into_iter().collect();
        let mut backward = forward.clone();
        backward.reverse();
        for order in [forward, backward] {
            let file = files::dg13(&order);
            let Dg13::Citizen(record) = Dg13::decode(&file, Layout::VnCitizen).unwrap() else {
                panic!("a record");
            };
            prop_assert_eq!(record.fields.len(), entries.len());
            for (number, field) in &entries {
                let read = &record.fields[&u32::from(*number)];
                prop_assert!(*read == expected(*number, field), "{}", number);
            }
            let shown = record.fields();
            prop_assert!(shown.iter().all(|field| !field.name.is_empty()));
        }
    }

    #[test]
    fn one_changed_octet_never_stops_the_decoder(at in 0_usize..400, octet: u8) {
        let mut file = files::dg13(&[
            (1, Dg13Field::Printable("001099000123".to_owned())),
            (13, Dg13Field::Persons(vec![None, Some("Trần Thị Mẹ".to_owned())])),
        ]);
        if let Some(place) = file.get_mut(at) {
            *place = octet;
        }
        if let Ok(record) = CitizenRecord::decode(&file) {
            let _ = record.fields();
        }
    }
}
