//! How long things take beside each other, measured in turns, so that whatever else the machine does
//! falls on all of them.

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

/// How often each has its turn. The fastest counts.
const TURNS: usize = 80;

/// Calls in a turn: some milliseconds at most, so that many turns are not interrupted.
const CALLS: usize = 20;

/// Measures things against each other.
#[derive(Default)]
pub struct Turns<'a> {
    things: Vec<Thing<'a>>,
}

/// One of them: what happens before a turn and is not measured, and the calls of a turn.
struct Thing<'a> {
    turn: Box<dyn FnMut() -> Duration + 'a>,
    fastest: Duration,
}

impl<'a> Turns<'a> {
    /// Adds a thing; it is called [`CALLS`] times in a turn, each time with what was made for it
    /// before the turn.
    pub fn add<T>(
        &mut self,
        mut before: impl FnMut() -> T + 'a,
        mut thing: impl FnMut(&mut T) + 'a,
    ) {
        let turn = move || {
            let mut made: Vec<T> = (0..CALLS).map(|_| before()).collect();
            let start = Instant::now();
            for one in &mut made {
                thing(black_box(one));
            }
            start.elapsed()
        };
        self.things.push(Thing {
            turn: Box::new(turn),
            fastest: Duration::MAX,
        });
    }

    /// Runs them all; gives the time of one call of each, in order.
    pub fn run(mut self) -> Vec<Duration> {
        for _ in 0..TURNS {
            for thing in &mut self.things {
                thing.fastest = (thing.turn)().min(thing.fastest);
            }
        }
        let calls = u32::try_from(CALLS).unwrap();
        self.things
            .into_iter()
            .map(|thing| thing.fastest / calls)
            .collect()
    }
}
