//! Faults of the line, and the card as a transport.

use crate::error::TransportError;
use crate::sim::VirtualCard;
use crate::sim::chip::Silence;
use crate::sim::chip::tests::SELECT_AID;
use crate::sim::chip::tests::card;
use crate::sim::chip::tests::host::Host;
use crate::sim::fault::Fault;
use crate::sim::personalisation::Lengths;
use crate::sim::seed::Seeded;
use crate::transport::Medium;
use crate::transport::Transport;

const READ: [u8; 5] = [0, 0xB0, 0x9C, 0, 2];

fn transport(faults: &[Fault]) -> VirtualCard {
    let mut card = card();
    card.faults = faults.iter().copied().map(Into::into).collect();
    VirtualCard::new(card, Box::new(Seeded::new("line")))
}

#[test]
fn a_card_is_lost_once_and_comes_back() {
    let mut card = transport(&[Fault::LostAtCommand(2)]);
    assert!(card.transmit(&READ).is_ok());
    assert_eq!(card.transmit(&READ), Err(TransportError::CardRemoved));
    assert_eq!(card.transmit(&READ), Err(TransportError::CardRemoved));
    card.insert();
    for _ in 0..4 {
        assert_eq!(card.transmit(&READ), Ok(vec![0, 1, 0x90, 0x00]));
    }
}

#[test]
fn a_mute_card_stays_mute() {
    let mut card = transport(&[Fault::Mute]);
    assert_eq!(card.transmit(&READ), Err(TransportError::Mute));
    card.insert();
    assert_eq!(card.transmit(&READ), Err(TransportError::Mute));
    assert_eq!(card.chip().silence(), Some(Silence::Mute));
}

#[test]
fn a_card_can_be_taken_away_by_somebody_else() {
    let mut card = transport(&[]);
    let handle = card.handle();
    let select = hex::decode(SELECT_AID).unwrap();
    assert_eq!(card.transmit(&select), Ok(vec![0x90, 0x00]));
    handle.remove();
    assert_eq!(card.transmit(&READ), Err(TransportError::CardRemoved));
    handle.insert();
    // Powered up anew: the master file is current, and commands count from 1.
    assert_eq!(card.transmit(&READ), Ok(vec![0, 1, 0x90, 0x00]));
    assert_eq!(card.chip().commands(), 1);
    let counters = handle.counters();
    assert_eq!(
        (
            counters.commands,
            counters.bytes_sent,
            counters.bytes_received
        ),
        (2, 17, 6)
    );
    card.remove();
    assert_eq!(card.transmit(&READ), Err(TransportError::CardRemoved));
    assert_eq!(card.counters(), counters);
}

#[test]
fn a_transport_carries_what_the_chip_announces() {
    let limits = transport(&[]).limits();
    assert_eq!(limits.medium, Medium::Virtual);
    assert_eq!((limits.max_command, limits.max_response), (261, 258));
    assert!(!limits.atr.is_empty());
    let mut card = card();
    card.lengths = Lengths::Extended { max_response: 1000 };
    let limits = VirtualCard::new(card, Box::new(Seeded::new("line"))).limits();
    assert_eq!((limits.max_command, limits.max_response), (65_544, 1002));
}

#[test]
fn one_bit_of_one_response_is_flipped_after_every_power_up() {
    let fault = Fault::FlipBit {
        response: 2,
        bit: 15,
    };
    let mut card = transport(&[
        fault,
        Fault::FlipBit {
            response: 1,
            bit: 99,
        },
    ]);
    for _ in 0..2 {
        assert_eq!(card.transmit(&READ), Ok(vec![0, 1, 0x90, 0x00]));
        assert_eq!(card.transmit(&READ), Ok(vec![0, 0, 0x90, 0x00]));
        assert_eq!(card.transmit(&READ), Ok(vec![0, 1, 0x90, 0x00]));
        card.insert();
    }
}

#[test]
fn a_checksum_is_spoiled_and_a_status_laid_bare() {
    // Select, challenge, authentication, and then the fourth and the fifth.
    let mut card = card();
    card.faults = [Fault::BadMacAtCommand(4), Fault::PlainStatusAtCommand(5)]
        .map(Into::into)
        .to_vec();
    let mut spoiled = Host::new(card);
    let mut whole = Host::new(self::card());
    for host in [&mut spoiled, &mut whole] {
        assert_eq!(host.bac("28"), "9000");
    }
    let read = [0, 0xB0, 0x9E, 0];
    let answers = [&mut spoiled, &mut whole].map(|host| {
        let command = host.protect(read, &[], &[0]);
        host.chip.process(&command)
    });
    let different: Vec<usize> = (0..answers[0].len())
        .filter(|at| answers[0][*at] != answers[1][*at])
        .collect();
    assert_eq!(different, [answers[0].len() - 3]);
    whole.open(&answers[1], false);
    let command = spoiled.protect(read, &[], &[0]);
    assert_eq!(spoiled.chip.process(&command), [0x90, 0x00]);
}
