//! `verify` of a report that another machine made.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::attest::again::Again;
use crate::attest::again::Comparison;
use crate::attest::again::compare;
use crate::attest::check::Here;
use crate::attest::check::ReportCheck;
use crate::attest::check::Standing;
use crate::attest::check::Test;
use crate::attest::check::check;
use crate::attest::check::live_only;
use crate::attest::check::policy_of;
use crate::attest::signed::SignedReport;
use crate::cli::Ended;
use crate::cli::arguments::read::Verify;
use crate::cli::asked;
use crate::cli::config::Choice;
use crate::cli::config::Settings;
use crate::cli::inspect;
use crate::cli::key;
use crate::cli::output::Output;
use crate::cli::sealed;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::json;
use crate::render::json::Times;
use crate::render::reveal::Reveal;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::seal::key::DeviceId;
use crate::seal::key::DevicePublic;
use crate::verify::Check;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::workflow;
use crate::workflow::Judgement;

/// Schema of the answer.
const SCHEMA: &str = "cancuoc.report_check/1";

/// Columns of the names before the values.
const MARGIN: usize = 26;

/// Checks a report, with its capture where there is one.
pub(super) fn run(
    bytes: &[u8],
    request: &Verify,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    unfit(request)?;
    let devices = devices(request, settings)?;
    let report = SignedReport::decode(bytes).map_err(|error| at(error, &request.file))?;
    let trust = settings.trust_to_judge_by()?;
    let mut policies = vec![settings.policy.clone()];
    // Who asks for a policy does not want a report that another one let pass.
    if settings.choice == Choice::Standing {
        policies.extend_from_slice(Policy::shipped());
    }
    let judgement = Judgement {
        policy: policy_of(&report, &policies).unwrap_or(&settings.policy),
        ..settings.judgement(&trust)
    };
    let again = match &request.capture {
        Some(capture) => Some(again(&report, capture, request, &judgement)?),
        None => None,
    };
    let here = Here {
        devices: &devices,
        trust: &trust,
        policies: &policies,
        registries: &settings.registry_options.keys,
        now: Timestamp::try_from(settings.now).map_err(|_| SetupError::Time)?,
    };
    let checked = check(&report, &here, again.as_ref());
    out.answer(
        &text(&report, &checked, again.as_ref(), out.lang),
        &object(&report, &checked, again.as_ref()),
    )?;
    Ok(Ended::Judged(checked.verdict()))
}

/// Options that mean nothing for a report, or nothing without its capture.
fn unfit(request: &Verify) -> Result<(), SetupError> {
    let with_capture = request.capture.is_some();
    sealed::refuse(&[
        ("--report", request.attest.report.is_some()),
        ("--portrait", request.picture.portrait.is_some()),
        ("--draw", request.picture.draw.is_some()),
        ("--reveal", !request.reveal.is_empty()),
        ("--challenge", request.challenge.is_some() && !with_capture),
        ("--printed", request.printed.is_some() && !with_capture),
    ])
}

/// The devices that are trusted: those of the options, else those of the configuration.
pub(super) fn devices(request: &Verify, settings: &Settings) -> Result<Vec<DeviceId>, SetupError> {
    let named = match request.device.as_slice() {
        [] => settings.devices.as_slice(),
        given => given,
    };
    let device = |given: &String| match DeviceId::parse(given) {
        Some(id) => Ok(id),
        None => Ok(DevicePublic::load(Path::new(given))?.id()),
    };
    named.iter().map(device).collect()
}

/// Verifies the capture here, under the report's policy where it is known, and compares.
fn again(
    report: &SignedReport,
    capture: &Path,
    request: &Verify,
    judgement: &Judgement<'_>,
) -> Result<Again, Error> {
    let challenge = request.challenge.as_deref().map(asked::parse_challenge);
    let printed = request.printed.as_deref().map(key::printed);
    let reading = inspect::stored(
        inspect::load(capture)?,
        challenge.transpose()?,
        printed.transpose()?,
    );
    let inspected = workflow::inspect_again(reading, judgement, None);
    let own = json::report(&inspected.report, Times::default(), &Reveal::everything());
    let own = own.as_object().cloned().unwrap_or_default();
    Ok(compare(report, &own).map_err(SetupError::from)?)
}

/// The same error with the file that it is about.
fn at(error: AttestError, path: &Path) -> SetupError {
    match error {
        AttestError::Malformed { why } => AttestError::Malformed {
            why: format!("{}: {why}", path.display()),
        },
        other => other,
    }
    .into()
}

fn object(report: &SignedReport, checked: &ReportCheck, again: Option<&Again>) -> Value {
    let statement = report.statement();
    let (name, version) = &statement.tool;
    let checks: Map<String, Value> = checked
        .tests()
        .iter()
        .map(|(test, outcome)| (test.name().to_owned(), json::outcome(outcome)))
        .collect();
    let live: Vec<&str> = live_only(statement).into_iter().map(Check::name).collect();
    let mut out = json!({
        "schema": SCHEMA,
        "result": checked.standing().word(),
        "verdict": checked.verdict().word(),
        "next_action": checked.next_action().code(),
        "report": {
            "verdict": statement.verdict,
            "next_action": statement.next_action,
            "tool": {"name": name, "version": version},
            "judged_at": json::time(statement.judged_at),
            "reading": statement.reading,
            "policy": statement.policy,
            "policy_sha256": statement.policy_sha256,
            "sod_sha256": report.report().get("sod_sha256"),
        },
        "checks": checks,
        "live_only": live,
    });
    if let (Some(out), Some(again)) = (out.as_object_mut(), again) {
        let compared: Map<String, Value> = again
            .checks()
            .iter()
            .map(|(check, (comparison, found))| {
                let found = json!({
                    "found": comparison.word(),
                    "outcome": found.outcome.word(),
                    "code": found.code,
                });
                (check.name().to_owned(), found)
            })
            .collect();
        out.insert("again".into(), Value::Object(compared));
    }
    out
}

