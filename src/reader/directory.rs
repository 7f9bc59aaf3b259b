//! EF.DIR: which applications a card has that holds no eMRTD application (ISO/IEC 7816-4 §12.2.3,
//! quirk row 47).

use crate::bytes::tlv::Reader;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::link::Link;
use crate::reader::files;

/// Most bytes of EF.DIR that are read: a dozen templates take a few hundred.
const MOST_BYTES: usize = 2_048;

/// Most applications that are told.
const MOST_APPLICATIONS: usize = 16;

/// Longest application identifier.
const LONGEST_IDENTIFIER: usize = 16;

/// Identifiers of the applications in EF.DIR; none where it cannot be read. The master file is
/// current.
///
/// # Errors
/// When the link breaks.
pub(super) fn applications(link: &mut Link<'_>) -> Result<Vec<Vec<u8>>, Error> {
    let content = match content(link, files::by_short_identifier(FileId::Dir))? {
        content if !content.is_empty() => content,
        _ => match link.send(&files::select_file(FileId::Dir))?.status {
            Status::SUCCESS => content(link, 0)?,
            _ => Vec::new(),
        },
    };
    Ok(identifiers(&content))
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

/// The identifiers (4F) of all application templates (61).
fn identifiers(content: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut reader = Reader::new(content);
    while found.len() < MOST_APPLICATIONS
        && let Ok(template) = reader.element("application template")
    {
        let Ok(mut inside) = template.inside() else {
            continue;
        };
        while let Ok(element) = inside.element("application identifier") {
            if element.tag == 0x4F && element.value.len() <= LONGEST_IDENTIFIER {
                found.push(element.value.to_vec());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_taken_and_what_is_none_is_passed_over() {
        let content = hex::decode(concat!(
            "6109",
            "4F07",
            "A0000002471001",
            "610F",
            "4F05",
            "A000000003",
            "5006",
            "564953410000",
            "5303",
            "010203",
            "6104",
            "4F02",
            "A001",
            "00",
        ))
        .unwrap();
        let found: Vec<String> = identifiers(&content).iter().map(hex::encode).collect();
        assert_eq!(found, ["a0000002471001", "a000000003", "a001"]);
        assert!(identifiers(&[]).is_empty());
        assert!(identifiers(&[0xFF; 40]).is_empty());
    }
}
