//! What the operator trusts: country authorities with their provenance, and what helps to judge
//! beside them (links, document signers, CRLs).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use x509_parser::pem::Pem;

use crate::error::SetupError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::master_list::MasterList;
use crate::pki::memo::Memo;

/// Largest trust file read, in bytes. The largest master list known has 1 MiB.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Who vouches for an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// The operator put this very certificate into a trust folder.
    Operator {
        /// Name of the file.
        file: String,
    },
    /// A state published it as its own, and the operator took it from there.
    National {
        /// Where it was published.
        source: String,
    },
    /// It came from the public key directory of ICAO.
    Pkd {
        /// Name of the file.
        source: String,
    },
    /// It stood in a master list.
    MasterList {
        /// Name of the file.
        file: String,
        /// The state that signed the list, in upper case, where that is said.
        state: Option<String>,
        /// When the list was signed, where that is said.
        signed: Option<Timestamp>,
    },
    /// It is the root of the virtual card: nothing real.
    TestCard,
}

impl std::fmt::Display for Provenance {
    /// For the report's evidence: `operator: csca.pem`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator { file } => write!(f, "operator: {file}"),
            Self::National { source } => write!(f, "national publication: {source}"),
            Self::Pkd { source } => write!(f, "PKD: {source}"),
            Self::MasterList {
                file,
                state,
                signed,
            } => {
                f.write_str("master list")?;
                if let Some(state) = state {
                    write!(f, " of {state}")?;
                }
                if let Some(signed) = signed {
                    write!(f, " of {}", signed.strftime("%Y-%m-%d"))?;
                }
                write!(f, ": {file}")
            }
            Self::TestCard => f.write_str("test card"),
        }
    }
}

/// A certificate that is trusted, and why.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// Who vouches for it.
    pub provenance: Provenance,
}

/// What the operator trusts.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    anchors: Vec<Anchor>,
    links: Vec<Certificate>,
    signers: Vec<Certificate>,
    crls: Vec<Crl>,
    known: BTreeSet<[u8; 32]>,
    memo: Memo,
}

impl TrustStore {
    /// Trusts nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Trusts a certificate. The same one given twice is kept once, with the nearer provenance: the
    /// test card's stays what it is, the operator's own word replaces a list's.
    pub fn add_anchor(&mut self, certificate: Certificate, provenance: Provenance) {
        let known = self
            .anchors
            .iter_mut()
            .find(|anchor| anchor.certificate == certificate);
        match (known, &provenance) {
            (None, _) => self.anchors.push(Anchor {
                certificate,
                provenance,
            }),
            (Some(anchor), Provenance::TestCard) => anchor.provenance = provenance,
            (Some(anchor), Provenance::Operator { .. })
                if matches!(anchor.provenance, Provenance::MasterList { .. }) =>
            {
                anchor.provenance = provenance;
            }
            (Some(_), _) => {}
        }
    }

    /// Keeps a link certificate: it is trusted only as far as an anchor's signature carries.
    pub fn add_link(&mut self, certificate: Certificate) {
        if self.known.insert(*certificate.fingerprint()) {
            self.links.push(certificate);
        }
    }

    /// Keeps a document signer's certificate for cards that bring none; it is not trusted.
    pub fn add_signer(&mut self, certificate: Certificate) {
        if self.known.insert(*certificate.fingerprint()) {
            self.signers.push(certificate);
        }
    }

    /// Keeps a revocation list; its signature is checked when it is used.
    pub fn add_crl(&mut self, crl: Crl) {
        self.crls.push(crl);
    }

