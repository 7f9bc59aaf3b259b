//! Under which terms a redacted conversation runs: its key, groups, challenge and terminal, all of
//! them invented, as they stand in its header.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::civil::date;

use crate::channel::active_auth::CHALLENGE;
use crate::channel::preference::AccessPreference;
use crate::error::Error;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::key::AccessKey;
use crate::lds::mrz::MrzKey;
use crate::pki::cvc::CvCertificate;
use crate::reader::Applications;
use crate::reader::Groups;
use crate::reader::Plan;
use crate::redact::keys::HASHES;
use crate::redact::keys::Signing;
use crate::secret::Secret;
use crate::sim::personalisation::Trailer;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::quirk::Quirk;
use crate::terminal::Terminal;
use crate::terminal::file;
use crate::transport::trace::Redaction;

/// The day on which the test terminal loads its certificates.
const DAY: Date = date(2025, 3, 1);

/// Names of lines in the header.
const SEED: &str = "seed";
const COUNTRY: &str = "country";
const KEY: &str = "key";
const ZONES: &str = "mrz";
const ACCESS: &str = "access";
const GROUPS: &str = "groups";
const CHALLENGE_LINE: &str = "challenge";
const TERMINAL: &str = "terminal";
const QUIRKS: &str = "quirks";
const REFUSED: &str = "key-refused";
const SIGNING: &str = "signing";
const APPLICATIONS: &str = "applications";

/// What stands behind it: only EF.DIR is read again.
const LISTED: &str = "list";

const PREFERENCES: [(&str, AccessPreference); 3] = [
    ("require-pace", AccessPreference::RequirePace),
    ("prefer-pace", AccessPreference::PreferPace),
    ("allow-bac", AccessPreference::AllowBac),
];

/// A key of a zone in the three fields that it is of.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ZoneKey {
    pub(super) number: String,
    pub(super) birth: String,
    pub(super) expiry: String,
}

impl ZoneKey {
    /// The fields of MRZ information: number, birth and expiry, each with its check digit.
    pub(super) fn of(key: &MrzKey) -> Option<Self> {
        let information = key.information();
        let text = std::str::from_utf8(information.expose()).ok()?;
        let end = text.len();
        let number = text.get(..end.checked_sub(15)?)?;
        Some(Self {
            number: number.trim_end_matches('<').to_owned(),
            birth: text
                .get(end.checked_sub(14)?..end.checked_sub(8)?)?
                .to_owned(),
            expiry: text
                .get(end.checked_sub(7)?..end.checked_sub(1)?)?
                .to_owned(),
        })
    }

    fn key(&self) -> Result<MrzKey, Malformed> {
        MrzKey::new(&self.number, &self.birth, &self.expiry)
    }
}

/// What stands in the header.
#[derive(Clone, Default)]
pub(super) struct Terms {
    pub(super) seed: String,
    pub(super) country: String,
    pub(super) can: Option<String>,
    pub(super) pin: Option<String>,
    pub(super) puk: Option<String>,
    pub(super) zones: Vec<ZoneKey>,
    pub(super) access: Option<AccessPreference>,
    pub(super) groups: Option<Vec<DataGroup>>,
    pub(super) challenge: Option<[u8; CHALLENGE]>,
    pub(super) terminal: bool,
    /// Whether EF.DIR was asked which other applications there are.
    pub(super) lists_applications: bool,
    pub(super) quirks: BTreeSet<Quirk>,
    /// Whether the chip refused the key.
    pub(super) wrong_key: bool,
    /// How the chip signs in active authentication.
    pub(super) signing: Option<Signing>,
}

impl Terms {
    /// The lines of the header.
    pub(super) fn redaction(&self) -> Redaction {
        let mut redaction = Redaction::default()
            .with(SEED, &self.seed)
            .with(COUNTRY, &self.country);
        let named = [("can", &self.can), ("pin", &self.pin), ("puk", &self.puk)];
        let named: Vec<String> = named
            .into_iter()
            .filter_map(|(name, digits)| Some(format!("{name}:{}", digits.as_ref()?)))
            .collect();
        if !named.is_empty() {
            redaction = redaction.with(KEY, &named.join(" "));
        }
        if !self.zones.is_empty() {
            let zones: Vec<String> = self
                .zones
                .iter()
                .map(|zone| format!("{},{},{}", zone.number, zone.birth, zone.expiry))
                .collect();
            redaction = redaction.with(ZONES, &zones.join(" "));
        }
        let access = self.access.unwrap_or(AccessPreference::PreferPace);
        if let Some((word, _)) = PREFERENCES.iter().find(|(_, own)| *own == access) {
            redaction = redaction.with(ACCESS, word);
        }
        if let Some(groups) = &self.groups {
            let numbers: Vec<String> = groups
                .iter()
                .map(|group| group.number().to_string())
                .collect();
            redaction = redaction.with(GROUPS, &numbers.join(","));
        }
        if let Some(challenge) = &self.challenge {
            redaction = redaction.with(CHALLENGE_LINE, &hex::encode_upper(challenge));
        }
        if self.terminal {
            redaction = redaction.with(TERMINAL, "test");
        }
        if self.lists_applications {
            redaction = redaction.with(APPLICATIONS, LISTED);
        }
        if !self.quirks.is_empty() {
            let quirks: Vec<String> = self.quirks.iter().map(ToString::to_string).collect();
            redaction = redaction.with(QUIRKS, &quirks.join(","));
        }
        if self.wrong_key {
            redaction = redaction.with(REFUSED, "yes");
        }
        if let Some(signing) = self.signing {
            let explicit = match signing.trailer {
                Trailer::Usual => "",
                Trailer::Explicit => " explicit",
            };
            let name = format!("{}{explicit}", signing.hash.name());
            redaction = redaction.with(SIGNING, &name);
        }
        redaction
    }

