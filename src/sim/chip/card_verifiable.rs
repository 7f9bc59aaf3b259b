//! Card-verifiable certificates as the chip reads them (BSI TR-03110-3, appendix on certificates).
//!
//! ```text
//! 7F21 certificate
//!   7F4E body: 5F29 profile, 42 authority, 7F49 public key, 5F20 holder,
//!              7F4C authorization { 06 type, 53 role and rights }, 5F25 from, 5F24 to, [65]
//!   5F37 signature
//! ```

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Parameters;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;

/// Longest reference of an authority or a holder, in characters: country, mnemonic, sequence number.
const MAX_REFERENCE: usize = 16;

/// Longest authorization that the chip looks at, in bytes.
const MAX_RIGHTS: usize = 8;

/// Most certificate extensions that the chip looks at.
const MAX_EXTENSIONS: usize = 16;

/// Longest rights of an extension that the chip looks at, in bytes: those of additional biometrics
/// have 17.
const MAX_APPLICATION_RIGHTS: usize = 32;

/// id-TA, 0.4.0.127.0.7.2.2.2
const TERMINAL_AUTHENTICATION: Oid<'static> =
    Oid::new(&[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02]);

/// A certificate, taken apart and not trusted.
pub(super) struct Certificate {
    /// The signed octets.
    body: Vec<u8>,
    signature: Vec<u8>,
    key: KeyObject,
    pub(super) authority: Vec<u8>,
    pub(super) holder: Vec<u8>,
    pub(super) authorization: Authorization,
    pub(super) effective: Date,
    pub(super) expires: Date,
}

/// What a certificate lets its holder do (TR-03110-3, certificate holder authorization template).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Authorization {
    /// Content octets: id-IS and the like.
    pub(super) terminal: Vec<u8>,
    /// Role in the first two bits, rights in the others.
    pub(super) octets: Vec<u8>,
    /// Rights in other applications, by the identifier of the certificate extension that grants
    /// them (Doc 9303-10 §5.4.2).
    pub(super) applications: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The first two bits of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Authority,
    /// A document verifier of the chip's own country.
    DomesticVerifier,
    ForeignVerifier,
    Terminal,
}

impl Authorization {
    /// Reads data object 7F4C.
    pub(super) fn read(template: Element<'_>) -> Result<Self, Malformed> {
        let mut reader = template.inside()?;
        let terminal = reader.expect(tag::OID, "terminal type")?;
        // The last octet of an identifier is the last of an arc (X.690).
        if terminal.value.last().is_none_or(|last| last & 0x80 != 0) {
            return Err(Malformed::new("terminal type", terminal.offset));
        }
        let terminal = terminal.value;
        let octets = reader.expect(0x53, "rights")?;
        reader.finish("authorization")?;
        if octets.value.is_empty() || octets.value.len() > MAX_RIGHTS {
            return Err(Malformed::new("rights", octets.offset));
        }
        Ok(Self {
            terminal: terminal.to_vec(),
            octets: octets.value.to_vec(),
            applications: BTreeMap::new(),
        })
    }

    /// Takes the certificate extensions (65): templates (73) of an identifier and rights (53). Those
    /// of other forms grant nothing here.
    fn read_extensions(&mut self, extensions: Element<'_>) -> Result<(), Malformed> {
        let mut reader = extensions.inside()?;
        for _ in 0..MAX_EXTENSIONS {
            if reader.at_end() {
                return Ok(());
            }
            let mut template = reader.expect(0x73, "certificate extension")?.inside()?;
            let identifier = template.expect(tag::OID, "certificate extension")?;
            let rights = template.optional(0x53, "certificate extension")?;
            if let Some(rights) = rights
                && rights.value.len() <= MAX_APPLICATION_RIGHTS
            {
                self.applications
                    .insert(identifier.value.to_vec(), rights.value.to_vec());
            }
        }
        reader.finish("certificate extensions")
    }

    pub(super) fn role(&self) -> Role {
        match self.octets.first().map_or(0, |first| first >> 6) {
            0b11 => Role::Authority,
            0b10 => Role::DomesticVerifier,
            0b01 => Role::ForeignVerifier,
            _ => Role::Terminal,
        }
    }

    /// What both allow; nothing where they are of different kinds.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let alike = self.terminal == other.terminal && self.octets.len() == other.octets.len();
        alike.then(|| Self {
            terminal: self.terminal.clone(),
            octets: self
                .octets
                .iter()
                .zip(&other.octets)
                .map(|(ours, theirs)| ours & theirs)
                .collect(),
            applications: self
                .applications
                .iter()
                .filter_map(|(identifier, ours)| {
                    let theirs = other.applications.get(identifier)?;
                    let both = ours.iter().zip(theirs).map(|(ours, theirs)| ours & theirs);
                    Some((identifier.clone(), both.collect()))
                })
                .collect(),
        })
    }
}

