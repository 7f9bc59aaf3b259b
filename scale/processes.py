"""Processes that outlive the command which starts them: started, found again and ended by number."""

import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

# How long a process may take to end when asked, before it is made to, in seconds.
PATIENCE = 15.0

PAUSE = 0.05


def fields(pid):
    """What /proc/PID/stat says after the process's name (proc(5)), or None when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def identity(pid):
    """When a process began, in clock ticks: with its number, what no later process shares.

    None when it is not there, or dead and only waiting for its parent.
    """
    stat = fields(pid)
    return None if stat is None or stat[0] in "ZX" else int(stat[19])


def family(pid):
    """The process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := fields(entry.name)) is not None:
            parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found, at = [pid], 0
    while at < len(found):
        found.extend(parents.get(found[at], []))
        at += 1
    return found


def owner():
    """Who runs the programs: PostgreSQL refuses to be root, so root lends them Debian's user."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def start(name, command, folder, environment=None):
    """Starts a program in a session of its own, with its output in FOLDER/log."""
    user = owner()
    lent = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    home = {} if user is None else {"HOME": user.pw_dir, "USER": user.pw_name}
    with open(folder / "log" / f"{name}.log", "ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **home, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **lent,
        )
    remember(folder, name, process.pid)
    return process


def remember(folder, name, pid):
    """Writes down a process's number and when it began."""
    (folder / "run" / f"{name}.pid").write_text(f"{pid} {identity(pid)}\n")


def running(folder, name):
    """The number of the process that was started under this name, if it still runs."""
    try:
        pid, began = (folder / "run" / f"{name}.pid").read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if str(identity(pid)) == began else None


def send(pid, number):
    """Sends a signal; a process that is gone needs none."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def gone(pids, patience):
    """Waits for processes to end; gives those that did not."""
    until = time.monotonic() + patience
    while left := [pid for pid in pids if identity(pid) is not None]:
        if time.monotonic() > until:
            break
        time.sleep(PAUSE)
    return left


def end(pids, patience=PATIENCE):
    """Asks processes to end, and makes those that do not; gives what is left even then."""
    for pid in pids:
        send(pid, signal.SIGCONT)
        send(pid, signal.SIGTERM)
    left = gone(pids, patience)
    return kill([member for pid in left for member in family(pid)])


def kill(pids):
    """Ends processes at once, as a power failure does; gives what is left even then."""
    for pid in pids:
        send(pid, signal.SIGKILL)
    return gone(pids, PATIENCE)
