//! A reader that runs PACE by itself (quirk row 49): it opens the channel and protects every plain
//! command on the way to the chip.

use cancuoc::bytes::oid::Oid;
use cancuoc::capture::AccessUsed;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Parameters;
use cancuoc::channel::pace::Password;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::random::System;
use cancuoc::error::AccessError;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Form;
use cancuoc::iso7816::Response;
use cancuoc::lds::key::AccessKey;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::transport::Limits;
use cancuoc::transport::Transport;
use cancuoc::transport::reader_pace::PaceReader;
use cancuoc::transport::reader_pace::PaceRequest;
use cancuoc::transport::reader_pace::ReaderChannel;
use cancuoc::transport::reader_pace::ReaderPaceFault;
use cancuoc::transport::reader_pace::ReaderStep;
use cancuoc::verify::Verdict;

use crate::support::cards;

/// id-PACE-ECDH-GM-AES-CBC-CMAC-128
const PROTOCOL: [u8; 10] = [4, 0, 0x7F, 0, 7, 2, 2, 4, 2, 2];

/// Bits of the class octet for secure messaging.
const PROTECTED: u8 = 0x0C;

/// The reader with the card on it.
struct Reader {
    card: VirtualCard,
    session: Option<SecureMessaging>,
    /// What it says in place of running PACE.
    fault: Option<ReaderPaceFault>,
    asked: usize,
    /// MSE:Set AT commands that came from the host.
    own: usize,
}

impl Reader {
    fn with(persona: &Persona, fault: Option<ReaderPaceFault>) -> Self {
        Self {
            card: cards::card(persona, "reader"),
            session: None,
            fault,
            asked: 0,
            own: 0,
        }
    }

    fn carry(&mut self, command: &Command) -> Result<Response, TransportError> {
        let long = command.data.len() > 255 || command.expected > 256;
        let form = if long { Form::Extended } else { Form::Short };
        let answer = self.card.transmit(&command.encode(form).unwrap())?;
        Response::parse(answer)
    }

    fn run(&mut self, request: &PaceRequest<'_>) -> Result<SecureMessaging, Error> {
        let secret = request.secret.unwrap();
        let password = match request.reference {
            2 => Password::can(secret),
            3 => Password::pin(secret),
            4 => Password::puk(secret),
            other => panic!("password {other}"),
        };
        let parameters = Parameters {
            oid: PROTOCOL.to_vec(),
            protocol: PaceProtocol::from_oid(Oid::new(&PROTOCOL)).unwrap(),
            domain: Domain::from_parameter_id(13).unwrap(),
            reference: None,
        };
        let (step, command) = pace::start(parameters, &password, None);
        let (step, command) = step.selected(&self.carry(&command)?)?;
        let (step, command) = step.nonce(&self.carry(&command)?, &mut System)?;
        let (step, command) = step.mapped(&self.carry(&command)?, &mut System)?;
        let (step, command) = step.agreed(&self.carry(&command)?)?;
        Ok(step.token(&self.carry(&command)?)?.session)
    }
}

