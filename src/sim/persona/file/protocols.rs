//! `[[chip.pace]]`, `[[chip.chip_authentication]]`, `[chip.active]` and `[chip.terminal]`: the protocols
//! of the chip.

use jiff::civil::Date;

use crate::crypto::agreement::Domain;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Wrong;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::AtLeast;
use crate::profile::values::list;
use crate::profile::values::number;
use crate::sim::chip::TrustPoint;
use crate::sim::files;
use crate::sim::keys::RsaKey;
use crate::sim::persona::ActiveAuthentication;
use crate::sim::persona::ActiveRsa;
use crate::sim::persona::ChipAuthentication;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::file::values;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::personalisation::Trailer;
use crate::sim::pki::card_verifiable::test_authority;
use crate::sim::pki::signing_key::EcParameters;

/// Standardized domain parameters by their numbers (Doc 9303-11 §9.5.1).
const PARAMETERS: [(&str, u8); 14] = [
    ("0", 0),
    ("1", 1),
    ("2", 2),
    ("8", 8),
    ("9", 9),
    ("10", 10),
    ("11", 11),
    ("12", 12),
    ("13", 13),
    ("14", 14),
    ("15", 15),
    ("16", 16),
    ("17", 17),
    ("18", 18),
];

/// Prime fields by name, with the number of their standardized domain parameters.
const FIELDS: [(&str, u8); 3] = [
    ("modp-1024-160", 0),
    ("modp-2048-224", 1),
    ("modp-2048-256", 2),
];

/// Reads all four.
pub(super) fn protocols(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    chip: &mut ChipOptions,
    issued: Date,
) {
    pace(reader, table, chip);
    chip_authentication(reader, table, chip);
    active(reader, table, chip);
    terminal(reader, table, chip, issued);
}

fn pace(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    const KEYS: &[&str] = &["mapping", "cipher", "parameters", "advertised"];
    const MAPPINGS: [(&str, Mapping); 3] = [
        ("generic", Mapping::Generic),
        ("integrated", Mapping::Integrated),
        ("chip-authentication", Mapping::ChipAuthentication),
    ];
    const ADVERTISED: [(&str, Advertised); 5] = [
        ("id", Advertised::Id),
        ("no-id", Advertised::NoId),
        ("standardized", Advertised::Standardized),
        ("explicit", Advertised::Explicit),
        ("extra-elements", Advertised::ExtraElements),
    ];
    let Some(tables) = values::tables(reader, table, "pace", KEYS) else {
        return;
    };
    let mut variants: Vec<PaceVariant> = Vec::new();
    for (entry, table) in tables {
        let mapping = values::word_of(reader, &table, "mapping", &MAPPINGS);
        let cipher = table.needed(reader, "cipher");
        let cipher = cipher.and_then(|it| values::word(reader, &it, &values::CIPHERS));
        let parameters = table.needed(reader, "parameters");
        let parameters = parameters.and_then(|it| parameter_id(reader, &it));
        let advertised = values::word_of(reader, &table, "advertised", &ADVERTISED);
        let (Some(cipher), Some(parameters)) = (cipher, parameters) else {
            continue;
        };
        let variant = PaceVariant::new(mapping.unwrap_or(Mapping::Generic), cipher, parameters)
            .advertised(advertised.unwrap_or(Advertised::Id));
        if !is_lawful(variant) {
            reader.fault(&entry, Wrong::Against { other: "mapping" });
        } else if variants.contains(&variant) {
            reader.fault(&entry, Wrong::Twice);
        } else if other_mapping_key(&variants, variant) {
            // The chip has one key for it.
            reader.fault(
                &entry,
                Wrong::Against {
                    other: "parameters",
                },
            );
        } else {
            variants.push(variant);
        }
    }
    chip.pace = variants;
}

