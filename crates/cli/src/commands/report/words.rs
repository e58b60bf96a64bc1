//! Words that a report has in every format.

use crate::commands::report::figures::InvariantFigures;

/// How a count has changed, in percent of what it was before.
pub(super) fn change(now: u64, before: u64) -> String {
    match (now, before) {
        (now, before) if now == before => "±0 %".to_owned(),
        (_, 0) => "new".to_owned(),
        (now, before) => {
            let percent = (now as f64 - before as f64) / before as f64 * 100.0;
            match percent.abs() < 9.95 {
                true => format!("{percent:+.1} %"),
                false => format!("{percent:+.0} %"),
            }
        }
    }
}

/// Whether any of them does not hold.
pub(super) fn is_broken(invariants: &[InvariantFigures]) -> bool {
    invariants
        .iter()
        .any(|invariant| invariant.broken_count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_in_percent_of_what_was_before() {
        let shown = [
            (150, 100),
            (50, 100),
            (103, 100),
            (0, 7),
            (7, 0),
            (0, 0),
            (5, 5),
        ];
        let shown = shown.map(|(now, before)| change(now, before));
        let expected = ["+50 %", "-50 %", "+3.0 %", "-100 %", "new", "±0 %", "±0 %"];
        assert_eq!(shown, expected);
    }
}
