//! Table `[agent]` of the configuration file.
//!
//! ```toml
//! [agent]
//! listen = "127.0.0.1:8480"            # a loopback address; nothing else is taken
//! origins = ["https://hanhchinh.example.vn"]
//! clear_after = 120                    # seconds, 10 to 600
//! metrics = "token"                    # off, token, local
//! log = "refusals"                     # agent, refusals, all
//! audit = "/var/lib/cancuoc/audit"     # or "none"
//! name = "counter-3"                   # of this device, in the audit log
//! agency = "ward-1"                    # whose pairwise names the audit log uses
//! device_key = "device.key"            # signs receipts and the audit log
//! state = "/var/lib/cancuoc"
//!
//! [[agent.sites]]                      # whose signed passes are as good as a pairing
//! origin = "https://hanhchinh.example.vn"
//! key = "5f0c…e1"                      # SHA-256 of the public key
//!
//! [agent.facade]                       # off without this table
//! listen = "127.0.0.1:8000"
//! origins = ["http://quay.example.vn"]
//! reader = "ACS"                       # only one whose name begins so
//! accept = ["genuine"]                 # verdicts that such pages see as a success
//! sensitive = "no"                     # "yes" gives ethnicity, religion, features and DG13 out, too
//! ```

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use toml::Value;

use crate::agent::facade::message::Accepted;
use crate::agent::facade::text::Disclosure;
use crate::agent::ops::log::Level;
use crate::agent::ops::table::Mistakes;
use crate::agent::ops::table::Table;
use crate::agent::ops::table::shown;
use crate::error::SetupError;
use crate::seal::key::DeviceId;

/// Port without another in the configuration.
const PORT: u16 = 8480;

/// Most origins, and most sites: an office has a handful.
const MAX_ORIGINS: usize = 64;

/// Longest origin, in bytes: a name of the DNS has at most 253. It is shown to others as the holder of a
/// reader, which takes 128.
const MAX_ORIGIN: usize = 128;

/// Longest name of a device or agency, in bytes; a record of the audit log takes 256.
const MAX_NAME: usize = 64;

/// Shortest and longest time for which a result stays, in seconds, and that without another.
const CLEAR: [u64; 2] = [10, 600];
const CLEAR_DEFAULT: u64 = 120;

/// Who may read the figures, by its word.
const METRICS: [(&str, MetricsDoor); 3] = [
    ("off", MetricsDoor::Off),
    ("token", MetricsDoor::Token),
    ("local", MetricsDoor::Local),
];

/// How much is logged, by its word.
const LOG: [(&str, Level); 3] = [
    ("agent", Level::Agent),
    ("refusals", Level::Refusals),
    ("all", Level::All),
];

/// Whether sensitive fields go out, by its word.
const SENSITIVE: [(&str, Disclosure); 2] =
    [("no", Disclosure::Ordinary), ("yes", Disclosure::Sensitive)];

/// Everything an agent is told by its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; a loopback address.
    pub listen: SocketAddr,
    /// Pages that may ask once they hold a token, as browsers spell origins.
    pub origins: Vec<String>,
    /// Sites whose signed passes are taken.
    pub sites: Vec<Site>,
    /// How long a result stays.
    pub clear_after: Duration,
    /// The interface of older local readers; off without it.
    pub facade: Option<Facade>,
    /// Who may read the figures.
    pub metrics: MetricsDoor,
    /// Where the audit log is.
    pub audit: AuditPlace,
    /// How much is logged.
    pub log: Level,
    /// This device's name in the audit log.
    pub name: Option<String>,
    /// The agency for whose key the audit log names persons.
    pub agency: Option<String>,
    /// Key that signs receipts and checkpoints; one in the state folder without it.
    pub device_key: Option<PathBuf>,
    /// The state folder; that of the system or the user without it.
    pub state: Option<PathBuf>,
}

/// A site that lets officers in by a pass that it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The origin that its pages have.
    pub origin: String,
    /// The key that signs its passes.
    pub key: DeviceId,
}

/// The interface of older local readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facade {
    /// Where it listens; a loopback address.
    pub listen: SocketAddr,
    /// Pages that may use it.
    pub origins: Vec<String>,
    /// First letters of the name of the only reader to use.
    pub reader: Option<String>,
    /// Verdicts that they see as a success.
    pub accept: Vec<Accepted>,
    /// Whether sensitive fields go out.
    pub disclosure: Disclosure,
}

/// Who may read the figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricsDoor {
    /// Nobody.
    Off,
    /// Whoever holds a token.
    #[default]
    Token,
    /// Every program on this machine; no page, since those send an origin.
    Local,
}

