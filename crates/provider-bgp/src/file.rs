//! Reads a file of either kind, and reports what is wrong with it.

use std::path::Path;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider::DataFile;
use ipcascade_core::registry::BuildError;

use crate::open::{FileKind, open_as};
use crate::prefix_origins::PrefixOrigins;
use crate::{mrt, pyasn};

const EXPECTED: &str = "an MRT RIB dump, such as https://data.ris.ripe.net/rrc00/latest-bview.gz, \
                        or a text file of pyasn";

/// Reads the file at `path`, and adds its routes to `prefix_origins`.
pub(crate) fn read(
    path: &Path,
    prefix_origins: &mut PrefixOrigins,
) -> Result<DataFile, BuildError> {
    let shown = path.display().to_string();
    let problem =
        |reason: String| BuildError::Resource(format!("{shown}: {reason}; expected {EXPECTED}"));
    let (kind, reader) = open_as(path).map_err(|error| problem(error.to_string()))?;
    let content = match kind {
        FileKind::Mrt(seconds) => {
            let made_at = Timestamp::from_timestamp(seconds.into(), 0);
            mrt::read(reader, made_at, prefix_origins)
        }
        FileKind::Lines => pyasn::read(reader, &shown, written_at(path), prefix_origins),
        FileKind::Empty => Err("is empty".to_owned()),
        FileKind::Unknown => Err("is neither a dump nor lines of text".to_owned()),
    };
    let content = content.map_err(problem)?;
    content.warn(&shown);
    Ok(content.describe(shown))
}

/// Returns when the file at `path` was modified.
pub(crate) fn written_at(path: &Path) -> Option<Timestamp> {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.ok().map(Timestamp::from)
}
