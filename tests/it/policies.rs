//! Policies: what each key of the file changes, that none of them takes from the minimum, and the
//! program that lists, shows, checks and applies them.

use cancuoc::capture::Reading;
use cancuoc::crypto::agreement::Domain;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::registry::Embedded;
use cancuoc::sim::keys;
use cancuoc::sim::keys::DsaKey;
use cancuoc::sim::keys::RsaKey;
use cancuoc::sim::persona::ActiveAuthentication;
use cancuoc::sim::persona::ChipAuthentication;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::pki;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::sim::pki::signing_key::EcParameters;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;

use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::find;
use crate::support::forge::signer;
use crate::support::forge::signer_under;
use crate::support::home::Home;

/// A policy that asks for nothing but the minimum and these lines.
fn with(lines: &str) -> Policy {
    Policy::parse(&format!("name = \"x\"\n{lines}")).unwrap()
}

/// A reading and all that judges it but the policy.
struct Judged {
    reading: Reading,
    trust: TrustStore,
}

impl Judged {
    fn of(scene: Scene) -> Self {
        Self {
            trust: scene.trust.clone(),
            reading: scene.read().unwrap(),
        }
    }

    fn under(&self, policy: &Policy) -> Report {
        let now = at("2026-12-01T03:00:00Z");
        verify::verify(&self.reading, &self.trust, policy, now)
    }
}

/// One line of a policy against one document: genuine without the line, and with it open by this
/// outcome.
#[track_caller]
fn flips(scene: Scene, line: &str, check: Check, code: &str) {
    let judged = Judged::of(scene);
    let before = judged.under(&with(""));
    assert_eq!(before.verdict(), Verdict::Genuine, "{line}: {before:#?}");
    let after = judged.under(&with(line));
    let outcome = after.checks().outcome(check);
    assert_eq!((outcome.word(), outcome.code()), ("open", code), "{line}");
    assert_eq!(after.verdict(), Verdict::Inconclusive, "{line}");
    if matches!(check, Check::SodSignature | Check::SignerChain) {
        assert!(
            matches!(after.holder(), Some(Vouched::Unverified(_))),
            "{line}: nothing may be mistaken for verified"
        );
        assert!(
            matches!(after.portrait(), Some(Vouched::Unverified(_))),
            "{line}"
        );
    }
}

/// The ordinary card signed with this key, and this hash.
fn signed_with(key: SigningKey, hash: Hash) -> Scene {
    let spec = TestPki::shipped().unwrap().signer.spec;
    let signer = spec.issued_by(&authority(|_| {}), key).unwrap();
    let mut scene = Scene::an();
    scene.persona.chip.signature_hash = hash;
    scene.signed_by(&signer)
}

fn ec(curve: Curve) -> SigningKey {
    SigningKey::Ec(keys::ec(curve, "policy").unwrap())
}

/// A persona's card with another chip.
fn chip(change: impl FnOnce(&mut ChipOptions)) -> Scene {
    Scene::of(find("an").with(change))
}

#[test]
fn the_hash_of_a_signature_is_refused_by_name() {
    let line = "algorithms.refused_hashes = [\"SHA-1\"]";
    flips(
        signed_with(ec(Curve::P256), Hash::Sha1),
        line,
        Check::SodSignature,
        "sod.algorithm_weak",
    );
    flips(
        Scene::an().sod(|spec| spec.group_hash = Hash::Sha1),
        line,
        Check::SodSignature,
        "sod.algorithm_weak",
    );
    flips(
        Scene::an().signed_by(&signer(|spec| spec.hash = Hash::Sha1)),
        line,
        Check::SignerChain,
        "chain.algorithm_weak",
    );
}

