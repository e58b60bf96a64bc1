//! Keeps spreadsheets from evaluating what is in CSV: much of it was chosen by strangers (names of hosts and ASes, what was
//! typed into a honeypot).
//!
//! The rule is that of [OWASP](https://owasp.org/www-community/attacks/CSV_Injection): a cell that would be a formula begins
//! with an apostrophe, which spreadsheets take for "this is text".

use std::borrow::Cow;

/// What formulas begin with, also in full width.
const STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Returns a cell that no spreadsheet takes for a formula; a number stays one.
///
/// ```
/// # use ipcascade::output::without_formula;
/// assert_eq!(without_formula("=1+1"), "'=1+1");
/// assert_eq!(without_formula("-33.87"), "-33.87");
/// ```
pub fn without_formula(cell: &str) -> Cow<'_, str> {
    // White space before a formula is passed over by some; tabs and line ends can begin one.
    let is_formula = cell.trim_start().starts_with(STARTS) || cell.starts_with(['\t', '\r', '\n']);
    match is_formula && !is_number(cell) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

fn is_number(cell: &str) -> bool {
    // `f64` also has names, such as "-inf".
    let is_digits = cell
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_digits && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_and_numbers_are_numbers() {
        for formula in [
            "=HYPERLINK(\"http://x\")",
            "+1+cmd|' /C calc'!A0",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "  =1",
            "＝1",
            "-inf",
            "-",
        ] {
            assert_eq!(without_formula(formula), format!("'{formula}"));
        }
        for plain in [
            "",
            "-33.87",
            "+12",
            "-1e-7",
            "AS64500",
            "a=b",
            "'=1",
            "2026-01-01",
        ] {
            assert_eq!(without_formula(plain), plain);
        }
    }
}
