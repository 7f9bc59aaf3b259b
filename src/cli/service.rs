//! `registry init --service`: everything that a registry's server and who asks it need, to try both out.
//!
//! Keys and certificates are new each time and stand nowhere else, so the set is safe to use on a
//! network; that its names say TEST, and that it knows invented citizens only, keeps it from being taken
//! for a real one.

use std::fs;
use std::fs::DirBuilder;
use std::io;
use std::io::Write as _;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::LineError;
use crate::error::SetupError;
use crate::registry::Embedded;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;
use crate::sim::pki::private_key::pem;
use crate::sim::pki::service::Credential;
use crate::sim::pki::service::ServicePki;
use crate::sim::pki::service::ServiceSpec;

/// Days for which the certificates are in force.
const DAYS: i64 = 730;

/// Where the server listens.
const ADDRESS: &str = "127.0.0.1:8443";

/// The folder's files, which the two configurations name.
const SERVER: &str = "server.toml";
const CLIENT: &str = "client.toml";
const REGISTER: &str = "register.sqlite";

/// Makes the folder, whole or not at all.
pub(super) fn run(folder: &Path, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let spec = specification(settings)?;
    let pki = spec.make()?;
    begin(folder)?;
    let made = fill(folder, &pki);
    if made.is_err() {
        // It is ours alone: it was not there a moment ago. What is left of it stands in the way.
        let _ = fs::remove_dir_all(folder);
    }
    let made = made?;
    let shown = |name: &str| folder.join(name).display().to_string();
    let serve = format!("cancuoc registry serve --config {}", shown(SERVER));
    let read = format!(
        "CANCUOC_CONFIG={} cancuoc read --virtual an --case test-1",
        shown(CLIENT)
    );
    out.remark(
        "Chỉ dùng để thử: sổ này chỉ có công dân mẫu.",
        "For tests only: this register has sample citizens only.",
    );
    out.answer(
        &format!("{serve}\n{read}\n"),
        &json!({
            "schema": "cancuoc.registry_service/1",
            "server": shown(SERVER),
            "client": shown(CLIENT),
            "url": format!("https://{ADDRESS}"),
            "key_sha256": made.registry.to_string(),
            "device_sha256": made.device.to_string(),
            "commands": {"serve": serve, "read": read},
        }),
    )?;
    Ok(Ended::Done)
}

/// Certificates from yesterday on, since clocks differ.
fn specification(settings: &Settings) -> Result<ServiceSpec, SetupError> {
    let mut seed = [0; 32];
    System.fill(&mut seed)?;
    let now: DateTime = settings.timestamp()?.to_zoned(TimeZone::UTC).datetime();
    let day = |days: i64| now.checked_add(days.days()).map_err(|_| SetupError::Time);
    Ok(ServiceSpec {
        // Drawn and thrown away: the keys are in the files and nowhere else.
        seed: hex::encode(seed),
        agency: "TEST agency cancuoc".to_owned(),
        validity: (day(-1)?, day(DAYS)?),
    })
}

/// Makes the folder itself, for this user alone. One that is there is left as it is.
fn begin(folder: &Path) -> Result<(), SetupError> {
    let unwritable = |_| SetupError::OutputUnwritable {
        path: folder.display().to_string(),
    };
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => LineError::PlaceTaken {
            path: folder.display().to_string(),
        }
        .into(),
        _ => unwritable(error),
    })
}

/// By which names the two sides know each other.
struct Made {
    registry: DeviceId,
    device: DeviceId,
}

fn fill(folder: &Path, pki: &ServicePki) -> Result<Made, Error> {
    for (name, credential) in [
        ("ca", &pki.authority),
        ("server", &pki.server),
        ("agency", &pki.agency),
    ] {
        let Credential {
            certificate,
            private_key,
        } = credential;
        let text = pem("CERTIFICATE", certificate);
        write(folder, &format!("{name}.pem"), &text)?;
        let key = pem("PRIVATE KEY", private_key.expose());
        write(folder, &format!("{name}.key"), &key)?;
    }
    let key = |name: &str| DeviceKey::create(&folder.join(name), &mut System);
    let made = Made {
        registry: key("signing.key")?.id(),
        device: key("device.key")?.id(),
    };
    // The register makes the key that hides citizen numbers by itself.
    drop(Embedded::open(&folder.join(REGISTER))?);
    let agency = hex::encode(Hash::Sha256.digest(&[&pki.agency.certificate]));
    write(folder, SERVER, &server(&agency, &made))?;
    write(folder, CLIENT, &client(&made))?;
    Ok(made)
}

/// Writes a file for this user alone.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), SetupError> {
    let path = folder.join(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|_| SetupError::OutputUnwritable {
            path: path.display().to_string(),
        })
}

fn server(agency: &str, made: &Made) -> String {
    let device = made.device;
    format!(
        r#"# A registry to try out, FOR TESTS ONLY: it knows the sample citizens alone.
# Paths are relative to this file; docs/registry.md says what may stand here.
listen = "{ADDRESS}"
registry = "sqlite:{REGISTER}"
certificate = "server.pem"
key = "server.key"
clients = "ca.pem"
signing_key = "signing.key"
audit = "audit"

[[procedure]]
code = "identification"

[[procedure]]
code = "residence"
discloses = ["permanent_residence", "temporary_residence", "current_residence"]

[[agency]]
id = "test-agency"
certificate = "sha256:{agency}"
devices = ["{device}"]
"#
    )
}

fn client(made: &Made) -> String {
    let registry = made.registry;
    format!(
        r#"# How the registry beside this file is asked, FOR TESTS ONLY: CANCUOC_CONFIG names this file.
[registry]
url = "https://{ADDRESS}"
key = "{registry}"
certificate = "agency.pem"
private_key = "agency.key"
roots = "ca.pem"
device_key = "device.key"

[purpose]
procedure = "identification"
officer = "officer-1"
device = "counter-1"
"#
    )
}
