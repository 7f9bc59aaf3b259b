//! What a persona's chip says of chip, active and terminal authentication: SecurityInfos and keys.

use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::cipher::Cipher;
use crate::error::Malformed;
use crate::sim::fault::Fault;
use crate::sim::files;
use crate::sim::keys;
use crate::sim::persona::ActiveAuthentication;
use crate::sim::persona::ActiveRsa;
use crate::sim::persona::ChipAuthentication;
use crate::sim::persona::Persona;
use crate::sim::persona::access::Place;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::agreement_algorithm;
use crate::sim::pki::signing_key::agreement_key_info;
use crate::sim::pki::signing_key::ec_public_key_info;
use crate::sim::pki::signing_key::rsa_public_key_info;
use crate::sim::quirk::Quirk;

/// Last arc of a protocol that does not exist.
const NO_SUCH_ARC: u8 = 99;

/// Identifier of no key.
const NO_SUCH_KEY: u8 = 0x7E;

impl Persona {
    /// The offers as the quirks have them, each with the number of the first that has the same key.
    fn chip_offers(&self) -> Vec<(usize, ChipAuthentication)> {
        let mut offers: Vec<(usize, ChipAuthentication)> = Vec::new();
        for (number, offer) in self.chip.chip_authentication.iter().enumerate() {
            let mut offer = offer.clone();
            if self.has(Quirk::ChipInfoMissing) && offer.version == 1 {
                offer.cipher = Cipher::TripleDes;
            }
            if self.has(Quirk::ChipKeyIdZero) && self.chip.chip_authentication.len() == 1 {
                offer.key_id = Some(vec![0]);
            }
            let same = |(_, other): &&(usize, ChipAuthentication)| {
                other.domain == offer.domain && other.key_id == offer.key_id
            };
            let first = offers.iter().find(same).map_or(number, |(first, _)| *first);
            offers.push((first, offer));
        }
        offers
    }

    /// The private key of the offer with this number.
    fn chip_key(&self, number: usize, domain: &Domain) -> Result<Private, Malformed> {
        let label = match number {
            0 => format!("CA {}", self.label()),
            _ => format!("CA {} {number}", self.label()),
        };
        keys::agreement(domain, &label)
    }

    /// The keys that go into the chip.
    pub(super) fn chip_keys(&self) -> Result<Vec<ChipAuthenticationKey>, Malformed> {
        self.chip_offers()
            .into_iter()
            .map(|(number, offer)| {
                Ok(ChipAuthenticationKey {
                    private: self.chip_key(number, &offer.domain)?,
                    oid: files::chip_authentication_oid(offer.domain.agreement(), offer.cipher),
                    cipher: offer.cipher,
                    key_id: offer.key_id,
                    version: offer.version,
                })
            })
            .collect()
    }

    /// Whether there are keys of version 2, which lie in the master file.
    pub(super) fn has_chip_keys_in_master(&self) -> bool {
        self.chip
            .chip_authentication
            .iter()
            .any(|offer| offer.version == 2)
    }

