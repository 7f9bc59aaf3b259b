//! Addresses of databases: `postgres://user@host1:port,host2:port/database?parameters`, as libpq has
//! them, with two parameters of our own: `number_key=FILE` and `connections=N`.
//!
//! A parameter that is not known is refused and not passed over: a misspelt `sslmode` must not mean a
//! connection without TLS.

use std::env;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::config::SslMode;
use tokio_postgres::config::TargetSessionAttrs;

use super::tls::Connector;
use super::tls::Names;
use super::tls::Tls;

/// Connections unless told otherwise: each carries many lookups at once, and the database gives each a
/// process.
const CONNECTIONS: usize = 4;

/// Most connections.
const MAX_CONNECTIONS: usize = 64;

/// Most hosts of one address.
const MAX_HOSTS: usize = 32;

/// How long one host may take to be connected to, unless the address says.
const CONNECT: Duration = Duration::from_secs(1);

/// Longest file of passwords that is read, in bytes.
const MAX_PASSFILE: u64 = 1024 * 1024;

/// Parameters that are handed on as they are.
const PASSED_ON: [&str; 12] = [
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "tcp_user_timeout",
];

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Any host.
    Any,
    /// One that takes changes.
    Writer,
    /// One that takes none.
    Reader,
    /// One that takes none, or else any.
    PreferReader,
}

/// Where a database is.
pub(super) struct Address {
    pub(super) hosts: Vec<Config>,
    pub(super) tls: Tls,
    pub(super) target: Target,
    pub(super) number_key: PathBuf,
    pub(super) connections: usize,
    pub(super) connect: Duration,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

impl Address {
    /// Reads an address. The error says what is wrong and repeats no value, since one may be a
    /// password.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut on = Vec::new();
        let (mut mode, mut root, mut certificate, mut key) = (None, None, None, None);
        let (mut number_key, mut passfile) = (None, None);
        let mut target = Target::Any;
        let mut connections = CONNECTIONS;
        let mut connect = CONNECT;
        for parameter in query.split('&').filter(|text| !text.is_empty()) {
            let (name, value) = parameter
                .split_once('=')
                .ok_or("a parameter of the address has no value")?;
            let value =
                || decoded(value).ok_or_else(|| format!("the value of {name} is not well encoded"));
            match name {
                "sslmode" => mode = Some(value()?),
                "sslrootcert" => root = Some(value()?),
                "sslcert" => certificate = Some(value()?),
                "sslkey" => key = Some(value()?),
                "passfile" => passfile = Some(value()?),
                "number_key" => number_key = Some(value()?),
                "target_session_attrs" => target = self::target(&value()?)?,
                "connections" => {
                    let count = value()?.parse().ok();
                    connections = count
                        .filter(|count| (1..=MAX_CONNECTIONS).contains(count))
                        .ok_or_else(|| format!("connections is not 1 to {MAX_CONNECTIONS}"))?;
                }
                "connect_timeout" => {
                    let seconds: Option<u64> = value()?.parse().ok();
                    let seconds = seconds.filter(|seconds| (1..=600).contains(seconds));
                    connect = seconds
                        .map(Duration::from_secs)
                        .ok_or("connect_timeout is not 1 to 600 seconds")?;
                }
                name if PASSED_ON.contains(&name) => on.push(parameter),
                name if name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_') =>
                {
                    return Err(format!(
                        "the address has a parameter that is not known: {name}"
                    ));
                }
                _ => return Err("the address has a parameter that is not known".to_owned()),
            }
        }
        let config: Config = format!("{place}?{}", on.join("&"))
            .parse()
            .map_err(|_| "the address of the database is malformed")?;
        let mut hosts = split(&config)?;
        let tls = encryption(&hosts, mode.as_deref(), root, certificate.zip(key))?;
        let passfile = passfile.map(PathBuf::from).or_else(default_passfile);
        for host in &mut hosts {
            host.ssl_mode(match tls {
                Tls::Off => SslMode::Disable,
                Tls::On(_) => SslMode::Require,
            });
            if host.get_password().is_none() {
                let password = match env::var("PGPASSWORD") {
                    Ok(password) => Some(password),
                    Err(_) => passfile
                        .as_deref()
                        .and_then(|file| password_in(&read_passfile(file)?, host)),
                };
                if let Some(password) = password {
                    host.password(password);
                }
            }
            host.connect_timeout(connect);
            if host.get_application_name().is_none() {
                host.application_name("cancuoc");
            }
        }
        let number_key = number_key
            .map(PathBuf::from)
            .or_else(|| env::var_os("CANCUOC_NUMBER_KEY").map(PathBuf::from))
            .ok_or("the address names no number_key=FILE, nor does CANCUOC_NUMBER_KEY")?;
        Ok(Self {
            hosts,
            tls,
            target,
            number_key,
            connections,
            connect,
        })
    }
}

