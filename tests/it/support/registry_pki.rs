//! Certificates for the registry's server and those who ask it, made by OpenSSL: right ones, and ones
//! that must be refused.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::bn::MsbOption;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::x509::X509;
use openssl::x509::X509NameBuilder;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::extension::ExtendedKeyUsage;
use openssl::x509::extension::KeyUsage;
use openssl::x509::extension::SubjectAlternativeName;

const DAY: i64 = 24 * 60 * 60;

/// A certificate and its key.
#[derive(Clone)]
pub struct Identity {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Identity {
    pub fn certificate_pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    /// SHA-256 of the certificate, as a configuration has it.
    pub fn sha256(&self) -> String {
        let digest = self.certificate.digest(MessageDigest::sha256()).unwrap();
        format!("sha256:{}", hex::encode(digest))
    }
}

/// From when to when a certificate is valid, in days from now.
#[derive(Clone, Copy)]
pub struct Days(pub i64, pub i64);

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Authority,
    Server,
    Client,
}

/// Makes a certificate, signed by `issuer` or by itself.
pub fn issue(name: &str, issuer: Option<&Identity>, days: Days, purpose: Use) -> Identity {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::MAYBE_ZERO, false).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer_name = issuer.map_or(&*subject, |issuer| issuer.certificate.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    builder.set_pubkey(&key).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let time = |days: i64| Asn1Time::from_unix(now + days * DAY).unwrap();
    builder.set_not_before(&time(days.0)).unwrap();
    builder.set_not_after(&time(days.1)).unwrap();
    let mut constraints = BasicConstraints::new();
    let mut usage = KeyUsage::new();
    usage.critical();
    if purpose == Use::Authority {
        constraints.critical().ca();
        usage.key_cert_sign().crl_sign();
    } else {
        usage.digital_signature();
        let mut extended = ExtendedKeyUsage::new();
        match purpose {
            Use::Server => extended.server_auth(),
            _ => extended.client_auth(),
        };
        builder.append_extension(extended.build().unwrap()).unwrap();
        let context = builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .build(&context)
            .unwrap();
        builder.append_extension(names).unwrap();
    }
    builder
        .append_extension(constraints.build().unwrap())
        .unwrap();
    builder.append_extension(usage.build().unwrap()).unwrap();
    let signer = issuer.map_or(&key, |issuer| &issuer.key);
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    Identity {
        certificate: builder.build(),
        key,
    }
}

/// Everybody in the tests.
pub struct Pki {
    pub server_authority: Identity,
    pub server: Identity,
    pub clients: Identity,
    pub ward: Identity,
    pub bank: Identity,
    /// Of our authority, and of no agency
    pub stranger: Identity,
    pub expired: Identity,
    pub not_yet: Identity,
    /// Of another authority with the same name
    pub foreign: Identity,
    /// A server's certificate of our authority
    pub wrong_use: Identity,
}

impl Pki {
    pub fn new() -> Self {
        let long = Days(-1, 30);
        let server_authority = issue("Test servers", None, long, Use::Authority);
        let clients = issue("Test agencies", None, long, Use::Authority);
        let other = issue("Test agencies", None, long, Use::Authority);
        let client = |name, days| issue(name, Some(&clients), days, Use::Client);
        Self {
            server: issue("localhost", Some(&server_authority), long, Use::Server),
            ward: client("Ward 1", long),
            bank: client("Bank", long),
            stranger: client("Nobody", long),
            expired: client("Ward 1", Days(-30, -1)),
            not_yet: client("Ward 1", Days(1, 30)),
            foreign: issue("Ward 1", Some(&other), long, Use::Client),
            wrong_use: issue("Ward 1", Some(&clients), long, Use::Server),
            server_authority,
            clients,
        }
    }
}
