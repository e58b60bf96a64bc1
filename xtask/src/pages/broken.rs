//! Links that lead nowhere, and pages that no reader of the book would find.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::anchors::anchors;
use super::links::{destinations, is_elsewhere};
use crate::error::{Error, Result};

/// The list of the chapters.
const SUMMARY: &str = "SUMMARY.md";

/// A link to a file or a heading that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLink {
    /// The page.
    pub path: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
    /// Where it leads.
    pub destination: String,
}

/// The broken links of `pages`, in order. Links to other machines are not followed.
///
/// # Errors
///
/// If a page cannot be read.
pub fn broken_links(pages: &[PathBuf]) -> Result<Vec<BrokenLink>> {
    let mut broken = Vec::new();
    for path in pages {
        let text = read(path)?;
        for link in destinations(&text) {
            let destination = &text[link.range];
            if !is_elsewhere(destination) && !exists(path, &text, destination)? {
                broken.push(BrokenLink {
                    path: path.clone(),
                    line: link.line,
                    destination: destination.to_owned(),
                });
            }
        }
    }
    Ok(broken)
}

fn exists(page: &Path, text: &str, destination: &str) -> Result<bool> {
    let (file, anchor) = destination.split_once('#').unwrap_or((destination, ""));
    let target = within(page.parent().unwrap_or(page), file);
    let is_page = target.extension().is_some_and(|it| it == "md");
    Ok(match (file, anchor) {
        ("", anchor) => anchors(text).contains(anchor),
        (_, "") => target.exists(),
        _ => target.exists() && is_page && anchors(&read(&target)?).contains(anchor),
    })
}

/// The pages of the folder of a book that its summary does not name, in order.
///
/// # Errors
///
/// If a page cannot be read.
pub fn pages_outside_the_book(folder: &Path, pages: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let summary = folder.join(SUMMARY);
    let text = read(&summary)?;
    let links = destinations(&text).into_iter();
    let chapters: Vec<PathBuf> = links.map(|link| folder.join(&text[link.range])).collect();
    let is_outside =
        |page: &&PathBuf| page.starts_with(folder) && **page != summary && !chapters.contains(page);
    Ok(pages.iter().filter(is_outside).cloned().collect())
}

/// `path` from `folder`, without `.` and `..`.
pub(super) fn within(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir if joined.file_name().is_some() => drop(joined.pop()),
            Component::CurDir => {}
            part => joined.push(part),
        }
    }
    joined
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::file(path))
}
