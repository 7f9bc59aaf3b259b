//! Every parameter of every protocol, from the lists of the code itself: what no decoder names and
//! no choice of the reader takes is not here, and what is here must be read.

use std::collections::BTreeSet;

use cancuoc::bytes::oid::Oid;
use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::encode_integer;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::signature::Scheme;
use cancuoc::lds::security_infos::ID_CA;
use cancuoc::lds::security_infos::ID_PACE;
use cancuoc::lds::security_infos::PaceProtocol;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::pki::cvc::key;
use cancuoc::pki::cvc::key::ID_TA;
use cancuoc::reader;
use cancuoc::sim::files;
use cancuoc::sim::keys;
use cancuoc::sim::keys::RsaKey;
use cancuoc::sim::personalisation::Trailer;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::pki::signing_key::agreement_algorithm;
use cancuoc::sim::pki::signing_key::agreement_key_info;

/// Highest arc looked at below an identifier.
const MAX_ARC: u8 = 15;

/// Highest standardized domain parameter id: 32 and more mean others (Doc 9303-11 §9.5.1).
const MAX_PARAMETER_ID: u8 = 31;

/// Highest version of chip authentication looked at: TR-03110 knows three.
const MAX_VERSION: u32 = 3;

/// Version of every PACEInfo.
const PACE_VERSION: u8 = 2;

/// Every hash function there is.
const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// A password of PACE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    Mrz,
    Can,
    Pin,
    Puk,
}

impl Password {
    pub const ALL: [Self; 4] = [Self::Mrz, Self::Can, Self::Pin, Self::Puk];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Mrz => "MRZ",
            Self::Can => "CAN",
            Self::Pin => "PIN",
            Self::Puk => "PUK",
        }
    }
}

/// One way to run PACE.
#[derive(Debug, Clone)]
pub struct Pace {
    pub protocol: PaceProtocol,
    pub parameter_id: u8,
    pub password: Password,
}

impl Pace {
    pub fn label(&self) -> String {
        format!(
            "PACE {:?} {} {} {} {}",
            self.protocol.agreement,
            self.protocol.mapping.name(),
            self.protocol.cipher.name(),
            self.parameter_id,
            self.password.name()
        )
    }

    /// Whether a read with it takes little time.
    pub const fn is_quick(&self) -> bool {
        matches!(self.parameter_id, 0 | 12)
    }
}

/// How the chip's key goes by a number.
pub const KEY_IDS: [Option<&[u8]>; 4] = [None, Some(&[0]), Some(&[5]), Some(&[0x80, 0x01])];

/// One way to run chip authentication.
#[derive(Debug, Clone)]
pub struct Chip {
    pub version: u32,
    pub domain: Domain,
    pub cipher: Cipher,
    pub key_id: Option<&'static [u8]>,
    pub parameters: EcParameters,
}

impl Chip {
    pub fn label(&self) -> String {
        format!(
            "CA v{} {} {} key {:?}",
            self.version,
            self.domain.name(),
            self.cipher.name(),
            self.key_id
        )
    }

    pub fn is_quick(&self) -> bool {
        match &self.domain {
            Domain::Curve(curve) => is_quick(*curve),
            Domain::Modp(_) => self.domain.parameter_id() == Some(0),
        }
    }
}

/// How a signature by ECDSA is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Plain,
    Der,
}

/// One way to run active authentication.
#[derive(Debug, Clone, Copy)]
pub enum Active {
    Rsa(RsaKey, Hash, Trailer),
    Ecdsa(Curve, Hash, Form),
}

impl Active {
    pub fn label(&self) -> String {
        match self {
            Self::Rsa(key, hash, trailer) => {
                format!("AA RSA-{} {} {trailer:?}", key.bits(), hash.name())
            }
            Self::Ecdsa(curve, hash, form) => {
                format!("AA {} {} {form:?}", curve.name(), hash.name())
            }
        }
    }

    pub const fn is_quick(&self) -> bool {
        match self {
            Self::Rsa(key, ..) => key.bits() <= 2048,
            Self::Ecdsa(curve, ..) => is_quick(*curve),
        }
    }
}

