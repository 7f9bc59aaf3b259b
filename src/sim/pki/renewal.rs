//! A country signer with its next key: the new root, and the link from the old one
//! (Doc 9303-12 §7.1.1.5).

use jiff::civil::DateTime;

use crate::error::Malformed;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::signing_key::SigningKey;

/// The next key of a country signer.
#[derive(Debug)]
pub struct Renewal {
    /// The new root.
    pub root: Entity,
    /// The link: over the new key, signed with the old one. DER.
    pub link: Vec<u8>,
}

/// How a country signer goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalSpec {
    /// The new name, where it changes with the key.
    pub subject: Option<Name>,
    /// Begin and end of the new certificates, in UTC.
    pub validity: (DateTime, DateTime),
    /// A number that no certificate of this country signer had: the root's serial number ends in
    /// it, and the link's too.
    pub number: u8,
}

impl RenewalSpec {
    /// Signs root and link.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot sign.
    pub fn sign(&self, old: &Entity, key: SigningKey) -> Result<Renewal, Malformed> {
        let subject = self.subject.clone();
        let mut spec =
            CertificateSpec::country_signer(subject.unwrap_or_else(|| old.spec.subject.clone()));
        spec.validity = self.validity;
        spec.private_key_usage = Some(self.validity);
        let mut link = spec.clone();
        // Doc 9303-12 §7.1.1.5: an authority never uses a serial number twice.
        spec.serial.push(self.number);
        link.serial.extend([self.number, 0x4C]);
        if self.subject.is_some() {
            // Doc 9303-12 §7.1.1: id-icao-mrtd-security-extensions-nameChange, NULL.
            let identifier = [0x67, 0x81, 0x08, 1, 1, 6, 1];
            let change = extension(&identifier, Critical::No, &[0x05, 0x00]);
            link.more_extensions.push(change);
        }
        let link = link.issued_by(old, key)?;
        let root = spec.self_signed(link.key)?;
        Ok(Renewal {
            root,
            link: link.certificate,
        })
    }
}
