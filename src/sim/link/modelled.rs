//! A card on a modelled link: in this process on a clock of its own, on a reader in sleep.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::TransportError;
use crate::sim::link::Link;
use crate::sim::vpcd::Card;
use crate::transport::Limits;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::reader_pace::PaceReader;

/// A clock that only a link moves on. Clones tell the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// The time that has passed on it.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub(in crate::sim) fn pass(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // Stays at the end of its days, which is in 584 years.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
                Some(now.saturating_add(nanoseconds))
            });
    }
}

/// A transport whose exchanges take the time of a link, on a clock of their own: nothing sleeps, and
/// nothing else changes. What a frame holds decides nothing about the length of commands and
/// answers; what the other transport carries does.
#[derive(Debug)]
pub struct Modelled<T> {
    inner: T,
    link: Link,
    clock: Clock,
}

impl<T: Transport> Modelled<T> {
    /// No time has passed.
    pub fn new(inner: T, link: Link) -> Self {
        Self {
            inner,
            link,
            clock: Clock::default(),
        }
    }

    /// The same with a clock that something else moves on, too.
    #[must_use]
    pub fn on(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The time that all exchanges so far would have taken on the link.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// The clock, to be read while somebody else holds the transport.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }
}

impl<T: Transport> Transport for Modelled<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command);
        // A command without an answer went out all the same.
        let received = answer.as_ref().map_or(0, Vec::len);
        self.clock.pass(self.link.time(command.len(), received));
        answer
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.inner.reconnect(stop, within)
    }

    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        self.inner.pace_reader()
    }
}

/// A card that answers no sooner than it would on a link: it sleeps.
#[derive(Debug)]
pub struct Paced<C> {
    card: C,
    link: Option<Link>,
}

impl<C: Card> Paced<C> {
    /// A card on this link, or one that answers at once.
    pub const fn new(card: C, link: Option<Link>) -> Self {
        Self { card, link }
    }

    /// The card.
    pub const fn card(&self) -> &C {
        &self.card
    }

    /// The card, to be changed.
    pub const fn card_mut(&mut self) -> &mut C {
        &mut self.card
    }
}

impl<C: Card> Card for Paced<C> {
    fn atr(&self) -> Vec<u8> {
        self.card.atr()
    }

    fn power(&mut self) {
        self.card.power();
    }

    fn process(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let since = Instant::now();
        let answer = self.card.process(command);
        if let Some(link) = self.link {
            let received = answer.as_ref().map_or(0, Vec::len);
            let time = link.time(command.len(), received);
            // What this machine took for the chip's work is part of it.
            thread::sleep(time.saturating_sub(since.elapsed()));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Medium;

    struct Wall;

    impl Transport for Wall {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            match command {
                [0xDE, ..] => Err(TransportError::CardRemoved),
                _ => Ok(vec![0; 300]),
            }
        }

        fn limits(&self) -> Limits {
            Limits {
                max_command: 261,
                max_response: 300,
                atr: vec![0x3B],
                medium: Medium::Virtual,
            }
        }
    }

    #[test]
    fn time_passes_on_its_own_clock_and_lengths_stay() {
        let link = Link::named("contact-9600:1000").unwrap();
        let mut card = Modelled::new(Wall, link);
        let (clock, since) = (card.clock(), Instant::now());
        assert_eq!(card.limits(), Wall.limits());
        assert_eq!(card.elapsed(), Duration::ZERO);
        assert_eq!(card.transmit(&[0; 5]).unwrap().len(), 300);
        assert_eq!(clock.elapsed(), link.time(5, 300));
        assert_eq!(card.transmit(&[0xDE; 7]), Err(TransportError::CardRemoved));
        assert_eq!(clock.elapsed(), link.time(5, 300) + link.time(7, 0));
        assert!(clock.elapsed() > Duration::from_secs(2));
        assert!(since.elapsed() < Duration::from_secs(1));
    }

    struct Quick;

    impl Card for Quick {
        fn atr(&self) -> Vec<u8> {
            vec![0x3B]
        }

        fn power(&mut self) {}

        fn process(&mut self, _: &[u8]) -> Option<Vec<u8>> {
            Some(vec![0x90, 0x00])
        }
    }

    #[test]
    fn a_card_on_a_reader_takes_its_time() {
        let link = Link::named("nfc-848:20").unwrap();
        let mut card = Paced::new(Quick, Some(link));
        let since = Instant::now();
        assert_eq!(card.process(&[0; 5]).unwrap(), [0x90, 0x00]);
        assert!(since.elapsed() >= link.time(5, 2));
        let mut card = Paced::new(Quick, None);
        assert_eq!(card.atr(), [0x3B]);
        card.power();
        assert!(card.process(&[0; 5]).is_some());
    }
}
