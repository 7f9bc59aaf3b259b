//! A registry behind HTTPS with mutual TLS: asked with signed questions, believed by its signature.
//!
//! TLS says which server it is and keeps others from listening; what the answer is worth is decided by
//! the registry's signature over it, under a key that was named beforehand. A check takes no longer than
//! it was given, retries included. The same question goes each time, octet for octet: a registry gives
//! one answer to one id, so asking twice is asking once.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::LineError;
use crate::error::SetupError;
use crate::registry::Answer;
use crate::registry::Context;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::http::breaker::Breaker;
use crate::registry::http::line::Came;
use crate::registry::http::line::Door;
use crate::registry::http::line::Fault;
use crate::registry::http::line::Line;
use crate::registry::http::line::Media;
use crate::registry::http::line::Reply;
use crate::registry::http::line::Stage;
use crate::registry::message::Expecting;
use crate::registry::message::MAX_LIST;
use crate::registry::message::Nonce;
use crate::registry::message::Problem;
use crate::registry::message::QuestionId;
use crate::registry::message::encode_question;
use crate::registry::options::RegistryOptions;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;

mod breaker;
mod credentials;
mod line;
mod list;

pub use breaker::FAILURES;
pub use breaker::REST;
pub use breaker::State;

/// Most times that a question is sent again.
pub const MAX_RETRIES: u32 = 2;

/// Shortest wait before a question is sent again; twice as long before the next time.
const WAIT: Duration = Duration::from_millis(60);

/// What tells the time that goes by; a test may put its own in its place.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// A registry behind HTTPS. It may be asked from many threads at once; connections and what is known
/// about the line are shared.
pub struct Https {
    line: Line,
    keys: Vec<DeviceId>,
    device: Option<DeviceKey>,
    limit: Duration,
    /// Most questions of a list that the server takes, as far as it is known.
    longest: AtomicUsize,
    breaker: Mutex<Breaker>,
    clock: Clock,
}

impl Https {
    /// Makes ready to ask the registry at an `https://` address; nothing is sent yet.
    ///
    /// # Errors
    /// [`LineError`] for what is configured and cannot be used, among it that no key of the registry is
    /// named; [`SetupError::Registry`] for an address that is none.
    pub fn open(url: &str, options: &RegistryOptions) -> Result<Self, SetupError> {
        if options.keys.is_empty() {
            return Err(LineError::KeyMissing.into());
        }
        let line = line(url, options)?;
        let device = options.device_key.as_deref().map(DeviceKey::load);
        Ok(Self {
            line,
            keys: options.keys.clone(),
            device: device.transpose()?,
            limit: options.limit,
            longest: AtomicUsize::new(MAX_LIST),
            breaker: Mutex::new(Breaker::new(options.limit)),
            clock: Arc::new(Instant::now),
        })
    }

    /// The same with another clock behind what is known about the line. How long a check takes is
    /// measured all the same.
    #[must_use]
    pub fn timed_by(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether the line counts as up.
    pub fn state(&self) -> State {
        self.with_breaker(|breaker, _| breaker.state())
    }

    fn with_breaker<T>(&self, with: impl FnOnce(&mut Breaker, Instant) -> T) -> T {
        let now = (self.clock)();
        // Whoever panicked left a whole state behind: it is one value.
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut breaker, now)
    }

    /// Sends a message until there is an answer to it, the time is up, or sending it again would not help.
    /// Gives the answer's bytes, which are not believed yet.
    fn exchange(&self, door: Door, message: &[u8]) -> Result<Vec<u8>, Unanswered> {
        let begun = Instant::now();
        let mut random = System;
        let mut tries = 0;
        loop {
            let left = self.limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(unreached(Stage::Timeout, "the time was up").into());
            }
            let (error, wait) = match self.judge(self.line.post(door, message, left)) {
                Judged::Answer(bytes) => return Ok(bytes),
                Judged::Final(error) => return Err(error),
                Judged::Again { error, wait } => (error, wait),
            };
            let wait = wait.unwrap_or_else(|| pause(tries, &mut random));
            let left = self.limit.saturating_sub(begun.elapsed());
            if tries >= MAX_RETRIES || wait >= left {
                return Err(error.into());
            }
            tries += 1;
            thread::sleep(wait);
        }
    }

    /// Asks something where the line counts as up, and learns from it whether it is.
    fn over_the_line<T>(
        &self,
        ask: impl FnOnce() -> Result<T, Unanswered>,
    ) -> Result<T, Unanswered> {
        if let Err(rest) = self.with_breaker(Breaker::admit) {
            let why = format!("not asked for {} s more", rest.as_secs().saturating_add(1));
            return Err(unreached(Stage::Breaker, &why).into());
        }
        let answer = ask();
        self.with_breaker(|breaker, now| match &answer {
            // Whatever else it was, somebody answered.
            Err(Unanswered {
                error: RegistryError::NotReached { .. },
                why: Why::Else,
            }) => breaker.failed(now),
            _ => breaker.answered(),
        });
        answer
    }

    /// What came of sending a question once.
    fn judge(&self, came: Result<Came, Fault>) -> Judged {
        match came {
            Err(Fault { stage, why }) => {
                let error = unreached(stage, &why);
                match stage {
                    // Certificates get no better by looking again.
                    Stage::Tls | Stage::Timeout => Judged::Final(error.into()),
                    _ => Judged::Again { error, wait: None },
                }
            }
            Ok(Came::Garbage(what)) => Judged::Final(RegistryError::BadAnswer { what }.into()),
            Ok(Came::Reply(reply)) => judge_reply(reply),
        }
    }
}

