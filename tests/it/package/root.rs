//! Root file systems for the package: made by debootstrap once, kept as archives, unpacked for each test.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::text;
use crate::support::program::run;

/// Longest time for debootstrap, and for dpkg.
const LONG: Duration = Duration::from_secs(900);

/// Longest time for one answer.
const LIMIT: Duration = Duration::from_secs(60);

/// What the package depends on, and what it reads real cards with, from Debian's archive.
const INCLUDE: &str = "libgcc-s1,libpcsclite1,pcscd,libccid,systemd,util-linux,passwd";

/// What a system needs beside these to begin by itself, to ask polkit, and to read virtual cards.
const BOOTED: [&str; 4] = ["systemd-sysv", "dbus", "polkitd", "vsmartcard-vpcd"];

/// Where the package manager writes down what it did.
const WRITTEN_DOWN: [&str; 6] = [
    "/var/lib/dpkg",
    "/var/log",
    "/var/cache",
    "/tmp",
    "/run",
    // Left by whoever changes users, for every package alike.
    "/etc/.pwd.lock",
];

/// Copies of the files of users as they were before the last change.
const BEFORE: [&str; 6] = [
    "/etc/passwd-",
    "/etc/group-",
    "/etc/shadow-",
    "/etc/gshadow-",
    "/etc/subuid-",
    "/etc/subgid-",
];

/// A root file system that goes when the test ends.
pub(super) struct Root(PathBuf);

impl Root {
    /// A clean one: made by debootstrap the first time, unpacked from then on.
    pub(super) fn clean(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let (mirror, release) = archive();
        let kept = folder.join(format!("root-{release}.tar"));
        if !kept.exists() {
            let made = Self(folder.join(format!("making-{}", std::process::id())));
            let mut debootstrap = Command::new("debootstrap");
            debootstrap
                .args([
                    "--variant=minbase",
                    &format!("--include={INCLUDE}"),
                    &release,
                ])
                .arg(&made.0)
                .arg(&mirror);
            text(&run(&mut debootstrap, LONG));
            made.keep(&kept);
        }
        Self::unpacked(&kept, folder)
    }

    /// One with what a system needs that begins by itself and asks polkit, and with a reader of virtual
    /// cards: the clean one and some packages the first time, unpacked from then on.
    pub(super) fn bootable(folder: &Path) -> Self {
        let (_, release) = archive();
        let kept = folder.join(format!("booted-{release}.tar"));
        if !kept.exists() {
            let made = Self::clean(folder);
            made.run("apt-get", &["update", "--quiet"]);
            let mut install = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
            install.extend(BOOTED);
            made.run("apt-get", &install);
            made.keep(&kept);
        }
        Self::unpacked(&kept, folder)
    }

    /// Packs what is in it.
    fn keep(&self, kept: &Path) {
        let half = kept.with_extension(format!("{}.half", std::process::id()));
        let mut tar = Command::new("tar");
        tar.args([
            "--create",
            "--numeric-owner",
            "--one-file-system",
            "--exclude=./var/cache/apt/archives/*.deb",
            "--file",
        ])
        .arg(&half)
        .arg("--directory")
        .arg(&self.0)
        .arg(".");
        text(&run(&mut tar, LONG));
        fs::rename(half, kept).unwrap();
    }

    fn unpacked(kept: &Path, folder: &Path) -> Self {
        /// Two tests of one process may have one each.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = Self(folder.join(format!("root-{}-{number}", std::process::id())));
        fs::create_dir(&root.0).unwrap();
        let mut tar = Command::new("tar");
        tar.args([
            "--extract",
            "--numeric-owner",
            "--preserve-permissions",
            "--file",
        ])
        .arg(kept)
        .arg("--directory")
        .arg(&root.0);
        text(&run(&mut tar, LONG));
        root
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command
            .arg(&self.0)
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> String {
        text(&run(&mut self.command(program, arguments), LONG))
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// Everything in it: kind and permissions, owner, where a link leads, and what a file of `/etc` says.
    pub(super) fn listing(&self) -> BTreeMap<String, String> {
        let mut listing = BTreeMap::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let inside = path.strip_prefix(&self.0).unwrap().to_str().unwrap();
                let inside = format!("/{inside}");
                if WRITTEN_DOWN.contains(&inside.as_str()) || BEFORE.contains(&inside.as_str()) {
                    continue;
                }
                let metadata = path.symlink_metadata().unwrap();
                let mut what = format!(
                    "{:o} {}:{}",
                    metadata.mode(),
                    metadata.uid(),
                    metadata.gid()
                );
                if metadata.is_symlink() {
                    what += &format!(" -> {}", fs::read_link(&path).unwrap().display());
                } else if metadata.is_dir() {
                    folders.push(path);
                } else if inside.starts_with("/etc/") && metadata.is_file() {
                    what += &format!(" {:?}", String::from_utf8_lossy(&fs::read(&path).unwrap()));
                }
                listing.insert(inside, what);
            }
        }
        listing
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Nothing is mounted in it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Mirror and release of this machine's archive, as apt is configured.
fn archive() -> (String, String) {
    let system = fs::read_to_string("/etc/os-release").unwrap();
    let release = system
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .unwrap();
    let mut targets = Command::new("apt-get");
    targets.args([
        "indextargets",
        "--format",
        "$(SITE) $(CODENAME) $(COMPONENT)",
        "Created-By: Packages",
    ]);
    let targets = text(&run(&mut targets, LIMIT));
    let wanted = format!(" {release} main");
    let mirror = targets.lines().find_map(|line| line.strip_suffix(&wanted));
    (mirror.unwrap().to_owned(), release.to_owned())
}
