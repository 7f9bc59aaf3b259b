//! Writing a kept store so that a crash at any moment leaves the old state or the new one.
//!
//! New objects are written first, under their digests; nothing names them yet. Then the index is
//! written beside the old one and renamed over it, which is one step of the file system. What is no
//! longer named is taken away last.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::TrustError;
use crate::trust::index::INDEX;
use crate::trust::index::Index;

/// Folder of the objects.
pub(in crate::trust) const OBJECTS: &str = "objects";

/// The file that is locked while the store changes.
pub(in crate::trust) const LOCK: &str = "cancuoc-trust.lock";

/// What an unfinished file's name ends with.
pub(in crate::trust) const UNFINISHED: &str = ".new";

/// How long another process may take over its change. Writing takes well under a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// The steps that change a folder; tests put a disk in that fails at each of them.
pub(in crate::trust) trait Disk {
    /// Writes a file and waits until it is on the disk.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Gives a file another name, in the place of any that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn settle(&self, folder: &Path) -> io::Result<()>;
    /// Takes a file away.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disk itself.
pub(in crate::trust) struct Real;

impl Disk for Real {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // What a cut short change left is taken away, so that no link that lies there is followed.
        match std::fs::remove_file(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
        let mut file = public().create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn settle(&self, folder: &Path) -> io::Result<()> {
        // Other systems have no such call, and keep names in order by themselves.
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// For writing a file that everybody may read: nothing in the store is secret.
fn public() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o644);
    }
    options
}

fn folders(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o755);
    }
    builder.create(path)
}

/// The lock, held until it is dropped.
pub(in crate::trust) struct Locked {
    _file: File,
}

/// Makes the folders of a store where they are missing, and locks it.
///
/// # Errors
/// [`TrustError::Unwritable`]; [`TrustError::Locked`] when another process holds it for long.
pub(in crate::trust) fn lock(root: &Path) -> Result<Locked, TrustError> {
    lock_within(root, PATIENCE)
}

fn lock_within(root: &Path, patience: Duration) -> Result<Locked, TrustError> {
    let what = || root.display().to_string();
    let unwritable = |_| TrustError::Unwritable { what: what() };
    folders(&root.join(OBJECTS)).map_err(unwritable)?;
    let file = public()
        .truncate(false)
        .open(root.join(LOCK))
        .map_err(unwritable)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked { _file: file }),
            Err(TryLockError::WouldBlock) if start.elapsed() < patience => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(TrustError::Locked { what: what() }),
            Err(TryLockError::Error(fault)) => return Err(unwritable(fault)),
        }
    }
}

/// Where an object stands.
pub(in crate::trust) fn object(root: &Path, sha256: &[u8; 32]) -> PathBuf {
    root.join(OBJECTS).join(hex::encode(sha256))
}

/// Where a file is written before it gets its name.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    PathBuf::from(name)
}

/// Writes what is new, then the index. The store must be locked.
///
/// # Errors
/// [`TrustError::Unwritable`]; the store is then as it was before, but for files that nothing names.
pub(in crate::trust) fn commit(
    disk: &impl Disk,
    root: &Path,
    fresh: &BTreeMap<[u8; 32], Vec<u8>>,
    index: &Index,
) -> Result<(), TrustError> {
    let encoded = index.encode()?;
    put(disk, root, fresh, &encoded).map_err(|_| TrustError::Unwritable {
        what: root.display().to_string(),
    })
}

fn put(
    disk: &impl Disk,
    root: &Path,
    fresh: &BTreeMap<[u8; 32], Vec<u8>>,
    index: &[u8],
) -> io::Result<()> {
    let objects = root.join(OBJECTS);
    for (sha256, bytes) in fresh {
        let path = object(root, sha256);
        disk.write(&beside(&path), bytes)?;
        disk.rename(&beside(&path), &path)?;
    }
    disk.settle(&objects)?;
    let path = root.join(INDEX);
    disk.write(&beside(&path), index)?;
    disk.rename(&beside(&path), &path)?;
    // From here on the new state is the one that everybody sees. Should a crash undo the renaming,
    // the old one is whole: what it names is swept later.
    let _ = disk.settle(root);
    Ok(())
}

/// Takes away what a change that failed has written; `index` is the one in place. On a full disk the
/// next change needs the room. The store must be locked.
pub(in crate::trust) fn undo(disk: &impl Disk, root: &Path, index: &Index) {
    let _ = disk.remove(&beside(&root.join(INDEX)));
    sweep(disk, root, index);
}

