//! What a report says, under the names that counters' pages read today.
//!
//! All values are texts: a number written as a number loses its leading zero. A value that is not there
//! is the empty text, because the pages print what they get.

use serde_json::Map;
use serde_json::Value;

/// The sixteen fields of event 2 in the order of the services that counters have, and which of them the
/// law calls sensitive (law 91/2025/QH15 with decree 356/2025).
pub const FIELDS: [(&str, Sensitivity); 16] = [
    ("idCode", Sensitivity::Ordinary),
    ("oldIdCode", Sensitivity::Ordinary),
    ("personName", Sensitivity::Ordinary),
    ("dateOfBirth", Sensitivity::Ordinary),
    ("gender", Sensitivity::Ordinary),
    ("nationality", Sensitivity::Ordinary),
    ("race", Sensitivity::Sensitive),
    ("religion", Sensitivity::Sensitive),
    ("originPlace", Sensitivity::Ordinary),
    ("residencePlace", Sensitivity::Ordinary),
    ("personalIdentification", Sensitivity::Sensitive),
    ("issueDate", Sensitivity::Ordinary),
    ("expiryDate", Sensitivity::Ordinary),
    ("fatherName", Sensitivity::Ordinary),
    ("motherName", Sensitivity::Ordinary),
    ("wifeName", Sensitivity::Ordinary),
];

/// The six of event 4, each with the file that it is. The portrait is a picture in DG2. DG13 repeats the
/// sensitive fields.
pub const FILES: [(&str, &str, Sensitivity); 5] = [
    ("dg2", "DG2", Sensitivity::Ordinary),
    ("dg13", "DG13", Sensitivity::Sensitive),
    ("dg14", "DG14", Sensitivity::Ordinary),
    ("dg15", "DG15", Sensitivity::Ordinary),
    ("sod", "EF.SOD", Sensitivity::Ordinary),
];

/// Whether a field is given out without the operator's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Given out
    Ordinary,
    /// Given out only where the operator switched it on
    Sensitive,
}

/// Whether the operator lets sensitive fields out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// Ordinary fields only
    #[default]
    Ordinary,
    /// Ethnicity, religion, identifying features, and DG13 as it is, too
    Sensitive,
}

impl Disclosure {
    /// Whether a field goes out.
    pub const fn covers(self, sensitivity: Sensitivity) -> bool {
        matches!(
            (self, sensitivity),
            (Self::Sensitive, _) | (_, Sensitivity::Ordinary)
        )
    }
}

/// The text fields of a report whose holder passive authentication vouches for, and the names of what is
/// held back. Without such a holder there are none: `unverified_holder` is never looked at.
pub fn fields(
    report: &Value,
    disclosure: Disclosure,
) -> Option<(Map<String, Value>, Vec<&'static str>)> {
    let holder = report.get("holder")?.as_object()?;
    let record = report.pointer("/details/DG13").and_then(Value::as_object);
    let mut fields = Map::new();
    let mut withheld = Vec::new();
    for (name, sensitivity) in FIELDS {
        let text = if disclosure.covers(sensitivity) {
            value(name, holder, record)
        } else {
            withheld.push(name);
            String::new()
        };
        fields.insert(name.to_owned(), Value::String(text));
    }
    Some((fields, withheld))
}

/// One field: from the holder, who is vouched for, or from DG13 where only that has it.
fn value(name: &str, holder: &Map<String, Value>, record: Option<&Map<String, Value>>) -> String {
    let of = |source: Option<&Map<String, Value>>, name: &str| {
        source
            .and_then(|source| source.get(name))
            .and_then(written)
            .unwrap_or_default()
    };
    let held = |name: &str| of(Some(holder), name);
    let told = |name: &str| of(record, name);
    let first = |texts: [String; 2]| {
        texts
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    match name {
        "idCode" => first([held("citizen_number"), held("personal_number")]),
        "oldIdCode" => held("old_number"),
        "personName" => first([held("name"), held("latin_name")]),
        "dateOfBirth" => day(&held("birth")),
        "gender" => sex(&held("sex")).to_owned(),
        "nationality" => first([told("nationality"), country(&held("nationality"))]),
        "race" => first([told("ethnicity"), held("ethnicity")]),
        "religion" => first([told("religion"), held("religion")]),
        "originPlace" => first([held("origin"), held("place_of_birth")]),
        "residencePlace" => first([held("residence"), held("address")]),
        "personalIdentification" => first([told("features"), held("features")]),
        "issueDate" => day(&held("issued")),
        "expiryDate" => expiry(&held("expiry")),
        "fatherName" => held("father"),
        "motherName" => held("mother"),
        "wifeName" => held("spouse"),
        _ => String::new(),
    }
}

/// A value as a text. Several are joined as a person would write them.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(several) => {
            let texts: Vec<String> = several.iter().filter_map(written).collect();
            Some(texts.join(", "))
        }
        _ => None,
    }
}

