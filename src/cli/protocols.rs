//! `protocols`: what this build runs with a chip.
//!
//! Nothing here is a list that somebody keeps. Every combination that an identifier can express is
//! written into a file as a chip would offer it, and the reader's own choice is asked whether it
//! would run it. What it takes is in the table.

use jiff::civil::Date;
use jiff::civil::date;
use serde_json::Value;
use serde_json::json;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::channel::pace::Password;
use crate::cli::Ended;
use crate::cli::output::Output;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::iso9796_2;
use crate::crypto::random::System;
use crate::crypto::signature::PublicKey;
use crate::error::Error;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::dg15;
use crate::lds::security_infos::ID_CA;
use crate::lds::security_infos::ID_PACE;
use crate::lds::security_infos::ID_PK_DH;
use crate::lds::security_infos::ID_PK_ECDH;
use crate::lds::security_infos::ID_TA;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::cvc::CvCertificate;
use crate::pki::cvc::key;
use crate::reader;
use crate::render::words::Lang;
use crate::secret::Secret;
use crate::sim::files;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::pki::card_verifiable::CertificateSpec;
use crate::sim::pki::card_verifiable::Key;
use crate::sim::pki::card_verifiable::KeyKind;
use crate::sim::pki::card_verifiable::READ_DG3;
use crate::sim::pki::card_verifiable::Role;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::agreement_algorithm;
use crate::sim::pki::signing_key::ec_public_key_info;
use crate::sim::pki::signing_key::standardized_key_info;

/// Highest arc looked at below id-PACE and id-CA: five and four are in use.
const MAX_ARC: u8 = 15;

/// Highest standardized domain parameter id (Doc 9303-11 §9.5.1 table): 32 and more mean others.
const MAX_PARAMETER_ID: u8 = 31;

/// Highest version of chip authentication looked at: TR-03110 knows three.
const MAX_VERSION: u32 = 3;

/// Version of every PACEInfo.
const PACE_VERSION: u8 = 2;

/// How a password of PACE is made.
type MakePassword = fn(&Secret) -> Password;

/// The passwords of PACE; a kind that the channel does not know cannot stand here.
const PASSWORDS: [(&str, MakePassword); 4] = [
    ("MRZ", Password::mrz),
    ("CAN", Password::can),
    ("PIN", Password::pin),
    ("PUK", Password::puk),
];

/// Label of the keys that the offers here name.
const LABEL: &str = "protocols";

/// A day for certificates that nobody uses.
const FIRST_DAY: Date = date(2021, 1, 1);

/// Every hash function there is here.
const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// What this build runs.
struct Table {
    passwords: Vec<&'static str>,
    pace: Vec<Pace>,
    chip: Vec<Chip>,
    /// Signatures of terminal authentication: identifier and name.
    terminal: Vec<(String, String)>,
    /// Versions of terminal authentication.
    terminal_versions: Vec<u32>,
    /// Curves of terminals and of the authorities above them.
    terminal_curves: Vec<String>,
    /// Hash functions of active authentication with RSA.
    active_rsa: Vec<&'static str>,
    /// Curves of active authentication with ECDSA.
    active_curves: Vec<String>,
    /// Its hash functions.
    active_ecdsa: Vec<&'static str>,
}

/// One protocol identifier of PACE.
struct Pace {
    oid: String,
    protocol: PaceProtocol,
    /// The domain parameters it runs on: id and name.
    domains: Vec<(u8, String)>,
}

/// One protocol identifier of chip authentication, in one version.
struct Chip {
    oid: String,
    agreement: Agreement,
    cipher: Cipher,
    version: u32,
    /// Names of the domain parameters that the chip's key may be on.
    domains: Vec<String>,
}

/// Prints the table.
pub(super) fn protocols(out: &Output) -> Result<Ended, Error> {
    let table = Table::new()?;
    out.answer(&table.text(out.lang), &table.json())?;
    Ok(Ended::Done)
}

impl Table {
    fn new() -> Result<Self, Malformed> {
        Ok(Self {
            passwords: PASSWORDS.map(|(name, _)| name).to_vec(),
            pace: pace(),
            chip: chip()?,
            terminal: terminal(),
            terminal_versions: terminal_versions()?,
            terminal_curves: terminal_curves()?,
            active_rsa: active_rsa()?,
            active_curves: active_curves()?,
            active_ecdsa: active_ecdsa(),
        })
    }

