//! `trust list` and `trust show`: what is trusted, on whose word, and how old it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::named;
use crate::cli::Ended;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::name;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::render::trust;
use crate::render::trust::Standing;
use crate::render::trust::changes;
use crate::render::words::Lang;
use crate::trust::kept::Entry;
use crate::trust::kept::Kept;
use crate::trust::kept::Kind;

/// What is trusted, and how it came that it is.
struct Trusted {
    store: TrustStore,
    /// The entries of the stores that are kept; a plain folder has none.
    entries: Vec<Entry>,
    kept: Vec<Kept>,
    now: Timestamp,
    lang: Lang,
}

impl Trusted {
    fn load(settings: &Settings) -> Result<Self, SetupError> {
        let mut kept = Vec::new();
        for place in settings.trust_places() {
            if Kept::is_at(&place) {
                kept.push(Kept::open(&place)?);
            }
        }
        Ok(Self {
            store: settings.trust()?,
            entries: kept.iter().flat_map(Kept::entries).collect(),
            kept,
            now: settings.timestamp()?,
            lang: settings.manner.lang,
        })
    }

    /// How a certificate, list or CRL came in. The operator's own word goes before a list's.
    fn entry(&self, fingerprint: &[u8; 32]) -> Option<&Entry> {
        let of_it = self
            .entries
            .iter()
            .filter(|entry| entry.fingerprint == *fingerprint);
        of_it.min_by_key(|entry| entry.list.is_some())
    }

    fn of_kind(&self, kinds: fn(Kind) -> bool) -> impl Iterator<Item = &Entry> {
        let loose = self.entries.iter().filter(|entry| entry.list.is_none());
        loose.filter(move |entry| kinds(entry.kind))
    }
}

const fn is_list(kind: Kind) -> bool {
    !matches!(kind, Kind::Anchor | Kind::Link | Kind::Signer | Kind::Crl)
}

/// Lists what is trusted.
pub(super) fn list(
    country: Option<&str>,
    expired: bool,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    let trusted = Trusted::load(settings)?;
    let wanted = country.map(super::country);
    let of_country = |of: Option<&str>| wanted.is_none() || of == wanted.as_deref();
    let mut anchors = Anchors::new();
    for anchor in trusted.store.anchors() {
        let certificate = &anchor.certificate;
        let country = certificate.country().unwrap_or_default();
        let over = Standing::of(certificate, trusted.now) == Standing::Over;
        if of_country(Some(&country)) && (over || !expired) {
            let of_country = anchors.entry(country).or_default();
            of_country.push((certificate, &anchor.provenance));
        }
    }
    let crls: Vec<&Crl> = trusted
        .store
        .crls()
        .iter()
        .filter(|crl| of_country(name::country(crl.issuer()).as_deref()))
        .filter(|crl| !expired || crl.next_update().is_some_and(|next| next < trusted.now))
        .collect();
    let lists: Vec<&Entry> = trusted
        .of_kind(is_list)
        .filter(|list| !expired && of_country(list.country.as_deref()))
        .collect();
    if trusted.store.anchors().is_empty() {
        out.remark(
            "Chưa có chứng thư gốc nào. Vui lòng thêm bằng lệnh “cancuoc trust add TỆP”.",
            "No root certificate is trusted yet. Add one with “cancuoc trust add FILE”.",
        );
    } else if lists.is_empty() && crls.is_empty() && anchors.is_empty() {
        out.remark(
            "Kho tin cậy không có gì như vậy.",
            "The trust store has nothing of that kind.",
        );
    }
    let text = text(&trusted, &lists, &crls, &anchors);
    let json = json(&trusted, &lists, &crls, &anchors);
    out.answer(&text, &json)?;
    Ok(Ended::Done)
}

/// The roots of each country, and who vouches for them.
type Anchors<'a> = BTreeMap<String, Vec<(&'a Certificate, &'a Provenance)>>;

/// Columns that lines are folded to.
const COLUMNS: usize = 80;

/// Columns before what is said of a root.
const INDENT: usize = 12;

