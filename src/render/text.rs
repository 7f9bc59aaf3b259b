//! The report in words for a person, Vietnamese or English.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::capture::TerminalAttempt;
use crate::error::CardError;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::render::applications;
use crate::render::details::Extent;
use crate::render::details::Sections;
use crate::render::json;
use crate::render::reveal::Reveal;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::render::words::profiles;
use crate::render::words::terminal;
use crate::verify::ApplicationReport;
use crate::verify::Check;
use crate::verify::Decoded;
use crate::verify::GroupState;
use crate::verify::Holder;
use crate::verify::Origin;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Report;
use crate::verify::Requirement;
use crate::verify::Unverified;
use crate::verify::Vouched;

/// Columns of the names before the values, if none is longer.
const MARGIN: usize = 26;

/// A report as lines of text.
///
/// The verdict comes first, then what to do, then whose card it is, then every check with its
/// reason. Shapes say what colours would: `✓` passed, `✗` failed, `?` open.
pub fn report(report: &Report, lang: Lang) -> String {
    let mut out = String::new();
    let verdict = report.verdict().word();
    let say = |kind, name| words::label(kind, name, lang).unwrap_or(name);
    line(&mut out, &say(Labelled::Verdict, verdict).to_uppercase());
    line(&mut out, say(Labelled::VerdictExplanation, verdict));
    let decisive = report.first_failure().or_else(|| report.first_gap());
    if let Some(check) = decisive {
        let code = report.checks().outcome(check).code();
        line(&mut out, words::sentence(code, lang));
        line(&mut out, &format!("→ {}", words::remedy(code, lang)));
    } else {
        let action = report.next_action().code();
        line(
            &mut out,
            &format!("→ {}", say(Labelled::NextAction, action)),
        );
    }
    line(&mut out, "");
    match report.holder() {
        Some(Vouched::Verified(verified)) => holder(&mut out, verified.get(), lang),
        Some(Vouched::Unverified(unverified)) => {
            line(&mut out, not_verified(lang));
            holder(&mut out, unverified.inspect_unverified(), lang);
        }
        None => {}
    }
    line(&mut out, "");
    for check in Check::ALL {
        let outcome = report.checks().outcome(check);
        let name = say(Labelled::Check, check.name());
        let sentence = words::sentence(outcome.code(), lang);
        let by_policy = matches!(outcome, Outcome::Open(_))
            && report.policy().requires(check) == Some(Requirement::Policy);
        let remark = if by_policy {
            lang.choose(" (chính sách đòi hỏi)", " (the policy requires it)")
        } else {
            ""
        };
        let why = why(check, outcome, lang);
        line(
            &mut out,
            &row(
                &format!("{} {name}", mark(outcome)),
                &format!("{sentence}{why}{remark}"),
            ),
        );
    }
    policy(&mut out, report.policy(), lang);
    notes(&mut out, report, lang);
    out
}

/// What a registry's answer names beside its code: why it refused, or what differs. All of it are
/// words of our own lists.
fn why(check: Check, outcome: &Outcome, lang: Lang) -> String {
    if check != Check::Registry {
        return String::new();
    }
    let facts = outcome.facts();
    if let Some(code) = facts.get("problem") {
        let words = words::label(Labelled::Problem, code, lang).unwrap_or_default();
        return format!(" {words} [{code}]");
    }
    let Some(names) = facts.get("differs") else {
        return String::new();
    };
    let names = names.split(", ");
    let names = names.map(|name| words::label(Labelled::Field, name, lang).unwrap_or(name));
    format!(" ({})", names.collect::<Vec<_>>().join(", "))
}

/// What was required.
fn policy(out: &mut String, policy: &Policy, lang: Lang) {
    let label = lang.choose("Chính sách", "Policy");
    // Both are what somebody wrote into a file.
    let title = policy
        .title()
        .map(|title| lang.choose(&title.vi, &title.en));
    let title = title.map_or_else(String::new, |title| {
        format!(" ({})", screen::line(title, lang))
    });
    let name = screen::line(policy.name(), lang);
    line(out, &row(&format!("  {label}"), &format!("{name}{title}")));
}

