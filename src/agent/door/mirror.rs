//! The REST mirror: the same commands and events for programs without a WebSocket.
//!
//! `POST /v1/hello` begins a session; the other commands name it as `?session=ID`, and `GET /v1/events`
//! waits for what there is to tell. What was handed out is not kept here: who asks again from an earlier
//! number gets what the desk still says, which is personal data once.

use std::collections::BTreeMap;
use std::future::Future as _;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tokio::sync::watch;
use tokio::time;
use zeroize::Zeroizing;

use crate::agent::desk::Entrance;
use crate::agent::desk::Outgoing;
use crate::agent::door::admit::Guest;
use crate::agent::door::house::House;
use crate::agent::door::house::Stopping;
use crate::agent::door::limits::BATCH;
use crate::agent::door::limits::Bucket;
use crate::agent::door::limits::LONGEST_POLL;
use crate::agent::door::limits::Seat;
use crate::agent::door::limits::Taken;
use crate::agent::door::token::Holds;
use crate::agent::ops::log::Happening;
use crate::agent::protocol::Fault;
use crate::agent::protocol::Reply;
use crate::error::DoorError;

/// How long a session is kept here after its last request. The desk keeps it a while longer, for who
/// says hello again.
const KEPT: Duration = Duration::from_secs(60);

/// The command that begins a session.
const HELLO: &str = "hello";

/// The command that ends one.
const LEAVE: &str = "leave";

/// Longest name of a session that is looked for.
const MAX_SESSION: usize = 64;

/// Who asks over REST.
#[derive(Default)]
pub struct Mirror(Mutex<BTreeMap<String, Arc<Mutex<Program>>>>);

/// One program's session.
struct Program {
    entrance: Entrance,
    /// Whose token it came with
    token: String,
    level: u64,
    bucket: Bucket,
    /// Number of the last event that was handed out
    handed: u64,
    /// Counts the questions for events: an older one gives way to a newer
    asked: watch::Sender<u64>,
    seen: Instant,
    _seat: Seat,
}

impl Mirror {
    /// Does what a command says: the status of HTTP, and the reply.
    ///
    /// # Errors
    /// [`DoorError`] for what does not get as far as the desk.
    pub fn command(
        &self,
        house: &House,
        guest: &Guest,
        name: &str,
        query: Option<&str>,
        body: &[u8],
    ) -> Result<(u16, String), DoorError> {
        if house.stopping() != Stopping::No {
            return Err(DoorError::NotReady);
        }
        self.forget();
        let session = Question::read(query)?.session;
        let reply = match (session, name) {
            (None, HELLO) => self.hello(house, guest, body)?,
            (None, _) => {
                // What the desk says to whoever has not said hello, and who names the session that is over.
                let mut reply = house.desk.enter(guest.visitor()).command_named(name, body);
                if let (LEAVE, Some(session)) = (name, left(body)) {
                    match &reply.result {
                        Ok(_) => drop(lock(&self.0).remove(&session)),
                        // A page says it on its socket, too, and whichever comes second finds nobody: that is
                        // what was asked for, and no refusal.
                        Err(fault) if fault.code() == Fault::SessionGone.code() => {
                            reply.result = Ok(json!({}));
                        }
                        Err(_) => {}
                    }
                }
                reply
            }
            (Some(session), _) => {
                let program = self.find(session, guest)?;
                let reply = {
                    let mut program = lock(&program);
                    program.seen = Instant::now();
                    match program.bucket.take(Instant::now()) {
                        Taken::One => program.entrance.command_named(name, body),
                        Taken::Empty => return Err(DoorError::Flood),
                    }
                };
                if name == LEAVE && reply.result.is_ok() {
                    lock(&self.0).remove(session);
                }
                reply
            }
        };
        let status = match &reply.result {
            Ok(_) => 200,
            Err(fault) => {
                house.teller.counted(fault.code(), fault.status());
                fault.status()
            }
        };
        Ok((status, reply.json()))
    }

    fn hello(&self, house: &House, guest: &Guest, body: &[u8]) -> Result<Reply, DoorError> {
        let origin = &guest.token.origin;
        let resumed = resumed(body);
        // Who comes again for a session gives its seat back first.
        if let Some((session, _)) = &resumed
            && self.find(session, guest).is_ok()
        {
            lock(&self.0).remove(session);
        }
        let seat = house.seats.take(origin).ok_or(DoorError::Sessions)?;
        let entrance = house.desk.enter(guest.visitor());
        let reply = entrance.command_named(HELLO, body);
        if let Ok(ok) = &reply.result
            && let Some(session) = ok.get("session").and_then(Value::as_str)
        {
            house.teller.log.tell(&Happening::SessionOpened { origin });
            let program = Program {
                entrance,
                token: guest.token.id.clone(),
                level: ok.get("level").and_then(Value::as_u64).unwrap_or(1),
                bucket: Bucket::commands(Instant::now()),
                handed: resumed.map_or(0, |(_, seq)| seq),
                asked: watch::Sender::new(0),
                seen: Instant::now(),
                _seat: seat,
            };
            let program = Arc::new(Mutex::new(program));
            lock(&self.0).insert(session.to_owned(), program);
        }
        Ok(reply)
    }

