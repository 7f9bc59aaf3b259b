//! The package in a system whose first process is systemd: the service as a service, with its limits, with
//! the pcscd of the system, and with polkit.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::MAX_EXPOSURE;
use super::machine::Machine;
use super::newest_package;
use super::root::Root;
use super::text;
use super::visit;
use crate::support::program::run;

/// The unit.
const AGENT: &str = "cancuoc-agent.service";

/// Where the service listens, as it is configured when it is installed.
const ADDRESS: &str = "127.0.0.1:8480";

/// Longest time for a page's visit: a read.
const VISIT: Duration = Duration::from_secs(300);

/// What the agent may hold before systemd slows it down (`MemoryHigh=`), in KiB.
const MEMORY_HIGH: u64 = 192 * 1024;

/// Tells [`what_a_page_does_there`] the door, a code and the card's key.
const PAGE: &str = "CANCUOC_TEST_PAGE";

/// What pcscd asks polkit about where it was built to, and what it brings for that: nobody is let in but
/// who sits there.
const ACTIONS: [&str; 2] = [
    "org.debian.pcsc-lite.access_pcsc",
    "org.debian.pcsc-lite.access_card",
];
const POLICY: &str = "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy";

/// The persona whose card lies there.
struct Card {
    key: String,
    name: String,
    number: String,
}

/// What a page does, over the system's own loopback, which is not that of this machine.
#[test]
fn what_a_page_does_there() {
    let Ok(page) = env::var(PAGE) else {
        return;
    };
    let [door, code, key] = page.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{page}");
    };
    let report = match door {
        "rest" => visit::read(ADDRESS, code, key),
        _ => visit::read_by_socket(ADDRESS, code, key),
    };
    println!("REPORT {report}");
}

#[test]
fn a_service_of_a_running_system_reads_within_its_limits_and_goes_with_its_package() {
    let Some(folder) = env::var_os("CANCUOC_PACKAGE").map(PathBuf::from) else {
        return;
    };
    if let Some(why) = Machine::why_not() {
        eprintln!("NOT TESTED: the package in a running system: {why}");
        return;
    }
    let root = Root::bootable(&folder.join("package"));
    fs::copy(newest_package(&folder), root.path("/srv/package.deb")).unwrap();
    let Some(machine) = Machine::boot(root) else {
        return;
    };

    machine.run("dpkg", &["--install", "/srv/package.deb"]);
    for unit in [AGENT, "pcscd.socket"] {
        assert_eq!(machine.property(unit, "ActiveState"), "active", "{unit}");
    }
    wait_until_it_answers(&machine);
    // The agent asked for the readers, and the socket brought pcscd.
    machine.wait("pcscd", |machine| {
        machine.property("pcscd.service", "ActiveState") == "active"
    });
    limits(&machine);
    polkit(&machine);
    configure(&machine);
    let card = lay_card(&machine);

    for door in ["rest", "socket"] {
        read(&machine, &card, door);
    }
    // pcscd goes, and its socket brings it back.
    machine.run("systemctl", &["stop", "pcscd.service"]);
    machine.wait("the readers", |machine| {
        machine
            .journal(AGENT)
            .contains("\"event\":\"service_back\"")
    });
    read(&machine, &card, "rest");
    // The agent is killed, and systemd brings it back.
    machine.run("systemctl", &["kill", "--signal=KILL", AGENT]);
    machine.wait("another agent", |machine| {
        machine.property(AGENT, "NRestarts") == "1"
            && machine.property(AGENT, "ActiveState") == "active"
    });
    wait_until_it_answers(&machine);
    read(&machine, &card, "socket");
    memory(&machine);

    machine.run("systemctl", &["restart", AGENT]);
    wait_until_it_answers(&machine);
    machine.run("systemctl", &["stop", AGENT]);
    assert_eq!(machine.property(AGENT, "ActiveState"), "inactive");
    assert_eq!(machine.property(AGENT, "Result"), "success");
    let journal = machine.journal(AGENT);
    let told = |event: &str| journal.matches(&format!("\"event\":\"{event}\"")).count();
    // It began when it was installed, configured, killed and restarted; once it could say nothing.
    assert_eq!((told("started"), told("stopped")), (4, 3), "{journal}");
    let whole = machine.run("journalctl", &["--output", "cat", "--all"]);
    for personal in [&card.name, &card.number] {
        assert!(!whole.contains(personal.as_str()), "{personal}: {whole}");
    }
    let verified = machine.run(
        "cancuoc-service",
        &[
            "audit",
            "verify",
            "/var/lib/cancuoc/audit",
            "--format",
            "json",
        ],
    );
    let verified: Value = serde_json::from_str(&verified).unwrap();
    let number = |name: &str| verified[name].as_u64().unwrap();
    let ended = number("records") - number("begun");
    assert_eq!(
        (&verified["state"], ended),
        (&json!("whole"), 4),
        "{verified}"
    );
    machine.run("systemctl", &["start", AGENT]);
    removed(&machine);
}