/// What the groups of a document say, to stand below its report: all of it, or what was asked for by
/// name alone.
pub fn details(report: &Report, lang: Lang, reveal: &Reveal, extent: Extent) -> String {
    let holder = report.holder().map(|vouched| match vouched {
        Vouched::Verified(holder) => holder.get(),
        Vouched::Unverified(holder) => holder.inspect_unverified(),
    });
    let profile = holder.and_then(Holder::profile);
    let mut sections = Sections::new(lang, reveal, extent).labelled_by(profile);
    // One that is not what was signed says so.
    let standing = |group: &DataGroup| {
        let state = report.groups().get(group).copied();
        let state = state.unwrap_or(GroupState::Unverified);
        words::label(Labelled::FileState, state.word(), lang)
    };
    for (group, vouched) in report.contents() {
        let (remark, fields) = match vouched {
            Vouched::Verified(contents) => (None, contents.get().fields()),
            Vouched::Unverified(contents) => {
                (standing(group), contents.inspect_unverified().fields())
            }
        };
        sections.add(&group.to_string(), remark, fields);
    }
    let beside = applications::text(report.applications(), report.directory(), lang, reveal);
    let mut out = sections.finish() + &beside;
    let proven = matches!(report.checks().chip, Outcome::Pass(_));
    if !proven && applications::has_signed(report.applications()) {
        let sentence = lang.choose(
            "· Chữ ký của một mục chỉ cho biết nước nào ghi. Chip chưa chứng minh là chip gốc, nên không chắc các mục trên được ghi cho thẻ này.",
            "· A record's signature says which state wrote it. The chip has not proven to be the one that was issued, so the records may have been written for another card.",
        );
        line(&mut out, "");
        line(&mut out, sentence);
    }
    out
}

/// Which program judged, when, by which policy, and whether a chip was there: what somebody needs to
/// know who was not.
pub fn origin(report: &Report, lang: Lang) -> String {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let at = json::time(report.judged_at());
    let from = match report.origin() {
        Origin::Live => lang.choose("đọc trực tiếp từ chip", "from a chip, live"),
        Origin::Stored => lang.choose("từ tệp đã lưu", "from a file"),
    };
    let label = lang.choose("chính sách", "policy");
    let policy = hex::encode(report.policy().sha256());
    format!("· {name} {version}, {at}, {from}\n· {label} {policy}\n")
}

/// What is in a capture: its files and what they say, judging nothing.
pub fn contents(
    unverified: Option<&Unverified<Holder>>,
    files: &[FileId],
    decoded: &BTreeMap<FileId, Unverified<Decoded>>,
    beside: &[ApplicationReport],
    lang: Lang,
    reveal: &Reveal,
) -> String {
    let mut out = String::new();
    for file in files {
        let name = file.name();
        let label = words::label(Labelled::File, &name, lang).unwrap_or_default();
        let unlisted = if decoded.contains_key(file) {
            ""
        } else {
            lang.choose(" (EF.SOD không liệt kê)", " (not listed by EF.SOD)")
        };
        line(&mut out, &row(&name, &format!("{label}{unlisted}")));
    }
    // It stands above the groups too, where there is no holder.
    line(&mut out, "");
    line(&mut out, not_verified(lang));
    if let Some(unverified) = unverified {
        holder(&mut out, unverified.inspect_unverified(), lang);
    }
    let holder = unverified.map(Unverified::inspect_unverified);
    let profile = holder.and_then(Holder::profile);
    let mut sections = Sections::new(lang, reveal, Extent::Whole).labelled_by(profile);
    for (file, decoded) in decoded {
        match decoded.inspect_unverified() {
            Ok(contents) => sections.add(&file.name(), None, contents.fields()),
            Err(malformed) => sections.add_undecoded(&file.name(), malformed),
        }
    }
    out.push_str(&sections.finish());
    out.push_str(&applications::text(beside, None, lang, reveal));
    out
}

/// A failure to run: what is the matter, and what to do.
pub fn error(error: &Error, lang: Lang) -> String {
    let code = error.code();
    let subject = match error {
        Error::Setup(SetupError::TraceMalformed { line }) => {
            Some(format!("{} {line}", lang.choose("dòng", "line")))
        }
        Error::Setup(SetupError::KeyMisread { field }) => {
            let label = words::label(Labelled::Field, field, lang);
            Some(label.unwrap_or(field).to_owned())
        }
        Error::Setup(setup) => setup.subject(),
        Error::Fetch(fetch) => Some(fetch.subject()),
        Error::Card(CardError::NotEmrtd { applications, .. }) if !applications.is_empty() => {
            let names: Vec<String> = applications.iter().map(hex::encode_upper).collect();
            Some(format!("EF.DIR: {}", names.join(", ")))
        }
        _ => None,
    };
    // It may be a file's name, an argument or a certificate's words, which others chose.
    let subject = subject.map_or_else(String::new, |subject| {
        format!(" ({})", screen::line(&subject, lang))
    });
    let tries = error.tries_left().map_or_else(String::new, |tries| {
        let (before, after) = lang.choose(("Còn ", " lần thử."), ("Tries left: ", "."));
        format!(" {before}{tries}{after}")
    });
    let faults = match error {
        Error::Setup(
            SetupError::Profile { faults, .. }
            | SetupError::Policy { faults, .. }
            | SetupError::Persona { faults, .. },
        ) => faults.as_slice(),
        _ => &[],
    };
    let faults: String = faults
        .iter()
        .map(|fault| format!("  {}\n", profiles::fault(fault, lang)))
        .collect();
    format!(
        "{} [{code}]{subject}{tries}\n{faults}→ {}\n",
        words::sentence(code, lang),
        words::remedy(code, lang)
    )
}

