//! The virtual card on a real PC/SC reader: a client of vsmartcard's `vpcd` driver.
//!
//! vpcd is a reader driver of pcscd without hardware. It listens on a TCP port; whoever connects is
//! the card on that reader, and going away is how the card is pulled. A message in either direction
//! is a length in two octets, most significant first, and that many bytes. Messages of one octet
//! from the reader are control: 0 power off, 1 power on, 2 reset, 4 send the answer to reset. Only
//! the last is answered. All other messages are command APDUs, answered with a response APDU.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::SocketAddr;
use std::net::TcpStream;
#[cfg(target_os = "linux")]
use std::os::linux::net::TcpStreamExt;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::TransportError;
use crate::transport::Stop;

/// Control octet: the reader takes the power away.
const POWER_OFF: u8 = 0;

/// Control octet: the reader powers the card up.
const POWER_ON: u8 = 1;

/// Control octet: the reader resets the card.
const RESET: u8 = 2;

/// Control octet: the reader asks for the answer to reset.
const SEND_ATR: u8 = 4;

/// How long a read or a connection attempt may last before [`Stop`] is asked again.
const SLICE: Duration = Duration::from_millis(50);

/// Pause between two attempts to connect: vpcd listens a moment after pcscd has started.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a reader may take to notice that its card has gone: pcscd looks every 400 ms.
const NOTICE: Duration = Duration::from_secs(2);

/// Longer than the time between two looks of pcscd.
const LOOK: Duration = Duration::from_millis(450);

/// What a card says to an answer that it cannot send: Wrong length (ISO/IEC 7816-4 §5.6).
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// A card as its contacts show it.
pub trait Card {
    /// Answer to reset, at most 33 bytes (ISO/IEC 7816-3 §8).
    fn atr(&self) -> Vec<u8>;

    /// Power is applied, or the card is reset: everything volatile is forgotten.
    fn power(&mut self);

    /// Answers one command APDU with a response APDU; `None` when the card was pulled out.
    ///
    /// A mute card answers nothing at all, an empty response: the reader goes on waiting.
    fn process(&mut self, command: &[u8]) -> Option<Vec<u8>>;
}

/// Why the card is no longer on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The card was pulled out: [`Card::process`] gave nothing.
    Pulled,
    /// The reader closed the connection, since pcscd ended or refused what the card sent.
    ReaderGone,
    /// [`Stop`] said so: cancelled, or the deadline passed.
    Stopped,
    /// What spoke first is not what a reader says: something else listens there.
    NotAReader,
}

/// Puts a card on the reader that listens at this address, and leaves it there until it is pulled
/// out, the reader goes, or `stop` says so.
///
/// # Errors
/// As [`Slot::insert`].
pub fn serve(
    card: &mut dyn Card,
    address: SocketAddr,
    stop: &Stop,
) -> Result<Ended, TransportError> {
    Ok(Slot::insert(address, stop)?.serve(card, stop))
}

/// The reader's slot with a card in it, powered by nobody yet.
#[derive(Debug)]
pub struct Slot {
    stream: TcpStream,
    /// The last message was no look at the card: it began something that another will end.
    busy: Busy,
}

/// Whether the reader is in the middle of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    /// It only looks at the card from time to time.
    No,
    /// It switches the power, or brings commands.
    Yes,
}

impl Slot {
    /// Connects to the reader, again and again until it listens.
    ///
    /// pcscd notices the card within about half a second.
    ///
    /// # Errors
    /// [`TransportError::Cancelled`]; [`TransportError::NoReader`] when nothing listened until the
    /// deadline, or the connection cannot be used.
    pub fn insert(address: SocketAddr, stop: &Stop) -> Result<Self, TransportError> {
        loop {
            stop.check().map_err(|error| match error {
                TransportError::Timeout => TransportError::NoReader,
                other => other,
            })?;
            if let Ok(stream) = TcpStream::connect_timeout(&address, SLICE) {
                // Nagle's algorithm would hold an answer back until the last one is acknowledged.
                stream
                    .set_nodelay(true)
                    .and_then(|()| stream.set_read_timeout(Some(SLICE)))
                    .map_err(|_| TransportError::NoReader)?;
                return Ok(Self {
                    stream,
                    busy: Busy::No,
                });
            }
            thread::sleep(stop.remaining(PAUSE));
        }
    }

    /// Answers the reader until the card is pulled out, the reader goes, or `stop` says so.
    ///
    /// The wire carries answers up to 65,535 bytes, status word included. For a longer one the
    /// card says Wrong length, as a card does whose buffer is smaller than what was asked for.
    pub fn serve(&mut self, card: &mut dyn Card, stop: &Stop) -> Ended {
        match self.answer_all(card, stop) {
            Ok(ended) => ended,
            // A connection that breaks is a reader that went.
            Err(_) => Ended::ReaderGone,
        }
    }

