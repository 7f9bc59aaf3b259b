//! Log lines: JSON on standard error.
//!
//! Lines are gathered and written together by a thread of their own, so that nothing waits for whoever
//! reads them. Where nobody does, lines are lost, and counted. The thread sleeps while there is nothing
//! to write: an idle service costs nothing.

use std::io::Write as _;
use std::io::stderr;
use std::mem;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// Most bytes that wait to be written.
const MAX_WAITING: usize = 1 << 20;

/// How long lines are gathered.
const GATHERING: Duration = Duration::from_millis(50);

/// Longest time that the last lines are waited for: whoever reads them may have stopped.
const LAST: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    over: bool,
    /// Nothing is written any more.
    still: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Something is there to write.
    begun: Condvar,
    /// Nothing more will come, or nothing is written any more.
    ended: Condvar,
    lost: AtomicU64,
}

/// Where lines go. Dropped, it writes what waits.
pub struct Lines {
    shared: Arc<Shared>,
}

impl Lines {
    /// Lines on standard error.
    pub fn start() -> Self {
        Self::to(|lines| {
            // Nobody is left to tell when standard error is closed.
            let _ = stderr().write_all(lines);
        })
    }

    /// Lines to wherever the closure writes them.
    pub fn to(out: impl Fn(&[u8]) + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let thread = thread::Builder::new().name("log".to_owned());
        let started = thread.spawn(move || write(&writer, &out));
        shared.lock().still = started.is_err();
        Self { shared }
    }

    /// Adds a line.
    pub fn put(&self, line: &Value) {
        let line = line.to_string();
        let mut waiting = self.shared.lock();
        if waiting.lines.len() + line.len() >= MAX_WAITING {
            self.shared.lost.fetch_add(1, Relaxed);
            return;
        }
        let first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line.as_bytes());
        waiting.lines.push(b'\n');
        drop(waiting);
        if first {
            self.shared.begun.notify_one();
        }
    }

    /// Lines that nobody took in time.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Relaxed)
    }

    /// Writes what waits, and nothing from then on. A program ends without dropping what others of its
    /// threads still hold, and its last line would be lost with it.
    pub fn end(&self) {
        let mut waiting = self.shared.lock();
        waiting.over = true;
        self.shared.begun.notify_all();
        self.shared.ended.notify_all();
        let ended = &self.shared.ended;
        drop(ended.wait_timeout_while(waiting, LAST, |waiting| !waiting.still));
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(shared: &Shared, out: &impl Fn(&[u8])) {
    loop {
        let waiting = shared
            .begun
            .wait_while(shared.lock(), |waiting| {
                waiting.lines.is_empty() && !waiting.over
            })
            .unwrap_or_else(PoisonError::into_inner);
        let (mut waiting, _) = shared
            .ended
            .wait_timeout_while(waiting, GATHERING, |waiting| !waiting.over)
            .unwrap_or_else(PoisonError::into_inner);
        let lines = mem::take(&mut waiting.lines);
        let over = waiting.over;
        drop(waiting);
        out(&lines);
        if over {
            shared.lock().still = true;
            shared.ended.notify_all();
            return;
        }
    }
}

/// The present, as it stands in a line: UTC, microseconds.
pub fn now() -> String {
    Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_line_gets_out_in_order_before_the_end() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&written);
        let lines = Lines::to(move |lines| theirs.lock().unwrap().extend_from_slice(lines));
        for number in 0..100 {
            lines.put(&json!({"number": number}));
        }
        assert_eq!(lines.lost(), 0);
        drop(lines);
        let expected: String = (0..100)
            .map(|number| format!("{{\"number\":{number}}}\n"))
            .collect();
        assert_eq!(
            String::from_utf8(written.lock().unwrap().clone()),
            Ok(expected)
        );
    }

    #[test]
    fn what_waits_is_written_though_others_hold_the_lines() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&written);
        let lines = Arc::new(Lines::to(move |lines| {
            theirs.lock().unwrap().extend_from_slice(lines);
        }));
        let held = Arc::clone(&lines);
        lines.put(&json!("last"));
        lines.end();
        assert_eq!(written.lock().unwrap().as_slice(), b"\"last\"\n");
        held.put(&json!("too late"));
        drop((lines, held));
        assert_eq!(written.lock().unwrap().as_slice(), b"\"last\"\n");
    }

    #[test]
    fn lines_that_nobody_takes_are_lost_and_counted() {
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let lines = Lines::to(move |_| {
            let _ = held.recv();
        });
        let long = "x".repeat(100_000);
        for _ in 0..30 {
            lines.put(&json!(long));
        }
        assert!(lines.lost() > 0);
        drop(hold);
    }
}
