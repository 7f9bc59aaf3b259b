//! The task behind a page: it carries events of the desk to the page's [`Counter`] and what comes of them
//! to the page, to that page alone.

use std::collections::HashMap;
use std::future::Future as _;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task;
use tokio::time;
use tokio::time::Sleep;
use zeroize::Zeroizing;

use crate::agent::desk::Entrance;
use crate::agent::desk::Outgoing;
use crate::agent::door::limits::Bucket;
use crate::agent::door::limits::Seat;
use crate::agent::door::limits::Taken;
use crate::agent::door::token::Holds;
use crate::agent::door::token::Kept;
use crate::agent::facade::App;
use crate::agent::facade::counter::Ask;
use crate::agent::facade::counter::Counter;
use crate::agent::facade::counter::Way;
use crate::agent::facade::counter::failure;
use crate::agent::facade::message::Failure;
use crate::agent::facade::message::Message;
use crate::agent::ops::log::Happening;
use crate::agent::protocol::wipe;
use crate::error::DoorError;

/// How often a session with nothing to do looks at its token, its key and whether anybody is there.
const LOOK: Duration = Duration::from_secs(10);

/// How long a key waits for its card.
const KEY_WAITS: Duration = Duration::from_secs(60);

/// How long a session lives that nobody listens to; as long as the agent's own.
const ALONE: Duration = Duration::from_secs(60);

/// Messages that may wait for a page: those about one read are under fifty.
pub const QUEUE: usize = 64;

/// Wishes of a page that may wait; more are refused.
const WISHES: usize = 16;

/// What a page may wish.
pub enum Wish {
    /// To hear what happens from now on, and to have every card read
    Listen(mpsc::Sender<Message>),
    /// To have the card read that lies there, perhaps with this key
    Read(Option<Zeroizing<String>>, oneshot::Sender<Answer>),
    /// To tell the key
    Key(Zeroizing<String>),
    /// To know what lies there
    Status(oneshot::Sender<Answer>),
    /// Nothing more
    Leave,
}

/// What REST answers.
pub struct Answer {
    /// HTTP status
    pub status: u16,
    /// What a page gets
    pub body: Value,
}

impl Answer {
    /// A failure.
    pub fn failed(failure: &Failure) -> Self {
        Self {
            status: failure.rest_status(),
            body: failure.body(),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        wipe(self.body.take());
    }
}

/// The desk, as a [`Counter`] asks it.
struct Voice {
    entrance: Entrance,
    asked: u64,
}

impl Ask for Voice {
    fn ask(&mut self, command: &str, mut members: Map<String, Value>) -> Result<Value, Value> {
        self.asked = self.asked.wrapping_add(1);
        members.insert("id".to_owned(), self.asked.to_string().into());
        members.insert("command".to_owned(), command.into());
        let members = Value::Object(members);
        let text = Zeroizing::new(members.to_string());
        wipe(members);
        let reply = self.entrance.command(text.as_bytes());
        let mut reply: Value = serde_json::from_str(&reply).unwrap_or_default();
        match reply.get_mut("ok") {
            Some(ok) => Ok(ok.take()),
            None => Err(reply.get_mut("error").map(Value::take).unwrap_or_default()),
        }
    }
}

/// A way to a session.
#[derive(Clone)]
pub struct Session(mpsc::Sender<Wish>);

impl Session {
    /// Begins one for whoever holds this token.
    pub fn begin(app: &Arc<App>, kept: Kept, seat: Seat) -> Self {
        let (wishes, heard) = mpsc::channel(WISHES);
        let entrance = app.desk.enter(app.visitor(&kept));
        let app = Arc::clone(app);
        let origin = &kept.origin;
        app.teller.log.tell(&Happening::SessionOpened { origin });
        task::spawn(async move {
            let _seat = seat;
            Run::new(app, kept, entrance, heard).go().await;
        });
        Self(wishes)
    }

    /// Tells a wish, if the session lives and has not too many before it.
    ///
    /// # Errors
    /// [`DoorError::Flood`].
    pub fn wish(&self, wish: Wish) -> Result<(), DoorError> {
        self.0.try_send(wish).map_err(|_| DoorError::Flood)
    }

    /// Whether it has come to its end.
    pub fn is_over(&self) -> bool {
        self.0.is_closed()
    }
}

/// Sessions of callers that have no connection of their own: one for each token.
#[derive(Default)]
pub struct Posts(Mutex<HashMap<String, Session>>);

impl Posts {
    /// The session of a token, begun where there is none.
    ///
    /// # Errors
    /// [`DoorError::Sessions`].
    pub fn of(&self, app: &Arc<App>, kept: Kept) -> Result<Session, DoorError> {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        posts.retain(|_, session| !session.is_over());
        if let Some(session) = posts.get(&kept.id) {
            return Ok(session.clone());
        }
        let seat = app.seats.take(&kept.origin).ok_or(DoorError::Sessions)?;
        let id = kept.id.clone();
        let session = Session::begin(app, kept, seat);
        posts.insert(id, session.clone());
        Ok(session)
    }
}

struct Run {
    app: Arc<App>,
    kept: Kept,
    counter: Counter<Voice>,
    wishes: mpsc::Receiver<Wish>,
    listener: Option<mpsc::Sender<Message>>,
    /// Whoever waits for what a read comes to
    waiting: Option<oneshot::Sender<Answer>>,
    bucket: Bucket,
    heard: Instant,
    key: Option<Instant>,
    /// What was to be told before anybody listened
    first: Vec<Message>,
}

enum Next {
    Event(Outgoing),
    Wish(Wish),
    Look,
    Over,
}

impl Run {
    fn new(app: Arc<App>, kept: Kept, entrance: Entrance, wishes: mpsc::Receiver<Wish>) -> Self {
        let voice = Voice { entrance, asked: 0 };
        let (counter, first) = Counter::open(voice, app.rules.clone(), Way::OnAsk);
        let now = Instant::now();
        Self {
            app,
            kept,
            counter,
            wishes,
            listener: None,
            waiting: None,
            bucket: Bucket::commands(now),
            heard: now,
            key: None,
            first,
        }
    }

