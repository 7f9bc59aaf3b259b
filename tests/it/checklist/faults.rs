//! Every fault of the virtual card, played as its row says: the row stands with the fault
//! (`Fault::row`), and a fault without one does not compile.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use cancuoc::Error;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Plan;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer as Told;
use cancuoc::registry::CardStatus;
use cancuoc::registry::Context;
use cancuoc::registry::Person;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Answer;
use cancuoc::sim::fault::Category;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Lds;
use cancuoc::sim::fault::Register;
use cancuoc::sim::fault::Row;
use cancuoc::sim::fault::Source;
use cancuoc::sim::fault::Stage;
use cancuoc::sim::fault::Surroundings;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::sim::seed::Seeded;
use cancuoc::terminal::Terminal;
use cancuoc::transport::Stop;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::workflow;
use cancuoc::workflow::Judgement;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::support::cards;
use crate::support::cards::TODAY;
use crate::terminal_authentication::fact;
use crate::terminal_authentication::terminal_of;

/// Lists of cases, beside the project. They are not part of it.
const LISTS: [&str; 2] = [
    "../shared/data/conformance/tr03105_3_2.csv",
    "../shared/data/conformance/tr03105_5_1.csv",
];

/// Rows of the list of card quirks.
const ROWS: u8 = 51;

/// A register that says what the fault says, and else that everything is in order.
struct Says(Option<Register>);

impl Registry for Says {
    fn check(&self, _query: &Query) -> Result<Told, RegistryError> {
        let other = |fault| match self.0 {
            Some(register) if register == fault => Agreement::Mismatch,
            _ => Agreement::Match,
        };
        match self.0 {
            Some(Register::NotReached) => {
                let why = "test".to_owned();
                return Err(RegistryError::NotReached { why });
            }
            Some(Register::BadAnswer) => return Err(RegistryError::BadAnswer { what: "status" }),
            Some(Register::WrongSignature) => return Err(RegistryError::WrongSignature),
            Some(Register::ForeignSigner) => return Err(RegistryError::ForeignSigner),
            Some(Register::OtherQuestion) => return Err(RegistryError::Stale),
            Some(Register::Refused) => {
                let code = "question.unknown_procedure";
                return Err(RegistryError::Refused { code });
            }
            Some(Register::Slow) => thread::sleep(Register::SLOW),
            _ => {}
        }
        let state = self.0.and_then(Register::state);
        let now = Timestamp::try_from(cards::now()).unwrap();
        let status = state.map_or(CardStatus::Active, |state| {
            CardStatus::from_code(state.code()).unwrap()
        });
        let agreements = Agreements {
            number: Agreement::Match,
            name: other(Register::OtherName),
            birth: other(Register::OtherBirth),
            sex: Agreement::Match,
            nationality: Agreement::Match,
            document_number: other(Register::OtherDocument),
            expiry: Agreement::Match,
        };
        let as_of = match self.0 {
            Some(Register::Stale) => now - Register::AGE,
            _ => now,
        };
        let mut told = Told::new(status, agreements, as_of, now);
        if self.0 == Some(Register::Deceased) {
            told.person = Person::Deceased;
        }
        Ok(told)
    }
}

fn trust(surroundings: &Surroundings) -> TrustStore {
    let mut trust = TrustStore::empty();
    for anchor in &surroundings.anchors {
        trust.add_anchor(Certificate::decode(anchor).unwrap(), Provenance::TestCard);
    }
    for list in &surroundings.lists {
        trust.add_crl(Crl::decode(list).unwrap());
    }
    trust
}

fn terminal() -> Arc<Terminal> {
    terminal_of(TerminalPki::shipped().unwrap().files().unwrap(), &[], TODAY)
}

fn plan(persona: &Persona, stage: Stage) -> Plan {
    let key = match &persona.chip.pin {
        Some(pin) if stage == Stage::Pin => {
            AccessKey::parse(&format!("pin:{}", pin.digits), TODAY).unwrap()
        }
        _ => cards::key(persona),
    };
    Plan {
        terminal: stage.has_terminal().then(terminal),
        ..cards::whole(key)
    }
}