    /// Waits for events, and hands out what there is.
    ///
    /// # Errors
    /// [`DoorError::NoSession`], [`DoorError::Request`].
    pub async fn events(
        &self,
        house: &House,
        guest: &Guest,
        query: Option<&str>,
    ) -> Result<String, DoorError> {
        self.forget();
        let question = Question::read(query)?;
        let session = question.session.ok_or(DoorError::NoSession)?;
        let program = self.find(session, guest)?;
        let asked = {
            let mut program = lock(&program);
            program.seen = Instant::now();
            if program.bucket.take(Instant::now()) == Taken::Empty {
                return Err(DoorError::Flood);
            }
            program.go_back(house, guest, session, question.after)?;
            program.asked.send_modify(|asked| *asked += 1);
            program.asked.subscribe()
        };
        let first = first(house, &program, &asked, question.wait).await;
        // Whoever revokes a token means what was waited for, too.
        if house.admission.holds(guest) == Holds::NoMore {
            return Err(DoorError::Token);
        }
        let mut program = lock(&program);
        program.seen = Instant::now();
        let more = |program: &mut Program| match is_newest(&asked) {
            true => program.entrance.events().try_recv().ok(),
            false => None,
        };
        let gathered = Gathered::of(first, || more(&mut program));
        let seq = gathered.last.unwrap_or(program.handed);
        program.handed = seq;
        drop(program);
        Ok(batch(&gathered.events, gathered.length, seq))
    }

    fn find(&self, session: &str, guest: &Guest) -> Result<Arc<Mutex<Program>>, DoorError> {
        let program = lock(&self.0).get(session).cloned();
        // Another's session is none, for whoever asks.
        program
            .filter(|program| lock(program).token == guest.token.id)
            .ok_or(DoorError::NoSession)
    }

    /// Lets go of programs that have not asked for a while.
    pub fn forget(&self) {
        lock(&self.0).retain(|_, program| {
            // Whoever holds one besides is asking.
            Arc::strong_count(program) > 1 || lock(program).seen.elapsed() < KEPT
        });
    }

    /// Lets go of everybody.
    pub fn close(&self) {
        lock(&self.0).clear();
    }
}

impl Program {
    /// Goes back to an earlier event, by coming in anew: the answer with what followed was lost.
    fn go_back(
        &mut self,
        house: &House,
        guest: &Guest,
        session: &str,
        after: Option<u64>,
    ) -> Result<(), DoorError> {
        let Some(after) = after.filter(|after| *after != self.handed) else {
            return Ok(());
        };
        if after > self.handed {
            return Err(DoorError::Request {
                why: "after an event that there was not yet",
            });
        }
        // The former way in ends first: what waits there unfetched is still to be told once.
        self.entrance = house.desk.enter(guest.visitor());
        let hello = json!({
            "id": "resume",
            "level": self.level,
            "resume": {"session": session, "seq": after},
        });
        let hello = hello.to_string();
        let reply = self.entrance.command_named(HELLO, hello.as_bytes());
        if reply.result.is_err() {
            return Err(DoorError::NoSession);
        }
        self.handed = after;
        Ok(())
    }
}

