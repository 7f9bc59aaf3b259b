use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::agent::protocol::Cleared;

const TIMES: Times = Times {
    key: Duration::from_secs(20),
    work: Duration::from_secs(10),
    whole: Duration::from_secs(60),
    clear: Duration::from_secs(30),
};

const WAIT: Duration = Duration::from_secs(15);

const CLERK: SessionNumber = SessionNumber(1);
const OTHER: SessionNumber = SessionNumber(2);

/// A reader with everything that came of it.
struct Bench {
    reader: Reader,
    now: Moment,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self {
            reader: Reader::default(),
            now: Moment::default(),
        };
        bench.give(Input::Attached);
        bench.give(Input::Claim(CLERK));
        bench
    }

    fn turn(&mut self, input: &Input) -> Turn {
        let turn = self.reader.clone().step(self.now, &TIMES, input);
        self.reader = turn.reader.clone();
        turn
    }

    fn give(&mut self, input: Input) -> Vec<Output> {
        let turn = self.turn(&input);
        assert_eq!(turn.refused, None, "{input:?}");
        turn.outputs
    }

    fn refused(&mut self, input: Input) -> Refusal {
        let before = self.reader.clone();
        let turn = self.turn(&input);
        assert_eq!(turn.outputs, [], "{input:?}");
        assert_eq!(self.reader, before);
        turn.refused.unwrap()
    }

    /// What the clerk is told.
    fn said(&mut self, input: Input) -> Vec<Say> {
        let outputs = self.give(input);
        let told = outputs.into_iter().filter_map(|output| match output {
            Output::Tell { to, say } => {
                assert_eq!(to, CLERK);
                Some(say)
            }
            _ => None,
        });
        told.collect()
    }

    fn read(&mut self, key: KeyHeld) -> Vec<Output> {
        self.give(Input::Read {
            session: CLERK,
            read: 7,
            key,
            wait: WAIT,
        })
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn step(&mut self, step: Reached) -> Vec<Say> {
        self.said(Input::Step { read: 7, step })
    }

    fn done(&mut self, ended: Ended) -> Vec<Say> {
        self.said(Input::Done { read: 7, ended })
    }
}

#[test]
fn a_read_may_come_before_the_card_and_its_key_after_it() {
    let mut bench = Bench::new();
    let outputs = bench.read(KeyHeld::No);
    assert!(outputs.contains(&Output::Accept { read: 7 }));
    assert!(!outputs.contains(&Output::Start { read: 7 }));
    assert_eq!(bench.reader.word(), ReaderWord::Busy);
    let outputs = bench.give(Input::Card(CardKind::Emrtd));
    assert!(!outputs.contains(&Output::Start { read: 7 }));
    let outputs = bench.give(Input::Key(CLERK));
    assert_eq!(outputs, [Output::KeepKey, Output::Start { read: 7 }]);
    // More becomes known of the card: nothing begins twice.
    let outputs = bench.give(Input::Card(CardKind::CitizenCard));
    assert_eq!(
        outputs,
        [Output::Everybody(Public::CardPresent(
            CardKind::CitizenCard
        ))]
    );
    bench.step(Reached::Opening);
    assert_eq!(bench.step(Reached::Text), [Say::Partial { read: 7 }]);
    assert_eq!(bench.step(Reached::Text), []);
    assert_eq!(bench.done(Ended::Inspected), [Say::Result { read: 7 }]);
    assert_eq!(bench.reader.word(), ReaderWord::Claimed);
    assert_eq!(bench.said(Input::Removed), []);
    assert_eq!(
        bench.said(Input::End(CLERK)),
        [Say::Cleared(Cleared::Ended)]
    );
}

#[test]
fn a_result_is_cleared_by_the_next_read_and_by_the_time() {
    let mut bench = Bench::new();
    bench.give(Input::Card(CardKind::Emrtd));
    bench.read(KeyHeld::Yes);
    bench.done(Ended::Inspected);
    bench.pass(Duration::from_secs(29));
    assert_eq!(bench.said(Input::Tick), []);
    // More time was asked for.
    bench.give(Input::Continue(CLERK));
    bench.pass(Duration::from_secs(29));
    assert_eq!(bench.said(Input::Tick), []);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.said(Input::Tick), [Say::Cleared(Cleared::Time)]);
    bench.read(KeyHeld::Yes);
    bench.done(Ended::Inspected);
    let outputs = bench.read(KeyHeld::Yes);
    let place = |wanted: &Output| outputs.iter().position(|output| output == wanted).unwrap();
    assert!(place(&Output::Wipe) < place(&Output::Accept { read: 7 }));
}

