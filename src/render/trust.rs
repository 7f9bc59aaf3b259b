//! Certificates and lists of the trust store, as people compare them and as programs read them.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::legible::legible;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::store::Provenance;
use crate::render::screen;
use crate::render::words::Lang;
use crate::trust::known;
use crate::trust::known::known;

pub mod changes;

/// Columns of the names before the values.
const MARGIN: usize = 20;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A fingerprint as people compare it: upper-case hexadecimal in groups of four.
///
/// ```
/// use cancuoc::render::trust::grouped;
/// assert!(grouped(&[0xA5; 32]).starts_with("A5A5 A5A5 "));
/// ```
pub fn grouped(fingerprint: &[u8; 32]) -> String {
    let digits = hex::encode_upper(fingerprint);
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// The first digits of a fingerprint, which name an entry on the command line.
pub fn short(fingerprint: &[u8; 32]) -> String {
    hex::encode_upper(fingerprint).chars().take(8).collect()
}

/// The day of a time, in UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Whole days from one time to another; none when it lies ahead.
pub fn days_since(time: Timestamp, now: Timestamp) -> Option<i64> {
    let seconds = now.as_second().checked_sub(time.as_second())?;
    (seconds >= 0).then(|| seconds.div_euclid(DAY))
}

/// How old something is, in words.
pub fn age(time: Timestamp, now: Timestamp, lang: Lang) -> String {
    let say = |vi: String, en: String| match lang {
        Lang::Vi => vi,
        Lang::En => en,
    };
    match days_since(time, now) {
        None => lang
            .choose("ghi ngày trong tương lai", "dated in the future")
            .to_owned(),
        Some(0) => lang.choose("hôm nay", "today").to_owned(),
        Some(1) => say("1 ngày trước".to_owned(), "1 day old".to_owned()),
        Some(days) if days < 2 * 365 => {
            say(format!("{days} ngày trước"), format!("{days} days old"))
        }
        Some(days) => {
            let years = days.div_euclid(365);
            say(format!("{years} năm trước"), format!("{years} years old"))
        }
    }
}

/// Where a certificate stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is valid, and its key may sign.
    InForce,
    /// It is valid, and its key no longer signs: documents from before still count.
    Verifying,
    /// It is not valid yet.
    Ahead,
    /// It is over.
    Over,
}

impl Standing {
    /// Of a certificate at a time.
    pub fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let signs = certificate
            .private_key_usage()
            .and_then(|period| period.not_after);
        if now < certificate.not_before() {
            Self::Ahead
        } else if now > certificate.not_after() {
            Self::Over
        } else if signs.is_some_and(|until| now > until) {
            Self::Verifying
        } else {
            Self::InForce
        }
    }

    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Verifying => "verifying",
            Self::Ahead => "not_yet",
            Self::Over => "expired",
        }
    }

    /// The words for people.
    pub const fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::InForce => lang.choose("còn hiệu lực", "in force"),
            Self::Verifying => lang.choose(
                "còn hiệu lực, khóa đã ngừng ký",
                "in force, its key signs no more",
            ),
            Self::Ahead => lang.choose("chưa có hiệu lực", "not in force yet"),
            Self::Over => lang.choose("đã hết hiệu lực", "expired"),
        }
    }
}

/// A name of a certificate, fit for a line of ours.
pub fn name(text: &str, lang: Lang) -> String {
    let line = screen::line(text, lang);
    if line.is_empty() {
        lang.choose("(không tên)", "(no name)").to_owned()
    } else {
        line
    }
}

/// Who vouches for something, in words and without the file of a list, which is told of the list.
pub fn word(of: &Provenance, lang: Lang) -> String {
    let Provenance::MasterList { state, signed, .. } = of else {
        return provenance(of, lang);
    };
    let state = state.as_deref().map(|state| name(state, lang));
    let state = state.unwrap_or_else(|| "??".to_owned());
    match (lang, signed.map(day)) {
        (Lang::Vi, Some(day)) => format!("danh sách CSCA của {state} ký ngày {day}"),
        (Lang::Vi, None) => format!("danh sách CSCA của {state}"),
        (Lang::En, Some(day)) => format!("master list of {state} of {day}"),
        (Lang::En, None) => format!("master list of {state}"),
    }
}

