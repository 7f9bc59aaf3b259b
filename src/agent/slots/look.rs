//! A quick look at a card before anybody wants it read: is it a document?
//!
//! Before access control a chip shows whether it has the eMRTD application and, in EF.CardAccess, how it
//! is opened (Doc 9303-11, PACE). Neither says whose it is or who issued it: other cards have the same
//! chip. So this says "eMRTD" at most; that it is a citizen card is known when its text was read.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::agent::slots::CardKind;
use crate::agent::slots::SlotId;
use crate::agent::slots::board::Board;
use crate::agent::slots::board::Lying;
use crate::capture::Capture;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::security_infos::SecurityInfos;
use crate::link::Link;
use crate::transport::Stop;
use crate::transport::Transport;

/// Longest time for a look.
pub(super) const LIMIT: Duration = Duration::from_secs(3);

/// How long the first word of a card waits for the look to end.
const PROMPT: Duration = Duration::from_millis(100);

/// The eMRTD application (Doc 9303-10).
const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// What it is, or that it is no document.
    Kind(CardKind),
    /// The look failed: the card may be anything.
    Failed,
}

/// Begins to look at a card.
pub(super) fn start(
    board: &Arc<Board>,
    slot: SlotId,
    reader: &str,
    lying: Lying,
    stop: Stop,
) -> io::Result<()> {
    let (board, reader) = (Arc::clone(board), reader.to_owned());
    let looking = thread::Builder::new().name("look".to_owned());
    looking.spawn(move || {
        let (found, finding) = mpsc::channel();
        let ground = Arc::clone(&board);
        let started = thread::Builder::new()
            .name("look at card".to_owned())
            .spawn(move || {
                let opened = ground.ground().open(&reader, &stop);
                let seen = opened.map(|mut card| look(card.as_mut(), &stop));
                // Whoever wanted to know waits for as long as this takes.
                let _ = found.send(seen.unwrap_or(Seen::Failed));
            });
        // A fault of the program is not tried again.
        let fault = Seen::Kind(CardKind::Unknown);
        let seen = match started {
            Err(_) => Seen::Failed,
            Ok(_) => finding.recv_timeout(PROMPT).unwrap_or_else(|_| {
                board.look_lasts(slot, lying);
                finding.recv().unwrap_or(fault)
            }),
        };
        if let Some(pause) = board.looked(slot, lying, seen) {
            board.look_later(slot, lying, pause);
        }
    })?;
    Ok(())
}

/// What a card shows of itself before it is opened.
fn look(card: &mut dyn Transport, stop: &Stop) -> Seen {
    match is_document(&mut Link::new(card, stop)) {
        Ok(true) => Seen::Kind(CardKind::Emrtd),
        Ok(false) => Seen::Kind(CardKind::Unknown),
        // A card that left or does not answer is not known.
        Err(_) => Seen::Failed,
    }
}

fn is_document(link: &mut Link<'_>) -> Result<bool, Error> {
    // First of all: once the application was selected, some chips no longer give the file.
    if shows_pace(link)? {
        return Ok(true);
    }
    let select = Command::new(ins::SELECT, 0x04, 0x0C).with_data(EMRTD.to_vec());
    if link.send(&select)?.status == Status::SUCCESS {
        return Ok(true);
    }
    // Some chips refuse every application before PACE, and show the file under the master file only.
    let top = Command::new(ins::SELECT, 0x00, 0x0C).with_data(vec![0x3F, 0x00]);
    Ok(link.send(&top)?.status == Status::SUCCESS && shows_pace(link)?)
}

/// Whether EF.CardAccess is there and offers PACE.
fn shows_pace(link: &mut Link<'_>) -> Result<bool, Error> {
    let file = FileId::CardAccess.id().to_be_bytes().to_vec();
    let select = Command::new(ins::SELECT, 0x02, 0x0C).with_data(file);
    if link.send(&select)?.status != Status::SUCCESS {
        return Ok(false);
    }
    let read = Command::new(ins::READ_BINARY, 0, 0).expecting(256);
    let data = link.send(&read)?.data;
    // The file tells its own length; what comes after it is padding.
    let length = match data.as_slice() {
        [_, short, ..] if *short < 0x80 => usize::from(*short).saturating_add(2),
        [_, 0x81, long, ..] => usize::from(*long).saturating_add(3),
        _ => data.len(),
    };
    let whole = data.get(..length).unwrap_or(&data);
    Ok(SecurityInfos::decode(whole).is_ok_and(|infos| !infos.pace.is_empty()))
}

/// What the text of a card shows it to be, verified or not.
pub(super) fn kind_of(capture: &Capture) -> CardKind {
    let zone = capture.files.get(&FileId::Group(DataGroup::DG1));
    let zone = zone.and_then(|file| Dg1::decode(file).ok());
    match zone {
        Some(dg1)
            if dg1.mrz.issuing_state() == "VNM" && dg1.mrz.document_code().starts_with('I') =>
        {
            CardKind::CitizenCard
        }
        _ => CardKind::Emrtd,
    }
}

#[cfg(test)]
mod tests {
    use crate::crypto::random::System;
    use crate::error::TransportError;
    use crate::sim::VirtualCard;
    use crate::sim::persona;
    use crate::transport::Limits;
    use crate::transport::Medium;

    use super::*;

    /// A card that answers everything with one status word.
    struct Says([u8; 2]);

    impl Transport for Says {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
            Ok(self.0.to_vec())
        }

        fn limits(&self) -> Limits {
            Limits {
                max_command: 261,
                max_response: 258,
                atr: Vec::new(),
                medium: Medium::Virtual,
            }
        }
    }

    #[test]
    fn every_persona_is_seen_to_be_a_document() {
        for persona in persona::shipped() {
            let mut card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
            let seen = look(&mut card, &Stop::never());
            assert_eq!(seen, Seen::Kind(CardKind::Emrtd), "{}", persona.name);
        }
    }

    #[test]
    fn a_card_that_refuses_everything_or_says_yes_to_everything_is_not_taken_for_more() {
        let stop = Stop::never();
        let unknown = Seen::Kind(CardKind::Unknown);
        assert_eq!(look(&mut Says([0x6D, 0x00]), &stop), unknown);
        assert_eq!(look(&mut Says([0x6A, 0x82]), &stop), unknown);
        // It selects the application, as far as anybody can tell.
        let document = Seen::Kind(CardKind::Emrtd);
        assert_eq!(look(&mut Says([0x90, 0x00]), &stop), document);
    }
}
