//! What is unusual about a signature, its signer's certificate and a security object, and changes no
//! check: named, as what the groups hold is (`deviations.rs`).

use crate::crypto::algorithm;
use crate::crypto::algorithm::Spelling;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::lds::sod::SecurityObject;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignerId;
use crate::pki::cms::SignerInfo;
use crate::pki::profile;
use crate::pki::profile::Departure;

/// Deviations that were met, each once.
pub(super) type Met = Vec<&'static str>;

/// Notes a deviation, once.
pub(super) fn note(met: &mut Met, code: &'static str) {
    if !met.contains(&code) {
        met.push(code);
    }
}

/// What is unusual about a signature that holds, and about its signer's certificate.
pub(super) fn of_signature(
    info: &SignerInfo,
    scheme: Scheme,
    signer: &Certificate,
    key: &PublicKey,
) -> Met {
    let mut met = Vec::new();
    if matches!(info.id, SignerId::SubjectKeyId(_)) {
        note(&mut met, "deviation.signer_by_key_id");
    }
    // RFC 5280 §4.1.2.2: a serial number is positive.
    let serial = signer.serial();
    if serial.first().is_none_or(|first| first & 0x80 != 0) || serial.iter().all(|o| *o == 0) {
        note(&mut met, "deviation.serial_not_positive");
    }
    // Doc 9303-12 §7.1.1: the private key signs in a period of its own.
    let signed = info
        .signed_attributes
        .as_ref()
        .and_then(|attributes| attributes.signing_time);
    if signed
        .zip(signer.private_key_usage())
        .is_some_and(|(at, period)| !period.contains(at))
    {
        note(&mut met, "deviation.signer_key_period");
    }
    for algorithm in [info.signature_algorithm.as_slice(), signer.algorithm()] {
        match algorithm::spelling_of(algorithm) {
            Spelling::Usual => {}
            Spelling::OtherParameters => note(&mut met, "deviation.algorithm_parameters"),
            Spelling::Defaults => note(&mut met, "deviation.pss_defaults"),
        }
    }
    for scheme in [Some(scheme), signer.scheme().ok()].into_iter().flatten() {
        if let Scheme::RsaPss { hash, salt_len, .. } = scheme
            && salt_len != hash.len()
        {
            note(&mut met, "deviation.pss_salt");
        }
    }
    for departure in profile::departures(signer) {
        match departure {
            Departure::Name => note(&mut met, "deviation.certificate_name"),
            Departure::AuthorityKeyId => note(&mut met, "deviation.authority_key_id"),
            Departure::KeyUsageNotCritical => note(&mut met, "deviation.key_usage_not_critical"),
            // These leave the path open.
            Departure::Version | Departure::TimeForm => {}
        }
    }
    let schemes = [Some(scheme), signer.scheme().ok()].into_iter().flatten();
    if key.is_short()
        || schemes
            .into_iter()
            .any(|scheme| scheme.hash() == Hash::Sha1)
    {
        note(&mut met, "deviation.weak_algorithm");
    }
    if algorithm::names_curve_in_full(signer.public_key_info()) {
        note(&mut met, "deviation.explicit_curve");
    }
    if let PublicKey::Ec(point) = key
        && scheme.hash().len() * 8 > point.curve().order_bits()
    {
        note(&mut met, "deviation.hash_longer_than_order");
    }
    met
}

/// What is unusual about the security object inside.
pub(super) fn of_object(object: &SecurityObject) -> Met {
    /// Versions of the LDS that Doc 9303-10 knows in the editions that docs/references.md names.
    const KNOWN: [&str; 2] = ["0107", "0108"];
    let mut met = Vec::new();
    if object.hash == Hash::Sha1 {
        note(&mut met, "deviation.weak_algorithm");
    }
    let versions = object.versions.as_ref();
    if versions.is_some_and(|(lds, _)| !KNOWN.contains(&lds.as_str())) {
        note(&mut met, "deviation.lds_version");
    }
    met
}
