//! Waiting until the agent is told to end.

use std::future::Future as _;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use tokio::runtime;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::error::DoorError;

/// Why the agent ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Somebody said so.
    Stop,
    /// Something that it cannot do without was broken off.
    Broken,
}

/// Waits for SIGTERM or SIGINT (elsewhere: Ctrl-C), or for word that something was broken off.
///
/// # Errors
/// [`DoorError::System`].
pub fn wait(broken: &mut UnboundedReceiver<()>) -> Result<Told, DoorError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| system(&error))?;
    runtime.block_on(async {
        let mut stopped = pin!(told());
        poll_fn(|context| {
            // Nobody left who could say so is no word of it.
            if let Poll::Ready(Some(())) = broken.poll_recv(context) {
                return Poll::Ready(Ok(Told::Broken));
            }
            let stopped = stopped.as_mut().poll(context);
            stopped.map(|stopped| stopped.map(|()| Told::Stop).map_err(|error| system(&error)))
        })
        .await
    })
}

#[cfg(unix)]
async fn told() -> io::Result<()> {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    std::future::poll_fn(|context| {
        let stopped =
            terminate.poll_recv(context).is_ready() || interrupt.poll_recv(context).is_ready();
        match stopped {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    Ok(())
}

#[cfg(not(unix))]
async fn told() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn system(error: &io::Error) -> DoorError {
    DoorError::System {
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn what_was_broken_off_ends_the_waiting() {
        let (say, mut said) = unbounded_channel();
        say.send(()).unwrap();
        assert_eq!(wait(&mut said).unwrap(), Told::Broken);
    }
}
