//! What "data that differs from the card's" means.

use std::collections::BTreeMap;

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::lds::FileId;
use cancuoc::lds::field::REVEALABLE;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::verify::Check;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use serde_json::Value;

use super::bits::Ended;
use crate::support::cards;

/// What a report says of holder and document: who it is, what they look like, what every group says
/// with everything sensitive in it, which groups are vouched for, and the records beside them.
const DATA: [&str; 6] = [
    "holder",
    "portrait",
    "details",
    "groups",
    "applications",
    "directory",
];

/// What nothing vouches for. A genuine report of these cards has none of it.
const UNVOUCHED: [&str; 3] = [
    "unverified_holder",
    "unverified_portrait",
    "unverified_details",
];

/// Checks whose evidence is about the card's own signed data. How the session was opened, and which
/// anchor and list were at hand, is told of the session and of the store, and is as it was there.
const OF_THE_CARD: [Check; 4] = [
    Check::SodSignature,
    Check::Hashes,
    Check::Consistency,
    Check::Validity,
];

/// The report of the untouched card.
pub struct Truth {
    report: Value,
    /// The files of the card, and what EF.CardAccess offers, where the truth is of a reading.
    files: Option<Signed>,
}

/// Every file but EF.CardAccess, and the PACE offers in that.
type Signed = (BTreeMap<FileId, Vec<u8>>, Option<Vec<Offer>>);

/// Protocol and parameter id of a PACEInfo.
type Offer = (Vec<u8>, Option<u32>);

/// EF.CardAccess is not signed and tells nothing of the holder. It may be hidden, and what it says
/// beside PACE is used by nobody; but its PACE offers are the card's own, which DG14 signs.
fn signed(reading: &Reading) -> Signed {
    let mut files = reading.capture.files.clone();
    let offers = files.remove(&FileId::CardAccess).map(|card_access| {
        let infos = SecurityInfos::decode(&card_access).unwrap();
        let offers = infos.pace.into_iter();
        offers.map(|info| (info.oid, info.parameter_id)).collect()
    });
    (files, offers)
}

fn said(report: &Report) -> Value {
    let reveal = Reveal::parse(REVEALABLE).unwrap();
    json::report(report, Times::default(), &reveal)
}

impl Truth {
    /// Takes the report of the untouched card, which must be genuine.
    pub fn of(report: &Report) -> Self {
        assert_eq!(report.verdict(), Verdict::Genuine, "{:?}", report.checks());
        let report = said(report);
        for name in ["holder", "portrait", "details", "groups"] {
            assert!(report.get(name).is_some(), "{name}");
        }
        assert!(UNVOUCHED.iter().all(|name| report.get(name).is_none()));
        Self {
            report,
            files: None,
        }
    }

    /// Takes an undisturbed reading, which must be genuine.
    pub fn of_reading(reading: &Reading) -> Self {
        Self {
            files: Some(signed(reading)),
            ..Self::of(&cards::judge(reading))
        }
    }

    /// What differs from the card's, in a report that says genuine. The strict form: every member of
    /// [`DATA`] is the same to the last character, nothing stands there unvouched for, and the checks
    /// of [`OF_THE_CARD`] have the same code and the same evidence. Not data of the card are notes on
    /// what was unusual, times, and the digest of the whole of EF.SOD, which names the file and not
    /// what was signed in it.
    fn difference(&self, report: &Value) -> Option<String> {
        if let Some(name) = UNVOUCHED.iter().find(|name| report.get(**name).is_some()) {
            return Some((*name).to_owned());
        }
        if let Some(name) = DATA
            .iter()
            .find(|name| report.get(**name) != self.report.get(**name))
        {
            return Some((*name).to_owned());
        }
        let differs =
            |check: &&Check| report["checks"][check.name()] != self.report["checks"][check.name()];
        let check = OF_THE_CARD.iter().find(differs)?;
        Some(format!("evidence of {}", check.name()))
    }

    /// What a report that does not say genuine vouches for although it is not the card's: a group
    /// whose hash holds may stand, but no other word.
    fn false_word(&self, report: &Value) -> Option<String> {
        let honest = |name: &str| &self.report[name];
        if let Some(holder) = report.get("holder").and_then(Value::as_object) {
            // Without DG13 the name is the zone's.
            let held = holder.iter().find(|(name, value)| {
                **value != honest("holder")[*name]
                    && !(*name == "name" && **value == honest("holder")["latin_name"])
            });
            if let Some((name, _)) = held {
                return Some(format!("holder: {name}"));
            }
        }
        if report
            .get("portrait")
            .is_some_and(|portrait| portrait != honest("portrait"))
        {
            return Some("portrait".to_owned());
        }
        if let Some(details) = report.get("details").and_then(Value::as_object) {
            // Without a zone nobody knows the layout of DG13: its length is said, and its bytes to
            // whom asks for them, which are the card's, since the hash holds.
            let raw = |said: &Value| {
                let said = said.as_object();
                said.is_some_and(|said| said.keys().all(|key| key == "length" || key == "content"))
            };
            let held = details.iter().find(|(group, said)| {
                **said != honest("details")[*group] && !(*group == "DG13" && raw(said))
            });
            if let Some((group, _)) = held {
                return Some(format!("details: {group}"));
            }
        }
        None
    }

    /// What a judged flip came to.
    pub fn judged(&self, report: &Report) -> Ended {
        let said = said(report);
        if report.verdict() == Verdict::Genuine {
            return match self.difference(&said) {
                None => Ended::NoDifference,
                Some(what) => Ended::Broken(format!("genuine, and {what} differs")),
            };
        }
        if let Some(what) = self.false_word(&said) {
            return Ended::Broken(format!("vouched for, and not the card's: {what}"));
        }
        let check = report.first_failure().or_else(|| report.first_gap());
        let code = check.map(|check| report.checks().outcome(check).code());
        Ended::Caught(code.unwrap_or("nothing stands out").to_owned())
    }

    /// What a read came to. A genuine one must have the very bytes of the card, too.
    pub fn read(&self, outcome: &Result<Reading, Error>) -> Ended {
        let reading = match outcome {
            Err(error) => return refused(error),
            Ok(reading) => reading,
        };
        let ended = self.judged(&cards::judge(reading));
        if ended != Ended::NoDifference {
            return ended;
        }
        let (read, offered) = signed(reading);
        match &self.files {
            Some((files, _)) if *files != read => {
                Ended::Broken("genuine, and a file differs".to_owned())
            }
            Some((_, offers)) if offered.is_some() && offered != *offers => {
                Ended::Broken("genuine, and the offers differ".to_owned())
            }
            _ => Ended::NoDifference,
        }
    }
}

/// An error must be one of the card or the line: nothing else has changed.
fn refused(error: &Error) -> Ended {
    let code = error.code();
    let family = code.split('.').next().unwrap_or_default();
    if ["channel", "access", "card", "data"].contains(&family) {
        Ended::Refused(code.to_owned())
    } else {
        Ended::Broken(format!("error {code}"))
    }
}
