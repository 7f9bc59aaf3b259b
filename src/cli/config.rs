//! Settings: the configuration file, then the environment, then options.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

#[cfg(feature = "agent")]
use crate::agent::judge::Sources;
#[cfg(feature = "agent")]
use crate::agent::judge::TestMaterial;
#[cfg(feature = "agent")]
use crate::agent::ops::config::Config as AgentConfig;
use crate::cli::arguments::Common;
use crate::cli::arguments::Format;
use crate::cli::arguments::Language;
use crate::cli::output::Output;
use crate::cli::policy;
use crate::cli::purpose::Asker;
use crate::cli::purpose::Purpose;
use crate::cli::purpose::StandingPurpose;
use crate::cli::registry_config::RegistrySettings;
use crate::error::SetupError;
use crate::pki::store::TrustStore;
use crate::registry;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::Registry;
use crate::registry::RegistryOptions;
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
    /// Whether somebody said what the time is.
    pub(crate) clock: Choice,
    pub(crate) policy: Policy,
    pub(crate) choice: Choice,
    /// Whether somebody named what is to be trusted in this run.
    trust_choice: Choice,
    trust: Vec<PathBuf>,
    terminal: Option<PathBuf>,
    registry: Option<String>,
    /// How a registry over the network is asked.
    pub(crate) registry_options: RegistryOptions,
    /// The register that this very command was given.
    #[cfg(feature = "serve")]
    pub(crate) own_register: Option<String>,
    pub(crate) sign: Option<PathBuf>,
    pub(crate) devices: Vec<String>,
    purpose: StandingPurpose,
    /// Why the configuration file was left aside, where it was.
    pub(crate) mistake: Option<SetupError>,
    /// Table `[agent]`, not yet looked at, and the file that it stands in.
    #[cfg(feature = "agent")]
    agent: (Option<toml::Value>, PathBuf),
}

/// Who chose.
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
    registry: Option<toml::Value>,
    policy: Option<PathBuf>,
    format: Option<String>,
    lang: Option<String>,
    sign: Option<PathBuf>,
    #[serde(default)]
    devices: Vec<String>,
    #[serde(default)]
    purpose: StandingPurpose,
    #[cfg_attr(
        not(feature = "agent"),
        expect(
            dead_code,
            reason = "a build without the agent takes its table and leaves it"
        )
    )]
    agent: Option<toml::Value>,
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

