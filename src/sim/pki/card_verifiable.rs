//! The test PKI of terminals: authorities, a document verifier and an inspection system that open
//! virtual cards and nothing else, and a builder for card-verifiable certificates, right or wrong
//! (BSI TR-03110-3).
//!
//! Nothing here is secret: every key follows from this source.

use jiff::civil::Date;
use jiff::civil::date;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::TerminalTrust;

pub use crate::sim::pki::terminal_key::DomainParameters;
pub use crate::sim::pki::terminal_key::Key;
pub use crate::sim::pki::terminal_key::KeyKind;

/// id-IS, 0.4.0.127.0.7.3.1.2.1: an inspection system
pub const INSPECTION_SYSTEM: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x01];

/// id-AT, 0.4.0.127.0.7.3.1.2.2: an authentication terminal
pub const AUTHENTICATION_TERMINAL: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x02];

/// Right of an inspection system to read DG3.
pub const READ_DG3: u8 = 0x01;
/// Right of an inspection system to read DG4.
pub const READ_DG4: u8 = 0x02;

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Country verifying authority
    Authority,
    /// Document verifier of the card's own country
    DomesticVerifier,
    /// Document verifier of another country
    ForeignVerifier,
    /// Terminal
    Terminal,
}

impl Role {
    /// The first two bits of the authorization.
    const fn bits(self) -> u8 {
        match self {
            Self::Authority => 0xC0,
            Self::DomesticVerifier => 0x80,
            Self::ForeignVerifier => 0x40,
            Self::Terminal => 0x00,
        }
    }
}

/// What stands in a certificate. Each field may be changed before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpec {
    /// Certification authority reference
    pub authority: String,
    /// Certificate holder reference
    pub holder: String,
    /// Terminal type, content octets
    pub terminal_type: Vec<u8>,
    /// Role in the first two bits, and rights
    pub authorization: Vec<u8>,
    /// First day
    pub effective: Date,
    /// Last day
    pub expires: Date,
    /// Numbers of the curve
    pub parameters: DomainParameters,
    /// Certificate extensions, data object 65, or nothing
    pub extensions: Vec<u8>,
}

impl CertificateSpec {
    /// A certificate of an inspection system's chain.
    pub fn new(role: Role, authority: &str, holder: &str, rights: u8, period: [Date; 2]) -> Self {
        let [effective, expires] = period;
        Self {
            authority: authority.to_owned(),
            holder: holder.to_owned(),
            terminal_type: INSPECTION_SYSTEM.to_vec(),
            authorization: vec![role.bits() | rights],
            effective,
            expires,
            parameters: match role {
                Role::Authority => DomainParameters::Given,
                _ => DomainParameters::Inherited,
            },
            extensions: Vec::new(),
        }
    }

    /// Signs; gives data object 7F21.
    ///
    /// # Errors
    /// [`Malformed`] when the issuer cannot sign.
    pub fn sign(&self, subject: &Key, issuer: &Key) -> Result<Vec<u8>, Malformed> {
        let body = encode(
            0x7F4E,
            &[
                &encode(0x5F29, &[&[0]]),
                &encode(0x42, &[self.authority.as_bytes()]),
                &subject.public_object(self.parameters),
                &encode(0x5F20, &[self.holder.as_bytes()]),
                &self.template(),
                &encode(0x5F25, &[&digits(self.effective)]),
                &encode(0x5F24, &[&digits(self.expires)]),
                &self.extensions,
            ],
        );
        let signature = encode(0x5F37, &[&issuer.sign(&body)?]);
        Ok(encode(0x7F21, &[&body, &signature]))
    }

    /// The authorization, data object 7F4C: what PACE is told of the terminal, too.
    pub fn template(&self) -> Vec<u8> {
        encode(
            0x7F4C,
            &[
                &encode(tag::OID, &[&self.terminal_type]),
                &encode(0x53, &[&self.authorization]),
            ],
        )
    }
}

/// A holder of a key with the certificate over it.
#[derive(Debug)]
pub struct Entity {
    /// What the certificate says
    pub spec: CertificateSpec,
    /// Its key
    pub key: Key,
    /// The certificate, data object 7F21
    pub certificate: Vec<u8>,
}

/// A chain: authorities that follow one another, a document verifier under the newest, and a
/// terminal under that.
#[derive(Debug)]
pub struct TerminalPki {
    /// Self-signed, the oldest first
    pub authorities: Vec<Entity>,
    /// Each authority but the first, certified by the one before
    pub links: Vec<Vec<u8>>,
    /// Document verifier
    pub verifier: Entity,
    /// Inspection system
    pub terminal: Entity,
}

