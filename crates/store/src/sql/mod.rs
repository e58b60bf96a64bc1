//! What databases that speak SQL share: the statements that read rows, and those on small tables. A database provides a
//! [`Dialect`], a transaction that takes statements ([`SqlTx`]) and a [`SqlRow`] of a result. Values are bound as `$1`,
//! `$2`, ….

mod books;
mod columns;
mod copies;
mod dialect;
mod list_statement;
mod providers;

pub use books::{
    addresses, asn_page, asns, audited, audited_page, documented_sessions, existing_asns, history,
    origins, orphan_sources, scan_addresses, scan_addresses_of, session_ids, session_rows,
    session_total, sessions, shares, totals,
};
pub use columns::{FromRow, of_address, row_of};
pub use copies::{copy_marks, write_copy_mark};
pub use dialect::{Arg, Dialect, SqlRow, SqlTx, alias, at_most, quoted};
pub use providers::{provider, provider_names, write_provider};

/// The rows of a page, and the position of the last of them.
pub type PageOf<T> = (Vec<T>, Option<String>);
