//! `exit-codes.md`: how a run ends.

use ipcascade::Exit;

use super::markdown;

/// Makes the page.
pub(super) fn page() -> String {
    let rows = Exit::ALL.map(|exit| vec![exit.code().to_string(), exit.meaning().to_owned()]);
    markdown::head("Exit codes")
        + &markdown::table(&["code", "meaning"], &rows)
        + "\nWhat makes the code other than 0 is printed to standard error as `error: …`, with `-q` too. A `warning: …` never changes it.\n"
}
