//! An answer: written by the registry, and read back.

use std::str;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::error::Error;
use crate::error::SetupError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::answer::Reason;
use crate::registry::answer::Source;
use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::message::ANSWER;
use crate::registry::message::MAX_ANSWER;
use crate::registry::message::MAX_FACT;
use crate::registry::message::MAX_FACTS;
use crate::registry::message::MAX_PLACE;
use crate::registry::message::fields::Fields;
use crate::registry::message::fields::MessageError;
use crate::registry::message::fields::MessageFault;
use crate::registry::message::fields::digest;
use crate::registry::message::fields::object;
use crate::registry::message::fields::text_fault;
use crate::registry::message::fields::words;
use crate::registry::message::ids::Nonce;
use crate::registry::message::ids::QuestionId;
use crate::registry::message::question::Asked;
use crate::seal::canonical::Object;
use crate::seal::canonical::USUAL_LENGTH;
use crate::seal::canonical::canonical;
use crate::seal::canonical::text;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign_between;
use crate::seal::sign::time;
use crate::seal::signature::Signature;

/// Most rules that one answer names: a few to an attribute.
const MAX_REASONS: usize = 32;

/// Writes an answer to a question and signs it. `withheld` are the kinds of facts that were asked
/// for and that this procedure may not see. What is disclosed beyond what was asked for is left out.
///
/// What comes out is the canonical form (RFC 8785), and no other spelling is an answer.
///
/// # Errors
/// [`SetupError::Registry`] for an answer that could not be read back: a fact that is too long. What
/// keeps the key from signing.
pub fn encode_answer(
    answer: &Answer,
    withheld: &[FactKind],
    asked: &Asked,
    key: &DeviceKey,
) -> Result<Vec<u8>, Error> {
    let unsayable = |why: &str| {
        Error::from(SetupError::Registry {
            why: why.to_owned(),
        })
    };
    let mut disclosed = Vec::new();
    for fact in &answer.disclosed {
        let kind = fact.kind;
        if !asked.query.disclose.contains(&kind) || withheld.contains(&kind) {
            continue;
        }
        let place = fact.place.as_deref();
        let fits = text_fault(&fact.value, MAX_FACT).is_none()
            && place.is_none_or(|place| text_fault(place, MAX_PLACE).is_none());
        if !fits {
            return Err(unsayable("a fact is empty, too long or no text"));
        }
        disclosed.push(fact);
    }
    let answered_at = time(answer.answered_at);
    // Member by member in the order of the canonical form, which is that of the names.
    let mut front = Vec::with_capacity(USUAL_LENGTH);
    let mut whole = Object::begin(&mut front);
    whole.text("answered_at", &answered_at);
    let mut attributes = whole.object("attributes");
    for (name, agreement) in in_order(&answer.agreements) {
        attributes.text(name, agreement.code());
    }
    attributes.end();
    let mut card = whole.object("card");
    card.text("status", answer.status.code());
    card.end();
    whole.text("data_as_of", &time(answer.data_as_of));
    whole.text("decision", answer.decision().word());
    whole.list("disclosed", disclosed, |out, fact| {
        let mut entry = Object::begin(out);
        entry.text("kind", fact.kind.code());
        if let Some(place) = &fact.place {
            entry.text("place", place);
        }
        entry.text("value", &fact.value);
        entry.end();
    });
    whole.text("id", asked.id.as_str());
    whole.text("nonce", &asked.nonce.text());
    let mut person = whole.object("person");
    person.text("status", answer.person.code());
    person.end();
    let mut digits = [0; 64];
    hex::encode_to_slice(asked.digest, &mut digits).map_err(|_| unsayable("no digest"))?;
    let question = str::from_utf8(&digits).map_err(|_| unsayable("no digest"))?;
    whole.text("question_sha256", question);
    whole.list("reasons", &answer.reasons, |out, reason| {
        let mut entry = Object::begin(out);
        entry.text("attribute", reason.attribute);
        entry.text("rule", reason.rule);
        entry.end();
    });
    if let Source::Snapshot { revision } = answer.source {
        let written = whole.number("revision", revision);
        written.map_err(|fault| unsayable(&fault.to_string()))?;
    }
    whole.text("schema", ANSWER);
    front.push(b',');
    let mut back = Vec::with_capacity(64);
    back.push(b',');
    text(&mut back, "source");
    back.push(b':');
    text(&mut back, source_word(answer.source));
    back.extend_from_slice(b",\"withheld\":[");
    for (at, kind) in withheld.iter().enumerate() {
        if at > 0 {
            back.push(b',');
        }
        text(&mut back, kind.code());
    }
    back.extend_from_slice(b"]}");
    sign_between(front, &back, key, &answered_at)
}