/// Where the audit log is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AuditPlace {
    /// In the state folder.
    #[default]
    Own,
    /// In this folder.
    At(PathBuf),
    /// Nowhere: no record is kept.
    Nowhere,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            origins: Vec::new(),
            sites: Vec::new(),
            clear_after: Duration::from_secs(CLEAR_DEFAULT),
            facade: None,
            metrics: MetricsDoor::default(),
            audit: AuditPlace::default(),
            log: Level::Refusals,
            name: None,
            agency: None,
            device_key: None,
            state: None,
        }
    }
}

impl Config {
    /// Reads the table. Paths in it are meant from the folder of the file.
    ///
    /// # Errors
    /// [`SetupError::Configuration`], with every mistake that is in it.
    pub fn read(value: Value, folder: &Path) -> Result<Self, SetupError> {
        let mut mistakes = Mistakes::default();
        let config = Self::of(value, folder, &mut mistakes);
        match mistakes.told() {
            None => Ok(config),
            Some(why) => Err(SetupError::Configuration { why }),
        }
    }

    fn of(value: Value, folder: &Path, mistakes: &mut Mistakes) -> Self {
        let usual = Self::default();
        let mut table = Table::new("agent", value, mistakes);
        let path = |text: Option<String>| text.map(|text| folder.join(text));
        let config = Self {
            listen: table
                .read("listen", loopback, mistakes)
                .unwrap_or(usual.listen),
            origins: origins(&mut table, mistakes),
            sites: sites(&mut table, mistakes),
            clear_after: table
                .number("clear_after", CLEAR, mistakes)
                .map_or(usual.clear_after, Duration::from_secs),
            facade: table
                .take("facade")
                .map(|value| facade(value, usual.listen, mistakes)),
            metrics: table
                .word("metrics", &METRICS, mistakes)
                .unwrap_or_default(),
            audit: match table.text("audit", mistakes) {
                None => AuditPlace::Own,
                Some(text) if text == "none" => AuditPlace::Nowhere,
                Some(text) => AuditPlace::At(folder.join(text)),
            },
            log: table.word("log", &LOG, mistakes).unwrap_or(usual.log),
            name: table.read("name", name, mistakes),
            agency: table.read("agency", name, mistakes),
            device_key: path(table.text("device_key", mistakes)),
            state: path(table.text("state", mistakes)),
        };
        table.end(mistakes);
        let facade = config.facade.as_ref();
        if facade.is_some_and(|facade| facade.listen == config.listen && config.listen.port() != 0)
        {
            mistakes.note("agent.facade.listen", "the agent's own address");
        }
        config
    }
}

fn origins(table: &mut Table, mistakes: &mut Mistakes) -> Vec<String> {
    let at = table.at("origins");
    let mut origins = Vec::new();
    for value in table.list("origins", MAX_ORIGINS, mistakes) {
        match value.as_str().map(origin) {
            Some(Ok(origin)) if !origins.contains(&origin) => origins.push(origin),
            Some(Ok(origin)) => mistakes.note(&at, &format!("{origin} is there twice")),
            Some(Err(wrong)) => mistakes.note(&at, &wrong),
            None => mistakes.note(&at, "a text is expected"),
        }
    }
    origins
}

fn sites(table: &mut Table, mistakes: &mut Mistakes) -> Vec<Site> {
    let mut sites = Vec::new();
    for (number, value) in table
        .list("sites", MAX_ORIGINS, mistakes)
        .into_iter()
        .enumerate()
    {
        let at = format!("agent.sites[{number}]");
        let mut site = Table::new(&at, value, mistakes);
        let from = site.read("origin", origin, mistakes);
        let key = site.read("key", key, mistakes);
        site.end(mistakes);
        match from.zip(key) {
            Some((origin, key)) => sites.push(Site { origin, key }),
            None => mistakes.note(&at, "origin and key are needed"),
        }
    }
    sites
}

fn facade(value: Value, own: SocketAddr, mistakes: &mut Mistakes) -> Facade {
    let mut table = Table::new("agent.facade", value, mistakes);
    let listen = table.read("listen", loopback, mistakes);
    let facade = Facade {
        listen: listen.unwrap_or_else(|| SocketAddr::new(own.ip(), 8000)),
        origins: origins(&mut table, mistakes),
        reader: table.text("reader", mistakes),
        accept: accept(&mut table, mistakes),
        disclosure: table
            .word("sensitive", &SENSITIVE, mistakes)
            .unwrap_or_default(),
    };
    table.end(mistakes);
    facade
}

/// Verdicts that pages of old see as a success; `genuine` alone where none is named.
fn accept(table: &mut Table, mistakes: &mut Mistakes) -> Vec<Accepted> {
    let at = table.at("accept");
    let mut accepted = Vec::new();
    for value in table.list("accept", MAX_ORIGINS, mistakes) {
        match value.as_str().and_then(Accepted::from_code) {
            Some(verdict) => accepted.push(verdict),
            None => mistakes.note(&at, "none of genuine, not_in_force, inconclusive"),
        }
    }
    if accepted.is_empty() {
        accepted.push(Accepted::Genuine);
    }
    accepted
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| format!("{:?} is no address with a port", shown(text)))?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(format!("{address} is no address of this machine alone")),
    }
}

