//! What a policy decides, in one order: the form by which reports name it, the same for every file that
//! judges alike, and a file with nothing left out.

use std::fmt::Write;

use crate::channel::preference::AccessPreference;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::profile::Words;
use crate::verify::Anchors;
use crate::verify::Check;
use crate::verify::Offline;
use crate::verify::Policy;
use crate::verify::ValidityModel;
use crate::verify::policy::algorithms::Family;

/// First line of the canonical form: changes when another line does.
const FORM: &str = "cancuoc.policy/1";

/// One thing that a policy decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// One of several words.
    Word(&'static str),
    /// Any of several words, in the program's order.
    Words(Vec<&'static str>),
    /// A number, where one is asked for.
    Number(Option<u64>),
}

/// Everything, by the keys of the file, in a fixed order. Name, title and purpose decide nothing; nor
/// does, beside the rest, a curve that is too short anyhow.
pub(super) fn decisions(policy: &Policy) -> Vec<(&'static str, Decision)> {
    let refused = &policy.refused;
    let required = |check: &Check| policy.requires(*check).is_some();
    let curve =
        |curve: &Curve| curve.order_bits() >= refused.smallest_ec && refused.curves.contains(curve);
    let days = |days: Option<u32>| Decision::Number(days.map(u64::from));
    let bits = |bits: usize| {
        let bits = u64::try_from(bits).ok();
        Decision::Number(bits.filter(|bits| *bits > 0))
    };
    vec![
        (
            "require",
            words(Check::ALL.into_iter().filter(required).map(Check::name)),
        ),
        ("access", Decision::Word(access(policy.access))),
        ("model", Decision::Word(model(policy.model))),
        ("anchors", Decision::Word(anchors(policy.anchors))),
        ("crl_age_days", days(policy.crl_age_days)),
        ("list_age_days", days(policy.list_age_days)),
        ("registry_age_days", days(policy.registry_age_days)),
        (
            "registry_offline",
            Decision::Word(offline(policy.registry_offline)),
        ),
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
        ("smallest_rsa", bits(refused.smallest_rsa)),
        ("smallest_ec", bits(refused.smallest_ec)),
        ("smallest_dsa", bits(refused.smallest_dsa)),
        ("smallest_dh", bits(refused.smallest_dh)),
    ]
}

fn words(words: impl Iterator<Item = &'static str>) -> Decision {
    Decision::Words(words.collect())
}

/// One line for each decision, `key=value`, each ended by a line feed: words joined by commas, a number
/// that is not asked for empty.
///
/// A key that came later has a line only where the policy decides by it, so that a policy that knows
/// nothing of it keeps its digest.
pub(super) fn form(policy: &Policy) -> String {
    let mut text = format!("{FORM}\n");
    let unsaid = |(key, decision): &(&str, Decision)| match *key {
        "registry_age_days" => *decision == Decision::Number(None),
        "registry_offline" => *decision == Decision::Word(offline(Offline::default())),
        _ => false,
    };
    let said = decisions(policy).into_iter();
    for (key, decision) in said.filter(|entry| !unsaid(entry)) {
        let value = match decision {
            Decision::Word(word) => word.to_owned(),
            Decision::Words(words) => words.join(","),
            Decision::Number(number) => number.map(|it| it.to_string()).unwrap_or_default(),
        };
        text.push_str(&format!("{key}={value}\n"));
    }
    text
}

/// A policy file that says all of it, and reads back as the same policy.
pub(super) fn file(policy: &Policy) -> String {
    let mut text = format!("name = {}\n", quoted(&policy.name));
    let mut labels = |key, words: &Option<Words>| {
        if let Some(Words { vi, en }) = words {
            let (vi, en) = (quoted(vi), quoted(en));
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{key} = {{ vi = {vi}, en = {en} }}");
        }
    };
    labels("title", &policy.title);
    labels("purpose", &policy.purpose);
    let mut algorithms = String::new();
    for (key, decision) in decisions(policy) {
        let value = match decision {
            Decision::Word(word) => quoted(word),
            Decision::Words(words) => {
                let words: Vec<String> = words.into_iter().map(quoted).collect();
                format!("[{}]", words.join(", "))
            }
            Decision::Number(Some(number)) => number.to_string(),
            Decision::Number(None) => continue,
        };
        let of_algorithms = key.starts_with("refused_") || key.starts_with("smallest_");
        let part = if of_algorithms {
            &mut algorithms
        } else {
            &mut text
        };
        let _ = writeln!(part, "{key} = {value}");
    }
    format!("{text}\n[algorithms]\n{algorithms}")
}

/// A basic string of TOML. Control characters are in no policy.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
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

/// The word of a policy file.
pub(super) const fn offline(offline: Offline) -> &'static str {
    match offline {
        Offline::Refuse => "refuse",
        Offline::Accept => "accept",
    }
}
