//! Tables of the documentation whose rows do not fit: they are shown as prose, or without what is too much.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::files;
use crate::error::{Error, Result};

/// A row with another number of cells than its table has columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// The file.
    pub path: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
}

/// The broken rows of the Markdown files below `folder`, in order.
///
/// # Errors
///
/// If a file or folder cannot be read.
pub fn broken_rows(folder: &Path) -> Result<Vec<BrokenRow>> {
    let mut found = Vec::new();
    for path in files(folder, "md")? {
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        let rows = rows_of(&text).into_iter();
        found.extend(rows.map(|line| BrokenRow {
            path: path.clone(),
            line,
        }));
    }
    Ok(found)
}

fn rows_of(text: &str) -> Vec<usize> {
    let (mut broken, mut columns, mut is_code) = (Vec::new(), None, false);
    for (number, line) in (1..).zip(text.lines()) {
        is_code ^= line.starts_with("```");
        if is_code || line.trim().is_empty() {
            columns = None;
        } else if is_delimiter(line) {
            columns = Some(bars(line));
        } else if columns.is_some_and(|columns| bars(line) != columns) {
            broken.push(number);
        }
    }
    broken
}

/// Whether `line` stands between the head and the rows of a table: `|---|:-:|`.
fn is_delimiter(line: &str) -> bool {
    line.starts_with('|') && line.contains("--") && line.chars().all(|c| "|-: ".contains(c))
}

/// The number of bars that separate cells: not those in code, nor those after a backslash.
fn bars(line: &str) -> usize {
    let (mut bars, mut is_code, mut before) = (0, false, ' ');
    for c in line.chars() {
        match c {
            '`' => is_code = !is_code,
            '|' if !is_code && before != '\\' => bars += 1,
            _ => {}
        }
        before = c;
    }
    bars
}
