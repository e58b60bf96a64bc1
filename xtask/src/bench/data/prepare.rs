//! The data of the rows, generated once from a seed.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::bench::files::remove;
use crate::cowrie::{Spec, write_log};
use crate::deployed::fill_sqlite;
use crate::error::{Error, Result};
use crate::mmdb::{self, BUILD_EPOCH};
use crate::rng::Rng;

/// The seed of all data.
pub(in crate::bench) const SEED: u64 = 1;
/// As many networks as the Internet's routing table has prefixes, about half of them IPv4.
const NETWORKS: usize = 515_000;
/// Of this many sessions all but one have no closing event: sensors are killed, connections are lost.
const CLOSED_OF: u64 = 6;

/// What a row needs; quick runs take a tenth of these sizes.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) enum BenchInput {
    /// A pair of MMDB files.
    Mmdb,
    /// The next edition of the pair.
    NextMmdb,
    /// A list of addresses, of which half are repeated.
    List(u64),
    /// A list of distinct addresses.
    Addresses(u64),
    /// A list of addresses, five in each /24.
    Blocks(u64),
    /// A Cowrie log.
    Log(u64),
    /// A database of the previous program.
    Deployed(u64),
}

/// Where the data is.
#[derive(Debug)]
pub(crate) struct Data {
    folder: PathBuf,
    /// The divisor of all sizes.
    divisor: u64,
    networks: usize,
}

impl Data {
    pub(crate) fn new(folder: &Path, quick: bool) -> Result<Self> {
        let divisor = if quick { 10 } else { 1 };
        let folder = folder.join(if quick { "quick" } else { "full" });
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let folder = fs::canonicalize(&folder).map_err(Error::file(&folder))?;
        Ok(Self {
            folder,
            divisor,
            networks: NETWORKS,
        })
    }

    /// Data of a size at which even a hundredfold slowdown is fast enough.
    pub(crate) fn small(folder: &Path, size: u64) -> Result<Self> {
        let folder = folder.join("small");
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let folder = fs::canonicalize(&folder).map_err(Error::file(&folder))?;
        Ok(Self {
            folder,
            divisor: 1,
            networks: usize::try_from(size).unwrap_or(NETWORKS),
        })
    }

    /// Generates what a row needs.
    pub(in crate::bench) fn make(&self, input: BenchInput) -> Result<()> {
        match input {
            BenchInput::Mmdb => self.mmdb().map(|_| ()),
            BenchInput::NextMmdb => self.next_mmdb().map(|_| ()),
            BenchInput::List(lines) => self.list(lines).map(|_| ()),
            BenchInput::Addresses(count) => self.addresses(count).map(|_| ()),
            BenchInput::Blocks(count) => self.blocks(count).map(|_| ()),
            BenchInput::Log(events) => self.log(events).map(|_| ()),
            BenchInput::Deployed(addresses) => self.deployed(addresses).map(|_| ()),
        }
    }

    /// A size, divided by ten in quick runs.
    pub(in crate::bench) const fn scaled(&self, size: u64) -> u64 {
        size / self.divisor
    }

    /// The path of a file that a command writes.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The path of a file, which `make` writes if it does not exist.
    pub(in crate::bench) fn made(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let path = self.path(name);
        if !path.exists() {
            let part = self.path(&format!("{name}.part"));
            make(&part)?;
            fs::rename(&part, &path).map_err(Error::file(&path))?;
        }
        Ok(path)
    }

    /// An AS file and a city file over the same networks.
    pub(crate) fn mmdb(&self) -> Result<[PathBuf; 2]> {
        self.edition("", BUILD_EPOCH)
    }

    /// The same a week later. Nothing has changed, but that is only known after all addresses are looked up again.
    pub(in crate::bench) fn next_mmdb(&self) -> Result<[PathBuf; 2]> {
        self.edition("next-", BUILD_EPOCH + 7 * 86_400)
    }

    fn edition(&self, name: &str, build_epoch: u64) -> Result<[PathBuf; 2]> {
        let asn = self.path(&format!("{name}asn.mmdb"));
        let city = self.made(&format!("{name}city.mmdb"), |path| {
            let pair = mmdb::synthetic_at(build_epoch, self.networks, SEED)?;
            fs::write(&asn, &pair.asn).map_err(Error::file(&asn))?;
            fs::write(path, &pair.city).map_err(Error::file(path))
        })?;
        Ok([asn, city])
    }

    /// An SQLite file as the previous program left it, with this many addresses (a tenth in quick runs).
    pub(in crate::bench) fn deployed(&self, addresses: u64) -> Result<PathBuf> {
        let addresses = self.scaled(addresses);
        self.made(&format!("deployed-{addresses}.db"), |path| {
            // Left by an interrupted run.
            remove(path)?;
            fill_sqlite(path, addresses, SEED)
        })
    }

    /// A Cowrie log of this many events (a tenth in quick runs).
    pub(crate) fn log(&self, events: u64) -> Result<PathBuf> {
        let events = self.scaled(events);
        self.made(&format!("cowrie-{events}.json"), |path| {
            let whole = self.path("whole.json");
            write(&whole, |out| {
                let spec = Spec::bulk(events * 3 / 2, events * 23 / 100, SEED);
                write_log(out, spec).map(|_| ())
            })?;
            let lines = BufReader::new(File::open(&whole).map_err(Error::file(&whole))?).lines();
            let mut rng = Rng::new(SEED);
            write(path, |out| {
                let mut written = 0;
                for line in lines {
                    let line = line?;
                    if line.contains("cowrie.session.closed") && rng.below(CLOSED_OF) > 0 {
                        continue;
                    }
                    writeln!(out, "{line}")?;
                    written += 1;
                    if written == events {
                        break;
                    }
                }
                Ok(())
            })?;
            fs::remove_file(&whole).map_err(Error::file(&whole))
        })
    }
}

pub(super) fn write(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<()>,
) -> Result<()> {
    let file = File::create(path).map_err(Error::file(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    out.flush().map_err(Error::file(path))
}
