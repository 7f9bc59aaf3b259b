use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::crypto::curve::Curve;
use crate::profile::Words;

/// Any policy at all, as a file can have it.
pub(super) fn any() -> impl Strategy<Value = Policy> {
    fn some<T: Clone + std::fmt::Debug + Ord + 'static>(
        all: Vec<T>,
    ) -> impl Strategy<Value = BTreeSet<T>> {
        let most = all.len();
        proptest::sample::subsequence(all, 0..=most).prop_map(|it| it.into_iter().collect())
    }
    let words = proptest::option::of(("[ -~À-ɏẠ-ỹ]{0,40}[a-zê]", "[ -~]{0,40}[a-z]"));
    let judged = (
        some(Check::ALL.to_vec()),
        proptest::sample::select(vec![
            AccessPreference::RequirePace,
            AccessPreference::PreferPace,
            AccessPreference::AllowBac,
        ]),
        proptest::sample::select(vec![
            ValidityModel::Chain,
            ValidityModel::Shell,
            ValidityModel::Hybrid,
        ]),
        proptest::sample::select(vec![Anchors::Any, Anchors::Real, Anchors::Test]),
        proptest::option::of(1..=3650_u32),
        proptest::option::of(1..=3650_u32),
        (
            proptest::option::of(1..=3650_u32),
            proptest::sample::select(vec![Offline::Refuse, Offline::Accept]),
        ),
    );
    let refused = (
        some(vec![Hash::Sha1, Hash::Sha224, Hash::Sha256]),
        some(Family::ALL.to_vec()),
        some(Curve::ALL.to_vec()),
        some(vec![Cipher::TripleDes, Cipher::Aes128]),
        (
            0..=4096_usize,
            0..=521_usize,
            0..=4096_usize,
            0..=4096_usize,
        ),
    );
    (
        "[!-~][ -~À-ɏẠ-ỹ]{0,20}[a-zê]",
        words.clone(),
        words,
        judged,
        refused,
    )
        .prop_map(
            |(name, title, purpose, judged, (hashes, schemes, mut curves, ciphers, sizes))| {
                let words = |(vi, en)| Words { vi, en };
                let (required, access, model, anchors, crl_age_days, list_age_days, registry) =
                    judged;
                let (registry_age_days, registry_offline) = registry;
                // A file that is written has every check that is required, and no curve that is short.
                let required = Check::ALL
                    .into_iter()
                    .filter(|check| Check::MINIMUM.contains(check) || required.contains(check));
                curves.retain(|curve| curve.order_bits() >= sizes.1);
                Policy {
                    name,
                    title: title.map(words),
                    purpose: purpose.map(words),
                    required: required.collect(),
                    access,
                    model,
                    anchors,
                    crl_age_days,
                    list_age_days,
                    registry_age_days,
                    registry_offline,
                    refused: Refused {
                        hashes,
                        schemes,
                        curves,
                        ciphers,
                        smallest_rsa: sizes.0,
                        smallest_ec: sizes.1,
                        smallest_dsa: sizes.2,
                        smallest_dh: sizes.3,
                    },
                    sha256: [0; 32],
                }
                .sealed()
            },
        )
}

#[test]
fn every_shipped_policy_is_read_and_found_by_its_name() {
    for text in SHIPPED {
        Policy::parse(text).unwrap();
    }
    let names: Vec<&str> = Policy::shipped().iter().map(Policy::name).collect();
    assert_eq!(names, ["counter", "kiosk", "border-strict", "ci-simulator"]);
    for name in names {
        let policy = Policy::named(name).unwrap();
        assert!(
            policy.title().is_some() && policy.purpose().is_some(),
            "{name}"
        );
        assert_eq!(policy.requires(Check::Chip), Some(Requirement::Policy));
    }
    assert_eq!(Policy::named("Counter"), None);
    assert_eq!(Policy::counter().name(), "counter");
}

#[test]
fn the_default_adds_clone_protection_and_what_it_says_of_the_registry() {
    let plain = "name = \"x\"\nrequire = [\"chip\"]\n\
                 registry_age_days = 30\nregistry_offline = \"accept\"";
    let plain = Policy::parse(plain).unwrap();
    assert_eq!(Policy::counter().canonical(), plain.canonical());
}

#[test]
fn a_policy_cannot_drop_the_minimum() {
    for text in [
        "name = \"lax\"\naccess = \"allow-bac\"",
        "name = \"lax\"\nrequire = []",
        "name = \"lax\"\nclone_protection = false",
    ] {
        let policy = Policy::parse(text).unwrap();
        for check in Check::MINIMUM {
            assert_eq!(policy.requires(check), Some(Requirement::Minimum));
        }
        assert_eq!(policy.requires(Check::Chip), None);
    }
}

