//! What databases that speak SQL share: the statements that read rows, and those on small tables. A database provides a
//! [`Dialect`], a transaction that takes statements ([`SqlTx`]) and a [`SqlRow`] of a result. Values are bound as `$1`,
//! `$2`, ….

mod activity;
mod address_heads;
mod address_keys;
mod addresses;
mod asns;
mod audit;
mod columns;
mod copies;
mod count_listed;
mod dialect;
mod keyed_rows;
mod list_statement;
mod moves;
mod providers;
mod section_values;
mod sessions;
mod totals;

pub use address_heads::end_of;
pub use audit::{audited, audited_page, scan_addresses};
pub use columns::{FromRow, of_address, row_of};
pub use dialect::{
    Arg, Dialect, LONGEST_VALUE, SqlRow, SqlTx, UNKNOWN_VALUE, alias, at_most, quoted,
};

/// The rows of a page, and the position of the last of them.
pub type PageOf<T> = (Vec<T>, Option<String>);
