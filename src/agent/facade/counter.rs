//! A page's session: it owns one reader, has each card read that is laid on it, and gives out what came of
//! it. Pages of old ask for nothing; they wait for events.
//!
//! No time, no socket: events of the desk and the page's wishes go in, messages come out. The desk answers
//! at once, so that what it says decides the next step here.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use crate::agent::facade::message::Accepted;
use crate::agent::facade::message::Failure;
use crate::agent::facade::message::Message;
use crate::agent::facade::message::READ_FAILED;
use crate::agent::facade::text::Disclosure;
use crate::agent::protocol::wipe;

/// The agent's API level that this is written for.
const LEVEL: u32 = 1;

/// What the desk says where it cannot sign evidence.
const NO_DEVICE_KEY: &str = "agent.no_device_key";

/// Longest key that is passed on, in bytes: a QR code's text has some three hundred.
pub const MAX_KEY: usize = 2048;

/// Fields of the holder that the sixteen are made of.
const FIELDS: [&str; 15] = [
    "name",
    "latin_name",
    "citizen_number",
    "personal_number",
    "old_number",
    "birth",
    "sex",
    "nationality",
    "issued",
    "expiry",
    "origin",
    "residence",
    "father",
    "mother",
    "spouse",
];

/// Fields of DG13 that are asked for only where the operator switched them on.
const SENSITIVE_FIELDS: [&str; 3] = ["ethnicity", "religion", "features"];

/// Who is asked: the agent's desk, or a test.
pub trait Ask {
    /// What it answers a command: `ok`, or its error.
    ///
    /// # Errors
    ///
    /// The desk's own error, as the agent's interface writes it.
    fn ask(&mut self, command: &str, members: Map<String, Value>) -> Result<Value, Value>;
}

/// When a card is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Whenever one is laid down
    OnCard,
    /// When the page asks
    OnAsk,
}

/// What a session needs to know.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Name of the only reader to use, or its first letters
    pub reader: Option<String>,
    /// Verdicts that pages see as a success
    pub accepted: Vec<Accepted>,
    /// Whether sensitive fields go out
    pub disclosure: Disclosure,
}

/// Where the session stands with its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has none
    WantsReader,
    /// Nothing lies on it
    WantsCard,
    /// A card lies on it that nobody read yet, or that a page may ask for again
    WantsWish,
    /// The desk is reading
    Reading,
}

/// One page's session.
pub struct Counter<A> {
    desk: A,
    rules: Rules,
    way: Way,
    stage: Stage,
    /// Id of the reader that is ours
    reader: Option<String>,
    /// What the page sent before a card was there
    key: Option<Zeroizing<String>>,
}

impl<A: Ask> Counter<A> {
    /// Says hello; a session that reads every card takes a reader, if one is free.
    pub fn open(desk: A, rules: Rules, way: Way) -> (Self, Vec<Message>) {
        let mut counter = Self {
            desk,
            rules,
            way,
            stage: Stage::WantsReader,
            reader: None,
            key: None,
        };
        let mut out = Vec::new();
        let hello = object(json!({"level": LEVEL, "lang": "vi"}));
        match counter.desk.ask("hello", hello) {
            Ok(_) if way == Way::OnCard => counter.seek(&mut out),
            Ok(_) => {}
            Err(error) => out.push(Message::Failed(Failure::of(&error))),
        }
        (counter, out)
    }

    /// Whoever answers.
    pub const fn desk_mut(&mut self) -> &mut A {
        &mut self.desk
    }

    /// Has every card read from now on, or none unasked. Who reads unasked holds a reader all the while.
    pub fn turn(&mut self, way: Way) -> Vec<Message> {
        let mut out = Vec::new();
        self.way = way;
        match way {
            Way::OnCard if self.reader.is_none() => self.seek(&mut out),
            Way::OnAsk if self.stage != Stage::Reading => self.release(),
            _ => {}
        }
        out
    }

