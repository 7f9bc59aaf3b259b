//! `trust`: what is trusted, who said so, and how it changes.

mod add;
mod list;
mod source;
mod update;

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use crate::bytes::country::two_letters;
use crate::cli::Ended;
use crate::cli::arguments::trust::Trust;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::render::trust;
use crate::render::trust::changes::Changes;
use crate::render::words::Lang;
use crate::trust::change::Proposal;
use crate::trust::holding::Content;
use crate::trust::holding::Holding;
use crate::trust::kept::Kept;

/// Fewest digits that name an entry.
const FEWEST_DIGITS: usize = 8;

/// Digits of a whole fingerprint.
const ALL_DIGITS: usize = 64;

/// Certificates by their fingerprint.
type Certificates = BTreeMap<[u8; 32], Certificate>;

/// Runs one of its commands.
pub(super) fn run(request: &Trust, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    match request {
        Trust::Add(request) => add::add(request, settings, out),
        Trust::List { country, expired } => list::list(country.as_deref(), *expired, settings, out),
        Trust::Show { what } => list::show(what, settings, out),
        Trust::Update(request) => update::update(request, settings, out),
        Trust::Remove {
            fingerprints,
            dry_run,
        } => remove(fingerprints, *dry_run, settings, out),
    }
}

/// Takes entries out.
fn remove(
    fingerprints: &[String],
    dry_run: bool,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    let mut kept = open(settings)?;
    let mut there: Vec<[u8; 32]> = kept.entries().iter().map(|one| one.fingerprint).collect();
    there.sort_unstable();
    there.dedup();
    let fingerprints = fingerprints
        .iter()
        .map(|text| named(text, &there))
        .collect::<Result<Vec<_>, _>>()?;
    let proposal = kept
        .propose_removal(&fingerprints, settings.timestamp()?)
        .map_err(SetupError::from)?;
    let mut certificates = Certificates::new();
    know_store(&mut certificates, &kept);
    let answer = Answer::of(&proposal, &certificates, settings)?;
    if !dry_run {
        kept.apply(proposal).map_err(SetupError::from)?;
    }
    answer.tell(&kept, Applied::unless(dry_run), out)?;
    Ok(Ended::Done)
}

/// Opens the store that is kept, which must be there.
fn open(settings: &Settings) -> Result<Kept, SetupError> {
    Ok(Kept::open_or_create(&settings.trust_place()?)?)
}

/// The digits of a fingerprint as people write them: in groups, with colons, in either case.
fn digits(text: &str) -> Result<String, SetupError> {
    // As openssl prints it: `sha256 Fingerprint=6F:0A:…`.
    let text = text.rsplit_once('=').map_or(text, |(_, digits)| digits);
    let text = text.trim();
    let bare = text
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("sha256:"))
        .map_or(text, |start| text.get(start.len()..).unwrap_or_default());
    let digits: String = bare
        .chars()
        .filter(|one| !one.is_whitespace() && !matches!(one, ':' | '-'))
        .map(|one| one.to_ascii_lowercase())
        .collect();
    let hexadecimal = digits.chars().all(|one| one.is_ascii_hexdigit());
    if !hexadecimal || digits.len() < FEWEST_DIGITS || digits.len() > ALL_DIGITS {
        return Err(SetupError::TrustFingerprint {
            text: text.chars().take(ALL_DIGITS).collect(),
        });
    }
    Ok(digits)
}

/// A country as certificates name it, from its two letters or the three of documents.
fn country(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    two_letters(&upper).map_or(upper, str::to_owned)
}

/// A whole fingerprint.
fn whole(text: &str) -> Result<[u8; 32], SetupError> {
    let mut fingerprint = [0; 32];
    hex::decode_to_slice(digits(text)?, &mut fingerprint).map_err(|_| {
        SetupError::TrustFingerprint {
            text: text.chars().take(ALL_DIGITS).collect(),
        }
    })?;
    Ok(fingerprint)
}