    /// Adds the certificates, master lists and CRLs of a folder, in DER or PEM, in the order of
    /// their names. Hidden files, READMEs and sub-folders are passed over.
    ///
    /// What lies there is the operator's word: the signature of a master list is not asked for. An
    /// authority's certificate in a file of its own is an anchor; of a master list, certificates
    /// that are self-signed are anchors, and links between them stay links.
    ///
    /// # Errors
    /// [`SetupError::TrustUnreadable`] when the folder or a file cannot be read,
    /// [`SetupError::TrustMalformed`] when a file is none of these, or too long. Then nothing of
    /// the folder is added.
    pub fn load_folder(&mut self, folder: &Path) -> Result<(), SetupError> {
        let unreadable = |path: &Path| SetupError::TrustUnreadable {
            path: path.display().to_string(),
        };
        let mut paths = std::fs::read_dir(folder)
            .and_then(|entries| {
                entries
                    .map(|entry| entry.map(|entry| entry.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|_| unreadable(folder))?;
        paths.sort();
        let mut whole = self.clone();
        for path in paths {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let readme = name.to_ascii_lowercase().starts_with("readme");
            let kind = std::fs::metadata(&path).map_err(|_| unreadable(&path))?;
            if readme || name.starts_with('.') || !kind.is_file() {
                continue;
            }
            let mut bytes = Vec::new();
            File::open(&path)
                .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
                .map_err(|_| unreadable(&path))?;
            let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE);
            if !fits || whole.load(&bytes, &name).is_none() {
                return Err(SetupError::TrustMalformed {
                    path: path.display().to_string(),
                });
            }
        }
        *self = whole;
        Ok(())
    }

    /// Adds what one file holds; nothing when it holds something else.
    fn load(&mut self, bytes: &[u8], file: &str) -> Option<()> {
        if bytes.first() == Some(&0x30) && self.load_der(bytes, file).is_some() {
            return Some(());
        }
        let mut blocks = Pem::iter_from_buffer(bytes).peekable();
        blocks.peek()?;
        for block in blocks {
            self.load_der(&block.ok()?.contents, file)?;
        }
        Some(())
    }

    fn load_der(&mut self, der: &[u8], file: &str) -> Option<()> {
        let file = file.to_owned();
        if let Ok(certificate) = Certificate::decode(der) {
            if is_authority(&certificate) || certificate.self_issued() {
                self.add_anchor(certificate, Provenance::Operator { file });
            } else {
                self.add_signer(certificate);
            }
        } else if let Ok(list) = MasterList::decode(der) {
            for certificate in list.certificates {
                if certificate.self_keyed() {
                    let provenance = Provenance::MasterList {
                        file: file.clone(),
                        state: None,
                        signed: None,
                    };
                    self.add_anchor(certificate, provenance);
                } else if is_authority(&certificate) {
                    self.add_link(certificate);
                } else {
                    self.add_signer(certificate);
                }
            }
        } else {
            self.add_crl(Crl::decode(der).ok()?);
        }
        Some(())
    }

    /// Every anchor.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The anchors of a country, given in upper case.
    pub fn anchors_for<'a>(&'a self, country: &'a str) -> impl Iterator<Item = &'a Anchor> {
        self.anchors
            .iter()
            .filter(move |anchor| anchor.certificate.country().as_deref() == Some(country))
    }

    /// The link certificates.
    pub fn links(&self) -> &[Certificate] {
        &self.links
    }

    /// Document signers' certificates, not trusted, for cards that bring none.
    pub fn signers(&self) -> &[Certificate] {
        &self.signers
    }

    /// The signatures on certificates and lists that were right, whoever asked.
    pub(in crate::pki) const fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The revocation lists.
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }
}

/// Whether a certificate says that it is an authority's, in either of the two ways.
fn is_authority(certificate: &Certificate) -> bool {
    certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
        || certificate
            .key_usage()
            .is_some_and(|usage| usage.key_cert_sign)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::pki::build;
    use crate::pki::build::CrlDraft;
    use crate::pki::build::Draft;
    use crate::pki::build::name;

    /// A folder that is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str, files: &[(&str, &[u8])]) -> Self {
            let name = format!("cancuoc-store-{test}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            for (file, bytes) in files {
                std::fs::write(path.join(file), bytes).unwrap();
            }
            Self(path)
        }

