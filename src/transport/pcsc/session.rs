//! The thread that owns a card: it finds one, connects to it, and carries commands.
//!
//! Every call into the service can last as long as a driver likes, some without any limit. They are
//! made here, so that whoever waits for the outcome can stop waiting.

use std::sync::mpsc::Receiver;
use std::sync::mpsc::SendError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use pcsc::Context;
use pcsc::Disposition;
use pcsc::Protocols;
use pcsc::ShareMode;
use pcsc::Transaction;

use crate::error::TransportError;
use crate::secret::Secret;
use crate::transport::Limits;
use crate::transport::Medium;
use crate::transport::Stop;

use super::capability::Capability;
use super::failure::During;
use super::failure::failure;
use super::failure::is_vague;
use super::readers::CardState;
use super::readers::Seen;
use super::readers::Watch;
use super::readers::candidates;
use super::readers::exactly;
use super::readers::look_at;
use super::readers::nothing_there;

/// How long one look for a card may last. A caller who cancels is heard between two.
const LOOK: Duration = Duration::from_millis(80);

/// How long to bear with a program that has the card to itself.
pub(super) const HOLDER_PATIENCE: Duration = Duration::from_secs(3);

/// How long a lone card may stay mute, while somebody is perhaps just turning it around.
const MUTE_PATIENCE: Duration = Duration::from_secs(2);

/// How long the service may be away while it starts again.
const SERVICE_PATIENCE: Duration = Duration::from_secs(5);

/// How long after a failed exchange the service may take to notice that the card has gone.
/// pcsc-lite asks its drivers every 0.4 seconds.
const SETTLING: Duration = Duration::from_millis(1_000);

/// Pause between two attempts at the same thing.
const PAUSE: Duration = Duration::from_millis(50);

/// What is looked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Name of the reader, or a part of it; any reader without.
    pub(super) name: Option<String>,
    /// How much of a reader's name the wanted one must be.
    pub(super) spelling: Spelling,
    /// Whether to wait for it.
    pub(super) waiting: Waiting,
}

/// How much of a reader's name the wanted one must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// All of it, or a part where no name is exactly that.
    Part,
    /// All of it: the card of another reader is somebody else's.
    Whole,
}

/// Whether to wait for a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The card lies there now, or it is a failure.
    No,
    /// Until the card comes.
    Yes,
    /// Until a card comes back that was lost, whatever was lost with it: reader or service.
    Back,
}

/// How far the opening has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// No card yet, for this reason.
    Looking(TransportError),
    /// A card is being connected to, and powered up where nobody has done so.
    Connecting(CardState),
    /// Connected; another program has the card to itself at the moment.
    Queueing,
    /// The card is ours.
    Ready(Facts),
    /// There will be no card.
    Failed(TransportError),
}

/// What is known of an opened card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// Name of the reader.
    pub(super) reader: String,
    /// What the connection can carry.
    pub(super) limits: Limits,
    /// What the reader can do.
    pub(super) capability: Capability,
}

/// The worker's ends of the channels. When the caller lets go of the others, the work is over.
pub(super) struct Ends {
    /// How far the opening has come.
    pub(super) stages: Sender<Stage>,
    /// What to carry.
    pub(super) commands: Receiver<Request>,
    /// Their answers, one each.
    pub(super) answers: Sender<Result<Vec<u8>, TransportError>>,
}

/// What the caller wants carried.
#[derive(Debug)]
pub(super) enum Request {
    /// A command for the card.
    Command(Vec<u8>),
    /// A question for the reader's own PACE, which has the password in it.
    Pace(Secret),
}

/// Why the work ended without a card.
enum Quit {
    /// For a reason that the caller wants to hear.
    Failed(TransportError),
    /// The caller no longer listens.
    Unheard,
}

impl From<TransportError> for Quit {
    fn from(error: TransportError) -> Self {
        Self::Failed(error)
    }
}

