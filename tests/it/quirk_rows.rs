//! All 52 rows of what honest cards and readers do otherwise, with the quirks that play them and the
//! tests that show them. A row without either, and a quirk in no row, is a failure with its number.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::keys::RsaKey;
use cancuoc::sim::persona::ActiveRsa;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::quirk::Issued;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Tap;

/// One thing that cards or readers do.
struct Row {
    number: u8,
    title: &'static str,
    /// The quirks of the virtual card that do it; none where it is the terminal's own duty, or is
    /// played by a fault or a reader made for its test.
    quirks: &'static [Quirk],
    /// Tests that read it end to end: modules below `tests/it`, and a function.
    tests: &'static [&'static str],
}

const fn row(
    number: u8,
    title: &'static str,
    quirks: &'static [Quirk],
    tests: &'static [&'static str],
) -> Row {
    Row {
        number,
        title,
        quirks,
        tests,
    }
}

const LAST: u8 = 52;

const ROWS: &[Row] = {
    use Issued as I;
    use Quirk as Q;
    &[
        row(
            1,
            "The master file cannot be selected",
            &[
                Q::SelectMf6d00,
                Q::SelectMf6a86,
                Q::SelectMf6a81,
                Q::SelectMf6a87,
                Q::SelectMf6985,
            ],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "pace::odd_forms_of_the_commands_are_found",
            ],
        ),
        row(
            2,
            "EF.CardAccess is refused, called deactivated, or has no short identifier",
            &[
                Q::CardAccess6982AfterAid,
                Q::CardAccess6982,
                Q::CardAccess6283,
                Q::SfiUnsupported,
                Q::SfiNotFound,
            ],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "quirks::ef_cardaccess_is_found_whatever_the_card_says_to_larger_questions",
            ],
        ),
        row(
            3,
            "EF.CardAccess offers less than what is signed",
            &[Q::Issued(I::CardAccessOffersLess)],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            4,
            "MSE:Set AT will not have the domain parameters named, or will have nothing else",
            &[Q::ParameterReferenceRefused, Q::ParameterReferenceRequired],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            5,
            "PACEInfo without a number, with more than it should have, or with parameters of its own",
            &[
                Q::PaceInfoWithoutId,
                Q::PaceInfoExtraElements,
                Q::PaceDomainParameters,
                Q::FurtherInfos,
            ],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "pace::parameters_that_stand_apart_are_found",
            ],
        ),
        row(
            6,
            "PACE in several ways",
            &[Q::SeveralPaceInfos],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "pace::the_strongest_way_is_taken",
            ],
        ),
        row(
            7,
            "Wrong keys are counted, or not",
            &[],
            &[
                "pace::a_wrong_pin_costs_one_try_and_is_never_tried_again",
                "removal::what_the_chip_says_of_the_key_is_told_apart_and_never_tried_again",
            ],
        ),
        row(
            8,
            "GENERAL AUTHENTICATE with another expected length, or unchained",
            &[
                Q::GeneralAuthenticateNoLe,
                Q::GeneralAuthenticateLe256,
                Q::GeneralAuthenticateExtended,
                Q::GeneralAuthenticateUnchained6884,
                Q::GeneralAuthenticateUnchained6883,
            ],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            9,
            "Extended length is promised and refused, by chip or reader",
            &[
                Q::ExtendedRefused,
                Q::ProtectedExtendedRefused,
                Q::ReaderRefusesLength,
                Q::ReaderCutsAnswers,
            ],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            10,
            "61xx",
            &[Q::AnswersInParts(200)],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "quirk_rows::an_answer_in_pieces_is_fetched_in_the_channel",
            ],
        ),
        row(
            11,
            "6Cxx",
            &[Q::Le6cxx],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            12,
            "What comes at and over the end of a file",
            &[
                Q::EndOfFile6282,
                Q::EndOfFile6b00,
                Q::EndOfFile9000,
                Q::EndOfFileEmpty,
            ],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            13,
            "The header alone is refused",
            &[Q::HeaderReadRefused],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            14,
            "Pieces that are too large",
            &[
                Q::ChunkLimit(112),
                Q::ReadWhatFits,
                Q::ChunkLimit6282(200),
                Q::ChunkDrops(1_000),
            ],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            15,
            "Files beyond 32,767 bytes",
            &[Q::EvenReadEndsAt8000, Q::DiscretionaryTemplate],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "quirks::files_of_any_length_arrive_whole",
            ],
        ),
        row(
            16,
            "A plain status word in the channel",
            &[Q::PlainRefusal],
            &[
                "channel::a_bare_9000_is_never_success_in_the_channel",
                "channel::no_status_in_the_clear_is_followed_in_the_channel",
                "quirks::a_short_identifier_refused_in_the_clear_is_not_the_end",
            ],
        ),
        row(
            17,
            "A refusal inside the channel",
            &[],
            &["quirk_rows::a_refusal_inside_the_channel_leaves_it_open"],
        ),
        row(
            18,
            "The master file is current after PACE",
            &[],
            &["quirk_rows::the_application_is_selected_inside_the_channel"],
        ),
        row(
            19,
            "BAC is not offered, or the key is wrong",
            &[Q::BacAbsent6985, Q::BacAbsent6a88],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "quirks::a_card_that_offers_nothing_says_so_and_does_not_speak_of_the_key",
                "removal::a_wrong_key_is_a_wrong_key",
            ],
        ),
        row(
            20,
            "EXTERNAL AUTHENTICATE with another expected length",
            &[Q::ExternalAuthenticateLe00, Q::ExternalAuthenticateNoLe],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            21,
            "EF.COM is absent, damaged or wrong",
            &[
                Q::Issued(I::ComAbsent),
                Q::Issued(I::ComMalformed),
                Q::Issued(I::ComListsMore),
                Q::Issued(I::ComListsLess),
            ],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "forgeries::neighbours::what_com_lists_is_only_a_note",
            ],
        ),
        row(
            22,
            "A signed group that is not there, and a group that is not signed",
            &[Q::Issued(I::GroupAbsent), Q::Issued(I::GroupUnsigned)],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "quirks::issuer::a_signed_group_that_is_not_there_is_unread",
                "quirks::issuer::a_group_that_is_not_signed_is_never_read_by_itself_and_fails_when_asked_for",
            ],
        ),
        row(
            23,
            "Groups that would be encoded otherwise",
            &[Q::Issued(I::LongLengths)],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            24,
            "EF.SOD in BER, and attributes out of order",
            &[
                Q::Issued(I::SodIndefinite),
                Q::Issued(I::SodSplitOctets),
                Q::Issued(I::AttributesUnsorted),
                Q::Issued(I::AttributesSortedLate),
            ],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            25,
            "Old content types of the security object",
            &[Q::Issued(I::OldSodOid27), Q::Issued(I::OldSodOid528)],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            26,
            "The signer is not named letter for letter",
            &[
                Q::Issued(I::SignerNamePrintable),
                Q::Issued(I::SignerNameCase),
                Q::Issued(I::SignerNameSpaces),
                Q::Issued(I::SignerByKeyId),
                Q::Issued(I::SignerForeign),
            ],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "forgeries::neighbours::what_is_only_unusual_stays_genuine",
            ],
        ),
        row(
            27,
            "EF.SOD without a certificate",
            &[Q::Issued(I::SignerAbsent)],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "quirks::issuer::without_the_operators_certificate_a_signer_that_is_not_there_leaves_the_check_open",
            ],
        ),
        row(
            28,
            "Serial numbers, parameters and curves in other forms",
            &[
                Q::Issued(I::SerialNegative),
                Q::Issued(I::SerialZero),
                Q::Issued(I::ParametersNull),
                Q::Issued(I::ParametersAbsent),
                Q::Issued(I::CurveExplicit),
                Q::Issued(I::CurveSeed),
                Q::Issued(I::CurveBare),
            ],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            29,
            "A certificate that names the wrong hash or curve",
            &[
                Q::Issued(I::CertificateHashWrong),
                Q::Issued(I::CertificateCurveWrong),
            ],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            30,
            "RSA-PSS with defaults and with salts of any length",
            &[Q::Issued(I::PssDefaults), Q::Issued(I::PssSalt(20))],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            31,
            "A hash longer than the order",
            &[Q::Issued(I::HashLongerThanOrder)],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            32,
            "The hash of active authentication is not named",
            &[Q::ActiveHashMissing],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::a_hash_that_dg14_does_not_name_is_found",
            ],
        ),
        row(
            33,
            "Signatures of active authentication in other forms",
            &[Q::ActiveSignatureDer, Q::ActiveSignatureZeros],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::signatures_in_odd_forms_hold_and_are_named",
            ],
        ),
        row(
            34,
            "An answer of active authentication that does not fit",
            &[Q::ActiveEmptyOnShortLe],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::an_empty_answer_to_a_short_length_is_asked_for_again",
            ],
        ),
        row(
            35,
            "Active authentication is refused although DG15 is signed",
            &[],
            &["conformance::active::a_chip_that_refuses_is_not_genuine"],
        ),
        row(
            36,
            "A key of chip authentication without its info",
            &[Q::ChipInfoMissing],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::a_key_without_its_info_means_triple_des",
            ],
        ),
        row(
            37,
            "Key references that are zero, absent or several",
            &[Q::ChipKeyIdZero],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::references_may_be_zero_absent_or_others_than_the_chips",
                "chip::several_keys_are_told_apart_by_their_references",
            ],
        ),
        row(
            38,
            "Chip authentication will have the other form of MSE, or chaining",
            &[
                Q::ChipSetAt6f00,
                Q::ChipSetAt6a80,
                Q::ChipSetKat6f00,
                Q::ChipSetKat6a80,
                Q::ChipNeedsChaining,
            ],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "chip::chips_that_want_it_another_way_are_genuine_and_clones_are_not",
            ],
        ),
        row(
            39,
            "Chip authentication that proves nothing",
            &[],
            &["chip::a_chip_that_stays_on_its_old_keys_has_proven_nothing"],
        ),
        row(
            40,
            "Shared secrets with leading zeros",
            &[],
            &[
                "protocols::leading_zeros_in_the_coordinates_of_pace_do_not_matter",
                "protocols::leading_zeros_in_the_coordinates_of_chip_authentication_do_not_matter",
                "referee::agreement::leading_zeros_of_a_shared_secret_stay",
            ],
        ),
        row(
            41,
            "The encrypted data of chip authentication mapping",
            &[],
            &[
                "pace::the_mapping_proves_the_chip_under_the_signed_key",
                "pace::the_mapping_counts_only_where_the_signature_is_vouched_for",
            ],
        ),
        row(
            42,
            "DG11 with empty and unknown fields, and counts too large",
            &[
                Q::Issued(I::Dg11EmptyFields),
                Q::Issued(I::Dg11Count),
                Q::Issued(I::Dg11UnknownFields),
            ],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "quirks::issuer::further_details_are_read_with_and_without_quirks",
            ],
        ),
        row(
            43,
            "DG12 with dates in BCD",
            &[Q::Issued(I::Dg12BinaryDates)],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            44,
            "Portraits in other forms than they say",
            &[
                Q::Issued(I::PortraitType),
                Q::Issued(I::PortraitExif),
                Q::Issued(I::PortraitCodestream),
                Q::Issued(I::PortraitPadding),
            ],
            &["quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name"],
        ),
        row(
            45,
            "DG13 in any layout",
            &[Q::Issued(I::Dg13Foreign)],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "quirks::issuer::a_foreign_dg13_stays_raw",
            ],
        ),
        row(
            46,
            "Zones with short and long numbers, states of one letter, two-digit years",
            &[
                Q::Issued(I::MrzStateD),
                Q::Issued(I::MrzShortNumber),
                Q::Issued(I::MrzLongNumber),
                Q::Issued(I::MrzOptionalFiller),
                Q::Issued(I::MrzOptionalZero),
                Q::Issued(I::MrzTwoDigitYear),
            ],
            &[
                "quirks::issuer::every_quirk_of_issuers_ends_in_the_right_verdict_and_with_its_name",
                "quirks::issuer::every_zone_opens_its_card",
                "quirks::issuer::numbers_states_and_years_are_read_out_of_any_zone",
                "quirks::issuer::a_century_that_nothing_tells_is_named",
            ],
        ),
        row(
            47,
            "EF.DIR with several applications",
            &[Q::SeveralApplications],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "quirks::a_card_without_our_application_tells_which_it_has",
            ],
        ),
        row(
            48,
            "The card is lost in the middle of a read",
            &[Q::TagDrops(9)],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "found::a_card_lost_in_long_commands_and_put_back_is_genuine",
                "found::another_card_put_back_is_refused",
            ],
        ),
        row(
            49,
            "Readers that run PACE themselves",
            &[],
            &["reader_pace::a_reader_that_runs_pace_is_used_and_named"],
        ),
        row(
            50,
            "Another program resets the card, or holds the reader",
            &[Q::ResetByOther(9)],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "pcsc::a_card_that_another_program_keeps_is_in_use",
            ],
        ),
        row(
            51,
            "The reader goes to sleep, or the service starts again",
            &[Q::ReaderSleeps(9)],
            &[
                "quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name",
                "pcsc::a_service_that_starts_again_is_waited_for",
            ],
        ),
        row(
            52,
            "A short identifier leads out of the application",
            &[Q::SfiLeavesApplication],
            &["quirks::every_quirk_ends_in_the_right_verdict_and_with_its_name"],
        ),
    ]
};