fn wait_until_it_answers(machine: &Machine) {
    machine.wait("the agent", |machine| {
        codes(&doctor(machine), None).contains("doctor.port_agent")
    });
}

/// What the service's own doctor finds.
fn doctor(machine: &Machine) -> Value {
    let output = machine.ask("cancuoc-service", &["doctor", "--format", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let well = answer["problems"] == 0;
    assert_eq!(output.status.code(), Some(i32::from(!well)), "{answer}");
    answer
}

/// The codes of what was found, in this state or in any.
fn codes<'a>(doctor: &'a Value, state: Option<&str>) -> BTreeSet<&'a str> {
    let findings = doctor["findings"].as_array().unwrap().iter();
    findings
        .filter(|one| state.is_none_or(|state| one["state"] == state))
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

/// What the unit forbids is forbidden to the process.
fn limits(machine: &Machine) {
    let id = machine.property(AGENT, "MainPID");
    let status = machine.run("cat", &[&format!("/proc/{id}/status")]);
    let own = machine.run("id", &["--user", "cancuoc"]);
    for (field, expected) in [
        ("Uid", own.trim()),
        ("CapBnd", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("NoNewPrivs", "1"),
        // 2: by a filter.
        ("Seccomp", "2"),
    ] {
        let line = status.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name == field).then(|| value.split_whitespace().next())?
        });
        assert_eq!(line, Some(expected), "{field} in {status}");
    }
    let limits = machine.run("cat", &[&format!("/proc/{id}/limits")]);
    for (limit, most) in [("Max core file size", "0"), ("Max open files", "1024")] {
        let line = limits.lines().find_map(|line| line.strip_prefix(limit));
        let own = line.and_then(|line| line.split_whitespace().nth(1));
        assert_eq!(own, Some(most), "{limits}");
    }
    // As the process sees the files, even if it were root.
    let there = |script: &str| {
        let arguments = ["--target", &id, "--mount", "--wd=/", "sh", "-c", script];
        machine.ask("nsenter", &arguments)
    };
    let written = there(
        "for f in /etc /usr /srv /var/lib /boot; do ! touch $f/mark 2>/dev/null || echo $f; done",
    );
    assert_eq!(text(&written), "", "it can write there");
    text(&there(
        "touch /var/lib/cancuoc/mark && rm /var/lib/cancuoc/mark",
    ));
    let devices = text(&there("ls /dev"));
    let devices: BTreeSet<&str> = devices.lines().collect();
    assert!(
        devices.contains("null") && !devices.contains("console"),
        "{devices:?}"
    );
    assert_eq!(
        text(&there("ls -A /root /home | grep -v :$ || true")).trim(),
        ""
    );

    let table = machine.run("systemd-analyze", &["security", AGENT]);
    let exposure = table
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for "))
        .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<f64>().ok());
    assert!(
        exposure.is_some_and(|exposure| exposure * 10.0 <= f64::from(MAX_EXPOSURE)),
        "{table}"
    );
}

