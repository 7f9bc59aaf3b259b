//! The server's configuration: a TOML file, and what the command line says over it.
//! `docs/registry.md` lists the keys.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::error::ServeError;
use crate::registry::facts::FactKind;
use crate::registry::message::MAX_QUESTION;
use crate::registry::message::MAX_QUESTION_LIST;
use crate::registry::query::Agency as AgencyCode;
use crate::registry::query::Device;
use crate::registry::query::Procedure as ProcedureCode;
use crate::registry::server::buckets::Buckets;
use crate::registry::server::buckets::Costs;
use crate::registry::server::buckets::Rate;
use crate::registry::server::buckets::Rates;
use crate::registry::server::chaos::Chaos;
use crate::registry::server::log::Level;
use crate::registry::server::seen::Room;
use crate::registry::server::tls::Files;
use crate::registry::server::tls::Peer;
use crate::seal::key::DeviceId;

/// Longest configuration file, in bytes: some ten thousand agencies with their devices.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// What is said on the command line; it counts more than the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Where to listen
    pub listen: Option<String>,
    /// Where metrics and health are
    pub status: Option<String>,
    /// The register
    pub registry: Option<String>,
    /// The server's certificate
    pub certificate: Option<PathBuf>,
    /// Its key
    pub key: Option<PathBuf>,
    /// Authorities of clients' certificates
    pub clients: Option<PathBuf>,
    /// Key that answers are signed with
    pub signing_key: Option<PathBuf>,
    /// Folder of the audit log
    pub audit: Option<PathBuf>,
    /// Ways to misbehave
    pub chaos: Option<String>,
    /// Whether this is a test
    pub purpose: Purpose,
}

/// What a server runs for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To answer
    #[default]
    Service,
    /// To test those who ask
    Test,
}

