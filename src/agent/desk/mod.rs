//! Where everything comes together: commands of clients, news of the readers, and the time. One thread
//! of its own takes them one after the other, lets [`machine`](crate::agent::machine) say what follows,
//! and tells whom it concerns.

mod bay;
mod body;
mod picture;
mod replies;
mod session;
mod witness;
mod work;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::agent::judge::Judge;
use crate::agent::machine::Times;
use crate::agent::protocol::Command;
use crate::agent::protocol::Fault;
use crate::agent::protocol::Id;
use crate::agent::protocol::Reply;
use crate::agent::protocol::Undecoded;
use crate::agent::slots::News;
use crate::agent::slots::SlotId;
use crate::agent::slots::Slots;
use crate::agent::vital::Vital;
use crate::error::Error;
use crate::error::TransportError;
use crate::seal::key::DeviceKey;
use crate::workflow::Inspected;
use work::Work;

pub use witness::ReadBegun;
pub use witness::ReadEnded;
pub use witness::Witness;

/// Events that wait for one connection, at most; a client that is slower is cut off, and may resume.
const MAX_QUEUE: usize = 256;

/// Longest that a reply is waited for. The desk never waits for a card.
const REPLY: Duration = Duration::from_secs(5);

/// Longest label of a visitor, in bytes.
const MAX_LABEL: usize = 128;

/// What a counter is told unless it asks for something else.
pub const FIELDS: [&str; 8] = [
    "name",
    "citizen_number",
    "birth",
    "sex",
    "nationality",
    "residence",
    "issued",
    "expiry",
];

/// How the desk works.
pub struct Settings {
    /// What cards are judged by.
    pub judge: Arc<Judge>,
    /// What receipts and evidence are signed with.
    pub device_key: Option<Arc<DeviceKey>>,
    /// The fields of the holder that a read gives which does not say.
    pub fields: Vec<&'static str>,
    /// The origins that may ask beside the agent's own page, which is told them: it hands fields to no other.
    pub origins: Vec<String>,
    /// How long things may take.
    pub times: Times,
    /// How long card and key are waited for, where a read does not say.
    pub wait: Duration,
    /// Longest time of a read with the card.
    pub within: Duration,
    /// How long a session lives without a connection.
    pub grace: Duration,
    /// Who is told that reads have ended, before anybody has their results.
    pub witness: Option<Box<dyn Witness>>,
    /// Who is told when the desk was broken off
    pub vital: Vital,
}