    async fn go(mut self) {
        let mut look = Box::pin(time::sleep(LOOK));
        loop {
            let next = self.next(&mut look).await;
            // Whoever revokes a token means what is under way, too.
            let leaves = matches!(next, Next::Over | Next::Wish(Wish::Leave));
            let holds = self.app.tokens.holds(&self.kept, Timestamp::now());
            if !leaves && holds == Holds::NoMore {
                let failed = self.app.refused(&DoorError::Token);
                self.tell(vec![Message::Failed(failed)]);
                break;
            }
            match next {
                Next::Event(event) => {
                    let mut event: Value = serde_json::from_str(&event.text()).unwrap_or_default();
                    let ends = event.get("event").and_then(Value::as_str) == Some("shutdown");
                    let messages = self.counter.hear(&event);
                    wipe(event.take());
                    self.tell(messages);
                    if ends {
                        break;
                    }
                }
                Next::Wish(Wish::Leave) | Next::Over => break,
                Next::Wish(wish) => self.take(wish),
                Next::Look => {
                    look = Box::pin(time::sleep(LOOK));
                    if !self.look() {
                        break;
                    }
                }
            }
        }
        // What was read for a page that is gone is nobody's any more.
        self.counter.release();
        self.app.teller.log.tell(&Happening::SessionClosed);
    }

    /// What comes next: a wish before an event, so that a flood of events cannot keep a page from leaving.
    async fn next(&mut self, look: &mut Pin<Box<Sleep>>) -> Next {
        let events = &mut self.counter.desk_mut().entrance;
        let wishes = &mut self.wishes;
        poll_fn(|context| {
            if let Poll::Ready(wish) = wishes.poll_recv(context) {
                return Poll::Ready(wish.map_or(Next::Over, Next::Wish));
            }
            if let Poll::Ready(event) = events.events().poll_recv(context) {
                return Poll::Ready(event.map_or(Next::Over, Next::Event));
            }
            look.as_mut().poll(context).map(|()| Next::Look)
        })
        .await
    }

    fn take(&mut self, wish: Wish) {
        let now = Instant::now();
        self.heard = now;
        let flooded = self.bucket.take(now) == Taken::Empty;
        match wish {
            Wish::Listen(listener) => {
                // One page, one owner: who listened before hears no more.
                self.listener = Some(listener);
                let first = std::mem::take(&mut self.first);
                self.tell(first);
                let messages = self.counter.turn(Way::OnCard);
                self.tell(messages);
            }
            Wish::Status(answer) => {
                let failed = flooded.then(|| self.app.refused(&DoorError::Flood));
                let told = failed.as_ref().map(Answer::failed);
                // Who asked may be gone.
                let _ = answer.send(told.unwrap_or_else(|| Answer {
                    status: 200,
                    body: self.counter.status(),
                }));
            }
            Wish::Read(_, answer) if flooded || self.waiting.is_some() => {
                let failed = match flooded {
                    true => self.app.refused(&DoorError::Flood),
                    false => self.app.failed("agent.busy", 409),
                };
                let _ = answer.send(Answer::failed(&failed));
            }
            Wish::Read(key, answer) => {
                let (told, begun) = self.counter.read(key);
                self.tell(told);
                match begun {
                    Ok(()) => self.waiting = Some(answer),
                    Err(failed) => {
                        let _ = answer.send(Answer::failed(&failed));
                    }
                }
            }
            Wish::Key(_) if flooded => {
                let failed = self.app.refused(&DoorError::Flood);
                self.tell(vec![Message::Failed(failed)]);
            }
            Wish::Key(key) => {
                self.key = Some(now);
                let messages = self.counter.give_key(key);
                self.tell(messages);
            }
            Wish::Leave => {}
        }
    }

    fn tell(&mut self, messages: Vec<Message>) {
        for message in messages {
            let ends = matches!(&message, Message::Read(_) | Message::Failed(_));
            let unheard = self.listener.is_none() && message.is_about("key_wanted");
            if unheard && self.waiting.is_some() {
                // REST has nobody to ask for a key: what comes of ending the read is not told twice.
                self.answer(&Answer::failed(&failure("key.missing", 422)));
                self.counter.give_up();
            } else if ends && self.waiting.is_some() {
                let answer = match &message {
                    Message::Read(reading) => Answer {
                        status: 200,
                        body: reading.body(),
                    },
                    Message::Failed(failed) => Answer::failed(failed),
                    _ => continue,
                };
                self.answer(&answer);
            }
            if let Some(listener) = &self.listener
                && listener.try_send(message).is_err()
            {
                // It takes nothing, or is gone.
                self.listener = None;
            }
        }
    }

    fn answer(&mut self, answer: &Answer) {
        if let Some(waiting) = self.waiting.take() {
            let _ = waiting.send(Answer {
                status: answer.status,
                body: answer.body.clone(),
            });
        }
    }

    /// Whether the session goes on.
    fn look(&mut self) -> bool {
        if self.key.is_some_and(|at| at.elapsed() >= KEY_WAITS) {
            self.key = None;
            self.counter.forget_key();
        }
        let listens = self
            .listener
            .as_ref()
            .is_some_and(|listener| !listener.is_closed());
        if !listens {
            self.listener = None;
            // Messages that nobody hears are for nobody.
            self.counter.turn(Way::OnAsk);
        }
        listens || self.waiting.is_some() || self.heard.elapsed() < ALONE
    }
}
