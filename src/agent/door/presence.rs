//! Where the agent of a folder listens: what it leaves there for the command line.

use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use crate::agent::door::state::State;
use crate::error::DoorError;

/// The file.
const FILE: &str = "address";

/// How long a connection to this machine may take.
const CONNECT: Duration = Duration::from_millis(500);

/// Whether an agent runs with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It listens there.
    At(SocketAddr),
    /// There is none, or it was ended without a word.
    Absent,
}

/// Writes down where the agent listens.
///
/// # Errors
/// [`DoorError::State`].
pub fn tell(state: &State, address: SocketAddr) -> Result<(), DoorError> {
    state.write(FILE, format!("{address}\n").as_bytes())
}

/// Takes it back. What stays is not believed anyway.
pub fn forget(state: &State) {
    let _ = state.remove(FILE);
}

/// Looks whether an agent runs there.
///
/// # Errors
/// [`DoorError::State`].
pub fn look(state: &State) -> Result<Presence, DoorError> {
    let told = state.read(FILE)?;
    let address = told.and_then(|bytes| {
        let text = std::str::from_utf8(&bytes).ok()?;
        text.trim().parse::<SocketAddr>().ok()
    });
    let listens = |address: &SocketAddr| {
        address.ip().is_loopback() && TcpStream::connect_timeout(address, CONNECT).is_ok()
    };
    Ok(address
        .filter(listens)
        .map_or(Presence::Absent, Presence::At))
}

/// The address of the page of an agent that listens there.
pub fn page(address: SocketAddr) -> String {
    format!("http://{address}/")
}
