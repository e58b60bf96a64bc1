//! Links that lead nowhere are found, and those of the book lead to the repository.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use xtask::pages::{broken_links, links_of_book, pages_outside_the_book, run};

/// Writes pages into a folder.
fn pages(folder: &Path, pages: &[(&str, &str)]) -> Vec<PathBuf> {
    let write = |(name, text): &(&str, &str)| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    pages.iter().map(write).collect()
}

#[test]
fn a_link_to_a_missing_file_or_heading_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# One\n[a](b/c.md#two) [b](b/c.md#three) [c](d.md) [d](#one) [e](#four) [f](b) [g](https://example.org/x)\n";
    let pages = pages(
        folder.path(),
        &[("a.md", text), ("b/c.md", "## Two\n[a](../a.md)\n")],
    );
    let broken = broken_links(&pages).unwrap().into_iter();
    let broken: Vec<_> = broken.map(|link| (link.line, link.destination)).collect();
    let expected = ["b/c.md#three", "d.md", "#four"].map(|it| (2, it.to_owned()));
    assert_eq!(broken, expected);
}

#[test]
fn a_page_that_the_summary_does_not_name_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let summary = ("docs/SUMMARY.md", "- [a](a.md)\n");
    let pages = pages(
        folder.path(),
        &[summary, ("docs/a.md", ""), ("docs/b.md", ""), ("c.md", "")],
    );
    let outside = pages_outside_the_book(&folder.path().join("docs"), &pages).unwrap();
    assert_eq!(outside, [folder.path().join("docs/b.md")]);
}

#[test]
fn links_that_leave_the_book_lead_to_the_repository() {
    let text = "[a](../../README.md#try-it) [b](../x.md) [c](../../examples) [d](https://example.org) `[e](../../f)`";
    let changed = |repository| links_of_book(text, Path::new("decisions/1.md"), repository);
    let expected = "[a](../../../README%2Emd#try-it) [b](../x.md) [c](../../../examples) [d](https://example.org) `[e](../../f)`";
    assert_eq!(changed("../.."), expected);
    let expected = "[a](https://r/README%2Emd#try-it) [b](../x.md) [c](https://r/examples) [d](https://example.org) `[e](../../f)`";
    assert_eq!(changed("https://r"), expected);
}

#[test]
fn chapters_are_changed_wherever_they_are() {
    let chapter = r#"{"Chapter":{"content":"[a](../b)","path":"a.md","sub_items":[{"Chapter":{"content":"[c](../d)","path":"e/f.md"}}]}}"#;
    let input = format!(
        r#"[{{"config":{{"preprocessor":{{"repository":{{"url":"../.."}}}}}}}},{{"items":[{chapter},"Separator"]}}]"#
    );
    let mut output = Vec::new();
    run(false, input.as_bytes(), &mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("[a](../../b)"), "{output}");
    assert!(output.contains("\"[c](../d)\""), "{output}");
    assert!(run(false, "{}".as_bytes(), Vec::new()).is_err());
}
