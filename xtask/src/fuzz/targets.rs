//! The targets, as `fuzz/Cargo.toml` lists them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

/// The crate with the targets.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The part of the manifest that lists targets.
#[derive(Deserialize)]
struct Manifest {
    bin: Vec<FuzzTarget>,
}

#[derive(Deserialize)]
struct FuzzTarget {
    name: String,
}

/// Returns the names of all targets, or `chosen`.
///
/// # Errors
///
/// If the manifest cannot be read, or a chosen target does not exist.
pub(super) fn names(chosen: &[String]) -> Result<Vec<String>> {
    let path = folder().join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let manifest: Manifest = toml::from_str(&text)
        .map_err(|error| Error::Request(format!("{}: {error}", path.display())))?;
    let all: Vec<String> = manifest.bin.into_iter().map(|bin| bin.name).collect();
    if chosen.is_empty() {
        return Ok(all);
    }
    match chosen.iter().find(|name| !all.contains(name)) {
        Some(unknown) => Err(Error::Request(format!(
            "there is no target `{unknown}`: expected one of `{}`",
            all.join("`, `")
        ))),
        None => Ok(chosen.to_vec()),
    }
}
