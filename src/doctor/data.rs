//! What cards are judged by: the trust store, and the registry.

use std::net::TcpStream;
use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[cfg(feature = "registry")]
use crate::registry::embedded::Sampled;
#[cfg(feature = "fetch")]
use crate::registry::http;
#[cfg(feature = "fetch")]
use crate::registry::http::Health;
#[cfg(feature = "postgres")]
use crate::registry::postgres;
#[cfg(feature = "postgres")]
use crate::registry::postgres::Probed;

use super::Finding;
use super::Machine;
use super::Trust;
use super::quoted;

/// Days after which trust data is called old. Lists come every few weeks.
const OLD_DAYS: i64 = 90;

/// Longest time for a connection, names being looked up included.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    vec![trust(machine), registry(machine)]
}

fn trust(machine: &Machine) -> Finding {
    let (anchors, newest, overdue) = match &machine.trust {
        Trust::Unreadable(why) => {
            return Finding::problem("doctor.trust_unreadable")
                .about(why.clone())
                .mend("cancuoc trust list");
        }
        Trust::Read {
            anchors,
            newest,
            overdue,
        } => (*anchors, *newest, *overdue),
    };
    if anchors == 0 {
        return Finding::problem("doctor.trust_empty").mend("cancuoc trust add FILE");
    }
    let days = newest.map(|newest| machine.now.duration_since(newest).as_hours() / 24);
    let age = days.map(|days| format!("{days} d")).unwrap_or_default();
    if days.is_some_and(|days| days > OLD_DAYS) || overdue > 0 {
        return Finding::warning("doctor.trust_old")
            .about(format!("{age} CRL: {overdue}").trim().to_owned())
            .mend("cancuoc trust update");
    }
    match days {
        Some(_) => Finding::ok("doctor.trust_ok").about(format!("{anchors}, {age}")),
        None => Finding::unknown("doctor.trust_undated").about(anchors.to_string()),
    }
}

fn registry(machine: &Machine) -> Finding {
    let address = machine.registry.as_str();
    if address.is_empty() {
        return Finding::unknown("doctor.registry_unread");
    }
    if address == "none" {
        return Finding::warning("doctor.registry_none");
    }
    if let Some(file) = address.strip_prefix("sqlite:") {
        return match Path::new(file).exists() {
            true if holds_samples(Path::new(file)) => Finding::warning("doctor.registry_samples")
                .about(file)
                .mend("cancuoc registry load --replace FILE"),
            true => Finding::ok("doctor.registry_file").about(file),
            false => Finding::warning("doctor.registry_new")
                .about(file)
                .mend("cancuoc registry init"),
        };
    }
    if let Some(file) = address.strip_prefix("snapshot:") {
        return match Path::new(file).exists() {
            true => Finding::ok("doctor.registry_file").about(file),
            false => Finding::problem("doctor.registry_absent").about(file),
        };
    }
    #[cfg(feature = "postgres")]
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return database(address);
    }
    let Some(host) = host(address) else {
        return wrong_address();
    };
    match reached(&host) {
        true => server(machine, &host),
        false => unreached(&host),
    }
}

fn wrong_address() -> Finding {
    Finding::problem("doctor.registry_address").mend("cancuoc --help")
}

fn unreached(host: &str) -> Finding {
    Finding::problem("doctor.registry_unreached")
        .mend(match host.rsplit_once(':') {
            Some((name, port)) => {
                let name = quoted(name);
                format!("getent hosts {name}; nc -vz {name} {}", quoted(port))
            }
            None => format!("getent hosts {}", quoted(host)),
        })
        .about(host)
}