/// The one fingerprint that begins with these digits; `there` holds each once.
fn named(text: &str, there: &[[u8; 32]]) -> Result<[u8; 32], SetupError> {
    let digits = digits(text)?;
    let mut found = there
        .iter()
        .filter(|fingerprint| hex::encode(fingerprint).starts_with(&digits));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(*one),
        (Some(_), Some(_)) => Err(SetupError::TrustAmbiguous { text: digits }),
        (None, _) => Err(not_found(digits)),
    }
}

fn not_found(what: String) -> SetupError {
    TrustError::NotFound { what }.into()
}

/// Remembers the certificates that were offered, also those inside of lists.
fn know(certificates: &mut Certificates, holdings: &[Holding]) {
    let mut put = |one: &Certificate| certificates.insert(*one.fingerprint(), one.clone());
    for holding in holdings {
        match &holding.content {
            Content::Certificate(one) => {
                put(one);
            }
            Content::MasterList(list) => {
                for one in &list.certificates {
                    put(one);
                }
            }
            _ => {}
        }
    }
}

/// Remembers the certificates that the store holds.
fn know_store(certificates: &mut Certificates, kept: &Kept) {
    let store = kept.trust();
    let anchors = store.anchors().iter().map(|anchor| &anchor.certificate);
    for one in anchors.chain(store.links()).chain(store.signers()) {
        certificates.insert(*one.fingerprint(), one.clone());
    }
}

/// Whether the changes were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applied {
    Yes,
    No,
}

impl Applied {
    const fn unless(dry_run: bool) -> Self {
        if dry_run { Self::No } else { Self::Yes }
    }
}

/// What changes, in words and for programs, taken from a proposal before it is applied.
struct Answer {
    text: String,
    changes: Vec<Value>,
    needs: Vec<Value>,
    summary: Value,
}

impl Answer {
    fn of(
        proposal: &Proposal,
        certificates: &Certificates,
        settings: &Settings,
    ) -> Result<Self, SetupError> {
        let changes = Changes {
            changes: proposal.changes(),
            needs: proposal.needs(),
            certificates,
            now: settings.timestamp()?,
        };
        let needs = proposal.needs().iter();
        Ok(Self {
            text: changes.text(settings.manner.lang),
            changes: changes.json(),
            needs: needs
                .map(|need| Value::Object(changes.item(&need.item)))
                .collect(),
            summary: changes.summary(),
        })
    }

    fn tell(&self, kept: &Kept, applied: Applied, out: &Output) -> Result<(), SetupError> {
        let revision = kept.revision().0;
        let place = kept.path().display().to_string();
        let shown = trust::name(&place, out.lang);
        let last = match (self.changes.is_empty(), applied) {
            _ if self.unchanged() => out
                .lang
                .choose(
                    "Kho tin cậy không thay đổi.",
                    "The trust store does not change.",
                )
                .to_owned(),
            (_, Applied::No) => out
                .lang
                .choose(
                    "Chưa thay đổi gì (--dry-run).",
                    "Nothing was changed (--dry-run).",
                )
                .to_owned(),
            (_, Applied::Yes) => match out.lang {
                Lang::Vi => format!("Đã thay đổi kho tin cậy {shown} (lần thứ {revision})."),
                Lang::En => format!("The trust store {shown} was changed (revision {revision})."),
            },
        };
        out.answer(
            &format!("{}{last}\n", self.text),
            &json!({
                "schema": "cancuoc.trust_changes/1",
                "place": place,
                "revision": revision,
                "applied": applied == Applied::Yes && !self.unchanged(),
                "summary": self.summary,
                "changes": self.changes,
                "needs": self.needs,
            }),
        )
    }

    /// Whether there is nothing to do.
    fn unchanged(&self) -> bool {
        let skipped = |change: &Value| change.get("change") == Some(&json!("skipped"));
        self.needs.is_empty() && self.changes.iter().all(skipped)
    }
}
