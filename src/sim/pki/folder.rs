//! Everything that a test PKI has, as files: certificates with their private keys, lists of every kind,
//! and what a terminal needs.
//!
//! The same specification makes the same bytes each time: no clock is asked, signatures take no random
//! number, and what would take long to make ships.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::civil::date;

use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::sim::keys::issuers::Holder;
use crate::sim::lds2;
use crate::sim::pki::SHIPPED_SIGNER;
use crate::sim::pki::TestPki;
use crate::sim::pki::card_verifiable::Role;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::deviation_list;
use crate::sim::pki::deviation_list::DescriptionSpec;
use crate::sim::pki::deviation_list::DeviationListSpec;
use crate::sim::pki::deviation_list::DeviationSpec;
use crate::sim::pki::deviation_list::NamedSigner;
use crate::sim::pki::kinds::SignerKey;
use crate::sim::pki::kinds::SigningKind;
use crate::sim::pki::ldif;
use crate::sim::pki::master_list;
use crate::sim::pki::master_list::MasterListSpec;
use crate::sim::pki::private_key::pem;
use crate::sim::pki::revocation_list::RevocationListSpec;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::seeded::IssuerSpec;
use crate::sim::pki::seeded::mark;
use crate::sim::pki::signing_key::SigningKey;

/// What a folder is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSpec {
    /// Whose it is; none is the issuer of the shipped personas.
    pub issuer: Option<IssuerSpec>,
    /// A document signer of each of these.
    pub signers: Vec<SigningKind>,
    /// When lists are made, in UTC.
    pub made: DateTime,
    /// When the next CRL is due, in UTC.
    pub next_update: DateTime,
    /// Number of the CRLs.
    pub crl_number: u32,
    /// Data groups that the samples of the signers sign.
    pub groups: BTreeMap<DataGroup, Vec<u8>>,
}

/// A file of the folder.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// Place in the folder, with `/` between names.
    pub path: String,
    /// What it is.
    pub what: What,
    /// Its octets.
    pub bytes: Vec<u8>,
    /// What its key, or the key that signed it, is.
    pub kind: Option<String>,
    /// Whom it names.
    pub subject: Option<String>,
    /// From when until when it counts, in UTC; of a list, when it was made and when the next is due.
    pub validity: Option<(DateTime, DateTime)>,
    /// The file of the private key that belongs to it.
    pub private_key: Option<String>,
}

impl std::fmt::Debug for MadeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MadeFile({}, {} bytes)", self.path, self.bytes.len())
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Certificate of a country signer
    Authority,
    /// Certificate over the next key of a country signer, by its last
    Link,
    /// Certificate of a document signer
    Signer,
    /// Certificate of who signs master lists
    MasterListSigner,
    /// Certificate of who signs deviation lists
    DeviationListSigner,
    /// CRL
    Crl,
    /// Master list
    MasterList,
    /// Deviation list
    DeviationList,
    /// LDIF as the public key directory has it
    Ldif,
    /// Private key
    PrivateKey,
    /// Security object that a signer signed
    Sample,
    /// Data group that the samples are about
    Group,
    /// Card-verifiable certificate of an authority
    TerminalAuthority,
    /// Card-verifiable certificate over the next key of an authority
    TerminalLink,
    /// Card-verifiable certificate of a document verifier
    DocumentVerifier,
    /// Card-verifiable certificate of an inspection system
    Terminal,
}

impl What {
    /// The word for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authority => "csca",
            Self::Link => "csca_link",
            Self::Signer => "document_signer",
            Self::MasterListSigner => "master_list_signer",
            Self::DeviationListSigner => "deviation_list_signer",
            Self::Crl => "crl",
            Self::MasterList => "master_list",
            Self::DeviationList => "deviation_list",
            Self::Ldif => "ldif",
            Self::PrivateKey => "private_key",
            Self::Sample => "security_object",
            Self::Group => "data_group",
            Self::TerminalAuthority => "cvca",
            Self::TerminalLink => "cvca_link",
            Self::DocumentVerifier => "document_verifier",
            Self::Terminal => "inspection_system",
        }
    }
}

