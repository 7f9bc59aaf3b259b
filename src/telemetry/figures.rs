//! Counters, gauges and histograms in the text form of Prometheus.

use std::fmt::Display;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The figures of a service, whose names all begin alike.
pub struct Page {
    prefix: &'static str,
    text: String,
}

/// What kind of figure a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often what took how long.
    Histogram,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Page {
    /// An empty page. Every name gets the prefix and an underscore.
    pub fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            text: String::with_capacity(16 * 1024),
        }
    }

    /// Begins a family: what it is and how it is called.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let (prefix, word) = (self.prefix, kind.word());
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "# HELP {prefix}_{name} {help}.");
        let _ = writeln!(self.text, "# TYPE {prefix}_{name} {word}");
    }

    /// A figure of a family, under labels. Labels are words of the service's own lists: nothing in them
    /// needs a backslash.
    pub fn labelled(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.text, "{}_{name}", self.prefix);
        for (place, (label, word)) in labels.iter().enumerate() {
            let joint = if place == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{joint}{label}=\"{word}\"");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    /// A family of one figure.
    pub fn plain(&mut self, name: &str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.labelled(name, &[], value);
    }

    /// The whole text.
    pub fn text(self) -> String {
        self.text
    }
}

/// How often something took how long. `N` classes, and one beyond.
pub struct Histogram<const N: usize> {
    bounds: &'static [u64; N],
    classes: [AtomicU64; N],
    beyond: AtomicU64,
    microseconds: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one, with the upper bounds of its classes in microseconds, ascending.
    pub const fn new(bounds: &'static [u64; N]) -> Self {
        Self {
            bounds,
            classes: [const { AtomicU64::new(0) }; N],
            beyond: AtomicU64::new(0),
            microseconds: AtomicU64::new(0),
        }
    }

    /// Counts a time.
    pub fn add(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let class = self
            .bounds
            .iter()
            .zip(&self.classes)
            .find(|(bound, _)| time <= **bound);
        class
            .map_or(&self.beyond, |(_, class)| class)
            .fetch_add(1, Relaxed);
        self.microseconds.fetch_add(time, Relaxed);
    }

    /// Its figures; the family must have been begun.
    pub fn write(&self, page: &mut Page, name: &str, labels: &[(&str, &str)]) {
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (bound, class) in self.bounds.iter().zip(&self.classes) {
            count += class.load(Relaxed);
            let bound = Duration::from_micros(*bound).as_secs_f64().to_string();
            let labels = [labels, &[("le", bound.as_str())]].concat();
            page.labelled(&bucket, &labels, count);
        }
        count += self.beyond.load(Relaxed);
        page.labelled(&bucket, &[labels, &[("le", "+Inf")]].concat(), count);
        let sum = Duration::from_micros(self.microseconds.load(Relaxed)).as_secs_f64();
        page.labelled(&format!("{name}_sum"), labels, sum);
        page.labelled(&format!("{name}_count"), labels, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_as_prometheus_reads_it() {
        static BOUNDS: [u64; 2] = [100_000, 1_000_000];
        let histogram = Histogram::new(&BOUNDS);
        for time in [50, 100, 500, 5_000] {
            histogram.add(Duration::from_millis(time));
        }
        let mut page = Page::new("x");
        page.plain("things", Kind::Gauge, "Things", 3);
        page.family("seconds", Kind::Histogram, "How long");
        histogram.write(&mut page, "seconds", &[("part", "all")]);
        assert_eq!(
            page.text(),
            "# HELP x_things Things.\n# TYPE x_things gauge\nx_things 3\n\
             # HELP x_seconds How long.\n# TYPE x_seconds histogram\n\
             x_seconds_bucket{part=\"all\",le=\"0.1\"} 2\n\
             x_seconds_bucket{part=\"all\",le=\"1\"} 3\n\
             x_seconds_bucket{part=\"all\",le=\"+Inf\"} 4\n\
             x_seconds_sum{part=\"all\"} 5.65\nx_seconds_count{part=\"all\"} 4\n"
        );
    }
}
