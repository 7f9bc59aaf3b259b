//! `verify` of a receipt that an agent's device signed.

use serde_json::Value;
use serde_json::json;

use crate::attest::receipt;
use crate::attest::receipt::ReceiptCheck;
use crate::cli::Ended;
use crate::cli::arguments::read::Verify;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::cli::report_check;
use crate::cli::sealed;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::json;
use crate::render::screen;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;
use crate::verify::Outcome;

/// Schema of the answer.
const SCHEMA: &str = "cancuoc.receipt_check/1";

/// What a person compares, in the order of reading.
const SHOWN: [&str; 6] = [
    "origin",
    "nonce",
    "read_at",
    "sod_sha256",
    "trust_as_of",
    "agent",
];

/// Checks a receipt, without asking anybody.
pub(super) fn run(
    bytes: &[u8],
    request: &Verify,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    unfit(request)?;
    let devices = report_check::devices(request, settings)?;
    let checked = receipt::check(bytes, &devices).map_err(SetupError::from)?;
    let (text, value) = told(&checked, out.lang);
    out.answer(&text, &value)?;
    Ok(Ended::Judged(checked.verdict))
}

/// What is said of a receipt, to people and to programs.
fn told(checked: &ReceiptCheck, lang: Lang) -> (String, Value) {
    let mut text = sealed::lines(&checked.outcome, lang);
    if matches!(checked.outcome, Outcome::Pass(_)) {
        let word = checked.verdict.word();
        let verdict = words::label(Labelled::Verdict, word, lang).unwrap_or(word);
        text.push_str(&format!("  {verdict}\n"));
    }
    if checked.said.contains_key("virtual") {
        text.push_str(lang.choose(
            "  Thẻ ảo để thử: không phải thẻ thật của ai.\n",
            "  A virtual card for tests: nobody's card.\n",
        ));
    }
    for name in SHOWN {
        if let Some(value) = checked.said.get(name).and_then(Value::as_str) {
            text.push_str(&format!("  {name}: {}\n", screen::line(value, lang)));
        }
    }
    let value = json!({
        "schema": SCHEMA,
        "verdict": checked.verdict.word(),
        "receipt": json::outcome(&checked.outcome),
        "said": checked.said,
    });
    (text, value)
}

/// Options that mean nothing for a receipt.
fn unfit(request: &Verify) -> Result<(), SetupError> {
    sealed::refuse(&[
        ("--capture", request.capture.is_some()),
        ("--report", request.attest.report.is_some()),
        ("--portrait", request.picture.portrait.is_some()),
        ("--draw", request.picture.draw.is_some()),
        ("--reveal", !request.reveal.is_empty()),
        ("--challenge", request.challenge.is_some()),
        ("--printed", request.printed.is_some()),
    ])
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::Map;

    use super::*;
    use crate::cli::arguments::Arguments;
    use crate::cli::arguments::Command;
    use crate::verify::Verdict;

    #[test]
    fn a_verdict_is_said_of_a_receipt_that_holds_alone() {
        let genuine = words::label(Labelled::Verdict, "genuine", Lang::En).unwrap();
        for (outcome, verdict, mark, says) in [
            (
                Outcome::pass("receipt.holds"),
                Verdict::Genuine,
                '✓',
                genuine,
            ),
            (
                Outcome::open("receipt.unknown_device"),
                Verdict::Inconclusive,
                '?',
                words::remedy("receipt.unknown_device", Lang::En),
            ),
            (
                Outcome::fail("receipt.wrong_signature"),
                Verdict::NotGenuine,
                '✗',
                words::remedy("receipt.wrong_signature", Lang::En),
            ),
        ] {
            let code = outcome.code();
            let mut said = Map::new();
            said.insert("verdict".to_owned(), json!("genuine"));
            said.insert("nonce".to_owned(), json!("AAEC"));
            let checked = ReceiptCheck {
                outcome,
                verdict,
                said,
            };
            let (text, value) = told(&checked, Lang::En);
            assert!(text.starts_with(mark), "{text}");
            let line = text.lines().nth(1).unwrap();
            assert!(line.ends_with(says), "{text}");
            assert!(text.contains("nonce: AAEC"), "{text}");
            assert_eq!(value["verdict"], verdict.word());
            assert_eq!(value["receipt"]["code"], code);
            assert_eq!(value["said"]["nonce"], "AAEC");
        }
    }

    #[test]
    fn options_of_captures_do_not_go_with_a_receipt() {
        let asked = |options: &[&str]| {
            let words = ["cancuoc", "verify", "receipt.json"];
            let words = words.iter().chain(options);
            let Command::Verify(verify) = Arguments::parse_from(words).command else {
                panic!("another command");
            };
            unfit(&verify)
        };
        assert_eq!(asked(&["--device", "device.pem"]), Ok(()));
        for options in [
            ["--capture", "x"],
            ["--challenge", "00"],
            ["--printed", "x"],
            ["--reveal", "religion"],
        ] {
            assert!(asked(&options).is_err(), "{options:?}");
        }
    }
}
