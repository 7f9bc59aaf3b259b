//! An answer: written by the registry, and read back.

use std::str;

use jiff::Timestamp;
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
use crate::registry::query::Query;
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
    let about = Told::new(answer, withheld, &asked.query)?;
    encode_only(&about, (&asked.id, &asked.nonce, &asked.digest), key)
}

/// What names the question that an answer is to: its id, its nonce and its digest.
pub(super) type To<'a> = (&'a QuestionId, &'a Nonce, &'a [u8; 32]);

/// Writes the answer to a question about one card.
pub(super) fn encode_only(
    about: &Told<'_>,
    (id, nonce, digest): To<'_>,
    key: &DeviceKey,
) -> Result<Vec<u8>, Error> {
    let answer = about.answer;
    let answered_at = time(answer.answered_at);
    // Member by member in the order of the canonical form, which is that of the names.
    let mut front = Vec::with_capacity(USUAL_LENGTH);
    let mut whole = Object::begin(&mut front);
    whole.text("answered_at", &answered_at);
    about.attributes(&mut whole);
    about.card(&mut whole);
    whole.text("data_as_of", &time(answer.data_as_of));
    about.decision(&mut whole);
    about.disclosed(&mut whole);
    whole.text("id", id.as_str());
    whole.text("nonce", &nonce.text());
    about.person(&mut whole);
    put_digest(&mut whole, digest)?;
    about.reasons(&mut whole);
    put_revision(&mut whole, answer.source)?;
    whole.text("schema", ANSWER);
    front.push(b',');
    let mut back = back(answer.source);
    back.push(b',');
    text(&mut back, "withheld");
    back.push(b':');
    about.put_withheld(&mut back);
    back.push(b'}');
    sign_between(front, &back, key, &answered_at)
}

pub(super) fn unsayable(why: &str) -> Error {
    SetupError::Registry {
        why: why.to_owned(),
    }
    .into()
}

pub(super) fn put_digest(whole: &mut Object<'_>, digest: &[u8; 32]) -> Result<(), Error> {
    let mut digits = [0; 64];
    hex::encode_to_slice(digest, &mut digits).map_err(|_| unsayable("no digest"))?;
    let question = str::from_utf8(&digits).map_err(|_| unsayable("no digest"))?;
    whole.text("question_sha256", question);
    Ok(())
}

pub(super) fn put_revision(whole: &mut Object<'_>, source: Source) -> Result<(), Error> {
    if let Source::Snapshot { revision } = source {
        let written = whole.number("revision", revision);
        written.map_err(|fault| unsayable(&fault.to_string()))?;
    }
    Ok(())
}

/// The member behind the signature that every answer has.
pub(super) fn back(source: Source) -> Vec<u8> {
    let mut back = Vec::with_capacity(64);
    back.push(b',');
    text(&mut back, "source");
    back.push(b':');
    text(&mut back, source_word(source));
    back
}

/// What is said about one card, member by member: among an answer's own members, or in an entry of a
/// list.
pub(super) struct Told<'a> {
    pub(super) answer: &'a Answer,
    disclosed: Vec<&'a Fact>,
    withheld: &'a [FactKind],
}