fn text(trusted: &Trusted, lists: &[&Entry], crls: &[&Crl], anchors: &Anchors<'_>) -> String {
    let (lang, now) = (trusted.lang, trusted.now);
    let mut text = String::new();
    for list in lists {
        let dated = list.signed.map_or_else(
            || lang.choose("không ghi ngày ký", "not dated").to_owned(),
            |signed| format!("{} ({})", trust::day(signed), trust::age(signed, now, lang)),
        );
        let _ = writeln!(
            text,
            "{} {}: {dated}  {}  {}",
            changes::kind(list.kind, lang),
            list.country.as_deref().unwrap_or("??"),
            trust::short(&list.fingerprint),
            trust::name(&list.source, lang),
        );
    }
    for crl in crls {
        let _ = writeln!(
            text,
            "{} {}: {}",
            changes::kind(Kind::Crl, lang),
            name::country(crl.issuer()).unwrap_or_else(|| "??".to_owned()),
            trust::crl(crl, now, lang),
        );
    }
    for (country, certificates) in anchors {
        if !text.is_empty() {
            text.push('\n');
        }
        let count = certificates.len();
        let _ = match lang {
            Lang::Vi => writeln!(text, "{country}  {count} chứng thư gốc"),
            Lang::En if count == 1 => writeln!(text, "{country}  1 root certificate"),
            Lang::En => writeln!(text, "{country}  {count} root certificates"),
        };
        // What one list or one person vouches for stands together.
        let mut groups: BTreeMap<String, Vec<&Certificate>> = BTreeMap::new();
        for (certificate, provenance) in certificates {
            let word = trust::word(provenance, lang);
            let added = added(trusted, certificate.fingerprint());
            let of_word = groups.entry(format!("{word}{added}")).or_default();
            of_word.push(*certificate);
        }
        for (word, certificates) in groups {
            let _ = writeln!(text, "  {}", folded(&word, 2));
            for certificate in certificates {
                let subject = trust::name(&certificate.subject_text(), lang);
                let _ = writeln!(
                    text,
                    "  {}  {}",
                    trust::short(certificate.fingerprint()),
                    folded(&subject, INDENT),
                );
                let _ = writeln!(
                    text,
                    "{:INDENT$}{} – {}, {}",
                    "",
                    trust::day(certificate.not_before()),
                    trust::day(certificate.not_after()),
                    Standing::of(certificate, now).words(lang),
                );
            }
        }
    }
    if anchors.len() > 1 {
        let count: usize = anchors.values().map(Vec::len).sum();
        let countries = anchors.len();
        let _ = match lang {
            Lang::Vi => writeln!(
                text,
                "\nTổng cộng {count} chứng thư gốc của {countries} quốc gia."
            ),
            Lang::En => writeln!(
                text,
                "\n{count} root certificates of {countries} countries in all."
            ),
        };
    }
    text
}

/// A text that begins in a column, broken before words that would stand beyond the last one.
fn folded(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    for word in text.split_inclusive([' ', ',']) {
        let width = word.trim_end().chars().count();
        if column > indent && column.saturating_add(width) > COLUMNS {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        }
        out.push_str(word);
        column = column.saturating_add(word.chars().count());
    }
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// When something was added, where that is known.
fn added(trusted: &Trusted, fingerprint: &[u8; 32]) -> String {
    let Some(entry) = trusted.entry(fingerprint) else {
        return String::new();
    };
    let words = trusted.lang.choose("thêm", "added");
    format!(
        "; {words} {} ({})",
        trust::day(entry.added),
        trust::age(entry.added, trusted.now, trusted.lang)
    )
}

fn json(trusted: &Trusted, lists: &[&Entry], crls: &[&Crl], anchors: &Anchors<'_>) -> Value {
    let anchors: Vec<Value> = anchors
        .values()
        .flatten()
        .map(|(certificate, provenance)| {
            Value::Object(certificate_facts(trusted, certificate, provenance))
        })
        .collect();
    let lists: Vec<Value> = lists.iter().map(|list| list_facts(trusted, list)).collect();
    let crls: Vec<Value> = crls
        .iter()
        .map(|crl| Value::Object(trust::crl_json(crl, trusted.now)))
        .collect();
    let stores: Vec<Value> = trusted
        .kept
        .iter()
        .map(|kept| json!({"place": kept.path().display().to_string(), "revision": kept.revision().0}))
        .collect();
    json!({
        "schema": "cancuoc.anchors/1",
        "stores": stores,
        "anchors": anchors,
        "lists": lists,
        "crls": crls,
        "links": trusted.store.links().len(),
        "signers": trusted.store.signers().len(),
    })
}

/// What programs learn of one certificate of the store.
fn certificate_facts(
    trusted: &Trusted,
    certificate: &Certificate,
    provenance: &Provenance,
) -> Map<String, Value> {
    let mut facts = trust::certificate_json(certificate, trusted.now);
    facts.insert("provenance".into(), json!(provenance.to_string()));
    if let Some(entry) = trusted.entry(certificate.fingerprint()) {
        facts.extend(history(trusted, entry));
    }
    facts
}

/// How an entry came in, for programs.
fn history(trusted: &Trusted, entry: &Entry) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    put("source", json!(entry.source));
    put("added", json!(entry.added.to_string()));
    put(
        "age_days",
        json!(trust::days_since(entry.added, trusted.now)),
    );
    put("confirmed", changes::confirmed_json(&entry.confirmed));
    if let Some(list) = &entry.list {
        put("list", json!(hex::encode(list)));
    }
    facts
}

