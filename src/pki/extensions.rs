//! Certificate extensions (RFC 5280 §4.2, Doc 9303-12 §7.1).

use jiff::Timestamp;
use x509_parser::error::X509Error;
use x509_parser::extensions;
use x509_parser::prelude::FromDer;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::pki::name;
use crate::pki::time;

/// Most extensions read in one certificate or CRL. Real ones have up to twelve.
const MAX_EXTENSIONS: usize = 64;

/// Most entries read in a list inside an extension: document types, addresses, purposes.
const MAX_ENTRIES: usize = 64;

/// Which operations a key is for (RFC 5280 §4.2.1.3); the three that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage {
    /// Signing anything but certificates and CRLs.
    pub digital_signature: bool,
    /// Signing certificates.
    pub key_cert_sign: bool,
    /// Signing CRLs.
    pub crl_sign: bool,
}

/// Whether a key may sign certificates, and how far down (RFC 5280 §4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// The subject is a certification authority.
    pub ca: bool,
    /// Most authorities that may follow below.
    pub path_len: Option<u32>,
}

/// When the private key signs (Doc 9303-12 §7.1.1; RFC 3280 §4.2.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePeriod {
    /// First moment, where it is given.
    pub not_before: Option<Timestamp>,
    /// Last moment, where it is given.
    pub not_after: Option<Timestamp>,
}

impl UsagePeriod {
    /// Whether the private key was in use at that time.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.not_before.is_none_or(|first| first <= time)
            && self.not_after.is_none_or(|last| time <= last)
    }
}

/// What the extensions of a certificate say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) private_key_usage: Option<UsagePeriod>,
    pub(crate) extended_key_usage: Option<Vec<String>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    pub(crate) authority_serial: Option<Vec<u8>>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) document_types: Option<Vec<String>>,
    pub(crate) name_change: bool,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) unknown_critical: Vec<String>,
    pub(crate) test_material: bool,
}

/// `Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`
pub(crate) struct Extension<'a> {
    pub(crate) kind: Oid<'a>,
    pub(crate) critical: bool,
    pub(crate) value: Element<'a>,
}

/// Reads a SEQUENCE OF Extension; RFC 5280 §4.2 allows each kind once.
pub(crate) fn list<'a>(sequence: Element<'a>) -> Result<Vec<Extension<'a>>, Malformed> {
    let mut reader = sequence.inside()?;
    let mut list: Vec<Extension<'a>> = Vec::new();
    while !reader.at_end() {
        let element = reader.expect(tag::SEQUENCE, "Extension")?;
        let mut inside = element.inside()?;
        let kind = Oid::new(inside.expect(tag::OID, "extnID")?.value);
        let critical = match inside.optional(tag::BOOLEAN, "critical")? {
            None => false,
            Some(flag) => match flag.value {
                [0] => false,
                [_] => true,
                _ => return Err(Malformed::new("critical", flag.offset)),
            },
        };
        let value = inside.expect(tag::OCTET_STRING, "extnValue")?;
        inside.finish("Extension")?;
        if list.len() >= MAX_EXTENSIONS || list.iter().any(|seen| seen.kind == kind) {
            return Err(Malformed::new("Extensions", element.offset));
        }
        list.push(Extension {
            kind,
            critical,
            value,
        });
    }
    Ok(list)
}

