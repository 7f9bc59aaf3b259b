//! The worked examples of Doc 9303-11, answered byte for byte.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::crypto::curve::Curve;
use crate::lds::FileId;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::chip::tests::Given;
use crate::sim::chip::tests::PACE_128;
use crate::sim::chip::tests::SELECT_AID;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::offer;

const BAC: &str = include_str!("../../../../tests/vectors/bac.toml");
const SECURE_MESSAGING: &str = include_str!("../../../../tests/vectors/secure_messaging_3des.toml");
const PACE: &str = include_str!("../../../../tests/vectors/pace_gm_ecdh.toml");

#[derive(Deserialize)]
struct Exchange {
    name: String,
    command: String,
    response: String,
}

#[derive(Deserialize)]
struct Transcript {
    exchange: Vec<Exchange>,
}

/// One value of a vector file.
fn value(text: &str, table: &str, name: &str) -> String {
    let file: BTreeMap<String, toml::Value> = toml::from_str(text).unwrap();
    file[table][name].as_str().unwrap().to_owned()
}

fn replay(chip: &mut Chip, text: &str) {
    let transcript: Transcript = toml::from_str(text).unwrap();
    assert!(transcript.exchange.len() > 1);
    for exchange in transcript.exchange {
        let answer = chip.process(&hex::decode(&exchange.command).unwrap());
        assert_eq!(hex::encode(answer), exchange.response, "{}", exchange.name);
    }
}

#[test]
fn bac_and_secure_messaging_go_as_in_appendix_d() {
    let mut card = card();
    card.mrz_information = Secret::new(value(BAC, "password", "mrz_information").into_bytes());
    let com = hex::decode(value(SECURE_MESSAGING, "result", "ef_com")).unwrap();
    card.files.insert(FileId::Com, com);
    let random = Given::hex(&[
        &value(BAC, "random", "rnd_ic"),
        &value(BAC, "random", "k_ic"),
    ]);
    let mut chip = Chip::new(card, random);
    assert_eq!(
        chip.process(&hex::decode(SELECT_AID).unwrap()),
        [0x90, 0x00]
    );
    replay(&mut chip, BAC);
    replay(&mut chip, SECURE_MESSAGING);
}

#[test]
fn pace_with_generic_mapping_goes_as_in_appendix_g() {
    let mut card = card();
    let mrz: String = ["document_number", "date_of_birth", "date_of_expiry"]
        .into_iter()
        .map(|name| value(PACE, "password", name))
        .collect();
    card.mrz_information = Secret::new(mrz.into_bytes());
    card.pace = vec![offer(PACE_128, Curve::BrainpoolP256r1)];
    let random = Given::hex(&[
        &value(PACE, "nonce", "nonce"),
        &value(PACE, "map", "chip_map_private"),
        &value(PACE, "key_agreement", "chip_private"),
    ]);
    replay(&mut Chip::new(card, random), PACE);
}
