//! What of a document's fields may be seen: what is sensitive only by whoever asked for it by name.

use std::collections::BTreeSet;

use crate::error::SetupError;
use crate::lds::field::Field;
use crate::lds::field::REVEALABLE;
use crate::lds::field::Sensitivity;
use crate::lds::field::Value;

/// The names of the fields that were asked for. Whoever asks for a field asks for all that is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reveal(BTreeSet<&'static str>);

impl Reveal {
    /// Nothing was asked for by name.
    pub const fn nothing() -> Self {
        Self(BTreeSet::new())
    }

    /// Everything, for comparing and not for showing.
    pub fn everything() -> Self {
        Self(REVEALABLE.into_iter().collect())
    }

    /// Takes the names that were asked for; each may be several with commas between.
    ///
    /// ```
    /// use cancuoc::render::reveal::Reveal;
    /// assert!(Reveal::parse(["ethnicity,religion"]).is_ok());
    /// assert!(Reveal::parse(["everything"]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`SetupError::Reveal`] for a name that no sensitive field has.
    pub fn parse<'a>(lists: impl IntoIterator<Item = &'a str>) -> Result<Self, SetupError> {
        let names = lists.into_iter().flat_map(|list| list.split(','));
        names
            .map(|name| {
                let known = REVEALABLE.into_iter().find(|known| *known == name.trim());
                known.ok_or_else(|| SetupError::Reveal {
                    known: REVEALABLE.join(", "),
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether nothing was asked for by name.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a field was asked for by this name.
    pub fn asks_for(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The fields that may be seen.
    pub fn seen(&self, fields: Vec<Field>) -> Vec<Field> {
        self.fields(fields, false)
    }

    /// The fields that were asked for by name, and nothing else.
    pub fn asked(&self, fields: Vec<Field>) -> Vec<Field> {
        fields
            .into_iter()
            .filter_map(|field| self.asked_field(field))
            .collect()
    }

    /// The names of the sensitive fields that stay hidden, each once.
    pub fn hidden(&self, fields: &[Field]) -> BTreeSet<String> {
        let mut hidden = BTreeSet::new();
        self.note_hidden(fields, &mut hidden);
        hidden
    }

    fn names(&self, field: &Field) -> bool {
        self.0.contains(field.name.as_ref())
    }

    fn fields(&self, fields: Vec<Field>, asked: bool) -> Vec<Field> {
        let fields = fields.into_iter();
        fields
            .filter_map(|field| {
                let asked = asked || self.names(&field);
                if field.sensitivity == Sensitivity::Sensitive && !asked {
                    return None;
                }
                let value = self.value(field.value, asked)?;
                Some(Field { value, ..field })
            })
            .collect()
    }

    /// What may be seen of a value; nothing where all of it is hidden.
    fn value(&self, value: Value, asked: bool) -> Option<Value> {
        match value {
            Value::List(values) => {
                let values: Vec<Value> = values
                    .into_iter()
                    .filter_map(|value| self.value(value, asked))
                    .collect();
                (!values.is_empty()).then_some(Value::List(values))
            }
            Value::Fields(fields) => {
                let fields = self.fields(fields, asked);
                (!fields.is_empty()).then_some(Value::Fields(fields))
            }
            other => Some(other),
        }
    }

    fn asked_field(&self, field: Field) -> Option<Field> {
        let value = if self.names(&field) {
            self.value(field.value, true)
        } else if field.sensitivity == Sensitivity::Sensitive {
            // A name that stands in it, too, does not bring it out: `image` is no `fingers`.
            None
        } else {
            self.asked_value(field.value)
        };
        value.map(|value| Field {
            name: field.name,
            value,
            sensitivity: field.sensitivity,
        })
    }

    fn asked_value(&self, value: Value) -> Option<Value> {
        match value {
            Value::List(values) => {
                let values: Vec<Value> = values
                    .into_iter()
                    .filter_map(|value| self.asked_value(value))
                    .collect();
                (!values.is_empty()).then_some(Value::List(values))
            }
            Value::Fields(fields) => {
                let fields = self.asked(fields);
                (!fields.is_empty()).then_some(Value::Fields(fields))
            }
            _ => None,
        }
    }

    fn note_hidden(&self, fields: &[Field], hidden: &mut BTreeSet<String>) {
        for field in fields {
            if self.names(field) {
                continue;
            }
            if field.sensitivity == Sensitivity::Sensitive {
                hidden.insert(field.name.to_string());
            } else {
                self.note_hidden_in(&field.value, hidden);
            }
        }
    }

    fn note_hidden_in(&self, value: &Value, hidden: &mut BTreeSet<String>) {
        match value {
            Value::List(values) => {
                for value in values {
                    self.note_hidden_in(value, hidden);
                }
            }
            Value::Fields(fields) => self.note_hidden(fields, hidden),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        let text = |text: &str| Value::Text(text.to_owned());
        vec![
            Field::shown("name", text("A")),
            Field::sensitive("ethnicity", text("B")),
            Field::shown(
                "signature",
                Value::List(vec![Value::Fields(vec![
                    Field::shown("format", Value::Word("jpeg")),
                    Field::sensitive("image", Value::Octets(vec![1])),
                ])]),
            ),
            Field::shown(
                "not_understood",
                Value::List(vec![Value::Fields(vec![Field::sensitive(
                    "content",
                    text("C"),
                )])]),
            ),
        ]
    }

    fn names(fields: &[Field]) -> Vec<String> {
        fields
            .iter()
            .flat_map(|field| {
                let inside = match &field.value {
                    Value::List(values) => match values.first() {
                        Some(Value::Fields(fields)) => names(fields),
                        _ => Vec::new(),
                    },
                    _ => Vec::new(),
                };
                [vec![field.name.to_string()], inside].concat()
            })
            .collect()
    }

    #[test]
    fn what_is_sensitive_is_seen_by_who_asks_for_it_alone() {
        let seen = |list: &str| {
            let reveal = match list {
                "" => Reveal::nothing(),
                _ => Reveal::parse([list]).unwrap(),
            };
            names(&reveal.seen(fields())).join(" ")
        };
        assert_eq!(seen(""), "name signature format");
        assert_eq!(seen("ethnicity"), "name ethnicity signature format");
        assert_eq!(seen("signature"), "name signature format image");
        assert_eq!(seen("image"), "name signature format image");
        assert_eq!(
            seen("content"),
            "name signature format not_understood content"
        );
    }

    #[test]
    fn what_was_asked_for_comes_alone_and_with_all_that_is_in_it() {
        let asked = |list: &str| names(&Reveal::parse([list]).unwrap().asked(fields())).join(" ");
        assert_eq!(asked("ethnicity"), "ethnicity");
        assert_eq!(asked("signature"), "signature format image");
        assert_eq!(
            asked("image, content"),
            "signature image not_understood content"
        );
        assert!(Reveal::nothing().asked(fields()).is_empty());
    }

    #[test]
    fn a_name_inside_of_something_sensitive_does_not_bring_it_out() {
        let image = Field::sensitive("image", Value::Octets(vec![1]));
        let finger = Value::List(vec![Value::Fields(vec![image])]);
        let fingers = || vec![Field::sensitive("fingers", finger.clone())];
        let reveal = Reveal::parse(["image"]).unwrap();
        assert!(reveal.asked(fingers()).is_empty());
        assert!(reveal.seen(fingers()).is_empty());
        let reveal = Reveal::parse(["fingers"]).unwrap();
        assert_eq!(names(&reveal.asked(fingers())), ["fingers", "image"]);
    }

    #[test]
    fn what_stays_hidden_is_named() {
        let hidden = |reveal: Reveal| Vec::from_iter(reveal.hidden(&fields())).join(" ");
        assert_eq!(hidden(Reveal::nothing()), "content ethnicity image");
        assert_eq!(
            hidden(Reveal::parse(["signature", "ethnicity"]).unwrap()),
            "content"
        );
    }

    #[test]
    fn a_name_that_nobody_knows_is_refused_with_those_that_are() {
        let Err(error) = Reveal::parse(["ethnicity,all"]) else {
            panic!("refused");
        };
        assert!(error.subject().unwrap().contains("religion"));
        assert_eq!(error.code(), "reveal.unknown");
        assert!(Reveal::parse([""]).is_err());
    }
}