/// An origin as browsers send it (RFC 6454 §6.2): scheme, host, and a port that is not the scheme's
/// own, in lower case, without a path.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "{:?} is no origin such as https://hanhchinh.example.vn",
            shown(text)
        )
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let word = |text: &str, more: &str| {
        let fits =
            |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || more.contains(one);
        !text.is_empty() && text.chars().all(fits)
    };
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of an address of IP version 6 stand in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => word(address, ":."),
        None => word(host, "-."),
    };
    let own = match scheme {
        "http" => Some("80"),
        "https" => Some("443"),
        _ => None,
    };
    let number = port.map(|port| port.parse::<u16>().ok().map(|number| number.to_string()));
    let spelled = match (port, number) {
        (None, _) => true,
        (Some(port), Some(Some(number))) => port == number && Some(port) != own,
        _ => false,
    };
    let fits = word(scheme, "+-.") && host && spelled && text.len() <= MAX_ORIGIN;
    fits.then(|| text.to_owned()).ok_or_else(wrong)
}

fn key(text: &str) -> Result<DeviceId, String> {
    DeviceId::parse(text)
        .ok_or_else(|| "no SHA-256 of a public key (64 hexadecimal digits)".to_owned())
}

/// A name that can stand in a record and in a checkpoint.
fn name(text: &str) -> Result<String, String> {
    let fits = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
    match (1..=MAX_NAME).contains(&text.len()) && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "1 to {MAX_NAME} letters without marks, digits, points, dashes and underscores are expected"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let table: toml::Table = text.parse().unwrap();
        Config::read(Value::Table(table), Path::new("/etc/cancuoc")).map_err(|error| {
            let SetupError::Configuration { why } = error else {
                panic!("{error}");
            };
            why
        })
    }

    #[test]
    fn nothing_said_is_the_usual() {
        let config = read("").unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.listen.to_string(), "127.0.0.1:8480");
        assert_eq!(config.clear_after, Duration::from_secs(120));
        assert_eq!(config.facade, None);
    }

    #[test]
    fn everything_is_read() {
        let config = read(
            r#"
            listen = "[::1]:9000"
            origins = ["https://a.example.vn", "http://localhost:8080", "chrome-extension://abcdef"]
            clear_after = 60
            metrics = "local"
            log = "all"
            audit = "audit"
            name = "counter-3"
            agency = "ward-1"
            device_key = "/keys/device.key"
            state = "/var/lib/cancuoc"
            [[sites]]
            origin = "https://a.example.vn"
            key = "0000000000000000000000000000000000000000000000000000000000000001"
            [facade]
            origins = "http://old.example.vn"
            "#,
        )
        .unwrap();
        assert_eq!(config.listen.to_string(), "[::1]:9000");
        assert_eq!(config.origins.len(), 3);
        assert_eq!(config.sites[0].origin, "https://a.example.vn");
        assert_eq!(config.audit, AuditPlace::At("/etc/cancuoc/audit".into()));
        assert_eq!(config.device_key, Some("/keys/device.key".into()));
        let facade = config.facade.unwrap();
        assert_eq!(facade.listen.to_string(), "127.0.0.1:8000");
        assert_eq!(facade.origins, ["http://old.example.vn"]);
        assert_eq!(
            read(r#"audit = "none""#).unwrap().audit,
            AuditPlace::Nowhere
        );
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let why = read(
            r#"
            listen = "0.0.0.0:8480"
            origins = ["*", "https://a.example.vn/", "null", "HTTPS://A.example.vn", 7]
            clear_after = 5
            metrics = "yes"
            log = true
            colour = "blue"
            name = "quầy 3"
            [[sites]]
            origin = "https://a.example.vn"
            [facade]
            port = 8000
            sensitive = true
            accept = ["not_genuine"]
            "#,
        )
        .unwrap_err();
        for part in [
            "agent.listen: 0.0.0.0:8480",
            "\"*\"",
            "vn/\"",
            "\"null\"",
            "\"HTTPS:",
            "agent.origins: a text is expected",
            "agent.clear_after: a whole number from 10 to 600",
            "agent.metrics: one of \"off\", \"token\", \"local\" is expected",
            "agent.log: one of \"agent\"",
            "agent.facade.sensitive: one of \"no\", \"yes\" is expected",
            "agent.facade.accept: none of genuine",
            "agent.colour: unknown; there are listen, origins",
            "agent.name",
            "agent.sites[0]: origin and key",
            "agent.facade.port: unknown",
        ] {
            assert!(why.contains(part), "{part} in {why}");
        }
    }

    #[test]
    fn every_key_that_is_read_is_in_the_manual_and_in_the_packaged_file() {
        let manual = include_str!("../../../docs/operations.md");
        let packaged = include_str!("../../../packaging/config.toml");
        let why = read("x = 1\n[[sites]]\nx = 1\n[facade]\nx = 1\n").unwrap_err();
        for (table, head, next) in [
            ("agent", "[agent]", "#[[agent.sites]]"),
            ("agent.sites[0]", "#[[agent.sites]]", "#[agent.facade]"),
            ("agent.facade", "#[agent.facade]", "#[end]"),
        ] {
            let (_, keys) = why
                .split_once(&format!("{table}.x: unknown; there are "))
                .unwrap();
            let keys = keys.split(';').next().unwrap();
            let section = packaged.split_once(head).unwrap().1;
            let section = section.split(next).next().unwrap();
            for key in keys.split(", ") {
                assert!(manual.contains(&format!("`{key}`")), "{table}.{key}");
                let shown = section.contains(&format!("\n#{key} = "));
                let own_table = packaged.contains(&format!("agent.{key}]"));
                assert!(shown || own_table, "{table}.{key}");
            }
        }
        // Whoever takes the marks away has a file that is read, but for the keys that stand for others.
        let unmarked = packaged.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        });
        let all: Vec<&str> = unmarked.collect();
        let all = all.join("\n").replace('…', &"0".repeat(58));
        let all: toml::Table = all.parse().unwrap();
        let agent = all.get("agent").unwrap().clone();
        let config = Config::read(agent, Path::new("/etc/cancuoc")).unwrap();
        assert_eq!(config.facade.unwrap().reader.as_deref(), Some("ACS"));
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for right in [
            "https://a.vn",
            "https://a.vn:8443",
            "http://[::1]:8480",
            "http://127.0.0.1:1",
            "http://[fe80::1]",
        ] {
            assert_eq!(origin(right).as_deref(), Ok(right));
        }
        for wrong in [
            "https://a.vn:443",
            "http://a.vn:80",
            "https://a.vn:08443",
            "https://a.vn:99999",
            "https://a.vn:",
            "https://",
            "a.vn",
            "https://a.vn/x",
            "https://u@a.vn",
            "https://a vn",
            "https://ạ.vn",
            "",
            "file://",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        assert!(origin(&format!("https://{}.vn", "a".repeat(128))).is_err());
    }

    #[test]
    fn the_facade_cannot_stand_where_the_agent_does() {
        assert!(read("listen = \"127.0.0.1:8000\"\n[facade]\n").is_err());
        assert!(read("agent = 3").is_err());
        let list = Value::Array(Vec::new());
        assert!(Config::read(list, Path::new("/")).is_err());
    }

    #[test]
    fn what_is_repeated_of_a_mistake_is_short_and_speaks_to_no_terminal() {
        let mut table = toml::Table::new();
        table.insert(
            "\u{1b}[2J".to_owned() + &"x".repeat(500),
            Value::Boolean(true),
        );
        let error = Config::read(Value::Table(table), Path::new("/")).unwrap_err();
        let why = error.to_string();
        assert!(
            !why.contains('\u{1b}') && !why.contains(&"x".repeat(100)),
            "{why}"
        );
    }

    #[test]
    fn what_is_open_is_open_by_its_own_word_alone() {
        let usual = read("[facade]").unwrap().facade.unwrap();
        assert_eq!(usual.disclosure, Disclosure::Ordinary);
        assert_eq!(usual.accept, [Accepted::Genuine]);
        assert!(usual.listen.ip().is_loopback());
        for (word, disclosure) in [("no", Disclosure::Ordinary), ("yes", Disclosure::Sensitive)] {
            let facade = read(&format!("[facade]\nsensitive = \"{word}\""));
            assert_eq!(facade.unwrap().facade.unwrap().disclosure, disclosure);
        }
        for (word, door) in [
            ("off", MetricsDoor::Off),
            ("token", MetricsDoor::Token),
            ("local", MetricsDoor::Local),
        ] {
            let config = read(&format!("metrics = \"{word}\""));
            assert_eq!(config.unwrap().metrics, door);
        }
        for wrong in [
            "[facade]\nlisten = \"0.0.0.0:8000\"",
            "[facade]\nlisten = \"192.0.2.1:8000\"",
            "[facade]\nsensitive = true",
            "[facade]\naccept = [\"not_genuine\"]",
            "listen = \"[::]:8480\"",
            "listen = \"localhost:8480\"",
            "origins = [\"https://a.vn\", \"https://a.vn\"]",
            &format!("name = \"{}\"", "a".repeat(MAX_NAME + 1)),
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
