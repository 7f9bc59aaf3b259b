//! `trust update`: everything again from where it came, and the CRLs that the authorities publish.
//! Each source succeeds or fails by itself; what cannot be had leaves the old in place.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::io::stderr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

use serde_json::json;

use super::Answer;
use super::Applied;
use super::Certificates;
use super::know;
use super::know_store;
use super::open;
use super::source::Source;
use crate::cli::Ended;
use crate::cli::arguments::trust::TrustUpdate;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TrustError;
use crate::render::trust;
use crate::render::trust::changes;
use crate::render::words;
use crate::render::words::Lang;
use crate::trust::change::Confirmation;
use crate::trust::change::Offer;
use crate::trust::fetch::is_url;
use crate::trust::kept::Kept;
use crate::trust::kept::Word;

/// How many servers are asked at a time.
const AT_A_TIME: usize = 8;

/// Most addresses that one update asks.
const MOST: usize = 512;

/// Most failures of one kind that are told one by one: without a network all of them are.
const MOST_TOLD: usize = 5;

/// Something to bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    source: String,
    word: Word,
}

/// What came of one.
struct Tried {
    target: Target,
    outcome: Result<Answer, Error>,
}

/// Brings the store up to date.
pub(super) fn update(
    request: &TrustUpdate,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    let mut kept = open(settings)?;
    let applied = Applied::unless(request.dry_run);
    let (targets, unfetched) = targets(request, &kept);
    if targets.is_empty() && request.country.is_some() {
        out.remark(
            "Không có nguồn nào trên mạng của quốc gia này để lấy lại.",
            "There is no address to fetch from for this country.",
        );
    } else if targets.is_empty() {
        out.remark(
            "Không có nguồn nào trên mạng để lấy lại: những gì thêm từ tệp chỉ cập nhật được bằng “cancuoc trust update TỆP”.",
            "There is no address to fetch from: what was added from files is brought up to date with “cancuoc trust update FILE”.",
        );
    } else if stderr().is_terminal() {
        let count = targets.len();
        out.remark(
            &format!("Đang lấy {count} nguồn…"),
            &format!("Fetching {count} sources…"),
        );
    }
    let sources = fetch(&targets, request.timeout);
    let mut tried = Vec::new();
    for (target, source) in targets.into_iter().zip(sources) {
        let outcome = source.and_then(|source| take(&mut kept, &target, source, settings, applied));
        tried.push(Tried { target, outcome });
    }
    tell(&kept, &tried, &unfetched, applied, out)?;
    let failed = tried.into_iter().find_map(|one| one.outcome.err());
    Ok(failed.map_or(Ended::Done, Ended::Unfinished))
}

/// What to fetch, and the addresses that are not fetched.
fn targets(request: &TrustUpdate, kept: &Kept) -> (Vec<Target>, Vec<String>) {
    let wanted = request.country.as_deref().map(super::country);
    let of_country = |of: Option<&str>| wanted.is_none() || of == wanted.as_deref();
    let mut known: BTreeMap<String, Word> = BTreeMap::new();
    for entry in kept.entries() {
        if !of_country(entry.country.as_deref()) {
            continue;
        }
        known.entry(entry.source).or_insert(entry.word);
    }
    if !request.sources.is_empty() {
        let named = request.sources.iter().map(|source| Target {
            source: source.clone(),
            word: known.get(source).copied().unwrap_or_default(),
        });
        return (named.collect(), Vec::new());
    }
    let (mut targets, mut unfetched) = (Vec::new(), Vec::new());
    for (source, word) in known {
        if is_url(&source) {
            targets.push(Target { source, word });
        }
    }
    // RFC 5280, 4.2.1.13: where the authority publishes its CRLs.
    for anchor in kept.trust().anchors() {
        if !of_country(anchor.certificate.country().as_deref()) {
            continue;
        }
        for url in anchor.certificate.crl_urls() {
            let target = Target {
                source: url.clone(),
                word: Word::National,
            };
            if !fetches(url) {
                unfetched.push(url.clone());
            } else if !targets.iter().any(|one| one.source == *url) {
                targets.push(target);
            }
        }
    }
    unfetched.sort();
    unfetched.dedup();
    targets.truncate(MOST);
    (targets, unfetched)
}

/// Whether an address is of a kind that is fetched.
fn fetches(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// Fetches several at a time, in the order in which they were named.
fn fetch(targets: &[Target], timeout: Option<u64>) -> Vec<Result<Source, Error>> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Result<Source, Error>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(targets.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(target) = targets.get(index) else {
                        break;
                    };
                    let source = Source::obtain(&target.source, timeout);
                    // A thread that fell while it held the list cannot have spoilt it.
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.push((index, source));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, source)| source).collect()
}

