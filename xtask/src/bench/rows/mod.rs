//! All rows, by topic.

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

/// All rows, in the order of measurement: later ones read what earlier ones leave behind.
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
