//! The chip: it takes command bytes and gives response bytes, by the standard and nothing more.
//!
//! Written from Doc 9303-10, Doc 9303-11, BSI TR-03110-3 and ISO/IEC 7816-4, independently of the
//! terminal side, so that each can find the other's mistakes. Where the standard leaves a choice
//! the chip takes the stricter one; [`Quirk`] switches on what honest chips do otherwise.
//!
//! Choices made here:
//! - Everything that needs access control answers 6982 before it, whether it is there or not.
//! - One protocol runs at a time, and any command that does not belong to it ends it. So a BAC
//!   challenge serves for the next command only, and a PACE chain cannot be interrupted.
//! - When a session ends, the master file becomes current (Doc 9303-11 §9.8.3 note).
//! - A protected READ BINARY whose answer does not fit the outer Le answers 6700. Other answers
//!   that are too long are given in pieces with 61xx and a plain GET RESPONSE, which is not part
//!   of the secure channel.

use std::collections::BTreeSet;
use std::fmt;
use std::mem;

use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::random::Random;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::apdu::Class;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::apdu::Form;
use crate::sim::chip::chip_authentication::Chosen;
use crate::sim::chip::pace_password::Password;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::chip::terminal_authentication::Authenticating;
use crate::sim::chip::terminal_authentication::Verifying;
use crate::sim::chip::terminal_trust::Terminals;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::fault::Flaw;
use crate::sim::fault::Watch;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::quirk::Quirk;

mod active_authentication;
mod apdu;
mod bac;
mod card_verifiable;
mod chip_authentication;
mod files;
mod memory;
mod pace;
mod pace_faults;
mod pace_mapped;
mod pace_password;
mod records;
mod room;
mod secure_messaging;
mod silence;
mod terminal_authentication;
mod terminal_trust;

pub use crate::sim::chip::memory::Memory;
pub use crate::sim::chip::memory::TerminalMemory;
pub use crate::sim::chip::memory::TrustPoint;
pub use crate::sim::chip::silence::Silence;

/// Secure messaging not supported: a protected command where there is no session.
const NO_SECURE_MESSAGING: Status = Status(0x6882);
/// RESET RETRY COUNTER (ISO/IEC 7816-4).
const RESET_RETRY_COUNTER: u8 = 0x2C;
/// Last command of the chain expected (TR-03110-3 §B.10.3).
const LAST_OF_CHAIN_EXPECTED: Status = Status(0x6883);
/// READ RECORD(S) (ISO/IEC 7816-4)
const READ_RECORD: u8 = 0xB2;
/// PERFORM SECURITY OPERATION
const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
/// Command chaining not supported.
const NO_CHAINING: Status = Status(0x6884);

/// A virtual chip.
pub struct Chip {
    card: Personalisation,
    random: Box<dyn Random + Send>,
    df: Df,
    file: Option<FileId>,
    /// The current file of an application beside the eMRTD application.
    file_beside: Option<u16>,
    session: Option<Session>,
    /// The password that opened the session, where PACE did.
    access: Option<Password>,
    /// A session that begins after the response to the command that made it.
    next: Option<Session>,
    step: Step,
    /// The rest of an answer, for GET RESPONSE.
    rest: Option<Response>,
    /// Commands since power-up.
    commands: u32,
    /// Bytes of answers since power-up.
    sent: u64,
    silence: Option<Silence>,
    /// Faults that happen once and did.
    spent: BTreeSet<Fault>,
    /// Which faults act now.
    watch: Watch,
    /// The chip's ephemeral key of PACE, as long as its session lasts.
    pace_ephemeral: Option<Public>,
    /// The rights that the terminal asked for in PACE, data object 7F4C.
    pace_authorization: Option<Vec<u8>>,
    /// Trust points, date, and what this terminal may.
    terminal: Terminals,
    /// How often the PUK may still unblock the PIN, where there is one.
    puk_uses: Option<u8>,
}

/// The current dedicated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Df {
    Master,
    Application,
    /// The application with this number among those beside the eMRTD application.
    Beside(usize),
}

/// Which protocol the next command may go on with.
enum Step {
    /// None.
    Idle,
    /// BAC: the challenge was given.
    Challenge([u8; 8]),
    /// PACE.
    Pace(Box<pace::Run>),
    /// Chip authentication: a key was chosen.
    ChipAuthentication(Chosen),
    /// Terminal authentication: a key was chosen for the next certificate.
    Certificate(Box<Verifying>),
    /// Terminal authentication: the terminal's key was chosen.
    TerminalAuthentication(Box<Authenticating>),
}

