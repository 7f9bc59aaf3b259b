//! The test PKI of terminals: authorities, a document verifier and an inspection system that open
//! virtual cards and nothing else, and a builder for card-verifiable certificates, right or wrong
//! (BSI TR-03110-3).
//!
//! Nothing here is secret: every key follows from this source.

use jiff::civil::Date;
use jiff::civil::date;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::rsa;
use crate::error::Malformed;
use crate::secret::Secret;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::pki::der;
use crate::sim::seed::Seeded;

/// id-TA, 0.4.0.127.0.7.2.2.2
const TERMINAL_AUTHENTICATION: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];

/// id-IS, 0.4.0.127.0.7.3.1.2.1: an inspection system
pub const INSPECTION_SYSTEM: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x01];

/// id-AT, 0.4.0.127.0.7.3.1.2.2: an authentication terminal
pub const AUTHENTICATION_TERMINAL: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x02];

/// Right of an inspection system to read DG3.
pub const READ_DG3: u8 = 0x01;
/// Right of an inspection system to read DG4.
pub const READ_DG4: u8 = 0x02;

/// Tries before a curve is given up; every order is above half of what its bits can say.
const TRIES: usize = 128;

/// Which kind of keys a chain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA with r and s in a row
    Ecdsa(Curve, Hash),
    /// RSASSA-PKCS1-v1_5 of 2048 bits; SHA-1, SHA-256 or SHA-512
    RsaPkcs1(Hash),
    /// RSASSA-PSS of 2048 bits with a salt as long as the hash; SHA-1, SHA-256 or SHA-512
    RsaPss(Hash),
}

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

/// A private key of the test PKI.
#[derive(Debug)]
pub struct Key {
    kind: KeyKind,
    secret: SecretKey,
}

#[derive(Debug)]
enum SecretKey {
    Rsa(RsaKey, Box<rsa::PrivateKey>),
    Ec(Secret, curve::PrivateKey),
}

impl Key {
    /// The key of this kind that belongs to a label. There is one RSA key for each role.
    ///
    /// # Errors
    /// [`Malformed`] when the curve gives no key, or RSA goes with no such hash.
    pub fn new(kind: KeyKind, role: Role, label: &str) -> Result<Self, Malformed> {
        protocol(kind).ok_or(Malformed::new("protocol of terminal authentication", 0))?;
        let secret = match kind {
            KeyKind::Ecdsa(curve, _) => ec_key(curve, label)?,
            KeyKind::RsaPkcs1(_) | KeyKind::RsaPss(_) => {
                let which = match role {
                    Role::Authority => RsaKey::Active,
                    Role::DomesticVerifier | Role::ForeignVerifier => RsaKey::Signer,
                    Role::Terminal => RsaKey::Terminal,
                };
                SecretKey::Rsa(which, Box::new(keys::rsa(which)?))
            }
        };
        Ok(Self { kind, secret })
    }

    /// Content octets of the protocol that the key is for.
    pub fn protocol(&self) -> Vec<u8> {
        // The kind was checked when the key was made.
        protocol(self.kind).unwrap_or_default()
    }

    /// Signs as terminals do: ECDSA in the plain form.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign with this hash.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        match (&self.secret, self.kind) {
            (SecretKey::Ec(_, key), KeyKind::Ecdsa(_, hash)) => key.sign(hash, message),
            (SecretKey::Rsa(_, key), KeyKind::RsaPkcs1(hash)) => key.sign_pkcs1(hash, message),
            (SecretKey::Rsa(_, key), KeyKind::RsaPss(hash)) => {
                // Any salt verifies; this one makes the signature the same each time.
                let salt = hash.digest(&[b"cancuoc test salt", message]);
                key.sign_pss(hash, &salt, message)
            }
            _ => Err(Malformed::new("key of this kind", 0)),
        }
    }

    /// The public key, data object 7F49; a curve with all of its numbers or with none.
    pub fn public_object(&self, parameters: DomainParameters) -> Vec<u8> {
        let oid = encode(tag::OID, &[&self.protocol()]);
        match &self.secret {
            SecretKey::Rsa(_, key) => {
                let public = key.public();
                let modulus = encode(0x81, &[&public.modulus()]);
                let exponent = encode(0x82, &[&public.exponent()]);
                encode(0x7F49, &[&oid, &modulus, &exponent])
            }
            SecretKey::Ec(_, key) => {
                let point = encode(0x86, &[key.public().encoded()]);
                let numbers = key.curve().parameters();
                match parameters {
                    DomainParameters::Inherited => encode(0x7F49, &[&oid, &point]),
                    DomainParameters::Given => encode(
                        0x7F49,
                        &[
                            &oid,
                            &encode(0x81, &[numbers.p]),
                            &encode(0x82, &[numbers.a]),
                            &encode(0x83, &[numbers.b]),
                            &encode(0x84, &[numbers.g]),
                            &encode(0x85, &[numbers.n]),
                            &point,
                            &encode(0x87, &[numbers.h.unwrap_or(&[1])]),
                        ],
                    ),
                }
            }
        }
    }

    /// PrivateKeyInfo, DER (RFC 5208 §5): with ECPrivateKey (RFC 5915 §3) or RSAPrivateKey inside.
    ///
    /// # Errors
    /// [`Malformed`] for an RSA key that is not a terminal's.
    pub fn pkcs8(&self) -> Result<Vec<u8>, Malformed> {
        const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
        const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
        let (algorithm, key) = match &self.secret {
            SecretKey::Rsa(RsaKey::Terminal, _) => (
                der::sequence(&[&der::oid(RSA_ENCRYPTION), &encode(tag::NULL, &[])]),
                keys::rsa_private_key(RsaKey::Terminal)?,
            ),
            SecretKey::Rsa(..) => return Err(Malformed::new("key of a terminal", 0)),
            SecretKey::Ec(scalar, key) => (
                der::sequence(&[
                    &der::oid(EC_PUBLIC_KEY),
                    &der::oid(key.curve().oid().octets()),
                ]),
                der::sequence(&[
                    &der::small(1),
                    &der::octets(scalar.expose()),
                    &der::explicit(1, &[&der::bits(key.public().encoded())]),
                ]),
            ),
        };
        Ok(der::sequence(&[
            &encode_integer(&[]),
            &algorithm,
            &der::octets(&key),
        ]))
    }
}

