//! The bytes of FEATURE_EXECUTE_PACE (PC/SC part 10, amendment 1): functions 1 and 2, and their
//! answers. Numbers are least octet first.

use crate::secret::Secret;
use crate::transport::reader_pace::PaceRequest;
use crate::transport::reader_pace::ReaderChannel;
use crate::transport::reader_pace::ReaderPaceFault;
use crate::transport::reader_pace::ReaderStep;

/// GetReadersPACECapabilities, without input.
pub(super) const CAPABILITIES: [u8; 3] = [1, 0, 0];

/// EstablishPACEChannel.
const ESTABLISH: u8 = 2;

/// Bit of the capabilities that says PACE with any application (the others name applications).
const PACE: u8 = 0x40;

/// Whether the answer to [`CAPABILITIES`] says that the reader runs PACE for everyone.
pub(super) fn offers_pace(answer: &[u8]) -> bool {
    match output(answer) {
        Ok([length, bits, ..]) => *length >= 1 && bits & PACE != 0,
        Ok(_) | Err(_) => false,
    }
}

/// EstablishPACEChannel:
///
/// ```text
/// function 02, length of all that follows (2), password (1), length (1) and CHAT,
/// length (1) and password, length (2) and certificate description
/// ```
///
/// # Errors
/// [`ReaderPaceFault::Unable`] when a part is too long for its length field.
pub(super) fn establish(request: &PaceRequest<'_>) -> Result<Secret, ReaderPaceFault> {
    const TOO_LONG: ReaderPaceFault = ReaderPaceFault::Unable { code: 0xD000_0001 };
    let secret = request.secret.map(Secret::expose).unwrap_or_default();
    let short = |part: &[u8]| u8::try_from(part.len()).map_err(|_| TOO_LONG);
    let long = |length: usize| {
        u16::try_from(length)
            .map(u16::to_le_bytes)
            .map_err(|_| TOO_LONG)
    };
    let rights = request.holder_authorisation;
    let description = request.certificate_description;
    let length = 1 + 1 + rights.len() + 1 + secret.len() + 2 + description.len();
    let mut block = Vec::with_capacity(3 + length);
    block.push(ESTABLISH);
    block.extend(long(length)?);
    block.push(request.reference);
    block.push(short(rights)?);
    block.extend_from_slice(rights);
    block.push(short(secret)?);
    block.extend_from_slice(secret);
    block.extend(long(description.len())?);
    block.extend_from_slice(description);
    Ok(Secret::new(block))
}

/// The answer to it:
///
/// ```text
/// result (4), length (2), then
/// status of MSE:Set AT (2, as it came), length (2) and EF.CardAccess, length (1) and current CAR,
/// length (1) and previous CAR, length (2) and ID_PICC
/// ```
///
/// # Errors
/// [`ReaderPaceFault`], by the result; [`ReaderPaceFault::Unable`] also for an answer of another
/// form.
pub(super) fn established(answer: &[u8]) -> Result<ReaderChannel, ReaderPaceFault> {
    let mut parts = Parts(output(answer)?);
    let set_at = match *parts.take(2)? {
        [high, low] => u16::from_be_bytes([high, low]),
        _ => return Err(MALFORMED),
    };
    let card_access = parts.long()?.to_vec();
    // Terminals without rights leave these out, and some readers then end here.
    let mut optional = |long: bool| match (parts.0.is_empty(), long) {
        (true, _) => Ok(Vec::new()),
        (false, true) => parts.long().map(<[u8]>::to_vec),
        (false, false) => parts.short().map(<[u8]>::to_vec),
    };
    let authorities = [optional(false)?, optional(false)?];
    let chip_identifier = optional(true)?;
    if !parts.0.is_empty() {
        return Err(MALFORMED);
    }
    Ok(ReaderChannel {
        set_at,
        card_access,
        authorities: authorities
            .into_iter()
            .filter(|reference| !reference.is_empty())
            .collect(),
        chip_identifier,
    })
}

