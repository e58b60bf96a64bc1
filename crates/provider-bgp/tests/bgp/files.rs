//! Files to read, and the results of reading them.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_bgp::build;
use serde_json::Value;

/// A folder for files.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content.as_ref()).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn bzip2(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packer.write_all(content.as_ref()).unwrap();
    packer.finish().unwrap()
}

/// Settings with `files`, and `more` lines.
pub(crate) fn settings(files: &[&Path], more: &str) -> Settings {
    Settings::from_toml("providers.bgp", &format!("files = {files:?}\n{more}"))
}

pub(crate) fn provider(files: &[&Path], more: &str) -> Arc<dyn Provider> {
    match build(&settings(files, more)) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        Ok(ProviderSetup::Unconfigured(missing)) => panic!("unconfigured: {missing}"),
        Err(error) => panic!("{error}"),
    }
}

/// Why the provider cannot be built.
pub(crate) fn error(files: &[&Path], more: &str) -> String {
    match build(&settings(files, more)) {
        Err(error) => error.to_string(),
        Ok(built) => panic!("taken: {built:?}"),
    }
}

pub(crate) async fn ask(provider: &dyn Provider, address: &str) -> Option<Finding> {
    let address: Address = address.parse().unwrap();
    match provider.look_up(&[address]).await.outcomes.remove(0) {
        Outcome::Found(finding) => Some(finding),
        Outcome::NotFound => None,
        other => panic!("{other:?}"),
    }
}

/// The section for an address, with its prefix.
pub(crate) async fn section(provider: &dyn Provider, address: &str) -> Option<Value> {
    let finding = ask(provider, address).await?;
    let mut section = finding.fields.to_map();
    section.insert("prefix".to_owned(), finding.prefix?.to_string().into());
    Some(section.into())
}

/// The origin of an address.
pub(crate) async fn origin(provider: &dyn Provider, address: &str) -> Option<u64> {
    ask(provider, address).await?.fields["asn"].as_u64()
}

thread_local! {
    /// What this thread has logged.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What `run` returns, and what it logs as a warning.
pub(crate) fn with_warnings<T>(run: impl FnOnce() -> T) -> (T, String) {
    // One for the process: a place that logs for the first time while a test sets its own subscriber can be switched off.
    static START: Once = Once::new();
    START.call_once(|| {
        tracing_subscriber::fmt()
            .with_writer(|| ThreadLog)
            .with_ansi(false)
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .without_time()
            .init();
    });
    LOG.take();
    let result = run();
    (result, String::from_utf8(LOG.take()).unwrap())
}

struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
