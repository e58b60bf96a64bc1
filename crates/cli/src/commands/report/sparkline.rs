//! Bars of one character each.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The counts as bars, the greatest as high as a line.
pub(super) fn sparkline(counts: &[u64]) -> String {
    let greatest = counts.iter().copied().max().unwrap_or_default().max(1);
    let bar = |count: &u64| {
        let eighths = (u128::from(*count) * BARS.len() as u128).div_ceil(u128::from(greatest));
        let height = usize::try_from(eighths).unwrap_or_default();
        match height.checked_sub(1) {
            Some(height) => BARS.get(height).copied().unwrap_or('█'),
            None => ' ',
        }
    };
    counts.iter().map(bar).collect()
}

/// The counts added up to at most `most` of them, each of as many as the others.
pub(super) fn together(counts: &[u64], most: usize) -> Vec<u64> {
    let size = counts.len().div_ceil(most.max(1)).max(1);
    counts.chunks(size).map(|part| part.iter().sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_is_as_high_as_a_line_and_nothing_is_blank() {
        assert_eq!(sparkline(&[0, 1, 4, 8]), " ▁▄█");
        assert_eq!(sparkline(&[0, 0]), "  ");
        assert_eq!(sparkline(&[u64::MAX, 1]), "█▁");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn many_counts_are_added_up() {
        assert_eq!(together(&[1, 2, 3, 4, 5], 2), [6, 9]);
        assert_eq!(together(&[1, 2], 10), [1, 2]);
    }
}
