//! What a page is told, in the two forms that counters have: numbered events of a Socket.IO service, and
//! named ones beside REST.
//!
//! Both carry more than their models do: `verified`, `verdict`, `next_action` and the outcome of every
//! check beside the text, and a code beside every sentence about a failure. Members are added, none is
//! renamed.

use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agent::facade::text;
use crate::agent::facade::text::Disclosure;
use crate::agent::facade::text::FILES;
use crate::agent::protocol::wipe;
use crate::render::words;
use crate::render::words::Labelled;
use crate::render::words::Lang;

/// A verdict that an operator may let pages of old see as a success. Of one that is not among them they
/// learn by a failure, because they look at the number of an event and not at a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// The document is genuine and in force
    Genuine,
    /// It is genuine, and expired, revoked, reported lost or replaced
    NotInForce,
    /// Its text is vouched for, and another check that the policy requires is open
    Inconclusive,
}

impl Accepted {
    /// The word in reports and in the configuration.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::NotInForce => "not_in_force",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The verdict that a word stands for. There is none for `not_genuine`: no operator can accept that.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Genuine, Self::NotInForce, Self::Inconclusive]
            .into_iter()
            .find(|accepted| accepted.code() == code)
    }
}

/// What was read: personal from here on.
pub struct Reading {
    /// The sixteen text fields
    pub text: Map<String, Value>,
    /// The portrait and the files as they are, in base64
    pub files: Map<String, Value>,
    /// What judging found; nothing of it is personal
    pub about: Map<String, Value>,
}

/// Why there is nothing to give out.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Stable code, as the agent's own interface has it
    pub code: String,
    /// The status that REST answers with
    pub status: u16,
    /// Code, remedy, next action and the like
    pub about: Map<String, Value>,
}

/// What a page is told.
pub enum Message {
    /// A card lies on the reader
    Inserted,
    /// It lies there no more
    Removed,
    /// It was read, and its verdict is among the accepted
    Read(Box<Reading>),
    /// It was not
    Failed(Failure),
    /// What the models have no event for, on a channel that pages of old do not hear
    Notice(Value),
}

/// Every member of the numbered messages in a page's language; free text of the models is Vietnamese.
const NO_DESCRIPTION: &str = "Lỗi không rõ.";

impl Failure {
    /// From the agent's own error.
    pub fn of(error: &Value) -> Self {
        let code = error.get("code").and_then(Value::as_str);
        let code = code.unwrap_or("agent.internal").to_owned();
        let status = error.get("status").and_then(Value::as_u64);
        let members = [
            "retriable",
            "next_action",
            "message",
            "remedy",
            "holder",
            "tries_left",
        ];
        let mut about = Map::new();
        for name in members {
            if let Some(value) = error.get(name) {
                about.insert(name.to_owned(), value.clone());
            }
        }
        Self {
            code,
            status: status
                .and_then(|status| u16::try_from(status).ok())
                .unwrap_or(500),
            about,
        }
    }

    /// From a report whose verdict is not among the accepted. It says why, and nothing of the holder.
    fn of_report(report: &Value) -> Self {
        let verdict = member(report, "verdict");
        let code = deciding(report).unwrap_or_else(|| "card.unreadable".to_owned());
        let said = |lang| {
            let verdict = words::label(Labelled::Verdict, verdict, lang).unwrap_or_default();
            format!("{verdict}: {}", words::sentence(&code, lang))
        };
        let mut about = judged(report);
        about.insert("verified".to_owned(), Value::Bool(false));
        about.insert("retriable".to_owned(), Value::Bool(false));
        about.insert(
            "message".to_owned(),
            json!({"vi": said(Lang::Vi), "en": said(Lang::En)}),
        );
        about.insert(
            "remedy".to_owned(),
            json!({"vi": words::remedy(&code, Lang::Vi), "en": words::remedy(&code, Lang::En)}),
        );
        Self {
            code,
            status: READ_FAILED,
            about,
        }
    }

    fn message(&self) -> &str {
        self.about
            .get("message")
            .and_then(|message| message.get("vi"))
            .and_then(Value::as_str)
            .unwrap_or(NO_DESCRIPTION)
    }

    /// The status of the REST form: `404` no card, `409` busy, `422` read failed, `503` no reader. What a
    /// read ends with is a failed read, whatever status the agent's own interface has for it.
    pub fn rest_status(&self) -> u16 {
        match self.status {
            status @ (400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 503) => status,
            _ => READ_FAILED,
        }
    }