fn target(text: &str) -> Result<Target, &'static str> {
    match text {
        "any" => Ok(Target::Any),
        "read-write" | "primary" => Ok(Target::Writer),
        "read-only" | "standby" => Ok(Target::Reader),
        "prefer-standby" => Ok(Target::PreferReader),
        _ => Err(
            "target_session_attrs is none of any, read-write, read-only, primary, standby \
                  and prefer-standby",
        ),
    }
}

/// One configuration for every host: which host is asked, and how long, is decided here.
fn split(config: &Config) -> Result<Vec<Config>, &'static str> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let count = names.len().max(addresses.len());
    let ports = config.get_ports();
    if !(1..=MAX_HOSTS).contains(&count) {
        return Err("the address names no host, or too many");
    }
    let matching = |length: usize| length <= 1 || length == count;
    if !matching(names.len()) || !matching(addresses.len()) || !matching(ports.len()) {
        return Err("the address has not one port to each host");
    }
    let one = |place: usize| {
        let mut host = Config::new();
        if let Some(user) = config.get_user() {
            host.user(user);
        }
        if let Some(password) = config.get_password() {
            host.password(password);
        }
        if let Some(database) = config.get_dbname() {
            host.dbname(database);
        }
        if let Some(name) = config.get_application_name() {
            host.application_name(name);
        }
        match names.get(place) {
            Some(Host::Tcp(name)) => {
                host.host(name);
            }
            #[cfg(unix)]
            Some(Host::Unix(path)) => {
                host.host_path(path);
            }
            None => {}
        }
        if let Some(address) = addresses.get(place) {
            host.hostaddr(*address);
        }
        if let Some(port) = ports.get(place).or(ports.first()) {
            host.port(*port);
        }
        if let Some(timeout) = config.get_tcp_user_timeout() {
            host.tcp_user_timeout(*timeout);
        }
        host.keepalives(config.get_keepalives());
        host.keepalives_idle(config.get_keepalives_idle());
        if let Some(interval) = config.get_keepalives_interval() {
            host.keepalives_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            host.keepalives_retries(retries);
        }
        // Looked at when connected, together with what else a session needs.
        host.target_session_attrs(TargetSessionAttrs::Any);
        host
    };
    Ok((0..count).map(one).collect())
}

/// Whether a host is this machine.
fn is_here(host: &Config) -> bool {
    let loopback = |address: &IpAddr| address.is_loopback();
    let by_name = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address| loopback(&address))
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    host.get_hosts().iter().all(by_name) && host.get_hostaddrs().iter().all(loopback)
}

/// How the way to the database is protected. Without a word about it, anything beyond this machine
/// needs TLS with a server that is who it says.
fn encryption(
    hosts: &[Config],
    mode: Option<&str>,
    root: Option<String>,
    client: Option<(String, String)>,
) -> Result<Tls, String> {
    let names = match mode {
        Some("disable") => return Ok(Tls::Off),
        None if root.is_none() && hosts.iter().all(is_here) => return Ok(Tls::Off),
        // libpq's `require` looks at no certificate, and so protects from nobody on the line.
        None | Some("require" | "verify-full") => Names::Checked,
        Some("verify-ca") => Names::Any,
        Some("prefer" | "allow") => {
            return Err(
                "sslmode prefer and allow protect from nothing; take verify-full, \
                        verify-ca or disable"
                    .to_owned(),
            );
        }
        Some(_) => return Err("sslmode is none of disable, verify-ca and verify-full".to_owned()),
    };
    let root = root.ok_or(
        "TLS needs sslrootcert=FILE, the authority of the database's certificate; without TLS on \
         a line that nobody else has, say sslmode=disable",
    )?;
    Connector::new(&root, client, names).map(Tls::On)
}

/// `%41` and plain characters; nothing for what is not UTF-8 afterwards.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        if *first == b'%' {
            let (digits, others) = others.split_at_checked(2)?;
            let mut octet = [0];
            hex::decode_to_slice(digits, &mut octet).ok()?;
            octets.extend(octet);
            rest = others;
        } else {
            octets.push(*first);
            rest = others;
        }
    }
    String::from_utf8(octets).ok()
}

fn default_passfile() -> Option<PathBuf> {
    let named = env::var_os("PGPASSFILE").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pgpass")))
}

