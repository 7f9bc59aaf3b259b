//! Terminal authentication: whom the chip trusts, the chain to the terminal, the signature. What it
//! opens, fingers and irises, is read by `flow`; whatever it comes to, everything else is read too.

use crate::bytes::oid::Oid;
use crate::capture::Capture;
use crate::capture::Live;
use crate::capture::Missing;
use crate::capture::TerminalAttempt;
use crate::channel::chip_auth;
use crate::channel::terminal_auth;
use crate::channel::terminal_auth::Binding;
use crate::channel::terminal_auth::Fault;
use crate::channel::terminal_auth::Next;
use crate::channel::terminal_auth::Version;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::cvca;
use crate::lds::dg1::Dg1;
use crate::lds::dg14;
use crate::lds::security_infos::SecurityInfos;
use crate::link::Link;
use crate::pki::cms::SignedData;
use crate::pki::cvc::MAX_REFERENCE;
use crate::pki::cvc::Reference;
use crate::reader::access::Bound;
use crate::reader::access::Found;
use crate::reader::chip;
use crate::reader::files;
use crate::reader::files::Habits;
use crate::reader::mapping;
use crate::reader::plan::Plan;
use crate::terminal::Terminal;
use crate::terminal::chain::Chain;
use crate::terminal::chain::NoChain;

/// Dates of birth and expiry with their check digits, at the end of the MRZ information.
const DATES: usize = 14;

/// Header of a reference in EF.CVCA, in bytes.
const HEADER: usize = 2;

/// What version 1 builds on.
pub(super) struct Basis<'a> {
    /// Where PACE opened the chip.
    pub(super) pace: Option<&'a Bound>,
    /// The terminal's ephemeral key of chip authentication, where that went well.
    pub(super) ephemeral: Option<&'a Public>,
}

/// What PACE announces the terminal with: its rights, where the chip does version 2.
pub(super) fn announcement(plan: &Plan, found: &Found) -> Option<Vec<u8>> {
    let terminal = plan.terminal.as_ref()?;
    let infos = SecurityInfos::decode(found.card_access.as_deref()?).ok()?;
    domain_for_version_two(&infos)?;
    terminal.holder_authorization()
}

/// The versions of terminal authentication that a read runs of those that a chip offers. Version 2
/// needs to know the group of chip authentication version 2, which follows it.
pub fn terminal_choices(infos: &SecurityInfos) -> Vec<u32> {
    let one = offers(infos, 1).map(|_| 1);
    let two = domain_for_version_two(infos).map(|_| 2);
    one.into_iter().chain(two).collect()
}

/// The group of the ephemeral key that version 2 announces, if the chip does that version.
fn domain_for_version_two(infos: &SecurityInfos) -> Option<Domain> {
    offers(infos, 2)?;
    chip::offer::domain_for_version_two(infos)
}

/// Runs version 1 inside the channel of chip authentication, and writes into `capture` what came of
/// it.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`.
pub(super) fn version_one(
    link: &mut Link<'_>,
    terminal: &Terminal,
    basis: &Basis<'_>,
    capture: &mut Capture,
    live: &mut Live,
) -> Result<(), Error> {
    if matches!(capture.terminal, TerminalAttempt::Passed { .. }) {
        return Ok(());
    }
    // The keys of chip authentication are proven by an exchange of their own: what a terminal does
    // under keys that nobody has proven says nothing.
    chip::confirm(link, live)?;
    if chip::over(live) {
        return Ok(());
    }
    let attempt = attempt_one(link, terminal, basis, capture);
    settle(attempt, capture, live)
}

fn attempt_one(
    link: &mut Link<'_>,
    terminal: &Terminal,
    basis: &Basis<'_>,
    capture: &mut Capture,
) -> Result<TerminalAttempt, Error> {
    let group = capture.files.get(&FileId::Group(DataGroup::DG14));
    let infos = group.and_then(|file| dg14::decode(file).ok());
    let place = infos.as_ref().and_then(|infos| offers(infos, 1));
    let chip = match basis.pace {
        Some(bound) => Some(bound.chip_ephemeral.compressed()),
        None => document_number(capture),
    };
    let (Some(place), Some(ephemeral), Some(chip)) = (place, basis.ephemeral, chip) else {
        // What version 2 came to is told, or why it was not tried.
        return Ok(match (&capture.terminal, terminal.fault()) {
            (TerminalAttempt::NotTried, None | Some(NoChain::Unknown)) => {
                TerminalAttempt::NotOffered
            }
            (TerminalAttempt::NotTried, Some(fault)) => told_of_chain(fault, &[]),
            (tried, _) => tried.clone(),
        });
    };
    let binding = Binding {
        chip,
        ephemeral: ephemeral.compressed(),
    };
    let mut authorities = Vec::new();
    if let Some(file) = read_cvca(link, place)? {
        authorities = cvca::decode(&file).unwrap_or_default();
        capture.files.insert(FileId::Cvca, file);
    }
    if let (true, Some(bound)) = (authorities.is_empty(), basis.pace) {
        authorities.clone_from(&bound.authorities);
    }
    match choose(terminal, &authorities) {
        Ok(chain) => present(link, terminal, &chain, Version::One, binding),
        Err(attempt) => Ok(attempt),
    }
}