/// What a registry's server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Both sides took each other's certificates, and it can answer.
    Ready,
    /// Both sides took each other's certificates; it says something else, by the status of HTTP.
    Unready(u16),
    /// The two sides do not take each other's certificates, and why.
    Unbelieved(String),
    /// Nothing came back, or nothing that can be understood, and why.
    Unreached(String),
}

/// Asks the server at an `https://` address whether it can answer, with the certificate that questions go
/// with. It is told of nobody, and nothing is signed.
///
/// # Errors
/// [`LineError`] for what is configured and cannot be used; [`SetupError::Registry`] for an address that
/// is none.
pub fn health(url: &str, options: &RegistryOptions) -> Result<Health, SetupError> {
    let line = line(url, options)?;
    Ok(match line.health(options.limit) {
        Ok(Came::Reply(Reply {
            status: 200,
            media: Media::Json,
            ..
        })) => Health::Ready,
        Ok(Came::Reply(reply)) => Health::Unready(reply.status),
        Ok(Came::Garbage(what)) => Health::Unreached(what.to_owned()),
        Err(Fault {
            stage: Stage::Tls,
            why,
        }) => Health::Unbelieved(why),
        Err(Fault { stage, why }) => Health::Unreached(format!("{}: {why}", stage.word())),
    })
}

fn line(url: &str, options: &RegistryOptions) -> Result<Line, SetupError> {
    let tls = credentials::tls(options)?;
    Line::new(url, tls).map_err(|why| SetupError::Registry {
        why: why.to_owned(),
    })
}

/// Every question says who asks and what for; what it lacks is told to whoever can mend it.
fn purpose(context: &Context) -> Result<(), RegistryError> {
    let needed = [
        ("procedure", context.procedure.is_some()),
        ("case", context.case.is_some()),
        ("officer", context.officer.is_some()),
        ("device", context.device.is_some()),
    ];
    match needed.into_iter().find(|(_, given)| !given) {
        Some((what, _)) => Err(RegistryError::NoPurpose { what }),
        None => Ok(()),
    }
}

/// A question as it is sent, and what tells its answer from others.
struct Asking<'a> {
    query: &'a Query,
    id: QuestionId,
    nonce: Nonce,
    bytes: Vec<u8>,
}

impl<'a> Asking<'a> {
    /// Makes the question; its words say what is missing in it.
    fn new(query: &'a Query, device: Option<&DeviceKey>) -> Result<Self, Error> {
        let id = QuestionId::random(&mut System)?;
        let nonce = Nonce::random(&mut System)?;
        let bytes = encode_question(query, &id, &nonce, Timestamp::now(), device)?;
        Ok(Self {
            query,
            id,
            nonce,
            bytes,
        })
    }

    fn expecting(&self, keys: &[DeviceId]) -> Expecting {
        Expecting::new(self.query, &self.id, &self.nonce, &self.bytes, keys)
    }
}

/// What came of sending a question once, judged.
enum Judged {
    /// An answer, to be checked.
    Answer(Vec<u8>),
    /// Asking again would not help.
    Final(Unanswered),
    /// Asking again may help.
    Again {
        error: RegistryError,
        /// How long the server wants to be left alone.
        wait: Option<Duration>,
    },
}

/// Why there is no answer.
#[derive(Debug)]
struct Unanswered {
    error: RegistryError,
    why: Why,
}

/// What is to be known about a refusal by whoever asked a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// There is no such door (404): the server is older than lists.
    NoDoor,
    /// The list is too long: at all, or for now. So many questions would be let through.
    TooLong(u64),
    /// Anything else.
    Else,
}

impl From<RegistryError> for Unanswered {
    fn from(error: RegistryError) -> Self {
        Self {
            error,
            why: Why::Else,
        }
    }
}