const MALFORMED: ReaderPaceFault = ReaderPaceFault::Unable { code: 0 };

/// What follows a result of zero.
fn output(answer: &[u8]) -> Result<&[u8], ReaderPaceFault> {
    let (result, rest) = answer.split_first_chunk::<4>().ok_or(MALFORMED)?;
    let result = u32::from_le_bytes(*result);
    if result != 0 {
        return Err(fault(result));
    }
    let mut parts = Parts(rest);
    let output = parts.long()?;
    if parts.0.is_empty() {
        Ok(output)
    } else {
        Err(MALFORMED)
    }
}

/// What a result other than zero means (BSI TR-03119 appendix D).
const fn fault(result: u32) -> ReaderPaceFault {
    let [class, step, high, low] = result.to_be_bytes();
    let status = u16::from_be_bytes([high, low]);
    let step = match (class, step) {
        (0xF0, 0x00) => ReaderStep::SelectCardAccess,
        (0xF0, 0x01) => ReaderStep::ReadCardAccess,
        (0xF0, 0x02) => ReaderStep::SetAt,
        (0xF0, number @ 0x03..=0x06) => ReaderStep::GeneralAuthenticate(number - 2),
        _ => {
            return match result {
                0xE000_0006 => ReaderPaceFault::ChipToken,
                0xF010_0001 | 0xF010_0002 => ReaderPaceFault::NoCard,
                0xF020_0001 => ReaderPaceFault::Cancelled,
                0xF020_0002 => ReaderPaceFault::TimedOut,
                code => ReaderPaceFault::Unable { code },
            };
        }
    };
    ReaderPaceFault::Refused { step, status }
}

