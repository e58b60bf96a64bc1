//! Reads one file, and reports what is wrong with it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::limited_read::LimitedRead;
use ipcascade_core::registry::BuildError;
use ipcascade_core::resource_error::{FileProblem, ResourceError};

use crate::facts::{FactId, FactsBuilder};
use crate::line;
use crate::line::{DelegatedLine, Family};

/// This many bad lines are reported one by one; the rest is only counted.
const NAMED: usize = 5;
/// The largest file that is read, unpacked; real ones have about 40 MB.
const LARGEST: u64 = 1 << 30;
const REMEDY: &str = "name a registry's \"delegated-extended\" file in `providers.rir.files`, such as \
                      https://ftp.ripe.net/pub/stats/ripencc/nro-stats/latest/nro-delegated-stats";
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A range of addresses or AS numbers in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocation {
    pub(crate) family: Family,
    pub(crate) first: u128,
    pub(crate) last: u128,
    pub(crate) facts: Option<FactId>,
}

/// The content of a file.
#[derive(Debug)]
pub(crate) struct FileContent {
    /// The path of the file.
    pub(crate) path: String,
    /// The registry that its header names.
    pub(crate) registry: Option<String>,
    /// The day that its header names, or else when it was modified.
    pub(crate) built_at: Option<Timestamp>,
    pub(crate) entries: Vec<Allocation>,
    /// Distinguishes files of the same day; equal on every machine.
    pub(crate) digest: u64,
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path, facts: &mut FactsBuilder) -> Result<FileContent, BuildError> {
    let problem = |problem: FileProblem| ResourceError::file(path, problem, REMEDY);
    let text = load(path).map_err(|error| problem(error.into()))?;
    let mut content = parse(path.display().to_string(), &text, facts);
    if content.built_at.is_none() {
        // Without a version, sections made from this file would never become stale.
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
        content.built_at = modified.ok().map(Timestamp::from);
    }
    if content.entries.is_empty() {
        return Err(problem("it holds no delegation of addresses".into()).into());
    }
    Ok(content)
}

fn load(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    LimitedRead::new(std::fs::File::open(path)?, LARGEST).read_to_end(&mut bytes)?;
    if bytes.starts_with(&GZIP) {
        let mut unpacked = Vec::new();
        let decoder = flate2::read::MultiGzDecoder::new(&*bytes);
        LimitedRead::new(decoder, LARGEST).read_to_end(&mut unpacked)?;
        bytes = unpacked;
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn parse(path: String, text: &str, facts: &mut FactsBuilder) -> FileContent {
    let mut content = FileContent {
        path,
        registry: None,
        built_at: None,
        entries: Vec::with_capacity(text.len() / 60),
        digest: digest(text.as_bytes()),
    };
    let mut counts = LineCounts::default();
    let mut bad = 0_usize;
    for (index, raw) in text.lines().enumerate() {
        match line::read(raw) {
            Ok(DelegatedLine::Nothing) => {}
            Ok(DelegatedLine::Header { registry, end }) => {
                content.registry.get_or_insert_with(|| registry.to_owned());
                content.built_at = content.built_at.max(end.map(midnight));
            }
            Ok(DelegatedLine::Summary { kind, count }) => counts.promise(kind, count),
            Ok(DelegatedLine::Range(delegation)) => {
                counts.count(match delegation.family {
                    Family::V4 => "ipv4",
                    Family::V6 => "ipv6",
                    Family::Asn => "asn",
                });
                content.entries.push(Allocation {
                    family: delegation.family,
                    first: delegation.first,
                    last: delegation.last,
                    facts: facts.add(&delegation),
                });
            }
            Err(problem) => {
                bad += 1;
                if bad <= NAMED {
                    let line = index + 1;
                    tracing::warn!("{}, line {line}: {problem}; passed over", content.path);
                }
            }
        }
    }
    if bad > NAMED {
        tracing::warn!("{}: {bad} lines in all were passed over", content.path);
    }
    for (kind, promised, read) in counts.missing() {
        tracing::warn!(
            "{}: it promises {promised} lines of kind {kind} and has {read}; fetch it again",
            content.path
        );
    }
    content
}

fn midnight(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// FNV-1a, 64 bits: the same in every build of the program.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// For each kind of line, how many there are and how many there should be.
#[derive(Default)]
struct LineCounts(BTreeMap<String, (u64, u64)>);

impl LineCounts {
    fn promise(&mut self, kind: &str, count: u64) {
        self.0.entry(kind.to_owned()).or_default().0 += count;
    }

    fn count(&mut self, kind: &str) {
        match self.0.get_mut(kind) {
            Some((_, read)) => *read += 1,
            None => {
                self.0.insert(kind.to_owned(), (0, 1));
            }
        }
    }

    /// Kinds with fewer lines than the summary promises: the file was cut off.
    fn missing(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.0
            .iter()
            .filter(|(_, (promised, read))| read < promised)
            .map(|(kind, &(promised, read))| (kind.as_str(), promised, read))
    }
}
