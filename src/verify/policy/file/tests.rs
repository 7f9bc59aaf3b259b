use proptest::prelude::*;

use super::*;

/// What is wrong: line, key, code.
type Seen = (usize, String, &'static str);

fn faults(text: &str) -> Vec<Seen> {
    let faults = parse(text).unwrap_err();
    let seen = faults.into_iter();
    seen.map(|fault| (fault.line, fault.at, fault.wrong.code()))
        .collect()
}

fn seen(line: usize, at: &str, code: &'static str) -> Seen {
    (line, at.to_owned(), code)
}

#[test]
fn every_key_is_read() {
    let policy = parse(
        r#"
name = "phòng thử"
title = { vi = "Phòng thử", en = "Laboratory" }
purpose = { vi = "Để thử.", en = "For trials." }
require = ["revocation", "hashes"]
access = "require-pace"
clone_protection = true
model = "hybrid"
anchors = "real"
crl_age_days = 30
list_age_days = 90
registry_age_days = 7
registry_offline = "accept"
[algorithms]
refused_hashes = ["SHA-1", "SHA-224"]
refused_schemes = ["DSA", "RSA-PKCS1"]
refused_curves = ["brainpoolP256r1", "NIST P-192"]
refused_ciphers = ["3DES"]
smallest_rsa = 3072
smallest_ec = 224
smallest_dsa = 2048
smallest_dh = 1024
"#,
    )
    .unwrap();
    assert_eq!(
        policy.canonical(),
        "cancuoc.policy/1\n\
         require=access,sod_signature,signer_chain,revocation,hashes,consistency,chip,validity\n\
         access=require-pace\n\
         model=hybrid\n\
         anchors=real\n\
         crl_age_days=30\n\
         list_age_days=90\n\
         registry_age_days=7\n\
         registry_offline=accept\n\
         refused_hashes=SHA-1,SHA-224\n\
         refused_schemes=RSA-PKCS1,DSA\n\
         refused_curves=brainpoolP256r1\n\
         refused_ciphers=3DES\n\
         smallest_rsa=3072\n\
         smallest_ec=224\n\
         smallest_dsa=2048\n\
         smallest_dh=1024\n"
    );
    assert_eq!(policy.title().unwrap().en, "Laboratory");
    assert_eq!(policy.purpose().unwrap().vi, "Để thử.");
    let written = parse(&policy.to_file()).unwrap();
    assert_eq!(written.canonical(), policy.canonical());
}

#[test]
fn what_a_file_leaves_out_is_asked_for_by_the_minimum_alone() {
    let policy = parse("name = \"x\"").unwrap();
    assert_eq!(
        policy.canonical(),
        "cancuoc.policy/1\n\
         require=access,sod_signature,signer_chain,hashes,consistency,validity\n\
         access=prefer-pace\n\
         model=chain\n\
         anchors=any\n\
         crl_age_days=\n\
         list_age_days=\n\
         refused_hashes=\n\
         refused_schemes=\n\
         refused_curves=\n\
         refused_ciphers=\n\
         smallest_rsa=\n\
         smallest_ec=\n\
         smallest_dsa=\n\
         smallest_dh=\n"
    );
    assert_eq!(parse("name = \"x\"\n[algorithms]").unwrap(), policy);
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = r#"name = 1
title = { vi = "Quầy" }
require = ["luck", "chip", "chip", 4]
access = "none"
clone_protection = "yes"
model = "belt"
anchors = ["real"]
crl_age_days = 0
list_age_days = 4000
minimum = false
[algorithms]
refused_hashes = ["MD5"]
refused_schemes = "DSA"
refused_curves = ["P-192"]
refused_ciphers = ["ROT13"]
smallest_rsa = -1
smallest_ec = 600
smallest_rc4 = 1
"#;
    assert_eq!(
        faults(text),
        [
            seen(1, "name", "kind"),
            seen(2, "title.en", "missing"),
            seen(3, "require[1]", "choice"),
            seen(3, "require[3]", "twice"),
            seen(3, "require[4]", "kind"),
            seen(4, "access", "choice"),
            seen(5, "clone_protection", "kind"),
            seen(6, "model", "choice"),
            seen(7, "anchors", "kind"),
            seen(8, "crl_age_days", "range"),
            seen(9, "list_age_days", "range"),
            seen(10, "minimum", "unknown_key"),
            seen(12, "algorithms.refused_hashes[1]", "choice"),
            seen(13, "algorithms.refused_schemes", "kind"),
            seen(14, "algorithms.refused_curves[1]", "choice"),
            seen(15, "algorithms.refused_ciphers[1]", "choice"),
            seen(16, "algorithms.smallest_rsa", "range"),
            seen(17, "algorithms.smallest_ec", "range"),
            seen(18, "algorithms.smallest_rc4", "unknown_key"),
        ]
    );
}

#[test]
fn a_file_without_name_or_form_is_refused() {
    assert_eq!(faults(""), [seen(1, "name", "missing")]);
    for name in [
        "\"\"",
        "\" \"",
        "\"a\\nb\"",
        &format!("\"{}\"", "x".repeat(129)),
        r#"" counter""#,
        r#""counter\u00A0""#,
        r#""count\u200Ber""#,
        r#""counter\u202E""#,
    ] {
        assert_eq!(
            faults(&format!("name = {name}")),
            [seen(1, "name", "words")]
        );
    }
    let first = |text| faults(text).into_iter().next();
    assert_eq!(first("name = \"x\"\n[[["), Some(seen(2, "", "syntax")));
    let long = format!("name = \"x\"\n#{}", "x".repeat(MAX_FILE));
    assert_eq!(faults(&long), [seen(1, "", "too_long")]);
    assert_eq!(
        first("name = \"x\"\nname = \"y\""),
        Some(seen(2, "", "syntax"))
    );
}

#[test]
fn clone_protection_is_the_chip_and_takes_nothing_away() {
    let by_list = parse("name = \"x\"\nrequire = [\"chip\"]").unwrap();
    let by_key = parse("name = \"x\"\nclone_protection = true").unwrap();
    let by_both = parse("name = \"x\"\nclone_protection = true\nrequire = [\"chip\"]").unwrap();
    assert_eq!(by_list, by_key);
    assert_eq!(by_list, by_both);
    assert_eq!(
        faults("name = \"x\"\nrequire = [\"chip\"]\nclone_protection = false"),
        [seen(3, "clone_protection", "against")]
    );
    let without = parse("name = \"x\"\nclone_protection = false").unwrap();
    assert_eq!(without.requires(Check::Chip), None);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_reason(text in ".{0,200}") {
        if let Err(faults) = parse(&text) {
            prop_assert!(!faults.is_empty());
        }
    }

    #[test]
    fn a_policy_that_is_written_reads_back_as_itself(policy in crate::verify::policy::tests::any()) {
        prop_assert_eq!(parse(&policy.to_file()), Ok(policy));
    }
}