    fn text(&self, lang: Lang) -> String {
        let none = || lang.choose("không", "none").to_owned();
        let mut lines = vec![format!("PACE ({})", self.passwords.join(", "))];
        for entry in &self.pace {
            let PaceProtocol {
                agreement,
                mapping,
                cipher,
            } = entry.protocol;
            let ids: Vec<u8> = entry.domains.iter().map(|(id, _)| *id).collect();
            lines.push(format!(
                "  {}, {}, {}: {}",
                mapping_words(mapping, lang),
                agreement_name(agreement),
                cipher.name(),
                if ids.is_empty() { none() } else { ranges(&ids) },
            ));
        }
        lines.push(lang.choose("Tham số miền", "Domain parameters").to_owned());
        for (id, name) in self.domains() {
            lines.push(format!("  {id}: {name}"));
        }
        lines.push("BAC (MRZ): 3DES".to_owned());
        lines.push(
            lang.choose("Xác thực chip (CA)", "Chip authentication (CA)")
                .to_owned(),
        );
        // The same keys serve several ciphers: one line for them all.
        let alike = |one: &Chip, other: &Chip| {
            (one.version, one.agreement, &one.domains)
                == (other.version, other.agreement, &other.domains)
        };
        for entries in self.chip.chunk_by(alike) {
            let Some(entry) = entries.first() else {
                continue;
            };
            let ciphers: Vec<&str> = entries.iter().map(|entry| entry.cipher.name()).collect();
            lines.push(format!(
                "  v{}, {}: {}",
                entry.version,
                agreement_name(entry.agreement),
                ciphers.join(", "),
            ));
            let names = entry.domains.join(", ");
            lines.push(format!(
                "    {}",
                if names.is_empty() { none() } else { names }
            ));
        }
        lines.push(
            lang.choose(
                "Xác thực thiết bị đầu cuối (TA)",
                "Terminal authentication (TA)",
            )
            .to_owned(),
        );
        let versions = self.terminal_versions.iter();
        let versions: Vec<String> = versions.map(|version| format!("v{version}")).collect();
        let versions = versions.join(", ");
        let names = self.terminal.iter();
        lines.extend(names.map(|(_, name)| format!("  {versions}, {name}")));
        lines.push(format!("    ECDSA: {}", self.terminal_curves.join(", ")));
        lines.push(
            lang.choose("Xác thực chủ động (AA)", "Active authentication (AA)")
                .to_owned(),
        );
        lines.push(format!(
            "  RSA, ISO/IEC 9796-2: {}",
            self.active_rsa.join(", ")
        ));
        lines.push(format!("  ECDSA: {}", self.active_ecdsa.join(", ")));
        lines.push(format!("    {}", self.active_curves.join(", ")));
        lines.push(String::new());
        lines.join("\n")
    }

    fn json(&self) -> Value {
        let pace: Vec<Value> = self
            .pace
            .iter()
            .map(|entry| {
                json!({
                    "oid": entry.oid,
                    "mapping": mapping_words(entry.protocol.mapping, Lang::En),
                    "agreement": agreement_name(entry.protocol.agreement),
                    "cipher": entry.protocol.cipher.name(),
                    "parameter_ids": entry.domains.iter().map(|(id, _)| id).collect::<Vec<_>>(),
                })
            })
            .collect();
        let chip: Vec<Value> = self
            .chip
            .iter()
            .map(|entry| {
                json!({
                    "oid": entry.oid,
                    "version": entry.version,
                    "agreement": agreement_name(entry.agreement),
                    "cipher": entry.cipher.name(),
                    "domains": entry.domains,
                })
            })
            .collect();
        let domains: Vec<Value> = self
            .domains()
            .into_iter()
            .map(|(id, name)| json!({"parameter_id": id, "name": name}))
            .collect();
        json!({
            "schema": "cancuoc.protocols/1",
            "passwords": self.passwords,
            "domains": domains,
            "pace": pace,
            "bac": [{"cipher": Cipher::TripleDes.name(), "passwords": ["MRZ"]}],
            "chip_authentication": chip,
            "terminal_authentication": self
                .terminal
                .iter()
                .map(|(oid, name)| {
                    json!({"oid": oid, "signature": name, "versions": self.terminal_versions})
                })
                .collect::<Vec<_>>(),
            "terminal_curves": self.terminal_curves,
            "active_authentication": {
                "rsa_iso9796_2": self.active_rsa,
                "ecdsa": {"hashes": self.active_ecdsa, "curves": self.active_curves},
            },
        })
    }