    /// Takes the card away, and waits until the reader has noticed.
    ///
    /// pcscd asks for the answer to reset when it looks whether the card is still there; hearing that
    /// nothing more comes, vpcd lets go, and pcscd knows. When vpcd hears it in the middle of something
    /// else, pcscd finds out at its next look only, and would take a card that came before for the same.
    pub fn pull(mut self) {
        let until = Instant::now().checked_add(NOTICE);
        let mut heard = Vec::new();
        if self.stream.shutdown(Shutdown::Write).is_ok() {
            let mut piece = [0; 64];
            while until.is_some_and(|until| Instant::now() < until) {
                match self.stream.read(&mut piece) {
                    Ok(0) => break,
                    Ok(count) => heard.extend_from_slice(piece.get(..count).unwrap_or_default()),
                    Err(error) if is_pause(error.kind()) => {}
                    Err(_) => break,
                }
            }
        }
        let looked = self.busy == Busy::No && heard == [0, 1, SEND_ATR];
        drop(self.stream);
        if !looked {
            thread::sleep(LOOK);
        }
    }

    fn answer_all(&mut self, card: &mut dyn Card, stop: &Stop) -> io::Result<Ended> {
        let mut spoken = false;
        loop {
            let message = match self.receive(stop)? {
                Received::Message(message) => message,
                Received::End(ended) => return Ok(ended),
            };
            // A reader powers the card up, or looks whether it is there, before it brings a command.
            if !spoken
                && !matches!(
                    *message.as_slice(),
                    [POWER_OFF | POWER_ON | RESET | SEND_ATR]
                )
            {
                return Ok(Ended::NotAReader);
            }
            spoken = true;
            self.busy = match *message.as_slice() {
                [SEND_ATR] => Busy::No,
                _ => Busy::Yes,
            };
            match *message.as_slice() {
                [POWER_ON | RESET] => card.power(),
                // Whatever the card held is gone when power comes back.
                [POWER_OFF] => {}
                [SEND_ATR] => self.send(&card.atr())?,
                _ => match card.process(&message) {
                    Some(answer) if answer.is_empty() => {}
                    Some(answer) => self.send(&answer)?,
                    None => return Ok(Ended::Pulled),
                },
            }
        }
    }

