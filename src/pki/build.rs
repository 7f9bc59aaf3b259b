//! Certificates, revocation lists and signed data for the tests of this room, small and readable,
//! so that each rule can be broken by itself.

use std::path::PathBuf;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::hash::Hash;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::extensions;
use crate::pki::master_list::MasterList;
use crate::secret::Secret;

/// A file of the data beside the project, where it is there.
pub(crate) fn shared(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(file);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("skipped: no ../shared/data");
    }
    bytes
}

/// Both German master lists, where they are there.
pub(crate) fn master_lists() -> Option<[MasterList; 2]> {
    let read = |file| shared(file).map(|bytes| MasterList::decode(&bytes).unwrap());
    Some([
        read("trust/DE_ML_2024-08-07-07-38-24.ml")?,
        read("trust/DE_ML_2026-05-28-08-28-45.ml")?,
    ])
}

/// A private key on P-256 that is always the same for the same number.
pub(crate) fn key(number: u8) -> PrivateKey {
    let mut scalar = vec![0x5A; 32];
    scalar[31] = number;
    Curve::P256.private_key(Secret::new(scalar)).unwrap()
}

/// An identifier for the key with that number.
pub(crate) fn key_id(number: u8) -> Vec<u8> {
    vec![number; 20]
}

/// SEQUENCE
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, parts)
}

/// OBJECT IDENTIFIER
pub(crate) fn oid(oid: Oid<'_>) -> Vec<u8> {
    encode(tag::OID, &[oid.octets()])
}

/// A name of a country and a common name.
pub(crate) fn name(country: &str, common: &str) -> Vec<u8> {
    let part = |kind: u8, string, text: &str| {
        let kind = encode(tag::OID, &[&[0x55, 4, kind]]);
        let value = encode(string, &[text.as_bytes()]);
        encode(tag::SET, &[&sequence(&[&kind, &value])])
    };
    sequence(&[
        &part(6, tag::PRINTABLE_STRING, country),
        &part(3, tag::UTF8_STRING, common),
    ])
}

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
fn date(text: &str) -> Vec<u8> {
    match text.strip_prefix("20") {
        Some(short) if text < "2050" => encode(0x17, &[short.as_bytes()]),
        _ => time(text),
    }
}

/// GeneralizedTime
pub(crate) fn time(text: &str) -> Vec<u8> {
    encode(0x18, &[text.as_bytes()])
}

/// The AlgorithmIdentifier of ECDSA with SHA-256.
pub(crate) fn ecdsa_sha256() -> Vec<u8> {
    sequence(&[&[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]])
}