    /// Every set of domain parameters that some variant of PACE runs on.
    fn domains(&self) -> Vec<(u8, String)> {
        let mut domains: Vec<(u8, String)> = self
            .pace
            .iter()
            .flat_map(|entry| entry.domains.iter().cloned())
            .collect();
        domains.sort();
        domains.dedup();
        domains
    }
}

/// Every identifier below id-PACE that is known, on every set of domain parameters.
fn pace() -> Vec<Pace> {
    let mut found = Vec::new();
    for (variant, cipher) in arcs() {
        let octets = [ID_PACE.octets(), &[variant, cipher]].concat();
        let oid = Oid::new(&octets);
        let Some(protocol) = PaceProtocol::from_oid(oid) else {
            continue;
        };
        let domains = (0..=MAX_PARAMETER_ID)
            .filter_map(|id| {
                let info = sequence(&[
                    &encode(tag::OID, &[&octets]),
                    &encode_integer(&[PACE_VERSION]),
                    &encode_integer(&[id]),
                ]);
                let infos = SecurityInfos::decode(&encode(tag::SET, &[&info])).ok()?;
                let chosen = reader::pace_choices(&infos).pop()?;
                Some((id, chosen.domain.name()))
            })
            .collect();
        found.push(Pace {
            oid: oid.to_string(),
            protocol,
            domains,
        });
    }
    found
}

/// Every identifier below id-CA that is known, in every version, with a key on every set of domain
/// parameters.
fn chip() -> Result<Vec<Chip>, Malformed> {
    let keys = chip_keys()?;
    let mut found = Vec::new();
    for (agreement, cipher) in arcs() {
        let octets = [ID_CA.octets(), &[agreement, cipher]].concat();
        for version in 1..=MAX_VERSION {
            let info = sequence(&[
                &encode(tag::OID, &[&octets]),
                &encode_integer(&version.to_be_bytes()),
            ]);
            let infos = SecurityInfos::decode(&encode(tag::SET, &[&info]))?;
            let Some(known) = infos.chip_authentication.first() else {
                continue;
            };
            let runs = |key: &[u8]| {
                let set = encode(tag::SET, &[&info, key]);
                SecurityInfos::decode(&set)
                    .is_ok_and(|infos| !reader::chip_choices(&infos, version).is_empty())
            };
            let domains: Vec<String> = keys
                .iter()
                .filter(|(_, key)| runs(key))
                .map(|(name, _)| name.clone())
                .collect();
            // Version 3 is another protocol, which no travel document has.
            if !domains.is_empty() || version < MAX_VERSION {
                found.push(Chip {
                    oid: Oid::new(&octets).to_string(),
                    agreement: known.agreement,
                    cipher: known.cipher,
                    version,
                    domains,
                });
            }
        }
    }
    found.sort_by_key(|entry| (entry.version, entry.agreement, entry.cipher));
    Ok(found)
}

/// Every signature that certificates of terminals are checked with and made for.
fn terminal() -> Vec<(String, String)> {
    let named = |(kind, hash): (u8, u8)| {
        let octets = [ID_TA.octets(), &[kind, hash]].concat();
        let oid = Oid::new(&octets);
        key::scheme(oid).map(|scheme| (oid.to_string(), scheme.name()))
    };
    arcs().filter_map(named).collect()
}

/// Every version of terminal authentication, beside chip authentication of the same version.
fn terminal_versions() -> Result<Vec<u32>, Malformed> {
    let group = Domain::Curve(Curve::P256);
    let protocol = files::chip_authentication_oid(group.agreement(), Cipher::Aes128);
    let algorithm = agreement_algorithm(&group, EcParameters::Standardized)?;
    let mut found = Vec::new();
    for version in 1..=MAX_VERSION {
        let infos = files::security_infos(&[
            files::terminal_authentication_info(version, None),
            files::chip_authentication_info(&protocol, version, None),
            files::chip_domain_parameter_info(group.agreement(), &algorithm, None),
        ]);
        let infos = SecurityInfos::decode(&infos)?;
        found.extend(reader::terminal_choices(&infos));
    }
    Ok(found)
}

