//! EF.SOD and EF.CardSecurity of the invented chip: of the same form, signed by a test signer with
//! the same kind of key under a test authority of the same country, and as long.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Error;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::card_security;
use crate::lds::sod;
use crate::lds::sod::SecurityObject;
use crate::pki::certificate::Certificate;
use crate::pki::cms;
use crate::pki::cms::SignedData;
use crate::redact::invent::Inventor;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::pki::SHIPPED_SIGNER;
use crate::sim::pki::TestPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::security_object::Encoding;
use crate::sim::pki::security_object::SECURITY_OBJECT;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignedAttributes;
use crate::sim::pki::security_object::SignerId;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::SigningKey;
use crate::sim::seed::Seeded;

/// Signatures that are made until a file is as long as another.
const MAX_TRIALS: usize = 96;

/// An extension that nobody knows and that fills a certificate: an arc below 2.999, which is for
/// examples.
const FILLING: [u8; 3] = [0x88, 0x37, 0x06];

/// Octets of an extension beside its filling, about.
const EXTENSION: usize = 14;

/// The country of the shipped test authority.
const SHIPPED: &str = "VN";

/// When the test signers sign, at most.
const PERIOD: [Date; 2] = [date(2021, 2, 2), date(2026, 1, 17)];

/// Most document types that a signer signs.
const MAX_TYPES: usize = 8;

/// How the names of test signers begin.
const NAME: &[u8] = b"TEST DS";

/// A serial number that follows from the seed.
fn serial(seed: &str, trial: usize) -> Result<Vec<u8>, SetupError> {
    let mut serial = vec![0; 8];
    Seeded::new(&format!("{seed} serial {trial}")).fill(&mut serial)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3F | 0x40;
    }
    Ok(serial)
}

fn invented_day(day: Option<Date>, inventor: &mut Inventor) -> Result<Option<Date>, SetupError> {
    day.map(|day| inventor.date(day)).transpose()
}

/// Versions of LDS and Unicode in digits, and zeros for anything else.
fn versions((lds, unicode): (String, String)) -> (String, String) {
    let digits = |text: String, length: usize| {
        if text.len() <= length && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text
        } else {
            "0".repeat(text.len().min(length))
        }
    };
    (digits(lds, 4), digits(unicode, 6))
}

/// The test authority of a country.
pub(super) fn authority(country: &str) -> Result<Entity, Malformed> {
    Ok(match country {
        SHIPPED => TestPki::shipped()?.csca,
        other => TestPki::of_country(other, SHIPPED_SIGNER)?.csca,
    })
}

/// How a security object was signed.
pub(super) struct Signed {
    data: SignedData,
    signer: Option<Certificate>,
    scheme: Scheme,
    object: Option<SecurityObject>,
    encoding: Encoding,
    length: usize,
}

impl Signed {
    /// EF.SOD.
    pub(super) fn of_security_object(file: &[u8]) -> Result<Self, Malformed> {
        let content = sod::signed_data(file)?;
        let data = SignedData::decode(&content)?;
        let object = SecurityObject::decode(&data.content).ok();
        Self::of(data, object, file)
    }

    /// EF.CardSecurity.
    pub(super) fn of_card_security(file: &[u8]) -> Result<Self, Malformed> {
        let content = card_security::signed_data(file)?;
        Self::of(SignedData::decode(&content)?, None, file)
    }

    fn of(
        data: SignedData,
        object: Option<SecurityObject>,
        file: &[u8],
    ) -> Result<Self, Malformed> {
        let unknown = Malformed::new("signature of a security object", 0);
        let signature = data.signers.first().ok_or(unknown)?;
        let digest = algorithm::hash_of(&signature.digest_algorithm).ok();
        let scheme =
            algorithm::scheme_of(&signature.signature_algorithm, digest).map_err(|_| unknown)?;
        let certificates = data.certificates.iter();
        let mut certificates = certificates.filter_map(|raw| Certificate::decode(raw).ok());
        let signer = certificates.find(|certificate| signature.id.names(certificate));
        // X.690 §8.1.3.6: the indefinite form.
        let indefinite = file.windows(2).take(16).any(|pair| pair == [0x30, 0x80]);
        let encoding = if indefinite {
            Encoding::Indefinite
        } else {
            Encoding::Der
        };
        Ok(Self {
            data,
            signer,
            scheme,
            object,
            encoding,
            length: file.len(),
        })
    }

    /// Two letters of the signer's country.
    pub(super) fn country(&self) -> Option<String> {
        let signer = self.signer.as_ref()?;
        signer.country().map(|country| country.to_ascii_uppercase())
    }

