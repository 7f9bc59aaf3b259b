//! Opening the chip: EF.CardAccess, then PACE, then BAC where the policy allows it.

use crate::bytes::tlv::Reader;
use crate::capture::AccessUsed;
use crate::capture::MappingAttempt;
use crate::channel::bac;
use crate::channel::pace::Established;
use crate::channel::pace::Parameters;
use crate::channel::pace::SET_AT;
use crate::channel::preference::AccessPreference;
use crate::channel::sm::SecureMessaging;
use crate::crypto::agreement::Public;
use crate::crypto::random::Random;
use crate::error::AccessError;
use crate::error::CardError;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::lds::key::AccessKey;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::SecurityInfos;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::link::Sizes;
use crate::profile;
use crate::reader::directory;
use crate::reader::files;
use crate::reader::files::FileOrStatus;
use crate::reader::files::Habits;
use crate::reader::files::MasterFile;
use crate::reader::mapping;
use crate::reader::offers;
use crate::reader::pace;
use crate::reader::plan::Plan;

/// Expected lengths of EXTERNAL AUTHENTICATE in the order they are tried, and the quirk that each
/// one but the standard's shows.
const AUTHENTICATE_EXPECTED: [(Option<usize>, Option<&str>); 3] = [
    (None, None),
    (Some(256), Some("external-authenticate-le-00")),
    (Some(0), Some("external-authenticate-no-le")),
];

/// What was found on the way to the door.
pub(super) struct Found {
    /// EF.CardAccess as read, where it could be.
    pub(super) card_access: Option<Vec<u8>>,
    application: Application,
}

/// Whether the eMRTD application is the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Application {
    Selected,
    Unselected,
}

impl Found {
    /// Whether the master file is still current.
    pub(super) fn is_at_the_top(&self) -> bool {
        self.application == Application::Unselected
    }

    /// The same after the chip lost its session: no application is current any more. EF.CardAccess
    /// is kept, since a chip may refuse the file once the application was selected.
    pub(super) fn after_reset(self) -> Self {
        Self {
            application: Application::Unselected,
            ..self
        }
    }
}

/// How the chip was opened, and what that left behind.
pub(super) struct Opened {
    pub(super) used: AccessUsed,
    /// What PACE established but the channel: terminal authentication goes on from there.
    pub(super) pace: Option<Bound>,
    /// EF.CardSecurity, where it was read.
    pub(super) card_security: Option<FileOrStatus>,
    /// Whether the chip proved itself on the way.
    pub(super) mapping: MappingAttempt,
}

/// What later protocols of the session are bound to.
pub(super) struct Bound {
    /// The chip's ephemeral key of PACE.
    pub(super) chip_ephemeral: Public,
    /// References of the authorities whose certificates the chip takes.
    pub(super) authorities: Vec<Vec<u8>>,
}

impl Opened {
    const fn without_pace(used: AccessUsed) -> Self {
        Self {
            used,
            pace: None,
            card_security: None,
            mapping: MappingAttempt::NotTried,
        }
    }
}

