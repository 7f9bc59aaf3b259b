mod frozen;

use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::signature::PublicKey;
use crate::lds::com::Com;
use crate::lds::dg1::Dg1;
use crate::lds::dg2::Dg2;
use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Expiry;
use crate::lds::dg14;
use crate::lds::dg15;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::MrzKey;
use crate::lds::security_infos::SecurityInfos;
use crate::lds::sod::SecurityObject;
use crate::lds::sod::signed_data;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::sim::faces::Portrait;
use crate::sim::personalisation::ActiveKey;

fn group(personalisation: &Personalisation, number: u8) -> &[u8] {
    &personalisation.files[&FileId::Group(DataGroup::new(number).unwrap())]
}

#[test]
fn the_same_card_comes_out_each_time() {
    for persona in shipped() {
        let first = persona.personalise().unwrap();
        let second = persona.personalise().unwrap();
        assert_eq!(first.files, second.files, "{}", persona.name);
        assert_eq!(first.atr, second.atr);
        assert!(!first.files[&FileId::Sod].is_empty());
    }
}

#[test]
fn names_numbers_and_dates_are_lawful() {
    let mut names = BTreeSet::new();
    for persona in shipped() {
        let citizen = &persona.citizen;
        assert!(names.insert(persona.name.clone()));
        assert_eq!(find(&persona.name).unwrap().name, persona.name);
        assert_eq!(citizen.number.len(), 12);
        // Century and sex digit, then the year: the 1900s are 0 and 1, the 2000s 2 and 3.
        let century = if citizen.birth.year() < 2000 { 0 } else { 2 };
        let digit = century + u32::from(citizen.sex == Sex::Female);
        let year = citizen.birth.year().rem_euclid(100);
        assert_eq!(citizen.number[3..6], format!("{digit}{year:02}"));
        let year = |count: i16, from: Date| {
            let year = from.with().year(from.year() + count).build();
            // 29 February has its day before it in most years.
            year.unwrap_or_else(|_| {
                from.with()
                    .year(from.year() + count)
                    .day(28)
                    .build()
                    .unwrap()
            })
        };
        match (persona.chip.document.size, citizen.birth.day()) {
            (Size::Td3, Some(_)) => assert_eq!(citizen.expires, Some(year(10, citizen.issued))),
            // By age at issue: under 12 to 14, 12 to 22 to 25, 23 to 37 to 40, 38 to 57 to 60.
            (Size::Td1, Some(birth)) => {
                let until = [(12, 14), (23, 25), (38, 40), (58, 60)];
                let until = until
                    .iter()
                    .find(|(age, _)| citizen.issued < year(*age, birth));
                let lawful = until.map(|(_, age)| year(*age, birth));
                assert_eq!(citizen.expires, lawful, "{}", persona.name);
            }
            (_, None) => assert_eq!(citizen.expires, None),
            (Size::Td2, Some(_)) => assert!(citizen.expires.is_some()),
        }
        let over = citizen.expires.is_some_and(|day| day < date(2026, 12, 31));
        assert_eq!(
            over,
            persona.state == CardState::Expired,
            "{}",
            persona.name
        );
    }
}

/// A card for each age that the law tells apart, by age at issue.
#[test]
fn every_lawful_age_has_its_card() {
    let mut classes = BTreeSet::new();
    for persona in shipped() {
        let age = persona.citizen.issued.year() - persona.citizen.birth.year();
        classes.insert(match age {
            ..6 => "under six",
            6..14 => "six to fourteen",
            14..25 => "fourteen to twenty-five",
            25..40 => "twenty-five to forty",
            40..60 => "forty to sixty",
            _ => "over sixty",
        });
    }
    assert_eq!(classes.len(), 6, "{classes:?}");
}

