//! Writes the pages, or compares them with those that are there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ipcascade_core::registry::Registry;

use super::{commands, configuration, environment, exit_codes, fields, records, schema, tables};
use crate::error::{Error, Result};

/// A file of the references.
#[derive(Debug)]
pub struct ReferencePage {
    /// Its name.
    pub name: &'static str,
    /// Its content.
    pub text: String,
}

/// Makes all pages.
///
/// # Errors
///
/// If something that is to be described has no description.
pub fn pages() -> Result<Vec<ReferencePage>> {
    let registry = Registry::linked().map_err(|error| Error::Request(error.to_string()))?;
    let page = |name, text| ReferencePage { name, text };
    Ok(vec![
        page("commands.md", commands::page()),
        page("configuration.md", configuration::page(&registry)?),
        page("environment.md", environment::page(&registry)?),
        page("exit-codes.md", exit_codes::page()),
        page("fields.md", fields::page(&registry)?),
        page("ipcascade.schema.json", schema::page(&registry)),
        page("records.md", records::page()),
        page("tables.md", tables::page()),
    ])
}

/// The folder of the references in this repository.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference")
}

/// Returns the names of the pages in `folder` that are missing or not current.
///
/// # Errors
///
/// If a page cannot be made or read.
pub fn stale(folder: &Path) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    for page in pages()? {
        if !is_current(folder, &page)? {
            names.push(page.name);
        }
    }
    Ok(names)
}

/// Writes the pages into `folder`, and returns the names of those that have changed.
///
/// # Errors
///
/// If a page cannot be made, read or written.
pub fn write(folder: &Path) -> Result<Vec<&'static str>> {
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let mut names = Vec::new();
    for page in pages()? {
        if !is_current(folder, &page)? {
            let path = folder.join(page.name);
            fs::write(&path, &page.text).map_err(Error::file(&path))?;
            names.push(page.name);
        }
    }
    Ok(names)
}

fn is_current(folder: &Path, page: &ReferencePage) -> Result<bool> {
    let path = folder.join(page.name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text == page.text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file(&path)(error)),
    }
}

/// Runs `cargo xtask reference`: writes the pages, or with `check` only compares them.
///
/// # Errors
///
/// If a page cannot be made, read or written, or, with `check`, is not current.
pub fn run(check: bool) -> Result<String> {
    let names = match check {
        true => stale(&folder())?,
        false => write(&folder())?,
    };
    let list = names.join(", ");
    match (check, names.is_empty()) {
        (true, false) => Err(Error::Request(format!(
            "docs/reference is not current: {list}; run `cargo xtask reference`"
        ))),
        (_, true) => Ok("docs/reference: current".to_owned()),
        (false, false) => Ok(format!("docs/reference: {list}")),
    }
}