/// What the agent held at most is under what systemd would begin to slow it down for.
fn memory(machine: &Machine) {
    let id = machine.property(AGENT, "MainPID");
    let status = machine.run("cat", &[&format!("/proc/{id}/status")]);
    let most = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next())
        .and_then(|most| most.parse::<u64>().ok())
        .unwrap();
    assert!(most < MEMORY_HIGH, "{most} KiB");
    assert_eq!(
        machine.property(AGENT, "MemoryMax"),
        (384_u64 << 20).to_string()
    );
    // A system in namespaces has only those controllers that were handed to it.
    match machine.property(AGENT, "MemoryCurrent").parse::<u64>() {
        Ok(now) => assert!(now < MEMORY_HIGH << 10, "{now}"),
        Err(_) => eprintln!(
            "NOT TESTED: MemoryMax, which nobody keeps in this system; held at most: {most} KiB"
        ),
    }
}

/// The rule lets the service's user in and nobody else. Debian 12's pcscd asks nobody, so polkit is asked
/// in its place, about actions with what pcscd brings for them elsewhere.
fn polkit(machine: &Machine) {
    let asks = machine.root().path(POLICY).exists();
    let before = if asks {
        "doctor.polkit_let_in"
    } else {
        "doctor.polkit_unused"
    };
    let found = doctor(machine);
    assert!(codes(&found, Some("ok")).contains(before), "{found}");
    if !asks {
        eprintln!("pcscd there was not built to ask polkit");
        let actions = ACTIONS.map(|action| {
            format!("<action id=\"{action}\"><description>Readers</description><message>Readers</message><defaults><allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>yes</allow_active></defaults></action>")
        });
        let policy = format!("<policyconfig>{}</policyconfig>", actions.concat());
        fs::write(machine.root().path(POLICY), policy).unwrap();
        machine.run("systemctl", &["restart", "polkit.service"]);
    }
    let id = machine.property(AGENT, "MainPID");
    let let_in = |id: &str| {
        ACTIONS.map(|action| {
            let asked = machine.ask("pkcheck", &["--action-id", action, "--process", id]);
            asked.status.code()
        })
    };
    assert_eq!(let_in(&id), [Some(0); 2]);
    machine.run(
        "systemd-run",
        &["--quiet", "--unit=somebody", "--uid=nobody", "sleep", "600"],
    );
    let somebody = machine.property("somebody.service", "MainPID");
    assert_eq!(let_in(&somebody), [Some(1); 2]);
    machine.run("systemctl", &["stop", "somebody.service"]);
    let seen = machine.ask("cancuoc", &["doctor", "--format", "json"]);
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert!(
        codes(&seen, Some("ok")).contains("doctor.polkit_ok"),
        "{seen}"
    );
    if !asks {
        fs::remove_file(machine.root().path(POLICY)).unwrap();
    }
}

/// What an administrator does before the first card, as docs/operations.md has it.
fn configure(machine: &Machine) {
    // Nothing is wrong but that nobody is trusted yet.
    let found = doctor(machine);
    assert_eq!(
        codes(&found, Some("problem")),
        BTreeSet::from(["doctor.trust_empty"]),
        "{found}"
    );
    for code in [
        "doctor.pcsc_ok",
        "doctor.reader_ok",
        "doctor.state_ok",
        "doctor.config_ok",
    ] {
        assert!(
            codes(&found, Some("ok")).contains(code),
            "{code} in {found}"
        );
    }
    machine.run("cancuoc", &["sim", "pki", "--out", "/srv/pki"]);
    let root = "/srv/pki/cancuoc-test-csca.der";
    let sum = machine.run("sha256sum", &[root]);
    let fingerprint = sum.split(' ').next().unwrap();
    machine.run(
        "cancuoc-service",
        &["trust", "add", "--fingerprint", fingerprint, root],
    );
    let path = machine.root().path("/etc/cancuoc/config.toml");
    let shipped = fs::read_to_string(&path).unwrap();
    // Invented cards are genuine under this policy alone.
    fs::write(&path, format!("policy = \"ci-simulator\"\n{shipped}")).unwrap();
    machine.run("systemctl", &["restart", AGENT]);
    wait_until_it_answers(machine);
    let found = doctor(machine);
    assert_eq!(found["problems"], 0, "{found}");
}