impl Chip {
    /// Makes a chip and powers it up.
    pub fn new(card: Personalisation, random: Box<dyn Random + Send>) -> Self {
        let terminal = Terminals::new(card.terminal.as_ref());
        let watch = Watch::new(&card.faults);
        let puk_uses = card.puk.as_ref().map(|_| memory::PUK_USES);
        let mut chip = Self {
            card,
            random,
            df: Df::Master,
            file: None,
            file_beside: None,
            session: None,
            access: None,
            next: None,
            step: Step::Idle,
            rest: None,
            commands: 0,
            sent: 0,
            silence: None,
            spent: BTreeSet::new(),
            watch,
            pace_ephemeral: None,
            pace_authorization: None,
            terminal,
            puk_uses,
        };
        chip.write_cvca_file();
        chip.reset();
        chip
    }

    /// Powers the chip down and up: session, selection and every protocol are gone, commands are
    /// counted from 1 again, and a chip that was removed is back.
    pub fn reset(&mut self) {
        self.end_session();
        self.rest = None;
        self.commands = 0;
        self.sent = 0;
        self.silence = None;
        self.watch.power();
        self.fall_silent();
    }

    /// Takes one command and gives the whole answer with its status word. No bytes at all mean
    /// that the chip does not answer; [`Chip::silence`] says why.
    pub fn process(&mut self, command: &[u8]) -> Vec<u8> {
        self.commands = self.commands.saturating_add(1);
        let protected = self.session.is_some();
        if self.silence.is_none() {
            self.watch.command(protected);
            self.fall_silent();
        } else {
            self.watch.unheard();
        }
        if self.silence.is_some() {
            return Vec::new();
        }
        let response = self.answer(command);
        // The command may have shown that a fault's moment is now.
        self.fall_silent();
        if self.silence.is_some() {
            return Vec::new();
        }
        let [sw1, sw2] = response.status.0.to_be_bytes();
        let mut bytes = response.data;
        bytes.extend([sw1, sw2]);
        let bytes = self.disturb(bytes, protected);
        self.sent = self
            .sent
            .saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
        if self.leaves_at_byte() {
            self.silence = Some(Silence::Removed);
            return Vec::new();
        }
        bytes
    }

    /// What this chip and the line to it do otherwise than the standard.
    pub(super) const fn quirks(&self) -> &BTreeSet<Quirk> {
        &self.card.quirks
    }

    /// Answer to reset.
    pub fn atr(&self) -> &[u8] {
        &self.card.atr
    }

    /// Command and response lengths that the chip announces.
    pub const fn lengths(&self) -> Lengths {
        self.card.lengths
    }

    /// The faults whose moment has not come.
    pub(in crate::sim) fn waiting(&self) -> impl Iterator<Item = Cue> {
        self.watch.waiting()
    }

    /// Commands since power-up.
    pub const fn commands(&self) -> u32 {
        self.commands
    }

    /// Takes secure messaging off, runs the command, puts secure messaging on.
    fn answer(&mut self, bytes: &[u8]) -> Response {
        let rest = self.rest.take();
        let Some(command) = self.parse(bytes) else {
            return self.refuse(Status::WRONG_LENGTH);
        };
        if let (Some(rest), [0x00, ins::GET_RESPONSE, 0, 0]) = (rest, command.header) {
            return self.get_response(rest, &command);
        }
        match (command.class(), self.session.take()) {
            (Some(Class::Plain(chain)), None) => {
                let mut response = self.run(chain, &command);
                if reads(&command) && response.data.len() > self.room(&command) {
                    response = status(Status::WRONG_LENGTH);
                }
                self.session = self.next.take();
                self.fit(&command, response)
            }
            (Some(Class::Secure(_)), Some(_))
                if command.form == Form::Extended && self.has(Quirk::ProtectedExtendedRefused) =>
            {
                self.end_session();
                status(Status::WRONG_LENGTH)
            }
            (Some(Class::Secure(chain)), Some(session)) => {
                match self.answer_protected(session, chain, &command) {
                    Ok(response) => self.fit(&command, response),
                    // Doc 9303-11 §9.8.5: an error of secure messaging is answered in the clear.
                    Err(refusal) => {
                        self.end_session();
                        status(refusal)
                    }
                }
            }
            (Some(Class::Secure(_)), None) => self.refuse(NO_SECURE_MESSAGING),
            (None, None) => self.refuse(Status::UNKNOWN_CLASS),
            // Doc 9303-11 §9.8.3: a plain command ends the session.
            (Some(Class::Plain(_)), Some(_)) => {
                self.end_session();
                status(Status::SECURITY_NOT_SATISFIED)
            }
            (None, Some(_)) => {
                self.end_session();
                status(Status::UNKNOWN_CLASS)
            }
        }
    }