    /// The groups that are signed.
    pub(super) fn groups(&self) -> Vec<DataGroup> {
        let object = self.object.as_ref();
        object
            .map(|object| object.hashes.keys().copied().collect())
            .unwrap_or_default()
    }

    /// What is signed in EF.CardSecurity.
    pub(super) fn content(&self) -> &[u8] {
        &self.data.content
    }

    /// The key of the test signer: of the same kind.
    fn key(&self) -> Result<SigningKey, Malformed> {
        let public = self
            .signer
            .as_ref()
            .and_then(|signer| signer.public_key().ok());
        let rsa = match &public {
            Some(PublicKey::Rsa(key)) => match key.bits() {
                3072 => RsaKey::Active3072,
                4096 => RsaKey::Active4096,
                _ => RsaKey::Signer,
            },
            _ => RsaKey::Signer,
        };
        let ec = || {
            // A signer whose certificate is not there, or not understood, gets a usual key.
            let curve = match &public {
                Some(PublicKey::Ec(point)) => point.curve(),
                _ => Curve::BrainpoolP384r1,
            };
            keys::ec(curve, &format!("DS {}", curve.name()))
        };
        Ok(match self.scheme {
            Scheme::RsaPkcs1(_) => SigningKey::RsaPkcs1(keys::rsa(rsa)?),
            Scheme::RsaPss { hash, salt_len, .. } if salt_len == hash.len() => {
                SigningKey::RsaPss(keys::rsa(rsa)?)
            }
            Scheme::RsaPss { salt_len, .. } => SigningKey::RsaPssSalt(keys::rsa(rsa)?, salt_len),
            Scheme::EcdsaPlain(_) => SigningKey::EcPlain(ec()?),
            Scheme::Ecdsa(_) => SigningKey::Ec(ec()?),
            Scheme::Dsa(_) => SigningKey::Dsa(keys::dsa(keys::DsaKey::L2048N256)?),
        })
    }

    /// The day of signing, where it is said.
    fn day(&self) -> Option<Date> {
        let attributes = self.data.signers.first()?.signed_attributes.as_ref()?;
        let time = attributes.signing_time?;
        Some(time.to_zoned(TimeZone::UTC).date())
    }

    fn spec(&self, day: Option<Date>) -> SecurityObjectSpec {
        let signer = self.data.signers.first();
        let attributes = signer.and_then(|signer| signer.signed_attributes.as_ref());
        let [first, last] = PERIOD;
        let time = day.map(|day| day.clamp(first, last).at(5, 0, 0, 0));
        let ordinary = SecurityObjectSpec::new(first.at(5, 0, 0, 0));
        SecurityObjectSpec {
            group_hash: self
                .object
                .as_ref()
                .map_or(Hash::Sha256, |object| object.hash),
            versions: self
                .object
                .as_ref()
                .and_then(|object| object.versions.clone())
                .map(versions),
            digest: self.scheme.hash(),
            signing_time: time,
            attributes: if attributes.is_some() {
                SignedAttributes::Right
            } else {
                SignedAttributes::Absent
            },
            signer_id: match signer.map(|signer| &signer.id) {
                Some(cms::SignerId::SubjectKeyId(_)) => SignerId::SubjectKeyId,
                _ => SignerId::IssuerAndSerial,
            },
            encoding: self.encoding,
            ..ordinary
        }
    }

    /// The file over other groups, signed by the test signer.
    pub(super) fn over_groups(
        &self,
        groups: &BTreeMap<DataGroup, Vec<u8>>,
        country: &str,
        seed: &str,
        inventor: &mut Inventor,
    ) -> Result<Vec<u8>, Error> {
        let spec = self.spec(invented_day(self.day(), inventor)?);
        self.sized(country, seed, &mut |signer| spec.sign(groups, signer))
    }

    /// Whether EF.SOD over these groups is one that was made here, with nothing else in it.
    pub(super) fn is_over_groups(
        &self,
        file: &[u8],
        groups: &BTreeMap<DataGroup, Vec<u8>>,
        country: &str,
        seed: &str,
    ) -> Result<bool, Error> {
        let spec = self.spec(self.day());
        self.is_again(file, country, seed, &mut |signer| spec.sign(groups, signer))
    }

    /// The same of EF.CardSecurity.
    pub(super) fn is_over_content(
        &self,
        file: &[u8],
        country: &str,
        seed: &str,
    ) -> Result<bool, Error> {
        let spec = self.content_spec(self.day());
        let content = self.content();
        self.is_again(file, country, seed, &mut |signer| {
            spec.content_info(content, signer)
        })
    }