/// Whether there is a test of this name.
fn is_test(place: &str) -> bool {
    let (module, function) = place.rsplit_once("::").unwrap();
    let file = format!("tests/it/{}.rs", module.replace("::", "/"));
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    source.is_ok_and(|source| source.contains(&format!("#[test]\nfn {function}() {{")))
}

#[test]
fn every_row_is_there_once_and_is_shown() {
    let numbers: Vec<u8> = ROWS.iter().map(|row| row.number).collect();
    let missing: Vec<u8> = (1..=LAST)
        .filter(|number| !numbers.contains(number))
        .collect();
    assert!(missing.is_empty(), "no rows {missing:?}");
    assert_eq!(numbers, Vec::from_iter(1..=LAST));
    for row in ROWS {
        let what = format!("row {} ({})", row.number, row.title);
        assert!(!row.tests.is_empty(), "nothing shows {what}");
        for test in row.tests {
            assert!(is_test(test), "{what}: no test {test}");
        }
    }
}

#[test]
fn every_quirk_stands_in_its_row() {
    for quirk in Quirk::ALL {
        let row = &ROWS[usize::from(quirk.row()) - 1];
        assert!(
            row.quirks.contains(&quirk),
            "{quirk} is not in row {}",
            row.number
        );
    }
    for row in ROWS {
        for quirk in row.quirks {
            assert_eq!(quirk.row(), row.number, "{quirk}");
            assert!(Quirk::ALL.contains(quirk), "{quirk}");
        }
    }
}

