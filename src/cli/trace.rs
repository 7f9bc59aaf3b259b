//! `trace`: keeping a whole conversation with a card, running it again, and giving it away without
//! the person in it.

use std::path::Path;
use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::records::Terms;
use crate::cli::arguments::records::Trace;
use crate::cli::asked;
use crate::cli::attest::Signing;
use crate::cli::config::Settings;
use crate::cli::input;
use crate::cli::inspect;
use crate::cli::inspect::Opened;
use crate::cli::inspect::Session;
use crate::cli::output::Output;
use crate::cli::save::Saving;
use crate::error::Error;
use crate::error::SetupError;
use crate::reader::Plan;
use crate::redact;
use crate::redact::Comparison;
use crate::redact::Finding;
use crate::redact::Redacted;
use crate::render::reveal::Reveal;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::transport::trace;
use crate::transport::trace::Recorder;

/// Longest trace accepted, in bytes: a full read in short APDUs, in hexadecimal, ten times over.
const MAX_TRACE: usize = 16 * 1024 * 1024;

/// Most differences that are told to people one by one; JSON has more.
const MAX_TOLD: usize = 20;

/// How many seeds are tried where none was given.
const SEEDS: u32 = 16;

/// Longest time for a replay, which waits for nothing.
const REPLAY_LIMIT: Duration = Duration::from_secs(60);

/// Keeps a conversation, or runs a kept one again.
pub(super) fn run(request: &Trace, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Trace::Record { file, read } => {
            let reveal = inspect::reveal(&read.reveal)?;
            let mut session = Session::begin(read, settings, out)?;
            let keeping = Saving::begin(file)?;
            let saving = inspect::saving(read)?;
            let Opened {
                card,
                waiting,
                plan,
                clock,
                random,
            } = inspect::open(read, session.take_persona(), settings, out)?;
            let recorder = Recorder::new();
            let inspected = session.inspect(
                &mut recorder.transport(card),
                &plan,
                inspect::limit(read),
                &mut recorder.random(random),
            );
            inspect::tell_waiting(waiting.as_ref(), out);
            // A conversation that failed is the more worth keeping.
            keeping.finish(recorder.text().as_bytes())?;
            let signing = Signing::none();
            inspect::finish(&inspected?, saving, signing, clock.as_ref(), &reveal, out)
        }
        Trace::Replay { file, terms } => replay(file, terms, settings, out),
        Trace::Redact {
            file,
            terms,
            out: place,
            seed,
        } => {
            let original = text(file)?;
            let keeping = Saving::begin(place)?;
            let plan = plan(terms, settings)?;
            let redacted = match seed {
                Some(seed) => redact::redact(&original, &plan, seed, settings.now)?,
                None => of_any_seed(&original, &plan, settings.now)?,
            };
            keeping.finish(redacted.text.as_bytes())?;
            let comparison = &redacted.comparison;
            out.answer(&told(comparison, out.lang), &comparison.to_json())?;
            Ok(Ended::Done)
        }
        Trace::Lint {
            file,
            original,
            terms,
        } => {
            let redacted = text(file)?;
            let found = match original {
                None => redact::lint(&redacted, settings.now)?,
                Some(original) => {
                    let original = text(original)?;
                    let plan = plan(terms, settings)?;
                    redact::lint_against(&redacted, &original, &plan, settings.now)?
                }
            };
            let json: Vec<Value> = found
                .iter()
                .map(|one| {
                    json!({ "code": one.kind.code(), "exchange": one.exchange, "place": one.place })
                })
                .collect();
            let json = json!({ "schema": "cancuoc.lint/1", "found": json });
            let mut words: Vec<String> = found.iter().map(|one| line(one, out.lang)).collect();
            if words.is_empty() {
                let clean = out.lang.choose(
                    "Không thấy gì của người thật trong tệp này.",
                    "Nothing of a person was found in this file.",
                );
                words.push(clean.to_owned());
            }
            out.answer(&format!("{}\n", words.join("\n")), &json)?;
            Ok(if found.is_empty() {
                Ended::Done
            } else {
                Ended::Found
            })
        }
    }
}

