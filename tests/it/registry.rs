//! The embedded registry's sample citizens, asked about with cards of theirs.

use cancuoc::bytes::date::PartialDate;
use cancuoc::lds::mrz::Sex;
use cancuoc::registry::Embedded;
use cancuoc::registry::Registry;
use cancuoc::sim::persona::CardState;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::shipped;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use jiff::civil::Date;
use serde::Deserialize;

use crate::support::forge::Scene;
use crate::support::forge::find;
use crate::support::home::Home;

/// The samples as the source has them.
const SAMPLES: &str = include_str!("../../src/registry/sample_citizens.toml");

#[derive(Deserialize)]
struct Samples {
    citizen: Vec<Citizen>,
}

#[derive(Deserialize)]
struct Citizen {
    number: String,
    name: String,
    birth: String,
    sex: String,
    #[serde(default = "in_force")]
    status: String,
    #[serde(default)]
    card: Vec<Card>,
}

fn in_force() -> String {
    "in_force".to_owned()
}

#[derive(Deserialize)]
struct Card {
    status: String,
    issued: String,
    expiry: String,
    sod: Option<String>,
}

fn samples() -> Vec<Citizen> {
    toml::from_str::<Samples>(SAMPLES).unwrap().citizen
}

/// An honest card of a sample citizen, as the ordinary one is made.
fn persona(citizen: &Citizen, issued: Date, expires: Option<Date>) -> Persona {
    let mut persona = find("an");
    let holder = &mut persona.citizen;
    holder.number.clone_from(&citizen.number);
    holder.name.clone_from(&citizen.name);
    // Of some only the year is on file.
    holder.birth = PartialDate::from_iso(&citizen.birth).unwrap();
    holder.sex = match citizen.sex.as_str() {
        "male" => Sex::Male,
        "female" => Sex::Female,
        other => panic!("{other}"),
    };
    holder.issued = issued;
    holder.expires = expires;
    persona
}

/// Reads the persona's card, and asks a new registry.
fn ask(home: &Home, persona: Persona) -> Report {
    let registry = Embedded::open(&home.path("registry.sqlite")).unwrap();
    let registry: Box<dyn Registry> = Box::new(registry);
    let key = persona.can();
    let scene = Scene::of(persona).but(|scene| {
        // A card past its date has no lawful date to key with; one without PACE needs one.
        if !scene.card.pace.is_empty() {
            scene.key = key;
        }
        scene.registry = Some(registry);
    });
    scene.inspect().unwrap().report
}

#[test]
fn every_card_of_a_shipped_persona_is_found_in_its_state() {
    let home = Home::new();
    for persona in shipped() {
        let name = persona.name.clone();
        let code = match persona.state {
            CardState::Active => "registry.confirmed".to_owned(),
            other => format!("registry.{}", other.code()),
        };
        let expected = persona.expected.code();
        let report = ask(&home, persona);
        assert_eq!(
            report.checks().registry.code(),
            code,
            "{name}: {:?}",
            report.checks().registry
        );
        assert_eq!(report.verdict().word(), expected, "{name}");
    }
}

#[test]
fn the_samples_say_of_the_personas_what_their_files_say() {
    let samples = samples();
    for persona in shipped().iter().filter(|one| one.chip.document.has_qr()) {
        let citizen = &persona.citizen;
        let sample = samples.iter().find(|one| one.number == citizen.number);
        let sample = sample.unwrap_or_else(|| panic!("{}", persona.name));
        assert_eq!(sample.name, citizen.name);
        assert_eq!(sample.birth, citizen.birth.to_string());
        let card = sample.card.iter().find(|card| card.sod.is_none()).unwrap();
        assert_eq!(card.status, persona.state.code());
        assert_eq!(card.issued, citizen.issued.to_string());
        let expires = citizen.expires.map(|day| day.to_string());
        assert_eq!(card.expiry, expires.unwrap_or("never".to_owned()));
    }
}

#[test]
fn every_status_of_the_sample_citizens_leads_to_its_code() {
    let home = Home::new();
    let mut seen = Vec::new();
    for citizen in samples() {
        // The card that the register has not seen; of one who has none, any.
        let unseen = citizen.card.iter().find(|card| card.sod.is_none());
        let (status, issued, expires) = match unseen {
            Some(card) => (
                card.status.as_str(),
                card.issued.parse().unwrap(),
                card.expiry.parse().ok(),
            ),
            None => {
                let issued = Date::new(2022, 1, 3).unwrap();
                ("not_issued", issued, Date::new(2029, 10, 1).ok())
            }
        };
        let report = ask(&home, persona(&citizen, issued, expires));
        let (code, verdict) = match (status, citizen.status.as_str()) {
            ("active", "in_force") => ("registry.confirmed".to_owned(), Verdict::Genuine),
            ("active", person) => (format!("registry.person_{person}"), Verdict::NotInForce),
            (card, _) => (format!("registry.{card}"), Verdict::NotInForce),
        };
        let outcome = report.checks().outcome(Check::Registry);
        assert_eq!(outcome.code(), code, "{}: {outcome:?}", citizen.number);
        assert_eq!(report.verdict(), verdict, "{}", citizen.number);
        seen.push(code);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(
        seen,
        [
            "registry.confirmed",
            "registry.expired",
            "registry.not_issued",
            "registry.person_cancelled",
            "registry.person_deceased",
            "registry.replaced",
            "registry.reported_lost",
            "registry.revoked",
        ]
    );
}

#[test]
fn a_citizen_whom_the_register_does_not_know_is_open_and_blocks_nothing() {
    let home = Home::new();
    let mut persona = find("an");
    persona.citizen.number = "036195999123".to_owned();
    let report = ask(&home, persona.clone());
    assert_eq!(report.checks().registry.code(), "registry.not_on_file");
    assert_eq!(report.verdict(), Verdict::Genuine);
    let required = Scene::of(persona).but(|scene| {
        scene.policy = Policy::parse("name = \"strict\"\nrequire = [\"registry\"]").unwrap();
        let registry = Embedded::open(&home.path("registry.sqlite")).unwrap();
        scene.registry = Some(Box::new(registry));
    });
    let report = required.inspect().unwrap().report;
    assert_eq!(report.verdict(), Verdict::Inconclusive);
}

/// A whole and rightly signed card of somebody else under a number that is on file.
#[test]
fn what_differs_from_the_register_is_named() {
    let home = Home::new();
    type Change = fn(&mut Persona);
    let changes: [(Change, &str); 4] = [
        (
            |persona| persona.citizen.name = "Nguyễn Thị Mẫu Yên".to_owned(),
            "name",
        ),
        (
            |persona| persona.citizen.birth = PartialDate::new(1995, 8, 18).unwrap(),
            "birth",
        ),
        (|persona| persona.citizen.sex = Sex::Male, "sex"),
        (
            |persona| persona.citizen.expires = Date::new(2035, 8, 18).ok(),
            "expiry",
        ),
    ];
    for (change, differs) in changes {
        let mut persona = find("an");
        change(&mut persona);
        let report = ask(&home, persona);
        let outcome = &report.checks().registry;
        assert_eq!(outcome.code(), "registry.mismatch", "{differs}");
        assert_eq!(outcome.facts()["differs"], differs);
        assert_eq!(report.verdict(), Verdict::NotGenuine);
    }
}