    /// Takes in an event of the desk.
    pub fn hear(&mut self, event: &Value) -> Vec<Message> {
        let mut out = Vec::new();
        let name = text(event, "event");
        let ours = self.reader.is_some() && self.reader.as_deref() == Some(text(event, "reader"));
        match name {
            "reader_attached" | "reader_state" if self.seeks(event) => self.seek(&mut out),
            "reader_detached" if ours => {
                self.reader = None;
                if self.stage == Stage::Reading {
                    out.push(Message::Failed(failure("reader.removed", READ_FAILED)));
                }
                self.stage = Stage::WantsReader;
                out.push(Message::Notice(json!({"status": "reader_detached"})));
                if self.way == Way::OnCard {
                    self.seek(&mut out);
                }
            }
            "card_present" if ours => self.laid(&mut out),
            "card_removed" if ours => {
                if self.stage != Stage::Reading {
                    self.stage = Stage::WantsCard;
                }
                out.push(Message::Removed);
            }
            "key_wanted" if ours => self.key_wanted(event, &mut out),
            "phase" | "paused" | "resumed" if ours => out.push(Message::Notice(notice(event))),
            "result" if ours => self.ended(event, &mut out),
            "failed" if ours => {
                self.stage = Stage::WantsWish;
                let error = event.get("error").unwrap_or(&Value::Null);
                out.push(Message::Failed(Failure::of(error)));
                self.look(&mut out);
                self.settle();
            }
            // What was read is the page's now; what nothing vouches for (`partial`) never is.
            _ => {}
        }
        out
    }

    /// Has the card read that lies on the reader.
    ///
    /// The second is an error where there is nothing to wait for: `503` no reader, `409` another session has
    /// it or it is reading, `404` no card, or what the desk says.
    pub fn read(&mut self, key: Option<Zeroizing<String>>) -> (Vec<Message>, Result<(), Failure>) {
        let mut out = Vec::new();
        if self.stage == Stage::Reading {
            return (out, Err(failure("agent.busy", 409)));
        }
        if let Some(key) = key {
            if key.len() > MAX_KEY {
                return (out, Err(failure("agent.too_large", 413)));
            }
            self.key = Some(key);
        }
        if self.reader.is_none() {
            self.seek(&mut out);
        }
        let begun = match (self.reader.clone(), self.stage) {
            (None, _) => {
                let refused = out.iter().find_map(|message| match message {
                    Message::Failed(failure) => Some(failure.clone()),
                    _ => None,
                });
                out.clear();
                Err(refused.unwrap_or_else(|| self.absent()))
            }
            // The card that lay there is being read already, because it is one of those that all are.
            (Some(_), Stage::Reading) => Ok(()),
            (Some(reader), _) => match self.card(&reader).as_deref() {
                None | Some("none") => Err(failure("card.none", 404)),
                Some(_) => self.start(&reader),
            },
        };
        if begun.is_err() {
            self.key = None;
            self.settle();
        }
        (out, begun)
    }

    /// Ends the read that is going on; what comes of it is told as ever.
    pub fn give_up(&mut self) {
        if let (Stage::Reading, Some(reader)) = (self.stage, self.reader.clone()) {
            // A read that has just ended needs no ending.
            let _ = self.desk.ask("cancel", object(json!({"reader": reader})));
        }
    }

    /// Takes the key that a page read elsewhere: for the read that waits for it, else for the next.
    pub fn give_key(&mut self, key: Zeroizing<String>) -> Vec<Message> {
        let mut out = Vec::new();
        if key.len() > MAX_KEY {
            out.push(Message::Failed(failure("agent.too_large", 413)));
            return out;
        }
        match (self.stage, self.reader.clone()) {
            (Stage::Reading, Some(reader)) => self.pass_key(&reader, &key, &mut out),
            _ => self.key = Some(key),
        }
        out
    }

    /// Forgets a key that no card came for.
    pub fn forget_key(&mut self) {
        self.key = None;
    }