#[test]
fn a_wrong_key_is_asked_for_again_and_a_card_that_slipped_is_waited_for() {
    let mut bench = Bench::new();
    bench.give(Input::Card(CardKind::Emrtd));
    bench.read(KeyHeld::Yes);
    let wanted = Reached::KeyWanted {
        why: Why::Wrong,
        tries_left: Some(2),
    };
    assert_eq!(
        bench.step(wanted),
        [Say::KeyWanted {
            read: 7,
            why: Why::Wrong,
            tries_left: Some(2)
        }]
    );
    // Nobody hurries a clerk who types: the limit of the work does not count.
    bench.pass(Duration::from_secs(15));
    assert_eq!(bench.said(Input::Tick), []);
    assert_eq!(bench.give(Input::Key(CLERK)), [Output::PassKey]);
    assert_eq!(bench.refused(Input::Key(CLERK)), Refusal::NothingToDo);
    let within = Duration::from_secs(5);
    assert_eq!(
        bench.step(Reached::Lost { within }),
        [Say::Paused { read: 7, within }]
    );
    assert_eq!(bench.give(Input::Continue(CLERK)), [Output::GoOn]);
    bench.step(Reached::Lost { within });
    assert_eq!(bench.step(Reached::Found), [Say::Resumed { read: 7 }]);
    assert_eq!(bench.step(Reached::Found), []);
    bench.pass(Duration::from_secs(15));
    assert_eq!(
        bench.said(Input::Tick),
        [Say::Failed {
            read: 7,
            why: Failure::Timeout
        }]
    );
}

#[test]
fn whoever_does_not_have_the_reader_is_refused() {
    let mut bench = Bench::new();
    let read = Input::Read {
        session: OTHER,
        read: 8,
        key: KeyHeld::Yes,
        wait: WAIT,
    };
    for input in [
        Input::Claim(OTHER),
        Input::Release(OTHER),
        Input::Key(OTHER),
        Input::Continue(OTHER),
        Input::Cancel(OTHER),
        Input::End(OTHER),
        read.clone(),
    ] {
        assert_eq!(bench.refused(input), Refusal::Claimed(CLERK));
    }
    bench.give(Input::Gone(OTHER));
    assert_eq!(bench.reader.owner(), Some(CLERK));
    bench.give(Input::Release(CLERK));
    assert_eq!(bench.refused(read), Refusal::NotClaimed);
    bench.give(Input::Detached);
    assert_eq!(bench.refused(Input::Claim(OTHER)), Refusal::Detached);
}

#[test]
fn a_read_that_was_given_up_makes_room_once_its_worker_is_gone() {
    let mut bench = Bench::new();
    bench.give(Input::Card(CardKind::Emrtd));
    bench.read(KeyHeld::Yes);
    let outputs = bench.give(Input::Cancel(CLERK));
    assert!(outputs.contains(&Output::Cancel));
    assert_eq!(bench.refused(Input::Cancel(CLERK)), Refusal::NothingToDo);
    let outputs = bench.give(Input::Read {
        session: CLERK,
        read: 8,
        key: KeyHeld::Yes,
        wait: WAIT,
    });
    assert!(!outputs.contains(&Output::Start { read: 8 }));
    // The old worker found something after all: nobody is told.
    let outputs = bench.give(Input::Done {
        read: 7,
        ended: Ended::Inspected,
    });
    assert_eq!(outputs, [Output::Start { read: 8 }]);
}

/// A reader with a card on it and a read at work.
fn at_work() -> Bench {
    let mut bench = Bench::new();
    bench.give(Input::Card(CardKind::Emrtd));
    let outputs = bench.read(KeyHeld::Yes);
    assert!(outputs.contains(&Output::Start { read: 7 }));
    bench
}

const fn failed(why: Failure) -> Say {
    Say::Failed { read: 7, why }
}

