//! The Debian package: what is in it, and what it does to a clean system.
//!
//! The ordinary run packs the program under test, and looks. `make package-test` sets `CANCUOC_PACKAGE`
//! to the folder with the package that is released, and installs it in a root of its own.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use crate::support::home::Home;
use crate::support::program::run;

/// Longest time for one program on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Highest exposure that systemd may see in the unit, in tenths.
const MAX_EXPOSURE: u32 = 20;

fn house() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn text(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        // Some say on either what went wrong.
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn is_there(program: &str) -> bool {
    let there = run(
        Command::new("sh").args(["-c", "command -v \"$0\"", program]),
        LIMIT,
    );
    if !there.status.success() {
        eprintln!("NOT TESTED: {program} is not installed");
    }
    there.status.success()
}

/// The package of the program under test, quickly made, and its path.
fn package(home: &Home) -> PathBuf {
    let mut command = Command::new(house().join("packaging/deb"));
    command
        .arg(env!("CARGO_BIN_EXE_cancuoc"))
        .arg(home.path(""))
        .env("DEB_COMPRESSION", "none");
    text(&run(&mut command, LIMIT)).trim().into()
}

#[test]
fn the_package_has_what_a_counter_needs_and_depends_on_what_it_uses() {
    if !is_there("dpkg-deb") || !is_there("dpkg-shlibdeps") || !is_there("strip") {
        return;
    }
    let home = Home::new();
    let package = package(&home);
    let deb = |arguments: &[&str]| {
        let mut command = Command::new("dpkg-deb");
        command.args(arguments).arg(&package);
        run(&mut command, LIMIT)
    };
    let version = env!("CARGO_PKG_VERSION");
    let name = package.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("cancuoc_{version}_")), "{name}");

    let control = text(&deb(&["--field"]));
    let fields: BTreeMap<&str, &str> = control
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_once(": "))
        .collect();
    assert_eq!(fields["Package"], "cancuoc");
    assert_eq!(fields["Version"], version);
    assert!(name.ends_with(&format!("_{}.deb", fields["Architecture"])));
    let depends = fields["Depends"];
    for library in ["libc6 (>= ", "libpcsclite1 (>= "] {
        assert!(depends.contains(library), "{depends}");
    }
    assert!(
        !control.contains('@') || control.matches('@').count() == 1,
        "{control}"
    );

    // Name and permissions of everything in it.
    let listing = text(&deb(&["--contents"]));
    let files: BTreeMap<&str, &str> = listing
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(parts[1], "root/root", "{line}");
            (parts[5].trim_start_matches('.'), parts[0])
        })
        .collect();
    for (file, mode) in [
        ("/usr/bin/cancuoc", "-rwxr-xr-x"),
        ("/usr/sbin/cancuoc-service", "-rwxr-xr-x"),
        (
            "/usr/lib/systemd/system/cancuoc-agent.service",
            "-rw-r--r--",
        ),
        ("/usr/lib/sysusers.d/cancuoc.conf", "-rw-r--r--"),
        ("/usr/share/polkit-1/rules.d/50-cancuoc.rules", "-rw-r--r--"),
        ("/etc/cancuoc/config.toml", "-rw-r--r--"),
        ("/usr/share/doc/cancuoc/copyright", "-rw-r--r--"),
        ("/usr/share/doc/cancuoc/changelog.gz", "-rw-r--r--"),
        ("/usr/share/doc/cancuoc/CHANGELOG.md.gz", "-rw-r--r--"),
        ("/usr/share/doc/cancuoc/operations.md", "-rw-r--r--"),
        ("/usr/share/man/man1/cancuoc.1.gz", "-rw-r--r--"),
        ("/usr/share/man/man8/cancuoc-service.8.gz", "-rw-r--r--"),
    ] {
        assert_eq!(files.get(file), Some(&mode), "{file} in\n{listing}");
    }
    for (file, mode) in &files {
        assert!(
            !mode.contains('s') && !mode.ends_with("w-"),
            "{mode} {file}"
        );
        let known = ["/etc/cancuoc", "/usr/", "/etc/", "/"];
        assert!(known.iter().any(|known| file.starts_with(known)), "{file}");
    }

    // What it brings can be taken out, and is as it was packed.
    let unpacked = home.path("unpacked");
    let mut extract = Command::new("dpkg-deb");
    extract.args(["--raw-extract"]).arg(&package).arg(&unpacked);
    text(&run(&mut extract, LIMIT));
    let mut sums = Command::new("md5sum");
    sums.args(["--check", "--quiet", "DEBIAN/md5sums"])
        .current_dir(&unpacked);
    text(&run(&mut sums, LIMIT));
    assert_eq!(
        fs::read_to_string(unpacked.join("DEBIAN/conffiles")).unwrap(),
        "/etc/cancuoc/config.toml\n"
    );
    changelogs(&unpacked.join("usr/share/doc/cancuoc"));
    let copyright = fs::read_to_string(unpacked.join("usr/share/doc/cancuoc/copyright")).unwrap();
    assert!(copyright.contains("Permission is hereby granted") && !copyright.contains("@MIT@"));
    for script in ["postinst", "prerm", "postrm"] {
        let path = unpacked.join("DEBIAN").join(script);
        text(&run(Command::new("sh").arg("-n").arg(path), LIMIT));
    }
    let version_said = text(&run(
        Command::new(unpacked.join("usr/bin/cancuoc")).arg("--version"),
        LIMIT,
    ));
    assert!(version_said.contains(version));

    unit(&home, &unpacked);
}

