//! Generates lists of addresses, one a line.

use std::collections::HashSet;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::prepare::{Data, SEED, write};
use crate::cowrie::{bulk_address, global_first_octet};
use crate::error::Result;
use crate::rng::Rng;

/// Addresses in each block of [`Data::blocks`].
const IN_EACH_BLOCK: u64 = 5;

impl Data {
    /// A list of this many addresses (a tenth in quick runs): half of the lines are distinct addresses, one in twenty
    /// of them IPv6; the other half repeats them, the first ones more often (Zipf's law).
    pub(crate) fn list(&self, lines: u64) -> Result<PathBuf> {
        let lines = self.scaled(lines);
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

    /// A list of this many distinct addresses (a tenth in quick runs).
    pub(in crate::bench) fn addresses(&self, count: u64) -> Result<PathBuf> {
        let count = self.scaled(count);
        self.made(&format!("addresses-{count}.txt"), |path| {
            write(path, |out| {
                for index in 0..count {
                    writeln!(out, "{}", bulk_address(index, SEED))?;
                }
                Ok(())
            })
        })
    }

    /// A list of addresses in this many /24s from 5.0.0.0/8 upwards (a tenth in quick runs).
    pub(in crate::bench) fn blocks(&self, count: u64) -> Result<PathBuf> {
        let count = self.scaled(count);
        self.made(&format!("blocks-{count}.txt"), |path| {
            write(path, |out| {
                for (block, host) in
                    (0..count).flat_map(|block| (1..=IN_EACH_BLOCK).map(move |host| (block, host)))
                {
                    let [.., a, b, c, d] = ((5 << 24) + (block << 8) + host).to_be_bytes();
                    writeln!(out, "{}", Ipv4Addr::new(a, b, c, d))?;
                }
                Ok(())
            })
        })
    }
}
