//! Looking at audit logs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use crate::audit::Signed;
use crate::audit::Verified;
use crate::audit::line;
use crate::audit::newest;
use crate::audit::note::MAX_NOTE;
use crate::audit::proof::Proving;
use crate::audit::prove;
use crate::audit::tree::Digest;
use crate::audit::tree::leaf;
use crate::audit::verify;
use crate::cli::Ended;
use crate::cli::arguments::records::Audit;
use crate::cli::output::Output;
use crate::error::AttestError;
use crate::error::AuditError;
use crate::error::AuditFault;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::words::Lang;
use crate::render::words::remedy;
use crate::render::words::sentence;
use crate::seal::key::DeviceId;
use crate::seal::key::DevicePublic;

/// What every answer of these commands is called.
const SCHEMA: &str = "cancuoc.audit/1";

/// Records of reads without an end that are named in words, the newest first.
const SHOWN: usize = 10;

pub(super) fn run(request: &Audit, out: &Output) -> Result<Ended, Error> {
    match request {
        Audit::Verify {
            dir,
            key,
            checkpoint,
        } => look(dir, key, checkpoint, out),
        Audit::Show { dir, seq } => show(dir, *seq, out),
        Audit::Checkpoint { dir, since } => head(dir, *since, out),
        Audit::Prove { dir, seq } => inclusion(dir, *seq, out),
    }
    .map_err(Error::from)
}

/// `verify`: the whole log.
fn look(dir: &Path, keys: &[String], kept: &[PathBuf], out: &Output) -> Result<Ended, SetupError> {
    let trusted: Vec<DeviceId> = keys
        .iter()
        .map(|key| device(key))
        .collect::<Result<_, _>>()?;
    let kept: Vec<Signed> = kept
        .iter()
        .map(|path| note(path))
        .collect::<Result<_, _>>()?;
    match verify(dir, &trusted, &kept) {
        Ok(verified) => {
            if trusted.is_empty() {
                out.remark(
                    "Chưa chỉ định khóa được tin cậy: ai ghi được vào thư mục cũng viết lại được cả nhật ký lẫn khóa. Hãy dùng --key.",
                    "No trusted key was given: whoever can write to the folder can replace log and key together. Use --key.",
                );
            }
            out.answer(&words(&verified, out.lang), &facts(&verified))?;
            Ok(Ended::Done)
        }
        Err(AuditError::Broken {
            seq,
            through,
            fault,
        }) => {
            let code = fault.code();
            let place = match out.lang {
                Lang::Vi if seq == through => format!("bản ghi {seq}"),
                Lang::Vi => format!("trong các bản ghi {seq} đến {through}"),
                Lang::En if seq == through => format!("record {seq}"),
                Lang::En => format!("among records {seq} to {through}"),
            };
            let (what, next) = (sentence(code, out.lang), remedy(code, out.lang));
            let answer = json!({
                "schema": SCHEMA,
                "state": "broken",
                "code": code,
                "seq": seq,
                "through": through,
                "message": what,
            });
            out.answer(&format!("{what} ({place}; {code})\n{next}\n"), &answer)?;
            Ok(Ended::Found)
        }
        Err(other) => Err(other.into()),
    }
}

/// A key by its fingerprint, or by the file it is in.
fn device(given: &str) -> Result<DeviceId, SetupError> {
    match DeviceId::parse(given) {
        Some(id) => Ok(id),
        None => Ok(DevicePublic::load(Path::new(given))
            .map_err(|_| AttestError::Device {
                given: given.to_owned(),
            })?
            .id()),
    }
}

/// A checkpoint in a file.
fn note(path: &Path) -> Result<Signed, SetupError> {
    let unusable = |why: String| AuditError::Unusable {
        path: path.display().to_string(),
        why,
    };
    let length = fs::metadata(path)
        .map_err(|error| unusable(error.kind().to_string()))?
        .len();
    let malformed = || AuditError::Broken {
        seq: 0,
        through: 0,
        fault: AuditFault::Checkpoint,
    };
    if usize::try_from(length).is_ok_and(|length| length > MAX_NOTE) {
        return Err(malformed().into());
    }
    let bytes = fs::read(path).map_err(|error| unusable(error.kind().to_string()))?;
    Ok(Signed::read(&bytes).ok_or_else(malformed)?)
}

