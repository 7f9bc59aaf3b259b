//! Running PACE: passwords, the forms that chips take, and the chip that proves itself on the way.

use crate::channel::pace;
use crate::channel::pace::AwaitNonce;
use crate::channel::pace::Established;
use crate::channel::pace::Parameters;
use crate::channel::pace::Password;
use crate::crypto::random::Random;
use crate::error::AccessError;
use crate::error::Error;
use crate::error::TransportError;
use crate::iso7816::Command;
use crate::iso7816::EXTENDED_EXPECTED;
use crate::iso7816::Response;
use crate::iso7816::SHORT_EXPECTED;
use crate::iso7816::Status;
use crate::lds::key::AccessKey;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::reader::files::FirstKey;
use crate::reader::files::Habits;
use crate::transport::reader_pace::PaceRequest;
use crate::transport::reader_pace::ReaderPaceFault;
use crate::transport::reader_pace::ReaderStep;

/// Bit of the class octet that says more of a chain follows.
const CHAINING: u8 = 0x10;

/// Longest data of GENERAL AUTHENTICATE whose answer, which is as long, fits a short one.
const SHORT_ANSWER: usize = SHORT_EXPECTED - 16;

/// How GENERAL AUTHENTICATE goes out (quirk row 8); learnt once and remembered for the session.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthenticateForm {
    /// Chained, with expected length 00.
    #[default]
    Standard,
    /// With the longest expected length in the extended form.
    Extended,
    /// With expected length 256 in the extended form.
    Extended256,
    /// Without an expected length.
    NoExpected,
    /// Without the bit for chaining.
    Unchained,
}

impl AuthenticateForm {
    /// The other forms, in the order in which they are tried after this refusal, and what each of
    /// them shows of the chip.
    pub(super) fn after(status: Status, link: &Link<'_>) -> Vec<(Self, String)> {
        let named = |form: Self, quirk: &str| (form, format!("general-authenticate-{quirk}"));
        match status {
            Status::WRONG_LENGTH => {
                let mut forms = Vec::new();
                // An untried form could end a channel that is open.
                let open = match link.extended() {
                    ExtendedLength::Works => true,
                    ExtendedLength::Unknown => !link.is_protected(),
                    ExtendedLength::Refused => false,
                };
                if open {
                    forms.push(named(Self::Extended, "extended"));
                    if !link.is_protected() {
                        forms.push(named(Self::Extended256, "le-256"));
                    }
                }
                forms.push(named(Self::NoExpected, "no-le"));
                forms
            }
            // ISO/IEC 7816-4 §5.6: last command of the chain expected; chaining not supported.
            Status(word @ (0x6883 | 0x6884)) => {
                vec![named(Self::Unchained, &format!("unchained-{word:04x}"))]
            }
            _ => Vec::new(),
        }
    }

    /// Sends GENERAL AUTHENTICATE in this form.
    pub(super) fn send(self, link: &mut Link<'_>, command: &Command) -> Result<Response, Error> {
        match self {
            Self::Standard
                if command.data.len() > SHORT_ANSWER
                    && link.extended() == ExtendedLength::Works =>
            {
                // Groups of 2048 bits.
                link.send(&command.clone().expecting(EXTENDED_EXPECTED))
            }
            Self::Standard => link.send(command),
            Self::Extended256 if !link.is_protected() => link.send_extended(command),
            Self::Extended | Self::Extended256 => {
                link.send(&command.clone().expecting(EXTENDED_EXPECTED))
            }
            Self::NoExpected => link.send(&command.clone().expecting(0)),
            Self::Unchained => link.send(&Command {
                class: command.class & !CHAINING,
                ..command.clone()
            }),
        }
    }
}

