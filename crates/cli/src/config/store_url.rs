//! Where the inventory is: `url` or `url_file` of `[store]`, with `password_file`.

use std::cmp::Ordering;
use std::path::Path;

use figment::{Figment, Metadata};
use ipcascade_core::home::expand_home;
use ipcascade_core::settings::{SettingsError, place_of};
use ipcascade_core::store::StoreUrl;

use crate::config::environment::is_environment;
use crate::config::schema::StoreConfig;
use crate::config::secret_file;

/// The keys of the table [store] that belong to the program.
pub(super) const URL: &str = "store.url";
const URL_FILE: &str = "store.url_file";
pub(super) const URLS: [&str; 2] = [URL, URL_FILE];
const PASSWORD_FILE: &str = "store.password_file";

/// What names a layer of the configuration that no file and no variable is.
pub(super) const DEFAULT: &str = "default";
pub(super) const FLAG: &str = "the flag ";

/// Which keys decide where the inventory is: a key of a higher layer goes before those of lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoreKeys {
    is_in_file: bool,
    has_password_file: bool,
}

/// The layers, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Default,
    File,
    Environment,
    Flags,
}

impl Layer {
    fn of(metadata: &Metadata) -> Self {
        match &*metadata.name {
            DEFAULT => Self::Default,
            name if name.starts_with(FLAG) => Self::Flags,
            _ if is_environment(metadata) => Self::Environment,
            _ => Self::File,
        }
    }
}

impl StoreKeys {
    /// Decides it; what a password is not used for is returned as a warning.
    ///
    /// # Errors
    ///
    /// If one layer has both.
    pub(super) fn of(figment: &Figment) -> Result<Self, SettingsError> {
        let layer = |key| figment.find_metadata(key).map(Layer::of);
        let (url, url_file) = (layer(URL), layer(URL_FILE));
        // What is not there is less than anything.
        let is_in_file = match url_file.cmp(&url) {
            Ordering::Greater => true,
            Ordering::Equal if url.is_some() => {
                let problem = "`store.url` is set as well; keep one of them";
                return Err(refused(figment, URL_FILE, problem));
            }
            _ => false,
        };
        let password_file = layer(PASSWORD_FILE);
        Ok(Self {
            is_in_file,
            // A URL of a higher layer may be that of another server.
            has_password_file: password_file.is_some() && password_file >= url.max(url_file),
        })
    }

    /// The key that has the URL.
    pub(super) const fn url(self) -> &'static str {
        match self.is_in_file {
            true => URL_FILE,
            false => URL,
        }
    }

    /// A warning if there is a password that is not used.
    pub(super) fn unused_password(self, figment: &Figment) -> Option<String> {
        let metadata = figment.find_metadata(PASSWORD_FILE)?;
        let of_url = figment.find_metadata(self.url())?;
        let url: Result<String, _> = figment.extract_inner(URL);
        let url = url.ok().and_then(|url| url.parse::<StoreUrl>().ok());
        // Others need none.
        let needs_one = |url: StoreUrl| url.may_have_password() && !url.has_password();
        let is_missed = self.is_in_file || url.is_some_and(needs_one);
        (is_missed && !self.has_password_file).then(|| {
            format!(
                "`{PASSWORD_FILE}` is not used (set in {}): it is not for the URL that goes before the one there (set in {})",
                place_of(metadata, PASSWORD_FILE),
                place_of(of_url, self.url()),
            )
        })
    }

    /// The URL of the inventory, with its password; `None` if none is set. Files are relative to `folder`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or the URL is invalid, or a password is not for it.
    pub(super) fn read(
        self,
        config: &StoreConfig,
        figment: &Figment,
        folder: &Path,
    ) -> Result<Option<StoreUrl>, SettingsError> {
        let text = match (self.is_in_file, &config.url_file) {
            (true, Some(file)) => Some(url_in(file, figment, folder)?),
            _ => config.url.clone(),
        };
        let Some(text) = text else {
            return Ok(None);
        };
        let url: Result<StoreUrl, _> = text.parse();
        let url = url.map_err(|error| refused(figment, self.url(), &error.to_string()))?;
        match &config.password_file {
            Some(file) if self.has_password_file => {
                self.with_password(&url, file, figment, folder).map(Some)
            }
            _ => Ok(Some(url)),
        }
    }

    fn with_password(
        self,
        url: &StoreUrl,
        file: &str,
        figment: &Figment,
        folder: &Path,
    ) -> Result<StoreUrl, SettingsError> {
        let url_key = self.url();
        let problem = match (url.may_have_password(), url.has_password()) {
            (false, _) => format!("`{url_key}` is not that of a server, which would ask for one"),
            (true, true) => format!("`{url_key}` has a password as well; keep one of them"),
            (true, false) => {
                let password = secret_in(file, PASSWORD_FILE, figment, folder)?;
                return Ok(url.with_password(&password));
            }
        };
        Err(refused(figment, PASSWORD_FILE, &problem))
    }
}

/// The URL in a file. A name is not taken for that of an SQLite file: it may be a password that is in the wrong file.
fn url_in(file: &str, figment: &Figment, folder: &Path) -> Result<String, SettingsError> {
    if file.contains("://") {
        let problem = "it is a URL: expected the name of a file that has one, or `url` as the key";
        return Err(refused(figment, URL_FILE, problem));
    }
    let text = secret_in(file, URL_FILE, figment, folder)?;
    let is_url = text.contains("://") || text.contains('=');
    if !is_url {
        let path = folder.join(expand_home(Path::new(file)));
        let problem = format!(
            "there is no URL in {}, such as postgresql://USER@HOST/DATABASE",
            path.display()
        );
        return Err(refused(figment, URL_FILE, &problem));
    }
    Ok(text)
}

fn secret_in(
    file: &str,
    key: &str,
    figment: &Figment,
    folder: &Path,
) -> Result<String, SettingsError> {
    let path = folder.join(expand_home(Path::new(file)));
    secret_file::read(&path).map_err(|reason| {
        let problem = format!("cannot read {}: {reason}", path.display());
        refused(figment, key, &problem)
    })
}

fn refused(figment: &Figment, key: &str, problem: &str) -> SettingsError {
    let place = figment.find_metadata(key).map(|it| place_of(it, key));
    SettingsError::new(key, problem).set_in(place)
}
