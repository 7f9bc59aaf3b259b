//! The agent's folder: small files for this user alone, changed by the agent and by the command line at
//! the same time.

use std::env;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::error::DoorError;

/// Longest file that is read, in bytes: many times what all tokens that may be in force take.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// How long another process may hold the folder. It writes one small file.
const LOCKED: Duration = Duration::from_secs(2);

/// Pause between two looks at a lock.
const LOOK: Duration = Duration::from_millis(5);

/// The file whose lock whoever changes another file holds.
const LOCK: &str = "lock";

/// Bits of a file's mode by which others could read or change it.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Bits of a folder's mode by which others could put another file in the place of ours.
#[cfg(unix)]
const OTHERS_WRITE: u32 = 0o022;

/// The folder.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

/// By what a file is known to be the same as when it was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    changed: Option<SystemTime>,
    length: u64,
    node: u64,
}

impl State {
    /// The folder at its own place: the first that systemd gives in `STATE_DIRECTORY`, else
    /// `$XDG_STATE_HOME/cancuoc/agent`, else `~/.local/state/cancuoc/agent`.
    ///
    /// # Errors
    /// [`DoorError::State`] when there is no such place.
    pub fn own_place() -> Result<PathBuf, DoorError> {
        if let Some(given) = env::var_os("STATE_DIRECTORY")
            && let Some(first) = env::split_paths(&given).next()
            && first.is_absolute()
        {
            return Ok(first);
        }
        let absolute = |name| {
            let path = env::var_os(name).map(PathBuf::from);
            // XDG Base Directory Specification: a path that is not absolute is ignored.
            path.filter(|path| path.is_absolute())
        };
        let home = || Some(absolute("HOME")?.join(".local").join("state"));
        let base = absolute("XDG_STATE_HOME").or_else(home);
        base.map(|base| base.join("cancuoc").join("agent"))
            .ok_or_else(|| DoorError::State {
                path: "XDG_STATE_HOME".to_owned(),
                why: "neither it nor HOME is set".to_owned(),
            })
    }