/// The table for people says what the reader does in every row.
#[test]
fn every_row_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deviations.md");
    let page = fs::read_to_string(path).unwrap();
    let documented: BTreeSet<u8> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    let missing: Vec<u8> = (1..=LAST)
        .filter(|number| !documented.contains(number))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/deviations.md has no rows {missing:?}"
    );
}

#[test]
fn a_name_of_no_test_is_found() {
    assert!(!is_test("quirk_rows::row"));
    assert!(!is_test("no_such_module::no_such_test"));
}

/// Row 10: an answer beyond what a short length asks for comes in pieces, inside the channel too.
#[test]
fn an_answer_in_pieces_is_fetched_in_the_channel() {
    let persona = cards::changed("an", |chip| {
        chip.lengths = Lengths::Short;
        chip.active_rsa = ActiveRsa {
            key: RsaKey::Active4096,
            ..ActiveRsa::USUAL
        };
    });
    let tap = Tap::new(cards::card(&persona, "pieces"));
    let heard = tap.heard();
    let mut tap = tap;
    let reading = cards::read(&mut tap, &cards::whole(cards::key(&persona)), "pieces").unwrap();
    let fetched = heard
        .borrow()
        .iter()
        .filter(|command| command[1] == 0xC0)
        .count();
    assert!(fetched > 0);
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
}