impl From<SendError<Stage>> for Quit {
    fn from(_: SendError<Stage>) -> Self {
        Self::Unheard
    }
}

/// Finds a card and carries commands to it until the caller lets go.
pub(super) fn run(wanted: &Wanted, stop: &Stop, ends: &Ends) {
    if let Err(Quit::Failed(error)) = work(wanted, stop, ends) {
        // A caller that has gone does not want to hear it.
        let _ = ends.stages.send(Stage::Failed(error));
    }
}

fn work(wanted: &Wanted, stop: &Stop, ends: &Ends) -> Result<(), Quit> {
    let mut search = Search::new(wanted, stop, &ends.stages)?;
    loop {
        let found = search.cards()?;
        let mut last = TransportError::NoCard;
        for seen in &found {
            match with_card(search.watch.context(), seen, stop, ends) {
                Ok(()) => return Ok(()),
                Err(Quit::Unheard) => return Err(Quit::Unheard),
                Err(Quit::Failed(error)) => last = error,
            }
        }
        let gone = matches!(
            last,
            TransportError::NoCard
                | TransportError::ReaderRemoved
                | TransportError::CardReset
                | TransportError::NoService
        );
        let again = match wanted.waiting {
            Waiting::No => false,
            Waiting::Yes => gone,
            // A card that is just being laid down is mute for a moment.
            Waiting::Back => gone || last == TransportError::Mute,
        };
        if !again {
            return Err(last.into());
        }
        search.pause()?;
    }
}

/// The search for a card.
struct Search<'a> {
    wanted: &'a Wanted,
    stop: &'a Stop,
    stages: &'a Sender<Stage>,
    watch: Watch,
    /// Since when a lone card has been mute.
    mute: Option<Instant>,
}

impl<'a> Search<'a> {
    fn new(wanted: &'a Wanted, stop: &'a Stop, stages: &'a Sender<Stage>) -> Result<Self, Quit> {
        let watch = match wanted.waiting {
            Waiting::No | Waiting::Yes => Watch::new()?,
            Waiting::Back => service_again(stop, stages)?,
        };
        Ok(Self {
            wanted,
            stop,
            stages,
            watch,
            mute: None,
        })
    }

    /// The cards that can be connected to, the most promising first; at least one.
    fn cards(&mut self) -> Result<Vec<Seen>, Quit> {
        loop {
            self.stop.check()?;
            let seen = match self.watch.look() {
                Err(TransportError::NoService) if self.wanted.waiting != Waiting::No => {
                    self.watch = service_again(self.stop, self.stages)?;
                    continue;
                }
                other => other?,
            };
            let name = self.wanted.name.as_deref();
            let seen = match self.wanted.spelling {
                Spelling::Part => seen,
                Spelling::Whole => exactly(seen, name),
            };
            let found = candidates(&seen, name);
            if !found.is_empty() {
                return Ok(found.into_iter().cloned().collect());
            }
            let reason = nothing_there(&seen, name);
            if self.wanted.waiting == Waiting::No || self.has_been_mute(&reason) {
                return Err(reason.into());
            }
            self.stages.send(Stage::Looking(reason))?;
            self.pause()?;
        }
    }

    /// Waits until something changes on the readers, but not long.
    fn pause(&mut self) -> Result<(), TransportError> {
        match self.watch.wait(self.stop.remaining(LOOK)) {
            // The next look will find the same and deal with it.
            Err(TransportError::NoService) => Ok(()),
            other => other,
        }
    }

    fn has_been_mute(&mut self, reason: &TransportError) -> bool {
        if *reason != TransportError::Mute || self.wanted.waiting == Waiting::Back {
            self.mute = None;
            return false;
        }
        self.mute.get_or_insert_with(Instant::now).elapsed() > MUTE_PATIENCE
    }
}