/// Curves that a certificate of an authority may give in full.
fn terminal_curves() -> Result<Vec<String>, Malformed> {
    const HOLDER: &str = "VNTABLE00001";
    let mut found = Vec::new();
    for curve in Curve::ALL {
        let kind = KeyKind::Ecdsa(curve, Hash::Sha256);
        let key = Key::new(kind, Role::Authority, LABEL)?;
        let period = [FIRST_DAY, FIRST_DAY];
        let spec = CertificateSpec::new(Role::Authority, HOLDER, HOLDER, READ_DG3, period);
        let certificate = CvCertificate::decode(&spec.sign(&key, &key)?);
        if certificate.is_ok_and(|certificate| certificate.key.curve() == Some(curve)) {
            found.push(curve.name().to_owned());
        }
    }
    Ok(found)
}

/// Keys for chip authentication: one on every curve, one in every standardized group that is none,
/// each with the name of its domain parameters.
fn chip_keys() -> Result<Vec<(String, Vec<u8>)>, Malformed> {
    let mut keys = Vec::new();
    for id in 0..=MAX_PARAMETER_ID {
        let Some(domain) = Domain::from_parameter_id(id) else {
            continue;
        };
        if domain.agreement() == Agreement::Ecdh {
            continue;
        }
        // Any element serves: nobody runs the protocol.
        let info = standardized_key_info(&domain.generator(), id);
        keys.push((domain.name(), key_info(ID_PK_DH, &info)));
    }
    for curve in Curve::ALL {
        let public = keys::ec(curve, LABEL)?.public();
        let info = ec_public_key_info(&public, EcParameters::Explicit);
        keys.push((curve.name().to_owned(), key_info(ID_PK_ECDH, &info)));
    }
    Ok(keys)
}

/// ChipAuthenticationPublicKeyInfo without a reference.
fn key_info(protocol: Oid<'_>, public_key_info: &[u8]) -> Vec<u8> {
    sequence(&[&encode(tag::OID, &[protocol.octets()]), public_key_info])
}

/// Hash functions whose RSA signatures are verified.
fn active_rsa() -> Result<Vec<&'static str>, Malformed> {
    let key = keys::rsa(RsaKey::Active)?;
    let mut found = Vec::new();
    for hash in HASHES {
        let challenge = [0x5A; 8];
        let signature = iso9796_2::sign(&key, hash, &mut System, &challenge)?;
        if iso9796_2::verify(&key.public(), &challenge, &signature) == Ok(hash) {
            found.push(hash.name());
        }
    }
    Ok(found)
}

/// Curves whose keys are taken from DG15.
fn active_curves() -> Result<Vec<String>, Malformed> {
    let mut found = Vec::new();
    for curve in Curve::ALL {
        let public = keys::ec(curve, LABEL)?.public();
        let key = ec_public_key_info(&public, EcParameters::Explicit);
        let file = encode(DataGroup::DG15.tag(), &[&key]);
        if let Ok(PublicKey::Ec(_)) = dg15::decode(&file) {
            found.push(curve.name().to_owned());
        }
    }
    Ok(found)
}

/// Hash functions that DG14 can name for ECDSA.
fn active_ecdsa() -> Vec<&'static str> {
    let named = |hash: &Hash| {
        let set = files::security_infos(&[files::active_authentication_info(
            &files::plain_ecdsa_oid(*hash),
        )]);
        SecurityInfos::decode(&set)
            .ok()
            .and_then(|infos| infos.active_authentication)
            .and_then(|info| info.signature)
            .is_some_and(|scheme| scheme.hash() == *hash)
    };
    let found = HASHES.into_iter().filter(named);
    found.map(Hash::name).collect()
}

/// Two arcs, the first changing slowly.
fn arcs() -> impl Iterator<Item = (u8, u8)> {
    (0..=MAX_ARC).flat_map(|first| (0..=MAX_ARC).map(move |second| (first, second)))
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, parts)
}

const fn mapping_words(mapping: Mapping, lang: Lang) -> &'static str {
    match mapping {
        Mapping::Generic => lang.choose("ánh xạ tổng quát", "generic mapping"),
        Mapping::Integrated => lang.choose("ánh xạ tích hợp", "integrated mapping"),
        Mapping::ChipAuthentication => {
            lang.choose("ánh xạ xác thực chip", "chip authentication mapping")
        }
    }
}

const fn agreement_name(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Dh => "DH",
        Agreement::Ecdh => "ECDH",
    }
}

/// Ascending numbers as people write them: `0-2, 8-18`.
fn ranges(numbers: &[u8]) -> String {
    let mut runs: Vec<(u8, u8)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let runs = runs.into_iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    runs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
