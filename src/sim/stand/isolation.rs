//! How far a private pcscd can be kept away from the system's own.

use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;

/// How far pcscd can be kept away from the system's own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Isolation {
    /// Mounts of its own.
    Mounts,
    /// The same for somebody who is not root.
    User,
    /// Only its own socket: the system allows no namespaces.
    Socket,
}

impl Isolation {
    /// The strongest that the system allows; asked once.
    pub(super) fn strongest() -> Self {
        static ANSWER: OnceLock<Isolation> = OnceLock::new();
        *ANSWER.get_or_init(|| {
            [Self::Mounts, Self::User]
                .into_iter()
                .find(|isolation| isolation.works())
                .unwrap_or(Self::Socket)
        })
    }

    /// The program and its arguments that come before the shell.
    pub(super) fn wrapper(self) -> &'static [&'static str] {
        match self {
            Self::Mounts => &["unshare", "--mount"],
            Self::User => &["unshare", "--map-root-user", "--mount"],
            Self::Socket => &[],
        }
    }

    /// What the shell does before pcscd: an empty /run, and nothing in the USB drivers' folders.
    pub(super) fn preparation(self) -> &'static str {
        match self {
            Self::Mounts | Self::User => {
                "mount -t tmpfs tmpfs /run || exit 1; \
                 for driver in /usr/lib/pcsc/drivers/*.bundle; do \
                 test ! -d \"$driver\" || mount -t tmpfs tmpfs \"$driver\" || exit 1; done;"
            }
            Self::Socket => "",
        }
    }

    fn works(self) -> bool {
        let [program, arguments @ ..] = self.wrapper() else {
            return true;
        };
        Command::new(program)
            .args(arguments)
            .args(["sh", "-c", "mount -t tmpfs tmpfs /run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