#[test]
fn the_reading_side_understands_the_mrz() {
    for persona in shipped() {
        let mrz = Mrz::parse(&persona.mrz()).unwrap();
        assert!(mrz.wrong_check_digits().is_empty(), "{}", persona.name);
        if persona.chip.document.has_qr() {
            assert_eq!(mrz.citizen_number(), Some(persona.citizen.number.as_str()));
        }
        assert_eq!(mrz.sex(), persona.citizen.sex);
        let information = persona.mrz_information();
        assert_eq!(mrz.key().information().expose(), information.as_bytes());
        let key = MrzKey::new(
            &information[..9],
            &information[10..16],
            &information[17..23],
        );
        assert_eq!(key.unwrap().information().expose(), information.as_bytes());
        assert!(persona.citizen.number.ends_with(&persona.can()));
    }
    let an = Mrz::parse(&find("an").unwrap().mrz()).unwrap();
    assert_eq!(an.surname(), "NGUYEN");
    assert_eq!(an.given_names(), "THI MAU AN");
    let binh = find("binh").unwrap();
    assert_eq!(binh.mrz_information()[17..], *"9912315");
    assert!(binh.mrz().contains("DANG<<VAN<MAU<BINH<"));
}

#[test]
fn com_lists_the_groups_that_are_there() {
    for persona in shipped() {
        let card = persona.personalise().unwrap();
        let com = Com::decode(&card.files[&FileId::Com]).unwrap();
        let groups = com.groups.unwrap();
        assert_eq!(groups, card.groups().into_keys().collect());
        let numbers: Vec<u8> = groups.iter().map(|group| group.number()).collect();
        let expected = match persona.name.as_str() {
            "dung" => (1..=16).collect(),
            "giang" => vec![1, 2, 3, 11, 12, 14, 15],
            "son" => vec![1, 2, 3, 13, 14],
            "tam" => vec![1, 2, 3, 11, 14, 15],
            _ => vec![1, 2, 3, 13, 14, 15],
        };
        assert_eq!(numbers, expected);
    }
}

#[test]
fn card_access_is_the_published_one_and_agrees_with_dg14() {
    const PUBLISHED: &str = "3134300D060804007F0007020202020101300F060A04007F00070202030202020101\
                             3012060A04007F0007020204020202010202010D";
    let an = find("an").unwrap();
    let card = an.personalise().unwrap();
    assert_eq!(
        hex::encode_upper(&card.files[&FileId::CardAccess]),
        PUBLISHED
    );
    let changed = an.with(|chip| {
        chip.pace = vec![PaceVariant::generic(Cipher::TripleDes, 12)];
    });
    for card in [card, changed.personalise().unwrap()] {
        let open = SecurityInfos::decode(&card.files[&FileId::CardAccess]).unwrap();
        let signed = dg14::decode(group(&card, 14)).unwrap();
        assert_eq!(open.pace, signed.pace);
        assert_eq!(open.chip_authentication, signed.chip_authentication);
        let key = signed.chip_keys[0].key.as_ref().unwrap();
        let own = card.chip_keys[0].private.public();
        assert_eq!(key.encoded(), own.encoded());
    }
}

#[test]
fn a_chip_without_pace_says_so_everywhere() {
    let card = find("chi").unwrap().personalise().unwrap();
    assert!(!card.files.contains_key(&FileId::CardAccess));
    assert!(card.pace.is_empty());
    let infos = dg14::decode(group(&card, 14)).unwrap();
    assert!(infos.pace.is_empty());
    assert!(infos.active_authentication.is_some());
    assert_eq!(infos.chip_authentication.len(), 1);
}

#[test]
fn groups_follow_the_options() {
    let bare = find("an").unwrap().with(|chip| {
        chip.pace.clear();
        chip.chip_authentication = Vec::new();
        chip.active = None;
    });
    let card = bare.personalise().unwrap();
    let numbers: Vec<u8> = card.groups().keys().map(|group| group.number()).collect();
    assert_eq!(numbers, [1, 2, 3, 13]);
}

#[test]
fn the_hash_of_active_authentication_stands_in_dg14_even_alone() {
    let persona = find("an").unwrap().with(|chip| {
        chip.pace.clear();
        chip.chip_authentication.clear();
        chip.terminal = None;
        chip.active = Some(ActiveAuthentication::Ecdsa {
            curve: Curve::P256,
            hash: Hash::Sha384,
        });
    });
    let card = persona.personalise().unwrap();
    let infos = dg14::decode(group(&card, 14)).unwrap();
    assert!(infos.active_authentication.is_some());
}