#[test]
fn what_ends_a_reader_ends_all_that_goes_on_there() {
    let tell = |say| Output::Tell { to: CLERK, say };
    for (input, failure, cleared) in [
        (Input::Shutdown, Failure::Closing, Cleared::Ended),
        (Input::Detached, Failure::ReaderGone, Cleared::Removed),
        (Input::Gone(CLERK), Failure::Cancelled, Cleared::Released),
        (Input::Release(CLERK), Failure::Cancelled, Cleared::Released),
    ] {
        let keeps = matches!(input, Input::Shutdown | Input::Detached);
        let left = keeps.then_some(CLERK);
        let mut bench = at_work();
        let outputs = bench.give(input.clone());
        for output in [Output::Cancel, tell(failed(failure)), Output::Wipe] {
            assert!(outputs.contains(&output), "{input:?}: {output:?}");
        }
        assert_eq!(bench.reader.read(), None, "{input:?}");
        assert_eq!(bench.reader.owner(), left, "{input:?}");

        let mut bench = at_work();
        bench.done(Ended::Inspected);
        let outputs = bench.give(input.clone());
        for output in [Output::Wipe, tell(Say::Cleared(cleared))] {
            assert!(outputs.contains(&output), "{input:?}: {output:?}");
        }
        assert_eq!(bench.reader.deadline(), None, "{input:?}");
        assert_eq!(bench.reader.owner(), left, "{input:?}");
    }
}

#[test]
fn what_everybody_may_know_of_a_reader_is_told_once() {
    let everybody = |public| [Output::Everybody(public)];
    let mut bench = Bench::new();
    assert_eq!(bench.give(Input::Attached), []);
    let outputs = bench.give(Input::Card(CardKind::Emrtd));
    assert_eq!(outputs, everybody(Public::CardPresent(CardKind::Emrtd)));
    assert_eq!(bench.give(Input::Card(CardKind::Emrtd)), []);
    let outputs = bench.give(Input::Card(CardKind::None));
    assert_eq!(outputs, everybody(Public::CardRemoved));
    assert_eq!(bench.give(Input::Removed), []);
    bench.give(Input::Card(CardKind::Emrtd));
    let outputs = bench.give(Input::Detached);
    assert_eq!(
        outputs,
        [Public::CardRemoved, Public::Detached].map(Output::Everybody)
    );
    assert_eq!(bench.reader.card(), CardKind::None);
    assert_eq!(bench.give(Input::Detached), []);
    // Nothing lies on a reader that is not there, and nothing is read on it.
    assert_eq!(bench.give(Input::Card(CardKind::Emrtd)), []);
    assert_eq!(bench.reader.card(), CardKind::None);
    let read = Input::Read {
        session: CLERK,
        read: 7,
        key: KeyHeld::Yes,
        wait: WAIT,
    };
    assert_eq!(bench.refused(read), Refusal::Detached);
}

#[test]
fn a_read_begins_with_card_and_key_and_goes_on_only_where_it_stopped() {
    let mut bench = Bench::new();
    let outputs = bench.read(KeyHeld::Yes);
    assert!(!outputs.contains(&Output::Start { read: 7 }));
    assert_eq!(bench.refused(Input::Continue(CLERK)), Refusal::NothingToDo);
    let outputs = bench.give(Input::Card(CardKind::Emrtd));
    assert!(outputs.contains(&Output::Start { read: 7 }));
    assert_eq!(bench.refused(Input::Continue(CLERK)), Refusal::NothingToDo);
    // The end of another worker is not that of this one.
    bench.give(Input::Done {
        read: 6,
        ended: Ended::Inspected,
    });
    assert_eq!(bench.reader.worker(), Some(7));
    bench.step(Reached::Lost { within: WAIT });
    assert_eq!(bench.give(Input::Continue(CLERK)), [Output::GoOn]);
    assert_eq!(bench.refused(Input::Continue(CLERK)), Refusal::NothingToDo);

    let mut bench = Bench::new();
    let wanted = Say::KeyWanted {
        read: 7,
        why: Why::First,
        tries_left: None,
    };
    let outputs = bench.read(KeyHeld::No);
    assert!(outputs.contains(&Output::Tell {
        to: CLERK,
        say: wanted
    }));
}

/// What the clerk is told when so many seconds have passed, and nothing a moment before.
fn after(bench: &mut Bench, seconds: u64) -> Vec<Say> {
    bench.pass(Duration::from_secs(seconds) - Duration::from_millis(1));
    assert_eq!(bench.said(Input::Tick), []);
    bench.pass(Duration::from_millis(1));
    bench.said(Input::Tick)
}