#[test]
fn keys_are_refused_by_size_curve_and_scheme() {
    let small = || {
        let key = keys::rsa(RsaKey::Active1024).unwrap();
        signed_with(SigningKey::RsaPkcs1(key), Hash::Sha256)
    };
    let sod = |scene, line| flips(scene, line, Check::SodSignature, "sod.algorithm_weak");
    sod(small(), "algorithms.smallest_rsa = 2048");
    sod(small(), "algorithms.refused_schemes = [\"RSA-PKCS1\"]");
    let short = || signed_with(ec(Curve::P192), Hash::Sha256);
    sod(short(), "algorithms.smallest_ec = 224");
    sod(short(), "algorithms.refused_curves = [\"NIST P-192\"]");
    let dsa = SignerKey::Dsa(DsaKey::L1024N160).key().unwrap();
    sod(
        signed_with(dsa, Hash::Sha256),
        "algorithms.smallest_dsa = 4096",
    );
}

/// The signer under an authority whose key is short, directly and through a link.
#[test]
fn every_signature_on_the_way_counts() {
    let line = "algorithms.smallest_ec = 224";
    let spec = TestPki::shipped().unwrap().csca.spec;
    let old: Entity = spec.self_signed(ec(Curve::P192)).unwrap();
    let direct = Scene::an()
        .signed_by(&signer_under(&old, |_| {}))
        .trusting(&[&old.certificate]);
    flips(direct, line, Check::SignerChain, "chain.algorithm_weak");
    let new = TestPki::shipped().unwrap().csca;
    let link = CertificateSpec::country_signer(new.spec.subject.clone())
        .issued_by(&old, new.key)
        .unwrap();
    let linked = Scene::an().trusting(&[&old.certificate]).but(|scene| {
        let link = Certificate::decode(&link.certificate).unwrap();
        scene.trust.add_link(link);
    });
    flips(linked, line, Check::SignerChain, "chain.algorithm_weak");
}

#[test]
fn the_chip_is_judged_by_its_strongest_proof() {
    let short = |chip: &mut ChipOptions| {
        chip.active = Some(ActiveAuthentication::Rsa(Hash::Sha1));
        chip.active_rsa.key = RsaKey::Active1024;
    };
    let alone = || {
        chip(|chip| {
            short(chip);
            chip.chip_authentication.clear();
        })
    };
    for line in [
        "algorithms.refused_hashes = [\"SHA-1\"]",
        "algorithms.smallest_rsa = 2048",
    ] {
        let line = format!("require = [\"chip\"]\n{line}");
        flips(alone(), &line, Check::Chip, "chip.algorithm_weak");
        // Beside chip authentication with a key that is long enough it takes nothing away.
        let both = Judged::of(chip(short));
        assert_eq!(both.under(&with(&line)).verdict(), Verdict::Genuine);
    }
    let triple = || {
        chip(|chip| {
            chip.active = None;
            chip.chip_authentication = vec![ChipAuthentication {
                cipher: Cipher::TripleDes,
                domain: Domain::from_parameter_id(0).unwrap(),
                key_id: None,
                parameters: EcParameters::Named,
                version: 1,
            }];
        })
    };
    for line in [
        "algorithms.refused_ciphers = [\"3DES\"]",
        "algorithms.smallest_dh = 2048",
    ] {
        let line = format!("require = [\"chip\"]\n{line}");
        flips(triple(), &line, Check::Chip, "chip.algorithm_weak");
    }
}

#[test]
fn the_way_in_is_judged_too() {
    let line = "algorithms.refused_ciphers = [\"3DES\"]";
    let open = |scene, line: &str| flips(scene, line, Check::Access, "access.algorithm_weak");
    let pace = |variant| chip(|chip| chip.pace = vec![variant]);
    open(pace(PaceVariant::generic(Cipher::TripleDes, 13)), line);
    open(chip(|chip| chip.pace.clear()), line);
    open(
        chip(|chip| chip.pace.clear()),
        &format!("access = \"allow-bac\"\n{line}"),
    );
    let modp = PaceVariant::generic(Cipher::Aes128, 0);
    open(pace(modp), "algorithms.smallest_dh = 2048");
    let curve = "algorithms.refused_curves = [\"brainpoolP256r1\"]";
    open(pace(PaceVariant::generic(Cipher::Aes128, 13)), curve);
}

