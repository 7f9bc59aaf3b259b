//! Processor time that processes have used (proc(5)).

use std::fs;
use std::time::Duration;

/// Ticks a second on Linux, whatever the kernel's own clock is (`USER_HZ`).
const TICKS: u64 = 100;

/// Processor time of one process.
pub fn own(pid: u32) -> Duration {
    of(pid).unwrap()
}

fn of(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let fields = fields.split_whitespace().collect::<Vec<_>>();
    let ticks = fields[11..15]
        .iter()
        .map(|ticks| ticks.parse::<u64>().unwrap());
    Some(Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS))
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time of a process and its children, those that have ended included.
pub fn family(pid: u32) -> Duration {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    all.filter(|one| *one == pid || parent(*one) == Some(pid))
        .filter_map(of)
        .sum()
}
