//! Reading EF.DIR: which applications a card has (ISO/IEC 7816-4 §12.2.3, quirk row 47).

use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::lds::lds2::directory;
use crate::link::Link;
use crate::reader::files;

/// Most bytes of EF.DIR that are read: a dozen templates take a few hundred.
const MOST_BYTES: usize = 2_048;

/// Identifiers of the applications in EF.DIR; none where it cannot be read. The master file is
/// current.
///
/// # Errors
/// When the link breaks.
pub(super) fn applications(link: &mut Link<'_>) -> Result<Vec<Vec<u8>>, Error> {
    Ok(directory::identifiers(&read(link)?))
}

/// EF.DIR as it stands; empty where it cannot be read. The master file is current.
///
/// # Errors
/// When the link breaks.
pub(super) fn read(link: &mut Link<'_>) -> Result<Vec<u8>, Error> {
    match content(link, files::by_short_identifier(FileId::Dir))? {
        content if !content.is_empty() => Ok(content),
        _ => match link.send(&files::select_file(FileId::Dir))?.status {
            Status::SUCCESS => content(link, 0),
            _ => Ok(Vec::new()),
        },
    }
}

/// The file to its end: its templates stand one after another, so no header tells its length.
fn content(link: &mut Link<'_>, first: u8) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let mut p1 = first;
    while let Some([high, low]) = u16::try_from(content.len())
        .ok()
        .filter(|_| content.len() < MOST_BYTES)
        .map(u16::to_be_bytes)
    {
        if !content.is_empty() {
            p1 = high;
        }
        let asked = link.short_capacity();
        let command = Command::new(ins::READ_BINARY, p1, low).expecting(asked);
        let response = link.send(&command)?;
        if !files::usable(&response) {
            break;
        }
        content.extend_from_slice(&response.data);
        if response.data.len() < asked || response.status == Status::END_OF_FILE {
            break;
        }
    }
    Ok(content)
}
