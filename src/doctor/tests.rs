//! Each thing made wrong in a root of its own, and found.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::process;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use super::*;
use crate::render::words::entry;

/// A machine on which all is well, in a folder that goes with it.
struct Clinic(Machine);

impl Clinic {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let root = env::temp_dir().join(format!("cancuoc-doctor-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir(&root).unwrap();
        let user = User::present(Path::new("/"));
        let clinic = Self(Machine {
            now: "2026-11-22T08:00:00Z".parse().unwrap(),
            zone: Some((25_200, "Asia/Ho_Chi_Minh".to_owned())),
            heard: Heard::Readers(vec![Reader {
                name: "ACME 00 00".to_owned(),
                card: Lying::Free,
            }]),
            socket: "/run/pcscd/pcscd.comm".into(),
            trust: Trust::Read {
                anchors: 3,
                newest: Some("2026-11-01T00:00:00Z".parse().unwrap()),
                overdue: 0,
            },
            registry: format!("sqlite:{}", root.display()),
            registry_options: RegistryOptions {
                limit: std::time::Duration::from_millis(300),
                ..RegistryOptions::default()
            },
            mistakes: None,
            listen: "127.0.0.1:0".parse().unwrap(),
            state: Some("/state".into()),
            audit: Some("/state/audit".into()),
            origins: vec!["https://a.example.vn".to_owned()],
            run: |program, _| {
                Some(match program {
                    "df" => "Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/sda 9 1 9000000 1% /".to_owned(),
                    _ => "yes".to_owned(),
                })
            },
            root,
            user,
        });
        clinic.put("usr/sbin/pcscd", "");
        clinic.put("run/pcscd/pcscd.comm", "");
        clinic.put("usr/lib/pcsc/drivers/ifd-ccid.bundle/Info.plist", "");
        clinic.put("proc/modules", "usbhid 1 0 - Live\n");
        clinic.put("usr/bin/chromium", "");
        clinic.put(
            "etc/chromium/policies/managed/x.json",
            r#"{"LoopbackNetworkAllowedForUrls": ["https://a.example.vn"]}"#,
        );
        clinic.put("state/tokens", "");
        clinic.mode("state", 0o700);
        clinic
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn take(&self, path: &str) {
        let path = self.0.root.join(path);
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }

    fn mode(&self, path: &str, mode: u32) {
        let path = self.0.root.join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// All findings that are not in order.
    fn complaints(&self) -> Vec<&'static str> {
        let findings = examine(&self.0);
        for finding in &findings {
            let entry = entry(finding.code).unwrap();
            assert_eq!(entry.kind, finding.state, "{}", finding.code);
        }
        let bad = findings.iter().filter(|one| one.state != Kind::Ok);
        bad.map(|one| one.code).collect()
    }

    fn has(&self, code: &str) {
        assert_eq!(self.finding(code).code, code);
    }

    fn finding(&self, code: &str) -> Finding {
        let found = examine(&self.0).into_iter().find(|one| one.code == code);
        found.unwrap_or_else(|| panic!("{code} in {:?}", self.complaints()))
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0.root);
    }
}

#[test]
fn a_machine_on_which_all_is_well_has_no_complaint_and_stays_as_it_was() {
    let clinic = Clinic::new();
    let before = listed(&clinic.0.root);
    assert_eq!(clinic.complaints(), [""; 0]);
    assert_eq!(listed(&clinic.0.root), before);
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in entries(folder).unwrap() {
        if path.is_dir() {
            all.extend(listed(&path));
        }
        all.push(path);
    }
    all
}

#[test]
fn a_service_that_does_not_answer_is_told_apart_by_its_reason() {
    let mut clinic = Clinic::new();
    clinic.0.heard = Heard::Nothing(TransportError::NoService);
    assert_eq!(
        clinic.complaints(),
        ["doctor.pcsc_silent", "doctor.reader_unknown"]
    );
    clinic.take("run/pcscd/pcscd.comm");
    let stopped = clinic.finding("doctor.pcsc_stopped");
    assert!(stopped.command.unwrap().contains("pcscd.socket"));
    clinic.take("usr/sbin/pcscd");
    clinic.has("doctor.pcsc_missing");
    clinic.0.heard = Heard::Nothing(TransportError::Failed { code: 0x8010_0001 });
    let failed = clinic.finding("doctor.pcsc_failed");
    assert!(failed.subject.unwrap().contains("0x80100001"));
    clinic.0.heard = Heard::NotBuilt;
    clinic.has("doctor.pcsc_not_built");
}

#[test]
fn who_looks_as_the_service_is_given_the_services_commands() {
    let mut clinic = Clinic::new();
    clinic.0.user.name = Some("cancuoc".to_owned());
    clinic.0.trust = Trust::Read {
        anchors: 0,
        newest: None,
        overdue: 0,
    };
    let command = clinic.finding("doctor.trust_empty").command.unwrap();
    assert_eq!(command, "sudo cancuoc-service trust add FILE");
}

#[test]
fn polkit_is_looked_at_where_pcscd_asks_it() {
    let mut clinic = Clinic::new();
    clinic.put("usr/share/polkit-1/actions/org.debian.pcsc-lite.policy", "");
    clinic.put(
        "etc/passwd",
        "root:x:0:0::/:/bin/sh\ncancuoc:x:990:990::/:/bin/false\n",
    );
    let absent = clinic.finding("doctor.polkit_absent");
    assert!(absent.command.unwrap().contains("install polkitd"));
    clinic.put("usr/lib/polkit-1/polkitd", "");
    clinic.0.run = |_, _| Some("LoadState=masked\nActiveState=inactive".to_owned());
    let masked = clinic.finding("doctor.polkit_absent");
    assert_eq!(masked.subject.as_deref(), Some("LoadState=masked"));
    // The bus starts it when it is asked.
    clinic.0.run = |_, _| Some("LoadState=loaded\nActiveState=inactive".to_owned());
    // Whoever looks is let in, and the service is not.
    let missing = clinic.finding("doctor.polkit_missing");
    assert_eq!(missing.subject.as_deref(), Some("cancuoc"));
    assert!(missing.command.unwrap().contains("access_card"));
    let rule = "polkit.addRule(function(action, subject) {\n\
                if ((action.id == \"org.debian.pcsc-lite.access_pcsc\" ||\n\
                action.id == \"org.debian.pcsc-lite.access_card\") &&\n\
                subject.user == \"cancuoc\") { return polkit.Result.YES; }\n});\n";
    let commented: String = rule.lines().map(|line| format!("// {line}\n")).collect();
    clinic.put("etc/polkit-1/rules.d/10.rules", &commented);
    clinic.has("doctor.polkit_missing");
    // A rule for one of the two actions lets nobody in.
    for action in ["access_pcsc", "access_card"] {
        let half = rule.replace(action, "another");
        clinic.put("usr/share/polkit-1/rules.d/50.rules", &half);
        clinic.has("doctor.polkit_missing");
    }
    clinic.put("usr/share/polkit-1/rules.d/50.rules", rule);
    clinic.has("doctor.polkit_ok");
    clinic.0.heard = Heard::Nothing(TransportError::NotAllowed);
    clinic.has("doctor.pcsc_refused");
}

#[test]
fn drivers_that_are_missing_or_in_the_way_are_found() {
    let mut clinic = Clinic::new();
    clinic.take("usr/lib/pcsc/drivers/ifd-ccid.bundle");
    assert_eq!(clinic.complaints(), ["doctor.driver_missing"]);
    clinic.put("usr/lib/pcsc/drivers/ifd-ccid.bundle/Info.plist", "");
    clinic.put(
        "proc/modules",
        "pn533_usb 20480 0 - Live 0x0\npn533 1 1 pn533_usb, Live 0x0\n",
    );
    let loaded = clinic.finding("doctor.kernel_loaded");
    assert!(
        loaded
            .command
            .unwrap()
            .ends_with("modprobe -r pn533_usb pn533")
    );
    let usb = "sys/bus/usb/devices";
    clinic.put(&format!("{usb}/1-1/product"), "ACR122U PICC Interface\n");
    clinic.put(&format!("{usb}/1-1:1.0/bInterfaceClass"), "0b\n");
    let driver = clinic.0.root.join(usb).join("1-1:1.0/driver");
    symlink("../../drivers/pn533_usb", driver).unwrap();
    let took = clinic.finding("doctor.kernel_took");
    assert_eq!(
        took.subject.as_deref(),
        Some("ACR122U PICC Interface: pn533_usb")
    );
    clinic.0.heard = Heard::Readers(Vec::new());
    let unlisted = clinic.finding("doctor.reader_unlisted");
    assert_eq!(unlisted.subject.as_deref(), Some("ACR122U PICC Interface"));
    clinic.take("sys");
    clinic.has("doctor.reader_none");
}

#[test]
fn whoever_holds_a_card_is_named() {
    let mut clinic = Clinic::new();
    let on = |card| {
        Heard::Readers(vec![Reader {
            name: "ACME 00 00".to_owned(),
            card,
        }])
    };
    clinic.0.heard = on(Lying::Mute);
    assert_eq!(clinic.complaints(), ["doctor.reader_mute"]);
    clinic.0.heard = on(Lying::InUse);
    assert!(clinic.finding("doctor.reader_in_use").command.is_some());
    clinic.put("proc/4711/comm", "oldreader\n");
    clinic.put(
        "proc/4711/maps",
        "7f00-7f01 r-xp 0 08:01 1 /usr/lib/libpcsclite.so.1.0.0\n",
    );
    clinic.put("proc/4712/comm", "pcscd\n");
    clinic.put("proc/4712/maps", "libpcsclite\n");
    let held = clinic.finding("doctor.reader_in_use");
    assert_eq!(
        held.subject.as_deref(),
        Some("ACME 00 00: oldreader (4711)")
    );
}

#[test]
fn a_clock_that_cannot_be_right_is_found() {
    let mut clinic = Clinic::new();
    for (now, code) in [
        ("1970-01-01T00:00:10Z", "doctor.clock_past"),
        ("2026-10-31T00:00:00Z", "doctor.clock_past"),
        ("2099-01-01T00:00:00Z", "doctor.clock_future"),
    ] {
        clinic.0.now = now.parse().unwrap();
        assert!(clinic.finding(code).command.is_some());
    }
    clinic.0.now = "2026-11-22T08:00:00Z".parse().unwrap();
    clinic.0.trust = Trust::Read {
        anchors: 1,
        newest: Some("2026-12-24T00:00:00Z".parse().unwrap()),
        overdue: 0,
    };
    assert_eq!(clinic.complaints(), ["doctor.clock_behind"]);
    clinic.0.trust = Clinic::new().0.trust.clone();
    clinic.0.zone = Some((-12_600, "America/St_Johns".to_owned()));
    let zone = clinic.finding("doctor.zone_other").subject.unwrap();
    assert_eq!(zone, "America/St_Johns (-03:30)");
    clinic.0.zone = None;
    clinic.0.run = |_, _| None;
    assert_eq!(
        clinic.complaints(),
        [
            "doctor.clock_unsaid",
            "doctor.zone_unknown",
            "doctor.space_unknown"
        ]
    );
    clinic.0.run = |_, _| Some("no".to_owned());
    clinic.has("doctor.clock_unset");
}

#[test]
fn trust_and_registry_are_looked_at() {
    let mut clinic = Clinic::new();
    let trust = |anchors, newest: Option<&str>, overdue| Trust::Read {
        anchors,
        newest: newest.map(|newest| newest.parse().unwrap()),
        overdue,
    };
    for (given, code) in [
        (trust(0, None, 0), "doctor.trust_empty"),
        (trust(1, None, 0), "doctor.trust_undated"),
        (
            trust(1, Some("2026-01-01T00:00:00Z"), 0),
            "doctor.trust_old",
        ),
        (
            trust(1, Some("2026-11-20T00:00:00Z"), 2),
            "doctor.trust_old",
        ),
        (Trust::Unreadable("x".to_owned()), "doctor.trust_unreadable"),
    ] {
        clinic.0.trust = given;
        assert_eq!(clinic.complaints(), [code]);
    }
    clinic.0.trust = Clinic::new().0.trust.clone();
    #[cfg(feature = "registry")]
    {
        use crate::registry::embedded::Embedded;
        use crate::registry::samples::Contents;
        let file = |name: &str| clinic.0.root.join(name);
        let (samples, nobody) = (file("samples.sqlite"), file("nobody.sqlite"));
        drop(Embedded::open(&samples).unwrap());
        drop(Embedded::open_with(&nobody, Contents::Nobody).unwrap());
        for (file, complaint) in [(nobody, None), (samples, Some("doctor.registry_samples"))] {
            clinic.0.registry = format!("sqlite:{}", file.display());
            assert_eq!(clinic.complaints(), complaint.as_slice());
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for (address, code) in [
        ("none".to_owned(), "doctor.registry_none"),
        ("sqlite:/nowhere/x".to_owned(), "doctor.registry_new"),
        ("snapshot:/nowhere/x".to_owned(), "doctor.registry_absent"),
        ("gopher://x".to_owned(), "doctor.registry_address"),
        (format!("http://127.0.0.1:{port}/x"), "doctor.registry_ok"),
    ] {
        clinic.0.registry = address;
        clinic.has(code);
    }
    drop(listener);
    clinic.has("doctor.registry_unreached");
    clinic.0.registry = format!("postgres://nobody:secret@127.0.0.1:{port}/x?number_key=k");
    let silent = clinic.finding("doctor.registry_unreached").subject;
    assert_eq!(silent, Some(format!("127.0.0.1:{port}")));
    #[cfg(feature = "postgres")]
    {
        clinic.0.registry = format!("postgres://127.0.0.1:{port}/x?number_key=k&sslmood=off");
        clinic.has("doctor.registry_address");
    }
}

/// A port that is open says nothing of the database behind it.
#[cfg(feature = "postgres")]
#[test]
fn a_database_must_answer_and_not_only_be_connected_to() {
    let mut clinic = Clinic::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    clinic.0.registry =
        format!("postgres://nobody:secret@127.0.0.1:{port}/x?number_key=k&sslmode=disable");
    // It refuses as PostgreSQL does (PostgreSQL documentation, "Message Formats": ErrorResponse).
    let refusing = std::thread::spawn(move || {
        use std::io::Read as _;
        use std::io::Write as _;
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 256];
        let _ = stream.read(&mut asked).unwrap();
        let fields = b"SFATAL\0C28P01\0Mno\0\0";
        let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
        stream
            .write_all(&[b"E", &length[..], fields].concat())
            .unwrap();
    });
    let refused = clinic
        .finding("doctor.registry_database_refuses")
        .subject
        .unwrap();
    assert!(
        refused.starts_with(&format!("127.0.0.1:{port}: ")),
        "{refused}"
    );
    assert!(!refused.contains("secret"), "{refused}");
    refusing.join().unwrap();
}

#[test]
fn the_agents_port_is_free_or_somebody_has_it() {
    let mut clinic = Clinic::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    clinic.0.listen = listener.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        use std::io::Read as _;
        use std::io::Write as _;
        for answer in [
            "HTTP/1.1 404 Not Found\r\n\r\n",
            "HTTP/1.1 404 \r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nHello",
            "HTTP/1.1 200 OK\r\n\r\nalive\n",
            "HTTP/1.1 200 OK\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\r\nalive\n",
        ] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 256];
            let _ = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
        listener
    });
    let port = clinic.0.listen.port();
    assert!(
        clinic
            .finding("doctor.port_taken")
            .command
            .unwrap()
            .contains(&port.to_string())
    );
    clinic.put(
        "proc/net/tcp",
        &format!("  sl  local_address rem_address st\n   0: 0100007F:{port:04X} 00000000:0000 0A 0:0 0:0 0 0 0 4242 1\n"),
    );
    clinic.put("proc/99/comm", "nginx\n");
    fs::create_dir_all(clinic.0.root.join("proc/99/fd")).unwrap();
    symlink("socket:[4242]", clinic.0.root.join("proc/99/fd/3")).unwrap();
    let taken = clinic.finding("doctor.port_taken").subject.unwrap();
    assert_eq!(taken, format!("127.0.0.1:{port}: nginx (99)"));
    // Another program that answers everything with 200.
    clinic.has("doctor.port_taken");
    clinic.has("doctor.port_taken");
    clinic.has("doctor.port_agent");
    drop(answering.join().unwrap());
    clinic.has("doctor.port_free");
    // An address that no machine has (RFC 5737).
    clinic.0.listen = "192.0.2.1:8480".parse().unwrap();
    clinic.has("doctor.port_address");
}