impl Extensions {
    /// Reads the extensions of a certificate.
    pub(crate) fn read(sequence: Element<'_>) -> Result<Self, Malformed> {
        let mut this = Self::default();
        for Extension {
            kind,
            critical,
            value,
        } in list(sequence)?
        {
            match kind {
                KEY_USAGE => {
                    let usage: extensions::KeyUsage = whole(value, "keyUsage")?;
                    this.key_usage = Some(KeyUsage {
                        digital_signature: usage.digital_signature(),
                        key_cert_sign: usage.key_cert_sign(),
                        crl_sign: usage.crl_sign(),
                    });
                }
                BASIC_CONSTRAINTS => {
                    let constraints: extensions::BasicConstraints =
                        whole(value, "basicConstraints")?;
                    this.basic_constraints = Some(BasicConstraints {
                        ca: constraints.ca,
                        path_len: constraints.path_len_constraint,
                    });
                }
                PRIVATE_KEY_USAGE => this.private_key_usage = Some(usage_period(value)?),
                EXTENDED_KEY_USAGE => this.extended_key_usage = Some(purposes(value)?),
                AUTHORITY_KEY_ID => {
                    [this.authority_key_id, this.authority_serial] = authority(value)?;
                }
                SUBJECT_KEY_ID => this.subject_key_id = Some(subject_key_id(value)?),
                DOCUMENT_TYPES => this.document_types = Some(document_types(value)?),
                NAME_CHANGE => this.name_change = true,
                TEST_MATERIAL => this.test_material = true,
                CRL_DISTRIBUTION_POINTS => this.crl_urls = crl_urls(value),
                // Doc 9303-12 §7.1.1 asks for alternative names that say who to write to, and
                // leaves policies to the state: both are allowed and bind nobody here, since no
                // policy is asked for (RFC 5280 §6.1.1 c) and no name constraint is accepted.
                SUBJECT_ALT_NAME | ISSUER_ALT_NAME | CERTIFICATE_POLICIES => {}
                _ if critical => this.unknown_critical.push(kind.to_string()),
                _ => {}
            }
        }
        Ok(this)
    }
}

/// Lets x509-parser read all of an extension's value.
pub(crate) fn whole<'a, T: FromDer<'a, X509Error>>(
    value: Element<'a>,
    what: &'static str,
) -> Result<T, Malformed> {
    match T::from_der(value.value) {
        Ok(([], read)) => Ok(read),
        _ => Err(Malformed::new(what, value.offset)),
    }
}

/// `PrivateKeyUsagePeriod ::= SEQUENCE { notBefore [0] GeneralizedTime OPTIONAL,
/// notAfter [1] GeneralizedTime OPTIONAL }`; x509-parser does not know it.
fn usage_period(value: Element<'_>) -> Result<UsagePeriod, Malformed> {
    const WHAT: &str = "privateKeyUsagePeriod";
    let mut outer = value.inside()?;
    let mut inside = outer.expect(tag::SEQUENCE, WHAT)?.inside()?;
    outer.finish(WHAT)?;
    let mut bound = |tag| {
        inside
            .optional(tag, WHAT)?
            .map(|element| time::generalized(element, WHAT))
            .transpose()
    };
    let not_before = bound(0x80)?;
    let not_after = bound(0x81)?;
    inside.finish(WHAT)?;
    Ok(UsagePeriod {
        not_before,
        not_after,
    })
}

/// `ExtKeyUsageSyntax ::= SEQUENCE OF OID`
fn purposes(value: Element<'_>) -> Result<Vec<String>, Malformed> {
    const WHAT: &str = "extKeyUsage";
    let mut outer = value.inside()?;
    let mut inside = outer.expect(tag::SEQUENCE, WHAT)?.inside()?;
    outer.finish(WHAT)?;
    let mut purposes = Vec::new();
    while !inside.at_end() {
        let purpose = inside.expect(tag::OID, WHAT)?;
        if purposes.len() >= MAX_ENTRIES {
            return Err(Malformed::new(WHAT, purpose.offset));
        }
        purposes.push(Oid::new(purpose.value).to_string());
    }
    Ok(purposes)
}

/// Reads the key identifier of an authorityKeyIdentifier, where it has one.
pub(crate) fn authority_key_id(value: Element<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    authority(value).map(|[id, _]| id)
}

/// Reads the key identifier of an authorityKeyIdentifier and the serial number of the authority's
/// certificate, where it has one.
fn authority(value: Element<'_>) -> Result<[Option<Vec<u8>>; 2], Malformed> {
    let read: extensions::AuthorityKeyIdentifier<'_> = whole(value, "authorityKeyIdentifier")?;
    let id = read.key_identifier.map(|id| id.0.to_vec());
    Ok([id, read.authority_cert_serial.map(<[u8]>::to_vec)])
}

fn subject_key_id(value: Element<'_>) -> Result<Vec<u8>, Malformed> {
    const WHAT: &str = "subjectKeyIdentifier";
    let mut outer = value.inside()?;
    let id = outer.expect(tag::OCTET_STRING, WHAT)?;
    outer.finish(WHAT)?;
    Ok(id.value.to_vec())
}

