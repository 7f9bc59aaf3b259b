//! A question: written by who asks, read by the registry.

use std::fmt;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::date::PartialDate;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::mrz::Sex;
use crate::registry::facts::FactKind;
use crate::registry::message::MAX_FACTS;
use crate::registry::message::MAX_NAME;
use crate::registry::message::MAX_QUESTION;
use crate::registry::message::MAX_WORD;
use crate::registry::message::QUESTION;
use crate::registry::message::fields::Fields;
use crate::registry::message::fields::MessageError;
use crate::registry::message::fields::MessageFault;
use crate::registry::message::fields::digest;
use crate::registry::message::fields::object;
use crate::registry::message::fields::text_fault;
use crate::registry::message::fields::words;
use crate::registry::message::ids::Nonce;
use crate::registry::message::ids::QuestionId;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::Case;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Device;
use crate::registry::query::Expiry;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::registry::query::Query;
use crate::registry::query::SodDigest;
use crate::seal::canonical::canonical;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::seal::sign::time;
use crate::seal::signature::Keys;
use crate::seal::signature::Signature;

/// A question as a registry received it. Never prints what it asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub id: QuestionId,
    /// The number that the answer repeats.
    pub nonce: Nonce,
    /// When it was asked, by the clock of who asks.
    pub asked_at: Timestamp,
    /// What is asked. The agency is not in it: who is connected says which that is.
    pub query: Query,
    /// What stands where the device's signature does, and whether it holds. Whose key it is, is
    /// another question.
    pub signature: Signature,
    /// SHA-256 of the question byte for byte.
    pub digest: [u8; 32],
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({}, ..)", self.id)
    }
}

impl Asked {
    /// Reads a question.
    ///
    /// # Errors
    /// [`MessageError`] names the first member that is wrong. A signature that does not hold is no
    /// error here.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::decode_by(bytes, None)
    }

    /// The same, for whoever reads many questions of the same devices.
    ///
    /// # Errors
    /// As [`Asked::decode`].
    pub fn decode_by(bytes: &[u8], keys: Option<&Keys>) -> Result<Self, MessageError> {
        let (head, mut fields) = head(bytes, MAX_QUESTION, QUESTION, keys)?;
        let query = about(&mut fields, &head.context)?;
        fields.finish()?;
        Ok(Self {
            id: head.id,
            nonce: head.nonce,
            asked_at: head.asked_at,
            query,
            signature: head.signature,
            digest: head.digest,
        })
    }
}

/// What a message says beside what it asks: who asks, when, what for, and under which name.
pub(super) struct Head {
    pub(super) id: QuestionId,
    pub(super) nonce: Nonce,
    pub(super) asked_at: Timestamp,
    pub(super) context: Context,
    pub(super) signature: Signature,
    pub(super) digest: [u8; 32],
}

/// Reads a message up to what it asks, which is left in the fields.
pub(super) fn head(
    bytes: &[u8],
    limit: usize,
    schema: &str,
    keys: Option<&Keys>,
) -> Result<(Head, Fields), MessageError> {
    let mut members = object(bytes, limit)?;
    let signature = Signature::take_by(&mut members, keys)
        .map_err(|_| MessageError::whole(MessageFault::Json))?;
    let mut fields = Fields::new(members);
    fields.schema(schema)?;
    let id = fields.word("id", QuestionId::new)?;
    let nonce = fields.word("nonce", Nonce::from_text)?;
    let asked_at = fields.time("asked_at")?;
    let mut purpose = fields.object("purpose")?;
    let context = Context {
        procedure: Some(purpose.word("procedure", exact(Procedure::new, Procedure::as_str))?),
        case: Some(purpose.word("case", exact(Case::new, Case::as_str))?),
        officer: Some(fields.word("officer", exact(Officer::new, Officer::as_str))?),
        device: Some(fields.word("device", exact(Device::new, Device::as_str))?),
        agency: None,
    };
    purpose.finish()?;
    let head = Head {
        id,
        nonce,
        asked_at,
        context,
        signature,
        digest: sha256(bytes),
    };
    Ok((head, fields))
}

/// Reads what is asked about one card: a question's own members, or those of an entry of a list.
pub(super) fn about(fields: &mut Fields, context: &Context) -> Result<Query, MessageError> {
    let card = card(fields.object("card")?)?;
    let attributes = attributes(fields.object("attributes")?)?;
    let disclose = fields.optional_list("disclose", MAX_FACTS)?;
    let disclose = words(fields, "disclose", disclose, FactKind::from_code)?;
    Ok(Query {
        context: context.clone(),
        card,
        attributes,
        disclose,
    })
}

/// A code that stands there as it is kept: its length is that of the wire, not that of a text that
/// was trimmed.
fn exact<T>(
    new: impl Fn(&str) -> Option<T>,
    kept: impl Fn(&T) -> &str,
) -> impl FnOnce(&str) -> Option<T> {
    move |text| new(text).filter(|code| kept(code) == text)
}

fn card(mut fields: Fields) -> Result<CardKey, MessageError> {
    let sod = fields.optional_word("sod_sha256", digest)?;
    let number = fields.optional_word("number", CitizenNumber::new)?;
    if sod.is_none() && number.is_none() {
        return Err(fields.here(MessageFault::Missing));
    }
    fields.finish()?;
    Ok(CardKey {
        sod: sod.map(SodDigest::from_bytes),
        number,
    })
}

