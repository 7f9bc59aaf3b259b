//! The adapter against a double of an exchange.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::bytes::date::PartialDate;
use crate::crypto::random::System;
use crate::lds::mrz::Sex;
use crate::registry::answer::Agreement;
use crate::registry::query::Agency;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;

/// Says always the same of the citizen, and keeps what it was asked.
#[derive(Clone, Default)]
struct Double {
    citizen: Value,
    other_id: Option<&'static str>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Exchange for Double {
    fn send(&self, request: &Value) -> Result<Value, RegistryError> {
        self.asked.lock().unwrap().push(request.clone());
        let id = match self.other_id {
            Some(other) => json!(other),
            None => request["MaYeuCau"].clone(),
        };
        Ok(json!({"MaYeuCau": id, "CongDan": self.citizen}))
    }
}

fn query() -> Query {
    Query {
        context: Context {
            procedure: Procedure::new("1.004222"),
            officer: Officer::new("cb-0417"),
            agency: Agency::new("H26.12"),
            ..Context::default()
        },
        card: CardKey {
            sod: None,
            number: CitizenNumber::new("036195000123"),
        },
        attributes: Attributes {
            name: Some("Nguyễn Thị Mẫu An".to_owned()),
            birth: PartialDate::new(1995, 8, 17),
            sex: Some(Sex::Female),
            nationality: Some("VNM".to_owned()),
            document_number: Some("195000123".to_owned()),
            expiry: None,
        },
        disclose: Vec::new(),
    }
}

fn an() -> Value {
    json!({
        "SoDinhDanh": "036195000123", "Ho": "Nguyễn", "ChuDem": "Thị Mẫu", "Ten": "An",
        "NgayThangNamSinh": "1995-08-17", "GioiTinh": 2, "QuocTich": "Việt Nam",
    })
}

fn ask(double: &Double, query: &Query) -> Result<Answer, RegistryError> {
    ExchangeRegistry::new(double.clone(), "DV-01", Box::new(System)).check(query)
}

#[test]
fn a_person_is_compared_and_a_card_is_not_confirmed() {
    let double = Double {
        citizen: an(),
        ..Double::default()
    };
    let answer = ask(&double, &query()).unwrap();
    assert_eq!(answer.status, CardStatus::NotOnFile);
    assert_eq!(answer.person, Person::InForce);
    assert!(answer.agreements.mismatches().is_empty());
    assert_eq!(answer.agreements.name, Agreement::Match);
    assert_eq!(answer.agreements.nationality, Agreement::Match);
    assert_eq!(answer.agreements.document_number, Agreement::NotOnFile);
    assert_eq!(answer.agreements.expiry, Agreement::NotSupplied);
    assert!(
        answer
            .reasons
            .iter()
            .any(|reason| reason.rule == "parts_joined")
    );
    let asked = double.asked.lock().unwrap();
    let id = asked[0]["MaYeuCau"].as_str().unwrap();
    assert!(id.len() <= MAX_REQUEST_ID);
    let expected = json!({
        "MaYeuCau": id, "MaTTHC": "1.004222", "MaDichVu": "DV-01", "MaDonVi": "H26.12",
        "MaCanBo": "cb-0417", "SoDinhDanh": "036195000123", "HoVaTen": "Nguyễn Thị Mẫu An",
        "NgayThangNamSinh": "1995-08-17",
    });
    assert_eq!(asked[0], expected);
}

#[test]
fn an_old_number_and_a_year_alone_have_their_own_forms() {
    let double = Double::default();
    let mut query = query();
    query.card.number = CitizenNumber::new("012345678");
    query.attributes.birth = PartialDate::new(1948, 0, 0);
    let answer = ask(&double, &query).unwrap();
    assert_eq!(
        (answer.status, answer.person),
        (CardStatus::NotOnFile, Person::NotOnFile)
    );
    assert_eq!(answer.agreements.name, Agreement::NotOnFile);
    let asked = double.asked.lock().unwrap();
    assert_eq!(asked[0]["SoCMND"], "012345678");
    assert_eq!(asked[0]["SoDinhDanh"], Value::Null);
    assert_eq!(asked[0]["NgayThangNamSinh"], "1948");
}

#[test]
fn what_differs_and_what_is_malformed_is_told_apart() {
    let with = |name: &str, value: Value| {
        let mut citizen = an();
        citizen[name] = value;
        ask(
            &Double {
                citizen,
                ..Double::default()
            },
            &query(),
        )
    };
    let answer = with("Ten", json!("Ánh")).unwrap();
    assert_eq!(answer.agreements.mismatches(), ["name"]);
    let answer = with("GioiTinh", json!("1")).unwrap();
    assert_eq!(answer.agreements.mismatches(), ["sex"]);
    let answer = with("TrangThai", json!("deceased")).unwrap();
    assert_eq!(answer.person, Person::Deceased);
    let answer = with("TrangThaiThe", json!("active")).unwrap();
    assert_eq!(answer.decision().code(), "registry.confirmed");
    for (name, value) in [
        ("GioiTinh", json!(3)),
        ("GioiTinh", json!("nam")),
        ("NgayThangNamSinh", json!("17/08/1995")),
        ("Ho", json!(["Nguyễn"])),
        ("TrangThai", json!("alive")),
        ("QuocTich", json!("x".repeat(2000))),
    ] {
        let error = with(name, value).unwrap_err();
        assert_eq!(error, RegistryError::BadAnswer { what: fixed(name) });
    }
    let other = Double {
        citizen: an(),
        other_id: Some("another"),
        ..Double::default()
    };
    assert_eq!(ask(&other, &query()), Err(RegistryError::Stale));
}

fn fixed(name: &str) -> &'static str {
    [
        "GioiTinh",
        "NgayThangNamSinh",
        "Ho",
        "TrangThai",
        "QuocTich",
    ]
    .into_iter()
    .find(|known| *known == name)
    .unwrap()
}

#[test]
fn a_question_without_officer_or_number_is_not_sent() {
    let double = Double::default();
    let mut without_officer = query();
    without_officer.context.officer = None;
    let mut without_number = query();
    without_number.card.number = None;
    for query in [without_officer, without_number] {
        let error = ask(&double, &query).unwrap_err();
        assert_eq!(error.code(), "registry.refused");
    }
    assert!(double.asked.lock().unwrap().is_empty());
}
