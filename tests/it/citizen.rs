//! What a Vietnamese card says in several places, and what its number and the law add to it.

use cancuoc::lds::DataGroup;
use cancuoc::sim::files;
use cancuoc::sim::files::Dg13Field;
use cancuoc::sim::persona::Details;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Check;
use cancuoc::verify::DocumentExpiry;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;
use jiff::civil::date;

use crate::support::cards;
use crate::support::forge::Scene;
use crate::support::issued;

fn read(persona: &Persona) -> Report {
    let plan = cards::least(cards::can(persona));
    let plan = cancuoc::reader::Plan {
        groups: cancuoc::reader::Groups::Signed,
        ..plan
    };
    let reading = cards::read(&mut cards::card(persona, "citizen"), &plan, "citizen").unwrap();
    cards::judge(&reading)
}

fn expiry(report: &Report) -> DocumentExpiry {
    match report.holder() {
        Some(Vouched::Verified(holder)) => holder.get().expiry(),
        _ => panic!("no holder"),
    }
}

/// The ordinary card with one entry of its record written otherwise, and signed so.
fn with_entry(persona: &str, number: u8, text: &str) -> (Verdict, String, Vec<&'static str>) {
    let scene = Scene::of(cards::persona(persona));
    let citizen = scene.persona.citizen.clone();
    let word = |text: &str| Dg13Field::Utf8(text.to_owned());
    let mut entries = vec![
        (1, word(&citizen.number)),
        (2, word(&citizen.name)),
        (
            3,
            word(
                &citizen
                    .birth
                    .day()
                    .unwrap()
                    .strftime("%d/%m/%Y")
                    .to_string(),
            ),
        ),
    ];
    entries.retain(|(known, _)| *known != number);
    entries.push((number, word(text)));
    let scene = scene
        .group(DataGroup::DG13, |file| *file = files::dg13(&entries))
        .sealed();
    let report = scene.inspect().unwrap().report;
    let consistency = report.checks().outcome(Check::Consistency);
    let differs = consistency.facts().get("differs").cloned();
    (
        report.verdict(),
        differs.unwrap_or_default(),
        report.deviations().to_vec(),
    )
}

#[test]
fn every_cross_check_of_the_record_fails_the_card_that_does_not_keep_it() {
    for (persona, number, text, differs) in [
        ("an", 1, "036195000124", "citizen number"),
        ("an", 2, "Nguyễn Thị Mẫu Yên", "name"),
        ("an", 3, "18/08/1995", "date of birth"),
        ("an", 4, "Nam", "sex"),
        ("an", 12, "18/08/2035", "date of expiry"),
        // The zone names a year, and the record none.
        ("an", 12, "Không thời hạn", "date of expiry"),
        ("binh", 12, "02/03/2030", "date of expiry"),
    ] {
        let (verdict, what, _) = with_entry(persona, number, text);
        assert_eq!(
            (verdict, what.as_str()),
            (Verdict::NotGenuine, differs),
            "{text}"
        );
    }
}

#[test]
fn what_says_the_same_in_other_words_is_no_difference() {
    for (persona, number, text) in [
        ("an", 2, "NGUYỄN THỊ MẪU AN"),
        (
            "an",
            2,
            "Nguye\u{302}\u{303}n Thi\u{323} Ma\u{302}\u{303}u An",
        ),
        ("an", 3, "17081995"),
        ("an", 3, "08/1995"),
        ("an", 3, "1995"),
        ("an", 4, "nữ"),
        ("an", 12, "17082035"),
        ("an", 12, "Theo quy định"),
        ("binh", 12, "Không thời hạn"),
        ("binh", 12, "VÔ THỜI HẠN"),
    ] {
        let (verdict, what, _) = with_entry(persona, number, text);
        assert_eq!((verdict, what.as_str()), (Verdict::Genuine, ""), "{text}");
    }
}

#[test]
fn places_are_compared_with_nothing() {
    for number in [8, 9] {
        let (verdict, _, notes) = with_entry("an", number, "Xã Khác, Tỉnh Khác");
        assert_eq!((verdict, notes), (Verdict::Genuine, Vec::new()));
    }
}

/// A slip of the eye or of a scanner is no other card, and a part of a name is no name.
#[test]
fn what_is_printed_is_compared_as_scanners_read_it() {
    let scene = Scene::an();
    let (qr, zone) = (scene.persona.qr(), scene.persona.mrz());
    let name = |name: &str| {
        let mut fields: Vec<&str> = qr.split('|').collect();
        fields[2] = name;
        fields.join("|")
    };
    let differs = |printed: &str| {
        let report = issued::report(
            &scene.persona,
            scene.persona.personalise().unwrap(),
            &[printed],
        );
        let consistency = report.checks().outcome(Check::Consistency);
        consistency.facts().get("differs").cloned()
    };
    for same in [
        name("NGUYỄN THỊ MẪU AN"),
        name("Nguyn Thị Mu An"),
        name("Nguyên Thi Mâu An"),
        zone.clone(),
        zone.replace("NGUYEN<<THI", "NGUYEN<<TH1"),
    ] {
        assert_eq!(differs(&same), None, "{same}");
    }
    for other in [
        name("Nguyễn Thị"),
        name("Nguyễn Thị Mẫu A"),
        name("Thị Ân"),
        name("Ữ"),
        name("Nguyễn Thị Mẫu An Bình"),
        zone.replace("NGUYEN", "NGUYEM"),
    ] {
        assert_eq!(differs(&other).as_deref(), Some("name"), "{other}");
    }
}

/// What the number says that does not fit is a note, and nothing of it fails a card.
#[test]
fn a_number_or_a_term_that_does_not_fit_is_noted_and_the_card_is_genuine() {
    let plain = cards::persona("an");
    let report = read(&plain);
    assert_eq!(report.deviations(), Vec::<&str>::new());
    for (number, code) in [
        ("036095000123", "deviation.number_sex"),
        ("036196000123", "deviation.number_birth"),
        ("036395000123", "deviation.number_birth"),
        ("999195000123", "deviation.number_origin"),
    ] {
        let mut odd = plain.clone();
        number.clone_into(&mut odd.citizen.number);
        let report = read(&odd);
        assert_eq!(report.verdict(), Verdict::Genuine, "{number}");
        assert_eq!(report.deviations(), [code], "{number}");
    }
    let mut odd = plain.clone();
    odd.citizen.expires = Some(date(2031, 8, 17));
    let report = read(&odd);
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert_eq!(report.deviations(), ["deviation.expiry_not_by_age"]);
}

/// A card without expiry and without a record: its zone says 991231, and that is no day.
#[test]
fn a_zone_of_no_expiry_alone_is_neither_1999_nor_2099() {
    let persona = cards::changed("binh", |chip| chip.dg13 = Details::Absent);
    let report = read(&persona);
    assert_eq!(report.verdict(), Verdict::Genuine);
    assert_eq!(expiry(&report), DocumentExpiry::Never);
}
