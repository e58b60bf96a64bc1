//! Two sets of nftables, as a file of commands that `nft -f` carries out in one transaction ([nft(8)]).
//!
//! [nft(8)]: https://www.netfilter.org/projects/nftables/manpage.html

use std::io::{self, Write};

use ipcascade_core::store::AddressSet;
use ipnet::IpNet;

use crate::commands::ip::feed::name::FeedName;
use crate::commands::ip::feed::prefixes;

/// Writes the feed. The sets are made where they do not exist, emptied and filled; rules that refer to them stay.
pub(super) fn write(
    set: &AddressSet,
    table: &FeedName,
    name: &FeedName,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "#!/usr/sbin/nft -f")?;
    writeln!(out, "# ipcascade: {} addresses", set.len())?;
    writeln!(out, "add table inet {table}")?;
    for family in ["4", "6"] {
        writeln!(
            out,
            "add set inet {table} {name}_v{family} {{ type ipv{family}_addr; flags interval; }}"
        )?;
    }
    for family in ["4", "6"] {
        writeln!(out, "flush set inet {table} {name}_v{family}")?;
    }
    elements(prefixes::ipv4(set), &format!("{table} {name}_v4"), out)?;
    elements(prefixes::ipv6(set), &format!("{table} {name}_v6"), out)
}

/// All in one command: each further command would be checked against what the set has by then.
fn elements(
    prefixes: impl Iterator<Item = IpNet>,
    set: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut is_open = false;
    for prefix in prefixes {
        match is_open {
            true => out.write_all(b",\n\t")?,
            // A list without elements is not valid.
            false => write!(out, "add element inet {set} {{\n\t")?,
        }
        is_open = true;
        prefixes::write_short(prefix, out)?;
    }
    match is_open {
        true => out.write_all(b"\n}\n"),
        false => Ok(()),
    }
}
