//! Moments as text: what is written, and SQL that puts any deployed spelling into that form.

use chrono::{Datelike as _, Timelike as _};
use ipcascade_core::Timestamp;

/// The form in which `SQLAlchemy` writes naive UTC, which deployed readers expect; as text it sorts
/// by time.
pub(crate) fn text(moment: Timestamp) -> String {
    // A format string would be interpreted anew each time, and this is done several times per row.
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.timestamp_subsec_micros() % 1_000_000,
    )
}

/// SQL for the moment in `expression`, in the form of [`text`]; NULL for what is no moment.
///
/// SQLite's own functions know milliseconds only, so the fraction is taken over as text. They also
/// know `now`, which must not get into an index: hence the check for a year.
pub(crate) fn normalised(expression: &str) -> String {
    let x = expression;
    format!(
        "CASE WHEN length({x}) = 26 AND substr({x}, 11, 1) = ' ' THEN {x} \
         WHEN {x} GLOB '[0-9][0-9][0-9][0-9]-[0-9]*' THEN \
         strftime('%Y-%m-%d %H:%M:%S', substr({x}, 1, 19) || CASE WHEN substr({x}, 20, 1) = '.' \
         THEN ltrim(substr({x}, 21), '0123456789') ELSE substr({x}, 20) END) || \
         CASE WHEN substr({x}, 20, 1) = '.' \
         THEN substr(printf('%.6f', CAST('0' || substr({x}, 20, 7) AS REAL)), 2) \
         ELSE '.000000' END END"
    )
}
