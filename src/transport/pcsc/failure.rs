//! What a PC/SC return value means for the person in front of the reader.
//!
//! The values are those of PC/SC part 5 as pcsc-lite and Windows return them. The same value means
//! different things at different moments, so the moment is an argument.

use crate::error::TransportError;
use crate::iso7816::Form;

/// Shortest command in extended form: header, zero octet, two octets of expected length.
const SHORTEST_EXTENDED: usize = 7;

/// What was being done when the failure came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum During {
    /// The program introduced itself to the service.
    Introduction,
    /// The readers were listed, or their states asked for.
    Listing,
    /// The card was connected to and the transaction begun.
    Connection,
    /// A command was under way.
    Exchange {
        /// Length of the command, in bytes.
        length: usize,
        /// How its lengths are encoded.
        form: Form,
    },
}

impl During {
    /// An exchange of this command.
    pub(super) fn exchange(command: &[u8]) -> Self {
        // A short command with data never has a zero in the place of its length.
        let form = if command.len() >= SHORTEST_EXTENDED && command.get(4) == Some(&0) {
            Form::Extended
        } else {
            Form::Short
        };
        Self::Exchange {
            length: command.len(),
            form,
        }
    }
}

/// Whether a return value tells by itself what became of the card.
///
/// Drivers report a card that was pulled, or a reader that was unplugged, while a command was under
/// way in many ways; these say only that the exchange failed.
pub(super) const fn is_vague(error: pcsc::Error) -> bool {
    use pcsc::Error;
    matches!(
        error,
        Error::NotTransacted
            | Error::CommError
            | Error::CommDataLost
            | Error::InvalidHandle
            | Error::InternalError
            | Error::UnknownError
            | Error::NotReady
            | Error::UnresponsiveCard
            | Error::UnpoweredCard
            | Error::InsufficientBuffer
            | Error::InvalidParameter
            | Error::InvalidValue
            | Error::UnsupportedFeature
    )
}

/// The transport error for a return value.
pub(super) fn failure(error: pcsc::Error, during: During) -> TransportError {
    use pcsc::Error;
    match (error, during) {
        (
            Error::NoService | Error::ServiceStopped | Error::Shutdown | Error::SystemCancelled,
            _,
        ) => TransportError::NoService,
        (Error::SecurityViolation | Error::NoAccess, _) => TransportError::NotAllowed,
        // pcsc-lite before 2.0 hangs up on a client that polkit does not let in.
        (Error::CommError, During::Introduction) => TransportError::NotAllowed,
        // No card has a part in this: the service ended, and our conversation with it.
        (Error::CommError | Error::InvalidHandle, During::Listing | During::Connection) => {
            TransportError::NoService
        }
        (Error::NoReadersAvailable, During::Exchange { .. }) => TransportError::ReaderRemoved,
        (Error::NoReadersAvailable, _) => TransportError::NoReader,
        // A reader's name always comes from a list made just before.
        (Error::UnknownReader | Error::ReaderUnavailable, _) => TransportError::ReaderRemoved,
        (Error::NoSmartcard | Error::RemovedCard, During::Exchange { .. }) => {
            TransportError::CardRemoved
        }
        (Error::NoSmartcard | Error::RemovedCard, _) => TransportError::NoCard,
        (Error::ResetCard, _) => TransportError::CardReset,
        (Error::SharingViolation, _) => TransportError::InUse,
        (
            Error::UnresponsiveCard
            | Error::UnpoweredCard
            | Error::UnsupportedCard
            | Error::NotReady
            | Error::InvalidAtr,
            _,
        ) => TransportError::Mute,
        (Error::Cancelled | Error::CancelledByUser, _) => TransportError::Cancelled,
        (Error::Timeout | Error::WaitedTooLong, _) => TransportError::Timeout,
        (
            error,
            During::Exchange {
                length,
                form: Form::Extended,
            },
        ) if is_vague(error) => TransportError::CommandRefused { length },
        // Every reader carries a short command, so it is the card that failed.
        (Error::NotTransacted | Error::CommError | Error::CommDataLost, _) => TransportError::Mute,
        (error, _) => TransportError::Failed { code: code(error) },
    }
}

/// The PC/SC return value itself.
#[expect(
    clippy::as_conversions,
    reason = "the discriminant of this repr(u32) enum is the value, and the crate has no other way"
)]
pub(super) const fn code(error: pcsc::Error) -> u32 {
    error as u32
}