/// A number that the standard gives a meaning.
fn parameter_id(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<u8> {
    let id = reader.number(entry)?;
    let found = PARAMETERS.iter().find(|(_, known)| i64::from(*known) == id);
    if found.is_none() {
        let known = PARAMETERS.iter().map(|(word, _)| *word).collect();
        reader.fault(entry, Wrong::Choice { known });
    }
    found.map(|(_, id)| *id)
}

/// Whether there is an object identifier for it, and a mapping onto the group: integrated mapping is
/// not defined on P-224 (Doc 9303-11 §9.5.1, note to the table).
fn is_lawful(variant: PaceVariant) -> bool {
    let Some(domain) = Domain::from_parameter_id(variant.parameter_id) else {
        return false;
    };
    let protocol = PaceProtocol {
        agreement: domain.agreement(),
        mapping: variant.mapping,
        cipher: variant.cipher,
    };
    let unmapped = variant.mapping == Mapping::Integrated && domain == Domain::Curve(Curve::P224);
    files::pace_oid(protocol).is_some() && !unmapped
}

fn other_mapping_key(variants: &[PaceVariant], variant: PaceVariant) -> bool {
    let mapping = Mapping::ChipAuthentication;
    variant.mapping == mapping
        && variants
            .iter()
            .any(|other| other.mapping == mapping && other.parameter_id != variant.parameter_id)
}

fn chip_authentication(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    const KEYS: &[&str] = &["cipher", "domain", "key_id", "parameters", "version"];
    const FORMS: [(&str, EcParameters); 5] = [
        ("named", EcParameters::Named),
        ("explicit", EcParameters::Explicit),
        ("explicit-seed", EcParameters::ExplicitSeed),
        ("explicit-bare", EcParameters::ExplicitBare),
        ("standardized", EcParameters::Standardized),
    ];
    /// Octets of a key identifier; chips have one or two.
    const KEY_ID: (usize, usize) = (1, 16);
    let Some(tables) = values::tables(reader, table, "chip_authentication", KEYS) else {
        return;
    };
    let mut offers: Vec<ChipAuthentication> = Vec::new();
    for (entry, table) in tables {
        let cipher = table.needed(reader, "cipher");
        let cipher = cipher.and_then(|it| values::word(reader, &it, &values::CIPHERS));
        let domain = table.needed(reader, "domain");
        let domain = domain.and_then(|it| domain_of(reader, &it));
        let key_id = table.get("key_id");
        let key_id = key_id.and_then(|it| values::octets(reader, &it, KEY_ID.0, KEY_ID.1));
        let form = values::word_of(reader, &table, "parameters", &FORMS);
        let version = values::number_of(reader, &table, "version", (1, 2));
        let (Some(cipher), Some(domain)) = (cipher, domain) else {
            continue;
        };
        let parameters = form.unwrap_or(EcParameters::Explicit);
        if parameters == EcParameters::Standardized && domain.parameter_id().is_none() {
            reader.fault(&entry, Wrong::Against { other: "domain" });
        }
        let offer = ChipAuthentication {
            cipher,
            domain,
            key_id,
            parameters,
            version: version.unwrap_or(1),
        };
        if offers.contains(&offer) {
            reader.fault(&entry, Wrong::Twice);
        }
        offers.push(offer);
    }
    chip.chip_authentication = offers;
}

fn domain_of(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Domain> {
    let text = reader.text(entry)?;
    let curve = values::CURVES.iter().find(|(name, _)| *name == text);
    if let Some((_, curve)) = curve {
        return Some(Domain::Curve(*curve));
    }
    let field = FIELDS.iter().find(|(name, _)| *name == text);
    if field.is_none() {
        let curves = values::CURVES.iter().map(|(name, _)| *name);
        let fields = FIELDS.iter().map(|(name, _)| *name);
        let known = curves.chain(fields).collect();
        reader.fault(entry, Wrong::Choice { known });
    }
    field.and_then(|(_, id)| Domain::from_parameter_id(*id))
}

fn active(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    const KEYS: &[&str] = &["algorithm", "hash", "curve", "bits", "trailer"];
    const TRAILERS: [(&str, Trailer); 2] =
        [("usual", Trailer::Usual), ("explicit", Trailer::Explicit)];
    const LENGTHS: [(u16, RsaKey); 6] = [
        (1024, RsaKey::Active1024),
        (1280, RsaKey::Active1280),
        (1536, RsaKey::Active1536),
        (2048, RsaKey::Active),
        (3072, RsaKey::Active3072),
        (4096, RsaKey::Active4096),
    ];
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Algorithm {
        Rsa,
        Ecdsa,
        None,
    }
    const ALGORITHMS: [(&str, Algorithm); 3] = [
        ("rsa", Algorithm::Rsa),
        ("ecdsa", Algorithm::Ecdsa),
        ("none", Algorithm::None),
    ];
    let entry = table.get("active");
    let Some(table) = entry.and_then(|entry| reader.table(&entry, KEYS)) else {
        return;
    };
    let algorithm = table.needed(reader, "algorithm");
    let algorithm = algorithm.and_then(|it| values::word(reader, &it, &ALGORITHMS));
    let Some(algorithm) = algorithm else {
        return;
    };
    let hash = values::word_of(reader, &table, "hash", &values::HASHES);
    let hash = hash.unwrap_or(Hash::Sha256);
    let curve = values::word_of(reader, &table, "curve", &values::CURVES);
    let curve = curve.unwrap_or(Curve::BrainpoolP256r1);
    values::set(
        reader,
        &table,
        "trailer",
        &TRAILERS,
        &mut chip.active_rsa.trailer,
    );
    if let Some(bits) = table.get("bits")
        && let Some(length) = reader.number(&bits)
    {
        let known = LENGTHS.iter().find(|(bits, _)| i64::from(*bits) == length);
        match known {
            Some((_, key)) => {
                chip.active_rsa = ActiveRsa {
                    key: *key,
                    ..chip.active_rsa
                }
            }
            None => {
                let known = vec!["1024", "1280", "1536", "2048", "3072", "4096"];
                reader.fault(&bits, Wrong::Choice { known });
            }
        }
    }
    // What belongs to the other algorithm would be passed over in silence.
    let foreign: &[&str] = match algorithm {
        Algorithm::Rsa => &["curve"],
        Algorithm::Ecdsa => &["bits", "trailer"],
        Algorithm::None => &["hash", "curve", "bits", "trailer"],
    };
    for entry in foreign.iter().filter_map(|key| table.get(key)) {
        reader.fault(
            &entry,
            Wrong::Against {
                other: "chip.active.algorithm",
            },
        );
    }
    chip.active = match algorithm {
        Algorithm::Rsa => Some(ActiveAuthentication::Rsa(hash)),
        Algorithm::Ecdsa => Some(ActiveAuthentication::Ecdsa { curve, hash }),
        Algorithm::None => None,
    };
}

fn terminal(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions, issued: Date) {
    const KEYS: &[&str] = &["authorities", "date", "file_id", "short_id", "versions"];
    /// Authorities that a chip keeps at most (TR-03110-3).
    const MAX_AUTHORITIES: usize = 2;
    let entry = table.get("terminal");
    let Some(table) = entry.and_then(|entry| reader.table(&entry, KEYS)) else {
        return;
    };
    let authorities = table.get("authorities");
    let mut certificates = vec![test_authority()];
    if let Some(entry) = authorities {
        let last = table.get("authorities");
        certificates = list(reader, Some(entry), AtLeast::One, authority);
        if let Some(entry) = last.filter(|_| certificates.len() > MAX_AUTHORITIES) {
            let most = MAX_AUTHORITIES;
            reader.fault(&entry, Wrong::TooMany { most });
        }
    }
    let date = table.get("date").and_then(|it| values::date(reader, &it));
    let mut file = CvcaFile::DEFAULT;
    if let Some(entry) = table.get("file_id")
        && let Some(octets) = values::octets(reader, &entry, 2, 2)
        && let Ok(octets) = <[u8; 2]>::try_from(octets)
    {
        file = CvcaFile {
            id: u16::from_be_bytes(octets),
            sfi: None,
        };
    }
    // ISO/IEC 7816-4 §7.3.2.2: five bits, of which neither none nor all are set.
    if let Some(short) = values::number_of(reader, &table, "short_id", (1, 30)) {
        file.sfi = Some(short);
    }
    let versions = list(
        reader,
        table.get("versions"),
        AtLeast::One,
        |reader, entry| {
            let version = number(reader, entry, 1, 2)?;
            u32::try_from(version).ok()
        },
    );
    chip.terminal = Some(TerminalTrust {
        authorities: certificates,
        date: date.unwrap_or(issued),
        file,
        versions: if versions.is_empty() {
            vec![1]
        } else {
            versions
        },
    });
}

/// `test` for the authority that ships, or a certificate as data object 7F21 in hexadecimal.
fn authority(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Vec<u8>> {
    /// Octets of a card verifiable certificate: with RSA of 4096 bits it has 1.2 KB.
    const LONGEST: usize = 4096;
    if reader.text(entry)? == "test" {
        return Some(test_authority());
    }
    let certificate = values::octets(reader, entry, 4, LONGEST)?;
    let point = TrustPoint {
        certificate,
        curve: None,
    };
    if point.is_usable() {
        return Some(point.certificate);
    }
    reader.fault(entry, Wrong::Certificate);
    None
}
