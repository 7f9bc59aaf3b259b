//! What a read leaves behind: files that can be kept, and what only the live session knows.

mod applications;
mod terminal;

pub use applications::ApplicationCapture;
pub use applications::ApplicationState;
pub use applications::FileCapture;
pub use applications::FileEnd;
pub use terminal::TerminalAttempt;

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroize as _;

use crate::channel::active_auth::CHALLENGE;
use crate::error::ChannelError;
use crate::error::SetupError;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::lds2::Application;
use crate::lds::printed::Printed;
use crate::link::Exchange;
use crate::profile::Hints;

/// Name of the saved form.
const SCHEMA: &str = "cancuoc.capture/1";

/// Largest capture accepted, in bytes of its saved form: fifteen files at the reader's limit and the
/// applications beside them at theirs, in hexadecimal.
pub const MAX_CAPTURE: usize = 20 * 1024 * 1024;

/// Most quirks in a capture, and the longest name of one, in bytes.
const MAX_QUIRKS: usize = 64;
const MAX_QUIRK_NAME: usize = 64;

/// How the chip was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessUsed {
    /// PACE, with the content octets of the protocol's identifier and the parameter id.
    Pace {
        /// Content octets of the object identifier.
        oid: Vec<u8>,
        /// Standardized domain parameter id.
        parameter_id: u8,
    },
    /// PACE that the reader ran by itself; with which protocol only the reader knows.
    PaceByReader,
    /// Basic access control, because the chip showed no PACE.
    Bac,
    /// Basic access control although EF.CardAccess offers PACE.
    BacAlthoughPace,
    /// The files could be read without any.
    None,
}

/// Why a file is not in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The chip answered with this status word.
    Refused(Status),
    /// It says of itself that it is longer than any document needs, and was not read further.
    TooLong,
}

/// Challenge and answer of active authentication; a signature that can be checked later.
#[derive(Clone, PartialEq, Eq)]
pub struct ActiveExchange {
    /// RND.IFD, eight bytes.
    pub challenge: Vec<u8>,
    /// The signature as the chip gave it.
    pub response: Vec<u8>,
}

impl fmt::Debug for ActiveExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActiveExchange({} bytes)", self.response.len())
    }
}

/// Everything that was read, as it stood on the chip. Storable; proves nothing alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Capture {
    /// Files as read, hashed as they are.
    pub files: BTreeMap<FileId, Vec<u8>>,
    /// Files that were asked for and did not come.
    pub missing: BTreeMap<FileId, Missing>,
    /// Groups that the caller named.
    pub requested: Vec<DataGroup>,
    /// Active authentication over the reader's own challenge, where it was done.
    pub active: Option<ActiveExchange>,
    /// Active authentication over the challenge of a relying party, where there was one: proof for
    /// whoever gave the challenge, and for nobody else.
    pub active_for_party: Option<ActiveExchange>,
    /// How the chip was opened.
    pub access: AccessUsed,
    /// What became of terminal authentication, which opens DG3 and DG4.
    pub terminal: TerminalAttempt,
    /// Quirks of card and reader that were met, by their stable names.
    pub quirks: Vec<String>,
    /// Applications beside the eMRTD application, those that are listed or were asked for.
    pub applications: BTreeMap<Application, ApplicationCapture>,
}

impl fmt::Debug for Capture {
    /// Shows which files there are, not what is in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("files", &self.files.keys().collect::<Vec<_>>())
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// Whatever becomes of a read, one that was cancelled or that nobody waits for any more included, nothing of
/// the card stays behind in memory. Who keeps a copy has one that is wiped likewise.
impl Drop for Capture {
    fn drop(&mut self) {
        for file in self.files.values_mut() {
            file.zeroize();
        }
        let exchanges = [&mut self.active, &mut self.active_for_party];
        for exchange in exchanges.into_iter().flatten() {
            // It is a signature by one card's key, and so names the card.
            exchange.response.zeroize();
        }
    }
}

/// What only the live session can know. Neither `Clone` nor storable; made only while reading.
#[derive(Debug)]
pub struct Live {
    pub(crate) chip_authentication: ChipAttempt,
    pub(crate) active_authentication: ActiveAttempt,
    pub(crate) chip_mapping: MappingAttempt,
    pub(crate) channel_break: Option<ChannelError>,
    pub(crate) session: Session,
    /// The challenge that whoever asks for the verdict gave, and knows to be fresh.
    pub(crate) demanded: Option<[u8; CHALLENGE]>,
}

/// Whether the bytes came from a chip just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    /// From a chip, in this process.
    Live,
    /// From a file: a capture or a trace.
    Stored,
}