/// Whether the card knows the newest authority or must be led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Newest,
    ByLink,
}

/// One way to run terminal authentication.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    pub version: u32,
    pub kind: KeyKind,
    pub trust: Trust,
}

impl Terminal {
    pub fn label(&self) -> String {
        format!("TA v{} {:?} {:?}", self.version, self.kind, self.trust)
    }

    pub const fn is_quick(&self) -> bool {
        match self.kind {
            KeyKind::Ecdsa(curve, _) => is_quick(curve),
            KeyKind::RsaPkcs1(_) | KeyKind::RsaPss(_) => true,
        }
    }
}

const fn is_quick(curve: Curve) -> bool {
    matches!(curve, Curve::P256)
}

/// Two arcs below an identifier, all that there may be.
fn below(root: Oid<'_>) -> impl Iterator<Item = Vec<u8>> {
    let root = root.octets().to_vec();
    (0..=MAX_ARC)
        .flat_map(|first| (0..=MAX_ARC).map(move |second| [first, second]))
        .map(move |arcs| [root.as_slice(), &arcs].concat())
}

/// Every identifier of PACE over every group that the reader would run it in, with every password.
pub fn pace() -> Vec<Pace> {
    let mut found = Vec::new();
    for oid in below(ID_PACE) {
        let Some(protocol) = PaceProtocol::from_oid(Oid::new(&oid)) else {
            continue;
        };
        for parameter_id in 0..=MAX_PARAMETER_ID {
            if offered(&oid, parameter_id) {
                found.extend(Password::ALL.map(|password| Pace {
                    protocol,
                    parameter_id,
                    password,
                }));
            }
        }
    }
    found
}

/// Whether the reader runs this when a chip offers it.
pub fn offered(oid: &[u8], parameter_id: u8) -> bool {
    let info = encode(
        tag::SEQUENCE,
        &[
            &encode(tag::OID, &[oid]),
            &encode_integer(&[PACE_VERSION]),
            &encode_integer(&[parameter_id]),
        ],
    );
    let infos = SecurityInfos::decode(&files::security_infos(&[info])).unwrap();
    !reader::pace_choices(&infos).is_empty()
}

/// Every set of domain parameters that a key of chip authentication may be on.
fn domains() -> Vec<Domain> {
    let fields = (0..=MAX_PARAMETER_ID)
        .filter_map(Domain::from_parameter_id)
        .filter(|domain| matches!(domain, Domain::Modp(_)));
    fields
        .chain(Curve::ALL.into_iter().map(Domain::Curve))
        .collect()
}

/// The ways to write a key on these domain parameters.
fn forms(domain: &Domain) -> Vec<EcParameters> {
    let mut forms = vec![EcParameters::Named, EcParameters::Explicit];
    forms.extend(domain.parameter_id().map(|_| EcParameters::Standardized));
    forms
}

/// Every identifier of chip authentication in every version that the reader would run, with a key
/// on every set of domain parameters, which goes by every kind of number. The ways to write the key
/// take turns.
pub fn chip() -> Vec<Chip> {
    let mut found = Vec::new();
    // A key without an info that is known means 3DES, whatever else stands there.
    let known = |oid: &Vec<u8>| {
        let info = files::chip_authentication_info(oid, 1, None);
        let infos = SecurityInfos::decode(&files::security_infos(&[info])).unwrap();
        !infos.chip_authentication.is_empty()
    };
    let oids: Vec<Vec<u8>> = below(ID_CA).filter(known).collect();
    for domain in domains() {
        let public = keys::agreement(&domain, "matrix").unwrap().public();
        let forms = forms(&domain);
        let mut turn = 0;
        for oid in &oids {
            for version in 1..=MAX_VERSION {
                for key_id in KEY_IDS {
                    let form = forms[turn % forms.len()];
                    let key = agreement_key_info(&domain, public.encoded(), form).unwrap();
                    let set = files::security_infos(&[
                        files::chip_authentication_info(oid, version, key_id),
                        files::chip_public_key_info(domain.agreement(), &key, key_id),
                    ]);
                    let infos = SecurityInfos::decode(&set).unwrap();
                    let choices = reader::chip_choices(&infos, version);
                    let Some(choice) = choices.first() else {
                        continue;
                    };
                    turn += 1;
                    found.push(Chip {
                        version,
                        domain: domain.clone(),
                        cipher: choice.cipher,
                        key_id,
                        parameters: form,
                    });
                }
            }
        }
    }
    found
}