    /// What REST says about reader and card.
    pub fn status(&mut self) -> Value {
        let readers = self.readers().unwrap_or_default();
        let is = |name: &str, values: &[&str]| {
            readers
                .iter()
                .any(|reader| values.contains(&text(reader, name)))
        };
        json!({
            "reader": !readers.is_empty(),
            "card": is("card", &["unknown", "emrtd", "citizen_card"]),
            "busy": is("state", &["claimed", "busy"]) && self.reader.is_none()
                || self.stage == Stage::Reading,
        })
    }

    /// Lets the reader go.
    pub fn release(&mut self) {
        if let Some(reader) = self.reader.take() {
            // The desk releases what a session leaves behind anyway.
            let _ = self.desk.ask("release", object(json!({"reader": reader})));
        }
        self.stage = Stage::WantsReader;
    }

    /// Takes the first reader that suits and that nobody has.
    fn seek(&mut self, out: &mut Vec<Message>) {
        let readers = match self.readers() {
            Ok(readers) => readers,
            Err(failure) => return out.push(Message::Failed(failure)),
        };
        let mut refused = None;
        for reader in &readers {
            let id = text(reader, "reader").to_owned();
            match self.desk.ask("claim", object(json!({"reader": id}))) {
                Ok(_) => {
                    self.reader = Some(id);
                    self.stage = Stage::WantsCard;
                    out.push(Message::Notice(json!({"status": "ready"})));
                    return self.look(out);
                }
                Err(error) => refused = Some(Failure::of(&error)),
            }
        }
        match refused {
            // Somebody has it: the page hears so, and has it when it is free.
            Some(failure) => out.push(Message::Failed(failure)),
            None => out.push(Message::Notice(json!({"status": "no_reader"}))),
        }
    }

    /// Gives the reader back where it was taken for one read alone.
    fn settle(&mut self) {
        if self.way == Way::OnAsk {
            self.release();
        }
    }

    /// Looks whether a card lies there already.
    fn look(&mut self, out: &mut Vec<Message>) {
        let Some(reader) = self.reader.clone() else {
            return;
        };
        match self.card(&reader).as_deref() {
            None | Some("none") => self.stage = Stage::WantsCard,
            Some(_) if self.stage == Stage::WantsCard => self.laid(out),
            Some(_) => {}
        }
    }

    /// A card lies there. The desk says so again when it knows its kind.
    fn laid(&mut self, out: &mut Vec<Message>) {
        if self.stage != Stage::WantsCard {
            return;
        }
        self.stage = Stage::WantsWish;
        out.push(Message::Inserted);
        if let (Way::OnCard, Some(reader)) = (self.way, self.reader.clone())
            && let Err(failure) = self.start(&reader)
        {
            out.push(Message::Failed(failure));
        }
    }

    fn start(&mut self, reader: &str) -> Result<(), Failure> {
        let mut fields: Vec<&str> = FIELDS.to_vec();
        if self.rules.disclosure == Disclosure::Sensitive {
            fields.extend(SENSITIVE_FIELDS);
        }
        let mut order = object(json!({
            "reader": reader, "fields": fields, "portrait": true, "evidence": "full",
        }));
        if let Some(key) = self.key.take() {
            order.insert("key".to_owned(), Value::String(key.to_string()));
        }
        let mut begun = self.desk.ask("read", order.clone());
        if let Err(error) = &begun
            && text(error, "code") == NO_DEVICE_KEY
        {
            // Files as they are leave the agent with a signed report beside them, or not at all.
            order.insert("evidence".to_owned(), "none".into());
            begun = self.desk.ask("read", order.clone());
        }
        wipe(Value::Object(order));
        match begun {
            Ok(_) => {
                self.stage = Stage::Reading;
                Ok(())
            }
            Err(error) => Err(Failure::of(&error)),
        }
    }

    fn key_wanted(&mut self, event: &Value, out: &mut Vec<Message>) {
        // A key that was wrong is not tried twice.
        let first = text(event, "why") != "wrong";
        if let (true, Some(key), Some(reader)) = (first, self.key.take(), self.reader.clone()) {
            self.pass_key(&reader, &key, out);
        } else {
            out.push(Message::Notice(notice(event)));
        }
    }

