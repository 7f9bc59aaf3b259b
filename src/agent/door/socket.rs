//! One WebSocket: commands in, replies and events out, until one side has enough.

use std::future::Future as _;
use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::ws::CloseFrame;
use axum::extract::ws::Message;
use axum::extract::ws::WebSocket;
use tokio::time;

use crate::agent::desk::Entrance;
use crate::agent::desk::Outgoing;
use crate::agent::door::admit::Guest;
use crate::agent::door::house::House;
use crate::agent::door::house::Stopping;
use crate::agent::door::limits::Bucket;
use crate::agent::door::limits::STALL;
use crate::agent::door::limits::Seat;
use crate::agent::door::limits::Taken;
use crate::agent::door::listen::Place;
use crate::agent::door::reply;
use crate::agent::door::token::Holds;
use crate::agent::ops::log::Happening;
use crate::error::DoorError;

/// How an endpoint closes that is going away, "such as a server going down or a browser having navigated
/// away from a page" (RFC 6455 §7.4.1). A connection that broke has no such frame, and may come back.
const GOING_AWAY: u16 = 1001;

/// How often it is asked whether the token still holds.
const LOOK: Duration = Duration::from_secs(5);

/// Looks without a sign of the client after which it is asked for one.
const QUIET: u32 = 6;

/// Looks after which a client that gave none is gone: its machine sleeps, or its program hangs.
const GONE: u32 = 12;

/// Why the agent closes a connection (RFC 6455 §7.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// The agent ends.
    Away,
    /// Too many commands, or the token holds no more.
    Policy(&'static str),
    /// A message is too large.
    TooLarge,
    /// The client takes nothing, or gives no sign.
    Slow,
    /// The client has closed it, or it broke.
    Theirs,
    /// The client has closed it as one that goes away.
    Leaving,
}

impl Closing {
    const fn frame(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Away => Some((1001, "agent.closing")),
            Self::Policy(code) => Some((1008, code)),
            Self::TooLarge => Some((1009, "agent.too_large")),
            Self::Slow => Some((1013, "agent.overloaded")),
            Self::Theirs | Self::Leaving => None,
        }
    }
}

/// Whose socket it is. Seat and place are free again when it is dropped.
pub struct Arrival {
    /// What every connection needs
    pub house: Arc<House>,
    /// Who may ask
    pub guest: Guest,
    /// Their session's seat
    pub seat: Seat,
    /// The connection's place
    pub place: Option<Place>,
}

/// Serves a socket until it ends.
pub async fn serve(mut socket: WebSocket, arrival: Arrival) {
    let Arrival {
        house,
        guest,
        seat,
        place,
    } = arrival;
    let origin = &guest.token.origin;
    house.teller.log.tell(&Happening::SessionOpened { origin });
    let talk = Talk {
        entrance: house.desk.enter(guest.visitor()),
        house: &house,
        guest: &guest,
        bucket: Bucket::commands(Instant::now()),
        patience: Bucket::refusals(Instant::now()),
        quiet: 0,
    };
    let why = talk.on(&mut socket).await;
    if let Some((code, reason)) = why.frame() {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // The other end may be gone already.
        let _ = time::timeout(STALL, socket.send(Message::Close(Some(frame)))).await;
        // Closing with unread octets would have the system throw away what was just sent.
        let _ = time::timeout(STALL / 10, async {
            while let Some(Ok(_)) = socket.recv().await {}
        })
        .await;
    }
    house.teller.log.tell(&Happening::SessionClosed);
    drop((seat, place));
}

/// What comes next.
enum Next {
    Heard(Option<Result<Message, axum::Error>>),
    Event(Option<Outgoing>),
    Look,
    Stop,
}

/// One client's talk.
struct Talk<'a> {
    entrance: Entrance,
    house: &'a House,
    guest: &'a Guest,
    bucket: Bucket,
    /// What there is left of our patience with commands that are refused
    patience: Bucket,
    /// Looks without a sign of the client
    quiet: u32,
}

