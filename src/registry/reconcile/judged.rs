//! What becomes of a row: how its fields agree, in the four words of the data-cleaning campaign, and what
//! to do about it.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::names::Rule;
use crate::registry::reconcile::columns::Column;
use crate::registry::reconcile::columns::Columns;
use crate::registry::reconcile::row::Asking;

/// The fields that are compared, in the order of the output.
pub(super) const FIELDS: [&str; 7] = [
    "number",
    "name",
    "birth",
    "sex",
    "nationality",
    "document_number",
    "expiry",
];

/// How one field compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) agreement: Agreement,
    pub(super) rule: Option<&'static str>,
}

/// "đúng, đủ, sạch, sống", for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    /// On file, and no field differs ("đúng")
    pub(super) right: bool,
    /// Every column holds something ("đủ")
    pub(super) complete: bool,
    /// One row for one person, and every field can be read ("sạch")
    pub(super) clean: bool,
    /// Person and card in force, by data that is fresh ("sống")
    pub(super) live: bool,
}

/// A row that was asked about.
pub(super) struct Judged {
    pub(super) card: CardStatus,
    pub(super) person: Person,
    pub(super) fields: [Field; FIELDS.len()],
    pub(super) words: Words,
    pub(super) advice: &'static str,
}

/// A row of the output.
pub(super) enum Result {
    /// Asked about
    Judged(Box<Judged>),
    /// No row: its code
    Bad(&'static str),
}

impl Judged {
    /// Judges an answer. Data that is older than `oldest` is not fresh.
    pub(super) fn new(
        asking: &Asking,
        answer: &Answer,
        duplicate: Option<u64>,
        oldest: Timestamp,
    ) -> Self {
        let mut fields = answer.agreements.entries().map(|(name, agreement)| Field {
            agreement,
            rule: answer
                .reasons
                .iter()
                .find(|reason| reason.attribute == name)
                .map(|reason| reason.rule),
        });
        for (name, rule) in &asking.unreadable {
            let at = FIELDS.iter().position(|field| field == name);
            if let Some(field) = at.and_then(|at| fields.get_mut(at)) {
                *field = Field {
                    agreement: Agreement::Mismatch,
                    rule: Some(rule.code()),
                };
            }
        }
        let known = answer.status != CardStatus::NotOnFile;
        let differs = fields
            .iter()
            .any(|field| field.agreement == Agreement::Mismatch);
        let words = Words {
            right: known && !differs,
            complete: asking.complete,
            clean: duplicate.is_none() && asking.unreadable.is_empty(),
            live: answer.person == Person::InForce
                && answer.status == CardStatus::Active
                && answer.data_as_of >= oldest,
        };
        let mut judged = Self {
            card: answer.status,
            person: answer.person,
            fields,
            words,
            advice: "keep",
        };
        judged.advice = judged.advise(duplicate, answer.data_as_of >= oldest);
        judged
    }

    /// What to do first.
    fn advise(&self, duplicate: Option<u64>, fresh: bool) -> &'static str {
        if duplicate.is_some() {
            return "merge_rows";
        }
        match (self.card, self.person) {
            (CardStatus::NotOnFile, _) => return "check_number",
            (_, Person::Deceased) => return "note_death",
            (_, Person::Cancelled) => return "ask_new_number",
            _ => {}
        }
        let mismatch = self
            .fields
            .iter()
            .find(|field| field.agreement == Agreement::Mismatch);
        if let Some(field) = mismatch {
            return match field.rule.and_then(Rule::from_code) {
                Some(Rule::LegacyEncoding | Rule::CharactersLost) => "convert_encoding",
                Some(Rule::DiacriticsMissing) => "add_diacritics",
                Some(Rule::DayMonthSwapped) => "swap_day_and_month",
                Some(
                    Rule::TwoDigitYear
                    | Rule::NoSuchDay
                    | Rule::Unreadable
                    | Rule::NoLetters
                    | Rule::LookAlike
                    | Rule::LeadingZeros,
                ) => "mend_field",
                _ => "compare_with_papers",
            };
        }
        if self.card != CardStatus::Active {
            return "ask_for_card";
        }
        let earlier = self
            .fields
            .iter()
            .any(|field| field.rule == Some(Rule::OldNumber.code()));
        match (earlier, self.words.complete, fresh) {
            (true, ..) => "take_new_number",
            (_, false, _) => "fill_in",
            (.., false) => "ask_again_later",
            _ => "keep",
        }
    }
}