#[test]
fn every_time_is_kept_to_the_moment() {
    let wanted = Reached::KeyWanted {
        why: Why::Wrong,
        tries_left: None,
    };
    let lost = Reached::Lost {
        within: Duration::from_secs(5),
    };
    let mut bench = Bench::new();
    bench.read(KeyHeld::Yes);
    assert_eq!(after(&mut bench, 15), [failed(Failure::WaitedTooLong)]);

    let mut bench = at_work();
    assert_eq!(after(&mut bench, 10), [failed(Failure::Timeout)]);

    let mut bench = at_work();
    bench.step(wanted);
    assert_eq!(after(&mut bench, 20), [failed(Failure::WaitedTooLong)]);

    // The work has its time again once it goes on.
    let mut bench = at_work();
    bench.step(wanted);
    bench.pass(Duration::from_secs(15));
    bench.give(Input::Key(CLERK));
    assert_eq!(after(&mut bench, 10), [failed(Failure::Timeout)]);

    let mut bench = at_work();
    bench.pass(Duration::from_secs(9));
    bench.step(lost);
    assert_eq!(after(&mut bench, 15), [failed(Failure::Timeout)]);

    let mut bench = at_work();
    bench.step(lost);
    bench.pass(Duration::from_secs(14));
    bench.give(Input::Continue(CLERK));
    assert_eq!(after(&mut bench, 10), [failed(Failure::Timeout)]);

    // Whatever it is given, a read ends.
    let mut bench = at_work();
    for _ in 0..11 {
        bench.pass(Duration::from_secs(5));
        bench.step(lost);
    }
    assert_eq!(after(&mut bench, 5), [failed(Failure::Timeout)]);

    let mut bench = at_work();
    bench.done(Ended::Inspected);
    assert_eq!(after(&mut bench, 30), [Say::Cleared(Cleared::Time)]);

    // However often more time is asked for, a result does not stay for ever.
    let mut bench = at_work();
    bench.done(Ended::Inspected);
    for _ in 0..29 {
        bench.pass(Duration::from_secs(20));
        bench.give(Input::Continue(CLERK));
    }
    assert_eq!(after(&mut bench, 20), [Say::Cleared(Cleared::Time)]);
}

#[test]
fn the_usual_times_are_those_of_the_documentation() {
    let seconds = Duration::from_secs;
    let times = Times {
        key: seconds(120),
        work: seconds(45),
        whole: seconds(600),
        clear: seconds(120),
    };
    assert_eq!(Times::default(), times);
}

fn sessions() -> impl Strategy<Value = SessionNumber> {
    (1u64..4).prop_map(SessionNumber)
}

fn steps() -> impl Strategy<Value = Reached> {
    let file = (0usize..5, 0usize..4).prop_map(|(index, count)| Reached::File {
        kind: FileKind::Photo,
        index,
        count,
    });
    prop_oneof![
        file,
        prop::sample::select(vec![
            Reached::Opening,
            Reached::Opened,
            Reached::Text,
            Reached::Proving,
            Reached::Verifying,
            Reached::Registry,
            Reached::Found,
            Reached::KeyWanted {
                why: Why::First,
                tries_left: None
            },
            Reached::Lost {
                within: Duration::from_secs(5)
            },
        ])
    ]
}

/// What may happen; a read's number is made up where it happens.
#[derive(Debug, Clone)]
enum Happening {
    Input(Input),
    Read(SessionNumber, KeyHeld),
    Step(u64, Reached),
    Done(u64, Ended),
    Pass(u64),
}

fn happenings() -> impl Strategy<Value = Happening> {
    let card = prop::sample::select(vec![
        CardKind::None,
        CardKind::Unknown,
        CardKind::Emrtd,
        CardKind::CitizenCard,
    ]);
    let inputs = prop_oneof![
        3 => Just(Input::Attached),
        1 => Just(Input::Detached),
        4 => card.prop_map(Input::Card),
        1 => Just(Input::Removed),
        4 => sessions().prop_map(Input::Claim),
        1 => sessions().prop_map(Input::Release),
        3 => sessions().prop_map(Input::Key),
        1 => sessions().prop_map(Input::Continue),
        1 => sessions().prop_map(Input::Cancel),
        1 => sessions().prop_map(Input::End),
        1 => sessions().prop_map(Input::Gone),
        1 => Just(Input::Shutdown),
    ];
    let key = prop::sample::select(vec![KeyHeld::Yes, KeyHeld::No]);
    let ended = prop::sample::select(vec![Ended::Inspected, Ended::Failed]);
    prop_oneof![
        6 => inputs.prop_map(Happening::Input),
        4 => (sessions(), key).prop_map(|(session, key)| Happening::Read(session, key)),
        4 => (0u64..3, steps()).prop_map(|(back, step)| Happening::Step(back, step)),
        2 => (0u64..3, ended).prop_map(|(back, ended)| Happening::Done(back, ended)),
        1 => (0u64..40).prop_map(Happening::Pass),
    ]
}

