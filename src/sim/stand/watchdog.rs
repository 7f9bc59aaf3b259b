//! Nothing stays behind: not even when this process is killed.
//!
//! A shell in a process group of its own reads a pipe that only this process writes to. When the pipe
//! closes, for whatever reason, the shell ends what it was told of, and removes the folder.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::sim::stand::installed::SOCKET_NAME;

/// How long the shell may take for its work: its own limits are shorter.
const WORK: Duration = Duration::from_secs(15);

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What the shell does. A command that got the same Ctrl-C has a second to end by itself; then it and
/// all that it started are asked to (SIGTERM), and made to after three more. The service comes last.
///
/// What a command left behind has another parent; it is known by the stand's socket in its environment.
const SCRIPT: &str = r#"
folder=$1
mark=$2=$folder/socket
commands=
service=
watched=
while read -r kind id; do
    case $kind in
        command) commands="$commands $id" watched=yes ;;
        service) service=$id ;;
        forget) commands= ;;
    esac
done
left_behind() {
    grep -lsF -e "$mark" /proc/[0-9]*/environ | tr -dc '0-9\n'
}
alive() { # zombies of a parent that does not care do not count
    kill -0 "$1" 2>/dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}
tree() {
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do tree "$child"; done
    echo "$1"
}
wait_for() { # how many tenths of a second, process numbers
    left=$1
    shift
    while [ "$left" -gt 0 ]; do
        some=
        for id in "$@"; do alive "$id" && some=yes; done
        [ -n "$some" ] || return 0
        sleep 0.1
        left=$((left - 1))
    done
    return 1
}
if [ -n "$watched" ]; then
    all=
    for id in $commands; do alive "$id" && all="$all $(tree "$id")"; done
    all="$all $(left_behind)"
    wait_for 10 $all || {
        kill -TERM $all 2>/dev/null
        wait_for 30 $all || kill -KILL $all 2>/dev/null
    }
fi
if [ -n "$service" ]; then
    kill -TERM "$service" 2>/dev/null
    wait_for 50 "$service" || kill -KILL "$service" 2>/dev/null
fi
rm -rf -- "$folder"
"#;

/// Ends what was started and removes the folder when this process is no more, or when it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts to watch over a folder.
    pub(super) fn over(folder: &Path) -> std::io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(folder)
            .arg(SOCKET_NAME)
            // On another stand, this shell is not what is to be ended there.
            .env_remove(SOCKET_NAME)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C on a terminal is for the command, and the shell comes after it.
            .process_group(0)
            .spawn()?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// The service, which ends last.
    pub(super) fn service(&mut self, id: u32) {
        self.tell(&format!("service {id}\n"));
    }

    /// A command on the stand.
    pub(super) fn command(&mut self, id: u32) {
        self.tell(&format!("command {id}\n"));
    }

    /// Commands have ended: their numbers may soon be somebody else's.
    pub(super) fn forget_commands(&mut self) {
        self.tell("forget\n");
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.pipe {
            // A shell that somebody killed watches over nothing any more.
            let _ = pipe.write_all(line.as_bytes());
        }
    }

    /// Has everything ended now. `service` is reaped meanwhile, lest it stays a zombie.
    pub(super) fn end(&mut self, service: &mut Child) {
        drop(self.pipe.take());
        let until = Instant::now().checked_add(WORK);
        while until.is_some_and(|until| Instant::now() < until) {
            let _ = service.try_wait();
            if !matches!(self.shell.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(LOOK);
        }
        let _ = service.kill();
        let _ = service.wait();
    }
}