/// The document signers that are made where nobody asks for others: what most documents have.
pub const USUAL_SIGNERS: [SigningKind; 7] = [
    SigningKind::new(SignerKey::Ec(Curve::BrainpoolP384r1), Hash::Sha256),
    SigningKind::new(SignerKey::Ec(Curve::BrainpoolP256r1), Hash::Sha256),
    SigningKind::new(SignerKey::Ec(Curve::P256), Hash::Sha256),
    SigningKind::new(SignerKey::Ec(Curve::P384), Hash::Sha384),
    SigningKind::new(SignerKey::EcExplicit(Curve::BrainpoolP256r1), Hash::Sha256),
    SigningKind::new(SignerKey::RsaPkcs1, Hash::Sha256),
    SigningKind::new(SignerKey::RsaPss, Hash::Sha256),
];

/// Who signs lists, and the signers that lists name.
const LIST_KIND: SigningKind = SigningKind::new(SignerKey::Ec(Curve::P256), Hash::Sha256);

/// When the samples were signed: in the time of every signer.
const SAMPLES_SIGNED: DateTime = date(2021, 6, 1).at(5, 0, 0, 0);

/// Begin and end of the successor of the shipped authority, which signs until 2026.
const SHIPPED_SUCCESSOR: [DateTime; 2] = [
    date(2025, 10, 1).at(0, 0, 0, 0),
    date(2049, 12, 31).at(23, 59, 59, 0),
];

/// An authority or a signer, with its private key.
struct Made {
    entity: Entity,
    kind: SigningKind,
    private: Vec<u8>,
}

/// What all of the folder follows from.
struct Issuer<'a> {
    /// Names and labels.
    spec: IssuerSpec,
    origin: &'a FolderSpec,
}