    /// Reads the lines of a header; nothing where they are not whole.
    pub(super) fn read(redaction: &Redaction) -> Option<Self> {
        let mut terms = Self {
            seed: redaction.value(SEED)?.to_owned(),
            country: redaction.value(COUNTRY)?.to_owned(),
            terminal: redaction.value(TERMINAL).is_some(),
            lists_applications: redaction.value(APPLICATIONS).is_some(),
            wrong_key: redaction.value(REFUSED).is_some(),
            ..Self::default()
        };
        for word in redaction.value(KEY).unwrap_or_default().split_whitespace() {
            let (name, digits) = word.split_once(':')?;
            let place = match name {
                "can" => &mut terms.can,
                "pin" => &mut terms.pin,
                "puk" => &mut terms.puk,
                _ => return None,
            };
            *place = Some(digits.to_owned());
        }
        for zone in redaction
            .value(ZONES)
            .unwrap_or_default()
            .split_whitespace()
        {
            let fields: Vec<&str> = zone.split(',').collect();
            let [number, birth, expiry] = fields.as_slice() else {
                return None;
            };
            terms.zones.push(ZoneKey {
                number: (*number).to_owned(),
                birth: (*birth).to_owned(),
                expiry: (*expiry).to_owned(),
            });
        }
        let access = redaction.value(ACCESS)?;
        let (_, access) = PREFERENCES.iter().find(|(word, _)| *word == access)?;
        terms.access = Some(*access);
        if let Some(groups) = redaction.value(GROUPS) {
            let number = |text: &str| text.parse().ok().and_then(DataGroup::new);
            let list = groups
                .split(',')
                .filter(|text| !text.is_empty())
                .map(number);
            terms.groups = Some(list.collect::<Option<_>>()?);
        }
        if let Some(challenge) = redaction.value(CHALLENGE_LINE) {
            let mut bytes = [0; CHALLENGE];
            hex::decode_to_slice(challenge, &mut bytes).ok()?;
            terms.challenge = Some(bytes);
        }
        if let Some(signing) = redaction.value(SIGNING) {
            let (name, trailer) = match signing.strip_suffix(" explicit") {
                Some(name) => (name, Trailer::Explicit),
                None => (signing, Trailer::Usual),
            };
            let hash = HASHES.into_iter().find(|hash| hash.name() == name)?;
            terms.signing = Some(Signing { hash, trailer });
        }
        for quirk in redaction.value(QUIRKS).unwrap_or_default().split(',') {
            if !quirk.is_empty() {
                terms.quirks.insert(Quirk::from_name(quirk)?);
            }
        }
        Some(terms)
    }

    /// The key.
    pub(super) fn key(&self) -> Result<AccessKey, Error> {
        let secret =
            |text: &Option<String>| text.as_ref().map(|text| Secret::copy_of(text.as_bytes()));
        let zones: Result<Vec<MrzKey>, Malformed> = self.zones.iter().map(ZoneKey::key).collect();
        Ok(AccessKey {
            can: secret(&self.can),
            mrz: zones?,
            pin: secret(&self.pin),
            puk: secret(&self.puk),
            printed: Vec::new(),
        })
    }

    /// The key that the chip has: where it refused the other's, not the persona's.
    pub(super) fn chip_key(&self) -> Result<AccessKey, Error> {
        if !self.wrong_key {
            return self.key();
        }
        let next = |text: &String| {
            let digits = text.bytes().map(|digit| match digit {
                b'0'..=b'8' => char::from(digit + 1),
                _ => '0',
            });
            digits.collect::<String>()
        };
        let other = Self {
            can: self.can.as_ref().map(next),
            pin: self.pin.as_ref().map(next),
            puk: self.puk.as_ref().map(next),
            zones: Vec::new(),
            ..self.clone()
        };
        other.key()
    }

    /// The plan.
    pub(super) fn plan(&self) -> Result<Plan, Error> {
        let groups = match &self.groups {
            None => Groups::Signed,
            Some(list) => Groups::Only(list.clone()),
        };
        let access = self.access.unwrap_or(AccessPreference::PreferPace);
        let terminal = if self.terminal {
            Some(Arc::new(test_terminal()?))
        } else {
            None
        };
        let applications = if self.lists_applications {
            Applications::List
        } else {
            Applications::Unasked
        };
        Ok(Plan {
            challenge: self.challenge,
            terminal,
            applications,
            ..Plan::new(self.key()?, groups, access)
        })
    }
}

/// The terminal whom invented chips let read fingers and irises.
fn test_terminal() -> Result<Terminal, Error> {
    let unusable = |why: String| SetupError::TerminalUnusable { why };
    let mut certificates = Vec::new();
    let mut key = None;
    for (name, bytes) in TerminalPki::shipped()?.files()? {
        if name.ends_with(".cvcert") {
            let decoded = CvCertificate::decode(&bytes);
            certificates.push(decoded.map_err(|fault| unusable(fault.to_string()))?);
        } else {
            let decoded = file::Key::decode(&bytes);
            key = Some(decoded.map_err(|fault| unusable(fault.to_string()))?);
        }
    }
    let key = key.ok_or_else(|| unusable("no private key".to_owned()))?;
    Ok(Terminal::new(certificates, Box::new(key), DAY)?)
}
