//! What a change of the trust store adds, removes, replaces and passes over.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::legible::legible;
use crate::error::Error;
use crate::pki::certificate::Certificate;
use crate::render::screen;
use crate::render::trust;
use crate::render::words;
use crate::render::words::Lang;
use crate::trust::change::Change;
use crate::trust::change::Item;
use crate::trust::change::Note;
use crate::trust::change::Skip;
use crate::trust::change::Unconfirmed;
use crate::trust::change::What;
use crate::trust::kept::Confirmed;
use crate::trust::kept::Kind;

/// Most roots that are told one by one; of more of them, numbers by country do.
const MOST_ROOTS: usize = 6;

/// Most things that are told of those passed over for one reason.
const MOST_SKIPPED: usize = 5;

/// Countries without a name.
const NOWHERE: &str = "??";

/// What becomes of one country's roots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    added: usize,
    removed: usize,
    kept: usize,
}

/// Changes in words, and the certificates that they are about where those are at hand.
pub struct Changes<'a> {
    /// The changes.
    pub changes: &'a [Change],
    /// Those of them that nobody vouches for yet.
    pub needs: &'a [Unconfirmed],
    /// Certificates by their fingerprint.
    pub certificates: &'a BTreeMap<[u8; 32], Certificate>,
    /// Now.
    pub now: Timestamp,
}