/// Who vouches for something, in words.
pub fn provenance(of: &Provenance, lang: Lang) -> String {
    let (vi, en, source) = match of {
        Provenance::Operator { file } => ("người vận hành", "operator", file),
        Provenance::National { source } => ("quốc gia công bố", "national publication", source),
        Provenance::Pkd { source } => ("PKD", "PKD", source),
        Provenance::MasterList { file, .. } => {
            return format!("{}: {}", word(of, lang), name(file, lang));
        }
        Provenance::TestCard => return lang.choose("thẻ ảo để thử", "test card").to_owned(),
    };
    format!("{}: {}", lang.choose(vi, en), name(source, lang))
}

/// One line: a label, and what is said of it.
pub fn row(out: &mut String, label: &str, value: &str) {
    let gap = MARGIN.saturating_sub(label.chars().count()).max(1);
    let _ = writeln!(out, "  {label}{:gap$}{value}", "");
}

/// A fingerprint in two lines.
pub fn digits(out: &mut String, fingerprint: &[u8; 32]) {
    let digits = grouped(fingerprint);
    let (first, second) = digits.split_at_checked(40).unwrap_or((&digits, ""));
    row(out, "SHA-256", first.trim_end());
    row(out, "", second);
}

/// What a person compares before trusting a certificate, one fact a line.
pub fn certificate(out: &mut String, of: &Certificate, now: Timestamp, lang: Lang) {
    let say = |vi: &'static str, en: &'static str| lang.choose(vi, en);
    row(
        out,
        say("Chủ thể", "subject"),
        &name(&of.subject_text(), lang),
    );
    if !of.self_issued() {
        row(
            out,
            say("Bên cấp", "issuer"),
            &name(&of.issuer_text(), lang),
        );
    }
    digits(out, of.fingerprint());
    let standing = Standing::of(of, now);
    row(
        out,
        say("Hiệu lực", "valid"),
        &format!(
            "{} – {} ({})",
            day(of.not_before()),
            day(of.not_after()),
            standing.words(lang)
        ),
    );
    if let Some(period) = of.private_key_usage() {
        let end = |time: Option<Timestamp>| time.map_or_else(|| "…".to_owned(), day);
        row(
            out,
            say("Khóa ký trong", "key signs"),
            &format!("{} – {}", end(period.not_before), end(period.not_after)),
        );
    }
    let key = of.public_key().map_or_else(
        |_| say("không dùng được", "not usable").to_owned(),
        |key| key.name(),
    );
    row(out, say("Khóa", "key"), &key);
    if let Some(hint) = hint(of.fingerprint(), lang) {
        row(out, say("Gợi ý", "hint"), &hint);
    }
}

/// What is known of a fingerprint: words for who compares, and no decision.
pub fn hint(fingerprint: &[u8; 32], lang: Lang) -> Option<String> {
    let entry = known(fingerprint)?;
    Some(match lang {
        Lang::Vi => format!(
            "dấu vân tay này được biết là {}, tính đến {}; vui lòng đối chiếu với nơi công bố ({})",
            entry.vi,
            known::AS_OF,
            entry.publisher
        ),
        Lang::En => format!(
            "this is the fingerprint known as {}, as of {}; compare it with what the authority publishes ({})",
            entry.en,
            known::AS_OF,
            entry.publisher
        ),
    })
}