/// Takes what was fetched into the store, by the same rules as ever: a new root needs its
/// fingerprint, which nobody gives here.
fn take(
    kept: &mut Kept,
    target: &Target,
    source: Source,
    settings: &Settings,
    applied: Applied,
) -> Result<Answer, Error> {
    let holdings = source.holdings()?;
    let mut certificates = Certificates::new();
    know_store(&mut certificates, kept);
    know(&mut certificates, &holdings);
    let offer = Offer {
        holdings,
        source: source.name,
        as_: target.word,
    };
    let proposal = kept
        .propose(offer, &Confirmation::default(), settings.timestamp()?)
        .map_err(SetupError::from)?;
    if let Some(need) = proposal.needs().first() {
        let what = format!(
            "{} {}",
            need.item.subject,
            hex::encode(need.item.fingerprint)
        );
        return Err(SetupError::from(TrustError::Unconfirmed { what }).into());
    }
    let answer = Answer::of(&proposal, &certificates, settings)?;
    if applied == Applied::Yes {
        kept.apply(proposal).map_err(SetupError::from)?;
    }
    Ok(answer)
}

/// Says what came of each source.
fn tell(
    kept: &Kept,
    tried: &[Tried],
    unfetched: &[String],
    applied: Applied,
    out: &Output,
) -> Result<(), SetupError> {
    let mut text = String::new();
    let mut sources = Vec::new();
    let mut failures: BTreeMap<&str, usize> = BTreeMap::new();
    for one in tried {
        let source = trust::name(&one.target.source, out.lang);
        match &one.outcome {
            Ok(answer) if answer.unchanged() => {
                let words = out.lang.choose("không có gì mới", "nothing new");
                let _ = writeln!(text, "= {source}: {words}");
                sources.push(json!({"source": one.target.source, "outcome": "unchanged"}));
            }
            Ok(answer) => {
                let _ = writeln!(text, "✓ {source}");
                for line in answer.text.lines() {
                    let _ = writeln!(text, "  {line}");
                }
                sources.push(json!({
                    "source": one.target.source,
                    "outcome": "updated",
                    "summary": answer.summary,
                    "changes": answer.changes,
                }));
            }
            Err(error) => {
                let code = error.code();
                let count = failures.entry(code).or_default();
                *count = count.saturating_add(1);
                if *count <= MOST_TOLD {
                    let sentence = words::sentence(code, out.lang);
                    let _ = writeln!(text, "✗ {source}: {sentence} [{code}]");
                }
                sources.push(json!({
                    "source": one.target.source,
                    "outcome": "failed",
                    "error": changes::error_json(error),
                }));
            }
        }
    }
    for (code, count) in failures {
        let more = count.saturating_sub(MOST_TOLD);
        if more > 0 {
            let sentence = words::sentence(code, out.lang);
            let _ = match out.lang {
                Lang::Vi => writeln!(text, "✗ {more} nguồn khác: {sentence} [{code}]"),
                Lang::En => writeln!(text, "✗ {more} more: {sentence} [{code}]"),
            };
        }
    }
    for url in unfetched {
        let words = out.lang.choose(
            "không tải, vì không phải http hay https",
            "not fetched, being neither http nor https",
        );
        let _ = writeln!(text, "· {}: {words}", trust::name(url, out.lang));
        sources.push(json!({"source": url, "outcome": "not_fetched"}));
    }
    let count = |wanted: fn(&Tried) -> bool| tried.iter().filter(|one| wanted(one)).count();
    let updated = count(|one| one.outcome.as_ref().is_ok_and(|answer| !answer.unchanged()));
    let unchanged = count(|one| one.outcome.as_ref().is_ok_and(Answer::unchanged));
    let failed = count(|one| one.outcome.is_err());
    let _ = match out.lang {
        Lang::Vi => writeln!(
            text,
            "Có thay đổi: {updated}, không có gì mới: {unchanged}, không lấy được: {failed}."
        ),
        Lang::En => writeln!(
            text,
            "changed: {updated}, nothing new: {unchanged}, failed: {failed}"
        ),
    };
    if failed > 0 {
        let words = out.lang.choose(
            "Những gì đang có trong kho vẫn giữ nguyên ở nơi không lấy được bản mới.",
            "Where nothing new could be had, what is in the store stays.",
        );
        let _ = writeln!(text, "{words}");
    }
    let place = kept.path().display().to_string();
    out.answer(
        &text,
        &json!({
            "schema": "cancuoc.trust_changes/1",
            "place": place,
            "revision": kept.revision().0,
            "applied": applied == Applied::Yes && updated > 0,
            "summary": {"changed": updated, "unchanged": unchanged, "failed": failed},
            "sources": sources,
        }),
    )
}