impl Changes<'_> {
    /// The changes as lines of text.
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        let roots = self
            .changes
            .iter()
            .filter(|change| change.item.kind == Kind::Anchor && !is_skipped(change))
            .count();
        for change in self.changes {
            let few = change.item.kind != Kind::Anchor || roots <= MOST_ROOTS;
            let told = few || !change.item.notes.is_empty();
            let small = matches!(change.item.kind, Kind::Link | Kind::Signer);
            if told && !small && !is_skipped(change) {
                self.one(&mut out, change, lang);
            }
        }
        if roots > MOST_ROOTS {
            self.countries(&mut out, lang);
        }
        for (kind, vi, en) in [
            (Kind::Link, "chứng thư liên kết", "link certificates"),
            (Kind::Signer, "chứng thư ký giấy tờ", "document signers"),
        ] {
            let count = |wanted: fn(&What) -> bool| {
                let of_kind = self.changes.iter().filter(|one| one.item.kind == kind);
                of_kind.filter(|one| wanted(&one.what)).count()
            };
            let added = count(|what| matches!(what, What::Added | What::Replaced { .. }));
            let removed = count(|what| matches!(what, What::Removed));
            if added + removed > 0 {
                let label = lang.choose(vi, en);
                let _ = writeln!(out, "{label}: +{added} −{removed}");
            }
        }
        self.skipped(&mut out, lang);
        out
    }

    fn one(&self, out: &mut String, change: &Change, lang: Lang) {
        let item = &change.item;
        let (sign, verb) = match &change.what {
            What::Added => ("+", lang.choose("thêm", "add")),
            What::Removed => ("−", lang.choose("gỡ", "remove")),
            What::Replaced { .. } => ("~", lang.choose("thay", "replace")),
            What::Skipped(_) => ("·", lang.choose("bỏ qua", "pass over")),
        };
        let country = item.country.as_deref().unwrap_or(NOWHERE);
        let country = screen::line(country, lang);
        let _ = writeln!(out, "{sign} {verb} {} {country}", kind(item.kind, lang));
        self.facts(out, item, lang);
        if let What::Replaced { former } = &change.what {
            let label = lang.choose("Thay cho", "in the place of");
            let dated = former.signed.map_or_else(String::new, |signed| {
                format!(
                    "{} ({}), ",
                    trust::day(signed),
                    trust::age(signed, self.now, lang)
                )
            });
            let digits = trust::short(&former.fingerprint);
            trust::row(out, label, &format!("{dated}{digits}"));
        }
    }

    /// What a person compares.
    fn facts(&self, out: &mut String, item: &Item, lang: Lang) {
        if let Some(certificate) = self.certificates.get(&item.fingerprint) {
            trust::certificate(out, certificate, self.now, lang);
        } else {
            let label = match item.kind {
                Kind::Crl => lang.choose("Bên phát hành", "issuer"),
                Kind::Anchor | Kind::Link | Kind::Signer => lang.choose("Chủ thể", "subject"),
                _ => lang.choose("Bên ký", "signed by"),
            };
            trust::row(out, label, &trust::name(&item.subject, lang));
            trust::digits(out, &item.fingerprint);
        }
        if let Some(signed) = item.signed {
            let label = match item.kind {
                Kind::Crl => lang.choose("Ngày lập", "made"),
                _ => lang.choose("Ngày ký", "signed"),
            };
            let age = trust::age(signed, self.now, lang);
            trust::row(out, label, &format!("{} ({age})", trust::day(signed)));
        }
        if !item.place.is_empty() {
            let place = screen::line(&item.place, lang);
            trust::row(out, lang.choose("Từ", "from"), &place);
        }
        let label = lang.choose("Bảo đảm bởi", "vouched for by");
        if self.needs(item) {
            trust::row(out, label, lang.choose("chưa có ai", "nobody yet"));
        } else if let Some(confirmed) = &item.confirmed {
            trust::row(out, label, &confirmation(confirmed, lang));
        }
        for note in &item.notes {
            let (label, words) = noted(note, lang);
            trust::row(out, label, &words);
        }
    }

    /// Whether it waits for somebody who vouches for it.
    fn needs(&self, item: &Item) -> bool {
        self.needs
            .iter()
            .any(|need| need.item.fingerprint == item.fingerprint)
    }

    /// Numbers of roots by country, where they are too many to tell one by one.
    fn countries(&self, out: &mut String, lang: Lang) {
        let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
        let roots = self.changes.iter();
        for change in roots.filter(|change| change.item.kind == Kind::Anchor) {
            let country = change.item.country.as_deref().unwrap_or(NOWHERE);
            let count = counts.entry(country).or_default();
            match &change.what {
                What::Added | What::Replaced { .. } => count.added += 1,
                What::Removed => count.removed += 1,
                What::Skipped(Skip::Present) => count.kept += 1,
                What::Skipped(_) => {}
            }
        }
        let _ = writeln!(
            out,
            "{}",
            lang.choose(
                "Chứng thư gốc theo quốc gia (+ thêm, − gỡ, = giữ):",
                "root certificates by country (+ added, − removed, = kept):"
            )
        );
        let mut line = String::new();
        for (country, count) in counts {
            let mut cell = screen::line(country, lang);
            for (sign, number) in [("+", count.added), ("−", count.removed), ("=", count.kept)] {
                if number > 0 {
                    let _ = write!(cell, " {sign}{number}");
                }
            }
            if line.chars().count() + cell.chars().count() > 88 {
                let _ = writeln!(out, "  {}", line.trim_end());
                line.clear();
            }
            let _ = write!(line, "{cell:<14}");
        }
        let _ = writeln!(out, "  {}", line.trim_end());
    }

    /// What is passed over, by reason.
    fn skipped(&self, out: &mut String, lang: Lang) {
        let mut present = 0_usize;
        let mut reasons: BTreeMap<&str, Vec<(&Item, Option<&str>)>> = BTreeMap::new();
        for change in self.changes {
            let What::Skipped(skip) = &change.what else {
                continue;
            };
            match skip {
                Skip::Present => present += 1,
                Skip::Refused(error) => {
                    let of_code = reasons.entry(error.code()).or_default();
                    of_code.push((&change.item, Some(error.subject())));
                }
                _ => reasons.entry("").or_default().push((&change.item, None)),
            }
        }
        if present > 0 {
            let words = lang.choose("đã có sẵn trong kho", "in the store already");
            let _ = writeln!(out, "= {words}: {present}");
        }
        for (code, items) in reasons {
            let why = if code.is_empty() {
                lang.choose(
                    "người vận hành đã gỡ trước đây",
                    "removed by the operator before",
                )
                .to_owned()
            } else {
                format!("{} [{code}]", words::sentence(code, lang))
            };
            let words = lang.choose("bỏ qua", "passed over");
            let _ = writeln!(out, "· {words}: {} – {why}", items.len());
            for (item, subject) in items.iter().take(MOST_SKIPPED) {
                let what = subject.unwrap_or(&item.subject);
                let _ = writeln!(out, "    {}", screen::line(what, lang));
            }
            if items.len() > MOST_SKIPPED {
                let _ = writeln!(out, "    …");
            }
        }
    }

    /// The changes for programs.
    pub fn json(&self) -> Vec<Value> {
        let one = |change: &Change| {
            let mut out = self.item(&change.item);
            let word = match &change.what {
                What::Added => "added",
                What::Removed => "removed",
                What::Replaced { former } => {
                    out.insert("former".into(), Value::Object(self.item(former)));
                    "replaced"
                }
                What::Skipped(skip) => {
                    out.insert("reason".into(), reason(skip));
                    "skipped"
                }
            };
            out.insert("change".into(), json!(word));
            Value::Object(out)
        };
        self.changes.iter().map(one).collect()
    }

    /// How many there are of each.
    pub fn summary(&self) -> Value {
        let count =
            |wanted: fn(&What) -> bool| self.changes.iter().filter(|one| wanted(&one.what)).count();
        json!({
            "added": count(|what| matches!(what, What::Added)),
            "removed": count(|what| matches!(what, What::Removed)),
            "replaced": count(|what| matches!(what, What::Replaced { .. })),
            "skipped": count(|what| matches!(what, What::Skipped(_))),
        })
    }

    /// One thing for programs.
    pub fn item(&self, item: &Item) -> Map<String, Value> {
        let certificate = self.certificates.get(&item.fingerprint);
        let mut out = certificate
            .map(|certificate| trust::certificate_json(certificate, self.now))
            .unwrap_or_default();
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        put("kind", json!(item.kind.name()));
        put("sha256", json!(hex::encode(item.fingerprint)));
        put("country", json!(item.country));
        put("subject", json!(legible(&item.subject)));
        put("place", json!(legible(&item.place)));
        if let Some((from, to)) = item.validity {
            put("not_before", json!(from.to_string()));
            put("not_after", json!(to.to_string()));
        }
        if let Some(signed) = item.signed {
            put("signed", json!(signed.to_string()));
            put("age_days", json!(trust::days_since(signed, self.now)));
        }
        if let Some(confirmed) = item.confirmed.as_ref().filter(|_| !self.needs(item)) {
            put("confirmed", confirmed_json(confirmed));
        }
        for note in &item.notes {
            let (name, sha256) = match note {
                Note::SameName { anchor } => ("same_name", anchor),
                Note::VouchedFor { list, .. } => ("vouched_for", list),
            };
            if let Some(list) = out.entry(name).or_insert_with(|| json!([])).as_array_mut() {
                list.push(json!(hex::encode(sha256)));
            }
        }
        out
    }
}

