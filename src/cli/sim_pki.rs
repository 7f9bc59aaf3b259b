//! `sim pki`: a test PKI as a folder of files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::sim::TestPki;
use crate::cli::config::Choice;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::crypto::hash::Hash;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::sim::persona;
use crate::sim::pki::IssuerSpec;
use crate::sim::pki::SigningKind;
use crate::sim::pki::folder::FolderSpec;
use crate::sim::pki::folder::MadeFile;
use crate::sim::pki::folder::USUAL_SIGNERS;

/// Days until the next list is due, as often as Doc 9303-12 asks for one.
const LIST_DAYS: i64 = 90;

/// When lists of a seed are made, where nobody says. They stay in force as long as the authority does, so
/// that a folder that lies in a repository does not grow old.
const SEEDED: [DateTime; 2] = [
    date(2026, 1, 1).at(0, 0, 0, 0),
    date(2049, 12, 31).at(23, 59, 59, 0),
];

/// The root, and the CRL that it signs.
const ROOT: &str = "cancuoc-test-csca.der";
const CRL: &str = "cancuoc-test-csca.crl";

/// What tells of every file.
const MANIFEST: &str = "MANIFEST.json";

/// What tells people.
const README: &str = "README.md";

/// How the names of files begin that are ours without a manifest.
const OURS: &str = "cancuoc-test-";

/// Schema of the manifest.
const SCHEMA: &str = "cancuoc.test_pki/1";

/// Largest manifest read, in bytes: one of every kind has some 100 KiB.
const MAX_MANIFEST: u64 = 1024 * 1024;

/// Every kind.
const ALL: &str = "all";

/// Writes everything, or nothing.
pub(super) fn run(request: &TestPki, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let spec = specification(request, settings)?;
    let files = spec.files()?;
    let folder = request.out.as_path();
    let manifest = manifest(&spec, &files);
    let mut contents: BTreeMap<String, &[u8]> = BTreeMap::new();
    contents.extend(
        files
            .iter()
            .map(|file| (file.path.clone(), file.bytes.as_slice())),
    );
    contents.insert(README.to_owned(), include_bytes!("sim_pki/README.md"));
    let manifest_text = format!("{manifest:#}\n");
    contents.insert(MANIFEST.to_owned(), manifest_text.as_bytes());
    let before = Before::of(folder);
    before.allows(folder, &contents)?;
    write(folder, &contents)?;
    before.clear(folder, &contents);
    let place = |name: &str| folder.join(name).display().to_string();
    let root = files.iter().find(|file| file.path == ROOT);
    let fingerprint = root.map(|root| sha256(&root.bytes)).unwrap_or_default();
    let names: Vec<String> = contents.keys().map(|name| place(name)).collect();
    out.remark(
        &format!(
            "Đã ghi {} tệp. Chỉ dùng để thử: mọi khóa riêng đều công khai.",
            names.len()
        ),
        &format!(
            "{} files were written. For tests only: all private keys are public.",
            names.len()
        ),
    );
    out.answer(
        &format!("{}\n{}\n{}\n", place(ROOT), place(CRL), place(MANIFEST)),
        &json!({
            "schema": "cancuoc.sim_pki/1",
            "root": place(ROOT),
            "root_sha256": fingerprint,
            "crl": place(CRL),
            "manifest": place(MANIFEST),
            "files": names,
        }),
    )?;
    Ok(Ended::Done)
}

/// What is asked for.
fn specification(request: &TestPki, settings: &Settings) -> Result<FolderSpec, Error> {
    let shipped =
        request.seed.is_none() && request.country.is_none() && request.authority.is_none();
    let issuer = match shipped {
        true => None,
        false => {
            let mut spec = IssuerSpec::new(request.seed.as_deref().unwrap_or("cancuoc"));
            if let Some(text) = &request.country {
                spec.country = country(text)?;
            }
            if let Some(name) = &request.authority {
                spec.authority = kind(name, SigningKind::signs_certificates)?;
            }
            Some(spec)
        }
    };
    let [made, next_update] = times(settings, shipped)?;
    Ok(FolderSpec {
        issuer,
        signers: signers(&request.signer)?,
        made,
        next_update,
        // Grows with time, so that a newer list takes the place of an older one.
        crl_number: made
            .to_zoned(TimeZone::UTC)
            .ok()
            .and_then(|made| u32::try_from(made.timestamp().as_second()).ok())
            .ok_or(SetupError::Time)?,
        groups: groups()?,
    })
}

