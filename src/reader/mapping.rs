//! Chip authentication mapping: which key of EF.CardSecurity the chip proved to hold while PACE ran
//! (Doc 9303-11 §4.4.3.3.3).

use crate::bytes::oid::Oid;
use crate::capture::MappingAttempt;
use crate::capture::MappingWitness;
use crate::crypto::agreement;
use crate::crypto::agreement::Public;
use crate::error::Error;
use crate::iso7816::Status;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::link::Link;
use crate::pki::cms::SignedData;
use crate::reader::files;
use crate::reader::files::FileOrStatus;
use crate::reader::files::Habits;
use crate::secret::Secret;

/// Reads EF.CardSecurity. The master file is current and the channel open.
///
/// # Errors
/// When the link breaks or the file does not end; a refusal is the inner value.
pub(super) fn card_security(
    link: &mut Link<'_>,
    habits: &mut Habits,
) -> Result<FileOrStatus, Error> {
    let file = FileId::CardSecurity;
    let p1 = match link.send(&files::select_file(file))?.status {
        Status::SUCCESS => 0,
        _ => files::by_short_identifier(file),
    };
    let response = files::first_piece(link, habits, p1)?;
    if files::usable(&response) {
        files::rest(link, habits, response.data).map(Ok)
    } else {
        Ok(Err(response.status))
    }
}

/// Compares what the chip proved with the keys in the file: CA_IC times the chip's static key is
/// its key of the mapping. Nothing is judged: whether the file is signed is found out later.
pub(super) fn compare(
    data: Option<Secret>,
    mapping: Option<Public>,
    file: &[u8],
) -> MappingAttempt {
    let Some((data, mapping)) = data.zip(mapping) else {
        return MappingAttempt::Unproven;
    };
    let fits = |key: &Public| agreement::times(&data, key).is_ok_and(|product| product == mapping);
    let proven = keys(file)
        .into_iter()
        .find(|key| key.domain() == mapping.domain() && fits(key));
    match proven {
        Some(key) => MappingAttempt::Proven(MappingWitness {
            public: key.encoded().to_vec(),
            name: key.domain().name(),
        }),
        None => MappingAttempt::Unproven,
    }
}

/// The chip's keys in EF.CardSecurity, whoever signed it.
fn keys(file: &[u8]) -> Vec<Public> {
    let infos = card_security::signed_data(file)
        .and_then(|content_info| SignedData::decode(&content_info))
        .and_then(|signed| card_security::decode(Oid::new(&signed.content_type), &signed.content));
    let keys = infos.map(|infos| infos.chip_keys).unwrap_or_default();
    keys.into_iter().filter_map(|key| key.key).collect()
}