    /// Makes the file with the serial number and the filling that it has, which must be of the seed.
    fn is_again(
        &self,
        file: &[u8],
        country: &str,
        seed: &str,
        make: &mut dyn FnMut(&Entity) -> Result<Vec<u8>, Malformed>,
    ) -> Result<bool, Error> {
        let Some(own) = &self.signer else {
            return Ok(false);
        };
        for trial in 0..MAX_TRIALS {
            if serial(seed, trial)? == own.serial() {
                let filling = self.filling();
                let signer = self.signer(country, &authority(country)?, filling, seed, trial)?;
                return Ok(make(&signer)? == file);
            }
        }
        Ok(false)
    }

    /// How many octets fill the signer's certificate.
    fn filling(&self) -> usize {
        let oid = encode(tag::OID, &[&FILLING]);
        for raw in &self.data.certificates {
            let place = raw.windows(oid.len()).position(|window| window == oid);
            let value = place.and_then(|place| raw.get(place.saturating_add(oid.len())..));
            if let Some(value) = value {
                let octets = Reader::new(value)
                    .expect(tag::OCTET_STRING, "extension")
                    .and_then(|value| value.inside()?.expect(tag::OCTET_STRING, "filling"));
                return octets.map_or(0, |octets| octets.value.len().saturating_add(EXTENSION));
            }
            let name = raw.windows(NAME.len()).rposition(|window| window == NAME);
            let behind = name.and_then(|place| raw.get(place.saturating_add(NAME.len())..));
            let dots = behind.unwrap_or_default().iter();
            let dots = dots.take_while(|octet| **octet == b'.').count();
            if dots > 0 {
                return dots;
            }
        }
        0
    }

    fn content_spec(&self, day: Option<Date>) -> SecurityObjectSpec {
        SecurityObjectSpec {
            content_type: SECURITY_OBJECT.to_vec(),
            ..self.spec(day)
        }
    }

    /// The file over other content, signed by the test signer.
    pub(super) fn over_content(
        &self,
        content: &[u8],
        country: &str,
        seed: &str,
        inventor: &mut Inventor,
    ) -> Result<Vec<u8>, Error> {
        let spec = self.content_spec(invented_day(self.day(), inventor)?);
        self.sized(country, seed, &mut |signer| {
            spec.content_info(content, signer)
        })
    }

    /// Makes the file, and makes it again with a longer certificate until it is as long as the other.
    fn sized(
        &self,
        country: &str,
        seed: &str,
        make: &mut dyn FnMut(&Entity) -> Result<Vec<u8>, Malformed>,
    ) -> Result<Vec<u8>, Error> {
        let authority = authority(country)?;
        let mut best: Option<Vec<u8>> = None;
        let mut filling = 0_usize;
        for trial in 0..MAX_TRIALS {
            let signer = self.signer(country, &authority, filling, seed, trial)?;
            let made = make(&signer)?;
            let off = |file: &Vec<u8>| file.len().abs_diff(self.length);
            let (length, target) = (made.len(), self.length);
            if best.as_ref().is_none_or(|best| off(&made) < off(best)) {
                best = Some(made);
            }
            if length == target {
                break;
            }
            // Signatures differ by an octet or two, and so do fields of length: another serial number
            // and another filling meet it sooner or later.
            filling = filling.saturating_add(target).saturating_sub(length);
        }
        best.ok_or_else(|| Malformed::new("security object", 0).into())
    }

    fn signer(
        &self,
        country: &str,
        authority: &Entity,
        filling: usize,
        seed: &str,
        trial: usize,
    ) -> Result<Entity, Error> {
        let serial = serial(seed, trial)?;
        let (named, extended) = match filling.checked_sub(EXTENSION) {
            Some(octets) => (0, Some(octets)),
            None => (filling, None),
        };
        let name = Name::test(country, &format!("TEST DS{}", ".".repeat(named)));
        let mut spec = CertificateSpec {
            serial,
            ..CertificateSpec::document_signer(name)
        };
        if let Some(signer) = &self.signer {
            let types = signer.document_types().unwrap_or_default().iter();
            // Doc 9303-12 §7.1.1: one or two characters of a zone.
            let known = |kind: &&String| {
                matches!(kind.len(), 1 | 2) && kind.bytes().all(|byte| byte.is_ascii_uppercase())
            };
            spec.document_types = types.filter(known).take(MAX_TYPES).cloned().collect();
            if algorithm::names_curve_in_full(signer.public_key_info()) {
                spec.parameters = EcParameters::Explicit;
            }
        }
        if let Some(octets) = extended {
            let value = encode(0x04, &[&vec![0; octets]]);
            let filling = extension(&FILLING, Critical::No, &value);
            spec.more_extensions.push(filling);
        }
        Ok(spec.issued_by(authority, self.key()?)?)
    }
}
