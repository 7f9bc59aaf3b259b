//! The link to one chip: length forms, chaining, 61xx, 6Cxx, and the secure channel.
//!
//! Everything a protocol step wants sent goes through [`Link::send`]. A channel that broke stays
//! broken: every later call fails without a byte on the wire.

use std::mem;
use std::time::Duration;
use std::time::Instant;

use crate::bytes::tlv;
use crate::channel::sm::SecureMessaging;
use crate::error::CardError;
use crate::error::ChannelError;
use crate::error::Error;
use crate::error::TransportError;
use crate::iso7816::Command;
use crate::iso7816::EXTENDED_EXPECTED;
use crate::iso7816::Form;
use crate::iso7816::Response;
use crate::iso7816::SHORT_DATA;
use crate::iso7816::SHORT_EXPECTED;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::profile::Commands;
use crate::profile::Hints;
use crate::transport::Limits;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::reader_pace::PaceReader;

mod announced;

pub use crate::link::announced::ExtendedLength;
pub use crate::link::announced::Sizes;

/// Bit of the class octet that says more of the command follows.
const CHAINING: u8 = 0x10;
/// Most GET RESPONSE commands for one answer: 256 times 256 bytes fill an extended answer.
const MAX_GET_RESPONSE: usize = 256;
/// Header and length fields of an extended command, in bytes.
pub(in crate::link) const EXTENDED_OVERHEAD: usize = 9;
/// Most data bytes of an extended command.
const EXTENDED_DATA: usize = 65_535;
/// Longest message that every USB reader carries in one piece (CCID: 261 bytes of an APDU and ten of
/// its own). Readers that promise more and lie give no more than this.
const SINGLE_MESSAGE: usize = 271;

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Number of commands.
    pub commands: u32,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Time from the first command to the end of access control.
    pub access: Duration,
    /// Time from the end of access control to the last answer.
    pub read: Duration,
}

/// What is known of the latest command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Latest {
    /// It had the short form.
    Short,
    /// It had the extended form.
    Long,
    /// It asked for a long answer, and one came that ends in the middle of a data object.
    CutShort,
}

/// How answers came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// As long as they were asked for, or whole.
    Whole,
    /// One came in parts, each shorter than what was asked for (quirk row 10).
    InParts,
}

enum Channel {
    Plain,
    Secured(SecureMessaging),
    Dead,
}

/// Whoever is told of every command and its answer as they are without secure messaging: what the
/// link was to send, and what came of it. Both are personal.
pub type Listener<'a> = &'a mut dyn FnMut(&Command, &Response);

/// The link to one chip.
pub struct Link<'a> {
    transport: &'a mut dyn Transport,
    listener: Option<Listener<'a>>,
    limits: Limits,
    stop: &'a Stop,
    channel: Channel,
    extended: ExtendedLength,
    /// Most data bytes that the card takes in one command, where it says so.
    card_command: usize,
    /// Most bytes that one answer may have: what the card says, and what turned out to work.
    card_response: usize,
    /// Longest answer that came whole, in bytes.
    proven: usize,
    /// What the latest command was, for whoever asks why it got no answer.
    latest: Latest,
    answers: Answers,
    exchange: Exchange,
    started: Instant,
    opened: Option<Instant>,
}

impl<'a> Link<'a> {
    /// Takes a transport with the chip just powered up.
    pub fn new(transport: &'a mut dyn Transport, stop: &'a Stop) -> Self {
        let limits = transport.limits();
        let extended = announced::extended_length(&limits);
        Self {
            transport,
            listener: None,
            limits,
            stop,
            channel: Channel::Plain,
            extended,
            card_command: EXTENDED_DATA,
            card_response: EXTENDED_EXPECTED,
            proven: 0,
            latest: Latest::Short,
            answers: Answers::Whole,
            exchange: Exchange::default(),
            started: Instant::now(),
            opened: None,
        }
    }

    /// The same link, and somebody who listens.
    #[must_use]
    pub fn told_to(mut self, listener: Listener<'a>) -> Self {
        self.listener = Some(listener);
        self
    }

    /// What the transport is and carries.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where the card keeps its sizes.
    pub fn sizes(&self) -> Sizes {
        announced::sizes(&self.limits.atr)
    }

    /// How answers came so far.
    pub const fn answers(&self) -> Answers {
        self.answers
    }

