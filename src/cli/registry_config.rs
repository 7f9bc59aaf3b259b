//! How a registry is asked: `[registry]` of the configuration file, then the environment.
//!
//! ```toml
//! [registry]
//! url = "https://registry.example"
//! key = "1f3c…"                    # SHA-256 of the registry's signing key; may be a list
//! certificate = "agency.pem"       # mutual TLS; paths are relative to the configuration file
//! private_key = "agency.key"
//! roots = "registry-ca.pem"
//! device_key = "device.key"
//! offline = "snapshot.bin"
//! limit = 3.0                      # seconds
//! ```

use std::env;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::error::LineError;
use crate::error::SetupError;
use crate::registry::RegistryOptions;
use crate::registry::options::LIMITS;
use crate::seal::key::DeviceId;

/// Most keys of a registry that may be named: the present one, the next, and room.
const MAX_KEYS: usize = 16;

/// What stands under `registry`: an address alone, or a table.
#[derive(Debug, Default)]
pub(super) struct RegistrySettings(Table);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: Option<String>,
    #[serde(default)]
    key: Keys,
    certificate: Option<PathBuf>,
    private_key: Option<PathBuf>,
    roots: Option<PathBuf>,
    device_key: Option<PathBuf>,
    offline: Option<PathBuf>,
    limit: Option<f64>,
}

/// One key or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

impl Default for Keys {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl RegistrySettings {
    /// Reads the value of `registry`.
    ///
    /// # Errors
    /// What is wrong with it, in a line.
    pub(super) fn read(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(url) => Ok(Self(Table {
                url: Some(url),
                ..Table::default()
            })),
            toml::Value::Table(table) => table
                .try_into()
                .map(Self)
                .map_err(|error: toml::de::Error| format!("registry: {}", error.message())),
            _ => Err("registry: an address or a table is expected".to_owned()),
        }
    }

    /// The address, where one is named.
    pub(super) fn url(&self) -> Option<String> {
        self.0.url.clone()
    }

    /// What the file says, unless the environment says something else. Paths of the file are relative
    /// to its folder.
    ///
    /// # Errors
    /// [`LineError`].
    pub(super) fn options(&self, folder: &Path) -> Result<RegistryOptions, SetupError> {
        let path = |own: &Option<PathBuf>, variable: &str| {
            let own = own.as_ref().map(|path| folder.join(path));
            said(variable).map(PathBuf::from).or(own)
        };
        let limit = match said("CANCUOC_REGISTRY_LIMIT") {
            Some(text) => Some(text.trim().parse().map_err(|_| LineError::Limit)?),
            None => self.0.limit,
        };
        Ok(RegistryOptions {
            keys: self.keys()?,
            certificate: path(&self.0.certificate, "CANCUOC_REGISTRY_CERTIFICATE"),
            private_key: path(&self.0.private_key, "CANCUOC_REGISTRY_PRIVATE_KEY"),
            roots: path(&self.0.roots, "CANCUOC_REGISTRY_ROOTS"),
            device_key: path(&self.0.device_key, "CANCUOC_REGISTRY_DEVICE_KEY"),
            offline: path(&self.0.offline, "CANCUOC_REGISTRY_OFFLINE"),
            limit: match limit {
                None => RegistryOptions::default().limit,
                Some(seconds) => limit_of(seconds)?,
            },
        })
    }

    fn keys(&self) -> Result<Vec<DeviceId>, LineError> {
        let named: Vec<String> = match (said("CANCUOC_REGISTRY_KEY"), &self.0.key) {
            (Some(text), _) => text.split(',').map(|one| one.trim().to_owned()).collect(),
            (None, Keys::One(one)) => vec![one.clone()],
            (None, Keys::Several(several)) => several.clone(),
        };
        if named.len() > MAX_KEYS {
            return Err(LineError::KeyFormat);
        }
        let key = |text: &String| DeviceId::parse(text).ok_or(LineError::KeyFormat);
        named.iter().map(key).collect()
    }
}

fn limit_of(seconds: f64) -> Result<Duration, LineError> {
    let [least, most] = LIMITS;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|limit| (least..=most).contains(limit))
        .ok_or(LineError::Limit)
}

/// A variable of the environment that says something.
fn said(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<RegistryOptions, SetupError> {
        let mut table: toml::Table = text.parse().unwrap();
        let value = table.remove("registry").unwrap();
        RegistrySettings::read(value)
            .map_err(|why| SetupError::Configuration { why })?
            .options(Path::new("/etc/cancuoc"))
    }

    #[test]
    fn a_table_names_keys_and_files_beside_it() {
        let key = "ab".repeat(32);
        let text = format!(
            "[registry]\nurl = \"https://r.example\"\nkey = [\"{key}\"]\nroots = \"ca.pem\"\nlimit = 1.5"
        );
        let options = settings(&text).unwrap();
        assert_eq!(options.keys, [DeviceId::parse(&key).unwrap()]);
        assert_eq!(options.roots, Some(PathBuf::from("/etc/cancuoc/ca.pem")));
        assert_eq!(options.limit, Duration::from_millis(1_500));
        let options = settings("registry = \"sqlite:/a\"").unwrap();
        assert_eq!(options, RegistryOptions::default());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, code) in [
            ("registry = 7", "config.malformed"),
            ("[registry]\nkeys = \"x\"", "config.malformed"),
            ("[registry]\nkey = \"abc\"", "registry.key_format"),
            ("[registry]\nlimit = 0.0", "registry.limit"),
            ("[registry]\nlimit = -1.0", "registry.limit"),
            ("[registry]\nlimit = nan", "registry.limit"),
            ("[registry]\nlimit = 31.0", "registry.limit"),
        ] {
            assert_eq!(settings(text).unwrap_err().code(), code, "{text}");
        }
    }
}
