//! Card-verifiable certificates for tests, so that each rule can be broken by itself.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::crypto::signature::Scheme;
use crate::pki::cvc::key::ID_TA;
use crate::pki::cvc::key::scheme;
use crate::secret::Secret;

/// A private key of either kind.
pub(crate) enum Key {
    Ec(PrivateKey),
    Rsa(Box<rsa::PrivateKey>),
}

impl Key {
    /// A key on a curve that is always the same for the same number.
    pub(crate) fn ec(curve: Curve, number: u8) -> Self {
        let mut scalar = vec![0x11; curve.order_len()];
        scalar[0] = 0;
        scalar[curve.order_len() - 1] = number;
        Self::Ec(curve.private_key(Secret::new(scalar)).unwrap())
    }

    /// A fresh RSA key, made by another implementation.
    pub(crate) fn rsa(bits: u32) -> Self {
        let key = openssl::rsa::Rsa::generate(bits).unwrap();
        let (p, q) = (key.p().unwrap().to_vec(), key.q().unwrap().to_vec());
        let (n, e, d) = (key.n().to_vec(), key.e().to_vec(), key.d().to_vec());
        Self::Rsa(Box::new(
            rsa::PrivateKey::new(&n, &e, &d, [&p, &q]).unwrap(),
        ))
    }

    /// A signature by the algorithm with these last arcs.
    pub(crate) fn sign(&self, arcs: [u8; 2], message: &[u8]) -> Vec<u8> {
        let oid = oid(arcs);
        let scheme = scheme(Oid::new(&oid));
        match (self, scheme) {
            (Self::Ec(key), scheme) => {
                let hash = scheme.map_or(Hash::Sha256, |scheme| scheme.hash());
                key.sign(hash, message).unwrap()
            }
            (Self::Rsa(key), Some(Scheme::RsaPss { hash, salt_len, .. })) => {
                key.sign_pss(hash, &vec![7; salt_len], message).unwrap()
            }
            (Self::Rsa(key), Some(scheme)) => key.sign_pkcs1(scheme.hash(), message).unwrap(),
            (Self::Rsa(_), None) => unreachable!(),
        }
    }

    /// The 7F49 template, with domain parameters or without.
    fn template(&self, arcs: [u8; 2], parameters: Domain) -> Vec<u8> {
        let oid = encode(tag::OID, &[&oid(arcs)]);
        match self {
            Self::Rsa(key) => {
                let public = key.public();
                let n = encode(0x81, &[public.modulus()]);
                let e = encode(0x82, &[public.exponent()]);
                encode(0x7F49, &[&oid, &n, &e])
            }
            Self::Ec(key) => {
                let point = encode(0x86, &[key.public().encoded()]);
                let known = key.curve().parameters();
                match parameters {
                    Domain::Left => encode(0x7F49, &[&oid, &point]),
                    Domain::Full => {
                        let before: Vec<u8> = [known.p, known.a, known.b, known.g, known.n]
                            .iter()
                            .zip(0x81..)
                            .flat_map(|(value, tag)| encode(tag, &[value]))
                            .collect();
                        encode(0x7F49, &[&oid, &before, &point, &encode(0x87, &[&[1]])])
                    }
                }
            }
        }
    }
}

fn oid(arcs: [u8; 2]) -> Vec<u8> {
    [ID_TA.octets(), &arcs].concat()
}

/// Whether the domain parameters stand beside the point.
#[derive(Clone, Copy)]
pub(crate) enum Domain {
    Full,
    Left,
}

/// First octet of an inspection system's authorization.
pub(crate) const CVCA: u8 = 0xC3;
pub(crate) const DV: u8 = 0x83;
pub(crate) const IS: u8 = 0x03;

/// A certificate before it is signed.
pub(crate) struct Draft<'a> {
    pub(crate) authority: &'a str,
    pub(crate) holder: &'a str,
    pub(crate) key: &'a Key,
    /// Last arcs of the key's algorithm.
    pub(crate) arcs: [u8; 2],
    pub(crate) domain: Domain,
    pub(crate) authorization: Vec<u8>,
    pub(crate) terminal_type: u8,
    pub(crate) dates: [&'a str; 2],
    pub(crate) extensions: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// A certificate of the years 2020 to 2039.
    pub(crate) fn new(
        authority: &'a str,
        holder: &'a str,
        authorization: u8,
        key: &'a Key,
        arcs: [u8; 2],
    ) -> Self {
        Self {
            authority,
            holder,
            key,
            arcs,
            domain: if authorization & 0xC0 == 0xC0 {
                Domain::Full
            } else {
                Domain::Left
            },
            authorization: vec![authorization],
            terminal_type: 1,
            dates: ["200101", "391231"],
            extensions: Vec::new(),
        }
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let digits = |text: &str| -> Vec<u8> { text.bytes().map(|digit| digit - b'0').collect() };
        let role = [0x04, 0, 0x7F, 0, 7, 3, 1, 2, self.terminal_type];
        let chat = [
            encode(tag::OID, &[&role]),
            encode(0x53, &[&self.authorization]),
        ]
        .concat();
        encode(
            0x7F4E,
            &[
                &encode(0x5F29, &[&[0]]),
                &encode(0x42, &[self.authority.as_bytes()]),
                &self.key.template(self.arcs, self.domain),
                &encode(0x5F20, &[self.holder.as_bytes()]),
                &encode(0x7F4C, &[&chat]),
                &encode(0x5F25, &[&digits(self.dates[0])]),
                &encode(0x5F24, &[&digits(self.dates[1])]),
                &self.extensions,
            ],
        )
    }

    /// The certificate, signed with the issuer's key by the issuer's algorithm.
    pub(crate) fn sign(&self, issuer: &Key, arcs: [u8; 2]) -> Vec<u8> {
        let body = self.body();
        let signature = encode(0x5F37, &[&issuer.sign(arcs, &body)]);
        encode(0x7F21, &[&body, &signature])
    }
}
