//! The virtual card before readers that this project did not write (`tests/foreign`).
//!
//! Card and terminal side of this project were written apart, but by the same people from the same
//! pages. A foreign reader shares neither with us.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::process::Command;
use std::process::Output;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::System;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::persona;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Bac;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki;

use crate::support::card::Laid;
use crate::support::pcscd::Stand;
use crate::support::program;

/// Longest time for building the readers from nothing, on a slow machine.
const BUILD: Duration = Duration::from_secs(20 * 60);

/// Longest time for reading a card.
const READ: Duration = Duration::from_secs(120);

/// Files of a card by name, as a foreign reader prints them.
type Files = BTreeMap<String, String>;

/// The first piece that `dmrtd` asks of a file, in bytes. It takes the warning 6282 of a shorter file
/// for an error, so it cannot read one.
const FIRST_PIECE_OF_DMRTD: usize = 8;

/// Head of the record of a face in ISO/IEC 19794; `dmrtd`, which decodes what it
/// reads, knows no other.
const FACE_RECORD: [u8; 4] = *b"FAC\0";

/// The files that a foreign reader reads: all that need no terminal authentication.
fn read_by(name: &str, card: &Personalisation) -> BTreeMap<FileId, Vec<u8>> {
    let least = match name {
        "dmrtd-reader" => FIRST_PIECE_OF_DMRTD,
        _ => 0,
    };
    let mut files = card.files.clone();
    files.retain(|id, file| {
        let open = match id {
            FileId::Com | FileId::Sod => true,
            FileId::Group(group) => ![DataGroup::DG3, DataGroup::DG4].contains(group),
            _ => false,
        };
        let decoded = name != "dmrtd-reader"
            || *id != FileId::Group(DataGroup::DG2)
            || file
                .windows(FACE_RECORD.len())
                .any(|tag| tag == FACE_RECORD);
        open && decoded && file.len() >= least
    });
    files
}

/// Numbers of the groups that are read, as the foreign readers are told them.
fn groups(files: &BTreeMap<FileId, Vec<u8>>) -> String {
    let numbers: Vec<String> = files
        .keys()
        .filter_map(|file| match file {
            FileId::Group(group) => Some(group.number().to_string()),
            _ => None,
        })
        .collect();
    numbers.join(",")
}

/// What a foreign reader prints when it has read everything.
fn as_printed(files: &BTreeMap<FileId, Vec<u8>>) -> Files {
    files
        .iter()
        .map(|(id, file)| (id.name(), format!("{} {}", file.len(), digest(file))))
        .collect()
}

/// The files that a foreign reader printed.
fn printed_files(printed: &str) -> Files {
    let is_file = |name: &str| name.starts_with("EF.") || name.starts_with("DG");
    printed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| is_file(name))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