/// Opens the chip with the best protocol that chip, key and policy allow. After PACE the master
/// file is still current: [`enter`] comes next.
///
/// # Errors
/// [`AccessError`] when it stays shut, [`CardError::NotEmrtd`], or the link's own.
pub(super) fn open(
    link: &mut Link<'_>,
    habits: &mut Habits,
    plan: &Plan,
    found: &Found,
    random: &mut dyn Random,
) -> Result<Opened, Error> {
    let key = &plan.key;
    let card_access = found.card_access.as_deref();
    let infos = card_access.map(security_infos).unwrap_or_default();
    let candidates = match card_access {
        Some(_) => offers::offers(&infos),
        // BAC is impossible with a card access number. What a profile knows of such cards is a hint
        // worth one command; the card says no if it is wrong.
        None if key.mrz.is_empty() => {
            habits.note("card-access-absent");
            plan.profile
                .iter()
                .chain(profile::shipped())
                .filter_map(|profile| profile.card_access.as_deref())
                .map(|constant| offers::offers(&security_infos(constant)))
                .find(|offers| !offers.is_empty())
                .unwrap_or_default()
        }
        None => Vec::new(),
    };
    // A reader that runs PACE knows nothing of the proof that chip authentication mapping gives.
    let proves = candidates
        .first()
        .is_some_and(|offer| offer.parameters.protocol.mapping == Mapping::ChipAuthentication);
    if !infos.pace.is_empty() && !proves && pace::run_by_reader(link, key)?.is_some() {
        habits.note("reader-pace");
        return Ok(Opened::without_pace(AccessUsed::PaceByReader));
    }
    let mut refused = None;
    let mut mapping = MappingAttempt::NotTried;
    for offer in candidates {
        match pace::run(link, habits, key, &offer.parameters, random) {
            Ok(established) => {
                for quirk in offer.quirks {
                    habits.note(quirk);
                }
                let mut opened = after_pace(link, habits, found, &offer.parameters, established)?;
                if matches!(opened.mapping, MappingAttempt::NotTried) {
                    opened.mapping = mapping;
                }
                return Ok(opened);
            }
            // The chip refuses the protocol itself, not the key, before anything was tried: the
            // next one on offer, and after them BAC may still be open, and the report says so.
            Err(error @ Error::Access(AccessError::Refused { .. })) => {
                let goes_on = speaks_of_the_protocol(&error);
                refused = Some(error);
                if !goes_on {
                    break;
                }
                habits.note("pace-offer-refused");
                if offer.parameters.protocol.mapping == Mapping::ChipAuthentication {
                    mapping = MappingAttempt::Declined;
                }
            }
            Err(error) => return Err(error),
        }
    }
    match refused {
        Some(_) if plan.access != AccessPreference::RequirePace && !key.mrz.is_empty() => {}
        // The hint was wrong: this card has BAC, which needs the zone.
        Some(_) if card_access.is_none() => return Err(AccessError::KeyKind.into()),
        Some(error) => return Err(error),
        None => {}
    }
    if plan.access == AccessPreference::RequirePace {
        return Err(AccessError::PaceRequired.into());
    }
    if found.application == Application::Unselected {
        select_application(link)?;
    }
    match run_bac(link, habits, key, random) {
        Ok(session) => link.open(session),
        Err(Error::Access(AccessError::Unsupported)) if readable(link)? => {
            return Ok(Opened::without_pace(AccessUsed::None));
        }
        Err(error) => return Err(error),
    }
    let used = if infos.pace.is_empty() {
        AccessUsed::Bac
    } else {
        AccessUsed::BacAlthoughPace
    };
    Ok(Opened {
        mapping,
        ..Opened::without_pace(used)
    })
}

/// Whether MSE:Set AT was refused: the chip will not run this protocol.
fn speaks_of_the_protocol(error: &Error) -> bool {
    matches!(
        error,
        Error::Access(AccessError::Refused { step, .. }) if *step == SET_AT
    )
}

/// Opens the channel, and lets chip authentication mapping be proven where PACE ran with it: while
/// the master file is current, since EF.CardSecurity lies there.
fn after_pace(
    link: &mut Link<'_>,
    habits: &mut Habits,
    found: &Found,
    parameters: &Parameters,
    established: Established,
) -> Result<Opened, Error> {
    let Established {
        session,
        chip_ephemeral,
        authorities,
        chip_authentication_data,
        mapping_key,
    } = established;
    link.open(session);
    let mut opened = Opened {
        used: AccessUsed::Pace {
            parameter_id: parameters.domain.parameter_id().unwrap_or_default(),
            oid: parameters.oid.clone(),
        },
        pace: Some(Bound {
            chip_ephemeral,
            authorities,
        }),
        card_security: None,
        mapping: MappingAttempt::NotTried,
    };
    if parameters.protocol.mapping == Mapping::ChipAuthentication {
        if found.application == Application::Selected {
            // EF.SOD has the same identifiers in the application.
            link.send(&Command::new(ins::SELECT, 0x00, 0x0C).with_data(vec![0x3F, 0x00]))?;
        }
        let file = mapping::card_security(link, habits)?;
        opened.mapping = match &file {
            Ok(file) => mapping::compare(chip_authentication_data, mapping_key, file),
            Err(_) => MappingAttempt::Refused,
        };
        opened.card_security = Some(file);
    }
    Ok(opened)
}