/// Every advice, for the words that people read.
pub const ADVICE: [&str; 15] = [
    "keep",
    "merge_rows",
    "check_number",
    "note_death",
    "ask_new_number",
    "convert_encoding",
    "add_diacritics",
    "swap_day_and_month",
    "mend_field",
    "compare_with_papers",
    "ask_for_card",
    "take_new_number",
    "fill_in",
    "ask_again_later",
    "mend_row",
];

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Values between commas
    Csv,
    /// An object on each line
    Json,
}

/// What is written of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Nothing of what the list says, but the row's name where it is mapped
    Left,
    /// What the list says, too
    Repeated,
}

const fn yes(word: bool) -> &'static str {
    if word { "yes" } else { "no" }
}

/// The first line of the output.
pub(super) fn header(style: Style, columns: &Columns, values: Values) -> String {
    if style == Style::Json {
        return String::new();
    }
    let mut names: Vec<String> = vec!["row".to_owned()];
    if columns.has(Column::Key) {
        names.push("key".to_owned());
    }
    for name in [
        "outcome",
        "code",
        "card",
        "person",
        "right",
        "complete",
        "clean",
        "live",
        "duplicate_of",
    ] {
        names.push(name.to_owned());
    }
    for field in FIELDS {
        names.push(field.to_owned());
        names.push(format!("{field}_rule"));
    }
    names.push("advice".to_owned());
    if values == Values::Repeated {
        for (column, _) in columns.recognised() {
            names.push(format!("list_{}", column.code()));
        }
    }
    format!("{}\n", names.join(","))
}

/// Writes one row of the output.
pub(super) fn write(
    out: &mut String,
    style: Style,
    columns: &Columns,
    values: Values,
    line: &Line<'_>,
) {
    match style {
        Style::Csv => line.csv(out, columns, values),
        Style::Json => line.json(out, columns, values),
    }
    out.push('\n');
}

/// All that is known of a row.
pub(super) struct Line<'a> {
    pub(super) row: u64,
    pub(super) key: Option<&'a str>,
    pub(super) result: &'a Result,
    pub(super) duplicate: Option<u64>,
    pub(super) values: &'a [String],
}

impl Line<'_> {
    fn csv(&self, out: &mut String, columns: &Columns, values: Values) {
        out.push_str(&self.row.to_string());
        let mut put = |text: &str| {
            out.push(',');
            quoted(out, text);
        };
        if columns.has(Column::Key) {
            put(self.key.unwrap_or_default());
        }
        let duplicate = self.duplicate.map(|row| row.to_string());
        let duplicate = duplicate.as_deref().unwrap_or_default();
        match self.result {
            Result::Bad(code) => {
                for text in ["bad", code, "", "", "no", "no", "no", "no", duplicate] {
                    put(text);
                }
                for _ in FIELDS {
                    put("");
                    put("");
                }
                put("mend_row");
            }
            Result::Judged(judged) => {
                let words = judged.words;
                let card = judged.card.code();
                let person = judged.person.code();
                put("asked");
                put("");
                put(card);
                put(person);
                for word in [words.right, words.complete, words.clean, words.live] {
                    put(yes(word));
                }
                put(duplicate);
                for field in judged.fields {
                    put(field.agreement.code());
                    put(rule(field));
                }
                put(judged.advice);
            }
        }
        if values == Values::Repeated {
            for at in 0..columns.places.len() {
                put(self.values.get(at).map_or("", String::as_str));
            }
        }
    }

    fn json(&self, out: &mut String, columns: &Columns, values: Values) {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        put("row", json!(self.row));
        if let Some(key) = self.key {
            put("key", json!(key));
        }
        if let Some(row) = self.duplicate {
            put("duplicate_of", json!(row));
        }
        match self.result {
            Result::Bad(code) => {
                put("outcome", json!("bad"));
                put("code", json!(code));
                put("advice", json!("mend_row"));
            }
            Result::Judged(judged) => {
                put("outcome", json!("asked"));
                put("card", json!({"status": judged.card.code()}));
                put("person", json!({"status": judged.person.code()}));
                put("right", json!(judged.words.right));
                put("complete", json!(judged.words.complete));
                put("clean", json!(judged.words.clean));
                put("live", json!(judged.words.live));
                put("advice", json!(judged.advice));
                let fields = FIELDS.iter().zip(&judged.fields).map(|(name, field)| {
                    let agreement = field.agreement.code();
                    let said = match rule(*field) {
                        "" => json!({"agreement": agreement}),
                        rule => json!({"agreement": agreement, "rule": rule}),
                    };
                    ((*name).to_owned(), said)
                });
                put("fields", Value::Object(fields.collect()));
            }
        }
        if values == Values::Repeated {
            let said = columns.recognised().zip(self.values);
            let said = said.map(|((column, _), value)| (column.code().to_owned(), json!(value)));
            put("list", Value::Object(said.collect()));
        }
        out.push_str(&Value::Object(object).to_string());
    }
}