/// What became of chip authentication.
#[derive(Debug)]
pub(crate) enum ChipAttempt {
    /// DG14 was not read or holds no key that this build can use.
    NotTried,
    /// The chip refused.
    Refused,
    /// New keys are agreed, and nothing was sent under them: nothing is proven.
    Agreed(ChipWitness),
    /// No agreement is possible with the chip's public key.
    KeyImpossible,
    /// The first exchange under the new keys failed.
    Unproven,
    /// An exchange under the new keys went well: the chip holds the private half of this key.
    Proven(ChipWitness),
}

/// The key that the chip proved to hold.
#[derive(Debug)]
pub(crate) struct ChipWitness {
    /// Content octets of the protocol's identifier.
    pub(crate) oid: Vec<u8>,
    /// The static public key that was agreed with: a point uncompressed, a number as long as its
    /// prime.
    pub(crate) public: Vec<u8>,
    /// Name of the group and cipher, for the evidence.
    pub(crate) name: String,
    /// Where the key stands.
    pub(crate) source: KeySource,
}

/// Which signed file a key of chip authentication is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// DG14, version 1.
    Group14,
    /// EF.CardSecurity, version 2.
    CardSecurity,
}

/// What became of active authentication.
#[derive(Debug)]
pub(crate) enum ActiveAttempt {
    /// DG15 was not read.
    NotTried,
    /// The chip refused.
    Refused,
    /// The chip answered these challenges in this session.
    Answered {
        /// RND.IFD, drawn for this session.
        challenge: Vec<u8>,
        /// RND.IFD of the relying party, where the chip answered that, too.
        party: Option<Vec<u8>>,
    },
}

/// What became of chip authentication mapping.
#[derive(Debug)]
pub(crate) enum MappingAttempt {
    /// PACE ran with another mapping, or not at all.
    NotTried,
    /// The same, because the chip refused this mapping, which EF.CardAccess offers.
    Declined,
    /// The chip does not give out EF.CardSecurity, where its key stands.
    Refused,
    /// What the chip sent belongs to no key in EF.CardSecurity, or it sent nothing.
    Unproven,
    /// What the chip sent belongs to this key: the chip holds its private half.
    Proven(MappingWitness),
}

/// The key that the chip proved to hold while PACE ran.
#[derive(Debug)]
pub(crate) struct MappingWitness {
    /// The static public key, uncompressed.
    pub(crate) public: Vec<u8>,
    /// Name of the curve, for the evidence.
    pub(crate) name: String,
}

impl Live {
    /// Nothing tried yet, and, in a stored reading, nothing ever.
    pub(crate) const fn new(session: Session) -> Self {
        Self {
            chip_authentication: ChipAttempt::NotTried,
            active_authentication: ActiveAttempt::NotTried,
            chip_mapping: MappingAttempt::NotTried,
            channel_break: None,
            session,
            demanded: None,
        }
    }
}

/// A finished read: what may be kept, and what may not.
#[derive(Debug)]
pub struct Reading {
    /// Storable.
    pub capture: Capture,
    /// Gone with the session.
    pub live: Live,
    /// What went over the wire.
    pub exchange: Exchange,
    /// What card and reader turned out to need.
    pub learnt: Hints,
    /// What is known of the printed side. Never stored: it is compared once.
    pub printed: Vec<Printed>,
}

impl Reading {
    /// A reading from a saved capture. It can never claim a live proof.
    pub fn stored(capture: Capture) -> Self {
        Self {
            capture,
            live: Live::new(Session::Stored),
            exchange: Exchange::default(),
            learnt: Hints::default(),
            printed: Vec::new(),
        }
    }

    /// A reading from a saved capture, judged for the relying party that gave `challenge` to the
    /// reader: a saved active authentication over exactly this challenge proves the chip to it.
    ///
    /// The caller answers for it that the challenge was drawn at random for this one read.
    pub fn stored_for(capture: Capture, challenge: [u8; CHALLENGE]) -> Self {
        let mut reading = Self::stored(capture);
        reading.live.demanded = Some(challenge);
        reading
    }
}

/// The saved form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    schema: String,
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parameter_id: Option<u8>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requested: Vec<u8>,
    files: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    missing: BTreeMap<String, u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    too_long: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<SavedActive>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active_for_party: Option<SavedActive>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terminal: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    quirks: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    applications: BTreeMap<String, applications::Saved>,
}

/// Whether this is how quirks are called. A saved capture may come from anybody, and a name that this
/// build does not know is shown as it stands.
fn is_name(text: &str) -> bool {
    let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=MAX_QUIRK_NAME).contains(&text.len()) && text.bytes().all(known)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedActive {
    challenge: String,
    response: String,
}