/// Statuses are those of RFC 9110 §15 and RFC 6585 §4.
fn judge_reply(reply: Reply) -> Judged {
    let Reply {
        status,
        media,
        retry_after,
        body,
    } = reply;
    match (status, media) {
        (200, Media::Json) => return Judged::Answer(body),
        (200, _) => {
            let what = "content-type";
            return Judged::Final(RegistryError::BadAnswer { what }.into());
        }
        _ => {}
    }
    let problem = match media {
        Media::Problem => Problem::decode(status, &body),
        Media::Json | Media::Other => None,
    };
    let why = match (status, problem.as_ref().and_then(|problem| problem.most)) {
        (404, _) => Why::NoDoor,
        (_, Some(most @ 1..)) => Why::TooLong(most),
        _ => Why::Else,
    };
    let wait = retry_after.or(problem.as_ref().and_then(|problem| problem.retry_after));
    let error = match (status, problem) {
        // The registry itself said no to the question.
        (400..=499, Some(problem)) => RegistryError::Refused { code: problem.code },
        (_, Some(problem)) => unreached(Stage::Status, &format!("{status} {}", problem.code)),
        (_, None) => unreached(Stage::Status, &status.to_string()),
    };
    match status {
        502..=504 => Judged::Again { error, wait },
        // Only where it says when: asking at once would make it worse. A shorter list need not wait.
        429 if wait.is_some() && why == Why::Else => Judged::Again { error, wait },
        _ => Judged::Final(Unanswered { error, why }),
    }
}

impl Registry for Https {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        purpose(&query.context)?;
        // What cannot be asked says nothing about the line.
        let asking = Asking::new(query, self.device.as_ref())
            .map_err(|error| unreached(Stage::Question, &error.to_string()))?;
        let answer = self.over_the_line(|| {
            let bytes = self.exchange(Door::Questions, &asking.bytes)?;
            let answer = asking.expecting(&self.keys).read(&bytes, Timestamp::now());
            Ok(answer?)
        });
        answer.map_err(|unanswered| unanswered.error)
    }

    fn check_all(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        let mut answers = Vec::with_capacity(queries.len());
        while let Some(rest @ [_, ..]) = queries.get(answers.len()..) {
            answers.extend(self.check_some(rest)?);
        }
        Ok(answers)
    }

    fn check_some(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        self.check_list(queries)
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Https(..)")
    }
}

fn unreached(stage: Stage, why: &str) -> RegistryError {
    RegistryError::NotReached {
        why: format!("{}: {why}", stage.word()),
    }
}

/// How long to wait before asking again: longer each time, and not the same for everybody, so that a
/// thousand counters do not come back in the same instant.
fn pause(tries: u32, random: &mut dyn Random) -> Duration {
    let mut octets = [0; 2];
    // Without randomness everybody waits the same; that is no reason not to wait.
    let _ = random.fill(&mut octets);
    let base = WAIT.saturating_mul(1 << tries.min(4));
    let share = f64::from(u16::from_be_bytes(octets)) / f64::from(u16::MAX);
    base + base.mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::message::ProblemCode;

    #[test]
    fn each_wait_is_longer_than_the_one_before_could_be_short() {
        for tries in 0..4 {
            let least = WAIT * (1 << tries);
            for _ in 0..32 {
                let wait = pause(tries, &mut System);
                assert!((least..=least * 2).contains(&wait), "{tries}: {wait:?}");
            }
        }
    }

    /// What comes of a status, and whether asking again may help.
    fn judged(status: u16, code: Option<ProblemCode>, wait: Option<u64>) -> (&'static str, bool) {
        let body = code.map(|code| Problem::from(code).encode(None, None));
        let reply = Reply {
            status,
            media: match body {
                Some(_) => Media::Problem,
                None => Media::Other,
            },
            retry_after: wait.map(Duration::from_secs),
            body: body.unwrap_or_default(),
        };
        match judge_reply(reply) {
            Judged::Answer(_) => ("answer", false),
            Judged::Final(Unanswered { error, .. }) => (error.code(), false),
            Judged::Again { error, .. } => (error.code(), true),
        }
    }

    #[test]
    fn a_refusal_is_the_registry_s_own_and_a_line_that_is_down_is_none() {
        use ProblemCode::TooMany;
        use ProblemCode::Unavailable;
        use ProblemCode::UnknownDevice;

        let (refused, down) = ("registry.refused", "registry.not_reached");
        for (status, code, wait, expected) in [
            (403, Some(UnknownDevice), None, (refused, false)),
            (403, Some(UnknownDevice), Some(0), (refused, false)),
            (403, None, None, (down, false)),
            (429, Some(TooMany), None, (refused, false)),
            (429, Some(TooMany), Some(1), (refused, true)),
            (500, None, None, (down, false)),
            (500, Some(ProblemCode::Internal), Some(0), (down, false)),
            (502, None, None, (down, true)),
            (503, Some(Unavailable), None, (down, true)),
            (504, None, None, (down, true)),
            (505, None, None, (down, false)),
            (301, None, None, (down, false)),
            (204, None, None, (down, false)),
            (200, None, None, ("registry.bad_answer", false)),
        ] {
            assert_eq!(judged(status, code, wait), expected, "{status} {code:?}");
        }
    }
}