/// When lists are made and the next is due. Only the shipped PKI looks at the clock.
fn times(settings: &Settings, shipped: bool) -> Result<[DateTime; 2], SetupError> {
    if !shipped && settings.clock == Choice::Standing {
        return Ok(SEEDED);
    }
    let made = settings.timestamp()?;
    let next = made
        .checked_add(SignedDuration::from_hours(24 * LIST_DAYS))
        .map_err(|_| SetupError::Time)?;
    let utc = |time: Timestamp| time.to_zoned(TimeZone::UTC).datetime();
    Ok([utc(made), utc(next)])
}

fn country(text: &str) -> Result<String, SetupError> {
    let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters
        .then(|| text.to_ascii_uppercase())
        .ok_or_else(|| SetupError::CountryFormat {
            text: text.to_owned(),
        })
}

/// The kind of this name, if its holder may have such a key.
fn kind(name: &str, may: fn(SigningKind) -> bool) -> Result<SigningKind, SetupError> {
    SigningKind::from_name(name)
        .filter(|kind| may(*kind))
        .ok_or_else(|| SetupError::KeyKindUnknown {
            name: name.to_owned(),
        })
}

fn signers(names: &[String]) -> Result<Vec<SigningKind>, SetupError> {
    let mut kinds: Vec<SigningKind> = Vec::new();
    for name in names {
        let more = match name.as_str() {
            ALL => SigningKind::of_signers(),
            name => vec![kind(name, SigningKind::signs_documents)?],
        };
        for kind in more {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    Ok(match kinds.as_slice() {
        [] => USUAL_SIGNERS.to_vec(),
        _ => kinds,
    })
}

/// What the samples sign: two small groups of an invented citizen.
fn groups() -> Result<BTreeMap<DataGroup, Vec<u8>>, Error> {
    let persona = persona::find("an").ok_or(SetupError::PersonaUnknown)?;
    let mut groups = persona.personalise()?.groups();
    groups.retain(|group, _| [DataGroup::DG1, DataGroup::DG13].contains(group));
    Ok(groups)
}

fn manifest(spec: &FolderSpec, files: &[MadeFile]) -> Value {
    let utc = |time: DateTime| format!("{time}Z");
    let entries: Vec<Value> = files
        .iter()
        .map(|file| {
            let mut entry = json!({
                "file": file.path,
                "what": file.what.name(),
                "sha256": sha256(&file.bytes),
            });
            let from = file.validity.map(|(from, _)| utc(from));
            let to = file.validity.map(|(_, to)| utc(to));
            let more = [
                ("key", file.kind.clone()),
                ("subject", file.subject.clone()),
                ("valid_from", from),
                ("valid_to", to),
                ("private_key", file.private_key.clone()),
            ];
            if let Some(object) = entry.as_object_mut() {
                let more = more
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)));
                object.extend(more.map(|(name, value)| (name.to_owned(), value.into())));
            }
            entry
        })
        .collect();
    let issuer = spec.issuer.as_ref();
    json!({
        "schema": SCHEMA,
        "warning": "TEST MATERIAL: every private key here is published. Never trust it for a real card.",
        "seed": issuer.map(|issuer| issuer.seed.as_str()),
        "country": issuer.map_or("VN", |issuer| issuer.country.as_str()),
        "made": utc(spec.made),
        "next_update": utc(spec.next_update),
        "files": entries,
    })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Hash::Sha256.digest(&[bytes]))
}