impl SavedActive {
    fn of(exchange: &ActiveExchange) -> Self {
        Self {
            challenge: hex::encode(&exchange.challenge),
            response: hex::encode(&exchange.response),
        }
    }

    fn exchange(&self) -> Option<ActiveExchange> {
        Some(ActiveExchange {
            challenge: hex::decode(&self.challenge).ok()?,
            response: hex::decode(&self.response).ok()?,
        })
    }
}

impl Capture {
    /// The saved form: JSON with files in hexadecimal. Personal data; the caller asked for it.
    pub fn to_json(&self) -> String {
        let (access, parameter_id) = match &self.access {
            AccessUsed::Pace { oid, parameter_id } => {
                (format!("pace:{}", hex::encode(oid)), Some(*parameter_id))
            }
            AccessUsed::PaceByReader => ("pace_by_reader".to_owned(), None),
            AccessUsed::Bac => ("bac".to_owned(), None),
            AccessUsed::BacAlthoughPace => ("bac_although_pace".to_owned(), None),
            AccessUsed::None => ("none".to_owned(), None),
        };
        let saved = Saved {
            schema: SCHEMA.to_owned(),
            access,
            parameter_id,
            requested: self.requested.iter().map(|group| group.number()).collect(),
            files: self
                .files
                .iter()
                .map(|(file, bytes)| (file.name(), hex::encode(bytes)))
                .collect(),
            missing: self
                .missing
                .iter()
                .filter_map(|(file, missing)| match missing {
                    Missing::Refused(status) => Some((file.name(), status.0)),
                    Missing::TooLong => None,
                })
                .collect(),
            too_long: self
                .missing
                .iter()
                .filter(|(_, missing)| **missing == Missing::TooLong)
                .map(|(file, _)| file.name())
                .collect(),
            active: self.active.as_ref().map(SavedActive::of),
            active_for_party: self.active_for_party.as_ref().map(SavedActive::of),
            terminal: (self.terminal != TerminalAttempt::NotTried)
                .then(|| self.terminal.to_string()),
            quirks: self.quirks.clone(),
            applications: applications::saved(&self.applications),
        };
        // Strings and numbers only: nothing that serialization can refuse.
        serde_json::to_string_pretty(&saved).unwrap_or_default()
    }

    /// Reads a saved capture; `path` is for the error only.
    ///
    /// # Errors
    /// [`SetupError::CaptureMalformed`].
    pub fn from_json(text: &str, path: &str) -> Result<Self, SetupError> {
        Self::parse(text).ok_or_else(|| SetupError::CaptureMalformed {
            path: path.to_owned(),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_CAPTURE {
            return None;
        }
        let saved: Saved = serde_json::from_str(text).ok()?;
        if saved.schema != SCHEMA {
            return None;
        }
        let access = match (saved.access.as_str(), saved.parameter_id) {
            ("pace_by_reader", None) => AccessUsed::PaceByReader,
            ("bac", None) => AccessUsed::Bac,
            ("bac_although_pace", None) => AccessUsed::BacAlthoughPace,
            ("none", None) => AccessUsed::None,
            (pace, Some(parameter_id)) => AccessUsed::Pace {
                oid: hex::decode(pace.strip_prefix("pace:")?).ok()?,
                parameter_id,
            },
            _ => return None,
        };
        let mut files = BTreeMap::new();
        for (name, bytes) in &saved.files {
            files.insert(FileId::from_name(name)?, hex::decode(bytes).ok()?);
        }
        let mut missing = BTreeMap::new();
        for (name, status) in &saved.missing {
            missing.insert(FileId::from_name(name)?, Missing::Refused(Status(*status)));
        }
        for name in &saved.too_long {
            missing.insert(FileId::from_name(name)?, Missing::TooLong);
        }
        let exchange = |saved: &Option<SavedActive>| match saved {
            None => Some(None),
            Some(saved) => saved.exchange().map(Some),
        };
        let active = exchange(&saved.active)?;
        let active_for_party = exchange(&saved.active_for_party)?;
        if saved.quirks.len() > MAX_QUIRKS || !saved.quirks.iter().all(|name| is_name(name)) {
            return None;
        }
        let requested = saved
            .requested
            .iter()
            .map(|number| DataGroup::new(*number))
            .collect::<Option<_>>()?;
        Some(Self {
            files,
            missing,
            requested,
            active,
            active_for_party,
            access,
            terminal: match &saved.terminal {
                None => TerminalAttempt::NotTried,
                Some(text) => TerminalAttempt::from_text(text)?,
            },
            quirks: saved.quirks,
            applications: applications::parse(&saved.applications)?,
        })
    }
}

#[cfg(test)]
mod tests;
