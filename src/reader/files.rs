//! Reading one elementary file in pieces (Doc 9303-10 §3.6, ISO/IEC 7816-4 §11.3.3).
//!
//! The first piece comes by short file identifier and tells the length; there is no SELECT and no
//! separate probe unless a card insists. What worked is remembered for the session.

use std::mem;

use zeroize::Zeroize as _;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::error::CardError;
use crate::error::Error;
use crate::error::TransportError;
use crate::iso7816::Command;
use crate::iso7816::EXTENDED_EXPECTED;
use crate::iso7816::Response;
use crate::iso7816::SHORT_EXPECTED;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::profile::Files;
use crate::profile::Hints;
use crate::profile::KeyKind;
use crate::reader::pace::AuthenticateForm;
use crate::reader::pace::ParameterReference;
use crate::reader::pieces;
use crate::reader::pieces::Pieces;
use crate::reader::plan::Plan;

/// Identifier of the eMRTD application (Doc 9303-10 §3.4).
const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// Largest file accepted, in bytes. Five times the biggest DG2 seen; stops a card that never ends.
const MAX_FILE: usize = 512 * 1024;

/// Most READ BINARY commands for one file: the largest file in the smallest pieces, and retries.
const MAX_PIECES: usize = 8_192;

/// First offset that the even instruction cannot address.
const EVEN_LIMIT: usize = 0x8000;

/// What is asked for in extended length from a card that refused the most there is, in bytes.
const MODEST: usize = 512;

/// Bytes that tell a file's length: as few as honest chips give (quirk row 13).
const HEADER: usize = 8;

/// Bit of P1 that says a short file identifier follows.
const BY_SHORT_IDENTIFIER: u8 = 0x80;

/// What this card and reader turned out to need; remembered for the session.
#[derive(Debug, Default)]
pub(super) struct Habits {
    short_identifiers: ShortIdentifiers,
    pieces: Pieces,
    over_the_end: OverTheEnd,
    /// How GENERAL AUTHENTICATE goes out.
    pub(super) general_authenticate: AuthenticateForm,
    /// Whether MSE:Set AT names the domain parameters.
    pub(super) parameter_reference: ParameterReference,
    /// The key that PACE runs with first.
    pub(super) first_key: FirstKey,
    /// Whether the master file is selected before EF.CardAccess is tried by its short identifier.
    pub(super) master_file: MasterFile,
    /// How EXTERNAL AUTHENTICATE is known to go out, by the name of the quirk.
    pub(super) external_authenticate: Option<&'static str>,
    /// Template 7F4C that PACE announces a terminal with, where the chip may want it.
    pub(super) holder_authorization: Option<Vec<u8>>,
    /// Names of the quirks met.
    pub(super) quirks: Vec<String>,
}

/// Quirks of chips that do not let the master file be selected (row 1).
const MASTER_FILE_REFUSED: [&str; 5] = [
    "select-mf-6d00",
    "select-mf-6a86",
    "select-mf-6a87",
    "select-mf-6a81",
    "select-mf-6985",
];

/// Which key PACE runs with first, of a number and a zone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstKey {
    /// The card access number: one run, and no expiry to guess.
    #[default]
    Number,
    /// The machine-readable zone, as such documents are known to want.
    Zone,
}

/// When the master file is selected.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum MasterFile {
    /// Before EF.CardAccess is tried by its short identifier.
    #[default]
    First,
    /// After: such cards are known to refuse.
    Later,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum ShortIdentifiers {
    #[default]
    Untried,
    Work,
    Refused,
    /// Such cards are known to refuse them; this one has not been asked.
    Doubted,
}

/// What a read over the end of a file gives.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum OverTheEnd {
    /// What is there.
    #[default]
    Data,
    /// Nothing: the length must be known first (quirk row 12).
    Nothing,
}

