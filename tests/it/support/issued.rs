//! A persona's card with one file replaced by other bytes, and signed anew: what an issuer might have
//! issued by mistake. And what a read of it ends with.

use cancuoc::bytes::tlv::Reader;
use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::printed::Printed;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::seed::Seeded;
use cancuoc::verify::Report;

use crate::support::cards;

/// The card after a change, with everything signed anew.
pub fn sealed(persona: &Persona, change: impl FnOnce(&mut Personalisation)) -> Personalisation {
    let mut card = persona.personalise().unwrap();
    change(&mut card);
    persona.seal(&mut card).unwrap();
    card
}

/// The card with other bytes in one group, signed anew.
pub fn with_group(persona: &Persona, group: DataGroup, bytes: Vec<u8>) -> Personalisation {
    sealed(persona, |card| {
        card.files.insert(FileId::Group(group), bytes);
    })
}

/// The bytes of a file as the persona's card has them.
pub fn file(persona: &Persona, file: impl Into<FileId>) -> Vec<u8> {
    persona.personalise().unwrap().files[&file.into()].clone()
}

/// Reads the card with the persona's key, which tells nothing of what is printed.
pub fn read(persona: &Persona, card: Personalisation) -> Result<Reading, cancuoc::Error> {
    let mut card = VirtualCard::new(card, Box::new(Seeded::new("chip issued")));
    let mut key = cards::key(persona);
    key.printed.clear();
    cards::read(&mut card, &cards::whole(key), "issued")
}

/// Reads and judges; `printed` is compared with the chip.
pub fn report(persona: &Persona, card: Personalisation, printed: &[&str]) -> Report {
    let mut reading = read(persona, card).unwrap();
    let printed = printed.iter().map(|text| Printed::parse(text).unwrap());
    reading.printed.extend(printed);
    cards::judge(&reading)
}

/// The file with another first tag.
pub fn retagged(file: &[u8], tag: u8) -> Vec<u8> {
    let mut file = file.to_vec();
    file[0] = tag;
    file
}

/// The file with so much added to the last octet of its outer length.
pub fn relengthed(file: &[u8], by: i8) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = match file[1] {
        0x81 => 2,
        0x82 => 3,
        _ => 1,
    };
    file[at] = file[at].wrapping_add_signed(by);
    file
}

/// The elements inside the outermost `depth` templates.
pub fn elements(file: &[u8], depth: usize) -> Vec<Vec<u8>> {
    let mut reader = Reader::new(file);
    for _ in 0..depth {
        reader = reader.element("template").unwrap().inside().unwrap();
    }
    let mut found = Vec::new();
    while !reader.at_end() {
        found.push(reader.element("element").unwrap().raw.to_vec());
    }
    found
}
