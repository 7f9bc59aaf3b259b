//! How much goes over the wire: few commands, no SELECT per file, no probe of a length.

use cancuoc::capture::Reading;
use cancuoc::iso7816::ins;
use cancuoc::lds::FileId;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Tap;

/// Class octet of a protected command.
const PROTECTED: u8 = 0x0C;

/// What a full read with everything in it may take: PACE 5, SELECT 1, files 7, chip
/// authentication 2, active authentication 1.
const FULL_READ: usize = 16;

/// Reads the persona's own card and gives the commands as sent.
fn listen(persona: &Persona) -> (Reading, Vec<Vec<u8>>) {
    let card = cards::card(persona, "wire");
    let handle = card.handle();
    let mut tap = Tap::new(card);
    let heard = tap.heard();
    let plan = cards::whole(cards::key(persona));
    let reading = cards::read(&mut tap, &plan, "wire").unwrap();
    let (counters, exchange) = (handle.counters(), reading.exchange);
    assert_eq!(u64::from(exchange.commands), counters.commands);
    assert_eq!(exchange.bytes_sent, counters.bytes_sent);
    assert_eq!(exchange.bytes_received, counters.bytes_received);
    let commands = heard.borrow().clone();
    assert_eq!(commands.len(), usize::try_from(exchange.commands).unwrap());
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
    (reading, commands)
}

/// Number of commands with this class and instruction.
fn count(commands: &[Vec<u8>], class: u8, instruction: u8) -> usize {
    commands
        .iter()
        .filter(|command| command[..2] == [class, instruction])
        .count()
}

/// Pieces of so many bytes that the files behind access control come in.
fn pieces(reading: &Reading, piece: usize) -> usize {
    let files = &reading.capture.files;
    files
        .iter()
        .filter(|(file, _)| **file != FileId::CardAccess)
        .map(|(_, bytes)| bytes.len().div_ceil(piece))
        .sum()
}

#[test]
fn a_full_read_with_extended_length_takes_sixteen_commands_and_ef_cardaccess() {
    let (reading, commands) = listen(&cards::persona("an"));
    println!("{:?}", reading.exchange);
    // EF.CardAccess is selected and read; that is all that finding it costs here.
    let finding = count(&commands, 0, ins::SELECT) + count(&commands, 0, ins::READ_BINARY);
    assert_eq!(finding, 2);
    assert_eq!(commands.len(), FULL_READ + finding);
    assert_eq!(count(&commands, PROTECTED, ins::SELECT), 1);
    assert_eq!(count(&commands, PROTECTED, ins::READ_BINARY), 7);
    assert_eq!(pieces(&reading, usize::MAX), 7);
    let report = cards::judge(&reading);
    assert_eq!(report.exchange().commands, 18);
    assert_eq!(report.exchange(), &reading.exchange);
}

#[test]
fn the_photo_is_of_the_length_that_the_figures_are_for() {
    let reading = cards::read_own(&cards::persona("an"), "wire").unwrap();
    let photo = reading
        .capture
        .files
        .iter()
        .find(|(file, _)| file.name() == "DG2")
        .unwrap()
        .1;
    assert!((14_900..15_500).contains(&photo.len()), "{}", photo.len());
}

#[test]
fn short_length_under_aes_takes_one_command_for_223_bytes() {
    // An RSA signature of 256 bytes is longer than a short answer with its wrapping: one GET
    // RESPONSE more.
    let rsa = cards::changed("an", |chip| chip.lengths = Lengths::Short);
    for (persona, more) in [(cards::persona("binh"), 0), (rsa, 1)] {
        let (reading, commands) = listen(&persona);
        assert_eq!(
            count(&commands, PROTECTED, ins::READ_BINARY),
            pieces(&reading, 223)
        );
        assert_eq!(count(&commands, PROTECTED, ins::SELECT), 1);
        // EF.CardAccess 2, PACE 5, SELECT 1, chip authentication 2, active authentication 1.
        assert_eq!(commands.len() - pieces(&reading, 223), 11 + more);
        assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
    }
}

#[test]
fn short_length_under_3des_takes_one_command_for_231_bytes() {
    let persona = cards::changed("chi", |chip| chip.lengths = Lengths::Short);
    let (reading, commands) = listen(&persona);
    assert_eq!(
        count(&commands, PROTECTED, ins::READ_BINARY),
        pieces(&reading, 231)
    );
    assert_eq!(count(&commands, PROTECTED, ins::SELECT), 0);
    // The ladder for EF.CardAccess 6, SELECT 1, BAC 2, chip authentication 1, active
    // authentication 1.
    assert_eq!(commands.len() - pieces(&reading, 231), 11);
}

/// The figures do not rest on a chip's leniency: one that refuses what does not fit is asked for
/// no more than fits.
#[test]
fn a_chip_without_any_quirk_takes_as_many_commands() {
    for (name, lengths) in [
        ("an", None),
        ("binh", None),
        ("chi", Some(Lengths::Short)),
        (
            "an",
            Some(Lengths::Extended {
                max_response: 1_000,
            }),
        ),
    ] {
        let usual = cards::changed(name, |chip| {
            chip.lengths = lengths.unwrap_or(chip.lengths);
            chip.quirks.remove(&Quirk::SelectMf6d00);
        });
        let strict = usual.clone().with(|chip| chip.quirks.clear());
        assert_eq!(listen(&strict).1.len(), listen(&usual).1.len(), "{name}");
    }
}