impl Habits {
    /// Begins with what such cards are known to need.
    pub(super) fn expecting(plan: &Plan) -> Self {
        let hints = plan.known_hints();
        let other = [
            "parameter-reference-refused",
            "parameter-reference-required",
        ];
        Self {
            parameter_reference: if plan.knows_quirk(&other) {
                ParameterReference::Other
            } else {
                ParameterReference::AsNeeded
            },
            first_key: match plan.first_key() {
                KeyKind::Can => FirstKey::Number,
                KeyKind::Mrz => FirstKey::Zone,
            },
            master_file: if plan.knows_quirk(&MASTER_FILE_REFUSED) {
                MasterFile::Later
            } else {
                MasterFile::First
            },
            external_authenticate: ["external-authenticate-le-00", "external-authenticate-no-le"]
                .into_iter()
                .find(|quirk| plan.knows_quirk(&[quirk])),
            short_identifiers: match hints.files {
                Some(Files::Select) => ShortIdentifiers::Doubted,
                Some(Files::ShortIdentifier) | None => ShortIdentifiers::Untried,
            },
            pieces: hints.piece.map_or_else(Pieces::default, Pieces::known),
            ..Self::default()
        }
    }

    /// What this card turned out to need.
    pub(super) fn learnt(&self) -> Hints {
        Hints {
            piece: self.pieces.limit(),
            files: match self.short_identifiers {
                ShortIdentifiers::Work => Some(Files::ShortIdentifier),
                ShortIdentifiers::Refused => Some(Files::Select),
                ShortIdentifiers::Untried | ShortIdentifiers::Doubted => None,
            },
            ..Hints::default()
        }
    }

    /// Reads files by SELECT from now on, where nothing was read by a short identifier yet; `None`
    /// where that is no way out.
    pub(super) fn give_up_short_identifiers(&mut self) -> Option<()> {
        if self.short_identifiers != ShortIdentifiers::Untried {
            return None;
        }
        self.short_identifiers = ShortIdentifiers::Refused;
        self.note("sfi-unsupported");
        Some(())
    }

    /// Names a quirk once.
    pub(super) fn note(&mut self, quirk: &str) {
        if !self.quirks.iter().any(|known| known == quirk) {
            self.quirks.push(quirk.to_owned());
        }
    }
}

/// A file, or the status word that stands in its place.
pub(super) type FileOrStatus = Result<Vec<u8>, Status>;

/// As much of a file as has come: what is left of it when a session breaks.
#[derive(Debug, Default)]
pub(super) struct Partial {
    file: Option<FileId>,
    data: Vec<u8>,
}

impl Partial {
    /// How many bytes of this file have come.
    pub(super) const fn bytes(&self) -> usize {
        self.data.len()
    }

    /// What has come of this file; nothing of any other is kept.
    fn of(&mut self, file: FileId) -> &mut Vec<u8> {
        if self.file != Some(file) {
            self.file = Some(file);
            self.data.zeroize();
        }
        &mut self.data
    }

    fn finished(&mut self) -> Vec<u8> {
        self.file = None;
        mem::take(&mut self.data)
    }
}