/// A date as DG13 and the printed card write it: `17/08/1995`, `08/1995`, `1995`.
fn day(date: &str) -> String {
    let mut parts: Vec<&str> = date.split('-').collect();
    parts.reverse();
    parts.join("/")
}

/// As the card says it of holders of whom it never expires.
fn expiry(date: &str) -> String {
    if date == "never" {
        "Không thời hạn".to_owned()
    } else {
        day(date)
    }
}

fn sex(sex: &str) -> &'static str {
    match sex {
        "male" => "Nam",
        "female" => "Nữ",
        _ => "",
    }
}

fn country(code: &str) -> String {
    if code == "VNM" {
        "Việt Nam".to_owned()
    } else {
        code.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Value {
        json!({
            "holder": {
                "name": "Nguyễn Thị Mẫu An", "latin_name": "NGUYEN THI MAU AN",
                "citizen_number": "036195000123", "old_number": "000000123",
                "birth": "1995-08-17", "sex": "female", "nationality": "VNM",
                "issued": "2021-05-10", "expiry": "2035-08-17",
                "origin": "Nam Định", "residence": "Hà Nội",
                "father": "Nguyễn Văn Mẫu Ân", "mother": "Lê Thị Mẫu Yến"
            },
            "details": {"DG13": {
                "nationality": "Việt Nam", "ethnicity": "Kinh", "religion": "Không",
                "features": "Nốt ruồi"
            }}
        })
    }

    #[test]
    fn sixteen_texts_with_their_leading_zeros() {
        let (fields, withheld) = fields(&report(), Disclosure::Sensitive).unwrap();
        assert_eq!(fields.len(), 16);
        assert!(fields.values().all(Value::is_string));
        assert_eq!(fields["idCode"], "036195000123");
        assert_eq!(fields["oldIdCode"], "000000123");
        assert_eq!(fields["personName"], "Nguyễn Thị Mẫu An");
        assert_eq!(fields["dateOfBirth"], "17/08/1995");
        assert_eq!(fields["expiryDate"], "17/08/2035");
        assert_eq!(fields["gender"], "Nữ");
        assert_eq!(fields["nationality"], "Việt Nam");
        assert_eq!(fields["race"], "Kinh");
        assert_eq!(fields["wifeName"], "");
        assert!(withheld.is_empty());
    }

    #[test]
    fn sensitive_fields_stay_unless_they_are_switched_on() {
        let (fields, withheld) = fields(&report(), Disclosure::Ordinary).unwrap();
        assert_eq!(withheld, ["race", "religion", "personalIdentification"]);
        for name in withheld {
            assert_eq!(fields[name], "", "{name}");
        }
        assert!(!Value::Object(fields).to_string().contains("Kinh"));
    }

    #[test]
    fn a_holder_whom_nothing_vouches_for_has_no_fields() {
        let mut report = report();
        let holder = report["holder"].take();
        report["unverified_holder"] = holder;
        report.as_object_mut().unwrap().remove("holder");
        assert!(fields(&report, Disclosure::Sensitive).is_none());
    }

    #[test]
    fn dates_that_are_not_whole_stay_as_much_as_they_are() {
        assert_eq!(day("1950"), "1950");
        assert_eq!(day("1950-03"), "03/1950");
        assert_eq!(day(""), "");
        assert_eq!(expiry("never"), "Không thời hạn");
    }

    #[test]
    fn numbers_are_never_made_into_texts() {
        let report = json!({"holder": {"citizen_number": 36_195_000_123_u64}});
        let (fields, _) = fields(&report, Disclosure::Sensitive).unwrap();
        assert_eq!(fields["idCode"], "");
    }
}
