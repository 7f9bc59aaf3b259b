//! Entries of the ICAO public key directory, as its download has them (LDIF, RFC 2849).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::hash::Hash;
use crate::sim::pki::private_key::lines;

/// Characters of a line of LDIF.
const LDIF_LINE: usize = 76;

/// The entries of document signers and CRLs, in the form of the public key directory's download.
pub fn signers(country: &str, certificates: &[Vec<u8>], crls: &[Vec<u8>]) -> Vec<u8> {
    let mut text = "version: 1\n".to_owned();
    for certificate in certificates {
        text.push_str(&entry(
            country,
            "dsc",
            &["pkdDownload", "inetOrgPerson"],
            "userCertificate;binary",
            certificate,
        ));
    }
    for crl in crls {
        text.push_str(&entry(
            country,
            "crl",
            &["pkdDownload", "cRLDistributionPoint"],
            "certificateRevocationList;binary",
            crl,
        ));
    }
    text.into_bytes()
}

/// The entry of a master list, in the same form.
pub fn lists(country: &str, master_list: &[u8]) -> Vec<u8> {
    let classes = ["pkdDownload", "pkdMasterList"];
    let entry = entry(country, "ml", &classes, "pkdMasterListContent", master_list);
    format!("version: 1\n{entry}").into_bytes()
}

fn entry(country: &str, folder: &str, classes: &[&str], attribute: &str, value: &[u8]) -> String {
    let name = hex::encode(Hash::Sha256.digest(&[value]));
    let name = name.get(..32).unwrap_or_default();
    let classes: String = ["top"]
        .iter()
        .chain(classes)
        .map(|class| format!("objectClass: {class}\n"))
        .collect();
    let value = format!("{attribute}:: {}", STANDARD.encode(value));
    let value = lines(&value, LDIF_LINE).join("\n ");
    format!(
        "\ndn: cn={name},o={folder},c={country},dc=data,dc=download,dc=pkd,dc=icao,dc=int\n\
         pkdVersion: 1\n{classes}{value}\n"
    )
}