/// The rule of a field that was compared: where the registry says none, both are the same, character
/// for character.
fn rule(field: Field) -> &'static str {
    match (field.rule, field.agreement) {
        (Some(rule), _) => rule,
        (None, Agreement::Match) => Rule::Exact.code(),
        (None, _) => "",
    }
}

/// Puts a value of CSV down, in quotation marks where it needs them. What a spreadsheet would take for
/// a formula gets an apostrophe in front.
fn quoted(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !text.contains([',', '"', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::answer::Agreements;
    use crate::registry::query::Attributes;
    use crate::registry::query::CardKey;
    use crate::registry::query::Context;
    use crate::registry::query::Query;

    fn asking(unreadable: Vec<(&'static str, Rule)>, complete: bool) -> Asking {
        Asking {
            query: Query {
                context: Context::default(),
                card: CardKey {
                    sod: None,
                    number: None,
                },
                attributes: Attributes::default(),
                disclose: Vec::new(),
            },
            key: None,
            unreadable,
            complete,
            values: Vec::new(),
        }
    }

    fn answer(card: CardStatus, person: Person, name: Agreement) -> Answer {
        let agreements = Agreements {
            number: Agreement::Match,
            name,
            birth: Agreement::NotSupplied,
            sex: Agreement::NotSupplied,
            nationality: Agreement::NotSupplied,
            document_number: Agreement::NotSupplied,
            expiry: Agreement::NotSupplied,
        };
        let at = Timestamp::from_second(1_000).unwrap();
        Answer {
            person,
            ..Answer::new(card, agreements, at, at)
        }
    }

    #[test]
    fn each_of_the_four_words_and_the_advice_follow_from_the_row() {
        use Agreement::Match;
        use Agreement::Mismatch;
        use CardStatus::Active;
        use Person::InForce;

        let none = Vec::new;
        let birth = || vec![("birth", Rule::NoSuchDay)];
        let lost = CardStatus::ReportedLost;
        for (said, unreadable, complete, duplicate, oldest, words, advice) in [
            (
                (Active, InForce, Match),
                none(),
                true,
                None,
                0,
                "++++",
                "keep",
            ),
            (
                (Active, InForce, Mismatch),
                none(),
                true,
                None,
                0,
                "-+++",
                "compare_with_papers",
            ),
            (
                (Active, InForce, Match),
                none(),
                false,
                None,
                0,
                "+-++",
                "fill_in",
            ),
            (
                (Active, InForce, Match),
                none(),
                true,
                Some(1),
                0,
                "++-+",
                "merge_rows",
            ),
            (
                (Active, InForce, Match),
                birth(),
                true,
                None,
                0,
                "-+-+",
                "mend_field",
            ),
            (
                (Active, InForce, Match),
                none(),
                true,
                None,
                1_000,
                "++++",
                "keep",
            ),
            (
                (Active, InForce, Match),
                none(),
                true,
                None,
                1_001,
                "+++-",
                "ask_again_later",
            ),
            (
                (lost, InForce, Match),
                none(),
                true,
                None,
                0,
                "+++-",
                "ask_for_card",
            ),
            (
                (Active, Person::Deceased, Match),
                none(),
                true,
                None,
                0,
                "+++-",
                "note_death",
            ),
            (
                (Active, Person::Cancelled, Match),
                none(),
                true,
                None,
                0,
                "+++-",
                "ask_new_number",
            ),
            (
                (CardStatus::NotOnFile, Person::NotOnFile, Match),
                none(),
                true,
                None,
                0,
                "-++-",
                "check_number",
            ),
        ] {
            let (card, person, name) = said;
            let oldest = Timestamp::from_second(oldest).unwrap();
            let asking = asking(unreadable, complete);
            let judged = Judged::new(&asking, &answer(card, person, name), duplicate, oldest);
            let Words {
                right,
                complete,
                clean,
                live,
            } = judged.words;
            let found: String = [right, complete, clean, live]
                .map(|word| if word { '+' } else { '-' })
                .iter()
                .collect();
            assert_eq!((found.as_str(), judged.advice), (words, advice), "{said:?}");
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for (text, written) in [
            ("=1+1", "\"'=1+1\""),
            ("+84", "\"'+84\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a=1", "a=1"),
        ] {
            let mut out = String::new();
            quoted(&mut out, text);
            assert_eq!(out, written);
        }
    }
}
