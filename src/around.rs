//! What lies around a virtual card: what is trusted, the register and the clock, with the faults that
//! lie there.

use std::thread;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::error::SetupError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::registry::Agreement;
use crate::registry::Agreements;
use crate::registry::Answer;
use crate::registry::CardStatus;
use crate::registry::Person;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::message::ProblemCode;
use crate::sim::fault::Register;
use crate::sim::fault::Surroundings;
use crate::sim::persona::Persona;

/// What the verifier of a virtual card is given.
#[derive(Debug)]
pub(crate) struct Around(Surroundings);

impl Around {
    /// What lies around this persona's card.
    pub(crate) fn of(persona: &Persona) -> Result<Self, Error> {
        Ok(Self(persona.surroundings()?))
    }

    /// The time that the faults ask for.
    pub(crate) fn now(&self) -> Result<Option<SystemTime>, SetupError> {
        let Some(day) = self.0.day else {
            return Ok(None);
        };
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        let noon = noon.map_err(|_| SetupError::Time)?;
        Ok(Some(noon.timestamp().into()))
    }

    /// Trusts the card's authority, in this process only, and the lists that the faults ask for.
    pub(crate) fn trust(&self, trust: &mut TrustStore) -> Result<(), Error> {
        for anchor in &self.0.anchors {
            trust.add_anchor(Certificate::decode(anchor)?, Provenance::TestCard);
        }
        for list in &self.0.lists {
            trust.add_crl(Crl::decode(list)?);
        }
        Ok(())
    }

    /// The register that the faults ask for.
    pub(crate) fn register(&self) -> Option<Box<dyn Registry>> {
        let register = self.0.register?;
        Some(Box::new(Faulty(register)))
    }
}

/// A register with a fault, which else confirms whatever it is asked about.
struct Faulty(Register);

impl Registry for Faulty {
    fn check(&self, _query: &Query) -> Result<Answer, RegistryError> {
        let Some(state) = self.0.state() else {
            return Err(match self.0 {
                Register::BadAnswer => RegistryError::BadAnswer { what: "status" },
                Register::WrongSignature => RegistryError::WrongSignature,
                Register::ForeignSigner => RegistryError::ForeignSigner,
                Register::OtherQuestion => RegistryError::Stale,
                Register::Refused => RegistryError::Refused {
                    code: ProblemCode::UnknownProcedure.code(),
                },
                _ => RegistryError::NotReached {
                    why: "register-not-reached".to_owned(),
                },
            });
        };
        if self.0 == Register::Slow {
            thread::sleep(Register::SLOW);
        }
        let other = |fault| match self.0 == fault {
            true => Agreement::Mismatch,
            false => Agreement::Match,
        };
        let now = Timestamp::now();
        let old = now.checked_sub(Register::AGE).unwrap_or(now);
        let agreements = Agreements {
            number: Agreement::Match,
            name: other(Register::OtherName),
            birth: other(Register::OtherBirth),
            sex: Agreement::Match,
            nationality: Agreement::Match,
            document_number: other(Register::OtherDocument),
            expiry: Agreement::Match,
        };
        let status = CardStatus::from_code(state.code()).unwrap_or(CardStatus::NotOnFile);
        let as_of = if self.0 == Register::Stale { old } else { now };
        let mut answer = Answer::new(status, agreements, as_of, now);
        if self.0 == Register::Deceased {
            answer.person = Person::Deceased;
        }
        Ok(answer)
    }
}
