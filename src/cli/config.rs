//! Settings: the configuration file, then the environment, then options.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Deserialize;

use crate::cli::arguments::Common;
use crate::cli::arguments::Format;
use crate::cli::arguments::Language;
use crate::error::Error;
use crate::error::SetupError;
use crate::pki::store::TrustStore;
use crate::registry;
use crate::registry::Registry;
use crate::render::words::Lang;
use crate::verify::Policy;

/// Everything that the options of every command come to.
pub(crate) struct Settings {
    pub(crate) format: Format,
    pub(crate) lang: Lang,
    pub(crate) quiet: Quiet,
    pub(crate) now: SystemTime,
    pub(crate) policy: Policy,
    trust: Vec<PathBuf>,
    registry: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiet {
    Yes,
    No,
}

/// `$XDG_CONFIG_HOME/cancuoc/config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    trust: Vec<PathBuf>,
    registry: Option<String>,
    policy: Option<PathBuf>,
    format: Option<String>,
    lang: Option<String>,
}

impl Settings {
    /// Puts them together.
    ///
    /// # Errors
    /// [`SetupError`] for whatever the operator gave that cannot be used.
    pub(crate) fn gather(common: &Common) -> Result<Self, Error> {
        let file = ConfigFile::load()?;
        let format = match (common.format, file.format.as_deref()) {
            (Some(format), _) => format,
            (None, None | Some("text")) => Format::Text,
            (None, Some("json")) => Format::Json,
            (None, Some(other)) => return Err(wrong(&format!("format = {other:?}")).into()),
        };
        let lang = match (common.lang, file.lang.as_deref()) {
            (Some(Language::Vi), _) => Lang::Vi,
            (Some(Language::En), _) => Lang::En,
            (None, Some(code)) => {
                Lang::from_code(code).ok_or_else(|| wrong(&format!("lang = {code:?}")))?
            }
            (None, None) => by_locale(),
        };
        let now = match &common.now {
            None => SystemTime::now(),
            Some(text) => text
                .parse::<Timestamp>()
                .map_err(|_| SetupError::Time)?
                .into(),
        };
        let policy = match common.policy.as_ref().or(file.policy.as_ref()) {
            None => Policy::counter(),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|error| SetupError::Policy {
                    why: format!("{}: {error}", path.display()),
                })?;
                Policy::parse(&text)?
            }
        };
        Ok(Self {
            format,
            lang,
            quiet: if common.quiet { Quiet::Yes } else { Quiet::No },
            now,
            policy,
            trust: if common.trust.is_empty() {
                file.trust
            } else {
                common.trust.clone()
            },
            registry: common.registry.clone().or(file.registry),
        })
    }

    /// Loads the operator's trust folders.
    ///
    /// # Errors
    /// [`SetupError::TrustUnreadable`], [`SetupError::TrustMalformed`].
    pub(crate) fn trust(&self) -> Result<TrustStore, SetupError> {
        let mut store = TrustStore::empty();
        for folder in &self.trust {
            store.load_folder(folder)?;
        }
        Ok(store)
    }

    /// Opens the registry that was asked for; the embedded one by default.
    ///
    /// # Errors
    /// [`SetupError::Registry`], [`SetupError::NotBuilt`].
    pub(crate) fn registry(&self) -> Result<Option<Box<dyn Registry>>, SetupError> {
        match &self.registry {
            Some(url) => registry::open(url),
            None => {
                let path = registry::default_path()?;
                registry::open(&format!("sqlite:{}", path.display()))
            }
        }
    }
}

impl ConfigFile {
    fn load() -> Result<Self, SetupError> {
        let Some(path) = config_path() else {
            return Ok(Self::default());
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(wrong(&format!("{}: {error}", path.display()))),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, SetupError> {
        toml::from_str(text)
            .map_err(|error| wrong(&format!("{}: {}", path.display(), error.message())))
    }
}

fn config_path() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("cancuoc").join("config.toml"))
}

/// POSIX: the first of these that is set names the locale of messages.
fn by_locale() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    match locale {
        Some(locale) if locale.starts_with("vi") => Lang::Vi,
        _ => Lang::En,
    }
}

fn wrong(why: &str) -> SetupError {
    SetupError::Configuration {
        why: why.to_owned(),
    }
}
