//! `registry lookup`: a question to the registry without a card on a reader.
//!
//! Who is asked about comes from a file, standard input or a terminal. It is never an argument: arguments
//! show in the list of processes.

use std::fs::File;
use std::io::IsTerminal as _;
use std::io::Read;
use std::io::stdin;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use clap::Args;
use dialoguer::Input;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::attest::evidence;
use crate::bytes::date::PartialDate;
use crate::cli::Ended;
use crate::cli::config::Settings;
use crate::cli::input;
use crate::cli::inspect;
use crate::cli::output::Output;
use crate::cli::purpose::Purpose;
use crate::cli::save::Saving;
use crate::error::Error;
use crate::error::LineError;
use crate::error::SetupError;
use crate::lds::mrz::Sex;
use crate::pki::store::TrustStore;
use crate::registry::Answer;
use crate::registry::Attributes;
use crate::registry::CardKey;
use crate::registry::CitizenNumber;
use crate::registry::Expiry;
use crate::registry::Query;
use crate::registry::RegistryError;
use crate::registry::SodDigest;
use crate::render::answer;
use crate::render::json;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::verify::Outcome;
use crate::verify::Verdict;
use crate::workflow;
use crate::workflow::Judgement;

/// Schema of the answer.
const SCHEMA: &str = "cancuoc.lookup/1";

/// Largest EF.SOD, in bytes: five times the biggest seen.
const MAX_SOD: usize = 64 * 1024;

/// Longest file that tells of a person, in bytes.
const MAX_PERSON: usize = 16 * 1024;

/// Columns of the names before the values.
const MARGIN: usize = 26;

/// Who is asked about, and for what.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    /// File with the citizen number, or - for standard input [default: asked for on a terminal]
    #[arg(long, value_name = "FILE|-")]
    number: Option<PathBuf>,
    /// The card, by the SHA-256 of its EF.SOD in hexadecimal digits or by a file that holds EF.SOD
    #[arg(long, value_name = "SHA256|FILE")]
    sod: Option<String>,
    /// The card and everything it says, from a file that `read --save` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["number", "sod", "person"])]
    capture: Option<PathBuf>,
    /// TOML or JSON file, or - for standard input, with what is to be confirmed: number, name, birth,
    /// sex, nationality, document_number, expiry
    #[arg(long, value_name = "FILE|-")]
    person: Option<PathBuf>,
    #[command(flatten)]
    purpose: Purpose,
    /// Keep question and answer, as they were signed, in this file (personal data); `verify` checks it
    /// again
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

/// Asks, and says what was answered: 0 confirmed, 1 not in force or different, 2 could not ask, 3 no
/// answer that decides.
pub(super) fn run(request: &Lookup, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let query = query(request, settings, out.lang)?;
    let keeping = request.evidence.as_deref().map(Saving::begin).transpose()?;
    let registry = settings.registry(out)?;
    let registry = registry.ok_or(SetupError::from(LineError::NoRegistry))?;
    let begun = Instant::now();
    let answer = registry.check(&query);
    let took = begun.elapsed();
    let outcome = workflow::judge(&answer, &settings.policy);
    let answer = answer.as_ref();
    out.answer(
        &text(&outcome, answer.ok(), out.lang),
        &object(&outcome, answer, took),
    )?;
    if let Some(keeping) = keeping {
        let receipt = answer.ok().and_then(|answer| answer.receipt.as_ref());
        let Some(kept) = receipt.and_then(evidence::of) else {
            return Ok(Ended::Unfinished(
                SetupError::from(LineError::NoEvidence).into(),
            ));
        };
        if let Err(error) = keeping.finish(format!("{kept:#}\n").as_bytes()) {
            return Ok(Ended::Unfinished(error.into()));
        }
    }
    Ok(Ended::Judged(match &outcome {
        Outcome::Pass(_) => Verdict::Genuine,
        Outcome::Fail(_) => Verdict::NotInForce,
        Outcome::Open(_) => Verdict::Inconclusive,
    }))
}