#[test]
fn equal_meaning_gives_an_equal_digest_and_another_meaning_another_one() {
    let sha256 = |text: &str| *Policy::parse(text).unwrap().sha256();
    let plain = sha256("name = \"x\"");
    for same in [
        "name = \"y\"\npurpose = { vi = \"a\", en = \"b\" }",
        "name = \"x\"\nrequire = [\"hashes\", \"access\"]",
        "name = \"x\"\naccess = \"prefer-pace\"\nmodel = \"chain\"\nanchors = \"any\"",
        "name = \"x\"\nclone_protection = false",
        "name = \"x\"\n[algorithms]\nrefused_hashes = []",
    ] {
        assert_eq!(sha256(same), plain, "{same}");
    }
    let mut digests = BTreeSet::from([plain]);
    for other in [
        "require = [\"chip\"]",
        "require = [\"registry\"]",
        "access = \"allow-bac\"",
        "access = \"require-pace\"",
        "model = \"shell\"",
        "model = \"hybrid\"",
        "anchors = \"real\"",
        "anchors = \"test\"",
        "crl_age_days = 30",
        "list_age_days = 30",
        "algorithms.refused_hashes = [\"SHA-1\"]",
        "algorithms.refused_schemes = [\"DSA\"]",
        "algorithms.refused_curves = [\"NIST P-192\"]",
        "algorithms.refused_ciphers = [\"3DES\"]",
        "algorithms.smallest_rsa = 2048",
        "algorithms.smallest_ec = 224",
        "algorithms.smallest_dsa = 2048",
        "algorithms.smallest_dh = 2048",
    ] {
        assert!(
            digests.insert(sha256(&format!("name = \"x\"\n{other}"))),
            "{other}"
        );
    }
    let short = "name = \"x\"\nalgorithms.smallest_ec = 224";
    assert_eq!(
        sha256(&format!(
            "{short}\nalgorithms.refused_curves = [\"NIST P-192\"]"
        )),
        sha256(short)
    );
}

/// The form is fixed: reports of other versions name policies by it.
#[test]
fn the_digest_of_the_default_stays() {
    assert_eq!(
        hex::encode(Policy::counter().sha256()),
        "0812bd435b9bad7c7c43d48796bf38a2456b51ed7b1531db1815e54d7b603e65"
    );
}

#[test]
fn algorithms_are_refused_by_name_and_by_size() {
    let strict = Policy::named("border-strict").unwrap();
    let key = |curve: Curve| PublicKey::Ec(curve.generator());
    let sha256 = Scheme::Ecdsa(Hash::Sha256);
    assert_eq!(strict.refuses(&sha256, &key(Curve::P224)), None);
    assert_eq!(
        strict.refuses(&sha256, &key(Curve::P192)),
        Some(Weakness::Short {
            bits: 192,
            least: 224
        })
    );
    assert_eq!(
        strict.refuses(&Scheme::EcdsaPlain(Hash::Sha1), &key(Curve::P256)),
        Some(Weakness::Hash(Hash::Sha1))
    );
    // MGF1 needs no hash without collisions; the message does.
    let pss = |hash, mgf| Scheme::RsaPss {
        hash,
        mgf,
        salt_len: 20,
    };
    assert_eq!(
        strict.refuses(&pss(Hash::Sha256, Hash::Sha1), &key(Curve::P256)),
        None
    );
    assert!(
        strict
            .refuses(&pss(Hash::Sha1, Hash::Sha256), &key(Curve::P256))
            .is_some()
    );
    assert!(
        strict
            .refuses_domain(&Domain::from_parameter_id(0).unwrap())
            .is_some()
    );
    assert_eq!(
        strict.refuses_domain(&Domain::from_parameter_id(1).unwrap()),
        None
    );
    assert_eq!(
        strict.refuses_domain(&Domain::from_parameter_id(13).unwrap()),
        None
    );
    assert_eq!(strict.refuses_cipher(Cipher::TripleDes), None);
    let named = Policy::parse(
        "name = \"x\"\n[algorithms]\nrefused_curves = [\"NIST P-256\"]\n\
         refused_schemes = [\"RSA-PSS\"]\nrefused_ciphers = [\"3DES\"]",
    )
    .unwrap();
    assert_eq!(
        named.refuses(&sha256, &key(Curve::P256)),
        Some(Weakness::Curve(Curve::P256))
    );
    assert_eq!(
        named.refuses(&pss(Hash::Sha256, Hash::Sha256), &key(Curve::P384)),
        Some(Weakness::Family(Family::RsaPss))
    );
    assert_eq!(named.refuses(&sha256, &key(Curve::BrainpoolP256r1)), None);
    assert_eq!(
        named.refuses_cipher(Cipher::TripleDes),
        Some(Weakness::Cipher(Cipher::TripleDes))
    );
}

proptest! {
    #[test]
    fn the_minimum_stands_under_every_policy(policy in any()) {
        for check in Check::MINIMUM {
            prop_assert_eq!(policy.requires(check), Some(Requirement::Minimum));
        }
    }
}

/// The page tells every policy that is shipped, with what it decides and its digest, and every key.
#[test]
fn the_page_about_policies_agrees_with_the_files() {
    let page = include_str!("../../../docs/policies.md");
    for policy in Policy::shipped() {
        let name = policy.name();
        assert!(page.contains(&format!("\n### `{name}`\n")), "{name}");
        let (_, about) = page.split_once(&format!("\n### `{name}`\n")).unwrap();
        let about = about.split("\n#").next().unwrap();
        let shown = about.split("```").nth(1).unwrap();
        let decided = policy
            .canonical()
            .lines()
            .skip(1)
            .fold(String::new(), |shown, line| {
                match line.split_once('=').unwrap() {
                    (_, "") => shown,
                    (key, value) => shown + &format!("{key} = {value}\n"),
                }
            });
        let expected = format!("text\n{decided}sha256 = {}\n", hex::encode(policy.sha256()));
        assert_eq!(shown, expected, "{name}");
    }
    for (key, _) in Policy::counter().decisions() {
        assert!(
            page.contains(&format!("`{key}`")) || page.contains(&format!(".{key}`")),
            "{key}"
        );
    }
    for key in ["name", "title.vi", "purpose.vi", "clone_protection"] {
        assert!(page.contains(&format!("| `{key}`")), "{key}");
    }
}
