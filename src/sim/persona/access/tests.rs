use super::*;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::signer;
use crate::sim::persona::ApplicationTemplate;
use crate::sim::persona::AtrInfo;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::find;
use crate::sim::personalisation::Personalisation;

const CAM: PaceVariant = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
const GENERIC: PaceVariant = PaceVariant::generic(Cipher::Aes128, 13);

fn an(change: impl FnOnce(&mut ChipOptions)) -> Personalisation {
    find("an").unwrap().with(change).personalise().unwrap()
}

fn card_access(card: &Personalisation) -> SecurityInfos {
    SecurityInfos::decode(&card.files[&FileId::CardAccess]).unwrap()
}

fn signed(card: &Personalisation) -> SecurityInfos {
    dg14::decode(&card.files[&FileId::Group(DataGroup::DG14)]).unwrap()
}

/// What EF.CardSecurity signs, and whether its signature holds.
fn card_security(card: &Personalisation) -> (SecurityInfos, bool) {
    let signed = SignedData::decode(&card.files[&FileId::CardSecurity]).unwrap();
    assert_eq!(signed.content_type, SECURITY_OBJECT);
    let certificate = Certificate::decode(&signed.certificates[0]).unwrap();
    let key = certificate.public_key().unwrap();
    let holds = signer::verify(&signed, &signed.signers[0], &key).is_ok();
    (SecurityInfos::decode(&signed.content).unwrap(), holds)
}

#[test]
fn every_variant_is_told_of() {
    let mut number = 0;
    for mapping in [
        Mapping::Generic,
        Mapping::Integrated,
        Mapping::ChipAuthentication,
    ] {
        for cipher in [
            Cipher::TripleDes,
            Cipher::Aes128,
            Cipher::Aes192,
            Cipher::Aes256,
        ] {
            for id in 0..=u8::MAX {
                let persona = find("an").map(|an| {
                    an.with(|chip| chip.pace = vec![PaceVariant::new(mapping, cipher, id)])
                });
                let Ok(offers) = persona.as_ref().unwrap().pace_offers() else {
                    continue;
                };
                number += 1;
                if id % 4 != 0 {
                    continue;
                }
                let card = persona.unwrap().personalise().unwrap();
                let [offer] = offers.as_slice() else {
                    panic!("{offers:?}");
                };
                for infos in [card_access(&card), signed(&card)] {
                    assert_eq!(infos.pace[0].oid, offer.oid);
                    assert_eq!(infos.pace[0].protocol, Some(offer.protocol));
                    assert_eq!(infos.pace[0].parameter_id, Some(u32::from(id)));
                }
            }
        }
    }
    assert_eq!(number, 14 * 4 + 13 * 4 + 11 * 3);
}

#[test]
fn what_is_no_protocol_is_refused() {
    for variant in [
        PaceVariant::new(Mapping::ChipAuthentication, Cipher::TripleDes, 13),
        PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 0),
        PaceVariant::new(Mapping::Integrated, Cipher::Aes128, 10),
        PaceVariant::generic(Cipher::Aes128, 3),
        PaceVariant::generic(Cipher::Aes128, 19),
    ] {
        let persona = find("an").unwrap().with(|chip| chip.pace = vec![variant]);
        assert!(persona.personalise().is_err(), "{variant:?}");
    }
    // One static key serves one group.
    let other = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 12);
    let two = find("an")
        .unwrap()
        .with(|chip| chip.pace = vec![CAM, other]);
    assert!(two.personalise().is_err());
}

#[test]
fn offers_are_told_of_in_many_ways() {
    let told = |variant: PaceVariant| {
        let card = an(|chip| chip.pace = vec![variant]);
        let infos = card_access(&card);
        assert_eq!(infos.pace, signed(&card).pace);
        let file = hex::encode(&card.files[&FileId::CardAccess]);
        (infos.pace[0].parameter_id, file, card.pace[0].parameter_id)
    };
    const DOMAIN_INFO: &str = "060904007f00070202040";
    let (id, file, reference) = told(GENERIC);
    assert_eq!((id, reference), (Some(13), 13));
    assert!(!file.contains(DOMAIN_INFO));
    let (id, file, reference) = told(GENERIC.advertised(Advertised::NoId));
    assert_eq!((id, reference), (None, 13));
    assert!(!file.contains(DOMAIN_INFO));
    let (id, file, reference) = told(GENERIC.advertised(Advertised::ExtraElements));
    assert_eq!((id, reference), (Some(13), 13));
    assert!(file.contains("02010d0201010403010203"));
    let (id, file, reference) = told(GENERIC.advertised(Advertised::Standardized));
    assert_eq!((id, reference), (None, 13));
    assert!(file.contains("3019060904007f000702020402300c060704007f0007010202010d"));
    let (id, file, reference) = told(GENERIC.advertised(Advertised::Explicit));
    assert_eq!((id, reference), (Some(32), 32));
    assert!(file.contains("060904007f00070202040230"));
    // The generator of brainpoolP256r1, and the number at the end.
    assert!(file.contains("048bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262"));
    assert!(file.contains("020101020120"));
    let dh = PaceVariant::generic(Cipher::Aes128, 0).advertised(Advertised::Explicit);
    let (id, file, _) = told(dh);
    assert_eq!(id, Some(32));
    assert!(file.contains("06072a8648ce3e0201"));
    assert!(file.contains("021500f518aa8781a8df278aba4e7d64b7cb9d49462353020120"));
}

