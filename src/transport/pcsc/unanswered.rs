//! Cards that were given up while the driver still waited for their answer.
//!
//! The thread that waits holds the card, and the service tells no program who does. Whoever opens the
//! card again is to hear that it does not answer, and not that another program has it.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::TryRecvError;

use crate::error::TransportError;

/// The end of a channel whose other end goes when the driver has returned.
pub(super) type Answers = Receiver<Result<Vec<u8>, TransportError>>;

/// Readers, and what tells that their driver has returned. No more than there are threads that wait.
static WAITING: Mutex<Vec<(String, Answers)>> = Mutex::new(Vec::new());

/// The card on this reader was given up; it may not have answered.
pub(super) fn note(reader: &str, answers: Answers) {
    let mut waiting = waiting();
    if is_awaited(&answers) {
        waiting.push((reader.to_owned(), answers));
    }
}

/// Why a card could not be opened on a reader, with what is known of it here.
pub(super) fn explain(reader: Option<&str>, reason: TransportError) -> TransportError {
    let waiting = waiting();
    let ours = waiting
        .iter()
        .any(|(name, _)| Some(name.as_str()) == reader);
    match reason {
        TransportError::InUse if ours => TransportError::Mute,
        other => other,
    }
}

/// Those whose driver has not returned.
fn waiting() -> MutexGuard<'static, Vec<(String, Answers)>> {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.retain(|(_, answers)| is_awaited(answers));
    waiting
}

/// Answers that came too late are nobody's any more.
fn is_awaited(answers: &Answers) -> bool {
    loop {
        match answers.try_recv() {
            Ok(_) => {}
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_card_whose_answer_is_waited_for_is_mute_until_the_driver_returns() {
        let (tell, answers) = mpsc::channel();
        let open = |name| explain(Some(name), TransportError::InUse);
        note("Unanswered 00", answers);
        assert_eq!(open("Unanswered 00"), TransportError::Mute);
        assert_eq!(open("Unanswered 01"), TransportError::InUse);
        assert_eq!(
            explain(Some("Unanswered 00"), TransportError::NoCard),
            TransportError::NoCard
        );
        // An answer that comes late is nobody's, and the card is still to be reset.
        tell.send(Ok(vec![0x90, 0x00])).unwrap();
        assert_eq!(open("Unanswered 00"), TransportError::Mute);
        drop(tell);
        assert_eq!(open("Unanswered 00"), TransportError::InUse);
    }

    #[test]
    fn a_card_that_was_reset_is_not_noted() {
        let (tell, answers) = mpsc::channel();
        drop(tell);
        note("Answered 00", answers);
        let reason = explain(Some("Answered 00"), TransportError::InUse);
        assert_eq!(reason, TransportError::InUse);
    }
}