    /// Whether extended length is known to work.
    pub const fn extended(&self) -> ExtendedLength {
        self.extended
    }

    /// Remembers what a trial showed.
    pub const fn learn_extended(&mut self, extended: ExtendedLength) {
        self.extended = extended;
    }

    /// Remembers the most bytes that the card gives in one answer (EF.ATR/INFO).
    pub fn learn_response_limit(&mut self, bytes: usize) {
        self.card_response = bytes.clamp(SHORT_EXPECTED, EXTENDED_EXPECTED);
    }

    /// Remembers the most data bytes that the card takes in one command (EF.ATR/INFO).
    pub fn learn_command_limit(&mut self, bytes: usize) {
        self.card_command = bytes.clamp(SHORT_DATA, EXTENDED_DATA);
    }

    /// The most bytes that one answer may have, as far as is known.
    pub const fn response_limit(&self) -> usize {
        self.card_response
    }

    /// Most data bytes to ask for in one READ BINARY, as far as is known.
    pub fn read_capacity(&self) -> usize {
        let answer = match self.extended {
            ExtendedLength::Works => self
                .card_response
                .min(self.limits.max_response.saturating_sub(2)),
            ExtendedLength::Unknown | ExtendedLength::Refused => SHORT_EXPECTED,
        };
        self.payload(answer)
    }

    /// Most data bytes that an answer to a short command carries now.
    pub fn short_capacity(&self) -> usize {
        self.payload(SHORT_EXPECTED)
    }

    /// Most data bytes that an answer of so many bytes carries now, status word not counted.
    pub fn payload(&self, answer: usize) -> usize {
        match &self.channel {
            Channel::Secured(session) => session.capacity(answer),
            Channel::Plain | Channel::Dead => answer,
        }
    }

    /// Whether so many data bytes go out in one command, without chaining.
    pub fn carries_in_one(&self, data: usize) -> bool {
        data <= self.capacity()
    }