    fn receive(&mut self, stop: &Stop) -> io::Result<Received> {
        let mut length = [0; 2];
        if let Some(ended) = self.fill(&mut length, stop)? {
            return Ok(Received::End(ended));
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        Ok(match self.fill(&mut message, stop)? {
            Some(ended) => Received::End(ended),
            None => Received::Message(message),
        })
    }

    /// Fills the buffer; gives the reason when the conversation ended first.
    fn fill(&mut self, buffer: &mut [u8], stop: &Stop) -> io::Result<Option<Ended>> {
        let mut rest = buffer;
        while !rest.is_empty() {
            if stop.check().is_err() {
                return Ok(Some(Ended::Stopped));
            }
            // vpcd writes without TCP_NODELAY, so its next message waits for our acknowledgement,
            // which Linux delays by 40 ms and more; and Linux forgets the option on every use.
            #[cfg(target_os = "linux")]
            self.stream.set_quickack(true)?;
            match self.stream.read(rest) {
                Ok(0) => return Ok(Some(Ended::ReaderGone)),
                Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
                Err(error) if is_pause(error.kind()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Sends length and message in one piece.
    fn send(&mut self, answer: &[u8]) -> io::Result<()> {
        let (length, answer) = match u16::try_from(answer.len()) {
            Ok(length) => (length, answer),
            Err(_) => (2, WRONG_LENGTH.as_slice()),
        };
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(answer);
        self.stream.write_all(&message)
    }
}

/// What came from the reader.
enum Received {
    /// Control octet or command.
    Message(Vec<u8>),
    /// Nothing any more.
    End(Ended),
}

/// Whether a failed read only means that nothing came within [`SLICE`].
fn is_pause(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Counts power-ups, echoes commands, and is pulled out at the second command DE.
    struct Echo {
        powered: usize,
        answer: Vec<u8>,
    }

    impl Card for Echo {
        fn atr(&self) -> Vec<u8> {
            vec![0x3B, 0x80, 0x01]
        }

        fn power(&mut self) {
            self.powered += 1;
        }

        fn process(&mut self, command: &[u8]) -> Option<Vec<u8>> {
            (command.first() != Some(&0xDE)).then(|| self.answer.clone())
        }
    }

    /// Lays the card on a reader that this closure plays; gives the card and why it ended.
    fn on_reader(answer: Vec<u8>, reader: impl FnOnce(TcpStream)) -> (Echo, Ended) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let card = thread::spawn(move || {
            let mut card = Echo { powered: 0, answer };
            let ended = serve(&mut card, address, &Stop::after(Duration::from_secs(10)));
            (card, ended.unwrap())
        });
        reader(listener.accept().unwrap().0);
        card.join().unwrap()
    }

    fn say(reader: &mut TcpStream, message: &[u8]) {
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        reader.write_all(&length).unwrap();
        // In two pieces, as a slow network would bring them.
        thread::sleep(Duration::from_millis(1));
        reader.write_all(message).unwrap();
    }

    fn hear(reader: &mut TcpStream) -> Vec<u8> {
        let mut length = [0; 2];
        reader.read_exact(&mut length).unwrap();
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        reader.read_exact(&mut message).unwrap();
        message
    }

    #[test]
    fn control_octets_power_the_card_and_only_the_atr_is_answered() {
        let (card, ended) = on_reader(vec![0x90, 0x00], |mut reader| {
            say(&mut reader, &[1]);
            say(&mut reader, &[4]);
            assert_eq!(hear(&mut reader), [0x3B, 0x80, 0x01]);
            say(&mut reader, &[2]);
            say(&mut reader, &[0]);
            say(&mut reader, &[0x00, 0xA4, 0x00, 0x0C]);
            assert_eq!(hear(&mut reader), [0x90, 0x00]);
        });
        assert_eq!(card.powered, 2);
        assert_eq!(ended, Ended::ReaderGone);
    }

    #[test]
    fn a_mute_card_leaves_the_reader_waiting() {
        on_reader(Vec::new(), |mut reader| {
            say(&mut reader, &[1]);
            say(&mut reader, &[0x00, 0xA4, 0x00, 0x0C]);
            reader.set_read_timeout(Some(SLICE * 3)).unwrap();
            let kind = reader.read(&mut [0]).unwrap_err().kind();
            assert!(is_pause(kind), "{kind:?}");
        });
    }

    #[test]
    fn a_pulled_card_closes_the_connection() {
        let (_, ended) = on_reader(vec![0x90, 0x00], |mut reader| {
            say(&mut reader, &[1]);
            say(&mut reader, &[0xDE, 0xAD, 0x00, 0x00]);
            assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        });
        assert_eq!(ended, Ended::Pulled);
    }

    #[test]
    fn what_does_not_speak_as_a_reader_is_none() {
        let (card, ended) = on_reader(vec![0x90, 0x00], |mut stranger| {
            stranger.write_all(b"SSH-2.0-example\r\n").unwrap();
            stranger.write_all(&[b' '; 0x5353]).unwrap();
            let _ = stranger.read(&mut [0]);
        });
        assert_eq!((card.powered, ended), (0, Ended::NotAReader));
    }

    #[test]
    fn a_reader_notices_that_a_card_was_pulled() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let slot = Slot::insert(listener.local_addr().unwrap(), &Stop::never()).unwrap();
        let (mut reader, _) = listener.accept().unwrap();
        let pulled = thread::spawn(move || slot.pull());
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        say(&mut reader, &[4]);
        drop(reader);
        let since = Instant::now();
        pulled.join().unwrap();
        assert!(since.elapsed() < NOTICE);
    }

    #[test]
    fn an_answer_longer_than_the_wire_carries_is_a_wrong_length() {
        on_reader(vec![0; 65_535], |mut reader| {
            say(&mut reader, &[1]);
            say(&mut reader, &[0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00]);
            assert_eq!(hear(&mut reader).len(), 65_535);
        });
        on_reader(vec![0; 65_536], |mut reader| {
            say(&mut reader, &[1]);
            say(&mut reader, &[0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00]);
            assert_eq!(hear(&mut reader), WRONG_LENGTH);
        });
    }

    #[test]
    fn a_card_leaves_when_it_is_told_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::never();
        let cancel = stop.handle();
        let card = thread::spawn(move || {
            let mut card = Echo {
                powered: 0,
                answer: Vec::new(),
            };
            serve(&mut card, address, &stop)
        });
        let (mut reader, _) = listener.accept().unwrap();
        cancel.cancel();
        assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        assert_eq!(card.join().unwrap(), Ok(Ended::Stopped));
    }

    #[test]
    fn a_reader_that_never_listens_is_no_reader() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let stop = Stop::after(Duration::from_millis(60));
        assert_eq!(
            Slot::insert(address, &stop).unwrap_err(),
            TransportError::NoReader
        );
    }
}
