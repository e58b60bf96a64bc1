//! Files of databases.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// Removes an SQLite database, with the files beside it.
pub(crate) fn remove(database: &Path) -> Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file(name)(error));
            }
            _ => {}
        }
    }
    Ok(())
}
