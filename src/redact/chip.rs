//! The invented chip: made of its files, of the seed, and of how the chip behaved that it stands for.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::civil::date;

use crate::crypto::agreement::Domain;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::dg14;
use crate::lds::key::AccessKey;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceInfo;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::cms::SignedData;
use crate::redact::keys;
use crate::redact::keys::Signing;
use crate::secret::Secret;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::PaceOffer;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::quirk::Quirk;
use crate::transport::Limits;

/// The date of the invented chip, which knows no other: both test authorities of that time.
const DAY: Date = date(2025, 3, 1);

/// Where a key stands.
pub(super) const IN_DG14: &str = "DG14";
pub(super) const IN_CARD_SECURITY: &str = "EF.CardSecurity";

/// How the chip behaves beside what its files say.
pub(super) struct Manner<'a> {
    pub(super) limits: &'a Limits,
    pub(super) key: &'a AccessKey,
    pub(super) zone: Secret,
    pub(super) quirks: &'a BTreeSet<Quirk>,
    pub(super) signing: Option<Signing>,
    pub(super) trusts_terminals: bool,
}

/// SecurityInfos of EF.CardAccess.
pub(super) fn card_access(files: &BTreeMap<FileId, Vec<u8>>) -> Option<SecurityInfos> {
    SecurityInfos::decode(files.get(&FileId::CardAccess)?).ok()
}

/// SecurityInfos of DG14.
pub(super) fn group_14(files: &BTreeMap<FileId, Vec<u8>>) -> Option<SecurityInfos> {
    dg14::decode(files.get(&FileId::Group(DataGroup::DG14))?).ok()
}

/// SecurityInfos of EF.CardSecurity.
pub(super) fn card_security(files: &BTreeMap<FileId, Vec<u8>>) -> Option<SecurityInfos> {
    let content = card_security::signed_data(files.get(&FileId::CardSecurity)?).ok()?;
    let data = SignedData::decode(&content).ok()?;
    SecurityInfos::decode(&data.content).ok()
}

/// The contents of the chip.
pub(super) fn personalisation(
    files: BTreeMap<FileId, Vec<u8>>,
    seed: &str,
    manner: &Manner<'_>,
) -> Result<Personalisation, Malformed> {
    let access = card_access(&files);
    let pace = access.as_ref().map(offers).unwrap_or_default();
    let group_14 = group_14(&files);
    let in_master = card_security(&files);
    let mut chip_keys = Vec::new();
    if let Some(infos) = &group_14 {
        chip_keys.extend(keys::chip_keys(infos, 1, seed, IN_DG14)?);
    }
    if let Some(infos) = &in_master {
        chip_keys.extend(keys::chip_keys(infos, 2, seed, IN_CARD_SECURITY)?);
    }
    let mapping_key = match &in_master {
        Some(infos) => {
            let curve = pace
                .iter()
                .find(|offer| offer.protocol.mapping == Mapping::ChipAuthentication);
            keys::private_halves(infos, seed, IN_CARD_SECURITY)?
                .into_iter()
                .map(|(_, key)| key)
                .find(|key| curve.is_some_and(|offer| offer.domain == key.domain()))
        }
        None => None,
    };
    let active = match (files.get(&FileId::Group(DataGroup::DG15)), manner.signing) {
        (Some(file), Some(signing)) => keys::active(file, seed, signing)?,
        _ => None,
    };
    let terminal = if manner.trusts_terminals {
        let mut trust = TerminalPki::shipped()?.trust(DAY);
        let infos = group_14
            .as_ref()
            .map(|infos| &infos.terminal_authentication);
        if let Some(infos) = infos {
            trust.versions = infos.iter().map(|info| info.version).collect();
            let place = infos.iter().find_map(|info| info.ef_cvca);
            trust.file = place.map_or(CvcaFile::DEFAULT, |(id, sfi)| CvcaFile { id, sfi });
        }
        Some(trust)
    } else {
        None
    };
    Ok(Personalisation {
        atr: manner.limits.atr.clone(),
        files,
        can: copy(manner.key.can.as_ref()).unwrap_or_else(|| Secret::copy_of(b"")),
        mrz_information: Secret::copy_of(manner.zone.expose()),
        pin: copy(manner.key.pin.as_ref()).map(Pin::new),
        puk: copy(manner.key.puk.as_ref()),
        mapping_key,
        pace,
        bac: Bac::Offered,
        chip_keys,
        active,
        lengths: Lengths::Extended {
            max_response: manner.limits.max_response.saturating_sub(2),
        },
        quirks: manner.quirks.clone(),
        faults: Vec::new(),
        terminal,
        applications: Vec::new(),
    })
}

fn copy(secret: Option<&Secret>) -> Option<Secret> {
    secret.map(|secret| Secret::copy_of(secret.expose()))
}

fn offers(infos: &SecurityInfos) -> Vec<PaceOffer> {
    let offer = |info: &PaceInfo| {
        let protocol = info.protocol?;
        let standardized = info
            .parameter_id
            .and_then(|id| u8::try_from(id).ok())
            .and_then(Domain::from_parameter_id);
        let named = infos
            .pace_domains
            .iter()
            .filter(|named| {
                named.mapping == protocol.mapping && named.agreement == protocol.agreement
            })
            .find(|named| named.parameter_id == info.parameter_id)
            .or(infos.pace_domains.first())
            .and_then(|named| named.domain.clone());
        let domain = standardized.or(named)?;
        let parameter_id = info
            .parameter_id
            .and_then(|id| u8::try_from(id).ok())
            .or(domain.parameter_id())?;
        Some(PaceOffer {
            oid: info.oid.clone(),
            protocol,
            domain,
            parameter_id,
            advertised: Advertised::Id,
        })
    };
    infos.pace.iter().filter_map(offer).collect()
}
