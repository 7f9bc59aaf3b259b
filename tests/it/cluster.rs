//! A register on three PostgreSQL nodes, of which one after the other is lost under load: no
//! acknowledged write is lost, no answer is older than what was acknowledged before the question,
//! the audit log of the registry's server has every answer that was given, and service comes back by
//! itself.
//!
//! `make failover` runs the full form and prints the table of docs/scale.md; without it there is one
//! round of each kind that is quick.

mod counter;
mod ledger;
mod load;

use std::collections::HashMap;
use std::env;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::registry::postgres;
use cancuoc::registry::samples::Contents;
use cancuoc::registry::server::Server;
use cancuoc::registry::server::config::Overrides;
use cancuoc::registry::server::config::Settings;
use tokio::runtime::Builder;

use crate::support::cluster::Cluster;
use crate::support::program;
use crate::support::registry_server::Stand;

use counter::Answers;
use ledger::Ledger;
use ledger::Stage;

/// Longest time until there is service again: many times what it takes.
const SERVICE: Duration = Duration::from_secs(180);

/// Load before and after a loss.
const CALM: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_millis(50);

/// More cards than any load here uses.
const CARDS: usize = 2_000_000;

/// What a round takes away.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// `kill -9` of the leader's PostgreSQL and Patroni.
    LeaderKilled,
    /// The leader cannot be reached, and reaches nobody.
    LeaderCut,
    /// The synchronous standby or the other one, likewise.
    StandbyCut,
    /// The leader is stopped in order.
    LeaderStopped,
    /// One member of etcd is killed.
    EtcdKilled,
}

struct Trial {
    // The server goes before the cluster does.
    server: Option<Server>,
    stand: Arc<Stand>,
    answers: Arc<Answers>,
    cluster: Cluster,
    ledger: Arc<Ledger>,
    /// Per round, what was lost and the longest time without each thing done.
    rounds: Vec<(Loss, [Duration; 3])>,
}

impl Trial {
    /// Starts a cluster with a register, and the register's server.
    fn start(ttl: u32) -> Self {
        let cluster = Cluster::start(ttl);
        let stand = Arc::new(Stand::new());
        let key = stand.home.text("registry.key");
        let registry = format!("{}&number_key={key}", cluster.url());
        postgres::make(&registry, Contents::Nobody).unwrap();
        let over = Overrides {
            registry: Some(registry),
            ..Overrides::default()
        };
        let settings = Settings::gather(Some(&stand.home.path("server.toml")), &over);
        Self {
            server: Some(Server::start(settings.unwrap()).unwrap()),
            stand,
            answers: Arc::default(),
            cluster,
            ledger: Arc::new(Ledger::new(CARDS)),
            rounds: Vec::new(),
        }
    }

    /// Two who write, one who asks the leader, two who ask the server.
    fn load(&self) -> Vec<thread::JoinHandle<()>> {
        let nodes = load::nodes(&self.cluster.layout(), false);
        let address = self.server.as_ref().unwrap().listening().address;
        let counter = || counter::counter(&self.stand, address, &self.ledger, &self.answers);
        vec![
            load::writer(&self.ledger, nodes.clone()),
            load::writer(&self.ledger, nodes.clone()),
            load::reader(&self.ledger, nodes),
            counter(),
            counter(),
        ]
    }

    /// Runs something with the nodes as clients reach them.
    fn run<T>(&self, body: impl AsyncFnOnce(Vec<(String, tokio_postgres::Config)>) -> T) -> T {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(body(load::nodes(&self.cluster.layout(), false)))
    }

    /// Waits until everything has been done again since it was counted.
    fn service(&self, counts: [usize; 3]) {
        let until = Instant::now() + SERVICE;
        loop {
            let now = self.ledger.counts();
            // More than what could have been on its way when the count was taken.
            if now.iter().zip(counts).all(|(now, then)| *now > then + 8) {
                return;
            }
            assert!(Instant::now() < until, "no service after {SERVICE:?}");
            thread::sleep(PAUSE);
        }
    }

    /// One round: takes something away under load, waits for service, brings it back.
    fn round(&mut self, loss: Loss) {
        thread::sleep(CALM);
        let cluster = &self.cluster;
        let leader = cluster.leader().expect("a leader");
        let standby = if leader == "n1" { "n2" } else { "n1" };
        let since = self.ledger.now();
        match loss {
            Loss::LeaderKilled => drop(cluster.command(&["kill", &leader])),
            Loss::LeaderCut => drop(cluster.command(&["cut", &leader])),
            Loss::StandbyCut => drop(cluster.command(&["cut", standby])),
            Loss::LeaderStopped => drop(cluster.command(&["stop-node", &leader])),
            Loss::EtcdKilled => drop(cluster.command(&["kill", "e1"])),
        }
        self.service(self.ledger.counts());
        thread::sleep(CALM);
        match loss {
            Loss::LeaderKilled | Loss::LeaderStopped => {
                drop(cluster.command(&["start-node", &leader]));
            }
            Loss::LeaderCut => drop(cluster.command(&["heal", &leader])),
            Loss::StandbyCut => drop(cluster.command(&["heal", standby])),
            Loss::EtcdKilled => drop(cluster.command(&["start-node", "e1"])),
        }
        cluster.command(&["wait"]);
        self.service(self.ledger.counts());
        let gaps = self.ledger.gaps(since);
        println!(
            "{loss:?}: {leader} led, now {}; longest without {}",
            cluster.leader().unwrap_or_default(),
            seconds(gaps),
        );
        self.rounds.push((loss, gaps));
        self.check();
    }