impl PaceReader for Reader {
    fn establish(&mut self, request: &PaceRequest<'_>) -> Result<ReaderChannel, ReaderPaceFault> {
        self.asked += 1;
        if let Some(fault) = self.fault.clone() {
            return Err(fault);
        }
        let refused = |step, status| Err(ReaderPaceFault::Refused { step, status });
        match self.run(request) {
            Ok(session) => {
                self.session = Some(session);
                Ok(ReaderChannel {
                    set_at: 0x9000,
                    card_access: Vec::new(),
                    authorities: Vec::new(),
                    chip_identifier: Vec::new(),
                })
            }
            Err(Error::Access(AccessError::WrongKey { tries_left })) => {
                let status = tries_left.map_or(0x6300, |left| 0x63C0 | u16::from(left));
                refused(ReaderStep::GeneralAuthenticate(4), status)
            }
            Err(Error::Access(AccessError::PinSuspended)) => refused(ReaderStep::SetAt, 0x63C1),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A command as it came, taken apart again.
fn parsed(bytes: &[u8]) -> Command {
    let command = Command {
        class: bytes[0],
        ..Command::new(bytes[1], bytes[2], bytes[3])
    };
    let most = |length: usize, all| if length == 0 { all } else { length };
    let two = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    match bytes[4..] {
        [] => command,
        [expected] => command.expecting(most(usize::from(expected), 256)),
        [0, _, _] => command.expecting(most(two(5), 65_536)),
        [0, ..] => {
            let end = 7 + two(5);
            let command = command.with_data(bytes[7..end].to_vec());
            match bytes.len() - end {
                0 => command,
                _ => command.expecting(most(two(end), 65_536)),
            }
        }
        [length, ..] => {
            let end = 5 + usize::from(length);
            let command = command.with_data(bytes[5..end].to_vec());
            match bytes[end..] {
                [expected] => command.expecting(most(usize::from(expected), 256)),
                _ => command,
            }
        }
    }
}

impl Transport for Reader {
    fn transmit(&mut self, bytes: &[u8]) -> Result<Vec<u8>, TransportError> {
        if bytes[1] == 0x22 && bytes[2..4] == [0xC1, 0xA4] {
            self.own += 1;
        }
        let Some(mut session) = self.session.take() else {
            return self.card.transmit(bytes);
        };
        let command = parsed(bytes);
        if command.class & PROTECTED != 0 {
            // The host protects from here on: chip authentication gave it keys.
            return self.card.transmit(bytes);
        }
        let mut protected = session.protect(&command).unwrap();
        protected.expected = if command.expected > 200 { 65_536 } else { 256 };
        let answer = self.carry(&protected)?;
        let answer = session.unprotect(&answer).unwrap();
        self.session = Some(session);
        Ok([answer.data, answer.status.0.to_be_bytes().to_vec()].concat())
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }

    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        Some(self)
    }
}

fn persona() -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![PaceVariant::generic(Cipher::Aes128, 13)];
        chip.pin = Some(PinOptions {
            digits: "135790".to_owned(),
            tries: 3,
        });
    })
}

fn key(text: &str) -> AccessKey {
    AccessKey::parse(text, cards::TODAY).unwrap()
}

#[test]
fn a_reader_that_runs_pace_is_used_and_named() {
    let persona = persona();
    for text in [format!("can:{}", persona.can()), "pin:135790".to_owned()] {
        let mut reader = Reader::with(&persona, None);
        let plan = cards::whole(key(&text));
        let reading = cards::read(&mut reader, &plan, "reader").unwrap();
        assert_eq!(reading.capture.access, AccessUsed::PaceByReader);
        assert_eq!((reader.asked, reader.own), (1, 0));
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine, "{text}");
        assert_eq!(report.checks().access.facts()["run_by"], "reader");
        assert!(report.quirks().contains(&"reader-pace".to_owned()));
        // A saved capture says so, too.
        let json = reading.capture.to_json();
        let saved = cancuoc::capture::Capture::from_json(&json, "saved").unwrap();
        assert_eq!(saved.access, AccessUsed::PaceByReader);
    }
}

#[test]
fn a_reader_that_fails_otherwise_than_by_the_password_is_passed_over() {
    let persona = persona();
    for fault in [
        ReaderPaceFault::Unable { code: 0xD000_0002 },
        ReaderPaceFault::Refused {
            step: ReaderStep::SetAt,
            status: 0x6A80,
        },
        ReaderPaceFault::Transport(TransportError::Failed { code: 0x8010_0016 }),
    ] {
        let mut reader = Reader::with(&persona, Some(fault.clone()));
        let plan = cards::least(key(&persona.can()));
        let reading = cards::read(&mut reader, &plan, "reader").unwrap();
        assert!(
            matches!(reading.capture.access, AccessUsed::Pace { .. }),
            "{fault}"
        );
        assert_eq!((reader.asked, reader.own), (1, 1));
    }
}