/// The first event, or none in this time.
async fn first(
    house: &House,
    program: &Arc<Mutex<Program>>,
    asked: &watch::Receiver<u64>,
    wait: Duration,
) -> Option<Outgoing> {
    let mut newer = asked.clone();
    let mut newer = pin!(newer.changed());
    let mut late = pin!(time::sleep(wait));
    let mut stopping = house.stopping.clone();
    let mut stopped = pin!(stopping.wait_for(|stopping| *stopping == Stopping::Yes));
    poll_fn(|context| {
        // Somebody asks anew for the same session: what comes is theirs.
        if newer.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        let mut program = lock(program);
        if let Poll::Ready(event) = program.entrance.events().poll_recv(context) {
            return Poll::Ready(event);
        }
        let over = late.as_mut().poll(context).is_ready();
        if over || stopped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}

/// Whether nobody has asked anew for the same session.
fn is_newest(asked: &watch::Receiver<u64>) -> bool {
    matches!(asked.has_changed(), Ok(false))
}

/// The events of one answer.
#[derive(Default)]
struct Gathered {
    events: Vec<Zeroizing<String>>,
    length: usize,
    /// Number of the last of them
    last: Option<u64>,
}

impl Gathered {
    /// Takes what there is, until it is enough for one answer.
    fn of(first: Option<Outgoing>, mut more: impl FnMut() -> Option<Outgoing>) -> Self {
        let mut gathered = Self::default();
        let mut next = first;
        while let Some(event) = next {
            gathered.last = Some(event.seq);
            let text = event.text();
            gathered.length += text.len();
            gathered.events.push(text);
            next = match gathered.length < BATCH {
                true => more(),
                false => None,
            };
        }
        gathered
    }
}

/// `{"events":[…],"seq":N}`; each event is JSON already.
fn batch(events: &[Zeroizing<String>], length: usize, seq: u64) -> String {
    let mut text = String::with_capacity(length + events.len() + 64);
    text.push_str("{\"events\":[");
    for (at, event) in events.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(event);
    }
    text.push_str(&format!("],\"seq\":{seq}}}"));
    text
}

/// Which session a hello goes on with, and from where. Whether it is well formed, the desk says.
fn resumed(body: &[u8]) -> Option<(String, u64)> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let resume = value.get("resume")?;
    let session = resume.get("session")?.as_str()?;
    Some((session.to_owned(), resume.get("seq")?.as_u64()?))
}

/// Which session a `leave` names.
fn left(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(value.get("session")?.as_str()?.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What stands behind the question mark.
#[derive(Debug, Default, PartialEq, Eq)]
struct Question<'a> {
    session: Option<&'a str>,
    after: Option<u64>,
    wait: Duration,
}

impl<'a> Question<'a> {
    fn read(query: Option<&'a str>) -> Result<Self, DoorError> {
        const WRONG: DoorError = DoorError::Request {
            why: "behind the question mark: session, after (a number), wait (0 to 30 seconds), each once",
        };
        let mut question = Self::default();
        let mut seen = Vec::new();
        let members = query.unwrap_or_default().split('&');
        for member in members.filter(|member| !member.is_empty()) {
            let (name, value) = member.split_once('=').ok_or(WRONG)?;
            if seen.contains(&name) {
                return Err(WRONG);
            }
            seen.push(name);
            match name {
                "session" if (1..=MAX_SESSION).contains(&value.len()) => {
                    question.session = Some(value);
                }
                "after" => question.after = Some(value.parse().map_err(|_| WRONG)?),
                "wait" => {
                    let seconds = value.parse().map_err(|_| WRONG)?;
                    question.wait = Duration::from_secs(seconds);
                    if question.wait > LONGEST_POLL {
                        return Err(WRONG);
                    }
                }
                _ => return Err(WRONG),
            }
        }
        Ok(question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_with_the_event_that_fills_it() {
        let text = "x".repeat(BATCH / 2);
        let mut left = (2..=5).map(|seq| Outgoing::plain(seq, &text));
        let gathered = Gathered::of(Some(Outgoing::plain(1, &text)), || left.next());
        assert_eq!((gathered.events.len(), gathered.last), (2, Some(2)));
        assert_eq!(gathered.length, BATCH / 2 * 2);
        // What is left is there for the next question.
        let gathered = Gathered::of(left.next(), || left.next());
        assert_eq!((gathered.events.len(), gathered.last), (2, Some(4)));
        let gathered = Gathered::of(left.next(), || left.next());
        assert_eq!((gathered.events.len(), gathered.last), (1, Some(5)));
        let gathered = Gathered::of(None, || left.next());
        assert_eq!((gathered.events.len(), gathered.last), (0, None));
    }

    #[test]
    fn a_question_has_known_members_once_and_within_limits() {
        assert_eq!(Question::read(None), Ok(Question::default()));
        let whole = Question::read(Some("session=s1&after=7&wait=30")).unwrap();
        assert_eq!(whole.session, Some("s1"));
        assert_eq!(whole.after, Some(7));
        assert_eq!(whole.wait, LONGEST_POLL);
        let long = format!("session={}", "s".repeat(MAX_SESSION + 1));
        for query in [
            "session=",
            "session",
            "after=-1",
            "after=x",
            "wait=31",
            "wait=1&wait=1",
            "token=x",
            "=1",
            long.as_str(),
        ] {
            assert!(Question::read(Some(query)).is_err(), "{query}");
        }
    }
}
