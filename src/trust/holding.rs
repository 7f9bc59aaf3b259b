//! What a file of trust material holds, whatever its form: DER, base64 with armour (RFC 7468) or
//! without, a bundle that signs nothing (RFC 5652 §5.1), LDIF (RFC 2849).
//!
//! Nothing here is believed: what a file holds is decoded, and that is all.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::deviation_list::DeviationList;
use crate::pki::ldif;
use crate::pki::master_list::MasterList;
use crate::trust::holding::armour::armoured;
use crate::trust::holding::armour::has_armour;
use crate::trust::holding::armour::without_spaces;

mod armour;
mod bundle;

/// Largest file read, in bytes. The largest master list known has 1 MiB.
pub const MAX_FILE: usize = 16 * 1024 * 1024;

/// Largest LDIF read, in bytes. The largest of the PKD of ICAO has some 80 MiB.
pub const MAX_LDIF: usize = 128 * 1024 * 1024;

/// How much of a file shows whether it is LDIF, in bytes.
const START: usize = 4096;

/// Most values taken from one LDIF. The PKD's largest has some 32,000.
const MAX_VALUES: usize = 65_536;

/// One thing that a file holds.
#[derive(Debug, Clone)]
pub struct Holding {
    /// What it is.
    pub content: Content,
    /// Where it stood: the file's name, and the line where there are several.
    pub place: String,
    /// Whether it stood alone or among others of one publisher.
    pub carrier: Carrier,
    raw: Vec<u8>,
}

/// What kind of thing it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Content {
    /// A certificate: an authority's, a link, or a document signer's.
    Certificate(Box<Certificate>),
    /// A master list.
    MasterList(Box<MasterList>),
    /// A deviation list.
    DeviationList(Box<DeviationList>),
    /// A certificate revocation list.
    Crl(Box<Crl>),
    /// Document signers' certificates, one after the other, as a kept store has them. They are read
    /// when they are asked for.
    Signers(Arc<Vec<u8>>),
    /// An entry of a directory that is none of these: it is passed over and told.
    Unread(Malformed),
}

/// What kind of file something came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A file of its own, or a bundle whose maker means all of it: one bad part spoils the whole.
    File,
    /// A directory of many publishers, such as the PKD's: what is bad in it is passed over.
    Directory,
}

impl Holding {
    fn new(content: Content, place: &str, raw: &[u8]) -> Self {
        Self {
            content,
            place: place.to_owned(),
            carrier: Carrier::File,
            raw: raw.to_vec(),
        }
    }

    /// The octets as they stood: DER of a certificate or CRL, CMS of a list.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// SHA-256 of the octets: the fingerprint, where it is a certificate.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(&self.raw)
    }
}

/// SHA-256.
pub(in crate::trust) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(Hash::Sha256.digest(&[bytes])) {
        *to = from;
    }
    out
}

/// Reads a file, no further than the longest of its form that is accepted.
///
/// # Errors
/// [`TrustError::Unreadable`], [`TrustError::TooLarge`].
pub fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    let what = || path.display().to_string();
    let file = File::open(path).map_err(|_| TrustError::Unreadable { what: what() })?;
    read_from(file, &what())
}

/// The same for what has no path, such as standard input.
///
/// # Errors
/// [`TrustError::Unreadable`], [`TrustError::TooLarge`].
pub fn read_from(mut from: impl Read, name: &str) -> Result<Vec<u8>, TrustError> {
    let what = || name.to_owned();
    let mut bytes = Vec::new();
    let mut up_to = |most: usize, bytes: &mut Vec<u8>| {
        let left = most.saturating_add(1).saturating_sub(bytes.len());
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        (&mut from)
            .take(left)
            .read_to_end(bytes)
            .map_err(|_| TrustError::Unreadable { what: what() })
    };
    up_to(MAX_FILE, &mut bytes)?;
    if bytes.len() > MAX_FILE && is_ldif(&bytes) {
        up_to(MAX_LDIF, &mut bytes)?;
    }
    fits(&bytes, name).map(|()| bytes)
}

/// Whether a file is no longer than its form may be.
fn fits(bytes: &[u8], name: &str) -> Result<(), TrustError> {
    let most = if is_ldif(bytes) { MAX_LDIF } else { MAX_FILE };
    if bytes.len() > most {
        let what = name.to_owned();
        return Err(TrustError::TooLarge { what });
    }
    Ok(())
}

fn is_ldif(bytes: &[u8]) -> bool {
    ldif::is_ldif(bytes.get(..START).unwrap_or(bytes))
}