impl Settings {
    /// Nothing signed, nothing recorded, and the usual times.
    pub fn new(judge: Arc<Judge>) -> Self {
        Self {
            judge,
            device_key: None,
            fields: FIELDS.to_vec(),
            origins: Vec::new(),
            times: Times::default(),
            wait: Duration::from_secs(60),
            within: Duration::from_secs(30),
            grace: Duration::from_secs(60),
            witness: None,
            vital: Vital::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

/// Who comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// The origin, or `local`: shown to others as who has a reader, and what receipts name. At most 128
    /// bytes count.
    pub label: String,
    /// The officer, where the site vouches for one.
    pub officer: Option<String>,
}

/// An event on its way to a client. [`fmt::Debug`] shows its number alone.
pub struct Outgoing {
    /// Its number in the session.
    pub seq: u64,
    /// What is said where nothing is personal, or nothing personal is left.
    plain: String,
    once: Option<Once>,
}

impl Outgoing {
    /// One with nothing personal in it.
    #[cfg(test)]
    pub(crate) fn plain(seq: u64, text: &str) -> Self {
        Self {
            seq,
            plain: text.to_owned(),
            once: None,
        }
    }

    /// The message, as it is sent now: what is personal is in it unless it was wiped while it waited.
    pub fn text(self) -> Zeroizing<String> {
        let personal = self.once.and_then(|once| once.take());
        personal.unwrap_or_else(|| Zeroizing::new(self.plain))
    }
}

/// What is sent once. The session has it as well as the queue, so that a client which does not fetch it
/// does not keep it beyond its time.
#[derive(Clone)]
struct Once(Arc<Mutex<Option<Zeroizing<String>>>>);

impl Once {
    fn new(text: Zeroizing<String>) -> Self {
        Self(Arc::new(Mutex::new(Some(text))))
    }

    fn take(&self) -> Option<Zeroizing<String>> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.take()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({})", self.seq)
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Parting {
    /// Somebody may come back and go on.
    #[default]
    Interrupted,
    /// The client said that it goes and does not come back.
    Away,
}

/// What the desk's thread is told.
pub(super) enum Inbox {
    /// Something happened at a reader.
    News(News),
    /// A read has ended, with the portrait in another form than the chip's.
    Inspected {
        slot: SlotId,
        read: u64,
        inspected: Box<Inspected>,
        picture: Option<Zeroizing<Vec<u8>>>,
    },
    /// Somebody came in.
    Entered {
        connection: u64,
        visitor: Visitor,
        events: tokio::sync::mpsc::Sender<Outgoing>,
    },
    /// Somebody wants something.
    Asked {
        connection: u64,
        command: Command,
        answer: mpsc::SyncSender<Result<serde_json::Value, Box<Fault>>>,
    },
    /// Somebody went, and did not get these.
    Left {
        connection: u64,
        unsent: Vec<Outgoing>,
        parting: Parting,
    },
    /// The agent ends.
    Close { done: mpsc::SyncSender<()> },
}

/// The desk.
#[derive(Clone)]
pub struct Desk {
    inbox: Sender<Inbox>,
    shared: Arc<Shared>,
}

struct Shared {
    judge: Arc<Judge>,
    /// Connections so far.
    entered: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Desk {
    /// Opens the desk over these readers, on a thread of its own.
    ///
    /// # Errors
    /// [`Error`] when the system gives no thread.
    pub fn open(
        settings: Settings,
        slots: Arc<dyn Slots>,
        news: Receiver<News>,
    ) -> Result<Self, Error> {
        let (inbox, heard) = mpsc::channel();
        let judge = Arc::clone(&settings.judge);
        let no_thread = |_| Error::from(TransportError::Failed { code: 0 });
        let to_desk = inbox.clone();
        let (works, forwards) = (settings.vital.guard("desk"), settings.vital.guard("news"));
        let forward = move || {
            let _vital = forwards;
            for news in news {
                if pass_on(news, &to_desk).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("desk".to_owned())
            .spawn(move || {
                let _vital = works;
                Work::new(settings, slots).run(&heard);
            })
            .map_err(no_thread)?;
        thread::Builder::new()
            .name("news".to_owned())
            .spawn(forward)
            .map_err(no_thread)?;
        Ok(Self {
            inbox,
            shared: Arc::new(Shared {
                judge,
                entered: AtomicU64::new(0),
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// Lets somebody in: one entrance for each connection.
    pub fn enter(&self, visitor: Visitor) -> Entrance {
        let connection = self.shared.entered.fetch_add(1, Relaxed);
        let (sender, events) = tokio::sync::mpsc::channel(MAX_QUEUE);
        let _ = self.inbox.send(Inbox::Entered {
            connection,
            visitor: Visitor {
                label: shortened(visitor.label),
                ..visitor
            },
            events: sender,
        });
        Entrance {
            connection,
            inbox: self.inbox.clone(),
            judge: Arc::clone(&self.shared.judge),
            events,
            parting: Parting::default(),
        }
    }

    /// Ends everything: reads are cancelled, data is wiped, clients are told.
    pub fn close(&self) {
        let (done, ended) = mpsc::sync_channel(1);
        if self.inbox.send(Inbox::Close { done }).is_ok() {
            let _ = ended.recv_timeout(REPLY);
        }
        let thread = self
            .shared
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// Passes news on to the desk; a portrait that is made anew is made on the way, on a thread of its own,
/// so that nobody waits for it.
fn pass_on(news: News, desk: &Sender<Inbox>) -> Result<(), mpsc::SendError<Inbox>> {
    let (slot, read, inspected) = match news {
        News::Done {
            slot,
            read,
            result: Ok(inspected),
        } if picture::is_needed(&inspected.report) => (slot, read, inspected),
        other => return desk.send(Inbox::News(other)),
    };
    let making = desk.clone();
    let make = move || {
        // A picture that breaks the decoder is shown to nobody, and ends nothing but its own decoding: the
        // desk waits for the end of this read.
        let made = catch_unwind(AssertUnwindSafe(|| picture::made(&inspected.report)));
        let picture = made.unwrap_or_default();
        // A desk that has closed needs no picture.
        let _ = making.send(Inbox::Inspected {
            slot,
            read,
            inspected,
            picture,
        });
    };
    let thread = thread::Builder::new().name("portrait".to_owned());
    match thread.spawn(make) {
        Ok(_) => Ok(()),
        Err(_) => desk.send(Inbox::News(News::Done {
            slot,
            read,
            result: Err(Error::Internal),
        })),
    }
}

fn shortened(mut label: String) -> String {
    let mut end = label.len().min(MAX_LABEL);
    while !label.is_char_boundary(end) {
        end -= 1;
    }
    label.truncate(end);
    label
}

/// One connection's way in. Dropped, the connection is over; its session waits for another one.
pub struct Entrance {
    connection: u64,
    inbox: Sender<Inbox>,
    judge: Arc<Judge>,
    events: tokio::sync::mpsc::Receiver<Outgoing>,
    parting: Parting,
}

impl Entrance {
    /// Does what a message says, and gives the reply. Never waits for a card.
    pub fn command(&self, text: &[u8]) -> String {
        self.reply(Command::decode(text)).json()
    }

    /// The same for a request whose address says the command's name. Gives the whole reply, for its
    /// HTTP status.
    pub fn command_named(&self, name: &str, text: &[u8]) -> Reply {
        self.reply(Command::decode_named(name, text))
    }

    /// What there is to tell. It ends when the desk has closed, or has cut the connection off.
    pub const fn events(&mut self) -> &mut tokio::sync::mpsc::Receiver<Outgoing> {
        &mut self.events
    }

    /// Has the session end with this connection, as the command `leave` does, unless another one has it by
    /// then.
    pub const fn go_away(&mut self) {
        self.parting = Parting::Away;
    }

    fn reply(&self, decoded: Result<(Id, Command), Undecoded>) -> Reply {
        match decoded {
            Err(Undecoded { id, fault }) => Reply {
                to: id,
                result: Err(Box::new(fault)),
            },
            Ok((id, command)) => Reply {
                to: Some(id),
                result: self.ask(command),
            },
        }
    }

    fn ask(&self, command: Command) -> Result<serde_json::Value, Box<Fault>> {
        if matches!(command, Command::Trust | Command::Status) {
            // Loading what has changed takes a while: it is this connection's time, not the desk's.
            drop(self.judge.trust());
        }
        if matches!(command, Command::Status) {
            self.judge.look_for_samples();
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let asked = Inbox::Asked {
            connection: self.connection,
            command,
            answer,
        };
        self.inbox
            .send(asked)
            .map_err(|_| Box::new(Fault::Closing))?;
        match answered.recv_timeout(REPLY) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Box::new(Fault::Overloaded)),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Box::new(Fault::Closing)),
        }
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.events.close();
        let mut unsent = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            unsent.push(event);
        }
        let _ = self.inbox.send(Inbox::Left {
            connection: self.connection,
            unsent,
            parting: self.parting,
        });
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entrance({})", self.connection)
    }
}

#[cfg(test)]
mod tests {
    use crate::agent::judge::Sources;
    use crate::agent::judge::TestMaterial;
    use crate::agent::slots::VirtualSlots;
    use crate::registry::Context;
    use crate::registry::RegistryOptions;
    use crate::verify::Policy;

    use super::*;

    struct Breaks;

    impl Witness for Breaks {
        fn read_ended(&mut self, _: &ReadEnded<'_>) -> Result<(), Error> {
            Ok(())
        }

        fn counted(&mut self, _: usize, _: usize) {
            panic!("as it should");
        }
    }

    #[test]
    fn a_desk_that_is_broken_off_is_told() {
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: None,
        });
        let (say, said) = mpsc::channel();
        let mut settings = Settings::new(Arc::new(judge.unwrap()));
        settings.witness = Some(Box::new(Breaks));
        settings.vital = Vital::new(move |name| {
            let _ = say.send(name);
        });
        let (news, heard) = mpsc::channel();
        let slots = Arc::new(VirtualSlots::new(news));
        let desk = Desk::open(settings, slots.clone(), heard).unwrap();
        slots.attach("Virtual reader 1");
        assert_eq!(said.recv_timeout(Duration::from_secs(60)), Ok("desk"));
        // Whoever ends the rest is not held up by it.
        desk.close();
    }
}