fn list_facts(trusted: &Trusted, list: &Entry) -> Value {
    let mut facts = history(trusted, list);
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    put("kind", json!(list.kind.name()));
    put("sha256", json!(hex::encode(list.fingerprint)));
    put("country", json!(list.country));
    put("signer", json!(trust::name(&list.subject, Lang::En)));
    put(
        "signed",
        json!(list.signed.map(|signed| signed.to_string())),
    );
    let age = list
        .signed
        .map(|signed| trust::days_since(signed, trusted.now));
    put("signed_age_days", json!(age));
    Value::Object(facts)
}

/// Says everything of one entry, or of a country's.
pub(super) fn show(what: &str, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let trusted = Trusted::load(settings)?;
    let country = super::country(what);
    let letters = country.bytes().all(|byte| byte.is_ascii_alphabetic());
    let fingerprints = if country.len() == 2 && letters {
        of_country(&trusted, &country)
    } else {
        vec![named(what, &all(&trusted))?]
    };
    if fingerprints.is_empty() {
        let what = what.to_owned();
        return Err(SetupError::from(TrustError::NotFound { what }).into());
    }
    let mut text = String::new();
    let mut entries = Vec::new();
    for fingerprint in &fingerprints {
        if !text.is_empty() {
            text.push('\n');
        }
        entries.push(one(&mut text, &trusted, fingerprint));
    }
    out.answer(
        &text,
        &json!({"schema": "cancuoc.trust_entry/1", "entries": entries}),
    )?;
    Ok(Ended::Done)
}

fn certificates(trusted: &Trusted) -> impl Iterator<Item = (Kind, &Certificate)> {
    let store = &trusted.store;
    let anchors = store.anchors().iter();
    let anchors = anchors.map(|anchor| (Kind::Anchor, &anchor.certificate));
    let links = store.links().iter().map(|one| (Kind::Link, one));
    let signers = store.signers().iter().map(|one| (Kind::Signer, one));
    anchors.chain(links).chain(signers)
}