impl FolderSpec {
    /// Makes every file.
    ///
    /// # Errors
    /// [`Malformed`] when the country is not two capital letters, or somebody can have no such key.
    pub fn files(&self) -> Result<Vec<MadeFile>, Malformed> {
        let issuer = Issuer {
            spec: match &self.issuer {
                Some(spec) => spec.clone(),
                None => IssuerSpec::new("cancuoc"),
            },
            origin: self,
        };
        let csca = issuer.authority()?;
        let (successor, link) = issuer.successor(&csca)?;
        let mut files = Vec::new();
        put(
            &mut files,
            What::Authority,
            "cancuoc-test-csca.der",
            "csca",
            &csca,
        );
        put(
            &mut files,
            What::Authority,
            "next/cancuoc-test-csca-2.der",
            "csca-2",
            &successor,
        );
        files.push(MadeFile {
            path: "next/cancuoc-test-csca-link.der".to_owned(),
            what: What::Link,
            bytes: link.certificate.clone(),
            private_key: Some("keys/csca-2.pem".to_owned()),
            ..about(&link, successor.kind)
        });
        let mut certificates = Vec::new();
        if issuer.is_shipped() {
            let signer = shipped_signer()?;
            certificates.push(signer.entity.certificate.clone());
            put(
                &mut files,
                What::Signer,
                "signers/personas.der",
                "personas",
                &signer,
            );
        }
        for kind in &self.signers {
            let signer = issuer.signer(*kind, &csca)?;
            certificates.push(signer.entity.certificate.clone());
            let name = kind.to_string();
            put(
                &mut files,
                What::Signer,
                &format!("signers/{name}.der"),
                &name,
                &signer,
            );
            files.push(self.sample(&name, &signer)?);
        }
        for (group, bytes) in &self.groups {
            let path = format!("samples/{}.bin", group.to_string().to_lowercase());
            files.push(plain(&path, What::Group, bytes.clone()));
        }
        let list = |what, usual, authority| issuer.further(what, usual, authority);
        let signer = |_: Name| issuer.spec_of_signer(LIST_KIND);
        let revoked = list("DS revoked", &signer, &csca)?;
        let listed = list("DS with deviations", &signer, &csca)?;
        let renewed = list("DS under the second key", &signer, &successor)?;
        let masters = list(
            "master list signer",
            &master_list::master_list_signer,
            &csca,
        )?;
        let deviations = list(
            "deviation list signer",
            &deviation_list::deviation_list_signer,
            &csca,
        )?;
        for (name, what, made) in [
            ("revoked", What::Signer, &revoked),
            ("with-deviations", What::Signer, &listed),
            ("under-second-key", What::Signer, &renewed),
            ("master-list-signer", What::MasterListSigner, &masters),
            (
                "deviation-list-signer",
                What::DeviationListSigner,
                &deviations,
            ),
        ] {
            if what == What::Signer {
                certificates.push(made.entity.certificate.clone());
            }
            put(&mut files, what, &format!("signers/{name}.der"), name, made);
        }
        // By either key: an authority speaks of all that it issued, whichever key it had then.
        let serials = vec![revoked.entity.spec.serial.clone()];
        let crls = [
            self.crl(&csca, serials.clone())?,
            self.crl(&successor, serials)?,
        ];
        let roots = [&csca.entity, &link, &successor.entity];
        let roots = roots.map(|one| one.certificate.clone()).to_vec();
        let master_list = MasterListSpec::new(roots, self.made).sign(&masters.entity)?;
        let deviation_list = self.deviations(&listed)?.sign(&deviations.entity)?;
        let country = issuer.spec.country.as_str();
        let directory = ldif::signers(country, &certificates, &crls);
        let lists = ldif::lists(country, &master_list);
        for (path, crl, authority) in [
            ("cancuoc-test-csca.crl", &crls[0], &csca),
            ("next/cancuoc-test-csca-2.crl", &crls[1], &successor),
        ] {
            files.push(MadeFile {
                path: path.to_owned(),
                what: What::Crl,
                bytes: crl.clone(),
                validity: Some((self.made, self.next_update)),
                private_key: None,
                ..about(&authority.entity, authority.kind)
            });
        }
        for (path, what, bytes, signer) in [
            (
                "cancuoc-test-masterlist.ml",
                What::MasterList,
                master_list,
                &masters,
            ),
            (
                "cancuoc-test-deviations.dl",
                What::DeviationList,
                deviation_list,
                &deviations,
            ),
        ] {
            files.push(MadeFile {
                path: path.to_owned(),
                what,
                bytes,
                validity: None,
                private_key: None,
                ..about(&signer.entity, signer.kind)
            });
        }
        files.push(plain("pkd/cancuoc-test-000001.ldif", What::Ldif, directory));
        files.push(plain("pkd/cancuoc-test-000002.ldif", What::Ldif, lists));
        files.extend(terminals()?);
        Ok(files)
    }

    fn sample(&self, name: &str, signer: &Made) -> Result<MadeFile, Malformed> {
        let spec = SecurityObjectSpec {
            group_hash: signer.kind.hash,
            digest: signer.kind.hash,
            ..SecurityObjectSpec::new(SAMPLES_SIGNED)
        };
        Ok(MadeFile {
            path: format!("samples/{name}.sod"),
            what: What::Sample,
            bytes: spec.sign(&self.groups, &signer.entity)?,
            validity: None,
            private_key: None,
            ..about(&signer.entity, signer.kind)
        })
    }

    fn crl(&self, authority: &Made, revoked: Vec<Vec<u8>>) -> Result<Vec<u8>, Malformed> {
        let list = RevocationListSpec {
            this_update: self.made,
            next_update: self.next_update,
            number: self.crl_number,
            revoked,
        };
        list.sign(&authority.entity)
    }

