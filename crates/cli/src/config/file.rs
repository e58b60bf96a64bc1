//! The configuration file as a layer.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};

use crate::config::position::position;
use crate::report::CliError;

/// More than any configuration has: a device without an end is not read forever.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The text of a configuration file, which is read once: it may be a pipe.
pub(super) struct ConfigFile {
    metadata: Metadata,
    text: String,
}

impl ConfigFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not text.
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = text(path).map_err(|reason| {
            let problem = format!(
                "cannot read the configuration file `{}`: {reason}",
                path.display()
            );
            CliError::usage(problem).hint("correct it, or name another with --config FILE")
        })?;
        let of_keys: Arc<str> = text.as_str().into();
        let place = move |_: &Profile, keys: &[&str]| position(&of_keys, keys).unwrap_or_default();
        Ok(Self {
            metadata: Metadata::from("TOML file", path).interpolater(place),
            text,
        })
    }
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    })?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    let length = read.map_err(|error| error.to_string())?;
    if u64::try_from(length).is_ok_and(|length| length > LARGEST) {
        return Err("it is larger than 16 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

impl Provider for ConfigFile {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Toml::string(&self.text).data()
    }
}
