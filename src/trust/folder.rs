//! Loading what an operator trusts: a plain folder of files, or a store that `cancuoc trust` keeps.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::error::SetupError;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::cms::SignerInfo;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::trust::disk;
use crate::trust::holding;
use crate::trust::holding::Content;
use crate::trust::index::INDEX;
use crate::trust::kept::Kept;

/// Adds what a folder holds to a store: a store that `cancuoc trust` keeps, or else its certificates,
/// lists and CRLs in the order of their names. Hidden files, READMEs, MANIFEST.json and sub-folders are passed over.
///
/// What lies in a plain folder is the operator's word: the signature of a list is not asked for. An
/// authority's certificate in a file of its own is an anchor; of a master list, certificates that
/// are self-signed are anchors, and links between them stay links.
///
/// ```
/// # #[cfg(feature = "sim")] {
/// use cancuoc::pki::store::TrustStore;
///
/// let folder = std::env::temp_dir().join(format!("cancuoc-example-{}", std::process::id()));
/// std::fs::create_dir_all(&folder).unwrap();
/// std::fs::write(folder.join("root.cer"), cancuoc::sim::pki::test_root()).unwrap();
///
/// let mut store = TrustStore::empty();
/// cancuoc::trust::folder::load(&mut store, &folder).unwrap();
/// assert_eq!(store.anchors_for("VN").count(), 1);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # }
/// ```
///
/// # Errors
/// [`TrustError::Unreadable`] when the folder or a file cannot be read, [`TrustError::Malformed`]
/// when a file is none of these; for a kept store [`TrustError::Corrupt`], [`TrustError::Schema`].
/// Then nothing of the folder is added.
pub fn load(store: &mut TrustStore, path: &Path) -> Result<(), SetupError> {
    if Kept::is_at(path) {
        Kept::open(path)?.pour(store);
        return Ok(());
    }
    let mut whole = store.clone();
    for file in files(path)? {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let bytes = holding::read(&file)?;
        for holding in holding::holdings(&bytes, &file.display().to_string())? {
            take(&mut whole, holding.content, &name);
        }
    }
    *store = whole;
    Ok(())
}

/// The files of a plain folder that count, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, TrustError> {
    let unreadable = |path: &Path| TrustError::Unreadable {
        what: path.display().to_string(),
    };
    let mut paths = std::fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(|_| unreadable(folder))?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy());
        let name = name.unwrap_or_default();
        let aside = name.starts_with('.')
            || name.to_ascii_lowercase().starts_with("readme")
            // What `cancuoc sim pki` says of its files.
            || name == "MANIFEST.json"
            // What the first change of a kept store leaves when it is cut short.
            || name == disk::LOCK
            || name.strip_suffix(disk::UNFINISHED) == Some(INDEX);
        let kind = std::fs::metadata(&path).map_err(|_| unreadable(&path))?;
        if !aside && kind.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn take(store: &mut TrustStore, content: Content, name: &str) {
    let file = name.to_owned();
    match content {
        Content::Certificate(certificate) => {
            if certificate.is_authority() || certificate.self_issued() {
                store.add_anchor(*certificate, Provenance::Operator { file });
            } else {
                store.add_signer(*certificate);
            }
        }
        Content::MasterList(list) => {
            let provenance = listed(&list.signed, name);
            for certificate in list.certificates {
                sort(store, certificate, &provenance);
            }
        }
        Content::DeviationList(list) => store.add_deviation_list(*list),
        Content::Crl(crl) => store.add_crl(*crl),
        Content::Signers(_) | Content::Unread(_) => {}
    }
}

/// Puts a certificate of a master list where it belongs.
pub(in crate::trust) fn sort(
    store: &mut TrustStore,
    certificate: Certificate,
    provenance: &Provenance,
) {
    if certificate.self_keyed() {
        store.add_anchor(certificate, provenance.clone());
    } else if certificate.is_authority() {
        store.add_link(certificate);
    } else {
        store.add_signer(certificate);
    }
}

/// The provenance of a master list's anchors: what the list says of its signer.
pub(in crate::trust) fn listed(signed: &SignedData, file: &str) -> Provenance {
    let state = signers(signed).first().and_then(Certificate::country);
    Provenance::MasterList {
        file: file.to_owned(),
        state,
        signed: signing_time(signed),
    }
}

/// The certificates that came along and that the signers of signed data name, in their order.
pub(in crate::trust) fn signers(signed: &SignedData) -> Vec<Certificate> {
    let known: Vec<Certificate> = signed
        .certificates
        .iter()
        .filter_map(|raw| Certificate::decode(raw).ok())
        .collect();
    let named = |info: &SignerInfo| {
        known
            .iter()
            .find(|certificate| info.id.names(certificate))
            .cloned()
    };
    signed.signers.iter().filter_map(named).collect()
}

/// When signed data was signed: the earliest time that a signer says.
pub(in crate::trust) fn signing_time(signed: &SignedData) -> Option<Timestamp> {
    signed
        .signers
        .iter()
        .filter_map(|signer| signer.signed_attributes.as_ref()?.signing_time)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::build;
    use crate::pki::build::CrlDraft;
    use crate::pki::build::Draft;
    use crate::pki::build::name;
    use crate::trust::scratch::Scratch;
    use crate::trust::scratch::pem;
    use crate::trust::scratch::root;

    fn loaded(folder: &Scratch) -> Result<TrustStore, SetupError> {
        let mut store = TrustStore::empty();
        load(&mut store, folder.path()).map(|()| store)
    }

    #[test]
    fn a_folder_is_sorted_into_anchors_signers_and_lists() {
        let signer = Draft::signer(&name("VN", "Test DS"), 9, &name("VN", "Test CSCA"), 1).sign(1);
        let crl = CrlDraft::new(&name("VN", "Test CSCA"), &[&[7]]).sign(1);
        let two = pem("CERTIFICATE", &root(2)) + &pem("CERTIFICATE", &root(3));
        let folder = Scratch::new(
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
        std::fs::create_dir_all(folder.path().join("sub")).unwrap();
        let store = loaded(&folder).unwrap();
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
            let folder = Scratch::new(test, &[("a.cer", &root(1)), ("odd.pem", bytes)]);
            let fault = loaded(&folder).unwrap_err();
            assert_eq!(fault.code(), "trust.malformed");
            let subject = fault.subject().unwrap();
            assert!(subject.contains("odd.pem"), "{test}: {subject}");
        }
        let nowhere = load(&mut TrustStore::empty(), Path::new("/nonexistent"));
        assert_eq!(nowhere.unwrap_err().code(), "trust.unreadable");
    }

    #[test]
    fn the_real_trust_data_loads_and_tells_who_vouches() {
        if build::shared("trust/COL.crl").is_none() {
            return;
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/trust");
        let mut store = TrustStore::empty();
        load(&mut store, Path::new(folder)).unwrap();
        assert_eq!(store.crls().len(), 1);
        assert!(store.signers().is_empty());
        let told = |country| {
            let anchors = store.anchors_for(country);
            anchors
                .map(|anchor| anchor.provenance.to_string())
                .collect::<Vec<String>>()
        };
        let vietnamese = told("VN");
        assert!(vietnamese.contains(&"operator: csca_vietnam_cccd_001.pem".to_owned()));
        assert!(vietnamese.contains(&"operator: csca_epassport_vietnam_2022.der".to_owned()));
        let list = "master list of DE of 2024-08-07: DE_ML_2024-08-07-07-38-24.ml";
        assert!(told("FR").contains(&list.to_owned()));
    }
}
