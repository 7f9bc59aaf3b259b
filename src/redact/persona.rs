//! The invented persona: every file of a session with somebody else's words and keys in it.

use std::collections::BTreeMap;

use crate::bytes::tlv::Reader;
use crate::capture::ActiveExchange;
use crate::error::Error;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::dg14;
use crate::lds::key::AccessKey;
use crate::lds::security_infos::SecurityInfos;
use crate::redact::chip;
use crate::redact::groups;
use crate::redact::heard::Part;
use crate::redact::invent::Inventor;
use crate::redact::keys;
use crate::redact::keys::Signing;
use crate::redact::opening;
use crate::redact::plain;
use crate::redact::seal::Signed;
use crate::redact::shape::Exchanged;
use crate::redact::shape::is_protected;
use crate::redact::terms::Terms;
use crate::redact::zone;
use crate::secret::Secret;

/// Country of the test authority where nothing says of which country a document is.
const COUNTRY: &str = "VN";

/// A group whose words are replaced, not its keys.
const fn is_of_words(group: DataGroup) -> bool {
    !matches!(group.number(), 1 | 14 | 15)
}

/// Invents the files that take the places of these, and the keys in the terms.
pub(super) fn invent(
    parts: &BTreeMap<FileId, Part>,
    key: &AccessKey,
    original: &str,
    terms: &mut Terms,
) -> Result<BTreeMap<FileId, Vec<u8>>, Error> {
    let seed = terms.seed.clone();
    let mut inventor = Inventor::new(&seed, original);
    let whole = |file: FileId| {
        let part = parts.get(&file).filter(|part| part.is_whole());
        part.map(|part| part.bytes.as_slice())
    };
    let signed = whole(FileId::Sod).and_then(|file| Signed::of_security_object(file).ok());
    let country = signed.as_ref().and_then(Signed::country);
    let country = country.unwrap_or_else(|| COUNTRY.to_owned());

    let dg1 = whole(FileId::Group(DataGroup::DG1));
    let mrz = match dg1 {
        Some(file) => zone::learn(file, &mut inventor)?,
        None => None,
    };
    for group in DataGroup::ALL {
        if let Some(file) = whole(FileId::Group(group)) {
            groups::learn(group, file, &mut inventor);
        }
    }
    if let Some(mrz) = &mrz {
        let citizen = whole(FileId::Group(DataGroup::DG13)).and_then(groups::citizen_number);
        zone::number(mrz, citizen.as_deref(), &mut inventor)?;
    }

    let mut files = BTreeMap::new();
    for (file, part) in parts {
        let made = match file {
            FileId::CardAccess | FileId::AtrInfo | FileId::Dir | FileId::Com => {
                plain::file(*file, &part.bytes)
            }
            // Sealed below, or the chip's own.
            FileId::Sod | FileId::CardSecurity if part.is_whole() => continue,
            FileId::Cvca => continue,
            FileId::Group(group) if part.is_whole() => {
                group_of(*group, &part.bytes, &seed, &mut inventor)?
            }
            FileId::Group(_) | FileId::Sod | FileId::CardSecurity => {
                groups::filler(*file, Some(part), &seed)?
            }
        };
        files.insert(*file, made);
    }
    if let Some(file) = whole(FileId::CardSecurity) {
        let signed = Signed::of_card_security(file)?;
        let set = keys::scrubbed(signed.content());
        let infos = SecurityInfos::decode(&set)?;
        let content = keys::replaced(&set, &infos, &seed, chip::IN_CARD_SECURITY)?;
        let made = signed.over_content(&content, &country, &seed, &mut inventor)?;
        files.insert(FileId::CardSecurity, made);
    }
    if let Some(signed) = &signed {
        let mut list = BTreeMap::new();
        for group in signed.groups() {
            let file = FileId::Group(group);
            let bytes = match files.get(&file) {
                Some(bytes) => bytes.clone(),
                None => groups::filler(file, None, &seed)?,
            };
            list.insert(group, bytes);
        }
        let made = signed.over_groups(&list, &country, &seed, &mut inventor)?;
        files.insert(FileId::Sod, made);
    }
    let people = [mrz, opening::zone_of(&files)];
    let [old, new] = &people;
    opening::name(key, old.as_ref(), new.as_ref(), terms, &inventor)?;
    terms.country.clone_from(&country);
    Ok(files)
}

fn group_of(
    group: DataGroup,
    file: &[u8],
    seed: &str,
    inventor: &mut Inventor,
) -> Result<Vec<u8>, Error> {
    if is_of_words(group) {
        return Ok(groups::group(group, file, inventor)?);
    }
    let made = match group {
        DataGroup::DG1 => zone::dg1(file, inventor)?,
        DataGroup::DG15 => keys::dg15_of(file, seed).ok(),
        _ => None,
    };
    if let Some(made) = made {
        return Ok(made);
    }
    if group == DataGroup::DG14
        && let Ok(infos) = dg14::decode(file)
    {
        let (header, set) = file
            .split_at_checked(outer_header(file))
            .unwrap_or_default();
        let scrubbed = [header, &keys::scrubbed(set)].concat();
        return Ok(keys::replaced(&scrubbed, &infos, seed, chip::IN_DG14)?);
    }
    // A file in no form that is known: bytes that mean nothing.
    let part = Part {
        bytes: file.to_vec(),
        announced: Some(file.len()),
    };
    Ok(groups::filler(FileId::Group(group), Some(&part), seed)?)
}

/// Octets of the first tag and its length.
pub(super) fn outer_header(file: &[u8]) -> usize {
    Reader::new(file).element("file").map_or(0, |element| {
        element.raw.len().saturating_sub(element.value.len())
    })
}

/// What opens the persona's chip by its zone: that of DG1 where it is there, else the key that was
/// tried last.
pub(super) fn zone_information(
    files: &BTreeMap<FileId, Vec<u8>>,
    key: &AccessKey,
    wire: &[Exchanged],
) -> Secret {
    let file = files.get(&FileId::Group(DataGroup::DG1));
    let known = file.and_then(|file| Dg1::decode(file).ok());
    let tries = wire.iter().filter(|(command, _)| {
        !is_protected(command) && command.get(1) == Some(&ins::EXTERNAL_AUTHENTICATE)
    });
    let last = key.mrz.get(tries.count().saturating_sub(1));
    match (known, last) {
        (Some(Dg1 { mrz, .. }), _) => mrz.key().information(),
        (None, Some(key)) => key.information(),
        (None, None) => Secret::copy_of(b""),
    }
}

/// How the chip signs that is stood for, or the one that stands for it.
pub(super) fn signing(
    files: &BTreeMap<FileId, Vec<u8>>,
    exchange: Option<&ActiveExchange>,
) -> Option<Signing> {
    let dg15 = files.get(&FileId::Group(DataGroup::DG15))?;
    let infos = chip::group_14(files);
    Some(keys::signing(dg15, infos.as_ref(), exchange))
}