/// A public key as the certificate has it; curve parameters may be those of the issuer.
enum KeyObject {
    Rsa(Scheme, rsa::PublicKey),
    Ec(Scheme, Option<Curve>, Vec<u8>),
}

/// A key that verifies, with the one scheme that it is for.
#[derive(Clone)]
pub(super) struct Key {
    /// Content octets of the protocol.
    pub(super) protocol: Vec<u8>,
    pub(super) scheme: Scheme,
    pub(super) public: PublicKey,
}

impl Key {
    /// The curve, where there is one.
    pub(super) const fn curve(&self) -> Option<Curve> {
        match &self.public {
            PublicKey::Ec(point) => Some(point.curve()),
            PublicKey::Rsa(_) | PublicKey::Dsa(_) => None,
        }
    }

    /// Whether the signature is this key's, over these parts in a row.
    pub(super) fn verifies(&self, message: &[&[u8]], signature: &[u8]) -> bool {
        self.public.verify(self.scheme, message, signature).is_ok()
    }
}

impl Certificate {
    /// Reads a whole certificate, data object 7F21.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let certificate = reader.expect(0x7F21, "certificate")?;
        reader.finish("certificate")?;
        Self::read_inside(certificate.inside()?)
    }

    /// Reads what is inside of it: body and signature.
    pub(super) fn read_inside(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let body = reader.expect(0x7F4E, "certificate body")?;
        let signature = reader.expect(0x5F37, "signature")?.value;
        reader.finish("certificate")?;
        let mut inside = body.inside()?;
        let profile = inside.expect(0x5F29, "certificate profile")?;
        if profile.value != [0] {
            return Err(Malformed::new("certificate profile", profile.offset));
        }
        let authority = reference(inside.expect(0x42, "certification authority reference")?)?;
        let key = KeyObject::read(inside.expect(0x7F49, "public key")?)?;
        let holder = reference(inside.expect(0x5F20, "certificate holder reference")?)?;
        let mut authorization = Authorization::read(inside.expect(0x7F4C, "authorization")?)?;
        let effective = date(inside.expect(0x5F25, "effective date")?)?;
        let expires = date(inside.expect(0x5F24, "expiration date")?)?;
        if let Some(extensions) = inside.optional(0x65, "certificate extensions")? {
            authorization.read_extensions(extensions)?;
        }
        inside.finish("certificate body")?;
        Ok(Self {
            body: body.raw.to_vec(),
            signature: signature.to_vec(),
            key,
            authority,
            holder,
            authorization,
            effective,
            expires,
        })
    }

    /// Whether this key signed it.
    pub(super) fn is_signed_by(&self, issuer: &Key) -> bool {
        issuer.verifies(&[&self.body], &self.signature)
    }

    /// Whether the key may be that of somebody who is below this issuer and is no authority
    /// (TR-03110-3): of the same family, with the issuer's domain parameters and none of its own, and
    /// not shorter than the issuer's.
    pub(super) fn fits_below(&self, issuer: &Key) -> bool {
        match (&self.key, &issuer.public) {
            (KeyObject::Rsa(_, key), PublicKey::Rsa(above)) => key.bits() >= above.bits(),
            (KeyObject::Ec(_, own, _), PublicKey::Ec(_)) => own.is_none(),
            _ => false,
        }
    }

    /// The whole certificate, data object 7F21.
    pub(super) fn whole(&self) -> Vec<u8> {
        encode(0x7F21, &[&self.body, &encode(0x5F37, &[&self.signature])])
    }

    /// The curve of the key that came of this certificate, where the certificate leaves it out.
    pub(super) const fn inherited_curve(&self, key: &Key) -> Option<Curve> {
        match self.key {
            KeyObject::Ec(_, None, _) => key.curve(),
            KeyObject::Ec(_, Some(_), _) | KeyObject::Rsa(..) => None,
        }
    }

    /// The key, with the curve of the issuer where it names none itself.
    pub(super) fn key(&self, issuer: Option<Curve>) -> Result<Key, Malformed> {
        let (scheme, public) = match &self.key {
            KeyObject::Rsa(scheme, key) => (*scheme, PublicKey::Rsa(key.clone())),
            KeyObject::Ec(scheme, curve, point) => {
                let curve = curve.or(issuer);
                let curve = curve.ok_or(Malformed::new("domain parameters", 0))?;
                (*scheme, PublicKey::Ec(curve.point(point)?))
            }
        };
        Ok(Key {
            protocol: protocol(scheme),
            scheme,
            public,
        })
    }
}

