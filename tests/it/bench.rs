//! `sim bench` and `sim serve`: virtual cards on readers, what goes wrong with them, and that nothing
//! stays behind.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::sim::persona;
use cancuoc::sim::stand::Around;
use cancuoc::sim::stand::Place;
use cancuoc::sim::stand::Presence;
use cancuoc::sim::stand::Setting;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::transport::pcsc;
use serde_json::Value;

use crate::support::pcscd::Stand;
use crate::support::pcscd::on_stand;
use crate::support::program;

/// The program.
const CANCUOC: &str = env!("CARGO_BIN_EXE_cancuoc");

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(60);

/// The program with nobody's settings.
fn cancuoc(arguments: &[&str]) -> Command {
    let mut command = Command::new(CANCUOC);
    plain(&mut command).args(arguments);
    command
}

fn plain(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CANCUOC_")) {
        command.env_remove(name);
    }
    command.env("XDG_CONFIG_HOME", "/nonexistent")
}

fn bench(arguments: &[&str]) -> Output {
    let mut all = vec!["--quiet", "sim", "bench"];
    all.extend(arguments);
    program::run(&mut cancuoc(&all), LONG)
}

/// The code of the error on standard output.
fn refused(arguments: &[&str]) -> String {
    let mut all = vec!["--format", "json"];
    all.extend(arguments);
    let output = program::run(&mut cancuoc(&all), LONG);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = &answer["error"]["message"];
    assert!(
        message["vi"].is_string() && message["en"].is_string(),
        "{answer}"
    );
    answer["error"]["code"].as_str().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_command_sees_a_card_on_a_reader_for_each_persona_and_its_status_is_passed_on() {
    let personas = ["an", "binh", "chi"];
    let mut arguments: Vec<&str> = personas
        .iter()
        .flat_map(|name| ["--persona", name])
        .collect();
    arguments.extend(["--", "sh", "-c", "\"$0\" readers && exit 7", CANCUOC]);
    let output = bench(&arguments);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    let readers = String::from_utf8(output.stdout).unwrap();
    let readers: Vec<&str> = readers.lines().collect();
    assert_eq!(
        readers,
        [
            "Virtual PCD 00 00: a card",
            "Virtual PCD 00 01: a card",
            "Virtual PCD 2 00 00: a card",
            "Virtual PCD 2 00 01: no card",
        ]
    );
}

#[test]
fn eight_cards_lie_on_eight_readers_and_the_last_is_genuine() {
    let mut arguments = ["--persona", "chi"].repeat(7);
    arguments.extend(["--persona", "an", "--", "sh", "-ec"]);
    arguments.push(
        "folder=$(dirname \"$PCSCLITE_CSOCK_NAME\")/trust
         export XDG_DATA_HOME=\"$folder-data\"
         \"$0\" sim pki --out \"$folder\" >/dev/null
         echo 000123 | \"$0\" read --reader 'Virtual PCD 4 00 01' --trust \"$folder\" \
         --policy ci-simulator --key -",
    );
    arguments.push(CANCUOC);
    let output = bench(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn two_benches_stand_side_by_side() {
    let both: Vec<_> = (0..2)
        .map(|_| thread::spawn(|| bench(&["--", CANCUOC, "readers"])))
        .collect();
    for thread in both {
        let output = thread.join().unwrap();
        let readers = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(readers.lines().count(), 2, "{}", said(&output));
        assert!(readers.starts_with("Virtual PCD 00 00: a card\n"));
    }
}

#[test]
fn a_command_that_a_signal_ended_ends_the_bench_as_in_a_shell() {
    let output = bench(&["--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(output.status.code(), Some(143), "{}", said(&output));
}

/// Whether a process is there and no zombie.
fn is_alive(process: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/status"))
        .is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn nothing_stays_behind_whatever_ends_the_bench() {
    for signal in ["TERM", "KILL"] {
        let mut child = cancuoc(&["--quiet", "sim", "bench", "--", "sh", "-c"])
            .arg("echo $PCSCLITE_CSOCK_NAME; echo $$; sleep 600 & echo $!; wait")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let [socket, shell, sleeper] = [(); 3].map(|()| lines.next().unwrap().unwrap());
        let folder = Path::new(&socket).parent().unwrap();
        assert!(folder.is_dir() && is_alive(&shell) && is_alive(&sleeper));
        let status = Command::new("sh")
            .args(["-c", "kill -$0 $1", signal, &child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
        child.wait().unwrap();
        let until = Instant::now() + LONG;
        while folder.exists() || is_alive(&shell) || is_alive(&sleeper) {
            assert!(Instant::now() < until, "{signal}: something is left");
            thread::sleep(Duration::from_millis(20));
        }
        // pcscd ended before its folder went; its command line names the folder.
        let named = |entry: std::io::Result<fs::DirEntry>| {
            let line = fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(folder.to_str().unwrap())
        };
        assert!(!fs::read_dir("/proc").unwrap().any(named), "{signal}");
    }
}

#[test]
fn what_a_command_left_running_goes_with_the_bench() {
    let script = "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $!; exit 3";
    let output = bench(&["--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let left = String::from_utf8(output.stdout).unwrap();
    assert!(!left.trim().is_empty() && !is_alive(left.trim()), "{left}");
}

#[test]
fn a_bench_takes_no_longer_than_it_is_given() {
    let since = Instant::now();
    let code = refused(&["sim", "bench", "--seconds", "1", "--", "sleep", "600"]);
    assert_eq!(code, "sim.command_time");
    assert!(since.elapsed() < LONG);
}

#[test]
fn a_bench_stands_without_namespaces_too() {
    let folder = std::env::temp_dir().join(format!("cancuoc-none-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let refuses = folder.join("unshare");
    fs::write(&refuses, "#!/bin/sh\nexit 1\n").unwrap();
    let made = Command::new("chmod").arg("+x").arg(&refuses).status();
    assert!(made.unwrap().success());
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut command = cancuoc(&["--quiet", "sim", "bench", "--", CANCUOC, "readers"]);
    let output = program::run(command.env("PATH", path), LONG);
    fs::remove_dir_all(&folder).unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("Virtual PCD 00 00: a card"));
}

#[test]
fn what_cannot_stand_on_a_bench_is_refused() {
    let sixteen = ["--persona", "an"].repeat(17);
    let many: Vec<&str> = ["sim", "bench"].into_iter().chain(sixteen).collect();
    assert_eq!(refused(&many), "sim.too_many_cards");
    let absent = ["sim", "bench", "--", "/nonexistent/program"];
    assert_eq!(refused(&absent), "sim.command_failed");
    assert_eq!(refused(&["sim", "bench", "true"]), "usage.arguments");
    assert_eq!(
        refused(&["sim", "bench", "--control", "here"]),
        "usage.arguments"
    );
    for (option, value, code) in [
        ("--persona", "nobody", "sim.persona_unknown"),
        ("--fault", "none", "sim.switch_unknown"),
        ("--fault", "mute@lunch", "sim.cue_malformed"),
        ("--fault", "register-revoked", "sim.switch_around"),
        ("--link", "string", "sim.link_unknown"),
    ] {
        assert_eq!(refused(&["sim", "bench", option, value]), code, "{value}");
        assert_eq!(refused(&["sim", "serve", option, value]), code, "{value}");
    }
}

#[test]
fn two_cards_on_one_port_are_told_apart_from_a_stranger() {
    let stand = Stand::start();
    let address = stand.vpcd_address().to_string();
    let mut first = cancuoc(&["--quiet", "sim", "serve", "--address", &address])
        .args(["--control", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The line comes when the card lies there.
    let mut line = String::new();
    let mut said = BufReader::new(first.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    assert!(line.contains("cancuoc.control/1"), "{line}");
    // The first that comes too waits for vpcd to serve it, the next is not even let in.
    let others = [(); 3].map(|()| refused(&["sim", "serve", "--address", &address]));
    program::end(&mut first, Duration::from_secs(5));
    assert_eq!(others, ["sim.reader_taken"; 3]);

    for banner in [
        "",
        "SSH-2.0-example\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = stranger.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let mut kept = Vec::new();
            while let Ok((mut stream, _)) = stranger.accept() {
                let _: Result<(), _> = say(&mut stream, banner);
                kept.push(stream);
            }
        });
        let code = refused(&["sim", "serve", "--address", &address]);
        assert_eq!(code, "sim.not_a_reader", "{banner:?}");
    }
}

fn say(stream: &mut TcpStream, banner: &str) -> std::io::Result<()> {
    stream.write_all(banner.as_bytes())
}

#[test]
fn a_reader_that_goes_takes_the_card_with_it() {
    let stand = Stand::start();
    let address = stand.vpcd_address().to_string();
    let card = cancuoc(&["--format", "json", "sim", "serve", "--address", &address])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut readers = stand.command(CANCUOC);
    let until = Instant::now() + LONG;
    while !said(&program::run(readers.arg("readers"), LONG)).contains("00 00: a card") {
        assert!(Instant::now() < until);
        readers = stand.command(CANCUOC);
    }
    drop(stand);
    let output = program::finish(card, LONG);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "sim.reader_gone");
    assert_eq!(output.status.code(), Some(2));
}

/// Runs `sim serve` where nothing listens, in a mount namespace where something is missing.
fn without(hidden: &str) -> Option<String> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut command = Command::new("unshare");
    plain(&mut command)
        .args(["--map-root-user", "--mount", "sh", "-c", hidden, CANCUOC])
        .arg(&address)
        .env_remove("PCSCLITE_CSOCK_NAME");
    let output = program::run(&mut command, LONG);
    let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
    answer["error"]["code"].as_str().map(str::to_owned)
}

#[test]
fn what_is_missing_on_the_machine_is_named() {
    let serve = "exec \"$0\" --format json sim serve --seconds 1 --address \"$1\"";
    let bench = "exec \"$0\" --format json sim bench -- true";
    let no_service = "mount --bind /dev/null /usr/sbin/pcscd &&";
    let no_driver = "mount -t tmpfs tmpfs /usr/lib/pcsc/drivers/serial &&";
    let stopped = "mount -t tmpfs tmpfs /run &&";
    if without(&format!("{stopped} {serve}")).is_none() {
        println!("no namespaces here: skipped");
        return;
    }
    for (hidden, program, code) in [
        (no_service, serve, "sim.no_pcscd"),
        (no_service, bench, "sim.no_pcscd"),
        (no_driver, serve, "sim.no_driver"),
        (no_driver, bench, "sim.no_driver"),
        (stopped, serve, "sim.pcscd_stopped"),
    ] {
        let said = without(&format!("{hidden} {program}"));
        assert_eq!(said.as_deref(), Some(code), "{hidden} {program}");
    }
}

/// vpcd writes without TCP_NODELAY: a card that left its messages unacknowledged would make every
/// command cost 40 ms and more.
#[test]
fn a_command_costs_far_less_than_a_delayed_acknowledgement() {
    on_stand(
        "bench::a_command_costs_far_less_than_a_delayed_acknowledgement",
        |view| {
            let mut place = Place::at(view.vpcd);
            let setting = Setting::of(persona::find("an").unwrap());
            let chip = setting.chip(Around::Refused).unwrap();
            place.insert(chip, None, &Stop::after(LONG)).unwrap();
            let mut card = pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap();
            let challenge = [0x00, 0x84, 0x00, 0x00, 0x08];
            let mut times: Vec<Duration> = (0..501)
                .map(|_| {
                    let since = Instant::now();
                    card.transmit(&challenge).unwrap();
                    since.elapsed()
                })
                .collect();
            times.sort();
            println!("{:?} for a command, {:?} at most", times[250], times[500]);
            assert!(times[250] < Duration::from_millis(30), "{:?}", times[250]);
            assert!(place.commands() >= 501 && place.power_ups() >= 1);
            assert_eq!(place.presence(), Presence::Present);
            drop(card);
            assert!(place.remove().is_some());
            assert_eq!(place.presence(), Presence::Absent);
        },
    );
}
