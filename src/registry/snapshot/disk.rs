//! Writing so that a crash or a full disk at any moment leaves the old file or the new one.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::SnapshotError;

/// How long another process may take. Applying a delta takes under a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock, held until it is dropped.
pub(super) struct Locked {
    _file: File,
}

/// The path with something behind its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Locks a file's neighbour, so that the file itself can be replaced.
pub(super) fn lock(path: &Path) -> Result<Locked, SnapshotError> {
    let place = with_ending(path, ".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&place)
        .map_err(|fault| unwritable(&place, &fault))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked { _file: file }),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(SnapshotError::Locked {
                    path: path.display().to_string(),
                });
            }
            Err(TryLockError::Error(fault)) => return Err(unwritable(&place, &fault)),
        }
    }
}

/// Reads a file that may be missing, and not longer than this.
pub(super) fn read_small(path: &Path, most: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
    let unreadable = || SnapshotError::Unreadable {
        path: path.display().to_string(),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(unreadable()),
    };
    let mut octets = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut octets);
    let fits = u64::try_from(octets.len()).is_ok_and(|length| length <= most);
    if read.is_ok() && fits {
        Ok(Some(octets))
    } else {
        Err(unreadable())
    }
}

/// Puts a file in the place of another, in one step: writes beside, waits until that is on the disk,
/// renames. What was begun and failed is taken away. A device or a pipe is no place for it: the name
/// would be taken from it.
pub(super) fn replace(path: &Path, octets: &[u8]) -> Result<(), SnapshotError> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let fault = io::Error::new(io::ErrorKind::AlreadyExists, "no file");
        return Err(unwritable(path, &fault));
    }
    let beside = with_ending(path, ".new");
    let written = write(&beside, octets).and_then(|()| fs::rename(&beside, path));
    if let Err(fault) = written {
        // What was cut short is of no use, and a full disk needs the room.
        let _ = fs::remove_file(&beside);
        return Err(unwritable(path, &fault));
    }
    settle(path);
    Ok(())
}

fn write(path: &Path, octets: &[u8]) -> io::Result<()> {
    // What a cut short change left is taken away, so that no link that lies there is followed.
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// Waits until the new name is on the disk. Should a crash undo it, the old file is whole.
fn settle(path: &Path) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    }
}

fn unwritable(path: &Path, fault: &io::Error) -> SnapshotError {
    SnapshotError::Unwritable {
        path: path.display().to_string(),
        why: fault.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::env;
    #[cfg(unix)]
    use std::os::unix::fs::FileTypeExt;
    #[cfg(unix)]
    use std::os::unix::net::UnixListener;
    #[cfg(unix)]
    use std::process;

    #[cfg(unix)]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_left_there() {
        let folder = env::temp_dir().join(format!("cancuoc-disk-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let socket = folder.join("socket");
        let _there = UnixListener::bind(&socket).unwrap();
        for place in [&socket, &folder] {
            let refused = replace(place, b"octets").unwrap_err();
            assert_eq!(refused.code(), "snapshot.unwritable");
        }
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
