//! The store that `cancuoc trust` keeps: an index, and objects under their SHA-256.
//!
//! The signature of a list is verified when it is added, not when it is loaded; an object counts as
//! long as its digest is the one that the index names.
//!
//! Document signers that came together stand in one object for each authority that issued them: a
//! directory has tens of thousands, and most cards bring theirs. Loading checks that object's digest;
//! the certificates in it are read when somebody asks for a signer.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::bytes::tlv::announced_length;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::UsagePeriod;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::pki::store::in_a_row;
use crate::trust::change;
use crate::trust::disk;
use crate::trust::folder;
use crate::trust::holding;
use crate::trust::holding::Content;
use crate::trust::holding::sha256;
use crate::trust::index::Digest;
use crate::trust::index::INDEX;
use crate::trust::index::Index;
use crate::trust::index::MAX_INDEX;
use crate::trust::index::Record;

pub use crate::trust::index::Confirmed;
pub use crate::trust::index::Kind;
pub use crate::trust::index::Word;

/// How often a load is begun again when another process changes the store meanwhile.
const ATTEMPTS: usize = 4;

/// How many changes a store has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// Objects by their digest.
pub(in crate::trust) type Objects = BTreeMap<[u8; 32], Arc<Content>>;

/// A kept store, loaded. `trust::change` says how it changes.
///
/// ```
/// use cancuoc::trust::kept::Kept;
///
/// let place = std::env::temp_dir().join(format!("cancuoc-kept-{}", std::process::id()));
/// assert!(!Kept::is_at(&place));
/// let kept = Kept::open_or_create(&place).unwrap();
/// assert_eq!(kept.revision().0, 0);
/// assert!(kept.entries().is_empty() && kept.trust().anchors().is_empty());
/// assert!(!place.exists(), "nothing is written before the first change");
/// ```
#[derive(Debug, Clone)]
pub struct Kept {
    pub(in crate::trust) path: PathBuf,
    pub(in crate::trust) index: Index,
    pub(in crate::trust) objects: Objects,
}

/// One thing in the store, as a person asks for it. An anchor that stands in two lists and was also
/// added by itself has three entries.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// SHA-256 of the object.
    pub fingerprint: [u8; 32],
    /// Country in upper case: of a certificate's subject, of a list's signer, of a CRL's issuer.
    pub country: Option<String>,
    /// Subject of a certificate or of a list's signer, issuer of a CRL.
    pub subject: String,
    /// Who vouches for it.
    pub provenance: Provenance,
    /// On whose word it was brought.
    pub word: Word,
    /// File name or URL it came from.
    pub source: String,
    /// When it was added: the list, where it came with one.
    pub added: Timestamp,
    /// How it came that it was let in.
    pub confirmed: Confirmed,
    /// SHA-256 of the master list that it stands in.
    pub list: Option<[u8; 32]>,
    /// First and last moment of a certificate's validity.
    pub validity: Option<(Timestamp, Timestamp)>,
    /// When the private key signs, where that is said.
    pub private_key_usage: Option<UsagePeriod>,
    /// When the list, or the list that it stands in, was signed; when a CRL was made.
    pub signed: Option<Timestamp>,
    /// When the next CRL is due.
    pub next_update: Option<Timestamp>,
}

impl Kept {
    /// Whether a kept store is at that place.
    pub fn is_at(path: &Path) -> bool {
        path.join(INDEX).is_file()
    }

