//! A set of files that are used together.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use ipcascade_core::address::Address;
use ipcascade_core::data_version::DataVersion;
use ipcascade_core::lookup::{FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::resource_error::ResourceError;
use ipnet::IpNet;
use maxminddb::MaxMindDbError;
use smallvec::SmallVec;

use crate::cache::{Cache, MergedRecord, RecordOffsets};
use crate::config::Config;
use crate::database::Database;
use crate::layout::SectionLayout;
use crate::search_tree::Leaf;
use crate::stamp::FileStamp;

/// Means that a file has no record: no record can be at 0, where the tree ends.
const NO_RECORD: usize = 0;

/// All files as of one time. A batch is answered from one snapshot.
pub(crate) struct DatabaseSet {
    files: Vec<Arc<Database>>,
    version: DataVersion,
    cache: Cache,
}

impl DatabaseSet {
    /// Opens all files, or takes over those of `before` that have not changed since.
    pub(crate) fn open(config: &Config, before: Option<&Self>) -> Result<Self, ResourceError> {
        let unchanged = |path: &Path| {
            let file = before?.files.iter().find(|file| file.path() == path)?;
            let stamp = FileStamp::of_path(path).ok()?;
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

    /// The outcome for each address.
    pub(crate) fn look_up(&self, addresses: &[Address], layout: &SectionLayout) -> Vec<Outcome> {
        let columns = self.files.iter().map(|file| file.tree().find(addresses));
        let columns: SmallVec<[Vec<Option<Leaf>>; 4]> = columns.collect();
        let mut records = RecordOffsets::new();
        let outcomes = addresses.iter().enumerate().map(|(row, &address)| {
            let leaves = || columns.iter().map(|leaves| leaves[row]);
            if leaves().all(|leaf| leaf.is_none()) {
                return Outcome::NotFound;
            }
            records.clear();
            records.extend(leaves().map(|leaf| leaf.map_or(NO_RECORD, |leaf| leaf.record)));
            match self
                .cache
                .get_or(&records, || self.merge(address, &records, layout))
            {
                MergedRecord::Fields(fields) => {
                    // Including records that cannot be read: a narrower prefix than necessary is not wrong.
                    let networks = leaves().flatten().filter_map(|leaf| leaf.network);
                    let prefix = networks.reduce(narrower);
                    Outcome::Found(Finding { fields, prefix })
                }
                MergedRecord::Broken(failure) => Outcome::Failed(failure),
                MergedRecord::Nothing => Outcome::NotFound,
            }
        });
        outcomes.collect()
    }

    /// Merges the records at `places` for the address.
    fn merge(&self, address: Address, places: &[usize], layout: &SectionLayout) -> MergedRecord {
        let mut records = Vec::with_capacity(self.files.len());
        let mut broken = None;
        for (file, place) in self.files.iter().zip(places) {
            // For an IPv4 file the library would return an error, or the target of an alias.
            if *place == NO_RECORD {
                continue;
            }
            let found = file.reader().lookup(address.ip());
            let (record, error) = match found.map(|found| layout.decode(&found)) {
                Ok(Some((record, error))) => (Some(record), error),
                Ok(None) => continue,
                Err(error) => (None, Some(error)),
            };
            if let Some(error) = error {
                file.report_damage(&error);
                broken.get_or_insert_with(|| failure(file, &error));
            }
            records.extend(record);
        }
        let fields = layout.merge(records);
        match broken {
            _ if !fields.is_empty() => MergedRecord::Fields(fields),
            Some(failure) => MergedRecord::Broken(failure),
            None => MergedRecord::Nothing,
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

/// The narrower of two networks that contain an address.
fn narrower(one: IpNet, other: IpNet) -> IpNet {
    if other.prefix_len() <= one.prefix_len() {
        one
    } else {
        other
    }
}

/// The newest build time and a digest of all files, so that adding or exchanging one counts as a new version too.
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

/// FNV-1a, 32 bits: the same on every machine and in every release, as stored versions require.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
