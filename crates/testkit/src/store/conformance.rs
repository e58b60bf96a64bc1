//! The macro that declares a test for each case.

/// Declares one test for each of the [`cases`](crate::store::cases), in a module for each group.
///
/// The argument is the name of an `async fn() -> Option<Box<dyn StoreSubject>>` that creates an empty database
/// ([`StoreSubject`](crate::store::StoreSubject)), or returns `None` where the engine is not installed (and has
/// reported that). Names of groups after a colon leave the other groups out.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:ident) => {
        $crate::store_conformance! { $fresh:
            recording sessions statistics counts history lists claims providers backfill copying faults scale concurrency migration random operations
        }
    };
    ($fresh:ident: $($group:ident)*) => {
        $( $crate::store_conformance! { @cases $group $fresh } )*
    };
    (@cases recording $fresh:ident) => {
        $crate::store_conformance! { @group $fresh recording:
            a_new_address_brings_its_as_with_it
            a_known_address_is_updated
            the_same_batch_again_changes_nothing
            an_address_twice_in_a_batch_is_one_row
            spellings_of_one_address_are_one_row
            the_greatest_asn_is_kept
            the_signed_32_bit_boundary_has_no_effect
            odd_names_come_back_as_they_were
            nul_is_left_out
            a_move_leaves_history_and_moves_the_counts
            a_move_there_and_back_leaves_three_rows_of_history
            losing_the_origin_empties_the_as
            a_failure_keeps_the_old_section
            an_older_section_does_not_replace_a_newer_one
            a_bogon_is_marked_and_has_no_as
            an_address_that_becomes_a_bogon_leaves_its_as
            a_refresh_is_not_a_sighting
            sightings_widen_the_span_both_ways
            sections_of_others_survive
            better_metadata_replaces_worse
            what_lists_say_of_an_as_is_kept_with_it
            an_empty_batch_is_nothing
            an_address_that_was_deleted_meanwhile_stays_away
            a_second_process_sees_what_the_first_wrote
        }
    };
    (@cases sessions $fresh:ident) => {
        $crate::store_conformance! { @group $fresh sessions:
            a_session_counts_once
            a_log_read_twice_counts_once
            events_that_are_told_apart_count_once_in_any_order
            events_may_leave_out_where_their_session_is_from
            a_session_cut_by_log_rotation_is_whole
            one_id_on_two_sensors_is_two_sessions
            long_and_odd_ids_are_kept
            snapshots_are_taken_with_the_first_answers
            snapshots_never_change
            a_session_after_the_answers_has_its_snapshot_at_once
            sessions_move_with_their_address
        }
    };
    (@cases statistics $fresh:ident) => {
        $crate::store_conformance! { @group $fresh statistics:
            foreign_inserts_of_addresses_count
            foreign_deletes_of_addresses_count
            foreign_moves_of_addresses_count
            foreign_session_counts_are_summed
            foreign_inserts_of_sessions_count
            foreign_deletes_of_sessions_count
            foreign_moves_of_sessions_count
            foreign_bulk_statements_count
            foreign_sightings_widen_the_as
            a_missing_row_of_an_as_is_made_for_what_is_counted
            counting_a_session_does_not_update_its_address
        }
    };
    (@cases counts $fresh:ident) => {
        $crate::store_conformance! { @group $fresh counts:
            what_others_count_is_used_up_by_what_they_store
            many_sessions_at_once_use_up_their_counts
            a_restored_dump_has_the_counts_that_it_had
            sessions_of_ours_use_up_nothing
            an_owner_lowers_a_count_as_far_as_its_rows
            numbers_without_rows_survive_a_repair
            counts_of_adopted_rows_go_on_from_where_they_were
            an_adopted_count_covers_its_rows
            sessions_whose_rows_are_gone_are_known_by_number
            numbers_without_rows_are_part_of_a_record
        }
    };
    (@cases lists $fresh:ident) => {
        $crate::store_conformance! { @group $fresh lists:
            ases_come_in_the_requested_order
            ases_are_filtered
            ases_without_addresses_are_left_out_by_default
            addresses_come_in_the_requested_order
            addresses_are_filtered
            addresses_come_by_number
            addresses_of_one_prefix_come_by_number
            addresses_go_on_after_a_given_one
            the_set_of_a_list_has_its_addresses
            an_index_of_values_changes_no_answer
            sessions_are_filtered_newest_first
            sessions_are_counted_by_when_they_took_place
            moves_are_found
            limits_hold_and_a_stream_may_be_dropped
            rows_that_are_left_out_do_not_shorten_a_list
            countries_are_compared_in_any_case_and_as_a_whole
            a_prefix_contains_every_spelling
            known_answers_in_the_order_of_the_question
            totals_count_everything
            text_from_people_is_neither_pattern_nor_sql
        }
    };
    (@cases claims $fresh:ident) => {
        $crate::store_conformance! { @group $fresh claims:
            missing_and_stale_sections_are_due
            fresh_sections_are_not_due
            a_newer_data_version_makes_sections_due
            failures_wait_for_their_time
            bogons_are_never_due
            attributed_addresses_can_be_left_out
            two_owners_never_get_the_same_address
            many_owners_share_everything_once
            a_lease_ends
            release_affects_only_ones_own_leases
            the_limit_holds
            families_that_a_provider_cannot_do_are_not_due
            missing_sections_are_due_as_the_step_says
            a_scarce_provider_gets_the_busiest_addresses
        }
    };
    (@cases providers $fresh:ident) => {
        $crate::store_conformance! { @group $fresh providers:
            an_unknown_provider_has_an_empty_state
            a_deferral_is_seen_by_all
            a_pause_is_of_one_key_and_resuming_lifts_all_of_a_provider
            the_service_lock_is_held_by_one_at_a_time
            usage_adds_up_from_everywhere
            usage_begins_anew_with_a_new_quota_period
            a_burst_is_free_and_then_the_rate_holds
            the_rate_holds_for_all_processes_together
            a_bucket_outlives_the_process
        }
    };
    (@cases backfill $fresh:ident) => {
        $crate::store_conformance! { @group $fresh backfill:
            as_rows_are_built_from_foreign_rows
            what_lists_say_is_written_into_every_row
            metadata_is_the_best_among_all_addresses
            the_commonest_then_the_newest_value_wins
            sections_about_another_as_are_not_evidence
            a_second_run_changes_nothing
            an_as_without_addresses_goes_to_zero
            a_dry_run_writes_nothing_and_says_the_same
            a_limit_bounds_the_run
            limited_runs_get_everywhere
            a_stopped_run_is_resumed_to_the_same_end
            wrong_statistics_are_put_right
            metadata_of_unknown_source_is_kept_by_default
            nothing_to_do_is_not_an_error
            unreadable_documents_do_not_stop_it
            documents_of_others_about_an_as_are_kept
            since_goes_by_either_time_stamp
            rows_without_an_as_are_counted_by_reason
            a_row_without_metadata_has_no_time
        }
    };
    (@cases copying $fresh:ident) => {
        $crate::store_conformance! { @group $fresh copying:
            a_copy_is_equal_to_its_source
            a_copy_ended_after_each_batch_goes_on
            reading_goes_on_after_any_page
            rows_to_compare_come_by_the_bytes_of_their_keys
            a_second_copy_changes_nothing
            a_second_copy_brings_what_is_new
            a_move_without_a_history_goes_on_with_that_of_the_target
            a_copy_of_nothing_is_empty
            a_target_with_other_rows_is_refused
            rows_that_cannot_be_copied_are_named
            an_inconsistent_source_yields_a_consistent_copy
            what_is_not_the_same_is_found
            a_source_in_use_may_be_copied
            a_session_without_an_address_in_the_copy_is_corrected
            of_rows_with_one_key_the_last_counts
            sessions_known_only_as_a_number_come_beside_stored_ones
        }
    };
    (@cases faults $fresh:ident) => {
        $crate::store_conformance! { @group $fresh faults:
            asn_row_missing
            unique_ip_count
            total_session_count
            session_count
            seen_range
            seen_order
            session_address_missing
            history_missing
            address_spelling
            document_shape
            section_prefix
            attribution
            bogon_attributed
            an_empty_inventory_is_clean
            examples_are_limited_and_counts_are_not
            repair_of_many_rows_goes_in_batches
            repair_can_be_stopped_after_any_batch
            twins_keep_everything_that_either_knows
            twins_of_three_spellings_become_one_row
            an_odd_spelling_without_a_twin_keeps_its_row
            what_a_repair_takes_away_is_kept
            a_dry_run_of_a_repair_shows_each_value_and_writes_nothing
            an_orphan_session_of_a_private_address_is_given_a_marked_row
            repaired_history_begins_when_the_attribution_was_verified
            the_older_section_of_twins_is_kept
            sessions_that_are_spelled_better_than_their_address_count
            orphans_in_two_spellings_are_one_address
        }
    };
    (@cases scale $fresh:ident) => {
        $crate::store_conformance! { @group $fresh scale:
            forty_thousand_addresses_in_one_batch
            more_than_a_hundred_thousand_ases
        }
    };
    (@cases concurrency $fresh:ident) => {
        $crate::store_conformance! { @group $fresh concurrency:
            overlapping_writers_end_like_one_writer
            two_processes_bring_the_same_new_as
            moves_and_sightings_at_once_keep_the_books
            a_repair_beside_old_writers_ends_right
        }
    };
    (@cases history $fresh:ident) => {
        $crate::store_conformance! { @group $fresh history:
            another_program_moves_an_address
            a_move_without_a_time_is_observed_when_it_is_written
            another_program_moves_many_addresses
            our_move_of_an_adopted_address_keeps_what_it_leaves
            moves_of_ours_and_of_others_take_turns
            another_program_moves_and_deletes_an_address
            an_address_that_comes_back_has_its_history
        }
    };
    (@cases migration $fresh:ident) => {
        $crate::store_conformance! { @group $fresh migration:
            an_opened_store_has_nothing_pending
            migrating_again_does_nothing
            only_writing_makes_an_inventory
            opening_to_inspect_shows_and_changes_nothing
            many_processes_may_open_an_empty_database_at_once
            a_reader_reads_what_was_written
            odd_rows_do_not_break_reads
        }
    };
    (@cases random $fresh:ident) => {
        $crate::store_conformance! { @group $fresh random:
            any_sequence_of_batches_agrees_with_the_model
        }
    };
    (@cases operations $fresh:ident) => {
        $crate::store_conformance! { @group $fresh operations:
            any_sequence_of_operations_agrees_with_the_memory_store
        }
    };
    (@group $fresh:ident $group:ident: $($case:ident)*) => {
        mod $group {
            $(
                #[$crate::tokio::test(
                    crate = "ipcascade_testkit::tokio",
                    flavor = "multi_thread",
                    worker_threads = 2
                )]
                async fn $case() {
                    if let Some(subject) = super::$fresh().await {
                        $crate::store::cases::$group::$case(subject).await;
                    }
                }
            )*
        }
    };
}