    /// A new store. Nothing is written before the first change.
    ///
    /// # Errors
    /// [`TrustError::NotKept`] when a store or anything else is there; [`TrustError::Unreadable`].
    pub fn create(path: &Path) -> Result<Self, TrustError> {
        let what = || path.display().to_string();
        match std::fs::read_dir(path) {
            Ok(entries) => {
                for entry in entries {
                    let entry = entry.map_err(|_| TrustError::Unreadable { what: what() })?;
                    let name = entry.file_name();
                    // What a first change leaves that was cut short.
                    let own = [disk::OBJECTS, disk::LOCK, "cancuoc-trust.json.new"];
                    if !name.to_str().is_some_and(|name| own.contains(&name)) {
                        return Err(TrustError::NotKept { what: what() });
                    }
                }
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => return Err(TrustError::Unreadable { what: what() }),
        }
        Ok(Self {
            path: path.to_owned(),
            index: Index::default(),
            objects: Objects::new(),
        })
    }

    /// Loads a store, and checks every object against its digest.
    ///
    /// # Errors
    /// [`TrustError::NotKept`] when there is a folder without an index, [`TrustError::Unreadable`]
    /// when there is nothing, [`TrustError::Schema`], [`TrustError::Corrupt`].
    pub fn open(path: &Path) -> Result<Self, TrustError> {
        let mut index = read_index(path)?;
        for _ in 0..ATTEMPTS {
            match objects(path, &index) {
                Ok(objects) => {
                    return Ok(Self {
                        path: path.to_owned(),
                        index,
                        objects,
                    });
                }
                Err(fault) => {
                    // Another process may have taken away what the index named a moment ago.
                    let now = read_index(path)?;
                    if now.revision == index.revision {
                        return Err(fault);
                    }
                    index = now;
                }
            }
        }
        let what = path.display().to_string();
        Err(TrustError::Locked { what })
    }

    /// The store at that place, or a new one where there is none.
    ///
    /// # Errors
    /// As [`Self::open`] and [`Self::create`].
    pub fn open_or_create(path: &Path) -> Result<Self, TrustError> {
        if Self::is_at(path) {
            Self::open(path)
        } else {
            Self::create(path)
        }
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many changes it has seen.
    pub const fn revision(&self) -> Revision {
        Revision(self.index.revision)
    }

    /// Anchors that were removed and that no list brings back.
    pub fn excluded(&self) -> impl Iterator<Item = [u8; 32]> {
        self.index.excluded.iter().map(|one| one.sha256.0)
    }

    /// Everything in the store: each record, and behind a master list what stands in it.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for record in &self.index.records {
            let Some(content) = self.objects.get(&record.sha256.0) else {
                continue;
            };
            if let Content::Signers(raw) = content.as_ref() {
                let kept = in_a_row(raw).filter(|one| !self.index.excludes(one.fingerprint()));
                entries.extend(
                    kept.map(|one| of_certificate(record, record.kind, &one, provenance(record))),
                );
                continue;
            }
            entries.push(entry(record, content));
            if let Content::MasterList(list) = content.as_ref() {
                let provenance = folder::listed(&list.signed, &record.source);
                let signed = folder::signing_time(&list.signed);
                for certificate in &list.certificates {
                    if self.index.excludes(certificate.fingerprint()) {
                        continue;
                    }
                    entries.push(Entry {
                        list: Some(record.sha256.0),
                        signed,
                        ..of_certificate(
                            record,
                            role(certificate, record),
                            certificate,
                            provenance.clone(),
                        )
                    });
                }
            }
        }
        entries
    }

    /// What is trusted.
    pub fn trust(&self) -> TrustStore {
        let mut store = TrustStore::empty();
        self.pour(&mut store);
        store
    }

    /// Adds what is trusted to a store.
    pub fn pour(&self, store: &mut TrustStore) {
        pour(&self.index, &self.objects, store);
    }
}

/// What an index and its objects say is trusted.
pub(in crate::trust) fn pour(index: &Index, objects: &Objects, store: &mut TrustStore) {
    let without = index.excluded.iter().map(|one| one.sha256.0);
    let without: Arc<BTreeSet<[u8; 32]>> = Arc::new(without.collect());
    for record in &index.records {
        match objects.get(&record.sha256.0).map(Arc::as_ref) {
            Some(Content::Certificate(certificate)) => {
                let certificate = certificate.as_ref().clone();
                match record.kind {
                    Kind::Anchor => store.add_anchor(certificate, provenance(record)),
                    Kind::Link => store.add_link(certificate),
                    _ => store.add_signer(certificate),
                }
            }
            Some(Content::MasterList(list)) => {
                let provenance = folder::listed(&list.signed, &record.source);
                for certificate in &list.certificates {
                    if index.excludes(certificate.fingerprint()) {
                        continue;
                    }
                    let certificate = certificate.clone();
                    match role(&certificate, record) {
                        Kind::Anchor => store.add_anchor(certificate, provenance.clone()),
                        Kind::Link => store.add_link(certificate),
                        _ => store.add_signer(certificate),
                    }
                }
            }
            Some(Content::DeviationList(list)) => {
                store.add_deviation_list(list.as_ref().clone());
            }
            Some(Content::Crl(crl)) => store.add_crl(crl.as_ref().clone()),
            Some(Content::Signers(raw)) => store.add_signers(raw.clone(), without.clone()),
            Some(Content::Unread(_)) | None => {}
        }
    }
}

