//! That no worked example is forgotten: every figure of the collection beside the project stands in
//! `tests/vectors`, and every example names the tests that replay it, on the terminal's side and on
//! the chip's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use toml::Table;
use toml::Value;

/// An example, and where it is replayed: `file::function`.
struct Replayed {
    example: &'static str,
    terminal: &'static [&'static str],
    chip: &'static [&'static str],
}

const ROWS: [Replayed; 13] = [
    Replayed {
        example: "active_auth_rsa",
        terminal: &[
            "tests/it/transcripts.rs::active_authentication_goes_as_published_with_every_trailer",
            "tests/it/worked_values.rs::every_value_of_active_authentication_follows",
            "src/crypto/iso9796_2.rs::signatures_with_every_trailer",
        ],
        chip: &[
            "src/sim/chip/tests/transcripts.rs::active_authentication_goes_as_published_with_every_trailer",
        ],
    },
    Replayed {
        example: "bac",
        terminal: &[
            "tests/it/transcripts.rs::bac_and_the_secure_messaging_after_it_go_as_published",
            "tests/it/worked_values.rs::every_value_of_basic_access_control_follows",
        ],
        chip: &["src/sim/chip/tests/transcripts.rs::bac_and_secure_messaging_go_as_in_appendix_d"],
    },
    Replayed {
        example: "check_digits",
        terminal: &[
            "src/lds/mrz/mod.rs::published_check_digits_come_out",
            "src/lds/mrz/mod.rs::published_zones_are_taken_apart",
            "tests/it/worked_values.rs::every_published_zone_and_digit_follows",
        ],
        chip: &["src/sim/persona/mrz.rs::published_check_digits_come_out"],
    },
    Replayed {
        example: "eac2_dh",
        terminal: EAC_TERMINAL,
        chip: EAC_CHIP,
    },
    Replayed {
        example: "eac2_ecdh",
        terminal: EAC_TERMINAL,
        chip: EAC_CHIP,
    },
    // What version 1.02 of the example prints beyond.
    Replayed {
        example: "eac2_ecdh",
        terminal: &[
            "tests/it/eac_transcripts.rs::pace_with_the_terminals_rights_goes_as_published",
        ],
        chip: &[
            "src/sim/chip/tests/eac.rs::the_published_commands_of_pace_and_terminal_authentication_are_answered_byte_for_byte",
        ],
    },
    Replayed {
        example: "kdf",
        terminal: &[
            "src/crypto/kdf.rs::keys_of_the_worked_examples",
            "tests/it/worked_values.rs::sessions_from_every_published_secret_have_the_published_keys",
        ],
        chip: &[
            "src/sim/chip/tests/transcripts.rs::sessions_from_every_published_secret_have_the_published_keys",
        ],
    },
    Replayed {
        example: "pace_cam",
        terminal: &[
            PACE_TERMINAL,
            PACE_VALUES,
            "tests/it/pace_transcripts.rs::what_the_chip_proves_in_the_mapping_is_decrypted_and_fits_its_key",
            "tests/it/worked_values.rs::every_value_of_chip_authentication_mapping_follows",
            "src/crypto/agreement/tests/examples.rs::chip_authentication_mapping_of_appendix_i1",
        ],
        chip: &[PACE_CHIP],
    },
    Replayed {
        example: "pace_gm_dh",
        terminal: &[
            PACE_TERMINAL,
            PACE_VALUES,
            "tests/it/pace_transcripts.rs::the_last_answer_of_appendix_g2_opens_as_it_is_printed",
            "src/crypto/agreement/tests/examples.rs::generic_mapping_over_a_prime_field_of_appendix_g2",
        ],
        chip: &[PACE_CHIP],
    },
    Replayed {
        example: "pace_gm_ecdh",
        terminal: &[
            PACE_TERMINAL,
            PACE_VALUES,
            "src/crypto/agreement/tests/examples.rs::generic_mapping_over_a_curve_of_appendix_g1",
        ],
        chip: &[PACE_CHIP],
    },
    Replayed {
        example: "pace_im_dh",
        terminal: &[
            PACE_TERMINAL,
            PACE_VALUES,
            "src/crypto/agreement/tests/examples.rs::integrated_mapping_over_a_prime_field_of_appendix_h2",
            "src/crypto/agreement/tests/examples.rs::the_pseudo_random_numbers_of_appendix_h",
        ],
        chip: &[PACE_CHIP],
    },
    Replayed {
        example: "pace_im_ecdh",
        terminal: &[
            PACE_TERMINAL,
            PACE_VALUES,
            "src/crypto/agreement/tests/examples.rs::integrated_mapping_over_a_curve_of_appendix_h1",
            "src/crypto/agreement/tests/examples.rs::the_pseudo_random_numbers_of_appendix_h",
        ],
        chip: &[PACE_CHIP],
    },
    Replayed {
        example: "secure_messaging_3des",
        terminal: &[
            "tests/it/transcripts.rs::secure_messaging_goes_as_published_from_its_own_keys",
            "tests/it/worked_values.rs::every_value_of_secure_messaging_follows",
        ],
        chip: &["src/sim/chip/tests/transcripts.rs::bac_and_secure_messaging_go_as_in_appendix_d"],
    },
];