/// Parts with their lengths before them.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ReaderPaceFault> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(part)
    }

    fn short(&mut self) -> Result<&'a [u8], ReaderPaceFault> {
        match *self.take(1)? {
            [length] => self.take(usize::from(length)),
            _ => Err(MALFORMED),
        }
    }

    fn long(&mut self) -> Result<&'a [u8], ReaderPaceFault> {
        match *self.take(2)? {
            [low, high] => self.take(usize::from(u16::from_le_bytes([low, high]))),
            _ => Err(MALFORMED),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(secret: &Secret) -> PaceRequest<'_> {
        PaceRequest {
            reference: 3,
            secret: Some(secret),
            holder_authorisation: &[],
            certificate_description: &[],
        }
    }

    #[test]
    fn the_question_has_the_published_layout() {
        let pin = Secret::new(b"123456".to_vec());
        let block = establish(&request(&pin)).unwrap();
        let plain = [
            0x02, 0x0B, 0x00, 0x03, 0x00, 0x06, b'1', b'2', b'3', b'4', b'5', b'6', 0x00, 0x00,
        ];
        assert_eq!(block.expose(), plain);
        // On the reader's own pad, with rights and a description.
        let description = [7; 300];
        let block = establish(&PaceRequest {
            reference: 2,
            secret: None,
            holder_authorisation: &[0x7F, 0x4C, 0x00],
            certificate_description: &description,
        })
        .unwrap();
        let head = [
            0x02, 0x34, 0x01, 0x02, 0x03, 0x7F, 0x4C, 0x00, 0x00, 0x2C, 0x01,
        ];
        assert_eq!(block.expose().split_at(11), (&head[..], &description[..]));
        assert_eq!(format!("{block:?}"), "Secret<311>");
    }

    #[test]
    fn parts_too_long_for_their_length_are_refused() {
        let pin = Secret::new(vec![b'1'; 256]);
        assert!(establish(&request(&pin)).is_err());
        let pin = Secret::new(vec![b'1'; 255]);
        assert!(establish(&request(&pin)).is_ok());
        let long = vec![0; 65_536];
        let whole = PaceRequest {
            certificate_description: &long,
            ..request(&pin)
        };
        assert!(establish(&whole).is_err());
    }

    #[test]
    fn the_answer_has_the_published_layout() {
        let mut answer = vec![0, 0, 0, 0, 0x13, 0x00];
        answer.extend([0x90, 0x00, 0x03, 0x00, 0x31, 0x01, 0x00]);
        answer.extend([0x03, b'C', b'A', b'1', 0x03, b'C', b'A', b'0']);
        answer.extend([0x02, 0x00, 0xAB, 0xCD]);
        let channel = established(&answer).unwrap();
        assert_eq!(
            channel,
            ReaderChannel {
                set_at: 0x9000,
                card_access: vec![0x31, 0x01, 0x00],
                authorities: vec![b"CA1".to_vec(), b"CA0".to_vec()],
                chip_identifier: vec![0xAB, 0xCD],
            }
        );
        let short = [0, 0, 0, 0, 4, 0, 0x63, 0xC2, 0, 0];
        let channel = established(&short).unwrap();
        assert_eq!((channel.set_at, channel.authorities.len()), (0x63C2, 0));
        for wrong in [
            &[][..],
            &[0, 0, 0],
            &[0, 0, 0, 0],
            &[0, 0, 0, 0, 3, 0, 0x90, 0, 0],
            &[0, 0, 0, 0, 4, 0, 0x90, 0, 1, 0],
            &[0, 0, 0, 0, 4, 0, 0x90, 0, 0, 0, 0],
            &[0, 0, 0, 0, 9, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(established(wrong), Err(MALFORMED), "{wrong:02x?}");
        }
    }

    #[test]
    fn results_are_named() {
        let result = |code: u32| established(&[&code.to_le_bytes()[..], &[0, 0]].concat());
        let refused = |step, status| Err(ReaderPaceFault::Refused { step, status });
        for (code, fault) in [
            (0xF000_6A82, refused(ReaderStep::SelectCardAccess, 0x6A82)),
            (0xF001_6982, refused(ReaderStep::ReadCardAccess, 0x6982)),
            (0xF002_63C1, refused(ReaderStep::SetAt, 0x63C1)),
            (
                0xF003_6985,
                refused(ReaderStep::GeneralAuthenticate(1), 0x6985),
            ),
            (
                0xF006_63C2,
                refused(ReaderStep::GeneralAuthenticate(4), 0x63C2),
            ),
            (0xE000_0006, Err(ReaderPaceFault::ChipToken)),
            (0xF010_0001, Err(ReaderPaceFault::NoCard)),
            (0xF010_0002, Err(ReaderPaceFault::NoCard)),
            (0xF020_0001, Err(ReaderPaceFault::Cancelled)),
            (0xF020_0002, Err(ReaderPaceFault::TimedOut)),
            (
                0xD000_0002,
                Err(ReaderPaceFault::Unable { code: 0xD000_0002 }),
            ),
            (
                0xF007_0000,
                Err(ReaderPaceFault::Unable { code: 0xF007_0000 }),
            ),
        ] {
            assert_eq!(result(code), fault, "{code:08X}");
        }
    }

    #[test]
    fn a_reader_says_by_one_bit_that_it_runs_pace() {
        assert!(offers_pace(&[0, 0, 0, 0, 2, 0, 1, 0x40]));
        assert!(offers_pace(&[0, 0, 0, 0, 2, 0, 1, 0x70]));
        assert!(!offers_pace(&[0, 0, 0, 0, 2, 0, 1, 0x30]));
        assert!(!offers_pace(&[0, 0, 0, 0, 2, 0, 0, 0x40]));
        assert!(!offers_pace(&[1, 0, 0, 0xD0, 0, 0]));
        assert!(!offers_pace(&[]));
    }

    proptest! {
        #[test]
        fn never_panics(answer in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = established(&answer);
            let _ = offers_pace(&answer);
        }
    }
}