/// Introduces the program again to a service that is being started again.
fn service_again(stop: &Stop, stages: &Sender<Stage>) -> Result<Watch, Quit> {
    let since = Instant::now();
    loop {
        stop.check()?;
        match Watch::new() {
            // A service that is just ending hangs up, as one does that refuses.
            Err(TransportError::NoService | TransportError::NotAllowed)
                if since.elapsed() < SERVICE_PATIENCE =>
            {
                stages.send(Stage::Looking(TransportError::NoService))?;
                thread::sleep(PAUSE);
            }
            other => return Ok(other?),
        }
    }
}

/// Connects to one card and carries commands until the caller lets go.
fn with_card(context: &Context, seen: &Seen, stop: &Stop, ends: &Ends) -> Result<(), Quit> {
    ends.stages.send(Stage::Connecting(seen.card))?;
    let mut card = connect(context, seen, stop)?;
    ends.stages.send(Stage::Queueing)?;
    let outcome = match begin(&mut card, stop) {
        Ok(transaction) => converse(context, seen, transaction, ends),
        Err(error) => Err(error.into()),
    };
    // Whatever was done with the card has been reset; nobody else's work is to be disturbed now.
    if let Err((card, _)) = card.disconnect(Disposition::LeaveCard) {
        drop(card);
    }
    outcome
}

fn connect(context: &Context, seen: &Seen, stop: &Stop) -> Result<pcsc::Card, TransportError> {
    let since = Instant::now();
    loop {
        stop.check()?;
        // Contact cards and contactless ones alike: the answer to reset decides nothing.
        match context.connect(&seen.name, ShareMode::Shared, Protocols::ANY) {
            Err(pcsc::Error::SharingViolation) if since.elapsed() < HOLDER_PATIENCE => {
                thread::sleep(PAUSE);
            }
            other => return other.map_err(|error| failure(error, During::Connection)),
        }
    }
}

/// Gets the card for ourselves. Another program's transaction makes this last.
fn begin<'card>(
    mut card: &'card mut pcsc::Card,
    stop: &Stop,
) -> Result<Transaction<'card>, TransportError> {
    let since = Instant::now();
    loop {
        stop.check()?;
        match card.transaction2() {
            Ok(transaction) => return Ok(transaction),
            Err((back, error)) => {
                card = back;
                let again = match error {
                    pcsc::Error::SharingViolation => {
                        thread::sleep(PAUSE);
                        Ok(())
                    }
                    // Another program reset the card between connection and transaction.
                    pcsc::Error::ResetCard => {
                        card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)
                    }
                    other => Err(other),
                };
                again.map_err(|error| failure(error, During::Connection))?;
                if since.elapsed() > HOLDER_PATIENCE {
                    return Err(failure(error, During::Connection));
                }
            }
        }
    }
}

/// Carries commands until the caller lets go, then resets the card.
fn converse(
    context: &Context,
    seen: &Seen,
    mut transaction: Transaction<'_>,
    ends: &Ends,
) -> Result<(), Quit> {
    let capability = Capability::of(&transaction);
    let atr = spoken_to(&mut transaction)?;
    let events = look_at(context, &seen.name).map_or(seen.events, |now| now.events);
    ends.stages.send(Stage::Ready(Facts {
        reader: seen.public().name,
        limits: Limits {
            max_command: capability.max_command,
            max_response: capability.max_response,
            atr,
            medium: Medium::Reader,
        },
        capability,
    }))?;
    let mut buffer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
    for request in &ends.commands {
        let answer = match &request {
            Request::Command(command) => exchange(&transaction, command, &mut buffer),
            Request::Pace(block) => run_pace(&transaction, capability, block, &mut buffer),
        };
        let answer =
            answer.map_err(|trouble| trouble.settled(whereabouts(context, seen, events, trouble)));
        if ends.answers.send(answer).is_err() {
            break;
        }
    }
    // The secure channel ends with the session, even if the program lives on. Where this fails the
    // card has left, or was reset by somebody else.
    let _ = transaction.end(Disposition::ResetCard);
    Ok(())
}

