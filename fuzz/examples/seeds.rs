//! Writes what virtual cards hold as first inputs: a folder for each target.
//!
//! `SEEDS=FOLDER seeds -runs=0`: it is a fuzz target by its form alone, since whatever is compiled for
//! fuzzing needs the fuzzer's runtime.

#![no_main]

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use cancuoc::lds::FileId;
use cancuoc::sim::persona::EnrolledFinger;
use cancuoc::sim::persona::EnrolledIris;
use cancuoc::sim::persona::Records;
use cancuoc::sim::persona::find;
use cancuoc::sim::persona::shipped;
use cancuoc::sim::pki;
use cancuoc::sim::prints;
use cancuoc::sim::prints::Compression;
use cancuoc::verify::Policy;
use libfuzzer_sys::fuzz_target;

/// The targets that take a file of a card, by its name.
const TARGETS: [(&str, &str); 20] = [
    ("EF.CardAccess", "security_infos"),
    ("EF.CardSecurity", "card_security"),
    ("EF.COM", "com"),
    ("EF.SOD", "security_object"),
    ("EF.CVCA", "cvca"),
    ("DG1", "dg1"),
    ("DG2", "dg2"),
    ("DG3", "dg3"),
    ("DG4", "dg4"),
    ("DG5", "dg5"),
    ("DG7", "dg7"),
    ("DG11", "dg11"),
    ("DG12", "dg12"),
    ("DG13", "dg13"),
    ("DG14", "dg14"),
    ("DG15", "dg15"),
    ("DG16", "dg16"),
    ("EF.DIR", "directory"),
    ("EF.ATR/INFO", "atr_info"),
    ("DG2", "tlv"),
];

/// The members of an index of trust, but for its digest.
const EMPTY_INDEX: &[u8] = br#"{
  "schema": "cancuoc.trust/1",
  "revision": 0,
  "entries": [],
  "newest": [],
  "excluded": [],
  "digest": ""
}
"#;

fn put(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)?;
    Ok(())
}

/// Pictures of every kind, small ones.
fn pictures(folder: &Path) -> Result<(), Box<dyn Error>> {
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pictures"))? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_str().ok_or("no such name")?;
        put(folder, "picture", name, &fs::read(file.path())?)?;
    }
    Ok(())
}

/// DG2, DG3 and DG4 in the extensible formats, which no shipped card has: a drawn one, and what others
/// wrote.
fn extensible(folder: &Path) -> Result<(), Box<dyn Error>> {
    let persona = find("an").ok_or("no such persona")?.with(|chip| {
        chip.records = Records::Extensible;
        chip.fingers = vec![EnrolledFinger::drawn(2, Compression::Wsq)];
        chip.irises = EnrolledIris::both_drawn(Compression::Jpeg2000).to_vec();
    });
    let card = persona.personalise()?;
    for (name, target) in [("DG2", "dg2"), ("DG3", "dg3"), ("DG4", "dg4")] {
        let file = FileId::from_name(name).ok_or("no such file")?;
        let bytes = card.files.get(&file).ok_or("no such group")?;
        put(folder, target, "extensible", bytes)?;
    }
    let written = include_str!("../../tests/vectors/extensible_jmrtd.toml");
    for line in written.lines() {
        if let Some((target, value)) = line.split_once(" = ") {
            let digits = value.trim_matches('"');
            put(folder, target, "extensible-whole", &octets(digits)?)?;
        }
    }
    Ok(())
}

/// The octets that hexadecimal digits stand for.
fn octets(digits: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let pairs = (0..digits.len()).step_by(2);
    let octet = |at: usize| -> Result<u8, Box<dyn Error>> {
        let pair = digits.get(at..at + 2).ok_or("half an octet")?;
        Ok(u8::from_str_radix(pair, 16)?)
    };
    pairs.map(octet).collect()
}

fn write() -> Result<(), Box<dyn Error>> {
    let folder = env::var_os("SEEDS").ok_or("SEEDS is not set")?;
    let folder = Path::new(&folder);
    pictures(folder)?;
    extensible(folder)?;
    for policy in Policy::shipped() {
        put(folder, "policy", policy.name(), policy.to_file().as_bytes())?;
    }
    put(folder, "trust_file", "root", &pki::test_root())?;
    put(folder, "trust_index", "empty", EMPTY_INDEX)?;
    for persona in shipped() {
        put(folder, "zone", &persona.name, persona.mrz().as_bytes())?;
        put(folder, "key", &persona.name, persona.qr().as_bytes())?;
        put(folder, "printed", &persona.name, persona.qr().as_bytes())?;
        let card = persona.personalise()?;
        for (name, target) in TARGETS {
            let file = FileId::from_name(name).ok_or("no such file")?;
            let bytes = card.files.get(&file);
            if let Some(bytes) = bytes {
                put(
                    folder,
                    target,
                    &format!("{}-{}", persona.name, file.id()),
                    bytes,
                )?;
            }
        }
    }
    for number in 0..3 {
        let print = prints::finger(number, Compression::Wsq);
        put(folder, "wsq", &format!("finger-{number}"), &print.image)?;
    }
    Ok(())
}

fuzz_target!(init: {
    if let Err(error) = write() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}, |_bytes: &[u8]| {});
