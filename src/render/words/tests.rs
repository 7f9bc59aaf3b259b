use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::fs;

use unicode_normalization::is_nfc;

use super::*;

/// The codes of checks and notes, which `verify` and `registry` give.
const CHECK_CODES: [(Kind, &str); 5] = [
    (
        Kind::Pass,
        "access.pace access.bac sod.signed chain.anchored revocation.good hashes.match
         consistency.agrees chip.chip_authentication chip.active_authentication chip.both
         validity.in_force registry.confirmed",
    ),
    (
        Kind::Open,
        "access.bac_downgrade access.none sod.algorithm_unknown sod.unread chain.no_anchor
         chain.algorithm_unknown chain.signer_unread revocation.no_crl revocation.stale
         revocation.not_checked hashes.unread consistency.not_checked chip.no_clone_protection
         chip.not_live chip.unsupported chip.not_vouched validity.signer_expired
         validity.clock_doubtful validity.unread registry.not_asked registry.not_reached
         registry.bad_answer registry.not_on_file chain.anchor_expired chain.anchor_not_yet_valid
         chain.too_many_candidates",
    ),
    (
        Kind::Fail,
        "access.channel sod.signature_wrong sod.attributes_missing sod.content_type
         sod.digest_mismatch sod.signer_missing sod.several_signers sod.algorithm_inconsistent
         sod.malformed chain.signature_wrong chain.key_usage chain.not_ca chain.path_length
         chain.critical_extension chain.country chain.self_signed
         chain.anchor_period revocation.revoked hashes.mismatch hashes.unsigned
         consistency.card_access consistency.country consistency.document_type consistency.dg13 consistency.mrz
         consistency.versions chip.refused chip.proof_failed validity.signed_outside_period
         validity.document_expired registry.replaced
         registry.reported_lost registry.revoked registry.expired registry.not_issued
         registry.mismatch",
    ),
    (
        Kind::Note,
        "deviation.com_lists_less deviation.com_lists_more deviation.com_unread
         deviation.signer_by_single_certificate deviation.old_sod_oid deviation.attributes_not_der
         deviation.mrz_check_digit",
    ),
    (Kind::Error, ""),
];

/// Text literals that follow `=> ` in a source file.
fn arms(source: &'static str) -> BTreeSet<&'static str> {
    let literals = source.split("=> \"").skip(1);
    literals.filter_map(|rest| rest.split('"').next()).collect()
}

fn codes_of_errors() -> BTreeSet<&'static str> {
    let words = arms(include_str!("../../error.rs")).into_iter();
    words.filter(|word| word.contains('.')).collect()
}

#[test]
fn every_error_has_an_entry_and_no_other_code_is_an_error() {
    let entries: BTreeSet<&str> = entries()
        .filter(|entry| entry.kind == Kind::Error)
        .map(|entry| entry.code)
        .collect();
    assert_eq!(entries, codes_of_errors());
}

#[test]
fn every_check_code_has_an_entry_of_its_outcome() {
    for (kind, codes) in CHECK_CODES {
        let codes: BTreeSet<&str> = codes.split_whitespace().collect();
        let entries: BTreeSet<&str> = entries()
            .filter(|entry| entry.kind == kind)
            .map(|entry| entry.code)
            .collect();
        if kind != Kind::Error {
            assert_eq!(entries, codes, "{kind:?}");
        }
    }
    let registry = [
        include_str!("../../registry/mod.rs"),
        include_str!("../../registry/answer.rs"),
    ];
    for code in registry
        .into_iter()
        .flat_map(arms)
        .filter(|code| code.contains('.'))
    {
        assert!(entry(code).is_some(), "{code}");
    }
}

#[test]
fn every_text_is_whole() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        assert!(seen.insert(entry.code), "{} twice", entry.code);
        for text in [entry.vi, entry.vi_remedy, entry.en, entry.en_remedy] {
            assert!(
                text.ends_with('.') && text.len() > 5,
                "{}: {text}",
                entry.code
            );
            assert!(!text.contains(". "), "one sentence each: {text}");
            assert!(is_nfc(text), "{text}");
        }
        assert!(
            !entry.vi.is_ascii() && !entry.vi_remedy.is_ascii(),
            "{}",
            entry.code
        );
        assert!(
            entry.vi_remedy.starts_with("Vui lòng "),
            "{}",
            entry.vi_remedy
        );
        for text in [entry.en, entry.en_remedy] {
            assert!(
                text.chars()
                    .all(|letter| letter.is_ascii() || "“”".contains(letter)),
                "{text}"
            );
        }
    }
    for (kind, names) in labels::LABELS {
        let unique: BTreeSet<&str> = names.iter().map(|(name, _, _)| *name).collect();
        assert_eq!(unique.len(), names.len(), "{kind:?}");
        assert!(
            names
                .iter()
                .all(|(_, vi, en)| !vi.is_empty() && en.is_ascii() && is_nfc(vi))
        );
    }
}