/// Whether a certificate writes out the numbers of its curve (TR-03110-3: authorities do, others
/// do not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainParameters {
    /// It does.
    Given,
    /// It does not: they are those of the authority.
    Inherited,
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

/// The key whose number follows from the label.
fn ec_key(curve: Curve, label: &str) -> Result<SecretKey, Malformed> {
    let mut random = Seeded::new(&format!("cancuoc test terminal {label} {}", curve.name()));
    // Bits above the order's, where it does not fill its octets.
    let above = curve.order_len() * 8 - curve.order_bits();
    for _ in 0..TRIES {
        let mut scalar = vec![0; curve.order_len()];
        random
            .fill(&mut scalar)
            .map_err(|_| Malformed::new("test key", 0))?;
        if let Some(first) = scalar.first_mut() {
            *first = first
                .checked_shr(u32::try_from(above).unwrap_or(0))
                .unwrap_or(0);
        }
        if let Ok(key) = curve.private_key(Secret::copy_of(&scalar)) {
            return Ok(SecretKey::Ec(Secret::new(scalar), key));
        }
    }
    Err(Malformed::new("test key", 0))
}

/// Content octets of id-TA-RSA-… or id-TA-ECDSA-…; TR-03110-3 knows RSA with three hashes.
fn protocol(kind: KeyKind) -> Option<Vec<u8>> {
    let last = match kind {
        KeyKind::RsaPkcs1(Hash::Sha1) => [1, 1],
        KeyKind::RsaPkcs1(Hash::Sha256) => [1, 2],
        KeyKind::RsaPss(Hash::Sha1) => [1, 3],
        KeyKind::RsaPss(Hash::Sha256) => [1, 4],
        KeyKind::RsaPkcs1(Hash::Sha512) => [1, 5],
        KeyKind::RsaPss(Hash::Sha512) => [1, 6],
        KeyKind::RsaPkcs1(_) | KeyKind::RsaPss(_) => return None,
        KeyKind::Ecdsa(_, hash) => match hash {
            Hash::Sha1 => [2, 1],
            Hash::Sha224 => [2, 2],
            Hash::Sha256 => [2, 3],
            Hash::Sha384 => [2, 4],
            Hash::Sha512 => [2, 5],
        },
    };
    Some([&TERMINAL_AUTHENTICATION[..], &last].concat())
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
    use crate::bytes::tlv::trim_zeros;

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

    /// Another implementation reads the keys and finds that they belong to the certificates.
    #[test]
    fn keys_are_read_by_another_implementation() {
        let mut kinds = vec![
            KeyKind::RsaPkcs1(Hash::Sha256),
            KeyKind::RsaPss(Hash::Sha512),
        ];
        for curve in [Curve::P256, Curve::BrainpoolP384r1, Curve::P521] {
            kinds.push(KeyKind::Ecdsa(curve, Hash::Sha256));
        }
        for kind in kinds {
            let key = Key::new(kind, Role::Terminal, "x").unwrap();
            let read = openssl::pkey::PKey::private_key_from_pkcs8(&key.pkcs8().unwrap()).unwrap();
            match &key.secret {
                SecretKey::Rsa(_, own) => {
                    let read = read.rsa().unwrap();
                    assert!(read.check_key().unwrap());
                    assert_eq!(read.n().to_vec(), own.public().modulus());
                }
                SecretKey::Ec(scalar, _) => {
                    let read = read.ec_key().unwrap();
                    read.check_key().unwrap();
                    let expected = trim_zeros(scalar.expose());
                    assert_eq!(read.private_key().to_vec(), expected);
                }
            }
        }
    }

    #[test]
    fn protocols_that_do_not_exist_make_no_key() {
        for kind in [
            KeyKind::RsaPkcs1(Hash::Sha224),
            KeyKind::RsaPss(Hash::Sha384),
        ] {
            assert!(Key::new(kind, Role::Terminal, "x").is_err());
        }
    }
}