/// Lays a card on the first reader; it comes back by itself where pcscd was away.
fn lay_card(machine: &Machine) -> Card {
    machine.run(
        "systemd-run",
        &[
            "--quiet",
            "--unit=card",
            "--property=Restart=always",
            "--property=RestartSec=1",
            "cancuoc",
            "sim",
            "serve",
            "--persona",
            "an",
        ],
    );
    let personas = machine.run("cancuoc", &["sim", "personas", "--format", "json"]);
    let personas: Value = serde_json::from_str(&personas).unwrap();
    let personas = personas["personas"].as_array().unwrap();
    let an = personas.iter().find(|one| one["name"] == "an").unwrap();
    let key = an["can"].as_str().unwrap().to_owned();
    // The register's sample citizen of that card.
    let (name, number) = ("Nguyễn Thị Mẫu An".to_owned(), "036195000123".to_owned());
    Card { key, name, number }
}

/// A page pairs and reads the card, by the door that is named.
fn read(machine: &Machine, card: &Card, door: &str) {
    let paired = machine.run("cancuoc-service", &["agent", "pair", "--format", "json"]);
    let paired: Value = serde_json::from_str(&paired).unwrap();
    let code = paired["code"].as_str().unwrap();
    let mut page = Command::new("nsenter");
    page.args(["--target", &machine.first(), "--net", "--"])
        .arg(env::current_exe().unwrap())
        .args([
            "package::booted::what_a_page_does_there",
            "--exact",
            "--nocapture",
        ])
        .env(PAGE, format!("{door} {code} {}", card.key));
    let said = text(&run(&mut page, VISIT));
    let report = said.lines().find_map(|line| line.split_once("REPORT "));
    let (_, report) = report.unwrap_or_else(|| panic!("{said}"));
    let report: Value = serde_json::from_str(report).unwrap();
    assert_eq!(report["verdict"], "genuine", "{door}: {report}");
    assert_eq!(report["holder"]["name"], card.name.as_str(), "{door}");
    assert_eq!(report["holder"]["citizen_number"], card.number.as_str());
}

/// Removal ends the service and keeps what it wrote; purging leaves nothing.
fn removed(machine: &Machine) {
    let process = format!("/proc/{}", machine.property(AGENT, "MainPID"));
    let runs = || machine.ask("test", &["-d", &process]).status.success();
    machine.run("systemctl", &["stop", "card.service"]);
    assert!(runs());
    machine.run("dpkg", &["--remove", "cancuoc"]);
    assert!(!runs(), "removal ends the service");
    assert_eq!(machine.property(AGENT, "ActiveState"), "inactive");
    assert!(machine.root().path("/var/lib/cancuoc/audit").exists());
    machine.run("dpkg", &["--purge", "cancuoc"]);
    let left = machine.run(
        "find",
        &[
            "/etc",
            "/usr",
            "/var",
            "/run",
            "/tmp",
            "-name",
            "*cancuoc*",
            "-not",
            "-path",
            "/var/log/*",
        ],
    );
    assert_eq!(left, "");
    for list in ["/etc/passwd", "/etc/group", "/etc/shadow"] {
        let users = fs::read_to_string(machine.root().path(list)).unwrap();
        assert!(!users.contains("cancuoc"), "{list}");
    }
    assert_eq!(machine.property(AGENT, "LoadState"), "not-found");
    assert_eq!(machine.run("systemctl", &["--failed", "--no-legend"]), "");
}