#[test]
fn what_is_required_must_pass() {
    for (line, check, code) in [
        (
            "require = [\"registry\"]",
            Check::Registry,
            "registry.not_asked",
        ),
        (
            "require = [\"revocation\"]",
            Check::Revocation,
            "revocation.no_crl",
        ),
    ] {
        flips(Scene::an(), line, check, code);
    }
    let bare = || {
        chip(|chip| {
            chip.active = None;
            chip.chip_authentication.clear();
        })
    };
    for line in ["require = [\"chip\"]", "clone_protection = true"] {
        flips(bare(), line, Check::Chip, "chip.no_clone_protection");
    }
}

#[test]
fn bac_is_enough_only_where_the_policy_says_so() {
    // EF.CardAccess offers PACE, and the chip does not know it.
    let judged = Judged::of(Scene::an().but(|scene| scene.card.pace.clear()));
    let plain = judged.under(&with(""));
    assert_eq!(plain.checks().access.code(), "access.bac_downgrade");
    assert_eq!(plain.verdict(), Verdict::Inconclusive);
    let lax = judged.under(&with("access = \"allow-bac\""));
    assert_eq!(lax.verdict(), Verdict::Genuine);
    let bac = || chip(|chip| chip.pace.clear());
    let judged = Judged::of(bac());
    assert_eq!(judged.under(&with("")).checks().access.code(), "access.bac");
    let strict = bac().but(|scene| scene.policy = with("access = \"require-pace\""));
    assert_eq!(strict.read().unwrap_err().code(), "access.pace_required");
}

/// A signer whose certificate is over, and one that signed when its authority was over already.
#[test]
fn the_model_says_when_certificates_must_be_valid() {
    let over = Judged::of(Scene::an().signed_by(&signer(|spec| {
        spec.validity.1 = date(2026, 11, 1).at(0, 0, 0, 0);
    })));
    assert_eq!(over.under(&with("")).verdict(), Verdict::Genuine);
    let hybrid = over.under(&with("model = \"hybrid\""));
    assert_eq!(hybrid.verdict(), Verdict::Genuine);
    let shell = over.under(&with("model = \"shell\""));
    assert_eq!(
        shell.checks().validity.code(),
        "validity.signer_out_of_date"
    );
    assert_eq!(shell.verdict(), Verdict::NotInForce);
}

#[test]
fn the_kind_of_the_anchor_counts() {
    flips(
        Scene::an(),
        "anchors = \"real\"",
        Check::SignerChain,
        "chain.test_anchor",
    );
    let by_hand = |der: &[u8]| {
        let certificate = Certificate::decode(der).unwrap();
        Scene::an().but(|scene| {
            scene.trust = TrustStore::empty();
            let file = "csca.der".to_owned();
            scene
                .trust
                .add_anchor(certificate, Provenance::Operator { file });
        })
    };
    // The virtual card's root is known, whoever vouches for it.
    let judged = Judged::of(by_hand(&pki::test_root()));
    for line in ["", "anchors = \"any\"", "anchors = \"real\""] {
        let report = judged.under(&with(line));
        assert_eq!(report.checks().signer_chain.code(), "chain.test_anchor");
        assert_eq!(report.verdict(), Verdict::Inconclusive);
        assert!(matches!(report.holder(), Some(Vouched::Unverified(_))));
    }
    assert_eq!(
        judged.under(&with("anchors = \"test\"")).verdict(),
        Verdict::Genuine
    );
    let other = authority(|spec| spec.serial = vec![0x77]);
    flips(
        by_hand(&other.certificate),
        "anchors = \"test\"",
        Check::SignerChain,
        "chain.real_anchor",
    );
}