/// Whether a database lets this program in and answers. It is asked about nobody.
#[cfg(feature = "postgres")]
fn database(address: &str) -> Finding {
    // One that is reached by a socket of this machine has no host.
    let host = host(address).unwrap_or_default();
    let with_host = |why: String| match host.as_str() {
        "" => why,
        host => format!("{host}: {why}"),
    };
    match postgres::probe(address) {
        Probed::Answers => Finding::ok("doctor.registry_database").about(host),
        Probed::Refuses(why) => {
            Finding::problem("doctor.registry_database_refuses").about(with_host(why))
        }
        Probed::Silent(why) if host.is_empty() => {
            Finding::problem("doctor.registry_unreached").about(why)
        }
        Probed::Silent(_) => unreached(&host),
        Probed::Unusable(why) => wrong_address().about(why),
    }
}

/// Whether sample citizens are among those in a register's file.
#[cfg(feature = "registry")]
fn holds_samples(file: &Path) -> bool {
    matches!(Sampled::look(file), Some(Sampled::Only | Sampled::Among))
}

/// This build looks into no register.
#[cfg(not(feature = "registry"))]
fn holds_samples(_: &Path) -> bool {
    false
}

/// What a server says of itself that can be reached. It is asked about nobody.
#[cfg(feature = "fetch")]
fn server(machine: &Machine, host: &str) -> Finding {
    let address = machine.registry.as_str();
    if !address.starts_with("https://") {
        return Finding::ok("doctor.registry_ok").about(host);
    }
    match http::health(address, &machine.registry_options) {
        Ok(Health::Ready) => Finding::ok("doctor.registry_ready").about(host),
        Ok(Health::Unready(status)) => {
            Finding::problem("doctor.registry_unready").about(format!("{host}: {status}"))
        }
        Ok(Health::Unreached(why)) => {
            Finding::problem("doctor.registry_unready").about(format!("{host}: {why}"))
        }
        Ok(Health::Unbelieved(why)) => Finding::problem("doctor.registry_certificate")
            .about(format!("{host}: {why}"))
            .mend(format!("openssl s_client -connect {host} </dev/null")),
        Err(error) => {
            let subject = error.subject().unwrap_or_default();
            Finding::problem("doctor.registry_setup").about(format!("{}: {subject}", error.code()))
        }
    }
}

/// This build speaks with no server.
#[cfg(not(feature = "fetch"))]
fn server(_: &Machine, host: &str) -> Finding {
    Finding::ok("doctor.registry_ok").about(host)
}

/// Host and port of an address; whatever it holds of users and passwords stays out.
fn host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let hosts = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    // Of several servers of a database, the first.
    let host = hosts.split(',').next().filter(|host| !host.is_empty())?;
    let numbered = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = match scheme {
        "https" => 443,
        "http" => 80,
        "postgres" | "postgresql" => 5432,
        _ => return None,
    };
    Some(match numbered {
        true => host.to_owned(),
        false => format!("{host}:{port}"),
    })
}

/// Whether a connection can be made.
fn reached(host: &str) -> bool {
    let (say, said) = mpsc::channel();
    let host = host.to_owned();
    // Looking a name up has no time limit of its own.
    let spawned = thread::Builder::new()
        .name("reach".to_owned())
        .spawn(move || {
            let mut addresses = host.to_socket_addrs().into_iter().flatten();
            let reached =
                addresses.any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok());
            let _ = say.send(reached);
        });
    spawned.is_ok() && said.recv_timeout(PATIENCE * 2).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_in_the_host() {
        for (address, expected) in [
            (
                "https://registry.example.vn",
                Some("registry.example.vn:443"),
            ),
            (
                "https://registry.example.vn:8443/v1",
                Some("registry.example.vn:8443"),
            ),
            (
                "postgres://user:secret@db1:5433,db2/cancuoc?x=y",
                Some("db1:5433"),
            ),
            ("postgres://user:p@ss@[::1]/cancuoc", Some("[::1]:5432")),
            ("ftp://x", None),
            ("https://", None),
            ("x", None),
        ] {
            assert_eq!(host(address).as_deref(), expected, "{address}");
        }
    }
}