/// The attributes in the order of their names.
const fn in_order(agreements: &Agreements) -> [(&'static str, Agreement); 7] {
    [
        ("birth", agreements.birth),
        ("document_number", agreements.document_number),
        ("expiry", agreements.expiry),
        ("name", agreements.name),
        ("nationality", agreements.nationality),
        ("number", agreements.number),
        ("sex", agreements.sex),
    ]
}

/// An answer as it was received: of the right form, and checked against nothing but itself.
pub(super) struct Said {
    pub(super) id: QuestionId,
    pub(super) nonce: Nonce,
    pub(super) question: [u8; 32],
    pub(super) answer: Answer,
    pub(super) signature: Signature,
}

impl Said {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let members = object(bytes, MAX_ANSWER)?;
        Self::of(members, bytes)
    }

    /// The members of an answer, which are spelled in no other way than these bytes: else one answer
    /// could come in many forms, each with another digest.
    fn of(members: Map<String, Value>, bytes: &[u8]) -> Result<Self, MessageError> {
        let whole = Value::Object(members);
        if canonical(&whole).ok().as_deref() != Some(bytes) {
            return Err(MessageError::whole(MessageFault::Spelling));
        }
        let Value::Object(mut members) = whole else {
            return Err(MessageError::whole(MessageFault::Kind));
        };
        let signature =
            Signature::take(&mut members).map_err(|_| MessageError::whole(MessageFault::Json))?;
        let mut fields = Fields::new(members);
        fields.schema(ANSWER)?;
        let id = fields.word("id", QuestionId::new)?;
        let nonce = fields.word("nonce", Nonce::from_text)?;
        let question = fields.word("question_sha256", digest)?;
        let answered_at = fields.time("answered_at")?;
        let data_as_of = fields.time("data_as_of")?;
        let source = source(&mut fields)?;
        let status = status(&mut fields, "card", CardStatus::from_code)?;
        let person = status_of_person(&mut fields)?;
        // A register that knows a card knows whose it is. Else a card of nobody would be confirmed.
        let nobodys = person == Person::NotOnFile && status != CardStatus::NotOnFile;
        if nobodys && source == Source::Register {
            return Err(fields.wrong("person", MessageFault::Contradiction));
        }
        let agreements = agreements(fields.object("attributes")?)?;
        let reasons = reasons(&mut fields)?;
        let disclosed = facts(&mut fields)?;
        let withheld = fields.list("withheld", MAX_FACTS)?;
        let withheld = words(&fields, "withheld", withheld, FactKind::from_code)?;
        let answer = Answer {
            status,
            person,
            agreements,
            reasons,
            disclosed,
            withheld,
            data_as_of,
            answered_at,
            source,
            instead_of: None,
            receipt: None,
        };
        // The decision follows from the rest, so that no program can go by one and another by the
        // other.
        let word = answer.decision().word();
        fields.word("decision", |said| (said == word).then_some(()))?;
        fields.finish()?;
        Ok(Self {
            id,
            nonce,
            question,
            answer,
            signature,
        })
    }

    /// When the answer was signed, by the registry's clock.
    pub(super) const fn signed_at(&self) -> Option<Timestamp> {
        match &self.signature {
            Signature::Right(signer) => Some(signer.signed_at),
            _ => None,
        }
    }
}

/// On the wire there are the register and its snapshot. A server over sample citizens says what it is by
/// its name, its certificates and when it is set up.
const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Register | Source::Samples => Source::Register.code(),
        Source::Snapshot { .. } => source.code(),
    }
}

fn source(fields: &mut Fields) -> Result<Source, MessageError> {
    let revision = fields.optional_count("revision")?;
    let snapshot = fields.optional_word("source", |word| match word {
        "register" => Some(false),
        "snapshot" => Some(true),
        _ => None,
    })?;
    match (snapshot.unwrap_or(false), revision) {
        (false, None) => Ok(Source::Register),
        (true, Some(revision)) => Ok(Source::Snapshot { revision }),
        (true, None) => Err(fields.wrong("revision", MessageFault::Missing)),
        (false, Some(_)) => Err(fields.wrong("revision", MessageFault::Contradiction)),
    }
}

fn status<T>(
    fields: &mut Fields,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, MessageError> {
    let mut object = fields.object(name)?;
    let status = object.word("status", read)?;
    object.finish()?;
    Ok(status)
}

fn status_of_person(fields: &mut Fields) -> Result<Person, MessageError> {
    status(fields, "person", Person::from_code)
}

fn agreements(mut fields: Fields) -> Result<Agreements, MessageError> {
    let mut of = |name| fields.word(name, Agreement::from_code);
    let agreements = Agreements {
        number: of("number")?,
        name: of("name")?,
        birth: of("birth")?,
        sex: of("sex")?,
        nationality: of("nationality")?,
        document_number: of("document_number")?,
        expiry: of("expiry")?,
    };
    fields.finish()?;
    Ok(agreements)
}

fn reasons(fields: &mut Fields) -> Result<Vec<Reason>, MessageError> {
    let entries = fields.list("reasons", MAX_REASONS)?;
    let read = |(index, entry)| {
        let mut entry = fields.entry("reasons", index, entry)?;
        let attribute = entry.word("attribute", Reason::attribute)?;
        let rule = entry.word("rule", Reason::rule)?;
        entry.finish()?;
        Ok(Reason { attribute, rule })
    };
    entries.into_iter().enumerate().map(read).collect()
}

fn facts(fields: &mut Fields) -> Result<Vec<Fact>, MessageError> {
    let entries = fields.list("disclosed", MAX_FACTS)?;
    let mut facts: Vec<Fact> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let mut entry = fields.entry("disclosed", index, entry)?;
        let kind = entry.word("kind", FactKind::from_code)?;
        if facts.iter().any(|fact| fact.kind == kind) {
            return Err(entry.wrong("kind", MessageFault::Repeated));
        }
        let value = entry.text("value", MAX_FACT)?;
        let place = entry.optional_text("place", MAX_PLACE)?;
        entry.finish()?;
        facts.push(Fact { kind, value, place });
    }
    Ok(facts)
}
