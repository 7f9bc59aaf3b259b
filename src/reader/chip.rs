//! Chip authentication: new keys with the chip's static key, proven by the first exchange under
//! them. What is tried when a chip refuses stands in [`ladder`].

use std::mem;

use crate::capture::Capture;
use crate::capture::ChipAttempt;
use crate::capture::KeySource;
use crate::capture::Live;
use crate::channel::chip_auth;
use crate::channel::chip_auth::Agreed;
use crate::channel::chip_auth::Failed;
use crate::channel::chip_auth::Parameters;
use crate::channel::chip_auth::Step;
use crate::crypto::agreement::Private;
use crate::crypto::agreement::Public;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::security_infos::SecurityInfos;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::reader::chip::ladder::Attempt;
use crate::reader::chip::ladder::Passage;
use crate::reader::chip::ladder::Refusal;
use crate::reader::chip::ladder::Stage;
use crate::reader::chip::offer::Offer;
use crate::reader::files;
use crate::reader::files::Habits;
use crate::reader::pace::AuthenticateForm;

mod ladder;
pub(super) mod offer;
#[cfg(test)]
pub(super) mod script;

/// Bytes of EF.SOD read again as a proof when there is no active authentication.
const PROOF: usize = 8;

/// Most runs of the protocol in one read, whatever a chip refuses.
const MAX_ATTEMPTS: usize = 10;

/// Bit of the class octet that says more of the command follows (ISO/IEC 7816-4 §5.4.1).
const CHAINING: u8 = 0x10;

/// Most bytes in one part of a chain, fewer than any chip is known to refuse.
const PART: usize = 192;

/// Security in bits that a key must give to be taken in place of one that the chip refused: a clone
/// that has broken an old key must not get to it by refusing the good one.
const LEAST_STRENGTH: u16 = 112;

/// Runs chip authentication version 1, where DG14 offers it, and opens the new channel. Gives the
/// terminal's ephemeral public key, whose short form terminal authentication version 1 signs.
///
/// Nothing is proven before an exchange under the new keys: active authentication is one, else
/// [`confirm`] makes one.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`: the groups are in.
pub(super) fn chip_authentication(
    link: &mut Link<'_>,
    habits: &mut Habits,
    capture: &Capture,
    live: &mut Live,
    random: &mut dyn Random,
) -> Result<Option<Public>, Error> {
    let group = capture.files.get(&FileId::Group(DataGroup::DG14));
    let infos = group.and_then(|file| dg14::decode(file).ok());
    let Some(infos) = infos.filter(|_| !over(live)) else {
        return Ok(None);
    };
    let mut left = MAX_ATTEMPTS;
    let mut strongest = None;
    let mut refused = false;
    for offer in offer::version_one(&infos) {
        let strength = offer.public.domain().strength();
        let strongest = *strongest.get_or_insert(strength);
        if strength < strongest.min(LEAST_STRENGTH) {
            continue;
        }
        if left == 0 {
            break;
        }
        let tried = agree_somehow(link, habits, &offer, &mut left, random);
        match or_break(tried, live)? {
            None => return Ok(None),
            Some(Tried::Agreed(agreed)) => {
                if refused {
                    habits.note("ca-key-refused");
                }
                if let Some(quirk) = offer.quirk {
                    habits.note(quirk);
                }
                link.open(agreed.session);
                live.chip_authentication = ChipAttempt::Agreed(offer.witness(KeySource::Group14));
                return Ok(Some(agreed.ephemeral));
            }
            Some(Tried::Impossible) => {
                if !refused {
                    live.chip_authentication = ChipAttempt::KeyImpossible;
                }
            }
            Some(Tried::Refused(refusal)) => {
                live.chip_authentication = ChipAttempt::Refused;
                if refusal.is_final() {
                    return Ok(None);
                }
                refused = true;
            }
        }
    }
    Ok(None)
}

