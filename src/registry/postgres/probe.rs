//! Whether a database lets this program in and answers, for whoever looks after a machine. Nobody is asked
//! about, and nothing is changed.

use tokio::time::timeout;

use super::address::Address;
use super::address::Target;
use super::connect::Hosts;
use super::runtime;
use super::trouble::Trouble;

/// What came of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// A host let this program in, and answered.
    Answers,
    /// A host was reached, and is not content: its reason, without anything of the address.
    Refuses(String),
    /// No host answered in its time.
    Silent(String),
    /// The address cannot be used, and why.
    Unusable(String),
}

/// Connects as a lookup does, to the hosts of an address one after another and each in its time, and has
/// one of them answer `SELECT 1`.
pub fn probe(url: &str) -> Probed {
    let answered = runtime().and_then(|runtime| runtime.block_on(answered(url)));
    let Err(trouble) = answered else {
        return Probed::Answers;
    };
    let reason = trouble.reason();
    match trouble {
        Trouble::Address(_) | Trouble::Runtime => Probed::Unusable(reason),
        trouble if trouble.is_silence() => Probed::Silent(reason),
        _ => Probed::Refuses(reason),
    }
}

async fn answered(url: &str) -> Result<(), Trouble> {
    let hosts = Hosts::new(Address::parse(url).map_err(Trouble::Address)?);
    let client = hosts.connect(Target::Any).await?;
    match timeout(hosts.address.connect, client.simple_query("SELECT 1")).await {
        Ok(answer) => Ok(answer.map(drop)?),
        Err(_) => Err(Trouble::Late),
    }
}
