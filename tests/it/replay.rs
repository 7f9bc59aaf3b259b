//! Saved conversations and saved captures: the same bytes again, and never a live proof.

use std::sync::OnceLock;

use cancuoc::Error;
use cancuoc::capture::Capture;
use cancuoc::capture::Reading;
use cancuoc::crypto::random::Random;
use cancuoc::error::SetupError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::fault::Fault;
use cancuoc::transport::Transport;
use cancuoc::transport::trace::Recorder;
use cancuoc::transport::trace::Trace;
use cancuoc::verify::GroupState;
use cancuoc::verify::Outcome;
use cancuoc::verify::Verdict;
use proptest::prelude::*;

use crate::support::cards;

const PERSONAS: [&str; 3] = ["an", "binh", "chi"];

/// Reads the persona's card while everything is written down.
fn record(name: &str) -> (Result<Reading, Error>, String) {
    let persona = cards::persona(name);
    let recorder = Recorder::new();
    let mut card = recorder.transport(cards::card(&persona, "record"));
    let mut random = recorder.random(cards::terminal("record"));
    let plan = cards::whole(cards::key(&persona));
    let reading = cards::read_with(&mut card, &plan, &mut random);
    (reading, recorder.text())
}

/// Reads what a trace holds, with the persona's key.
fn replay(name: &str, trace: &str) -> Result<Reading, Error> {
    let (mut card, mut random) = Trace::parse(trace)?.replay();
    let plan = cards::whole(cards::key(&cards::persona(name)));
    cards::read_with(&mut card, &plan, &mut random)
}

fn code(outcome: Result<Reading, Error>) -> &'static str {
    outcome.map(|_| ()).unwrap_err().code()
}

/// A read of `an`, made once.
fn recorded() -> &'static str {
    static TRACE: OnceLock<String> = OnceLock::new();
    TRACE.get_or_init(|| record("an").1)
}

/// Nothing of it counts as a proof by a live chip.
fn is_inconclusive(reading: &Reading) {
    let report = cards::judge(reading);
    assert!(matches!(report.checks().chip, Outcome::Open(_)));
    assert_eq!(report.checks().chip.code(), "chip.not_live");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    // All else is as good as on the day.
    assert_eq!(report.first_failure(), None);
    assert_eq!(report.checks().hashes.code(), "hashes.match");
    assert_eq!(report.checks().signer_chain.code(), "chain.anchored");
}

#[test]
fn a_recorded_read_replays_to_the_same_capture_and_proves_nothing_live() {
    for name in PERSONAS {
        let (reading, trace) = record(name);
        let reading = reading.unwrap();
        assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
        let again = replay(name, &trace).unwrap();
        assert!(again.capture == reading.capture, "{name}");
        assert_eq!(again.capture.to_json(), reading.capture.to_json());
        assert_eq!(again.exchange.commands, reading.exchange.commands);
        assert_eq!(
            again.exchange.bytes_received,
            reading.exchange.bytes_received
        );
        is_inconclusive(&again);
    }
}

#[test]
fn a_recorded_failure_replays_as_the_same_failure() {
    for number in [1, 5, 12, 18] {
        let persona = cards::changed("an", |chip| {
            chip.faults.push(Fault::LostAtCommand(number).into())
        });
        let recorder = Recorder::new();
        let mut card = recorder.transport(cards::card(&persona, "record"));
        let mut random = recorder.random(cards::terminal("record"));
        let plan = cards::whole(cards::key(&persona));
        let outcome = cards::read_with(&mut card, &plan, &mut random);
        assert_eq!(code(outcome), "card.removed");
        assert_eq!(code(replay("an", &recorder.text())), "card.removed");
    }
}

#[test]
fn a_trace_cut_off_at_any_line_is_an_error() {
    let lines: Vec<&str> = recorded().lines().collect();
    for kept in 0..lines.len() {
        let cut = lines[..kept].join("\n");
        let code = code(replay("an", &cut));
        match lines.get(kept.wrapping_sub(1)) {
            None => assert_eq!(code, "trace.malformed"),
            // A command without its answer.
            Some(last) if last.starts_with('>') => assert_eq!(code, "trace.malformed"),
            Some(_) => assert!(
                ["trace.ended", "system.no_randomness"].contains(&code),
                "{kept} lines: {code}"
            ),
        }
    }
}