/// The answer to reset of a card that there is a protocol to speak in with.
///
/// Whoever had the card before may be resetting it still while we are connected in the protocol of that
/// time; pcsc-lite takes the protocol away last of all, and chooses one anew for who connects again.
fn spoken_to(transaction: &mut Transaction<'_>) -> Result<Vec<u8>, TransportError> {
    if let Some(atr) = atr_in_a_protocol(transaction)? {
        return Ok(atr);
    }
    let again = transaction.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard);
    again.map_err(|error| failure(error, During::Connection))?;
    atr_in_a_protocol(transaction)?.ok_or(TransportError::Mute)
}

/// Nothing where the service gave no protocol to speak with the card in.
fn atr_in_a_protocol(transaction: &Transaction<'_>) -> Result<Option<Vec<u8>>, TransportError> {
    let status = transaction.status2_owned();
    let status = status.map_err(|error| failure(error, During::Connection))?;
    Ok(status.protocol2().map(|_| status.atr().to_vec()))
}

/// An exchange that gave no answer.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// The service said so.
    Failure(pcsc::Error, During),
    /// The service said success, with less than a status word. vpcd does when the card is pulled.
    NoStatus,
}

impl Trouble {
    /// How long the service may take to notice what happened.
    const fn patience(self) -> Duration {
        match self {
            Self::Failure(error, _) if !is_vague(error) => Duration::ZERO,
            _ => SETTLING,
        }
    }

    /// The error for the caller, once the reader was asked where the card is.
    fn settled(self, whereabouts: Result<(), TransportError>) -> TransportError {
        match (whereabouts, self) {
            (Err(left), _) => left,
            (Ok(()), Self::Failure(error, during)) => failure(error, during),
            (Ok(()), Self::NoStatus) => TransportError::ShortAnswer,
        }
    }
}

fn exchange(card: &pcsc::Card, command: &[u8], buffer: &mut [u8]) -> Result<Vec<u8>, Trouble> {
    match card.transmit(command, buffer) {
        Ok(answer) if answer.len() >= 2 => Ok(answer.to_vec()),
        Ok(_) => Err(Trouble::NoStatus),
        Err(error) => Err(Trouble::Failure(error, During::exchange(command))),
    }
}

/// Asks the reader to run PACE.
fn run_pace(
    card: &pcsc::Card,
    capability: Capability,
    block: &Secret,
    buffer: &mut [u8],
) -> Result<Vec<u8>, Trouble> {
    let failed = |error| Trouble::Failure(error, During::Connection);
    let code = capability
        .pace_code
        .ok_or_else(|| failed(pcsc::Error::UnsupportedFeature))?;
    card.control(code.into(), block.expose(), buffer)
        .map(<[u8]>::to_vec)
        .map_err(failed)
}

/// Asks the reader, after a failed exchange, whether the card is still there: the return value
/// alone does not tell a card that was pulled, or a reader that was unplugged, from the rest.
fn whereabouts(
    context: &Context,
    seen: &Seen,
    events: u32,
    trouble: Trouble,
) -> Result<(), TransportError> {
    let since = Instant::now();
    loop {
        match look_at(context, &seen.name) {
            Ok(now) if now.card == CardState::Unknown => return Err(TransportError::ReaderRemoved),
            // Another count of events: taken away and laid down again, or another card.
            Ok(now) if now.card == CardState::Absent || now.events != events => {
                return Err(TransportError::CardRemoved);
            }
            Ok(now) if now.card == CardState::Mute => return Err(TransportError::Mute),
            Ok(_) | Err(pcsc::Error::Timeout) => {}
            Err(pcsc::Error::UnknownReader | pcsc::Error::ReaderUnavailable) => {
                return Err(TransportError::ReaderRemoved);
            }
            // Nobody is left to ask.
            Err(_) => return Err(TransportError::NoService),
        }
        if since.elapsed() >= trouble.patience() {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}