/// Reads and judges a card with these faults as a verifier does.
pub fn play(stage: Stage, faults: &[Fault]) -> Result<Report, Error> {
    let persona = stage.set(cards::persona(stage.persona()));
    let persona = persona.with(|chip| {
        chip.faults = faults.iter().copied().map(Into::into).collect();
    });
    let surroundings = persona.surroundings()?;
    let now: SystemTime = match surroundings.day {
        None => cards::now(),
        Some(day) => {
            let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
            noon.timestamp().into()
        }
    };
    let mut card = VirtualCard::new(persona.personalise()?, Box::new(Seeded::new("faults")));
    let mut register = Says(surroundings.register);
    let registry: &mut (dyn Registry + 'static) = &mut register;
    let inspected = workflow::inspect(
        &mut card,
        &plan(&persona, stage),
        &Stop::never(),
        &mut cards::terminal("faults"),
        &Judgement {
            trust: &trust(&surroundings),
            policy: &Policy::counter(),
            now,
            context: Context::default(),
            disclose: Vec::new(),
        },
        surroundings.register.map(|_| registry),
        &mut |_| {},
    )?;
    Ok(inspected.report)
}

/// What came, in the words of an [`Answer`].
fn came(played: &Result<Report, Error>, expected: Answer) -> String {
    let report = match played {
        Err(error) => return format!("Error({:?})", error.code()),
        Ok(report) => report,
    };
    let verdict = match report.verdict() {
        Verdict::Genuine => {
            let has = |code: &str| {
                let checks = Check::ALL.into_iter();
                let mut codes = checks.map(|check| report.checks().outcome(check).code());
                codes.any(|own| own == code) || report.deviations().contains(&code)
            };
            return match expected {
                Answer::Noted(code) if has(code) => format!("{expected:?}"),
                Answer::Evidence(text) if fact(report) == text => format!("{expected:?}"),
                Answer::Evidence(_) => format!("Evidence({:?})", fact(report)),
                _ if report.deviations().is_empty() => "Genuine".to_owned(),
                _ => format!("Noted({:?})", report.deviations()),
            };
        }
        Verdict::NotInForce => "NotInForce",
        Verdict::NotGenuine => "NotGenuine",
        Verdict::Inconclusive => "Inconclusive",
    };
    let check = report.first_failure().or_else(|| report.first_gap());
    let code = report.checks().outcome(check.unwrap()).code();
    if expected.code() == Some(code) {
        assert_eq!(expected.check(), check.map(Check::name), "{code}");
    }
    format!("{verdict}({code:?})")
}

/// Every row, and those of the faults of files for every file there is.
fn rows() -> Vec<Row> {
    let card = cards::persona("an").personalise().unwrap();
    let readable = |file: &FileId| {
        let closed = [
            FileId::AtrInfo,
            FileId::CardAccess,
            FileId::Group(cancuoc::lds::DataGroup::DG3),
        ];
        !closed.contains(file)
    };
    let files: Vec<FileId> = card.files.into_keys().filter(readable).collect();
    let of_files = Lds::ALL
        .iter()
        .flat_map(|lds| files.iter().map(|file| Fault::Lds(*lds, *file)));
    Fault::ALL
        .into_iter()
        .filter(|fault| !matches!(fault, Fault::Lds(..)))
        .chain(of_files)
        .map(Fault::row)
        .collect()
}

#[test]
fn every_fault_of_the_virtual_card_ends_as_its_row_says() {
    let rows = rows();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let ends_wrongly = |row: &Row| {
        let came = came(&play(row.stage, &[row.played]), row.answer);
        let right = format!("{:?}", row.answer);
        (came != right).then(|| format!("{}: {came}, not {right}", row.played))
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = rows
            .chunks(rows.len().div_ceil(threads))
            .map(|rows| scope.spawn(|| rows.iter().filter_map(ends_wrongly).collect::<Vec<_>>()))
            .collect();
        let wrong = running.into_iter().map(|thread| thread.join().unwrap());
        wrong.flatten().collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_source_of_a_fault_is_there() {
    let mut cases = BTreeSet::new();
    for fault in Fault::ALL {
        let sources = fault.row().sources;
        assert!(!sources.is_empty(), "{fault}");
        for source in sources {
            match source {
                Source::Checklist(line) => assert!((1..=45).contains(line), "{fault}"),
                Source::Quirk(row) => assert!((1..=ROWS).contains(row), "{fault}"),
                Source::Case(id) => drop(cases.insert(*id)),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lists: Vec<String> = LISTS
        .iter()
        .filter_map(|list| fs::read_to_string(root.join(list)).ok())
        .collect();
    if lists.len() < LISTS.len() {
        println!("skipped: the lists of TR-03105 are not here");
        return;
    }
    let known: BTreeSet<&str> = lists
        .iter()
        .flat_map(|list| list.lines())
        .filter_map(|line| line.split(',').next())
        .collect();
    let unknown: Vec<_> = cases.iter().filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_category_has_faults() {
    for category in Category::ALL {
        let of = |fault: &Fault| fault.category() == category;
        let count = Fault::ALL.into_iter().filter(of).count();
        println!("{}: {count}", category.code());
        assert!(count >= 3, "{}", category.code());
    }
}
