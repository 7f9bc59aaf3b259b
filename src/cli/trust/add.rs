//! `trust add`: shows what would change, has it confirmed, and does it.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::io::Write;
use std::io::stderr;
use std::io::stdin;

use dialoguer::Confirm;
use dialoguer::Input;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Applied;
use super::Certificates;
use super::digits;
use super::know;
use super::know_store;
use super::open;
use super::source::Source;
use super::whole;
use crate::bytes::legible::legible;
use crate::cli::Ended;
use crate::cli::Refusal;
use crate::cli::arguments::Format;
use crate::cli::arguments::trust::TrustAdd;
use crate::cli::arguments::trust::Word;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::render::trust;
use crate::render::words::Lang;
use crate::trust::change::Confirmation;
use crate::trust::change::Offer;
use crate::trust::change::Proposal;
use crate::trust::holding::Content;
use crate::trust::holding::Holding;
use crate::trust::kept;

/// Fewest digits of a published fingerprint that a person types. Eight could be hit by somebody who
/// makes key after key for a day.
const FEWEST_TYPED: usize = 16;

/// Adds what the sources hold.
pub(super) fn add(request: &TrustAdd, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let mut kept = open(settings)?;
    let now = settings.timestamp()?;
    let mut confirmation = Confirmation {
        fingerprints: request
            .fingerprint
            .iter()
            .map(|text| whole(text))
            .collect::<Result<_, _>>()?,
        beside: request.beside,
    };
    let offers = offers(request)?;
    let mut certificates = Certificates::new();
    know_store(&mut certificates, &kept);
    for offer in &offers {
        know(&mut certificates, &offer.holdings);
    }
    let propose = |confirmation: &Confirmation| kept.propose_all(offers.clone(), confirmation, now);
    let mut proposal = match propose(&confirmation) {
        Ok(proposal) => proposal,
        Err(error @ (TrustError::ListSignerUnknown { .. } | TrustError::ListPublisher { .. })) => {
            let refusal = unknown(error, &offers, &certificates, request, settings)?;
            return Ok(Ended::Refused(refusal));
        }
        Err(TrustError::SameName { what }) => {
            let error = TrustError::SameName { what };
            return Ok(Ended::Refused(beside(error, &offers, request, settings)?));
        }
        Err(error) => return Err(SetupError::from(error).into()),
    };
    let asked = asks(request, out) && !proposal.is_empty();
    if asked {
        let shown = Answer::of(&proposal, &certificates, settings)?.text;
        // Nobody is left to ask when standard error is closed; the prompt then fails.
        let _ = stderr().write_all(shown.as_bytes());
        if proposal.needs().is_empty() {
            if confirmation.fingerprints.is_empty() && !agreed(out.lang) {
                out.remark(
                    "Kho tin cậy không thay đổi.",
                    "The trust store does not change.",
                );
                return Ok(Ended::Done);
            }
        } else {
            let typed = typed(&proposal, out.lang)?;
            confirmation.fingerprints.extend(typed);
            proposal = propose(&confirmation).map_err(SetupError::from)?;
        }
    }
    let mut answer = Answer::of(&proposal, &certificates, settings)?;
    if asked {
        // It was shown above the question.
        answer.text.clear();
    }
    if !proposal.needs().is_empty() {
        let refusal = unconfirmed(&proposal, &certificates, request, settings)?;
        if request.dry_run {
            answer.tell(&kept, Applied::No, out)?;
            return Ok(Ended::Unfinished(refusal.error));
        }
        return Ok(Ended::Refused(refusal));
    }
    if !request.dry_run {
        kept.apply(proposal).map_err(SetupError::from)?;
    }
    answer.tell(&kept, Applied::unless(request.dry_run), out)?;
    Ok(Ended::Done)
}

/// Reads every source before anything is decided.
fn offers(request: &TrustAdd) -> Result<Vec<Offer>, Error> {
    let mut offers = Vec::new();
    for source in &request.sources {
        let source = Source::obtain(source, request.timeout)?;
        offers.push(Offer {
            holdings: source.holdings()?,
            source: source.name,
            as_: word(request.word),
        });
    }
    Ok(offers)
}

