//! Every file of a card: what if the chip itself delivers this other octet, under a channel and with
//! proofs that are all right?
//!
//! The reading is a live one, with its witness of the chip; only the bytes of one file are other
//! than the chip gave. That is the most that a forger can reach who holds the genuine chip. A sample
//! is given by a forging chip besides, which has the changed file in its memory and does the whole
//! read with it.

use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::seed::Seeded;
use cancuoc::verify;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;

use super::bits::Ended;
use super::bits::Exception;
use super::bits::Flip;
use super::bits::flip;
use super::bits::keep;
use super::bits::sample;
use super::regions;
use super::responses::mapping_card;
use super::truth::Truth;
use crate::support::cards;

/// Bits of each region of an ordinary run.
const FEW: usize = 4;

/// Files that may change and the card be genuine all the same, and the parts of the signed ones that
/// nobody signs.
const HARMLESS: &[Exception] = &[
    (
        "EF.COM",
        "nobody signs it; what it lists is compared with the security object and only noted",
    ),
    (
        "EF.CardAccess",
        "nobody signs it; its PACE is compared with the signed DG14, the rest is used by nobody",
    ),
    (
        "EF.SOD: signer id, unsigned",
        "it says which certificate to try; of one certificate the signature decides",
    ),
    (
        "EF.SOD: digestAlgorithms, unsigned",
        "another hash that is known: the set helps to read in one pass, and is only noted",
    ),
    (
        "EF.CardSecurity: digestAlgorithms, unsigned",
        "another hash that is known: the set helps to read in one pass, and is only noted",
    ),
    (
        "EF.CardSecurity: signer id, unsigned",
        "it says which certificate to try; of one certificate the signature decides",
    ),
];

/// Every bit of these files.
fn flips(capture: &Capture, wanted: impl Fn(FileId) -> bool) -> Vec<Flip<FileId>> {
    let mut flips = Vec::new();
    for (file, bytes) in &capture.files {
        if !wanted(*file) {
            continue;
        }
        let regions = match file {
            FileId::Sod | FileId::CardSecurity => regions::of_signed_file(bytes, &file.name()),
            _ => vec![file.name(); bytes.len()],
        };
        for bit in 0..bytes.len() * 8 {
            flips.push(Flip {
                region: regions[bit / 8].clone(),
                place: *file,
                bit,
            });
        }
    }
    flips
}

fn changed(capture: &Capture, file: FileId, bit: usize) -> Vec<u8> {
    let mut bytes = capture.files[&file].clone();
    flip(&mut bytes, bit);
    bytes
}

fn judge(reading: &Reading, trust: &TrustStore) -> Report {
    verify::verify(reading, trust, &Policy::counter(), cards::now())
}

/// Reads the card once for every thread of a core, since a witness cannot be copied, and flips in
/// that reading.
fn keep_for(class: &str, persona: &Persona, wanted: impl Fn(FileId) -> bool) {
    let read = || cards::read_own(persona, class).unwrap();
    let first = read();
    let trust = cards::trust();
    let truth = Truth::of(&judge(&first, &trust));
    let flips = sample(class, flips(&first.capture, wanted), FEW);
    let idle = std::sync::Mutex::new(vec![first]);
    keep(class, &flips, HARMLESS, |flip| {
        let waiting = idle.lock().unwrap().pop();
        let mut reading = waiting.unwrap_or_else(read);
        let bytes = changed(&reading.capture, flip.place, flip.bit);
        let honest = reading.capture.files.insert(flip.place, bytes).unwrap();
        let ended = truth.judged(&judge(&reading, &trust));
        reading.capture.files.insert(flip.place, honest);
        idle.lock().unwrap().push(reading);
        ended
    });
}

#[test]
fn no_bit_of_a_file_of_an_ordinary_card() {
    keep_for("files of an ordinary card", &cards::persona("an"), |_| true);
}

/// EF.CardSecurity, where the chip's only key stands.
#[test]
fn no_bit_of_a_file_of_a_card_with_chip_authentication_mapping() {
    keep_for("files under PACE-CAM", &mapping_card(), |file| {
        file != FileId::Group(DataGroup::DG2)
    });
}

/// Every group that the others lack.
#[test]
fn no_bit_of_a_file_of_a_full_card() {
    let common = [DataGroup::DG2, DataGroup::DG5].map(FileId::Group);
    keep_for("files of a full card", &cards::persona("dung"), |file| {
        !common.contains(&file)
    });
}

/// The chip with the changed file in its memory, read from the first command to the last.
#[test]
fn a_chip_that_delivers_the_other_bit_does_no_better() {
    let persona = cards::persona("an");
    let reading = cards::read_own(&persona, "forging chip").unwrap();
    let trust = cards::trust();
    let truth = Truth::of(&judge(&reading, &trust));
    let card = persona.personalise().unwrap();
    let class = "files given by a forging chip";
    let of_card = |file| card.files.contains_key(&file);
    let flips = sample(class, flips(&reading.capture, of_card), 1);
    let flips: Vec<_> = flips.into_iter().take(super::bits::MOST_READS).collect();
    keep(class, &flips, HARMLESS, |flip| {
        let mut forged = persona.personalise().unwrap();
        let bytes = changed(&reading.capture, flip.place, flip.bit);
        forged.files.insert(flip.place, bytes);
        let mut chip = VirtualCard::new(forged, Box::new(Seeded::new("forging chip")));
        let plan = cards::whole(cards::key(&persona));
        let outcome = cards::read(&mut chip, &plan, "forging terminal");
        match outcome {
            Err(error) => Ended::Refused(error.code().to_owned()),
            Ok(reading) => truth.judged(&judge(&reading, &trust)),
        }
    });
}