#[test]
fn the_state_is_for_its_owner_alone() {
    let mut clinic = Clinic::new();
    clinic.mode("state", 0o755);
    let open = clinic.finding("doctor.state_open");
    assert!(open.command.unwrap().ends_with("chmod 0700 /state"));
    clinic.mode("state", 0o711);
    clinic.mode("state/tokens", 0o644);
    let open = clinic.finding("doctor.state_open");
    assert!(open.command.unwrap().ends_with("chmod 0600 /state/tokens"));
    clinic.mode("state/tokens", 0o600);
    assert_eq!(clinic.complaints(), [""; 0]);
    // The service's user names the files, and the administrator runs the command.
    clinic.put("state/a'; reboot; '\u{1b}[2J", "");
    clinic.mode("state/a'; reboot; '\u{1b}[2J", 0o666);
    let open = clinic.finding("doctor.state_open");
    let command = open.command.unwrap();
    assert!(
        command.ends_with(r"chmod 0600 '/state/a'\''; reboot; '\''[2J'"),
        "{command}"
    );
    clinic.take("state/a'; reboot; '\u{1b}[2J");
    // A command would follow a link that was laid there.
    let link = clinic.0.root.join("state/link");
    std::os::unix::fs::symlink(clinic.0.root.join("etc/passwd"), link).unwrap();
    assert_eq!(clinic.complaints(), [""; 0]);
    for shut in [0o000, 0o400, 0o500] {
        clinic.mode("state", shut);
        let shut = clinic.finding("doctor.state_shut");
        assert!(shut.command.unwrap().ends_with("chmod 0700 /state"));
    }
    clinic.mode("state", 0o777);
    clinic.has("doctor.state_open");
    clinic.0.user.id = clinic.0.user.id.map(|id| id + 1);
    clinic.has("doctor.state_foreign");
    clinic.take("state");
    clinic.has("doctor.state_new");
    clinic.put("state", "");
    clinic.has("doctor.state_file");
    clinic.0.state = None;
    clinic.has("doctor.state_nowhere");
    clinic.0.mistakes = Some("agent.colour: unknown".to_owned());
    clinic.has("doctor.config_wrong");
}

