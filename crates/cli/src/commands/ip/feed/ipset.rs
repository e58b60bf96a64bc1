//! Two sets of ipset, as commands for `ipset restore` ([ipset(8)]).
//!
//! [ipset(8)]: https://ipset.netfilter.org/ipset.man.html

use std::io::{self, Write};

use ipcascade_core::store::AddressSet;
use ipnet::IpNet;

use crate::commands::ip::feed::name::FeedName;
use crate::commands::ip::feed::prefixes;

/// How many elements a set may have, unless there are more. It takes no memory, and it is always the same, since a set that
/// exists with another number is refused.
const MOST: u64 = 1 << 24;

/// Writes the feed. Each set is filled under another name and swapped with the one in use in one step.
pub(super) fn write(set: &AddressSet, name: &FeedName, out: &mut impl Write) -> io::Result<()> {
    let [ipv4, ipv6] = [set.ipv4().len(), set.ipv6().len()];
    one(
        prefixes::ipv4(set),
        ipv4,
        "inet",
        &format!("{name}_v4"),
        out,
    )?;
    one(
        prefixes::ipv6(set),
        ipv6,
        "inet6",
        &format!("{name}_v6"),
        out,
    )
}

fn one(
    prefixes: impl Iterator<Item = IpNet>,
    addresses: usize,
    family: &str,
    name: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let most = MOST.max((addresses as u64).next_power_of_two());
    for name in [name, &format!("{name}_new")] {
        writeln!(
            out,
            "create {name} hash:net family {family} maxelem {most} -exist"
        )?;
    }
    writeln!(out, "flush {name}_new")?;
    let add = format!("add {name}_new ");
    for prefix in prefixes {
        out.write_all(add.as_bytes())?;
        prefixes::write_short(prefix, out)?;
        out.write_all(b"\n")?;
    }
    writeln!(out, "swap {name}_new {name}")?;
    writeln!(out, "destroy {name}_new")
}
