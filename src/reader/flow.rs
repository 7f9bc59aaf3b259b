//! One read, straight down the page: open, read the files, let the chip prove itself.
//!
//! When a session breaks and another can be set up, the page is gone through again, and what has
//! come already is passed over.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use crate::capture::AccessUsed;
use crate::capture::Capture;
use crate::capture::ChipAttempt;
use crate::capture::Live;
use crate::capture::Missing;
use crate::capture::Reading;
use crate::capture::Session;
use crate::capture::TerminalAttempt;
use crate::crypto::random::Random;
use crate::error::AccessError;
use crate::error::CardError;
use crate::error::Error;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::sod;
use crate::lds::sod::SecurityObject;
use crate::link::Answers;
use crate::link::Link;
use crate::link::Listener;
use crate::pki::cms::SignedData;
use crate::profile;
use crate::profile::Hints;
use crate::reader::access;
use crate::reader::access::Found;
use crate::reader::access::Opened;
use crate::reader::active;
use crate::reader::applications;
use crate::reader::chip;
use crate::reader::files;
use crate::reader::files::Habits;
use crate::reader::files::Partial;
use crate::reader::plan::Plan;
use crate::reader::setback;
use crate::reader::setback::Setbacks;
use crate::reader::terminal;
use crate::reader::terminal::Basis;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;

/// How far a read has come.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Looking for the access protocol and running it.
    Opening,
    /// The chip is open.
    Opened,
    /// This file comes next: number `index` of `count`, from 1.
    File {
        /// The file.
        file: FileId,
        /// Its number.
        index: usize,
        /// How many files will be read.
        count: usize,
    },
    /// All text is in; only pictures are missing.
    Text(&'a Capture),
    /// The chip proves itself.
    Proving,
    /// The card was lost; it is waited for so long.
    Lost {
        /// How long.
        within: Duration,
    },
    /// A card is there again.
    Found,
    /// All that is wanted of the card has come, and is being judged.
    Verifying,
    /// All is judged but for the registry's word, which is waited for.
    Asking,
}

/// Reads a card.
///
/// The transport has the chip just powered up. `random` is the operating system's generator, but
/// for replays.
///
/// ```
/// use cancuoc::crypto::random::System;
/// use cancuoc::lds::key::AccessKey;
/// use cancuoc::lds::{DataGroup, FileId};
/// use cancuoc::reader::{Groups, Plan};
/// use cancuoc::sim::{VirtualCard, persona};
/// use cancuoc::transport::Stop;
/// use cancuoc::verify::Policy;
///
/// let persona = persona::find("an").expect("shipped");
/// let mut card = VirtualCard::new(persona.personalise()?, Box::new(System));
/// let plan = Plan::new(
///     AccessKey::parse(&persona.can(), jiff::Zoned::now().date())?,
///     Groups::Only(vec![DataGroup::DG1]),
///     Policy::counter().access(),
/// );
/// let reading = cancuoc::reader::read(&mut card, &plan, &Stop::never(), &mut System, &mut |_| {})?;
/// assert!(reading.capture.files.contains_key(&FileId::Sod));
/// assert!(!reading.capture.files.contains_key(&FileId::Group(DataGroup::DG2)));
/// # Ok::<(), cancuoc::Error>(())
/// ```
///
/// # Errors
/// [`Error`] when the chip stays shut, leaves, or gives no document security object: there is
/// nothing to judge then. What a chip refuses after that is written into the reading.
pub fn read(
    transport: &mut dyn Transport,
    plan: &Plan,
    stop: &Stop,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Reading, Error> {
    read_over(Link::new(transport, stop), plan, random, progress)
}

/// Reads a card, and tells of every command and answer as they are inside the secure channel: for
/// whoever has to know what a conversation said, as far as it went.
///
/// # Errors
/// As [`read`].
pub fn read_aloud(
    transport: &mut dyn Transport,
    plan: &Plan,
    stop: &Stop,
    random: &mut dyn Random,
    listener: Listener<'_>,
) -> Result<Reading, Error> {
    let link = Link::new(transport, stop).told_to(listener);
    read_over(link, plan, random, &mut |_| {})
}

fn read_over(
    mut link: Link<'_>,
    plan: &Plan,
    random: &mut dyn Random,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Reading, Error> {
    let mut setbacks = Setbacks::new(plan);
    let mut run = Run::new(plan);
    progress(Progress::Opening);
    loop {
        match run.session(&mut link, random, progress) {
            Ok(live) => return Ok(run.finish(live, &link)),
            Err(error) => setbacks.overcome(&mut run, &mut link, error, progress)?,
        }
    }
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Finding out about access control.
    Finding,
    /// Running access control: a try of the password may be spent.
    Access,
    /// The chip is open, and the application comes next.
    Entry,
    /// Reading this file.
    File(FileId),
    /// The chip proves itself.
    Proof,
}

/// One read: what has come so far, over however many sessions.
pub(super) struct Run<'a> {
    plan: &'a Plan,
    pub(super) habits: Habits,
    phase: Phase,
    /// What was found before access control; kept for the next session.
    found: Option<Found>,
    partial: Partial,
    capture: Capture,
    /// The groups to read, once EF.SOD has told.
    order: Vec<FileId>,
    text: Text,
    chip: ChipProof,
}

/// What chip authentication version 2, which goes before the files, has told of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChipProof {
    /// Nothing against it.
    Unharmed,
    /// Its token was wrong: it holds another key than its own.
    Failed,
}