/// The list of changes, and the one that Debian's tools read.
fn changelogs(folder: &Path) {
    let unzipped = |name: &str| {
        let mut gzip = Command::new("gzip");
        gzip.args(["--decompress", "--stdout"])
            .arg(folder.join(name));
        text(&run(&mut gzip, LIMIT))
    };
    assert_eq!(
        unzipped("CHANGELOG.md.gz"),
        fs::read_to_string(house().join("CHANGELOG.md")).unwrap()
    );
    if !is_there("dpkg-parsechangelog") {
        return;
    }
    let mut parse = Command::new("dpkg-parsechangelog");
    parse.arg("--file").arg(folder.join("changelog.gz"));
    let output = run(&mut parse, LIMIT);
    let parsed = text(&output);
    let version = format!("\nVersion: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(parsed.contains(&version), "{parsed}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Debian's own judge of packages finds nothing in the one that is released.
#[test]
fn lintian_finds_nothing_in_the_package() {
    let Some(folder) = env::var_os("CANCUOC_PACKAGE").map(PathBuf::from) else {
        return;
    };
    if !is_there("lintian") {
        return;
    }
    let mut lintian = Command::new("lintian");
    // As root, too: the package is our own.
    lintian
        .args(["--allow-root", "--fail-on", "error,warning"])
        .arg(newest_package(&folder));
    let output = run(&mut lintian, LIMIT * 5);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}

/// The newest package in a folder.
fn newest_package(folder: &Path) -> PathBuf {
    let packages = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    packages
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .max_by_key(|path| path.metadata().unwrap().modified().unwrap())
        .expect("a package")
}

/// The unit as systemd reads it, with the program where it was unpacked.
fn unit(home: &Home, unpacked: &Path) {
    if !is_there("systemd-analyze") {
        return;
    }
    let packed = fs::read_to_string(unpacked.join("usr/lib/systemd/system/cancuoc-agent.service"));
    let program = unpacked.join("usr/bin/cancuoc");
    let here = packed
        .unwrap()
        .replace("/usr/bin/cancuoc", program.to_str().unwrap())
        // Whoever tests need not have pcscd as a service, nor the manual page.
        .replace("Wants=pcscd.socket\n", "");
    let unit = home.write("cancuoc-agent.service", here);
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", &unit]);
    let output = run(&mut verify, LIMIT);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_us: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("cancuoc"))
        .collect();
    assert!(output.status.success() && about_us.is_empty(), "{said}");

    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", &unit]);
    let output = run(&mut security, LIMIT);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let exposure = table
        .lines()
        .find_map(|line| line.split_once("Overall exposure level for "))
        .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<f64>().ok());
    let Some(exposure) = exposure else {
        eprintln!("NOT TESTED: systemd-analyze here judges no unit offline");
        return;
    };
    assert!(exposure * 10.0 <= f64::from(MAX_EXPOSURE), "{table}");
}

