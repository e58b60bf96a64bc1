//! Comparing what a command has printed with what its page shows.

/// Whether `real` is what `shown` stands for. A line `…` stands for any lines, `…` in a line for any text; how long
/// something took is not compared.
pub(crate) fn fits(shown: &[String], real: &[String]) -> bool {
    match shown.split_first() {
        None => real.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=real.len()).any(|passed_over| fits(rest, &real[passed_over..]))
        }
        Some((first, rest)) => real
            .split_first()
            .is_some_and(|(line, after)| line_fits(first, line) && fits(rest, after)),
    }
}

fn line_fits(shown: &str, real: &str) -> bool {
    let (shown, real) = (without_durations(shown), without_durations(real));
    let (shown, mut rest) = (shown.trim_end(), real.trim_end());
    let mut parts = shown.split('…');
    let Some(after) = parts.next().and_then(|part| rest.strip_prefix(part)) else {
        return false;
    };
    rest = after;
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// The line with `#` for each number before a unit of time or of speed.
fn without_durations(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let is_number =
        |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok();
    let is_unit = |word: &str| {
        let word = word.trim_end_matches([',', ';', ')']);
        word == "s" || word == "ms" || word.ends_with("/s")
    };
    let masked = words.iter().enumerate().map(|(place, word)| {
        let is_measured = words.get(place + 1).is_some_and(|next| is_unit(next));
        match is_measured && is_number(&word.replace(',', "")) {
            true => "#",
            false => word,
        }
    });
    masked.collect::<Vec<&str>>().join(" ")
}