#[test]
fn the_age_of_a_master_list_counts() {
    let listed = |signed: Option<&str>| {
        Scene::an().but(|scene| {
            scene.trust = TrustStore::empty();
            let root = authority(|spec| spec.serial = vec![0x33]).certificate;
            scene.trust.add_anchor(
                Certificate::decode(&root).unwrap(),
                Provenance::MasterList {
                    file: "list.ml".to_owned(),
                    state: Some("XX".to_owned()),
                    signed: signed.map(|time| time.parse().unwrap()),
                },
            );
        })
    };
    let old = Some("2026-10-01T00:00:00Z");
    let stale = "chain.list_stale";
    flips(listed(old), "list_age_days = 60", Check::SignerChain, stale);
    flips(
        listed(None),
        "list_age_days = 60",
        Check::SignerChain,
        stale,
    );
    let judged = Judged::of(listed(old));
    let report = judged.under(&with("list_age_days = 60"));
    let facts = report.checks().signer_chain.facts();
    assert_eq!(facts["age_days"], "61");
    assert_eq!(facts["signed"], "2026-10-01T00:00:00Z");
    assert_eq!(report.next_action().code(), "update_trust");
    assert_eq!(
        judged.under(&with("list_age_days = 62")).verdict(),
        Verdict::Genuine
    );
    // Whom the operator himself vouches for is as old as he likes.
    let judged = Judged::of(Scene::an());
    assert_eq!(
        judged.under(&with("list_age_days = 1")).verdict(),
        Verdict::Genuine
    );
}

#[test]
fn the_age_of_a_revocation_list_counts() {
    let scene = Scene::an().but(|scene| {
        let list = RevocationListSpec {
            this_update: date(2026, 9, 1).at(0, 0, 0, 0),
            next_update: date(2027, 9, 1).at(0, 0, 0, 0),
            number: 1,
            revoked: Vec::new(),
        };
        let list = list.sign(&TestPki::shipped().unwrap().csca).unwrap();
        scene.trust.add_crl(Crl::decode(&list).unwrap());
    });
    let judged = Judged::of(scene);
    let required = "require = [\"revocation\"]";
    assert_eq!(judged.under(&with(required)).verdict(), Verdict::Genuine);
    let report = judged.under(&with(&format!("{required}\ncrl_age_days = 90")));
    assert_eq!(report.checks().revocation.code(), "revocation.stale");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    let report = judged.under(&with(&format!("{required}\ncrl_age_days = 92")));
    assert_eq!(report.verdict(), Verdict::Genuine);
}

/// Documents of every kind that matters here: good ones, weak ones, and bad ones.
fn documents() -> Vec<Judged> {
    let revoked = Scene::an().but(|scene| {
        let shipped = TestPki::shipped().unwrap();
        let list = RevocationListSpec {
            this_update: date(2026, 11, 1).at(0, 0, 0, 0),
            next_update: date(2027, 2, 1).at(0, 0, 0, 0),
            number: 1,
            revoked: vec![shipped.signer.spec.serial.clone()],
        };
        let list = list.sign(&shipped.csca).unwrap();
        scene.trust.add_crl(Crl::decode(&list).unwrap());
    });
    let scenes = [
        Scene::an(),
        Scene::an().but(|scene| scene.trust = TrustStore::empty()),
        signed_with(ec(Curve::P192), Hash::Sha1),
        chip(|chip| chip.pace.clear()),
        chip(|chip| {
            chip.active = None;
            chip.chip_authentication.clear();
        }),
        Scene::an().sod(|sod| sod.signing_time = None),
        Scene::an().group(DataGroup::DG13, |file| *file.last_mut().unwrap() ^= 1),
        Scene::an().trusting(&[&authority(|spec| {
            spec.validity.1 = date(2026, 11, 30).at(0, 0, 0, 0);
        })
        .certificate]),
        revoked,
    ];
    scenes.into_iter().map(Judged::of).collect()
}

