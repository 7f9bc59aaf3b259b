//! The form of a policy by which reports name it: the same for every file that judges alike.

use crate::channel::preference::AccessPreference;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::verify::Anchors;
use crate::verify::Check;
use crate::verify::Policy;
use crate::verify::ValidityModel;
use crate::verify::policy::algorithms::Family;

/// First line: changes when another line does.
const FORM: &str = "cancuoc.policy/1";

/// One line for each thing that a policy decides, in a fixed order, each ended by a line feed. A list
/// has its words in the program's order, joined by commas. Name, title and purpose decide nothing and
/// are left out; so is what decides nothing beside the rest: a check that the minimum requires, a
/// curve that is too short anyhow.
pub(super) fn form(policy: &Policy) -> String {
    let refused = &policy.refused;
    let required = |check: &Check| policy.requires(*check).is_some();
    let curve =
        |curve: &Curve| curve.order_bits() >= refused.smallest_ec && refused.curves.contains(curve);
    let days = |days: Option<u32>| days.map(|days| days.to_string()).unwrap_or_default();
    let lines = [
        (
            "require",
            words(Check::ALL.into_iter().filter(required).map(Check::name)),
        ),
        ("access", access(policy.access).to_owned()),
        ("model", model(policy.model).to_owned()),
        ("anchors", anchors(policy.anchors).to_owned()),
        ("crl_age_days", days(policy.crl_age_days)),
        ("list_age_days", days(policy.list_age_days)),
        (
            "refused_hashes",
            words(refused.hashes.iter().copied().map(Hash::name)),
        ),
        (
            "refused_schemes",
            words(refused.schemes.iter().copied().map(Family::name)),
        ),
        (
            "refused_curves",
            words(Curve::ALL.into_iter().filter(curve).map(Curve::name)),
        ),
        (
            "refused_ciphers",
            words(refused.ciphers.iter().copied().map(Cipher::name)),
        ),
        ("smallest_rsa", refused.smallest_rsa.to_string()),
        ("smallest_ec", refused.smallest_ec.to_string()),
        ("smallest_dsa", refused.smallest_dsa.to_string()),
        ("smallest_dh", refused.smallest_dh.to_string()),
    ];
    let mut text = format!("{FORM}\n");
    for (key, value) in lines {
        text.push_str(&format!("{key}={value}\n"));
    }
    text
}

fn words(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// The word of a policy file.
pub(super) const fn access(access: AccessPreference) -> &'static str {
    match access {
        AccessPreference::RequirePace => "require-pace",
        AccessPreference::PreferPace => "prefer-pace",
        AccessPreference::AllowBac => "allow-bac",
    }
}

/// The word of a policy file.
pub(super) const fn model(model: ValidityModel) -> &'static str {
    match model {
        ValidityModel::Chain => "chain",
        ValidityModel::Shell => "shell",
        ValidityModel::Hybrid => "hybrid",
    }
}

/// The word of a policy file.
pub(super) const fn anchors(anchors: Anchors) -> &'static str {
    match anchors {
        Anchors::Any => "any",
        Anchors::Real => "real",
        Anchors::Test => "test",
    }
}
