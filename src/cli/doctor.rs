//! `doctor`: what is wrong on this machine, in words and for programs.

use std::env;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::doctor;
use crate::doctor::Finding;
use crate::doctor::Heard;
use crate::doctor::Machine;
use crate::doctor::Trust;
use crate::doctor::User;
use crate::error::Error;
use crate::error::SetupError;
use crate::pki::store::Provenance;
use crate::render::words::Kind;
use crate::render::words::Lang;
use crate::render::words::remedy;
use crate::render::words::sentence;

/// What the answer is called.
const SCHEMA: &str = "cancuoc.doctor/1";

/// Where pcscd listens, unless the environment says something else (pcscd(8)).
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// Where the package's service keeps its state.
const SERVICE_STATE: &str = "/var/lib/cancuoc";

/// Examines the machine. Exit status 0 without a problem, 1 with one.
pub(super) fn run(settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let machine = machine(settings)?;
    let findings = doctor::examine(&machine);
    out.answer(
        &words(&findings, &machine.user, out.lang),
        &facts(&findings, &machine.user),
    )?;
    let well = findings
        .iter()
        .all(|finding| finding.state != Kind::Problem);
    Ok(if well { Ended::Done } else { Ended::Found })
}

fn machine(settings: &Settings) -> Result<Machine, SetupError> {
    let root = PathBuf::from("/");
    let now = settings.timestamp()?;
    let user = User::present(&root);
    let agent = agent(settings, &user);
    let mistake = settings.mistake.as_ref();
    let mistake = mistake.map(|error| error.subject().unwrap_or_else(|| error.code().to_owned()));
    Ok(Machine {
        now,
        zone: zone(now),
        heard: heard(),
        socket: env::var_os("PCSCLITE_CSOCK_NAME").map_or_else(|| SOCKET.into(), PathBuf::from),
        trust: trust(settings, now),
        registry: match &settings.mistake {
            None => settings.registry_address().unwrap_or_default(),
            Some(_) => String::new(),
        },
        registry_options: settings.registry_options.clone(),
        mistakes: mistake.or(agent.mistakes),
        listen: agent.listen,
        state: agent.state,
        audit: agent.audit,
        origins: agent.origins,
        run: doctor::run,
        root,
        user,
    })
}

/// What the configuration says about the agent.
struct Agent {
    mistakes: Option<String>,
    listen: SocketAddr,
    state: Option<PathBuf>,
    audit: Option<PathBuf>,
    origins: Vec<String>,
}

#[cfg(feature = "agent")]
fn agent(settings: &Settings, user: &User) -> Agent {
    use crate::agent::ops::config::AuditPlace;
    use crate::agent::ops::config::Config;
    use crate::agent::ops::place::state_folder;

    let (config, mistakes) = match settings.agent() {
        Ok(config) => (config, None),
        Err(error) => (Config::default(), error.subject()),
    };
    // An administrator who looks means the service.
    let service = Path::new(SERVICE_STATE);
    let state = match config.state {
        Some(state) => Some(state),
        None if user.is_root() && service.exists() => Some(service.to_owned()),
        None => state_folder(|name| env::var_os(name)),
    };
    let mut origins = config.origins;
    for site in config.sites {
        if !origins.contains(&site.origin) {
            origins.push(site.origin);
        }
    }
    Agent {
        mistakes,
        listen: config.listen,
        audit: match config.audit {
            AuditPlace::Own => state.as_ref().map(|state| state.join("audit")),
            AuditPlace::At(folder) => Some(folder),
            AuditPlace::Nowhere => None,
        },
        state,
        origins,
    }
}

#[cfg(not(feature = "agent"))]
fn agent(_: &Settings, user: &User) -> Agent {
    let state = Path::new(SERVICE_STATE);
    Agent {
        mistakes: None,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        state: user.is_root().then(|| state.to_owned()),
        audit: None,
        origins: Vec::new(),
    }
}