/// The question that was asked for.
fn query(request: &Lookup, settings: &Settings, lang: Lang) -> Result<Query, SetupError> {
    let (context, disclose) = settings.purpose(&request.purpose)?;
    if let Some(path) = &request.capture {
        let trust = TrustStore::empty();
        let judgement = Judgement {
            context,
            disclose,
            ..settings.judgement(&trust)
        };
        let capture = inspect::load(path)?;
        let question = workflow::question(&capture, &judgement);
        return question.ok_or_else(|| SetupError::CaptureMalformed {
            path: path.display().to_string(),
        });
    }
    let sources = [&request.number, &request.person];
    let piped = |path: &&Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if sources.iter().filter(|path| piped(path)).count() > 1 {
        return Err(LineError::Person.into());
    }
    let person = match &request.person {
        None => Person::default(),
        Some(path) => Person::parse(&read(path)?)?,
    };
    let (of_person, attributes) = person.settle()?;
    let sod = request.sod.as_deref().map(sod).transpose()?;
    let number = match &request.number {
        Some(path) => Some(number(&read(path)?)?),
        None => of_person,
    };
    let number = match (number, &sod) {
        (None, None) if stdin().is_terminal() => Some(ask(lang)?),
        (None, None) => return Err(LineError::Person.into()),
        (number, _) => number,
    };
    Ok(Query {
        context,
        card: CardKey { sod, number },
        attributes,
        disclose,
    })
}

/// What a file says of a person, under the names that a register's columns have.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    number: Option<String>,
    name: Option<String>,
    birth: Option<String>,
    sex: Option<String>,
    nationality: Option<String>,
    document_number: Option<String>,
    expiry: Option<String>,
}

impl Person {
    /// Reads JSON, which begins with a brace, or TOML. What is wrong is not repeated: it may be a name.
    fn parse(text: &str) -> Result<Self, LineError> {
        let read = match text.trim_start().starts_with('{') {
            true => serde_json::from_str(text).ok(),
            false => toml::from_str(text).ok(),
        };
        read.ok_or(LineError::Person)
    }

    fn settle(self) -> Result<(Option<CitizenNumber>, Attributes), LineError> {
        let date = |text: String| PartialDate::from_iso(text.trim()).ok_or(LineError::Person);
        let attributes = Attributes {
            name: self.name,
            birth: self.birth.map(date).transpose()?,
            sex: self.sex.as_deref().map(sex).transpose()?,
            nationality: self.nationality,
            document_number: self.document_number,
            expiry: match self.expiry {
                Some(word) if word.trim() == "never" => Some(Expiry::Never),
                other => other.map(date).transpose()?.map(Expiry::Date),
            },
        };
        let number = self.number.as_deref().map(number).transpose()?;
        Ok((number, attributes))
    }
}

fn sex(word: &str) -> Result<Sex, LineError> {
    match word.trim() {
        "male" => Ok(Sex::Male),
        "female" => Ok(Sex::Female),
        "unspecified" => Ok(Sex::Unspecified),
        _ => Err(LineError::Person),
    }
}

fn number(text: &str) -> Result<CitizenNumber, LineError> {
    CitizenNumber::new(text.trim()).ok_or(LineError::Person)
}

/// A digest in 64 digits, else a file.
fn sod(given: &str) -> Result<SodDigest, SetupError> {
    let mut digest = [0; 32];
    if hex::decode_to_slice(given.trim(), &mut digest).is_ok() {
        return Ok(SodDigest::from_bytes(digest));
    }
    let bytes = input::read_bounded(Path::new(given), MAX_SOD);
    let bytes = bytes.ok().filter(|bytes| bytes.len() <= MAX_SOD);
    // EF.SOD has the tag 77 (Doc 9303-10 §4.6.2).
    let bytes = bytes.filter(|bytes| bytes.first() == Some(&0x77));
    Ok(SodDigest::of(&bytes.ok_or(LineError::SecurityObject)?))
}

fn read(path: &Path) -> Result<Zeroizing<String>, SetupError> {
    let unreadable = || SetupError::from(LineError::Person);
    let most = u64::try_from(MAX_PERSON).unwrap_or(u64::MAX);
    let mut text = Zeroizing::new(String::new());
    let source: Box<dyn Read> = match path == Path::new("-") {
        true => Box::new(stdin().lock()),
        false => Box::new(File::open(path).map_err(|_| unreadable())?),
    };
    source
        .take(most + 1)
        .read_to_string(&mut text)
        .map_err(|_| unreadable())?;
    if text.len() > MAX_PERSON {
        return Err(unreadable());
    }
    Ok(text)
}

