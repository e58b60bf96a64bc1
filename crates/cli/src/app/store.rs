//! Opens the configured store.

use std::sync::Arc;

use ipcascade_core::registry::StoreFactory;
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::{OpenMode, Store, StoreUrl};

use crate::app::context::App;
use crate::report::CliError;

impl App<'_> {
    /// Whether the store exists, as far as the file system shows: one on a server is assumed to exist.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, or has a slash too few.
    pub fn store_exists(&self) -> Result<bool, CliError> {
        let url = self.config().store_url()?;
        refuse_three_slashes(&url)?;
        let file = url.path();
        Ok(file.is_none_or(|file| file.exists()))
    }

    /// Opens the store. The folder of the default one is created if needed.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, no linked store handles it, or it cannot be opened.
    pub async fn open_store(&self, mode: OpenMode) -> Result<Arc<dyn Store>, CliError> {
        let url = self.config().store_url()?;
        self.open(&url, None, mode).await
    }

    /// Opens the store to read it, if it exists: a file need not, before anything is stored. What happens `instead` is reported.
    ///
    /// # Errors
    ///
    /// If it exists and cannot be opened.
    pub async fn open_store_if_there(
        &self,
        instead: &str,
    ) -> Result<Option<Arc<dyn Store>>, CliError> {
        let url = self.config().store_url()?;
        // A file that cannot be looked at is for the store to report.
        if url
            .path()
            .is_some_and(|path| path.try_exists().is_ok_and(|exists| !exists))
        {
            let text = format!("there is no inventory at {url} yet; {instead}");
            match self.config().store_is_default() {
                true => self.output().detail(&text),
                false => self.output().warning(&text),
            }
            return Ok(None);
        }
        self.open_store(OpenMode::Read).await.map(Some)
    }

    /// Opens the store at `url`, which `flag` names, with the settings of the configured one if both are of one kind.
    ///
    /// # Errors
    ///
    /// If no linked store handles the URL, or it cannot be opened.
    pub async fn open_store_at(
        &self,
        url: &StoreUrl,
        flag: &str,
        mode: OpenMode,
    ) -> Result<Arc<dyn Store>, CliError> {
        self.open(url, Some(flag), mode).await
    }

    /// Checks the settings of the configured store, as far as possible without opening it.
    ///
    /// # Errors
    ///
    /// If one of them is wrong.
    pub fn check_store(&self) -> Result<(), CliError> {
        let url = self.config().store_url()?;
        let factory = self.registry().store(&url)?;
        self.check(factory, &url, None, &self.config().store_settings())
    }

    /// `flag` is the one that names `url`, if it is not the configured one.
    fn check(
        &self,
        factory: &StoreFactory,
        url: &StoreUrl,
        flag: Option<&str>,
        settings: &Settings,
    ) -> Result<(), CliError> {
        factory.opener.check(url, settings).map_err(|error| {
            let is_url = error.key.as_deref() == Some("store.url");
            let error = match flag {
                Some(flag) if is_url => SettingsError {
                    key: Some(flag.to_owned()),
                    ..error
                },
                None if is_url => {
                    let key = self.config().store_url_key();
                    let place = self.config().place(key);
                    SettingsError {
                        key: Some(key.to_owned()),
                        ..error.set_in(Some(place))
                    }
                }
                _ => error,
            };
            error.into()
        })
    }

    async fn open(
        &self,
        url: &StoreUrl,
        flag: Option<&str>,
        mode: OpenMode,
    ) -> Result<Arc<dyn Store>, CliError> {
        let factory = self.registry().store(url)?;
        let configured = self.config().store_url()?;
        let is_same_kind = self
            .registry()
            .store(&configured)
            .is_ok_and(|configured| configured.name == factory.name);
        let settings = match is_same_kind {
            true => self.config().store_settings(),
            false => Settings::empty("store"),
        };
        self.check(factory, url, flag, &settings)?;
        refuse_three_slashes(url)?;
        if mode == OpenMode::Write
            && self.config().store_is_default()
            && let Some(file) = url.path().filter(|file| !file.exists())
        {
            make_folder(&file)?;
        }
        Ok(factory.opener.open(url, &settings, mode).await?)
    }
}

/// `sqlite:///tmp/x.db` is relative, as SQLAlchemy has it, which surprises.
fn refuse_three_slashes(url: &StoreUrl) -> Result<(), CliError> {
    let Some(meant) = url.meant_as_absolute() else {
        return Ok(());
    };
    let path = url.path().unwrap_or_default();
    let folder = path.parent().unwrap_or(&path).display();
    Err(CliError::store(format!(
        "cannot open the inventory in {url}: there is no folder `{folder}` here, and three slashes are a relative path"
    ))
    .hint(format!("did you mean `{meant}`?")))
}

fn make_folder(file: &std::path::Path) -> Result<(), CliError> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        CliError::store(format!(
            "cannot make the folder `{}` for the store",
            folder.display()
        ))
        .caused_by(error)
        .hint("name another store with --db URL")
    })
}