/// PACE by the password that the key gives: PIN before PUK before card access number, each once
/// and never by itself again, else by MRZ, candidate after candidate. Where a profile says so, the
/// MRZ comes before the card access number.
///
/// A PIN that the chip has suspended goes into a channel that the card access number opens, where
/// the key has both (TR-03110-3 §B.11.1).
pub(super) fn run(
    link: &mut Link<'_>,
    habits: &mut Habits,
    key: &AccessKey,
    parameters: &Parameters,
    random: &mut dyn Random,
) -> Result<Established, Error> {
    if let Some(pin) = &key.pin {
        let tried = once(link, habits, parameters, &Password::pin(pin), random);
        return match (tried, &key.can) {
            (Err(Error::Access(AccessError::PinSuspended)), Some(can)) => {
                let before = once(link, habits, parameters, &Password::can(can), random)?;
                link.open(before.session);
                habits.note("pin-resumed");
                let pin = Password::resumed_pin(pin);
                once(link, habits, parameters, &pin, random)
            }
            (done, _) => done,
        };
    }
    if let Some(puk) = &key.puk {
        return once(link, habits, parameters, &Password::puk(puk), random);
    }
    let number_first = habits.first_key == FirstKey::Number || key.mrz.is_empty();
    if let Some(can) = key.can.as_ref().filter(|_| number_first) {
        return once(link, habits, parameters, &Password::can(can), random);
    }
    let mut refused = Error::from(AccessError::KeyKind);
    for candidate in &key.mrz {
        let password = Password::mrz(&candidate.information());
        match once(link, habits, parameters, &password, random) {
            Err(error @ Error::Access(AccessError::WrongKey { .. })) => refused = error,
            done => return done,
        }
    }
    // The zone came first because of a profile, which may be wrong.
    match &key.can {
        Some(can) => once(link, habits, parameters, &Password::can(can), random),
        None => Err(refused),
    }
}

/// PACE run by the reader, where it offers to and the key is a number, whose form every reader takes
/// alike (quirk row 49). `None` when it did not, for any reason but the password.
pub(super) fn run_by_reader(link: &mut Link<'_>, key: &AccessKey) -> Result<Option<()>, Error> {
    let password = match key {
        AccessKey { pin: Some(pin), .. } => Password::pin(pin),
        AccessKey { puk: Some(puk), .. } => Password::puk(puk),
        AccessKey { can: Some(can), .. } => Password::can(can),
        _ => return Ok(None),
    };
    let counted = key.pin.is_some() || key.puk.is_some();
    let Some(reader) = link.pace_reader() else {
        return Ok(None);
    };
    let request = PaceRequest {
        reference: password.reference(),
        secret: Some(password.secret()),
        holder_authorisation: &[],
        certificate_description: &[],
    };
    match reader.establish(&request) {
        Ok(_) => {
            link.open_in_reader();
            Ok(Some(()))
        }
        // The password was tried: never again by itself.
        Err(ReaderPaceFault::Refused {
            step: ReaderStep::GeneralAuthenticate(4),
            status,
        }) => Err(password.refused(Status(status)).into()),
        Err(ReaderPaceFault::ChipToken) => Err(AccessError::ChipToken.into()),
        Err(ReaderPaceFault::Cancelled) => Err(TransportError::Cancelled.into()),
        Err(ReaderPaceFault::TimedOut) => Err(TransportError::Timeout.into()),
        Err(ReaderPaceFault::NoCard) => Err(TransportError::CardRemoved.into()),
        // A PIN or PUK may have lost a try; what is printed on the card loses none.
        Err(ReaderPaceFault::Transport(TransportError::Failed { .. })) if !counted => Ok(None),
        Err(ReaderPaceFault::Transport(error)) => Err(error.into()),
        Err(ReaderPaceFault::Unable { code }) if counted && !is_of_the_question(code) => {
            Err(TransportError::Failed { code }.into())
        }
        // Nothing was tried against the password: our own PACE finds out.
        Err(ReaderPaceFault::Refused { .. } | ReaderPaceFault::Unable { .. }) => Ok(None),
    }
}

/// Whether a reader's result means that it did not take the question, and so has tried nothing: class
/// D0 (BSI TR-03119). All others, and an answer of no known form, may come after the password was
/// tried.
const fn is_of_the_question(code: u32) -> bool {
    code.to_be_bytes()[0] == 0xD0
}

/// One run with one password.
fn once(
    link: &mut Link<'_>,
    habits: &mut Habits,
    parameters: &Parameters,
    password: &Password,
    random: &mut dyn Random,
) -> Result<Established, Error> {
    let (step, response) = begin(link, habits, parameters, password)?;
    let (step, command) = step.nonce(&response, random)?;
    let (step, command) = step.mapped(&send(link, habits, &command)?, random)?;
    let (step, command) = step.agreed(&send(link, habits, &command)?)?;
    // The last one is sent once: whatever the chip says to it, it may have counted a try.
    step.token(&habits.general_authenticate.send(link, &command)?)
}