/// Whether questions must be signed by devices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signatures {
    /// Every question
    #[default]
    Required,
    /// A signature that is there must hold
    Optional,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<String>,
    status: Option<String>,
    registry: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    clients: Option<PathBuf>,
    #[serde(default)]
    revoked: Vec<PathBuf>,
    signing_key: Option<PathBuf>,
    audit: Option<PathBuf>,
    name: Option<String>,
    #[serde(default)]
    device_signatures: Signatures,
    log: Option<String>,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default)]
    questions: QuestionsFile,
    #[serde(default)]
    costs: CostsFile,
    #[serde(default)]
    buckets: BucketsFile,
    #[serde(default)]
    agency: Vec<AgencyFile>,
    #[serde(default)]
    procedure: Vec<ProcedureFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsFile {
    connections: usize,
    body_bytes: usize,
    list_bytes: usize,
    handshake_seconds: f64,
    head_seconds: f64,
    body_seconds: f64,
    answer_seconds: f64,
    stop_seconds: f64,
    threads: Option<usize>,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self {
            connections: 2048,
            body_bytes: MAX_QUESTION,
            list_bytes: MAX_QUESTION_LIST,
            handshake_seconds: 5.0,
            head_seconds: 30.0,
            body_seconds: 5.0,
            answer_seconds: 5.0,
            stop_seconds: 10.0,
            threads: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QuestionsFile {
    tolerance_seconds: f64,
    window_seconds: f64,
    ids: usize,
    answer_bytes: usize,
}

impl Default for QuestionsFile {
    fn default() -> Self {
        Self {
            tolerance_seconds: 120.0,
            window_seconds: 300.0,
            ids: 1_000_000,
            answer_bytes: 64 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CostsFile {
    unknown: u32,
    mismatch: u32,
    confirmed: u32,
}

impl Default for CostsFile {
    fn default() -> Self {
        Self {
            unknown: 20,
            mismatch: 5,
            confirmed: 1,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BucketsFile {
    agency: Option<RateFile>,
    officer: Option<RateFile>,
    device: Option<RateFile>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    capacity: u32,
    per_second: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyFile {
    id: String,
    certificate: Certificates,
    #[serde(default)]
    devices: Vec<DeviceFile>,
    procedures: Option<Vec<String>>,
    #[serde(default)]
    buckets: BucketsFile,
}

/// One certificate, or several while one takes the place of another.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Certificates {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum DeviceFile {
    Key(String),
    #[serde(rename_all = "snake_case")]
    Named {
        id: String,
        key: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProcedureFile {
    code: String,
    #[serde(default)]
    discloses: Vec<String>,
}

/// Limits of time and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most connections
    pub connections: usize,
    /// Longest body of a question, in bytes
    pub body: usize,
    /// Longest body of a list of questions, in bytes
    pub list: usize,
    /// For a TLS handshake
    pub handshake: Duration,
    /// For the head of a request, and between two requests
    pub head_time: Duration,
    /// For the body of a request
    pub body_time: Duration,
    /// For the answer
    pub answer_time: Duration,
    /// For what still runs when the server is told to stop
    pub stop_time: Duration,
    /// Threads that do the work
    pub threads: Option<usize>,
}

/// Everything the server is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen
    pub listen: SocketAddr,
    /// Where metrics and health are
    pub status: Option<SocketAddr>,
    /// The register
    pub registry: String,
    /// Files of TLS
    pub tls: Files,
    /// Key that answers are signed with
    pub signing_key: PathBuf,
    /// Folder of the audit log
    pub audit: PathBuf,
    /// The server's own name, in the audit log
    pub name: String,
    /// Whether devices sign
    pub signatures: Signatures,
    /// How much is logged
    pub log: Level,
    /// Limits
    pub limits: Limits,
    /// How far the time of a question may be from ours
    pub tolerance: Duration,
    /// How much is remembered
    pub room: Room,
    /// What answers cost
    pub costs: Costs,
    /// Who may ask, and for what
    pub policy: Policy,
    /// Ways to misbehave
    pub chaos: Chaos,
}

/// Who may ask, for what, and what they are told.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    by_digest: HashMap<[u8; 32], usize>,
    by_name: HashMap<String, usize>,
    agencies: Vec<Agency>,
    procedures: BTreeMap<String, Vec<FactKind>>,
}

/// An agency that may ask.
#[derive(Debug, Clone)]
pub struct Agency {
    /// Its code
    pub id: String,
    /// Keys of its devices; with the name that the device must give, where there is one
    pub devices: HashMap<DeviceId, Option<String>>,
    /// The procedures it may ask for; all where there is none
    pub procedures: Option<Vec<String>>,
    /// Its rates
    pub rates: Rates,
    /// Its buckets
    pub buckets: Arc<Buckets>,
}

/// Rates where the configuration says nothing.
const RATES: Rates = Rates {
    agency: Rate {
        capacity: 5_000,
        per_second: 100.0,
    },
    officer: Rate {
        capacity: 120,
        per_second: 0.5,
    },
    device: Rate {
        capacity: 240,
        per_second: 1.0,
    },
};

impl Settings {
    /// Reads the file, if there is one, and puts what the command line says over it.
    ///
    /// # Errors
    /// [`ServeError::Configuration`].
    pub fn gather(path: Option<&Path>, over: &Overrides) -> Result<Self, ServeError> {
        let (text, folder) = match path {
            None => (String::new(), PathBuf::new()),
            Some(path) => (read(path)?, folder(path)),
        };
        let file: File =
            toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end()))?;
        Self::of(file, &folder, over)
    }

    fn of(file: File, folder: &Path, over: &Overrides) -> Result<Self, ServeError> {
        let needed = |key: &str| wrong(&format!("{key} is not given"));
        // What stands in the file is meant from where the file is.
        let place = |said: &Option<PathBuf>, own: Option<&PathBuf>, key: &str| {
            let own = own.map(|path| folder.join(path));
            said.clone().or(own).ok_or_else(|| needed(key))
        };
        let tolerance = seconds(
            "questions.tolerance_seconds",
            file.questions.tolerance_seconds,
        )?;
        let window = seconds("questions.window_seconds", file.questions.window_seconds)?;
        if window < tolerance * 2 {
            return Err(wrong(
                "questions.window_seconds is less than twice questions.tolerance_seconds: an id could be used again while its question is fresh",
            ));
        }
        let costs = Costs {
            unknown: file.costs.unknown,
            mismatch: file.costs.mismatch,
            confirmed: file.costs.confirmed,
        };
        let defaults = file.buckets.over(RATES)?;
        let policy = Policy::of(file.agency, file.procedure, defaults)?;
        for agency in &policy.agencies {
            agency.check(costs)?;
        }
        let status = over.status.clone().or(file.status);
        let status = status.map(|text| address("status", &text)).transpose()?;
        if status.is_some_and(|status| !status.ip().is_loopback()) {
            return Err(wrong("status is no address of this machine alone"));
        }
        let registry = over.registry.clone().or(file.registry);
        Ok(Self {
            listen: {
                let text = over.listen.clone().or(file.listen);
                address("listen", &text.ok_or_else(|| needed("listen"))?)?
            },
            status,
            registry: at(registry.ok_or_else(|| needed("registry"))?, over, folder),
            tls: Files {
                certificate: place(&over.certificate, file.certificate.as_ref(), "certificate")?,
                key: place(&over.key, file.key.as_ref(), "key")?,
                clients: place(&over.clients, file.clients.as_ref(), "clients")?,
                revoked: file.revoked.iter().map(|path| folder.join(path)).collect(),
            },
            signing_key: place(&over.signing_key, file.signing_key.as_ref(), "signing_key")?,
            audit: place(&over.audit, file.audit.as_ref(), "audit")?,
            name: file.name.unwrap_or_else(|| "registry".to_owned()),
            signatures: file.device_signatures,
            log: match file.log.as_deref() {
                None | Some("all") => Level::All,
                Some("refusals") => Level::Refusals,
                Some("server") => Level::Server,
                Some(_) => return Err(wrong("log is none of all, refusals and server")),
            },
            limits: file.limits.limits()?,
            tolerance,
            room: Room {
                window,
                ids: file.questions.ids,
                bytes: file.questions.answer_bytes,
            },
            costs,
            policy,
            chaos: chaos(over)?,
        })
    }
}

/// The register's address; the file of an embedded one is meant from where the configuration is.
fn at(url: String, over: &Overrides, folder: &Path) -> String {
    let path = url
        .strip_prefix("sqlite:")
        .filter(|path| !path.starts_with('/'));
    match path {
        Some(path) if over.registry.is_none() => {
            format!("sqlite:{}", folder.join(path).display())
        }
        _ => url,
    }
}

fn chaos(over: &Overrides) -> Result<Chaos, ServeError> {
    let Some(text) = &over.chaos else {
        return Ok(Chaos::default());
    };
    if over.purpose != Purpose::Test {
        return Err(wrong("--chaos is for tests: it needs --test"));
    }
    Chaos::parse(text).map_err(|part| wrong(&format!("{part} is no chaos")))
}

impl LimitsFile {
    fn limits(&self) -> Result<Limits, ServeError> {
        let number = |key: &str, number: usize| match number {
            0 => Err(wrong(&format!("limits.{key} is zero"))),
            number => Ok(number),
        };
        let time = |key: &str, given: f64| seconds(&format!("limits.{key}"), given);
        Ok(Limits {
            connections: number("connections", self.connections)?,
            body: number("body_bytes", self.body_bytes)?,
            list: number("list_bytes", self.list_bytes)?,
            handshake: time("handshake_seconds", self.handshake_seconds)?,
            head_time: time("head_seconds", self.head_seconds)?,
            body_time: time("body_seconds", self.body_seconds)?,
            answer_time: time("answer_seconds", self.answer_seconds)?,
            stop_time: time("stop_seconds", self.stop_seconds)?,
            threads: self
                .threads
                .map(|count| number("threads", count))
                .transpose()?,
        })
    }
}

impl BucketsFile {
    fn over(self, defaults: Rates) -> Result<Rates, ServeError> {
        let rate = |given: Option<RateFile>, default| match given {
            None => Ok(default),
            Some(RateFile { per_second, .. }) if !(0.0..=1e9).contains(&per_second) => {
                Err(wrong("per_second of a bucket is no number from 0 to 10^9"))
            }
            Some(given) => Ok(Rate {
                capacity: given.capacity,
                per_second: given.per_second,
            }),
        };
        Ok(Rates {
            agency: rate(self.agency, defaults.agency)?,
            officer: rate(self.officer, defaults.officer)?,
            device: rate(self.device, defaults.device)?,
        })
    }
}

impl Policy {
    fn of(
        agencies: Vec<AgencyFile>,
        procedures: Vec<ProcedureFile>,
        rates: Rates,
    ) -> Result<Self, ServeError> {
        let mut policy = Self::default();
        for procedure in procedures {
            let code = ProcedureCode::new(&procedure.code)
                .ok_or_else(|| wrong("the code of a procedure is empty or too long"))?;
            let kinds = procedure.discloses.iter().map(|fact| {
                FactKind::from_code(fact)
                    .ok_or_else(|| wrong(&format!("{fact:?} is no fact that can be disclosed")))
            });
            let kinds = kinds.collect::<Result<_, _>>()?;
            let code = code.as_str().to_owned();
            if policy.procedures.insert(code.clone(), kinds).is_some() {
                return Err(wrong(&format!("the procedure {code} is there twice")));
            }
        }
        for agency in agencies {
            policy.add(agency, rates)?;
        }
        Ok(policy)
    }

    fn add(&mut self, file: AgencyFile, rates: Rates) -> Result<(), ServeError> {
        let id = AgencyCode::new(&file.id)
            .ok_or_else(|| wrong("the id of an agency is empty or too long"))?;
        let id = id.as_str().to_owned();
        if self.agencies.iter().any(|agency| agency.id == id) {
            return Err(wrong(&format!("the agency {id} is there twice")));
        }
        let number = self.agencies.len();
        let certificates = match file.certificate {
            Certificates::One(one) => vec![one],
            Certificates::Several(several) => several,
        };
        for certificate in certificates {
            // A fingerprint with or without colons; any other text is a common name.
            let digits = certificate.strip_prefix("sha256:").unwrap_or(&certificate);
            let digits: String = digits.chars().filter(|one| *one != ':').collect();
            let mut digest = [0; 32];
            let other = match hex::decode_to_slice(&digits, &mut digest) {
                Ok(()) => self.by_digest.insert(digest, number),
                Err(_) if certificate.starts_with("sha256:") || certificate.is_empty() => {
                    return Err(wrong(&format!("agency {id}: certificate is no SHA-256")));
                }
                Err(_) => self.by_name.insert(certificate, number),
            };
            if other.is_some() {
                return Err(wrong(&format!(
                    "agency {id}: the certificate is another's too"
                )));
            }
        }
        let mut devices = HashMap::new();
        for device in file.devices {
            let (name, key) = match device {
                DeviceFile::Key(key) => (None, key),
                DeviceFile::Named { id, key } => (Some(id), key),
            };
            let named = name
                .as_deref()
                .is_none_or(|name| Device::new(name).is_some());
            let key = DeviceId::parse(&key).filter(|_| named).ok_or_else(|| {
                wrong(&format!(
                    "agency {id}: a device is no SHA-256 of a public key, or has no name"
                ))
            })?;
            if devices.insert(key, name).is_some() {
                return Err(wrong(&format!("agency {id}: a device is there twice")));
            }
        }
        for code in file.procedures.iter().flatten() {
            if !self.procedures.contains_key(code) {
                return Err(wrong(&format!(
                    "agency {id}: no procedure {code} is configured"
                )));
            }
        }
        self.agencies.push(Agency {
            devices,
            procedures: file.procedures,
            rates: file.buckets.over(rates)?,
            buckets: Arc::default(),
            id,
        });
        Ok(())
    }

    /// Every agency.
    pub fn agencies(&self) -> &[Agency] {
        &self.agencies
    }

    /// Takes the buckets of the agencies that were there before.
    pub fn adopt(&mut self, before: &Self) {
        for agency in &mut self.agencies {
            let same = before.agencies.iter().find(|one| one.id == agency.id);
            if let Some(same) = same {
                agency.buckets = Arc::clone(&same.buckets);
            }
        }
    }

    /// Whose certificate this is.
    pub fn agency(&self, peer: &Peer) -> Option<&Agency> {
        let named = || self.by_name.get(peer.common_name.as_deref()?);
        let number = self.by_digest.get(&peer.sha256).or_else(named)?;
        self.agencies.get(*number)
    }

    /// What an agency may be told in a procedure; none where it may not ask for it.
    pub fn discloses(&self, agency: &Agency, procedure: &str) -> Option<&[FactKind]> {
        let own = agency.procedures.as_ref();
        if own.is_some_and(|own| !own.iter().any(|one| one == procedure)) {
            return None;
        }
        self.procedures.get(procedure).map(Vec::as_slice)
    }
}

impl Agency {
    /// A bucket that cannot hold the dearest answer would never let a question through.
    fn check(&self, costs: Costs) -> Result<(), ServeError> {
        let Rates {
            agency,
            officer,
            device,
        } = self.rates;
        let smallest = agency.capacity.min(officer.capacity).min(device.capacity);
        if smallest < costs.worst() {
            return Err(wrong(&format!(
                "agency {}: a bucket holds less than the dearest answer costs",
                self.id
            )));
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, ServeError> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| wrong(&format!("{shown}: {error}"));
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_FILE {
        return Err(wrong(&format!("{shown}: too long")));
    }
    fs::read_to_string(path).map_err(unreadable)
}

fn folder(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn address(key: &str, text: &str) -> Result<SocketAddr, ServeError> {
    text.parse()
        .map_err(|_| wrong(&format!("{key}: {text:?} is no address with a port")))
}

/// A time over zero and up to a day.
fn seconds(key: &str, given: f64) -> Result<Duration, ServeError> {
    const DAY: f64 = 86_400.0;
    let fits = given > 0.0 && given <= DAY;
    let time = Duration::try_from_secs_f64(given).ok().filter(|_| fits);
    time.ok_or_else(|| wrong(&format!("{key} is no time over zero and up to a day")))
}

fn wrong(why: &str) -> ServeError {
    ServeError::Configuration {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        listen = "127.0.0.1:0"
        status = "127.0.0.1:0"
        registry = "sqlite:register.sqlite"
        certificate = "server.pem"
        key = "server.key"
        clients = "clients.pem"
        signing_key = "signing.pem"
        audit = "audit"

        [[procedure]]
        code = "residence"
        discloses = ["permanent_residence"]

        [[procedure]]
        code = "marriage"

        [[agency]]
        id = "ward-1"
        certificate = "Ward 1"
        devices = [
            "0000000000000000000000000000000000000000000000000000000000000001",
            { id = "counter-2", key = "0000000000000000000000000000000000000000000000000000000000000002" },
        ]
        procedures = ["marriage"]
        buckets = { officer = { capacity = 40, per_second = 0.1 } }

        [[agency]]
        id = "bank"
        certificate = ["sha256:00000000000000000000000000000000000000000000000000000000000000ff"]
    "#;

    fn gather(text: &str) -> Result<Settings, ServeError> {
        let file = toml::from_str(text).map_err(|error| wrong(error.message()))?;
        Settings::of(file, Path::new("/etc/registry"), &Overrides::default())
    }

    fn peer(common_name: &str, last: u8) -> Peer {
        let mut sha256 = [0; 32];
        sha256[31] = last;
        Peer {
            sha256,
            common_name: Some(common_name.to_owned()),
            until: 0,
        }
    }

    #[test]
    fn a_file_says_everything() {
        let settings = gather(WHOLE).unwrap();
        assert_eq!(settings.registry, "sqlite:/etc/registry/register.sqlite");
        assert_eq!(settings.audit, Path::new("/etc/registry/audit"));
        let policy = &settings.policy;
        let ward = policy.agency(&peer("Ward 1", 0)).unwrap();
        assert_eq!(ward.rates.officer.capacity, 40);
        assert_eq!(ward.rates.device, RATES.device);
        assert_eq!(ward.devices.len(), 2);
        assert!(policy.discloses(ward, "residence").is_none());
        assert_eq!(policy.discloses(ward, "marriage"), Some(&[][..]));
        let bank = policy.agency(&peer("Ward 2", 0xFF)).unwrap();
        assert_eq!(bank.id, "bank");
        assert_eq!(policy.discloses(bank, "residence").unwrap().len(), 1);
        assert!(policy.discloses(bank, "else").is_none());
        assert!(policy.agency(&peer("Ward 2", 0)).is_none());
    }

    #[test]
    fn the_command_line_counts_more() {
        let over = Overrides {
            registry: Some("sqlite:other.sqlite".to_owned()),
            chaos: Some("stale".to_owned()),
            purpose: Purpose::Test,
            ..Overrides::default()
        };
        let file = toml::from_str(WHOLE).unwrap();
        let settings = Settings::of(file, Path::new("/etc"), &over).unwrap();
        assert_eq!(settings.registry, "sqlite:other.sqlite");
        assert!(settings.chaos.age.is_some());
        let over = Overrides {
            purpose: Purpose::Service,
            ..over
        };
        let file = toml::from_str(WHOLE).unwrap();
        assert!(Settings::of(file, Path::new("/etc"), &over).is_err());
    }

    #[test]
    fn mistakes_are_refused() {
        let changed = |from: &str, to: &str| {
            assert!(WHOLE.contains(from), "{from}");
            gather(&WHOLE.replace(from, to))
        };
        for (from, to) in [
            ("listen = \"127.0.0.1:0\"", ""),
            ("listen = \"127.0.0.1:0\"", "listen = \"localhost\""),
            ("status = \"127.0.0.1:0\"", "status = \"0.0.0.0:9\""),
            ("audit = \"audit\"", "audit = \"audit\"\nodd = 1"),
            ("[\"permanent_residence\"]", "[\"shoe_size\"]"),
            ("code = \"marriage\"", "code = \"residence\""),
            ("id = \"bank\"", "id = \"ward-1\""),
            ("0000ff\"", "0000fz\""),
            ("[\"sha256:", "[\"Ward 1\", \"sha256:"),
            ("procedures = [\"marriage\"]", "procedures = [\"birth\"]"),
            ("{ id = \"counter-2\"", "{ off = true, id = \"counter-2\""),
            ("capacity = 40", "capacity = 19"),
            ("per_second = 0.1", "per_second = -0.1"),
            ("0000000001\"", "000000000\""),
            (
                "[[agency]]\n        id = \"bank\"",
                "[questions]\nwindow_seconds = 239\n[[agency]]\nid = \"bank\"",
            ),
        ] {
            assert_eq!(WHOLE.matches(from).count(), 1, "{from}");
            let refused = changed(from, to).unwrap_err();
            assert_eq!(refused.code(), "serve.configuration", "{to}");
        }
        let twice = WHOLE.replacen(
            "[[agency]]",
            "[questions]\nwindow_seconds = 240\n[[agency]]",
            1,
        );
        assert!(gather(&twice).is_ok());
    }

    #[test]
    fn what_was_spent_stays_spent_when_the_settings_are_read_anew() {
        let (before, mut after) = (gather(WHOLE).unwrap().policy, gather(WHOLE).unwrap().policy);
        let spend = |policy: &Policy| {
            let ward = policy.agency(&peer("Ward 1", 0)).unwrap();
            let now = Duration::ZERO;
            let taken = ward.buckets.take(&ward.rates, "o", "d", 40, now);
            taken.map(drop).is_ok()
        };
        assert!(spend(&before) && !spend(&before));
        after.adopt(&before);
        assert!(!spend(&after));
        assert!(spend(&gather(WHOLE).unwrap().policy));
    }
}
