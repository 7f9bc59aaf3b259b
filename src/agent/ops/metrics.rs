//! What an agent counts, in the text form of Prometheus. Nothing here names a person, an officer, a case
//! or a page.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::agent::ops::log::Ending;
use crate::telemetry::figures::Histogram;
use crate::telemetry::figures::Kind;
use crate::telemetry::figures::Page;

/// Upper bounds of the classes of reading times, in microseconds: 4 s and 8 s are what half and nearly all reads take, 30 s is the end of every read.
static BOUNDS: [u64; 12] = [
    100_000, 300_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000, 4_000_000, 6_000_000,
    8_000_000, 15_000_000, 30_000_000,
];

/// Most codes that are counted apart. They are words of this program, and there are fewer.
const MAX_CODES: usize = 256;

/// Where codes beyond that are counted.
const OTHER: &str = "other";

/// Everything that is counted.
pub struct Metrics {
    reads: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    seconds: Histogram<{ BOUNDS.len() }>,
    restarts: AtomicU64,
    audited: AtomicU64,
    unaudited: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            reads: Mutex::default(),
            refusals: Mutex::default(),
            seconds: Histogram::new(&BOUNDS),
            restarts: AtomicU64::new(0),
            audited: AtomicU64::new(0),
            unaudited: AtomicU64::new(0),
        }
    }
}

/// What is measured only when somebody looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Readers that are attached.
    pub readers: usize,
    /// Sessions that are open.
    pub sessions: usize,
    /// Connections that are open.
    pub connections: usize,
    /// Age of the trust data, where there is some.
    pub trust_age: Option<Duration>,
    /// Whether what is trusted has changed and cannot be loaded: 1, or 0.
    pub trust_unread: u8,
    /// Log lines that nobody took in time.
    pub log_lost: u64,
}

impl Metrics {
    /// Counts a read that ended, and how long it took.
    pub fn read_ended(&self, ending: Ending, time: Duration) {
        let key = match ending {
            Ending::Verdict(code) => ("verdict", code),
            Ending::Failed(code) => ("failed", code),
            Ending::Cancelled => ("cancelled", ""),
        };
        let mut reads = lock(&self.reads);
        let known = reads.len() < MAX_CODES || reads.contains_key(&key);
        let key = if known { key } else { (key.0, OTHER) };
        *reads.entry(key).or_default() += 1;
        drop(reads);
        if matches!(ending, Ending::Verdict(_)) {
            self.seconds.add(time);
        }
    }

    /// Counts a request or command that was refused.
    pub fn refused(&self, code: &'static str) {
        let mut refusals = lock(&self.refusals);
        let known = refusals.len() < MAX_CODES || refusals.contains_key(code);
        *refusals
            .entry(if known { code } else { OTHER })
            .or_default() += 1;
    }

    /// Counts a time that the service of the readers came back.
    pub fn service_restarted(&self) {
        self.restarts.fetch_add(1, Relaxed);
    }

    /// Counts a record that is on the disk.
    pub fn audited(&self) {
        self.audited.fetch_add(1, Relaxed);
    }

    /// Counts a record that the audit log could not take.
    pub fn unaudited(&self) {
        self.unaudited.fetch_add(1, Relaxed);
    }

