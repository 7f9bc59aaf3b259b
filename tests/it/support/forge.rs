//! Virtual cards with something wrong about them, and everything that judges them.

use std::time::Duration;
use std::time::SystemTime;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::tag;
use cancuoc::capture::Reading;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::System;
use cancuoc::error::Error;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::registry::Context;
use cancuoc::registry::Registry;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::keys;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki;
use cancuoc::sim::pki::SHIPPED_SIGNER;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::security_object::SecurityObjectSpec;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::transport::Stop;
use cancuoc::verify::Policy;
use cancuoc::workflow;
use cancuoc::workflow::Inspected;
use cancuoc::workflow::Judgement;

/// The time that counts unless a test says otherwise.
pub const NOW: &str = "2026-12-01T03:00:00Z";

/// Longest time that a read of a virtual card may take.
pub const LONG: Duration = Duration::from_secs(30);

/// A card on the reader, and what judges it. Everything may be changed.
pub struct Scene {
    pub persona: Persona,
    pub card: Personalisation,
    pub key: String,
    pub groups: Groups,
    pub trust: TrustStore,
    pub policy: Policy,
    pub now: SystemTime,
    pub registry: Option<Box<dyn Registry>>,
}

impl Scene {
    /// A persona's card as it was issued, under the test root.
    pub fn of(persona: Persona) -> Self {
        Self {
            card: persona.personalise().unwrap(),
            key: persona.qr(),
            groups: Groups::Signed,
            trust: trusting(&[&pki::test_root()]),
            policy: Policy::counter(),
            now: at(NOW),
            registry: None,
            persona,
        }
    }

    /// The ordinary card.
    pub fn an() -> Self {
        Self::of(find("an"))
    }

    /// The ordinary card with this fault.
    pub fn with(fault: Fault) -> Self {
        Self::of(find("an").with(|chip| chip.faults.push(fault.into())))
    }

    /// The same with something changed.
    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Signs the groups anew in another manner.
    pub fn sod(mut self, change: impl FnOnce(&mut SecurityObjectSpec)) -> Self {
        let signer = TestPki::with_signer(self.persona.chip.signer)
            .unwrap()
            .signer;
        self.sign(&signer, change);
        self
    }

    /// Signs the groups anew with another signer.
    pub fn signed_by(mut self, signer: &Entity) -> Self {
        self.sign(signer, |_| {});
        self
    }

    fn sign(&mut self, signer: &Entity, change: impl FnOnce(&mut SecurityObjectSpec)) {
        let mut spec = self.persona.security_object();
        change(&mut spec);
        let file = spec.sign(&self.card.groups(), signer).unwrap();
        self.card.files.insert(FileId::Sod, file);
    }

    /// The issuer's own seal over the groups as they are now.
    pub fn sealed(mut self) -> Self {
        self.persona.seal(&mut self.card).unwrap();
        self
    }

    /// Trusts these certificates and no others.
    pub fn trusting(mut self, anchors: &[&[u8]]) -> Self {
        self.trust = trusting(anchors);
        self
    }

    /// Changes one group's bytes.
    pub fn group(mut self, group: DataGroup, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(self.card.files.get_mut(&FileId::Group(group)).unwrap());
        self
    }

    /// Reads, verifies, asks the registry.
    pub fn inspect(mut self) -> Result<Inspected, Error> {
        let plan = self.plan();
        let mut card = VirtualCard::new(self.card, Box::new(System));
        workflow::inspect(
            &mut card,
            &plan,
            &Stop::after(LONG),
            &mut System,
            &Judgement {
                trust: &self.trust,
                policy: &self.policy,
                now: self.now,
                context: Context::default(),
                disclose: Vec::new(),
            },
            self.registry.as_deref_mut(),
            &mut |_| {},
        )
    }

    /// Reads and judges nothing.
    pub fn read(self) -> Result<Reading, Error> {
        let plan = self.plan();
        let mut card = VirtualCard::new(self.card, Box::new(System));
        reader::read(
            &mut card,
            &plan,
            &Stop::after(LONG),
            &mut System,
            &mut |_| {},
        )
    }

    fn plan(&self) -> Plan {
        Plan::new(
            AccessKey::parse(&self.key, jiff::civil::date(2026, 12, 1)).unwrap(),
            self.groups.clone(),
            self.policy.access(),
        )
    }
}

