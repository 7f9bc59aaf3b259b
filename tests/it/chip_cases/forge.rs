//! Card-verifiable certificates, right or wrong in any part: each data object of a body is kept as the
//! bytes that go out.

use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::sim::keys;
use cancuoc::sim::keys::RsaKey;
use cancuoc::sim::pki::card_verifiable::DomainParameters;
use cancuoc::sim::pki::card_verifiable::INSPECTION_SYSTEM;
use cancuoc::sim::pki::card_verifiable::Key;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::Role;
use jiff::civil::Date;
use jiff::civil::date;

/// Fingers and irises.
pub const BOTH: u8 = 0x03;
pub const FINGERS: u8 = 0x01;
pub const IRISES: u8 = 0x02;

/// A long time.
pub const USUAL: [Date; 2] = [date(2025, 1, 1), date(2040, 1, 1)];

/// Who holds a key.
pub struct Holder {
    pub name: &'static str,
    pub key: Key,
    role: Role,
}

impl Holder {
    pub fn new(role: Role, name: &'static str, kind: KeyKind) -> Self {
        Self {
            name,
            key: Key::new(kind, role, name).unwrap(),
            role,
        }
    }

    /// A certificate over another's key by this one.
    pub fn certify(&self, subject: &Self, rights: u8, period: [Date; 2]) -> Forgery {
        let role = match subject.role {
            Role::Authority => 0xC0,
            Role::DomesticVerifier => 0x80,
            Role::ForeignVerifier => 0x40,
            Role::Terminal => 0x00,
        };
        let parameters = match subject.role {
            Role::Authority => DomainParameters::Given,
            _ => DomainParameters::Inherited,
        };
        let [effective, expires] = period.map(digits);
        Forgery {
            authority: encode(0x42, &[self.name.as_bytes()]),
            key: subject.key.public_object(parameters),
            holder: encode(0x5F20, &[subject.name.as_bytes()]),
            template: encode(
                0x7F4C,
                &[
                    &encode(0x06, &[&INSPECTION_SYSTEM]),
                    &encode(0x53, &[&[role | rights]]),
                ],
            ),
            effective: encode(0x5F25, &[&effective]),
            expires: encode(0x5F24, &[&expires]),
        }
    }

    /// The trust point that a chip is handed out with, data object 7F21.
    pub fn trust_point(&self, period: [Date; 2]) -> Vec<u8> {
        let inside = self.certify(self, BOTH, period).sign(&self.key);
        encode(0x7F21, &[&inside])
    }
}

/// The data objects of a body in their order, behind the profile.
#[derive(Clone)]
pub struct Forgery {
    pub authority: Vec<u8>,
    pub key: Vec<u8>,
    pub holder: Vec<u8>,
    pub template: Vec<u8>,
    pub effective: Vec<u8>,
    pub expires: Vec<u8>,
}

impl Forgery {
    /// The same with something changed.
    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What stands inside the body.
    pub fn content(&self) -> Vec<u8> {
        [
            &encode(0x5F29, &[&[0]]),
            &self.authority,
            &self.key,
            &self.holder,
            &self.template,
            &self.effective,
            &self.expires,
        ]
        .map(Vec::as_slice)
        .concat()
    }

    pub fn body(&self) -> Vec<u8> {
        encode(0x7F4E, &[&self.content()])
    }

    /// The signature without its data object.
    pub fn signature(&self, issuer: &Key) -> Vec<u8> {
        issuer.sign(&self.body()).unwrap()
    }

    /// Body and signature: what PSO:VERIFY CERTIFICATE carries.
    pub fn sign(&self, issuer: &Key) -> Vec<u8> {
        [self.body(), encode(0x5F37, &[&self.signature(issuer)])].concat()
    }
}

/// A date, one digit in each octet.
pub fn digits(day: Date) -> [u8; 6] {
    let text = format!("{:02}{:02}{:02}", day.year() - 2000, day.month(), day.day());
    let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
    digits.try_into().unwrap()
}

/// A public key of 1024 bits, data object 7F49 for RSA.
pub fn short_rsa_key(kind: KeyKind) -> Vec<u8> {
    let key = keys::rsa(RsaKey::Active1024).unwrap();
    let oid = Key::new(kind, Role::Terminal, "short").unwrap().protocol();
    encode(
        0x7F49,
        &[
            &encode(0x06, &[&oid]),
            &encode(0x81, &[key.public().modulus()]),
            &encode(0x82, &[key.public().exponent()]),
        ],
    )
}

/// A public key on a curve of 224 bits, data object 7F49 for ECDSA.
pub fn short_ec_key(parameters: DomainParameters) -> Vec<u8> {
    let kind = KeyKind::Ecdsa(Curve::P224, Hash::Sha256);
    Key::new(kind, Role::Terminal, "short")
        .unwrap()
        .public_object(parameters)
}