fn attributes(mut fields: Fields) -> Result<Attributes, MessageError> {
    let attributes = Attributes {
        name: fields.optional_text("name", MAX_NAME)?,
        birth: fields.optional_word("birth", PartialDate::from_iso)?,
        sex: fields.optional_word("sex", sex)?,
        nationality: fields.optional_text("nationality", MAX_WORD)?,
        document_number: fields.optional_text("document_number", MAX_WORD)?,
        expiry: fields.optional_word("expiry", expiry)?,
    };
    fields.finish()?;
    Ok(attributes)
}

fn sex(word: &str) -> Option<Sex> {
    match word {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        "unspecified" => Some(Sex::Unspecified),
        _ => None,
    }
}

const fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unspecified => "unspecified",
    }
}

fn expiry(word: &str) -> Option<Expiry> {
    if word == "never" {
        return Some(Expiry::Never);
    }
    PartialDate::from_iso(word).map(Expiry::Date)
}

/// Writes a question, signed where there is a key. What comes out is what is sent, byte for byte: the
/// answer says the digest of it.
///
/// # Errors
/// [`SetupError::Registry`] for a question that no registry would take: without procedure, case,
/// officer or device, without digest and number, or with a text that is too long. What keeps the key
/// from signing.
pub fn encode_question(
    query: &Query,
    id: &QuestionId,
    nonce: &Nonce,
    at: Timestamp,
    key: Option<&DeviceKey>,
) -> Result<Vec<u8>, Error> {
    let mut question = head_members(QUESTION, &query.context, id, nonce, at)?;
    question.extend(about_members(query)?);
    sealed(question, key, at, MAX_QUESTION)
}

/// The members of a message beside what it asks.
pub(super) fn head_members(
    schema: &str,
    context: &Context,
    id: &QuestionId,
    nonce: &Nonce,
    at: Timestamp,
) -> Result<Map<String, Value>, Error> {
    let Context {
        procedure,
        case,
        officer,
        device,
        agency: _,
    } = context;
    let needed = |name| move || unaskable(format!("a question needs {name}"));
    let procedure = procedure.as_ref().ok_or_else(needed("a procedure"))?;
    let case = case.as_ref().ok_or_else(needed("a case"))?;
    let officer = officer.as_ref().ok_or_else(needed("an officer"))?;
    let device = device.as_ref().ok_or_else(needed("a device"))?;
    let members = [
        ("schema", json!(schema)),
        ("id", json!(id.as_str())),
        ("nonce", json!(nonce.text())),
        ("asked_at", json!(time(at))),
        (
            "purpose",
            json!({"procedure": procedure.as_str(), "case": case.as_str()}),
        ),
        ("officer", json!(officer.as_str())),
        ("device", json!(device.as_str())),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Ok(members.into_iter().collect())
}

/// The members of what is asked about one card.
pub(super) fn about_members(query: &Query) -> Result<Map<String, Value>, Error> {
    let mut members = Map::new();
    let card = card_members(&query.card)?;
    let attributes = attribute_members(&query.attributes)?;
    members.insert("card".to_owned(), Value::Object(card));
    members.insert("attributes".to_owned(), Value::Object(attributes));
    if !query.disclose.is_empty() {
        let mut kinds = query.disclose.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let kinds: Vec<&str> = kinds.into_iter().map(FactKind::code).collect();
        members.insert("disclose".to_owned(), json!(kinds));
    }
    Ok(members)
}

/// A message as it is sent, signed where there is a key.
pub(super) fn sealed(
    members: Map<String, Value>,
    key: Option<&DeviceKey>,
    at: Timestamp,
    limit: usize,
) -> Result<Vec<u8>, Error> {
    let mut message = Value::Object(members);
    if let Some(key) = key {
        message = sign(message, key, at)?;
    }
    let bytes = canonical(&message).map_err(|fault| unaskable(fault.to_string()))?;
    if bytes.len() > limit {
        return Err(unaskable("too long".to_owned()));
    }
    Ok(bytes)
}

pub(super) fn unaskable(why: String) -> Error {
    SetupError::Registry { why }.into()
}

fn card_members(card: &CardKey) -> Result<Map<String, Value>, Error> {
    let mut members = Map::new();
    if let Some(sod) = &card.sod {
        members.insert("sod_sha256".to_owned(), json!(hex::encode(sod.as_bytes())));
    }
    if let Some(number) = &card.number {
        members.insert("number".to_owned(), json!(number.as_str()));
    }
    if members.is_empty() {
        return Err(unaskable(
            "a question needs the digest of a security object or a number".to_owned(),
        ));
    }
    Ok(members)
}

fn attribute_members(attributes: &Attributes) -> Result<Map<String, Value>, Error> {
    let mut members = Map::new();
    let texts = [
        ("name", &attributes.name, MAX_NAME),
        ("nationality", &attributes.nationality, MAX_WORD),
        ("document_number", &attributes.document_number, MAX_WORD),
    ];
    for (name, text, limit) in texts {
        let Some(text) = text else { continue };
        if text_fault(text, limit).is_some() {
            return Err(unaskable(format!("no registry takes this as {name}")));
        }
        members.insert(name.to_owned(), json!(text));
    }
    if let Some(birth) = attributes.birth {
        members.insert("birth".to_owned(), json!(birth.to_string()));
    }
    if let Some(sex) = attributes.sex {
        members.insert("sex".to_owned(), json!(sex_word(sex)));
    }
    if let Some(expiry) = attributes.expiry {
        let expiry = match expiry {
            Expiry::Date(date) => date.to_string(),
            Expiry::Never => "never".to_owned(),
        };
        members.insert("expiry".to_owned(), json!(expiry));
    }
    Ok(members)
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    *SodDigest::of(bytes).as_bytes()
}
