//! The names of an exchange's fields, and what they hold.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::registry::RegistryError;
use crate::registry::answer::Agreements;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::exchange::MAX_REQUEST_ID;
use crate::registry::message::ProblemCode;
use crate::registry::names::Compared;
use crate::registry::names::compare_date;
use crate::registry::names::compare_name_parts;
use crate::registry::names::compare_nationality;
use crate::registry::names::compare_number;
use crate::registry::names::compare_sex;
use crate::registry::query::Agency;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::registry::query::Query;

// A request.
const REQUEST_ID: &str = "MaYeuCau";
const PROCEDURE: &str = "MaTTHC";
const SERVICE: &str = "MaDichVu";
const AGENCY: &str = "MaDonVi";
const OFFICER: &str = "MaCanBo";
const NUMBER: &str = "SoDinhDanh";
const OLD_NUMBER: &str = "SoCMND";
const NAME: &str = "HoVaTen";
const BIRTH: &str = "NgayThangNamSinh";

// A response: the request's id again, and a citizen where one was found.
const CITIZEN: &str = "CongDan";
const FAMILY_NAME: &str = "Ho";
const MIDDLE_NAME: &str = "ChuDem";
const GIVEN_NAME: &str = "Ten";
const SEX: &str = "GioiTinh";
const NATIONALITY: &str = "QuocTich";
const PERSON: &str = "TrangThai";
const CARD: &str = "TrangThaiThe";

/// Longest text of a response that is looked at, in bytes.
const MAX_TEXT: usize = 1024;

/// A request about a person.
///
/// # Errors
/// [`RegistryError::Refused`] for a question that the exchange would refuse: without procedure,
/// agency, officer or number, or with an id that is too long.
pub(super) fn request(query: &Query, service: &str, id: &str) -> Result<Value, RegistryError> {
    let refused = || RegistryError::Refused {
        code: ProblemCode::Malformed.code(),
    };
    let context = &query.context;
    let number = query.card.number.as_ref().ok_or_else(refused)?.as_str();
    if id.chars().count() > MAX_REQUEST_ID {
        return Err(refused());
    }
    let mut request = Map::new();
    let mut put = |name: &str, value: &str| request.insert(name.to_owned(), json!(value));
    put(REQUEST_ID, id);
    put(SERVICE, service);
    let procedure = context.procedure.as_ref().map(Procedure::as_str);
    put(PROCEDURE, procedure.ok_or_else(refused)?);
    let agency = context.agency.as_ref().map(Agency::as_str);
    put(AGENCY, agency.ok_or_else(refused)?);
    let officer = context.officer.as_ref().map(Officer::as_str);
    put(OFFICER, officer.ok_or_else(refused)?);
    // Twelve digits since 2016; nine on the cards before.
    put(
        if number.len() == 9 {
            OLD_NUMBER
        } else {
            NUMBER
        },
        number,
    );
    if let Some(name) = &query.attributes.name {
        put(NAME, name);
    }
    if let Some(birth) = query.attributes.birth {
        // `yyyy-mm-dd` or `yyyy`: a month alone has no form there.
        match birth {
            PartialDate::Month(year, _) => put(BIRTH, &PartialDate::Year(year).to_string()),
            known => put(BIRTH, &known.to_string()),
        };
    }
    Ok(Value::Object(request))
}

/// What the exchange told of a person.
pub(super) struct Told {
    pub(super) person: Person,
    /// How the card stands, where the exchange says so.
    pub(super) card: Option<CardStatus>,
    number: Option<String>,
    /// Họ, chữ đệm, tên, as far as they are there.
    name: Vec<String>,
    birth: Option<PartialDate>,
    sex: Option<Sex>,
    nationality: Option<String>,
}