/// What a certificate of a master list is to the store.
pub(in crate::trust) fn role(certificate: &Certificate, list: &Record) -> Kind {
    let digest = Digest(*certificate.fingerprint());
    if certificate.self_keyed() && !list.without.contains(&digest) {
        Kind::Anchor
    } else if certificate.is_authority() || certificate.self_keyed() {
        Kind::Link
    } else {
        Kind::Signer
    }
}

pub(in crate::trust) fn provenance(record: &Record) -> Provenance {
    let source = record.source.clone();
    match record.word {
        Word::Operator => Provenance::Operator { file: source },
        Word::National => Provenance::National { source },
        Word::Pkd => Provenance::Pkd { source },
    }
}

fn of_certificate(
    record: &Record,
    kind: Kind,
    certificate: &Certificate,
    provenance: Provenance,
) -> Entry {
    Entry {
        kind,
        fingerprint: *certificate.fingerprint(),
        country: certificate.country(),
        subject: certificate.subject_text(),
        provenance,
        word: record.word,
        source: record.source.clone(),
        added: record.added,
        confirmed: record.confirmed,
        list: None,
        validity: Some((certificate.not_before(), certificate.not_after())),
        private_key_usage: certificate.private_key_usage(),
        signed: None,
        next_update: None,
    }
}

fn entry(record: &Record, content: &Content) -> Entry {
    let bare = Entry {
        kind: record.kind,
        fingerprint: record.sha256.0,
        country: None,
        subject: String::new(),
        provenance: provenance(record),
        word: record.word,
        source: record.source.clone(),
        added: record.added,
        confirmed: record.confirmed,
        list: None,
        validity: None,
        private_key_usage: None,
        signed: None,
        next_update: None,
    };
    if let Content::Certificate(certificate) = content {
        return of_certificate(record, record.kind, certificate, bare.provenance);
    }
    let item = change::described(content, record.sha256.0, &record.source);
    let next_update = match content {
        Content::Crl(crl) => crl.next_update(),
        _ => None,
    };
    Entry {
        country: item.country,
        subject: item.subject,
        signed: item.signed,
        next_update,
        ..bare
    }
}

/// Reads the index of the store at that place.
pub(in crate::trust) fn read_index(path: &Path) -> Result<Index, TrustError> {
    let what = || path.display().to_string();
    if path.is_dir() && !Kept::is_at(path) {
        return Err(TrustError::NotKept { what: what() });
    }
    let limit = u64::try_from(MAX_INDEX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path.join(INDEX))
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|_| TrustError::Unreadable { what: what() })?;
    Index::parse(&bytes)
}

/// Reads every object that an index names.
fn objects(path: &Path, index: &Index) -> Result<Objects, TrustError> {
    let mut objects = Objects::new();
    for record in &index.records {
        let digest = record.sha256.0;
        let corrupt = || TrustError::Corrupt {
            what: format!("{}/{}", disk::OBJECTS, hex::encode(digest)),
        };
        let bytes = holding::read(&disk::object(path, &digest)).map_err(|_| corrupt())?;
        if sha256(&bytes) != digest {
            return Err(corrupt());
        }
        // Signers stand one after the other in one object, and are read when they are asked for.
        let several = announced_length(&bytes).is_some_and(|length| length < bytes.len());
        let content = if record.kind == Kind::Signer && several {
            Content::Signers(Arc::new(bytes))
        } else {
            holding::content(&bytes).map_err(|_| corrupt())?
        };
        let fits = match &content {
            Content::Certificate(_) => {
                matches!(record.kind, Kind::Anchor | Kind::Link | Kind::Signer)
            }
            Content::MasterList(_) => record.kind == Kind::MasterList,
            Content::DeviationList(_) => record.kind == Kind::DeviationList,
            Content::Crl(_) => record.kind == Kind::Crl,
            Content::Signers(_) => record.kind == Kind::Signer,
            Content::Unread(_) => false,
        };
        if !fits || objects.insert(digest, Arc::new(content)).is_some() {
            return Err(corrupt());
        }
    }
    Ok(objects)
}