fn text(report: &SignedReport, checked: &ReportCheck, again: Option<&Again>, lang: Lang) -> String {
    let statement = report.statement();
    let mut out = String::new();
    let mut line = |text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{text}");
    };
    line(&headline(checked.standing(), lang).to_uppercase());
    match checked.decisive() {
        Some((_, outcome)) => {
            line(words::sentence(outcome.code(), lang));
            line(&format!("→ {}", words::remedy(outcome.code(), lang)));
        }
        None => {
            let action = statement.next_action.as_str();
            let words = words::label(Labelled::NextAction, action, lang);
            line(&format!("→ {}", words.unwrap_or(action)));
        }
    }
    line("");
    let verdict = statement.verdict.as_str();
    let verdict = words::label(Labelled::Verdict, verdict, lang)
        .map_or_else(|| screen::line(verdict, lang), str::to_owned);
    let (tool, version) = &statement.tool;
    for (name, value) in [
        (lang.choose("Báo cáo kết luận", "The report says"), verdict),
        (
            lang.choose("Lúc", "Judged at"),
            json::time(statement.judged_at),
        ),
        (
            lang.choose("Bằng", "By"),
            screen::line(&format!("{tool} {version}"), lang),
        ),
        (
            lang.choose("Chính sách", "Policy"),
            screen::line(&statement.policy, lang),
        ),
    ] {
        line(&row(name, &value));
    }
    if let Some(signer) = report.signer() {
        let name = lang.choose("Thiết bị ký", "Signed by device");
        line(&row(name, &signer.device.to_string()));
    }
    line("");
    for (test, outcome) in checked.tests() {
        let mark = match outcome {
            Outcome::Pass(_) => '✓',
            Outcome::Fail(_) => '✗',
            Outcome::Open(_) => '?',
        };
        let sentence = words::sentence(outcome.code(), lang);
        line(&row(&format!("{mark} {}", title(*test, lang)), sentence));
    }
    if let Some(again) = again {
        line("");
        line(lang.choose(
            "Kiểm tra lại bản đọc đã lưu tại đây:",
            "The capture, verified again here:",
        ));
        for (check, (comparison, found)) in again.checks() {
            let name = words::label(Labelled::Check, check.name(), lang).unwrap_or_default();
            let word = compared(*comparison, lang);
            let value = match comparison {
                Comparison::Again | Comparison::LiveOnly => word.to_owned(),
                Comparison::Differs | Comparison::NotCheckable => {
                    format!("{word}: {}", words::sentence(&found.code, lang))
                }
            };
            line(&row(&format!("  {name}"), &value));
        }
    }
    for check in live_only(statement) {
        let name = words::label(Labelled::Check, check.name(), lang).unwrap_or_default();
        let sentence = match report.signer() {
            Some(_) => lang.choose(
                "chỉ lần đọc trực tiếp mới biết; mức tin cậy bằng đúng thiết bị đã ký.",
                "only the live read could know; it is as good as the device that signed.",
            ),
            None => lang.choose(
                "chỉ lần đọc trực tiếp mới biết; ở đây chưa có ai bảo đảm.",
                "only the live read could know; nobody vouches for it here.",
            ),
        };
        line(&format!("· {name}: {sentence}"));
    }
    out
}

const fn headline(standing: Standing, lang: Lang) -> &'static str {
    match standing {
        Standing::Confirmed => lang.choose("Báo cáo đáng tin", "The report holds"),
        Standing::Contradicted => lang.choose("Báo cáo sai", "The report does not hold"),
        Standing::Undecided => lang.choose(
            "Chưa kết luận được về báo cáo",
            "The report cannot be judged",
        ),
    }
}

const fn title(test: Test, lang: Lang) -> &'static str {
    match test {
        Test::Signature => lang.choose("Chữ ký", "Signature"),
        Test::Verdict => lang.choose("Kết luận", "Verdict"),
        Test::Policy => lang.choose("Chính sách", "Policy"),
        Test::Dates => lang.choose("Thời gian", "Dates"),
        Test::Anchors => lang.choose("Gốc tin cậy", "Anchors"),
        Test::Registry => lang.choose("Trả lời tra cứu", "Registry's answer"),
        Test::Capture => lang.choose("Bản đọc đã lưu", "Capture"),
    }
}

const fn compared(comparison: Comparison, lang: Lang) -> &'static str {
    match comparison {
        Comparison::Again => lang.choose("kết quả như báo cáo", "found again, the same"),
        Comparison::LiveOnly => lang.choose(
            "chỉ lần đọc trực tiếp mới biết",
            "only the live read could know",
        ),
        Comparison::Differs => lang.choose("kết quả khác báo cáo", "found otherwise"),
        Comparison::NotCheckable => {
            lang.choose("ở đây không kiểm tra được", "cannot be found out here")
        }
    }
}

/// A name padded to the margin, and a value.
fn row(name: &str, value: &str) -> String {
    let padding = MARGIN.saturating_sub(name.chars().count()).max(1);
    format!("{name}{}{value}", " ".repeat(padding))
}
