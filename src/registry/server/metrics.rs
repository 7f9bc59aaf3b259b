//! What the server counts, in the text form of Prometheus. Nothing here names a person, an officer or a
//! case.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::registry::message::ProblemCode;
use crate::registry::server::buckets::Whose;
use crate::registry::server::tls::Failure;
use crate::telemetry::figures::Histogram;
use crate::telemetry::figures::Kind;
use crate::telemetry::figures::Page;

/// Upper bounds of the classes of latency, in microseconds.
static BOUNDS: [u64; 16] = [
    50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000, 3_000_000, 10_000_000,
];

/// What is decided of a card.
const DECISIONS: [&str; 4] = ["confirmed", "mismatch", "not_in_force", "not_on_file"];

/// How requests end well.
const ENDS: [&str; 7] = [
    "confirmed",
    "mismatch",
    "not_in_force",
    "not_on_file",
    // A list was answered.
    "list",
    // The same question was answered before.
    "again",
    "health",
];

/// The parts of the work on a question that are measured apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Receiving the body
    Body,
    /// Reading the question and checking its device's signature
    Decode,
    /// Idempotency and token buckets
    Admit,
    /// Looking into the register
    Find,
    /// Comparing, and signing the answer
    Sign,
    /// Waiting until the audit log holds the answer
    Audit,
    /// From the request's head to the answer's
    Total,
}

impl Layer {
    const ALL: [Self; 7] = [
        Self::Body,
        Self::Decode,
        Self::Admit,
        Self::Find,
        Self::Sign,
        Self::Audit,
        Self::Total,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Decode => "decode",
            Self::Admit => "admit",
            Self::Find => "find",
            Self::Sign => "sign",
            Self::Audit => "audit",
            Self::Total => "total",
        }
    }
}

struct Times(Histogram<{ BOUNDS.len() }>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new(&BOUNDS))
    }
}

/// Everything that is counted.
#[derive(Default)]
pub struct Metrics {
    ends: [AtomicU64; ENDS.len()],
    decisions: [AtomicU64; DECISIONS.len()],
    problems: [AtomicU64; ProblemCode::ALL.len()],
    layers: [Times; Layer::ALL.len()],
    tls: [AtomicU64; Failure::ALL.len()],
    short: [AtomicU64; Whose::ALL.len()],
    /// Tokens that answers cost
    pub tokens: AtomicU64,
    /// Connections that are open
    pub connections: AtomicU64,
    /// Connections that were turned away because there were too many
    pub turned_away: AtomicU64,
    /// Requests being worked on
    pub running: AtomicU64,
    /// Records given to the audit log that it has not confirmed yet
    pub audit_waiting: AtomicU64,
    /// Records that the audit log confirmed
    pub audit_written: AtomicU64,
    /// Records that the audit log could not take
    pub audit_failed: AtomicU64,
    /// Requests that ended in a fault of this program
    pub panics: AtomicU64,
}

/// What is measured only when somebody looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gauges {
    /// Ids that are remembered
    pub ids: usize,
    /// Officers and devices with buckets
    pub names: usize,
    /// Age of the register's data, where the register answered
    pub data_age: Option<Duration>,
    /// Log lines that nobody took in time
    pub log_lost: u64,
}

impl Metrics {
    /// Counts the end of a request.
    pub fn outcome(&self, code: &str) {
        let known = self.outcomes().find(|(known, _)| *known == code);
        if let Some((_, counter)) = known {
            counter.fetch_add(1, Relaxed);
        }
    }

    fn outcomes(&self) -> impl Iterator<Item = (&'static str, &AtomicU64)> {
        let problems = ProblemCode::ALL.into_iter().map(ProblemCode::code);
        let ends = ENDS.into_iter().zip(&self.ends);
        ends.chain(problems.zip(&self.problems))
    }

