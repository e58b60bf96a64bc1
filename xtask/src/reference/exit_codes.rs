//! `exit-codes.md`: how a run ends.

use ipcascade::Exit;

use super::markdown;

/// Makes the page.
pub(super) fn page() -> String {
    let rows = Exit::ALL.map(|exit| vec![exit.code().to_string(), exit.meaning().to_owned()]);
    markdown::head("Exit codes")
        + &markdown::table(&["code", "meaning"], &rows)
        + "\nWhatever makes the code 1, 2 or 3 is printed to standard error as `error: …`, even with `-q`. A `warning: …` never changes it.\n"
}