#[test]
fn every_next_action_and_verdict_has_a_name() {
    let words = arms(include_str!("../../error.rs")).into_iter();
    for action in words.filter(|word| !word.contains('.')) {
        assert!(
            label(Labelled::NextAction, action, Lang::Vi).is_some(),
            "{action}"
        );
    }
    for verdict in ["genuine", "not_in_force", "not_genuine", "inconclusive"] {
        for kind in [Labelled::Verdict, Labelled::VerdictExplanation] {
            assert!(label(kind, verdict, Lang::En).is_some(), "{verdict}");
        }
    }
    let words = arms(include_str!("../../registry/answer.rs")).into_iter();
    for word in words.filter(|word| !word.contains('.')) {
        let name = |kind| label(kind, word, Lang::Vi);
        assert!(
            name(Labelled::CardStatus)
                .or(name(Labelled::Agreement))
                .is_some(),
            "{word}"
        );
    }
}

#[test]
fn an_unknown_code_still_has_words() {
    assert!(entry("no.such_code").is_none());
    assert!(!sentence("no.such_code", Lang::Vi).is_empty());
    assert!(!remedy("no.such_code", Lang::En).is_empty());
    assert_eq!(label(Labelled::Field, "no_such_field", Lang::En), None);
    assert_eq!(Lang::from_code("vi"), Some(Lang::Vi));
    assert_eq!(Lang::from_code("fr"), None);
}

#[test]
fn a_quirk_is_named_with_or_without_its_number() {
    let name = |name| label(Labelled::Quirk, name, Lang::En);
    assert_eq!(name("chunk-limit-112"), name("chunk-limit"));
    assert!(name("chunk-limit").is_some());
    assert!(name("select-mf-6d00").is_some());
    assert_ne!(name("select-mf-6d00"), name("select-mf-6a86"));
    assert!(name("external-authenticate-le-00").is_some());
    assert_eq!(name("no-such-quirk-7"), None);
}

/// What `docs/codes.md` must hold.
fn documentation() -> String {
    let mut page = String::from(
        "# Codes\n\n\
         Made from the table in `src/render/words`; do not edit. After a change there, run\n\
         `CANCUOC_BLESS=1 cargo test --lib words`.\n\n\
         Codes are stable: scripts may lean on them. An *error* says that something could not be\n\
         found out; *pass*, *open* and *fail* are the outcomes of a check; a *note* changes\n\
         nothing. The second sentence is the remedy.\n",
    );
    let title = |family: &str, kind| match (family, kind) {
        (_, Kind::Error) => "Errors",
        ("access", _) => "Check `access`",
        ("sod", _) => "Check `sod_signature`",
        ("chain", _) => "Check `signer_chain`",
        ("revocation", _) => "Check `revocation`",
        ("hashes", _) => "Check `hashes`",
        ("consistency", _) => "Check `consistency`",
        ("chip", _) => "Check `chip`",
        ("validity", _) => "Check `validity`",
        ("registry", _) => "Check `registry`",
        _ => "Deviations",
    };
    let mut last = "";
    for Entry {
        code,
        kind,
        vi,
        vi_remedy,
        en,
        en_remedy,
    } in entries()
    {
        let title = title(code.split('.').next().unwrap(), *kind);
        if title != last {
            last = title;
            let head = "| code | | English | Tiếng Việt |\n|---|---|---|---|";
            writeln!(page, "\n## {title}\n\n{head}").unwrap();
        }
        let kind = kind.code();
        writeln!(
            page,
            "| `{code}` | {kind} | {en} {en_remedy} | {vi} {vi_remedy} |"
        )
        .unwrap();
    }
    page
}

#[test]
fn the_documentation_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes.md");
    let expected = documentation();
    if env::var_os("CANCUOC_BLESS").is_some() {
        fs::write(path, &expected).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/codes.md is old: CANCUOC_BLESS=1 cargo test --lib words"
    );
}