#[test]
fn a_trace_of_another_card_diverges() {
    let (_, foreign) = record("binh");
    assert_eq!(code(replay("an", &foreign)), "trace.diverged");
    let (_, foreign) = record("chi");
    assert_eq!(code(replay("an", &foreign)), "trace.diverged");
}

/// With other random bytes the conversation is another one.
#[test]
fn a_trace_does_not_answer_a_fresh_run() {
    for name in PERSONAS {
        let (_, trace) = record(name);
        let (mut card, _) = Trace::parse(&trace).unwrap().replay();
        let plan = cards::whole(cards::key(&cards::persona(name)));
        let outcome = cards::read(&mut card, &plan, "another day");
        assert_eq!(code(outcome), "trace.diverged", "{name}");
    }
}

#[test]
fn shuffled_exchanges_are_errors_of_the_trace() {
    let lines: Vec<&str> = recorded().lines().collect();
    let commands: Vec<usize> = (0..lines.len())
        .filter(|number| lines[*number].starts_with('>'))
        .collect();
    for pair in commands.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        // Whole exchanges change places.
        let mut shuffled = lines.clone();
        shuffled.swap(first, second);
        shuffled.swap(first + 1, second + 1);
        let code = code(replay("an", &shuffled.join("\n")));
        assert_eq!(code, "trace.diverged", "line {first}");
        // A command and its answer change places.
        let mut shuffled = lines.clone();
        shuffled.swap(first, first + 1);
        assert!(matches!(
            Trace::parse(&shuffled.join("\n")),
            Err(SetupError::TraceMalformed { .. })
        ));
    }
}

#[test]
fn foreign_text_is_no_trace() {
    let long = "cancuoc.trace/1\n".to_owned() + &"random 00\n".repeat(60_000);
    for text in [
        "",
        "\n",
        "{}",
        "cancuoc.trace/2\natr 3B80",
        "cancuoc.trace/1\natr 3B8",
        "cancuoc.trace/1\nhello",
        "cancuoc.trace/1\nlimits 261",
        "cancuoc.trace/1\nlimits 261 -1",
        "cancuoc.trace/1\nlimits 99999999 258",
        "cancuoc.trace/1\n> 00B0\n> 00B0",
        "cancuoc.trace/1\n> 00B0\n! card.flown",
        "cancuoc.trace/1\n> 00B0\n! ",
        &long,
    ] {
        let code = code(replay("an", text));
        assert_eq!(code, "trace.malformed", "{}", &text[..text.len().min(40)]);
    }
}

/// What the replay says of itself is not what the trace says.
#[test]
fn a_replay_is_no_virtual_card() {
    let (card, _) = Trace::parse(recorded()).unwrap().replay();
    assert_eq!(card.limits().medium, cancuoc::transport::Medium::Trace);
    let (card, mut random) = Trace::parse("cancuoc.trace/1").unwrap().replay();
    assert!(card.limits().atr.is_empty());
    assert!(random.fill(&mut [0; 8]).is_err());
}

#[test]
fn a_capture_survives_being_saved_and_can_never_claim_a_live_proof() {
    for name in PERSONAS {
        let capture = record(name).0.unwrap().capture;
        assert!(capture.active.is_some());
        let saved = capture.to_json();
        let loaded = Capture::from_json(&saved, "x.json").unwrap();
        assert!(loaded == capture, "{name}");
        assert_eq!(loaded.to_json(), saved);
        is_inconclusive(&Reading::stored(loaded));
    }
}

