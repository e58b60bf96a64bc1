//! Claims the addresses that are due for work.

mod claim;
mod due;
mod leases;

pub(super) use claim::lasting;
pub use due::{
    a_newer_data_version_makes_sections_due, a_scarce_provider_gets_the_busiest_addresses,
    attributed_addresses_can_be_left_out, bogons_are_never_due, failures_wait_for_their_time,
    families_that_a_provider_cannot_do_are_not_due, fresh_sections_are_not_due,
    missing_and_stale_sections_are_due, missing_sections_are_due_as_the_step_says,
};
pub use leases::{
    a_lease_ends, many_owners_share_everything_once, release_affects_only_ones_own_leases,
    the_limit_holds, two_owners_never_get_the_same_address,
};
