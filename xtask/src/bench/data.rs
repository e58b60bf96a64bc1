//! The data of the rows, made once from a seed.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::cowrie::{Spec, global_first_octet, write_log};
use crate::mmdb;
use crate::rng::Rng;
use crate::{Error, Result};

const SEED: u64 = 1;
/// As many networks as the table of the internet's routes has, about half of them of IPv4.
const NETWORKS: usize = 515_000;
/// Of this many sessions all but one have no closing event: sensors are killed, connections are lost.
const CLOSED_OF: u64 = 6;

/// Where the data are.
#[derive(Debug)]
pub(crate) struct Data {
    folder: PathBuf,
    /// What the sizes are divided by.
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

    /// Data of a size at which a hundred times slower is fast enough.
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

    /// Makes all that rows need.
    pub(crate) fn make(&self) -> Result<()> {
        self.mmdb()?;
        for lines in [2_000_000, 500_000] {
            self.list(lines)?;
        }
        for events in [1_000_000, 100_000] {
            self.log(events)?;
        }
        Ok(())
    }

    /// A file that a command writes.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file that is made by `make` if it is not there.
    fn made(&self, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
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
        let asn = self.path("asn.mmdb");
        let city = self.made("city.mmdb", |path| {
            let pair = mmdb::synthetic(self.networks, SEED)?;
            fs::write(&asn, &pair.asn).map_err(Error::file(&asn))?;
            fs::write(path, &pair.city).map_err(Error::file(path))
        })?;
        Ok([asn, city])
    }

    /// A list of addresses, so many before quick runs take a tenth: half of the lines are of distinct addresses, one in
    /// twenty of them of IPv6, and half repeat one of them, the first more often (Zipf's law).
    pub(crate) fn list(&self, lines: u64) -> Result<PathBuf> {
        let lines = lines / self.divisor;
        self.made(&format!("list-{lines}.txt"), |path| {
            let mut rng = Rng::new(SEED);
            let distinct = usize::try_from(lines / 2).unwrap_or_default();
            let mut seen = HashSet::with_capacity(distinct);
            let mut addresses: Vec<String> = Vec::with_capacity(distinct);
            while addresses.len() < distinct {
                let address = if rng.percent(5) {
                    let [a, b] = [rng.next(), rng.next()];
                    format!(
                        "2a00:{:x}:{:x}::{:x}",
                        a & 0xffff,
                        b & 0xffff,
                        (a ^ b) >> 48
                    )
                } else {
                    let [_, b, c, d] = rng.next().to_be_bytes()[..4] else {
                        continue;
                    };
                    Ipv4Addr::new(global_first_octet(rng.next()), b, c, d).to_string()
                };
                if seen.insert(address.clone()) {
                    addresses.push(address);
                }
            }
            let mut list: Vec<usize> = (0..distinct).collect();
            list.extend((0..distinct).map(|_| rng.ranked(distinct)));
            for place in (1..list.len()).rev() {
                list.swap(place, rng.index(place + 1));
            }
            write(path, |out| {
                for &index in &list {
                    writeln!(out, "{}", addresses[index])?;
                }
                Ok(())
            })
        })
    }

    /// A Cowrie log of so many events (a tenth in quick runs).
    pub(crate) fn log(&self, events: u64) -> Result<PathBuf> {
        let events = events / self.divisor;
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

fn write(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let file = File::create(path).map_err(Error::file(path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    out.flush().map_err(Error::file(path))
}