/// Runs version 2 between PACE and the application, then chip authentication version 2 with the key
/// that was announced.
///
/// # Errors
/// When the transport fails. A channel that breaks is written into `live`.
pub(super) fn version_two(
    link: &mut Link<'_>,
    habits: &mut Habits,
    terminal: &Terminal,
    bound: &Bound,
    capture: &mut Capture,
    live: &mut Live,
    random: &mut dyn Random,
) -> Result<(), Error> {
    let infos = capture
        .files
        .get(&FileId::CardAccess)
        .and_then(|file| SecurityInfos::decode(file).ok());
    let domain = infos.as_ref().and_then(domain_for_version_two);
    let Some(domain) = domain else {
        return Ok(());
    };
    let chain = match choose(terminal, &bound.authorities) {
        Ok(chain) => chain,
        Err(attempt) => return settle(Ok(attempt), capture, live),
    };
    let ephemeral = chip_auth::ephemeral(&domain, random)?;
    let version = Version::Two {
        oid: chain.terminal().algorithm().to_vec(),
        auxiliary: None,
    };
    let binding = Binding {
        chip: bound.chip_ephemeral.compressed(),
        ephemeral: ephemeral.public().compressed(),
    };
    let attempt = present(link, terminal, &chain, version, binding);
    settle(attempt, capture, live)?;
    if !matches!(capture.terminal, TerminalAttempt::Passed { .. }) {
        return Ok(());
    }
    if !capture.files.contains_key(&FileId::CardSecurity) {
        match mapping::card_security(link, habits)? {
            Ok(bytes) => {
                capture.missing.remove(&FileId::CardSecurity);
                capture.files.insert(FileId::CardSecurity, bytes);
            }
            Err(status) => {
                let refused = Missing::Refused(status);
                capture.missing.insert(FileId::CardSecurity, refused);
            }
        }
    }
    if let Some(infos) = signed_infos(capture) {
        chip::chip_authentication_version_two(link, habits, &infos, &ephemeral, live)?;
    }
    Ok(())
}