/// Every fingerprint, once.
fn all(trusted: &Trusted) -> Vec<[u8; 32]> {
    let of_certificates = certificates(trusted).map(|(_, one)| *one.fingerprint());
    let of_entries = trusted.entries.iter().map(|entry| entry.fingerprint);
    let mut all: Vec<[u8; 32]> = of_certificates.chain(of_entries).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The fingerprints of a country's roots, lists and CRLs.
fn of_country(trusted: &Trusted, country: &str) -> Vec<[u8; 32]> {
    let anchors = trusted
        .store
        .anchors_for(country)
        .map(|anchor| *anchor.certificate.fingerprint());
    let others = trusted
        .of_kind(|kind| is_list(kind) || kind == Kind::Crl)
        .filter(|entry| entry.country.as_deref() == Some(country))
        .map(|entry| entry.fingerprint);
    let mut found: Vec<[u8; 32]> = anchors.collect();
    for fingerprint in others {
        if !found.contains(&fingerprint) {
            found.push(fingerprint);
        }
    }
    found
}

/// Says everything of one thing, and gives the same for programs.
fn one(text: &mut String, trusted: &Trusted, fingerprint: &[u8; 32]) -> Value {
    let (lang, now) = (trusted.lang, trusted.now);
    let certificate =
        certificates(trusted).find(|(_, certificate)| certificate.fingerprint() == fingerprint);
    let entry = trusted.entry(fingerprint);
    let kind = certificate
        .map(|(kind, _)| kind)
        .or_else(|| entry.map(|entry| entry.kind))
        .unwrap_or(Kind::Anchor);
    let country = match (certificate, entry) {
        (Some((_, certificate)), _) => certificate.country(),
        (None, entry) => entry.and_then(|entry| entry.country.clone()),
    };
    let title = format!(
        "{} {}",
        changes::kind(kind, lang),
        country.as_deref().unwrap_or("??")
    );
    let _ = writeln!(text, "{title}");
    let mut facts = Map::new();
    if let Some((_, certificate)) = certificate {
        trust::certificate(text, certificate, now, lang);
        trust::extensions(text, certificate, lang);
        facts = trust::certificate_json(certificate, now);
        facts.extend(trust::extensions_json(certificate));
        for crl in issued_crls(trusted, certificate) {
            let label = lang.choose("Danh sách thu hồi", "revocation list");
            trust::row(text, label, &trust::crl(crl, now, lang));
        }
        let crls: Vec<Value> = issued_crls(trusted, certificate)
            .map(|crl| Value::Object(trust::crl_json(crl, now)))
            .collect();
        facts.insert("crls".into(), json!(crls));
    } else if let Some(entry) = entry {
        let label = lang.choose("Tên", "name");
        trust::row(text, label, &trust::name(&entry.subject, lang));
        trust::digits(text, fingerprint);
        if let Some(signed) = entry.signed {
            let age = trust::age(signed, now, lang);
            let label = lang.choose("Ngày ký", "signed");
            trust::row(text, label, &format!("{} ({age})", trust::day(signed)));
        }
        if let Some(next) = entry.next_update {
            let label = lang.choose("Bản kế tiếp trước", "next before");
            trust::row(text, label, &trust::day(next));
        }
        if let Value::Object(of_list) = list_facts(trusted, entry) {
            facts.extend(of_list);
        }
    }
    facts.insert("kind".into(), json!(kind.name()));
    let of_it = trusted
        .entries
        .iter()
        .filter(|entry| entry.fingerprint == *fingerprint);
    let mut words = Vec::new();
    for entry in of_it {
        let provenance = trust::provenance(&entry.provenance, lang);
        trust::row(text, lang.choose("Nguồn", "provenance"), &provenance);
        let vouched = changes::confirmation(&entry.confirmed, lang);
        trust::row(text, lang.choose("Bảo đảm bởi", "vouched for by"), &vouched);
        let day = trust::day(entry.added);
        let age = trust::age(entry.added, now, lang);
        trust::row(
            text,
            lang.choose("Ngày thêm", "added"),
            &format!("{day} ({age})"),
        );
        let mut word = history(trusted, entry);
        word.insert("provenance".into(), json!(entry.provenance.to_string()));
        words.push(Value::Object(word));
    }
    if words.is_empty() {
        // Of a plain folder nothing else is known.
        let anchors = trusted.store.anchors().iter();
        let anchor = anchors
            .filter(|anchor| anchor.certificate.fingerprint() == fingerprint)
            .map(|anchor| &anchor.provenance);
        for provenance in anchor {
            let label = lang.choose("Nguồn", "provenance");
            trust::row(text, label, &trust::provenance(provenance, lang));
            words.push(json!({"provenance": provenance.to_string()}));
        }
    }
    facts.insert("words".into(), json!(words));
    Value::Object(facts)
}

/// The revocation lists of an authority.
fn issued_crls<'a>(
    trusted: &'a Trusted,
    certificate: &'a Certificate,
) -> impl Iterator<Item = &'a Crl> {
    let crls = trusted.store.crls().iter();
    crls.filter(|crl| crl.is_issued_by(certificate))
}
