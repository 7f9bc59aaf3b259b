//! The cards of the personas, by their digests: whoever keeps what a virtual card answers must find
//! the same card after an update.

use std::fmt::Write;

use crate::crypto::hash::Hash;
use crate::sim::persona::CardState;
use crate::sim::persona::Persona;
use crate::sim::persona::find;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::Personalisation;

/// SHA-256 over everything that is written into the chip.
const FROZEN: [(&str, &str); 5] = [
    (
        "an",
        "c194ea9e26eeef0b8b76f0a7c2a66c3229d5158562106ac6f3887334a8f4fbc4",
    ),
    (
        "binh",
        "7a41709b26f15004b6da123f528fb32c5ae1b138c3156927f3741b07270fa6eb",
    ),
    (
        "chi",
        "80202cae426ad3c6bbc370188822d7e07dcd08eca86fa6cb88443aa4087aa747",
    ),
    (
        "dung",
        "09d7c1a984ccf1f3099b508f40181e42277d33aeb689f7bf0426585157c79e47",
    ),
    (
        "giang",
        "eed1ebafc2b8acea2f3f40dc9193268cb7527773b34a8ab10294fa33ac4a547a",
    ),
];

/// All that the chip is and does, as text.
fn whole(persona: &Persona, card: &Personalisation) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| writeln!(text, "{name} {value}").unwrap();
    line("name", &persona.name);
    line("title", &format!("{:?}", persona.title));
    // What a register says of a card is no part of the card.
    line("state", CardState::Active.code());
    line("atr", &hex::encode(&card.atr));
    for (file, bytes) in &card.files {
        line(
            &file.to_string(),
            &hex::encode(Hash::Sha256.digest(&[bytes])),
        );
    }
    line("can", &hex::encode(card.can.expose()));
    line("mrz", &hex::encode(card.mrz_information.expose()));
    line("zone", &persona.mrz());
    line("qr", &persona.qr());
    if let Some(pin) = &card.pin {
        let digits = hex::encode(pin.value.expose());
        line("pin", &format!("{digits} {} {}", pin.tries, pin.limit));
    }
    if let Some(puk) = &card.puk {
        line("puk", &hex::encode(puk.expose()));
    }
    if let Some(key) = &card.mapping_key {
        line("mapping", &hex::encode(key.public().encoded()));
    }
    for offer in &card.pace {
        line("pace", &format!("{offer:?}"));
    }
    line("bac", &format!("{:?}", card.bac));
    for key in &card.chip_keys {
        let public = hex::encode(key.private.public().encoded());
        let (oid, id) = (hex::encode(&key.oid), &key.key_id);
        let (cipher, version) = (key.cipher.name(), key.version);
        line(
            "chip key",
            &format!("{oid} {cipher} {id:?} {version} {public}"),
        );
    }
    match &card.active {
        Some(ActiveKey::Rsa { hash, trailer, .. }) => {
            line("active", &format!("RSA {} {trailer:?}", hash.name()));
        }
        Some(ActiveKey::Ec { hash, .. }) => line("active", &format!("EC {}", hash.name())),
        None => {}
    }
    line("lengths", &format!("{:?}", card.lengths));
    for quirk in &card.quirks {
        line("quirk", &quirk.to_string());
    }
    for fault in &card.faults {
        line("fault", &fault.to_string());
    }
    if let Some(trust) = &card.terminal {
        line("terminal", &format!("{trust:?}"));
    }
    line("applications", &card.applications.len().to_string());
    text
}

#[test]
fn the_cards_stay_as_they_are_known() {
    let digests: Vec<(&str, String)> = FROZEN
        .iter()
        .map(|(name, _)| {
            let persona = find(name).unwrap();
            let card = persona.personalise().unwrap();
            let text = whole(&persona, &card);
            (*name, hex::encode(Hash::Sha256.digest(&[text.as_bytes()])))
        })
        .collect();
    let digests: Vec<(&str, &str)> = digests.iter().map(|(name, it)| (*name, &**it)).collect();
    assert_eq!(digests, FROZEN);
}