fn words(verified: &Verified, lang: Lang) -> String {
    let mut text = String::new();
    let head = &verified.head;
    let mut say = |vi: &str, en: &str, value: String| {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{}: {value}", lang.choose(vi, en));
    };
    say(
        "Nhật ký còn nguyên vẹn",
        "The log is whole",
        head.origin.clone(),
    );
    say("Số bản ghi", "Records", verified.records.to_string());
    if let Some((since, until)) = verified.since.as_ref().zip(verified.until.as_ref()) {
        say("Thời gian", "From, to", format!("{since}, {until}"));
    }
    say(
        "Số điểm kiểm tra",
        "Checkpoints",
        verified.checkpoints.to_string(),
    );
    say(
        "Bản ghi có điểm kiểm tra",
        "Records under a checkpoint",
        verified.covered.to_string(),
    );
    if verified.kept > 0 {
        say(
            "Điểm kiểm tra lưu nơi khác, khớp",
            "Checkpoints kept elsewhere that agree",
            verified.kept.to_string(),
        );
    }
    for signer in &verified.signers {
        say("Khóa ký", "Signed by", signer.to_string());
    }
    say(
        "Gốc cây băm",
        "Root of the tree",
        STANDARD.encode(head.root),
    );
    if verified.set_back > 0 {
        say(
            "Bản ghi lúc đồng hồ bị lùi",
            "Records written while the clock had gone back",
            verified.set_back.to_string(),
        );
    }
    if verified.mended > 0 {
        say(
            "Lần khởi động có cắt dòng dở dang",
            "Starts at which a torn line was cut off",
            verified.mended.to_string(),
        );
    }
    if verified.unended.count > 0 {
        let records = verified.unended.records.iter();
        let mut records: Vec<String> = records.rev().map(u64::to_string).collect();
        if records.len() > SHOWN {
            records.truncate(SHOWN);
            records.push("…".to_owned());
        }
        say(
            "Lần đọc đã bắt đầu mà chưa có kết thúc (bản ghi)",
            "Reads that began and have no end (records)",
            format!("{} ({})", verified.unended.count, records.join(", ")),
        );
    }
    if verified.torn > 0 {
        say(
            "Số byte dở dang ở cuối (chưa từng được xác nhận)",
            "Torn bytes at the end (of a record that was never confirmed)",
            verified.torn.to_string(),
        );
    }
    text
}

fn facts(verified: &Verified) -> Value {
    let signers: Vec<String> = verified.signers.iter().map(DeviceId::to_string).collect();
    json!({
        "schema": SCHEMA,
        "state": "whole",
        "origin": verified.head.origin,
        "records": verified.records,
        "root": STANDARD.encode(verified.head.root),
        "since": verified.since,
        "until": verified.until,
        "checkpoints": verified.checkpoints,
        "covered": verified.covered,
        "kept": verified.kept,
        "signers": signers,
        "set_back": verified.set_back,
        "mended": verified.mended,
        "begun": verified.begun,
        "unended": {"count": verified.unended.count, "records": verified.unended.records},
        "torn": verified.torn,
    })
}

/// `show`: one line as it stands in the log, which is JSON.
fn show(dir: &Path, seq: u64, out: &Output) -> Result<Ended, SetupError> {
    let line = line(dir, seq)?;
    let text = String::from_utf8_lossy(&line);
    let record: Value = serde_json::from_slice(&line).unwrap_or_default();
    out.answer(&format!("{text}\n"), &record)?;
    Ok(Ended::Done)
}

/// `checkpoint`: the newest one, and for a witness the proof that it goes on from an older one.
fn head(dir: &Path, since: Option<u64>, out: &Output) -> Result<Ended, SetupError> {
    let (signed, note) = newest(dir)?;
    let checkpoint = signed.checkpoint();
    let proof = match since {
        None => None,
        Some(old) => {
            let proving = Proving::consistency(old, checkpoint.size);
            let proving = proving.ok_or_else(|| AuditError::NoRecord {
                seq: old.saturating_sub(1),
            })?;
            Some((old, prove(dir, checkpoint, proving)?))
        }
    };
    let mut text = String::new();
    let mut facts = json!({
        "schema": SCHEMA,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": STANDARD.encode(checkpoint.root),
        "note": note,
    });
    if let Some((old, proof)) = proof {
        // The body of add-checkpoint (C2SP tlog-witness).
        let _ = writeln!(text, "old {old}");
        for digest in &proof {
            let _ = writeln!(text, "{}", STANDARD.encode(digest));
        }
        text.push('\n');
        if let Some(object) = facts.as_object_mut() {
            object.insert("old".to_owned(), json!(old));
            object.insert("proof".to_owned(), encoded(&proof));
        }
    }
    text.push_str(&note);
    out.answer(&text, &facts)?;
    Ok(Ended::Done)
}

fn encoded(proof: &[Digest]) -> Value {
    proof.iter().map(|digest| STANDARD.encode(digest)).collect()
}

/// `prove`: that a record is among those that the newest checkpoint counts.
fn inclusion(dir: &Path, seq: u64, out: &Output) -> Result<Ended, SetupError> {
    let (signed, note) = newest(dir)?;
    let checkpoint = signed.checkpoint();
    let line = line(dir, seq)?;
    let proving = Proving::inclusion(seq, checkpoint.size).ok_or(AuditError::NoRecord { seq })?;
    let proof = prove(dir, checkpoint, proving)?;
    let record = String::from_utf8_lossy(&line);
    // C2SP tlog-proof.
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {seq}\n");
    for digest in &proof {
        let _ = writeln!(text, "{}", STANDARD.encode(digest));
    }
    let _ = write!(text, "\n{note}");
    let facts = json!({
        "schema": SCHEMA,
        "seq": seq,
        "record": record,
        "leaf": STANDARD.encode(leaf(&line)),
        "proof": encoded(&proof),
        "note": note,
    });
    out.answer(&text, &facts)?;
    Ok(Ended::Done)
}