const fn word(word: Option<Word>) -> kept::Word {
    match word {
        None | Some(Word::Operator) => kept::Word::Operator,
        Some(Word::National) => kept::Word::National,
        Some(Word::Pkd) => kept::Word::Pkd,
    }
}

/// Whether there is a person to ask.
fn asks(request: &TrustAdd, out: &Output) -> bool {
    let piped = request.sources.iter().any(|source| source == "-");
    out.format == Format::Text
        && !request.dry_run
        && !piped
        && stdin().is_terminal()
        && stderr().is_terminal()
}

fn agreed(lang: Lang) -> bool {
    Confirm::new()
        .with_prompt(lang.choose("Thực hiện những thay đổi trên?", "Make these changes?"))
        .default(false)
        .interact()
        .unwrap_or(false)
}

/// Has a person type the beginning of the fingerprint that he has from elsewhere. A mere yes is not
/// enough: it would be given without looking.
fn typed(proposal: &Proposal, lang: Lang) -> Result<Vec<[u8; 32]>, SetupError> {
    let mut confirmed = Vec::new();
    for need in proposal.needs() {
        let subject = trust::name(&need.item.subject, lang);
        let words = match lang {
            Lang::Vi => format!(
                "Để tin {subject}, vui lòng so cả dấu vân tay ở trên với bản do cơ quan cấp công bố, rồi gõ ít nhất mười sáu chữ số đầu của bản công bố đó. Để trống để thôi."
            ),
            Lang::En => format!(
                "To trust {subject}, compare the whole fingerprint above with the one that the authority publishes, then type at least the first sixteen digits of the published one. Type nothing to stop."
            ),
        };
        let _ = writeln!(stderr(), "\n{words}");
        let text: String = Input::new()
            .with_prompt(lang.choose("Dấu vân tay công bố", "Published fingerprint"))
            .allow_empty(true)
            .interact_text()
            .unwrap_or_default();
        if text.trim().is_empty() {
            continue;
        }
        let given = digits(&text)?;
        if given.len() < FEWEST_TYPED {
            return Err(SetupError::TrustFingerprint { text: given });
        }
        if !hex::encode(need.item.fingerprint).starts_with(&given) {
            return Err(SetupError::TrustDiffers { what: subject });
        }
        confirmed.push(need.item.fingerprint);
    }
    Ok(confirmed)
}

/// What is not vouched for, and the command that would vouch for it.
fn unconfirmed(
    proposal: &Proposal,
    certificates: &Certificates,
    request: &TrustAdd,
    settings: &Settings,
) -> Result<Refusal, Error> {
    let needed: Vec<[u8; 32]> = proposal
        .needs()
        .iter()
        .map(|need| need.item.fingerprint)
        .collect();
    let subjects: Vec<String> = proposal
        .needs()
        .iter()
        .map(|need| trust::name(&need.item.subject, settings.manner.lang))
        .collect();
    let what = subjects.join("; ");
    // Somebody gave a fingerprint, and nothing that was offered has it.
    let astray = request
        .fingerprint
        .iter()
        .any(|text| whole(text).is_ok_and(|given| !certificates.contains_key(&given)));
    let error = if astray {
        SetupError::TrustDiffers { what }
    } else {
        TrustError::Unconfirmed { what }.into()
    };
    let shown: Vec<&Certificate> = needed
        .iter()
        .filter_map(|fingerprint| certificates.get(fingerprint))
        .collect();
    let command = (!astray).then(|| command(request, settings, &needed));
    refusal(error, "unconfirmed", &shown, command, settings)
}

/// Who signed a list that nobody known signed or whose publisher nobody chose, and the command that
/// would accept him.
fn unknown(
    error: TrustError,
    offers: &[Offer],
    certificates: &Certificates,
    request: &TrustAdd,
    settings: &Settings,
) -> Result<Refusal, Error> {
    let signers = offers
        .iter()
        .flat_map(|offer| &offer.holdings)
        .flat_map(|holding| authorities(holding, certificates));
    let signers: Vec<Certificate> = signers.collect();
    // Of several lists the one that was refused is meant.
    let named = |one: &&Certificate| error.subject().contains(&hex::encode(one.fingerprint()));
    let mut shown: Vec<&Certificate> = signers.iter().filter(named).collect();
    if shown.is_empty() {
        shown = signers.iter().collect();
    }
    let command = shown
        .last()
        .map(|last| command(request, settings, &[*last.fingerprint()]));
    refusal(error.into(), "signers", &shown, command, settings)
}