    /// Holds what the leader has now against the ledger.
    fn check(&self) {
        assert_eq!(self.ledger.wrong(), Vec::<String>::new(), "wrong answers");
        let acknowledged = self.ledger.acknowledged();
        let held = self.run(async |nodes| {
            let client = load::leader(&nodes).await.expect("a leader");
            held(&client).await
        });
        lost(&acknowledged, &held, "the leader");
    }

    /// Ends the load and holds what every node has against the ledger.
    fn finish(mut self, threads: Vec<thread::JoinHandle<()>>) {
        self.ledger.end();
        for thread in threads {
            thread.join().unwrap();
        }
        self.cluster.command(&["wait"]);
        self.check();
        // One more write passes the synchronous standby; the other has the time limit to follow.
        let acknowledged = self.ledger.acknowledged();
        self.run(async |nodes| {
            for (name, config) in &nodes {
                let until = Instant::now() + SERVICE;
                loop {
                    let client = load::connect(config).await.expect("every node answers");
                    let held = held(&client).await;
                    let behind = held.len() < acknowledged.len();
                    if !behind || Instant::now() > until {
                        lost(&acknowledged, &held, name);
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
        self.server.take().unwrap().stop();
        let folder = self.stand.home.path("audit");
        let audit = cancuoc::audit::verify(&folder, &[self.stand.registry_key], &[]).unwrap();
        let (missing, answered) = self.answers.missing(&folder);
        assert_eq!(missing, 0, "answers that the audit log does not have");
        let [written, read, served] = self.ledger.counts();
        println!(
            "{written} acknowledged writes, all there; {read} answers of the leader and {served} of the server, none wrong; {} audit records hold and have all {answered} answers",
            audit.records
        );
        let killed = self.rounds.iter();
        let killed = killed.filter(|(loss, _)| matches!(loss, Loss::LeaderKilled));
        let mut gaps = [const { Vec::new() }; 3];
        for (_, round) in killed {
            for (gaps, gap) in gaps.iter_mut().zip(round) {
                gaps.push(*gap);
            }
        }
        gaps.iter_mut().for_each(|gaps| gaps.sort());
        println!(
            "leader killed {} times: median without {}; longest without {}",
            gaps[0].len(),
            seconds(gaps.each_ref().map(|gaps| gaps[gaps.len() / 2])),
            seconds(gaps.each_ref().map(|gaps| gaps[gaps.len() - 1])),
        );
    }
}

fn seconds(gaps: [Duration; 3]) -> String {
    let [wrote, read, served] = gaps.map(|gap| gap.as_secs_f64());
    format!(
        "a write {wrote:.1} s, an answer of the leader {read:.1} s, of the server {served:.1} s"
    )
}

/// Every card that a node has, by key.
async fn held(client: &tokio_postgres::Client) -> HashMap<Vec<u8>, Stage> {
    let rows = client.query("SELECT sod, status FROM card", &[]).await;
    let row = |row: &tokio_postgres::Row| {
        let status = row.get::<_, String>(1);
        (row.get::<_, Vec<u8>>(0), Stage::of(Some(&status)))
    };
    rows.unwrap().iter().map(row).collect()
}

/// # Panics
/// When a card is not there, or has not come as far as was acknowledged.
fn lost(acknowledged: &[(usize, Stage)], held: &HashMap<Vec<u8>, Stage>, place: &str) {
    let lost = acknowledged
        .iter()
        .filter(|(card, stage)| {
            held.get(&Ledger::key(*card)[..])
                .is_none_or(|found| found < stage)
        })
        .collect::<Vec<_>>();
    assert!(
        lost.is_empty(),
        "acknowledged, and not on {place}: {lost:?}"
    );
}

/// Whether `make failover` runs this.
fn full() -> bool {
    env::var("CANCUOC_FAILOVER").as_deref() == Ok("full")
}

/// The rounds of the quick form and of the full one.
fn rounds() -> Vec<Loss> {
    if !full() {
        return vec![Loss::LeaderKilled];
    }
    let mut rounds = vec![Loss::LeaderKilled; 10];
    rounds.extend([
        Loss::LeaderCut,
        Loss::LeaderCut,
        Loss::StandbyCut,
        Loss::LeaderStopped,
        Loss::EtcdKilled,
        Loss::LeaderCut,
    ]);
    rounds
}

#[test]
fn nothing_acknowledged_is_lost_with_a_node() {
    let ttl = env::var("CANCUOC_FAILOVER_TTL").ok();
    let ttl = ttl.map_or(if full() { 10 } else { 5 }, |text| text.parse().unwrap());
    let mut trial = Trial::start(ttl);
    let threads = trial.load();
    for loss in rounds() {
        trial.round(loss);
    }
    trial.finish(threads);
}

#[test]
fn a_backup_comes_back_to_the_moment_before_a_loss() {
    if full() {
        let folder = env::temp_dir().join(format!("cancuoc-restore-{}", std::process::id()));
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scale/try-restore"));
        let output = program::run(command.arg(&folder), SERVICE);
        std::fs::remove_dir_all(&folder).unwrap();
        println!("{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "{output:?}");
    }
}