/// RSA with every length and hash, and SHA-1 by both trailers; ECDSA on every curve with every hash
/// that DG14 can name, in both forms.
pub fn active() -> Vec<Active> {
    let mut found = Vec::new();
    for hash in HASHES {
        for key in RsaKey::ALL {
            if matches!(key, RsaKey::Signer | RsaKey::Terminal) {
                continue;
            }
            found.push(Active::Rsa(key, hash, Trailer::Usual));
            if hash == Hash::Sha1 {
                found.push(Active::Rsa(key, hash, Trailer::Explicit));
            }
        }
    }
    for hash in HASHES.into_iter().filter(|hash| is_named(*hash)) {
        for curve in Curve::ALL {
            found.extend([Form::Plain, Form::Der].map(|form| Active::Ecdsa(curve, hash, form)));
        }
    }
    found
}

/// Whether DG14 can say that ECDSA goes with this hash.
fn is_named(hash: Hash) -> bool {
    let info = files::active_authentication_info(&files::plain_ecdsa_oid(hash));
    SecurityInfos::decode(&files::security_infos(&[info]))
        .unwrap()
        .active_authentication
        .and_then(|info| info.signature)
        .is_some_and(|scheme| scheme.hash() == hash)
}

/// Every identifier of terminal authentication, on every curve where it is of a curve, in every
/// version that the reader would run, with and without a link between authorities.
pub fn terminal() -> Vec<Terminal> {
    let mut found = Vec::new();
    for oid in below(ID_TA) {
        let kinds: Vec<KeyKind> = match key::scheme(Oid::new(&oid)) {
            None | Some(Scheme::Ecdsa(_) | Scheme::Dsa(_)) => continue,
            Some(Scheme::RsaPkcs1(hash)) => vec![KeyKind::RsaPkcs1(hash)],
            Some(Scheme::RsaPss { hash, .. }) => vec![KeyKind::RsaPss(hash)],
            Some(Scheme::EcdsaPlain(hash)) => Curve::ALL
                .into_iter()
                .map(|curve| KeyKind::Ecdsa(curve, hash))
                .collect(),
        };
        for version in terminal_versions() {
            for kind in kinds.iter().copied() {
                found.extend([Trust::Newest, Trust::ByLink].map(|trust| Terminal {
                    version,
                    kind,
                    trust,
                }));
            }
        }
    }
    found
}

/// The versions of terminal authentication that the reader runs, beside chip authentication of the
/// same version.
fn terminal_versions() -> Vec<u32> {
    let group = Domain::Curve(Curve::P256);
    let protocol = files::chip_authentication_oid(group.agreement(), Cipher::Aes128);
    let algorithm = agreement_algorithm(&group, EcParameters::Standardized).unwrap();
    (1..=MAX_VERSION)
        .filter(|version| {
            let infos = files::security_infos(&[
                files::terminal_authentication_info(*version, None),
                files::chip_authentication_info(&protocol, *version, None),
                files::chip_domain_parameter_info(group.agreement(), &algorithm, None),
            ]);
            let infos = SecurityInfos::decode(&infos).unwrap();
            reader::terminal_choices(&infos) == [*version]
        })
        .collect()
}

/// The labels of a list, each of which must be there once.
pub fn labels<T>(list: &[T], label: impl Fn(&T) -> String) -> BTreeSet<String> {
    let labels: BTreeSet<String> = list.iter().map(label).collect();
    assert_eq!(labels.len(), list.len(), "a combination stands there twice");
    labels
}
