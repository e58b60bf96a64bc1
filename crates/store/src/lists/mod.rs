//! Lists: which rows, in which order, how many. A database selects and sorts ([`Listing`](crate::listing::Listing)); what
//! a row means, and filters on which databases differ, are decided here.

mod address_blocks;
mod address_filter;
mod address_set;
mod addresses;
mod asns;
mod by_number;
mod by_section_value;
mod columns;
mod few_rows;
mod found_rows;
mod head;
mod readable_rows;
mod row_blocks;
mod section_values;
mod sessions;
mod sorted_rows;
mod tested_rows;
mod text_ranges;

pub use address_blocks::address_blocks;
pub use address_set::address_set;
pub use addresses::addresses;
pub use asns::asns;
pub use sessions::sessions;

/// How many rows a stream with this limit has at most.
fn most(limit: Option<u64>) -> usize {
    let most = limit.and_then(|limit| usize::try_from(limit).ok());
    most.unwrap_or(usize::MAX)
}
