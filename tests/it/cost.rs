//! What a read costs: commands on the wire, and the memory of a release build. Processor time is
//! printed and not judged, since other work on the machine changes it.

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::io::pipe;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::random::System;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::link::Exchange;
use cancuoc::reader;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::transport::Stop;
use cancuoc::verify::Policy;

/// Most commands of a full read with extended length, PACE, chip and active authentication.
const COMMANDS: u32 = 16;

/// What finding EF.CardAccess costs on a card that gives it by SELECT: that, and READ BINARY.
const CARD_ACCESS: u32 = 2;

/// Commands with short length that carry no file: both for EF.CardAccess, five of PACE, SELECT of
/// the application, two of chip authentication, one of active authentication, and GET RESPONSE,
/// since a signature of 256 bytes does not fit into one protected answer.
const HANDSHAKE: u32 = 12;

/// The same for a card that has BAC only: five ways to ask for EF.CardAccess in vain, SELECT of the
/// application, two of BAC, one each of chip and active authentication.
const HANDSHAKE_3DES: u32 = 10;

/// Most memory of the whole program, in KiB.
const MEMORY: u64 = 12 * 1024;

/// Longest wait for the program.
const LIMIT: Duration = Duration::from_secs(60);

/// Reads everything that is signed, and gives the figures and the length of each file.
fn read(name: &str) -> (Exchange, Vec<(FileId, usize)>) {
    read_card(&persona::find(name).unwrap())
}

fn read_card(persona: &Persona) -> (Exchange, Vec<(FileId, usize)>) {
    let mut card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
    let plan = Plan {
        key: AccessKey::parse(&persona.mrz(), jiff::civil::date(2026, 1, 1)).unwrap(),
        groups: Groups::Signed,
        access: Policy::counter().access(),
    };
    let stop = Stop::after(LIMIT);
    let reading = reader::read(&mut card, &plan, &stop, &mut System, &mut |_| {}).unwrap();
    let files = reading.capture.files.iter();
    let lengths = files.map(|(file, bytes)| (*file, bytes.len()));
    (reading.exchange, lengths.collect())
}

#[test]
fn a_full_read_with_extended_length_needs_sixteen_commands() {
    let (exchange, files) = read("an");
    println!("an: {exchange:?}, {files:?}");
    assert!(exchange.commands <= COMMANDS + CARD_ACCESS);
}

#[test]
fn a_short_read_needs_one_command_for_each_223_bytes() {
    let (exchange, files) = read("binh");
    println!("binh: {exchange:?}, {files:?}");
    assert_eq!(exchange.commands, HANDSHAKE + pieces(&files, 223));
}

#[test]
fn a_short_read_under_3des_needs_one_command_for_each_231_bytes() {
    let short = persona::find("chi")
        .unwrap()
        .with(|chip| chip.lengths = Lengths::Short);
    let (exchange, files) = read_card(&short);
    println!("chi with short length: {exchange:?}, {files:?}");
    assert_eq!(exchange.commands, HANDSHAKE_3DES + pieces(&files, 231));
}

/// Commands for these files at so many bytes each.
fn pieces(files: &[(FileId, usize)], size: usize) -> u32 {
    files
        .iter()
        .filter(|(file, _)| *file != FileId::CardAccess)
        .map(|(_, length)| u32::try_from(length.div_ceil(size)).unwrap())
        .sum()
}

/// A release build, where there is one beside this test's own build.
fn release() -> Option<PathBuf> {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_cancuoc"));
    let target = built.parent()?.parent()?;
    Some(target.join("release").join("cancuoc")).filter(|file| file.is_file())
}

/// A full read of the virtual card, chip and all, in one process.
///
/// `ru_maxrss` of a child begins with what its parent had, so the program's own high-water mark is
/// read from `/proc`, while the program waits for room in a full pipe to say its report.
#[test]
fn a_release_build_stays_within_its_memory() {
    let Some(program) = release() else {
        println!("skipped: no release build");
        return;
    };
    let home = std::env::temp_dir().join(format!("cancuoc-cost-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let (mut hear, mut say) = pipe().unwrap();
    // The least room that Linux gives a pipe in its default form.
    say.write_all(&[b' '; 65_536]).unwrap();
    let mut child = Command::new(program)
        .args(["read", "--virtual", "an", "--format", "json", "--quiet"])
        .env("XDG_DATA_HOME", &home)
        .env("XDG_CONFIG_HOME", &home)
        .stdin(Stdio::null())
        .stdout(say)
        .spawn()
        .unwrap();
    let until = Instant::now() + LIMIT;
    let mut last = None;
    let figures = loop {
        thread::sleep(Duration::from_millis(100));
        let now = Figures::of(child.id());
        if now.is_none() || now == last || Instant::now() > until {
            break last;
        }
        last = now;
    };
    let mut report = String::new();
    hear.read_to_string(&mut report).unwrap();
    let status = child.wait().unwrap();
    let _ = fs::remove_dir_all(&home);
    if !status.success() || !report.contains("\"genuine\"") {
        println!("skipped: the release build is another version's ({status})");
        return;
    }
    let figures = figures.expect("Linux says what a process uses");
    println!("release build: {figures:?}");
    assert!(figures.memory <= MEMORY);
}

/// What a process has used.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    /// Highest resident memory, in KiB.
    memory: u64,
    /// User and system time, in hundredths of a second.
    processor: u64,
}

impl Figures {
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let mark = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // proc(5): utime and stime are fields 14 and 15; field 2 may have spaces, and ends in `)`.
        let (_, fields) = stat.rsplit_once(") ")?;
        let times = fields.split(' ').skip(11).take(2);
        Some(Self {
            memory: mark.trim().strip_suffix(" kB")?.parse().ok()?,
            processor: times.map_while(|time| time.parse::<u64>().ok()).sum(),
        })
    }
}