#[test]
fn quirks_change_what_is_told() {
    let with = |quirk| an(|chip| chip.quirks.extend([quirk]));
    for (quirk, advertised) in [
        (Quirk::PaceInfoWithoutId, Advertised::Standardized),
        (Quirk::PaceDomainParameters, Advertised::Explicit),
        (Quirk::PaceInfoExtraElements, Advertised::ExtraElements),
    ] {
        assert_eq!(with(quirk).pace[0].advertised, advertised);
    }
    let several = with(Quirk::SeveralPaceInfos);
    assert_eq!(several.pace.len(), 2);
    assert_eq!(card_access(&several).pace.len(), 2);
    let further = with(Quirk::FurtherInfos);
    let unknown = ["2.999.1", "2.999.2"];
    assert_eq!(card_access(&further).other, unknown);
    assert_eq!(signed(&further).other, unknown);
    // Without PACE there is nothing to add to.
    let none = an(|chip| {
        chip.pace.clear();
        chip.quirks.extend([Quirk::SeveralPaceInfos]);
    });
    assert!(none.pace.is_empty());
}

#[test]
fn card_security_signs_the_key_of_the_mapping() {
    let card = an(|chip| chip.pace = vec![GENERIC, CAM]);
    let (infos, holds) = card_security(&card);
    assert!(holds);
    assert_eq!(infos.pace, card_access(&card).pace);
    assert_eq!(infos.pace.len(), 2);
    let mapping = card.mapping_key.as_ref().unwrap().public();
    let key = infos.chip_keys.last().unwrap();
    assert_eq!(key.key_id, Some(vec![13]));
    assert!(key.raw.ends_with(mapping.encoded()));
    // The chip's own key is of version 1, whose place is DG14.
    assert_eq!(infos.chip_authentication, []);
    // DG14 repeats the offers; the key stands in EF.CardSecurity alone.
    assert_eq!(signed(&card).pace, infos.pace);
    let own = card.chip_keys[0].private.public();
    assert_eq!(signed(&card).chip_keys.len(), 1);
    assert!(signed(&card).chip_keys[0].raw.ends_with(own.encoded()));
}

#[test]
fn card_security_is_there_when_it_is_asked_for_or_needed() {
    let there = |card: &Personalisation| card.files.contains_key(&FileId::CardSecurity);
    assert!(!there(&an(|_| {})));
    assert!(there(&an(|chip| chip.pace = vec![CAM])));
    let asked = an(|chip| chip.card_security = CardSecurity::Present);
    assert!(there(&asked));
    assert!(asked.mapping_key.is_none());
    let (infos, holds) = card_security(&asked);
    assert!(holds);
    assert_eq!(infos.pace, card_access(&asked).pace);
}

#[test]
fn card_security_may_be_wrong() {
    let with = |fault: Fault| {
        an(|chip| {
            chip.pace = vec![CAM];
            chip.faults.push(fault.into());
        })
    };
    let card = with(Fault::CardSecurityWrongKey);
    let mapping = card.mapping_key.as_ref().unwrap().public();
    let (infos, holds) = card_security(&card);
    assert!(holds);
    assert!(
        !infos
            .chip_keys
            .last()
            .unwrap()
            .raw
            .ends_with(mapping.encoded())
    );
    let (infos, holds) = card_security(&with(Fault::CardSecurityWithoutKey));
    assert!(holds);
    assert!(infos.chip_keys.is_empty());
    assert!(!card_security(&with(Fault::CardSecurityChanged)).1);
}

#[test]
fn card_access_may_be_wrong() {
    let with = |variants: &[PaceVariant], fault: Fault| {
        an(|chip| {
            chip.pace = variants.to_vec();
            chip.faults.push(fault.into());
        })
    };
    let card = with(&[GENERIC], Fault::CardAccessMalformed);
    assert!(SecurityInfos::decode(&card.files[&FileId::CardAccess]).is_err());
    let card = with(&[GENERIC], Fault::CardAccessUnknownParameters);
    assert_eq!(card_access(&card).pace[0].parameter_id, Some(31));
    assert_eq!(signed(&card).pace[0].parameter_id, Some(13));
    let card = with(&[GENERIC, CAM], Fault::CamOidUnknown);
    let known = |infos: SecurityInfos| {
        infos
            .pace
            .into_iter()
            .filter(|info| info.protocol.is_some())
            .count()
    };
    assert_eq!(known(card_access(&card)), 1);
    assert_eq!(known(signed(&card)), 2);
    let card = with(&[GENERIC, CAM], Fault::CamMissingInDg14);
    assert_eq!(card_access(&card).pace.len(), 2);
    assert_eq!(signed(&card).pace.len(), 1);
}

#[test]
fn the_directory_lists_every_application() {
    let emrtd = [0xA0, 0, 0, 2, 0x47, 0x10, 1];
    let card = an(|chip| {
        chip.directory = vec![
            ApplicationTemplate {
                aid: vec![0xA0, 0, 0, 2, 0x47, 0x20, 1],
                label: Some("visa".to_owned()),
            },
            ApplicationTemplate {
                aid: emrtd.to_vec(),
                label: None,
            },
        ];
    });
    assert_eq!(
        hex::encode(&card.files[&FileId::Dir]),
        "610f4f07a0000002472001500476697361\
         61094f07a0000002471001"
            .replace(' ', "")
    );
    assert!(!an(|_| {}).files.contains_key(&FileId::Dir));
    let several = an(|chip| chip.quirks.extend([Quirk::SeveralApplications]));
    let records = &several.files[&FileId::Dir];
    assert_eq!(records.len(), 3 * 11);
    assert!(records.ends_with(&emrtd));
}

#[test]
fn lengths_are_announced_both_ways() {
    let card = an(|chip| {
        chip.atr_info = AtrInfo::Sizes {
            command: 1000,
            response: 4096,
        };
    });
    assert_eq!(
        hex::encode(&card.files[&FileId::AtrInfo]),
        "47039401e07f6608020203e802021000"
    );
}