#[test]
fn what_the_package_configures_is_what_the_program_reads() {
    let example = fs::read_to_string(house().join("packaging/config.toml")).unwrap();
    let home = Home::new();
    // As it is, and with every line that is commented out for an example.
    let key = "0".repeat(63) + "1";
    let whole: String = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(set) if !set.starts_with(' ') => format!("{}\n", set.replace("5f0c…e1", &key)),
            _ => format!("{line}\n"),
        })
        .collect();
    for text in [&example, &whole] {
        let path = home.write("example.toml", text);
        let output = run(
            home.command(&["doctor", "--format", "json"])
                .env("CANCUOC_CONFIG", path),
            LIMIT,
        );
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let codes: BTreeSet<&str> = answer["findings"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"))
            .iter()
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        assert!(codes.contains("doctor.config_ok"), "{answer}");
        // Until a true registry is named none is asked, and least of all invented citizens.
        assert!(codes.contains("doctor.registry_none"), "{answer}");
        // The home of a test has no PC/SC service.
        assert!(
            codes.iter().any(|code| code.starts_with("doctor.pcsc_")),
            "{answer}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn what_runs_as_the_service_has_no_terminal_of_roots() {
    let script = fs::read_to_string(house().join("packaging/cancuoc-service")).unwrap();
    let started = script
        .lines()
        .find(|line| line.starts_with("exec "))
        .unwrap();
    assert!(
        started.starts_with("exec setsid --fork --wait setpriv "),
        "{started}"
    );
    // An operator who meets it finds it where operators look.
    for told in ["packaging/man/cancuoc-service.8", "docs/operations.md"] {
        let text = fs::read_to_string(house().join(told)).unwrap();
        assert!(text.contains("setsid"), "{told}");
    }
    // The same as far as it goes for whoever runs this: streams and status pass, the terminal does not.
    let mut child = Command::new("setsid")
        .args(["--fork", "--wait", "setpriv", "--pdeathsig", "TERM", "--"])
        .args([
            "sh",
            "-c",
            "(: </dev/tty) 2>/dev/null && exit 9; cat; exit 3",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"in").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.stdout.as_slice(), output.status.code()),
        (&b"in"[..], Some(3))
    );
}

#[test]
fn the_doctor_says_in_both_languages_what_helps() {
    let home = Home::new();
    home.configure("registry = \"none\"\n[agent]\ncolour = \"blue\"\nlisten = \"0.0.0.0:1\"\n");
    let answer = home.json(&["doctor"], 1);
    let wrong = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "doctor.config_wrong")
        .unwrap();
    assert_eq!(wrong["state"], "problem");
    let subject = wrong["subject"].as_str().unwrap();
    assert!(
        subject.contains("agent.colour") && subject.contains("agent.listen"),
        "{subject}"
    );
    for (lang, mark) in [("vi", "Vui lòng"), ("en", "PROBLEM")] {
        let output = home.run(&["doctor", "--lang", lang]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains(mark) && text.contains("(doctor.registry_none)"),
            "{text}"
        );
    }
    // What is no TOML at all keeps nobody from the rest.
    home.configure("registry = none\n");
    let answer = home.json(&["doctor"], 1);
    let found = |code: &str| {
        let mut findings = answer["findings"].as_array().unwrap().iter();
        findings.find(|finding| finding["code"] == code).cloned()
    };
    let wrong = found("doctor.config_wrong").unwrap();
    assert!(wrong["subject"].as_str().unwrap().contains("line 1"));
    assert!(found("doctor.registry_unread").is_some(), "{answer}");
    assert!(found("doctor.clock_ok").is_some(), "{answer}");
    assert!(!home.path("data").exists(), "nothing is written");
}

#[cfg(all(feature = "agent", target_os = "linux"))]
mod booted;
#[cfg(all(feature = "agent", target_os = "linux"))]
mod clean_root;
#[cfg(all(feature = "agent", target_os = "linux"))]
mod machine;
#[cfg(all(feature = "agent", target_os = "linux"))]
mod root;
#[cfg(all(feature = "agent", target_os = "linux"))]
mod visit;
