//! Settings: the configuration file, then the environment, then options.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::cli::arguments::Common;
use crate::cli::arguments::Format;
use crate::cli::arguments::Language;
use crate::cli::output::Output;
use crate::cli::policy;
use crate::error::SetupError;
use crate::pki::store::TrustStore;
use crate::registry;
use crate::registry::Context;
use crate::registry::Registry;
use crate::render::details::Extent;
use crate::render::words::Lang;
use crate::terminal::Terminal;
use crate::trust::folder;
use crate::trust::kept::Kept;
use crate::verify::Policy;
use crate::workflow::Judgement;

/// Everything that the options of every command come to.
pub(crate) struct Settings {
    pub(crate) manner: Manner,
    pub(crate) now: SystemTime,
    pub(crate) policy: Policy,
    pub(crate) choice: Choice,
    trust: Vec<PathBuf>,
    terminal: Option<PathBuf>,
    registry: Option<String>,
    pub(crate) sign: Option<PathBuf>,
    pub(crate) devices: Vec<String>,
}

/// Who chose the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Whoever gave this command.
    Asked,
    /// The configuration, or nobody.
    Standing,
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
    terminal: Option<PathBuf>,
    registry: Option<String>,
    policy: Option<PathBuf>,
    format: Option<String>,
    lang: Option<String>,
    sign: Option<PathBuf>,
    #[serde(default)]
    devices: Vec<String>,
}

/// How to say things. Settled before all else, so that what is wrong with the rest is said in the
/// form and language that were asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) format: Format,
    pub(crate) lang: Lang,
    pub(crate) quiet: Quiet,
    pub(crate) extent: Extent,
}

impl Manner {
    /// What options, environment and file come to, as far as they can be understood.
    fn of(common: &Common, file: Option<&ConfigFile>) -> Self {
        let format = file.and_then(|file| file.format().ok().flatten());
        let lang = file.and_then(|file| file.lang().ok().flatten());
        Self {
            format: common.format.or(format).unwrap_or(Format::Text),
            lang: match common.lang {
                Some(Language::Vi) => Lang::Vi,
                Some(Language::En) => Lang::En,
                None => lang.unwrap_or_else(by_locale),
            },
            quiet: if common.quiet { Quiet::Yes } else { Quiet::No },
            extent: match common.verbose {
                0 => Extent::Asked,
                _ => Extent::Whole,
            },
        }
    }
}

impl Settings {
    /// Puts them together.
    ///
    /// # Errors
    /// [`SetupError`] for whatever the operator gave that cannot be used, and how to say so.
    pub(crate) fn gather(common: &Common) -> Result<Self, (Manner, SetupError)> {
        let file = ConfigFile::load();
        let manner = Manner::of(common, file.as_ref().ok());
        file.and_then(|file| Self::of(common, file, manner))
            .map_err(|error| (manner, error))
    }

    fn of(common: &Common, file: ConfigFile, manner: Manner) -> Result<Self, SetupError> {
        file.format()?;
        file.lang()?;
        let now = match &common.now {
            None => SystemTime::now(),
            Some(text) => text
                .parse::<Timestamp>()
                .map_err(|_| SetupError::Time)?
                .into(),
        };
        let policy = match common.policy.as_ref().or(file.policy.as_ref()) {
            None => Policy::counter(),
            Some(policy) => policy::named(policy)?,
        };
        Ok(Self {
            manner,
            now,
            policy,
            choice: match common.policy {
                Some(_) => Choice::Asked,
                None => Choice::Standing,
            },
            trust: if common.trust.is_empty() {
                file.trust
            } else {
                common.trust.clone()
            },
            terminal: file.terminal,
            sign: file.sign,
            devices: file.devices,
            registry: common.registry.clone().or(file.registry),
        })
    }

    /// Loads what the operator trusts: the folders that are named, else the store that
    /// `cancuoc trust` keeps at its own place, if there is one.
    ///
    /// # Errors
    /// What [`folder::load`] gives.
    pub(crate) fn trust(&self) -> Result<TrustStore, SetupError> {
        let mut store = TrustStore::empty();
        for place in self.trust_places() {
            folder::load(&mut store, &place)?;
        }
        Ok(store)
    }

