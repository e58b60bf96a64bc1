//! All rows, by what they are about.

mod backfill;
mod copy;
mod dns;
mod look_up;
mod postgres;
mod ptr;
mod refresh;
mod sqlite;
mod verify;

use super::row::BenchRow;
pub(crate) use sqlite::remove;

/// All rows, in the order in which they are measured: what one leaves behind, later ones read.
pub(super) fn all() -> impl Iterator<Item = &'static BenchRow> {
    let groups: [&'static [BenchRow]; 9] = [
        look_up::ROWS,
        dns::ROWS,
        ptr::ROWS,
        sqlite::ROWS,
        postgres::ROWS,
        backfill::ROWS,
        verify::ROWS,
        copy::ROWS,
        refresh::ROWS,
    ];
    groups.into_iter().flatten()
}