    /// One signer has a deviation that hurts nobody: EF.COM and EF.SOD of its documents disagree.
    fn deviations(&self, signer: &Made) -> Result<DeviationListSpec, Malformed> {
        let deviation = DeviationSpec {
            signer: Some(NamedSigner::SubjectKeyId(signer.entity.key_identifier()?)),
            descriptions: vec![DescriptionSpec {
                text: Some("TEST EF.COM lists other groups than EF.SOD".to_owned()),
                ..DescriptionSpec::of(&[2, 4])
            }],
            ..DeviationSpec::default()
        };
        Ok(DeviationListSpec::new(vec![deviation], self.made))
    }
}

impl Issuer<'_> {
    fn is_shipped(&self) -> bool {
        self.origin.issuer.is_none()
    }

    fn authority(&self) -> Result<Made, Malformed> {
        let kind = self.spec.authority;
        let label = match self.is_shipped() {
            true => "CSCA".to_owned(),
            false => self.spec.authority_label(Holder::Authority),
        };
        Ok(Made {
            entity: match self.is_shipped() {
                true => TestPki::shipped()?.csca,
                false => self.spec.authority()?,
            },
            kind,
            private: kind.key.private_key_info(Holder::Authority, &label)?,
        })
    }

    /// The authority's next key (Doc 9303-12 §7.1.1.5): its own certificate, and the link.
    fn successor(&self, old: &Made) -> Result<(Made, Entity), Malformed> {
        let kind = self.spec.authority;
        let label = self.spec.authority_label(Holder::Successor);
        let key = || kind.key.key_of(Holder::Successor, &label);
        let mut root = old.entity.spec.clone();
        if self.is_shipped() {
            let [from, to] = SHIPPED_SUCCESSOR;
            root.validity = (from, to);
            root.private_key_usage = Some((from, to));
            root.more_extensions = vec![mark()];
        }
        let mut link = root.clone();
        // An authority never uses a serial number twice.
        root.serial.push(2);
        link.serial.extend([2, 0x4C]);
        let link = link.issued_by(&old.entity, key()?)?;
        let root = Made {
            entity: root.self_signed(key()?)?,
            kind,
            private: kind.key.private_key_info(Holder::Successor, &label)?,
        };
        Ok((root, link))
    }

    /// What the certificate of a document signer says.
    fn spec_of_signer(&self, kind: SigningKind) -> CertificateSpec {
        let seeded = self.spec.signer_spec(kind);
        if !self.is_shipped() {
            return seeded;
        }
        // In the time of the shipped authority.
        let shipped = CertificateSpec::document_signer(seeded.subject.clone());
        CertificateSpec {
            validity: shipped.validity,
            private_key_usage: shipped.private_key_usage,
            ..seeded
        }
    }

    fn signer(&self, kind: SigningKind, csca: &Made) -> Result<Made, Malformed> {
        let label = self.spec.signer_label(kind.key);
        let key = kind.key.key_of(Holder::Signer, &label)?;
        Ok(Made {
            entity: self.spec_of_signer(kind).issued_by(&csca.entity, key)?,
            kind,
            private: kind.key.private_key_info(Holder::Signer, &label)?,
        })
    }

    /// Somebody else under an authority.
    fn further(
        &self,
        what: &str,
        usual: &dyn Fn(Name) -> CertificateSpec,
        authority: &Made,
    ) -> Result<Made, Malformed> {
        let name = self.spec.name(what);
        let ordinary = self.spec_of_signer(LIST_KIND);
        let made = usual(name.clone());
        let mut spec = CertificateSpec {
            serial: CertificateSpec::document_signer(name.clone()).serial,
            subject: name,
            validity: ordinary.validity,
            private_key_usage: ordinary.private_key_usage,
            hash: ordinary.hash,
            ..made
        };
        // Not before the authority is.
        let (begin, _) = authority.entity.spec.validity;
        if spec.validity.0 < begin {
            spec.validity = authority.entity.spec.validity;
            spec.private_key_usage = authority.entity.spec.private_key_usage;
        }
        if !spec.more_extensions.contains(&mark()) {
            spec.more_extensions.push(mark());
        }
        let label = format!("{} {what} {}", self.spec.seed, self.spec.country);
        let key: SigningKey = LIST_KIND.key.key_of(Holder::Signer, &label)?;
        Ok(Made {
            entity: spec.issued_by(&authority.entity, key)?,
            kind: LIST_KIND,
            private: LIST_KIND.key.private_key_info(Holder::Signer, &label)?,
        })
    }
}