    /// As REST answers it.
    pub fn body(&self) -> Value {
        let mut body = self.about.clone();
        if let Some(messages) = body.remove("message") {
            body.insert("messages".to_owned(), messages);
        }
        body.insert("code".to_owned(), self.code.clone().into());
        body.insert("message".to_owned(), self.message().into());
        body.insert("success".to_owned(), Value::Bool(false));
        Value::Object(body)
    }
}

/// Unprocessable content: a read that failed.
pub const READ_FAILED: u16 = 422;

impl Message {
    /// What a read came to. `report` is that of `--format json`, `capture` the files as they were read.
    pub fn of_result(
        report: &Value,
        capture: Option<&Value>,
        receipt: Option<&Value>,
        accepted: &[Accepted],
        disclosure: Disclosure,
    ) -> Self {
        let verdict = member(report, "verdict");
        if !accepted.iter().any(|accepted| accepted.code() == verdict) {
            return Self::Failed(Failure::of_report(report));
        }
        let Some((text, withheld)) = text::fields(report, disclosure) else {
            return Self::Failed(Failure::of_report(report));
        };
        let (files, held) = files(report, capture, disclosure);
        let withheld: Vec<&str> = withheld.into_iter().chain(held).collect();
        let mut about = judged(report);
        about.insert("verified".to_owned(), Value::Bool(true));
        about.insert("withheld".to_owned(), withheld.into());
        if let Some(receipt) = receipt {
            about.insert("receipt".to_owned(), receipt.clone());
        }
        Self::Read(Box::new(Reading { text, files, about }))
    }

    /// Whether it is a notice of this kind.
    pub fn is_about(&self, status: &str) -> bool {
        matches!(self, Self::Notice(notice) if member(notice, "status") == status)
    }

    /// The numbered events, in order, each with the channel that it goes out on.
    pub fn numbered(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Inserted => vec![(EVENT, json!({"id": 1, "message": "new card!"}))],
            Self::Removed => vec![(STATUS, json!({"status": "card_removed"}))],
            Self::Read(reading) => {
                let genuine = reading.about.get("verdict") == Some(&json!("genuine"));
                let said = |words: &str| {
                    if genuine {
                        words.to_owned()
                    } else {
                        // The model's words say success without reserve; this is not one.
                        explained(&reading.about)
                    }
                };
                let event = |id: u8, message: String, data: &Map<String, Value>| {
                    let mut event = reading.about.clone();
                    event.insert("id".to_owned(), id.into());
                    event.insert("message".to_owned(), message.into());
                    event.insert("data".to_owned(), Value::Object(data.clone()));
                    (EVENT, Value::Object(event))
                };
                vec![
                    event(2, said("read card successfully!"), &reading.text),
                    event(4, said("Read raw data successfully!"), &reading.files),
                ]
            }
            Self::Failed(failure) => {
                let mut event = failure.body();
                if let Some(event) = event.as_object_mut() {
                    event.remove("success");
                    event.insert("id".to_owned(), 3.into());
                }
                vec![(EVENT, event)]
            }
            Self::Notice(notice) => vec![(STATUS, notice.clone())],
        }
    }

    /// The named event that is pushed.
    pub fn named(&self) -> Value {
        match self {
            Self::Inserted => json!({"event": "CardInserted"}),
            Self::Removed => json!({"event": "CardRemoved"}),
            Self::Read(reading) => json!({"event": "CardReadSuccess", "data": reading.body()}),
            Self::Failed(failure) => json!({"event": "CardReadFailed", "data": failure.body()}),
            Self::Notice(notice) => json!({"event": "Status", "data": notice}),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        for members in [&mut self.text, &mut self.files, &mut self.about] {
            wipe(Value::Object(mem::take(members)));
        }
    }
}

impl Reading {
    /// As REST answers it: the text fields and the files side by side.
    pub fn body(&self) -> Value {
        let mut body = self.about.clone();
        let mut data = self.text.clone();
        data.extend(self.files.clone());
        body.insert("success".to_owned(), Value::Bool(true));
        body.insert("data".to_owned(), Value::Object(data));
        Value::Object(body)
    }
}

/// The channel of the numbered events.
pub const EVENT: &str = "/event";

/// The channel of what they have no number for.
pub const STATUS: &str = "/status";

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The verdict in words, for what is not plainly a success.
fn explained(about: &Map<String, Value>) -> String {
    let verdict = about
        .get("verdict")
        .and_then(Value::as_str)
        .unwrap_or_default();
    words::label(Labelled::VerdictExplanation, verdict, Lang::Vi)
        .unwrap_or(NO_DESCRIPTION)
        .to_owned()
}

