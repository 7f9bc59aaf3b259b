//! What a persona's chip says of PACE: the offers, EF.CardAccess, EF.CardSecurity.

use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::error::Malformed;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::files;
use crate::sim::keys;
use crate::sim::persona::ApplicationTemplate;
use crate::sim::persona::CardSecurity;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::Persona;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::PaceOffer;
use crate::sim::pki::der;
use crate::sim::pki::security_object::SECURITY_OBJECT;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::signing_key::explicit_domain;
use crate::sim::pki::signing_key::standardized_key_info;
use crate::sim::pki::signing_key::standardized_parameters;
use crate::sim::quirk::Issued;
use crate::sim::quirk::Quirk;

/// First number of explicit domain parameters: below are those of the standard
/// (Doc 9303-11 §9.5.1).
const FIRST_EXPLICIT_ID: u8 = 32;

/// A number of standardized domain parameters that is reserved.
const UNKNOWN_ID: u8 = 31;

/// What the quirk `several-pace-infos` adds: 3DES on P-256.
const FURTHER_VARIANT: PaceVariant = PaceVariant::generic(Cipher::TripleDes, 12);

/// Which of the places that repeat the PACE offers is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    CardAccess,
    CardSecurity,
    Dg14,
}

impl Persona {
    /// The PACE variants of the chip, in their order.
    pub(super) fn pace_offers(&self) -> Result<Vec<PaceOffer>, Malformed> {
        let further =
            self.has(Quirk::SeveralPaceInfos) || self.issued(Issued::CardAccessOffersLess);
        let further = further && !self.chip.pace.is_empty();
        let variants = self.chip.pace.iter().copied();
        let variants = variants.chain(further.then_some(FURTHER_VARIANT));
        (FIRST_EXPLICIT_ID..)
            .zip(variants)
            .map(|(explicit_id, variant)| self.pace_offer(variant, explicit_id))
            .collect()
    }

    fn pace_offer(&self, variant: PaceVariant, explicit_id: u8) -> Result<PaceOffer, Malformed> {
        let domain = Domain::from_parameter_id(variant.parameter_id);
        let domain = domain.ok_or(Malformed::new("PACE domain parameters", 0))?;
        // Integrated mapping is not defined on P-224 (Doc 9303-11 §9.5.1, note to the table).
        if variant.mapping == Mapping::Integrated && domain == Domain::Curve(Curve::P224) {
            return Err(Malformed::new("PACE protocol", 0));
        }
        let protocol = PaceProtocol {
            agreement: domain.agreement(),
            mapping: variant.mapping,
            cipher: variant.cipher,
        };
        let advertised = if self.has(Quirk::PaceInfoWithoutId) {
            Advertised::Standardized
        } else if self.has(Quirk::PaceDomainParameters) {
            Advertised::Explicit
        } else if self.has(Quirk::PaceInfoExtraElements) {
            Advertised::ExtraElements
        } else {
            variant.advertised
        };
        Ok(PaceOffer {
            oid: files::pace_oid(protocol).ok_or(Malformed::new("PACE protocol", 0))?,
            protocol,
            domain,
            parameter_id: match advertised {
                Advertised::Explicit => explicit_id,
                _ => variant.parameter_id,
            },
            advertised,
        })
    }