    /// Counts what was decided of one card, asked about alone or in a list.
    pub fn decided(&self, word: &str) {
        let mut known = DECISIONS.iter().zip(&self.decisions);
        if let Some((_, counter)) = known.find(|(known, _)| **known == word) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts time spent.
    pub fn layer(&self, layer: Layer, time: Duration) {
        let known = Layer::ALL
            .iter()
            .zip(&self.layers)
            .find(|(known, _)| **known == layer);
        if let Some((_, histogram)) = known {
            histogram.0.add(time);
        }
    }

    /// Counts a handshake that failed.
    pub fn tls(&self, failure: Failure) {
        let known = Failure::ALL
            .iter()
            .zip(&self.tls)
            .find(|(known, _)| **known == failure);
        if let Some((_, counter)) = known {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts a bucket that had too little.
    pub fn short(&self, whose: Whose) {
        let known = Whose::ALL
            .iter()
            .zip(&self.short)
            .find(|(known, _)| **known == whose);
        if let Some((_, counter)) = known {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// All of it as Prometheus reads it.
    pub fn text(&self, gauges: &Gauges) -> String {
        let mut page = Page::new("cancuoc_registry");
        page.family(
            "requests_total",
            Kind::Counter,
            "Requests by how they ended",
        );
        for (code, counter) in self.outcomes() {
            let count = counter.load(Relaxed);
            page.labelled("requests_total", &[("outcome", code)], count);
        }
        page.family(
            "cards_total",
            Kind::Counter,
            "Cards that were asked about, alone or in lists, by what was decided",
        );
        for (word, counter) in DECISIONS.iter().zip(&self.decisions) {
            page.labelled("cards_total", &[("decision", word)], counter.load(Relaxed));
        }
        page.family(
            "layer_seconds",
            Kind::Histogram,
            "Time spent in each part of the work",
        );
        for (layer, histogram) in Layer::ALL.iter().zip(&self.layers) {
            histogram
                .0
                .write(&mut page, "layer_seconds", &[("layer", layer.code())]);
        }
        page.family(
            "tls_failures_total",
            Kind::Counter,
            "Handshakes that failed, by reason",
        );
        for (failure, counter) in Failure::ALL.iter().zip(&self.tls) {
            let (reason, count) = (failure.code(), counter.load(Relaxed));
            page.labelled("tls_failures_total", &[("reason", reason)], count);
        }
        page.family(
            "bucket_short_total",
            Kind::Counter,
            "Questions refused for lack of tokens, by bucket",
        );
        for (whose, counter) in Whose::ALL.iter().zip(&self.short) {
            let (whose, count) = (whose.code(), counter.load(Relaxed));
            page.labelled("bucket_short_total", &[("bucket", whose)], count);
        }
        let mut plain = |name: &str, kind: Kind, help: &str, value: u64| {
            page.plain(name, kind, help, value);
        };
        let load = |counter: &AtomicU64| counter.load(Relaxed);
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        plain(
            "tokens_spent_total",
            Kind::Counter,
            "Tokens that answers cost",
            load(&self.tokens),
        );
        plain(
            "bucket_names",
            Kind::Gauge,
            "Officers and devices with buckets",
            count(gauges.names),
        );
        plain(
            "ids_known",
            Kind::Gauge,
            "Question ids that are remembered",
            count(gauges.ids),
        );
        plain(
            "connections",
            Kind::Gauge,
            "Connections that are open",
            load(&self.connections),
        );
        plain(
            "connections_refused_total",
            Kind::Counter,
            "Connections beyond the limit",
            load(&self.turned_away),
        );
        plain(
            "requests_running",
            Kind::Gauge,
            "Requests being worked on",
            load(&self.running),
        );
        plain(
            "audit_waiting",
            Kind::Gauge,
            "Audit records not yet on disk",
            load(&self.audit_waiting),
        );
        plain(
            "audit_written_total",
            Kind::Counter,
            "Audit records on disk",
            load(&self.audit_written),
        );
        plain(
            "audit_failed_total",
            Kind::Counter,
            "Audit records that could not be written",
            load(&self.audit_failed),
        );
        plain(
            "panics_total",
            Kind::Counter,
            "Requests that ended in a fault of the program",
            load(&self.panics),
        );
        plain(
            "log_lines_lost_total",
            Kind::Counter,
            "Log lines that nobody took in time",
            gauges.log_lost,
        );
        if let Some(age) = gauges.data_age {
            plain(
                "data_age_seconds",
                Kind::Gauge,
                "Age of the register's data",
                age.as_secs(),
            );
        }
        page.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_counted_under_its_name() {
        let metrics = Metrics::default();
        metrics.outcome("confirmed");
        metrics.outcome("question.stale");
        metrics.decided("mismatch");
        metrics.tls(Failure::Expired);
        metrics.short(Whose::Device);
        metrics.layer(Layer::Find, Duration::from_micros(150));
        metrics.layer(Layer::Find, Duration::from_secs(60));
        let text = metrics.text(&Gauges::default());
        for line in [
            "cancuoc_registry_requests_total{outcome=\"confirmed\"} 1",
            "cancuoc_registry_requests_total{outcome=\"question.stale\"} 1",
            "cancuoc_registry_cards_total{decision=\"mismatch\"} 1",
            "cancuoc_registry_tls_failures_total{reason=\"expired\"} 1",
            "cancuoc_registry_bucket_short_total{bucket=\"device\"} 1",
            "cancuoc_registry_layer_seconds_bucket{layer=\"find\",le=\"0.0001\"} 0",
            "cancuoc_registry_layer_seconds_bucket{layer=\"find\",le=\"0.0002\"} 1",
            "cancuoc_registry_layer_seconds_bucket{layer=\"find\",le=\"+Inf\"} 2",
            "cancuoc_registry_layer_seconds_count{layer=\"find\"} 2",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        // Each family once, each with its help.
        let types = text.lines().filter(|line| line.starts_with("# TYPE"));
        assert_eq!(types.count(), text.matches("# HELP").count());
    }
}
