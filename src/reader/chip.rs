//! Chip authentication: new keys with the chip's static key, proven by the first exchange under
//! them.

use std::mem;

use crate::capture::Capture;
use crate::capture::ChipAttempt;
use crate::capture::ChipWitness;
use crate::capture::Live;
use crate::channel::chip_auth;
use crate::channel::chip_auth::Agreed;
use crate::channel::chip_auth::Parameters;
use crate::channel::chip_auth::Refused;
use crate::channel::chip_auth::Step;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Point;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::security_infos::Agreement;
use crate::lds::security_infos::ChipKey;
use crate::lds::security_infos::SecurityInfos;
use crate::link::Link;
use crate::reader::files;
use crate::reader::files::Habits;

/// Content octets of id-CA-ECDH-3DES-CBC-CBC (TR-03110-3 §A.1.1.2), which a lone public key means.
const CA_ECDH_3DES: [u8; 10] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x01];

/// The version of chip authentication that this build runs.
const CA_VERSION: u32 = 1;

/// Bytes of EF.SOD read again as a proof when there is no active authentication.
const PROOF: usize = 8;

/// Runs chip authentication version 1, where DG14 offers it, and opens the new channel. Gives the
/// terminal's ephemeral public key, which terminal authentication version 1 signs.
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
) -> Result<Option<Point>, Error> {
    if over(live) {
        return Ok(None);
    }
    let Some(parameters) = offer(capture, habits) else {
        return Ok(None);
    };
    let agreed = agree(link, &parameters, random);
    let Some(agreed) = or_break(agreed, live)? else {
        return Ok(None);
    };
    match agreed {
        Err(_) => {
            live.chip_authentication = ChipAttempt::Refused;
            Ok(None)
        }
        Ok(Agreed { session, ephemeral }) => {
            link.open(session);
            live.chip_authentication = ChipAttempt::Agreed(ChipWitness {
                oid: parameters.oid,
                public: parameters.public.encoded().to_vec(),
                name: format!(
                    "{} {}",
                    parameters.public.curve().name(),
                    parameters.cipher.name()
                ),
            });
            Ok(Some(ephemeral))
        }
    }
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

/// Runs the steps; a refusal leaves the old channel as it is.
fn agree(
    link: &mut Link<'_>,
    parameters: &Parameters,
    random: &mut dyn Random,
) -> Result<Result<Agreed, Refused>, Error> {
    let (step, command) = match chip_auth::start(parameters, random)? {
        Step::Last(step, command) => (step, command),
        Step::Send(step, command) => match step.selected(&link.send(&command)?) {
            Ok(next) => next,
            Err(refused) => return Ok(Err(refused)),
        },
    };
    Ok(step.agreed(&link.send(&command)?))
}

/// The key and protocol of a DG14 that chip authentication runs with; `None` when this build runs
/// none of them.
pub fn chip_choice(dg14: &[u8]) -> Option<Parameters> {
    choice(dg14, &mut Habits::default())
}

/// What the DG14 of this card has.
fn offer(capture: &Capture, habits: &mut Habits) -> Option<Parameters> {
    choice(capture.files.get(&FileId::Group(DataGroup::DG14))?, habits)
}

/// The key and protocol to use: the strongest cipher whose key is there.
fn choice(dg14: &[u8], habits: &mut Habits) -> Option<Parameters> {
    let infos = dg14::decode(dg14).ok()?;
    let best = infos
        .chip_authentication
        .iter()
        .filter(|info| info.agreement == Agreement::Ecdh && info.version == CA_VERSION)
        .filter_map(|info| {
            let key = key_for(&infos, info.key_id.as_deref())?;
            Some((info, key))
        })
        .max_by_key(|(info, _)| info.cipher);
    if let Some((info, key)) = best {
        return Some(Parameters {
            oid: info.oid.clone(),
            cipher: info.cipher,
            public: key.key.clone()?,
            key_id: info.key_id.clone().or_else(|| key.key_id.clone()),
        });
    }
    if !infos.chip_authentication.is_empty() {
        return None;
    }
    // Quirk row 36: a key without an info means 3DES.
    let key = infos.chip_keys.iter().find(|key| key.key.is_some())?;
    habits.note("ca-info-missing");
    Some(Parameters {
        oid: CA_ECDH_3DES.to_vec(),
        cipher: Cipher::TripleDes,
        public: key.key.clone()?,
        key_id: key.key_id.clone(),
    })
}

/// The key that an info means: by id, or the only one.
fn key_for<'a>(infos: &'a SecurityInfos, key_id: Option<&[u8]>) -> Option<&'a ChipKey> {
    let usable = || infos.chip_keys.iter().filter(|key| key.key.is_some());
    match key_id {
        Some(_) => usable()
            .find(|key| key.key_id.as_deref() == key_id)
            .or_else(|| usable().find(|key| key.key_id.is_none())),
        None => usable().next(),
    }
}
