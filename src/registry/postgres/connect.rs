//! Getting a connection: the hosts of an address one after another, each for a limited time.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::Config;
use tokio_postgres::NoTls;
use tokio_postgres::SimpleQueryMessage;

use super::address::Address;
use super::address::Target;
use super::tls::Tls;
use super::trouble::Trouble;

/// The hosts of a database, and which one answered last.
#[derive(Debug)]
pub(super) struct Hosts {
    pub(super) address: Address,
    last: AtomicUsize,
}

impl Hosts {
    pub(super) const fn new(address: Address) -> Self {
        Self {
            address,
            last: AtomicUsize::new(0),
        }
    }

    /// Connects to the first host that is fit, beginning with the one that was last.
    pub(super) async fn connect(&self, target: Target) -> Result<Client, Trouble> {
        let passes: &[Target] = match target {
            Target::PreferReader => &[Target::Reader, Target::Any],
            Target::Any => &[Target::Any],
            Target::Writer => &[Target::Writer],
            Target::Reader => &[Target::Reader],
        };
        let hosts = &self.address.hosts;
        let first = self.last.load(Ordering::Relaxed);
        let mut trouble = Trouble::Late;
        for target in passes {
            for offset in 0..hosts.len() {
                let place = (first + offset) % hosts.len();
                let Some(host) = hosts.get(place) else {
                    continue;
                };
                match self.one(host, *target).await {
                    Ok(client) => {
                        self.last.store(place, Ordering::Relaxed);
                        return Ok(client);
                    }
                    Err(other) => trouble = more_telling(trouble, other),
                }
            }
        }
        Err(trouble)
    }

    /// Connects to one host. Startup, password and the look at what it is count in its time.
    async fn one(&self, host: &Config, target: Target) -> Result<Client, Trouble> {
        let limit = self.address.connect;
        let connecting = timeout(limit, async {
            let client = match &self.address.tls {
                Tls::Off => {
                    let (client, connection) = host.connect(NoTls).await?;
                    tokio::spawn(async move {
                        // Every lookup learns of its end by itself.
                        let _ = connection.await;
                    });
                    client
                }
                Tls::On(connector) => {
                    let (client, connection) = host.connect(connector.clone()).await?;
                    tokio::spawn(async move {
                        let _ = connection.await;
                    });
                    client
                }
            };
            let found = client.simple_query("SHOW transaction_read_only").await?;
            let word = found.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            let read_only = word.as_deref() == Some("on");
            match target {
                Target::Writer if read_only => Err(Trouble::NoWriter),
                Target::Reader if !read_only => Err(Trouble::NoReader),
                _ => Ok(client),
            }
        });
        connecting.await.unwrap_or(Err(Trouble::Late))
    }
}

/// Of two reasons, the one that a person can do something about.
fn more_telling(one: Trouble, other: Trouble) -> Trouble {
    let definite = |trouble: &Trouble| !trouble.may_pass();
    match (definite(&one), definite(&other)) {
        (true, false) => one,
        _ => other,
    }
}

/// How long a statement of a lookup may take in the database.
pub(super) async fn limit_statements(client: &Client, limit: Duration) -> Result<(), Trouble> {
    let text = format!("SET statement_timeout = {}", limit.as_millis());
    Ok(client.batch_execute(&text).await?)
}

/// Has the database plan a lookup once, and not for each number of cards that are looked up together.
/// One that cannot be told so plans more often.
pub(super) async fn plan_once(client: &Client) {
    let _ = client
        .batch_execute("SET plan_cache_mode = force_generic_plan")
        .await;
}
