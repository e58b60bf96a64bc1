//! Fits tables into a terminal: text is shortened, and columns are left out; nothing is broken over lines.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::output::table::Align;

/// What is between two columns.
const BETWEEN: usize = 2;

/// What texts are shortened to at least.
const SHORTEST: usize = 12;

/// The widths of the columns that fit, by their positions; `None` for those that are left out.
pub(super) fn fitted(
    natural: &[usize],
    aligns: &[Align],
    by_importance: &[usize],
    width: usize,
) -> Vec<Option<usize>> {
    let mut kept: Vec<Option<usize>> = natural.iter().copied().map(Some).collect();
    let least = |position: usize| match aligns.get(position) {
        Some(Align::Left) => natural[position].min(SHORTEST),
        _ => natural[position],
    };
    let total = |kept: &[Option<usize>], of: &dyn Fn(usize) -> usize| {
        let positions = kept.iter().enumerate().filter(|(_, width)| width.is_some());
        let widths: Vec<usize> = positions.map(|(position, _)| of(position)).collect();
        widths.iter().sum::<usize>() + BETWEEN * widths.len().saturating_sub(1)
    };
    // The most important one is never left out.
    for &position in by_importance.iter().skip(1).rev() {
        if total(&kept, &least) <= width {
            break;
        }
        kept[position] = None;
    }
    let mut missing = total(&kept, &|position| natural[position]).saturating_sub(width);
    while missing > 0 {
        let longest = (0..kept.len())
            .filter(|&position| kept[position].is_some_and(|width| width > least(position)))
            .max_by_key(|&position| kept[position]);
        let Some(width) = longest.and_then(|position| kept[position].as_mut()) else {
            break;
        };
        *width -= 1;
        missing -= 1;
    }
    kept
}

/// A text with at most this many columns; one that is shortened ends with `…`.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        shown.push(c);
    }
    let mut shown = shown.trim_end().to_owned();
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_least_goes_first_and_the_longest_text_is_shortened() {
        let aligns = [Align::Whole, Align::Left, Align::Right];
        let natural = [15, 40, 8];
        assert_eq!(
            fitted(&natural, &aligns, &[0, 2, 1], 100),
            [Some(15), Some(40), Some(8)]
        );
        assert_eq!(
            fitted(&natural, &aligns, &[0, 2, 1], 47),
            [Some(15), Some(20), Some(8)]
        );
        assert_eq!(
            fitted(&natural, &aligns, &[0, 2, 1], 30),
            [Some(15), None, Some(8)]
        );
        assert_eq!(
            fitted(&natural, &aligns, &[0, 2, 1], 5),
            [Some(15), None, None]
        );
    }

    #[test]
    fn texts_are_cut_at_columns() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert_eq!(shortened("ab cdefg", 4), "ab…");
        assert_eq!(shortened("日本語です", 6), "日本…");
    }
}