/// Row 17: the counter goes on over a refusal, and so does the read. EF.COM is not there.
#[test]
fn a_refusal_inside_the_channel_leaves_it_open() {
    for name in ["an", "binh", "chi"] {
        let persona = cards::changed(name, |chip| {
            chip.quirks.insert(Quirk::Issued(Issued::ComAbsent));
        });
        let reading = cards::read_own(&persona, "refusal").unwrap();
        assert!(reading.capture.missing.contains_key(&FileId::Com), "{name}");
        let after = FileId::Group(DataGroup::DG1);
        assert!(reading.capture.files.contains_key(&after), "{name}");
        assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine, "{name}");
    }
}

/// Row 18: under PACE the first command of the channel, or the next after EF.CardSecurity, selects
/// the application; nothing does so in the clear.
#[test]
fn the_application_is_selected_inside_the_channel() {
    let persona = cards::persona("an");
    let tap = Tap::new(cards::card(&persona, "select"));
    let heard = tap.heard();
    let mut tap = tap;
    let reading = cards::read(&mut tap, &cards::whole(cards::key(&persona)), "select").unwrap();
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
    let heard = heard.borrow();
    let selects = |class: u8| move |command: &&Vec<u8>| command[..3] == [class, 0xA4, 0x04];
    assert_eq!(heard.iter().filter(selects(0x00)).count(), 0);
    assert_eq!(heard.iter().filter(selects(0x0C)).count(), 1);
    let first = heard.iter().find(|command| command[0] == 0x0C).unwrap();
    assert_eq!(first[1..3], [0xA4, 0x04]);
}