/// Half a file says as much of its holder as it goes.
impl Drop for Partial {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

/// Reads a whole file of the current application, or what is still missing of it.
///
/// # Errors
/// When the link breaks or the file does not end; a refusal is the inner value. What came until
/// then is in `partial`.
pub(super) fn read(
    link: &mut Link<'_>,
    habits: &mut Habits,
    file: FileId,
    partial: &mut Partial,
) -> Result<FileOrStatus, Error> {
    let data = partial.of(file);
    if data.is_empty() || !make_current(link, habits, file)? {
        match first(link, habits, file)? {
            Ok(response) => *data = response.data,
            Err(status) => return Ok(Err(status)),
        }
    }
    rest(link, habits, data)?;
    Ok(Ok(partial.finished()))
}

/// Makes a file current whose beginning is known already.
fn make_current(link: &mut Link<'_>, habits: &Habits, file: FileId) -> Result<bool, Error> {
    if link.send(&select_file(file))?.status == Status::SUCCESS {
        return Ok(true);
    }
    if habits.short_identifiers != ShortIdentifiers::Work {
        return Ok(false);
    }
    let p1 = by_short_identifier(file);
    let header = Command::new(ins::READ_BINARY, p1, 0).expecting(HEADER);
    Ok(usable(&link.send(&header)?))
}

/// The first piece, in the way that this card is known to take.
fn first(
    link: &mut Link<'_>,
    habits: &mut Habits,
    file: FileId,
) -> Result<Result<Response, Status>, Error> {
    match habits.short_identifiers {
        ShortIdentifiers::Refused => select_and_read(link, habits, file),
        ShortIdentifiers::Doubted => {
            let selected = select_and_read(link, habits, file)?;
            habits.short_identifiers = if selected.is_ok() {
                habits.note("sfi-unsupported");
                ShortIdentifiers::Refused
            } else {
                ShortIdentifiers::Untried
            };
            if selected.is_ok() {
                return Ok(selected);
            }
            first(link, habits, file)
        }
        known => {
            let response = first_piece(link, habits, by_short_identifier(file))?;
            if usable(&response) && begins_as(file, &response.data) {
                habits.short_identifiers = ShortIdentifiers::Work;
                Ok(Ok(response))
            } else if usable(&response) {
                instead_of_another(link, habits, file, response)
            } else if known == ShortIdentifiers::Untried {
                let selected = select_and_read(link, habits, file)?;
                if selected.is_ok() {
                    habits.short_identifiers = ShortIdentifiers::Refused;
                    habits.note("sfi-unsupported");
                }
                Ok(selected)
            } else {
                Ok(Err(response.status))
            }
        }
    }
}

/// What came by a short identifier begins as no such file does. ISO/IEC 7816-4 §7.3.2.2: the identifier
/// is valid within the current application, but there are chips that look on in the master file and
/// stay there, where EF.DIR has the number of EF.COM, and EF.CardSecurity that of EF.SOD (quirk row
/// 52). So the application is selected again, and the file by its whole identifier; where that gives
/// the same, the file is what it is, and is judged.
fn instead_of_another(
    link: &mut Link<'_>,
    habits: &mut Habits,
    file: FileId,
    response: Response,
) -> Result<Result<Response, Status>, Error> {
    let entered = link.send(&select_application())?.status;
    if entered != Status::SUCCESS {
        return Ok(Err(entered));
    }
    let selected = select_and_read(link, habits, file)?;
    if selected.as_ref().map(|own| &own.data) != Ok(&response.data) {
        habits.note("sfi-leaves-application");
    }
    Ok(selected)
}

/// Selects a file by its identifier and reads the first piece.
fn select_and_read(
    link: &mut Link<'_>,
    habits: &mut Habits,
    file: FileId,
) -> Result<Result<Response, Status>, Error> {
    let selected = link.send(&select_file(file))?;
    if selected.status != Status::SUCCESS {
        return Ok(Err(selected.status));
    }
    let response = first_piece(link, habits, 0)?;
    Ok(if usable(&response) {
        Ok(response)
    } else {
        Err(response.status)
    })
}

/// SELECT of the eMRTD application, without an answer.
pub(super) fn select_application() -> Command {
    Command::new(ins::SELECT, 0x04, 0x0C).with_data(EMRTD.to_vec())
}

/// Whether a file of the application can begin so: with its template (Doc 9303-10 §4.6, §4.7). One
/// that is empty, or has none, may be anything.
fn begins_as(file: FileId, data: &[u8]) -> bool {
    match (file.template(), Reader::new(data).peek()) {
        (Some(own), Some(found)) => own == found,
        _ => true,
    }
}

/// SELECT of an elementary file under the current application, without an answer.
pub(super) fn select_file(file: FileId) -> Command {
    Command::new(ins::SELECT, 0x02, 0x0C).with_data(file.id().to_be_bytes().to_vec())
}

/// P1 of a READ BINARY that makes this file the current one and reads it from its start.
pub(super) const fn by_short_identifier(file: FileId) -> u8 {
    BY_SHORT_IDENTIFIER | file.sfi()
}

/// Data came, whatever warning came with it.
pub(super) fn usable(response: &Response) -> bool {
    !response.data.is_empty()
        && matches!(
            response.status,
            Status::SUCCESS | Status::END_OF_FILE | Status::DEACTIVATED
        )
}

/// The first piece, as large as link and card carry; the header alone where a card gives nothing
/// of a file that is shorter than what was asked for.
pub(super) fn first_piece(
    link: &mut Link<'_>,
    habits: &mut Habits,
    p1: u8,
) -> Result<Response, Error> {
    let command = |expected| Command::new(ins::READ_BINARY, p1, 0).expecting(expected);
    if habits.over_the_end == OverTheEnd::Data {
        let response = piece(link, habits, &command, usize::MAX)?;
        if response.status != Status::WRONG_OFFSET {
            return Ok(response);
        }
    }
    let response = piece(link, habits, &command, HEADER)?;
    if usable(&response) {
        habits.over_the_end = OverTheEnd::Nothing;
        habits.note("end-of-file-6b00");
    }
    Ok(response)
}

/// One piece of at most `most` bytes; a card that refuses the size is asked for less.
fn piece(
    link: &mut Link<'_>,
    habits: &mut Habits,
    command: &dyn Fn(usize) -> Command,
    most: usize,
) -> Result<Response, Error> {
    loop {
        let size = habits
            .pieces
            .next(link.read_capacity(), |answer| link.payload(answer), most);
        let expected = size.min(most);
        let response = link.send(&command(expected))?;
        // A refusal, or nothing where something must be: the size was too much.
        let refused = response.status == Status::WRONG_LENGTH
            || (response.status == Status::END_OF_FILE && response.data.is_empty());
        if refused && expected > pieces::SMALLEST {
            habits.pieces.refused(expected);
            habits.note("chunk-limit");
            continue;
        }
        return match response.status.right_length() {
            // Inside a secure channel the link leaves 6Cxx to us.
            Some(length) if expected != usize::from(length) && length != 0 => {
                habits.note("le-6cxx");
                link.send(&command(usize::from(length)))
            }
            _ => {
                if usable(&response) {
                    habits.pieces.worked(response.data.len());
                    name_the_end(habits, expected, &response);
                }
                Ok(response)
            }
        };
    }
}

/// Names what a card does at the end of a file where it differs from its kind (quirk row 12): fewer
/// bytes than an exact length without the warning, or the warning although "up to" was asked for.
fn name_the_end(habits: &mut Habits, expected: usize, response: &Response) {
    let whole = tlv::announced_length(&response.data).is_some_and(|all| all <= response.data.len());
    if !whole || response.data.len() >= expected {
        return;
    }
    let up_to = matches!(expected, SHORT_EXPECTED | EXTENDED_EXPECTED);
    match (response.status, up_to) {
        (Status::END_OF_FILE, true) => habits.note("end-of-file-6282"),
        (Status::SUCCESS, false) => habits.note("end-of-file-9000"),
        _ => {}
    }
}

/// Sends a command that is harmless in the clear as the trial of extended length: `expected` bytes
/// are asked for in the extended form, and the command as it is when the card does not take that.
///
/// # Errors
/// When the link breaks otherwise than by refusing the length.
pub(super) fn try_extended(
    link: &mut Link<'_>,
    habits: &mut Habits,
    command: &Command,
    expected: usize,
) -> Result<Response, Error> {
    if link.extended() == ExtendedLength::Refused {
        return link.send(command);
    }
    // A card that announces extended length may mean shorter answers than the longest there are.
    let modest = (link.extended() == ExtendedLength::Works && expected > MODEST).then_some(MODEST);
    for size in [Some(expected), modest].into_iter().flatten() {
        match link.send_extended(&command.clone().expecting(size)) {
            Ok(response) if usable(&response) => {
                link.learn_extended(ExtendedLength::Works);
                if size < expected {
                    habits.pieces.refused(expected);
                    habits.note("chunk-limit");
                }
                name_the_end(habits, size, &response);
                return Ok(response);
            }
            Ok(response) => match response.status {
                // "Wrong length" in the words of different chips: the same again, short.
                Status::WRONG_LENGTH | Status::UNSPECIFIED | Status(0x6C00) => {}
                // A file shorter than what was asked for, in the words of a strict chip (quirk row
                // 11): the length field was understood, only its value was not the right one.
                status => {
                    return match status.right_length() {
                        Some(length) => {
                            habits.note("le-6cxx");
                            link.learn_extended(ExtendedLength::Works);
                            link.send(&command.clone().expecting(usize::from(length)))
                        }
                        None => Ok(response),
                    };
                }
            },
            Err(Error::Transport(TransportError::CommandRefused { .. })) => break,
            Err(error) => return Err(error),
        }
    }
    link.learn_extended(ExtendedLength::Refused);
    link.send(command)
}

/// Everything after what has come already.
pub(super) fn rest(
    link: &mut Link<'_>,
    habits: &mut Habits,
    data: &mut Vec<u8>,
) -> Result<(), Error> {
    while tlv::announced_length(data).is_none() && data.len() < HEADER {
        let more = next_piece(link, habits, data.len(), HEADER - data.len())?;
        if more.is_empty() {
            break;
        }
        data.extend_from_slice(&more);
    }
    let Some(total) = tlv::announced_length(data) else {
        // No length can be told from it: hashed as it is, and found out there.
        return Ok(());
    };
    if total > MAX_FILE {
        return Err(CardError::FileTooLong { limit: MAX_FILE }.into());
    }
    for _ in 0..=MAX_PIECES {
        if data.len() >= total {
            data.truncate(total);
            return Ok(());
        }
        let more = next_piece(link, habits, data.len(), total - data.len())?;
        if more.is_empty() {
            // Shorter than it says of itself: its hash will tell.
            habits.note("file-cut-short");
            return Ok(());
        }
        data.extend_from_slice(&more);
    }
    Err(CardError::EndlessAnswer.into())
}

/// Length of the data object around so many bytes, which the odd instruction's Le counts: no more,
/// since a read over the end gives nothing on some cards.
const fn discretionary_len(data: usize) -> usize {
    let header = match data {
        0..=0x7F => 2,
        0x80..=0xFF => 3,
        0x100..=0xFFFF => 4,
        _ => 5,
    };
    data.saturating_add(header)
}

/// The piece at an offset; empty where the file ends early.
fn next_piece(
    link: &mut Link<'_>,
    habits: &mut Habits,
    offset: usize,
    left: usize,
) -> Result<Vec<u8>, Error> {
    if let Some([high, low]) = u16::try_from(offset)
        .ok()
        .filter(|_| offset < EVEN_LIMIT)
        .map(u16::to_be_bytes)
    {
        // The two addressings never overlap: the even instruction stops where the odd one begins.
        let most = left.min(EVEN_LIMIT - offset);
        let response = piece(
            link,
            habits,
            &|expected| Command::new(ins::READ_BINARY, high, low).expecting(expected),
            most,
        )?;
        return Ok(if usable(&response) {
            response.data
        } else {
            Vec::new()
        });
    }
    let offset = tlv::encode(0x54, &[tlv::trim_zeros(&offset.to_be_bytes())]);
    let response = piece(
        link,
        habits,
        &|expected| {
            Command::new(ins::READ_BINARY_ODD, 0, 0)
                .with_data(offset.clone())
                .expecting(expected)
        },
        discretionary_len(left),
    )?;
    if !usable(&response) {
        return Ok(Vec::new());
    }
    // ISO/IEC 7816-4 §11.3.3: discretionary data in DO 53; cards in the field also say 73.
    let mut reader = Reader::new(&response.data);
    let object = reader.element("discretionary data")?;
    match object.tag {
        0x53 => {}
        0x73 => habits.note("discretionary-template"),
        _ => return Ok(Vec::new()),
    }
    Ok(object.value.to_vec())
}