impl KeyObject {
    fn read(object: Element<'_>) -> Result<Self, Malformed> {
        let mut reader = object.inside()?;
        let oid = reader.expect(tag::OID, "protocol")?;
        let unknown = Malformed::new("protocol", oid.offset);
        let scheme = scheme(Oid::new(oid.value)).ok_or(unknown)?;
        let key = match scheme {
            Scheme::Dsa(_) => return Err(unknown),
            Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. } => {
                let modulus = reader.expect(0x81, "modulus")?.value;
                let exponent = reader.expect(0x82, "public exponent")?.value;
                Self::Rsa(scheme, rsa::PublicKey::new(modulus, exponent)?)
            }
            Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) => {
                let curve = match reader.optional(0x81, "prime")? {
                    None => None,
                    Some(p) => Some(Self::curve(p, &mut reader)?),
                };
                let point = reader.expect(0x86, "public point")?.value;
                if curve.is_some() {
                    reader.optional(0x87, "cofactor")?;
                }
                Self::Ec(scheme, curve, point.to_vec())
            }
        };
        reader.finish("public key")?;
        Ok(key)
    }

    /// All of the domain parameters, or none (TR-03110-3: they are not to be given in part).
    fn curve(p: Element<'_>, reader: &mut Reader<'_>) -> Result<Curve, Malformed> {
        let mut next = |tag| reader.expect(tag, "domain parameters");
        let parameters = Parameters {
            p: p.value,
            a: next(0x82)?.value,
            b: next(0x83)?.value,
            g: next(0x84)?.value,
            n: next(0x85)?.value,
            h: None,
        };
        Curve::from_parameters(&parameters).ok_or(Malformed::new("known curve", p.offset))
    }
}

/// How a protocol signs (TR-03110-3: id-TA-RSA-… and id-TA-ECDSA-…).
fn scheme(oid: Oid<'_>) -> Option<Scheme> {
    let pss = |hash: Hash| Scheme::RsaPss {
        hash,
        mgf: hash,
        salt_len: hash.len(),
    };
    Some(match oid.below(TERMINAL_AUTHENTICATION)? {
        [1, 1] => Scheme::RsaPkcs1(Hash::Sha1),
        [1, 2] => Scheme::RsaPkcs1(Hash::Sha256),
        [1, 3] => pss(Hash::Sha1),
        [1, 4] => pss(Hash::Sha256),
        [1, 5] => Scheme::RsaPkcs1(Hash::Sha512),
        [1, 6] => pss(Hash::Sha512),
        [2, 1] => Scheme::EcdsaPlain(Hash::Sha1),
        [2, 2] => Scheme::EcdsaPlain(Hash::Sha224),
        [2, 3] => Scheme::EcdsaPlain(Hash::Sha256),
        [2, 4] => Scheme::EcdsaPlain(Hash::Sha384),
        [2, 5] => Scheme::EcdsaPlain(Hash::Sha512),
        _ => return None,
    })
}

/// The other way round.
fn protocol(scheme: Scheme) -> Vec<u8> {
    let last: &[u8] = match scheme {
        Scheme::RsaPkcs1(Hash::Sha1) => &[1, 1],
        Scheme::RsaPkcs1(Hash::Sha256) => &[1, 2],
        Scheme::RsaPss {
            hash: Hash::Sha1, ..
        } => &[1, 3],
        Scheme::RsaPss {
            hash: Hash::Sha256, ..
        } => &[1, 4],
        Scheme::RsaPkcs1(_) => &[1, 5],
        Scheme::RsaPss { .. } => &[1, 6],
        // No protocol of terminal authentication is DSA's.
        Scheme::Dsa(_) => &[],
        Scheme::Ecdsa(hash) | Scheme::EcdsaPlain(hash) => match hash {
            Hash::Sha1 => &[2, 1],
            Hash::Sha224 => &[2, 2],
            Hash::Sha256 => &[2, 3],
            Hash::Sha384 => &[2, 4],
            Hash::Sha512 => &[2, 5],
        },
    };
    [TERMINAL_AUTHENTICATION.octets(), last].concat()
}

fn reference(element: Element<'_>) -> Result<Vec<u8>, Malformed> {
    if element.value.is_empty() || element.value.len() > MAX_REFERENCE {
        return Err(Malformed::new("reference", element.offset));
    }
    Ok(element.value.to_vec())
}

/// Six octets, one for each digit of YYMMDD, in this century (TR-03110-3).
fn date(element: Element<'_>) -> Result<Date, Malformed> {
    let malformed = Malformed::new("date", element.offset);
    let digits = <[u8; 6]>::try_from(element.value).map_err(|_| malformed)?;
    if digits.iter().any(|digit| *digit > 9) {
        return Err(malformed);
    }
    let [y1, y2, m1, m2, d1, d2] = digits.map(|digit| i8::try_from(digit).unwrap_or(0));
    let year = 2000 + i16::from(y1) * 10 + i16::from(y2);
    Date::new(year, m1 * 10 + m2, d1 * 10 + d2).map_err(|_| malformed)
}