/// Up to the encrypted nonce. A chip that refuses the form of GENERAL AUTHENTICATE is asked anew,
/// from MSE:Set AT on: nothing was tried against the password yet.
fn begin(
    link: &mut Link<'_>,
    habits: &mut Habits,
    parameters: &Parameters,
    password: &Password,
) -> Result<(AwaitNonce, Response), Error> {
    let (step, command) = select(link, habits, parameters, password)?;
    let response = habits.general_authenticate.send(link, &command)?;
    for (form, quirk) in AuthenticateForm::after(response.status, link) {
        let (step, command) = select(link, habits, parameters, password)?;
        let again = form.send(link, &command)?;
        if again.status == Status::SUCCESS {
            habits.general_authenticate = form;
            habits.note(&quirk);
            return Ok((step, again));
        }
    }
    Ok((step, response))
}

/// A later GENERAL AUTHENTICATE; a refusal of its length alone is answered with the same in the
/// other forms.
pub(super) fn send(
    link: &mut Link<'_>,
    habits: &mut Habits,
    command: &Command,
) -> Result<Response, Error> {
    let response = habits.general_authenticate.send(link, command)?;
    for (form, quirk) in AuthenticateForm::after(response.status, link) {
        let again = form.send(link, command)?;
        if again.status == Status::SUCCESS {
            habits.general_authenticate = form;
            habits.note(&quirk);
            return Ok(again);
        }
    }
    Ok(response)
}

/// MSE:Set AT, with the domain parameter reference as the standard has it, or else the other way.
fn select(
    link: &mut Link<'_>,
    habits: &mut Habits,
    parameters: &Parameters,
    password: &Password,
) -> Result<(AwaitNonce, Command), Error> {
    let other = other_reference(parameters);
    let (reference, turned) = match habits.parameter_reference {
        ParameterReference::AsNeeded => (parameters.reference, other),
        ParameterReference::Other => (other, parameters.reference),
    };
    let with = |reference| Parameters {
        reference,
        ..parameters.clone()
    };
    let announced = habits.holder_authorization.clone();
    let (mut step, command) = pace::start(with(reference), password, announced.as_deref());
    let mut response = link.send(&command)?;
    if announced.is_some() && !goes_on(&response) {
        // PACE is for everybody, rights are not: once more as a terminal that asks for none.
        habits.holder_authorization = None;
        let (again, command) = pace::start(with(reference), password, None);
        step = again;
        response = link.send(&command)?;
    }
    let announced = habits.holder_authorization.clone();
    let speaks_of_the_reference = matches!(
        response.status,
        Status::INCORRECT_DATA | Status::REFERENCE_NOT_FOUND | Status::WRONG_LC
    );
    if !speaks_of_the_reference {
        if goes_on(&response) {
            note_reference(habits, parameters);
        }
        return step.selected(&response);
    }
    // Quirk row 4: some chips want the parameter reference always, some never, and what is known of
    // such chips may be wrong. Once more with the other choice; nothing was tried against the
    // password yet.
    let (again, command) = pace::start(with(turned), password, announced.as_deref());
    let response = link.send(&command)?;
    if goes_on(&response) {
        habits.parameter_reference = habits.parameter_reference.turned();
        note_reference(habits, parameters);
    }
    again.selected(&response)
}

/// Names what a chip shows that took the reference otherwise than the standard has it.
fn note_reference(habits: &mut Habits, parameters: &Parameters) {
    match (habits.parameter_reference, parameters.reference) {
        (ParameterReference::AsNeeded, _) => {}
        (ParameterReference::Other, Some(_)) => habits.note("parameter-reference-refused"),
        (ParameterReference::Other, None) => habits.note("parameter-reference-required"),
    }
}

/// Whether MSE:Set AT was taken, with a warning perhaps.
fn goes_on(response: &Response) -> bool {
    response.status == Status::SUCCESS || response.status.tries_left().is_some()
}

/// The reference where the standard has none, and none where it has one.
fn other_reference(parameters: &Parameters) -> Option<u8> {
    match parameters.reference {
        Some(_) => None,
        None => parameters.domain.parameter_id(),
    }
}

/// Whether this chip takes the domain parameter reference as the standard has it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterReference {
    /// Where several sets share the identifier (Doc 9303-11 §4.4.4.1).
    #[default]
    AsNeeded,
    /// The other way round (quirk row 4).
    Other,
}

impl ParameterReference {
    const fn turned(self) -> Self {
        match self {
            Self::AsNeeded => Self::Other,
            Self::Other => Self::AsNeeded,
        }
    }
}