/// Verdict, next action, what became of every check, and what names the card without naming anybody.
fn judged(report: &Value) -> Map<String, Value> {
    let mut about = Map::new();
    for name in [
        "verdict",
        "next_action",
        "groups",
        "sod_sha256",
        "judged_at",
    ] {
        if let Some(value) = report.get(name) {
            about.insert(name.to_owned(), value.clone());
        }
    }
    let checks = report.get("checks").and_then(Value::as_object);
    let short = |check: &Value| json!({"outcome": check.get("outcome"), "code": check.get("code")});
    let checks: Map<String, Value> = checks
        .into_iter()
        .flatten()
        .map(|(name, check)| (name.clone(), short(check)))
        .collect();
    about.insert("checks".to_owned(), Value::Object(checks));
    about
}

/// The code of the check that the verdict rests on: one that failed, else a required one that is open.
fn deciding(report: &Value) -> Option<String> {
    let checks = report.get("checks")?.as_object()?;
    let required = report.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|required| required.iter().any(|check| check.as_str() == Some(name)))
    };
    let failed = checks
        .values()
        .find(|check| member(check, "outcome") == "fail");
    let open = || {
        checks
            .iter()
            .find(|(name, check)| member(check, "outcome") == "open" && is_required(name))
            .map(|(_, check)| check)
    };
    let check = failed.or_else(open)?;
    Some(member(check, "code").to_owned())
}