/// Takes away objects that the index does not name, and unfinished files. What cannot be taken away
/// stays: it does no harm. The store must be locked.
pub(in crate::trust) fn sweep(disk: &impl Disk, root: &Path, index: &Index) {
    let named: BTreeSet<String> = index
        .records
        .iter()
        .map(|record| hex::encode(record.sha256.0))
        .collect();
    let Ok(files) = std::fs::read_dir(root.join(OBJECTS)) else {
        return;
    };
    for file in files.flatten() {
        let name = file.file_name();
        let ours = |name: &str| {
            let digest = name.strip_suffix(UNFINISHED).unwrap_or(name);
            digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        if name
            .to_str()
            .is_some_and(|name| ours(name) && !named.contains(name))
        {
            let _ = disk.remove(&file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use jiff::Timestamp;

    use super::*;
    use crate::trust::change::Confirmation;
    use crate::trust::change::Offer;
    use crate::trust::change::Proposal;
    use crate::trust::holding::holdings;
    use crate::trust::holding::sha256;
    use crate::trust::kept::Kept;
    use crate::trust::kept::Word;
    use crate::trust::scratch::Scratch;
    use crate::trust::scratch::root;

    /// A disk that fails for good after some steps; of what it writes last half arrives.
    struct Failing {
        steps: Cell<usize>,
    }

    impl Failing {
        fn step(&self) -> io::Result<()> {
            let left = self.steps.get().checked_sub(1);
            self.steps.set(left.unwrap_or(0));
            left.map(|_| ())
                .ok_or_else(|| io::Error::other("pulled out"))
        }
    }

    impl Disk for Failing {
        fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            if let Err(fault) = self.step() {
                let half = bytes.split_at(bytes.len() / 2).0;
                Real.write(path, half)?;
                return Err(fault);
            }
            Real.write(path, bytes)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step().and_then(|()| Real.rename(from, to))
        }

        fn settle(&self, folder: &Path) -> io::Result<()> {
            self.step().and_then(|()| Real.settle(folder))
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| Real.remove(path))
        }
    }

    fn proposal(kept: &Kept, roots: &[Vec<u8>]) -> Proposal {
        let fingerprints = roots.iter().map(|root| sha256(root)).collect();
        let confirmed = Confirmation {
            fingerprints,
            beside: false,
        };
        let offer = Offer {
            holdings: roots
                .iter()
                .flat_map(|root| holdings(root, "file").unwrap())
                .collect(),
            source: "file".to_owned(),
            as_: Word::Operator,
        };
        kept.propose(offer, &confirmed, Timestamp::UNIX_EPOCH)
            .unwrap()
    }

    #[test]
    fn a_crash_at_any_step_leaves_the_old_state_or_the_new_one() {
        let mut reached = 0;
        for steps in 0..40 {
            let folder = Scratch::new(&format!("crash-{steps}"), &[]);
            let mut kept = Kept::create(folder.path()).unwrap();
            kept.apply(proposal(&kept, &[root(1)])).unwrap();
            let old = kept.trust().anchors().len();
            let failing = Failing {
                steps: Cell::new(steps),
            };
            let change = proposal(&kept, &[root(2), root(3)]);
            let done = kept.apply_on(&failing, change).is_ok();
            let after = Kept::open(folder.path()).unwrap();
            let anchors = after.trust().anchors().len();
            assert!(anchors == old || anchors == old + 2, "{steps}: {anchors}");
            assert!(!done || anchors == old + 2);
            reached += usize::from(!done);
            // Whatever lies about, the next change works, and sweeps.
            let mut after = after;
            after
                .apply(proposal(&after, &[root(2), root(3), root(4)]))
                .unwrap();
            let files = std::fs::read_dir(folder.path().join(OBJECTS)).unwrap();
            assert_eq!(files.count(), 4);
            assert_eq!(
                Kept::open(folder.path()).unwrap().trust().anchors().len(),
                4
            );
        }
        assert!(
            (5..39).contains(&reached),
            "every step was reached: {reached}"
        );
    }

    /// A disk without room for the index.
    struct Full;

    impl Disk for Full {
        fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            if path.ends_with("cancuoc-trust.json.new") {
                Real.write(path, bytes.get(..1).unwrap_or_default())?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            Real.write(path, bytes)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            Real.rename(from, to)
        }

        fn settle(&self, folder: &Path) -> io::Result<()> {
            Real.settle(folder)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            Real.remove(path)
        }
    }

    fn names(folder: &Path) -> Vec<PathBuf> {
        let mut names: Vec<PathBuf> = [folder.to_owned(), folder.join(OBJECTS)]
            .iter()
            .flat_map(|folder| std::fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_full_disk_is_left_with_the_room_that_there_was() {
        let folder = Scratch::new("full", &[]);
        let mut kept = Kept::create(folder.path()).unwrap();
        kept.apply(proposal(&kept, &[root(1)])).unwrap();
        let before = names(folder.path());
        let change = proposal(&kept, &[root(2)]);
        let fault = kept.apply_on(&Full, change).unwrap_err();
        assert_eq!(fault.code(), "trust.unwritable");
        assert_eq!(names(folder.path()), before);
        assert_eq!(Kept::open(folder.path()).unwrap().entries().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_an_unfinished_file_is_not_followed() {
        let folder = Scratch::new("symlink", &[("other", b"words")]);
        let path = folder.path().join("trust");
        let mut kept = Kept::create(&path).unwrap();
        kept.apply(proposal(&kept, &[root(1)])).unwrap();
        let other = folder.path().join("other");
        std::os::unix::fs::symlink(&other, beside(&path.join(INDEX))).unwrap();
        kept.apply(proposal(&kept, &[root(2)])).unwrap();
        assert_eq!(std::fs::read(&other).unwrap(), b"words");
        assert!(!path.join(INDEX).is_symlink());
    }

    #[test]
    fn a_first_change_that_was_cut_short_can_be_made_again() {
        for steps in 0..5 {
            let folder = Scratch::new(&format!("first-{steps}"), &[]);
            let mut kept = Kept::create(folder.path()).unwrap();
            let failing = Failing {
                steps: Cell::new(steps),
            };
            let change = proposal(&kept, &[root(1)]);
            let fault = kept.apply_on(&failing, change).unwrap_err();
            assert_eq!(fault.code(), "trust.unwritable");
            let mut again = Kept::open_or_create(folder.path()).unwrap();
            again.apply(proposal(&again, &[root(1)])).unwrap();
        }
    }

    #[test]
    fn the_second_of_two_waits_and_then_gives_up() {
        let folder = Scratch::new("lock", &[]);
        let first = lock(folder.path()).unwrap();
        let patience = Duration::from_millis(120);
        let fault = lock_within(folder.path(), patience).err().unwrap();
        assert_eq!(fault.code(), "trust.locked");
        drop(first);
        lock_within(folder.path(), patience).unwrap();
    }
}