/// Whether the caller was told that all text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Untold,
    Told,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            habits: Habits::expecting(plan),
            phase: Phase::Finding,
            found: None,
            partial: Partial::default(),
            capture: Capture {
                files: BTreeMap::new(),
                missing: BTreeMap::new(),
                requested: plan.requested(),
                active: None,
                active_for_party: None,
                access: AccessUsed::None,
                terminal: TerminalAttempt::NotTried,
                quirks: Vec::new(),
                applications: BTreeMap::new(),
            },
            order: Vec::new(),
            text: Text::Untold,
            chip: ChipProof::Unharmed,
        }
    }

    /// Where the session stands, and how much of the current file has come.
    pub(super) const fn place(&self) -> (Phase, usize) {
        (self.phase, self.partial.bytes())
    }

    /// Whether EF.SOD was read: from then on a read belongs to one card.
    pub(super) fn is_bound(&self) -> bool {
        self.capture.files.contains_key(&FileId::Sod)
    }

    /// Makes ready for a new session with what may be another card: what belongs to a card that is
    /// known stays, what belongs to one that is not is forgotten.
    pub(super) fn lose_session(&mut self) {
        if !self.is_bound() {
            let quirks = mem::take(&mut self.habits.quirks);
            *self = Self::new(self.plan);
            self.habits.quirks = quirks;
        }
        self.end_session();
    }

    /// Leaves a file unread.
    pub(super) fn leave_out(&mut self, file: FileId, why: Missing) {
        self.partial = Partial::default();
        self.capture.missing.insert(file, why);
    }

    /// Makes ready for a new session with the same card.
    pub(super) fn end_session(&mut self) {
        self.phase = Phase::Finding;
        self.found = self.found.take().map(Found::after_reset);
    }

    /// One session from access control to the chip's proof, or what is still to be done of it.
    fn session(
        &mut self,
        link: &mut Link<'_>,
        random: &mut dyn Random,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Live, Error> {
        if !self.is_bound() {
            link.expect(&self.plan.known_hints());
        }
        let opened = self.open(link, random)?;
        let mut live = Live::new(match link.limits().medium {
            Medium::Reader | Medium::Virtual => Session::Live,
            Medium::Trace => Session::Stored,
        });
        self.phase = Phase::Entry;
        if self.chip == ChipProof::Unharmed {
            self.terminal_before_entry(link, &opened, &mut live, random)?;
            if matches!(live.chip_authentication, ChipAttempt::Unproven) {
                return self.without_the_chips_key(link, random, progress);
            }
        }
        access::enter(link, &opened).map_err(|error| self.said_of_the_card(error))?;
        progress(Progress::Opened);
        self.security_object(link)?;
        self.data_groups(link, progress)?;
        progress(Progress::Proving);
        self.proof(link, opened, live, random)
    }

    /// After a wrong token the chip goes on under keys that nobody else has. What it is has been found
    /// out; another session, in which it is not asked again, reads what there is to judge.
    fn without_the_chips_key(
        &mut self,
        link: &mut Link<'_>,
        random: &mut dyn Random,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Live, Error> {
        self.chip = ChipProof::Failed;
        link.start_again();
        setback::end_in_the_clear(link)?;
        self.end_session();
        self.session(link, random, progress)
    }

    /// Access control. In a later session it must go as in the first: the key opened that card, and
    /// in its way.
    fn open(&mut self, link: &mut Link<'_>, random: &mut dyn Random) -> Result<Opened, Error> {
        self.phase = Phase::Finding;
        let found = match self.found.take() {
            Some(found) => found,
            None => {
                let found = access::find_card_access(link, &mut self.habits)?;
                if found.is_at_the_top() {
                    applications::list(link, &self.plan.applications, &mut self.capture)?;
                }
                found
            }
        };
        self.phase = Phase::Access;
        self.habits.holder_authorization = terminal::announcement(self.plan, &found);
        let opened = access::open(link, &mut self.habits, self.plan, &found, random);
        let card_access = found.card_access.clone();
        self.found = Some(found);
        let opened = opened.map_err(|error| self.said_of_the_card(error))?;
        if self.is_bound() && opened.used != self.capture.access {
            return Err(CardError::AnotherCard.into());
        }
        self.capture.access = opened.used.clone();
        if let Some(bytes) = card_access {
            self.capture.files.insert(FileId::CardAccess, bytes);
        }
        match &opened.card_security {
            Some(Ok(bytes)) => {
                let file = FileId::CardSecurity;
                let before = self.capture.files.insert(file, bytes.clone());
                if self.is_bound() && before.as_ref() != Some(bytes) {
                    return Err(CardError::AnotherCard.into());
                }
            }
            Some(Err(status)) => {
                let refused = Missing::Refused(*status);
                self.capture.missing.insert(FileId::CardSecurity, refused);
            }
            None => {}
        }
        Ok(opened)
    }

    /// A refusal of the key that opened the first card says that this is another.
    fn said_of_the_card(&self, error: Error) -> Error {
        if self.is_bound() && speaks_of_the_card(&error) {
            CardError::AnotherCard.into()
        } else {
            error
        }
    }

    /// The security object first: it, not EF.COM, says what belongs to this document. In a later
    /// session it says that this is the same document.
    fn security_object(&mut self, link: &mut Link<'_>) -> Result<(), Error> {
        self.phase = Phase::File(FileId::Sod);
        if let Some(known) = self.capture.files.get(&FileId::Sod) {
            // What has come of the file after it stays for later.
            let mut partial = Partial::default();
            let again = files::read(link, &mut self.habits, FileId::Sod, &mut partial)?;
            return if again.as_ref() == Ok(known) {
                Ok(())
            } else {
                Err(CardError::AnotherCard.into())
            };
        }
        let file = files::read(link, &mut self.habits, FileId::Sod, &mut self.partial)?;
        let bytes = file.map_err(|status| CardError::NoSecurityObject { status: status.0 })?;
        let groups = self.plan.order(&signed_groups(&bytes)?);
        self.order = std::iter::once(FileId::Com)
            .chain(groups.into_iter().map(FileId::Group))
            .collect();
        self.capture.files.insert(FileId::Sod, bytes);
        Ok(())
    }

    /// The groups that access control alone opens: the chip's keys, the text, the pictures.
    fn data_groups(
        &mut self,
        link: &mut Link<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Error> {
        let mut left = VecDeque::from(self.order.clone());
        let mut index = 0_usize;
        while let Some(file) = left.pop_front() {
            index = index.saturating_add(1);
            if file == FileId::Group(DataGroup::DG2) && self.text == Text::Untold {
                self.text = Text::Told;
                progress(Progress::Text(&self.capture));
            }
            let done =
                self.capture.files.contains_key(&file) || self.capture.missing.contains_key(&file);
            if !done {
                progress(Progress::File {
                    file,
                    index,
                    count: self.order.len(),
                });
                self.file(link, file)?;
            }
            if file == FileId::Group(DataGroup::DG1) {
                self.arrange(left.make_contiguous());
            }
        }
        Ok(())
    }

    /// Puts what is left to read into the order of the document's profile, the face last as ever: its
    /// zone tells now what it is. A hint, which leaves nothing out.
    fn arrange(&self, left: &mut [FileId]) {
        let zone = self.capture.files.get(&FileId::Group(DataGroup::DG1));
        let recognised = || {
            let mrz = Dg1::decode(zone?).ok()?.mrz;
            profile::recognise(mrz.issuing_state(), mrz.document_code(), None)
        };
        let known = self.plan.profile.as_ref().or_else(recognised);
        let Some(profile) = known else {
            return;
        };
        left.sort_by_key(|file| {
            let place = match file {
                FileId::Group(group) => profile.groups.iter().position(|known| known == group),
                _ => None,
            };
            let face = *file == FileId::Group(DataGroup::DG2);
            (face, place.unwrap_or(usize::MAX))
        });
    }

    fn file(&mut self, link: &mut Link<'_>, file: FileId) -> Result<(), Error> {
        self.phase = Phase::File(file);
        match files::read(link, &mut self.habits, file, &mut self.partial) {
            Ok(Ok(bytes)) => {
                self.capture.files.insert(file, bytes);
            }
            Ok(Err(status)) => {
                self.capture.missing.insert(file, Missing::Refused(status));
            }
            // Nothing hangs on EF.COM: what is no such file is as good as none.
            Err(
                Error::Card(CardError::FileTooLong { .. } | CardError::EndlessAnswer)
                | Error::Malformed(_),
            ) if file == FileId::Com => {
                self.order.retain(|other| *other != file);
            }
            // The channel is whole, and what the chip says of one group must not keep the others from
            // being judged.
            Err(Error::Card(CardError::FileTooLong { .. })) => {
                self.leave_out(file, Missing::TooLong);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The chip proves itself: in one session, the last.
    fn proof(
        &mut self,
        link: &mut Link<'_>,
        opened: Opened,
        mut live: Live,
        random: &mut dyn Random,
    ) -> Result<Live, Error> {
        self.phase = Phase::Proof;
        live.chip_mapping = opened.mapping;
        if self.chip == ChipProof::Failed {
            live.chip_authentication = ChipAttempt::Unproven;
        }
        (self.capture.active, self.capture.active_for_party) = (None, None);
        let (habits, capture) = (&mut self.habits, &mut self.capture);
        // What version 2 proved stands, and its channel carries the terminal's rights.
        if !matches!(live.chip_authentication, ChipAttempt::Proven(_)) {
            let ephemeral = chip::chip_authentication(link, habits, capture, &mut live, random)?;
            if let Some(terminal) = &self.plan.terminal {
                let basis = Basis {
                    pace: opened.pace.as_ref(),
                    ephemeral: ephemeral.as_ref(),
                };
                terminal::version_one(link, terminal, &basis, capture, &mut live)?;
            }
        }
        self.protected_groups(link, &live)?;
        self.phase = Phase::Proof;
        let (habits, capture) = (&mut self.habits, &mut self.capture);
        active::active_authentication(link, habits, self.plan, capture, &mut live, random)?;
        chip::confirm(link, &mut live)?;
        applications::read(link, habits, &self.plan.applications, capture)?;
        Ok(live)
    }

    /// Terminal authentication version 2, where terminal and chip do it: before the application.
    fn terminal_before_entry(
        &mut self,
        link: &mut Link<'_>,
        opened: &Opened,
        live: &mut Live,
        random: &mut dyn Random,
    ) -> Result<(), Error> {
        self.capture.terminal = TerminalAttempt::NotTried;
        if let (Some(terminal), Some(bound), Some(_)) = (
            &self.plan.terminal,
            &opened.pace,
            &self.habits.holder_authorization,
        ) {
            let (habits, capture) = (&mut self.habits, &mut self.capture);
            terminal::version_two(link, habits, terminal, bound, capture, live, random)?;
        }
        Ok(())
    }

    /// Fingers and irises: those that the terminal may read, and those that the caller named, since
    /// only the chip can say no to him.
    fn protected_groups(&mut self, link: &mut Link<'_>, live: &Live) -> Result<(), Error> {
        let signed = match self.capture.files.get(&FileId::Sod) {
            Some(bytes) => signed_groups(bytes)?,
            None => Vec::new(),
        };
        for group in self.plan.protected(&signed) {
            let file = FileId::Group(group);
            let open = matches!(
                &self.capture.terminal,
                TerminalAttempt::Passed { groups } if groups.contains(&group)
            );
            let done =
                self.capture.files.contains_key(&file) || self.capture.missing.contains_key(&file);
            if !chip::over(live) && !done && (open || self.capture.requested.contains(&group)) {
                self.file(link, file)?;
            }
        }
        Ok(())
    }

    fn finish(mut self, live: Live, link: &Link<'_>) -> Reading {
        if link.answers() == Answers::InParts {
            self.habits.note("answers-in-parts");
        }
        let (of_link, of_files) = (link.learnt(), self.habits.learnt());
        let mut capture = self.capture;
        capture.quirks = self.habits.quirks;
        Reading {
            learnt: Hints {
                commands: of_link.commands,
                answer: of_link.answer,
                piece: of_files.piece,
                files: of_files.files,
            },
            live,
            exchange: link.exchange(),
            printed: self.plan.key.printed.clone(),
            capture,
        }
    }
}

/// Whether access control failed in a way that says: this key is for another card.
const fn speaks_of_the_card(error: &Error) -> bool {
    matches!(
        error,
        Error::Access(
            AccessError::WrongKey { .. }
                | AccessError::KeyKind
                | AccessError::Unsupported
                | AccessError::PaceRequired
                | AccessError::ChipToken
        ) | Error::Card(CardError::NotEmrtd { .. })
    )
}

/// The groups that EF.SOD lists.
fn signed_groups(bytes: &[u8]) -> Result<Vec<DataGroup>, Error> {
    let content = sod::signed_data(bytes)?;
    let signed_data = SignedData::decode(&content)?;
    match SecurityObject::decode(&signed_data.content) {
        Ok(object) => Ok(object.hashes.keys().copied().collect()),
        Err(sod::SecurityObjectFault::Malformed(malformed)) => Err(malformed.into()),
        // A hash function or a version that this build does not know: nothing more can be checked,
        // but what was read can still be said to be open.
        Err(
            sod::SecurityObjectFault::UnknownHash(_) | sod::SecurityObjectFault::UnknownVersion(_),
        ) => Ok(vec![DataGroup::DG1]),
    }
}
