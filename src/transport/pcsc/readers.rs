//! The readers and what lies on them.

use std::ffi::CStr;
use std::ffi::CString;
use std::time::Duration;

use pcsc::Context;
use pcsc::State;

use crate::error::TransportError;

use super::failure::During;
use super::failure::failure;

/// A reader and what lies on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderState {
    /// Name that the service gives the reader.
    pub name: String,
    /// What lies on it.
    pub card: CardState,
    /// Answer to reset; empty without a card that answers.
    pub atr: Vec<u8>,
}

/// What lies on a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardState {
    /// Nothing.
    Absent,
    /// A card that answers and that nobody uses.
    Present,
    /// A card that another program is connected to.
    InUse,
    /// A card that does not answer: upside down, dirty, or no chip.
    Mute,
    /// The reader does not say, or is just being unplugged.
    Unknown,
}

impl CardState {
    fn of(state: State) -> Self {
        if state.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            Self::Unknown
        } else if state.contains(State::MUTE) {
            Self::Mute
        } else if state.contains(State::EMPTY) {
            Self::Absent
        } else if state.intersects(State::EXCLUSIVE | State::INUSE) {
            Self::InUse
        } else if state.contains(State::PRESENT) {
            Self::Present
        } else {
            Self::Unknown
        }
    }
}

/// A reader as the service has just described it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Name as the service spells it.
    pub(super) name: CString,
    /// What lies on it.
    pub(super) card: CardState,
    /// Cards laid down and taken away so far; another number is another card.
    pub(super) events: u32,
    atr: Vec<u8>,
}

impl Seen {
    /// The same for the caller.
    pub(super) fn public(&self) -> ReaderState {
        ReaderState {
            name: self.name.to_string_lossy().into_owned(),
            card: self.card,
            atr: self.atr.clone(),
        }
    }

    /// Whether a reader's name is the wanted one, or else contains it, whatever the case.
    fn is_called(&self, wanted: &str) -> bool {
        let name = self.name.to_string_lossy();
        name == wanted || name.to_lowercase().contains(&wanted.to_lowercase())
    }
}

/// The readers that a name means: the one with exactly this name, else all that contain it.
pub(super) fn called<'a>(seen: &'a [Seen], wanted: Option<&str>) -> Vec<&'a Seen> {
    let Some(wanted) = wanted else {
        return seen.iter().collect();
    };
    let exact = |seen: &&Seen| seen.name.to_string_lossy() == wanted;
    match seen.iter().find(exact) {
        Some(seen) => vec![seen],
        None => seen.iter().filter(|seen| seen.is_called(wanted)).collect(),
    }
}

/// The reader of exactly this name; all without a name.
pub(super) fn exactly(mut seen: Vec<Seen>, wanted: Option<&str>) -> Vec<Seen> {
    seen.retain(|seen| wanted.is_none_or(|wanted| seen.name.to_string_lossy() == wanted));
    seen
}

/// Why there is no card to connect to on any of the readers that a name means.
pub(super) fn nothing_there(seen: &[Seen], wanted: Option<&str>) -> TransportError {
    let called = called(seen, wanted);
    if seen.is_empty() {
        TransportError::NoReader
    } else if called.is_empty() {
        TransportError::UnknownReader
    } else if called.iter().any(|seen| seen.card == CardState::Mute) {
        TransportError::Mute
    } else {
        TransportError::NoCard
    }
}

/// The cards that can be connected to, the free ones first.
pub(super) fn candidates<'a>(seen: &'a [Seen], wanted: Option<&str>) -> Vec<&'a Seen> {
    let mut found = called(seen, wanted);
    found.retain(|seen| matches!(seen.card, CardState::Present | CardState::InUse));
    // Stable: the service's order stays within each kind.
    found.sort_by_key(|seen| seen.card != CardState::Present);
    found
}

/// A conversation with the service about its readers.
pub(super) struct Watch {
    context: Context,
    /// First the pseudo reader that changes when a reader comes or goes, then the readers.
    known: Vec<pcsc::ReaderState>,
}

impl Watch {
    /// Introduces the program to the service.
    pub(super) fn new() -> Result<Self, TransportError> {
        let context = Context::establish(pcsc::Scope::User)
            .map_err(|error| failure(error, During::Introduction))?;
        let news = pcsc::ReaderState::new(pcsc::PNP_NOTIFICATION(), State::UNAWARE);
        Ok(Self {
            context,
            known: vec![news],
        })
    }

    /// The conversation itself, for connecting to a card.
    pub(super) const fn context(&self) -> &Context {
        &self.context
    }