/// What is known from outside, by the rules that the machine promises to keep.
#[derive(Default)]
struct Ledger {
    /// Reads that were accepted, and for whom.
    accepted: BTreeMap<u64, SessionNumber>,
    ended: BTreeSet<u64>,
    started: BTreeSet<u64>,
    /// Whom the result that is out was told to.
    shown: Option<SessionNumber>,
    percent: BTreeMap<u64, u8>,
}

impl Ledger {
    fn note(&mut self, owner: Option<SessionNumber>, input: &Input, output: &Output) {
        match output {
            Output::Accept { read } => {
                let Input::Read { session, .. } = input else {
                    panic!("accepted without a command");
                };
                assert!(self.accepted.insert(*read, *session).is_none());
                assert_eq!(self.shown, None, "the card before is not forgotten");
            }
            Output::Start { read } => {
                assert!(self.accepted.contains_key(read));
                assert!(self.started.insert(*read), "started twice");
            }
            Output::Tell { to, say } => {
                // Whoever had it when this began: the owner may just have gone.
                assert_eq!(Some(*to), owner, "told to somebody else");
                self.said(*to, say);
            }
            Output::Wipe
            | Output::Everybody(_)
            | Output::KeepKey
            | Output::PassKey
            | Output::GoOn
            | Output::Cancel => {}
        }
    }

    fn said(&mut self, to: SessionNumber, say: &Say) {
        let about = match say {
            Say::Phase { read, .. }
            | Say::KeyWanted { read, .. }
            | Say::Paused { read, .. }
            | Say::Resumed { read }
            | Say::Partial { read }
            | Say::Result { read }
            | Say::Failed { read, .. } => Some(*read),
            Say::Cleared(_) => None,
        };
        if let Some(read) = about {
            assert_eq!(self.accepted.get(&read), Some(&to), "of another's read");
            assert!(!self.ended.contains(&read), "after its end");
        }
        match say {
            Say::Phase { read, percent, .. } => {
                let before = self.percent.insert(*read, *percent);
                assert!(before.is_none_or(|before| before <= *percent) && *percent <= 100);
            }
            Say::Result { read } => {
                self.ended.insert(*read);
                assert_eq!(self.shown.replace(to), None);
            }
            Say::Failed { read, .. } => {
                self.ended.insert(*read);
            }
            Say::Cleared(_) => self.shown = None,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn nothing_that_happens_breaks_a_promise(
        happenings in proptest::collection::vec(happenings(), 1..80),
    ) {
        let mut ledger = Ledger::default();
        let mut reader = Reader::default();
        let mut now = Moment::default();
        let mut reads = 0;
        let mut give = |reader: &mut Reader, now: Moment, input: &Input| {
            let owner = reader.owner();
            let turn = reader.clone().step(now, &TIMES, input);
            if turn.refused.is_some() {
                assert_eq!(turn.reader, *reader);
                assert_eq!(turn.outputs, []);
            }
            for output in &turn.outputs {
                ledger.note(owner.or(turn.reader.owner()), input, output);
            }
            *reader = turn.reader;
        };
        for happening in happenings {
            let input = match happening {
                Happening::Input(input) => input,
                Happening::Read(session, key) => {
                    reads += 1;
                    Input::Read { session, read: reads, key, wait: WAIT }
                }
                Happening::Step(back, step) => Input::Step {
                    read: reads.saturating_sub(back),
                    step,
                },
                Happening::Done(back, ended) => Input::Done {
                    read: reads.saturating_sub(back),
                    ended,
                },
                Happening::Pass(seconds) => {
                    now = now.after(Duration::from_secs(seconds));
                    Input::Tick
                }
            };
            give(&mut reader, now, &input);
        }
        // In the end, whatever is left undone is done by the time.
        for _ in 0..4 {
            now = now.after(Duration::from_secs(600));
            give(&mut reader, now, &Input::Tick);
        }
        prop_assert_eq!(reader.read(), None);
        prop_assert_eq!(reader.deadline(), None);
        let accepted: Vec<u64> = ledger.accepted.keys().copied().collect();
        let ended: Vec<u64> = ledger.ended.iter().copied().collect();
        prop_assert_eq!(accepted, ended);
        prop_assert_eq!(ledger.shown, None);
    }
}
