//! The applications beside the eMRTD application, in words and as JSON: how far they were read, and
//! what their records say, those that are signed apart from those that nothing vouches for.

use std::fmt::Write;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::legible::legible;
use crate::capture::ApplicationState;
use crate::capture::FileEnd;
use crate::iso7816::Status;
use crate::render::details;
use crate::render::details::Extent;
use crate::render::details::Sections;
use crate::render::reveal::Reveal;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::verify::ApplicationReport;
use crate::verify::DirectoryState;
use crate::verify::Doubt;
use crate::verify::FileReport;
use crate::verify::RecordReport;

/// All of them as one JSON object by name; `None` where nothing is known of any.
pub fn json(applications: &[ApplicationReport], reveal: &Reveal) -> Option<Value> {
    let all: Map<String, Value> = applications
        .iter()
        .map(|one| (one.application.name().to_owned(), application(one, reveal)))
        .collect();
    (!all.is_empty()).then_some(Value::Object(all))
}

/// Whether a state vouches for any record.
pub(super) fn has_signed(applications: &[ApplicationReport]) -> bool {
    let files = applications.iter().flat_map(|one| &one.files);
    let mut records = files.flat_map(|file| &file.records);
    records.any(|record| matches!(record, RecordReport::Signed(..)))
}

fn application(report: &ApplicationReport, reveal: &Reveal) -> Value {
    let mut out = Map::new();
    out.insert("state".into(), json!(report.state.word()));
    if let ApplicationState::Refused(status) = report.state {
        out.insert("status".into(), json!(hexadecimal(status)));
    }
    let files: Map<String, Value> = report
        .files
        .iter()
        .map(|one| (one.file.name(), file(one, reveal)))
        .collect();
    if !files.is_empty() {
        out.insert("files".into(), Value::Object(files));
    }
    Value::Object(out)
}

fn file(report: &FileReport, reveal: &Reveal) -> Value {
    let mut out = Map::new();
    out.insert("state".into(), json!(report.end.word()));
    if let FileEnd::Refused(status) = report.end {
        out.insert("status".into(), json!(hexadecimal(status)));
    }
    out.insert("count".into(), json!(report.count));
    let records = (1_u32..).zip(&report.records);
    let records: Vec<Value> = records
        .map(|(number, one)| record(number, one, reveal))
        .collect();
    if !records.is_empty() {
        out.insert("records".into(), Value::Array(records));
    }
    Value::Object(out)
}

fn record(number: u32, report: &RecordReport, reveal: &Reveal) -> Value {
    match report {
        RecordReport::Signed(signer, fields) => json!({
            "number": number,
            "signature": "signed",
            "signer": {
                "country": legible(&signer.country),
                "certificate_sha256": signer.certificate_sha256,
                "anchor_sha256": signer.anchor_sha256,
                "algorithm": signer.algorithm,
                "revocation": signer.revocation,
            },
            "fields": details::object(fields.get().to_vec(), reveal),
        }),
        RecordReport::Unverified(Doubt::Malformed(malformed), _) => json!({
            "number": number,
            "signature": "unverified",
            "reason": "malformed",
            "undecoded": details::undecoded(malformed),
        }),
        RecordReport::Unverified(doubt, fields) => json!({
            "number": number,
            "signature": "unverified",
            "reason": doubt.word(),
            "unverified_fields": details::object(fields.inspect_unverified().clone(), reveal),
        }),
    }
}

/// All of them as lines of text; none where nothing is known of any.
pub fn text(
    applications: &[ApplicationReport],
    directory: Option<DirectoryState>,
    lang: Lang,
    reveal: &Reveal,
) -> String {
    let mut out = String::new();
    for report in applications {
        let name = say(Labelled::Application, report.application.name(), lang);
        let status = match report.state {
            ApplicationState::Refused(status) => format!(" ({})", hexadecimal(status)),
            _ => String::new(),
        };
        let state = say(Labelled::ApplicationState, report.state.word(), lang);
        out.push('\n');
        line(&mut out, &format!("{name}: {state}{status}"));
        let mut sections = Sections::new(lang, reveal, Extent::Whole);
        for file in &report.files {
            line(&mut out, &counted(file, lang));
            for (number, record) in (1_u32..).zip(&file.records) {
                add(&mut sections, file, number, record, lang);
            }
        }
        out.push_str(&sections.finish());
    }
    // A list that the issuer vouches for needs no words.
    if let Some(state @ (DirectoryState::Unsigned | DirectoryState::Different)) = directory {
        out.push('\n');
        let sentence = say(Labelled::Directory, state.word(), lang);
        line(&mut out, &format!("· {sentence}"));
    }
    out
}

/// How many records a file has, and whether that is all of them.
fn counted(file: &FileReport, lang: Lang) -> String {
    let name = file.file.name();
    let label = words::label(Labelled::File, &name, lang).unwrap_or_default();
    let end = say(Labelled::ApplicationState, file.end.word(), lang);
    let status = match file.end {
        FileEnd::Refused(status) => format!(" ({})", hexadecimal(status)),
        _ => String::new(),
    };
    format!("  {name} · {label}: {}, {end}{status}", file.count)
}

fn add(
    sections: &mut Sections<'_>,
    file: &FileReport,
    number: u32,
    record: &RecordReport,
    lang: Lang,
) {
    let name = file.file.name();
    match record {
        RecordReport::Signed(signer, fields) => {
            let (signed, revocation) = lang.choose(
                ("✓ quốc gia ký:", "chưa kiểm tra được thu hồi"),
                ("✓ signed by", "revocation not known"),
            );
            let revocation = match signer.revocation {
                "good" => String::new(),
                _ => format!(", {revocation}"),
            };
            let country = screen::line(&signer.country, lang);
            let remark = format!("{number}, {signed} {country}{revocation}");
            sections.add(&name, Some(&remark), fields.get().to_vec());
        }
        RecordReport::Unverified(doubt, fields) => {
            let why = say(Labelled::Doubt, doubt.word(), lang);
            let unverified = lang.choose("CHƯA xác nhận", "NOT verified");
            let remark = format!("{number}, ? {unverified}: {why}");
            match doubt {
                Doubt::Malformed(malformed) => sections.add_undecoded(&name, malformed),
                _ => sections.add(&name, Some(&remark), fields.inspect_unverified().clone()),
            }
        }
    }
}

fn say(kind: Labelled, name: &'static str, lang: Lang) -> &'static str {
    words::label(kind, name, lang).unwrap_or(name)
}

fn hexadecimal(status: Status) -> String {
    format!("{:04X}", status.0)
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