    /// The SecurityInfos that tell of chip authentication, as this place holds them: EF.CardAccess
    /// every protocol and no key, DG14 keys and protocols of version 1, EF.CardSecurity those of
    /// version 2 (BSI TR-03110-3).
    pub(super) fn chip_infos(&self, place: Place) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut infos: Vec<Vec<u8>> = Vec::new();
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for (number, offer) in self.chip_offers() {
            let version = match place {
                Place::CardAccess => offer.version,
                Place::Dg14 => 1,
                Place::CardSecurity => 2,
            };
            if offer.version != version {
                continue;
            }
            let agreement = offer.domain.agreement();
            let key_id = offer.key_id.as_deref();
            if !(self.has(Quirk::ChipInfoMissing) && offer.version == 1) {
                let mut oid = files::chip_authentication_oid(agreement, offer.cipher);
                if self.has_fault(Fault::ChipProtocolUnknown)
                    && let Some(cipher) = oid.last_mut()
                {
                    *cipher = NO_SUCH_ARC;
                }
                infos.push(files::chip_authentication_info(&oid, offer.version, key_id));
            }
            if offer.version == 2 {
                let algorithm = agreement_algorithm(&offer.domain, offer.parameters)?;
                infos.push(files::chip_domain_parameter_info(
                    agreement, &algorithm, key_id,
                ));
            }
            if place != Place::CardAccess && !self.has_fault(Fault::ChipKeyMissing) {
                let info = self.chip_key_info(number, &offer)?;
                if !keys.contains(&info) {
                    keys.push(info);
                }
            }
        }
        infos.extend(keys);
        Ok(infos)
    }

    /// ChipAuthenticationPublicKeyInfo, damaged as the faults say.
    fn chip_key_info(
        &self,
        number: usize,
        offer: &ChipAuthentication,
    ) -> Result<Vec<u8>, Malformed> {
        let public = self.chip_key(number, &offer.domain)?.public();
        let mut value = public.encoded().to_vec();
        if self.has_fault(Fault::ChipKeyCut) {
            value.pop();
        }
        if self.has_fault(Fault::ChipKeyOffCurve) {
            if let Domain::Modp(group) = &offer.domain {
                // One less than the prime, which has order two.
                value = group.prime().to_vec();
            }
            if let Some(last) = value.last_mut() {
                *last ^= 1;
            }
        }
        let info = agreement_key_info(&offer.domain, &value, offer.parameters)?;
        let other = [NO_SUCH_KEY];
        let key_id = if self.has_fault(Fault::ChipKeyOtherId) {
            Some(&other[..])
        } else {
            offer.key_id.as_deref()
        };
        let agreement = offer.domain.agreement();
        Ok(files::chip_public_key_info(agreement, &info, key_id))
    }

    /// The SecurityInfos that tell of terminal authentication. Without any trust there is version 1
    /// all the same, as the standard asks of cards with fingers.
    pub(super) fn terminal_infos(&self) -> Vec<Vec<u8>> {
        match &self.chip.terminal {
            None => vec![files::terminal_authentication_info(1, None)],
            Some(trust) => trust
                .versions
                .iter()
                .map(|version| {
                    let file = Some(trust.file).filter(|_| *version == 1);
                    files::terminal_authentication_info(*version, file)
                })
                .collect(),
        }
    }

    /// ActiveAuthenticationInfo, where there is to be one.
    pub(super) fn active_info(&self) -> Option<Vec<u8>> {
        match self.chip.active {
            Some(ActiveAuthentication::Ecdsa { hash, .. })
                if !self.has(Quirk::ActiveHashMissing) =>
            {
                let mut algorithm = files::plain_ecdsa_oid(hash);
                if self.has_fault(Fault::ActiveAlgorithmUnknown)
                    && let Some(hash) = algorithm.last_mut()
                {
                    *hash = NO_SUCH_ARC;
                }
                Some(files::active_authentication_info(&algorithm))
            }
            _ => None,
        }
    }

    /// The key of active authentication and its SubjectPublicKeyInfo.
    pub(super) fn active(&self) -> Result<(Option<ActiveKey>, Option<Vec<u8>>), Malformed> {
        Ok(match self.chip.active {
            None => (None, None),
            Some(ActiveAuthentication::Rsa(hash)) => {
                let ActiveRsa { key, trailer } = self.chip.active_rsa;
                let key = keys::rsa(key)?;
                let public = rsa_public_key_info(&key.public());
                (Some(ActiveKey::Rsa { key, hash, trailer }), Some(public))
            }
            Some(ActiveAuthentication::Ecdsa { curve, hash }) => {
                let key = keys::ec(curve, &format!("AA {}", self.label()))?;
                let public = ec_public_key_info(&key.public(), EcParameters::Named);
                (Some(ActiveKey::Ec { key, hash }), Some(public))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::curve::Curve;
    use crate::lds::DataGroup;
    use crate::lds::FileId;
    use crate::lds::dg14;
    use crate::lds::security_infos::SecurityInfos;
    use crate::sim::persona::ChipOptions;
    use crate::sim::persona::find;
    use crate::sim::personalisation::CvcaFile;
    use crate::sim::personalisation::Personalisation;

    const FORMS: [EcParameters; 3] = [
        EcParameters::Named,
        EcParameters::Explicit,
        EcParameters::Standardized,
    ];

    fn card(change: impl FnOnce(&mut ChipOptions)) -> Personalisation {
        find("an").unwrap().with(change).personalise().unwrap()
    }

    fn offer(domain: &Domain, version: u32, parameters: EcParameters) -> ChipAuthentication {
        ChipAuthentication {
            cipher: Cipher::Aes256,
            domain: domain.clone(),
            key_id: None,
            parameters,
            version,
        }
    }

    fn signed(card: &Personalisation) -> SecurityInfos {
        dg14::decode(&card.files[&FileId::Group(DataGroup::DG14)]).unwrap()
    }

    #[test]
    fn every_key_is_read_in_every_form() {
        for id in (0..=2).chain(8..=18) {
            let domain = Domain::from_parameter_id(id).unwrap();
            for form in FORMS {
                let card = card(|chip| chip.chip_authentication = vec![offer(&domain, 1, form)]);
                let infos = signed(&card);
                assert_eq!(infos.chip_authentication.len(), 1);
                let [key] = infos.chip_keys.as_slice() else {
                    panic!("one key");
                };
                let own = card.chip_keys[0].private.public();
                let read = key.key.as_ref().unwrap();
                assert_eq!(read.encoded(), own.encoded(), "{id} {form:?}");
            }
        }
    }

    #[test]
    fn keys_of_version_2_lie_in_the_master_file() {
        let curve = Domain::Curve(Curve::P256);
        let card = card(|chip| {
            chip.chip_authentication = vec![
                offer(&curve, 1, EcParameters::Named),
                ChipAuthentication {
                    key_id: Some(vec![5]),
                    ..offer(&curve, 2, EcParameters::Standardized)
                },
            ];
        });
        let [first, second] = card.chip_keys.as_slice() else {
            panic!("two keys");
        };
        let first = first.private.public();
        let second = second.private.public();
        assert_ne!(first.encoded(), second.encoded());
        let holds = |file: FileId, key: &[u8]| {
            let file = &card.files[&file];
            file.windows(key.len()).any(|window| window == key)
        };
        let dg14 = FileId::Group(DataGroup::DG14);
        assert!(holds(dg14, first.encoded()) && !holds(dg14, second.encoded()));
        let master = FileId::CardSecurity;
        assert!(!holds(master, first.encoded()) && holds(master, second.encoded()));
        let open = SecurityInfos::decode(&card.files[&FileId::CardAccess]).unwrap();
        let versions: Vec<u32> = open
            .chip_authentication
            .iter()
            .map(|info| info.version)
            .collect();
        assert_eq!(versions, [1, 2]);
    }

    #[test]
    fn protocols_with_one_identifier_share_their_key() {
        let curve = Domain::Curve(Curve::P256);
        let card = card(|chip| {
            chip.chip_authentication = vec![
                offer(&curve, 1, EcParameters::Named),
                ChipAuthentication {
                    cipher: Cipher::TripleDes,
                    ..offer(&curve, 1, EcParameters::Named)
                },
            ];
        });
        let infos = signed(&card);
        assert_eq!(
            (infos.chip_authentication.len(), infos.chip_keys.len()),
            (2, 1)
        );
        let [first, second] = card.chip_keys.as_slice() else {
            panic!("two protocols");
        };
        let of = |key: &ChipAuthenticationKey| key.private.public().encoded().to_vec();
        assert_eq!(of(first), of(second));
    }

    #[test]
    fn quirks_and_faults_stand_in_the_files() {
        let with_quirk = |quirk| card(|chip| chip.quirks.extend([quirk]));
        let missing = with_quirk(Quirk::ChipInfoMissing);
        assert!(signed(&missing).chip_authentication.is_empty());
        assert_eq!(missing.chip_keys[0].cipher, Cipher::TripleDes);
        let zero = with_quirk(Quirk::ChipKeyIdZero);
        assert!(signed(&zero).chip_keys[0].key_id.is_some());

        let with_fault = |fault: Fault| card(|chip| chip.faults.push(fault.into()));
        let without = with_fault(Fault::ChipKeyMissing);
        assert!(signed(&without).chip_keys.is_empty());
        for fault in [Fault::ChipKeyCut, Fault::ChipKeyOffCurve] {
            let damaged = with_fault(fault);
            assert!(signed(&damaged).chip_keys[0].key.is_none(), "{fault}");
        }
        let other = with_fault(Fault::ChipKeyOtherId);
        assert_ne!(
            signed(&other).chip_keys[0].key_id,
            signed(&other).chip_authentication[0].key_id
        );
        let unknown = with_fault(Fault::ChipProtocolUnknown);
        assert!(signed(&unknown).chip_authentication.is_empty());
    }

    #[test]
    fn terminal_authentication_says_where_its_authorities_are() {
        let places = |file| {
            let card = card(|chip| {
                let trust = chip.terminal.as_mut().unwrap();
                trust.file = file;
                trust.versions = vec![1, 2];
            });
            let infos = signed(&card).terminal_authentication;
            let found: Vec<_> = infos
                .iter()
                .map(|info| (info.version, info.ef_cvca))
                .collect();
            found
        };
        assert_eq!(places(CvcaFile::DEFAULT), [(1, None), (2, None)]);
        let elsewhere = CvcaFile {
            id: 0x0123,
            sfi: Some(0x1A),
        };
        let mut found = places(elsewhere);
        found.sort();
        assert_eq!(found, [(1, Some((0x0123, Some(0x1A)))), (2, None)]);
        let without = CvcaFile {
            id: 0x0123,
            sfi: None,
        };
        assert!(places(without).contains(&(1, Some((0x0123, None)))));
    }
}