/// Selects the application where access control left the master file current (quirk row 18).
///
/// # Errors
/// [`CardError::NotEmrtd`], or the link's own.
pub(super) fn enter(link: &mut Link<'_>, opened: &Opened) -> Result<(), Error> {
    match opened.used {
        AccessUsed::Pace { .. } | AccessUsed::PaceByReader => select_application(link),
        AccessUsed::Bac | AccessUsed::BacAlthoughPace | AccessUsed::None => Ok(()),
    }
}

/// What EF.CardAccess offers. Bytes that are no SecurityInfos offer nothing; the signed DG14 will
/// tell what was hidden.
fn security_infos(card_access: &[u8]) -> SecurityInfos {
    SecurityInfos::decode(card_access).unwrap_or_default()
}

/// Ladder for EF.CardAccess. Citizen cards answer 6D00 to SELECT MF but give the file straight
/// after power-up; every refusal means "try the next rung".
///
/// # Errors
/// [`CardError::NotEmrtd`] from the last rung, or the link's own.
pub(super) fn find_card_access(link: &mut Link<'_>, habits: &mut Habits) -> Result<Found, Error> {
    let found = |card_access| Found {
        card_access: Some(card_access),
        application: Application::Unselected,
    };
    if link.sizes() == Sizes::InAtrInfo {
        learn_sizes(link, habits)?;
    }
    if let Some(file) = select_card_access(link, habits)? {
        return Ok(found(file));
    }
    // A card that is known to refuse the master file may give the file by its short identifier.
    if habits.master_file == MasterFile::Later
        && let Some(file) = card_access_by_sfi(link, habits)?
    {
        return Ok(found(file));
    }
    let master_file = [
        Command::new(ins::SELECT, 0x00, 0x0C).with_data(vec![0x3F, 0x00]),
        Command::new(ins::SELECT, 0x00, 0x0C),
        Command::new(ins::SELECT, 0x00, 0x00)
            .with_data(vec![0x3F, 0x00])
            .expecting(256),
    ];
    for select in &master_file {
        let status = link.send(select)?.status;
        if status == Status::SUCCESS {
            if let Some(file) = select_card_access(link, habits)? {
                return Ok(found(file));
            }
            break;
        }
        habits.note(&format!("select-mf-{:04x}", status.0));
    }
    if habits.master_file == MasterFile::First
        && let Some(file) = card_access_by_sfi(link, habits)?
    {
        return Ok(found(file));
    }
    select_application(link)?;
    Ok(Found {
        card_access: select_card_access(link, habits)?,
        application: Application::Selected,
    })
}

fn select_card_access(link: &mut Link<'_>, habits: &mut Habits) -> Result<Option<Vec<u8>>, Error> {
    match link.send(&files::select_file(FileId::CardAccess))?.status {
        Status::SUCCESS => {}
        // Quirk row 2: a warning; the file may be readable all the same.
        Status::DEACTIVATED => habits.note("card-access-6283"),
        _ => return Ok(None),
    }
    plain_file(link, habits, 0)
}

fn card_access_by_sfi(link: &mut Link<'_>, habits: &mut Habits) -> Result<Option<Vec<u8>>, Error> {
    let p1 = files::by_short_identifier(FileId::CardAccess);
    plain_file(link, habits, p1)
}

/// A file in the clear; its first piece is also the trial of extended length.
fn plain_file(link: &mut Link<'_>, habits: &mut Habits, p1: u8) -> Result<Option<Vec<u8>>, Error> {
    let first = Command::new(ins::READ_BINARY, p1, 0).expecting(256);
    let announced = link.extended();
    let most = link.response_limit();
    let mut response = files::try_extended(link, habits, &first, most)?;
    if announced == ExtendedLength::Works && link.extended() == ExtendedLength::Refused {
        habits.note("extended-refused");
    }
    // Nothing against the file, only against so large a piece of it.
    if !files::usable(&response)
        && matches!(
            response.status,
            Status::WRONG_LENGTH | Status::WRONG_OFFSET | Status::END_OF_FILE
        )
    {
        response = files::first_piece(link, habits, p1)?;
    }
    if !files::usable(&response) {
        return Ok(None);
    }
    let mut data = response.data;
    files::rest(link, habits, &mut data)?;
    Ok(Some(data))
}

