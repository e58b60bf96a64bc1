//! Statements that write sets of rows, by table.

mod address_keys;
mod addresses;
mod arrays;
mod asns;
mod history;
mod repairs;
mod sessions;

pub(crate) use address_keys::{merge_address, rename_address, settle};
pub(crate) use addresses::{
    copy_addresses, insert_addresses, touch_addresses, update_addresses, write_versions,
};
pub(crate) use asns::{count_asns, insert_asns, update_asns, write_asn_records};
pub(crate) use history::insert_history;
pub(crate) use repairs::log_repairs;
pub(crate) use sessions::{
    copy_sessions, insert_sessions, take_snapshots, update_sessions, write_session_documents,
};
