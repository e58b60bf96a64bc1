//! Opens a file, and prints its record of one address.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;

use maxminddb::{MaxMindDbError, Mmap, Reader};
use serde_json::Value;

use crate::error::{Error, Result};

/// Writes the record of `address`, as JSON. The file is mapped, so that only the path to the record is read.
///
/// # Errors
///
/// If the file cannot be read, or `out` cannot be written.
pub fn run(file: &Path, address: IpAddr, mut out: impl Write) -> Result<()> {
    let failed = |error: MaxMindDbError| Error::Mmdb(error.to_string());
    let reader = map(file).map_err(failed)?;
    let found = reader.lookup(address).map_err(failed)?;
    let record: Option<Value> = found.decode().map_err(failed)?;
    let record = serde_json::to_string_pretty(&record).map_err(std::io::Error::from)?;
    Ok(writeln!(out, "{address}\n{record}")?)
}

#[expect(
    unsafe_code,
    reason = "mapping is unsound if somebody else changes the file"
)]
fn map(file: &Path) -> std::result::Result<Reader<Mmap>, MaxMindDbError> {
    // SAFETY: the file is benchmark data, which is written once.
    unsafe { Reader::open_mmap(file) }
}