        fn load(&self) -> Result<TrustStore, SetupError> {
            let mut store = TrustStore::empty();
            store.load_folder(&self.0).map(|()| store)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn root(key: u8) -> Vec<u8> {
        let name = name("VN", "Test CSCA");
        Draft::authority(&name, key, &name, key).sign(key)
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        format!("some words\n-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn a_folder_is_sorted_into_anchors_signers_and_lists() {
        let signer = Draft::signer(&name("VN", "Test DS"), 9, &name("VN", "Test CSCA"), 1).sign(1);
        let crl = CrlDraft::new(&name("VN", "Test CSCA"), &[&[7]]).sign(1);
        let two = pem("CERTIFICATE", &root(2)) + &pem("CERTIFICATE", &root(3));
        let folder = Folder::new(
            "kinds",
            &[
                ("a.cer", &root(1)),
                ("b.pem", two.as_bytes()),
                ("c.crl", &crl),
                ("d.pem", pem("X509 CRL", &crl).as_bytes()),
                ("e.der", &signer),
                ("README.md", b"words"),
                (".hidden", b"words"),
            ],
        );
        std::fs::create_dir_all(folder.0.join("sub")).unwrap();
        let store = folder.load().unwrap();
        assert_eq!(store.anchors().len(), 3);
        assert_eq!(store.anchors_for("VN").count(), 3);
        assert_eq!(store.anchors_for("DE").count(), 0);
        assert_eq!(store.crls().len(), 2);
        assert_eq!(store.signers().len(), 1);
        let first = &store.anchors()[0].provenance;
        assert_eq!(first.to_string(), "operator: a.cer");
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let key = pem("PRIVATE KEY", b"no certificate");
        for (test, bytes) in [
            ("empty", &b""[..]),
            ("words", b"words"),
            ("key", key.as_bytes()),
            ("torn", b"-----BEGIN CERTIFICATE-----\nMII"),
        ] {
            let folder = Folder::new(test, &[("odd.pem", bytes)]);
            let fault = folder.load().unwrap_err();
            assert!(
                matches!(&fault, SetupError::TrustMalformed { path } if path.ends_with("odd.pem")),
                "{test}: {fault:?}"
            );
        }
        assert!(matches!(
            TrustStore::empty().load_folder(Path::new("/nonexistent")),
            Err(SetupError::TrustUnreadable { .. })
        ));
    }

    #[test]
    fn an_anchor_is_kept_once_with_the_nearer_provenance() {
        let mut store = TrustStore::empty();
        let root = Certificate::decode(&root(1)).unwrap();
        let list = Provenance::MasterList {
            file: "list".to_owned(),
            state: Some("VN".to_owned()),
            signed: None,
        };
        let own = Provenance::Operator {
            file: "own".to_owned(),
        };
        store.add_anchor(root.clone(), list.clone());
        store.add_anchor(root.clone(), own.clone());
        store.add_anchor(root.clone(), list);
        assert_eq!(store.anchors().len(), 1);
        assert_eq!(store.anchors()[0].provenance, own);
        store.add_anchor(root.clone(), Provenance::TestCard);
        store.add_anchor(root, own);
        assert_eq!(store.anchors()[0].provenance, Provenance::TestCard);
    }

    #[test]
    fn the_real_trust_data_loads() {
        if build::shared("trust/COL.crl").is_none() {
            return;
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/trust");
        let mut store = TrustStore::empty();
        store.load_folder(Path::new(folder)).unwrap();
        assert_eq!(store.crls().len(), 1);
        assert!(store.signers().is_empty());
        println!(
            "{} anchors, {} links",
            store.anchors().len(),
            store.links().len()
        );
        let vietnamese: Vec<String> = store
            .anchors_for("VN")
            .map(|anchor| anchor.provenance.to_string())
            .collect();
        assert!(vietnamese.contains(&"operator: csca_vietnam_cccd_001.pem".to_owned()));
        assert!(vietnamese.contains(&"operator: csca_epassport_vietnam_2022.der".to_owned()));
    }
}