    /// The reader as one that runs PACE by itself, where it offers to.
    pub fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        self.transport.pace_reader()
    }

    /// Remembers that the reader opened a channel of its own: commands go to it in the clear.
    pub fn open_in_reader(&mut self) {
        self.opened.get_or_insert_with(Instant::now);
    }

    /// Whether commands go out under secure messaging.
    pub const fn is_protected(&self) -> bool {
        matches!(self.channel, Channel::Secured(_))
    }

    /// Opens the secure channel; from here on nothing goes in the clear.
    pub fn open(&mut self, session: SecureMessaging) {
        self.channel = Channel::Secured(session);
        self.opened.get_or_insert_with(Instant::now);
    }

    /// Forgets the channel, so that access control can run again.
    pub fn start_again(&mut self) {
        self.channel = Channel::Plain;
    }

    /// Waits for the chip that was lost, or for another one, and forgets the channel with it.
    ///
    /// # Errors
    /// As [`Transport::reconnect`].
    pub fn reconnect(&mut self, within: Duration) -> Result<(), TransportError> {
        self.channel = Channel::Plain;
        self.transport.reconnect(self.stop, within)?;
        let limits = self.transport.limits();
        if limits != self.limits {
            // Another reader, or another card: what the one before could do says nothing.
            self.extended = announced::extended_length(&limits);
            self.limits = limits;
        }
        Ok(())
    }

    /// Takes what such cards are known to need.
    pub fn expect(&mut self, hints: &Hints) {
        if hints.commands == Some(Commands::Short) {
            self.extended = ExtendedLength::Refused;
        }
        if let Some(answer) = hints.answer {
            self.learn_response_limit(answer.min(self.card_response));
        }
    }

    /// What this card turned out to need.
    pub fn learnt(&self) -> Hints {
        let of_the_reader = announced::extended_length(&self.limits) == ExtendedLength::Refused;
        Hints {
            commands: match self.extended {
                ExtendedLength::Works => Some(Commands::Extended),
                ExtendedLength::Refused if !of_the_reader => Some(Commands::Short),
                ExtendedLength::Refused | ExtendedLength::Unknown => None,
            },
            answer: Some(self.card_response).filter(|answer| *answer < EXTENDED_EXPECTED),
            ..Hints::default()
        }
    }

    /// Forgets what was learnt about the card; the figures stay.
    pub fn forget(&mut self) {
        self.extended = announced::extended_length(&self.limits);
        self.card_command = EXTENDED_DATA;
        self.card_response = EXTENDED_EXPECTED;
        self.proven = 0;
    }

    /// Whether the latest command had the extended form.
    pub const fn was_long(&self) -> bool {
        !matches!(self.latest, Latest::Short)
    }

    /// Whether the latest answer ended in the middle of a data object although it could have been
    /// longer: a reader that carries less than it promises.
    pub const fn was_cut_short(&self) -> bool {
        matches!(self.latest, Latest::CutShort)
    }

    /// Asks for less from now on: for no more than what came whole before, or else for short answers.
    pub fn ask_for_less(&mut self) {
        if self.proven > SHORT_EXPECTED && self.proven < self.card_response {
            self.card_response = self.proven;
        } else {
            self.extended = ExtendedLength::Refused;
        }
    }

    /// Figures so far. A saved conversation takes no time, so that the same one gives the same
    /// report.
    pub fn exchange(&self) -> Exchange {
        if self.limits.medium == Medium::Trace {
            return self.exchange;
        }
        let opened = self.opened.unwrap_or_else(Instant::now);
        Exchange {
            access: opened.saturating_duration_since(self.started),
            read: opened.elapsed(),
            ..self.exchange
        }
    }

    /// Sends one command and gives its whole answer.
    ///
    /// # Errors
    /// [`TransportError`] when bytes did not go both ways, [`ChannelError`] when the secure channel
    /// broke now or earlier, [`CardError::EndlessAnswer`].
    pub fn send(&mut self, command: &Command) -> Result<Response, Error> {
        let capacity = self.capacity();
        let mut rest = command.clone();
        // ISO/IEC 7816-4 §5.4.1 command chaining: every part but the last has the bit and no answer.
        while rest.data.len() > capacity {
            let after = rest.data.split_off(capacity);
            let part = Command {
                class: command.class | CHAINING,
                data: mem::replace(&mut rest.data, after),
                expected: 0,
                ..*command
            };
            let response = self.exchange_one(&part)?;
            if response.status != Status::SUCCESS {
                return Ok(response);
            }
        }
        self.exchange_one(&rest)
    }

    /// Sends one command in the clear in extended form, whatever is known: a trial.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub fn send_extended(&mut self, command: &Command) -> Result<Response, Error> {
        self.stop.check()?;
        match &self.channel {
            Channel::Plain => {
                let response = self.transmit_once(command, Form::Extended)?;
                let response = self.fetch_rest(response)?;
                self.tell(command, &response);
                Ok(response)
            }
            Channel::Secured(_) | Channel::Dead => Err(ChannelError::Dead.into()),
        }
    }

    /// Most data bytes of one command as it would go out now.
    fn capacity(&self) -> usize {
        match self.extended {
            ExtendedLength::Works => self.command_capacity(),
            ExtendedLength::Unknown | ExtendedLength::Refused => self.chain_capacity(),
        }
    }

    /// Most data bytes of one extended command: what card and reader take, and at least as much as
    /// a short command carries.
    fn command_capacity(&self) -> usize {
        let most = self
            .limits
            .max_command
            .saturating_sub(EXTENDED_OVERHEAD)
            .min(self.card_command);
        let inside = match &self.channel {
            Channel::Secured(session) => session.capacity(most),
            Channel::Plain | Channel::Dead => most,
        };
        inside.max(self.chain_capacity())
    }

    /// Data bytes of one part of a chain: under secure messaging the wrapping must fit as well.
    fn chain_capacity(&self) -> usize {
        match &self.channel {
            Channel::Secured(session) => session.capacity(SHORT_DATA),
            Channel::Plain | Channel::Dead => SHORT_DATA,
        }
    }

    fn tell(&mut self, command: &Command, response: &Response) {
        if let Some(listener) = &mut self.listener {
            listener(command, response);
        }
    }

    fn exchange_one(&mut self, command: &Command) -> Result<Response, Error> {
        let response = self.exchange_untold(command)?;
        self.tell(command, &response);
        Ok(response)
    }

    /// One command of the application: protected when the channel is open.
    fn exchange_untold(&mut self, command: &Command) -> Result<Response, Error> {
        self.stop.check()?;
        let protected = match &mut self.channel {
            Channel::Plain => return self.transmit(command, Procedure::Whole),
            Channel::Dead => return Err(ChannelError::Dead.into()),
            Channel::Secured(session) => session.protect(command),
        };
        let protected = match protected {
            Ok(mut protected) => {
                protected.expected = self.outer_expected(command.expected, protected.data.len());
                protected
            }
            Err(error) => return Err(self.kill(error)),
        };
        let response = self.transmit(&protected, Procedure::GetResponseOnly)?;
        let Channel::Secured(session) = &mut self.channel else {
            return Err(ChannelError::Dead.into());
        };
        match session.unprotect(&response) {
            Ok(response) => Ok(response),
            Err(error) => Err(self.kill(error)),
        }
    }

    /// A protected command always has an answer. Its outer length is the most that the form can
    /// ask for, so that the answer's wrapping fits (Doc 9303-11 §9.8.4).
    fn outer_expected(&self, expected: usize, data: usize) -> usize {
        if data > SHORT_DATA {
            // Data of that length already makes the form extended.
            return EXTENDED_EXPECTED;
        }
        let long = match &self.channel {
            Channel::Secured(session) => expected > session.capacity(SHORT_EXPECTED),
            Channel::Plain | Channel::Dead => false,
        };
        if long && self.extended == ExtendedLength::Works {
            EXTENDED_EXPECTED
        } else {
            SHORT_EXPECTED
        }
    }

    fn kill(&mut self, error: ChannelError) -> Error {
        tracing::debug!(code = error.code(), "secure channel closed");
        self.channel = Channel::Dead;
        error.into()
    }

    /// Sends the bytes and fetches the rest of a long answer.
    fn transmit(&mut self, command: &Command, procedure: Procedure) -> Result<Response, Error> {
        let mut response = self.transmit_once(command, command.least_form())?;
        if let (Some(length), Procedure::Whole) = (response.status.right_length(), procedure) {
            // ISO/IEC 7816-4 §5.1.3: the right expected length. Asked for once.
            let command = command.clone().expecting(short_expected(length));
            response = self.transmit_once(&command, Form::Short)?;
        }
        if response.status.more().is_some() && response.data.len() < command.expected {
            self.answers = Answers::InParts;
        }
        self.fetch_rest(response)
    }

    /// Fetches what 61xx says is left.
    fn fetch_rest(&mut self, mut response: Response) -> Result<Response, Error> {
        let mut rounds = 0;
        while let Some(more) = response.status.more() {
            rounds += 1;
            if rounds > MAX_GET_RESPONSE {
                return Err(CardError::EndlessAnswer.into());
            }
            self.stop.check()?;
            let fetch = Command::new(ins::GET_RESPONSE, 0, 0).expecting(short_expected(more));
            let next = self.transmit_once(&fetch, Form::Short)?;
            response.data.extend_from_slice(&next.data);
            response.status = next.status;
        }
        Ok(response)
    }

    fn transmit_once(&mut self, command: &Command, form: Form) -> Result<Response, Error> {
        self.latest = match form {
            Form::Short => Latest::Short,
            Form::Extended => Latest::Long,
        };
        let bytes = command.encode(form)?;
        if bytes.len() > self.limits.max_command {
            return Err(TransportError::CommandRefused {
                length: bytes.len(),
            }
            .into());
        }
        let answer = self.transport.transmit(&bytes)?;
        self.exchange.commands += 1;
        self.exchange.bytes_sent += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.exchange.bytes_received += u64::try_from(answer.len()).unwrap_or(u64::MAX);
        if command.expected > SHORT_EXPECTED
            && (SHORT_DATA..=SINGLE_MESSAGE).contains(&answer.len())
            && tlv::announced_length(&answer) > Some(answer.len())
        {
            self.latest = Latest::CutShort;
        }
        let response = Response::parse(answer)?;
        if self.latest != Latest::CutShort {
            self.proven = self.proven.max(response.data.len());
        }
        tracing::trace!(
            instruction = command.instruction,
            sent = bytes.len(),
            received = response.data.len(),
            status = response.status.0,
        );
        Ok(response)
    }
}

/// Bytes that a short expected length asks for, or that 61xx and 6Cxx tell of: zero is the most.
fn short_expected(octet: u8) -> usize {
    match octet {
        0 => SHORT_EXPECTED,
        count => usize::from(count),
    }
}

/// Which procedure statuses the link follows by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Procedure {
    /// 61xx and 6Cxx.
    Whole,
    /// 61xx alone: inside a secure channel a plain 6Cxx is an unprotected answer.
    GetResponseOnly,
}
