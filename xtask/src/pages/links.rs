//! Finds links in Markdown.

use std::ops::Range;

/// The destination of a link or of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// The number of its line, from 1.
    pub(super) line: usize,
    /// Where it stands in the text.
    pub(super) range: Range<usize>,
}

/// The destinations of all links, in order: `[text](destination)` and `[label]: destination`, not those in code.
pub(super) fn destinations(text: &str) -> Vec<Destination> {
    let (mut found, mut start, mut is_block) = (Vec::new(), 0, false);
    // Code may begin on one line and end on another of the same paragraph.
    let mut is_code = false;
    for (line, content) in (1..).zip(text.split_inclusive('\n')) {
        let is_fence = content.trim_start().starts_with("```");
        is_block ^= is_fence;
        is_code &= !content.trim().is_empty();
        if !is_block && !is_fence {
            let ranges = of_line(content, &mut is_code);
            found.extend(ranges.into_iter().map(|range| Destination {
                line,
                range: start + range.start..start + range.end,
            }));
        }
        start += content.len();
    }
    found
}

fn of_line(line: &str, is_code: &mut bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some((label, rest)) = line.split_once("]: ")
        && label.starts_with('[')
        && !*is_code
    {
        let start = line.len() - rest.len();
        found.push(start..start + rest.trim_end().len());
        return found;
    }
    for (place, c) in line.char_indices() {
        *is_code ^= c == '`';
        let rest = &line[place..];
        if let Some(rest) = rest.strip_prefix("](").filter(|_| !*is_code)
            && let Some(length) = rest.find(')')
        {
            found.push(place + 2..place + 2 + length);
        }
    }
    found
}

/// Whether a destination is on another machine: it begins with the name of a protocol.
pub(super) fn is_elsewhere(destination: &str) -> bool {
    let scheme = destination.split(['/', '#']).next().unwrap_or_default();
    scheme.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_code_is_passed_over() {
        let text = "[a](b.md#c) `[d](e)` ![f](g.png)\n```\n[h](i)\n```\n[j]: k.md\n`code\n[l](m)` [n](o)\n";
        let found = destinations(text)
            .into_iter()
            .map(|it| (it.line, &text[it.range]));
        let expected = [(1, "b.md#c"), (1, "g.png"), (5, "k.md"), (7, "o")];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_protocol_leads_elsewhere() {
        assert!(is_elsewhere("https://example.org/a.md"));
        assert!(is_elsewhere("mailto:a@example.org"));
        assert!(!is_elsewhere("../a.md#b:c"));
        assert!(!is_elsewhere("#a"));
    }
}
