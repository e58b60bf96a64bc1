//! A preprocessor of mdBook: links of a chapter that leave the book lead to the files of the repository.
//!
//! <https://rust-lang.github.io/mdBook/for_developers/preprocessors.html>

use std::io::{Read, Write};
use std::path::{Component, Path};

use serde_json::Value;

use super::broken::within;
use super::links::{destinations, is_elsewhere};
use crate::error::{Error, Result};

/// The folder of the book in the repository.
const BOOK: &str = "docs";

/// Reads the book from `input` as mdBook sends it, and writes it with other links. With `supports` mdBook asks only
/// whether it may, which needs no answer but success.
///
/// # Errors
///
/// If the input is not a book.
pub fn run(supports: bool, mut input: impl Read, mut output: impl Write) -> Result<()> {
    if supports {
        return Ok(());
    }
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    let unreadable = |error| Error::Request(format!("not a book of mdBook: {error}"));
    let (context, mut book): (Value, Value) = serde_json::from_str(&text).map_err(unreadable)?;
    let repository = &context["config"]["preprocessor"]["repository"]["url"];
    change(&mut book, repository.as_str().unwrap_or_default());
    Ok(output.write_all(book.to_string().as_bytes())?)
}

/// Changes the chapters, wherever they are.
fn change(value: &mut Value, repository: &str) {
    if let (Some(content), Some(path)) = (value["content"].as_str(), value["path"].as_str()) {
        value["content"] = links_of_book(content, Path::new(path), repository).into();
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(|it| change(it, repository)),
        Value::Object(members) => members.values_mut().for_each(|it| change(it, repository)),
        _ => {}
    }
}

/// The text of the chapter `path` with links to `repository` instead of those that leave the book. A repository that is
/// not a URL is a path from the folder of the built book.
pub fn links_of_book(text: &str, path: &Path, repository: &str) -> String {
    let folder = Path::new(BOOK).join(path.parent().unwrap_or(path));
    let (mut changed, mut copied) = (String::with_capacity(text.len()), 0);
    for link in destinations(text) {
        let destination = &text[link.range.clone()];
        let (file, anchor) =
            destination.split_at(destination.find('#').unwrap_or(destination.len()));
        let target = within(&folder, file);
        if file.is_empty() || is_elsewhere(destination) || target.starts_with(BOOK) {
            continue;
        }
        changed.push_str(&text[copied..link.range.start]);
        if !is_elsewhere(repository) {
            let depth = path
                .components()
                .filter(|it| matches!(it, Component::Normal(_)))
                .count();
            changed.push_str(&"../".repeat(depth.saturating_sub(1)));
        }
        // mdBook takes a name that ends with `.md` for a chapter; percent-encoded it is the same name.
        let target = target.display().to_string().replace(".md", "%2Emd");
        changed.push_str(&format!("{repository}/{target}{anchor}"));
        copied = link.range.end;
    }
    changed.push_str(&text[copied..]);
    changed
}
