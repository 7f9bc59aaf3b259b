use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;

#[derive(Deserialize)]
struct Vectors {
    citizen_card: String,
    pace_gm_ecdh: String,
    eac2: String,
    eac2_signed: String,
    eac2_chip_public: String,
}

fn vectors() -> Vectors {
    toml::from_str(include_str!("../../../tests/vectors/security_infos.toml")).unwrap()
}

fn decode(text: &str) -> Result<SecurityInfos, Malformed> {
    SecurityInfos::decode(&hex::decode(text).unwrap())
}

const fn at_its_place(version: u32) -> TerminalAuthenticationInfo {
    TerminalAuthenticationInfo {
        version,
        ef_cvca: None,
    }
}

#[test]
fn terminal_authentication_may_say_where_ef_cvca_is() {
    let read = |file: &str| {
        let entry = format!("060804007F0007020202020101{file}");
        let length = entry.len() / 2;
        decode(&format!("31{:02X}30{length:02X}{entry}", length + 2))
            .map(|infos| infos.terminal_authentication[0].ef_cvca)
    };
    assert_eq!(read(""), Ok(None));
    assert_eq!(read("30040402011C"), Ok(Some((0x011C, None))));
    assert_eq!(read("30070402420104011C"), Ok(Some((0x4201, Some(0x1C)))));
    for wrong in [
        "3000",
        "3003040101",
        "30070402011C0401FF",
        "30070402011C020101",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_citizen_cards_offer_is_read() {
    let infos = decode(&vectors().citizen_card).unwrap();
    assert_eq!(infos.terminal_authentication, [at_its_place(1)]);
    let [chip] = infos.chip_authentication.as_slice() else {
        panic!("one ChipAuthenticationInfo");
    };
    assert_eq!(
        (chip.agreement, chip.cipher),
        (Agreement::Ecdh, Cipher::Aes128)
    );
    assert_eq!((chip.version, chip.key_id.as_ref()), (1, None));
    let [pace] = infos.pace.as_slice() else {
        panic!("one PACEInfo");
    };
    assert_eq!((pace.version, pace.parameter_id), (2, Some(13)));
    assert_eq!(
        pace.protocol,
        Some(PaceProtocol {
            agreement: Agreement::Ecdh,
            mapping: Mapping::Generic,
            cipher: Cipher::Aes128
        })
    );
    assert!(infos.other.is_empty());
}

#[test]
fn version_two_with_unknown_entries_is_read() {
    let infos = decode(&vectors().eac2).unwrap();
    assert_eq!(infos.terminal_authentication, [at_its_place(2)]);
    let ids: Vec<_> = infos
        .chip_authentication
        .iter()
        .map(|info| (info.version, info.key_id.clone().unwrap()))
        .collect();
    assert_eq!(ids, [(2, vec![1])]);
    assert_eq!(infos.pace.len(), 1);
    let [domain] = infos.chip_domains.as_slice() else {
        panic!("one ChipAuthenticationDomainParameterInfo");
    };
    assert_eq!(domain.domain.as_ref().unwrap().parameter_id(), Some(13));
    assert_eq!(domain.key_id, Some(vec![1]));
    // A link, and infos for privileged terminals.
    assert_eq!(infos.other, ["0.4.0.127.0.7.2.2.6", "0.4.0.127.0.7.2.2.8"]);
}

#[test]
fn parameter_ids_may_be_missing_and_further_elements_are_passed_over() {
    let infos = decode("3111300F060A04007F00070202040204020102").unwrap();
    assert_eq!(infos.pace[0].parameter_id, None);
    assert_eq!(infos.pace[0].protocol.unwrap().cipher, Cipher::Aes256);
    let infos = decode("31173015060A04007F0007020204020202010202010D020107").unwrap();
    assert_eq!(infos.pace[0].parameter_id, Some(13));
    assert_eq!(infos.pace_surplus, ["0.4.0.127.0.7.2.2.4.2.2"]);
}

#[test]
fn the_signed_set_holds_the_chips_key() {
    let infos = decode(&vectors().eac2_signed).unwrap();
    let [key] = infos.chip_keys.as_slice() else {
        panic!("one key");
    };
    assert_eq!(key.agreement, Agreement::Ecdh);
    assert_eq!(key.key_id, Some(vec![1]));
    let public = key.key.as_ref().unwrap();
    assert_eq!(public.domain().parameter_id(), Some(13));
    assert_eq!(hex::encode(public.encoded()), vectors().eac2_chip_public);
}

#[test]
fn a_key_stands_without_chip_authentication_info() {
    // The last entry of the sample, with its key id and without.
    let signed = hex::decode(vectors().eac2_signed).unwrap();
    let (_, entry) = signed.split_at(signed.len() - 100);
    let with = encode(tag::SET, &[entry]);
    let without = encode(tag::SET, &[&encode(tag::SEQUENCE, &[&entry[2..97]])]);
    for (set, key_id) in [(with, Some(vec![1])), (without, None)] {
        let infos = SecurityInfos::decode(&set).unwrap();
        assert!(infos.chip_authentication.is_empty());
        assert!(infos.chip_keys[0].key.is_some());
        assert_eq!(infos.chip_keys[0].key_id, key_id);
    }
}

#[test]
fn a_point_beside_its_curve_is_named_and_an_unknown_curve_is_kept_raw() {
    let signed = hex::decode(vectors().eac2_signed).unwrap();
    let mut off_curve = signed.clone();
    let last = off_curve.len() - 4;
    off_curve[last] ^= 1;
    let infos = SecurityInfos::decode(&off_curve).unwrap();
    assert!(matches!(
        infos.chip_keys[0].fault,
        Some(KeyFault::Malformed(_))
    ));
    // Parameter id 99 in place of 13, in the key alone.
    let mut unknown = signed;
    let id = unknown.len() - 72;
    assert_eq!(unknown[id], 13);
    unknown[id] = 99;
    let infos = SecurityInfos::decode(&unknown).unwrap();
    assert!(matches!(
        infos.chip_keys[0].fault,
        Some(KeyFault::Unsupported(_))
    ));
    assert!(!infos.chip_keys[0].raw.is_empty());
}

#[test]
fn the_worked_examples_offer_is_read() {
    let infos = decode(&vectors().pace_gm_ecdh).unwrap();
    assert_eq!(hex::encode(&infos.pace[0].oid), "04007f00070202040202");
    assert_eq!(infos.pace[0].parameter_id, Some(13));
}

#[test]
fn unknown_pace_protocols_are_kept_without_a_meaning() {
    // Arc 9, and chip authentication mapping with triple DES, which is not defined.
    for arcs in ["0902", "0601"] {
        let entry = format!("3012060A04007F0007020204{arcs}02010202010D");
        let infos = decode(&format!("3114{entry}")).unwrap();
        assert_eq!(infos.pace[0].protocol, None);
        assert_eq!(infos.pace[0].parameter_id, Some(13));
    }
}

#[test]
fn domain_parameters_of_pace_are_read_by_number_and_in_full() {
    let with = |protocol: u8, parameters: &[u8], id: &[u8]| {
        let oid = [0x06, 0x09, 0x04, 0, 0x7F, 0, 7, 2, 2, 4, protocol];
        let entry = encode(tag::SEQUENCE, &[&oid, parameters, id]);
        let set = encode(tag::SET, &[&entry]);
        SecurityInfos::decode(&set).map(|infos| infos.pace_domains)
    };
    let standardized = |id| {
        let oid = [0x06, 0x07, 0x04, 0, 0x7F, 0, 7, 1, 2];
        encode(tag::SEQUENCE, &[&oid, &[0x02, 0x01, id]])
    };
    let [info] = with(2, &standardized(13), &[0x02, 0x01, 0x21])
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(info.domain, Domain::from_parameter_id(13));
    assert_eq!(
        (info.agreement, info.mapping),
        (Agreement::Ecdh, Mapping::Generic)
    );
    assert_eq!(info.parameter_id, Some(0x21));
    // A named curve counts as well; the number may be missing.
    let p256 = hex::decode("301306072a8648ce3d020106082a8648ce3d030107").unwrap();
    let infos = with(4, &p256, &[]).unwrap();
    assert_eq!(infos[0].domain, Domain::from_parameter_id(12));
    assert_eq!(
        (infos[0].mapping, infos[0].parameter_id),
        (Mapping::Integrated, None)
    );
    let Some(Domain::Modp(group)) = Domain::from_parameter_id(2) else {
        panic!("a prime field");
    };
    let numbers = [group.prime(), group.generator(), group.order().unwrap()]
        .map(encode_integer)
        .concat();
    let oid = hex::decode("06072a8648ce3e0201").unwrap();
    let full = encode(tag::SEQUENCE, &[&oid, &encode(tag::SEQUENCE, &[&numbers])]);
    let infos = with(1, &full, &[]).unwrap();
    assert_eq!(infos[0].domain, Domain::from_parameter_id(2));
    // Another kind of agreement than the protocol's, an unknown number, nothing at all.
    for (protocol, parameters) in [
        (1, standardized(13)),
        (2, standardized(2)),
        (2, standardized(99)),
        (2, vec![0x30, 0]),
    ] {
        assert_eq!(with(protocol, &parameters, &[]).unwrap()[0].domain, None);
    }
    assert!(with(2, &[0x02, 0x01, 0x0D], &[]).is_err());
    assert_eq!(with(9, &standardized(13), &[]).unwrap(), []);
}

#[test]
fn key_ids_are_absent_zero_or_numbers() {
    let id = |integer: &str| {
        let entry = format!("060A04007F00070202030202020101{integer}");
        let set = format!(
            "31{:02X}30{:02X}{entry}",
            entry.len() / 2 + 2,
            entry.len() / 2
        );
        let infos = decode(&set).unwrap();
        match infos.damaged.as_slice() {
            [] => Ok(infos.chip_authentication[0].key_id.clone()),
            [damaged] => Err(damaged.clone()),
            _ => panic!("one entry"),
        }
    };
    assert_eq!(id(""), Ok(None));
    assert_eq!(id("020100"), Ok(Some(vec![0])));
    assert_eq!(id("02020080"), Ok(Some(vec![0x80])));
    assert_eq!(id("0201FF"), Ok(Some(vec![0xFF])));
    assert!(id("0200").is_err());
}

#[test]
fn active_authentication_names_its_signature() {
    let infos = decode("311930170606678108010105020101060A04007F00070101040103").unwrap();
    let info = infos.active_authentication.unwrap();
    assert_eq!(info.signature, Some(Scheme::EcdsaPlain(Hash::Sha256)));
    // RIPEMD-160 is not known here.
    let infos = decode("311930170606678108010105020101060A04007F00070101040106").unwrap();
    assert_eq!(infos.active_authentication.unwrap().signature, None);
}

#[test]
fn a_known_protocol_without_its_data_is_refused() {
    for wrong in [
        "310C300A060804007F0007020202",
        "310E300C060A04007F00070202040202",
        "3004310202020000",
        "3102300000",
        "31023000",
    ] {
        assert!(decode(wrong).is_err(), "{wrong}");
    }
    for damaged in [
        "310E300C060A04007F00070202030202",
        "310A30080606678108010105",
        "310D300B060904007F000702020102",
        "310D300B060904007F000702020302",
    ] {
        let infos = decode(damaged).unwrap();
        assert_eq!(infos.damaged.len(), 1, "{damaged}");
        let rest = SecurityInfos {
            damaged: Vec::new(),
            ..infos
        };
        assert_eq!(rest, SecurityInfos::default());
    }
    let many = vec![vec![0x30, 3, 6, 1, 1]; 65].concat();
    assert!(SecurityInfos::decode(&encode(tag::SET, &[&many])).is_err());
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..200, value: u8) {
        let _ = SecurityInfos::decode(&bytes);
        let vectors = vectors();
        for sample in [vectors.citizen_card, vectors.eac2_signed] {
            let mut mutated = hex::decode(sample).unwrap();
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = SecurityInfos::decode(&mutated);
        }
    }
}
