//! Whether the register that is asked holds this program's sample citizens: whoever serves people must be
//! told, since it is there for trying out.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

/// The sample citizens in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// There are others, too.
    Among,
    /// There is nobody else.
    Only,
}

impl Samples {
    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Among => "among",
            Self::Only => "only",
        }
    }
}

/// A register's file, looked into where it has changed since. Nothing is known of any other register.
#[derive(Debug, Default)]
pub struct Watched {
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

/// What was found last, and how the file looked then.
#[derive(Debug, Default)]
struct Known {
    looked: Option<Look>,
    samples: Option<Samples>,
}

/// What tells that a file has changed: its size and time.
type Look = (u64, Option<SystemTime>);

impl Watched {
    /// The register at an address.
    pub fn at(address: &str) -> Self {
        let path = address.strip_prefix("sqlite:");
        let path = path.map(|path| path.strip_prefix("//").unwrap_or(path));
        Self {
            file: path.map(PathBuf::from),
            known: Mutex::default(),
        }
    }

    /// Looks whether the file has changed, and into it if so. This takes a disk's time.
    pub fn look(&self) {
        let Some(file) = &self.file else { return };
        let data = std::fs::metadata(file).ok();
        let looked = data.map(|data| (data.len(), data.modified().ok()));
        let same = |known: &Known| looked.is_some() && known.looked == looked;
        if same(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let found = samples(file);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = match found {
            Ok(samples) => Known { looked, samples },
            // What could not be found out is looked for again.
            Err(NotFoundOut) => Known::default(),
        };
    }

    /// What was found when it was last looked at.
    pub fn samples(&self) -> Option<Samples> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.samples
    }
}

/// A file that cannot be looked into now.
struct NotFoundOut;

#[cfg(feature = "registry")]
fn samples(file: &Path) -> Result<Option<Samples>, NotFoundOut> {
    use crate::registry::embedded::Sampled;

    match Sampled::look(file).ok_or(NotFoundOut)? {
        Sampled::No => Ok(None),
        Sampled::Among => Ok(Some(Samples::Among)),
        Sampled::Only => Ok(Some(Samples::Only)),
    }
}

/// This build looks into no register.
#[cfg(not(feature = "registry"))]
fn samples(_: &Path) -> Result<Option<Samples>, NotFoundOut> {
    Err(NotFoundOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_elsewhere_is_not_looked_into() {
        let elsewhere = Watched::at("https://registry.example/");
        elsewhere.look();
        assert_eq!(elsewhere.samples(), None);
    }

    #[test]
    #[cfg(feature = "registry")]
    fn a_register_is_looked_into_again_where_it_has_changed() {
        use std::env;
        use std::fs;
        use std::process;

        use crate::registry::embedded::Embedded;
        use crate::registry::samples::Contents;

        let folder = env::temp_dir().join(format!("cancuoc-samples-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let file = folder.join("register.sqlite");
        let watched = Watched::at(&format!("sqlite:{}", file.display()));
        watched.look();
        assert_eq!(watched.samples(), None, "there is no file yet");
        drop(Embedded::open(&file).unwrap());
        watched.look();
        assert_eq!(watched.samples(), Some(Samples::Only));
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        drop(Embedded::open_with(&file, Contents::Nobody).unwrap());
        watched.look();
        assert_eq!(watched.samples(), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