/// The certificate of the first authority, data object 7F21: the trust point of shipped personas.
pub fn test_authority() -> Vec<u8> {
    include_bytes!("test-cvca.cvcert").to_vec()
}

/// First and last day of the first authority; each following one begins a year later.
const FIRST_AUTHORITY: [Date; 2] = [date(2021, 1, 1), date(2049, 12, 31)];
/// First and last day of the document verifier.
const VERIFIER: [Date; 2] = [date(2025, 1, 1), date(2048, 12, 31)];
/// First and last day of the terminal.
const TERMINAL: [Date; 2] = [date(2025, 2, 1), date(2047, 12, 31)];
/// Most generations: references count in years from 2021.
const MAX_GENERATIONS: i16 = 5;

impl TerminalPki {
    /// The chain of the shipped personas: ECDSA on brainpoolP256r1, two generations, and all rights.
    ///
    /// # Errors
    /// [`Malformed`] when a curve gives no key.
    pub fn shipped() -> Result<Self, Malformed> {
        Self::new(KeyKind::Ecdsa(Curve::BrainpoolP256r1, Hash::Sha256), 2)
    }

    /// A chain of this kind with so many authorities, one to five.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn new(kind: KeyKind, generations: i16) -> Result<Self, Malformed> {
        let mut authorities: Vec<Entity> = Vec::new();
        let mut links = Vec::new();
        let [first, last] = FIRST_AUTHORITY;
        for generation in 0..generations.clamp(1, MAX_GENERATIONS) {
            let holder = format!("VNTESTCVCA{:05}", generation + 1);
            let effective = date(first.year() + generation, first.month(), first.day());
            let spec = CertificateSpec::new(
                Role::Authority,
                &holder,
                &holder,
                READ_DG3 | READ_DG4,
                [effective, last],
            );
            let key = Key::new(kind, Role::Authority, &holder)?;
            if let Some(before) = authorities.last() {
                let link = CertificateSpec {
                    authority: before.spec.holder.clone(),
                    ..spec.clone()
                };
                links.push(link.sign(&key, &before.key)?);
            }
            let certificate = spec.sign(&key, &key)?;
            authorities.push(Entity {
                spec,
                key,
                certificate,
            });
        }
        let newest = authorities
            .last()
            .ok_or(Malformed::new("generations of authorities", 0))?;
        let verifier = newest.certify(Role::DomesticVerifier, "VNTESTDV00001", kind, VERIFIER)?;
        let terminal = verifier.certify(Role::Terminal, "VNTESTIS00001", kind, TERMINAL)?;
        Ok(Self {
            authorities,
            links,
            verifier,
            terminal,
        })
    }

    /// The same chain with these certificate extensions, data object 65, in every certificate.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot sign.
    pub fn extended(mut self, extensions: &[u8]) -> Result<Self, Malformed> {
        self.links.clear();
        let mut before: Option<(&str, &Key)> = None;
        for authority in &mut self.authorities {
            authority.spec.extensions = extensions.to_vec();
            if let Some((holder, key)) = before {
                let link = CertificateSpec {
                    authority: holder.to_owned(),
                    ..authority.spec.clone()
                };
                self.links.push(link.sign(&authority.key, key)?);
            }
            authority.certificate = authority.spec.sign(&authority.key, &authority.key)?;
            before = Some((&authority.spec.holder, &authority.key));
        }
        let (_, newest) = before.ok_or(Malformed::new("generations of authorities", 0))?;
        let verifier = &mut self.verifier;
        verifier.spec.extensions = extensions.to_vec();
        verifier.certificate = verifier.spec.sign(&verifier.key, newest)?;
        let terminal = &mut self.terminal;
        terminal.spec.extensions = extensions.to_vec();
        terminal.certificate = terminal.spec.sign(&terminal.key, &verifier.key)?;
        Ok(self)
    }

    /// The same authorities with another document verifier and terminal, under the newest of them.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn with_verifier(
        self,
        role: Role,
        verifier: &str,
        terminal: &str,
    ) -> Result<Self, Malformed> {
        let kind = self.verifier.key.kind();
        let newest = self.authorities.last();
        let newest = newest.ok_or(Malformed::new("generations of authorities", 0))?;
        let verifier = newest.certify(role, verifier, kind, VERIFIER)?;
        let terminal = verifier.certify(Role::Terminal, terminal, kind, TERMINAL)?;
        Ok(Self {
            verifier,
            terminal,
            ..self
        })
    }

    /// Whose certificate stands in a file of [`TerminalPki::files`].
    pub fn entity(&self, file: &str) -> Option<&Entity> {
        let holder = file.strip_suffix(".cvcert")?;
        let holder = holder.strip_suffix("-link").unwrap_or(holder);
        let mut all = self.authorities.iter();
        all.find(|one| one.spec.holder == holder).or_else(|| {
            [&self.verifier, &self.terminal]
                .into_iter()
                .find(|one| one.spec.holder == holder)
        })
    }

    /// What a card with version 1 holds that was issued on this day, under the authorities of that
    /// time: at most two, and at least the first.
    pub fn trust(&self, day: Date) -> TerminalTrust {
        let mut known: Vec<Vec<u8>> = self
            .authorities
            .iter()
            .enumerate()
            .filter(|(number, authority)| *number == 0 || authority.spec.effective <= day)
            .map(|(_, authority)| authority.certificate.clone())
            .collect();
        known.reverse();
        known.truncate(2);
        TerminalTrust {
            authorities: known,
            date: day,
            file: CvcaFile::DEFAULT,
            versions: vec![1],
        }
    }

    /// Everything that a terminal needs, by file name: certificates, and its key as PKCS#8.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot be written.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, Malformed> {
        let mut files = Vec::new();
        for authority in &self.authorities {
            let name = format!("{}.cvcert", authority.spec.holder);
            files.push((name, authority.certificate.clone()));
        }
        for (link, authority) in self.links.iter().zip(self.authorities.iter().skip(1)) {
            let name = format!("{}-link.cvcert", authority.spec.holder);
            files.push((name, link.clone()));
        }
        for entity in [&self.verifier, &self.terminal] {
            let name = format!("{}.cvcert", entity.spec.holder);
            files.push((name, entity.certificate.clone()));
        }
        files.push(("terminal.pkcs8".to_owned(), self.terminal.key.pkcs8()?));
        Ok(files)
    }
}