#[test]
fn a_changed_capture_is_found_out() {
    let capture = record("an").0.unwrap().capture;
    for (file, bytes) in &capture.files {
        if file.name() == "EF.CardAccess" || file.name() == "EF.COM" {
            continue;
        }
        for place in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = capture.clone();
            changed.files.get_mut(file).unwrap()[place] ^= 1;
            let report = cards::judge(&Reading::stored(changed));
            assert_ne!(report.verdict(), Verdict::Genuine);
            if file.name().starts_with("DG") {
                assert_eq!(report.checks().hashes.code(), "hashes.mismatch");
            }
        }
    }
    let mut changed = capture.clone();
    changed.active.as_mut().unwrap().response[9] ^= 1;
    let report = cards::judge(&Reading::stored(changed));
    assert_ne!(report.verdict(), Verdict::Genuine);
    assert!(!matches!(report.checks().chip, Outcome::Pass(_)));
}

#[test]
fn groups_under_a_hash_that_nobody_knows_are_named_as_unverified() {
    /// Version 0 of the security object, and the start of an identifier of a NIST hash function.
    const HASH: [u8; 15] = [
        0x02, 0x01, 0x00, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
    ];
    let mut capture = record("an").0.unwrap().capture;
    let sod = capture.files.get_mut(&FileId::Sod).unwrap();
    let place = sod.windows(HASH.len()).position(|octets| octets == HASH);
    sod[place.unwrap() + HASH.len()] = 0x7E;
    let report = cards::judge(&Reading::stored(capture));
    assert_eq!(report.checks().hashes.code(), "hashes.unread");
    let group = |group| report.groups().get(&group).copied();
    assert_eq!(group(DataGroup::DG1), Some(GroupState::Unverified));
    assert_eq!(group(DataGroup::DG3), None);
}

#[test]
fn foreign_json_is_no_capture() {
    let good = record("chi").0.unwrap().capture.to_json();
    for text in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        good.replace("cancuoc.capture/1", "cancuoc.capture/2"),
        good.replace("EF.SOD", "EF.SOAP"),
        good.replace("\"bac\"", "\"key\""),
        good.replacen("\"schema\"", "\"live\": true, \"schema\"", 1),
        good.replacen('6', "g", 1),
        good[..good.len() / 2].to_owned(),
        " ".repeat(17 * 1024 * 1024),
    ] {
        match Capture::from_json(&text, "x.json") {
            Err(SetupError::CaptureMalformed { path }) => assert_eq!(path, "x.json"),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{}", &text[..text.len().min(60)]),
        }
    }
}

/// A capture as saved, short enough to be mutated often: without the photo.
fn short_capture() -> &'static str {
    static SAVED: OnceLock<String> = OnceLock::new();
    SAVED.get_or_init(|| {
        let mut capture = record("an").0.unwrap().capture;
        capture.files.retain(|file, _| file.name() != "DG2");
        capture.to_json()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Mutated captures are refused or judged; they never panic and never come out genuine.
    #[test]
    fn mutated_captures_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        kind in 0..3_u8,
    ) {
        let mut bytes = short_capture().as_bytes().to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            match kind {
                // Another hexadecimal digit: most often still a capture.
                0 => bytes[place] = b"0123456789abcdef"[usize::from(value % 16)],
                1 => bytes[place] = value & 0x7F,
                _ => bytes[place] = b"{}[]\",:0"[usize::from(value % 8)],
            }
        }
        if kind == 2 {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(capture) = Capture::from_json(&String::from_utf8_lossy(&bytes), "x.json") {
            let report = cards::judge(&Reading::stored(capture));
            prop_assert_ne!(report.verdict(), Verdict::Genuine);
            prop_assert!(!matches!(report.checks().chip, Outcome::Pass(_)));
        }
    }

    /// Mutated traces are refused or replayed; they never panic and never come out genuine.
    #[test]
    fn mutated_traces_never_panic(
        line in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in 0x20..0x7F_u8,
    ) {
        let mut lines: Vec<String> = recorded().lines().map(str::to_owned).collect();
        let line = &mut lines[line.index(recorded().lines().count())];
        let place = place.index(line.len());
        line.replace_range(place..=place, &char::from(value).to_string());
        if let Ok(reading) = replay("an", &lines.join("\n")) {
            let report = cards::judge(&reading);
            prop_assert_ne!(report.verdict(), Verdict::Genuine);
            prop_assert!(!matches!(report.checks().chip, Outcome::Pass(_)));
        }
    }
}