/// Largest command and answer, from EF.ATR/INFO tag 7F66 (ISO/IEC 7816-4 §12.7.1). Without both the
/// usual ones hold, and that is noted.
fn learn_sizes(link: &mut Link<'_>, habits: &mut Habits) -> Result<(), Error> {
    let p1 = files::by_short_identifier(FileId::AtrInfo);
    let response = link.send(&Command::new(ins::READ_BINARY, p1, 0).expecting(256))?;
    let mut reader = Reader::new(&response.data);
    while let Ok(element) = reader.element("EF.ATR/INFO") {
        if element.tag != 0x7F66 {
            continue;
        }
        let sizes = element.inside().and_then(|mut inside| {
            let command = inside.expect(0x02, "largest command")?.small_integer()?;
            let response = inside.expect(0x02, "largest response")?.small_integer()?;
            Ok((command, response))
        });
        if let Ok((command, response)) = sizes {
            link.learn_command_limit(usize::try_from(command).unwrap_or_default());
            link.learn_response_limit(usize::try_from(response).unwrap_or_default());
            return Ok(());
        }
    }
    habits.note("no-length-information");
    Ok(())
}

/// SELECT of the application by its identifier; under PACE inside the channel (quirk row 18).
fn select_application(link: &mut Link<'_>) -> Result<(), Error> {
    let response = link.send(&files::select_application())?;
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(CardError::NotEmrtd {
            status: response.status.0,
            applications: directory::applications(link)?,
        }
        .into())
    }
}

/// BAC, candidate after candidate.
fn run_bac(
    link: &mut Link<'_>,
    habits: &mut Habits,
    key: &AccessKey,
    random: &mut dyn Random,
) -> Result<SecureMessaging, Error> {
    if key.mrz.is_empty() {
        return Err(AccessError::KeyKind.into());
    }
    let mut refused = Error::from(AccessError::KeyKind);
    // How EXTERNAL AUTHENTICATE asks for its answer. A chip that refuses the length has not looked
    // at the cryptogram; its challenge is spent, so each form begins anew (quirk row 20).
    let mut forms = AUTHENTICATE_EXPECTED;
    if let Some(known) = habits.external_authenticate {
        forms.sort_by_key(|(_, quirk)| *quirk != Some(known));
    }
    let mut forms = forms.into_iter().peekable();
    let mut candidates = key.mrz.iter().peekable();
    while let (Some(candidate), Some((expected, quirk))) = (candidates.peek(), forms.peek()) {
        let (step, command) = bac::start(&candidate.information());
        // A chip without EF.CardAccess has had no trial of extended length yet.
        let response = match link.extended() {
            ExtendedLength::Unknown => {
                files::try_extended(link, habits, &command, command.expected)?
            }
            ExtendedLength::Works | ExtendedLength::Refused => link.send(&command)?,
        };
        let (step, command) = step.challenge(&response, random)?;
        let command = expected.map_or(command.clone(), |expected| command.expecting(expected));
        let response = link.send(&command)?;
        let refuses_length = response.status == Status::WRONG_LENGTH;
        if !refuses_length && let Some(quirk) = quirk {
            habits.note(quirk);
        }
        match step.authenticated(&response) {
            Err(error) if refuses_length => {
                refused = error;
                forms.next();
            }
            Err(error @ Error::Access(AccessError::WrongKey { .. })) => {
                refused = error;
                candidates.next();
            }
            done => return done,
        }
    }
    Err(refused)
}

/// Whether the security object can be read without any access control.
fn readable(link: &mut Link<'_>) -> Result<bool, Error> {
    let p1 = files::by_short_identifier(FileId::Sod);
    let response = link.send(&Command::new(ins::READ_BINARY, p1, 0).expecting(8))?;
    Ok(!response.data.is_empty())
}