/// A shipped persona.
pub fn find(name: &str) -> Persona {
    persona::find(name).unwrap()
}

/// A point in time.
pub fn at(rfc3339: &str) -> SystemTime {
    rfc3339.parse::<jiff::Timestamp>().unwrap().into()
}

/// A store with these anchors.
pub fn trusting(anchors: &[&[u8]]) -> TrustStore {
    let mut store = TrustStore::empty();
    for der in anchors {
        store.add_anchor(Certificate::decode(der).unwrap(), Provenance::TestCard);
    }
    store
}

/// The test authority's certificate, changed, under its own key.
pub fn authority(change: impl FnOnce(&mut CertificateSpec)) -> Entity {
    let Entity { mut spec, key, .. } = TestPki::shipped().unwrap().csca;
    change(&mut spec);
    spec.self_signed(key).unwrap()
}

/// The test signer's certificate, changed, issued by the authority.
pub fn signer_under(authority: &Entity, change: impl FnOnce(&mut CertificateSpec)) -> Entity {
    let mut spec = TestPki::shipped().unwrap().signer.spec;
    change(&mut spec);
    spec.issued_by(authority, signer_key()).unwrap()
}

/// The test signer's certificate, changed, issued by the test authority.
pub fn signer(change: impl FnOnce(&mut CertificateSpec)) -> Entity {
    signer_under(&authority(|_| {}), change)
}

/// The test authority, its new key under a link certificate of the old one (Doc 9303-12 §7.1), and a
/// signer under the new key.
pub fn linked() -> (Entity, Entity, Entity) {
    let old = authority(|_| {});
    let mut spec = old.spec.clone();
    spec.serial = vec![0x21, 0x43];
    let next = SigningKey::Ec(keys::ec(Curve::P384, "next CSCA").unwrap());
    let link = spec.issued_by(&old, next).unwrap();
    let signer = signer_under(&link, |_| {});
    (old, link, signer)
}

/// The shipped signer's key.
pub fn signer_key() -> SigningKey {
    SHIPPED_SIGNER.key().unwrap()
}

/// The certificate with its body changed, and signed anew.
pub fn reissued(
    certificate: &[u8],
    issuer: &SigningKey,
    hash: Hash,
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let mut parts = Reader::new(certificate)
        .expect(tag::SEQUENCE, "certificate")
        .unwrap()
        .inside()
        .unwrap();
    let body = change(parts.expect(tag::SEQUENCE, "body").unwrap().raw);
    let algorithm = parts.expect(tag::SEQUENCE, "algorithm").unwrap().raw;
    let signature = issuer.sign(hash, &body).unwrap();
    let signature = encode(tag::BIT_STRING, &[&[0], &signature]);
    encode(tag::SEQUENCE, &[&body, algorithm, &signature])
}

/// The bytes with one part, which must be there once, replaced by another of the same length.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from)
        .map(|(place, _)| place)
        .collect();
    let [place] = places.as_slice() else {
        panic!("there {} times", places.len());
    };
    let (before, rest) = bytes.split_at(*place);
    let (_, after) = rest.split_at(from.len());
    [before, to, after].concat()
}

/// EF.SOD with other content in its SET of SignerInfo.
pub fn with_signer_infos(file: &[u8], change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut outer = Reader::new(file)
        .expect(0x77, "SOD")
        .unwrap()
        .inside()
        .unwrap();
    let mut info = outer
        .expect(tag::SEQUENCE, "content info")
        .unwrap()
        .inside()
        .unwrap();
    let kind = info.expect(tag::OID, "type").unwrap().raw;
    let mut signed = info
        .expect(0xA0, "content")
        .unwrap()
        .inside()
        .unwrap()
        .expect(tag::SEQUENCE, "signed data")
        .unwrap()
        .inside()
        .unwrap();
    let mut parts = Vec::new();
    while !signed.at_end() {
        parts.push(signed.element("part").unwrap());
    }
    let infos = parts.pop().unwrap();
    assert_eq!(infos.tag, tag::SET);
    let infos = encode(tag::SET, &[&change(infos.value)]);
    let parts: Vec<&[u8]> = parts
        .iter()
        .map(|part| part.raw)
        .chain([infos.as_slice()])
        .collect();
    let signed = encode(0xA0, &[&encode(tag::SEQUENCE, &parts)]);
    encode(0x77, &[&encode(tag::SEQUENCE, &[kind, &signed])])
}