/// Lines of a policy file, any of them.
fn lines() -> impl Strategy<Value = String> {
    let line = |all: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(all)).prop_map(Option::unwrap_or_default)
    };
    let top = (
        line(&[
            "require = []",
            "require = [\"chip\"]",
            "require = [\"revocation\"]",
            "require = [\"registry\", \"access\"]",
        ]),
        line(&["clone_protection = true"]),
        line(&["access = \"prefer-pace\"", "access = \"require-pace\""]),
        line(&[
            "model = \"shell\"",
            "model = \"hybrid\"",
            "model = \"chain\"",
        ]),
        line(&[
            "anchors = \"real\"",
            "anchors = \"test\"",
            "anchors = \"any\"",
        ]),
        line(&["crl_age_days = 1", "crl_age_days = 3650"]),
        line(&["list_age_days = 1", "list_age_days = 3650"]),
    );
    let algorithms = (
        line(&[
            "refused_hashes = [\"SHA-1\"]",
            "refused_hashes = [\"SHA-256\"]",
        ]),
        line(&["refused_schemes = [\"ECDSA\"]", "refused_schemes = []"]),
        line(&["refused_curves = [\"NIST P-192\"]"]),
        line(&[
            "refused_ciphers = [\"3DES\"]",
            "refused_ciphers = [\"AES-128\"]",
        ]),
        line(&["smallest_rsa = 1", "smallest_rsa = 4096"]),
        line(&["smallest_ec = 224", "smallest_ec = 521"]),
        line(&["smallest_dh = 2048"]),
    );
    (top, algorithms).prop_map(|(top, algorithms)| {
        let (a, b, c, d, e, f, g) = top;
        let (h, i, j, k, l, m, n) = algorithms;
        [a, b, c, d, e, f, g, "[algorithms]", h, i, j, k, l, m, n].join("\n")
    })
}