#[test]
fn a_wrong_password_is_tried_once_by_the_reader_and_not_again() {
    let persona = persona();
    let mut reader = Reader::with(&persona, None);
    let error = cards::read(&mut reader, &cards::least(key("pin:111111")), "reader").map(|_| ());
    let tries_left = Some(2);
    assert_eq!(error, Err(AccessError::WrongKey { tries_left }.into()));
    assert_eq!((reader.asked, reader.own), (1, 0));
    for (fault, code) in [
        (ReaderPaceFault::Cancelled, "run.cancelled"),
        (ReaderPaceFault::TimedOut, "run.timeout"),
        (ReaderPaceFault::NoCard, "card.removed"),
        (ReaderPaceFault::ChipToken, "access.chip_token"),
    ] {
        let mut reader = Reader::with(&persona, Some(fault));
        let plan = cards::least(key(&persona.can()));
        let error = cards::read(&mut reader, &plan, "reader").map(|_| ());
        assert_eq!(error.unwrap_err().code(), code);
        assert_eq!(reader.own, 0);
    }
}

/// Nobody knows how far the reader came: a PIN or PUK may have been tried already.
#[test]
fn a_password_with_a_count_is_not_tried_again_after_a_reader_broke_down() {
    let persona = persona();
    let broken = |code| ReaderPaceFault::Transport(TransportError::Failed { code });
    for text in ["pin:135790", "puk:9876543210", "puk:9876543210 can:000123"] {
        // Zero is an answer of no known form.
        for (fault, code) in [
            (broken(0x8010_0016), 0x8010_0016),
            (ReaderPaceFault::Unable { code: 0 }, 0),
            (ReaderPaceFault::Unable { code: 0xE000_0001 }, 0xE000_0001),
        ] {
            let mut reader = Reader::with(&persona, Some(fault));
            let error = cards::read(&mut reader, &cards::least(key(text)), "reader").map(|_| ());
            let expected = TransportError::Failed { code };
            assert_eq!(error, Err(expected.into()), "{text}");
            assert_eq!((reader.asked, reader.own), (1, 0), "{text}");
        }
    }
    // A reader that did not take the question has tried nothing.
    let fault = ReaderPaceFault::Unable { code: 0xD000_0002 };
    let mut reader = Reader::with(&persona, Some(fault));
    assert!(cards::read(&mut reader, &cards::least(key("pin:135790")), "reader").is_ok());
    assert_eq!((reader.asked, reader.own), (1, 1));
}

#[test]
fn the_zone_and_the_mapping_that_proves_the_chip_are_our_own() {
    let persona = persona();
    let mut reader = Reader::with(&persona, None);
    let plan = cards::least(cards::mrz(&persona));
    assert!(cards::read(&mut reader, &plan, "reader").is_ok());
    assert_eq!((reader.asked, reader.own), (0, 1));
    let persona = cards::changed("an", |chip| {
        let variant = PaceVariant::new(Mapping::ChipAuthentication, Cipher::Aes128, 13);
        chip.pace = vec![variant];
    });
    let mut reader = Reader::with(&persona, None);
    let plan = cards::least(key(&persona.can()));
    assert!(cards::read(&mut reader, &plan, "reader").is_ok());
    assert_eq!((reader.asked, reader.own), (0, 1));
}

#[test]
fn a_suspended_pin_is_left_to_our_own_pace() {
    let mut persona = persona();
    persona.chip.pin.as_mut().unwrap().tries = 1;
    let mut reader = Reader::with(&persona, None);
    let both = format!("pin:135790 can:{}", persona.can());
    let reading = cards::read(&mut reader, &cards::least(key(&both)), "reader").unwrap();
    assert!(reading.capture.quirks.contains(&"pin-resumed".to_owned()));
    assert_eq!(reader.asked, 1);
}