fn digest(file: &[u8]) -> String {
    let mut text = String::new();
    for byte in Hash::Sha256.digest(&[file]) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Builds the foreign readers, once for all tests; a finished build is left as it is.
fn reader(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = BUILT.get_or_init(|| {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        let target = package.join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--locked", "--quiet", "--manifest-path"])
            .arg(package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target);
        let output = program::run(&mut cargo, BUILD);
        assert!(
            output.status.success(),
            "the foreign readers cannot be built:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        target.join("debug")
    });
    target.join(name)
}

/// Lets a foreign reader read a persona's card; gives what came of it, and the files on the card.
fn attempt(name: &str, persona: &Persona, key: &[(&str, String)]) -> (Output, Files) {
    let reader = reader(name);
    // A stand of its own: pcscd takes the next card for the last one for half a second.
    let stand = Stand::start();
    let card = persona.personalise().unwrap();
    let files = read_by(name, &card);
    let mut command = stand.command(reader);
    command
        .env("GROUPS", groups(&files))
        .envs(key.iter().map(|(name, value)| (name, value)));
    let files = as_printed(&files);
    let chip = Chip::new(card, Box::new(System));
    let _laid = Laid::down(chip, stand.vpcd_address());
    (program::run(&mut command, READ), files)
}

/// Lets a foreign reader read a persona's card; gives what it printed, after comparing the files.
fn read(name: &str, persona: &Persona, key: &[(&str, String)]) -> String {
    let (output, files) = attempt(name, persona, key);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{name} on the card of {}: {}\n{printed}\n{}",
        persona.name,
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let read = printed_files(&printed);
    assert_eq!(files, read, "{name} on the card of {}", persona.name);
    printed
}

fn persona(name: &str) -> Persona {
    persona::find(name).unwrap()
}

/// The same card with PACE on the only curve that `dmrtd` knows, and none of the quirks: it has no
/// other way to EF.CardAccess than through the master file.
fn on_p256(persona: Persona, cipher: Cipher) -> Persona {
    persona.with(|chip| {
        chip.pace = vec![PaceVariant::generic(cipher, 12)];
        chip.quirks.clear();
    })
}

/// Number, birth and expiry as the machine-readable zone has them, filled up with `<`.
fn mrz_fields(persona: &Persona) -> [String; 3] {
    let information = persona.mrz_information();
    // From the end, since a number of more than nine characters is longer.
    let end = information.len();
    [0..end - 15, end - 14..end - 8, end - 7..end - 1].map(|range| information[range].to_owned())
}

/// The key for `emrtd`, which wants dates in six digits.
fn short_key(persona: &Persona) -> Vec<(&'static str, String)> {
    let [number, birth, expiry] = mrz_fields(persona);
    vec![
        ("DOCUMENT_NUMBER", number),
        ("BIRTH", birth),
        ("EXPIRY", expiry),
    ]
}

/// The key for `dmrtd`, which wants dates with a century and uses the last two digits of the year.
fn long_key(persona: &Persona) -> Vec<(&'static str, String)> {
    let [number, birth, expiry] = mrz_fields(persona);
    let date = |century: &str, digits: &str| {
        format!(
            "{century}{}-{}-{}",
            &digits[..2],
            &digits[2..4],
            &digits[4..]
        )
    };
    vec![
        ("DOCUMENT_NUMBER", number.trim_end_matches('<').to_owned()),
        ("BIRTH", date("19", &birth)),
        ("EXPIRY", date("20", &expiry)),
    ]
}

/// How a foreign reader opens a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    EmrtdBac,
    DmrtdBac,
    DmrtdPaceMrz,
    DmrtdPaceCan,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    /// Every file, byte for byte.
    Read,
    /// The same after this was changed about the card.
    ReadWith(&'static str),
    /// Nothing was tried, for this reason.
    Not(&'static str),
}

impl Opening {
    const ALL: [Self; 4] = [
        Self::EmrtdBac,
        Self::DmrtdBac,
        Self::DmrtdPaceMrz,
        Self::DmrtdPaceCan,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::EmrtdBac => "emrtd, BAC",
            Self::DmrtdBac => "dmrtd, BAC",
            Self::DmrtdPaceMrz => "dmrtd, PACE by MRZ",
            Self::DmrtdPaceCan => "dmrtd, PACE by CAN",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::EmrtdBac => "emrtd-reader",
            Self::DmrtdBac | Self::DmrtdPaceMrz | Self::DmrtdPaceCan => "dmrtd-reader",
        }
    }

    fn key(self, persona: &Persona) -> Vec<(&'static str, String)> {
        match self {
            Self::EmrtdBac => short_key(persona),
            Self::DmrtdBac => long_key(persona),
            Self::DmrtdPaceMrz => [long_key(persona), vec![("ACCESS", "pace".to_owned())]].concat(),
            Self::DmrtdPaceCan => vec![("CAN", persona.can())],
        }
    }

    /// The card that this reader can read by its nature, with what had to be changed about it.
    fn card(self, persona: &Persona) -> Result<(Persona, Came), &'static str> {
        let [_, birth, expiry] = mrz_fields(persona);
        let dates = [birth, expiry].concat();
        let whole = dates.len() == 12 && dates.bytes().all(|digit| digit.is_ascii_digit());
        let decodes = self != Self::EmrtdBac;
        let pace = matches!(self, Self::DmrtdPaceMrz | Self::DmrtdPaceCan);
        if decodes && !whole {
            return Err("knows whole dates only");
        }
        if !pace && persona.chip.bac == Bac::Absent {
            return Err("the card has no BAC");
        }
        if pace && persona.chip.pace.is_empty() {
            return Err("the card has no PACE");
        }
        if pace {
            let changed = on_p256(persona.clone(), Cipher::Aes128);
            return Ok((changed, Came::ReadWith("P-256, no quirks")));
        }
        Ok((persona.clone(), Came::Read))
    }

    /// Reads every persona's card that this reader can read; gives what came of it, and the number of
    /// files.
    fn read_all(self, personas: &[Persona]) -> Vec<(Came, usize)> {
        personas
            .iter()
            .map(|persona| {
                let (card, came) = match self.card(persona) {
                    Ok(card) => card,
                    Err(why) => return (Came::Not(why), 0),
                };
                let key = self.key(&card);
                let (output, files) = attempt(self.program(), &card, &key);
                let printed = String::from_utf8(output.stdout).unwrap();
                let whose = format!("{} on the card of {}", self.words(), card.name);
                assert!(
                    output.status.success(),
                    "{whose}: {}\n{printed}\n{}",
                    output.status,
                    String::from_utf8_lossy(&output.stderr)
                );
                assert_eq!(printed_files(&printed), files, "{whose}");
                (came, files.len())
            })
            .collect()
    }
}

#[test]
fn foreign_readers_read_every_persona_that_they_can_by_their_nature() {
    let personas = persona::shipped();
    reader("emrtd-reader");
    let columns: Vec<_> = Opening::ALL
        .map(|opening| {
            let personas = personas.clone();
            thread::spawn(move || opening.read_all(&personas))
        })
        .into_iter()
        .map(|column| column.join().unwrap())
        .collect();
    let heads = Opening::ALL.map(Opening::words);
    println!("| Persona | {} |", heads.join(" | "));
    println!("|---|---|---|---|---|");
    for (row, persona) in personas.iter().enumerate() {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| match &column[row] {
                (Came::Read, files) => format!("{files} files"),
                (Came::ReadWith(what), files) => format!("{files} files ({what})"),
                (Came::Not(why), _) => why.to_string(),
            })
            .collect();
        println!("| {} | {} |", persona.name, cells.join(" | "));
        assert!(
            columns.iter().any(|column| column[row].1 > 2),
            "no foreign reader reads {}",
            persona.name
        );
    }
}

