//! What clients and the agent say to each other: one JSON object per message, read strictly and written
//! from one table of types. `docs/agent.md` describes it for people, `docs/agent-api.json` for programs.

mod command;
mod decode;
mod event;
mod fault;
mod personal;
mod reply;

pub use command::Ask;
pub use command::Command;
pub use command::Evidence;
pub use command::Hello;
pub use command::Id;
pub use command::KeyText;
pub use command::Nonce;
pub use command::Portrait;
pub use command::Purpose;
pub use command::Resume;
pub use decode::MAX_MESSAGE;
pub use decode::Undecoded;
pub use decode::field;
pub use event::Cleared;
pub use event::Event;
pub use event::Phase;
pub use event::ReaderView;
pub use event::ReaderWord;
pub use event::ResultBody;
pub use fault::Fault;
pub use personal::Personal;
pub use personal::wipe;
pub use reply::Reply;

/// The one API level that this program speaks. A change that an older client could not live with is a
/// new level.
pub const LEVEL: u32 = 1;

/// Oldest level that is still spoken.
pub const OLDEST_LEVEL: u32 = 1;
