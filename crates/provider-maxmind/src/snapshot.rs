//! A set of files that answers together.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use ipcascade_core::{Address, DataVersion, FailureClass, Finding, LookupFailure, Outcome};
use ipnet::IpNet;
use maxminddb::MaxMindDbError;

use crate::cache::{Cache, Merged, Offsets};
use crate::database::Database;
use crate::layout::Layout;
use crate::open_error::OpenError;
use crate::record::Record;
use crate::settings::Config;
use crate::stamp::Stamp;

/// Stands for "this file has no record".
const NO_RECORD: usize = usize::MAX;

/// All files as they were at one time. A batch is answered from one snapshot.
pub(crate) struct Snapshot {
    files: Vec<Arc<Database>>,
    version: DataVersion,
    cache: Cache,
}

impl Snapshot {
    /// Opens all files, or takes them from `before` where they have not changed since.
    pub(crate) fn open(config: &Config, before: Option<&Self>) -> Result<Self, OpenError> {
        let unchanged = |path: &Path| {
            let file = before?.files.iter().find(|file| file.path() == path)?;
            let stamp = Stamp::of_path(path).ok()?;
            (*file.stamp() == stamp).then(|| Arc::clone(file))
        };
        let files = config
            .files
            .iter()
            .map(|path| match unchanged(path) {
                Some(file) => Ok(file),
                None => Database::open(path, config.mmap).map(Arc::new),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            version: version(&files),
            files,
            cache: Cache::new(),
        })
    }

    pub(crate) fn files(&self) -> &[Arc<Database>] {
        &self.files
    }

    pub(crate) const fn version(&self) -> &DataVersion {
        &self.version
    }

    /// What the files know of `address`. `offsets` is scratch space.
    pub(crate) fn look_up(
        &self,
        address: Address,
        layout: &Layout,
        offsets: &mut Offsets,
    ) -> Outcome {
        offsets.clear();
        let mut prefix: Option<IpNet> = None;
        let mut damage = None;
        for file in &self.files {
            let mut offset = NO_RECORD;
            // Asking a file of IPv4 for an IPv6 address is an error to the library; to us it is a
            // file that knows nothing of it.
            if address.is_ipv4() || file.ip_version() != 4 {
                match file.reader().lookup(address.ip()) {
                    Ok(found) => {
                        if let Some(at) = found.offset() {
                            offset = at;
                            let network = found.network().ok();
                            let network = network.map(|found| (found.ip(), found.prefix()));
                            prefix = narrower(prefix, network, address);
                        }
                    }
                    Err(error) => {
                        file.report_damage(&error);
                        damage.get_or_insert_with(|| failure(file, &error));
                    }
                }
            }
            offsets.push(offset);
        }
        let merged = if offsets.iter().all(|offset| *offset == NO_RECORD) {
            Merged::Nothing
        } else {
            self.cache.get_or(offsets, || self.merge(address, layout))
        };
        match (merged, damage) {
            (Merged::Fields(fields), _) => Outcome::Found(Finding { fields, prefix }),
            (Merged::Broken(failure), _) | (Merged::Nothing, Some(failure)) => {
                Outcome::Failed(failure)
            }
            (Merged::Nothing, None) => Outcome::NotFound,
        }
    }

    fn merge(&self, address: Address, layout: &Layout) -> Merged {
        let mut records = Vec::with_capacity(self.files.len());
        let mut broken = None;
        for file in &self.files {
            let Ok(found) = file.reader().lookup(address.ip()) else {
                continue;
            };
            let Some((record, error)) = Record::decode(&found, layout) else {
                continue;
            };
            if let Some(error) = error {
                file.report_damage(&error);
                broken.get_or_insert_with(|| failure(file, &error));
            }
            records.push(record);
        }
        let fields = layout.merge(records);
        match broken {
            _ if !fields.is_empty() => Merged::Fields(fields),
            Some(failure) => Merged::Broken(failure),
            None => Merged::Nothing,
        }
    }
}

/// Names no address: the failure is kept for all that share the record.
fn failure(file: &Database, error: &MaxMindDbError) -> LookupFailure {
    let message = format!(
        "the record in the MMDB file `{}` cannot be read: {error}; get the file again from its \
         publisher and rename it into place",
        file.path().display()
    );
    LookupFailure::new(FailureClass::Permanent, message)
}

/// The narrower of two networks. One that does not cover the address is left out: a file of IPv6 that
/// has no part for IPv4 answers such addresses from `::/n`.
fn narrower(best: Option<IpNet>, network: Option<(IpAddr, u8)>, address: Address) -> Option<IpNet> {
    let network = network.and_then(|(ip, length)| IpNet::new(ip, length).ok());
    let network = network.filter(|network| network.contains(&address.ip()));
    match (best, network) {
        (Some(best), Some(network)) if network.prefix_len() <= best.prefix_len() => Some(best),
        (best, network) => network.or(best),
    }
}

/// The newest build, marked by what all the files are, so that adding or exchanging one counts as
/// a new version too.
fn version(files: &[Arc<Database>]) -> DataVersion {
    let newest = files.iter().filter_map(|file| file.built_at()).max();
    let mut builds: Vec<String> = files
        .iter()
        .map(|file| format!("{}\0{}\n", file.edition(), file.build_epoch()))
        .collect();
    builds.sort_unstable();
    let mark = format!("{:08x}", fnv1a(builds.concat().as_bytes()));
    DataVersion::new(newest.unwrap_or(DateTime::UNIX_EPOCH), &mark)
}

/// FNV-1a of 32 bits: the same on every machine and in every release, as stored versions need it.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