    /// Takes the command apart; `None` when its length fields are wrong or not taken.
    fn parse(&self, bytes: &[u8]) -> Option<Apdu> {
        let command = Apdu::parse(bytes).ok()?;
        let extended = match self.card.lengths {
            Lengths::Short => false,
            Lengths::Extended { .. } => !self.has(Quirk::ExtendedRefused),
        };
        (extended || command.form == Form::Short).then_some(command)
    }

    /// Runs a protected command. An error ends the session.
    fn answer_protected(
        &mut self,
        mut session: Session,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Response, Status> {
        let plain = session.open(command)?;
        // What is being run sees that there is a session.
        self.session = Some(session);
        let mut response = if plain.form == Form::Extended && command.form == Form::Short {
            // An extended Le inside a short command asks for what cannot come.
            self.step = Step::Idle;
            status(Status::WRONG_LENGTH)
        } else {
            self.run(chain, &plain)
        };
        let refuses = matches!(
            response.status,
            Status::NOT_FOUND | Status::SECURITY_NOT_SATISFIED
        );
        if refuses && self.has(Quirk::PlainRefusal) {
            return Err(response.status);
        }
        let mut session = self.session.take().ok_or(Status::UNSPECIFIED)?;
        if reads(&plain) && session.sealed_len(response.data.len()) > self.room(command) {
            response = self.what_fits(&session, command, &plain, response);
        }
        let flaw = self.flaw();
        let sealed = match flaw {
            Some(Flaw::ObjectsMissing) => return Err(Status::OBJECTS_MISSING),
            Some(Flaw::ObjectsIncorrect) => return Err(Status::OBJECTS_INCORRECT),
            Some(Flaw::Unprotected) => response,
            flaw => session.seal(&response, plain.instruction(), flaw)?,
        };
        self.session = Some(self.next.take().unwrap_or(session));
        Ok(sealed)
    }

    /// What is wrong with secure messaging in the answer to this command.
    fn flaw(&self) -> Option<Flaw> {
        let flaws = self.watch.acting().filter_map(|fault| match fault {
            Fault::Messaging(flaw, response) if response == self.commands => Some(flaw),
            _ => None,
        });
        // Of several the one that hides least behind a success without data.
        flaws.max_by_key(|flaw| *flaw != Flaw::WithoutData)
    }

    /// Runs a command whose protection, if any, is off.
    fn run(&mut self, chain: Chain, command: &Apdu) -> Response {
        let step = mem::replace(&mut self.step, Step::Idle);
        let may_chain = match command.instruction() {
            ins::GENERAL_AUTHENTICATE => true,
            PERFORM_SECURITY_OPERATION => self.knows_terminals(),
            ins::EXTERNAL_AUTHENTICATE => self.knows_terminals(),
            _ => false,
        };
        if chain == Chain::More && !may_chain {
            return status(NO_CHAINING);
        }
        let data = match command.instruction() {
            ins::SELECT => return self.select(command).unwrap_or_else(status),
            ins::READ_BINARY => return self.read_binary(command).unwrap_or_else(status),
            ins::READ_BINARY_ODD => return self.read_binary_odd(command).unwrap_or_else(status),
            READ_RECORD if !self.card.applications.is_empty() => {
                return self.read_record(command).unwrap_or_else(status);
            }
            ins::GET_CHALLENGE => match step {
                Step::TerminalAuthentication(run) => self.terminal_challenge(run, command),
                _ => self.get_challenge(command),
            },
            ins::EXTERNAL_AUTHENTICATE => match step {
                Step::TerminalAuthentication(run) => {
                    self.authenticate_terminal(run, chain, command)
                }
                // Only the terminal's signature is ever chained.
                _ if chain == Chain::More => Err(Status::CONDITIONS_NOT_SATISFIED),
                step => self.external_authenticate(step, command),
            },
            PERFORM_SECURITY_OPERATION if self.knows_terminals() => {
                self.verify_certificate(step, chain, command)
            }
            RESET_RETRY_COUNTER => {
                return self.reset_retry_counter(command).unwrap_or_else(status);
            }
            ins::MANAGE_SECURITY_ENVIRONMENT => match command.parameters() {
                [0xC1, 0xA4] => return self.set_pace(command).unwrap_or_else(status),
                [0x41, 0xA4] => self.set_chip_authentication(command),
                [0x41, 0xA6] => self.set_key_agreement(command),
                [0x81, 0xB6] if self.knows_terminals() => self.set_verification_key(command),
                [0x81, 0xA4] if self.knows_terminals() => self.set_terminal_authentication(command),
                _ => Err(Status::INCORRECT_P1_P2),
            },
            ins::GENERAL_AUTHENTICATE => self.general_authenticate(step, chain, command),
            ins::INTERNAL_AUTHENTICATE => self.internal_authenticate(command),
            ins::GET_RESPONSE => Err(Status::CONDITIONS_NOT_SATISFIED),
            _ => Err(Status::UNKNOWN_INSTRUCTION),
        };
        match data {
            Ok(data) => Response {
                data,
                status: Status::SUCCESS,
            },
            Err(refusal) => status(refusal),
        }
    }

    fn general_authenticate(
        &mut self,
        step: Step,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        command.require_parameters([0, 0])?;
        let in_between = chain == Chain::More && matches!(step, Step::ChipAuthentication(_));
        if let Err(refusal) = self.check_general_authenticate(chain, in_between, command) {
            // Nothing was looked at yet: the same command may come once more in another form.
            if self.is_odd_about_general_authenticate() {
                self.step = step;
            }
            return Err(refusal);
        }
        match step {
            Step::Pace(run) => self.pace_step(*run, chain, command),
            Step::ChipAuthentication(chosen) => {
                self.chip_authentication_step(chosen, chain, command)
            }
            _ => Err(Status::CONDITIONS_NOT_SATISFIED),
        }
    }

    /// Length fields and class of GENERAL AUTHENTICATE: Le of any form, and a chain where the
    /// protocol has one.
    fn check_general_authenticate(
        &self,
        chain: Chain,
        in_between: bool,
        command: &Apdu,
    ) -> Result<(), Status> {
        if chain == Chain::More && self.has(Quirk::GeneralAuthenticateUnchained6884) {
            return Err(NO_CHAINING);
        }
        if chain == Chain::More && self.has(Quirk::GeneralAuthenticateUnchained6883) {
            return Err(LAST_OF_CHAIN_EXPECTED);
        }
        if in_between {
            return Ok(());
        }
        if self.has(Quirk::GeneralAuthenticateNoLe) {
            return command.require_no_expected();
        }
        command.require_expected()?;
        let long = command.form == Form::Extended;
        let taken = if self.has(Quirk::GeneralAuthenticateLe256) {
            // In the channel, data object 97 says 256 in one octet (Doc 9303-11 §9.8.4).
            self.session.is_some() || (long && command.expected == Expected::Exactly(256))
        } else if self.has(Quirk::GeneralAuthenticateExtended) {
            long
        } else {
            true
        };
        if taken {
            Ok(())
        } else {
            Err(Status::WRONG_LENGTH)
        }
    }

    fn is_odd_about_general_authenticate(&self) -> bool {
        [
            Quirk::GeneralAuthenticateUnchained6884,
            Quirk::GeneralAuthenticateUnchained6883,
            Quirk::GeneralAuthenticateNoLe,
            Quirk::GeneralAuthenticateLe256,
            Quirk::GeneralAuthenticateExtended,
        ]
        .into_iter()
        .any(|quirk| self.has(quirk))
    }

    /// Answers in the clear with a status word alone; whatever was going on is over.
    fn refuse(&mut self, refusal: Status) -> Response {
        self.step = Step::Idle;
        if self.session.is_some() {
            self.end_session();
        }
        status(refusal)
    }

    /// Forgets keys, rights and every protocol. The master file becomes current.
    fn end_session(&mut self) {
        self.session = None;
        self.access = None;
        self.next = None;
        self.step = Step::Idle;
        self.df = Df::Master;
        self.file = None;
        self.file_beside = None;
        self.pace_ephemeral = None;
        self.pace_authorization = None;
        self.terminal.end_session();
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.card.quirks.contains(&quirk)
    }

    pub(in crate::sim) fn has_fault(&self, fault: Fault) -> bool {
        self.watch.acts(fault)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Status> {
        self.random.fill(buffer).map_err(|_| Status::UNSPECIFIED)
    }

    fn generate(&mut self, domain: &Domain) -> Result<Private, Status> {
        domain
            .generate(self.random.as_mut())
            .map_err(|_| Status::UNSPECIFIED)
    }
}

impl fmt::Debug for Chip {
    /// Shows how far the chip is, and nothing that is written into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Chip({:?}, {}, {} commands)",
            self.df,
            if self.session.is_some() {
                "in a session"
            } else {
                "in the clear"
            },
            self.commands
        )
    }
}

/// Whether a command reads a file: then the host asks for what fits, and gets no pieces.
const fn reads(command: &Apdu) -> bool {
    matches!(
        command.instruction(),
        ins::READ_BINARY | ins::READ_BINARY_ODD | READ_RECORD
    )
}

const fn status(status: Status) -> Response {
    Response {
        data: Vec::new(),
        status,
    }
}

#[cfg(test)]
mod tests;
