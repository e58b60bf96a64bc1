//! Reads a file of either kind, and reports what is wrong with it.

use std::path::Path;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider::DataFile;
use ipcascade_core::registry::BuildError;
use ipcascade_core::resource_error::{FileProblem, ResourceError};

use crate::open::{FileKind, open_as};
use crate::prefix_origins::PrefixOrigins;
use crate::{mrt, open, pyasn};

const REMEDY: &str = "name an MRT RIB dump, such as https://data.ris.ripe.net/rrc00/latest-bview.gz, or a text file of \
                      pyasn, in `providers.bgp.files`";

/// Reads the file at `path`, and adds its routes to `prefix_origins`.
pub(crate) fn read(
    path: &Path,
    prefix_origins: &mut PrefixOrigins,
) -> Result<DataFile, BuildError> {
    let shown = path.display().to_string();
    let problem = |problem: FileProblem| ResourceError::file(path, problem, REMEDY);
    let (kind, reader) = open_as(path).map_err(|error| problem(open::problem(error)))?;
    let content = match kind {
        FileKind::Mrt(seconds) => {
            let made_at = Timestamp::from_timestamp(seconds.into(), 0);
            mrt::read(reader, made_at, prefix_origins)
        }
        FileKind::Lines => pyasn::read(reader, &shown, written_at(path), prefix_origins),
        FileKind::Empty => Err("it is empty".into()),
        FileKind::Unknown => Err("it is neither a dump nor lines of text".into()),
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