impl Manner {
    /// As far as a command line that cannot be understood lets it be seen.
    pub(crate) fn at_a_glance(arguments: impl Iterator<Item = OsString>) -> Self {
        let arguments: Vec<String> = arguments
            .map(|argument| argument.to_string_lossy().into_owned())
            .take_while(|argument| argument != "--")
            .collect();
        let said = |name: &str, variable: &str| {
            let joined = format!("{name}=");
            let joined = arguments
                .iter()
                .find_map(|argument| argument.strip_prefix(&joined));
            let behind = arguments
                .iter()
                .position(|argument| argument == name)
                .and_then(|at| arguments.get(at + 1));
            let given = joined.map(str::to_owned).or_else(|| behind.cloned());
            given.or_else(|| env::var(variable).ok())
        };
        Self {
            format: match said("--format", "CANCUOC_FORMAT").as_deref() {
                Some("json") => Format::Json,
                _ => Format::Text,
            },
            lang: match said("--lang", "CANCUOC_LANG").as_deref() {
                Some("vi") => Lang::Vi,
                Some("en") => Lang::En,
                _ => by_locale(),
            },
            quiet: Quiet::No,
            extent: Extent::Asked,
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

    /// The same for whoever finds out what is wrong: where it is the configuration, everything is as if
    /// there were none, and [`Settings::mistake`] says what is wrong.
    ///
    /// # Errors
    /// [`SetupError`] for whatever else cannot be used.
    pub(crate) fn gather_anyway(common: &Common) -> Result<Self, (Manner, SetupError)> {
        Self::gather(common).or_else(|(manner, wrong)| {
            match Self::of(common, ConfigFile::default(), manner) {
                Ok(settings) => Ok(Self {
                    mistake: Some(wrong),
                    ..settings
                }),
                // It is not the file, or not the file alone.
                Err(_) => Err((manner, wrong)),
            }
        })
    }

    fn of(common: &Common, file: ConfigFile, manner: Manner) -> Result<Self, SetupError> {
        file.format()?;
        file.lang()?;
        let registry = file.registry()?;
        let path = config_path()?.unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        let registry_options = registry.options(folder)?;
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
            clock: match common.now {
                Some(_) => Choice::Asked,
                None => Choice::Standing,
            },
            policy,
            choice: match common.policy {
                Some(_) => Choice::Asked,
                None => Choice::Standing,
            },
            trust_choice: if common.trust.is_empty() {
                Choice::Standing
            } else {
                Choice::Asked
            },
            trust: if common.trust.is_empty() {
                file.trust
            } else {
                common.trust.clone()
            },
            terminal: file.terminal,
            sign: file.sign,
            devices: file.devices,
            purpose: file.purpose,
            mistake: None,
            #[cfg(feature = "agent")]
            agent: (file.agent, path),
            #[cfg(feature = "serve")]
            own_register: common.registry.clone(),
            registry: common.registry.clone().or_else(|| registry.url()),
            registry_options,
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

    /// The same, to judge by: whoever names a test root for this very run says what it is worth; what
    /// merely lies in the standing store counts for nobody.
    ///
    /// # Errors
    /// What [`folder::load`] gives.
    pub(crate) fn trust_to_judge_by(&self) -> Result<TrustStore, SetupError> {
        let mut store = self.trust()?;
        if self.trust_choice == Choice::Asked {
            store.own_test_material();
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

    /// Who asks the registry and what for.
    ///
    /// # Errors
    /// What [`Asker::settle`] gives.
    pub(crate) fn asker(&self, given: &Asker) -> Result<Context, SetupError> {
        given.settle(&self.purpose)
    }

    /// Who asks the registry and what for, and what it is asked to tell beside.
    ///
    /// # Errors
    /// What [`Purpose::settle`] gives.
    pub(crate) fn purpose(&self, given: &Purpose) -> Result<(Context, Vec<FactKind>), SetupError> {
        given.settle(&self.purpose)
    }

    /// What a reading is judged by, under these anchors.
    pub(crate) fn judgement<'a>(&'a self, trust: &'a TrustStore) -> Judgement<'a> {
        Judgement {
            trust,
            policy: &self.policy,
            now: self.now,
            context: Context::default(),
            disclose: Vec::new(),
        }
    }

    /// What the configuration says about the agent.
    ///
    /// # Errors
    /// [`SetupError::Configuration`], with every mistake in the table.
    #[cfg(feature = "agent")]
    pub(crate) fn agent(&self) -> Result<AgentConfig, SetupError> {
        match &self.agent {
            (Some(table), path) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let config = AgentConfig::read(table.clone(), folder);
                config.map_err(|error| match error {
                    SetupError::Configuration { why } => {
                        wrong(&format!("{}: {why}", path.display()))
                    }
                    other => other,
                })
            }
            (None, _) => Ok(AgentConfig::default()),
        }
    }

    /// What the agent's cards are judged by.
    ///
    /// # Errors
    /// [`SetupError::Registry`]; what [`Purpose::settle`] gives.
    #[cfg(feature = "agent")]
    pub(crate) fn judge_sources(&self) -> Result<Sources, SetupError> {
        let (context, disclose) = self.purpose(&Purpose::default())?;
        Ok(Sources {
            trust: self.trust_places(),
            test_material: match self.trust_choice {
                Choice::Asked => TestMaterial::Owned,
                Choice::Standing => TestMaterial::Foreign,
            },
            policy: self.policy.clone(),
            registry: self.registry_address()?,
            registry_options: self.registry_options.clone(),
            context,
            disclose,
            now: (self.clock == Choice::Asked).then_some(self.now),
        })
    }

    /// Whether a registry was named, by option or configuration.
    pub(crate) const fn names_registry(&self) -> bool {
        self.registry.is_some()
    }

    /// The address of the registry that was asked for; that of the embedded one by default.
    ///
    /// # Errors
    /// [`SetupError::Registry`].
    pub(crate) fn registry_address(&self) -> Result<String, SetupError> {
        match &self.registry {
            Some(url) => Ok(url.clone()),
            None => Ok(format!("sqlite:{}", registry::default_path()?.display())),
        }
    }

    /// Opens the registry that was asked for; the embedded one by default.
    ///
    /// # Errors
    /// [`SetupError::Registry`], [`SetupError::NotBuilt`].
    pub(crate) fn registry(&self, out: &Output) -> Result<Option<Box<dyn Registry>>, SetupError> {
        let url = self.registry_address()?;
        let file = url.strip_prefix("sqlite:").map(Path::new);
        let made = file.is_some_and(|file| !file.exists());
        let opened = registry::open_with(&url, &self.registry_options)?;
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

    fn registry(&self) -> Result<RegistrySettings, SetupError> {
        match self.registry.clone() {
            None => Ok(RegistrySettings::default()),
            Some(value) => RegistrySettings::read(value).map_err(|why| wrong(&why)),
        }
    }

    fn load() -> Result<Self, SetupError> {
        let Some(path) = config_path()? else {
            return Ok(Self::default());
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            // Who names a file means one that is there.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && config_named().is_none() =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(wrong(&format!("{}: {error}", path.display()))),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, SetupError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            wrong(&format!(
                "{}, line {line}: {}",
                path.display(),
                error.message()
            ))
        })
    }
}

/// The configuration file: the one that `CANCUOC_CONFIG` names, else the one at its own place.
fn config_path() -> Result<Option<PathBuf>, SetupError> {
    if let Some(named) = config_named() {
        // Paths in it are relative to where it lies, wherever this program was started.
        let whole = std::path::absolute(&named);
        return whole
            .map(Some)
            .map_err(|error| wrong(&format!("{}: {error}", named.display())));
    }
    let own = || absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Ok(own().map(|folder| folder.join("cancuoc").join("config.toml")))
}

fn config_named() -> Option<PathBuf> {
    env::var_os("CANCUOC_CONFIG")
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
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