/// The portrait and the raw files, and the names of those that are held back. Only groups that are
/// vouched for go out; the security object is what vouches.
fn files(
    report: &Value,
    capture: Option<&Value>,
    disclosure: Disclosure,
) -> (Map<String, Value>, Vec<&'static str>) {
    let portrait = report.get("portrait");
    let text = |value: Option<&Value>, name: &str| {
        value
            .map(|value| member(value, name))
            .unwrap_or_default()
            .to_owned()
    };
    let mut files = Map::new();
    let mut withheld = Vec::new();
    files.insert("img_data".to_owned(), text(portrait, "base64").into());
    files.insert("img_mime".to_owned(), text(portrait, "mime").into());
    for (name, file, sensitivity) in FILES {
        let state = report
            .get("groups")
            .map(|groups| member(groups, file))
            .unwrap_or_default();
        let vouched = file == "EF.SOD" || state == "verified";
        let held = !disclosure.covers(sensitivity);
        if held {
            withheld.push(name);
        }
        let octets = capture
            .filter(|_| vouched && !held)
            .and_then(|capture| capture.get("files"))
            .map(|files| member(files, file))
            .and_then(|hexadecimal| hex::decode(hexadecimal).ok())
            .unwrap_or_default();
        files.insert(name.to_owned(), STANDARD.encode(octets).into());
    }
    (files, withheld)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONLY_GENUINE: &[Accepted] = &[Accepted::Genuine];

    fn report(verdict: &str) -> Value {
        json!({
            "verdict": verdict, "next_action": "proceed", "sod_sha256": "00",
            "required": ["hashes", "chip"],
            "checks": {
                "chip": {"outcome": "open", "code": "chip.not_live", "evidence": {"x": "y"}},
                "hashes": {"outcome": "pass", "code": "hashes.match", "evidence": {}},
            },
            "groups": {"DG2": "verified", "DG13": "verified", "DG14": "unverified"},
            "holder": {"citizen_number": "036195000123", "name": "Nguyễn Thị Mẫu An"},
            "portrait": {"mime": "image/jpeg", "base64": "/9j/"},
        })
    }

    fn capture() -> Value {
        json!({"files": {"DG2": "75820000", "DG13": "6d00", "DG14": "6e00", "EF.SOD": "7700"}})
    }

    fn result(verdict: &str, accepted: &[Accepted], disclosure: Disclosure) -> Message {
        Message::of_result(
            &report(verdict),
            Some(&capture()),
            None,
            accepted,
            disclosure,
        )
    }

    #[test]
    fn a_genuine_card_is_events_two_and_four() {
        let events = result("genuine", ONLY_GENUINE, Disclosure::Ordinary).numbered();
        let ids: Vec<_> = events
            .iter()
            .map(|(_, event)| event["id"].clone())
            .collect();
        assert_eq!(ids, [2, 4]);
        for (channel, event) in &events {
            assert_eq!(*channel, "/event");
            assert_eq!(event["verified"], true);
            assert_eq!(event["verdict"], "genuine");
            assert_eq!(event["checks"]["hashes"]["code"], "hashes.match");
        }
        assert_eq!(events[0].1["data"]["idCode"], "036195000123");
        assert_eq!(events[0].1["message"], "read card successfully!");
        let files = &events[1].1["data"];
        assert_eq!(files["img_data"], "/9j/");
        assert_eq!(files["dg2"], STANDARD.encode([0x75, 0x82, 0, 0]));
        assert_eq!(files["sod"], STANDARD.encode([0x77, 0]));
        // DG13 has the sensitive fields; DG14 of this one is not vouched for; DG15 was not there.
        for name in ["dg13", "dg14", "dg15"] {
            assert_eq!(files[name], "", "{name}");
        }
        assert!(
            events[0].1["withheld"]
                .as_array()
                .unwrap()
                .contains(&json!("dg13"))
        );
    }

    #[test]
    fn what_is_sensitive_goes_out_where_it_is_switched_on() {
        let events = result("genuine", ONLY_GENUINE, Disclosure::Sensitive).numbered();
        assert_eq!(events[1].1["data"]["dg13"], STANDARD.encode([0x6D, 0]));
        assert_eq!(events[0].1["withheld"], json!([]));
    }

    #[test]
    fn every_other_verdict_is_a_failure_without_a_person() {
        for verdict in [
            "not_genuine",
            "not_in_force",
            "inconclusive",
            "",
            "new_verdict",
        ] {
            let message = result(verdict, ONLY_GENUINE, Disclosure::Sensitive);
            let events = message.numbered();
            assert_eq!(events.len(), 1, "{verdict}");
            let event = &events[0].1;
            assert_eq!(event["id"], 3);
            assert_eq!(event["code"], "chip.not_live");
            assert_eq!(event["verified"], false);
            assert!(event["message"].is_string() && event["messages"]["en"].is_string());
            for text in [event.to_string(), message.named().to_string()] {
                assert!(
                    !text.contains("036195000123") && !text.contains("Nguyễn"),
                    "{text}"
                );
                assert!(!text.contains("/9j/"), "{text}");
            }
        }
    }

    #[test]
    fn an_accepted_verdict_that_is_not_genuine_says_so_in_its_words() {
        let accepted = [Accepted::Genuine, Accepted::NotInForce];
        let events = result("not_in_force", &accepted, Disclosure::Ordinary).numbered();
        assert_eq!(events[0].1["id"], 2);
        assert_eq!(events[0].1["verdict"], "not_in_force");
        assert_ne!(events[0].1["message"], "read card successfully!");
        assert_ne!(events[0].1["message"], NO_DESCRIPTION);
    }

    #[test]
    fn nobody_can_accept_what_is_not_genuine() {
        assert_eq!(Accepted::from_code("not_genuine"), None);
        assert_eq!(Accepted::from_code("genuine"), Some(Accepted::Genuine));
    }

    #[test]
    fn a_text_that_nothing_vouches_for_is_a_failure_even_where_the_verdict_is_accepted() {
        let mut report = report("inconclusive");
        let holder = report.as_object_mut().unwrap().remove("holder").unwrap();
        report["unverified_holder"] = holder;
        let message = Message::of_result(
            &report,
            Some(&capture()),
            None,
            &[Accepted::Inconclusive],
            Disclosure::Sensitive,
        );
        assert_eq!(message.named()["event"], "CardReadFailed");
        assert!(!message.named().to_string().contains("036195000123"));
    }

    #[test]
    fn a_failure_keeps_its_code_beside_its_words() {
        let error = json!({
            "code": "access.wrong_key", "status": 422, "retriable": true, "next_action": "key_again",
            "message": {"vi": "Sai.", "en": "Wrong."}, "remedy": {"vi": "a", "en": "b"},
        });
        let failure = Failure::of(&error);
        let (_, event) = Message::Failed(failure.clone()).numbered().remove(0);
        assert_eq!(event["id"], 3);
        assert_eq!(event["message"], "Sai.");
        assert_eq!(event["code"], "access.wrong_key");
        assert_eq!(event["next_action"], "key_again");
        assert_eq!(failure.body()["messages"]["en"], "Wrong.");
        assert_eq!(failure.rest_status(), 422);
        assert_eq!(Failure::of(&json!({})).rest_status(), 422);
    }

    #[test]
    fn named_events_have_the_names_that_are_known() {
        assert_eq!(Message::Inserted.named()["event"], "CardInserted");
        assert_eq!(Message::Removed.named()["event"], "CardRemoved");
        let read = result("genuine", ONLY_GENUINE, Disclosure::Ordinary).named();
        assert_eq!(read["event"], "CardReadSuccess");
        assert_eq!(read["data"]["data"]["idCode"], "036195000123");
        assert_eq!(read["data"]["success"], true);
    }

    #[test]
    fn what_failed_decides_before_what_is_open() {
        let mut report = report("not_genuine");
        assert_eq!(deciding(&report).as_deref(), Some("chip.not_live"));
        report["checks"]["hashes"] = json!({"outcome": "fail", "code": "hashes.mismatch"});
        assert_eq!(deciding(&report).as_deref(), Some("hashes.mismatch"));
    }
}