/// Redacts under the first seed that leaves nothing of the original: a word may be invented that was
/// there by chance.
fn of_any_seed(original: &str, plan: &Plan, now: SystemTime) -> Result<Redacted, Error> {
    let mut number = 1;
    loop {
        let seed = match number {
            1 => redact::SEED.to_owned(),
            _ => format!("{} {number}", redact::SEED),
        };
        let redacted = redact::redact(original, plan, &seed, now);
        let residue = matches!(redacted, Err(Error::Setup(SetupError::TraceResidue { .. })));
        if !residue || number == SEEDS {
            return redacted;
        }
        number += 1;
    }
}

/// Runs a conversation again. One that was redacted has its key and its terms in its header, and
/// verifies under the test root of its country and no other.
fn replay(file: &Path, terms: &Terms, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let trace = trace::Trace::parse(&text(file)?)?;
    let session = Session::offline(settings, out)?;
    let (session, plan) = match trace.redaction().filter(|_| terms.key.is_none()) {
        Some(redaction) => {
            let plan = redact::plan(redaction)?;
            (session.trusting(redact::trust(redaction)?), plan)
        }
        None => (session, plan(terms, settings)?),
    };
    let (mut card, mut random) = trace.replay();
    let mut inspected = session.inspect(&mut card, &plan, REPLAY_LIMIT, &mut random)?;
    // How long it took says nothing of the card, and is not the same twice.
    inspected.verifying = Duration::ZERO;
    inspected.asking = Duration::ZERO;
    inspect::finish(
        &inspected,
        None,
        Signing::none(),
        None,
        &Reveal::nothing(),
        out,
    )
}

/// The plan under which a conversation was recorded.
fn plan(terms: &Terms, settings: &Settings) -> Result<Plan, Error> {
    let terminal = settings.terminal(terms.terminal.as_deref())?;
    let plan = asked::plan(
        terms.key.as_deref(),
        terms.groups.as_deref(),
        terms.challenge.as_deref(),
        None,
        settings,
    )?;
    Ok(Plan {
        terminal,
        applications: asked::applications(&terms.applications),
        ..plan
    })
}

/// What became of a conversation, for people.
fn told(comparison: &Comparison, lang: Lang) -> String {
    let [before, after] = comparison.exchanges();
    let different = comparison.differences().len();
    // A verdict, or the code of an error.
    let ending = comparison.ends_with();
    let ending = words::label(Labelled::Verdict, ending, lang).unwrap_or(ending);
    let mut lines = vec![match lang {
        Lang::Vi => format!(
            "Đã viết lại {after} lượt trao đổi (bản gốc {before}), khác dạng {different} lượt; kết quả đọc: {ending}.",
        ),
        Lang::En => format!(
            "{after} exchanges rewritten (of {before}), {different} of another shape; a read of it ends with: {ending}.",
        ),
    }];
    for one in comparison.differences().iter().take(MAX_TOLD) {
        let (before, after) = (&one.before, &one.after);
        lines.push(format!("  {}: {before} -> {after}", one.exchange));
    }
    for (file, before, after) in comparison.lengths() {
        lines.push(format!("  {file}: {before} -> {after}"));
    }
    for (check, before, after) in comparison.outcomes() {
        lines.push(format!("  {check}: {before} -> {after}"));
    }
    lines.extend(comparison.notes().iter().map(|note| format!("  {note}")));
    lines.push(String::new());
    lines.join("\n")
}

/// Something that the lint found, for people.
fn line(finding: &Finding, lang: Lang) -> String {
    let (vi, en) = finding.kind.words();
    let mut text = format!("{}: {}", finding.kind.code(), lang.choose(vi, en));
    if !finding.place.is_empty() {
        text.push_str(&format!(" ({})", finding.place));
    }
    if let Some(exchange) = finding.exchange {
        let word = lang.choose("lượt", "exchange");
        text.push_str(&format!(", {word} {exchange}"));
    }
    text
}

/// The text of a trace.
fn text(path: &Path) -> Result<String, SetupError> {
    let unreadable = |_| SetupError::TraceUnreadable {
        path: path.display().to_string(),
    };
    let bytes = input::read_bounded(path, MAX_TRACE).map_err(unreadable)?;
    if bytes.len() > MAX_TRACE {
        return Err(SetupError::TraceMalformed { line: 1 });
    }
    String::from_utf8(bytes).map_err(|_| SetupError::TraceMalformed { line: 1 })
}