#[cfg(test)]
mod tests {
    use pcsc::Error;

    use super::*;

    const SHORT: [u8; 5] = [0x00, 0xB0, 0x00, 0x00, 0x00];
    const EXTENDED: [u8; 7] = [0x00, 0xB0, 0x00, 0x00, 0x00, 0x10, 0x00];

    fn in_exchange(error: Error) -> TransportError {
        failure(error, During::exchange(&SHORT))
    }

    #[test]
    fn a_card_or_reader_that_leaves_in_an_exchange_has_left() {
        assert_eq!(in_exchange(Error::RemovedCard), TransportError::CardRemoved);
        assert_eq!(in_exchange(Error::NoSmartcard), TransportError::CardRemoved);
        for error in [
            Error::ReaderUnavailable,
            Error::UnknownReader,
            Error::NoReadersAvailable,
        ] {
            assert_eq!(in_exchange(error), TransportError::ReaderRemoved);
        }
        assert_eq!(in_exchange(Error::ResetCard), TransportError::CardReset);
    }

    #[test]
    fn what_is_missing_before_the_exchange_was_never_there() {
        for error in [Error::RemovedCard, Error::NoSmartcard] {
            assert_eq!(failure(error, During::Connection), TransportError::NoCard);
        }
        assert_eq!(
            failure(Error::NoReadersAvailable, During::Listing),
            TransportError::NoReader
        );
        assert_eq!(
            failure(Error::UnknownReader, During::Connection),
            TransportError::ReaderRemoved
        );
    }

    #[test]
    fn the_service_and_its_refusals_are_told_apart() {
        for error in [Error::NoService, Error::ServiceStopped] {
            assert_eq!(
                failure(error, During::Introduction),
                TransportError::NoService
            );
            assert_eq!(in_exchange(error), TransportError::NoService);
        }
        for error in [Error::CommError, Error::InvalidHandle] {
            for during in [During::Listing, During::Connection] {
                assert_eq!(failure(error, during), TransportError::NoService);
            }
        }
        for error in [Error::SecurityViolation, Error::NoAccess] {
            assert_eq!(
                failure(error, During::Connection),
                TransportError::NotAllowed
            );
        }
        assert_eq!(
            failure(Error::CommError, During::Introduction),
            TransportError::NotAllowed
        );
    }

    #[test]
    fn others_and_mute_cards_are_told_apart() {
        assert_eq!(
            failure(Error::SharingViolation, During::Connection),
            TransportError::InUse
        );
        for error in [Error::UnresponsiveCard, Error::UnpoweredCard] {
            assert_eq!(failure(error, During::Connection), TransportError::Mute);
        }
    }

    #[test]
    fn a_vague_failure_blames_the_length_only_in_the_extended_form() {
        let long = [0; 300];
        for error in [
            Error::NotTransacted,
            Error::CommError,
            Error::InsufficientBuffer,
            Error::InvalidParameter,
        ] {
            assert_eq!(
                failure(error, During::exchange(&EXTENDED)),
                TransportError::CommandRefused { length: 7 }
            );
            assert_eq!(
                failure(error, During::exchange(&long)),
                TransportError::CommandRefused { length: 300 }
            );
        }
        assert_eq!(in_exchange(Error::NotTransacted), TransportError::Mute);
        assert_eq!(in_exchange(Error::CommError), TransportError::Mute);
        assert_eq!(
            in_exchange(Error::InsufficientBuffer),
            TransportError::Failed { code: 0x8010_0008 }
        );
    }

    #[test]
    fn the_form_of_a_command_is_seen_in_its_fifth_octet() {
        let form = |command: &[u8]| match During::exchange(command) {
            During::Exchange { form, .. } => form,
            _ => unreachable!("an exchange"),
        };
        assert_eq!(form(&SHORT), Form::Short);
        assert_eq!(form(&EXTENDED), Form::Extended);
        assert_eq!(
            form(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, 0x1E]),
            Form::Short
        );
        assert_eq!(form(&[0x00, 0xA4, 0x00, 0x0C]), Form::Short);
    }

    #[test]
    fn an_unexpected_value_keeps_its_number() {
        assert_eq!(
            in_exchange(Error::NoMemory),
            TransportError::Failed { code: 0x8010_0006 }
        );
    }
}