fn is_skipped(change: &Change) -> bool {
    matches!(change.what, What::Skipped(_))
}

/// What something is.
pub fn kind(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::Anchor => lang.choose("chứng thư gốc của", "root certificate of"),
        Kind::Link => lang.choose("chứng thư liên kết của", "link certificate of"),
        Kind::Signer => lang.choose("chứng thư ký giấy tờ của", "document signer of"),
        Kind::Crl => lang.choose("danh sách thu hồi của", "revocation list of"),
        Kind::MasterList => lang.choose("danh sách CSCA của", "master list of"),
        _ => lang.choose("danh sách sai lệch của", "deviation list of"),
    }
}

/// What a person should know, and what it is about.
fn noted(note: &Note, lang: Lang) -> (&'static str, String) {
    match note {
        Note::SameName { anchor } => {
            let words = lang.choose(
                "cùng tên, khác khóa, không có liên kết với chứng thư gốc do người vận hành xác nhận",
                "the same name, another key and no link from the root that the operator confirmed",
            );
            let digits = trust::short(anchor);
            (lang.choose("Lưu ý", "note"), format!("{words}: {digits}"))
        }
        Note::VouchedFor {
            kind: of,
            list,
            state,
        } => {
            let state = screen::line(state.as_deref().unwrap_or(NOWHERE), lang);
            let what = format!("{} {state} ({})", kind(*of, lang), trust::short(list));
            let words = match lang {
                Lang::Vi => format!("đã bảo đảm cho {what}, vẫn còn trong kho"),
                Lang::En => format!("it vouched for the {what}, which stays"),
            };
            (lang.choose("Lưu ý", "note"), words)
        }
    }
}

/// How it came that something was let in.
pub fn confirmation(confirmed: &Confirmed, lang: Lang) -> String {
    let (vi, en, sha256) = match confirmed {
        Confirmed::Fingerprint(sha256) => (
            "dấu vân tay do người vận hành nêu:",
            "the fingerprint that the operator gave:",
            sha256,
        ),
        Confirmed::Signature(sha256) => (
            "chữ ký dẫn tới chứng thư gốc",
            "a signature that leads to the root certificate",
            sha256,
        ),
        Confirmed::Link(sha256) => ("chứng thư liên kết", "the link certificate", sha256),
    };
    format!("{} {}", lang.choose(vi, en), trust::short(sha256))
}

/// The same for programs.
pub fn confirmed_json(confirmed: &Confirmed) -> Value {
    let (by, sha256) = match confirmed {
        Confirmed::Fingerprint(sha256) => ("fingerprint", sha256),
        Confirmed::Signature(sha256) => ("signature", sha256),
        Confirmed::Link(sha256) => ("link", sha256),
    };
    json!({"by": by, "sha256": hex::encode(sha256)})
}

fn reason(skip: &Skip) -> Value {
    match skip {
        Skip::Present => json!({"code": "present"}),
        Skip::Refused(error) => error_json(&Error::Setup(error.clone().into())),
        _ => json!({"code": "excluded"}),
    }
}

/// A code with its sentence in both languages, and what is meant.
pub fn error_json(error: &Error) -> Value {
    let code = error.code();
    json!({
        "code": code,
        "message": {
            "vi": words::sentence(code, Lang::Vi),
            "en": words::sentence(code, Lang::En),
        },
        "detail": legible(&error.to_string()),
    })
}
