//! Reading files: how a chip says that one ends, where it is, and that it is long.

use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::quirk::Quirk;
use cancuoc::sim::seed::Seeded;

use crate::conformance::wire;
use crate::support::cards;

const BOTH: [Lengths; 2] = [
    Lengths::Short,
    Lengths::Extended {
        max_response: 65_536,
    },
];

/// Reads a card whose contents were changed after they were made.
fn ending_of(persona: &Persona, change: impl FnOnce(&mut Personalisation)) -> String {
    let mut card = persona.personalise().unwrap();
    change(&mut card);
    let mut card = VirtualCard::new(card, Box::new(Seeded::new("chip conformance")));
    let plan = cards::whole(cards::key(persona));
    wire::ending(cards::read(&mut card, &plan, "conformance"))
}

/// Reads a card with one honest custom, in both lengths: genuine.
fn genuine_with(quirk: Quirk) {
    for lengths in BOTH {
        let persona = cards::changed("an", |chip| {
            chip.lengths = lengths;
            chip.quirks.insert(quirk);
        });
        assert_eq!(wire::with_faults(&persona, &[]), "genuine", "{quirk}");
    }
}

#[test]
fn a_group_that_the_chip_refuses_is_not_judged_as_if_it_were_there() {
    for quirk in [None, Some(Quirk::SfiUnsupported)] {
        let persona = cards::changed("an", |chip| chip.quirks.extend(quirk));
        for (group, expected) in [
            (DataGroup::DG2, "inconclusive: hashes.unread"),
            (DataGroup::DG13, "inconclusive: hashes.unread"),
            (DataGroup::DG15, "not genuine: chip.refused"),
        ] {
            let ending = ending_of(&persona, |card| {
                card.files.remove(&FileId::Group(group));
            });
            assert_eq!(ending, expected, "{group} {quirk:?}");
        }
    }
}

/// Beyond offset 8000 (hexadecimal) the instruction with odd number reads on.
#[test]
fn a_group_longer_than_short_offsets_reach_is_read_whole() {
    for lengths in BOTH {
        let persona = cards::changed("an", |chip| {
            chip.lengths = lengths;
            chip.portrait = chip.portrait.padded_to(40_000);
        });
        assert_eq!(wire::with_faults(&persona, &[]), "genuine", "{lengths:?}");
    }
}

#[test]
fn a_read_over_the_end_of_a_file_is_borne() {
    genuine_with(Quirk::EndOfFile9000);
    genuine_with(Quirk::EndOfFileEmpty);
}

#[test]
fn the_end_of_a_file_may_be_said_with_6b00() {
    genuine_with(Quirk::EndOfFile6b00);
}

#[test]
fn the_end_of_a_file_may_be_said_with_6282() {
    genuine_with(Quirk::EndOfFile6282);
}

#[test]
fn the_end_of_a_file_may_be_said_with_the_right_length() {
    genuine_with(Quirk::Le6cxx);
}

/// ISO/IEC 19794-5 (2005) §5.7: width and height zero mean that they are not stated.
#[test]
fn a_portrait_without_its_size_is_one() {
    let persona = cards::persona("an");
    let ending = ending_of(&persona, |card| {
        let file = card.files.get_mut(&FileId::Group(DataGroup::DG2)).unwrap();
        let record = file.windows(4).position(|four| four == b"FAC\0").unwrap();
        // Facial record header 14, facial information 20 with the number of feature points in its
        // fifth and sixth octet, 8 for each of them; then two octets of types, width and height.
        let points = usize::from(file[record + 19]);
        let size = record + 14 + 20 + 8 * points + 2;
        file[size..size + 4].fill(0);
        persona.seal(card).unwrap();
    });
    assert_eq!(ending, "genuine");
}