/// Decodes what a file holds; its name stands in errors only.
///
/// ```
/// use cancuoc::trust::holding::Content;
/// use cancuoc::trust::holding::holdings;
///
/// # #[cfg(feature = "sim")] {
/// let root = cancuoc::sim::pki::test_root();
/// let found = holdings(&root, "root.cer").unwrap();
/// assert!(matches!(&found[0].content, Content::Certificate(root) if root.is_authority()));
/// # }
/// assert_eq!(holdings(b"words", "words.txt").unwrap_err().code(), "trust.malformed");
/// ```
///
/// # Errors
/// [`TrustError::Malformed`] when it holds anything else, with the line of the block that does;
/// [`TrustError::TooLarge`], [`TrustError::TooMany`].
pub fn holdings(bytes: &[u8], name: &str) -> Result<Vec<Holding>, TrustError> {
    fits(bytes, name)?;
    if is_ldif(bytes) {
        return directory(bytes, name);
    }
    if bytes.first() == Some(&0x30) {
        match one_or_more(bytes, name) {
            Ok(found) => return Ok(found),
            // Base64 of what begins so begins with M; an armoured file may begin with any words.
            Err(fault) if !has_armour(bytes) => return Err(fault),
            Err(_) => {}
        }
    }
    if has_armour(bytes) {
        return armoured(bytes, name);
    }
    let bare = STANDARD.decode(without_spaces(bytes));
    match bare {
        Ok(inside) if !inside.is_empty() => one_or_more(&inside, name),
        _ => Err(malformed(name, "no certificate, list or CRL")),
    }
}

/// Decodes DER of one thing, or of signed data that carries several and signs nothing.
fn one_or_more(bytes: &[u8], place: &str) -> Result<Vec<Holding>, TrustError> {
    if let Some(found) = bundle::carried(bytes, place) {
        return found;
    }
    Ok(vec![der(bytes, place)?])
}

/// Decodes DER (or, for signed data, BER) of one thing.
fn der(bytes: &[u8], place: &str) -> Result<Holding, TrustError> {
    let content = content(bytes).map_err(|fault| malformed(place, &fault.to_string()))?;
    Ok(Holding::new(content, place, bytes))
}

/// Decodes one thing. What it is shows in its first element: signed data names its content's type,
/// a certificate and a CRL begin with what is signed, and only a CRL has a time in its second or
/// third place.
pub(in crate::trust) fn content(bytes: &[u8]) -> Result<Content, Malformed> {
    let mut outer = Reader::new(bytes);
    let first = match bytes {
        // BER of indefinite length, which signed data alone may have.
        [0x30, 0x80, first, ..] => Some(u32::from(*first)),
        _ => outer
            .expect(tag::SEQUENCE, "trust material")?
            .inside()?
            .peek(),
    };
    if first == Some(tag::OID) {
        return match MasterList::decode(bytes) {
            Ok(list) => Ok(Content::MasterList(Box::new(list))),
            Err(fault) => match DeviationList::decode(bytes) {
                Ok(list) => Ok(Content::DeviationList(Box::new(list))),
                Err(_) => Err(fault),
            },
        };
    }
    match Certificate::decode(bytes) {
        Ok(certificate) => Ok(Content::Certificate(Box::new(certificate))),
        Err(fault) => match Crl::decode(bytes) {
            Ok(crl) => Ok(Content::Crl(Box::new(crl))),
            Err(_) => Err(fault),
        },
    }
}

/// The entries of a directory. What one of them holds may be bad; a file that is torn is refused.
fn directory(bytes: &[u8], name: &str) -> Result<Vec<Holding>, TrustError> {
    let torn = |fault: ldif::LdifFault| malformed(name, &fault.to_string());
    let mut found = Vec::new();
    for entry in ldif::read(bytes).map_err(torn)? {
        for value in entry.map_err(torn)?.values {
            if found.len() >= MAX_VALUES {
                let what = name.to_owned();
                return Err(TrustError::TooMany { what });
            }
            let content = content(&value.der);
            // An attribute of another name may hold anything.
            if value.kind == ldif::Kind::Other && content.is_err() {
                continue;
            }
            let place = format!("{name}, line {}", value.line);
            found.push(Holding {
                carrier: Carrier::Directory,
                ..Holding::new(content.unwrap_or_else(Content::Unread), &place, &value.der)
            });
        }
    }
    if found.is_empty() {
        return Err(malformed(name, "no certificate, list or CRL"));
    }
    Ok(found)
}