fn ask(lang: Lang) -> Result<CitizenNumber, SetupError> {
    let prompt = lang.choose("Số định danh cá nhân", "Citizen number");
    let text: Result<String, _> = Input::new().with_prompt(prompt).interact();
    let text = Zeroizing::new(text.map_err(|_| LineError::Person)?);
    Ok(number(&text)?)
}

fn object(outcome: &Outcome, answer: Result<&Answer, &RegistryError>, took: Duration) -> Value {
    let mut out = json!({
        "schema": SCHEMA,
        "registry": json::outcome(outcome),
        "registry_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    let (Some(members), Ok(answer)) = (out.as_object_mut(), answer) else {
        return out;
    };
    let attributes: Map<String, Value> = answer
        .agreements
        .entries()
        .into_iter()
        .map(|(name, agreement)| (name.to_owned(), json!(agreement.code())))
        .collect();
    members.insert("decision".to_owned(), json!(answer.decision().word()));
    members.insert("card".to_owned(), json!({"status": answer.status.code()}));
    members.insert("person".to_owned(), json!({"status": answer.person.code()}));
    members.insert("attributes".to_owned(), Value::Object(attributes));
    members.extend(answer::members(answer));
    out
}

fn text(outcome: &Outcome, answer: Option<&Answer>, lang: Lang) -> String {
    let mark = match outcome {
        Outcome::Pass(_) => '✓',
        Outcome::Fail(_) => '✗',
        Outcome::Open(_) => '?',
    };
    let sentence = words::sentence(outcome.code(), lang);
    let mut out = format!("{mark} {sentence}\n");
    if !matches!(outcome, Outcome::Pass(_)) {
        out.push_str(&format!("→ {}\n", words::remedy(outcome.code(), lang)));
    }
    let facts = outcome.facts();
    let problem = facts.get("problem").map(String::as_str);
    let told = problem.and_then(|code| Some((code, words::label(Labelled::Problem, code, lang)?)));
    if let Some((code, words)) = told {
        out.push_str(&format!("  {words} [{code}]\n"));
    } else if let Some(reason) = facts.get("reason") {
        out.push_str(&format!("  {}\n", screen::line(reason, lang)));
    }
    let Some(answer) = answer else {
        return out;
    };
    out.push('\n');
    let mut line = |name: &str, value: &str| {
        let padding = MARGIN.saturating_sub(name.chars().count()).max(1);
        out.push_str(&format!("{name}{}{value}\n", " ".repeat(padding)));
    };
    let label = |kind, word: &'static str| words::label(kind, word, lang).unwrap_or(word);
    line(
        lang.choose("Thẻ", "Card"),
        label(Labelled::CardStatus, answer.status.code()),
    );
    line(
        lang.choose("Công dân", "Person"),
        label(Labelled::Person, answer.person.code()),
    );
    for (name, agreement) in answer.agreements.entries() {
        line(
            label(Labelled::Field, name),
            label(Labelled::Agreement, agreement.code()),
        );
    }
    line(
        lang.choose("Dữ liệu tính đến", "Data as of"),
        &json::time(answer.data_as_of),
    );
    out.push_str(&answer::text(answer, lang));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_in_toml_or_json() {
        let toml = "number = \"001099000123\"\nname = \"Nguyễn Mẫu\"\nbirth = \"1990\"\nexpiry = \"never\"";
        let json = r#"{"number": "001099000123", "name": "Nguyễn Mẫu", "birth": "1990", "expiry": "never"}"#;
        for text in [toml, json] {
            let (number, attributes) = Person::parse(text).unwrap().settle().unwrap();
            assert_eq!(number.unwrap().as_str(), "001099000123");
            assert!(attributes.expiry == Some(Expiry::Never));
            assert!(attributes.birth == PartialDate::from_iso("1990"));
        }
    }

    #[test]
    fn what_tells_of_nobody_is_refused_without_repeating_it() {
        for wrong in [
            "number = 1099000123",
            "number = \"123\"",
            "birth = \"31/12/1990\"",
            "sex = \"M\"",
            "religion = \"none\"",
            "{\"name\": ",
        ] {
            let error = Person::parse(wrong).and_then(Person::settle).err().unwrap();
            assert_eq!(error.code(), "registry.person_format");
            assert_eq!(error.subject(), None);
        }
    }
}