    /// Opens the folder, and makes it for this user alone where it is not there.
    ///
    /// # Errors
    /// [`DoorError::State`].
    pub fn open(folder: PathBuf) -> Result<Self, DoorError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&folder)
            .map_err(|error| unusable(&folder, &error))?;
        let about = fs::metadata(&folder).map_err(|error| unusable(&folder, &error))?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & OTHERS_WRITE != 0 {
            return Err(wrong(&folder, "others may change it"));
        }
        if !about.is_dir() {
            return Err(wrong(&folder, "it is no folder"));
        }
        Ok(Self { folder })
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// By what a file is known; none where there is none.
    pub fn stamp(&self, name: &str) -> Option<Stamp> {
        let about = fs::metadata(self.path(name)).ok()?;
        Some(Stamp {
            changed: about.modified().ok(),
            length: about.len(),
            #[cfg(unix)]
            node: std::os::unix::fs::MetadataExt::ino(&about),
            #[cfg(not(unix))]
            node: 0,
        })
    }

    /// What a file holds; none where there is none.
    ///
    /// # Errors
    /// [`DoorError::State`]; also for a file that others may read or change.
    pub fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, DoorError> {
        let path = self.path(name);
        let file = match named(&path, fs::OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&path, &error)),
        };
        #[cfg(unix)]
        {
            let about = file.metadata().map_err(|error| unusable(&path, &error))?;
            if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & OTHERS != 0 {
                return Err(wrong(&path, "others may read or change it"));
            }
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(MAX_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unusable(&path, &error))?;
        match u64::try_from(bytes.len()) {
            Ok(length) if length <= MAX_FILE => Ok(Some(bytes)),
            _ => Err(wrong(&path, "it is too long")),
        }
    }

    /// Changes a file while nobody else does: `change` gets what it holds and gives what it shall hold,
    /// or nothing to have it removed.
    ///
    /// # Errors
    /// [`DoorError::State`]; the file is as it was then. What `change` gives.
    pub fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(Option<&[u8]>) -> Result<(Option<Vec<u8>>, T), DoorError>,
    ) -> Result<T, DoorError> {
        let _held = self.hold()?;
        let now = self.read(name)?;
        let (next, given) = change(now.as_deref().map(Vec::as_slice))?;
        match next.map(Zeroizing::new) {
            Some(next) if now.as_deref() == Some(&*next) => {}
            Some(next) => self.write(name, &next)?,
            None => self.remove(name)?,
        }
        Ok(given)
    }

    /// Puts a file there, whole or not at all.
    ///
    /// # Errors
    /// [`DoorError::State`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DoorError> {
        let path = self.path(name);
        let new = self.path(&format!("{name}.new"));
        let written = self.put(&new, bytes).and_then(|()| fs::rename(&new, &path));
        written.map_err(|error| {
            let _ = fs::remove_file(&new);
            unusable(&path, &error)
        })
    }

    /// Removes a file; one that is not there is no mistake.
    ///
    /// # Errors
    /// [`DoorError::State`].
    pub fn remove(&self, name: &str) -> Result<(), DoorError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(&path, &error)),
            _ => Ok(()),
        }
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = private(path, Old::Replaced)?;
        file.write_all(bytes)?;
        self.give_to_owner(&file)?;
        file.sync_all()
    }

    fn hold(&self) -> Result<File, DoorError> {
        let path = self.path(LOCK);
        let opened = private(&path, Old::Kept);
        // The administrator may be the first who writes here.
        let file = opened.and_then(|file| self.give_to_owner(&file).map(|()| file));
        let file = file.map_err(|error| unusable(&path, &error))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) if since.elapsed() < LOCKED => {
                    thread::sleep(LOOK);
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(wrong(&path, "another process holds it"));
                }
                Err(fs::TryLockError::Error(error)) => return Err(unusable(&path, &error)),
            }
        }
    }

    /// The administrator makes codes for an agent that runs as another user: the file is that user's. It is
    /// the open file that is given, whatever its name leads to by now.
    #[cfg(unix)]
    fn give_to_owner(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let (folder, own) = (fs::metadata(&self.folder)?, file.metadata()?);
        if folder.uid() == own.uid() {
            return Ok(());
        }
        std::os::unix::fs::fchown(file, Some(folder.uid()), Some(folder.gid()))
    }

    #[cfg(not(unix))]
    fn give_to_owner(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }
}

/// What becomes of a file's contents when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
    Kept,
    Replaced,
}

/// Opens a file for this user alone, and makes it where it is not there.
///
/// Whose folder it is may lay links in it, and the administrator must not follow them: a file is either
/// made here, or is the very one that has this name and no other.
fn private(path: &Path, old: Old) -> io::Result<File> {
    if old == Old::Replaced {
        // What an earlier process left half done.
        let _ = fs::remove_file(path);
    }
    let mut options = fs::OpenOptions::new();
    options.write(true);
    let mut making = options.clone();
    making.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut making, 0o600);
    match making.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && old == Old::Kept => {
            named(path, &options)
        }
        made => made,
    }
}

/// Opens a file that is there under this name: no link, no pipe, nothing that has another name besides.
fn named(path: &Path, options: &fs::OpenOptions) -> io::Result<File> {
    let other = || io::Error::new(io::ErrorKind::InvalidInput, "it is no file of its own");
    let about = fs::symlink_metadata(path)?;
    if !about.is_file() {
        return Err(other());
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let opened = file.metadata()?;
        let same = (opened.dev(), opened.ino()) == (about.dev(), about.ino());
        if !same || opened.nlink() > 1 {
            return Err(other());
        }
    }
    Ok(file)
}

