//! The virtual card that a command line asks for.

use std::path::Path;

use crate::cli::input;
use crate::cli::input::NoText;
use crate::error::Error;
use crate::error::SetupError;
use crate::sim::lds2;
use crate::sim::persona;
use crate::sim::persona::Persona;
use crate::sim::persona::file;

/// The persona of this name or in this file, with quirks and faults switched on: before it is
/// personalised, since some of them stand in the card's files.
pub(super) fn persona(
    name: &str,
    quirks: &[String],
    faults: &[String],
) -> Result<Persona, SetupError> {
    let mut persona = named(name)?;
    persona.switch_on(quirks, faults)?;
    Ok(persona)
}

/// Whether this is the path of a persona's file, not the name of one that ships.
pub(super) fn is_path(name: &str) -> bool {
    name.ends_with(".toml") || name.contains(['/', std::path::MAIN_SEPARATOR])
}

fn named(name: &str) -> Result<Persona, SetupError> {
    if is_path(name) {
        return read(Path::new(name));
    }
    persona::find(name).ok_or(SetupError::PersonaUnknown)
}

/// Reads the file of a persona, and the image beside it that it may name.
fn read(path: &Path) -> Result<Persona, SetupError> {
    let given = || path.display().to_string();
    let malformed = |faults| SetupError::Persona {
        path: given(),
        faults,
    };
    let text = input::text(path, file::MAX_FILE).map_err(|no_text| match no_text {
        NoText::Unreadable => SetupError::PersonaUnreadable { path: given() },
        NoText::Encoding(fault) => malformed(vec![fault]),
    })?;
    let image = |name: &str| {
        // A plain name: nothing outside of the persona's own folder.
        let plain = Path::new(name).file_name() == Some(name.as_ref());
        let file = path.parent().unwrap_or(Path::new("")).join(name);
        // Nor a pipe, which may never end.
        let plain = plain && file.is_file();
        let bytes = plain.then(|| input::read_bounded(&file, file::MAX_IMAGE).ok());
        bytes.flatten()
    };
    file::parse_with(&text, &image).map_err(|error| malformed(error.faults))
}

/// What opens the persona's own card: the text of its QR code, or its zone where it has none.
pub(super) fn own_key(persona: &Persona) -> String {
    if persona.chip.document.has_qr() {
        persona.qr()
    } else {
        persona.mrz()
    }
}

/// The persona with invented travel records, a visa and additional biometrics, and with trust in
/// terminals that may read them.
pub(super) fn with_applications(persona: Persona) -> Result<Persona, Error> {
    Ok(lds2::laid_beside(persona)?)
}