/// Roots of a name that is there already, and the command that would keep both.
fn beside(
    error: TrustError,
    offers: &[Offer],
    request: &TrustAdd,
    settings: &Settings,
) -> Result<Refusal, Error> {
    let offered = offers.iter().flat_map(|offer| &offer.holdings);
    let roots: Vec<&Certificate> = offered
        .filter_map(|holding| match &holding.content {
            Content::Certificate(one) if one.self_keyed() => Some(one.as_ref()),
            _ => None,
        })
        .collect();
    let fingerprints: Vec<[u8; 32]> = roots.iter().map(|root| *root.fingerprint()).collect();
    let mut command = command(request, settings, &fingerprints);
    if !request.beside {
        command.push_str(" --beside");
    }
    refusal(error.into(), "unconfirmed", &roots, Some(command), settings)
}

/// Who signed a list, and the authority above him where the list or the store holds it.
fn authorities(holding: &Holding, certificates: &Certificates) -> Vec<Certificate> {
    let mut found = match &holding.content {
        Content::MasterList(list) => list.signers(),
        Content::DeviationList(list) => list.signers(),
        _ => return Vec::new(),
    };
    let mut above = Vec::new();
    for signer in &found {
        let issuer = certificates
            .values()
            .filter(|one| one.self_issued() && one.subject() == signer.issuer())
            .find(|one| {
                let key = one.public_key();
                key.is_ok_and(|key| signer.verify(&key).is_ok())
            });
        above.extend(issuer.cloned());
    }
    found.extend(above);
    let mut known = BTreeSet::new();
    found.retain(|one| known.insert(*one.fingerprint()));
    found
}

fn refusal(
    error: SetupError,
    name: &str,
    shown: &[&Certificate],
    command: Option<String>,
    settings: &Settings,
) -> Result<Refusal, Error> {
    let (now, lang) = (settings.timestamp()?, settings.manner.lang);
    let mut words = String::new();
    let mut facts = Map::new();
    for certificate in shown {
        words.push('\n');
        trust::certificate(&mut words, certificate, now, lang);
    }
    if let Some(command) = command {
        let label = lang.choose(
            "Khi dấu vân tay đúng như bản do cơ quan cấp công bố:",
            "Once the fingerprint is the one that the authority publishes:",
        );
        // A name that a terminal cannot show as it is cannot be copied from there either.
        if legible(&command) == command && !command.contains(char::is_control) {
            words.push_str(&format!("\n{label}\n  {command}\n"));
        }
        facts.insert("command".to_owned(), json!(command));
    }
    let shown: Vec<Value> = shown
        .iter()
        .map(|one| Value::Object(trust::certificate_json(one, now)))
        .collect();
    facts.insert(name.to_owned(), json!(shown));
    Ok(Refusal {
        error: error.into(),
        words,
        facts,
    })
}

/// The same command with these fingerprints.
fn command(request: &TrustAdd, settings: &Settings, fingerprints: &[[u8; 32]]) -> String {
    let mut command = "cancuoc trust add".to_owned();
    for source in &request.sources {
        command.push(' ');
        command.push_str(&quoted(source));
    }
    for place in settings.trust_named() {
        command.push_str(" --trust ");
        command.push_str(&quoted(&place.display().to_string()));
    }
    match request.word {
        None | Some(Word::Operator) => {}
        Some(Word::National) => command.push_str(" --as national"),
        Some(Word::Pkd) => command.push_str(" --as pkd"),
    }
    if request.beside {
        command.push_str(" --beside");
    }
    let given = request
        .fingerprint
        .iter()
        .filter_map(|text| whole(text).ok());
    let mut all: Vec<[u8; 32]> = given.chain(fingerprints.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    for fingerprint in all {
        command.push_str(" --fingerprint ");
        command.push_str(&hex::encode(fingerprint));
    }
    command
}

/// A word of a command line as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-_./:@%+=,".contains(one);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