/// Reads a response; none where the exchange knows nobody.
///
/// # Errors
/// [`RegistryError::BadAnswer`] naming the part that is wrong, [`RegistryError::Stale`] for the
/// response to another request.
pub(super) fn response(response: &Value, id: &str) -> Result<Option<Told>, RegistryError> {
    let bad = |what| RegistryError::BadAnswer { what };
    let response = response.as_object().ok_or_else(|| bad("no object"))?;
    if response.get(REQUEST_ID).and_then(Value::as_str) != Some(id) {
        return Err(RegistryError::Stale);
    }
    let citizen = match response.get(CITIZEN) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(citizen)) => citizen,
        Some(_) => return Err(bad(CITIZEN)),
    };
    let text = |name: &'static str| match citizen.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_TEXT => {
            Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
        }
        Some(_) => Err(bad(name)),
    };
    let parts = [text(FAMILY_NAME)?, text(MIDDLE_NAME)?, text(GIVEN_NAME)?];
    let birth = text(BIRTH)?
        .map(|text| PartialDate::from_iso(&text).ok_or_else(|| bad(BIRTH)))
        .transpose()?;
    let sex = citizen
        .get(SEX)
        .map(|code| sex(code).ok_or_else(|| bad(SEX)))
        .transpose()?;
    let person = match text(PERSON)? {
        None => Person::InForce,
        Some(word) => Person::from_code(&word).ok_or_else(|| bad(PERSON))?,
    };
    let card = text(CARD)?
        .map(|word| CardStatus::from_code(&word).ok_or_else(|| bad(CARD)))
        .transpose()?;
    Ok(Some(Told {
        person,
        card,
        number: text(NUMBER)?.or(text(OLD_NUMBER)?),
        name: parts.into_iter().flatten().collect(),
        birth,
        sex,
        nationality: text(NATIONALITY)?,
    }))
}

/// QCVN 109:2017/BTTTT: 1 male, 2 female, 0 not known; as a number or as its digit.
fn sex(code: &Value) -> Option<Sex> {
    let code = match code {
        Value::String(digit) => digit.parse().ok()?,
        number => number.as_u64()?,
    };
    match code {
        0 => Some(Sex::Unspecified),
        1 => Some(Sex::Male),
        2 => Some(Sex::Female),
        _ => None,
    }
}

/// How what was asked with compares with what the exchange told.
pub(super) fn compare(
    query: &Query,
    told: Option<&Told>,
) -> (Agreements, [(&'static str, Compared); 7]) {
    let asked = &query.attributes;
    let number = query.card.number.as_ref().map(|number| number.as_str());
    let number_told = told.and_then(|told| told.number.as_deref());
    let name = told
        .map(|told| told.name.iter().map(String::as_str).collect::<Vec<_>>())
        .filter(|parts| !parts.is_empty());
    let nationality = told.and_then(|told| told.nationality.as_deref());
    let nothing: Option<&str> = None;
    let compared = [
        ("number", Compared::of(number_told, number, compare_number)),
        (
            "name",
            Compared::of(name, asked.name.as_deref(), |parts, name| {
                compare_name_parts(&parts, name)
            }),
        ),
        (
            "birth",
            Compared::of(told.and_then(|told| told.birth), asked.birth, compare_date),
        ),
        (
            "sex",
            Compared::of(told.and_then(|told| told.sex), asked.sex, compare_sex),
        ),
        (
            "nationality",
            Compared::of(
                nationality,
                asked.nationality.as_deref(),
                compare_nationality,
            ),
        ),
        // An exchange of persons knows neither number nor expiry of a card.
        (
            "document_number",
            Compared::of(nothing, asked.document_number.as_deref(), |_, _| {
                Compared::NOT_ON_FILE
            }),
        ),
        (
            "expiry",
            Compared::of(nothing, asked.expiry, |_, _| Compared::NOT_ON_FILE),
        ),
    ];
    let [
        number,
        name,
        birth,
        sex,
        nationality,
        document_number,
        expiry,
    ] = compared.map(|(_, compared)| compared.agreement);
    let agreements = Agreements {
        number,
        name,
        birth,
        sex,
        nationality,
        document_number,
        expiry,
    };
    (agreements, compared)
}