/// What an earlier run left in the folder.
struct Before(BTreeMap<String, String>);

/// As much of a manifest as tells which files are ours.
#[derive(Deserialize)]
struct Listed {
    schema: String,
    files: Vec<ListedFile>,
}

#[derive(Deserialize)]
struct ListedFile {
    file: String,
    sha256: String,
}

impl Before {
    /// Reads the manifest; one that is none leaves nothing ours.
    fn of(folder: &Path) -> Self {
        let read = || -> Option<Listed> {
            let mut text = String::new();
            let path = folder.join(MANIFEST);
            // A pipe may never end.
            path.is_file().then_some(())?;
            let file = fs::File::open(path).ok()?;
            file.take(MAX_MANIFEST).read_to_string(&mut text).ok()?;
            let listed: Listed = serde_json::from_str(&text).ok()?;
            (listed.schema == SCHEMA).then_some(listed)
        };
        let Some(listed) = read() else {
            return Self(BTreeMap::new());
        };
        let files = listed.files.into_iter().map(|one| (one.file, one.sha256));
        let mut files: BTreeMap<String, String> =
            files.filter(|(name, _)| is_inside(name)).collect();
        files.extend([MANIFEST, README].map(|name| (name.to_owned(), String::new())));
        Self(files)
    }

    /// Whether nothing of anybody else's stands where a file goes.
    fn allows(&self, folder: &Path, contents: &BTreeMap<String, &[u8]>) -> Result<(), SetupError> {
        for (name, bytes) in contents {
            let path = folder.join(name);
            // A link is somebody's, wherever it leads; one in place of a folder of ours, too.
            let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|it| it.is_symlink());
            let between = path.ancestors().skip(1).take_while(|path| *path != folder);
            if let Some(link) = between.into_iter().find(|path| is_link(path)) {
                return Err(SetupError::PkiPlace {
                    path: link.display().to_string(),
                });
            }
            let Ok(there) = fs::symlink_metadata(&path) else {
                continue;
            };
            let last = name.rsplit('/').next().unwrap_or_default();
            let ours = self.0.contains_key(name) || last.starts_with(OURS);
            let same = || fs::read(&path).is_ok_and(|there| there == *bytes);
            if !there.is_file() || !(ours || same()) {
                return Err(SetupError::PkiPlace {
                    path: path.display().to_string(),
                });
            }
        }
        Ok(())
    }

    /// Takes away what an earlier run wrote, nobody changed since, and this one has not.
    fn clear(&self, folder: &Path, contents: &BTreeMap<String, &[u8]>) {
        for (name, digest) in &self.0 {
            let path = folder.join(name);
            let is_file = fs::symlink_metadata(&path).is_ok_and(|there| there.is_file());
            if contents.contains_key(name) || !is_file {
                continue;
            }
            if fs::read(&path).is_ok_and(|bytes| sha256(&bytes) == *digest) {
                // What stays behind does no harm: the manifest says what belongs.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Whether a name from a manifest stays in the folder.
fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn write(folder: &Path, contents: &BTreeMap<String, &[u8]>) -> Result<(), SetupError> {
    let unwritable = |path: &Path| SetupError::OutputUnwritable {
        path: path.display().to_string(),
    };
    fs::create_dir_all(folder).map_err(|_| unwritable(folder))?;
    // The manifest comes last: a run that was cut short is seen by its absence.
    let (last, first): (Vec<_>, Vec<_>) = contents.iter().partition(|(name, _)| *name == MANIFEST);
    for (name, bytes) in first.into_iter().chain(last) {
        let path: PathBuf = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|_| unwritable(parent))?;
        }
        fs::write(&path, bytes).map_err(|_| unwritable(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_nobodys() {
        for name in ["", "/etc/passwd", "../x", "a/../../x", "a/./../b"] {
            assert!(!is_inside(name), "{name}");
        }
        assert!(is_inside("keys/csca.pem"));
    }
}
