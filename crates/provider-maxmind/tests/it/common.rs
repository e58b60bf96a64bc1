//! Small MMDB files, and the provider over them.

use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{Answers, Finding, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_provider_maxmind::FACTORY;
use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// 2026-01-06 00:00 UTC.
pub(crate) const BUILD: u64 = 1_767_657_600;

/// An MMDB file under construction.
pub(crate) struct Mmdb {
    database: Database,
    is_v6: bool,
}

impl Mmdb {
    pub(crate) fn new(edition: &str) -> Self {
        let mut database = Database::default();
        database.metadata.ip_version = IpVersion::V6;
        database.metadata.database_type = edition.to_owned();
        database.metadata.binary_format_major_version = 2;
        database.metadata.build_epoch = BUILD;
        Self {
            database,
            is_v6: true,
        }
    }

    pub(crate) fn v4_only(edition: &str) -> Self {
        let mut mmdb = Self::new(edition);
        mmdb.database.metadata.ip_version = IpVersion::V4;
        mmdb.is_v6 = false;
        mmdb
    }

    pub(crate) fn built_at(mut self, epoch: u64) -> Self {
        self.database.metadata.build_epoch = epoch;
        self
    }

    /// Adds a network; wider ones must come first.
    pub(crate) fn with(mut self, network: &str, record: impl Serialize) -> Self {
        let data = self.database.insert_value(record).unwrap();
        let (ip, length) = network.split_once('/').unwrap();
        let length: u8 = length.parse().unwrap();
        let path = match ip.parse().unwrap() {
            IpAddr::V4(v4) if self.is_v6 => {
                let mapped = Ipv6Addr::from(u128::from(u32::from(v4)));
                IpAddrWithMask::new(mapped.into(), length + 96)
            }
            ip => IpAddrWithMask::new(ip, length),
        };
        self.database.insert_node(path, data);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.database.write_to(Vec::new()).unwrap()
    }
}

/// A folder of files.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: &Mmdb) -> PathBuf {
        self.put_bytes(name, &content.bytes())
    }

    /// Overwrites the file in place, with a modification time a minute ago.
    pub(crate) fn put_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        age(&path, 60);
        path
    }

    /// Replaces the file by renaming a new one over it.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) {
        let fresh = self.put_bytes(&format!("{name}.new"), bytes);
        std::fs::rename(fresh, self.path(name)).unwrap();
    }
}

/// Sets the modification time of a file to this many seconds ago.
pub(crate) fn age(path: &Path, seconds: u64) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let then = SystemTime::now() - Duration::from_secs(seconds);
    file.set_modified(then).unwrap();
}

pub(crate) fn build(toml: &str) -> Result<ProviderSetup, BuildError> {
    (FACTORY.build)(&Settings::from_toml("providers.maxmind", toml))
}

/// The provider over `files`, checking for changes before every batch; `more` are additional settings.
pub(crate) fn provider_with(files: &[&Path], more: &str) -> Arc<dyn Provider> {
    let toml = format!("files = {files:?}\nreload_interval = \"0s\"\n{more}");
    match build(&toml).unwrap() {
        ProviderSetup::Ready(provider) => provider,
        ProviderSetup::Unconfigured(hint) => panic!("{hint}"),
    }
}

pub(crate) fn provider(files: &[&Path]) -> Arc<dyn Provider> {
    provider_with(files, "")
}

/// The fields of an address in 1.0.0.0/8, from a file with one record for all of it.
pub(crate) fn fields_of(record: impl Serialize) -> Map<String, Value> {
    fields_with(record, "")
}

pub(crate) fn fields_with(record: impl Serialize, more: &str) -> Map<String, Value> {
    let folder = Folder::new();
    let path = folder.put("any.mmdb", &Mmdb::new("Any").with("1.0.0.0/8", record));
    let outcome = ask(&*provider_with(&[&path], more), "1.2.3.4");
    found(&outcome).fields.to_map()
}

pub(crate) fn ask_all(provider: &dyn Provider, addresses: &[&str]) -> Answers {
    let addresses: Vec<Address> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(provider.look_up(&addresses))
}

pub(crate) fn ask(provider: &dyn Provider, address: &str) -> Outcome {
    ask_all(provider, &[address]).outcomes.remove(0)
}

pub(crate) fn found(outcome: &Outcome) -> &Finding {
    match outcome {
        Outcome::Found(finding) => finding,
        other => panic!("not found: {other:?}"),
    }
}

pub(crate) fn is_not_found(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotFound)
}
