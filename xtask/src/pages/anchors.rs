//! The anchors of a page.

use std::collections::{HashMap, HashSet};

/// The anchors that forges and mdBook make of headings.
pub(super) fn anchors(text: &str) -> HashSet<String> {
    let (mut anchors, mut times, mut is_block) = (HashSet::new(), HashMap::new(), false);
    for line in text.lines() {
        is_block ^= line.trim_start().starts_with("```");
        let level = line.len() - line.trim_start_matches('#').len();
        let Some(heading) = line[level..]
            .strip_prefix(' ')
            .filter(|_| level > 0 && !is_block)
        else {
            continue;
        };
        let anchor = anchor(heading);
        let time = times.entry(anchor.clone()).or_insert(0_usize);
        anchors.insert(match time {
            0 => anchor,
            _ => format!("{anchor}-{time}"),
        });
        *time += 1;
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    let kept = heading.trim().chars().filter(is_kept);
    let kept = kept.map(|c| if c == ' ' { '-' } else { c });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_its_words_and_the_second_has_a_number() {
        let text = "# When `verify` reports, what?\n## Same\n```\n# no\n```\n## Same\n#no\n";
        let expected = ["when-verify-reports-what", "same", "same-1"];
        assert_eq!(anchors(text), expected.map(str::to_owned).into());
    }
}
