//! The registry's server as others run it: the program itself, by its configuration file.

use std::fmt::Write as _;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cancuoc::crypto::random::System;
use cancuoc::registry::postgres;
use cancuoc::registry::samples::Contents;
use cancuoc::seal::key::DeviceId;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::pki::service::Credential;
use cancuoc::sim::pki::service::ServiceSpec;
use jiff::civil::date;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio_rustls::rustls;

use crate::database::Database;
use crate::database::Folder;
use crate::questions::PROCEDURE;

/// The agency, as its certificate names it.
const AGENCY: &str = "TEST agency of the benchmark";

/// Devices of the agency.
const DEVICES: usize = 16;

/// Whether questions must be signed.
#[derive(Clone, Copy)]
pub enum Devices {
    Sign,
    NeedNotSign,
}

/// What devices sign with.
#[derive(Clone, Copy)]
pub enum DeviceKeys {
    /// ECDSA on P-256
    Es256,
    /// RSA of 2048 bits: slow to sign with and fast to check
    Ps256,
}

impl DeviceKeys {
    /// Makes so many keys.
    pub fn make(self, count: usize) -> Vec<DeviceKey> {
        let one = |_| match self {
            Self::Es256 => DeviceKey::generate(&mut System).unwrap(),
            Self::Ps256 => {
                let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
                let name = format!("cancuoc-bench-{}.key", std::process::id());
                let path = std::env::temp_dir().join(name);
                pem(&path, "PRIVATE KEY", &key.private_key_to_pkcs8().unwrap());
                let key = DeviceKey::load(&path).unwrap();
                fs::remove_file(path).unwrap();
                key
            }
        };
        (0..count).map(one).collect()
    }
}

pub struct Service {
    server: Child,
    database: u32,
    pub address: SocketAddr,
    status: SocketAddr,
    /// The key that signs answers.
    pub key: DeviceId,
    /// Keys of the devices.
    pub devices: Vec<DeviceKey>,
    pub tls: Arc<ClientConfig>,
    layers: Mutex<Vec<(String, f64, f64)>>,
}

/// Makes the register's tables and its number key.
pub fn init(folder: &Folder, database: &Database) {
    postgres::make(&register(folder, database), Contents::Nobody).unwrap();
}

fn register(folder: &Folder, database: &Database) -> String {
    let key = folder.path().join("registry.key");
    format!("{}?number_key={}", database.url(), key.display())
}

impl Service {
    pub fn start(
        program: &Path,
        folder: &Folder,
        database: &Database,
        devices: Devices,
        keys: DeviceKeys,
    ) -> Self {
        let audit = folder.path().join("audit");
        Self::launch(program, folder, database, devices, keys, &audit)
    }

    pub fn start_with_audit(
        program: &Path,
        folder: &Folder,
        database: &Database,
        audit: &Path,
        keys: DeviceKeys,
    ) -> Self {
        Self::launch(
            program,
            folder,
            database,
            Devices::Sign,
            keys,
            &audit.join("audit"),
        )
    }