    /// Where what is trusted lies.
    pub(crate) fn trust_places(&self) -> Vec<PathBuf> {
        if !self.trust.is_empty() {
            return self.trust.clone();
        }
        let own = own_trust().filter(|place| Kept::is_at(place));
        own.into_iter().collect()
    }

    /// The folders that were named, by option or configuration.
    pub(crate) fn trust_named(&self) -> &[PathBuf] {
        &self.trust
    }

    /// Where `cancuoc trust` keeps its store.
    ///
    /// # Errors
    /// [`SetupError::TrustPlace`] when several folders are named, or none and there is no home.
    pub(crate) fn trust_place(&self) -> Result<PathBuf, SetupError> {
        let place = match self.trust.as_slice() {
            [] => own_trust(),
            [one] => Some(one.clone()),
            _ => None,
        };
        place.ok_or_else(|| {
            let named: Vec<String> = self
                .trust
                .iter()
                .map(|place| place.display().to_string())
                .collect();
            SetupError::TrustPlace {
                named: named.join(", "),
            }
        })
    }

    /// The time to judge by.
    ///
    /// # Errors
    /// [`SetupError::Time`] when the machine's clock is outside of all calendars.
    pub(crate) fn timestamp(&self) -> Result<Timestamp, SetupError> {
        Timestamp::try_from(self.now).map_err(|_| SetupError::Time)
    }

    /// Loads the terminal's folder: the one that is asked for, else that of the configuration.
    ///
    /// # Errors
    /// [`SetupError::TerminalUnreadable`], [`SetupError::TerminalUnusable`].
    pub(crate) fn terminal(
        &self,
        asked: Option<&Path>,
    ) -> Result<Option<Arc<Terminal>>, SetupError> {
        let Some(folder) = asked.or(self.terminal.as_deref()) else {
            return Ok(None);
        };
        // "Today" is the date in UTC, as everywhere.
        let today = self.timestamp()?.to_zoned(TimeZone::UTC).date();
        Terminal::load(folder, today).map(|terminal| Some(Arc::new(terminal)))
    }

    /// What a reading is judged by, under these anchors.
    pub(crate) fn judgement<'a>(&'a self, trust: &'a TrustStore) -> Judgement<'a> {
        Judgement {
            trust,
            policy: &self.policy,
            now: self.now,
            context: Context::default(),
        }
    }

    /// Opens the registry that was asked for; the embedded one by default.
    ///
    /// # Errors
    /// [`SetupError::Registry`], [`SetupError::NotBuilt`].
    pub(crate) fn registry(&self, out: &Output) -> Result<Option<Box<dyn Registry>>, SetupError> {
        let url = match &self.registry {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", registry::default_path()?.display()),
        };
        let file = url.strip_prefix("sqlite:").map(Path::new);
        let made = file.is_some_and(|file| !file.exists());
        let opened = registry::open(&url)?;
        if made {
            // A mistyped path would else be a registry that confirms invented people unremarked.
            out.remark(
                "Đã tạo cơ sở dữ liệu căn cước mới, chỉ có công dân mẫu.",
                "A new registry was made, with sample citizens only.",
            );
        }
        Ok(opened)
    }
}

impl ConfigFile {
    fn format(&self) -> Result<Option<Format>, SetupError> {
        match self.format.as_deref() {
            None => Ok(None),
            Some("text") => Ok(Some(Format::Text)),
            Some("json") => Ok(Some(Format::Json)),
            Some(other) => Err(wrong(&format!("format = {other:?}"))),
        }
    }

    fn lang(&self) -> Result<Option<Lang>, SetupError> {
        let Some(code) = self.lang.as_deref() else {
            return Ok(None);
        };
        match Lang::from_code(code) {
            None => Err(wrong(&format!("lang = {code:?}"))),
            known => Ok(known),
        }
    }

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
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("cancuoc").join("config.toml"))
}

/// Where `cancuoc trust` keeps its store unless told otherwise: `$XDG_DATA_HOME/cancuoc/trust`, or
/// under `~/.local/share`.
fn own_trust() -> Option<PathBuf> {
    let data = absolute("XDG_DATA_HOME");
    let folder = data.or_else(|| Some(absolute("HOME")?.join(".local").join("share")))?;
    Some(folder.join("cancuoc").join("trust"))
}

/// XDG Base Directory Specification: a path that is not absolute is ignored.
fn absolute(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
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