#[test]
fn room_that_runs_out_is_told_in_time() {
    let mut clinic = Clinic::new();
    clinic.0.run = |_, _| Some("x\n/dev/sda 9 1 300000 1% /".to_owned());
    assert!(clinic.complaints().contains(&"doctor.space_little"));
    clinic.0.run = |_, _| Some("x\n/dev/sda 9 1 0 1% /".to_owned());
    assert!(clinic.complaints().contains(&"doctor.space_none"));
    clinic.0.run = |program, _| match program {
        "findmnt" => Some("ro,relatime\n".to_owned()),
        _ => None,
    };
    assert!(clinic.complaints().contains(&"doctor.space_read_only"));
    clinic.0.run = |program, _| match program {
        "findmnt" => Some("rw,errors=remount-ro\n".to_owned()),
        _ => None,
    };
    assert!(clinic.complaints().contains(&"doctor.space_unknown"));
    clinic.0.audit = None;
    clinic.0.run = |_, _| None;
    assert_eq!(clinic.complaints(), ["doctor.clock_unsaid"]);
}

#[test]
fn a_browser_without_a_policy_for_a_site_is_named() {
    let mut clinic = Clinic::new();
    clinic.put("etc/chromium/policies/managed/x.json", "not JSON");
    let closed = clinic.finding("doctor.browser_closed");
    let command = closed.command.unwrap();
    assert!(command.contains("/etc/chromium/policies/managed/cancuoc.json"));
    // The service's configuration is not that of whoever types the command.
    let named = format!("browser-policy chrome --origin {}", clinic.0.origins[0]);
    assert!(command.contains(&named), "{command}");
    clinic.put("usr/bin/firefox-esr", "");
    for other in [
        r#"{"policies": {"LocalNetworkAccess": {"SkipDomains": ["b.example.vn"]}}}"#,
        r#"{"policies": {"Homepage": {"URL": "https://a.example.vn"}}}"#,
    ] {
        clinic.put("etc/firefox/policies/policies.json", other);
        let findings = examine(&clinic.0);
        assert!(findings.iter().all(|one| one.code != "doctor.browser_ok"));
    }
    clinic.put(
        "etc/firefox/policies/policies.json",
        r#"{"policies": {"LocalNetworkAccess": {"SkipDomains": ["a.example.vn"]}}}"#,
    );
    clinic.has("doctor.browser_ok");
    clinic.take("usr/bin");
    clinic.has("doctor.browser_none");
    clinic.0.origins.clear();
    clinic.has("doctor.browser_unneeded");
}
