//! A registry behind a national data exchange: an example of an adapter.
//!
//! Such an exchange answers about persons by value: it is asked with a request id, the codes of
//! procedure, service, agency and officer, a number, a name and a date of birth, and gives the
//! person's data back, the name in its parts (Họ, Chữ đệm, Tên) and the sex as a number (QCVN
//! 109:2017/BTTTT: 1 male, 2 female, 0 not known). The adapter compares here what comes back with
//! what was asked, and lets nothing of it go further: the answer of this program tells how attributes
//! agree, never their values.
//!
//! **The wire form of the real exchange is not public.** The names in [`fields`](self) are made after
//! what is known of it; whoever has its description changes that one file, and brings an [`Exchange`]
//! that carries a request there: its transport, its signature and its keys are its own.
//!
//! An exchange knows persons, not cards. Where it does not say how the card stands, the card is not on
//! file, which leaves the check open: that a person is alive does not put a card in force.

mod fields;

#[cfg(test)]
mod tests;

use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::Value;

use crate::crypto::random::Random;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::answer::Reason;
use crate::registry::exchange::fields::Told;
use crate::registry::query::Query;

/// Longest request id, in characters.
pub const MAX_REQUEST_ID: usize = 40;

/// Carries a request to an exchange and brings the response back.
pub trait Exchange: Send {
    /// Sends a request.
    ///
    /// # Errors
    /// [`RegistryError::NotReached`] when nothing came back, [`RegistryError::Refused`] when the
    /// exchange refused, and what its signatures give.
    fn send(&self, request: &Value) -> Result<Value, RegistryError>;
}

/// A registry behind an exchange.
pub struct ExchangeRegistry<E> {
    exchange: E,
    /// Code of the service of the exchange that is asked.
    service: String,
    random: Mutex<Box<dyn Random + Send>>,
}

impl<E: Exchange> ExchangeRegistry<E> {
    /// Asks this service of an exchange; the randomness makes the request ids.
    pub fn new(exchange: E, service: &str, random: Box<dyn Random + Send>) -> Self {
        Self {
            exchange,
            service: service.to_owned(),
            random: Mutex::new(random),
        }
    }

    /// 128 random bits, which are 32 characters.
    fn request_id(&self) -> Result<String, RegistryError> {
        let unable = || RegistryError::NotReached {
            why: "no request id could be drawn".to_owned(),
        };
        let mut octets = [0; 16];
        let mut random = self.random.lock().map_err(|_| unable())?;
        random.fill(&mut octets).map_err(|_| unable())?;
        Ok(hex::encode(octets))
    }
}

impl<E: Exchange> Registry for ExchangeRegistry<E> {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        let id = self.request_id()?;
        let request = fields::request(query, &self.service, &id)?;
        let response = self.exchange.send(&request)?;
        let told = fields::response(&response, &id)?;
        Ok(answer(query, told, Timestamp::now()))
    }
}

/// Compares what the exchange told with what was asked.
fn answer(query: &Query, told: Option<Told>, now: Timestamp) -> Answer {
    let (agreements, rules) = fields::compare(query, told.as_ref());
    let status = told.as_ref().and_then(|told| told.card);
    let mut answer = Answer::new(
        status.unwrap_or(CardStatus::NotOnFile),
        agreements,
        now,
        now,
    );
    answer.person = told.map_or(Person::NotOnFile, |told| told.person);
    answer.reasons = rules
        .into_iter()
        .filter_map(|(attribute, compared)| compared.reason(attribute))
        .collect::<Vec<Reason>>();
    answer
}