/// The facts of a certificate for programs.
pub fn certificate_json(of: &Certificate, now: Timestamp) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("country", json!(of.country().unwrap_or_default()));
    put("sha256", json!(hex::encode(of.fingerprint())));
    put("subject", json!(legible(&of.subject_text())));
    put("issuer", json!(legible(&of.issuer_text())));
    put("serial", json!(hex::encode(of.serial())));
    put("not_before", json!(of.not_before().to_string()));
    put("not_after", json!(of.not_after().to_string()));
    put("standing", json!(Standing::of(of, now).word()));
    if let Some(period) = of.private_key_usage() {
        let times = json!({
            "not_before": period.not_before.map(|time| time.to_string()),
            "not_after": period.not_after.map(|time| time.to_string()),
        });
        put("private_key_usage", times);
    }
    put("key", json!(of.public_key().ok().map(|key| key.name())));
    put(
        "signed_with",
        json!(of.scheme().ok().map(|scheme| scheme.name())),
    );
    if !of.crl_urls().is_empty() {
        let urls: Vec<String> = of.crl_urls().iter().map(|url| legible(url)).collect();
        put("crl_urls", json!(urls));
    }
    if let Some(entry) = known(of.fingerprint()) {
        put(
            "known_as",
            json!({"vi": entry.vi, "en": entry.en, "as_of": known::AS_OF, "publisher": entry.publisher}),
        );
    }
    out
}

/// What else a certificate says, one fact a line.
pub fn extensions(out: &mut String, of: &Certificate, lang: Lang) {
    let say = |vi: &'static str, en: &'static str| lang.choose(vi, en);
    row(
        out,
        say("Số hiệu", "serial number"),
        &hex::encode(of.serial()),
    );
    if let Ok(scheme) = of.scheme() {
        row(out, say("Ký bằng", "signed with"), &scheme.name());
    }
    if let Some(identifier) = of.subject_key_id() {
        row(
            out,
            say("Mã khóa", "key identifier"),
            &hex::encode(identifier),
        );
    }
    if let Some(length) = of.basic_constraints().and_then(|one| one.path_len) {
        row(
            out,
            say("Độ dài đường dẫn", "path length"),
            &length.to_string(),
        );
    }
    for url in of.crl_urls() {
        row(out, say("CRL tại", "CRL at"), &screen::line(url, lang));
    }
}

/// The same for programs.
pub fn extensions_json(of: &Certificate) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put(
        "subject_key_id",
        json!(of.subject_key_id().map(hex::encode)),
    );
    put(
        "authority_key_id",
        json!(of.authority_key_id().map(hex::encode)),
    );
    put(
        "path_length",
        json!(of.basic_constraints().and_then(|one| one.path_len)),
    );
    put("document_types", json!(of.document_types()));
    put("unknown_critical", json!(of.unknown_critical()));
    out
}

/// What a person wants to know of a CRL: whose, from when, until when.
pub fn crl(of: &Crl, now: Timestamp, lang: Lang) -> String {
    let mut text = format!(
        "{} ({})",
        day(of.this_update()),
        age(of.this_update(), now, lang)
    );
    match of.next_update() {
        Some(next) if next < now => {
            let words = lang.choose("quá hạn từ", "stale since");
            let _ = write!(text, ", {words} {}", day(next));
        }
        Some(next) => {
            let words = lang.choose("bản kế tiếp trước", "next before");
            let _ = write!(text, ", {words} {}", day(next));
        }
        None => {}
    }
    let words = lang.choose("số chứng thư bị thu hồi", "revoked");
    let _ = write!(text, ", {words}: {}", of.len());
    text
}

/// The facts of a CRL for programs.
pub fn crl_json(of: &Crl, now: Timestamp) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("issuer", json!(legible(&of.issuer_text())));
    put("number", json!(of.number().map(hex::encode)));
    put("this_update", json!(of.this_update().to_string()));
    put(
        "next_update",
        json!(of.next_update().map(|time| time.to_string())),
    );
    put("age_days", json!(days_since(of.this_update(), now)));
    put(
        "stale",
        json!(of.next_update().is_some_and(|next| next < now)),
    );
    put("revoked", json!(of.len()));
    out
}