fn zone(now: Timestamp) -> Option<(i32, String)> {
    let zone = TimeZone::try_system().ok()?;
    let offset = zone.to_offset(now).seconds();
    let name = zone.iana_name().unwrap_or("?").to_owned();
    Some((offset, name))
}

#[cfg(feature = "pcsc")]
fn heard() -> Heard {
    use crate::doctor::Lying;
    use crate::doctor::Reader;
    use crate::transport::pcsc;
    use crate::transport::pcsc::CardState;

    let readers = match pcsc::readers() {
        Ok(readers) => readers,
        Err(error) => return Heard::Nothing(error),
    };
    let reader = |one: pcsc::ReaderState| Reader {
        name: one.name,
        card: match one.card {
            CardState::InUse => Lying::InUse,
            CardState::Mute => Lying::Mute,
            CardState::Absent | CardState::Present | CardState::Unknown => Lying::Free,
        },
    };
    Heard::Readers(readers.into_iter().map(reader).collect())
}

#[cfg(not(feature = "pcsc"))]
fn heard() -> Heard {
    Heard::NotBuilt
}

fn trust(settings: &Settings, now: Timestamp) -> Trust {
    let store = match settings.trust() {
        Ok(store) => store,
        Err(error) => {
            let subject = error.subject().unwrap_or_default();
            return Trust::Unreadable(format!("{}: {subject}", error.code()));
        }
    };
    let anchors = store.anchors().iter();
    let listed = anchors
        .clone()
        .filter_map(|anchor| match &anchor.provenance {
            Provenance::MasterList { signed, .. } => *signed,
            _ => None,
        });
    let crls = store.crls().iter();
    let overdue = crls
        .clone()
        .filter(|crl| crl.next_update().is_some_and(|due| due < now));
    Trust::Read {
        anchors: anchors
            .filter(|anchor| anchor.provenance != Provenance::TestCard)
            .count(),
        newest: listed
            .chain(crls.clone().map(|crl| crl.this_update()))
            .max(),
        overdue: overdue.count(),
    }
}

fn words(findings: &[Finding], user: &User, lang: Lang) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = writeln!(
        text,
        "{}: {}",
        lang.choose("Tài khoản", "Account"),
        user.shown()
    );
    for finding in findings {
        let mark = match finding.state {
            Kind::Ok => lang.choose("[ tốt ]", "[ ok ]"),
            Kind::Warning => lang.choose("[ cảnh báo ]", "[ warning ]"),
            Kind::Problem => lang.choose("[ LỖI ]", "[ PROBLEM ]"),
            _ => lang.choose("[ không rõ ]", "[ unknown ]"),
        };
        let what = sentence(finding.code, lang);
        let _ = write!(text, "{mark} {what}");
        if let Some(subject) = finding.subject.as_ref().filter(|text| !text.is_empty()) {
            let _ = write!(text, " {subject}");
        }
        let _ = writeln!(text, " ({})", finding.code);
        if finding.state != Kind::Ok {
            let _ = writeln!(text, "    {}", remedy(finding.code, lang));
            if let Some(command) = &finding.command {
                let _ = writeln!(text, "    $ {command}");
            }
        }
    }
    text
}

fn facts(findings: &[Finding], user: &User) -> Value {
    let count = |state: Kind| findings.iter().filter(|one| one.state == state).count();
    let all: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let (vi, en) = (Lang::Vi, Lang::En);
            let code = finding.code;
            json!({
                "state": finding.state.code(),
                "code": code,
                "subject": finding.subject,
                "message": {"vi": sentence(code, vi), "en": sentence(code, en)},
                "remedy": {"vi": remedy(code, vi), "en": remedy(code, en)},
                "command": finding.command,
            })
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "user": {"name": user.name, "id": user.id},
        "ok": count(Kind::Ok),
        "warnings": count(Kind::Warning),
        "problems": count(Kind::Problem),
        "unknown": count(Kind::Unknown),
        "findings": all,
    })
}