    /// Lists the readers and what lies on them now. No reader at all is an empty list.
    pub(super) fn look(&mut self) -> Result<Vec<Seen>, TransportError> {
        let names = match self.context.list_readers_owned() {
            Ok(names) => names,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(failure(error, During::Listing)),
        };
        self.known.truncate(1);
        self.known.extend(
            names
                .into_iter()
                .map(|name| pcsc::ReaderState::new(name, State::UNAWARE)),
        );
        let readers = self.known.get_mut(1..).unwrap_or_default();
        if !readers.is_empty() {
            news(self.context.get_status_change(Duration::ZERO, readers))?;
        }
        Ok(self.known.iter().skip(1).map(seen).collect())
    }

    /// Waits until a reader or a card comes or goes, at most this long.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<(), TransportError> {
        for reader in &mut self.known {
            reader.sync_current_state();
        }
        news(self.context.get_status_change(limit, &mut self.known))
    }
}

/// What lies on one reader now.
pub(super) fn look_at(context: &Context, name: &CStr) -> Result<Seen, pcsc::Error> {
    let mut known = [pcsc::ReaderState::new(name, State::UNAWARE)];
    context.get_status_change(Duration::ZERO, &mut known)?;
    let [known] = known;
    Ok(seen(&known))
}

/// No news is no failure; nor is a reader that was unplugged, which the next look will show.
fn news(result: Result<(), pcsc::Error>) -> Result<(), TransportError> {
    match result {
        Ok(())
        | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader | pcsc::Error::ReaderUnavailable) => {
            Ok(())
        }
        Err(error) => Err(failure(error, During::Listing)),
    }
}

fn seen(reader: &pcsc::ReaderState) -> Seen {
    Seen {
        name: reader.name().to_owned(),
        card: CardState::of(reader.event_state()),
        events: reader.event_count(),
        atr: reader.atr().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(name: &str, card: CardState) -> Seen {
        Seen {
            name: CString::new(name).unwrap(),
            card,
            events: 0,
            atr: Vec::new(),
        }
    }

    fn names(seen: &[&Seen]) -> Vec<String> {
        seen.iter().map(|seen| seen.public().name).collect()
    }

    #[test]
    fn the_state_word_says_what_lies_on_the_reader() {
        let cases = [
            (State::EMPTY | State::CHANGED, CardState::Absent),
            (State::PRESENT | State::CHANGED, CardState::Present),
            (State::PRESENT | State::UNPOWERED, CardState::Present),
            (State::PRESENT | State::INUSE, CardState::InUse),
            (
                State::PRESENT | State::EXCLUSIVE | State::INUSE,
                CardState::InUse,
            ),
            (State::PRESENT | State::MUTE, CardState::Mute),
            (State::UNKNOWN | State::CHANGED, CardState::Unknown),
            (State::UNAVAILABLE, CardState::Unknown),
            (State::UNAWARE, CardState::Unknown),
        ];
        for (state, card) in cases {
            assert_eq!(CardState::of(state), card, "{state:?}");
        }
    }

    #[test]
    fn an_exact_name_wins_over_a_part_of_one() {
        let all = [
            reader("Virtual PCD 00 01", CardState::Present),
            reader("Virtual PCD 00", CardState::Present),
            reader("ACME Contactless 3", CardState::Present),
        ];
        assert_eq!(
            names(&called(&all, Some("Virtual PCD 00"))),
            ["Virtual PCD 00"]
        );
        assert_eq!(called(&all, Some("virtual pcd")).len(), 2);
        assert_eq!(called(&all, Some("other")).len(), 0);
        assert_eq!(called(&all, None).len(), 3);
    }

    #[test]
    fn a_part_of_a_name_is_not_exactly_that_name() {
        let all = vec![
            reader("Virtual PCD 00 00", CardState::Present),
            reader("Virtual PCD 2 00 00", CardState::Present),
        ];
        let found = exactly(all.clone(), Some("Virtual PCD 00 00"));
        assert_eq!(
            names(&found.iter().collect::<Vec<_>>()),
            ["Virtual PCD 00 00"]
        );
        assert_eq!(exactly(all.clone(), Some("Virtual PCD")).len(), 0);
        assert_eq!(exactly(all, None).len(), 2);
    }

    #[test]
    fn a_free_card_comes_before_one_in_use() {
        let all = [
            reader("A", CardState::Absent),
            reader("B", CardState::InUse),
            reader("C", CardState::Present),
            reader("D", CardState::Mute),
        ];
        assert_eq!(names(&candidates(&all, None)), ["C", "B"]);
    }

    #[test]
    fn the_reason_for_no_card_is_the_most_telling_one() {
        let all = [reader("A", CardState::Absent), reader("B", CardState::Mute)];
        assert_eq!(nothing_there(&[], None), TransportError::NoReader);
        assert_eq!(
            nothing_there(&all, Some("C")),
            TransportError::UnknownReader
        );
        assert_eq!(nothing_there(&all, Some("A")), TransportError::NoCard);
        assert_eq!(nothing_there(&all, None), TransportError::Mute);
    }
}