    fn launch(
        program: &Path,
        folder: &Folder,
        database: &Database,
        signing: Devices,
        keys: DeviceKeys,
        audit: &Path,
    ) -> Self {
        let place = folder.path();
        let pki = ServiceSpec {
            seed: "benchmark".to_owned(),
            agency: AGENCY.to_owned(),
            validity: (
                date(2026, 1, 1).at(0, 0, 0, 0),
                date(2049, 1, 1).at(0, 0, 0, 0),
            ),
        };
        let pki = pki.make().unwrap();
        let certificate = |name: &str, credential: &Credential| {
            pem(&place.join(name), "CERTIFICATE", &credential.certificate);
        };
        certificate("clients.pem", &pki.authority);
        certificate("server.pem", &pki.server);
        let server_key = place.join("server.key");
        pem(&server_key, "PRIVATE KEY", pki.server.private_key.expose());
        let _ = fs::remove_file(place.join("signing.key"));
        DeviceKey::create(&place.join("signing.key"), &mut System).unwrap();
        let devices = keys.make(DEVICES);
        let named = devices
            .iter()
            .map(|key| format!("\"{}\"", key.public().id()))
            .collect::<Vec<_>>()
            .join(", ");
        let signatures = match signing {
            Devices::Sign => "required",
            Devices::NeedNotSign => "optional",
        };
        fs::create_dir_all(audit).unwrap();
        let mut configuration = String::new();
        // Nobody is slowed: what is measured is the work, not the pace that an agency is held to.
        write!(
            configuration,
            "listen = \"127.0.0.1:0\"\n\
             status = \"127.0.0.1:0\"\n\
             registry = \"{}\"\n\
             certificate = \"server.pem\"\n\
             key = \"server.key\"\n\
             clients = \"clients.pem\"\n\
             signing_key = \"signing.key\"\n\
             audit = \"{}\"\n\
             device_signatures = \"{signatures}\"\n\
             log = \"server\"\n\
             [questions]\n\
             tolerance_seconds = 600\n\
             window_seconds = 1200\n\
             [buckets]\n\
             agency = {{ capacity = 1000000000, per_second = 1e6 }}\n\
             officer = {{ capacity = 1000000000, per_second = 1e6 }}\n\
             device = {{ capacity = 1000000000, per_second = 1e6 }}\n\
             [[agency]]\n\
             id = \"bench\"\n\
             certificate = \"{AGENCY}\"\n\
             devices = [{named}]\n\
             [[procedure]]\n\
             code = \"{PROCEDURE}\"\n",
            register(folder, database),
            audit.display(),
        )
        .unwrap();
        fs::write(place.join("server.toml"), configuration).unwrap();
        let log = fs::File::create(place.join("server.log")).unwrap();
        let mut server = Command::new(program)
            .stdin(Stdio::null())
            .current_dir(place)
            .args(["registry", "serve", "--config", "server.toml"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let log = fs::read_to_string(place.join("server.log")).unwrap();
            panic!("the server does not start: {log}");
        };
        let text = |member: &str| said[member].as_str().unwrap().to_owned();
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from(pki.authority.certificate.clone());
        roots.add(root).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let tls = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                vec![CertificateDer::from(pki.agency.certificate.clone())],
                PrivateKeyDer::try_from(pki.agency.private_key.expose().to_vec()).unwrap(),
            )
            .unwrap();
        Self {
            server,
            database: database.process(),
            address: text("address").parse().unwrap(),
            status: text("status").parse().unwrap(),
            key: DeviceId::parse(&text("key_sha256")).unwrap(),
            devices,
            tls: Arc::new(tls),
            layers: Mutex::default(),
        }
    }

    /// Numbers of the processes: the server and PostgreSQL.
    pub fn processes(&self) -> (u32, u32) {
        (self.server.id(), self.database)
    }

    /// Counts the layers from here.
    pub fn forget_layers(&self) {
        *self.layers.lock().unwrap() = self.read_layers();
    }

    /// Prints the mean time of each layer of the server since [`Service::forget_layers`].
    pub fn layers(&self) {
        let before = self.layers.lock().unwrap().clone();
        for (layer, sum, count) in self.read_layers() {
            let known = before.iter().find(|known| known.0 == layer);
            let (sum_before, count_before) = known.map_or((0.0, 0.0), |known| (known.1, known.2));
            let count = count - count_before;
            if count > 0.0 {
                let mean = (sum - sum_before) / count * 1e6;
                println!("  layer {layer}: {mean:.0} µs of waiting and work each");
            }
        }
    }

    fn read_layers(&self) -> Vec<(String, f64, f64)> {
        let mut stream = TcpStream::connect(self.status).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let value = |what: &str, layer: &str| {
            let head = format!("cancuoc_registry_layer_seconds_{what}{{layer=\"{layer}\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&head));
            line.and_then(|number| number.parse::<f64>().ok())
        };
        let names = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("cancuoc_registry_layer_seconds_count{layer=\"")?;
            rest.split_once('"').map(|(layer, _)| layer.to_owned())
        });
        names
            .filter_map(|layer| {
                let (sum, count) = (value("sum", &layer)?, value("count", &layer)?);
                Some((layer, sum, count))
            })
            .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.server.id().to_string()])
            .status();
        let _ = self.server.wait();
    }
}

fn pem(path: &Path, label: &str, der: &[u8]) {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64);
    let lines = lines.map(|line| std::str::from_utf8(line).unwrap());
    let body = lines.collect::<Vec<_>>().join("\n");
    let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    fs::write(path, text).unwrap();
    // A key that others may read is refused.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path, mode).unwrap();
}
