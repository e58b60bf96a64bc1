//! Before anything is written, counted or copied: is this the inventory, are all rows visible, do the triggers fire? If
//! not, the store reports it, or corrects it.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod hidden_rows;
mod place;
mod schemas;
mod triggers;