/// The file of passwords, unless others may read it, as libpq has it.
fn read_passfile(path: &std::path::Path) -> Option<String> {
    let about = fs::metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if about.permissions().mode() & 0o077 != 0 {
            return None;
        }
    }
    if about.len() > MAX_PASSFILE || !about.is_file() {
        return None;
    }
    fs::read_to_string(path).ok()
}

/// The password for a host, in lines of `host:port:database:user:password`.
fn password_in(text: &str, config: &Config) -> Option<String> {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(_)) => "localhost".to_owned(),
        None => config.get_hostaddrs().first()?.to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or_default();
    let database = config.get_dbname().unwrap_or(user);
    let wanted = [host.as_str(), &port.to_string(), database, user].map(str::to_owned);
    text.lines().find_map(|line| {
        let mut fields = vec![String::new()];
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => fields.last_mut()?.extend(letters.next()),
                ':' if fields.len() < 5 => fields.push(String::new()),
                other => fields.last_mut()?.push(other),
            }
        }
        let password = (fields.len() == 5).then(|| fields.pop())??;
        let fits = |(field, wanted): (&String, &String)| field == "*" || field == wanted;
        fields.iter().zip(&wanted).all(fits).then_some(password)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str) -> Result<Address, String> {
        Address::parse(&format!("postgres://{rest}"))
    }

    #[test]
    fn hosts_are_asked_one_by_one() {
        let address = "clerk:a%20b@h1:5433,h2:5434/people?sslmode=disable&number_key=/k\
                       &target_session_attrs=prefer-standby&connections=2";
        let address = parse(address).unwrap();
        let ports: Vec<_> = address
            .hosts
            .iter()
            .map(|host| host.get_ports()[0])
            .collect();
        assert_eq!(ports, [5433, 5434]);
        assert_eq!(address.hosts[1].get_password(), Some(b"a b".as_slice()));
        assert_eq!(address.hosts[1].get_dbname(), Some("people"));
        assert_eq!(address.target, Target::PreferReader);
        assert_eq!(address.connections, 2);
        assert_eq!(format!("{address:?}"), "Address(..)");
    }

    #[test]
    fn what_is_not_known_is_refused_and_no_value_is_repeated() {
        for (parameters, says) in [
            ("sslmod=disable", "sslmod"),
            ("sslmode=secret", "sslmode"),
            ("sslmode=prefer", "protect from nothing"),
            ("sslmode=verify-full", "sslrootcert"),
            (
                "sslmode=verify-full&sslrootcert=/secret/there",
                "sslrootcert",
            ),
            ("sslmode=disable&connections=0", "connections"),
            ("sslmode=disable&connections=secret", "connections"),
            ("sslmode=disable&connect_timeout=secret", "connect_timeout"),
            (
                "sslmode=disable&target_session_attrs=secret",
                "target_session_attrs",
            ),
            ("sslmode=disable&port=secret", "malformed"),
            ("sslmode=disable&password", "no value"),
            ("sslmode=disable&number_key=%zz", "number_key"),
            ("sslmode=disable&options=-c%20secret", "options"),
        ] {
            let error = parse(&format!("u:secret@h/d?{parameters}")).unwrap_err();
            assert!(error.contains(says), "{parameters}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        // Beyond this machine, TLS goes without saying.
        assert!(parse("u@h/d?number_key=/k").unwrap_err().contains("TLS"));
        assert!(parse("u@127.0.0.1/d?number_key=/k").is_ok());
        assert!(parse("u@%2Ftmp/d?number_key=/k").is_ok());
        assert!(parse("").is_err());
    }

    #[test]
    fn a_password_is_found_in_its_file() {
        let mut config = Config::new();
        config.host("h").port(5433).dbname("people").user("clerk");
        let find = |text| password_in(text, &config);
        let text = "# clerk\nother:*:*:*:no\n*:5433:people:clerk:a\\:b:c\n*:*:*:*:late";
        assert_eq!(find(text).as_deref(), Some("a:b:c"));
        assert_eq!(find("h:5432:*:*:no"), None);
        assert_eq!(find("h:5433"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_passwords_that_others_may_read_is_none() {
        use std::os::unix::fs::PermissionsExt;

        let path = env::temp_dir().join(format!("cancuoc-pgpass-{}", std::process::id()));
        fs::write(&path, "*:*:*:*:word\n").unwrap();
        for (mode, read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_passfile(&path).is_some(), read, "{mode:o}");
        }
        fs::remove_file(&path).unwrap();
    }
}
