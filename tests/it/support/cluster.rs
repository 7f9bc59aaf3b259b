//! PostgreSQL on three nodes, by the project's own `scale/cluster`.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::program;

/// Longest time that a command of the cluster may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A cluster of a test's own, which ends when this is dropped or the test's process is gone.
pub struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    /// Starts three nodes; a leader's lock ends after so many seconds.
    ///
    /// # Panics
    /// When it cannot be started; the message says why.
    pub fn start(ttl: u32) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("cancuoc-cluster-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let mut cluster = Self {
            folder,
            url: String::new(),
        };
        let ttl = ttl.to_string();
        let pid = std::process::id().to_string();
        let said = cluster.command(&["start", "--limit=180", "--ttl", &ttl, "--while", &pid]);
        let said = serde_json::from_str::<Value>(&said).unwrap();
        cluster.url = said["url"].as_str().unwrap().to_owned();
        cluster
    }

    /// Where a registry connects to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `cluster.json` says.
    pub fn layout(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.join("cluster.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Runs one command and gives what it said.
    ///
    /// # Panics
    /// When it fails.
    pub fn command(&self, words: &[&str]) -> String {
        let output = program::run(&mut self.program(words), LIMIT);
        assert!(
            output.status.success(),
            "scale/cluster {words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The leader's name, if there is a leader at the moment.
    pub fn leader(&self) -> Option<String> {
        let output = program::run(&mut self.program(&["leader"]), LIMIT);
        let name = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        output.status.success().then_some(name)
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scale/cluster"));
        command.args(words).arg(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let output = program::run(&mut self.program(&["stop"]), LIMIT);
        if output.status.success() {
            let _ = std::fs::remove_dir_all(&self.folder);
        } else {
            eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