impl Talk<'_> {
    async fn on(mut self, socket: &mut WebSocket) -> Closing {
        let mut look = Box::pin(time::sleep(LOOK));
        loop {
            let next = {
                let mut heard = pin!(socket.recv());
                let events = self.entrance.events();
                let mut stopping = self.house.stopping.clone();
                let mut stopped = pin!(stopping.wait_for(|stopping| *stopping == Stopping::Yes));
                poll_fn(|context| {
                    // Events first: what a command changes is told before its next one is heard, and all
                    // of them before the connection ends.
                    if let Poll::Ready(event) = events.poll_recv(context) {
                        return Poll::Ready(Next::Event(event));
                    }
                    if stopped.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Next::Stop);
                    }
                    if look.as_mut().poll(context).is_ready() {
                        return Poll::Ready(Next::Look);
                    }
                    heard.as_mut().poll(context).map(Next::Heard)
                })
                .await
            };
            let went = match next {
                Next::Stop => Err(Closing::Away),
                // The desk has closed, or has cut off a client that is too slow.
                Next::Event(None) => Err(match self.house.stopping() {
                    Stopping::Soon | Stopping::Yes => Closing::Away,
                    Stopping::No => Closing::Slow,
                }),
                Next::Event(Some(event)) => self.tell(socket, event).await,
                Next::Look => {
                    look = Box::pin(time::sleep(LOOK));
                    self.look(socket).await
                }
                Next::Heard(message) => {
                    self.quiet = 0;
                    self.heard(socket, message).await
                }
            };
            if let Err(closing) = went {
                if closing == Closing::Leaving {
                    self.entrance.go_away();
                }
                return closing;
            }
        }
    }

    async fn tell(&self, socket: &mut WebSocket, event: Outgoing) -> Result<(), Closing> {
        // Whoever revokes a token means what is under way, too.
        self.still_holds()?;
        send(socket, Message::from(mem::take(&mut *event.text()))).await
    }

    async fn look(&mut self, socket: &mut WebSocket) -> Result<(), Closing> {
        self.still_holds()?;
        self.quiet += 1;
        match self.quiet {
            GONE.. => Err(Closing::Slow),
            QUIET => send(socket, Message::Ping(Bytes::new())).await,
            _ => Ok(()),
        }
    }

    fn still_holds(&self) -> Result<(), Closing> {
        match self.house.admission.holds(self.guest) {
            Holds::Yes => Ok(()),
            Holds::NoMore => Err(Closing::Policy("agent.token")),
        }
    }

    async fn heard(
        &mut self,
        socket: &mut WebSocket,
        message: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Closing> {
        let message = match message {
            Some(Ok(Message::Close(Some(frame)))) if frame.code == GOING_AWAY => {
                return Err(Closing::Leaving);
            }
            None | Some(Ok(Message::Close(_))) => return Err(Closing::Theirs),
            Some(Err(error)) => return Err(self.broken(socket, &error).await),
            Some(Ok(message)) => message,
        };
        let now = Instant::now();
        let counts = self.bucket.take(now) == Taken::One;
        if !counts {
            self.house.teller.refused(&DoorError::Flood);
            if self.patience.take(now) == Taken::Empty {
                return Err(Closing::Policy("agent.flood"));
            }
        }
        match message {
            Message::Text(_) if !counts => send(socket, refusal(&DoorError::Flood)).await,
            Message::Text(text) => {
                self.still_holds()?;
                let reply = self.entrance.command(text.as_bytes());
                send(socket, Message::from(reply)).await
            }
            Message::Binary(_) => {
                let error = DoorError::Request {
                    why: "a message of octets",
                };
                self.house.teller.refused(&error);
                send(socket, refusal(&error)).await
            }
            // The answer to a ping goes out by itself, with the next message or at once.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(()),
        }
    }

    /// What cannot be read: too large, or no WebSocket.
    async fn broken(&self, socket: &mut WebSocket, error: &axum::Error) -> Closing {
        // The library tells its errors apart in words only.
        if !error.to_string().contains("Message too long") {
            return Closing::Theirs;
        }
        self.house.teller.refused(&DoorError::TooLarge);
        let _ = send(socket, refusal(&DoorError::TooLarge)).await;
        Closing::TooLarge
    }
}

fn refusal(error: &DoorError) -> Message {
    Message::from(reply::refusal(error).to_string())
}

/// Sends a message; a client that takes nothing for a while has lost its connection.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Closing> {
    match socket.send(message).await {
        Ok(()) => Ok(()),
        Err(_) => Err(Closing::Theirs),
    }
}