/// `access = "allow-bac"` alone takes another way in for as good; it is not among the lines.
#[test]
fn no_policy_makes_genuine_what_the_minimum_does_not() {
    let documents = documents();
    let minimum = with("");
    let plain: Vec<Report> = documents.iter().map(|one| one.under(&minimum)).collect();
    let genuine = |report: &Report| report.verdict() == Verdict::Genuine;
    assert!(plain.iter().any(genuine) && !plain.iter().all(genuine));
    let mut runner = TestRunner::new(Config {
        cases: 48,
        ..Config::default()
    });
    let result = runner.run(&lines(), |lines| {
        let policy = with(&lines);
        for (document, plain) in documents.iter().zip(&plain) {
            let report = document.under(&policy);
            prop_assert!(!genuine(&report) || genuine(plain), "{lines}: {report:#?}");
            // Nor is anything verified that the minimum does not vouch for.
            let vouched = |report: &Report| matches!(report.holder(), Some(Vouched::Verified(_)));
            prop_assert!(!vouched(&report) || vouched(plain), "{lines}");
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn the_shipped_policies_judge_as_they_say() {
    let named = |name: &str| Policy::named(name).unwrap();
    let ordinary = Judged::of(Scene::an());
    let verdict = |policy: &str| ordinary.under(named(policy)).verdict();
    assert_eq!(verdict("counter"), Verdict::Genuine);
    assert_eq!(verdict("ci-simulator"), Verdict::Genuine);
    // Nobody asked the registry.
    let kiosk = ordinary.under(named("kiosk"));
    assert_eq!(kiosk.verdict(), Verdict::Inconclusive);
    assert_eq!(kiosk.first_gap(), Some(Check::Registry));
    assert_eq!(kiosk.next_action().code(), "wait_registry");
    let border = ordinary.under(named("border-strict"));
    assert_eq!(border.checks().signer_chain.code(), "chain.test_anchor");
    assert_eq!(border.next_action().code(), "manual_review");
    // What counter notes, kiosk and border leave open.
    let weak = Judged::of(signed_with(ec(Curve::P192), Hash::Sha1));
    let counter = weak.under(named("counter"));
    assert_eq!(counter.verdict(), Verdict::Genuine);
    assert!(counter.deviations().contains(&"deviation.weak_algorithm"));
    for name in ["kiosk", "border-strict"] {
        let report = weak.under(named(name));
        assert_eq!(report.checks().sod_signature.code(), "sod.algorithm_weak");
    }
}

/// A document of a real authority, with everything that a border asks for.
#[test]
fn a_border_lets_a_strong_document_pass() {
    let root = authority(|spec| spec.serial = vec![0x55]);
    let list = RevocationListSpec {
        this_update: date(2026, 11, 1).at(0, 0, 0, 0),
        next_update: date(2027, 2, 1).at(0, 0, 0, 0),
        number: 1,
        revoked: Vec::new(),
    };
    let list = list.sign(&TestPki::shipped().unwrap().csca).unwrap();
    let scene = Scene::an().but(|scene| {
        scene.trust = TrustStore::empty();
        let file = "csca.der".to_owned();
        let root = Certificate::decode(&root.certificate).unwrap();
        scene.trust.add_anchor(root, Provenance::Operator { file });
        scene.trust.add_crl(Crl::decode(&list).unwrap());
    });
    let report = Judged::of(scene).under(Policy::named("border-strict").unwrap());
    assert_eq!(report.verdict(), Verdict::Genuine, "{report:#?}");
}

#[test]
fn a_kiosk_takes_a_card_that_the_registry_knows() {
    let home = Home::new();
    let scene = Scene::an().but(|scene| {
        scene.policy = Policy::named("kiosk").unwrap().clone();
        let registry = Embedded::open(&home.path("registry.sqlite")).unwrap();
        scene.registry = Some(Box::new(registry));
    });
    let report = scene.inspect().unwrap().report;
    assert_eq!(report.verdict(), Verdict::Genuine, "{report:#?}");
}

#[test]
fn the_program_lists_shows_checks_and_applies_policies() {
    let home = Home::new();
    let list = home.json(&["policy", "list"], 0);
    assert_eq!(list["schema"], "cancuoc.policies/1");
    assert_eq!(list["policies"].as_array().unwrap().len(), 4);
    let shown = home.run(&["policy", "show", "border-strict"]);
    assert!(shown.status.success());
    // What is shown is a file that says the same.
    let file = home.write("mine.toml", &shown.stdout);
    let checked = home.json(&["policy", "check", &file], 0);
    let shipped = home.json(&["policy", "show", "border-strict"], 0);
    assert_eq!(checked["sha256"], shipped["sha256"]);
    assert_eq!(shipped["decisions"]["crl_age_days"], 90);
    assert_eq!(shipped["decisions"]["refused_hashes"][0], "SHA-1");
    let wrong = home.write(
        "wrong.toml",
        "name = \"x\"\nrequire = [\"luck\"]\nminimum = 0\n",
    );
    let error = home.refused(&["policy", "check", &wrong], "policy.malformed");
    let faults = error["error"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 2);
    assert_eq!(
        (&faults[0]["line"], &faults[0]["at"]),
        (&2.into(), &"require[1]".into())
    );
    assert_eq!(faults[1]["code"], "unknown_key");
    let said = home.run(&["--lang", "vi", "policy", "check", &wrong]);
    assert!(
        String::from_utf8(said.stderr)
            .unwrap()
            .contains("dòng 3: minimum")
    );
    home.refused(&["policy", "show", "luck"], "policy.malformed");
    // The name of a shipped one means that one, whatever file lies there.
    home.write("kiosk", "name = \"lax\"");
    assert_eq!(home.json(&["policy", "show", "kiosk"], 0)["name"], "kiosk");
    assert_eq!(home.json(&["policy", "show", "./kiosk"], 0)["name"], "lax");
}

#[test]
fn a_report_says_which_policy_was_applied_and_what_it_requires() {
    let home = Home::new();
    let key = home.write("key", find("an").qr());
    let read = |more: &[&'static str]| {
        let mut arguments = vec!["read", "--virtual", "an", "--key", &key];
        arguments.extend(["--registry", "none", "--now", "2026-12-01T03:00:00Z"]);
        arguments.extend(more);
        arguments
    };
    let report = home.json(&read(&["--policy", "kiosk"]), 3);
    assert_eq!(report["policy"], "kiosk");
    assert_eq!(report["next_action"], "wait_registry");
    let text = |lang: &'static str| {
        let output = home.run(&read(&["--policy", "kiosk", "--lang", lang]));
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stdout).unwrap()
    };
    let english = text("en");
    assert!(english.contains("kiosk (Self-service kiosk)"), "{english}");
    assert!(english.contains("(the policy requires it)"), "{english}");
    let vietnamese = text("vi");
    assert!(
        vietnamese.contains("kiosk (Máy tự phục vụ)"),
        "{vietnamese}"
    );
    assert!(vietnamese.contains("(chính sách đòi hỏi)"), "{vietnamese}");
    assert_eq!(
        home.json(&read(&["--policy", "ci-simulator"]), 0)["verdict"],
        "genuine"
    );
}