/// The keys and protocols of chip authentication that a read takes of those that a chip offers in
/// this version, best first.
pub fn chip_choices(infos: &SecurityInfos, version: u32) -> Vec<Parameters> {
    let offers = match version {
        1 => offer::version_one(infos),
        2 => offer::version_two(infos),
        _ => Vec::new(),
    };
    let standard = |offer: Offer| offer.parameters(offer.references.first().cloned().flatten());
    offers.into_iter().map(standard).collect()
}

/// Runs chip authentication version 2 with the ephemeral key that terminal authentication version 2
/// announced, and opens the new channel. `infos` are those of EF.CardSecurity; the verifier looks
/// at its signature later.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`.
pub(super) fn chip_authentication_version_two(
    link: &mut Link<'_>,
    habits: &mut Habits,
    infos: &SecurityInfos,
    ephemeral: &Private,
    live: &mut Live,
) -> Result<(), Error> {
    if over(live) {
        return Ok(());
    }
    let domain = ephemeral.domain();
    let mut offers = offer::version_two(infos).into_iter();
    let Some(offer) = offers.find(|offer| offer.public.domain() == domain) else {
        return Ok(());
    };
    for (index, reference) in offer.references.iter().enumerate() {
        let parameters = offer.parameters(reference.clone());
        let Ok((step, command)) = chip_auth::start_version_two(&parameters, ephemeral) else {
            live.chip_authentication = ChipAttempt::KeyImpossible;
            return Ok(());
        };
        let Some(response) = or_break(link.send(&command), live)? else {
            return Ok(());
        };
        let (step, command) = match step.selected(&response) {
            Ok(next) => next,
            Err(refused) => {
                live.chip_authentication = ChipAttempt::Refused;
                let refusal = Refusal::new(refused, Stage::Selection);
                if refusal.is_of_the_reference() {
                    continue;
                }
                return Ok(());
            }
        };
        let response = general_authenticate(link, habits, &command);
        let Some(response) = or_break(response, live)? else {
            return Ok(());
        };
        live.chip_authentication = match step.token(&response) {
            Ok(agreed) => {
                if index > 0 {
                    habits.note("ca-key-id-refused");
                }
                link.open(agreed.session);
                ChipAttempt::Proven(offer.witness(KeySource::CardSecurity))
            }
            Err(Failed::Refused(_)) => ChipAttempt::Refused,
            Err(Failed::Malformed(_) | Failed::WrongToken) => ChipAttempt::Unproven,
        };
        return Ok(());
    }
    Ok(())
}

/// What came of one key.
enum Tried {
    Agreed(Agreed),
    Refused(Refusal),
    /// No agreement is possible with it.
    Impossible,
}

/// The standard's way first, then what the refusal suggests.
fn agree_somehow(
    link: &mut Link<'_>,
    habits: &mut Habits,
    offer: &Offer,
    left: &mut usize,
    random: &mut dyn Random,
) -> Result<Tried, Error> {
    let first = Attempt::standard(offer, link);
    let refusal = match agree(link, habits, offer, &first, left, random)? {
        Tried::Refused(refusal) => refusal,
        done => return Ok(done),
    };
    if refusal.is_final() {
        return Ok(Tried::Refused(refusal));
    }
    let mut last = refusal;
    for attempt in ladder::after(&first, refusal, offer, link) {
        if *left == 0 {
            break;
        }
        match agree(link, habits, offer, &attempt, left, random)? {
            Tried::Refused(refusal) if refusal.is_final() => return Ok(Tried::Refused(refusal)),
            Tried::Refused(refusal) => last = refusal,
            done => {
                habits.note(&attempt.quirk(&first, refusal));
                return Ok(done);
            }
        }
    }
    Ok(Tried::Refused(last))
}

