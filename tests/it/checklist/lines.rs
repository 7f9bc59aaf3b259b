//! The 45 lines, in our own words, with the codes that catch and the tests that attack.

use super::Line;

/// Every line, in its order.
pub(super) const LINES: &[Line] = &[
    Line {
        number: 1,
        is: "Secure messaging: the response's code is checked, all of it, before anything in it is used",
        codes: &["channel.bad_mac"],
        tests: &[
            "conformance::messaging::an_answer_with_a_false_code_ends_the_channel",
            "conformance::messaging::an_answer_without_a_code_ends_the_channel",
            "conformance::messaging::success_without_data_is_no_file",
            "channel::a_wrong_code_ends_the_channel_at_every_protected_answer",
            "channel::no_flipped_bit_of_a_protected_answer_is_taken_by_the_channel",
        ],
    },
    Line {
        number: 2,
        is: "The protected status is there and is the same as the one outside",
        codes: &["channel.status_mismatch"],
        tests: &[
            "conformance::messaging::an_answer_with_another_status_inside_ends_the_channel",
            "conformance::messaging::an_answer_without_a_status_object_ends_the_channel",
        ],
    },
    Line {
        number: 3,
        is: "A status in the clear ends the channel and is no success",
        codes: &["channel.plain_answer"],
        tests: &[
            "channel::a_bare_9000_is_never_success_in_the_channel",
            "channel::no_status_in_the_clear_is_followed_in_the_channel",
            "conformance::messaging::data_in_the_clear_are_not_taken",
        ],
    },
    Line {
        number: 4,
        is: "The send sequence counter goes forward only",
        codes: &["channel.bad_mac"],
        tests: &[
            "channel::an_earlier_answer_does_not_serve_again",
            "conformance::messaging::an_answer_with_a_code_under_another_counter_ends_the_channel",
        ],
    },
    Line {
        number: 5,
        is: "BAC: code and both random numbers are checked",
        codes: &["access.bad_answer"],
        tests: &[
            "conformance::bac::a_false_code_or_cryptogram_proves_nothing",
            "conformance::bac::numbers_that_are_not_those_of_this_session_prove_nothing",
        ],
    },
    Line {
        number: 6,
        is: "PACE: keys differ, points and numbers are in their groups, the token is compared",
        codes: &[
            "access.invalid_key",
            "access.reflected_key",
            "access.chip_token",
        ],
        tests: &[
            "conformance::pace::our_own_token_sent_back_opens_nothing",
            "conformance::pace::a_point_that_is_not_on_the_curve_opens_nothing",
        ],
    },
    Line {
        number: 7,
        is: "A PACE that failed does not become BAC in silence",
        codes: &["access.bac_downgrade"],
        tests: &[
            "protocols::a_policy_that_requires_pace_does_not_open_by_bac",
            "attacks_protocols::every_downgrade_shows",
        ],
    },
    Line {
        number: 8,
        is: "EF.CardAccess is compared with what is signed",
        codes: &["consistency.card_access"],
        tests: &[
            "attacks_protocols::a_way_that_nobody_signed_shows",
            "conformance::pace_chip::an_offer_that_was_hidden_is_found_out",
        ],
    },
    Line {
        number: 9,
        is: "Nonces and ephemeral keys are new in every session",
        codes: &[],
        tests: &[
            "checklist::attacks::no_nonce_and_no_key_of_ours_comes_in_two_sessions",
            "conformance::matrix::every_run_of_chip_authentication_has_an_ephemeral_key_of_its_own",
            "replay::a_trace_does_not_answer_a_fresh_run",
        ],
    },
    Line {
        number: 10,
        is: "CAN, PIN and PUK: tries are told, none is made twice, keys are wiped",
        codes: &["access.wrong_key"],
        tests: &[
            "pace::a_wrong_pin_costs_one_try_and_is_never_tried_again",
            "attacks_protocols::a_wrong_pin_costs_at_most_one_try_whatever_is_odd_or_wrong_about_the_chip",
            "attacks_protocols::nobody_in_the_middle_makes_the_reader_spend_a_second_try",
            "found::a_card_lost_while_a_pin_is_tried_is_not_tried_again",
        ],
    },
    Line {
        number: 11,
        is: "Signed attributes must be there; content type and digest are compared",
        codes: &[
            "sod.attributes_missing",
            "sod.digest_mismatch",
            "sod.content_type",
        ],
        tests: &[],
    },
    Line {
        number: 12,
        is: "What is signed is the DER form of the attributes",
        codes: &["sod.signature_wrong"],
        tests: &[],
    },
    Line {
        number: 13,
        is: "Digest and signature algorithm fit, and are the signer info's own",
        codes: &["sod.algorithm_inconsistent"],
        tests: &[],
    },
    Line {
        number: 14,
        is: "The certificate is picked by signer id; several signers are refused",
        codes: &[
            "sod.several_signers",
            "sod.signer_missing",
            "sod.signature_wrong",
        ],
        tests: &[],
    },
    Line {
        number: 15,
        is: "The signer chains to an anchor of its country, by every rule of Doc 9303-12",
        codes: &[
            "chain.country",
            "chain.signature_wrong",
            "chain.key_usage",
            "chain.not_ca",
            "chain.path_length",
            "chain.critical_extension",
            "chain.no_anchor",
            "consistency.document_type",
        ],
        tests: &[],
    },
    Line {
        number: 16,
        is: "A self-signed signer, or one that is an anchor itself, is refused",
        codes: &["chain.self_signed"],
        tests: &[],
    },
    Line {
        number: 17,
        is: "Signed within the signer's period, issued within the authority's; today is told apart",
        codes: &[
            "validity.signed_outside_period",
            "chain.anchor_period",
            "validity.signer_expired",
            "validity.clock_doubtful",
        ],
        tests: &[
            "models::a_signer_that_is_over_counts_against_the_document_in_the_shell_model_alone",
            "models::a_doubtful_clock_leaves_open_what_asks_for_today_and_nothing_else",
            "attacks::an_expired_document_is_out_of_force_whatever_is_known_of_its_signing",
        ],
    },
    Line {
        number: 18,
        is: "Revocation is good, revoked, stale or not checked, and a list counts by its signature",
        codes: &[
            "revocation.revoked",
            "revocation.stale",
            "revocation.no_crl",
        ],
        tests: &[
            "models::a_list_that_was_asked_is_named",
            "policies::the_age_of_a_revocation_list_counts",
            "promise::certificates::no_bit_of_a_list_makes_a_revoked_signer_good",
        ],
    },
    Line {
        number: 19,
        is: "Weak algorithms are flagged by the policy",
        codes: &["sod.algorithm_weak", "chain.algorithm_weak"],
        tests: &[
            "policies::the_hash_of_a_signature_is_refused_by_name",
            "policies::keys_are_refused_by_size_curve_and_scheme",
            "policies::every_signature_on_the_way_counts",
        ],
    },
    Line {
        number: 20,
        is: "Explicit curve parameters count only as those of a known curve",
        codes: &["sod.algorithm_unknown", "chain.algorithm_unknown"],
        tests: &["attacks_protocols::values_beside_the_group_are_no_keys"],
    },
    Line {
        number: 21,
        is: "Every group that was read is hashed; unsigned ones are never trusted, unread ones are named",
        codes: &["hashes.mismatch", "hashes.unsigned"],
        tests: &[
            "forgeries::neighbours::every_group_is_named_in_its_state",
            "attacks::a_holder_that_nobody_signed_is_not_genuine",
        ],
    },
    Line {
        number: 22,
        is: "State in DG1, signer's country and anchor's country agree",
        codes: &["consistency.country", "chain.country"],
        tests: &[],
    },
    Line {
        number: 23,
        is: "Versions in the security object agree with EF.COM",
        codes: &["consistency.versions"],
        tests: &[],
    },
    Line {
        number: 24,
        is: "Group hashes alone never make a pass",
        codes: &["sod.attributes_missing", "chain.no_anchor", "sod.unread"],
        tests: &["attacks_protocols::groups_that_somebody_made_up_cost_little_time"],
    },
    Line {
        number: 25,
        is: "Who vouches for the anchor is told",
        codes: &["chain.anchored"],
        tests: &[
            "models::the_chain_names_what_it_rests_on",
            "checklist::attacks::who_vouches_for_the_anchor_is_told",
        ],
    },
    Line {
        number: 26,
        is: "Keys in DG14, DG15 and EF.CardSecurity count only when vouched for",
        codes: &["chip.not_vouched", "hashes.mismatch"],
        tests: &[
            "attacks_protocols::a_key_that_the_clone_put_into_ef_cardsecurity_proves_nothing",
            "conformance::active::a_key_that_nobody_signed_is_not_genuine",
        ],
    },
    Line {
        number: 27,
        is: "Active authentication: a fresh challenge, all of the signature checked",
        codes: &["chip.proof_failed"],
        tests: &[
            "chip::trailers_and_algorithms_that_nobody_signed_prove_nothing",
            "attacks::the_proof_of_another_session_proves_nothing",
            "chip::an_exchange_that_was_not_made_for_the_party_does_not_serve_it",
        ],
    },
    Line {
        number: 28,
        is: "Chip authentication: the vouched key, proven by an exchange under new keys",
        codes: &["chip.proof_failed", "chip.key_malformed"],
        tests: &[
            "chip::a_chip_that_stays_on_its_old_keys_has_proven_nothing",
            "forgeries::neighbours::chip_authentication_belongs_to_the_key_of_this_card",
        ],
    },
    Line {
        number: 29,
        is: "The mapping of PACE-CAM: the key of the signed EF.CardSecurity, compared with DG14",
        codes: &["chip.proof_failed", "consistency.card_access"],
        tests: &[
            "attacks_protocols::a_mapping_of_one_card_does_not_prove_the_groups_of_another",
            "attacks_protocols::ef_cardsecurity_of_another_card_proves_nothing",
        ],
    },
    Line {
        number: 30,
        is: "What the security object offers and the chip refuses is a failure; no offer is told",
        codes: &["chip.refused", "chip.no_clone_protection"],
        tests: &[
            "chip::a_chip_that_refuses_everything_is_refused_whatever_it_says",
            "attacks_protocols::a_clone_that_refuses_the_mapping_is_found_out",
        ],
    },
    Line {
        number: 31,
        is: "A recorded conversation does not serve again, and a capture proves nothing alive",
        codes: &["chip.not_live"],
        tests: &[
            "replay::a_trace_does_not_answer_a_fresh_run",
            "replay::a_capture_survives_being_saved_and_can_never_claim_a_live_proof",
            "forgeries::neighbours::a_live_proof_belongs_to_its_session",
            "attacks_protocols::a_capture_that_was_edited_proves_nothing",
        ],
    },
    Line {
        number: 32,
        is: "What is stripped from EF.COM or EF.CardAccess lowers nothing unnoticed",
        codes: &[
            "chip.refused",
            "access.bac_downgrade",
            "consistency.card_access",
        ],
        tests: &["forgeries::neighbours::stripping_shows_although_com_agrees_with_it"],
    },
    Line {
        number: 33,
        is: "That a relay cannot be excluded is told",
        codes: &[],
        tests: &["checklist::attacks::that_a_relay_cannot_be_excluded_is_told"],
    },
    Line {
        number: 34,
        is: "Terminal authentication: chain, dates, rights, links",
        codes: &[],
        tests: &[
            "terminal_authentication::what_is_wrong_with_a_chain_is_found_before_the_chip_sees_it",
            "terminal_authentication::only_what_the_whole_chain_allows_is_read",
            "terminal_authentication::a_link_brings_a_card_up_to_date_once",
        ],
    },
    Line {
        number: 35,
        is: "It is bound to the ephemeral key and to the document",
        codes: &[],
        tests: &[
            "eac_transcripts::terminal_authentication_goes_as_published_from_the_channel_of_pace_to_the_signature",
            "conformance::terminal::a_signature_that_the_chip_checks_against_another_number_is_refused",
        ],
    },
    Line {
        number: 36,
        is: "The terminal's key may stay in a hardware module",
        codes: &[],
        tests: &[
            "terminal_identity::the_key_may_stay_in_a_hardware_module",
            "terminal_identity::keys_in_a_module_sign_every_way",
        ],
    },
    Line {
        number: 37,
        is: "Depth, count and length are bounded everywhere",
        codes: &["data.malformed"],
        tests: &[
            "hostile::nesting_without_end_is_an_outcome_of_every_decoder",
            "hostile::indefinite_lengths_without_end_are_an_outcome_of_every_decoder",
            "attacks::a_chip_that_never_ends_is_given_up",
            "attacks_protocols::files_full_of_keys_cost_little_time",
        ],
    },
    Line {
        number: 38,
        is: "No bytes bring a decoder down",
        codes: &["data.malformed"],
        tests: &[
            "hostile::every_hostile_file_has_the_outcome_that_is_named",
            "bad_input::garbage_in_any_file_ends_cleanly_and_never_as_genuine",
            "bad_input::garbage_under_an_honest_seal_ends_cleanly_too",
        ],
    },
    Line {
        number: 39,
        is: "Pictures are bounded in width, height, memory and time",
        codes: &["image.too_large"],
        tests: &["pictures::headers_that_say_the_same_over_and_over_are_refused"],
    },
    Line {
        number: 40,
        is: "Control characters reach neither screen nor program",
        codes: &[],
        tests: &[
            "details::no_control_character_reaches_anybody",
            "details::no_text_passes_for_a_line_of_this_program_or_grows_without_bound",
        ],
    },
    Line {
        number: 41,
        is: "The verdict follows from outcomes, never from the absence of errors",
        codes: &["sod.unread"],
        tests: &[
            "checklist::attacks::where_nothing_was_found_out_nothing_passes",
            "bad_input::a_capture_with_a_file_less_is_never_more_than_inconclusive",
        ],
    },
    Line {
        number: 42,
        is: "A signed report holds version, policy, anchors, lists and evidence, and a changed one is seen",
        codes: &["report.signature_wrong"],
        tests: &[
            "promise::reports::no_bit_of_a_signed_report",
            "signed_reports::a_signed_report_holds_on_another_machine_and_its_capture_says_the_same",
            "signed_reports::another_spelling_is_the_same_report_and_every_changed_byte_is_seen",
            "signed_reports::dates_anchors_and_revocations_are_compared_with_what_is_here",
        ],
    },
    Line {
        number: 43,
        is: "No log holds a key, a number, a name or a picture",
        codes: &[],
        tests: &[
            "program::no_log_holds_personal_data",
            "attacks_protocols::nothing_that_is_printed_for_programmers_holds_a_secret",
        ],
    },
    Line {
        number: 44,
        is: "A registry that was not reached has not said no",
        codes: &["registry.not_reached", "registry.bad_answer"],
        tests: &[],
    },
    Line {
        number: 45,
        is: "The trust store changes by signature or fingerprint, and never back",
        codes: &["trust.older", "trust.list_unsigned", "trust.list_signature"],
        tests: &[
            "trust_store::an_anchor_gets_in_by_its_fingerprint_alone",
            "trust_publishers::a_list_is_refused_unless_somebody_known_signed_it",
            "trust_publishers::a_newer_list_replaces_the_one_in_place_and_an_older_one_never",
            "trust_store::a_crl_gives_way_to_a_newer_one_alone",
            "trust_store::damage_is_seen_and_named",
            "trust_command::a_master_list_counts_by_who_signed_it",
            "trust_command::what_is_bad_is_refused_with_its_code_and_the_store_stays",
        ],
    },
];