    /// All of it as Prometheus reads it.
    pub fn text(&self, gauges: &Gauges) -> String {
        let mut page = Page::new("cancuoc_agent");
        page.family("reads_total", Kind::Counter, "Reads by how they ended");
        for ((outcome, code), count) in lock(&self.reads).iter() {
            page.labelled(
                "reads_total",
                &[("outcome", *outcome), ("code", *code)],
                count,
            );
        }
        page.family(
            "read_seconds",
            Kind::Histogram,
            "Time of reads that ended with a verdict",
        );
        self.seconds.write(&mut page, "read_seconds", &[]);
        page.family(
            "refusals_total",
            Kind::Counter,
            "Requests and commands that were refused, by reason",
        );
        for (code, count) in lock(&self.refusals).iter() {
            page.labelled("refusals_total", &[("reason", *code)], count);
        }
        for (name, help, value) in [
            ("readers", "Readers that are attached", gauges.readers),
            ("sessions", "Sessions that are open", gauges.sessions),
            (
                "connections",
                "Connections that are open",
                gauges.connections,
            ),
        ] {
            page.plain(name, Kind::Gauge, help, value);
        }
        for (name, help, value) in [
            (
                "pcscd_restarts_total",
                "Times that the service of the readers came back",
                self.restarts.load(Relaxed),
            ),
            (
                "audit_written_total",
                "Audit records on the disk",
                self.audited.load(Relaxed),
            ),
            (
                "audit_failed_total",
                "Audit records that could not be written",
                self.unaudited.load(Relaxed),
            ),
            (
                "log_lines_lost_total",
                "Log lines that nobody took in time",
                gauges.log_lost,
            ),
        ] {
            page.plain(name, Kind::Counter, help, value);
        }
        if let Some(age) = gauges.trust_age {
            let help = "Age of the newest trust data";
            page.plain("trust_age_seconds", Kind::Gauge, help, age.as_secs());
        }
        let help = "Whether what is trusted has changed and cannot be loaded";
        page.plain("trust_unread", Kind::Gauge, help, gauges.trust_unread);
        if let Some(bytes) = resident() {
            page.plain(
                "resident_memory_bytes",
                Kind::Gauge,
                "Memory of this process",
                bytes,
            );
        }
        page.text()
    }
}

/// Memory of this process that is not swapped out, in bytes, where the system tells (proc(5), `VmRSS`).
pub fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_under_its_name() {
        let metrics = Metrics::default();
        let second = Duration::from_secs(1);
        metrics.read_ended(Ending::Verdict("genuine"), second);
        metrics.read_ended(Ending::Verdict("genuine"), second);
        metrics.read_ended(Ending::Failed("card.removed"), second);
        metrics.read_ended(Ending::Cancelled, second);
        metrics.refused("agent.origin");
        metrics.service_restarted();
        metrics.audited();
        let text = metrics.text(&Gauges {
            readers: 2,
            sessions: 1,
            trust_age: Some(second),
            ..Gauges::default()
        });
        for line in [
            "cancuoc_agent_reads_total{outcome=\"verdict\",code=\"genuine\"} 2",
            "cancuoc_agent_reads_total{outcome=\"failed\",code=\"card.removed\"} 1",
            "cancuoc_agent_reads_total{outcome=\"cancelled\",code=\"\"} 1",
            "cancuoc_agent_read_seconds_bucket{le=\"1\"} 2",
            "cancuoc_agent_read_seconds_count 2",
            "cancuoc_agent_refusals_total{reason=\"agent.origin\"} 1",
            "cancuoc_agent_readers 2",
            "cancuoc_agent_pcscd_restarts_total 1",
            "cancuoc_agent_audit_written_total 1",
            "cancuoc_agent_trust_age_seconds 1",
            "cancuoc_agent_trust_unread 0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        let types = text.lines().filter(|line| line.starts_with("# TYPE"));
        assert_eq!(types.count(), text.matches("# HELP").count());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_is_that_of_this_process() {
        assert!(resident().unwrap() > 1024 * 1024);
    }

    #[test]
    fn codes_are_counted_apart_only_so_far() {
        let metrics = Metrics::default();
        for number in 0..MAX_CODES + 5 {
            let code: &'static str = Box::leak(format!("code.{number}").into_boxed_str());
            metrics.read_ended(Ending::Failed(code), Duration::ZERO);
            metrics.refused(code);
        }
        metrics.refused("code.0");
        let text = metrics.text(&Gauges::default());
        for line in [
            "cancuoc_agent_reads_total{outcome=\"failed\",code=\"other\"} 5",
            "cancuoc_agent_refusals_total{reason=\"other\"} 5",
            "cancuoc_agent_refusals_total{reason=\"code.0\"} 2",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}");
        }
    }
}
