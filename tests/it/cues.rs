//! Faults at a moment of their own, on the card in this process and on the one that lies on a reader.

use std::time::Duration;

use cancuoc::crypto::random::System;
use cancuoc::error::TransportError;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::vpcd::Card;
use cancuoc::transport::Limits;
use cancuoc::transport::Medium;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::transport::trace::Recorder;

use crate::conformance::wire;
use crate::support::cards;

/// A bare chip behind the trait that the vpcd reader asks, as pcscd shows it.
struct OnReader {
    chip: Chip,
    limits: Limits,
}

impl OnReader {
    fn new(persona: &Persona) -> Self {
        let limits = cards::card(persona, "limits").limits();
        let mut chip = Chip::new(persona.personalise().unwrap(), Box::new(System));
        // pcscd powers a card up more than once before anybody speaks.
        for _ in 0..3 {
            Card::power(&mut chip);
        }
        Self { chip, limits }
    }
}

impl Transport for OnReader {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match Card::process(&mut self.chip, command) {
            None => Err(TransportError::CardRemoved),
            Some(answer) if answer.is_empty() => Err(TransportError::Mute),
            Some(answer) => Ok(answer),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            medium: Medium::Reader,
            ..self.limits.clone()
        }
    }

    fn reconnect(&mut self, _stop: &Stop, _within: Duration) -> Result<(), TransportError> {
        Card::power(&mut self.chip);
        Ok(())
    }
}

/// The short-command card with these cues.
fn card(cues: &[&str]) -> Persona {
    cards::changed("binh", |chip| {
        chip.faults = cues
            .iter()
            .map(|cue| Cue::from_name(cue).unwrap())
            .collect();
    })
}

/// What two reads in a row end with.
fn endings(transport: &mut dyn Transport, persona: &Persona) -> [String; 2] {
    let plan = cards::whole(cards::key(persona));
    [(); 2].map(|()| {
        let ending = wire::ending(cards::read(transport, &plan, "cues"));
        // Whoever reads again lays the card down again.
        let _ = transport.reconnect(&Stop::never(), Duration::ZERO);
        ending
    })
}

fn in_process(persona: &Persona) -> [String; 2] {
    let mut card = cards::card(persona, "cues");
    let handle = card.handle();
    let plan = cards::whole(cards::key(persona));
    [(); 2].map(|()| {
        let ending = wire::ending(cards::read(&mut card, &plan, "cues"));
        handle.remove();
        handle.insert();
        ending
    })
}

#[test]
fn every_kind_of_moment_comes_in_both_forms() {
    let good = "genuine";
    let once = |ending| [ending, good];
    // A reader begins a silent card anew, and a moment that comes once has come then.
    let mut wrong = Vec::new();
    for (cue, in_this_process, on_a_reader) in [
        ("mute@read:DG2:3", [good; 2], [good; 2]),
        ("mute@read:DG2:3+", ["card.mute"; 2], ["card.mute"; 2]),
        (
            "bad-mac-at-command@read:DG13:2",
            once("channel.bad_mac"),
            once("channel.bad_mac"),
        ),
        (
            "plain-status-at-command@command:12",
            once("channel.plain_answer"),
            once("channel.plain_answer"),
        ),
        (
            "answer-other-status@session:7+",
            ["channel.status_mismatch"; 2],
            ["channel.status_mismatch"; 2],
        ),
        (
            "garbage@select:SOD",
            once("channel.malformed"),
            once("channel.malformed"),
        ),
        ("mute@power:1", [good; 2], [good; 2]),
        ("mute@power:2+", [good, "card.mute"], [good, "card.mute"]),
        ("cut-answer@read:SOD:1", [good; 2], [good; 2]),
        ("slow:1@read:DG1:1+", [good; 2], [good; 2]),
        // In this process the card is away until somebody lays it down, on a reader it is powered up.
        (
            "lost-at-command@read:DG2:2",
            once("card.removed"),
            [good; 2],
        ),
        ("reset@read:DG2:2", [good; 2], [good; 2]),
        (
            "wrong-active-key@session:1+",
            ["not genuine: chip.proof_failed"; 2],
            ["not genuine: chip.proof_failed"; 2],
        ),
    ] {
        let persona = card(&[cue]);
        let here = in_process(&persona);
        let there = endings(&mut OnReader::new(&persona), &persona);
        if here != in_this_process || there != on_a_reader {
            wrong.push(format!("{cue}: {here:?}, {there:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn several_faults_come_each_at_its_moment() {
    let persona = card(&[
        "slow:1@read:DG1:1",
        "bad-mac-at-command@read:DG2:2",
        "mute@power:2+",
    ]);
    assert_eq!(in_process(&persona), ["channel.bad_mac", "card.mute"]);
    let mut reader = OnReader::new(&persona);
    assert_eq!(
        endings(&mut reader, &persona),
        ["channel.bad_mac", "card.mute"]
    );
    // Two at one moment: the chip that says nothing says nothing wrong, and both have come.
    let persona = card(&["mute@read:SOD:1", "garbage@read:SOD:1"]);
    assert_eq!(in_process(&persona), ["genuine"; 2]);
}

/// A fault after which the reading goes on shows in what was said, at the command that was named.
#[test]
fn a_moment_after_which_all_is_well_came_all_the_same() {
    let said = |cues: &[&str]| {
        let persona = card(cues);
        let recorder = Recorder::new();
        let mut transport = recorder.transport(cards::card(&persona, "cues"));
        let plan = cards::whole(cards::key(&persona));
        let mut random = cards::terminal("cues");
        // Nobody lays a silent card down again behind a recorder, so that the reading may end there.
        let _ = cards::read_with(&mut transport, &plan, &mut random);
        recorder.text()
    };
    let calm = said(&[]);
    for (cue, failure) in [
        ("mute@read:DG2:3", "! card.mute"),
        ("mute@power:1", "! card.mute"),
        ("cut-answer@read:SOD:1", "< "),
        ("reset@read:DG2:2", "! card."),
        ("mute@command:9", "! card.mute"),
    ] {
        let disturbed = said(&[cue]);
        let pairs = calm.lines().zip(disturbed.lines());
        let (_, other) = pairs.clone().find(|(one, other)| one != other).unwrap();
        assert!(other.starts_with(failure), "{cue}: {other}");
        if cue == "mute@command:9" {
            let commands = pairs.take_while(|(one, other)| one == other);
            let commands = commands.filter(|(one, _)| one.starts_with("> "));
            assert_eq!(commands.count(), 9);
        }
    }
}