/// Runs the steps with a fresh ephemeral key; a refusal leaves the old channel as it is.
fn agree(
    link: &mut Link<'_>,
    habits: &mut Habits,
    offer: &Offer,
    attempt: &Attempt,
    left: &mut usize,
    random: &mut dyn Random,
) -> Result<Tried, Error> {
    *left = left.saturating_sub(1);
    let parameters: Parameters = offer.parameters(attempt.reference.clone());
    let ephemeral = chip_auth::ephemeral(&offer.public.domain(), random)?;
    let Ok(step) = chip_auth::start(&parameters, attempt.form, &ephemeral) else {
        return Ok(Tried::Impossible);
    };
    let (step, command) = match step {
        Step::Last(step, command) => (step, command),
        Step::Send(step, command) => match step.selected(&link.send(&command)?) {
            Ok(next) => next,
            Err(refused) => return Ok(Tried::Refused(Refusal::new(refused, Stage::Selection))),
        },
    };
    let response = match attempt.passage {
        Passage::Usual if command.instruction == ins::GENERAL_AUTHENTICATE => {
            general_authenticate(link, habits, &command)?
        }
        Passage::Usual => link.send(&command)?,
        Passage::Chained => send_chained(link, &command)?,
        Passage::Extended => {
            let known = link.extended();
            link.learn_extended(ExtendedLength::Works);
            let response = link.send(&command)?;
            if response.status != Status::SUCCESS {
                link.learn_extended(known);
            }
            response
        }
    };
    Ok(match step.agreed(&response) {
        Ok(agreed) => Tried::Agreed(agreed),
        Err(refused) => Tried::Refused(Refusal::new(refused, Stage::Key)),
    })
}

/// Sends the ephemeral key as PACE learnt that the chip wants it; where the chip does not like the
/// length, with the other expected lengths (quirk row 8).
fn general_authenticate(
    link: &mut Link<'_>,
    habits: &mut Habits,
    command: &Command,
) -> Result<Response, Error> {
    let response = habits.general_authenticate.send(link, command)?;
    if response.status != Status::WRONG_LENGTH {
        return Ok(response);
    }
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

/// Sends a command in at least two parts, for chips that take it in no other way.
fn send_chained(link: &mut Link<'_>, command: &Command) -> Result<Response, Error> {
    let size = command.data.len().div_ceil(2).clamp(1, PART);
    let mut parts = command.data.chunks(size).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let part = Command {
            class: if last {
                command.class
            } else {
                command.class | CHAINING
            },
            data: part.to_vec(),
            expected: if last { command.expected } else { 0 },
            ..*command
        };
        let response = link.send(&part)?;
        if last || response.status != Status::SUCCESS {
            return Ok(response);
        }
    }
    link.send(command)
}

/// Proves the keys of chip authentication with one short read, if nothing has been sent under them.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`.
pub(super) fn confirm(link: &mut Link<'_>, live: &mut Live) -> Result<(), Error> {
    if !matches!(live.chip_authentication, ChipAttempt::Agreed(_)) {
        return Ok(());
    }
    let p1 = files::by_short_identifier(FileId::Sod);
    let proof = Command::new(ins::READ_BINARY, p1, 0).expecting(PROOF);
    settle(link.send(&proof), live).map(drop)
}

/// Whether the channel is gone and nothing more can be asked.
pub(super) const fn over(live: &Live) -> bool {
    live.channel_break.is_some() || matches!(live.chip_authentication, ChipAttempt::Unproven)
}

/// Writes a channel that broke into `live`.
fn or_break<T>(answer: Result<T, Error>, live: &mut Live) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Channel(error)) => {
            live.channel_break = Some(error);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The first answer under new keys settles chip authentication: whatever its status says, its code
/// was made with the agreed keys. A channel that breaks just there means the chip has others.
pub(super) fn settle<T>(answer: Result<T, Error>, live: &mut Live) -> Result<Option<T>, Error> {
    match mem::replace(&mut live.chip_authentication, ChipAttempt::NotTried) {
        ChipAttempt::Agreed(witness) => match answer {
            Ok(answer) => {
                live.chip_authentication = ChipAttempt::Proven(witness);
                Ok(Some(answer))
            }
            Err(Error::Channel(_)) => {
                live.chip_authentication = ChipAttempt::Unproven;
                Ok(None)
            }
            Err(error) => Err(error),
        },
        settled => {
            live.chip_authentication = settled;
            or_break(answer, live)
        }
    }
}

#[cfg(test)]
mod tests;
