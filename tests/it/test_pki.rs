//! The test PKI as `sim pki` writes it: the same each time, taken by this program and by openssl, and
//! refused by every policy for people.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::hash::Hash;
use cancuoc::lds::FileId;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::keys::issuers::RsaLength;
use cancuoc::sim::persona::file;
use cancuoc::sim::pki::IssuerSpec;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::SigningKind;
use cancuoc::sim::pki::TestPki;
use cancuoc::trust::folder;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use serde_json::Value;

use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::home::Home;
use crate::support::home::output;

/// A time at which everything of a seed counts, in seconds since 1970: 2026-05-28.
const ATTIME: &str = "1780000000";

/// Every file below a folder, by its path in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inside) = open.pop() {
        for entry in fs::read_dir(folder.join(&inside)).unwrap() {
            let name = inside.join(entry.unwrap().file_name());
            let path = folder.join(&name);
            if path.is_dir() {
                open.push(name);
            } else {
                files.insert(name.to_str().unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    files
}

fn pki(home: &Home, folder: &str, options: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let place = home.text(folder);
    let arguments = [&["sim", "pki", "--out", &place], options].concat();
    let answer = home.json(&arguments, 0);
    assert_eq!(answer["schema"], "cancuoc.sim_pki/1");
    let files = tree(&home.path(folder));
    assert_eq!(answer["files"].as_array().unwrap().len(), files.len());
    files
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Value {
    let manifest: Value = serde_json::from_slice(&files["MANIFEST.json"]).unwrap();
    assert_eq!(manifest["schema"], "cancuoc.test_pki/1");
    manifest
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_every_run() {
    let home = Home::new();
    let first = pki(&home, "first", &["--seed", "a"]);
    assert_eq!(pki(&home, "second", &["--seed", "a"]), first);
    // Another seed, country, authority: another root and other names.
    let mut roots = vec![first["cancuoc-test-csca.der"].clone()];
    for options in [
        &["--seed", "b"][..],
        &["--seed", "a", "--country", "ut"],
        &["--seed", "a", "--authority", "rsa-2048-sha256"],
        &["--country", "UT"],
        &[],
    ] {
        let other = pki(&home, "other", options);
        assert!(
            !roots.contains(&other["cancuoc-test-csca.der"]),
            "{options:?}"
        );
        roots.push(other["cancuoc-test-csca.der"].clone());
    }
    // Without a seed it is the shipped root.
    assert_eq!(roots.last().unwrap(), &cancuoc::sim::pki::test_root());
    // Another time changes lists, and no certificate and no key.
    let later = pki(
        &home,
        "later",
        &["--seed", "a", "--now", "2027-03-01T00:00:00Z"],
    );
    let changed: Vec<&str> = first
        .iter()
        .filter(|(name, bytes)| later[*name] != **bytes)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        changed,
        [
            "MANIFEST.json",
            "cancuoc-test-csca.crl",
            "cancuoc-test-deviations.dl",
            "cancuoc-test-masterlist.ml",
            "next/cancuoc-test-csca-2.crl",
            "pkd/cancuoc-test-000001.ldif",
            "pkd/cancuoc-test-000002.ldif",
        ]
    );
}

/// Names differ where seeds do, so that a certificate alone would not show a key that is the same.
#[test]
fn another_seed_gives_other_keys() {
    let home = Home::new();
    let signers = [
        "--signer",
        "ecdsa-p256",
        "--signer",
        "ecdsa-brainpoolp384r1",
    ];
    let [one, other] =
        ["a", "b"].map(|seed| pki(&home, seed, &[&["--seed", seed], &signers[..]].concat()));
    let mut keys = 0;
    for (name, bytes) in one.iter().filter(|(name, _)| name.starts_with("keys/")) {
        assert_ne!(*bytes, other[name], "{name}");
        keys += 1;
    }
    // Two authorities, two signers that were asked for, and five more.
    assert_eq!(keys, 9);
    let different: BTreeSet<&Vec<u8>> = one
        .iter()
        .filter_map(|(name, bytes)| name.starts_with("keys/").then_some(bytes))
        .collect();
    assert_eq!(different.len(), keys, "no key serves twice");
}

#[test]
fn the_manifest_tells_of_every_file() {
    for options in [&["--seed", "a"][..], &[]] {
        tells_of_every_file(options);
    }
}

fn tells_of_every_file(options: &[&str]) {
    let home = Home::new();
    let files = pki(&home, "pki", options);
    let manifest = manifest(&files);
    let entries = manifest["files"].as_array().unwrap();
    let mut named: Vec<&str> = Vec::new();
    for entry in entries {
        let name = entry["file"].as_str().unwrap();
        let bytes = &files[name];
        let digest = hex::encode(Hash::Sha256.digest(&[bytes]));
        assert_eq!(entry["sha256"], digest.as_str(), "{name}");
        if let Some(key) = entry["private_key"].as_str() {
            assert!(files.contains_key(key), "{name}: {key}");
        }
        if name.ends_with(".der") {
            let certificate = Certificate::decode(bytes).unwrap();
            // The shipped signer is older than the mark: its root is known by its fingerprint.
            let marked = name != "signers/personas.der";
            assert_eq!(certificate.is_test_material(), marked, "{name}");
            assert!(certificate.subject_text().contains("TEST"), "{name}");
            let from = format!("{}", certificate.not_before());
            assert_eq!(entry["valid_from"], from.as_str(), "{name}");
            assert!(entry["subject"].as_str().unwrap().contains("TEST"));
            assert!(entry["key"].is_string());
        }
        named.push(name);
    }
    named.extend(["MANIFEST.json", "README.md"]);
    named.sort_unstable();
    assert_eq!(named, files.keys().map(String::as_str).collect::<Vec<_>>());
}

/// Runs openssl in a folder; gives what it said, and whether it was content.
fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let said = output(Command::new("openssl").args(arguments).current_dir(folder));
    let words = [said.stdout, said.stderr].concat();
    (
        said.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

#[track_caller]
fn content(folder: &Path, arguments: &[&str]) {
    let (content, words) = openssl(folder, arguments);
    assert!(content, "{arguments:?}: {words}");
}

/// Both roots and both lists of a folder as openssl takes them.
fn as_pem(folder: &Path) {
    for name in ["cancuoc-test-csca", "next/cancuoc-test-csca-2"] {
        let [der, crl] = ["der", "crl"].map(|kind| format!("{name}.{kind}"));
        let [root, list] = ["root", "list"].map(|kind| format!("{name}.{kind}.pem"));
        content(folder, &["x509", "-in", &der, "-out", &root]);
        let crl = ["crl", "-inform", "DER", "-in", &crl, "-out", &list];
        content(folder, &crl);
    }
    let roots = ["cancuoc-test-csca", "next/cancuoc-test-csca-2"]
        .map(|name| fs::read(folder.join(format!("{name}.root.pem"))).unwrap());
    fs::write(folder.join("roots.pem"), roots.concat()).unwrap();
}

/// Everything under an authority of some kind is what openssl takes, and what this program takes.
fn is_taken(options: &[&str]) {
    let home = Home::new();
    let files = pki(&home, "pki", options);
    let folder = home.path("pki");
    let trusted = home.json(&["trust", "list", "--trust", &home.text("pki")], 0);
    assert_eq!(trusted["anchors"].as_array().unwrap().len(), 2);
    let root = hex::encode(Hash::Sha256.digest(&[&files["cancuoc-test-csca.der"]]));
    let store = home.text("store");
    let add = |names: &[&str]| {
        let names: Vec<String> = names
            .iter()
            .map(|name| home.text(&format!("pki/{name}")))
            .collect();
        let mut arguments = vec!["trust", "add", "--trust", &store, "--fingerprint", &root];
        arguments.extend(names.iter().map(String::as_str));
        home.json(&arguments, 0)
    };
    add(&["cancuoc-test-csca.der"]);
    for name in [
        "next/cancuoc-test-csca-link.der",
        "cancuoc-test-masterlist.ml",
        "cancuoc-test-deviations.dl",
        "cancuoc-test-csca.crl",
        "next/cancuoc-test-csca-2.crl",
        "pkd/cancuoc-test-000001.ldif",
    ] {
        assert_eq!(add(&[name])["applied"], true, "{name}");
    }
    let known = home.json(&["trust", "list", "--trust", &store], 0);
    assert_eq!(known["anchors"].as_array().unwrap().len(), 2);
    assert_eq!(known["crls"].as_array().unwrap().len(), 2);

    as_pem(&folder);
    let lists = [
        "cancuoc-test-csca.list.pem",
        "next/cancuoc-test-csca-2.list.pem",
    ];
    let chain = [
        "verify",
        "-attime",
        ATTIME,
        "-CAfile",
        "roots.pem",
        "-crl_check",
    ];
    let chain = [&chain[..], &["-CRLfile", lists[0], "-CRLfile", lists[1]]].concat();
    let cms = [
        "cms", "-verify", "-inform", "DER", "-purpose", "any", "-attime", ATTIME,
    ];
    let cms = [
        &cms[..],
        &["-CAfile", "roots.pem", "-out", "/dev/null", "-in"],
    ]
    .concat();
    let mut signers = 0;
    for name in files.keys() {
        if name.starts_with("keys/") {
            content(&folder, &["pkey", "-noout", "-in", name]);
        }
        if name.starts_with("signers/") {
            let (well, words) = openssl(&folder, &[&chain[..], &[name]].concat());
            match name.as_str() {
                "signers/revoked.der" => assert!(words.contains("certificate revoked"), "{words}"),
                // By design: CVE-2020-0601.
                name if name.contains("explicit") => {
                    assert!(words.contains("explicit ECC parameters"), "{words}");
                }
                _ => assert!(well, "{words}"),
            }
            signers += 1;
        }
        if name.starts_with("samples/") && name.ends_with(".sod") {
            let bytes = &files[name];
            let header = 4;
            assert_eq!(&bytes[..2], [0x77, 0x82], "{name}");
            fs::write(folder.join("sample.der"), &bytes[header..]).unwrap();
            let (well, words) = openssl(&folder, &[&cms[..], &["sample.der"]].concat());
            // No openssl knows the plain form of TR-03111.
            let known = !name.contains("explicit") && !name.contains("plain");
            assert_eq!(well, known, "{name}: {words}");
        }
    }
    let link = ["verify", "-attime", ATTIME, "-partial_chain", "-CAfile"];
    let link = [
        &link[..],
        &[
            "cancuoc-test-csca.root.pem",
            "next/cancuoc-test-csca-link.der",
        ],
    ]
    .concat();
    content(&folder, &link);
    for list in ["cancuoc-test-masterlist.ml", "cancuoc-test-deviations.dl"] {
        content(&folder, &[&cms[..], &[list]].concat());
    }
    println!("{options:?}: {signers} signers");
}

#[test]
fn the_usual_set_is_taken_by_this_program_and_by_openssl() {
    is_taken(&["--seed", "a"]);
}

#[test]
fn signers_of_every_kind_are_taken_by_this_program_and_by_openssl() {
    is_taken(&["--seed", "a", "--signer", "all"]);
}

#[test]
fn authorities_of_every_key_are_taken_by_this_program_and_by_openssl() {
    for authority in [
        "rsa-2048-sha256",
        "rsa-pss-3072-sha384",
        "rsa-4096-sha512",
        "rsa-pss-6144-sha512",
        "ecdsa-brainpoolp512r1-sha512",
        "ecdsa-p521-sha512",
        "dsa-2048-256-sha256",
    ] {
        let signer = ["--signer", "ecdsa-p256", "--signer", "rsa-2048"];
        is_taken(&[&["--seed", "a", "--authority", authority][..], &signer].concat());
    }
}

/// The ordinary card signed by an issuer.
fn issued(spec: &IssuerSpec, hash: Hash) -> Scene {
    let pki = TestPki::seeded(spec).unwrap();
    Scene::an()
        .but(|scene| scene.persona.chip.signature_hash = hash)
        .but(|scene| {
            let security_object = scene.persona.security_object();
            let file = security_object
                .sign(&scene.card.groups(), &pki.signer)
                .unwrap();
            scene.card.files.insert(FileId::Sod, file);
            scene.trust = TrustStore::empty();
            let root = Certificate::decode(&pki.csca.certificate).unwrap();
            let file = "cancuoc-test-csca.der".to_owned();
            scene.trust.add_anchor(root, Provenance::Operator { file });
        })
}

fn spec(authority: SigningKind, signer: SignerKey) -> IssuerSpec {
    IssuerSpec {
        authority,
        signer,
        ..IssuerSpec::new("cards")
    }
}

/// A card of that issuer is genuine to the policy for tests, and to a counter that reads a card of its
/// own making; a counter with a reader finds test material.
#[track_caller]
fn is_genuine_in_tests_only(spec: &IssuerSpec, hash: Hash) {
    let said = format!("{} {} {}", spec.authority, spec.signer, hash.name());
    let scene = issued(spec, hash);
    let mut trust = scene.trust.clone();
    let now = scene.now;
    let reading = scene.read().unwrap();
    let judged = |trust: &TrustStore, policy| {
        verify::verify(&reading, trust, Policy::named(policy).unwrap(), now)
    };
    let report = judged(&trust, "ci-simulator");
    assert_eq!(report.verdict(), Verdict::Genuine, "{said}: {report:#?}");
    for policy in ["counter", "kiosk", "border-strict"] {
        let report = judged(&trust, policy);
        assert_eq!(report.verdict(), Verdict::Inconclusive, "{said}: {policy}");
        let chain = report.checks().outcome(Check::SignerChain);
        assert_eq!(chain.code(), "chain.test_anchor", "{said}: {policy}");
    }
    trust.own_test_material();
    assert_eq!(
        judged(&trust, "counter").verdict(),
        Verdict::Genuine,
        "{said}"
    );
    let border = judged(&trust, "border-strict");
    assert_eq!(border.checks().signer_chain.code(), "chain.test_anchor");
}

#[test]
fn cards_of_every_signer_are_genuine_in_tests_and_for_no_policy_for_people() {
    let authority = IssuerSpec::new("").authority;
    let kinds = SigningKind::of_signers();
    for kind in &kinds {
        is_genuine_in_tests_only(&spec(authority, kind.key), kind.hash);
    }
    println!("{} kinds of signers", kinds.len());
}

#[test]
fn cards_under_every_authority_are_genuine_in_tests_and_for_no_policy_for_people() {
    let kinds = SigningKind::of_authorities();
    for kind in &kinds {
        is_genuine_in_tests_only(&spec(*kind, SignerKey::rsa(RsaLength::L3072)), Hash::Sha256);
    }
    println!("{} kinds of authorities", kinds.len());
}

#[test]
fn the_policy_for_tests_refuses_what_is_not_marked() {
    // A root as real ones are, for all that anybody can see.
    let root = authority(|spec| spec.serial = vec![0x55]);
    let certificate = Certificate::decode(&root.certificate).unwrap();
    assert!(!certificate.is_test_material());
    let mut trust = TrustStore::empty();
    let file = "csca.der".to_owned();
    trust.add_anchor(certificate, Provenance::Operator { file });
    trust.own_test_material();
    let now = at("2026-12-01T03:00:00Z");
    let reading = Scene::an().read().unwrap();
    let report = verify::verify(
        &reading,
        &trust,
        Policy::named("ci-simulator").unwrap(),
        now,
    );
    assert_eq!(report.checks().signer_chain.code(), "chain.real_anchor");
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    let report = verify::verify(&reading, &trust, &Policy::counter(), now);
    assert_eq!(report.verdict(), Verdict::Genuine);
}

#[test]
fn no_real_root_is_marked() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/trust");
    if !shared.is_dir() {
        println!("skipped: no ../shared/data/trust");
        return;
    }
    let mut store = TrustStore::empty();
    folder::load(&mut store, &shared).unwrap();
    assert!(store.anchors().len() > 2);
    let marked = |anchor: &&cancuoc::pki::store::Anchor| anchor.certificate.is_test_material();
    assert_eq!(store.anchors().iter().filter(marked).count(), 0);
    println!("{} real roots", store.anchors().len());
}

#[test]
fn a_folder_of_a_seed_serves_read_and_verify() {
    let home = Home::new();
    pki(&home, "pki", &["--signer", "ecdsa-p256"]);
    let (trust, capture) = (home.text("pki"), home.text("card"));
    let read = [
        "read",
        "--virtual",
        "an",
        "--trust",
        &trust,
        "--save",
        &capture,
    ];
    let report = home.json(&read, 0);
    assert_eq!(report["checks"]["revocation"]["code"], "revocation.good");
    let code = |policy: &str, more: &[&str]| {
        let verify = ["verify", &capture, "--policy", policy];
        let report = home.json(&[&verify[..], more].concat(), 3);
        report["checks"]["signer_chain"]["code"].clone()
    };
    let policies = ["counter", "kiosk", "border-strict", "ci-simulator"];
    // Named for the run, and then by the configuration.
    for (policy, expected) in policies.into_iter().zip([
        "chain.anchored",
        "chain.anchored",
        "chain.test_anchor",
        "chain.anchored",
    ]) {
        assert_eq!(code(policy, &["--trust", &trust]), expected, "{policy}");
    }
    home.configure(&format!("trust = [{trust:?}]"));
    for (policy, expected) in policies.into_iter().zip([
        "chain.test_anchor",
        "chain.test_anchor",
        "chain.test_anchor",
        "chain.anchored",
    ]) {
        assert_eq!(code(policy, &[]), expected, "{policy}");
    }
    // Both terminals open fingers.
    for kind in ["domestic", "foreign"] {
        let terminal = home.text(&format!("pki/terminal/{kind}"));
        let report = home.json(&["read", "--virtual", "dung", "--terminal", &terminal], 0);
        assert_eq!(report["groups"]["DG3"], "verified", "{kind}");
    }
}

/// The persona of `docs/personas.md` that has an issuer of its own, with these keys.
fn of_own_issuer(authority: SigningKind, signer: SigningKind) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/personas.md");
    let page = fs::read_to_string(page).unwrap();
    let mut blocks = page.split("```toml\n").skip(1);
    let block = blocks
        .find(|block| block.contains("rsa-4096-sha256"))
        .unwrap();
    let block = block.split("```").next().unwrap();
    let [old_authority, old_signer] = ["rsa-4096-sha256", "rsa-pss-3072-sha256"];
    assert!(block.contains(old_authority) && block.contains(old_signer));
    block
        .replace(old_authority, &authority.to_string())
        .replace(old_signer, &signer.to_string())
}

#[test]
fn a_persona_of_its_own_issuer_is_vouched_for_by_the_folder_of_its_seed() {
    for (authority, signer) in [
        ("ecdsa-p384-sha384", "ecdsa-brainpoolp512r1-sha512"),
        ("rsa-pss-6144-sha512", "rsa-4096-sha512"),
        ("dsa-2048-256-sha256", "ecdsa-plain-p256-sha256"),
    ] {
        let home = Home::new();
        let kind = |name| SigningKind::from_name(name).unwrap();
        let file = home.write("mine.toml", of_own_issuer(kind(authority), kind(signer)));
        let seed = ["--seed", "example", "--authority", authority];
        pki(&home, "pki", &[&seed[..], &["--signer", signer]].concat());
        pki(&home, "other", &["--seed", "another"]);
        let capture = home.text("card");
        let read = ["read", "--virtual", &file, "--registry", "none", "--save"];
        home.run(&[&read[..], &[&capture]].concat());
        let code = |trust: &str, policy: &str| {
            let trust = home.text(trust);
            let verify = ["verify", &capture, "--trust", &trust, "--policy", policy];
            home.json(&verify, 3)["checks"]["signer_chain"]["code"].clone()
        };
        assert_eq!(code("pki", "ci-simulator"), "chain.anchored", "{signer}");
        assert_eq!(code("pki", "counter"), "chain.anchored", "{signer}");
        assert_eq!(code("pki", "border-strict"), "chain.test_anchor");
        assert_eq!(code("other", "ci-simulator"), "chain.no_anchor", "{signer}");
    }
}

/// The figures are printed, for `docs/performance.md`; how long it takes depends on the machine.
#[test]
fn a_card_of_any_issuer_is_made_at_once() {
    let usual = IssuerSpec::new("").authority;
    let mut pairs: Vec<_> = SigningKind::of_signers()
        .into_iter()
        .map(|signer| (usual, signer))
        .collect();
    let signer = SigningKind::usual(SignerKey::rsa(RsaLength::L2048));
    let authorities = SigningKind::of_authorities();
    pairs.extend(authorities.into_iter().map(|authority| (authority, signer)));
    let mut times: Vec<[(Duration, String); 2]> = Vec::new();
    for (authority, signer) in pairs {
        let persona = file::parse(&of_own_issuer(authority, signer)).unwrap();
        let said = format!("{signer} under {authority}");
        let made = || {
            let begun = Instant::now();
            let card = persona.personalise().unwrap();
            (begun.elapsed(), card)
        };
        let [(first, one), (again, other)] = [made(), made()];
        assert_eq!(one.files, other.files, "{said}");
        times.push([(first, said.clone()), (again, said)]);
    }
    for which in [0, 1] {
        let mut times: Vec<_> = times.iter().map(|pair| pair[which].clone()).collect();
        times.sort();
        let (median, _) = &times[times.len() / 2];
        let (longest, said) = times.last().unwrap();
        println!("{which}: median {median:?}, longest {longest:?} for {said}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let place = home.text("pki");
    let refused = |options: &[&str], code: &str| {
        let arguments = [&["sim", "pki", "--out", &place], options].concat();
        home.refused(&arguments, code);
        assert!(!home.path("pki").exists(), "{options:?}");
    };
    for kind in [
        "",
        "rsa-1024",
        "ecdsa-p255",
        "rsa-2048-md5",
        "rsa-6144",
        "../x",
    ] {
        refused(&["--signer", kind], "sim.kind_unknown");
    }
    for kind in ["all", "ecdsa-plain-p256", "rsa-bare-2048", "rsa-8192"] {
        refused(&["--authority", kind], "sim.kind_unknown");
    }
    for country in ["VNM", "V", "", "V1", "Đ"] {
        refused(&["--country", country], "sim.country");
    }
    refused(&["--now", "yesterday"], "time.format");
    let file = home.write("file", "x");
    home.refused(&["sim", "pki", "--out", &file], "output.unwritable");
    let below = home.text("file/below");
    home.refused(&["sim", "pki", "--out", &below], "output.unwritable");
    assert_eq!(fs::read(file).unwrap(), b"x");
}

#[test]
fn nobody_elses_file_is_overwritten_and_an_earlier_run_is_replaced() {
    let home = Home::new();
    let place = home.text("pki");
    for theirs in [
        "README.md",
        "MANIFEST.json",
        "keys/csca.pem",
        "signers/revoked.der",
    ] {
        let theirs = format!("pki/{theirs}");
        home.write(&theirs, "theirs");
        let before = tree(&home.path("pki"));
        home.refused(
            &["sim", "pki", "--out", &place, "--seed", "a"],
            "sim.place_taken",
        );
        assert_eq!(tree(&home.path("pki")), before);
        fs::remove_file(home.path(&theirs)).unwrap();
    }
    home.write("pki/notes.txt", "mine");
    fs::remove_file(home.path("pki/notes.txt")).unwrap();
    let first = pki(&home, "pki", &["--seed", "a", "--signer", "ecdsa-p256"]);
    // Whoever wrote over one of ours keeps it, and another run takes away the rest that it does not make.
    home.write("pki/extra.txt", "mine");
    home.write("pki/samples/ecdsa-p256-sha256.sod", "mine");
    home.json(
        &[
            "sim", "pki", "--out", &place, "--seed", "b", "--signer", "rsa-2048",
        ],
        0,
    );
    let second = tree(&home.path("pki"));
    assert_eq!(second["extra.txt"], b"mine");
    assert_eq!(second["samples/ecdsa-p256-sha256.sod"], b"mine");
    assert!(!second.contains_key("signers/ecdsa-p256-sha256.der"));
    assert!(!second.contains_key("keys/ecdsa-p256-sha256.pem"));
    assert!(second.contains_key("signers/rsa-2048-sha256.der"));
    assert_ne!(
        first["cancuoc-test-csca.der"],
        second["cancuoc-test-csca.der"]
    );
    // A manifest that names what lies outside takes nothing away there.
    let outside = home.write("outside", "x");
    let digest = hex::encode(Hash::Sha256.digest(&[b"x"]));
    let lie = format!(
        "{{\"schema\":\"cancuoc.test_pki/1\",\"files\":[{{\"file\":\"../outside\",\"sha256\":\"{digest}\"}}]}}"
    );
    home.write("liar/MANIFEST.json", lie);
    pki(&home, "liar", &["--seed", "a"]);
    assert!(Path::new(&outside).exists());
    // Nor does a folder that is somewhere else take anything.
    home.write("elsewhere/mine", "x");
    home.write("linked/mine", "x");
    let link = home.path("linked/keys");
    std::os::unix::fs::symlink(home.path("elsewhere"), link).unwrap();
    let place = home.text("linked");
    home.refused(
        &["sim", "pki", "--out", &place, "--seed", "a"],
        "sim.place_taken",
    );
    assert_eq!(tree(&home.path("elsewhere")).len(), 1);
}