#[test]
fn the_main_portrait_fits_the_size_of_real_ones() {
    let card = find("an").unwrap().personalise().unwrap();
    assert!((14_500..15_500).contains(&group(&card, 2).len()));
    assert_eq!(group(&card, 2)[84..87], [0xFF, 0xD8, 0xFF]);
}

#[test]
fn the_security_object_vouches_for_every_group() {
    for persona in shipped() {
        let card = persona.personalise().unwrap();
        let content_info = signed_data(&card.files[&FileId::Sod]).unwrap();
        let signed = SignedData::decode(&content_info).unwrap();
        let signer = Certificate::decode(&signed.certificates[0]).unwrap();
        let key = signer.public_key().unwrap();
        crate::pki::signer::verify(&signed, &signed.signers[0], &key).unwrap();
        let attributes = signed.signers[0].signed_attributes.as_ref().unwrap();
        assert!(signer.valid_at(attributes.signing_time.unwrap()));
        let object = SecurityObject::decode(&signed.content).unwrap();
        let hashes = card
            .groups()
            .into_iter()
            .map(|(group, bytes)| (group, Hash::Sha256.digest(&[&bytes])))
            .collect();
        assert_eq!(object.hashes, hashes);
    }
}

#[test]
fn the_reading_side_understands_every_group() {
    for persona in shipped() {
        let card = persona.personalise().unwrap();
        Dg1::decode(group(&card, 1)).unwrap();
        let dg2 = Dg2::decode(group(&card, 2)).unwrap();
        let images: Vec<_> = dg2.images().collect();
        assert_eq!(images.len(), 1);
        assert_eq!(images[0].bytes, persona.chip.portrait.image.as_ref());
        dg14::decode(group(&card, 14)).unwrap();
        if persona.chip.active.is_none() {
            continue;
        }
        match (dg15::decode(group(&card, 15)).unwrap(), card.active) {
            (PublicKey::Rsa(public), Some(ActiveKey::Rsa { key, .. })) => {
                assert!(public == key.public());
            }
            (PublicKey::Ec(public), Some(ActiveKey::Ec { key, .. })) => {
                assert!(public == key.public());
            }
            _ => panic!("DG15 has another kind of key"),
        }
    }
}

#[test]
fn dg13_says_what_the_persona_says() {
    for persona in shipped() {
        if persona.chip.dg13 == Details::Absent {
            continue;
        }
        let card = persona.personalise().unwrap();
        let record = CitizenRecord::decode(group(&card, 13)).unwrap();
        let citizen = &persona.citizen;
        assert_eq!(record.citizen_number(), Some(citizen.number.as_str()));
        assert_eq!(record.name(), Some(citizen.name.as_str()));
        assert_eq!(record.birth(), Some(citizen.birth));
        assert_eq!(record.sex(), Some(citizen.sex));
        assert_eq!(record.residence(), Some(citizen.residence.as_str()));
        assert_eq!(record.father(), citizen.father.as_deref());
        assert_eq!(record.mother(), citizen.mother.as_deref());
        assert_eq!(record.spouse(), citizen.spouse.as_deref());
        assert_eq!(record.old_number(), citizen.old_number.as_deref());
        match (record.expires(), citizen.expires) {
            (Expiry::Date(read), Some(written)) => assert_eq!(read.day(), Some(written)),
            (Expiry::None, None) => {}
            _ => panic!("expiry differs"),
        }
    }
}

#[test]
fn any_image_goes_into_dg2_as_it_is() {
    let codestream = [&[0xFF, 0x4F, 0xFF, 0x51], [0; 60].as_slice()].concat();
    let large = find("an").unwrap().chip.portrait.padded_to(40_000);
    for portrait in [Portrait::of(codestream, 240, 320), large] {
        let persona = find("an")
            .unwrap()
            .with(|chip| chip.portrait = portrait.clone());
        let card = persona.personalise().unwrap();
        let dg2 = Dg2::decode(group(&card, 2)).unwrap();
        let face = &dg2.faces().next().unwrap().image;
        assert_eq!(face.bytes, portrait.image.as_ref());
    }
}
