//! The limits that benchmarks are compared with: honest programs that do one thing with nothing around it.

mod command;
pub mod load;
pub mod look_up;
pub mod one_address;
pub mod statements;

pub use command::Limit;

/// The tables, each with its key column, and with a column that has no index.
pub const TABLES: [(&str, &str, &str); 4] = [
    ("asn_inventory", "asn_number", "created_at"),
    ("ip_inventory", "ip_address", "created_at"),
    ("session_summaries", "session_id", "snapshot_country"),
    ("ip_asn_history", "ip_address", "verification_source"),
];