#[test]
fn emrtd_reads_a_card_after_basic_access_control() {
    for name in ["an", "chi"] {
        let persona = persona(name);
        read("emrtd-reader", &persona, &short_key(&persona));
    }
}

#[test]
fn emrtd_reads_a_card_that_takes_short_commands_only_and_does_not_expire() {
    let persona = persona("binh");
    read("emrtd-reader", &persona, &short_key(&persona));
}

#[test]
fn dmrtd_reads_a_card_after_basic_access_control() {
    for name in ["an", "binh"] {
        let persona = persona(name);
        read("dmrtd-reader", &persona, &long_key(&persona));
    }
}

#[test]
fn dmrtd_finds_the_chip_genuine_by_active_authentication() {
    let persona = persona("chi");
    let mut key = long_key(&persona);
    key.push(("CHALLENGE", "yes".to_owned()));
    let printed = read("dmrtd-reader", &persona, &key);
    assert!(printed.contains("active authentication passed"));
}

#[test]
fn dmrtd_reads_a_card_after_pace_with_the_can() {
    for cipher in [Cipher::Aes128, Cipher::Aes192, Cipher::Aes256] {
        let persona = on_p256(persona("an"), cipher);
        read("dmrtd-reader", &persona, &[("CAN", persona.can())]);
    }
}

#[test]
fn dmrtd_reads_a_card_after_pace_with_the_mrz() {
    let persona = on_p256(persona("an"), Cipher::Aes128);
    let mut key = long_key(&persona);
    key.push(("ACCESS", "pace".to_owned()));
    read("dmrtd-reader", &persona, &key);
}

#[test]
fn dmrtd_does_not_open_a_card_with_a_wrong_can() {
    let persona = on_p256(persona("an"), Cipher::Aes128);
    let wrong = match persona.can().as_str() {
        "000000" => "000001",
        _ => "000000",
    };
    let (output, _) = attempt("dmrtd-reader", &persona, &[("CAN", wrong.to_owned())]);
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("PACE step failed with status sw=6300"),
        "{said}"
    );
}

#[test]
fn dmrtd_finds_every_group_vouched_for_by_the_test_root() {
    let root = env::temp_dir().join(format!("cancuoc-root-{}.der", process::id()));
    fs::write(&root, pki::test_root()).unwrap();
    for name in ["an", "binh", "chi"] {
        let persona = persona(name);
        let mut key = long_key(&persona);
        key.push(("CSCA", root.display().to_string()));
        let printed = read("dmrtd-reader", &persona, &key);
        assert!(printed.contains("passive authentication passed"));
    }
    fs::remove_file(root).unwrap();
}
