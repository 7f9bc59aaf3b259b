//! The same document issued under authorities with keys of different kinds, and the two signatures
//! on it as openssl checks them.

use cancuoc::bytes::tlv::Reader;
use cancuoc::capture::Capture;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::rsa;
use cancuoc::lds::FileId;
use cancuoc::lds::sod;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::sim::keys;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::transport::Stop;
use openssl::hash::MessageDigest;
use openssl::md::Md;
use openssl::md::MdRef;
use openssl::pkey::PKey;
use openssl::pkey::Public;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;

use super::System;

/// What signs in one row of the table: authority and document signer alike.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Rsa(u32),
    Ec(Curve),
}

impl Kind {
    /// The rows, and how many times the bare signatures may be taken.
    pub const ALL: [(Self, f64); 5] = [
        (Self::Rsa(2048), 1.5),
        (Self::Rsa(4096), 1.5),
        (Self::Ec(Curve::P256), 1.5),
        (Self::Ec(Curve::P384), 1.5),
        (Self::Ec(Curve::BrainpoolP384r1), 1.2),
    ];

    pub fn name(self) -> String {
        match self {
            Self::Rsa(bits) => format!("RSA-{bits}"),
            Self::Ec(curve) => curve.name().to_owned(),
        }
    }

    /// The hash that goes with it.
    const fn hash(self) -> Hash {
        match self {
            Self::Ec(Curve::P384 | Curve::BrainpoolP384r1) => Hash::Sha384,
            _ => Hash::Sha256,
        }
    }

    fn key(self, label: &str) -> SigningKey {
        match self {
            Self::Rsa(bits) => {
                let key = Rsa::generate(bits).unwrap();
                let (n, e, d) = (key.n().to_vec(), key.e().to_vec(), key.d().to_vec());
                let (p, q) = (key.p().unwrap().to_vec(), key.q().unwrap().to_vec());
                SigningKey::RsaPkcs1(rsa::PrivateKey::new(&n, &e, &d, [&p, &q]).unwrap())
            }
            Self::Ec(curve) => SigningKey::Ec(keys::ec(curve, label).unwrap()),
        }
    }
}

/// A document as it was read, who is trusted, and its signatures.
pub struct Document {
    pub capture: Capture,
    pub trust: TrustStore,
    /// On EF.SOD, and on its signer's certificate.
    pub signatures: [Bare; 2],
    /// The groups, and the hash over each of them.
    pub groups: Vec<Vec<u8>>,
    pub group_hash: MessageDigest,
}

/// `an` as its state would have issued it with such keys.
pub fn document(kind: Kind) -> Document {
    let persona = super::persona("an");
    let reading = reader::read(
        &mut super::card(&persona),
        &super::plan(&persona),
        &Stop::never(),
        &mut System,
        &mut |_| {},
    );
    let mut capture = reading.unwrap().capture;

    let authority = CertificateSpec {
        hash: kind.hash(),
        ..CertificateSpec::country_signer(Name::test("VN", "TEST CSCA of a benchmark"))
    };
    let authority = authority.self_signed(kind.key("bench CSCA")).unwrap();
    let signer = CertificateSpec {
        hash: kind.hash(),
        ..CertificateSpec::document_signer(Name::test("VN", "TEST DS of a benchmark"))
    };
    let signer = signer.issued_by(&authority, kind.key("bench DS")).unwrap();
    let groups = persona.personalise().unwrap().groups();
    let spec = SecurityObjectSpec {
        digest: kind.hash(),
        group_hash: kind.hash(),
        ..persona.security_object()
    };
    let security_object = spec.sign(&groups, &signer).unwrap();
    capture.files.insert(FileId::Sod, security_object.clone());

    let authority = Certificate::decode(&authority.certificate).unwrap();
    let signer = Certificate::decode(&signer.certificate).unwrap();
    let signed = SignedData::decode(&sod::signed_data(&security_object).unwrap()).unwrap();
    let [info] = signed.signers.as_slice() else {
        panic!("one signer");
    };
    let attributes = info.signed_attributes.as_ref().unwrap().as_set();
    let (tbs, signature) = tbs_and_signature(&signer);
    let signatures = [
        Bare::new(kind, &signer, &attributes, &info.signature),
        Bare::new(kind, &authority, tbs, signature),
    ];
    let mut trust = TrustStore::empty();
    trust.add_anchor(authority, Provenance::TestCard);
    let groups = capture
        .files
        .iter()
        .filter(|(file, _)| matches!(file, FileId::Group(_)))
        .map(|(_, bytes)| bytes.clone())
        .collect();
    let group_hash = match kind.hash() {
        Hash::Sha384 => MessageDigest::sha384(),
        _ => MessageDigest::sha256(),
    };
    Document {
        capture,
        trust,
        signatures,
        groups,
        group_hash,
    }
}

fn tbs_and_signature(certificate: &Certificate) -> (&[u8], &[u8]) {
    let mut inside = Reader::new(certificate.raw())
        .element("certificate")
        .and_then(|certificate| certificate.inside())
        .unwrap();
    let tbs = inside.element("tbs").unwrap();
    inside.element("algorithm").unwrap();
    let signature = inside.element("signature").unwrap().value;
    (tbs.raw, signature.strip_prefix(&[0]).unwrap())
}

/// One signature, ready for openssl to check: key and digest are there, as `openssl speed` has it.
pub struct Bare {
    key: PkeyCtx<Public>,
    digest: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    fn new(kind: Kind, signer: &Certificate, message: &[u8], signature: &[u8]) -> Self {
        let info = signer.public_key_info();
        let key = PKey::public_key_from_der(info).unwrap();
        let md: &MdRef = match kind.hash() {
            Hash::Sha384 => Md::sha384(),
            _ => Md::sha256(),
        };
        let mut context = PkeyCtx::new(&key).unwrap();
        context.verify_init().unwrap();
        context.set_signature_md(md).unwrap();
        Self {
            key: context,
            digest: kind.hash().digest(&[message]),
            signature: signature.to_vec(),
        }
    }

    pub fn check(&mut self) {
        assert!(self.key.verify(&self.digest, &self.signature).unwrap());
    }
}
