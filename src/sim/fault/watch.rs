//! Which faults act now: the chip tells what it sees, and this counts.

use std::collections::BTreeMap;

use crate::lds::FileId;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::fault::Point;
use crate::sim::fault::Span;

/// The cues of one chip, and how far its life has come.
#[derive(Debug, Default)]
pub(in crate::sim) struct Watch {
    cues: Vec<(Cue, State)>,
    powers: u32,
    /// Whether a command came since power-up.
    used: bool,
    commands: u32,
    session: u32,
    reads: BTreeMap<FileId, u32>,
    selections: BTreeMap<FileId, u32>,
}

/// How far a cue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its moment has not come.
    Waiting,
    /// Now.
    Acting,
    /// Its moment is over.
    Over,
    /// From some moment on.
    Lasting,
}

impl Watch {
    /// Before the first power-up.
    pub(in crate::sim) fn new(cues: &[Cue]) -> Self {
        let state = |cue: &Cue| match cue.when {
            None => State::Lasting,
            Some(_) => State::Waiting,
        };
        Self {
            cues: cues.iter().map(|cue| (*cue, state(cue))).collect(),
            ..Self::default()
        }
    }

    /// Power goes and comes. Readers do that several times before they say a word: all of these are
    /// one.
    pub(in crate::sim) fn power(&mut self) {
        if self.powers > 0 && !self.used {
            return;
        }
        self.used = false;
        self.powers = self.powers.saturating_add(1);
        self.commands = 0;
        self.session = 0;
        self.reads.clear();
        self.selections.clear();
        self.end(|_| true);
        self.come(Point::Power(self.powers));
    }

    /// A command comes, inside a secure channel or outside.
    pub(in crate::sim) fn command(&mut self, in_session: bool) {
        self.used = true;
        self.commands = self.commands.saturating_add(1);
        self.end(|point| !matches!(point, Point::Power(_)));
        self.come(Point::Command(self.commands));
        if in_session {
            self.session = self.session.saturating_add(1);
            self.come(Point::Session(self.session));
        } else {
            self.session = 0;
        }
    }

    /// A command comes to a chip that does not hear it.
    pub(in crate::sim) const fn unheard(&mut self) {
        self.used = true;
    }

    /// A file is read.
    pub(in crate::sim) fn read(&mut self, file: FileId) {
        let number = count(&mut self.reads, file);
        self.come(Point::Read(file, number));
    }

    /// A file becomes current.
    pub(in crate::sim) fn select(&mut self, file: FileId) {
        let number = count(&mut self.selections, file);
        self.come(Point::Select(file, number));
    }

    /// The faults that act now. One that has the number of a command has that of this command where
    /// its moment is now.
    pub(in crate::sim) fn acting(&self) -> impl Iterator<Item = Fault> {
        self.cues
            .iter()
            .filter(|(_, state)| matches!(state, State::Acting | State::Lasting))
            .map(|(cue, _)| match cue.when {
                None => cue.fault,
                Some(_) => cue.fault.at_command(self.commands),
            })
    }

    /// The cues whose moment has not come.
    pub(in crate::sim) fn waiting(&self) -> impl Iterator<Item = Cue> {
        self.cues
            .iter()
            .filter(|(_, state)| *state == State::Waiting)
            .map(|(cue, _)| *cue)
    }

    /// Whether this fault acts now.
    pub(in crate::sim) fn acts(&self, fault: Fault) -> bool {
        self.acting().any(|acting| acting == fault)
    }

    fn come(&mut self, now: Point) {
        for (cue, state) in &mut self.cues {
            if let Some(moment) = cue.when
                && *state == State::Waiting
                && moment.point == now
            {
                *state = match moment.span {
                    Span::Once => State::Acting,
                    Span::Onwards => State::Lasting,
                };
            }
        }
    }

    fn end(&mut self, over: impl Fn(Point) -> bool) {
        for (cue, state) in &mut self.cues {
            if *state == State::Acting && cue.when.is_some_and(|moment| over(moment.point)) {
                *state = State::Over;
            }
        }
    }
}

fn count(numbers: &mut BTreeMap<FileId, u32>, file: FileId) -> u32 {
    let number = numbers.entry(file).or_default();
    *number = number.saturating_add(1);
    *number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lds::DataGroup;

    const DG2: FileId = FileId::Group(DataGroup::DG2);

    fn watch(cue: &str) -> Watch {
        let mut watch = Watch::new(&[Cue::from_name(cue).unwrap()]);
        watch.power();
        watch
    }

    #[test]
    fn a_moment_comes_once_or_lasts() {
        let mut once = watch("mute@read:DG2:2");
        let mut onwards = watch("mute@read:DG2:2+");
        for watch in [&mut once, &mut onwards] {
            for _ in 0..2 {
                assert!(!watch.acts(Fault::Mute));
                watch.command(true);
                watch.read(DG2);
            }
            assert!(watch.acts(Fault::Mute));
            assert_eq!(watch.waiting().count(), 0);
            watch.command(true);
        }
        assert!(!once.acts(Fault::Mute));
        once.power();
        for _ in 0..3 {
            once.command(true);
            once.read(DG2);
            assert!(!once.acts(Fault::Mute), "not a second time");
        }
        onwards.power();
        assert!(onwards.acts(Fault::Mute));
    }

    #[test]
    fn power_ups_commands_and_channels_are_counted() {
        let mut second = watch("mute@power:2");
        second.power();
        assert!(!second.acts(Fault::Mute), "nothing was said before");
        second.command(false);
        second.power();
        assert!(second.acts(Fault::Mute));
        second.unheard();
        second.power();
        assert!(!second.acts(Fault::Mute));

        let mut third = watch("bad-mac-at-command@session:2");
        for _ in 0..4 {
            third.command(false);
        }
        third.command(true);
        assert_eq!(third.acting().count(), 0);
        assert_eq!(third.waiting().count(), 1);
        third.command(true);
        assert!(third.acts(Fault::BadMacAtCommand(6)));
    }

    /// Of four commands, each of which reads and selects, the one that was named and no other; and all
    /// but power-ups are counted from power-up.
    #[test]
    fn the_moment_is_the_one_that_was_named() {
        for when in ["command:3", "session:3", "read:DG2:3", "select:DG2:3"] {
            for before in 0..3 {
                let mut watch = watch(&format!("mute@{when}"));
                for _ in 0..before {
                    watch.command(true);
                    watch.read(DG2);
                    watch.select(DG2);
                }
                watch.power();
                let acts: Vec<bool> = (0..4)
                    .map(|_| {
                        watch.command(true);
                        watch.read(DG2);
                        watch.select(DG2);
                        watch.acts(Fault::Mute)
                    })
                    .collect();
                assert_eq!(acts, [false, false, true, false], "{when} {before}");
            }
        }
    }
}