impl<'a> Told<'a> {
    pub(super) fn new(
        answer: &'a Answer,
        withheld: &'a [FactKind],
        query: &Query,
    ) -> Result<Self, Error> {
        let mut disclosed = Vec::new();
        for fact in &answer.disclosed {
            let kind = fact.kind;
            if !query.disclose.contains(&kind) || withheld.contains(&kind) {
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
        Ok(Self {
            answer,
            disclosed,
            withheld,
        })
    }

    /// An entry of a list.
    pub(super) fn entry(&self, out: &mut Vec<u8>) {
        let mut entry = Object::begin(out);
        self.attributes(&mut entry);
        self.card(&mut entry);
        self.decision(&mut entry);
        self.disclosed(&mut entry);
        self.person(&mut entry);
        self.reasons(&mut entry);
        self.put_withheld(entry.member("withheld"));
        entry.end();
    }

    fn attributes(&self, whole: &mut Object<'_>) {
        let mut attributes = whole.object("attributes");
        for (name, agreement) in in_order(&self.answer.agreements) {
            attributes.text(name, agreement.code());
        }
        attributes.end();
    }

    fn card(&self, whole: &mut Object<'_>) {
        let mut card = whole.object("card");
        card.text("status", self.answer.status.code());
        card.end();
    }

    fn decision(&self, whole: &mut Object<'_>) {
        whole.text("decision", self.answer.decision().word());
    }

    fn disclosed(&self, whole: &mut Object<'_>) {
        whole.list("disclosed", &self.disclosed, |out, fact| {
            let mut entry = Object::begin(out);
            entry.text("kind", fact.kind.code());
            if let Some(place) = &fact.place {
                entry.text("place", place);
            }
            entry.text("value", &fact.value);
            entry.end();
        });
    }

    fn person(&self, whole: &mut Object<'_>) {
        let mut person = whole.object("person");
        person.text("status", self.answer.person.code());
        person.end();
    }

    fn reasons(&self, whole: &mut Object<'_>) {
        whole.list("reasons", &self.answer.reasons, |out, reason| {
            let mut entry = Object::begin(out);
            entry.text("attribute", reason.attribute);
            entry.text("rule", reason.rule);
            entry.end();
        });
    }

    fn put_withheld(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, kind) in self.withheld.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            text(out, kind.code());
        }
        out.push(b']');
    }
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

/// An answer as it was received, to one question or to a list: of the right form, and checked against
/// nothing but itself.
pub(super) struct Said {
    pub(super) id: QuestionId,
    pub(super) nonce: Nonce,
    pub(super) question: [u8; 32],
    pub(super) moment: Moment,
    /// What is said of each card; of one where there was one question.
    pub(super) answers: Vec<Answer>,
    pub(super) signature: Signature,
}

/// When an answer was made, and from what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) answered_at: Timestamp,
    pub(super) data_as_of: Timestamp,
    pub(super) source: Source,
}

impl Said {
    /// Reads the answer to a question about one card.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::read(bytes, MAX_ANSWER, ANSWER, |fields, moment| {
            Ok(vec![told(fields, moment)?])
        })
    }

    /// Reads an answer in which `each` finds what is said of each card.
    ///
    /// It is spelled in no other way than these bytes: else one answer could come in many forms, each
    /// with another digest.
    pub(super) fn read(
        bytes: &[u8],
        limit: usize,
        schema: &str,
        each: impl FnOnce(&mut Fields, Moment) -> Result<Vec<Answer>, MessageError>,
    ) -> Result<Self, MessageError> {
        let whole = Value::Object(object(bytes, limit)?);
        if canonical(&whole).ok().as_deref() != Some(bytes) {
            return Err(MessageError::whole(MessageFault::Spelling));
        }
        let Value::Object(mut members) = whole else {
            return Err(MessageError::whole(MessageFault::Kind));
        };
        let signature =
            Signature::take(&mut members).map_err(|_| MessageError::whole(MessageFault::Json))?;
        let mut fields = Fields::new(members);
        fields.schema(schema)?;
        let id = fields.word("id", QuestionId::new)?;
        let nonce = fields.word("nonce", Nonce::from_text)?;
        let question = fields.word("question_sha256", digest)?;
        let answered_at = fields.time("answered_at")?;
        let data_as_of = fields.time("data_as_of")?;
        let source = source(&mut fields)?;
        let moment = Moment {
            answered_at,
            data_as_of,
            source,
        };
        let answers = each(&mut fields, moment)?;
        fields.finish()?;
        Ok(Self {
            id,
            nonce,
            question,
            moment,
            answers,
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

/// Reads what is said of one card.
pub(super) fn told(fields: &mut Fields, moment: Moment) -> Result<Answer, MessageError> {
    let status = status(fields, "card", CardStatus::from_code)?;
    let person = status_of_person(fields)?;
    // A register that knows a card knows whose it is. Else a card of nobody would be confirmed.
    let nobodys = person == Person::NotOnFile && status != CardStatus::NotOnFile;
    if nobodys && moment.source == Source::Register {
        return Err(fields.wrong("person", MessageFault::Contradiction));
    }
    let agreements = agreements(fields.object("attributes")?)?;
    let reasons = reasons(fields)?;
    let disclosed = facts(fields)?;
    let withheld = fields.list("withheld", MAX_FACTS)?;
    let withheld = words(fields, "withheld", withheld, FactKind::from_code)?;
    let answer = Answer {
        status,
        person,
        agreements,
        reasons,
        disclosed,
        withheld,
        data_as_of: moment.data_as_of,
        answered_at: moment.answered_at,
        source: moment.source,
        instead_of: None,
        receipt: None,
    };
    // The decision follows from the rest, so that no program can go by one and another by the
    // other.
    let word = answer.decision().word();
    fields.word("decision", |said| (said == word).then_some(()))?;
    Ok(answer)
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