    /// The SecurityInfos that tell of PACE, as this place holds them.
    pub(super) fn pace_infos(&self, place: Place) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut infos = Vec::new();
        for offer in self.pace_offers()? {
            let cam = offer.protocol.mapping == Mapping::ChipAuthentication;
            if place == Place::Dg14 && cam && self.has_fault(Fault::CamMissingInDg14) {
                continue;
            }
            let less = place == Place::CardAccess && self.issued(Issued::CardAccessOffersLess);
            if less && offer.protocol.cipher != FURTHER_VARIANT.cipher {
                continue;
            }
            infos.extend(self.offer_infos(&offer, place)?);
        }
        if self.has(Quirk::FurtherInfos) {
            infos.push(files::unknown_info(1, &der::small(1)));
            let words = der::sequence(&[&der::utf8("further"), &der::octets(&[0; 20])]);
            infos.push(files::unknown_info(2, &words));
        }
        infos.sort();
        infos.dedup();
        Ok(infos)
    }

    fn offer_infos(&self, offer: &PaceOffer, place: Place) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut oid = offer.oid.clone();
        let mut parameter_id = Some(offer.parameter_id);
        if place == Place::CardAccess && self.has_fault(Fault::CardAccessUnknownParameters) {
            parameter_id = Some(UNKNOWN_ID);
        }
        let cam = offer.protocol.mapping == Mapping::ChipAuthentication;
        if place == Place::CardAccess && cam && self.has_fault(Fault::CamOidUnknown) {
            // No cipher has this arc.
            if let Some(cipher) = oid.last_mut() {
                *cipher = 9;
            }
        }
        let unknown_elements = [der::small(1), der::octets(&[1, 2, 3])].concat();
        let group = files::pace_mapping_oid(offer.protocol);
        let group = group.ok_or(Malformed::new("PACE protocol", 0))?;
        let domain_info =
            |algorithm: Vec<u8>, id| files::pace_domain_parameter_info(&group, &algorithm, id);
        Ok(match offer.advertised {
            Advertised::Id => vec![files::pace_info(&oid, parameter_id, &[])],
            Advertised::NoId => vec![files::pace_info(&oid, None, &[])],
            Advertised::ExtraElements => {
                vec![files::pace_info(&oid, parameter_id, &unknown_elements)]
            }
            Advertised::Standardized => vec![
                files::pace_info(&oid, None, &[]),
                domain_info(standardized_parameters(offer.parameter_id), None),
            ],
            Advertised::Explicit => vec![
                files::pace_info(&oid, parameter_id, &[]),
                domain_info(explicit_domain(&offer.domain)?, parameter_id),
            ],
        })
    }

    /// EF.CardAccess: these SecurityInfos, and a length that lies where that fault is asked for.
    pub(super) fn card_access(&self, mut infos: Vec<Vec<u8>>) -> Vec<u8> {
        infos.sort();
        if self.has_fault(Fault::CardAccessMalformed)
            && let Some(length) = infos.last_mut().and_then(|info| info.get_mut(1))
        {
            *length = length.wrapping_add(1);
        }
        files::security_infos(&infos)
    }

    /// The static key of chip authentication mapping, where the chip does that. There is one key,
    /// so all such offers are over the same domain parameters.
    pub(super) fn mapping_key(&self) -> Result<Option<Private>, Malformed> {
        self.labelled_mapping_key("CAM")
    }

    fn labelled_mapping_key(&self, label: &str) -> Result<Option<Private>, Malformed> {
        let mut domains = self
            .pace_offers()?
            .into_iter()
            .filter(|offer| offer.protocol.mapping == Mapping::ChipAuthentication)
            .map(|offer| offer.domain);
        let Some(domain) = domains.next() else {
            return Ok(None);
        };
        match domain {
            Domain::Curve(curve) if domains.all(|other| other == domain) => {
                let key = keys::ec(curve, &format!("{label} {}", self.label()))?;
                Ok(Some(Private::from(key)))
            }
            _ => Err(Malformed::new("key of chip authentication mapping", 0)),
        }
    }

    /// EF.CardSecurity over these SecurityInfos and the key of chip authentication mapping, where
    /// there is to be one.
    pub(super) fn card_security(
        &self,
        mut infos: Vec<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Malformed> {
        let label = if self.has_fault(Fault::CardSecurityWrongKey) {
            "other CAM"
        } else {
            "CAM"
        };
        let key = self.labelled_mapping_key(label)?;
        let wanted = self.chip.card_security == CardSecurity::Present;
        if !wanted && key.is_none() && !self.has_chip_keys_in_master() {
            return Ok(None);
        }
        if let Some(key) = key.filter(|_| !self.has_fault(Fault::CardSecurityWithoutKey)) {
            let public = key.public();
            let id = key.domain().parameter_id();
            let id = id.ok_or(Malformed::new("key of chip authentication mapping", 0))?;
            // As chips in the field and the worked example of Doc 9303-11 Appendix I have it, the
            // key goes by the number of its domain parameters.
            let info = standardized_key_info(&public, id);
            infos.push(files::chip_public_key_info(
                Agreement::Ecdh,
                &info,
                Some(&[id]),
            ));
        }
        if !self.chip.applications.is_empty() {
            infos.push(files::directory_info(&self.directory_file()));
        }
        let content = files::security_infos(&infos);
        let pki = self.pki()?;
        let spec = SecurityObjectSpec {
            content_type: SECURITY_OBJECT.to_vec(),
            ..self.security_object()
        };
        let mut file = spec.content_info(&content, &pki.signer)?;
        if self.has_fault(Fault::CardSecurityChanged)
            && let Some(at) = end_of(&file, &content)
            && let Some(last) = file.get_mut(at)
        {
            *last ^= 1;
        }
        Ok(Some(file))
    }

    /// EF.DIR; empty where it is not there.
    pub(super) fn directory_file(&self) -> Vec<u8> {
        let templates = self.directory();
        let templates = templates.iter();
        files::directory(templates.map(|one| (one.aid.as_slice(), one.label.as_deref())))
    }

    /// The records of EF.DIR; none means that it is not there.
    pub(super) fn directory(&self) -> Vec<ApplicationTemplate> {
        let mut templates = self.chip.directory.clone();
        if self.has(Quirk::SeveralApplications) {
            // Doc 9303-10: travel records, visa records and the eMRTD application.
            templates.extend(
                [[0x20, 0x01], [0x20, 0x02], [0x10, 0x01]].map(|[group, number]| {
                    ApplicationTemplate {
                        aid: vec![0xA0, 0x00, 0x00, 0x02, 0x47, group, number],
                        label: None,
                    }
                }),
            );
        }
        if !self.chip.applications.is_empty() {
            // Doc 9303-10 §3.11.2: it lists the eMRTD application and those beside it.
            let emrtd = vec![0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
            let others = self.chip.applications.iter();
            let others = others.map(|application| application.identifier.clone());
            templates.extend(
                std::iter::once(emrtd)
                    .chain(others)
                    .map(|aid| ApplicationTemplate { aid, label: None }),
            );
        }
        templates
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.chip.quirks.contains(&quirk)
    }

    pub(super) fn issued(&self, quirk: Issued) -> bool {
        self.has(Quirk::Issued(quirk))
    }

    pub(super) fn has_fault(&self, fault: Fault) -> bool {
        self.chip.faults.contains(&Cue::from(fault))
    }
}

/// Where the last octet of the part stands in the whole.
fn end_of(whole: &[u8], part: &[u8]) -> Option<usize> {
    let start = whole
        .windows(part.len().max(1))
        .position(|window| window == part)?;
    (start + part.len()).checked_sub(1)
}

#[cfg(test)]
mod tests;
