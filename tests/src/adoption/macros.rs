//! Declares the tests.

/// Declares one test for each case of adoption. The first argument is as for
/// [`store_conformance!`](ipcascade_testkit::store_conformance), the second a [`Flavour`](crate::adoption::Flavour).
#[macro_export]
macro_rules! adoption_conformance {
    ($fresh:ident, $flavour:ident) => {
        $crate::adoption_conformance! { @cases $fresh $flavour:
            inspecting_shows_the_sql_and_changes_nothing
            opening_adopts_and_leaves_nothing_pending
            statements_of_the_old_program_still_work
            columns_of_others_are_as_they_were
            rows_of_others_are_as_they_were
            everything_legible_is_read
            reading_needs_no_writing
            recording_works_on_adopted_tables
            foreign_writes_are_counted_from_then_on
            ases_that_others_name_get_their_row
            verify_reports_each_kind_of_fault
            a_dry_run_needs_no_adoption
            backfill_builds_as_rows_despite_the_faults
            repair_does_what_can_be_known
            widening_makes_room_for_every_asn
        }
    };
    (@cases $fresh:ident $flavour:ident: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                use $crate::adoption::Flavour;
                if let Some(subject) = super::$fresh().await {
                    $crate::adoption::$case(subject, Flavour::$flavour).await;
                }
            }
        )*
    };
}
