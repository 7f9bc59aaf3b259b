//! Writers and readers of a register's tables on a cluster, each with a connection of its own, which
//! is thrown away after an error or a time limit, as a register's client must.

use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::time;
use tokio_postgres::Client;
use tokio_postgres::Config;
use tokio_postgres::NoTls;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::types::ToSql;

use super::ledger::Done;
use super::ledger::Ledger;
use super::ledger::Stage;

/// Longest wait for a connection to one node; a node that is cut off accepts and says nothing.
const CONNECT: Duration = Duration::from_secs(1);

/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_secs(2);

/// Between one statement and the next of a thread. The test is for what is lost, not for speed.
const PAUSE: Duration = Duration::from_millis(3);

/// How many of the newest cards the readers ask for: those that a node left behind would not know.
const NEWEST: usize = 50;

/// Every node of a cluster as a client reaches it, one configuration each.
pub fn nodes(layout: &Value, inside: bool) -> Vec<(String, Config)> {
    let password = layout["passwords"]["registry"].as_str().unwrap();
    let side = if inside { "inside" } else { "outside" };
    let mut nodes = Vec::new();
    for (name, node) in layout["nodes"].as_object().unwrap() {
        let mut config = Config::new();
        config
            .host(node[side].as_str().unwrap())
            .port(5432)
            .user("registry")
            .password(password)
            .dbname("registry");
        nodes.push((name.clone(), config));
    }
    nodes
}

/// Connects to one node.
pub async fn connect(config: &Config) -> Option<Client> {
    let connecting = time::timeout(CONNECT, config.connect(NoTls));
    let (client, connection) = connecting.await.ok()?.ok()?;
    tokio::spawn(connection);
    Some(client)
}

/// Connects to the node that takes writes.
pub async fn leader(nodes: &[(String, Config)]) -> Option<Client> {
    for (_, config) in nodes {
        let mut config = config.clone();
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if let Some(client) = connect(&config).await {
            return Some(client);
        }
    }
    None
}

/// Starts a thread that runs until the ledger is ended.
fn work<F>(ledger: &Arc<Ledger>, body: F) -> JoinHandle<()>
where
    F: AsyncFnOnce(Arc<Ledger>) + Send + 'static,
{
    let ledger = Arc::clone(ledger);
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(body(ledger));
    })
}

/// Issues cards and reports them lost.
pub fn writer(ledger: &Arc<Ledger>, nodes: Vec<(String, Config)>) -> JoinHandle<()> {
    work(ledger, async move |ledger| {
        while !ledger.ended() {
            if let Some(client) = leader(&nodes).await {
                write(&ledger, &client).await;
            }
            time::sleep(PAUSE).await;
        }
    })
}

/// Writes until something fails. What was then on its way is neither acknowledged nor tried again.
async fn write(ledger: &Ledger, client: &Client) {
    while !ledger.ended() {
        let card = ledger.fresh();
        let key = Ledger::key(card);
        let (key, person) = (&key[..], &key[..16]);
        ledger.begin(card, Stage::Active);
        let issue = "INSERT INTO card (sod, person, status) VALUES ($1, $2, 'active')";
        if done(client, issue, &[&key, &person]).await.is_none() {
            return;
        }
        ledger.acknowledge(card, Stage::Active);
        time::sleep(PAUSE).await;
        ledger.begin(card, Stage::Lost);
        let report = "UPDATE card SET status = 'reported_lost' WHERE sod = $1";
        if done(client, report, &[&key]).await.is_none() {
            return;
        }
        ledger.acknowledge(card, Stage::Lost);
        time::sleep(PAUSE).await;
    }
}

/// Writes one row; nothing when that was not acknowledged in time.
async fn done(client: &Client, statement: &str, values: &[&(dyn ToSql + Sync)]) -> Option<()> {
    let rows = time::timeout(ANSWER, client.execute(statement, values)).await;
    matches!(rows, Ok(Ok(1))).then_some(())
}

/// Asks for the newest cards, and now and then for any.
pub fn reader(ledger: &Arc<Ledger>, nodes: Vec<(String, Config)>) -> JoinHandle<()> {
    work(ledger, async move |ledger| {
        let mut turn = 0_usize;
        while !ledger.ended() {
            if let Some(client) = leader(&nodes).await {
                while !ledger.ended() && ledger.begun() > 0 {
                    turn = turn.wrapping_add(1);
                    let begun = ledger.begun();
                    let among = if turn.is_multiple_of(4) {
                        begun
                    } else {
                        NEWEST.min(begun)
                    };
                    let card = begun - 1 - turn.wrapping_mul(7919) % among;
                    let least = ledger.least(card);
                    let Some(found) = stage(&client, card).await else {
                        break;
                    };
                    ledger.answer(Done::Read, card, least, found);
                    time::sleep(PAUSE).await;
                }
            }
            time::sleep(PAUSE).await;
        }
    })
}

/// What a node says of a card; nothing when it does not say.
async fn stage(client: &Client, card: usize) -> Option<Stage> {
    let key = Ledger::key(card);
    let key = &key[..];
    let values: [&(dyn ToSql + Sync); 1] = [&key];
    let asked = client.query_opt("SELECT status FROM card WHERE sod = $1", &values);
    let row = time::timeout(ANSWER, asked).await.ok()?.ok()?;
    Some(Stage::of(row.map(|row| row.get::<_, String>(0)).as_deref()))
}
