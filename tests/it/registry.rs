//! The embedded registry's sample citizens, asked about with cards of theirs.

use cancuoc::lds::mrz::Sex;
use cancuoc::registry::Embedded;
use cancuoc::registry::Registry;
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
    #[serde(default)]
    card: Vec<Card>,
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
    holder.birth = match citizen.birth.parse() {
        Ok(day) => day,
        Err(_) => Date::new(citizen.birth.parse().unwrap(), 1, 1).unwrap(),
    };
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
fn every_card_of_a_shipped_persona_is_confirmed() {
    let home = Home::new();
    for persona in shipped() {
        let name = persona.name.clone();
        // It is a register of citizens' cards.
        let code = match persona.chip.document.is_passport() {
            true => "registry.not_on_file",
            false => "registry.confirmed",
        };
        let report = ask(&home, persona);
        assert_eq!(
            report.checks().registry.code(),
            code,
            "{name}: {:?}",
            report.checks().registry
        );
        assert_eq!(report.verdict(), Verdict::Genuine, "{name}");
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
        let (code, verdict) = match status {
            "active" => ("registry.confirmed".to_owned(), Verdict::Genuine),
            other => (format!("registry.{other}"), Verdict::NotInForce),
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
            |persona| persona.citizen.birth = Date::new(1995, 8, 18).unwrap(),
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