fn malformed(place: &str, why: &str) -> TrustError {
    TrustError::Malformed {
        what: format!("{place}: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::pki::build;
    use crate::pki::build::CrlDraft;
    use crate::trust::scratch::pem;
    use crate::trust::scratch::root;

    fn crl() -> Vec<u8> {
        CrlDraft::new(&build::name("VN", "Test CSCA 1"), &[&[7]]).sign(1)
    }

    fn kinds(bytes: &[u8]) -> Vec<&'static str> {
        holdings(bytes, "file")
            .unwrap()
            .iter()
            .map(|holding| match holding.content {
                Content::Certificate(_) => "certificate",
                Content::MasterList(_) => "master list",
                Content::DeviationList(_) => "deviation list",
                Content::Crl(_) => "crl",
                Content::Signers(_) => "signers",
                Content::Unread(_) => "unread",
            })
            .collect()
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(kinds(&root(1)), ["certificate"]);
        assert_eq!(kinds(&crl()), ["crl"]);
        assert_eq!(kinds(STANDARD.encode(root(1)).as_bytes()), ["certificate"]);
        // What openssl adds behind a trusted certificate.
        let mut trusted = root(2);
        trusted.extend([0x30, 2, 0x30, 0]);
        let bundle = [
            pem("CERTIFICATE", &root(1)),
            pem("TRUSTED CERTIFICATE", &trusted),
            pem("X509 CRL", &crl()),
        ]
        .concat();
        let expected = ["certificate", "certificate", "crl"];
        assert_eq!(kinds(bundle.as_bytes()), expected);
        assert_eq!(kinds(bundle.replace('\n', "\r\n").as_bytes()), expected);
        let second = &holdings(bundle.as_bytes(), "file").unwrap()[1];
        assert_eq!(second.place, "file, line 6");
        assert_eq!(second.raw(), root(2));
    }

    #[test]
    fn a_bundle_that_signs_nothing_gives_what_it_carries() {
        let data = encode(tag::OID, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]]);
        let bundle = |content: &[u8], signers: &[u8]| {
            let fields = build::sequence(&[
                &[2, 1, 1],
                &encode(tag::SET, &[]),
                &build::sequence(&[&data, content]),
                &encode(0xA0, &[&root(1), &root(2)]),
                &encode(0xA1, &[&crl()]),
                &encode(tag::SET, &[signers]),
            ]);
            let kind = encode(tag::OID, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]]);
            build::sequence(&[&kind, &encode(0xA0, &[&fields])])
        };
        let whole = bundle(&[], &[]);
        let expected = ["certificate", "certificate", "crl"];
        assert_eq!(kinds(&whole), expected);
        assert_eq!(kinds(pem("PKCS7", &whole).as_bytes()), expected);
        let found = holdings(&whole, "file").unwrap();
        assert_eq!(found[1].place, "file, number 2");
        assert_eq!(found[1].raw(), root(2));
        // What signs something is no bundle.
        let content = encode(0xA0, &[&encode(tag::OCTET_STRING, &[b"words"])]);
        for other in [bundle(&content, &[]), bundle(&[], &[0x30, 0])] {
            let fault = holdings(&other, "file").unwrap_err();
            assert_eq!(fault.code(), "trust.malformed");
        }
        for cut in 0..whole.len() {
            assert!(holdings(&whole[..cut], "file").is_err());
        }
    }

    #[test]
    fn a_bad_block_is_named_by_its_line() {
        let good = pem("CERTIFICATE", &root(1));
        for bad in [
            pem("PRIVATE KEY", &root(1)),
            pem("CERTIFICATE", b"\x30\x00"),
            pem("CERTIFICATE", &root(1)).replace("MII", "M!I"),
            "words\n-----BEGIN CERTIFICATE-----\nMII".to_owned(),
            "words\n-----BEGIN CERTIFICATE-----\nMII\n-----END X509 CRL-----\n".to_owned(),
        ] {
            let fault = holdings(format!("{good}{bad}").as_bytes(), "file").unwrap_err();
            assert_eq!(fault.code(), "trust.malformed");
            assert!(fault.subject().starts_with("file, line 6: "), "{fault}");
        }
    }

    #[test]
    fn a_directory_names_what_it_cannot_read() {
        let entry = |bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            format!("dn: c=VN\nuserCertificate;binary:: {text}\n\n")
        };
        let text = entry(&root(1)) + &entry(b"\x30\x00");
        assert_eq!(kinds(text.as_bytes()), ["certificate", "unread"]);
        let found = holdings(text.as_bytes(), "file").unwrap();
        assert_eq!(found[1].place, "file, line 5");
        assert_eq!(found[1].carrier, Carrier::Directory);
        let fault = holdings(b"dn: c=VN\n", "file").unwrap_err();
        assert_eq!(fault.code(), "trust.malformed");
    }

    #[test]
    fn a_file_is_read_no_further_than_its_form_goes() {
        let fault = read_from(std::io::repeat(b'a'), "file").unwrap_err();
        assert_eq!(fault.code(), "trust.too_large");
        let mut text = b"dn: c=VN\n".to_vec();
        text.resize(MAX_FILE + 2, b'a');
        assert_eq!(read_from(text.as_slice(), "file").unwrap(), text);
        let fault = read(Path::new("/nonexistent")).unwrap_err();
        assert_eq!(fault.code(), "trust.unreadable");
        assert_eq!(
            read(&std::env::temp_dir()).unwrap_err().code(),
            "trust.unreadable"
        );
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
            keep in any::<usize>(),
        ) {
            let bundle = pem("CERTIFICATE", &root(1)) + &pem("X509 CRL", &crl());
            let _ = holdings(&build::damaged(bundle.as_bytes(), &changes, keep), "file");
            let _ = holdings(&build::damaged(&root(1), &changes, keep), "file");
        }
    }
}