/// `DocumentTypeListSyntax ::= SEQUENCE { version INTEGER, docTypeList SET OF PrintableString }`
/// (Doc 9303-12 §7.1.1.6).
fn document_types(value: Element<'_>) -> Result<Vec<String>, Malformed> {
    const WHAT: &str = "documentTypeList";
    let mut outer = value.inside()?;
    let mut inside = outer.expect(tag::SEQUENCE, WHAT)?.inside()?;
    outer.finish(WHAT)?;
    inside.expect(tag::INTEGER, WHAT)?;
    let mut set = inside.expect(tag::SET, WHAT)?.inside()?;
    inside.finish(WHAT)?;
    let mut types = Vec::new();
    while !set.at_end() {
        let element = set.element(WHAT)?;
        let text = name::text(element).filter(|_| types.len() < MAX_ENTRIES);
        types.push(text.ok_or(Malformed::new(WHAT, element.offset))?);
    }
    Ok(types)
}

/// The addresses where a CRL may be had. They are told to people and never decide anything, so
/// that what x509-parser cannot read gives none.
fn crl_urls(value: Element<'_>) -> Vec<String> {
    let read: Result<extensions::CRLDistributionPoints<'_>, _> =
        whole(value, "cRLDistributionPoints");
    let Ok(points) = read else {
        return Vec::new();
    };
    points
        .iter()
        .filter_map(|point| point.distribution_point.as_ref())
        .flat_map(|name| match name {
            extensions::DistributionPointName::FullName(names) => names.as_slice(),
            extensions::DistributionPointName::NameRelativeToCRLIssuer(_) => &[],
        })
        .filter_map(|name| match name {
            extensions::GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        })
        .take(MAX_ENTRIES)
        .collect()
}

pub(crate) const SUBJECT_KEY_ID: Oid<'_> = Oid::new(&[0x55, 0x1D, 14]);
pub(crate) const KEY_USAGE: Oid<'_> = Oid::new(&[0x55, 0x1D, 15]);
pub(crate) const PRIVATE_KEY_USAGE: Oid<'_> = Oid::new(&[0x55, 0x1D, 16]);
const SUBJECT_ALT_NAME: Oid<'_> = Oid::new(&[0x55, 0x1D, 17]);
const ISSUER_ALT_NAME: Oid<'_> = Oid::new(&[0x55, 0x1D, 18]);
pub(crate) const BASIC_CONSTRAINTS: Oid<'_> = Oid::new(&[0x55, 0x1D, 19]);
const CRL_DISTRIBUTION_POINTS: Oid<'_> = Oid::new(&[0x55, 0x1D, 31]);
const CERTIFICATE_POLICIES: Oid<'_> = Oid::new(&[0x55, 0x1D, 32]);
pub(crate) const AUTHORITY_KEY_ID: Oid<'_> = Oid::new(&[0x55, 0x1D, 35]);
pub(crate) const EXTENDED_KEY_USAGE: Oid<'_> = Oid::new(&[0x55, 0x1D, 37]);
/// id-icao-mrtd-security-extensions-nameChange, 2.23.136.1.1.6.1
pub(crate) const NAME_CHANGE: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 6, 1]);
/// id-icao-mrtd-security-extensions-documentTypeList, 2.23.136.1.1.6.2
pub(crate) const DOCUMENT_TYPES: Oid<'_> = Oid::new(&[0x67, 0x81, 8, 1, 1, 6, 2]);
/// 2.25.167631241788237883594420488658927709745, an identifier of this program's own (X.667: from a UUID):
/// what is under a certificate with it is test material (`docs/test-pki.md`).
const TEST_MATERIAL: Oid<'_> = Oid::new(&[
    0x69, 0x81, 0xFC, 0x9C, 0xCD, 0x94, 0xC7, 0xF0, 0xDA, 0xB6, 0x8D, 0x9B, 0x8F, 0xB1, 0x94, 0xAD,
    0x82, 0xFD, 0xDC, 0x31,
]);