/// The AlgorithmIdentifier of SHA-256.
pub(crate) fn sha256() -> Vec<u8> {
    sequence(&[&[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])
}

/// An ECDSA signature in DER.
pub(crate) fn signature(key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    let plain = key.sign(Hash::Sha256, message).unwrap();
    let (r, s) = plain.split_at(plain.len() / 2);
    sequence(&[&encode_integer(r), &encode_integer(s)])
}

/// What is signed, the algorithm, and the signature: a certificate or a CRL.
fn signed(tbs: &[u8], algorithm: &[u8], key: &PrivateKey) -> Vec<u8> {
    let signature = signature(key, tbs);
    let bits = encode(tag::BIT_STRING, &[&[0], &signature]);
    sequence(&[tbs, algorithm, &bits])
}

/// keyUsage with the bits of its first octet.
pub(crate) fn key_usage(bits: u8) -> Vec<u8> {
    encode(tag::BIT_STRING, &[&[0, bits]])
}

/// basicConstraints with cA true.
pub(crate) fn authority(path_len: Option<u8>) -> Vec<u8> {
    let ca = [1, 1, 0xFF];
    match path_len {
        Some(length) => sequence(&[&ca, &encode_integer(&[length])]),
        None => sequence(&[&ca]),
    }
}

/// privateKeyUsagePeriod
pub(crate) fn usage_period(not_before: &str, not_after: &str) -> Vec<u8> {
    sequence(&[
        &encode(0x80, &[not_before.as_bytes()]),
        &encode(0x81, &[not_after.as_bytes()]),
    ])
}

/// authorityKeyIdentifier of the key with that number.
pub(crate) fn authority_key_id(number: u8) -> Vec<u8> {
    sequence(&[&encode(0x80, &[&key_id(number)])])
}

/// A certificate in the making; the tests change what they please.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    /// Content octets.
    pub(crate) serial: Vec<u8>,
    pub(crate) validity: [&'static str; 2],
    pub(crate) algorithm: Vec<u8>,
    key: u8,
    extensions: Vec<(Oid<'static>, bool, Vec<u8>)>,
}

impl Draft {
    /// A country authority's certificate over the key with one number, issued by another.
    pub(crate) fn authority(subject: &[u8], key: u8, issuer: &[u8], issuer_key: u8) -> Self {
        Self {
            subject: subject.to_vec(),
            issuer: issuer.to_vec(),
            serial: vec![key],
            validity: ["20200101000000Z", "20400101000000Z"],
            algorithm: ecdsa_sha256(),
            key,
            extensions: Vec::new(),
        }
        .with(extensions::BASIC_CONSTRAINTS, true, authority(Some(0)))
        .with(extensions::KEY_USAGE, true, key_usage(0x06))
        .identified(issuer_key)
    }

    /// A document signer's certificate over the key with one number, issued by another.
    pub(crate) fn signer(subject: &[u8], key: u8, issuer: &[u8], issuer_key: u8) -> Self {
        let mut this = Self::authority(subject, key, issuer, issuer_key)
            .without(extensions::BASIC_CONSTRAINTS)
            .with(extensions::KEY_USAGE, true, key_usage(0x80));
        this.validity = ["20220101000000Z", "20350101000000Z"];
        this
    }

    /// With the identifiers of both keys.
    fn identified(self, issuer_key: u8) -> Self {
        let own = encode(tag::OCTET_STRING, &[&key_id(self.key)]);
        let issuer = authority_key_id(issuer_key);
        self.with(extensions::SUBJECT_KEY_ID, false, own).with(
            extensions::AUTHORITY_KEY_ID,
            false,
            issuer,
        )
    }

    /// With this extension instead of any of its kind.
    pub(crate) fn with(mut self, kind: Oid<'static>, critical: bool, value: Vec<u8>) -> Self {
        self = self.without(kind);
        self.extensions.push((kind, critical, value));
        self
    }

    /// Without extensions of that kind.
    pub(crate) fn without(mut self, kind: Oid<'static>) -> Self {
        self.extensions.retain(|(known, ..)| *known != kind);
        self
    }

    /// The certificate, signed with the key of that number.
    pub(crate) fn sign(&self, issuer_key: u8) -> Vec<u8> {
        let serial = encode(tag::INTEGER, &[&self.serial]);
        let [first, last] = self.validity.map(date);
        let public = key(self.key).public();
        let algorithm = sequence(&[&oid(EC_PUBLIC_KEY), &oid(public.curve().oid())]);
        let bits = encode(tag::BIT_STRING, &[&[0], public.encoded()]);
        let tbs = sequence(&[
            &encode(0xA0, &[&encode_integer(&[2])]),
            &serial,
            &self.algorithm,
            &self.issuer,
            &sequence(&[&first, &last]),
            &self.subject,
            &sequence(&[&algorithm, &bits]),
            &encode(0xA3, &[&extension_list(&self.extensions)]),
        ]);
        signed(&tbs, &self.algorithm, &key(issuer_key))
    }

    /// The certificate, signed and decoded.
    pub(crate) fn certificate(&self, issuer_key: u8) -> Certificate {
        Certificate::decode(&self.sign(issuer_key)).unwrap()
    }
}

fn extension_list(extensions: &[(Oid<'static>, bool, Vec<u8>)]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = extensions
        .iter()
        .map(|(kind, critical, value)| {
            let flag: &[u8] = if *critical { &[1, 1, 0xFF] } else { &[] };
            sequence(&[&oid(*kind), flag, &encode(tag::OCTET_STRING, &[value])])
        })
        .collect();
    let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    sequence(&list)
}

/// A revocation list in the making.
#[derive(Clone)]
pub(crate) struct CrlDraft {
    pub(crate) issuer: Vec<u8>,
    pub(crate) updates: [&'static str; 2],
    /// Content octets of the serial numbers.
    pub(crate) revoked: Vec<Vec<u8>>,
    pub(crate) extensions: Vec<(Oid<'static>, bool, Vec<u8>)>,
}

impl CrlDraft {
    /// A list of 2026 with these serial numbers.
    pub(crate) fn new(issuer: &[u8], revoked: &[&[u8]]) -> Self {
        Self {
            issuer: issuer.to_vec(),
            updates: ["20260101000000Z", "20260401000000Z"],
            revoked: revoked.iter().map(|serial| serial.to_vec()).collect(),
            extensions: Vec::new(),
        }
    }

    /// The list, signed with the key of that number.
    pub(crate) fn sign(&self, issuer_key: u8) -> Vec<u8> {
        let entries: Vec<Vec<u8>> = self
            .revoked
            .iter()
            .map(|serial| sequence(&[&encode(tag::INTEGER, &[serial]), &time("20251201000000Z")]))
            .collect();
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let [this, next] = self.updates.map(time);
        let mut parts = vec![encode_integer(&[1]), ecdsa_sha256(), self.issuer.clone()];
        parts.extend([this, next]);
        if !entries.is_empty() {
            parts.push(sequence(&entries));
        }
        if !self.extensions.is_empty() {
            parts.push(encode(0xA0, &[&extension_list(&self.extensions)]));
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        signed(&sequence(&parts), &ecdsa_sha256(), &key(issuer_key))
    }

    /// The list, signed and decoded.
    pub(crate) fn crl(&self, issuer_key: u8) -> Crl {
        Crl::decode(&self.sign(issuer_key)).unwrap()
    }
}

/// A CMS attribute with one value.
pub(crate) fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
    let kind = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, kind];
    sequence(&[&oid(Oid::new(&kind)), &encode(tag::SET, &[value])])
}

/// The three usual signed attributes over a content, in DER order.
pub(crate) fn attributes(content_type: Oid<'_>, content: &[u8]) -> Vec<Vec<u8>> {
    let digest = Hash::Sha256.digest(&[content]);
    let mut list = vec![
        attribute(3, &oid(content_type)),
        attribute(4, &encode(tag::OCTET_STRING, &[&digest])),
        attribute(5, &time("20230615120000Z")),
    ];
    list.sort();
    list
}

/// Signed data with one certificate and one signer: `sent` goes into the message, the signature is
/// over `signed`.
pub(crate) fn signed_data(
    content_type: Oid<'_>,
    content: &[u8],
    certificate: &Certificate,
    key: u8,
    [sent, signed]: [&[Vec<u8>]; 2],
) -> Vec<u8> {
    let join = |tag, list: &[Vec<u8>]| {
        let list: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
        encode(tag, &list)
    };
    let serial = encode(tag::INTEGER, &[certificate.serial()]);
    let signature = signature(&self::key(key), &join(tag::SET, signed));
    let signer = sequence(&[
        &encode_integer(&[1]),
        &sequence(&[certificate.issuer(), &serial]),
        &sha256(),
        &join(0xA0, sent),
        &ecdsa_sha256(),
        &encode(tag::OCTET_STRING, &[&signature]),
    ]);
    let content = encode(tag::OCTET_STRING, &[content]);
    let signed = sequence(&[
        &encode_integer(&[3]),
        &encode(tag::SET, &[&sha256()]),
        &sequence(&[&oid(content_type), &encode(0xA0, &[&content])]),
        &encode(0xA0, &[certificate.raw()]),
        &encode(tag::SET, &[&signer]),
    ]);
    let kind = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]);
    sequence(&[&oid(kind), &encode(0xA0, &[&signed])])
}

/// A message with some octets changed and perhaps the end cut off, for feeding to decoders.
pub(crate) fn damaged(bytes: &[u8], changes: &[(usize, u8)], keep: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for (at, octet) in changes {
        let at = at % damaged.len();
        damaged[at] ^= octet;
    }
    // Mostly whole: what is cut off early never reaches the inner parts.
    if keep.is_multiple_of(4) {
        damaged.truncate(keep % bytes.len());
    }
    damaged
}

const EC_PUBLIC_KEY: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