fn holder(out: &mut String, holder: &Holder, lang: Lang) {
    // The generations of a card name some fields otherwise.
    let profile = holder.profile();
    let mut rows = Vec::new();
    for (name, value) in holder.fields() {
        let label = profile
            .and_then(|profile| profile.label(name))
            .map(|words| lang.choose(words.vi.as_str(), words.en.as_str()))
            .or_else(|| words::label(Labelled::Field, name, lang))
            .unwrap_or(name);
        let value = match name {
            "number_origin" | "number_sex" => {
                words::label(Labelled::Value, &value, lang).map_or(value, str::to_owned)
            }
            "sex" | "expiry" => words::label(Labelled::Value, &value, lang)
                .map_or_else(|| date(&value, lang), str::to_owned),
            "birth" | "issued" => date(&value, lang),
            _ => screen::line(&value, lang),
        };
        rows.push((label, value));
    }
    let widest = rows.iter().map(|(label, _)| label.chars().count() + 1);
    let margin = widest.max().unwrap_or_default().max(MARGIN);
    for (label, value) in rows {
        line(out, &padded(label, &value, margin));
    }
}

/// Dates in the reader's manner: `17/08/1995` in Vietnamese, ISO 8601 in English.
fn date(iso: &str, lang: Lang) -> String {
    match lang {
        Lang::En => iso.to_owned(),
        Lang::Vi => {
            let parts: Vec<&str> = iso.rsplit('-').collect();
            parts.join("/")
        }
    }
}

fn notes(out: &mut String, report: &Report, lang: Lang) {
    let facts = report.checks().access.facts();
    let attempt = facts.get("terminal_authentication");
    if let Some(text) = attempt
        .and_then(|text| TerminalAttempt::from_text(text))
        .and_then(|attempt| terminal::sentence(&attempt, lang))
    {
        line(out, &format!("· {text}"));
    }
    // What is missing, and what is worth a line when it is there: fingers and irises.
    for (group, state) in report.groups().iter().filter(|(group, state)| {
        **state == GroupState::Unread || DataGroup::PROTECTED.contains(*group)
    }) {
        let name = group.to_string();
        let label = words::label(Labelled::File, &name, lang).unwrap_or_default();
        let state = words::label(Labelled::FileState, state.word(), lang).unwrap_or_default();
        line(
            out,
            &format!("· {name} ({label}): {}", state.to_lowercase()),
        );
    }
    for code in report.deviations() {
        line(out, &format!("· {}", words::sentence(code, lang)));
    }
    for quirk in report.quirks() {
        let known = words::label(Labelled::Quirk, quirk, lang).map(str::to_owned);
        let text = known.unwrap_or_else(|| screen::line(quirk, lang));
        line(out, &format!("· {text}"));
    }
    let exchange = report.exchange();
    if exchange.commands > 0 {
        let text = match lang {
            Lang::Vi => format!(
                "{} lệnh, gửi {} byte, nhận {} byte",
                exchange.commands, exchange.bytes_sent, exchange.bytes_received
            ),
            Lang::En => format!(
                "{} commands, {} bytes sent, {} bytes received",
                exchange.commands, exchange.bytes_sent, exchange.bytes_received
            ),
        };
        line(out, &format!("· {text}"));
    }
}

const fn not_verified(lang: Lang) -> &'static str {
    lang.choose(
        "Dữ liệu dưới đây CHƯA được xác nhận:",
        "Nothing vouches for what follows:",
    )
}

const fn mark(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Pass(_) => '✓',
        Outcome::Fail(_) => '✗',
        Outcome::Open(_) => '?',
    }
}

/// A name padded to the margin, and a value. Vietnamese letters are one column each here, because
/// words are composed (NFC).
fn row(name: &str, value: &str) -> String {
    padded(name, value, MARGIN)
}

fn padded(name: &str, value: &str, margin: usize) -> String {
    let padding = margin.saturating_sub(name.chars().count()).max(1);
    format!("{name}{}{value}", " ".repeat(padding))
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