impl Entity {
    /// A new key with a certificate by this one, with all the rights that there are.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn certify(
        &self,
        role: Role,
        holder: &str,
        kind: KeyKind,
        period: [Date; 2],
    ) -> Result<Self, Malformed> {
        let rights = READ_DG3 | READ_DG4;
        let spec = CertificateSpec::new(role, &self.spec.holder, holder, rights, period);
        self.sign(spec, Key::new(kind, role, holder)?)
    }

    /// A certificate by this one over whatever is given.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign.
    pub fn sign(&self, spec: CertificateSpec, key: Key) -> Result<Self, Malformed> {
        let certificate = spec.sign(&key, &self.key)?;
        Ok(Self {
            spec,
            key,
            certificate,
        })
    }
}

/// YYMMDD, one digit in each octet; years of this century.
fn digits(day: Date) -> [u8; 6] {
    let two = |number: i16| {
        let number = u8::try_from(number.rem_euclid(100)).unwrap_or(0);
        [number / 10, number % 10]
    };
    let [y1, y2] = two(day.year());
    let [m1, m2] = two(i16::from(day.month()));
    let [d1, d2] = two(i16::from(day.day()));
    [y1, y2, m1, m2, d1, d2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_one_digit_in_each_octet() {
        assert_eq!(digits(date(2049, 12, 31)), [4, 9, 1, 2, 3, 1]);
        assert_eq!(digits(date(2025, 2, 1)), [2, 5, 0, 2, 0, 1]);
    }

    #[test]
    fn the_authority_of_shipped_personas_is_the_first_of_the_chain() {
        let pki = TerminalPki::shipped().unwrap();
        assert_eq!(pki.authorities[0].certificate, test_authority());
    }

    #[test]
    fn a_chain_is_the_same_each_time() {
        let files = || TerminalPki::shipped().unwrap().files().unwrap();
        assert_eq!(files(), files());
        let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "VNTESTCVCA00001.cvcert",
                "VNTESTCVCA00002.cvcert",
                "VNTESTCVCA00002-link.cvcert",
                "VNTESTDV00001.cvcert",
                "VNTESTIS00001.cvcert",
                "terminal.pkcs8",
            ]
        );
    }

    #[test]
    fn a_card_knows_the_authorities_of_its_day() {
        let pki = TerminalPki::shipped().unwrap();
        let count = |day| pki.trust(day).authorities.len();
        assert_eq!(count(date(2019, 1, 1)), 1);
        assert_eq!(count(date(2021, 5, 10)), 1);
        assert_eq!(count(date(2022, 1, 1)), 2);
    }
}
