//! Running other programs, never longer than a time limit.

use std::io::Read;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

/// How often a running program is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a program to its end and gives what it said.
///
/// # Panics
/// When the program cannot be started, or runs longer than the limit; what it said is shown then.
pub fn run(command: &mut Command, limit: Duration) -> Output {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    finish(child, limit)
}

/// Waits for the end of a program whose outputs are pipes.
///
/// # Panics
/// As [`run`].
pub fn finish(mut child: Child, limit: Duration) -> Output {
    let stdout = listen(child.stdout.take());
    let stderr = listen(child.stderr.take());
    let until = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > until {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        thread::sleep(PAUSE);
    };
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    match status {
        Some(status) => Output {
            status,
            stdout,
            stderr,
        },
        None => panic!(
            "no end after {limit:?}; it said:\n{}\n{}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        ),
    }
}

/// Asks a program to end (SIGTERM), and makes it end when it does not.
pub fn end(child: &mut Child, patience: Duration) {
    // The shell's own `kill`: no program of that name needs to be installed.
    let _ = Command::new("sh")
        .args(["-c", "kill -TERM \"$0\"", &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    let until = Instant::now() + patience;
    while Instant::now() < until {
        if let Ok(Some(_)) = child.try_wait() {
            return;
        }
        thread::sleep(PAUSE);
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn listen(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut said);
        }
        said
    })
}
