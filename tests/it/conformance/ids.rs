//! Which test plays which case, with the case in our own words.

/// Where a case is played.
pub enum Place {
    /// By this test: modules and function.
    Played(&'static str),
    /// By none, for this reason.
    NotPlayable(&'static str),
}

use Place::NotPlayable;
use Place::Played;

/// What is said of a case that is there no more.
const DELETED: &str = "the edition that the list follows has deleted the case";

/// Opening.
const A: &[(&str, Place)] = &[
    // A chip without access control is read.
    (
        "ISO7816_A_01",
        Played("attacks::a_chip_without_access_control_still_proves_itself"),
    ),
    // A chip behind BAC is read.
    (
        "ISO7816_A_02",
        Played("conformance::bac::a_chip_that_does_all_right_is_genuine"),
    ),
    // SELECT of the application is refused.
    (
        "ISO7816_A_03",
        Played("conformance::bac::a_chip_without_the_application_is_no_travel_document"),
    ),
];

/// BAC, secure messaging, and the signer.
const B: &[(&str, Place)] = &[
    // BAC: the answer's code is false.
    (
        "ISO7816_B_01",
        Played("conformance::bac::a_false_code_or_cryptogram_proves_nothing"),
    ),
    // BAC: the answer holds other numbers.
    (
        "ISO7816_B_02",
        Played("conformance::bac::numbers_that_are_not_those_of_this_session_prove_nothing"),
    ),
    // BAC: EXTERNAL AUTHENTICATE is refused.
    (
        "ISO7816_B_03",
        Played("conformance::bac::a_cryptogram_that_the_chip_refuses_means_another_key"),
    ),
    // An error of secure messaging.
    (
        "ISO7816_B_04",
        Played(
            "conformance::messaging::a_status_of_secure_messaging_in_the_clear_ends_the_channel",
        ),
    ),
    // No checksum in an answer.
    (
        "ISO7816_B_05",
        Played("conformance::messaging::an_answer_without_a_code_ends_the_channel"),
    ),
    // No cryptogram in an answer.
    (
        "ISO7816_B_06",
        Played("conformance::messaging::success_without_data_is_no_file"),
    ),
    // No status object in an answer.
    (
        "ISO7816_B_07",
        Played("conformance::messaging::an_answer_without_a_status_object_ends_the_channel"),
    ),
    // A false checksum.
    (
        "ISO7816_B_08",
        Played("conformance::messaging::an_answer_with_a_false_code_ends_the_channel"),
    ),
    // A false cryptogram.
    (
        "ISO7816_B_09",
        Played(
            "conformance::messaging::a_false_cryptogram_ends_the_channel_although_its_code_is_right",
        ),
    ),
    // The signer is on a revocation list.
    (
        "ISO7816_B_10",
        Played("forgeries::passive::every_forged_signature_chain_and_list_is_caught_by_its_check"),
    ),
];

/// Reading files.
const C: &[(&str, Place)] = &[
    // A group cannot be selected.
    (
        "ISO7816_C_01",
        Played(
            "conformance::reading::a_group_that_the_chip_refuses_is_not_judged_as_if_it_were_there",
        ),
    ),
    // A group beyond short offsets.
    (
        "ISO7816_C_02",
        Played("conformance::reading::a_group_longer_than_short_offsets_reach_is_read_whole"),
    ),
    // Reads over the end.
    (
        "ISO7816_C_03",
        Played("conformance::reading::a_read_over_the_end_of_a_file_is_borne"),
    ),
    // 6B00 at the end.
    (
        "ISO7816_C_04",
        Played("conformance::reading::the_end_of_a_file_may_be_said_with_6b00"),
    ),
    // 6282 at the end.
    (
        "ISO7816_C_05",
        Played("conformance::reading::the_end_of_a_file_may_be_said_with_6282"),
    ),
    // 6Cxx at the end.
    (
        "ISO7816_C_06",
        Played("conformance::reading::the_end_of_a_file_may_be_said_with_the_right_length"),
    ),
    // READ BINARY with odd instruction.
    (
        "ISO7816_C_07",
        Played("conformance::reading::a_group_longer_than_short_offsets_reach_is_read_whole"),
    ),
    // A portrait of size zero.
    (
        "ISO7816_C_08",
        Played("conformance::reading::a_portrait_without_its_size_is_one"),
    ),
];

/// Chip authentication.
const D: &[(&str, Place)] = &[
    // DH key.
    (
        "ISO7816_D_01",
        Played("chip::diffie_hellman_in_every_group_with_every_cipher_and_length"),
    ),
    // ECDH key.
    (
        "ISO7816_D_02",
        Played("conformance::chip::a_chip_that_agrees_is_genuine"),
    ),
    // One key with a reference.
    (
        "ISO7816_D_03",
        Played("chip::several_keys_are_told_apart_by_their_references"),
    ),
    // Two keys with references.
    (
        "ISO7816_D_04",
        Played("chip::several_keys_are_told_apart_by_their_references"),
    ),
    // Three keys with references.
    (
        "ISO7816_D_05",
        Played("chip::several_keys_are_told_apart_by_their_references"),
    ),
    // A reference that the chip does not take.
    (
        "ISO7816_D_06",
        Played("conformance::chip::a_step_that_the_chip_refuses_is_not_genuine"),
    ),
    // A damaged DH key.
    (
        "ISO7816_D_07",
        Played("chip::a_damaged_key_is_named_and_proves_nothing"),
    ),
    // A damaged ECDH key.
    (
        "ISO7816_D_08",
        Played("chip::a_damaged_key_is_named_and_proves_nothing"),
    ),
    // The chip keeps its old keys.
    (
        "ISO7816_D_09",
        Played("conformance::chip::a_chip_that_goes_on_under_the_old_keys_is_not_genuine"),
    ),
    // Fresh ephemeral keys.
    (
        "ISO7816_D_10",
        Played(
            "conformance::matrix::every_run_of_chip_authentication_has_an_ephemeral_key_of_its_own",
        ),
    ),
    // Malformed information of a DH key.
    (
        "ISO7816_D_11",
        Played("conformance::chip::key_information_that_is_malformed_proves_nothing"),
    ),
    // Malformed information of an ECDH key.
    (
        "ISO7816_D_12",
        Played("conformance::chip::key_information_that_is_malformed_proves_nothing"),
    ),
    // References of key and info differ.
    (
        "ISO7816_D_13",
        Played("chip::references_may_be_zero_absent_or_others_than_the_chips"),
    ),
    // A command that needs extended length.
    (
        "ISO7816_D_14",
        Played("chip::diffie_hellman_in_every_group_with_every_cipher_and_length"),
    ),
    // Several status words for an unknown reference.
    (
        "ISO7816_D_15",
        Played("conformance::chip::a_step_that_the_chip_refuses_is_not_genuine"),
    ),
];

/// Terminal authentication.
const E: &[(&str, Place)] = &[
    // RSA PKCS#1 v1.5, SHA-1.
    (
        "ISO7816_E_01",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // RSA PKCS#1 v1.5, SHA-256.
    (
        "ISO7816_E_02",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // RSA-PSS, SHA-1.
    (
        "ISO7816_E_03",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // RSA-PSS, SHA-256.
    (
        "ISO7816_E_04",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // ECDSA, SHA-1.
    (
        "ISO7816_E_05",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // ECDSA, SHA-224.
    (
        "ISO7816_E_06",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // ECDSA, SHA-256.
    (
        "ISO7816_E_07",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // An authority without a chain.
    (
        "ISO7816_E_08",
        Played("terminal_authentication::what_a_chip_does_wrong_is_named"),
    ),
    // No authority.
    (
        "ISO7816_E_09",
        Played("terminal_authentication::what_a_chip_does_wrong_is_named"),
    ),
    // Three authorities.
    (
        "ISO7816_E_10",
        Played("terminal_authentication::what_a_chip_does_wrong_is_named"),
    ),
    // Another document number.
    (
        "ISO7816_E_11",
        Played(
            "conformance::terminal::a_signature_that_the_chip_checks_against_another_number_is_refused",
        ),
    ),
    // A challenge of seven bytes.
    (
        "ISO7816_E_12",
        Played("terminal_authentication::what_a_chip_does_wrong_is_named"),
    ),
    // A challenge of nine bytes.
    (
        "ISO7816_E_13",
        Played("terminal_authentication::what_a_chip_does_wrong_is_named"),
    ),
    // No right to DG3.
    (
        "ISO7816_E_14",
        Played("terminal_authentication::only_what_the_whole_chain_allows_is_read"),
    ),
    // No right to DG4.
    (
        "ISO7816_E_15",
        Played("terminal_authentication::only_what_the_whole_chain_allows_is_read"),
    ),
    // No right to either.
    (
        "ISO7816_E_16",
        Played("terminal_authentication::only_what_the_whole_chain_allows_is_read"),
    ),
    // The verifier's certificate is wrongly signed.
    (
        "ISO7816_E_17",
        Played("conformance::terminal::a_verifier_that_its_authority_did_not_sign_leads_nowhere"),
    ),
    // The terminal's certificate is wrongly signed.
    (
        "ISO7816_E_18",
        Played(
            "terminal_authentication::what_is_wrong_with_a_chain_is_found_before_the_chip_sees_it",
        ),
    ),
    // The chip's date is past the chain.
    (
        "ISO7816_E_19",
        Played("conformance::terminal::a_chain_that_the_chip_takes_for_expired_is_refused"),
    ),
    ("ISO7816_E_20", NotPlayable(DELETED)),
    ("ISO7816_E_21", NotPlayable(DELETED)),
    // Another file identifier in DG14.
    (
        "ISO7816_E_22",
        Played("conformance::terminal::ef_cvca_that_is_not_where_dg14_says_names_nobody"),
    ),
    // Another short identifier in DG14.
    (
        "ISO7816_E_23",
        Played("conformance::terminal::ef_cvca_that_is_not_where_dg14_says_names_nobody"),
    ),
    // A terminal without a chain.
    (
        "ISO7816_E_24",
        Played(
            "terminal_authentication::what_is_wrong_with_a_chain_is_found_before_the_chip_sees_it",
        ),
    ),
    ("ISO7816_E_25", NotPlayable(DELETED)),
    // Further groups.
    (
        "ISO7816_E_26",
        Played("conformance::terminal::further_groups_do_not_stand_in_the_way"),
    ),
    // RSA keys of different lengths.
    (
        "ISO7816_E_27",
        Played("conformance::terminal::keys_of_different_lengths_go_together"),
    ),
    // EC keys of different lengths.
    (
        "ISO7816_E_28",
        Played("conformance::terminal::keys_of_different_lengths_go_together"),
    ),
    // DG3 without DG4.
    (
        "ISO7816_E_29",
        Played("conformance::terminal::fingers_alone_and_irises_alone_are_read"),
    ),
    // DG4 without DG3.
    (
        "ISO7816_E_30",
        Played("conformance::terminal::fingers_alone_and_irises_alone_are_read"),
    ),
    // The chip's name is its key of PACE.
    (
        "ISO7816_E_31",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // One link.
    (
        "ISO7816_E_32",
        Played("terminal_authentication::a_link_brings_a_card_up_to_date_once"),
    ),
    // Two links.
    (
        "ISO7816_E_33",
        Played("conformance::terminal::two_links_in_a_row_bring_a_card_up_to_date"),
    ),
    // A link that is not needed.
    (
        "ISO7816_E_34",
        Played("terminal_authentication::a_link_brings_a_card_up_to_date_once"),
    ),
    // RSA PKCS#1 v1.5, SHA-512.
    (
        "ISO7816_E_35",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // RSA-PSS, SHA-512.
    (
        "ISO7816_E_36",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // ECDSA, SHA-384.
    (
        "ISO7816_E_37",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
    // ECDSA, SHA-512.
    (
        "ISO7816_E_38",
        Played(
            "terminal_authentication::every_kind_of_key_opens_fingers_and_irises_after_pace_and_bac",
        ),
    ),
];

/// Active authentication.
const F: &[(&str, Place)] = &[
    // RSA, SHA-1.
    (
        "ISO7816_F_01",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    // ECDSA.
    (
        "ISO7816_F_02",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    ("ISO7816_F_03", NotPlayable(DELETED)),
    // RSA, SHA-224.
    (
        "ISO7816_F_04",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    // RSA, SHA-256.
    (
        "ISO7816_F_05",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    // RSA, SHA-384.
    (
        "ISO7816_F_06",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    // RSA, SHA-512.
    (
        "ISO7816_F_07",
        Played("conformance::active::every_hash_function_with_rsa_and_with_ecdsa_proves_the_chip"),
    ),
    // A false trailer.
    (
        "ISO7816_F_08",
        Played("conformance::active::a_signature_with_a_wrong_or_unknown_trailer_is_not_genuine"),
    ),
    // An unknown algorithm.
    (
        "ISO7816_F_09",
        Played("conformance::active::an_algorithm_that_nobody_knows_is_not_guessed"),
    ),
];

/// PACE.
const G: &[(&str, Place)] = &[
    // Everything is right.
    (
        "ISO7816_G_01",
        Played("conformance::pace_chip::a_chip_that_does_all_right_is_genuine"),
    ),
    // Every group, generic mapping.
    (
        "ISO7816_G_02",
        Played("conformance::matrix::generic_mapping_opens_over_every_group"),
    ),
    // Every group, integrated mapping.
    (
        "ISO7816_G_03",
        Played("conformance::matrix::integrated_mapping_opens_over_every_group"),
    ),
    // Every cipher and agreement.
    (
        "ISO7816_G_04",
        Played("conformance::matrix::every_cipher_opens_with_every_agreement_and_mapping"),
    ),
    // Unknown entries beside PACEInfo.
    (
        "ISO7816_G_05",
        Played("conformance::matrix::entries_that_nobody_knows_are_passed_over"),
    ),
    // Several offers.
    ("ISO7816_G_06", Played("pace::the_strongest_way_is_taken")),
    // Two offers and explicit parameters.
    ("ISO7816_G_07", Played("pace::the_strongest_way_is_taken")),
    // MSE:Set AT is refused.
    (
        "ISO7816_G_08",
        Played("conformance::pace_chip::an_error_status_in_any_step_opens_nothing"),
    ),
    // Another nonce.
    (
        "ISO7816_G_09",
        Played("conformance::pace_chip::another_nonce_than_was_encrypted_opens_nothing"),
    ),
    // Step 1 is refused.
    (
        "ISO7816_G_10",
        Played("conformance::pace_chip::an_error_status_in_any_step_opens_nothing"),
    ),
    // Step 1 under another tag.
    (
        "ISO7816_G_11",
        Played("conformance::pace_chip::a_wrong_tag_in_any_step_opens_nothing"),
    ),
    // Step 2 is refused.
    (
        "ISO7816_G_12",
        Played("conformance::pace_chip::an_error_status_in_any_step_opens_nothing"),
    ),
    // Step 2 under another tag.
    (
        "ISO7816_G_13",
        Played("conformance::pace_chip::a_wrong_tag_in_any_step_opens_nothing"),
    ),
    // Bad data of the generic mapping.
    (
        "ISO7816_G_14",
        Played("conformance::pace_chip::a_value_of_the_wrong_length_in_any_step_opens_nothing"),
    ),
    // Bad data of the integrated mapping.
    (
        "ISO7816_G_15",
        Played("conformance::pace_chip::a_value_of_the_wrong_length_in_any_step_opens_nothing"),
    ),
    // A mapping point off the curve.
    (
        "ISO7816_G_16",
        Played("conformance::pace_chip::a_key_that_is_not_on_the_curve_opens_nothing"),
    ),
    // A mapping value that is none.
    (
        "ISO7816_G_17",
        Played("conformance::pace_chip::a_value_that_is_no_key_of_the_prime_field_opens_nothing"),
    ),
    // Step 3 is refused.
    (
        "ISO7816_G_18",
        Played("conformance::pace_chip::an_error_status_in_any_step_opens_nothing"),
    ),
    // Step 3 under another tag.
    (
        "ISO7816_G_19",
        Played("conformance::pace_chip::a_wrong_tag_in_any_step_opens_nothing"),
    ),
    // Bad data of the key agreement.
    (
        "ISO7816_G_20",
        Played("conformance::pace_chip::a_value_of_the_wrong_length_in_any_step_opens_nothing"),
    ),
    // An ephemeral point off the curve.
    (
        "ISO7816_G_21",
        Played("conformance::pace_chip::a_key_that_is_not_on_the_curve_opens_nothing"),
    ),
    // An ephemeral value that is none.
    (
        "ISO7816_G_22",
        Played("conformance::pace_chip::a_value_that_is_no_key_of_the_prime_field_opens_nothing"),
    ),
    // Our own key comes back.
    (
        "ISO7816_G_23",
        Played("conformance::pace_chip::our_own_key_sent_back_opens_nothing"),
    ),
    // Step 4 is refused.
    (
        "ISO7816_G_24",
        Played("conformance::pace_chip::an_error_status_in_any_step_opens_nothing"),
    ),
    // Step 4 under another tag.
    (
        "ISO7816_G_25",
        Played("conformance::pace_chip::a_wrong_tag_in_any_step_opens_nothing"),
    ),
    // A false token.
    (
        "ISO7816_G_26",
        Played("conformance::pace_chip::a_false_token_opens_nothing"),
    ),
    // EF.CardAccess is malformed.
    (
        "ISO7816_G_27",
        Played("conformance::pace_chip::an_offer_that_cannot_be_read_is_none"),
    ),
    // Unknown domain parameters.
    (
        "ISO7816_G_28",
        Played("conformance::pace_chip::an_offer_that_cannot_be_read_is_none"),
    ),
    // CAM: no tag.
    (
        "ISO7816_G_29",
        Played(
            "conformance::pace_chip::a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine",
        ),
    ),
    // CAM: no octet string.
    (
        "ISO7816_G_30",
        Played(
            "conformance::pace_chip::a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine",
        ),
    ),
    // CAM: wrong data.
    (
        "ISO7816_G_31",
        Played(
            "conformance::pace_chip::a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine",
        ),
    ),
    // CAM: another tag.
    (
        "ISO7816_G_32",
        Played(
            "conformance::pace_chip::a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine",
        ),
    ),
    // CAM: no data.
    (
        "ISO7816_G_33",
        Played(
            "conformance::pace_chip::a_chip_that_does_not_prove_itself_in_the_mapping_is_not_genuine",
        ),
    ),
    // CAM and passive authentication.
    (
        "ISO7816_G_34",
        Played("pace::the_mapping_proves_the_chip_under_the_signed_key"),
    ),
    // Data of CAM in generic mapping.
    (
        "ISO7816_G_35",
        Played(
            "conformance::pace_chip::data_of_the_mapping_in_another_mapping_prove_nothing_and_do_no_harm",
        ),
    ),
    // A wrong identifier of CAM beside an ordinary one.
    (
        "ISO7816_G_36",
        Played("conformance::matrix::a_mapping_under_a_wrong_identifier_leaves_the_ordinary_one"),
    ),
    ("ISO7816_G_37", NotPlayable(DELETED)),
    // CAM: DG14 says nothing.
    (
        "ISO7816_G_38",
        Played(
            "conformance::pace_chip::a_mapping_that_dg14_leaves_out_does_not_prove_this_document",
        ),
    ),
    // CAM: another key in EF.CardSecurity.
    (
        "ISO7816_G_39",
        Played(
            "conformance::pace_chip::a_key_of_the_mapping_that_is_not_the_signed_one_is_not_genuine",
        ),
    ),
    // CAM: no key in EF.CardSecurity.
    (
        "ISO7816_G_40",
        Played(
            "conformance::pace_chip::a_key_of_the_mapping_that_is_not_the_signed_one_is_not_genuine",
        ),
    ),
    // Every curve, CAM.
    (
        "ISO7816_G_41",
        Played("conformance::matrix::chip_authentication_mapping_opens_over_every_curve"),
    ),
];

/// Every case.
pub fn all() -> impl Iterator<Item = &'static (&'static str, Place)> {
    [A, B, C, D, E, F, G].into_iter().flatten()
}