/// The signer of the shipped personas.
fn shipped_signer() -> Result<Made, Malformed> {
    Ok(Made {
        entity: TestPki::shipped()?.signer,
        kind: SigningKind::new(SHIPPED_SIGNER, Hash::Sha256),
        private: SHIPPED_SIGNER.private_key_info(Holder::Signer, &SHIPPED_SIGNER.label())?,
    })
}

/// A certificate and its private key.
fn put(files: &mut Vec<MadeFile>, what: What, path: &str, key: &str, made: &Made) {
    let key = format!("keys/{key}.pem");
    files.push(MadeFile {
        path: path.to_owned(),
        what,
        bytes: made.entity.certificate.clone(),
        private_key: Some(key.clone()),
        ..about(&made.entity, made.kind)
    });
    let private = pem("PRIVATE KEY", &made.private).into_bytes();
    files.push(MadeFile {
        kind: Some(made.kind.to_string()),
        ..plain(&key, What::PrivateKey, private)
    });
}

/// What is said of a certificate; the rest is the caller's.
fn about(entity: &Entity, kind: SigningKind) -> MadeFile {
    let Name {
        country,
        organization,
        common_name,
    } = &entity.spec.subject;
    MadeFile {
        kind: Some(kind.to_string()),
        subject: Some(format!("C={country}, O={organization}, CN={common_name}")),
        validity: Some(entity.spec.validity),
        ..plain("", What::Signer, Vec::new())
    }
}

fn plain(path: &str, what: What, bytes: Vec<u8>) -> MadeFile {
    MadeFile {
        path: path.to_owned(),
        what,
        bytes,
        kind: None,
        subject: None,
        validity: None,
        private_key: None,
    }
}

/// Two folders for terminals, under the authority that every virtual card knows: one of the card's own
/// country, and one of another, each with the whole chain and the key of the inspection system.
fn terminals() -> Result<Vec<MadeFile>, Malformed> {
    let rights = lds2::authorizations(&lds2::READ_ALL);
    let domestic = TerminalPki::shipped()?.extended(&rights)?;
    let foreign = TerminalPki::shipped()?.with_verifier(
        Role::ForeignVerifier,
        "UTTESTDV00001",
        "UTTESTIS00001",
    )?;
    let mut files = Vec::new();
    for (folder, chain) in [
        ("domestic", domestic),
        ("foreign", foreign.extended(&rights)?),
    ] {
        for (name, bytes) in chain.files()? {
            let entity = chain.entity(&name);
            let what = match name.as_str() {
                name if name.ends_with("-link.cvcert") => What::TerminalLink,
                name if name.contains("CVCA") => What::TerminalAuthority,
                name if name.contains("DV") => What::DocumentVerifier,
                name if name.contains("IS") => What::Terminal,
                _ => What::PrivateKey,
            };
            files.push(MadeFile {
                subject: entity.map(|entity| entity.spec.holder.clone()),
                kind: Some("ecdsa-plain-brainpoolp256r1-sha256".to_owned()),
                validity: entity.map(|entity| {
                    let spec = &entity.spec;
                    (
                        spec.effective.at(0, 0, 0, 0),
                        spec.expires.at(23, 59, 59, 0),
                    )
                }),
                private_key: (what == What::Terminal)
                    .then(|| format!("terminal/{folder}/terminal.pkcs8")),
                ..plain(&format!("terminal/{folder}/{name}"), what, bytes)
            });
        }
    }
    Ok(files)
}
