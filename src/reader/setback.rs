//! How a read goes on when its session broke: the card was lost and put back, or card or reader
//! cannot bear commands as long as they said.

use std::time::Duration;

use crate::capture::Missing;
use crate::error::ChannelError;
use crate::error::Error;
use crate::error::TransportError;
use crate::iso7816::Command;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::reader::flow::Phase;
use crate::reader::flow::Progress;
use crate::reader::flow::Run;
use crate::reader::plan::Plan;

/// How often a card may be lost in one read (quirk row 48).
pub const MOST_LOSSES: u32 = 5;

/// Whether the chip counts the tries of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Password {
    /// It does not: what is printed on the card.
    Free,
    /// It does: PIN and PUK.
    Counted,
}

/// What broke so far in one read.
pub(super) struct Setbacks {
    put_back: Duration,
    password: Password,
    losses: u32,
    /// Where the card was lost last.
    lost_at: Option<(Phase, usize)>,
    /// The break over a length that the present session was set up again for.
    too_long: Option<Error>,
}

impl Setbacks {
    pub(super) const fn new(plan: &Plan) -> Self {
        Self {
            put_back: plan.put_back,
            password: match (&plan.key.pin, &plan.key.puk) {
                (None, None) => Password::Free,
                _ => Password::Counted,
            },
            losses: 0,
            lost_at: None,
            too_long: None,
        }
    }

    /// Makes ready for the next session.
    ///
    /// # Errors
    /// The error itself when there cannot be one.
    pub(super) fn overcome(
        &mut self,
        run: &mut Run<'_>,
        link: &mut Link<'_>,
        error: Error,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Error> {
        let before = self.too_long.take();
        let phase = run.place().0;
        let entering = matches!(phase, Phase::Finding | Phase::Access);
        if phase == Phase::Access && self.password == Password::Counted {
            // A try may have been spent: the person decides about another.
            return Err(error);
        }
        if let Error::Transport(loss) = &error {
            if let Some(quirk) = loss_name(loss) {
                return self.wait(run, link, (quirk, error), progress);
            }
        } else if let Some(first) = before.filter(|_| entering) {
            // It was no matter of lengths: the first break is what is told.
            return Err(first);
        }
        let Some(quirk) = length_name(&error, run, link) else {
            return self.refused_in_the_clear(run, link, error);
        };
        run.habits.note(quirk);
        link.start_again();
        if quirk == PROTECTED_EXTENDED_REFUSED {
            link.learn_extended(ExtendedLength::Refused);
        } else {
            link.ask_for_less();
            end_in_the_clear(link)?;
        }
        run.end_session();
        self.too_long = Some(error);
        Ok(())
    }

    /// A chip that refuses a file in the clear has ended the session with it (quirk row 16). Nobody
    /// vouches for the refusal: access control runs again, and the file stays unread. The first one,
    /// EF.SOD, is asked for by its short identifier; where it is that which the chip refuses, it and
    /// all others are selected.
    fn refused_in_the_clear(
        &mut self,
        run: &mut Run<'_>,
        link: &mut Link<'_>,
        error: Error,
    ) -> Result<(), Error> {
        let (Error::Channel(ChannelError::PlainAnswer { status }), Phase::File(file)) =
            (&error, run.place().0)
        else {
            return Err(error);
        };
        let status = Status(*status);
        let borne = match (file, run.is_bound()) {
            _ if self.losses >= MOST_LOSSES => None,
            (FileId::Sod, false) if speaks_of_a_short_identifier(status) => {
                run.habits.give_up_short_identifiers()
            }
            (FileId::Sod, _) | (_, false) => None,
            (_, true) => {
                speaks_of_a_file(status).then(|| run.leave_out(file, Missing::Refused(status)))
            }
        };
        if borne.is_none() {
            return Err(error);
        }
        self.losses += 1;
        run.habits.note("plain-refusal");
        link.start_again();
        end_in_the_clear(link)?;
        run.end_session();
        Ok(())
    }

    /// Waits for the card to be put back.
    fn wait(
        &mut self,
        run: &mut Run<'_>,
        link: &mut Link<'_>,
        (quirk, loss): (&'static str, Error),
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Error> {
        if self.losses >= MOST_LOSSES {
            return Err(loss);
        }
        self.losses += 1;
        let place = run.place();
        let twice = self.lost_at.replace(place) == Some(place) && link.was_long();
        progress(Progress::Lost {
            within: self.put_back,
        });
        match link.reconnect(self.put_back) {
            Ok(()) => {}
            Err(cancelled @ TransportError::Cancelled) => return Err(cancelled.into()),
            // What happened says more than why it lasts.
            Err(_) => return Err(loss),
        }
        progress(Progress::Found);
        run.habits.note(quirk);
        if !run.is_bound() {
            link.forget();
        }
        if twice {
            // Twice in the same place: the field does not bear so long an answer (row 14).
            run.habits.note("lost-over-length");
            link.ask_for_less();
        }
        run.lose_session();
        Ok(())
    }
}

/// The chip may still be in its session; any command in the clear ends that, and no answer to it
/// matters.
pub(super) fn end_in_the_clear(link: &mut Link<'_>) -> Result<(), Error> {
    let _ = link.send(&Command::new(ins::SELECT, 0x00, 0x0C))?;
    Ok(())
}

/// Whether a status is about the file that was asked for, and not about the channel.
const fn speaks_of_a_file(status: Status) -> bool {
    matches!(
        status,
        Status::NOT_FOUND | Status::SECURITY_NOT_SATISFIED | Status::CONDITIONS_NOT_SATISFIED
    )
}

/// Whether a status may be about the way to a file: no such file, or no such parameters, or, where the
/// chip takes P1 and P2 for an offset, nothing there.
const fn speaks_of_a_short_identifier(status: Status) -> bool {
    speaks_of_a_file(status)
        || matches!(
            status,
            Status::INCORRECT_P1_P2 | Status::WRONG_OFFSET | Status::NOT_SUPPORTED
        )
}

/// The name in the report for a loss that can be made good.
const fn loss_name(error: &TransportError) -> Option<&'static str> {
    match error {
        // A card that was back before anybody noticed has answered nothing, or half of it.
        TransportError::CardRemoved | TransportError::Mute | TransportError::ShortAnswer => {
            Some("tag-lost")
        }
        TransportError::CardReset => Some("card-reset"),
        TransportError::ReaderRemoved | TransportError::NoService => Some("reader-lost"),
        _ => None,
    }
}

const PROTECTED_EXTENDED_REFUSED: &str = "protected-extended-refused";

/// The name in the report when the session broke over a length and shorter ones may do.
fn length_name(error: &Error, run: &Run<'_>, link: &Link<'_>) -> Option<&'static str> {
    if link.extended() != ExtendedLength::Works || !link.was_long() {
        return None;
    }
    match error {
        // "Wrong length" in the clear: what a chip says that takes no long command in a channel.
        Error::Channel(ChannelError::PlainAnswer { status })
            if *status == Status::WRONG_LENGTH.0 && !run.is_bound() =>
        {
            Some(PROTECTED_EXTENDED_REFUSED)
        }
        Error::Channel(_) if link.was_cut_short() => Some("reader-cuts-answers"),
        Error::Transport(TransportError::CommandRefused { .. }) => Some("reader-refuses-length"),
        _ => None,
    }
}