fn unusable(path: &Path, error: &io::Error) -> DoorError {
    DoorError::State {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}

fn wrong(path: &Path, why: &str) -> DoorError {
    DoorError::State {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    static NEXT: AtomicU32 = AtomicU32::new(0);

    /// A folder of its own, gone when dropped.
    pub struct Scratch(PathBuf);

    impl Scratch {
        pub fn new() -> Self {
            let number = NEXT.fetch_add(1, Relaxed);
            let name = format!("cancuoc-door-{}-{number}", std::process::id());
            Self(env::temp_dir().join(name))
        }

        pub fn state(&self) -> State {
            State::open(self.0.clone()).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_written_is_for_this_user_alone() {
        let scratch = Scratch::new();
        let state = scratch.state();
        assert_eq!(state.read("file"), Ok(None));
        state.write("file", b"one").unwrap();
        let stamp = state.stamp("file");
        state.write("file", b"two").unwrap();
        assert_ne!(state.stamp("file"), stamp);
        assert_eq!(state.read("file").unwrap().unwrap().as_slice(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&state.path("file")), 0o600);
            assert_eq!(mode(&scratch.0), 0o700);
            fs::set_permissions(state.path("file"), fs::Permissions::from_mode(0o640)).unwrap();
            assert!(state.read("file").is_err());
            fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o770)).unwrap();
            assert!(State::open(scratch.0.clone()).is_err());
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_somebody_laid_are_not_followed() {
        use std::os::unix::fs::MetadataExt as _;
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::fs::symlink;
        let (scratch, elsewhere) = (Scratch::new(), Scratch::new());
        let (state, foreign) = (scratch.state(), elsewhere.state());
        foreign.write("secret", b"secret").unwrap();
        let change = || state.change("file", |_| Ok((Some(b"new".to_vec()), ())));
        for target in ["secret", "absent"] {
            symlink(foreign.path(target), state.path(LOCK)).unwrap();
            assert!(change().is_err(), "{target}");
            fs::remove_file(state.path(LOCK)).unwrap();
        }
        assert!(!foreign.path("absent").exists());
        fs::hard_link(foreign.path("secret"), state.path(LOCK)).unwrap();
        assert!(change().is_err());
        fs::remove_file(state.path(LOCK)).unwrap();
        symlink(foreign.path("secret"), state.path("file")).unwrap();
        assert!(state.read("file").is_err());
        assert!(change().is_err());
        fs::remove_file(state.path("file")).unwrap();
        symlink(foreign.path("secret"), state.path("file.new")).unwrap();
        change().unwrap();
        let kept = foreign.read("secret").unwrap().unwrap();
        assert_eq!(kept.as_slice(), b"secret");

        // The administrator gives what is made to the folder's owner, and nothing else.
        let root = fs::metadata(scratch.0.as_path()).unwrap().uid() == 0;
        if root {
            const SERVICE: u32 = 65534;
            std::os::unix::fs::chown(&scratch.0, Some(SERVICE), Some(SERVICE)).unwrap();
            fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700)).unwrap();
            fs::remove_file(state.path(LOCK)).unwrap();
            symlink(foreign.path("secret"), state.path(LOCK)).unwrap();
            assert!(change().is_err());
            fs::remove_file(state.path(LOCK)).unwrap();
            state.write("file", b"given").unwrap();
            assert_eq!(fs::metadata(state.path("file")).unwrap().uid(), SERVICE);
            assert_eq!(fs::metadata(foreign.path("secret")).unwrap().uid(), 0);
        }
    }

    #[test]
    fn no_change_is_lost_among_many() {
        let scratch = Scratch::new();
        let state = Arc::new(scratch.state());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let state = Arc::clone(&state);
                thread::spawn(move || {
                    for _ in 0..10 {
                        let add = |now: Option<&[u8]>| {
                            let mut next = now.unwrap_or_default().to_vec();
                            next.push(b'x');
                            Ok((Some(next), ()))
                        };
                        state.change("file", add).unwrap();
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(state.read("file").unwrap().unwrap().len(), 40);
    }

    #[test]
    fn a_file_that_is_too_long_is_not_read() {
        let scratch = Scratch::new();
        let state = scratch.state();
        state.write("file", b"").unwrap();
        let file = fs::OpenOptions::new()
            .write(true)
            .open(state.path("file"))
            .unwrap();
        file.set_len(MAX_FILE).unwrap();
        assert!(state.read("file").is_ok());
        file.set_len(MAX_FILE + 1).unwrap();
        assert!(state.read("file").is_err());
    }
}
