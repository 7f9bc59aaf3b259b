//! What to read, with which key, and how the chip may be opened.

use std::sync::Arc;
use std::time::Duration;

use crate::channel::active_auth::CHALLENGE;
use crate::channel::preference::AccessPreference;
use crate::lds::DataGroup;
use crate::lds::key::AccessKey;
use crate::lds::lds2::Application;
use crate::profile::Commands;
use crate::profile::Files;
use crate::profile::Hints;
use crate::profile::KeyKind;
use crate::profile::Profile;
use crate::terminal::Terminal;

/// How long a card that was lost is waited for, unless the caller sets another time.
pub const PUT_BACK: Duration = Duration::from_secs(5);

/// Which data groups to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// All that the security object lists, but those that need terminal authentication.
    Signed,
    /// These, and those that the verdict rests on (DG1, DG14, DG15).
    Only(Vec<DataGroup>),
}

/// What to do about the applications beside the eMRTD application: travel records, visas, additional
/// biometrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Applications {
    /// Nothing: no command is sent for them.
    #[default]
    Unasked,
    /// Say which of them EF.DIR lists.
    List,
    /// Read these. It takes a terminal with rights in them.
    Read(Vec<Application>),
}

impl Applications {
    /// Those that are to be read.
    pub(super) fn to_read(&self) -> &[Application] {
        match self {
            Self::Unasked | Self::List => &[],
            Self::Read(applications) => applications,
        }
    }
}

/// One read.
#[derive(Debug)]
pub struct Plan {
    /// What opens the chip.
    pub key: AccessKey,
    /// Data groups to read.
    pub groups: Groups,
    /// Which access protocol is good enough.
    pub access: AccessPreference,
    /// How long a card that was lost is waited for; [`PUT_BACK`] without.
    pub put_back: Duration,
    /// What such cards are known to need: saves trials, and changes nothing else.
    pub hints: Hints,
    /// What is known of such documents, where the caller says: which key comes first, quirks that
    /// need not be found out, the order of groups. As little evidence as the hints.
    pub profile: Option<Profile>,
    /// Challenge of a relying party, which the chip signs beside the reader's own.
    pub challenge: Option<[u8; CHALLENGE]>,
    /// Whose rights to use for fingers and irises; `None` leaves them alone.
    pub terminal: Option<Arc<Terminal>>,
    /// What to do about the applications beside the eMRTD application.
    pub applications: Applications,
}

/// Groups that the verdict rests on, in the order they are read: the chip's keys, then the text.
const ALWAYS: [DataGroup; 3] = [DataGroup::DG14, DataGroup::DG15, DataGroup::DG1];

impl Plan {
    /// A read with this key, of these groups, with an access protocol that is good enough.
    pub const fn new(key: AccessKey, groups: Groups, access: AccessPreference) -> Self {
        Self {
            key,
            groups,
            access,
            put_back: PUT_BACK,
            hints: Hints {
                commands: None,
                answer: None,
                piece: None,
                files: None,
            },
            profile: None,
            challenge: None,
            terminal: None,
            applications: Applications::Unasked,
        }
    }

    /// The same read, with what a profile knows of such documents.
    #[must_use]
    pub fn expecting(self, profile: Profile) -> Self {
        Self {
            hints: profile.hints.clone(),
            profile: Some(profile),
            ..self
        }
    }

    /// Whether such cards are known to have one of these quirks.
    pub(super) fn knows_quirk(&self, names: &[&str]) -> bool {
        let known = self.profile.as_ref().map(|profile| &profile.quirks);
        known.is_some_and(|known| known.iter().any(|quirk| names.contains(&quirk.as_str())))
    }

    /// The hints, with those that a known quirk means.
    pub(super) fn known_hints(&self) -> Hints {
        let no_extended = self.knows_quirk(&["extended-refused", "protected-extended-refused"]);
        let no_identifiers = self.knows_quirk(&["sfi-unsupported", "sfi-not-found"]);
        Hints {
            commands: self
                .hints
                .commands
                .or(no_extended.then_some(Commands::Short)),
            files: self.hints.files.or(no_identifiers.then_some(Files::Select)),
            ..self.hints.clone()
        }
    }

    /// The key that PACE runs with first, where there are several.
    pub(super) fn first_key(&self) -> KeyKind {
        let keys = self
            .profile
            .as_ref()
            .and_then(|profile| profile.keys.first());
        keys.copied().unwrap_or(KeyKind::Can)
    }

    /// The groups to read when the security object lists these: keys, text, then pictures.
    pub(super) fn order(&self, signed: &[DataGroup]) -> Vec<DataGroup> {
        let mut order: Vec<DataGroup> = ALWAYS
            .into_iter()
            .filter(|group| signed.contains(group))
            .collect();
        let mut rest: Vec<DataGroup> = match &self.groups {
            Groups::Signed => signed
                .iter()
                .copied()
                .filter(|group| !DataGroup::PROTECTED.contains(group))
                .collect(),
            Groups::Only(groups) => groups
                .iter()
                .copied()
                // They come later, once the terminal has proven itself.
                .filter(|group| self.terminal.is_none() || !DataGroup::PROTECTED.contains(group))
                .collect(),
        };
        // The face comes last: it is the longest, and the text can be worked on meanwhile.
        rest.sort_by_key(|group| (*group == DataGroup::DG2, group.number()));
        for group in rest {
            if !order.contains(&group) {
                order.push(group);
            }
        }
        order
    }

    /// The groups to read after terminal authentication when the security object lists these.
    pub(super) fn protected(&self, signed: &[DataGroup]) -> Vec<DataGroup> {
        let wanted = match (&self.terminal, &self.groups) {
            (None, _) => &[],
            (Some(_), Groups::Signed) => signed,
            (Some(_), Groups::Only(groups)) => groups.as_slice(),
        };
        let protected = DataGroup::PROTECTED.into_iter();
        protected.filter(|group| wanted.contains(group)).collect()
    }

    /// The groups that the caller named.
    pub(super) fn requested(&self) -> Vec<DataGroup> {
        match &self.groups {
            Groups::Signed => Vec::new(),
            Groups::Only(groups) => groups.clone(),
        }
    }
}