    fn pass_key(&mut self, reader: &str, key: &str, out: &mut Vec<Message>) {
        let members = object(json!({"reader": reader, "key": key}));
        match self.desk.ask("key", members) {
            Ok(_) => {}
            // The read has not come so far: the key waits until it is asked for.
            Err(error) if text(&error, "code") == "agent.nothing_to_do" => {
                self.key = Some(Zeroizing::new(key.to_owned()));
            }
            Err(error) => out.push(Message::Failed(Failure::of(&error))),
        }
    }

    fn ended(&mut self, event: &Value, out: &mut Vec<Message>) {
        self.stage = Stage::WantsWish;
        let report = event.get("report").filter(|report| report.is_object());
        if let Some(report) = report.filter(|_| event.get("sent_before").is_none()) {
            out.push(Message::of_result(
                report,
                event.pointer("/evidence/capture"),
                event.get("receipt"),
                &self.rules.accepted,
                self.rules.disclosure,
            ));
        }
        if let Some(reader) = self.reader.clone() {
            // The page has it: nothing of it need stay here.
            let _ = self.desk.ask("end", object(json!({"reader": reader})));
        }
        self.look(out);
        self.settle();
    }

    /// Whether an event is a reason to look for a reader.
    fn seeks(&self, event: &Value) -> bool {
        let free = text(event, "event") == "reader_attached" || text(event, "state") == "free";
        free && self.way == Way::OnCard && self.reader.is_none()
    }

    /// The readers that suit.
    fn readers(&mut self) -> Result<Vec<Value>, Failure> {
        let answer = self.desk.ask("readers", Map::new());
        let mut answer = answer.map_err(|error| Failure::of(&error))?;
        let wanted = self.rules.reader.as_deref().unwrap_or_default();
        let readers = answer.get_mut("readers").map(Value::take);
        let Some(Value::Array(mut readers)) = readers else {
            return Ok(Vec::new());
        };
        readers.retain(|reader| text(reader, "name").starts_with(wanted));
        Ok(readers)
    }

    /// Why there is no reader: the machine's card service does not answer, or there is none that suits.
    fn absent(&mut self) -> Failure {
        let status = self.desk.ask("status", Map::new()).unwrap_or_default();
        match status.get("service") {
            Some(service) if service.is_object() => Failure::of(service),
            _ => no_reader(),
        }
    }

    /// What lies on a reader: `none`, or the kind of card.
    fn card(&mut self, reader: &str) -> Option<String> {
        let readers = self.readers().ok()?;
        let of = readers.iter().find(|each| text(each, "reader") == reader)?;
        Some(text(of, "card").to_owned())
    }
}

/// No reader, or none that suits.
pub fn no_reader() -> Failure {
    failure("reader.none", 503)
}

/// A failure that is found here, with the words of the agent's own codes.
pub fn failure(code: &str, status: u16) -> Failure {
    use crate::render::words::Lang;
    use crate::render::words::remedy;
    use crate::render::words::sentence;
    let said = |of: fn(&str, Lang) -> &'static str| json!({"vi": of(code, Lang::Vi), "en": of(code, Lang::En)});
    let about = json!({"message": said(sentence), "remedy": said(remedy), "retriable": true});
    Failure {
        code: code.to_owned(),
        status,
        about: object(about),
    }
}

/// An event about progress, for whoever listens on the extra channel. None of these is personal.
fn notice(event: &Value) -> Value {
    let mut notice = Map::new();
    notice.insert(
        "status".to_owned(),
        event.get("event").cloned().unwrap_or_default(),
    );
    for name in [
        "phase",
        "percent",
        "index",
        "count",
        "kinds",
        "why",
        "tries_left",
        "cause",
        "within_ms",
    ] {
        if let Some(value) = event.get(name) {
            notice.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(notice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