/// Writes down what came of an attempt.
fn settle(
    attempt: Result<TerminalAttempt, Error>,
    capture: &mut Capture,
    live: &mut Live,
) -> Result<(), Error> {
    match attempt {
        Ok(attempt) => capture.terminal = attempt,
        Err(Error::Channel(error)) => live.channel_break = Some(error),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Where EF.CVCA is, if the chip does this version.
fn offers(infos: &SecurityInfos, version: u32) -> Option<(u16, Option<u8>)> {
    let mut offers = infos.terminal_authentication.iter();
    let info = offers.find(|info| info.version == version)?;
    let own = (FileId::Cvca.id(), Some(FileId::Cvca.sfi()));
    Some(info.ef_cvca.unwrap_or(own))
}

/// What EF.CardSecurity holds, whoever signed it: the verifier looks at that.
fn signed_infos(capture: &Capture) -> Option<SecurityInfos> {
    let file = capture.files.get(&FileId::CardSecurity)?;
    let content = card_security::signed_data(file).ok()?;
    let signed = SignedData::decode(&content).ok()?;
    card_security::decode(Oid::new(&signed.content_type), &signed.content).ok()
}

/// ID_PICC after basic access control: the document number with its check digit, as the zone has it.
fn document_number(capture: &Capture) -> Option<Vec<u8>> {
    let file = capture.files.get(&FileId::Group(DataGroup::DG1))?;
    let information = Dg1::decode(file).ok()?.mrz.key().information();
    let number = information.len().checked_sub(DATES)?;
    information.expose().get(..number).map(<[u8]>::to_vec)
}

fn choose(terminal: &Terminal, authorities: &[Vec<u8>]) -> Result<Chain, TerminalAttempt> {
    if authorities.is_empty() {
        return Err(TerminalAttempt::NoAuthority);
    }
    terminal
        .chain(authorities)
        .map_err(|fault| told_of_chain(fault, authorities))
}

fn told_of_chain(fault: NoChain, authorities: &[Vec<u8>]) -> TerminalAttempt {
    match fault {
        NoChain::Unknown => TerminalAttempt::NoChain {
            authorities: authorities
                .iter()
                .map(|authority| name(authority))
                .collect::<Vec<_>>()
                .join(", "),
        },
        NoChain::OtherKey => TerminalAttempt::OtherKey,
        NoChain::Broken { holder, fault } => TerminalAttempt::Broken {
            holder: holder.to_string(),
            fault,
        },
    }
}

/// An authority's name as the chip gives it; in hexadecimal, as far as a name goes, where it is none.
fn name(authority: &[u8]) -> String {
    let some = authority.get(..MAX_REFERENCE).unwrap_or(authority);
    Reference::new(authority).map_or_else(|_| hex::encode(some), |name| name.to_string())
}

/// Sends the chain and signs the challenge.
fn present(
    link: &mut Link<'_>,
    terminal: &Terminal,
    chain: &Chain,
    version: Version,
    binding: Binding,
) -> Result<TerminalAttempt, Error> {
    let mut next = terminal_auth::start(chain.certificates(), version, binding);
    let (step, command) = loop {
        match next {
            Next::Terminal(step, command) => break (step, command),
            Next::Certificate(step, command) => {
                let (step, command) = match step.selected(&link.send(&command)?) {
                    Ok(next) => next,
                    Err(fault) => return Ok(told(fault)),
                };
                next = match step.verified(&link.send(&command)?) {
                    Ok(next) => next,
                    Err(fault) => return Ok(told(fault)),
                };
            }
        }
    };
    let (step, command) = match step.selected(&link.send(&command)?) {
        Ok(next) => next,
        Err(fault) => return Ok(told(fault)),
    };
    let step = match step.challenge(&link.send(&command)?) {
        Ok(step) => step,
        Err(fault) => return Ok(told(fault)),
    };
    let Ok(signature) = terminal.sign(chain, step.message()) else {
        return Ok(TerminalAttempt::KeyUnusable);
    };
    let (step, command) = step.signed(signature);
    Ok(match step.finished(&link.send(&command)?) {
        Ok(()) => TerminalAttempt::Passed {
            groups: groups(chain),
        },
        Err(fault) => told(fault),
    })
}

const fn told(fault: Fault) -> TerminalAttempt {
    match fault {
        Fault::Refused { step, status } => TerminalAttempt::Refused { step, status },
        Fault::BadChallenge { length } => TerminalAttempt::BadChallenge { length },
    }
}

/// The groups that the effective rights open.
fn groups(chain: &Chain) -> Vec<DataGroup> {
    let rights = chain.rights();
    let fingers = rights.fingers().then_some(DataGroup::DG3);
    let irises = rights.irises().then_some(DataGroup::DG4);
    fingers.into_iter().chain(irises).collect()
}

/// EF.CVCA, which has no outer tag to tell its length: as much as it can have, by its short
/// identifier or else selected; `None` where the chip refuses it.
fn read_cvca(
    link: &mut Link<'_>,
    (id, short): (u16, Option<u8>),
) -> Result<Option<Vec<u8>>, Error> {
    if let Some(short) = short
        && let Some(file) = read_current(link, 0x80 | short)?
    {
        return Ok(Some(file));
    }
    let select = Command::new(ins::SELECT, 0x02, 0x0C).with_data(id.to_be_bytes().to_vec());
    if link.send(&select)?.status != Status::SUCCESS {
        return Ok(None);
    }
    read_current(link, 0)
}

fn read_current(link: &mut Link<'_>, p1: u8) -> Result<Option<Vec<u8>>, Error> {
    let mut read = |p1, p2, expected| -> Result<Response, Error> {
        link.send(&Command::new(ins::READ_BINARY, p1, p2).expecting(expected))
    };
    let mut response = read(p1, 0, cvca::LENGTH)?;
    if let Some(length) = response.status.right_length() {
        response = read(p1, 0, usize::from(length))?;
    }
    if files::usable(&response) {
        return Ok(Some(response.data));
    }
    if !matches!(
        response.status,
        Status::WRONG_LENGTH | Status::WRONG_OFFSET | Status::END_OF_FILE
    ) {
        return Ok(None);
    }
    // A file shorter than that, on a chip that gives nothing then: reference by reference.
    let header = read(p1, 0, HEADER)?;
    let mut file = header.data;
    while let [.., 0x42, length] = *file.as_slice()
        && file.len() < cvca::LENGTH
    {
        let wanted = usize::from(length);
        let Ok(offset) = u8::try_from(file.len()) else {
            break;
        };
        let value = read(0, offset, wanted)?;
        if !files::usable(&value) || value.data.len() != wanted {
            return Ok(None);
        }
        file.extend(value.data);
        let Ok(offset) = u8::try_from(file.len()) else {
            break;
        };
        let header = read(0, offset, HEADER)?;
        if !files::usable(&header) || header.data.len() != HEADER {
            break;
        }
        file.extend(header.data);
    }
    Ok((!file.is_empty()).then_some(file))
}