const PACE_TERMINAL: &str =
    "tests/it/pace_transcripts.rs::every_published_run_goes_as_published_down_to_the_session_keys";
const PACE_VALUES: &str = "tests/it/worked_values.rs::every_value_of_pace_follows";
const PACE_CHIP: &str = "src/sim/chip/tests/transcripts.rs::pace_goes_as_in_the_appendices";

const EAC_TERMINAL: &[&str] = &[
    PACE_TERMINAL,
    PACE_VALUES,
    "tests/it/eac_transcripts.rs::terminal_authentication_goes_as_published_from_the_channel_of_pace_to_the_signature",
    "tests/it/eac_transcripts.rs::the_published_terminal_signs_as_published",
    "tests/it/eac_transcripts.rs::the_published_certificates_say_what_the_example_says_and_hang_together",
    "tests/it/eac_transcripts.rs::chip_authentication_goes_as_published_down_to_the_session_keys",
    "tests/it/eac_transcripts.rs::the_first_cryptogram_and_the_first_code_behind_pace_come_out",
    "tests/it/eac_transcripts.rs::the_published_card_security_is_signed_and_says_what_card_access_says_and_more",
    "src/channel/chip_auth/tests.rs::version_two_goes_as_in_the_worked_examples",
    "src/pki/cvc/tests.rs::the_published_chains_hold",
];

const EAC_CHIP: &[&str] = &[
    "src/sim/chip/tests/transcripts.rs::pace_with_the_pin_goes_as_in_the_worked_example_of_eac",
    "src/sim/chip/tests/eac.rs::terminal_and_chip_authentication_go_as_in_the_worked_example",
    "src/sim/chip/tests/eac.rs::the_first_protected_command_of_the_worked_example_is_answered_byte_for_byte",
    "src/sim/chip/tests/eac.rs::card_security_of_the_worked_example_is_read_behind_pace_alone",
];

/// Shortest figure that is looked for, in hexadecimal digits.
const SHORTEST: usize = 16;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every figure of a file: an even number of hexadecimal digits, and not too few.
fn figures(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let digits = text.chars().all(|digit| digit.is_ascii_hexdigit());
            if digits && text.len() >= SHORTEST && text.len().is_multiple_of(2) {
                found.insert(text.to_lowercase());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| figures(value, found)),
        Value::Table(table) => table.values().for_each(|value| figures(value, found)),
        _ => {}
    }
}

fn figures_of(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let table: Table = text.parse().unwrap();
    let mut found = BTreeSet::new();
    figures(&Value::Table(table), &mut found);
    found
}

/// The examples of a folder, by their names.
fn examples(folder: &Path) -> Option<BTreeSet<String>> {
    let entries = fs::read_dir(folder).ok()?;
    let names = entries.filter_map(|entry| {
        let path = entry.unwrap().path();
        let is_one = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        is_one.then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
    });
    Some(names.collect())
}

#[test]
fn every_figure_of_the_collection_is_restated_here() {
    let collection = root().join("../shared/data/vectors");
    let Some(names) = examples(&collection) else {
        println!("skipped: no ../shared/data");
        return;
    };
    let mut missing = Vec::new();
    for name in &names {
        let file = format!("{name}.toml");
        let theirs = figures_of(&collection.join(&file));
        let ours = figures_of(&root().join("tests/vectors").join(&file));
        println!("{name}: {} figures, {} here", theirs.len(), ours.len());
        missing.extend(
            theirs
                .difference(&ours)
                .map(|figure| format!("{name}: {figure:.40}")),
        );
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let listed: BTreeSet<String> = ROWS.iter().map(|row| row.example.to_owned()).collect();
    let unlisted: Vec<&String> = names.difference(&listed).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

/// Whether a file holds a test of this name.
fn holds(source: &str, function: &str) -> bool {
    source
        .split("#[test]")
        .skip(1)
        .any(|test| test.trim_start().starts_with(&format!("fn {function}()")))
}

#[test]
fn every_example_is_replayed_on_both_sides() {
    for Replayed {
        example,
        terminal,
        chip,
    } in &ROWS
    {
        assert!(!terminal.is_empty() && !chip.is_empty(), "{example}");
        for (test, on_the_chip) in terminal
            .iter()
            .map(|test| (test, false))
            .chain(chip.iter().map(|test| (test, true)))
        {
            let (file, function) = test.split_once("::").unwrap();
            assert_eq!(file.starts_with("src/sim/"), on_the_chip, "{test}");
            let source = fs::read_to_string(root().join(file)).unwrap();
            assert!(holds(&source, function), "{example}: no test {test}");
            // Common files of tests read the examples for the tests beside them.
            let reads = format!("vectors/{example}.toml");
            let text = if on_the_chip && file.ends_with("/eac.rs") {
                let beside = root().join("src/sim/chip/tests/transcripts.rs");
                fs::read_to_string(beside).unwrap()
            } else {
                source
            };
            assert!(text.contains(&reads), "{test} does not read {reads}");
        }
    }
}
